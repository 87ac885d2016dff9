"""Quick ways through plain dates, around the exact functions of :mod:`mantisdb_sql.functions.dates`.

A plain time value is ``YYYY-MM-DD``, alone or with `` HH:MM`` or `` HH:MM:SS`` (or ``T``, and perhaps ``Z``) behind
it, or, with the modifier 'unixepoch', an integer. It falls into a day and a second of the day. Modifiers that count
in days, months or years, or go to the start of one, map days to days and leave the time of day as it is, or make it
0:00. So what a function makes of a day is asked of the exact function once, and remembered; a column has few
different days. What depends on the time of day is computed, or remembered by the text of the time.

Whole hours, minutes and seconds at the beginning of the modifiers add up to days and to a ``shift`` of less than a
day, which carries some values over into the day after: there are two memories of days then.

A quick form takes one value or many; those over the same column share the splitting of its texts. Everything else
goes the exact way, every time.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from mantisdb_sql.binding.bound import Literal
from mantisdb_sql.functions import dates
from mantisdb_sql.functions.dates import DAY_MS
from mantisdb_sql.functions.definition import Batched, FunctionDef, Inline
from mantisdb_sql.values.storage import INTEGER, NULL, REAL, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.codegen.expressions import Emitter

__all__ = ["DATES"]

Exact = Callable[[int, Any], Any]
"""A date function of (now, time value): its other arguments are known."""

_DAY_TEXT = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME_TEXT = re.compile(r"[ T]?([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?Z?", re.ASCII)
_DAY_SHIFT = re.compile(r"[-+]?\d{1,6} (?:day|month|year)s?", re.ASCII)
_SPAN = re.compile(r"([-+]?\d{1,6}) (day|hour|minute|second)s?", re.ASCII)
_SECONDS_OF = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
_WEEKDAY = re.compile(r"weekday [0-6]", re.ASCII)
_STARTS = ("start of month", "start of year", "start of day")
_FIRST_SECOND, _LAST_SECOND = -62167219200, 253402300799  # of the years 0 to 9999
_MOST_DAYS = 50_000
_OF_DAYS = frozenset("dFGgjmuwUVWY%e")
_OF_MINUTES = frozenset("HkIlMpP")
_OF_SECONDS = frozenset("Sf")
_CLOCK = ("%H", ":", "%M", ":", "%S")
_SPELT = {"%T": _CLOCK, "%R": _CLOCK[:3]}
_OF_TIMES = _OF_MINUTES | _OF_SECONDS | {"%"}
_WIDTHS = range(len("2000-01-01 00:00"), len("2000-01-01 00:00:00Z") + 1)


class _Times(dict[Any, Any]):
    """What a time of day contributes, by the text behind the day or by the second of the day; KeyError for a text
    that is not plain."""

    def __init__(self, of_second: Callable[[int], Any]) -> None:
        super().__init__()
        self.of_second = of_second

    def __missing__(self, key: Any) -> Any:
        second = _second_of_day(key) if key.__class__ is str else key
        if second.__class__ is not int:
            raise KeyError(key)
        found = self[key] = self.of_second(second)  # no more of them than there are times
        return found


def _second_of_day(rest: str) -> int | None:
    """The second of the day that the text behind a day says; None where it is not plain."""
    match = _TIME_TEXT.fullmatch(rest)
    if match is None:
        return None if rest else 0
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


_SECONDS = _Times(lambda second: second)
_NOTHING = _Times(lambda second: None)
_MILLISECONDS = _Times(lambda second: second * 1000)
_CLOCKS = _Times(_clock)
_CLOCKS_BEHIND_DAYS = _Times(lambda second: " " + _clock(second))


class _Days:
    """What a function makes of days, by their text or number. ``known`` are those that were asked for, in a plain
    dict: comprehensions read that twice as quickly as one that fills itself."""

    def __init__(self, of_day: Exact) -> None:
        self.known: dict[Any, Any] = {}
        self._of_day = of_day

    def of(self, key: Any) -> Any:
        """What is made of one day; KeyError for a day that is not plain."""
        if key not in self.known:
            self.learn((key,))
        return self.known[key]

    def of_all(self, keys: list[str]) -> list[Any]:
        """The same of many."""
        try:
            return list(map(self.known.__getitem__, keys))
        except KeyError:
            self.learn(keys)
        return list(map(self.known.__getitem__, keys))

    def learn(self, keys: Iterable[Any]) -> None:
        """Make all of them known."""
        if len(self.known) >= _MOST_DAYS:
            self.known = {}
        for key in set(keys) - self.known.keys():
            if key.__class__ is int:
                found = self._of_day(0, key * 86400)
            else:
                found = self._of_day(0, key) if key.__class__ is str and _DAY_TEXT.fullmatch(key) else None
            if found is None:
                raise KeyError(key)
            self.known[key] = found


class _Values:
    """Time values of one class, with what several functions of them need."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    @cached_property
    def days(self) -> list[str]:
        """The first parts of texts."""
        return self._parts[0]

    @cached_property
    def rests(self) -> list[str]:
        """What stands behind the days."""
        return self._parts[1]

    @cached_property
    def rests_are_plain(self) -> bool:
        """True, or a KeyError."""
        if not _SECONDS.keys() >= set(self.rests):
            for rest in self.rests:
                _SECONDS[rest]
        return True

    @cached_property
    def _parts(self) -> tuple[list[str], list[str]]:
        # Texts of one length are split at once, if that gives two parts for each. If the parts are a day, a time, a
        # day, a time …, as will be seen, they are so within each text: the first begins with a day and is too long for
        # that alone, and too short for three parts; so it ends with a time, and the next begins with a day.
        first = self.values[0]
        if len(first) in _WIDTHS and first[10] in " T" and set(map(len, self.values)) == {len(first)}:
            parts = first[10].join(self.values).split(first[10])
            if len(parts) == 2 * len(self.values):
                return parts[::2], parts[1::2]
        return [value[:10] for value in self.values], [value[10:] for value in self.values]


