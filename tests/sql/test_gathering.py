"""Queries rewritten so that variables hold all that they gather (``codegen.gathering``) answer as before.

Every statement counts as one of many rows here, and parts are of three.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from side_by_side import Pair

from mantisdb_sql.codegen import chunks, query
from mantisdb_sql.codegen.gathering import gathered

DATA = Path(__file__).parent / "data"
SCHEMA = """
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT, c REAL, d, n TEXT COLLATE NOCASE);
CREATE TABLE u(k TEXT PRIMARY KEY, v INT);
CREATE TABLE w(k TEXT, z INT);
CREATE TABLE u1(v INT);
CREATE TABLE empty(x INT, y TEXT);
CREATE TABLE numbers(value INTEGER PRIMARY KEY);
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 17) INSERT INTO numbers SELECT x FROM n;
INSERT INTO t SELECT value, value % 4, char(97 + value % 5), value / 3.0, CASE value % 3 WHEN 0 THEN NULL
 WHEN 1 THEN value ELSE 'x' || value % 2 END, char(65 + value % 3, 97 + value % 2) FROM numbers WHERE value <= 17;
INSERT INTO u SELECT 'k' || value, value % 5 FROM numbers WHERE value <= 9;
INSERT INTO w SELECT 'k' || value * 7 % 9, value % 6 FROM numbers WHERE value <= 11;
INSERT INTO u1 VALUES (1), (3)
"""
QUERIES = (
    "SELECT b, sum(c), count(*) FROM t GROUP BY b HAVING count(*) > 1",
    "SELECT a, b, max(c), group_concat(d) FROM t GROUP BY a, b ORDER BY 4 DESC, 1",
    "SELECT DISTINCT b || 'x' FROM t",
    "SELECT sum(c) OVER (PARTITION BY a % 2 ORDER BY b), lag(c, 1, 'none') OVER (ORDER BY id DESC), id FROM t",
    "SELECT rank() OVER (PARTITION BY b ORDER BY c) AS r, b FROM t ORDER BY r, b, id LIMIT 7 OFFSET 2",
    "SELECT b FROM t UNION SELECT b || 'z' FROM t ORDER BY 1",
    "SELECT b FROM t EXCEPT SELECT b FROM t WHERE a = 1",
    "SELECT a, b FROM t INTERSECT SELECT a, b FROM t WHERE c > 1",
    "SELECT id FROM t WHERE d IN (SELECT 'x' || a FROM t WHERE a % 3) ORDER BY c DESC",
    "WITH q AS MATERIALIZED (SELECT b, a + 1 AS x FROM t) SELECT count(*) FROM q q1 JOIN q q2 ON q1.x = q2.x",
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION SELECT x * 2 % 11 FROM n) SELECT x, count(*) OVER (ORDER BY x) FROM n",
    "SELECT x.id, y.id FROM t x FULL JOIN t y ON x.id = y.id + 9 ORDER BY x.id, y.id",
    "SELECT count(*) FROM t x WHERE EXISTS (SELECT 1 FROM t y WHERE y.b = x.b AND y.a > x.a)",
    "SELECT (SELECT group_concat(v) FROM u WHERE v = t.a) FROM t ORDER BY t.c",
    "SELECT max(id), b FROM t WHERE id > 900",
)


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setattr(query, "MANY_ROWS", 0)
    monkeypatch.setattr(chunks, "_CHUNK_ROWS", 3)
    both = Pair()
    for sql in SCHEMA.split(";"):
        assert both.difference(sql) is None
    yield both


@pytest.mark.parametrize("name", ["select_single.sql", "select_mixed.sql", "select_groups.sql", "select_joins.sql"])
def test_rewritten_queries_answer_as_sqlite_does(pair: Pair, name: str) -> None:
    lines = (DATA / name).read_text().splitlines()
    for sql in [*QUERIES, *(line for line in lines if line.strip() and not line.startswith("--"))]:
        assert pair.ours(sql) == pair.theirs(sql), sql


def test_what_is_gathered_is_held_by_variables_in_the_order_of_evaluation() -> None:
    lines = ["    f0 = 1", "    return union(u0, [(r,) for b3 in t3.values() for r in b3 if r], sort_groups(g0))"]
    assert gathered(lines, "chunks") == [
        "    f0 = 1",
        "    held0 = []",
        "    for b3 in t3.values():",
        "        held0 += [(r,) for r in b3 if r]",
        "    held1 = sort_groups(g0)",
        "    return union(u0, held0, held1)",
    ]


def test_what_may_never_be_evaluated_stays_where_it_is() -> None:
    lines = ["    x = 1 if p0 else [f(y) for y in list(z)]", "    return [list(b) for a in (1,) for b in g(a)]"]
    assert gathered(lines, "chunks") == lines
