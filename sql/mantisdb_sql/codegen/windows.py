"""Window functions, over the rows that FROM, WHERE and GROUP BY leave.

    w0 = [r0 for b0 in t5.values() for r0 in b0]
    d0 = buckets(w0, 1)                                  # PARTITION BY category
    for w0 in d0:
        sort_by(w0, itemgetter(3))                       # ORDER BY price
    w0, s0 = joined(d0)                                  # s0: where partitions begin
    v0 = row_numbers(s0)                                 # one list per call, a value per row
    a0 = [r0[3] for r0 in w0]
    v1 = running_real_sums(s0, a0)
    return [(r0[0], y0, y1,) for r0, y0, y1 in zip(w0, v0, v1)]

Calls over the same window are a *stage*. The rows are sorted for the last stage first, and its values travel with them
into the next, where that sorts otherwise; what the first stage leaves is the order of the result. So SQLite does it,
with nested subqueries. Where there is one window with few partitions, each goes through all of that by itself, while
its rows are in the processor's cache:

    o0 = []
    for w0 in buckets(w0, 1):
        …
        o0 += [(r0[0], y0, y1,) for r0, y0, y1 in zip(w0, v0, v1)]

A row is an item of the list: the row variable itself where that has all sort keys as columns, else a tuple of the few
columns that are still read, or of the row variables that are, and of the keys and the values of stages that are done.

    w0 = [(r0[0], r0[3], r0[5] % 7) for b0 in t5.values() for r0 in b0]
    …
    return [(i0[0], y0, y1,) for i0, y0, y1 in zip(w0, v0, v1)]

The functions of rows and positions are in :mod:`mantisdb_sql.codegen.window_values`, frames in
:mod:`mantisdb_sql.codegen.window_frames`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import Alike, same, shape
from mantisdb_sql.binding.bound import Expr, Frame
from mantisdb_sql.binding.plan import OrderTerm, Select, references
from mantisdb_sql.codegen import window_sliding as sliding
from mantisdb_sql.codegen import window_values as kernels
from mantisdb_sql.codegen.clauses import comprehension
from mantisdb_sql.codegen.order import emit_pass, needed_terms
from mantisdb_sql.codegen.rows import leading
from mantisdb_sql.codegen.scan import ScanWriter
from mantisdb_sql.codegen.window_frames import buckets, frames, joined, let_go, one_partition, partitions, peers_within
from mantisdb_sql.functions.aggregates import count_known
from mantisdb_sql.values.storage import BLOB, INTEGER, NULL, NUMBER, REAL, SMALL, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import Lines, QueryWriter


_Terms = list[tuple[Expr, bool, bool]]
_LARGE_PARTITION = 100
"""Rows."""
_FEW_COLUMNS = 6


@dataclass(slots=True)
class _Stage:
    """Calls over the same window; ``numbers`` are their places among all calls."""

    partition: list[Expr]
    order: _Terms
    calls: list[bound.Window] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    starts: str = ""
    peers: str = ""
    frames: list[tuple[bound.Window, str]] = field(default_factory=list)

    @property
    def keys(self) -> list[Expr]:
        return self.partition + [expr for expr, _, _ in self.order]


class WindowWriter:
    """Writes one SELECT with window functions."""

    def __init__(
        self, writer: QueryWriter, select: Select, out: Lines, order: list[OrderTerm], stop: str = ""
    ) -> None:
        """``order``: the ORDER BY of the query, if it is of this SELECT. ``stop``: text of how many rows are wanted."""
        assert select.windowing is not None
        self.start = select.windowing.start if stop else None
        self.stop = stop
        self.order = order
        self.writer, self.select, self.out = writer, select, out
        self.source = select.windowing.source
        self.calls = select.windowing.calls
        self.rows_name = writer.source.name("w")
        self.fields: list[str] = []  # the names of an item's parts
        self.keys: list[Expr] = []  # sort keys
        self.positions: list[int] = []  # and where they are in the items
        self.alike = Alike()
        self.whole = False  # an item is the one row variable
        self.item = ""  # the variable for an item that has columns and keys, of this width
        self.width = 0
        self.lists: dict[str, str] = {}  # text to name: columns of the rows as they are sorted now
        self.is_scanned = select.grouping is None  # the rows are still in the order of the scan

    def rows(self, extras: list[Expr]) -> str:
        """Text of the list of result rows, ``extras`` at their ends."""
        stages = self._stages()
        self._items(stages, extras)
        if self._has_large_partitions(stages):
            return self._by_partition(stages, extras)
        values: list[tuple[str, str]] = []
        before: _Stage | None = None
        for stage in reversed(stages):
            if before is not None and _alike(stage, before):
                stage.starts, stage.peers = before.starts, before.peers
            else:
                if values:
                    self._carry(values)
                    values = []
                self.lists.clear()
                self._sort(stage)
            values += self._values(stage)
            before = stage
        return self._results(values, extras)

    def _results(self, values: list[tuple[str, str]], extras: list[Expr]) -> str:
        names, lists = [self._target()], [self.rows_name]
        parts = self._parts_read(extras)
        if parts is not None and all(self._column_text(text) in self.lists for _, text in parts):
            lists = [self.lists[self._column_text(text)] for _, text in parts]
            names = [self.writer.source.name("e") for _ in parts]
            self.writer.scalars.update(zip((place for place, _ in parts), names, strict=True))
            if self.item:
                self.out.line(f"{self._function(let_go)}({self.rows_name})")
        names += [name for name, _ in values]
        lists += [text for _, text in values]
        head = self.writer.head(self.select, extras)
        return f"[{head} for {', '.join(names)}{',' * (len(lists) == 1)} in zip({', '.join(lists)})]"

    def _parts_read(self, extras: list[Expr]) -> list[tuple[tuple[int, int], str]] | None:
        """The parts of items that result rows are made of: (source, position), and the text; None where items are more
        than their parts. Where all were read into lists before, items can go: as many rows may be made then before
        the garbage collector has a look at them."""
        exprs = [*(output.expr for output in self.select.outputs), *extras]
        if not self.whole and not self.item:
            return None
        if self.whole and any(isinstance(node, (*bound.QUERIES, bound.WholeRow)) for node in bound.walk(*exprs)):
            return None
        read = sorted({place for expr in exprs for place in references(expr)})
        if self.whole:
            local = {int(self.fields[0][1:])}
            return [(place, f"{self.fields[0]}[{place[1]}]") for place in read if place[0] in local]
        scalars = self.writer.scalars
        return [(place, scalars[place]) for place in read if scalars.get(place, "").startswith(f"{self.item}[")]

    # ------------------------------------------------------------------------------- one partition at a time

    def _has_large_partitions(self, stages: list[_Stage]) -> bool:
        """Whether there is one window, whose partitions are worth a turn of a loop each."""
        partition, statistics = stages[0].partition, self.writer.context.statistics
        if not partition or any(map(self._collation_key, partition)) or statistics is None:
            return False
        if not all(_alike(stage, stages[0]) for stage in stages) or not self.select.steps:
            return False
        sources = {source.number: source for source in self.select.sources}
        count = 1.0
        for key in partition:
            if not isinstance(key, bound.Column) or key.source not in sources:
                return False
            count *= statistics.distinct(sources[key.source], (key.position,))
        return self.select.steps[-1].rows_after >= count * _LARGE_PARTITION

    def _by_partition(self, stages: list[_Stage], extras: list[Expr]) -> str:
        result, starts = self.writer.source.name("o"), self.writer.source.name("s")
        self.out.line(f"{result} = []")
        order = self._needed(stages[0].order)
        with self.out.block(f"for {self.rows_name} in {self._partitioned(stages[0])}:"):
            self._passes(order, self.rows_name)
            self.out.line(f"{starts} = {self._function(one_partition)}({self.rows_name})")
            values = []
            for stage in reversed(stages):
                stage.starts, stage.peers = starts, stages[-1].peers
                values += self._values(stage)
            self.out.line(f"{result} += {self._results(values, extras)}")
        return result

    def _stages(self) -> list[_Stage]:
        """The stages, outermost first. The first call makes the first one, with all that are over the same window;
        the first of those that are left makes the next one.

        A call in a result column that ORDER BY names comes once more behind all others (SQLite copies the column's
        expression, and no longer knows it), which shows in the order of rows that are equal in all others.
        """
        shapes = [_window_shape(call) for call in self.calls]
        left = list(enumerate(self.calls))
        again = [(n, self.calls[n]) for n in self._named_by_order()]
        stages: list[_Stage] = []
        while left or (again and len(stages) != 1):
            number, first = left[0] if left else again[0]
            shape_of_first = shapes[number]
            stage = _Stage(first.partition, first.order_by)
            for number, call in left:
                if shapes[number] == shape_of_first and _over_same(first, call):
                    stage.calls.append(call)
                    stage.numbers.append(number)
            left = [item for item in left if item[0] not in stage.numbers]
            if stages:
                again = [item for item in again if not _over_same(first, item[1])]
            stages.append(stage)
        return stages

    def _named_by_order(self) -> list[int]:
        """The calls in result columns that ORDER BY names."""
        return [
            position
            for term in self.order
            if term.output is not None
            for source, position in references(self.select.outputs[term.output].expr)
            if source == self.source
        ]

    # ------------------------------------------------------------------------------------------------- items

    def _items(self, stages: list[_Stage], extras: list[Expr]) -> None:
        """Write the list of items before the first sort."""
        variables = self._variables(extras)
        keys = [key for stage in stages for key in stage.keys]
        single = variables[0] if len(variables) == 1 else ""
        alike = all(_alike(stage, stages[0]) for stage in stages)
        if alike and single and all(isinstance(k, bound.Column) and f"r{k.source}" == single for k in keys):
            self.whole = True
            self.fields = [single]
            for key in keys:
                assert isinstance(key, bound.Column)
                self.keys.append(key)
                self.positions.append(key.position)
            item = single
        else:
            columns = self._few_columns(extras)
            texts = variables if columns is None else []
            self.fields = list(texts)
            if columns is not None:
                self.item = self.writer.source.name("i")
                self.fields, keys = [self.item], [*columns, *keys]
            for key in keys:
                if self.alike.position(self.keys, key) is None:
                    self.keys.append(key)
                    self.positions.append(len(texts))
                    texts.append(self.writer.emit.value(key))
                    if not self.item:
                        self.fields.append("_")
            self.width = len(texts)
            item = f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
        self.out.line(f"{self.rows_name} = {self._base(item, stages[-1])}")
        if self.item:
            for column in columns or ():
                self.writer.scalars[column.source, column.position] = f"{self.item}[{self._position(column)}]"

    def _few_columns(self, extras: list[Expr]) -> list[bound.Column] | None:
        """The columns that are read from now on, where they are so few that items have them in the rows' place: that
        is one look into memory less for each, in an order that no processor foresees. Not where rows are needed."""
        if self.select.grouping is not None:
            return None
        local = {source.number for source in self.select.sources}
        found: dict[tuple[int, int], bound.Column] = {}
        for node in bound.walk(*(output.expr for output in self.select.outputs), *extras, *self.calls):
            if isinstance(node, bound.QUERIES) or (
                isinstance(node, bound.Rowid | bound.WholeRow) and node.source in local
            ):
                return None
            if isinstance(node, bound.Column) and node.source in local:
                found[node.source, node.position] = node
        return list(found.values()) if len(found) <= _FEW_COLUMNS else None

    def _base(self, item: str, stage: _Stage) -> str:
        """Text of a new list of items, of rows or of groups, that will be sorted for ``stage`` at first."""
        from mantisdb_sql.codegen.aggregate import GroupWriter

        if self.select.grouping is not None:
            descending = [term[1] for term in stage.order]
            flags = [False] * len(stage.partition) + descending
            return GroupWriter(self.writer, self.select, self.out, flags, item).rows([])
        clauses = ScanWriter(self.writer, self.out).steps(self.select.steps)
        if self.start is not None and self.select.sorted_by_scan and clauses:
            return self.writer.guarded(self.select, self._first(f"({comprehension(item, clauses)})"))
        text = self.writer.guarded(self.select, self.writer.listed(item, clauses))
        return f"list({text})" if not clauses else text

    def _first(self, rows: str) -> str:
        """Text of the list of those of the ordered ``rows`` that the values of the first ones depend on."""
        assert self.start is not None
        count = f"({self.stop} and {self.stop} + {self.start.ahead})" if self.start.ahead else self.stop
        if not self.start.with_peers:
            return f"list({self._function(islice)}({rows}, {count}))"
        positions = ", ".join(str(self._position(term.expr)) for term in self.start.terms)
        key = f"{self._function(itemgetter)}({positions})" if positions else "bool"
        return f"{self._function(leading)}({rows}, {key}, {count})"

    def _variables(self, extras: list[Expr]) -> list[str]:
        """The row variables that are read from now on."""
        local = {source.number for source in self.select.sources}
        if self.select.grouping is not None:
            local.add(self.select.grouping.source)
        read: set[str] = set()
        for expr in [output.expr for output in self.select.outputs] + extras + list(self.calls):
            for source, position in references(expr):
                if source in local:
                    read.add(f"k{source}" if position == -1 else f"r{source}")
        return sorted(read)

    def _target(self) -> str:
        """What an item is assigned to, or unpacked into."""
        if self.whole or self.item:
            return self.fields[0]
        return f"({', '.join(self.fields)}{',' if len(self.fields) == 1 else ''})" if self.fields else "_"

    def _carry(self, values: list[tuple[str, str]]) -> None:
        """Put the values of a stage into the items."""
        names = [name for name, _ in values]
        lists = ", ".join([self.rows_name, *(text for _, text in values)])
        self.out.line(
            f"{self.rows_name} = [(*w, {', '.join(names)}) for w, {', '.join(names)} in zip({lists})]"
        )
        if not self.item:
            self.fields += names
            return
        scalars = self.writer.scalars
        for place, text in list(scalars.items()):
            if text in names:
                scalars[place] = f"{self.item}[{self.width + names.index(text)}]"
        self.width += len(names)

    # ------------------------------------------------------------------------------------ order and partitions

    def _position(self, key: Expr) -> int:
        number = self.alike.position(self.keys, key)
        assert number is not None, "every stage's keys are among the items"
        return self.positions[number]

    def _sort(self, stage: _Stage) -> None:
        name, rows, order = self.writer.source.name, self.rows_name, self._needed(stage.order)
        stage.starts = name("s")
        if not stage.partition:
            self._passes(order, rows)
            if self.start is not None and not self.select.sorted_by_scan:
                self.out.line(f"{rows} = {self._first(rows)}")
            self.out.line(f"{stage.starts} = {self._function(one_partition)}({rows})")
        elif any(self._collation_key(key) for key in stage.partition):
            self._passes([(key, False, True) for key in stage.partition] + order, rows)
            self.out.line(f"{stage.starts} = {self._function(partitions)}({self._keys(stage.partition)})")
        else:
            self._buckets(stage, order)

    def _needed(self, order: _Terms) -> _Terms:
        """The terms that the rows must be sorted by, which are about to be."""
        if self.is_scanned:
            order = order[: needed_terms(self.select, [(expr, descending) for expr, descending, _ in order])]
        self.is_scanned = False
        return order

    def _partitioned(self, stage: _Stage) -> str:
        """Text of the list of the partitions' rows."""
        positions = ", ".join(str(self._position(key)) for key in stage.partition)
        return f"{self._function(buckets)}({self.rows_name}, {positions})"

    def _buckets(self, stage: _Stage, order: _Terms) -> None:
        """Sort each partition by itself. Rows of equal keys stay in their order, as they do in a sort of all."""
        rows, found = self.rows_name, self.writer.source.name("d")
        self.out.line(f"{found} = {self._partitioned(stage)}")
        if order:
            with self.out.block(f"for {rows} in {found}:"):
                self._passes(order, rows)
        self.out.line(f"{rows}, {stage.starts} = {self._function(joined)}({found})")

    def _passes(self, terms: _Terms, rows: str) -> None:
        for expr, descending, nulls_first in reversed(terms):
            term = OrderTerm(expr, descending, nulls_first, None, expr.collation or "BINARY")
            emit_pass(self.writer, self.out, rows, term, self._position(expr))

    def _peers(self, stage: _Stage) -> str:
        """The name of the positions where peers begin."""
        if not stage.order:
            return stage.starts
        if not stage.peers:
            stage.peers = self.writer.source.name("peers")
            if self._is_unique(stage):
                text = f"list(range(len({self.rows_name}) + 1))"
            else:
                keys = self._keys([expr for expr, _, _ in stage.order])
                text = f"{self._function(peers_within)}({stage.starts}, {keys})"
            self.out.line(f"{stage.peers} = {text}")
        return stage.peers

    def _is_unique(self, stage: _Stage) -> bool:
        """Whether no two rows are peers, because the rowid of the only table is among the keys."""
        sources = list(self.select.sources)
        if len(sources) != 1 or self.select.grouping is not None or sources[0].table is None:
            return False
        alias = sources[0].table.rowid_alias
        return any(
            key.source == sources[0].number and (isinstance(key, bound.Rowid) or key.position == alias)
            for key in stage.keys
            if isinstance(key, bound.Rowid | bound.Column)
        )

    def _keys(self, keys: list[Expr]) -> str:
        """Text of the list of the rows' keys, equal in Python where they are equal in SQL."""
        positions = [self._position(key) for key in keys]
        collated = [self._collation_key(key) for key in keys]
        if not any(collated):
            getter = self.writer.source.constant(itemgetter, "itemgetter")
            return f"list(map({getter}({', '.join(map(str, positions))}), {self.rows_name}))"
        parts = [f"{key}(w[{i}])" if key else f"w[{i}]" for key, i in zip(collated, positions, strict=True)]
        row = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
        return f"[{row} for w in {self.rows_name}]"

    def _collation_key(self, expr: Expr) -> str:
        if (expr.collation or "BINARY") == "BINARY" or not expr.classes & TEXT:
            return ""
        return self.writer.source.constant(self.writer.context.functions.collation(expr.collation or "").key)

    # ------------------------------------------------------------------------------------------------- values

    def _values(self, stage: _Stage) -> list[tuple[str, str]]:
        """Write the lists of a stage's values: (name of one value, name of the list)."""
        names = []
        for call, number in zip(stage.calls, stage.numbers, strict=True):
            text = self._ranking(stage, call) if call.definition.window_only else self._aggregate(stage, call)
            name, values = self.writer.source.name("y"), self.writer.source.name("v")
            self.out.line(f"{values} = {text}")
            self.writer.scalars[self.source, number] = name
            names.append((name, values))
        return names

    def _function(self, function: Any) -> str:
        return self.writer.source.constant(function, function.__name__)

    def _constant(self, value: Any) -> str:
        """The name of a function, of a part of one, or of None."""
        if value is None:
            return "None"
        return self.writer.source.constant(value, None if isinstance(value, partial) else value.__name__)

    def _list(self, expr: Expr) -> str:
        """The list of an argument's values; columns are read once for all calls over the same rows."""
        value = self.writer.flat.value(expr)
        if isinstance(expr, bound.Literal | bound.Parameter):
            return f"[{value}] * len({self.rows_name})"
        text = self._column_text(value)
        if not isinstance(expr, bound.Column):
            return text
        if text not in self.lists:
            self.lists[text] = self.writer.source.name("a")
            self.out.line(f"{self.lists[text]} = {text}")
        return self.lists[text]

    def _column_text(self, value: str) -> str:
        """Text of the list of a value of each item."""
        return f"[{value} for {self._target()} in {self.rows_name}]"

    def _ranking(self, stage: _Stage, call: bound.Window) -> str:
        """A function that is no aggregate."""
        name, starts = call.definition.name, stage.starts
        arguments = [self._list(arg) for arg in call.args]
        if name == "row_number":
            return f"{self._function(kernels.row_numbers)}({starts})"
        if name in ("rank", "dense_rank", "percent_rank", "cume_dist"):
            function = getattr(kernels, name + "s")
            return f"{self._function(function)}({starts}, {self._peers(stage)})"
        if name in ("ntile", "lag", "lead"):
            function = getattr(kernels, name + "s")
            return f"{self._function(function)}({', '.join([starts, *arguments])})"
        function = getattr(kernels, name + "s")
        return f"{self._function(function)}({', '.join([self._frames(stage, call), *arguments])})"

    # --------------------------------------------------------------------------------------------- aggregates

    def _aggregate(self, stage: _Stage, call: bound.Window) -> str:
        frame = call.frame
        ends_with_peers = frame.end == "CURRENT ROW" and frame.units != "ROWS" and not self._is_unique(stage)
        if frame.start == "UNBOUNDED" and not frame.leaves_out:
            if frame.end == "UNBOUNDED" or (ends_with_peers and not stage.order):
                return self._of_partitions(stage, call)
            if frame.end == "CURRENT ROW":
                return self._running(stage, call, self._peers(stage) if ends_with_peers else "")
        return self._sliding(stage, call)

    def _of_partitions(self, stage: _Stage, call: bound.Window) -> str:
        starts = stage.starts
        kernel = self._function(kernels.of_partitions)
        if self._kind(call) == "rows":
            return f"{kernel}(len, {starts}, {self.rows_name})"
        whole = self._whole(call)
        if whole:
            return f"{kernel}({whole}, {starts}, {self._argument(call)})"
        return self._steps(call, starts, starts)

    def _running(self, stage: _Stage, call: bound.Window, peers: str) -> str:
        """From the partition's first row to the current row, or to its last peer."""
        starts, kind = stage.starts, self._kind(call)
        every = f"range(len({self.rows_name}) + 1)"
        if kind == "rows":
            if peers:
                return f"{self._function(kernels.running_counts)}({starts}, {peers})"
            return f"{self._function(kernels.row_numbers)}({starts})"
        if kind == "concat":
            lists = ", ".join([self._argument(call), *map(self._list, call.args[1:])])
            return f"{self._function(kernels.running_texts)}({starts}, {peers or every}, {lists})"
        text = self._running_values(stage, call)
        if not text:
            return self._steps(call, starts, peers or every)
        return f"{self._function(kernels.at_peers)}({text}, {peers})" if peers else text

    def _running_values(self, stage: _Stage, call: bound.Window) -> str:
        """The text of a running aggregate's values that are computed for all rows at once."""
        kind = self._kind(call)
        lists = f"{stage.starts}, {self._argument(call)}" if kind in _RUNNING or kind == "count" else ""
        if not lists or kind == "count":
            return lists and f"{self._function(kernels.running_known_counts)}({lists})"
        function, *first = _RUNNING[kind]
        if kind in ("avg integer", "total integer"):
            function, first = kernels.if_exact, [function, call.definition.make]
        if self._has_nulls(call):
            part = partial(function, *first) if first else function
            return f"{self._function(kernels.over_known)}({self._constant(part)}, {_empty(kind)}, {lists})"
        return f"{self._constant(function)}({', '.join([*map(self._constant, first), lists])})"

    def _steps(self, call: bound.Window, starts: str, ends: str) -> str:
        return (
            f"{self._function(kernels.running_steps)}({self._make(call, call.definition.make)}, {starts}, {ends}, "
            f"{self._rows(call)})"
        )

    def _sliding(self, stage: _Stage, call: bound.Window) -> str:
        frame, kind = call.frame, self._kind(call)
        trailing = _TRAILING.get(kind)
        if trailing is not None and frame == _TRAILING_FRAME and not self._has_nulls(call):
            assert call.offsets[0] is not None
            values, offset = self._argument(call), self.writer.flat.value(call.offsets[0])
            of = self.writer.source.constant(frame)
            return f"{self._function(trailing)}({stage.starts}, {values}, {of}, {offset})"
        name = self._frames(stage, call)
        if kind == "rows":
            return f"{self._function(sliding.sliding_counts)}({name})"
        if kind == "count":
            return f"{self._function(sliding.sliding_known_counts)}({name}, {self._argument(call)})"
        if kind in _INTEGERS:
            make = self._make(call, call.definition.make)
            return f"{self._function(_INTEGERS[kind])}({make}, {name}, {self._argument(call)})"
        if not frame.exclude and frame.start == "UNBOUNDED":
            running = self._running_values(stage, call)
            if running:
                return f"{self._function(sliding.grown)}({name}, {running}, {_empty(kind)})"
        if not frame.exclude:
            if kind in _SLIDING:
                lists = ", ".join([self._argument(call), *map(self._list, call.args[1:])])
                return f"{self._function(_SLIDING[kind])}({name}, {lists})"
            maker = call.definition.make if frame.start == "UNBOUNDED" else call.definition.sliding
            if frame.start == "UNBOUNDED" or maker is not None:
                return f"{self._function(sliding.sliding_steps)}({self._make(call, maker)}, {name}, {self._rows(call)})"
        whole = self._whole(call)
        if whole:
            return f"{self._function(sliding.wholly)}({whole}, {name}, {self._argument(call)})"
        make = self._make(call, call.definition.make)
        return f"{self._function(sliding.anew)}({make}, {name}, {self._rows(call)})"

    def _kind(self, call: bound.Window) -> str:
        """The aggregate and the class of its values, where both are simple; else nothing."""
        name = call.definition.name
        if not call.definition.built_in:
            return ""
        if name == "count":
            return "count" if self._has_nulls(call) else "rows"
        if name in ("group_concat", "string_agg"):
            return "concat"
        if len(call.args) != 1:
            return ""
        classes = self.writer.emit.classes(call.args[0]) & ~NULL
        if name in ("min", "max"):
            plain = not classes & ~NUMBER or classes == BLOB or (classes == TEXT and call.using == "BINARY")
            return name if plain else ""
        word = "small" if classes == SMALL else "real" if classes == REAL else ""
        if not word and not classes & ~INTEGER:
            word = "integer"
        return f"{name} {word}"

    def _has_nulls(self, call: bound.Window) -> bool:
        """Whether NULLs may be among the values of the call's argument, for rows that FILTER leaves out as well."""
        if call.filter is not None:
            return True
        return bool(call.args) and bool(self.writer.emit.classes(call.args[0]) & NULL)

    def _argument(self, call: bound.Window) -> str:
        """The list of the values of a call's first argument: NULL for rows that FILTER leaves out. Where there is no
        argument, any other value stands for the rest."""
        if call.filter is None:
            return self._list(call.args[0])
        value = self.writer.flat.value(call.args[0]) if call.args else "1"
        passes = self.writer.flat.true(call.filter)
        return f"[{value} if {passes} else None for {self._target()} in {self.rows_name}]"

    def _whole(self, call: bound.Window) -> str:
        """The name of the aggregate's function of such a list; nothing where rows must go through an accumulator."""
        definition = call.definition
        if not definition.built_in or self._needs_key(call):
            return ""
        if not call.args and definition.name == "count":
            return self._function(count_known)
        if len(call.args) != 1 or definition.whole is None:
            return ""
        if call.filter is not None and definition.nests_json:
            return ""  # a NULL is an element there
        classes = self.writer.emit.classes(call.args[0]) | (NULL if call.filter is not None else 0)
        return self.writer.source.constant(definition.whole_for(classes))

    def _needs_key(self, call: bound.Window) -> bool:
        return call.definition.takes_key and call.using != "BINARY" and bool(call.args[0].classes & TEXT)

    def _make(self, call: bound.Window, maker: Any) -> str:
        """The name of what makes an accumulator."""
        if self._needs_key(call):
            maker = partial(maker, self.writer.context.functions.collation(call.using).key)
        return self.writer.source.constant(maker)

    def _rows(self, call: bound.Window) -> str:
        """Text of the list of the call's arguments."""
        flat = self.writer.flat
        row = ", ".join(flat.value(arg) for arg in call.args)
        item = f"({row}{',' if row else ''})"
        if call.filter is not None:
            item = f"{item} if {flat.true(call.filter)} else None"
        return f"[{item} for {self._target()} in {self.rows_name}]"

    # ------------------------------------------------------------------------------------------------- frames

    def _frames(self, stage: _Stage, call: bound.Window) -> str:
        """The name of the frames of a call's rows."""
        for known, name in stage.frames:
            if known.frame == call.frame and _same_offsets(known, call):
                return name
        frame: Frame = call.frame
        offsets = [self.writer.flat.value(e) if e is not None else "None" for e in call.offsets]
        keys, order = "None", (False, True)
        if frame.units == "RANGE" and any(call.offsets):
            keys, order = self._keys([stage.order[0][0]]), stage.order[0][1:]
        needs_peers = frame.units != "ROWS" or frame.exclude in ("GROUP", "TIES")
        peers = self._peers(stage) if needs_peers else stage.starts
        name = self.writer.source.name("f")
        self.out.line(
            f"{name} = {self._function(frames)}({self.writer.source.constant(frame)}, {stage.starts}, {peers}, "
            f"({', '.join(offsets)}), {keys}, {order})"
        )
        stage.frames.append((call, name))
        return name


