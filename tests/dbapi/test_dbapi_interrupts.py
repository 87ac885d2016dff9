"""interrupt() and set_progress_handler(): what runs ends soon, and leaves what SQLite leaves."""

from __future__ import annotations

import gc
import os
import random
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from both_modules import same

import mantisdb_dbapi
from mantisdb_sql.codegen import query

LONG = bool(os.environ.get("MANTISDB_LONG"))
ROWS = 20_000
AT_MOST_S = 0.5  # of the thread's own time; 50 ms is the aim, but the interrupt's thread has to get its turn, too
# What strikes in a callback of the garbage collector is told to sys.unraisablehook, and repeated.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
COUNTING = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000) "
QUERIES = {
    "a join by comparison": "SELECT max(x.b || y.b) FROM t x JOIN t y ON x.b < y.b",
    "a join by hash": "SELECT sum(x.a * y.a) FROM t x JOIN t y ON x.a % 7 = y.a % 7",
    "recursion": COUNTING + "SELECT max(x) FROM n",
    "a correlated subquery": "SELECT a, (SELECT max(y.b || x.b) FROM t y WHERE y.b > x.b) FROM t x",
    "derived tables": "SELECT max(u.q || v.q) FROM (SELECT b || a AS q FROM t) u, (SELECT b || 1 AS q FROM t) v"
    " WHERE u.q < v.q",
}
CHANGES = {
    "INSERT": "INSERT INTO t (b) SELECT max(x.b || y.b) FROM t x, t y GROUP BY x.a % 10",
    "UPDATE": "UPDATE t SET b = (SELECT max(y.b || t.b) FROM t y WHERE y.b > t.b)",
    "DELETE": "DELETE FROM t WHERE b = (SELECT max(y.b || t.b) FROM t y WHERE y.b > t.b)",
}


COMMANDS = {
    "CREATE INDEX": "CREATE INDEX i ON t (b)",
    "ALTER TABLE": "ALTER TABLE t DROP COLUMN c",
    "ANALYZE": "ANALYZE",
    "integrity_check": "PRAGMA integrity_check",
    "foreign_key_check": "PRAGMA foreign_key_check",
}


@pytest.fixture
def db() -> Iterator[Any]:
    connection = mantisdb_dbapi.connect(":memory:", check_same_thread=False)
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", ((i, str(i)) for i in range(ROWS)))
    connection.commit()
    yield connection
    connection.close()


