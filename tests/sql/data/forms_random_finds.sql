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
-- Terms that number a result column: with signs, COLLATE, and what the parser makes an integer.
create table ord(a,b)
insert into ord values('b',1),('A',2),('a',3),('B',3)
~select 3.14 group by ('a' isnull)
~select 3.14 group by 'a' isnull
~select 3.14 group by 1 is null
~select 3.14 group by 1 is not null
~select 3.14 from ord group by 1 notnull
~select 3.14 from ord group by 5 notnull
~select 3.14,2 from ord group by (5 is not null)
~select a,2 from ord group by (x'00' is null)
~select a,2 from ord group by (null is null)
~select a,2 from ord group by (a is null)
~select a,2 from ord group by ((1+1) is null)
~select a,2 from ord group by (-1 is null)
~select a,2 from ord group by (1.5 is null)
~select a,2 from ord group by ('a' is null) is null
~select a,2 from ord group by not ('a' is null)
~select a,2 from ord order by ('a' is null)
~select a,2 from ord order by ('a' is not null)
~select a,2 from ord group by (1 in ())
~select a,2 from ord group by (a in ())
~select a,2 from ord group by (a not in ())
~select a,2 from ord order by (a not in ())
~select a,2 from ord order by (a in ())
~select a,2 from ord group by (a is not distinct from null)
~select a,2 from ord group by ('x' is not distinct from null)
~select a,2 from ord group by (0 and a)
~select a,2 from ord order by (0 and a)
~select a,2 from ord group by (a and 0)
~select a,2 from ord group by (0 and 1)
~select a,2 from ord group by (false and a)
~select a,2 from ord group by (1 or a)
~select a,2 from ord group by true
~select a,2 from ord group by false
~select a,2 from ord group by +1
~select a,2 from ord group by +7
~select a,2 from ord group by -1
~select a,2 from ord group by - -1
~select a,2 from ord group by ((1))
~select a,2 from ord group by 1 collate nocase
~select a,2 from ord group by 7 collate nocase
~select a,2 from ord order by 7 collate nocase
~select a,2 from ord order by +7
~select a,2 from ord order by - 7
~select a,2 from ord order by '7'
~select a,2 from ord union select 1,2 order by (1 is null)
~select a,2 from ord union select 1,2 order by (1 is not null)
~select a,2 from ord group by (case when 1 then 7 end)
~select a,2 from ord group by cast(7 as int)
~select a,2 from ord group by likely(7)
~select a,2 from ord order by likely(7)
~select a,2 from ord group by iif(1,7,8)
~select a,2 from ord group by (select 7)
~select a,b from ord order by 1 collate nocase, 2
~select group_concat(a||b) from (select a,b from ord order by 1 collate nocase, 2)
~select a,b from ord order by +1
~select lower(a),count(*) from ord group by 1 collate nocase
~select a x,count(*) from ord group by x collate nocase
~select a,count(*) from ord group by 1 collate nocase order by 1 collate nocase
~select a from ord union select 'c' order by 1 collate nocase
~select a from ord union select 'c' order by (1)
~select a from ord union select 'c' order by +1
~select a, count(*) from ord group by -1
~select * from ord order by 2 collate nocase, 1 collate nocase
~select distinct a from ord order by 1 collate nocase
~select a from ord order by 1 collate nosuch
~select a from ord group by 0x1
~select a from ord order by 0x1
~select a from ord order by 0x2
~select a from ord order by 1_0
-- USING and NATURAL count for every ON, wherever it stands.
create table us(c3,a)
create table ut(c3,b)
create table uv(c3,b)
insert into us values(1,2),(3,4)
insert into ut values(1,5)
insert into uv values(1,5),(3,6)
~SELECT 7 FROM us FULL JOIN(VALUES(0))ON c3 NATURAL JOIN uv
~SELECT * FROM us JOIN ut ON c3 NATURAL JOIN uv
~SELECT * FROM us LEFT JOIN ut ON c3 JOIN uv USING(c3)
~SELECT * FROM us LEFT JOIN (values(1)) ON c3 JOIN uv USING(c3)
~SELECT * FROM us LEFT JOIN (values(1)) ON c3 JOIN uv USING(c3) JOIN ut USING (c3,b)
~SELECT * FROM us LEFT JOIN (values(1)) ON b JOIN uv USING(c3) JOIN ut USING (c3,b)
~SELECT c3 FROM us JOIN ut USING(c3) LEFT JOIN uv USING(c3) WHERE c3
~SELECT * FROM us RIGHT JOIN uv USING(c3) LEFT JOIN ut ON c3=1
~SELECT * FROM us FULL JOIN uv USING(c3) LEFT JOIN ut ON c3=1
~SELECT * FROM us NATURAL JOIN nosuch
~SELECT * FROM us JOIN ut USING(zz)
-- Which of two errors is told: an argument's unknown column before what is wrong with the call, results before WHERE.
create table er(a,b)
select length(nosuch) over () from er
select length(a) over (partition by nosuch) from er
select length(a) over w from er
select nosuchf(nosuch) over () from er
select sum(nosuch) over w from er
select sum(a,b) over () from er
select sum(nosuch,b) over () from er
select sum(nosuch,b) from er
select length(nosuch,b) from er
select length(nosuch) filter (where 1) from er
select length(a) filter (where nosuch) from er
select length(distinct nosuch) from er
select row_number(nosuch) over () from er
select row_number() from er
select row_number(nosuch) from er
select ntile(nosuch) from er
select sum(distinct nosuch) over () from er
select sum(distinct a) over (order by nosuch) from er
select sum(a) filter (where nosuch) over () from er
select 1 from er where row_number() over (order by nosuch)
select 1 from er where sum(nosuch)
select 1 from er group by sum(nosuch)
select 1 from er order by sum(nosuch)
select max(max(nosuch)) from er
select max(a, nosuch) over () from er
select max(distinct a, nosuch) from er
select count(distinct a, nosuch) from er
select abs(*) from er
select likelihood(nosuch, 7) from er
select likely(nosuch) from er
select 1 from er where a in (select nosuch, 2 from er)
select 1 from er where (a,b) in (nosuch)
select nosuch collate nosuchc from er
select case nosuch when (1,2) then 1 end
select a like nosuch escape 'ab' from er
select (select a, b from er) + nosuch
select nosuch + (select a, b from er)
select (a, b) + nosuch from er
select nosuch + (a,b) from er
select exists(select nosuch) from er
select nosuch in () from er
select cast(nosuch as int) from er
select nosuch from er where max(a)
select nosuch from er group by max(a)
select nosuch1 union select nosuch2
select * from nosuch1 union select nosuch2
select nosuch1 union select * from nosuch2
select a from er order by 3, nosuch
select a from er order by max(a), 5
with c as (select sum(a, b)) select * from c
-- A query in two pairs of parentheses is no list of one value.
create table il(a, b text collate nocase)
create table ie(x)
insert into il values(1,'x'),('1','X'),(null,null)
~SELECT 1 not in ((select x from ie))
~SELECT 1 in ((select x from ie))
~SELECT 1 in (((select x from ie)))
~SELECT 1 in ((select x from ie), 2)
~SELECT 1 not in ((select x from ie), 2)
~SELECT 2 in ((select 1 union select 2))
~SELECT 2 in ((select 1 union all select 2))
~SELECT 2 in ((values(1),(2)))
~SELECT 2 in ((((select 1 union all select 2))))
~SELECT 2 in ((select 1 union all select 2) union select 3)
~SELECT (1,2) in ((select 1,2))
~SELECT (1,2) in ((select 1,3 union select 1,2))
~SELECT a in ((select b from il)), b in ((select a from il)) from il
~SELECT a in ((select b from il limit 1)), b in ((select a from il)) from il
~SELECT a from il where a in ((select a from il))
~SELECT a from il where a not in ((select a from il where a is not null))
~SELECT 1 in ((select 1,2))
~SELECT 1 in ((select 1),(select 2))
~SELECT 2 in (+(select 1 union all select 2))
~SELECT 2 in ((select 1 union all select 2) collate nocase)
~SELECT 2 in ((with w as (select 2) select * from w union select 1))
~select a in (1), a in ('1'), b in ('x'), b in ('x' collate binary) from il
-- IN (SELECT …) in RETURNING.
create table ri(a, b text collate nocase)
create table rf(x text, y int)
insert into rf values('1',1),('X',2),(null,3)
insert into ri values(1,'x'),('1','X'),(null,null) returning a in (select x from rf), b in (select x from rf), a in (select y from rf), a not in (select x from ie)
insert into ri values(2,'q') returning (a,b) in (select y,x from rf), (b,a) in (select x,y from rf), a in rf, b in (values('Q'))
update ri set a=3 where b='q' returning a in (select y from rf), b in (select 'Q'), a in ((select y from rf))
delete from ri where b='q' returning a not in (select y from rf), b in (select 'Q')
insert into ri select x, y from rf returning a in (select a from ri)
~select * from ri
update ri set a = 7 where a in (select x from rf) and b in (select y from rf) returning *
update ri set a = (b in (select x from rf))
~select * from ri
create table rg(a check (a not in (1,2)), b default (3))
insert into rg values(5,6) returning b in (select a from ri)
-- Nobody looks at the other terms of an AND with a 0 in it, unless a function is called.
create table an(a,b)
insert into an values(1,2),(0,3)
~select nosuch and 0 from an
~select 0 and nosuch from an
~select (nosuch and (0)) from an
~select nosuch and 1 and 0 from an
~select nosuch and 0 and 1 from an
~select (nosuch and 0) or a from an
~select nosuch and 1 = 2 from an
~select nosuch and -0 from an
~select nosuch and 0.0 from an
~select nosuch and '0' from an
~select nosuch and false from an
~select nosuch and (1 is null) from an
~select a from an where nosuch and 0
~select a from an where a and 0
~select a from an where a and 5
~select a from an where a and 0 and b
~select a from an where b and a and 7
~select a from an x join t on a and 0
~select a from an where not (nosuch and 0)
~select count(nosuch) and 0 from an
~select sum(nosuch and 0) from an
~select a from an where a = 1 and 0
~select a from an where a = 1 and 2
~select nosuch or 1 from an
~select a in (nosuch, 0 and nosuch) from an
~select case when nosuch and 0 then nosuch end
~select a from an where a between nosuch and 0
~select 0x0 and nosuch
~select 00 and nosuch
~select (select nosuch from an) and 0
~select (select 1 from nosucht) and 0
~select max(a) and 0 from an
~select a and 0 from an group by b
~select row_number() over () and 0 from an
select a from an where a and 5
select a from an where a and 0
select a from an where 0 and a
select a from an where 7 and a
-- What LIKE and GLOB look at is a number that the plan knows.
select x from (select 1, 1 x union values (6, x'')) where ifnull(1, x) glob '*b'
select x from (select 1, 1 x union values (6, x'')) where coalesce(1.5, x) like '%5'
select x from (select 1, 1 x union values (6, x'')) where ifnull(-1, x) like '-_'
-- Entries of an index in the place of rows, beside a subquery that is evaluated when it is needed.
CREATE TABLE ent (c0 INT, c1 TEXT, c2 TEXT, PRIMARY KEY (c2, c1)) WITHOUT ROWID
INSERT INTO ent VALUES (1, 'é', 'B'), (2, 'x', 'A')
SELECT NOT EXISTS (SELECT 1 FROM pragma_table_xinfo('nosuch') AS a WHERE a.cid NOTNULL), max(e.c2) FILTER (WHERE -3) FROM ent AS e GROUP BY e.c2, e.c1
SELECT c2, (SELECT count(*) FROM ent WHERE c0 > 1) FROM ent WHERE c2 = 'A'
-- Conditions with the time go into a compound, too: it is the same throughout a statement.
create table pushed_a(v)
create table pushed_b(k integer primary key, s text not null)
insert into pushed_b values(1, 1)
select 1 from (select v as c from pushed_a union select cast(s as int) from pushed_b) as d where (1 and date(1721059.5)) is (cast(d.c as text) is c)
select 1 from (select v as c from pushed_a union select cast(s as int) from pushed_b) as d where 0 is (coalesce(date('x'), cast(d.c as text)) is c)
select 1 from (select v as c from pushed_a union select cast(s as int) from pushed_b) as d where 0 is (coalesce(nullif(date('now'), date()), cast(d.c as text)) is c)
-- What is known to be a number is compared with NULL by nobody.
select -(5 or v) is null, -(5 or v) is not null, -(0 and v) is null from (select 1 as v union all select null)
select cast((~(not x or 5)) as boolean) is null, (~(x or 5)) is not null, cast(-(5 or x) as boolean) isnull from (select 1 x)
-- Two selects of one statement, each in the order of an index as far as its first terms go.
create table led(a, b)
create index led_a on led(a)
insert into led with recursive c(n) as (select 1 union all select n + 1 from c where n < 400) select n % 50, n from c
select a, 1 from led union all select a, 0 from led order by 1, 2 limit 3
select * from (select a, b from led order by a, b limit 2), (select b, a from led order by a, b desc limit 2)
-- A source alone in parentheses loses its alias there, unless it is the first of FROM.
create table al(a, b)
create table an2(c)
insert into al values (1, 2)
insert into an2 values (3)
create index al_a on al(a)
select q.b from an2 join (al q)
select al.b from an2 join (al q)
select b from an2 join (al q)
select q.b from (al q) join an2
select q.b from (al q) z join an2
select z.b from (al q) z join an2
select z.b, al.b from an2, ((al q) y) z
select z.b from an2, ((al q) y) z
select q.x from an2 join ((select 1 x) q)
select x from an2 join ((select 1 x) q)
select b from an2 join (al indexed by nosuch)
select b from (al indexed by nosuch) join an2
select al.b from al join (al q)
select q.b from an2 join ((al q join an2 r))
-- Of several mistakes: stars of nothing, and tests for NULL.
select q1.*, q2.*
select *, q2.*
select q1.*, *
select q1.*, q2.* from al
select a from al where x1 is null and x2
select a from al where x1 notnull and (x2)
select a from al where x1 isnull and x2 = 1
select (x1 is null) + x2 from al
select abs(x1 is not null) + x2
select x1 is 1 and x2
select x1 is null, x2 from al
-- What a FULL JOIN merges is ambiguous if a join in parentheses has the name twice.
create table fj(c)
create table fk(c, d)
create table fl(a, c)
insert into fj values (3), (7)
insert into fk values (3, 4), (5, 6)
insert into fl values (1, 3)
select * from al join (fl join fk) full join fj using (c)
select c from al join (fl join fk) full join fj using (c)
select fl.c, fj.c from al join (fl join fk) full join fj using (c)
select * from (fl join fk) full join fj using (c)
select * from al join (fl join fk using (c)) full join fj using (c)
select * from fl full join fk using (c) full join fj using (c)
-- Beside TEXT a number becomes TEXT under TEXT affinity, and beside a number it does not.
create table mixt(c text, d text collate nocase)
create table mixn(c, d)
create table mixi(c int)
insert into mixt values ('a', 'B'), (null, null)
insert into mixn values (1.0, 2), (10, 'b'), (9.5, 'x'), ('1.0', x'00'), (null, 3), ('10', 4), (2, 'B')
~select c, c is 1, c < 9, c > 9, c between 9 and 10, c not between 1 and 9, c = 1 + 0, c is not 1, c <> '10' from mixt full join mixn using (c)
~select c, case c when 1 then 'x' when '10' then 'y' end, c = (select 10) from mixt full join mixn using (c)
~select d, d = 'b', d = 2, d < 3, d is 'X', (d, 1) = (2, 1), d between 1 and 'c' from mixt full join mixn using (d)
~select c from mixt full join mixn using (c) where c = 1 or c = 10 or c = '10'
~select c from mixt full join mixn using (c) where not (c > 2 and c < 10)
~with x as materialized (select c from mixt full join mixn using (c)) select c, c is 10, c < 9 from x
-- EXISTS knows no DISTINCT, whatever OFFSET leaves out.
create table exd(a, b)
insert into exd values (1, 1), (1, 1), (2, 1)
select exists(select distinct b from exd limit 1 offset 1), exists(select distinct a from exd limit 1 offset 2), exists(select distinct a from exd limit 1 offset 3)
select exists(select distinct b from exd union all select distinct b from exd limit 1 offset 5), exists(select distinct b from exd union select distinct b from exd limit 1 offset 1)
select exists(select distinct b from exd group by a limit 1 offset 1), exists(select distinct row_number() over () > 0 from exd limit 1 offset 1), exists(select distinct b from exd order by a limit 1 offset 1)
select exists(select * from (select distinct b from exd) limit 1 offset 1), exists(select 1 from (select distinct b from exd limit 1 offset 1))
select a from exd e where not exists(select distinct b from exd where a = e.a limit 1 offset 1)
select exists(select distinct b from exd except select distinct b + 1 from exd limit 1 offset 1), exists(select distinct sum(b) from exd limit 1 offset 1)
-- IN takes it that its left side has its own affinity, if it is a single value and there are more than two items.
~select c, c in (1, 10), c not in (1, 10), c in (1, 10, 2), c in (1, '10'), c in (1 + 0, 2 + 0, 10 + 0) from mixt full join mixn using (c)
~select d, d in (2, 'X'), d in ('B'), (d, 1) in ((2, 1)), d in (select 2), d in (select '2') from mixt full join mixn using (d)
~select c, c in (10, 11, 12), c in (10, 11), c in (select 10), c in (select '10'), (c, 1) in ((10, 1), (2, 1)), c in (select c from mixn), c in (d, 10, 11) from mixi full join mixn using (c)
-- %n writes nothing, however wide.
select format('%*n|', 2147483647), format('%*n%d', 3, 4, 5), format('%*.*n%d', 1, 2, 3, 4)
select format('%*%|', 2147483647)
