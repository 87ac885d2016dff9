"""Result columns of queries in FROM are evaluated where SQLite (apsw) evaluates them: what nobody reads can not fail,
and calls no function. Every shape of a query in FROM meets every way of reading it, with expressions that fail and
one that tells of its calls.
"""

from __future__ import annotations

from typing import Any

import apsw
import pytest

import mantisdb_dbapi

SCHEMA = (
    "CREATE TABLE t(k INTEGER PRIMARY KEY, b, c)",
    "INSERT INTO t VALUES (1, 2, 'x'), (2, 7, 'y'), (3, 5, 'x')",
    "CREATE TABLE u(k, b)",
    "INSERT INTO u VALUES (1, 2), (2, 3), (5, 5)",
)
# {x} is the expression in question; each query has columns k, x and b.
INNER = (
    "SELECT 1 AS k, {x} AS x, 3 AS b",
    "VALUES (1, {x}, 3)",
    "VALUES (1, {x}, 3), (2, {x}, 4)",
    "SELECT k, {x} AS x, b FROM t",
    "SELECT k + 1 AS k, {x} AS x, b FROM t WHERE k < 3",
    "SELECT k, {x} AS x, b FROM t LIMIT 2",
    "SELECT k, {x} AS x, b FROM t LIMIT 2 OFFSET 1",
    "SELECT k, {x} AS x, b FROM t ORDER BY b",
    "SELECT k, {x} AS x, b FROM t ORDER BY 2",
    "SELECT k, {x} AS x, b FROM t ORDER BY x DESC LIMIT 2",
    "SELECT k, {x} AS x, b FROM t ORDER BY {x} LIMIT 2",
    "SELECT DISTINCT k, {x} AS x, b FROM t",
    "SELECT max(k) AS k, {x} AS x, b FROM t",
    "SELECT k, max({x}) AS x, b FROM t GROUP BY c",
    "SELECT count(*) AS k, 1 AS x, {x} AS b FROM t GROUP BY c HAVING b IS NOT 9",
    "SELECT row_number() OVER (ORDER BY k) AS k, {x} AS x, b FROM t",
    "SELECT k, {x} AS x, b FROM t UNION ALL SELECT k, b, {x} FROM u",
    "SELECT k, {x} AS x, b FROM t UNION ALL SELECT 9, {x}, 9",
    "SELECT k, {x} AS x, b FROM t UNION ALL SELECT max(k), {x}, b FROM u",
    "SELECT k, {x} AS x, b FROM t UNION ALL SELECT k, {x}, 1 FROM u ORDER BY 1",
    "SELECT k, {x} AS x, b FROM t UNION SELECT k, {x}, b FROM u",
    "SELECT k, {x} AS x, b FROM t EXCEPT SELECT k, {x}, b FROM u",
    "SELECT t.k, {x} AS x, u.b FROM t JOIN u",
    "SELECT t.k, {x} AS x, u.b FROM t LEFT JOIN u ON t.k = u.k",
    "SELECT t.k, {x} AS x, u.b FROM t RIGHT JOIN u ON t.k = u.k",
    "SELECT k, x, b FROM (SELECT k, {x} AS x, b FROM t LIMIT 2)",
    "SELECT k, x, b FROM (SELECT k, {x} AS x, b FROM t LIMIT 2) LIMIT 9 OFFSET 0",
    "SELECT k, (SELECT {x}) AS x, b FROM t LIMIT 2",
    "SELECT k, EXISTS (SELECT {x} FROM u WHERE u.k = {x}) AS x, b FROM t LIMIT 2",
    "WITH c AS (SELECT k, {x} AS x, b FROM t LIMIT 2) SELECT * FROM c",
    "WITH c AS MATERIALIZED (SELECT k, {x} AS x, b FROM t) SELECT * FROM c",
    "WITH c AS (SELECT k, {x} AS x, b FROM t LIMIT 2) SELECT c.* FROM c, c AS d",
    "WITH c AS (SELECT 1 AS k, {x} AS x, 3 AS b) SELECT * FROM c",
    "WITH RECURSIVE c(k, x, b) AS (SELECT 1, {x}, 2 UNION ALL SELECT k + 1, {x}, 2 FROM c WHERE k < 3) SELECT * FROM c",
    "WITH RECURSIVE c(k, x, b) AS (SELECT 1, {x}, 2 UNION SELECT k + 1, {x}, 2 FROM c WHERE k < 3) SELECT * FROM c",
)
OUTER = (
    "SELECT 1 FROM ({q}) AS q",
    "SELECT k, b FROM ({q}) AS q",
    "SELECT x FROM ({q}) AS q",
    "SELECT * FROM ({q}) AS q",
    "SELECT q.k + 1 FROM ({q}) AS q ORDER BY q.k",
    "SELECT DISTINCT q.k FROM ({q}) AS q",
    "SELECT q.k FROM ({q}) AS q LIMIT 1",
    "SELECT q.k FROM ({q}) AS q WHERE q.x IS NOT 17",
    "SELECT q.k FROM ({q}) AS q ORDER BY q.x",
    "SELECT count(*) FROM ({q}) AS q",
    "SELECT count(x) FROM ({q}) AS q",
    "SELECT max(k), min(b) FROM ({q}) AS q GROUP BY b",
    "SELECT group_concat(k) FROM ({q}) AS q",
    "SELECT sum(k) OVER () FROM ({q}) AS q",
    "SELECT t.k FROM t JOIN ({q}) AS q ON t.k = q.k",
    "SELECT t.k FROM t CROSS JOIN ({q}) AS q",
    "SELECT t.k FROM t LEFT JOIN ({q}) AS q ON t.k = q.k",
    "SELECT t.k FROM t LEFT JOIN ({q}) AS q ON t.k = q.x",
    "SELECT t.k FROM t RIGHT JOIN ({q}) AS q ON t.k = q.k",
    "SELECT t.k FROM ({q}) AS q LEFT JOIN t ON t.k = q.k",
    "SELECT t.k FROM ({q}) AS q FULL JOIN t ON t.k = q.k",
    "SELECT t.k FROM ({q}) AS q JOIN t USING (k)",
    "SELECT t.k FROM t LEFT JOIN (u JOIN ({q}) AS q) ON t.k = u.k",
    "SELECT t.k FROM t JOIN (u JOIN ({q}) AS q) ON t.k = u.k",
    "SELECT k FROM ({q}) AS q UNION ALL SELECT b FROM u",
    "SELECT k FROM (SELECT k, x FROM ({q}) AS q) AS p",
    "SELECT k FROM (SELECT k, x FROM ({q}) AS q LIMIT 9 OFFSET 0) AS p",
    "SELECT p.k FROM (SELECT max(k) AS k, x FROM ({q}) AS q) AS p",
    "SELECT (SELECT k FROM ({q}) AS q) FROM u",
    "SELECT EXISTS (SELECT k FROM ({q}) AS q)",
    "SELECT EXISTS (SELECT * FROM ({q}) AS q)",
    "SELECT k FROM u WHERE k IN (SELECT k FROM ({q}) AS q)",
    "WITH c AS ({q}) SELECT k FROM c",
    "WITH c AS MATERIALIZED ({q}) SELECT k FROM c",
    "WITH c AS NOT MATERIALIZED ({q}) SELECT 1 FROM c",
    "WITH c AS ({q}) SELECT c.k FROM c, c AS d",
)
LESS = (
    ("SELECT t.k, {x} AS x, u.b FROM t RIGHT JOIN u", "(u JOIN ({q}) AS q)"),
    ("WITH c AS (SELECT k, {x} AS x, b FROM t LIMIT 2) SELECT * FROM c", "CROSS JOIN ({q})"),
    ("WITH c AS (SELECT k, {x} AS x, b FROM t LIMIT 2) SELECT * FROM c", "LEFT JOIN ({q})"),
    ("WITH c AS (SELECT k, {x} AS x, b FROM t LIMIT 2) SELECT * FROM c", "c AS d"),
)
"""Beginnings of INNER and parts of OUTER: SQLite may evaluate what nobody reads there, we do not."""
CORRELATED = (
    "SELECT (SELECT k FROM (SELECT 1 AS k, called(t.b) AS x)) FROM t",
    "SELECT (SELECT k FROM (SELECT t.b AS k, called(2) AS x)) FROM t",
    "SELECT (SELECT k FROM (SELECT u.k, called(2) AS x FROM u WHERE u.k = t.k)) FROM t",
    "SELECT (SELECT k FROM (SELECT u.k, called(2) AS x FROM u WHERE u.k = t.k LIMIT 1)) FROM t",
    "SELECT (SELECT count(*) FROM (SELECT u.k, called(2) AS x FROM u WHERE u.k = t.k LIMIT 1)) FROM t",
    "SELECT (SELECT count(*) FROM (SELECT called(2) AS x UNION ALL SELECT called(t.k))) FROM t",
    "SELECT k FROM t WHERE EXISTS (SELECT 1 FROM (SELECT u.k, called(2) AS x FROM u WHERE u.k = t.k))",
)
FAILING = "json('[')", "abs(-9223372036854775807 - 1)", "raising(1)", "called(1)", "b || json('[')"


