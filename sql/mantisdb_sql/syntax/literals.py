"""Which literals of a statement can become parameters, so that texts that differ in them share a plan.

A literal is lifted where it is nothing but a value: in WHERE, ON, LIMIT and OFFSET, in VALUES of an INSERT,
in SET. It stays a constant where it means more: in result columns (their text is the column's name), in ORDER
BY and GROUP BY (1 is a column's number, and expressions there are matched with result columns), in RETURNING,
conflict targets, window definitions; as a LIKE or GLOB pattern, which is compiled; and a REAL behind a minus
sign, as -9223372036854775808 is an INTEGER although 9223372036854775808 is none; the divisors of / and %, and
what a remainder is compared with, as the code for a known divisor is much quicker; LIMIT of a UNION, as 1 makes it
another query; the terms of AND and OR, of which 0 or 1 does away with the others; JSON paths, and the formats and
modifiers of dates, for the same reason; the probability in likelihood(). Whatever is not known to be safe is a
constant.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlglot import exp

from mantisdb_sql.syntax.ast import upserts
from mantisdb_sql.values.ascii_case import lower_ascii

__all__ = ["MAX_LIFTED", "liftable"]

MAX_LIFTED = 200
"""A statement with more literals is data; nobody sends its shape twice."""

_COMPILED = frozenset(
    (
        "date", "datetime", "json_array_length", "json_extract", "json_type", "julianday", "likelihood", "strftime",
        "time", "unixepoch",
    )
)
_QUERIES = (exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Values)
_COMPOUNDS = (exp.Union, exp.Except, exp.Intersect)
_WRAPPED = (exp.Subquery, exp.Paren)


def liftable(node: exp.Expr) -> list[exp.Literal]:
    """The literals of a SELECT, INSERT, UPDATE or DELETE that can be parameters."""
    found: list[exp.Literal] = []
    if isinstance(node, exp.Insert):
        source = node.args.get("expression")
        if isinstance(source, exp.Values):
            for row in source.expressions:
                _values(row.expressions, found)
        elif source is not None:
            _query(source, found)
        for clause in upserts(node):
            _assignments(clause.expressions, found)
            _clause(clause, "where", found)
    elif isinstance(node, exp.Update):
        _assignments(node.expressions, found)
        _from(node, found)
        _clause(node, "where", found)
    elif isinstance(node, exp.Delete):
        _clause(node, "where", found)
    elif isinstance(node, _QUERIES):
        _query(node, found)
    with_clause = node.args.get("with_")
    if with_clause is not None and not isinstance(node, _QUERIES):
        for table in with_clause.expressions:
            _query(table.this, found)
    return found


def _query(node: exp.Expr, found: list[exp.Literal]) -> None:
    stack = [node]
    while stack:
        query = stack.pop()
        while isinstance(query, _WRAPPED):
            query = query.this
        if isinstance(query, _COMPOUNDS):
            stack += [query.args["expression"], query.args["this"]]
        elif isinstance(query, exp.Select):
            _from(query, found)
            _clause(query, "where", found)
        if not isinstance(query, exp.Union):
            for part in ("limit", "offset"):
                clause = query.args.get(part)
                if clause is not None:
                    _values([clause.expression], found)
        with_clause = query.args.get("with_")
        if with_clause is not None:
            stack += [table.this for table in with_clause.expressions]


def _from(node: exp.Expr, found: list[exp.Literal]) -> None:
    clause = node.args.get("from_")
    sources: list[Any] = [] if clause is None else [clause.this]
    sources += node.args.get("joins") or []
    while sources:
        source = sources.pop()
        if isinstance(source, exp.Join):
            on = source.args.get("on")
            if on is not None:
                _values([on], found)
            source = source.this
        sources += source.args.get("joins") or []
        if isinstance(source, exp.Subquery):
            if isinstance(source.this, _QUERIES):
                _query(source.this, found)
            else:
                sources.append(source.this)


def _clause(node: exp.Expr, part: str, found: list[exp.Literal]) -> None:
    clause = node.args.get(part)
    if clause is not None:
        _values([clause.this], found)


def _assignments(nodes: list[exp.Expr], found: list[exp.Literal]) -> None:
    for assignment in nodes:
        _values([assignment.expression], found)


# ------------------------------------------------------------------------------------------------ expressions


def _values(nodes: list[exp.Expr], found: list[exp.Literal]) -> None:
    """Literals inside expressions; iterative, since chains may be long."""
    stack: list[Any] = list(nodes)
    while stack:
        node = stack.pop()
        kind = node.__class__
        if kind is exp.Literal:
            found.append(node)
        elif kind is not exp.Column:
            stack += _parts_by(kind)(node, found)


def _all_parts(node: Any, _found: list[exp.Literal]) -> list[Any]:
    parts: list[Any] = []
    for child in node.args.values():
        if isinstance(child, exp.Expr):
            parts.append(child)
        elif isinstance(child, list):
            parts += [c for c in child if isinstance(c, exp.Expr)]
    return parts


def _none(_node: Any, _found: list[exp.Literal]) -> list[Any]:
    return []


def _left(node: Any, _found: list[exp.Literal]) -> list[Any]:
    return [node.this]


def _of_negation(node: Any, found: list[exp.Literal]) -> list[Any]:
    number = node.this.unnest()
    if not isinstance(number, exp.Literal):
        return [node.this]
    if number.this.isdecimal() and len(number.this) < 19:
        found.append(number)
    return []


def _of_junction(node: Any, _found: list[exp.Literal]) -> list[Any]:
    return [term for term in (node.this, node.expression) if not isinstance(term.unnest(), exp.Literal)]


def _of_equation(node: Any, found: list[exp.Literal]) -> list[Any]:
    return [node.this.this] if isinstance(node.this, exp.Mod) else _all_parts(node, found)


def _of_query(node: Any, found: list[exp.Literal]) -> list[Any]:
    _query(node.this, found)
    return []


def _of_extraction(node: Any, _found: list[exp.Literal]) -> list[Any]:
    return [node.this] if isinstance(node.expression, exp.Literal) else [node.this, node.expression]


def _of_call(node: Any, found: list[exp.Literal]) -> list[Any]:
    if lower_ascii(str(node.this)) in _COMPILED:
        return [argument for argument in node.expressions if not isinstance(argument, exp.Literal)]
    return _all_parts(node, found)


_Parts = Callable[[Any, list[exp.Literal]], list[Any]]
_SPECIAL: list[tuple[tuple[type[exp.Expr], ...], _Parts]] = [
    ((exp.Like, exp.Glob, exp.RegexpLike, exp.Match), _left),
    ((exp.Escape,), lambda node, found: [node.this.this]),
    ((exp.Neg,), _of_negation),
    ((exp.And, exp.Or), _of_junction),
    ((exp.Mod, exp.Div), _left),
    ((exp.EQ, exp.NEQ), _of_equation),
    ((exp.Subquery, exp.Exists), _of_query),
    ((exp.JSONExtract, exp.JSONExtractScalar), _of_extraction),
    ((exp.Anonymous,), _of_call),
    ((exp.Window, exp.WithinGroup, exp.Cast, exp.Identifier, exp.Placeholder), _none),
]


@cache
def _parts_by(kind: type[exp.Expr]) -> _Parts:
    """What finds the parts of a kind of nodes whose literals are mere values, or adds literals itself."""
    return next((parts for kinds, parts in _SPECIAL if issubclass(kind, kinds)), _all_parts)
