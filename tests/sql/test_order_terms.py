"""ORDER BY whose last terms the scan or a rowid makes superfluous, and ORDER BY with LIMIT, against SQLite (apsw), ties
and all. MANTISDB_SEED replays a failure of the random ones, MANTISDB_LONG=1 runs many more.
"""

from __future__ import annotations

import random
from typing import Any

import apsw
import pytest
from side_by_side import Pair

import mantisdb_dbapi

ORDERS = (
    "a.x, a.id", "a.x DESC, a.id", "a.x, a.id DESC", "a.id, a.x", "a.id DESC, a.x", "a.x, a.rowid, a.y",
    "a.y, a.x, a.id, a.id", "a.id", "a.id DESC", "a.x, a.id NULLS LAST", "a.y COLLATE NOCASE, a.id",
)  # fmt: skip
FROMS = (
    "SELECT {0}.id, {0}.x, {0}.y FROM t {0} ORDER BY {1}",
    "SELECT {0}.* FROM t {0} WHERE {0}.x > 3 ORDER BY {1} LIMIT 7 OFFSET 2",
    "SELECT {0}.id, b.id FROM t {0} JOIN u b ON b.y = {0}.y ORDER BY {1}, b.id",
    "SELECT {0}.id, b.id FROM t {0} LEFT JOIN u b ON b.y = {0}.y AND b.id < {0}.x ORDER BY {1}, b.id",
    "SELECT {0}.id, b.id FROM u b LEFT JOIN t {0} ON b.y = {0}.y ORDER BY {1}, b.id LIMIT 40",
    "SELECT {0}.id, b.id FROM t {0} CROSS JOIN u b WHERE b.id < 4 ORDER BY {1}, b.id DESC",
    "SELECT DISTINCT {0}.x, {0}.id, {0}.y FROM t {0} ORDER BY {1}",
    "SELECT {0}.id, {0}.x, {0}.y FROM t {0} WHERE {0}.id BETWEEN 20 AND 150 ORDER BY {1}",
    "SELECT {0}.id, {0}.x FROM (SELECT * FROM t ORDER BY y, id LIMIT 90) {0} ORDER BY {1}, {0}.id",
)


@pytest.fixture(scope="module")
def pair() -> Pair:
    chance = random.Random(7)
    pair = Pair()
    for table in "tu":
        assert pair.difference(f"CREATE TABLE {table}(x, y TEXT, id INTEGER PRIMARY KEY)") is None
        for _ in range(200 if table == "t" else 30):
            row = (chance.choice((None, 1, 2.5, 5, "a", 9)), chance.choice("abAB"), chance.randrange(1, 100_000))
            assert pair.difference(f"INSERT INTO {table} VALUES (?, ?, ?)", row) is None
    return pair


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("text", FROMS)
def test_rows_are_in_sqlites_order(pair: Pair, text: str, order: str) -> None:
    if "FROM (SELECT" in text and "rowid" in order:
        order = order.replace("a.rowid", "a.id")
    sql = text.format("a", order)
    assert pair.ours(sql) == pair.theirs(sql), sql


@pytest.fixture(scope="module")
def long_pair() -> Pair:
    pair = Pair()
    chance = random.Random(11)
    assert pair.difference("CREATE TABLE t(id INTEGER PRIMARY KEY, few INTEGER NOT NULL, y TEXT NOT NULL, z)") is None
    for i in range(900):
        row = (i, chance.randrange(9), f"k{chance.randrange(300)}", chance.choice((None, 1, "a", 2.5)))
        assert pair.difference("INSERT INTO t VALUES (?, ?, ?, ?)", row) is None
    return pair


