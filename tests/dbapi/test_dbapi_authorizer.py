"""set_authorizer() asks what sqlite3's does, and its answers have the same effect."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any

import apsw
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
    """Without SQLite's own queries of the schema table, and tables of which no column is read: in views and tables of
    WITH, they are told by other names in each version."""
    return {q for q in questions if q[2] != "" and not str(q[1]).startswith("sqlite_")}


@pytest.mark.parametrize("sql", [
    "SELECT 1 FROM t", "SELECT rowid FROM t", "SELECT id FROM u", "SELECT main.u.id FROM main.u, t",
    "SELECT count(*) FROM T", "SELECT 1 FROM sqlite_schema", "SELECT 1 FROM main.sqlite_master",
    "UPDATE t SET b = 1 FROM u WHERE t.a = id", "SELECT name FROM sqlite_schema", "SELECT type FROM sqlite_temp_schema",
    "SELECT value FROM json_each('[1]')", "SELECT 1 FROM json_each('[1]')", "SELECT * FROM pragma_table_info('t')",
    "SELECT user_version FROM pragma_user_version", "SELECT key FROM json_tree WHERE json = '[1]' AND root = '$'",
])  # fmt: skip
def test_the_same_is_asked_about_tables_in_from(sql: str) -> None:
    ours, theirs = _connection(mantisdb_dbapi), apsw.Connection(":memory:")
    for statement in SCHEMA:
        theirs.execute(statement)
    asked: tuple[set[Any], set[Any]] = set(), set()
    ours.set_authorizer(lambda *question: (asked[0].add(question), 0)[1])
    theirs.authorizer = lambda *question: (asked[1].add(question), 0)[1]
    assert ours.execute(sql).fetchall() == list(theirs.execute(sql))
    assert asked[0] == asked[1]
    ours.close()
    theirs.close()


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
    ("a PRAGMA is ignored", lambda action, a, b, d, o: 2 * (action == 19),
     ["PRAGMA user_version", "SELECT * FROM pragma_user_version", "SELECT count(*) FROM pragma_table_info('t')"]),
    ("a PRAGMA is denied", lambda action, a, b, d, o: action == 19, ["SELECT * FROM pragma_user_version"]),
    ("the schema is denied", lambda action, a, b, d, o: action == 20 and a == "sqlite_master",
     ["SELECT name FROM sqlite_schema", "SELECT 1 FROM sqlite_schema", "SELECT 1 FROM main.sqlite_master"]),
    ("columns of functions are ignored", lambda action, a, b, d, o: 2 * (action == 20 and b in ("value", "name")),
     ["SELECT key, value FROM json_each('[1]')", "SELECT * FROM pragma_table_info('t')",
      "SELECT * FROM json_tree('[]')"]),
    ("columns of functions are denied", lambda action, a, b, d, o: action == 20 and b in ("value", "name"),
     ["SELECT key, value FROM json_each('[1]')", "SELECT type FROM pragma_table_info('t')",
      "SELECT name FROM pragma_table_info('t')"]),
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


FIRING = (
    "CREATE TABLE x3(a)", "INSERT INTO x3 VALUES (7)",
    "CREATE TRIGGER x3i AFTER INSERT ON x3 BEGIN INSERT INTO log SELECT new.a + b FROM t WHERE a = 1;"
    " UPDATE t SET b = new.a, c = abs(new.a) WHERE a = 1; DELETE FROM u WHERE id = new.a; END",
    "CREATE TRIGGER x3u BEFORE UPDATE OF a ON x3 WHEN old.a <> new.a BEGIN UPDATE t SET (b, c) = (new.a, old.a);"
    " INSERT INTO log VALUES ((SELECT max(x) FROM u)), (upper('x')); END",
    "CREATE TRIGGER x3d AFTER DELETE ON x3 BEGIN SELECT RAISE(FAIL, 'no') FROM w WHERE k = 99;"
    " INSERT OR REPLACE INTO u VALUES (1, old.a); INSERT INTO w VALUES (3, old.a); END",
    "CREATE VIEW vi AS SELECT a, b + 1 AS bb FROM t",
    "CREATE TRIGGER vii INSTEAD OF INSERT ON vi BEGIN INSERT INTO log VALUES (new.a || new.bb); END",
    "CREATE TRIGGER viu INSTEAD OF UPDATE ON vi BEGIN UPDATE t SET c = new.a WHERE a = old.a; END",
    "CREATE TRIGGER vid INSTEAD OF DELETE ON vi BEGIN DELETE FROM t WHERE a = old.a; END",
)
FIRED = (
    "INSERT INTO w VALUES (1, 2)", "INSERT INTO w VALUES (0, 2)", "INSERT INTO w SELECT id, x FROM u", "DELETE FROM w",
    "INSERT INTO x3 VALUES (1)", "UPDATE x3 SET a = 2", "DELETE FROM x3", "INSERT INTO vi VALUES (5, 6)",
    "UPDATE vi SET a = 9", "UPDATE vi SET a = bb + 1, bb = abs(a) WHERE a = 2", "DELETE FROM vi",
    "UPDATE u SET (id, x) = (3, 4)", "UPDATE u SET x = t.b FROM t WHERE t.a = u.id", "SELECT rowid, x FROM u",
    "INSERT INTO u(x) VALUES (5) RETURNING id, x", "DELETE FROM u RETURNING x", "UPDATE u SET x = x + 1 RETURNING x",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
)


@pytest.mark.parametrize("sql", FIRED)
def test_each_answer_of_what_a_statement_asks_has_the_same_effect(sql: str) -> None:
    """Left out is that a query within is ignored, after which SQLite reads memory that it has not written."""
    asked = [_after(module, sql, None, 0)[-1] for module in (mantisdb_dbapi, sqlite3)]
    assert _compared(asked[0]) == _compared(asked[1])
    for question in asked[0] & asked[1]:
        for answer in (sqlite3.SQLITE_DENY, sqlite3.SQLITE_IGNORE):
            if question[0] != sqlite3.SQLITE_SELECT or answer == sqlite3.SQLITE_DENY:
                ours, theirs = (_after(module, sql, question, answer)[:-1] for module in (mantisdb_dbapi, sqlite3))
                assert ours == theirs, (question, answer)


KEYS = (
    "PRAGMA foreign_keys = ON",
    "CREATE TABLE pa(id INTEGER PRIMARY KEY, u UNIQUE)", "INSERT INTO pa VALUES (1, 1), (2, 2)",
    "CREATE TABLE c(x, r REFERENCES pa ON DELETE CASCADE ON UPDATE CASCADE,"
    " s DEFAULT 1 REFERENCES pa(u) ON DELETE SET NULL)",
    "CREATE TABLE g(y REFERENCES pa)", "CREATE TABLE l(n INTEGER PRIMARY KEY, up REFERENCES l ON DELETE CASCADE)",
    "INSERT INTO c VALUES (1, 1, NULL), (2, 2, 2)", "INSERT INTO l VALUES (1, NULL), (2, 1), (3, 2)",
    "CREATE TRIGGER td AFTER DELETE ON c BEGIN INSERT INTO log VALUES (old.x); END",
    "CREATE TRIGGER tu AFTER UPDATE ON c BEGIN INSERT INTO log VALUES (upper(new.s)); END",
    "CREATE TRIGGER tl AFTER DELETE ON l BEGIN DELETE FROM l WHERE n = old.n + 5; END",
)  # fmt: skip


@pytest.mark.parametrize("sql", [
    "DELETE FROM pa WHERE id = 1", "DELETE FROM pa", "UPDATE pa SET id = 9 WHERE id = 1", "UPDATE pa SET u = 7",
    "INSERT OR REPLACE INTO pa VALUES (1, 5)", "INSERT INTO c VALUES (5, 1, 1)", "UPDATE c SET r = 2", "DELETE FROM c",
    "DELETE FROM l WHERE n = 1", "UPDATE g SET y = 1", "UPDATE c SET x = 5",
    "DROP TABLE pa", "DROP TABLE c", "DROP TABLE g", "DROP TABLE l",
])  # fmt: skip
def test_what_foreign_keys_read_and_do_is_asked(sql: str) -> None:
    asked = [_after(module, sql, None, 0, KEYS)[-1] for module in (mantisdb_dbapi, sqlite3)]
    assert _compared(asked[0]) == _compared(asked[1])
    for question in asked[0] & asked[1]:
        ours, theirs = (
            _after(module, sql, question, sqlite3.SQLITE_DENY, KEYS)[:-1] for module in (mantisdb_dbapi, sqlite3)
        )
        assert ours == theirs, question


def _after(
    module: ModuleType, sql: str, question: Any, answer: int, setup: tuple[str, ...] = FIRING
) -> tuple[Any, ...]:
    """What a statement gives where one question is answered so, what the tables hold then, and what was asked."""
    connection, asked = _connection(module), set()
    for statement in setup:
        connection.execute(statement)
    connection.set_authorizer(lambda *each: (asked.add(each), answer if each == question else 0)[1])
    outcome = _outcome(connection, sql)
    connection.set_authorizer(None)
    tables = ("t", "u", "w", "log", "pa", "c", "l") if setup is KEYS else ("t", "u", "w", "x3", "log")
    rows = [_outcome(connection, f"SELECT * FROM {table}") for table in tables]
    changes = connection.total_changes
    connection.close()
    return outcome, rows, changes, asked


def test_statements_that_are_known_ask_again() -> None:
    connection = _connection(mantisdb_dbapi)
    assert connection.execute("SELECT b FROM t").fetchall() == [(2,), (2,)]
    connection.set_authorizer(lambda *question: mantisdb_dbapi.SQLITE_DENY)
    with pytest.raises(mantisdb_dbapi.DatabaseError, match="not authorized"):
        connection.execute("SELECT b FROM t")
    connection.set_authorizer(None)
    assert connection.execute("SELECT b FROM t").fetchall() == [(2,), (2,)]
    connection.close()
