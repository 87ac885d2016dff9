"""ATTACH, DETACH and VACUUM INTO: the same scripts run on MantisDB and on apsw, statement by statement, each with files
of its own; and what a commit to several files promises."""

# ruff: noqa: E501
from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import apsw
import pytest

import mantisdb_dbapi

SCRIPTS: dict[str, list[str]] = {
    "triggers of several databases": [
        "ATTACH ':memory:' AS x", "ATTACH ':memory:' AS y", "CREATE TABLE t(a)", "CREATE TABLE x.t(a)", "CREATE TABLE y.t(a)", "CREATE TABLE x.u(a)",
        "CREATE TABLE m(a)", "CREATE TEMP TABLE tt(a)",
        "CREATE TRIGGER main.r AFTER INSERT ON x.u BEGIN SELECT 1; END", "CREATE TRIGGER r AFTER INSERT ON x.u BEGIN SELECT 1; END",
        "CREATE TRIGGER x.r AFTER INSERT ON main.t BEGIN SELECT 1; END", "CREATE TRIGGER x.r AFTER INSERT ON x.t BEGIN SELECT 1; END",
        "CREATE TRIGGER q AFTER INSERT ON u BEGIN SELECT 1; END", "CREATE TRIGGER main.q AFTER INSERT ON tt BEGIN SELECT 1; END",
        "CREATE TEMP TRIGGER q AFTER INSERT ON nodb.u BEGIN SELECT 1; END", "CREATE TRIGGER y.q AFTER INSERT ON nodb.u BEGIN SELECT 1; END",
        "CREATE TRIGGER q AFTER INSERT ON m BEGIN INSERT INTO main.t VALUES (1); END", "CREATE TRIGGER q AFTER INSERT ON m BEGIN UPDATE y.t SET a = 1; END",
        "CREATE TRIGGER q AFTER INSERT ON m BEGIN DELETE FROM nodb.t; END", "CREATE TRIGGER q AFTER INSERT ON m BEGIN SELECT * FROM y.t; END",
        "CREATE TRIGGER q AFTER INSERT ON m BEGIN DELETE FROM t NOT INDEXED; END",
        "CREATE TEMP TRIGGER a1 AFTER INSERT ON x.u BEGIN INSERT INTO y.t VALUES (new.a); INSERT INTO main.m VALUES (new.a * 2); END",
        "CREATE TRIGGER a2 AFTER INSERT ON tt BEGIN UPDATE x.u SET a = a + new.a; DELETE FROM y.t WHERE y.t.a = new.a; END",
        "CREATE TEMP TRIGGER a3 AFTER INSERT ON main.m BEGIN UPDATE main.t AS z SET a = z.a + 1; INSERT OR REPLACE INTO temp.tt SELECT new.a FROM x.u; END",
        "INSERT INTO t VALUES (10)", "INSERT INTO x.u VALUES (5)", "INSERT INTO x.u VALUES (6)", "INSERT INTO tt VALUES (6)", "SELECT * FROM main.t",
        "SELECT * FROM y.t", "SELECT * FROM x.u", "SELECT * FROM m", "SELECT * FROM tt", "SELECT name, sql FROM sqlite_temp_master",
        "SELECT name, sql FROM sqlite_master", "SELECT name, sql FROM x.sqlite_master",
        "CREATE TEMP TRIGGER a4 AFTER DELETE ON main.m BEGIN INSERT INTO y.nosuch VALUES (1); END", "DELETE FROM m", "DETACH y", "INSERT INTO x.u VALUES (7)",
    ],
    "foreign keys go on without a database that is gone": [
        "PRAGMA foreign_keys = ON", "CREATE TABLE p(x INTEGER PRIMARY KEY)", "CREATE TABLE c(y REFERENCES p ON DELETE CASCADE, z REFERENCES p ON UPDATE SET NULL)",
        "ATTACH 'a.db' AS a", "INSERT INTO p VALUES (1), (2), (3)", "INSERT INTO c VALUES (1, 2), (2, 3)", "DELETE FROM p WHERE x = 1", "UPDATE p SET x = 4 WHERE x = 3",
        "DETACH a", "SELECT * FROM c", "INSERT INTO c VALUES (2, 7)", "DELETE FROM p WHERE x = 2", "UPDATE p SET x = 5 WHERE x = 4", "SELECT * FROM p, c",
    ],
    "VACUUM INTO, and what comes after it": [
        "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE)", "INSERT INTO t VALUES (7, 1)", "CREATE VIEW v AS SELECT * FROM t", "CREATE TABLE u(c)",
        "CREATE TRIGGER r AFTER INSERT ON u BEGIN INSERT INTO t(b) VALUES (new.c); END", "SELECT last_insert_rowid()", "VACUUM INTO 'copy.db'", "SELECT last_insert_rowid()",
        "ATTACH 'copy.db' AS copy", "SELECT type, name, tbl_name, sql FROM copy.sqlite_schema", "SELECT * FROM copy.v", "INSERT INTO copy.u VALUES (8)", "SELECT * FROM copy.t",
        "VACUUM copy INTO 'other.db'", "VACUUM INTO 'copy.db'", "BEGIN", "VACUUM nothing INTO 'x.db'", "VACUUM INTO 'x.db'", "VACUUM temp INTO 'x.db'", "VACUUM temp", "COMMIT",
        "CREATE TEMP TABLE w(a)", "VACUUM temp INTO 'y.db'", "ATTACH 'y.db' AS y", "SELECT * FROM y.sqlite_schema", "SELECT * FROM t",
    ],
    "texts that name another database": [
        "CREATE TABLE t(a)", "CREATE VIEW \"v w\" AS SELECT * FROM main.t", "VACUUM INTO 'v.db'", "ATTACH 'v.db' AS x", "SELECT * FROM x.t",
        "DROP VIEW \"v w\"", "CREATE VIEW w AS SELECT * FROM (SELECT * FROM MAIN.t)", "VACUUM INTO 'w.db'", "ATTACH 'w.db' AS x", "SELECT * FROM x.t", "DROP VIEW w",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT * FROM main.t; END", "VACUUM INTO 'r.db'", "ATTACH 'r.db' AS x", "SELECT * FROM x.t", "DROP TRIGGER r",
        "CREATE VIEW v AS SELECT * FROM t", "VACUUM INTO 'ok.db'", "ATTACH 'ok.db' AS x", "SELECT * FROM x.v", "DETACH x",
    ],
    "names": [
        "ATTACH 'a.db' AS a", "ATTACH 'b.db' AS A", "ATTACH ':memory:' AS main", "ATTACH ':memory:' AS temp", "ATTACH DATABASE 'c.db' AS 'c c'",
        'ATTACH "d.db" AS d', "ATTACH '' AS e", "DETACH nosuch", "DETACH main", "DETACH temp", "DETACH 'c c'", "SELECT * FROM c.t",
        "PRAGMA a.user_version", "PRAGMA c.user_version", "PRAGMA a.user_version = 3", "PRAGMA a.user_version", "PRAGMA user_version",
        "ATTACH 'no/where/x.db' AS x", "SELECT * FROM d.sqlite_master", "DETACH d", "DETACH d", "DETACH a", "ATTACH 'a.db' AS again", "PRAGMA again.user_version",
    ],
    "tables of all databases": [
        "ATTACH 'a.db' AS a", "ATTACH ':memory:' AS b", "CREATE TABLE a.t(x, y UNIQUE)", "INSERT INTO a.t VALUES (1, 2)", "SELECT * FROM t", "SELECT * FROM a.t",
        "CREATE TABLE b.t(z)", "SELECT * FROM t", "CREATE TABLE t(m)", "SELECT * FROM t", "INSERT INTO t SELECT x FROM a.t", "INSERT INTO b.t SELECT m + 10 FROM t",
        "SELECT * FROM main.t, a.t, b.t", "SELECT a.t.x, b.t.z FROM a.t, b.t", "UPDATE a.t SET x = (SELECT max(z) FROM b.t)", "SELECT x FROM a.t",
        "UPDATE a.t SET y = z FROM b.t", "SELECT * FROM a.t", "INSERT INTO a.t VALUES (5, 11)", "DELETE FROM b.t", "SELECT count(*) FROM b.t",
        "CREATE TABLE a.u AS SELECT * FROM main.t UNION ALL SELECT x FROM a.t", "SELECT * FROM u", "DROP TABLE t", "SELECT * FROM t", "DROP TABLE b.t", "SELECT * FROM b.t",
        "SELECT name FROM a.sqlite_master", "SELECT name FROM sqlite_master", "CREATE TABLE c.t(x)", "DROP TABLE c.t", "SELECT * FROM c.t",
    ],
    "indexes, views and triggers": [
        "ATTACH 'a.db' AS a", "CREATE TABLE a.t(x)", "CREATE TABLE m(x)", "CREATE INDEX a.i ON t(x)", "CREATE INDEX i ON m(x)", "CREATE INDEX j ON t(x)", "CREATE INDEX a.k ON m(x)",
        "INSERT INTO a.t VALUES (1), (2)", "SELECT * FROM a.t WHERE x = 2", "CREATE VIEW a.v AS SELECT x * 2 AS d FROM t", "SELECT * FROM a.v", "SELECT * FROM v",
        "CREATE TABLE t(x)", "SELECT * FROM v", "CREATE VIEW w AS SELECT * FROM a.t", "CREATE TEMP VIEW w AS SELECT * FROM a.t", "SELECT * FROM w",
        "CREATE TRIGGER a.r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.x); END", "CREATE TABLE log(y)", "INSERT INTO a.t VALUES (3)", "CREATE TABLE a.log(y)",
        "INSERT INTO a.t VALUES (4)", "SELECT * FROM log", "SELECT * FROM a.log", "CREATE TEMP TRIGGER q AFTER INSERT ON a.t BEGIN INSERT INTO log VALUES (new.x || 'q'); END",
        "INSERT INTO a.t VALUES (5)", "SELECT * FROM main.log", "CREATE TRIGGER s AFTER INSERT ON m BEGIN SELECT * FROM a.t; END", "DROP TRIGGER a.r", "DROP INDEX a.i", "DROP INDEX i",
        "PRAGMA a.table_info(t)", "PRAGMA a.index_list(t)", "DETACH a", "SELECT * FROM log", "SELECT * FROM w",
    ],
    "transactions": [
        "ATTACH 'a.db' AS a", "CREATE TABLE m(x)", "CREATE TABLE a.t(x INTEGER PRIMARY KEY AUTOINCREMENT, y)", "BEGIN", "INSERT INTO m VALUES (1)", "INSERT INTO a.t(y) VALUES (1)",
        "SAVEPOINT s", "INSERT INTO m VALUES (2)", "INSERT INTO a.t(y) VALUES (2)", "ROLLBACK TO s", "COMMIT", "SELECT * FROM m, a.t", "BEGIN", "INSERT INTO m VALUES (3)", "DELETE FROM a.t",
        "ROLLBACK", "SELECT * FROM m, a.t", "SELECT * FROM a.sqlite_sequence", "BEGIN", "ATTACH 'b.db' AS b", "CREATE TABLE b.u(z)", "INSERT INTO b.u SELECT y FROM a.t", "COMMIT", "SELECT * FROM u",
        "INSERT INTO m SELECT z FROM u UNION ALL SELECT NULL", "SELECT changes()", "BEGIN", "DETACH b", "COMMIT", "SELECT * FROM u",
    ],
    "a file under several names": [
        "PRAGMA journal_mode = wal", "CREATE TABLE t(a)", "INSERT INTO t VALUES (1)", "ATTACH 'main.db' AS x", "SELECT * FROM x.t", "INSERT INTO x.t VALUES (2)", "SELECT * FROM t", "SELECT * FROM x.t",
        "BEGIN", "INSERT INTO t VALUES (3)", "SELECT * FROM x.t", "SELECT * FROM main.t", "INSERT INTO x.t VALUES (4)", "CREATE TABLE x.u(b)", "COMMIT", "SELECT * FROM x.t",
        "BEGIN", "INSERT INTO x.t VALUES (50)", "SELECT * FROM main.t", "UPDATE t SET a = 7", "DROP TABLE main.t", "SAVEPOINT s", "INSERT INTO x.t VALUES (51)", "ROLLBACK TO s", "ROLLBACK",
        "INSERT INTO t SELECT a + 10 FROM x.t", "INSERT INTO x.t SELECT a + 100 FROM main.t", "CREATE TABLE x.u(b)", "SELECT * FROM u", "SELECT name FROM main.sqlite_master", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE",
        "ATTACH 'b.db' AS b1", "ATTACH 'b.db' AS b2", "CREATE TABLE b1.w(x)", "INSERT INTO b2.w VALUES (1)", "INSERT INTO b1.w VALUES (2)", "SELECT * FROM b2.w", "SELECT sum(b1.w.x + b2.w.x) FROM b1.w, b2.w",
        "BEGIN", "INSERT INTO t VALUES (1000)", "INSERT INTO b2.w VALUES (3)", "COMMIT", "SELECT * FROM w", "DETACH b1", "SELECT * FROM w", "DETACH x", "BEGIN IMMEDIATE", "COMMIT", "SELECT count(*) FROM t",
    ],
    "foreign keys stay in their database": [
        "PRAGMA foreign_keys = 1", "ATTACH 'a.db' AS a", "CREATE TABLE p(id INTEGER PRIMARY KEY)", "INSERT INTO p VALUES (1)", "CREATE TABLE a.c(p REFERENCES p ON DELETE CASCADE)",
        "INSERT INTO a.c VALUES (1)", "CREATE TABLE a.p(id INTEGER PRIMARY KEY)", "INSERT INTO a.c VALUES (1)", "INSERT INTO a.p VALUES (1), (2)", "INSERT INTO a.c VALUES (1), (2)",
        "DELETE FROM p", "SELECT * FROM a.c", "DELETE FROM a.p WHERE id = 1", "SELECT * FROM a.c",
    ],
    "ALTER TABLE": [
        "ATTACH 'a.db' AS a", "CREATE TABLE a.t(x, y UNIQUE)", "CREATE TABLE t(x, y)", "INSERT INTO a.t VALUES (1, 2)", "CREATE INDEX a.i ON t(x, y)", "CREATE VIEW a.v AS SELECT x FROM t",
        "CREATE TRIGGER a.r AFTER INSERT ON t BEGIN UPDATE t SET x = new.x + 1 WHERE y = new.y; END", "CREATE TEMP VIEW w AS SELECT t.x FROM t", "CREATE TEMP VIEW w2 AS SELECT x FROM a.t",
        "CREATE TEMP TRIGGER q AFTER INSERT ON a.t BEGIN SELECT new.x, y FROM t; END", "ALTER TABLE a.t RENAME COLUMN x TO z", "SELECT sql FROM a.sqlite_master", "SELECT sql FROM sqlite_temp_master",
        "ALTER TABLE t RENAME COLUMN x TO xx", "SELECT sql FROM sqlite_temp_master", "ALTER TABLE a.t RENAME TO u", "SELECT name, tbl_name, sql FROM a.sqlite_master",
        "SELECT name, tbl_name, sql FROM sqlite_temp_master", "INSERT INTO a.u VALUES (3, 4)", "SELECT * FROM u ORDER BY y", "SELECT * FROM a.v ORDER BY 1", "SELECT * FROM a.u ORDER BY y",
        "ALTER TABLE u DROP COLUMN z", "DROP VIEW a.v", "DROP VIEW w2", "DROP TRIGGER a.r", "DROP TRIGGER q", "DROP INDEX a.i", "ALTER TABLE a.u DROP COLUMN z", "SELECT * FROM a.u ORDER BY y",
        "ALTER TABLE u ADD CONSTRAINT k CHECK (y > 2)", "ALTER TABLE u ADD CONSTRAINT k CHECK (y > 1)", "INSERT INTO u VALUES (0, 0)", "ALTER TABLE a.u DROP CONSTRAINT k", "SELECT sql FROM a.sqlite_master",
        "ALTER TABLE a.t ADD COLUMN d --", "ALTER TABLE b.t ADD COLUMN d --", "ALTER TABLE temp.t ADD COLUMN d --", "BEGIN", "ALTER TABLE u RENAME TO n", "INSERT INTO n VALUES (9, 9)", "ROLLBACK", "SELECT * FROM u ORDER BY y",
        "PRAGMA a.schema_version",
    ],
    "ANALYZE and REINDEX": [
        "ATTACH 'a.db' AS a", "CREATE TABLE a.t(x UNIQUE, y)", "INSERT INTO a.t VALUES (1, 2)", "CREATE TABLE m(x UNIQUE)", "INSERT INTO m VALUES (1)", "CREATE TEMP TABLE p(x UNIQUE)", "INSERT INTO p VALUES (1)",
        "ANALYZE", "SELECT * FROM sqlite_stat1", "SELECT * FROM a.sqlite_stat1", "SELECT * FROM temp.sqlite_stat1", "ANALYZE temp", "SELECT * FROM temp.sqlite_stat1", "CREATE INDEX a.i ON t(y)",
        "ANALYZE i", "SELECT * FROM a.sqlite_stat1 ORDER BY idx", "ANALYZE main.i", "ANALYZE nothing.t", "ANALYZE a.t", "ANALYZE a", "REINDEX a.t", "REINDEX i", "REINDEX main.i", "REINDEX nothing.t", "REINDEX p",
    ],
    "VACUUM INTO": [
        "CREATE TABLE t(a UNIQUE, b)", "INSERT INTO t VALUES (1, 'x'), (2, 'y')", "ATTACH ':memory:' AS m", "CREATE TABLE m.w(a PRIMARY KEY) WITHOUT ROWID", "INSERT INTO m.w VALUES (7)",
        "VACUUM INTO 'out.db'", "VACUUM INTO 'out.db'", "VACUUM nosuch INTO 'o3.db'", "VACUUM nosuch", "BEGIN", "VACUUM INTO 'o4.db'", "VACUUM", "COMMIT", "VACUUM INTO NULL",
        "VACUUM m INTO 'o' || 5 || '.db'", "ATTACH 'out.db' AS o", "SELECT * FROM o.t", "SELECT name FROM o.sqlite_master", "ATTACH 'o5.db' AS o5", "SELECT * FROM o5.w",
    ],
}


