"""GROUP BY and DISTINCT where an index gives the rows of each group side by side (planning/group_order.py).

    for x, n, low, high in ends_of_runs(t7.scan(), itemgetter(0)) for r1 in ((x, n, high[1]),)        two entries each
    for low, high in runs_in(t7, 1, (INFINITY,), t7.range(), …) for x in (low[0],) …       nothing read between
    for x, g in runs((j0 for j0, _ in t7.scan()), itemgetter(0)) for a0 in ([y for _, y, _ in g],) …   entries
    for x, g in runs((q1(i0) for _, i0 in t7.range(low=(p0,), …)), itemgetter(2)) …                    rows

``x`` is the group's key as everywhere, a value or a tuple of values, here in the order of the index; ``n`` the number
of its entries, ``low`` and ``high`` the first and the last, ``g`` the list of them or of their rows, of which
aggregates are the functions that they are in :mod:`mantisdb_sql.codegen.aggregate`. Entries of an index that was made
in memory are scattered over it, and to look at one costs more than all else: so the borders between groups are searched
for in each leaf. Nothing is held but one group, and with LIMIT the comprehension is a generator that is not asked for
more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from mantisdb_engine.keys import TOP
from mantisdb_engine.runs import searched_runs
from mantisdb_sql.binding import bound
from mantisdb_sql.binding.plan import IndexRange, Select
from mantisdb_sql.codegen.covering import entry_target
from mantisdb_sql.codegen.index_scan import IndexWriter
from mantisdb_sql.codegen.look_ups import rows_of_batches
from mantisdb_sql.codegen.scan import ScanWriter
from mantisdb_sql.values.storage import NULL

if TYPE_CHECKING:
    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.codegen.aggregate import GroupWriter
    from mantisdb_sql.codegen.query import Lines, QueryWriter

__all__ = ["IndexGroups", "emit_distinct_in_index", "searched_keys"]

_OUTSIDE = object()
"""The key before the first entry."""

_STEPS = 4  # entries that are looked at one by one before the end of a run is searched for

_Batch = tuple[list[Any], list[Any]]


class _Runs:
    """Writes the scan: lists of entries or rows in the order of the groups."""

    def __init__(self, writer: QueryWriter, select: Select, out: Lines) -> None:
        self.writer = writer
        self.constant = writer.source.constant
        self.step = select.steps[0]
        self.constant_filters = select.constant_filters
        access = self.step.access
        assert isinstance(access, IndexRange), "groups follow an index"
        self.access = access
        self.index = IndexWriter(ScanWriter(writer, out))
        n = self.step.source.number
        self.target = entry_target(writer, self.step.source, access)[0] if access.covering else f"r{n}"

    def place(self, position: int) -> int:
        """Where a column is in an entry or a row."""
        if not self.access.covering:
            return position
        return [column.position for column in self.access.index.columns].index(position)

    def places(self, keys: list[Expr]) -> list[int]:
        """Where the columns that are grouped by are."""
        return [self.place(key.position) for key in keys if isinstance(key, bound.Column)]

    def key_of(self, keys: list[Expr]) -> str:
        """Text of the function that gives the key of an entry or a row."""
        places = ", ".join(map(str, self._in_order(keys)))
        return f"{self.constant(itemgetter, 'itemgetter')}({places})"

    def values_of(self, keys: list[Expr]) -> str:
        """Texts of the terms' values, from the key."""
        if len(keys) == 1:
            return "x"
        ordered = self._in_order(keys)
        return ", ".join(f"x[{ordered.index(place)}]" for place in self.places(keys))

    def _in_order(self, keys: list[Expr]) -> list[int]:
        """The places in the order in which the path sorts them, but that rows of the table have theirs."""
        places = self.places(keys)
        return sorted(places) if self.access.covering else places

    def lists(self) -> str:
        """Text of an iterable of lists of entries or rows, without those that the conditions refuse."""
        n, batches = self.step.source.number, self.index.batches(self.access)
        tests = " and ".join(self.writer.flat.true(condition) for condition in self.step.filters)
        if self.access.covering:
            items, variables = f"j{n}", f"j{n}, _"
        else:
            items, variables = f"{rows_of_batches(self.writer, self.step)}(i{n})", f"_, i{n}"
        if tests and self.access.covering:
            items = f"[e for e in {items} for ({self.target}) in (e,) if {tests}]"
        elif tests:
            items = f"[{self.target} for {self.target} in {items} if {tests}]"
        return self._guarded(f"({items} for {variables} in {batches})")

    def ends(self, keys: list[Expr], counts: bool, needs_last: bool = True) -> str:
        """Text of the clauses that give keys, ``x``, with the ends of their entries, ``low`` and ``high``, and with
        their numbers, ``n``, if something ``counts``. ``high`` is any of the entries unless the last are needed."""
        if not counts:
            width = max(self.places(keys)) + 1
            found = self._guarded(searched_keys(self.writer, self.index, self.access, width, needs_last))
            places = [f"low[{place}]" for place in self._in_order(keys)]
            return f"for low, high in {found} for x in ({places[0] if len(places) == 1 else _row(places)},)"
        function = self.constant(ends_of_runs, "ends_of_runs")
        found = f"{function}({self.index.batches(self.access, descending=False)}, {self.key_of(keys)})"
        return f"for x, n, low, high in {self._guarded(found)}"

    def least(self, position: int) -> str:
        """Text of the least value, not NULL, of a column that follows those of the key."""
        place = self.place(position)
        function = self.constant(least_known, "least_known")
        return f"(low[{place}] if low[{place}] is not None else {function}({self._tree()}, low, high, {place}))"

    def _tree(self) -> str:
        return self.writer.tree(self.access.index.tree_id)

    def _guarded(self, text: str) -> str:
        """Nothing where a condition that reads no source is not true."""
        tests = " and ".join(self.writer.flat.true(condition) for condition in self.constant_filters)
        return f"({text} if {tests} else ())" if tests else text


