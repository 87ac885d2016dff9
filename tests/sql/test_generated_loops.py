"""Generated columns that depend on themselves: refused where SQLite refuses them, and not before."""

from __future__ import annotations

import pytest
from side_by_side import Pair

SCRIPTS = (
    ("CREATE TABLE t(x, d AS (d))", "CREATE TABLE t(x, d AS (e), e AS (d + 1))", "CREATE TABLE t(x AS (x))",
     "CREATE TABLE t(x, d AS (x + f), e AS (d), f AS (e) VIRTUAL)", "SELECT name FROM sqlite_schema"),
    ("CREATE TABLE t(x, d AS (d) STORED, CHECK (d < 5))", "INSERT INTO t(x) VALUES (1)", "SELECT * FROM t",
     "UPDATE t SET x = 1", "INSERT INTO t(x) SELECT 1 WHERE 0", "DELETE FROM t", "CREATE INDEX i ON t(d)", "VACUUM",
     "ALTER TABLE t RENAME COLUMN d TO z", "INSERT OR IGNORE INTO t DEFAULT VALUES", "SELECT sql FROM sqlite_schema",
     "CREATE TABLE u AS SELECT * FROM t", "PRAGMA table_xinfo(t)", "DROP TABLE t"),
    ("CREATE TABLE t(x, d AS (e) STORED, e AS (d + f) STORED, f AS (x))", "INSERT INTO t(x) VALUES (1)",
     "REPLACE INTO t VALUES (1)", "CREATE TABLE k(z)", "INSERT INTO k VALUES (1)", "SELECT d, e, f FROM t",
     "CREATE TRIGGER g AFTER DELETE ON k BEGIN INSERT INTO t(x) VALUES (old.z); END", "DELETE FROM k",
     "SELECT * FROM k"),
    ("CREATE TABLE t(x, d AS (e) STORED, e AS (d) VIRTUAL)", "SELECT * FROM t", "UPDATE t SET x = 1"),
    ("CREATE TABLE t(x, y AS (x + 1))", "INSERT INTO t(x) VALUES (1)", "ALTER TABLE t ADD COLUMN d AS (d)",
     "SELECT sql FROM sqlite_schema", "SELECT * FROM t", "SELECT x, y FROM t", "SELECT count(*) FROM t",
     "SELECT x FROM t WHERE d = 1", "INSERT INTO t(x) VALUES (2)", "CREATE INDEX i ON t(d)", "CREATE INDEX j ON t(x)",
     "DELETE FROM t WHERE d = 1", "ALTER TABLE t ADD COLUMN e AS (d + 1)", "SELECT e FROM t", "UPDATE t SET x = 5",
     "ALTER TABLE t RENAME COLUMN d TO z", "ALTER TABLE t DROP COLUMN e", "PRAGMA integrity_check",
     "ALTER TABLE t DROP COLUMN z", "INSERT INTO t(x) VALUES (3)", "SELECT * FROM t ORDER BY x"),
)  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_loops_are_refused_where_sqlite_refuses_them(script: tuple[str, ...]) -> None:
    pair = Pair()
    for sql in script:
        assert not pair.difference(sql), sql
    pair.check()
