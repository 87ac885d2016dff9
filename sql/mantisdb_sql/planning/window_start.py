"""Window functions under a LIMIT: the values of the first rows come from the first rows.

    SELECT id, price, price - lag(price) OVER (ORDER BY created) FROM items ORDER BY created LIMIT 20

What row_number(), rank(), lag() and frames that end with the current row say of a row depends on the rows before it,
its peers, and, after lead() or a frame that ends n FOLLOWING, a known number of rows behind it. So where all calls are
over the same partitions in the same order, and ORDER BY asks for no other, the rows behind those are not wanted. If an
index has that order, they are not even read; what costs less is decided as for ORDER BY (scan_order.py,
ordered_start.py). Else they are sorted away.
ntile(), percent_rank() and cume_dist() want to know how many rows there are, and are out.
"""

from __future__ import annotations

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.plan import OrderTerm, Select, WindowStart
from mantisdb_sql.values.storage import TEXT

__all__ = ["window_start"]

_OF_ROWS_BEFORE = frozenset(("row_number", "rank", "dense_rank"))
_OF_FRAMES = frozenset(("first_value", "last_value", "nth_value"))
_MOST_AHEAD = 1000


def window_start(select: Select, order: list[OrderTerm]) -> WindowStart | None:
    """What the first rows of a SELECT depend on; None where that may be all rows."""
    windowing = select.windowing
    if windowing is None or not windowing.calls or select.grouping is not None or select.distinct:
        return None
    first, *others = windowing.calls
    if not all(_is_alike(first, call) for call in others):
        return None
    terms = [OrderTerm(key, collation=key.collation or "BINARY") for key in first.partition]
    terms += [OrderTerm(e, down, nulls, None, e.collation or "BINARY") for e, down, nulls in first.order_by]
    if len(order) > len(terms) or not all(_is_same_term(select, *pair) for pair in zip(order, terms, strict=False)):
        return None
    ahead = [_rows_ahead(call) for call in windowing.calls]
    if any(rows is None or rows > _MOST_AHEAD for rows in ahead):
        return None
    with_peers = any(map(_asks_for_peers, windowing.calls))
    if with_peers and any(term.collation != "BINARY" and term.expr.classes & TEXT for term in terms):
        return None
    return WindowStart(terms, max(rows or 0 for rows in ahead), with_peers)


def _is_alike(a: bound.Window, b: bound.Window) -> bool:
    """Whether calls are over the same partitions in the same order."""
    if len(a.partition) != len(b.partition) or len(a.order_by) != len(b.order_by):
        return False
    keys = zip(a.partition, b.partition, strict=True)
    terms = zip(a.order_by, b.order_by, strict=True)
    return all(same(x, y) for x, y in keys) and all(same(x[0], y[0]) and x[1:] == y[1:] for x, y in terms)


def _is_same_term(select: Select, asked: OrderTerm, given: OrderTerm) -> bool:
    """Whether a term of ORDER BY is one of the windows'."""
    expr = asked.expr if asked.output is None else select.outputs[asked.output].expr
    ways = asked.descending == given.descending and asked.nulls_first == given.nulls_first
    return ways and asked.collation == given.collation and same(expr, given.expr)


def _rows_ahead(call: bound.Window) -> int | None:
    """How many rows behind the current one, and its peers, a call looks at; None for any number."""
    name = call.definition.name
    if call.definition.window_only and name in _OF_ROWS_BEFORE:
        return 0
    if call.definition.window_only and name in ("lag", "lead"):
        offset = _number(call.args[1]) if len(call.args) > 1 else 1
        return None if offset is None else offset * (name == "lead")
    if call.definition.window_only and name not in _OF_FRAMES:
        return None
    frame = call.frame
    if frame.end in ("PRECEDING", "CURRENT ROW"):
        return 0 if frame.start != "FOLLOWING" else None
    return _number(call.offsets[1]) if frame.end == "FOLLOWING" and frame.units == "ROWS" else None


def _number(expr: bound.Expr | None) -> int | None:
    """The value of a literal that is a number of rows."""
    value = expr.value if isinstance(expr, bound.Literal) else None
    return value if isinstance(value, int) and value >= 0 else None


def _asks_for_peers(call: bound.Window) -> bool:
    """Whether what a call says of a row depends on rows that are equal to it in order."""
    if call.definition.window_only and call.definition.name not in _OF_FRAMES:
        return False
    return call.frame.units != "ROWS" or call.frame.exclude in ("GROUP", "TIES")
