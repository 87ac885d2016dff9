-- After a mistake in a call the names, calls and queries beside it are looked at; the last mistake is told.
create table t0(c1,c3)
create table t2(c1,c3)
select 1 from t0, t2 where (case when 1 then substring(c3) else c1 end)
select 1 from t0, t2 where abs(c3) + c1
select 1 from t0, t2 where abs(c3) and c1
select 1 from t0, t2 where abs(c3, c1)
select 1 from t0, t2 where abs(abs(c3), c1)
select 1 from t0, t2 where c3 + abs(c1)
select abs(nosuch1), nosuch2 from t0
select abs(nosuch1)+nosuch2 from t0
select nosuch1+abs(nosuch2) from t0
select abs(nosuch1)+abs(nosuch2) from t0
select nosuchf(nosuch1)+abs(nosuch2) from t0
select nosuchf(nosuch1)+nosuchg(1) from t0
select nosuchf(1)+nosuchg(1) from t0
select nosuchf(1) in (select nosuch) from t0
select nosuchf(1) + (select nosuch) from t0
select abs(nosuch1) + (select nosuch) from t0
select abs(nosuch1) + (select nosuch3 from t0, t2 where abs(nosuch2)) from t0
select abs(nosuch1) + (select 1 from t0 where abs(nosuch2) + nosuch3) from t0
select sum(nosuch1) + nosuch2 from t0
select sum(nosuch1) over (order by nosuch3) + nosuch2 from t0
select abs(nosuch1) like nosuch2 from t0
select nosuch1 like nosuch2 from t0
select nosuch1 glob nosuch2 escape nosuch3 from t0
select nosuch1 like nosuch2 escape nosuch3 from t0
select abs(nosuch1) between nosuch2 and 3 from t0
select abs(nosuch1) in (nosuch2, nosuch3) from t0
select abs(nosuch1) in (1, abs(nosuch3)) from t0
select cast(abs(nosuch1) as int), nosuch2 from t0
select 1 from t0 where abs(nosuch1) group by nosuch2
select 1 from t0 order by abs(nosuch1), nosuch2
select 1 from t0 group by abs(nosuch1), nosuch2
select 1 from t0 order by abs(nosuch1) + nosuch2
select 1 from t0 group by 1 having abs(nosuch1) + nosuch2
select 1 from t0 where max(c1) + abs(nosuch2) + nosuch3
select max(c1) from t0 where max(c1) + abs(nosuch2) + 1
select case abs(nosuch1) when nosuch2 then nosuch3 end from t0
select (abs(nosuch1), 2) = (3, nosuch2) from t0
select coalesce(abs(nosuch1), nosuch2) + 1 from t0
select abs(1,2) + nosuch from t0
select abs(1,2) + length(1,2) from t0
select abs(1,2), length(1,2) from t0
select 1 from t0 x join t0 y on abs(nosuch1) + nosuch2 where 1
select row_number() + abs(nosuch) from t0
select row_number() + 1 from t0 where nosuch
select max(max(c1)) + nosuch from t0
select max(max(c1)) + 1 from t0
select length(nosuchf(1), 2) from t0
select nosuchf(nosuchg(1)) from t0
select abs(1, max(c1)) from t0 where 1
select sum(1, nosuchf(2)) from t0
select abs(1, 2) + nosuchf(c1) + nosuchg(c1) from t0
select nosuchf(1) || (select nosuchg(1)) from t0
select 1 from t0 where nosuchf(c1) = abs(nosuch)
select nosuchf(c1) over () + nosuch from t0
select abs(c1) over () + nosuch from t0
select lag(1,2,3,4) over () + nosuch from t0
select 1 from t0 where max(c1) = nosuch
select 1 from t0 where lag(c1) over () = nosuch
select sum(distinct c1, c3) + nosuch from t0
select abs(distinct c1) + nosuch from t0
select abs(c1) filter (where 1) + nosuch from t0
select likelihood(c1, 2) + nosuch from t0
select likelihood(nosuch1, 2) + nosuch from t0
select current_timestamp + nosuch from t0
select abs(nosuch1) || -nosuch from t0
select abs(nosuch1) || (nosuch) from t0
select abs(nosuch1) || ((nosuch)) collate nocase from t0
select coalesce(nosuch1) + nosuch from t0
select abs(nosuch1) -> nosuch from t0
select abs(nosuch1) = true from t0
select abs(nosuch1) = ? from t0
select abs(nosuch1) = "nosuch" from t0
select abs(nosuch1) is null from t0
select abs(nosuch1) + exists (select nosuch) from t0
select abs(nosuch1) and not exists (select nosuch) from t0
-- Row values in the wrong place are told after names.
create table lm1(c0, c1)
create table lm2(c2, c3)
insert into lm1 values(1,2),(4,5)
select (1,2), nosuch
select (1,2) + nosuch
select (1,2) + 1 + nosuch
select 1 where (1,2) order by nosuch
select (1,2) from lm1 where nosuch
select abs((1,2)) from lm1 where nosuch
select abs((1,2)), nosuch from lm1
select sum((1,2)), nosuch from lm1
select sum((1,2)) over (order by nosuch) from lm1
select sum((1,2)) over (order by c0) from lm1
select (1,2) like nosuch
select * from (select (1,2)) where nosuch
select * from (select (1,2) x) where x
select * from (select (1,2) x) where nosuch=x
select c0 in (select 1,2) , nosuch from lm1
select c0 in (select 1,2) from lm1
select (c0,1) in (select 1) from lm1
select (c0,1) in (select 1), nosuch from lm1
select (c0,1) in (1,2)
select (c0,1) in (1,2) from lm1 where ==
select (c0,1) in ((1,2),3) from lm1 where ==
select (c0,1) in ((1,2,3)) from lm1 where ==
select (1,1) in ()
select (1,1) in ((select 1,1))
select ((1,1)) in (1)
select (1,2) = (1,2,3), nosuch
select nosuch, (1,2) = (1,2,3)
select (nosuch,2) = (1,2,3)
select (1,2) = 1 where nosuch
select (select 1,2) = (1,2,nosuch)
select (select 1,2) = nosuch
select (select 1,2) = 1
select (select 1,2) + nosuch
select (select 1,2), nosuch
select (select 1,2)
select (select (1,2))
select 1 union select (1,2)
select (1,2) union select 1
select (1,2) union select nosuch
select 1 group by (1,2)
select 1 limit (1,2)
select 1 limit (select 1,2)
select (1,2) is null, nosuch
select not (1,2), nosuch
select -(1,2), nosuch
select cast((1,2) as int), nosuch
select (1,2) collate nocase, nosuch
select (1,2) collate nocase
select case (1,2) when 1 then nosuch end
select case 1 when (1,2) then nosuch end
select case when (1,2) then nosuch end
select case when (1,2) then 1 end
select case 1 when 1 then (1,2) end
select case 1 when 1 then (1,2) else nosuch end
select (1,2) between 1 and 2
select 1 between (1,2) and nosuch
select (1,2) between (1,2) and (1,2,3)
select (1,2) and 0
select 0 and (1,2)
values((1,2))
values((1,2)),(1)
values(1),((1,2))
select max((1,2),3), nosuch
select count((1,2))
select count((1,2)), nosuch
select count(*) filter (where (1,2)), nosuch
select count(*) filter (where (1,2))
select * from lm1 join lm2 on (1,2) where nosuch
select * from lm1 join lm2 on (1,2)
with x as (select (1,2)) select nosuch from x
with x as (select (1,2)) select 1 from x
with x as (select (1,2)) select 1
select json_array((1,2)), nosuch
select x from (select (1,2) x, nosuch)
select (1,2) from (select nosuch)
select likelihood((1,2), 0.5), nosuch
select * from json_each((1,2)) where nosuch
select * from json_each((1,2))
select * from lm1 where c0 = (select 1,2) and nosuch
select nosuch((1,2)), (1,2)
select (1,2) || 'x' || (3,4)
select (select 1,2) || (1,2)
select (1,2) in ((((1,2))))
select (select 1,2) in (1,2)
select (select 1,2) in ((1,2))
select 1 in ((1,2))
select (select * from lm1) = 1
select (select * from lm1) = (1,2,3)
select (select lm1.* from lm1) = (1,nosuch)
select (values(1,2)) = (1,nosuch,2)
select (1,2) between (select 1,2) and (values(3,4))
select (1,2) in ((1,2),(3,4))
select (1,2) in (((1,2)),(3,4))
-- ON clauses of joins in parentheses are looked at in their order.
create table on0(c0 INTEGER PRIMARY KEY, c1 , c2 , c3 , c4 )
create table on1(c0, c1 , c2 , c3 , c4 )
create table on92(c0, c1,c2)
SELECT a281.* FROM on1 AS a280 RIGHT JOIN (on0 AS a281 JOIN (on0 AS a282 NATURAL LEFT JOIN on92 AS a283) ON a281.c2 = c0 LEFT JOIN on1 AS a284 ON c3 = a284.c3) ON a280.c0 = c4
SELECT 1 FROM (on0 AS a281 JOIN (on0 AS a282 NATURAL LEFT JOIN on92 AS a283) ON a281.c2 = c0 LEFT JOIN on1 AS a284 ON c3 = a284.c3)
SELECT 1 FROM on92 a right JOIN (on92 b join on92 d on c0=1 LEFT JOIN on1 c ON nosuch2) on c3 where nosuch3
SELECT 1 FROM on92 a right JOIN (on92 b left join on92 d on c0=1 LEFT JOIN on1 c ON nosuch2) on c3 where nosuch3
SELECT 1 FROM (on92 b join on92 d on c0=1 LEFT JOIN on1 c ON c1=2)
SELECT 1 FROM on1 left join (on92 b join on92 d on c0=1 LEFT JOIN on1 c ON c1=2)
SELECT 1 FROM on1 left join (on92 b join on92 d on c0=1 LEFT JOIN on1 c ON c1=2 join on1 on c2=1) x
SELECT 1 FROM (on92 b join on92 d on c0=1 JOIN on1 c ON c1=2 left join on1 on c2=1) x
SELECT 1 FROM on0 natural left join on0 b left join on92 c on c0 = c.c2 and tan(a.c3+nosuch) where c2=1 and c1 in (select nosuch2)
SELECT nosuch FROM (on92 b join on92 d on c0=1 JOIN on1 c ON c1=2 left join on1 on c2=1) x
-- Of a recursive query, LIMIT and the last term come first.
create table rt1(c0, c1)
insert into rt1 values(1,2),(4,5),(1.0,3),('1',4)
with recursive c(n) as (select nosuch1 union all select nosuch2 from c) select * from c
with recursive c(n) as (select 1 union all select nosuch2 from c) select nosuch3 from c
with recursive c(n) as (select nosuch1 union all select n from c) select nosuch3 from c
with recursive c(n) as (select nosuch1 union all select n from c where nosuch order by nosuch4 limit nosuch5) select 1 from c
with recursive c(n) as (select nosuch1 union all select n from c, nosucht) select 1 from c
with recursive c(n) as (select 1 union all select n from c union all select nosuch from c) select 1 from c
with recursive c(n) as (select 1 union all select nosuch1 from c union all select nosuch2 from c) select 1 from c
with recursive c(n) as (select 1 union all select nosuch1 from c union all select nosuch2 from c limit nosuch3) select 1 from c
with recursive c(n) as (select nosuch0 union all select nosuch1 from c union all select nosuch2 from c) select 1 from c
with recursive c(n) as (select nosuch0 union select nosuchx union all select nosuch1 from c union all select nosuch2 from c) select 1 from c
with recursive c(n) as (select nosuch0 union select nosuchx union all select n from c union all select 2 from c) select 1 from c
with recursive c(n) as (select nosuch0 union all select n from c where n < (select nosuch1)) select 1 from c
-- After mistakes in arguments SQLite looks at ORDER BY and FILTER.
create table fi1(a, b)
SELECT max(nosuch1) filter (where nosuch2) from fi1
SELECT max(x.nosuch1) filter (where a in (1,x.nosuch2)) from fi1
SELECT max(x.nosuch1) filter (where a in (x.nosuch2)) from fi1
SELECT max(x.nosuch1) filter (where a = x.nosuch2) from fi1
SELECT max(x.nosuch1) filter (where (a, x.nosuch2)=(1,2)) from fi1
SELECT max(x.nosuch1) filter (where case x.nosuch2 when 1 then 2 end) from fi1
SELECT max(x.nosuch1) filter (where (a in (1, case (1,x.nosuch2) when (1,1) then 2 end))) from fi1
SELECT max(x.nosuch1) filter (where abs(x.nosuch2)) from fi1
SELECT max(x.nosuch1) filter (where abs(nosuch2())) from fi1
SELECT max(x.nosuch1) filter (where (abs(nosuch2()))) from fi1
SELECT max(x.nosuch1) filter (where a) over nosuch3 from fi1
SELECT max(x.nosuch1) filter (where x.nosuch2) over nosuch3 from fi1
SELECT max(nosuch1()) filter (where a in (1,x.nosuch2)) from fi1
SELECT max(nosuch1()) filter (where a is x.nosuch2) from fi1
SELECT group_concat(nosuch1 order by nosuch2) from fi1
SELECT group_concat(a order by nosuch2, nosuch3) from fi1
SELECT group_concat(a order by nosuch2) filter (where nosuch3) from fi1
SELECT group_concat(nosuch1 order by nosuch2) filter (where nosuch3) from fi1
SELECT group_concat(nosuch1 order by a) filter (where nosuch3) from fi1
SELECT group_concat(nosuch1 order by nosuch2+1) filter (where a) from fi1
SELECT group_concat(nosuch1 order by a||nosuch2) filter (where nosuch4||1) from fi1
SELECT group_concat(nosuch1, nosuch2 order by nosuch3) from fi1
SELECT group_concat(nosuch1||1, nosuch2 order by nosuch3||1) from fi1
SELECT sum(nosuch1) filter (where exists(select nosuch2)) from fi1
SELECT sum(nosuch1) filter (where (select nosuch2)) from fi1
SELECT sum(nosuch1) filter (where a in (select nosuch2)) from fi1
SELECT sum(nosuch1) filter (where nosuch2 in (select 1)) from fi1
SELECT sum(nosuch1) filter (where nosuch2 like 1) from fi1
SELECT sum(nosuch1) filter (where not nosuch2) from fi1
SELECT sum(nosuch1) filter (where nosuch2 isnull) from fi1
SELECT sum(nosuch1) filter (where nosuch2 between 1 and 2) from fi1
SELECT sum(nosuch1) filter (where cast(nosuch2 as int)) from fi1
SELECT sum(nosuch1) filter (where +nosuch2) from fi1
SELECT sum(nosuch1) filter (where nosuch2 collate nocase) from fi1
SELECT sum(a) filter (where nosuch2(1)) over (partition by nosuch3) from fi1
SELECT sum(a) filter (where a+nosuch2(1)) over (partition by nosuch3+1) from fi1
SELECT sum(a) filter (where a+nosuch2(1)) over (partition by nosuch3+1 order by nosuch4||1) from fi1
-- OVER is looked at after arguments; a NATURAL join with ON after the tables.
create table wi1(a, b)
create table wi2(a, b)
insert into wi1 values(1,2),(3,4)
SELECT nosuch(1)FILTER(WHERE nosuchc)
SELECT length()FILTER(WHERE nosuchc)
SELECT length(1)FILTER(WHERE nosuchc)
SELECT sum(1,2)FILTER(WHERE nosuchc)
SELECT sum(nosuch)FILTER(WHERE nosuchc)
SELECT sum(nosuch(1))FILTER(WHERE nosuchc)
SELECT sum(1)FILTER(WHERE nosuchc) over wi1
SELECT sum(nosuch)FILTER(WHERE nosuchc) over wi1
SELECT sum(1)over (partition by nosuch order by nosuch2)
SELECT sum(1)filter(where nosuch0) over (partition by nosuch order by nosuch2)
SELECT min('.5'<>c1)OVER wi1
SELECT min('.5'<>c1)OVER wi1, nosuch2
SELECT min(1)OVER wi1, nosuch2
SELECT sum(nosuch)over (partition by nosuch1 order by nosuch2)
SELECT sum(1)over (nosuchw partition by nosuch1 order by nosuch2)
SELECT sum(nosuch())over (nosuchw partition by nosuch1 order by nosuch2)
SELECT nosuchf(1) over (partition by nosuch1)
SELECT abs(1) over (partition by nosuch1)
SELECT abs(nosuch) over (partition by nosuch1)
SELECT row_number(1) over (partition by nosuch1)
SELECT row_number(nosuch) over (partition by nosuch1)
SELECT row_number() filter (where nosuch) over (partition by nosuch1)
SELECT row_number() filter (where 1) over (partition by nosuch1)
SELECT row_number() filter (where 1) over ()
SELECT sum(1) over w from wi1 window w as (partition by nosuch), v as (order by nosuch2)
SELECT sum(1) over (w order by nosuch3) from wi1 window w as (partition by nosuch), v as (order by nosuch2)
SELECT sum(1) over (partition by row_number() over ()) from wi1
SELECT sum(1) over (partition by sum(1)) from wi1
SELECT sum(1) over (order by a range 1 preceding), nosuch from wi1
SELECT sum(1) over (order by a,b range 1 preceding) from wi1
SELECT sum(1) over (partition by nosuch order by a,b range 1 preceding) from wi1
select 1 from wi1 natural join wi2 on 1
select 1 from wi1 natural join wi2 using(a)
select 1 from wi1 natural join nosuch using(a)
select 1 from wi1 natural join wi2 on nosuch
select 1 from wi1 natural join wi2 on 1 natural join nosuch where ==
select nosuch from wi1 natural join wi2 on 1
select 1 from wi1 join wi2 using(nosuch) natural join wi2 b on 1
SELECT * FROM(SELECT 1 x,('a',''))
SELECT 1 FROM(SELECT distinct 1 x,('a',''))
SELECT 1 FROM(SELECT a,('a','') from wi1)
SELECT count(*) FROM(SELECT a,('a','') from wi1)
SELECT (1,2)
SELECT (1,2), nosuch
select exists(select (1,2))
select exists(select (1,2) from wi1)
select 1 from wi1 where exists(select (1,2) from wi2)
select (select (1,2))
select 1 in (select (1,2))
insert into wi1 select (1,2), 3
create view v1 as select (1,2) x
select * from v1
create table wi7 as select (1,2) x
select 1 from wi1 join wi2 b full join wi2 c using(a,b)
select 1 from wi1 join wi2 b full join wi2 c using(b,a)
SELECT 1 FROM wi1 JOIN (SELECT 1 AS a, c1) NATURAL RIGHT JOIN wi2
select (1,2) union select 1
select (1,2) union select 1,2
select (1,2) x order by x
select distinct (1,2)
select (1,2) from wi1 group by 1
-- What is right of IN is looked at before what is left of it.
create table il1(a,b)
SELECT((a778,0.1)IN(('x',c2)))
SELECT(replace(a555)IN(SELECT 1 WHERE CAST1))
SELECT (nosuch1,0.1)IN ((1,nosuch2),(3,4))
SELECT (nosuch1,0.1)IN ((1,2),(3,4))
SELECT (1,2) IN ((1,2),(3,4)), (1,2) not in ((3,4)), (null,1) in ((1,2)) from il1
SELECT abs(nosuch1) in (select nosuch2||1)
SELECT abs(nosuch1) in (select abs(nosuch2)||1)
SELECT nosuch1 in il1, nosuch2
SELECT (select nosuch3) in (select nosuch2)
SELECT 1 where (1,2) and 0
SELECT 1 where 0 and (1,2)
SELECT 1 from il1 where (1,2)
SELECT 1 from (select 1 from il1 where (1,2)) where 0
SELECT 1 from il1 join il1 b on (1,2)
SELECT 1 from il1 group by a having (1,2)
-- A call after another one with a mistake.
create table cf0(c0,c1,c3,g4)
SELECT 1 FROM cf0 a where concat('x', ((a.c0 % z.column1) IS CAST((-3) AS INT))) is not (SELECT group_concat((2=x.c1), '' ORDER BY x.c3 ASC, x.rowid) FILTER (WHERE (CAST(x.g4 AS INTEGER) LIKE '')) FROM cf0 y WHERE "no such column")
SELECT 1 FROM cf0 a where concat(z.column1) is not (SELECT group_concat(2=x.c1, '' ORDER BY x.c3) FROM cf0)
SELECT group_concat(2=x.c1 ORDER BY x.c3)
SELECT abs(x.c4), group_concat(2=x.c1 ORDER BY x.c3)
SELECT abs(x.c4)+ group_concat(2=x.c1 ORDER BY x.c3)
SELECT abs(x.c4)+ group_concat(x.c1 ORDER BY x.c3)
SELECT abs(x.c4)+ (select group_concat(2=x.c1 ORDER BY x.c3))
SELECT abs(x.c4)+ group_concat(2=x.c1 ORDER BY 1=x.c3) filter (where x.c5)
SELECT abs(x.c4)+ group_concat(2=x.c1 ORDER BY 1=x.c3) filter (where -x.c5)
SELECT abs(abs(abs(abs(x.c4)+1)+1)+1, abs(x.c5, abs(x.c6)+1))
-- A word on the right of IS is looked at first.
create table iw1(a,b)
SELECT nosuch1 is nosuch2
SELECT nosuch1 is not nosuch2
SELECT nosuch1 is distinct from nosuch2
SELECT nosuch1 is (nosuch2)
SELECT nosuch1 is nosuch2 collate nocase
SELECT nosuch1 is likely(nosuch2)
SELECT nosuch1 is x.nosuch2
SELECT nosuch1 is "nosuch2"
SELECT nosuch1 is [nosuch2]
SELECT nosuch1 is true
SELECT nosuch1 = nosuch2
SELECT (nosuch1,2) is nosuch2
SELECT (1,2) is nosuch2
SELECT nosuch1 is a from iw1
SELECT nosuch1 is a from iw1, iw1 b
SELECT abs(nosuch0) + (nosuch1 is nosuch2)
SELECT abs(nosuch0) + (1 is nosuch2)
SELECT abs(nosuch0) + (1 is x.nosuch2)
-- What is wrong with a column of a query in FROM matters only if it is read.
create table uu1(a, b)
create table uu2(a, b)
insert into uu1 values(1,2),(3,4)
SELECT 1 FROM (SELECT 1,('a',''))
SELECT x FROM (SELECT 1 x,('a',''))
SELECT 1 FROM (SELECT 1 x,('a','') limit 1)
SELECT 1 FROM (SELECT 1 x,('a','') union all select 1,2)
SELECT 1 FROM (SELECT 1 x,2 union all select 1,('a',''))
SELECT 1 FROM (SELECT 1 x,2 union select 1,('a',''))
SELECT 1 FROM (SELECT distinct 1 x,('a',''))
SELECT 1 FROM (SELECT count(*) x,('a','') from uu1)
SELECT 1 FROM (SELECT count(*) over () x,('a','') from uu1)
SELECT count(*) FROM (SELECT a,('a','') from uu1)
SELECT * FROM (SELECT a,('a','') from uu1)
SELECT y FROM (SELECT a,('a','') y from uu1)
SELECT 1 FROM (SELECT a,('a','') y from uu1) where y
SELECT 1 FROM (SELECT a,('a','') y from uu1) where a
SELECT 1 FROM (SELECT a,('a','') y from uu1) order by y
SELECT 1 FROM (SELECT a,('a','')+1 y from uu1 order by y)
SELECT 1 FROM (SELECT a,('a','')+1 y from uu1 order by 2)
SELECT 1 FROM (SELECT a,('a','')+1 y from uu1)
SELECT 1 FROM (SELECT a,(1,2) in (select 1) y from uu1)
SELECT 1 FROM (SELECT a,(select 1,2) y from uu1)
SELECT 1 FROM (SELECT a,a collate nosuch = 1 y from uu1)
SELECT y FROM (SELECT a,a collate nosuch = 1 y from uu1)
SELECT 1 FROM (VALUES (0, 'x'), (1, count()), (2, 'ab'))
SELECT column1 FROM (VALUES (0, 'x'), (1, count()), (2, 'ab'))
SELECT column2 FROM (VALUES (0, 'x'), (1, count()), (2, 'ab'))
SELECT 1 FROM (VALUES (0, (1,2)), (1, 1))
VALUES (0, (1,2)), (1, 1)
VALUES (0, 1), (1, count())
with x as (SELECT a,('a','') y from uu1) select a from x
with x as (SELECT a,('a','') y from uu1) select y from x
with x as materialized (SELECT a,('a','') y from uu1) select a from x
with x as (SELECT 1 a,('a','') y) select a from x
with x as (SELECT a,('a','') y from uu1 limit 1) select a from x
with x as (SELECT a,('a','') y from uu1) select 1
select 1 from uu1 where exists(select (1,2) from uu2)
select 1 from uu1 where a in (select (1,2) from uu2)
select (select (1,2))
select 1 from uu1 join (select (1,2) z, 1 a) using (a)
select 1 from uu1 natural join (select (1,2) b, 1 a)
select 1 from (uu1 join (select (1,2) z, 1 c)) x
select x.* from (uu1 join (select (1,2) z, 1 c)) x
select * from (uu1 join (select (1,2) z, 1 c)) x
create view uuv1 as select (1,2) z, a from uu1
select a from uuv1
select z from uuv1
select 1 from (select (1,2), nosuch)
select 1 from (select (1,2) z) where nosuch
select 1 where json(count(1)) filter (where 1)
select 1 group by 1 having (select 1 where abs(count(1)) filter (where 1))
select (select 1 where json(jsonb_group_object(1, 1)) filter (where 1))
select 1 group by 1 having json(count(1)) filter (where 1)
select 1 from t0 where abs(max(c1)) filter (where 1)
select 1 from t0 where abs(max(nosuch)) filter (where 1)
select 1 from t0 join t2 on abs(max(1)) filter (where 1)
create table never_null(a not null, b)
select 1 from t0 left join t2 on a isnull join never_null
select 1 from t0 left join t2 on t0.rowid and (+a is not null) join never_null
select 1 from t0 left join t2 on never_null.rowid is null join never_null
select 1 from t0 left join t2 on b isnull join never_null
select 1 from t0 left join t2 on not (a is null and b) join never_null
select 1 from t0 left join t2 on a is null left join never_null
-- A test for NULL is passed over, as a call is: what stands beside it is looked at as well.
create table nt(a,b,c)
select 1 from nt where (n1 isnull) and n2
select 1 from nt where n2 and (n1 isnull)
select 1 from nt where (n1 isnull) and (n2 isnull)
select 1 from nt where (n1 notnull)
select (n1 isnull), n2 from nt
select (n1 isnull)+n2 from nt
select (n1 isnull)+f(1) from nt
select (n1 isnull)+(1,2) from nt
select (n1 isnull)+sum(1) from nt where sum(1)
select 1 from nt where (n1 isnull)
select 1 from nt where (n1 isnull) group by n2
select 1 from nt order by (n1 isnull)+n2
select 1 from nt group by (n1 isnull) having n2
select 1 from nt where f(n1) isnull and n2
select 1 from nt where (select n1) isnull and n2
select 1 from nt where (n1+n2) isnull
select 1 from nt where ((n1 isnull) isnull) and n2
select 1 from nt where (n1 is null) and n2
select 1 from nt where (n1 is not null) and n2
select 1 from nt where (n1 is 1) and n2
select 1 from nt where (n1 isnull) and 1 in (select n2)
select 1 from nt where (n1 isnull) and exists(select n2)
select 1 from nt where (n1 isnull) and (select n2 isnull)
select 1 from nt join nt x on (n1 isnull) where n2
select 1 from nt left join nt x on (n1 isnull) where n2
select case a when (n1 isnull) then n2 end from nt
select 1 from nt where (f(1) isnull) and n2
select 1 from nt where ((1,2) isnull) and n2
select 1 from nt limit (n1 isnull)+n2
select 1 from nt where (n1 isnull) and a collate nix
select sum(a) filter(where (n1 isnull) and n2) from nt
select sum(a) over(partition by (n1 isnull), n2) from nt
select abs(n1)+sum(sum(1)) from nt
select 1 from nt where max((select a from nt union select 1,2))
select 1 from nt where sum((select 1 order by 3))
select 1 from nt limit abs(n1)+n2
select 1 from nt where a+1 between b and (select a from nt union select 1,2)
select sum(abs(n1)+sum(1)) from nt
-- ON and WHERE are one expression.
SELECT 2 FROM nt u JOIN nt uu ON nt.a WHERE (count(*)) IS NULL
SELECT 1 FROM nt JOIN nt uu ON b WHERE max(abs()) GROUP BY 1 LIMIT 'x'
select 1 from nt join nt u on n2 where abs(n1) and n3
select 1 from nt join nt u on n2 and n3 where abs(n1)
select 1 from nt join nt u on abs(n2) join nt v on n3 where abs(n1)
select 1 from nt left join nt u on abs(n2) left join nt v on n3
-- Queries in a WINDOW clause have to read what there is, used or not; their names need not mean anything.
select 1 from nt window w as (partition by exists(select 2 from nt join nt u using (nosuch)))
select 1 from nt window w as (partition by a in nosuch)
select 1 from nt window w as (order by (select n1))
with q as (select 1) select 1 from nt window w as (partition by a in q, (select 1 from q))
select exists(select 1 from nt window w as (partition by a in nosuch))
