-- Tables, constraints and their messages.
create table t(id integer primary key, b unique);
insert into t values(1,1);
insert into t values(1,1);
insert into t values('x',1);
insert or replace into t values(2,1);
select * from t;
insert or ignore into t values(2,1);
update t set id=3 returning *;
select changes();
delete from t;
select changes(), total_changes();
