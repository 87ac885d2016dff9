"""Marks, undo, freezing and key reservations of single transactions."""

from __future__ import annotations

import gc
import pickle
import random
import threading
from collections.abc import Callable
from itertools import compress
from operator import itemgetter
from typing import Any

import pytest

from mantisdb_engine import MISSING, ConflictError, CorruptionError, Transaction, UsageError, open_database
from mantisdb_engine.faults import FaultyFilesystem
from mantisdb_engine.keys import sorted_keys
from mantisdb_engine.nodes import Leaf
from mantisdb_engine.operations import INSERT, UPDATE, bits_of, bytes_of
from mantisdb_engine.outgoing import let_go

Content = dict[int, tuple[dict[Any, Any], int]]


def content(trees: Any) -> Content:
    """Everything that a mapping of trees holds: contents and flags by tree id."""
    found = {}
    for tree_id, tree in trees.items():
        assert tree.check() == []
        pairs = {k: v for keys, values in tree.scan() for k, v in zip(keys, values, strict=True)}
        found[tree_id] = (pairs, tree.flags)
    return found


def random_write(rng: random.Random, txn: Transaction, step: int) -> None:
    """One write of any kind on some tree of the transaction."""
    if not txn.trees or rng.random() < 0.05:
        txn.create_tree()
        return
    tree_id = rng.choice(sorted(txn.trees))
    tree = txn.trees[tree_id]
    existing = [key for keys, _ in tree.scan() for key in keys]
    match rng.randrange(11):
        case 0:
            txn.insert(tree_id, rng.randrange(500), step)
        case 1 | 2:
            txn.put(tree_id, rng.randrange(500), step)
        case 3:
            txn.delete(tree_id, rng.randrange(500))
        case 4:
            keys = sorted({rng.randrange(3000) for _ in range(300)} - set(existing))
            txn.insert_many(tree_id, keys, [step] * len(keys))
        case 5:
            keys = [key for key in existing if rng.random() < 0.5]
            txn.put_many(tree_id, keys, [step] * len(keys))
        case 6:
            txn.delete_many(tree_id, [key for key in existing if rng.random() < 0.5])
        case 7:
            txn.widen(tree_id, 1 << rng.randrange(200))
        case 8:
            delta = Pickled() if rng.random() < 0.5 else None
            txn.put_where(tree_id, lambda keys, values: random_change(rng, keys, step), delta)
        case 9:
            share = rng.choice((0.01, 0.5, 0.95))
            txn.keep_where(tree_id, staying(lambda key: rng.random() > share))
        case _:
            if rng.random() < 0.2:
                (txn.drop_tree if rng.random() < 0.5 else txn.clear_tree)(tree_id)


def random_change(rng: random.Random, keys: list[Any], step: int) -> tuple[list[int] | None, list[Any]] | None:
    """What ``put_where`` is to do with a run of keys."""
    match rng.randrange(3):
        case 0:
            return None
        case 1:
            return None, [(step, key) for key in keys]
        case _:
            positions = [i for i in range(len(keys)) if rng.random() < 0.3]
            return positions, [(step, keys[i]) for i in positions]


class Pickled:
    """A backward delta that needs none of the old values to be alive."""

    def taken(self, old: list[Any]) -> bytes:
        return pickle.dumps(old)

    def restored(self, new: list[Any], taken: bytes) -> list[Any]:
        old: list[Any] = pickle.loads(taken)
        assert len(old) == len(new)
        return old


with_and_without_delta = pytest.mark.parametrize("delta", [None, Pickled()], ids=["whole", "delta"])


def staying(stays: Callable[[Any], bool]) -> Callable[[list[Any], list[Any]], Any]:
    """What ``keep_where`` asks, of what is to be known of each key."""

    def choose(keys: list[Any], values: list[Any]) -> Any:
        marks = [stays(key) for key in keys]
        return list(compress(keys, marks)), list(compress(values, marks)), marks

    return choose