class Engines:
    """Both engines with the same rows and functions; ``calls`` are the marks with which called() was called."""

    def __init__(self) -> None:
        self.ours, self.theirs = mantisdb_dbapi.connect(":memory:"), apsw.Connection(":memory:")
        self.calls: set[Any] = set()
        for name, function in (("called", self._called), ("raising", self._raising)):
            self.ours.create_function(name, -1, function)
            self.theirs.create_scalar_function(name, function, -1)
        for sql in SCHEMA:
            self.ours.execute(sql)
            self.theirs.execute(sql)

    def _called(self, mark: Any, value: Any = None) -> Any:
        self.calls.add(mark)
        return mark if value is None else value

    def _raising(self, *_: Any) -> Any:
        raise ZeroDivisionError

    def outcome(self, connection: Any, sql: str) -> tuple[Any, set[Any]]:
        """The rows, or None where there is an error, and the calls."""
        self.calls = set()
        try:
            rows = [repr(row) for row in connection.execute(sql)]
        except (mantisdb_dbapi.Error, apsw.Error, ZeroDivisionError):
            return None, set()
        return sorted(rows), self.calls

    def check(self, sql: str) -> None:
        """Fail where the two differ."""
        assert self.outcome(self.ours, sql) == self.outcome(self.theirs, sql), sql


