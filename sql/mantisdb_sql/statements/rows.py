"""INSERT of many rows, each of them inserted as the statement's one-row form says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mantisdb_sql.changes.bulk import is_batch
from mantisdb_sql.collector import collector_paused
from mantisdb_sql.errors import SqlError
from mantisdb_sql.statements.change import ChangeStatement
from mantisdb_sql.statements.statement import Statement

__all__ = ["RowsStatement"]


class RowsStatement(ChangeStatement):
    """An INSERT of many rows of literals, or of parameters, to be inserted as its one-row form says.

    ``rows`` are the literals; where there are none, ``one_row`` says how many of the parameters make a row.
    ``whole`` gives the statement in its full length, for what cannot be done with one row at a time.
    """

    __slots__ = ("_rows", "_whole", "_width")

    def __init__(
        self, one_row: Statement, sql: str, tail: int, whole: Callable[[], Statement],
        rows: list[tuple[Any, ...]] | None = None, parameter_count: int = 0,
    ) -> None:
        literals = one_row._literals
        super().__init__(one_row.session, one_row.prepared, sql, tail, (None,) * parameter_count, literals)
        self._rows = rows
        self._width = len(one_row.parameters)
        self._whole: Callable[[], Statement] | Statement = whole

    def _described(self) -> Any:
        return self.prepared.described(self.session, self._width + len(self._literals))

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`."""
        return self._run_slowly(params)

    def run_batch(self, chunk: list[tuple[Any, ...]]) -> int | None:
        """There is nothing to gain."""
        return None

    def _run_in(self, txn: Any, params: Sequence[Any]) -> Any:
        prepared, session = self.prepared, self.session
        rows = self._all_rows(params)
        try:
            bulk = prepared.bulk(session, txn.unmerged, len(rows[0]))
        except SqlError as error:
            error.before_run = True
            raise
        if bulk is not None and (is_batch(rows) or not prepared.is_divisible):
            result = bulk.insert_rows(session, txn, rows)
            if result is not None:
                return result
        return self._run_each(txn, rows) if prepared.is_divisible else self._run_whole(txn, params)

    def _all_rows(self, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        with collector_paused():
            rows = self._rows or list(zip(*[iter(params)] * self._width, strict=True))
            return [(*row, *self._literals) for row in rows] if self._literals else rows

    def _run_each(self, txn: Any, rows: list[tuple[Any, ...]]) -> Any:
        """How many rows were changed, or the rows of RETURNING."""
        run_row = super()._run_in
        done, returned = 0, None
        try:
            for row in rows:
                result = run_row(txn, row)
                if result.__class__ is int:
                    done += result
                elif returned is None:
                    returned = result
                else:
                    returned += result
        except SqlError as error:
            if getattr(error, "action", None) == "FAIL":
                error.changed = len(returned or ()) + done  # type: ignore[attr-defined]
            raise
        return done if returned is None else returned

    def _run_whole(self, txn: Any, params: Sequence[Any]) -> Any:
        whole = self._whole
        if not isinstance(whole, Statement):
            whole = self._whole = whole()
        return whole.run_inside(txn, params)
