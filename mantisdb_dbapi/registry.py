"""The databases that this process has open, so that connections to one file share one engine database.

A file is known by its device and inode, whatever path leads to it; a named database in memory by its name.
The first connection opens the database, the last one to close closes it. A read-only connection opens a file
read-only, and joins a database that is open for writing (the connection itself then refuses to write).

A file that was removed or replaced while it is open is another one for the next connection. Where only a log is left,
as of a process that was killed, it is set aside, and the first connection is warned.

A file that lost commits to damage is opened for reading only, and only by a connection that asks for that: it
is warned (RuntimeWarning), every other one is refused. An older state never passes for the newest.

After a fork the child's registry is empty: a database file belongs to the process that opened it, and its log
must not have two writers. The child's inherited connections to files are cut off (:func:`on_fork`);
connections to databases in memory go on with the child's own copy.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from mantisdb_dbapi.errors import Error, from_code, translate
from mantisdb_dbapi.uri import Location, locate
from mantisdb_engine import Database, open_database
from mantisdb_engine.errors import EngineError, PartlyDamaged
from mantisdb_sql.errors import SqlError

__all__ = ["SharedDatabase", "acquire", "on_fork", "release"]

_Key = tuple[int, int] | str


@dataclass(slots=True, eq=False)
class SharedDatabase:
    """An open engine database and how many connections use it.

    key       under which it is found: (device, inode) of a file, the name of a shared database in memory,
              else None
    readonly  the engine has it open for reading only
    """

    database: Database
    key: _Key | None
    readonly: bool = False
    users: int = 1

    @property
    def damage(self) -> str | None:
        """What recovery found to be lost; None: nothing."""
        report = self.database.recovery_report
        return None if report is None else report.damage

    @property
    def warning(self) -> str | None:
        """What its first user is to be told."""
        report = self.database.recovery_report
        if report is None or (report.damage is None and report.log_set_aside is None):
            return None
        if report.damage is not None:
            return f"is damaged and open for reading only: {report.damage}"
        return f"was not there, but its log was: that is {report.log_set_aside} now, and a new database was made"


_open: dict[_Key, SharedDatabase] = {}
_lock = threading.RLock()  # a connection may be collected, and so released, while another is opened
_fork_listeners: list[Callable[[], None]] = []


def acquire(location: Location) -> SharedDatabase:
    """The database at a location, opened unless this process has it open already."""
    if location.path is None and location.shared is None:
        return SharedDatabase(open_database(), None)
    with _lock:
        key = location.shared if location.path is None else _file_key(location.path)
        shared = _open.get(key) if key is not None else None
        if shared is not None and (location.readonly or not shared.readonly):
            shared.users += 1
            return shared
        if location.path is None:
            shared = SharedDatabase(open_database(), key)
        else:
            _forsake_removed(location.path)
            shared = _open_file(location.path, location)
        if shared.key is not None:
            _open[shared.key] = shared
        return shared


def release(shared: SharedDatabase) -> None:
    """Give up one use; the last one closes the database."""
    with _lock:
        shared.users -= 1
        if shared.users > 0:
            return
        if shared.key is not None and _open.get(shared.key) is shared:
            del _open[shared.key]
        try:
            shared.database.close()
        except EngineError as error:
            raise translate(error) from error


class AttachedFiles:
    """The databases that a connection attaches, by what ATTACH calls them; ``uri`` as in ``connect()``."""

    def __init__(self, uri: bool) -> None:
        self._uri = uri
        self._open: dict[int, list[SharedDatabase]] = {}

    def open(self, name: str) -> tuple[Database, bool]:
        """The database that a name means, and whether it is for reading only; SqlError where it cannot be opened."""
        try:
            location = locate(name, self._uri)
            shared = acquire(location)
        except Error as error:
            code = getattr(error, "sqlite_errorname", None) or "SQLITE_CANTOPEN"
            raise SqlError(f"unable to open database: {name} ({error})", code) from error
        self.adopt(shared)
        return shared.database, location.readonly

    def create(self, name: str) -> Database:
        """A new database where a name says, for the caller to close."""
        try:
            location = locate(name, self._uri)
            path = location.path
            if path is None:  # nobody will see it
                return open_database()
            if os.path.exists(path) and os.path.getsize(path):
                raise SqlError("output file already exists")
            return open_database(
                path, synchronous="FULL", read_only=location.readonly, must_exist=not location.create)
        except (Error, EngineError) as error:
            raise SqlError(f"unable to open database: {name} ({error})", "SQLITE_CANTOPEN") from error

    def adopt(self, shared: SharedDatabase) -> None:
        """Count a database among these that came some other way."""
        self._open.setdefault(id(shared.database), []).append(shared)

    def release(self, database: Database) -> None:
        """Give it up."""
        release(self._open[id(database)].pop())


def _open_file(path: str, location: Location) -> SharedDatabase:
    peers = tuple(shared.database.path for shared in _open.values() if shared.database.path is not None)
    on_damage = "read-only" if location.readonly else "refuse"
    try:
        database = open_database(
            path, read_only=location.readonly, must_exist=not location.create, on_damage=on_damage, peers=peers
        )
    except PartlyDamaged as error:
        raise from_code(
            f"database disk image is malformed: {error}; the way out: open it with"
            f" file:{quote(path)}?mode=ro and uri=True to read what is sound",
            "SQLITE_CORRUPT",
        ) from error
    except EngineError as error:
        raise translate(error) from error
    return SharedDatabase(database, _file_key(path), location.readonly)


def _forsake_removed(path: str) -> None:
    """Let go of a database whose file was removed, or replaced, while it is open, so that what is at its path now can
    be opened. As in SQLite, its connections can read on, and no longer write."""
    path = os.path.realpath(path)
    for key, shared in list(_open.items()):
        if shared.database.path == path and _file_key(path) != key:
            try:
                shared.database.forsake(f"{path} was removed or replaced while it was open")
            except EngineError as error:
                raise translate(error) from error
            del _open[key]


def _file_key(path: str) -> _Key | None:
    """A file's identity; None while there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def on_fork(listener: Callable[[], None]) -> None:
    """Call ``listener`` in the child after each fork."""
    _fork_listeners.append(listener)


def _forget_after_fork() -> None:
    global _lock
    _lock = threading.RLock()
    for shared in _open.values():
        shared.key = None
    _open.clear()
    for listener in _fork_listeners:
        listener()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
