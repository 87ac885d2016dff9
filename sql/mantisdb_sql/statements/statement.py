"""A statement: a text with its offsets, bound to a session.

What it compiles to hangs on its :class:`~mantisdb_sql.statements.prepared.Prepared`, which all statements of the same
shape share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mantisdb_sql.errors import ParameterTypeError, SqlError
from mantisdb_sql.statements.prepared import Prepared

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["MAX_RECOMPILES", "Statement"]

MAX_RECOMPILES = 50


class Statement:
    """One prepared statement; see the module's text.

    sql         the text given to prepare
    tail        offset in it where the next statement starts; len(sql) when there is none
    kind        "SELECT", "INSERT", …, "" for a text without a statement
    is_dml      INSERT, UPDATE, DELETE or REPLACE as the first word (the stdlib opens a transaction before
    these) readonly    changes nothing in the database
    parameters  one entry per bind slot: ":a", "?5", or None for "?"
    """

    __slots__ = (
        "_literals",
        "is_dml",
        "kind",
        "parameters",
        "prepared",
        "readonly",
        "session",
        "sql",
        "tail",
    )

    def __init__(
        self,
        session: Session,
        prepared: Prepared,
        sql: str,
        tail: int,
        parameters: tuple[str | None, ...] = (),
        literals: tuple[Any, ...] = (),
    ) -> None:
        self.session = session
        self.prepared = prepared
        self.sql = sql
        self.tail = tail
        self.kind = prepared.kind
        self.parameters = parameters
        self.is_dml = prepared.is_dml
        self.readonly = prepared.readonly
        self._literals = literals

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the result columns; None where no rows come back."""
        names: tuple[str, ...] | None = self._described().columns
        return names

    @property
    def returns_rows(self) -> bool:
        """Whether there are result columns."""
        return self.columns is not None

    @property
    def decltypes(self) -> tuple[str | None, ...]:
        """Declared types of the result columns that are plain table columns."""
        types: tuple[str | None, ...] = self._described().decltypes
        return types

    @property
    def streams(self) -> bool:
        """Whether ``run`` gives an iterator of batches."""
        return bool(getattr(self._described(), "streams", False))

    def _described(self) -> Any:
        return self.prepared.described(self.session, len(self.parameters) + len(self._literals))

    def run(self, params: Sequence[Any] = ()) -> Any:
        """Execute: a list of row tuples, or an iterator of such lists where the statement streams."""
        raise NotImplementedError

    def run_inside(self, txn: Any, params: Sequence[Any]) -> Any:
        """Execute as a part of a statement that changes ``txn``: rows, or how many were changed. Errors leave what was
        done to the statement around it."""
        raise NotImplementedError

    def run_many(self, rows: Iterable[Sequence[Any]]) -> int:
        """Execute once per parameter row; the number of changed rows."""
        raise SqlError("executemany() can only execute DML statements.")

    def run_rows(self, rows: Sequence[Sequence[Any]], bound: Callable[[int], Sequence[Any]]) -> int:
        """Run once per parameter row: how many rows were changed. ``bound(i)`` has the plain values of the row number
        ``i``, which it is asked for where the row itself has others."""
        for at in range(len(rows)):
            self._run_row(rows, at, bound)
        return 0

    def _run_row(
        self, rows: Sequence[Sequence[Any]], at: int, bound: Callable[[int], Sequence[Any]]
    ) -> None:
        try:
            self.run(rows[at])
        except ParameterTypeError:
            self.run(bound(at))

    def run_batch(self, chunk: list[tuple[Any, ...]]) -> int | None:
        """Run for many parameter rows at once, a statement for each: the number of changed rows; None, and nothing
        changed, where it has to go row by row (as where they are not as wide as they should be)."""
        return None

    def explain(self) -> str:
        """The generated Python source."""
        return str(getattr(self._described(), "source_text", ""))
