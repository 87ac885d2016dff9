"""GROUP BY and aggregates.

Rows are first collected: with GROUP BY into a dict from key to the list of the group's rows, else into one
list. Every aggregate is then a function of a list of its argument's values, made by a comprehension over the
group's rows: two C loops per group instead of a Python step per row and aggregate. When the only thing needed
of a row is one argument, the lists hold its values at once; when nothing but count(*) is asked, a Counter
does it all.

    g0 = defaultdict(list)
    for b0 in t5.values():
        for r0 in b0:
            x = r0[1]
            g0[x].append(r0[2])
    return [(r1[0], r1[1], r1[2],) for x, g in sort_groups(g0, True) for a0 in (real_sum(g),)
    for r1 in ((x, a0, a0 / len(g) if a0 is not None else None,),)]

Where an index has each group's rows side by side, or each row of the first step makes a group, groups are taken one by
one (index_groups.py, row_groups.py).

What several aggregates of one argument share (the values that are not NULL, their sum, their minimum) has a
name, ``a0`` here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import FullScan, Grouping, HashLookup, IndexRange, OrderTerm, Select, Source, references
from mantisdb_sql.codegen.batched_calls import BatchedCalls, is_computed
from mantisdb_sql.codegen.chunks import is_large, multiplied
from mantisdb_sql.codegen.clauses import Clause, For, If, comprehension
from mantisdb_sql.codegen.clustered_groups import ClusteredGroups
from mantisdb_sql.codegen.column_scan import column_of, is_of_column, read_column
from mantisdb_sql.codegen.covering import read_entries, read_rowids
from mantisdb_sql.codegen.dense_groups import DenseGroups
from mantisdb_sql.codegen.index_groups import IndexGroups, searched_keys
from mantisdb_sql.codegen.index_scan import IndexWriter
from mantisdb_sql.codegen.nested_groups import dict_of_lists, flattened, outer_key
from mantisdb_sql.codegen.row_groups import RowGroupWriter
from mantisdb_sql.codegen.rows import FILTERED, extreme_row, from_iterable, leading_counts, sort_groups, stepwise
from mantisdb_sql.codegen.running_groups import RunningGroups
from mantisdb_sql.codegen.scan import ScanWriter
from mantisdb_sql.functions.aggregates import extremes, real_sum
from mantisdb_sql.planning.search_terms import place_in, rowid_places
from mantisdb_sql.values.storage import BLOB, INTEGER, NULL, NUMBER, REAL, SMALL, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import Lines, QueryWriter
    from mantisdb_sql.functions.definition import FunctionDef

_MAX_COLUMNS = 4
"""Up to so many different arguments are collected into lists of their own."""

_ROWS_PER_RUN = 40.0
"""In the time that the end of a run of entries is searched for, so many values are put into a set."""


class GroupWriter:
    """Writes one grouped SELECT."""

    def __init__(
        self, writer: QueryWriter, select: Select, out: Lines, descending: list[bool], head: str = "",
        window: tuple[str, str] | None = None, leading: tuple[OrderTerm, str] | None = None,
    ) -> None:
        """``descending``: of the terms of ORDER BY. Where there are as many as keys, SQLite sorts the groups in these
        directions, whatever the terms are. ``head``: text of a row of the result, where that is not the SELECT's.
        ``window``: texts of the places between which rows are wanted, None all. ``leading``: the first term of ORDER
        BY, and text of how many of the rows are wanted in that order."""
        assert select.grouping is not None
        self.descending = tuple(descending) if len(descending) == len(select.grouping.keys) else ()
        self.head = head
        self.window = window
        self.leading = None if select.having else leading
        self.writer = writer
        self.select = select
        self.grouping: Grouping = select.grouping
        self.out = out
        self.constant = writer.source.constant
        self._columns: list[tuple[Expr, str]] = []  # arguments whose lists of values were collected, not rows
        self._scan: list[Clause] | None = None  # set: no list of rows, each argument is read from the table
        self._read_later: set[int] | None = None  # the sources whose rows are read of a group; None: any
        self._names: dict[str, str] = {}  # text of what several aggregates share -> name
        self.shared: list[str] = []  # clauses that give those names, once per group

    def rows(self, extras: list[Expr]) -> str:
        """Text of the list of result rows, ``extras`` at their ends."""
        if self.grouping.bare and not self.head:
            self._read_later = self._sources_read(extras)
            self.grouping.bare = bool(self._read_later)
        shortcut = self._shortcut()
        if shortcut is not None:
            return self.results(extras, f"for r{self.grouping.source} in ({shortcut},)")
        if self.grouping.in_rows:
            return RowGroupWriter(self).rows(extras)
        if not self.needs_first_row() and not self.writer.batched and not self._whole_scan():
            read = [*self.grouping.keys, *self.grouping.aggregates]
            read_rowids(self.writer, self.select, read)
            if not read_entries(self.writer, self.select, read):
                read_column(self.writer, self.select, read)
        if self.grouping.in_runs:
            return IndexGroups(self).rows(extras)
        if self._counts_only() and is_large(self.select):
            return self._counted_only(extras)
        if not self.grouping.explicit:
            running = RunningGroups(self)
            return running.rows(extras) if running.suits() else self._single_group(extras)
        if self._counts_only():
            return self._counted(extras)
        running = RunningGroups(self)
        if running.suits():
            return running.rows(extras)
        clustered = ClusteredGroups(self)
        if clustered.suits():
            return clustered.rows(extras)
        dense = DenseGroups(self)
        return self._either(dense, extras) if dense.suits() else self._grouped(extras)

    def _either(self, dense: DenseGroups, extras: list[Expr]) -> str:
        """Dense groups where that works out, else the general way."""
        out, rows = self.out, self.writer.source.name("g")
        with out.block(f"if {dense.write(self.clauses())}:"):
            out.line(f"{rows} = {dense.results(extras)}")
        with out.block("else:"):
            out.line(f"{rows} = {self._grouped(extras)}")
        return rows

    # ---------------------------------------------------------------------------------------- the rows needed

    def _sources_read(self, extras: list[Expr]) -> set[int]:
        """The sources that anything after grouping still reads: the binder may have met columns that proved to be parts
        of keys."""
        local = {source.number for source in self.select.sources}
        exprs = [*(output.expr for output in self.select.outputs), *self.select.having, *extras]
        return {source for e in exprs for source, _ in references(e)} & local

    def variables(self) -> list[str]:
        """The row variables that aggregates, or anything after grouping, read."""
        read: set[str] = set()
        local = {source.number: source for source in self.select.sources}
        for node in self.grouping.aggregates:
            for source, position in references(node):
                if source in local:
                    own = self.writer.scalars.get((source, position))
                    read.add(own or (f"r{source}" if position != -1 else f"k{source}"))
        if self.grouping.bare:
            later = local.keys() if self._read_later is None else self._read_later
            needed = later | {source for key in self.grouping.keys for source, _ in references(key)}
            for number, table in local.items():
                if number not in needed:
                    continue
                read.add(f"r{number}")
                if table.uses_rowid:
                    read.add(f"k{number}")
        return sorted(read)

    def clauses(self) -> list[Clause]:
        return ScanWriter(self.writer, self.out).steps(self.select.steps)

    def key(self) -> str:
        keys = self._keys()
        return keys[0] if len(keys) == 1 else f"({', '.join(keys)},)"

    def _keys(self) -> list[str]:
        keys = []
        for key in self.grouping.keys:
            text = self.writer.emit.value(key)
            if (key.collation or "BINARY") != "BINARY" and key.classes & TEXT:
                collation = self.writer.context.functions.collation(key.collation or "BINARY")
                text = f"{self.constant(collation.key)}({text})"
            keys.append(text)
        return keys

    def key_values(self) -> str:
        """Texts of the group row's first columns, from the dict's key; where equal keys may look different, from a
        row of the group."""
        texts = []
        for i, key in enumerate(self.grouping.keys):
            if self._is_of_row(key):
                texts.append(self.writer.flat.value(key))
            else:
                texts.append("x" if len(self.grouping.keys) == 1 else f"x[{i}]")
        return ", ".join(texts)

    def needs_first_row(self) -> bool:
        return self.grouping.bare or any(map(self._is_of_row, self.grouping.keys))

    def _is_of_row(self, key: Expr) -> bool:
        """Whether it matters of which row of a group a key is taken, and it is not the first: TEXT under a collation
        has another key, and beside min() or max() a column is that of the row which these pick."""
        is_picked = self.grouping.picks is not None and isinstance(key, bound.Column)
        if is_picked and not is_computed(key) and key.classes & INTEGER and key.classes & REAL:
            return True
        return (key.collation or "BINARY") != "BINARY" and bool(key.classes & TEXT)

    # --------------------------------------------------------------------------------------------- strategies

    def _counts_only(self) -> bool:
        return (
            not self.needs_first_row()
            and bool(self.grouping.keys or self.grouping.aggregates)
            and all(node.star and node.filter is None and node.definition.built_in for node in self.grouping.aggregates)
        )

    def _counted(self, extras: list[Expr]) -> str:
        clauses = self.clauses()
        groups = self.writer.source.name("g")
        text = f"[{comprehension(self.key(), clauses)}]"
        text = self.writer.guarded(self.select, text)
        self.out.line(f"{groups} = {self.constant(Counter, 'Counter')}({text})")
        if self.leading is not None and self._is_count(self.leading[0].expr):
            arguments = f"{groups}, {self.leading[1]}, {self.leading[0].descending}"
            self.out.line(f"{groups} = {self.constant(leading_counts, 'leading_counts')}({arguments})")
        counts = "".join(", n" for _ in self.grouping.aggregates)
        row = f"({self.key_values()}{counts},)"
        return self.results(extras, f"for x, n in {self.in_order(groups)} for r{self.grouping.source} in ({row},)")

    def _is_count(self, expr: Expr) -> bool:
        """Whether an expression is an aggregate, where all of these are count(*)."""
        if not isinstance(expr, bound.Column) or expr.source != self.grouping.source:
            return False
        return expr.position >= len(self.grouping.keys)

    def _counted_only(self, extras: list[Expr]) -> str:
        """Counts of a join too large to collect: nothing is held but the counts, and tables that nothing is read from
        are not looked at."""
        steps, unread = multiplied(self.select)
        factor = " * ".join(f"{self.writer.tree(step.source.tree_id)}.count" for step in unread) or "1"
        clauses = ScanWriter(self.writer, self.out).steps(steps)
        count = self.writer.source.name("n")
        if not self.grouping.explicit:
            rows = self.writer.guarded(self.select, f"({comprehension('1', clauses)})" if clauses else "(1,)")
            self.out.line(f"{count} = sum({rows}) * {factor}")
            counts = ", ".join(count for _ in self.grouping.aggregates)
            return self.results(extras, f"for r{self.grouping.source} in (({counts},),)")
        groups = self.writer.source.name("g")
        keys = self.writer.guarded(self.select, f"({comprehension(self.key(), clauses or [For('_', '(0,)')])})")
        self.out.line(f"{count} = {factor}")
        self.out.line(f"{groups} = {self.constant(Counter, 'Counter')}({keys} if {count} else ())")
        counts = f", n * {count}" * len(self.grouping.aggregates)
        row = f"({self.key_values()}{counts},)"
        return self.results(extras, f"for x, n in {self.in_order(groups)} for r{self.grouping.source} in ({row},)")

    def in_order(self, groups: str) -> str:
        if self.grouping.in_any_order:
            return f"{groups}.items()"
        descending = f", {self.descending}" if any(self.descending) else ""
        return f"{self.constant(sort_groups, 'sort_groups')}({groups}, {len(self.grouping.keys) == 1}{descending})"

    def _grouped(self, extras: list[Expr]) -> str:
        if self.grouping.bare or self.needs_first_row():
            self.grouping.bare = True
        variables = self.variables()
        item = _item(variables)
        groups = self.writer.source.name("g")
        arguments = self._plain_arguments()
        clauses = self.clauses()
        outer = None
        if arguments is None or len(arguments) == 1:
            outer = outer_key(self.select, self.grouping.keys, self.writer.context.statistics)
        kind = "list" if outer is None else self.constant(dict_of_lists, "dict_of_lists")
        self.out.line(f"{groups} = {self.writer.defaultdict()}({kind})")
        if self.select.constant_filters:
            tests = " and ".join(self.writer.emit.true(c) for c in self.select.constant_filters)
            clauses = [If(tests), *clauses]
        if arguments is not None and len(arguments) > 1:
            self._collect_columns(groups, clauses, arguments)
        else:
            keys = self._keys()
            key = self.key() if outer is None else f"{keys[outer]}][{keys[1 - outer]}"
            if arguments is not None:
                item = self.writer.emit.value(arguments[0])
                self._columns.append((arguments[0], "g"))
            self.writer.nest(self.out, clauses, f"{groups}[{key}].append({item})")
        if outer is not None:
            self.out.line(f"{groups} = {flattened(groups, outer)}")
        row = self.group_row("g", variables, self.key_values())
        picked = self.picked("g", variables)
        return self.results(
            extras,
            f"for x, g in {self.in_order(groups)}{''.join(self.shared)}{picked} "
            f"for r{self.grouping.source} in ({row},)",
        )

    def _collect_columns(self, groups: str, clauses: list[Clause], arguments: list[Expr]) -> None:
        """One dict of lists of values per argument, filled while the row is at hand."""
        body = [f"x = {self.key()}"]
        for i, argument in enumerate(arguments):
            name = groups
            if i:
                name = self.writer.source.name("g")
                self.out.line(f"{name} = {self.writer.defaultdict()}(list)")
            body.append(f"{name}[x].append({self.writer.emit.value(argument)})")
            self._columns.append((argument, "g" if not i else f"{name}[x]"))
        self.writer.nest(self.out, clauses, *body)

    def _plain_arguments(self) -> list[Expr] | None:
        """The few expressions that the aggregates are about, where nothing else of a row is needed."""
        if self.grouping.bare:
            return None
        found: list[Expr] = []
        for node in self.grouping.aggregates:
            if node.star and node.filter is None:
                continue
            if node.filter is not None or node.order_by or len(node.args) != 1 or node.definition.whole is None:
                return None
            if not any(same(known, node.args[0]) for known in found):
                found.append(node.args[0])
        return found if 0 < len(found) <= _MAX_COLUMNS else None

    def _whole_scan(self) -> bool:
        """Whether every aggregate may scan the table itself: no condition, one table, no row needed later."""
        select = self.select
        return (
            len(select.steps) == 1
            and isinstance(select.steps[0].access, FullScan)
            and not select.steps[0].filters
            and not select.constant_filters
            and not self.grouping.bare
            and all(
                node.filter is None
                and (node.star or (len(node.args) == 1 and not node.order_by and node.definition.whole is not None))
                for node in self.grouping.aggregates
            )
            and any(not node.star for node in self.grouping.aggregates)
        )

    def _single_group(self, extras: list[Expr]) -> str:
        variables = self.variables()
        batched = self.writer.batched.get(self.select.steps[0].source.number) if self.select.steps else None
        arguments = self._plain_arguments() if batched is not None else None
        if batched is not None and arguments is not None:
            return self._collected(extras, batched, arguments)
        if self._whole_scan():
            self._scan = self.clauses()
            row = self.group_row(f"{self.writer.tree(self.select.steps[0].source.tree_id)}", variables, "")
            return self.results(extras, f"for r{self.grouping.source} in ({row},)")
        arguments = self._plain_arguments()
        if arguments is not None and len(arguments) == 1:
            clauses = self.clauses()
            group = self.writer.source.name("g")
            value = self.writer.emit.value(arguments[0])
            text = f"[{comprehension(value, clauses)}]"
            self.out.line(f"{group} = {self.writer.guarded(self.select, text)}")
            self._columns = [(arguments[0], group)]
            return self.results(extras, f"for r{self.grouping.source} in ({self.group_row(group, variables, '')},)")
        clauses = self.clauses()
        group = self.writer.source.name("g")
        item = _item(variables) if variables else "None"
        text = f"[{comprehension(item, clauses)}]"
        self.out.line(f"{group} = {self.writer.guarded(self.select, text)}")
        row = self.group_row(group, variables, "")
        picked = ""
        if self.grouping.bare:
            picked = self.picked(group, variables, empty=self.null_item(variables))
        return self.results(extras, f"for r{self.grouping.source} in ({row},){picked}")

    def _collected(self, extras: list[Expr], batched: BatchedCalls, arguments: list[Expr]) -> str:
        """One group whose arguments were computed in batches: a list for each."""
        names = [self.writer.source.name("a") for _ in arguments]
        clauses = self.clauses()
        columns = batched.whole_columns(arguments)
        if columns is not None and len(self.select.steps) == 1:
            gathered = list(map(self._gathered, arguments, names, columns[1]))
            self.out.line(f"{', '.join(names)} = {', '.join(empty for empty, _ in gathered)}")
            self.writer.nest(self.out, clauses[:-1], columns[0], *(line for _, line in gathered))
        else:
            self.out.line(f"{', '.join(names)} = {', '.join('[]' for _ in names)}")
            values = [self.writer.emit.value(argument) for argument in arguments]
            body = [f"{name}.append({value})" for name, value in zip(names, values, strict=True)]
            self.writer.nest(self.out, clauses, *body)
        self._columns = list(zip(arguments, names, strict=True))
        return self.results(extras, f"for r{self.grouping.source} in ({self.group_row(names[0], [], '')},)")

    def _gathered(self, argument: Expr, name: str, values: str) -> tuple[str, str]:
        """How the values of an argument are gathered from batches, as few of them as its aggregates need: what there
        is at first, and the line that takes a batch's in."""
        nodes = self.grouping.aggregates
        own = [node for node in nodes if node.args and same(node.args[0], argument)]
        if len(own) < len(nodes) and any(not node.args for node in nodes):
            return "[]", f"{name} += {values}"  # count(*) may count them
        if all(node.distinct for node in own):
            return "{}", f"{name}.update(dict.fromkeys({values}))"
        first = own[0].definition
        if first.built_in and first.name in ("min", "max") and all(self._is_plain_extreme(node, first) for node in own):
            function = first.whole_for(self.writer.emit.classes(argument))
            return "[]", f"{name}.append({self.constant(function)}([*{values}]))"
        return "[]", f"{name} += {values}"

    def _is_plain_extreme(self, node: bound.Aggregate, definition: FunctionDef) -> bool:
        return node.definition is definition and (node.using == "BINARY" or not node.args[0].classes & TEXT)

    def null_item(self, variables: list[str]) -> str:
        widths = {f"r{source.number}": source.width for source in self.select.sources}
        items = [(None,) * widths[name] if name in widths else None for name in variables]
        return self.constant(items[0] if len(items) == 1 else tuple(items))

    def picked(self, group: str, variables: list[str], empty: str | None = None) -> str:
        """A clause that sets the row variables to those of the row that bare columns are read from."""
        if not self.grouping.bare:
            return ""
        target = ", ".join(variables)
        row = f"{group}[0]"
        if self.grouping.picks is not None:
            node = self.grouping.aggregates[self.grouping.picks]
            key = (
                "None"
                if node.using == "BINARY"
                else self.constant(self.writer.context.functions.collation(node.using).key)
            )
            function = self.constant(extreme_row, "extreme_row")
            values = self._values(node.args[0], group, variables, None)
            if node.filter is not None:
                condition = self.writer.flat.true(node.filter)
                value = self.writer.flat.value(node.args[0])
                other = self.constant(FILTERED, "FILTERED")
                values = f"[({value} if {condition} else {other}) for {target} in {group}]"
            row = f"{function}({group}, {values}, {key}, {node.definition.name == 'max'})"
        if empty is not None:
            row = f"{row} if {group} else {empty}"
        return f" for {target} in ({row},)"

    def results(self, extras: list[Expr], clauses: str) -> str:
        """The comprehension over the groups."""
        conditions = "".join(f" if {self.writer.emit.true(c)}" for c in self.select.having)
        exprs = [output.expr for output in self.select.outputs] + extras
        head = self.head or f"({', '.join(self.writer.emit.value(e) for e in exprs)},)"
        if self.window is None:
            return f"[{head} {clauses}{conditions}]"
        rows, islice_ = f"({head} {clauses}{conditions})", self.constant(islice, "islice")
        return f"list({islice_}({rows}, {self.window[0]}, {self.window[1]}))"

    # --------------------------------------------------------------------------------------------- aggregates

    def group_row(self, group: str, variables: list[str], keys: str) -> str:
        values = [self.aggregate(node, group, variables) for node in self.grouping.aggregates]
        parts = ([keys] if keys else []) + values
        return f"({', '.join(parts)},)" if parts else "()"

    def _values(self, expr: Expr, group: str, variables: list[str], condition: Expr | None) -> str:
        """Text of the list of an argument's values over a group."""
        for argument, name in self._columns:
            if same(argument, expr):
                return name
        text = self.writer.flat.value(expr)
        if self._scan is not None:
            return self.named(self._whole_column(expr) or f"[{comprehension(text, self._scan)}]")
        test = f" if {self.writer.flat.true(condition)}" if condition is not None else ""
        if not variables:
            return f"[{text} for _ in {group}{test}]"
        if text == ", ".join(variables) and not test:
            return group
        values = f"[{text} for {', '.join(variables)} in {group}{test}]"
        return values if self.grouping.explicit else self.named(values)

    def _whole_column(self, expr: Expr) -> str | None:
        """Text of the list of all values of a column of the table."""
        source = self.select.steps[0].source
        if not isinstance(expr, bound.Column) or not is_of_column(self.writer, source, expr):
            return None
        flatten = self.constant(from_iterable, "from_iterable")
        return f"list({flatten}({column_of(self.writer, source, expr.position)}))"

    def named(self, text: str) -> str:
        """A name for what several aggregates of a group may share."""
        if text.isidentifier():
            return text
        if text not in self._names:
            self._names[text] = name = self.writer.source.name("a")
            if self.grouping.explicit:
                self.shared.append(f" for {name} in ({text},)")
            else:
                self.out.line(f"{name} = {text}")
        return self._names[text]

    # ----------------------------------------------------------------------- aggregates of the same values

    def is_inline(self, node: bound.Aggregate) -> bool:
        """Whether an aggregate is a short text over the list of its argument's values."""
        definition = node.definition
        if not definition.built_in or len(node.args) != 1 or node.distinct or node.order_by or node.filter:
            return False
        known = self.writer.emit.classes(node.args[0]) & ~NULL
        if definition.name in ("sum", "avg", "total"):
            return known in (SMALL, REAL)
        if definition.name in ("min", "max"):
            return not known & ~NUMBER if known & NUMBER else known in (TEXT, BLOB) and node.using == "BINARY"
        return definition.name == "count"

    def _siblings(self, node: bound.Aggregate) -> set[str]:
        """The names of the inline aggregates with the same argument."""
        return {
            other.definition.name
            for other in self.grouping.aggregates
            if self.is_inline(other) and same(other.args[0], node.args[0])
        }

    def _inline(self, node: bound.Aggregate, group: str, variables: list[str]) -> str:
        """Text of an aggregate for which :meth:`is_inline` holds."""
        name, siblings = node.definition.name, self._siblings(node)
        classes = self.writer.emit.classes(node.args[0])
        values = self.named(self._values(node.args[0], group, variables, None))
        if classes & NULL:
            if siblings == {"count"}:
                return f"len({values}) - {values}.count(None)"
            if siblings <= {"min", "max"}:
                function = node.definition.whole_for(classes)
                return f"{self.constant(function)}({values})"
            values = self.named(f"[y for y in {values} if y is not None]")
        if name == "count":
            return f"len({values})"
        if name in ("min", "max"):
            pair = self._extremes(values, classes, siblings)
            if pair is not None:
                return f"{pair}[{int(name == 'max')}]"
            text = f"{name}({values})"
            if name == "min" and siblings & {"sum", "avg", "total"} and classes & REAL:
                return self._least(values, classes, siblings)
        else:
            text = self._sum(name, values, classes, siblings)
        return text if name == "total" or self._is_full(classes) else f"({text} if {values} else None)"

    def _is_full(self, classes: int) -> bool:
        """Whether a list of values has at least one."""
        return self.grouping.explicit and not classes & NULL

    def _extremes(self, values: str, classes: int, siblings: set[str]) -> str | None:
        """The name of the minimum and the maximum of all rows, where both are wanted."""
        if self.grouping.explicit or not siblings >= {"min", "max"} or classes & ~NULL not in (SMALL, REAL):
            return None
        return self.named(f"({self.constant(extremes, 'extremes')}({values}) if {values} else (None, None))")

    def _least(self, values: str, classes: int, siblings: set[str]) -> str:
        """The name of the minimum, which the sum makes use of."""
        pair = self._extremes(values, classes, siblings)
        if pair is not None:
            return f"{pair}[0]"
        return self.named(f"min({values})" if self._is_full(classes) else f"(min({values}) if {values} else None)")

    def _sum(self, name: str, values: str, classes: int, siblings: set[str]) -> str:
        if classes & REAL:
            least = f", {self._least(values, classes, siblings)}" if "min" in siblings else ""
            result = self.named(f"{self.constant(real_sum, 'real_sum')}({values}{least})")
            return f"({result} / len({values}) if {result} is not None else None)" if name == "avg" else result
        result = f"sum({values})"
        if len(siblings & {"sum", "avg", "total"}) > 1:
            result = self.named(result)
        if name == "sum":
            return result
        return f"float({result})" if name == "total" else f"float({result}) / len({values})"

    def aggregate(self, node: bound.Aggregate, group: str, variables: list[str]) -> str:
        """Text of an aggregate's value over a group."""
        if not node.args:
            if node.filter is None and node.definition.built_in:
                return f"{group}.count" if self._scan is not None else f"len({group})"
            if node.definition.built_in and node.definition.name == "count":
                return f"len({self._values(bound.Literal(value=1), group, variables, node.filter)})"
        if self.is_inline(node):
            return self._inline(node, group, variables)
        definition = node.definition
        key = None
        if definition.takes_key and node.using != "BINARY" and node.args[0].classes & TEXT:
            key = self.constant(self.writer.context.functions.collation(node.using).key)
        if len(node.args) == 1 and not node.order_by and definition.whole is not None:
            values = self._values(node.args[0], group, variables, node.filter)
            if node.distinct and definition.built_in and definition.name == "count" and self._has_plain_values(node):
                return f"{self.constant(number_of_values, 'number_of_values')}({values})"
            if node.distinct:
                values = self._distinct_values(node, values)
            classes = self.writer.emit.classes(node.args[0])
            function = definition.whole if key else definition.whole_for(classes)
            assert function is not None
            if key:
                return f"{self.constant(function)}({values}, {key})"
            return f"{self.constant(function)}({values})"
        return self._stepwise(node, group, variables, key)

    def _has_plain_values(self, node: bound.Aggregate) -> bool:
        """Whether values of an aggregate's argument that are equal in SQL are equal in Python."""
        return node.using == "BINARY" or not node.args[0].classes & TEXT

    def _distinct_values(self, node: bound.Aggregate, values: str) -> str:
        if self._has_plain_values(node):
            return f"list(dict.fromkeys({values}))"
        key = self.constant(self.writer.context.functions.collation(node.using).key)
        return f"{self.constant(distinct_values, 'distinct_values')}({values}, {key})"

    def _stepwise(self, node: bound.Aggregate, group: str, variables: list[str], key: str | None) -> str:
        """One step per row: several arguments, ORDER BY, or an aggregate that has no other form."""
        flat = self.writer.flat
        arguments = [flat.value(arg) for arg in node.args]
        order = [flat.value(term) for term, _, _ in node.order_by]
        test = f" if {flat.true(node.filter)}" if node.filter is not None else ""
        target = ", ".join(variables) or "_"
        row = ", ".join(arguments + order)
        rows = f"[({row}{',' if row else ''}) for {target} in {group}{test}]"
        if node.distinct:
            function = self.constant(distinct_first, "distinct_first")
            if _is_sorted_by_argument(node):
                function = self.constant(distinct_last, "distinct_last")
            keyed = "None"
            if node.using != "BINARY":
                keyed = self.constant(self.writer.context.functions.collation(node.using).key)
            rows = f"{function}({rows}, {keyed})"
        if node.order_by:
            terms = []
            for i, (term, descending, nulls_first) in enumerate(node.order_by):
                collation = self.writer.context.functions.collation(term.collation or "BINARY")
                sort_key = None if collation.name == "BINARY" else collation.key
                terms.append((len(arguments) + i, descending, nulls_first, sort_key))
            function = self.constant(ordered_arguments, "ordered_arguments")
            rows = f"{function}({rows}, {self.constant(tuple(terms))}, {len(arguments)})"
        make = self.constant(node.definition.make)
        return f"{self.constant(stepwise, 'stepwise')}({make}({key or ''}), {rows})"

    # ---------------------------------------------------------------------------------------------- shortcuts

    def _shortcut(self) -> str | None:
        """The group row, where counts and ends of trees give it without reading rows; None elsewhere."""
        select, grouping = self.select, self.grouping
        if grouping.explicit or grouping.bare or select.constant_filters or len(select.steps) != 1:
            return None
        step = select.steps[0]
        if step.filters or step.left or step.source.table is None:
            return None
        if isinstance(step.access, HashLookup):
            return self._number_found(step.access)
        if not isinstance(step.access, FullScan | IndexRange):
            return None
        if isinstance(step.access, IndexRange):
            return self._ends_of_range(step.source, step.access)
        texts = []
        tree = self.writer.tree(step.source.tree_id)
        for node in grouping.aggregates:
            if not node.definition.built_in or node.filter is not None:
                return None
            if node.star or (node.definition.name == "count" and not node.args):
                texts.append(f"{tree}.count")
            elif node.definition.name in ("min", "max") and len(node.args) == 1:
                end = self._end(node)
                if end is None:
                    return None
                texts.append(end)
            elif len(grouping.aggregates) == 1 and (text := self._number_in_index(node)) is not None:
                texts.append(text)
            else:
                return None
        return f"({', '.join(texts)},)"

    def _number_in_index(self, node: bound.Aggregate) -> str | None:
        """count(DISTINCT …) of an index's first column, where there are so few values that they are searched for."""
        source = self.select.steps[0].source
        assert source.table is not None
        for index in source.table.indexes if source.indexed is not False else ():
            access = IndexRange(index, [])
            text = self._number_of_runs(node, source, access) if index.where is None else None
            if text is not None:
                self.select.steps[0].detail = f"SCAN {source.alias} USING COVERING INDEX {index.name}"
                return text
        return None

    def _number_of_runs(self, node: bound.Aggregate, source: Source, access: IndexRange) -> str | None:
        """The number of different values in the column after the prefix, NULL aside, if they are few."""
        statistics, width = self.writer.context.statistics, len(access.prefix) + 1
        column = access.index.columns[width - 1] if width <= len(access.index.columns) else None
        if column is None or statistics is None or node.definition.name != "count" or not node.distinct:
            return None
        argument = node.args[0]
        if not isinstance(argument, bound.Column) or argument.source != source.number:
            return None
        if column.position != argument.position or column.collation != node.using:
            return None
        positions = tuple(sorted({column.position for column in access.index.columns[:width]}))
        if positions[0] < 0 or statistics.distinct(source, positions) * _ROWS_PER_RUN > statistics.rows(source):
            return None
        found = searched_keys(self.writer, IndexWriter(ScanWriter(self.writer, self.out)), access, width)
        self.select.by_ends = True
        return f"{self.constant(number_of_values, 'number_of_values')}(low[{width - 1}] for low, _ in {found})"

    def _number_found(self, access: HashLookup) -> str | None:
        """The group row, where all that is asked for is how many rows a hash table has under a key."""
        if access.unique or not self._counts_only():
            return None
        step = self.select.steps[0]
        scan = ScanWriter(self.writer, self.out)
        number = self.writer.source.name("n")
        self.out.line(f"{number} = {scan.number_of_matches(step, access)}")
        return f"({', '.join([number] * len(self.grouping.aggregates))},)"

    def _end(self, node: bound.Aggregate) -> str | None:
        """min() or max() of a rowid or of an index's first column."""
        source, argument = self.select.steps[0].source, node.args[0]
        assert source.table is not None
        greatest = node.definition.name == "max"
        if isinstance(argument, bound.Rowid) or (
            isinstance(argument, bound.Column) and argument.position == source.table.rowid_alias
        ):
            call = f"{self.writer.tree(source.tree_id)}.{'last' if greatest else 'first'}()"
            return f"(({call}) or (None,))[0]"
        if source.indexed is not False:
            for index in source.table.indexes:
                text = self._end_of_index(node, source, IndexRange(index, [])) if index.where is None else None
                if text is not None:
                    self.select.steps[0].detail = f"SEARCH {source.alias} USING COVERING INDEX {index.name}"
                    return text
        return None

    def _ends_of_range(self, source: Source, access: IndexRange) -> str | None:
        """The group row, where all that is asked for is how many entries an index's range has, or its ends."""
        if access.has_members or access.like is not None or access.covers_unique:
            return None
        texts = []
        for node in self.grouping.aggregates:
            if not node.definition.built_in or node.filter is not None:
                return None
            text: str | None = None
            if node.definition.name == "count" and not node.args:
                text = IndexWriter(ScanWriter(self.writer, self.out)).count(access)
            elif node.definition.name in ("min", "max") and len(node.args) == 1:
                text = self._end_of_index(node, source, access)
            elif len(self.grouping.aggregates) == 1:
                text = self._number_of_runs(node, source, access)
            if text is None:
                return None
            texts.append(text)
        access.covering = bool(texts)
        return f"({', '.join(texts)},)" if texts else None

    def _end_of_index(self, node: bound.Aggregate, source: Source, access: IndexRange) -> str | None:
        """min() or max() of the column after the prefix, or of the rowid behind the last one. 1 and 1.0 are one key,
        which may stand for either."""
        argument, following = node.args[0], access.index.columns[len(access.prefix) :]
        if not following and place_in(argument, source) in rowid_places(source):
            ends = IndexWriter(ScanWriter(self.writer, self.out))
            return f"({ends.end_rowid(access, node.definition.name == 'max')})"
        if not isinstance(argument, bound.Column) or argument.source != source.number or not following:
            return None
        column = following[0]
        is_exact = not (argument.classes & INTEGER and argument.classes & REAL)
        if column.position != argument.position or not column.collation == node.using == "BINARY" or not is_exact:
            return None
        ends = IndexWriter(ScanWriter(self.writer, self.out))
        return f"({ends.end(access, node.definition.name == 'max', bool(argument.classes & NULL))})"


