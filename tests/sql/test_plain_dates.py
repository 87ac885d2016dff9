"""Date functions with constant modifiers over columns, beside the newest SQLite: plain dates take a quick way.

MANTISDB_SEED replays a failure, MANTISDB_LONG=1 runs twenty times as many.
"""

from __future__ import annotations

import random
from typing import Any

import apsw

import mantisdb_dbapi

ODD: list[Any] = [
    None,
    "",
    "now ",
    "2024",
    "2024-02-30",
    "2024-02-31 24:00",
    "2024-13-01",
    "2024-00-10",
    "2024-01-32",
    "0000-01-01",
    "9999-12-31",
    "9999-12-31 23:59:59",
    "-0044-03-15",
    "2024-01-01T",
    "2024-01-01 ",
    "2024-01-01  12:00",
    "2024-01-01T12:00:00Z",
    "2024-01-01 12:00+02:00",
    "2024-01-01 12:00:00.123",
    "2024-01-01 12:00:60",
    "24:00",
    "12:30",
    "2024-01-01 1:00",
    "2024-1-1",
    "2024-01-01x",
    " 2024-01-01",
    "2024-01-01\x00 12:00",
    "２０２４-01-01",
    "2460000.5",
    b"2024-01-01",
    b"",
    0,
    -1,
    59,
    86399,
    86400,
    -86400,
    -86401,
    2460000,
    2460000.5,
    1e10,
    253402300799,
    253402300800,
    -62167219200,
    -62167219201,
    -210866760000,
    1.5,
    1700000000.25,
    2**62,
    -(2**62),
    "1700000000",
    "1700000000.5",
]
MODIFIERS = [
    "+1 month",
    "-1 month",
    "+13 months",
    "+1 year",
    "-4 years",
    "+30 days",
    "-1 day",
    "7 days",
    "+0 days",
    "start of month",
    "start of year",
    "start of day",
    "weekday 0",
    "weekday 6",
    "weekday 7",
    "+1 hour",
    "+1.5 days",
    "+100000 years",
    "floor",
    "ceiling",
    "utc",
    "auto",
    "julianday",
    "subsec",
    "+01:00",
    "x",
    "+999999 days",
]
TEMPLATES = [
    "%Y-%m",
    "%Y-%m-%d",
    "%d",
    "%j",
    "%W",
    "%U",
    "%V",
    "%G",
    "%w",
    "%u",
    "%H",
    "%H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%s",
    "%f",
    "%H %Y",
    "%Y %%",
    "%",
    "%q",
    "",
    "day %d at %H",
    "%Y%m%dT%H%M%S",
    "%J",
    "%I %p",
    "%F %T",
    "%R",
    "%e",
    "%k%l%P",
    "%g",
]


def _times(rng: random.Random) -> list[Any]:
    values: list[Any] = []
    for _ in range(60):
        year, month = rng.choice([rng.randrange(1990, 2030), rng.randrange(10000)]), rng.randrange(1, 13)
        day = f"{year:04d}-{month:02d}-{rng.choice([1, 15, 28, 29, 30, 31]):02d}"
        clock = f"{rng.randrange(24):02d}:{rng.randrange(60):02d}"
        seconds = f":{rng.randrange(60):02d}"
        values += [day, f"{day} {clock}", f"{day}T{clock}{seconds}", f"{day} {clock}{seconds}", rng.randrange(2**32)]
        values += [-rng.randrange(2**34), day + " 00:00:00"]
    return values + ODD


def _modifiers(rng: random.Random) -> str:
    count = rng.choice([0, 0, 1, 1, 2, 3])
    chosen = [rng.choice(MODIFIERS) for _ in range(count)]
    if rng.random() < 0.3:
        chosen.insert(0, "unixepoch")
    return "".join(f", '{modifier}'" for modifier in chosen)


def _answer(connection: Any, sql: str) -> list[tuple[str, str]]:
    return [(type(row[0]).__name__, repr(row[0])) for row in connection.execute(sql)]


def test_constant_modifiers_over_columns_answer_as_sqlite_does(seed: int, long_mode: bool) -> None:
    rng = random.Random(seed)
    ours, theirs = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    for connection in (ours, theirs):
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at)")
    differences = []
    for round_number in range(400 * (20 if long_mode else 1)):
        if round_number % 100 == 0:
            values = [(value,) for value in _times(rng)]
            for connection in (ours, theirs):
                connection.execute("DELETE FROM t")
                connection.executemany("INSERT INTO t (at) VALUES (?)", values)
        name = rng.choice(["date", "time", "datetime", "julianday", "unixepoch", "strftime"])
        template = f"'{rng.choice(TEMPLATES)}', " if name == "strftime" else ""
        sql = f"SELECT {name}({template}at{_modifiers(rng)}) FROM t ORDER BY id"
        found, expected = _answer(ours, sql), _answer(theirs, sql)
        if found != expected:
            wrong = [(v, f, e) for (v,), f, e in zip(values, found, expected, strict=True) if f != e]
            differences.append(f"{sql}: {len(wrong)}, as {wrong[:3]}")
    ours.close()
    assert not differences, f"{len(differences)} differ:\n" + "\n".join(differences[:20])