_RUNNING: dict[str, tuple[Any, ...]] = {
    "sum small": (kernels.running, None),
    "avg small": (kernels.running_averages,),
    "total small": (kernels.running_totals,),
    "sum integer": (kernels.running_sums,),
    "avg integer": (kernels.running_averages,),
    "total integer": (kernels.running_totals,),
    "sum real": (kernels.running_real_sums,),
    "avg real": (kernels.running_real_averages,),
    "total real": (kernels.running_real_sums,),
    "min": (kernels.running, min),
    "max": (kernels.running, max),
}
"""Functions, and their first arguments."""
_INTEGERS: dict[str, Any] = {
    f"{name} {word}": function
    for name, function in (
        ("sum", sliding.sliding_integer_sums),
        ("avg", sliding.sliding_integer_averages),
        ("total", sliding.sliding_integer_totals),
    )
    for word in ("small", "integer")
}
"""Kernels that EXCLUDE makes no difference for."""
_SLIDING: dict[str, Any] = {
    "sum real": sliding.sliding_real_sums,
    "avg real": sliding.sliding_real_averages,
    "total real": sliding.sliding_real_totals,
    "min": sliding.sliding_least,
    "max": sliding.sliding_greatest,
    "concat": sliding.sliding_texts,
}
_TRAILING_FRAME = Frame("ROWS", "PRECEDING", "CURRENT ROW")
_TRAILING: dict[str, Any] = {
    "sum real": kernels.trailing_real_sums,
    "total real": kernels.trailing_real_sums,
    "avg real": kernels.trailing_real_averages,
}


