"""SET clauses, of UPDATE and of DO UPDATE: which columns get what; and what FROM behind them must not name."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.late_mistakes import LateMistakes, Mistake
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.catalog.definitions import TableDef, ViewDef
from mantisdb_sql.codegen.update import Assignment
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.changes.change import Change

__all__ = ["bound_assignments", "refuse_target_in_from", "set_names", "written_columns"]


def set_names(nodes: list[Any]) -> list[str]:
    """The columns that SET clauses name, in lower case."""
    lefts = [node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this] for node in nodes]
    return [lower_ascii(column.name) for columns in lefts for column in columns]


def refuse_target_in_from(node: exp.Update, target: TableDef | ViewDef) -> None:
    """Refuse an UPDATE whose FROM names the target under the alias that it has itself, or both times without one."""
    own = node.this.args.get("alias")
    shown = None if own is None else own.this.name
    stack = [node.args["from_"].this]
    while stack:
        item = stack.pop()
        stack += [join.this for join in item.args.get("joins") or ()]
        if isinstance(item, exp.Subquery) and not isinstance(item.this, exp.Query):
            stack.append(item.this)
        if not isinstance(item, exp.Table) or lower_ascii(item.name) != lower_ascii(target.name):
            continue
        database, alias = item.args.get("db"), item.args.get("alias")
        if database is not None and lower_ascii(database.name) != target.database:
            continue
        called = None if alias is None else alias.this.name
        if (shown and lower_ascii(shown)) == (called and lower_ascii(called)):
            raise SqlError(f"target object/alias may not appear in FROM clause: {shown or target.name}")


def written_columns(change: Change, nodes: list[Any]) -> list[int]:
    """The positions of the columns that SET clauses name; SqlError for those that there are not, or cannot be set."""
    return [
        _written(change, column)
        for node in nodes
        for column in (node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this])
    ]


def _written(change: Change, column: Any) -> int:
    position = change.position(column.name)
    if position is None:
        raise SqlError(f"no such column: {column.name}")
    if position >= 0 and change.table.columns[position].generated is not None:
        raise SqlError(f'cannot UPDATE generated column "{change.table.columns[position].name}"')
    return position


def bound_assignments(change: Change, nodes: list[Any], scope: Scope) -> list[Assignment]:
    """SET clauses, in order; the last one for a column wins, and of what is found once all names are known only its
    mistakes are told. That a subquery has another number of columns than are written is told last, and of the last of
    several columns."""
    result: dict[int, Assignment] = {}
    wrong_widths: dict[int, SqlError] = {}
    mistakes: dict[int, Mistake | None] = {}
    later = change.binder.expressions.later or LateMistakes()
    for node in nodes:
        left, right = node.this, node.expression
        wide = isinstance(left, exp.Tuple)
        names = left.expressions if wide else [left]
        before = later.begin()
        bound_right = change.bind(right, scope)
        values = bound_right.items if wide and isinstance(bound_right, bound.RowValue) else [bound_right]
        wrong_width = None
        if len(values) != len(names):
            wrong_width = SqlError(f"{len(names)} columns assigned {len(values)} values")
            if not isinstance(right, exp.Subquery):
                raise wrong_width
        positions = []
        for column, expr in zip(names, cycle(values)):
            position = _written(change, column)
            positions.append(position)
            expr = change.binder.expressions.one_value(expr)
            wrong_widths.pop(position, None)
            if wrong_width is not None:
                wrong_widths[position] = wrong_width
            named = "ROWID" if position < 0 else change.table.columns[position].name
            if not change.is_allowed("UPDATE", named) and position not in (-1, change.table.rowid_alias):
                result.pop(position, None)  # the column stays as it is, its rows are updated all the same
                continue
            result[position] = Assignment(position, expr, classes=expr.classes)
        mistakes.update(dict.fromkeys(positions, later.end(before)))
    for _, mistake in sorted(mistakes.items()):
        if mistake is not None:
            mistake.tell()
    if wrong_widths:
        change.binder.expressions.tell_late(wrong_widths[max(wrong_widths)])
    return list(result.values())
