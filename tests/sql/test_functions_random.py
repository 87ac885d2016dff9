"""Functions over random arguments, through SQL, beside the newest SQLite: values, storage classes and error texts.

Three generators: any function over any awkward values (as parameters, as literals, and as columns, which compile to
different code); dates with chains of modifiers; printf with random conversions. MANTISDB_SEED replays a failure,
MANTISDB_LONG=1 runs twenty times as many.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

import apsw
import pytest

import mantisdb_dbapi

VALUES: list[Any] = [
    None, 0, 1, -1, 2, 3, 5, -7, 31, 64, 255, 1000, 2**31 - 1, 2**31, -(2**31), 2**53 + 1, 2**62, 2**63 - 1, -(2**63),
    0.0, -0.0, 0.5, 1.0, 1.5, -2.5, 0.1, 1e-5, 123456.789, 1e15, 4503599627370497.5, 1e18, 9.3e18, 1e300, -1e300,
    5e-324, math.inf, -math.inf, "", "a", "A", "abc", "ABD", "äb", " a ", "a'b", "1", "-1", "1.0", " 1 ", "1x", "1e3",
    "0x1f", "9223372036854775808", "-", "%", "%d", "\x00", "a\x00b", "😀x", "\\u0041", "12:34", "2024-02-29", "now",
    "%Y", "2460000.5", b"", b"a", b"1", b"\x00", b"\xff\xfe", b"abc", "6162", "61 62", b"\xc3",
]  # fmt: skip
NOT_HERE = {  # not a function of the arguments alone, or of a module that is not there, or its build's own
    "changes", "fts3_tokenizer", "last_insert_rowid", "likelihood", "load_extension", "random", "randomblob",
    "sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_source_id", "sqlite_log", "total_changes",
}  # fmt: skip
MODULES = ("->", "bm25", "fts", "geopoly", "highlight", "json", "match", "offsets", "optimize", "rtree", "snippet")


DATES = {
    "current_date", "current_time", "current_timestamp", "date", "datetime", "julianday", "strftime", "time",
    "unixepoch",
}  # fmt: skip


class Both:
    """One connection to each engine."""

    def __init__(self) -> None:
        self.ours = mantisdb_dbapi.connect(":memory:", isolation_level=None)
        self.theirs = apsw.Connection(":memory:")
        self.differences: list[str] = []

    def ask(self, sql: str, params: tuple[Any, ...] = ()) -> None:
        """Compare the answers to a query."""
        try:
            expected = _answer(self.theirs, sql, params, apsw.Error)
        except UnicodeDecodeError:
            return  # apsw cannot hand out text that is not UTF-8
        found = _answer(self.ours, sql, params, mantisdb_dbapi.Error)
        if found != expected:
            self.differences.append(f"{sql} {params!r}\n  ours   {found}\n  SQLite {expected}")

    def close(self) -> None:
        self.ours.close()
        assert not self.differences, f"{len(self.differences)} differ:\n" + "\n".join(self.differences[:20])


def _answer(connection: Any, sql: str, params: tuple[Any, ...], errors: type[Exception]) -> Any:
    try:
        rows = connection.execute(sql, params).fetchall()
    except errors as error:
        return str(error)
    return [[(type(value).__name__, repr(value)) for value in row] for row in rows]


@pytest.fixture
def both() -> Iterator[Both]:
    pair = Both()
    yield pair
    pair.close()


@pytest.fixture
def chance(seed: int) -> random.Random:
    return random.Random(f"functions {seed}")


def functions() -> list[tuple[str, int]]:
    """(name, number of arguments) of every scalar function that depends on its arguments only."""
    rows = apsw.Connection(":memory:").execute("SELECT DISTINCT name, narg FROM pragma_function_list WHERE type = 's'")
    return sorted(
        (name, count)
        for name, narg in rows
        if name not in NOT_HERE and not name.startswith(MODULES)
        for count in ([narg] if narg >= 0 else range(6))
        if (name, count) not in (("max", 1), ("min", 1))  # aggregates
    )


def literal(value: Any) -> str:
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "9e999" if value > 0 else "-9e999"
    if isinstance(value, str) and "\0" in value:
        return f"CAST(x'{value.encode().hex()}' AS TEXT)"
    return apsw.format_sql_value(value)


def _allowed(name: str, values: tuple[Any, ...]) -> bool:
    """Neither gigabytes of zeros nor the time of day."""
    if (name in DATES or name == "timediff") and (not values or "now" in values):
        return False
    return name != "zeroblob" or not any(isinstance(v, int | float) and v > 1e6 for v in values)


def test_any_function_of_any_values(both: Both, chance: random.Random, long_mode: bool) -> None:
    known = [(name, count) for name, count in functions()]
    assert len(known) > 150
    for name, count in known:
        for _ in range(400 if long_mode else 20):
            values = tuple(chance.choice(VALUES) for _ in range(count))
            if not _allowed(name, values):
                continue
            both.ask(f'SELECT "{name}"({", ".join("?" * count)})', values)
            both.ask(f'SELECT "{name}"({", ".join(map(literal, values))})')


def test_any_function_of_columns(both: Both, chance: random.Random, long_mode: bool) -> None:
    for connection in (both.ours, both.theirs):
        connection.execute("CREATE TABLE v(i INTEGER, r REAL, t TEXT, x, a INTEGER, b)")
    values = [value for value in VALUES if value != "now"]
    rows = [tuple(chance.choice(values) for _ in range(6)) for _ in range(400 if long_mode else 60)]
    for row in rows:
        for connection in (both.ours, both.theirs):
            connection.execute("INSERT INTO v VALUES (?, ?, ?, ?, ?, ?)", row)
    for name, count in functions():
        if name == "zeroblob" or name in DATES:
            continue
        for _ in range(20 if long_mode else 2):
            call = f'"{name}"({", ".join(chance.choice("irtxab") for _ in range(count))})'
            both.ask(f"SELECT {call} FROM v")
            both.ask(f"SELECT count(*) FROM v WHERE {call}")
            row = chance.randrange(len(rows)) + 1
            both.ask(f"SELECT {call} FROM v WHERE rowid = {row}")


# ------------------------------------------------------------------------------------------------------- dates

TIMES = [
    "2024-02-29", "2024-02-29 12:34:56", "2024-02-29T12:34:56.789Z", "2024-12-31 23:59:59.999", "0000-01-01",
    "9999-12-31 23:59:59", "-4713-11-24 12:00", "2024-02-30", "2024-13-01", "2024-1-1", "12:34", "23:59:59.9999",
    "24:00", "24:00:00.1", "2024-02-29 12:34+05:30", "2024-02-29 12:34:56 -03:15", "2460000.5", 2460000.5, 0,
    1721059.5, 5373484.499999, 5373484.5, -1, 1e9, 1700000000, 1700000000.5, -62167219200, 253402300799, 253402300800,
    "1700000000", "", None, b"2024-01-01", "2024-01-31", "2023-03-01 00:00", "2000-02-28 24:00:00", "1900-02-28",
    "2024-02-29 12:34:56.", "2024-02-29 12:34:5", "2024-02-29  12:34", "  2024-02-29", "2024-02-29 ", "20240229",
    1e300, math.inf, "1e9", "+2024-01-01", "2024-06-15 12:00:00.0005", 2440587.5, "2024-02-29 12:34z",
]  # fmt: skip
AMOUNTS = [
    "1", "-1", "+1", "12", "-13", "0", "0.5", "-0.5", "+1.5", "30", "100", "-400", "1e2", "99999", "5373485",
    "-5373485", "464269061", "1000000", "+12345678901", "-1.25", "000001", "14713", "-14713",
]  # fmt: skip
UNITS = [
    "day", "days", "DAYS", "hour", "hours", "minute", "minutes", "second", "seconds", "month", "months", "year",
    "years", "week", "dayz",
]  # fmt: skip
MODIFIERS = [
    "start of month", "start of year", "start of day", "start of week", "weekday 0", "weekday 3", "weekday 6",
    "weekday 7", "weekday 1.5", "unixepoch", "julianday", "auto", "localtime", "utc", "subsec", "subsecond", "floor",
    "ceiling", "FLOOR", "Start Of Month", "start of  day", "weekday", "unixepoch ", "now", "", None, "1 day 2", "5",
    "1month", "1.5 months", "-1.5 years", "2.9 days", "12:34", "Auto", 3, b"1 day",
]  # fmt: skip
CONVERSIONS = [
    "%d", "%e", "%f", "%F", "%G", "%g", "%H", "%k", "%I", "%l", "%j", "%J", "%m", "%M", "%p", "%P",
    "%R", "%s", "%S", "%T", "%u", "%w", "%U", "%V", "%W", "%Y", "%%", "%q", "%", "abc", "%C", "é%Y",
]  # fmt: skip


def modifier(chance: random.Random) -> Any:
    kind = chance.random()
    if kind < 0.4:
        return f"{chance.choice(AMOUNTS)} {chance.choice(UNITS)}"
    sign = chance.choice(["+", "-", ""])
    clock = chance.choice(["", " 12:34", " 12:34:56", " 12:34:56.789", " 24:00", " 23:60", "x"])
    if kind < 0.47:
        return sign + clock.strip()
    if kind < 0.55:
        return sign + chance.choice(["0001-00-00", "0000-01-00", "0001-02-03", "0001-12-00", "9999-00-00"]) + clock
    return chance.choice(MODIFIERS)


def test_dates_with_modifiers(both: Both, chance: random.Random, long_mode: bool) -> None:
    names = [*sorted(name for name in DATES if not name.startswith("current")), "timediff"]
    for _ in range(100_000 if long_mode else 5_000):
        name = chance.choice(names)
        args = [chance.choice(TIMES)]
        if name == "timediff":
            args.append(chance.choice(TIMES))
        else:
            args += [modifier(chance) for _ in range(chance.choice([0, 1, 1, 2, 2, 3, 4]))]
        if name == "strftime":
            args.insert(0, "".join(chance.choice(CONVERSIONS) for _ in range(chance.randint(1, 3))))
        both.ask(f"SELECT {name}({', '.join('?' * len(args))})", tuple(args))


# ------------------------------------------------------------------------------------------------------ printf


def conversion(chance: random.Random) -> str:
    flags = "".join(chance.choice("-+ #!0,") for _ in range(chance.choice([0, 0, 1, 1, 2, 3])))
    width = chance.choice(["", "", "", "1", "5", "12", "25", "*", "05"])
    precision = chance.choice(["", "", "", ".", ".0", ".1", ".2", ".5", ".10", ".17", ".25", ".*"])
    length = chance.choice(["", "", "", "l", "ll", "lll"])
    return f"%{flags}{width}{precision}{length}{chance.choice('dduixXofeEgGcsszqQwrpn%jJ ')}"


def test_printf(both: Both, chance: random.Random, long_mode: bool) -> None:
    for _ in range(100_000 if long_mode else 5_000):
        template = "".join(chance.choice(["", "a", "é", " "]) + conversion(chance) for _ in range(chance.randint(1, 3)))
        args = [chance.choice(VALUES) for _ in range(chance.choice([0, 1, 1, 2, 3]))]
        if any(isinstance(v, int | float) and abs(v) > 1e6 for v in args) and "*" in template:
            continue  # gigabytes of spaces
        both.ask(f"SELECT format({', '.join('?' * (1 + len(args)))})", (template, *args))


def usual_value(chance: random.Random) -> object:
    """A value that formats are usually given, among them those in the middle between two decimals."""
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randrange(-1000, 1000)
    if kind == 1:
        return float(chance.randrange(-999, 999) * 10 + 5) * 10.0 ** chance.randrange(-6, 9)
    if kind == 2:
        return chance.uniform(-1, 1) * 10.0 ** chance.randrange(-12, 20)
    if kind == 3:
        return chance.randrange(-(10**6), 10**6) / 1000 + 0.0005
    return chance.choice(["", "abc", "é漢", "a\0b", None, 0.0, -0.0, 0.5, 0.05, 1e15, 2**63 - 1])


def test_usual_formats(both: Both, chance: random.Random, long_mode: bool) -> None:
    for _ in range(100_000 if long_mode else 5_000):
        conversions = [
            f"%{chance.choice(['', '', '0', '-'])}{chance.choice(['', '', '5', '12'])}"
            f"{chance.choice(['', '', '.0', '.1', '.2', '.6'])}{chance.choice('ddsfffxgeu')}"
            for _ in range(chance.randint(1, 2))
        ]
        args = [usual_value(chance) for _ in conversions]
        template = chance.choice(["", "a", "%%"]).join(conversions)
        both.ask(f"SELECT printf({', '.join('?' * (1 + len(args)))})", (template, *args))
