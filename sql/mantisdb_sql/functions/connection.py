"""Functions that tell about the connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mantisdb_sql.functions.definition import FunctionDef
from mantisdb_sql.values.storage import INTEGER

__all__ = ["ConnectionHooks", "connection_functions"]


def _zero() -> int:
    return 0


def _no_pragma(name: str) -> None:
    return None


def _no_rows(name: str, value: str | None, schema: str | None) -> Sequence[tuple[Any, ...]]:
    return ()


class ConnectionHooks:
    """What the functions ask; whoever owns the connection sets these attributes."""

    def __init__(self) -> None:
        self.changes: Callable[[], int] = _zero
        self.total_changes: Callable[[], int] = _zero
        self.last_insert_rowid: Callable[[], int] = _zero
        self.pragma_columns: Callable[[str], Sequence[str] | None] = _no_pragma
        self.pragma: Callable[[str, str | None, str | None], Sequence[tuple[Any, ...]]] = _no_rows


def connection_functions(hooks: ConnectionHooks) -> list[FunctionDef]:
    """The definitions that ask ``hooks``."""

    def changes() -> int:
        return hooks.changes()

    def total_changes() -> int:
        return hooks.total_changes()

    def last_insert_rowid() -> int:
        return hooks.last_insert_rowid()

    return [
        FunctionDef(f.__name__, 0, 0, f, deterministic=False, classes=INTEGER)
        for f in (changes, total_changes, last_insert_rowid)
    ]
