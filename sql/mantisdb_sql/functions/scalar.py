"""The core scalar functions (https://www.sqlite.org/lang_corefunc.html).

Each takes plain values and gives a plain value. Functions whose arguments must not all be evaluated
(coalesce, iif …) are emitted inline by :mod:`mantisdb_sql.functions.inline`; their ``call`` here is for
calls with evaluated arguments.
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions import inline
from mantisdb_sql.functions.definition import FunctionDef
from mantisdb_sql.functions.printf import escaped_controls, format_text
from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii
from mantisdb_sql.values.broken_text import (
    count_characters,
    first_code,
    is_broken,
    place_of,
    sound_text,
    split_characters,
)
from mantisdb_sql.values.like import glob, like, like_escaped
from mantisdb_sql.values.numbers_text import prefix_real, real_to_text
from mantisdb_sql.values.rules import as_integer, as_real, cast_blob, sort_key, text_of, truth
from mantisdb_sql.values.storage import BLOB, INT_MAX, INT_MIN, INTEGER, NULL, NUMBER, REAL, SMALL, TEXT

__all__ = ["COMPILE_OPTIONS", "SCALARS", "SQLITE_VERSION"]

SQLITE_VERSION = "3.54.1"  # the SQLite whose behaviour is reproduced
SQLITE_SOURCE_ID = "2026-10-16 14:45:20 555e07ef33f69a0957d24d8e555b702464a131d6f1607f4c3c1e4551e8e6ca76"
COMPILE_OPTIONS = ("ENABLE_MATH_FUNCTIONS", "ENABLE_PERCENTILE", "THREADSAFE=1")
_MAX_LENGTH_BYTES = 1_000_000_000


# ------------------------------------------------------------------------------------------------- numbers


def absolute(value: Any) -> Any:
    """abs(x)."""
    if value.__class__ is int:
        if value == INT_MIN:
            raise SqlError("integer overflow")
        return abs(value)
    if value is None:
        return None
    real = as_real(value)
    return -real if real < 0 else real  # -0.0 stays what it is


def round_half_up(value: Any, places: Any = 0) -> float | None:
    """round(x, places): always a REAL."""
    if value is None or places is None:
        return None
    digits = max(0, min(30, as_integer(places)))
    x = as_real(value)
    if not -4503599627370496.0 <= x <= 4503599627370496.0:
        return x
    if digits == 0:
        return float(int(x + (-0.5 if x < 0 else 0.5)))
    scale: int = 10**digits
    scaled = x * scale
    if -1e11 < scaled < 1e11 and abs(scaled % 1.0 - 0.5) > 1e-4:
        whole: int = round(scaled)  # far from the middle between two decimals, which decides alone
        if whole:
            return whole / scale
    return prefix_real(str(format_text(f"%!.{digits}f", x)))


@lru_cache(maxsize=32)
def rounder(places: int) -> Callable[[float], float | None]:
    """round() of a REAL to known places."""
    scale: int = 10 ** max(0, min(30, places))

    def rounded(value: float) -> float | None:
        scaled = value * scale
        if -1e11 < scaled < 1e11 and abs(scaled % 1.0 - 0.5) > 1e-4:
            whole: int = round(scaled)
            if whole:
                return whole / scale
        return round_half_up(value, places)

    return rounded


_RANDOM_INTEGERS = 512  # that are asked of the system at once
_integers: list[int] = []
if hasattr(os, "register_at_fork"):  # a forked process goes on with others
    os.register_at_fork(after_in_child=_integers.clear)


def random_integer() -> int:
    """random()."""
    try:
        return _integers.pop()
    except IndexError:
        made = array("q", os.urandom(8 * _RANDOM_INTEGERS)).tolist()
        _integers.extend(made[1:])
        return made[0]


def random_blob(count: Any) -> bytes:
    """randomblob(n)."""
    n = max(1, as_integer(count)) if count is not None else 1
    _check_length(n)
    return os.urandom(n)


def zero_blob(count: Any) -> bytes:
    """zeroblob(n)."""
    n = max(0, as_integer(count)) if count is not None else 0
    _check_length(n)
    return bytes(n)


def _check_length(size_bytes: int) -> None:
    if size_bytes > _MAX_LENGTH_BYTES:
        raise SqlError("string or blob too big", "SQLITE_TOOBIG")


# ---------------------------------------------------------------------------------------------------- text


def length(value: Any) -> int | None:
    """length(x): characters up to the first NUL, bytes of a BLOB."""
    kind = value.__class__
    if kind is str:
        at = value.find("\0")
        if is_broken(value):
            return count_characters(value if at < 0 else value[:at])
        return len(value) if at < 0 else at
    if value is None:
        return None
    return len(value) if kind is bytes else len(text_of(value))


def octet_length(value: Any) -> int | None:
    """octet_length(x): bytes of the text or BLOB."""
    return None if value is None else len(cast_blob(value))


def lower(value: Any) -> str | None:
    """lower(x): ASCII letters only."""
    return None if value is None else lower_ascii(text_of(value))


def upper(value: Any) -> str | None:
    """upper(x): ASCII letters only."""
    return None if value is None else upper_ascii(text_of(value))


def _trimmer(method: Callable[[str, str], str]) -> Callable[..., Any]:
    def trim(value: Any, characters: Any = " ") -> str | None:
        if value is None or characters is None:
            return None
        return method(text_of(value), text_of(characters).partition("\0")[0])

    return trim


def substring(value: Any, start: Any, count: Any = INT_MAX) -> Any:
    """substr(x, start, count): 1-based; a negative start counts from the end, a negative count goes left."""
    if value is None or start is None or count is None or value == b"":
        return None
    whole = value if value.__class__ in (bytes, str) else text_of(value)
    if whole.__class__ is str and "\0" in whole:
        whole = whole[: whole.index("\0")]
    if whole.__class__ is str and is_broken(whole):
        pieces = split_characters(whole)
        return b"".join(_cut(pieces, start, count)).decode("utf-8", "surrogateescape")
    return _cut(whole, start, count)


def _cut(whole: Any, start: Any, count: Any) -> Any:
    """The part of a text, a BLOB or a list of characters that substr() means."""
    first, size = as_integer(start), as_integer(count)
    if first < 0:
        first += len(whole)
        if first < 0:
            size = size + first if size >= 0 else 0
            first = 0
            size = max(size, 0)
    elif first > 0:
        first -= 1
    elif size > 0:
        size -= 1
    if size < 0:
        first, size = (first + size, -size) if first >= -size else (0, first)
    return whole[first : first + size]


def replace(value: Any, old: Any, new: Any) -> Any:
    """replace(x, old, new)."""
    if value is None or old is None:
        return None
    pattern = text_of(old)
    if not pattern or pattern[0] == "\0":
        return text_of(value)
    if new is None:
        return None
    if is_broken(pattern):
        whole: bytes = cast_blob(text_of(value)).replace(cast_blob(pattern), cast_blob(text_of(new)))
        result = text_of(whole)
    else:
        result = text_of(value).replace(pattern, text_of(new))
    if len(result) > _MAX_LENGTH_BYTES:
        raise SqlError("string or blob too big", "SQLITE_TOOBIG")
    return result


def instr(value: Any, part: Any) -> int | None:
    """instr(x, part): the 1-based place of the first occurrence, 0 without one."""
    if value is None or part is None:
        return None
    if value.__class__ is bytes and part.__class__ is bytes:
        return value.find(part) + 1
    whole, wanted = text_of(value), text_of(part)
    return place_of(whole, wanted) if is_broken(whole) or is_broken(wanted) else whole.find(wanted) + 1


def characters(*codes: Any) -> str:
    """char(code, …)."""
    return "".join(map(_character, codes))


def _character(code: Any) -> str:
    number = 0 if code is None else as_integer(code)
    if not 0 <= number <= 0x10FFFF:
        return "\ufffd"
    if 0xD800 <= number <= 0xDFFF:  # written as it stands, which is no UTF-8
        return chr(number).encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    return chr(number)


def unicode(value: Any) -> int | None:
    """unicode(x): the code point of the first character."""
    text = "" if value is None else text_of(value)
    if not text or text[0] == "\0":
        return None
    return first_code(text) if is_broken(text[:2]) else ord(text[0])


def concat(*values: Any) -> str:
    """concat(x, …): NULL counts as empty."""
    return "".join([text_of(value) for value in values if value is not None])


def concat_with_separator(separator: Any, *values: Any) -> str | None:
    """concat_ws(separator, x, …): NULLs are left out."""
    if separator is None:
        return None
    return text_of(separator).join([text_of(value) for value in values if value is not None])


# -------------------------------------------------------------------------------------- hex, quote, unistr


def hexadecimal(value: Any) -> str:
    """hex(x)."""
    return "" if value is None else cast_blob(value).hex().upper()


def unhexadecimal(value: Any, ignored: Any = "") -> bytes | None:
    """unhex(x, ignored): NULL where x is not pairs of hex digits, with ignored characters between pairs."""
    if value is None or ignored is None:
        return None
    skip = sound_text(text_of(ignored))
    text = sound_text(text_of(value).partition("\0")[0])
    digits = []
    at = 0
    while at < len(text):
        if text[at] in skip and text[at] not in _HEX:
            at += 1
            continue
        pair = text[at : at + 2]
        if len(pair) < 2 or pair[0] not in _HEX or pair[1] not in _HEX:
            return None
        digits.append(pair)
        at += 2
    return bytes.fromhex("".join(digits))


_HEX = frozenset("0123456789abcdefABCDEF")


def quote(value: Any) -> str:
    """quote(x): the value as an SQL literal."""
    kind = value.__class__
    if value is None:
        return "NULL"
    if kind is str:
        text: str = value.partition("\0")[0]
        return "'" + text.replace("'", "''") + "'"
    if kind is bytes:
        return f"X'{value.hex().upper()}'"
    if kind is int:
        return str(value)
    text = real_to_text(value)
    return {"Inf": "9.0e+999", "-Inf": "-9.0e+999"}.get(text, text)


_UNISTR = re.compile(r"\\(?:(\\)|u?([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|U([0-9a-fA-F]{8})|())")


def unistr(value: Any) -> str | None:
    r"""unistr(x): \XXXX, \uXXXX, \+XXXXXX, \UXXXXXXXX and \\ are replaced."""
    if value is None:
        return None
    text, nul, rest = text_of(value).partition("\0")  # behind a NUL nothing is replaced
    return _UNISTR.sub(_unescaped, text) + nul + rest


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return "\\"
    digits = match[2] or match[3] or match[4]
    if not digits:
        raise SqlError("invalid Unicode escape")
    code = int(digits, 16)
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
        return _raw_character(code).decode("utf-8", "surrogateescape")
    return chr(code)


def _raw_character(code: int) -> bytes:
    """UTF-8's scheme for a number that is no character."""
    if code < 0x10000:
        return bytes((0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F))
    return bytes((0xF0 | code >> 18 & 7, 0x80 | code >> 12 & 0x3F, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F))


