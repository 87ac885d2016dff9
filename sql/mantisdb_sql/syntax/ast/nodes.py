"""How the builders make nodes.

sqlglot's constructors tell every child its parent. Nobody here asks a node for its parent, telling costs as much as all
the rest of making a node, and a tree whose nodes know their parents is full of cycles: it stays until the garbage
collector has gone through everything. A node made here holds its children and nothing else.
"""

from __future__ import annotations

from typing import TypeVar

from sqlglot import exp

__all__ = ["new"]

Node = TypeVar("Node", bound=exp.Expr)


def new(cls: type[Node], /, **args: object) -> Node:
    """A node of sqlglot's class ``cls`` with these arguments."""
    node = cls()
    node.args = args
    return node
