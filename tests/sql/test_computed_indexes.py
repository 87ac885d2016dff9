"""Partial indexes, indexes on expressions, and what of a connection they depend on."""

from __future__ import annotations

import apsw
import pytest
from side_by_side import Pair

from mantisdb_engine import open_database
from mantisdb_sql.codegen.update import MANY_ROWS
from mantisdb_sql.ddl.integrity import check
from mantisdb_sql.errors import SqlError
from mantisdb_sql.session import Session


def by_length(one: str, two: str) -> int:
    return len(one) - len(two)


def pair_with_collation() -> Pair:
    pair = Pair()
    pair.session.functions.create_collation("by_length", by_length)
    pair.sqlite.create_collation("by_length", by_length)
    return pair


def same(pair: Pair, *statements: str) -> None:
    found = [d for d in map(pair.difference, statements) if d is not None]
    assert not found, "\n".join(found)
    pair.check()


def test_unique_under_a_collation_of_the_user():
    same(
        pair_with_collation(),
        "CREATE TABLE t (a TEXT COLLATE by_length UNIQUE, b)",
        "INSERT INTO t VALUES ('one', 1), ('three', 2), (3, 3), (x'616263', 4), (NULL, 5), (NULL, 6)",
        "INSERT INTO t VALUES ('two', 7)",
        "INSERT OR IGNORE INTO t VALUES ('two', 7), ('seventeen', 8)",
        "INSERT OR REPLACE INTO t VALUES ('two', 9)",
        "INSERT INTO t VALUES ('six', 10) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
        "UPDATE t SET a = 'eight' WHERE b = 10",
        "UPDATE t SET a = 'ten' WHERE b = 10",
        "UPDATE OR REPLACE t SET a = 'eight' WHERE b = 10",
        "INSERT INTO t SELECT a || a || '.', b FROM t",
        "SELECT * FROM t ORDER BY a, b",
        "SELECT b FROM t WHERE a = 'abc'",
        "CREATE UNIQUE INDEX i ON t (b COLLATE by_length)",
        "UPDATE t SET b = rowid",
        "CREATE UNIQUE INDEX j ON t ('x' || b COLLATE by_length)",
        "CREATE UNIQUE INDEX k ON t (b || '' COLLATE by_length)",
        "DELETE FROM t WHERE a = 'xyz'",
    )


def test_without_its_collation_an_index_cannot_be_kept():
    pair = pair_with_collation()
    same(
        pair,
        "CREATE TABLE t (a TEXT, b)",
        "CREATE INDEX i ON t (a COLLATE by_length)",
        "INSERT INTO t VALUES ('x', 1)",
    )
    pair.session.functions.create_collation("by_length", None)
    pair.sqlite.create_collation("by_length", None)
    for sql in (
        "CREATE INDEX j ON t (b COLLATE by_length)",
        "INSERT INTO t VALUES ('y', 2)",
        "UPDATE t SET a = 'z'",
        "SELECT * FROM t",
        "DROP INDEX i",
        "INSERT INTO t VALUES ('y', 2)",
    ):
        assert pair.difference(sql) is None


def test_functions_in_indexes_are_the_connections():
    pair = Pair()

    def third(value: int) -> int:
        return value // 3

    pair.session.functions.create_function("third", 1, third, deterministic=True)
    pair.sqlite.create_scalar_function("third", third, 1, deterministic=True)
    same(
        pair,
        "CREATE TABLE t (a INTEGER, b)",
        "CREATE UNIQUE INDEX i ON t (third(a)) WHERE third(b) = 0",
        "INSERT INTO t VALUES (1, 1), (4, 2), (2, 9)",
        "INSERT INTO t VALUES (2, 1)",
        "UPDATE t SET b = 0",
        "INSERT INTO t VALUES (2, 1) ON CONFLICT (third(a)) WHERE third(b) = 0 DO UPDATE SET b = 2",
        "SELECT * FROM t",
    )
    pair.session.functions.create_function("third", 1, None)
    with pytest.raises(SqlError, match="no such function: third"):
        pair.session.prepare("INSERT INTO t VALUES (50, 0)").run(())


@pytest.mark.parametrize(
    "term", ["date('now')", "datetime(a)", "strftime('%Y', a)", "julianday(b, 'localtime')", "unixepoch()", "date(b)"]
)
def test_dates_in_indexes_have_no_clock(term):
    same(
        Pair(),
        "CREATE TABLE t (a, b)",
        f"CREATE INDEX i ON t ({term})",
        "INSERT INTO t VALUES ('2020-01-01', '2020-02-02')",
        "INSERT INTO t VALUES ('now', 'x')",
        "INSERT INTO t (b) VALUES ('Now')",
    )


