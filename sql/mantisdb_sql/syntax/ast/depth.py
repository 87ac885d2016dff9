"""SQLite's limit on the depth of expression trees (https://www.sqlite.org/limits.html#max_expr_depth)."""

from __future__ import annotations

from sqlglot import exp

from mantisdb_sql.errors import SqlError

# What SQLite's tree has no node of its own for.
_WITHOUT_HEIGHT = (
    exp.Paren, exp.Ordered, exp.Order, exp.Where, exp.Having, exp.Group, exp.If, exp.Alias, exp.Escape,
)  # fmt: skip


def check(root: exp.Expr, limit: int) -> None:
    """Raises SQLite's error where an expression is nested deeper than ``limit``; iterative, any depth is
    safe."""
    heights: dict[int, int] = {}
    stack: list[tuple[exp.Expr, bool]] = [(root, False)]
    while stack:
        node, is_left = stack.pop()
        children = [child for value in node.args.values() for child in _nodes(value)]
        if not is_left:
            stack.append((node, True))
            stack += [(child, False) for child in children]
            continue
        if isinstance(node, exp.In) and len(node.expressions) == 1:  # SQLite makes x = +item of it
            heights[id(node.expressions[0])] += 1
        height = max((heights.pop(id(child)) for child in children), default=0)
        if isinstance(node, exp.Condition | exp.Binary | exp.Func) and not isinstance(node, _WITHOUT_HEIGHT):
            height += not _is_not_null(node)
        if height > limit:
            raise SqlError(f"Expression tree is too large (maximum depth {limit})")
        heights[id(node)] = height


def _is_not_null(node: exp.Expr) -> bool:
    """NOT over IS NULL where that is written ``IS NOT NULL`` or ``NOTNULL``, which is one operator."""
    return isinstance(node, exp.Not) and bool(node.meta.get("infix")) and isinstance(node.args["this"], exp.Is)


def _nodes(value: object) -> list[exp.Expr]:
    if isinstance(value, exp.Expr):
        return [value]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, exp.Expr)]
    return []
