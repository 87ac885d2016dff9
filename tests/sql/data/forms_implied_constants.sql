-- Equality with a constant that follows from WHERE, for queries in FROM that are not taken apart.
-- A ~ in front: in no order.
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT, c, r REAL, n TEXT COLLATE NOCASE)
INSERT INTO t VALUES (1, 1, '1', '1', 1.0, 'x'), (2, 1, '01', 1, 2.5, 'X'), (3, 2, '2', 2.0, 2, 'y'), (4, NULL, NULL, NULL, NULL, NULL), (5, 5, '5', '5', 5.0, 'Y')
CREATE TABLE o(id INTEGER PRIMARY KEY, k INT, s TEXT, v, m TEXT COLLATE NOCASE, r REAL)
INSERT INTO o VALUES (1, 1, '1', '1', 'x', 1), (2, 2, '2', 2, 'X', 2), (5, 5, '5', 5.0, 'y', 5), (6, NULL, NULL, NULL, NULL, NULL)
CREATE VIEW g AS SELECT a, count(*) AS n, sum(r) AS s, max(c) AS m FROM t GROUP BY a
CREATE VIEW d AS SELECT DISTINCT a, n FROM t
CREATE VIEW u AS SELECT a, b AS x FROM t UNION ALL SELECT c, n FROM t
CREATE VIEW uu AS SELECT a, b AS x FROM t UNION SELECT k, s FROM o
CREATE VIEW w AS SELECT a, row_number() OVER (PARTITION BY a ORDER BY id) AS i FROM t
~SELECT * FROM o JOIN g ON g.a = o.id WHERE o.id = 1
~SELECT * FROM o JOIN g ON g.a = o.id WHERE o.id = '1'
~SELECT * FROM o JOIN g ON g.a = o.id WHERE o.id = 1.0
~SELECT * FROM o JOIN g ON g.a = o.k AND o.k = o.id WHERE o.id = 2
~SELECT * FROM o JOIN g ON g.a = o.s WHERE o.s = 1
~SELECT * FROM o JOIN g ON g.a = o.s WHERE o.s = '1'
~SELECT * FROM o JOIN g ON g.a = o.v WHERE o.v = 1
~SELECT * FROM o JOIN g ON g.a = o.v WHERE o.v = '1'
~SELECT * FROM o JOIN g ON g.m = o.v WHERE o.v = '1'
~SELECT * FROM o JOIN g ON g.m = o.s WHERE o.s = '1'
~SELECT * FROM o JOIN g ON g.s = o.r WHERE o.r = 2
~SELECT * FROM o JOIN g ON g.n = o.id WHERE o.id = 2
~SELECT * FROM o JOIN g ON g.n = o.id AND g.a = o.k WHERE o.id = 1 AND o.k = 1
~SELECT * FROM o JOIN d ON d.n = o.m WHERE o.m = 'X'
~SELECT * FROM o JOIN d ON d.n = o.s WHERE o.s = 'x'
~SELECT * FROM o JOIN d ON d.a = o.id WHERE o.id = 1
~SELECT * FROM o JOIN u ON u.a = o.id WHERE o.id = 1
~SELECT * FROM o JOIN u ON u.a = o.v WHERE o.v = '1'
~SELECT * FROM o JOIN u ON u.x = o.s WHERE o.s = '1'
~SELECT * FROM o JOIN u ON u.x = o.m WHERE o.m = 'x'
~SELECT * FROM o JOIN uu ON uu.a = o.id WHERE o.id = 2
~SELECT * FROM o JOIN uu ON uu.x = o.s WHERE o.s = '2'
~SELECT * FROM o JOIN w ON w.a = o.id WHERE o.id = 1
~SELECT * FROM o LEFT JOIN g ON g.a = o.id WHERE o.id = 1
~SELECT * FROM o LEFT JOIN g ON g.a = o.id WHERE o.id = 6
~SELECT * FROM g LEFT JOIN o ON g.a = o.id WHERE o.id = 1
~SELECT * FROM o JOIN (SELECT a, count(*) AS n FROM t GROUP BY a LIMIT 2) AS l ON l.a = o.id WHERE o.id = 2
~SELECT * FROM o JOIN (SELECT a, count(*) AS n FROM t GROUP BY a HAVING n > 1) AS h ON h.a = o.id WHERE o.id = 1
~SELECT * FROM o JOIN (SELECT a + 1 AS a, count(*) AS n FROM t GROUP BY 1) AS h ON h.a = o.id WHERE o.id = 2
~SELECT * FROM o JOIN (SELECT CAST(a AS TEXT) AS a, count(*) AS n FROM t GROUP BY 1) AS h ON h.a = o.s WHERE o.s = '1'
~SELECT * FROM o JOIN g ON g.a = o.id JOIN d ON d.a = g.a WHERE d.a = 1
~SELECT * FROM g JOIN g AS h ON h.a = g.a WHERE h.a = 2
~SELECT * FROM g AS x, g AS y, o WHERE x.a = y.a AND y.a = o.id AND o.id = 5
~SELECT (SELECT g.n FROM g JOIN o AS p ON p.id = g.a WHERE p.id = o.id) FROM o
~WITH c AS (SELECT a, count(*) AS n FROM t GROUP BY a) SELECT * FROM c JOIN o ON o.id = c.a WHERE o.id = 1
~WITH c AS (SELECT a, count(*) AS n FROM t GROUP BY a) SELECT * FROM c JOIN o ON o.id = c.a JOIN c AS e ON e.a = o.id WHERE o.id = 1
