"""Comparisons of bound operands: single values, row values, lists and queries, under SQLite's rules of affinity and
collation (https://www.sqlite.org/datatype3.html#comparison_expressions, https://www.sqlite.org/rowvalue.html)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding import bound, plan
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.compound_types import expressions
from mantisdb_sql.binding.effects import is_constant
from mantisdb_sql.binding.late_mistakes import Misuse
from mantisdb_sql.binding.operator_types import (
    BOOLEAN,
    comparison_affinities,
    comparison_collation,
    inherit_explicit_collation,
    membership_affinities,
    needed_affinity,
)
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.storage import NULL, Affinity

if TYPE_CHECKING:
    from mantisdb_sql.binding.plan import Query

_COMPARED_ITEMS = 2
"""A list of no more items is no index to SQLite (sqlite3FindInIndex of expr.c)."""
_NEGATED = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "IS": "IS NOT", "IS NOT": "IS"}


def negate(operand: Expr) -> Expr:
    """NOT operand, pushed into what can take it."""
    if isinstance(operand, bound.Compare):
        return bound.Compare(
            op=_NEGATED[operand.op],
            left=operand.left,
            right=operand.right,
            left_affinity=operand.left_affinity,
            right_affinity=operand.right_affinity,
            using=operand.using,
            classes=operand.classes,
        )
    reject_row_values(operand)
    return bound.Not(operand=operand, classes=BOOLEAN | null_of(operand))


def compare(op: str, left: Expr, right: Expr) -> bound.Compare:
    """``left op right`` under SQLite's affinity and collation rules."""
    reject_row_values(left, right)
    left_affinity, right_affinity = comparison_affinities(left, right)
    nulls = 0 if op in ("IS", "IS NOT") else null_of(left, right)
    compared = bound.Compare(
        op=op,
        left=left,
        right=right,
        left_affinity=left_affinity,
        right_affinity=right_affinity,
        using=comparison_collation(left, right),
        classes=BOOLEAN | nulls,
    )
    inherit_explicit_collation(compared, [left, right])
    return compared


def in_list(operand: Expr, items: list[Expr]) -> bound.InList:
    """``operand IN (items)`` under SQLite's affinity and collation rules. A few items, or such as vary, are compared
    with one by one; from others SQLite makes an index, whose entries have the operand's affinity, and takes it that the
    operand has it already. Its columns have; what FULL JOIN merges may be of another column."""
    # SQLite applies the operand's own affinity to the items and, where that is numeric, looks no further.
    applied = operand.affinity
    is_compared = len(items) <= _COMPARED_ITEMS or not all(map(is_constant, items))
    item_affinity = None
    for item in items:
        item_affinity = item_affinity or needed_affinity(item, applied)
    return bound.InList(
        operand=operand,
        items=items,
        operand_affinity=needed_affinity(operand, applied) if is_compared else None,
        item_affinity=item_affinity,
        using=operand.collation or "BINARY",
        classes=BOOLEAN | (null_of(operand, *items) if items else 0),
    )


def in_query(operand: Expr, query: Query) -> bound.InQuery:
    """``operand IN (query)``, a row value if it has several columns."""
    operands = in_registers(operand).items if isinstance(operand, bound.RowValue) else [operand]
    query.read_columns()
    if len(operands) != len(query.columns):
        columns = len(query.columns)
        if len(operands) == 1:
            raise Misuse(f"sub-select returns {columns} columns - expected 1")
        raise Misuse(f"sub-select returns {columns} columns - expected {len(operands)}")
    affinities = []
    for i, (item, column) in enumerate(zip(operands, query.columns, strict=True)):
        shadow = Expr(classes=column.classes, affinity=outward_affinity(query, i))
        affinities.append(membership_affinities(item, shadow, alone=len(operands) == 1))
    nulls = null_of(*operands)
    for column in query.columns:
        nulls |= column.classes & NULL
    return bound.InQuery(
        operands=operands,
        query=query,
        classes=BOOLEAN | nulls,
        operand_affinities=[left for left, _ in affinities],
        item_affinities=[right for _, right in affinities],
        using=[comparison_collation(item, _last_expression(query, i)) for i, item in enumerate(operands)],
    )


