"""GROUP BY and DISTINCT in the order of an index: groups come one after the other, nothing is hashed or sorted.

Behind the columns that WHERE fixes (the prefix of its path), the columns of the index must be the grouping terms, in
their order; terms that are fixed may stand anywhere. If ORDER BY has all terms in another order, that one is as good.
Then the groups come in the order of the terms, an ORDER BY of the first of them needs no sort, and a LIMIT ends the
scan. What is read of a group, cheapest first:

    ends      its first and its last entry, and how many there are: where no more is wanted than the terms, count(*),
              and min() and max() of the column that follows. If nothing is counted, the entries between them are not
              looked at (what SQLite's documentation calls a skip-scan)
    entries   all, where they have all columns that are read
    rows      where the path finds these anyway, or a LIMIT ends after a few groups

Costs decide, in microseconds as in access.py; the other choice is to hash what the cheapest path of all gives. Only a
SELECT from one stored table has an order here: what a join reads is grouped by codegen/clustered_groups.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import (
    FullScan,
    IndexRange,
    OrderTerm,
    RowidGet,
    Select,
    Source,
    Step,
    queries_in,
    references,
)
from mantisdb_sql.planning.access import ENTRY_COST, FETCH_COST, FILTER_COST, RANGE_COST, AccessFinder, Candidate
from mantisdb_sql.planning.index_views import entry_columns
from mantisdb_sql.planning.search_terms import IndexView
from mantisdb_sql.values.storage import NULL, TEXT

__all__ = ["GroupOrder"]

_FEWEST_ROWS = 100.0
_HASH_COST, _HASHED_GROUP_COST = 0.06, 0.3
_COUNT_COST = 0.03  # a row that is only counted
_DISTINCT_COST, _DISTINCT_COLUMN_COST = 0.15, 0.025  # a row, and one of which a single column is read
_BORDER_COST, _RUN_COST = 0.035, 0.6  # an entry of a leaf with a border between groups, a group
_LEAF_ENTRIES = 128.0
_WALK_COST, _ENDS_COST = 0.004, 2.2  # an entry that is walked over, a group's ends
_SEARCHED_COST = 1.6  # a group's ends if they are searched for


@dataclass(slots=True, eq=False)
class _Choice:
    """A path whose order is that of the groups."""

    access: IndexRange
    candidate: Candidate
    cost: float
    by_ends: bool
    sorts: bool  # it gives the order of ORDER BY


class GroupOrder:
    """Fits the only step of a planned SELECT to its GROUP BY or DISTINCT; ``limit`` is how many rows are wanted, None
    all."""

    def __init__(self, select: Select, finder: AccessFinder, limit: float | None) -> None:
        self.select = select
        self.finder = finder
        self.statistics = finder.statistics
        self.grouping = select.grouping
        self.limit = None if select.having else limit
        self.keys = [output.expr for output in select.outputs] if select.grouping is None else select.grouping.keys
        self.aggregates = [] if select.grouping is None else select.grouping.aggregates

    @property
    def source(self) -> Source:
        """The one table."""
        return self.select.joins[0].source

    def use(self, order: list[OrderTerm]) -> None:
        """Read an index in the order of the groups, where that is expected to be cheaper."""
        positions = self._positions(order)
        if positions is None:
            return
        step = self.select.steps[0]
        filters = [c for c in self.select.where if c not in self.select.constant_filters]
        paths = self.finder.candidates(step.source, filters)
        hashed = min(map(self._path_cost, paths)) + self._hash_cost(step, positions)
        best: _Choice | None = None
        for view in self.finder.views.of(step.source):
            whole = Candidate(IndexRange(view.index, []), 0.0, 0.0, self.statistics.rows(step.source))
            for candidate in [*paths, *([] if view.where else [whole])]:
                access = candidate.access
                if not isinstance(access, IndexRange) or access.index is not view.index:
                    continue
                choice = self._choice(view, access, candidate, positions, order, filters)
                if choice is not None and choice.cost < (hashed if best is None else best.cost):
                    best = choice
        if best is not None:
            self._take(step, best, filters)

    def _take(self, step: Step, choice: _Choice, filters: list[Expr]) -> None:
        select = self.select
        step.access = choice.access
        step.filters = [c for c in step.filters if c not in choice.candidate.used]
        step.filters += [c for c in filters if c not in step.filters and c not in choice.candidate.used]
        step.rows_estimate = choice.candidate.rows
        select.sorted_by_scan = choice.sorts
        if self.grouping is None:
            select.distinct_by_index = True
        else:
            self.grouping.in_runs = True
        select.by_ends = choice.by_ends

    # ---------------------------------------------------------------------------------------------- what is asked

    def _positions(self, order: list[OrderTerm]) -> list[int] | None:
        """The columns that are grouped by; None where no index can serve."""
        select, grouping = self.select, self.grouping
        if select.windowing is not None or len(select.joins) != 1 or len(select.steps) != 1 or not self.keys:
            return None
        step = select.steps[0]
        source, access = step.source, step.access
        if source.table is None or isinstance(access, RowidGet) or step.left:
            return None
        if isinstance(access, IndexRange) and (access.covers_unique or access.few):
            return None
        if self.statistics.rows(source) < _FEWEST_ROWS or not self.finder.views.of(source):
            return None
        if grouping is not None and (not grouping.explicit or select.distinct or self._reads_rows(order)):
            return None
        if grouping is None and any(term.output is None for term in order):
            return None
        positions = []
        for key in self.keys:
            if not isinstance(key, bound.Column) or key.source != source.number or key.position in positions:
                return None
            if (key.collation or "BINARY") != "BINARY" and key.classes & TEXT:
                return None
            positions.append(key.position)
        if source.table.rowid_alias in positions or any(map(_is_particular, self._everything())):
            return None
        return positions

    def _reads_rows(self, order: list[OrderTerm]) -> bool:
        """Whether bare columns are read of a group's row."""
        local = {source.number for source in self.select.sources}
        exprs = [o.expr for o in self.select.outputs] + self.select.having + [term.expr for term in order]
        assert self.grouping is not None
        return self.grouping.bare and any(source in local for e in exprs for source, _ in references(e))

    def _everything(self) -> list[Expr]:
        """All that is evaluated for a row."""
        return [*self.keys, *self.aggregates, *self.select.where]

    # ------------------------------------------------------------------------------------------------------ paths

    def _choice(
        self, view: IndexView, access: IndexRange, candidate: Candidate, positions: list[int], order: list[OrderTerm],
        filters: list[Expr],
    ) -> _Choice | None:
        """What an index costs; None if it does not have the order."""
        if access.has_members or access.like is not None or access.covers_unique:
            return None
        fixed, following = view.places[: len(access.prefix)], view.places[len(access.prefix) :]
        sequence = [position for position in positions if position not in fixed]
        if following[: len(sequence)] != sequence:
            sequence = self._sequence_of(order, positions, fixed)
            if not sequence or following[: len(sequence)] != sequence:
                return None
        descending = self._direction(order, positions, sequence, fixed)
        if sequence != [p for p in positions if p not in fixed] and descending is None:
            return None
        if not order:  # SQLite goes through the index as it was declared
            descending = all(column.descending for column in view.index.columns[len(fixed) :][: len(sequence)])
        exact = self._exact(access)
        is_covering = self._is_covering(access, exact)
        if not set(positions) <= exact or (self.source.uses_rowid and not is_covering):
            return None
        path = IndexRange(
            access.index, access.prefix, access.low, access.high, descending=bool(descending), assumed=access.assumed
        )
        sorts = bool(order) and descending is not None
        width = len(fixed) + len(sequence)
        tests = sum(1 for c in filters if c not in candidate.used)
        groups = max(1.0, candidate.rows / max(self.statistics.rows_per_prefix(self.source, view, width), 1.0))
        ends_early = self.limit is not None and (sorts or not order)
        share = min(1.0, (self.limit + 1.0) / groups) if self.limit is not None and ends_early else 1.0
        cost, by_ends = share * self._entries_cost(candidate.rows, groups, tests, is_covering), False
        if is_covering and not tests and self._wants_ends(view.places[width:]):
            ends = self._ends_cost(candidate.rows, groups)
            ends *= 1.0 if descending else share  # they are found ascending
            cost, by_ends = min((cost, False), (ends, True))
        return _Choice(path, candidate, RANGE_COST + cost, by_ends, sorts)

    def _direction(
        self, order: list[OrderTerm], positions: list[int], sequence: list[int], fixed: list[int]
    ) -> bool | None:
        """Whether groups must come descending for ORDER BY to need no sort; None where that does not help."""
        left = list(sequence)
        descending: bool | None = None
        for term in order:
            position = self._key_of(term, positions)
            if position in fixed:
                continue
            if not left:
                break
            if position != left.pop(0) or term.nulls_first == term.descending:
                return None
            if descending not in (None, term.descending):
                return None
            descending = term.descending
        return bool(descending)

    def _sequence_of(self, order: list[OrderTerm], positions: list[int], fixed: list[int]) -> list[int]:
        """The terms in the order in which ORDER BY has them, if it has all."""
        found = [position for term in order if (position := self._key_of(term, positions)) is not None]
        wanted = set(positions) - set(fixed)
        sequence = [position for position in dict.fromkeys(found) if position in wanted]
        return sequence if len(sequence) == len(wanted) else []

    def _key_of(self, term: OrderTerm, positions: list[int]) -> int | None:
        """The column that a term of ORDER BY is, if it is one that is grouped by."""
        expr = term.expr if term.output is None else self.select.outputs[term.output].expr
        if term.collation != "BINARY" and expr.classes & TEXT:
            return None
        while isinstance(expr, bound.Collate):
            expr = expr.operand
        if not isinstance(expr, bound.Column):
            return None
        if self.grouping is None:
            return expr.position if expr.position in positions else None
        is_key = expr.source == self.grouping.source and expr.position < len(positions)
        return positions[expr.position] if is_key else None

    def _exact(self, access: IndexRange) -> set[int]:
        return entry_columns(self.finder.context.trees, self.source, access.index)

    def _is_covering(self, access: IndexRange, exact: set[int]) -> bool:
        source = self.source
        read = {place for e in self._everything() for number, place in references(e) if number == source.number}
        needs_rowid = bool(read & {-1, source.table.rowid_alias if source.table else -1}) or source.uses_rowid
        return read <= exact and not (needs_rowid and access.index.meets_at_keys)

    # ------------------------------------------------------------------------------------------------------ costs

    def _path_cost(self, candidate: Candidate) -> float:
        """What a path costs, entries alone where they are enough."""
        access = candidate.access
        if not isinstance(access, IndexRange) or access.covers_unique:
            return candidate.setup + candidate.cost
        exact = self._exact(access)
        per_row = ENTRY_COST if self._is_covering(access, exact) else FETCH_COST
        return RANGE_COST + candidate.rows * per_row

    def _entries_cost(self, rows: float, groups: float, tests: int, is_covering: bool) -> float:
        """The cost of going through all entries."""
        per_row = ENTRY_COST + tests * FILTER_COST + (0.0 if is_covering else FETCH_COST)
        return rows * per_row + min(rows, groups * _LEAF_ENTRIES) * _BORDER_COST + groups * _RUN_COST

    def _ends_cost(self, rows: float, groups: float) -> float:
        """The cost of finding the ends of all groups."""
        if any(map(_counts, self.aggregates)):
            return groups * _ENDS_COST + rows * _WALK_COST
        return groups * _SEARCHED_COST

    def _wants_ends(self, following: list[int]) -> bool:
        """Whether a group's ends, and the number of its rows, tell all; ``following`` are the index's other columns."""
        return all(_counts(node) or _follows(node, following) for node in self.aggregates)

    def _hash_cost(self, step: Step, positions: list[int]) -> float:
        groups = self.statistics.distinct(step.source, tuple(sorted(positions)))
        groups = min(groups, step.rows_after)
        if self.grouping is None:
            is_single = len(positions) == 1 and isinstance(step.access, FullScan) and not step.filters
            return step.rows_after * (_DISTINCT_COLUMN_COST if is_single else _DISTINCT_COST)
        per_row = _COUNT_COST if all(node.star for node in self.aggregates) else _HASH_COST
        return step.rows_after * per_row + groups * _HASHED_GROUP_COST


def _follows(node: bound.Aggregate, following: list[int]) -> bool:
    """Whether an aggregate is the least or greatest value of the column that follows those of the groups."""
    if not node.definition.built_in or node.definition.name not in ("min", "max") or len(node.args) != 1:
        return False
    argument = node.args[0]
    return (
        node.filter is None
        and not node.order_by
        and isinstance(argument, bound.Column)
        and following[:1] == [argument.position]
        and (node.using == "BINARY" or not argument.classes & TEXT)
    )


def _counts(node: bound.Aggregate) -> bool:
    """Whether an aggregate is the number of rows."""
    if not node.definition.built_in or node.definition.name != "count" or node.filter is not None or node.distinct:
        return False
    return not node.order_by and not any(argument.classes & NULL for argument in node.args)


def _is_particular(expr: Expr) -> bool:
    """Whether an expression is evaluated in a way of its own: a subquery, or a function called for many rows."""
    if any(True for _ in queries_in(expr)):
        return True
    return any(isinstance(e, bound.Function) and e.definition.batch is not None for e in bound.walk(expr))

