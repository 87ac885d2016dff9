"""The planner: in which order the sources of a SELECT are visited, by which access path, and where conditions
are checked.

conditions.py puts the conditions into a useful form, join_order.py finds the order with the paths of access.py
and the guesses of statistics.py. Here the result becomes steps: each condition is checked at the first step where
all that it reads is there; of the conditions of a step those with subqueries come last, the others by what they
refuse. A correlated subquery waits for the step after which the fewest rows are left. A LEFT JOIN whose null row
WHERE would refuse anyway is an inner join. An ORDER BY that the first step's order satisfies is dropped; what
GROUP BY and DISTINCT ask may be given by the order of an index too (group_order.py).

Queries in FROM are planned before the query that reads them, so that their size is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import is_quiet_expression, is_repeatable, varies
from mantisdb_sql.binding.flattening import become_union_all, flatten
from mantisdb_sql.binding.plan import (
    HashLookup,
    IndexRange,
    OrderTerm,
    Query,
    Select,
    Source,
    Step,
    Values,
    WindowStart,
    order_of_arm,
    queries_in,
    references,
    sources_of,
)
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import SqlError
from mantisdb_sql.limits import MAX_JOINED
from mantisdb_sql.planning.access import AccessFinder
from mantisdb_sql.planning.conditions import normalised
from mantisdb_sql.planning.group_order import GroupOrder
from mantisdb_sql.planning.join_order import JoinOrder, Order
from mantisdb_sql.planning.late_outputs import evaluates_late
from mantisdb_sql.planning.limit_down import limit_down
from mantisdb_sql.planning.ordered_start import begin_in_order
from mantisdb_sql.planning.outer_joins import simplify_joins
from mantisdb_sql.planning.plan_groups import plan_group
from mantisdb_sql.planning.push_down import push_down, push_having
from mantisdb_sql.planning.row_groups import row_groups
from mantisdb_sql.planning.scan_order import ScanOrder, share_kept
from mantisdb_sql.planning.statistics import Statistics, analyzed, default_share
from mantisdb_sql.planning.unread_columns import omit_order, omit_unread
from mantisdb_sql.planning.window_start import window_start

_FEW_ENTRIES = 100.0
_HAVING_SHARE = 0.05
_SOME_ROWS = 20
_FEW_VISITS = 32
_MANY_DISTINCT = 4.0  # so many times more different rows than are wanted: each row is likely to be a new one
_LEAST_ASKED = 1000.0  # what a subquery in a condition refuses is a guess: a LIMIT may be reached later than expected


def plan_query(query: Query, context: CompileContext) -> None:
    """Fill in the steps of every SELECT of ``query`` (not of the subqueries in its expressions), once."""
    if context.statistics is None:
        context.statistics = Statistics(
            context.trees, context.parameters, analyzed(context.catalog, context.trees)
        )
    _plan(query, AccessFinder(context))


def _plan(query: Query, finder: AccessFinder) -> None:
    if query.planned is query.body:
        return
    if isinstance(query.body, Select):
        _rewrite(query, query.body)
        while isinstance(query.body, Select) and become_union_all(query, query.body):
            pass
        limit_down(query)
    query.planned = query.body
    total = 0.0
    for arm in query.arms:
        if isinstance(arm, Select):
            if arm is not query.body:
                _rewrite(query, arm)
            _plan_inner(arm, finder)
            for source in arm.sources:
                if source.query is not None:
                    query.cost_estimate += source.query.cost_estimate
            order = query.order if arm is query.body else order_of_arm(query, arm)
            planner = _Planner(arm, finder, query.runs)
            total += planner.plan(order, _wanted(query, finder.context))
            query.cost_estimate += planner.cost
        elif isinstance(arm, Values):
            total += len(arm.rows)
    query.rows_estimate = total
    if isinstance(query.limit, bound.Literal) and isinstance(query.limit.value, int) and query.limit.value >= 0:
        query.rows_estimate = min(total, float(query.limit.value))


def _rewrite(query: Query, arm: Select) -> None:
    """Bring FROM and WHERE into their simplest form."""
    simplify_joins(arm)
    omit_order(query, arm)
    while flatten(query, arm):
        simplify_joins(arm)
    omit_unread(query, arm)
    push_down(arm)
    push_having(arm)


def _plan_inner(select: Select, finder: AccessFinder) -> None:
    """Plan what a SELECT reads: queries in FROM, and sources that are joined before the rest."""
    for source in select.sources:
        if source.query is not None:
            _plan(source.query, finder)
    for join in select.joins:
        if join.source.group is not None:
            plan_group(join.source.group, lambda inner: _Planner(inner, finder, 1.0).plan_alone(), finder)


class _Planner:
    def __init__(self, select: Select, finder: AccessFinder, runs: float) -> None:
        self.select = select
        self.statistics = finder.statistics
        self.finder = finder
        self.runs = runs
        self.cost = 0.0
        self.local = {member.number for member in select.sources} | {join.source.number for join in select.joins}

    def plan(self, order: list[OrderTerm], limit: float | None = None) -> float:
        """Choose the order, write the steps; about how many rows the SELECT gives. ``limit``: how many are wanted."""
        select = self.select
        if len(select.joins) > MAX_JOINED:
            raise SqlError(f"at most {MAX_JOINED} tables in a join")
        self._strengthen_joins()
        select.where, implied = normalised(select.where)
        self._plan_lists()
        reads = [(conjunct, sources_of(conjunct) & self.local) for conjunct in select.where]
        settled = [not read and not (select.joins and varies(conjunct)) for conjunct, read in reads]
        select.constant_filters = [conjunct for (conjunct, _), once in zip(reads, settled, strict=True) if once]
        if not select.joins:
            select.steps = []
            self._note_runs([], 1.0)
            return 1.0
        filters = [pair for pair, once in zip(reads, settled, strict=True) if not once]
        conjuncts = [conjunct for conjunct, read in filters if read]
        if len(select.joins) == 1:
            self.finder.alone[select.joins[0].source.number] = select, order
        joins = JoinOrder(select.joins, conjuncts, implied, self.finder, self.statistics, self.runs)
        found, scan = joins.best(), ScanOrder(select, self.finder, limit)
        is_whole = select.grouping is None and select.windowing is None
        is_plain = is_whole and not select.distinct
        is_ordered = order and is_plain
        ends_early = is_plain
        if is_whole and select.distinct and not order and limit is not None:
            different = self._results(found.rows)
            ends_early, select.meets_soon = different >= limit * _MANY_DISTINCT, different >= limit
        if is_plain and limit == 1.0 and not order and len(select.joins) == 1 and self.runs > 1.0:
            found = joins.for_first_row()
        if ends_early and limit is not None and len(select.joins) > 1 and self.runs == 1.0:
            begun = begin_in_order(found, joins, scan, order, limit)
            scan.ends_early, found = begun is not found, begun
        start = window_start(select, order) if limit is not None else None
        if start is not None and start.terms and limit is not None and len(select.joins) > 1 and self.runs == 1.0:
            found = begin_in_order(found, joins, scan, start.terms, limit + start.ahead)
        groups = row_groups(select, order)
        if groups is not None and groups.order is not None and limit is not None and self.runs == 1.0:
            found = begin_in_order(found, joins, scan, groups.order, limit, self._results(found.rows))
        self.cost = found.cost
        select.steps = self._steps(found, filters)
        if is_ordered:
            scan.use(order)
            self._search_in_order(scan, order, [condition for condition, _ in filters])
        if select.distinct or (select.grouping is not None and select.grouping.explicit):
            GroupOrder(select, self.finder, limit).use(order)
        scan.use_ends()
        if groups is not None:
            groups.use(scan)
        if start is not None and limit is not None:
            self._use_window_start(start, limit + start.ahead)
        if limit is not None:
            select.reads_few = self._ends_soon(order, limit)
            select.late_outputs = evaluates_late(select, order)
        rows = found.rows / self.runs
        self._note_runs(select.steps, found.rows, order, self._share_evaluated(order, limit))
        return self._results(rows)

    def _use_window_start(self, start: WindowStart, wanted: float) -> None:
        """Have the first rows alone read, or looked at, that the values of window functions depend on."""
        select, access = self.select, self.select.steps[0].access
        assert select.windowing is not None
        select.windowing.start = start
        if not start.terms:
            select.sorted_by_scan = True
        elif not (isinstance(access, IndexRange) and access.has_members):
            scan = ScanOrder(select, self.finder, wanted)
            scan.is_whole = True
            scan.use(start.terms)

    def _search_in_order(self, scan: ScanOrder, order: list[OrderTerm], filters: list[Expr]) -> None:
        """Let the only step search an index that has the order, where sorting costs more."""
        step = self.select.steps[0]
        if self.select.sorted_by_scan or len(self.select.steps) > 1 or step.source.table is None or step.left:
            return
        found = scan.better_path(order, step, filters, self.cost / self.runs)
        if found is None:
            return
        assert isinstance(found.access, IndexRange), "only indexes have an order of their own"
        step.access, step.rows_estimate = found.access, found.rows
        step.filters = [condition for condition in filters if condition not in found.used]
        step.filters = self._sorted_filters(step)
        found.access.few = _is_short(found.access) and found.rows <= _FEW_ENTRIES
        scan.ends_early = True
        scan.use(order)

    def _ends_soon(self, order: list[OrderTerm], limit: float) -> bool:
        """Whether a LIMIT is reached after so few rows of the first step that these are best looked up one by one."""
        select = self.select
        if select.distinct or select.windowing is not None:
            return False
        if select.grouping is not None and not select.grouping.in_rows:
            return False
        if order and not select.sorted_by_scan:
            return False
        return limit <= _FEW_VISITS * share_kept(select)

    def _plan_lists(self) -> None:
        """Plan the subqueries whose rows may be searched for, so that their number is known."""
        for condition in [*self.select.where, *(c for join in self.select.joins for c in join.on)]:
            if isinstance(condition, bound.InQuery) and not condition.query.outer:
                _plan(condition.query, self.finder)

    def plan_alone(self) -> None:
        """Plan the joins of a group, those of groups within it first."""
        _plan_inner(self.select, self.finder)
        self.plan([])

    def _results(self, rows: float) -> float:
        """How many rows are left by GROUP BY and DISTINCT."""
        grouping = self.select.grouping
        keys = [output.expr for output in self.select.outputs] if grouping is None else grouping.keys
        if grouping is None and not self.select.distinct:
            return rows
        if not keys:
            return 1.0
        values = 1.0
        sources = {source.number: source for source in self.select.sources}
        for key in keys:
            if isinstance(key, bound.Column) and key.source in sources:
                values *= self.statistics.distinct(sources[key.source], (key.position,))
            else:
                values *= 10.0
        return max(1.0, min(values, rows) * _HAVING_SHARE ** len(self.select.having))

    def _share_evaluated(self, order: list[OrderTerm], limit: float | None) -> float:
        """The share of the rows that a LIMIT lets come to be."""
        select = self.select
        if limit is None or select.distinct or select.grouping is not None or select.windowing is not None:
            return 1.0
        if order and not select.sorted_by_scan and not select.late_outputs:
            return 1.0
        return min(1.0, max(limit, 1.0) / max(select.steps[-1].rows_after / self.runs, 1.0))

    def _note_runs(
        self, steps: list[Step], rows: float, order: Sequence[OrderTerm] = (), share: float = 1.0
    ) -> None:
        """Tell subqueries how often they will be asked; ``share``: of the rows that there are."""
        select = self.select
        for step in steps:
            least = step.rows_after if select.late_outputs else min(step.rows_after, _LEAST_ASKED)
            for condition in step.filters:
                self._set_runs(condition, max(step.rows_after * share, least))
        for term in order if select.late_outputs else ():
            self._set_runs(term.expr if term.output is None else select.outputs[term.output].expr, rows)
        for output in select.outputs:
            self._set_runs(output.expr, rows * share)
        for condition in select.having:
            self._set_runs(condition, rows)

    def _set_runs(self, expr: Expr, runs: float) -> None:
        for query in queries_in(expr):
            values = 1.0
            for source in self.select.sources:
                positions = tuple(sorted({p for s, p in query.outer if s == source.number}))
                if positions:
                    values *= self.statistics.distinct(source, positions) * self._share_of_values(source, positions)
            query.repeats = values < runs * 0.8
            query.runs = max(query.runs, values if query.repeats and is_repeatable(query) else runs, 1.0)

    def _share_of_values(self, source: Source, positions: tuple[int, ...]) -> float:
        """The share of the combinations of columns that conditions about nothing else leave."""
        share = 1.0
        for condition in self.select.where if source.table is not None else ():
            places = references(condition)
            if all(s == source.number and p in positions for s, p in places) and sources_of(condition):
                share *= self.statistics.share(condition, source)
        return share

    def _strengthen_joins(self) -> None:
        """Turn left joins into inner ones where a condition of WHERE is never true of the null row."""
        for join in self.select.joins:
            if join.kind == "LEFT" and any(_rejects_null(c, join.source) for c in self.select.where):
                join.kind = "INNER"
                self.select.where.extend(join.on)
                join.on = []

    @property
    def _is_recursive(self) -> bool:
        """Whether it is a term of a recursion, which may be asked about a few rows or about many."""
        return any(join.source.recursive for join in self.select.joins)

    # -------------------------------------------------------------------------------------------------- steps

    def _steps(self, order: Order, conjuncts: list[tuple[Expr, set[int]]]) -> list[Step]:
        steps: list[Step] = []
        available: set[int] = set()
        pending = list(conjuncts)
        for at, (number, candidate) in enumerate(order.steps):
            rows = order.rows_after[at]
            waits = rows > min(order.rows_after[at:])  # a subquery is better asked when fewer rows are left
            join = self.select.joins[number]
            available.add(join.source.number)
            available.update(member.number for member in join.source.members)
            ready = [c for c, read in pending if read <= available and not (waits and _asks(c))]
            pending = [(c, read) for c, read in pending if c not in ready]
            step = Step(
                join.source,
                candidate.access,
                left=join.kind == "LEFT",
                rows_estimate=candidate.rows,
                rows_after=rows,
                visits=order.rows_after[at - 1] if at else self.runs,
            )
            if isinstance(candidate.access, IndexRange):
                candidate.access.few = _is_short(candidate.access) and candidate.rows <= _FEW_ENTRIES
            if isinstance(candidate.access, HashLookup) and not step.left and self._is_recursive:
                candidate.access.search = self.finder.search_of(join.source, candidate)
            if step.left:
                step.on = [c for c in join.on if c not in candidate.used]
                step.filters = ready
            else:
                step.filters = [c for c in ready if c not in candidate.used]
            step.filters = self._sorted_filters(step)
            self._filter_while_building(step)
            steps.append(step)
        assert not pending
        return steps

    def _sorted_filters(self, step: Step) -> list[Expr]:
        """Filters in the order in which they cost least. Those with subqueries, and those that can fail, come last in
        the order in which they are written: ``json_valid(x) AND x ->> 'a' = 1`` asks about what is valid only."""
        if len(step.filters) < 2:
            return step.filters

        def rank(condition: Expr) -> tuple[int, float]:
            if any(True for _ in queries_in(condition)) or not is_quiet_expression(condition):
                return 2, 0.0
            if isinstance(condition, bound.Compare | bound.Between | bound.InList):
                share = (
                    self.statistics.share(condition, step.source)
                    if sources_of(condition) == {step.source.number}
                    else default_share(condition)
                )
                return 0, (share - 1.0) / _work(condition)
            return 1, 0.0

        return sorted(step.filters, key=rank)

    def _filter_while_building(self, step: Step) -> None:
        """Conditions on a hashed source alone are checked while its table is built."""
        if not isinstance(step.access, HashLookup):
            return
        own = {member.number for member in step.source.members}
        conditions = step.on if step.left else step.filters
        early = [c for c in conditions if sources_of(c) & self.local <= own and not _asks(c)]
        step.access.filters = early
        rest = [c for c in conditions if c not in early]
        if step.left:
            step.on = rest
        else:
            step.filters = rest


def _wanted(query: Query, context: CompileContext) -> float | None:
    """How many rows LIMIT and OFFSET let through, as far as that is known; None: all."""
    if query.is_tested and query.limit is None:
        return 1.0
    wanted = 0.0
    for expr in (query.limit, query.offset):
        value: object = None
        if isinstance(expr, bound.Literal):
            value = expr.value
        elif isinstance(expr, bound.Parameter) and expr.index < len(context.parameters):
            value = context.parameters[expr.index]
        elif expr is not None:
            value = _SOME_ROWS
        if expr is query.limit and (not isinstance(value, int) or value < 0):
            return None
        wanted += value if isinstance(value, int) and value > 0 else 0
    return wanted


def _is_short(access: IndexRange) -> bool:
    """Whether nothing but a prefix is searched for."""
    return bool(access.prefix) and not (access.bounded or access.descending or access.covers_unique)


def _asks(condition: Expr) -> bool:
    """Whether a condition has a correlated subquery."""
    return any(query.outer for query in queries_in(condition))


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


def _work(condition: Expr) -> int:
    """What evaluating a condition costs, in operations on values at hand."""
    work, pending = 0, [condition]
    while pending:
        node = pending.pop()
        below = bound.children(node)
        work += 1 if below else 0
        pending.extend(below)
    return max(work, 1)
