-- Tables, constraints and their messages.
create table t(a unique, b unique);
insert into t values(1,1);
insert into t values(1,1);
create unique index x on t(b);
insert into t values(2,1);
