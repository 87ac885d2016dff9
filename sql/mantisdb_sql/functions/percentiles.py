"""median(x), percentile(x, p), percentile_cont(x, f) and percentile_disc(x, f) (https://sqlite.org/percentile.html).

The numbers x of a group, in order, stand at the places 0 to n - 1. What is asked for lies at the place f * (n - 1),
where f is p / 100, and 0.5 for median(); between two places it is interpolated, and percentile_disc() takes the number
below.
All compute with REALs. The fraction must be the same for all rows of the group, to within 0.001 of the first row's.

0.0 and -0.0 are equal, and percentile_disc() tells which of them stands at the place. Where a group has both, they are
put where SQLite's own sorting and searching puts them (``percentSort`` and ``percentBinarySearch`` of percentile.c).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from math import copysign, isinf
from typing import Any

from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.definition import FunctionDef
from mantisdb_sql.values.rules import number_or_same
from mantisdb_sql.values.storage import NULL, REAL

__all__ = ["PERCENTILES"]

_SAME = 0.001
"""Fractions that differ by no more are the same."""


class _Percentile:
    """One group's numbers. They are sorted when first asked for, unless they came in order, and kept sorted from then
    on."""

    __slots__ = ("_fraction", "_highest", "_is_sorted", "_keeps_sorted", "_name", "_numbers")

    def __init__(self, name: str, highest: float) -> None:
        self._name, self._highest = name, highest
        self._fraction: float | None = None
        self._numbers: list[float] = []
        self._is_sorted = True
        self._keeps_sorted = False

    def step(self, value: Any, fraction: Any = 0.5) -> None:
        """Take a row's number, and check its fraction."""
        self._check(fraction)
        number = _number(value, self._name)
        if number is None:
            return
        numbers = self._numbers
        if self._is_sorted and numbers and number < numbers[-1]:
            if self._keeps_sorted:
                numbers.insert(_place_of(number, numbers), number)
                return
            self._is_sorted = False
        numbers.append(number)

    def inverse(self, value: Any, fraction: Any = 0.5) -> None:
        """Take a number back."""
        if value is not None:
            self._sort()
            del self._numbers[_place_of(float(value), self._numbers)]

    def final(self) -> float | None:
        """The number at the place."""
        if not self._numbers:
            return None
        self._sort()
        assert self._fraction is not None
        return _at(self._numbers, self._fraction, self._name)

    def _check(self, given: Any) -> None:
        number = number_or_same(given)
        if number.__class__ in (int, float) and 0.0 <= (fraction := number / self._highest) <= 1.0:
            if self._fraction is None:
                self._fraction = fraction
            elif not -_SAME <= self._fraction - fraction <= _SAME:
                raise SqlError(f"the fraction argument to {self._name}() is not the same for all input rows")
        else:
            raise SqlError(f"the fraction argument to {self._name}() is not between 0.0 and {self._highest}")

    def _sort(self) -> None:
        self._keeps_sorted = True
        if not self._is_sorted:
            _sort(self._numbers)
            self._is_sorted = True


def _sort(numbers: list[float]) -> None:
    """Sort in place."""
    if numbers.count(0.0) < 2 or len({copysign(1.0, number) for number in numbers if not number}) < 2:
        numbers.sort()
        return
    ranges = [(0, len(numbers))]
    while ranges:
        ranges += _partition(numbers, *ranges.pop())


def _partition(a: list[float], start: int, end: int) -> list[tuple[int, int]]:
    """One step of SQLite's quicksort of ``a[start:end]``; the ranges that remain to be sorted."""
    if end - start < 2:
        return []
    i, above = start + (end - start) // 2, end - 1
    if a[start] > a[above]:
        a[start], a[above] = a[above], a[start]
    if end - start == 2:
        return []
    if a[start] > a[i]:
        a[start], a[i] = a[i], a[start]
    elif a[i] > a[above]:
        a[i], a[above] = a[above], a[i]
    if end - start == 3:
        return []
    pivot = a[i]
    below = i = start + 1
    while i < above:
        if a[i] < pivot:
            a[i], a[below] = a[below], a[i]
            below += 1
            i += 1
        elif a[i] > pivot:
            above -= 1
            while above > i and a[above] > pivot:
                above -= 1
            a[i], a[above] = a[above], a[i]
        else:
            i += 1
    return [(start, below), (above, end)]


def _place_of(number: float, numbers: list[float]) -> int:
    """Where a number stands, or would stand, among sorted ones."""
    if number:
        return bisect_left(numbers, number)
    first, last = 0, len(numbers) - 1
    while first <= last:
        middle = (first + last) // 2
        if numbers[middle] < number:
            first = middle + 1
        elif numbers[middle] > number:
            last = middle - 1
        else:
            return middle
    return first


def _number(value: Any, name: str) -> float | None:
    if value is None:
        return None
    if value.__class__ is not int and value.__class__ is not float:
        raise SqlError(f"input to {name}() is not numeric")
    number = float(value)
    if isinf(number):
        raise SqlError(f"Inf input to {name}()")
    return number


def _at(numbers: Sequence[float], fraction: float, name: str) -> float | None:
    """What stands at a fraction of the way through sorted numbers."""
    place = fraction * (len(numbers) - 1)
    below = int(place)
    low = numbers[below]
    if name == "percentile_disc":
        return low
    above = below if place == below or below == len(numbers) - 1 else below + 1
    found = low + (numbers[above] - low) * (place - below)
    return found if found == found else None


def _median(values: list[Any]) -> float | None:
    """median() of one group's values, NULLs included."""
    numbers = [number for value in values if (number := _number(value, "median")) is not None]
    numbers.sort()
    return _at(numbers, 0.5, "median") if numbers else None


def _makers() -> list[FunctionDef]:
    made = []
    for name, highest in (("percentile", 100.0), ("percentile_cont", 1.0), ("percentile_disc", 1.0)):
        maker = partial(_Percentile, name, highest)
        made.append(FunctionDef(name, 2, 2, classes=REAL | NULL, make=maker, sliding=maker))
    maker = partial(_Percentile, "median", 1.0)
    return [*made, FunctionDef("median", 1, 1, classes=REAL | NULL, make=maker, sliding=maker, whole=_median)]


PERCENTILES: list[FunctionDef] = _makers()
