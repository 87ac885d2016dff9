"""ANALYZE writes the rows of sqlite_stat1 that SQLite writes, and the planner believes them."""

from __future__ import annotations

import random
from typing import Any

import apsw
import pytest

from mantisdb_engine import open_database
from mantisdb_sql.errors import SqlError
from mantisdb_sql.session import Session

SCHEMA = (
    "CREATE TABLE t(a, b TEXT COLLATE NOCASE, c REAL)",
    "CREATE INDEX t_ab ON t(a, b)",
    "CREATE INDEX t_c ON t(c) WHERE c > 3",
    "CREATE INDEX t_lower ON t(lower(b), a)",
    "CREATE TABLE u(id INTEGER PRIMARY KEY, x UNIQUE)",
    "CREATE TABLE v(z)",
    "CREATE TABLE w(z, y)",
    "CREATE INDEX w_z ON w(z) WHERE z > 1",
    "CREATE TABLE empty(a UNIQUE)",
    "CREATE VIEW seen AS SELECT * FROM t",
)


class Both:
    """The same statements on both sides."""

    def __init__(self) -> None:
        self.session, self.sqlite = Session(open_database(None)), apsw.Connection(":memory:")

    def run(self, sql: str, rows: list[tuple[Any, ...]] | None = None) -> None:
        if rows is None:
            self.session.prepare(sql).run(())
            self.sqlite.execute(sql)
        else:
            self.session.prepare(sql).run_many(rows)
            self.sqlite.executemany(sql, rows)

    def check(self) -> None:
        sql = "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2"
        assert list(self.session.prepare(sql).run(())) == list(self.sqlite.execute(sql))


@pytest.fixture
def both() -> Both:
    rng = random.Random(5)
    both = Both()
    for sql in SCHEMA:
        both.run(sql)
    words = ["a", "A", "b", None, "cc", "CC"]
    rows = [(rng.choice([None, 1, 2, "x"]), rng.choice(words), rng.randrange(8) / 2) for _ in range(300)]
    both.run("INSERT INTO t VALUES (?,?,?)", rows)
    both.run("INSERT INTO u VALUES (?,?)", [(i, None if i % 3 else i) for i in range(200)])
    both.run("INSERT INTO v VALUES (?)", [(1,), (2,)])
    both.run("INSERT INTO w VALUES (?,?)", [(1, 2), (2, 2)])
    return both


def test_the_rows_come_newest_first() -> None:
    both = Both()
    for sql in ("TABLE a (x UNIQUE, y)", "TABLE b (x)", "INDEX a_y ON a (y)", "INDEX a_x ON a (x)"):
        both.run(f"CREATE {sql}")
    both.run("INSERT INTO a VALUES (?, ?)", [(1, 2), (2, 2)])
    both.run("INSERT INTO b VALUES (?)", [(1,)])
    both.run("ANALYZE")
    sql = "SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY rowid"
    assert list(both.session.prepare(sql).run(())) == list(both.sqlite.execute(sql))


def test_statistics_are_those_of_sqlite(both: Both) -> None:
    both.run("ANALYZE")
    both.check()
    both.run("INSERT INTO v VALUES (3)")
    both.run("DELETE FROM t WHERE a = 1")
    both.run("ANALYZE main.t")
    both.check()
    both.run("DELETE FROM sqlite_stat1 WHERE tbl = 't'")
    both.run("ANALYZE t_ab")
    both.check()
    both.run("ANALYZE main")
    both.check()
    both.run("DROP INDEX t_ab")
    both.run("DROP TABLE w")
    both.check()


def test_statistics_are_a_table_of_the_schema(both: Both) -> None:
    both.run("ANALYZE")
    sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name = 'sqlite_stat1'"
    assert list(both.session.prepare(sql).run(())) == list(both.sqlite.execute(sql))
    for refused in ("CREATE INDEX i ON sqlite_stat1(tbl)", "ALTER TABLE sqlite_stat1 RENAME TO x"):
        with pytest.raises(apsw.SQLError) as theirs:
            both.sqlite.execute(refused)
        with pytest.raises(SqlError, match=str(theirs.value)):
            both.session.prepare(refused).run(())
    both.run("DROP TABLE sqlite_stat1")
    both.run("ANALYZE")
    both.check()


def plan(session: Session, sql: str) -> list[str]:
    return [row[3] for row in session.prepare(f"EXPLAIN QUERY PLAN {sql}").run(())]


def test_the_planner_believes_the_statistics(both: Both) -> None:
    session = both.session
    for sql in ("CREATE TABLE p(a, b)", "CREATE INDEX p_a ON p(a)", "CREATE INDEX p_b ON p(b)"):
        session.prepare(sql).run(())
    session.prepare("INSERT INTO p VALUES (?,?)").run_many([(i % 50, i % 40) for i in range(2000)])
    session.prepare("ANALYZE p").run(())
    query = "SELECT * FROM p WHERE a = 1 AND b = 1"
    assert plan(session, query) == ["SEARCH p USING INDEX p_a (a=?)"]
    session.prepare("UPDATE sqlite_stat1 SET stat = '2000 2' WHERE idx = 'p_b'").run(())
    session.prepare("INSERT INTO sqlite_stat1 VALUES (NULL, 7, 'x'), ('p', 'nosuch', 'noint'), (1, 2, 3)").run(())
    session.forget_plans()
    assert plan(session, query) == ["SEARCH p USING INDEX p_b (b=?)"]


def test_optimize_renews_what_has_changed_tenfold(both: Both) -> None:
    session = both.session
    session.prepare("PRAGMA optimize").run(())
    session.prepare("ANALYZE v").run(())
    stat = session.prepare("SELECT stat FROM sqlite_stat1 WHERE tbl = 'v'")
    session.prepare("INSERT INTO v VALUES (?)").run_many([(i,) for i in range(10)])
    session.prepare("PRAGMA optimize").run(())
    assert list(stat.run(())) == [("2",)]
    session.prepare("INSERT INTO v VALUES (?)").run_many([(i,) for i in range(10)])
    session.prepare("PRAGMA optimize").run(())
    assert list(stat.run(())) == [("22",)]
