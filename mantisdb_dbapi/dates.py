"""PEP 249's date and time constructors, and the default adapters and converters of date and datetime.

A date is stored as ``YYYY-MM-DD``, a datetime as ``YYYY-MM-DD HH:MM:SS[.ffffff][±HH:MM]``; columns declared
``date`` and ``timestamp`` are read back. As in the standard library the defaults are deprecated from Python
3.12 on.
"""

from __future__ import annotations

import datetime
import sys
import time
import warnings

from mantisdb_dbapi.adaptation import register_adapter, register_converter

__all__ = [
    "Binary",
    "Date",
    "DateFromTicks",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "register_defaults",
]

Binary = memoryview
Date = datetime.date
Time = datetime.time
Timestamp = datetime.datetime


def DateFromTicks(ticks: float) -> datetime.date:
    """The local date at ``ticks`` seconds since the epoch."""
    return Date(*time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> datetime.time:
    """The local time of day at ``ticks`` seconds since the epoch."""
    return Time(*time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> datetime.datetime:
    """The local date and time at ``ticks`` seconds since the epoch."""
    return Timestamp(*time.localtime(ticks)[:6])


def _warn_of(what: str) -> None:
    if sys.version_info >= (3, 12):
        warnings.warn(
            f"The default {what} is deprecated as of Python 3.12; "
            "see the sqlite3 documentation for suggested replacement recipes",
            DeprecationWarning,
            stacklevel=3,
        )


def _adapt_date(value: datetime.date) -> str:
    _warn_of("date adapter")
    return value.isoformat()


def _adapt_datetime(value: datetime.datetime) -> str:
    _warn_of("datetime adapter")
    return value.isoformat(" ")


def _convert_date(text: bytes) -> datetime.date:
    _warn_of("date converter")
    return datetime.date(*map(int, text.split(b"-")))


def _convert_timestamp(text: bytes) -> datetime.datetime:
    _warn_of("timestamp converter")
    day, time_of_day = text.split(b" ")
    year, month, day_of_month = map(int, day.split(b"-"))
    whole, *fraction = time_of_day.split(b".")
    hours, minutes, seconds = map(int, whole.split(b":"))
    # Exactly one fraction, as the standard library reads it: digits beyond microseconds are cut off.
    microseconds = int(fraction[0].decode()[:6].ljust(6, "0")) if len(fraction) == 1 else 0
    return datetime.datetime(year, month, day_of_month, hours, minutes, seconds, microseconds)


def register_defaults() -> None:
    """Register the default adapters and converters."""
    register_adapter(datetime.date, _adapt_date)
    register_adapter(datetime.datetime, _adapt_datetime)
    register_converter("date", _convert_date)
    register_converter("timestamp", _convert_timestamp)
