"""Quick ways through plain JSON text, around the exact parser.

msgspec's decoder takes RFC 8259 and nothing else, so what it takes, SQLite takes, with the same structure; what it
refuses goes the exact way. It gives the members of an object, or the items of an array, as slices of the text
(``Raw``) without looking into them; quicker still, a path of labels becomes a type with only those members, and the
decoder passes over everything else. That leaves three differences to SQLite to be excluded:

- of members with the same label SQLite takes the first, msgspec the last. A label stands once among an object's own
  members if it is in the text of the object once more than in the texts of all its values. Escapes that could spell
  it differently are counted in the same way.
- nesting deeper than 1000 levels is an error. It takes a text of 2000 characters.
- numbers are to be read as SQLite reads them: a REAL of at most fifteen digits and a small exponent as everybody
  does, another from its text.

:class:`NotPlain` says: take the exact way. The members of the last document are kept, for the next function over the
same row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from mantisdb_sql.functions.json_parts import NotPlain
from mantisdb_sql.functions.json_path import Step, Steps, abbreviated, rooted
from mantisdb_sql.functions.jsonb import FLOAT, INT, MAX_DEPTH, element, value_at
from mantisdb_sql.values.broken_text import is_broken
from mantisdb_sql.values.storage import INT_MAX

__all__ = [
    "FAILURES", "Finder", "NotPlain", "abbreviated_finder", "array_length", "finder", "is_plain_label", "items_of",
    "members_of", "minified", "quick_value", "scalar_items", "sql_value", "type_of", "valid",
]  # fmt: skip


Finder = Callable[[str], "bytes | None"]
"""The text of an element of a document, None where there is none; NotPlain, or one of msgspec's errors."""

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_values = msgspec.json.Decoder(list[Any]).decode
_any = msgspec.json.Decoder(msgspec.Raw).decode
_string = msgspec.json.Decoder(str).decode

FAILURES = (NotPlain, msgspec.MsgspecError, RecursionError, UnicodeEncodeError)

_SCALARS = frozenset({str, int, type(None)})

_last: tuple[str, bytes, dict[str, msgspec.Raw]] = ("", b"", {})


def _document(text: str) -> bytes:
    """The text in UTF-8, not too deep."""
    content = text.encode()
    if len(content) > 2 * MAX_DEPTH and content.count(b"[") + content.count(b"{") > MAX_DEPTH:
        raise NotPlain
    return content


def _member(content: bytes, members: dict[str, msgspec.Raw], key: str, quoted: bytes) -> msgspec.Raw | None:
    """The first member of that label; ``quoted`` is the label as JSON writes it without escapes."""
    if content.count(quoted) > 1:
        own = content.count(quoted) - sum([bytes(value).count(quoted) for value in members.values()])
        if own > 1:
            raise NotPlain
    if b"\\" in content and content.count(b"\\u") > sum([bytes(value).count(b"\\u") for value in members.values()]):
        raise NotPlain
    return members.get(key)


def is_plain_label(step: Step) -> bool:
    """Whether only ``\\u`` could spell the label with an escape, and it is UTF-8."""
    if not step.raw or re.search(rb'[\x00-\x1f"\\/]', step.label):
        return False
    return not is_broken(step.label.decode("utf-8", "surrogateescape"))


def items_of(content: bytes) -> list[bytes]:
    """The texts of an array's items."""
    return [bytes(item) for item in _items(content)]


def scalar_items(content: bytes) -> list[Any] | None:
    """The values of an array's items, if they are texts, small integers and nulls."""
    values = _values(content)
    kinds = set(map(type, values))
    if not kinds <= _SCALARS:
        return None
    if int in kinds and any(value.__class__ is int and not -INT_MAX <= value <= INT_MAX for value in values):
        return None
    return values


def members_of(content: bytes) -> dict[str, msgspec.Raw]:
    """The members of an object: of those with the same label the last."""
    return _members(content)


def valid(text: str) -> None:
    """Pass for plain JSON."""
    _any(_document(text))


@lru_cache(maxsize=512)
def finder(path: str) -> Finder | None:
    """What finds an element by a path that begins with ``$``; None for a path that takes the exact way."""
    steps = rooted(path)
    return None if steps is None else _finder(steps)


