-- Of what a later assignment of the column takes the place of, only mistakes of names are told.
CREATE TABLE t (a UNIQUE, b, c);
INSERT INTO t VALUES (1, 2, 3);
INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (a) DO UPDATE SET b = (1, 2), b = 7;
INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (a) DO UPDATE SET b = (SELECT 1, 2), b = 8;
INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (a) DO UPDATE SET b = (1, 2), b = (SELECT 9), c = (SELECT max(b) FROM t);
INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (a) DO UPDATE SET b = 7, b = (1, 2);
INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (a) DO UPDATE SET b = nosuch, b = 7;
INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (a) DO UPDATE SET b = (1, 2) WHERE nosuch;
INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (a) DO UPDATE SET b = 5 WHERE (1, 2);
INSERT INTO t VALUES (1, 2, 3) ON CONFLICT (a) DO UPDATE SET (b, c) = (1, 2), c = excluded.a + 10;
UPDATE t SET b = (1, 2), b = 6;
SELECT * FROM t;
