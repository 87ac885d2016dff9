"""Result columns of queries in FROM that nobody reads: they become NULL, so that they are never evaluated.

    SELECT a FROM (SELECT a, expensive(b) FROM t LIMIT 10)

That is not only faster: an expression that is not evaluated can not fail, and calls no function of the user's. So the
columns are left out where SQLite leaves them out, and elsewhere only where nobody can tell (effects.py):

* A query that SQLite takes apart (select.c, flattenSubquery, by the numbers of its restrictions) is evaluated column by
  column where it is read. What is read of queries within it is found anew.
* Of one that it does not take apart, it makes the columns NULL that are not read (disableUnusedSubqueryResultColumns),
  but not of a table of WITH, of a correlated query, where an arm groups, is DISTINCT or has window functions, or of a
  compound other than UNION ALL; nor in rows of constants that VALUES makes a table. Columns of ORDER BY are read. What
  such a column reads of queries within counts as read for good, although it is NULL now: ``Source.reads`` remembers it.

Columns of a join in parentheses that is joined as a whole all count as read. An ORDER BY that decides nothing is taken
away first, as SQLite does it (``omit_order``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.compound_types import selects_of_rows
from mantisdb_sql.binding.effects import is_quiet_condition
from mantisdb_sql.binding.plan import (
    Compound,
    Output,
    Query,
    Recursion,
    Select,
    Source,
    Values,
    expressions_of_select,
    is_union_all,
    queries_in,
    references,
    sources_of,
)
from mantisdb_sql.values.storage import NULL

__all__ = ["omit_order", "omit_unread"]

_ORDERLESS = frozenset(("count", "max", "min"))
_WHOLE = -2


def omit_order(query: Query, select: Select) -> None:
    """Take ORDER BY from the queries in the FROM of ``select``, an arm of ``query``, where it decides nothing: there is
    a join, or another ORDER BY, and nothing that depends on the order of the rows but that of the results; or nobody
    wants to know more than whether there is a row."""
    if not any(source.query is not None and source.query.order for source in select.sources):
        return
    is_ordered = bool(query.order) and select is query.body
    is_idle = (is_ordered or len(list(select.sources)) > 1) and not _follows_order(select)
    for place in _places(query, select):
        inner = place.source.query
        if inner is None or not _is_read_here(select, inner) or inner.materialized or inner.limit is not None:
            continue
        if isinstance(inner.body, Recursion) or _is_grouped(inner):
            continue
        if is_idle or (query.is_tested and _is_flattened(place, inner)):
            inner.order = []


def _is_read_here(select: Select, inner: Query) -> bool:
    """Whether a query is not planned, and no other SELECT reads it."""
    return inner.planned is None and inner.uses == sum(source.query is inner for source in select.sources)


def _follows_order(select: Select) -> bool:
    """Whether the order of the rows may show in the values of the results, or decide which row UPDATE takes."""
    if select.windowing is not None or any(isinstance(output.expr, bound.WholeRow) for output in select.outputs):
        return True
    aggregates = select.grouping.aggregates if select.grouping is not None else []
    return not all(call.definition.built_in and call.definition.name in _ORDERLESS for call in aggregates)


def _is_grouped(query: Query) -> bool:
    *_, last = query.arms
    return isinstance(last, Select) and last.grouping is not None


def omit_unread(query: Query, select: Select) -> None:
    """Make NULL what is not read of the queries in the FROM of ``select``, an arm of ``query``."""
    found: dict[int, list[_Place]] = defaultdict(list)
    for place in _places(query, select):
        if place.source.query is not None and _may_change(place.source.query):
            found[place.source.query.number].append(place)
    if not found:
        return
    reads, tested = _reads(query, select), _reads(query, select, with_results=not query.is_tested)
    for places in found.values():
        inner = places[0].source.query
        assert inner is not None
        if not _is_read_here(select, inner):
            continue
        is_flat = all(_is_flattened(place, inner) for place in places)
        needed = {term.output for term in inner.order if term.output is not None}
        held: set[int] = set()
        for place in places:
            source = place.source
            needed |= (tested if is_flat and not place.is_within else reads)[source.number]
            held |= _columns(source) if place.is_within and source.is_nested else source.reads or set()
        unread = _columns(places[0].source) - needed
        if unread and _WHOLE not in needed:
            omitted = unread if is_flat else unread - held if _is_omitted(places[0].source, inner) else set()
            _omit(inner, unread, omitted, is_flat)


def _columns(source: Source) -> set[int]:
    return set(range(len(source.columns)))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a source stands: in the FROM of ``select``, an arm of ``query``. ``is_outer``: the null row may stand for
    it, or it is on the left of a RIGHT JOIN; ``is_right``: it is on the right of one. ``is_within``: the select is that
    of a join in parentheses that is joined as a whole."""

    source: Source
    query: Query
    select: Select
    is_outer: bool = False
    is_right: bool = False
    is_within: bool = False


