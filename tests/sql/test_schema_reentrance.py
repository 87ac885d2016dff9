"""A finalizer that the garbage collector runs while a schema is read may look at schemas itself."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import mantisdb_dbapi
from mantisdb_sql.cache import SharedSchema


def test_a_schema_can_be_looked_at_while_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read, seen = SharedSchema._new, []

    def read_with_a_finalizer(self: SharedSchema, rows: tuple[Any, ...]) -> Any:
        other = mantisdb_dbapi.connect(":memory:")
        seen.append(other.execute("SELECT count(*) FROM sqlite_schema").fetchall())
        other.close()
        return read(self, rows)

    def work() -> None:
        connection = mantisdb_dbapi.connect(":memory:")
        connection.execute("CREATE TABLE read_by_none_before (a, b, c)")
        monkeypatch.setattr(SharedSchema, "_new", read_with_a_finalizer)
        seen.append(connection.execute("SELECT * FROM read_by_none_before").fetchall())
        monkeypatch.setattr(SharedSchema, "_new", read)
        connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), "it waits for itself"
    assert seen == [[(0,)], []]
