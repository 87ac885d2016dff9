"""Tables that are called OLD or NEW in the statements of triggers: their columns come before the trigger's row, which
comes before the queries further out; RENAME knows which is which."""

# ruff: noqa: E501
from __future__ import annotations

import pytest
from side_by_side import Pair

SETUP = (
    "CREATE TABLE t(a, b)", "CREATE TABLE old(a, x)", "CREATE TABLE new(a, y)", "CREATE TABLE r(p, q)",
    "INSERT INTO old VALUES (10, 11)", "INSERT INTO new VALUES (20, 21)", "INSERT INTO t VALUES (1, 2)",
)  # fmt: skip
BODIES = (
    "INSERT INTO old VALUES (old.a, new.b)", "INSERT INTO new(a) SELECT old.a", "INSERT INTO r SELECT old.a, new.a FROM old",
    "INSERT INTO r SELECT old.a, new.b FROM t AS new", "INSERT INTO r SELECT old.b, 1 FROM old", "DELETE FROM old WHERE old.a = 10",
    "INSERT INTO r SELECT a, x FROM old WHERE old.a = 10", "UPDATE old SET a = old.a + 1", "UPDATE old SET x = old.b",
    "DELETE FROM old WHERE a = new.a", "INSERT INTO r SELECT (SELECT old.a FROM old), old.a",
    "INSERT INTO r SELECT (SELECT old.a FROM t), old.a FROM old", "INSERT INTO r SELECT (SELECT old.x FROM t), 1 FROM old",
    "INSERT INTO r SELECT s.z, old.a FROM (SELECT old.a AS z FROM t) s, old", "UPDATE t SET b = old.b FROM r AS old",
    "INSERT INTO r SELECT old.a, t.b FROM old JOIN t ON old.a > t.a", "INSERT INTO r SELECT old.b, t.b FROM t JOIN old ON old.b = 2",
    "INSERT INTO r WITH old AS (SELECT 5 a) SELECT old.a, 1 FROM old", "UPDATE t SET b = old.a FROM old WHERE t.a = new.a",
    "INSERT INTO r WITH q AS (SELECT old.a z) SELECT z, old.a FROM q, old", "INSERT INTO r SELECT old.a, x FROM main.old",
    "INSERT INTO r SELECT old.a, 1 FROM t UNION SELECT old.a, 2 FROM old", "SELECT RAISE(ABORT, 'x') FROM old WHERE old.a = 1",
    "INSERT INTO old VALUES (1, 2) ON CONFLICT DO UPDATE SET x = old.a", "INSERT INTO r SELECT old.nosuch, 1 FROM old",
)  # fmt: skip
RENAMES = (
    "ALTER TABLE t RENAME COLUMN a TO aa", "ALTER TABLE old RENAME COLUMN a TO aa", "ALTER TABLE t RENAME TO t2",
    "ALTER TABLE old RENAME TO archive", "ALTER TABLE t RENAME COLUMN b TO bb", "ALTER TABLE old RENAME COLUMN x TO xx",
)  # fmt: skip
TRIGGER = "CREATE TRIGGER g AFTER UPDATE OF a ON t BEGIN {}; END"


@pytest.mark.parametrize("body", BODIES)
def test_a_trigger_may_read_and_write_tables_called_old_and_new(body: str) -> None:
    pair = Pair()
    for sql in (*SETUP, TRIGGER.format(body), "UPDATE t SET a = a + 100 WHERE a = 1"):
        assert not pair.difference(sql), sql
    for table in ("t", "old", "new", "r"):
        assert not pair.difference(f"SELECT * FROM {table}"), table
    for rename in RENAMES:
        pair = Pair()
        for sql in (*SETUP, TRIGGER.format(body), rename, "SELECT sql FROM sqlite_schema WHERE name = 'g'"):
            assert not pair.difference(sql), sql
    pair.check()
