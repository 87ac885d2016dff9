"""GROUP BY and aggregates over joins too large to collect: a state per group, one step per row.

    g0 = {}
    for b0 in t5.values():
        for r0 in b0:
            for b1 in t6.values():
                for r1 in b1:
                    x = r0[1] % 7
                    s = g0.get(x)
                    if s is None: s = g0[x] = [0, 0, None, c0()]
                    s[0] += 1
                    y = r1[2]
                    s[1] += y
                    if s[2] is None or y < s[2]: s[2] = y
                    s[3].step(r0[3], r1[1])

What is counted, small integers, REALs and extremes of one class are kept as plain values; everything else has the
accumulator that the function makes (``FunctionDef.make``). DISTINCT keeps a set beside it, bare columns a row. What
collects by nature (ORDER BY in an aggregate) is left to the lists of :mod:`mantisdb_sql.codegen.aggregate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.codegen.chunks import is_large
from mantisdb_sql.codegen.clauses import If
from mantisdb_sql.codegen.rows import FILTERED, ExtremeRow
from mantisdb_sql.functions.aggregates import compensated_result
from mantisdb_sql.values.storage import NULL, REAL, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.codegen.aggregate import GroupWriter

__all__ = ["RunningGroups"]


class RunningGroups:
    """Writes one grouped SELECT this way."""

    def __init__(self, groups: GroupWriter) -> None:
        self.groups = groups
        self.grouping = groups.grouping
        self.emit = groups.writer.emit
        self.constant = groups.constant
        self._start: list[str] = []  # a new group's state
        self._body: list[str] = []
        self._known: list[tuple[str, Expr, int]] = []  # kind, argument, its place in the state

    def suits(self) -> bool:
        """Whether this is for such groups."""
        return is_large(self.groups.select) and not any(node.order_by for node in self.grouping.aggregates)

    def rows(self, extras: list[Expr]) -> str:
        """Write the loop; text of the list of result rows."""
        groups, out, row = self.groups, self.groups.out, f"r{self.grouping.source}"
        self.grouping.bare = self.grouping.bare or groups.needs_first_row()
        clauses, variables = groups.clauses(), groups.variables()
        picked = self._pick(variables) if self.grouping.bare else ""
        values = [self._take(node) for node in self.grouping.aggregates]
        start = f"[{', '.join(self._start)}]"
        if groups.select.constant_filters:
            clauses = [If(" and ".join(self.emit.true(c) for c in groups.select.constant_filters)), *clauses]
        if not self.grouping.explicit:
            out.line(f"s = {start}")
            groups.writer.nest(out, clauses, *(self._body or ["pass"]))
            return groups.results(extras, f"for {row} in (({', '.join(values)},),){picked}")
        states = groups.writer.source.name("g")
        out.line(f"{states} = {{}}")
        found = (f"x = {groups.key()}", f"s = {states}.get(x)", f"if s is None: s = {states}[x] = {start}")
        groups.writer.nest(out, clauses, *found, *self._body)
        items = ", ".join([groups.key_values(), *values])
        return groups.results(extras, f"for x, s in {groups.in_order(states)}{picked} for {row} in (({items},),)")

    # ----------------------------------------------------------------------------------------------- the state

    def _place(self, start: str) -> str:
        """Text of a new place in the state."""
        self._start.append(start)
        return self._place_at(len(self._start) - 1)

    def _place_at(self, i: int) -> str:
        return f"s[{i}]"

    def _pick(self, variables: list[str]) -> str:
        """Keep the row that bare columns are read from; a clause that sets the row variables to it."""
        groups, target = self.groups, ", ".join(variables)
        item = target if len(variables) == 1 else f"({target})"
        key, value, greatest = "None", "None", False
        if self.grouping.picks is not None:
            node = self.grouping.aggregates[self.grouping.picks]
            if node.using != "BINARY":
                key = self.constant(groups.writer.context.functions.collation(node.using).key)
            value, greatest = self.emit.value(node.args[0]), node.definition.name == "max"
            if node.filter is not None:
                value = f"{value} if {self.emit.true(node.filter)} else {self.constant(FILTERED, 'FILTERED')}"
        place = self._place(f"{self.constant(ExtremeRow, 'ExtremeRow')}({key}, {greatest})")
        first = "" if self.grouping.picks is not None else f"if not {place}.rows: "
        self._body.append(f"{first}{place}.step({item}, {value})")
        empty = f" or ({groups.null_item(variables)},)" if not self.grouping.explicit else ""
        return f" for {target} in ({place}.rows{empty})"

    def _take(self, node: bound.Aggregate) -> str:
        """Have each row taken into an aggregate; text of its value in the end."""
        name, condition = node.definition.name, self.emit.true(node.filter) if node.filter is not None else ""
        if not node.args and node.definition.built_in and name == "count":
            place = self._place("0")
            self._body.append(f"{f'if {condition}: ' if condition else ''}{place} += 1")
            return place
        if self.groups.is_inline(node) and not (name == "count" and self.emit.classes(node.args[0]) & NULL):
            return self._plain(node)
        key = ""
        if node.definition.takes_key and node.using != "BINARY" and node.args[0].classes & TEXT:
            key = self.constant(self.groups.writer.context.functions.collation(node.using).key)
        place = self._place(f"{self.constant(node.definition.make)}({key})")
        call = f"{place}.step({', '.join(self.emit.value(arg) for arg in node.args)})"
        if node.distinct:
            call = self._once(node, place, condition)
        elif condition:
            call = f"if {condition}: {call}"
        self._body.append(call)
        return f"{place}.final()"

    def _once(self, node: bound.Aggregate, place: str, condition: str) -> str:
        """A statement that takes the row unless one with an equal first argument was taken."""
        seen, test = self._place("set()"), f"{condition} and " if condition else ""
        value, others = "y", [self.emit.value(arg) for arg in node.args[1:]]
        if node.using != "BINARY" and node.args[0].classes & TEXT:
            value = f"{self.constant(self.groups.writer.context.functions.collation(node.using).key)}(y)"
        new = f"(z := {value}) not in {seen}" if value != "y" else f"y not in {seen}"
        add = f"{seen}.add({'z' if value != 'y' else 'y'})"
        first = self.emit.value(node.args[0])
        return f"if {test}((y := {first}), {new})[1]: {add}; {place}.step({', '.join(['y', *others])})"

    # ------------------------------------------------------------------------------------------- plain values

    def _plain(self, node: bound.Aggregate) -> str:
        """An aggregate for which :meth:`GroupWriter.is_inline` holds."""
        argument, name = node.args[0], node.definition.name
        kind = "sum" if name in ("avg", "total") else name
        if kind == "count":
            return self._shared("count", argument, "0", "{0} += 1")[0]
        if kind != "sum":
            test = f"if {{0}} is None or y {'<' if name == 'min' else '>'} {{0}}: {{0}} = y"
            return self._shared(kind, argument, "None", test)[0]
        is_full = self.grouping.explicit and not self.emit.classes(argument) & NULL
        count = ""
        if name == "avg" or (name == "sum" and not is_full):
            count = self._shared("count", argument, "0", "{0} += 1")[0]
        if not self.emit.classes(argument) & REAL:
            total = self._shared("sum", argument, "0", "{0} += y")[0]
            text = {"sum": total, "total": f"float({total})", "avg": f"float({total}) / {count}"}[name]
        else:
            text = self._sum_of_reals(argument, count if name == "avg" else "")
        return text if name == "total" or is_full else f"({text} if {count} else None)"

    def _sum_of_reals(self, argument: Expr, divisor: str) -> str:
        step = "z = {0}; v = z + y; {1} += (z - v) + y if z > y > -z or z < y < -z else (y - v) + z; {0} = v"
        total, error = self._shared("sum", argument, "0.0, 0.0", step)
        return self._real_result(total, error, divisor)

    def _real_result(self, total: str, error: str, divisor: str) -> str:
        more = f", {divisor}" if divisor else ""
        return f"{self.constant(compensated_result, 'compensated_result')}({total}, {error}{more})"

    def _shared(self, kind: str, argument: Expr, start: str, step: str) -> list[str]:
        """The places of what aggregates of one argument may share; ``step`` takes the value ``y`` into them."""
        width = start.count(",") + 1
        for known, other, at in self._known:
            if known == kind and same(other, argument):
                return [self._place_at(at + i) for i in range(width)]
        self._known.append((kind, argument, len(self._start)))
        places = [self._place(part) for part in start.split(", ")]
        value, nullable = self.emit.value(argument), self.emit.classes(argument) & NULL
        step = step.format(*places)
        if nullable and step.startswith("if "):
            self._body.append(f"if (y := {value}) is not None and ({step[3:].replace(': ', '): ', 1)}")
        else:
            self._body.append(f"if (y := {value}) is not None: {step}" if nullable else f"y = {value}")
            self._body += [] if nullable else [step]
        return places
