"""A database whose file went from its path gives up its log: what was committed is in the file, wherever that is."""

from __future__ import annotations

import errno
import itertools
from typing import Any

import pytest

from mantisdb_engine import EngineError, ReadOnlyError, open_database
from mantisdb_engine.faults import FaultyFilesystem, PowerCut

PATH = "/data.db"
REASON = "/data.db was removed"


def _written(fs: FaultyFilesystem, count: int = 20) -> Any:
    database = open_database(PATH, filesystem=fs, segment_bytes=4096)
    for key in range(count):
        _write(database, key)
    return database


def _write(database: Any, key: int) -> None:
    txn = database.begin()
    if not txn.trees:
        txn.create_tree()
    txn.put(1, key, (key, bytes(700)))
    txn.commit()


def _keys(database: Any) -> list[int]:
    return [key for keys, _ in database.published.trees[1].scan() for key in keys]


def test_it_can_be_read_and_not_written_and_leaves_no_log() -> None:
    fs = FaultyFilesystem(1)
    database = _written(fs)
    open_transaction = database.begin()
    open_transaction.put(1, 99, (99, b""))
    database.forsake(REASON)
    assert list(fs.files()) == [PATH]
    for write in (lambda: _write(database, 100), open_transaction.commit):
        with pytest.raises(ReadOnlyError, match=REASON):
            write()
    assert _keys(database) == list(range(20)) and database.check() == []
    database.forsake(REASON)
    database.close()
    assert _keys(open_database(PATH, filesystem=fs)) == list(range(20))


def test_a_crash_at_any_moment_of_it_loses_nothing() -> None:
    for cut in itertools.count():
        fs = FaultyFilesystem(cut)
        database = _written(fs)
        fs.cut_at = fs.calls + cut
        try:
            database.forsake(REASON)
        except PowerCut:
            assert _keys(open_database(PATH, filesystem=fs.reboot(cut))) == list(range(20)), f"cut at call {cut}"
        else:
            break
    print(f"{cut} cuts")
    assert cut >= 5, "pages, a superblock, and the removal of several segments"


def test_where_its_checkpoint_fails_it_goes_on_as_before() -> None:
    fs = FaultyFilesystem(1)
    database = _written(fs)
    fs.fail_from = (fs.calls, errno.ENOSPC)
    with pytest.raises(EngineError):
        database.forsake(REASON)
    fs.fail_from = None
    _write(database, 20)
    database.close()
    assert _keys(open_database(PATH, filesystem=fs)) == list(range(21))
