-- Joins, subqueries, common table expressions, compounds. ORDER BY wherever the order could differ.
SELECT t.id, u.k FROM t, u WHERE t.a = u.v ORDER BY 1, 2
SELECT t.id, u.k FROM t JOIN u ON t.a = u.v ORDER BY 1, 2
SELECT t.id, u.k FROM t INNER JOIN u ON t.a = u.v AND u.k > 'k2' ORDER BY 1, 2
SELECT t.id, u.k FROM t LEFT JOIN u ON t.a = u.v ORDER BY 1, 2
SELECT t.id, u.k FROM t LEFT JOIN u ON t.a = u.v AND u.k > 'k2' ORDER BY 1, 2
SELECT t.id, u.k FROM t LEFT JOIN u ON t.a = u.v WHERE u.k IS NULL ORDER BY 1
SELECT t.id, u.k FROM t LEFT JOIN u ON t.a = u.v WHERE u.k > 'k1' ORDER BY 1, 2
SELECT t.id, u.k FROM t LEFT JOIN u ON t.id = u.rowid ORDER BY 1
SELECT t.id, u.k, u.rowid FROM t LEFT JOIN u ON t.id = u.rowid + 3 ORDER BY 1
SELECT t.id, x.id FROM t LEFT JOIN t AS x ON x.id = t.a ORDER BY 1
SELECT t.id, x.id FROM t JOIN t AS x ON x.id = t.a ORDER BY 1, 2
SELECT t.id, x.id FROM t JOIN t AS x ON x.a = t.a ORDER BY 1, 2
SELECT t.id, x.id FROM t JOIN t x ON x.a = t.a AND x.id <> t.id ORDER BY 1, 2
SELECT t.id, x.id FROM t JOIN t x ON x.n = t.b ORDER BY 1, 2
SELECT t.id, x.id FROM t JOIN t x ON x.b = t.n ORDER BY 1, 2
SELECT t.id, x.id FROM t JOIN t x ON x.d = t.a ORDER BY 1, 2
SELECT t.id, x.id FROM t JOIN t x ON x.b = t.a ORDER BY 1, 2
SELECT t.id, x.id FROM t JOIN t x ON x.c = t.a ORDER BY 1, 2
SELECT t.id, x.id FROM t JOIN t x ON x.d = t.d ORDER BY 1, 2
SELECT t.id, x.id FROM t JOIN t x ON x.a > t.a ORDER BY 1, 2
SELECT t.id, x.id FROM t JOIN t x ON x.a + 1 = t.a * 2 ORDER BY 1, 2
SELECT t.id, x.id, y.id FROM t, t x, t y WHERE t.a = x.a AND x.a = y.a AND t.id < x.id AND x.id < y.id ORDER BY 1, 2, 3
SELECT t.id, u.k, w.z FROM t JOIN u ON u.v = t.a JOIN w ON w.k = u.k ORDER BY 1, 2, 3
SELECT t.id, u.k, w.z FROM t LEFT JOIN u ON u.v = t.a LEFT JOIN w ON w.k = u.k ORDER BY 1, 2, 3
SELECT t.id, u.k, w.z FROM t LEFT JOIN u ON u.v = t.a JOIN w ON w.k = u.k ORDER BY 1, 2, 3
SELECT t.id, u.k, w.z FROM t JOIN w ON w.z = t.id LEFT JOIN u ON u.k = w.k AND u.v > 1 ORDER BY 1, 2, 3
SELECT * FROM u JOIN w USING (k) ORDER BY 1, 2, 3
SELECT k, u.k, w.k FROM u LEFT JOIN w USING (k) ORDER BY 1, z
SELECT * FROM u NATURAL JOIN w ORDER BY 1, 2, 3
SELECT count(*) FROM t, u
SELECT count(*) FROM t CROSS JOIN u CROSS JOIN w
SELECT count(*) FROM t LEFT JOIN empty ON empty.x = t.a
SELECT t.id, empty.x FROM t LEFT JOIN empty ON 1 ORDER BY 1
SELECT t.id FROM t LEFT JOIN u ON 0 ORDER BY 1
SELECT t.a, count(u.k) FROM t LEFT JOIN u ON t.a = u.v GROUP BY t.a
SELECT t.a, count(*), max(u.k) FROM t JOIN u ON t.a = u.v GROUP BY t.a ORDER BY 2 DESC, 1
SELECT u.k, sum(t.id) FROM u LEFT JOIN t ON t.a = u.v GROUP BY u.k ORDER BY 1
SELECT DISTINCT u.v FROM t JOIN u ON t.a = u.v ORDER BY 1
SELECT t.id, u.* FROM t JOIN u ON t.a = u.v ORDER BY t.id, u.k LIMIT 4
SELECT id FROM t WHERE a IN (SELECT v FROM u) ORDER BY id
SELECT id FROM t WHERE a NOT IN (SELECT v FROM u) ORDER BY id
SELECT id FROM t WHERE a NOT IN (SELECT v FROM u WHERE v IS NOT NULL) ORDER BY id
SELECT id, a IN (SELECT v FROM u), a NOT IN (SELECT v FROM u WHERE v > 2) FROM t ORDER BY id
SELECT id FROM t WHERE id IN (SELECT v FROM u) ORDER BY id
SELECT id FROM t WHERE b IN (SELECT a FROM t) ORDER BY id
SELECT id FROM t WHERE a IN (SELECT b FROM t) ORDER BY id
SELECT id FROM t WHERE (a, id) IN (SELECT v, v FROM u) ORDER BY id
SELECT id FROM t WHERE a IN u1 ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.v = t.a) ORDER BY id
SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.v = t.a) ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT * FROM empty) ORDER BY id
SELECT id, EXISTS (SELECT 1 FROM u WHERE u.v = t.a AND u.k > 'k2') FROM t ORDER BY id
SELECT id, (SELECT k FROM u WHERE u.v = t.a ORDER BY k LIMIT 1) FROM t ORDER BY id
SELECT id, (SELECT count(*) FROM t x WHERE x.id < t.id) FROM t ORDER BY id
SELECT id, (SELECT max(x.id) FROM t x WHERE x.a = t.a) FROM t ORDER BY id
SELECT id FROM t WHERE a = (SELECT max(a) FROM t) ORDER BY id
SELECT id FROM t WHERE a > (SELECT avg(a) FROM t x WHERE x.b = t.b) ORDER BY id
SELECT id FROM t x WHERE id IN (SELECT id FROM t WHERE a = x.a) ORDER BY id
SELECT id FROM t WHERE a IN (SELECT v FROM u WHERE u.k > t.b) ORDER BY id
SELECT (SELECT (SELECT t.a + u.v) FROM u WHERE u.k = 'k1') FROM t ORDER BY id
SELECT id, (SELECT x FROM (SELECT t.a AS x)) FROM t ORDER BY id
SELECT id FROM t WHERE (SELECT count(*) FROM u WHERE v = a) > 1 ORDER BY id
SELECT * FROM (SELECT a, b FROM t WHERE id < 5) ORDER BY 1, 2
SELECT q.s FROM (SELECT a, sum(id) AS s FROM t GROUP BY a) AS q WHERE q.s > 4 ORDER BY 1
SELECT t.id, q.s FROM t JOIN (SELECT a, sum(id) AS s FROM t GROUP BY a) q ON q.a = t.a ORDER BY 1
SELECT t.id, q.s FROM t LEFT JOIN (SELECT v, count(*) AS s FROM u GROUP BY v) q ON q.v = t.a ORDER BY 1
SELECT * FROM (SELECT * FROM t ORDER BY id DESC LIMIT 3) ORDER BY id
SELECT count(*) FROM (SELECT DISTINCT a FROM t)
SELECT x FROM (SELECT a AS x FROM t UNION SELECT v FROM u) WHERE x > 1 ORDER BY x
WITH q AS (SELECT a, id FROM t WHERE id < 4) SELECT * FROM q ORDER BY id
WITH q(m, n) AS (SELECT a, id FROM t) SELECT m, count(*) FROM q GROUP BY m
WITH q AS (SELECT 1 AS x), r AS (SELECT x + 1 AS y FROM q) SELECT * FROM q, r
WITH q AS (SELECT a FROM t) SELECT q1.a FROM q AS q1 JOIN q AS q2 ON q1.a = q2.a ORDER BY 1
SELECT a FROM t UNION SELECT v FROM u
SELECT a FROM t UNION ALL SELECT v FROM u
SELECT a FROM t INTERSECT SELECT v FROM u
SELECT a FROM t EXCEPT SELECT v FROM u
SELECT a, b FROM t UNION SELECT v, k FROM u ORDER BY 2, 1
SELECT a AS q FROM t UNION SELECT v FROM u ORDER BY q DESC
SELECT a FROM t UNION ALL SELECT v FROM u ORDER BY 1 LIMIT 4 OFFSET 1
SELECT d FROM t UNION SELECT c FROM t
SELECT lower(n) FROM t UNION SELECT lower(b) FROM t
SELECT 1 UNION SELECT 2 UNION ALL SELECT 2 EXCEPT SELECT 1
SELECT 1, 2 UNION VALUES (3, 4), (1, 2)
SELECT a FROM t WHERE id < 3 UNION ALL SELECT count(*) FROM t UNION ALL SELECT max(v) FROM u
SELECT (SELECT a FROM t WHERE 0), (SELECT a FROM t ORDER BY id LIMIT 1)
SELECT t.id FROM t JOIN (u JOIN w ON w.k = u.k) ON u.v = t.a ORDER BY 1
SELECT u.k, w.z FROM u, w WHERE u.k = w.k AND w.z IN (1, 3, 5) ORDER BY 1, 2
SELECT t.id, u.k FROM t JOIN u ON u.k = 'k' || t.a ORDER BY 1
SELECT x.id FROM t x, t y WHERE x.id = y.id AND y.a = 2 ORDER BY 1
SELECT x.id, y.id FROM t x JOIN t y ON y.id BETWEEN x.id AND x.id + 1 ORDER BY 1, 2
SELECT x.id, y.id FROM t x JOIN t y ON y.id IN (x.a, x.id) ORDER BY 1, 2
SELECT x.id, y.id FROM t x JOIN t y ON y.a IN (x.a, x.id) ORDER BY 1, 2
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u, w WHERE u.k = w.k AND u.v = t.a AND w.z = t.id) ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.n = t.b AND x.id <> 3) ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.b = t.n) ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.d = t.a AND 1 = 1) ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.a = t.a AND x.id > t.id) ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.b = t.a AND EXISTS (SELECT 1 FROM u WHERE u.v = x.id)) ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.a = t.id AND EXISTS (SELECT 1 FROM u WHERE u.v = t.a AND u.v = x.a)) ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT max(v) FROM u WHERE u.v = t.a) ORDER BY id
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.v = t.a LIMIT 0) ORDER BY id
SELECT x.id, (SELECT y.id FROM t y WHERE y.a = x.a AND y.id > x.id ORDER BY y.id LIMIT 1) FROM t x ORDER BY 1
SELECT x.id, (SELECT group_concat(k, ' ') FROM (SELECT k FROM u WHERE u.v = x.a ORDER BY k DESC)) FROM t x ORDER BY 1
SELECT a, (SELECT sum(id) FROM t y WHERE y.a = x.a) FROM t x GROUP BY a
SELECT a, count(*) FROM t WHERE a IN (SELECT v FROM u GROUP BY v HAVING count(*) >= 1) GROUP BY a
SELECT id FROM t WHERE a IN (SELECT v FROM u UNION SELECT z FROM w) ORDER BY id
SELECT id FROM t WHERE id IN (SELECT max(id) FROM t GROUP BY a) ORDER BY id
SELECT count(*) FROM t x JOIN t y ON x.a = y.a AND x.b = y.b
SELECT count(*) FROM t x JOIN t y ON x.n = y.n JOIN t z ON z.n = y.b
SELECT x.id, y.id FROM t x LEFT JOIN t y ON y.a = x.a AND y.b = x.b AND y.id > 2 ORDER BY 1, 2
SELECT x.id, y.id FROM t x LEFT JOIN t y ON y.a = x.a WHERE y.id IS NULL OR y.id > 3 ORDER BY 1, 2
SELECT x.id, y.id FROM t x LEFT JOIN t y ON y.a > x.a AND x.id < 4 ORDER BY 1, 2
SELECT x.id, coalesce(y.b, '-') FROM t x LEFT JOIN t y ON y.id = x.a + 1 ORDER BY 1
SELECT q.a, q.n, u.k FROM (SELECT a, count(*) AS n FROM t GROUP BY a) q JOIN u ON u.v = q.a ORDER BY 1, 3
