"""A cursor that is read later gives what its statement found, whatever the connection did meanwhile.

Random changes of many rows and few, savepoints and their ends, with cursors that are left half read; beside sqlite3,
whose tables the connection must have after each step. MANTISDB_SEED replays a failure, MANTISDB_LONG=1 runs many more.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import suppress
from types import ModuleType
from typing import Any

SETS = ("a = a + 1", "b = b * 2", "c = c || id", "a = id", "a = a + 1, b = b + 1", "c = a")


class _Run:
    """One script on both drivers, and the cursors of ours that are open."""

    def __init__(self, driver: ModuleType, seed: str) -> None:
        self.chance = random.Random(seed)
        self.rows = self.chance.choice([50, 700, 3000])
        self.ours = driver.connect(":memory:", isolation_level=None)
        self.theirs = sqlite3.connect(":memory:", isolation_level=None)
        self.open: list[tuple[Any, list[Any], list[Any]]] = []
        self.savepoints = 0
        for connection in (self.ours, self.theirs):
            connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c TEXT)")
            connection.executemany(
                "INSERT INTO t VALUES (?, ?, ?, ?)", [(i, i % 7, i * 0.5, f"x{i}") for i in range(self.rows)]
            )

    def step(self, number: int) -> None:
        """One statement on both, or a cursor more that is half read."""
        chance = self.chance
        where = chance.choice(
            ["", "WHERE id % 2 = 0", "WHERE id % 3 = 1", "WHERE a > 3", f"WHERE id < {chance.randrange(self.rows)}",
             f"WHERE id = {chance.randrange(self.rows)}", f"WHERE id % 50 = {chance.randrange(50)}"]
        )  # fmt: skip
        kind = chance.randrange(14)
        some = chance.randrange(max(self.savepoints, 1))
        if kind < 5:
            self.both(f"UPDATE t SET {chance.choice(SETS)} {where}")
        elif kind < 10:
            fresh = self.rows * (number + 2)
            self.both(
                [f"DELETE FROM t {where or 'WHERE id % 5 = 0'}", "BEGIN", "COMMIT", "ROLLBACK",
                 f"INSERT INTO t SELECT id + {fresh}, a, b, c FROM t WHERE id % 4 = 0"][kind - 5]
            )  # fmt: skip
        elif kind == 10:
            self.savepoints += 1
            self.both(f"SAVEPOINT s{self.savepoints - 1}")
        elif kind < 13:
            self.both(f"ROLLBACK TO s{some}" if kind == 11 else f"RELEASE s{some}")
        else:
            found = self.ours.execute("SELECT * FROM t").fetchall()
            cursor = self.ours.execute("SELECT * FROM t")
            self.open.append((cursor, cursor.fetchmany(chance.randrange(30)), found))
        if self.open and chance.random() < 0.3:
            self.read(self.open.pop(chance.randrange(len(self.open))))

    def both(self, sql: str) -> None:
        """Run on both, which fail alike."""
        failed = []
        for connection in (self.ours, self.theirs):
            with suppress(sqlite3.Error):
                connection.execute(sql)
                failed.append(False)
                continue
            failed.append(True)
        assert failed[0] == failed[1], sql

    def read(self, half_read: tuple[Any, list[Any], list[Any]]) -> None:
        """Read a cursor to its end."""
        cursor, first, found = half_read
        assert first + cursor.fetchall() == found

    def end(self) -> None:
        """What must hold when all is over."""
        for half_read in self.open:
            self.read(half_read)
        self.both("ROLLBACK")
        query = "SELECT * FROM t ORDER BY id"
        assert self.ours.execute(query).fetchall() == self.theirs.execute(query).fetchall()
        assert self.ours.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        self.ours.close()
        self.theirs.close()


def test_a_cursor_gives_what_its_statement_found(driver: ModuleType, seed: int, long_mode: bool) -> None:
    for script in range(1000 if long_mode else 40):
        run = _Run(driver, f"{seed}-{script}")
        try:
            for number in range(run.chance.randrange(5, 25)):
                run.step(number)
            run.end()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, script {script}") from error


def test_a_cursor_reads_on_after_a_savepoint_is_rolled_back(driver: ModuleType) -> None:
    connection = driver.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(i, i) for i in range(5000)])
    connection.execute("BEGIN")
    connection.execute("SAVEPOINT s")
    for i in (10, 2000, 4999):
        connection.execute("UPDATE t SET a = 'changed' WHERE id = ?", (i,))
    found = connection.execute("SELECT * FROM t").fetchall()
    cursor = connection.execute("SELECT * FROM t")
    first = cursor.fetchmany(5)
    connection.execute("ROLLBACK TO s")
    assert connection.execute("SELECT count(*) FROM t WHERE a = 'changed'").fetchone() == (0,)
    assert first + cursor.fetchall() == found
    connection.close()
