"""RETURNING: its result columns, as those of a SELECT over the row that was changed.

It is a trigger to SQLite, and may call RAISE. What that says of FAIL, ABORT and ROLLBACK holds here as well; IGNORE
ends the statement with the row at which it stands: what was changed stays, and there are no results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.mistakes import raise_earlier_error
from mantisdb_sql.binding.plan import Output, Source
from mantisdb_sql.binding.query import SelectBinder
from mantisdb_sql.binding.scope import Scope, Stage
from mantisdb_sql.catalog.definitions import TableDef
from mantisdb_sql.errors import ConstraintError, NotSupported, SqlError
from mantisdb_sql.values.ascii_case import upper_ascii

__all__ = [
    "UncountedRows", "ending", "guarded_row", "may_raise", "plain_columns", "returning_outputs", "returning_select",
]


class UncountedRows(list[tuple[Any, ...]]):
    """Rows of RETURNING that are not as many as were ``changed``."""

    def __init__(self, changed: int = 0) -> None:
        super().__init__()
        self.changed = changed


class _Ended(Exception):
    """RAISE(IGNORE), after so many rows were changed."""

    def __init__(self, changed: int) -> None:
        super().__init__(changed)
        self.changed = changed


def may_raise(clause: Any) -> bool:
    """Whether RETURNING calls RAISE."""
    return clause is not None and any(upper_ascii(call.name) == "RAISE" for call in clause.find_all(exp.Anonymous))


def guarded_row(make: Callable[[], Any], changed: int) -> Any:
    """A row of RETURNING, the last of so many that were changed, which may call RAISE."""
    from mantisdb_sql.changes.triggers import RowIgnored

    try:
        return make()
    except RowIgnored:
        raise _Ended(changed) from None
    except ConstraintError as error:
        error.changed = changed if error.action == "FAIL" else 0  # type: ignore[attr-defined]
        raise


def ending(run: Callable[..., Any]) -> Callable[..., Any]:
    """``run`` of a statement whose RETURNING may call RAISE."""

    def run_to_its_end(session: Any, txn: Any, params: Sequence[Any]) -> Any:
        try:
            return run(session, txn, params)
        except _Ended as end:
            return UncountedRows(end.changed)

    return run_to_its_end


def returning_select(clause: Any) -> exp.Select:
    """A SELECT of what RETURNING asks for, without FROM; a table's star is not among it
    (https://www.sqlite.org/lang_returning.html#limitations_and_caveats)."""
    for item in clause.expressions:
        if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            raise SqlError('RETURNING may not use "TABLE.*" wildcards')
    select = exp.Select(expressions=list(clause.expressions))
    select.meta["columns"] = clause.meta.get("columns")
    return select


def returning_outputs(binder: SelectBinder, source: Source, clause: Any) -> list[Output]:
    """Its result columns over a row of the table. Mistakes are told that it would have as a SELECT, which is what
    SQLite takes it for at first (``codeReturningTrigger`` of trigger.c); only then those that it has in a trigger."""
    select, query = returning_select(clause), binder.new_query()
    query.result_names = binder.context.result_names
    scope = Scope(query=query, sources=[source], is_trigger=True)
    try:
        return [binder.output(item, scope) for item in binder.expand_stars(select, scope)]
    except NotSupported:
        raise
    except SqlError:
        if binder.context.authorizer is None:  # which must not be asked twice
            raise_earlier_error(binder, query, select, Scope(query=query, sources=[source], stage=Stage.RESULTS))
        raise


def plain_columns(exprs: Sequence[Expr], table: TableDef) -> tuple[int, ...] | None:
    """The columns of a table, -1 for its rowid, that expressions over a row of it are; None where one is another."""
    found = []
    for expr in exprs:
        if not isinstance(expr, bound.Column | bound.Rowid):
            return None
        found.append(expr.position if isinstance(expr, bound.Column) else -1)
    return None if table.without_rowid and -1 in found else tuple(found)
