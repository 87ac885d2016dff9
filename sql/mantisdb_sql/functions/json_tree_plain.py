"""The rows of json_tree() for plain JSON, around the exact walk of :mod:`mantisdb_sql.functions.json_each`.

They are made from the decoded values, as :mod:`mantisdb_sql.functions.json_plain_blob` makes JSONB. ``id`` and
``parent`` are offsets in that JSONB: where one of them is wanted, the sizes that all elements would have are computed
first.
"""

from __future__ import annotations

import re
from typing import Any

from mantisdb_sql.functions.json_arguments import Json
from mantisdb_sql.functions.json_batches import real_of
from mantisdb_sql.functions.json_plain_blob import NotPlain, Real, decoded
from mantisdb_sql.values.storage import INT_MAX, INT_MIN

__all__ = ["plain_tree"]

Row = tuple[Any, ...]
_VALUE, _ID, _PARENT, _FULLKEY, _PATH, _MARKED = 1, 4, 5, 6, 7, 10
_TYPES = {str: "text", int: "integer", Real: "real", type(None): "null"}
_BARE_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)


def plain_tree(text: str, binary: bool, wanted: frozenset[int]) -> list[Row]:
    """The rows of json_tree(text); NotPlain, or one of msgspec's errors."""
    has_values = not wanted.isdisjoint((_VALUE, _MARKED))
    if binary and has_values:
        raise NotPlain
    walk = _Walk(text, has_values, not wanted.isdisjoint((_FULLKEY, _PATH)))
    value = decoded(text)
    if not wanted.isdisjoint((_ID, _PARENT)):
        walk.measure(value)
    walk.visit(value, None, "$", "$", 0, 0, None)
    if text.count('"') != walk.quotes:
        raise NotPlain  # a label stands twice in an object
    return walk.rows


class _Walk:
    def __init__(self, text: str, has_values: bool, has_paths: bool) -> None:
        self.text, self.has_values, self.has_paths = text, has_values, has_paths
        self.rows: list[Row] = []
        self.sizes: list[tuple[int, int]] = []  # of the elements in their order: the header's, and the payload's
        self.quotes = 0

    def measure(self, value: Any) -> int:
        """Note the sizes of an element and all in it; its whole size."""
        at = len(self.sizes)
        self.sizes.append((0, 0))
        kind = value.__class__
        if kind is dict:
            size = sum([_label_size(label) + self.measure(part) for label, part in value.items()])
        elif kind is list:
            size = sum([self.measure(part) for part in value])
        elif kind is str or kind is Real:
            size = len(value.encode())
        else:
            size = len(str(value)) if kind is int else 0
        head = _header_size(size)
        self.sizes[at] = head, size
        return head + size

    def visit(self, value: Any, key: Any, fullkey: str, path: str, at: int, number: int, parent: int | None) -> str:
        """Append the rows of an element, whose JSONB is at ``at``, and of all in it; its text, where that is wanted."""
        kind = value.__class__
        place = len(self.rows)
        if kind is dict or kind is list:
            self.rows.append(())
            at += self.sizes[place][0] if self.sizes else 0
            visit = self._members if kind is dict else self._items
            content = visit(value, fullkey, at, number)
            kind_name = "object" if kind is dict else "array"
            self.rows[place] = (
                key, content, kind_name, None, number, parent, fullkey, path, self.text, "$", Json(content),
            )  # fmt: skip
            return content
        if kind is str:
            self.quotes += 2
            found, content = value, f'"{value}"' if self.has_values else ""
        elif kind is int:
            if not INT_MIN <= value <= INT_MAX or (not value and "-0" in self.text):
                raise NotPlain
            found, content = value, str(value)
        elif kind is Real:
            found, content = real_of(str(value)), str(value)
        elif value is None:
            found, content = None, "null"
        else:
            found, content = int(value), "true" if value else "false"
        kind_name = _TYPES.get(kind) or content
        self.rows.append((key, found, kind_name, found, number, parent, fullkey, path, self.text, "$", found))
        return content

    def _members(self, members: dict[str, Any], path: str, at: int, parent: int) -> str:
        texts = []
        fullkey = path
        for label, value in members.items():
            self.quotes += 2
            if self.has_paths:
                fullkey = f"{path}.{label}" if _BARE_LABEL.fullmatch(label) else f'{path}."{label}"'
            place, behind = len(self.rows), at + (_label_size(label) if self.sizes else 0)
            texts.append(f'"{label}":{self.visit(value, label, fullkey, path, behind, at, parent)}')
            at = behind + (sum(self.sizes[place]) if self.sizes else 0)
        return f"{{{','.join(texts)}}}" if self.has_values else ""

    def _items(self, items: list[Any], path: str, at: int, parent: int) -> str:
        texts = []
        fullkey = path
        for i, value in enumerate(items):
            if self.has_paths:
                fullkey = f"{path}[{i}]"
            place = len(self.rows)
            texts.append(self.visit(value, i, fullkey, path, at, at, parent))
            at += sum(self.sizes[place]) if self.sizes else 0
        return f"[{','.join(texts)}]" if self.has_values else ""


def _header_size(size: int) -> int:
    return 1 if size <= 11 else 2 if size <= 0xFF else 3 if size <= 0xFFFF else 5


def _label_size(label: str) -> int:
    size = len(label.encode())
    return _header_size(size) + size
