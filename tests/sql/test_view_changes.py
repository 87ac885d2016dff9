"""Changes of views with INSTEAD OF triggers do what they do in SQLite: UPDATE FROM, subqueries, row values, LIMIT."""

# ruff: noqa: E501
from __future__ import annotations

from typing import Any

import apsw
import pytest

import mantisdb_dbapi

SCHEMA = [
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b, c REAL)',
    'CREATE TABLE u(x, y)',
    'INSERT INTO t VALUES(1,10,1.5),(2,20,2.5),(3,30,3)',
    "INSERT INTO u VALUES(1,'one'),(2,'two'),(2,'zwei')",
    'CREATE VIEW v AS SELECT a, b, c FROM t',
    'CREATE TABLE log(k)',
    'CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES(new.a, new.b, new.c); END',
    "CREATE TRIGGER vu INSTEAD OF UPDATE ON v BEGIN INSERT INTO log VALUES(old.a || '-' || new.b); UPDATE t SET b = new.b, c = new.c WHERE a = old.a; END",
    'CREATE TRIGGER vd INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE a = old.a; END',

]
CHANGES = [
    'UPDATE v SET b = y FROM u WHERE x = a',
    'UPDATE v SET b = y FROM u WHERE x = a RETURNING *',
    'UPDATE v SET b = y FROM u',
    'UPDATE v AS q SET b = y || q.a FROM u WHERE u.x = q.a RETURNING a, b',
    'UPDATE v SET b = z.b FROM t AS z JOIN u ON u.x = z.a WHERE z.a = v.a + 1',
    'UPDATE v SET b = b FROM t',
    'UPDATE v SET nosuch = 1 FROM u',
    'INSERT INTO v VALUES(7, 8, 9) RETURNING (SELECT count(*) FROM t), (SELECT y FROM u WHERE x = a - 6), a',
    'UPDATE v SET b = 1 RETURNING a, (SELECT sum(b) FROM t), a IN (SELECT x FROM u WHERE x <= v.a)',
    'DELETE FROM v RETURNING (SELECT group_concat(a) FROM t), a',
    'DELETE FROM v RETURNING EXISTS (SELECT 1 FROM u WHERE x = v.a), b',
    'UPDATE v SET c = 5 RETURNING c, +c',
    'UPDATE v SET (b, c) = (1, 2) WHERE a = 1 RETURNING *',
    'WITH k AS (SELECT 2 n) UPDATE v SET b = n FROM k WHERE a = n RETURNING *',
    'UPDATE v SET (b, c) = (SELECT b + c, c * 2) WHERE a > 1 RETURNING *',
    'UPDATE v SET (b, c) = (SELECT x.b, x.c FROM t x WHERE x.a = v.a - 1) RETURNING *',
    'UPDATE v SET b = (SELECT x.b FROM t x WHERE x.a = v.a - 1), c = (SELECT sum(b) FROM t)',
    'UPDATE v AS q SET (c, b) = ((SELECT x.c, x.b FROM t x WHERE x.a = q.a - 1)), a = q.a RETURNING *',
    'UPDATE v SET (b, c) = (SELECT y, x FROM u WHERE x = z.n) FROM (SELECT 2 AS n) z WHERE a = z.n + 1',
    'UPDATE v SET (b, c) = (VALUES (1, 2)) RETURNING *',
    'UPDATE v SET (b, b) = (SELECT 5, 6)',
    'UPDATE v SET b = b + (SELECT count(*) FROM log)',
    'WITH k AS (SELECT 2 n) UPDATE v SET b = (SELECT n FROM k) + a',
    'UPDATE v SET (b, c) = (SELECT 1)',
    'UPDATE v SET (b, c) = (SELECT 1, 2, 3)',
    'UPDATE v SET (b, c) = (1, 2, 3)',
    'UPDATE v SET (b, c) = 5',
    'UPDATE v SET b = (SELECT 1, 2)',
    'UPDATE v SET (b, nosuch) = (SELECT 1, 2)',
    'UPDATE v SET (b, c) = (SELECT nosuch, 1)',
    'INSERT INTO v VALUES (1, 2, 3) RETURNING a, v.*',
    'INSERT INTO t VALUES (7, 2, 3) RETURNING t.*, nosuch',
    'INSERT INTO t VALUES (nosuch, 2, 3) RETURNING t.*',
    'UPDATE t SET b = 1 FROM t x RETURNING x.*',
    'DELETE FROM t RETURNING nosuch.*',
]
LIMITED = [  # the statement, and what chooses the same rows in SQL that every SQLite has
    ('UPDATE v SET b = 1 ORDER BY a DESC LIMIT 1', 'UPDATE v SET b = 1 WHERE a = 3'),
    ('UPDATE v SET b = a * 2 WHERE a < 3 ORDER BY 1 DESC LIMIT 2 OFFSET 1', 'UPDATE v SET b = a * 2 WHERE a = 1'),
    ('UPDATE v SET b = (SELECT y FROM u WHERE x = v.a) ORDER BY b LIMIT 1', 'UPDATE v SET b = (SELECT y FROM u WHERE x = v.a) WHERE a = 1'),
    ('UPDATE v SET b = z.b FROM t AS z WHERE z.a = v.a - 1 ORDER BY v.a DESC LIMIT 1', 'UPDATE v SET b = 20 WHERE a = 3'),
    ('DELETE FROM v ORDER BY c DESC LIMIT 1, 1', 'DELETE FROM v WHERE a = 2'),
    ('DELETE FROM v LIMIT 0', 'DELETE FROM v WHERE 0'),
    ('DELETE FROM v WHERE a > 1 LIMIT -1', 'DELETE FROM v WHERE a > 1'),
]


def _outcome(connection: Any, sql: str) -> list[Any]:
    for each in SCHEMA:
        connection.execute(each)
    found: list[Any] = []
    for each in (sql, "SELECT changes(), total_changes()", "SELECT * FROM t", "SELECT * FROM log"):
        try:
            found.append([tuple((type(value), value) for value in row) for row in connection.execute(each)])
        except (apsw.Error, mantisdb_dbapi.Error) as error:
            found.append(str(error))
    connection.close()
    return found


@pytest.mark.parametrize("sql", CHANGES)
def test_a_view_is_changed_as_in_sqlite(sql: str) -> None:
    ours = mantisdb_dbapi.connect(":memory:", isolation_level=None)
    assert _outcome(ours, sql) == _outcome(apsw.Connection(":memory:"), sql)


@pytest.mark.parametrize(("sql", "same"), LIMITED)
def test_order_by_and_limit_choose_rows_of_a_view(sql: str, same: str) -> None:
    ours = mantisdb_dbapi.connect(":memory:", isolation_level=None)
    assert _outcome(ours, sql) == _outcome(apsw.Connection(":memory:"), same)
