"""Quick ways through plain dates, around the exact functions of :mod:`mantisdb_sql.functions.dates`.

A plain time value is ``YYYY-MM-DD``, alone or with `` HH:MM`` or `` HH:MM:SS`` (or ``T``) behind it and no zone, or,
with the modifier 'unixepoch', an integer. It falls into a day and a time of day. Modifiers that count in days, months
or years, or go to the start of one, map days to days and leave the time of day as it is, or make it 0:00. So what a
function makes of a day is asked of the exact function once, and remembered; a column has few different days. What
depends on the time of day is computed, or remembered by the text of the time.

Everything else goes the exact way, every time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from mantisdb_sql.functions import dates
from mantisdb_sql.functions.dates import DAY_MS

__all__ = ["quick_date"]

Quick = Callable[[int, Any], Any]
"""A date function of (now, time value): its other arguments are known."""

_DAY_TEXT = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME_TEXT = re.compile(r"[ T]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_DAY_SHIFT = re.compile(r"[-+]?\d{1,6} (?:day|month|year)s?", re.ASCII)
_WEEKDAY = re.compile(r"weekday [0-6]", re.ASCII)
_STARTS = ("start of month", "start of year", "start of day")
_FIRST_SECOND, _LAST_SECOND = -62167219200, 253402300799  # of the years 0 to 9999
_MOST_DAYS = 50_000
_OF_DAYS = frozenset("dFGgjmuwUVWY%e")
_OF_TIMES = frozenset("HkIlMSTRpP%")


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


_VALID = _Times(lambda second: None)
_SECONDS = _Times(lambda second: second)
_MILLISECONDS = _Times(lambda second: second * 1000)
_CLOCKS = _Times(_clock)
_CLOCKS_BEHIND_DAYS = _Times(lambda second: " " + _clock(second))


@lru_cache(maxsize=256)
def quick_date(name: str, template: str | None, modifiers: tuple[str, ...]) -> Quick | None:
    """The quick form of the function ``name``, of which all arguments but the time value are known; ``template`` is
    strftime's. None where there is none."""
    from_unix = modifiers[:1] == ("unixepoch",)
    if not all(map(_maps_days, modifiers[from_unix:])):
        return None
    at_midnight = any(modifier in _STARTS for modifier in modifiers)
    if name == "strftime":
        return None if template is None else _strftime(template, modifiers, from_unix, at_midnight)
    form = _FORMS.get(name)
    if form is None:
        return None
    times = form.times if not at_midnight else _Times(lambda second: form.times[0])
    exact = _exact(form.exact, (), modifiers)
    return form.quick(_Days(exact, _exact(form.of_day, (), modifiers), from_unix), times)


def _maps_days(modifier: str) -> bool:
    return bool(modifier in _STARTS or _DAY_SHIFT.fullmatch(modifier) or _WEEKDAY.fullmatch(modifier))


def _exact(function: Callable[..., Any], before: tuple[Any, ...], modifiers: tuple[str, ...]) -> Quick:
    return lambda now, value: function(now, *before, value, *modifiers)


