"""executemany of an INSERT does what SQLite does with as many statements of one row each, batched or not.

Rows that conflict with each other or with the table, and rows that nothing stands in the way of, come in runs, so that
batches are taken, are declined, and are taken again.
"""

from __future__ import annotations

import random
from typing import Any

import apsw
import pytest
from side_by_side import Pair

from mantisdb_sql.changes.bulk import BulkInsert
from mantisdb_sql.errors import SqlError

SCHEMAS = {
    "a plain table": ["CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c)"],
    "no rowid alias": ["CREATE TABLE t (a, b TEXT, c)", "CREATE UNIQUE INDEX t_a ON t (a)"],
    "conflict clauses": [
        "CREATE TABLE t (a INTEGER PRIMARY KEY ON CONFLICT REPLACE, b TEXT NOT NULL ON CONFLICT IGNORE, "
        "c UNIQUE ON CONFLICT FAIL)",
    ],
    "two unique indexes": [
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c)",
        "CREATE UNIQUE INDEX t_cb ON t (c, b)",
    ],
    "AUTOINCREMENT": ["CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b, c)"],
    "CHECKs": [
        "CREATE TABLE t (a INTEGER PRIMARY KEY CHECK (a <> 13), b CHECK (length(b) < 5), c REAL, "
        "CHECK (typeof(c) <> 'text' OR b > ''))",
    ],
    "defaults": [
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b NOT NULL DEFAULT (1 + 1), c TEXT DEFAULT (upper('x') || 1), "
        "d DEFAULT (date('2024-01-31', '+1 month')), e TEXT DEFAULT 5, f AS (b || c))",
    ],
    "WITHOUT ROWID": ["CREATE TABLE t (a, b, c, PRIMARY KEY (b, a)) WITHOUT ROWID"],
    "STRICT": ["CREATE TABLE t (a INTEGER PRIMARY KEY, b ANY, c TEXT) STRICT"],
    "a partial unique index": [
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b, c)",
        "CREATE UNIQUE INDEX t_b ON t (b) WHERE c > 3",
    ],
}
SCHEMAS |= {
    "generated columns": [
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c, e REAL AS (d + c) STORED, "
        "d AS (length(b) + a) CHECK (d <> 40), f AS (17), g TEXT AS (lower(b) || typeof(e)))",
        "CREATE INDEX t_e ON t (e, d)",
        "CREATE UNIQUE INDEX t_d ON t (d, b)",
    ],
    "generated columns that may break": [
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b ANY, c TEXT, d INT NOT NULL AS (length(b)) STORED, "
        "e REAL AS (abs(c) * 0.5)) STRICT",
    ],
}
EXPRESSIONS = [
    "? || 'x'", "abs(?)", "upper(?)", "length(?)", "? + 1", "-?", "? * 3", "? / 2", "? % 4", "coalesce(?, 'none')",
    "CASE WHEN ? > 120 THEN 'large' END", "CAST(? AS INTEGER)", "? || ?", "? + ?", "? LIKE 'A%'", "(SELECT ?)",
    "random() IS NOT ?", "2 + 3",
]  # fmt: skip
VALUES = [None, 0, 5, 13, 2**40, 1.5, 3.0, -0.0, "", "a", "A", "1.0", "longer text", b"", b"x"]
ACTIONS = ["", "", "OR FAIL", "OR IGNORE", "OR REPLACE", "OR ROLLBACK"]
CLAUSES = ["", "", "", "", " ON CONFLICT DO NOTHING"]


def _rows(rng: random.Random, width: int, key: int) -> list[tuple[Any, ...]]:
    """Rows from ``key`` on, of columns of one kind each, or of values that are nothing but odd."""
    kinds = [rng.choice([str, int, float, lambda n: None, bytes]) for _ in range(width)]
    rows = []
    for n in range(rng.randrange(4, 30)):
        if rng.random() < 0.1:
            others = [rng.choice(VALUES) for _ in kinds[1:]]
        else:
            others = [kind(key + n if kind is not bytes else 2) for kind in kinds[1:]]
        rows.append((key + n, *others))
    if rng.random() < 0.4:
        rows[rng.randrange(len(rows))] = (rng.choice([None, rng.randrange(60), "x"]), *rng.choices(VALUES, k=width - 1))
    if rng.random() < 0.2:
        rng.shuffle(rows)
    if rng.random() < 0.2:
        rows = [(None, *row[1:]) for row in rows]
    return rows


