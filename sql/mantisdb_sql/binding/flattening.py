"""Queries in FROM whose tables are read in the query around them.

    SELECT a, n FROM (SELECT id AS a, name AS n FROM t WHERE open) JOIN u ON u.x = a
    SELECT id, name FROM t JOIN u ON u.x = id WHERE open

Without this neither a condition on ``a`` nor the join finds the index of ``t``. It is done to a query that does nothing
but join and filter, that is read in one place, and of which nothing but plain columns is read; on the right side of a
LEFT JOIN only to one of a single table, whose conditions become conditions of the join (SQLite's flattenSubquery does
more). A column that stood for one of the query's becomes, in place, the column of the table, in subqueries as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import is_quiet_condition
from mantisdb_sql.binding.plan import (
    Join,
    Query,
    Select,
    Source,
    Values,
    expressions_of,
    is_union_all,
    queries_of,
)
from mantisdb_sql.limits import MAX_JOINED

_Place = tuple[int, int]


def flatten(query: Query, select: Select) -> bool:
    """Take the queries in the FROM of ``select``, an arm of ``query``, apart, where that is possible; whether it was.
    Those of joins in parentheses are looked at as well."""
    changed = False
    joins: list[Join] = []
    for number, join in enumerate(select.joins):
        group = join.source.group
        if group is not None:
            changed |= flatten(query, group.select)
        inner = _plain(join)
        room = MAX_JOINED - len(joins) - len(select.joins) + number
        if inner is None or len(inner.joins) > room or not _replace_columns(query, join.source, inner):
            joins.append(join)
            continue
        changed = True
        for member in inner.sources:
            member.nullable = member.nullable or join.source.nullable
        if join.kind == "LEFT":
            joins.append(Join(inner.joins[0].source, "LEFT", [*inner.where, *join.on]))
        else:
            joins += inner.joins
            select.where = [*inner.where, *select.where]
    select.joins = joins
    return changed


def become_union_all(query: Query, select: Select) -> bool:
    """Let ``query``, whose body is ``select``, be the UNION ALL that it only shows columns of; whether it does."""
    if len(select.joins) != 1 or not is_plain_select(select) or select.where:
        return False
    source = select.joins[0].source
    inner, shown = source.query, _shown(query, select, source)
    if inner is None or inner.planned is not None or inner.uses != 1 or inner.materialized or shown is None:
        return False
    if source.real_columns or inner.limit is not None or inner.order or not is_union_all(inner):
        return False
    arms = [arm for arm in inner.arms if isinstance(arm, Select)]
    if not all(is_plain_select(arm) for arm in arms) and shown != list(range(len(source.columns))):
        return False
    dropped = [at for at in range(len(source.columns)) if at not in shown]
    if not all(is_quiet_condition(expr) for arm in inner.arms for expr in _results(arm, dropped)):
        return False
    for arm in inner.arms:
        if isinstance(arm, Values):
            arm.rows = [[row[at] for at in shown] for row in arm.rows]
        else:
            arm.outputs = [arm.outputs[at] for at in shown]
    query.body = inner.body
    return True


def _results(arm: Select | Values, positions: list[int]) -> list[Expr]:
    """The expressions of some columns of an arm."""
    if isinstance(arm, Values):
        return [row[at] for row in arm.rows for at in positions]
    return [arm.outputs[at].expr for at in positions]


def _shown(query: Query, select: Select, source: Source) -> list[int] | None:
    """The columns of ``source`` that are the results, if each is one once and ORDER BY is about nothing else."""
    shown = []
    for output in select.outputs:
        if not isinstance(output.expr, bound.Column) or output.expr.source != source.number:
            return None
        shown.append(output.expr.position)
    if not shown or len(set(shown)) < len(shown) or min(shown) < 0 or any(term.output is None for term in query.order):
        return None
    return shown


def _plain(join: Join) -> Select | None:
    """What the query of a source does, if it only joins and filters."""
    query = join.source.query
    if query is None or query.planned is not None or query.uses != 1 or query.materialized or join.kind == "CROSS":
        return None
    body = query.body
    if not isinstance(body, Select) or not is_plain(query, body):
        return None
    if join.kind == "LEFT" and (len(body.joins) > 1 or not _is_table(body.joins[0])):
        return None
    return body


def is_plain(query: Query, body: Select) -> bool:
    """Whether a query, whose ``body`` is a SELECT, joins and filters and does nothing else."""
    return query.limit is None and not query.order and bool(body.joins) and is_plain_select(body)


def is_plain_select(select: Select) -> bool:
    """Whether a SELECT has a row for each of its scan's."""
    return select.grouping is None and select.windowing is None and not select.distinct


def _is_table(join: Join) -> bool:
    return join.kind != "LEFT" and join.source.table is not None


def _replace_columns(query: Query, source: Source, inner: Select) -> bool:
    """Let every reference to a column of ``source`` mean the column behind it; False, and nothing is done, where one is
    not a column of the query's own FROM."""
    own = {member.number for member in inner.sources}
    places: dict[int, bound.Column] = {}
    for position, output in enumerate(inner.outputs):
        if isinstance(output.expr, bound.Column) and output.expr.source in own:
            places[position] = output.expr
    found = [node for expr in _all_expressions(query) for node in _columns(expr, source.number)]
    if any(node.position not in places for node in found):
        return False
    for node in found:
        # One object may stand in several expressions.
        if node.source == source.number:
            column = places[node.position]
            node.source, node.position, node.json, node.twin = column.source, column.position, column.json, column.twin
    for below in _all_queries(query):
        outer: dict[_Place, None] = {}
        for place in below.outer:
            if place[0] == source.number:
                column = places[place[1]]
                place = column.source, column.position
            outer[place] = None
        below.outer = outer
    return True


def _all_queries(query: Query) -> Iterator[Query]:
    """The query and all that is in it."""
    stack, seen = [query], set()
    while stack:
        item = stack.pop()
        if id(item) not in seen:
            seen.add(id(item))
            yield item
            stack.extend(queries_of(item))


def _all_expressions(query: Query) -> Iterator[Expr]:
    for item in _all_queries(query):
        yield from expressions_of(item)


def _columns(expr: Expr, number: int) -> Iterator[bound.Column]:
    for node in bound.walk(expr):
        if isinstance(node, bound.Column) and node.source == number:
            yield node
