"""The proof of a tree: order, count, ownership, fill and depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .keys import Key, sort_key
from .nodes import BRANCH_MAX, BRANCH_MIN, LEAF_MAX, LEAF_MIN, MISSING, Branch, Leaf, Node, is_ascending

if TYPE_CHECKING:
    from .tree import Tree


class Checker:
    """Walks a whole tree and lists what is wrong with it."""

    def __init__(self, tree: Tree) -> None:
        self.problems: list[str] = []
        self._tree = tree
        self._depths: set[int] = set()
        self._previous: Key = MISSING
        count = self._visit(tree.root, MISSING, MISSING, 0, True)
        if count != tree.count:
            self.problems.append(f"count is {tree.count}, but there are {count} keys")
        if len(self._depths) > 1:
            self.problems.append(f"leaves at depths {sorted(self._depths)}")
        if tree.tail is not None and (tree.tail is not tree.last_leaf() or not tree.tail.keys):
            self.problems.append("the tail is not the last leaf")

    def _visit(self, node: Any, low: Key, high: Key, depth: int, on_edge: bool) -> int:
        where = f"{type(node).__name__.lower()} at depth {depth}, page {node.page}"
        self._check_fill(node, where, depth == 0, on_edge)
        if not is_ascending(node.keys):
            self.problems.append(f"{where}: keys do not ascend")
        if node.keys and low is not MISSING and sort_key(node.keys[0]) < sort_key(low):
            self.problems.append(f"{where}: a key below the separator")
        if node.keys and high is not MISSING and not sort_key(node.keys[-1]) < sort_key(high):
            self.problems.append(f"{where}: a key not below the next separator")
        if isinstance(node, Leaf):
            self._depths.add(depth)
            return len(node.keys)
        bounds = [low, *node.keys, high]
        last = len(node.children) - 1
        count = 0
        for i, child in enumerate(node.children):
            self._check_owner(node, child, where)
            count += self._visit(child, bounds[i], bounds[i + 1], depth + 1, on_edge and i == last)
        return count

    def _check_fill(self, node: Any, where: str, is_root: bool, on_edge: bool) -> None:
        if isinstance(node, Leaf):
            parallel, least, most = len(node.values), 1 if on_edge else LEAF_MIN, LEAF_MAX
            least = 0 if is_root else least
        else:
            parallel, most = len(node.children) - 1, BRANCH_MAX
            least = 2 if is_root or on_edge else BRANCH_MIN
        if parallel != len(node.keys):
            self.problems.append(f"{where}: {len(node.keys)} keys for {parallel} values or gaps")
        if not least <= len(node) <= most:
            self.problems.append(f"{where}: {len(node)} entries, not {least} to {most}")

    def _check_owner(self, parent: Branch, child: Node, where: str) -> None:
        owner = self._tree.owner
        if owner is not None and child.owner is owner and parent.owner is not owner:
            self.problems.append(f"{where}: not owned, with an owned child")
        if parent.page is not None and child.page is None:
            self.problems.append(f"{where}: on file, with a child that is not")
