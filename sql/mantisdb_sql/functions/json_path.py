"""JSON paths: finding an element of a JSONB, and changing it (https://sqlite.org/json1.html, section 3.2).

A path is ``$`` and steps: ``.label``, ``."label"``, ``[N]``, ``[#]`` (behind the last item), ``[#-N]``. A mistake in
a path is only an error where the search comes that far: ``$.a[x`` of an object without ``a`` finds nothing.

An edit is a splice. Its effect on the sizes of the containers around it is applied from the inside out, and a header
that grows or shrinks by that changes the size of the next one. Where the new element is up to eight bytes shorter
than the old one, and a longer header can fill the gap, nothing moves: SQLite writes such headers, so its bytes can
only be had by doing the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.jsonb import (
    ARRAY,
    FALSE,
    MAX_DEPTH,
    OBJECT,
    TEXT,
    TEXT5,
    TEXTRAW,
    Malformed,
    element,
    header,
    label_key,
    payload,
)

__all__ = ["Editor", "Found", "PathError", "Steps", "abbreviated", "array_count", "lookup", "resize", "rooted"]


class PathError(SqlError):
    """A path that is none."""

    def __init__(self, path: str) -> None:
        super().__init__("bad JSON path: " + _literal(path))


class NotAnItem(SqlError):
    """A path that should lead to an array's item."""

    def __init__(self, path: str) -> None:
        super().__init__("not an array element: " + _literal(path))


class _Wrong(Exception):
    """The search came to a mistake in the path."""


class Step(NamedTuple):
    """One step. A label has ``key`` (None where none is spelt) and ``raw``, whether it is as it stands; an index has
    ``number``, counted from the end if ``from_end``, and ``spelt`` right or not."""

    is_label: bool
    key: bytes | None = None
    raw: bool = True
    label: bytes = b""
    number: int = 0
    from_end: bool = False
    spelt: bool = True


Steps = tuple[Step | None, ...]  # None: something that is no step at all


class Found(NamedTuple):
    """Where an element is; ``label`` is the offset of its label, 0 where it has none."""

    at: int
    label: int


_LABEL = re.compile(rb'\.(?:"((?:[^"\\]|\\.)*)"|([^.\["][^.\[]*))', re.DOTALL)
_INDEX = re.compile(rb"\[(?:([0-9]+)|#(?:-([0-9]+))?)(\])?")
_HUGE = 1 << 40


def _literal(path: str) -> str:
    return "'" + path.partition("\0")[0].replace("'", "''") + "'"


def _c_bytes(path: str) -> bytes:
    return path.partition("\0")[0].encode("utf-8", "surrogateescape")


@lru_cache(maxsize=512)
def rooted(path: str) -> Steps | None:
    """The steps behind ``$``; None where the path does not begin so."""
    text = _c_bytes(path)
    return _steps(text[1:]) if text[:1] == b"$" else None


@lru_cache(maxsize=512)
def abbreviated(path: str, is_integer: bool) -> Steps:
    """The steps of a path as ``->`` takes it: also a mere index, a label or ``[N]``."""
    text = _c_bytes(path)
    if text[:1] == b"$":
        return _steps(text[1:])
    if is_integer:
        return _steps(b"[" + (b"#" if text[:1] == b"-" else b"") + text + b"]")
    if re.fullmatch(rb"[A-Za-z0-9_]*", text):
        return _steps(b"." + text)
    if text[:1] == b"[" and len(text) >= 3 and text[-1:] == b"]":
        return _steps(text)
    return _steps(b'."' + text + b'"')


def _steps(text: bytes) -> Steps:
    steps: list[Step | None] = []
    at = 0
    while at < len(text):
        if text[at] == 0x2E:
            match = _LABEL.match(text, at)
            if match is None:
                steps.append(Step(True))
                break
            key = match[1] if match[1] is not None else match[2]
            raw = match[1] is None or b"\\" not in key
            steps.append(Step(True, key if raw else label_key(TEXT5, key), raw, key))
        elif text[at] == 0x5B:
            match = _INDEX.match(text, at)
            if match is None:
                steps.append(Step(False, spelt=False))
                break
            number = min(int((match[1] or match[2] or b"0")[:40]), _HUGE)
            spelt = match[3] is not None
            if not spelt and match[1] is not None:
                steps.append(Step(False, spelt=False))
                break
            steps.append(Step(False, number=number, from_end=match[1] is None, spelt=spelt))
            if not spelt:
                break
        else:
            steps.append(None)
            break
        at = match.end()
    return tuple(steps)


