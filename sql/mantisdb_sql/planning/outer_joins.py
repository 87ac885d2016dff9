"""Outer joins that WHERE makes narrower.

A condition that is never true where the null row stands for a table turns LEFT JOIN into JOIN, RIGHT JOIN into JOIN,
FULL JOIN into one of the other two. Whether a condition is of that kind is decided by SQLite's own rules
(sqlite3ExprImpliesNonNullRow), no matter what more could be seen, as it decides in turn which conditions are checked
within queries in FROM (:mod:`mantisdb_sql.planning.push_down`).
"""

from __future__ import annotations

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import Join, Select


def simplify_joins(select: Select) -> None:
    """Narrow the outer joins of ``select`` as far as its WHERE allows."""
    joins: list[Join] = []
    for join in select.joins:
        group = join.source.group
        if join.kind == "LEFT" and _is_never_null(join, select.where):
            join.kind = "INNER"
            select.where = [*select.where, *join.on]
            join.on = []
        elif group is not None and group.right is not None and join.kind != "LEFT":
            if group.full and _is_never_null(group.right, select.where):
                group.full = False
            if any(_is_never_null(inner, select.where) for inner in group.select.joins):
                right = group.right
                joins += group.select.joins
                select.where = [*select.where, *group.select.where]
                if group.full:
                    right.kind = "LEFT"
                else:
                    select.where += right.on
                    right.on = []
                joins.append(right)
                continue
        joins.append(join)
    select.joins = joins


def _is_never_null(join: Join, conjuncts: list[Expr]) -> bool:
    """Whether one of the conditions is never true where the null row stands for the join's."""
    return any(_asks_for_row(_tested(conjunct), join.numbers) for conjunct in conjuncts)


def _tested(conjunct: Expr) -> Expr:
    while isinstance(conjunct, bound.Collate):
        conjunct = conjunct.operand
    return conjunct.operand if isinstance(conjunct, bound.IsNull) and conjunct.negated else conjunct


def _asks_for_row(node: Expr, numbers: frozenset[int]) -> bool:
    """Whether an expression is NULL or false where the rows of ``numbers`` are null rows, as far as SQLite sees it."""
    if isinstance(node, bound.Column | bound.Rowid):
        return node.source in numbers
    if isinstance(node, bound.And | bound.Or):
        return all(_asks_for_row(term, numbers) for term in node.terms)
    if isinstance(node, bound.Between):
        ends = (node.low.right, node.high.right)
        return _asks_for_row(node.low.left, numbers) or all(_asks_for_row(end, numbers) for end in ends)
    if isinstance(node, bound.InList):
        return bool(node.items) and _asks_for_row(node.operand, numbers)
    if isinstance(node, bound.Compare) and node.op in ("IS", "IS NOT"):
        return False
    if isinstance(node, bound.Binary) and node.op in ("->", "->>"):
        return False
    if isinstance(node, bound.Compare | bound.Binary | bound.Unary | bound.Not | bound.Cast | bound.Collate):
        return any(_asks_for_row(child, numbers) for child in bound.children(node))
    return False
