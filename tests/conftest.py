"""What every test can rely on: one printed seed, a path to the shared corpus, and a choice of driver.

``MANTISDB_SEED``    the seed of all random tests: a number, or ``random`` for a fresh one; the header line
                     prints it, and running again with that value replays the run. Without it the seed is
                     fixed, so that a red run means a change and not bad luck.
``MANTISDB_SHARED``  a folder with corpora that are too large for the repository (default: ``../shared``
                     beside it). Tests that need it skip, saying so, where it is missing.
``MANTISDB_LONG``    1 runs the long mode of random tests.
``MANTISDB_DRIVER``  the DB-API module under test. ``sqlite3`` runs the system tests on the oracle itself,
                     which proves the tests: each of them must hold for SQLite before it may be asked of
                     MantisDB.
"""

from __future__ import annotations

import importlib
import os
import random
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from integrity_watch import Watch

from mantisdb_sql.session import Session

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_SEED = "20"


def pytest_configure(config: pytest.Config) -> None:
    """Fix the seed once, in the environment, where test workers of the same run inherit it."""
    if os.environ.setdefault("MANTISDB_SEED", DEFAULT_SEED) == "random":
        os.environ["MANTISDB_SEED"] = str(random.SystemRandom().randrange(10**9))


def pytest_report_header(config: pytest.Config) -> str:
    """The line that makes a random run replayable."""
    return f"MANTISDB_SEED={os.environ['MANTISDB_SEED']} MANTISDB_DRIVER={driver_name()}"


@pytest.fixture(autouse=True)
def _whole_databases(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PRAGMA integrity_check of what the test's connections have written to, when they are closed and at its end."""
    if request.node.get_closest_marker("damages"):
        yield
        return
    watch, begin, close = Watch(), Session.__init__, Session.close

    def beginning(self: Session, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        watch.opened(self)

    def closing(self: Session) -> None:
        watch.closing(self)
        close(self)

    monkeypatch.setattr(Session, "__init__", beginning)
    monkeypatch.setattr(Session, "close", closing)
    yield
    monkeypatch.undo()
    watch.ended()
    assert not watch.problems, watch.problems


def driver_name() -> str:
    """The name of the DB-API module under test."""
    return os.environ.get("MANTISDB_DRIVER", "mantisdb_dbapi")


@pytest.fixture(scope="session")
def driver() -> ModuleType:
    """The DB-API module under test."""
    return importlib.import_module(driver_name())


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of this run."""
    return int(os.environ["MANTISDB_SEED"])


@pytest.fixture(scope="session")
def long_mode() -> bool:
    """Whether random tests may take their time."""
    return os.environ.get("MANTISDB_LONG", "") not in ("", "0")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared corpora; skips where there is none."""
    path = Path(os.environ.get("MANTISDB_SHARED", REPOSITORY.parent / "shared"))
    if not path.is_dir():
        pytest.skip(f"the shared corpora are not at {path}: set MANTISDB_SHARED")
    return path


@pytest.fixture(scope="session")
def chinook_script(shared: Path) -> str:
    """The text of Chinook, a music shop's database, as one SQL script."""
    path = shared / "corpus" / "chinook" / "chinook.sql"
    if not path.is_file():
        pytest.skip(f"{path} is missing")
    return path.read_text("utf-8-sig")
