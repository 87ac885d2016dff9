"""json_group_array(), json_group_object() and their jsonb_ forms, and min() and max() whose result is nested.

What is JSON comes marked (json_arguments.Json)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mantisdb_sql.functions.aggregates import Extreme
from mantisdb_sql.functions.definition import FunctionDef
from mantisdb_sql.functions.json_arguments import argument_text, as_json, json_string, unmarked
from mantisdb_sql.functions.json_scalars import text_to_jsonb
from mantisdb_sql.values.storage import BLOB, NULL, TEXT

__all__ = ["JSON_AGGREGATES", "MARKED_EXTREMES"]


class _Array:
    """json_group_array(x)."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: list[str] = []

    def step(self, value: Any) -> None:
        """Append an item."""
        self.items.append(as_json(value))

    def final(self) -> Any:
        """The array."""
        return f"[{','.join(self.items)}]"


class _Object:
    """json_group_object(label, x); pairs without a label are left out."""

    __slots__ = ("members",)

    def __init__(self) -> None:
        self.members: list[str] = []

    def step(self, label: Any, value: Any) -> None:
        """Append a member."""
        if label is not None:
            text = argument_text(label).partition("\0")[0]
            self.members.append(f"{json_string(text)}:{as_json(value)}")

    def final(self) -> Any:
        """The object."""
        return f"{{{','.join(self.members)}}}"


class _BinaryArray(_Array):
    __slots__ = ()

    def final(self) -> bytes:
        return text_to_jsonb(super().final())


class _BinaryObject(_Object):
    __slots__ = ()

    def final(self) -> bytes:
        return text_to_jsonb(super().final())


class _MarkedExtreme:
    """min() or max() of values that may be marked, which compare as if they were not."""

    __slots__ = ("_best", "_extreme")

    def __init__(self, sign: int, key: Callable[[Any], Any] | None) -> None:
        self._extreme = Extreme(sign, key)
        self._best: Any = None

    def step(self, value: Any) -> None:
        """Take a row's value."""
        plain, before = unmarked(value), self._extreme.final()
        self._extreme.step(plain)
        if plain is not before and self._extreme.final() is plain:
            self._best = value

    def final(self) -> Any:
        """The extreme, marked if it came marked."""
        return self._best


def _marked_extreme(sign: int) -> Callable[..., _MarkedExtreme]:
    return lambda key=None: _MarkedExtreme(sign, key)


def _whole_array(values: Sequence[Any]) -> str:
    return f"[{','.join(map(as_json, values))}]"


def _whole_binary_array(values: Sequence[Any]) -> bytes:
    return text_to_jsonb(_whole_array(values))


JSON_AGGREGATES: list[FunctionDef] = [
    FunctionDef(
        "json_group_array", 1, 1, make=_Array, whole=_whole_array, classes=TEXT, gives_json=True, nests_json=True
    ),
    FunctionDef("jsonb_group_array", 1, 1, make=_BinaryArray, whole=_whole_binary_array, classes=BLOB, nests_json=True),
    FunctionDef("json_group_object", 2, 2, make=_Object, classes=TEXT, gives_json=True, nests_json=True),
    FunctionDef("jsonb_group_object", 2, 2, make=_BinaryObject, classes=BLOB, nests_json=True),
]
MARKED_EXTREMES: dict[str, FunctionDef] = {
    name: FunctionDef(
        f"marked {name}", 1, 1, classes=lambda args: args[0] | NULL, takes_key=True, make=_marked_extreme(sign)
    )
    for name, sign in (("min", -1), ("max", 1))
}
"""Not to be called by name."""
