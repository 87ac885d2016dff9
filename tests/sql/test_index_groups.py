"""Groups and distinct values in the order of an index are those of SQLite (apsw), whatever is read of them and however
the entries are spread over leaves. MANTISDB_SEED=n replays a failure, MANTISDB_LONG=1 asks more.
"""

from __future__ import annotations

import os
import random

import pytest
from side_by_side import Pair

from mantisdb_engine.nodes import LEAF_MAX
from mantisdb_sql.codegen import aggregate
from mantisdb_sql.planning import group_order

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
QUERIES = 3000 if os.environ.get("MANTISDB_LONG") else 150
ROWS = 20 * LEAF_MAX

SCHEMA = (
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c TEXT, d, e TEXT COLLATE NOCASE, r REAL, n INT NOT NULL)",
    "CREATE INDEX t_ab ON t(a, b)",
    "CREATE INDEX t_anr ON t(a, n, r)",
    "CREATE INDEX t_cb ON t(c DESC, b DESC)",
    "CREATE INDEX t_d ON t(d, a)",
    "CREATE INDEX t_ea ON t(e, a, n)",
    "CREATE INDEX t_open ON t(b, c) WHERE a > 2",
    "CREATE UNIQUE INDEX t_u ON t(c, a, id)",
    "CREATE TABLE w(a INT, b TEXT, c INT, PRIMARY KEY(a, b, c)) WITHOUT ROWID",
)
AGGREGATES = (
    "count(*)", "min({})", "max({})", "count({})", "count(DISTINCT {})", "sum({})", "avg(n)", "total(b)", "max(n)",
    "min(n)", "min({}), max({})", "group_concat({0}, '' ORDER BY {0})", "count(*) FILTER (WHERE {} > 3)", "sum(n + a)",
)  # fmt: skip
CONDITIONS = (
    "a = 3", "a > 2", "a BETWEEN 1 AND 3", "b < 50", "c = 'x'", "a IS NULL", "e = 'A'", "n % 2", "a = 1 AND n > 3",
    "a > 2 AND b IS NOT NULL", "c IS 'y' AND a = 2", "a IN (1, 3)", "e LIKE 'a%'", "a = NULL", "1", "0", "d = 1",
)  # fmt: skip


def filled(chance: random.Random) -> Pair:
    """Both engines with the same rows: long runs, short ones, NULLs, classes that do not compare in Python."""
    pair = Pair()
    for sql in SCHEMA:
        assert pair.difference(sql) is None
    few = chance.choice((3, 40, 400, ROWS))
    rows = [
        (
            n, chance.choice((None, 0, 1, 1, 1, 2, 3, 4, 5)), chance.choice((None, chance.randrange(few))),
            chance.choice((None, "x", "x", "y", str(chance.randrange(few)))),
            chance.choice((None, 1, 1.5, "1", b"1", chance.randrange(few))), chance.choice("aAbB"),
            chance.choice((None, 0.5, float(chance.randrange(8)))), chance.randrange(9),
        )
        for n in range(ROWS)
    ]  # fmt: skip
    keys = {(chance.randrange(6), chance.choice("xyz"), chance.randrange(few + 200)) for _ in range(ROWS)}
    filling = ("INSERT INTO t VALUES (?,?,?,?,?,?,?,?)", rows), ("INSERT INTO w VALUES (?,?,?)", sorted(keys))
    for insert, values in filling:
        pair.session.prepare(insert).run_batch(values)
        pair.sqlite.executemany(insert, values)
    return pair


def query(chance: random.Random) -> str:
    """A grouped or distinct SELECT whose order is total where rows are compared in order."""
    table = chance.choice(("t", "t", "t", "w"))
    columns = ["a", "b", "c", "d", "r", "n"] if table == "t" else ["a", "b", "c"]
    keys = chance.sample(columns, chance.choice((1, 1, 2, 2, 3)))
    where = ""
    if chance.random() < 0.5:
        where = f" WHERE {chance.choice(CONDITIONS if table == 't' else CONDITIONS[:5])}"
    ordered = keys if chance.random() < 0.6 else chance.sample(keys, len(keys))
    direction = chance.choice(("", "", " DESC", " DESC", " NULLS LAST"))
    order = f" ORDER BY {', '.join(f'{key}{direction}' for key in ordered)}"
    limit = chance.choice(("", "", " LIMIT 3", " LIMIT 4 OFFSET 2", " LIMIT 100"))
    if chance.random() < 0.1:
        return f"SELECT count(DISTINCT {chance.choice([*keys, 'e' if table == 't' else 'b'])}) FROM {table}{where}"
    if chance.random() < 0.35:
        return f"SELECT DISTINCT {', '.join(keys)} FROM {table}{where}{order}{limit}"
    argument = chance.choice(["b", "n", "a", "r"] if table == "t" else ["c", "a", "b"])
    chosen = chance.sample(AGGREGATES if table == "t" else AGGREGATES[:5], chance.choice((0, 1, 1, 2)))
    calls = [call.format(argument, argument) for call in chosen]
    having = chance.choice(("", "", "", " HAVING count(*) > 2"))
    return f"SELECT {', '.join([*keys, *calls])} FROM {table}{where} GROUP BY {', '.join(keys)}{having}{order}{limit}"


@pytest.mark.parametrize("preferred", ["by cost", "ends", "entries", "rows"])
def test_groups_of_an_index_are_those_of_sqlite(preferred: str, monkeypatch: pytest.MonkeyPatch) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(f"{SEED} {preferred}")
    if preferred != "by cost":
        monkeypatch.setattr(aggregate, "_ROWS_PER_RUN", 0.0)
        monkeypatch.setattr(group_order, "_HASH_COST", 1e6)
        monkeypatch.setattr(group_order, "_COUNT_COST", 1e6)
        monkeypatch.setattr(group_order, "_DISTINCT_COST", 1e6)
        monkeypatch.setattr(group_order, "_DISTINCT_COLUMN_COST", 1e6)
    if preferred in ("entries", "rows"):
        monkeypatch.setattr(group_order.GroupOrder, "_wants_ends", lambda self, following: False)
    if preferred == "rows":
        monkeypatch.setattr(group_order.GroupOrder, "_is_covering", lambda self, access, exact: False)
    pair = filled(chance)
    used = 0
    for _ in range(QUERIES):
        sql = query(chance)
        _, plan = pair.ours(f"EXPLAIN QUERY PLAN {sql}")
        used += not any(f"TEMP B-TREE FOR {what}" in str(plan) for what in ("GROUP", "DISTINCT", "count"))
        assert pair.difference(sql) is None, sql
    assert used > QUERIES // 20
