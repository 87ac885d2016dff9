"""Which literals of a statement can become parameters, so that texts that differ in them share a plan.

A literal is lifted where it is nothing but a value: in WHERE, ON, LIMIT and OFFSET, in VALUES of an INSERT,
in SET. It stays a constant where it means more: in result columns (their text is the column's name), in ORDER
BY and GROUP BY (1 is a column's number, and expressions there are matched with result columns), in RETURNING,
conflict targets, window definitions; as a LIKE or GLOB pattern, which is compiled; and a REAL behind a minus
sign, as -9223372036854775808 is an INTEGER although 9223372036854775808 is none; the divisors of / and %, and
what a remainder is compared with, as the code for a known divisor is much quicker; LIMIT of a UNION, as 1 makes it
another query; the terms of AND, of which 0 does away with the others; JSON paths, and the formats and
modifiers of dates, for the same reason; the probability in likelihood(). Whatever is not known to be safe is a
constant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from mantisdb_sql.syntax.ast import upserts
from mantisdb_sql.values.ascii_case import lower_ascii

__all__ = ["MAX_LIFTED", "liftable"]

MAX_LIFTED = 200
"""A statement with more literals is data; nobody sends its shape twice."""

_PATTERNS = (exp.Like, exp.Glob, exp.RegexpLike, exp.Match, exp.Escape)
_COMPILED = frozenset(
    (
        "date", "datetime", "json_array_length", "json_extract", "json_type", "julianday", "likelihood", "strftime",
        "time", "unixepoch",
    )
)
_QUERIES = (exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Values)


def liftable(node: exp.Expr) -> list[exp.Literal]:
    """The literals of a SELECT, INSERT, UPDATE or DELETE that can be parameters."""
    return list(_statement(node))


def _statement(node: exp.Expr) -> Iterator[exp.Literal]:
    if isinstance(node, exp.Insert):
        source = node.args.get("expression")
        if isinstance(source, exp.Values):
            for row in source.expressions:
                yield from _values(row.expressions)
        elif source is not None:
            yield from _query(source)
        for clause in upserts(node):
            yield from _assignments(clause.expressions)
            yield from _clause(clause, "where")
    elif isinstance(node, exp.Update):
        yield from _assignments(node.expressions)
        yield from _from(node)
        yield from _clause(node, "where")
    elif isinstance(node, exp.Delete):
        yield from _clause(node, "where")
    elif isinstance(node, _QUERIES):
        yield from _query(node)
    with_clause = node.args.get("with_")
    if with_clause is not None and not isinstance(node, _QUERIES):
        for table in with_clause.expressions:
            yield from _query(table.this)


def _query(node: exp.Expr) -> Iterator[exp.Literal]:
    stack = [node]
    while stack:
        query = stack.pop()
        while isinstance(query, exp.Subquery | exp.Paren):
            query = query.this
        if isinstance(query, exp.Union | exp.Except | exp.Intersect):
            stack += [query.args["expression"], query.args["this"]]
        elif isinstance(query, exp.Select):
            yield from _from(query)
            yield from _clause(query, "where")
        for part in ("limit", "offset"):
            if isinstance(query, exp.Union):
                continue
            clause = query.args.get(part)
            if clause is not None:
                yield from _values([clause.expression])
        with_clause = query.args.get("with_")
        if with_clause is not None:
            stack += [table.this for table in with_clause.expressions]


def _from(node: exp.Expr) -> Iterator[exp.Literal]:
    clause = node.args.get("from_")
    sources: list[Any] = [] if clause is None else [clause.this]
    sources += node.args.get("joins") or []
    while sources:
        source = sources.pop()
        if isinstance(source, exp.Join):
            on = source.args.get("on")
            if on is not None:
                yield from _values([on])
            source = source.this
        sources += source.args.get("joins") or []
        if isinstance(source, exp.Subquery):
            if isinstance(source.this, _QUERIES):
                yield from _query(source.this)
            else:
                sources.append(source.this)


def _clause(node: exp.Expr, part: str) -> Iterator[exp.Literal]:
    clause = node.args.get(part)
    if clause is not None:
        yield from _values([clause.this])


def _assignments(nodes: list[exp.Expr]) -> Iterator[exp.Literal]:
    for assignment in nodes:
        yield from _values([assignment.expression])


def _values(nodes: list[exp.Expr]) -> Iterator[exp.Literal]:
    """Literals inside expressions; iterative, since chains may be long."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Literal):
            yield node
        elif isinstance(node, _PATTERNS):
            stack.append(node.this if not isinstance(node, exp.Escape) else node.this.this)
        elif isinstance(node, exp.Neg) and isinstance(number := node.this.unnest(), exp.Literal):
            if number.this.isdecimal() and len(number.this) < 19:
                yield number
        elif isinstance(node, exp.And):
            stack += [term for term in (node.this, node.expression) if not isinstance(term.unnest(), exp.Literal)]
        elif isinstance(node, exp.Mod | exp.Div):
            stack.append(node.this)
        elif isinstance(node, exp.EQ | exp.NEQ) and isinstance(node.this, exp.Mod):
            stack.append(node.this.this)
        elif isinstance(node, exp.Subquery | exp.Exists):
            yield from _query(node.this)
        elif isinstance(node, exp.JSONExtract | exp.JSONExtractScalar):
            stack += [node.this] if isinstance(node.expression, exp.Literal) else [node.this, node.expression]
        elif isinstance(node, exp.Anonymous) and lower_ascii(str(node.this)) in _COMPILED:
            stack += [arg for arg in node.expressions if not isinstance(arg, exp.Literal)]
        elif isinstance(node, exp.Window | exp.WithinGroup | exp.Cast):
            continue
        else:
            for child in node.args.values():
                if isinstance(child, list):
                    stack += [c for c in child if isinstance(c, exp.Expr)]
                elif isinstance(child, exp.Expr):
                    stack.append(child)
