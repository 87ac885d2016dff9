"""Who wants a few rows only does not pay for all of them: LIMIT, EXISTS, and cursors that are not read to the end.

How far a query goes is told by a function that counts its calls. SQLite goes row by row, MantisDB by batches: what is
asked is that a query stops long before its end, with SQLite's rows. A query that has no end stops at all.
"""

from __future__ import annotations

import sqlite3
from types import ModuleType
from typing import Any

import pytest

ROWS = 20_000
FAR = ROWS // 2

FEW_ROWS = [
    "SELECT seen(a) FROM t UNION ALL SELECT seen(a) FROM u LIMIT 3",
    "SELECT seen(a) FROM t UNION ALL SELECT seen(a) FROM u LIMIT 3 OFFSET 2",
    "SELECT * FROM (SELECT seen(a) FROM t UNION ALL SELECT seen(a) FROM u) LIMIT 3",
    "SELECT x FROM v LIMIT 2",
    "SELECT EXISTS (SELECT seen(a) FROM t UNION ALL SELECT seen(a) FROM u)",
    "SELECT EXISTS (SELECT 1 FROM v WHERE x > 5)",
    "SELECT (SELECT x FROM v WHERE x > 5)",
    "SELECT a, seen(a) FROM t UNION ALL SELECT a, seen(a) FROM u ORDER BY 1 LIMIT 3 OFFSET 1",
    "SELECT seen(a), a FROM t UNION ALL SELECT seen(a), a FROM u WHERE b <> 'n7' UNION ALL SELECT 6, 6 "
    "ORDER BY a DESC LIMIT 5",
    "SELECT * FROM (SELECT a, seen(a) AS s FROM t UNION ALL SELECT a, seen(a) FROM u) ORDER BY a LIMIT 4",
    "SELECT s, a FROM (SELECT a, seen(a) AS s, b FROM t UNION ALL SELECT a, seen(a), b FROM u) "
    "WHERE a BETWEEN 5 AND 9000 ORDER BY 2 DESC LIMIT 4 OFFSET 2",
    "SELECT seen(a) FROM t WHERE a > 5 LIMIT 3",
    "SELECT seen(a), row_number() OVER () FROM t LIMIT 3",
    "SELECT DISTINCT seen(a) % 7 FROM t LIMIT 3 OFFSET 1",
    "SELECT DISTINCT t.a / 2, seen(u.a) FROM t JOIN u ON u.a = t.a LIMIT 5",
    "SELECT a, lag(seen(a), 1, 0) OVER (ORDER BY a), sum(seen(a)) OVER (ORDER BY a) FROM t ORDER BY a LIMIT 3 OFFSET 2",
    "SELECT a, lead(seen(a), 5) OVER w, rank() OVER w FROM t WHERE a > 50 WINDOW w AS (ORDER BY a DESC) LIMIT 3",
    "SELECT t.a, sum(seen(u.a)) FROM t LEFT JOIN u ON u.a = t.a GROUP BY t.a LIMIT 4",
    "SELECT t.a, max(seen(t.a)), t.b FROM t JOIN u ON u.a = t.a GROUP BY t.a ORDER BY t.a DESC LIMIT 3",
    "SELECT m, n FROM (SELECT a / 2 AS n, seen(max(a)) AS m, count(*) FROM t GROUP BY a) LIMIT 3 OFFSET 2",
    "SELECT g.* FROM (SELECT t.a, sum(seen(u.a)) FROM t LEFT JOIN u ON u.a = t.a GROUP BY t.a) AS g LIMIT 4",
    "SELECT x + 1 FROM (SELECT DISTINCT seen(a) AS x FROM t) LIMIT 3",
    "SELECT s FROM (SELECT seen(a) AS s, b, a FROM t ORDER BY b) LIMIT 4 OFFSET 1",
    "SELECT seen(a) FROM t WHERE 0 UNION ALL VALUES (7) UNION ALL SELECT max(a) FROM t LIMIT 1",
]


@pytest.fixture
def counting(driver: ModuleType) -> tuple[Any, list[int]]:
    """A connection to two tables, and what its function has seen."""
    connection, calls = driver.connect(":memory:"), []

    def seen(value: int) -> int:
        calls.append(value)
        return value

    connection.create_function("seen", 1, seen, deterministic=True)
    for table in "tu":
        connection.execute(f"CREATE TABLE {table} (a INTEGER PRIMARY KEY, b TEXT)")
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", ((n, f"n{n}") for n in range(ROWS)))
    connection.execute("CREATE VIEW v (x) AS SELECT seen(a) FROM t UNION ALL SELECT seen(a) FROM u")
    return connection, calls


@pytest.fixture(scope="module")
def theirs() -> Any:
    connection = sqlite3.connect(":memory:")
    connection.create_function("seen", 1, lambda value: value, deterministic=True)
    for table in "tu":
        connection.execute(f"CREATE TABLE {table} (a INTEGER PRIMARY KEY, b TEXT)")
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", ((n, f"n{n}") for n in range(ROWS)))
    connection.execute("CREATE VIEW v (x) AS SELECT seen(a) FROM t UNION ALL SELECT seen(a) FROM u")
    return connection


