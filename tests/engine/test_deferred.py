"""Entries that wait beyond the commit, for whoever reads their tree first."""

from __future__ import annotations

import random
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from mantisdb_engine import CorruptionError, Transaction, open_database
from mantisdb_engine.deferred import tree_in_waiting
from mantisdb_engine.directory import directory_of
from mantisdb_engine.tree import Tree
from mantisdb_engine.waiting import Run, Waiting

Entries = tuple[list[Any], list[Any]]


class Shuffled:
    """A run of entries whose order is found when it is asked for."""

    def __init__(self, keys: list[Any]) -> None:
        self._keys = keys

    def __len__(self) -> int:
        return len(self._keys)

    def entries(self) -> Entries:
        """See ``Run``."""
        keys = sorted(self._keys)
        return keys, [key[-1] for key in keys]

    def joined(self, others: Any) -> Entries | None:
        """See ``Run``."""
        return Shuffled([key for run in (self, *others) for key in run._keys]).entries()


def pairs(tree: Tree) -> dict[Any, Any]:
    assert tree.check() == []
    return {k: v for keys, values in tree.scan() for k, v in zip(keys, values, strict=True)}


def is_read(tree: Tree) -> bool:
    return type(tree) is Tree


def add(txn: Transaction, tree_id: int, keys: list[Any], how: int) -> None:
    """Have entries wait: one by one, as a run in order, or as one that is put in order later."""
    if how == 0:
        for key in keys:
            txn.insert_later(tree_id, key, key[-1])
    elif how == 1:
        keys = sorted(keys)
        txn.insert_many_later(tree_id, keys, [key[-1] for key in keys])
    else:
        run: Run = Shuffled(keys)
        txn.insert_run_later(tree_id, run)


@pytest.mark.parametrize("number", range(8))
def test_whatever_comes_between_a_reader_finds_all(number: int, seed: int) -> None:
    rng = random.Random(f"deferred {seed} {number}")
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.commit()
    model: dict[Any, Any] = {}
    states: list[tuple[Any, dict[Any, Any]]] = []
    top = 0
    for _ in range(60):
        txn, mine = database.begin(), dict(model)
        for _ in range(rng.randint(1, 3)):
            how, mark = rng.randrange(6), txn.mark()
            before = dict(mine)
            if how < 3:
                new = [(rng.randrange(40), top + i) for i in range(rng.choice((1, 5, 300, 700)))]
                top += len(new)
                add(txn, tree_id, new, how)
                mine.update((key, key[-1]) for key in new)
            elif how == 3 and mine:
                gone = sorted(rng.sample(sorted(mine), rng.randint(1, len(mine))))
                if rng.random() < 0.5:
                    txn.delete_many(tree_id, gone)
                else:
                    txn.delete_many_later(tree_id, gone, [key[-1] for key in gone])
                for key in gone:
                    del mine[key]
            elif how == 4:
                txn.widen(tree_id, 1 << rng.randrange(20))
            elif rng.random() < 0.3:
                assert pairs(txn.trees[tree_id]) == mine
            if rng.random() < 0.15:
                txn.undo_to(mark)
                mine = before
        if rng.random() < 0.1:
            txn.abort()
            continue
        txn.commit()
        model = mine
        tree = database.published.trees[tree_id]
        assert tree.count == len(model), "how many there are is known without merging them"
        states.append((tree, dict(model)))
        if rng.random() < 0.2:
            assert pairs(tree) == model
    rng.shuffle(states)
    for tree, expected in states:
        assert pairs(tree) == expected, "older states stay what they were"


def test_commits_leave_batches_waiting_until_they_are_read() -> None:
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.commit()
    for start in range(0, 3000, 1000):
        txn = database.begin()
        add(txn, tree_id, [(key * 7 % 100, key) for key in range(start, start + 1000)], 2)
        txn.commit()
    tree = database.published.trees[tree_id]
    assert not is_read(tree) and tree.count == 3000
    reader = database.begin()
    assert reader.trees[tree_id].get((7, 1)) == 1
    assert is_read(tree)
    txn = database.begin()
    txn.insert_later(tree_id, (1, 9999), 9999)
    txn.commit()
    assert is_read(database.published.trees[tree_id]), "a few entries do not wait"
    assert database.check() == []


def test_what_was_not_read_is_merged_once_for_all() -> None:
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.commit()
    txn = database.begin()
    add(txn, tree_id, [(key, key) for key in range(500)], 1)
    txn.commit()
    published = database.published.trees[tree_id]
    writer = database.begin()
    assert writer.own(tree_id) is not published and not is_read(published), "to have a handle is not to read"
    assert writer.delete(tree_id, (3, 3)) == 3
    assert is_read(published) and published.get((3, 3)) == 3
    assert writer.trees[tree_id].get((3, 3)) is None


def test_readers_at_once_find_the_same() -> None:
    tree = Tree.from_sorted([(0, i) for i in range(0, 4000, 2)], list(range(0, 4000, 2)))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for start in range(1, 80, 2):
            waiting = Waiting()
            waiting.add_run([(0, i) for i in range(start, 4000, 80)], list(range(start, 4000, 80)))
            tree = tree_in_waiting(tree, waiting)
            if start % 3 == 0:
                tree = tree.for_owner(object())
            found: list[Any] = []
            threads = [threading.Thread(target=lambda: found.append(tree.root)) for _ in range(4)]  # noqa: B023
            for thread in threads if start % 9 == 0 else ():
                thread.start()
            for thread in threads if start % 9 == 0 else ():
                thread.join()
            assert all(root is tree.root for root in found)
    finally:
        sys.setswitchinterval(interval)
    assert list(pairs(tree)) == [(0, i) for i in range(4000)]


def test_a_long_chain_is_merged_and_dropped() -> None:
    chains = []
    for _ in range(2):
        tree = Tree.empty()
        for key in range(100_000, 0, -1):
            waiting = Waiting()
            waiting.add((key, key), key)
            tree = tree_in_waiting(tree, waiting)
        chains.append(tree)
    assert chains.pop().first() == ((1, 1), 1)
    chains.clear()


def test_a_key_that_was_not_new_is_told_to_the_reader() -> None:
    waiting = Waiting()
    waiting.add_run([(2, 2), (5, 5)], [2, 5])
    tree = tree_in_waiting(Tree.from_sorted([(1, 1), (2, 2)], [1, 2]), waiting)
    for _ in range(2):
        with pytest.raises(CorruptionError, match="was to be new"):
            tree.get((5, 5))


def test_what_a_log_takes_is_merged_first(tmp_path: Path) -> None:
    with_log = open_database(tmp_path / "a.db")
    txn = with_log.begin()
    tree_id = txn.create_tree()
    add(txn, tree_id, [(key, key) for key in range(1000)], 1)
    txn.commit()
    assert is_read(with_log.published.trees[tree_id])
    txn = with_log.begin()
    add(txn, tree_id, [(key, key) for key in range(999, 2000)], 1)
    with pytest.raises(CorruptionError, match="was to be new"):
        txn.commit()
    with_log.close()
    assert open_database(tmp_path / "a.db").published.trees[tree_id].count == 1000


def test_a_tree_that_was_merged_has_its_leaves_side_by_side() -> None:
    waiting = Waiting()
    waiting.add_run([(2, 2)], [2])
    tree = tree_in_waiting(Tree.from_sorted([(1, 1), (3, 3)], [1, 3]), waiting)
    assert [key for leaf in directory_of(tree).leaves for key in leaf.keys] == [(1, 1), (2, 2), (3, 3)]
