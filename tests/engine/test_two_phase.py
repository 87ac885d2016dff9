"""A commit to several files: in all of them or in none, wherever power fails, whatever is opened first.

Every call that such a commit makes is cut in turn (faults.py states what survives), and what is left is opened in each
order. The short mode takes a sample of the cases; MANTISDB_LONG=1 takes all of them, with several seeds, and cuts each
recovery at every call as well.
"""

from __future__ import annotations

import errno
import itertools
import os
import random
import threading
from typing import Any

import pytest

from mantisdb_engine import AccessDenied, Database, EnvironmentFailure, open_database
from mantisdb_engine.composite import SLOT_SHIFT, Composite
from mantisdb_engine.decisions import DECISIONS
from mantisdb_engine.entry import PREPARE
from mantisdb_engine.faults import FaultyFilesystem, PowerCut

LONG = os.environ.get("MANTISDB_LONG") == "1"
SEEDS = range(1, 5) if LONG else range(1, 3)
SAMPLE = 1_000_000 if LONG else 25
PATHS = ("/a.db", "/b.db", "/c.db")
SMALL = {"segment_bytes": 4096, "checkpoint_log_bytes": 6_000}
COMMITS = 8
Opened = dict[str, Database]


def _open(fs: FaultyFilesystem, path: str, **options: Any) -> Database:
    return open_database(path, filesystem=fs, **{**SMALL, **options})


def _open_all(fs: FaultyFilesystem, count: int, **options: Any) -> Opened:
    return {path: _open(fs, path, **options) for path in PATHS[:count]}


def _together(opened: Opened, *, with_memory: bool = True) -> Composite:
    databases = list(opened.values())
    composite = Composite(databases[0])
    for slot, database in enumerate(databases[1:], 1):
        composite.attach(slot, database)
    if with_memory:
        composite.attach(9, open_database())
    return composite


def _numbers(database: Database) -> list[int]:
    """What `_commit` put into a database."""
    trees = database.published.trees
    return [key for keys, _ in trees[1].scan() for key in keys] if 1 in trees else []


def _commit(composite: Composite, number: int, rng: random.Random, slots: range) -> None:
    """Put a number into the databases in these slots."""
    txn = composite.begin()
    for slot in slots:
        tree_id = 1 | slot << SLOT_SHIFT
        if tree_id not in txn.trees:
            assert txn.create_tree(slot) == tree_id
        size = 9_000 if rng.random() < 0.1 else rng.randrange(300)
        txn.insert(tree_id, number, (rng.randbytes(size),))
    if 9 in composite.parts:
        txn.create_tree(9)
    txn.commit()


class _Workload:
    """Commits to all of some files, and now and then to one alone.

    acknowledged  the last number that all of them must hold
    """

    def __init__(self, seed: int, count: int) -> None:
        self.random = random.Random(seed)
        self.count = count
        self.acknowledged = 0

    def run(self, fs: FaultyFilesystem, **options: Any) -> None:
        opened = _open_all(fs, self.count, **options)
        composite = _together(opened)
        for number in range(1, COMMITS + 1):
            _commit(composite, number, self.random, range(self.count))
            self.acknowledged = number
            if self.random.random() < 0.3:
                txn = composite.begin()
                txn.create_tree(self.random.randrange(self.count))
                txn.commit()
        for database in opened.values():
            database.close()


def _cut_at(number: int, seed: int, count: int, **options: Any) -> tuple[FaultyFilesystem, _Workload]:
    fs = FaultyFilesystem(seed * 1_000_003 + number)
    fs.cut_at = number
    workload = _Workload(seed, count)
    with pytest.raises(PowerCut):
        workload.run(fs, **options)
    return fs, workload


def _calls(seed: int, count: int, **options: Any) -> int:
    fs = FaultyFilesystem(seed)
    _Workload(seed, count).run(fs, **options)
    return fs.calls


def _cases(seed: int, total: int) -> list[int]:
    return sorted(random.Random(seed).sample(range(total), min(total, SAMPLE)))