def _empty(kind: str) -> str:
    """The value of an aggregate where no row is in the frame."""
    return "0.0" if kind.startswith("total") else "None"


def _alike(a: _Stage, b: _Stage) -> bool:
    """Whether stages are over the same partitions in the same order."""
    return _same_keys(a.partition, a.order, b.partition, b.order)


def _over_same(a: bound.Window, b: bound.Window) -> bool:
    """Whether calls are over the same window."""
    return (
        _same_keys(a.partition, a.order_by, b.partition, b.order_by) and a.frame == b.frame and _same_offsets(a, b)
    )


def _window_shape(call: bound.Window) -> int:
    """The same for calls over the same window."""
    return shape([*call.partition, *(expr for expr, _, _ in call.order_by)])


def _same_keys(partition: list[Expr], order: _Terms, other_partition: list[Expr], other_order: _Terms) -> bool:
    return (
        len(partition) == len(other_partition)
        and len(order) == len(other_order)
        and all(same(a, b) for a, b in zip(partition, other_partition, strict=True))
        and all(a[1:] == b[1:] and same(a[0], b[0]) for a, b in zip(order, other_order, strict=True))
    )


def _same_offsets(a: bound.Window, b: bound.Window) -> bool:
    return all(
        x is y or (x is not None and y is not None and same(x, y)) for x, y in zip(a.offsets, b.offsets, strict=True)
    )
