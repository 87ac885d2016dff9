"""Foreign keys against SQLite (apsw): random changes of four tables that refer to each other in every way, and what is
said of keys that lead nowhere.

Left out is what SQLite itself leaves odd: a deferred count that a failed statement has moved (each failure ends the
transaction), SET NULL of a column that is NOT NULL, and the order in which the rows of one statement fail (an error is
an error).
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from typing import Any

import apsw
import pytest

import mantisdb_dbapi

LONG = os.environ.get("MANTISDB_LONG", "") not in ("", "0")
SCRIPTS, STATEMENTS = (1500, 60) if LONG else (25, 40)
ACTIONS = (
    "", "", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE SET DEFAULT", "ON DELETE RESTRICT",
    "ON UPDATE CASCADE", "ON UPDATE SET NULL", "ON UPDATE SET DEFAULT", "ON UPDATE RESTRICT",
    "ON DELETE CASCADE ON UPDATE CASCADE", "ON DELETE SET NULL ON UPDATE CASCADE",
)  # fmt: skip
TIMES = ("", "", "", "DEFERRABLE INITIALLY DEFERRED", "DEFERRABLE", "NOT DEFERRABLE INITIALLY DEFERRED")
COLUMNS = {"p": ("id", "n", "x", "y"), "c": ("id", "p", "n"), "s": ("id", "up", "w"), "k": ("a", "b", "e")}
CONTROL = (
    "BEGIN", "BEGIN", "COMMIT", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "ROLLBACK TO a",
)  # fmt: skip


class Both:
    """MantisDB and SQLite, with foreign keys."""

    def __init__(self) -> None:
        self.ours = mantisdb_dbapi.connect(":memory:", isolation_level=None)
        self.theirs = apsw.Connection(":memory:")
        self.run("PRAGMA foreign_keys = ON")

    def run(self, sql: str) -> tuple[Any, Any]:
        """Both answers: rows, or the text of an error."""
        return self._answer(self.ours, mantisdb_dbapi.Error, sql), self._answer(self.theirs, apsw.Error, sql)

    @staticmethod
    def _answer(connection: Any, errors: type[Exception], sql: str) -> Any:
        try:
            return list(connection.execute(sql))
        except errors as error:
            return str(error)


class Script:
    """Random statements on the tables p, c (of p), s (of itself and c) and k (of p, two columns wide, and of s)."""

    def __init__(self, seed: object) -> None:
        self._chance = random.Random(str(seed))

    def schema(self) -> list[str]:
        pick, key = self._chance.choice, self._key
        tables = [
            f"CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT UNIQUE{pick(('', ' COLLATE NOCASE'))}, x INTEGER, y, "
            "UNIQUE (x, y))",
            f"CREATE TABLE c (id INTEGER PRIMARY KEY, p {pick(('INTEGER', 'TEXT', ''))} DEFAULT {pick((1, 2, 'NULL'))} "
            f"REFERENCES p {key()}, n {pick(('TEXT', ''))} REFERENCES p(n) {key()})",
            f"CREATE TABLE s (id INTEGER PRIMARY KEY, up {pick(('', 'NOT NULL'))} REFERENCES s(id) "
            f"{key().replace('SET NULL', 'CASCADE')}, w {pick(('', 'UNIQUE'))} REFERENCES c {key()})",
            f"CREATE TABLE k (a, b, e, FOREIGN KEY (a, b) REFERENCES p(x, y) {key()}, "
            f"FOREIGN KEY (e) REFERENCES s {key()})",
        ]
        indexes = [f"CREATE INDEX i{n} ON {on}" for n, on in enumerate(("c (p)", "s (up)", "k (a, b)"))]
        return [*tables, *(index for index in indexes if self._chance.random() < 0.5)]

    def _key(self) -> str:
        return f"{self._chance.choice(ACTIONS)} {self._chance.choice(TIMES)}"

    def _value(self, table: str, column: str) -> str:
        if column == "n":
            return self._chance.choice(("'a'", "'A'", "'b'", "'c'", "NULL", "'1'"))
        if column == "y" or (table, column) == ("k", "b"):
            return self._chance.choice(("1", "'u'", "NULL", "2"))
        return self._chance.choice(("1", "2", "3", "4", "NULL", "1", "2", "'2'" if column in ("p", "a") else "3"))

    def statement(self) -> str:
        table, kind = self._chance.choice("ppccssk"), self._chance.random()
        if kind < 0.45:
            return self._insert(table)
        condition = ""
        if self._chance.random() < 0.8:
            column = self._chance.choice(COLUMNS[table])
            operator = self._chance.choice(("=", "=", "IS", ">"))
            condition = f" WHERE {column} {operator} {self._value(table, column)}"
        if kind < 0.65:
            return f"DELETE FROM {table}{condition}"
        if kind < 0.88:
            return self._update(table) + condition
        return self._chance.choice(CONTROL)

    def _insert(self, table: str) -> str:
        columns = [column for column in COLUMNS[table] if self._chance.random() < 0.85] or list(COLUMNS[table])
        verb = self._chance.choice(("INSERT", "INSERT", "INSERT", "INSERT OR REPLACE", "REPLACE", "INSERT OR FAIL"))
        rows = [
            f"({', '.join(self._value(table, column) for column in columns)})"
            for _ in range(self._chance.choice((1, 1, 1, 2, 3)))
        ]
        text = f"{verb} INTO {table} ({', '.join(columns)}) VALUES {', '.join(rows)}"
        if verb == "INSERT" and "id" in columns and self._chance.random() < 0.3:
            column = self._chance.choice(COLUMNS[table])
            value = self._chance.choice((self._value(table, column), f"excluded.{column}"))
            text += f" ON CONFLICT (id) DO UPDATE SET {column} = {value}"
        return text

    def _update(self, table: str) -> str:
        sets = []
        for column in self._chance.sample(COLUMNS[table], self._chance.choice((1, 1, 2))):
            moved = column in ("id", "x") and self._chance.random() < 0.3
            sets.append(f"{column} = {f'{column} + 1' if moved else self._value(table, column)}")
        verb = self._chance.choice(("UPDATE", "UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE", "UPDATE OR FAIL"))
        return f"{verb} {table} SET {', '.join(sets)}"


def _differences(seed: object) -> Iterator[str]:
    """What differs after each statement of a script."""
    both, script = Both(), Script(seed)
    done = script.schema()
    for sql in done:
        assert both.run(sql) == ([], [])
    for _ in range(STATEMENTS):
        sql = script.statement()
        done.append(sql)
        ours, theirs = both.run(sql)
        if "not supported" in ours:
            return
        if isinstance(ours, str) and isinstance(theirs, str):
            both.run("ROLLBACK")
            done.append("ROLLBACK")
        elif ours != theirs:
            yield ";\n".join([*done, f"-- ours {ours}, theirs {theirs}"])
        for query in (*(f"SELECT rowid, * FROM {t} ORDER BY rowid" for t in COLUMNS), "PRAGMA foreign_key_check"):
            ours, theirs = both.run(query)
            if sorted(ours, key=repr) != sorted(theirs, key=repr):
                yield ";\n".join([*done, f"-- {query}: ours {ours}, theirs {theirs}"])


def test_random_changes_leave_the_rows_that_sqlite_leaves(seed: int) -> None:
    for number in range(SCRIPTS):
        difference = next(_differences(f"{seed}-{number}"), None)
        assert difference is None, f"seed {seed}-{number}:\n{difference}"


SCHEMA = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT UNIQUE, m)",
    "CREATE TABLE c (a REFERENCES p, b REFERENCES p(n) ON DELETE CASCADE)",
    "CREATE TABLE r (a REFERENCES p ON DELETE RESTRICT)",
    "CREATE TABLE lost (a REFERENCES nowhere)",
    "CREATE TABLE late (a REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
    "INSERT INTO p VALUES (1, 'x', 1), (2, 'y', 2), (3, 'z', 3)",
    "INSERT INTO c VALUES (1, 'x')",
    "INSERT INTO r VALUES (2)",
    "CREATE TABLE wrong (a REFERENCES p(m), b REFERENCES c)",
)


@pytest.mark.parametrize(
    "script",
    [
        "INSERT INTO c VALUES (9, NULL)",
        "INSERT INTO c VALUES ('1', NULL), (1.0, NULL), (x'31', NULL)",
        "UPDATE c SET a = 7",
        "DELETE FROM p WHERE id = 3; SELECT changes(), total_changes()",
        "DELETE FROM p WHERE id = 1",
        "DELETE FROM r; DELETE FROM p WHERE id = 2; DELETE FROM c; DELETE FROM p; SELECT changes(), total_changes()",
        "INSERT INTO lost VALUES (1)",
        "INSERT INTO lost VALUES (NULL)",
        "DELETE FROM lost",
        "UPDATE p SET m = 4",
        "UPDATE p SET id = 4 WHERE id = 3",
        "INSERT INTO wrong VALUES (1, 1)",
        "DELETE FROM wrong; DELETE FROM p",
        "DELETE FROM wrong; INSERT INTO p VALUES (7, NULL, NULL); INSERT INTO p (id) VALUES (8), (9)",
        "UPDATE p SET id = 9 WHERE id = 3; UPDATE p SET m = 1; UPDATE wrong SET b = 1; UPDATE wrong SET a = 1",
        "INSERT INTO p VALUES (4, NULL, NULL)",
        "BEGIN; INSERT INTO late VALUES (8); COMMIT; PRAGMA foreign_key_check(late)",
        "BEGIN; INSERT INTO late VALUES (8); INSERT INTO p(id) VALUES (8); COMMIT; SELECT * FROM late",
        "BEGIN; SAVEPOINT a; INSERT INTO late VALUES (8); ROLLBACK TO a; COMMIT",
        "SAVEPOINT a; INSERT INTO late VALUES (8); RELEASE a; DELETE FROM late; RELEASE a",
        "BEGIN; PRAGMA defer_foreign_keys = 1; PRAGMA defer_foreign_keys; INSERT INTO r VALUES (8); COMMIT; ROLLBACK",
        "BEGIN; PRAGMA foreign_keys = OFF; PRAGMA foreign_keys; COMMIT",
        "PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (9, NULL); PRAGMA foreign_key_check; PRAGMA foreign_keys = ON",
        "PRAGMA foreign_keys = OFF; INSERT INTO lost VALUES (1), (NULL); PRAGMA foreign_key_check(lost)",
        "DROP TABLE p; SELECT name FROM sqlite_schema",
        "DROP TABLE c; DROP TABLE wrong; DROP TABLE r; DROP TABLE p; INSERT INTO late VALUES (1)",
        "PRAGMA foreign_key_list(c)",
    ],
)
def test_errors_and_answers_are_sqlites(script: str) -> None:
    both = Both()
    wrong = SCHEMA if "wrong" in script else SCHEMA[:-1]
    for sql in (*wrong, *script.split("; ")):
        ours, theirs = both.run(sql)
        assert ours == theirs, sql


NEW_ROWS = """
-- A row that goes because of a constraint's own ON CONFLICT REPLACE is gone for its children.
CREATE TABLE p (id INTEGER PRIMARY KEY, x UNIQUE ON CONFLICT REPLACE)
CREATE TABLE c (a REFERENCES p)
INSERT INTO p VALUES (1, 5)
INSERT INTO c VALUES (1)
INSERT INTO p VALUES (2, 5)
SELECT * FROM p
-- And so it is where something follows from it.
CREATE TABLE p (id INTEGER PRIMARY KEY, x UNIQUE ON CONFLICT REPLACE)
CREATE TABLE c (a REFERENCES p ON DELETE SET NULL)
INSERT INTO p VALUES (1, 5)
INSERT INTO c VALUES (1)
INSERT INTO p VALUES (2, 5)
SELECT * FROM p
SELECT * FROM c
-- A trigger takes the parent away again.
CREATE TABLE p (id INTEGER PRIMARY KEY)
CREATE TABLE c (id INTEGER PRIMARY KEY, a REFERENCES p)
CREATE TRIGGER t AFTER INSERT ON c BEGIN DELETE FROM p WHERE id = NEW.a AND NEW.id > 5; END
INSERT INTO p VALUES (1), (2)
INSERT INTO c VALUES (1, 1)
INSERT INTO c VALUES (9, 1)
INSERT INTO c VALUES (10, 2)
INSERT INTO c VALUES (11, NULL)
SELECT * FROM p
SELECT * FROM c
-- A trigger brings the parent.
CREATE TABLE p (id INTEGER PRIMARY KEY)
CREATE TABLE c (id INTEGER PRIMARY KEY, a REFERENCES p)
CREATE TRIGGER t AFTER INSERT ON c BEGIN INSERT INTO p VALUES (NEW.a); END
INSERT INTO c VALUES (1, 1)
INSERT INTO c VALUES (2, 1)
INSERT INTO c VALUES (3, NULL)
SELECT * FROM p
SELECT * FROM c
-- A trigger of another table inserts the child.
CREATE TABLE p (id INTEGER PRIMARY KEY)
CREATE TABLE c (id INTEGER PRIMARY KEY, a REFERENCES p)
CREATE TABLE l (x)
CREATE TRIGGER t AFTER INSERT ON l BEGIN INSERT INTO c (a) VALUES (NEW.x); END
INSERT INTO p VALUES (1)
INSERT INTO l VALUES (1)
SELECT last_insert_rowid(), changes(), total_changes()
INSERT INTO l VALUES (2)
SELECT * FROM l
SELECT * FROM c
-- A row that a trigger has updated is not one that the statement around it has replaced.
CREATE TABLE p (id INTEGER PRIMARY KEY, n UNIQUE, m)
CREATE TABLE c (id INTEGER PRIMARY KEY, n REFERENCES p (n) ON DELETE SET NULL)
CREATE TRIGGER t BEFORE INSERT ON c BEGIN UPDATE p SET m = 5 WHERE id = 3; END
INSERT INTO p VALUES (3, 'a', 0)
INSERT OR REPLACE INTO c VALUES (34, 'a')
SELECT * FROM c
SELECT * FROM p
-- Nor one that another statement of the trigger has replaced.
CREATE TABLE p (id INTEGER PRIMARY KEY, n UNIQUE, m)
CREATE TABLE c (id INTEGER PRIMARY KEY, n REFERENCES p (n) ON DELETE CASCADE)
CREATE TABLE l (x UNIQUE)
CREATE TRIGGER t AFTER INSERT ON l BEGIN UPDATE p SET m = NEW.x; INSERT OR REPLACE INTO p VALUES (4, 'b', 1); END
INSERT INTO p VALUES (3, 'a', 0)
INSERT INTO c VALUES (1, 'a')
INSERT INTO l VALUES (1)
INSERT OR REPLACE INTO l VALUES (1)
SELECT * FROM c
SELECT * FROM p
-- Values that a parent's column stores otherwise, several columns, collations.
CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT COLLATE NOCASE UNIQUE, m INTEGER, UNIQUE (m, n))
CREATE TABLE c (id TEXT REFERENCES p, n REFERENCES p (n), m, k, FOREIGN KEY (k, m) REFERENCES p (n, m))
INSERT INTO p VALUES (1, 'a', 5), (2, '7', 6)
INSERT INTO c VALUES ('1', 'A', '5', 'A')
INSERT INTO c VALUES (1.0, 7, 6.0, 7)
INSERT INTO c VALUES ('x', NULL, NULL, NULL)
INSERT INTO c VALUES (NULL, NULL, 8, NULL)
INSERT INTO c VALUES (NULL, NULL, 8, 'a')
SELECT * FROM c
INSERT INTO c (n) VALUES ('b')
INSERT OR IGNORE INTO c (n) VALUES ('b')
SELECT count(*) FROM c
-- Deferred keys count, whichever way they are found.
CREATE TABLE p (id INTEGER PRIMARY KEY)
CREATE TABLE c (a REFERENCES p DEFERRABLE INITIALLY DEFERRED)
BEGIN
INSERT INTO c VALUES (1)
INSERT INTO c VALUES (NULL)
COMMIT
INSERT INTO p VALUES (1)
COMMIT
INSERT INTO c VALUES (1)
INSERT INTO c VALUES (2)
SELECT * FROM c
-- A row that is its own parent, and ones whose parents are rows of the same table.
CREATE TABLE s (id INTEGER PRIMARY KEY, up REFERENCES s)
INSERT INTO s VALUES (1, 1)
INSERT INTO s VALUES (2, 1)
INSERT INTO s VALUES (3, 4)
INSERT INTO s VALUES (NULL, 3)
SELECT * FROM s
SELECT last_insert_rowid()
"""


SCRIPTS_OF_NEW_ROWS = re.findall(r"^-- (.*)\n((?:[^-].*\n)+)", NEW_ROWS, re.M)


@pytest.mark.parametrize("script", SCRIPTS_OF_NEW_ROWS, ids=lambda script: script[0])
def test_new_rows_find_their_parents(script: tuple[str, str]) -> None:
    both = Both()
    for sql in script[1].splitlines():
        ours, theirs = both.run(sql)
        assert ours == theirs, sql


def test_errors_have_sqlites_codes() -> None:
    connection = mantisdb_dbapi.connect(":memory:", isolation_level=None)
    for sql in ("PRAGMA foreign_keys = ON", *SCHEMA[:3], *SCHEMA[5:8]):
        connection.execute(sql)
    for sql, name in (
        ("INSERT INTO c VALUES (9, NULL)", "SQLITE_CONSTRAINT_FOREIGNKEY"),
        ("DELETE FROM p WHERE id = 2", "SQLITE_CONSTRAINT_TRIGGER"),
    ):
        with pytest.raises(mantisdb_dbapi.IntegrityError, match="FOREIGN KEY constraint failed") as caught:
            connection.execute(sql)
        assert caught.value.sqlite_errorname == name


def test_many_rows_and_rows_from_queries_are_looked_at(tmp_path: Any) -> None:
    connection = mantisdb_dbapi.connect(tmp_path / "app.db", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("CREATE TABLE p (id INTEGER PRIMARY KEY)")
    connection.execute("CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE)")
    connection.executemany("INSERT INTO p VALUES (?)", [(n,) for n in range(1000)])
    connection.executemany("INSERT INTO c (p) VALUES (?)", [(n % 1000,) for n in range(3000)])
    for sql in ("INSERT INTO c (p) SELECT id + 1 FROM p", "UPDATE c SET p = p + 1", "UPDATE p SET id = id + 1000"):
        with pytest.raises(mantisdb_dbapi.IntegrityError):
            connection.execute(sql)
    with pytest.raises(mantisdb_dbapi.IntegrityError):
        connection.executemany("INSERT INTO c (p) VALUES (?)", [(n,) for n in range(990, 1010)])
    connection.execute("CREATE TABLE s (id INTEGER PRIMARY KEY, up REFERENCES s)")
    with pytest.raises(mantisdb_dbapi.IntegrityError):
        connection.executemany("INSERT INTO s VALUES (?, ?)", [(n, n + 1) for n in range(9)])
    assert connection.execute("SELECT count(*) FROM s").fetchone() == (0,)
    connection.execute("DELETE FROM p WHERE id % 2")
    assert connection.execute("SELECT count(*), sum(p % 2) FROM c WHERE p < 990").fetchone() == (1485, 0)


def test_a_child_and_the_removal_of_its_parent_conflict() -> None:
    """Two connections write different keys; only one of them may commit."""
    first = mantisdb_dbapi.connect("file:keys?mode=memory&cache=shared", uri=True, isolation_level=None)
    second = mantisdb_dbapi.connect("file:keys?mode=memory&cache=shared", uri=True, isolation_level=None)
    first.execute("CREATE TABLE p (id INTEGER PRIMARY KEY)")
    first.execute("CREATE TABLE c (p REFERENCES p)")
    first.execute("INSERT INTO p VALUES (1)")
    for connection, sql in ((first, "INSERT INTO c VALUES (1)"), (second, "DELETE FROM p")):
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN")
        connection.execute(sql)
    first.execute("COMMIT")
    with pytest.raises(mantisdb_dbapi.OperationalError):
        second.execute("COMMIT")
    assert first.execute("SELECT count(*) FROM p").fetchone() == (1,)


def test_a_key_to_a_primary_key_under_another_collation_is_refused_by_name():
    connection = mantisdb_dbapi.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("CREATE TABLE parent (x COLLATE NOCASE, PRIMARY KEY (x COLLATE RTRIM))")
    connection.execute("CREATE TABLE child (k REFERENCES parent)")
    with pytest.raises(mantisdb_dbapi.NotSupportedError, match="under another collation"):
        connection.execute("INSERT INTO child VALUES ('a')")
    connection.close()
