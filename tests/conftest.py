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
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_SEED = "20"


def pytest_configure(config: pytest.Config) -> None:
    """Fix the seed once, in the environment, where test workers of the same run inherit it."""
    if os.environ.setdefault("MANTISDB_SEED", DEFAULT_SEED) == "random":
        os.environ["MANTISDB_SEED"] = str(random.SystemRandom().randrange(10**9))


def pytest_report_header(config: pytest.Config) -> str:
    """The line that makes a random run replayable."""
    return f"MANTISDB_SEED={os.environ['MANTISDB_SEED']} MANTISDB_DRIVER={driver_name()}"


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
