"""An UPDATE changes rows one after the other: a subquery that depends on the row sees what became of those before it,
one that does not is evaluated once (https://www.sqlite.org/lang_update.html, and SQLite's practice)."""

from __future__ import annotations

import apsw
import pytest

import mantisdb_dbapi

SCHEMA = ("CREATE TABLE t(a, b)", "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 1), (2, 'x'), (NULL, 2.5)")
CHANGES = """
UPDATE t SET a = (SELECT count(*) FROM t t2 WHERE t2.a <= 3 AND t2.a >= t.a)
UPDATE t SET a = (SELECT count(*) FROM t t2 WHERE t2.a <= 3 AND t2.a >= t.a), b = (SELECT max(a) FROM t)
UPDATE t SET a = (SELECT max(a) FROM t) + a
UPDATE t SET a = (SELECT max(a) FROM t t2 WHERE t2.rowid <= t.rowid) || 'z'
UPDATE t SET b = EXISTS (SELECT 1 FROM t x WHERE x.a = t.a + 1), a = a + 1
UPDATE t SET b = (SELECT sum(b) FROM t x WHERE x.b = t.b) WHERE a > 1
UPDATE t SET a = a + 1 WHERE (SELECT count(*) FROM t x WHERE x.a = t.a) = 1
UPDATE t SET b = a IN (SELECT a FROM t x WHERE x.b >= t.b), a = 5
UPDATE t SET a = 9, b = (SELECT count(*) FROM t x WHERE x.a = 9 AND x.b = t.b)
UPDATE t SET (a, b) = (SELECT count(*), max(a) FROM t x WHERE x.a > t.b)
UPDATE t SET b = (SELECT x.a FROM t x WHERE x.rowid = t.rowid - 1)
UPDATE t SET b = (SELECT count(*) FROM (SELECT a FROM t UNION SELECT b FROM t) x WHERE x.a > t.a), a = 0
UPDATE t SET a = (SELECT sum(x.a) FROM t x WHERE x.rowid < t.rowid) RETURNING a, b
DELETE FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.a = t.a - 1)
""".strip().splitlines()


@pytest.mark.parametrize("sql", CHANGES)
def test_rows_are_changed_one_after_the_other(sql: str) -> None:
    found = []
    for connection in (mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")):
        for text in SCHEMA:
            connection.execute(text)
        answer = list(map(tuple, connection.execute(sql)))
        found.append((answer, list(map(tuple, connection.execute("SELECT rowid, a, b, typeof(b) FROM t")))))
        connection.close()
    assert found[0] == found[1]