def _first_millisecond(now: int, *args: Any) -> int | None:
    """The milliseconds of the Julian day at which a day begins."""
    julian = dates.julianday(now, *args)
    return None if julian is None else round(julian * 2) * (DAY_MS // 2)


class _Days(dict[Any, Any]):
    """What a function makes of days, by their text or number, so far as they are known."""

    def __init__(self, exact: Quick, of_day: Quick, from_unix: bool) -> None:
        super().__init__()
        self.exact, self.of_day, self.from_unix = exact, of_day, from_unix

    def answer(self, now: int, value: Any, again: Quick) -> Any:
        """The answer for a value whose day, or time, is not known: learn the day, if it is plain, and ask again."""
        if self.from_unix:
            if value.__class__ is not int or not _FIRST_SECOND <= value <= _LAST_SECOND:
                return self.exact(now, value)
            key: Any = value // 86400
            midnight: Any = key * 86400
        else:
            if value.__class__ is not str or not _DAY_TEXT.fullmatch(value[:10]) or _second_of_day(value[10:]) is None:
                return self.exact(now, value)
            key = midnight = value[:10]
        day = self.of_day(now, midnight)
        if day is None or key in self:
            return self.exact(now, value)
        if len(self) >= _MOST_DAYS:
            self.clear()
        self[key] = day
        return again(now, value)


def _day_alone(days: _Days, times: _Times) -> Quick:
    def of_text(now: int, value: Any) -> Any:
        try:
            times[value[10:]]
            return days[value[:10]]
        except (KeyError, TypeError):
            return days.answer(now, value, of_text)

    def of_seconds(now: int, value: Any) -> Any:
        day = days.get(value // 86400) if value.__class__ is int else None
        return days.answer(now, value, of_seconds) if day is None else day

    return of_seconds if days.from_unix else of_text


def _time_alone(days: _Days, times: _Times) -> Quick:
    def of_text(now: int, value: Any) -> Any:
        try:
            days[value[:10]]
            return times[value[10:]]
        except (KeyError, TypeError):
            return days.answer(now, value, of_text)

    def of_seconds(now: int, value: Any) -> Any:
        if value.__class__ is not int or value // 86400 not in days:
            return days.answer(now, value, of_seconds)
        return times[value % 86400]

    return of_seconds if days.from_unix else of_text


def _day_and_time(days: _Days, times: _Times) -> Quick:
    def of_text(now: int, value: Any) -> Any:
        try:
            return days[value[:10]] + times[value[10:]]
        except (KeyError, TypeError):
            return days.answer(now, value, of_text)

    def of_seconds(now: int, value: Any) -> Any:
        day = days.get(value // 86400) if value.__class__ is int else None
        return days.answer(now, value, of_seconds) if day is None else day + times[value % 86400]

    return of_seconds if days.from_unix else of_text


def _julian_day(days: _Days, times: _Times) -> Quick:
    def of_text(now: int, value: Any) -> Any:
        try:
            return (days[value[:10]] + times[value[10:]]) / 86400000.0
        except (KeyError, TypeError):
            return days.answer(now, value, of_text)

    def of_seconds(now: int, value: Any) -> Any:
        day = days.get(value // 86400) if value.__class__ is int else None
        return days.answer(now, value, of_seconds) if day is None else (day + times[value % 86400]) / 86400000.0

    return of_seconds if days.from_unix else of_text


class _Form(NamedTuple):
    """How a function's answer consists of a day's and a time's."""

    exact: Callable[..., Any]
    of_day: Callable[..., Any]
    times: _Times
    quick: Callable[[_Days, _Times], Quick]


_FORMS = {
    "date": _Form(dates.date, dates.date, _VALID, _day_alone),
    "time": _Form(dates.time_of_day, dates.date, _CLOCKS, _time_alone),
    "datetime": _Form(dates.date_and_time, dates.date, _CLOCKS_BEHIND_DAYS, _day_and_time),
    "julianday": _Form(dates.julianday, _first_millisecond, _MILLISECONDS, _julian_day),
    "unixepoch": _Form(dates.unixepoch, dates.unixepoch, _SECONDS, _day_and_time),
}


def _strftime(template: str, modifiers: tuple[str, ...], from_unix: bool, at_midnight: bool) -> Quick | None:
    """strftime() where what depends on the time of day, if anything does, stands behind what depends on the day."""
    exact = _exact(dates.strftime, (template,), modifiers)
    pieces = re.findall(r"%.|[^%]+|%", template, re.DOTALL)
    if template == "%s":
        as_number = quick_date("unixepoch", None, modifiers)
        return None if as_number is None else lambda now, value: _as_text(as_number(now, value))
    ahead = 0
    while ahead < len(pieces) and (pieces[ahead][0] != "%" or pieces[ahead][1:] in _OF_DAYS):
        ahead += 1
    behind = "".join(pieces[ahead:])
    if not all(piece[0] != "%" or piece[1:] in _OF_TIMES for piece in pieces[ahead:]) or "%" in pieces:
        return None
    days = _Days(exact, _exact(dates.strftime, ("".join(pieces[:ahead]),), modifiers), from_unix)
    if not behind:
        return _day_alone(days, _VALID)
    at = "2000-01-01 "
    if at_midnight:
        return _day_and_time(days, _Times(lambda second: dates.strftime(0, behind, at + _clock(0))))
    return _day_and_time(days, _Times(lambda second: dates.strftime(0, behind, at + _clock(second))))


def _as_text(number: Any) -> str | None:
    return None if number is None else str(number)
