"""backup(), serialize() and deserialize(): a copy has the same rows and schema, and goes its own way from then on."""

from __future__ import annotations

import sqlite3 as stdlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCHEMA = """
CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c TEXT COLLATE NOCASE DEFAULT 'x');
CREATE INDEX i ON t (c DESC, a); CREATE VIEW v AS SELECT a, c FROM t WHERE a % 2;
CREATE TABLE empty (x); PRAGMA user_version = 7;
"""


def _filled(driver: ModuleType, path: object = ":memory:") -> Any:
    connection = driver.connect(path)
    connection.executescript(SCHEMA)
    rows = [(i, i * 2.5 if i % 3 else None, f"n{i}") for i in range(1, 3000)]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [*rows, (10**15, b"\0", "ä"), (-5, 2**62, "")])
    connection.commit()
    return connection


def _content(connection: Any) -> list[Any]:
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    queries = ("SELECT * FROM t", "SELECT * FROM v", "SELECT c FROM t WHERE c > 'N29'", "SELECT * FROM empty",
               "SELECT type, name, tbl_name, sql FROM sqlite_master", "PRAGMA user_version")
    return [connection.execute(query).fetchall() for query in queries]


def test_a_backup_is_the_same_and_separate(driver: ModuleType, tmp_path: Path) -> None:
    source, target = _filled(driver), driver.connect(tmp_path / "copy.db")
    target.executescript("CREATE TABLE old (x UNIQUE); INSERT INTO old VALUES (1)")
    source.backup(target)
    expected = _content(source)
    assert _content(target) == expected
    target.execute("INSERT INTO t (b) VALUES ('new')")
    target.execute("CREATE TABLE later (y)")
    target.commit()
    assert _content(source) == expected
    target.close()
    again = driver.connect(tmp_path / "copy.db")
    assert again.execute("SELECT count(*) FROM t").fetchone() == (3002,)
    assert again.execute("SELECT count(*) FROM later").fetchone() == (0,)


@pytest.mark.parametrize("pages", [-1, 0, 1, 7])
def test_progress_is_told_of_every_step(driver: ModuleType, pages: int) -> None:
    source, target = _filled(driver), driver.connect(":memory:")
    seen: list[tuple[int, int, int]] = []
    source.backup(target, pages=pages, progress=lambda *step: seen.append(step))
    assert [status for status, _, _ in seen] == [0] * (len(seen) - 1) + [101]
    total = seen[0][2]
    step = pages if pages > 0 else total
    assert [left for _, left, _ in seen] == [max(total - n * step, 0) for n in range(1, len(seen) + 1)]
    assert seen[-1][1] == 0


def test_changes_during_a_backup_are_in_it(driver: ModuleType) -> None:
    source, target = _filled(driver), driver.connect(":memory:")

    def change(status: int, remaining: int, total: int) -> None:
        if remaining == total - 1:
            source.execute("DELETE FROM t WHERE a > 1")
            source.commit()

    source.backup(target, pages=1, progress=change)
    assert target.execute("SELECT a FROM t").fetchall() == [(-5,), (1,)]


def test_what_cannot_be_backed_up_to_is_refused(driver: ModuleType) -> None:
    source = _filled(driver)
    other = stdlib.connect(":memory:")
    with pytest.raises(TypeError, match=r"must be mantisdb_dbapi.Connection, not sqlite3.Connection"):
        source.backup(other)
    other.close()
    with pytest.raises(ValueError, match="same connection"):
        source.backup(source)
    busy = _filled(driver)
    busy.execute("DELETE FROM t")
    with pytest.raises(driver.OperationalError, match="target is in use"):
        source.backup(busy)
    busy.rollback()
    with pytest.raises(driver.OperationalError, match="unknown database nosuch"):
        source.backup(busy, name="nosuch")
    with pytest.raises(ZeroDivisionError):
        source.backup(driver.connect(":memory:"), progress=lambda *step: 1 / 0)


def test_bytes_of_a_database_make_it_again(driver: ModuleType, tmp_path: Path) -> None:
    source = _filled(driver)
    expected = _content(source)
    data = source.serialize()
    path = tmp_path / "own.db"
    moved = driver.connect(path)
    moved.create_function("five", 0, lambda: 5)
    moved.execute("CREATE TABLE mine (x)")
    moved.deserialize(data)
    assert _content(moved) == expected
    assert moved.execute("SELECT five()").fetchone() == (5,)
    moved.execute("DELETE FROM t")
    moved.commit()
    assert driver.connect(path).execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    assert _content(source) == expected
    (tmp_path / "file.db").write_bytes(data)
    assert _content(driver.connect(tmp_path / "file.db")) == expected


@pytest.mark.parametrize("data", [b"\0\1\3", b"SQLite format 3\0" * 64, b"x" * 10_000])
def test_bytes_of_something_else_are_refused(driver: ModuleType, data: bytes) -> None:
    connection = _filled(driver)
    expected = _content(connection)
    with pytest.raises(driver.DatabaseError, match="file is not a database"):
        connection.deserialize(data)
    assert _content(connection) == expected


