"""The write-ahead log: entries, group commit, streaming, rotation."""

import random
import threading
import time

import pytest

from mantisdb_engine import UsageError, entry, open_database
from mantisdb_engine.faults import FaultyFilesystem
from mantisdb_engine.log import HEADER_BYTES, Log, SegmentHeader
from mantisdb_engine.operations import (
    CREATE_TREE,
    DELETE,
    DELETE_MANY,
    INSERT,
    INSERT_MANY,
    UPDATE,
    UPDATE_MANY,
    WIDEN,
    bytes_of,
)  # fmt: skip
from mantisdb_engine.recovery import analyse, entries

OPERATIONS = [
    (CREATE_TREE, 3),
    (INSERT, 3, 1, (1, "a", None, 2.5, b"\x00")),
    (INSERT, 4, ("a", 1), 1),
    (UPDATE, 3, 1, (1, "b"), (1, "a", None, 2.5, b"\x00")),
    (DELETE, 3, None, ()),
    (INSERT_MANY, 3, [1, 2.5, "x", b"y", ("t", None)], [(1,), 2, None, (), (b"z",)]),
    (UPDATE_MANY, 3, [1], [(2,)], [(1,)]),
    (DELETE_MANY, 3, [1, (2, 3)], [(2,), 7]),
    (WIDEN, 3, bytes_of(1 << 99)),
]


def decoded(operations):
    pieces = entry.payloads(operations)
    return [op for kind, payload in pieces for op in entry.decode_operations(kind, payload)]


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: f"kind {op[0]}")
def test_an_operation_comes_back_as_it_was_alone_and_among_others(op):
    assert decoded([op]) == [op]
    assert decoded([op, *OPERATIONS]) == [op, *OPERATIONS]


def test_a_large_commit_is_cut_into_bounded_pieces_that_say_the_same():
    rng = random.Random(4)
    keys = list(range(50_000))
    values = [(key, rng.randbytes(rng.randrange(200))) for key in keys]
    operations = [(CREATE_TREE, 1), (INSERT_MANY, 1, keys, values), (DELETE, 1, 3, values[3])]
    pieces = list(entry.payloads(operations))
    assert max(len(payload) for _, payload in pieces) < 4 * entry.PIECE_BYTES
    found = [op for kind, payload in pieces for op in entry.decode_operations(kind, payload)]
    assert found[0] == (CREATE_TREE, 1) and found[-1] == (DELETE, 1, 3, values[3])
    assert [key for op in found[1:-1] for key in op[2]] == keys
    assert [value for op in found[1:-1] for value in op[3]] == values


def test_what_msgpack_cannot_hold_is_a_usage_error_and_changes_nothing():
    fs = FaultyFilesystem()
    log = new_log(fs)
    for value in (1 << 70, object()):
        with pytest.raises(UsageError):
            log.append([(INSERT, 1, 1, (value,))], 1)
    assert log.next_lsn == 1 and fs.files() == {}


def test_the_bytes_of_an_entry_are_those_of_the_format():
    data = entry.encode_entry(7, 9, INSERT, b"abc")
    assert data[:27] == bytes.fromhex("0000000000000007 0000000000000009 0001 0000 00000003") + b"abc"
    assert len(data) == 31
    assert len(entry.encode_end(8, 9, 7, 6)) == entry.COMMIT_BYTES == 64


def new_log(fs, **options):
    settings = {"synchronous": "FULL", "segment_bytes": 1 << 20, **options}
    return Log(fs, "/wal", b"i" * 16, next_lsn=1, **settings)


def test_a_small_commit_takes_one_write_and_one_sync():
    fs = FaultyFilesystem()
    log = new_log(fs)
    log.append([(INSERT, 1, 1, (1,))], 1)
    log.sync()
    calls = fs.calls
    for i in range(10):
        log.append([(INSERT, 1, i, (i,))], 2 + i)
        log.sync()
    assert [action for action, _ in fs.log[calls:]] == ["write", "sync"] * 10


def test_commits_that_wait_together_share_one_write_and_one_sync():
    fs = FaultyFilesystem()
    log = new_log(fs)
    lsns = [log.append([(INSERT, 1, i, (i,))], i) for i in range(50)]
    calls = fs.calls
    assert log.sync() == lsns[-1] == log.synced_lsn
    assert [action for action, _ in fs.log[calls:]] == ["write", "sync"]


@pytest.mark.parametrize(("level", "syncs"), [("OFF", 0), ("NORMAL", 0), ("FULL", 5), ("EXTRA", 5)])
def test_the_level_decides_about_syncs_and_every_level_writes(level, syncs):
    fs = FaultyFilesystem()
    log = new_log(fs, synchronous=level)
    log.append([(INSERT, 1, 0, (0,))], 1)
    log.sync()
    calls = fs.calls
    for i in range(5):
        log.append([(INSERT, 1, i, (i,))], 2 + i)
        log.sync()
    assert [action for action, _ in fs.log[calls:]].count("sync") == syncs
    assert [action for action, _ in fs.log[calls:]].count("write") == 5


def test_segments_rotate_and_lsns_have_no_gaps():
    fs = FaultyFilesystem()
    log = new_log(fs, segment_bytes=4096)
    for i in range(40):
        log.append([(INSERT, 1, i, (bytes(400),))], i)
        log.sync()
    paths = sorted(fs.files())
    assert len(paths) > 3
    lsn = 1
    for path in paths:
        content = fs.content(path)
        header = SegmentHeader.decode(content)
        assert header is not None and header.first_lsn == lsn
        found = list(entries(content, lsn))
        assert [each.lsn for each in found] == list(range(lsn, lsn + len(found)))
        lsn += len(found)
        assert found[-1].end == len(content) or path == paths[-1]
    assert lsn == 81
    log.remove_before(40)
    assert all(path in fs.files() for path in paths[-2:]) and paths[0] not in fs.files()


def test_a_commit_larger_than_memory_allows_is_streamed_and_an_error_midway_leaves_an_abort():
    fs = FaultyFilesystem()
    log = new_log(fs, segment_bytes=4 << 20)
    rows = [(bytes(50_000),) for _ in range(300)]
    with pytest.raises(UsageError):
        log.append([(INSERT_MANY, 1, list(range(301)), [*rows, (object(),)])], 1)
    log.append([(INSERT, 1, 1, (1,))], 1)
    log.sync()
    assert len(fs.files()) > 2
    result = analyse(fs, "/wal", b"i" * 16, 0)
    assert result.damage is None and len(result.aborted) == 1 and result.last_lsn == log.next_lsn - 1
    assert max(len(content) for content in fs.files().values()) < 9 << 20
    for content in fs.files().values():
        assert content[:12] == b"MantisDB log" and len(content) > HEADER_BYTES


def test_eight_threads_share_syncs_and_all_their_commits_are_there(tmp_path):
    database = open_database(tmp_path / "a.db")
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.commit()
    syncs = 0
    real = database._storage._log._sync_file

    def counting(file):
        nonlocal syncs
        syncs += 1
        time.sleep(0.002)  # a disk slow enough for others to join the next group
        real(file)

    database._storage._log._sync_file = counting

    def work(number):
        for i in range(25):
            txn = database.begin()
            txn.insert(tree_id, number * 1000 + i, (i,))
            txn.commit()
            assert database.published.trees[tree_id].get(number * 1000 + i) == (i,)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.published.trees[tree_id].count == 200
    assert syncs < 180  # a busy machine starts threads late
    database.close()
    assert open_database(tmp_path / "a.db").published.trees[tree_id].count == 200
