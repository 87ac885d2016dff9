"""Results with subqueries under ORDER BY and LIMIT are those of SQLite (apsw), and are evaluated for the rows that are
left alone. MANTISDB_SEED=n replays a failure, MANTISDB_LONG=1 asks more.
"""

from __future__ import annotations

import os
import random

from side_by_side import Pair

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
QUERIES = 3000 if os.environ.get("MANTISDB_LONG") else 250
ROWS = 400

SCHEMA = (
    "CREATE TABLE a(id INTEGER PRIMARY KEY, x INT, y TEXT COLLATE NOCASE, z)",
    "CREATE INDEX a_x ON a(x)",
    "CREATE TABLE b(id INTEGER PRIMARY KEY, a INT, v REAL, t TEXT)",
    "CREATE INDEX b_a ON b(a)",
    "CREATE TABLE w(k TEXT, a INT, PRIMARY KEY(k, a)) WITHOUT ROWID",
)
OUTPUTS = (
    "(SELECT count(*) FROM b WHERE b.a = a.id)", "(SELECT max(v) FROM b WHERE b.a = a.x)", "a.y", "a.x + 1", "a.*",
    "(SELECT group_concat(t, a.y) FROM b WHERE b.a = a.id)", "EXISTS (SELECT 1 FROM b WHERE b.a = a.id AND v > 3)",
    "a.x IN (SELECT b.a FROM b WHERE b.v < a.id % 7)", "(SELECT t FROM b WHERE b.id = a.x)", "a.rowid", "7",
    "(SELECT (SELECT count(*) FROM b WHERE b.a = w.a AND b.id > a.id) FROM w WHERE w.a = a.id ORDER BY k LIMIT 1)",
    "(SELECT count(*) FROM w WHERE w.a = a.x) + (SELECT total(v) FROM b WHERE b.a = a.id)", "random() IS NULL",
    "(SELECT sum(v) FROM b WHERE b.a = a.id AND random() IS NOT NULL)", "CASE WHEN a.x > 3 THEN a.z ELSE a.id END",
)  # fmt: skip
JOINED = ("c.t", "(SELECT count(*) FROM b WHERE b.a = c.a)", "c.id", "(SELECT c.v + a.x)")
TERMS = ("a.y", "a.x", "a.z", "1", "2", "a.x % 5", "(SELECT count(*) FROM b WHERE b.a = a.x)", "a.y COLLATE BINARY")
CHANGES = "BEGIN", "DELETE FROM a WHERE id % 5 = 1", "UPDATE a SET x = id % 4, y = 'k3' WHERE id % 7 = 0"


def filled(chance: random.Random) -> Pair:
    """Both engines with the same rows: ties, NULLs, classes that do not compare in Python."""
    few = chance.choice((4, 50, ROWS))
    rows = {
        "a": [
            (n, chance.choice((None, chance.randrange(few))), chance.choice(("k1", "K1", "k2", None)),
             chance.choice((None, 1, "1", 1.5, b"x", chance.randrange(few))))
            for n in range(1, ROWS)
        ],
        "b": [
            (n, chance.choice((None, chance.randrange(ROWS))), chance.choice((None, float(chance.randrange(6)))),
             chance.choice("pqr"))
            for n in range(1, 2 * ROWS)
        ],
        "w": sorted({(chance.choice("xyz"), chance.randrange(ROWS)) for _ in range(ROWS)}),
    }  # fmt: skip
    return Pair.filled(SCHEMA, rows)


def query(chance: random.Random) -> str:
    """A SELECT with subqueries in its results, whose order is total."""
    is_joined = chance.random() < 0.3
    shown = [chance.choice((*OUTPUTS, *JOINED) if is_joined else OUTPUTS) for _ in range(chance.choice((2, 3)))]
    source = f"a {chance.choice(('', 'LEFT '))}JOIN b AS c ON c.a = a.x" if is_joined else "a"
    where = chance.choice(("", "", " WHERE a.x > 2", " WHERE a.id % 2", " WHERE a.z IS NOT NULL AND a.id > 30"))
    way = chance.choice(("", "", " DESC", " NULLS LAST"))
    terms = [f"{term}{way}" for term in chance.sample(TERMS, chance.choice((1, 1, 2)))]
    terms += ["a.id", "c.id"] if is_joined else ["a.id"]
    limit = chance.choice((" LIMIT 3", " LIMIT 3", " LIMIT 4 OFFSET 2", " LIMIT 100", " LIMIT 0", " LIMIT -1", ""))
    sql = f"SELECT {', '.join(shown)} FROM {source}{where} ORDER BY {', '.join(terms)}{limit}"
    if chance.random() < 0.1:
        inner = "(SELECT x FROM a ORDER BY x, id LIMIT 9) AS q"
        return f"SELECT x, (SELECT v FROM (SELECT count(*) AS v FROM b WHERE a = q.x)) FROM {inner} ORDER BY x LIMIT 5"
    return sql


def test_results_of_the_rows_that_are_left_are_those_of_sqlite() -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    pair = filled(chance)
    late = 0
    for n in range(QUERIES):
        for sql in CHANGES if n == QUERIES // 2 else ():
            assert pair.difference(sql) is None
        sql = query(chance)
        code = str(pair.ours(f"EXPLAIN {sql}"))
        late += "(r0, r0[" in code or "(r0, r1," in code
        assert pair.difference(sql) is None, sql
    assert late > QUERIES // 20
