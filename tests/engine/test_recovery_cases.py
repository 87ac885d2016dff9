"""Every startup case of recovery.py's table, by its number there."""

import itertools
import os

import pytest

from mantisdb_engine import (
    CannotOpen,
    CorruptionError,
    IsSqliteFile,
    NotADatabase,
    ReadOnlyError,
    open_database,
)
from mantisdb_engine.faults import FaultyFilesystem, PowerCut
from mantisdb_engine.operations import INSERT
from mantisdb_engine.pages import SLOT_OFFSETS

PATH = "/data.db"
LOG = "/data.db-wal"


def write(database, key, value=None):
    txn = database.begin()
    if not txn.trees:
        txn.create_tree()
    txn.put(1, key, (key, value))
    txn.commit()


def keys_of(database):
    trees = database.published.trees
    return [key for keys, _ in trees[1].scan() for key in keys] if trees else []


def crashed(commit_count=5, checkpoint_at=(), **options):
    """A file system with a database that was not closed."""
    fs = FaultyFilesystem(1)
    database = open_database(PATH, filesystem=fs, **options)
    for i in range(commit_count):
        write(database, i, bytes(700))
        if i in checkpoint_at:
            database.checkpoint()
    return fs.reboot(1)


def segments(fs):
    return sorted(path for path in fs.files() if path.startswith(LOG))


def reopened(fs, **options):
    return open_database(PATH, filesystem=fs, **options)


def test_case_1_nothing_or_an_empty_file_becomes_a_new_database():
    fs = FaultyFilesystem()
    fs.set_content(PATH, b"")
    database = reopened(fs)
    write(database, 1)
    database.close()
    assert keys_of(reopened(fs)) == [1]
    with pytest.raises(CannotOpen):
        reopened(FaultyFilesystem(), read_only=True)


def test_case_2_an_interrupted_creation_becomes_a_new_database():
    made = FaultyFilesystem()
    reopened(made)
    sound = made.content(PATH)
    second = bytes(4096) + sound[4096:4608]
    for content in (bytes(4096), second[:4110], second, sound[:100] + second[100:]):
        fs = FaultyFilesystem()
        fs.set_content(PATH, content)
        database = reopened(fs)
        write(database, 1)
        database.close()
        assert keys_of(reopened(fs)) == [1]


def test_case_3_a_clean_close_leaves_the_checkpoint_alone():
    fs = FaultyFilesystem()
    database = reopened(fs)
    write(database, 1)
    database.close()
    assert list(fs.files()) == [PATH]
    assert keys_of(reopened(fs)) == [1]


def test_case_4_the_log_is_replayed_after_the_checkpoint():
    database = reopened(crashed(5, checkpoint_at=(2,)))
    assert keys_of(database) == [0, 1, 2, 3, 4]
    assert database._storage.report.commits_replayed == 2


def test_case_5_a_log_wholly_before_the_checkpoint_is_ignored_and_removed():
    fs = crashed(5, checkpoint_at=(4,))
    database = reopened(fs)
    assert keys_of(database) == [0, 1, 2, 3, 4]
    assert database._storage.report.commits_replayed == 0
    assert segments(fs) == []


def test_case_6_an_unfinished_last_commit_is_cut_silently():
    for lost in range(1, 700, 23):
        fs = crashed(5)
        fs.set_content(segments(fs)[0], fs.content(segments(fs)[0]).rstrip(b"\0")[:-lost])
        database = reopened(fs)
        assert keys_of(database) == [0, 1, 2, 3]
        assert database._storage.report.damage is None


def test_case_6_what_was_cut_neither_comes_back_nor_takes_later_commits_along():
    fs = FaultyFilesystem(1)
    database = reopened(fs)
    write(database, 0)
    storage, lsn = database._storage, 0
    for txn_id, key in enumerate((1, 2, 3), 2):  # a group of three commits, written and synced as one
        lsn = storage.append([(INSERT, 1, key, (key, None))], txn_id)
    storage.sync(lsn)
    fs = fs.reboot(1)
    segment = segments(fs)[0]
    payload = fs.content(segment).index(b"\x94\x01\x01\x01")  # the first one's
    fs.flip_bit(segment, payload * 8 + 20)
    database = reopened(fs)
    assert keys_of(database) == [0]
    write(database, 7)  # takes the LSNs of the first one that was cut
    database = reopened(fs.reboot(2))
    assert keys_of(database) == [0, 7]
    assert database._storage.report.damage is None


