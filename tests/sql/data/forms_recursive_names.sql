-- The columns of a recursive table without a list of names are called as those of any query in FROM.
create table t(a, b)
insert into t values(1, 2), (3, 4)
create table u(a, c)
insert into u values(1, 5)
with recursive r as (select 1 union all select a + 1 from r where a < 3) select * from r
with recursive r as (select 1 as a union all select a + 1 from r where a < 3) select * from r
with recursive r as (select 1 union all select "1" + 1 from r where "1" < 3) select * from r
with recursive r as (values(1) union all select column1 + 1 from r where column1 < 3) select * from r
with recursive r as (select 1, 2 union all select * from r limit 3) select * from r
with recursive r as (select 1, 1 union all select "1:1", "1" from r limit 3) select "1:1", * from r
with recursive r as (select 1, 1, 1 union all select "1:2", "1", "1:1" from r limit 3) select * from r
with recursive r as (select a, b from t union all select a + 10, b from r where a < 20) select * from r
with recursive r as (select t.a, u.a from t, u union all select "a:1", a + 10 from r where a < 20) select * from r
with recursive r as (select t.a as x, u.a as x from t, u union all select "x:1", x + 10 from r where x < 20) select * from r
with recursive r as (select count(*) from t union all select "count(*)" + 1 from r limit 3) select * from r
with recursive r as (select a collate nocase from t union all select a + 10 from r limit 3) select * from r
with recursive r as (select (a) from t union all select a + 10 from r limit 3) select * from r
with recursive r as (select (a collate nocase) from t union all select a + 10 from r limit 3) select * from r
with recursive r as (select +a from t union all select "+a" + 10 from r limit 3) select * from r
with recursive r as (select t.a from t union all select a + 10 from r limit 3) select * from r
with recursive r as (select t.a from t union all select "t.a" + 10 from r limit 3) select * from r
with recursive r as (select likely(a) from t union all select a + 10 from r limit 3) select * from r
with recursive r as (select true union all select true + 1 from r limit 3) select * from r
with recursive r as (select "true" from (select 1 as "true") union all select column1 + 1 from r limit 3) select * from r
with recursive r as (select rowid from t union all select rowid + 10 from r limit 3) select * from r
with recursive r as (select * from t union all select a + 10, b from r limit 3) select * from r
with recursive r as (select t.*, u.* from t, u union all select "a:1", b, a, c from r limit 3) select * from r
with recursive r as (select 1 as A union all select a + 1 from r where A < 3) select a, r.A from r
with recursive r(a, a) as (select 1, 2 union all select "a:1", a + 1 from r limit 3) select * from r
with recursive r(a, A) as (select 1, 2 union all select a, a + 1 from r limit 3) select * from r
with recursive r(x, "x:1", x) as (select 1, 2, 3 union all select "x:1", "x:2", x from r limit 3) select * from r
with recursive r as (select nosuch union all select a from r) select 1
with recursive r as (select 1 union all select 1, 2 from r) select * from r
with recursive r as (select a from t union select b from t union all select a + 10 from r limit 9) select * from r
with recursive r as (select 1 as x union all select 2 as y union all select x + 10 from r where x < 20) select * from r
with recursive r as (select 1 as x union all select x + 1 as y from r where x < 3 union all select y from r) select * from r
with recursive r as (select 1 as x union all select s.x + 1 from r as s where s.x < 3) select x from r order by x
with recursive r as (select 1 as x union all select x + 1 from (r) where x < 3) select x from r
with recursive r as (select 1 as x order by nosuch) select * from r
create view v as with recursive r as (select a collate nocase, a from t union all select "a:1", a from r limit 3) select * from r
select * from v
select "a:1" from v
create table made as with recursive r as (select a, a from t union all select "a:1", a from r limit 3) select * from r
select name from pragma_table_info('made')
