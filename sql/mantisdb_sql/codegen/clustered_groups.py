"""GROUP BY where rows with equal keys mostly follow each other: the current group's state in local variables.

    g0, x, s0, s1 = {}, OUTSIDE, 0.0, 0.0
    for b3 in t11.values():
        for r3 in b3:
            y = r3[0]
            if y != x:
                g0[x] = s0, s1
                x = y
                s0, s1 = g0.get(x, c0)
            y = r3[4]
            z = s0; v = z + y; s1 += …; s0 = v
    g0[x] = s0, s1
    del g0[OUTSIDE]

Lines of an order, entries of a day, whatever is scanned by an index: a row costs a comparison and the step itself, and
a group one tuple. A key that comes again is found in the dict, so nothing depends on the guess that keys are clustered
but time. The steps are those of :mod:`mantisdb_sql.codegen.running_groups`.
"""

from __future__ import annotations

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.plan import FullScan, IndexRange, RowidRange, Select, references
from mantisdb_sql.codegen.clauses import If
from mantisdb_sql.codegen.running_groups import RunningGroups
from mantisdb_sql.functions.aggregates import compensated_result

__all__ = ["ClusteredGroups"]

_ROWS = 2000
_RUN_ROWS = 3.0
"""From so many rows with the same key in a row it is worth it."""

OUTSIDE = object()
"""The key before the first row."""


class ClusteredGroups(RunningGroups):
    """Writes one grouped SELECT this way."""

    def suits(self) -> bool:
        """Whether this is for such groups."""
        groups, select = self.groups, self.groups.select
        if not self.grouping.keys or self.grouping.bare or groups.needs_first_row() or not select.steps:
            return False
        if not self.grouping.aggregates or not all(map(self._is_plain, self.grouping.aggregates)):
            return False
        return select.steps[0].rows_estimate >= _ROWS and self._run_rows(select) >= _RUN_ROWS

    def _is_plain(self, node: bound.Aggregate) -> bool:
        if not node.args:
            return node.definition.built_in and node.definition.name == "count" and node.filter is None
        return self.groups.is_inline(node)

    def _run_rows(self, select: Select) -> float:
        """How many rows with the same key follow each other, as a rule."""
        step, statistics = select.steps[0], self.groups.writer.context.statistics
        places = {place for key in self.grouping.keys for place in references(key)}
        positions = tuple(sorted(position for source, position in places if source == step.source.number))
        if step.source.table is None or statistics is None or not positions or len(positions) < len(places):
            return 1.0
        if positions[0] < 0 or positions[-1] >= step.source.width:
            return 1.0  # the rowid, or what is computed in batches
        if isinstance(step.access, IndexRange):
            index, fixed = step.access.index, len(step.access.prefix)
            following = [column.position for column in index.columns[fixed : fixed + len(positions)]]
            if set(following) != set(positions) or step.access.has_members:
                return 1.0
            return statistics.rows(step.source) / statistics.distinct(step.source, positions)
        return statistics.run_rows(step.source, positions) if isinstance(step.access, FullScan | RowidRange) else 1.0

    def rows(self, extras: list[bound.Expr]) -> str:
        """Write the loop; text of the list of result rows."""
        groups, out, row = self.groups, self.groups.out, f"r{self.grouping.source}"
        clauses = groups.clauses()
        values = [self._take(node) for node in self.grouping.aggregates]
        if groups.select.constant_filters:
            clauses = [If(" and ".join(self.emit.true(c) for c in groups.select.constant_filters)), *clauses]
        states, outside = groups.writer.source.name("g"), self.constant(OUTSIDE, "OUTSIDE")
        places = [f"s{i}" for i in range(len(self._start))]
        state, start = ", ".join(places), ", ".join(self._start)
        if len(places) == 1:
            state, start = f"{state},", f"{start},"
        out.line(f"{states}, x = {{}}, {outside}")
        out.line(f"{state} = {start}")
        turn = (
            f"y = {groups.key()}",
            "if y != x:",
            f"    {states}[x] = {state}",
            "    x = y",
            f"    {state} = {states}.get(x) or ({start})",
        )
        groups.writer.nest(out, clauses, *turn, *self._body)
        out.line(f"{states}[x] = {state}")
        out.line(f"del {states}[{outside}]")
        items = ", ".join([groups.key_values(), *values])
        pairs = f"for x, ({state}) in {groups.in_order(states)}"
        return groups.results(extras, f"{pairs}{''.join(groups.shared)} for {row} in (({items},),)")

    def _real_result(self, total: str, error: str, divisor: str) -> str:
        """Without a call where the result is a number."""
        name = self.groups.named
        exact = f"{self.constant(compensated_result, 'compensated_result')}({total}, {error})"
        rough = name(f"{total} + {error}")
        result = name(f"{rough} if {rough} - {rough} == 0.0 else {exact}")
        return f"({result} / {divisor} if {result} is not None else None)" if divisor else result

    def _place_at(self, i: int) -> str:
        return f"s{i}"
