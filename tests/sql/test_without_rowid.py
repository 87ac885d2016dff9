"""WITHOUT ROWID tables beside SQLite: their errors, plans, order and catalog; random scripts (MANTISDB_SEED
replays one, MANTISDB_LONG=1 runs twenty times as many)."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from side_by_side import Pair

from mantisdb_engine import open_database
from mantisdb_sql.ddl.copying import copy_trees
from mantisdb_sql.ddl.integrity import check
from mantisdb_sql.session import Session

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
SCRIPTS = 20 * (20 if os.environ.get("MANTISDB_LONG") else 1)

CATALOG = """
    CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c) WITHOUT ROWID
    CREATE TABLE u (a TEXT, b, c UNIQUE, PRIMARY KEY (b, a COLLATE nocase)) WITHOUT ROWID
    CREATE TABLE v (a INTEGER, b, PRIMARY KEY (a DESC)) WITHOUT ROWID
    CREATE TABLE d (a, b, c COLLATE rtrim, PRIMARY KEY (a, a, b)) WITHOUT ROWID
    CREATE TABLE s (a INT PRIMARY KEY, b ANY) STRICT, WITHOUT ROWID
    CREATE INDEX uc ON u (c, a)
    CREATE TABLE x (a) WITHOUT ROWID
    CREATE TABLE x (a INTEGER PRIMARY KEY AUTOINCREMENT) WITHOUT ROWID
    CREATE TABLE x (a PRIMARY KEY AUTOINCREMENT) WITHOUT ROWID
    DROP INDEX sqlite_autoindex_t_1
    DROP INDEX sqlite_autoindex_t_2
    INSERT INTO s VALUES ('x', 1)
    INSERT INTO s VALUES (NULL, 1)
    ALTER TABLE t ADD COLUMN z DEFAULT 5
    ALTER TABLE t DROP COLUMN a
    ALTER TABLE t RENAME COLUMN a TO aa
    INSERT INTO t VALUES (3, 4, 5, 6), (1, 2, 3, 4)
    ALTER TABLE t DROP COLUMN c
    ALTER TABLE t RENAME TO tt
    SELECT * FROM tt ORDER BY aa
    SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name
    SELECT name, type, ncol, wr, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY name
    DROP TABLE tt
    SELECT name FROM sqlite_schema WHERE tbl_name = 'tt'
"""
PRAGMAS = ("table_info", "table_xinfo", "index_list", "index_info", "index_xinfo")
NAMES = ("t", "u", "v", "d", "s", "uc", "sqlite_autoindex_t_1", "sqlite_autoindex_t_2", "sqlite_autoindex_u_1",
         "sqlite_autoindex_u_2", "sqlite_autoindex_d_1")

CHANGES = """
    CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c) WITHOUT ROWID
    INSERT INTO t VALUES (3, 1, 1), (1, 5, 2), (2, 3, 3) RETURNING a, c
    INSERT INTO t VALUES (1, 1, 1)
    INSERT INTO t VALUES (9, 1, 1)
    INSERT INTO t (b) VALUES (9)
    INSERT OR IGNORE INTO t VALUES (NULL, 9, 9)
    INSERT OR REPLACE INTO t VALUES (NULL, 9, 9)
    INSERT INTO t VALUES ('x', 7, 7), (1.5, 8, 8)
    INSERT OR REPLACE INTO t VALUES (1, 1, 'both')
    INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (a) DO UPDATE SET c = excluded.c, a = 40 RETURNING *
    INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (rowid) DO NOTHING
    UPDATE t SET a = NULL
    UPDATE t SET a = a + 1 WHERE a > 1 AND a < 2
    UPDATE OR IGNORE t SET a = 2 WHERE a = 40
    UPDATE t SET a = 41, c = 'moved' WHERE a = 40 RETURNING a, b, c
    DELETE FROM t WHERE a = 2 RETURNING *
    SELECT * FROM t ORDER BY a DESC
    SELECT a FROM t ORDER BY a LIMIT 2
    SELECT count(*), min(a), max(a) FROM t
    SELECT rowid FROM t
    SELECT t._rowid_ FROM t
    INSERT INTO t (rowid, b) VALUES (1, 2)
    UPDATE t SET oid = 3
    REPLACE INTO t SELECT a, b, 'again' FROM t
    SELECT x.a, y.a FROM t x JOIN t y ON x.a = y.b ORDER BY 1, 2
    SELECT * FROM t x LEFT JOIN t y ON y.a = x.b AND y.c = 'again' ORDER BY x.a
    SELECT * FROM (SELECT a AS rowid FROM t) ORDER BY rowid
    BEGIN
    DELETE FROM t
    INSERT INTO t VALUES (1, 1, 1)
    ROLLBACK
    SELECT * FROM t ORDER BY 1
