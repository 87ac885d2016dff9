"""What statements that fail add to total_changes(), and what changes() says after them, is as in SQLite."""

# ruff: noqa: E501
from __future__ import annotations

from contextlib import suppress
from typing import Any

import apsw
import pytest

import mantisdb_dbapi

SCHEMA = [
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE, c CHECK (c > 0))',
    'INSERT INTO t VALUES (1,1,1),(2,2,2),(3,3,3)',
    'CREATE TABLE log(x)',
    'CREATE TABLE s(a INT) STRICT',
    'CREATE TABLE w(k PRIMARY KEY, v) WITHOUT ROWID',
    'INSERT INTO w VALUES(1,1),(2,2)',
    'CREATE TABLE p(id INTEGER PRIMARY KEY)',
    'CREATE TABLE ch(p REFERENCES p)',
    'INSERT INTO p VALUES(1)',
    'INSERT INTO ch VALUES(1)',
    'CREATE TABLE g(x)',
    "CREATE TRIGGER gt AFTER INSERT ON g BEGIN INSERT INTO log VALUES(new.x); SELECT CASE WHEN new.x = 3 THEN RAISE(ABORT,'no') WHEN new.x = 4 THEN RAISE(FAIL,'nf') WHEN new.x=5 THEN RAISE(ROLLBACK,'nr') END; END",

]
STATEMENTS = [
    'INSERT INTO t VALUES (4,4,4),(5,5,-1)',
    'INSERT INTO t VALUES (4,4,4),(5,1,1)',
    'INSERT INTO t VALUES (4,4,4),(1,9,9)',
    'INSERT OR FAIL INTO t VALUES (4,4,4),(5,5,5),(6,1,1)',
    'INSERT OR IGNORE INTO t VALUES (7,7,7),(8,1,1),(9,9,9)',
    'INSERT OR REPLACE INTO t VALUES (10,10,10),(11,11,-1)',
    'UPDATE t SET b = b + 1',
    'UPDATE t SET c = c - 2',
    'UPDATE t SET b = 100',
    'UPDATE OR FAIL t SET b = CASE WHEN a < 3 THEN a + 100 ELSE 101 END',
    'UPDATE t SET a = a + 1',
    'DELETE FROM p',
    'PRAGMA foreign_keys=1',
    'DELETE FROM p',
    'INSERT INTO ch VALUES (1),(99)',
    "INSERT INTO s VALUES (1),('x')",
    'INSERT INTO g VALUES (1),(2),(3)',
    'INSERT INTO g VALUES (1),(4),(6)',
    'INSERT INTO g VALUES(1)',
    'INSERT INTO w VALUES (5,5),(1,1)',
    'UPDATE w SET k = 1',
    'UPDATE OR FAIL w SET k = k + 1',
    'INSERT INTO t SELECT a+100, b+1000, c FROM t UNION ALL SELECT 1, 1, 1',
    'DELETE FROM t WHERE CASE WHEN a = 2 THEN abs(-9223372036854775808) ELSE 1 END',
    'UPDATE t SET b = CASE WHEN a = 2 THEN abs(-9223372036854775808) ELSE 77 END',
    'INSERT INTO log SELECT CASE WHEN a = 2 THEN abs(-9223372036854775808) ELSE 77 END FROM t',
    'BEGIN',
    'INSERT INTO log VALUES (1)',
    'INSERT INTO t VALUES (40,40,4),(50,50,-1)',
    'INSERT OR ROLLBACK INTO t VALUES (41,41,4),(51,51,-1)',
    'SELECT changes()',
    'BEGIN',
    'INSERT INTO g VALUES (1),(5)',
    'INSERT INTO g VALUES (8),(9),(5)',
    'REPLACE INTO t VALUES(1,2,5)',
    'INSERT INTO t VALUES (60,60,60),(61,61,-1) RETURNING a',
    'INSERT OR FAIL INTO t VALUES (62,62,60),(63,63,-1) RETURNING a',
    'INSERT INTO t VALUES (1,1,1) ON CONFLICT(a) DO UPDATE SET c = -1',
]


def _outcome(connection: Any, sql: str) -> Any:
    try:
        return list(connection.execute(sql))
    except (apsw.Error, mantisdb_dbapi.Error) as error:
        return str(error)


@pytest.mark.parametrize("in_savepoint", [False, True])
def test_failed_statements_count_what_sqlite_counts(in_savepoint: bool) -> None:
    connections: list[Any] = [mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")]
    for connection in connections:
        for sql in SCHEMA:
            connection.execute(sql)
    for sql in STATEMENTS:
        found = []
        for connection in connections:
            within = in_savepoint and not sql.startswith(("BEGIN", "PRAGMA"))
            if within:
                connection.execute("SAVEPOINT s")
            outcome = _outcome(connection, sql)
            if within:
                with suppress(apsw.Error, mantisdb_dbapi.Error):  # the statement may have rolled all back
                    connection.execute("RELEASE s")
            found.append((outcome, _outcome(connection, "SELECT changes(), total_changes()")))
        assert found[0] == found[1], sql
    for connection in connections:
        connection.close()
