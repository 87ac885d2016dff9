"""How results of two engines are compared: value by value and type by type.

``1`` and ``1.0`` differ, ``None`` equals only ``None``, floats are compared bit for bit unless a tolerance
  is given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

Row = Sequence[object]


def typed(row: Row) -> tuple[tuple[str, object], ...]:
    """A row in which equal values of different types differ."""
    return tuple((type(value).__name__, value) for value in row)


def sort_key(row: Row) -> str:
    """Any fixed order of rows of mixed types."""
    return repr(row)


def as_multiset(rows: Iterable[Row]) -> list[tuple[object, ...]]:
    """Rows in a fixed order, for results whose order is not defined."""
    return sorted(map(tuple, rows), key=sort_key)


def first_difference(ours: Sequence[Row], theirs: Sequence[Row], *, tolerance: float = 0.0) -> str | None:
    """What differs first, or None where both are the same."""
    for number, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        if not same_row(a, b, tolerance):
            return f"row {number}: ours {a!r}, theirs {b!r}"
    if len(ours) != len(theirs):
        return f"ours has {len(ours)} rows, theirs {len(theirs)}"
    return None


def same_row(a: Row, b: Row, tolerance: float = 0.0) -> bool:
    """Whether two rows agree in every value and type."""
    if not (isinstance(a, tuple) and isinstance(b, tuple)):
        return False
    return len(a) == len(b) and all(same_value(x, y, tolerance) for x, y in zip(a, b, strict=True))


def same_value(a: object, b: object, tolerance: float = 0.0) -> bool:
    """Whether two values agree in value and type; floats within a relative tolerance."""
    if type(a) is not type(b):
        return False
    if tolerance and isinstance(a, float) and isinstance(b, float):
        return a == b or math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
    return a == b
