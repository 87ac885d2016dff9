-- What random scripts found: each is as small as the tool made it.
CREATE TABLE n0(c1)
INSERT INTO n0 VALUES(NULL),('Ab')
CREATE TABLE n3(c0)
INSERT INTO n3 VALUES('x'),('y ')
CREATE VIEW nv(c0, c1) AS SELECT a8.c0, a8.c0 FROM n3 a8
SELECT '1.0' FROM (SELECT a.value FROM json_each('[1]') a JOIN n0 b WHERE b.c1||1e+300 LIKE 'A%b')
CREATE TABLE empty(c0, c2)
SELECT 1 FROM empty WHERE (c0||c2) LIKE 'a%'
SELECT 1 FROM empty WHERE (c0||c2) NOT LIKE '%a'
SELECT (1), count(*) FROM nv a JOIN (n3) b GROUP BY coalesce(replace(1, (a.c0 COLLATE RTRIM), b.c0), NULL)
SELECT (1) FROM nv a JOIN (n3) b GROUP BY coalesce(replace(a.c0, 'y', (b.c0 COLLATE NOCASE)), NULL)
SELECT first_value(nosuch)
SELECT 1 FROM n0 WHERE ((1, c1) IN ((2.0, c1)))
SELECT a.c1 FROM n0 a JOIN (SELECT c1 c FROM n0) b ON a.c1 = b.c WHERE (1, 1) IN ((2.0, b.c), (1, 1))
SELECT 1 FROM (SELECT 3 c0, c2 FROM empty) WHERE c0/2 > c2
SELECT 1 FROM (SELECT 3 c0, c2 FROM empty UNION ALL SELECT 'a', 2) WHERE c0 || 1 > c2 AND abs(c0) IS NOT 7
CREATE TABLE keyed(c4, PRIMARY KEY(c4)) WITHOUT ROWID
SELECT b.c1 FROM n0 JOIN (SELECT 1 c0, c4 c1 FROM keyed) b ON b.c0/2 > b.c1
