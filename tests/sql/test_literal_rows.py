"""INSERT statements of many rows of literals: what counts as data, and that they do what SQLite does."""

from __future__ import annotations

import random

import apsw
import pytest
from side_by_side import Pair

from mantisdb_sql.changes.literal_rows import literal_rows

PAD = " " * 100  # statements shorter than this are not looked at
LITERALS = [
    "''", "''''", "'it''s'", "'), ('", "';'", "'--'", "'/*'", "'Ünï ✓'", "1", "-1", "007", "2.50", "-0.5",
    "3.", "0", "NULL", "null", "123456789012345678", "9223372036854775807", "-9223372036854775808", "1e3",
    ".5", "0x1F", "x'00'", "1+1", "-0", "'a' || 'b'", "abs(-3)",
]
HEADS = ["INSERT INTO", "REPLACE INTO"] + [
    f"INSERT OR {action} INTO" for action in ("ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK")
]


def _agree(pair: Pair, sql: str) -> None:
    ours, theirs = pair.ours(sql), pair.theirs(sql)
    assert ours == theirs, sql
    assert pair.session.changes == pair.sqlite.changes(), sql
    assert pair.session.total_changes == pair.sqlite.total_changes(), sql
    assert pair.session.last_insert_rowid == pair.sqlite.last_insert_rowid(), sql
    assert pair.session.in_transaction == pair.sqlite.in_transaction, sql


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES (1, 2), (3, 4) RETURNING *",
        "INSERT INTO t VALUES (1, 2), (3, 4) ON CONFLICT DO NOTHING",
        "INSERT INTO t VALUES (1, 2), -- a comment\n(3, 4)",
        "INSERT INTO t VALUES (1, 2), /* a comment */ (3, 4)",
        "INSERT INTO t VALUES (1, 2), (3)",
        "INSERT INTO t VALUES (1, 2)",
        "INSERT INTO t VALUES (1, ?), (3, 4)",
        "INSERT INTO t VALUES (1, 2), (3, 4) x",
        "INSERT INTO t VALUES (1, 2), (3, 4",
        "INSERT INTO t VALUES (1, 'a), (3, 'b')",
        "INSERT INTO t VALUES (1,\v2), (3, 4)",
        "SELECT * FROM t",
    ],
)
def test_other_statements_are_left_to_the_parser(sql: str) -> None:
    assert literal_rows(sql) is None


def test_rows_are_cut_where_they_end() -> None:
    found = literal_rows("insert into t values (1, '), (2;'), (NULL, 'it''s'); SELECT 1")
    assert found is not None
    assert found.template == "insert into t values (?, ?)"
    assert found.rows == [(1, "), (2;"), (None, "it's")]
    assert found.tail == len("insert into t values (1, '), (2;'), (NULL, 'it''s');")


@pytest.mark.parametrize(
    "tail", ["", " ;", " x", " RETURNING a", " ON CONFLICT (a) DO UPDATE SET b = excluded.b"]
)
@pytest.mark.parametrize("head", ["INSERT INTO t", "INSERT INTO t SELECT 1, 2 EXCEPT", "INSERT INTO nowhere"])
def test_the_text_around_the_rows_means_what_it_does_in_sqlite(head: str, tail: str) -> None:
    pair = Pair()
    _agree(pair, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    _agree(pair, f"{head}{PAD}VALUES (1, 2), (3, 4){tail}")
    _agree(pair, "SELECT * FROM t")


def _random_insert(rng: random.Random) -> str:
    def row(width: int) -> str:
        return "(" + ", ".join([str(rng.randrange(40)), *rng.choices(LITERALS[:18], k=width - 1)]) + ")"

    rows = [row(2 if rng.random() < 0.02 else 3) for _ in range(rng.randrange(2, 9))]
    if rng.random() < 0.2:
        rows.append(f"({rng.randrange(40)}, {rng.choice(LITERALS)}, {rng.choice(LITERALS)})")
    separator = rng.choice([",", ", ", " ,\n\t"])
    columns = rng.choice(["", " (a, b, c)", " (c, b, a)"])
    return f"{rng.choice(HEADS)} t{columns}{PAD}VALUES {separator.join(rows)}"


@pytest.mark.parametrize("seed", range(6))
def test_rows_of_literals_do_what_they_do_in_sqlite(seed: int) -> None:
    rng = random.Random(seed)
    print("seed", seed)
    pair = Pair()
    key = "INTEGER PRIMARY KEY" + " AUTOINCREMENT" * (seed % 3 == 1)
    _agree(pair, f"CREATE TABLE t (a {key}, b TEXT NOT NULL ON CONFLICT {HEADS[2 + seed % 5].split()[2]}, c)")
    if seed % 2:
        _agree(pair, "CREATE UNIQUE INDEX t_c ON t (c, b)")
    for _ in range(60):
        if rng.random() < 0.2:
            _agree(pair, "COMMIT" if pair.sqlite.in_transaction else "BEGIN")
        _agree(pair, _random_insert(rng))
        _agree(pair, "SELECT * FROM t ORDER BY a")
        if rng.random() < 0.3:
            _agree(pair, "DELETE FROM t WHERE a % 2 = 0")


def test_decimals_are_read_as_sqlite_reads_them() -> None:
    rng = random.Random(7)
    sizes = [(rng.randrange(1, 15), rng.randrange(1, 9)) for _ in range(300)]
    rows = ", ".join(f"({rng.randrange(10**whole)}.{rng.randrange(10**part)})" for whole, part in sizes)
    found = literal_rows(f"INSERT INTO t VALUES {rows}")
    assert found is not None
    assert found.rows == apsw.Connection(":memory:").execute(f"VALUES {rows}").fetchall()


def test_vacuum_into_is_refused() -> None:
    outcome, message = Pair().ours("VACUUM INTO 'copy.db'")
    assert outcome == "unsupported" and "VACUUM INTO" in message
