"""Concurrent transactions: conflicts where, and only where, write sets meet; durable before visible."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from mantisdb_engine import ConflictError, Database, DiskFull, IOFailure, State, UsageError, open_database
from mantisdb_engine.operations import Operation, apply


class MemoryLog:
    """A Storage that keeps commits in a list, and fails when told to."""

    def __init__(self) -> None:
        self.synchronous = "FULL"
        self.read_only_reason: str | None = None
        self.is_checkpoint_due = False
        self.commits: list[list[Operation]] = []
        self.durable = 0
        self.syncs = 0
        self.append_error: Exception | None = None
        self.sync_error: Exception | None = None
        self.gate: threading.Event | None = None

    def append(self, operations: Sequence[Operation], txn_id: int) -> int:
        if self.append_error is not None:
            raise self.append_error
        self.commits.append(list(operations))
        assert txn_id == len(self.commits)
        return len(self.commits)

    def sync(self, lsn: int) -> int:
        reached = len(self.commits)
        if self.gate is not None:
            self.gate.wait(10)
        if self.sync_error is not None:
            raise self.sync_error
        self.syncs += 1
        self.durable = max(self.durable, reached)
        return reached

    def checkpoint(self, state: State) -> None:
        assert state.lsn <= self.durable

    def close(self, state: State | None) -> None:
        self.closed_with = state

    def check(self, state: State) -> list[str]:
        return []


def logged() -> tuple[Database, MemoryLog, int]:
    """A database on a MemoryLog, with one tree."""
    log = MemoryLog()
    database = Database(State({}), log, None, "FULL")
    txn = database.begin()
    tree = txn.create_tree()
    txn.commit()
    return database, log, tree


def pairs(tree: Any) -> dict[Any, Any]:
    return {k: v for keys, values in tree.scan() for k, v in zip(keys, values, strict=True)}


@pytest.mark.parametrize("seed", range(20))
def test_random_transactions_equal_their_serial_application(seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    database, log, tree = logged()
    model: dict[int, Any] = {}
    commits: list[set[int]] = []
    open_ones: list[tuple[Any, dict[int, Any], int]] = []
    for step in range(400):
        choice = rng.random()
        if choice < 0.2 or not open_ones:
            open_ones.append((database.begin(), {}, len(commits)))
        elif choice < 0.8:
            txn, writes, _ = rng.choice(open_ones)
            key = rng.randrange(400)
            if rng.random() < 0.3:
                if txn.delete(tree, key) is not None:
                    writes[key] = None
            elif rng.random() < 0.3:
                keys = [k for k in range(key, key + 20) if txn.trees[tree].get(k) is None]
                assert txn.insert_many(tree, keys, [(step,)] * len(keys)) is None
                writes.update(dict.fromkeys(keys, (step,)))
            else:
                txn.put(tree, key, (step,))
                writes[key] = (step,)
        else:
            txn, writes, began = open_ones.pop(rng.randrange(len(open_ones)))
            written = {op_key for op in txn.operations for op_key in (op[2] if 4 <= op[0] <= 6 else [op[2]])}
            overlaps = any(written & other for other in commits[began:])
            if rng.random() < 0.1:
                txn.abort()
                continue
            try:
                txn.commit()
            except ConflictError:
                assert overlaps, f"seed {seed}, step {step}: a conflict without overlap"
                continue
            assert not overlaps, f"seed {seed}, step {step}: an overlap without conflict"
            if written:
                commits.append(written)
            model.update({k: v for k, v in writes.items() if k in written})
            model = {k: v for k, v in model.items() if v is not None}
            assert pairs(database.published.trees[tree]) == model, f"seed {seed}, step {step}"
    assert database.check() == []
    replayed: dict[int, Any] = {}
    owner = object()
    for operations in log.commits:
        apply(replayed, operations, owner)
    assert pairs(replayed[tree]) == model and replayed[tree].check() == []


def test_schema_barriers_conflict_with_every_concurrent_writer_and_no_reader() -> None:
    database, _, tree = logged()
    barrier, writer, reader = database.begin(), database.begin(), database.begin()
    barrier.barrier = True
    barrier.create_tree()
    writer.insert(tree, 1, 1)
    barrier.commit()
    with pytest.raises(ConflictError):
        writer.commit()
    reader.commit()
    assert not writer.is_open


@pytest.mark.parametrize("change", ["drop_tree", "clear_tree"])
def test_dropping_or_clearing_conflicts_with_writes_to_the_tree_either_way(change: str) -> None:
    for drops_first in (True, False):
        database, _, tree = logged()
        one, two = database.begin(), database.begin()
        getattr(one, change)(tree)
        two.insert(tree, 1, 1)
        first, second = (one, two) if drops_first else (two, one)
        first.commit()
        with pytest.raises(ConflictError):
            second.commit()


def test_flags_and_new_trees_never_conflict() -> None:
    database, _, tree = logged()
    one, two = database.begin(), database.begin()
    one.widen(tree, 0b0011)
    two.widen(tree, 0b0110)
    ids = {one.create_tree(), two.create_tree()}
    one.commit()
    two.commit()
    assert database.published.trees[tree].flags == 0b0111
    assert len(ids) == 2 and ids < set(database.published.trees)


@pytest.mark.parametrize("in_memory", [True, False])
def test_eight_threads_on_disjoint_keys_lose_nothing(in_memory: bool) -> None:
    if in_memory:
        database = open_database()
        txn = database.begin()
        tree = txn.create_tree()
        txn.commit()
    else:
        database, _, tree = logged()
    errors: list[BaseException] = []
    keys: list[int] = []

    def work(number: int) -> None:
        try:
            for _ in range(100):
                txn = database.begin()
                key = txn.next_key(tree)
                assert txn.insert(tree, key, number)
                txn.commit()
                assert database.published.trees[tree].get(key) == number, "my own commit must be visible"
                keys.append(key)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(keys) == [key for batch, _ in database.published.trees[tree].scan() for key in batch]
    assert len(keys) == 800 and database.check() == []


def test_nothing_is_visible_before_the_log_is_durable_and_one_sync_serves_many() -> None:
    database, log, tree = logged()
    log.gate = threading.Event()
    syncs = log.syncs

    def commit(key: int) -> None:
        txn = database.begin()
        txn.insert(tree, key, key)
        txn.commit()

    threads = [threading.Thread(target=commit, args=(key,)) for key in range(8)]
    for thread in threads:
        thread.start()
    while len(log.commits) < 9:
        pass
    assert database.published.trees[tree].count == 0
    log.gate.set()
    for thread in threads:
        thread.join()
    assert database.published.trees[tree].count == 8
    assert log.syncs - syncs <= 2


def test_a_refused_transaction_begins_anew_behind_what_refused_it() -> None:
    database, log, tree = logged()
    log.gate = threading.Event()
    first = threading.Thread(target=lambda: _put(database, tree, 1, "first"))
    first.start()
    while len(log.commits) < 2:
        pass
    second = database.begin()  # the first is in the log, but neither durable nor published
    second.put(tree, 1, "second")
    threading.Timer(0.05, log.gate.set).start()
    with pytest.raises(ConflictError):
        second.commit()
    _put(database, tree, 1, "second, run again")
    first.join(10)
    assert pairs(database.published.trees[tree]) == {1: "second, run again"}


def _put(database: Database, tree: int, key: int, value: str) -> None:
    txn = database.begin()
    txn.put(tree, key, value)
    txn.commit()


class SlowAppend(MemoryLog):
    """The commit of one key stays in ``append``, its operations in the log already, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.slow_key: int | None = None
        self.is_in_log = threading.Event()
        self.may_return = threading.Event()
        self.sync_began = threading.Event()

    def append(self, operations: Sequence[Operation], txn_id: int) -> int:
        lsn = super().append(operations, txn_id)
        if self.slow_key is not None and operations[0][2] == self.slow_key:
            self.is_in_log.set()
            assert self.may_return.wait(10)
        return lsn

    def sync(self, lsn: int) -> int:
        self.sync_began.set()
        if self.slow_key is not None:
            assert self.is_in_log.wait(10)
        return super().sync(lsn)


