"""Programs remove a database's file to begin anew, often while a connection that they forgot still has it open."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from both_modules import same

import mantisdb_dbapi


def _written(module: ModuleType, path: Path, value: int) -> Any:
    connection = module.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (?)", (value,))
    connection.commit()
    return connection


def _rows(connection: Any) -> Any:
    return connection.execute("SELECT * FROM t").fetchall()


def _refusal(module: ModuleType, connection: Any) -> Any:
    try:
        connection.execute("INSERT INTO t VALUES (9)")
        connection.commit()
    except module.OperationalError as error:
        return str(error).split(":")[0], error.sqlite_errorcode & 0xFF
    return None


@same
def test_a_file_removed_while_it_is_open_is_made_anew(module: ModuleType, directory: Path) -> Any:
    path = directory / "app.db"
    old = _written(module, path, 1)
    path.unlink()
    new = _written(module, path, 2)
    seen = _rows(old), _refusal(module, old), _rows(new)
    old.close()
    again = module.connect(path)
    seen += _rows(again), _rows(new)
    again.close()
    new.close()
    return *seen, sorted(os.listdir(directory))


@same
def test_a_file_replaced_while_it_is_open_is_the_new_one(module: ModuleType, directory: Path) -> Any:
    path, other = directory / "app.db", directory / "other.db"
    old = _written(module, path, 1)
    _written(module, other, 2).close()
    other.replace(path)
    new = module.connect(path)
    seen = _rows(new), _refusal(module, old), _rows(old)
    old.close()
    new.execute("INSERT INTO t VALUES (3)")
    new.commit()
    new.close()
    with module.connect(path) as again:
        rows = _rows(again)
    again.close()
    return *seen, rows, sorted(os.listdir(directory))


def test_a_file_renamed_while_it_is_open_has_all_that_was_committed(tmp_path: Path) -> None:
    path, renamed = tmp_path / "app.db", tmp_path / "old.db"
    old = _written(mantisdb_dbapi, path, 1)
    path.rename(renamed)
    new = _written(mantisdb_dbapi, path, 2)
    assert (_rows(old), _rows(new)) == ([(1,)], [(2,)])
    old.close()
    moved = mantisdb_dbapi.connect(renamed)
    assert _rows(moved) == [(1,)]
    for connection in (new, moved):
        connection.close()
    assert sorted(os.listdir(tmp_path)) == ["app.db", "old.db"]


def test_a_log_that_a_killed_process_left_without_its_file_is_set_aside_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    program = (
        "import mantisdb_dbapi, os, sys; c = mantisdb_dbapi.connect(sys.argv[1]); "
        "c.execute('CREATE TABLE t (a)'); c.commit(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)
    path.unlink()
    with pytest.warns(RuntimeWarning, match=r"was not there, but its log was: .*orphan-1 now"):
        connection = _written(mantisdb_dbapi, path, 2)
    assert _rows(connection) == [(2,)]
    connection.close()
    assert sorted(os.listdir(tmp_path)) == ["app.db", "app.db-wal.orphan-1"]
