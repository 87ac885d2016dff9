"""The order in which the first step of a SELECT visits its rows, put to use for ORDER BY, min() and max().

Sources visited later do not disturb the order of the first. Its path gives rows in the order of the columns of its
index that follow the prefix, then by rowid; columns in the prefix have one value each. All terms must run in one
direction, with NULLs where the tree has them: the least. What is descending is read backwards.

Where a LIMIT ends the scan early, an index is read instead of the table, if that is expected to visit few rows; if only
the first terms are those of the index, rows are sorted within the groups that are equal in these (``sorted_terms``).

Where the cheapest path has another order, a search of another index may be cheaper than to sort (``better_path``).

An IN searches an index once for each of its members. What each search finds is in the order of the columns behind it,
and all of them are merged, a row at a time, as far as LIMIT wants (``merges_searches``, codegen/merged_searches.py):

    SELECT * FROM post WHERE author IN (3, 5, 8) ORDER BY written DESC LIMIT 20      index (author, written)
"""

from __future__ import annotations

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import (
    Access,
    FullScan,
    IndexRange,
    OrderTerm,
    RowidGet,
    RowidIn,
    RowidRange,
    Select,
    Source,
    Step,
)
from mantisdb_sql.planning.access import (
    FETCH_COST,
    FILTER_COST,
    RANGE_COST,
    SCAN_COST,
    AccessFinder,
    Candidate,
    count_of_members,
)
from mantisdb_sql.planning.search_terms import IndexView, place_in, rowid_places

__all__ = ["ScanOrder", "is_rowid", "share_kept"]

_GROUP_ROWS = 4.0  # how many rows more than the limit are read where groups are sorted
_SEARCH_COST, _MERGE_COST, _SORT_COST = 6.0, 1.5, 0.15  # a search that is merged, a row of it; a row that is sorted


