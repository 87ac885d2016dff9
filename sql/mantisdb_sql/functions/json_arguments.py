"""What the JSON functions take: JSON as text or JSONB, SQL values that become JSON, and texts that *are* JSON.

SQLite marks the result of a JSON function with a subtype, and ``json_array(json('[1]'))`` nests it where
``json_array('[1]')`` has a text. Here the binder knows which arguments can be so marked
(:mod:`mantisdb_sql.binding.json_arguments`), and only those reach a function as :class:`Json`, which never gets any
further.
"""

from __future__ import annotations

import re
from typing import Any

from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.json_text import Document, parsed
from mantisdb_sql.functions.jsonb import FLOAT, INT, NULL, TEXTRAW, Malformed, element, is_jsonb, quoted, text_at
from mantisdb_sql.functions.scalar import quote
from mantisdb_sql.values.numbers_text import real_to_text
from mantisdb_sql.values.rules import text_of

__all__ = ["Json", "argument_text", "as_document", "as_element", "as_json", "json_string", "mark", "unmarked"]


class Json(str):
    """A text that is JSON."""

    __slots__ = ()


def mark(value: Any) -> Any:
    """A text as JSON; anything else as it is."""
    return Json(value) if value.__class__ is str else value


def unmarked(value: Any) -> Any:
    """A value without its mark."""
    return str(value) if value.__class__ is Json else value


def argument_text(value: Any) -> str:
    """A value that is not NULL, as text."""
    return str(value) if value.__class__ is Json else text_of(value)


def as_document(value: Any) -> Document:
    """The JSON that a value holds, which is not NULL: JSONB, or text."""
    if value.__class__ is str:
        return parsed(value)
    if value.__class__ is bytes and is_jsonb(value):
        return Document(value, False)
    text = argument_text(value)
    if not text:
        raise Malformed
    return parsed(text)


_ESCAPED = re.compile(r'[\0-\x1f"\\]')


def json_string(text: str) -> str:
    """A text as a JSON string."""
    if _ESCAPED.search(text) is None:
        return f'"{text}"'
    return quoted(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def as_json(value: Any) -> str:
    """A value as JSON text."""
    kind = value.__class__
    if kind is str:
        return json_string(value)
    if kind is Json:
        return str(value)
    if value is None:
        return "null"
    if kind is int:
        return str(value)
    if kind is float:
        return quote(value)
    if is_jsonb(value):
        return text_at(value, 0)
    raise SqlError("JSON cannot hold BLOB values")


def as_element(value: Any) -> bytes:
    """A value as JSONB."""
    kind = value.__class__
    if kind is str:
        return element(TEXTRAW, value.encode("utf-8", "surrogateescape"))
    if kind is Json:
        return parsed(str(value)).blob
    if value is None:
        return bytes((NULL,))
    if kind is int:
        return element(INT, str(value).encode())
    if kind is float:
        text = real_to_text(value)
        return element(FLOAT, {"Inf": "9e999", "-Inf": "-9e999"}.get(text, text).encode())
    if is_jsonb(value):
        return bytes(value)
    raise SqlError("JSON cannot hold BLOB values")
