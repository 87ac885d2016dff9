"""All leaves of a tree side by side, for whoever looks for many keys all over it.

A search from the root takes one step a level, each through other lists. Where the separators of all leaves are one
list, one ``bisect`` finds the leaf, and a whole batch of keys is looked for by a handful of loops in C. Rowids mostly
follow each other without gaps: a leaf that has as many keys as there are integers between its separators has all of
them, and is known as *whole* from the first visit on; there, no key is looked at.

Setting the leaves side by side takes as long as a few dozen searches, however many leaves there are (it goes through
branches only), so a directory is made when about as much was lost without it (:func:`patience`). It is kept with the
tree where nobody can change that and its nodes are in memory to stay; else it is its user's, as it would keep leaves
from being unloaded.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import repeat, zip_longest
from typing import Any

from .keys import Key
from .nodes import Branch, Leaf, Value, may_keep
from .tree import Tree

__all__ = ["LeafDirectory", "directory_of", "patience"]

_ROWS_PER_SEARCH = 4000
"""In the time that one search from the root takes, the leaves of so many rows are set side by side."""


class LeafDirectory:
    """``leaves[i]`` has the keys from ``separators[i - 1]`` on, below ``separators[i]``."""

    __slots__ = ("_lows", "_whole", "leaves", "separators")

    def __init__(self, tree: Tree) -> None:
        separators, leaves = _side_by_side(tree.root)
        self.separators: Sequence[Key] = separators
        self.leaves: Sequence[Leaf] = leaves
        self._whole: list[list[Value] | None] = [None] * len(leaves)  # the values of leaves that are
        self._lows = [0] * len(leaves)  # their first keys

    def values(self, keys: Sequence[int]) -> list[Any]:
        """The values of keys, in their order; None where there is no such key. All keys of the tree are integers."""
        whole, lows, look_at = self._whole, self._lows, self._look_at
        places = map(bisect_right, repeat(self.separators), keys)
        return [
            look_at(place, key) if (values := whole[place]) is None else values[key - lows[place]]
            for place, key in zip(places, keys, strict=True)
        ]

    def _look_at(self, place: int, key: int) -> Value | None:
        """A value of a leaf that is not known to be whole."""
        leaf, separators = self.leaves[place], self.separators
        keys, values = leaf.keys, leaf.values
        if 0 < place < len(separators) and separators[place] - separators[place - 1] == len(keys):
            self._lows[place] = separators[place - 1]
            self._whole[place] = values
            return values[key - separators[place - 1]]
        i = bisect_left(keys, key)
        return values[i] if i < len(keys) and keys[i] == key else None


def directory_of(tree: Tree) -> LeafDirectory:
    """The directory of a tree as it is now; it must not be used after the tree was changed."""
    known: LeafDirectory | None = tree.directory
    if known is None:
        known = LeafDirectory(tree)
        if tree.owner is not None and may_keep(tree) and tree.root.page is None:
            tree.directory = known
    return known


def patience(tree: Tree) -> int:
    """How many keys to look for in a tree before making a directory is worth while."""
    return tree.count // _ROWS_PER_SEARCH if tree.directory is None else 0


def _side_by_side(root: Any) -> tuple[Sequence[Key], Sequence[Leaf]]:
    """All leaves below a node, and the keys that separate them."""
    if root.__class__ is not Branch:
        return (), [root]
    level: list[Any] = [root]
    separators: list[Key] = list(root.keys)
    while level[0].children[0].__class__ is Branch:
        level = [child for branch in level for child in branch.children]
        above, separators = separators, []
        for branch, following in zip_longest(level, above):
            separators += branch.keys
            separators.append(following)
        separators.pop()  # nothing follows the last one
    return separators, [leaf for branch in level for leaf in branch.children]
