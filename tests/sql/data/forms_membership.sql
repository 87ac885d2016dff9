-- Members that are equal become different texts: each of them is looked at.
create table t0(c0 integer primary key, c1 text, c2 text)
insert into t0 values(1,'0','0.0')
create table t1(v, r)
insert into t1 values('a','a'),('b',1.0)
create table n(c0 int)
insert into n values(5)
~select (c1,c2) in (select c2, r-r from t1 union all select c0,1 from n) from t0
~select (c1,c2) in (select '0.0', r-r from t1) from t0
~select (c1,c2) in (select '0', r-r from t1) from t0
~select (c1,c2) in (select c1, r-r from t1) from t0
~select c2 in (select r-r from t1) from t0
~select c2 in (select r-r+c1 from t1) from t0
~select '0' in (select r-r from t1 order by r desc) from t0
~select c2 in (select 0 union all select 0.0) from t0
~select c1 in (select 0.0 union all select 0) from t0
~select c1 in (select distinct r-r from t1 order by r desc) from t0
create table w(k integer primary key, t text, u)
create index wt on w(t)
insert into w values(1,'0.0',1),(2,'0',2),(3,'x',3),(4,'1.0',4)
~select k from w where t in (select r-r from t1)
~select k from w where t in (select r-r from t1 order by r) or k=99
delete from w where t in (select r-r from t1)
~select * from w
update w set u=t in (select 1 union all select 1.0), t=9 where t in (select 1 union all select 1.0)
~select * from w
insert into w select 7,'0.0','0.0' in (select 0 union all select 0.0) returning t in (select 0 union all select 0.0)
