"""Killed at any moment, the file holds exactly the committed transactions.

A child process commits numbered transactions and reports each one over a pipe after COMMIT has returned; it
is killed with SIGKILL at a random moment: a little after a commit that was drawn beforehand, so that kills fall
into the load and behind it on machines of any speed. What the file shows at the next open must be the state after
transaction n, where n is the last one reported, or the one in flight after it: a commit whose report the
kill cut off. Nothing in between, nothing less. The oracle (sqlite3, in memory) does the same transactions
and its tables are compared row by row. Half the rounds start with a new file, so that the load is hit too;
the others go on where the file is.
"""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import comparison
import kill_child
import pytest

KILLS = 50
FRESH_EVERY = 2
COMMITS_BEFORE = (range(1), range(1), range(1, 10), range(10, kill_child.LOADS), range(kill_child.LOADS + 1, 60))
"""Where the commit is drawn, counted from a child's start, that it is killed after: at once, in the load, behind it."""
TIMEOUT_S = 60.0

pytestmark = pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(), reason="needs POSIX processes and SIGKILL"
)


class Oracle:
    """What must be in the file: transactions done again on sqlite3."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.number = 0
        self.connection = sqlite3.connect(":memory:", isolation_level=None)

    def advance(self, number: int) -> None:
        """Go on to the state after transaction ``number``."""
        while self.number < number:
            self.number += 1
            kill_child.commit(self.connection, self.seed, self.number)


def _read_reports(pipe: Connection) -> list[tuple[str, int]]:
    """Everything the child said before it died."""
    reports = []
    try:
        while True:
            reports.append(pipe.recv())
    except EOFError:
        return reports


def _kill_once(driver: ModuleType, path: Path, seed: int, commits: int, delay_s: float) -> list[tuple[str, int]]:
    """Start a child, let it commit ``commits`` transactions and work for ``delay_s`` more, kill it; its reports."""
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=kill_child.run, args=(driver.__name__, str(path), seed, theirs))
    child.start()
    theirs.close()
    reports = []
    while len(reports) <= commits:
        assert ours.poll(TIMEOUT_S), f"the child says nothing after {reports[-1:] or 'its start'}"
        reports.append(ours.recv())
    time.sleep(delay_s)
    child.kill()
    child.join()
    assert child.exitcode == -9, f"the child ended by itself with {child.exitcode}"
    return reports + _read_reports(ours)


def _check(connection: Any, oracle: Oracle, acknowledged: int) -> int:
    """Compare the reopened file with the oracle; the number of the last transaction in it."""
    found = kill_child.progress(connection)
    assert found in (acknowledged, acknowledged + 1)
    oracle.advance(found)
    for table in kill_child.TABLES if found else ():
        sql = f"SELECT rowid, * FROM {table} ORDER BY rowid"
        ours, theirs = connection.execute(sql).fetchall(), oracle.connection.execute(sql).fetchall()
        assert comparison.first_difference(ours, theirs) is None, table
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return found


def test_every_reopen_after_a_kill_shows_exactly_the_committed_transactions(
    driver: ModuleType, seed: int, tmp_path: Path
) -> None:
    multiprocessing.get_context("forkserver").set_forkserver_preload([driver.__name__, "kill_child"])
    chance = random.Random(seed)
    print(f"seed {seed}")
    path, oracle, reached = tmp_path / "none", Oracle(0), 0
    for round_number in range(KILLS):
        if round_number % FRESH_EVERY == 0:
            path, oracle = tmp_path / f"{round_number}.db", Oracle(seed * 1000 + round_number)
        commits = chance.choice(chance.choice(COMMITS_BEFORE))
        delay_s = chance.choice((0.0, 0.005, 0.02)) * chance.random() * 2
        reports = _kill_once(driver, path, oracle.seed, commits, delay_s)
        assert reports[0] == ("open", oracle.number), "what the child found is not what was checked before"
        connection = driver.connect(path)
        try:
            found = _check(connection, oracle, reports[-1][1])
        except AssertionError as error:
            error.add_note(f"seed {seed}, round {round_number}, killed {delay_s:.4f} s after {commits}, file {path}")
            raise
        connection.close()
        reached = max(reached, found)
    print(f"{KILLS} kills, at most {reached} transactions in one file")
    assert reached > kill_child.LOADS, "no kill came after the load"
