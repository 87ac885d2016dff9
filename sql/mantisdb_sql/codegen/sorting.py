"""Sorting of lists that may be too long for one call of ``list.sort``, which nothing can interrupt.

A long list is cut into runs, each of which is sorted by itself. Values at even distances in the runs say where to cut
all of them, so that each *part* has about as many items as a run, and none of its items belongs before those of the
part before it. A part is put together from a piece of each run, in their order, and sorted: Python's sort merges the
pieces. As each call is stable and equal values are never parted, the whole is. This takes about as long as one sort of
a million rows (the keys are looked up twice, but what is compared is in the processor's cache), and 10 ms at a time
instead of a second. Pairwise merges would be no quicker, and the last of them goes through all items in one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from types import FunctionType
from typing import Any

__all__ = ["sort_by"]

_LONG = 1 << 16
"""From so many items on a list is sorted in runs; numbers, which are compared sooner, from twice as many on."""
_SHORTEST_RUN, _LONGEST_RUN = 1 << 14, 1 << 16
_RUNS = 64
"""So many runs, unless they were too short or too long: each part looks for its place in every run."""
_SAMPLES = 16
"""Values taken from each run."""

Key = Callable[[Any], Any]


def sort_by(items: list[Any], key: Key | None = None, descending: bool = False) -> None:
    """``items.sort(key=key, reverse=descending)``, in steps between which an interrupt can strike. TypeError leaves the
    items in any order."""
    if not _is_long(items, key):
        items.sort(key=key, reverse=descending)
    elif isinstance(key, FunctionType):  # dear, and called once for each item so
        places = list(range(len(items)))
        sort_by(places, [key(item) for item in items].__getitem__, descending)
        items[:] = map(items.__getitem__, places)
    else:
        _Runs(items, key, descending).sort()


def _is_long(items: Sequence[Any], key: Key | None) -> bool:
    if not _LONG <= len(items) < 2 * _LONG or isinstance(key, FunctionType):
        return len(items) >= _LONG
    return not isinstance(items[0] if key is None else key(items[0]), float | int)


class _Runs:
    """A long list, in sorted runs."""

    def __init__(self, items: list[Any], key: Key | None, descending: bool) -> None:
        self._items, self._key, self._descending = items, key, descending
        self._value: Key = key or _itself
        size = self._size = min(max(len(items) // _RUNS, _SHORTEST_RUN), _LONGEST_RUN)
        self._runs = [items[start : start + size] for start in range(0, len(items), size)]

    def sort(self) -> None:
        """Sort the list."""
        for run in self._runs:
            run.sort(key=self._key, reverse=self._descending)
        start = 0
        for part in self._runs if self._follow_each_other() else self._parts():
            self._items[start : start + len(part)] = part
            start += len(part)

    def _follow_each_other(self) -> bool:
        """Whether no run has an item that belongs before the end of the one before it."""
        value = self._value
        return not any(self._is_before(value(later[0]), value(run[-1])) for run, later in pairwise(self._runs))

    def _parts(self) -> Iterator[list[Any]]:
        """The items in sorted lists, one behind the other."""
        step = max(1, self._size // _SAMPLES)
        samples = [self._value(item) for run in self._runs for item in run[step // 2 :: step]]
        samples.sort(reverse=self._descending)
        starts = [0] * len(self._runs)
        for pivot in samples[_SAMPLES::_SAMPLES]:
            stops = [self._place(run, start, pivot) for run, start in zip(self._runs, starts, strict=True)]
            yield self._part(starts, stops)
            starts = stops
        yield self._part(starts, list(map(len, self._runs)))

    def _part(self, starts: Sequence[int], stops: Sequence[int]) -> list[Any]:
        part: list[Any] = []
        for run, start, stop in zip(self._runs, starts, stops, strict=True):
            part += run[start:stop]
        part.sort(key=self._key, reverse=self._descending)
        return part

    def _place(self, run: Sequence[Any], start: int, pivot: Any) -> int:
        """The first place from ``start`` on whose item does not belong before ``pivot``."""
        stop = len(run)
        while start < stop:
            middle = (start + stop) // 2
            if self._is_before(self._value(run[middle]), pivot):
                start = middle + 1
            else:
                stop = middle
        return start

    def _is_before(self, one: Any, other: Any) -> bool:
        return bool(one > other if self._descending else one < other)


def _itself(item: Any) -> Any:
    return item