def test_what_recovery_found_is_synced_before_new_commits_call_it_durable():
    fs = FaultyFilesystem(1)
    write(reopened(fs, synchronous="OFF"), 1)
    for inode in fs._names.values():  # the process dies, the machine does not: the log is only in the cache
        if inode is not None:
            inode.holders.clear()
    calls = fs.calls
    database = reopened(fs)
    assert ("sync", segments(fs)[0]) in fs.log[calls:]
    assert ("sync_directory", LOG) in fs.log[calls:]
    write(database, 2)
    assert keys_of(reopened(fs.reboot(5))) == [1, 2]


def test_a_checkpoint_that_was_never_synced_is_synced_when_it_is_built_upon():
    for seed in range(12):
        fs = FaultyFilesystem(seed)
        database = reopened(fs, synchronous="OFF")
        write(database, 1)
        database.checkpoint()
        write(database, 2)
        for inode in fs._names.values():  # the process dies, the machine does not
            if inode is not None:
                inode.holders.clear()
        write(reopened(fs), 3)
        assert keys_of(reopened(fs.reboot())) == [1, 2, 3], f"seed {seed}"


def test_case_7_a_segment_whose_making_was_interrupted_is_removed():
    fs = crashed(3)
    fs.set_content(LOG + "/0000000009.log", b"MantisDB lo")
    assert keys_of(reopened(fs)) == [0, 1, 2]
    assert LOG + "/0000000009.log" not in fs.files()


def test_case_8_a_torn_superblock_falls_back_to_the_other_one_and_the_log():
    fs = crashed(5, checkpoint_at=(2,))
    fs.flip_bit(PATH, (SLOT_OFFSETS[0] + 50) * 8)  # checkpoint 2
    database = reopened(fs)
    assert keys_of(database) == [0, 1, 2, 3, 4]
    assert database.check() == []


def closed_with_checkpoints():
    fs = FaultyFilesystem()
    database = reopened(fs)
    for i in range(4):
        write(database, i)
        database.checkpoint()
    newest = database._storage._checkpointer.last
    database.close()
    return fs, newest


def test_case_9_a_damaged_superblock_without_log_opens_the_older_one_read_only():
    fs, newest = closed_with_checkpoints()
    fs.flip_bit(PATH, (newest.slot_offset + 60) * 8)
    before = fs.files()
    database = reopened(fs)
    assert keys_of(database) == [0, 1, 2]
    with pytest.raises(ReadOnlyError, match="superblock"):
        write(database, 9)
    database.close()
    assert fs.files() == before
    with pytest.raises(CorruptionError, match="superblock"):
        reopened(fs, on_damage="refuse")
    database = reopened(fs, on_damage="accept")
    write(database, 9)
    database.close()
    assert keys_of(reopened(fs)) == [0, 1, 2, 9]


def test_case_10_two_damaged_superblocks_are_refused():
    fs, _ = closed_with_checkpoints()
    for offset in SLOT_OFFSETS:
        fs.flip_bit(PATH, (offset + 60) * 8)
    before = fs.files()
    with pytest.raises(CorruptionError, match="neither of its superblocks"):
        reopened(fs)
    assert fs.files() == before


def test_case_11_a_flipped_bit_before_the_tail_opens_what_precedes_it_read_only():
    fs = crashed(5)
    segment = segments(fs)[0]
    position = fs.content(segment).index((5).to_bytes(8, "big") + (3).to_bytes(8, "big")) + 100
    fs.flip_bit(segment, position * 8)
    before = fs.files()
    database = reopened(fs)
    assert keys_of(database) == [0, 1]
    with pytest.raises(ReadOnlyError, match="the log is damaged"):
        write(database, 9)
    assert "damaged" in database._storage.report.damage
    database.close()
    assert fs.files() == before
    with pytest.raises(CorruptionError, match="the log is damaged"):
        reopened(fs, on_damage="refuse")
    database = reopened(fs, on_damage="accept")
    write(database, 9)
    database.close()
    assert keys_of(reopened(fs)) == [0, 1, 9]


