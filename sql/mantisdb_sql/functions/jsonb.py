"""JSONB, the binary form of JSON that SQLite keeps in BLOBs, byte for byte (https://sqlite.org/jsonb.html).

An element is a header and a payload. The low four bits of the first byte are its type:

    0 NULL    1 TRUE     2 FALSE   3 INT     4 INT5 (hexadecimal)   5 FLOAT   6 FLOAT5 (".5", "5.")
    7 TEXT (no escapes)  8 TEXTJ (JSON's escapes)  9 TEXT5 (JSON5's escapes)  10 TEXTRAW (to be escaped)
    11 ARRAY  12 OBJECT  13–15 reserved

The high four bits are the size of the payload up to 11; 12, 13, 14 and 15 say that the size follows in 1, 2, 4
or 8 bytes, high byte first. Numbers and texts are kept as they were written (texts without their quotes). The
payload of an array is its elements, that of an object labels (texts) and values by turns. Sizes need not be
minimal: SQLite overwrites in place where a longer header fills the gap exactly, and so does
:mod:`mantisdb_sql.functions.json_edit`.

Functions here take ``blob`` and the offset ``i`` of an element. Damaged elements raise :class:`Malformed`; nothing
recurses, and what nests deeper than :data:`MAX_DEPTH` is refused.
"""

from __future__ import annotations

import re
from typing import Any

from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.numbers_text import text_to_real
from mantisdb_sql.values.storage import INT_MAX

__all__ = [
    "ARRAY", "FALSE", "FLOAT", "FLOAT5", "INT", "INT5", "MAX_DEPTH", "NULL", "OBJECT", "TEXT", "TEXT5", "TEXTJ",
    "TEXTRAW", "TRUE", "TYPE_NAMES", "Malformed", "element", "first_error", "header", "is_jsonb", "label_key",
    "payload", "pretty_text", "quoted", "text_at", "unescaped", "value_at",
]  # fmt: skip

NULL, TRUE, FALSE, INT, INT5, FLOAT, FLOAT5, TEXT, TEXTJ, TEXT5, TEXTRAW, ARRAY, OBJECT = range(13)
TYPE_NAMES = ("null", "true", "false", "integer", "integer", "real", "real", "text", "text", "text", "text",
              "array", "object", "", "", "")  # fmt: skip
MAX_DEPTH = 1000
_SIZE_BYTES = {12: 1, 13: 2, 14: 4, 15: 8}
_INVALID = 0x99999  # the code point of an escape that is none


class Malformed(SqlError):
    """The JSON, or the JSONB, is not what it should be."""

    def __init__(self) -> None:
        super().__init__("malformed JSON")


def header(kind: int, size: int) -> bytes:
    """The shortest header of an element."""
    if size <= 11:
        return bytes((kind | size << 4,))
    if size <= 0xFF:
        return bytes((kind | 0xC0, size))
    if size <= 0xFFFF:
        return bytes((kind | 0xD0, size >> 8, size & 0xFF))
    return bytes((kind | 0xE0,)) + size.to_bytes(4, "big")


def element(kind: int, content: bytes) -> bytes:
    """An element with the shortest header."""
    return header(kind, len(content)) + content


def payload(blob: bytes | bytearray, i: int) -> tuple[int, int]:
    """(offset of the payload, offset of what follows it) of the element at ``i``."""
    end = len(blob)
    if i >= end:
        raise Malformed
    size = blob[i] >> 4
    start = i + 1
    if size > 11:
        start += _SIZE_BYTES[size]
        if start > end:
            raise Malformed
        size = int.from_bytes(blob[i + 1 : start], "big")
    if start + size > end:
        raise Malformed
    return start, start + size


# ------------------------------------------------------------------------------------------------- validity


