"""Random conditions over indexed tables: MantisDB with indexes gives the rows that SQLite gives without any.

MANTISDB_SEED replays, MANTISDB_LONG=1 asks more.
"""

from __future__ import annotations

import os
import random
from typing import Any

import apsw
import pytest

from mantisdb_engine import open_database
from mantisdb_sql.session import Session

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.randrange(1 << 32)
QUERIES = 4000 if os.environ.get("MANTISDB_LONG") else 150

TABLE = "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT, c, d TEXT COLLATE NOCASE, e REAL)"
INDEXES = (
    "CREATE INDEX i_a ON t(a)",
    "CREATE INDEX i_ab ON t(a, b)",
    "CREATE INDEX i_abc ON t(a, b, c)",
    "CREATE INDEX i_b ON t(b)",
    "CREATE INDEX i_c ON t(c)",
    "CREATE INDEX i_ca ON t(c, a DESC)",
    "CREATE INDEX i_d ON t(d)",
    "CREATE INDEX i_d_binary ON t(d COLLATE BINARY, e)",
    "CREATE INDEX i_b_nocase ON t(b COLLATE NOCASE)",
    "CREATE INDEX i_e ON t(e)",
    "CREATE INDEX i_lower ON t(lower(b))",
    "CREATE INDEX i_sum ON t(a + 1, e)",
    "CREATE INDEX i_part ON t(b) WHERE a = 3",
    "CREATE INDEX i_part2 ON t(e) WHERE b IS NOT NULL",
    "CREATE INDEX i_part3 ON t(a) WHERE c > 2 OR d = 'x'",
    "CREATE INDEX i_part4 ON t(a, e) WHERE a > 2 AND a < 6",
)
ORDERS = (
    "a, b, c, id", "b DESC, id DESC", "c, a, id", "id DESC", "d, id", "e DESC, id", "a DESC, b DESC, c DESC, id DESC",
    "a DESC, b, id", "c, b DESC, id", "lower(b) DESC, a, id", "lower(b), id", "b, a, id", "a + 1, e, id", "d, b, id",
)
WORDS = ("a", "A", "ab", "Ab", "aB%", "b", "ba", "_c", "x", "X", "", "é", "ab\U0010ffff", "3", "12")


def value(rng: random.Random) -> Any:
    return rng.choice((None, rng.randrange(8), rng.randrange(8), rng.choice(WORDS), rng.choice(WORDS), 2.5, b"ab", 3.0))


def rows(rng: random.Random, count: int) -> list[tuple[Any, ...]]:
    def maybe(item: Any) -> Any:
        return None if rng.random() < 0.1 else item

    return [
        (
            i, maybe(rng.randrange(8)), maybe(rng.choice(WORDS)), value(rng), maybe(rng.choice(WORDS)),
            maybe(rng.choice((0.5, 1.0, 2.5, -3.0, 7.0))),
        )
        for i in range(1, count + 1)
    ]


