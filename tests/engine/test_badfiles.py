"""Paths that hold no database of ours: each its own error, and nothing written."""

import os
import sqlite3
import stat
import subprocess
import sys

import pytest

from mantisdb_engine import (
    AccessDenied,
    CannotOpen,
    CorruptionError,
    DatabaseLocked,
    IsSqliteFile,
    NotADatabase,
    UsageError,
    open_database,
)
from mantisdb_engine.pages import offset_of, size_of


def refused(path, error, match):
    before = {name: (path.parent / name).stat().st_mtime_ns for name in os.listdir(path.parent)}
    with pytest.raises(error, match=match) as caught:
        open_database(path)
    assert type(caught.value) is error
    assert str(path) in str(caught.value)
    assert {name: (path.parent / name).stat().st_mtime_ns for name in os.listdir(path.parent)} == before


def filled(path, commit_count=3):
    database = open_database(path)
    for i in range(commit_count):
        txn = database.begin()
        if i == 0:
            txn.create_tree()
        txn.insert_many(1, list(range(i * 100, i * 100 + 100)), [(k, "row") for k in range(100)])
        txn.commit()
    database.close()


def test_a_text_file(tmp_path):
    (tmp_path / "notes.txt").write_text("not a database\n" * 2000)
    refused(tmp_path / "notes.txt", NotADatabase, "is not a MantisDB database")


def test_a_sqlite_file(tmp_path):
    connection = sqlite3.connect(tmp_path / "lite.db")
    connection.execute("create table t(a)")
    connection.commit()
    connection.close()
    refused(tmp_path / "lite.db", IsSqliteFile, "is a SQLite database")


def test_a_truncated_file(tmp_path):
    filled(tmp_path / "a.db")
    os.truncate(tmp_path / "a.db", 13_000)
    refused(tmp_path / "a.db", CorruptionError, "truncated")


def test_a_file_cut_inside_its_header(tmp_path):
    filled(tmp_path / "a.db")
    os.truncate(tmp_path / "a.db", 100)
    refused(tmp_path / "a.db", CorruptionError, "superblocks")


def test_a_bit_flipped_in_a_page_is_reported_when_it_is_read(tmp_path):
    filled(tmp_path / "a.db")
    data = bytearray((tmp_path / "a.db").read_bytes())
    data[data.index(b"row")] ^= 1
    (tmp_path / "a.db").write_bytes(data)
    database = open_database(tmp_path / "a.db")
    with pytest.raises(CorruptionError, match="checksum"):
        database.published.trees[1].get(5)


def test_a_page_in_a_wrong_place_is_reported(tmp_path):
    filled(tmp_path / "a.db", 10)
    database = open_database(tmp_path / "a.db")
    leaf, other = [child.page for child in database.published.trees[1].root.children[4:6]]
    database.close()
    assert size_of(leaf) == size_of(other)
    data = bytearray((tmp_path / "a.db").read_bytes())
    source = offset_of(other)
    data[offset_of(leaf) : offset_of(leaf) + size_of(leaf)] = data[source : source + size_of(other)]
    (tmp_path / "a.db").write_bytes(data)
    database = open_database(tmp_path / "a.db")
    with pytest.raises(CorruptionError, match="misplaced"):
        database.published.trees[1].get(4 * 128)
    assert any("misplaced" in problem for problem in database._storage.check(database.published))


def test_a_directory(tmp_path):
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", CannotOpen, "is a directory")


def test_a_missing_folder(tmp_path):
    with pytest.raises(CannotOpen, match="does not exist"):
        open_database(tmp_path / "nowhere" / "a.db")
    assert os.listdir(tmp_path) == []


def test_a_file_in_place_of_a_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotOpen, match="does not exist"):
        open_database(tmp_path / "file" / "a.db")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_file_that_may_not_be_written(tmp_path):
    filled(tmp_path / "a.db")
    os.chmod(tmp_path / "a.db", 0o400)
    refused(tmp_path / "a.db", AccessDenied, "reading only")


def test_a_path_with_a_nul():
    with pytest.raises(CannotOpen):
        open_database("a\0b")


def test_an_unknown_option_is_named(tmp_path):
    with pytest.raises(UsageError, match="segment_size"):
        open_database(tmp_path / "a.db", segment_size=1)
    assert os.listdir(tmp_path) == []


def test_an_empty_file_becomes_a_database(tmp_path):
    (tmp_path / "a.db").touch()
    filled(tmp_path / "a.db")
    assert open_database(tmp_path / "a.db").published.trees[1].count == 300


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_files_are_created_for_their_owner_only(tmp_path):
    database = open_database(tmp_path / "a.db")
    txn = database.begin()
    txn.create_tree()
    txn.commit()
    for folder, _, names in os.walk(tmp_path):
        for name in names:
            assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "a.db-wal").st_mode) == 0o700
    database.close()
    assert os.listdir(tmp_path) == ["a.db"]


def test_a_second_process_is_told_who_has_the_database(tmp_path):
    database = open_database(tmp_path / "a.db")
    program = (
        "import sys, mantisdb_engine as m\n"
        "try: m.open_database(sys.argv[1])\n"
        "except m.DatabaseLocked as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "a.db")], capture_output=True, text=True, check=True
    )
    assert f"is in use by process {os.getpid()}" in done.stdout
    with pytest.raises(DatabaseLocked, match="this process"):
        open_database(tmp_path / "a.db")
    database.close()
    open_database(tmp_path / "a.db").close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_after_fork_is_refused_and_harms_nothing(tmp_path):
    database = open_database(tmp_path / "a.db")
    txn = database.begin()
    tree_id = txn.create_tree()
    txn.commit()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            txn = database.begin()
            txn.insert(tree_id, 1, (1,))
            txn.commit()
        except UsageError:
            code = 0
            database.close()
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    txn = database.begin()
    txn.insert(tree_id, 2, (2,))
    txn.commit()
    database.close()
    assert [keys for keys, _ in open_database(tmp_path / "a.db").published.trees[tree_id].scan()] == [[2]]
