-- Tables, constraints and their messages.
create table t(a not null default 3, check(a>2), constraint foo check(a  < 10));
insert into t values(1);
insert into t values(11);
insert into t values(null);
insert or replace into t values(null);
select * from t;
insert or ignore into t values(1);
