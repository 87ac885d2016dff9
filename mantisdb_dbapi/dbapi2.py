"""The module's names, as ``sqlite3.dbapi2`` has them: ``from mantisdb_dbapi import dbapi2`` works, too."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

from mantisdb_dbapi import constants
from mantisdb_dbapi.adaptation import (
    PrepareProtocol,
    adapt,
    adapters,
    converters,
    register_adapter,
    register_converter,
)
from mantisdb_dbapi.blob import Blob
from mantisdb_dbapi.callbacks import enable_callback_tracebacks
from mantisdb_dbapi.connection import Connection, StrPath
from mantisdb_dbapi.constants import *  # noqa: F403
from mantisdb_dbapi.constants import __all__ as _constants
from mantisdb_dbapi.cursor import Cursor
from mantisdb_dbapi.dates import (
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
    register_defaults,
)
from mantisdb_dbapi.errors import (
    ConflictError,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
)
from mantisdb_dbapi.row import Row
from mantisdb_sql.syntax.lexer import complete_statement

__all__ = [
    "Binary", "Blob", "ConflictError", "Connection", "Cursor", "DataError", "DatabaseError", "Date",
    "DateFromTicks", "Error", "IntegrityError", "InterfaceError", "InternalError", "NotSupportedError",
    "OperationalError", "PrepareProtocol", "ProgrammingError", "Row", "Time", "TimeFromTicks", "Timestamp",
    "TimestampFromTicks", "Warning", "adapt", "adapters", "apilevel", "complete_statement", "connect",
    "converters", "enable_callback_tracebacks", "paramstyle", "register_adapter", "register_converter",
    "sqlite_version", "sqlite_version_info", "threadsafety", *_constants,
]  # fmt: skip

apilevel = "2.0"
paramstyle = "qmark"
threadsafety = 3

sqlite_version = "3.54.1"
"""The SQLite whose behaviour MantisDB follows."""
sqlite_version_info = tuple(int(part) for part in sqlite_version.split("."))

register_defaults()

if TYPE_CHECKING:
    # What callers see; the function below hands the arguments on as they came, for factories with other
    # signatures.
    def connect(
        database: StrPath,
        timeout: float = 5.0,
        detect_types: int = 0,
        isolation_level: str | None = "",
        check_same_thread: bool = True,
        factory: type[Connection] = Connection,
        cached_statements: int = 128,
        uri: bool = False,
        *,
        autocommit: int = constants.LEGACY_TRANSACTION_CONTROL,
    ) -> Connection:
        """Open a connection."""
else:

    def connect(database, *args, **kwargs):
        """Open a connection: ``factory(database, …)`` with the arguments as they were given."""
        factory = args[4] if len(args) > 4 else kwargs.get("factory", Connection)
        return factory(database, *args, **kwargs)

    connect.__text_signature__ = (
        "(database, timeout=5.0, detect_types=0, isolation_level='', check_same_thread=True, "
        "factory=Connection, cached_statements=128, uri=False, *, autocommit=LEGACY_TRANSACTION_CONTROL)"
    )


_DEPRECATED = {"version": "2.6.0", "version_info": (2, 6, 0)}


def _enable_shared_cache(do_enable: int) -> None:
    """Does nothing: connections of a process share a database's trees in any case."""
    warnings.warn(
        "enable_shared_cache is deprecated and will be removed in Python 3.12. Shared cache is strongly "
        "discouraged by the SQLite 3 documentation. If shared cache must be used, open the database in URI "
        "mode using the cache=shared query parameter.",
        DeprecationWarning,
        stacklevel=2,
    )


def __getattr__(name: str) -> Any:
    if name in _DEPRECATED and sys.version_info < (3, 14):
        if sys.version_info >= (3, 12):
            warnings.warn(
                f"{name} is deprecated and will be removed in Python 3.14", DeprecationWarning, stacklevel=2
            )
        return _DEPRECATED[name]
    if name == "OptimizedUnicode" and sys.version_info < (3, 12):
        warnings.warn(
            "OptimizedUnicode is deprecated and will be removed in Python 3.12. "
            "Since Python 3.3 it has simply been an alias for 'str'.",
            DeprecationWarning,
            stacklevel=2,
        )
        return str
    if name == "enable_shared_cache" and sys.version_info < (3, 12):
        return _enable_shared_cache
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