def own_clock() -> Callable[[], float]:
    """The time that this thread has computed, for any thread to read: what else the machine does is left out."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.perf_counter
    return partial(time.clock_gettime, time.pthread_getcpuclockid(threading.get_ident()))


def interrupt_when_it_computes(connection: Any, clock: Callable[[], float] = time.perf_counter) -> float:
    """Wait for a statement of another thread to be under way, and interrupt it; what the clock showed then."""
    session = connection._session
    while session.computing <= 0:
        time.sleep(0.001)
    time.sleep(0.05)
    now = clock()
    connection.interrupt()
    return now


def interrupted_after(connection: Any, sql: str) -> float:
    """Run a statement that takes long, and interrupt it; seconds that it went on to compute."""
    at: list[float] = []
    clock = own_clock()
    thread = threading.Thread(target=lambda: at.append(interrupt_when_it_computes(connection, clock)))
    thread.start()
    with pytest.raises(mantisdb_dbapi.OperationalError, match=r"^interrupted$") as caught:
        connection.execute(sql).fetchall()
    ended = clock()
    thread.join()
    assert caught.value.sqlite_errorname == "SQLITE_INTERRUPT"
    return ended - at[0]


@pytest.mark.parametrize("what", QUERIES)
def test_an_interrupt_ends_a_query_that_computes(db: Any, what: str) -> None:
    db.execute("INSERT INTO t VALUES (-1, 'mine')")
    assert interrupted_after(db, QUERIES[what]) < AT_MOST_S
    assert db.in_transaction
    assert db.execute("SELECT b FROM t WHERE a = -1").fetchone() == ("mine",)


@pytest.mark.parametrize("what", CHANGES)
def test_an_interrupted_change_takes_its_transaction_along(db: Any, what: str) -> None:
    db.execute("INSERT INTO t VALUES (-1, 'mine')")
    assert interrupted_after(db, CHANGES[what]) < AT_MOST_S
    assert not db.in_transaction
    assert db.execute("SELECT count(*), sum(a) FROM t").fetchone() == (ROWS, sum(range(ROWS)))
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT b || 'x' AS q, stop(a) FROM t ORDER BY q",
        "SELECT b || 'x', stop(max(a)) FROM t GROUP BY 1",
        "SELECT b || 'x' FROM t UNION SELECT stop(a) FROM t",
        "SELECT stop(a + lag(a) OVER (ORDER BY b)) FROM t",
        "SELECT DISTINCT b, stop(a) FROM t",
    ],
)
def test_what_a_query_had_gathered_is_let_go_after_its_caller_has_heard_of_the_interrupt(
    db: Any, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "MANY_ROWS", ROWS)
    usual = gc.get_threshold()
    calls = 0

    def stop(_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > ROWS * 0.9:
            db.interrupt()

    db.create_function("stop", 1, stop)
    with pytest.raises(mantisdb_dbapi.OperationalError, match=r"^interrupted$") as caught:
        db.execute(sql)
    assert gc.get_threshold() == usual
    error: BaseException | None = caught.value
    gathered = [0]
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            gathered += [len(value) for value in frame.f_locals.values() if isinstance(value, list | dict)]
        error = error.__context__
    assert max(gathered) > ROWS * 0.8


def test_an_interrupt_reaches_whichever_thread_computes(db: Any) -> None:
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(db.execute(QUERIES["recursion"]).fetchall())
        except mantisdb_dbapi.OperationalError as error:
            outcome.append(str(error))

    db.execute("SELECT 1").fetchall()
    thread = threading.Thread(target=work)
    thread.start()
    interrupt_when_it_computes(db)
    thread.join()
    assert outcome == ["interrupted"]


def test_an_interrupt_of_an_idle_connection_does_nothing(db: Any) -> None:
    for _ in range(100):
        db.interrupt()
        assert db.execute("SELECT count(*) FROM t").fetchone() == (ROWS,)


def test_an_interrupt_that_strikes_the_garbage_collector_is_repeated(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is raised in a callback of the collector is reported by Python, and ignored."""
    ignored: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: ignored.append(report.exc_type))

    def callback(_: str, __: dict[str, int]) -> None:
        until = time.monotonic() + 1
        while not ignored and time.monotonic() < until:
            pass

    db.create_function("collect", 0, lambda: 0 if ignored else gc.collect())
    gc.callbacks.append(callback)
    try:
        assert interrupted_after(db, "SELECT count(collect() + x.a + y.a) FROM t x, t y") < AT_MOST_S
    finally:
        gc.callbacks.remove(callback)
    assert ignored


def test_interrupts_at_random_moments_strike_nothing_but_statements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is interrupted raises OperationalError or happens as a whole, and the file stays sound."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)  # finalizers may be struck, also that of pytest's hook
    seed = int(os.environ.get("MANTISDB_SEED", random.randrange(1 << 32)))
    print(f"MANTISDB_SEED={seed}")
    chance = random.Random(seed)
    connection = mantisdb_dbapi.connect(tmp_path / "a.db", isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE)")
    over = threading.Event()

    def disturb() -> None:
        while not over.wait(chance.random() * 0.004):
            connection.interrupt()

    thread = threading.Thread(target=disturb)
    thread.start()
    kept: set[int] = set()
    interrupted = 0
    until = time.monotonic() + (30 if LONG else 3)
    key = 0
    try:
        while time.monotonic() < until:
            key += 1
            try:
                connection.execute("BEGIN")
                for i in range(chance.randrange(30)):
                    connection.execute("INSERT INTO t VALUES (?, ?)", (key * 100 + i, f"{key} {i}"))
                sql = "INSERT INTO t SELECT a + 50, b || '+' FROM t WHERE a >= ?"
                connection.execute(sql, (key * 100,))
                connection.execute("SELECT count(*) FROM t x JOIN t y ON x.a = y.a").fetchall()
                mine = {row[0] for row in connection.execute("SELECT a FROM t WHERE a >= ?", (key * 100,))}
                connection.execute("COMMIT")
                kept |= mine
            except mantisdb_dbapi.OperationalError as error:
                assert str(error) == "interrupted"
                interrupted += 1
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
    finally:
        over.set()
        thread.join()
    assert {row[0] for row in connection.execute("SELECT a FROM t")} == kept
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    again = mantisdb_dbapi.connect(tmp_path / "a.db")
    assert {row[0] for row in again.execute("SELECT a FROM t")} == kept
    again.close()
    assert interrupted, "nothing was interrupted"


