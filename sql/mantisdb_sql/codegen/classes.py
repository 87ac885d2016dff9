"""What can be known of an expression before it is evaluated: class sets, and bounds of integers.

:func:`infer` fills in ``classes`` over a whole tree, leaves first; leaves (columns, parameters,
subqueries) keep what they say. Class sets are never too small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.operator_types import cast_classes, operation_classes, unary_classes
from mantisdb_sql.values.storage import BIG, INT_MAX, INTEGER, NULL, REAL, SMALL, SMALL_LIMIT, class_of

__all__ = ["children_of", "infer", "infer_node", "magnitude_of"]

_NONE: tuple[Expr, ...] = ()
_CONDITIONS = (bound.Compare, bound.And, bound.Or, bound.Not, bound.IsNull, bound.Between)
BEYOND = INT_MAX + 1  # the magnitude of the smallest integer


def _case_children(e: bound.Case) -> list[Expr]:
    result = [part for when in e.whens for part in when]
    if e.default is not None:
        result.append(e.default)
    if e.base is not None:
        result.append(e.base)
    return result


_CHILDREN: dict[type, Callable[[Any], Sequence[Expr]]] = {
    bound.Unary: lambda e: (e.operand,),
    bound.Not: lambda e: (e.operand,),
    bound.And: lambda e: e.terms,
    bound.Or: lambda e: e.terms,
    bound.Binary: lambda e: (e.left, e.right),
    bound.Compare: lambda e: (e.left, e.right),
    bound.IsNull: lambda e: (e.operand,),
    bound.Between: lambda e: (e.low, e.high),
    bound.InList: lambda e: (e.operand, *e.items),
    bound.Like: lambda e: (e.operand, e.pattern) if e.escape is None else (e.operand, e.pattern, e.escape),
    bound.Case: _case_children,
    bound.Cast: lambda e: (e.operand,),
    bound.Collate: lambda e: (e.operand,),
    bound.Function: lambda e: e.args,
    bound.InQuery: lambda e: e.operands,
}


def children_of(e: Expr) -> Sequence[Expr]:
    """The expressions whose values an expression reads."""
    get = _CHILDREN.get(e.__class__)
    return get(e) if get is not None else _NONE


def infer_node(e: Expr, below: Sequence[int]) -> int:
    """The class set of a node, given those of its children."""
    rule = _RULES.get(e.__class__)
    return rule(e, below) if rule is not None else e.classes


def _any_null(e: Any, below: Sequence[int]) -> int:
    return SMALL | (NULL if any(classes & NULL for classes in below) else 0)


def _compare(e: bound.Compare, below: Sequence[int]) -> int:
    return SMALL if e.op in ("IS", "IS NOT") else _any_null(e, below)


def _binary(e: bound.Binary, below: Sequence[int]) -> int:
    return operation_classes(e.op, e.left, e.right, below[0], below[1])


def _in_list(e: bound.InList, below: Sequence[int]) -> int:
    return _any_null(e, below) if e.items else SMALL


def _case(e: bound.Case, below: Sequence[int]) -> int:
    values = below[1 : 2 * len(e.whens) : 2]
    classes = below[2 * len(e.whens)] if e.default is not None else NULL
    for value in values:
        classes |= value
    return classes


_RULES: dict[type, Callable[[Any, Sequence[int]], int]] = {
    bound.Literal: lambda e, below: class_of(e.value),
    bound.Unary: lambda e, below: unary_classes(e.op, below[0]),
    bound.Not: _any_null,
    bound.And: _any_null,
    bound.Or: _any_null,
    bound.Compare: _compare,
    bound.Between: _any_null,
    bound.IsNull: lambda e, below: SMALL,
    bound.InList: _in_list,
    bound.Like: _any_null,
    bound.Binary: _binary,
    bound.Case: _case,
    bound.Cast: lambda e, below: cast_classes(below[0], e.to),
    bound.Collate: lambda e, below: below[0],
    bound.Exists: lambda e, below: SMALL,
    bound.Function: lambda e, below: e.definition.result_classes(below),
}


def magnitude_of(e: Expr, classes: int, below: Sequence[int]) -> int:
    """A bound on the absolute value of the node where it is an INTEGER."""
    if e.__class__ is bound.Literal and e.value.__class__ is int:
        return abs(e.value)
    if isinstance(e, _CONDITIONS):
        return 1
    if not classes & BIG:
        return SMALL_LIMIT - 1
    if e.__class__ is bound.Binary and below:
        bounded = _BOUNDS.get(e.op)
        if bounded is not None:
            return min(BEYOND, bounded(below[0], below[1]))
    if e.__class__ is bound.Collate or (e.__class__ is bound.Unary and e.op != "~"):
        return below[0]
    return BEYOND


_BOUNDS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a,
    "%": lambda a, b: min(a, b),
}


def refine(e: Expr, classes: int, below: Sequence[int], magnitudes: Sequence[int]) -> int:
    """``classes`` without what magnitudes rule out: REAL where a sum of integers cannot leave 64 bits."""
    if e.__class__ is not bound.Binary or e.op not in ("+", "-", "*"):
        return classes
    if (below[0] | below[1]) & ~(INTEGER | NULL) or not below[0] & INTEGER or not below[1] & INTEGER:
        return classes
    bounded = _BOUNDS[e.op](magnitudes[0], magnitudes[1])
    if bounded < SMALL_LIMIT:
        return classes & ~(REAL | BIG)
    return classes & ~REAL if bounded <= INT_MAX else classes


def infer(root: Expr) -> int:
    """Fill in ``classes`` of every node below and including ``root``; its class set."""
    done: dict[int, int] = {}
    stack: list[tuple[Expr, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if id(node) in done:
            continue
        below = children_of(node)
        if not ready:
            stack.append((node, True))
            stack.extend((child, False) for child in below)
            continue
        node.classes = infer_node(node, [done[id(child)] for child in below])
        done[id(node)] = node.classes
    return root.classes
