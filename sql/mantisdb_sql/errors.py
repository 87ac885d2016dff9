"""Errors of the SQL layer: SQLite's texts, with SQLite's result codes by name.

The DB-API layer turns them into PEP 249's classes. A message names the offending object or token, never row data.
"""

from __future__ import annotations


class SqlError(Exception):
    """An SQL statement cannot be prepared or run.

    code_name   SQLite's (extended) result code, e.g. "SQLITE_ERROR", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_MISMATCH"
    before_run  the statement was refused while it was compiled: SQLite's prepare would have failed
    """

    code_name: str
    before_run: bool = False

    def __init__(self, message: str, code_name: str = "SQLITE_ERROR") -> None:
        super().__init__(message)
        self.code_name = code_name


class NotSupported(SqlError):
    """SQL that SQLite accepts and MantisDB does not yet; the message names the construct."""

    def __init__(self, construct: str) -> None:
        super().__init__(f"{construct} is not supported yet")
        self.construct = construct


class ConstraintError(SqlError):
    """A row breaks a constraint (SQLITE_CONSTRAINT_*).

    action  what is undone: ABORT the statement, ROLLBACK the transaction, FAIL nothing
    """

    def __init__(self, message: str, code_name: str = "SQLITE_CONSTRAINT", action: str = "ABORT") -> None:
        super().__init__(message, code_name)
        self.action = action


class LateViolation(ConstraintError):
    """A foreign key is violated when a statement outside a transaction has ended. Its rows had been written by then,
    and last_insert_rowid() goes on telling of them."""


class ParameterTypeError(Exception):
    """A parameter is not exactly None, int, float, str or bytes, or is out of range: adapt it and run again.

    before_run  as of :class:`SqlError`: nothing was run
    """

    before_run = True

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class StalePlan(Exception):
    """Internal signal: the schema or a column profile changed after this plan was compiled; compile it again."""


class NewTypes(StalePlan):
    """Internal signal: no plan is there yet for parameters of these types."""
