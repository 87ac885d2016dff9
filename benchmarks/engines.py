"""The databases that are measured, behind one small interface.

stdlib sqlite3 and MantisDB have the same API and are used as they are. apsw and duckdb get the few methods
that the workloads call: ``execute``, ``executemany``, ``executescript``, ``begin``, ``commit``, ``close``.
Nothing is wrapped around the calls that are timed for the two that the ratio compares.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Engine:
    """One database product.

    connect         path or None (in memory), autocommit -> connection
    not_supported   exceptions that mean "this engine does not know that construct (yet)"
    retryable       exceptions that a writer beside others may get, and then tries again
    """

    name: str
    version: str
    connect: Callable[..., Any]
    not_supported: tuple[type[Exception], ...]
    retryable: tuple[type[Exception], ...] = ()


def sqlite3_engine() -> Engine:
    """The standard library's module: what ratios are relative to."""
    return Engine(
        "sqlite3",
        sqlite3.sqlite_version,
        _dbapi_connect(sqlite3),
        (sqlite3.NotSupportedError,),
        (sqlite3.OperationalError,),
    )


def mantisdb_engine() -> Engine:
    """MantisDB through its DB-API."""
    module = importlib.import_module("mantisdb_dbapi")
    version = importlib.metadata.version("mantisdb")
    return Engine(
        "mantisdb", version, _dbapi_connect(module), (module.NotSupportedError,), (module.OperationalError,)
    )


def apsw_engine() -> Engine:
    """apsw: a thinner wrapper around a newer SQLite."""
    import apsw

    def connect(path: Path | None = None, *, autocommit: bool = False, durable: bool = False) -> Any:
        connection = apsw.Connection(str(path) if path else ":memory:")
        connection.set_busy_timeout(60_000)
        if path:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        return _Apsw(connection, autocommit)

    return Engine("apsw", apsw.sqlite_lib_version(), connect, (), (apsw.BusyError,))


def duckdb_engine() -> Engine:
    """duckdb: a column store, for scale of what analytical queries could cost."""
    import duckdb

    def connect(path: Path | None = None, *, autocommit: bool = False, durable: bool = False) -> Any:
        connection = duckdb.connect(str(path) if path else ":memory:")
        connection.execute("PRAGMA threads = 1")
        return _DuckDb(connection, autocommit)

    return Engine("duckdb", duckdb.__version__, connect, (duckdb.Error,), (duckdb.TransactionException,))


def available(names: list[str]) -> list[Engine]:
    """The named engines, in that order; one whose package is missing is left out with a word about it."""
    makers = {
        "sqlite3": sqlite3_engine,
        "mantisdb": mantisdb_engine,
        "apsw": apsw_engine,
        "duckdb": duckdb_engine,
    }
    found = []
    for name in names:
        try:
            found.append(makers[name]())
        except ImportError as error:
            print(f"{name} is left out: {error}")
    return found


def _dbapi_connect(module: Any) -> Callable[..., Any]:
    def connect(path: Path | None = None, *, autocommit: bool = False, durable: bool = False) -> Any:
        connection = module.connect(
            str(path) if path else ":memory:",
            timeout=60.0,
            isolation_level=None if autocommit else "",
        )
        if path:
            # fetched at once: a PRAGMA in progress would hold sqlite3's read lock
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}").fetchall()
        return connection

    return connect


class _Apsw:
    """apsw, with the implicit BEGIN that the DB-API modules have."""

    def __init__(self, connection: Any, autocommit: bool) -> None:
        self._connection = connection
        self._autocommit = autocommit
        self.cursor = connection.cursor
        self.execute = connection.execute
        self.executemany = connection.executemany

    def begin(self) -> None:
        self._connection.execute("BEGIN")

    def commit(self) -> None:
        if not self._connection.get_autocommit():
            self._connection.execute("COMMIT")

    def executescript(self, script: str) -> None:
        self._connection.execute(script)

    def close(self) -> None:
        self._connection.close()


class _DuckDb:
    """duckdb; its connections commit each statement unless BEGIN was said."""

    def __init__(self, connection: Any, autocommit: bool) -> None:
        self._connection = connection
        self._in_transaction = False
        self.execute = connection.execute
        self.executemany = connection.executemany
        self.executescript = connection.execute

    def cursor(self) -> _DuckDb:
        """Itself: a cursor of duckdb's is a connection of its own, with its own transaction."""
        return self

    def begin(self) -> None:
        self._connection.execute("BEGIN")
        self._in_transaction = True

    def commit(self) -> None:
        if self._in_transaction:
            self._connection.execute("COMMIT")
            self._in_transaction = False

    def close(self) -> None:
        self._connection.close()