def unistr_quote(value: Any) -> str:
    """unistr_quote(x): as quote(), with control characters escaped through unistr()."""
    if value.__class__ is not str:
        return quote(value)
    escaped = escaped_controls(value.partition("\0")[0])
    return quote(value) if escaped is None else "unistr('" + escaped.replace("'", "''") + "')"


# ---------------------------------------------------------------------------------------------- conditions


def coalesce(*values: Any) -> Any:
    """coalesce(x, …): the first value that is not NULL."""
    return next((value for value in values if value is not None), None)


def choose(*args: Any) -> Any:
    """iif(condition, value, …, default)."""
    for i in range(0, len(args) - 1, 2):
        if truth(args[i]):
            return args[i + 1]
    return args[-1] if len(args) % 2 else None


def null_if(key: Callable[[Any], Any] | None, value: Any, other: Any) -> Any:
    """nullif(x, y)."""
    if value is None or other is None:
        return value
    same = value == other if key is None else key(value) == key(other)
    return None if same else value


def _keyed(key: Callable[[Any], Any] | None, value: Any) -> Any:
    return sort_key(value) if key is None or value.__class__ is not str else (2, key(value))


def greatest(key: Callable[[Any], Any] | None, *values: Any) -> Any:
    """max(x, y, …): NULL where any is; of equal values the first."""
    if None in values:
        return None
    if key is None and len(set(map(type, values))) == 1:
        return max(values)
    return max(values, key=lambda value: _keyed(key, value))


