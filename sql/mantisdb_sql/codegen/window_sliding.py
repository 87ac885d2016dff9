"""Aggregates over frames that slide, or whose rows EXCLUDE thins out: a list with a value for every row.

Sums, averages and counts of integers are exact in any order: they are differences of running sums, less those of
what EXCLUDE leaves out. Sums of REALs take rows in and out one by one in SQLite's order, which rounding makes visible;
so do accumulators (``step``, ``inverse``) for what has no kernel of its own. min() and max() keep a queue of the rows
that are better than all behind them: of equal ones the last stays, as in SQLite. An aggregate without ``inverse`` is
evaluated anew for each frame, as is every one of REALs or of other classes under an EXCLUDE clause: so SQLite does it.

Values are those of :mod:`mantisdb_sql.codegen.window_values`; NULL among them, which stands for rows that FILTER leaves
out as well, counts for nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import accumulate, islice, pairwise
from operator import ge, le, sub
from typing import Any

from mantisdb_sql.codegen.window_frames import Frames
from mantisdb_sql.codegen.window_values import (
    Make,
    Rows,
    Values,
    asks,
    finish,
    known_before,
    separator_texts,
    stay_exact,
    text_parts,
    texts_of,
)
from mantisdb_sql.functions.aggregates import compensated_result

_NARROW = 10
"""Rows."""

# ------------------------------------------------------------------------------------------------ exact ones


def sliding_counts(frames: Frames) -> Values:
    """count(*)"""
    if frames.frame.leaves_out:
        return [b - a + (own >= 0) + d - c for a, b, own, c, d in frames.pieces()]
    return frames.per_row(list(map(sub, frames.high, frames.low)))


def sliding_known_counts(frames: Frames, values: Values) -> Values:
    """count(x)"""
    return _within(frames, known_before(values))


def sliding_integer_sums(make: Make, frames: Frames, values: Values) -> Values:
    """sum(x) over INTEGERs."""
    found = _exact(frames, values)
    if found is None:
        return _stepwise(make, frames, values)
    return [total if count else None for total, count in zip(*found, strict=True)]


def sliding_integer_averages(make: Make, frames: Frames, values: Values) -> Values:
    """avg(x) over INTEGERs."""
    found = _exact(frames, values)
    if found is None:
        return _stepwise(make, frames, values)
    return [float(total) / count if count else None for total, count in zip(*found, strict=True)]


def sliding_integer_totals(make: Make, frames: Frames, values: Values) -> Values:
    """total(x) over INTEGERs."""
    found = _exact(frames, values)
    if found is None:
        return _stepwise(make, frames, values)
    return [float(total) for total in found[0]]


def _exact(frames: Frames, values: Values) -> tuple[list[int], list[int]] | None:
    """For every row the sum and the number of the values in its frame, unless a sum might leave 64 bits."""
    has_nulls = None in values
    if not stay_exact([value for value in values if value is not None] if has_nulls else values):
        return None
    sums = list(accumulate([value or 0 for value in values] if has_nulls else values, initial=0))
    if not frames.frame.leaves_out:
        return _within(frames, sums), sliding_known_counts(frames, values) if has_nulls else sliding_counts(frames)
    before = known_before(values) if has_nulls else range(len(sums))
    totals, counts = [], []
    for a, b, own, c, d in frames.pieces():
        total, count = sums[b] - sums[a] + sums[d] - sums[c], before[b] - before[a] + before[d] - before[c]
        if own >= 0:
            total += sums[own + 1] - sums[own]
            count += before[own + 1] - before[own]
        totals.append(total)
        counts.append(count)
    return totals, counts


def _within(frames: Frames, before: list[int]) -> list[int]:
    """What comes up in each row's frame, from what has come up before each row."""
    if frames.frame.leaves_out:
        return [
            before[b] - before[a] + before[d] - before[c] + (before[own + 1] - before[own] if own >= 0 else 0)
            for a, b, own, c, d in frames.pieces()
        ]
    return frames.per_row([before[high] - before[low] for low, high in zip(frames.low, frames.high, strict=True)])


