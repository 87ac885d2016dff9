"""EXISTS and the ends of what a key finds are what they are in SQLite (apsw), whether an index is asked, a hash table
or a set of all that there is. MANTISDB_SEED=n replays a failure, MANTISDB_LONG=1 asks more.
"""

from __future__ import annotations

import os
import random

import pytest
from side_by_side import Pair

from mantisdb_sql.planning import access, join_order

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
QUERIES = 2000 if os.environ.get("MANTISDB_LONG") else 120

SCHEMA = (
    "CREATE TABLE o(id INTEGER PRIMARY KEY, k INT, s TEXT, r REAL, v)",
    "CREATE TABLE i(id INTEGER PRIMARY KEY, k INT, s TEXT COLLATE NOCASE, r REAL, v, u TEXT UNIQUE, n INT NOT NULL)",
    "CREATE INDEX i_k ON i(k)",
    "CREATE INDEX i_kr ON i(k, r)",
    "CREATE INDEX i_s ON i(s, k)",
    "CREATE INDEX i_r ON i(r DESC)",
    "CREATE INDEX i_v ON i(v)",
    "CREATE INDEX i_open ON i(n) WHERE r > 3",
    "CREATE TABLE w(a INT, b TEXT, PRIMARY KEY(a, b)) WITHOUT ROWID",
)
LINKS = (
    "i.k = o.k", "i.k = o.id", "i.id = o.k", "i.s = o.s", "i.s = o.s COLLATE BINARY", "i.r = o.k", "i.v = o.v",
    "i.v = o.s", "i.u = o.s", "i.k = o.k AND i.r = o.r", "i.k = o.k AND i.r > 3", "i.k IS o.k", "i.k = o.v",
    "i.n = o.k AND i.r > 3", "i.k = o.k + 1", "i.k = 3", "i.k IS NULL", "i.s = 'A'", "i.k = o.k AND i.s = o.s",
    "i.k = o.k AND i.v IS NOT NULL", "i.k = o.k OR i.id = o.id", "i.k IN (o.k, 3)", "i.k = o.k AND o.r > 2",
)  # fmt: skip


@pytest.fixture
def pair() -> Pair:
    """Both engines with the same rows: keys that are missing, NULLs, infinities, classes that do not compare."""
    chance = random.Random(SEED)
    keys = (None, *range(40))
    values = (None, 1, 1.5, "1", b"1", "a", 9e999)

    def row(n: int) -> tuple[object, ...]:
        text, real = chance.choice((None, "a", "A", "b", f"u{n}")), chance.choice((None, 1.0, 9e999, 4))
        return n, chance.choice(keys), text, real

    outer = [(*row(n), chance.choice(values)) for n in range(150)]
    inner = [(*row(n), chance.choice(values), chance.choice((None, f"u{n}")), n % 30) for n in range(0, 1500, 2)]
    return Pair.filled(SCHEMA, {"o": outer, "i": inner, "w": [(n % 20, f"u{n}") for n in range(60)]})


def query(chance: random.Random) -> str:
    """A query with EXISTS in WHERE or among its results."""
    table, link = "i", chance.choice(LINKS)
    if chance.random() < 0.15:
        table, link = "w", chance.choice(("w.a = o.k", "w.a = o.k AND w.b = o.s", "w.b = o.s"))
    results = chance.choice(("1", "*", "count(*)" if chance.random() < 0.2 else "NULL"))
    exists = f"{chance.choice(('', 'NOT '))}EXISTS (SELECT {results} FROM {table} WHERE {link})"
    limit = chance.choice(("", "", " LIMIT 5", " LIMIT 1000"))
    if chance.random() < 0.3:
        return f"SELECT id, {exists} FROM o ORDER BY id{limit}"
    other = chance.choice(("", "", " AND o.r IS NOT NULL", " OR o.id < 5"))
    return f"SELECT id FROM o WHERE {exists}{other} ORDER BY id{limit}"


@pytest.mark.parametrize("preferred", ["by cost", "index", "hash"])
def test_exists_finds_what_it_finds_in_sqlite(pair: Pair, preferred: str, monkeypatch: pytest.MonkeyPatch) -> None:
    print("MANTISDB_SEED =", SEED)
    if preferred == "index":
        monkeypatch.setattr(join_order, "_TEST_COST", 0.0)
    elif preferred == "hash":
        monkeypatch.setattr(join_order, "_TEST_COST", 1e6)
        monkeypatch.setattr(access, "RANGE_COST", 1e6)
    chance = random.Random(f"{SEED} {preferred}")
    for _ in range(QUERIES):
        sql = query(chance)
        assert pair.difference(sql) is None, sql


ENDS = ("max(i.id)", "min(i.id)", "max(i.rowid)", "min(i._rowid_)", "max(i.r)", "min(i.v)", "max(i.id) + count(*)")


def test_ends_of_what_is_found_are_those_of_sqlite(pair: Pair) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    keys = ("k = 3", "k IS NULL", "k = 3 AND r = 1", "k = 3 AND r IS NULL", "s = 'A' AND k = 2", "k = 77", "k > 30")
    for _ in range(QUERIES):
        end, link = chance.choice(ENDS), chance.choice(LINKS)
        wheres = ("", "WHERE o.k < 9", "WHERE o.s = 'a'", f"WHERE o.id = (SELECT {end} FROM i WHERE {link})")
        for sql in (
            f"SELECT id, (SELECT {end} FROM i WHERE {link}) FROM o {chance.choice(wheres)} ORDER BY id",
            f"SELECT {end}, {chance.choice(ENDS)} FROM i WHERE {chance.choice(keys)}",
        ):
            assert pair.difference(sql) is None, sql


def test_a_subquery_that_remembers_is_asked_once_for_each_value(pair: Pair) -> None:
    sql = "SELECT id FROM i AS o WHERE id = (SELECT max(id) FROM i WHERE i.k = o.k) AND o.k < 4"
    assert "if key in m0" in str(pair.ours(f"EXPLAIN {sql}"))
    assert pair.difference(sql) is None