def least(key: Callable[[Any], Any] | None, *values: Any) -> Any:
    """min(x, y, …): NULL where any is; of equal values the last."""
    if None in values:
        return None
    if key is None and len(set(map(type, values))) == 1:
        return min(reversed(values))
    return min(reversed(values), key=lambda value: _keyed(key, value))


def type_name(value: Any) -> str:
    """typeof(x)."""
    return _TYPE_NAMES[value.__class__]


_TYPE_NAMES = {type(None): "null", int: "integer", float: "real", str: "text", bytes: "blob"}


def first_argument(value: Any, *_: Any) -> Any:
    """likely(x), unlikely(x), likelihood(x, p)."""
    return value


def version() -> str:
    """sqlite_version()."""
    return SQLITE_VERSION


def source_id() -> str:
    """sqlite_source_id()."""
    return SQLITE_SOURCE_ID


def compile_option(index: Any) -> str | None:
    """sqlite_compileoption_get(n)."""
    n = 0 if index is None else as_integer(index)
    return COMPILE_OPTIONS[n] if 0 <= n < len(COMPILE_OPTIONS) else None


def has_compile_option(name: Any) -> int | None:
    """sqlite_compileoption_used(name), with or without SQLITE_ in front and the option's value behind."""
    if name is None:
        return None
    wanted = text_of(name).partition("\0")[0].upper().removeprefix("SQLITE_")
    known = [option.upper() for option in COMPILE_OPTIONS]
    return int(any(option == wanted or option.startswith(wanted + "=") for option in known))