def _item(variables: list[str]) -> str:
    if not variables:
        return "None"
    return variables[0] if len(variables) == 1 else f"({', '.join(variables)})"


def _is_sorted_by_argument(node: bound.Aggregate) -> bool:
    """Whether its ORDER BY is its argument and no more: SQLite then makes one index for DISTINCT and ORDER BY, in which
    the later of equal values takes the place of the earlier one. min() and max() know no ORDER BY."""
    if node.definition.takes_key:
        return False
    return len(node.args) == len(node.order_by) == 1 and same(node.args[0], node.order_by[0][0])


def number_of_values(values: Iterable[object]) -> int:
    """How many different values there are, NULL aside."""
    found = set(values)
    return len(found) - (None in found)


def distinct_values(values, key):  # type: ignore[no-untyped-def]
    """The first of the values that are equal under a collation."""
    seen: dict[object, object] = {}
    for value in values:
        seen.setdefault(key(value), value)
    return list(seen.values())


def distinct_first(rows, key):  # type: ignore[no-untyped-def]
    """The first of the argument rows that have equal first arguments."""
    seen: dict[object, object] = {}
    for row in rows:
        seen.setdefault(row[0] if key is None else key(row[0]), row)
    return list(seen.values())


def distinct_last(rows, key):  # type: ignore[no-untyped-def]
    """The last of them."""
    return list({(row[0] if key is None else key(row[0])): row for row in rows}.values())


def ordered_arguments(rows, terms, width):  # type: ignore[no-untyped-def]
    """Argument rows in the order of an aggregate's ORDER BY."""
    from mantisdb_sql.codegen.rows import sort_mixed

    for position, descending, nulls_first, key in reversed(terms):
        sort_mixed(rows, position, descending, nulls_first, key)
    return [row[:width] for row in rows]