class IndexGroups:
    """Writes one grouped SELECT this way."""

    def __init__(self, groups: GroupWriter) -> None:
        self.groups = groups
        self.keys = groups.grouping.keys
        self.scan = _Runs(groups.writer, groups.select, groups.out)

    def rows(self, extras: list[Expr]) -> str:
        """Text of the list of result rows."""
        groups, scan, nodes = self.groups, self.scan, self.groups.grouping.aggregates
        if groups.select.by_ends:
            counts = any(node.definition.name == "count" for node in nodes)
            found = scan.ends(self.keys, counts, needs_last=bool(nodes))
            values = [self._end(node) for node in nodes]
        else:
            found = f"for x, g in {groups.constant(runs, 'runs')}({scan.lists()}, {scan.key_of(self.keys)})"
            values = [groups.aggregate(node, "g", scan.target.split(", ")) for node in nodes]
        row = f"({', '.join([scan.values_of(self.keys), *values])},)"
        shared = "".join(groups.shared)
        text = groups.results(extras, f"{found}{shared} for r{groups.grouping.source} in ({row},)")
        return f"{text}[::-1]" if groups.select.by_ends and scan.access.descending else text

    def _end(self, node: bound.Aggregate) -> str:
        """Text of an aggregate that is at an end of the group, or the number of its entries."""
        if node.definition.name == "count":
            return "n"
        argument = node.args[0]
        assert isinstance(argument, bound.Column)
        if node.definition.name == "min" and argument.classes & NULL:
            return self.scan.least(argument.position)
        return f"{'low' if node.definition.name == 'min' else 'high'}[{self.scan.place(argument.position)}]"


