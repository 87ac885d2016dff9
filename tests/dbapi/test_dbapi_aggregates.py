"""Aggregates of the user give what the stdlib's module gives."""

from __future__ import annotations

import sqlite3
import sys

import pytest
from both_modules import attempt, same, table_of

import mantisdb_dbapi


class Steps:
    """Ten for every step."""

    def __init__(self) -> None:
        self.total = 0

    def step(self, *args: object) -> None:
        self.total += 10

    def finalize(self) -> str:
        return f"n{self.total}"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT g()",
        "SELECT g() FROM t",
        "SELECT g(), count(*), sum(a) FROM t",
        "SELECT a, g() FROM t GROUP BY a",
        "SELECT a, g(), g() FILTER (WHERE b IS NULL) FROM t GROUP BY a",
        "SELECT a, g() FROM t GROUP BY a HAVING g() = 'n10'",
    ],
)
def test_an_aggregate_without_arguments_is_the_users_own(query):
    results = []
    for module in (sqlite3, mantisdb_dbapi):
        connection = module.connect(":memory:")
        connection.create_aggregate("g", 0, Steps)
        connection.execute("CREATE TABLE t(a, b)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(1, 2), (1, 3), (2, None)])
        results.append(connection.execute(query).fetchall())
        connection.close()
    assert results[1] == results[0]


@same
def test_a_window_function_of_the_users_own_slides(db):
    class Sum:
        def __init__(self):
            self.sum = 0

        def step(self, value):
            self.sum += value

        def inverse(self, value):
            self.sum -= value

        def value(self):
            return self.sum

        finalize = value

    connection = db.connect(":memory:")
    connection.execute("CREATE TABLE t (a)")
    connection.executemany("INSERT INTO t VALUES (?)", [(i,) for i in range(6)])
    connection.create_window_function("w", 1, Sum)
    sql = "SELECT w(a) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), (SELECT w(a) FROM t) FROM t"
    return [
        connection.execute(sql).fetchall(),
        attempt(connection.create_window_function, "w", "x", Sum),
        attempt(connection.create_window_function, "w", -2, Sum),
    ]


WINDOW_METHODS = {
    "__init__": lambda self: setattr(self, "sum", 0),
    "step": lambda self, value: setattr(self, "sum", self.sum + value),
    "inverse": lambda self, value: setattr(self, "sum", self.sum - value),
    "value": lambda self: self.sum,
    "finalize": lambda self: self.sum,
}
WINDOW_QUERIES = (
    "SELECT w(a) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM t",
    "SELECT w(a) OVER (ORDER BY a) FROM t",
    "SELECT w(a) FROM t",
)


def _fail(*_):
    raise ZeroDivisionError


def _broken_windows():
    """(name, class) of window functions of which one method is not as it should be."""
    for name in WINDOW_METHODS:
        yield f"{name} fails", type("Window", (), WINDOW_METHODS | {name: _fail})
    for name in ("step", "inverse", "value", "finalize"):
        yield f"no {name}", type("Window", (), {n: method for n, method in WINDOW_METHODS.items() if n != name})
    for name in ("value", "finalize"):
        yield f"{name} is too large", type("Window", (), WINDOW_METHODS | {name: lambda self: 1 << 65})


@same
def test_errors_of_window_functions_name_the_method_and_are_reported(db):
    connection = table_of(db, *[(i, i) for i in range(6)])
    reported, seen = set(), []
    before, sys.unraisablehook = sys.unraisablehook, lambda report: reported.add(report.exc_type.__name__)
    db.enable_callback_tracebacks(True)
    try:
        for name, window in _broken_windows():
            connection.create_window_function("w", 1, window)
            for sql in WINDOW_QUERIES:
                reported.clear()
                seen.append((name, attempt(lambda sql=sql: connection.execute(sql).fetchall()), sorted(reported)))
    finally:
        sys.unraisablehook = before
        db.enable_callback_tracebacks(False)
    return seen


@same
def test_an_unknown_collation_is_named_as_it_is_written(db):
    connection = db.connect(":memory:")
    compound = "SELECT 'a' UNION SELECT 'b' ORDER BY 1 COLLATE "
    return [
        attempt(connection.execute, compound + "myColl"),
        attempt(connection.execute, compound + "nocase COLLATE myColl"),
        attempt(connection.execute, "SELECT 'a' COLLATE myColl < 'b'"),
    ]
