"""One path into many plain JSON texts at once: one call of the decoder for a thousand rows.

The texts are joined by line ends and decoded as a sequence of values. That each text is exactly one of them follows
from every line end standing between ``}`` and ``{``: within a value that cannot be, so no value crosses a line end,
and there are as many values as lines. A label occurs once in every object that has it if it occurs as often in the
joined text as there are objects that have it. Numbers of few digits and no exponent are read alike by everybody.
Whatever is not plain enough goes row by row (:mod:`mantisdb_sql.functions.json_plain`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
from typing import Any

import msgspec

from mantisdb_sql.functions.jsonb import MAX_DEPTH

__all__ = ["many"]

_CHUNK = 1024
_PLAIN_KINDS = frozenset({str, int, float, type(None), msgspec.UnsetType})
_DIGITS = bytes.maketrans(b"123456789.E+", b"0000000000e-")
_LONG_NUMBER = b"0" * 17


def many(names: list[str], index: int | None, one: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    """What gives the SQL values at the path of one or two labels ``names``, and then an ``index``, in a list of
    texts; ``one`` gives that of one text."""
    decode = _decoder(names, Any if index is None else list[Any])
    quoted = [f'"{name}"' for name in names]
    pick = attrgetter(".".join(["member"] * len(names)))

    def values(texts: list[Any]) -> list[Any]:
        found: list[Any] = []
        for start, joined in _joined(texts):
            chunk = texts[start : start + _CHUNK]
            some = None if joined is None else plain_values(chunk, joined)
            found += [one(text) for text in chunk] if some is None else some
        return found

    def plain_values(texts: list[Any], joined: _Joined) -> list[Any] | None:
        try:
            found = list(map(pick, decode(joined.text)))
            if index is not None:
                found = [items[index] for items in found]
        except (TypeError, AttributeError, IndexError, RecursionError, msgspec.MsgspecError):
            return None
        missing = found.count(msgspec.UNSET) if index is None else 0
        counts = [len(texts)] * (len(names) - 1) + [len(texts) - missing]
        kinds = set(map(type, found))
        if [joined.text.count(label) for label in quoted] != counts or not kinds <= _PLAIN_KINDS:
            return None
        if (int in kinds or float in kinds) and not joined.has_plain_numbers:
            return None
        return [None if value is msgspec.UNSET else value for value in found] if missing else found

    return values


class _Joined:
    """Some texts in one: plain objects, one to a line, without escapes and without great depth."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def has_plain_numbers(self) -> bool:
        """Whether no number has more than fifteen digits and a point, or an exponent."""
        shape = self.text.encode().translate(_DIGITS)
        return _LONG_NUMBER not in shape and b"0e" not in shape


_last: tuple[list[Any], list[tuple[int, _Joined | None]]] = ([], [])


def _joined(texts: list[Any]) -> list[tuple[int, _Joined | None]]:
    """(offset, the texts from there on) of each thousand; None where they are not plain. What was made of the last
    list is kept for the next path into it."""
    global _last
    known, chunks = _last
    if known is not texts:
        starts = range(0, len(texts), _CHUNK)
        chunks = [(start, _join(texts[start : start + _CHUNK])) for start in starts]
        _last = texts, chunks
    return chunks


def _join(texts: list[Any]) -> _Joined | None:
    try:
        joined = "\n".join(texts)
    except TypeError:
        return None
    if "\\" in joined or not joined.isascii() or max(map(len, texts)) > 2 * MAX_DEPTH:
        return None
    ends = len(texts) - 1
    is_lines = joined.count("\n") == ends and joined.count("}\n{") == ends and joined.startswith("{")
    return _Joined(joined) if is_lines else None


def _decoder(names: list[str], leaf: Any) -> Callable[[str], list[Any]]:
    kind = leaf
    for name in reversed(names):
        kind = msgspec.defstruct("Member", [("member", kind, msgspec.UNSET)], rename={"member": name}, gc=False)
    decode: Callable[[str], list[Any]] = msgspec.json.Decoder(kind).decode_lines
    return decode