def without_keys(stays: Callable[[Any], bool]) -> tuple[Any, ...]:
    """The same of values that begin with their keys."""

    def values_left(leaves: list[Leaf]) -> list[list[Any]]:
        return [[value for value in leaf.values if stays(value[0])] for leaf in leaves]

    return staying(stays), values_left, itemgetter(0)


@with_and_without_delta
@pytest.mark.parametrize("size", [0, 1, 40, 128, 129, 3000, 9000])
def test_a_look_at_everything_changes_what_it_finds(size: int, delta: Pickled | None) -> None:
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.insert_many(tree_id, range(size), [str(i) for i in range(size)])
    txn.commit()
    before = database.published.trees[tree_id]
    model = {i: str(i) for i in range(size)}
    txn = database.begin()

    def mark_thirds(keys: list[Any], values: list[Any]) -> tuple[list[int], list[Any]]:
        positions = [i for i, k in enumerate(keys) if k % 3 == 0]
        return positions, [values[i] + "!" for i in positions]

    count = txn.put_where(tree_id, mark_thirds, delta)
    model |= {k: v + "!" for k, v in model.items() if k % 3 == 0}
    assert count == len(range(0, size, 3)) and content(txn.trees)[tree_id][0] == model
    doubled = txn.put_where(tree_id, lambda keys, values: (None, [v * 2 for v in values]) if keys else None, delta)
    assert doubled == size
    model = {k: v * 2 for k, v in model.items()}
    assert content(txn.trees)[tree_id][0] == model
    for share in (7, 2, 1):
        removed = txn.keep_where(tree_id, staying(lambda key, share=share: key % share != 0))
        assert removed == len([k for k in model if k % share == 0])
        model = {k: v for k, v in model.items() if k % share}
        assert content(txn.trees)[tree_id][0] == model
    assert before.count == size and [v for vs in before.values() for v in vs] == [str(i) for i in range(size)]
    txn.undo_to(0)
    assert content(txn.trees) == content(database.published.trees)
    txn.put_where(tree_id, lambda keys, values: (None, [1 for _ in keys]) if keys else None, delta)
    other = database.begin()
    other.put(tree_id, size + 5, "new")
    other.commit()
    txn.commit()
    assert content(database.published.trees)[tree_id][0] == dict.fromkeys(range(size), 1) | {size + 5: "new"}
    assert database.check() == []


@with_and_without_delta
def test_what_is_written_after_a_look_at_everything_leaves_what_it_noted(delta: Pickled | None) -> None:
    """New leaves share their lists with operations and with old leaves: single writes to them make copies."""
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.insert_many(tree_id, range(400), range(400))
    txn.commit()
    start = {i: i for i in range(400)}
    txn = database.begin()
    marks = []
    for _ in range(2):
        marks.append((txn.mark(), content(txn.trees)[tree_id][0]))
        txn.put_where(tree_id, lambda keys, values: (None, [f"{v}+" for v in values]), delta)
        marks.append((txn.mark(), content(txn.trees)[tree_id][0]))
        txn.put_where(tree_id, lambda keys, values: ([0, 5], ["a", "b"]), delta)
        marks.append((txn.mark(), content(txn.trees)[tree_id][0]))
        for key in (0, 3, 5, 399):
            txn.put(tree_id, key, "single")
        txn.delete(tree_id, 128)
        txn.insert(tree_id, 1000, 0)
        txn.put_where(tree_id, lambda keys, values: ([1], [0]), delta)
        txn.keep_where(tree_id, staying(lambda key: key % 7 != 0))
        txn.insert(tree_id, 7, 0)
        marks.append((txn.mark(), content(txn.trees)[tree_id][0]))
        txn.insert(tree_id, 128, 0)
        txn.delete(tree_id, 1000)
        txn.insert_many(tree_id, [k for k in range(0, 400, 7) if k != 7], [0] * 57)
    for mark, expected in reversed(marks):
        txn.undo_to(mark)
        assert content(txn.trees)[tree_id][0] == expected
    assert content(database.published.trees)[tree_id][0] == start


