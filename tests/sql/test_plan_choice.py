"""Which access paths and join orders the planner chooses, pinned as text."""

from __future__ import annotations

import pytest

from mantisdb_engine import open_database
from mantisdb_sql.query_compiler import compile_select
from mantisdb_sql.session import Session


@pytest.fixture(scope="module")
def session() -> Session:
    session = Session(open_database(None))
    for sql in (
        "CREATE TABLE big(id INTEGER PRIMARY KEY, k INT, name TEXT, v REAL)",
        "CREATE TABLE small(id INTEGER PRIMARY KEY, k INT, label TEXT UNIQUE)",
        "CREATE INDEX big_k ON big(k, v)",
    ):
        session.prepare(sql).run(())
    big = [(i, i % 700, f"n{i}", i / 2) for i in range(1, 5001)]
    session.prepare("INSERT INTO big VALUES(?,?,?,?)").run_many(big)
    session.prepare("INSERT INTO small VALUES(?,?,?)").run_many([(i, i, f"l{i}") for i in range(1, 41)])
    return session


PLANS = {
    "SELECT * FROM big": "SCAN big",
    "SELECT * FROM big WHERE id = 5": "SEARCH big USING INTEGER PRIMARY KEY (rowid=?)",
    "SELECT * FROM big WHERE rowid IN (1, 2)": "SEARCH big USING INTEGER PRIMARY KEY (rowid=?)",
    "SELECT * FROM big WHERE id > 5 AND id < 9": "SEARCH big USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    "SELECT * FROM big WHERE k = 5": "SEARCH big USING INDEX big_k (k=?)",
    "SELECT * FROM big WHERE k = 5 AND v > 2.5": "SEARCH big USING INDEX big_k (k=? AND v>?)",
    "SELECT * FROM big WHERE k IN (1, 2)": "SEARCH big USING INDEX big_k (k=?)",
    "SELECT * FROM big WHERE k + 0 = 5": "SCAN big",
    "SELECT * FROM big WHERE name = 'n5'": "SCAN big",
    "SELECT * FROM small WHERE label = 'l5'": "SEARCH small USING INDEX sqlite_autoindex_small_1 (label=?)",
    "SELECT * FROM small WHERE label = 'l5' COLLATE NOCASE": "SCAN small",
    "SELECT * FROM big ORDER BY id DESC": "SCAN big",
    "SELECT * FROM big ORDER BY k, v LIMIT 3": "SCAN big USING INDEX big_k",
    "SELECT * FROM big WHERE k = 5 ORDER BY v": "SEARCH big USING INDEX big_k (k=?)",
    "SELECT * FROM big ORDER BY name": "SCAN big\nUSE TEMP B-TREE FOR ORDER BY",
    "SELECT * FROM big JOIN small ON small.id = big.id":
        "SCAN small\nSEARCH big USING INTEGER PRIMARY KEY (rowid=?)",
    "SELECT * FROM small JOIN big ON big.name = small.label": "SCAN big\nSEARCH small USING HASH TABLE (label=?)",
    "SELECT * FROM big LEFT JOIN small ON small.id = big.k": "SCAN big\nSEARCH small USING HASH TABLE (id=?) LEFT-JOIN",
    "SELECT * FROM big LEFT JOIN small ON small.id = big.k WHERE small.k > 3 AND big.id = 7":
        "SEARCH big USING INTEGER PRIMARY KEY (rowid=?)\nSEARCH small USING INTEGER PRIMARY KEY (rowid=?)",
    "SELECT count(*) FROM big": "SCAN big",
}


@pytest.mark.parametrize("sql", PLANS)
def test_plan_is_the_cheap_one(session: Session, sql: str) -> None:
    from mantisdb_sql.syntax.parser import parse_statement

    trees = session.trees
    statement = session.prepare(sql)
    context = statement.prepared.context(session, trees, ())
    context.sql = sql
    assert compile_select(parse_statement(sql).node, context).explain() == PLANS[sql]
