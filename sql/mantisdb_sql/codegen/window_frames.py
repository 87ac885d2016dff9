"""Where partitions, peers and frames begin and end: lists of positions in the sorted rows of a window.

``starts`` are the positions where partitions begin, and at last the number of rows; ``peers`` likewise where groups
of peers begin. A :class:`Frames` has, for every *unit* (a row for ROWS, a group of peers for RANGE and GROUPS), the
positions where its frame begins and ends.

Frames grow and shrink in a certain order, which rounding makes visible in sums of REALs. It is that of SQLite's
window.c: what leaves goes first, except where ``grows_first`` says otherwise; in a frame that begins and ends behind
the current row, rows enter and leave one by one from the partition's first row on (``lead``, how many units before
the first one that begins).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress, islice, pairwise, repeat
from operator import itemgetter, ne
from typing import Any

from mantisdb_sql.binding.bound import Frame
from mantisdb_sql.codegen.rows import Rows, sort_groups
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.rules import number_or_same, sort_key
from mantisdb_sql.values.storage import INT_MAX

__all__ = [
    "Frames", "buckets", "frames", "joined", "let_go", "one_partition", "partitions", "peers_within", "rows_before",
]  # fmt: skip

Positions = list[int]
_STEP = 1 << 16


def partitions(keys: Sequence[Any]) -> Positions:
    """Where a key differs from the one before: the starts of partitions, or of peers."""
    count = len(keys)
    if not count:
        return [0]
    return [0, *compress(range(1, count), map(ne, keys, islice(keys, 1, None))), count]


def buckets(rows: Rows, *positions: int) -> list[Rows]:
    """The rows of each partition, in the order of the partitions' keys, which are at these positions."""
    found: dict[Any, Rows] = defaultdict(list)
    if len(positions) == 1:
        position = positions[0]
        for row in rows:
            found[row[position]].append(row)
    else:
        for key, row in zip(map(itemgetter(*positions), rows), rows, strict=True):
            found[key].append(row)
    return [bucket for _, bucket in sort_groups(found, len(positions) == 1)]


def joined(partitioned: list[Rows]) -> tuple[Rows, Positions]:
    """The rows of all partitions, which are taken out of the list, and where these begin."""
    result = list(chain.from_iterable(partitioned)), [0, *accumulate(map(len, partitioned))]
    let_go(partitioned)
    return result


def let_go(items: list[Any]) -> None:
    """Empty a list, in steps between which an interrupt can strike."""
    while items:
        del items[-_STEP:]


def peers_within(starts: Positions, keys: Sequence[Any]) -> Positions:
    """Where groups of peers begin, by the keys of ORDER BY: also with every partition."""
    found = partitions(keys)
    if len(starts) <= 2 or len(found) > len(keys):
        return found
    known = set(found)
    missing = [start for start in starts if start not in known]
    return sorted(found + missing) if missing else found


def one_partition(rows: Sequence[Any]) -> Positions:
    """The starts where all rows are one partition."""
    return [0, len(rows)] if rows else [0]


@dataclass(slots=True)
class Frames:
    """See the module's text. ``units`` are the positions where the units begin, and the number of rows;
    ``firsts`` the units with which partitions begin, and the number of units."""

    frame: Frame
    units: Sequence[int]
    firsts: Positions
    low: Positions
    high: Positions
    peers: Positions
    grows_first: bool = False
    lead: int = 0

    def per_row(self, values: list[Any]) -> list[Any]:
        """A list with a value per unit as one with a value per row."""
        units = self.units
        if len(units) == units[-1] + 1:
            return values
        sizes = [end - begin for begin, end in zip(units, islice(units, 1, None), strict=False)]
        return list(chain.from_iterable(map(repeat, values, sizes)))

    def pieces(self) -> Iterator[tuple[int, int, int, int, int]]:
        """For every row what EXCLUDE leaves of its frame: (a, b, own, c, d) are the rows from a to b, the current one
        at ``own`` unless that is -1, and those from c to d, in this order."""
        bounds = zip(self.per_row(self.low), self.per_row(self.high), strict=True)
        if self.frame.exclude == "CURRENT ROW":
            for row, (first, last) in enumerate(bounds):
                if first <= row < last:
                    yield first, row, -1, row + 1, last
                else:
                    yield first, last, -1, last, last
            return
        ties = self.frame.exclude == "TIES"
        for begin, end in pairwise(self.peers):
            for row, (first, last) in enumerate(islice(bounds, end - begin), begin):
                own = row if ties and first <= row < last else -1
                if first >= end or last <= begin:
                    yield first, last, own, last, last
                else:
                    yield first, begin if begin > first else first, own, end if end < last else last, last