@pytest.mark.parametrize("source", [":memory:", "source.db"])
def test_vacuum_into_writes_what_a_name_means(driver: ModuleType, tmp_path: Path, source: str) -> None:
    connection = driver.connect(source if source == ":memory:" else tmp_path / source, isolation_level=None, uri=True)
    connection.executescript(SCHEMA + f"ATTACH '{tmp_path / 'other.db'}' AS o; CREATE TABLE o.z (k); VACUUM o")
    (tmp_path / "empty.db").touch()
    made = ("VACUUM INTO 'file:@uri.db?mode=rwc'", "VACUUM INTO '@'||'sum.db'", "VACUUM INTO '@empty.db'",
            "VACUUM o INTO '@o.db'", "VACUUM main INTO (SELECT '@query.db')")
    for sql in (*made, "VACUUM INTO ''", "VACUUM INTO ':memory:'"):
        connection.execute(sql.replace("@", f"{tmp_path}/"))
    assert sorted(path.name for path in tmp_path.glob("*.db") if path.name != source) == [
        "empty.db", "o.db", "other.db", "query.db", "sum.db", "uri.db",
    ]  # fmt: skip
    for sql, error in (
        ("VACUUM INTO '@sum.db'", "output file already exists"), ("VACUUM INTO nosuch", "no such column: nosuch"),
        ("VACUUM INTO 'file:@new.db?mode=rw'", "unable to open"),
        ("VACUUM INTO 'file:@new.db?mode=ro'", "unable to open"),
        ("VACUUM INTO '@no/new.db'", "unable to open"), ("VACUUM INTO NULL", "non-text filename"),
    ):  # fmt: skip
        with pytest.raises(stdlib.OperationalError, match=error):
            connection.execute(sql.replace("@", f"{tmp_path}/"))
    connection.execute("PRAGMA query_only = 1")
    with pytest.raises(stdlib.OperationalError, match="attempt to write a readonly database"):
        connection.execute(f"VACUUM INTO '{tmp_path}/new.db'")
    copy = driver.connect(tmp_path / "uri.db")
    assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    names = "SELECT name FROM sqlite_master ORDER BY 1"
    assert copy.execute(names).fetchall() == connection.execute(names).fetchall()
    copy.close()
    connection.close()


def test_any_database_of_a_connection_can_be_copied(driver: ModuleType) -> None:
    source = driver.connect(":memory:", isolation_level=None)
    source.executescript(
        'CREATE TABLE m (a); ATTACH \':memory:\' AS "o x"; CREATE TABLE "o x".z (k UNIQUE, v);'
        " INSERT INTO z VALUES (3, 4); CREATE TEMP TABLE t (q); INSERT INTO t VALUES (7);"
        " CREATE TEMP VIEW v AS SELECT * FROM t"
    )
    for name, objects in (("main", ["m"]), ("O X", ["sqlite_autoindex_z_1", "z"]), ("temp", ["t", "v"])):
        target, other = driver.connect(":memory:"), driver.connect(":memory:")
        source.backup(target, name=name)
        other.deserialize(source.serialize(name=name))
        for copy in (target, other):
            found = copy.execute("SELECT name FROM sqlite_master ORDER BY 1").fetchall()
            assert [each for (each,) in found] == objects
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            copy.close()
    with pytest.raises(stdlib.OperationalError, match="unknown database nosuch"):
        source.backup(driver.connect(":memory:"), name="nosuch")
    with pytest.raises(stdlib.OperationalError, match="unable to serialize 'nosuch'"):
        source.serialize(name="nosuch")
    source.close()


def test_an_attached_database_is_left_for_a_copy(driver: ModuleType, tmp_path: Path) -> None:
    source, connection = driver.connect(":memory:"), driver.connect(":memory:", isolation_level=None)
    source.executescript("CREATE TABLE s (a UNIQUE); INSERT INTO s VALUES (5)")
    connection.executescript(
        f"CREATE TABLE m (a); ATTACH '{tmp_path / 'o.db'}' AS o; CREATE TABLE o.z (q); ATTACH ':memory:' AS p; "
        "CREATE TABLE p.y (q)"
    )
    connection.deserialize(source.serialize(), name="O")
    for sql in ("INSERT INTO o.s VALUES (6)", "INSERT INTO m SELECT a FROM o.s", "INSERT INTO p.y SELECT a FROM m"):
        connection.execute(sql)
    assert connection.execute("SELECT q FROM y ORDER BY q").fetchall() == [(5,), (6,)]
    assert [row[1] for row in connection.execute("PRAGMA database_list")] == ["main", "o", "p"]
    connection.execute("DETACH o")
    connection.execute(f"ATTACH '{tmp_path / 'o.db'}' AS o")
    assert connection.execute("SELECT name FROM o.sqlite_master").fetchall() == [("z",)]
    connection.close()
    source.close()
