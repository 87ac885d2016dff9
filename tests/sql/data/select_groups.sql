-- Aggregates and grouping.
SELECT count(*) FROM t
SELECT count(a), count(b), count(c), count(d) FROM t
SELECT count(*), sum(a), total(a), avg(a), min(a), max(a) FROM t
SELECT sum(c), total(c), avg(c), min(c), max(c) FROM t
SELECT sum(d), total(d), avg(d), min(d), max(d), count(d) FROM t
SELECT min(b), max(b), lower(min(n)), lower(max(n)) FROM t
SELECT sum(a), count(*), avg(a), min(a), total(a) FROM t WHERE id > 100
SELECT sum(a) FROM empty
SELECT count(*), min(x), max(x), sum(x), total(x), group_concat(x) FROM empty
SELECT a, count(*) FROM empty, t
SELECT min(id), max(id) FROM t
SELECT min(a) FROM t
SELECT max(a) FROM t
SELECT min(k), max(k) FROM u
SELECT max(id) FROM t WHERE a = 2
SELECT count(*) FROM t WHERE a > 1
SELECT count(DISTINCT a), count(DISTINCT b), count(DISTINCT n) FROM t
SELECT sum(DISTINCT a), avg(DISTINCT a), group_concat(DISTINCT a) FROM t
SELECT count(*) FILTER (WHERE a > 1), sum(a) FILTER (WHERE b = 'x') FROM t
SELECT group_concat(b), group_concat(a, '-') FROM t
SELECT group_concat(id ORDER BY id DESC) FROM t
SELECT group_concat(b, ',' ORDER BY b DESC, id) FROM t
SELECT sum(a) + count(*) * 2, max(a) - min(a) FROM t
SELECT sum(a + id), sum(a * 2), avg(id) FROM t
SELECT sum(a) AS s FROM t HAVING s > 1
SELECT count(*) FROM t HAVING count(*) > 100
SELECT a, count(*) FROM t GROUP BY a
SELECT a, count(*), sum(id), min(b), max(c) FROM t GROUP BY a
SELECT b, count(*) FROM t GROUP BY b
SELECT n, count(*) FROM t GROUP BY n
SELECT upper(n), count(*), min(id) FROM t GROUP BY n
SELECT a, b, count(*) FROM t GROUP BY a, b
SELECT d, count(*) FROM t GROUP BY d
SELECT a % 2, count(*) FROM t GROUP BY a % 2
SELECT a % 2 AS parity, sum(id) FROM t GROUP BY parity
SELECT a % 2, sum(id) FROM t GROUP BY 1
SELECT a + 1, count(*) FROM t GROUP BY a
SELECT a, count(*) FROM t GROUP BY a HAVING count(*) > 1
SELECT a, sum(id) FROM t GROUP BY a HAVING a IS NOT NULL AND sum(id) > 3
SELECT a, sum(id) AS s FROM t GROUP BY a HAVING s > 3 ORDER BY s DESC, a
SELECT a, count(*) FROM t GROUP BY a ORDER BY count(*) DESC, a
SELECT a FROM t GROUP BY a ORDER BY sum(id), a
SELECT a, count(*) FROM t GROUP BY a ORDER BY 2 DESC, 1 LIMIT 2
SELECT a, max(id), b FROM t GROUP BY a
SELECT a, min(id), b FROM t GROUP BY a
SELECT max(id), b, n FROM t
SELECT min(c), id FROM t
SELECT upper(max(n)) FROM t
SELECT max(a), id FROM t WHERE id > 100
SELECT a, sum(c) FROM t WHERE id > 2 GROUP BY a
SELECT a, count(DISTINCT b) FROM t GROUP BY a
SELECT a, count(*) FILTER (WHERE id > 3), group_concat(id) FROM t GROUP BY a
SELECT a, avg(c), total(c) FROM t GROUP BY a
SELECT DISTINCT count(*) FROM t GROUP BY a ORDER BY 1
SELECT count(*) FROM t GROUP BY a ORDER BY a
SELECT count(*) FROM t GROUP BY 1 = 1
SELECT 1 FROM t GROUP BY a
SELECT 5, count(*) FROM t WHERE 0
SELECT id, count(*) FROM t WHERE 0
SELECT id, count(*) FROM t WHERE 0 GROUP BY id
SELECT a, (SELECT count(*) FROM u WHERE u.v = t.a) FROM t GROUP BY a
SELECT a FROM t GROUP BY a HAVING EXISTS (SELECT 1 FROM u WHERE u.v = t.a)
SELECT sum((SELECT count(*) FROM u WHERE u.v = t.a)) FROM t
SELECT (SELECT sum(a) FROM t), (SELECT max(k) FROM u)
SELECT max(a, id), min(a, id) FROM t
SELECT count(*), count(*) + 1 FROM t, u
SELECT typeof(sum(a)), typeof(sum(c)), typeof(sum(d)), typeof(avg(a)), typeof(total(a)) FROM t
SELECT length(group_concat(b)) FROM t
SELECT CASE WHEN count(*) > 3 THEN 'many' ELSE 'few' END FROM t GROUP BY a ORDER BY a
