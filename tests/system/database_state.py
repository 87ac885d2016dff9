"""Everything that can be seen of a connection's databases, as text that two engines must agree on.

    StateReader(query).read()   ``query(sql)`` gives the rows of a SELECT or a PRAGMA
    difference(a, b)            the first part in which two states differ, with what each says

Seen are, of every database, the schema's texts in their order and the rows of all tables with their rowids and types
(in the order of rowids; those of WITHOUT ROWID tables and of sqlite_stat1 in none; not sqlite_stat4), then changes(),
total_changes() and last_insert_rowid(). A TEMP database that holds nothing counts as none. Asking changes nothing.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable
from typing import Any

from sqlgen_world import quoted

Query = Callable[[str], list[Any]]
State = dict[str, str]

_SCHEMA = "SELECT type, name, tbl_name, sql FROM {}.sqlite_schema WHERE name <> 'sqlite_stat4' ORDER BY rowid"
_SHOWN_LINES = 24
_ROWID_NAMES = ("rowid", "_rowid_", "oid")


class StateReader:
    """Reads one connection's state again and again; how a table is read is looked up when the schema is another."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._known: dict[str, tuple[list[Any], list[tuple[str, str, bool]]]] = {}

    def read(self) -> State:
        """All parts by their names."""
        query = self._query
        counts = query("SELECT changes(), total_changes(), last_insert_rowid()")
        state = {"changes(), total_changes(), last_insert_rowid()": repr(counts)}
        for _, database, _ in query("PRAGMA database_list"):
            rows = query(_SCHEMA.format(quoted(database)))
            if database == "temp" and not rows:
                continue
            known = self._known.get(database)
            if known is None or known[0] != rows:
                tables = [self._reading(database, row[1]) for row in rows if row[0] == "table"]
                known = self._known[database] = rows, tables
            state[f"schema of {database}"] = "\n".join(repr(tuple(row)) for row in rows)
            for name, sql, is_ordered in known[1]:
                lines = [repr(tuple(row)) for row in query(sql)]
                state[f"rows of {database}.{name}"] = "\n".join(lines if is_ordered else sorted(lines))
        return state

    def _reading(self, database: str, name: str) -> tuple[str, str, bool]:
        """(a table, the query of its rows, whether their order is known)."""
        table = f"{quoted(database)}.{quoted(name)}"
        columns = self._query(f"PRAGMA {quoted(database)}.table_xinfo({quoted(name)})")
        without_rowid = self._query(f"PRAGMA {quoted(database)}.table_list({quoted(name)})")[0][4]
        names = {row[1].lower() for row in columns}
        rowid = next((alias for alias in _ROWID_NAMES if alias not in names), None)
        if without_rowid or rowid is None or name.startswith("sqlite_stat"):
            return name, f"SELECT * FROM {table}", False
        return name, f"SELECT {rowid}, * FROM {table} NOT INDEXED ORDER BY {rowid}", True


def difference(ours: State, theirs: State) -> tuple[str, str] | None:
    """(the part that differs first, the first lines of it that do), or None."""
    for part in (*theirs, *ours):
        if ours.get(part) != theirs.get(part):
            texts = (ours.get(part, "").split("\n"), theirs.get(part, "").split("\n"))
            lines = difflib.unified_diff(*texts, "ours", "theirs", n=1, lineterm="")
            return part, "\n".join(itertools.islice(lines, _SHOWN_LINES))
    return None
