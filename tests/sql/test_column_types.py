"""ALTER COLUMN … TYPE leaves what SQLite makes of the same rows when they are inserted into a table of the new text."""

# ruff: noqa: E501
from __future__ import annotations

import random

import pytest
from side_by_side import Pair, typed

TYPES = ("INT", "INTEGER", "TEXT", "VARCHAR(10)", "REAL", "NUMERIC", "DECIMAL(10, 2)", "BLOB", "anything", '"b c"(3)')
STRICT_TYPES = ("INT", "INTEGER", "TEXT", "REAL", "BLOB", "ANY")
VALUES = ("NULL", "1", "-7", "2.0", "2.5", "1e300", "'12'", "' 3 '", "'4.0'", "'x'", "''", "x'31'", "9007199254740993", "'1e2'")
TABLES = (
    "CREATE TABLE {n}(a {t}, b)",
    "CREATE TABLE {n}(b DEFAULT 5, a {t} CHECK (a <> 2) COLLATE nocase, UNIQUE (a, b))",
    "CREATE TABLE {n}(k INTEGER PRIMARY KEY, a {t} /* typed */ UNIQUE, b INT, c AS (a || '!'), d INT AS (a) STORED)",
    "CREATE TABLE {n}(a {t} NOT NULL, b, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "CREATE TABLE {n}(b INT, \"a\" {t} CONSTRAINT named CHECK (typeof(a) <> 'blob'))",
)
STRICT_TABLES = ("CREATE TABLE {n}(a {t}, b INT) STRICT", "CREATE TABLE {n}(b INT, a {t} UNIQUE, c ANY AS (a)) STRICT")


def _case(chance: random.Random) -> None:
    is_strict = chance.random() < 0.3
    table = chance.choice(STRICT_TABLES if is_strict else TABLES)
    old, new = (chance.choice(STRICT_TYPES if is_strict else TYPES) for _ in range(2))
    pair = Pair()
    for kind, name in ((old, "t"), (new, "n")):
        assert pair.theirs(table.format(n=name, t=kind)) == ("rows", [])
    assert pair.ours(table.format(n="t", t=old)) == ("rows", [])
    for i in range(chance.randrange(6)):
        assert pair.difference(f"INSERT OR IGNORE INTO t(a, b) VALUES ({chance.choice(VALUES)}, {i})") is None
    pair.ours("CREATE INDEX i ON t(a DESC) WHERE a > 1")
    columns = "a, b" if "WITHOUT" in table or "k INTEGER" not in table else "k, a, b"
    hidden = "" if "WITHOUT" in table or "k INTEGER" in table else "rowid, "
    expected = pair.theirs(f"INSERT INTO n({hidden}{columns}) SELECT {hidden}{columns} FROM t")
    verb = chance.choice(("ALTER COLUMN a TYPE", "ALTER a SET DATA TYPE", 'alter column "A" type'))
    before = pair.ours("SELECT * FROM t")
    ours = pair.ours(f"ALTER TABLE t {verb} {new}")
    assert ours[0] == expected[0], (table, old, new, ours, expected)
    if ours[0] == "rows":
        assert pair.ours("SELECT sql FROM sqlite_master WHERE name = 't'") == (
            "rows", [typed((table.format(n="t", t=new),))],
        )
        wanted = pair.theirs(f"SELECT {hidden}* FROM n ORDER BY b, a")
        assert pair.ours(f"SELECT {hidden}* FROM t ORDER BY b, a") == wanted, (table, old, new)
        search = "WHERE a > 1 ORDER BY a, b"
        assert pair.ours(f"SELECT a, b FROM t {search}") == pair.theirs(f"SELECT a, b FROM n {search}")
        for value in VALUES:
            row = f"(a, b) VALUES ({value}, 99)"
            assert pair.ours(f"INSERT OR IGNORE INTO t{row}")[0] == pair.theirs(f"INSERT OR IGNORE INTO n{row}")[0]
        assert pair.ours("SELECT a, b FROM t ORDER BY b, a") == pair.theirs("SELECT a, b FROM n ORDER BY b, a")
    else:
        assert pair.ours("SELECT * FROM t") == before
    pair.check()


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_what_they_are_under_the_new_type(seed):
    chance = random.Random(seed)
    for _ in range(15):
        _case(chance)


def test_it_is_undone_with_its_transaction_and_its_savepoint():
    pair = Pair()
    for sql in ("CREATE TABLE t(a TEXT UNIQUE)", "INSERT INTO t VALUES ('1'), ('x')", "BEGIN", "SAVEPOINT s"):
        assert pair.ours(sql) == ("rows", [])
    rows = pair.ours("SELECT a FROM t ORDER BY a")
    assert pair.ours("ALTER TABLE t ALTER a TYPE INT") == ("rows", [])
    assert pair.ours("SELECT typeof(a) FROM t WHERE a = 1") == ("rows", [typed(("integer",))])
    for end in ("ROLLBACK TO s", "ROLLBACK"):
        assert pair.ours(end) == ("rows", [])
        assert pair.ours("SELECT a FROM t ORDER BY a") == rows
        assert pair.ours("SELECT sql FROM sqlite_master WHERE type = 'table'") == (
            "rows", [typed(("CREATE TABLE t(a TEXT UNIQUE)",))],
        )
        pair.check()


@pytest.mark.parametrize(
    ("table", "statement", "message"),
    [
        ("t(a INTEGER PRIMARY KEY)", "ALTER TABLE t ALTER a TYPE TEXT", 'cannot change the type of PRIMARY KEY column: "a"'),
        ("t(a INT PRIMARY KEY)", "ALTER TABLE t ALTER a TYPE INTEGER", 'cannot change the type of PRIMARY KEY column: "a"'),
        ("t(a)", "ALTER TABLE t ALTER b TYPE INT", "no such column: b"),
        ("t(a)", "ALTER TABLE nosuch ALTER a TYPE INT", "no such table: nosuch"),
        ("t(a)", "ALTER TABLE t ALTER a TYP INT", 'near "TYP": syntax error'),
        ("t(a)", "ALTER TABLE t ALTER a SET THE TYPE INT", 'near "THE": syntax error'),
        ("t(a INT) STRICT", "ALTER TABLE t ALTER a TYPE nosuch",
         'error in table t after alter column: unknown datatype for t.a: "nosuch"'),
        ("t(a UNIQUE)", "INSERT INTO t VALUES ('1'), (1); ALTER TABLE t ALTER a TYPE INT", "UNIQUE constraint failed: t.a"),
        ("t(a ANY) STRICT", "INSERT INTO t VALUES ('x'); ALTER TABLE t ALTER a TYPE INT",
         "cannot store TEXT value in INT column t.a"),
        ("t(a CHECK (a <> '1.0'))", "INSERT INTO t VALUES (1.0); ALTER TABLE t ALTER a TYPE TEXT", "CHECK constraint failed"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(table, statement, message):
    pair = Pair()
    *before, last = statement.split("; ")
    for sql in (f"CREATE TABLE {table}", *before):
        assert pair.ours(sql) == ("rows", [])
    assert pair.ours(last) == ("error", message)
    pair.check()


def test_foreign_keys_that_are_enforced_are_looked_up_again():
    pair = Pair()
    for sql in (
        "PRAGMA foreign_keys = 1", "CREATE TABLE p(a TEXT PRIMARY KEY)", "CREATE TABLE c(a BLOB REFERENCES p)",
        "INSERT INTO p VALUES ('01')", "INSERT INTO c VALUES ('01')",
    ):
        assert pair.ours(sql) == ("rows", [])
    assert pair.ours("ALTER TABLE c ALTER a TYPE INT") == ("error", "FOREIGN KEY constraint failed")
    assert pair.ours("ALTER TABLE c ALTER a TYPE VARCHAR(2)") == ("rows", [])
    pair.check()
