"""INSERT, REPLACE, UPDATE and DELETE: run in the session's transaction, or in one of their own, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from mantisdb_engine.errors import ConflictError
from mantisdb_sql.changes.bulk import is_batch
from mantisdb_sql.changes.returning_clause import UncountedRows
from mantisdb_sql.collector import collector_paused
from mantisdb_sql.errors import NewTypes, SqlError, StalePlan
from mantisdb_sql.interrupts import Interrupted
from mantisdb_sql.statements.statement import MAX_RECOMPILES, Statement

__all__ = ["ChangeStatement"]

CHUNK_ROWS = 4096
MIN_BATCH_ROWS = 4
"""Outside a transaction, where a batch is also one commit."""


def _changed(returned: list[Any]) -> int:
    """How many changed rows these rows of RETURNING stand for."""
    return returned.changed if isinstance(returned, UncountedRows) else len(returned)


class ChangeStatement(Statement):
    """INSERT, REPLACE, UPDATE and DELETE."""

    __slots__ = ()

    @property
    def returns_rows(self) -> bool:
        """See :class:`Statement`; nothing need be compiled for it."""
        return self.prepared.syntax.has_returning

    def run_inside(self, txn: Any, params: Sequence[Any]) -> Any:
        """See :meth:`Statement.run_inside`."""
        return self._run_in(txn, params)

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`; without RETURNING the list is empty."""
        if self._literals:
            params = (*params, *self._literals)
        session = self.session
        txn = session.transaction
        if session.must_freeze or session.computing:
            return self._run_slowly(params)
        if txn is None:
            return self._run_alone(params)
        mark = len(txn.operations)
        interrupts, outer = session.interrupts, session.computing
        try:
            session.computing = outer or interrupts
            session.is_writing = True
            try:
                result = self.prepared.hot(session, txn, params)
            finally:
                session.is_writing = False
                session.computing = outer
                if session.interrupts != interrupts:
                    session.calm()
        except StalePlan:
            txn.undo_to(mark)
            return self._run_slowly(params)
        except BaseException as error:
            self._fail(txn, mark, error)
            raise
        if result.__class__ is int:
            session.changes = result
            session.total_changes += result
            return ()
        return self._returned(result)

    def _returned(self, result: Any) -> Any:
        """What a statement gives, and count what it changed."""
        session = self.session
        if result.__class__ is int:
            session.changes = result
            session.total_changes += result
            return ()
        session.count_changes(_changed(result))
        return result if result.__class__ is list else list(result)

    def _run_alone(self, params: Sequence[Any]) -> Any:
        """Run outside a transaction, with the function used last."""
        session = self.session
        if session.is_on("query_only"):
            return self._run_slowly(params)
        try:
            result = session.write_once(self.prepared.hot, params)
        except (StalePlan, ConflictError):
            return self._run_slowly(params)
        except BaseException as error:
            self._count_failed(error)
            raise
        return self._returned(result)

    def _run_slowly(self, params: Sequence[Any]) -> Any:
        """Compile as often as it takes; in autocommit, in a transaction of its own."""
        session = self.session
        try:
            if session.is_on("query_only"):
                self._compile(session.trees, params)
                self.prepared.forget()
                session.refuse_if_query_only()
            result = session.write(lambda txn: self._run_in(txn, params))
        except BaseException as error:
            self._count_failed(error)
            raise
        return self._returned(result)

    def _run_in(self, txn: Any, params: Sequence[Any]) -> Any:
        prepared, session = self.prepared, self.session
        interrupts = session.interrupts
        for tries in range(MAX_RECOMPILES):
            mark = txn.mark()
            try:
                return prepared.hot(session, txn, params)
            except StalePlan as stale:
                txn.undo_to(mark)
                if not isinstance(stale, NewTypes):
                    prepared.outdate(tries)
                session.shielded(self._compile, txn.trees, params)
                if session.interrupts != interrupts:
                    raise Interrupted from None
        raise SqlError("database schema is changing too fast", "SQLITE_SCHEMA")

    def _compile(self, trees: Any, params: Sequence[Any]) -> None:
        """Have the hot function be one for these parameters' types."""
        try:
            self.prepared.variant(self.session, trees, params)
        except SqlError as error:
            error.before_run = True
            raise

    def _fail(self, txn: Any, mark: Any, error: BaseException) -> None:
        self._count_failed(error)
        self.session.undo_statement(txn, mark, error)

    def _count_failed(self, error: BaseException) -> None:
        if not getattr(error, "before_run", False):
            self.session.count_changes(getattr(error, "changed", 0))

    def run_many(self, rows: Iterable[Sequence[Any]]) -> int:
        """See :meth:`Statement.run_many`: in batches where the statement allows it."""
        session = self.session
        before = session.total_changes
        rows = iter(rows)
        while chunk := list(map(tuple, islice(rows, CHUNK_ROWS))):
            if self.run_batch(chunk) is None:
                self.run_rows(chunk, chunk.__getitem__)
        return session.total_changes - before

    def run_rows(self, rows: Sequence[Sequence[Any]], bound: Callable[[int], Sequence[Any]]) -> int:
        """See :meth:`Statement.run_rows`."""
        total, at = 0, 0
        while at < len(rows):
            with collector_paused():
                at, changed = self._run_while_hot(rows, at)
            total += changed
            if at < len(rows):
                self._run_row(rows, at, bound)
                total += self.session.changes
                at += 1
        return total

    def _run_while_hot(self, rows: Sequence[Sequence[Any]], start: int) -> tuple[int, int]:
        """Run for the rows from ``start`` on, while that can go on in the open transaction with the function used last:
        the number of the first row that was not run, and how many rows were changed."""
        session, prepared, literals, total = self.session, self.prepared, self._literals, 0
        txn = session.transaction
        if txn is None or session.must_freeze or session.computing:
            return start, 0
        mark, at = len(txn.operations), start
        interrupts, outer = session.interrupts, session.computing
        try:
            session.computing = outer or interrupts
            session.is_writing = True
            try:
                for at in range(start, len(rows)):
                    mark = len(txn.operations)
                    result = prepared.hot(session, txn, (*rows[at], *literals) if literals else rows[at])
                    changed = result if result.__class__ is int else _changed(result)
                    session.changes = changed
                    session.total_changes += changed
                    total += changed
                    if session.must_freeze or session.transaction is not txn:  # as functions of the user's may have it
                        return at + 1, total
            finally:
                session.is_writing = False
                session.computing = outer
                if session.interrupts != interrupts:
                    session.calm()
        except StalePlan:
            txn.undo_to(mark)
            return at, total
        except BaseException as error:
            self._fail(txn, mark, error)
            raise
        return len(rows), total

    def run_batch(self, chunk: list[tuple[Any, ...]]) -> int | None:
        """See :meth:`Statement.run_batch`: for INSERT."""
        prepared, session = self.prepared, self.session
        width = len(self.parameters)
        many = is_batch(chunk) if session.transaction is not None else len(chunk) >= MIN_BATCH_ROWS
        if not many or prepared.kind not in ("INSERT", "REPLACE") or session.is_on("query_only"):
            return None

        def body(txn: Any) -> int | None:
            bulk = prepared.bulk(session, txn.unmerged, width + len(self._literals))
            result = None if bulk is None else bulk.insert_rows(session, txn, rows)
            return len(result) if result.__class__ is list else result

        rows = chunk
        if self._literals:
            rows = [(*row, *self._literals) for row in chunk]
        count = session.write(body)
        if count is not None:
            session.total_changes += count
            session.changes = 1  # the last statement's
        return count
