"""Plain JSON text to JSONB, around the exact parser of :mod:`mantisdb_sql.functions.json_text`.

msgspec says whether a text is RFC 8259, and what is in it. JSONB wants the texts of numbers and strings, not their
values, and every member of an object, in order. Both can be had from the values: a string without an escape is its
own text; an integer's digits are its text, unless it is ``-0``; what is no integer is decoded as its text; and where a
label stands twice in an object, one of its members is lost, and with it some of the text's quotation marks.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mantisdb_sql.functions.jsonb import ARRAY, FALSE, FLOAT, INT, NULL, OBJECT, TEXT, TRUE, header

__all__ = ["FAILURES", "NotPlain", "Real", "decoded", "plain_blob"]


class NotPlain(Exception):
    """The text is not plain enough."""


FAILURES = (NotPlain, msgspec.MsgspecError, UnicodeEncodeError, RecursionError)

_MOST_CONTAINERS = 200
"""Nesting of which the recursion here is not afraid."""


class Real(str):
    """The text of a number that is no integer."""

    __slots__ = ()


_decode = msgspec.json.Decoder(Any, float_hook=Real).decode
_NULL, _TRUE, _FALSE = bytes((NULL,)), bytes((TRUE,)), bytes((FALSE,))
_SHORT_TEXTS = [header(TEXT, size) for size in range(12)]


def decoded(text: str) -> Any:
    """The values in a text without escapes and of little depth; what is no integer, as its text."""
    if "\\" in text or text.count("[") + text.count("{") > _MOST_CONTAINERS:
        raise NotPlain
    return _decode(text)


def plain_blob(text: str) -> bytes:
    """The JSONB of a text; NotPlain, or one of msgspec's errors."""
    quotes = 0

    def element(value: Any) -> bytes:
        nonlocal quotes
        content: bytes
        kind = value.__class__
        if kind is str:
            quotes += 2
            content = value.encode()
            size = len(content)
            return (_SHORT_TEXTS[size] if size < 12 else header(TEXT, size)) + content
        if kind is dict:
            content = b"".join([element(part) for member in value.items() for part in member])
            return header(OBJECT, len(content)) + content
        if kind is list:
            content = b"".join([element(item) for item in value])
            return header(ARRAY, len(content)) + content
        if kind is int:
            if not value and "-0" in text:
                raise NotPlain
            content = b"%d" % value
            return header(INT, len(content)) + content
        if kind is Real:
            content = value.encode()
            return header(FLOAT, len(content)) + content
        return _NULL if value is None else _TRUE if value else _FALSE

    blob = element(decoded(text))
    if text.count('"') != quotes:
        raise NotPlain
    return blob
