"""TEMP objects are a connection's own, hide others of their name, and follow its transactions: the same scripts run on
MantisDB and on apsw, statement by statement."""

# ruff: noqa: E501
from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

import mantisdb_dbapi

SCHEMAS = ("SELECT type, name, tbl_name, sql FROM sqlite_master", "SELECT type, name, tbl_name, sql FROM sqlite_temp_master")

SCRIPTS: dict[str, list[str]] = {
    "names are looked up in TEMP first": [
        "CREATE TABLE t(a, b)", "INSERT INTO t VALUES (1, 2)", "CREATE TEMP TABLE t(x)", "INSERT INTO t VALUES (9)",
        "SELECT * FROM t", "SELECT * FROM main.t", "SELECT * FROM temp.t", "SELECT t.x, main.t.a FROM temp.t, main.t",
        "SELECT temp.t.x FROM temp.t", "SELECT main.t.x FROM temp.t", "UPDATE t SET x = x + 1", "UPDATE main.t SET a = 7",
        "DELETE FROM temp.t WHERE x = 10", "SELECT count(*) FROM t", "INSERT INTO main.t SELECT x, x FROM temp.t",
        "INSERT INTO temp.t SELECT a FROM main.t", "SELECT * FROM t", "DROP TABLE t", "SELECT * FROM t", "DROP TABLE t",
        "DROP TABLE t", "SELECT * FROM temp.t", "SELECT * FROM main.t", "SELECT * FROM x.t",
    ],
    "kinds of names": [
        "CREATE TABLE temp.a(x)", "CREATE TEMPORARY TABLE IF NOT EXISTS a(x)", "CREATE TEMP TABLE main.b(x)", "CREATE TEMP TABLE a(y)",
        "CREATE TEMP TABLE temp.c(x)", "CREATE TABLE a(x)", "CREATE TABLE nosuch.a(x)", "SELECT name FROM sqlite_temp_master",
        "SELECT name FROM sqlite_temp_schema", "SELECT name FROM temp.sqlite_master", "SELECT name FROM sqlite_master",
        "CREATE TEMP TABLE d AS SELECT 1 AS one, 'x' AS two UNION SELECT 2, 'y'", "SELECT * FROM d", "SELECT sql FROM temp.sqlite_master",
        "INSERT INTO sqlite_temp_master VALUES (1, 2, 3, 4, 5)", "DROP TABLE sqlite_temp_master", "CREATE TEMP TABLE sqlite_x(a)",
    ],
    "indexes": [
        "CREATE TABLE m(a)", "CREATE TEMP TABLE t(a, b)", "CREATE INDEX i ON t(a)", "CREATE UNIQUE INDEX temp.j ON t(b)",
        "CREATE INDEX main.k ON t(a)", "CREATE INDEX temp.l ON m(a)", "CREATE INDEX k ON m(a)", "CREATE INDEX i ON m(a)",
        "INSERT INTO t VALUES (1, 1), (2, 2)", "INSERT INTO t VALUES (3, 1)", "SELECT * FROM t WHERE a = 2", "SELECT * FROM t INDEXED BY i WHERE a > 0",
        "SELECT name FROM sqlite_temp_master", "DROP INDEX temp.j", "INSERT INTO t VALUES (3, 1)", "DROP INDEX i", "DROP INDEX i", "SELECT name FROM sqlite_master",
    ],
    "they follow transactions and savepoints": [
        "CREATE TABLE m(a)", "BEGIN", "INSERT INTO m VALUES (1)", "CREATE TEMP TABLE t(a)", "INSERT INTO t VALUES (1)", "SAVEPOINT s",
        "INSERT INTO t VALUES (2)", "INSERT INTO m VALUES (2)", "CREATE TEMP TABLE u(a)", "SELECT name FROM sqlite_temp_master", "ROLLBACK TO s",
        "SELECT * FROM t", "SELECT * FROM u", "SELECT * FROM m", "INSERT INTO t VALUES (3)", "COMMIT", "SELECT * FROM t", "SELECT * FROM m", "BEGIN",
        "DROP TABLE t", "INSERT INTO m VALUES (4)", "ROLLBACK", "SELECT * FROM t", "SELECT * FROM m", "BEGIN", "CREATE TEMP TABLE w(a)", "ROLLBACK",
        "SELECT * FROM w",
    ],
    "keys and constraints": [
        "CREATE TEMP TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT NOT NULL UNIQUE, c CHECK (c > 0))", "INSERT INTO t(b, c) VALUES ('x', 1)",
        "INSERT INTO t(b, c) VALUES ('x', 1)", "INSERT INTO t(b, c) VALUES ('y', 0)", "INSERT INTO t(b) VALUES (NULL)", "INSERT INTO t(b) VALUES ('z')",
        "SELECT * FROM temp.sqlite_sequence", "REPLACE INTO t VALUES (1, 'z', 5)", "SELECT * FROM t",
        "INSERT INTO t(b, c) VALUES ('z', 9) ON CONFLICT (b) DO UPDATE SET c = excluded.c", "SELECT * FROM t",
        "CREATE TEMP TABLE w(a PRIMARY KEY, b) WITHOUT ROWID", "INSERT INTO w VALUES ('b', 1), ('a', 2)", "SELECT * FROM w",
    ],
    "foreign keys are those of one database": [
        "PRAGMA foreign_keys = 1", "CREATE TABLE p(id INTEGER PRIMARY KEY)", "INSERT INTO p VALUES (1)", "CREATE TEMP TABLE c(p REFERENCES p ON DELETE CASCADE)",
        "INSERT INTO c VALUES (1)", "CREATE TEMP TABLE p(id INTEGER PRIMARY KEY)", "INSERT INTO temp.p VALUES (5)", "INSERT INTO c VALUES (5)", "INSERT INTO c VALUES (6)",
        "DELETE FROM p", "SELECT * FROM c", "DELETE FROM main.p",
    ],
    "views": [
        "CREATE TABLE t(a)", "INSERT INTO t VALUES (1)", "CREATE VIEW v AS SELECT a FROM t", "CREATE TEMP VIEW w AS SELECT a + 10 AS b FROM t",
        "SELECT * FROM v, w", "CREATE TEMP TABLE t(a)", "SELECT * FROM v", "SELECT * FROM w", "CREATE TEMP VIEW v AS SELECT 'temp'", "SELECT * FROM v",
        "SELECT * FROM main.v", "DROP VIEW v", "SELECT * FROM v", "DROP VIEW temp.v", "DROP VIEW w",
    ],
    "triggers": [
        "CREATE TABLE t(a)", "CREATE TABLE log(x)", "CREATE TRIGGER m AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('main ' || new.a); END",
        "CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('temp ' || new.a); END", "INSERT INTO t VALUES (1)", "SELECT * FROM log",
        "CREATE TEMP TABLE log(x)", "INSERT INTO t VALUES (2)", "SELECT * FROM main.log", "SELECT * FROM temp.log", "CREATE TEMP TABLE t(a)",
        "INSERT INTO t VALUES (3)", "INSERT INTO main.t VALUES (4)", "SELECT * FROM main.log", "SELECT * FROM temp.log",
        "CREATE TRIGGER s AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('s'); END", "INSERT INTO temp.t VALUES (5)", "SELECT * FROM temp.log",
        "SELECT name, tbl_name FROM sqlite_temp_master WHERE type = 'trigger'", "DROP TRIGGER m", "DROP TRIGGER r", "DROP TRIGGER r",
        "CREATE TEMP TRIGGER q AFTER INSERT ON main.t BEGIN SELECT 1; END", "DROP TABLE main.t", "SELECT name FROM sqlite_temp_master WHERE type = 'trigger'",
    ],
    "PRAGMAs": [
        "CREATE TABLE t(a, b)", "CREATE TEMP TABLE t(x UNIQUE)", "PRAGMA table_info(t)", "PRAGMA main.table_info(t)", "PRAGMA temp.table_info(t)",
        "PRAGMA temp.index_list(t)", "PRAGMA main.index_list(t)", "PRAGMA temp.user_version = 5", "PRAGMA temp.user_version", "PRAGMA user_version",
        "PRAGMA nosuch.user_version", "SELECT name FROM pragma_table_info('t', 'main')", "PRAGMA integrity_check",
    ],
}


