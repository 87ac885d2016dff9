"""Terms of ORDER BY and GROUP BY that number a result column.

That is not only ``2``: SQLite asks whether a term is an integer constant once its parser has made it smaller. A sign
may be in front of it and COLLATE behind it; ``'a' IS NULL`` has become 0, as has ``0 AND x``; ``1 IS NOT NULL`` is 1.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from mantisdb_sql.bind_expression import number_value

_MOST = 2**31 - 1


def ordinal(node: Any) -> int | None:
    """The number that a term is; None where it is anything else."""
    node = uncollated(node)
    negative = isinstance(node, exp.Neg)
    if negative or _is_plus(node):
        value = ordinal(node.args["this"] if negative else node.args["expressions"][0])
        return -value if negative and value is not None else value
    return _constant(node)


def uncollated(node: Any) -> Any:
    """A term without parentheses and COLLATE around it."""
    while isinstance(node, exp.Paren | exp.Collate):
        node = node.args["this"]
    return node


def outer_collate(node: Any) -> Any:
    """The first COLLATE around a term, or None."""
    while isinstance(node, exp.Paren):
        node = node.args["this"]
    return node if isinstance(node, exp.Collate) else None


def _is_plus(node: Any) -> bool:
    return isinstance(node, exp.Anonymous) and node.args["this"] == "+" and len(node.args["expressions"]) == 1


def _constant(node: Any) -> int | None:
    """The integer that SQLite's parser makes of an expression, a literal or more."""
    while isinstance(node, exp.Paren):
        node = node.args["this"]
    if isinstance(node, exp.Literal) and not node.args.get("is_string"):
        value = number_value(node.args["this"])
        return value if isinstance(value, int) and abs(value) <= _MOST else None
    if isinstance(node, exp.And):
        return 0 if 0 in (_constant(node.args["this"]), _constant(node.args["expression"])) else None
    if isinstance(node, exp.Not) and node.meta.get("infix"):
        return 1 if _is_null_test(node.args["this"]) else None
    return 0 if _is_null_test(node) else None


def _is_null_test(node: Any) -> bool:
    """Whether it is asked of a literal whether it is NULL."""
    if not isinstance(node, exp.Is) or not isinstance(node.args["expression"], exp.Null):
        return False
    inner = node.args["this"]
    while isinstance(inner, exp.Paren | exp.Neg) or _is_plus(inner):
        inner = inner.args["expressions"][0] if _is_plus(inner) else inner.args["this"]
    return isinstance(inner, exp.Literal | exp.HexString) or _constant(inner) is not None
