"""The rows of json_each() for plain JSON, around the exact walk of :mod:`mantisdb_sql.functions.json_each`.

Arrays and objects are taken apart by msgspec, as in :mod:`mantisdb_sql.functions.json_plain`. An object that has a
label twice would lose a member by that, and with it some of its quotation marks: those of the values and two for each
label are all that the text has, or the exact walk does it. Where there are escapes, lengths are compared instead.
"""

from __future__ import annotations

import re
from typing import Any

from mantisdb_sql.functions.json_arguments import Json
from mantisdb_sql.functions.json_plain import (
    NotPlain,
    finder,
    items_of,
    members_of,
    minified,
    scalar_items,
    sql_value,
    type_of,
)

__all__ = ["members_without_twins", "plain_rows"]

Row = tuple[Any, ...]
_KEY, _VALUE, _TYPE, _ATOM, _FULLKEY = 0, 1, 2, 3, 6
_NO_COLUMNS: Row = (None,) * 11
_REST: Row = (None,) * 8
_BARE_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)


def plain_rows(json: str, root: str, binary: bool, wanted: frozenset[int]) -> list[Row]:
    """The rows of json_each(json, root), of which ``id`` is not wanted; NotPlain, or one of msgspec's errors."""
    find = finder(root)
    if find is None:
        raise NotPlain
    content = find(json)
    if content is None:
        return []
    if content[0] == 0x5B:
        if wanted <= {_KEY, _VALUE}:
            values = scalar_items(content)
            if values is not None:
                return [(i, value, *_REST, value) for i, value in enumerate(values)]
        texts = items_of(content)
        keys: list[Any] = list(range(len(texts)))
    elif content[0] == 0x7B:
        keys, texts = members_without_twins(minified(content) if b"\\" in content else content)
    else:
        raise NotPlain
    if not wanted:
        return [_NO_COLUMNS] * len(texts)
    values = [sql_value(text) for text in texts] if wanted & {_VALUE, _ATOM} else texts
    if wanted <= {_KEY, _VALUE} and not any(text[0] in b"[{" for text in texts):
        return [(key, value, *_REST, value) for key, value in zip(keys, values, strict=True)]
    return [_row(json, root, binary, wanted, *parts) for parts in zip(keys, texts, values, strict=True)]


def members_without_twins(content: bytes) -> tuple[list[Any], list[bytes]]:
    """(labels, texts of the values) of an object without white space, or without escapes."""
    members = members_of(content)
    texts = [bytes(value) for value in members.values()]
    if b"\\" not in content:
        if content.count(b'"') != 2 * len(texts) + sum([text.count(b'"') for text in texts]):
            raise NotPlain
        return list(members), texts
    length = sum(map(len, texts)) + sum([len(label.encode()) for label in members]) + 4 * len(members)
    if length + 1 != len(content) and members:
        raise NotPlain
    return list(members), texts


def _row(json: str, root: str, binary: bool, wanted: frozenset[int], key: Any, text: bytes, value: Any) -> Row:
    kind = type_of(text)
    is_container = text[0] in b"[{"
    if is_container and binary:
        raise NotPlain
    fullkey = None
    if _FULLKEY in wanted:
        if key.__class__ is int:
            fullkey = f"{root}[{key}]"
        else:
            fullkey = f"{root}.{key}" if _BARE_LABEL.fullmatch(key) else f'{root}."{key}"'
    marked = Json(value) if is_container and value.__class__ is str else value
    atom = None if is_container else value
    return key, value, kind, atom, None, None, fullkey, root, json, root, marked