def _check(fs: FaultyFilesystem, order: tuple[str, ...], acknowledged: int, where: str) -> None:
    """All files hold the same, which is what was acknowledged or one commit more, and go on from there."""
    opened: Opened = {}
    for path in order:
        opened[path] = _open(fs, path)
    opened = {path: opened[path] for path in sorted(opened)}
    found = [_numbers(database) for database in opened.values()]
    assert all(each == found[0] for each in found), f"{where}: {found}"
    assert len(found[0]) in (acknowledged, acknowledged + 1), f"{where}: {found[0]}, not {acknowledged}"
    assert all(database.check() == [] for database in opened.values()), where
    _commit(_together(opened), 1000, random.Random(1), range(len(opened)))
    for database in opened.values():
        database.close()
    for path in reversed(order):
        assert _numbers(_open(fs, path)) == [*found[0], 1000], where


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_power_cut_at_any_call_leaves_a_commit_in_all_files_or_in_none(seed: int, count: int) -> None:
    for number in _cases(seed, _calls(seed, count)):
        fs, workload = _cut_at(number, seed, count)
        survivor = random.Random(number).randrange(1 << 30)
        for order in itertools.permutations(PATHS[:count]):
            where = f"seed {seed}, call {number} {fs.log[number]}, opened {order}"
            _check(fs.reboot(survivor), order, workload.acknowledged, where)


@pytest.mark.parametrize("count", [2, 3])
def test_a_second_power_cut_during_any_recovery_changes_nothing(count: int) -> None:
    seed = 7
    for number in _cases(seed, _calls(seed, count))[:: 1 if LONG else 5]:
        fs, workload = _cut_at(number, seed, count)
        survivor = random.Random(number).randrange(1 << 30)
        for order in itertools.permutations(PATHS[:count]):
            for second in itertools.count():
                after = fs.reboot(survivor)
                after.cut_at = second
                try:
                    for path in order:
                        _open(after, path)
                except PowerCut:
                    where = f"call {number} {fs.log[number]}, then {second} {after.log[second]}"
                    _check(after.reboot(), order[::-1], workload.acknowledged, where)
                else:
                    break


def test_a_killed_process_leaves_all_or_nothing_at_every_level_of_synchronous() -> None:
    """What was written is in the system's cache and stays there: a kill, no power cut."""
    seed = 3
    for level, count in itertools.product(("OFF", "NORMAL"), (2, 3)):
        for number in _cases(seed, _calls(seed, count, synchronous=level)):
            fs, workload = _cut_at(number, seed, count, synchronous=level)
            for inode in fs._names.values():
                if inode is not None:
                    inode.holders.clear()
                    inode.durable[:] = inode.cache
                    inode.pending.clear()
            fs._durable_names = dict(fs._names)
            fs._pending_names.clear()
            _check(fs.reboot(), PATHS[:count], workload.acknowledged, f"{level}, call {number}")


def test_a_power_cut_with_normal_synchronous_takes_no_halves_away() -> None:
    seed = 5
    for number in _cases(seed, _calls(seed, 3, synchronous="NORMAL")):
        fs, workload = _cut_at(number, seed, 3, synchronous="NORMAL")
        _check(fs.reboot(), PATHS, workload.acknowledged, f"call {number}")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_a_failing_call_leaves_a_commit_in_all_files_or_in_none(code: int, lasting: bool) -> None:
    seed = 2
    for number in _cases(seed, _calls(seed, 3)):
        fs = FaultyFilesystem(number)
        if lasting:
            fs.fail_from = (number, code)
        else:
            fs.fail_at = {number: code}
        workload = _Workload(seed, 3)
        try:
            workload.run(fs)
        except EnvironmentFailure as error:
            assert str(error)
        fs.fail_from, fs.fail_at = None, {}
        after = fs.reboot()
        if set(PATHS) <= after.files().keys():
            _check(after, PATHS, workload.acknowledged, f"call {number} {fs.log[number]}")


def test_a_full_disk_refuses_the_commit_in_all_files_and_takes_the_next_one() -> None:
    fs = FaultyFilesystem()
    opened = _open_all(fs, 3, segment_bytes=1 << 20)
    composite = _together(opened)
    _commit(composite, 1, random.Random(1), range(3))
    fs.fail_at = {fs.calls: errno.ENOSPC}
    txn = composite.begin()
    for slot in range(3):
        txn.insert(1 | slot << SLOT_SHIFT, 2, (bytes(2_000_000 if slot == 2 else 10),))
    with pytest.raises(EnvironmentFailure, match="No space left"):
        txn.commit()
    assert fs.log[fs.calls - 1] == ("allocate", "/c.db-wal/0000000001.log")
    assert [_numbers(database) for database in opened.values()] == [[1]] * 3
    _commit(composite, 3, random.Random(1), range(3))
    assert [_numbers(database) for database in opened.values()] == [[1, 3]] * 3
    fs = fs.reboot()
    assert [_numbers(database) for database in _open_all(fs, 3).values()] == [[1, 3]] * 3