def in_registers(row: bound.RowValue) -> bound.RowValue:
    """A row value where SQLite copies its values before it compares them, in IN, BETWEEN and CASE: those of a query
    then have the collations of its columns."""
    if not row.is_query:
        return row
    items: list[Expr] = []
    for item in row.items:
        assert isinstance(item, bound.ScalarQuery)
        column = _last_expression(item.query, item.column)
        *_, last = item.query.arms
        of_rows = "BINARY" if isinstance(last, plan.Values) and len(last.rows) > 1 else None
        collation, explicit = column.collation or of_rows, column.explicit
        items.append(replace(item, collation=collation, explicit=explicit, aliased=explicit))
    return replace(row, items=items)


def compare_rows(op: str, left: Expr, right: Expr) -> Expr:
    """A comparison of row values, column by column (https://www.sqlite.org/rowvalue.html). Of a COLLATE in it, what is
    around it only knows if it is in a row's first value."""
    if not isinstance(left, bound.RowValue) or not isinstance(right, bound.RowValue):
        raise Misuse("row value misused")
    if len(left.items) != len(right.items):
        raise Misuse("row value misused")
    pairs = list(zip(left.items, right.items, strict=True))
    result = _compare_pairs(op, pairs)
    inherit_explicit_collation(result, [left.items[0], right.items[0]])
    return result


def _compare_pairs(op: str, pairs: list[tuple[Expr, Expr]]) -> Expr:
    if op in ("=", "IS"):
        return all_of([compare(op, a, b) for a, b in pairs])
    if op in ("<>", "IS NOT"):
        return any_of([compare(op, a, b) for a, b in pairs])
    strict = op[0]
    a, b = pairs[-1]
    result: Expr = compare(op, a, b)
    for a, b in reversed(pairs[:-1]):
        result = any_of([compare(strict, a, b), all_of([compare("=", a, b), result])])
    return result


def all_of(terms: list[Any]) -> Expr:
    """All of some conditions."""
    return bound.And(terms=terms, classes=BOOLEAN | null_of(*terms))


def any_of(terms: list[Any]) -> Expr:
    """Any of some conditions."""
    return bound.Or(terms=terms, classes=BOOLEAN | null_of(*terms))


def reject_row_values(*operands: Expr) -> None:
    """Most operators take no row value."""
    for operand in operands:
        if isinstance(operand, bound.RowValue):
            raise Misuse(operand.misuse)


def refuse_unequal_rows(*nodes: exp.Expression) -> None:
    """Comparisons of row values of different lengths are refused before their names are looked at."""
    widths = {_width(without_parentheses(node)) for node in nodes}
    if len(widths) > 1 and None not in widths:
        raise SqlError("row value misused")


def refuse_unequal_widths(*operands: Expr) -> None:
    """The same once it is known how many columns queries have."""
    if len({len(operand.items) if isinstance(operand, bound.RowValue) else 1 for operand in operands}) > 1:
        raise SqlError("row value misused")


def _width(node: exp.Expression) -> int | None:
    """How many values an expression has; None for a query of which that is not known."""
    if not isinstance(node, exp.Subquery):
        return len(node.args["expressions"]) if isinstance(node, exp.Tuple) else 1
    while isinstance(node, exp.Subquery | exp.Union | exp.Intersect | exp.Except):  # the last arm says it
        node = node.args["this" if isinstance(node, exp.Subquery) else "expression"]
    items = node.expressions
    if isinstance(node, exp.Values):
        return len(items[0].expressions) if isinstance(items[0], exp.Tuple) else 1
    return None if any(isinstance(item, exp.Column | exp.Star) and item.is_star for item in items) else len(items)


def without_parentheses(node: exp.Expression) -> exp.Expression:
    """What stands in parentheses."""
    while isinstance(node, exp.Paren):
        node = node.args["this"]
    return node


def null_of(*operands: Expr) -> int:
    """NULL, if one of them may be."""
    classes = 0
    for operand in operands:
        classes |= operand.classes
    return classes & NULL


def outward_affinity(query: Query, position: int) -> Affinity | None:
    """The affinity that a column of a subquery brings into an expression."""
    return _last_expression(query, position).affinity


def _last_expression(query: Query, position: int) -> Expr:
    """Of a compound's arms, the last one decides."""
    *_, last = query.arms
    return expressions(last, position)[-1]
