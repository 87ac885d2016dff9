-- ALTER TABLE.
create table t(a int,b text, c);
alter table t drop column c;
select type,name,tbl_name,sql from sqlite_master;
alter table t add c references x;
select type,name,tbl_name,sql from sqlite_master;
alter table t add c2 references x(y) default 1;
alter table t rename to T;
select type,name,tbl_name,sql from sqlite_master;
alter table t rename to "t t";
select type,name,tbl_name,sql from sqlite_master;
alter table 't t' rename to tt;
select type,name,tbl_name,sql from sqlite_master;
alter table tt rename to sqlite_x;