def test_a_commit_that_another_threads_sync_took_along_is_published_before_it_returns() -> None:
    log = SlowAppend()
    database = Database(State({}), log, None, "FULL")
    txn = database.begin()
    tree = txn.create_tree()
    txn.commit()
    log.sync_began.clear()
    log.slow_key = 2
    seen: dict[int, Any] = {}

    def commit(key: int) -> None:
        txn = database.begin()
        txn.insert(tree, key, key)
        txn.commit()
        seen[key] = pairs(database.published.trees[tree])

    leader = threading.Thread(target=commit, args=(1,))
    follower = threading.Thread(target=commit, args=(2,))
    leader.start()
    assert log.sync_began.wait(10)  # the leader is in its sync, and waits there for the other's append
    follower.start()
    leader.join(10)
    syncs = log.syncs
    assert log.durable == 3 and seen == {1: {1: 1}}, "the sync took along what was not in line yet"
    log.may_return.set()
    follower.join(10)
    assert seen[2] == {1: 1, 2: 2}, "my own commit must be visible when commit() returns"
    assert log.syncs == syncs, "it was durable: no second sync"
    assert database.check() == []


@pytest.mark.parametrize("where", ["append_error", "sync_error"])
def test_a_failed_log_refuses_all_further_writes_and_goes_on_reading(where: str) -> None:
    database, log, tree = logged()
    setattr(log, where, IOFailure("the disk is gone"))
    txn = database.begin()
    txn.insert(tree, 1, 1)
    with pytest.raises(IOFailure, match="the disk is gone"):
        txn.commit()
    setattr(log, where, None)
    again = database.begin()
    again.insert(tree, 2, 2)
    with pytest.raises(IOFailure, match="open it again"):
        again.commit()
    assert not again.is_open and database.published.trees[tree].count == 0
    database.begin().commit()
    database.close()
    assert log.closed_with is None, "no checkpoint of a database in doubt"


def test_an_error_that_left_the_log_as_it_was_is_not_latched() -> None:
    database, log, tree = logged()
    error = DiskFull("no space")
    error.in_doubt = False
    log.append_error = error
    txn = database.begin()
    txn.insert(tree, 1, 1)
    with pytest.raises(DiskFull):
        txn.commit()
    log.append_error = None
    again = database.begin()
    again.insert(tree, 2, 2)
    again.commit()
    assert pairs(database.published.trees[tree]) == {2: 2}


def test_a_closed_database_refuses_transactions() -> None:
    database, _, tree = logged()
    txn = database.begin()
    txn.insert(tree, 1, 1)
    database.close()
    database.close()
    with pytest.raises(UsageError):
        txn.commit()
    with pytest.raises(UsageError):
        database.begin()
