"""Queries that read one column of a table, asked again and again while rows change, against SQLite (apsw).
MANTISDB_SEED=n replays a failure.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from side_by_side import Pair

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
ROWS, MANY = 3000, 8000
CREATE = "CREATE TABLE t(a, b TEXT COLLATE NOCASE, c REAL, d INT, e)"
VALUES: tuple[tuple[Any, ...], ...] = (
    (None, 1, 1.0, "x", b"y", 2.5, 10**18, -0.0, 0, ""),
    ("a", "A", "b", None, "ä", ""),
    (None, 0.1, 1e300, -2.5, float("inf"), -float("inf"), 1.5, -0.0),
    (None, 1, 2, 3, 2**62),
)
QUERIES = (
    "SELECT DISTINCT {} FROM t",
    "SELECT DISTINCT typeof({}) FROM t",
    "SELECT DISTINCT {} FROM t WHERE {} >= 1 ORDER BY {} DESC",
    "SELECT count({}), min({}), max({}) FROM t",
    "SELECT sum({}), total({}), avg({}) FROM t WHERE typeof({}) = 'real' AND abs({}) < 100",
    "SELECT sum({}) FROM t",
    "SELECT {}, count(*) FROM t GROUP BY {}",
    "SELECT {} || 'x', count(*), max({}) FROM t GROUP BY 1",
    "SELECT count(*) FROM t WHERE {} > 1",
    "SELECT count(*), count(*) FILTER (WHERE {} > 1) FROM t",
    "SELECT {} FROM t WHERE {} > 1 LIMIT 5",
    "SELECT {} || 'x' FROM t WHERE {} IS NOT NULL LIMIT 9 OFFSET 4",
    "SELECT count(DISTINCT {}) FROM t",
    "SELECT max({}), {} FROM t",
    "SELECT {} FROM t WHERE {} IN (1, 'a', 2.5)",
    "SELECT group_concat({}) FROM (SELECT {} FROM t LIMIT 50)",
    "SELECT {}, row_number() OVER (ORDER BY {}) FROM t LIMIT 20",
    "SELECT min({}) FROM t WHERE {} > 0 HAVING count(*) > 2",
    "SELECT rowid, {} FROM t WHERE {} LIKE 'a' LIMIT 7",
    "SELECT count(*) FROM t WHERE {} = (SELECT max({}) FROM t)",
)
CHANGES = (
    "BEGIN",
    "UPDATE t SET a = 3, b = 'c', c = 2.25, d = 9 WHERE e % 70 = 0",
    "SAVEPOINT s",
    "DELETE FROM t WHERE e % 11 = 0",
    "ROLLBACK TO s",
    "INSERT INTO t SELECT d, b, c, d, e + 5000 FROM t WHERE e < 40",
    "COMMIT",
    "UPDATE t SET a = b WHERE e < 5",
)


@pytest.mark.parametrize("column", "abcd")
def test_one_column_is_what_it_is_in_its_rows(column: str) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    pair = Pair()
    rows = [(*map(chance.choice, VALUES), number) for number in range(ROWS)]
    assert pair.ours(CREATE) == pair.theirs(CREATE)
    pair.session.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)").run_batch(rows)
    pair.sqlite.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
    for change in (*CHANGES, "SELECT 1"):
        for _ in range(2):
            for query in QUERIES:
                sql = query.replace("{}", column)
                assert pair.ours(sql) == pair.theirs(sql), sql
        assert pair.ours(change) == pair.theirs(change), change


@pytest.mark.parametrize("others", [("gold", "ΑΣ", "İ", "K"), ("gold", None), ("gold", "10", "\n", "a\0b")])
def test_texts_that_few_rows_contain_are_found_in_all_of_them(others: tuple[str | None, ...]) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    pair = Pair()
    assert pair.ours("CREATE TABLE t(s TEXT, n)") == pair.theirs("CREATE TABLE t(s TEXT, n)")
    rare = ("a NEEDLE", "needle", "nee\ndle", "xneedlſe", "Kneedle\u212a", "nee\0needle", "NEEDLEΣ", "ΣNeedleİ")
    rows = [(chance.choice(others), number) for number in range(MANY)]
    for text in rare:
        rows[chance.randrange(MANY)] = text, -1
    pair.session.prepare("INSERT INTO t VALUES (?, ?)").run_batch(rows)
    pair.sqlite.executemany("INSERT INTO t VALUES (?, ?)", rows)
    patterns = ("%needle%", "%NEEDLE", "%nee_le%", "%k%needle%", "%nee\ndle%", "%gold%", "%", "", None)
    for _ in range(3):
        for pattern in (*patterns, *patterns[::-1]):
            for query in ("SELECT s FROM t WHERE s LIKE ?", "SELECT count(*) FROM t WHERE s NOT LIKE ?"):
                assert pair.ours(query, (pattern,)) == pair.theirs(query, (pattern,)), pattern
                if pattern is not None:
                    sql = query.replace("?", f"'{pattern}'")
                    assert pair.ours(sql) == pair.theirs(sql), sql
