"""Date and time functions (https://www.sqlite.org/lang_datefunc.html).

A moment is held as SQLite holds it: milliseconds since noon of November 24, 4714 BC in the proleptic
Gregorian calendar (``jd_ms``: the Julian day number times 86,400,000), or as calendar fields that have
not been turned into that yet. The order of these conversions is visible in the results (day 31 in a month
of 30 days, modifiers after a bare number), so the states and their transitions are those of SQLite's
documentation, one method each.

'now' is one moment for a whole statement: the first argument of every function here, hoisted by the code
generator.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from copy import copy
from typing import Any

from mantisdb_sql.functions.printf import format_text
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.numbers_text import SPACES, text_to_number
from mantisdb_sql.values.rules import text_of

__all__ = [
    "DAY_MS", "UNIX_EPOCH_MS", "current_moment", "date", "date_and_time", "julianday", "strftime", "time_of_day",
    "timediff", "unixepoch",
]  # fmt: skip

DAY_MS = 86_400_000
UNIX_EPOCH_MS = 210_866_760_000_000
_MAX_MS = 464_269_060_799_999  # 9999-12-31 23:59:59.999
_LOCAL_FIRST_MS, _LOCAL_LAST_MS = 2108667600 * 100_000, 2130141456 * 100_000  # what every C library knows

_DATE = re.compile(r"(-?)(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?", re.ASCII)
_ZONE = re.compile(r"[ \t\n\v\f\r]*(?:([zZ])|([-+])(\d\d):(\d\d))?[ \t\n\v\f\r]*\Z", re.ASCII)
_UNITS = {  # name: (limit of the amount, seconds)
    "second": (4.6427e14, 1.0),
    "minute": (7.7379e12, 60.0),
    "hour": (1.2897e11, 3600.0),
    "day": (5373485.0, 86400.0),
    "month": (176546.0, 2592000.0),
    "year": (14713.0, 31536000.0),
}


class _Invalid(Exception):
    """Not a date: the function's result is NULL."""


def current_moment() -> int:
    """Now, in jd_ms."""
    return time.time_ns() // 1_000_000 + UNIX_EPOCH_MS


