"""Runs of keys that begin alike, in a tree whose keys are tuples: where each begins and ends, found without reading
what lies between.

The end of a run is searched for in the leaf where it begins; only for a run that goes on behind that leaf a search
comes down from the root. So runs of any length cost about the same each.

Like a scan, the iterator must not be used after its tree was changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any

from .keys import Key, position_after, position_of
from .nodes import Branch
from .tree import Tree

__all__ = ["searched_runs"]


def searched_runs(
    tree: Tree, width: int, tops: tuple[Any, ...], first: Key, last: Key, finds_ends: bool = True
) -> Iterator[tuple[Key, Key]]:
    """The first and the last key of each run of keys that are equal in ``width`` elements, ascending, among those from
    ``first`` to ``last``, both in the tree. ``tops`` are greater than all that follows those elements. Unless
    it ``finds_ends``, the second key is any of the run."""
    keys, at = _place(tree, first, position_of)
    final, size = last[:width], len(keys)
    while True:
        low = keys[at]
        beginning = low[:width]
        if beginning == final:
            yield low, last
            return
        beyond = beginning + tops
        try:
            at = bisect_right(keys, beyond, at)
        except TypeError:
            at = position_after(keys, beyond, at)
        high = keys[at - 1]
        if at == size:
            keys, at = _place(tree, beyond, position_after)
            size = len(keys)
            if at:
                high = keys[at - 1]
            elif finds_ends:
                high = next(tree.range_back(high=beyond))[0][0]
        yield low, high


def _place(tree: Tree, key: Key, position: Callable[..., int]) -> tuple[list[Key], int]:
    """The keys of the leaf that has the first key which is not below ``key``, or is above it, and its position there;
    there is one."""
    node = tree.root
    try:
        while node.__class__ is Branch:
            node = node.children[bisect_right(node.keys, key)]
    except TypeError:
        node = tree.root
        while node.__class__ is Branch:
            node = node.children[position_after(node.keys, key)]
    keys = node.keys
    at = position(keys, key)
    if at < len(keys):
        return keys, at
    return _place(tree, next(tree.range(low=key))[0][0], position_of)
