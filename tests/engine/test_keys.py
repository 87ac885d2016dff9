"""The order of keys is SQLite's order of values (BINARY collation), and searches follow it."""

from __future__ import annotations

import random

import apsw
import pytest

from mantisdb_engine import TOP, sort_key
from mantisdb_engine.keys import position_after, position_of, sorted_keys


def random_value(rng: random.Random) -> object:
    """A value of any class, from small ranges so that equals are frequent."""
    return rng.choice(
        [
            None,
            rng.randint(-3, 3),
            rng.choice([2**53, 2**53 + 1, -(2**63), 2**63 - 1, 0]),
            rng.choice([-1.5, 0.0, 1.0, 2.5, 2.0**53, 9.3e18, float("inf"), float("-inf")]),
            "".join(rng.choices("aBé\U0001f600 ", k=rng.randint(0, 3))),
            bytes(rng.choices(range(256), k=rng.randint(0, 3))),
        ]
    )


@pytest.mark.parametrize("seed", range(20))
def test_keys_sort_as_sqlite_sorts_values(seed: int) -> None:
    rng = random.Random(seed)
    rows = [(random_value(rng), random_value(rng), i) for i in range(300)]
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t(a, b, i)")
    connection.executemany("INSERT INTO t VALUES(?, ?, ?)", rows)
    expected = list(connection.execute("SELECT a, b, i FROM t ORDER BY a, b, i"))
    assert sorted_keys(rows) == expected, f"seed {seed}"


@pytest.mark.parametrize("seed", range(20))
def test_searches_agree_with_counting(seed: int) -> None:
    rng = random.Random(seed)
    keys = sorted_keys({random_value(rng) for _ in range(60)})
    for probe in [random_value(rng) for _ in range(60)]:
        rank, note = sort_key(probe), f"seed {seed}, {probe!r}"
        assert position_of(keys, probe) == sum(sort_key(key) < rank for key in keys), note
        assert position_after(keys, probe) == sum(sort_key(key) <= rank for key in keys), note


def test_a_prefix_precedes_and_top_follows_all_its_extensions() -> None:
    keys = sorted_keys([(5,), (5, None), (5, 1), (5, "x"), (5, b"x"), (4, b"z"), (6, None)])
    assert keys[position_of(keys, (5,)) : position_after(keys, (5, TOP))] == [
        (5,), (5, None), (5, 1), (5, "x"), (5, b"x"),
    ]
    for value in (None, 1, 1.5, "x", b"x"):
        assert value < TOP and value < TOP and not value > TOP and value != TOP  # type: ignore[operator]
