"""``Connection.iterdump()``: the database as SQL text that makes it again.

Tables come first, in the order of their names, each followed by its rows; then indexes, triggers and views.
Names are always quoted, because SQLite may make any word a keyword. Values are written as SQLite's
``quote()`` writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mantisdb_dbapi.connection import Connection
    from mantisdb_dbapi.cursor import Cursor

__all__ = ["iterdump"]


def iterdump(connection: Connection, *, filter: str | None = None) -> Iterator[str]:
    """The statements, each with its semicolon; ``filter`` is a LIKE pattern that names must match."""
    cursor = connection.cursor()
    cursor.row_factory = None
    yield "BEGIN TRANSACTION;"
    sequences: list[str] = []
    for name, _, sql in _objects(cursor, "= 'table'", filter, order=True):
        if name == "sqlite_sequence":
            sequences = _sequence_statements(cursor)
        elif name == "sqlite_stat1":
            yield 'ANALYZE "sqlite_master";'  # makes the table
            yield from _inserts(cursor, name)
        elif not name.startswith("sqlite_"):
            yield f"{sql};"
            yield from _inserts(cursor, name)
    for _, _, sql in _objects(cursor, "IN ('index', 'trigger', 'view')", filter, order=False):
        yield f"{sql};"
    for statement in sequences:
        yield f"{statement};"
    yield "COMMIT;"


def _objects(cursor: Cursor, kinds: str, filter: str | None, *, order: bool) -> list[Any]:
    condition, parameters = ("", []) if filter is None else (' AND "name" LIKE ?', [filter])
    return cursor.execute(
        f'SELECT name, type, sql FROM "sqlite_master" WHERE "sql" NOT NULL AND "type" {kinds}{condition}'
        + (' ORDER BY "name"' if order else ""),
        parameters,
    ).fetchall()


def _inserts(cursor: Cursor, table: str) -> Iterator[str]:
    ident = _quote_name(table)
    columns = [row[1] for row in cursor.execute(f"PRAGMA table_info({ident})").fetchall()]
    values = " || ',' || ".join(f"quote({_quote_name(column)})" for column in columns)
    head = f"INSERT INTO {ident} VALUES("
    for (row,) in cursor.execute(f"SELECT {values} FROM {ident}"):
        yield f"{head}{row});"


def _sequence_statements(cursor: Cursor) -> list[str]:
    rows = cursor.execute('SELECT "name", "seq" FROM "sqlite_sequence"').fetchall()
    return ['DELETE FROM "sqlite_sequence"'] + [
        f"INSERT INTO \"sqlite_sequence\" VALUES('{name.replace(chr(39), chr(39) * 2)}',{sequence})"
        for name, sequence in rows
    ]


def _quote_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