def _places(query: Query, select: Select) -> Iterator[_Place]:
    """The sources in the FROM of an arm of a query, those of joins in parentheses included."""
    stack = [(_Place(join.source, query, select), join.kind) for join in select.joins]
    while stack:
        place, kind = stack.pop()
        group = place.source.group
        if group is None:
            yield replace(place, is_outer=place.is_outer or kind == "LEFT")
        elif group.right is None and kind == "INNER" and not place.is_outer and not place.is_right:  # was a LEFT JOIN
            stack += [(replace(place, source=join.source), join.kind) for join in group.select.joins]
        elif group.right is None:
            inside, joins = Query(number=-1, body=group.select), group.select.joins
            stack += [(_Place(join.source, inside, group.select, is_within=True), join.kind) for join in joins]
        else:
            stack += [(replace(place, source=join.source, is_outer=True), join.kind) for join in group.select.joins]
            stack.append((replace(place, source=group.right.source, is_right=True), "INNER"))


def _may_change(inner: Query) -> bool:
    """Whether the rows of a query stay the same whatever its columns are."""
    if isinstance(inner.body, Recursion):
        return False
    if isinstance(inner.body, Compound) and not is_union_all(inner):
        return False
    return not any(isinstance(arm, Select) and arm.distinct for arm in inner.arms)


def _reads(query: Query, select: Select, with_results: bool = True) -> dict[int, set[int]]:
    """What is read of each source of a SELECT, an arm of ``query``; whether by its results as well."""
    found: dict[int, set[int]] = defaultdict(set)
    results = {id(output.expr) for output in select.outputs} if not with_results else set()
    exprs = [expr for expr in expressions_of_select(select) if id(expr) not in results]
    if select is query.body:
        exprs += [term.expr for term in query.order]
    for expr in exprs:
        for source, position in references(expr):
            found[source].add(position)
    return found


def _is_omitted(source: Source, inner: Query) -> bool:
    """Whether SQLite makes unread columns of a query NULL that it does not take apart."""
    if source.is_common or inner.outer:
        return False
    selects = (arm for arm in inner.arms if isinstance(arm, Select))
    return not any(arm.distinct or arm.grouping is not None or arm.windowing is not None for arm in selects)


def _omit(inner: Query, unread: set[int], omitted: set[int], is_flat: bool) -> None:
    """Make NULL the columns that are ``omitted``, and of the ``unread`` ones those of which nobody can tell."""
    for arm in inner.arms:
        if isinstance(arm, Values):
            for rows in selects_of_rows(arm):
                for row in rows:
                    for at in unread:
                        if (at in omitted and len(rows) == 1) or _is_unnoticed(row[at], set()):
                            row[at] = _null(row[at])
            continue
        if not is_flat:
            _note_reads(inner, arm)
        derived = {source.number for source in arm.sources if source.query is not None}
        for at in unread:
            if at in omitted or _is_unnoticed(arm.outputs[at].expr, derived):
                arm.outputs[at] = Output(_null(arm.outputs[at].expr), arm.outputs[at].info, arm.outputs[at].is_named)


