"""SET clauses, of UPDATE and of DO UPDATE: which columns get what."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.codegen.update import Assignment
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.changes.change import Change

__all__ = ["bound_assignments", "set_names"]


def set_names(nodes: list[Any]) -> list[str]:
    """The columns that SET clauses name, in lower case."""
    lefts = [node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this] for node in nodes]
    return [lower_ascii(column.name) for columns in lefts for column in columns]


def bound_assignments(change: Change, nodes: list[Any], scope: Scope) -> list[Assignment]:
    """SET clauses, in order; the last one for a column wins. That a subquery has another number of columns than are
    written is told last, and of the last of several columns."""
    result: dict[int, Assignment] = {}
    wrong_widths: dict[int, SqlError] = {}
    for node in nodes:
        left, right = node.this, node.expression
        wide = isinstance(left, exp.Tuple)
        names = left.expressions if wide else [left]
        bound_right = change.bind(right, scope)
        values = bound_right.items if wide and isinstance(bound_right, bound.RowValue) else [bound_right]
        wrong_width = None
        if len(values) != len(names):
            wrong_width = SqlError(f"{len(names)} columns assigned {len(values)} values")
            if not isinstance(right, exp.Subquery):
                raise wrong_width
        for column, expr in zip(names, cycle(values)):
            position = change.position(column.name)
            if position is None:
                raise SqlError(f"no such column: {column.name}")
            if position >= 0 and change.table.columns[position].generated is not None:
                raise SqlError(f'cannot UPDATE generated column "{change.table.columns[position].name}"')
            expr = change.binder.expressions.one_value(expr)
            wrong_widths.pop(position, None)
            if wrong_width is not None:
                wrong_widths[position] = wrong_width
            named = "ROWID" if position < 0 else change.table.columns[position].name
            if not change.is_allowed("UPDATE", named) and position not in (-1, change.table.rowid_alias):
                result.pop(position, None)  # the column stays as it is, its rows are updated all the same
                continue
            result[position] = Assignment(position, expr, classes=expr.classes)
    if wrong_widths:
        change.binder.expressions.tell_late(wrong_widths[max(wrong_widths)])
    return list(result.values())
