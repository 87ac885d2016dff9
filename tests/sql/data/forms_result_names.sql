-- Names of result columns: as written where a query in FROM has them, by the table elsewhere; sources of one name; widths.
create table t(a int, b)
create table T2(C0 int, d)
create table k(id integer primary key, x)
create view v as select A,b from T
create view vv(q,R) as select a,b from t
SELECT a FROM (SELECT A FROM t)
SELECT A FROM (SELECT a FROM t)
SELECT A FROM t
SELECT A FROM v
SELECT a FROM v
select r,Q from vv
select * from v
select * from (select A, B from t)
select t.A from t
select x.A from (select A from t) x
with x as (select A from t) select a from x
with x(Aa) as (select A from t) select aA from x
with x as (select t.A, t2.c0 from t,t2) select * from x
select (A) from t
select A as Z from t
select z from (select a as Z from t)
select (a) from (select A from t)
select a+1 from (select A from t)
select * from (select a+1 from t)
select "A" from t
select [A] from (select `a` from t)
select k.rowid, rowid, _rowid_, oid, ID from k
select a.rowid, b.rowid from t a join (t b join t2 c)
select b.c0 from t join ((select a.rowid from t a) join t2 b)
SELECT b.x FROM t2 JOIN ((SELECT a.rowid FROM k a) JOIN k b)
SELECT b.id FROM t2 JOIN ((SELECT a.rowid FROM k a) JOIN k b)
select t.a, x.a from (t join t x)
select * from (t join t x)
select t.a, x.a from t2 join (t join t x)
select * from t2 join (t join t x)
select t.a, x.a, * from t2 left join (t join t x)
select rowid from (t) 
select t.rowid from (t join t2)
select t2.rowid from k join (t join t2)
select t2.oid from k join (t join t2)
select _rowid_ from k join (t join t2)
select q.rowid from (t join t2) q
select q.a from (t join t2) q
select A.* from t A
select A.* from (select a.B from t A) A
select c0,c0 from t2
select * from (select c0,c0 from t2)
select "c0:1" from (select c0,c0 from t2)
select c0 from (select C0,c0 from t2)
select * from t natural join t x
select * from t join t x using(A)
select A from t join t x using(a)
select x.A from t join t x using(a)
select A from (t join t x using(a))
select * from (t join t x using(a)) 
select * from k join (t join t x using(a)) 
select a from k full join (t join t x using(a)) 
select A from t full join t x using(a)
select a as a1, A from t
select max(A) from t
select A from t group by A
select A from t group by a order by a
select A from t union select d from t2
select * from (select A from t union select d from t2)
select a from (select A from t union select d from t2)
select A from (values(1)) x(A)
select column1 from (values(1)) x
select COLUMN1 from (values(1)) x
select rowid as r, ROWID from t
select (select A from t)
select (select a from (select A from t)) 
select a from (select A from (select a from t))
select a from (select A from (select * from t))
select a from (select * from (select A from t))
select main.t.A from t
select value from json_each('[1]')
select VALUE from json_each('[1]')
select e.Value, e.Key from json_each('[1]') e
select distinct A from t order by A
select Sum(a) over () from t
select cast(A as text) from t
select -A from t
select   a  +  1  from t
select ( a ) from t
select A COLLATE nocase from t
select case when A then B end from t
select a is  null from t
select t . a from t
select 1 union all values(1,2)
select 1,2 union all values(1)
values(1),(2,3)
values(1) union all select 1,2
values(1) union all values(2),(3,4)
select 1 union select 1,2 union values(3)
select 1 union select 1 union values(3,4)
select 1 union select 2,3 union select 4
select 1 union select 2 union all select 4,3
select * from (select 1 union select 2,3)
select nosuch union select 1,2
select 1,2 union select nosuch2
select * from nosuch1 union select nosuch2
SELECT 1 FROM t ORDER BY max(a), nosuch
SELECT a FROM t ORDER BY max(a), 5
SELECT a FROM t group by nosuch, max(a)
SELECT a FROM t group by a having nosuch order by nosuch2
SELECT a FROM t having nosuch
SELECT a FROM t having 1 order by nosuch
SELECT a FROM t order by nosuch, 3
SELECT a, max(max(a)) FROM t order by nosuch
SELECT nosuch, (select nosuch2) FROM t
SELECT (select nosuch2), nosuch FROM t
SELECT (select nosuch2 from nosuch3), nosuch FROM t
select * from json_each natural join json_each
select * from json_each('[1]') natural join json_each('[1]')
select json_each.key from json_each('[1]') natural join json_each('[1]') x
select nosuchf(1), nosuch
select nosuch, nosuchf(1)
select abs(), nosuch
select 1 limit (select nosuch)
select 1 limit nosuch
with x as (select nosuch) select 1
with x as (select * from nosuch2) select * from nosuch, x
select * from t natural join t
select * from t join t using(a)
select t.* from t join t using(a)
select t.* from t natural join t
select t.a from t natural join t
select t.b from t join t using(a)
select a from t natural join t
select * from t natural left join t
select * from t natural full join t
select * from v natural join v
select * from (select 1 a) natural join (select 1 a)
select * from json_each join json_each using(key)
select * from t x natural join t2 natural join t x
select * from (t natural join t)
select * from t2 join (t natural join t)
select * from t2 join (t join t)
select * from t2 join (t join t using (a))
-- Rowids of groups; names that come more than once; names that USING joins.
create table twice(c0, c1)
insert into twice values(1,2),(3,4)
select t.rowid from twice t group by t.rowid
select t.oid, t.rowid, oid from twice t group by t.rowid
select rowid+1 from twice group by rowid+1
with w as (select * from (select 1 c0) join (twice join twice t1)) select w.* from w
select x.* from (select 1 c0, 2 c0, 3 c0, 4 "c0:1", 5 c0) x
select x.* from (select 1 "c0:1", 2 c0, 3 c0, 4 "c0:1", 5 "c0:2") x
select * from (select 1 "a:1", 2 "a:1", 3 "a:b", 4 "a:b", 5 "a:", 6 "a:")
select * from (select * from (select 1 a, 2 a) x, (select 1 a, 2 a) y)
~select * from twice join (twice a join twice b using (C0)) on 1
select * from (twice a join twice b using (C0, "C1"))
-- Aliases of the results are seen by subqueries in the other clauses.
select 1 x, c1 from twice group by (select x)
select (select 1 from (select 1 x, c1 from twice group by (select x))) from twice
select (select 1 from (select 1 x, t1.c1 from twice where (select x))) from twice t1
select (select 1 x, t1.c1 from twice where (select x)) from twice t1
select 1 x, c0 from twice group by c0, c1 having count(*) >= (select x)
select c0 x from twice where exists (select 1 from twice t where t.c0 < x)
select c0 + 1 c1 from twice where exists (select 1 from twice t where t.c0 < c1)
select count(*) n, c0 from twice group by c0 having (select n) = 1
select c0 * 2 as x from twice order by (select -x)
select (select x), 1 as x from twice
select sum(c0) as x from twice having (select x) > 1
select sum(c0) as x from twice where (select x) > 1
select row_number() over () as x from twice where (select x) > 1
CREATE TABLE named (a, b TEXT COLLATE NOCASE, C INT)
INSERT INTO named VALUES (1, 'x', 3)
CREATE VIEW kept AS SELECT a, B COLLATE binary, likely(A), +c, (b), -c, "c", named.b, a AS "z z", likelihood(c, 0.5), unlikely(b COLLATE rtrim), a + 1, (likely(likely(c))), likely(a + 1), likely(rowid) FROM named
SELECT name FROM pragma_table_xinfo('kept') ORDER BY cid
SELECT * FROM kept
CREATE TABLE made AS SELECT a, B COLLATE binary, likely(A), +c, (b), -c, "c", named.b, a AS "z z", likelihood(c, 0.5), unlikely(b COLLATE rtrim), a + 1, (likely(likely(c))), likely(a + 1), likely(rowid) FROM named
SELECT sql FROM sqlite_master WHERE name = 'made'
SELECT * FROM (SELECT likely(a), b COLLATE binary, likely(C), likelihood(a, 0.5) FROM named)
SELECT likely(a), b COLLATE binary FROM named
CREATE VIEW joined AS SELECT likely(a), likely(c) FROM named UNION SELECT 1, 2
SELECT name FROM pragma_table_xinfo('joined') ORDER BY cid
CREATE VIEW grouped AS SELECT likely(a), max(c) COLLATE binary FROM named GROUP BY a
SELECT name FROM pragma_table_xinfo('grouped') ORDER BY cid
-- Names of columns of VALUES in FROM: that of a name in its first row.
create table vn1(c0, c1)
insert into vn1 values(1,2),(4,5)
select * from (values(0,"no such"))
select a.column2 from (values(0,"no such")) a
select a."no such" from (values(0,"no such")) a
select a."no such" from (values(0,"no such"),(1,2)) a
select * from (values(0,("no such")))
select * from (values(0,+"no such"))
select * from (values(0,"no such" collate nocase))
values(0,"no such")
select (select c0 from (values(c1))) from vn1
select (select column1 from (values(c1))) from vn1
select (select c1 from (values(c1))) from vn1
select (select column1 from (values(vn1.c1))) from vn1
select (select c1 from (values(vn1.c1),(2))) from vn1
with x as (values("abc")) select * from x
with x as (values("abc")) select column1 from x
with x(y) as (values("abc")) select y from x
select * from (values(1),("abc"))
select * from (values("abc") union all values("def"))
select abc from (values("abc") union all values("def"))
select * from (select 1 union all values("def"))
select * from (values(max(1),"x y"))
select "x y" from (values(max(1),"x y"))
select column2 from (values(max(1),"x y"))
create view va as values("abc",1)
select * from va
create table tva as values("abc",1)
select * from tva
create table tvb as select * from (values("abc",1))
select * from tvb
select * from (values(rowid)) , vn1
select rowid from (values("rowid"))
select * from (values(true, null, current_date is null))
