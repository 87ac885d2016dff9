-- ALTER TABLE.
create table t(a int,b text);
alter table t drop column a;
select type,name,tbl_name,sql from sqlite_master;
alter table t drop b;
