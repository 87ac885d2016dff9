"""Random schemas, changes and queries get the same answers from MantisDB and from the newest SQLite.

Short mode runs a fixed number of scripts of the session's seed and one of a fresh seed, which is printed, with queries
and with definitions and changes; MANTISDB_LONG=1 runs fresh ones for ten minutes.
``python tests/system/differential.py --seconds 3600`` is the open-ended form, and replays a seed. Where both engines
refuse a statement, which of several mistakes in it they name first is counted and shown, but no failure.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from types import ModuleType

import differential
import pytest
import rewriting

apsw = pytest.importorskip("apsw")

SCRIPTS, LONG_S = 8, 600.0
SCRIPTS_OF_CHANGES = 3


def _seeds(seed: int, long_mode: bool, scripts: int) -> Iterator[str]:
    fresh = random.SystemRandom().randrange(10**9)
    if not long_mode:
        yield from (f"{seed}-{number}" for number in range(scripts))
        yield f"{fresh}-0"
        return
    deadline, number = time.monotonic() + LONG_S, 0
    while time.monotonic() < deadline:
        yield f"{fresh}-{number}"
        number += 1


@pytest.mark.parametrize("changes", [False, True], ids=["queries", "changes"])
def test_random_scripts_get_sqlites_answers(
    driver: ModuleType, seed: int, long_mode: bool, changes: bool
) -> None:
    """Of queries, and of definitions and changes, after each of which everything is compared."""
    without = differential.missing_features(driver.__name__)
    counts = differential.Counts()
    other_words = 0
    for script in _seeds(seed, long_mode, SCRIPTS_OF_CHANGES if changes else SCRIPTS):
        failures = differential.run_seed(script, driver.__name__, counts, without, changes=changes)
        wrong = [failure for failure in failures if not failure.difference.kind.startswith("other ")]
        other_words += len(failures) - len(wrong)
        assert not wrong, str(differential.shrunk(wrong[0], driver.__name__))
    print(f"up to seed {script}: {counts.statements:,} statements; {counts}; without {sorted(without)}")
    print(f"{other_words} errors in other words")
    refused = counts.unsupported.total() + counts.errors * (not changes)  # what is wrong has to be told of changes
    assert refused < counts.statements / 3, f"too much is refused to prove anything: {counts}"
    assert other_words <= counts.statements / 200, "errors are worded in a way of their own"


class Wrong(differential.Oracle):
    """SQLite, but where a statement says coalesce a row is missing."""

    def __init__(self, driver_name: str, limit_s: float, *, in_file: bool) -> None:
        super().__init__(limit_s)

    def run(self, statement: differential.Statement) -> differential.Outcome:
        outcome = super().run(statement)
        if "coalesce" in statement.sql and outcome.rows:
            outcome.rows = outcome.rows[1:]
        return outcome

    def check(self, statement: differential.Statement) -> None:
        return None


def test_a_planted_difference_is_found_and_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: a changed answer is reported, with a script of the few statements that matter."""
    monkeypatch.setattr(differential, "Ours", Wrong)
    runs = (differential.run_seed(n, "", differential.Counts()) for n in range(50))
    found = differential.shrunk(next(failures[0] for failures in runs if failures), "")
    assert found.difference.kind == "rows"
    assert len(found.statements) <= 5
    assert "coalesce" in found.statements[-1].sql
    assert len(found.statements[-1].sql) < 150


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("SELECT count(*) FROM t WHERE /*NoREC*/ a > 1", "SELECT count(*) FROM t WHERE a > 1"),
        ("SELECT a FROM t WHERE /*TLP*/ a > 1", "SELECT a FROM t WHERE NOT (a > 1)"),
        ("SELECT a FROM t WHERE /*TLP distinct*/ a > 1", "SELECT DISTINCT a FROM t WHERE (a > 1) IS NULL"),
    ],
)
def test_a_planted_contradiction_is_seen(check: str, wrong: str) -> None:
    """The rewriting oracles hold for an engine that is right, and fail for one whose answer to one query is wrong."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3), (NULL), (NULL)")
    statement = differential.Statement(check)
    assert rewriting.is_check(statement)
    asked = []

    def query(sql: str) -> list[tuple[object, ...]]:
        asked.append(sql)
        rows = connection.execute(sql).fetchall()
        return rows if sql != wrong else [(0,)] if "count" in sql else rows[1:]

    assert rewriting.violation(statement, lambda sql: connection.execute(sql).fetchall()) is None
    assert rewriting.violation(statement, query) is not None
    assert wrong in asked
