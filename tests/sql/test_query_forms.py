"""Query forms, statement by statement from data files, on MantisDB and on SQLite: rows, names, error texts."""

from __future__ import annotations

from typing import Any

import apsw
import pytest
from side_by_side import DATA, typed

from mantisdb_engine import open_database
from mantisdb_sql.errors import SqlError
from mantisdb_sql.session import Session

Answer = tuple[str, Any, tuple[str, ...]]

FILES = sorted(DATA.glob("forms_*.sql"))


def ours(session: Session, sql: str) -> Answer:
    try:
        statement = session.prepare(sql)
        result = statement.run(())
        rows = result if isinstance(result, list | tuple) else [row for batch in result for row in batch]
        return "rows", [typed(row) for row in rows], tuple(statement.columns or ())
    except SqlError as error:
        return "error", str(error), ()


def theirs(connection: apsw.Connection, sql: str) -> Answer:
    names: list[str] = []

    def describe(cursor: apsw.Cursor, statement: str, bindings: Any) -> bool:
        names.extend(name for name, _ in cursor.get_description())
        return True

    cursor = connection.cursor()
    cursor.exec_trace = describe
    try:
        rows = [typed(row) for row in cursor.execute(sql)]
        return "rows", rows, tuple(names)
    except apsw.Error as error:
        return "error", str(error).removeprefix("SQLError: "), ()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_forms_mean_what_sqlite_means(file: Any) -> None:
    session, connection = Session(open_database(None)), apsw.Connection(":memory:")
    differences = []
    for line in file.read_text().splitlines():
        if line.startswith("--") or not line:
            continue
        sql = line.removeprefix("~")
        found, wanted = ours(session, sql), theirs(connection, sql)
        if sql != line and found[0] == wanted[0] == "rows":
            found[1].sort(key=repr)
            wanted[1].sort(key=repr)
        if found != wanted:
            differences.append(f"{sql}\n  MantisDB: {found}\n  SQLite:   {wanted}")
    assert not differences, "\n".join(differences)