def write_log(code: Any, message: Any) -> None:
    """sqlite_log(code, message): nobody listens."""


def refuse_extension(path: Any, entry_point: Any = None) -> None:
    """load_extension(path, entry point)."""
    raise SqlError("not authorized")


def refuse_match(pattern: Any, value: Any) -> None:
    """match(pattern, x): only virtual tables give it a meaning."""
    raise SqlError("unable to use function MATCH in the requested context")


# --------------------------------------------------------------------------------------------- class rules


def _null_in(classes: int) -> inline.ClassRule:
    """``classes``, and NULL where an argument may be NULL."""

    def rule(args: Sequence[int]) -> int:
        return classes | (NULL if any(a & NULL for a in args) else 0)

    return rule


def _abs_classes(args: Sequence[int]) -> int:
    return args[0] & (NULL | NUMBER) | (REAL if args[0] & (TEXT | BLOB) else 0)


def _first_classes(args: Sequence[int]) -> int:
    return args[0]


def _nullable_first(args: Sequence[int]) -> int:
    return args[0] | NULL


def _coalesce_classes(args: Sequence[int]) -> int:
    classes = 0
    for a in args:
        classes |= a & ~NULL
    return classes | (NULL if all(a & NULL for a in args) else 0) or NULL


def _extreme_classes(args: Sequence[int]) -> int:
    classes = 0
    for a in args:
        classes |= a
    return classes


def _choice_classes(args: Sequence[int]) -> int:
    classes = 0 if len(args) % 2 else NULL
    for i, a in enumerate(args):
        if i % 2 or i == len(args) - 1:
            classes |= a
    return classes


def _substr_classes(args: Sequence[int]) -> int:
    kind = BLOB | NULL if args[0] & BLOB else 0
    if args[0] & (TEXT | NUMBER):
        kind |= TEXT
    return kind | (NULL if any(a & NULL for a in args) else 0) or NULL


