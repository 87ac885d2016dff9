-- Minus before a query.
CREATE TABLE t(a, b);
CREATE TABLE u(a, b);
INSERT INTO t VALUES (1,2);
SELECT -(SELECT 1);
UPDATE t SET a = -(SELECT 1);
UPDATE t SET a = -(SELECT count(*) FROM u);
UPDATE t SET a = -(SELECT count(*) FROM u WHERE typeof(a) = 'integer') WHERE b LIKE 'a%';
UPDATE t NOT INDEXED SET a = -(SELECT count(*) FROM u WHERE typeof(a) = 'integer') WHERE b LIKE 'a%';
UPDATE t NOT INDEXED SET a = -(SELECT count(*) FROM u WHERE b) WHERE 0;
UPDATE t SET a = ~(SELECT count(*) FROM u WHERE t.b);
UPDATE t SET a = +(SELECT count(*) FROM u WHERE t.b);
UPDATE t SET a = (SELECT count(*) FROM u WHERE t.b) || 'a';
UPDATE t SET a = NOT (SELECT count(*) FROM u WHERE t.b);
INSERT INTO t VALUES (-(SELECT count(*) FROM u), 4);
SELECT * FROM t;
