"""Binding: from the parameters that a caller gives to the plain values that a statement runs with.

The fast path of :mod:`mantisdb_dbapi.cursor` hands a tuple or list of the right length to the statement as it
is; the statement refuses values that are not plain. Everything else comes here: mappings, other sequences,
wrong counts, objects to adapt, and the errors in the standard library's words.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from mantisdb_dbapi.adaptation import PrepareProtocol, adapt, plain_types_are_adapted
from mantisdb_dbapi.errors import DataError, ProgrammingError
from mantisdb_sql.values.storage import INT_MAX, INT_MIN, SqlValue

__all__ = ["NAMED_WANT_MAPPING", "PLAIN_TYPES", "bind", "plain_value"]

# From 3.12 on named placeholders with a sequence draw a warning, from 3.14 on an error.
NAMED_WANT_MAPPING = sys.version_info >= (3, 12)

_IMMUTABLE_TYPE, _HEAP_TYPE = 1 << 8, 1 << 9  # Py_TPFLAGS_IMMUTABLETYPE, Py_TPFLAGS_HEAPTYPE

PLAIN_TYPES = frozenset((int, float, str, bytes, type(None)))


def bind(names: Sequence[str | None], parameters: Any, length_limit: int) -> list[SqlValue]:
    """One plain value per slot. ``names`` are the statement's slots: ":a", "?5", or None for "?"."""
    cls = type(parameters)
    if cls is tuple or cls is list or (not isinstance(parameters, Mapping) and hasattr(cls, "__getitem__")):
        given = _from_sequence(names, parameters)
    elif isinstance(parameters, Mapping):
        given = _from_mapping(names, parameters)
    elif not names and not parameters:
        given = []
    else:
        raise ProgrammingError("parameters are of unsupported type")
    adapt_plain = plain_types_are_adapted()
    return [
        plain_value(
            value if type(value) in PLAIN_TYPES and not adapt_plain else adapt(value, PrepareProtocol, value),
            slot,
            length_limit,
        )
        for slot, value in enumerate(given)
    ]


def _from_sequence(names: Sequence[str | None], parameters: Any) -> list[Any]:
    wanted, supplied = len(names), len(parameters)
    if wanted != supplied:
        raise ProgrammingError(
            f"Incorrect number of bindings supplied. The current statement uses {wanted}, "
            f"and there are {supplied} supplied."
        )
    if NAMED_WANT_MAPPING:
        for slot, name in enumerate(names):
            if name is not None and name[0] != "?":
                _refuse_sequence(slot, name)
    return [parameters[slot] for slot in range(wanted)]


def _refuse_sequence(slot: int, name: str) -> None:
    message = (
        f"Binding {slot + 1} ('{name}') is a named parameter, but you supplied a sequence which requires "
        "nominal (qmark) placeholders."
    )
    if sys.version_info >= (3, 14):
        raise ProgrammingError(message)
    warnings.warn(
        f"{message} Starting with Python 3.14 an sqlite3.ProgrammingError will be raised.",
        DeprecationWarning,
        stacklevel=6,
    )


def _from_mapping(names: Sequence[str | None], parameters: Mapping[str, Any]) -> list[Any]:
    given = []
    for slot, name in enumerate(names):
        if name is None:
            raise ProgrammingError(
                f"Binding {slot + 1} has no name, but you supplied a dictionary (which has only names)."
            )
        try:
            given.append(parameters[name[1:]])
        except LookupError:
            raise ProgrammingError(f"You did not supply a value for binding parameter :{name[1:]}.") from None
    return given


def plain_value(value: Any, slot: int, length_limit: int) -> SqlValue:
    """The SQL value of an adapted object; subclasses become their plain base."""
    if value is None:
        return None
    if isinstance(value, int):
        value = int.__index__(value)
        if INT_MIN <= value <= INT_MAX:
            return int(value)
        raise OverflowError("Python int too large to convert to SQLite INTEGER")
    if isinstance(value, float):
        value = float.__float__(value)
        return value if value == value else None
    if isinstance(value, str):
        return _checked(str.__str__(value), length_limit)
    try:
        view = memoryview(value)
    except TypeError:
        raise ProgrammingError(
            f"Error binding parameter {slot + 1}: type '{_c_name(type(value))}' is not supported"
        ) from None
    if not view.c_contiguous:
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    if view.nbytes > length_limit:
        raise DataError("string or blob too big")
    return bytes(view)


def _c_name(cls: type) -> str:
    """The name that C code sees: with its module for types that are written in C, as many of the standard library's."""
    is_python = cls.__flags__ & _HEAP_TYPE and not cls.__flags__ & _IMMUTABLE_TYPE
    return cls.__name__ if is_python or cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__name__}"


def _checked(text: str, length_limit: int) -> str:
    """The text, if it can be UTF-8 and is not too long; a lone surrogate raises UnicodeEncodeError."""
    size_bytes = len(text) if text.isascii() else len(text.encode())
    if size_bytes > length_limit:
        raise DataError("string or blob too big")
    return text
