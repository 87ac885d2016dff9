"""SELECT and VALUES: run on the trees as the session sees them, compiled as often as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mantisdb_sql.errors import NewTypes, SqlError, StalePlan
from mantisdb_sql.statements.statement import MAX_RECOMPILES, Statement

__all__ = ["QueryStatement"]


class QueryStatement(Statement):
    """SELECT and VALUES."""

    __slots__ = ()

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`."""
        if self._literals:
            params = (*params, *self._literals)
        session = self.session
        txn = session.transaction
        trees = (session.database.published if txn is None else txn).trees
        interrupts, outer = session.interrupts, session.computing
        try:
            session.computing = outer or interrupts
            try:
                rows = self.prepared.hot(trees, params)
            finally:
                session.computing = outer
                if session.interrupts != interrupts:
                    session.calm()
        except StalePlan as stale:
            rows = self._run_slowly(params, stale, interrupts)
        if txn is not None and (rows.__class__ is not list or len(rows) > 1):
            session.must_freeze = True
        return rows

    def run_inside(self, txn: Any, params: Sequence[Any]) -> Any:
        """See :meth:`Statement.run_inside`."""
        prepared = self.prepared
        for tries in range(MAX_RECOMPILES):
            try:
                rows = prepared.hot(txn.trees, params)
                return [row for batch in rows for row in batch] if self.streams else rows
            except StalePlan as stale:
                if not isinstance(stale, NewTypes):
                    prepared.outdate(tries)
                self.session.shielded(prepared.variant, self.session, txn.trees, params)
        raise SqlError("database schema is changing too fast", "SQLITE_SCHEMA")

    def _run_slowly(self, params: Sequence[Any], stale: StalePlan, interrupts: int) -> Any:
        """Compile as often as it takes."""
        prepared = self.prepared
        for tries in range(MAX_RECOMPILES):
            if not isinstance(stale, NewTypes):
                prepared.outdate(tries)
            trees = self.session.trees
            try:
                run = prepared.variant(self.session, trees, params)
                return self.session.compute(interrupts, run, trees, params)
            except StalePlan as again:
                stale = again
        raise SqlError("database schema is changing too fast", "SQLITE_SCHEMA")