def test_expressions_that_fail_undo_their_statement():
    same(
        Pair(),
        "CREATE TABLE t (a)",
        "CREATE INDEX i ON t (json_extract(a, '$.x'))",
        "INSERT INTO t VALUES ('{\"x\": 1}'), ('{}')",
        "INSERT INTO t VALUES ('[1]'), ('{')",
        "INSERT OR IGNORE INTO t VALUES ('[1]'), ('{')",
        "UPDATE t SET a = a || '}'",
        "SELECT * FROM t",
    )


def test_many_rows_at_once():
    pair = Pair()
    same(
        pair,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT)",
        "CREATE INDEX plain ON t (b)",
        "CREATE INDEX folded ON t (lower(b), a DESC)",
        "CREATE INDEX some ON t (a) WHERE b IS NOT NULL",
        "CREATE UNIQUE INDEX few ON t (a, b) WHERE a % 10 = 0",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
        " INSERT INTO t SELECT i, i * 7 % 100, CASE WHEN i % 3 THEN 'B' || i END FROM n",
        "UPDATE t SET b = 'c' || b WHERE id % 2",
        "UPDATE t SET b = NULL, a = a + 1 WHERE id > 400",
        "UPDATE t SET a = 0",
        "UPDATE t SET a = 0, b = 'same'",
        "DELETE FROM t WHERE b IS NULL AND id > 100",
        "DELETE FROM t WHERE id % 2",
        "DELETE FROM t",
    )


def test_batched_inserts_keep_partial_and_computed_indexes():
    session = Session(open_database())
    for sql in (
        "CREATE TABLE t (a, b)",
        "CREATE UNIQUE INDEX u ON t (lower(a)) WHERE b > 0",
        "CREATE INDEX i ON t (b + 1) WHERE a IS NOT NULL",
    ):
        session.prepare(sql).run(())
    insert = session.prepare("INSERT INTO t VALUES (?, ?)")
    rows = [(f"Name{i}", i % 5) for i in range(4 * MANY_ROWS)]
    assert insert.run_batch(rows)
    others = [(f"Other{i}", 1) for i in range(MANY_ROWS)]
    assert not insert.run_batch([*others, ("NAME1", 2)])
    assert insert.run_batch([*others, ("NAME1", 0), (None, None)])
    assert check(session) == []


def test_a_batch_whose_expressions_fail_goes_row_by_row():
    session = Session(open_database())
    session.prepare("CREATE TABLE t (a)").run(())
    session.prepare("CREATE INDEX i ON t (json_extract(a, '$.x'))").run(())
    insert = session.prepare("INSERT INTO t VALUES (?)")
    assert insert.run_batch([("{}",)] * MANY_ROWS)
    assert not insert.run_batch([*[("{}",)] * MANY_ROWS, ("{",)])
    assert check(session) == []


def test_computed_indexes_are_read_from_the_file(tmp_path):
    path = str(tmp_path / "app.db")
    database = open_database(path)
    session = Session(database)
    for sql in (
        "CREATE TABLE t (a, b)",
        "CREATE UNIQUE INDEX u ON t (lower(a)) WHERE b > 0",
        "INSERT INTO t VALUES ('X', 1), ('Y', 0), ('y', 0)",
    ):
        session.prepare(sql).run(())
    session.close()
    database.close()
    session = Session(open_database(path))
    assert check(session) == []
    with pytest.raises(SqlError, match="UNIQUE constraint failed: index 'u'"):
        session.prepare("INSERT INTO t VALUES ('x', 1)").run(())
    session.prepare("UPDATE t SET b = 1 WHERE a = 'Y'").run(())
    assert check(session) == []


def test_reindex_uses_the_collation_of_now():
    pair = pair_with_collation()
    same(pair, "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x'), ('xx'), ('X')", "CREATE INDEX i ON t (a)")
    with pytest.raises(apsw.ConstraintError):
        pair.sqlite.execute("CREATE UNIQUE INDEX j ON t (a COLLATE by_length)")
    pair.session.functions.create_collation("by_length", lambda one, two: (one > two) - (one < two))
    pair.sqlite.create_collation("by_length", lambda one, two: (one > two) - (one < two))
    same(pair, "CREATE UNIQUE INDEX j ON t (a COLLATE by_length)")
    pair.session.functions.create_collation("by_length", by_length)
    pair.sqlite.create_collation("by_length", by_length)
    for sql in ("REINDEX j", "REINDEX by_length", "REINDEX", "REINDEX i"):
        assert pair.difference(sql) is None
