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
    for n in range(100):
        connection.execute(f"CREATE VIEW v{n} AS SELECT a, b FROM {f'v{n - 1}' if n else 't'}")


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


def _nested(count: int, before: str, inside: str, behind: str) -> str:
    return before * count + inside + behind * count


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
    "600 nested IS NOT NULLs": f"SELECT {'(' * 600}a{' IS NOT NULL)' * 600} FROM t",
    "500 nested INs": f"SELECT {'(' * 500}a{' IN (1, 2))' * 500} FROM t",
    "500 nested BETWEENs": f"SELECT {'(' * 500}a{' BETWEEN 0 AND 1)' * 500} FROM t",
    "700 nested LIKEs with ESCAPE": "SELECT " + _nested(700, "('x' LIKE ", "c", " ESCAPE '!')") + " FROM t",
    "500 nested CASTs": f"SELECT {_nested(500, 'CAST(', 'a', ' AS TEXT)')} FROM t",
    "400 nested coalesces": f"SELECT {_nested(400, 'coalesce(b, ', 'a', ')')} FROM t",
    "900 nested CASEs": f"SELECT {_nested(900, 'CASE WHEN a = 1 THEN b ELSE ', '0', ' END')} FROM t",
    "1100 nested CASEs": f"SELECT {_nested(1100, 'CASE WHEN a = 1 THEN b ELSE ', '0', ' END')} FROM t",
    "400 ANDs in ORs": f"SELECT a FROM t WHERE {_nested(400, '(a = 1 OR (b = 2 AND ', '1', '))')}",
    "CASE of 5000 WHENs": f"SELECT CASE a {_joined(5000, ' ', 'WHEN {n} THEN {n}')} END FROM t",
    "5000 ->": "SELECT '[1]'" + " -> '$[0]'" * 5000,
    "5000 COLLATEs": "SELECT 'a'" + " COLLATE NOCASE" * 5000,
    "100 nested views": "SELECT * FROM v99",
    "300 nested WITHs": _nested(300, "WITH w AS (", "SELECT 1", ") SELECT * FROM w"),
    "500 nested WITHs": _nested(500, "WITH w AS (", "SELECT 1", ") SELECT * FROM w"),
    "200 CTEs of the one before": "WITH "
    + ", ".join(f"w{n} AS (SELECT * FROM {f'w{n - 1}' if n else 't'})" for n in range(200))
    + " SELECT * FROM w199",
    "200 recursions": "WITH RECURSIVE "
    + ", ".join(f"r{n}(x) AS (SELECT {n} UNION ALL SELECT x + 1 FROM r{n} WHERE x < {n + 2})" for n in range(200))
    + " SELECT count(*) FROM r199",
    "compound of all kinds": "SELECT a FROM t "
    + " ".join(
        ("UNION SELECT 7", "EXCEPT SELECT 7", "INTERSECT SELECT a FROM t", "UNION ALL SELECT 9")[n % 4]
        for n in range(300)
    ),
    "compound of 500 in FROM": f"SELECT count(*) FROM ({_joined(500, ' UNION ALL ', 'SELECT {n} AS x')}) WHERE x > 3",
    "100 compounds in one another": _nested(100, "SELECT * FROM (", "SELECT 1 AS a", " UNION SELECT 2)"),
    "80 windows over windows": _nested(80, "SELECT sum(a) OVER () AS a FROM (", "SELECT a FROM t", ")"),
    "80 groups of groups": _nested(80, "SELECT sum(a) AS a FROM (", "SELECT a FROM t", ")"),
    "80 limits in one another": _nested(80, "SELECT a FROM (", "SELECT a FROM t", " ORDER BY a LIMIT 2)"),
    "60 joins in parentheses": f"SELECT count(*) FROM {'(' * 60}t{' JOIN t AS x USING (a))' * 60}",
    "60 LEFT JOINs in parentheses": "SELECT count(*) FROM "
    + "".join(f"(t AS t{n} LEFT JOIN " for n in range(60))
    + "t"
    + " USING (a))" * 60,
    "2000 aggregates": f"SELECT {_joined(2000, ', ', 'sum(a + {n})')} FROM t",
    "400 calls over one window": f"SELECT {_joined(400, ', ', 'sum(a + {n}) OVER (ORDER BY b)')} FROM t",
    "100 windows": f"SELECT {_joined(100, ', ', 'sum(a) OVER (ORDER BY b + {n})')} FROM t",
    "1500 keys and conditions of groups": f"SELECT count(*) FROM t GROUP BY {_joined(1500, ', ', 'a + {n}')} "
    f"HAVING {_joined(500, ' AND ', 'count(*) > {n} - 9999')}",
    "2001 ORDER BY terms": f"SELECT a FROM t ORDER BY {_joined(2001, ', ', 'a + {n}')}",
    "2000 columns in FROM": f"SELECT * FROM (SELECT {_joined(2000, ', ', 'a + {n} AS c{n}')} FROM t)",
    "200 scalar subqueries": f"SELECT {_joined(200, ', ', '(SELECT max(a) + {n} FROM t)')}",
    "row values IN VALUES of 2000": f"SELECT a FROM t WHERE (a, b) IN (VALUES {_joined(2000, ', ', '({n}, {n})')})",
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
    "set operations": "SELECT a.x * b.x FROM n a, n b, n c EXCEPT SELECT a.x + b.x FROM n a, n b, n c",
    "distinct join": "SELECT DISTINCT a.x + b.x * c.x FROM n a, n b, n c",
    "window over a join": "SELECT sum(a.x) OVER (PARTITION BY b.x % 7 ORDER BY a.x * b.x) FROM n a, n b, n c",
    "aggregates that keep all": "SELECT length(group_concat(a.x || b.x)), count(DISTINCT a.x * c.x) FROM n a, n b, n c",
    "outer joins": "SELECT count(*) FROM n a LEFT JOIN n b ON a.x + b.x < 0 LEFT JOIN n c ON b.x IS NULL "
    "LEFT JOIN n d ON c.x + d.x = -1 WHERE d.x IS NULL",
    "anti-join": "SELECT count(*) FROM n a WHERE NOT EXISTS (SELECT 1 FROM n b, n c WHERE a.x + b.x + c.x = -1)",
    "table function": "SELECT count(*) FROM generate_series(1, 1000000000, 1) WHERE value % 7 = 9",
    "materialized": "WITH w AS MATERIALIZED (SELECT a.x + b.x AS y FROM n a, n b, n c) SELECT count(*) FROM w",
    "dates": "SELECT count(*) FROM n a, n b, n c WHERE strftime('%Y', a.x * b.x + c.x, 'unixepoch') = '0'",
    "queue in order": "WITH RECURSIVE r (i, j) AS (SELECT 1, 1 UNION ALL SELECT i + 1, -i FROM r ORDER BY 2) "
    "SELECT count(*) FROM r",
    "recursive join": "WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + n.x FROM r, n) SELECT count(*) FROM r",
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
