"""ORDER BY and LIMIT on UPDATE and DELETE do what the statement without them does to the rows that a query with them
finds (https://www.sqlite.org/lang_update.html#optional_limit_and_order_by_clauses)."""

# ruff: noqa: E501
from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import apsw
import pytest

import mantisdb_dbapi

SCHEMA = (
    "CREATE TABLE t(a, b)", "INSERT INTO t VALUES (1, 9), (2, 8), (3, 7), (4, 6), (5, 5), (6, 4), (NULL, 4)",
    "CREATE TABLE w(a, b, PRIMARY KEY (b, a)) WITHOUT ROWID", "INSERT INTO w SELECT coalesce(a, 0), b FROM t", "CREATE INDEX i ON t(b)",
    "CREATE TABLE h(rowid, _rowid_, oid)", "INSERT INTO h VALUES (7, 7, 7), (7, 7, 7), (7, 7, 8), (2, 7, 7), (2, 9, 9)",
)
# (the statement, what the same is in SQL that every SQLite has)
PAIRS = [
    ("DELETE FROM t ORDER BY b LIMIT 2", "DELETE FROM t WHERE rowid IN (SELECT rowid FROM t ORDER BY b LIMIT 2)"),
    ("DELETE FROM t WHERE a > 1 ORDER BY a DESC LIMIT 2 OFFSET 1", "DELETE FROM t WHERE rowid IN (SELECT rowid FROM t WHERE a > 1 ORDER BY a DESC LIMIT 2 OFFSET 1)"),
    ("DELETE FROM t ORDER BY a LIMIT 1, 2", "DELETE FROM t WHERE rowid IN (SELECT rowid FROM t ORDER BY a LIMIT 1, 2)"),
    ("DELETE FROM t LIMIT -1", "DELETE FROM t"),
    ("DELETE FROM t LIMIT 0", "SELECT 1 WHERE 0"),
    ("DELETE FROM t AS x WHERE x.a > 2 ORDER BY x.b LIMIT 1", "DELETE FROM t WHERE rowid IN (SELECT rowid FROM t AS x WHERE x.a > 2 ORDER BY x.b LIMIT 1)"),
    ("DELETE FROM t RETURNING a ORDER BY a DESC LIMIT 2", "DELETE FROM t WHERE a >= 5 RETURNING a"),
    ("UPDATE t SET b = 0 ORDER BY a DESC LIMIT 2", "UPDATE t SET b = 0 WHERE rowid IN (SELECT rowid FROM t ORDER BY a DESC LIMIT 2)"),
    ("UPDATE t SET b = b + 1 WHERE a > 2 ORDER BY b LIMIT 1 + 1", "UPDATE t SET b = b + 1 WHERE rowid IN (SELECT rowid FROM t WHERE a > 2 ORDER BY b LIMIT 2)"),
    ("WITH q AS (SELECT 3 n) DELETE FROM t WHERE a > (SELECT n FROM q) ORDER BY a LIMIT 1", "DELETE FROM t WHERE a = 4"),
    ("DELETE FROM w ORDER BY a LIMIT 2", "DELETE FROM w WHERE a IN (SELECT a FROM w ORDER BY a LIMIT 2)"),
    ("UPDATE w SET b = b * 10 ORDER BY b, a LIMIT 3", "UPDATE w SET b = b * 10 WHERE b <= 5"),
    ("DELETE FROM h ORDER BY rowid, oid DESC LIMIT 2", "DELETE FROM h WHERE rowid = 2"),
    ("DELETE FROM h WHERE rowid > 2 RETURNING * ORDER BY oid DESC LIMIT 1", "DELETE FROM h WHERE oid = 8 RETURNING *"),
    ("UPDATE h AS x SET oid = 0 WHERE x.rowid = 2 ORDER BY x.oid LIMIT 1", "UPDATE h SET oid = 0 WHERE rowid = 2 AND oid = 7"),
    ("UPDATE h SET oid = b FROM t WHERE a = rowid ORDER BY h.oid DESC LIMIT 1", "UPDATE h SET oid = 8 WHERE oid = 9"),
]


@pytest.mark.parametrize(("sql", "same"), PAIRS)
def test_the_rows_that_the_query_finds_are_changed(sql: str, same: str) -> None:
    ours, theirs = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    for text in SCHEMA:
        ours.execute(text)
        theirs.execute(text)
    assert sorted(ours.execute(sql)) == sorted(theirs.execute(same))
    for table in ("t", "w", "h"):
        assert ours.execute(f"SELECT * FROM {table}").fetchall() == list(theirs.execute(f"SELECT * FROM {table}"))
    assert ours.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ours.close()
    theirs.close()


def test_what_has_no_meaning_is_refused() -> None:
    connection = mantisdb_dbapi.connect(":memory:")
    connection.execute("CREATE TABLE t(a)")
    with pytest.raises(mantisdb_dbapi.OperationalError, match=r"^ORDER BY without LIMIT on DELETE$"):
        connection.execute("DELETE FROM t ORDER BY a")
    with pytest.raises(mantisdb_dbapi.OperationalError, match=r"^ORDER BY without LIMIT on UPDATE$"):
        connection.execute("UPDATE t SET a = 1 ORDER BY a")
    connection.close()


