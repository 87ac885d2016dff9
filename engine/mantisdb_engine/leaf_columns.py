"""Leaves as columns: of every value the item at one place, and nothing else.

Where values are rows, who reads one item of each goes through all rows in memory to find where the items are. But most
leaves are never changed again, and what is asked of a table once is asked again. So a leaf that is asked a second time
for the items at a place keeps them as a list, 8 bytes a row, for as long as it is in memory. To go through the list
takes half as long. Where the tree was gone through before, whatever for, the first time is enough.

    values  [("a", 3), ("b", 1), ("c", 2)]    kept[~1]  [3, 1, 2]

As in leaf_orders.py, only leaves that nobody can change keep anything, so what they keep is never wrong. Two columns
side by side are slower than the rows (measured on Python 3.11): it is for those who read one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from .leaf_orders import OFTEN
from .nodes import Leaf, may_keep
from .tree import Tree

__all__ = ["column"]

_ASKED: list[Any] = []
"""What a leaf keeps that was asked for a column once."""


def column(tree: Tree, at: int) -> Iterator[Iterable[Any]]:
    """For each leaf in turn its values' items at a place, ascending by key."""
    get = itemgetter(at)
    tree.scans += 1
    at_once = tree.scans > OFTEN
    for leaf in tree.leaves():
        items = _items(leaf, at, at_once)
        yield map(get, leaf.values) if items is None else items


def _items(leaf: Leaf, at: int, at_once: bool) -> list[Any] | None:
    """The items at a place, if they are kept from now on; else the leaf notes that it was asked. ``at_once``: it need
    not have been asked before."""
    kept = leaf.kept
    if kept is None:
        if not may_keep(leaf):
            return None
        kept = leaf.kept = {}
    items: list[Any] | None = kept.get(~at)
    if items is _ASKED or (items is None and at_once):
        items = kept[~at] = [value[at] for value in leaf.values]
    elif items is None:
        kept[~at] = _ASKED
    return items
