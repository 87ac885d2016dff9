"""The values of window functions: each function gives a list with a value for every row, in the rows' order.

``starts`` and ``peers`` are positions as in :mod:`mantisdb_sql.codegen.window_frames`. Aggregates over frames that only
grow are running ones: the rows go through one accumulator (or :func:`itertools.accumulate`) once. What other frames
need is in :mod:`mantisdb_sql.codegen.window_sliding`.

Partitions may be as small as a row each, so what can be said of all rows at once is, without a look at each partition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, pairwise, repeat
from typing import Any

from mantisdb_sql.binding.bound import Frame
from mantisdb_sql.codegen.window_frames import Frames, Positions, rows_before
from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.aggregates import compensated_result
from mantisdb_sql.values.rules import cast_integer, number_or_same, text_of
from mantisdb_sql.values.storage import INT_MAX, INT_MIN

Values = list[Any]
Make = Callable[[], Any]
Rows = list[tuple[Any, ...] | None]
"""Arguments per row; None where FILTER leaves it out."""


def _groups(starts: Positions, peers: Positions) -> Iterator[tuple[int, int, int]]:
    """(begin, end, start of the partition) of every group of peers."""
    first = set(starts)
    start = 0
    for begin, end in pairwise(peers):
        if begin in first:
            start = begin
        yield begin, end, start


# ------------------------------------------------------------------------------------------------- ranking


def row_numbers(starts: Positions) -> Values:
    """row_number()"""
    return list(chain.from_iterable(range(1, end - begin + 1) for begin, end in pairwise(starts)))


def ranks(starts: Positions, peers: Positions) -> Values:
    """rank()"""
    result: Values = []
    for begin, end, start in _groups(starts, peers):
        result += repeat(begin - start + 1, end - begin)
    return result


def dense_ranks(starts: Positions, peers: Positions) -> Values:
    """dense_rank()"""
    result: Values = []
    first = set(starts)
    rank = 0
    for begin, end in pairwise(peers):
        rank = 1 if begin in first else rank + 1
        result += repeat(rank, end - begin)
    return result


def percent_ranks(starts: Positions, peers: Positions) -> Values:
    """percent_rank()"""
    sizes = _sizes(starts)
    return [
        (rank - 1) / (size - 1) if size > 1 else 0.0 for rank, size in zip(ranks(starts, peers), sizes, strict=True)
    ]


def cume_dists(starts: Positions, peers: Positions) -> Values:
    """cume_dist()"""
    result: Values = []
    for rank, size, peer_count in zip(ranks(starts, peers), _sizes(starts), _sizes(peers), strict=True):
        result.append((rank - 1 + peer_count) / size)
    return result


def _sizes(starts: Positions) -> Iterator[int]:
    """For every row the size of its partition."""
    return chain.from_iterable(repeat(end - begin, end - begin) for begin, end in pairwise(starts))


def ntiles(starts: Positions, counts: Values) -> Values:
    """ntile(n); n is that of the partition's first row."""
    result: Values = []
    for begin, end in pairwise(starts):
        tiles, size = cast_integer(counts[begin]) or 0, end - begin
        if tiles <= 0:
            raise SqlError("argument of ntile must be a positive integer")
        small, large = divmod(size, tiles)
        for tile in range(1, min(tiles, size) + 1):
            result += repeat(tile, small + (tile <= large))
    return result


# ---------------------------------------------------------------------------------------- values of other rows


def leads(starts: Positions, values: Values, offsets: Values | None = None, defaults: Values | None = None) -> Values:
    """lead(x, offset, default)"""
    return _shifted(starts, values, 1, offsets, defaults)


def lags(starts: Positions, values: Values, offsets: Values | None = None, defaults: Values | None = None) -> Values:
    """lag(x, offset, default)"""
    return _shifted(starts, values, -1, offsets, defaults)


