-- WITH and WITH RECURSIVE: one statement a line; ~ where the order of rows is free
create table t(id integer primary key, p int, n text)
insert into t values(1,null,'root'),(2,1,'a'),(3,1,'b'),(4,2,'aa'),(5,2,'ab'),(6,3,'ba'),(7,6,'baa')
with recursive c(x) as (select 1 union all select x+1 from c where x<10) select * from c
with recursive c(x) as (select 1 union all select x+1 from c where x<1000) select count(*), sum(x), min(x), max(x) from c
with recursive c(x) as (values(1) union all select x+1 from c limit 5) select * from c
with recursive c(x) as (values(1) union all select x+1 from c limit 5 offset 2) select * from c
with recursive c(x) as (values(1) union all select x+1 from c) select * from c limit 7
with recursive c(x) as (values(1),(10) union all select x+1 from c) select * from c limit 7
with recursive c(x,l) as (values(1,0),(10,0) union all select x*2,l+1 from c where l<3 union all select x*3,l+1 from c where l<3) select * from c
with recursive c(x,l) as (values(1,0),(10,0) union all select x*2,l+1 from c where l<3 union all select x*3,l+1 from c where l<3 order by 2 desc, 1) select * from c
with recursive c(x) as (select 1 union select (x+1)%5 from c) select * from c
with recursive c(x) as (select 1 union select x%5+1 from c union select x*2 from c where x<50) select * from c
with recursive tree(id,n,lvl) as (select id,n,0 from t where p is null union all select t.id,t.n,lvl+1 from tree join t on t.p=tree.id) select * from tree
with recursive tree(id,n,lvl) as (select id,n,0 from t where p is null union all select t.id,t.n,lvl+1 from t join tree on t.p=tree.id order by 3 desc) select substr('......',1,lvl*2)||n from tree
with recursive tree(id,n,lvl) as (select id,n,0 from t where p is null union all select t.id,t.n,lvl+1 from t, tree where t.p=tree.id order by lvl desc, n desc) select substr('......',1,lvl*2)||n from tree
with recursive anc(id) as (select 7 union all select p from t join anc using(id)) select * from anc
with recursive fib(a,b) as (select 0,1 union all select b,a+b from fib limit 100) select a from fib
with recursive fact(n,f) as (select 1,1 union all select n+1,f*(n+1) from fact where n<25) select * from fact
with recursive c(x) as (select 1 union all select x||'a' from c where length(x)<5) select x, typeof(x) from c
with recursive c(x) as (select 1.5 union all select x*2 from c where x<100) select x from c
with recursive c(x) as (select null union all select coalesce(x,0)+1 from c where coalesce(x,0)<3) select * from c
with c as (select * from c) select * from c
with recursive a as (select * from b), b as (select * from a) select * from a
with recursive c(x) as (select 1 union all select x+1 from (select * from c) where x<5) select * from c
with recursive c(x) as (select 1 union all select a.x+1 from c a, c b where a.x<5) select * from c
with recursive c(x) as (select 1 union all select x+1 from c where x<(select max(x) from c)) select * from c
with recursive c(x) as (select 1 union all select max(x)+1 from c where x<5) select * from c
with recursive c(x) as (select 1 union all select x+1 from c where x<5 union all select 7) select * from c
with recursive c(x) as (select 1 union all select x+1, 2 from c where x<5) select * from c
with recursive c(x,y) as (select 1 union all select x+1 from c where x<5) select * from c
with c(x) as (select 1 union all select x+1 from c where x<5) select a.x,b.x from c a join c b on a.x=b.x+1
with recursive c(x) as (select 1 union all select x+1 from c where x<5) select x, (select count(*) from c b where b.x<=c.x) from c
select id, (with recursive anc(i) as (select t.id union all select p from anc join t t2 on t2.id=anc.i where p is not null) select group_concat(i) from anc) from t
with recursive c(x) as (select 1 union all select x+1 from c) select x from c where x>5 limit 3
with recursive c(x) as (select 1 union all select distinct 2*x from c, t where x<100) select * from c
with recursive c(x,y) as (select 1, 2 union select y,x from c) select * from c
with recursive c(x) as (select 'a' collate nocase union select case x when 'a' then 'A' else 'b' end from c) select * from c
with recursive c(x) as (select id from t where id<3 union all select t.id from t left join c on t.p=c.x where t.id=c.x+1 and t.id<6) select * from c
with recursive c(x) as (select 1 union all select x+1 from c where x < 5), d(y) as (select x from c union all select y*10 from d where y<30) select * from d
with recursive d(y) as (select x from c union all select y*10 from d where y<30), c(x) as (select 1 union all select x+1 from c where x < 5) select * from d
with recursive c(x) as (select 1 union all select x+1 from c where x<3) select * from t where id in c
with recursive c(x) as (select 1 union all select x+1 from c where x<3) select * from t where id in (select x from c)
with recursive c(x) as (select 1 union all select x+1 from c where x<3) select * from t where exists(select 1 from c where x=id)
with recursive c(x) as (select 1 intersect select x+1 from c where x<3) select * from c
with recursive c(x) as (select 1 union all select x+1 from c where x<3 union select 9) select * from c
with recursive c(x) as (select 3 union select 1 union all select x+1 from c where x<3) select * from c
with recursive c(x) as (select 1 as z union all select z+1 from c where x<3) select * from c
with recursive c as (select 1 as z union all select z+1 from c where z<3) select z from c
with recursive c as (select 1 as z union all select z+1 from c where z<3 order by z desc limit 2) select z from c
with recursive c as (select 1 as z union all select z+1 from c where z<3 order by foo) select z from c
with a as (select 1 as x), b as (select x+1 as y from a) select * from a,b
with a(x) as materialized (select 1), b as not materialized (select x+1 as y from a) select * from a,b
with a as (select 1 as x) select * from (with a as (select 2 as x) select * from a), a
with a as (select random() as r) select (select r from a)=(select r from a)
with a as materialized (select random() as r) select x.r=y.r from a x, a y
with x(a,a) as (select 1,2) select * from x
with x(a,b) as (select 1,2,3) select * from x
with x as (select 1), x as (select 2) select * from x
with recursive c(x) as (select 1 union all select x+1 from c where x<4) select group_concat(x order by x desc), count(*) from c having count(*)>2
with recursive c(i,s) as (select 1,'x' union all select i+1, s||i from c where i<5) select s from c order by length(s) desc limit 2
with recursive d(x) as (select 0 union all select x+1 from d where x<9) select a.x*10+b.x as n from d a, d b order by n desc limit 3
with recursive xaxis(x) as (values(-2.0) union all select x+0.5 from xaxis where x<1.2), yaxis(y) as (values(-1.0) union all select y+0.5 from yaxis where y<1.0), m(iter, cx, cy, x, y) as (select 0, x, y, 0.0, 0.0 from xaxis, yaxis union all select iter+1, cx, cy, x*x-y*y + cx, 2.0*x*y + cy from m where (x*x + y*y) < 4.0 and iter<28), m2(iter, cx, cy) as (select max(iter), cx, cy from m group by cx, cy), a(t) as (select group_concat( substr(' .+*#', 1+min(iter/7,4), 1), '') from m2 group by cy) select group_concat(rtrim(t),x'0a') from a
with recursive c(x) as (select 5 union all select x+3 from c where x<20) select x from c
with recursive c(x) as (select 5 union all select x+3 from c where x<=20) select x from c
with recursive c(x) as (select 5 union all select x+3 from c where 20>=x) select x from c
with recursive c(x) as (select 5 union all select x+3 from c where 20>x) select x from c
with recursive c(x) as (select 50 union all select x+3 from c where x<20) select x from c
with recursive c(x) as (select 20 union all select x+1 from c where x<20) select x from c
with recursive c(x) as (select 20 union select x+1 from c where x<=20) select x from c
with recursive c(x) as (select '5' union all select x+3 from c where x<20) select x, typeof(x) from c
with recursive c(x) as (select 5.0 union all select x+3 from c where x<20) select x, typeof(x) from c
with recursive c(x) as (select null union all select x+3 from c where x<20) select x, typeof(x) from c
with recursive c(x) as (select 5 union all select x+3 from c where x<'20') select x, typeof(x) from c limit 20
with recursive c(x) as (select 5 union all select x+3 from c where x<19.5) select x, typeof(x) from c
with recursive c(x) as (select 5 union all select x+3 from c where x<null) select x, typeof(x) from c
with recursive c(x) as (select 9223372036854775800 union all select x+3 from c where x<9223372036854775807) select x, typeof(x) from c
with recursive c(x) as (select 9223372036854775800 union all select x+3 from c where x<=9223372036854775804) select x, typeof(x) from c
with recursive c(x) as (select 9223372036854775800 union all select x+3 from c where x<=9223372036854775803) select x, typeof(x) from c
with recursive c(x) as (select -9223372036854775807 - 1 union all select x+9223372036854775807 from c where x<=0) select x, typeof(x) from c
with recursive c(x) as (select -9223372036854775807 - 1 union all select x+1 from c where x<9223372036854775806 limit 3 offset 4) select x from c
with recursive c(x) as (select 1 union all select x+1 from c where x<9000000000000000000) select x from c limit 5 offset 7000
with recursive c(a,x,b) as (select 'a',1,2.5 union all select a,x+2,b from c where x<10) select * from c
with recursive c(a,x) as (select 'a',1 union select a,x+2 from c where x<10000) select count(*), sum(x), min(x), max(x), total(x), avg(x), min(a) from c
with recursive c(a,x) as (select 1,1 union all select x,x+1 from c where x<10) select * from c
with recursive c(a,x) as (select 4,1 union all select a,x+1 from c where x<a) select * from c
with recursive c(x) as (select 1 union all select x+1 from c where x<10 and x<>7) select * from c
with recursive c(x) as (select 1 union all select x+1 from c where x<10) select a.x, b.x from c a, c b where a.x = b.x + 7
with recursive c(x) as (select cast('7' as text) union all select x+1 from c where x<10) select x, typeof(x) from c limit 30
with recursive c(x) as (select p from t where id=2 union all select x+1 from c where x<4) select x from c
select t.id, (with recursive c(x) as (select t.id union all select x+2 from c where x<9) select group_concat(x) from c) from t
WITH r(n,s) AS (SELECT 2,1 UNION SELECT n,row_number() OVER () FROM r) SELECT s FROM r
WITH r(n,s) AS (SELECT 2,1 UNION ALL SELECT n+1,sum(n) OVER () FROM r WHERE n<5) SELECT n,s FROM r
WITH r(n,s) AS (SELECT 2,count(*) OVER () UNION ALL SELECT n+1,s FROM r WHERE n<5) SELECT n,s FROM r
WITH r(n,s) AS (SELECT 2,1 UNION ALL SELECT n+1,count(*) OVER () FROM r WHERE n<4 UNION ALL SELECT n+2,s FROM r WHERE n<4) SELECT n,s FROM r
-- A recursive term that reads a later column of its table reads one that has no affinity yet.
create table rce(p text, c)
create table rct(a int, b int)
insert into rce values(2,null)
insert into rct values(2,3)
with recursive r(x,y,d) as (select a,b,0 from rct union select r.y,r.x,d+1 from r where d<2 and r.x in (select p from rce)) select * from r
with recursive r(x,y,d) as (select a,b,0 from rct union select r.y,r.x,d+1 from r where d<2 and r.x = '2') select * from r
with recursive r(x,y,d) as (select a,b,0 from rct union select r.x,r.y,d+1 from r where d<2 and r.x = '2') select * from r
with recursive r(x,y,d) as (select a,b,0 from rct union select r.y,r.x,d+1 from r join rce on r.x = rce.p where d<2 ) select * from r
with recursive r(x,y,d) as (select a,b,0 from rct union select r.y,r.x,d+1 from r where d<2 and +r.x = '2') select * from r
with recursive r(x,y,d) as (select a,b,0 from rct union select r.y,r.x,d+1 from r where d<2 and r.x = '2'), q as (select x from r) select * from q
with recursive r(x,y,d) as (select a,b,0 from rct union select r.x,r.y,d+1 from r where d<2 and (r.x = '2' or r.y='3')) select *, x='2',y='3',d='1' from r
with recursive r(x,y,d) as (select a,b,0 from rct union select r.y,r.y,d+1 from r where d<2) select *, x='2',y='3',d='1',d='0' from r
with recursive r(x,y,d) as (select a,b,0 from rct union select r.x,r.x,d+1 from r where d<2) select *, x='2',y='2',d='1',d='0' from r
with recursive r(x,y) as (select 1,p from rce union all select y,x from r limit 5) select x,y,x='2',y=2, x=2,y='1', y=1 from r
with recursive r(x,y) as (select p,1 from rce union all select y,x from r limit 5) select x,y,x='2',y=2, x=2,y='1', y=1 from r
with recursive r(x,y) as (select p,a from rce, rct union all select case when x=2 then y else x end, x from r union all select y collate nocase, +x from r limit 9) select x,y,x='2',y=2, x=2,y='1', y=1 from r
with recursive r(x,y) as (select null,a from rct union all select y, x from r limit 9) select x,y,x='2',y=2, x=2,y='1', y=1 from r
-- Several rows of VALUES are a table to SQLite, but SELECTs behind a WITH, in a view, and where the first has a CAST.
create table vte(p , c text, w int)
insert into vte values('1',3,2)
with recursive r(x,y,d) as (values(1.0,'a',0),(0,null,0) union all select cast(e.c as int),e.p,d+1 from r join vte e on d<3 and e.p=r.x) select * from r
select x='1', x from (select 1 x union all select w from vte)
select x='1', x from (values (1),(2) union all select w from vte), (select 1)
select column1='1' from (values (1),(2) union all select w from vte)
with z as (select 1) select column1='1', column1 ='2' from (values (1),(2) union all select w from vte)
with z(column1) as (values (1),(2) union all select w from vte) select column1='1', column1 ='2' from z
with z(column1) as (values (1),('2') union all select w from vte) select column1='1', column1 ='2',column1=2 from z
select column1='1', column1 ='2',column1=2 from (values (1),('2') union all select w from vte)
select column1='1', column1 ='x' from (values (cast(1 as int)),('x'))
select column1='1', column1 ='2' from (values (cast(1 as int)),(2))
select column1='1', column1 ='2' from (values (cast(1 as int)),(2) union all select w from vte)
select column1='1', column1 ='2' from (values (1),(cast(2 as int)))
with z as (select 1) select column1='1', column1 ='2' from (values (1),(cast(2 as int)))
with z as (select 1) select column1='1', column1 ='2' from (values (1),(2))
with z as (select 1) select column1='1', column1 ='2', column1=1 from (values (1),('1'))
select column1='1', column1 ='2', column1=1 from (values (1),('1'))
create view vv as values (1),(2) union all select w from vte
select column1='1', column1=2 from vv
create view vw as values (1),(cast(2 as int))
select column1='1', column1='2' from vw
select column1 = '1', column2='1' from (values (1,cast(1 as int)),(1,2))
select column1 = '1', column2='1' from (values (1,cast(1 as int)),(1,2) union all select w,w from vte)
select (select column1 from (values (1),(2)) union all select w from vte) = '1'
-- A scalar subquery over a later column of the recursive table has no affinity either.
create table later(i integer, s text)
insert into later values (1, '1'), (2, '02')
with recursive c(x, y) as (select null, i from later union all select (select y), x from c limit 6) select x, y, x = '1', x = 1, x = 2, y = '2' from c
with recursive c(x, y) as (select 1, i from later union all select (select y), x from c limit 6) select x, y, x = '1', x = 1, x = 2, y = '2' from c
with recursive c(x, y) as (select s, i from later union all select (select y), x from c limit 6) select x, y, x = '1', y = '2', x = 1, x = 2 from c
with recursive c(x, y) as (select i, s from later union all select (select y from (select 1)), x from c limit 6) select x, y, x = '1', y = 2 from c
with recursive c(x, y, z) as (select s, i, s from later union all select (select z), (select x), (select y) from c limit 9) select x, y, z, x = '1', y = '2', y = 2, x = 1, z = 2, z = '2' from c
