"""Connection: one session on a database, with the standard library's transaction control around it.

Legacy control (``isolation_level``): a transaction is begun before INSERT, UPDATE, DELETE and REPLACE, unless
the level is None. ``autocommit=True``: nothing is ever begun. ``autocommit=False``: a transaction is always
open. It is begun when the first statement needs it, so that it sees what others committed until then, as
SQLite's deferred BEGIN does.

Threads: with ``check_same_thread`` the creating thread alone may use the connection, and no lock is taken.
Otherwise ``_owner`` is None, every call takes the slow path, and ``_lock`` serialises statements.

``_plans`` is what ``Cursor.execute`` may run without further questions (see :mod:`mantisdb_dbapi.cursor`): it
is ``_cache`` itself while nothing is in the way, and an empty dict otherwise; :meth:`Connection._choose_path`
decides.
"""

from __future__ import annotations

import operator
import os
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from threading import get_ident
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from mantisdb_dbapi import adaptation, constants, copies, errors, registry
from mantisdb_dbapi.blob import Blob, open_blob
from mantisdb_dbapi.callbacks import CallbackMixin
from mantisdb_dbapi.convert import make_row_converter
from mantisdb_dbapi.cursor import Cursor, check_interrupts, interruptible
from mantisdb_dbapi.dump import iterdump
from mantisdb_dbapi.errors import Error, ProgrammingError, from_code, raise_translated
from mantisdb_dbapi.options import get_option, set_option
from mantisdb_dbapi.prepared import Prepared, check_text, prepare
from mantisdb_dbapi.uri import locate
from mantisdb_engine.errors import ReadOnlyError
from mantisdb_sql.ddl.attach import exchange_database
from mantisdb_sql.errors import SqlError
from mantisdb_sql.room import RUNNING_FRAMES, Room
from mantisdb_sql.session import Session
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Connection"]

_C = TypeVar("_C", bound=Cursor)
_Self = TypeVar("_Self", bound="Connection")

StrPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_LEVELS = ("", "DEFERRED", "IMMEDIATE", "EXCLUSIVE")
_NOBODY = -1  # no thread has this id
_new_cursor = Cursor.__new__
_NO_PLANS: dict[str, Prepared] = {}
_NOT_INITIALIZED = "Base Connection.__init__ not called."
_READ_ONLY = "attempt to write a readonly database"

_connections: weakref.WeakSet[Connection] = weakref.WeakSet()