@with_and_without_delta
def test_what_a_look_at_everything_did_is_in_the_log(delta: Pickled | None) -> None:
    files = FaultyFilesystem(1)
    database = open_database("/data.db", filesystem=files)
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.insert_many(tree_id, range(5000), [(i, "row") for i in range(5000)])
    txn.commit()
    txn = database.begin()
    txn.put_where(tree_id, lambda keys, values: (None, [(v[0] + 1, "new") for v in values]), delta)
    txn.keep_where(tree_id, staying(lambda key: key % 3 != 0))
    txn.put(tree_id, 1, (7, "one"))
    txn.commit()
    expected = {k: (k + 1, "new") for k in range(5000) if k % 3} | {1: (7, "one")}
    assert content(database.published.trees)[tree_id][0] == expected
    again = open_database("/data.db", filesystem=files.reboot(1))
    assert content(again.published.trees)[tree_id][0] == expected and again.check() == []


@with_and_without_delta
@pytest.mark.parametrize("ends", ["commit", "abort", "undo"])
def test_what_a_look_at_everything_replaced_stays_as_it_is_for_those_who_read_it(
    ends: str, delta: Pickled | None
) -> None:
    """Values that nobody else knows are let go in another order; those that somebody knows keep theirs."""
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.insert_many(tree_id, range(1000), [(i, "row") for i in range(1000)])
    txn.commit()
    start = content(database.published.trees)
    reader, state, scan = database.begin(), database.published, database.published.trees[tree_id].scan()
    first = next(scan)
    for _ in range(2):
        txn = database.begin()
        txn.put_where(tree_id, lambda keys, values: (None, [(v[0] + 1, "new") for v in values]), delta)
        txn.put_where(tree_id, lambda keys, values: ([0, 7], [(0, "first"), (0, "eighth")]), delta)
        txn.keep_where(tree_id, staying(lambda key: key % 3 != 0))
        if ends == "undo":
            txn.undo_to(0)
        (txn.abort if ends == "abort" else txn.commit)()
        assert content(reader.trees) == content(state.trees) == start
    assert [key for keys, _ in [first, *scan] for key in keys] == list(range(1000))
    assert first[1] == [(i, "row") for i in first[0]]
    assert database.published.trees[tree_id].count == (666 if ends == "commit" else 1000)
    assert database.check() == []


def test_lists_are_turned_round_only_where_nobody_else_knows_them() -> None:
    known, died = [Watched(n, []) for n in range(5)], []
    let_go([known, [Watched(n, died) for n in range(5)]])
    assert [watched.number for watched in known] == [0, 1, 2, 3, 4] and died == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("share", [1, 3])
def test_values_that_a_delta_tells_go_at_once_unless_somebody_knows_them(share: int) -> None:
    database = open_database()
    txn = database.begin()
    tree_id, died, size = txn.create_tree(), [], 1000
    txn.insert_many(tree_id, range(size), [Watched(n, died) for n in range(size)])
    txn.commit()
    known = next(database.published.trees[tree_id].values())

    def change(keys: list[int], values: list[Watched]) -> tuple[list[int] | None, list[str]]:
        at = [i for i, key in enumerate(keys) if key % share == 0]
        return None if share == 1 else at, [f"new {keys[i]}" for i in at]

    class Numbers:
        def taken(self, old: list[Watched]) -> list[int]:
            return [watched.number for watched in old]

        def restored(self, new: list[str], taken: list[int]) -> list[Watched]:
            return [Watched(number, []) for number in taken]

    txn = database.begin()
    txn.put_where(tree_id, change, Numbers())
    assert sorted(died) == [n for n in range(0, size, share) if n >= len(known)]
    told = [watched.number for values in database.published.trees[tree_id].values() for watched in values]
    assert told == [*range(size)]
    txn.abort()


