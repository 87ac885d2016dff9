"""In which order the sources of a SELECT are visited.

An order is a pipeline: each source is visited once for every row that the sources before it make. What a step
costs and how many rows it leaves depends only on which sources came before, so the best order of a set of
sources extends the best order of a smaller one: dynamic programming over sets, up to eight sources. Of sets,
only those are looked at that join conditions connect, and whose best order costs no more than a whole one that
is known already: a greedy one. With more sources a greedy order is taken: always the step that is cheapest now,
cheapest by rows left where costs are close.

Costs are microseconds, roughly (access.py has the constants). A SELECT that is run many times (a correlated
subquery) starts with that many rows: what is set up once is then set up once for all.

Constraints: a LEFT JOIN comes after everything that its ON clause reads; a CROSS JOIN after everything to its
left, and what is to its right comes after it; the row of a recursion comes first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import FullScan, HashLookup, IndexRange, Join, Source, sources_of
from mantisdb_sql.errors import SqlError
from mantisdb_sql.planning.access import CALL_COST, FILTER_COST, ROW_COST, AccessFinder, Candidate
from mantisdb_sql.planning.conditions import place_of
from mantisdb_sql.planning.statistics import Statistics, default_share, finds_one

_EXHAUSTIVE = 8
_FILTERED = (HashLookup, FullScan)
_COLUMNS = (bound.Column, bound.Rowid)
_TEST_COST = 3.0  # to see whether an index has a key
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
    return FILTER_COST + CALL_COST * sum([not function.built_in for function in functions])


@dataclass(slots=True, eq=False)
class _Visit:
    """What visiting a join after certain others offers: ways, each with what it costs once and per visit."""

    ways: list[tuple[Candidate, float, float]]
    factor: float  # rows after it for each row before it
    connected: bool


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
    _none: Order = field(init=False)
    _firsts: dict[int, Order] = field(default_factory=dict)
    _own: dict[int, tuple[float, float]] = field(default_factory=dict)
    _links: dict[tuple[int, int], tuple[int, Expr] | None] = field(default_factory=dict)

    def best(self) -> Order:
        """The cheapest order found."""
        self._prepare()
        if len(self.joins) == 1:
            return self._extended(self._none, 0, 0)
        if len(self.joins) <= _EXHAUSTIVE:
            return self._exhaustive()
        return self._greedy()

    def for_first_row(self) -> Order:
        """The path of the only join, where each visit asks whether there is a row. Of what an index finds for a key, if
        nothing is left to check, the first entry tells."""
        visit, conditions = self._visit(0, 0), [condition.expr for condition in self._conditions[0]]

        def price(way: tuple[Candidate, float, float]) -> float:
            candidate, setup, cost = way
            access = candidate.access
            is_found = isinstance(access, IndexRange) and access.prefix and not access.has_members
            tells = is_found and all(condition in candidate.used for condition in conditions)
            return setup + self.runs * (min(cost, _TEST_COST) if tells else cost)

        best = min(visit.ways, key=price)
        rows = max(self.runs * visit.factor, 0.01)
        return Order(((0, best[0]),), price(best), rows, (rows,))

    def starts(self) -> list[int]:
        """The joins that may come first."""
        return self._choices(0)

    def first_steps(self, i: int) -> list[Candidate]:
        """The paths of a join that comes first."""
        own = [condition.expr for condition in self._conditions[i] if condition.mask == 1 << i]
        return self.finder.candidates(self.joins[i].source, own, *self._alone(i))

    def begun(self, i: int, candidate: Candidate, cost: float, visits: float) -> Order:
        """A cheap order after a first step that visits so many rows of a join at such a cost."""
        rows = visits * self._alone(i)[0]
        return self._continued(Order(((i, candidate),), cost, rows, (rows,)), 1 << i)

    def _prepare(self) -> None:
        self._none = Order(rows=self.runs)
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
                needed |= (1 << k) - 1
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
        greedy = self._greedy_from(self._starts()[0])
        best: dict[int, Order] = {0: self._none}
        for _ in range(count):
            following: dict[int, Order] = {}
            for mask, order in best.items():
                for i in self._choices(mask):
                    known = following.get(mask | 1 << i)
                    extended = self._extended(order, mask, i)
                    if extended.cost <= greedy.cost and (known is None or extended.cost < known.cost):
                        following[mask | 1 << i] = extended
            best = following
        return best.get((1 << count) - 1, greedy)

    def _choices(self, mask: int) -> list[int]:
        """Joins that may come next: those that a condition connects, if there are any."""
        allowed = [i for i in range(len(self.joins)) if not mask >> i & 1 and not self._needs[i] & ~mask]
        if not mask:
            return allowed
        connected = [i for i in allowed if self._neighbours[i] & mask or self.joins[i].kind == "LEFT"]
        return connected or allowed

    def _possible(self, mask: int) -> list[int]:
        """The same; SqlError where there are none, as table-valued functions have each other's columns as arguments."""
        choices = self._choices(mask)
        if not choices:
            raise SqlError("no query solution")
        return choices

    def _greedy(self) -> Order:
        few = 3 if len(self.joins) < 24 else 1
        return min(map(self._greedy_from, self._starts()[:few]), key=lambda order: order.cost)

    def _greedy_from(self, start: int) -> Order:
        return self._continued(self._extended(self._none, 0, start), 1 << start)

    def _continued(self, order: Order, mask: int) -> Order:
        while len(order.steps) < len(self.joins):
            options = [(i, self._extended(order, mask, i)) for i in self._possible(mask)]
            i, order = min(options, key=lambda option: option[1].cost + option[1].rows * ROW_COST)
            mask |= 1 << i
        return order

    def _starts(self) -> list[int]:
        """The joins that may come first, the most promising ones first."""
        allowed = self._possible(0)
        price = {i: self._extended(self._none, 0, i) for i in allowed}
        return sorted(allowed, key=lambda i: price[i].cost + price[i].rows)

    # ------------------------------------------------------------------------------------------------- a step

    def _extended(self, order: Order, mask: int, i: int) -> Order:
        if not mask:  # is asked for several times
            known = self._firsts.get(i)
            if known is not None:
                return known
        visit = self._visit(i, mask & (self._neighbours[i] | self._needs[i]))
        rows = order.rows
        best, setup, cost = visit.ways[0]
        best_cost = setup + rows * cost
        for candidate, setup, cost in visit.ways[1:]:
            if setup + rows * cost < best_cost:
                best, best_cost = candidate, setup + rows * cost
        if not visit.connected and len(self.joins) > _EXHAUSTIVE and mask:
            best_cost += _NO_CONDITION
        after = max(rows * visit.factor, 0.01)
        extended = Order((*order.steps, (i, best)), order.cost + best_cost, after, (*order.rows_after, after))
        if not mask:
            self._firsts[i] = extended
        return extended

    def _visit(self, i: int, before: int) -> _Visit:
        known = self._visits.get((i, before))
        if known is None:
            known = self._visits[i, before] = self._new_visit(i, before)
        return known

    def _new_visit(self, i: int, before: int) -> _Visit:
        join = self.joins[i]
        own = 1 << i
        usable = [c for c in self._conditions[i] if not c.mask & ~(before | own)]
        kept, filter_cost = self._alone(i)
        candidates = self.finder.candidates(join.source, [c.expr for c in usable], kept, filter_cost)
        factor = self.statistics.rows(join.source) * kept * self._joined_share(i, usable, own)
        if join.kind == "LEFT":
            factor = max(factor, 1.0)
            for conjunct in self.conjuncts:
                if self._mask(conjunct) == own:
                    factor *= default_share(conjunct)
        # What a scan's filters cost is part of its price: only rows that pass them are handed on.
        ways = [
            (c, c.setup, c.cost + c.rows * (kept if isinstance(c.access, _FILTERED) else 1.0) * ROW_COST)
            for c in candidates
        ]
        return _Visit(ways, factor, any(c.mask & before for c in usable))

    def _alone(self, i: int) -> tuple[float, float]:
        """Of the conditions on a source alone: the share of its rows that they leave, and what they cost per row."""
        known = self._own.get(i)
        if known is None:
            own = [c for c in self._conditions[i] if c.mask == 1 << i]
            kept = self._kept(self.joins[i].source, [c.expr for c in own if not c.implied])
            known = self._own[i] = kept, sum([_filter_cost(c.expr) for c in own])
        return known

    def _kept(self, source: Source, conditions: list[Expr]) -> float:
        """The share of a source's rows that conditions on it alone leave. Where they leave one row at most, a sample
        would say nothing that matters."""
        one = next((c for c in conditions if finds_one(c, source)), None) if self.runs == 1.0 else None
        kept = 1.0
        for condition in conditions:
            is_guessed = one is not None and condition is not one
            kept *= default_share(condition) if is_guessed else self.statistics.share(condition, source)
        return kept

    def _joined_share(self, i: int, usable: list[_Condition], own: int) -> float:
        """The share of the source's rows that match one row of those before."""
        source = self.joins[i].source
        equal: dict[int, list[Expr]] = {}  # own column -> what it equals
        share = 1.0
        for condition in usable:
            if condition.mask == own:
                continue
            link = self._link(condition.expr, source.number)
            if link is not None:
                equal.setdefault(link[0], []).append(link[1])
            elif not condition.implied:
                share *= default_share(condition.expr)
        if equal:
            values = self.statistics.distinct(source, tuple(sorted(equal)))
            if len(equal) == 1:
                (others,) = equal.values()
                for other in others:
                    values = max(values, self._distinct_outside(other, values))
            share /= values
        return share

    def _link(self, condition: Expr, number: int) -> tuple[int, Expr] | None:
        key = id(condition), number
        if key not in self._links:
            self._links[key] = _equality(condition, number)
        return self._links[key]

    def _distinct_outside(self, other: Expr, least: float) -> float:
        """How many different values a column of another source has; no matter if that is not above ``least``."""
        if isinstance(other, _COLUMNS):
            number, position = place_of(other)
            if number in self._bits:
                source = next(m for m in self.joins[self._bits[number]].source.members if m.number == number)
                if self.statistics.rows(source) > least:
                    return self.statistics.distinct(source, (position,))
        return 0.0


def _equality(condition: Expr, number: int) -> tuple[int, Expr] | None:
    """(own column, what it equals)."""
    if not isinstance(condition, bound.Compare) or condition.op != "=":
        return None
    for mine, other in ((condition.left, condition.right), (condition.right, condition.left)):
        is_own = isinstance(mine, _COLUMNS) and mine.source == number
        if is_own and number not in sources_of(other):
            return place_of(mine)[1], other
    return None
