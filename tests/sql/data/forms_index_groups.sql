-- Groups and distinct values in the order of an index, of a table that is large enough for it.
create table g(id integer primary key, a int, b int, c text, n int not null)
insert into g with recursive s(v) as (values(1) union all select v + 1 from s where v < 3000) select v, v % 7, nullif(v % 50, 3), 'x' || (v % 3), v from s
create index g_ab on g(a, b)
create index g_cab on g(c desc, a, b)
create index g_n on g(n)
select a, count(*) from g group by a
select a, min(b), max(b) from g group by a having count(*) > 1
select a, min(b), max(b), count(*) from g group by a order by a desc
select distinct a from g
select distinct c from g
select distinct c from g limit 2
select c, count(*) from g group by c order by c
select a, count(*) from g where c = 'x1' group by a
select a, max(b) from g where c = null group by a
select a, max(b) from g where c = (select null) group by a
select a, count(*) from g where a > null group by a
select a, count(*) from g where a > 2 and a <= 5 group by a
select distinct a, b from g where c = 'x2' order by a, b limit 3 offset 2
select distinct a from g where a < (select null)
select a, count(*) from g where 0 group by a
select a, count(*) from g where (select count(*) from g) < 5 group by a
select n, count(*), c from g group by n order by n limit 3
select n, group_concat(c) from g group by n order by n desc limit 3
select n, sum(b) from g group by n having sum(b) > 10 order by n limit 3
select n, sum(b) from g group by n having sum(b) > 10 order by n desc limit 3
select a, b, sum(n) from g group by b, a order by a, b limit 4
select a, b, count(*) from g group by b, a order by a, b
select (select group_concat(a) from (select a from g where c = o.c group by a order by a limit 3)) from g as o where o.n < 4
select c, (select max(b) from g where c = o.c and a = 3 group by a) from g as o group by c order by c
select count(*) from (select distinct a, b from g), (select a from g group by a)
select a from g group by a union all select distinct c from g order by 1
select distinct a from g where a in (select a from g group by a having max(b) > 48) order by a
update g set a = null where n % 11 = 0
select a, min(b), max(b), count(b) from g group by a
select a, count(*) from g where a is null group by a
select distinct a from g order by a desc limit 2
delete from g where a is null or a = 3
select a, min(b), max(b) from g group by a
select distinct a from g