def _run_both(pair: Pair, sql: str, rows: list[tuple[Any, ...]]) -> tuple[str, str]:
    outcomes: list[str] = []
    for run in (lambda: pair.session.prepare(sql).run_many(rows), lambda: pair.sqlite.executemany(sql, rows)):
        try:
            run()
            outcomes.append("no error")
        except (SqlError, apsw.Error) as error:
            outcomes.append(str(error))
    return outcomes[0], outcomes[1]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_batches_do_what_single_statements_do(schema: str, seed: int) -> None:
    rng = random.Random(f"{seed} {schema}")
    pair = Pair()
    for sql in SCHEMAS[schema]:
        assert pair.difference(sql) is None
    tables = ["t", "sqlite_sequence"] if schema == "AUTOINCREMENT" else ["t"]
    key = 0
    for _ in range(60):
        columns = rng.choice([["a", "b", "c"], ["a", "c", "b"], ["a", "b"], ["a"]])
        key = key if rng.random() < 0.3 else key + 100
        rows = _rows(rng, len(columns), key)
        action, clause = rng.choice(ACTIONS), rng.choice(CLAUSES)
        values = ["?"] * len(columns)
        if rng.random() < 0.15:
            values[-1] = rng.choice(["'constant'", "7", "NULL", "? || 'x'", "abs(?)"])
        for i in range(len(values)):
            if rng.random() < 0.2:
                values[i] = rng.choice(EXPRESSIONS if i else ["? + 0", "abs(?)", "? * 1.0"])
        width = "".join(values).count("?")
        rows = [(*row, *row)[:width] for row in rows]
        sql = f"INSERT {action} INTO t ({', '.join(columns)}) VALUES ({', '.join(values)}){clause}"
        if rng.random() < 0.5:
            assert pair.difference("COMMIT" if pair.sqlite.in_transaction else "BEGIN") is None
        ours, theirs = _run_both(pair, sql, rows)
        assert ours == theirs, f"{sql} {rows} seed {seed}"
        for table in tables:
            order = "rowid" if "WITHOUT" not in schema else "b, a"
            assert pair.difference(f"SELECT * FROM {table} ORDER BY {order}") is None, f"{sql} {rows} seed {seed}"
    pair.check()


@pytest.mark.parametrize(
    ("sql", "given"),
    [
        ("INSERT OR IGNORE INTO t (a, b, c) VALUES (?, ?, ?)", slice(3)),
        ("INSERT OR REPLACE INTO t (a, b, c) VALUES (?, ?, ?)", slice(3)),
        ("INSERT INTO t VALUES (?, ?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b", slice(3)),
        ("INSERT INTO t (b, c) VALUES (?, ?)", slice(1, 3)),
        ("INSERT INTO t (a) VALUES (?)", slice(1)),
        ("INSERT INTO t (b, c) VALUES (upper(?), ? + 1)", slice(1, 3)),
        ("INSERT INTO t (b, c, a) VALUES (lower(?1 || 'B'), abs(?2), ?1 + 5 - 5)", slice(0, 3, 2)),
    ],
)
def test_rows_without_conflicts_are_inserted_as_a_batch(
    sql: str, given: slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int | None] = []
    insert_rows = BulkInsert.insert_rows

    def noting(bulk: BulkInsert, *arguments: Any) -> int | None:
        taken.append(insert_rows(bulk, *arguments))
        return taken[-1]

    monkeypatch.setattr(BulkInsert, "insert_rows", noting)
    pair = Pair()
    create = (
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT CHECK (b <> 'x'), c DEFAULT CURRENT_TIMESTAMP, "
        "d AS (a * 2), e AS (d || b) STORED)"
    )
    pair.ours(create)
    rows = [(n, str(n), n / 2)[given] for n in range(1, 100)]
    pair.session.prepare(sql).run_many(rows)
    assert taken == [99]
    (_, stored) = pair.ours("SELECT count(*), count(DISTINCT c), max(a) FROM t WHERE c IS NOT NULL")
    assert stored in ([(("int", "99"), ("int", "99"), ("int", "99"))], [(("int", "99"), ("int", "1"), ("int", "99"))])


def test_a_batch_of_upserts_is_refused_where_a_foreign_key_leads_nowhere() -> None:
    pair = Pair()
    for sql in (
        "PRAGMA foreign_keys = ON", "CREATE TABLE p (a PRIMARY KEY, b)",
        "CREATE TABLE c (d, e AS (d) REFERENCES p ON UPDATE CASCADE)",
    ):
        assert pair.difference(sql) is None
    rows = [(n,) for n in range(20)]
    for clause in ("DO UPDATE SET a = 'b'", "DO UPDATE SET b = 1", "DO NOTHING"):
        ours, theirs = _run_both(pair, f"INSERT INTO p (a) VALUES (?) ON CONFLICT (a) {clause}", rows)
        assert ours == theirs, clause
    assert pair.difference("SELECT * FROM p") is None
    pair.check()
