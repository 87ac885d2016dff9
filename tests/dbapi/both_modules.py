"""Run one scenario against the standard library's sqlite3 and against MantisDB, and expect the same outcome.

A scenario is a function of the module (and of an empty directory, if it asks for one) that returns what it
saw: values, and for what may fail :func:`attempt`'s (class name, message). Outcomes are compared by ``repr``,
so that types count.
"""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import mantisdb_dbapi

MODULES = (sqlite3, mantisdb_dbapi)


def attempt(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a call returns, or the class and the text of what it raises."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return (type(error).__name__, str(error))


def same(scenario: Callable[..., Any]) -> Callable[[Path], None]:
    """A test that the scenario has the same outcome with both modules."""
    wants_directory = len(inspect.signature(scenario).parameters) == 2

    def test(tmp_path: Path) -> None:
        outcomes = []
        for module in MODULES:
            directory = tmp_path / module.__name__
            directory.mkdir()
            seen = scenario(module, directory) if wants_directory else scenario(module)
            outcomes.append(
                repr(seen).replace(str(directory), "DIRECTORY").replace("mantisdb_dbapi", "sqlite3")
            )
        assert outcomes[1] == outcomes[0]

    test.__name__, test.__doc__, test.__module__ = scenario.__name__, scenario.__doc__, scenario.__module__
    return test


def table_of(module: ModuleType, *rows: tuple[Any, ...], **options: Any) -> Any:
    """A connection in memory with a table ``t(a INTEGER PRIMARY KEY, b)`` of these rows, committed."""
    connection = module.connect(":memory:", **options)
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    connection.commit()
    return connection
