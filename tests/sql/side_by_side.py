"""Runs the same statements on MantisDB and on the newest SQLite (apsw), and tells where they differ.

After every statement both sides must have given the same rows (values and types), or the same error text, and
agree on changes(), total_changes(), last_insert_rowid() and on whether a transaction is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import apsw

from mantisdb_engine import open_database
from mantisdb_sql.ddl.integrity import check
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.session import Session

Outcome = tuple[str, Any]

DATA = Path(__file__).parent / "data"


def statements_of(path: Path) -> list[str]:
    """The statements of a file: each ends with a line that ends in a semicolon; lines with ``--`` in front
    are notes."""
    statements, lines = [], []
    for line in path.read_text().splitlines():
        if line.startswith("--") and not lines:
            continue
        lines.append(line)
        if line.endswith(";"):
            statements.append("\n".join(lines).strip().rstrip(";"))
            lines = []
    return [s for s in statements if s]


class Pair:
    """One MantisDB session and one SQLite connection."""

    def __init__(self, path: str | None = None) -> None:
        self.session = Session(open_database(path))
        self.sqlite = apsw.Connection(":memory:")

    @classmethod
    def filled(cls, schema: Iterable[str], rows: Mapping[str, Iterable[tuple[Any, ...]]]) -> Pair:
        """Both with the tables and indexes of ``schema``, and with the rows of each table."""
        pair = cls()
        for sql in schema:
            assert pair.difference(sql) is None
        for table, values in rows.items():
            values = list(values)
            insert = f"INSERT INTO {table} VALUES ({', '.join('?' * len(values[0]))})"
            pair.session.prepare(insert).run_many(values)
            pair.sqlite.executemany(insert, values)
        return pair

    def ours(self, sql: str, params: Iterable[Any] = ()) -> Outcome:
        """What MantisDB makes of a statement."""
        try:
            result = self.session.prepare(sql).run(tuple(params))
            rows = result if isinstance(result, list | tuple) else [row for batch in result for row in batch]
            return "rows", [typed(row) for row in rows]
        except SqlError as error:
            return "unsupported" if isinstance(error, NotSupported) else "error", str(error)

    def theirs(self, sql: str, params: Iterable[Any] = ()) -> Outcome:
        """What SQLite makes of it."""
        try:
            return "rows", [typed(row) for row in self.sqlite.execute(sql, tuple(params))]
        except apsw.Error as error:
            return "error", str(error)

    def difference(self, sql: str, params: Iterable[Any] = ()) -> str | None:
        """Run a statement on both; what differs, or None."""
        params = tuple(params)
        ours, theirs = self.ours(sql, params), self.theirs(sql, params)
        ordered = " order by " in sql.lower() or sql.lower().startswith("pragma")
        if not ordered and ours[0] == theirs[0] == "rows":
            ours, theirs = (ours[0], sorted(ours[1])), (theirs[0], sorted(theirs[1]))
        if ours[0] == "unsupported":
            raise NotSupported(ours[1])
        if ours != theirs:
            return f"{sql} {params or ''}\n  MantisDB: {ours}\n  SQLite:   {theirs}"
        session, sqlite = self.session, self.sqlite
        state = session.changes, session.total_changes, session.last_insert_rowid, session.in_transaction
        expected = sqlite.changes(), sqlite.total_changes(), sqlite.last_insert_rowid(), sqlite.in_transaction
        if state != expected:
            what = "(changes, total, rowid, in transaction)"
            return f"{sql} {params or ''}\n  {what} MantisDB: {state} SQLite: {expected}"
        return None

    def check(self) -> None:
        """The trees say what the schema says they should."""
        assert check(self.session) == []


def typed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row with its values' types, so that 1 and 1.0 differ."""
    return tuple((type(value).__name__, repr(value)) for value in row)
