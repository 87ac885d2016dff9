"""Joins too large to collect are worked on row by row or in chunks, with SQLite's answers (apsw), and hold little.

Every join counts as large here. MANTISDB_SEED=n replays a failure.
"""

from __future__ import annotations

import os
import random
import tracemalloc

import pytest
from side_by_side import Pair, typed

from mantisdb_sql.codegen import chunks

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
ROWS = 40
JOINS = (
    "n a, n b",
    "n a, n b WHERE a.x < b.x + 5",
    "n a JOIN n b ON a.s = b.s",
    "n a LEFT JOIN n b ON b.x = a.y",
    "n a, n b WHERE a.x < -1",
    "n a JOIN n b USING (x) JOIN none c",
)
AGGREGATES = (
    "count(*)",
    "count(*), count(b.y), count(b.x) FILTER (WHERE a.x > 3)",
    "sum(b.y), avg(b.y), total(b.y), sum(a.y + b.y), avg(a.r), total(a.r), sum(a.r * b.r)",
    "sum(a.x), avg(a.x), total(b.x), min(a.x), max(b.x), min(b.y), max(b.y), min(b.s), max(a.any), min(a.any)",
    "count(DISTINCT b.s), count(DISTINCT b.s COLLATE NOCASE), sum(DISTINCT b.y), group_concat(DISTINCT a.any)",
    "group_concat(b.x, b.s), max(b.s COLLATE NOCASE), min(a.s COLLATE NOCASE), sum(a.any), total(b.any)",
    "group_concat(b.x, '-' ORDER BY b.y, b.x, a.x), count(*)",
)
BARE = (
    "a.x, b.x, max(b.y)",
    "a.x, b.x, min(a.any)",
    "a.s, b.x, max(a.r + b.y) FILTER (WHERE a.x % 3 = 1)",
    "a.x + b.x, max(b.s COLLATE NOCASE)",
)
TAILS = ("", " GROUP BY a.x % 3", " GROUP BY a.s COLLATE NOCASE", " GROUP BY a.y IS NULL, b.x / 9 HAVING count(*) > 4")


@pytest.fixture(scope="module")
def pair() -> Pair:
    print("MANTISDB_SEED =", SEED)
    chance, pair = random.Random(SEED), Pair()
    texts, values = ["ab", "AB", "Ab", "c", None], [None, 1, 1.0, 2, "1", "a", b"1", 2.5, 2**60]
    rows = [
        (n, chance.choice([None, n * 0.37, 1e15 / (n + 1)]), chance.choice(texts), chance.choice(values), n / 7)
        for n in range(ROWS)
    ]
    for name in ("n", "none"):
        sql = f"CREATE TABLE {name}(x INTEGER, y REAL, s TEXT, any, r REAL)"
        pair.session.prepare(sql).run(())
        pair.sqlite.execute(sql)
    pair.session.prepare("INSERT INTO n VALUES (?, ?, ?, ?, ?)").run_batch(rows)
    pair.sqlite.executemany("INSERT INTO n VALUES (?, ?, ?, ?, ?)", rows)
    return pair


@pytest.fixture(autouse=True)
def every_join_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_LARGE_ROWS", -1)
    monkeypatch.setattr(chunks, "_CHUNK_ROWS", 64)


@pytest.mark.parametrize("join", JOINS)
@pytest.mark.parametrize("tail", TAILS)
def test_running_aggregates_are_sqlites(pair: Pair, join: str, tail: str) -> None:
    for what in AGGREGATES + BARE:
        sql = f"SELECT {what} FROM {join}{tail}"
        assert pair.ours(sql) == pair.theirs(sql), sql


@pytest.mark.parametrize("join", JOINS)
def test_rows_of_large_joins_are_sqlites(pair: Pair, join: str) -> None:
    for sql in (
        f"SELECT a.x, b.s, a.y FROM {join} ORDER BY a.y + b.y DESC, a.x, b.x LIMIT 7 OFFSET 2",
        f"SELECT a.x FROM {join} ORDER BY b.s COLLATE NOCASE, a.s DESC, a.x, b.x LIMIT 500",
        f"SELECT a.x, b.x FROM {join} ORDER BY a.x, b.x LIMIT -1 OFFSET 100",
        f"SELECT DISTINCT a.x % 3, b.s FROM {join} ORDER BY 1, 2",
        f"SELECT DISTINCT b.s COLLATE NOCASE, a.any IS NULL FROM {join} ORDER BY 1, 2",
        f"SELECT DISTINCT b.x % 5 FROM {join} ORDER BY 1 LIMIT 2",
        f"SELECT sum(z) FROM (SELECT a.x * b.x AS z FROM {join})",
    ):
        assert pair.ours(sql) == pair.theirs(sql), sql


@pytest.mark.parametrize(
    "sql",
    (
        "SELECT a.x % 7, count(*), sum(b.y), max(b.s), avg(a.r) FROM n a, n b, n c GROUP BY 1",
        "SELECT count(*), total(a.r), max(b.x) FROM n a, n b, n c",
        "SELECT count(*) FROM n a, n b, n c WHERE a.x <> c.x",
        "SELECT DISTINCT a.x % 7, c.s FROM n a, n b, n c",
        "SELECT a.x, b.x, c.x FROM n a, n b, n c ORDER BY a.x + b.x * c.x, 1, 2 LIMIT 10",
    ),
)
def test_joined_rows_are_not_held(pair: Pair, sql: str) -> None:
    expected = pair.theirs(sql)
    pair.ours(sql)
    tracemalloc.start()
    try:
        assert pair.ours(sql) == expected
        assert tracemalloc.get_traced_memory()[1] < ROWS**3 * 4  # not even half a pointer for each of the joined rows
    finally:
        tracemalloc.stop()


def test_counts_of_cross_joins_do_not_walk_through_them(pair: Pair) -> None:
    tables = ", ".join(f"n t{i}" for i in range(9))
    _, (only,) = pair.ours(f"SELECT count(*) FROM {tables}")
    assert only == typed((ROWS**9,))
    _, (first, second) = pair.ours(f"SELECT t0.x % 2, count(*) FROM {tables} GROUP BY 1")
    assert (first, second) == (typed((0, ROWS**9 // 2)), typed((1, ROWS**9 // 2)))
