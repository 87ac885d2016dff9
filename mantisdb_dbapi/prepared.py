"""What a connection keeps of a statement: the SQL layer's Statement, and what a cursor asks of it at every
execute.

``Prepared`` puts the answers into slots, so that the fast path of ``Cursor.execute`` costs attribute loads
only. The result's columns are looked at when somebody asks for them: the statement may not be compiled before
its first run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mantisdb_dbapi import constants
from mantisdb_dbapi.adaptation import converters
from mantisdb_dbapi.errors import DataError, ProgrammingError
from mantisdb_dbapi.parameters import NAMED_WANT_MAPPING
from mantisdb_dbapi.row import Columns
from mantisdb_dbapi.text import skip_blanks
from mantisdb_sql.session import Session
from mantisdb_sql.statements.statement import Statement

__all__ = ["Prepared", "prepare"]

_NO_SEQUENCE = -1


class Prepared:
    """A statement of one connection.

    parameter_count  slots to bind; -1 where a sequence needs a second look (named parameters from Python 3.12
    on) is_dml           INSERT, UPDATE, DELETE or REPLACE is its first word
    """

    __slots__ = ("_columns", "is_dml", "parameter_count", "run", "statement")

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.run: Callable[[Sequence[Any]], Any] = statement.run
        self.is_dml = statement.is_dml
        names = statement.parameters
        wants_mapping = NAMED_WANT_MAPPING and any(name is not None and name[0] != "?" for name in names)
        self.parameter_count = _NO_SEQUENCE if wants_mapping else len(names)
        self._columns: Columns | None = None

    def columns(self, detect_types: int) -> Columns | None:
        """The result's columns as they are now; None where the statement gives no rows."""
        names = self.statement.columns
        if names is None:
            return None
        if detect_types & constants.PARSE_COLNAMES:
            return Columns([_name_before_type(name) for name in names])
        columns = self._columns
        if columns is None or columns.names is not names:
            columns = self._columns = Columns(names)
        return columns

    def converters(self, detect_types: int) -> list[Callable[[bytes], Any] | None]:
        """The converter of each result column."""
        names = self.statement.columns or ()
        found: list[Callable[[bytes], Any] | None] = [None] * len(names)
        if detect_types & constants.PARSE_COLNAMES:
            for i, name in enumerate(names):
                found[i] = converters.get(_type_in_name(name))
        if detect_types & constants.PARSE_DECLTYPES:
            for i, declared in enumerate(self.statement.decltypes):
                if found[i] is None and declared is not None:
                    found[i] = converters.get(_first_word(declared))
        return found


def prepare(session: Session, sql: str, length_limit: int) -> Prepared:
    """Prepare a text of one statement."""
    check_text(sql, length_limit)
    statement = session.prepare(sql)
    if statement.tail < len(sql) and skip_blanks(sql, statement.tail) < len(sql):
        raise ProgrammingError("You can only execute one statement at a time.")
    return Prepared(statement)


def check_text(sql: str, length_limit: int) -> None:
    """Refuse a text that is no UTF-8, too long, or holds a NUL."""
    size_bytes = len(sql) if sql.isascii() else len(sql.encode())
    if size_bytes > length_limit:
        raise DataError("query string is too large")
    if "\0" in sql:
        raise ProgrammingError("the query contains a null character")


def _name_before_type(name: str) -> str:
    """``a`` of ``a [type]``."""
    bracket = name.find("[")
    if bracket < 0:
        return name
    return name[: bracket - 1 if bracket and name[bracket - 1] == " " else bracket]


def _type_in_name(name: str) -> str:
    """``TYPE`` of ``a [type]``; converters are kept by upper-case name."""
    start = name.find("[")
    end = name.find("]", start)
    return name[start + 1 : end].upper() if 0 <= start < end else ""


def _first_word(declared: str) -> str:
    """``DECIMAL`` of ``decimal(10, 2)``."""
    for i, character in enumerate(declared):
        if character in " (":
            return declared[:i].upper()
    return declared.upper()
