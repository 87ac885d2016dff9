"""getconfig() and setconfig(): their answers are those of the standard library (from Python 3.12 on), and what they
turn off or on changes SQL as it does in SQLite (apsw)."""

# ruff: noqa: E501
from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import apsw
import pytest

import mantisdb_dbapi

NAMES = [name for name in dir(mantisdb_dbapi) if name.startswith("SQLITE_DBCONFIG_")]
OF_C_BUILDS = {"SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER", "SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION"}
"""What they are at first depends on how SQLite was compiled."""

SCHEMA = [
    "CREATE TABLE t(a UNIQUE)", "CREATE TABLE log(x)", "CREATE VIEW v AS SELECT * FROM t", "CREATE VIEW s AS SELECT \"str\" AS q",
    "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END",
    "CREATE TRIGGER i INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.a); END",
    "CREATE TEMP TRIGGER p AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a || 'temp'); END",
    "CREATE TABLE c(a CHECK (a <> \"no\"), b DEFAULT \"d\", g AS (a || \"h\"))", "CREATE INDEX ci ON c(a || \"x\") WHERE a > \"m\"",
    "CREATE TABLE parent(id INTEGER PRIMARY KEY)", "CREATE TABLE child(p REFERENCES parent)",
    "CREATE TRIGGER k AFTER DELETE ON t BEGIN INSERT INTO log SELECT \"del\"; END",
]
USES = [
    "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "SELECT * FROM log", "SELECT * FROM v", "SELECT * FROM (SELECT * FROM v)",
    "INSERT INTO v VALUES (3)", "CREATE TEMP VIEW w AS SELECT 1", "SELECT * FROM w", "CREATE VIEW w2 AS SELECT * FROM v",
    "SELECT * FROM w2", "PRAGMA table_info(v)", "DROP VIEW w2", "SELECT \"abc\"", "SELECT * FROM t WHERE a = \"zz\"", "SELECT * FROM s",
    "INSERT INTO t VALUES (\"x\")", "CREATE TABLE z(a DEFAULT \"abc\")", "INSERT INTO z DEFAULT VALUES", "SELECT * FROM z",
    "CREATE VIEW vv AS SELECT \"abc\"", "SELECT * FROM vv", "CREATE INDEX i1 ON t(a) WHERE a > \"x\"", "CREATE INDEX i3 ON t(a || \"x\")",
    "CREATE TABLE z3(a CHECK (a <> \"abc\"))", "CREATE TABLE z4(a, b AS (a || \"x\"))", "INSERT INTO c(a) VALUES ('yes'), ('zoo')",
    "SELECT * FROM c", "INSERT INTO c(a) VALUES ('no')", "SELECT count(*) FROM c WHERE a > 'm'", "CREATE TRIGGER tt AFTER DELETE ON c BEGIN SELECT \"q\"; END",
    "DELETE FROM c", "DELETE FROM t", "SELECT * FROM log", "INSERT INTO child VALUES (5)", "PRAGMA foreign_keys", "ALTER TABLE parent ADD COLUMN n CHECK (n <> \"x\")",
    "INSERT INTO t(a) VALUES (9)",
]


def _seen(driver: ModuleType) -> list[Any]:
    connection: Any = driver.connect(":memory:")
    seen: list[Any] = []

    def attempt(call: str, *arguments: Any) -> None:
        try:
            seen.append((call, arguments, getattr(connection, call)(*arguments)))
        except Exception as error:
            seen.append((call, arguments, type(error).__name__, str(error)))

    for name in NAMES:
        op = getattr(driver, name)
        assert op == getattr(mantisdb_dbapi, name)
        if name not in OF_C_BUILDS:
            attempt("getconfig", op)
        for value in (True, False, 2, "x", None, [], 0):
            attempt("setconfig", op, value)
            attempt("getconfig", op)
        attempt("setconfig", op)
        attempt("getconfig", op)
    for op in (0, 999, 1000, 1001, 1018, 1019, 2000, -1, "x", None, 1.5, 2**40, True):
        attempt("getconfig", op)
        attempt("setconfig", op)
    for pragma in ("foreign_keys", "writable_schema", "legacy_alter_table", "trusted_schema"):
        seen.append(connection.execute(f"PRAGMA {pragma}").fetchall())
    connection.close()
    attempt("getconfig", 1002)
    attempt("setconfig", 1002, True)
    return seen


@pytest.mark.skipif(not hasattr(sqlite3.Connection, "getconfig"), reason="getconfig() is new in Python 3.12")
def test_options_answer_as_the_standard_librarys() -> None:
    assert _seen(mantisdb_dbapi) == _seen(sqlite3)


