"""The columns of compound queries as they are seen from outside.

A column is named by the first arm. Its collation is that of the first arm that has one. Its affinity is that of
the first arm that has one as well, unless the other arms can give values that it would convert: then it converts
nothing (SQLite's sqlite3SubqueryColumnTypes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mantisdb_sql import bound
from mantisdb_sql.bound import Expr
from mantisdb_sql.plan import ColumnInfo, Select, Values
from mantisdb_sql.storage import BLOB, NULL, TEXT, Affinity

_NUMBERS, _TEXTS, _BLOBS = 1, 2, 4


def arm_columns(arm: Select | Values) -> list[ColumnInfo]:
    """The result columns of one arm."""
    if isinstance(arm, Select):
        return [output.info for output in arm.outputs]
    columns = []
    for position, first in enumerate(arm.rows[0]):
        classes = first.classes
        for row in arm.rows[1:]:
            classes |= row[position].classes
        columns.append(ColumnInfo(f"column{position + 1}", classes, first.affinity, first.collation))
    return columns


def merge_columns(arms: Sequence[Select | Values]) -> list[ColumnInfo]:
    """The columns of a compound: of any class that any arm can give."""
    of_arms = [arm_columns(arm) for arm in arms]
    merged = []
    for position, first in enumerate(of_arms[0]):
        info = replace(first)
        for columns in of_arms[1:]:
            info.classes |= columns[position].classes
            info.collation = info.collation or columns[position].collation
        info.affinity = _affinity([_expression(arm, position) for arm in arms])
        merged.append(info)
    return merged


def _expression(arm: Select | Values, position: int) -> Expr:
    return arm.outputs[position].expr if isinstance(arm, Select) else arm.rows[0][position]


def _affinity(exprs: list[Expr]) -> Affinity | None:
    found = next((i for i, expr in enumerate(exprs) if expr.affinity not in (None, Affinity.BLOB)), None)
    if found is None:
        return next((expr.affinity for expr in exprs if expr.affinity is not None), None)
    affinity = exprs[found].affinity
    kinds = 0
    for i, expr in enumerate(exprs):
        if i != found:
            kinds |= _kinds(expr)
    assert affinity is not None
    if kinds & (_NUMBERS if affinity is Affinity.TEXT else _TEXTS):
        return Affinity.BLOB
    return affinity


def _kinds(expr: Expr) -> int:
    """What an arm's value may be, as far as SQLite looks at its form."""
    while isinstance(expr, bound.Collate) or (isinstance(expr, bound.Unary) and expr.op == "+"):
        expr = expr.operand
    if isinstance(expr, bound.Literal):
        if expr.classes == NULL:
            return 0
        return _TEXTS if expr.classes == TEXT else _BLOBS if expr.classes == BLOB else _NUMBERS
    if isinstance(expr, bound.Binary) and expr.op == "||":
        return _TEXTS | _BLOBS
    if isinstance(expr, bound.Parameter | bound.Function | bound.Aggregate):
        return _NUMBERS | _TEXTS | _BLOBS
    if isinstance(expr, bound.Column | bound.Rowid | bound.Cast | bound.ScalarQuery):
        if expr.affinity is not None and expr.affinity.is_numeric:
            return _NUMBERS | _BLOBS
        return _TEXTS | _BLOBS if expr.affinity is Affinity.TEXT else _NUMBERS | _TEXTS | _BLOBS
    if isinstance(expr, bound.Case):
        kinds = _kinds(expr.default) if expr.default is not None else 0
        for _, value in expr.whens:
            kinds |= _kinds(value)
        return kinds
    return _NUMBERS