def _note_reads(query: Query, select: Select) -> None:
    """Remember what is read of the queries in FROM; what a join in parentheses is taken apart for is found anew."""
    reads = _reads(query, select)
    for place in _places(query, select):
        source = place.source
        if source.query is not None and source.reads is None and (place.is_within or not source.is_nested):
            source.reads = reads[source.number]


def _is_unnoticed(expr: Expr, derived: set[int]) -> bool:
    """Whether nobody can tell that an expression is not evaluated: nor is then what it reads of the ``derived``."""
    return sources_of(expr).isdisjoint(derived) and is_quiet_condition(expr)


def _null(expr: Expr) -> bound.Literal:
    return bound.Literal(None, classes=NULL, affinity=expr.affinity, collation=expr.collation)


def _is_flattened(place: _Place, inner: Query) -> bool:
    """Whether SQLite takes a query in FROM apart."""
    query, select = place.query, place.select
    *_, last = inner.arms
    if inner.materialized or not isinstance(last, Select) or isinstance(inner.body, Recursion):
        return False
    if last.windowing is not None:  # (25)
        return False
    if last.grouping is not None or last.distinct or not last.joins:  # (4), (7)
        return False
    if place.is_right or (place.is_outer and (len(last.joins) > 1 or _is_distinct(select))):  # (26), (3a), (3d)
        return False
    first = last.joins[0].source.group
    if first is not None and first.right is not None and next(iter(select.sources)) is not place.source:  # (27a)
        return False
    return _is_limit_moved(query, select, inner) and _is_order_moved(query, select, inner) and (
        inner.body is last or _are_arms_moved(query, select, inner, place.is_outer)
    )


def _is_distinct(select: Select) -> bool:
    """Whether the query that reads FROM is DISTINCT; where there are window functions, it is one within the SELECT."""
    return select.distinct and select.windowing is None


def _is_limit_moved(query: Query, select: Select, inner: Query) -> bool:
    if inner.limit is None:
        return True
    is_limited = (query.limit is not None or query.is_single) and select.windowing is None
    if is_limited or inner.offset is not None or select is not query.body:  # (13), (14), (15)
        return False
    return _is_alone(select) and select.grouping is None and not select.where and not _is_distinct(select)


def _is_alone(select: Select) -> bool:
    return len(select.joins) == 1 and select.joins[0].source.group is None


def _is_order_moved(query: Query, select: Select, inner: Query) -> bool:
    if not inner.order:
        return True
    if query.order or select.grouping is not None or select.windowing is not None:  # (11), (16)
        return False
    is_first = _is_alone(select) or (len(select.joins) > 1 and select.joins[1].kind in ("LEFT", "CROSS"))
    return not (is_first and any(_is_complex(output.expr) for output in select.outputs))


def _is_complex(expr: Expr) -> bool:
    """Whether it calls functions or has queries, so that SQLite evaluates it behind ORDER BY and LIMIT."""
    calls = (node for node in bound.walk(expr) if isinstance(node, bound.Function | bound.Like))
    return any(True for _ in queries_in(expr)) or any(True for _ in calls)


def _are_arms_moved(query: Query, select: Select, inner: Query, is_outer: bool) -> bool:
    if inner.order or is_outer or select.grouping is not None or _is_distinct(select):  # (20), (17f), (17d)
        return False
    if isinstance(query.body, Recursion):  # (23)
        return False
    arms = [arm for arm in inner.arms if isinstance(arm, Select)]
    if len(arms) < len(list(inner.arms)) or any(term.output is None for term in query.order):  # (17c), (18)
        return False
    if any(arm.grouping is not None or arm.windowing is not None or not arm.joins for arm in arms):
        return False
    columns = zip(*([output.expr.affinity for output in arm.outputs] for arm in arms), strict=True)
    return all(len(set(affinities)) == 1 for affinities in columns)  # (17h)
