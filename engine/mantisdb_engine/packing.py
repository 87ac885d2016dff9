"""Values as msgpack, for log entries and pages: one C call for a whole batch.

msgpack's strings are UTF-8. A string with a lone surrogate (how text that is not UTF-8 is held, see
``surrogateescape`` in Python's documentation) has none: such a string becomes an extension of type LOOSE_TEXT, whose
bytes are UTF-8 with surrogates let through. Only a batch that holds one pays for looking.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["LOOSE_TEXT", "decoder", "encode"]

LOOSE_TEXT = 1
"""The extension type of strings that UTF-8 cannot hold."""

_encode = msgspec.msgpack.Encoder().encode


def encode(value: Any) -> bytes:
    """The bytes of a value made of None, int, float, str, bytes, lists and tuples."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(_loose(value))


def _loose(value: Any) -> Any:
    """The value with strings that UTF-8 cannot hold as extensions."""
    if isinstance(value, list | tuple):
        return [_loose(item) for item in value]
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return msgspec.msgpack.Ext(LOOSE_TEXT, value.encode("utf-8", "surrogatepass"))
    return value


def decoder(shape: Any = Any) -> msgspec.msgpack.Decoder[Any]:
    """A decoder of values of this type."""
    return msgspec.msgpack.Decoder(shape, ext_hook=_from_extension)


def _from_extension(code: int, data: memoryview) -> str:
    if code != LOOSE_TEXT:
        raise msgspec.DecodeError(f"unknown extension type {code}")
    return bytes(data).decode("utf-8", "surrogatepass")