def frames(
    frame: Frame,
    starts: Positions,
    peers: Positions,
    offsets: tuple[Any, Any],
    keys: list[Any] | None,
    order: tuple[bool, bool],
) -> Frames:
    """The frames of all rows. For RANGE with offsets, ``keys`` are the values of the ORDER BY term, and ``order`` is
    (descending, NULLs first)."""
    units: Sequence[int] = range(starts[-1] + 1) if frame.units == "ROWS" else peers
    firsts = starts if frame.units == "ROWS" else _places(peers, starts)
    result = Frames(frame, units, firsts, [], [], peers)
    if not starts[-1]:
        return result
    first, last = _offset(frame, 0, offsets[0]), _offset(frame, 1, offsets[1])
    ranges = frame.units == "RANGE"
    both_before = (frame.start, frame.end) == ("PRECEDING", "PRECEDING")
    both_behind = (frame.start, frame.end) == ("FOLLOWING", "FOLLOWING")
    if not ranges and ((both_before and first < last) or (both_behind and first > last)):
        result.low = result.high = [0] * (len(units) - 1)
        return result
    result.grows_first = frame.start == "FOLLOWING" and (ranges or frame.end == "UNBOUNDED")
    result.grows_first |= both_before and ranges
    if both_behind and not ranges:
        result.lead = last
    ruler = _Ruler(keys, order, units, firsts) if ranges and keys is not None else None
    result.low = _lows(frame, units, firsts, first, ruler)
    result.high = _highs(frame, units, firsts, last, ruler)
    if frame.start == "FOLLOWING" or frame.end == "PRECEDING" or ruler is not None:
        result.high = [b if b > a else a for a, b in zip(result.low, result.high, strict=True)]
    return result


def _places(peers: Positions, starts: Positions) -> Positions:
    """Which groups of peers partitions begin with, and the number of groups."""
    found = set(starts)
    return [unit for unit, position in enumerate(peers) if position in found]


def rows_before(frame: Frame, offset: Any) -> int:
    """How many rows before the current one a frame of ROWS … PRECEDING begins."""
    found: int = _offset(frame, 0, offset)
    return found


def _offset(frame: Frame, which: int, value: Any) -> Any:
    """The checked value of a frame's offset."""
    if (frame.start, frame.end)[which] not in ("PRECEDING", "FOLLOWING"):
        return 0
    number = number_or_same(value)
    kind = "number" if frame.units == "RANGE" else "integer"
    if kind == "integer" and number.__class__ is float and number.is_integer() and abs(number) <= INT_MAX:
        number = int(number)
    if (number.__class__ is int or (kind == "number" and number.__class__ is float)) and number >= 0:
        return number
    word = ("starting", "ending")[which]
    raise SqlError(f"frame {word} offset must be a non-negative {kind}")


def _lows(frame: Frame, units: Sequence[int], firsts: Positions, offset: Any, ruler: _Ruler | None) -> Positions:
    """Where the frames of all units begin."""
    if frame.start == "CURRENT ROW":
        return list(units[: firsts[-1]])
    if frame.start == "UNBOUNDED":
        return _placed(units, _first_units(firsts))
    if ruler is not None:
        return ruler.lows(offset, frame.start == "FOLLOWING")
    if frame.start == "PRECEDING":
        moved = zip(range(-offset, firsts[-1] - offset), _first_units(firsts), strict=True)
        return _placed(units, [unit if unit > first else first for unit, first in moved])
    moved = zip(range(offset, firsts[-1] + offset), _last_units(firsts), strict=True)
    return _placed(units, [unit if unit < last else last for unit, last in moved])


