"""Ranges of an item of the values, found in leaves that keep their order by it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from random_writes import RandomWrites

from mantisdb_engine import MISSING, Database, open_database
from mantisdb_engine.leaf_orders import batches_between, values_between

Row = tuple[Any, ...]
Bounds = tuple[Any, Any, bool, bool]


def filled(items: list[Any]) -> Database:
    """A database with one tree, 1, whose rows have these items in their second places."""
    database = open_database(None)
    txn = database.begin()
    txn.insert_many(txn.create_tree(), range(len(items)), [(f"row {i}", item) for i, item in enumerate(items)])
    txn.commit()
    return database


def is_between(item: Any, bounds: Bounds) -> bool:
    low, high, low_open, high_open = bounds
    if item is None or low is None or high is None:
        return False
    return (low is MISSING or item > low or (item == low and not low_open)) and (
        high is MISSING or item < high or (item == high and not high_open)
    )


def random_bounds(rng: random.Random) -> Bounds:
    ends = [MISSING if rng.random() < 0.2 else None if rng.random() < 0.05 else rng.randrange(100) for _ in range(2)]
    return ends[0], ends[1], rng.random() < 0.5, rng.random() < 0.5


def check(tree: Any, bounds: Bounds) -> int:
    """Nothing between the bounds is missing, all is in order and as it is in the tree; how much was given."""
    everything = [value for values in tree.values() for value in values]
    wanted = [value for value in everything if is_between(value[1], bounds)]
    given = [value for values in values_between(tree, 1, *bounds) for value in values]
    assert [value for value in given if is_between(value[1], bounds)] == wanted
    pairs = [pair for keys, values in batches_between(tree, 1, *bounds) for pair in zip(keys, values, strict=True)]
    assert all(tree.get(key) is value for key, value in pairs)
    assert [key for key, _ in pairs] == sorted(key for key, _ in pairs)
    assert [value for _, value in pairs if is_between(value[1], bounds)] == wanted
    return len(given) - len(wanted)


@pytest.mark.parametrize("seed", range(8))
def test_ranges_are_found_whatever_is_written_between_them(seed: int) -> None:
    rng = random.Random(seed)
    database = filled([rng.choice((None, rng.randrange(100))) for _ in range(2000)])
    writes = RandomWrites(database, rng)
    for _ in range(60):
        check(writes.step(), random_bounds(rng))


def test_a_leaf_asked_twice_gives_nothing_else() -> None:
    tree = filled([i * 7 % 100 for i in range(1000)]).published.trees[1]
    assert list(map(len, values_between(tree, 1, 5, 6))) == list(map(len, tree.values()))
    for _ in range(2):
        assert [row for rows in values_between(tree, 1, 5, 6) for row in rows] == [
            row for rows in tree.values() for row in rows if 5 <= row[1] <= 6
        ]


def test_leaves_of_a_tree_that_was_gone_through_before_give_nothing_else_at_once() -> None:
    tree = filled([i * 7 % 100 for i in range(1000)]).published.trees[1]
    for _ in range(2):
        assert sum(map(len, tree.values())) == 1000
    assert [row for rows in values_between(tree, 1, 5, 6) for row in rows] == [
        row for rows in tree.values() for row in rows if 5 <= row[1] <= 6
    ]


def test_leaves_that_may_change_are_given_as_they_are() -> None:
    database = filled(list(range(1000)))
    txn = database.begin()
    txn.put(1, 10, ("changed", -1))
    for _ in range(3):
        given = [row for rows in values_between(txn.trees[1], 1, -1, 0) for row in rows]
        assert ("changed", -1) in given
    txn.put(1, 11, ("changed too", -1))
    for _ in range(3):
        assert [row for rows in values_between(txn.trees[1], 1, -1, -1) for row in rows if row[1] == -1] == [
            ("changed", -1), ("changed too", -1),
        ]  # fmt: skip


def test_items_that_do_not_compare_are_all_given() -> None:
    items = [1, "a", b"x", 2.5, None] * 100
    tree = filled(items).published.trees[1]
    for _ in range(3):
        assert sum(map(len, values_between(tree, 1, 2))) == 500
    tree = filled(["a", "b"] * 100).published.trees[1]
    for _ in range(3):
        assert sum(map(len, values_between(tree, 1, 2))) == 200
    assert list(values_between(tree, 1, None)) == []


def test_a_reopened_leaf_begins_anew(tmp_path: Any) -> None:
    path = tmp_path / "a.db"
    database = open_database(path)
    txn = database.begin()
    txn.insert_many(txn.create_tree(), range(1000), [(i, i % 10) for i in range(1000)])
    txn.commit()
    database.close()
    database = open_database(path)
    tree = database.published.trees[1]
    for _ in range(3):
        assert check(tree, (3, 4, False, True)) >= 0
    leaf = next(tree.leaves())
    assert leaf.kept
    if leaf.page is not None:
        leaf.unload()
        assert leaf.kept is None
    assert check(tree, (3, 4, False, True)) >= 0
    database.close()