@pytest.fixture(scope="module")
def engines() -> Engines:
    return Engines()


@pytest.mark.parametrize("inner", INNER)
def test_unread_columns_are_evaluated_where_sqlite_evaluates_them(engines: Engines, inner: str) -> None:
    for expression in FAILING:
        if "b ||" in expression and " FROM t" not in inner.split("{x}", 1)[1][:12]:
            continue
        query = inner.replace("{x}", expression)
        for outer in OUTER:
            if not any(inner.startswith(beginning) and part in outer for beginning, part in LESS):
                engines.check(outer.replace("{q}", query))


@pytest.mark.parametrize("sql", CORRELATED)
def test_unread_columns_of_correlated_queries_are_evaluated_unless_they_are_taken_apart(
    engines: Engines, sql: str
) -> None:
    engines.check(sql)
    engines.check(sql.replace("called(2)", "json('[')"))


def test_a_condition_that_reads_no_column_does_not_empty_a_group(engines: Engines) -> None:
    """A query without GROUP BY has a row, unless HAVING refuses it."""
    engines.check("SELECT 1 FROM (SELECT count(*) AS n, 5 AS c FROM t) WHERE c = 6")
    engines.check("SELECT n FROM (SELECT count(*) AS n, 5 AS c FROM t) WHERE c = 5")
    engines.check("SELECT n FROM (SELECT count(*) AS n, 5 AS c FROM t GROUP BY b) WHERE c = 6")
    engines.check("WITH q AS (SELECT max(k) AS n, 5 AS c FROM t) SELECT * FROM q JOIN u WHERE c = 6")