SCRIPT = (
    "CREATE TABLE t(a, b)", "INSERT INTO t VALUES (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)", "CREATE VIEW v AS SELECT * FROM t",
    "CREATE TABLE w(a PRIMARY KEY, b) WITHOUT ROWID", "INSERT INTO w SELECT * FROM t", "CREATE TABLE log(x)",
    "CREATE VIEW fixed AS SELECT * FROM t", "CREATE TRIGGER u INSTEAD OF UPDATE ON v BEGIN INSERT INTO log VALUES (old.a); END",
    "CREATE TRIGGER d INSTEAD OF DELETE ON v BEGIN INSERT INTO log VALUES (-old.a); END", "UPDATE t SET b = 1 ORDER BY a",
    "DELETE FROM t ORDER BY a", "UPDATE v SET b = 1 ORDER BY a DESC", "DELETE FROM v ORDER BY a", "SELECT * FROM log",
    "UPDATE fixed SET b = 1 ORDER BY a", "DELETE FROM fixed ORDER BY a LIMIT 1", "UPDATE v SET b = 1 ORDER BY a LIMIT 1",
    "DELETE FROM v ORDER BY a DESC LIMIT 1", "UPDATE v SET b = 7 LIMIT 1 OFFSET 1", "SELECT * FROM log",
    "UPDATE t SET b = 7 ORDER BY nosuch LIMIT 1", "UPDATE t SET b = 7 ORDER BY nosuch", "UPDATE t SET nosuch = 7 ORDER BY a",
    "UPDATE nosuch SET a = 7 ORDER BY a", "DELETE FROM nosuch ORDER BY a",
    "UPDATE w SET b = 9 ORDER BY b DESC LIMIT 1", "DELETE FROM w ORDER BY a DESC LIMIT 1 OFFSET 1",
    "UPDATE t SET b = w.b FROM w WHERE w.a = t.a ORDER BY w.b LIMIT 1", "UPDATE t SET b = w.b FROM w ORDER BY w.b",
    "UPDATE t SET b = 1 ORDER BY 1 LIMIT 1", "UPDATE t SET b = 3 ORDER BY count(*) LIMIT 1", "SELECT * FROM t",
    "CREATE TRIGGER n AFTER INSERT ON t BEGIN DELETE FROM t LIMIT 1; END", "SELECT * FROM w",
)  # fmt: skip


LIMITS = (
    "LIMIT 'x'", "LIMIT NULL", "LIMIT 1 OFFSET 'x'", "LIMIT 1 OFFSET NULL", "LIMIT 'x' OFFSET 1", "LIMIT 1.5", "LIMIT 1.0",
    "LIMIT '1.0'", "LIMIT x'31'", "LIMIT 0 OFFSET 'x'", "LIMIT -1 OFFSET 'x'", "LIMIT 0.0 OFFSET NULL", "LIMIT 1 + 'a'",
    "LIMIT (SELECT 'q')", "LIMIT (SELECT a FROM t)", "LIMIT (SELECT 0) OFFSET (SELECT NULL)", "ORDER BY b LIMIT 'x'",
    "LIMIT 0 OFFSET abs(-9223372036854775807 - 1)", "LIMIT 1 OFFSET abs(-9223372036854775807 - 1)", "LIMIT abs('1')",
)  # fmt: skip
LIMITED = (
    "DELETE FROM t", "DELETE FROM t WHERE 0", "DELETE FROM t WHERE rowid = 3", "DELETE FROM w", "DELETE FROM w WHERE a = 3",
    "UPDATE t SET a = 1", "UPDATE w SET b = 1 WHERE 0", "UPDATE w SET a = 1", "UPDATE t SET a = 1 FROM w", "DELETE FROM v",
    "UPDATE v SET a = 1", "DELETE FROM h", "UPDATE h SET rowid = 7", "SELECT a FROM t", "SELECT 1 UNION SELECT 2",
)  # fmt: skip
LIMITED_SCHEMA = (
    "CREATE TABLE t(a, b)", "CREATE TABLE w(a PRIMARY KEY, b) WITHOUT ROWID", "CREATE VIEW v AS SELECT * FROM t",
    "CREATE TRIGGER u INSTEAD OF UPDATE ON v BEGIN SELECT 1; END", "CREATE TRIGGER d INSTEAD OF DELETE ON v BEGIN SELECT 1; END",
    "CREATE TABLE h(rowid, oid, _rowid_, b, id INTEGER PRIMARY KEY)",
)  # fmt: skip


def test_a_limit_that_is_no_number_is_told_without_rows_too() -> None:
    steps = [f"{change} {limit}" for change in LIMITED for limit in LIMITS]
    fills = ("INSERT INTO t VALUES (1, 2), (1, 3)", "INSERT INTO w VALUES (1, 2)", "INSERT INTO h VALUES (1, 1, 1, 1, 5)")
    _compare([*LIMITED_SCHEMA, *steps, *fills, *steps, "SELECT * FROM t", "SELECT * FROM w", "SELECT * FROM h"])


def test_order_by_alone_is_refused_for_tables_and_heeded_for_views() -> None:
    _compare(SCRIPT)


def _compare(script: Iterable[str]) -> None:
    """The statements do on both engines the same."""
    theirs = sqlite3.connect(":memory:", isolation_level=None)
    if ("ENABLE_UPDATE_DELETE_LIMIT",) not in theirs.execute("PRAGMA compile_options").fetchall():
        pytest.skip("this SQLite has no ORDER BY and LIMIT there")
    ours = mantisdb_dbapi.connect(":memory:", isolation_level=None)
    for sql in script:
        outcomes = []
        for connection in (ours, theirs):
            try:
                outcomes.append((connection.execute(sql).fetchall(), connection.total_changes))
            except sqlite3.Error as error:
                outcomes.append((type(error).__name__, str(error)))
        assert outcomes[0] == outcomes[1], sql
    ours.close()
    theirs.close()
