"""INSERT statements of many rows of parameters: which texts are taken as such, and that they do what SQLite does."""

from __future__ import annotations

import random
from typing import Any

import pytest
from side_by_side import Pair

from mantisdb_sql.changes.parameter_rows import parameter_rows

PAD = " " * 100  # statements shorter than this are not looked at
VALUES = [None, 0, 1, 7, -3, 2**40, 1.5, 2.0, -0.0, "", "a", "A", "12", "1.0", b"", b"x"]
ACTIONS = ["", "OR ABORT", "OR FAIL", "OR IGNORE", "OR REPLACE", "OR ROLLBACK"]
TAILS = [
    *("", "", "", " ;", " RETURNING a, c", " ON CONFLICT DO NOTHING"),
    " ON CONFLICT (a) DO UPDATE SET b = excluded.b || 'x', c = 5",
    " ON CONFLICT (a) DO UPDATE SET c = 1 WHERE b > 'b' RETURNING b",
]
SCHEMAS = {
    "a plain table": ["CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL, c)"],
    "unique keys": ["CREATE TABLE t (a INTEGER PRIMARY KEY, b, c)", "CREATE UNIQUE INDEX t_c ON t (c, b)"],
    "AUTOINCREMENT": ["CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b, c REAL)"],
    "conditions": ["CREATE TABLE t (a INTEGER PRIMARY KEY, b CHECK (b <> 'a'), c NOT NULL ON CONFLICT IGNORE)"],
    "generated columns": ["CREATE TABLE t (a INTEGER PRIMARY KEY, b, c, d AS (b || c) UNIQUE)"],
    "a foreign key to itself": [
        "PRAGMA foreign_keys = ON",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b, c INTEGER REFERENCES t ON DELETE CASCADE)",
    ],
    "a trigger": [
        "CREATE TABLE seen (a, b, n)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b, c)",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO seen SELECT NEW.a, NEW.b, count(*) FROM t; END",
    ],
    "a view": [
        "CREATE TABLE seen (a, b, c)",
        "CREATE VIEW t AS SELECT a, b, c FROM seen",
        "CREATE TRIGGER r INSTEAD OF INSERT ON t BEGIN INSERT INTO seen VALUES (NEW.a, NEW.b, NEW.c); END",
    ],
}


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (?, ?)",
        "INSERT INTO t VALUES (?, ?), (?)",
        "INSERT INTO t VALUES (?, ?), (?, 1)",
        "INSERT INTO t VALUES (?, ?), (?, ?), (?,?)",
        "INSERT INTO t VALUES (?, ?), (?, ?) (?, ?)",
        "INSERT INTO t VALUES (?1, ?2), (?3, ?4)",
        "INSERT INTO t VALUES (:a), (:a)",
        "INSERT INTO t VALUES (?, ?), /* ? */ (?, ?)",
        "INSERT INTO t VALUES (?, ?), (?, ?) RETURNING a + ?",
        "INSERT INTO t VALUES (?, ?), (?, ?) RETURNING a + :b",
        "INSERT INTO t VALUES (?, ?), (?, ?",
        "VALUES (?, ?), (?, ?)",
    ],
)
def test_other_statements_are_left_to_the_parser(sql: str) -> None:
    assert parameter_rows(sql) is None


def test_what_is_behind_the_rows_is_kept() -> None:
    found = parameter_rows(" insert into t(a,b) values (?,?) ,(?,?) ,(?,?) returning a; SELECT 1")
    assert found is not None
    assert found.template == " insert into t(a,b) values (?,?) returning a; SELECT 1"
    assert (found.width, found.count) == (2, 3)


def test_a_script_goes_on_behind_the_rows() -> None:
    pair = Pair()
    pair.ours("CREATE TABLE t (a, b)")
    first = f"INSERT INTO t{PAD}VALUES (?, ?), (?, ?) RETURNING b;"
    statement = pair.session.prepare(first + " SELECT 1")
    assert statement.tail == len(first)
    assert statement.parameters == (None,) * 4
    assert statement.run((1, 2, 3, 4)) == [(2,), (4,)]


def _random_rows(rng: random.Random, width: int, same_kinds: bool) -> list[Any]:
    kinds = [rng.choice([str, int, float]) for _ in range(width)]
    rows = []
    for _ in range(rng.randrange(2, 12)):
        if same_kinds:
            others = [kind(rng.randrange(60)) for kind in kinds[1:]]
        else:
            others = [rng.choice(VALUES) for _ in kinds[1:]]
        rows += [rng.choice([None, rng.randrange(60), rng.randrange(60), rng.randrange(60)]), *others]
    return rows


@pytest.mark.parametrize("schema", SCHEMAS)
def test_rows_of_parameters_do_what_they_do_in_sqlite(schema: str, seed: int) -> None:
    rng = random.Random(f"{seed} {schema}")
    pair = Pair()
    for sql in SCHEMAS[schema]:
        assert pair.difference(sql) is None
    for _ in range(60):
        if rng.random() < 0.2:
            assert pair.difference("COMMIT" if pair.sqlite.in_transaction else "BEGIN") is None
        columns = rng.choice([["a", "b", "c"], ["c", "a", "b"], ["a", "b"], ["a"]])
        values = _random_rows(rng, len(columns), rng.random() < 0.5)
        tail = rng.choice(TAILS) if schema != "a view" else rng.choice(TAILS[:5])
        row = f"({', '.join('?' * len(columns))})"
        rows = rng.choice([",", ", ", " ,\n"]).join([row] * (len(values) // len(columns)))
        sql = f"INSERT {rng.choice(ACTIONS)} INTO t ({', '.join(columns)}){PAD}VALUES {rows}{tail}"
        assert pair.difference(sql, values) is None, f"seed {seed}"
        for table in ("t", "seen") if "seen" in "".join(SCHEMAS[schema]) else ("t",):
            assert pair.difference(f"SELECT * FROM {table} ORDER BY 1, 2, 3") is None, f"{sql} {values} seed {seed}"
        if rng.random() < 0.3 and schema != "a view":
            assert pair.difference("DELETE FROM t WHERE a % 2 = 0") is None
    pair.check()