def _answer(connection: Any, sql: str) -> Any:
    try:
        return [tuple(row) for row in connection.execute(sql)]
    except (apsw.Error, mantisdb_dbapi.Error) as error:
        return str(error)


@pytest.mark.parametrize("title", SCRIPTS)
def test_a_script_does_what_sqlite_does(title: str) -> None:
    theirs, ours = apsw.Connection(":memory:"), mantisdb_dbapi.connect(":memory:", isolation_level=None)
    for sql in [*SCRIPTS[title], *SCHEMAS]:
        assert _answer(ours, sql) == _answer(theirs, sql), sql
    assert _answer(ours, "PRAGMA integrity_check") == [("ok",)]
    ours.close()
    theirs.close()


def test_nobody_else_sees_them_and_they_do_not_stay(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    one, other = mantisdb_dbapi.connect(path), mantisdb_dbapi.connect(path)
    one.execute("CREATE TABLE m(a)")
    one.execute("CREATE TEMP TABLE t(a)")
    one.execute("INSERT INTO t VALUES (1)")
    one.execute("INSERT INTO m SELECT a FROM t")
    one.commit()
    with pytest.raises(mantisdb_dbapi.OperationalError, match="no such table: t"):
        other.execute("SELECT * FROM t")
    other.execute("CREATE TEMP TABLE t(b)")
    other.execute("INSERT INTO t VALUES (2)")
    assert one.execute("SELECT * FROM t").fetchall() == [(1,)]
    assert other.execute("SELECT * FROM m, t").fetchall() == [(1, 2)]
    other.rollback()
    one.close()
    other.close()
    again = mantisdb_dbapi.connect(path)
    assert again.execute("SELECT name FROM sqlite_master").fetchall() == [("m",)]
    assert again.execute("SELECT name FROM sqlite_temp_master").fetchall() == []
    assert again.execute("SELECT * FROM m").fetchall() == [(1,)]
    again.close()


def test_a_conflict_in_the_file_undoes_both(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    one, other = (mantisdb_dbapi.connect(path, isolation_level=None) for _ in range(2))
    one.execute("CREATE TABLE m(a INTEGER PRIMARY KEY, b)")
    one.execute("INSERT INTO m VALUES (1, 0)")
    one.execute("CREATE TEMP TABLE t(a)")
    one.execute("BEGIN")
    one.execute("INSERT INTO t VALUES (1)")
    one.execute("UPDATE m SET b = 1")
    other.execute("UPDATE m SET b = 2")
    with pytest.raises(mantisdb_dbapi.OperationalError, match="another transaction"):
        one.execute("COMMIT")
    assert one.execute("SELECT * FROM t").fetchall() == []
    assert one.execute("SELECT * FROM m").fetchall() == [(1, 2)]
    one.close()
    other.close()