class Conditions:
    """Makes conditions; literals may be parameters."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.parameters: list[Any] = []

    def constant(self, item: Any) -> str:
        if self.rng.random() < 0.4:
            self.parameters.append(item)
            return "?"
        if isinstance(item, bytes):
            return f"x'{item.hex()}'"
        return "NULL" if item is None else repr(item)

    def any_constant(self, column: str) -> str:
        rng = self.rng
        if rng.random() < 0.25:
            return self.constant(value(rng))
        return self.constant(rng.randrange(8) if column in ("a", "e", "id", "c") else rng.choice(WORDS))

    def simple(self) -> str:
        rng = self.rng
        column = rng.choice(("a", "a", "b", "b", "c", "d", "e", "id"))
        kind = rng.randrange(14)
        if kind < 4:
            return f"{column} {rng.choice(('=', '=', '=', 'IS', '<', '>', '>=', '<='))} {self.any_constant(column)}"
        if kind == 4:
            return f"{column} IS {rng.choice(('', 'NOT '))}NULL"
        if kind == 5:
            items = ", ".join(self.any_constant(column) for _ in range(rng.randrange(1, 4)))
            return f"{column} IN ({items})"
        if kind == 6:
            pattern = self.constant(rng.choice(("a%", "A%", "ab%", "%", "a_%", "é%", "", "ab", "b%a", "1%")))
            return f"{rng.choice('bdc')} LIKE {pattern}"
        if kind == 7:
            pattern = self.constant(rng.choice(("a*", "A*", "[ab]*", "ab", "a?*", "*")))
            return f"{rng.choice('bd')} GLOB {pattern}"
        if kind == 8:
            low, high = self.any_constant("a"), self.any_constant("a")
            return f"{rng.choice('ace')} BETWEEN {low} AND {high}"
        if kind == 9:
            columns = rng.choice((("a", "b"), ("a", "b", "c"), ("c", "a"), ("d", "e")))
            values = ", ".join(self.any_constant(c) for c in columns)
            return f"({', '.join(columns)}) {rng.choice(('=', '<', '>', '<=', '>='))} ({values})"
        if kind == 10:
            return f"lower(b) {rng.choice(('=', '>'))} {self.constant(rng.choice(WORDS))}"
        if kind == 11:
            return f"a + 1 {rng.choice(('=', '<'))} {self.constant(rng.randrange(9))}"
        if kind == 12:
            return f"{column} IN (SELECT {rng.choice('abce')} FROM t WHERE id < {rng.randrange(1, 9)})"
        return rng.choice(("a = 3", "a = 3 AND b > 'a'", "c > 2", "d = 'x'", "a > 2 AND a < 6", "c > 2 OR d = 'x'"))

    def condition(self, depth: int = 0) -> str:
        kind = self.rng.randrange(6)
        if depth > 2 or kind < 2:
            return self.simple()
        word = " OR " if kind == 2 else " AND "
        return "(" + word.join(self.condition(depth + 1) for _ in range(2 + (kind == 5))) + ")"


def joined(made: Conditions) -> str:
    """A query over u and t."""
    rng = made.rng
    link = rng.choice(("x = a", "y = b", "c IS x", "x = a + 1", "y = lower(b)", "a = x AND b = y", "id = x", "c = y"))
    kind = rng.randrange(6)
    if kind == 0:
        return f"SELECT i, id FROM u LEFT JOIN t ON {link} AND {made.condition()}"
    if kind == 1:
        return f"SELECT i, id FROM u LEFT JOIN t ON {link} WHERE {made.condition()}"
    if kind == 2:
        return f"SELECT i, id FROM u, t WHERE ({link} OR {made.simple()}) AND {made.condition()}"
    if kind == 3:
        word = rng.choice(("EXISTS", "NOT EXISTS"))
        return f"SELECT i FROM u WHERE {word} (SELECT 1 FROM t WHERE {link} AND {made.simple()})"
    if kind == 4:
        greatest = f"(SELECT max(e) FROM t WHERE {link})"
        return f"SELECT i, {greatest} FROM u WHERE x IN (SELECT c FROM t WHERE {made.simple()})"
    return f"SELECT i, id FROM u JOIN t ON {link} WHERE {made.condition()}"


@pytest.fixture(scope="module")
def pair() -> tuple[Session, Any]:
    rng = random.Random(SEED)
    session, theirs = Session(open_database(None)), apsw.Connection(":memory:")
    session.prepare(TABLE).run(())
    theirs.execute(TABLE)
    data = rows(rng, 600)
    session.prepare("INSERT INTO t VALUES (?,?,?,?,?,?)").run_many(data)
    theirs.executemany("INSERT INTO t VALUES (?,?,?,?,?,?)", data)
    joins = [(i, value(rng), rng.choice(WORDS)) for i in range(1, 25)]
    for run in (lambda sql: session.prepare(sql).run(()), theirs.execute):
        run("CREATE TABLE u(i INTEGER PRIMARY KEY, x, y TEXT)")
    session.prepare("INSERT INTO u VALUES (?,?,?)").run_many(joins)
    theirs.executemany("INSERT INTO u VALUES (?,?,?)", joins)
    for sql in INDEXES:
        session.prepare(sql).run(())
    return session, theirs


def rows_of(result: Any) -> list[Any]:
    found = list(result)
    return [row for batch in found for row in batch] if found and isinstance(found[0], list) else found


@pytest.mark.parametrize("part", range(4))
def test_indexes_change_no_answer(pair: tuple[Session, Any], part: int) -> None:
    session, theirs = pair
    rng = random.Random(SEED + part)
    for _ in range(QUERIES // 4):
        made = Conditions(rng)
        shape = rng.randrange(10)
        hint = rng.choice(("", "", "", " NOT INDEXED", " INDEXED BY i_a", " INDEXED BY i_ca"))
        if shape < 4:
            sql = f"SELECT * FROM t{hint} WHERE {made.condition()}"
        elif shape < 6:
            sql = joined(made)
        elif shape == 6:
            column = rng.choice("abcde")
            functions = rng.choice((f"min({column})", f"max({column}), min({column})", f"count({column})", "count(*)"))
            where = f"a IS {made.constant(rng.randrange(8))}" if rng.random() < 0.4 else made.condition()
            sql = f"SELECT {functions} FROM t WHERE {where}"
        else:
            order = rng.choice(ORDERS)
            limit = rng.choice(("", " LIMIT 5", " LIMIT 3 OFFSET 2"))
            where = rng.choice(("", f" WHERE {made.condition()}"))
            made.parameters = made.parameters if where else []
            sql = f"SELECT id, a, b, c FROM t{where} ORDER BY {order}{limit}"
        try:
            expected = list(theirs.execute(sql.replace(hint, "") if hint else sql, tuple(made.parameters)))
        except apsw.SQLError:
            continue
        actual = rows_of(session.prepare(sql).run(tuple(made.parameters)))
        if shape < 7:
            key = lambda row: [(v is not None, str(type(v)), str(v)) for v in row]  # noqa: E731
            expected.sort(key=key)
            actual.sort(key=key)
        shown = f"seed {SEED}: {sql} {made.parameters}"
        assert actual == expected, shown
        assert [list(map(type, row)) for row in actual] == [list(map(type, row)) for row in expected], shown


@pytest.mark.parametrize("part", range(2))
def test_changes_meet_the_rows_that_indexes_find(pair: tuple[Session, Any], part: int) -> None:
    session, theirs = pair
    rng = random.Random(SEED + 100 + part)
    changes = ("UPDATE t SET a = a + 1", "UPDATE t SET b = b || 'x', c = a", "UPDATE t SET e = -e, id = id + 10000")
    for _ in range(QUERIES // 16):
        made = Conditions(rng)
        sql = f"{rng.choice((*changes, 'DELETE FROM t'))} WHERE {made.condition()}"
        for run in (lambda sql: session.prepare(sql).run(()), theirs.execute):
            run("BEGIN")
        theirs.execute(sql, tuple(made.parameters))
        session.prepare(sql).run(tuple(made.parameters))
        everything = "SELECT * FROM t NOT INDEXED ORDER BY id"
        shown = f"seed {SEED}: {sql} {made.parameters}"
        assert rows_of(session.prepare(everything).run(())) == list(theirs.execute(everything)), shown
        assert session.changes == theirs.changes(), shown
        for run in (lambda sql: session.prepare(sql).run(()), theirs.execute):
            run("ROLLBACK")
    assert rows_of(session.prepare("PRAGMA integrity_check").run(())) == [("ok",)]


@pytest.mark.parametrize("columns", ["a, e", "a, e, id", "a DESC, e", "a, n, e"])
def test_an_infinite_value_behind_a_prefix_is_found(columns: str) -> None:
    session, theirs = Session(open_database(None)), apsw.Connection(":memory:")
    rows = [(n, n // 5, 9e999 if n % 5 == 2 else -9e999 if n % 5 == 3 else n / 2, n % 3) for n in range(2000)]
    for sql in ("CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, e REAL, n INT)", f"CREATE INDEX i ON t({columns})"):
        session.prepare(sql).run(())
        theirs.execute(sql)
    session.prepare("INSERT INTO t VALUES (?,?,?,?)").run_batch(rows)
    theirs.executemany("INSERT INTO t VALUES (?,?,?,?)", rows)
    for sql in (
        "SELECT * FROM t WHERE a = 7",
        "SELECT count(*), sum(u.id) FROM t JOIN t AS u ON u.a = t.id WHERE t.id < 40",
        "SELECT t.id, (SELECT count(u.id) FROM t AS u WHERE u.a = t.id) FROM t WHERE t.id < 9",
    ):
        expected = sorted(theirs.execute(sql))
        assert sorted(rows_of(session.prepare(sql).run(()))) == expected
