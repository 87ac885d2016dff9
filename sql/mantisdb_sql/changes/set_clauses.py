"""SET clauses, of UPDATE and of DO UPDATE: which columns get what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.codegen.update import Assignment
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.changes.dml import Change

__all__ = ["bound_assignments", "set_names"]


def set_names(nodes: list[Any]) -> list[str]:
    """The columns that SET clauses name, in lower case."""
    lefts = [node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this] for node in nodes]
    return [lower_ascii(column.name) for columns in lefts for column in columns]


def bound_assignments(change: Change, nodes: list[Any], scope: Scope) -> list[Assignment]:
    """SET clauses, in order; the last one for a column wins."""
    result: dict[int, Assignment] = {}
    for node in nodes:
        left, right = node.this, node.expression
        wide = isinstance(left, exp.Tuple)
        names = left.expressions if wide else [left]
        values = _split(change, right, len(names), scope) if wide else [change.bind(right, scope)]
        for column, expr in zip(names, values, strict=True):
            position = change.position(column.name)
            if position is None:
                raise SqlError(f"no such column: {column.name}")
            if position >= 0 and change.table.columns[position].generated is not None:
                raise SqlError(f'cannot UPDATE generated column "{change.table.columns[position].name}"')
            if isinstance(expr, bound.RowValue):
                raise SqlError(expr.misuse)
            result[position] = Assignment(position, expr, classes=expr.classes)
    return list(result.values())


def _split(change: Change, node: Any, width: int, scope: Scope) -> list[Expr]:
    """The values of a row value, one expression each."""
    expr = change.bind(node, scope)
    items = expr.items if isinstance(expr, bound.RowValue) else [expr]
    if len(items) != width:
        raise SqlError(f"{width} columns assigned {len(items)} values")
    return items
