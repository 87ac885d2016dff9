-- What DO UPDATE reads of excluded has names of its own: assignments that follow each other do not see each other.
CREATE TABLE e(id INTEGER PRIMARY KEY, a REAL, b REAL, c TEXT, d NUMERIC DEFAULT '7', s AS (a + b));
INSERT INTO e VALUES (1, 1, 2, 'c', 4), (2, 3, 4, 5, 6);
INSERT INTO e VALUES (1, 10, 20.5, 30, '40') ON CONFLICT (id) DO UPDATE SET a = excluded.b, b = excluded.a, c = excluded.d, d = excluded.c;
SELECT *, typeof(a), typeof(b), typeof(c), typeof(d) FROM e;
INSERT INTO e (id, b, a) VALUES (2, -0.0, 7) ON CONFLICT (id) DO UPDATE SET d = excluded.d || excluded.id, c = excluded.b, a = excluded.a + a, b = excluded.s;
SELECT *, typeof(c), typeof(d) FROM e;
INSERT INTO e VALUES (2, 8, 9, x'3132', NULL) ON CONFLICT DO UPDATE SET c = excluded.c, d = coalesce(excluded.d, excluded.rowid, 0) WHERE excluded.a > a - 100 AND excluded.d IS NULL;
SELECT *, typeof(c), typeof(d) FROM e;
INSERT INTO e VALUES (1, '5', '6', '1.50', '1.50') ON CONFLICT (id) DO UPDATE SET a = excluded.b, b = excluded.a, c = excluded.c || typeof(excluded.d), d = excluded.d RETURNING *;
SELECT *, typeof(c), typeof(d) FROM e;