"""

PLANS = """
    SELECT * FROM t WHERE a = 1
    SELECT * FROM t WHERE a > 1
    SELECT * FROM t
    SELECT * FROM t ORDER BY a
    DELETE FROM t WHERE a = 1
    SELECT * FROM u WHERE b = 1 AND a > 'x' COLLATE nocase
    SELECT * FROM u WHERE b = 1
    SELECT * FROM u ORDER BY b
    SELECT * FROM u WHERE c = 1
"""


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def same(pair: Pair, statements: list[str]) -> None:
    found = [d for d in map(pair.difference, statements) if d is not None]
    assert not found, "\n".join(found)
    pair.check()


def test_definitions_and_their_catalog():
    pair = Pair()
    statements = lines(CATALOG)
    same(pair, statements[:6])
    same(pair, [f"PRAGMA {pragma}({name})" for pragma in PRAGMAS for name in NAMES])
    same(pair, statements[6:])


def test_changes_and_queries():
    same(Pair(), lines(CHANGES))


def test_plans_name_the_primary_key():
    pair = Pair()
    same(pair, lines(CATALOG)[:2])
    for query in lines(PLANS):
        ours, theirs = (run(f"EXPLAIN QUERY PLAN {query}")[1] for run in (pair.ours, pair.theirs))
        assert [row[3] for row in ours] == [row[3] for row in theirs], query


@pytest.mark.parametrize(
    "key", ["a", "b", "a, b", "b, a", "b COLLATE nocase, a", "a DESC", "b DESC, a DESC"]
)
def test_rows_come_in_the_order_of_the_key(key):
    pair = Pair()
    rows = "(3, 'x', 1), (1, 'Y', 2), (2, 'z', 3), (-5, 'a', 4), ('t', 'B', 5), (1.5, 'b', 6)"
    for sql in (f"CREATE TABLE t (a, b, c, PRIMARY KEY ({key})) WITHOUT ROWID", f"INSERT INTO t VALUES {rows}"):
        assert pair.difference(sql) is None
    for query in ("SELECT * FROM t", "SELECT c FROM t WHERE c > 2", "SELECT group_concat(c) FROM t"):
        assert pair.ours(query) == pair.theirs(query)


def test_foreign_keys_to_and_from():
    same(Pair(), lines("""
        PRAGMA foreign_keys = ON
        CREATE TABLE p (a, b, c UNIQUE, PRIMARY KEY (b, a)) WITHOUT ROWID
        CREATE TABLE k (x PRIMARY KEY, y, z, FOREIGN KEY (y, z) REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE) \
WITHOUT ROWID
        CREATE TABLE n (q REFERENCES p (c) ON DELETE SET NULL)
        INSERT INTO p VALUES (1, 2, 3), (4, 5, 6)
        INSERT INTO k VALUES ('one', 2, 1), ('two', 5, 4)
        INSERT INTO k VALUES ('three', 1, 2)
        INSERT INTO n VALUES (3), (6)
        UPDATE p SET a = 10 WHERE a = 1
        SELECT * FROM k ORDER BY x
        DELETE FROM p WHERE b = 5
        SELECT * FROM k ORDER BY x
        SELECT * FROM n ORDER BY q
        PRAGMA foreign_keys = OFF
        INSERT INTO k VALUES ('four', 9, 9)
        PRAGMA foreign_key_check
    """))


def test_what_was_committed_is_there_after_reopening(tmp_path: Path):
    path = str(tmp_path / "keyed")
    database = open_database(path)
    session = Session(database)
    for sql in lines(CHANGES)[:3]:
        try:
            session.prepare(sql).run(())
        except Exception as error:
            assert "UNIQUE constraint failed: t.a" in str(error)
    database.close()
    session = Session(open_database(path))
    assert list(session.prepare("SELECT count(*) FROM t WHERE a IN (1, 2, 3)").run(())) == [(3,)]
    assert check(session) == []


CHILD = """
import os, sys, mantisdb_dbapi
con = mantisdb_dbapi.connect(sys.argv[1], isolation_level=None)
con.execute("PRAGMA synchronous = FULL")
con.execute("CREATE TABLE t (a, b, c, PRIMARY KEY (b, a)) WITHOUT ROWID")
con.execute("CREATE INDEX i ON t (c)")
for n in range(60):
    con.execute("INSERT OR REPLACE INTO t VALUES (?, ?, ?)", (n % 7, n % 5, n))