# -------------------------------------------------------------------------------------------------- searching


def array_count(blob: bytes | bytearray, i: int) -> int:
    """The number of items of the array at ``i``; one that does not fit in is the last."""
    count = 0
    at, end = payload(blob, i)
    while at < end:
        count += 1
        try:
            _, at = payload(blob, at)
        except Malformed:
            break
    return count


def lookup(blob: bytes, steps: Steps, path: str) -> Found | None:
    """The element that a path leads to; ``path`` is for the error's text."""
    at, label = 0, 0
    try:
        for depth, step in enumerate(steps):
            where = _child(blob, at, step)
            if where.at < 0:
                return None
            at, label = where
            if depth + 1 >= MAX_DEPTH:
                raise SqlError("JSON path too deep")
    except _Wrong:
        raise PathError(path) from None
    return Found(at, label)


_ABSENT = -1  # in the place of an offset: there is no such child
_OTHER_KIND = -2  # the element is no container of that kind, or the index is out of all reach


def _child(blob: bytes | bytearray, at: int, step: Step | None) -> Found:
    """The child that a step leads to."""
    if step is None:
        raise _Wrong
    kind = blob[at] & 15
    if step.is_label:
        if step.key is None:
            raise _Wrong
        return _member(blob, at, step) if kind == OBJECT else Found(_OTHER_KIND, 0)
    if kind != ARRAY:
        return Found(_OTHER_KIND, 0)
    return _item(blob, at, step)


def _member(blob: bytes | bytearray, at: int, step: Step) -> Found:
    at, end = payload(blob, at)
    key, raw = step.key, step.raw
    while at < end:
        kind = blob[at] & 15
        if not TEXT <= kind <= TEXTRAW:
            raise Malformed
        start, stop = payload(blob, at)
        if stop >= end:
            raise Malformed
        label = blob[start:stop]
        if kind in (TEXT, TEXTRAW):
            equal = label == key if raw else label.partition(b"\0")[0] == key
        else:
            equal = label_key(kind, bytes(label)) == key
        if blob[stop] & 15 > OBJECT:
            raise Malformed
        _, after = payload(blob, stop)
        if equal:
            if after > end:
                raise Malformed
            return Found(stop, at)
        at = after
    if at > end:
        raise Malformed
    return Found(_ABSENT, end)


def _item(blob: bytes | bytearray, at: int, step: Step) -> Found:
    number = step.number
    if step.from_end:
        number = array_count(blob, at) - step.number
        if number < 0:
            return Found(_OTHER_KIND, 0)
    if not step.spelt:
        raise _Wrong
    at, end = payload(blob, at)
    while at < end:
        if not number:
            return Found(at, 0)
        number -= 1
        _, at = payload(blob, at)
    if at > end:
        raise Malformed
    return Found(_OTHER_KIND if number else _ABSENT, end)


# ---------------------------------------------------------------------------------------------------- editing


