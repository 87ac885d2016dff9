"""Keys and their order.

A key is None, an int, a float, a str, bytes, or a flat tuple of these. The order is Python's own wherever
Python defines one; where Python raises TypeError (None, numbers, str and bytes against each other) classes
rank

    None < numbers < str < bytes

and tuples compare element by element, a prefix before its extensions. ``1`` and ``1.0`` are one key; NaN is
none.

Searches therefore run plain ``bisect`` on lists of keys, and repeat with ``sort_key`` only where that raises
TypeError: every comparison that Python answers agrees with the ranked order, so a search that never raises is
right as it is.

``TOP`` is greater than every key and every element of a key: ``(5,)`` to ``(5, TOP)`` spans all tuples that
begin with 5.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Final

__all__ = ["TOP", "Key", "position_after", "position_of", "sort_key", "sorted_keys"]

Key = Any
"""A key; a static type cannot say it without making every comparison an error."""


class _Top:
    """The type of TOP."""

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return False

    def __le__(self, other: object) -> bool:
        return other is self

    def __gt__(self, other: object) -> bool:
        return other is not self

    def __ge__(self, other: object) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return other is self

    def __hash__(self) -> int:
        return 0x70B

    def __repr__(self) -> str:
        return "TOP"


TOP: Final = _Top()

_RANKS: dict[type, int] = {type(None): 0, int: 1, float: 1, bool: 1, str: 2, bytes: 3, tuple: 4, _Top: 5}


def sort_key(key: Key) -> tuple[Any, ...]:
    """A value that Python orders as the engine orders keys, whatever their classes."""
    rank = _RANKS[key.__class__]
    if rank == 4:
        return (4, tuple(map(sort_key, key)))
    if rank == 0 or rank == 5:
        return (rank,)
    return (rank, key)


def sorted_keys(keys: Iterable[Key]) -> list[Key]:
    """The keys as a sorted list."""
    result = list(keys)
    try:
        result.sort()
    except TypeError:
        result.sort(key=sort_key)
    return result


def position_of(keys: Sequence[Key], key: Key, start: int = 0) -> int:
    """Where ``key`` is, or would be inserted, in the sorted list ``keys`` (bisect_left)."""
    try:
        return bisect_left(keys, key, start)
    except TypeError:
        return bisect_left(keys, sort_key(key), start, key=sort_key)


def position_after(keys: Sequence[Key], key: Key, start: int = 0) -> int:
    """The position after all keys <= ``key`` in the sorted list ``keys`` (bisect_right)."""
    try:
        return bisect_right(keys, key, start)
    except TypeError:
        return bisect_right(keys, sort_key(key), start, key=sort_key)
