"""Whether it could be noticed that something was evaluated although nothing asked for its value.

SQLite evaluates a subquery when its value is first needed. Here one that reads nothing outside is evaluated
beforehand, unless that might raise an error, call a function of the user's, or never end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import JoinGroup, Query, Recursion, Select, expressions_of, queries_in, queries_of
from mantisdb_sql.values.storage import NULL, REAL, SMALL

if TYPE_CHECKING:
    from mantisdb_sql.functions.definition import FunctionDef

_PLAIN = (
    bound.Literal,
    bound.Parameter,
    bound.Column,
    bound.Rowid,
    bound.WholeRow,
    bound.Unary,
    bound.Not,
    bound.And,
    bound.Or,
    bound.Binary,
    bound.Compare,
    bound.Between,
    bound.IsNull,
    bound.InList,
    bound.InQuery,
    bound.Exists,
    bound.ScalarQuery,
    bound.Case,
    bound.Cast,
    bound.Collate,
    bound.RowValue,
)
_READING = (
    bound.Column, bound.Rowid, bound.ScalarQuery, bound.Exists, bound.InQuery, bound.Aggregate, bound.Window,
)  # fmt: skip
_TOTAL_AGGREGATES = frozenset(("avg", "count", "group_concat", "max", "min", "string_agg", "total"))
_BUILT_IN_COLLATIONS = frozenset(("BINARY", "NOCASE", "RTRIM"))


def is_quiet(query: Query) -> bool:
    """Whether evaluating the query without need has no effect but to take time."""
    stack = [query]
    while stack:
        item = stack.pop()
        if isinstance(item.body, Recursion):
            return False
        if not all(_is_literal(e) for e in (item.limit, item.offset) if e is not None):
            return False
        if not all(is_quiet_expression(e) for e in expressions_of(item)):
            return False
        if any(term.collation not in _BUILT_IN_COLLATIONS for term in item.order):
            return False
        if any(s.function is not None for arm in item.arms if isinstance(arm, Select) for s in arm.sources):
            return False
        stack.extend(queries_of(item))
    return True


def is_quiet_condition(root: Expr) -> bool:
    """The same for an expression with the queries in it."""
    return is_quiet_expression(root) and all(is_quiet(query) for query in queries_in(root))


def is_constant(expr: Expr) -> bool:
    """Whether an expression reads nothing and has one value within a statement."""
    return not varies(expr) and not any(isinstance(node, _READING) for node in bound.walk(expr))


def varies(root: Expr) -> bool:
    """Whether an expression may have another value each time, though all that it reads is the same. The time does not
    change while a statement runs."""
    return any(isinstance(node, bound.Function) and not _is_constant(node.definition) for node in bound.walk(root))


def _is_constant(definition: FunctionDef) -> bool:
    return definition.deterministic or (definition.built_in and definition.takes_now)


def group_is_quiet(group: JoinGroup) -> bool:
    """The same for a group of sources that are joined before others."""
    sources = [*group.select.sources, *(group.right.source.members if group.right is not None else ())]
    return all(map(is_quiet_condition, group.expressions())) and all(
        source.function is None and (source.query is None or is_quiet(source.query)) for source in sources
    )


def _nodes(query: Query) -> Iterator[Expr]:
    """Every expression of a query and of those in it, down to the smallest."""
    stack = [query]
    while stack:
        item = stack.pop()
        yield from bound.walk(*expressions_of(item))
        stack.extend(queries_of(item))


def is_repeatable(query: Query) -> bool:
    """Whether the query has the same rows each time it is evaluated within a statement for the same values outside."""
    functions = (node for node in _nodes(query) if isinstance(node, bound.Function | bound.Aggregate))
    return all(_is_constant(function.definition) for function in functions)


def places_of_reals(query: Query) -> set[tuple[int, int]]:
    """Columns of sources that the query reads and that may be REAL: values that are equal there need not be the same
    (1 and 1.0, 0.0 and -0.0)."""
    return {(node.source, node.position) for node in _nodes(query) if isinstance(node, bound.Column)
            and node.classes & REAL}


def _is_literal(expr: Expr) -> bool:
    return isinstance(expr, bound.Literal | bound.Parameter) and not expr.classes & ~SMALL


def is_quiet_expression(root: Expr) -> bool:
    """The same for an expression, the queries in it left aside."""
    return all(_is_quiet_node(node) for node in bound.walk(root))


def is_noticed(node: Expr) -> bool:
    """Whether computing the node from its operands might fail, or call a function of the user's. Subqueries are left
    aside."""
    if isinstance(node, bound.Function):
        return not _is_quiet_node(node)
    if isinstance(node, bound.Binary):
        return node.op in ("->", "->>")
    return isinstance(node, bound.Like) and node.escape is not None


def _is_quiet_node(node: Expr) -> bool:
    if node.collation is not None and node.collation not in _BUILT_IN_COLLATIONS:
        return False
    if isinstance(node, bound.Function):
        if node.definition.built_in and node.definition.name == "abs":
            return not node.args[0].classes & ~(SMALL | REAL | NULL)
        return node.definition.is_total
    if isinstance(node, bound.Aggregate):
        if not node.definition.built_in:
            return False
        if node.definition.name == "sum":
            return not node.args[0].classes & ~(SMALL | NULL) or not node.args[0].classes & ~(REAL | NULL)
        return node.definition.name in _TOTAL_AGGREGATES
    if isinstance(node, bound.Binary) and node.op in ("->", "->>"):
        return False
    if isinstance(node, bound.Like):
        return node.escape is None and isinstance(node.pattern, bound.Literal)
    return isinstance(node, _PLAIN)
