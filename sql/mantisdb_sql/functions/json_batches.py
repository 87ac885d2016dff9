"""Many plain JSON texts at once: one decoding of each text for all the paths that a statement follows in it.

The paths become one type with only the members and items that are wanted, and the decoder passes over everything
else. What the texts of a batch must fulfil, so that the answers are SQLite's, is looked at for all of them at once:

- a label occurs once in every object that has it (SQLite takes the first of several, the decoder the last): it
  stands in the joined texts as often as there are objects that have it, and nothing that could spell it otherwise
  (``\\u``) is there. A label that is elsewhere, too, in a text or in another object, is counted, and so excluded.
- no text is nested deeper than SQLite takes;
- a REAL is read from its digits as SQLite reads them, and an integer has 64 bits.

Texts of one shape are decoded more quickly still (:mod:`mantisdb_sql.functions.json_shapes`). A batch that does not
fulfil all this goes text by text, and each only when its value is asked for: what is malformed raises its error exactly
where SQLite meets it. NULLs are left out and put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from mantisdb_sql.functions.json_parts import NotPlain, Part, sql_values
from mantisdb_sql.functions.json_path import Steps
from mantisdb_sql.functions.json_plain import array_length, is_plain_label, minified, type_of
from mantisdb_sql.functions.json_shapes import Shape
from mantisdb_sql.functions.jsonb import FLOAT, MAX_DEPTH, element, value_at

__all__ = ["Follow", "follow", "many_texts", "real_of"]

_MOST_REALS = 10_000
_MOST_FAILURES = 7
_MOST_ITEMS = 16
"""An index up to which the items of an array are read one by one."""

Columns = tuple[Iterable[Any], ...]


class Follow(NamedTuple):
    """A path to follow. ``one`` is the whole function of one text; ``of`` makes the value of the found element's
    text, or is None where the function gives the element's SQL value."""

    path: tuple[str | int, ...]
    of: Callable[[bytes], Any] | None
    one: Callable[[Any], Any]


OF_ELEMENTS: dict[str, Callable[[bytes], Any]] = {
    "json_type": type_of,
    "json_array_length": array_length,
    "->": lambda content: minified(content).decode(),
}


def follow(steps: Steps | None, function: str, one: Callable[[Any], Any]) -> Follow | None:
    """How the function of that name follows a path; None where it must go text by text."""
    path: list[str | int] = []
    for step in steps if steps is not None else (None,):
        if step is None or not step.spelt:
            return None
        if not step.is_label:
            if step.from_end or step.number > _MOST_ITEMS:
                return None
            path.append(step.number)
        elif step.key is None or not is_plain_label(step):
            return None
        else:
            path.append(step.label.decode())
    return Follow(tuple(path), OF_ELEMENTS.get(function), one)


class _Reals(dict[str, Any]):
    """Numbers that are no integers, as SQLite reads them, by their texts: columns repeat them."""

    def __missing__(self, text: str) -> Any:
        value: Any = float(text)
        if len(text) > 16 or "." not in text or not (1e-6 < value < 1e22 or -1e22 < value < -1e-6):
            value = value_at(element(FLOAT, text.encode()), 0)
        # else of at most fifteen digits, and an exponent of at most 22 leaves one way to round
        if len(self) >= _MOST_REALS:
            self.clear()
        self[text] = value
        return value


_reals = _Reals()
real_of = _reals.__getitem__
"""The value of the text of a number that is no integer."""


class _Decoding:
    """Some of the paths, those that fit into one type: by the shape that the last texts had, if these have it."""

    def __init__(self, root: Part) -> None:
        self.root = root
        self.decode: Callable[[Any], Any] | None = None
        self.shape: Shape | None = None
        self.failures = 0  # of shapes, since one fitted
        self.pause = 0  # so many batches are not tried

    def elements(self, texts: Sequence[str | bytes], joined: str, found: list[list[Any]]) -> None:
        """Set those of ``found`` that are these paths'."""
        if self.pause:
            self.pause -= 1
        elif texts and not self.root.leaves and self._by_shape(texts, joined, found):
            return
        if self.decode is None:
            self.decode = msgspec.json.Decoder(self.root.made(), float_hook=real_of).decode
        objects = list(map(self.decode, texts))
        if self.root.leaves:
            kinds = set(map(type, objects))
            for leaf in self.root.leaves:
                found[leaf] = objects if self.root.raw else sql_values(objects, kinds)
            return
        labels: dict[str, int] = {}
        self.root.walk(objects, found, labels)
        for label, count in labels.items():
            if joined.count(f'"{label}"') != count:
                raise NotPlain

    def _by_shape(self, texts: Sequence[str | bytes], joined: str, found: list[list[Any]]) -> bool:
        """The elements where all texts have one shape; a failure makes the next attempt come later."""
        try:
            shape = self.shape or Shape(self.root, texts[0], self.failures > 0)
            if shape.elements(texts, joined, found):
                self.shape, self.failures = shape, 0
                return True
        except _FAILURES:
            pass
        self.shape = None
        self.failures = min(self.failures + 1, _MOST_FAILURES)
        self.pause = 2**self.failures - 2
        return False


def many_texts(wanted: Sequence[Follow]) -> Callable[[list[Any]], Columns]:
    """What gives the values at all the paths, a list for each, in a list of texts."""
    roots: list[Part] = []
    for number, one in enumerate(wanted):
        raw = one.of is not None
        if not any(root.enter(number, one.path, raw) for root in roots):
            roots.append(Part())
            roots[-1].enter(number, one.path, raw)
    decodings = list(map(_Decoding, roots))

    def columns(texts: list[Any]) -> Columns:
        try:
            return plainly(texts)
        except TypeError:
            if set(map(type, texts)) == {str, type(None)}:
                return with_nulls(texts)
        except _FAILURES:
            pass
        return tuple(map(one.one, texts) for one in wanted)

    def plainly(texts: list[Any]) -> Columns:
        joined = "\n".join(texts)
        if ("\\" in joined and "\\u" in joined) or _is_deep(texts):
            raise NotPlain
        found: list[list[Any]] = [[]] * len(wanted)
        contents = texts if joined.isascii() else list(map(str.encode, texts))
        for decoding in decodings:
            decoding.elements(contents, joined, found)
        return tuple(
            values if one.of is None else [None if value is UNSET else one.of(bytes(value)) for value in values]
            for values, one in zip(found, wanted, strict=True)
        )

    def with_nulls(texts: list[Any]) -> Columns:
        some = columns([text for text in texts if text is not None])
        return tuple(_spread(texts, iter(values)) for values in some)

    return columns


_FAILURES = (NotPlain, msgspec.MsgspecError, RecursionError, UnicodeEncodeError)


def _is_deep(texts: list[str]) -> bool:
    """Whether a text may be nested deeper than SQLite takes: that needs two characters for a level."""
    return max(map(len, texts), default=0) > 2 * MAX_DEPTH and any(
        len(text) > 2 * MAX_DEPTH and text.count("[") + text.count("{") > MAX_DEPTH for text in texts
    )


def _spread(texts: list[Any], values: Iterable[Any]) -> Iterable[Any]:
    """The values of the texts that are not NULL, and NULL for the others."""
    following = iter(values)
    return (None if text is None else next(following) for text in texts)
