"""The real file system and its fault-injecting twin keep the same promises."""

import errno
import os

import pytest

from mantisdb_engine import CannotOpen, DiskFull, EnvironmentFailure, IOFailure
from mantisdb_engine.faults import FaultyFilesystem, PowerCut
from mantisdb_engine.filesystem import OsFilesystem, failure


@pytest.fixture(params=["real", "twin"])
def place(request, tmp_path):
    """(file system, an empty directory in it)"""
    if request.param == "real":
        return OsFilesystem(), str(tmp_path)
    fs = FaultyFilesystem()
    fs.make_directory("/d")
    return fs, "/d"


def test_bytes_come_back_from_where_they_were_written(place):
    fs, directory = place
    file = fs.open(os.path.join(directory, "a"), create=True)
    file.write(b"hello", 3)
    assert (file.size(), file.read(100, 0), file.read(2, 4)) == (8, b"\0\0\0hello", b"el")
    assert file.read(5, 100) == b""
    file.truncate(4)
    file.allocate(6)
    file.allocate(2)
    assert file.read(100, 0) == b"\0\0\0h\0\0"
    file.sync()
    file.sync(metadata=True)
    file.close()
    file.close()


def test_directories_list_make_remove_and_rename(place):
    fs, directory = place
    inner = os.path.join(directory, "inner")
    fs.make_directory(inner)
    fs.open(os.path.join(inner, "b"), create=True).close()
    fs.open(os.path.join(inner, "a"), create=True).close()
    assert fs.list_directory(inner) == ["a", "b"]
    assert [fs.kind(inner), fs.kind(os.path.join(inner, "a")), fs.kind(os.path.join(inner, "x"))] == [
        "directory", "file", None,
    ]  # fmt: skip
    with pytest.raises(EnvironmentFailure):
        fs.remove_directory(inner)
    fs.rename(os.path.join(inner, "a"), os.path.join(inner, "b"))
    fs.remove(os.path.join(inner, "b"))
    fs.sync_directory(inner)
    fs.remove_directory(inner)
    assert fs.list_directory(directory) == []


def test_what_is_not_there_cannot_be_opened(place):
    fs, directory = place
    with pytest.raises(CannotOpen):
        fs.open(os.path.join(directory, "a"))
    with pytest.raises(CannotOpen):
        fs.open(os.path.join(directory, "no", "a"), create=True)


def test_a_file_opened_for_reading_cannot_be_written(place):
    fs, directory = place
    path = os.path.join(directory, "a")
    fs.open(path, create=True).close()
    with pytest.raises(IOFailure):
        fs.open(path, writable=False).write(b"x", 0)


def test_a_lock_is_exclusive_until_its_file_is_closed(place):
    fs, directory = place
    path = os.path.join(directory, "a")
    one, two = fs.open(path, create=True), fs.open(path)
    assert one.try_lock() and not two.try_lock() and not two.try_lock(shared=True)
    one.close()
    assert two.try_lock(shared=True)
    three = fs.open(path)
    assert three.try_lock(shared=True) and not fs.open(path).try_lock()


def test_operating_system_errors_have_classes_and_name_the_path():
    error = failure(OSError(errno.ENOSPC, "No space left on device"), "write to", "/a")
    assert type(error) is DiskFull and str(error) == "cannot write to /a: No space left on device"
    assert type(failure(OSError(errno.EIO, "x"), "sync", "/a")) is IOFailure


def test_the_twin_keeps_what_was_synced_and_may_lose_or_tear_the_rest():
    seen = set()
    for seed in range(200):
        fs = FaultyFilesystem(seed)
        file = fs.open("/a", create=True)
        file.write(b"a" * 2048, 0)
        file.sync()
        fs.sync_directory("/")
        file.write(b"b" * 2048, 0)
        content = fs.reboot().content("/a")
        assert len(content) == 2048 and set(content) <= set(b"ab")
        seen.add("lost" if b"b" not in content else "kept" if b"a" not in content else "torn")
    assert seen == {"lost", "kept", "torn"}


def test_the_twin_loses_names_of_directories_that_were_not_synced():
    outcomes = set()
    for seed in range(50):
        fs = FaultyFilesystem(seed)
        file = fs.open("/a", create=True)
        file.write(b"x", 0)
        file.sync()
        outcomes.add(fs.reboot().kind("/a"))
    assert outcomes == {None, "file"}


def test_the_twin_is_off_after_a_power_cut():
    fs = FaultyFilesystem()
    fs.cut_at = 1
    file = fs.open("/a", create=True)
    for _ in range(2):
        with pytest.raises(PowerCut):
            file.write(b"x", 0)