class _Quick(NamedTuple):
    """The quick forms of a date function: of (now, time value), and of plain values of class ``kind``, a KeyError where
    one is not plain."""

    one: Exact
    plainly: Callable[[_Values], list[Any]]
    kind: type


def _first_millisecond(now: int, *args: Any) -> int | None:
    """The milliseconds of the Julian day at which a day begins."""
    julian = dates.julianday(now, *args)
    return None if julian is None else round(julian * 2) * (DAY_MS // 2)


class _Form(NamedTuple):
    """How a function's answer consists of a day's and a time's: ``kind`` is day, time, sum or julian. ``clock``: the
    pieces of strftime that make the time as text, if those of the minute can be parted from those of the second."""

    exact: Callable[..., Any]
    of_day: Callable[..., Any]
    times: _Times
    kind: str
    clock: tuple[str, ...] = ()


_FORMS = {
    "date": _Form(dates.date, dates.date, _NOTHING, "day"),
    "time": _Form(dates.time_of_day, dates.date, _CLOCKS, "time", _CLOCK),
    "datetime": _Form(dates.date_and_time, dates.date, _CLOCKS_BEHIND_DAYS, "sum", (" ", *_CLOCK)),
    "julianday": _Form(dates.julianday, _first_millisecond, _MILLISECONDS, "julian"),
    "unixepoch": _Form(dates.unixepoch, dates.unixepoch, _SECONDS, "sum"),
}


@lru_cache(maxsize=256)
def _quick_date(name: str, template: str | None, modifiers: tuple[str, ...]) -> _Quick | None:
    """The quick form of the function ``name``, of which all arguments but the time value are known; ``template`` is
    strftime's. None where there is none."""
    if name == "strftime" and template == "%s":
        number = _quick_date("unixepoch", None, modifiers)
        return None if number is None else _as_texts(number)
    form = _strftime_form(template) if name == "strftime" else _FORMS.get(name)
    spans, rest = _spans_first(modifiers[modifiers[:1] == ("unixepoch",) :])
    if form is None or not all(map(_maps_days, rest)):
        return None
    if any(modifier in _STARTS for modifier in rest):
        form = form._replace(times=_at_midnight(form.times), clock=())

    def exact(now: int, value: Any) -> Any:
        return form.exact(now, value, *modifiers)

    if modifiers[:1] == ("unixepoch",):
        return _of_seconds(form, _days(form, ("unixepoch", *rest)), spans or 0, exact)
    if spans is None:
        return _of_texts(form, _days(form, rest), exact)
    whole, shift = divmod(spans, 86400)
    both = [_days(form, (f"{day:+d} days", *rest)) for day in (whole, whole + 1)]
    return _of_shifted_texts(form, both[0], both[1], shift, exact)


def _quick_call(name: str, args: Sequence[Any]) -> _Quick | None:
    """The quick form of a call; ``...`` stands for an argument that is not known."""
    others = [*args[:1], *args[2:]] if name == "strftime" else [*args[1:]]
    texts = [text for text in others if text.__class__ is str and "\0" not in text]
    if len(texts) < len(others) or len(args) == len(others):
        return None
    return _quick_date(name, texts[0] if name == "strftime" else None, tuple(texts[name == "strftime" :]))


def _batch(name: str) -> Callable[[Sequence[Any]], Batched | None]:
    """The date function ``name`` of many values at once."""

    def batch(args: Sequence[Any]) -> Batched | None:
        quick = _quick_call(name, args)
        return None if quick is None else Batched(int(name == "strftime"), quick, _joined)

    return batch


def _joined(calls: Sequence[_Quick]) -> Callable[[int, list[Any]], tuple[Iterable[Any], ...]]:
    def columns(now: int, values: list[Any]) -> tuple[Iterable[Any], ...]:
        kinds = set(map(type, values))
        has_nulls = type(None) in kinds
        known = _Values([value for value in values if value is not None] if has_nulls else values)
        kinds.discard(type(None))
        return tuple([column(call, now, values, known, has_nulls, kinds == {call.kind}) for call in calls])

    def column(
        call: _Quick, now: int, values: list[Any], known: _Values, has_nulls: bool, of_kind: bool
    ) -> Iterable[Any]:
        try:
            if of_kind:
                answers = call.plainly(known)
                if not has_nulls:
                    return answers
                following = iter(answers)
                return [None if value is None else next(following) for value in values]
        except KeyError:
            pass
        return [call.one(now, value) for value in values]

    return columns


def _spans_first(modifiers: tuple[str, ...]) -> tuple[int | None, tuple[str, ...]]:
    """The seconds that the first modifiers add, and the others; None and all where they leave the time of day."""
    count = total = 0
    while count < len(modifiers) and (match := _SPAN.fullmatch(modifiers[count])):
        total += int(match[1]) * _SECONDS_OF[match[2]]
        count += 1
    if all(modifier.rstrip("s").endswith("day") for modifier in modifiers[:count]) or abs(total) > 10**10:
        return None, modifiers
    return total, modifiers[count:]


def _maps_days(modifier: str) -> bool:
    return bool(modifier in _STARTS or _DAY_SHIFT.fullmatch(modifier) or _WEEKDAY.fullmatch(modifier))


def _days(form: _Form, modifiers: tuple[str, ...]) -> _Days:
    return _Days(lambda now, value: form.of_day(now, value, *modifiers))


def _at_midnight(times: _Times) -> _Times:
    return _Times(lambda second: times[0])


def _answer(form: _Form) -> Callable[[Any, int], Any]:
    """The answer, of what is known of the day and the second of the day."""
    times = form.times
    return {
        "day": lambda day, second: day,
        "time": lambda day, second: times[second],
        "sum": lambda day, second: day + times[second],
        "julian": lambda day, second: (day + times[second]) / 86400000.0,
    }[form.kind]


# ------------------------------------------------------------------------------------------------ of a kind


def _of_texts(form: _Form, days: _Days, exact: Exact) -> _Quick:
    answer, times = _answer(form), form.times

    def one(now: int, value: Any) -> Any:
        if value.__class__ is str:
            try:
                return answer(days.of(value[:10]), _SECONDS[value[10:]])
            except KeyError:
                pass
        return exact(now, value)

    def plainly(values: _Values) -> list[Any]:
        of_days = days.of_all(values.days)
        if form.kind == "day" and values.rests_are_plain:
            return of_days
        of_times = map(times.__getitem__, values.rests)
        if form.kind == "time":
            return list(of_times)
        sums = map(operator.add, of_days, of_times)
        return list(sums) if form.kind == "sum" else [number / 86400000.0 for number in sums]

    return _Quick(one, plainly, str)


def _of_shifted_texts(form: _Form, days: _Days, next_days: _Days, shift: int, exact: Exact) -> _Quick:
    answer = _answer(form)
    rest_of_day = 86400 - shift

    def plain(value: str) -> Any:
        second = _SECONDS[value[10:]]
        if second < rest_of_day:
            return answer(days.of(value[:10]), second + shift)
        return answer(next_days.of(value[:10]), second - rest_of_day)

    def one(now: int, value: Any) -> Any:
        if value.__class__ is str:
            try:
                return plain(value)
            except KeyError:
                pass
        return exact(now, value)

    return _Quick(one, lambda values: [plain(value) for value in values.values], str)


def _of_seconds(form: _Form, days: _Days, shift: int, exact: Exact) -> _Quick:
    answer, times = _answer(form), form.times
    first, last = _FIRST_SECOND + max(0, -shift), _LAST_SECOND - max(0, shift)

    def one(now: int, value: Any) -> Any:
        if value.__class__ is int and first <= value <= last:
            second = value + shift
            try:
                return answer(days.of(second // 86400), second % 86400)
            except KeyError:
                pass
        return exact(now, value)

    def plainly(values: _Values) -> list[Any]:
        seconds = values.values
        if min(seconds) < first or max(seconds) > last:
            raise KeyError
        if shift:
            seconds = [second + shift for second in seconds]
        try:
            return answers(seconds, days.known)
        except KeyError:
            days.learn([second // 86400 for second in seconds])
        return answers(seconds, days.known)

    def answers(seconds: list[int], of_days: dict[int, Any]) -> list[Any]:
        if form.kind == "day":
            return [of_days[second // 86400] for second in seconds]
        if form.clock:
            minutes, rests = _clock_texts(form.clock)
            if form.kind == "time":
                return [f"{minutes[second // 60 % 1440]}{rests[second % 60]}" for second in seconds]
            return [f"{of_days[s // 86400]}{minutes[s // 60 % 1440]}{rests[s % 60]}" for s in seconds]
        if form.kind == "sum":
            return [of_days[second // 86400] + times[second % 86400] for second in seconds]
        return [answer(of_days[second // 86400], second % 86400) for second in seconds]

    return _Quick(one, plainly, int)


# ------------------------------------------------------------------------------------------------- strftime


def _strftime_form(template: str | None) -> _Form | None:
    """strftime() where what depends on the time of day, if anything does, stands behind what depends on the day."""
    found = re.findall(r"%.|[^%]+|%", template or "", re.DOTALL)
    pieces = [part for piece in found for part in _SPELT.get(piece, (piece,))]
    ahead = 0
    while ahead < len(pieces) and (pieces[ahead][0] != "%" or pieces[ahead][1:] in _OF_DAYS):
        ahead += 1
    behind = pieces[ahead:]
    if template is None or any(piece[0] == "%" and piece[1:] not in _OF_TIMES for piece in behind):
        return None
    of_day = partial(_strftime, "".join(pieces[:ahead]))
    times = _Times(partial(_at_second, "".join(behind)))
    kind = "sum" if behind else "day"
    return _Form(partial(_strftime, template), of_day, times, kind, tuple(behind) if _is_clock(behind) else ())


def _strftime(template: str, now: int, value: Any, *modifiers: str) -> Any:
    return dates.strftime(now, template, value, *modifiers)


def _at_second(template: str, second: int) -> str:
    found = dates.strftime(0, template, f"2000-01-01 {_clock(second)}")
    assert found is not None
    return found


def _is_clock(pieces: list[str]) -> bool:
    """Whether what depends on the second stands behind what depends on the minute."""
    conversions = [piece[1:] for piece in pieces if piece[0] == "%"]
    last = max((i for i, conversion in enumerate(conversions) if conversion in _OF_MINUTES), default=-1)
    return not any(conversion in _OF_SECONDS for conversion in conversions[: last + 1])


@lru_cache(maxsize=64)
def _clock_texts(pieces: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What the pieces make of the minutes of a day, and of the seconds of a minute."""
    of_seconds = [piece[0] == "%" and piece[1:] in _OF_SECONDS for piece in pieces]
    first = of_seconds.index(True) if True in of_seconds else len(pieces)
    columns = [_by_minute(piece) for piece in pieces[:first]]
    minutes = ["".join([column[minute] for column in columns]) for minute in range(1440)]
    return minutes, [_at_second("".join(pieces[first:]), second) for second in range(60)]


def _by_minute(piece: str) -> list[str]:
    if piece == "%M":
        return [_at_second(piece, minute * 60) for minute in range(60)] * 24
    return [text for hour in range(24) for text in [_at_second(piece, hour * 3600)] * 60]


def _as_texts(number: _Quick) -> _Quick:
    def one(now: int, value: Any) -> str | None:
        return _as_text(number.one(now, value))

    return _Quick(one, lambda values: list(map(_as_text, number.plainly(values))), number.kind)


def _as_text(number: Any) -> str | None:
    return None if number is None else str(number)


# ------------------------------------------------------------------------------------------------ functions


def _inline(name: str) -> Inline:
    """A date function whose arguments, the time value apart, are constant texts."""

    def call(emitter: Emitter, args: list[Expr]) -> str | None:
        quick = _quick_call(name, [arg.value if isinstance(arg, Literal) else ... for arg in args])
        if quick is None:
            return None
        now = emitter.context.prepared(f"{emitter.library(dates.current_moment)}()", emitter.source)
        return f"{emitter.source.constant(quick.one)}({now}, {emitter.value(args[int(name == 'strftime')])})"

    return call


def _function(name: str, call: Callable[..., Any], classes: int) -> FunctionDef:
    return FunctionDef(
        name, 0, -1, call, False, classes | NULL, takes_now=True, inline=_inline(name), batch=_batch(name)
    )


DATES: list[FunctionDef] = [
    _function("date", dates.date, TEXT),
    _function("time", dates.time_of_day, TEXT),
    _function("datetime", dates.date_and_time, TEXT),
    _function("julianday", dates.julianday, REAL),
    _function("unixepoch", dates.unixepoch, INTEGER | REAL),
    _function("strftime", dates.strftime, TEXT),
    FunctionDef("timediff", 2, 2, dates.timediff, False, TEXT | NULL, takes_now=True),
    FunctionDef("current_date", 0, 0, dates.date, False, TEXT | NULL, takes_now=True),
    FunctionDef("current_time", 0, 0, dates.time_of_day, False, TEXT | NULL, takes_now=True),
    FunctionDef("current_timestamp", 0, 0, dates.date_and_time, False, TEXT | NULL, takes_now=True),
]