def _stepwise(make: Make, frames: Frames, values: Values) -> Values:
    rows: Rows = [None if value is None else (value,) for value in values]
    return anew(make, frames, rows) if frames.frame.exclude else sliding_steps(make, frames, rows)


# ------------------------------------------------------------------------------------------- REALs, min and max


def sliding_real_sums(frames: Frames, values: Values) -> Values:
    """sum(x) over REALs."""
    sums = _compensated(frames, values)
    return frames.per_row(
        [known if count else None for known, count in zip(sums, _sizes(frames, values), strict=True)]
    )


def sliding_real_averages(frames: Frames, values: Values) -> Values:
    """avg(x) over REALs."""
    sums = _compensated(frames, values)
    return frames.per_row(
        [
            None if known is None or not count else known / count
            for known, count in zip(sums, _sizes(frames, values), strict=True)
        ]
    )


def sliding_real_totals(frames: Frames, values: Values) -> Values:
    """total(x) over REALs: what rounding leaves of values that are gone is not forgotten."""
    return frames.per_row(_compensated(frames, values))


def _sizes(frames: Frames, values: Values) -> list[int]:
    """How many values that are no NULL each unit's frame has."""
    if None not in values:
        return list(map(sub, frames.high, frames.low))
    before = known_before(values)
    return [before[high] - before[low] for low, high in zip(frames.low, frames.high, strict=True)]


def _compensated(frames: Frames, values: Values) -> Values:
    """Per unit the compensated sum, which takes values in and out one by one. A zero in the place of NULL changes none:
    no sum is -0.0, and one that is infinite has no finite error any more."""
    negated = [None if value is None else -value for value in values]
    changes = _changes(frames, values, negated)
    result: Values = []
    for begin, end in pairwise(frames.firsts):
        total = error = 0.0
        for changed in islice(changes, end - begin):
            for value in changed:
                if value is not None:
                    after = total + value
                    is_larger = total > value > -total or total < value < -total
                    error += (total - after) + value if is_larger else (value - after) + total
                    total = after
            known = total + error
            result.append(known if known - known == 0.0 else compensated_result(total, error))
    return result


def sliding_least(frames: Frames, values: Values) -> Values:
    """min(x) over values that Python compares as SQL does."""
    return _narrow(frames, values, min) or _extremes(frames, values, ge)


def sliding_greatest(frames: Frames, values: Values) -> Values:
    """max(x) over such values."""
    return _narrow(frames, values, max) or _extremes(frames, values, le)


def _narrow(frames: Frames, values: Values, best: Callable[[Values], Any]) -> Values:
    """min() or max() over frames of so few rows that each is gone through anew; nothing where frames are wider, or
    where it matters which of equal values is taken."""
    kinds = set(map(type, values))
    if len(kinds) != 1 or type(None) in kinds or (float in kinds and 0.0 in values):
        return []
    if sum(frames.high) - sum(frames.low) > _NARROW * len(values):
        return []
    bounds = zip(frames.low, frames.high, strict=True)
    return frames.per_row([best(values[low:high]) if low < high else None for low, high in bounds])


def _extremes(frames: Frames, values: Values, gives_way: Callable[[Any, Any], bool]) -> Values:
    """``gives_way(a, b)``: whether a value is never wanted again once another has come."""
    result: Values = []
    bounds = zip(frames.low, frames.high, strict=True)
    for begin, end in pairwise(frames.firsts):
        queue: deque[int] = deque()
        came = frames.units[begin]
        for low, high in islice(bounds, end - begin):
            for row in range(came, high):
                value = values[row]
                if value is not None:
                    while queue and gives_way(values[queue[-1]], value):
                        queue.pop()
                    queue.append(row)
            while queue and queue[0] < low:
                queue.popleft()
            came = max(came, high)
            result.append(values[queue[0]] if queue else None)
    return frames.per_row(result)


# -------------------------------------------------------------------------------------------------- any others