def _shifted(
    starts: Positions, values: Values, sign: int, offsets: Values | None, defaults: Values | None
) -> Values:
    if offsets is None:
        return _moved(starts, values, sign, None)
    if len(set(map(type, offsets))) == 1 and offsets.count(offsets[0]) == len(offsets):
        distance = _distance(offsets[0], 0, sign)
        if distance is None or (sign < 0 and distance > 1):  # see below
            return [None] * len(values) if defaults is None else defaults
        return _moved(starts, values, distance, defaults)
    result: Values = []
    for begin, end in pairwise(starts):
        for row in range(begin, end):
            other = _distance(offsets[row], row, sign)
            # lag() has no row before it that comes more than one behind it: SQLite has not read it yet.
            last = end if sign > 0 else min(end, row + 2)
            if other is not None and begin <= other < last:
                result.append(values[other])
            else:
                result.append(None if defaults is None else defaults[row])
    return result


def _moved(starts: Positions, values: Values, distance: int, defaults: Values | None) -> Values:
    """The values so many rows further on: all are moved at once, then those that came from other partitions are set."""
    count = len(values)
    if defaults is None:
        defaults = [None] * count
    if distance >= count or -distance >= count:
        return defaults
    if distance == -1:
        result = [None, *values[:-1]]
        for begin in starts[:-1]:
            result[begin] = defaults[begin]
    elif distance == 1:
        result = [*values[1:], None]
        for end in starts[1:]:
            result[end - 1] = defaults[end - 1]
    elif distance < 0:
        result = defaults[:-distance] + values[:distance]
        for begin, end in pairwise(starts):
            stop = min(begin - distance, end)
            result[begin:stop] = defaults[begin:stop]
    else:
        result = values[distance:] + defaults[count - distance :]
        for begin, end in pairwise(starts):
            start = max(begin, end - distance)
            result[start:end] = defaults[start:end]
    return result


def _distance(offset: Any, row: int, sign: int) -> int | None:
    number = number_or_same(offset)
    if number.__class__ is str or number.__class__ is bytes:
        number = cast_integer(number)
    if number.__class__ is float:
        if not number.is_integer():
            return None
        number = int(number)
    return None if number is None else row + sign * number


def first_values(frames: Frames, values: Values) -> Values:
    """first_value(x)"""
    if frames.frame.leaves_out:
        return [
            values[a] if a < b else values[own] if own >= 0 else values[c] if c < d else None
            for a, b, own, c, d in frames.pieces()
        ]
    return frames.per_row(
        [values[low] if low < high else None for low, high in zip(frames.low, frames.high, strict=True)]
    )


def last_values(frames: Frames, values: Values) -> Values:
    """last_value(x)"""
    if frames.frame.leaves_out:
        return [
            values[d - 1] if c < d else values[own] if own >= 0 else values[b - 1] if a < b else None
            for a, b, own, c, d in frames.pieces()
        ]
    return frames.per_row(
        [values[high - 1] if low < high else None for low, high in zip(frames.low, frames.high, strict=True)]
    )


def nth_values(frames: Frames, values: Values, numbers: Values) -> Values:
    """nth_value(x, n); n is the current row's."""
    places = [_place(number) for number in numbers]
    if frames.frame.leaves_out:
        found = [_nth(n - 1, *piece) for n, piece in zip(places, frames.pieces(), strict=True)]
        return [values[row] if row >= 0 else None for row in found]
    low, high = frames.per_row(frames.low), frames.per_row(frames.high)
    return [values[a + n - 1] if a + n - 1 < b else None for n, a, b in zip(places, low, high, strict=True)]


def _nth(n: int, a: int, b: int, own: int, c: int, d: int) -> int:
    """The row with ``n`` before it among these pieces of a frame, or -1."""
    if n < b - a:
        return a + n
    n -= b - a
    if own >= 0:
        if n == 0:
            return own
        n -= 1
    return c + n if n < d - c else -1


def _place(number: Any) -> int:
    place = number_or_same(number)
    if place.__class__ is float and place.is_integer():
        place = int(place)
    if place.__class__ is not int or place <= 0:
        raise SqlError("second argument to nth_value must be a positive integer")
    return place


