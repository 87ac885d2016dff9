"""UPDATE OR REPLACE where DELETE triggers write to the table itself: the row that takes another's place under a UNIQUE
key holds the table fast; under a rowid the triggers come first, and the new row is the one that was computed. So it is
where actions of foreign keys have changed the row. What triggers do to the rows of other changes."""

from __future__ import annotations

import pytest
from side_by_side import Pair

BODIES = (
    "UPDATE t SET c = 'x' WHERE a <> old.a", "UPDATE t SET c = 'x' WHERE a = 99", "UPDATE t SET c = 'x' WHERE a = 1",
    "UPDATE t SET a = a + 10 WHERE a = 1", "DELETE FROM t WHERE a = 1 AND old.a <> 1", "INSERT INTO t VALUES (9, 9, 9)",
    "INSERT INTO t VALUES (8, old.b, 9)", "INSERT INTO t VALUES (old.a, 8, 9)", "INSERT INTO log VALUES (old.a)",
    "UPDATE t SET b = b + 20 WHERE a = 3", "UPDATE t SET c = old.c || 'y' WHERE a = 3",
)  # fmt: skip
UPDATES = ("b = 2 WHERE a = 1", "a = 2 WHERE a = 1", "a = 2, b = 3 WHERE a = 1", "b = 2, c = 5", "a = 3 WHERE a < 3")


@pytest.mark.parametrize("without", ["", " WITHOUT ROWID"])
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("timing", ["BEFORE", "AFTER"])
def test_triggers_of_replaced_rows_may_write_where_sqlite_lets_them(timing: str, body: str, without: str) -> None:
    for update in UPDATES:
        pair = Pair()
        for sql in (
            "PRAGMA recursive_triggers = ON", f"CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c){without}",
            "CREATE INDEX i ON t (c)", "CREATE TABLE log (x)", "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)",
            f"CREATE TRIGGER d {timing} DELETE ON t BEGIN {body}; END",
            f"UPDATE OR REPLACE t SET {update} RETURNING *", "SELECT * FROM t ORDER BY a", "SELECT * FROM log",
        ):  # fmt: skip
            assert not pair.difference(sql), sql
        pair.check()


def test_old_is_the_same_row_to_all_triggers() -> None:
    pair = Pair()
    for sql in (
        "PRAGMA recursive_triggers = ON", "CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c)", "CREATE TABLE log (x)",
        "CREATE TRIGGER d BEFORE DELETE ON t BEGIN UPDATE t SET c = c || 'x' WHERE a = old.a; END",
        "CREATE TRIGGER e AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.c); END",
        "INSERT INTO t VALUES (1, 1, 'p'), (2, 2, 'q')", "REPLACE INTO t VALUES (1, 3, 'r')", "SELECT * FROM log",
        "UPDATE OR REPLACE t SET a = 2 WHERE a = 1", "SELECT * FROM log ORDER BY rowid", "SELECT * FROM t ORDER BY a",
    ):  # fmt: skip
        assert not pair.difference(sql), sql


TABLES = (
    "CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c INT DEFAULT 4 REFERENCES t {action}, d INT)",
    "CREATE TABLE t (a INT UNIQUE, b UNIQUE, c INT DEFAULT 4 REFERENCES t (a) {action}, d INT)",
    "CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c INT DEFAULT 4 REFERENCES t (b) {action}, d INT) WITHOUT ROWID",
)
REPLACEMENTS = (
    "b = 1 WHERE a = 2", "b = 2, d = a WHERE a = 3", "b = 3 WHERE a > 2", "a = 1 WHERE a = 2", "b = 2, c = 5",
)  # fmt: skip


@pytest.mark.parametrize("action", ["SET NULL", "SET DEFAULT", "CASCADE"])
@pytest.mark.parametrize("table", TABLES)
def test_the_actions_that_follow_from_a_replaced_row_may_change_the_row_that_replaces_it(
    table: str, action: str
) -> None:
    for update in REPLACEMENTS:
        pair = Pair()
        for sql in (
            "PRAGMA foreign_keys = ON", table.format(action=f"ON DELETE {action} DEFERRABLE INITIALLY DEFERRED"),
            "INSERT INTO t VALUES (4, 4, NULL, 0), (1, 1, 4, 1), (2, 2, 1, 2), (3, 3, 2, 3)",
            "CREATE INDEX i ON t (c, d)", "BEGIN", f"UPDATE OR REPLACE t SET {update} RETURNING *",
            "SELECT * FROM t ORDER BY a",
        ):  # fmt: skip
            assert not pair.difference(sql), sql
        pair.check()


def test_a_key_that_was_given_away_meanwhile_is_violated() -> None:
    pair = Pair()
    for sql in (
        "PRAGMA foreign_keys = ON",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c UNIQUE, d REFERENCES t ON DELETE SET NULL)",
        "INSERT INTO t VALUES (1, 1, 1, NULL), (2, 2, 2, 1), (3, 3, 3, NULL)",
        "CREATE TRIGGER g AFTER UPDATE OF d ON t BEGIN UPDATE t SET c = 9 - c WHERE a = 2;"
        " UPDATE t SET c = 2 WHERE a = 3; END",
    ):  # fmt: skip
        assert not pair.difference(sql), sql
    assert pair.ours("UPDATE OR REPLACE t SET b = 1 WHERE a = 2") == ("error", "UNIQUE constraint failed: t.c")
    pair.check()


@pytest.mark.parametrize("value", ["NULL", "'x'", "0.5"])
def test_a_trigger_may_give_the_rows_of_an_update_values_of_other_types(value: str) -> None:
    for timing in ("BEFORE", "AFTER"):
        for update in ("c = b + 1 WHERE b < 3 RETURNING *, b < 2", "c = c + y FROM (SELECT 2 AS y) RETURNING b > 1"):
            pair = Pair()
            for sql in (
                "CREATE TABLE t (a INTEGER PRIMARY KEY, b INT, c INT, d AS (b + c), CHECK (b + c IS NOT 99))",
                "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)", "CREATE INDEX i ON t (b + c)",
                f"CREATE TRIGGER g {timing} UPDATE OF c ON t BEGIN UPDATE t SET b = {value} WHERE a >= old.a; END",
                f"UPDATE t SET {update}", "SELECT * FROM t ORDER BY a",
            ):  # fmt: skip
                assert not pair.difference(sql), sql
            pair.check()


def test_a_deleted_row_is_returned_as_it_was_when_its_turn_came() -> None:
    pair = Pair()
    for sql in (
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b)", "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)",
        "CREATE TRIGGER g BEFORE DELETE ON t BEGIN UPDATE t SET b = b + 10; END",
        "DELETE FROM t WHERE a < 3 RETURNING *",
    ):  # fmt: skip
        assert not pair.difference(sql), sql