SCALARS: list[FunctionDef] = [
    FunctionDef("abs", 1, 1, absolute, classes=_abs_classes, inline=inline.absolute),
    FunctionDef("char", 0, -1, characters, classes=TEXT),
    FunctionDef("coalesce", 2, -1, coalesce, classes=_coalesce_classes, inline=inline.coalesce),
    FunctionDef("concat", 1, -1, concat, classes=TEXT),
    FunctionDef("concat_ws", 2, -1, concat_with_separator, classes=_null_in(TEXT)),
    FunctionDef("format", 0, -1, format_text, classes=TEXT | NULL),
    FunctionDef("glob", 2, 2, glob, classes=_null_in(SMALL)),
    FunctionDef("hex", 1, 1, hexadecimal, classes=TEXT),
    FunctionDef("if", 2, -1, choose, classes=_choice_classes, inline=inline.choose),
    FunctionDef("ifnull", 2, 2, coalesce, classes=_coalesce_classes, inline=inline.coalesce),
    FunctionDef("iif", 2, -1, choose, classes=_choice_classes, inline=inline.choose),
    FunctionDef("instr", 2, 2, instr, classes=_null_in(SMALL)),
    FunctionDef("length", 1, 1, length, classes=_null_in(SMALL), inline=inline.length),
    FunctionDef("like", 2, 2, like, classes=_null_in(SMALL)),
    FunctionDef("like", 3, 3, like_escaped, classes=_null_in(SMALL)),
    FunctionDef("likelihood", 2, 2, first_argument, classes=_first_classes, inline=inline.first),
    FunctionDef("likely", 1, 1, first_argument, classes=_first_classes, inline=inline.first),
    FunctionDef("load_extension", 1, 2, refuse_extension, deterministic=False, classes=NULL),
    FunctionDef("lower", 1, 1, lower, classes=_null_in(TEXT), inline=inline.lower),
    FunctionDef("ltrim", 1, 2, _trimmer(str.lstrip), classes=_null_in(TEXT)),
    FunctionDef("match", 2, 2, refuse_match, deterministic=False, classes=NULL),
    FunctionDef("max", 2, -1, greatest, classes=_extreme_classes, takes_key=True, inline=inline.greatest),
    FunctionDef("min", 2, -1, least, classes=_extreme_classes, takes_key=True, inline=inline.least),
    FunctionDef("nullif", 2, 2, null_if, classes=_nullable_first, takes_key=True),
    FunctionDef("octet_length", 1, 1, octet_length, classes=_null_in(SMALL)),
    FunctionDef("printf", 0, -1, format_text, classes=TEXT | NULL),
    FunctionDef("quote", 1, 1, quote, classes=TEXT),
    FunctionDef("random", 0, 0, random_integer, deterministic=False, classes=INTEGER),
    FunctionDef("randomblob", 1, 1, random_blob, deterministic=False, classes=BLOB),
    FunctionDef("replace", 3, 3, replace, classes=TEXT | NULL),
    FunctionDef("round", 1, 2, round_half_up, classes=_null_in(REAL), inline=inline.rounded),
    FunctionDef("rtrim", 1, 2, _trimmer(str.rstrip), classes=_null_in(TEXT)),
    FunctionDef("sqlite_compileoption_get", 1, 1, compile_option, classes=TEXT | NULL),
    FunctionDef("sqlite_compileoption_used", 1, 1, has_compile_option, classes=SMALL | NULL),
    FunctionDef("sqlite_log", 2, 2, write_log, deterministic=False, classes=NULL),
    FunctionDef("sqlite_source_id", 0, 0, source_id, classes=TEXT),
    FunctionDef("sqlite_version", 0, 0, version, classes=TEXT),
    FunctionDef("substr", 2, 3, substring, classes=_substr_classes, inline=inline.substring),
    FunctionDef("substring", 2, 3, substring, classes=_substr_classes, inline=inline.substring),
    FunctionDef("trim", 1, 2, _trimmer(str.strip), classes=_null_in(TEXT)),
    FunctionDef("typeof", 1, 1, type_name, classes=TEXT),
    FunctionDef("unhex", 1, 2, unhexadecimal, classes=BLOB | NULL),
    FunctionDef("unicode", 1, 1, unicode, classes=INTEGER | NULL),
    FunctionDef("unistr", 1, 1, unistr, classes=_null_in(TEXT)),
    FunctionDef("unistr_quote", 1, 1, unistr_quote, classes=TEXT),
    FunctionDef("unlikely", 1, 1, first_argument, classes=_first_classes, inline=inline.first),
    FunctionDef("upper", 1, 1, upper, classes=_null_in(TEXT), inline=inline.upper),
    FunctionDef("zeroblob", 1, 1, zero_blob, classes=BLOB),
]
