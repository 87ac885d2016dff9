"""GROUP BY where each row of the first step makes one group (planning/row_groups.py).

    [(r2[0], r0[4], r2[1],) for b0 in t5.values() for r0 in b0 if r0[1] == p0
     for g in ([r1 for r1 in map(q2, q1((r0[0],), (r0[0], INFINITY)))],) if g for r2 in ((r0[0], len(g)),)]

``g`` is the list of what is joined to a row, of which aggregates are the functions that they are in
:mod:`mantisdb_sql.codegen.aggregate`; the row itself is at hand while they are computed. With LIMIT the comprehension
is a generator that is not asked for more. Rows in another order than that of their rowids are collected and sorted:

    w0 = [(r0[0], r0,) for _, i0 in t6.range(low=(p0,), high=(p0, TOP)) for r0 in q0(i0)]
    sort_by(w0, itemgetter(0))
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from mantisdb_sql.binding.plan import references
from mantisdb_sql.codegen.clauses import Clause, For, If, comprehension
from mantisdb_sql.codegen.covering import read_entries, read_rowids
from mantisdb_sql.codegen.scan import ScanWriter, variables
from mantisdb_sql.codegen.sorting import sort_by

if TYPE_CHECKING:
    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.codegen.aggregate import GroupWriter

__all__ = ["RowGroupWriter"]


class RowGroupWriter:
    """Writes one grouped SELECT this way."""

    def __init__(self, groups: GroupWriter) -> None:
        self.groups = groups
        self.writer, self.out = groups.writer, groups.out
        self.grouping = groups.grouping
        self.steps = groups.select.steps

    def rows(self, extras: list[Expr]) -> str:
        """Text of the list of result rows."""
        groups = self.groups
        self._read_less(extras)
        own, names = self._own_names(), self._joined_names(extras)
        ends_at_first = groups.window is not None and groups.select.reads_few
        scan = ScanWriter(self.writer, self.out, ends_at_first=ends_at_first)
        first = list(scan.steps(self.steps[:1]))
        scan.emit = self.writer.flat  # what follows stands in an iterable
        joined = scan.steps(self.steps[1:])[len(first) :]
        if self.grouping.sorts_rows:
            first = self._sorted(first, own)
        item = ", ".join(names) if len(names) == 1 else f"({', '.join(names)}{',' if names else ''})"
        found = [*first, For("g", f"([{comprehension(item, joined)}],)"), If("g")]
        keys = ", ".join(self.writer.emit.value(key) for key in self.grouping.keys)
        row = groups.group_row("g", names, keys)
        picked = groups.picked("g", names) if names else ""
        clauses = f"{' '.join(map(str, found))}{''.join(groups.shared)}{picked}"
        text = groups.results(extras, f"{clauses} for r{self.grouping.source} in ({row},)")
        return self.writer.guarded(groups.select, text)

    def _read_less(self, extras: list[Expr]) -> None:
        """Have entries and rowids alone read where they are enough."""
        select, writer = self.groups.select, self.writer
        if not writer.batched:
            read = [*self.grouping.keys, *self._evaluated(extras)]
            read_rowids(writer, select, read)
            read_entries(writer, select, read)

    def _evaluated(self, extras: list[Expr]) -> list[Expr]:
        """All that is evaluated for a group or a row of it, beside the keys."""
        select = self.groups.select
        return [*self.grouping.aggregates, *(output.expr for output in select.outputs), *select.having, *extras]

    def _joined_names(self, extras: list[Expr]) -> list[str]:
        """The variables that are read of what is joined."""
        local = {source.number for source in self.groups.select.sources} - {self.steps[0].source.number}
        read = {place for expr in self._evaluated(extras) for place in references(expr) if place[0] in local}
        scalars = self.writer.scalars
        return sorted({scalars.get((n, at)) or (f"k{n}" if at == -1 else f"r{n}") for n, at in read})

    def _own_names(self) -> list[str]:
        """The variables that hold the row of the first step."""
        source = self.steps[0].source
        scalars = [name for (number, _), name in self.writer.scalars.items() if number == source.number]
        return list(dict.fromkeys([*variables(source), *scalars]))

    def _sorted(self, clauses: list[Clause], own: list[str]) -> list[Clause]:
        """Collect the rows of the first step in the order of their rowids; clauses that go through them."""
        rows, constant = self.writer.source.name("w"), self.writer.source.constant
        number = self.steps[0].source.number
        scalars = [name for (of, _), name in self.writer.scalars.items() if of == number]
        kept = list(dict.fromkeys(scalars)) or own
        key = self.writer.emit.value(self.grouping.keys[0])
        self.out.line(f"{rows} = [{comprehension(f'({key}, {chr(44).join(kept)},)', clauses)}]")
        reverse = ", True" if self.grouping.descends else ""
        self.out.line(f"{constant(sort_by, 'sort_by')}({rows}, {constant(itemgetter, 'itemgetter')}(0){reverse})")
        return [For(f"_, {', '.join(kept)}", rows)]