class ScanOrder:
    """Fits the first step of a planned SELECT to its ORDER BY; ``limit`` is how many rows are wanted, None all.
    ``ends_early``: the steps were chosen because they begin in order. ``is_whole``: nothing can sort rows within groups
    that are equal in the first terms."""

    def __init__(self, select: Select, finder: AccessFinder, limit: float | None) -> None:
        self.select = select
        self.finder = finder
        self.limit = limit
        self.ends_early = False
        self.is_whole = False
        self._descending = False
        self.width = 0  # so many columns of an index are equal where rows are equal in order; 0: none are

    def use(self, order: list[OrderTerm]) -> None:
        """Note what of ORDER BY the scan makes superfluous."""
        select = self.select
        first = select.steps[0]
        if first.source.table is None:
            return
        access = first.access
        if isinstance(access, RowidGet) or (isinstance(access, IndexRange) and access.covers_unique):
            select.sorted_by_scan = len(select.steps) == 1
        elif isinstance(access, FullScan | RowidRange) and self._by_rowid(order, first.source):
            access.descending = order[0].descending
            select.sorted_by_scan = True
        elif isinstance(access, RowidIn) and self._by_rowid(order, first.source):
            select.sorted_by_scan = not order[0].descending
        elif isinstance(access, IndexRange) and not access.has_members:
            if self._ordered(order, first.source, access) == len(order):
                self._read(first, access)
                select.sorted_by_scan = True
        elif isinstance(access, IndexRange) and self._in_order_of_members(order, first.source, access):
            select.sorted_by_scan = True
        elif isinstance(access, IndexRange) and self.limit is not None:
            merges = self._merges(order, first.source, access)
            if merges and (self.ends_early or self._is_merged_soon(first, access)):
                self._read(first, access)
                access.tied = self.width if access.descending else 0
                select.sorted_by_scan = select.merges_searches = True
        elif isinstance(access, FullScan) and self.limit is not None and len(select.steps) == 1:
            self._read_index_instead(order, first)

    def better_path(self, order: list[OrderTerm], step: Step, filters: list[Expr], cost: float) -> Candidate | None:
        """A path that gives rows in order for less than it takes to find them by the step, at ``cost``, and to sort."""
        best, rows = None, step.rows_after
        least = cost + rows * _SORT_COST
        for candidate in self.finder.candidates(step.source, filters):
            access = candidate.access
            if not isinstance(access, IndexRange) or not self.follows(order, step.source, access):
                continue
            price = candidate.setup + candidate.cost
            if self.limit is not None:
                kept = min(1.0, max(rows, 1e-9) / max(candidate.rows, 1.0))
                kept = 1.0 if all(c in candidate.used for c in filters) else kept
                each = FETCH_COST + (_MERGE_COST if access.has_members else 0.0)
                price = self.start_cost(access) + min(candidate.rows, _searches(access) + self.limit / kept) * each
            if price < least:
                best, least = candidate, price
        return best

    def follows(self, order: list[OrderTerm], source: Source, access: Access) -> bool:
        """Whether a path to the first source visits its rows in an order."""
        if isinstance(access, IndexRange):
            if access.has_members:
                return self.limit is not None and self._merges(order, source, access)
            return not access.covers_unique and self._ordered(order, source, access) == len(order)
        return isinstance(access, FullScan | RowidRange) and self._by_rowid(order, source)

    def _merges(self, order: list[OrderTerm], source: Source, access: IndexRange) -> bool:
        """Whether what is found for each member of a list is in an order that the members have no part in."""
        view = next((v for v in self.finder.views.of(source) if v.index is access.index), None)
        if view is None or access.like is not None or self._ordered(order, source, access) < len(order):
            return False
        listed = [at for at, key in enumerate(access.prefix) if key.members is not None]
        return not any(self._is_column(term, source, view, at) for term in order for at in listed)

    def start_cost(self, access: Access) -> float:
        """What it costs to come to the first row of a path that gives rows in order."""
        return _searches(access) * _SEARCH_COST if _has_members(access) else RANGE_COST

    def _is_merged_soon(self, step: Step, access: IndexRange) -> bool:
        """Whether the LIMIT is reached before merging costs more than to sort what all searches find."""
        searches = _searches(access)
        found = max(step.rows_estimate, 1.0)
        assert self.limit is not None
        visits = min(found, searches + self.limit / share_kept(self.select))
        merged = self.start_cost(access) + visits * (FETCH_COST + _MERGE_COST)
        return merged < searches * RANGE_COST + found * (FETCH_COST + _SORT_COST)

    def _by_rowid(self, order: list[OrderTerm], source: Source) -> bool:
        """Whether the order is that of the rowid: what comes after it matters only if it is repeated."""
        is_alone = len(self.select.joins) == 1 or len(order) == 1
        return _is_plain(order[0]) and is_rowid(order[0].expr, source) and is_alone

    def _in_order_of_members(self, order: list[OrderTerm], source: Source, access: IndexRange) -> bool:
        """Whether rows come in order because the members of a list are searched for in theirs, ascending."""
        fixed = next(at for at, key in enumerate(access.prefix) if key.members is not None)
        return self._ordered(order, source, access, fixed) == len(order) and not self._descending

    def _ordered(
        self, order: list[OrderTerm], source: Source, access: IndexRange, fixed_width: int | None = None
    ) -> int:
        """How many terms, from the first on, are in the order of the path, read forwards or backwards. ``fixed_width``:
        how many columns have one value each, if not those of the prefix."""
        view = next((v for v in self.finder.views.of(source) if v.index is access.index), None)
        if view is None:
            return 0
        columns = list(view.columns)
        if fixed_width is None:
            fixed_width = len(access.prefix)
        fixed, following = columns[:fixed_width], columns[fixed_width:]
        direction: bool | None = None
        self._descending, self.width = False, len(fixed)
        for done, term in enumerate(order):
            if any(
                self._is_column(term, source, view, at) and collation in ("BINARY", term.collation)
                for at, (_, collation) in enumerate(fixed)
            ):
                continue
            if not _is_plain(term) or direction not in (None, term.descending):
                return done
            self._descending = direction = term.descending
            if not following:
                is_last = is_rowid(term.expr, source) and len(columns) == len(view.index.columns)
                is_last = is_last and (len(self.select.joins) == 1 or done + 1 == len(order))
                self.width = 0
                return len(order) if is_last else done
            at = len(columns) - len(following)
            if not self._is_column(term, source, view, at) or following[0][1] != term.collation:
                return done
            following = following[1:]
            self.width = at + 1
        return len(order)

    def _is_column(self, term: OrderTerm, source: Source, view: IndexView, at: int) -> bool:
        """Whether a term is a column of the index."""
        place = view.places[at]
        if place >= 0:
            return place_in(term.expr, source) == place
        expression = next((expr for own, expr in view.expressions if own == place), None)
        return expression is not None and same(term.expr, expression)

    def _read(self, step: Step, access: IndexRange) -> None:
        access.descending = self._descending
        access.few = access.few and not access.descending
        step.access = access

    def _read_index_instead(self, order: list[OrderTerm], step: Step) -> None:
        """Read an index in place of the table, where the limit is reached soon."""
        total = self.finder.statistics.rows(step.source)
        share = min(1.0, step.rows_after / total) if total and step.filters else 1.0
        assert self.limit is not None
        for view in self.finder.views.of(step.source):
            if view.where:
                continue
            access = IndexRange(view.index, [])
            terms = self._ordered(order, step.source, access)
            if not terms or (self.is_whole and terms < len(order)):
                continue
            wanted = self.limit if terms == len(order) else self.limit * _GROUP_ROWS
            visits = min(total, wanted / max(share, 1e-9))
            if terms < len(order):
                visits = max(visits, self.finder.statistics.rows_per_prefix(step.source, view, terms))
            if RANGE_COST + visits * FETCH_COST >= total * (SCAN_COST + FILTER_COST):
                continue
            if terms < len(order) and not all(_is_exact(term) for term in order[:terms]):
                continue
            self._read(step, access)
            self.select.sorted_by_scan = terms == len(order)
            self.select.sorted_terms = terms
            return

    def use_ends(self) -> None:
        """Look up min() or max() of a column at the end of a range of an index, where that is all that is asked."""
        select, grouping = self.select, self.select.grouping
        if grouping is None or grouping.keys or not grouping.aggregates or grouping.bare or len(select.joins) != 1:
            return
        step, join = select.steps[0], select.joins[0]
        if join.source.table is None or not select.where or select.constant_filters:
            return
        places = {self._end_place(node, join.source) for node in grouping.aggregates}
        if len(places) != 1 or None in places:
            return
        place = places.pop()
        for candidate in self.finder.candidates(join.source, select.where):
            access = candidate.access
            if not isinstance(access, IndexRange) or access.has_members or access.like or access.covers_unique:
                continue
            columns = access.index.columns[len(access.prefix) :]
            follows = columns[0].position == place if columns else place in rowid_places(join.source)
            if follows and all(c in candidate.used for c in select.where):
                step.access, step.filters = access, []
                return

    def _end_place(self, node: bound.Aggregate, source: Source) -> int | None:
        is_end = node.definition.built_in and node.definition.name in ("min", "max") and len(node.args) == 1
        if not is_end or node.filter is not None or not isinstance(node.args[0], bound.Column | bound.Rowid):
            return None
        return place_in(node.args[0], source)


def share_kept(select: Select) -> float:
    """About the share of the first step's rows that come to be rows of the SELECT, at most all."""
    first = select.steps[0]
    if len(select.steps) == 1 and not first.filters:
        return 1.0
    return min(1.0, max(select.steps[-1].rows_after, 1e-9) / max(first.rows_estimate, 1.0))


def _has_members(access: Access) -> bool:
    return isinstance(access, IndexRange) and access.has_members


def _searches(access: Access) -> float:
    """How many searches a path makes."""
    searches = 1.0
    for key in access.prefix if isinstance(access, IndexRange) else ():
        searches *= count_of_members(key.members) if key.members is not None else 1.0
    return searches


def _is_plain(term: OrderTerm) -> bool:
    """Whether NULLs are to come where the tree has them."""
    return term.nulls_first != term.descending


def _is_exact(term: OrderTerm) -> bool:
    """Whether values that are the same to the order are equal."""
    return term.collation == "BINARY"


def is_rowid(expr: Expr, source: Source) -> bool:
    """Whether an expression is the rowid of a table."""
    assert source.table is not None
    return place_in(expr, source) in rowid_places(source)
