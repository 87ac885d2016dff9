"""ORDER BY whose last terms the scan or a rowid makes superfluous, against SQLite (apsw), ties and all."""

from __future__ import annotations

import random

import pytest
from side_by_side import Pair

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
