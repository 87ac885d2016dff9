"""Recursions that join to an index, or to a rowid, find what SQLite (apsw) finds, whether keys are searched for one by
one, or a hash table is built at once or in the midst of it. MANTISDB_SEED=n replays a failure, MANTISDB_LONG=1 asks
more.
"""

from __future__ import annotations

import os
import random

import pytest
from side_by_side import Pair

from mantisdb_sql.codegen import searched_tables

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
QUERIES = 1000 if os.environ.get("MANTISDB_LONG") else 60
ROWS = 700

SCHEMA = (
    "CREATE TABLE n(id INTEGER PRIMARY KEY, parent INT, label TEXT, code TEXT COLLATE NOCASE, r REAL, v, "
    "u TEXT UNIQUE)",
    "CREATE INDEX n_parent ON n(parent)",
    "CREATE INDEX n_label ON n(label, parent)",
    "CREATE INDEX n_code ON n(code)",
    "CREATE INDEX n_r ON n(r DESC)",
    "CREATE INDEX n_v ON n(v)",
    "CREATE INDEX n_open ON n(parent) WHERE r > 20",
    "CREATE TABLE w(k INT, to_k INT, PRIMARY KEY(k)) WITHOUT ROWID",
)
LINKS = (
    "n.parent = t.k", "n.id = t.k", "n.r = t.k", "n.v = t.k", "n.code = t.s", "n.u = t.s", "n.label = t.s",
    "n.label = t.s AND n.parent = t.k", "n.parent = t.k AND n.r > 20", "n.parent = t.k AND n.v IS NOT NULL",
    "n.id = t.k + 1", "n.v = t.s", "n.rowid = t.k AND n.parent < 90", "n.parent = t.s", "n.id = t.s",
    "n.code = t.s COLLATE BINARY", "n.parent = t.k AND n.id > t.k", "+n.parent = t.k AND n.v = t.k",
)  # fmt: skip
STEPS = ("n.id", "n.parent", "n.r", "n.v", "t.k + 1", "n.id / 2", "n.id / 2.0", "nullif(n.parent, 3)")
TEXTS = ("n.label", "n.code", "n.u", "n.v", "t.s", "upper(n.label)")


@pytest.fixture
def pair() -> Pair:
    """Both engines with the same rows: short runs, NULLs, classes that do not compare in Python."""
    chance = random.Random(SEED)
    rows = [
        (
            n, chance.choice((None, n // 3, chance.randrange(ROWS))), f"l{chance.randrange(200)}",
            chance.choice((None, f"L{chance.randrange(200)}")), chance.choice((None, n / 2, float(n // 4))),
            chance.choice((None, 1, 1.5, "1", b"1", n, float(n), f"l{n}")), chance.choice((None, f"l{n}")),
        )
        for n in range(ROWS)
    ]  # fmt: skip
    return Pair.filled(SCHEMA, {"n": rows, "w": [(n, n // 2) for n in range(ROWS)]})


def query(chance: random.Random) -> str:
    """A recursion of a few generations."""
    step, text = chance.choice(STEPS), chance.choice(TEXTS)
    union = chance.choice(("UNION ALL", "UNION"))
    first = f"SELECT {step.replace('t.k', 'id')}, {text.replace('t.s', 'label')}, 0 FROM n"
    first += f" WHERE id % 97 = {chance.randrange(97)}"
    source = chance.choice(("t JOIN n", "n JOIN t", "t CROSS JOIN n"))
    joined = f"FROM {source} ON {chance.choice(LINKS)}"
    if chance.random() < 0.2:
        joined += " JOIN w ON w.k = n.id"
    last = chance.choice(("SELECT * FROM t", "SELECT count(*), sum(d), max(k) FROM t", "SELECT DISTINCT k, s FROM t"))
    return (
        f"WITH RECURSIVE t(k, s, d) AS ({first} {union} SELECT {step}, {text}, d + 1 {joined} "
        f"WHERE d < {chance.randrange(1, 4)}) {last}"
    )


@pytest.mark.parametrize("rows_per_search", [32, 1, 200, ROWS + 1])
def test_recursions_find_what_sqlite_finds(pair: Pair, rows_per_search: int, monkeypatch: pytest.MonkeyPatch) -> None:
    print("MANTISDB_SEED =", SEED)
    monkeypatch.setattr(searched_tables, "_ROWS_PER_SEARCH", rows_per_search)
    chance = random.Random(f"{SEED} {rows_per_search}")
    used = 0
    for _ in range(QUERIES):
        sql = query(chance)
        used += "SearchedTable" in str(pair.ours(f"EXPLAIN {sql}"))
        assert pair.difference(sql) is None, sql
    assert used > QUERIES // 10


def test_a_recursion_that_meets_few_rows_does_not_read_the_table(pair: Pair) -> None:
    step = "SELECT n.id / 3 FROM t JOIN n ON n.id = t.k WHERE k > 0"
    sql = f"WITH RECURSIVE t(k) AS (SELECT 600 UNION ALL {step}) SELECT k FROM t"
    scans = pair.session.database.published.trees
    counts = {tree_id: tree.scans for tree_id, tree in scans.items()}
    assert pair.difference(sql) is None
    assert {tree_id: tree.scans for tree_id, tree in scans.items()} == counts
