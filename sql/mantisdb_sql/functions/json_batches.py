"""Many plain JSON texts at once: one decoding of each text for all the paths that a statement follows in it.

The paths become one type with only the members and items that are wanted, and the decoder passes over everything
else. What the texts of a batch must fulfil, so that the answers are SQLite's, is looked at for all of them at once:

- a label occurs once in every object that has it (SQLite takes the first of several, the decoder the last): it
  stands in the joined texts as often as there are objects that have it, and nothing that could spell it otherwise
  (``\\u``) is there. A label that is elsewhere, too, in a text or in another object, is counted, and so excluded.
- no text is nested deeper than SQLite takes;
- a REAL is read from its digits as SQLite reads them, and an integer has 64 bits.

A batch that does not fulfil this goes text by text, and each only when its value is asked for: what is malformed
raises its error exactly where SQLite meets it. NULLs are left out and put back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Raw

from mantisdb_sql.functions.json_path import Steps
from mantisdb_sql.functions.json_plain import array_length, is_plain_label, minified, type_of
from mantisdb_sql.functions.jsonb import FLOAT, MAX_DEPTH, element, value_at
from mantisdb_sql.storage import INT_MAX, INT_MIN

__all__ = ["Follow", "follow", "many_texts", "real_of"]

_MOST_REALS = 10_000
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
            try:
                path.append(step.label.decode())
            except UnicodeDecodeError:
                return None
    return Follow(tuple(path), OF_ELEMENTS.get(function), one)


class _NotPlain(Exception):
    """A batch must go text by text."""


class _Node:
    """An object or array with the parts that are wanted of it, or an element that is wanted itself."""

    def __init__(self) -> None:
        self.parts: dict[str | int, _Node] = {}
        self.leaves: list[int] = []  # which of the paths end here
        self.raw = False
        self.kind: Any = None

    def enter(self, number: int, wanted: Follow) -> bool:
        """Take a path in; False where something else is wanted of the same element."""
        node, new = self, []
        for part in wanted.path:
            if node.leaves or any(part.__class__ is not known.__class__ for known in node.parts):
                return False
            if part not in node.parts:
                new.append((node, part))
                node.parts[part] = _Node()
            node = node.parts[part]
        raw = wanted.of is not None
        if node.parts or (node.leaves and node.raw is not raw):
            for parent, part in new:
                parent.parts.pop(part, None)
            return False
        node.raw = raw
        node.leaves.append(number)
        return True

    def made(self) -> Any:
        """The decoder's type."""
        if self.leaves:
            return Raw if self.raw else Any
        first = next(iter(self.parts))
        if isinstance(first, int):
            last = max(part for part in self.parts if isinstance(part, int))
            items = [(f"p{i}", self.parts[i].made() if i in self.parts else Raw, UNSET) for i in range(last + 1)]
            self.kind = msgspec.defstruct("Items", items, array_like=True, gc=False)
        else:
            members = [(f"p{i}", node.made(), UNSET) for i, node in enumerate(self.parts.values())]
            labels = {f"p{i}": str(label) for i, label in enumerate(self.parts)}
            self.kind = msgspec.defstruct("Members", members, rename=labels, gc=False)
        return self.kind

    def ends(self, attributes: str = "") -> Iterator[tuple[list[int], str, bool]]:
        """Where paths end: which, the attributes that lead there, and whether the text is wanted."""
        if self.leaves:
            yield self.leaves, attributes, self.raw
        for i, (part, node) in enumerate(self.parts.items()):
            yield from node.ends(f"{attributes}.p{part if isinstance(part, int) else i}")

    def labels(self) -> Iterator[str]:
        """The labels on all the paths."""
        for part, node in self.parts.items():
            if isinstance(part, str):
                yield part
            yield from node.labels()

    def walk(self, objects: list[Any], found: list[list[Any]], labels: dict[str, int]) -> None:
        """Collect the elements where the paths end, and how many objects have each label."""
        for i, (part, node) in enumerate(self.parts.items()):
            values = list(map(attrgetter(f"p{part if isinstance(part, int) else i}"), objects))
            kinds = set(map(type, values))
            missing = sum([value is UNSET for value in values]) if msgspec.UnsetType in kinds else 0
            if isinstance(part, str):
                labels[part] = labels.get(part, 0) + len(values) - missing
            if not node.leaves:
                if missing:
                    empty = node.kind()
                    values = [empty if value is UNSET else value for value in values]
                node.walk(values, found, labels)
                continue
            if not node.raw:
                values = _sql_values(values, kinds)
            for leaf in node.leaves:
                found[leaf] = values


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


