"""Conditions on a query in FROM, checked within that query.

SQLite copies a term of WHERE that reads one query in FROM into every arm of it (select.c, pushDownWhereTerms), and
this is not only faster. In an arm the term meets the arm's own expression, with that expression's affinity, and
before UNION has made one of what is equal; the term outside, which stays, meets the column of the whole. A row must
pass both:

    SELECT c FROM (SELECT c FROM texts UNION ALL SELECT c FROM numbers) WHERE c > 1

compares texts with '1' in the first arm. So it is done here wherever SQLite does it, which is not for a query with
LIMIT or window functions, one that is read more than once, or one on a side of an outer join whose rows the term must
not thin out; nor for UNION, INTERSECT and EXCEPT under collations other than BINARY. Where each arm compares as the
whole does, nothing is left to check outside.

SQLite puts constants in the place of columns before (propagateConstants), so that this asks for one group only:

    SELECT * FROM t JOIN (SELECT a, count(*) FROM u GROUP BY a) AS g ON g.a = t.id WHERE t.id = 5

Such a condition is copied where each arm compares as the whole does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.comparisons import compare, in_list, in_query
from mantisdb_sql.binding.effects import varies
from mantisdb_sql.binding.operator_types import BOOLEAN, cast_classes, operation_classes, unary_classes
from mantisdb_sql.binding.plan import (
    Compound,
    Grouping,
    Query,
    Recursion,
    Select,
    Source,
    Values,
    queries_in,
    references,
    sources_of,
)
from mantisdb_sql.planning.conditions import implied_constants
from mantisdb_sql.values.storage import ANY, NULL, TEXT

_TRUTHS = (bound.Not, bound.And, bound.Or, bound.IsNull, bound.Like)


def push_down(select: Select) -> None:
    """Give the queries in FROM the conditions on them."""
    implied = _implied(select)
    for join in select.joins:
        source, group = join.source, join.source.group
        if group is not None:
            if group.right is not None:
                right = group.right.source.group
                if right is not None and right.right is None:
                    push_down(right.select)
                continue
            push_down(group.select)
            for inner in group.select.joins:
                if inner.kind != "LEFT" and inner.source.query is not None:
                    join.on = _given_to(inner.source, join.on)
        elif source.query is not None and join.kind == "LEFT":
            join.on = _given_to(source, join.on)
        elif source.query is not None:
            for condition in implied:
                _give_implied(source, source.query, condition)
            select.where = _given_to(source, select.where)


def _implied(select: Select) -> list[Expr]:
    """The equalities with constants that follow from WHERE, if a query in FROM may take them."""
    if len(select.joins) < 2 or all(join.source.query is None for join in select.joins):
        return []
    return implied_constants(select.where)


def _give_implied(source: Source, query: Query, condition: Expr) -> None:
    """Copy a condition that no row of the result fails, if it is about the source and means the same within it."""
    if not _is_about(condition, source) or not _takes_conditions(query):
        return
    substitutions = [_Substitution(source, exprs) for arm in query.arms for exprs in _rows_of(arm)]
    for substitution in substitutions:
        substitution.of(condition)
    if all(substitution.is_alike for substitution in substitutions):
        _is_settled_within(condition, source, query)


def push_having(select: Select) -> None:
    """Check conditions of HAVING on nothing but keys before there are groups, as SQLite does (havingToWhere): rows that
    they refuse are not grouped, an index may find those that they keep, and they are about each row's own value, of
    which the key is but one."""
    grouping = select.grouping
    if grouping is None or not grouping.explicit:
        return
    early = [
        condition
        for condition in select.having
        if _reads_keys(condition, grouping) and not varies(condition) and not any(True for _ in queries_in(condition))
    ]
    select.where = [*select.where, *(_of_row(condition, grouping) for condition in early)]
    select.having = [condition for condition in select.having if condition not in early]


def _given_to(source: Source, conjuncts: list[Expr]) -> list[Expr]:
    """Copy what may be checked in the source's query; the conditions that must still be checked outside."""
    query = source.query
    assert query is not None
    if not _takes_conditions(query):
        return conjuncts
    return [c for c in conjuncts if not _is_about(c, source) or not _is_settled_within(c, source, query)]


def _takes_conditions(query: Query) -> bool:
    if query.planned is not None or query.uses != 1 or query.materialized or query.limit is not None:
        return False
    if isinstance(query.body, Recursion | Values):
        return False
    if any(isinstance(arm, Select) and arm.windowing is not None for arm in query.arms):
        return False
    if isinstance(query.body, Compound) and any(operator != "UNION ALL" for operator, _ in query.body.rest):
        exprs = (expr for arm in query.arms for row in _rows_of(arm) for expr in row)
        return all((expr.collation or "BINARY") == "BINARY" for expr in exprs)
    return True


def _rows_of(arm: Select | Values) -> list[list[Expr]]:
    return arm.rows if isinstance(arm, Values) else [[output.expr for output in arm.outputs]]


def _is_about(conjunct: Expr, source: Source) -> bool:
    """Whether a condition reads the source and nothing else, and says the same each time."""
    if sources_of(conjunct) != {source.number} or any(query.outer for query in queries_in(conjunct)):
        return False
    return not varies(conjunct)


