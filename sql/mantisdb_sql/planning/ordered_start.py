"""Joins that a LIMIT ends early, begun with the source that ORDER BY is about, or, without one, with any.

    SELECT i.*, o.name FROM items AS i JOIN owners AS o ON o.id = i.owner_id ORDER BY i.created DESC LIMIT 20

The cheapest way to all rows reads both tables and sorts. Read along an index on ``created``, backwards, the first
items that find their owner are the answer. How many items that takes is guessed from the shares of all rows that the
LIMIT and the conditions leave, as if what they leave were spread evenly; where it is not, the whole index is read, an
entry at a time. So the way must promise to be several times cheaper. Where no order is asked for, it may be that of any
path; what is to be saved then are the hash tables of joins of which a few rows are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

from mantisdb_sql.binding.plan import FullScan, IndexRange, OrderTerm, RowidRange
from mantisdb_sql.planning.access import FETCH_COST, RANGE_COST, SCAN_COST, Candidate
from mantisdb_sql.planning.join_order import JoinOrder, Order
from mantisdb_sql.planning.scan_order import ScanOrder

__all__ = ["begin_in_order"]

_CHEAPER = 3.0


def begin_in_order(
    best: Order, joins: JoinOrder, scan: ScanOrder, order: list[OrderTerm], wanted: float, total: float | None = None
) -> Order:
    """``best``, or a much cheaper way to the first ``wanted`` rows in an order (in none: to any), or groups, of which
    there are ``total`` then."""
    share = wanted / max(best.rows if total is None else total, 1.0)
    if share >= 1.0:
        return best
    limit = best.cost / _CHEAPER
    for number, candidate in _paths(joins, scan, order):
        visits = max(candidate.rows * share, 1.0)
        each = FETCH_COST if isinstance(candidate.access, IndexRange) else SCAN_COST
        begun = joins.begun(number, candidate, scan.start_cost(candidate.access) + visits * each, visits)
        if begun.cost < limit:
            best, limit = begun, begun.cost
    return best


def _paths(joins: JoinOrder, scan: ScanOrder, order: list[OrderTerm]) -> Iterator[tuple[int, Candidate]]:
    """First steps that visit rows in the order that is asked for, if any is."""
    for number in joins.starts():
        source = joins.joins[number].source
        if source.table is None:
            continue
        for candidate in joins.first_steps(number):
            access = candidate.access
            is_range = isinstance(access, FullScan | RowidRange | IndexRange)
            if is_range and (not order or scan.follows(order, source, access)):
                yield number, candidate
        if not order:
            continue
        total = joins.statistics.rows(source)
        for view in scan.finder.views.of(source):
            whole = IndexRange(view.index, [])
            if not view.where and not source.indexed and scan.follows(order, source, whole):
                yield number, Candidate(whole, 0.0, RANGE_COST + total * FETCH_COST, total)
