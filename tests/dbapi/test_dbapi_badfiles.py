"""Files that are no sound database of ours: each its own clear error, and nothing written."""

from __future__ import annotations

import os
import random
import sqlite3
import warnings
from pathlib import Path

import pytest

import mantisdb_dbapi
from mantisdb_engine import AccessDenied, EnvironmentFailure, ReadOnlyError, store
from mantisdb_engine.filesystem import OsFile, OsFilesystem


def _snapshot(directory: Path) -> dict[str, bytes]:
    """Every file below a directory, with its content."""
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def _refuse(path: Path, error: type[Exception], text: str, code: str) -> None:
    """Connecting raises, and leaves the directory as it was."""
    before = _snapshot(path.parent) if path.parent.exists() else {}
    with pytest.raises(error, match=text) as caught:
        mantisdb_dbapi.connect(path)
    assert caught.value.sqlite_errorname == code
    assert (_snapshot(path.parent) if path.parent.exists() else {}) == before


def _database(path: Path, rows: int = 2000) -> Path:
    connection = mantisdb_dbapi.connect(path)
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, f"text {n}") for n in range(rows)])
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize(
    "content", [b"hello, world\n" * 1000, b"\0" * 99 + b"x", bytes(100), b"x", bytes(range(256)) * 64]
)
def test_a_file_that_is_something_else_is_no_database(tmp_path, content):
    path = tmp_path / "other.db"
    path.write_bytes(content)
    _refuse(path, mantisdb_dbapi.DatabaseError, "^file is not a database: ", "SQLITE_NOTADB")


def test_a_sqlite_file_is_named_as_such(tmp_path):
    path = tmp_path / "sqlite.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    _refuse(
        path,
        mantisdb_dbapi.DatabaseError,
        "^file is not a database: .* is a SQLite database",
        "SQLITE_NOTADB",
    )


def test_a_directory_cannot_be_opened(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    _refuse(
        path, mantisdb_dbapi.OperationalError, "^unable to open database file: .*directory", "SQLITE_CANTOPEN"
    )


def test_a_path_in_a_missing_folder_cannot_be_opened(tmp_path):
    path = tmp_path / "missing" / "x.db"
    _refuse(
        path, mantisdb_dbapi.OperationalError, "^unable to open database file: .*missing", "SQLITE_CANTOPEN"
    )
    assert not path.parent.exists()


class NothingWritable(OsFilesystem):
    """A medium, or rights, that allow reading only: as root every mode bit would give way."""

    def __init__(self, error: type[EnvironmentFailure]) -> None:
        self.error = error

    def open(self, path: str, *, writable: bool = True, create: bool = False) -> OsFile:
        if writable or create:
            raise self.error(f"cannot open {path}")
        return super().open(path, writable=False)


@pytest.fixture(params=[AccessDenied, ReadOnlyError])
def nothing_writable(request, monkeypatch):
    """Every file is opened on a medium, or with rights, for reading only; call it to begin."""

    def begin() -> None:
        monkeypatch.setattr(store, "OsFilesystem", lambda: NothingWritable(request.param))

    return begin


def test_a_path_that_may_not_be_written_cannot_be_opened(tmp_path, nothing_writable):
    path = _database(tmp_path / "x.db")
    nothing_writable()
    _refuse(
        path,
        mantisdb_dbapi.OperationalError,
        "^unable to open database file: .*opened for reading only",
        "SQLITE_CANTOPEN",
    )
    with mantisdb_dbapi.connect(f"file:{path}?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (2000,)
        with pytest.raises(mantisdb_dbapi.OperationalError, match="readonly database"):
            connection.execute("DELETE FROM t")
    connection.close()


def test_a_file_that_may_not_be_written_and_is_something_else_is_named_as_such(tmp_path, nothing_writable):
    path = tmp_path / "x.db"
    path.write_bytes(b"hello, world\n" * 1000)
    nothing_writable()
    _refuse(path, mantisdb_dbapi.DatabaseError, "^file is not a database: ", "SQLITE_NOTADB")


def test_a_new_database_where_nothing_may_be_written_is_refused(tmp_path, nothing_writable):
    nothing_writable()
    with pytest.raises(mantisdb_dbapi.OperationalError) as caught:
        mantisdb_dbapi.connect(tmp_path / "new.db")
    assert caught.value.sqlite_errorname in ("SQLITE_CANTOPEN", "SQLITE_READONLY")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_an_empty_database(tmp_path):
    path = tmp_path / "empty.db"
    path.touch()
    connection = mantisdb_dbapi.connect(path)
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_database_is_never_read_wrongly(tmp_path, share):
    path = _database(tmp_path / "x.db")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    _expect_damage_or_truth(path)


def test_a_flipped_bit_is_never_read_wrongly(tmp_path):
    seed = os.environ["MANTISDB_SEED"]
    print(f"seed {seed}")
    generator = random.Random(seed)
    path = _database(tmp_path / "x.db")
    content = path.read_bytes()
    damaged_runs = 0
    for _ in range(60):
        bit = generator.randrange(len(content) * 8)
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        damaged_runs += _expect_damage_or_truth(path)
    assert damaged_runs > 0


def _expect_damage_or_truth(path: Path) -> bool:
    """Reading all rows gives a DatabaseError, a warning, or what was written; whether it was the error."""
    before = _snapshot(path.parent)
    connection = None
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            connection = mantisdb_dbapi.connect(f"file:{path}?mode=ro", uri=True)
        if warned:
            connection.close()
            _refuse(path, mantisdb_dbapi.DatabaseError, "^database disk image is malf", "SQLITE_CORRUPT")
            return True
        rows = connection.execute("SELECT a, b FROM t").fetchall()
    except mantisdb_dbapi.DatabaseError as error:
        assert type(error) is mantisdb_dbapi.DatabaseError, error
        assert error.sqlite_errorname in ("SQLITE_CORRUPT", "SQLITE_NOTADB")
        return True
    finally:
        if connection is not None:
            connection.close()
        assert _snapshot(path.parent) == before
    assert rows == [(n, f"text {n}") for n in range(2000)]
    return False


def test_a_second_process_is_told_who_has_the_database(tmp_path):
    path = _database(tmp_path / "x.db")
    connection = mantisdb_dbapi.connect(path)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            mantisdb_dbapi.connect(path)
        except mantisdb_dbapi.OperationalError as error:
            locked = str(error).startswith("database is locked") and error.sqlite_errorname == "SQLITE_BUSY"
            status = 0 if locked else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (2000,)
    connection.close()
