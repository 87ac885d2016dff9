"""Searches that begin where the last one ended.

Who looks for many keys of a tree, one after the other, mostly looks for neighbours: the lines of an order, the orders
of a day, whatever is met in the order in which it was stored. A *finger* (as in "finger search tree") remembers the
node where its last search ended and between which keys that node lies. A key between them is looked for in there; any
other key comes down from the root, and moves the finger.

Keys that are not neighbours come down from the root each time. After some of these there is a directory
(directory.py), where one search finds the leaf.

Fingers are functions, made for one tree and one purpose, because a closure's variables are the quickest memory that
Python has. They answer as the tree's methods of the same purpose do, for keys in any order. Like a scan, a finger must
not be used after its tree was changed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from .directory import directory_of, patience
from .keys import Key
from .nodes import Branch, Leaf, Value
from .tree import Tree

__all__ = ["row_finder", "rows_finder", "run_finder"]

_NO_KEYS: Sequence[Any] = ()
_NO_LEAVES: Sequence[Leaf] = ()
_NEAR = 8
"""A run is expected to be shorter: its end is first looked for among so many keys, which lie close together."""


def row_finder(tree: Tree, default: Any = None) -> Callable[[int], Any]:
    """``tree.row`` with a finger on the leaf: of a tree whose keys are all integers, the value of a key, or
    ``default``."""
    low = high = 0  # the keys of the leaf: from low on, below high
    keys: list[int] | None = None  # None: all integers between them
    values: list[Value] = []
    left, separators, leaves = patience(tree), _NO_KEYS, _NO_LEAVES

    def row(key: int) -> Any:
        nonlocal low, high, keys, values, left, separators, leaves
        if low <= key < high:
            if keys is None:
                return values[key - low]
            i = bisect_left(keys, key)
            return values[i] if i < len(keys) and keys[i] == key else default
        if leaves:
            around = separators
            i = bisect_right(around, key)
            leaf = leaves[i]
        else:
            left -= 1
            if left <= 0:
                directory = directory_of(tree)
                separators, leaves = directory.separators, directory.leaves
            i, around, leaf = _come_down(tree, key)
        if 0 < i < len(around):
            low, high = around[i - 1], around[i]
            keys, values = leaf.keys, leaf.values
            if high - low == len(keys):
                keys = None
                return values[key - low]
        found = leaf.keys
        i = bisect_left(found, key)
        return leaf.values[i] if i < len(found) and found[i] == key else default

    return row


def _come_down(tree: Tree, key: Key) -> tuple[int, Sequence[Key], Leaf]:
    """The leaf where a key belongs, its place in the lowest branch, and the separators there."""
    node = tree.root
    i, separators = 0, _NO_KEYS
    while node.__class__ is Branch:
        separators = node.keys
        i = bisect_right(separators, key)
        node = node.children[i]
    return i, separators, node


def rows_finder(tree: Tree) -> Callable[[Sequence[int]], list[Any]]:
    """``tree.get_many`` of a tree whose keys are all integers, for one batch of keys after the other."""
    left = patience(tree)
    if left <= 0:
        return directory_of(tree).values
    find: Callable[[Sequence[int]], list[Any]] = tree.get_many

    def rows(keys: Sequence[int]) -> list[Any]:
        nonlocal left, find
        if left > 0:
            left -= len(keys)
            if left <= 0:
                find = directory_of(tree).values
        return find(keys)

    return rows


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