def _highs(frame: Frame, units: Sequence[int], firsts: Positions, offset: Any, ruler: _Ruler | None) -> Positions:
    """Where they end."""
    if frame.end == "CURRENT ROW":
        return list(units[1 : firsts[-1] + 1])
    if frame.end == "UNBOUNDED":
        return _placed(units, _last_units(firsts))
    if ruler is not None:
        return ruler.highs(offset, frame.end == "FOLLOWING")
    if frame.end == "PRECEDING":
        moved = zip(range(1 - offset, firsts[-1] + 1 - offset), _first_units(firsts), strict=True)
        return _placed(units, [unit if unit > first else first for unit, first in moved])
    moved = zip(range(1 + offset, firsts[-1] + 1 + offset), _last_units(firsts), strict=True)
    return _placed(units, [unit if unit < last else last for unit, last in moved])


def _first_units(firsts: Positions) -> Positions:
    """For every unit the first one of its partition."""
    return list(chain.from_iterable(repeat(begin, end - begin) for begin, end in pairwise(firsts)))


def _last_units(firsts: Positions) -> Positions:
    """For every unit the one behind its partition."""
    return list(chain.from_iterable(repeat(end, end - begin) for begin, end in pairwise(firsts)))


def _placed(units: Sequence[int], numbers: Positions) -> Positions:
    """The positions where units begin."""
    return numbers if isinstance(units, range) else list(map(units.__getitem__, numbers))


class _Ruler:
    """Compares ORDER BY values with others at a distance, in the order of the rows.

    SQLite adds the offset to (with DESC: subtracts it from) the value on one side, unless that is TEXT, a BLOB or
    NULL, and compares. Here values are what ascends with the rows: numbers are negated under DESC (which rounds alike),
    and stand for themselves where nothing else is among them.
    """

    def __init__(self, keys: list[Any], order: tuple[bool, bool], units: Sequence[int], firsts: Positions) -> None:
        self.descending, nulls_first = order
        self.null = (-9, 0) if nulls_first else (9, 0)
        self.units, self.firsts = units, firsts
        self.values = keys if isinstance(units, range) else [keys[position] for position in units[:-1]]

    def _sides(self, offset: Any) -> tuple[list[Any], list[Any]]:
        """The values, and those at a distance."""
        values = self.values
        kinds = set(map(type, values))
        if kinds == {float} or (kinds == {int} and max(max(values), -min(values)) + abs(offset) <= INT_MAX):
            if self.descending:
                values = [-value for value in values]
            return values, [value + offset for value in values]
        return [self._rank(value) for value in values], [self._moved(value, offset) for value in values]

    def _rank(self, value: Any) -> tuple[int, Any]:
        if value is None:
            return self.null
        rank, value = sort_key(value)
        if not self.descending:
            return rank, value
        return -rank, _Descending(value) if value.__class__ in (str, bytes) else -value

    def _moved(self, value: Any, offset: Any) -> tuple[int, Any]:
        if value.__class__ is int or value.__class__ is float:
            sign = -1 if self.descending else 1
            moved = value + offset * sign
            if moved.__class__ is int and not -INT_MAX - 1 <= moved <= INT_MAX:
                moved = float(value) + float(offset) * sign
            return self._rank(moved)
        return self._rank(value)

    def lows(self, offset: Any, following: bool) -> Positions:
        """Where frames begin that start at a distance."""
        plain, moved = self._sides(offset)
        units, result = self.units, []
        for begin, end in pairwise(self.firsts):
            at = begin
            for unit in range(begin, end):
                if following:
                    while at < end and plain[at] < moved[unit]:
                        at += 1
                else:
                    while at < unit and moved[at] < plain[unit]:
                        at += 1
                result.append(units[at])
        return result

    def highs(self, offset: Any, following: bool) -> Positions:
        """Where frames end that end at a distance."""
        plain, moved = self._sides(offset)
        units, result = self.units, []
        for begin, end in pairwise(self.firsts):
            at = begin
            for unit in range(begin, end):
                if following:
                    # At least with the current one: an integer may be larger than the REAL it becomes in a sum.
                    if at <= unit:
                        at = unit + 1
                    while at < end and not moved[unit] < plain[at]:
                        at += 1
                else:
                    while at < end and not plain[unit] < moved[at]:
                        at += 1
                result.append(units[at])
        return result


class _Descending:
    """A text or BLOB that comes before those that are less."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __lt__(self, other: _Descending) -> bool:
        return bool(other._value < self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and bool(other._value == self._value)

    __hash__ = None  # type: ignore[assignment]
