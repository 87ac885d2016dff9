-- ANALYZE and REINDEX refuse names that mean nothing
create table t(a)
create index i on t(a)
create view v as select 1
reindex
reindex t
reindex main.t
reindex nocase
reindex main.nocase
reindex x
reindex x.t
reindex main.x
reindex v
reindex i
reindex main
reindex sqlite_master
analyze
analyze t
analyze main
analyze main.t
analyze x
analyze main.x
analyze x.t
analyze i
analyze v
analyze main.i
vacuum