@lru_cache(maxsize=512)
def abbreviated_finder(path: str | int) -> Finder | None:
    """The same for a path as ``->`` takes it."""
    return _finder(abbreviated(str(path), path.__class__ is int))


def _finder(steps: Steps) -> Finder | None:
    for step in steps:
        if step is None or not step.spelt or (step.is_label and (step.key is None or not is_plain_label(step))):
            return None
    first, rest = (steps[0] if steps else None), steps[1:]
    if first is not None and first.is_label:
        return _member_finder(first, rest)

    def find(text: str) -> bytes | None:
        return _descend(bytes(_any(_document(text))), steps)

    return find


def _member_finder(first: Step, rest: Steps) -> Finder:
    key = first.label.decode()
    quoted = b'"' + first.label + b'"'
    quoted_text = quoted.decode()
    decode = _path_decoder([key], msgspec.Raw)

    def find(text: str) -> bytes | None:
        global _last
        raw: msgspec.Raw | None
        if len(text) <= 2 * MAX_DEPTH and text.count(quoted_text) <= 1 and "\\" not in text and text.isascii():
            raw = decode(text).member
            if raw is None:
                return None
            return _descend(bytes(raw), rest) if rest else bytes(raw)
        known, content, members = _last
        if known is not text:
            content = _document(text)
            members = _members(content)
            _last = text, content, members
        if content.count(quoted) == 1 and b"\\" not in content:
            raw = members.get(key)
        else:
            raw = _member(content, members, key, quoted)
        if raw is None:
            return None
        return _descend(bytes(raw), rest) if rest else bytes(raw)

    return find


def _descend(content: bytes, steps: Steps) -> bytes | None:
    """Follow the steps from an element whose text is known."""
    for step in steps:
        assert step is not None
        raw: msgspec.Raw | None
        if step.is_label:
            if content[0] != 0x7B:
                return None
            raw = _member(content, _members(content), step.label.decode(), b'"' + step.label + b'"')
        else:
            if content[0] != 0x5B:
                return None
            items = _items(content)
            number = len(items) - step.number if step.from_end else step.number
            raw = items[number] if 0 <= number < len(items) else None
        if raw is None:
            return None
        content = bytes(raw)
    return content


# ------------------------------------------------------------------------------------------------ paths of labels


def quick_value(steps: Steps, otherwise: Callable[[Any], Any]) -> Callable[[Any], Any] | None:
    """What gives the SQL value at a path of one or two labels, or of a label and an index, in a plain text, and lets
    ``otherwise`` do the rest; None for other paths."""
    labels = [step for step in steps if step is not None and step.is_label and is_plain_label(step)]
    names = [step.label.decode() for step in labels if step.label.isascii()]
    if not 1 <= len(steps) <= 2 or not names or steps[0] is not labels[0]:
        return None
    if len(steps) == 1:
        return _quick_member(names[0], otherwise)
    if len(names) == 2:
        return _quick_nested(names, otherwise)
    last = steps[1]
    if last is None or last.is_label or last.from_end or not last.spelt:
        return None
    return _quick_item(f'"{names[0]}"', last.number, _path_decoder(names, list[Any] | None), otherwise)


def _path_decoder(names: list[str], leaf: Any) -> Callable[[Any], Any]:
    """A decoder of objects that have ``names`` inside one another; ``.member`` is what is found, None for nothing."""
    kind: Any = leaf
    for depth, name in enumerate(reversed(names)):
        member = kind | None if depth else kind
        kind = msgspec.defstruct("Member", [("member", member, None)], rename={"member": name}, gc=False)
    decode: Callable[[Any], Any] = msgspec.json.Decoder(kind).decode
    return decode