class Connection(CallbackMixin):
    """A connection to a database; made by ``connect()``."""

    __slots__ = (
        "__weakref__",
        "_autocommit",
        "_begin_mode",
        "_begin_pending",
        "_binds_slowly",
        "_cache",
        "_cache_size",
        "_check_same_thread",
        "_closed_because",
        "_converts",
        "_creator",
        "_detect_types",
        "_files",
        "_isolation_level",
        "_length_limit",
        "_limits",
        "_lock",
        "_owner",
        "_plans",
        "_readonly",
        "_session",
        "_shared",
        "_text_factory",
        "_text_limit",
        "_trace_callback",
        "_waiting",
        "row_factory",
    )

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    row_factory: Callable[[Any, tuple[Any, ...]], Any] | None
    _owner: int | None
    _shared: registry.SharedDatabase | None

    def __new__(cls: type[_Self], *args: Any, **kwargs: Any) -> _Self:
        self = super().__new__(cls)
        self._owner = _NOBODY
        self._closed_because = _NOT_INITIALIZED
        self._plans = _NO_PLANS
        self._shared = None
        self.row_factory = None
        return self

    def __init__(
        self,
        database: StrPath,
        timeout: float = 5.0,
        detect_types: int = 0,
        isolation_level: str | None = "",
        check_same_thread: bool = True,
        factory: type[Connection] | None = None,
        cached_statements: int = 128,
        uri: bool = False,
        *,
        autocommit: int = constants.LEGACY_TRANSACTION_CONTROL,
    ) -> None:
        self._abandon()
        self._closed_because = _NOT_INITIALIZED
        begin_mode = _checked_level(isolation_level)
        _check_autocommit(autocommit)
        timeout_ms = _timeout_ms(timeout)
        location = locate(database, uri)
        self._lock = threading.RLock()
        self._creator = get_ident()
        self._check_same_thread = check_same_thread
        self._readonly = location.readonly
        self._detect_types = detect_types
        self._cache: dict[str, Prepared] = {}
        self._cache_size = max(cached_statements, 1)
        self._trace_callback: Callable[[str], object] | None = None
        self._waiting: Callable[[], None] | None = None
        self._text_factory: Any = str
        self._converts = bool(detect_types)
        self._binds_slowly = adaptation.plain_types_are_adapted()
        self.row_factory = None
        self._isolation_level = begin_mode
        self._autocommit = autocommit
        self._begin_mode = begin_mode if autocommit == constants.LEGACY_TRANSACTION_CONTROL else None
        self._begin_pending = autocommit is False
        try:
            self._shared = registry.acquire(location)
            self._session = _session(self._shared, read_only=self._readonly)
            self._session.settings["busy_timeout"] = timeout_ms
            self._files = registry.AttachedFiles(uri)
            self._session.files = self._files
            self._limits = self._session.functions.limits
            self._length_limit, self._text_limit = self._limits["length"], self._limits["sql_length"]
            if self._shared.warning:
                warnings.warn(f"{database!r} {self._shared.warning}", RuntimeWarning, stacklevel=3)
        except Exception as error:
            self._abandon()
            self._closed_because = _NOT_INITIALIZED
            raise_translated(error)
        self._owner = self._creator if check_same_thread else None
        self._closed_because = ""
        _connections.add(self)
        self._choose_path()

    # ------------------------------------------------------------------------------------------------ cursors

    @overload
    def cursor(self) -> Cursor: ...
    @overload
    def cursor(self, factory: Callable[[Connection], _C]) -> _C: ...
    def cursor(self, factory: Callable[[Connection], Any] = Cursor) -> Any:
        """A new cursor, made by ``factory(connection)``."""
        if self._owner != get_ident():
            self._check()
        cursor = factory(self)
        if not issubclass(type(cursor), Cursor):  # __class__ may pretend
            raise TypeError(f"factory must return a cursor, not {type(cursor).__name__}")
        if self.row_factory is not None:
            cursor.row_factory = self.row_factory
        return cursor

    def execute(self, sql: str, parameters: Any = (), /) -> Cursor:
        """Run one statement in a new cursor."""
        if self.__class__ is not Connection:  # which may have its own idea of cursors
            made: Cursor = self.cursor().execute(sql, parameters)
            return made
        cursor: Cursor = _new_cursor(Cursor)
        cursor._connection = self
        cursor.row_factory = self.row_factory
        cursor.arraysize = 1
        cursor._lastrowid = None
        cursor._state = 0  # idle; a successful execute sets the rest
        return cursor.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Cursor:
        """Run a statement once for each set of parameters, in a new cursor."""
        return self.cursor().executemany(sql, parameters)

    def executescript(self, sql_script: str, /) -> Cursor:
        """Run a script in a new cursor."""
        return self.cursor().executescript(sql_script)

    def __call__(self, *args: str) -> Prepared:
        """The prepared statement of a text; undocumented in the standard library, too."""
        self._check()
        (sql,) = args
        if not isinstance(sql, str):
            raise TypeError(f"argument 1 must be str, not {type(sql).__name__}")
        try:
            return self._prepare(sql)
        except Exception as error:
            raise_translated(error)

    # ------------------------------------------------------------------------------------------- transactions

    @property
    def isolation_level(self) -> str | None:
        """How legacy transaction control begins a transaction; None: never."""
        self._check_open()
        return self._isolation_level

    @isolation_level.setter
    def isolation_level(self, level: str | None) -> None:
        mode = _checked_level(level)
        if level is None:
            self._check()
            if self._session.transaction is not None:  # whatever the transaction control is
                self._end("COMMIT")
        self._isolation_level = mode
        if self._autocommit == constants.LEGACY_TRANSACTION_CONTROL:
            self._begin_mode = mode

    @isolation_level.deleter
    def isolation_level(self) -> None:
        raise AttributeError("cannot delete attribute")

    @property
    def autocommit(self) -> int:
        """True, False (PEP 249's behaviour), or LEGACY_TRANSACTION_CONTROL."""
        self._check()
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value: int) -> None:
        self._check()
        _check_autocommit(value)
        if value is True and self.in_transaction:
            self._end("COMMIT")
        self._autocommit = value
        self._begin_mode = self._isolation_level if value == constants.LEGACY_TRANSACTION_CONTROL else None
        self._begin_pending = value is False and self._session.transaction is None
        self._choose_path()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        self._check_open()
        return self._session.transaction is not None or self._begin_pending

    @property
    def total_changes(self) -> int:
        """Rows inserted, updated and deleted since the connection was made."""
        self._check_open()
        if self._waiting is not None and self._creator == get_ident():  # another thread may look, and no more
            self._waiting()
        return int(self._session.total_changes)

    def commit(self) -> None:
        """Commit the open transaction, if there is one."""
        self._check()
        self._finish("COMMIT")

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        self._check()
        self._finish("ROLLBACK")

    def _finish(self, how: str) -> None:
        if self._autocommit is True:
            return
        if self._session.transaction is not None:
            self._end(how)
        if self._autocommit is False:
            self._begin_pending = True
            self._choose_path()

    def _end(self, how: str) -> None:
        """COMMIT or ROLLBACK now."""
        with Room(RUNNING_FRAMES), self._lock:
            self._begin_pending = False
            if self._session.transaction is None:
                return
            self._trace(how)
            try:
                if how == "COMMIT":
                    self._session.commit()
                else:
                    self._session.rollback()
            except Exception as error:
                raise_translated(error)

    def _begin(self) -> None:
        """Begin as the isolation level says."""
        mode = self._begin_mode or ""
        self._trace(f"BEGIN {mode}")
        self._session.begin(mode or "DEFERRED")

    def _before(self, plan: Prepared) -> bool:
        """What has to happen before a statement runs: refuse it, or begin a transaction; True: one is begun."""
        began = True
        if self._begin_pending:
            self._begin_pending = False
            self._choose_path()
            self._begin()
        elif plan.is_dml and self._begin_mode is not None and self._session.transaction is None:
            self._begin()
        else:
            began = False
        if self._readonly:
            self._refuse_write(plan)
        return began

    def _take_back(self, began: bool, error: SqlError) -> None:
        """Undo :meth:`_before` where the statement could not even be compiled."""
        if began and error.before_run and self._session.transaction is not None:
            self._session.rollback()
            self._begin_pending = self._autocommit is False
            self._choose_path()

    def _refuse_write(self, plan: Prepared) -> None:
        """Refuse what SQLite does not even begin; what is written in other ways is refused where it is written."""
        if plan.statement.kind in _DML and len(self._session.slots) == 1:
            raise from_code(_READ_ONLY, "SQLITE_READONLY")

    def __enter__(self: _Self) -> _Self:
        self._check_open()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> Literal[False]:
        if exc_type is not None:
            self.rollback()
            return False
        try:
            self.commit()
        except BaseException:
            self.rollback()
            raise
        return False

    # ----------------------------------------------------------------------------------------------
    # statements

    def _prepare(self, sql: str) -> Prepared:
        if self._waiting is not None:
            self._waiting()
        plan = self._cache.get(sql)
        if plan is None:
            plan = prepare(self._session, sql, self._text_limit)
            if len(self._cache) >= self._cache_size:
                del self._cache[next(iter(self._cache))]
            if plan.statement.kind != "PRAGMA":  # which may change what statements mean: see _after
                self._cache[sql] = plan
        return plan

    def _after(self, plan: Prepared) -> None:
        """What has to happen after a statement that is never on the fast path."""
        if plan.statement.kind == "PRAGMA":
            self._cache.clear()

    def _forget_plans(self) -> None:
        self._cache.clear()

    def _run_script(self, script: str) -> None:
        session = self._session
        if "\0" in script:
            raise ValueError("embedded null character")
        check_text(script, self._text_limit)
        if self._waiting is not None:
            self._waiting()
        if self._autocommit == constants.LEGACY_TRANSACTION_CONTROL and session.transaction is not None:
            self._end("COMMIT")
        start, size = 0, len(script)
        interrupts = session.interrupts
        while start < size:
            check_interrupts(session, interrupts)
            statement = session.prepare(script, start)
            if statement.kind:
                plan = Prepared(statement)
                if self._readonly:
                    self._refuse_write(plan)
                if self._begin_pending:
                    self._before(plan)
                if self._trace_callback is not None:
                    self._trace(script[start : statement.tail].strip())
                if session.progress is not None:
                    session.progress.start()
                rows = plan.run((None,) * len(statement.parameters))
                if rows.__class__ is not list and rows.__class__ is not tuple:
                    for _ in interruptible(session, rows):
                        pass
                self._after(plan)
            start = statement.tail

    def _choose_path(self) -> None:
        """Let cursors take the fast path, or not."""
        simple = not (
            self._converts
            or self._binds_slowly
            or self._readonly
            or self._begin_pending
            or self._waiting is not None
            or self._trace_callback is not None
            or self._session.progress is not None
            or self._closed_because
        )
        self._plans = self._cache if simple else _NO_PLANS

    def _check(self) -> None:
        """Refuse use from another thread, and of a closed connection; run the rows that wait (:mod:`.supply`)."""
        self._check_thread()
        self._check_open()

    def _check_open(self) -> None:
        """As :meth:`_check`, of what other threads may look at."""
        if self._closed_because:
            raise ProgrammingError(self._closed_because)
        if self._waiting is not None:
            self._waiting()

    def _check_usable(self) -> None:
        """Refuse use from another thread, and of a closed connection."""
        self._check_thread()
        if self._closed_because:
            raise ProgrammingError(self._closed_because)

    def _check_thread(self) -> None:
        if self._closed_because is _NOT_INITIALIZED:
            raise ProgrammingError(self._closed_because)
        if self._check_same_thread and self._creator != get_ident():
            raise ProgrammingError(
                "SQLite objects created in a thread can only be used in that same thread. "
                f"The object was created in thread id {self._creator} and this is thread id {get_ident()}."
            )

    # --------------------------------------------------------------------------------------------------
    # values

    @property
    def text_factory(self) -> Any:
        """What TEXT is handed out as: ``str``, ``bytes``, or what a callable makes of the bytes."""
        return self._text_factory

    @text_factory.setter
    def text_factory(self, factory: Any) -> None:
        self._text_factory = factory
        self._converts = bool(self._detect_types) or factory is not str
        self._choose_path()

    def _row_converter(self, cursor: Cursor, plan: Prepared) -> Callable[[tuple[Any, ...]], Any] | None:
        """What makes of a stored row the row that ``cursor`` hands out; the cursor is busy meanwhile."""
        convert = make_row_converter(plan.converters(self._detect_types), self._text_factory)
        return None if convert is None else cursor._busy_while(convert)

    # ----------------------------------------------------------------------------------------------
    # everything else

    def close(self) -> None:
        """Close the connection; what was not committed is undone."""
        self._check_thread()
        if self._waiting is not None:
            self._waiting()
        if self._shared is not None:
            with self._lock:
                self._abandon()

    def _abandon(self) -> None:
        """Let go of session and database, if any; the connection is closed after it."""
        shared, self._shared = self._shared, None
        self._plans = _NO_PLANS
        if shared is None:
            return
        self._owner = _NOBODY
        self._closed_because = "Cannot operate on a closed database."
        self._cache.clear()
        try:
            session = getattr(self, "_session", None)
            if session is not None:
                session.close()
        finally:
            registry.release(shared)

    def __del__(self) -> None:
        if getattr(self, "_shared", None) is None:
            return
        if sys.version_info >= (3, 13):
            warnings.warn(f"unclosed database in {self!r}", ResourceWarning, stacklevel=1, source=self)
        with suppress(Error):  # nobody is there to be told
            self._abandon()

    def interrupt(self) -> None:
        """Stop what the connection is doing; may be called from any thread.

        A statement that runs ends with OperationalError("interrupted"), at once but for single long sorts; a
        result that streams ends at its next batch, ``executemany`` at its next 4096 rows. What an interrupted
        INSERT, UPDATE or DELETE belonged to, its whole transaction, is rolled back.
        """
        if self._closed_because:
            raise ProgrammingError(self._closed_because)
        self._session.interrupt()

    def iterdump(self, *, filter: str | None = None) -> Iterator[str]:
        """The database as SQL text, statement by statement."""
        self._check_open()
        return iterdump(self, filter=filter)

    def getlimit(self, category: int, /) -> int:
        """The value of a run-time limit."""
        self._check()
        return self._limits[_limit_name(category)]

    def setlimit(self, category: int, limit: int, /) -> int:
        """Lower or raise a run-time limit, and give its former value; a negative one changes nothing."""
        before = self.getlimit(category)
        if limit >= 0:
            self._limits[_limit_name(category)] = limit
            self._length_limit, self._text_limit = self._limits["length"], self._limits["sql_length"]
            self._binds_slowly = adaptation.plain_types_are_adapted() or self._limits.is_lowered("length")
            self._choose_path()
            self._cache.clear()
            self._session.forget_plans()
        return before

    def getconfig(self, op: int, /) -> bool:
        """Whether an option is on: one of SQLITE_DBCONFIG_…."""
        self._check()
        return get_option(self._session, op)

    def setconfig(self, op: int, enable: bool = True, /) -> None:
        """Turn an option on or off: one of SQLITE_DBCONFIG_…."""
        self._check()
        with self._lock:
            set_option(self._session, op, enable)
            self._cache.clear()

    def blobopen(
        self, table: str, column: str, row: int, /, *, readonly: bool = False, name: str = "main"
    ) -> Blob:
        """Open a BLOB for reading and writing in place."""
        self._check()
        if not -(2**63) <= operator.index(row) < 2**63:
            raise OverflowError("Python int too large to convert to C long")
        with self._lock:
            return open_blob(self, table, column, row, readonly, name)

    def backup(
        self,
        target: Connection,
        *,
        pages: int = -1,
        progress: Callable[[int, int, int], object] | None = None,
        name: str = "main",
        sleep: float = 0.250,
    ) -> None:
        """Copy the database to another connection's."""
        self._check()
        if not isinstance(target, Connection):
            kind = type(target)
            given = "None" if target is None else f"{kind.__module__}.{kind.__qualname__}"
            raise TypeError(f"backup() argument 1 must be mantisdb_dbapi.Connection, not {given}")
        target._check_open()
        if target is self:
            raise ValueError("target cannot be the same connection instance")
        if progress is not None and not callable(progress):
            raise TypeError("progress argument must be a callable")
        if not isinstance(sleep, int | float):
            raise TypeError(f"must be real number, not {type(sleep).__name__}")
        with Room(RUNNING_FRAMES):
            copies.backup(self, target, operator.index(pages), progress, name)

    def serialize(self, *, name: str = "main") -> bytes:
        """The database as the bytes of its file."""
        self._check()
        with self._lock:
            return copies.serialized(self, name)

    def deserialize(self, data: bytes, /, *, name: str = "main") -> None:
        """Leave the database, or an attached one, for one in memory that the bytes of :meth:`serialize` give."""
        self._check()
        known = lower_ascii(name)
        with self._lock:
            if known == "temp" or known not in self._session.slots:
                raise from_code(f"unknown database {name}", "SQLITE_ERROR")
            if self._session.transaction is not None:
                raise from_code("database is locked", "SQLITE_BUSY")
            shared = registry.SharedDatabase(copies.deserialized(data), None)
            if known != "main":
                self._files.adopt(shared)
                exchange_database(self._session, known, shared.database)
                return
            before, self._shared = self._shared, shared
            self._session.move_to(shared.database)
            self._cache.clear()
            self._readonly = False
            self._choose_path()
            assert before is not None
            registry.release(before)


