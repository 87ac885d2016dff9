-- Mixed shapes: subqueries in unusual places, wide joins, contradictions.
SELECT t.id, (SELECT count(*) FROM u WHERE u.v = t.a OR u.v = t.id) FROM t ORDER BY 1
SELECT a, b FROM t WHERE (a = 1 OR b = 'x') AND (id < 6 OR c IS NULL) ORDER BY id
SELECT id FROM t WHERE a = (SELECT v FROM u WHERE u.k = 'k' || t.id) ORDER BY id
SELECT id FROM t ORDER BY (SELECT count(*) FROM u WHERE u.v > t.a), id
SELECT count(*) FROM t GROUP BY a, n ORDER BY count(*), a, max(id)
SELECT DISTINCT t.a, u.v FROM t LEFT JOIN u ON u.v > t.a ORDER BY 1, 2
SELECT max(q.s) FROM (SELECT sum(id) s FROM t GROUP BY a) q
SELECT a, (SELECT group_concat(x.id ORDER BY x.id) FROM t x WHERE x.a IS t.a) FROM t GROUP BY a
SELECT a, sum(id) s FROM t GROUP BY a HAVING s > (SELECT avg(id) FROM t) ORDER BY 1
SELECT a, count(*) FROM (SELECT * FROM t UNION ALL SELECT * FROM t) GROUP BY a
SELECT * FROM (SELECT id, a FROM t WHERE a > 1 ORDER BY id LIMIT 5) JOIN u ON u.v = a ORDER BY 1, 3
SELECT id FROM t WHERE id IN (SELECT x.id FROM t x JOIN u ON u.v = x.a WHERE u.k < 'k5') ORDER BY 1
SELECT id, CASE WHEN a IN (SELECT v FROM u) THEN 'in' ELSE 'out' END FROM t ORDER BY id
SELECT sum(CASE WHEN a IN (SELECT v FROM u) THEN 1 ELSE 0 END) FROM t
SELECT t.id FROM t WHERE t.rowid = (SELECT max(rowid) FROM u)
SELECT id FROM t WHERE +a = 2 ORDER BY +id DESC
SELECT id FROM t WHERE n LIKE 'AB%' ORDER BY id
SELECT id, a FROM t WHERE a = 2 OR a = 3 OR a IS NULL ORDER BY a, id
SELECT avg(a), avg(c) FROM t GROUP BY n ORDER BY n
SELECT group_concat(DISTINCT n) FROM (SELECT n FROM t ORDER BY id)
SELECT a FROM t GROUP BY a HAVING max(id) > 3 AND min(id) < 9
SELECT id FROM t LIMIT (SELECT 2)
SELECT id, id IN (SELECT id FROM t y WHERE y.a = t.a AND y.id <= t.id) FROM t ORDER BY 1
SELECT x.a, y.a FROM (SELECT DISTINCT a FROM t) x, (SELECT DISTINCT a FROM t) y WHERE x.a < y.a ORDER BY 1, 2
SELECT EXISTS (SELECT 1 FROM t WHERE a = 2), NOT EXISTS (SELECT 1 FROM empty)
SELECT count(*) FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.v = t.a UNION SELECT 1 FROM w WHERE w.z = t.id)
SELECT (SELECT a FROM t WHERE id = u.rowid) FROM u ORDER BY u.rowid
SELECT (SELECT max(t.a)) FROM t
SELECT (SELECT max(t.a) FROM u) FROM t
SELECT id FROM t WHERE a BETWEEN (SELECT min(v) FROM u) AND (SELECT max(v) FROM u) ORDER BY id
SELECT n, n = 'abc', n IN ('ABC'), n BETWEEN 'A' AND 'c', CASE n WHEN 'ABC' THEN 1 END FROM t ORDER BY id
SELECT min(n), max(b COLLATE NOCASE) IS NULL FROM t WHERE 0
SELECT total(a) FROM t WHERE b = 'x' GROUP BY c ORDER BY c
SELECT x.id FROM t x LEFT JOIN t y ON x.a = y.id LEFT JOIN t z ON y.a = z.id WHERE z.b IS NOT NULL ORDER BY 1
SELECT x.id, z.id FROM t x LEFT JOIN (SELECT * FROM t WHERE a > 1) z ON z.id = x.a ORDER BY 1
SELECT x.id, z.s FROM t x LEFT JOIN (SELECT count(*) AS s FROM empty) z ON z.s = 0 ORDER BY 1
SELECT 1 FROM t LEFT JOIN u ON u.v = t.a GROUP BY u.k ORDER BY u.k
SELECT count(u.rowid), count(*) FROM t LEFT JOIN u ON u.v = t.a
SELECT a, b, id FROM t ORDER BY b COLLATE NOCASE, a DESC, id LIMIT 5
SELECT a AS x FROM t GROUP BY x ORDER BY x DESC
SELECT a+1 AS x, count(*) FROM t GROUP BY a+1 HAVING x > 2 ORDER BY x
SELECT id FROM t WHERE d IN (1, '1', x'61') ORDER BY id
SELECT id FROM t WHERE c IN (SELECT a FROM t) ORDER BY id
SELECT id FROM t WHERE a > ALL_ IS NULL
SELECT a.id FROM t a, t b, t c, u, w WHERE a.id=b.a AND b.id=c.a AND u.v=c.id AND w.k=u.k ORDER BY 1
WITH a AS (SELECT id, a FROM t), b AS (SELECT * FROM a WHERE a > 1) SELECT (SELECT count(*) FROM b WHERE b.id < a.id) FROM a ORDER BY a.id
SELECT * FROM t WHERE id = 2 AND id = 3
SELECT * FROM t WHERE id = 2 AND a IS NOT NULL
SELECT id FROM t WHERE id IN (1,2,3) AND id > 1 AND a = 2
SELECT id FROM t WHERE id > 2 AND id > 4 AND id < 9 AND id < 100
