"""Queries over many rows have the garbage collector work seldom, and leave it as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from threading import Barrier, Thread

import pytest

from mantisdb_engine import open_database
from mantisdb_sql.errors import SqlError
from mantisdb_sql.session import Session

MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "


@pytest.fixture
def session() -> Session:
    session = Session(open_database(None))
    session.prepare("CREATE TABLE t(i INT)").run(())
    session.prepare("INSERT INTO t VALUES (?)").run_many([(i,) for i in range(5000)])
    return session


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[tuple[int, int, int]]:
    usual = gc.get_threshold()
    gc.set_threshold(600, 9, 8)
    yield 600, 9, 8
    gc.set_threshold(*usual)


def test_thresholds_are_raised_while_a_query_runs_and_then_what_they_were(
    session: Session, thresholds: tuple[int, int, int]
) -> None:
    seen = []
    session.functions.create_function("seen", 1, lambda i: seen.append(gc.get_threshold()))
    session.prepare("SELECT seen(i) FROM t WHERE i < 2 GROUP BY i").run(())
    assert len(seen) == 2
    assert all(first > 100_000 and second > 9 and third == 8 for first, second, third in seen)
    assert gc.get_threshold() == thresholds


@pytest.mark.parametrize("first", [0, 1_000_000])
def test_a_collector_that_works_more_seldom_is_left_alone(session: Session, first: int) -> None:
    gc.set_threshold(first, 9, 8)
    seen = []
    session.functions.create_function("seen", 1, lambda i: seen.append(gc.get_threshold()))
    session.prepare("SELECT seen(i) FROM t WHERE i < 2 GROUP BY i").run(())
    assert {*seen, gc.get_threshold()} == {(first, 9, 8)}


def test_thresholds_come_back_after_errors(session: Session, thresholds: tuple[int, int, int]) -> None:
    for sql in ("SELECT sum(i + 9223372036854770000) FROM t", MANY + "SELECT json_extract('{', i) FROM n GROUP BY i"):
        with pytest.raises(SqlError):
            session.prepare(sql).run(())
        assert gc.get_threshold() == thresholds


def test_thresholds_come_back_after_queries_in_several_threads(
    session: Session, thresholds: tuple[int, int, int]
) -> None:
    barrier = Barrier(3)

    def ask() -> None:
        own = Session(session.database)
        own.functions.create_function("wait", 1, lambda i: barrier.wait(30))
        own.prepare("SELECT wait(i) FROM t WHERE i < 1 GROUP BY i").run(())

    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.get_threshold() == thresholds