# --------------------------------------------------------------------------------------- one frame per partition


def of_partitions(whole: Callable[[Values], Any], starts: Positions, values: Values) -> Values:
    """An aggregate over whole partitions, by its function of a list."""
    result: Values = []
    for begin, end in pairwise(starts):
        result += repeat(whole(values[begin:end]), end - begin)
    return result


# ------------------------------------------------------------------------------------------------ running ones


def running_counts(starts: Positions, peers: Positions) -> Values:
    """count(*) from the partition's first row to the current row's last peer."""
    result: Values = []
    for begin, end, start in _groups(starts, peers):
        result += repeat(end - start, end - begin)
    return result


def at_peers(values: Values, peers: Positions) -> Values:
    """Running values where a frame ends with the current row's last peer."""
    if len(peers) == peers[-1] + 1:
        return values
    return list(chain.from_iterable(repeat(values[end - 1], end - begin) for begin, end in pairwise(peers)))


def running(step: Callable[[Any, Any], Any] | None, starts: Positions, values: Values) -> Values:
    """An aggregate that :func:`itertools.accumulate` computes: a sum (``step`` None), min or max."""
    if len(starts) == 2:
        return list(accumulate(values, step))
    result: Values = []
    for begin, end in pairwise(starts):
        result += accumulate(values[begin:end], step)
    return result


def running_sums(starts: Positions, values: Values) -> Values:
    """sum(x) over INTEGERs of any size."""
    result = running(None, starts, values)
    if not stay_exact(values):
        for total in result:
            if not INT_MIN <= total <= INT_MAX:
                raise SqlError("integer overflow")
    return result


def stay_exact(values: Values) -> bool:
    """Whether no sum of some of these INTEGERs can leave 64 bits."""
    return not values or max(max(values), -min(values)) * len(values) <= INT_MAX


def if_exact(function: Callable[[Positions, Values], Values], make: Make, starts: Positions, values: Values) -> Values:
    """A running aggregate of INTEGERs whose ``function`` is only right where :func:`stay_exact` holds."""
    if stay_exact(values):
        return function(starts, values)
    return running_steps(make, starts, range(len(values) + 1), [(value,) for value in values])


def over_known(
    function: Callable[[Positions, Values], Values], empty: Any, starts: Positions, values: Values
) -> Values:
    """A running aggregate by its ``function`` of values that are no NULL; ``empty`` is its value of none at all."""
    if None not in values:
        return function(starts, values)
    before = known_before(values)
    result = function([before[start] for start in starts], [value for value in values if value is not None])
    found: Values = []
    for begin, end in pairwise(starts):
        first = before[begin]
        found += [result[count - 1] if count > first else empty for count in before[begin + 1 : end + 1]]
    return found


def known_before(values: Values) -> list[int]:
    """How many values before each one, and before the end, are no NULL."""
    return list(accumulate([value is not None for value in values], initial=0))


def running_known_counts(starts: Positions, values: Values) -> Values:
    """count(x)"""
    before = known_before(values)
    result: Values = []
    for begin, end in pairwise(starts):
        first = before[begin]
        result += [count - first for count in before[begin + 1 : end + 1]]
    return result


def running_texts(starts: Positions, ends: Sequence[int], values: Values, separators: Values | None = None) -> Values:
    """group_concat(x, separator), asked at ``ends``, where frames may end."""
    result: Values = []
    first = set(starts)
    texts, before = texts_of(values), separator_texts(separators, len(values))
    found: str | None = None
    for begin, end in pairwise(ends):
        if begin in first:
            found = None
        if end - begin == 1:
            text = texts[begin]
            if text is not None:
                found = text if found is None else f"{found}{before[begin]}{text}"
            result.append(found)
            continue
        parts = text_parts(texts[begin:end], before[begin:end])
        if parts:
            found = "".join(parts[1:] if found is None else [found, *parts])
        result += repeat(found, end - begin)
    return result


def texts_of(values: Values) -> list[str | None]:
    """The values as TEXT, or NULL."""
    if set(map(type, values)) <= {str, type(None)}:
        return values
    return [None if value is None else text_of(value) for value in values]


