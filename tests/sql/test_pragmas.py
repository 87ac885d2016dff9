"""PRAGMAs answer what SQLite answers, columns included (None where a statement has none), in every form."""

from __future__ import annotations

import sqlite3
from typing import Any

import apsw
import pytest
from side_by_side import DATA, statements_of

import mantisdb_dbapi

SETUP = (
    "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 'x', c UNIQUE, d AS (a + 1), FOREIGN KEY(b)"
    " REFERENCES p(q))",
    "CREATE TABLE p(q PRIMARY KEY) WITHOUT ROWID",
    "CREATE INDEX i ON t(b, c DESC)",
    "CREATE VIEW v AS SELECT a, b FROM t",
    "INSERT INTO t(b) VALUES ('k')",
)
VALUES = (
    "0", "1", "2", "on", "-3", "'off'", '"t"', "TRUE", "no", "x", "0x1f", "1e3", "full", "256", "512", "-5000", "8000",
    "2147483648", "99999999999", "'UTF-8'",
)  # fmt: skip
FORMS = (
    "PRAGMA {0}(5)", "PRAGMA {0}(t)", "PRAGMA {0}('i')", "PRAGMA {0}(sqlite_autoindex_t_1)", "PRAGMA {0}(v)",
    "PRAGMA main.{0}", "PRAGMA temp.{0}", "PRAGMA main.{0} = 1", "PRAGMA main.{0}", "PRAGMA MAIN.{0}(t)",
    "PRAGMA temp.{0}(t)", "PRAGMA nosuch.{0}", "SELECT * FROM pragma_{0}", "SELECT * FROM pragma_{0}('t')",
    "SELECT * FROM pragma_{0}('t', 'main')", "SELECT * FROM pragma_{0}('i')", "SELECT * FROM main.pragma_{0}",
    "PRAGMA {0}(nosuch)",
)

DIFFER = {
    "compile_options": "another program",
    "function_list": "another order, and no functions of extensions",
    "module_list": "there are no virtual tables",
    "freelist_count": "free pages are not counted",
    "page_count": "trees are not kept in SQLite's pages",
    "max_page_count": "not a limit here; SQLite does not go below the pages that there are",
    "journal_mode": "there is a write-ahead log, and none without a file",
    "journal_size_limit": "one for all databases",
    "locking_mode": "one for all databases; SQLite keeps those in memory locked",
    "synchronous": "one for all databases, up to EXTRA",
    "mmap_size": "read as a number",
    "optimize": "takes no argument as a table",
    "temp_store_directory": "TEMP is in memory",
    "table_list": "SQLite has it in the order of a hash table",
}
"""What other answers are meant for, and why; columns are SQLite's even so."""

DANGEROUS = {"hard_heap_limit"}  # SQLite heeds it


def _theirs(connection: apsw.Connection, sql: str) -> tuple[Any, Any]:
    columns: list[Any] = []

    def note(cursor: Any, sql: str, bindings: Any) -> bool:
        try:
            columns.append(tuple(column[0] for column in cursor.get_description()))
        except apsw.ExecutionCompleteError:
            columns.append(None)
        return True

    cursor = connection.cursor()
    cursor.exec_trace = note
    try:
        rows = list(cursor.execute(sql))
    except apsw.Error as error:
        return "error", str(error)
    return columns[-1] or None, rows


def _ours(connection: Any, sql: str) -> tuple[Any, Any]:
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
    except mantisdb_dbapi.Error as error:
        return "error", str(error)
    description = cursor.description
    return None if description is None else tuple(column[0] for column in description), cursor.fetchall()


def _pair() -> tuple[apsw.Connection, Any]:
    ours = mantisdb_dbapi.connect(":memory:", isolation_level=None, timeout=0)
    return apsw.Connection(":memory:", statementcachesize=0), ours


def _names() -> list[str]:
    return [name for (name,) in apsw.Connection(":memory:").execute("PRAGMA pragma_list")]


@pytest.mark.parametrize("name", sorted(set(_names()) - DANGEROUS))
def test_every_form_answers_what_sqlite_answers(name):
    theirs, ours = _pair()
    for sql in SETUP:
        theirs.execute(sql)
        ours.execute(sql)
    setters = [form for value in VALUES for form in (f"PRAGMA {name} = {value}", f"PRAGMA {name}")]
    for sql in [f"PRAGMA {name}", *setters, *(form.format(name) for form in FORMS)]:
        expected, found = _theirs(theirs, sql), _ours(ours, sql)
        if name not in DIFFER:
            assert found == expected, sql
        elif expected[0] != "error" and found[0] != "error" and " = " not in sql:
            assert found[0] == expected[0], sql
    assert ours.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_the_pragmas_are_those_of_sqlite():
    found = {name for (name,) in mantisdb_dbapi.connect(":memory:").execute("PRAGMA pragma_list")}
    assert found == set(_names())


@pytest.mark.damages  # rows that break a CHECK, under PRAGMA ignore_check_constraints
def test_statements_of_clients_answer_what_sqlite_answers():
    theirs, ours = _pair()
    for sql in statements_of(DATA / "pragmas.sql"):
        expected, found = _theirs(theirs, sql), _ours(ours, sql)
        assert found == expected, sql


