"""ALTER TABLE edits constraints as SQLite does: the same scripts run on MantisDB and on apsw, texts included. Where it
goes beyond SQLite, the table is what CREATE TABLE of the new text makes on apsw."""

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
     "ALTER TABLE t DROP CONSTRAINT f", "ALTER TABLE t ALTER a DROP NOT NULL", "ALTER TABLE t ALTER a SET NOT NULL", "CREATE VIEW v AS SELECT 1", "ALTER TABLE t RENAME TO V", "ALTER TABLE v ADD CHECK(1)",
     "ALTER TABLE sqlite_master ADD CHECK(1)", "ALTER TABLE t ADD CONSTRAINT \"q x\" CHECK( b > 'a,)' )", "ALTER TABLE t DROP CONSTRAINT \"q x\""],
    ["CREATE TABLE t(a int,b int constraint x check(b>0) constraint y not null, constraint z check(a>b)) strict", "ALTER TABLE t DROP CONSTRAINT x", "ALTER TABLE t DROP CONSTRAINT y",
     "ALTER TABLE t DROP CONSTRAINT z", "ALTER TABLE t ADD CHECK(a>1) ON CONFLICT IGNORE", "INSERT INTO t VALUES (0, 0), (5, 5)", "SELECT * FROM t"],
    ["CREATE TABLE t(a /* c1 */ , b -- c2\n, c)", "ALTER TABLE t ADD CHECK(a>1)", "ALTER TABLE t ALTER c SET NOT NULL", "ALTER TABLE t ALTER a SET NOT NULL ON CONFLICT IGNORE"],
    ["CREATE TABLE t(a int default -5 not null, b default (1 + 2) not null, c references t(a) on delete set null not null, d default null, e collate nocase not null unique, f as (a+1) not null)",
     *(f"ALTER TABLE t ALTER {name} DROP NOT NULL" for name in "abcdef")],
    ["CREATE TABLE t(a INT CONSTRAINT x DEFAULT 3 NOT NULL, b CONSTRAINT y, c CONSTRAINT z NULL, d CONSTRAINT w GENERATED ALWAYS AS (a) STORED CONSTRAINT q CHECK(d>1),"
     " e CONSTRAINT m CONSTRAINT n DEFAULT 5, f CONSTRAINT p COLLATE nocase, g CONSTRAINT r UNIQUE CONSTRAINT s REFERENCES t)", *(f"ALTER TABLE t DROP CONSTRAINT {name}" for name in "xyzwqmnprs")],
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


BEYOND = [
    ("CREATE TABLE t(a int, b default 5 unique, c)", "ALTER TABLE t ADD UNIQUE (c)", "UNIQUE constraint failed: t.c"),
    ("CREATE TABLE t(a int, b default 5 unique, c)", "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, c) ON CONFLICT IGNORE",
     "CREATE TABLE t(a int, b default 5 unique, c, CONSTRAINT u UNIQUE (a, c) ON CONFLICT IGNORE)"),
    ("CREATE TABLE t(a int, b default 5 unique, c)", "ALTER TABLE t ADD UNIQUE (B)", "CREATE TABLE t(a int, b default 5 unique, c, UNIQUE (B))"),
    ("CREATE TABLE t(a int primary key, b, c) without rowid", "ALTER TABLE t ADD UNIQUE(b, c)",
     "CREATE TABLE t(a int primary key, b, c, UNIQUE(b, c)) without rowid"),
    ("CREATE TABLE t(a integer primary key, b, c) without rowid", "ALTER TABLE t ADD UNIQUE(b)",
     "CREATE TABLE t(a integer primary key, b, c, UNIQUE(b)) without rowid"),
    ("CREATE TABLE t(a, b, c)", "ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p(x) ON DELETE SET NULL",
     "CREATE TABLE t(a, b, c, FOREIGN KEY (c) REFERENCES p(x) ON DELETE SET NULL)"),
    ("CREATE TABLE t(a, b, c)", "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES p", "FOREIGN KEY constraint failed"),
    ("CREATE TABLE t(a, b, c)", "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES nosuch", "FOREIGN KEY constraint failed"),
    ("CREATE TABLE t(a, b, c)", "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p(y)", 'foreign key mismatch - "t" referencing "p"'),
    ("CREATE TABLE t(a, b, c)", "ALTER TABLE t ALTER COLUMN b SET DEFAULT (1 + 1)", "CREATE TABLE t(a, b DEFAULT (1 + 1), c)"),
    ("CREATE TABLE t(a, b default -5 not null, c)", "ALTER TABLE t ALTER b SET DEFAULT 'x'", "CREATE TABLE t(a, b DEFAULT 'x' not null, c)"),
    ("CREATE TABLE t(a, b int constraint d default 5, c)", "ALTER TABLE t ALTER B DROP DEFAULT", "CREATE TABLE t(a, b int, c)"),
    ("CREATE TABLE t(a, b, c)", "ALTER TABLE t ALTER b DROP DEFAULT", "CREATE TABLE t(a, b, c)"),
    ("CREATE TABLE t(a, b, c)", "ALTER TABLE t ALTER b SET DEFAULT (a)", "default value of column [b] is not constant"),
    ("CREATE TABLE t(a, b, c)", "ALTER TABLE t ALTER nosuch SET DEFAULT 1", "no such column: nosuch"),
]
AFTERWARDS = ["INSERT INTO t(a) VALUES (9)", "INSERT INTO t VALUES (1, 8, 4), (7, 6, 3)", "DELETE FROM p WHERE x = 3", "UPDATE t SET b = 6 WHERE a = 9",
              "SELECT * FROM t ORDER BY a, b, c", "SELECT type, name, tbl_name, sql FROM sqlite_master", "PRAGMA foreign_key_list(t)", "PRAGMA index_list(t)"]


@pytest.mark.parametrize(("created", "altered", "expected"), BEYOND)
def test_what_sqlite_lacks_makes_the_table_of_the_new_text(created: str, altered: str, expected: str) -> None:
    theirs, ours = apsw.Connection(":memory:"), mantisdb_dbapi.connect(":memory:", isolation_level=None)
    rows = ["INSERT INTO t VALUES (1, 5, 4), (2, 6, 4), (3, 7, 3)", "PRAGMA foreign_keys = 1"]
    before = ["CREATE TABLE p(x primary key, y)", "INSERT INTO p VALUES (3, 3), (4, 4)"]
    done = expected.startswith("CREATE")
    for sql in [*before, created, *rows]:
        ours.execute(sql)
    ours.execute("BEGIN")
    answer = _answer(ours, altered)
    ours.execute("ROLLBACK")
    assert (ours.execute("SELECT sql FROM sqlite_master WHERE name = 't'").fetchone()) == (created,)
    assert _answer(ours, altered) == answer == ([] if done else expected)
    for sql in [*before, expected if done else created, *rows]:
        theirs.execute(sql)
    for sql in AFTERWARDS:
        assert _answer(ours, sql) == _answer(theirs, sql), sql
    assert _answer(ours, "PRAGMA integrity_check") == [("ok",)]
    ours.close()
    theirs.close()