@pytest.mark.parametrize("index", [0, 1, 2])
def test_case_11_a_missing_segment_is_damage(index):
    fs = crashed(30, segment_bytes=4096)
    fs.remove(segments(fs)[index])
    database = reopened(fs)
    kept = keys_of(database)
    assert kept == list(range(len(kept))) and len(kept) < 30
    with pytest.raises(ReadOnlyError):
        write(database, 99)


def test_case_12_the_log_of_another_database_is_refused():
    fs = crashed(3)
    other = crashed(3)
    fs.set_content(PATH, other.content(PATH))
    with pytest.raises(CorruptionError, match="another database"):
        reopened(fs)


def test_case_13_a_log_without_its_database_is_set_aside():
    fs = crashed(3)
    logs = {os.path.basename(path): fs.content(path) for path in segments(fs)}
    fs.remove(PATH)
    with pytest.raises(CannotOpen, match="only its log"):
        reopened(fs, must_exist=True)
    database = reopened(fs)
    aside = database.recovery_report.log_set_aside
    assert keys_of(database) == []
    write(database, 7)
    database.close()
    assert {os.path.basename(path): fs.content(path) for path in fs.files() if path != PATH} == logs
    assert {os.path.dirname(path) for path in fs.files()} == {os.path.dirname(PATH), aside}
    assert keys_of(reopened(fs)) == [7]


def test_case_13_a_crash_while_a_log_is_set_aside_loses_nothing_of_it():
    for cut in itertools.count():
        fs = crashed(30, segment_bytes=4096)
        logs = sorted(fs.content(path) for path in segments(fs))
        fs.remove(PATH)
        fs.sync_directory(os.path.dirname(PATH))
        fs.cut_at = fs.calls + cut
        try:
            reopened(fs)
        except PowerCut:
            after = fs.reboot(cut)
        else:
            assert cut >= 6, "aside, its directory synced, a new database made"
            break
        reopened(after).close()
        assert sorted(after.content(path) for path in after.files() if path != PATH) == logs


def test_an_empty_file_beside_a_log_is_refused():
    fs = crashed(3)
    fs.remove(PATH)
    fs.set_content(PATH, b"")
    with pytest.raises(CorruptionError, match="empty"):
        reopened(fs)


def test_case_14_a_truncated_file_is_refused():
    fs, _ = closed_with_checkpoints()
    fs.set_content(PATH, fs.content(PATH)[:-300])
    with pytest.raises(CorruptionError, match="truncated"):
        reopened(fs)


def test_case_15_files_of_others_are_named():
    for content, error in ((b"SQLite format 3\0" + bytes(5000), IsSqliteFile), (b"hello", NotADatabase)):
        fs = FaultyFilesystem()
        fs.set_content(PATH, content)
        with pytest.raises(error):
            reopened(fs)
        assert fs.files() == {PATH: content}


def test_reading_only_replays_the_log_and_writes_nothing():
    fs = crashed(5)
    before, calls = fs.files(), fs.calls
    database = reopened(fs, read_only=True)
    assert keys_of(database) == [0, 1, 2, 3, 4]
    database.close()
    assert (fs.files(), fs.calls) == (before, calls)


def test_any_single_bit_flipped_in_the_database_file_is_noticed_or_harmless():
    fs, _ = closed_with_checkpoints()
    sound = fs.content(PATH)
    for bit in range(0, len(sound) * 8, 1009):
        fs.set_content(PATH, sound)
        fs.flip_bit(PATH, bit)
        try:
            database = reopened(fs, on_damage="refuse")
            assert keys_of(database) == [0, 1, 2, 3], f"bit {bit}"
            database.close()
        except CorruptionError:
            pass
