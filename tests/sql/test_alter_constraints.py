"""ALTER TABLE edits constraints as SQLite does: the same scripts run on MantisDB and on apsw, texts included."""

# ruff: noqa: E501
from __future__ import annotations

from typing import Any

import apsw
import pytest

import mantisdb_dbapi

SCHEMA = "SELECT sql FROM sqlite_master"
SCRIPTS = [
    ["CREATE TABLE t(a int, b text default 'x' constraint nn not null, constraint c1 check(a>0), unique(a))", "INSERT INTO t VALUES (1, 'q'), (2, 'r')",
     "ALTER TABLE t ADD CONSTRAINT c2 CHECK(a<10)", "ALTER TABLE t ADD CONSTRAINT C2 CHECK(a<5)", "ALTER TABLE t ADD CHECK (a<>7)", "ALTER TABLE t ADD CONSTRAINT c3 CHECK(a<2)",
     "INSERT INTO t VALUES (7, 'x')", "INSERT INTO t VALUES (70, 'x')", "ALTER TABLE t DROP CONSTRAINT c1", "ALTER TABLE t DROP CONSTRAINT nosuch", "INSERT INTO t VALUES (-1, 'x')",
     "ALTER TABLE t DROP CONSTRAINT c2", "ALTER TABLE t ALTER COLUMN a SET NOT NULL", "ALTER TABLE t ALTER a SET NOT NULL", "INSERT INTO t VALUES (NULL, 'x')", "ALTER TABLE t ALTER b DROP NOT NULL",
     "ALTER TABLE t ALTER COLUMN a DROP NOT NULL", "INSERT INTO t VALUES (NULL, NULL)", "ALTER TABLE t ALTER a SET NOT NULL", "ALTER TABLE t ALTER nosuch SET NOT NULL",
     "ALTER TABLE nosuch ALTER a SET NOT NULL", "ALTER TABLE t DROP CONSTRAINT nn", "ALTER TABLE t ADD CONSTRAINT c9 CHECK(nosuch>1)", "SELECT * FROM t"],
    ["CREATE TABLE t(a integer primary key, b, c check(c>1), constraint u unique(b), constraint f foreign key(b) references t(a))", "ALTER TABLE t DROP CONSTRAINT u",
     "ALTER TABLE t DROP CONSTRAINT f", "ALTER TABLE t ALTER a DROP NOT NULL", "ALTER TABLE t ALTER a SET NOT NULL", "CREATE VIEW v AS SELECT 1", "ALTER TABLE v ADD CHECK(1)",
     "ALTER TABLE sqlite_master ADD CHECK(1)", "ALTER TABLE t ADD CONSTRAINT \"q x\" CHECK( b > 'a,)' )", "ALTER TABLE t DROP CONSTRAINT \"q x\""],
    ["CREATE TABLE t(a int,b int constraint x check(b>0) constraint y not null, constraint z check(a>b)) strict", "ALTER TABLE t DROP CONSTRAINT x", "ALTER TABLE t DROP CONSTRAINT y",
     "ALTER TABLE t DROP CONSTRAINT z", "ALTER TABLE t ADD CHECK(a>1) ON CONFLICT IGNORE", "INSERT INTO t VALUES (0, 0), (5, 5)", "SELECT * FROM t"],
    ["CREATE TABLE t(a /* c1 */ , b -- c2\n, c)", "ALTER TABLE t ADD CHECK(a>1)", "ALTER TABLE t ALTER c SET NOT NULL", "ALTER TABLE t ALTER a SET NOT NULL ON CONFLICT IGNORE"],
    ["CREATE TABLE t(a int default -5 not null, b default (1 + 2) not null, c references t(a) on delete set null not null, d default null, e collate nocase not null unique, f as (a+1) not null)",
     *(f"ALTER TABLE t ALTER {name} DROP NOT NULL" for name in "abcdef")],
    ["CREATE TABLE t(a)", "BEGIN", "ALTER TABLE t ADD CHECK(a>1)", "INSERT INTO t VALUES (0)", "ROLLBACK", "INSERT INTO t VALUES (0)", "SELECT * FROM t"],
]


def _answer(connection: Any, sql: str) -> Any:
    try:
        return [tuple(row) for row in connection.execute(sql)]
    except (apsw.Error, mantisdb_dbapi.Error) as error:
        return str(error)


@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_a_script_does_what_sqlite_does(number: int) -> None:
    theirs, ours = apsw.Connection(":memory:"), mantisdb_dbapi.connect(":memory:", isolation_level=None)
    for sql in SCRIPTS[number]:
        assert _answer(ours, sql) == _answer(theirs, sql), sql
        assert _answer(ours, SCHEMA) == _answer(theirs, SCHEMA), sql
    assert _answer(ours, "PRAGMA integrity_check") == [("ok",)]
    ours.close()
    theirs.close()
