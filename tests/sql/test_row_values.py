"""Row values wherever SQLite (apsw) has them: comparisons with subqueries, BETWEEN, CASE, IN lists, SET; and its words
where a row stands for one value."""

from __future__ import annotations

import pytest
from side_by_side import Pair

SETUP = (
    "CREATE TABLE t (a, b)",
    "INSERT INTO t VALUES (1, 2), (3, 1), (NULL, 1)",
    "CREATE TABLE u (a TEXT, b INTEGER COLLATE NOCASE)",
    "INSERT INTO u VALUES ('1', 2), ('x', 'A')",
)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CASE (1, 1) WHEN (1, 1) THEN 1 END, CASE (1, 2) WHEN (1, 1) THEN 1 WHEN (1, 2) THEN 2 END",
        "SELECT * FROM t WHERE (a, b) = (SELECT 1, 2)",
        "SELECT * FROM t WHERE (a, b) > (SELECT a, b FROM t AS x WHERE x.a = t.a - 2)",
        "SELECT * FROM t WHERE (a, b) BETWEEN (1, 1) AND (SELECT 3, 0)",
        "SELECT (SELECT 1, 2) = (1, 2), (SELECT 1, 2) < (SELECT 1, 3), (SELECT a, b FROM t WHERE 0) IS (NULL, NULL)",
        "SELECT (SELECT max(a), b FROM t) = (3, 1), (SELECT count(*), 1 FROM t WHERE 0) = (0, 1)",
        "SELECT (1, 2) NOT IN ((1, 3), (NULL, 2)), (1, 2) IN ((1, 2), (3, 4)), (1, NULL) IN ((2, NULL)), (1, 2) IN ()",
        "SELECT * FROM t WHERE (a, b) IN ((1, 2), (3, b))",
        "SELECT * FROM t WHERE (a, b) NOT IN ((1, 2), (3, b))",
        "SELECT a, b FROM u WHERE (a, b) IN ((1, '2'), ('X', 'a'), ('x', 'a'))",
        "SELECT count(*) FROM t GROUP BY (a, b) = (SELECT 1, 2)",
        "SELECT (SELECT 1, 2)",
        "SELECT (SELECT 1, 2) + 1",
        "SELECT 1 = (SELECT 1, 2)",
        "SELECT (1, 2) = (SELECT 1)",
        "SELECT (1, 2, 3) = (SELECT 1, 2)",
        "SELECT abs((SELECT 1, 2))",
        "SELECT max((SELECT 1, 2))",
        "SELECT 1 WHERE (SELECT 1, 2)",
        "SELECT 1 FROM t ORDER BY (SELECT 1, 2)",
        "SELECT (SELECT 1, 2) IS NULL",
        "SELECT 1 BETWEEN (1, 2) AND (1, 2)",
        "SELECT (1, 2) IN (1)",
        "SELECT (1, 2) IN ((1, 2, 3))",
        "SELECT 1 IN ((1, 2))",
    ],
)
def test_rows_are_compared_as_sqlite_does(sql: str) -> None:
    pair = Pair()
    for setup in SETUP:
        assert pair.difference(setup) is None
    assert pair.difference(sql) is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE u SET (a, b) = (SELECT count(*), 1 FROM t WHERE 0)",
        "UPDATE u SET (a, b) = (SELECT max(a), b FROM t)",
        "UPDATE u SET (a, b) = (SELECT a, u.b + b FROM t WHERE t.b < u.b ORDER BY a DESC)",
        "UPDATE u SET (a, b) = (SELECT DISTINCT b, a FROM t UNION SELECT 0, 0 ORDER BY 1)",
        "UPDATE u SET (a, b) = (VALUES (7, 9))",
        "UPDATE u SET (b, a) = (7, a || b)",
        "INSERT INTO u (rowid, a) VALUES (1, 5) ON CONFLICT DO UPDATE SET (a, b) = (SELECT 4, 5)",
        "UPDATE u SET (a, b) = (SELECT 1, 2, 3)",
        "UPDATE u SET (a, b) = 1",
        "UPDATE u SET a = (SELECT 1, 2)",
        "UPDATE u SET a = (1, 2)",
    ],
)
def test_rows_are_assigned_as_sqlite_does(sql: str) -> None:
    pair = Pair()
    for statement in (*SETUP, sql, "SELECT rowid, * FROM u ORDER BY rowid"):
        assert pair.difference(statement) is None