def is_jsonb(blob: bytes) -> bool:
    """Whether a BLOB is taken for JSONB: its outermost size fits, and, where it might be JSON text that somebody
    cast to a BLOB, all of it is sound."""
    if not blob or blob[0] & 15 > OBJECT:
        return False
    try:
        start, end = payload(blob, 0)
    except Malformed:
        return False
    if end != len(blob) or (blob[0] & 15 <= FALSE and end > start):
        return False
    might_be_text = end - start <= 7 and (blob[0] in b"{[" or 0x30 <= blob[0] <= 0x39)
    return not might_be_text or not first_error(blob)


_TEXT_ERROR = re.compile(rb'[\x00-\x1f"\\]')
_ESCAPED = rb'\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}'
_TEXTJ = re.compile(rb'(?:[^\x00-\x1f"\\]|' + _ESCAPED + rb")*")
_TEXT5 = re.compile(rb"(?:[^\\]|" + _ESCAPED + rb")*", re.DOTALL)
_HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")


def first_error(blob: bytes) -> int:
    """The 1-based offset of what makes a JSONB unsound; 0 where all is well."""
    stack: list[list[int]] = []  # containers: [offset of the next element, end, type, elements so far]
    i, end = 0, len(blob)
    while True:
        start, stop = payload(blob, i)
        if len(stack) + 1 > MAX_DEPTH or stop != end:
            return i + 1
        kind = blob[i] & 15
        if kind in (ARRAY, OBJECT):
            stack.append([start, stop, kind, 0])
        else:
            error = _leaf_error(blob, i, start, stop)
            if error:
                return error
        while stack and stack[-1][0] >= stack[-1][1]:
            j, _, kind, count = stack.pop()
            if kind == OBJECT and count & 1:
                return j + 1
        if not stack:
            return 0
        top = stack[-1]
        i = top[0]
        try:
            _, end = payload(blob, i)
        except Malformed:
            return i + 1
        if end > top[1] or (top[2] == OBJECT and not top[3] & 1 and not TEXT <= blob[i] & 15 <= TEXTRAW):
            return i + 1
        top[0] = end
        top[3] += 1


def _leaf_error(blob: bytes, i: int, start: int, stop: int) -> int:
    kind, content = blob[i] & 15, blob[start:stop]
    if kind <= FALSE:
        return 0 if stop == i + 1 else i + 1
    if kind in (INT, INT5):
        return _integer_error(kind, content, i, start)
    if kind in (FLOAT, FLOAT5):
        return _real_error(kind, content, i, start)
    if kind == TEXT:
        match = _TEXT_ERROR.search(content)
        return start + match.start() + 1 if match else 0
    if kind in (TEXTJ, TEXT5):
        return _escape_error(kind, content, start)
    return 0 if kind == TEXTRAW else i + 1


def _integer_error(kind: int, content: bytes, i: int, start: int) -> int:
    at = 1 if content[:1] == b"-" else 0
    if len(content) < at + (1 if kind == INT else 3):
        return i + 1
    digits = frozenset(b"0123456789")
    if kind == INT5:
        if content[at] != 0x30:
            return i + 1
        if content[at + 1] not in b"xX":
            return start + at + 2
        at += 2
        digits = _HEX_DIGITS
    for place in range(at, len(content)):
        if content[place] not in digits:
            return start + place + 1
    return 0


def _real_error(kind: int, content: bytes, i: int, start: int) -> int:
    at = 1 if content[:1] == b"-" else 0
    if len(content) < 2 + at:
        return i + 1
    seen, last = 0, len(content) - 1  # 1: a point, 2: an exponent
    if content[at] == 0x2E:
        if kind == FLOAT or not content[at + 1 : at + 2].isdigit():
            return start + at + 1
        at += 2
        seen = 1
    elif content[at] == 0x30 and kind == FLOAT:
        if at + 3 > len(content) or content[at + 1] not in b".eE":
            return start + at + 1
        at += 1
    while at <= last:
        c = content[at]
        if c == 0x2E:
            if seen or (kind == FLOAT and not content[at + 1 : at + 2].isdigit()):
                return start + at + 1
            seen = 1
        elif c in b"eE":
            if seen == 2 or at == last:
                return start + at + 1
            if content[at + 1] in b"+-":
                at += 1
                if at == last:
                    return start + at + 1
            seen = 2
        elif not 0x30 <= c <= 0x39:
            return start + at + 1
        at += 1
    return 0 if seen else i + 1


