"""Single changes, each over the same small tables, do what they do in SQLite: RETURNING and DO UPDATE with subqueries,
UPDATE OR REPLACE of keys, UPDATE FROM, and what constraints may not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw
import pytest
from side_by_side import DATA, statements_of

import mantisdb_dbapi

SCHEMA = (
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b, c REAL)",
    "INSERT INTO t VALUES (1, 10, 1.5), (2, 20, 2.5)",
    "CREATE TABLE u(x INTEGER PRIMARY KEY, y TEXT)",
    "INSERT INTO u VALUES (1, 'one'), (2, 'two'), (3, 'three')",
    "CREATE TABLE w(k TEXT, n INT, v, PRIMARY KEY(k, n)) WITHOUT ROWID",
    "INSERT INTO w VALUES ('a', 1, 'p'), ('b', 2, 'q'), ('c', 3, 'r')",
    "CREATE TABLE w2(k PRIMARY KEY, v UNIQUE, z) WITHOUT ROWID",
    "INSERT INTO w2 VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)",
)
Pair = tuple[Any, Any]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    ours, theirs = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    for connection in (ours, theirs):
        for sql in SCHEMA:
            connection.execute(sql)
    yield ours, theirs
    assert ours.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ours.close()
    theirs.close()


def _answer(connection: Any, sql: str) -> Any:
    try:
        return [tuple((type(value), value) for value in row) for row in connection.execute(sql)]
    except (apsw.Error, mantisdb_dbapi.Error) as error:
        return str(error)


def _outcome(connection: Any, sql: str) -> list[Any]:
    connection.execute("SAVEPOINT s")
    found = [_answer(connection, each) for each in (sql, "SELECT changes(), total_changes() > 0")]
    found += [_answer(connection, f"SELECT * FROM {table}") for table in ("t", "u", "w", "w2")]
    connection.execute("ROLLBACK TO s")
    connection.execute("RELEASE s")
    return found


@pytest.mark.parametrize("sql", statements_of(DATA / "single_changes.sql"))
def test_a_change_does_what_it_does_in_sqlite(pair: Pair, sql: str) -> None:
    ours, theirs = pair
    assert _outcome(ours, sql) == _outcome(theirs, sql)


def test_a_subquery_in_returning_sees_values_of_new_types() -> None:
    connections = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    for sql in (
        "CREATE TABLE t(a)",
        "INSERT INTO t VALUES (1) RETURNING (SELECT max(a) FROM t)",
        "INSERT INTO t VALUES (2), ('x'), (x'00'), (NULL) RETURNING (SELECT max(a) FROM t), (SELECT count(a) FROM t)",
        "UPDATE t SET a = a || 'y' RETURNING (SELECT group_concat(a) FROM t), a IN (SELECT q.a FROM t q)",
        "DELETE FROM t RETURNING (SELECT group_concat(a) FROM t)",
    ):
        assert _answer(connections[0], sql) == _answer(connections[1], sql), sql


# (the statement, what the same is in SQL that every SQLite has)
LIMITED = [
    (
        "UPDATE t SET b = y FROM u WHERE x = a RETURNING * ORDER BY a DESC LIMIT 1",
        "UPDATE t SET b = y FROM u WHERE x = a AND a = 2 RETURNING *",
    ),
    (
        "UPDATE t SET b = y FROM u WHERE x >= a RETURNING a LIMIT 1 OFFSET 1",
        "UPDATE t SET b = y FROM u WHERE x >= a AND a = 2 RETURNING a",
    ),
    (
        "UPDATE w SET v = y FROM u JOIN t ON t.a = u.x WHERE x = n RETURNING * ORDER BY y DESC LIMIT 5",
        "UPDATE w SET v = y FROM u JOIN t ON t.a = u.x WHERE x = n RETURNING *",
    ),
    (
        "UPDATE w AS z SET v = y FROM u, t WHERE x = n AND t.a = x RETURNING * ORDER BY z.k LIMIT 1",
        "UPDATE w AS z SET v = y FROM u, t WHERE x = n AND t.a = x AND k = 'a' RETURNING *",
    ),
]


@pytest.mark.parametrize(("sql", "same"), LIMITED)
def test_a_limit_of_update_from_counts_the_rows_that_are_changed(pair: Pair, sql: str, same: str) -> None:
    ours, theirs = pair
    assert _outcome(ours, sql) == _outcome(theirs, same)
