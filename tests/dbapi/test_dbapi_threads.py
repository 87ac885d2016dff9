"""Several threads at one database, and interrupt(): what must hold when work goes on side by side."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

import mantisdb_dbapi

THREADS = 4


@pytest.fixture(params=["file", "memory"])
def connect(request, tmp_path) -> Iterator[Callable[[], mantisdb_dbapi.Connection]]:
    """Makes connections to one database: a file, or one in memory under a name."""
    place = f"file:{tmp_path / 'x.db'}"
    if request.param == "memory":
        place = f"file:{request.node.name}?mode=memory&cache=shared"

    def open_one() -> mantisdb_dbapi.Connection:
        return mantisdb_dbapi.connect(place, uri=True)

    with closing(open_one()) as first:
        first.executescript(
            "CREATE TABLE t (a INTEGER PRIMARY KEY, worker INT, n INT); CREATE INDEX by_worker ON t (worker);"
            "CREATE TABLE counter (id INTEGER PRIMARY KEY, value INT); INSERT INTO counter VALUES (1, 0)"
        )
        yield open_one


def _run(work: Callable[[int], None]) -> None:
    """``work(0)`` … ``work(3)`` at the same time; no error is lost."""
    errors: list[BaseException] = []
    start = threading.Barrier(THREADS)

    def guarded(number: int) -> None:
        try:
            start.wait(10)
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def test_threads_that_write_different_rows_never_disturb_each_other(connect):
    def work(number: int) -> None:
        with closing(connect()) as connection:
            for batch in range(20):
                with connection:
                    for n in range(5):
                        connection.execute("INSERT INTO t (worker, n) VALUES (?, ?)", (number, batch * 5 + n))
                assert connection.execute(
                    "SELECT count(*) FROM t WHERE worker = ?", (number,)
                ).fetchone() == (batch * 5 + 5,)

    _run(work)
    with closing(connect()) as connection:
        rows = connection.execute("SELECT worker, n FROM t ORDER BY worker, n").fetchall()
        assert rows == [(worker, n) for worker in range(THREADS) for n in range(100)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("level", [None, "autocommit"])
def test_single_statements_in_autocommit_are_run_again_and_never_fail(connect, level):
    def work(number: int) -> None:
        with closing(connect()) as connection:
            if level is None:
                connection.isolation_level = None
            else:
                connection.autocommit = True
            for _ in range(100):
                changed = connection.execute("UPDATE counter SET value = value + 1 WHERE id = 1")
                assert changed.rowcount == 1

    _run(work)
    with closing(connect()) as connection:
        assert connection.execute("SELECT value FROM counter").fetchone() == (THREADS * 100,)


def test_transactions_that_are_run_again_after_a_conflict_add_up(connect):
    def work(number: int) -> None:
        with closing(connect()) as connection:
            done = 0
            while done < 25:
                try:
                    with connection:
                        (value,) = connection.execute("SELECT value FROM counter").fetchone()
                        connection.execute("UPDATE counter SET value = value + 1")
                        connection.execute("INSERT INTO t (worker, n) VALUES (?, ?)", (number, value))
                    done += 1
                except mantisdb_dbapi.ConflictError:
                    assert not connection.in_transaction

    _run(work)
    with closing(connect()) as connection:
        assert connection.execute("SELECT value FROM counter").fetchone() == (THREADS * 25,)
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (THREADS * 25,)


def test_of_two_transactions_that_write_one_row_the_second_is_refused(connect):
    with closing(connect()) as one, closing(connect()) as two:
        one.execute("BEGIN")
        two.execute("BEGIN")
        one.execute("UPDATE counter SET value = 10")
        two.execute("UPDATE counter SET value = 20")
        two.execute("INSERT INTO t (worker) VALUES (1)")
        one.commit()
        with pytest.raises(mantisdb_dbapi.OperationalError) as caught:
            two.commit()
        assert isinstance(caught.value, mantisdb_dbapi.ConflictError)
        assert isinstance(caught.value, sqlite3.OperationalError)
        assert caught.value.sqlite_errorname == "SQLITE_BUSY_SNAPSHOT"
        assert caught.value.sqlite_errorcode == 517  # SQLITE_BUSY | 2 << 8
        assert not two.in_transaction
        assert two.execute("SELECT value FROM counter").fetchone() == (10,)
        assert two.execute("SELECT * FROM t").fetchall() == []
        two.execute("UPDATE counter SET value = value + 20")
        two.commit()
        assert one.execute("SELECT value FROM counter").fetchone() == (30,)


# ---------------------------------------------------------------------------------------------- interrupt()


@pytest.fixture(params=[mantisdb_dbapi, sqlite3], ids=["mantisdb", "sqlite3"])
def filled(request) -> Iterator[tuple]:
    """The module and a connection to 50,000 rows; the standard library's shows that the tests are right."""
    with closing(request.param.connect(":memory:", check_same_thread=False)) as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(50_000)])
        connection.commit()
        yield request.param, connection


@pytest.mark.parametrize("fetch", [list, lambda c: c.fetchall(), lambda c: c.fetchmany(50_000)])
def test_a_result_that_streams_is_interrupted(filled, fetch):
    module, connection = filled
    cursor = connection.execute("SELECT a FROM t")
    assert cursor.fetchone() == (0,)
    thread = threading.Thread(target=connection.interrupt)
    thread.start()
    thread.join()
    with pytest.raises(module.OperationalError, match=r"^interrupted$") as caught:
        fetch(cursor)
    assert caught.value.sqlite_errorname == "SQLITE_INTERRUPT"
    assert cursor.fetchall() == []
    assert connection.execute("SELECT count(a) FROM t").fetchone() == (50_000,)


def test_a_converted_result_is_interrupted(filled):
    module, connection = filled
    connection.text_factory = bytes
    cursor = connection.execute("SELECT a, 'x' FROM t")
    assert cursor.fetchone() == (0, b"x")
    connection.interrupt()
    with pytest.raises(module.OperationalError, match=r"^interrupted$"):
        cursor.fetchall()


def test_interrupting_nothing_does_nothing(filled):
    _, connection = filled
    connection.interrupt()
    assert len(connection.execute("SELECT a FROM t").fetchall()) == 50_000
    connection.interrupt()
    connection.executemany("INSERT INTO t VALUES (?)", [(50_000,)])
    connection.interrupt()
    connection.executescript("DELETE FROM t WHERE a > 10; INSERT INTO t VALUES (99)")
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (12,)


def test_executemany_and_scripts_are_interrupted_between_pieces():
    with closing(mantisdb_dbapi.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (a)")

        def rows() -> Iterator[tuple[int]]:
            for n in range(1_000_000):
                if n == 5000:
                    connection.interrupt()
                yield (n,)

        with pytest.raises(mantisdb_dbapi.OperationalError, match=r"^interrupted$"):
            connection.executemany("INSERT INTO t VALUES (?)", rows())
        (count,) = connection.execute("SELECT count(*) FROM t").fetchone()
        assert 5000 <= count < 1_000_000
        connection.create_function("stop", 0, connection.interrupt)
        with pytest.raises(mantisdb_dbapi.OperationalError, match=r"^interrupted$"):
            connection.executescript("SELECT stop(); DELETE FROM t")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (count,)


def test_interrupting_a_closed_connection_is_refused(filled):
    module, connection = filled
    connection.close()
    with pytest.raises(module.ProgrammingError, match=r"^Cannot operate on a closed database\.$"):
        connection.interrupt()