def _answer(connection: Any, sql: str) -> Any:
    try:
        return [tuple(row) for row in connection.execute(sql)]
    except (apsw.Error, sqlite3.Error, mantisdb_dbapi.Error) as error:
        text = str(error).partition(" (")[0]
        return text.partition(": ")[0] if text.startswith(("database is locked", "attempt to write")) else text


@pytest.mark.parametrize("title", SCRIPTS)
def test_a_script_does_what_sqlite_does(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [tmp_path / name for name in ("theirs", "ours")]
    for place in places:
        place.mkdir()
    monkeypatch.chdir(places[0])
    theirs = apsw.Connection("main.db")
    monkeypatch.chdir(places[1])
    ours = mantisdb_dbapi.connect("main.db", isolation_level=None)
    for number, text in enumerate(SCRIPTS[title]):
        sql = f"{text} -- {number}"  # SQLite may answer a text that it knows from the tables that it found before
        answers = []
        for place, connection in zip(places, (theirs, ours), strict=True):
            monkeypatch.chdir(place)
            answers.append(_answer(connection, sql))
        assert answers[1] == answers[0], sql
        lists = [list(connection.execute("PRAGMA database_list")) for connection in (theirs, ours)]
        seen = [[row[:2] for row in rows if row[1] != "temp"] for rows in lists]
        assert seen[1] == seen[0], sql
    assert _answer(ours, "PRAGMA integrity_check") == [("ok",)]
    ours.close()
    theirs.close()


def test_arguments_may_be_parameters(tmp_path: Path) -> None:
    connection = mantisdb_dbapi.connect(":memory:")
    connection.execute("ATTACH ? AS ?", (str(tmp_path / "x.db"), "x"))
    connection.execute("CREATE TABLE x.t(a)")
    connection.execute("INSERT INTO x.t VALUES (1)")
    connection.commit()
    connection.execute("DETACH ?", ("x",))
    other = mantisdb_dbapi.connect(str(tmp_path / "x.db"))
    assert other.execute("SELECT * FROM t").fetchall() == [(1,)]
    with pytest.raises(mantisdb_dbapi.OperationalError, match="too many attached databases - max 10"):
        for i in range(11):
            connection.execute(f"ATTACH ':memory:' AS m{i}")
    other.close()
    connection.close()


def test_files_are_closed_with_the_connection(tmp_path: Path) -> None:
    connection = mantisdb_dbapi.connect(":memory:")
    connection.execute("ATTACH ? AS x", (str(tmp_path / "x.db"),))
    connection.execute("CREATE TABLE x.t(a)")
    connection.close()
    assert [path.name for path in tmp_path.iterdir()] == ["x.db"], "the last one to close it removes the log"


def test_a_conflict_in_one_file_leaves_all_as_they_were(tmp_path: Path) -> None:
    one, other = (mantisdb_dbapi.connect(str(tmp_path / "m.db"), isolation_level=None) for _ in range(2))
    for connection in (one, other):
        connection.execute("ATTACH ? AS x", (str(tmp_path / "x.db"),))
    one.execute("CREATE TABLE m(a INTEGER PRIMARY KEY, b)")
    one.execute("CREATE TABLE x.t(a INTEGER PRIMARY KEY, b)")
    one.execute("INSERT INTO m VALUES (1, 0)")
    one.execute("INSERT INTO x.t VALUES (1, 0)")
    one.execute("BEGIN")
    one.execute("UPDATE m SET b = 1")
    one.execute("UPDATE x.t SET b = 1")
    other.execute("BEGIN")
    other.execute("INSERT INTO m VALUES (2, 2)")
    other.execute("UPDATE t SET b = 2")
    other.execute("COMMIT")
    with pytest.raises(mantisdb_dbapi.OperationalError):
        one.execute("COMMIT")
    for connection in (one, other):
        assert connection.execute("SELECT * FROM m").fetchall() == [(1, 0), (2, 2)]
        assert connection.execute("SELECT * FROM x.t").fetchall() == [(1, 2)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()


def test_several_writers_commit_to_the_same_files(tmp_path: Path) -> None:
    connections = [mantisdb_dbapi.connect(str(tmp_path / "m.db"), isolation_level=None) for _ in range(4)]
    for i, connection in enumerate(connections):
        connection.execute("ATTACH ? AS x", (str(tmp_path / "x.db"),))
        connection.execute("CREATE TABLE IF NOT EXISTS m(a)")
        connection.execute("CREATE TABLE IF NOT EXISTS x.t(a)")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO m VALUES (?)", (i,))
        connection.execute("INSERT INTO x.t VALUES (?)", (i,))
        connection.execute("COMMIT")
    assert connections[0].execute("SELECT m.a, t.a FROM m JOIN t ON m.a = t.a ORDER BY 1").fetchall() == [(i, i) for i in range(4)]
    for connection in connections:
        connection.close()


READ_ONLY = [
    "SELECT * FROM t", "INSERT INTO t VALUES (1)", "ROLLBACK", "DELETE FROM t WHERE 0", "ROLLBACK", "WITH q AS (SELECT 1) INSERT INTO t SELECT * FROM q", "CREATE TABLE u(a)", "CREATE TABLE IF NOT EXISTS t(a)",
    "DROP TABLE IF EXISTS nosuch", "DROP TABLE t", "CREATE TEMP TABLE tt(a)", "INSERT INTO tt VALUES (1)", "SELECT * FROM tt", "INSERT INTO t VALUES (1)", "UPDATE t SET a = 1", "ROLLBACK", "PRAGMA user_version = 4",
    "PRAGMA user_version", "ATTACH 'file:other.db' AS o", "CREATE TABLE o.t(a)", "INSERT INTO o.t VALUES (5)", "SELECT * FROM o.t", "INSERT INTO main.t VALUES (5)", "CREATE VIEW v AS SELECT 1", "ANALYZE main", "REINDEX",
    "COMMIT", "VACUUM INTO 'copy.db'", "VACUUM", "BEGIN IMMEDIATE", "ROLLBACK", "ATTACH 'file:other.db?mode=ro' AS p", "SELECT * FROM p.t", "INSERT INTO p.t VALUES (6)", "CREATE INDEX p.i ON t(a)", "INSERT INTO o.t VALUES (7)",
    "COMMIT", "SELECT * FROM p.t",
]


@pytest.mark.parametrize("is_open", [False, True], ids=["alone", "beside a writer"])
def test_a_database_opened_for_reading_only_is_not_written_to(is_open: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[list[Any]] = []
    for driver in (sqlite3, mantisdb_dbapi):
        place = tmp_path / driver.__name__
        place.mkdir()
        monkeypatch.chdir(place)
        writer: Any = driver.connect("main.db", isolation_level=None)
        writer.execute("CREATE TABLE t(a)")
        if not is_open:
            writer.close()
        reader = driver.connect("file:main.db?mode=ro", uri=True)
        answers.append([])
        for sql in READ_ONLY:
            answers[-1].append((sql, _answer(reader, sql), reader.in_transaction))
        answers[-1].append([(name, file) for _, name, file in _answer(reader, "PRAGMA database_list")])
        reader.close()
        writer.close()
    lists = [[(name, file.replace(driver.__name__, "…")) for name, file in found.pop()] for driver, found in zip((sqlite3, mantisdb_dbapi), answers, strict=True)]
    assert lists[1] == lists[0]
    assert answers[1] == answers[0]


def test_what_the_engine_keeps_of_a_commit_to_two_files_is_no_table_and_is_not_copied(tmp_path: Path) -> None:
    connection = mantisdb_dbapi.connect(str(tmp_path / "m.db"), isolation_level=None)
    connection.execute("ATTACH ? AS x", (str(tmp_path / "x.db"),))
    connection.executescript("BEGIN; CREATE TABLE m(a); CREATE TABLE x.t(a); INSERT INTO m VALUES (1); COMMIT")
    assert connection.execute("SELECT name FROM main.sqlite_master").fetchall() == [("m",)]
    connection.execute("VACUUM INTO ?", (str(tmp_path / "v.db"),))
    copies = [mantisdb_dbapi.connect(":memory:"), mantisdb_dbapi.connect(":memory:"), mantisdb_dbapi.connect(str(tmp_path / "v.db"))]
    connection.backup(copies[0])
    copies[1].deserialize(connection.serialize())
    copies[0].backup(connection)
    for copy in (connection, *copies):
        assert copy.execute("SELECT * FROM m").fetchall() == [(1,)]
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        copy.close()


def test_a_column_is_added_in_an_attached_database() -> None:
    answers = []
    for connection in (apsw.Connection(":memory:"), mantisdb_dbapi.connect(":memory:", isolation_level=None)):
        for sql in ("ATTACH ':memory:' AS a", "CREATE TABLE a.t(x)", "INSERT INTO t VALUES (1)", "ALTER TABLE t ADD COLUMN c DEFAULT 7"):
            connection.execute(sql)
        answers.append([list(connection.execute(sql)) for sql in ("SELECT * FROM t", "SELECT sql FROM a.sqlite_master")])
    assert answers[0] == answers[1]