class Editor:
    """A JSONB that is being changed."""

    def __init__(self, blob: bytes) -> None:
        self.blob = bytearray(blob)

    def replace_all(self, new: bytes) -> None:
        """Put ``new`` in the place of the whole."""
        self.splice(0, len(self.blob), new)

    def remove(self, steps: Steps, path: str) -> None:
        """Take an element away, with its label."""
        chain, found = self._search(steps, path)
        if found is not None and found.at >= 0:
            end = _end(self.blob, found.at)
            start = found.label or found.at
            self._resize(chain, self.splice(start, end, None))

    def put(self, steps: Steps, path: str, new: bytes, *, replaces: bool, creates: bool) -> None:
        """Replace an element, or create it (and what must be around it) where there is none."""
        chain, found = self._search(steps, path)
        if found is None:
            return
        if found.at >= 0:
            if replaces:
                self._resize(chain, self.splice(found.at, _end(self.blob, found.at), new))
        elif creates:
            self._create(chain, found.label, steps[len(chain) - 1 :], path, new)

    def insert_item(self, steps: Steps, path: str, new: bytes) -> None:
        """Put an item into an array before the one that the path names."""
        chain, found = self._search(steps, path)
        if found is None:
            return
        last = steps[-1]
        if found.at >= 0:
            if last is None or last.is_label:
                raise NotAnItem(path)
            self._resize(chain, self.splice(found.at, found.at, new))
            return
        self._create(chain, found.label, steps[len(chain) - 1 :], path, new, item=True)

    def _search(self, steps: Steps, path: str) -> tuple[list[int], Found | None]:
        """(containers on the way, where the element is). Where it is not, but could be: where it would begin, as
        ``label``, its ``at`` negative. None where there is no place for it."""
        chain: list[int] = []
        found = Found(0, 0)
        try:
            for depth, step in enumerate(steps):
                chain.append(found.at)
                found = _child(self.blob, found.at, step)
                if found.at == _OTHER_KIND:
                    return chain, None
                if found.at == _ABSENT:
                    return chain, found
                if depth + 1 >= MAX_DEPTH:
                    raise SqlError("JSON path too deep")
        except _Wrong:
            raise PathError(path) from None
        return chain, found

    def _create(self, chain: list[int], at: int, missing: Steps, path: str, new: bytes, item: bool = False) -> None:
        """Insert at ``at`` what the steps ``missing`` lead to; the first is a step into an existing container."""
        for depth, step in enumerate(missing):
            if step is not None and depth and step.from_end and step.number:
                return
            if step is None or not step.spelt or (step.is_label and step.key is None):
                raise PathError(path)
            if depth and not step.is_label and step.number:
                return
            if item and step.is_label and (depth + 1 == len(missing) or not path.partition("\0")[0].endswith("]")):
                raise NotAnItem(path)
            if depth and len(chain) + depth - 1 >= MAX_DEPTH:
                raise SqlError("JSON path too deep")
        for step in reversed(missing[1:]):
            assert step is not None
            new = element(OBJECT, _labelled(step, new)) if step.is_label else element(ARRAY, new)
        first = missing[0]
        assert first is not None
        self._resize(chain, self.splice(at, at, _labelled(first, new) if first.is_label else new))

    def splice(self, start: int, end: int, new: bytes | None) -> int:
        """Replace the bytes from ``start`` to ``end``; by how much the whole has grown."""
        new_bytes = new or b""
        grown = len(new_bytes) - (end - start)
        if new is not None and -8 <= grown < 0:
            stretched = _stretched(new_bytes, -grown)
            if stretched is not None:
                self.blob[start:end] = stretched
                return 0
        self.blob[start:end] = new_bytes
        return grown

    def _resize(self, chain: list[int], grown: int) -> None:
        """Correct the sizes of containers, innermost last, after what is in them has grown."""
        for at in reversed(chain):
            if not grown:
                return
            grown += resize(self.blob, at, grown)


def _end(blob: bytearray, at: int) -> int:
    """Where the element at ``at`` ends; one whose size is wrong takes no place."""
    try:
        return payload(blob, at)[1]
    except Malformed:
        return at


def resize(blob: bytearray, at: int, grown: int) -> int:
    """Write the size of the element at ``at``, which was right before its content grew; by how much the header
    grew."""
    size = blob[at] >> 4
    width = 0
    if size > 11:
        width = {12: 1, 13: 2, 14: 4, 15: 8}[size]
        size = int.from_bytes(blob[at + 1 : at + 1 + width], "big")
    new = header(blob[at] & 15, size + grown)
    blob[at : at + 1 + width] = new
    return len(new) - 1 - width


def _labelled(step: Step, value: bytes) -> bytes:
    return element(TEXTRAW if step.raw else TEXT5, step.label) + value


_STRETCHES = {  # width of the header -> {bytes to gain: (high bits, width)}
    1: {1: (0xC0, 2), 2: (0xD0, 3), 4: (0xE0, 5), 8: (0xF0, 9)},
    2: {1: (0xD0, 3), 3: (0xE0, 5), 7: (0xF0, 9)},
    3: {2: (0xE0, 5), 6: (0xF0, 9)},
    5: {4: (0xF0, 9)},
    9: {},
}


def _stretched(node: bytes, gain: int) -> bytes | None:
    """The element with a header that is longer by ``gain``, if there is one."""
    if node[0] & 15 <= FALSE:
        return None
    width = {12: 2, 13: 3, 14: 5, 15: 9}.get(node[0] >> 4, 1)
    found = _STRETCHES[width].get(gain)
    if found is None:
        return None
    high, new_width = found
    content = node[width:]
    return bytes((node[0] & 15 | high,)) + len(content).to_bytes(new_width - 1, "big") + content
