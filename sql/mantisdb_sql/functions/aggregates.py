"""Aggregate functions (https://www.sqlite.org/lang_aggfunc.html), each in two forms.

``make()`` gives an accumulator for the general case (FILTER, DISTINCT, several arguments).
``whole(values)`` takes the list of one group's values, NULLs included, at once; ``fast(classes)`` gives a
quicker one where the classes of the values are known. min and max compare under a collation: their
``make(key)`` and ``whole(values, key)`` take its key function, None for BINARY; their ``fast`` is for
BINARY, or where no value is TEXT.

Sums of REALs. SQLite adds with Neumaier's variant of Kahan's compensation, and its result is not always
the correctly rounded one. From Python 3.12 on, sum() does the same. Before that, math.fsum, which rounds
correctly, is quicker than a loop: its result is taken where it provably is the same. The compensated sum
is the plain running sum plus the sum of the n rounding errors, which are exact; adding those up loses less
than n * n * u * u * max|partial sum|, so where the true sum is further than that from the middle between
two doubles, both round to the same double. One pass of fsum tells where the true sum is: over the values
less their plain sum it gives the small rest, to its own last bit.
"""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import Any

from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.definition import FunctionDef
from mantisdb_sql.values.numbers_text import prefix_real, text_to_number
from mantisdb_sql.values.rules import sort_key, text_of
from mantisdb_sql.values.storage import BIG, BLOB, INT_MAX, INT_MIN, INTEGER, NULL, NUMBER, REAL, SMALL, TEXT

__all__ = ["AGGREGATES", "Extreme", "compensated_result", "extremes", "real_sum"]

_EXACT_LIMIT = 4503599627370496  # integers below this are exact doubles, with room to spare
_UNIT = 2.0**-53
_FEW = 10  # so few values are quicker added one by one
_SAMPLED = 16  # every 16th value
_MANY = 4096  # so many values are too many for arguments of one call


def _summand(value: Any) -> int | float:
    """What sum() adds for a value that is not NULL: TEXT counts as INTEGER or REAL where it spells one."""
    kind = value.__class__
    if kind is int or kind is float:
        return value  # type: ignore[no-any-return]
    if kind is str:
        number = text_to_number(value.partition("\0")[0])
        return prefix_real(value) if number is None else number
    return prefix_real(value.decode("latin-1"))


class _Sum:
    """The running sum of sum, total and avg: exact integers while it can, then compensated doubles."""

    __slots__ = ("approximate", "count", "error", "integer", "overflowed", "running")

    def __init__(self) -> None:
        self.count = 0
        self.integer = 0
        self.running = self.error = 0.0
        self.approximate = self.overflowed = False

    def step(self, value: Any) -> None:
        if value is None:
            return
        self.count += 1
        number = _summand(value)
        if number.__class__ is float:
            if not self.approximate:
                self._approximate()
            self.overflowed = False
            self._add(number)
        elif self.approximate:
            self._add_integer(number)  # type: ignore[arg-type]
        elif INT_MIN <= self.integer + number <= INT_MAX:
            self.integer += number  # type: ignore[assignment]
        else:
            self._approximate()
            self.overflowed = True
            self._add_integer(number)  # type: ignore[arg-type]

    def _approximate(self) -> None:
        self.approximate = True
        low = 0
        if abs(self.integer) >= _EXACT_LIMIT:
            low = abs(self.integer) % 16384 * (1 if self.integer > 0 else -1)
        self.running, self.error = float(self.integer - low), float(low)

    def _add_integer(self, value: int) -> None:
        if abs(value) >= _EXACT_LIMIT:
            low = abs(value) % 16384 * (1 if value > 0 else -1)
            self._add(float(value - low))
            self._add(float(low))
        else:
            self._add(float(value))

    def _add(self, value: float) -> None:
        before = self.running
        after = before + value
        self.error += (before - after) + value if abs(before) > abs(value) else (value - after) + before
        self.running = after

    def inverse(self, value: Any) -> None:
        """Take a value back. What has once been added up as REALs stays a REAL."""
        if value is None:
            return
        self.count -= 1
        number = _summand(value)
        if not self.approximate:
            if INT_MIN <= self.integer - number <= INT_MAX:
                self.integer -= number  # type: ignore[assignment]
                return
            self._approximate()
            self.overflowed = True
        if number.__class__ is float:
            self._add(-number)
        elif number == INT_MIN:
            self._add_integer(INT_MAX)
            self._add_integer(1)
        else:
            self._add_integer(-number)  # type: ignore[arg-type]

    def real(self) -> float | None:
        """The sum as a REAL; NULL where it is no number."""
        if not self.approximate:
            return float(self.integer)
        result = self.running + self.error if math.isfinite(self.error) else self.running
        return result if result == result else None

    def final(self) -> Any:
        """sum()'s value."""
        if not self.count:
            return None
        if not self.approximate:
            return self.integer
        if self.overflowed:
            raise SqlError("integer overflow")
        return self.real()


