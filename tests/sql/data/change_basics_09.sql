-- Tables, constraints and their messages.
begin;
begin;
savepoint a;
release b;
rollback to b;
rollback to a;
commit;
commit;
rollback;
savepoint a;
insert into t values(1);
release a;
select 1;
