"""Passes that remove keys from a tree (``Transaction.keep_where``), and what they removed, found when somebody asks.

A pass notes what it removed, in case that it is undone, logged or compared with what others wrote. In memory and alone,
none of this happens mostly, and gathering the keys and rows would cost as much as removing them. Even noting whether
each stays costs a fifth of that. So there are two passes. ``keep_marked`` is told for each key whether it stays.
``keep_values``, for where there is no log, is told the values that stay and nothing else, and what goes is then found
from what stays, which takes three times as long; as these values hold their keys, it need not gather the keys that stay
either (``leaf_without_keys``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from operator import not_
from typing import Any

from .batches import Rewrite, Rewritten
from .keys import Key
from .late_elements import LateElements
from .nodes import LEAF_MAX, LEAF_MIN, KeyOf, Leaf, Node, Value, leaf_without_keys

__all__ = ["Removal", "Staying", "ValuesLeft"]

Staying = Callable[[list[Key], list[Value]], tuple[list[Key], list[Value], list[Any]]]
"""Of a leaf's keys and values those that stay, in lists that nobody changes any more, and something true for each that
stays."""

ValuesLeft = Callable[[list[Leaf]], list[list[Value]]]
"""The values that stay of each leaf, in lists that nobody changes any more."""


class Removal:
    """What a pass saw and chose; ``count`` keys are removed."""

    __slots__ = ("_runs", "count")

    def __init__(self) -> None:
        # of each leaf that loses keys: itself, the one in its place, and something true for each key that stays (or
        # None); without owners, since they share lists with the operation
        self._runs: list[tuple[Leaf, Leaf, list[Any] | None]] = []
        self.count = 0

    def keep_marked(self, staying: Staying) -> Rewrite:
        """The pass that keeps what ``staying`` says."""

        def rewrite(leaves: list[Leaf]) -> Rewritten:
            made: list[Node] = []
            least, removed = LEAF_MAX, 0
            for leaf in leaves:
                keys = leaf.keys
                keys_left, values_left, stays = staying(keys, leaf.values)
                size = len(keys_left)
                if size < len(keys):
                    removed += len(keys) - size
                    least = min(least, size)
                    left = Leaf(keys_left, values_left)
                    self._runs.append((leaf, left, stays))
                    leaf = left
                made.append(leaf)
            self.count += removed
            return (made, least >= LEAF_MIN) if removed else None

        return rewrite

    def keep_values(self, values_left: ValuesLeft, key_of: KeyOf) -> Rewrite:
        """The pass that keeps what ``values_left`` says, of values whose keys ``key_of`` gives."""

        def rewrite(leaves: list[Leaf]) -> Rewritten:
            made: list[Node] = []
            least, removed = LEAF_MAX, 0
            for leaf, values in zip(leaves, values_left(leaves), strict=True):
                size, before = len(values), len(leaf.values)
                if size < before:
                    removed += before - size
                    if size < least:
                        least = size
                    left = leaf_without_keys(values, key_of)
                    self._runs.append((leaf, left, None))
                    made.append(left)
                else:
                    made.append(leaf)
            self.count += removed
            return (made, least >= LEAF_MIN) if removed else None

        return rewrite

    def keys(self) -> Sequence[Key]:
        """The keys that are removed, ascending."""
        return _LeftOut(self._runs, 0, self.count)

    def values(self) -> Sequence[Value]:
        """Their values."""
        return _LeftOut(self._runs, 1, self.count)


class _LeftOut(LateElements):
    """What a pass leaves out: keys (``column`` 0) or values (1). The leaves may not change any more."""

    __slots__ = ("_column", "_runs")

    def __init__(self, runs: list[tuple[Leaf, Leaf, list[Any] | None]], column: int, count: int) -> None:
        super().__init__(count)
        self._runs, self._column = runs, column

    def _gather(self) -> list[Any]:
        found: list[Any] = []
        for leaf, left, stays in self._runs:
            if stays is not None:
                found += compress(leaf.values if self._column else leaf.keys, map(not_, stays))
            else:
                rest = dict(zip(leaf.keys, leaf.values, strict=True))
                for key in left.keys:
                    del rest[key]
                found += rest.values() if self._column else rest
        return found
