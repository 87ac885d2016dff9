-- Where an aggregate may stand that is of the rows of a query outside, and what is said elsewhere.
create table ta(a,b)
create table tu(x,y)
insert into ta values(1,2),(1,3),(2,5)
insert into tu values(1,7),(2,8)
~select a from ta group by a having (select 1 from tu where x = max(b))
~select a from ta group by a having (select 1 from tu where x < max(b) limit 1)
~select a from ta group by a having exists (select 1 from tu where max(ta.b) > y)
~select a, (select x from tu where x = count(b)) from ta group by a
~select a, (select x from tu where x = max(ta.b)) from ta group by a order by 1
~select a from ta group by a order by (select x from tu where x = max(b))
~select a from ta where (select x from tu where x = max(b))
~select a from ta where (select max(b) from tu)
~select a from ta where (select max(b)+x from tu)
~select (select max(b)+x from tu) from ta
~select (select x from tu where max(b)>x) from ta
~select (select x from tu group by x having max(b)>x) from ta
~select (select x from tu group by max(b)) from ta
~select (select x from tu order by max(b) limit 1) from ta
~select a from ta group by a having (select max(b) from tu)
~select a from ta group by a having (select max(b)+y from tu)
~select a from ta group by a having (select max(b+y) from tu)
~select a from ta group by a having (select sum(x) from tu where x = max(b))
~select a from ta group by a having (select count(*) from tu where x <= max(b)) > 1
~select a from ta group by a having a in (select x from tu where x < max(b))
~select a from ta group by a having a in (select max(b) from tu)
~select a from ta group by (select x from tu where x = max(b))
~select a from ta group by (select max(b) from tu)
~select max(a) from ta group by (select max(b) from tu)
~select max(a) from ta where a in (select max(b) from tu)
~select max(a) from ta having (select 1 from tu where x = max(b))
~select count(*) from ta having (select 1 from tu where x <= count(*) limit 1)
~select 1 from ta having count(*) = (select max(x) from tu where x <= count(*))
~select max(a) as m from ta having (select 1 from tu where x = m)
~select max(a) as m from ta having (select m from tu)
~select max(a) as m from ta where (select m from tu)
~select max(a) as m from ta group by (select m)
~select max(a) as m from ta order by (select m)
~select max(a) as m from ta order by (select x from tu where x = m)
~select a as m, (select x from tu where x = max(m)) from ta
~select (select (select max(b) from tu) from tu) from ta
~select (select (select max(b)+x from tu limit 1) from tu) from ta
~select (select (select y from tu where x = max(b)) from tu) from ta
~select (select max(y) from tu where x in (select max(b) from tu)) from ta
~select (select sum(x + max(b)) from tu) from ta
~select sum((select max(x) from tu where x = b)) from ta
~select sum((select x from tu where x = max(b))) from ta
~select max(b, (select min(a))) from ta
~select count(*) filter (where (select max(b) from tu)) from ta
~select (select count(*) filter (where max(b) > 1) from tu) from ta
~select (select group_concat(x, max(b)) from tu) from ta
~select (select max(b) over () from tu) from ta
~select (select sum(max(b)) over () from tu) from ta
~select (select row_number() over (order by max(b)) from tu limit 1) from ta
~select a, (select 1 from (select max(b) as q from tu) where q) from ta
~select a, (select q from (select max(ta.b) as q from tu)) from ta
~select (select 1 from tu join tu v on v.x = max(b) limit 1) from ta
~select (select 1 from tu left join tu v on v.x = max(b) limit 1) from ta
~select (select 1 from json_each(max(b)) limit 1) from ta
~select (select max(b) union select 5) from ta
~select (select max(b) from tu union select 5) from ta
~select (values (max(b))) from ta
~select (with w as (select max(b) as q) select q from w) from ta
~select (with w as (select max(b) as q) select max(q) from w) from ta
~select (select 1 limit max(b)) from ta
~select (select x from tu limit max(b)) from ta
~select exists(select 1 where max(b)) from ta
~select exists(select max(b)) from ta
~select 1 in (select max(b)) from ta
~select max(b) in (select x from tu where x = max(b)) from ta
values(max(1)),(2)
values(count(*)),(2)
~select (values(count(*)),(2)) from ta
~select (values(2),(count(b))) from ta
~select a in (values(2),(count(b))) from ta
~select max(a) from ta where max(b)
~select a from ta where max(b)
~select a from ta group by a having (select 1 where max(b))
~select 1 from ta order by (select max(b))
~select 1 from ta order by (select max(x) from tu)
~select 1 from ta order by (select max(x) from tu where max(b))
~select 1 from ta group by (select max(x) from tu)
~select 1 from ta group by a order by (select max(x) from tu where max(b))
~select (select max(min(b))) from ta
~select (select x from tu where y > a group by max(b)) from ta
~select (select count(*) from tu group by max(b), x limit 1) from ta
~select (select count(*) from tu group by x having max(b) > 2 limit 1) from ta
~select (select 1 from tu having max(b) > 2 limit 1) from ta
~select (select max(x) from tu having max(b) > 2 limit 1) from ta
~select (select max(b) from tu having max(b) > 2 limit 1) from ta
~select (select a from tu order by count(b) limit 1) from ta
-- Aggregates of rows outside in places without groups, which SQLite tells of after names, and not in EXISTS.
create table ag1(c0, c1)
create table ag2(c0, c1)
insert into ag1 values(1,2),(4,5)
select c0 from ag1 where exists(select max(c0))
select c0 from ag1 where exists(values(max(c0)))
select c0 from ag1 where exists(select max(c0), c1)
select c0 from ag1 where exists(select 1 where max(c0))
select c0 from ag1 where exists(select 1 from ag2 where max(ag1.c0))
select c0 from ag1 where exists(select max(ag1.c0) from ag2)
select c0 from ag1 where exists(select max(ag1.c0)+nosuch from ag2)
select c0 from ag1 where (select max(ag1.c0) from ag2), nosuch
select nosuch from ag1 where (select max(ag1.c0) from ag2)
select c0 from ag1 where (values(max(c0)))
select c0 from ag1 where c0 in (select max(c0))
select c0 from ag1 where c0 in (select max(ag1.c0) from ag2) or nosuch
values(1),(max(1),nosuch)
values(1,2),(max(1),nosuch)
values(1,2),(max(1),2)
values(nosuch,2),(max(1),2)
select * from (values(nosuch,2),(max(1),2))
select nosuch from (values(1,2),(max(1),2))
select 1 from ag1 group by (select max(ag1.c0))
select 1 from ag1 group by (select max(ag1.c0) from ag2)
select 1 from ag1 order by (select max(ag1.c0) from ag2)
select 1 from ag1 join ag2 on (select max(ag1.c0))
select 1 from ag1 having (select max(ag1.c0))
select sum((select max(ag1.c0))) from ag1
select sum((select max(ag1.c0) from ag2)) from ag1
select (select sum((select max(ag1.c0) from ag2))) from ag1
insert into ag1 values(max(1),2)
insert into ag1 values(max(1),nosuch)
update ag1 set c0 = max(1)
update ag1 set c0 = (select max(ag1.c0))
delete from ag1 where (select max(ag1.c0))
select abs(max(c0)) from ag1 where max(c0)
select abs(max(c0)) from ag1 where abs(max(c0)) or nosuch