def test_a_commit_to_one_file_prepares_nothing() -> None:
    fs = FaultyFilesystem()
    composite = _together(_open_all(fs, 2))
    _commit(composite, 1, random.Random(1), range(1))
    assert DECISIONS not in composite.parts[0].published.trees
    calls = fs.calls
    _commit(composite, 2, random.Random(1), range(1))
    assert [action for action, _ in fs.log[calls:]] == ["write", "sync"]


# -- a participant in doubt, and its coordinator


def _in_doubt(*, decided: bool, seed: int = 1) -> FaultyFilesystem:
    """/b.db is in doubt about the commit of 2, which /a.db has decided, or not."""
    fs = FaultyFilesystem(seed)
    composite = _together(_open_all(fs, 2), with_memory=False)
    _commit(composite, 1, random.Random(1), range(2))
    # Write and sync of /b.db's PREPARE, of /a.db's decision, of /b.db's COMMIT.
    fs.cut_at = fs.calls + (4 if decided else 2)
    with pytest.raises(PowerCut):
        _commit(composite, 2, random.Random(1), range(2))
    assert fs.log[-1] == ("write", f"/{'b' if decided else 'a'}.db-wal/0000000001.log")
    return fs.reboot(4)


def _move(fs: FaultyFilesystem, old: str, new: str) -> None:
    for path in [path for path in fs._names if path == old or path.startswith(old + "-wal")]:
        fs._names[new + path[len(old) :]] = fs._names.pop(path)
    fs._durable_names = dict(fs._names)


def _report(database: Database) -> str:
    report = database.recovery_report
    assert report is not None
    return report.in_doubt or ""


@pytest.mark.parametrize("decided", [True, False])
def test_a_participant_does_what_the_coordinator_decided(decided: bool) -> None:
    expected = [1, 2] if decided else [1]
    fs = _in_doubt(decided=decided)
    alone = _open(fs, "/b.db")
    assert _numbers(alone) == expected
    assert _report(alone).startswith("committed" if decided else "rolled back")
    fs = fs.reboot()
    assert _numbers(_open(fs, "/a.db")) == expected
    again = _open(fs, "/b.db")
    assert _numbers(again) == expected
    assert _report(again) == "", "the question was settled for good"


def test_a_coordinator_keeps_its_decision_through_checkpoints_and_closing() -> None:
    fs = _in_doubt(decided=True)
    coordinator = _open(fs, "/a.db")
    for _ in range(50):
        txn = coordinator.begin()
        txn.create_tree()
        txn.commit()
        coordinator.checkpoint()
    coordinator.close()
    assert "/a.db-wal" not in fs._names
    participant = _open(fs, "/b.db")
    assert _numbers(participant) == [1, 2]
    assert participant.check() == []


def test_a_participant_may_ask_a_coordinator_that_is_being_written_to() -> None:
    fs = _in_doubt(decided=True)
    coordinator = _open(fs, "/a.db")
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            txn = coordinator.begin()
            txn.create_tree()
            txn.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert _numbers(_open(fs, "/b.db", read_only=True)) == [1, 2]
        assert _numbers(_open(fs.reboot(), "/b.db")) == [1, 2]
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("decided", [True, False])
def test_reading_only_writes_nothing(decided: bool) -> None:
    fs = _in_doubt(decided=decided)
    before, calls = fs.files(), fs.calls
    database = _open(fs, "/b.db", read_only=True)
    assert _numbers(database) == ([1, 2] if decided else [1])
    database.close()
    assert (fs.files(), fs.calls) == (before, calls)
    assert _numbers(_open(fs, "/b.db")) == ([1, 2] if decided else [1])


def test_a_coordinator_is_found_beside_the_participant_and_among_peers() -> None:
    fs = _in_doubt(decided=True)
    fs.make_directory("/moved")
    _move(fs, "/a.db", "/moved/a.db")
    assert _numbers(_open(fs.reboot(), "/b.db")) == [1], "it is not looked for everywhere"
    assert _numbers(_open(fs.reboot(), "/b.db", peers=("/nowhere", "/moved/a.db"))) == [1, 2]
    _move(fs, "/b.db", "/moved/renamed.db")
    assert _numbers(_open(fs.reboot(), "/moved/renamed.db")) == [1, 2]


