"""Leaves as columns: of every value the item at one place, and nothing else.

Where values are rows, who reads one item of each goes through all rows in memory to find where the items are. But most
leaves are never changed again, and what is asked of a table once is asked again. So a leaf that is asked a second time
for the items at a place keeps them as a list, 8 bytes a row, for as long as it is in memory. To go through the list
takes half as long.

    values  [("a", 3), ("b", 1), ("c", 2)]    kept[~1]  [3, 1, 2]

As in leaf_orders.py, only leaves that nobody can change keep anything, so what they keep is never wrong. Two columns
side by side are slower than the rows (measured on Python 3.11): it is for those who read one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from .nodes import Leaf, may_keep
from .tree import Tree

__all__ = ["column"]

_ASKED: list[Any] = []
"""What a leaf keeps that was asked for a column once."""


def column(tree: Tree, at: int) -> Iterator[Iterable[Any]]:
    """For each leaf in turn its values' items at a place, ascending by key."""
    get = itemgetter(at)
    for leaf in tree.leaves():
        items = _items(leaf, at)
        yield map(get, leaf.values) if items is None else items


def _items(leaf: Leaf, at: int) -> list[Any] | None:
    """The items at a place, if they are kept from now on; the leaf notes that it was asked."""
    kept = leaf.kept
    if kept is None:
        if may_keep(leaf):
            leaf.kept = {~at: _ASKED}
        return None
    items: list[Any] | None = kept.get(~at)
    if items is None:
        kept[~at] = _ASKED
    elif items is _ASKED:
        items = kept[~at] = [value[at] for value in leaf.values]
    return items
