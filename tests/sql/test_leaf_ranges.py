"""Ranges of columns without an index, asked again and again while rows change, against SQLite (apsw). MANTISDB_SEED=n
replays a failure.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from side_by_side import Pair

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
ROWS = 3000
CREATE = "CREATE TABLE t(id INTEGER PRIMARY KEY, i INT, r REAL, s TEXT, n TEXT COLLATE NOCASE, a, m NUMERIC)"
OTHER = "CREATE TABLE u(low INT, high INT, text TEXT)"


def word(chance: random.Random) -> str:
    return "".join(chance.choice("abAB é") for _ in range(chance.randrange(4)))


def anything(chance: random.Random) -> Any:
    return chance.choice(
        (None, chance.randrange(60), chance.uniform(-5, 60), word(chance), word(chance).encode(), "12", -0.0, 2**62)
    )


def row(chance: random.Random) -> tuple[Any, ...]:
    integer = chance.choice((None, chance.randrange(60)))
    return (
        integer, chance.choice((None, 0.0, -0.0, 2.5, chance.uniform(0, 60))), word(chance), word(chance),
        anything(chance), anything(chance),
    )  # fmt: skip


def condition(chance: random.Random) -> str:
    """A condition on one column that few rows meet."""
    column = chance.choice("irsnam")
    if column in "sn":
        literals = [f"'{word(chance)}'" for _ in range(2)]
    else:
        literals = [str(chance.choice((chance.randrange(60), 2.5, "'12'", "NULL", "x'61'"))) for _ in range(2)]
    low, high = literals
    match chance.randrange(6):
        case 0:
            return f"{column} = {low}"
        case 1:
            return f"{column} BETWEEN {low} AND {high}"
        case 2:
            return f"{column} > {low} AND {column} <= {high}"
        case 3:
            return f"{low} < {column} AND {column} < {low} + 1"
        case 4:
            return f"{column} >= {low} AND {column} < {high} COLLATE {chance.choice(('BINARY', 'NOCASE'))}"
        case _:
            return f"{column} = {low} AND i < 50"


FORMS = (
    "SELECT * FROM t WHERE {}",
    "SELECT rowid, s FROM t WHERE {}",
    "SELECT count(*), min(id), max(s) FROM t WHERE {}",
    "SELECT n, count(*) FROM t WHERE {} GROUP BY n",
    "SELECT id FROM t WHERE {} ORDER BY r DESC, id LIMIT 5",
    "SELECT t.id, u.rowid FROM u JOIN t ON t.i >= u.low AND t.i < u.high WHERE {}",
    "SELECT u.rowid, t.id FROM u LEFT JOIN t ON t.s = u.text AND {} WHERE u.rowid < 4",
    "SELECT u.rowid FROM u WHERE EXISTS (SELECT 1 FROM t WHERE t.i > u.low AND t.i < u.high AND {})",
    "SELECT u.rowid, (SELECT max(id) FROM t WHERE t.i = u.low AND {}) FROM u",
    "SELECT count(*) FROM t x JOIN t ON x.id = t.i WHERE t.i < 3 AND {}",
)


def pair_of_rows(chance: random.Random) -> Pair:
    pair = Pair()
    rows = [row(chance) for _ in range(ROWS)]
    bounds = [(chance.randrange(60), chance.randrange(60), word(chance)) for _ in range(12)]
    for create, insert, content in (
        (CREATE, "INSERT INTO t(i, r, s, n, a, m) VALUES (?, ?, ?, ?, ?, ?)", rows),
        (OTHER, "INSERT INTO u VALUES (?, ?, ?)", bounds),
    ):
        pair.session.prepare(create).run(())
        pair.sqlite.execute(create)
        pair.session.prepare(insert).run_batch(content)
        pair.sqlite.executemany(insert, content)
    return pair


@pytest.mark.parametrize("part", range(4))
def test_ranges_are_those_of_sqlite_however_often_and_whenever_they_are_asked(part: int) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED * 10 + part)
    pair = pair_of_rows(chance)
    queries = [chance.choice(FORMS).format(condition(chance)) for _ in range(14)]
    for _ in range(3):
        for sql in queries:
            assert pair.ours(sql) == pair.theirs(sql), sql
        for sql in (
            "BEGIN",
            f"UPDATE t SET i = {chance.randrange(60)}, s = 'b' WHERE id = {chance.randrange(ROWS)}",
            *queries[:3],
            f"DELETE FROM t WHERE id BETWEEN {chance.randrange(ROWS)} AND {chance.randrange(ROWS)} AND id % 9 = 0",
            *queries[:3],
            chance.choice(("COMMIT", "ROLLBACK")),
        ):
            assert pair.ours(sql) == pair.theirs(sql), sql
