"""What a correlated count(*) counts in a hash table is what SQLite (apsw) counts. MANTISDB_SEED=n replays a failure."""

from __future__ import annotations

import os
import random

import pytest
from side_by_side import Pair

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
ROWS = 1500

MATCHES = (
    "i.n = o.n", "i.t = o.t", "i.x = o.x", "i.n = o.t", "i.x = o.n", "i.t = o.x", "i.r = o.n", "i.n = o.r",
    "i.n IS o.n", "i.c = o.t", "i.t = o.c", "i.n = o.n AND i.t = o.t", "i.n = o.n AND i.r > 2",
    "i.n = o.n AND i.x IS NULL", "i.n + 1 = o.n", "i.n = o.n AND i.t <> o.t", "i.rowid = o.n", "i.n = NULL",
    "i.x = o.x AND i.n IN (1, 2, 3)",
)  # fmt: skip


@pytest.fixture(scope="module")
def pair() -> Pair:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    pair = Pair()
    values: list[object] = [None, 1, 2, 3, 1.0, 2.5, "1", "2.0", "a", "A", b"a", "3 "]
    for table, count in (("i", ROWS), ("o", 400), ("e", 0)):
        assert pair.difference(f"CREATE TABLE {table}(n INT, t TEXT, x, r REAL, c TEXT COLLATE NOCASE)") is None
        rows = [
            (chance.choice((None, *range(40), "q", 2.5)), chance.choice(values), chance.choice(values),
             chance.choice((None, 0.5, 3.0, 7)), chance.choice(("a", "A", "1", None)))
            for _ in range(count)
        ]  # fmt: skip
        insert = f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)"
        pair.session.prepare(insert).run_many(rows)
        pair.sqlite.executemany(insert, rows)
    return pair


@pytest.mark.parametrize("match", MATCHES)
def test_rows_that_match_are_counted_as_in_sqlite(pair: Pair, match: str) -> None:
    count = f"(SELECT count(*) FROM i WHERE {match})"
    assert "Counter(" in str(pair.ours(f"EXPLAIN SELECT (SELECT count(*) FROM i WHERE {MATCHES[0]}) FROM o"))
    for sql in (
        f"SELECT o.rowid, {count} FROM o ORDER BY 1",
        f"SELECT o.rowid FROM o WHERE {count} > 30 ORDER BY 1",
        f"SELECT o.rowid FROM o WHERE {count} = 0 ORDER BY 1",
        f"SELECT o.rowid, {count} + {count}, (SELECT count(*), 1 FROM i WHERE {match}) = (1, 1) FROM o ORDER BY 1",
        f"SELECT o.rowid FROM o ORDER BY {count} DESC, 1 LIMIT 9",
        f"SELECT o.rowid, {count.replace('i WHERE', 'e AS i WHERE')} FROM o ORDER BY 1 LIMIT 20",
    ):
        assert pair.difference(sql) is None
