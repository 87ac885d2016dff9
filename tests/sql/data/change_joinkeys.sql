-- Search keys of joins that need a temporary: a truth value is looked up in a hash table.
CREATE TABLE left_side(a, b, c, d);
CREATE TABLE right_side(a, b, c, d);
INSERT INTO left_side VALUES(0, 1, 'x', 3), (1, 61, 'a_c', 789), (NULL, 0, NULL, '.5');
INSERT INTO right_side VALUES(5, 0, 'y', 7), (0, 1, 'z', 0), (1, 2, 'w', 1), ('ab', 0, 'A', NULL);
SELECT l.a, m.b, r.c FROM left_side l JOIN left_side m ON l.a = m.a JOIN right_side r ON m.b = r.b WHERE ((l.c = 'a_c') OR m.d) = r.d ORDER BY l.rowid, r.rowid;
SELECT l.a, r.c FROM left_side l JOIN right_side r ON (l.c = 'a_c' OR l.d = 3) = r.d ORDER BY l.rowid, r.rowid;
SELECT l.a, r.c FROM left_side l LEFT JOIN right_side r ON (l.c = 'a_c' OR l.d = 3) = r.d ORDER BY l.rowid, r.rowid;
SELECT l.a, r.c FROM left_side l JOIN right_side r ON (l.c = 'a_c' OR l.d = 3) = r.rowid ORDER BY l.rowid, r.rowid;
SELECT l.a, r.c FROM left_side l JOIN right_side r ON r.rowid > (l.c = 'a_c' OR l.d = 3) ORDER BY l.rowid, r.rowid;
CREATE INDEX by_d ON right_side(d);
SELECT l.a, r.c FROM left_side l JOIN right_side r ON (l.c = 'a_c' OR l.d = 3) = r.d ORDER BY l.rowid, r.rowid;
SELECT l.a, r.c FROM left_side l JOIN right_side r ON r.d >= (l.c = 'a_c' OR l.d = 3) ORDER BY l.rowid, r.rowid;