def test_settings_of_a_file_answer_what_keeps_programs_working(tmp_path):
    connection = mantisdb_dbapi.connect(str(tmp_path / "x.db"), isolation_level=None)
    expected = {
        "journal_mode = delete": [("wal",)], "journal_mode": [("wal",)], "mmap_size = 1000": [(1000,)],
        "mmap_size": [(1000,)], "wal_checkpoint": [(0, 0, 0)], "wal_checkpoint(TRUNCATE)": [(0, 0, 0)], "optimize": [],
        "locking_mode = exclusive": [("exclusive",)], "auto_vacuum": [(0,)], "incremental_vacuum(5)": [],
        "shrink_memory": [],
    }
    assert {name: connection.execute(f"PRAGMA {name}").fetchall() for name in expected} == expected
    connection.close()


def test_data_version_changes_with_the_commits_of_others(tmp_path):
    """As in SQLite, beside which it runs: the numbers differ, but they change at the same time."""
    answers = []
    for driver in (sqlite3, mantisdb_dbapi):
        path = str(tmp_path / driver.__name__)
        one, other = (driver.connect(path, isolation_level=None, timeout=0) for _ in range(2))
        one.execute("PRAGMA journal_mode = wal")
        one.execute("CREATE TABLE t(a)")
        seen = [one.execute("PRAGMA data_version").fetchall()]
        changes = []
        for connection, sql in (
            (one, "INSERT INTO t VALUES (1)"), (other, "SELECT * FROM t"), (other, "INSERT INTO t VALUES (2)"),
            (one, "BEGIN"), (one, "SELECT * FROM t"), (other, "INSERT INTO t VALUES (3)"), (one, "COMMIT"),
            (one, "UPDATE t SET a = 5"), (other, "CREATE TABLE u(a)"), (one, "DELETE FROM u"), (other, "DROP TABLE u"),
        ):
            connection.execute(sql).fetchall()
            seen.append(one.execute("PRAGMA data_version").fetchall())
            changes.append((sql, seen[-1] != seen[-2]))
        answers.append(changes)
        one.close()
        other.close()
    assert answers[1] == answers[0]


BEFORE = (
    "SELECT 1", "SELECT * FROM sqlite_schema", "CREATE TEMP TABLE x(a)", "PRAGMA user_version = 3", "VACUUM", "BEGIN",
    "PRAGMA table_info(x)", "PRAGMA user_version", "CREATE TABLE q(a)", "CREATE VIEW q AS SELECT 1",
    "ATTACH ':memory:' AS o", "PRAGMA encoding", "PRAGMA encoding = 'UTF-8'", "PRAGMA auto_vacuum = 1",
)  # fmt: skip


@pytest.mark.parametrize("encoding", ["UTF-16", "utf16", "UTF-16le", "UTF16BE", "UTF-8", "utf8", "UTF-9", ""])
def test_utf_16_is_refused_where_sqlite_would_take_it(encoding):
    for first in BEFORE:
        theirs, ours = _pair()
        theirs.execute(first).fetchall()
        ours.execute(first).fetchall()
        sql = f"PRAGMA encoding = '{encoding}'"
        expected = _theirs(theirs, sql)
        if list(theirs.execute("PRAGMA encoding")) == [("UTF-8",)]:
            assert _ours(ours, sql) == expected, first
        else:
            with pytest.raises(mantisdb_dbapi.NotSupportedError, match=f"^PRAGMA encoding = {encoding} is not"):
                ours.execute(sql)
        assert ours.execute("PRAGMA encoding").fetchall() == [("UTF-8",)]


AUTO_VACUUM = (
    ("auto_vacuum = 1", "auto_vacuum = 2", "auto_vacuum = 0", "auto_vacuum = FULL", "VACUUM", "auto_vacuum = none"),
    ("CREATE TABLE t(a)", "auto_vacuum = 1", "VACUUM", "auto_vacuum = incremental", "auto_vacuum = 7", "VACUUM"),
    ("user_version = 3", "auto_vacuum = 1", "DROP TABLE IF EXISTS t", "auto_vacuum = 2", "VACUUM"),
    ("auto_vacuum = 1", "BEGIN", "CREATE TABLE t(a)", "auto_vacuum = 2", "ROLLBACK"),
    ("temp.auto_vacuum = 1", "CREATE TEMP TABLE t(a)", "ATTACH ':memory:' AS o", "o.auto_vacuum = 2", "auto_vacuum=1"),
)  # fmt: skip


@pytest.mark.parametrize("script", AUTO_VACUUM)
def test_auto_vacuum_changes_when_sqlite_changes_it(script, tmp_path):
    for name in ("x.db", ":memory:"):
        paths = [name if name == ":memory:" else str(tmp_path / f"{kind}{name}") for kind in "st"]
        theirs, ours = apsw.Connection(paths[0]), mantisdb_dbapi.connect(paths[1], isolation_level=None)
        for step in script:
            sql = step if step.isupper() or step.split()[0] in ("CREATE", "ATTACH", "DROP") else f"PRAGMA {step}"
            theirs.execute(sql)
            ours.execute(sql)
            for database in {"main", "temp", *(row[1] for row in ours.execute("PRAGMA database_list"))}:
                asked = f"PRAGMA {database}.auto_vacuum"
                assert ours.execute(asked).fetchall() == list(theirs.execute(asked)), sql
        if name != ":memory:":
            for connection, path in ((theirs, "u"), (ours, "v")):
                connection.execute("VACUUM INTO ?", (str(tmp_path / path),))
                connection.close()
            copies = apsw.Connection(str(tmp_path / "u")), mantisdb_dbapi.connect(str(tmp_path / "v"))
            found = [list(copy.execute("PRAGMA auto_vacuum")) for copy in copies]
            assert found[0] == found[1]
            copies[1].close()
