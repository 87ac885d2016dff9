"""executemany stores what the standard library stores, also where a batch has rows that want a second look."""

from __future__ import annotations

import array
import datetime
import enum
import warnings
from collections import OrderedDict
from decimal import Decimal
from typing import Any

from both_modules import attempt, same, table_of

ROWS = 40
"""Enough for a batch, and few enough that each scenario looks at every row."""


class Colour(enum.IntEnum):
    RED = 1
    BLUE = 2


class Word(str):
    pass


class Point:
    def __init__(self, x: int) -> None:
        self.x = x

    def __conform__(self, protocol: object) -> str:
        if self.x < 0:
            raise ZeroDivisionError("left of the axis")
        return f"({self.x})"


def _rows_of(value: Any) -> list[tuple[int, Any]]:
    """Rows among which every third has the value."""
    return [(n, value if n % 3 == 0 else n / 2) for n in range(ROWS)]


def _stored(connection: Any) -> list[Any]:
    rows: list[Any] = connection.execute("SELECT a, b, typeof(b) FROM t ORDER BY a").fetchall()
    return rows


def _insert(connection: Any, rows: Any, sql: str = "INSERT INTO t VALUES (?, ?)") -> list[Any]:
    """What executemany says, and what is in the table then; taken back afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        cursor = connection.cursor()
        said = attempt(lambda: cursor.executemany(sql, rows).rowcount)
    seen = [said, cursor.lastrowid, _stored(connection)]
    connection.rollback()
    return seen


@same
def test_values_that_are_not_plain_are_stored_as_their_base_or_as_adapted(db):
    connection = table_of(db)
    buffers = [bytearray(b"\x00\xff"), memoryview(b"view"), array.array("B", b"ab")]
    dates = [datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 30, 15, 123456)]
    values = [True, float("nan"), float("-inf"), -0.0, Colour.BLUE, Word("w"), *buffers, *dates, Point(3)]
    return [_insert(connection, _rows_of(value)) for value in values]


@same
def test_a_value_that_cannot_be_bound_leaves_the_rows_before_it(db):
    connection = table_of(db)
    bad = [object(), Decimal("1.5"), 2**63, "\ud800", Point(-1), [1], 1 + 2j]
    rows = [[(n, value if n == 25 else True) for n in range(ROWS)] for value in bad]
    return [_insert(connection, given) for given in rows]


@same
def test_rows_that_are_dicts_are_bound_by_name(db):
    connection = table_of(db)
    sql = "INSERT INTO t VALUES (:a, $b)"
    good: list[Any] = [{"b": str(n), "a": n, "unused": None} for n in range(ROWS)]
    missing = [{"a": n, "b": n} if n != 30 else {"a": n} for n in range(ROWS)]
    adapted = [{"a": n, "b": n % 2 == 0} for n in range(ROWS)]
    repeated = [{"a": n // 39 * 5 or n, "b": "x"} for n in range(ROWS)]
    ordered = [OrderedDict(row) for row in good]
    mixed = [row if n % 2 else (n, row["b"]) for n, row in enumerate(good)]
    seen = [_insert(connection, rows, sql) for rows in (good, missing, adapted, repeated, ordered)]
    by_place = [(good, "INSERT INTO t VALUES (?, ?)"), (mixed, "INSERT INTO t VALUES (?1, ?2)")]
    return [*seen, *(_insert(connection, rows, sql) for rows, sql in by_place)]


@same
def test_one_name_may_stand_for_several_columns(db):
    connection = table_of(db)
    rows = [{"n": n} for n in range(ROWS)]
    return _insert(connection, rows, "INSERT INTO t VALUES (:n, :n)")


@same
def test_adapters_of_a_module_are_asked_for_whole_batches(db):
    class Money:
        def __init__(self, cents: int) -> None:
            self.cents = cents

    db.register_adapter(Money, lambda money: money.cents / 100 if money.cents != 13 else float("nan"))
    connection = table_of(db)
    return _insert(connection, [(n, Money(n)) for n in range(ROWS)])


@same
def test_rows_of_other_widths_fail_where_they_stand(db):
    connection = table_of(db)
    rows = [(n, True) if n != 20 else (n, True, "more") for n in range(ROWS)]
    lists = [[n, None] if n != 20 else [n] for n in range(ROWS)]
    return [_insert(connection, rows), _insert(connection, lists)]


@same
def test_updates_and_deletes_take_dicts_and_adapted_values(db):
    connection = table_of(db, *[(n, n) for n in range(ROWS)])
    updates = [{"key": n, "new": n % 2 == 1} for n in range(0, ROWS, 2)]
    changed = [
        connection.executemany("UPDATE t SET b = :new WHERE a = :key", updates).rowcount,
        connection.executemany("DELETE FROM t WHERE a = ?", [(Colour.RED,), (True,), (7,)]).rowcount,
    ]
    return [changed, _stored(connection)]
