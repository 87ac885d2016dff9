"""Power cuts and failing disks at every write and every sync of a workload.

Pass 1 runs the workload and counts the calls that change something. Pass 2 runs it again for each of them,
with the power failing there (faults.py states what survives), opens what is left, and wants exactly the
acknowledged commits; the one that was under way may be there as a whole. The short mode takes a sample of the
cases; MANTISDB_LONG=1 takes all of them, with several seeds.
"""

import errno
import os
import random
import time

import pytest

from mantisdb_engine import CorruptionError, EnvironmentFailure, open_database
from mantisdb_engine.faults import FaultyFilesystem, PowerCut

LONG = os.environ.get("MANTISDB_LONG") == "1"
SEEDS = range(1, 9) if LONG else range(1, 3)
CASES_PER_SEED = 1_000_000 if LONG else 60
SMALL = {"segment_bytes": 4096, "checkpoint_log_bytes": 20_000}
PATH = "/data.db"


def content(database):
    """What a database holds, as plain dicts."""
    return {
        tree_id: {key: value for keys, values in tree.scan() for key, value in zip(keys, values, strict=True)}
        for tree_id, tree in database.published.trees.items()
    }


class Workload:
    """Commits, savepoints undone, aborts, big rows, checkpoints, rotation, closing and opening again.

    states  what the database must hold after each acknowledged commit
    under_way  what it may hold besides: the commit that has not returned
    """

    def __init__(self, seed, synchronous="FULL"):
        self.random = random.Random(seed)
        self.synchronous = synchronous
        self.states = [{}]
        self.under_way = None

    def run(self, fs):
        database = open_database(PATH, filesystem=fs, synchronous=self.synchronous, **SMALL)
        for step in range(30):
            self.commit_something(database)
            if step % 9 == 5:
                database.checkpoint()
            if step % 13 == 8:
                database.close()
                database = open_database(PATH, filesystem=fs, synchronous=self.synchronous, **SMALL)
        database.close()

    def commit_something(self, database):
        rng = self.random
        model = {tree_id: dict(rows) for tree_id, rows in self.states[-1].items()}
        txn = database.begin()
        if len(model) < 2:
            model[txn.create_tree()] = {}
        for _ in range(rng.randrange(1, 5)):
            self.write_something(txn, model)
        if rng.random() < 0.3:
            mark = txn.mark()
            self.write_something(txn, {tree_id: dict(rows) for tree_id, rows in model.items()})
            txn.undo_to(mark)
        if not txn.has_writes or rng.random() < 0.1:
            txn.abort()
            return
        self.under_way = model
        txn.commit()
        self.states.append(model)
        self.under_way = None

    def write_something(self, txn, model):
        rng = self.random
        tree_id = rng.choice(sorted(model))
        rows = model[tree_id]
        kind = rng.randrange(20)
        if kind < 9:
            key = rng.choice([rng.randrange(300), ("k", rng.randrange(50)), f"name {rng.randrange(50)}"])
            value = (rng.randrange(10**6), "text", None, 2.5, rng.randbytes(rng.randrange(40)))
            if kind == 0:
                value = (rng.randbytes(rng.randrange(20_000)),)
            txn.put(tree_id, key, value)
            rows[key] = value
        elif kind < 12 and rows:
            key = rng.choice(list(rows))
            txn.delete(tree_id, key)
            del rows[key]
        elif kind < 17:
            start = rng.randrange(10**6) * 1000
            keys = [key for key in range(start, start + rng.randrange(1, 200)) if key not in rows]
            values = [(key, "many") for key in keys]
            txn.insert_many(tree_id, keys, values)
            rows.update(zip(keys, values, strict=True))
        elif kind == 17:
            txn.clear_tree(tree_id)
            rows.clear()
        elif kind == 18 and len(model) > 1:
            txn.drop_tree(tree_id)
            del model[tree_id]
        else:
            txn.widen(tree_id, 1 << rng.randrange(70))


def counted(seed, synchronous="FULL"):
    """How many calls the workload makes."""
    fs = FaultyFilesystem(seed)
    workload = Workload(seed, synchronous)
    workload.run(fs)
    return fs.calls


def cases(seed, total):
    """The numbers of the calls to cut at: all, or a sample that a seed repeats."""
    numbers = list(range(total))
    if total > CASES_PER_SEED:
        numbers = sorted(random.Random(seed).sample(numbers, CASES_PER_SEED))
    return numbers


def check_survivor(fs, workload, where):
    """What is left must open, hold exactly what was acknowledged, and take new commits."""
    database = open_database(PATH, filesystem=fs, **SMALL)
    found = content(database)
    allowed = [workload.states[-1]] + ([workload.under_way] if workload.under_way is not None else [])
    assert found in allowed, f"{where}: not what was acknowledged"
    assert database.check() == [], where
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.insert(tree_id, "after the crash", (1,))
    txn.commit()
    database.close()
    database = open_database(PATH, filesystem=fs, **SMALL)
    assert content(database) == {**found, tree_id: {"after the crash": (1,)}}, where
    assert database.check() == [], where
    database.close()
    assert list(fs.files()) == [PATH], where


