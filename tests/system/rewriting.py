"""Oracles that need no second engine: a query and its rewriting must have the same answer.

NoREC  ``SELECT count(*) FROM f WHERE p`` counts as many rows as ``SELECT (p) IS TRUE FROM f`` gives ones: the optimiser
       sees a condition in the first and only a value in the second.
TLP    a row satisfies p, or NOT p, or p IS NULL: the three queries with these conditions give together the rows
       (DISTINCT rows, counts, sums, minima and maxima) of the query without a condition.

A check is a statement of the form ``SELECT <items> FROM <f> WHERE /*<kind>*/ <p>``. The comment is the mark by which
it is recognised, and survives shrinking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import comparison
from sqlgen import Generator, Statement

Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]
_CHECK = re.compile(r"SELECT (?P<items>.*?) FROM (?P<source>.*) WHERE /\*(?P<kind>NoREC|TLP[a-z ]*)\*/(?P<p>.*)", re.S)


def is_check(statement: Statement) -> bool:
    """Whether a statement is for this module."""
    return "/*NoREC*/" in statement.sql or "/*TLP" in statement.sql


def check(generator: Generator) -> Statement:
    """A random check over the generator's tables."""
    text, scope = generator.source_text()
    kind = generator.chance.choice(("NoREC", "NoREC", "TLP", "TLP", "TLP distinct", "TLP aggregates"))
    if kind == "NoREC":
        items = "count(*)"
    elif kind == "TLP":
        items = ", ".join(generator.expression(scope, 2) for _ in range(2))
    elif kind == "TLP distinct":
        items = ", ".join(generator.exact(scope) for _ in range(2))
    else:
        argument = generator.tame(scope)
        items = f"count(*), count({argument}), sum({argument}), min({argument}), max({argument})"
    statement = generator.finish(f"SELECT {items} FROM {text} WHERE /*{kind}*/ {generator.expression(scope, 4)}")
    return Statement(statement.sql)


def violation(statement: Statement, query: Query) -> str | None:
    """How the answers of a check's queries contradict each other, or None. Errors of ``query`` pass through."""
    parts = _CHECK.fullmatch(statement.sql)
    if parts is None:
        return None
    items, source, kind, p = parts["items"], parts["source"], parts["kind"], parts["p"].strip()
    if kind == "NoREC":
        counted = query(f"SELECT count(*) FROM {source} WHERE {p}")[0][0]
        ones = sum(row[0] for row in query(f"SELECT ({p}) IS TRUE FROM {source}"))
        return None if counted == ones else f"WHERE finds {counted} rows, but {ones} are true"
    distinct = "DISTINCT " if kind == "TLP distinct" else ""
    whole = query(f"SELECT {distinct}{items} FROM {source}")
    conditions = (f"({p})", f"NOT ({p})", f"({p}) IS NULL")
    parted = [query(f"SELECT {distinct}{items} FROM {source} WHERE {condition}") for condition in conditions]
    if kind == "TLP aggregates":
        return _first_difference(whole, [_combined([rows[0] for rows in parted])])
    together = [row for rows in parted for row in rows]
    if distinct:
        together = list({repr(row): row for row in together}.values())
    return _first_difference(whole, together)


def _first_difference(whole: Rows, parted: Rows) -> str | None:
    difference = comparison.first_difference(
        comparison.as_multiset(whole), comparison.as_multiset(parted), tolerance=1e-12
    )
    return difference and difference.replace("ours", "the whole").replace("theirs", "the three parts")


def _combined(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The aggregates of the parts as those of the whole."""
    columns = [[value for value in column if value is not None] for column in zip(*rows, strict=True)]
    counts, numbers, sums, minima, maxima = columns
    return (
        sum(counts),
        sum(numbers),
        sum(sums) if sums else None,
        min(minima) if minima else None,
        max(maxima) if maxima else None,
    )
