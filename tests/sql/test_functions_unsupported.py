"""Every function that SQLite brings either works or is refused by name as not supported; none is denied."""

from __future__ import annotations

import apsw
import pytest

from mantisdb_sql.errors import NotSupported
from mantisdb_sql.functions import FunctionRegistry

OPERATORS = {"->", "->>"}  # listed as functions


def test_no_function_of_sqlite_is_denied() -> None:
    registry = FunctionRegistry()
    names = {row[0] for row in apsw.Connection(":memory:").execute("SELECT name FROM pragma_function_list")}
    missing = sorted(name for name in names - OPERATORS if not registry.has_name(name))
    assert len(names) > 150
    for name in missing:
        with pytest.raises(NotSupported, match=name):
            registry.lookup(name, 1)