class _Total(_Sum):
    __slots__ = ()

    def final(self) -> Any:
        return self.real()


class _Average(_Sum):
    __slots__ = ()

    def final(self) -> Any:
        if not self.count:
            return None
        total = self.real()
        return None if total is None else total / self.count


def _whole(
    maker: Callable[[], _Sum], of_reals: Callable[[list[float]], Any], of_integers: Callable[[list[int]], Any]
) -> Callable[[list[Any]], Any]:
    def whole(values: list[Any]) -> Any:
        if len(values) >= _FEW:
            kinds = set(map(type, values))
            if kinds == {float}:
                return of_reals(values)
            if kinds == {int} and _stays_within(values):
                return of_integers(values)
        accumulator = maker()
        step = accumulator.step
        for value in values:
            step(value)
        return accumulator.final()

    return whole


_sum_whole = _whole(_Sum, lambda values: _real_sum(values), sum)
_total_whole = _whole(_Total, lambda values: _real_total(values), lambda values: float(sum(values)))
_average_whole = _whole(
    _Average, lambda values: _real_average(values), lambda values: float(sum(values)) / len(values)
)


# ----------------------------------------------------------------------------------- sums of known classes


def _proven_sum(values: list[float], least: float | None = None) -> float | None:
    """The compensated sum of REALs; ``least`` is their minimum, where that is known."""
    count = len(values)
    if count < _FEW:
        return _sum_of_few(values)
    try:
        rough = sum(values)
        rest = math.fsum(chain((-rough,), values))
        largest = rough if least is not None and least >= 0 else _largest(values) * count
    except (OverflowError, ValueError):
        return _compensated(values)
    slack = count * count * 4 * _UNIT * _UNIT * largest + 4 * _UNIT * abs(rest)
    result = rough + (rest + slack)
    if result == rough + (rest - slack) and largest < 1e290 and abs(result) > 1e-290:
        return result
    return _compensated(values)


def _sum_of_few(values: list[float]) -> float | None:
    """The compensated sum, the rounding errors found without a look at which summand is the larger (Knuth's TwoSum):
    they are exact either way, unless something overflows."""
    running = error = 0.0
    for value in values:
        after = running + value
        added = after - running
        error += (running - (after - added)) + (value - added)
        running = after
    result = running + error
    return result if result - result == 0.0 else _compensated(values)


def _largest(values: list[float]) -> float:
    """A bound on the absolute values."""
    if len(values) < _MANY:
        return math.hypot(*values)
    return max([math.hypot(*values[start : start + _MANY]) for start in range(0, len(values), _MANY)])


def _builtin_sum(values: list[float], least: float | None = None) -> float | None:
    """The same where sum() compensates."""
    result = sum(values, 0.0)
    return result if result == result else None


def _compensated(values: list[float]) -> float | None:
    running = error = 0.0
    for value in values:
        after = running + value
        error += (running - after) + value if abs(running) > abs(value) else (value - after) + running
        running = after
    return compensated_result(running, error)


def compensated_result(running: float, error: float, count: int = 1) -> float | None:
    """The sum of REALs, or the average of ``count``, from the plain sum and the sum of its rounding errors; NULL where
    it is no number."""
    result = running + error if math.isfinite(error) else running
    return result / count if result == result else None


real_sum = _proven_sum if sys.version_info < (3, 12) else _builtin_sum


def extremes(values: list[Any]) -> tuple[Any, Any]:
    """(least, greatest) of numbers of one class. A sample says what most values lie between, which is one
    quick test for each."""
    sample = values[::_SAMPLED]
    low, high = min(sample), max(sample)
    outside = [value for value in values if value < low or value > high]
    if outside:
        low, high = min(min(outside), low), max(max(outside), high)
    # The first of equal ones is wanted, and 0.0 equals -0.0: those not outside were not all looked at.
    if not low and low not in outside:
        low = values[values.index(low)]
    if not high and high not in outside:
        high = values[values.index(high)]
    return low, high