@pytest.mark.parametrize("seed", SEEDS)
def test_a_power_cut_at_any_call_keeps_exactly_the_acknowledged_commits(seed):
    total = counted(seed)
    numbers = cases(seed, total)
    print(f"seed {seed}: {len(numbers)} of {total} calls")
    for number in numbers:
        fs = FaultyFilesystem(seed * 1_000_003 + number)
        fs.cut_at = number
        workload = Workload(seed)
        with pytest.raises(PowerCut):
            workload.run(fs)
        check_survivor(fs.reboot(), workload, f"seed {seed}, call {number} {fs.log[number]}")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_second_power_cut_during_recovery_loses_nothing_either(seed):
    rng = random.Random(seed)
    total = counted(seed)
    count = 0
    for number in cases(seed + 100, total)[:: 1 if LONG else 3]:
        fs = FaultyFilesystem(seed * 7_919 + number)
        fs.cut_at = number
        workload = Workload(seed)
        with pytest.raises(PowerCut):
            workload.run(fs)
        survivor_seed = rng.randrange(1 << 30)
        second = 0
        while True:  # cut at each call that opening makes, until there are no more
            after = fs.reboot(survivor_seed)
            after.cut_at = second
            try:
                open_database(PATH, filesystem=after, **SMALL)
            except PowerCut:
                check_survivor(after.reboot(), workload, f"seed {seed}, call {number}, then {second}")
                second += 1
                count += 1
            else:
                break
    print(f"seed {seed}: {count} cases")


def test_power_cuts_one_after_the_other_while_a_file_is_made_lose_nothing():
    for seed in range(300):
        fs = FaultyFilesystem(seed)
        while True:
            fs.cut_at = fs.random.randrange(6)
            try:
                database = open_database(PATH, filesystem=fs)
                break
            except PowerCut:
                fs = fs.reboot()
        assert content(database) == {}, seed


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_a_power_cut_without_full_synchronous_keeps_some_prefix_of_the_commits(synchronous):
    seed = 5
    refused = 0
    for number in cases(seed, counted(seed, synchronous))[:: 1 if LONG else 2]:
        fs = FaultyFilesystem(seed * 31 + number)
        fs.cut_at = number
        workload = Workload(seed, synchronous)
        with pytest.raises(PowerCut):
            workload.run(fs)
        try:
            found = content(open_database(PATH, filesystem=fs.reboot(), **SMALL))
        except CorruptionError:
            assert synchronous == "OFF", "only OFF may leave a damaged file"
            refused += 1
            continue
        assert found in [*workload.states, workload.under_way], f"call {number} {fs.log[number]}"
    print(f"{synchronous}: {refused} refused")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_a_failing_call_is_reported_and_loses_no_acknowledged_commit(code, lasting):
    seed = 3
    numbers = cases(seed, counted(seed))
    print(f"seed {seed}: {len(numbers)} calls, {errno.errorcode[code]}")
    for number in numbers:
        fs = FaultyFilesystem(number)
        if lasting:
            fs.fail_from = (number, code)
        else:
            fs.fail_at = {number: code}
        workload = Workload(seed)
        try:
            workload.run(fs)
        except EnvironmentFailure as error:
            assert errno.errorcode and str(error)
        fs.fail_from, fs.fail_at = None, {}
        if PATH not in fs.files():
            assert workload.states == [{}]
            continue
        check_survivor(fs.reboot(), workload, f"call {number} {fs.log[number]}")


def test_a_full_disk_refuses_one_commit_and_takes_the_next_one_once_there_is_room():
    fs = FaultyFilesystem()
    database = open_database(PATH, filesystem=fs, segment_bytes=1 << 20)
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.commit()
    fs.fail_from = (fs.calls, errno.ENOSPC)
    txn = database.begin()
    txn.insert(tree_id, 1, (bytes(600_000),))
    with pytest.raises(EnvironmentFailure, match="No space left"):
        txn.commit()
    fs.fail_from = None
    assert content(database) == {tree_id: {}}
    txn = database.begin()
    txn.insert(tree_id, 2, ("fits",))
    txn.commit()
    after = open_database(PATH, filesystem=fs.reboot())
    assert content(after) == {tree_id: {2: ("fits",)}}


def test_a_failed_fsync_is_never_tried_again():
    fs = FaultyFilesystem()
    database = open_database(PATH, filesystem=fs)
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.commit()
    number = fs.calls + 1  # the write, then the sync
    fs.fail_at = {number: errno.EIO}
    txn = database.begin()
    txn.insert(tree_id, 1, ("in doubt",))
    with pytest.raises(EnvironmentFailure):
        txn.commit()
    assert fs.log[number][0] == "sync"
    calls = fs.calls
    txn = database.begin()
    txn.insert(tree_id, 2, ("refused",))
    with pytest.raises(EnvironmentFailure):
        txn.commit()
    assert fs.calls == calls
    assert content(database) == {tree_id: {}}


def test_the_crash_cases_take_a_bounded_time():
    started = time.perf_counter()
    counted(1)
    assert time.perf_counter() - started < 5
