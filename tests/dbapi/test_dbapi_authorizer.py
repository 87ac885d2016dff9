"""set_authorizer() asks what sqlite3's does, and its answers have the same effect."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import mantisdb_dbapi

SCHEMA = (
    "CREATE TABLE t(a PRIMARY KEY, b, c INTEGER)", "CREATE TABLE u(id INTEGER PRIMARY KEY, x)",
    "CREATE VIEW v AS SELECT a, b FROM t", "INSERT INTO t VALUES (1, 2, 3), (2, 2, 4)", "INSERT INTO u VALUES (1, 7)",
    "CREATE TABLE log(z)", "CREATE INDEX tb ON t(b)", "CREATE TABLE w(k, v)", "CREATE TABLE p(id INTEGER PRIMARY KEY)",
    "CREATE TRIGGER wt AFTER INSERT ON w WHEN new.k > 0"
    " BEGIN INSERT INTO log VALUES (new.v); UPDATE u SET x = new.k WHERE id = 1; END",
    "CREATE TRIGGER wd BEFORE DELETE ON w BEGIN SELECT old.k; END",
    "CREATE VIEW vv AS SELECT * FROM v JOIN u ON v.a = u.id", "CREATE TEMP TABLE tt(a)",
    "CREATE TABLE ch(p REFERENCES p ON DELETE CASCADE, q CHECK (q > 0), d DEFAULT (abs(1)))",
)
ASKED = [
    line.removesuffix(";")
    for line in (Path(__file__).parent / "data" / "authorizer.sql").read_text().splitlines()
    if not line.startswith("--")
]


def _connection(module: ModuleType) -> Any:
    connection = module.connect(":memory:", isolation_level=None)
    for sql in SCHEMA:
        connection.execute(sql)
    return connection


def _outcome(connection: Any, sql: str) -> Any:
    try:
        return connection.execute(sql).fetchall()
    except Exception as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize("sql", ASKED)
def test_the_same_is_asked(sql: str) -> None:
    found = []
    for module in (mantisdb_dbapi, sqlite3):
        connection, questions = _connection(module), set()
        connection.set_authorizer(lambda *question, seen=questions: (seen.add(question), sqlite3.SQLITE_OK)[1])
        outcome = _outcome(connection, sql)
        found.append((outcome, questions))
        connection.set_authorizer(None)
        connection.close()
    (ours, our_questions), (theirs, their_questions) = found
    if not sql.startswith("EXPLAIN"):
        assert ours == theirs
    assert _compared(our_questions) == _compared(their_questions)


def _compared(questions: set[Any]) -> set[Any]:
    """Without what is known to differ: SQLite's own queries of the schema table and the columns of table-valued
    functions; and SQLite 3.40 tells of a table of which nothing is read in some joins and of rowids, too."""
    functions = ("json_each", "pragma_table_info")
    return {q for q in questions if q[2] != "" and not str(q[1]).startswith("sqlite_") and q[1] not in functions}


ANSWERS: list[tuple[str, Any, list[str]]] = [
    ("a column is denied", lambda action, a, b, d, o: action == sqlite3.SQLITE_READ and b == "b",
     ["SELECT a FROM t", "SELECT a, b FROM t", "UPDATE t SET a = b", "SELECT a FROM v", "SELECT * FROM u"]),
    ("a column is ignored", lambda action, a, b, d, o: 2 * (action == sqlite3.SQLITE_READ and b == "b"),
     ["SELECT a, b FROM t", "SELECT a FROM t WHERE b = 2", "SELECT count(b), count(*) FROM t"]),
    ("queries are denied", lambda action, a, b, d, o: action == sqlite3.SQLITE_SELECT, ["SELECT 1", "DELETE FROM u"]),
    ("queries are ignored", lambda action, a, b, d, o: 2 * (action == sqlite3.SQLITE_SELECT), ["SELECT a FROM t"]),
    ("a function is denied", lambda action, a, b, d, o: action == sqlite3.SQLITE_FUNCTION and b == "upper",
     ["SELECT upper('a')", "SELECT lower('A')"]),
    ("a function is ignored", lambda action, a, b, d, o: 2 * (action == sqlite3.SQLITE_FUNCTION and b == "upper"),
     ["SELECT upper('a'), lower('A')"]),
    ("changes are denied", lambda action, a, b, d, o: action in (9, 18, 23),
     ["INSERT INTO t VALUES (5, 5, 5)", "UPDATE t SET b = 1", "DELETE FROM t", "SELECT a FROM t"]),
    ("changes are ignored", lambda action, a, b, d, o: 2 * (action in (18, 23)),
     ["INSERT INTO t VALUES (5, 5, 5)", "UPDATE t SET b = 77", "SELECT * FROM t"]),
    ("one column is left as it is", lambda action, a, b, d, o: 2 * (action == 23 and b == "b"),
     ["UPDATE t SET b = 77, c = 78", "SELECT * FROM t"]),
    ("commands are denied", lambda action, a, b, d, o: action in (1, 2, 8, 11, 19, 22, 24, 26, 32),
     ["CREATE TABLE n(a)", "CREATE INDEX i ON t(b)", "CREATE VIEW n AS SELECT 1", "DROP TABLE t", "PRAGMA user_version",
      "BEGIN", "SAVEPOINT s", "ATTACH ':memory:' AS m", "ALTER TABLE t RENAME TO n", "SELECT a FROM t"]),
    ("a PRAGMA is ignored", lambda action, a, b, d, o: 2 * (action == 19), ["PRAGMA user_version"]),
    ("no answer that is known", lambda *question: 7, ["SELECT 1"]),
    ("no number", lambda *question: "x", ["SELECT 1"]),
    ("an exception", lambda *question: 1 // 0, ["SELECT 1"]),
]


@pytest.mark.parametrize(("title", "callback", "statements"), ANSWERS, ids=[title for title, _, _ in ANSWERS])
def test_answers_have_the_same_effect(title: str, callback: Any, statements: list[str]) -> None:
    ours, theirs = _connection(mantisdb_dbapi), _connection(sqlite3)
    for connection in (ours, theirs):
        connection.set_authorizer(callback)
    for sql in statements:
        assert _outcome(ours, sql) == _outcome(theirs, sql), sql
    for connection in (ours, theirs):
        connection.set_authorizer(None)
    assert _outcome(ours, "SELECT * FROM t") == _outcome(theirs, "SELECT * FROM t")
    ours.close()
    theirs.close()


def test_statements_that_are_known_ask_again() -> None:
    connection = _connection(mantisdb_dbapi)
    assert connection.execute("SELECT b FROM t").fetchall() == [(2,), (2,)]
    connection.set_authorizer(lambda *question: mantisdb_dbapi.SQLITE_DENY)
    with pytest.raises(mantisdb_dbapi.DatabaseError, match="not authorized"):
        connection.execute("SELECT b FROM t")
    connection.set_authorizer(None)
    assert connection.execute("SELECT b FROM t").fetchall() == [(2,), (2,)]
    connection.close()
