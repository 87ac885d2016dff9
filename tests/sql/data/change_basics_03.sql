-- Tables, constraints and their messages.
create table t(id integer primary key desc, b);
insert into t values('x',1);
pragma table_info(t);
select rowid,* from t;
pragma index_list(t);
