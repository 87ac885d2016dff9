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

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress, islice, repeat
from operator import itemgetter, ne
from typing import Any

from mantisdb_sql.binding.bound import Frame
from mantisdb_sql.codegen.rows import Rows, sort_groups
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.rules import number_or_same, sort_key
from mantisdb_sql.values.storage import INT_MAX

__all__ = ["Frames", "buckets", "frames", "joined", "one_partition", "partitions", "peers_within", "rows_before"]

Positions = list[int]


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
    """The rows of all partitions, and where these begin."""
    return list(chain.from_iterable(partitioned)), [0, *accumulate(map(len, partitioned))]


def peers_within(starts: Positions, keys: Sequence[Any]) -> Positions:
    """Where groups of peers begin, by the keys of ORDER BY: also with every partition."""
    found = partitions(keys)
    return found if len(starts) <= 2 else list(dict.fromkeys(sorted(found + starts)))


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

    def excluding(self) -> list[list[int]]:
        """For every row the positions of its frame, less what EXCLUDE leaves out."""
        low, high = self.per_row(self.low), self.per_row(self.high)
        result = []
        for begin, end in zip(self.peers, islice(self.peers, 1, None), strict=False):
            for row in range(begin, end):
                first, last = low[row], high[row]
                if self.frame.exclude == "CURRENT ROW":
                    cut, resume = row, row + 1
                else:
                    cut, resume = begin, end
                kept = [*range(first, min(last, cut)), *range(max(first, resume), last)]
                if self.frame.exclude == "TIES" and first <= row < last:
                    kept.insert(bisect_left(kept, row), row)
                result.append(kept)
        return result


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
    firsts = starts if frame.units == "ROWS" else [bisect_left(peers, start) for start in starts]
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
    ruler = _Ruler(keys, order, units) if ranges and keys is not None else None
    for begin, end in zip(firsts, islice(firsts, 1, None), strict=False):
        result.low += _lows(frame, begin, end, first, units, ruler)
        result.high += _highs(frame, begin, end, last, units, ruler)
    result.high = list(map(max, result.low, result.high))
    return result


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


def _lows(frame: Frame, begin: int, end: int, offset: Any, units: Sequence[int], ruler: _Ruler | None) -> Positions:
    """Where the frames of the units from ``begin`` to ``end`` begin."""
    if frame.start == "UNBOUNDED":
        return [units[begin]] * (end - begin)
    if frame.start == "CURRENT ROW":
        return list(units[begin:end])
    if ruler is not None:
        return ruler.lows(begin, end, offset, frame.start == "FOLLOWING")
    if frame.start == "PRECEDING":
        offset = min(offset, end - begin)
        return [units[begin]] * offset + list(units[begin : end - offset])
    offset = min(offset, end - begin)
    return [*units[begin + offset : end], *[units[end]] * offset]


def _highs(frame: Frame, begin: int, end: int, offset: Any, units: Sequence[int], ruler: _Ruler | None) -> Positions:
    """Where they end."""
    if frame.end == "UNBOUNDED":
        return [units[end]] * (end - begin)
    if frame.end == "CURRENT ROW":
        return list(units[begin + 1 : end + 1])
    if ruler is not None:
        return ruler.highs(begin, end, offset, frame.end == "FOLLOWING")
    offset = min(offset, end - begin)
    if frame.end == "PRECEDING":
        return ([units[begin]] * offset + list(units[begin + 1 : end + 1]))[: end - begin]
    return [*units[begin + 1 + offset : end + 1], *[units[end]] * offset][: end - begin]


class _Ruler:
    """Compares ORDER BY values with others at a distance, in the order of the rows.

    SQLite adds the offset to (with DESC: subtracts it from) the value on one side, unless that is TEXT, a BLOB or
    NULL, and compares.
    """

    def __init__(self, keys: list[Any], order: tuple[bool, bool], units: Sequence[int]) -> None:
        descending, nulls_first = order
        self.units = units
        self.values = [keys[position] for position in islice(units, 0, len(units) - 1)]
        self.sign = -1 if descending else 1
        self.null = (-1, 0) if descending != nulls_first else (9, 0)

    def _rank(self, value: Any) -> tuple[Any, ...]:
        return self.null if value is None else sort_key(value)

    def _moved(self, value: Any, offset: Any) -> tuple[Any, ...]:
        if value.__class__ is int or value.__class__ is float:
            moved = value + offset * self.sign
            if moved.__class__ is int and not -INT_MAX - 1 <= moved <= INT_MAX:
                moved = float(value) + float(offset) * self.sign
            return self._rank(moved)
        return self._rank(value)

    def _before(self, a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
        """Whether ``a`` comes before ``b`` in the order of the rows."""
        return b < a if self.sign < 0 else a < b

    def lows(self, begin: int, end: int, offset: Any, following: bool) -> Positions:
        """Where frames begin that start at a distance."""
        result = []
        at = begin
        plain = [self._rank(value) for value in self.values[begin:end]]
        moved = [self._moved(value, offset) for value in self.values[begin:end]]
        for unit in range(begin, end):
            if following:
                while at < end and self._before(plain[at - begin], moved[unit - begin]):
                    at += 1
            else:
                while at < unit and self._before(moved[at - begin], plain[unit - begin]):
                    at += 1
            result.append(self.units[at])
        return result

    def highs(self, begin: int, end: int, offset: Any, following: bool) -> Positions:
        """Where frames end that end at a distance."""
        result = []
        at = begin
        plain = [self._rank(value) for value in self.values[begin:end]]
        moved = [self._moved(value, offset) for value in self.values[begin:end]]
        for unit in range(begin, end):
            if following:
                # At least with the current one, though an integer may be larger than the REAL it becomes in a sum.
                at = max(at, unit + 1)
                while at < end and not self._before(moved[unit - begin], plain[at - begin]):
                    at += 1
            else:
                while at < end and not self._before(plain[unit - begin], moved[at - begin]):
                    at += 1
            result.append(self.units[at])
        return result
