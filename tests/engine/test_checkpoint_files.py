"""Checkpoints: what is written, what is read, what is reused."""

import random

import pytest

from mantisdb_engine import open_database
from mantisdb_engine.faults import FaultyFilesystem
from mantisdb_engine.pages import (
    DATA_GRAIN,
    LEAF,
    PageStore,
    Space,
    decode_extent,
    decode_leaf,
    encode_extent,
    encode_leaf,
    make_address,
    merged,
)  # fmt: skip

PATH = "/data.db"


def filled(fs, row_count=20_000, **options):
    database = open_database(PATH, filesystem=fs, **options)
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.insert_many(tree_id, list(range(row_count)), [(i, f"name {i}", None) for i in range(row_count)])
    txn.commit()
    return database, tree_id


def update(database, tree_id, keys, value):
    txn = database.begin()
    for key in keys:
        txn.put(tree_id, key, (key, value, None))
    txn.commit()


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        ([], []),
        ([1, 2], [(1, "a"), (2, None)]),
        ([("a", 1), ("b", 2)], [1, 2]),
        ([None, 1, "a", (1, 2)], [(1,), 2, None, (b"x", 2.5)]),
        ([("a",)], [("b",)]),
    ],
)
def test_a_leaf_comes_back_with_its_types(keys, values):
    flags, payload = encode_leaf(keys, values)
    address = make_address(DATA_GRAIN, 4)
    data = encode_extent(address, LEAF, flags, payload)
    assert len(data) == 1024
    kind, flags, payload = decode_extent(address, data, (LEAF,))
    assert (kind, *decode_leaf(flags, payload)) == (LEAF, keys, values)


def test_extents_are_leased_as_long_as_somebody_holds_the_lease():
    pages = PageStore(FaultyFilesystem(1).open(PATH, create=True))
    held = {address: pages.lease(address) for address in range(5000)}
    assert pages.lease(7) is held[7]
    for address in range(5000, 30_000):  # each dies at once
        pages.lease(address)
    assert all(pages.is_leased(address) for address in held)
    assert not any(pages.is_leased(address) for address in range(5000, 30_000))
    assert len(pages._leases) < 15_000, "those that are dead are dropped in time"
    del held[7]
    assert not pages.is_leased(7) and pages.is_leased(8)
    again = pages.lease(7)
    assert pages.is_leased(7) and pages.lease(7) is again


def test_space_never_gives_a_grain_twice_and_never_loses_one():
    rng = random.Random(8)
    print("seed 8")
    space = Space([], 48)
    used = []
    for _ in range(2000):
        if used and rng.random() < 0.5:
            freed = used.pop(rng.randrange(len(used)))
            space = Space(merged([*space.free(), freed]), space.end)
        else:
            count = rng.randrange(1, 40)
            used.append((space.take(count), count))
        at = 48
        for grain, count in sorted([*used, *space.free()]):
            assert grain == at
            at += count
        assert at == space.end


def test_opening_reads_the_catalog_only_and_a_look_up_one_path():
    fs = FaultyFilesystem()
    database, tree_id = filled(fs)
    database.close()
    fs.reads = 0
    database = open_database(PATH, filesystem=fs)
    pages = database._storage._checkpointer._pages
    assert pages.pages_read == 2  # the catalog and the list of free extents
    assert database.published.trees[tree_id].get(777) == (777, "name 777", None)
    assert pages.pages_read <= 5
    assert database.published.trees[tree_id].count == 20_000


def test_a_checkpoint_writes_changed_nodes_only():
    fs = FaultyFilesystem()
    database, tree_id = filled(fs)
    database.checkpoint()
    checkpointer = database._storage._checkpointer
    before = checkpointer.pages_written
    update(database, tree_id, [500], "new")
    database.checkpoint()
    assert checkpointer.pages_written - before <= 3  # a leaf and the branches above it
    database.checkpoint()
    assert checkpointer.pages_written - before <= 3
    assert database.check() == []


def test_the_file_does_not_grow_under_updates_and_checkpoints():
    fs = FaultyFilesystem()
    database, tree_id = filled(fs)
    database.checkpoint()
    first = len(fs.content(PATH))
    rng = random.Random(3)
    for i in range(60):
        update(database, tree_id, [rng.randrange(20_000) for _ in range(300)], f"round {i}")
        database.checkpoint()
        assert len(fs.content(PATH)) < 4.5 * first
    assert database.check() == []
    rows = list(database.published.trees[tree_id].scan())
    database.close()
    database = open_database(PATH, filesystem=fs)
    assert list(database.published.trees[tree_id].scan()) == rows


def test_a_snapshot_reads_its_own_version_however_many_checkpoints_later():
    fs = FaultyFilesystem()
    database, tree_id = filled(fs)
    database.close()
    database = open_database(PATH, filesystem=fs)
    snapshot = database.published.trees[tree_id]  # nothing of it is loaded
    for i in range(8):
        update(database, tree_id, range(0, 20_000, 50), f"round {i}")
        database.checkpoint()
    assert [row[1] for values in snapshot.values() for row in values] == [f"name {i}" for i in range(20_000)]
    size = len(fs.content(PATH))
    del snapshot
    for i in range(8):
        update(database, tree_id, range(0, 20_000, 50), f"round {i}")
        database.checkpoint()
    assert len(fs.content(PATH)) <= 2 * size
    assert database.check() == []


def test_dropping_everything_gives_the_space_back():
    fs = FaultyFilesystem()
    database, tree_id = filled(fs)
    database.checkpoint()
    full = len(fs.content(PATH))
    txn = database.begin()
    txn.drop_tree(tree_id)
    other = txn.create_tree()
    txn.commit()
    for i in range(8):  # two checkpoints hold it, two more move what is at the end, one cuts
        update(database, other, [i], "x")
        database.checkpoint()
        assert database.check() == []
    assert len(fs.content(PATH)) < full / 4


def test_a_checkpoint_runs_by_itself_when_the_log_has_grown():
    fs = FaultyFilesystem()
    database, tree_id = filled(fs, 100, checkpoint_log_bytes=50_000, segment_bytes=20_000)
    for i in range(200):
        update(database, tree_id, range(20), f"round {i}" * 10)
    assert database._storage._checkpointer.last.checkpoint_id > 5
    log_bytes = sum(len(content) for path, content in fs.files().items() if path != PATH)
    assert log_bytes < 50_000 + 400_000  # the limit and the space reserved ahead
    after = open_database(PATH, filesystem=fs.reboot(1))
    assert after.published.trees[tree_id].get(3) == (3, "round 199" * 10, None)
    assert after.check() == []


def test_flags_and_counts_survive():
    fs = FaultyFilesystem()
    database, tree_id = filled(fs, 1000)
    txn = database.begin()
    txn.widen(tree_id, 1 << 200 | 5)
    empty = txn.create_tree()
    txn.widen(empty, 6)
    txn.commit()
    database.close()
    trees = open_database(PATH, filesystem=fs).published.trees
    assert (trees[tree_id].flags, trees[tree_id].count) == (1 << 200 | 5, 1000)
    assert (trees[empty].flags, trees[empty].count) == (6, 0)