def test_threads_may_read_at_once_what_a_leaf_does_without() -> None:
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    expected = {i: (i, "row") for i in range(20_000)}
    txn.insert_many(tree_id, list(expected), list(expected.values()))
    txn.commit()
    found: list[bool] = []

    def read(turn: int) -> None:
        barrier.wait()
        tree = database.published.trees[tree_id]
        batches = tree.scan_back() if turn % 2 else tree.scan()
        pairs = {k: v for keys, values in batches for k, v in zip(keys, values, strict=True)}
        found.append(pairs == expected)

    for step in range(6):
        expected = {i: row for i, row in expected.items() if i % 7 != step}
        txn = database.begin()
        txn.keep_where(tree_id, *without_keys(expected.__contains__))
        txn.commit()
        if step % 2:
            txn = database.begin()
            txn.put_where(tree_id, lambda keys, values: (None, [(v[0] + 1, "new") for v in values]), Pickled())
            txn.abort()
        barrier = threading.Barrier(4)
        threads = [threading.Thread(target=read, args=(turn,)) for turn in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [True] * 24 and database.check() == []


def test_two_writers_may_go_through_the_same_leaves() -> None:
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.insert_many(tree_id, range(1000), [(i, "row") for i in range(1000)])
    txn.commit()
    start = content(database.published.trees)
    one, two, three = (database.begin() for _ in range(3))
    for n, txn in enumerate((one, two, one, two)):
        txn.put_where(tree_id, lambda keys, _, n=n: (None, [(key, n) for key in keys]), Pickled())
    three.keep_where(tree_id, *without_keys(lambda key: key % 2))
    assert content(one.trees)[tree_id][0] == {i: (i, 2) for i in range(1000)}
    assert content(two.trees)[tree_id][0] == {i: (i, 3) for i in range(1000)}
    assert content(three.trees)[tree_id][0] == {i: (i, "row") for i in range(1, 1000, 2)}
    one.undo_to(0)
    assert content(one.trees) == content(database.published.trees) == start
    two.commit()
    with pytest.raises(ConflictError):
        three.commit()
    assert content(database.published.trees)[tree_id][0] == {i: (i, 3) for i in range(1000)}


def test_a_leaf_that_does_without_its_values_stays_with_that() -> None:
    leaf, delta = Leaf([1, 2], ["a", "b"]), Pickled()
    for told in (["a", "b"], ["of another", "writer"]):
        leaf.let_values_go((delta, delta.taken(told), ["x", "y"], None, ["x", "y"]))
    assert leaf.values == ["a", "b"] and leaf.keys == [1, 2]


@pytest.mark.parametrize("path", [None, "/data.db"])
@pytest.mark.parametrize("seed", range(8))
def test_values_that_hold_their_keys_are_enough_to_remove_some(seed: int, path: str | None) -> None:
    """Whatever is done to leaves that have no keys until somebody reads them."""
    rng = random.Random(seed)
    database = open_database(path, filesystem=FaultyFilesystem(seed))
    txn = database.begin()
    tree_id, size = txn.create_tree(), rng.choice((50, 128, 3000, 9000))
    txn.insert_many(tree_id, range(size), [(i, "row") for i in range(size)])
    txn.commit()
    model: dict[int, Any] = {i: (i, "row") for i in range(size)}
    for _ in range(12):
        reader, seen = database.begin(), model.copy()
        txn, marks = database.begin(), []
        for step in range(12):
            marks.append((txn.mark(), model.copy()))
            key, bar = rng.randrange(size), rng.choice((0.02, 0.5, 0.9, 0.999))
            match rng.randrange(9):
                case 0 | 1 | 2:
                    left = {k for k in model if (rng.random() < bar if step % 5 else k < key)}
                    assert txn.keep_where(tree_id, *without_keys(left.__contains__)) == len(model) - len(left)
                    model = {k: v for k, v in model.items() if k in left}
                case 3:
                    txn.put_where(tree_id, lambda keys, _, n=step: (None, [(k, n) for k in keys]), Pickled())
                    model = {k: (k, step) for k in model}
                case 4:
                    new = [k for k in range(size) if k not in model and rng.random() < 0.7]
                    assert txn.insert_many(tree_id, new, [(k, step) for k in new]) is None
                    model |= {k: (k, step) for k in new}
                case 5:
                    assert txn.put(tree_id, key, (key, step)) == model.get(key, MISSING)
                    model[key] = (key, step)
                case 6:
                    assert txn.delete(tree_id, key) == model.pop(key, MISSING)
                case 7:
                    assert [v for _, vs in txn.trees[tree_id].range(key, key + 300) for v in vs] == [
                        model[k] for k in range(key, key + 301) if k in model
                    ]
                case _:
                    mark, then = rng.choice(marks)
                    txn.undo_to(mark)
                    model = then.copy()
                    marks = [pair for pair in marks if pair[0] <= mark]
            if rng.random() < 0.3:
                assert content(txn.trees)[tree_id][0] == model
        if rng.random() < 0.3:
            txn.abort()
            model = seen.copy()
        else:
            txn.commit()
        assert content(reader.trees)[tree_id][0] == seen
        assert content(database.published.trees)[tree_id][0] == model and database.check() == []
    database.close()


class Watched:
    """Says when it dies."""

    def __init__(self, number: int, died: list[int]) -> None:
        self.number, self.died = number, died

    def __del__(self) -> None:
        self.died.append(self.number)


@pytest.mark.parametrize("seed", range(5))
def test_a_key_that_was_found_is_found_until_it_goes(seed: int) -> None:
    rng = random.Random(seed)
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.insert_many(tree_id, range(500), range(500))
    txn.commit()
    older = database.begin()
    txn = database.begin()
    for step in range(3000):
        key = rng.randrange(600)
        match rng.randrange(12):
            case 0:
                txn.delete(tree_id, key)
            case 1:
                txn.insert(tree_id, key, step)
            case 2 if rng.random() < 0.2:
                txn.freeze()
            case 3 if rng.random() < 0.2:
                txn.undo_to(rng.randint(0, txn.mark()))
            case 4 if rng.random() < 0.1:
                txn.commit()
                txn = database.begin()
            case 5 if rng.random() < 0.05:
                txn.clear_tree(tree_id)
            case _:
                assert txn.has_key(tree_id, key) == (txn.trees[tree_id].get(key) is not None)
                assert older.has_key(tree_id, key) == (key < 500)


def test_what_was_found_is_kept_of_small_trees_that_nobody_writes_to() -> None:
    database = open_database()
    txn = database.begin()
    small, large = txn.create_tree(), txn.create_tree()
    txn.insert_many(small, range(100), range(100))
    txn.insert_many(large, range(20_000), range(20_000))
    assert txn.has_key(small, 7) and not txn.trees[small].found, "its own may change"
    txn.commit()
    txn = database.begin()
    assert txn.has_key(small, 7) and txn.has_key(large, 7) and not txn.has_key(small, 100)
    assert txn.trees[small].found == {7} and not txn.trees[large].found


def test_keys_are_reserved_without_a_mutex_where_nobody_else_is() -> None:
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.commit()
    one, two = database.begin(), database.begin()
    for expected in (1, 2, 3):
        assert one.next_key(tree_id) == expected
        one.insert(tree_id, expected, None)
    assert two.next_key(tree_id) == 4, "beyond what the other one was given"
    assert one.next_key(tree_id) == 5, "which sees it, too"
    one.insert(tree_id, 5, None)
    two.abort()
    del two
    assert one.next_key(tree_id, 10) == 6
    late = database.begin()
    late.insert(tree_id, late.next_key(tree_id), None)
    assert late.unmerged[tree_id].last() == (16, None)
    late.commit()
    assert one.next_key(tree_id) == 17, "beyond what was committed meanwhile"


def test_a_look_that_fails_changes_nothing() -> None:
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.insert_many(tree_id, range(1000), [(i,) for i in range(1000)])
    mark = txn.mark()

    def update(keys: list[int], values: list[int]) -> tuple[None, list[int]]:
        return None, [0 // (key < 500) for key in keys]

    def delete(key: int) -> int:
        return key % 2 // (key < 500)

    for delta in (None, Pickled()):
        with pytest.raises(ZeroDivisionError):
            txn.put_where(tree_id, update, delta)
    for functions in ((staying(delete),), without_keys(delete)):
        with pytest.raises(ZeroDivisionError):
            txn.keep_where(tree_id, *functions)
    assert txn.mark() == mark and content(txn.trees)[tree_id][0] == {i: (i,) for i in range(1000)}


@pytest.mark.parametrize("seed", range(15))
def test_undo_restores_what_every_mark_saw(seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    database = open_database()
    setup = database.begin()
    for step in range(30):
        random_write(rng, setup, step)
    setup.commit()
    before = content(database.published.trees)
    txn = database.begin()
    marks = [(txn.mark(), content(txn.trees))]
    frozen: list[tuple[Any, Content]] = []
    for step in range(150):
        random_write(rng, txn, step)
        if rng.random() < 0.15:
            marks.append((txn.mark(), content(txn.trees)))
        if rng.random() < 0.1:
            txn.freeze()
            frozen.append((dict(txn.trees), content(txn.trees)))
        if rng.random() < 0.08:
            depth = rng.randrange(len(marks))
            mark, expected = marks[depth]
            del marks[depth + 1 :]
            txn.undo_to(mark)
            assert content(txn.trees) == expected, f"seed {seed}, step {step}"
    for trees, expected in frozen:
        assert content(trees) == expected
    assert content(database.published.trees) == before
    after = content(txn.trees)
    txn.commit()
    assert content(database.published.trees) == after
    assert database.check() == []


def test_undo_gives_new_handles_to_touched_trees_only() -> None:
    txn = open_database().begin()
    one, two = txn.create_tree(), txn.create_tree()
    mark = txn.mark()
    txn.insert(one, 1, "x")
    touched, untouched = txn.trees[one], txn.trees[two]
    txn.undo_to(mark)
    assert txn.trees[one] is not touched and txn.trees[two] is untouched


def test_a_read_only_transaction_uses_the_published_dict() -> None:
    database = open_database()
    txn = database.begin()
    assert txn.trees is database.published.trees and not txn.has_writes
    txn.commit()
    assert database.published.sequence == 0


def test_next_key_is_the_greatest_key_plus_one() -> None:
    database = open_database()
    txn = database.begin()
    tree = txn.create_tree()
    assert txn.next_key(tree) == 1
    assert txn.next_key(tree) == 1, "a key that was not used is given again"
    txn.insert(tree, 41, "x")
    assert txn.next_key(tree, count=10) == 42
    txn.delete(tree, 41)
    txn.insert(tree, -5, "x")
    assert txn.next_key(tree) == -4
    txn.commit()


def test_next_keys_of_open_transactions_never_collide() -> None:
    database = open_database()
    setup = database.begin()
    tree = setup.create_tree()
    setup.commit()
    one, two, three = database.begin(), database.begin(), database.begin()
    assert [one.next_key(tree, 3), two.next_key(tree), one.next_key(tree)] == [1, 4, 5]
    one.insert(tree, 5, "x")
    one.commit()
    assert three.next_key(tree) == 6, "three began before one committed"
    two.abort()
    three.abort()
    assert database.begin().next_key(tree) == 6


def test_a_forgotten_transaction_releases_its_reservations_and_history() -> None:
    database = open_database()
    setup = database.begin()
    tree = setup.create_tree()
    setup.commit()
    forgotten = database.begin()
    assert forgotten.next_key(tree, 100) == 1
    base = forgotten._base
    del forgotten
    gc.collect()
    assert database.begin().next_key(tree) == 1
    for number in range(50):
        txn = database.begin()
        txn.insert(tree, number, number)
        txn.commit()
    history = 0
    commit: Any = database._current[1]
    while commit is not None:
        history, commit = history + 1, commit.next
    assert history == 1 and base.next is not None


def test_a_long_history_is_freed_without_recursion() -> None:
    database = open_database()
    old = database.begin()
    for _ in range(30_000):
        txn = database.begin()
        if not txn.trees:
            txn.create_tree()
        txn.put(1, 1, 1)
        txn.commit()
    old.abort()


def test_an_ended_transaction_refuses_writes() -> None:
    database = open_database()
    txn = database.begin()
    tree = txn.create_tree()
    txn.commit()
    for write in (
        lambda: txn.insert(tree, 1, 1), lambda: txn.put(tree, 1, 1), lambda: txn.delete(tree, 1), txn.commit,
        txn.create_tree, lambda: txn.insert_many(tree, [1], [1]), lambda: txn.next_key(tree),
    ):
        with pytest.raises(UsageError):
            write()
    txn.abort()
    assert database.published.trees[tree].get(1, MISSING) is MISSING


def test_flags_of_any_width_are_bytes_in_the_log() -> None:
    for bits in (0, 1, 255, 256, 1 << 500 | 5):
        assert bits_of(bytes_of(bits)) == bits


def test_a_slot_reads_and_writes_with_one_search() -> None:
    database = open_database()
    with_rows = database.begin()
    tree_id = with_rows.create_tree()
    with_rows.insert_many(tree_id, range(0, 2000, 2), range(1000))
    with_rows.commit()
    txn = database.begin()
    before = database.published.trees[tree_id]
    for key in range(-3, 2005):
        tree = txn.own(tree_id)
        leaf, i = tree.slot(key)
        assert (i >= 0) == (key % 2 == 0 and 0 <= key < 2000)
        if i < 0:
            tree.add_at(leaf, -1 - i, key, -key)
            txn.operations.append((INSERT, tree_id, key, -key))
        else:
            txn.operations.append((UPDATE, tree_id, key, -key, key // 2))
            assert leaf.values[i] == key // 2
            leaf.values[i] = -key
    tree = txn.trees[tree_id]
    assert tree.check() == [] and tree.count == 2008
    assert [tree.get(key) for key in range(-3, 2005)] == [-key for key in range(-3, 2005)]
    assert [before.get(key) for key in range(0, 2000, 2)] == list(range(1000)) and before.count == 1000
    txn.undo_to(0)
    undone = txn.trees[tree_id]
    assert undone.check() == [] and undone.count == 1000
    assert [undone.get(key) for key in range(0, 2000, 2)] == list(range(1000))


class Shuffled:
    """A run of entries that is put in order late; it joins others, or does not."""

    def __init__(self, rng: random.Random, keys: list[Any], value: Any) -> None:
        self.pairs = [(key, value) for key in rng.sample(keys, len(keys))]
        self.joins = rng.random() < 0.7

    def __len__(self) -> int:
        return len(self.pairs)

    def entries(self) -> tuple[list[Any], list[Any]]:
        pairs = sorted(self.pairs)
        return [key for key, _ in pairs], [value for _, value in pairs]

    def joined(self, others: Any) -> Any:
        if not self.joins:
            return None
        pairs = sorted([pair for run in (self, *others) for pair in run.pairs])
        return [key for key, _ in pairs], [value for _, value in pairs]


@pytest.mark.parametrize("seed", range(12))
def test_entries_inserted_later_are_there_for_whoever_looks(seed: int) -> None:
    """The same operations with ``insert`` and with ``insert_later`` show the same at every look."""
    rng = random.Random(seed)
    database = open_database()
    setup = database.begin()
    plain, later = setup.create_tree(), setup.create_tree()
    setup.commit()
    txn = database.begin()
    model: dict[Any, int] = {}
    marks = [(txn.mark(), dict(model))]
    for step in range(400):
        key = (rng.choice([None, 1, 2.5, "a", "b", b"x"]), rng.randrange(5), step)
        choice = rng.random()
        if choice < 0.5:
            model[key] = step
            txn.insert(plain, key, step)
            txn.insert_later(later, key, step)
        elif choice < 0.65:
            keys = sorted((rng.randrange(9), rng.randrange(9), step * 100 + i) for i in range(rng.randrange(1, 30)))
            model.update(dict.fromkeys(keys, step))
            txn.insert_many(plain, keys, [step] * len(keys))
            if rng.random() < 0.5:
                txn.insert_many_later(later, keys, [step] * len(keys))
            else:
                txn.insert_run_later(later, Shuffled(rng, keys, step))
        elif choice < 0.8 and model:
            doomed = rng.choice(list(model))
            if rng.random() < 0.4:
                assert txn.delete(plain, doomed) == txn.delete(later, doomed) == model.pop(doomed)
            elif rng.random() < 0.5:
                txn.delete(plain, doomed)
                txn.delete_later(later, doomed, model.pop(doomed))
                if rng.random() < 0.3:
                    model[doomed] = step
                    txn.insert(plain, doomed, step)
                    txn.insert_later(later, doomed, step)
            else:
                gone = sorted_keys(rng.sample(list(model), rng.randint(1, len(model))))
                values = txn.delete_many(plain, gone)
                txn.delete_many_later(later, gone, values)
                for key in gone:
                    del model[key]
        elif choice < 0.9:
            marks.append((txn.mark(), dict(model)))
        elif choice < 0.93:
            txn.freeze()
        elif choice < 0.96:
            mark, model = marks.pop(rng.randrange(len(marks)))
            marks = [each for each in marks if each[0] < mark] or [(mark, dict(model))]
            txn.undo_to(mark)
        else:
            assert txn.trees[later].check() == []
            assert content(txn.trees)[later] == content(txn.trees)[plain], f"seed {seed}, step {step}"
    txn.commit()
    trees = database.published.trees
    assert trees[later].count == len(model) and content(trees)[later] == content(trees)[plain]
    assert database.check() == []


def test_a_key_that_goes_and_comes_again_is_the_new_one() -> None:
    """4 and 4.0 are equal keys; whoever reads them sees which one it is."""
    database = open_database()
    txn = database.begin()
    tree_id = txn.create_tree()
    keys = [(4, n) for n in range(40)]
    txn.insert_many(tree_id, keys, list(range(40)))
    txn.commit()
    txn = database.begin()
    for key, n in keys:
        txn.delete_later(tree_id, (key, n), n)
    for _, n in keys:
        txn.insert_later(tree_id, (4.0, n), n)
    for n in range(40, 60):
        txn.insert_later(tree_id, (4, n), n)
        txn.delete_later(tree_id, (4, n), n)
    tree = txn.trees[tree_id]
    found = [key for batch, _ in tree.scan() for key in batch]
    assert found == keys and {type(key) for key, _ in found} == {float} and tree.check() == []


def test_many_entries_wait_in_a_transaction_until_their_tree_is_read() -> None:
    database = open_database()
    txn = database.begin()
    one, other = txn.create_tree(), txn.create_tree()
    keys = [(n % 7, n) for n in range(2000)]
    txn.insert_many(one, sorted(keys), [n for _, n in sorted(keys)])
    txn.insert_many(other, sorted(keys), [n for _, n in sorted(keys)])
    txn.commit()
    txn = database.begin()
    mark = txn.mark()
    for start in range(0, 1200, 400):
        gone = sorted(keys[start : start + 400])
        txn.delete_many_later(one, gone, [n for _, n in gone])
        txn.insert_many_later(one, [(key + 100, n) for key, n in gone], [n for _, n in gone])
        assert txn.trees[other].count == 2000
        assert txn.trees[one].later is not None, "nobody has read it"
    assert txn.trees[one].count == 2000
    txn.freeze()
    before = txn.trees[one]
    txn.undo_to(mark)
    assert sorted(content(txn.trees)[one][0]) == sorted(keys)
    assert before.get((100, 0)) == 0 and before.get((0, 0)) is None and before.count == 2000
    assert before.check() == txn.trees[one].check() == []


def test_a_key_deleted_later_that_is_not_there_is_corruption() -> None:
    txn = open_database().begin()
    tree_id = txn.create_tree()
    txn.insert(tree_id, (1, 2), "x")
    txn.delete_later(tree_id, (1, 3), "y")
    with pytest.raises(CorruptionError, match="was to go"):
        _ = txn.trees


def test_an_entry_inserted_later_that_exists_is_corruption() -> None:
    txn = open_database().begin()
    tree_id = txn.create_tree()
    txn.insert(tree_id, (1, 2), "x")
    txn.insert_later(tree_id, (1, 2), "y")
    with pytest.raises(CorruptionError, match="was to be new"):
        _ = txn.trees
