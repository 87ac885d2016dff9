"""Schemas written by others: Django's own migrations, those of an application, and Alembic's batch migrations leave the
schema and the rows that they leave in SQLite, step by step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
MODULES = ("sqlite3", "mantisdb_dbapi")


def _run(script: str, module: str, folder: Path) -> list[dict[str, Any]]:
    paths = os.pathsep.join((str(HERE), *sys.path))
    done = subprocess.run(
        [sys.executable, str(HERE / script), module, str(folder / f"{module}.db")],
        env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    steps: list[dict[str, Any]] = json.loads(done.stdout)
    return steps


@pytest.mark.parametrize("script", ["django_migrate.py", "alembic_migrate.py"])
def test_migrations_leave_what_they_leave_in_sqlite(script: str, tmp_path: Path) -> None:
    pytest.importorskip(script.partition("_")[0])  # a development dependency that may be newer than the environment
    theirs, ours = (_run(script, module, tmp_path) for module in MODULES)
    assert len(ours) == len(theirs) > 3
    for number, (expected, found) in enumerate(zip(theirs, ours, strict=True)):
        assert found["schema"] == expected["schema"], f"step {number}"
        assert found["rows"] == expected["rows"], f"step {number}"
        assert found["problems"] == [["ok"]], f"step {number}"
