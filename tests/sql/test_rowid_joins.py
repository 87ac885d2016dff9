"""Joins that want nothing of an index search's rows but their rowid, or that they are there, beside SQLite.

Random joins, inner and left, over tables with indexes of one and two columns and a WITHOUT ROWID table. MANTISDB_SEED
replays a failure, MANTISDB_LONG=1 runs ten times as many.
"""

from __future__ import annotations

import random
from typing import Any

import apsw

import mantisdb_dbapi

SCHEMA = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)",
    "CREATE TABLE k (id INTEGER PRIMARY KEY, p_id INTEGER, x INTEGER, y TEXT)",
    "CREATE TABLE l (p_id INTEGER, k_id INTEGER)",
    "CREATE TABLE w (p INTEGER, k INTEGER, PRIMARY KEY (p, k)) WITHOUT ROWID",
    "CREATE INDEX kp ON k (p_id)",
    "CREATE INDEX kpx ON k (p_id, x)",
    "CREATE INDEX lp ON l (p_id)",
    "CREATE INDEX lk ON l (k_id)",
    "CREATE INDEX wk ON w (k)",
)
JOINS = (
    "p {} k ON k.p_id = p.id",
    "p {} l ON l.p_id = p.id",
    "p {} k ON k.p_id = p.id {} l ON l.k_id = k.id",
    "p {} w ON w.p = p.id",
    "p {} l ON l.p_id = p.id {} k ON k.id = l.k_id",
    "k {} l ON l.k_id = k.id",
    "p {} k ON k.p_id = p.id AND k.x = p.a",
    "p {} k q ON q.p_id = p.id {} k ON k.p_id = q.p_id",
    "k {} w ON w.k = k.id",
)
COLUMNS = {
    "p": "id a b rowid",
    "k": "id p_id x rowid id rowid",
    "q": "id rowid",
    "l": "rowid p_id k_id rowid",
    "w": "p k",
}


def _filled(chance: random.Random) -> tuple[Any, Any]:
    ours, theirs = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    rows: dict[str, list[tuple[Any, ...]]] = {
        "p": [(i, chance.randrange(10), chance.choice("xyz")) for i in range(400)],
        "k": [(i, chance.choice([None, *range(500)]), chance.randrange(5), chance.choice("uv")) for i in range(1500)],
        "l": [(chance.choice([None, *range(420)]), chance.randrange(1600)) for _ in range(1500)],
        "w": [(chance.randrange(420), chance.randrange(1600)) for _ in range(800)],
    }
    for connection in (ours, theirs):
        for sql in SCHEMA:
            connection.execute(sql)
        for table, values in rows.items():
            places = ", ".join("?" * len(values[0]))
            connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", values)
    return ours, theirs


def _query(chance: random.Random) -> str:
    join = chance.choice(JOINS)
    while "{}" in join:
        join = join.replace("{}", chance.choice(["JOIN", "LEFT JOIN"]), 1)
    tables = [table for table in COLUMNS if f" {table} " in f" {join} "]

    def column() -> str:
        table = chance.choice(tables)
        return f"{table}.{chance.choice(COLUMNS[table].split())}"

    first = tables[0]
    where = chance.choice(
        [
            "", "", f"WHERE {column()} = {chance.randrange(10)}", f"WHERE {column()} < {chance.randrange(40)}",
            f"WHERE {first}.id < 50 AND {column()} > {chance.randrange(8)}", f"WHERE {first}.id IN (3, 5, 7)",
            f"WHERE {column()} IS NULL", f"WHERE {column()} IS NOT NULL AND {first}.id = 7",
        ]
    )  # fmt: skip
    key = column()
    return chance.choice(
        [
            f"SELECT count(*), count({column()}) FROM {join} {where}",
            f"SELECT {key}, count({column()}), count(*) FROM {join} {where} GROUP BY {key}",
            f"SELECT {first}.id, count({column()}), sum({column()}) FROM {join} {where} GROUP BY {first}.id",
            f"SELECT {key}, {column()}, {column()} FROM {join} {where}",
            f"SELECT {key}, {column()} FROM {join} {where} ORDER BY {column()}",
            f"SELECT sum({key}), max({column()}) FROM {join} {where}",
            f"SELECT DISTINCT {key} FROM {join} {where}",
            f"SELECT EXISTS (SELECT 1 FROM l AS z WHERE z.p_id = {first}.id), {key} FROM {join} {where}",
        ]
    )


def test_joins_that_want_rowids_give_sqlites_rows(seed: int, long_mode: bool) -> None:
    chance = random.Random(seed)
    ours, theirs = _filled(chance)
    for _ in range(4000 if long_mode else 400):
        sql = _query(chance)
        expected = sorted(map(repr, theirs.execute(sql)))
        assert sorted(map(repr, ours.execute(sql).fetchall())) == expected, f"seed {seed}: {sql}"
    ours.close()
