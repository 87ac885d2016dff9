"""The values of window functions: each function gives a list with a value for every row, in the rows' order.

``starts`` and ``peers`` are positions as in :mod:`mantisdb_sql.codegen.window_frames`. Aggregates over frames that only
grow are running ones: the rows go through one accumulator (or :func:`itertools.accumulate`) once. Over frames that
slide they take rows back (``inverse``), in SQLite's order; sums of integers are differences of running sums instead.
An accumulator without ``inverse`` starts anew for each frame, as does every one under an EXCLUDE clause.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, islice, repeat
from operator import sub
from typing import Any

from mantisdb_sql.binding.bound import Frame
from mantisdb_sql.codegen.window_frames import Frames, Positions, rows_before
from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.aggregates import compensated_result
from mantisdb_sql.values.rules import cast_integer, number_or_same
from mantisdb_sql.values.storage import INT_MAX, INT_MIN

Values = list[Any]
Make = Callable[[], Any]
Rows = list[tuple[Any, ...] | None]
"""Arguments per row; None where FILTER leaves it out."""


def _spans(positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip(positions, islice(positions, 1, None), strict=False)


def _groups(starts: Positions, peers: Positions) -> Iterator[tuple[int, int, int]]:
    """(begin, end, start of the partition) of every group of peers."""
    first = set(starts)
    start = 0
    for begin, end in _spans(peers):
        if begin in first:
            start = begin
        yield begin, end, start


# ------------------------------------------------------------------------------------------------- ranking


def row_numbers(starts: Positions) -> Values:
    """row_number()"""
    return list(chain.from_iterable(range(1, end - begin + 1) for begin, end in _spans(starts)))


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
    for begin, end in _spans(peers):
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
    return chain.from_iterable(repeat(end - begin, end - begin) for begin, end in _spans(starts))


def ntiles(starts: Positions, counts: Values) -> Values:
    """ntile(n); n is that of the partition's first row."""
    result: Values = []
    for begin, end in _spans(starts):
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
    result: Values = []
    if offsets is None:
        for begin, end in _spans(starts):
            if sign < 0:
                result += None, *values[begin : end - 1]
            else:
                result += *values[begin + 1 : end], None
        return result
    for begin, end in _spans(starts):
        for row in range(begin, end):
            other = _distance(offsets[row], row, sign)
            # lag() has no row before it that comes more than one behind it: SQLite has not read it yet.
            last = end if sign > 0 else min(end, row + 2)
            if other is not None and begin <= other < last:
                result.append(values[other])
            else:
                result.append(None if defaults is None else defaults[row])
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
        return [values[rows[0]] if rows else None for rows in frames.excluding()]
    return frames.per_row(
        [values[low] if low < high else None for low, high in zip(frames.low, frames.high, strict=True)]
    )


def last_values(frames: Frames, values: Values) -> Values:
    """last_value(x)"""
    if frames.frame.leaves_out:
        return [values[rows[-1]] if rows else None for rows in frames.excluding()]
    return frames.per_row(
        [values[high - 1] if low < high else None for low, high in zip(frames.low, frames.high, strict=True)]
    )


def nth_values(frames: Frames, values: Values, numbers: Values) -> Values:
    """nth_value(x, n); n is the current row's."""
    places = [_place(number) for number in numbers]
    if frames.frame.leaves_out:
        return [
            values[rows[n - 1]] if n <= len(rows) else None for n, rows in zip(places, frames.excluding(), strict=True)
        ]
    low, high = frames.per_row(frames.low), frames.per_row(frames.high)
    return [values[a + n - 1] if a + n - 1 < b else None for n, a, b in zip(places, low, high, strict=True)]


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
    for begin, end in _spans(starts):
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
    return list(chain.from_iterable(repeat(values[end - 1], end - begin) for begin, end in _spans(peers)))


def running(step: Callable[[Any, Any], Any] | None, starts: Positions, values: Values) -> Values:
    """An aggregate that :func:`itertools.accumulate` computes: a sum (``step`` None), min or max."""
    if len(starts) == 2:
        return list(accumulate(values, step))
    result: Values = []
    for begin, end in _spans(starts):
        result += accumulate(values[begin:end], step)
    return result


def running_sums(starts: Positions, values: Values) -> Values:
    """sum(x) over INTEGERs of any size."""
    if values and max(max(values), -min(values)) * len(values) <= INT_MAX:
        return running(None, starts, values)
    return _checked_sums(starts, values)


def _checked_sums(starts: Positions, values: Values) -> Values:
    result = running(None, starts, values)
    for total in result:
        if not INT_MIN <= total <= INT_MAX:
            raise SqlError("integer overflow")
    return result


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
    for begin, end in _spans(ends):
        if begin in first:
            _finish(accumulator)
            accumulator = make()
            ask = _asks(accumulator)
        for arguments in rows[begin:end]:
            if arguments is not None:
                accumulator.step(*arguments)
        result += repeat(ask(), end - begin)
    _finish(accumulator)
    return result


