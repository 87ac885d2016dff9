"""Aggregates of the user give what the stdlib's module gives."""

from __future__ import annotations

import sqlite3

import pytest
from both_modules import attempt, same

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
