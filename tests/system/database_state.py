"""Everything that can be seen of a connection's databases, as text that two engines must agree on.

    state_of(query)     ``query(sql)`` gives the rows of a SELECT or a PRAGMA
    difference(a, b)    the first part in which two states differ, with what each says

Seen are, of every database, the schema's texts in their order and the rows of all tables with their rowids and types
(in the order of rowids; those of WITHOUT ROWID tables and of sqlite_stat1 in none; not sqlite_stat4), then changes(),
total_changes() and last_insert_rowid(). A TEMP database that holds nothing counts as none. Asking changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlgen_world import quoted

Query = Callable[[str], list[Any]]
State = dict[str, str]

_SCHEMA = "SELECT type, name, tbl_name, sql FROM {}.sqlite_schema WHERE name <> 'sqlite_stat4' ORDER BY rowid"
_ROWID_NAMES = ("rowid", "_rowid_", "oid")


def state_of(query: Query) -> State:
    """All parts by their names."""
    state = {"changes(), total_changes(), last_insert_rowid()": repr(query("SELECT changes(), total_changes(), "
             "last_insert_rowid()"))}  # fmt: skip
    for _, database, _ in query("PRAGMA database_list"):
        rows = query(_SCHEMA.format(quoted(database)))
        if database == "temp" and not rows:
            continue
        state[f"schema of {database}"] = "\n".join(repr(tuple(row)) for row in rows)
        names = [row[1] for row in rows if row[0] == "table"]
        for name in names:
            state[f"rows of {database}.{name}"] = _rows(query, database, name)
    return state


def _rows(query: Query, database: str, name: str) -> str:
    table = f"{quoted(database)}.{quoted(name)}"
    columns = query(f"PRAGMA {quoted(database)}.table_xinfo({quoted(name)})")
    without_rowid = query(f"PRAGMA {quoted(database)}.table_list({quoted(name)})")[0][4]
    names = {row[1].lower() for row in columns}
    rowid = next((alias for alias in _ROWID_NAMES if alias not in names), None)
    if without_rowid or rowid is None or name.startswith("sqlite_stat"):
        return "\n".join(sorted(repr(tuple(row)) for row in query(f"SELECT * FROM {table}")))
    rows = query(f"SELECT {rowid}, * FROM {table} NOT INDEXED ORDER BY {rowid}")
    return "\n".join(repr(tuple(row)) for row in rows)


def difference(ours: State, theirs: State) -> tuple[str, str] | None:
    """(the part that differs first, what each of the two says of it), or None."""
    for part in (*theirs, *ours):
        a, b = ours.get(part), theirs.get(part)
        if a != b:
            return part, f"ours\n{a}\ntheirs\n{b}"
    return None
