-- ALTER TABLE.
create table t (  a int ,
 b text
, constraint foo unique (a) );
alter table t add column z int;
select type,name,tbl_name,sql from sqlite_master;
alter table t drop column b;
select type,name,tbl_name,sql from sqlite_master;
