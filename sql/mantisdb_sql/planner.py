"""The planner: in which order the sources of a SELECT are visited, by which access path, and where conditions
are checked.

Join order is greedy from each possible first source, and the cheapest of these orders is taken; up to six
sources every start is tried. A left join is visited after everything that its ON clause reads. A LEFT JOIN
whose null row WHERE would refuse anyway is an inner join. An ORDER BY that the first step's order satisfies
is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mantisdb_sql import bound
from mantisdb_sql.access import EQUAL_SHARE, OTHER_SHARE, RANGE_SHARE, ROW_COST, AccessFinder, Candidate
from mantisdb_sql.bound import Expr
from mantisdb_sql.plan import (
    Access,
    FullScan,
    HashLookup,
    IndexRange,
    Join,
    OrderTerm,
    Query,
    RowidGet,
    RowidRange,
    Select,
    Source,
    Step,
    sources_of,
)

_ALL_STARTS = 6


@dataclass(slots=True, eq=False)
class _Order:
    """A complete order of visits and what it costs."""

    steps: list[tuple[Join, Candidate]] = field(default_factory=list)
    cost: float = 0.0
    rows: float = 1.0


def plan_query(query: Query, trees: Mapping[int, Any], hashable: Callable[[str], bool]) -> None:
    """Fill in the steps of every SELECT of ``query`` (not of the subqueries in its expressions)."""
    for arm in query.arms:
        if isinstance(arm, Select):
            order = query.order if arm is query.body else []
            _Planner(arm, trees, hashable).plan(order, query.limit is not None)


class _Planner:
    def __init__(self, select: Select, trees: Mapping[int, Any], hashable: Callable[[str], bool]) -> None:
        self.select = select
        self.trees = trees
        self.finder = AccessFinder(trees, hashable)
        self.local = {join.source.number for join in select.joins}

    def plan(self, order: list[OrderTerm], limited: bool) -> None:
        """Choose the order and write the steps."""
        select = self.select
        self._strengthen_joins()
        reads = [(conjunct, sources_of(conjunct) & self.local) for conjunct in select.where]
        select.constant_filters = [conjunct for conjunct, read in reads if not read]
        conjuncts = [(conjunct, read) for conjunct, read in reads if read]
        joins = select.joins
        if not joins:
            select.steps = []
            return
        starts = [j for j in joins if j.kind != "LEFT"] if len(joins) <= _ALL_STARTS else [None]
        orders = [found for start in starts if (found := self._order_from(start, conjuncts)) is not None]
        best = min(orders, key=lambda found: found.cost)
        select.steps = self._steps(best, conjuncts)
        if order and not select.distinct and select.grouping is None:
            self._use_scan_order(order, limited)

    def _strengthen_joins(self) -> None:
        """Turn left joins into inner ones where a condition of WHERE is never true of the null row."""
        for join in self.select.joins:
            if join.kind == "LEFT" and any(_rejects_null(c, join.source) for c in self.select.where):
                join.kind = "INNER"
                self.select.where.extend(join.on)
                join.on = []

    # --------------------------------------------------------------------------------------------- join order

    def _order_from(self, start: Join | None, conjuncts: list[tuple[Expr, set[int]]]) -> _Order | None:
        order = _Order()
        available: set[int] = set()
        left = list(self.select.joins)
        while left:
            choices = (
                [start]
                if start is not None and not available
                else [j for j in left if self._may_come(j, available)]
            )
            best: tuple[float, int, Join, Candidate] | None = None
            for join in choices:
                candidate = self._best_candidate(join, available, conjuncts, order.rows)
                price = candidate.setup + order.rows * candidate.cost + order.rows * candidate.rows * ROW_COST
                connected = not available or self._is_connected(join, available, conjuncts)
                rank = price if connected else price * 10 + 1000
                if best is None or rank < best[0]:
                    best = rank, 0, join, candidate
            assert best is not None, "a left join depends on something that comes later"
            _, _, join, candidate = best
            order.steps.append((join, candidate))
            order.cost += candidate.setup + order.rows * (candidate.cost + candidate.rows * ROW_COST)
            available.add(join.source.number)
            left.remove(join)
            share = 1.0
            if join.kind != "LEFT":
                for conjunct, read in conjuncts:
                    if read <= available and join.source.number in read and conjunct not in candidate.used:
                        share *= _share_of(conjunct)
            order.rows = max(
                order.rows * max(candidate.rows, 1.0 if join.kind == "LEFT" else 0.0) * share, 0.01
            )
        return order

    def _is_connected(self, join: Join, available: set[int], conjuncts: list[tuple[Expr, set[int]]]) -> bool:
        own = join.source.number
        if join.kind == "LEFT":
            return True
        return any(own in read and read & available for _, read in conjuncts)

    def _may_come(self, join: Join, available: set[int]) -> bool:
        if join.kind != "LEFT":
            return True
        if not available:
            return False
        needed: set[int] = set()
        for conjunct in join.on:
            needed |= sources_of(conjunct) & self.local
        return needed - {join.source.number} <= available

    def _best_candidate(
        self, join: Join, available: set[int], conjuncts: list[tuple[Expr, set[int]]], outer_rows: float
    ) -> Candidate:
        if join.kind == "LEFT":
            usable = join.on
        else:
            usable = [
                c
                for c, read in conjuncts
                if join.source.number in read and read <= available | {join.source.number}
            ]
        candidates = self.finder.candidates(join.source, available, self.local, usable)
        return min(candidates, key=lambda c: c.setup + outer_rows * (c.cost + c.rows * ROW_COST))

    # -------------------------------------------------------------------------------------------------- steps

    def _steps(self, order: _Order, conjuncts: list[tuple[Expr, set[int]]]) -> list[Step]:
        steps: list[Step] = []
        available: set[int] = set()
        pending = list(conjuncts)
        for join, candidate in order.steps:
            available.add(join.source.number)
            ready = [c for c, read in pending if read <= available]
            pending = [(c, read) for c, read in pending if not read <= available]
            step = Step(join.source, candidate.access, left=join.kind == "LEFT", rows_estimate=candidate.rows)
            if step.left:
                step.on = [c for c in join.on if c not in candidate.used]
                step.filters = ready
            else:
                step.filters = [c for c in ready if c not in candidate.used]
            self._filter_while_building(step)
            steps.append(step)
        assert not pending
        return steps

    def _filter_while_building(self, step: Step) -> None:
        """Conditions on a hashed source alone are checked while its table is built."""
        if not isinstance(step.access, HashLookup):
            return
        own = {step.source.number}
        conditions = step.on if step.left else step.filters
        early = [c for c in conditions if sources_of(c) & self.local <= own]
        step.access.filters = early
        rest = [c for c in conditions if c not in early]
        if step.left:
            step.on = rest
        else:
            step.filters = rest

    # --------------------------------------------------------------------------------------------- scan order

    def _use_scan_order(self, order: list[OrderTerm], limited: bool) -> None:
        """Drop ORDER BY if the first step visits its rows in that order, or can be made to at little cost."""
        first = self.select.steps[0]
        if first.source.table is None:
            return
        descending = order[0].descending
        if any(term.descending != descending or term.nulls_first == term.descending for term in order):
            return
        access = first.access
        if isinstance(access, RowidGet) or (isinstance(access, IndexRange) and access.covers_unique):
            self.select.sorted_by_scan = len(self.select.steps) == 1
            return
        if isinstance(access, FullScan | RowidRange) and self._is_rowid(order[0].expr, first.source):
            access.descending = descending
            self.select.sorted_by_scan = len(self.select.steps) == 1 or len(order) == 1
            return
        if isinstance(access, IndexRange) and access.in_list is None:
            if self._matches_index(order, first.source, access, len(access.prefix)):
                access.descending = descending
                self.select.sorted_by_scan = True
        elif isinstance(access, FullScan) and limited and len(self.select.steps) == 1 and not first.filters:
            self._scan_index_instead(order, first, descending)

    def _is_rowid(self, expr: Expr, source: Source) -> bool:
        assert source.table is not None
        if isinstance(expr, bound.Rowid):
            return expr.source == source.number
        return (
            isinstance(expr, bound.Column)
            and expr.source == source.number
            and source.table.rowid_alias is not None
            and expr.position == source.table.rowid_alias
        )

    def _matches_index(self, order: list[OrderTerm], source: Source, access: IndexRange, skip: int) -> bool:
        columns = access.index.columns[skip:]
        if len(order) > len(columns):
            return False
        return all(
            isinstance(term.expr, bound.Column)
            and term.expr.source == source.number
            and column.expression is None
            and term.expr.position == column.position
            and term.collation == column.collation
            for term, column in zip(order, columns, strict=False)
        )

    def _scan_index_instead(self, order: list[OrderTerm], step: Step, descending: bool) -> None:
        assert step.source.table is not None
        for index in step.source.table.indexes:
            access = IndexRange(index, [], descending=descending)
            if index.where is None and self._matches_index(order, step.source, access, 0):
                step.access = access
                self.select.sorted_by_scan = True
                return


def _share_of(conjunct: Expr) -> float:
    if isinstance(conjunct, bound.Compare) and conjunct.op == "=":
        return EQUAL_SHARE
    if isinstance(conjunct, bound.Compare | bound.Between):
        return RANGE_SHARE
    return OTHER_SHARE


def _rejects_null(conjunct: Expr, source: Source) -> bool:
    """Whether a condition is certainly not true when every column of ``source`` is NULL."""
    if isinstance(conjunct, bound.Compare):
        return conjunct.op not in ("IS", "IS NOT") and (
            _is_of(conjunct.left, source) or _is_of(conjunct.right, source)
        )
    if isinstance(conjunct, bound.Between):
        return not conjunct.negated and _is_of(conjunct.low.left, source)
    if isinstance(conjunct, bound.InList):
        return bool(conjunct.items) and _is_of(conjunct.operand, source)
    if isinstance(conjunct, bound.Like):
        # Not the negation: beside a BLOB, LIKE is false even of NULL.
        return not conjunct.negated and _is_of(conjunct.operand, source)
    return isinstance(conjunct, bound.IsNull) and conjunct.negated and _is_of(conjunct.operand, source)


def _is_of(expr: Expr, source: Source) -> bool:
    return isinstance(expr, bound.Column | bound.Rowid) and expr.source == source.number


def describe_access(source: Source, access: Access) -> str:
    """One line on how a source is read, for EXPLAIN QUERY PLAN."""
    name = source.alias or f"subquery {source.number}"
    if isinstance(access, FullScan):
        return f"SCAN {name}" + (" DESC" if access.descending else "")
    if isinstance(access, HashLookup):
        return f"HASH {name}" + (" UNIQUE" if access.unique else "")
    if isinstance(access, IndexRange):
        columns = [
            ("rowid" if c.position < 0 else source.columns[c.position].name) for c in access.index.columns
        ]
        parts = [f"{column}=?" for column in columns[: len(access.prefix)]]
        tail = columns[len(access.prefix)] if len(access.prefix) < len(columns) else ""
        if access.in_list is not None:
            parts.append(f"{tail} IN")
        if access.low is not None:
            parts.append(f"{tail}>?")
        if access.high is not None:
            parts.append(f"{tail}<?")
        verb = "SEARCH" if parts else "SCAN"
        return f"{verb} {name} USING INDEX {access.index.name}" + (
            f" ({' AND '.join(parts)})" if parts else ""
        )
    words = {"RowidGet": "rowid=?", "RowidIn": "rowid IN", "RowidRange": "rowid range"}
    kind = words.get(type(access).__name__)
    return f"SEARCH {name} USING ROWID ({kind})" if kind else f"SCAN {name}"