def _asks(accumulator: Any) -> Callable[[], Any]:
    """What gives the value so far: a user's object has a method for that."""
    ask: Callable[[], Any] = getattr(accumulator, "value", accumulator.final)
    return ask


def _finish(accumulator: Any) -> None:
    """Tell a user's object that its partition has ended."""
    if hasattr(accumulator, "value"):
        accumulator.finish()


# ----------------------------------------------------------------------------------------------- sliding ones


def sliding_counts(frames: Frames) -> Values:
    """count(*)"""
    return frames.per_row(list(map(sub, frames.high, frames.low)))


def sliding_sums(frames: Frames, values: Values) -> Values:
    """sum(x) over SMALL integers."""
    sums = list(accumulate(values, initial=0))
    return frames.per_row(
        [sums[high] - sums[low] if low < high else None for low, high in zip(frames.low, frames.high, strict=True)]
    )


def sliding_averages(frames: Frames, values: Values) -> Values:
    """avg(x) over SMALL integers."""
    sums = list(accumulate(values, initial=0))
    return frames.per_row(
        [
            float(sums[high] - sums[low]) / (high - low) if low < high else None
            for low, high in zip(frames.low, frames.high, strict=True)
        ]
    )


def sliding_real_sums(frames: Frames, values: Values) -> Values:
    """sum(x) over REALs: the compensated sum takes values in and out one by one."""
    changes = _changes(frames)
    result: Values = []
    for begin, end in _spans(frames.firsts):
        total = error = 0.0
        for unit in range(begin, end):
            for first, last, sign in next(changes):
                for value in values[first:last]:
                    value *= sign
                    after = total + value
                    is_larger = total > value > -total or total < value < -total
                    error += (total - after) + value if is_larger else (value - after) + total
                    total = after
            known = total + error if math.isfinite(error) else total
            result.append(known if frames.low[unit] < frames.high[unit] and known == known else None)
    return frames.per_row(result)


def trailing_real_sums(starts: Positions, values: Values, frame: Frame, offset: Any) -> Values:
    """The same for frames of some rows up to the current one."""
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
    for begin, end in _spans(starts):
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


def sliding_steps(make: Make, frames: Frames, rows: Rows) -> Values:
    """Any aggregate whose accumulators take rows back."""
    changes = _changes(frames)
    result: Values = []
    for begin, end in _spans(frames.firsts):
        accumulator = make()
        step, ask = accumulator.step, _asks(accumulator)
        inverse: Any = getattr(accumulator, "inverse", None)  # a frame that only grows needs none
        for _ in range(begin, end):
            for first, last, sign in next(changes):
                change = step if sign > 0 else inverse
                for arguments in rows[first:last]:
                    if arguments is not None:
                        change(*arguments)
            result.append(ask())
        _finish(accumulator)
    return frames.per_row(result)


def _changes(frames: Frames) -> Iterator[list[tuple[int, int, int]]]:
    """For every unit what its frame takes up (+1) and takes back (-1): (from, to, sign), in order."""
    units = frames.units
    for begin, end in _spans(frames.firsts):
        low = high = units[begin]
        made: list[tuple[int, int, int]] = []
        if frames.lead and begin < end and frames.high[begin] > frames.low[begin]:
            made, low, high = _led(frames, begin, end)
        for unit in range(begin, end):
            next_low, next_high = frames.low[unit], frames.high[unit]
            leaving, coming = (low, next_low, -1), (high, next_high, 1)
            made += [coming, leaving] if frames.grows_first or next_low > high else [leaving, coming]
            yield made
            made, low, high = [], max(low, next_low), max(high, next_high)


def _led(frames: Frames, begin: int, end: int) -> tuple[list[tuple[int, int, int]], int, int]:
    """What happens before the first unit of a frame that lies behind the current row."""
    units = frames.units
    made = []
    skipped = next((u for u in range(begin, end + 1) if units[u] >= frames.low[begin]), end) - begin
    low = high = units[begin]
    for unit in range(-frames.lead, 0):
        next_low = units[min(begin + max(unit + skipped, 0), end)]
        next_high = units[min(begin + unit + frames.lead + 1, end)]
        made += [(low, next_low, -1), (high, next_high, 1)]
        low, high = next_low, next_high
        if begin + unit + frames.lead + 1 >= end:
            break
    return made, low, high


def anew(make: Make, frames: Frames, rows: Rows) -> Values:
    """Any aggregate, started anew for every frame."""
    if frames.frame.leaves_out:
        return [_fresh(make, [rows[i] for i in kept]) for kept in frames.excluding()]
    return frames.per_row(
        [_fresh(make, rows[low:high]) for low, high in zip(frames.low, frames.high, strict=True)]
    )


def _fresh(make: Make, rows: Rows) -> Any:
    accumulator = make()
    for arguments in rows:
        if arguments is not None:
            accumulator.step(*arguments)
    return accumulator.final()