def test_a_participant_without_its_coordinator_is_as_before_the_commit_and_says_so() -> None:
    fs = _in_doubt(decided=True)
    fs.set_content("/a.db", b"something else")
    database = _open(fs, "/b.db")
    assert _numbers(database) == [1]
    assert _report(database) == "rolled back: /a.db, which would know whether it was committed, was not found"
    assert database.recovery_report is not None
    assert database.recovery_report.damage is None


def test_another_database_in_the_coordinators_place_is_not_asked() -> None:
    fs = _in_doubt(decided=True)
    _move(fs, "/a.db", "/gone.db")
    _open(fs, "/a.db").close()
    assert "not found" in _report(_open(fs, "/b.db"))


def test_a_coordinator_that_cannot_be_read_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    fs = _in_doubt(decided=True)
    real = FaultyFilesystem.open

    def denied(self: Any, path: str, **options: Any) -> Any:
        if path.startswith("/a.db"):
            raise AccessDenied(f"cannot open {path}: Permission denied")
        return real(self, path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(FaultyFilesystem, "open", denied)
        with pytest.raises(AccessDenied, match=r"/a\.db"):
            _open(fs, "/b.db")
    assert _numbers(_open(fs, "/b.db")) == [1, 2]


def test_a_decision_is_synced_before_it_is_relied_on() -> None:
    for seed in range(12):
        fs = _in_doubt(decided=True)
        log = next(path for path in fs.files() if path.startswith("/a.db-wal"))
        content, names = fs.content(log), fs._names[log]
        assert names is not None
        names.durable[:] = bytes(len(content))  # as if it had never been synced
        names.pending.append(type("Change", (), {"offset": 0, "data": content})())
        assert _numbers(_open(fs, "/b.db")) == [1, 2]
        fs = fs.reboot(seed)
        assert [_numbers(_open(fs, path)) for path in PATHS[:2]] == [[1, 2], [1, 2]]


def test_two_databases_may_wait_for_each_other() -> None:
    """One coordinated the commit that the other has in doubt, and the other way round: neither question needs the
    other's answer."""
    fs = _in_doubt(decided=True)
    one, other = _open(fs, "/a.db"), _open(fs, "/b.db")
    composite = _together({"/b.db": other, "/a.db": one}, with_memory=False)
    _commit(composite, 3, random.Random(1), range(2))
    assert _numbers(one) == _numbers(other) == [1, 2, 3]
    for first in (PATHS[:2], PATHS[1::-1]):
        after = fs.reboot(3)
        assert [_numbers(_open(after, path)) for path in first] == [[1, 2, 3]] * 2


def test_decisions_do_not_pile_up() -> None:
    fs = FaultyFilesystem()
    composite = _together(_open_all(fs, 3))
    for number in range(30):
        _commit(composite, number, random.Random(1), range(3))
    assert composite.parts[0].published.trees[DECISIONS].count == 2
    assert DECISIONS not in composite.parts[1].published.trees


def test_who_reads_several_files_sees_a_commit_in_all_or_in_none() -> None:
    fs = FaultyFilesystem()
    opened = _open_all(fs, 3)
    writing, reading = _together(opened, with_memory=False), _together(opened, with_memory=False)
    _commit(writing, 1, random.Random(1), range(3))
    done = threading.Event()

    def write() -> None:
        for number in range(2, 60):
            _commit(writing, number, random.Random(1), range(3))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        for trees in (reading.published.trees, reading.begin().trees):
            assert len({trees[1 | slot << SLOT_SHIFT].count for slot in range(3)}) == 1
    writer.join()


def test_a_prepare_that_was_given_up_is_no_commit() -> None:
    fs = FaultyFilesystem()
    opened = _open_all(fs, 3)
    composite = _together(opened, with_memory=False)
    _commit(composite, 1, random.Random(1), range(3))
    fs.fail_at = {fs.calls + 1: errno.EIO}  # the sync of the first that is prepared
    with pytest.raises(EnvironmentFailure):
        _commit(composite, 2, random.Random(1), range(3))
    assert fs.log[fs.calls - 1][0] == "sync"
    failed = [path for path, database in opened.items() if database.failure is not None]
    assert failed == ["/b.db"]
    alone = opened["/c.db"].begin()
    alone.insert(1, 7, ("goes on",))
    alone.commit()
    log = fs.content("/c.db-wal/0000000001.log")
    assert PREPARE.to_bytes(2, "big") + bytes(2) in log
    after = fs.reboot()
    assert [_numbers(_open(after, path)) for path in PATHS] == [[1], [1], [1, 7]]