con.execute("UPDATE t SET a = a + 100 WHERE b = 3")
con.execute("BEGIN")
con.execute("DELETE FROM t")
os.kill(os.getpid(), 9)
"""


def test_a_killed_process_leaves_what_it_committed(tmp_path: Path):
    path = str(tmp_path / "killed")
    assert subprocess.run([sys.executable, "-c", CHILD, path], check=False).returncode == -9
    session = Session(open_database(path))
    expected = {(n % 5, n % 7 + (100 if n % 5 == 3 else 0)): n for n in range(60)}
    found = list(session.prepare("SELECT b, a, c FROM t").run(()))
    assert found == [(*key, c) for key, c in sorted(expected.items())]
    assert check(session) == []


def test_transactions_that_insert_one_key_are_in_conflict():
    database = open_database()
    one, two = Session(database), Session(database)
    one.prepare("CREATE TABLE t (a PRIMARY KEY, b) WITHOUT ROWID").run(())
    for session, key in ((one, 1), (two, 2), (one, "both"), (two, "both")):
        if not session.in_transaction:
            session.prepare("BEGIN").run(())
        session.prepare("INSERT INTO t VALUES (?, 0)").run((key,))
    one.prepare("COMMIT").run(())
    with pytest.raises(Exception, match=r"locked|conflict"):
        two.prepare("COMMIT").run(())
    assert list(one.prepare("SELECT a FROM t").run(())) == [(1,), ("both",)]


def test_copies_have_their_keys():
    source, target = Pair(), Session(open_database())
    for sql in lines(CATALOG)[:6]:
        source.ours(sql)
    source.ours("INSERT INTO u VALUES (1, 2, 3)")
    copy_trees(source.session.trees, target)
    assert list(target.prepare("SELECT * FROM u WHERE b = 2").run(())) == [("1", 2, 3)]
    assert check(target) == []


# ------------------------------------------------------------------------------------------------ random scripts

KEYS = ("b", "a, b", "b, a", "a DESC", "b COLLATE nocase, a", "a, b DESC")
TYPES = ("INTEGER", "INT", "TEXT", "", "REAL", "TEXT COLLATE nocase")
VALUES = ("NULL", *"12345678", "'a'", "'A'", "'b'", "1.5", "'3'", "2.0")
ORS = ("", "", "OR IGNORE", "OR REPLACE", "OR FAIL", "OR ABORT")


def definition(chance: random.Random) -> list[str]:
    a, b, c = (chance.choice(TYPES) for _ in "abc")
    unique = chance.choice(("", "UNIQUE", "UNIQUE ON CONFLICT REPLACE", "UNIQUE ON CONFLICT IGNORE"))
    conflict = chance.choice(("", "", "ON CONFLICT IGNORE", "ON CONFLICT REPLACE"))
    if chance.random() < 0.4:
        columns = f"a {a} PRIMARY KEY {conflict}, b {b}, c {c} {unique}"
    else:
        columns = f"a {a}, b {b}, c {c} {unique}, PRIMARY KEY ({chance.choice(KEYS)}) {conflict}"
    indexed = chance.choice(("c", "b", "c, b", "b DESC", "c, a"))
    index = f"CREATE {chance.choice(('', 'UNIQUE'))} INDEX i ON t ({indexed})"
    return [f"CREATE TABLE t ({columns}) WITHOUT ROWID", index]


def statement(chance: random.Random) -> str:
    def value() -> str:
        return chance.choice(VALUES)

    row = f"({value()}, {value()}, {value()})"
    where = chance.choice((f"a = {value()}", f"b > {value()}", f"a IN ({value()}, {value()}) OR c = {value()}"))
    kind = chance.random()
    if kind < 0.5:
        rows = ", ".join([row] + [f"({value()}, {value()}, {value()})" for _ in range(chance.choice((0, 0, 1, 3)))])
        return f"INSERT {chance.choice(ORS)} INTO t VALUES {rows}{chance.choice(('', ' RETURNING *'))}"
    if kind < 0.6:
        action = chance.choice(("NOTHING", "UPDATE SET c = excluded.c", "UPDATE SET b = excluded.b, a = excluded.c"))
        return f"INSERT INTO t VALUES {row} ON CONFLICT DO {action}"
    if kind < 0.75:  # one row: in which order several are met shows where they are in each other's way
        target, new = chance.choice("abc"), chance.choice((value(), "a + 1", "b", "c"))
        return f"UPDATE {chance.choice(ORS)} t SET {target} = {new} WHERE a = {value()} AND b = {value()}"
    if kind < 0.85:
        return f"DELETE FROM t WHERE {where}"
    order = chance.choice(("a, b, c", "b, a, c", "c, a, b", "b DESC, a DESC, c"))
    return f"SELECT * FROM t WHERE {where} ORDER BY {order}"


def test_random_scripts():
    for number in range(SCRIPTS):
        seed = SEED + number
        chance, pair = random.Random(seed), Pair()
        done = definition(chance)
        found = [pair.difference(sql) for sql in done]
        for _ in range(30):
            sql = statement(chance)
            found.append(pair.difference(sql))
            found.append(pair.difference("SELECT * FROM t"))
            done.append(sql)
            assert not any(found), f"MANTISDB_SEED={seed}\n" + ";\n".join(done) + f"\n{next(filter(None, found))}"
        pair.check()
