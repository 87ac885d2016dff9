"""Sessions, statements and the statement cache: what holds besides the answers themselves."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from mantisdb_engine import open_database
from mantisdb_sql.ddl.integrity import check
from mantisdb_sql.errors import ParameterTypeError, SqlError
from mantisdb_sql.session import Session


@pytest.fixture
def session() -> Session:
    return Session(open_database(None))


def run(session: Session, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    result = session.prepare(sql).run(params)
    return list(result) if isinstance(result, list | tuple) else [row for batch in result for row in batch]


def test_statements_that_differ_in_literals_share_a_plan(session: Session) -> None:
    run(session, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    for i in range(20):
        run(session, f"INSERT INTO t VALUES ({i}, 'text {i}')")
    one, two = (session.prepare(f"SELECT b FROM t WHERE a = {i}") for i in (3, 4))
    assert one.prepared is two.prepared
    assert one.run() == [("text 3",)] and two.run() == [("text 4",)]
    assert session.prepare("SELECT b FROM t WHERE a = '4'").run() == [("text 4",)]


def test_literals_that_mean_more_than_a_value_do_not_share(session: Session) -> None:
    run(session, "CREATE TABLE t (a, b)")
    run(session, "INSERT INTO t VALUES (1, 9), (2, 8)")
    assert run(session, "SELECT a, b FROM t ORDER BY 1") == [(1, 9), (2, 8)]
    assert run(session, "SELECT a, b FROM t ORDER BY 2") == [(2, 8), (1, 9)]
    assert session.prepare("SELECT 1").columns == ("1",)
    assert session.prepare("SELECT 2").columns == ("2",)
    assert session.prepare("SELECT 01").columns == ("01",)
    assert run(session, "SELECT -9223372036854775808") == [(-9223372036854775808,)]
    assert run(session, "SELECT a FROM t WHERE a > -9223372036854775808 LIMIT 1") == [(1,)]
    assert run(session, "SELECT a FROM t WHERE a > -1 LIMIT 1") == [(1,)]


def test_numbers_in_comments_are_no_literals(session: Session) -> None:
    run(session, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    run(session, "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')")
    for text in ("/* 1 */", "/*1*/", "-- 1\n", "/**/", "/* '1' */", "--'\n"):
        for number in (2, 3):
            expected = [("two" if number == 2 else "three",)]
            assert run(session, f"SELECT b FROM t WHERE {text} a = {number}") == expected
            assert run(session, f"SELECT b FROM t {text} WHERE a = {number} {text}") == expected


def test_a_script_is_prepared_statement_by_statement(session: Session) -> None:
    sql = "CREATE TABLE t(a); INSERT INTO t VALUES (';'); /* ; */ SELECT a -- ;\n FROM t;  \n -- end"
    start, kinds = 0, []
    while start < len(sql):
        statement = session.prepare(sql, start)
        kinds.append(statement.kind)
        rows = statement.run()
        if statement.kind == "SELECT":
            assert [row for batch in rows for row in batch] == [(";",)] or rows == [(";",)]
        start = statement.tail
    assert kinds == ["CREATE TABLE", "INSERT", "SELECT", ""]


def test_a_plan_follows_the_schema_and_the_parameters(session: Session) -> None:
    run(session, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    insert = session.prepare("INSERT INTO t VALUES (?, ?)")
    for value in (1, 2**40, "x", None, 1.5, b"y", -(2**63)):
        insert.run((None, value))
    select = session.prepare("SELECT a FROM t WHERE b = ?")
    assert [select.run((v,)) for v in (1, 2**40, "x", None, 1.5, b"y", -(2**63))] == [
        [(1,)], [(2,)], [(3,)], [], [(5,)], [(6,)], [(7,)]]
    run(session, "DROP TABLE t")
    with pytest.raises(SqlError, match="no such table: t"):
        select.run((1,))
    run(session, "CREATE TABLE t (b, a)")
    assert select.run((1,)) == []
    assert check(session) == []


@pytest.mark.parametrize("value", [True, 2**63, float("nan"), object(), bytearray(b"x")])
def test_a_parameter_that_is_no_value_is_named(session: Session, value: Any) -> None:
    run(session, "CREATE TABLE t (a, b)")
    for sql in ("INSERT INTO t VALUES (?, ?)", "SELECT ?, ?", "UPDATE t SET a = ? WHERE b = ?"):
        with pytest.raises(ParameterTypeError) as caught:
            session.prepare(sql).run((1, value))
        assert caught.value.index == 1
    with pytest.raises(ParameterTypeError):
        session.prepare("INSERT INTO t VALUES (?, ?)").run_many([(1, 1), (1, 2), (1, 3), (1, 4), (1, value)])
    assert check(session) == []


def test_many_rows_stop_at_the_first_that_fails_and_keep_those_before(session: Session) -> None:
    run(session, "CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c NOT NULL)")
    session.begin()
    rows = [(None, i, "x") for i in range(10)] + [(None, 3, "x")] + [(None, 100, "x")]
    with pytest.raises(SqlError, match=r"UNIQUE constraint failed: t\.b"):
        session.prepare("INSERT INTO t VALUES (?, ?, ?)").run_many(rows)
    assert run(session, "SELECT count(*) FROM t") == [(10,)]
    with pytest.raises(SqlError, match=r"NOT NULL constraint failed: t\.c"):
        session.prepare("INSERT INTO t VALUES (?, ?, ?)").run_many(
            [(None, 50 + i, "x" if i < 7 else None) for i in range(9)]
        )
    assert run(session, "SELECT count(*) FROM t") == [(17,)]
    assert check(session) == []
    session.rollback()
    assert run(session, "SELECT count(*) FROM t") == [(0,)]


def test_many_rows_are_stored_as_single_rows_are(session: Session) -> None:
    rows = [(i, v) for i, v in enumerate(["1", 2, 2.0, 2.5, "x", b"b", None, 2**40, " 7 ", "1e2", "é"], 1)]
    for kind in ("", "INT", "TEXT", "REAL", "NUMERIC"):
        run(session, f"CREATE TABLE one{kind} (a INTEGER PRIMARY KEY, b {kind})")
        run(session, f"CREATE TABLE many{kind} (a INTEGER PRIMARY KEY, b {kind})")
        run(session, f"CREATE INDEX i{kind} ON many{kind} (b COLLATE NOCASE)")
        for row in rows:
            session.prepare(f"INSERT INTO one{kind} VALUES (?, ?)").run(row)
        assert session.prepare(f"INSERT INTO many{kind} VALUES (?, ?)").run_many(iter(rows)) == len(rows)
        one, many = (run(session, f"SELECT b, typeof(b) FROM {t}{kind} ORDER BY a") for t in ("one", "many"))
        assert one == many
    assert check(session) == []


def test_an_open_result_does_not_see_later_writes_of_its_transaction(session: Session) -> None:
    run(session, "CREATE TABLE t (a)")
    session.begin()
    session.prepare("INSERT INTO t VALUES (?)").run_many([(i,) for i in range(1000)])
    batches = session.prepare("SELECT a FROM t").run()
    run(session, "DELETE FROM t WHERE a > 5")
    run(session, "UPDATE t SET a = -1")
    rows = batches if isinstance(batches, list) else [row for batch in batches for row in batch]
    assert rows == [(i,) for i in range(1000)]


def test_two_sessions_share_a_database_and_autocommit_meets_no_conflict() -> None:
    database = open_database(None)
    one, two = Session(database), Session(database)
    run(one, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    one.begin()
    run(one, "INSERT INTO t(b) VALUES ('one')")
    run(two, "INSERT INTO t(b) VALUES ('two')")
    assert run(two, "SELECT b FROM t") == [("two",)]
    one.commit()
    assert sorted(run(two, "SELECT b FROM t")) == [("one",), ("two",)]
    one.begin()
    run(one, "UPDATE t SET b = 'x' WHERE a = 1")
    run(two, "UPDATE t SET b = 'y' WHERE a = 1")
    with pytest.raises(SqlError, match="database is locked"):
        one.commit()
    assert not one.in_transaction and check(two) == []


def test_the_catalog_is_the_same_after_reopening(tmp_path: Any) -> None:
    path = str(tmp_path / "app.db")
    database = open_database(path)
    session = Session(database)
    run(
        session,
        "CREATE TABLE t (a INT PRIMARY KEY, b TEXT UNIQUE COLLATE NOCASE DEFAULT 'x' CHECK (b <> 'no'))",
    )
    run(session, "CREATE INDEX i ON t (b, a DESC)")
    run(session, "INSERT INTO t VALUES (1, 'A')")
    before = run(session, "SELECT * FROM sqlite_master"), run(session, "PRAGMA index_list(t)")
    session.close()
    database.close()
    database = open_database(path)
    session = Session(database)
    assert (run(session, "SELECT * FROM sqlite_master"), run(session, "PRAGMA index_list(t)")) == before
    with pytest.raises(SqlError, match=r"UNIQUE constraint failed: t\.b"):
        run(session, "INSERT INTO t VALUES (2, 'a')")
    with pytest.raises(SqlError, match=r"CHECK constraint failed: b <> 'no'"):
        run(session, "INSERT INTO t VALUES (2, 'no')")
    assert run(session, "SELECT a FROM t WHERE b = 'a'") == [(1,)]
    assert check(session) == []
    session.close()
    database.close()


TEXTS = (
    ("SELECT a, b + 1 AS c FROM t WHERE b IN (5, 7) AND a < ? ORDER BY c LIMIT 3", [(3,), (2.5,), (None,)]),
    ("INSERT INTO t VALUES (?, 7 + 2) ON CONFLICT (a) DO UPDATE SET b = excluded.b + 1", [(8,), (9.0,), (10,)]),
    ("UPDATE t SET b = b + 1 WHERE a = ? RETURNING a, b", [(1,), ("2",), (None,)]),
    ("WITH w AS (SELECT a FROM t WHERE b > ?) SELECT count(*) FROM w UNION ALL SELECT -1.5", [(5,), ("",), (None,)]),
    ("DELETE FROM t WHERE b = 6 AND a > ?", [(0,), (0.5,), ("x",)]),
)


@pytest.mark.parametrize(("sql", "parameters"), TEXTS)
def test_a_tree_goes_with_the_first_plan_and_can_be_had_again(
    session: Session, sql: str, parameters: list[tuple[Any, ...]]
) -> None:
    other = Session(open_database(None))
    for each in (session, other):
        run(each, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
        run(each, "INSERT INTO t VALUES (1, 5), (2, 6), (3, 7)")
    statement = session.prepare(sql)
    tree = weakref.ref(statement.prepared.node)
    gc.disable()
    try:
        for number, row in enumerate(parameters):
            literals = sql.replace("?", "NULL" if row[0] is None else repr(row[0]))
            assert run(session, sql, *row) == run(other, literals)
            if not number:
                assert tree() is None, "without the garbage collector: there are no cycles"
    finally:
        gc.enable()
    assert run(session, "SELECT * FROM t") == run(other, "SELECT * FROM t")
    assert statement.prepared.node is statement.prepared.node
