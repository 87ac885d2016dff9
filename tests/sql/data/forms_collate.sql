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
