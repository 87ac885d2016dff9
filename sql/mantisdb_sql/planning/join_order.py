"""In which order the sources of a SELECT are visited.

An order is a pipeline: each source is visited once for every row that the sources before it make. What a step
costs and how many rows it leaves depends only on which sources came before, so the best order of a set of
sources extends the best order of a smaller one: dynamic programming over sets, up to eight sources. Of sets,
only those are looked at that join conditions connect. With more sources the order is greedy: always the step
that is cheapest now, cheapest by rows left where costs are close.

Costs are microseconds, roughly (access.py has the constants). A SELECT that is run many times (a correlated
subquery) starts with that many rows: what is set up once is then set up once for all.

Constraints: a LEFT JOIN comes after everything that its ON clause reads; a CROSS JOIN after everything to its
left, and what is to its right comes after it; the row of a recursion comes first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import FullScan, HashLookup, Join, sources_of
from mantisdb_sql.planning.access import CALL_COST, FILTER_COST, ROW_COST, AccessFinder, Candidate
from mantisdb_sql.planning.conditions import place_of
from mantisdb_sql.planning.statistics import Statistics, default_share

_EXHAUSTIVE = 8
_NO_CONDITION = 1000.0  # µs: what a step that no condition connects is charged on top in a greedy order


@dataclass(slots=True, eq=False)
class Order:
    """An order of visits, what it costs, and how many rows there are after each visit."""

    steps: tuple[tuple[int, Candidate], ...] = ()
    cost: float = 0.0
    rows: float = 1.0
    rows_after: tuple[float, ...] = ()


@dataclass(slots=True, eq=False)
class _Condition:
    expr: Expr
    mask: int  # the joins that it reads
    implied: bool = False


def _filter_cost(condition: Expr) -> float:
    """µs to check a condition; what a function of the user's takes is anybody's guess."""
    functions = [node.definition for node in bound.walk(condition) if isinstance(node, bound.Function)]
    return FILTER_COST + CALL_COST * sum(not function.built_in for function in functions)


@dataclass(slots=True, eq=False)
class _Visit:
    """What visiting a join after certain others offers."""

    candidates: list[Candidate]
    factor: float  # rows after it for each row before it
    connected: bool
    kept: float = 1.0  # the share that conditions on the source alone leave


@dataclass(slots=True, eq=False)
class JoinOrder:
    """Finds the order for ``joins``; ``conjuncts`` are WHERE's, ``implied`` follow from them."""

    joins: list[Join]
    conjuncts: list[Expr]
    implied: list[Expr]
    finder: AccessFinder
    statistics: Statistics
    runs: float = 1.0
    _bits: dict[int, int] = field(default_factory=dict)
    _local: set[int] = field(default_factory=set)
    _needs: list[int] = field(default_factory=list)
    _neighbours: list[int] = field(default_factory=list)
    _conditions: list[list[_Condition]] = field(default_factory=list)
    _visits: dict[tuple[int, int], _Visit] = field(default_factory=dict)
    _shares: dict[int, float] = field(default_factory=dict)

    def best(self) -> Order:
        """The cheapest order found."""
        self._prepare()
        if len(self.joins) == 1:
            return self._extended(Order(rows=self.runs), 0, 0)
        if len(self.joins) <= _EXHAUSTIVE:
            return self._exhaustive()
        return self._greedy()

    def _prepare(self) -> None:
        for i, join in enumerate(self.joins):
            for member in join.source.members:
                self._bits[member.number] = i
                self._local.add(member.number)
            self._bits[join.source.number] = i
            self._local.add(join.source.number)
        shared = [_Condition(c, self._mask(c)) for c in self.conjuncts]
        shared += [_Condition(c, self._mask(c), implied=True) for c in self.implied]
        for i, join in enumerate(self.joins):
            own = [c for c in shared if c.mask >> i & 1] if join.kind != "LEFT" else []
            if join.kind == "LEFT":
                own = [_Condition(c, self._mask(c)) for c in join.on]
            self._conditions.append(own)
            around = 0
            for condition in own:
                around |= condition.mask
            if join.source.function is not None:
                for argument in join.source.function.given:
                    around |= self._mask(argument)
            self._neighbours.append(around & ~(1 << i))
            self._needs.append(self._needed(i, join, around))

    def _needed(self, i: int, join: Join, around: int) -> int:
        """The joins that must come before."""
        needed = around & ~(1 << i) if join.kind == "LEFT" else 0
        if join.source.function is not None:
            for argument in join.source.function.given:
                needed |= self._mask(argument) & ~(1 << i)
        if join.kind == "LEFT" and i:
            needed |= 1  # a left join is never the first
        if join.kind == "CROSS":
            needed |= (1 << i) - 1
        is_fixed = any(other.kind == "CROSS" for other in self.joins)
        for k, other in enumerate(self.joins):
            if other.kind == "CROSS" and k < i:
                needed |= (2 << k) - 1
            if other.source.recursive and k != i and other.kind == "INNER" and not is_fixed:
                needed |= 1 << k
        return needed

    def _mask(self, expr: Expr) -> int:
        mask = 0
        for number in sources_of(expr) & self._local:
            mask |= 1 << self._bits[number]
        return mask

    # ----------------------------------------------------------------------------------------------- searches

    def _exhaustive(self) -> Order:
        count = len(self.joins)
        best: dict[int, Order] = {0: Order(rows=self.runs)}
        level = [0]
        for _ in range(count):
            following: dict[int, Order] = {}
            for mask in level:
                order = best[mask]
                for i in self._choices(mask):
                    extended = self._extended(order, mask, i)
                    known = following.get(mask | 1 << i)
                    if known is None or extended.cost < known.cost:
                        following[mask | 1 << i] = extended
            best = following
            level = list(following)
        return best[(1 << count) - 1]

    def _choices(self, mask: int) -> list[int]:
        """Joins that may come next: those that a condition connects, if there are any."""
        allowed = [i for i in range(len(self.joins)) if not mask >> i & 1 and not self._needs[i] & ~mask]
        if not mask:
            return allowed
        connected = [i for i in allowed if self._neighbours[i] & mask or self.joins[i].kind == "LEFT"]
        return connected or allowed

    def _greedy(self) -> Order:
        found: Order | None = None
        for start in self._starts():
            order, mask = self._extended(Order(rows=self.runs), 0, start), 1 << start
            while len(order.steps) < len(self.joins):
                options = [(i, self._extended(order, mask, i)) for i in self._choices(mask)]
                i, order = min(options, key=lambda option: option[1].cost + option[1].rows * ROW_COST)
                mask |= 1 << i
            if found is None or order.cost < found.cost:
                found = order
        assert found is not None
        return found

    def _starts(self) -> list[int]:
        """The few most promising first joins."""
        allowed = self._choices(0)
        price = {i: self._extended(Order(rows=self.runs), 0, i) for i in allowed}
        return sorted(allowed, key=lambda i: price[i].cost + price[i].rows)[: 3 if len(self.joins) < 24 else 1]

    # ------------------------------------------------------------------------------------------------- a step

    def _extended(self, order: Order, mask: int, i: int) -> Order:
        visit = self._visit(i, mask & (self._neighbours[i] | self._needs[i]))
        rows = order.rows
        best: Candidate | None = None
        best_cost = 0.0
        for candidate in visit.candidates:
            # What a scan's filters cost is part of its price: only rows that pass them are handed on.
            is_filtered = isinstance(candidate.access, HashLookup | FullScan)
            per_visit = candidate.rows * (visit.kept if is_filtered else 1.0)
            cost = candidate.setup + rows * (candidate.cost + per_visit * ROW_COST)
            if best is None or cost < best_cost:
                best, best_cost = candidate, cost
        assert best is not None
        if not visit.connected and len(self.joins) > _EXHAUSTIVE and mask:
            best_cost += _NO_CONDITION
        after = max(rows * visit.factor, 0.01)
        return Order(
            (*order.steps, (i, best)), order.cost + best_cost, after, (*order.rows_after, after)
        )

    def _visit(self, i: int, before: int) -> _Visit:
        known = self._visits.get((i, before))
        if known is None:
            known = self._visits[i, before] = self._new_visit(i, before)
        return known

    def _new_visit(self, i: int, before: int) -> _Visit:
        join = self.joins[i]
        own = 1 << i
        usable = [c for c in self._conditions[i] if not c.mask & ~(before | own)]
        available = {number for number, bit in self._bits.items() if before >> bit & 1}
        kept = 1.0
        for condition in usable:
            if condition.mask == own and not condition.implied:
                kept *= self._share(condition.expr, join)
        filter_cost = sum(_filter_cost(c.expr) for c in usable if c.mask == own)
        candidates = list(
            self.finder.candidates(
                join.source, available, self._local, [c.expr for c in usable], kept, filter_cost
            )
        )
        factor = self.statistics.rows(join.source) * kept * self._joined_share(i, usable, own)
        if join.kind == "LEFT":
            factor = max(factor, 1.0)
            for conjunct in self.conjuncts:
                if self._mask(conjunct) == own:
                    factor *= default_share(conjunct)
        return _Visit(candidates, factor, any(c.mask & before for c in usable), kept)

    def _share(self, condition: Expr, join: Join) -> float:
        share = self._shares.get(id(condition))
        if share is None:
            share = self._shares[id(condition)] = self.statistics.share(condition, join.source)
        return share

    def _joined_share(self, i: int, usable: list[_Condition], own: int) -> float:
        """The share of the source's rows that match one row of those before."""
        source = self.joins[i].source
        equal: dict[int, float] = {}  # own column -> different values of what it equals
        share = 1.0
        for condition in usable:
            if condition.mask == own:
                continue
            link = _equality(condition.expr, source.number)
            if link is None:
                if not condition.implied:
                    share *= default_share(condition.expr)
                continue
            position, other = link
            equal[position] = max(equal.get(position, 0.0), self._distinct_outside(other))
        if equal:
            values = self.statistics.distinct(source, tuple(sorted(equal)))
            if len(equal) == 1:
                values = max(values, *equal.values())
            share /= values
        return share

    def _distinct_outside(self, other: Expr) -> float:
        if isinstance(other, bound.Column | bound.Rowid):
            number, position = place_of(other)
            if number in self._bits:
                source = next(m for m in self.joins[self._bits[number]].source.members if m.number == number)
                return self.statistics.distinct(source, (position,))
        return 0.0


def _equality(condition: Expr, number: int) -> tuple[int, Expr] | None:
    """(own column, what it equals)."""
    if not isinstance(condition, bound.Compare) or condition.op != "=":
        return None
    for mine, other in ((condition.left, condition.right), (condition.right, condition.left)):
        is_own = isinstance(mine, bound.Column | bound.Rowid) and mine.source == number
        if is_own and number not in sources_of(other):
            return place_of(mine)[1], other
    return None
