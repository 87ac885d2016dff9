"""JSON text to JSONB: a parser that takes what SQLite takes and stops where SQLite stops.

That is RFC 8259 and the extensions of JSON5 (https://sqlite.org/json1.html): comments and more white space,
unquoted labels, single quotes, more escapes, a comma after the last element, hexadecimal integers, ``.5``, ``5.``,
``+1``, Infinity and NaN in any case. The text ends at a NUL. Nothing is normalised: JSONB keeps numbers and escapes
as they were written.

The parser has no recursion. At each moment it wants an element in one *role*: the whole, an item of an array,
or the label, colon or value of an object's member. SQLite reads a label as if it were any element, and complains
afterwards; so does this parser, because json_error_position() tells the difference. An element at ``j`` is

    > 0   parsed; this is the offset of what follows
    0     the end of the text;  END_OBJECT, END_ARRAY, COMMA, COLON: one of ``} ] , :`` was found
    ERROR nothing that could be an element

``error`` is the offset where SQLite says that the text went wrong; like SQLite's it also moves when punctuation is
found behind JSON5's white space.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mantisdb_sql.functions.json_plain_blob import FAILURES, plain_blob
from mantisdb_sql.functions.jsonb import (
    ARRAY,
    FALSE,
    FLOAT,
    INT,
    MAX_DEPTH,
    NULL,
    OBJECT,
    TEXT,
    TEXT5,
    TEXTJ,
    TEXTRAW,
    TRUE,
    Malformed,
    element,
)

__all__ = ["Document", "error_position", "parse", "parsed"]


class Document(NamedTuple):
    """A parsed text: its JSONB, and whether it is not plain RFC 8259."""

    blob: bytes
    extended: bool


class _Failed(Exception):
    """The text is no JSON; ``args[0]`` is the offset of the error in bytes."""


_ERROR, _END_OBJECT, _END_ARRAY, _COMMA, _COLON = -1, -2, -3, -4, -5
_PUNCTUATION = {0x7D: _END_OBJECT, 0x5D: _END_ARRAY, 0x2C: _COMMA, 0x3A: _COLON, 0: 0}
_WHOLE, _ITEM, _LABEL, _AFTER_LABEL, _VALUE = range(5)

_UNICODE_SPACE = rb"\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf"
_SPACE = re.compile(rb"[ \t\n\r]*")
_SPACE5 = re.compile(
    rb"(?:[\t\n\v\f\r ]+|/\*[^\0]*?\*/|//(?:[^\0\n\r\xe2]|\xe2(?!\x80[\xa8\xa9]))*(?:[\n\r]|\xe2\x80[\xa8\xa9])?|"
    + _UNICODE_SPACE
    + rb")*"
)
_MAYBE_SPACE5 = frozenset(b"\v\f/\xc2\xe1\xe2\xe3\xef")
_PLAIN_STRING = re.compile(rb'"([^"\\\x00-\x1f]*)"')
_STRING_RUN = re.compile(rb"[^\"\\'\x00-\x1f]*")
_PLAIN_NUMBER = re.compile(rb"(-?(?:0|[1-9][0-9]*))(?:(\.[0-9]+)?([eE][+-]?[0-9]+)?)(?![0-9.eExX])")
_HEX_RUN = re.compile(rb"[0-9a-fA-F]*")
_WORD = re.compile(rb"(?:true|false|null)(?![0-9A-Za-z])")
_NOT_A_NUMBER = re.compile(rb"(inf|infinity)(?![0-9A-Za-z])|(nan|qnan|snan)(?![0-9A-Za-z])", re.IGNORECASE)
_NAME_ESCAPE = rb"\\(?=u[0-9a-fA-F]{4})"
_NAME = re.compile(
    rb"(?:[A-Za-z_$\x80-\xff]|" + _NAME_ESCAPE + rb")(?:[A-Za-z0-9_$]|" + _NAME_ESCAPE + rb"|(?!"
    + _UNICODE_SPACE + rb")[\x80-\xff])*"
)  # fmt: skip
_HEX4 = re.compile(rb"[0-9a-fA-F]{4}")
_HEX2 = re.compile(rb"[0-9a-fA-F]{2}")
_WORDS = {b"t": TRUE, b"f": FALSE, b"n": NULL}


@lru_cache(maxsize=8)
def parsed(text: str) -> Document:
    """The document of a text; Malformed where it is none."""
    try:
        return Document(plain_blob(text), False)
    except FAILURES:
        pass
    try:
        return parse(text)
    except _Failed:
        raise Malformed from None


def parse(text: str) -> Document:
    """As :func:`parsed`, without the memory."""
    source = text.encode("utf-8", "surrogateescape")
    end = source.find(b"\0")
    parser = _Parser(source if end < 0 else source[:end])
    blob = parser.whole()
    return Document(blob, parser.extended)


def error_position(text: str) -> int:
    """json_error_position(): the 1-based place of the character where the text goes wrong, 0 where it does not."""
    try:
        parse(text)
    except _Failed as failed:
        source = text.encode("utf-8", "surrogateescape")[: failed.args[0]]
        return 1 + sum(1 for c in source if c & 0xC0 != 0x80)
    return 0


class _Container:
    """An array or object that is being read, and what is to happen with it once it is complete."""

    __slots__ = ("at", "kind", "parts", "role")

    def __init__(self, kind: int, role: int, at: int) -> None:
        self.kind, self.role, self.at = kind, role, at
        self.parts: list[bytes] = []


class _Parser:
    def __init__(self, source: bytes) -> None:
        self.text = source + b"\0\0\0\0\0\0"
        self.extended = False
        self.error = 0
        self._stack: list[_Container] = []
        self._parts: list[bytes] = []  # of the innermost container

    def whole(self) -> bytes:
        """The text's JSONB."""
        role, j = _WHOLE, 0
        while role != _WHOLE or not j:
            role, j = self._step(role, j)
        text = self.text
        at = _SPACE.match(text, j).end()  # type: ignore[union-attr]
        if text[at]:
            at = _SPACE5.match(text, at).end()  # type: ignore[union-attr]
            if text[at]:
                raise _Failed(self.error)
            self.extended = True
        return self._parts[0]

    def _step(self, role: int, j: int) -> tuple[int, int]:
        """Read the element at ``j``; the next role and where it begins (the whole: where it ended)."""
        i = self._skip(j)
        c = self.text[i]
        if c == 0x5B or c == 0x7B:
            container = _Container(ARRAY if c == 0x5B else OBJECT, role, j)
            container.parts, self._parts = self._parts, []
            self._stack.append(container)
            if len(self._stack) > MAX_DEPTH:
                raise _Failed(i)
            return (_ITEM if c == 0x5B else _LABEL), i + 1
        return self._settle(role, j, self._leaf(i))

    def _settle(self, role: int, j: int, x: int) -> tuple[int, int]:
        """What follows from the element at ``j`` being ``x``, until another element is wanted."""
        while True:
            if role == _WHOLE:
                if x <= 0:
                    raise _Failed(self.error)
                return _WHOLE, x
            if role == _LABEL and x != _END_OBJECT:
                return self._label(j, x)
            if role == _AFTER_LABEL:
                if x != _COLON:
                    self._fail(j, x)
                return _VALUE, self.error + 1
            if x <= 0:
                if x != (_END_OBJECT if role == _LABEL else _END_ARRAY) or role == _VALUE:
                    self._fail(j, x)
                end = self.error
                self.extended = self.extended or bool(self._parts)
            else:
                end, more = self._separator(x)
                if more:
                    return (_ITEM if role == _ITEM else _LABEL), end + 1
            role, j, x = self._close(end)

    def _fail(self, j: int, x: int) -> None:
        raise _Failed(self.error if x == _ERROR else j)

    def _close(self, end: int) -> tuple[int, int, int]:
        """Complete the innermost container: an element of the one around it."""
        container = self._stack.pop()
        node = element(container.kind, b"".join(self._parts))
        self._parts = container.parts
        self._parts.append(node)
        return container.role, container.at, end + 1

    def _label(self, j: int, x: int) -> tuple[int, int]:
        """Behind a label, or an element in its place: the value's place, or the colon's."""
        text = self.text
        if x <= 0:
            j = _SPACE5.match(text, j).end()  # type: ignore[union-attr]
            name = _NAME.match(text, j)
            if name is None:
                self._fail(j, x)
                raise AssertionError
            self._parts.append(element(TEXTJ if b"\\" in name[0] else TEXT, name[0]))
            self.extended = True
            x = name.end()
        elif not TEXT <= self._parts[-1][0] & 15 <= TEXTRAW:
            raise _Failed(j)
        at = _SPACE.match(text, x).end()  # type: ignore[union-attr]
        return (_VALUE, at + 1) if text[at] == 0x3A else (_AFTER_LABEL, at)

    def _separator(self, j: int) -> tuple[int, bool]:
        """(offset, whether it is a comma) of the comma or bracket behind an element."""
        text = self.text
        close = 0x5D if self._stack[-1].kind == ARRAY else 0x7D
        j = _SPACE.match(text, j).end()  # type: ignore[union-attr]
        c = text[j]
        if c == 0x2C or c == close:
            return j, c == 0x2C
        i = self._skip(j)
        c = text[i]
        if c == 0x2C or c == close:
            self.error = i
            return i, c == 0x2C
        raise _Failed(j)

    def _skip(self, j: int) -> int:
        """Over white space and comments."""
        text = self.text
        i = _SPACE.match(text, j).end()  # type: ignore[union-attr]
        if text[i] in _MAYBE_SPACE5:
            after = _SPACE5.match(text, i).end()  # type: ignore[union-attr]
            if after > i:
                self.extended = True
            return after
        return i

    # ------------------------------------------------------------------------------------------------- leaves

    def _leaf(self, i: int) -> int:
        """Read what is neither array nor object."""
        text = self.text
        c = text[i]
        if c == 0x22:
            plain = _PLAIN_STRING.match(text, i)
            if plain is not None:
                self._parts.append(element(TEXT, plain[1]))
                return plain.end()
            return self._string(i)
        if c in b"-0123456789":
            number = _PLAIN_NUMBER.match(text, i)
            if number is not None:
                self._parts.append(element(INT if number[2] is None and number[3] is None else FLOAT, number[0]))
                return number.end()
            return self._number(i)
        punctuation = _PUNCTUATION.get(c)
        if punctuation is not None:
            if punctuation:
                self.error = i
            return punctuation
        word = _WORD.match(text, i)
        if word is not None:
            self._parts.append(bytes((_WORDS[word[0][:1]],)))
            return word.end()
        if c == 0x27:
            self.extended = True
            return self._string(i)
        if c == 0x2B or c == 0x2E:
            return self._number(i)
        return self._special(i)

    def _special(self, i: int) -> int:
        """Infinity and NaN."""
        match = _NOT_A_NUMBER.match(self.text, i)
        if match is None:
            self.error = i
            return _ERROR
        self.extended = True
        self._parts.append(element(FLOAT, b"9e999") if match[1] else bytes((NULL,)))
        return match.end()

    def _string(self, i: int) -> int:
        text = self.text
        delimiter = text[i]
        kind = TEXT
        j = i + 1
        while True:
            j = _STRING_RUN.match(text, j).end()  # type: ignore[union-attr]
            c = text[j]
            if c == delimiter:
                break
            if c == 0x5C:
                length, allowed_in = self._escape(j)
                if not length:
                    return _ERROR
                if allowed_in == TEXT5:
                    kind, self.extended = TEXT5, True
                elif kind == TEXT:
                    kind = TEXTJ
                j += length
                continue
            if c == 0:
                self.error = j
                return _ERROR
            if c <= 0x1F:
                kind, self.extended = TEXT5, True
            elif c == 0x22:
                kind = TEXT5
            j += 1
        self._parts.append(element(kind, text[i + 1 : j]))
        return j + 1

    def _escape(self, j: int) -> tuple[int, int]:
        """(length, the kind of text that may have it) of the escape at ``j``; 0 where it is none."""
        text = self.text
        c = text[j + 1]
        if c in b'"\\/bfnrt' or (c == 0x75 and _HEX4.match(text, j + 2)):
            return 2, TEXTJ
        if c == 0x0D:
            return (3 if text[j + 2] == 0x0A else 2), TEXT5
        if (
            c in b"'v\n"
            or (c == 0x30 and not 0x30 <= text[j + 2] <= 0x39)
            or (c == 0xE2 and text[j + 2] == 0x80 and text[j + 3] in b"\xa8\xa9")
            or (c == 0x78 and _HEX2.match(text, j + 2))
        ):
            return 2, TEXT5
        self.error = j + 1
        return 0, 0

    def _number(self, i: int) -> int:
        """A number that is not plain."""
        text = self.text
        c = text[i]
        start = i + (c == 0x2B)
        digits = i + (c in b"+-")
        if c == 0x2B:
            self.extended = True
        elif c == 0x2E and not _is_digit(text[i + 1]):
            return self._no_number(i)
        if digits > i and not _is_digit(text[digits]) and text[digits] != 0x2E:
            return self._infinity(i)
        if text[digits] == 0x30 and c != 0x2E:
            if _is_digit(text[digits + 1]):
                return self._no_number(i + 1)
            if text[digits + 1] in b"xX" and _HEX2.match(b"0" + text[digits + 2 : digits + 3]):
                self.extended = True
                end = _HEX_RUN.match(text, digits + 2).end()  # type: ignore[union-attr]
                self._parts.append(element(INT + 1, text[start:end]))
                return end
        extra = 1 if text[digits] == 0x2E else 0
        if extra:
            self.extended = True
        return self._decimal(i, start, extra | (2 if c == 0x2E else 0))

    def _no_number(self, at: int) -> int:
        self.error = at
        return _ERROR

    def _infinity(self, i: int) -> int:
        """A sign, and ``inf`` or ``infinity`` behind it."""
        rest = self.text[i + 1 : i + 9].lower()
        if rest[:3] != b"inf":
            return self._no_number(i)
        self.extended = True
        self._parts.append(element(FLOAT, b"-9e999" if self.text[i] == 0x2D else b"9e999"))
        return i + (9 if rest == b"infinity" else 4)

    def _decimal(self, i: int, start: int, extra: int) -> int:
        """Digits, point and exponent behind ``i``; ``extra``: bit 0 is JSON5, bit 1 a point or exponent was seen."""
        text = self.text
        exponent = False
        j = i + 1
        while True:
            c = text[j]
            if c == 0x2E:
                if extra & 2:
                    return self._no_number(j)
                extra |= 2
            elif c in b"eE":
                if text[j - 1] < 0x30:
                    if not _is_digit(text[j - 2]) or j - 2 < i:
                        return self._no_number(j)
                    extra |= 1
                if exponent:
                    return self._no_number(j)
                extra |= 2
                exponent = True
                if text[j + 1] in b"+-":
                    j += 1
                if not _is_digit(text[j + 1]):
                    return self._no_number(j)
            elif not _is_digit(c):
                break
            j += 1
        if text[j - 1] < 0x30:
            if text[j - 1] != 0x2E or j - 2 < i or not _is_digit(text[j - 2]):
                return self._no_number(j)
            extra |= 1
        if extra & 1:
            self.extended = True
        self._parts.append(element(INT + extra, text[start:j]))
        return j


def _is_digit(c: int) -> bool:
    return 0x30 <= c <= 0x39
