"""A sequence that is gathered when somebody looks at it: what passes over a tree note for the few who ask."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["LateElements"]


class LateElements(Sequence[Any]):
    """So many elements (``count``), in order. Threads may share them: to gather them twice does no harm."""

    __slots__ = ("_count", "_gathered")

    def __init__(self, count: int) -> None:
        self._count = count
        self._gathered: list[Any] | None = None

    @abstractmethod
    def _gather(self) -> list[Any]:
        """The elements, from what must not have changed since."""

    @property
    def elements(self) -> list[Any]:
        """The elements as a list, which must not be changed."""
        if self._gathered is None:
            self._gathered = self._gather()
        return self._gathered

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        return self.elements[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.elements)
