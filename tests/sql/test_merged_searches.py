"""What an index gives for the members of an IN comes in the order in which SQLite (apsw) sorts it, merged or not.
MANTISDB_SEED=n replays a failure, MANTISDB_LONG=1 asks more.
"""

from __future__ import annotations

import os
import random

import pytest
from side_by_side import Pair

from mantisdb_engine.nodes import LEAF_MAX
from mantisdb_sql.codegen.merged_searches import ties_forwards
from mantisdb_sql.planning import scan_order

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
QUERIES = 3000 if os.environ.get("MANTISDB_LONG") else 200
ROWS = 12 * LEAF_MAX

SCHEMA = (
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c TEXT, d, e TEXT COLLATE NOCASE, r REAL)",
    "CREATE INDEX t_ab ON t(a, b)",
    "CREATE INDEX t_adr ON t(a, d, r)",
    "CREATE INDEX t_ceb ON t(c DESC, e, b DESC)",
    "CREATE INDEX t_ea ON t(e, a, b)",
    "CREATE INDEX t_cc ON t(c COLLATE NOCASE, r)",
    "CREATE INDEX t_open ON t(a, r) WHERE b > 20",
    "CREATE UNIQUE INDEX t_u ON t(a, c, id)",
    "CREATE TABLE w(a INT, b TEXT, c INT, PRIMARY KEY(a, b, c)) WITHOUT ROWID",
    "CREATE TABLE o(a INTEGER PRIMARY KEY, name TEXT)",
)
MEMBERS = {
    "a": ("(1, 3)", "(4, 2, 2, NULL)", "(1, 2.0, '3', 'x')", "(5)", "()", "(SELECT a FROM o WHERE name <> 'n2')"),
    "c": ("('x', 'y')", "('y', 1, NULL)", "('x', 'X', 'z')", "(SELECT name FROM o)"),
    "e": ("('a', 'B')", "('A', 'a', 'b')", "('q')"),
}  # fmt: skip
CONDITIONS = ("b > 10", "b BETWEEN 5 AND 30", "r IS NULL", "d = 1", "b > 20", "e = 'a'", "c IN ('x', 'y')", "id % 3")


def filled(chance: random.Random) -> Pair:
    """Both engines with the same rows: many ties, NULLs, classes that do not compare in Python."""
    few = chance.choice((3, 40, ROWS))
    rows = [
        (
            n, chance.choice((None, 0, 1, 1, 2, 3, 4, 5)), chance.choice((None, chance.randrange(few))),
            chance.choice((None, "x", "x", "y", "X")),
            chance.choice((None, 1, 1.5, "1", b"1", chance.randrange(few))), chance.choice("aAbB"),
            chance.choice((None, 0.5, float(chance.randrange(8)))),
        )
        for n in range(ROWS)
    ]  # fmt: skip
    keys = {(chance.randrange(6), chance.choice("xyz"), chance.randrange(few + 200)) for _ in range(ROWS)}
    names = [*((n, f"n{n}") for n in range(4)), (4, "x"), (5, "y")]
    return Pair.filled(SCHEMA, {"t": rows, "w": sorted(keys), "o": names})


def query(chance: random.Random) -> str:
    """A SELECT with an IN whose order is total in what it shows."""
    table = chance.choice(("t", "t", "t", "w"))
    listed = chance.choice(("a", "a", "c", "e") if table == "t" else ("a",))
    conditions = [f"t.{listed} IN {chance.choice(MEMBERS[listed])}"]
    if table == "t" and chance.random() < 0.4:
        conditions.append(f"t.{chance.choice(CONDITIONS)}" if chance.random() < 0.9 else "0")
    columns = ("b", "b", "b", "r", "d", "e", "a", "c") if table == "t" else ("b", "b", "c", "a")
    terms = [f"t.{column}" for column in dict.fromkeys(chance.choices(columns, k=chance.choice((1, 1, 1, 2))))]
    way = chance.choice(("", "", "", " DESC", " DESC", " DESC", " NULLS LAST", " COLLATE NOCASE"))
    shown = "*" if chance.random() < 0.5 and table == "t" else ", ".join(terms)
    if shown == "*" or way == " COLLATE NOCASE" or {"t.e", "t.d"} & {*terms} or chance.random() < 0.5:
        terms += ["t.id"] if table == "t" else ["t.a", "t.b", "t.c"]
        shown = chance.choice((shown, "t.b, t.c, 5"))
    source = f"{table} AS t"
    if chance.random() < 0.3:
        source, shown = f"{source} {chance.choice(('JOIN', 'LEFT JOIN'))} o ON o.a = t.a", f"{shown}, o.name"
        terms += ["t.id"] if table == "t" and "t.id" not in terms else []
    limit = chance.choice((" LIMIT 3", " LIMIT 40", " LIMIT 7 OFFSET 5", " LIMIT 100", " LIMIT 0", " LIMIT -1", ""))
    order = ", ".join(f"{term}{way}" for term in dict.fromkeys(terms))
    return f"SELECT {shown} FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {order}{limit}"


@pytest.mark.parametrize("preferred", ["by cost", "merged"])
def test_searches_for_members_give_the_order_of_sqlite(preferred: str, monkeypatch: pytest.MonkeyPatch) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(f"{SEED} {preferred}")
    if preferred == "merged":
        monkeypatch.setattr(scan_order, "_SORT_COST", 1e6)
    pair = filled(chance)
    merged = 0
    for n in range(QUERIES):
        if n == QUERIES // 2:
            for sql in ("BEGIN", "DELETE FROM t WHERE id % 3 = 1", "UPDATE t SET b = b + 1, c = 'y' WHERE id % 5 = 0"):
                assert pair.difference(sql) is None
        sql = query(chance)
        merged += "MERGE SEARCHES" in str(pair.ours(f"EXPLAIN QUERY PLAN {sql}"))
        assert pair.difference(sql) is None, sql
    assert merged > (2 if preferred == "merged" else 0)


def test_entries_read_backwards_come_forwards_where_they_are_equal() -> None:
    batches = [([(1, 9, 4), (1, 8, 7)], [4, 7]), ([(1, 8, 3), (1, 8, 2), (1, 2, 6)], [3, 2, 6])]
    found = [(keys, rowids) for keys, rowids in ties_forwards(batches, 2)]
    assert found == [
        (((1, 9, 4),), (4,)), (((1, 8, 2), (1, 8, 3), (1, 8, 7)), (2, 3, 7)), (((1, 2, 6),), (6,)),
    ]  # fmt: skip
