"""GROUP BY one integer of a small range: running aggregates in lists, the key their index.

    z0 = dense_end(t5, 2)
    n0, y0 = [0] * z0, [-inf] * z0
    try:
        for b0 in t5.values():
            for r0 in b0:
                x = r0[2]
                n0[x] += 1
                y = r0[3]
                if y > y0[x]: y0[x] = y
    except IndexError: z0 = 0
    if z0 and not any(n0[z0 // 2:]): …      # the groups are those x where n0[x] is not 0, in order
    else: …                                 # as any other GROUP BY

``dense_end`` guesses from a sample of the rows how far the keys go. The lists have twice that room: a key that
is negative or larger than guessed either leaves the lists (IndexError) or falls into their upper half, and then
the rows are grouped the usual way. So the loop itself checks nothing.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import FullScan
from mantisdb_sql.codegen.clauses import Clause
from mantisdb_sql.values.storage import NULL, REAL, SMALL

if TYPE_CHECKING:
    from mantisdb_sql.codegen.aggregate import GroupWriter

_ROWS = 2000
"""From so many rows on it is worth two versions of the code."""


def dense_end(tree: Any, position: int) -> int:
    """Twice a number that the keys in a column are likely below; 0 where they are negative or too sparse."""
    sample = [rows[0][position] for rows in tree.values() if rows]
    if not sample or min(sample) < 0:
        return 0
    top = max(sample)
    return 2 * (top + top // 4 + 64) if top <= 4 * tree.count else 0


class DenseGroups:
    """Writes one grouped SELECT this way."""

    def __init__(self, groups: GroupWriter) -> None:
        self.groups = groups
        self.writer = groups.writer
        self.name = groups.writer.source.name
        self.constant = groups.constant
        self.count = ""
        self._states: list[tuple[str, Expr, str]] = []  # kind, argument, name of the list

    def suits(self) -> bool:
        """Whether the groups and the aggregates are of the kind that this is for."""
        select, grouping = self.groups.select, self.groups.grouping
        if len(grouping.keys) != 1 or grouping.bare or len(select.steps) != 1 or select.constant_filters:
            return False
        step, key = select.steps[0], grouping.keys[0]
        return (
            isinstance(step.access, FullScan)
            and step.rows_estimate >= _ROWS
            and not step.filters
            and isinstance(key, bound.Column)
            and key.source == step.source.number
            and key.position != (step.source.table.rowid_alias if step.source.table else None)
            and self.writer.emit.classes(key) == SMALL
            and all(self._is_running(node) for node in grouping.aggregates)
        )

    def _is_running(self, node: bound.Aggregate) -> bool:
        if not node.definition.built_in or node.distinct or node.order_by or node.filter is not None:
            return False
        if not node.args:
            return node.definition.name == "count"
        classes = self.writer.emit.classes(node.args[0])
        if not isinstance(node.args[0], bound.Column) or classes & NULL:
            return False
        name = node.definition.name
        return (
            name == "count"
            or (name in ("min", "max") and classes in (SMALL, REAL))
            or (name in ("sum", "avg", "total") and classes == SMALL)
        )

    def write(self, clauses: list[Clause]) -> str:
        """Write the loop; the text of the condition under which its lists hold the groups."""
        groups, out = self.groups, self.groups.out
        step, key = groups.select.steps[0], groups.grouping.keys[0]
        assert isinstance(key, bound.Column)
        end, self.count = self.name("z"), self.name("n")
        body = [f"x = {self.writer.emit.value(key)}", f"{self.count}[x] += 1", *self._steps()]
        call = f"{self.constant(dense_end, 'dense_end')}({self.writer.tree(step.source.tree_id)}, {key.position})"
        out.line(f"{end} = {call}")
        out.line(f"{self.count} = [0] * {end}")
        for kind, _, name in self._states:
            out.line(f"{name} = [{self._start(kind)}] * {end}")
        with out.block("try:"):
            self.writer.nest(out, clauses, *body)
        out.line(f"except IndexError: {end} = 0")
        return f"{end} and not any({self.count}[{end} // 2:])"

    def _start(self, kind: str) -> str:
        return {"min": self.constant(inf, "inf"), "max": f"-{self.constant(inf, 'inf')}"}.get(kind, "0")

    def _steps(self) -> list[str]:
        """The statements that take one row into the lists."""
        steps = []
        read = ""
        for node in self.groups.grouping.aggregates:
            kind = {"avg": "sum", "total": "sum"}.get(node.definition.name, node.definition.name)
            if kind == "count" or self._state(kind, node.args[0]):
                continue
            name = self.name("y")
            self._states.append((kind, node.args[0], name))
            value = self.writer.emit.value(node.args[0])
            if value != read:
                steps.append(f"y = {value}")
                read = value
            if kind == "sum":
                steps.append(f"{name}[x] += y")
            else:
                steps.append(f"if y {'<' if kind == 'min' else '>'} {name}[x]: {name}[x] = y")
        return steps

    def _state(self, kind: str, argument: Expr) -> str:
        return next((n for k, known, n in self._states if k == kind and same(known, argument)), "")

    def results(self, extras: list[Expr]) -> str:
        """Text of the list of result rows, where the condition holds."""
        names = [name for _, _, name in self._states]
        values = ["x", *(self._value(node) for node in self.groups.grouping.aggregates)]
        row = f"for r{self.groups.grouping.source} in (({', '.join(values)}),)"
        lists = ", ".join([f"range(len({self.count}))", self.count, *names])
        clauses = f"for {', '.join(['x', 'n', *names])} in zip({lists}) if n {row}"
        return self.groups.results(extras, clauses) + ("[::-1]" if any(self.groups.descending) else "")

    def _value(self, node: bound.Aggregate) -> str:
        name = node.definition.name
        if name == "count":
            return "n"
        if name in ("min", "max", "sum"):
            return self._state(name, node.args[0])
        total = f"float({self._state('sum', node.args[0])})"
        return total if name == "total" else f"{total} / n"