def separator_texts(separators: Values | None, count: int) -> list[str]:
    """What stands before each of ``count`` texts: commas where no separators are given."""
    if separators is None:
        return [","] * count
    return [text or "" for text in texts_of(separators)]


def text_parts(texts: list[str | None], separators: list[str]) -> list[str]:
    """Separator, text, separator, text … of the texts that are no NULL."""
    parts: list[str] = []
    for text, separator in zip(texts, separators, strict=True):
        if text is not None:
            parts += separator, text
    return parts


def running_averages(starts: Positions, values: Values) -> Values:
    """avg(x) over SMALL integers."""
    sums = running(None, starts, values)
    return [float(total) / count for total, count in zip(sums, row_numbers(starts), strict=True)]


def running_totals(starts: Positions, values: Values) -> Values:
    """total(x) over SMALL integers."""
    return [float(total) for total in running(None, starts, values)]


def running_real_sums(starts: Positions, values: Values) -> Values:
    """sum(x) over REALs, compensated as SQLite does."""
    return _trailing(starts, len(values), values, 0)


def running_real_averages(starts: Positions, values: Values) -> Values:
    """avg(x) over REALs."""
    return _trailing(starts, len(values), values, 1)


def running_steps(make: Make, starts: Positions, ends: Sequence[int], rows: Rows) -> Values:
    """Any aggregate: one accumulator per partition, asked at ``ends``, where frames may end."""
    result: Values = []
    first = set(starts)
    accumulator: Any = None
    for begin, end in pairwise(ends):
        if begin in first:
            finish(accumulator)
            accumulator = make()
            ask = asks(accumulator)
        for arguments in rows[begin:end]:
            if arguments is not None:
                accumulator.step(*arguments)
        result += repeat(ask(), end - begin)
    finish(accumulator)
    return result


def asks(accumulator: Any) -> Callable[[], Any]:
    """What gives the value so far: a user's object has a method for that."""
    ask: Callable[[], Any] = getattr(accumulator, "value", accumulator.final)
    return ask


def finish(accumulator: Any) -> None:
    """Tell a user's object that its partition has ended."""
    if hasattr(accumulator, "value"):
        accumulator.finish()


def trailing_real_sums(starts: Positions, values: Values, frame: Frame, offset: Any) -> Values:
    """sum(x) over REALs in frames of some rows up to the current one."""
    return _trailing(starts, rows_before(frame, offset), values, 0) if values else []


def trailing_real_averages(starts: Positions, values: Values, frame: Frame, offset: Any) -> Values:
    """avg(x) over REALs in such frames."""
    return _trailing(starts, rows_before(frame, offset), values, 1) if values else []


def _trailing(starts: Positions, before: int, values: Values, averaged: int) -> Values:
    """Compensated sums of each value and as many before it, or their averages (``averaged`` 1): once a frame is full, a
    value leaves before one comes. Which summand is larger is found without abs(), which is a call; a division by 1
    changes nothing."""
    result: Values = []
    append = result.append
    for begin, end in pairwise(starts):
        total = error = 0.0
        divisor = 1
        full = min(begin + before + 1, end)
        for value in values[begin:full]:
            after = total + value
            is_larger = total > value > -total or total < value < -total
            error += (total - after) + value if is_larger else (value - after) + total
            total = after
            known = total + error
            append(known / divisor if known - known == 0.0 else compensated_result(total, error, divisor))
            divisor += averaged
        divisor -= averaged
        for gone, value in zip(values[begin : begin + end - full], values[full:end], strict=True):
            after = total - gone
            is_larger = total > gone > -total or total < gone < -total
            error += (total - after) - gone if is_larger else total - (gone + after)
            total = after
            after = total + value
            is_larger = total > value > -total or total < value < -total
            error += (total - after) + value if is_larger else (value - after) + total
            total = after
            known = total + error
            append(known / divisor if known - known == 0.0 else compensated_result(total, error, divisor))
    return result
