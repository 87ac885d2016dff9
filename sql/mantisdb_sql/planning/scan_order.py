"""The order in which the first step of a SELECT visits its rows, put to use for ORDER BY, min() and max().

Sources visited later do not disturb the order of the first. Its path gives rows in the order of the columns of its
index that follow the prefix, then by rowid; columns in the prefix have one value each. All terms must run in one
direction, with NULLs where the tree has them: the least. What is descending is read backwards.

Where a LIMIT ends the scan early, an index is read instead of the table, if that is expected to visit few rows; if only
the first terms are those of the index, rows are sorted within the groups that are equal in these (``sorted_terms``).
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
    RowidRange,
    Select,
    Source,
    Step,
)
from mantisdb_sql.planning.access import FETCH_COST, FILTER_COST, RANGE_COST, SCAN_COST, AccessFinder
from mantisdb_sql.planning.search_terms import IndexView, place_in

__all__ = ["ScanOrder"]

_GROUP_ROWS = 4.0  # how many rows more than the limit are read where groups are sorted


class ScanOrder:
    """Fits the first step of a planned SELECT to its ORDER BY; ``limit`` is how many rows are wanted, None all."""

    def __init__(self, select: Select, finder: AccessFinder, limit: float | None) -> None:
        self.select = select
        self.finder = finder
        self.limit = limit
        self._descending = False

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
        elif isinstance(access, IndexRange) and not access.has_members:
            if self._ordered(order, first.source, access) == len(order):
                self._read(first, access)
                select.sorted_by_scan = True
        elif isinstance(access, FullScan) and self.limit is not None and len(select.steps) == 1:
            self._read_index_instead(order, first)

    def follows(self, order: list[OrderTerm], source: Source, access: Access) -> bool:
        """Whether a path to the first source visits its rows in an order."""
        if isinstance(access, IndexRange):
            ends = access.has_members or access.covers_unique
            return not ends and self._ordered(order, source, access) == len(order)
        return isinstance(access, FullScan | RowidRange) and self._by_rowid(order, source)

    def _by_rowid(self, order: list[OrderTerm], source: Source) -> bool:
        """Whether the order is that of the rowid: what comes after it matters only if it is repeated."""
        is_alone = len(self.select.joins) == 1 or len(order) == 1
        return _is_plain(order[0]) and _is_rowid(order[0].expr, source) and is_alone

    def _ordered(self, order: list[OrderTerm], source: Source, access: IndexRange) -> int:
        """How many terms, from the first on, are in the order of the path, read forwards or backwards."""
        view = next((v for v in self.finder.views.of(source) if v.index is access.index), None)
        if view is None:
            return 0
        columns = list(view.columns)
        fixed, following = columns[: len(access.prefix)], columns[len(access.prefix) :]
        direction: bool | None = None
        self._descending = False
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
                is_last = _is_rowid(term.expr, source) and len(columns) == len(view.index.columns)
                is_last = is_last and (len(self.select.joins) == 1 or done + 1 == len(order))
                return len(order) if is_last else done
            at = len(columns) - len(following)
            if not self._is_column(term, source, view, at) or following[0][1] != term.collation:
                return done
            following = following[1:]
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
            if not terms:
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
            if columns and columns[0].position == place and all(c in candidate.used for c in select.where):
                step.access, step.filters = access, []
                return

    def _end_place(self, node: bound.Aggregate, source: Source) -> int | None:
        is_end = node.definition.built_in and node.definition.name in ("min", "max") and len(node.args) == 1
        if not is_end or node.filter is not None or not isinstance(node.args[0], bound.Column):
            return None
        return place_in(node.args[0], source)


def _is_plain(term: OrderTerm) -> bool:
    """Whether NULLs are to come where the tree has them."""
    return term.nulls_first != term.descending


def _is_exact(term: OrderTerm) -> bool:
    """Whether values that are the same to the order are equal."""
    return term.collation == "BINARY"


def _is_rowid(expr: Expr, source: Source) -> bool:
    assert source.table is not None
    place = place_in(expr, source)
    return place is not None and place in (-1, source.table.rowid_alias)