def _escape_error(kind: int, content: bytes, start: int) -> int:
    pattern = _TEXTJ if kind == TEXTJ else _TEXT5
    at = 0
    while True:
        match = pattern.match(content, at)
        assert match is not None
        at = match.end()
        if at == len(content):
            return 0
        follows = content[at + 1 : at + 2]
        if kind == TEXTJ or content[at] != 0x5C or follows in (b"", b"u"):
            return start + at + 1
        size, code = _unescape(content, at)
        if code == _INVALID:
            return start + at + 1
        at += size


# ----------------------------------------------------------------------------------------------- escapes


def _unescape(content: bytes, at: int) -> tuple[int, int]:
    """(length, code point) of the escape that begins at ``at``."""
    c = content[at + 1 : at + 2]
    known = _SIMPLE.get(c)
    if known is not None:
        return 2, known
    if c == b"u":
        if at + 6 > len(content):
            return len(content) - at, _INVALID
        high = _hex(content[at + 2 : at + 6])
        if high & 0xFC00 == 0xD800 and at + 12 <= len(content) and content[at + 6 : at + 8] == b"\\u":
            low = _hex(content[at + 8 : at + 12])
            if low & 0xFC00 == 0xDC00:
                return 12, ((high & 0x3FF) << 10) + (low & 0x3FF) + 0x10000
        return 6, high
    if c == b"0":
        return 2, _INVALID if content[at + 2 : at + 3].isdigit() else 0
    if c == b"x":
        return (4, _hex(content[at + 2 : at + 4])) if at + 4 <= len(content) else (len(content) - at, _INVALID)
    if c in (b"\xe2", b"\r", b"\n"):
        return _after_newlines(content, at)
    return (2, _INVALID) if c else (1, _INVALID)


_SIMPLE = {
    b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"v": 11, b"'": 39, b'"': 34, b"/": 47, b"\\": 92,
}  # fmt: skip
_NEWLINES = re.compile(rb"(?:\\(?:\r\n|[\r\n]|\xe2\x80[\xa8\xa9]))+")


def _hex(digits: bytes) -> int:
    number = 0
    for c in digits:
        number = number << 4 | (c + 9 * (c >> 6 & 1)) & 15
    return number


def _after_newlines(content: bytes, at: int) -> tuple[int, int]:
    """An escaped line end stands for nothing: the character after it counts."""
    match = _NEWLINES.match(content, at)
    if match is None:
        return len(content) - at, _INVALID
    end = match.end()
    if end == len(content):
        return end - at, 0
    if content[end] == 0x5C:
        size, code = _unescape(content, end)
        return end - at + size, code
    character = re.compile(rb"[\x00-\x7f]|[\xc0-\xff][\x80-\xbf]*|.", re.DOTALL).match(content, end)
    assert character is not None
    return character.end() - at, ord(character[0].decode("utf-8", "surrogateescape")[0])


def unescaped(content: bytes, invalid: bytes = b"") -> bytes:
    """The text that a TEXTJ or TEXT5 payload stands for, halves of surrogate pairs included; ``invalid`` stands for an
    escape that is none."""
    at = content.find(b"\\")
    if at < 0:
        return content
    parts = []
    done = 0
    while at >= 0:
        parts.append(content[done:at])
        size, code = _unescape(content, at)
        parts.append(invalid if code == _INVALID else chr(code).encode("utf-8", "surrogatepass"))
        done = at + size
        at = content.find(b"\\", done)
    parts.append(content[done:])
    return b"".join(parts)


_NO_CHARACTER = chr(_INVALID).encode()


