-- A COLLATE anywhere in an operand reaches the comparison around it: through conditions, aggregates and windows.
create table t(a,b text collate nocase,c)
insert into t values('a','B','b'),('B','a','A')
~select max('Ab ','é',(not(1 collate nocase))), max('a','B',(not(a collate nocase))) from t
~select (not (a collate nocase)) = 'x' from t
~select max('a','B', a collate nocase is null) from t
~select max('a','B', a collate nocase is not null) from t
~select max('a','B', a collate nocase = c) from t
~select max('a','B', c = a collate nocase) from t
~select max('a','B', a collate nocase between 1 and 2) from t
~select max('a','B', 1 between 1 and 2 collate nocase) from t
~select max('a','B', 1 between a and 2 collate nocase) from t
~select max('a','B', a collate nocase in (1,2)) from t
~select max('a','B', 1 in (1,2 collate nocase)) from t
~select max('a','B', a in (1 collate nocase,2)) from t
~select max('a','B', a in (select 1 collate nocase)) from t
~select max('a','B', a collate nocase in (select 1)) from t
~select max('a','B', a collate nocase like 'x') from t
~select max('a','B', a like 'x' collate nocase) from t
~select max('a','B', a collate nocase and 1) from t
~select max('a','B', 1 or a collate nocase) from t
~select max('a','B', case when 1 then 0 collate nocase end) from t
~select max('a','B', case a collate nocase when 1 then 0 end) from t
~select max('a','B', case when a collate nocase then 0 end) from t
~select max('a','B', case when 1 then 0 else 1 collate nocase end) from t
~select max('a','B', cast(a collate nocase as int)) from t
~select max('a','B', -(a collate nocase)) from t
~select max('a','B', ~(a collate nocase)) from t
~select max('a','B', +(a collate nocase)) from t
~select max('a','B', length(a collate nocase)) from t
~select max('a','B', coalesce(1, a collate nocase)) from t
~select max('a','B', iif(1, 0, a collate nocase)) from t
~select max('a','B', (select 1 collate nocase)) from t
~select max('a','B', exists(select 1 collate nocase)) from t
~select max('a','B', (a collate nocase, 1) = (1, 2)) from t
~select max('a','B', (1,2) in ((1, a collate nocase))) from t
~select max('a','B', json_extract('{}', '$.a' collate nocase)) from t
~select max('a','B', '{"a":1}' collate nocase -> '$.a') from t
~select max('a','B', a collate nocase is true) from t
~select max('a','B', a collate nocase is distinct from 1) from t
~select max(a) < 'C' collate nocase, max(a collate nocase) = 'b', min(a collate nocase) = 'A' from t
~select max('a','B',count(a collate nocase)) from t
~select max('a','B',count(*) filter (where a collate nocase)) from t
~select max('a','B',sum(1 collate nocase)) from t
~select max('a','B',group_concat(1, 'x' collate nocase)) from t
~select max('a','B',group_concat(1, 'x' order by a collate nocase)) from t
~select max('a','B',sum(1 collate nocase) over ()) from t
~select max('a','B',sum(1) over (order by a collate nocase)) from t
~select max('a','B',lag(1, 1, 2 collate nocase) over ()) from t
~select max('a','B',sum(1) filter (where a collate nocase) over ()) from t
~select count(*) from t having max(a collate nocase) < 'c' and group_concat(c collate nocase) > 'a'
select a from t group by a having min(c collate nocase) = 'B' order by 1
~select a from t order by min('a', 'B', (not(a collate nocase))), a
~select 'a' = (not ('A' collate nocase)) || '', 'B' > (a collate nocase is null) || 'a' from t
~select 'a' in (select max(a collate nocase) from t), max(a collate nocase) in ('b') from t
~select 'b' = max(a collate nocase) over () from t
~select min('a','B', b), min('a','B', +b), min('a','B', -b), min('a','B', not b), min('a','B', b = 1), min('a','B', b||''), min('a','B', length(b)), min('a','B', cast(b as text)), min('a','B', coalesce(b,1)), min('a','B', iif(1,b,1)) , min('a','B',nullif(b,1)), min('a','B',case when 1 then b end), min('a','B', max(b)) , min('a','B',min(b,'Z')) from t
~select 'A' = max(b), 'A' = min(b, 'Z'), 'b' = coalesce(b, 1), 'b' = likely(b), 'b' = unlikely(b), 'b' = iif(1,b,1), 'b' = nullif(b, 1), 'b' = (select b) from t
select max(column2) from (values (0, 12)) having min((column1 collate nocase) || 'A') < '0B'
-- COLLATE in the result that an alias names: operators around the alias do not hear of it.
create table al0(c1 text, c3)
insert into al0 values('1e+16',1),('b','B'),('c','a')
SELECT (a.c1 COLLATE nocase) "x y" FROM al0 a WHERE "x y"||'x'>'b'
SELECT (a.c1 COLLATE nocase) x FROM al0 a WHERE x>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE x||''>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE x||(c3 collate binary)>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE max(x,c3 collate binary)>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE (a.c1 collate nocase)||''>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE +x>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE +x>'B' collate binary
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE 'B' collate binary<+x
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE -x>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE max(x,'')>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE cast(x as text)>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE case when x then 1 else x end>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE coalesce(x,1)>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a WHERE (x between 1 and 'B')>'B'
SELECT a.c1 COLLATE nocase||'' x FROM al0 a WHERE x>'B'
SELECT a.c1 COLLATE nocase x, count(*) FROM al0 a group by x||''
SELECT a.c1 COLLATE nocase x FROM al0 a group by x having (x)||'' > 'B'
SELECT a.c1 COLLATE nocase x FROM al0 a group by x having x > 'B'
SELECT a.c1 COLLATE nocase x FROM al0 a group by 1 having x||'' > 'B'
SELECT a.c1 COLLATE nocase x FROM al0 a where (x||'',1) > ('B',1)
SELECT a.c1 COLLATE nocase x FROM al0 a where x||'' in ('B','C')
SELECT a.c1 COLLATE nocase x FROM al0 a where (select x)>'B'
SELECT a.c1 COLLATE nocase x FROM al0 a where case x||'' when 'B' then 1 end
SELECT 'A' COLLATE nocase x where 'a'||''=''||x
SELECT 'A' COLLATE nocase x where (not x) > 'a'
-- Collations that are not there matter only where something is compared by them.
create table nc1(c0, BY1, c2)
insert into nc1 values(1,2,3),(4,5,6)
select 1 as a order by (select 1 collate nosuch)
select 1 collate nosuch
select 1 collate nosuch + 1
select * from nc1 where c0 collate nosuch
select (c0 collate nosuch) from nc1 group by 1
select 1 from nc1 order by c0 collate nosuch
select min(c0 collate nosuch) from nc1
select max(c0 collate nosuch, 1) from nc1
select coalesce(c0 collate nosuch, 1) from nc1
select distinct c0 collate nosuch from nc1
select c0 collate nosuch = 1 from nc1
select c0 collate nosuch like 1 from nc1
select c0 collate nosuch in (1) from nc1
select c0 collate nosuch in (select 1) from nc1
select c0 collate nosuch is null from nc1
select case c0 collate nosuch when 1 then 2 end from nc1
select case when c0 collate nosuch then 2 end from nc1
select count(c0 collate nosuch) from nc1
select count(distinct c0 collate nosuch) from nc1
select group_concat(c0 collate nosuch) from nc1
select group_concat(c0 order by c0 collate nosuch) from nc1
select row_number() over (order by c0 collate nosuch) from nc1
select row_number() over (partition by c0 collate nosuch) from nc1
select sum(c0 collate nosuch) over () from nc1
select max(c0 collate nosuch) over () from nc1
select nullif(c0 collate nosuch, 1) from nc1
select 1 union select c0 collate nosuch from nc1
select c0 collate nosuch from nc1 union all select 2
select c0 collate nosuch from nc1 union all select 2 order by 1
select 1 union all select 2 order by 1 collate nosuch
select c0 collate nosuch between 1 and 2 from nc1
select 1 where 0 and 1 collate nosuch = 2
select 1 where 1 collate nosuch = 2 and 0
select x from (select c0 collate nosuch x from nc1)
select x=1 from (select c0 collate nosuch x from nc1)
with x as (select c0 collate nosuch x from nc1) select 1 from x
with x as (select c0 collate nosuch x from nc1) select 1
select 1 where (select 1 collate nosuch) in (1)
select 1 where exists(select 1 collate nosuch)
select cast(1 collate nosuch as int), -(1 collate nosuch), typeof(1 collate nosuch), 1 collate nosuch is not null
select (1 collate nosuch,2)=(1,2)
select (1,2 collate nosuch)<(1,2)
select (1 collate nosuch, 3) in ((1,2))
select (1 collate nosuch, 3) in (select 1,2)
select (1, 3) in (select 1 collate nosuch,2)
select 1 from nc1 where c0 = 1 collate nosuch
select 1 from nc1 where c0 in (1 collate nosuch)
select 1 from nc1 group by c0 collate nosuch
select 1 collate nosuch = nosuch2
select 1 collate nosuch = 1, nosuch2
select 1 collate nosuch = 1, 1 collate nosuch2 = 1
select 1 collate nosuch2, 1 collate nosuch = 1, 1 collate nosuch2 = 1
select not (1 collate nosuch = 1)
select (1 collate nosuch = 1) and 2
select c0 collate nosuch x from nc1 where x
select c0 collate nosuch x from nc1 where x=1
select c0 collate nosuch x from nc1 where x||'' = 1
select c0 collate nosuch is true from nc1
select c0 collate nosuch is 2 from nc1
select c0 collate nosuch || 'x' > 2 from nc1
select 1 from nc1 a join nc1 b on a.c0 collate nosuch
select 1 from nc1 a join nc1 b on a.c0 collate nosuch = b.c0
select 1 limit 1 collate nosuch
select sum(c0) filter (where c0 collate nosuch) from nc1
select sum(c0) filter (where c0 collate nosuch = 1) from nc1
values(1 collate nosuch)
select 1 collate nosuch union all values(2)
select (1 collate nosuch)
-- A collation in an argument of a function that nests JSON is one of its result.
create table jn(a)
insert into jn values(1)
select 1 from (select json_object('a' collate nix) x from jn)
with w as (select json_array('a' collate nix) x from jn) select 1 from jn join w
select json_object('a' collate nocase, 1) = '{"A":1}', json_array('a' collate nocase) in ('["A"]')
