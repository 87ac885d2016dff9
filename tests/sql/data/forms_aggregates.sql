-- Where aggregates may stand: in ORDER BY and HAVING only beside GROUP BY or aggregates among the results
create table t(a,b)
insert into t values(1,2),(3,4)
select a from t order by max(a)
select a from t order by a, count(*)
select max(a) over () from t order by max(a)
select 1 from t order by (select max(t.a))
select 1 from t order by (select max(t.a) from t x)
select 1 from t having count(*)>0
select 1 from t having 1
select max(a) over () from t having 1
select 1 from t having (select max(t.a))
select (select count(t.a)) from t order by max(a)
select (select count(t.a)) from t having 1
select a from t limit count(*)
select b from t where sum(a)>1
select a from t group by sum(a)
select a from t group by (select max(a))
select 1 from t group by a order by (select max(t.a))
select count(*) from t order by (select max(t.a))
select a,count(*) from t where a>5 order by max(a)
select a, b from t group by a order by sum(b)
select a, count(*) from t having b>3 order by b
select a from t group by a having sum(b)>2 order by sum(b)
-- Aggregates in subqueries that summarise the groups around them, of columns that are keys of those.
create table outward(c0 integer primary key, c1, c2)
insert into outward(c0, c1, c2) values (null, null, 9223372036854775807), (5, 6, 7), (6, 7, 7)
create table inward(c4)
insert into inward values (1), (6)
SELECT (SELECT 1 || count(a.c0 <> a.c2)) FROM outward a GROUP BY rowid
SELECT (SELECT sum(c0 + c2)) FROM outward GROUP BY c2
SELECT (SELECT sum(c0 + (SELECT c2)) FROM inward) FROM outward GROUP BY c2
SELECT (SELECT (SELECT sum(c0 + c2) FROM inward) FROM inward) FROM outward GROUP BY c2 + 1
SELECT c2, (SELECT c4 + (SELECT sum(c0 + c2 + c4) FROM inward) FROM inward) FROM outward GROUP BY c2
SELECT c2, (SELECT group_concat(c0, c2)) FROM outward GROUP BY c2 ORDER BY (SELECT -min(c2 + c0))
SELECT c2 FROM outward GROUP BY c2 HAVING (SELECT count(c0 + c2) > 1)
SELECT (SELECT max(c0) FILTER (WHERE c2 > 5)), (SELECT count(*) FILTER (WHERE c2 > 6)) FROM outward GROUP BY c2
-- VALUES of one row is a SELECT, and - of a query is one of its value.
create table va1(c0, c1)
insert into va1 values(1,2),(4,5)
values(max(1))
values(1),(max(1))
values(count(*))
select * from (values(max(1)))
values(max(1),2),(3,4)
values(row_number() over ())
select 1 union values(max(1))
select (values(max(c0))) from va1
select c0 in (values(max(c0))) from va1
select c0,(values(max(c0,2))) from va1
values(abs(-1)) union all values(2)
with x as (values(1)) values(max((select * from x)))
select * from (values(max(1), 2)) where column1
select (1,2) in (values(max(1),2))
select (1,2) in ((max(1),2)) from va1
select 1 in (values(max(c0))) from va1 group by c1
values(nosuch(1))
values(max(nosuch))
select -(SELECT 1), -((SELECT 2)), - -(SELECT 3), -(1), -((9223372036854775808))
select -(select max(c0) from va1), 1 - -(select 2)
-- DISTINCT and an ORDER BY of the very argument are one index to SQLite, which keeps the last of equal values.
create table dso(id, c, n text collate nocase)
insert into dso values(1,1.0,'a'),(2,1,'A'),(3,2,'b'),(4,2.0,'B'),(5,2,'b')
select group_concat(distinct c order by c), group_concat(distinct n order by n), group_concat(distinct c), group_concat(distinct n), group_concat(distinct c order by c desc), json_group_array(distinct c order by c), json_group_array(distinct n order by n) from dso
select group_concat(distinct c order by id) from dso
select group_concat(distinct c order by n), group_concat(distinct n order by c), group_concat(distinct n order by n desc) from dso
select group_concat(distinct c order by c, c), group_concat(distinct n order by n, c) from dso
select group_concat(distinct c order by -c), group_concat(distinct c order by c+0) from dso
select group_concat(distinct n order by n collate binary), group_concat(distinct n collate nocase order by n), group_concat(distinct n collate binary order by n)  from dso
select group_concat(distinct c order by c), id%2 from dso group by 2
select group_concat(distinct c order by c) filter (where id<>4) from dso
select group_concat(distinct c order by c desc) filter (where id<>5), group_concat(distinct n order by n desc) filter (where id <>5) from dso
select group_concat(distinct c order by c nulls last) from dso
select sum(distinct c order by c), typeof(sum(distinct c order by c)), typeof(sum(distinct c)) , typeof(max(distinct c order by c)) from dso where id<=2
select typeof(sum(distinct c order by c)) from dso where id in(3,4)
select typeof(sum(distinct c order by c)), typeof(sum(distinct c)) from dso where id in(4,5)
-- A column that is grouped by is of the row that max() picks, also where 1 and 1.0 are one group.
create table pck(b, c)
insert into pck values (1.0, 1.0), (1, 3), (2, 5), (2.0, 4)
select b, max(c) from pck group by b
select b, min(c) from pck group by b
select * from (select b, max(c) from pck group by 1) where b = 1
select x.b from (select b, max(c) from pck group by b) x
select b, max(c) from pck group by b having max(c) > 3
-- Conditions of HAVING on keys alone are about rows, before there are groups.
create table keyed(a, b, c collate nocase)
insert into keyed values (1, 1, 'a'), (1.0, 2, 'A'), (2.0, 5, 'b'), (2, 4, 'B'), (null, 3, null), ('x', 1, 'a')
select a + 0, max(b), a, count(*) from keyed group by a + 0 having typeof(a + 0) = 'integer'
select a, max(b), a, count(*) from keyed group by a having typeof(a) = 'integer'
select a, max(b), count(*) from keyed group by a having typeof(a) = 'real' and max(b) > 2
select a, group_concat(b) from keyed group by a having a > 1
select c, max(b), a, count(*) from keyed group by c having c > 'a'
select c, max(b), a, count(*) from keyed group by c having c = 'A' collate binary
select a, c, max(b), count(*) from keyed group by a, c having a is not null and c = 'A'
select c || '', max(b), a, count(*) from keyed group by c || '' having c || '' = 'A'
select a, count(*) from keyed group by a having a in (select 1)
select a, count(*) from keyed group by a having a in (1, 2)
select a, count(*) from keyed group by a having 0
select b, count(*) from keyed group by b having abs(b) = 1
select a as z, count(*) from keyed group by z having z > 1
select a, count(*) over () from keyed group by a having a > 0
select count(*) from keyed having 0
