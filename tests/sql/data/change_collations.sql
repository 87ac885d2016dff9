-- Whose collation a comparison takes: a column's, the left one first; a subquery brings none.
CREATE TABLE words(a TEXT, b TEXT COLLATE NOCASE, c TEXT);
INSERT INTO words VALUES('a', 'A', 'A'), ('A', 'a', 'a'), ('b', 'B', 'b');
SELECT count(*) FROM words WHERE (SELECT a FROM words ORDER BY rowid LIMIT 1) = b;
SELECT count(*) FROM words WHERE b = (SELECT a FROM words ORDER BY rowid LIMIT 1);
SELECT count(*) FROM words WHERE a = (SELECT b FROM words ORDER BY rowid LIMIT 1);
SELECT count(*) FROM words WHERE (SELECT b FROM words ORDER BY rowid LIMIT 1) = a;
SELECT count(*) FROM words WHERE (SELECT b FROM words ORDER BY rowid LIMIT 1) = 'a';
SELECT a = b, b = a, c = b, b = c, a IN (SELECT b FROM words), b IN (SELECT a FROM words) FROM words;
SELECT a BETWEEN b AND c, b BETWEEN a AND c, c IN (b), b IN (c, a), +a = b, a || '' = b FROM words;
CREATE TABLE missing1 (a, b, PRIMARY KEY (a COLLATE Nowhere, b));
CREATE TABLE missing2 (a TEXT COLLATE NOCASE, b, UNIQUE (b COLLATE rtrim, a COLLATE "no where"));
CREATE TABLE missing3 (a COLLATE elsewhere, b, UNIQUE (b COLLATE nowhere));
CREATE TABLE missing4 (a INTEGER, PRIMARY KEY (a COLLATE nowhere));
INSERT INTO missing4 VALUES (3), ('4');
SELECT rowid, a FROM missing4;
