-- RIGHT and FULL JOIN under grouping, in parentheses, in subqueries; ~ where the order of rows is free
create table t1(c0,c1,c2)
create table t0(c0,c1,c3)
create table t2(a,b)
insert into t1 values(1,1,1),(2,3,null),(null,2,5)
SELECT max(c2), total(1) FROM t0 a FULL JOIN t1 b ON a.c1=b.c0
~SELECT a.c0, avg(1) FROM t1 a FULL JOIN (SELECT 1)
~SELECT 1 FROM t1 a RIGHT JOIN t1 GROUP BY a.c0
SELECT * from (SELECT a.c0,count() FROM (SELECT 1) JOIN t0 a RIGHT JOIN t0)
~SELECT * FROM t0 a FULL JOIN t0 USING (c3) JOIN t1
~SELECT 1 FROM t1 FULL JOIN json_tree
~select * from t1 left join (t0 a join t2)
~select count(*), sum(a.c2) from t1 a left join (t1 b join t1 c on b.c0=c.c0) on a.c0=b.c0 group by b.c0
insert into t0 values(1,1,1),(7,7,7),(2,null,3)
~select * from t0 full join t1 using(c0)
~select c0, count(*) from t0 full join t1 using(c0) group by c0
~select c0, count(*), sum(t1.c2), min(t0.c3) from t0 natural full join t1 group by 1
~select c0, (select count(*) from t1 b where b.c1=t1.c1) from t0 full join t1 using(c0)
~select t0.rowid, t1.rowid from t0 full join t1 on t0.c0=t1.c0 where t1.rowid is null or t0.rowid is null
~select distinct c0 from t0 full join t1 using(c0) order by c0 limit 3
~select * from t0 right join t1 on t0.c0<t1.c1 where t0.c0 is null
~select * from t0 left join (t1 left join t2 on t2.a=t1.c0) on t0.c0=t1.c0
~select * from t0 left join (t1 left join t2 on t2.a=t1.c0) on t0.c0=t1.c0 where t1.c0=1
~select * from t0 left join (t1 join t0 as z on z.c0=t1.c0) on t0.c0=t1.c0 and z.c3=1
~select * from t0 a full join t1 b on a.c0=b.c0 full join t0 c on c.c0=b.c0 right join t1 d on d.c1=c.c1
~select * from t0 a full join (t1 b left join t0 c on c.c0=b.c0) on a.c0=b.c0
~select a.c0, exists(select 1 from t0 x full join t1 y on x.c0=y.c0 where x.c0=a.c0 or y.c0=a.c0) from t1 a
create table u0(c0,x)
create table u1(c0,y)
create table u3(c0,z)
insert into u0 values(1,2),(2,3),(9,9)
insert into u1 values(1,5),(3,4)
insert into u3 values(1,7),(4,4)
select 1, * from u3 natural full join u1 a join u1
select * from u0 a join u0 b using(c0) full join u0
select * from (values(0)) join u1 natural join u3 right join u0
~select * from u1 natural join u3 left join u0
~select * from u0 join u1 natural full join u3
CREATE TABLE no_rows(x)
CREATE TABLE one_row(y)
INSERT INTO one_row VALUES (9)
CREATE TABLE two_rows(c0, c4)
INSERT INTO two_rows VALUES (1, 'one'), (2, 'two')
~SELECT a.* FROM no_rows JOIN (one_row JOIN two_rows AS a) RIGHT JOIN two_rows USING (c4)
~SELECT a.*, b.*, c4 FROM no_rows JOIN (one_row AS b CROSS JOIN two_rows AS a) FULL JOIN two_rows USING (c4)
~SELECT a.c4, c4 FROM no_rows LEFT JOIN (one_row JOIN two_rows AS a) ON 0 RIGHT JOIN two_rows USING (c4)
~SELECT a.* FROM no_rows LEFT JOIN (one_row JOIN two_rows AS a) ON 0 RIGHT JOIN two_rows USING (c4)
~SELECT * FROM no_rows LEFT JOIN (one_row JOIN two_rows AS a) ON 0 RIGHT JOIN two_rows USING (c4)
create index two_computed on two_rows(c0 + 1)
create index two_second on two_rows(c0, c4 || 'x')
create index two_partial on two_rows(c0) where c0 > 1
select count(*) from no_rows right join two_rows indexed by two_computed
select count(*) from no_rows right join two_rows indexed by two_computed on two_rows.c0 + 1 = no_rows.x
select count(*) from no_rows full join two_rows indexed by two_second
select count(*) from no_rows right join two_rows indexed by two_second on c0 > 1
select count(*) from no_rows right join two_rows indexed by two_partial on c0 > 1
select count(*) from no_rows left join two_rows indexed by two_computed
select count(*) from two_rows indexed by two_computed
select y, (select count(*) from two_rows left join no_rows on x = c0 where c0 = y) from one_row
select (select count(*) from (select c0 + 0 as k from two_rows) where k = y) from one_row
select (select count(*) from two_rows where c4 = y || '' and y > 5) from one_row
