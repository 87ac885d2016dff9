-- Aggregates of a query outside, or beside GROUP BY, are told when all names are known.
create table t(a, b)
insert into t values(1, 2), (3, 4)
create table u(a, c)
insert into u values(1, 5)
SELECT 1 FROM t WHERE (SELECT max(t.a) FROM u) ORDER BY nosuch
SELECT 1 FROM t WHERE (SELECT max(t.a)) ORDER BY nosuch
SELECT nosuch FROM t WHERE (SELECT max(t.a)) 
SELECT 1 FROM t WHERE max(a) ORDER BY nosuch
SELECT 1 FROM t WHERE (SELECT max(t.a)) GROUP BY nosuch
SELECT 1 FROM t WHERE (SELECT max(t.a)) GROUP BY a HAVING nosuch
SELECT 1 FROM t WHERE (SELECT max(t.a)) LIMIT nosuch
SELECT 1 FROM t WHERE (SELECT max(t.a)) ORDER BY 5
SELECT 1 FROM t GROUP BY (SELECT max(t.a)) ORDER BY nosuch
SELECT 1 FROM t JOIN u ON (SELECT max(t.a)) ORDER BY nosuch
SELECT 1 FROM t JOIN u ON (SELECT max(t.a)) ORDER BY 1
SELECT 1 FROM t JOIN u ON (SELECT max(t.a)) GROUP BY nosuch
SELECT 1 FROM t JOIN u ON max(t.a) GROUP BY nosuch
SELECT 1 FROM t WHERE max(a) GROUP BY nosuch
SELECT 1 FROM t WHERE (SELECT max(t.a)) GROUP BY max(b)
SELECT 1 FROM t WHERE (SELECT max(t.a)) GROUP BY (SELECT min(t.a))
SELECT 1 FROM t WHERE (SELECT max(t.a)) ORDER BY max(a)
SELECT 1 FROM t ORDER BY max(a)
SELECT 1 FROM t WHERE (SELECT max(t.a)) AND nosuch
SELECT 1 FROM t WHERE (SELECT max(t.a)) AND max(1)
SELECT 1 FROM t WHERE (SELECT max(t.a)) AND nosuch()
SELECT 1 FROM t WHERE (SELECT max(t.a)) AND (1,2)
SELECT (SELECT 1 FROM u WHERE (SELECT max(t.a)) ORDER BY nosuch) FROM t
SELECT (SELECT 1 FROM u WHERE (SELECT max(u.a)) ORDER BY nosuch) FROM t
SELECT (SELECT 1 FROM u WHERE (SELECT max(u.a))) FROM t ORDER BY nosuch
SELECT 1 FROM t WHERE (SELECT max(t.a)) UNION SELECT nosuch
SELECT 1 FROM t WHERE (SELECT max(t.a)) UNION SELECT 1 ORDER BY nosuch
SELECT max(a) FROM t WHERE (SELECT max(t.a)) ORDER BY nosuch
SELECT a FROM t WHERE (SELECT max(t.a)) GROUP BY a ORDER BY nosuch
SELECT a AS x FROM t WHERE (SELECT max(x)) ORDER BY nosuch
SELECT a FROM t WHERE EXISTS(SELECT 1 FROM u HAVING max(t.a)) ORDER BY nosuch
SELECT max(a) FROM t WHERE max(a) ORDER BY nosuch
SELECT max(a) FROM t WHERE max(a) ORDER BY 1
SELECT a FROM t WHERE max(a) GROUP BY a
SELECT a FROM t WHERE max(a) GROUP BY a ORDER BY nosuch
SELECT a FROM t WHERE max(a) GROUP BY 7
SELECT a FROM t WHERE max(a) GROUP BY max(b)
SELECT a FROM t WHERE max(a) GROUP BY a HAVING nosuch
SELECT a FROM t JOIN u ON max(a) GROUP BY a ORDER BY 9
