"""Collations: how TEXT is ordered and when it is equal (https://www.sqlite.org/datatype3.html, section 7).

A collation is a *key function*: TEXT compares under the collation as the keys compare in Python. BINARY's
key is the text itself, NOCASE folds the 26 ASCII letters, RTRIM drops spaces at the end. Key functions leave values
that are not TEXT as they are.

The keys of a collation that is defined by a compare function are :class:`_Key` objects, which call it. Sets and dicts
of them need hashes: texts that are equal under the collation must have the same. So the first time that a key is hashed
it is looked up among those that were hashed before, which are kept in the collation's order, and shares the *group* of
its equals; the group's identity is the hash. Groups live as long as one of their keys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any
from weakref import ref

from sortedcontainers import SortedKeyList

from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii
from mantisdb_sql.values.rules import RANKS

__all__ = ["BUILT_IN", "Collation", "nocase_key", "rtrim_key", "user_collation"]

_FEW_GROUPS = 1024


def binary_key(value: Any) -> Any:
    """The value."""
    return value


def nocase_key(value: Any) -> Any:
    """TEXT with its ASCII letters in lower case."""
    return lower_ascii(value) if value.__class__ is str else value


def rtrim_key(value: Any) -> Any:
    """TEXT without the spaces at its end."""
    return value.rstrip(" ") if value.__class__ is str else value


@dataclass(slots=True, eq=False, frozen=True)
class Collation:
    """A collation by name (upper case).

    key   TEXT to what compares, and is hashed, in its place; other values come back as they are
    """

    name: str
    key: Callable[[Any], Any]


BUILT_IN = {
    "BINARY": Collation("BINARY", binary_key),
    "NOCASE": Collation("NOCASE", nocase_key),
    "RTRIM": Collation("RTRIM", rtrim_key),
}


class _Group:
    """What keys that are equal have in common."""

    __slots__ = ("__weakref__",)


class _Groups:
    """The groups of a collation, found by any text of theirs; those that are gone are dropped now and then."""

    __slots__ = ("_entries", "_most")

    def __init__(self, compare: Callable[[str, str], int]) -> None:
        by_text = cmp_to_key(compare)
        self._entries: Any = SortedKeyList(key=lambda entry: by_text(entry[0]))
        self._most = _FEW_GROUPS

    def of(self, text: str) -> _Group:
        """The group of a text, a new one where nothing is equal to it."""
        entries = self._entries
        place = entries.bisect_key_left(entries.key((text, None)))
        if place < len(entries):
            found, group_ref = entries[place]
            if entries.key((found, None)) == entries.key((text, None)):
                group: _Group | None = group_ref()
                if group is not None:
                    return group
                del entries[place]
        group = _Group()
        entries.add((text, ref(group)))
        if len(entries) > self._most:
            self._entries = SortedKeyList([entry for entry in entries if entry[1]() is not None], key=entries.key)
            self._most = max(2 * len(self._entries), _FEW_GROUPS)
        return group


class _Key:
    """A text under a user's collation."""

    __slots__ = ("_compare", "_group", "_groups", "_text")

    def __init__(self, text: str, compare: Callable[[str, str], int], groups: _Groups) -> None:
        self._text, self._compare, self._groups = text, compare, groups
        self._group: _Group | None = None

    def __lt__(self, other: object) -> bool:
        return self._compare(self._text, other._text) < 0 if isinstance(other, _Key) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._compare(self._text, other._text) <= 0 if isinstance(other, _Key) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self._compare(self._text, other._text) > 0 if isinstance(other, _Key) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self._compare(self._text, other._text) >= 0 if isinstance(other, _Key) else NotImplemented

    def __eq__(self, other: object) -> bool:
        return self._compare(self._text, other._text) == 0 if isinstance(other, _Key) else NotImplemented

    def __hash__(self) -> int:
        if self._group is None:
            self._group = self._groups.of(self._text)
        return hash(self._group)


RANKS[_Key] = RANKS[str]


def user_collation(name: str, compare: Callable[[str, str], int]) -> Collation:
    """A collation made of a function that says below zero, zero or above zero of two texts."""
    groups = _Groups(compare)

    def key(value: Any) -> Any:
        return _Key(value, compare, groups) if value.__class__ is str else value

    return Collation(upper_ascii(name), key)
