"""Deep and huge statements get the newest SQLite's answer or an error of its kind, and long ones can be stopped.

An exception of Python's own (RecursionError, MemoryError, SyntaxError of generated code …) is always wrong. The limits
are those that apsw is built with: expressions 1,000 deep, 500 terms in a compound, 2,000 columns, 64 tables in a join,
32,766 parameters.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

# An interrupt that strikes in a callback of the garbage collector is told to sys.unraisablehook, and repeated.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

apsw = pytest.importorskip("apsw")

SLOW = "SELECT count(*) FROM n AS a, n AS b, n AS c, n AS d WHERE a.x + b.x + c.x + d.x = -1"
STOP_S, SLACK_S = 0.05, 2.0
"""An interrupt takes 50 ms on a machine with nothing else to do; tests share theirs."""


def _setup(connection: Any) -> None:
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b, c TEXT)")
    connection.execute("INSERT INTO t VALUES (1, 2, 'x'), (2, NULL, 'y'), (3, 4.5, 'z')")


@pytest.fixture(scope="module")
def ours(driver: ModuleType) -> Iterator[Any]:
    connection = driver.connect(":memory:", isolation_level=None)
    _setup(connection)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def oracle() -> Iterator[Any]:
    connection = apsw.Connection(":memory:")
    _setup(connection)
    yield connection
    connection.close()


def _joined(count: int, separator: str, term: str) -> str:
    return separator.join(term.format(n=n) for n in range(count))


STATEMENTS = {
    "sum of 900 terms": f"SELECT {_joined(900, ' + ', '{n}')}",
    "sum of 5000 terms": f"SELECT {_joined(5000, ' + ', '{n}')}",
    "5000 terms with OR": f"SELECT a FROM t WHERE {_joined(5000, ' OR ', 'a = {n}')}",
    "900 terms with OR": f"SELECT a FROM t WHERE {_joined(900, ' OR ', 'a = {n}')}",
    "900 terms with AND": f"SELECT a FROM t WHERE {_joined(900, ' AND ', 'a <> {n} + 7')}",
    "900 terms with ||": f"SELECT {_joined(900, ' || ', 'c')} FROM t",
    "90 nested parentheses": f"SELECT {'(' * 90}a{')' * 90} FROM t",
    "500 nested parentheses": f"SELECT {'(' * 500}a + 1{')' * 500} FROM t",
    "500 nested sums": f"SELECT {'(' * 500}a{' + 1)' * 500} FROM t",
    "2000 nested sums": f"SELECT {'(' * 2000}a{' + 1)' * 2000} FROM t",
    "500 NOTs": f"SELECT {'NOT ' * 500}a FROM t",
    "500 minus signs": f"SELECT {'- ' * 500}a FROM t",
    "300 nested calls": f"SELECT {'abs(' * 300}a{')' * 300} FROM t",
    "200 nested CASEs": f"SELECT {'CASE WHEN a = 1 THEN b ELSE ' * 200}0{' END' * 200} FROM t",
    "40 nested queries in FROM": f"SELECT * FROM {'(SELECT * FROM ' * 40}t{')' * 40}",
    "30 nested scalar subqueries": f"SELECT {'(SELECT ' * 30}a{')' * 30} FROM t",
    "40 nested EXISTS": f"SELECT a FROM t WHERE {'EXISTS (SELECT 1 FROM t WHERE ' * 40}1{')' * 40}",
    "list of 20000 for IN": f"SELECT a FROM t WHERE a IN ({_joined(20000, ', ', '{n}')})",
    "2000 columns": f"SELECT {_joined(2000, ', ', '{n}')}",
    "2001 columns": f"SELECT {_joined(2001, ', ', '{n}')}",
    "join of 12": f"SELECT count(*) FROM {_joined(12, ' JOIN ', 't AS t{n} USING (a)').replace(' USING (a)', '', 1)}",
    "join of 64": f"SELECT count(*) FROM {_joined(64, ' JOIN ', 't AS t{n} USING (a)').replace(' USING (a)', '', 1)}",
    "join of 65": f"SELECT count(*) FROM {_joined(65, ' JOIN ', 't AS t{n} USING (a)').replace(' USING (a)', '', 1)}",
    "64 tables, one row each": f"SELECT count(*) FROM {_joined(64, ', ', '(SELECT {n}) AS t{n}')}",
    "join of 40 by comma": f"SELECT count(*) FROM {_joined(40, ', ', 't AS t{n}')} WHERE "
    + " AND ".join(f"t{n}.a = t{n + 1}.a" for n in range(39)),
    "compound of 500": " UNION ALL ".join(f"SELECT {n}" for n in range(500)),
    "compound of 501": " UNION ALL ".join(f"SELECT {n}" for n in range(501)),
    "UNION of 200": " UNION ".join(f"SELECT {n % 3}" for n in range(200)),
    "VALUES of 5000": f"VALUES {_joined(5000, ', ', '({n}, {n})')}",
    "100 CTEs": "WITH "
    + ", ".join(f"w{n} AS (SELECT * FROM {f'w{n - 1}' if n else 't'})" for n in range(60))
    + " SELECT * FROM w59",
    "100 arguments": f"SELECT max({_joined(100, ', ', '{n}')})",
    "1001 arguments": f"SELECT max({_joined(1001, ', ', '{n}')})",
    "300 GROUP BY terms": f"SELECT count(*) FROM t GROUP BY {_joined(300, ', ', 'a + {n}')}",
    "300 ORDER BY terms": f"SELECT a FROM t ORDER BY {_joined(300, ', ', 'a + {n}')}",
    "500 aggregates": f"SELECT {_joined(500, ', ', 'sum(a + {n})')} FROM t",
    "row values of 100": f"SELECT ({_joined(100, ', ', '{n}')}) < ({_joined(100, ', ', '{n}')})",
    "LIKE pattern of 50001": f"SELECT 'a' LIKE '{'a' * 50001}'",
    "name of 100000 letters": f"SELECT 1 AS {'n' * 100000}",
    "string of 3000000 letters": f"SELECT length('{'n' * 3000000}')",
    "unfinished parentheses": "SELECT " + "(" * 200,
}


def _outcome(connection: Any, errors: type[Exception], sql: str, params: Any = ()) -> Any:
    """Rows, or the kind of error: its text up to what it names."""
    try:
        return connection.execute(sql, params).fetchall()
    except errors as error:
        return str(error).split(":")[0]


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_huge_statement_gets_sqlites_answer(
    driver: ModuleType, ours: Any, oracle: Any, name: str
) -> None:
    sql = STATEMENTS[name]
    theirs = _outcome(oracle, apsw.Error, sql)
    assert _outcome(ours, driver.Error, sql) == theirs


@pytest.mark.parametrize("count", [1000, 32766, 32767, 100_000])
def test_as_many_parameters_as_sqlite_takes(driver: ModuleType, ours: Any, oracle: Any, count: int) -> None:
    sql = f"SELECT a FROM t WHERE a IN ({', '.join('?' * count)})"
    params = list(range(count))
    assert _outcome(ours, driver.Error, sql, params) == _outcome(oracle, apsw.Error, sql, params)


@pytest.fixture()
def numbers(driver: ModuleType) -> Iterator[Any]:
    connection = driver.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE n (x INTEGER)")
    connection.executemany("INSERT INTO n VALUES (?)", ((n,) for n in range(1000)))
    yield connection
    connection.close()


LONG = {
    "join": SLOW,
    "grouped join": "SELECT a.x % 7, max(a.x * b.x % 97 + c.x * d.x % 89) FROM n a, n b, n c, n d GROUP BY 1",
    "sorted join": "SELECT a.x FROM n a, n b, n c, n d ORDER BY b.x * c.x % 17 LIMIT 3",
    "correlated subquery": "SELECT sum((SELECT count(*) FROM n b, n c WHERE b.x + c.x <> a.x)) FROM n a",
    "recursion": "WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r WHERE i < 0",
}


@pytest.mark.parametrize("name", LONG)
def test_interrupt_stops_a_long_query_soon(driver: ModuleType, numbers: Any, name: str) -> None:
    numbers.execute("SELECT 1 FROM n LIMIT 1").fetchall()
    stopped: list[float] = []

    def interrupt() -> None:
        stopped.append(time.perf_counter())
        numbers.interrupt()

    timer = threading.Timer(0.5, interrupt)
    timer.start()
    with pytest.raises(driver.OperationalError, match="interrupted"):
        numbers.execute(LONG[name]).fetchall()
    seconds = time.perf_counter() - stopped[0]
    timer.join()
    print(f"{name}: stopped after {seconds * 1000:.0f} ms")
    assert seconds < STOP_S + SLACK_S


@pytest.mark.parametrize("name", LONG)
def test_a_progress_handler_stops_a_long_query(driver: ModuleType, numbers: Any, name: str) -> None:
    deadline = time.perf_counter() + 0.3
    numbers.set_progress_handler(lambda: time.perf_counter() > deadline, 1000)
    with pytest.raises(driver.OperationalError, match="interrupted"):
        numbers.execute(LONG[name]).fetchall()
    assert time.perf_counter() - deadline < STOP_S + SLACK_S