@pytest.mark.parametrize("limit", ["3", "20 OFFSET 5", "300", "-1", "0", "2 OFFSET 890"])
@pytest.mark.parametrize("order", ["few", "few DESC", "few, y", "y DESC, few DESC, z", "y, id DESC", "few DESC, z, y"])
def test_rows_that_come_too_late_are_dropped_on_the_way(long_pair: Pair, order: str, limit: str) -> None:
    for sql in (f"SELECT id, y FROM t ORDER BY {order}, id LIMIT {limit}",
                f"SELECT * FROM t WHERE z IS NOT NULL ORDER BY {order} LIMIT {limit}",
                f"SELECT a.id, b.z FROM t a JOIN t b ON b.id = a.few ORDER BY a.{order}, a.id LIMIT {limit}"):
        assert long_pair.ours(sql) == long_pair.theirs(sql), sql


@pytest.mark.parametrize("sql", [
    "SELECT * FROM t ORDER BY abs(few - 4), id LIMIT 3",
    "SELECT id, few * 2 AS p FROM t ORDER BY p DESC, y LIMIT 3",
    "SELECT a.id, b.id FROM t a JOIN t b ON b.id = a.few ORDER BY length(a.y) + b.few, a.id LIMIT 3",
])  # fmt: skip
def test_what_is_computed_for_the_order_is_known_before_a_row_is_made(long_pair: Pair, sql: str) -> None:
    assert "for term0 in" in str(long_pair.ours(f"EXPLAIN {sql}"))
    assert long_pair.ours(sql) == long_pair.theirs(sql)


def test_random_integers_differ_and_have_all_bits() -> None:
    connection = mantisdb_dbapi.connect(":memory:")
    connection.execute("CREATE TABLE t (a)")
    connection.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(2000)])
    found = [row[0] for row in connection.execute("SELECT random() FROM t")]
    assert len(set(found)) == 2000
    assert min(found) < -(2**62) and max(found) > 2**62
    connection.close()


TEXTS = ["abc", "ABC", "b", "B ", "b", "Zz", "zZ ", "é", "É", ""]
TERMS = (
    "a", "b", "c", "d", "e", "f", "a COLLATE NOCASE", "f COLLATE RTRIM", "b COLLATE BINARY", "c * 2", "d + 1",
    "length(f)", "abs(c)", "upper(a)", "coalesce(d, 7)", "nullif(d, 3) - c", "-d", "f || 'x'", "random() IS NULL",
)  # fmt: skip


def _filled(connection: Any, chance: random.Random) -> None:
    connection.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT COLLATE NOCASE, c REAL, d INTEGER, e, f TEXT NOT NULL)"
    )
    rows = [
        (
            chance.choice([*TEXTS, None]),
            chance.choice([*TEXTS, None, None]),
            chance.choice([None, 1.5, 2.5, -3.0, chance.random() * 100]),
            chance.choice([None, chance.randrange(50)]),
            chance.choice([None, 1, 2.0, "x", b"y"]),
            chance.choice(TEXTS) + str(chance.randrange(30)),
        )
        for _ in range(3000)
    ]
    connection.executemany("INSERT INTO t (a, b, c, d, e, f) VALUES (?, ?, ?, ?, ?, ?)", rows)


def test_the_first_rows_of_an_order_are_sqlites(seed: int, long_mode: bool) -> None:
    ours, theirs = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    for connection in (ours, theirs):
        _filled(connection, random.Random(seed))
    chance = random.Random(seed)
    for _ in range(10_000 if long_mode else 400):
        terms = [
            chance.choice(TERMS) + chance.choice(["", " DESC"]) + chance.choice(["", "", " NULLS LAST", " NULLS FIRST"])
            for _ in range(chance.choice([1, 1, 2, 3]))
        ]
        sql = (
            f"SELECT {chance.choice(['id', 'id, a, b', '*', 'f, id', 'c * 2, d + 1, -d, id'])} FROM t "
            f"{chance.choice(['', 'WHERE d > 5', 'WHERE c IS NOT NULL', 'JOIN (SELECT 1) ON 1'])} "
            f"ORDER BY {', '.join(terms)}, id "
            f"LIMIT {chance.choice([0, 1, 3, 20, 100, 5000, -1])} {chance.choice(['', 'OFFSET 3', 'OFFSET 200'])}"
        )
        assert ours.execute(sql).fetchall() == list(theirs.execute(sql)), f"seed {seed}: {sql}"
    ours.close()
