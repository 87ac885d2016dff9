"""Queries from tests/sql/data run on MantisDB and on SQLite (apsw) over the same random tables.

The rows must be equal, values and types, in order; errors must have SQLite's text. A failure prints the seed:
MANTISDB_SEED=n runs with it again.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import apsw
import pytest

from mantisdb_engine import open_database
from mantisdb_sql.errors import SqlError
from mantisdb_sql.session import Session

DATA = Path(__file__).parent / "data"
SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)

SCHEMA = """
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT, c REAL, d, n TEXT COLLATE NOCASE);
CREATE TABLE u(k TEXT PRIMARY KEY, v INT);
CREATE TABLE w(k TEXT, z INT);
CREATE TABLE u1(v INT);
CREATE TABLE empty(x INT, y TEXT);
"""
INDEXES = """
CREATE INDEX t_a ON t(a, b);
CREATE INDEX t_n ON t(n);
CREATE INDEX t_d ON t(d);
CREATE INDEX w_z ON w(z);
"""


def queries(name: str) -> list[str]:
    lines = (DATA / name).read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("--")]


def random_rows(rng: random.Random, mixed: bool) -> list[tuple[str, tuple[Any, ...]]]:
    anything = [
        None,
        0,
        1,
        2,
        -1,
        1.0,
        2.5,
        -0.5,
        "",
        "1",
        "2",
        "2.5",
        "a",
        "A",
        "abc ",
        b"",
        b"\x00",
        b"a",
        2**40,
    ]
    changes: list[tuple[str, tuple[Any, ...]]] = []
    for i in range(1, 13):
        a = rng.choice([None, 1, 2, 3, 4]) if not mixed else rng.choice([None, 1, 2, 3, "x", "2", 1.5, b"q"])
        b = rng.choice([None, "x", "X", "y", "2", "zz", "1"]) if not mixed else rng.choice(anything)
        c = rng.choice([None, 1.0, 2.5, -3.25, 0.1, 2]) if not mixed else rng.choice([None, 1.5, "r", 2])
        n = (
            rng.choice([None, "abc", "ABC", "def", "Def", "b"])
            if not mixed
            else rng.choice(["abc", "ABC", None, 3])
        )
        changes.append(("INSERT INTO t VALUES(?,?,?,?,?,?)", (i, a, b, c, rng.choice(anything), n)))
    for i in range(1, 8):
        changes.append(
            (
                "INSERT INTO u VALUES(?,?)",
                (f"k{i}", rng.choice([1, 2, 3, 4, 9, None] if mixed else [1, 2, 3, 9])),
            )
        )
    for _ in range(8):
        changes.append(("INSERT INTO w VALUES(?,?)", (f"k{rng.randrange(1, 9)}", rng.randrange(1, 7))))
    for v in (1, 3):
        changes.append(("INSERT INTO u1 VALUES(?)", (v,)))
    return changes


def all_rows(session: Session, sql: str, params: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    statement = session.prepare(sql)
    result = statement.run(params)
    return [row for batch in result for row in batch] if statement.streams else list(result)


def execute_script(session: Session, script: str) -> None:
    for sql in script.split(";"):
        if sql.strip():
            session.prepare(sql).run(())


class Pair:
    """The same content in both engines."""

    def __init__(self, seed: int, indexed: bool, mixed: bool) -> None:
        self.seed, self.indexed = seed, indexed
        self.database = open_database(None)
        self.session = Session(self.database)
        self.oracle = apsw.Connection(":memory:")
        script = SCHEMA + (INDEXES if indexed else "")
        execute_script(self.session, script)
        self.oracle.execute(script)
        for sql, params in random_rows(random.Random(seed), mixed):
            self.session.prepare(sql).run(params)
            self.oracle.execute(sql, params)

    def check(self, sql: str) -> None:
        ordered = "ORDER BY" in sql
        if self.indexed and not ordered and ("LIMIT" in sql or "group_concat" in sql):
            pytest.skip("which rows come first is the choice of the planner")
        expected: Any
        try:
            cursor = self.oracle.execute(sql)
            expected = list(cursor)
        except apsw.Error as error:
            expected = str(error).removeprefix("SQLError: ")
        actual: Any
        try:
            actual = all_rows(self.session, sql)
        except SqlError as error:
            actual = str(error)
        given, wanted = typed(actual), typed(expected)
        if self.indexed and not ordered and isinstance(given, list) and isinstance(wanted, list):
            given.sort(key=repr)
            wanted.sort(key=repr)
        assert given == wanted, f"seed {self.seed}: {sql}"


def typed(result: Any) -> Any:
    if isinstance(result, str):
        return result
    return [[(type(v).__name__, v) for v in row] for row in result]


FILES = ["select_single.sql", "select_mixed.sql", "select_groups.sql", "select_joins.sql"]


@pytest.fixture(scope="module", params=["plain", "indexed", "mixed", "mixed-indexed"])
def pair(request: pytest.FixtureRequest) -> Pair:
    return Pair(SEED, "indexed" in request.param, "mixed" in request.param)


@pytest.mark.parametrize("sql", [sql for name in FILES for sql in queries(name)])
def test_query_gives_what_sqlite_gives(pair: Pair, sql: str) -> None:
    pair.check(sql)
