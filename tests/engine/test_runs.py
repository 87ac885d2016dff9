"""Runs of keys that begin alike are those that a walk over all keys finds, wherever leaves end.

MANTISDB_SEED=n replays a failure.
"""

from __future__ import annotations

import os
import random
from itertools import groupby
from typing import Any

import pytest

from mantisdb_engine.keys import TOP, sorted_keys
from mantisdb_engine.nodes import LEAF_MAX
from mantisdb_engine.runs import searched_runs
from mantisdb_engine.tree import Tree

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
CLASSES = (None, 1, 1.5, float("inf"), float("-inf"), "a", "b", b"a")


def tree_of(chance: random.Random) -> Tree:
    """A tree of short and long runs, whose ends lie within leaves and between them."""
    sizes = [chance.choice((1, 2, 7, LEAF_MAX - 1, LEAF_MAX, LEAF_MAX + 1, 5 * LEAF_MAX)) for _ in range(60)]
    first = chance.sample([*CLASSES, *range(2, 200)], 60) if chance.random() < 0.7 else list(range(60))
    keys = {(a, chance.choice(CLASSES[:5]), n) for a, size in zip(first, sizes, strict=True) for n in range(size)}
    keys |= {(0.25, n, n) for n in range(chance.choice((0, LEAF_MAX)))}
    tree = Tree.empty(owner := object())
    tree.owner = owner
    ordered = sorted_keys(keys)
    tree.insert_many(ordered, [key[-1] for key in ordered])
    return tree


def walked(tree: Tree, width: int, first: Any, last: Any) -> list[tuple[Any, Any]]:
    """The same runs, from all keys."""
    keys = [key for keys, _ in tree.range(first, last) for key in keys]
    found = [list(run) for _, run in groupby(keys, lambda key: key[:width])]
    return [(run[0], run[-1]) for run in found]


@pytest.mark.parametrize("part", range(8))
def test_runs_are_those_of_a_walk(part: int) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(f"{SEED} {part}")
    tree = tree_of(chance)
    everything = [key for keys, _ in tree.scan() for key in keys]
    for width in (1, 2, 3):
        for _ in range(6):
            start, stop = sorted((chance.randrange(len(everything)), chance.randrange(len(everything))))
            first, last = chance.choice(((everything[0], everything[-1]), (everything[start], everything[stop])))
            expected = walked(tree, width, first, last)
            assert list(searched_runs(tree, width, (TOP,), first, last)) == expected
            begun = [low for low, _ in searched_runs(tree, width, (TOP,), first, last, finds_ends=False)]
            assert begun == [low for low, _ in expected]