def _known(values: list[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def _integer_sum(values: list[int]) -> Any:
    if not values:
        return None
    result = sum(values)
    if len(values) < 2**31 and _stays_within(values):
        return result
    return _sum_whole(values)


def _stays_within(values: list[int]) -> bool:
    """Whether no partial sum can leave 64 bits."""
    least = min(values)
    return (sum(values) if least >= 0 else max(max(values), -least) * len(values)) <= INT_MAX


def _small_sum(values: list[int]) -> int | None:
    return sum(values) if values else None


def _real_sum(values: list[float]) -> float | None:
    return real_sum(values) if values else None


def _integer_average(values: list[int]) -> Any:
    if not values:
        return None
    return float(sum(values)) / len(values) if _stays_within(values) else _average_whole(values)


def _real_average(values: list[float]) -> float | None:
    if not values:
        return None
    total = real_sum(values)
    return None if total is None else total / len(values)


def _integer_total(values: list[int]) -> Any:
    if not values:
        return 0.0
    return float(sum(values)) if _stays_within(values) else _total_whole(values)


def _real_total(values: list[float]) -> float | None:
    return real_sum(values) if values else 0.0


def _without_nulls(function: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def whole(values: list[Any]) -> Any:
        return function([value for value in values if value is not None])

    return whole


def _fast(
    small: Callable[..., Any], integer: Callable[..., Any], real: Callable[..., Any]
) -> Callable[[int], Callable[..., Any] | None]:
    choices = {SMALL: small, INTEGER: integer, BIG: integer, REAL: real}
    choices |= {classes | NULL: _without_nulls(function) for classes, function in choices.items()}
    return choices.get


# -------------------------------------------------------------------------------------- count, min and max


class _Count:
    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def step(self, *args: Any) -> None:
        if not args or args[0] is not None:
            self.count += 1

    def inverse(self, *args: Any) -> None:
        if not args or args[0] is not None:
            self.count -= 1

    def final(self) -> int:
        return self.count


def count_known(values: list[Any]) -> int:
    """count(x): how many values are not NULL."""
    return len(values) - values.count(None)


def _fast_count(classes: int) -> Callable[..., Any] | None:
    return None if classes & NULL else len


class Extreme:
    """min() or max(): the first of equal values stays."""

    __slots__ = ("_best", "_best_key", "_key", "_sign")

    def __init__(self, sign: int, key: Callable[[Any], Any] | None) -> None:
        self._sign = sign
        self._key = _order(key)
        self._best: Any = None
        self._best_key: Any = None

    def step(self, value: Any) -> None:
        if value is None:
            return
        key = self._key(value)
        if self._best is None or (key < self._best_key if self._sign < 0 else self._best_key < key):
            self._best, self._best_key = value, key

    def final(self) -> Any:
        return self._best


class _SlidingExtreme:
    """min() or max() over a frame that slides: of equal values the one that came last."""

    __slots__ = ("_key", "_queue", "_sign", "_taken")

    def __init__(self, sign: int, key: Callable[[Any], Any] | None) -> None:
        self._sign = sign
        self._key = _order(key)
        self._queue: deque[tuple[int, Any, Any]] = deque()  # (number, key, value): each better than all that follow
        self._taken = [0, 0]  # how many came, how many went

    def step(self, value: Any) -> None:
        if value is None:
            return
        key, queue = self._key(value), self._queue
        while queue and not (queue[-1][1] < key if self._sign < 0 else key < queue[-1][1]):
            queue.pop()
        queue.append((self._taken[0], key, value))
        self._taken[0] += 1

    def inverse(self, value: Any) -> None:
        if value is None:
            return
        if self._queue and self._queue[0][0] == self._taken[1]:
            self._queue.popleft()
        self._taken[1] += 1

    def final(self) -> Any:
        return self._queue[0][2] if self._queue else None


def _order(key: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    if key is None:
        return sort_key
    return lambda value: sort_key(value) if value.__class__ is not str else (2, key(value))


def _minimum_whole(values: list[Any], key: Callable[[Any], Any] | None = None) -> Any:
    known = _known(values)
    return min(known, key=None if _is_plain(known, key) else _order(key), default=None)


def _maximum_whole(values: list[Any], key: Callable[[Any], Any] | None = None) -> Any:
    known = _known(values)
    return max(known, key=None if _is_plain(known, key) else _order(key), default=None)


def _is_plain(values: list[Any], key: Callable[[Any], Any] | None) -> bool:
    """Whether Python compares the values as SQL does."""
    return len(kinds := set(map(type, values))) == 1 and (key is None or str not in kinds)


def _fast_extreme(function: Callable[..., Any]) -> Callable[[int], Callable[..., Any] | None]:
    def plain(values: list[Any]) -> Any:
        return function(values) if values else None

    def nullable(values: list[Any]) -> Any:
        try:
            return function(values, default=None)
        except TypeError:  # NULLs do not compare
            return function(_known(values), default=None)

    def fast(classes: int) -> Callable[..., Any] | None:
        known = classes & ~NULL
        if known & ~NUMBER and known not in (TEXT, BLOB):
            return None
        return nullable if classes & NULL else plain

    return fast


# ---------------------------------------------------------------------------------------------------- text


class _GroupConcat:
    """group_concat(x, separator): each separator stands before its own row's text."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: deque[str] = deque()  # separator, text, separator, text …

    def step(self, value: Any, separator: Any = ",") -> None:
        if value is not None:
            self._parts += "" if separator is None else text_of(separator), text_of(value)

    def inverse(self, value: Any, separator: Any = ",") -> None:
        if value is not None:
            self._parts.popleft()
            self._parts.popleft()

    def final(self) -> str | None:
        return "".join(islice(self._parts, 1, None)) if self._parts else None


def _concat_whole(values: list[Any]) -> str | None:
    known = [text_of(value) for value in values if value is not None]
    return ",".join(known) if known else None


def _concat_text(values: list[str]) -> str | None:
    return ",".join(values) if values else None


def _fast_concat(classes: int) -> Callable[..., Any] | None:
    return _concat_text if classes == TEXT else None


def _sum_classes(args: Sequence[int]) -> int:
    classes = args[0]
    known = classes & ~NULL
    if known and not known & ~INTEGER:
        return INTEGER | NULL
    if known == REAL:
        return REAL | NULL
    return NUMBER | NULL


def _same_classes(args: Sequence[int]) -> int:
    return args[0] | NULL


AGGREGATES: list[FunctionDef] = [
    FunctionDef("count", 0, 0, classes=INTEGER, make=_Count, sliding=_Count, whole=len),
    FunctionDef("count", 1, 1, classes=INTEGER, make=_Count, sliding=_Count, whole=count_known, fast=_fast_count),
    FunctionDef(
        "sum",
        1,
        1,
        classes=_sum_classes,
        make=_Sum,
        sliding=_Sum,
        whole=_sum_whole,
        fast=_fast(_small_sum, _integer_sum, _real_sum),
    ),
    FunctionDef(
        "total",
        1,
        1,
        classes=REAL | NULL,
        make=_Total,
        sliding=_Total,
        whole=_total_whole,
        fast=_fast(_integer_total, _integer_total, _real_total),
    ),
    FunctionDef(
        "avg",
        1,
        1,
        classes=REAL | NULL,
        make=_Average,
        sliding=_Average,
        whole=_average_whole,
        fast=_fast(_integer_average, _integer_average, _real_average),
    ),
    FunctionDef(
        "min",
        1,
        1,
        classes=_same_classes,
        takes_key=True,
        make=lambda key=None: Extreme(-1, key),
        sliding=lambda key=None: _SlidingExtreme(-1, key),
        whole=_minimum_whole,
        fast=_fast_extreme(min),
    ),
    FunctionDef(
        "max",
        1,
        1,
        classes=_same_classes,
        takes_key=True,
        make=lambda key=None: Extreme(1, key),
        sliding=lambda key=None: _SlidingExtreme(1, key),
        whole=_maximum_whole,
        fast=_fast_extreme(max),
    ),
    FunctionDef(
        "group_concat",
        1,
        1,
        classes=TEXT | NULL,
        make=_GroupConcat,
        sliding=_GroupConcat,
        whole=_concat_whole,
        fast=_fast_concat,
    ),
    FunctionDef("group_concat", 2, 2, classes=TEXT | NULL, make=_GroupConcat, sliding=_GroupConcat),
    FunctionDef("string_agg", 2, 2, classes=TEXT | NULL, make=_GroupConcat, sliding=_GroupConcat),
    *(
        FunctionDef(name, low, high, window_only=True)
        for name, low, high in (
            ("row_number", 0, 0),
            ("rank", 0, 0),
            ("dense_rank", 0, 0),
            ("percent_rank", 0, 0),
            ("cume_dist", 0, 0),
            ("ntile", 1, 1),
            ("lag", 1, 3),
            ("lead", 1, 3),
            ("first_value", 1, 1),
            ("last_value", 1, 1),
            ("nth_value", 2, 2),
        )
    ),
]