def label_key(kind: int, content: bytes) -> bytes:
    """What two labels that are equal have in common: the text, which ends at an escaped NUL."""
    if kind in (TEXT, TEXTRAW) or b"\\" not in content:
        return content
    return unescaped(content, _NO_CHARACTER).partition(b"\0")[0]


# ----------------------------------------------------------------------------------------------- SQL values


def value_at(blob: bytes | bytearray, i: int) -> Any:
    """The SQL value of an element; of an array or object its JSON text."""
    start, stop = payload(blob, i)
    kind = blob[i] & 15
    content = bytes(blob[start:stop])
    if kind in (TEXT, TEXTRAW):
        return content.decode("utf-8", "surrogateescape")
    if kind in (INT, INT5):
        return _integer(content)
    if kind in (FLOAT, FLOAT5):
        return _real(content)
    if kind <= FALSE:
        if content:
            raise Malformed
        return None if kind == NULL else int(kind == TRUE)
    if kind <= TEXT5:
        return unescaped(content).decode("utf-8", "surrogateescape")
    if kind <= OBJECT:
        return text_at(blob, i)
    raise Malformed


def _integer(content: bytes) -> int | float | None:
    negative = content[:1] == b"-"
    digits = content[1:] if negative else content
    if digits[:2] in (b"0x", b"0X"):
        significant = digits[2:].lstrip(b"0")
        if len(significant) > 16 or not all(c in _HEX_DIGITS for c in significant):
            raise Malformed
        number = int(significant or b"0", 16)
    elif digits.isdigit():
        if len(digits) > 19:
            return _real(content)
        number = int(digits)
    else:
        raise Malformed
    number = -number if negative else number
    if -INT_MAX - 1 <= number <= INT_MAX:
        return number
    return float(number) if digits[1:2] in (b"x", b"X") else _real(content)


def _real(content: bytes) -> float | None:
    number = text_to_real(content.decode("latin-1"))
    if number is None:
        raise Malformed
    return number


# ------------------------------------------------------------------------------------------------ JSON text

_QUOTED = re.compile(rb'[\x00-\x1f"\\]')
_CONTROLS = {8: b"\\b", 9: b"\\t", 10: b"\\n", 12: b"\\f", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}


def _control(match: re.Match[bytes]) -> bytes:
    c = match[0][0]
    return _CONTROLS.get(c) or b"\\u%04x" % c


def quoted(content: bytes) -> bytes:
    """A text as a JSON string."""
    return b'"' + _QUOTED.sub(_control, content) + b'"'


_TEXT5_PART = re.compile(
    rb"""([\x00-\x1f"])|\\(?:x(..)|(\r\n|[\r\n]|\xe2\x80[\xa8\xa9])|(['v0])|([^x\r\n\xe2])|(.|\Z))""", re.DOTALL
)
_TEXT5_LETTERS = {b"'": b"'", b"v": b"\\u000b", b"0": b"\\u0000"}


def _canonical(match: re.Match[bytes]) -> bytes:
    control, hexadecimal, newline, letter, other, _ = match.groups()
    if control is not None:
        return _CONTROLS.get(control[0]) or b"\\u%04x" % control[0]
    if hexadecimal is not None:
        return b"\\u00" + hexadecimal
    if newline is not None:
        return b""
    if letter is not None:
        return _TEXT5_LETTERS[letter]
    if other is not None:
        return b"\\" + other
    raise Malformed


def _leaf_text(kind: int, content: bytes) -> bytes:
    if kind <= FALSE:
        return (b"null", b"true", b"false")[kind]
    if kind in (TEXT, TEXTJ):
        return b'"' + content + b'"'
    if kind == TEXTRAW:
        return quoted(content)
    if kind == TEXT5:
        return b'"' + _TEXT5_PART.sub(_canonical, content) + b'"'
    if not content or kind > OBJECT:
        raise Malformed
    if kind == INT5:
        return _decimal(content)
    return content if kind != FLOAT5 else _completed(content)


