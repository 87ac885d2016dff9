"""ORDER BY and LIMIT on UPDATE and DELETE do what the statement without them does to the rows that a query with them
finds (https://www.sqlite.org/lang_update.html#optional_limit_and_order_by_clauses)."""

# ruff: noqa: E501
from __future__ import annotations

import apsw
import pytest

import mantisdb_dbapi

SCHEMA = (
    "CREATE TABLE t(a, b)", "INSERT INTO t VALUES (1, 9), (2, 8), (3, 7), (4, 6), (5, 5), (6, 4), (NULL, 4)",
    "CREATE TABLE w(a, b, PRIMARY KEY (b, a)) WITHOUT ROWID", "INSERT INTO w SELECT coalesce(a, 0), b FROM t", "CREATE INDEX i ON t(b)",
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
]


@pytest.mark.parametrize(("sql", "same"), PAIRS)
def test_the_rows_that_the_query_finds_are_changed(sql: str, same: str) -> None:
    ours, theirs = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    for text in SCHEMA:
        ours.execute(text)
        theirs.execute(text)
    assert sorted(ours.execute(sql)) == sorted(theirs.execute(same))
    for table in ("t", "w"):
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