def searched_keys(
    writer: QueryWriter, index: IndexWriter, access: IndexRange, width: int, needs_last: bool = False
) -> str:
    """Text of an iterable of the first and the last of all entries that are equal in ``width`` columns; unless it is
    needed, the last is any of them."""
    found, backwards = index.batches(access, descending=False), index.batches(access, descending=True)
    tops = f"({', '.join(index.tops(access, width))},)"
    arguments = f"{writer.tree(access.index.tree_id)}, {width}, {tops}, {found}, {backwards}"
    return f"{writer.source.constant(runs_in, 'runs_in')}({arguments}{'' if needs_last else ', False'})"


def emit_distinct_in_index(writer: QueryWriter, select: Select, out: Lines, window: tuple[str, str] | None) -> str:
    """Text of the list of the rows of SELECT DISTINCT, those of a LIMIT's window if there is one."""
    scan, keys = _Runs(writer, select, out), [output.expr for output in select.outputs]
    if select.by_ends:
        found = scan.ends(keys, counts=False, needs_last=False)
    else:
        found = f"for x, _ in {writer.source.constant(runs, 'runs')}({scan.lists()}, {scan.key_of(keys)})"
    found = f"({scan.values_of(keys)},) {found}"
    if window is None:
        return f"[{found}]{'[::-1]' if select.by_ends and scan.access.descending else ''}"
    return f"list({writer.source.constant(islice, 'islice')}(({found}), {window[0]}, {window[1]}))"


def _row(parts: list[str]) -> str:
    return f"({', '.join(parts)})"


def runs(lists: Iterable[list[Any]], key_of: Callable[[Any], Any]) -> Iterator[tuple[Any, list[Any]]]:
    """(key, items) of each run of items with equal keys. A list that belongs to one run is not looked into."""
    key: Any = _OUTSIDE
    group: list[Any] = []
    for items in lists:
        if not items:
            continue
        if key_of(items[-1]) == key:
            group += items
            continue
        for other, found in groupby(items, key_of):
            if other == key:
                group += found
                continue
            if group:
                yield key, group
            key, group = other, list(found)
    if group:
        yield key, group


def ends_of_runs(found: Iterable[_Batch], key_of: Callable[[Any], Any]) -> Iterator[tuple[Any, int, Any, Any]]:
    """(key, number, first, last) of each run of entries with equal keys in ascending batches."""
    key: Any = _OUTSIDE
    count, first, last = 0, None, None
    for entries, _ in found:
        end_key = key_of(entries[-1])
        if end_key == key:
            count += len(entries)
            last = entries[-1]
            continue
        at = 0
        while True:
            other = key_of(entries[at])
            if other != key:
                if count:
                    yield key, count, first, last
                key, count, first = other, 0, entries[at]
            border = len(entries) if other == end_key else _border(entries, at, key_of, other)
            count += border - at
            last = entries[border - 1]
            at = border
            if at == len(entries):
                break
    if count:
        yield key, count, first, last


def _border(entries: list[Any], at: int, key_of: Callable[[Any], Any], key: Any) -> int:
    """Where the run ends that begins at ``at``, in the midst of the entries."""
    for border in range(at + 1, at + _STEPS):
        if key_of(entries[border]) != key:
            return border
    return bisect_left(entries, True, at + _STEPS, key=lambda entry: key_of(entry) != key)


def runs_in(
    tree: Any, width: int, tops: tuple[Any, ...], found: Iterable[_Batch], backwards: Iterable[_Batch],
    finds_ends: bool = True,
) -> Iterator[tuple[Any, Any]]:
    """:func:`searched_runs` between the first and the last of the entries that were ``found``, which ``backwards`` has
    in the other direction."""
    batch, end = next(iter(found), None), next(iter(backwards), None)
    if batch is None or end is None:
        return iter(())
    return searched_runs(tree, width, tops, batch[0][0], end[0][0], finds_ends)


def least_known(tree: Any, low: Any, high: Any, place: int) -> Any:
    """The least value in a column that is not NULL of the entries from ``low`` to ``high``, which are equal in those
    before it; None if there is none."""
    if high[place] is None:
        return None
    return next(tree.range(low=(*low[:place], None, TOP)))[0][0][place]
