"""Groups that are rows of the first table are those of SQLite (apsw), in its order, whatever is joined to them.
MANTISDB_SEED=n replays a failure, MANTISDB_LONG=1 asks more.
"""

from __future__ import annotations

import os
import random

import pytest
from side_by_side import Pair

from mantisdb_sql.planning import ordered_start

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
QUERIES = 3000 if os.environ.get("MANTISDB_LONG") else 200
ROWS = 300

SCHEMA = (
    "CREATE TABLE a(id INTEGER PRIMARY KEY, x INT, y TEXT COLLATE NOCASE, z)",
    "CREATE INDEX a_x ON a(x)",
    "CREATE INDEX a_yx ON a(y, x)",
    "CREATE INDEX a_z ON a(z DESC)",
    "CREATE TABLE b(id INTEGER PRIMARY KEY, a, v REAL, t TEXT)",
    "CREATE INDEX b_a ON b(a)",
    "CREATE TABLE c(a INT, w INT)",
    "CREATE TABLE n(k, v)",
    "CREATE INDEX n_k ON n(k)",
)
JOINS = (
    "a {} b ON b.a = a.id", "a {} b ON b.a = a.id AND b.v > 2", "a {} c ON c.a = a.id", "a {} b ON b.a = a.x",
    "a {} b ON b.a = a.id {} c ON c.a = a.id", "a {} b ON b.a = a.id {} c ON c.w = b.v", "a, b",
    "a {} (SELECT a, sum(w) AS w FROM c GROUP BY a) AS c ON c.a = a.id",
)  # fmt: skip
AGGREGATES = {
    "b": ("count(b.id)", "sum(b.v)", "max(b.id), b.t", "min(b.id), b.v + a.x", "count(DISTINCT b.t)",
          "total(b.v * a.x)", "count(*) FILTER (WHERE b.v > a.x)", "group_concat(b.t, ',' ORDER BY b.v, b.id)"),
    "c": ("count(c.w)", "avg(c.w)", "max(c.w)", "count(c.w) + a.x", "group_concat(c.w, a.y ORDER BY c.w)"),
    "": ("count(*)", "a.y", "a.*", "max(a.x)", "(SELECT count(*) FROM n WHERE n.k = a.x)", "sum(a.x)"),
}  # fmt: skip
CONDITIONS = (
    "a.x > 3", "a.y = 'k1'", "a.id % 3", "a.id BETWEEN 20 AND 700", "a.id IN (5, 17, 40, 41)", "a.z IS NULL", "a.x = 2",
    "a.y IN ('K1', 'k2')", "a.x IS NOT NULL", "0", "a.id IN (SELECT a FROM b WHERE v = 3)",
)  # fmt: skip
KEYS = ("a.id", "a.id", "a.rowid", "a.id, a.y", "a.id, a.x, a.z", "a.y, a.id", "a.id, a.id")
TERMS = ("a.x", "a.y", "a.id", "a.z", "a.y, a.x", "count(*)", "1", "a.x, a.id", "a.x + 1", "a.y COLLATE BINARY")

CHANGES = "BEGIN", "DELETE FROM a WHERE id % 5 = 1", "UPDATE a SET x = id % 4, y = 'k3' WHERE id % 7 = 0"


def filled(chance: random.Random) -> Pair:
    """Both engines with the same rows: ties, NULLs, what leads nowhere, texts that look like numbers."""
    few = chance.choice((4, 50, ROWS))
    some = range(1, ROWS)
    rows = {
        "a": [
            (n, chance.choice((None, chance.randrange(few))), chance.choice(("k1", "K1", "k2", None)),
             chance.choice((None, 1, "1", 1.5, b"x", chance.randrange(few))))
            for n in some
        ],
        "b": [
            (n, chance.choice((chance.randrange(2 * ROWS), chance.randrange(40), None, str(chance.randrange(ROWS)))),
             chance.choice((None, float(chance.randrange(6)))), chance.choice("pqr"))
            for n in range(1, 2 * ROWS)
        ],
        "c": [(chance.randrange(ROWS), chance.randrange(5)) for _ in some],
        "n": [(chance.randrange(few), 1) for _ in some],
    }  # fmt: skip
    return Pair.filled(SCHEMA, rows)


def query(chance: random.Random) -> str:
    """A SELECT from joined tables, grouped by the rowid of one."""
    joined = chance.choice(JOINS).format(*(chance.choice(("JOIN", "LEFT JOIN", "LEFT JOIN")) for _ in range(2)))
    known = [name for name in AGGREGATES if not name or f"{name} ON" in joined or joined.endswith(name)]
    columns = ["a.id", *(chance.choice(AGGREGATES[chance.choice(known)]) for _ in range(chance.choice((1, 2))))]
    if joined == "a, b":
        joined += " WHERE b.a = a.id" + (f" AND {chance.choice(CONDITIONS)}" if chance.random() < 0.5 else "")
    elif chance.random() < 0.5:
        joined += f" WHERE {chance.choice(CONDITIONS)}"
    having = chance.choice(("", "", "", " HAVING count(*) > 1", " HAVING a.x > 2"))
    order = " ORDER BY a.id"
    if chance.random() < 0.75:
        way = chance.choice(("", " DESC", " DESC", " NULLS LAST"))
        order = f" ORDER BY {', '.join(term + way for term in (*chance.choice(TERMS).split(', '), 'a.id'))}"
    keys = chance.choice(KEYS)
    limit = chance.choice(("", " LIMIT 3", " LIMIT 4 OFFSET 2", " LIMIT 100", " LIMIT 0", " LIMIT -1 OFFSET 5"))
    return f"SELECT {', '.join(columns)} FROM {joined} GROUP BY {keys}{having}{order}{limit}"


@pytest.mark.parametrize("preferred", ["by cost", "in order"])
def test_groups_of_rows_are_those_of_sqlite(preferred: str, monkeypatch: pytest.MonkeyPatch) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(f"{SEED} {preferred}")
    if preferred == "in order":
        monkeypatch.setattr(ordered_start, "_CHEAPER", 0.001)
    pair = filled(chance)
    used = 0
    for n in range(QUERIES):
        for sql in CHANGES if n == QUERIES // 2 else ():
            assert pair.difference(sql) is None
        sql = query(chance)
        used += "GROUP BY" not in str(pair.ours(f"EXPLAIN QUERY PLAN {sql}"))
        assert pair.difference(sql) is None, sql
    assert used > QUERIES // 4
