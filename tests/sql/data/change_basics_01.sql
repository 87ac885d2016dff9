-- Tables, constraints and their messages.
create table t(a int primary key, b, unique(b,a), unique(a,b));
insert into t values(1,1);
insert into t values(1,1);
pragma index_list(t);
select type, name, tbl_name, sql from sqlite_master;
pragma index_xinfo(sqlite_autoindex_t_2);