def _decimal(content: bytes) -> bytes:
    """Hexadecimal digits as a decimal number."""
    sign = b"-" if content[:1] == b"-" else b""
    digits = content[3:] if content[:1] in (b"-", b"+") else content[2:]
    if not all(c in _HEX_DIGITS for c in digits):
        raise Malformed
    number = int(digits or b"0", 16)
    return sign + (b"%d" % number if number < 2**64 else b"9.0e999")


def _completed(content: bytes) -> bytes:
    """A number with a digit on either side of its point."""
    sign = b"-" if content[:1] == b"-" else b""
    rest = content[len(sign) :]
    return sign + (b"0" if rest[:1] == b"." else b"") + re.sub(rb"\.(?![0-9])", b".0", rest)


def text_at(blob: bytes | bytearray, i: int) -> str:
    """The canonical JSON text of an element."""
    try:
        return _elements(blob, i, payload(blob, i)[1], 0)[0].decode("utf-8", "surrogateescape")
    except (_Unusual, IndexError):
        return _text(blob, i, None)


class _Unusual(Exception):
    """Something that only the exact way knows what to make of."""


_MOST_LEVELS = 100


def _elements(blob: bytes | bytearray, i: int, stop: int, level: int) -> list[bytes]:
    """The texts of the elements up to ``stop``, where all is as it should be and of no great size."""
    if level > _MOST_LEVELS:
        raise _Unusual
    texts = []
    while i < stop:
        kind, size = blob[i] & 15, blob[i] >> 4
        start = i + 1
        if size > 11:
            if size > 13:
                raise _Unusual
            start = i + size - 10
            size = blob[i + 1] if size == 12 else blob[i + 1] << 8 | blob[i + 2]
        i = start + size
        if i > stop:
            raise _Unusual
        if kind == OBJECT:
            parts = iter(_elements(blob, start, i, level + 1))
            try:
                texts.append(b"{" + b",".join([label + b":" + next(parts) for label in parts]) + b"}")
            except StopIteration:
                raise _Unusual from None
        elif kind == ARRAY:
            texts.append(b"[" + b",".join(_elements(blob, start, i, level + 1)) + b"]")
        elif size and kind <= FALSE:
            raise _Unusual
        else:
            texts.append(_leaf_text(kind, bytes(blob[start:i])))
    return texts


def pretty_text(blob: bytes | bytearray, indent: str) -> str:
    """The whole JSON, each element on a line of its own."""
    return _text(blob, 0, indent.encode("utf-8", "surrogateescape"))


def _text(blob: bytes | bytearray, i: int, indent: bytes | None) -> str:
    out: list[bytes] = []
    open_containers: list[list[int]] = []  # [end, type, elements so far]
    colon = b":" if indent is None else b": "
    while True:
        if open_containers:
            top = open_containers[-1]
            if top[1] == OBJECT and top[2] & 1:
                out.append(colon)
            else:
                if top[2]:
                    out.append(b",")
                if indent is not None:
                    out.append(b"\n" + indent * len(open_containers))
            top[2] += 1
        start, stop = payload(blob, i)
        kind = blob[i] & 15
        if kind in (ARRAY, OBJECT):
            out.append(b"[" if kind == ARRAY else b"{")
            open_containers.append([stop, kind, 0])
            i = start
            if len(open_containers) > MAX_DEPTH - (indent is not None and stop > start):
                raise SqlError("JSON nested too deep")
        else:
            out.append(_leaf_text(kind, bytes(blob[start:stop])))
            i = stop if kind > FALSE else i + 1
        while open_containers and i >= open_containers[-1][0]:
            end, kind, count = open_containers.pop()
            if i > end or (kind == OBJECT and count & 1):
                raise Malformed
            if indent is not None and count:
                out.append(b"\n" + indent * len(open_containers))
            out.append(b"]" if kind == ARRAY else b"}")
        if not open_containers:
            return b"".join(out).decode("utf-8", "surrogateescape")