@pytest.mark.parametrize("sql", FEW_ROWS)
def test_a_query_goes_no_further_than_its_first_rows_need(
    counting: tuple[Any, list[int]], theirs: Any, sql: str
) -> None:
    connection, calls = counting
    assert connection.execute(sql).fetchall() == theirs.execute(sql).fetchall()
    assert len(calls) < FAR


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT seen(a) FROM t UNION ALL SELECT seen(a) FROM u",
        "SELECT x FROM v",
        "SELECT x + 1 FROM v WHERE x > 3",
        "SELECT seen(t.a) FROM t, u",
    ],
)
def test_a_cursor_goes_no_further_than_it_is_read(counting: tuple[Any, list[int]], theirs: Any, sql: str) -> None:
    connection, calls = counting
    cursor = connection.execute(sql)
    assert [cursor.fetchone() for _ in range(5)] == theirs.execute(sql).fetchmany(5)
    cursor.close()
    assert len(calls) < FAR


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("SELECT value FROM generate_series(0, 9223372036854775807)", [0, 1, 2]),
        ("SELECT value * 2 FROM generate_series(5, 9223372036854775807) WHERE value % 2", [10, 14, 18]),
        ("SELECT -value FROM generate_series(1, 9223372036854775807), t WHERE t.a = 1", [-1, -2, -3]),
        ("WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x * x FROM n", [1, 4, 9]),
        ("SELECT -1 UNION ALL SELECT value FROM generate_series(0, 9223372036854775807)", [-1, 0, 1]),
    ],
)
def test_a_cursor_reads_from_what_has_no_end(counting: tuple[Any, list[int]], sql: str, first: list[int]) -> None:
    connection, _ = counting
    cursor = connection.execute(sql)
    assert [value for (value,) in cursor.fetchmany(3)] == first
    cursor.close()


def test_the_rows_of_all_arms_come_in_turn(counting: tuple[Any, list[int]], theirs: Any) -> None:
    connection, _ = counting
    for sql in (
        "SELECT a, b FROM t UNION ALL SELECT a, b FROM u WHERE a > 10 UNION ALL VALUES (1, 2), (3, 4) "
        "UNION ALL SELECT max(a), b FROM t UNION ALL SELECT DISTINCT a % 3, '' FROM t",
        "SELECT a, b FROM t UNION ALL SELECT a, b FROM u ORDER BY b, a LIMIT -1 OFFSET 39990",
        "SELECT b, a FROM (SELECT a, b FROM t UNION ALL SELECT a, b FROM u) ORDER BY b DESC, a LIMIT 5 OFFSET 3",
        "SELECT b, a FROM (SELECT a, b FROM t UNION ALL SELECT 7, a FROM u) ORDER BY b, 2 LIMIT 5",
        "SELECT n FROM (SELECT count(*) AS n, b FROM t GROUP BY a % 5 UNION ALL SELECT a, b FROM u) ORDER BY 1 LIMIT 3",
        "SELECT b, a FROM (SELECT DISTINCT a / 2 AS a, b FROM t UNION ALL SELECT a, b FROM u) ORDER BY b, a LIMIT 3",
        "SELECT a FROM t UNION ALL SELECT a FROM u ORDER BY a LIMIT 0",
        "SELECT count(*), sum(x), min(x) FROM v",
        "SELECT x % 7, count(*) FROM v GROUP BY 1",
        "SELECT * FROM v JOIN u ON u.a = v.x WHERE u.a < 100 ORDER BY 1, 2, 3",
        "SELECT p.x, q.x FROM v AS p JOIN v AS q ON p.x = q.x WHERE p.x < 10 ORDER BY 1, 2",
        "SELECT a, (SELECT count(*) FROM v WHERE x = a) FROM t WHERE a < 20",
    ):
        assert connection.execute(sql).fetchall() == theirs.execute(sql).fetchall()


@pytest.mark.parametrize("offset", [0, 1, 63, 64, 65, 1000, ROWS - 1, ROWS, ROWS + 1, -1])
def test_an_offset_leaves_out_the_rows_before_it(counting: tuple[Any, list[int]], theirs: Any, offset: int) -> None:
    connection, _ = counting
    for limit in (0, 1, 150, -1):
        for sql in (
            "SELECT * FROM t LIMIT ? OFFSET ?",
            "SELECT b, a + 1 FROM t ORDER BY a LIMIT ? OFFSET ?",
            "SELECT seen(a) FROM t ORDER BY a DESC LIMIT ? OFFSET ?",
            "SELECT a FROM t WHERE a % 3 LIMIT ? OFFSET ?",
            "SELECT rowid, b FROM t LIMIT ? OFFSET ?",
            "SELECT * FROM (SELECT b FROM t LIMIT ? OFFSET ?)",
        ):
            expected = theirs.execute(sql, (limit, offset)).fetchall()
            assert connection.execute(sql, (limit, offset)).fetchall() == expected


@pytest.mark.parametrize("offset", [0, 1, 63, 64, 65, 1000, ROWS, -1])
def test_an_offset_leaves_out_entries_of_an_index(counting: tuple[Any, list[int]], theirs: Any, offset: int) -> None:
    connection, calls = counting
    connection.execute("CREATE INDEX t_b ON t(b)")
    for limit in (0, 1, 150, -1):
        for sql in (
            "SELECT a, b FROM t WHERE b > 'n3' ORDER BY b LIMIT ? OFFSET ?",
            "SELECT b FROM t WHERE b > 'n3' ORDER BY b DESC LIMIT ? OFFSET ?",
            "SELECT rowid, b FROM t WHERE b BETWEEN 'n1' AND 'n4' ORDER BY b DESC LIMIT ? OFFSET ?",
            "SELECT b FROM t WHERE b < 'n5' AND a % 7 ORDER BY b LIMIT ? OFFSET ?",
        ):
            expected = theirs.execute(sql, (limit, offset)).fetchall()
            assert connection.execute(sql, (limit, offset)).fetchall() == expected
    connection.execute("SELECT seen(a) FROM t WHERE b > 'n3' ORDER BY b LIMIT 5 OFFSET 1000").fetchall()
    assert 5 <= len(calls) < 200
