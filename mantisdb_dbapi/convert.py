"""From stored values to the objects that a program asked for: converters and ``text_factory``.

Only connections with ``detect_types`` or another ``text_factory`` than ``str`` come here; one function per
result converts row by row, when the row is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["make_row_converter", "to_bytes"]

Converter = Callable[[bytes], Any]
_Row = tuple[Any, ...]

# SQLite's C interface has no pointer to an empty value; the standard library takes it for NULL.
_EMPTY = ("", b"")


def make_row_converter(
    converters: Sequence[Converter | None], text_factory: Any
) -> Callable[[_Row], _Row] | None:
    """A function from row to row; None where nothing is to be done."""
    text = _text_maker(text_factory)
    if text is None and not any(converters):
        return None

    def convert(row: _Row) -> _Row:
        return tuple(
            value
            if value is None
            else converter(to_bytes(value))
            if converter is not None and value not in _EMPTY
            else None
            if converter is not None
            else text(value)
            if text is not None and value.__class__ is str
            else value
            for value, converter in zip(row, converters, strict=True)
        )

    return convert


def _text_maker(factory: Any) -> Callable[[str], Any] | None:
    if factory is str:
        return None
    if factory is bytes:
        return _encode
    return lambda text: factory(_encode(text))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def to_bytes(value: Any) -> bytes:
    """What a converter is given: the value as SQLite writes it as text, a BLOB as it is."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, float):
        return _real_text(value).encode()
    return _encode(str(value))


def _real_text(value: float) -> str:
    from mantisdb_sql.values.numbers_text import real_to_text

    return real_to_text(value)
