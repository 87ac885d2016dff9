"""What a selection leaves out of a list, found when somebody asks for it.

A pass that removes keys notes what it removed, in case that it is undone, logged or compared with what others wrote. In
memory and alone, none of this happens mostly, and gathering the keys and rows would cost as much as removing them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from operator import not_
from typing import Any

__all__ = ["LeftOut"]


class LeftOut(Sequence[Any]):
    """The elements of ``everything`` whose place in ``stays`` is false, in order; there are ``count``. Neither list
    may change any more. Threads may share it: to find the elements twice does no harm."""

    __slots__ = ("_count", "_everything", "_found", "_stays")

    def __init__(self, everything: list[Any], stays: list[Any], count: int) -> None:
        self._everything, self._stays, self._count = everything, stays, count
        self._found: list[Any] | None = None

    @property
    def elements(self) -> list[Any]:
        """The elements as a list, which must not be changed."""
        found = self._found
        if found is None:
            found = self._found = list(compress(self._everything, map(not_, self._stays)))
        return found

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        return self.elements[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.elements)
