"""Searches with fingers answer as those without."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mantisdb_engine import TOP, Tree, sort_key
from mantisdb_engine.directory import LeafDirectory
from mantisdb_engine.fingers import row_finder, rows_finder, run_finder

MISSED = object()


def order_of_search(rng: random.Random, keys: list[Any]) -> list[Any]:
    """The keys ascending, descending, at random, or in neighbourhoods."""
    match rng.randrange(4):
        case 0:
            return keys
        case 1:
            return keys[::-1]
        case 2:
            return rng.sample(keys, len(keys))
    starts = rng.choices(range(len(keys)), k=len(keys) // 50 + 1)
    return [key for start in starts for key in keys[start : start + 50]]


@pytest.mark.parametrize("count", [0, 1, 100, 1000, 20_000])
@pytest.mark.parametrize("seed", range(4))
def test_rows_are_found_in_any_order(count: int, seed: int) -> None:
    rng = random.Random(count + seed)
    keys = list(range(-5, count - 5))
    tree = Tree.from_sorted(keys, [f"row {key}" for key in keys])
    if seed % 2:
        for key in rng.sample(keys, count // rng.choice((3, 200))):
            tree.delete(key)
    find, find_or_missed = row_finder(tree), row_finder(tree, MISSED)
    sought = order_of_search(rng, [*range(-9, count + 9), 1 << 70])
    for key in sought:
        assert find(key) == tree.row(key)
        assert find_or_missed(key) is tree.row(key, MISSED)
    find_many, size = rows_finder(tree), rng.choice((3, 100))
    for at in range(0, len(sought), size):
        assert find_many(sought[at : at + size]) == [tree.row(key) for key in sought[at : at + size]]


@pytest.mark.parametrize("count", [0, 5, 200, 9000, 30_000])
def test_all_leaves_are_set_side_by_side(count: int) -> None:
    rng = random.Random(count)
    tree = Tree.from_sorted(list(range(count)), list(range(count)))
    for key in rng.sample(range(count), count // 7):
        tree.delete(key)
    directory = LeafDirectory(tree)
    separators, leaves = directory.separators, directory.leaves
    assert len(separators) == len(leaves) - 1
    assert [key for leaf in leaves for key in leaf.keys] == [key for keys, _ in tree.scan() for key in keys]
    for separator, before, after in zip(separators, leaves[:-1], leaves[1:], strict=True):
        assert not before.keys or before.keys[-1] < separator
        assert not after.keys or separator <= after.keys[0]


def random_part(rng: random.Random, mixed: bool) -> Any:
    if mixed and rng.random() < 0.3:
        return rng.choice((None, rng.randrange(50) / 4, f"t{rng.randrange(50)}", bytes([rng.randrange(50)])))
    return rng.randrange(3000)


@pytest.mark.parametrize("count", [0, 1, 100, 9000, 30_000])
@pytest.mark.parametrize("mixed", [False, True])
def test_runs_of_entries_are_found_in_any_order(count: int, mixed: bool) -> None:
    rng = random.Random(count)
    entries = {(random_part(rng, mixed), rng.randrange(9), row) for row in range(count)}
    keys = sorted(entries, key=sort_key)
    tree = Tree.from_sorted(keys, [key[-1] for key in keys])
    find = run_finder(tree)
    firsts = sorted({(key[0],) for key in keys} | {(-1,), (9999,), (77.5,), ("x",), (None,)}, key=sort_key)
    for first in order_of_search(rng, firsts):
        assert find(first, (*first, TOP)) == tree.between(first, (*first, TOP))
        assert tree.has_between(first, (*first, TOP)) == bool(tree.between(first, (*first, TOP)))
        assert find((*first, 3), (*first, 5, TOP)) == tree.between((*first, 3), (*first, 5, TOP))


def test_a_run_may_be_longer_than_a_leaf() -> None:
    keys = [(number // 1000, number) for number in range(30_000)]
    tree = Tree.from_sorted(keys, [number for _, number in keys])
    find = run_finder(tree)
    for first in (7, 8, 29, 0, 15, 30):
        assert find((first,), (first, TOP)) == list(range(first * 1000, min(first * 1000 + 1000, 30_000)))
