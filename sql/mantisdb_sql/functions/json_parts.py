"""The parts of JSON documents that a statement wants, and how they are read where documents differ.

Paths that fit into one type make a tree of :class:`Part`: objects with wanted members, arrays with wanted items,
elements that are wanted themselves. ``made()`` is the type for msgspec's decoder, which passes over everything else;
what a document lacks is ``UNSET``.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from mantisdb_sql.values.storage import INT_MAX, INT_MIN

__all__ = ["NotPlain", "Part", "sql_values"]

_ONE_TO_ONE = frozenset({str, float, type(None)})
_KINDS = _ONE_TO_ONE | {int, bool, msgspec.UnsetType}


class NotPlain(Exception):
    """The text, or one of a batch, is not plain enough."""


class Part:
    """An object or array with the parts that are wanted of it, or an element that is wanted itself.

    parts   by label, or by index
    leaves  which of the paths end here
    raw     what ends here is wanted as text, not as a value
    """

    def __init__(self) -> None:
        self.parts: dict[str | int, Part] = {}
        self.leaves: list[int] = []
        self.raw = False
        self.kind: Any = None

    def enter(self, number: int, path: tuple[str | int, ...], raw: bool) -> bool:
        """Take a path in; False where something else is wanted of the same element."""
        part, new = self, []
        for step in path:
            if part.leaves or any(step.__class__ is not known.__class__ for known in part.parts):
                return False
            if step not in part.parts:
                new.append((part, step))
                part.parts[step] = Part()
            part = part.parts[step]
        if part.parts or (part.leaves and part.raw is not raw):
            for parent, step in new:
                parent.parts.pop(step, None)
            return False
        part.raw = raw
        part.leaves.append(number)
        return True

    @property
    def last_index(self) -> int:
        """The last wanted item of an array; -1 for an object."""
        return max((step for step in self.parts if isinstance(step, int)), default=-1)

    def made(self) -> Any:
        """The decoder's type."""
        if self.leaves:
            return Raw if self.raw else Any
        last = self.last_index
        if last >= 0:
            items = [(f"p{i}", self.parts[i].made() if i in self.parts else Raw, UNSET) for i in range(last + 1)]
            self.kind = msgspec.defstruct("Items", items, array_like=True, gc=False)
        else:
            members = [(f"p{i}", part.made(), UNSET) for i, part in enumerate(self.parts.values())]
            labels = {f"p{i}": str(label) for i, label in enumerate(self.parts)}
            self.kind = msgspec.defstruct("Members", members, rename=labels, gc=False)
        return self.kind

    def ends(self, attributes: str = "") -> Iterator[tuple[Part, str]]:
        """Where paths end, and the attributes that lead there."""
        if self.leaves:
            yield self, attributes
        for i, (step, part) in enumerate(self.parts.items()):
            yield from part.ends(f"{attributes}.p{step if isinstance(step, int) else i}")

    def labels(self) -> Iterator[str]:
        """The labels on all the paths."""
        for step, part in self.parts.items():
            if isinstance(step, str):
                yield step
            yield from part.labels()

    def walk(self, objects: list[Any], found: list[list[Any]], labels: dict[str, int]) -> None:
        """Collect the elements where the paths end, and how many objects have each label."""
        for i, (step, part) in enumerate(self.parts.items()):
            values = list(map(attrgetter(f"p{step if isinstance(step, int) else i}"), objects))
            kinds = set(map(type, values))
            missing = sum([value is UNSET for value in values]) if msgspec.UnsetType in kinds else 0
            if isinstance(step, str):
                labels[step] = labels.get(step, 0) + len(values) - missing
            if not part.leaves:
                if missing:
                    empty = part.kind()
                    values = [empty if value is UNSET else value for value in values]
                part.walk(values, found, labels)
                continue
            if not part.raw:
                values = sql_values(values, kinds)
            for leaf in part.leaves:
                found[leaf] = values


def sql_values(values: list[Any], kinds: set[type]) -> list[Any]:
    """Elements as SQL values; NotPlain where that needs their texts. ``kinds`` are their classes."""
    if kinds <= _ONE_TO_ONE:
        return values
    if not kinds <= _KINDS:
        raise NotPlain
    if int in kinds:
        integers = values if len(kinds) == 1 else [value for value in values if value.__class__ is int]
        if min(integers) < INT_MIN or max(integers) > INT_MAX:
            raise NotPlain
    if bool in kinds or msgspec.UnsetType in kinds:
        return [None if value is UNSET else int(value) if value.__class__ is bool else value for value in values]
    return values
