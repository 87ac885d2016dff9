-- views: one statement a line; ~ where the order of rows is free
create table t(a int, b text)
create table u(a int primary key, c)
insert into t values(1,'x'),(2,'y'),(3,'z')
insert into u values(1,10),(3,30)
create view v as select a, b||'!' as bb, a+1 from t where a<3
select * from v
select bb, v.a from v where a=2
create view w(p,q) as select t.a, c from t left join u on t.a=u.a
select * from w order by p
select q from w where p=3
select * from v join w on v.a=w.p order by 1
select type,name,tbl_name,rootpage,sql from sqlite_master where type='view' order by name
create view if not exists v as select 1
create view v as select 1
create table v(a)
create view t as select 1
create view t2(x,y) as select 1
select * from t2
drop view t2
create view v1 as select * from v2
select * from v1
create view v2 as select * from v1
select * from v1
insert into v values(1,2,3)
update v set a=1
delete from v
drop table v
drop view t
drop view nope
drop view if exists nope
create view missing as select * from nowhere
select * from missing
create view agg as select count(*), sum(a) as s, max(b) from t
select * from agg
select "count(*)", s from agg
create view un as select a from t union select a from u
select * from un where a>1 order by a
with t as (select 100 as a, 'cte' as b) select * from v
create view wr as with recursive c(x) as (select 1 union all select x+1 from c where x<4) select x from c
select sum(x), count(*) from wr
select * from t where a in (select a from v)
select * from t where a in v1
select (select max(bb) from v where v.a<=t.a) from t
create index iv on v(a)
begin
drop view v
select * from v
rollback
select count(*) from v
drop view v
select * from v
create view p as select ?
create view v as select a as b, a from t
select b, a from v
drop view if exists v