_ONE_TO_ONE = frozenset({str, float, type(None)})
_KINDS = _ONE_TO_ONE | {int, bool, msgspec.UnsetType}


def _sql_values(values: list[Any], kinds: set[type]) -> list[Any]:
    """Elements as SQL values."""
    if kinds <= _ONE_TO_ONE:
        return values
    if not kinds <= _KINDS:
        raise _NotPlain
    if int in kinds:
        integers = values if len(kinds) == 1 else [value for value in values if value.__class__ is int]
        if min(integers) < INT_MIN or max(integers) > INT_MAX:
            raise _NotPlain
    if bool in kinds or msgspec.UnsetType in kinds:
        return [None if value is UNSET else int(value) if value.__class__ is bool else value for value in values]
    return values


@lru_cache(maxsize=512)
def _reader(attributes: str) -> Callable[[list[Any]], list[Any]]:
    """What reads ``.p0.p1`` of all objects in a list."""
    reader: Callable[[list[Any]], list[Any]] = eval(f"lambda objects: [o{attributes} for o in objects]", {})
    return reader


class _Decoding:
    """Some of the paths, those that fit into one type."""

    def __init__(self, root: _Node) -> None:
        self.root = root
        self.decode: Callable[[Any], Any] | None = None
        self.ends = list(root.ends())
        self.quick = None if root.leaves else [_reader(attributes) for _, attributes, _ in self.ends]
        counts = Counter(label for label in root.labels())
        self.labels = [(f'"{label}"', count) for label, count in counts.items()]

    def _quickly(self, objects: list[Any], joined: str, found: list[list[Any]]) -> bool:
        """The elements where all texts have all of them; False where one is missing."""
        assert self.quick is not None
        try:
            columns = [read(objects) for read in self.quick]
        except AttributeError:
            return False
        for values, (leaves, _, raw) in zip(columns, self.ends, strict=True):
            kinds = set(map(type, values))
            if msgspec.UnsetType in kinds:
                return False
            elements = values if raw else _sql_values(values, kinds)
            for leaf in leaves:
                found[leaf] = elements
        for label, count in self.labels:
            if joined.count(label) != count * len(objects):
                raise _NotPlain
        return True

    def elements(self, texts: Sequence[str | bytes], joined: str, found: list[list[Any]]) -> None:
        """Set those of ``found`` that are these paths'."""
        if self.decode is None:
            self.decode = msgspec.json.Decoder(self.root.made(), float_hook=real_of).decode
        objects = list(map(self.decode, texts))
        if self.quick is not None and self._quickly(objects, joined, found):
            return
        if self.root.leaves:
            kinds = set(map(type, objects))
            for leaf in self.root.leaves:
                found[leaf] = objects if self.root.raw else _sql_values(objects, kinds)
            return
        labels: dict[str, int] = {}
        self.root.walk(objects, found, labels)
        for label, count in labels.items():
            if joined.count(f'"{label}"') != count:
                raise _NotPlain


def many_texts(wanted: Sequence[Follow]) -> Callable[[list[Any]], Columns]:
    """What gives the values at all the paths, a list for each, in a list of texts."""
    roots: list[_Node] = []
    for number, one in enumerate(wanted):
        if not any(root.enter(number, one) for root in roots):
            roots.append(_Node())
            roots[-1].enter(number, one)
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
            raise _NotPlain
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


_FAILURES = (_NotPlain, msgspec.MsgspecError, RecursionError, UnicodeEncodeError)


def _is_deep(texts: list[str]) -> bool:
    """Whether a text may be nested deeper than SQLite takes: that needs two characters for a level."""
    return max(map(len, texts), default=0) > 2 * MAX_DEPTH and any(
        len(text) > 2 * MAX_DEPTH and text.count("[") + text.count("{") > MAX_DEPTH for text in texts
    )


def _spread(texts: list[Any], values: Iterable[Any]) -> Iterable[Any]:
    """The values of the texts that are not NULL, and NULL for the others."""
    following = iter(values)
    return (None if text is None else next(following) for text in texts)
