"""What the binder refuses, and how it names results: as SQLite (apsw) does, or NotSupported by name."""

from __future__ import annotations

from typing import Any

import apsw
import pytest

from mantisdb_engine import open_database
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.session import Session

SCHEMA = (
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b VARCHAR(10), c)",
    "CREATE TABLE u(a INT, \"Odd Name\" TEXT)",
)

REFUSED = """
SELECT x FROM t
SELECT t.x FROM t
SELECT x.a FROM t
SELECT a FROM t, u
SELECT t.a FROM nope
SELECT * FROM main.nope
SELECT *
SELECT nope.* FROM t
SELECT a FROM t ORDER BY 3
SELECT a FROM t ORDER BY 0
SELECT a FROM t GROUP BY 2
SELECT a FROM t WHERE sum(a) > 1
SELECT sum(sum(a)) FROM t
SELECT sum(a) AS s FROM t WHERE s > 1
SELECT a FROM t HAVING a > 1
SELECT nofun(a) FROM t
SELECT abs(a, b) FROM t
SELECT sum(a, b) FROM t
SELECT a FROM t ORDER BY b COLLATE nope
SELECT (SELECT a, b FROM t)
SELECT a FROM t WHERE a IN (SELECT a, b FROM t)
SELECT (1, 2)
SELECT (1, 2) = (1, 2, 3)
SELECT a, b FROM t UNION SELECT a FROM u
SELECT a FROM t UNION SELECT a FROM u ORDER BY b
SELECT a FROM t UNION SELECT a FROM u ORDER BY 2
SELECT a FROM t LIMIT 1 UNION SELECT a FROM u
SELECT a FROM t LIMIT 'x'
VALUES (1), (1, 2)
SELECT * FROM t JOIN u USING (id)
SELECT count(DISTINCT a, b) FROM t
SELECT a FROM t INDEXED BY nope
WITH q(x, y) AS (SELECT 1) SELECT * FROM q
WITH q AS (SELECT 1), q AS (SELECT 2) SELECT * FROM q
SELECT a AS q, q + 1 FROM t
SELECT 0x11111111111111111
""".strip().splitlines()

NAMED = """
SELECT a, t.B, A FROM t
SELECT a AS x, b y, c AS "z z" FROM t
SELECT a+1, a + 1, count(*),  max( a ) FROM t
SELECT (a), ((b)), +a, -a FROM t
SELECT rowid, oid, id, _rowid_ FROM t
SELECT rowid, _rowid_ FROM u
SELECT * FROM t, u
SELECT t.*, 1 FROM t
SELECT * FROM (SELECT a, a, a + 1, b AS a FROM t)
SELECT 1, 'x', NULL, x'00', CASE WHEN 1 THEN 2 END
SELECT (SELECT a FROM t), EXISTS (SELECT 1)
SELECT "Odd Name", [Odd Name], u."odd name" FROM u
SELECT a FROM t UNION SELECT 5
VALUES (1, 2)
SELECT x.a, x.b FROM (SELECT a, b FROM t) x
WITH q(m, n) AS (SELECT a, b FROM t) SELECT m, n, m + n FROM q
SELECT CAST(a AS TEXT), a || b, upper(b) FROM t
SELECT max(a), b FROM t GROUP BY b
""".strip().splitlines()

UNSUPPORTED = {
    "CREATE VIRTUAL TABLE x USING fts5(a)": "CREATE VIRTUAL TABLE",
}


@pytest.fixture(scope="module")
def session() -> Session:
    session = Session(open_database(None))
    for sql in SCHEMA:
        session.prepare(sql).run(())
    return session


@pytest.fixture(scope="module")
def oracle() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    for sql in SCHEMA:
        connection.execute(sql)
    connection.execute("INSERT INTO t VALUES(1, 2, 'x', NULL)")
    return connection


@pytest.mark.parametrize("sql", REFUSED)
def test_error_has_sqlites_text(session: Session, oracle: apsw.Connection, sql: str) -> None:
    with pytest.raises(apsw.Error) as expected:
        list(oracle.execute(sql))
    with pytest.raises(SqlError) as actual:
        list(session.prepare(sql).run(()))
    assert str(actual.value) == str(expected.value).removeprefix("SQLError: ")


@pytest.mark.parametrize("sql", NAMED)
def test_result_columns_have_sqlites_names_and_declared_types(
    session: Session, oracle: apsw.Connection, sql: str
) -> None:
    description: list[Any] = []
    trace = oracle.cursor()

    def describe(cursor: apsw.Cursor, statement: str, bindings: Any) -> bool:
        description.extend(cursor.get_description())
        return False

    trace.exec_trace = describe
    with pytest.raises(apsw.ExecTraceAbort):
        trace.execute(sql)
    statement = session.prepare(sql)
    assert statement.columns == tuple(name for name, _ in description)
    assert statement.decltypes == tuple(declared for _, declared in description)


@pytest.mark.parametrize("sql", UNSUPPORTED)
def test_what_is_missing_is_named(session: Session, sql: str) -> None:
    with pytest.raises(NotSupported) as error:
        session.prepare(sql).run(())
    assert error.value.construct == UNSUPPORTED[sql]


@pytest.mark.parametrize("operator", ["+", "AND", "OR", "||", "*"])
def test_wide_chain_needs_no_recursion(session: Session, oracle: apsw.Connection, operator: str) -> None:
    sql = "SELECT " + f" {operator} ".join(["1"] * 900)
    assert list(session.prepare(sql).run(())) == list(oracle.execute(sql))