def _quick_member(name: str, otherwise: Callable[[Any], Any]) -> Callable[[Any], Any]:
    quoted = f'"{name}"'
    decode, decode_raw = _path_decoder([name], Any), _path_decoder([name], msgspec.Raw)
    reals = False  # the last value was a REAL, for which the text is needed

    def find(text: Any) -> Any:
        nonlocal reals
        if text.__class__ is not str or text.count(quoted) > 1 or "\\" in text or not text.isascii():
            return otherwise(text)
        if len(text) > 2 * MAX_DEPTH:
            return otherwise(text)
        try:
            if reals:
                raw = decode_raw(text).member
                return None if raw is None else sql_value(bytes(raw))
            value = decode(text).member
            if value.__class__ is str or value is None:
                return value
            if value.__class__ is int and -INT_MAX <= value <= INT_MAX:
                return value
            reals = value.__class__ is float
            return sql_value(bytes(decode_raw(text).member))
        except FAILURES:
            return otherwise(text)

    return find


def _quick_nested(names: list[str], otherwise: Callable[[Any], Any]) -> Callable[[Any], Any]:
    first, second = f'"{names[0]}"', f'"{names[1]}"'
    decode, decode_raw = _path_decoder(names, Any), _path_decoder(names, msgspec.Raw)

    def find(text: Any) -> Any:
        if text.__class__ is not str or text.count(first) > 1 or text.count(second) > 1:
            return otherwise(text)
        if "\\" in text or len(text) > 2 * MAX_DEPTH or not text.isascii():
            return otherwise(text)
        try:
            inner = decode(text).member
            if inner is None:
                return None
            value = inner.member
            if value.__class__ is str or value is None:
                return value
            if value.__class__ is int and -INT_MAX <= value <= INT_MAX:
                return value
            return sql_value(bytes(decode_raw(text).member.member))
        except FAILURES:
            return otherwise(text)

    return find


def _quick_item(
    quoted: str, number: int, decode: Callable[[str], Any], otherwise: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    def find(text: Any) -> Any:
        if text.__class__ is not str or text.count(quoted) > 1 or "\\" in text or not text.isascii():
            return otherwise(text)
        if len(text) > 2 * MAX_DEPTH:
            return otherwise(text)
        try:
            items = decode(text).member
        except FAILURES:
            return otherwise(text)
        if items is None or number >= len(items):
            return None
        value = items[number]
        if value.__class__ is str or value is None:
            return value
        if value.__class__ is int and -INT_MAX <= value <= INT_MAX:
            return value
        return otherwise(text)

    return find


# ------------------------------------------------------------------------------------------------------ results


def sql_value(content: bytes) -> Any:
    """The SQL value of an element."""
    c = content[0]
    if c <= 0x39 and c != 0x22:
        if b"." in content and len(content) <= 16:
            value = float(content)  # of at most fifteen digits; an exponent of at most 22 leaves one way to round
            if 1e-6 < value < 1e22 or -1e22 < value < -1e-6:
                return value
        if content.isdigit() and len(content) < 19:
            return int(content)
        return value_at(element(FLOAT if _NOT_INTEGER.search(content) else INT, content), 0)
    if c == 0x22:
        return _string(content) if b"\\" in content else content[1:-1].decode()
    if c in b"{[":
        return minified(content).decode()
    return None if c == 0x6E else int(c == 0x74)


_NOT_INTEGER = re.compile(rb"[.eE]")
_SPACE = re.compile(rb"[ \t\n\r]")
_STRING_OR_SPACE = re.compile(rb'("(?:[^"\\]|\\.)*")|[ \t\n\r]+')


def minified(content: bytes) -> bytes:
    """Plain JSON without white space."""
    if not _SPACE.search(content):
        return content
    if b"\\" in content:
        return _STRING_OR_SPACE.sub(rb"\1", content)
    parts = content.split(b'"')
    parts[::2] = [part.translate(None, b" \t\n\r") for part in parts[::2]]
    return b'"'.join(parts)


_TYPES = {0x7B: "object", 0x5B: "array", 0x22: "text", 0x74: "true", 0x66: "false", 0x6E: "null"}


def type_of(content: bytes) -> str:
    """json_type() of an element."""
    return _TYPES.get(content[0]) or ("real" if _NOT_INTEGER.search(content) else "integer")


def array_length(content: bytes) -> int:
    """json_array_length() of an element."""
    return len(_items(content)) if content[0] == 0x5B else 0
