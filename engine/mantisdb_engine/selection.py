"""What a selection leaves out of a list, found when somebody asks for it.

A pass that removes keys notes what it removed, in case that it is undone, logged or compared with what others wrote. In
memory and alone, none of this happens mostly, and gathering the keys and rows would cost as much as removing them. Even
noting whether each stays costs a fifth of that; so a pass may do without where there is no log, and what goes is then
found from what stays, which takes three times as long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from operator import not_
from typing import Any

__all__ = ["LeftOut", "Pass"]

Pass = list[tuple[list[Any], list[Any], list[Any], list[Any] | None]]
"""What a pass saw and chose: of each run its keys, their values, the keys that stay, and something true for each that
stays (None: the pass did without)."""


class LeftOut(Sequence[Any]):
    """What a pass leaves out, in order: keys (``column`` 0) or values (1); there are ``count``. Threads may share it:
    to find the elements twice does no harm. The lists of the pass may not change any more."""

    __slots__ = ("_column", "_count", "_found", "_pass")

    def __init__(self, runs: Pass, column: int, count: int) -> None:
        self._pass, self._column, self._count = runs, column, count
        self._found: list[Any] | None = None

    @property
    def elements(self) -> list[Any]:
        """The elements as a list, which must not be changed."""
        found = self._found
        if found is None:
            found = []
            for keys, values, left, stays in self._pass:
                if stays is not None:
                    found += compress(values if self._column else keys, map(not_, stays))
                else:
                    rest = dict(zip(keys, values, strict=True))
                    for key in left:
                        del rest[key]
                    found += rest.values() if self._column else rest
            self._found = found
        return found

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        return self.elements[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.elements)
