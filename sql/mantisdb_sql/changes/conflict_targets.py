"""Conflict targets of an upsert: which unique index ON CONFLICT (…) means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.order_by import nth
from mantisdb_sql.binding.plan import Source
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.catalog.definitions import IndexColumn, IndexDef
from mantisdb_sql.changes.computed_indexes import index_terms
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import upper_ascii

if TYPE_CHECKING:
    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.changes.change import Change

__all__ = ["conflict_targets"]


def conflict_targets(change: Change, clauses: list[Any], target: Source) -> list[IndexDef | str | None]:
    """What the ON CONFLICT clauses of an INSERT mean, each a unique index, "rowid", or None for any constraint."""
    found: list[IndexDef | str | None] = []
    for number, clause in enumerate(clauses, 1):
        keys, where = clause.args.get("conflict_keys"), clause.args.get("index_predicate")
        which = f"{nth(number)} " if len(clauses) > 1 else ""
        found.append(None if not keys else _conflict_target(change, keys, where, target, which))
    return found


def _conflict_target(change: Change, keys: list[Any], where: Any, target: Source, which: str) -> IndexDef | str:
    """The unique index that a conflict target means (https://www.sqlite.org/lang_upsert.html), or "rowid"; ``which``
    begins the text of the error where there are several clauses."""
    scope = Scope(query=change.binder.new_query(), sources=[target])
    wanted = [_ConflictKey(change, key.this, scope) for key in keys]
    if len(wanted) == 1 and wanted[0].is_rowid:
        return "rowid"
    condition = change.binder.expressions.bind(where.this, scope) if where is not None else None
    for index in change.table.indexes:
        if not index.unique or len(index.columns) != len(wanted):
            continue
        terms = index_terms(change.binder, index, target)
        if terms.where is not None and (condition is None or not same(terms.where, condition)):
            continue
        pairs = list(zip(index.columns, terms.columns, strict=True))
        if all(any(key.means(column, expr) for key in wanted) for column, expr in pairs):
            return index
    raise SqlError(f"{which}ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint")


class _ConflictKey:
    """One term of a conflict target: a column, or an expression."""

    def __init__(self, change: Change, node: Any, scope: Scope) -> None:
        self.collation: str | None = None
        while isinstance(node, exp.Collate | exp.Paren):
            if isinstance(node, exp.Collate):
                self.collation = upper_ascii(node.expression.name) if self.collation is None else "more than one"
            node = node.this
        named = isinstance(node, exp.Column) and not node.args.get("table")
        self.position = change.position(node.name) if named else None
        guard = change.binder.guard(change.table)
        if guard is not None and self.position is not None:
            guard.allows(self.position)
        self.is_rowid = self.position is not None and self.position in (-1, change.table.rowid_alias)
        self.expr = None if self.position is not None else change.binder.expressions.bind(node, scope)

    def means(self, column: IndexColumn, expr: Expr | None) -> bool:
        """Whether it is this column of an index, whose expression is ``expr``."""
        if self.collation not in (None, column.collation):
            return False
        if expr is None:
            return self.position == column.position and not self.is_rowid
        return self.expr is not None and same(self.expr, expr)
