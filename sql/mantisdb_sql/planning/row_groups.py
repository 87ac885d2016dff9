"""GROUP BY the rowid of the table that is visited first: each of its rows makes one group, of all that is joined to it.

    SELECT a.id, a.title, count(c.id) FROM article AS a LEFT JOIN comment AS c ON c.article = a.id
    GROUP BY a.id ORDER BY a.written DESC LIMIT 20

Nothing is hashed: groups come one by one, in the order in which the rows are visited. So an index may give the order of
ORDER BY, if that is about columns of this table, and a LIMIT ends the scan. That is weighed as for rows that are not
grouped (ordered_start.py), with groups in place of rows.

Of groups that are equal in ORDER BY, SQLite gives those with the lesser rowid first. Where it searches an index, and
ORDER BY has as many terms as GROUP BY, of which the first is descending, it is the other way round. Rows that are
visited in no such order are sorted before anything is joined to them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mantisdb_sql.binding import bound
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
    sources_of,
)
from mantisdb_sql.planning.scan_order import ScanOrder, is_rowid

__all__ = ["RowGroups", "row_groups"]


@dataclass(slots=True)
class RowGroups:
    """Groups that are rows of ``source``. ``order`` is what ORDER BY asks of these rows, or GROUP BY if there is none;
    None where it asks for more."""

    select: Select
    source: Source
    order: list[OrderTerm] | None
    is_sorted: bool  # there is an ORDER BY
    descending: bool  # the first term of ORDER BY is descending, and there are as many as keys

    def use(self, scan: ScanOrder) -> None:
        """Group by rows, if the planned steps begin with the source."""
        select, first = self.select, self.select.steps[0]
        grouping, access = select.grouping, first.access
        is_scan = isinstance(access, FullScan | RowidRange | RowidIn | RowidGet | IndexRange)
        if grouping is None or first.source is not self.source or first.left or not is_scan or len(select.steps) < 2:
            return
        grouping.in_rows = True
        descending = self.descending and not _is_in_order(access)
        if self.is_sorted and self.order is not None and not (isinstance(access, IndexRange) and access.has_members):
            scan.use(self.order)
            if select.sorted_by_scan:
                if isinstance(access, IndexRange) and access.descending and not descending:
                    access.tied = scan.width
                return
        grouping.sorts_rows = isinstance(access, IndexRange)
        grouping.descends = descending


def _is_in_order(access: Access) -> bool:
    """Whether SQLite, on this path, finds rows in the order of their rowids, or would leave it for one that does."""
    if not isinstance(access, IndexRange):
        return True
    return not access.bounded and len(access.prefix) in (0, len(access.index.columns))


def row_groups(select: Select, order: list[OrderTerm]) -> RowGroups | None:
    """The groups of a SELECT as rows of a source, if it has such."""
    grouping = select.grouping
    if grouping is None or not grouping.keys or select.distinct or select.windowing is not None:
        return None
    first, *others = grouping.keys
    source = next((join.source for join in select.joins if sources_of(first) == {join.source.number}), None)
    if source is None or not source.has_rowid or not is_rowid(first, source):
        return None
    if any(not isinstance(key, bound.Column | bound.Rowid) or key.source != source.number for key in others):
        return None
    descending = len(order) == len(grouping.keys) and order[0].descending
    terms: list[OrderTerm] | None = [_of_rows(select, term) for term in order] or [OrderTerm(first)]
    if any(sources_of(term.expr) != {source.number} for term in terms or ()):
        terms = None
    return RowGroups(select, source, terms, bool(order), descending)


def _of_rows(select: Select, term: OrderTerm) -> OrderTerm:
    """A term of ORDER BY with the key that it is in place of a column of the groups."""
    expr: Expr = term.expr if term.output is None else select.outputs[term.output].expr
    grouping = select.grouping
    assert grouping is not None
    if isinstance(expr, bound.Column) and expr.source == grouping.source and expr.position < len(grouping.keys):
        expr = grouping.keys[expr.position]
    return replace(term, expr=expr, output=None)