def _is_settled_within(conjunct: Expr, source: Source, query: Query) -> bool:
    """Add the condition to every arm; whether no arm's row that passes there could fail outside."""
    settled = True
    for arm in query.arms:
        for row, exprs in enumerate(_rows_of(arm)):
            substitution = _Substitution(source, exprs)
            condition = substitution.of(conjunct)
            settled = settled and substitution.is_alike
            if isinstance(arm, Values):
                arm.tests.setdefault(row, []).append(condition)
            elif arm.grouping is None:
                arm.where = [*arm.where, condition]
            elif arm.grouping.explicit and _reads_keys(condition, arm.grouping):
                arm.where = [*arm.where, _of_row(condition, arm.grouping)]
            else:
                arm.having = [*arm.having, condition]
    return settled


def _reads_keys(condition: Expr, grouping: Grouping) -> bool:
    """Whether a condition on a group reads nothing but keys that are equal only if they are the same."""
    keys = grouping.keys
    return all(
        s == grouping.source and p < len(keys) and (keys[p].collation or "BINARY") == "BINARY"
        for s, p in references(condition)
    )


def _of_row(condition: Expr, grouping: Grouping) -> Expr:
    """A condition on the keys of a group as one on the rows that make it."""
    return _Substitution(Source(grouping.source, "", []), grouping.keys).of(condition)


class _Substitution:
    """Puts the expressions of an arm in the place of the columns of ``source``, and decides anew which affinities the
    comparisons around them apply. ``is_alike``: no column that was met had another affinity, or fewer classes."""

    def __init__(self, source: Source, exprs: list[Expr]) -> None:
        self._number = source.number
        self._exprs = exprs
        self.is_alike = True

    def of(self, node: Expr) -> Expr:
        """The expression with the columns replaced; what reads none of them is shared."""
        if isinstance(node, bound.Column) and node.source == self._number:
            return self._column(node)
        if isinstance(node, bound.Compare):
            return compare(node.op, self.of(node.left), self.of(node.right))
        if isinstance(node, bound.Between):
            operand = self.of(node.low.left)
            low, high = (compare(c.op, operand, self.of(c.right)) for c in (node.low, node.high))
            return replace(node, low=low, high=high, classes=BOOLEAN | (low.classes | high.classes) & NULL)
        if isinstance(node, bound.InList):
            return replace(in_list(self.of(node.operand), [self.of(i) for i in node.items]), negated=node.negated)
        if isinstance(node, bound.InQuery):
            operands = [self.of(operand) for operand in node.operands]
            operand = operands[0] if len(operands) == 1 else bound.RowValue(operands)
            return replace(in_query(operand, node.query), negated=node.negated)
        if isinstance(node, bound.Case) and node.base is not None:
            return self._case(node, node.base)
        return self._copy(node)

    def _column(self, node: bound.Column) -> Expr:
        expr = self._exprs[node.position]
        if expr.affinity != node.affinity or expr.classes & ~node.classes:
            self.is_alike = False
        collation = node.collation or "BINARY"
        if isinstance(expr, bound.Column) and (expr.collation or "BINARY") == collation:
            return expr
        if not expr.classes & TEXT and not expr.explicit:
            return expr
        return bound.Collate(operand=expr, classes=expr.classes, affinity=expr.affinity, collation=collation)

    def _case(self, node: bound.Case, base: Expr) -> Expr:
        """CASE x WHEN y: all its comparisons share x."""
        operand = self.of(base)
        whens: list[tuple[Expr, Expr]] = []
        for condition, value in node.whens:
            if isinstance(condition, bound.Compare) and condition.left is base:
                whens.append((compare(condition.op, operand, self.of(condition.right)), self.of(value)))
            else:
                whens.append((self.of(condition), self.of(value)))
        default = None if node.default is None else self.of(node.default)
        return replace(node, base=operand, whens=whens, default=default, classes=ANY)

    def _copy(self, node: Expr) -> Expr:
        changed: dict[str, Any] = {}
        for field in fields(node):
            before = getattr(node, field.name)
            after = _mapped(before, self.of)
            if after is not before:
                changed[field.name] = after
        if not changed:
            return node
        copy = replace(node, **changed)
        copy.classes = _classes(copy)
        if isinstance(copy, bound.Collate):
            copy.affinity = copy.operand.affinity
        return copy


def _classes(node: Expr) -> int:
    """The classes of an expression whose parts are others than before."""
    if isinstance(node, bound.Binary):
        return operation_classes(node.op, node.left, node.right, node.left.classes, node.right.classes)
    if isinstance(node, bound.Unary):
        return unary_classes(node.op, node.operand.classes)
    if isinstance(node, bound.Cast):
        return cast_classes(node.operand.classes, node.to)
    if isinstance(node, bound.Collate):
        return node.operand.classes
    return BOOLEAN | NULL if isinstance(node, _TRUTHS) else ANY


def _mapped(value: Any, function: Callable[[Expr], Expr]) -> Any:
    """A field's value with the expressions in it mapped; the value itself where none changes."""
    if isinstance(value, Expr):
        return function(value)
    if not isinstance(value, list | tuple):
        return value
    items = [_mapped(item, function) for item in value]
    if all(a is b for a, b in zip(items, value, strict=True)):
        return value
    return type(value)(items)