_LIMIT_NAMES = {
    constants.SQLITE_LIMIT_LENGTH: "length",
    constants.SQLITE_LIMIT_SQL_LENGTH: "sql_length",
    constants.SQLITE_LIMIT_COLUMN: "columns",
    constants.SQLITE_LIMIT_EXPR_DEPTH: "expression_depth",
    constants.SQLITE_LIMIT_COMPOUND_SELECT: "terms",
    constants.SQLITE_LIMIT_VDBE_OP: "operations",
    constants.SQLITE_LIMIT_FUNCTION_ARG: "arguments",
    constants.SQLITE_LIMIT_ATTACHED: "attached",
    constants.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: "pattern_length",
    constants.SQLITE_LIMIT_VARIABLE_NUMBER: "parameters",
    constants.SQLITE_LIMIT_TRIGGER_DEPTH: "trigger_depth",
    constants.SQLITE_LIMIT_WORKER_THREADS: "workers",
}
# Kinds of statements that are no queries and write nothing either.
_DML = frozenset({"INSERT", "REPLACE", "UPDATE", "DELETE"})


def _session(shared: registry.SharedDatabase, *, read_only: bool) -> Session:
    try:
        return Session(shared.database, read_only=read_only)
    except ReadOnlyError as error:  # it was to get a schema, which recovery, or a crash, left it without
        if shared.damage:
            message = f"database disk image is malformed: {shared.damage}"
            raise from_code(message, "SQLITE_CORRUPT") from None
        message = f"unable to open database file: {shared.database.path} is empty, and open for reading only"
        raise from_code(message, "SQLITE_CANTOPEN") from error


