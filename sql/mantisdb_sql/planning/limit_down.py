"""LIMIT on a query that only shows a query in FROM becomes a LIMIT of that one.

    SELECT * FROM (SELECT a, count(*) FROM t GROUP BY a) LIMIT 10

SQLite runs the query in FROM as a co-routine, which is not asked for more rows than LIMIT and OFFSET let through. Here
the query in FROM makes all of its rows, unless its own LIMIT says how many are wanted: then it reads an index in the
order of its groups, or keeps the first of what it sorts. That is the same only where each of its rows is one of the
result, in the same order. What is evaluated outside is so only for rows within the window, as before.
"""

from __future__ import annotations

from mantisdb_sql.binding.flattening import is_plain_select
from mantisdb_sql.binding.plan import Query, Recursion, Select, Values


def limit_down(query: Query) -> None:
    """Give the LIMIT and OFFSET of ``query`` to the query in FROM that it shows."""
    select = query.body
    if query.limit is None or query.order or not isinstance(select, Select) or not is_plain_select(select):
        return
    if select.where or len(select.joins) != 1:
        return
    inner = select.joins[0].source.query
    if inner is None or inner.planned is not None or inner.uses != 1 or inner.materialized or inner.limit is not None:
        return
    if isinstance(inner.body, Recursion | Values):  # which are read as far as is wanted, or are at hand
        return
    inner.limit, inner.offset = query.limit, query.offset
    query.limit = query.offset = None
