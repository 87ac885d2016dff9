"""Joins on what is computed of both sides have SQLite's rows (apsw), and go through each table once.
MANTISDB_SEED=n replays a failure, MANTISDB_LONG=1 asks more.
"""

from __future__ import annotations

import os
import random

import pytest
from side_by_side import Pair

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
QUERIES = 4000 if os.environ.get("MANTISDB_LONG") else 300
ROWS = 60

SCHEMA = (
    "CREATE TABLE a(id INTEGER PRIMARY KEY, i INT, t TEXT, n TEXT COLLATE NOCASE, r REAL, m)",
    "CREATE TABLE b(id INTEGER PRIMARY KEY, i INT, t TEXT, n TEXT COLLATE NOCASE, r REAL, m)",
    "CREATE TABLE few(i INT, t TEXT)",
    "CREATE INDEX b_i ON b(i)",
)
COMPUTED = (
    "lower({}.t)", "{}.i + 1", "{}.i % 3", "{}.r * 2", "{}.t || ''", "substr({}.m, 1, 1)", "-{}.m", "{}.n || {}.t",
    "+{}.m", "{}.m COLLATE NOCASE", "coalesce({}.i, {}.m)", "CAST({}.m AS TEXT)", "{}.i", "{}.m", "{}.n", "abs({}.r)",
    "{}.i IS NULL", "round({}.r)", "lower({}.n) COLLATE RTRIM", "date({}.i, 'unixepoch')", "typeof({}.m)",
)  # fmt: skip
MORE = ("", "", " AND {0}.i < {1}.i", " AND {1}.r > 1", " AND {0}.i = {1}.i", " AND upper({0}.t) = upper({1}.n)")
JOINS = ("JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")
SOURCES = (
    "b", "b", "(SELECT * FROM b WHERE id > 3 LIMIT 40)",
    "(SELECT i, t, n, r, m, id FROM b UNION ALL SELECT 1, t, t, i, i, 0 FROM few)",
)  # fmt: skip


def filled(chance: random.Random) -> Pair:
    """Both engines with the same rows: ties, NULLs, numbers that are equal in other classes, texts that look alike."""
    mixed = (None, 1, 1.0, "1", b"1", "a", "A", 2**53 + 1, 2.0**53, 0.0, -0.0, "", "2.50", -1)
    rows = {
        table: [
            (n, chance.choice((None, chance.randrange(9), 86400)), chance.choice(("x", "X", "y ", "y", "1", None)),
             chance.choice(("ab", "AB", "aB ", None)), chance.choice((None, chance.randrange(8) / 2, 1e300, -2.5)),
             chance.choice(mixed))
            for n in range(1, chance.choice((3, ROWS)))
        ]
        for table in ("a", "b")
    }  # fmt: skip
    return Pair.filled(SCHEMA, {**rows, "few": [(1, "x"), (2, "Y"), (None, None)]})


def condition(chance: random.Random, one: str, other: str) -> str:
    sides = [chance.choice(COMPUTED).replace("{}", name) for name in (one, other)]
    if chance.random() < 0.5:
        sides[1] = sides[0].replace(f"{one}.", f"{other}.")
    return f"{sides[0]} = {sides[1]}{chance.choice(MORE).format(one, other)}"


def query(chance: random.Random) -> str:
    """A SELECT that joins by computed values, or asks whether there are equal ones."""
    shown = "a.id, b.id, a.m, b.m"
    source = chance.choice(SOURCES)
    kind = chance.randrange(5)
    if kind == 0:
        test = f"EXISTS (SELECT 1 FROM {source} AS b WHERE {condition(chance, 'b', 'a')})"
        return f"SELECT a.id FROM a WHERE {chance.choice(('', 'NOT '))}{test}"
    if kind == 1:
        return f"SELECT a.id, (SELECT count(b.m) FROM {source} AS b WHERE {condition(chance, 'a', 'b')}) FROM a"
    sql = f"SELECT {shown} FROM a {chance.choice(JOINS)} {source} AS b ON {condition(chance, 'a', 'b')}"
    if kind == 2:
        return f"{sql} {chance.choice(('', 'LEFT '))}JOIN few ON {condition(chance, 'few', 'a').split(' AND')[0]}"
    return sql + chance.choice(("", " WHERE a.i > 2", " WHERE b.m IS NULL", f" WHERE {condition(chance, 'b', 'a')}"))


def test_joins_by_computed_values_have_the_rows_of_sqlite() -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    hashed = 0
    for n in range(QUERIES):
        if n % 100 == 0:
            pair = filled(chance)
        sql = query(chance)
        if " few ON" in sql:
            sql = "".join(sql.replace("few.m", "few.t").replace("few.n", "few.t").replace("few.r", "few.i"))
        assert pair.difference(sql) is None, sql
        plan = pair.session.prepare(f"EXPLAIN QUERY PLAN {sql}").run(())
        hashed += any("HASH TABLE" in str(row) and "<expr>" in str(row) for row in plan)
    assert hashed > QUERIES / 10


@pytest.mark.parametrize(
    "test",
    ["random() % 2 = b.i % 2", "abs(b.m) = abs(a.m)", "json_extract(b.t, '$') = a.t", "seen(b.i) = a.i + 1",
     "(SELECT max(i) FROM few) + b.i = a.i + 1"],
)  # fmt: skip
def test_what_can_fail_or_be_noticed_is_computed_for_each_pair_of_rows(test: str) -> None:
    pair = filled(random.Random(5))
    calls = []
    pair.session.functions.create_function("seen", 1, calls.append)
    plan = str(pair.session.prepare(f"EXPLAIN QUERY PLAN SELECT a.id FROM a LEFT JOIN b ON {test}").run(()))
    assert "HASH TABLE (<expr>" not in plan, plan
