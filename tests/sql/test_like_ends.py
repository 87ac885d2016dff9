"""LIKE and GLOB with known patterns over columns, beside the newest SQLite: their ends are looked at first; round()
far from the middle between two decimals.

MANTISDB_SEED replays a failure, MANTISDB_LONG=1 runs ten times as many.
"""

from __future__ import annotations

import random
from typing import Any

import apsw

import mantisdb_dbapi

LETTERS = "abAB xX%_*?[]éÉK\0k\u212aİ1"


def _rowids(connection: Any, sql: str, *parameters: str) -> list[Any]:
    return [row[0] for row in connection.execute(sql, parameters)]


def test_known_patterns_match_as_in_sqlite(seed: int, long_mode: bool) -> None:
    rng = random.Random(seed)
    ours, theirs = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    texts: list[Any] = ["".join(rng.choices(LETTERS, k=rng.randrange(11))) for _ in range(400)]
    differences = []
    for values in (texts, [*texts, None, 5, 1.5, b"abc"]):
        for connection in (ours, theirs):
            connection.execute("DROP TABLE IF EXISTS t")
            connection.execute("CREATE TABLE t (s)")
            connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
        for _ in range(150 * (10 if long_mode else 1)):
            pattern = "".join(rng.choices(LETTERS.replace("\0", "") + "%%%__**", k=rng.randrange(6)))
            if rng.random() < 0.5:
                begin = rng.choice(texts)[: rng.randrange(4, 9)].partition("\0")[0]
                pattern = "".join(rng.choice((c, c.swapcase())) if c.isascii() else c for c in begin) + pattern[:3]
            for operator in ("LIKE", "NOT LIKE", "GLOB"):
                sql = f"SELECT rowid FROM t WHERE s {operator} "
                expected = _rowids(theirs, f"{sql} '{pattern}'")
                if _rowids(ours, f"{sql} '{pattern}'") != expected or _rowids(ours, f"{sql} ?", pattern) != expected:
                    differences.append(f"{sql} '{pattern}'")
    ours.close()
    assert not differences, "\n".join(differences)


def test_round_gives_sqlites_double(seed: int, long_mode: bool) -> None:
    rng = random.Random(seed)
    ours, theirs = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    for _ in range(3000 * (10 if long_mode else 1)):
        value = rng.choice(
            [
                rng.uniform(-1000, 1000),
                round(rng.uniform(-100, 100), rng.randrange(6)),
                rng.uniform(-1e12, 1e12),
                rng.randrange(-1000, 1000) / 8,
                rng.uniform(-1, 1) * 10.0 ** rng.randrange(-8, 3),
                rng.randrange(-(10**6), 10**6) / 1000 + 0.0005,
            ]
        )
        parameters = (value, rng.randrange(12))
        found = ours.execute("SELECT round(?, ?)", parameters).fetchone()
        assert repr(found) == repr(next(iter(theirs.execute("SELECT round(?, ?)", parameters)))), parameters
    ours.close()
