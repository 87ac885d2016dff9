"""Leaves in the order of one item of their values: ranges of a column without an index.

Where values are rows, who looks for a few of them by a column has to look at every row. But most leaves are never
changed again, and rows are looked for by the same columns again and again. So a leaf that is asked a second time for
values whose item ``at`` lies between two bounds is sorted by that item, and keeps the order for as long as it is in
memory: the sorted items, and where each stands in the leaf. From then on two searches find what is wanted, and no
other row is touched. Where the tree was gone through before, whatever for (``OFTEN``), the first time is enough.

    values  [("a", 3), ("b", 1), ("c", 2)]    kept[1]  ([1, 2, 3], b"\x01\x02\x00")

Orders are kept by leaves that nobody can change (``Owner.writes``), so they are never wrong; a leaf that is written to
is copied, and the copy begins anew. That a leaf was asked once costs next to nothing, and sorting it as much as looking
at its rows once or twice.

Items are compared as Python compares them. A leaf whose items do not compare with each other, or with a bound, is
given as a whole, as is every leaf that may still change: the caller checks each value in any case. NULL (None) lies
between no bounds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any

from .nodes import LEAF_MAX, MISSING, Batch, Leaf, may_keep
from .tree import Tree

__all__ = ["OFTEN", "batches_between", "values_between"]

assert LEAF_MAX <= 256, "places in a leaf are bytes"

OFTEN = 2
"""A handle that went through its tree so many times is likely to be asked again."""

_Order = tuple[list[Any], bytes]

_ASKED: _Order = [], b""
"""The order of a leaf that was asked for it once."""

_MIXED: _Order = [], b""
"""The order of a leaf whose items have none."""


def values_between(
    tree: Tree, at: int, low: Any = MISSING, high: Any = MISSING, low_open: bool = False, high_open: bool = False
) -> Iterator[list[Any]]:
    """Lists of the tree's values, ascending by key, among them all whose item ``at`` lies between the bounds (MISSING:
    none; open: the bound itself excluded)."""
    if low is None or high is None:
        return
    tree.scans += 1
    at_once = tree.scans > OFTEN
    for leaf in tree.leaves():
        places = _places(leaf, at, low, high, low_open, high_open, at_once)
        if places is None:
            yield leaf.values
        elif places:
            values = leaf.values
            yield [values[i] for i in places]


def batches_between(
    tree: Tree, at: int, low: Any = MISSING, high: Any = MISSING, low_open: bool = False, high_open: bool = False
) -> Iterator[Batch]:
    """The same with the values' keys."""
    if low is None or high is None:
        return
    tree.scans += 1
    at_once = tree.scans > OFTEN
    for leaf in tree.leaves():
        places = _places(leaf, at, low, high, low_open, high_open, at_once)
        if places is None:
            yield leaf.keys, leaf.values
        elif places:
            keys, values = leaf.keys, leaf.values
            yield [keys[i] for i in places], [values[i] for i in places]


def _places(
    leaf: Leaf, at: int, low: Any, high: Any, low_open: bool, high_open: bool, at_once: bool
) -> list[int] | None:
    """Where a leaf has the values between the bounds, ascending; None: look at all of them. ``at_once``: an order is
    worth it."""
    order = (leaf.kept or {}).get(at)
    if order is None or order is _ASKED:
        order = _order_of(leaf, at, at_once or order is _ASKED)
        if order is None:
            return None
    if order is _MIXED:
        return None
    items, places = order
    try:
        start = 0 if low is MISSING else bisect_right(items, low) if low_open else bisect_left(items, low)
        if high is MISSING:
            stop = len(items)
        else:
            stop = bisect_left(items, high, start) if high_open else bisect_right(items, high, start)
    except TypeError:
        return None
    return sorted(places[start:stop])


def _order_of(leaf: Leaf, at: int, is_worth_it: bool) -> _Order | None:
    """The order, if it is to be kept from now on; the leaf notes that it was asked."""
    if not may_keep(leaf):
        return None
    if leaf.kept is None:
        leaf.kept = {}
    leaf.kept[at] = order = _sorted(leaf.values, at) if is_worth_it else _ASKED
    return order if is_worth_it else None


def _sorted(values: list[Any], at: int) -> _Order:
    column = [value[at] for value in values]
    try:
        places = sorted([i for i, item in enumerate(column) if item is not None], key=column.__getitem__)
    except TypeError:
        return _MIXED
    return [column[i] for i in places], bytes(places)
