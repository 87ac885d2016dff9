"""Batch writes: new nodes in place of those where a run of keys belongs.

``edited`` walks down with an ascending run of keys, splits it among the children, and builds the nodes of
every level it touched anew from the bottom up. ``rewritten`` does so with all leaves that a function wants to be
others. They change nothing that exists: a batch that is refused leaves no trace.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import compress
from operator import not_
from typing import Any

from .keys import Key, position_after, position_of, sorted_keys
from .nodes import Batch, Branch, Leaf, Node, Part, Value, branch_parts, leaf_parts, refill

Edit = Callable[[Leaf, int, int], Batch]
"""Makes a leaf's new content, given the run ``[low:high]`` of the batch that belongs there."""
Rewritten = tuple[list[Node], bool] | None
Rewrite = Callable[[list[Leaf]], Rewritten]
"""What becomes of sibling leaves: those in their places, each the same, another one of the same keys, or one of some of
its keys; and whether each that lost keys has LEAF_MIN of them still. None: all stay."""
Search = Callable[..., int]
"""bisect_left, or its twin for keys of several classes."""


class Exists(Exception):
    """A key of a batch exists already."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def edited(
    node: Any, keys: Sequence[Key], low: int, high: int, edit: Edit, separator: Key, on_edge: bool,
    owner: object | None,
) -> list[Part]:
    """The nodes that replace ``node`` once ``keys[low:high]``, which belong there, are edited in."""
    if node.__class__ is Leaf:
        return leaf_parts(*edit(node, low, high), separator, on_edge, owner)
    separators, children = node.keys, node.children
    parts: list[Part] = []
    done = 0
    while low < high:
        i = position_after(separators, keys[low])
        is_last = i == len(separators)
        stop = high if is_last else position_of(keys, separators[i], low)
        stop = min(stop, high)
        parts += zip([separator, *separators][done:i], children[done:i], strict=True)
        bound = separators[i - 1] if i else separator
        parts += edited(children[i], keys, low, stop, edit, bound, on_edge and is_last, owner)
        done = i + 1
        low = stop
    parts += zip([separator, *separators][done:], children[done:], strict=True)
    if not parts:
        return []
    new_separators, new_children = [part[0] for part in parts[1:]], [part[1] for part in parts]
    refill(new_separators, new_children, on_edge, owner)
    return branch_parts(list(zip([separator, *new_separators], new_children, strict=True)), on_edge, owner)


def rewritten(node: Any, rewrite: Rewrite, separator: Key, on_edge: bool, owner: object | None) -> list[Part]:
    """The nodes that replace ``node`` once all its leaves are what ``rewrite`` makes of them."""
    if node.__class__ is Leaf:
        made = rewrite([node])
        return _parts([separator], [node] if made is None else made[0])
    parts: list[Part] = []
    children = node.children
    if children[0].__class__ is Leaf:
        made = rewrite(children)
        if made is None:
            return [(separator, node)]
        leaves, are_filled = made
        if are_filled:  # none needs to be joined with others: the separators are what they were
            return [(separator, Branch(node.keys.copy(), leaves, owner))]
        parts = _parts([separator, *node.keys], leaves)
    else:
        last = len(children) - 1
        for i, (bound, child) in enumerate(zip([separator, *node.keys], children, strict=True)):
            parts += rewritten(child, rewrite, bound, on_edge and i == last, owner)
    if not parts:
        return []
    new_separators, new_children = [part[0] for part in parts[1:]], [part[1] for part in parts]
    if new_children == children:
        return [(separator, node)]
    refill(new_separators, new_children, on_edge, owner)
    return branch_parts(list(zip([separator, *new_separators], new_children, strict=True)), on_edge, owner)


def _parts(separators: list[Key], leaves: list[Node]) -> list[Part]:
    return [(bound, leaf) for bound, leaf in zip(separators, leaves, strict=True) if len(leaf)]


def merged(leaf: Leaf, run: Sequence[Key], run_values: Sequence[Value], index: int) -> Batch:
    """The leaf's content with a run of new keys; ``index`` is the run's position in its batch, for
    ``Exists``.
    """
    keys, values = leaf.keys, leaf.values
    if not keys or (position_after(keys, run[0]) == len(keys) and keys[-1] != run[0]):
        return [*keys, *run], [*values, *run_values]
    if len(run) * 3 > len(keys):  # measured: from here on a dict and a sort cost less than searches
        return _merged_by_sorting(leaf, run, run_values, index)
    try:
        return _merged_by_searching(leaf, run, run_values, index, bisect_left)
    except TypeError:
        return _merged_by_searching(leaf, run, run_values, index, position_of)


def _merged_by_sorting(leaf: Leaf, run: Sequence[Key], run_values: Sequence[Value], index: int) -> Batch:
    merged = dict(zip(leaf.keys, leaf.values, strict=True))
    merged.update(zip(run, run_values, strict=True))
    if len(merged) < len(leaf.keys) + len(run):
        existing = set(leaf.keys)
        raise Exists(index + next(j for j, key in enumerate(run) if key in existing))
    keys = sorted_keys(merged)
    return keys, list(map(merged.__getitem__, keys))


def _merged_by_searching(
    leaf: Leaf, run: Sequence[Key], run_values: Sequence[Value], index: int, search: Search
) -> Batch:
    keys, values = leaf.keys.copy(), leaf.values.copy()
    i = 0
    for j, key in enumerate(run):
        i = search(keys, key, i)
        if i < len(keys) and keys[i] == key:
            raise Exists(index + j)
        keys.insert(i, key)
        values.insert(i, run_values[j])
    return keys, values


def replaced(leaf: Leaf, run: Sequence[Key], run_values: Sequence[Value], old: list[Value]) -> list[Value]:
    """The leaf's values with those of a run of its keys replaced; the old ones are added to ``old``."""
    keys, values = leaf.keys, leaf.values
    if len(run) == len(keys):
        assert list(run) == keys, _NO_SUCH_KEY
        old += values
        return list(run_values)
    values = values.copy()
    positions = _positions(keys, run)
    old += map(values.__getitem__, positions)
    for at, value in zip(positions, run_values, strict=True):
        values[at] = value
    return values


def remaining(leaf: Leaf, run: Sequence[Key], old: list[Value]) -> Batch:
    """The leaf's content without a run of its keys; their values are added to ``old``."""
    keys, values = leaf.keys, leaf.values
    if len(run) * 8 > len(keys):  # measured: from here on a look at every key costs less than searches
        doomed = set(run)
        stays = [key not in doomed for key in keys]
        old += compress(values, map(not_, stays))
        left = list(compress(keys, stays))
        assert len(left) + len(run) == len(keys), _NO_SUCH_KEY
        return left, list(compress(values, stays))
    positions = _positions(keys, run)
    keys, values = keys.copy(), values.copy()
    old += map(values.__getitem__, positions)
    for at in reversed(positions):
        del keys[at], values[at]
    return keys, values


_NO_SUCH_KEY = "a key to change does not exist"


def _positions(keys: list[Key], run: Sequence[Key]) -> list[int]:
    """Where a run of keys is in a leaf's keys, all of which must be there."""
    if len(run) * 8 > len(keys):
        try:
            return list(map(dict(zip(keys, range(len(keys)), strict=True)).__getitem__, run))
        except KeyError:
            raise AssertionError(_NO_SUCH_KEY) from None
    positions = []
    at = 0
    for key in run:
        at = position_of(keys, key, at)
        assert at < len(keys) and keys[at] == key, _NO_SUCH_KEY
        positions.append(at)
    return positions
