-- Tables, constraints and their messages.
create table t(a unique on conflict replace, b unique);
insert into t values(1,1),(2,2);
insert into t values(1,2);
select * from t;
pragma index_list(t);
