"""Copies of a whole database: ``backup()``, ``serialize()`` and ``deserialize()``.

A backup is one transaction of the target, with the source as it is when the last page is due: what others change
meanwhile is in it as a whole or not at all. Pages are what ``PRAGMA page_count`` says; they matter to ``progress``
alone. The bytes of ``serialize()`` are those of a database file (docs/file-format.md), written in a temporary
directory; they open as a file, and with ``deserialize()``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING

from mantisdb_dbapi.errors import from_code, raise_translated
from mantisdb_engine import Database, open_database
from mantisdb_engine.errors import IsSqliteFile, NotADatabase
from mantisdb_sql.ddl.copying import copy_trees, own_trees
from mantisdb_sql.session import Session

if TYPE_CHECKING:
    from mantisdb_dbapi.connection import Connection

__all__ = ["backup", "deserialized", "serialized"]

_OK, _DONE = 0, 101
Progress = Callable[[int, int, int], object]


def backup(source: Connection, target: Connection, pages: int, progress: Progress | None, name: str) -> None:
    """Copy ``source``'s database into ``target``'s, which must not be in a transaction."""
    with source._lock:
        if own_trees(source._session, name) is None:
            raise from_code(f"unknown database {name}", "SQLITE_ERROR")
    if target._session.transaction is not None:
        raise from_code("target is in use", "SQLITE_ERROR")
    if target._readonly:
        raise from_code("attempt to write a readonly database", "SQLITE_READONLY")
    done, total = 0, _page_count(source, name)
    step = pages if pages > 0 else total
    while done < total:
        done = min(done + step, total)
        if done == total:
            _copy(source, target, name)
        if progress is not None:
            progress(_DONE if done == total else _OK, total - done, total)
            total = max(_page_count(source, name), done)


def _copy(source: Connection, target: Connection, name: str) -> None:
    try:
        with source._lock:
            trees = own_trees(source._session, name)
        assert trees is not None, "it was there when the backup began"
        with target._lock:
            copy_trees(trees, target._session)
    except Exception as error:
        raise_translated(error)


def _page_count(connection: Connection, name: str) -> int:
    quoted = '"' + name.replace('"', '""') + '"'
    with connection._lock:
        ((count,),) = connection._session.prepare(f"PRAGMA {quoted}.page_count").run()
    return max(int(count), 1)


def serialized(connection: Connection, name: str) -> bytes:
    """One of the connection's databases as a file's bytes."""
    trees = own_trees(connection._session, name)
    if trees is None:
        raise from_code(f"unable to serialize '{name}'", "SQLITE_ERROR")
    with tempfile.TemporaryDirectory(prefix="mantisdb-") as directory:
        path = os.path.join(directory, "copy.db")
        try:
            database = open_database(path, synchronous="OFF")
            try:
                copy_trees(trees, Session(database))
            finally:
                database.close()
        except Exception as error:
            raise_translated(error)
        with open(path, "rb") as file:
            return file.read()


def deserialized(data: bytes | str) -> Database:
    """A database in memory that holds what the bytes of a file do."""
    view = memoryview(data.encode() if isinstance(data, str) else data)
    if not view.c_contiguous:
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    with tempfile.TemporaryDirectory(prefix="mantisdb-") as directory:
        path = os.path.join(directory, "copy.db")
        with open(path, "wb") as file:
            file.write(view)
        try:
            stored = open_database(path, synchronous="OFF")
            try:
                made = open_database()
                copy_trees(Session(stored).trees, Session(made))
                return made
            finally:
                stored.close()
        except (IsSqliteFile, NotADatabase):
            raise from_code("file is not a database", "SQLITE_NOTADB") from None
        except Exception as error:
            raise_translated(error)