def test_options_are_remembered() -> None:
    seen = _seen(mantisdb_dbapi)
    assert ("getconfig", (mantisdb_dbapi.SQLITE_DBCONFIG_ENABLE_TRIGGER,), True) in seen
    assert ("getconfig", (mantisdb_dbapi.SQLITE_DBCONFIG_ENABLE_FKEY,), False) in seen
    assert ("getconfig", (999,), "ValueError", "unknown config 'op': 999") in seen


@pytest.fixture
def pair() -> Iterator[tuple[Any, apsw.Connection]]:
    ours, theirs = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    for sql in SCHEMA:
        ours.execute(sql)
        theirs.execute(sql)
    yield ours, theirs
    ours.close()
    theirs.close()


def _answer(connection: Any, sql: str) -> Any:
    try:
        return list(connection.execute(sql))
    except (apsw.Error, mantisdb_dbapi.Error) as error:
        return str(error)


@pytest.mark.parametrize("name", ["ENABLE_TRIGGER", "ENABLE_VIEW", "DQS_DML", "DQS_DDL", "ENABLE_FKEY", "DEFENSIVE", "LEGACY_ALTER_TABLE"])
def test_an_option_changes_sql_as_in_sqlite(pair: tuple[Any, apsw.Connection], name: str) -> None:
    ours, theirs = pair
    op = getattr(mantisdb_dbapi, f"SQLITE_DBCONFIG_{name}")
    is_on = not ours.getconfig(op)
    ours.setconfig(op, is_on)
    theirs.config(op, int(is_on))
    for sql in USES:
        assert _answer(ours, sql) == _answer(theirs, sql), sql
    ours.setconfig(op, not is_on)
    theirs.config(op, int(not is_on))
    for sql in ("DELETE FROM t", "DELETE FROM log", *USES):
        assert _answer(ours, sql) == _answer(theirs, sql), sql


def test_vacuum_resets_a_database_if_it_is_told_to(pair: tuple[Any, apsw.Connection]) -> None:
    ours, theirs = pair
    for connection in pair:
        connection.execute("DROP TRIGGER p")
    ours.setconfig(mantisdb_dbapi.SQLITE_DBCONFIG_RESET_DATABASE, True)
    theirs.config(mantisdb_dbapi.SQLITE_DBCONFIG_RESET_DATABASE, 1)
    assert _answer(ours, "VACUUM") == _answer(theirs, "VACUUM") == []
    ours.setconfig(mantisdb_dbapi.SQLITE_DBCONFIG_RESET_DATABASE, False)
    theirs.config(mantisdb_dbapi.SQLITE_DBCONFIG_RESET_DATABASE, 0)
    _answer(theirs, "SELECT * FROM sqlite_master")  # "database schema has changed", the first time
    for sql in ("SELECT * FROM sqlite_master", "PRAGMA user_version", "CREATE TABLE t(a)", "INSERT INTO t VALUES (1)", "VACUUM", "SELECT * FROM t", "PRAGMA integrity_check"):
        assert _answer(ours, sql) == _answer(theirs, sql)


def test_query_only_and_ignore_check_constraints_are_kept(pair: tuple[Any, apsw.Connection]) -> None:
    ours, theirs = pair
    for sql in (
        "INSERT INTO t VALUES (1)", "PRAGMA query_only = 1", "INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (1)", "CREATE TABLE n(a)", "CREATE TEMP TABLE n(a)",
        "PRAGMA user_version = 3", "DELETE FROM t WHERE 0", "UPDATE t SET a = 5", "BEGIN IMMEDIATE", "BEGIN", "INSERT INTO t VALUES (1)", "DROP TABLE t", "SELECT * FROM t", "COMMIT", "REINDEX t",
        "PRAGMA query_only", "PRAGMA query_only = 0", "INSERT INTO t VALUES (3)", "BEGIN", "INSERT INTO t VALUES (4)", "PRAGMA query_only = 1", "INSERT INTO t VALUES (5)", "COMMIT", "PRAGMA query_only = 0",
        "SELECT * FROM t", "INSERT INTO c(a) VALUES ('no')", "PRAGMA ignore_check_constraints = 1", "INSERT INTO c(a) VALUES ('no')", "UPDATE c SET a = 'no'", "PRAGMA ignore_check_constraints = 0",
        "UPDATE c SET a = 'no'", "SELECT * FROM c", "PRAGMA integrity_check", "DELETE FROM c",
    ):
        assert _answer(ours, sql) == _answer(theirs, sql), sql
