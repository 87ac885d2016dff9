"""Finalizers that the garbage collector runs in the midst of a commit may use the database themselves."""

from __future__ import annotations

import gc
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import mantisdb_dbapi

ROUNDS = 60


class _Writer:
    """An object in a reference cycle that writes when it goes."""

    def __init__(self, name: str, errors: list[BaseException]) -> None:
        self.itself = self
        self.errors = errors
        self.connection = mantisdb_dbapi.connect(name, uri=True)

    def __del__(self) -> None:
        try:
            self.connection.execute("INSERT INTO t SELECT count(*) FROM t")
            self.connection.commit()
            self.connection.close()
        except BaseException as error:
            self.errors.append(error)


def _write(name: str, errors: list[BaseException], seen: list[Any]) -> None:
    connection = mantisdb_dbapi.connect(name, uri=True)
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t SELECT count(*) FROM t")  # which imports all that there is to import
    connection.execute("INSERT INTO t VALUES ('own')")
    connection.commit()
    usual = gc.get_threshold()
    try:
        for i in range(ROUNDS):
            gc.set_threshold(2 + i % 40, 1, 1)  # so that it strikes at another place each time
            _Writer(name, errors)
            connection.execute("INSERT INTO t VALUES ('own')")
            connection.commit()
    finally:
        gc.set_threshold(*usual)
    gc.collect()
    seen.append(connection.execute("SELECT count(*) FROM t").fetchone()[0])
    connection.close()


@pytest.mark.parametrize("is_file", [False, True], ids=["memory", "file"])
def test_a_finalizer_may_commit_in_the_midst_of_a_commit(is_file: bool, tmp_path: Path) -> None:
    name = str(tmp_path / "a.db") if is_file else "file:finalizers?mode=memory&cache=shared"
    errors: list[BaseException] = []
    seen: list[Any] = []
    thread = threading.Thread(target=_write, args=(name, errors, seen), daemon=True)
    thread.start()
    thread.join(120)
    if thread.is_alive():
        frame: Any = sys._current_frames()[thread.ident or 0]
        pytest.fail(f"it waits for itself at {frame.f_code.co_filename}:{frame.f_lineno}")
    assert (errors, seen) == ([], [2 * ROUNDS + 2])
    assert gc.isenabled()
