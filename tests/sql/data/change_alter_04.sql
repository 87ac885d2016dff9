-- ALTER TABLE.
create table t(a integer primary key autoincrement, b);
insert into t values(1,2);
alter table t rename to tt;
select * from sqlite_sequence;
create index b_a on tt(b,a);
alter table tt rename b to c;
select type,name,tbl_name,sql from sqlite_master;
alter table tt drop c;
drop index b_a;
alter table tt drop c;
select type,name,tbl_name,sql from sqlite_master;
alter table tt drop a;