# -- progress handlers


@same
def test_a_progress_handler_is_called_the_less_the_more_steps_it_asks_for(db):
    connection = db.connect(":memory:")
    connection.execute("CREATE TABLE t (a)")
    connection.executemany("INSERT INTO t VALUES (?)", [(i,) for i in range(1000)])
    counts = []
    for steps in (1, 10, 1000, 0, -1):
        calls = []
        connection.set_progress_handler(lambda calls=calls: calls.append(1), steps)
        connection.execute("SELECT count(*) FROM t x JOIN t y ON x.a < y.a + 0 WHERE y.a < 50").fetchall()
        counts.append(len(calls))
    connection.set_progress_handler(None, 1)
    connection.execute("SELECT 1").fetchall()
    return [[a > 5 * b for a, b in pairwise(counts[:3])], counts[2] > 5, counts[3:]]


@same
def test_a_progress_handler_ends_a_statement(db):
    connection = db.connect(":memory:")
    connection.execute("CREATE TABLE t (a)")
    outcomes = []
    for answer in (lambda: 1, lambda: "x", lambda: 1 / 0, lambda: 0, lambda: None):
        for sql in ("SELECT 1 UNION SELECT 2 UNION SELECT 3", "CREATE TABLE IF NOT EXISTS u (a)", COUNTING.replace(
                "1000000000", "1000") + "SELECT count(*) FROM n"):
            connection.set_progress_handler(answer, 1)
            try:
                outcomes.append(connection.execute(sql).fetchall())
            except db.Error as error:
                outcomes.append((type(error).__name__, str(error), error.sqlite_errorname, error.__cause__))
            connection.set_progress_handler(None, 1)
    return outcomes


@same
def test_what_a_progress_handler_ends_is_rolled_back_if_it_wrote(db):
    connection = db.connect(":memory:")
    connection.execute("CREATE TABLE t (a)")
    outcomes = []
    for sql in ("INSERT INTO t SELECT a + 1 FROM t", "UPDATE t SET a = a + 1", "SELECT count(*) FROM t x, t y"):
        connection.executemany("INSERT INTO t VALUES (?)", [(i,) for i in range(500)])
        calls = []
        connection.set_progress_handler(lambda calls=calls: calls.append(1) or len(calls) > 20, 5)
        try:
            outcomes.append(connection.execute(sql).fetchall())
        except db.Error as error:
            outcomes.append(str(error))
        connection.set_progress_handler(None, 1)
        outcomes.append(connection.in_transaction)
        outcomes.append(connection.execute("SELECT count(*) FROM t").fetchone())
    return outcomes


@pytest.mark.parametrize("what", COMMANDS)
def test_a_progress_handler_ends_a_command_that_goes_through_a_table_and_nothing_is_left_of_it(what: str) -> None:
    outcomes = []
    for module in (sqlite3, mantisdb_dbapi):
        connection: Any = module.connect(":memory:")
        connection.executescript(
            "CREATE TABLE p (a INTEGER PRIMARY KEY); CREATE TABLE t (a REFERENCES p, b, c); CREATE INDEX k ON t (a)"
        )
        connection.executemany("INSERT INTO t VALUES (?, ?, 1)", ((None, str(i)) for i in range(ROWS)))
        connection.commit()
        schema = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        calls: list[int] = []
        connection.set_progress_handler(lambda calls=calls: calls.append(1) or len(calls) > 5, ROWS // 10)
        with pytest.raises(module.OperationalError, match=r"^interrupted$"):
            connection.execute(COMMANDS[what]).fetchall()
        connection.set_progress_handler(None, 0)
        assert schema == connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        outcomes.append(connection.execute("SELECT count(*), max(c) FROM t").fetchall())
        connection.execute(COMMANDS[what]).fetchall()
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("what", QUERIES)
def test_a_progress_handler_can_end_every_query_in_time(db: Any, what: str) -> None:
    clock = own_clock()
    until = clock() + 0.1
    db.set_progress_handler(lambda: clock() > until, 1000)
    with pytest.raises(sqlite3.OperationalError, match=r"^interrupted$"):
        db.execute(QUERIES[what]).fetchall()
    assert clock() - until < AT_MOST_S
