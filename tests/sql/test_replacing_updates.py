"""UPDATE OR REPLACE where DELETE triggers write to the table itself: the row that takes another's place under a UNIQUE
key holds the table fast; under a rowid the triggers come first, and the new row is the one that was computed."""

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
    if timing == "BEFORE" and "VALUES (9" not in body and body.startswith(("DELETE", "INSERT INTO t")):
        pytest.skip("such a trigger fires itself without end, and which error ends that is not the same")
    for update in UPDATES:
        if body.startswith("INSERT INTO t") and "a = 2, b" in update:
            continue  # the second row that such a trigger inserts is refused in two ways
        pair = Pair()
        for sql in (
            "PRAGMA recursive_triggers = ON", f"CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c){without}",
            "CREATE INDEX i ON t (c)", "CREATE TABLE log (x)", "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)",
            f"CREATE TRIGGER d {timing} DELETE ON t BEGIN {body}; END",
            f"UPDATE OR REPLACE t SET {update} RETURNING *", "SELECT * FROM t ORDER BY a", "SELECT * FROM log",
        ):  # fmt: skip
            ours, theirs = pair.ours(sql), pair.theirs(sql)
            if "nested too deep" not in theirs[1]:
                assert ours == theirs, sql
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
