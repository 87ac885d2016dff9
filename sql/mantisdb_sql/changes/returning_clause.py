"""RETURNING: its result columns, as those of a SELECT over the row that was changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import Source
from mantisdb_sql.binding.query import SelectBinder
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.catalog.definitions import TableDef
from mantisdb_sql.errors import SqlError

__all__ = ["plain_columns", "returning_scope", "returning_select"]


def returning_select(clause: Any) -> exp.Select:
    """A SELECT of what RETURNING asks for, without FROM; a table's star is not among it
    (https://www.sqlite.org/lang_returning.html#limitations_and_caveats)."""
    for item in clause.expressions:
        if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            raise SqlError('RETURNING may not use "TABLE.*" wildcards')
    select = exp.Select(expressions=list(clause.expressions))
    select.meta["columns"] = clause.meta.get("columns")
    return select


def returning_scope(binder: SelectBinder, source: Source) -> Scope:
    """Where its names are looked up: a row of the table."""
    query = binder.new_query()
    query.result_names = binder.context.result_names
    return Scope(query=query, sources=[source], is_trigger=True)


def plain_columns(exprs: Sequence[Expr], table: TableDef) -> tuple[int, ...] | None:
    """The columns of a table, -1 for its rowid, that expressions over a row of it are; None where one is another."""
    found = []
    for expr in exprs:
        if not isinstance(expr, bound.Column | bound.Rowid):
            return None
        found.append(expr.position if isinstance(expr, bound.Column) else -1)
    return None if table.without_rowid and -1 in found else tuple(found)
