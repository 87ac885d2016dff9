"""Some 190 everyday statements on MantisDB and on sqlite3, side by side: which shapes are slow?

    python benchmarks/survey.py                 # slowest shapes last, beside their ratios
    python benchmarks/survey.py --below 0.5     # only those that sqlite3 is twice as quick at
    python benchmarks/survey.py "order by"      # only statements that contain a text

The workloads of run.py have targets; these have none. Each statement of survey.sql is run on both in turn, changes are
rolled back, and the best time of each counts. A ratio above 1 means faster than sqlite3. Rows are compared as multisets
where the statement has no ORDER BY or LIMIT, REAL values to twelve digits: sums are added in other orders.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mantisdb_dbapi

STATEMENTS = Path(__file__).with_suffix(".sql")
SCHEMA = (
    "CREATE TABLE items (id INTEGER PRIMARY KEY, category TEXT, owner_id INT, price REAL, title TEXT, flag TEXT, "
    "created TEXT)",
    "CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT, city TEXT, age INT)",
    "CREATE TABLE tags (item INT, tag TEXT)",
)
INDEXES = (
    "CREATE INDEX ic ON items (category, price)",
    "CREATE INDEX io ON items (owner_id)",
    "CREATE INDEX icr ON items (created)",
    "CREATE INDEX tt ON tags (tag)",
    "CREATE INDEX ti ON tags (item)",
    "CREATE INDEX ifl ON items (price) WHERE flag = 'zed'",
    "ANALYZE",
)


@dataclass
class Found:
    """What a statement took on both, in ms."""

    sql: str
    theirs_ms: float
    ours_ms: float
    rows: int
    is_same: bool

    @property
    def ratio(self) -> float:
        """Above 1: MantisDB is faster."""
        return self.theirs_ms / self.ours_ms


def main() -> int:
    """Print the table; 1 if rows differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="*", help="only statements that contain one of these")
    parser.add_argument("--below", type=float, default=float("inf"), help="only ratios below this")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    connections = [_filled(sqlite3, options.rows), _filled(mantisdb_dbapi, options.rows)]
    lines = STATEMENTS.read_text("utf-8").splitlines()
    statements = [line for line in lines if line and not line.startswith("--")]
    chosen = [s for s in statements if not options.texts or any(text in s for text in options.texts)]
    found = [_measured(connections, sql, options.rounds) for sql in chosen]
    for each in sorted(found, key=lambda item: -item.ratio):
        if each.ratio < options.below:
            mark = "" if each.is_same else "   OTHER ROWS"
            print(f"{each.ratio:8.2f} {each.theirs_ms:10.3f} {each.ours_ms:10.3f} ms {each.rows:6}  {each.sql}{mark}")
    return 0 if all(each.is_same for each in found) else 1


def _filled(driver: Any, rows: int) -> Any:
    chance = random.Random(5)
    connection = driver.connect(":memory:")
    for sql in SCHEMA:
        connection.execute(sql)
    connection.executemany(
        "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                i,
                f"category {chance.randrange(50):02}",
                chance.randrange(1000),
                round(chance.random() * 1000, 2),
                f"title {chance.randrange(rows)}",
                chance.choice([None, "x", "y", "zed"]),
                f"2024-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02} {chance.randrange(24):02}:00:00",
            )
            for i in range(rows)
        ],
    )
    owners = [(i, f"owner {i}", chance.choice(["Oslo", "Rome", "Bonn"]), chance.randrange(18, 90)) for i in range(1000)]
    connection.executemany("INSERT INTO owners VALUES (?, ?, ?, ?)", owners)
    tags = [(chance.randrange(rows), f"tag{chance.randrange(200)}") for _ in range(rows * 8 // 5)]
    connection.executemany("INSERT INTO tags VALUES (?, ?)", tags)
    for sql in INDEXES:
        connection.execute(sql)
    connection.commit()
    return connection


def _measured(connections: list[Any], sql: str, rounds: int) -> Found:
    best = [float("inf")] * 2
    answers: list[list[Any]] = [[], []]
    for _ in range(rounds):
        for n, connection in enumerate(connections):
            start = time.perf_counter()
            answers[n] = connection.execute(sql).fetchall()
            best[n] = min(best[n], time.perf_counter() - start)
            if connection.in_transaction:
                connection.rollback()
    return Found(sql, best[0] * 1e3, best[1] * 1e3, len(answers[1]), _is_same(sql, answers))


def _is_same(sql: str, answers: list[list[Any]]) -> bool:
    if any(word in sql for word in ("order by", "limit", "random(")):
        return len(answers[0]) == len(answers[1])
    theirs, ours = (sorted(repr([_rounded(value) for value in row]) for row in rows) for rows in answers)
    return theirs == ours


def _rounded(value: Any) -> Any:
    return float(f"{value:.12g}") if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
