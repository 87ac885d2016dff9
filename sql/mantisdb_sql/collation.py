"""Collations: how TEXT is ordered and when it is equal (https://www.sqlite.org/datatype3.html, section 7).

A collation is a *key function*: TEXT compares under the collation as the keys compare in Python. BINARY's
key is the text itself, NOCASE folds the 26 ASCII letters, RTRIM drops spaces at the end. A collation
defined by a compare function gets its key function from functools.cmp_to_key. Key functions leave values
that are not TEXT as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

__all__ = ["BUILT_IN", "Collation", "nocase_key", "rtrim_key", "user_collation"]

_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def binary_key(value: Any) -> Any:
    """The value."""
    return value


def nocase_key(value: Any) -> Any:
    """TEXT with its ASCII letters in lower case."""
    if value.__class__ is str:
        return value.lower() if value.isascii() else value.translate(_FOLD)
    return value


def rtrim_key(value: Any) -> Any:
    """TEXT without the spaces at its end."""
    return value.rstrip(" ") if value.__class__ is str else value


@dataclass(slots=True, eq=False, frozen=True)
class Collation:
    """A collation by name (upper case).

    key       TEXT to what compares in its place; other values come back as they are
    hashable  whether equal TEXT has equal, hashable keys: then sets, dicts and indexes may be built on
    the keys
    """

    name: str
    key: Callable[[Any], Any]
    hashable: bool = True


BUILT_IN = {
    "BINARY": Collation("BINARY", binary_key),
    "NOCASE": Collation("NOCASE", nocase_key),
    "RTRIM": Collation("RTRIM", rtrim_key),
}


def user_collation(name: str, compare: Callable[[str, str], int]) -> Collation:
    """A collation made of a function that says below zero, zero or above zero of two texts."""
    wrap = cmp_to_key(compare)

    def key(value: Any) -> Any:
        return wrap(value) if value.__class__ is str else value

    return Collation(name.upper(), key, hashable=False)
