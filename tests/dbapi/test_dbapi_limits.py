"""Limits that a connection lowers are kept, with SQLite's errors; and no depth of the caller, or of what is asked,
meets Python's recursion limit."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

apsw = pytest.importorskip("apsw")

LOWERED = {
    "COLUMN": (
        3,
        [
            "SELECT 1, 2, 3, 4", "SELECT 1, 2, 3", "SELECT 1 ORDER BY 1, 1, 1, 1", "SELECT 1 GROUP BY 1, 1, 1, 1",
            "CREATE TABLE q (a, b, c, d)", "CREATE INDEX i ON t (a, a, a, a)", "VALUES (1, 2, 3, 4)",
            "UPDATE t SET a = 1, a = 2, a = 3, a = 4", "SELECT *, * , *, * FROM t", "SELECT 1 IN (1, 2, 3, 4, 5)",
            "INSERT INTO t (a) VALUES (1) RETURNING 1, 2, 3, 4", "SELECT x FROM (SELECT 1 AS x, 2, 3, 4)",
        ],
    ),
    "FUNCTION_ARG": (2, ["SELECT max(1, 2, 3)", "SELECT max(1, 2)", "SELECT nosuch(1, 2, 3)", "SELECT max(1, 2,"]),
    "EXPR_DEPTH": (3, ["SELECT 1 + 2 + 3 + 4", "SELECT 1 + 2 + 3", "SELECT abs(abs(abs(abs(1))))", "SELECT x + 1"]),
    "COMPOUND_SELECT": (
        2, ["SELECT 1 UNION SELECT 2 EXCEPT SELECT 3", "VALUES (1), (2), (3)", "SELECT 1 UNION SELECT 2"],
    ),
    "LIKE_PATTERN_LENGTH": (3, ["SELECT 'a' LIKE 'abcd'", "SELECT 'abc' GLOB 'abc'", "SELECT 'a' LIKE 'äü'"]),
    "VARIABLE_NUMBER": (2, ["SELECT ?, ?, ?", "SELECT :a, :b, :c"]),
    "LENGTH": (
        60,
        [
            f"SELECT '{'a' * 61}'", f"SELECT length('{'a' * 40}' || '{'b' * 40}')", "SELECT zeroblob(61)",
            "SELECT replace('aaaaaaaaaaa', 'a', 'bbbbbbbbbb')", f"SELECT hex('{'a' * 35}')", "SELECT printf('%70d', 1)",
            "SELECT length(c || c) FROM t", "SELECT c FROM t", "SELECT printf('%60d', 1)",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOWERED)
def test_lowered_limits_are_kept(driver: ModuleType, name: str) -> None:
    limit, statements = LOWERED[name]
    ours = driver.connect(":memory:", isolation_level=None)
    theirs = apsw.Connection(":memory:")
    for connection in (ours, theirs):
        connection.execute("CREATE TABLE t (a, c)")
        connection.execute(f"INSERT INTO t VALUES (1, '{'c' * 40}')")
    assert ours.setlimit(getattr(driver, f"SQLITE_LIMIT_{name}"), limit) > limit
    theirs.limit(getattr(apsw, f"SQLITE_LIMIT_{name}"), limit)
    for sql in statements:
        wanted = _outcome(lambda sql=sql: theirs.execute(sql), apsw.Error)
        assert (sql, _outcome(lambda sql=sql: ours.execute(sql), driver.Error)) == (sql, wanted)


def _outcome(execute: Callable[[], Any], errors: type[Exception]) -> Any:
    try:
        return execute().fetchall()
    except errors as error:
        return str(error)


def test_limits_of_other_connections_stay(driver: ModuleType) -> None:
    first, second = driver.connect(":memory:"), driver.connect(":memory:")
    first.setlimit(driver.SQLITE_LIMIT_COLUMN, 1)
    assert second.execute("SELECT 1, 2").fetchall() == [(1, 2)]
    first.setlimit(driver.SQLITE_LIMIT_COLUMN, 10**6)
    assert first.getlimit(driver.SQLITE_LIMIT_COLUMN) == 2000
    assert first.execute("SELECT 1, 2").fetchall() == [(1, 2)]


def _at_depth(frames: int, function: Callable[[], Any]) -> Any:
    return function() if frames == 0 else _at_depth(frames - 1, function)


DEEP = [
    "SELECT a, upper(b) FROM t WHERE a IN (SELECT max(a) FROM t GROUP BY b) ORDER BY b",
    "WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 50) SELECT sum(i) FROM r",
    f"SELECT {'(' * 400}a{' + 1)' * 400} FROM t ORDER BY 1",
    "SELECT row_number() OVER (ORDER BY b), json_extract('[[[[1]]]]', '$[0][0]') FROM t",
    "INSERT INTO t (b) SELECT b || 'x' FROM t RETURNING a",
    "UPDATE t SET b = b || 'y' WHERE a > 1",
    "CREATE TABLE u (x PRIMARY KEY, y CHECK (y > 0 AND x <> 'no'))",
    "CREATE VIEW v AS SELECT a FROM t",
    "DELETE FROM t WHERE a > 2",
]


def _run_all(connection: Any) -> list[Any]:
    results = []
    for sql in DEEP:
        results += [connection.execute(sql).fetchall()]
    connection.commit()
    connection.executescript("DROP TABLE u; DROP VIEW v")
    connection.executemany("INSERT INTO t (b) VALUES (?)", [(str(i),) for i in range(50)])
    connection.rollback()
    return [*results, connection.execute("SELECT * FROM t ORDER BY a").fetchall()]


def test_a_caller_may_stand_deep(driver: ModuleType) -> None:
    def connect() -> Any:
        connection = driver.connect(":memory:")
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(i, f"n{i}") for i in range(5)])
        connection.commit()
        return connection

    depth = len(_stack())
    limit = sys.getrecursionlimit()
    expected = _run_all(connect())
    deep = connect()
    assert _at_depth(limit - depth - 60, lambda: _run_all(deep)) == expected
    assert sys.getrecursionlimit() == limit


def _stack() -> list[Any]:
    frame: Any = sys._getframe()
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def test_where_no_call_is_left_a_change_happens_wholly_or_not_at_all(driver: ModuleType) -> None:
    connection = driver.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE)")
    acknowledged = set()
    depth = len(_stack())
    limit = sys.getrecursionlimit()
    for left in range(1, 60):
        connection.execute("SELECT 1")  # known, so that it is the run that meets the limit
        for key in range(left * 100, left * 100 + 5):
            try:
                sql = "INSERT INTO t VALUES (?, ?)"
                _at_depth(limit - depth - left, lambda key=key, sql=sql: connection.execute(sql, (key, key)))
                acknowledged.add(key)
            except (RecursionError, driver.OperationalError):
                pass
    stored = {key for (key,) in connection.execute("SELECT a FROM t")}
    assert acknowledged <= stored
    assert stored == {key for (key,) in connection.execute("SELECT b FROM t INDEXED BY sqlite_autoindex_t_1")}
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert acknowledged  # the rest of the depths is enough; how many are depends on what was compiled before


NESTED = {
    "views": lambda n: [f"CREATE VIEW v{i} AS SELECT * FROM {f'v{i - 1}' if i else 't'}" for i in range(n)]
    + [f"SELECT * FROM v{n - 1}"],
    "queries in FROM": lambda n: [f"SELECT * FROM {'(SELECT * FROM ' * n}t{')' * n}"],
    "scalar subqueries": lambda n: [f"SELECT {'(SELECT ' * n}a{')' * n} FROM t"],
    "CTEs": lambda n: [
        "WITH "
        + ", ".join(f"w{i} AS (SELECT * FROM {f'w{i - 1}' if i else 't'})" for i in range(n))
        + f" SELECT * FROM w{n - 1}"
    ],
    "JSON": lambda n: [f"SELECT json_valid('{'[' * n}{']' * n}')", f"SELECT json('{'[' * n}{']' * n}')"],
    "CASEs": lambda n: [f"SELECT {'CASE WHEN a THEN ' * n}a{' END' * n} FROM t"],
    "CHECK": lambda n: [f"CREATE TABLE u (x CHECK ({'abs(' * n}x{')' * n} > 1))", "INSERT INTO u VALUES (2)"],
    "joins": lambda n: [f"SELECT count(*) FROM {'(' * n}t{' JOIN t USING (a))' * n}"],
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("levels", [60, 300])
def test_depth_of_any_kind_is_no_python_error(driver: ModuleType, name: str, levels: int) -> None:
    connection = driver.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (1)")
    for sql in NESTED[name](levels):
        _outcome(lambda sql=sql: connection.execute(sql), driver.Error)