def _limit_name(category: int) -> str:
    name = _LIMIT_NAMES.get(category)
    if name is None:
        raise ProgrammingError("'category' is out of bounds")
    return name


def _timeout_ms(timeout: Any) -> int:
    """What PRAGMA busy_timeout tells of ``connect(timeout=…)``, in seconds."""
    if not isinstance(timeout, int | float) and not hasattr(timeout, "__float__"):
        raise TypeError(f"must be real number, not {type(timeout).__name__}")
    timeout_s = float(timeout)
    return int(min(timeout_s * 1000, 2**31 - 1)) if timeout_s > 0 else 0


def _checked_level(level: str | None) -> str | None:
    if level is None:
        return None
    if not isinstance(level, str):
        raise TypeError("isolation_level must be str or None")
    if "\0" in level:
        raise ValueError("embedded null character")
    mode = str.upper(level)
    if mode not in _LEVELS:
        raise ValueError("isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'")
    return mode


def _check_autocommit(value: object) -> None:
    if value is not True and value is not False and value != constants.LEGACY_TRANSACTION_CONTROL:
        raise ValueError("autocommit must be True, False, or sqlite3.LEGACY_TRANSACTION_CONTROL")


def _bind_slowly_everywhere() -> None:
    for connection in list(_connections):
        connection._binds_slowly = True
        connection._choose_path()


def _cut_off_after_fork() -> None:
    """A file belongs to the process that opened it; databases in memory were copied with it."""
    for connection in list(_connections):
        shared = connection._shared
        if shared is not None and shared.database.path is not None:
            connection._shared = None
            connection._owner = _NOBODY
            connection._plans = _NO_PLANS
            connection._closed_because = (
                "The connection was opened in another process; connect again after a fork."
            )


adaptation.on_plain_adapter(_bind_slowly_everywhere)
registry.on_fork(_cut_off_after_fork)
