"""PEP 249's exceptions, and the one place where the layers below become them.

    Warning
    Error
    ├── InterfaceError
    └── DatabaseError
        ├── DataError
        ├── OperationalError
        │   └── ConflictError      another transaction was first: roll back and run the transaction again
        ├── IntegrityError
        ├── InternalError
        ├── ProgrammingError
        └── NotSupportedError

Every class derives from the class of the same name in the standard library's sqlite3 where that module
exists, so that ``except sqlite3.OperationalError`` in other people's code goes on working.
``sqlite_errorcode`` and ``sqlite_errorname`` are SQLite's (extended) result code; they are set on errors that
stand for a result code.

A result code's class follows from its primary code, as the standard library maps it; see ``_CLASS_OF_CODE``.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, NoReturn

from mantisdb_dbapi import constants
from mantisdb_engine import errors as engine_errors
from mantisdb_sql import errors as sql_errors
from mantisdb_sql.collector import settle_after_interrupt
from mantisdb_sql.interrupts import Interrupted

if TYPE_CHECKING:
    import sqlite3 as stdlib
else:
    try:
        import sqlite3 as stdlib
    except ImportError:  # CPython built without SQLite
        from mantisdb_dbapi import _no_stdlib as stdlib

__all__ = [
    "ConflictError",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Warning",
    "from_code",
    "raise_translated",
    "translate",
]


class Warning(stdlib.Warning):
    """Important warnings. Nothing raises it; PEP 249 asks for it."""


class Error(stdlib.Error):
    """Any error of the database or of its use."""

    sqlite_errorcode: int
    sqlite_errorname: str


class InterfaceError(Error, stdlib.InterfaceError):
    """The interface was misused, rather than the database."""


class DatabaseError(Error, stdlib.DatabaseError):
    """Any error of the database; raised as such for files that are damaged or are no databases of ours."""


class DataError(DatabaseError, stdlib.DataError):
    """A value is too large to be processed."""


class OperationalError(DatabaseError, stdlib.OperationalError):
    """SQL that cannot be compiled or run, and failures of the environment."""


class ConflictError(OperationalError):
    """Another transaction committed a change to the same rows first. Run the transaction again."""


class IntegrityError(DatabaseError, stdlib.IntegrityError):
    """A constraint refuses the change."""


class InternalError(DatabaseError, stdlib.InternalError):
    """The database is in a state that it should not be in."""


class ProgrammingError(DatabaseError, stdlib.ProgrammingError):
    """The caller's mistake: wrong parameters, a closed connection, a wrong thread."""


class NotSupportedError(DatabaseError, stdlib.NotSupportedError):
    """SQLite has it, and MantisDB does not yet; the message names it."""


_OPERATIONAL = (
    "ERROR",
    "PERM",
    "ABORT",
    "BUSY",
    "LOCKED",
    "READONLY",
    "INTERRUPT",
    "IOERR",
    "FULL",
    "CANTOPEN",
    "PROTOCOL",
    "EMPTY",
    "SCHEMA",
)
_CLASS_OF_CODE: dict[int, type[Error]] = {
    **{constants.ERROR_CODES[f"SQLITE_{name}"]: OperationalError for name in _OPERATIONAL},
    constants.SQLITE_INTERNAL: InternalError,
    constants.SQLITE_NOTFOUND: InternalError,
    constants.SQLITE_TOOBIG: DataError,
    constants.SQLITE_CONSTRAINT: IntegrityError,
    constants.SQLITE_MISMATCH: IntegrityError,
    constants.SQLITE_MISUSE: InterfaceError,
    constants.SQLITE_RANGE: InterfaceError,
}

_CONFLICT = "another transaction committed a change to the same rows; roll back and run the transaction again"

# What the engine refuses, as a result code; a subclass stands before its base. None as text: the engine's
# own.
_ENGINE_CODES: tuple[tuple[type[engine_errors.EngineError], str, str | None], ...] = (
    (engine_errors.CannotOpen, "SQLITE_CANTOPEN", None),
    (engine_errors.AccessDenied, "SQLITE_CANTOPEN", None),
    (engine_errors.ReadOnlyError, "SQLITE_READONLY", None),
    (engine_errors.DatabaseLocked, "SQLITE_BUSY", None),
    (engine_errors.DiskFull, "SQLITE_FULL", "database or disk is full"),
    (engine_errors.EnvironmentFailure, "SQLITE_IOERR", None),
    (engine_errors.NotADatabase, "SQLITE_NOTADB", None),
    (engine_errors.IsSqliteFile, "SQLITE_NOTADB", None),
    (engine_errors.CorruptionError, "SQLITE_CORRUPT", None),
    (engine_errors.UsageError, "SQLITE_MISUSE", None),
)
# The texts that programs match on; the engine's own detail follows after a colon.
_LEADING_TEXT = {
    "SQLITE_CANTOPEN": "unable to open database file",
    "SQLITE_BUSY": "database is locked",
    "SQLITE_READONLY": "attempt to write a readonly database",
    "SQLITE_IOERR": "disk I/O error",
    "SQLITE_NOTADB": "file is not a database",
    "SQLITE_CORRUPT": "database disk image is malformed",
}


def from_code(message: str, code_name: str, cls: type[Error] | None = None) -> Error:
    """The exception for a result code by name, its class by the primary code unless given."""
    code = constants.ERROR_CODES[code_name]
    error = (cls or _CLASS_OF_CODE.get(code & 0xFF, DatabaseError))(message)
    error.sqlite_errorcode = code
    error.sqlite_errorname = code_name
    return error


def translate(error: Exception) -> Exception:
    """The exception that a user is to see for one of a lower layer; any other is returned as it is."""
    if isinstance(error, sql_errors.NotSupported):
        return from_code(str(error), error.code_name, NotSupportedError)
    if isinstance(error, sql_errors.SqlError):
        if error.code_name == "SQLITE_NOMEM":
            return builtins.MemoryError()
        if error.code_name == "SQLITE_BUSY_SNAPSHOT":
            return from_code(_CONFLICT, error.code_name, ConflictError)
        return from_code(str(error), error.code_name)
    if isinstance(error, engine_errors.ConflictError):
        return from_code(_CONFLICT, "SQLITE_BUSY_SNAPSHOT", ConflictError)
    if isinstance(error, engine_errors.EngineError):
        return _translate_engine_error(error)
    return error


def raise_translated(error: BaseException) -> NoReturn:
    """Raise what the user is to see for an exception of a lower layer, without that one's traceback.

    Any other exception (of a user's callback, KeyboardInterrupt, …) is raised as it is, with the cause that
    it has.
    """
    if isinstance(error, Interrupted):
        settle_after_interrupt()
        raise from_code("interrupted", "SQLITE_INTERRUPT") from None
    if isinstance(error, Exception):
        translated = translate(error)
        if translated is not error:
            raise translated from None
    raise error


def _translate_engine_error(error: engine_errors.EngineError) -> Error:
    code_name, text = next(
        ((code_name, text) for cls, code_name, text in _ENGINE_CODES if isinstance(error, cls)),
        ("SQLITE_INTERNAL", None),
    )
    if text is None:
        leading, detail = _LEADING_TEXT.get(code_name), str(error)
        text = f"{leading}: {detail}" if leading and detail and leading != detail else leading or detail
    return from_code(text, code_name)
