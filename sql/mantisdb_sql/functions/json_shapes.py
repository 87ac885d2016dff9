"""Documents of one shape: the quickest decoding of many JSON texts.

A column of JSON mostly holds what one program wrote. One text shows the shape, and becomes a type in which every
wanted member and item is required and has the class that it has there, so that the decoder itself refuses what is
different, and what it gives are SQL's values already. What else must hold is shown for a batch as a whole:

- no label is twice in an object. Where the type has all members of all objects, each text has at least so many colons;
  a batch that has no more of them has each member once. Else the wanted labels are counted: each object has them
  at least once, so a batch that has no more of them has them once. (A colon or a label in a text counts, too, and at
  worst the batch goes another way.)
- a REAL is read as SQLite reads it: of at most fifteen digits, times a power of ten of at most 22, there is one way to
  round. No number is long if sixteen digits and points in a row are nowhere; then a value that is neither small nor
  large has no large exponent, and another has none at all.

Members that only some documents have, JSON inside of what is wanted, integers of more than 64 bits: for these batches
there is :mod:`mantisdb_sql.functions.json_parts`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Raw

from mantisdb_sql.functions.json_parts import NotPlain, Part
from mantisdb_sql.values.storage import INT_MAX, INT_MIN

__all__ = ["Shape"]

_Integer = Annotated[int, msgspec.Meta(ge=INT_MIN, le=INT_MAX)]
_PLAIN: Any = _Integer | str | None
_LABEL = re.compile(r'[^\x00-\x1f"\\]*')
_TO_ZEROS = bytes(0x30 if code in b"0123456789." else code for code in range(256))
_SMALL, _LARGE = 1e-6, 1e22


class Shape:
    """What documents look like, as far as it matters for the paths of a tree of parts."""

    def __init__(self, root: Part, sample: str | bytes, wide: bool) -> None:
        """``wide``: elements may be REAL or boolean where those of the sample are not, too. NotPlain, or one of
        msgspec's errors, where the sample lacks a part."""
        document = msgspec.json.decode(sample)
        colons = sample.count(":") if isinstance(sample, str) else sample.count(b":")
        ends = list(root.ends())
        labels = Counter(root.labels())
        self._labels = [(f'"{label}"', count) for label, count in labels.items()]
        self._keys = 0
        maker = _Maker(wide, whole=True)
        kind = maker.of_part(root, document)
        if maker.is_whole and colons == maker.keys and maker.others + 2 <= 2 * sum(labels.values()):
            self._keys = maker.keys
        else:
            maker = _Maker(wide, whole=False)
            kind = maker.of_part(root, document)
        self._readers = [_reader(attributes) for _, attributes in ends]
        self._leaves = [part.leaves for part, _ in ends]
        self._reals = [i for i, (part, _) in enumerate(ends) if part in maker.reals]
        self._booleans = [i for i, (part, _) in enumerate(ends) if part in maker.booleans]
        self._decode: Callable[[Any], Any] = msgspec.json.Decoder(kind).decode

    def elements(self, texts: Sequence[str | bytes], joined: str, found: list[list[Any]]) -> bool:
        """Set those of ``found`` that are these paths'; False, or one of msgspec's errors, where a text has another
        shape. ``joined`` are the texts with something between them."""
        objects = list(map(self._decode, texts))
        columns = [read(objects) for read in self._readers]
        if self._keys:
            if joined.count(":") != self._keys * len(objects):
                return False
        else:
            for label, count in self._labels:
                if joined.count(label) != count * len(objects):
                    return False
        if self._reals and not _have_one_reading(joined.encode(), [columns[i] for i in self._reals]):
            return False
        for i in self._booleans:
            columns[i] = [int(value) if value.__class__ is bool else value for value in columns[i]]
        for values, leaves in zip(columns, self._leaves, strict=True):
            for leaf in leaves:
                found[leaf] = values
        return True


class _Maker:
    """Makes a type of a sample. ``whole``: with all members of all objects, as far as these are not in arrays."""

    def __init__(self, wide: bool, whole: bool) -> None:
        self.wide = wide
        self.is_whole = whole
        self.keys = self.others = 0  # members of the type, and those among them that are not wanted
        self.reals: set[Part] = set()
        self.booleans: set[Part] = set()

    def of_part(self, part: Part, value: Any) -> Any:
        """The type of a part that has this value in the sample."""
        if part.leaves:
            return Raw if part.raw else self._scalar(part, value)
        last = part.last_index
        if last >= 0:
            if value.__class__ is not list or len(value) <= last:
                raise NotPlain
            items = [
                (f"p{i}", self.of_part(part.parts[i], value[i]) if i in part.parts else Raw) for i in range(last + 1)
            ]
            return msgspec.defstruct("Items", items, array_like=True, gc=False)
        if value.__class__ is not dict or not part.parts.keys() <= value.keys():
            raise NotPlain
        wanted = [(str(label), self.of_part(other, value[label])) for label, other in part.parts.items()]
        others = [label for label in value if label not in part.parts] if self.is_whole else []
        return self._members([*wanted, *((label, self._other(value[label])) for label in others)])

    def _scalar(self, part: Part, value: Any) -> Any:
        kind = _PLAIN
        if value.__class__ in (dict, list):
            raise NotPlain
        if self.wide or value.__class__ is float:
            kind |= float
            self.reals.add(part)
        if self.wide or value.__class__ is bool:
            kind |= bool
            self.booleans.add(part)
        return kind

    def _other(self, value: Any) -> Any:
        self.others += 1
        if value.__class__ is dict:
            return self._members([(label, self._other(member)) for label, member in value.items()])
        return Raw

    def _members(self, members: list[tuple[str, Any]]) -> Any:
        self.keys += len(members)
        self.is_whole = self.is_whole and all(_LABEL.fullmatch(label) for label, _ in members)
        if not self.is_whole:
            members = [(label, kind) for label, kind in members if _LABEL.fullmatch(label)]
        fields = [(f"p{i}", kind) for i, (_, kind) in enumerate(members)]
        return msgspec.defstruct(
            "Members", fields, rename={f"p{i}": label for i, (label, _) in enumerate(members)}, gc=False
        )


@lru_cache(maxsize=512)
def _reader(attributes: str) -> Callable[[list[Any]], list[Any]]:
    """What reads ``.p0.p1`` of all objects in a list."""
    reader: Callable[[list[Any]], list[Any]] = eval(f"lambda objects: [o{attributes} for o in objects]", {})
    return reader


def _have_one_reading(content: bytes, columns: list[list[Any]]) -> bool:
    """Whether the REALs in the columns, read from numbers in ``content``, are what SQLite makes of them."""
    # Sixteen in a row are four among every fourth: a quarter of the work, and mostly all of it.
    if b"0000" in content[::4].translate(_TO_ZEROS) and b"0" * 16 in content.translate(_TO_ZEROS):
        return False
    if all(map(_is_moderate, columns)):
        return True
    zeros = content.translate(_TO_ZEROS)
    return b"0e" not in zeros and b"0E" not in zeros


def _is_moderate(values: list[Any]) -> bool:
    """Whether no number is close to 0 or large."""
    try:
        low, high = min(values), max(values)
    except TypeError:
        numbers = [value for value in values if value.__class__ is float]
        low, high = min(numbers, default=1.0), max(numbers, default=1.0)
        values = numbers
    if low.__class__ is str:
        return True
    if not -_LARGE < low <= high < _LARGE:
        return False
    return bool(low > _SMALL) or not any(-_SMALL <= value <= _SMALL for value in values)
