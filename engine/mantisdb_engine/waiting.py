"""Entries that wait to be merged into their tree: new ones, in the order in which they came.

An index's key is a tuple that ends in the row's key, and rows mostly come with ascending keys. As long as they do
(``top`` is the last row key, and TOP once they did not), sorting by the other elements alone, with a sort that is
stable, gives the order of the whole tuples; and single elements compare several times faster than tuples.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from .keys import TOP, Key, sort_key

__all__ = ["Waiting"]

_LAST = itemgetter(-1)


class Waiting:
    """Distinct keys and their values; see the module's text."""

    __slots__ = ("keys", "top", "values")

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.values: list[Any] = []
        self.top: Any = float("-inf")

    def add(self, key: Key, value: Any) -> None:
        """One more."""
        self.keys.append(key)
        self.values.append(value)
        try:
            last = key[-1]
            self.top = last if last > self.top else TOP
        except (TypeError, IndexError):
            self.top = TOP

    def add_run(self, keys: list[Key], values: list[Any]) -> None:
        """Many more, in order."""
        self.keys += keys
        self.values += values
        try:
            lasts = list(map(_LAST, keys))
            self.top = max(lasts) if min(lasts) > self.top else TOP
        except (TypeError, IndexError):
            self.top = TOP

    def sorted(self) -> tuple[list[Key], list[Any]]:
        """All keys in order, with their values."""
        keys, values = self.keys, self.values
        if len(keys) < 2:
            return keys, values
        try:
            if values == list(map(_LAST, keys)):
                return self._sorted_keys(), list(map(_LAST, self.keys))
        except (TypeError, IndexError):
            pass
        order = list(range(len(keys)))
        try:
            order.sort(key=keys.__getitem__)
        except TypeError:
            order.sort(key=list(map(sort_key, keys)).__getitem__)
        return list(map(keys.__getitem__, order)), list(map(values.__getitem__, order))

    def _sorted_keys(self) -> list[Key]:
        keys = self.keys
        try:
            if self.top is TOP or set(map(type, keys)) != {tuple} or len(widths := set(map(len, keys))) > 1:
                keys.sort()
                return keys
            for element in range(widths.pop() - 2, -1, -1):
                keys.sort(key=itemgetter(element))
        except TypeError:
            keys.sort(key=sort_key)
        return keys