def grown(frames: Frames, running: Values, empty: Any) -> Values:
    """An aggregate over frames that begin with the partition, from the running one's values."""
    return frames.per_row(
        [running[high - 1] if low < high else empty for low, high in zip(frames.low, frames.high, strict=True)]
    )


def sliding_texts(frames: Frames, values: Values, separators: Values | None = None) -> Values:
    """group_concat(x, separator)"""
    parts = text_parts(texts_of(values), separator_texts(separators, len(values)))
    before = [2 * count for count in known_before(values)]
    return frames.per_row(
        [
            "".join(parts[before[low] + 1 : before[high]]) if before[low] < before[high] else None
            for low, high in zip(frames.low, frames.high, strict=True)
        ]
    )


def sliding_steps(make: Make, frames: Frames, rows: Rows) -> Values:
    """Any aggregate whose accumulators take rows back."""
    coming: list[tuple[int, Any]] = [(1, arguments) for arguments in rows]
    leaving: list[tuple[int, Any]] = [(-1, arguments) for arguments in rows]
    changes = _changes(frames, coming, leaving)
    result: Values = []
    for begin, end in pairwise(frames.firsts):
        accumulator = make()
        step, ask = accumulator.step, asks(accumulator)
        inverse: Any = getattr(accumulator, "inverse", None)  # a frame that only grows needs none
        for changed in islice(changes, end - begin):
            for sign, arguments in changed:
                if arguments is not None:
                    (step if sign > 0 else inverse)(*arguments)
            result.append(ask())
        finish(accumulator)
    return frames.per_row(result)


def _changes(frames: Frames, coming: list[Any], leaving: list[Any]) -> Iterator[list[Any]]:
    """For every unit what its frame takes up, of ``coming``, and takes back, of ``leaving``, in order."""
    lows, highs, grows_first = frames.low, frames.high, frames.grows_first
    for begin, end in pairwise(frames.firsts):
        made, low, high = _led(frames, begin, end, coming, leaving)
        for unit in range(begin, end):
            next_low, next_high = lows[unit], highs[unit]
            if grows_first or next_low > high:
                yield made + coming[high:next_high] + leaving[low:next_low]
            else:
                yield made + leaving[low:next_low] + coming[high:next_high]
            made = []
            if next_low > low:
                low = next_low
            if next_high > high:
                high = next_high


def _led(
    frames: Frames, begin: int, end: int, coming: list[Any], leaving: list[Any]
) -> tuple[list[Any], int, int]:
    """What a frame that lies behind the current row takes up and takes back before the partition's first unit, and
    where it begins and ends then."""
    units = frames.units
    made: list[Any] = []
    low = high = units[begin]
    if not frames.lead or begin == end or frames.high[begin] <= frames.low[begin]:
        return made, low, high
    skipped = next((u for u in range(begin, end + 1) if units[u] >= frames.low[begin]), end) - begin
    for unit in range(-frames.lead, 0):
        next_low = units[min(begin + max(unit + skipped, 0), end)]
        next_high = units[min(begin + unit + frames.lead + 1, end)]
        made += leaving[low:next_low] + coming[high:next_high]
        low, high = next_low, next_high
        if begin + unit + frames.lead + 1 >= end:
            break
    return made, low, high


def anew(make: Make, frames: Frames, rows: Rows) -> Values:
    """Any aggregate, started anew for every frame."""

    def whole(frame: list[Any]) -> Any:
        accumulator = make()
        for arguments in frame:
            if arguments is not None:
                accumulator.step(*arguments)
        return accumulator.final()

    return wholly(whole, frames, rows)


def wholly(whole: Callable[[list[Any]], Any], frames: Frames, values: list[Any]) -> Values:
    """Any aggregate, by its function of a frame's values."""
    if frames.frame.leaves_out:
        return [
            whole(values[a:b] + (values[own : own + 1] if own >= 0 else []) + values[c:d])
            for a, b, own, c, d in frames.pieces()
        ]
    return frames.per_row([whole(values[low:high]) for low, high in zip(frames.low, frames.high, strict=True)])
