"""Random schemas, changes and queries get the same answers from MantisDB and from the newest SQLite.

Short mode runs for half a minute; MANTISDB_LONG=1 for ten. ``python tests/system/differential.py --minutes
60`` is the open-ended form, and replays a seed.
"""

from __future__ import annotations

import time
from collections import Counter
from types import ModuleType

import pytest

pytest.importorskip("apsw")

import differential

SHORT_S, LONG_S = 30.0, 600.0
SHORT_SCRIPTS = 60


def test_random_scripts_get_sqlites_answers(driver: ModuleType, seed: int, long_mode: bool) -> None:
    deadline = time.monotonic() + (LONG_S if long_mode else SHORT_S)
    unsupported: Counter[str] = Counter()
    ran = statements = 0
    while time.monotonic() < deadline and (long_mode or ran < SHORT_SCRIPTS):
        failure = differential.run_seed(f"{seed}-{ran}", driver.__name__, unsupported)
        assert failure is None, str(failure)
        ran += 1
        statements += differential.CHANGES + differential.QUERIES
    print(f"seed {seed}: {ran} scripts; not supported: {dict(unsupported.most_common(10))}")
    assert unsupported.total() < statements / 4, f"too much is not supported to prove anything: {unsupported}"


def test_a_planted_difference_is_found_and_shrunk() -> None:
    """The comparison can fail: a changed answer is reported, with a script of the few statements that
    matter."""

    class Wrong(differential.Oracle):
        def run(self, statement: differential.Statement) -> differential.Outcome:
            outcome = super().run(statement)
            if "coalesce" in statement.sql and outcome.rows:
                outcome.rows = outcome.rows[1:]
            return outcome

        def close(self) -> None:
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differential, "Ours", lambda name: Wrong())
        failures = (differential.run_seed(n, "", Counter()) for n in range(50))
        found = next(failure for failure in failures if failure)
    assert found.difference.kind == "rows"
    assert len(found.statements) <= 4
    assert "coalesce" in found.statements[-1].sql
    assert len(found.statements[-1].sql) < 150
