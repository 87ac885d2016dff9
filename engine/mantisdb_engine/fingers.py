"""Searches that begin where the last one ended.

Who looks for many keys of a tree, one after the other, mostly looks for neighbours: the lines of an order, the orders
of a day, whatever is met in the order in which it was stored. A *finger* (as in "finger search tree") remembers the
node where its last search ended and between which keys that node lies. A key between them is looked for in there; any
other key comes down from the root, and moves the finger.

Fingers are functions, made for one tree and one purpose, because a closure's variables are the quickest memory that
Python has. They answer as the tree's methods of the same purpose do, for keys in any order. Like a scan, a finger must
not be used after its tree was changed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from .keys import Key
from .nodes import Branch, Value
from .tree import Tree

__all__ = ["row_finder", "run_finder"]

_NO_KEYS: Sequence[Any] = ()
_NEAR = 8
"""A run is expected to be shorter: its end is first looked for among so many keys, which lie close together."""


def row_finder(tree: Tree, default: Any = None) -> Callable[[int], Any]:
    """``tree.row`` with a finger on the leaf: of a tree whose keys are all integers, the value of a key, or
    ``default``."""
    low = high = 0  # the keys of the leaf: from low on, below high
    keys: list[int] | None = None  # None: all integers between them
    values: list[Value] = []

    def row(key: int) -> Any:
        nonlocal low, high, keys, values
        if low <= key < high:
            if keys is None:
                return values[key - low]
            i = bisect_left(keys, key)
            return values[i] if i < len(keys) and keys[i] == key else default
        node = tree.root
        i, separators = 0, _NO_KEYS
        while node.__class__ is Branch:
            separators = node.keys
            i = bisect_right(separators, key)
            node = node.children[i]
        if 0 < i < len(separators):
            low, high = separators[i - 1], separators[i]
            keys, values = node.keys, node.values
            if high - low == len(keys):
                keys = None
                return values[key - low]
        found = node.keys
        i = bisect_left(found, key)
        return node.values[i] if i < len(found) and found[i] == key else default

    return row


def run_finder(tree: Tree) -> Callable[[Key, Key], list[Value]]:
    """``tree.between`` with a finger on the lowest branch: of a tree whose keys are all tuples, the values of the keys
    from one to another, both included."""
    if tree.root.__class__ is not Branch or tree.root.children[0].__class__ is not Branch:
        return tree.between
    low: Key = None  # the keys below the branch: from low on, below high; None: there is no finger
    high: Key = None
    branch = tree.root

    def between(first: Key, last: Key) -> list[Value]:
        nonlocal low, high, branch
        try:
            if low is None or not low <= first < high:
                low, high, branch = _lowest_branch(tree, first)
            node = branch.children[bisect_right(branch.keys, first)]
            keys = node.keys
            size = len(keys)
            start = bisect_left(keys, first)
            near = start + _NEAR
            stop = bisect_right(keys, last, start, near if near < size else size)
            if stop == near:
                stop = bisect_right(keys, last, near)
            if stop < size:
                return node.values[start:stop]  # type: ignore[no-any-return]
        except TypeError:
            low = None
        return tree.between(first, last)

    return between


def _lowest_branch(tree: Tree, key: Key) -> tuple[Key, Key, Branch]:
    """The lowest branch above a key, and between which keys it lies; (None, None) at an end of the tree. TypeError:
    the key does not compare with those that it meets."""
    node = tree.root
    low = high = None
    while node.children[0].__class__ is Branch:
        separators = node.keys
        i = bisect_right(separators, key)
        low = separators[i - 1] if i else low
        high = separators[i] if i < len(separators) else high
        node = node.children[i]
    return (None, None, node) if low is None or high is None else (low, high, node)
