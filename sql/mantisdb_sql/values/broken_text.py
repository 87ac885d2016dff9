"""Characters of text that is not UTF-8, counted as SQLite counts them.

Such text comes from a CAST of a BLOB or from a file that another program wrote; here its stray bytes are lone
surrogates (``surrogateescape``). SQLite never refuses it, and cuts it into characters by rules of its own: a byte
and the continuation bytes (80 to BF) behind it belong together, for length() after any byte above 7F, for substr()
after one above BF, for instr() after any byte at all. In sound text the three agree.
"""

from __future__ import annotations

import re

__all__ = [
    "count_characters", "first_characters", "first_code", "is_broken", "place_of", "sound_text", "split_characters",
    "width_of",
]  # fmt: skip

_STRAY = re.compile("[\udc80-\udcff]")
_COUNTED = re.compile(rb"[\x80-\xff][\x80-\xbf]*|[\x00-\x7f]")
_SPLIT = re.compile(rb"[\xc0-\xff][\x80-\xbf]*|[\x00-\xbf]", re.DOTALL)
_CONTINUATION = re.compile(rb"[\x80-\xbf]")
_MASK32 = 0xFFFFFFFF
_REPLACEMENT = 0xFFFD


def is_broken(text: str) -> bool:
    """Whether the text has bytes that are not UTF-8."""
    return not text.isascii() and _STRAY.search(text) is not None


def sound_text(text: str) -> str:
    """The text with the replacement character in the place of what is no UTF-8."""
    return text if text.isascii() else _STRAY.sub("\ufffd", text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def count_characters(text: str) -> int:
    """length() of broken text."""
    return len(_COUNTED.findall(_bytes(text)))


def split_characters(text: str) -> list[bytes]:
    """The characters that substr() sees."""
    return _SPLIT.findall(_bytes(text))


def first_characters(text: str, count: int) -> str:
    """The first characters of any text, as printf() cuts it."""
    if not is_broken(text):
        return text[:count]
    return b"".join(split_characters(text)[:count]).decode("utf-8", "surrogateescape")


def width_of(text: str) -> int:
    """The characters of any text that printf() counts for a width: all bytes but continuation bytes."""
    if not is_broken(text):
        return len(text)
    whole = _bytes(text)
    return len(whole) - len(_CONTINUATION.findall(whole))


def place_of(text: str, part: str) -> int:
    """instr(text, part) of broken text."""
    whole, wanted = _bytes(text), _bytes(part)
    at = whole.find(wanted)
    while at > 0 and _CONTINUATION.match(whole, at):  # only the beginnings of characters are looked at
        at = whole.find(wanted, at + 1)
    return at + 1 - len(_CONTINUATION.findall(whole, 1, at)) if at > 0 else at + 1


def first_code(text: str) -> int:
    """unicode() of broken text: the first byte's bits and those of all continuation bytes behind it."""
    character: bytes = _SPLIT.findall(_bytes(text))[0]
    first, *rest = character
    if first < 0xC0:
        return first
    lead = next((bits for low, bits in ((0xFE, 0), (0xFC, 1), (0xF8, 3), (0xF0, 7), (0xE0, 15)) if first >= low), 31)
    code = first & lead
    for byte in rest:
        code = (code << 6) + (byte & 0x3F) & _MASK32
    return _REPLACEMENT if code < 0x80 or code & 0xFFFFF800 == 0xD800 or code & 0xFFFFFFFE == 0xFFFE else code