class _Moment:
    """A date and time in the making; see the module's description."""

    __slots__ = (
        "day",
        "excess_days",
        "has_date",
        "has_jd",
        "has_time",
        "hour",
        "is_error",
        "is_local",
        "is_utc",
        "jd_ms",
        "minute",
        "month",
        "raw",
        "second",
        "subseconds",
        "year",
        "zone_minutes",
    )

    def __init__(self) -> None:
        self.jd_ms = self.zone_minutes = self.excess_days = 0
        self.year, self.month, self.day, self.hour, self.minute, self.second = 2000, 1, 1, 0, 0, 0.0
        self.has_jd = self.has_date = self.has_time = self.raw = False
        self.subseconds = self.is_utc = self.is_local = self.is_error = False

    def fail(self) -> None:
        """Out of range. The modifiers that follow go on from nothing; localtime and utc forget that it happened."""
        self.__init__()  # type: ignore[misc]
        self.year = self.month = self.day = 0
        self.is_error = True

    # -------------------------------------------------------------------------------------- reading values

    def set_jd(self, jd_ms: int) -> None:
        self.jd_ms, self.has_jd = jd_ms, True
        self.forget_fields()

    def advance(self, span_ms: int) -> None:
        """Add to the Julian day, which is all that is known from now on."""
        self.jd_ms += span_ms
        self.forget_fields()

    def forget_fields(self) -> None:
        self.has_date = self.has_time = False
        self.zone_minutes = 0

    def read(self, value: Any, now: int) -> None:
        """Take a time value."""
        if value is None:
            raise _Invalid
        if value.__class__ in (int, float):
            self.set_number(float(value))
            return
        text = text_of(value).partition("\0")[0]
        if self._read_date(text) or self._read_time(text, 0):
            return
        word = lower_ascii(text)
        if word in ("now", "subsec", "subsecond"):
            self.subseconds = word != "now"
            self.set_jd(now)
            self.is_utc = True
            return
        number = text_to_number(text)
        if number is None:
            raise _Invalid
        self.set_number(float(number))

    def set_number(self, number: float) -> None:
        """A bare number: a Julian day for now, anything else if a modifier says so."""
        self.second, self.raw = number, True
        if 0.0 <= number < 5373484.5:
            self.jd_ms, self.has_jd = int(number * 86400000.0 + 0.5), True

    def _read_date(self, text: str) -> bool:
        match = _DATE.match(text)
        if match is None:
            return False
        month, day = int(match[3]), int(match[4])
        if not 1 <= month <= 12 or not 1 <= day <= 31:
            return False
        rest = text[match.end() :].lstrip(SPACES + "T")
        if rest and not self._read_time(rest, 0):
            return False
        if not rest:
            self.has_time = False
        self.has_jd, self.has_date = False, True
        self.year, self.month, self.day = int(match[2]) * (-1 if match[1] else 1), month, day
        self.note_excess_days()
        if self.has_time and self.hour == 24:
            self.excess_days = 0
            self.to_jd()
        elif self.zone_minutes:
            self.to_jd()
        return True

    def _read_time(self, text: str, start: int) -> bool:
        match = _TIME.match(text, start)
        if match is None:
            return False
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        zone = _ZONE.match(text, match.end())
        if hour > 24 or minute > 59 or second > 59 or zone is None:
            return False
        if zone[2] and (int(zone[3]) > 14 or int(zone[4]) > 59):
            return False
        fraction = min(float("0." + match[4]), 0.999) if match[4] else 0.0
        if hour == 24 and (minute or second or fraction):
            return False
        self.has_jd = self.raw = False
        self.has_time = True
        self.hour, self.minute, self.second = hour, minute, second + fraction
        self.zone_minutes = int(zone[2] + "1") * (int(zone[3]) * 60 + int(zone[4])) if zone[2] else 0
        if zone[1] or (zone[2] and not self.zone_minutes):
            self.is_local, self.is_utc = False, True
        return True

    # ----------------------------------------------------------------------------------------- conversions

    def to_jd(self) -> None:
        """Fields to jd_ms."""
        if self.has_jd:
            return
        year, month, day = (self.year, self.month, self.day) if self.has_date else (2000, 1, 1)
        if not -4713 <= year <= 9999 or self.raw:
            self.fail()
            return
        if month <= 2:
            year, month = year - 1, month + 12
        century = (year + 4800) // 100
        leap = 38 - century + century // 4
        days = 36525 * (year + 4716) // 100 + 306001 * (month + 1) // 10000 + day + leap
        self.jd_ms = days * DAY_MS - 1524 * DAY_MS - DAY_MS // 2
        self.has_jd = True
        if self.has_time:
            self.jd_ms += self.hour * 3_600_000 + self.minute * 60_000 + int(self.second * 1000 + 0.5)
            if self.zone_minutes:
                self.jd_ms -= self.zone_minutes * 60_000
                self.forget_fields()
                self.is_utc, self.is_local = True, False
            elif self.hour == 24:
                self.forget_fields()

    def to_date(self) -> None:
        """jd_ms to year, month and day."""
        if self.has_date:
            return
        if not self.has_jd:
            self.year, self.month, self.day = 2000, 1, 1
        elif not 0 <= self.jd_ms <= _MAX_MS:
            self.fail()
            return
        else:
            days = (self.jd_ms + 43_200_000) // DAY_MS
            alpha = int((days + 32044.75) / 36524.25) - 52
            a = days + 1 + alpha - (alpha + 100) // 4 + 25
            b = a + 1524
            c = int((b - 122.1) / 365.25)
            d = 36525 * (c & 32767) // 100
            e = int((b - d) / 30.6001)
            self.day = b - d - int(30.6001 * e)
            self.month = e - 1 if e < 14 else e - 13
            self.year = c - 4716 if self.month > 2 else c - 4715
        self.has_date = True

    def to_time(self) -> None:
        """jd_ms to hour, minute and second."""
        if self.has_time:
            return
        self.to_jd()
        in_day = (self.jd_ms + 43_200_000) % DAY_MS
        self.second = in_day % 60_000 / 1000.0
        self.minute, self.hour = in_day // 60_000 % 60, in_day // 3_600_000
        self.raw, self.has_time = False, True

    def to_fields(self) -> None:
        self.to_date()
        self.to_time()

    def note_excess_days(self) -> None:
        """How far the day lies beyond its month's end: for the modifier 'floor'."""
        if self.day <= 28 or self.month in (1, 3, 5, 7, 8, 10, 12):
            self.excess_days = 0
        elif self.month != 2:
            self.excess_days = int(self.day == 31)
        else:
            leap = self.year % 4 == 0 and (self.year % 100 != 0 or self.year % 400 == 0)
            self.excess_days = self.day - (29 if leap else 28)

    def to_local(self) -> None:
        """From UTC to local time; far years borrow the rules of a near one."""
        self.to_jd()
        shift, base = 0, self.jd_ms
        if not _LOCAL_FIRST_MS <= base <= _LOCAL_LAST_MS:
            near = copy(self)
            near.to_fields()
            remainder = near.year % 4 if near.year >= 0 else -(-near.year % 4)
            shift = 2000 + remainder - near.year
            near.year += shift
            near.has_jd = False
            near.to_jd()
            base = near.jd_ms
        fields = time.localtime(base // 1000 - UNIX_EPOCH_MS // 1000)
        self.year, self.month, self.day = fields.tm_year - shift, fields.tm_mon, fields.tm_mday
        self.hour, self.minute, self.second = (
            fields.tm_hour,
            fields.tm_min,
            fields.tm_sec + math.fmod(self.jd_ms, 1000) * 0.001,
        )
        self.has_date = self.has_time = True
        self.has_jd = self.raw = self.is_error = False
        self.zone_minutes = 0

    def to_utc(self) -> None:
        """From local time to UTC, by trial."""
        self.to_jd()
        wanted = guess = self.jd_ms
        error = 0
        for _ in range(4):
            guess -= error
            trial = _Moment()
            trial.set_jd(guess)
            trial.to_local()
            trial.to_jd()
            error = trial.jd_ms - wanted
            if not error:
                break
        self.__init__()  # type: ignore[misc]
        self.set_jd(guess)
        self.is_utc = True

    # ------------------------------------------------------------------------------------------- modifiers

    def modify(self, text: str, index: int) -> None:
        """Apply a modifier; ``index`` is its 1-based place among the arguments after the time value."""
        word = lower_ascii(text)
        simple = _MODIFIERS.get(word)
        if simple is not None:
            simple(self, index)
        elif word.startswith("weekday "):
            self._weekday(word[8:])
        elif word[:1] and word[0] in "+-0123456789":
            self._shift(text)
        else:
            raise _Invalid

    def _auto(self, index: int) -> None:
        if index > 1:
            raise _Invalid
        if not self.raw or self.has_jd:
            self.raw = False
        elif -210866760000.0 <= self.second <= 253402300799.0:
            self._from_unix()

    def _from_unix(self) -> None:
        self.set_jd(int(self.second * 1000.0 + UNIX_EPOCH_MS + 0.5))
        self.raw = False

    def _unixepoch(self, index: int) -> None:
        if not self.raw or index > 1 or not 0 <= self.second * 1000.0 + UNIX_EPOCH_MS < 464269060800000.0:
            raise _Invalid
        self._from_unix()

    def _julianday(self, index: int) -> None:
        if index > 1 or not self.has_jd or not self.raw:
            raise _Invalid
        self.raw = False

    def _localtime(self, index: int) -> None:
        if not self.is_local:
            self.to_local()
        self.is_utc, self.is_local = False, True

    def _utc(self, index: int) -> None:
        if not self.is_utc:
            self.to_utc()

    def _ceiling(self, index: int) -> None:
        self.to_jd()
        self.forget_fields()
        self.excess_days = 0

    def _floor(self, index: int) -> None:
        self.to_jd()
        self.jd_ms -= self.excess_days * DAY_MS
        self.forget_fields()

    def _subseconds(self, index: int) -> None:
        self.subseconds = True

    def _weekday(self, text: str) -> None:
        number = text_to_number(text)
        if number is None or not -7 < number < 7 or number != int(number):
            raise _Invalid
        self.to_fields()
        self.zone_minutes, self.has_jd = 0, False
        self.to_jd()
        today = int(math.fmod(int((self.jd_ms + 129_600_000) / DAY_MS), 7))  # as C divides: before day 0 it is negative
        ahead = abs(int(number)) - today
        if text.lstrip(SPACES).startswith("-"):  # that day or the last one before it, else the next one behind it
            ahead -= 7 if ahead > 0 else 0
        elif ahead < 0:
            ahead += 7
        self.advance(ahead * DAY_MS)

    def start_of(self, unit: str) -> None:
        """The modifiers 'start of month', 'start of year', 'start of day'."""
        if not (self.has_jd or self.has_date or self.has_time):
            raise _Invalid
        self.to_date()
        self.has_time, self.has_jd, self.raw = True, False, False
        self.hour = self.minute = self.zone_minutes = 0
        self.second = 0.0
        if unit != "day":
            self.day = 1
        if unit == "year":
            self.month = 1

    def _shift(self, text: str) -> None:
        """'+5 days', '-01:30', '+0001-02-03 04:05'."""
        match = _CALENDAR_SHIFT.match(text)
        if match is not None:
            self._shift_calendar(match)
            if match[5]:
                self._shift_time(text[match.start(5) :], match[1])
            return
        head = _SHIFT_HEAD.match(text)
        assert head is not None
        amount = text_to_number(head[0])
        if amount is None:
            raise _Invalid
        if text[head.end() : head.end() + 1] == ":":
            self._shift_time(text[text[0] in "+-" :], text[0])
        else:
            self._shift_units(float(amount), lower_ascii(text[head.end() :].lstrip(SPACES)))

    def _shift_calendar(self, match: re.Match[str]) -> None:
        years, months, days = int(match[2]), int(match[3]), int(match[4])
        if months >= 12 or days >= 31:
            raise _Invalid
        direction = -1 if match[1] == "-" else 1
        self.to_fields()
        self.has_jd = False
        self.year += direction * years
        self._add_months(direction * months)
        self.note_excess_days()
        self.to_jd()
        self.advance(direction * days * DAY_MS)

    def _add_months(self, months: int) -> None:
        total = self.month + months - 1
        self.year += total // 12
        self.month = total % 12 + 1

    def _shift_time(self, text: str, sign: str) -> None:
        span = _Moment()
        if not span._read_time(text, 0):
            raise _Invalid
        span.to_jd()
        amount = (span.jd_ms - 43_200_000) % DAY_MS
        self.to_jd()
        self.advance(-amount if sign == "-" else amount)

    def _shift_units(self, amount: float, unit: str) -> None:
        if not 3 <= len(unit) <= 10:
            raise _Invalid
        limit, seconds = _UNITS.get(unit.removesuffix("s"), (0.0, 0.0))
        self.to_jd()
        self.excess_days = 0
        if not -limit < amount < limit:
            raise _Invalid
        rounder = -0.5 if amount < 0 else 0.5
        if unit.startswith(("month", "year")):
            whole = int(amount)
            self.to_fields()
            if unit.startswith("month"):
                self._add_months(whole)
            else:
                self.year += whole
            self.note_excess_days()
            self.has_jd = False
            amount -= whole
        self.to_jd()
        self.advance(int(amount * 1000.0 * seconds + rounder))


_CALENDAR_SHIFT = re.compile(
    r"([-+])(\d{4,5})-(\d\d)-(\d\d)(?:\Z|[ \t\n\v\f\r](?=\d\d:\d\d)(.*)\Z)", re.ASCII | re.DOTALL
)
_SHIFT_HEAD = re.compile(r"[^: \t\n\v\f\r]+", re.ASCII)
_MODIFIERS: dict[str, Callable[[_Moment, int], None]] = {
    "auto": _Moment._auto,
    "unixepoch": _Moment._unixepoch,
    "julianday": _Moment._julianday,
    "localtime": _Moment._localtime,
    "utc": _Moment._utc,
    "ceiling": _Moment._ceiling,
    "floor": _Moment._floor,
    "subsec": _Moment._subseconds,
    "subsecond": _Moment._subseconds,
    "start of month": lambda moment, index: moment.start_of("month"),
    "start of year": lambda moment, index: moment.start_of("year"),
    "start of day": lambda moment, index: moment.start_of("day"),
}


def _moment(now: int, args: tuple[Any, ...]) -> _Moment | None:
    """The moment that a time value and modifiers mean; None where they mean none."""
    moment = _Moment()
    try:
        moment.read(args[0] if args else "now", now)
        for index, modifier in enumerate(args[1:], 1):
            if modifier is None:
                return None
            moment.modify(text_of(modifier).partition("\0")[0], index)
        moment.to_jd()
    except (_Invalid, OverflowError):
        return None
    if moment.is_error or not 0 <= moment.jd_ms <= _MAX_MS:
        return None
    if len(args) == 1 and moment.has_date and moment.day > 28:
        moment.has_date = False
    return moment


def _date_text(moment: _Moment) -> str:
    return f"{'-' if moment.year < 0 else ''}{abs(moment.year):04d}-{moment.month:02d}-{moment.day:02d}"


def _time_text(moment: _Moment) -> str:
    start = f"{moment.hour:02d}:{moment.minute:02d}:"
    if moment.subseconds:
        milliseconds = int(1000.0 * moment.second + 0.5)
        return f"{start}{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
    return f"{start}{int(moment.second):02d}"


def _with_fields(render: Callable[[_Moment], Any]) -> Callable[..., Any]:
    def call(now: int, *args: Any) -> Any:
        moment = _moment(now, args)
        if moment is None:
            return None
        try:
            moment.to_fields()
        except _Invalid:
            return None
        return render(moment)

    return call


date = _with_fields(_date_text)
time_of_day = _with_fields(_time_text)
date_and_time = _with_fields(lambda moment: f"{_date_text(moment)} {_time_text(moment)}")


def julianday(now: int, *args: Any) -> float | None:
    """julianday(…)."""
    moment = _moment(now, args)
    return None if moment is None else moment.jd_ms / 86400000.0


def unixepoch(now: int, *args: Any) -> int | float | None:
    """unixepoch(…)."""
    moment = _moment(now, args)
    if moment is None:
        return None
    if moment.subseconds:
        return (moment.jd_ms - UNIX_EPOCH_MS) / 1000.0
    return moment.jd_ms // 1000 - UNIX_EPOCH_MS // 1000


# ------------------------------------------------------------------------------------------------ strftime


def _day_of_year(moment: _Moment) -> int:
    """0 for January 1."""
    first = _Moment()
    first.year, first.has_date = moment.year, True
    first.has_time, first.hour, first.minute, first.second = True, moment.hour, moment.minute, moment.second
    first.to_jd()
    return (moment.jd_ms - first.jd_ms + 43_200_000) // DAY_MS


def _days_after_monday(moment: _Moment) -> int:
    return (moment.jd_ms + 43_200_000) // DAY_MS % 7


def _days_after_sunday(moment: _Moment) -> int:
    return (moment.jd_ms + 129_600_000) // DAY_MS % 7


def _thursday(moment: _Moment) -> _Moment:
    """The Thursday of the ISO week."""
    other = _Moment()
    other.set_jd(moment.jd_ms + (3 - _days_after_monday(moment)) * DAY_MS)
    other.to_fields()
    return other


def _seconds_text(moment: _Moment) -> str:
    if moment.subseconds:
        return str(format_text("%.3f", (moment.jd_ms - UNIX_EPOCH_MS) / 1000.0))
    return str(moment.jd_ms // 1000 - UNIX_EPOCH_MS // 1000)


_FORMATS: dict[str, Callable[[_Moment], str]] = {
    "d": lambda m: f"{m.day:02d}",
    "e": lambda m: f"{m.day:2d}",
    "f": lambda m: str(format_text("%06.3f", min(m.second, 59.999))),
    "F": lambda m: f"{m.year:04d}-{m.month:02d}-{m.day:02d}",
    "G": lambda m: f"{_thursday(m).year:04d}",
    "g": lambda m: f"{int(math.fmod(_thursday(m).year, 100)):02d}",
    "H": lambda m: f"{m.hour:02d}",
    "k": lambda m: f"{m.hour:2d}",
    "I": lambda m: f"{m.hour % 12 or 12:02d}",
    "l": lambda m: f"{m.hour % 12 or 12:2d}",
    "j": lambda m: f"{_day_of_year(m) + 1:03d}",
    "J": lambda m: str(format_text("%.16g", m.jd_ms / 86400000.0)),
    "m": lambda m: f"{m.month:02d}",
    "M": lambda m: f"{m.minute:02d}",
    "p": lambda m: "PM" if m.hour >= 12 else "AM",
    "P": lambda m: "pm" if m.hour >= 12 else "am",
    "R": lambda m: f"{m.hour:02d}:{m.minute:02d}",
    "s": _seconds_text,
    "S": lambda m: f"{int(m.second):02d}",
    "T": lambda m: f"{m.hour:02d}:{m.minute:02d}:{int(m.second):02d}",
    "u": lambda m: str(_days_after_monday(m) + 1),
    "w": lambda m: str(_days_after_sunday(m)),
    "U": lambda m: f"{(_day_of_year(m) - _days_after_sunday(m) + 7) // 7:02d}",
    "V": lambda m: f"{_day_of_year(_thursday(m)) // 7 + 1:02d}",
    "W": lambda m: f"{(_day_of_year(m) - _days_after_monday(m) + 7) // 7:02d}",
    "Y": lambda m: f"{m.year:04d}",
    "%": lambda m: "%",
}


def strftime(now: int, *args: Any) -> str | None:
    """strftime(format, …)."""
    if not args or args[0] is None:
        return None
    moment = _moment(now, args[1:])
    if moment is None:
        return None
    template = text_of(args[0]).partition("\0")[0]
    try:
        moment.to_fields()
        parts = []
        at = 0
        while (found := template.find("%", at)) >= 0:
            parts.append(template[at:found])
            conversion = _FORMATS.get(template[found + 1 : found + 2])
            if conversion is None:
                return None
            parts.append(conversion(moment))
            at = found + 2
    except _Invalid:
        return None
    return "".join(parts) + template[at:]


# ------------------------------------------------------------------------------------------------ timediff


def timediff(now: int, first: Any, second: Any) -> str | None:
    """timediff(a, b): what must be added to b to get a, in calendar units."""
    a, b = _moment(now, (first,)), _moment(now, (second,))
    if a is None or b is None:
        return None
    try:
        a.to_fields()
        b.to_fields()
        return _difference(a, b, 1 if a.jd_ms >= b.jd_ms else -1)
    except _Invalid:
        return None


def _difference(a: _Moment, b: _Moment, sign: int) -> str:
    years, months = sign * (a.year - b.year), sign * (a.month - b.month)
    if months < 0:
        years, months = years - 1, months + 12
    b.year, b.month, b.has_jd = a.year, a.month, False
    b.to_jd()
    while sign * (a.jd_ms - b.jd_ms) < 0:
        months -= 1
        if months < 0:
            years, months = years - 1, 11
        b._add_months(-sign)
        b.has_jd = False
        b.to_jd()
    span = _Moment()
    span.set_jd(abs(a.jd_ms - b.jd_ms) + 1486995408 * 100_000)
    span.to_fields()
    seconds = format_text("%06.3f", span.second)
    return (
        f"{'+' if sign > 0 else '-'}{years:04d}-{months:02d}-{span.day - 1:02d} "
        f"{span.hour:02d}:{span.minute:02d}:{seconds}"
    )
