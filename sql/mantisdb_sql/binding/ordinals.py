"""Terms of ORDER BY and GROUP BY that number a result column.

That is not only ``2``: SQLite asks whether a term is an integer constant once its parser has made it smaller. A sign
may be in front of it and COLLATE behind it; ``'a' IS NULL`` has become 0, as has ``0 AND x``; ``1 IS NOT NULL`` is 1.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from mantisdb_sql.syntax.parsed_constants import is_plus, parsed_integer

_MOST = 2**31 - 1


def ordinal(node: Any) -> int | None:
    """The number that a term is; None where it is anything else."""
    node = uncollated(node)
    negative = isinstance(node, exp.Neg)
    if negative or is_plus(node):
        value = ordinal(node.args["this"] if negative else node.args["expressions"][0])
        return -value if negative and value is not None else value
    constant = parsed_integer(node)
    return None if constant is None or abs(constant) > _MOST else constant


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
