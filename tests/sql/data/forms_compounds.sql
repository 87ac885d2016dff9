-- Compounds in FROM: affinities and collations of their columns, and conditions that SQLite copies into their arms.
create table r2(c0 real)
insert into r2 values(3),(null),('x')
create table t1(c1 text,d)
insert into t1 values('-2',1),('7',2)
create table t2(c2,e int)
insert into t2 values(5,1),('x',2),(2,2)
create view v as select c0 from r2 union all select 1
create view w as select c1 from t1 union all select c2 from t2
create table i1(c0 integer, k int)
insert into i1 values(4,1)
~select typeof(c0),c0 from (select c0 from r2 union all select 1)
~select typeof(c0),c0 from (select c0 from r2 union select 1)
~select typeof(c0),c0 from (select 1 as c0 union all select c0 from r2)
~select typeof(c0),c0 from (select 1 as c0 union all select c0 from r2 limit 10)
~select typeof(c0),c0 from (select 1 as c0 union all select c0 from r2) where c0=1
~select typeof(c0) from v
~select typeof(c0) from v group by c0
~select sum(c0) from (select 4 as c0 union all select c0 from r2 where c0=3)
~select typeof(x.c0) from (select 1 as c0 union all select c0 from r2) x, t1
~select typeof(x.c0) from t1, (select 1 as c0 union all select c0 from r2) x
~with m as materialized (select 1 as c0 union all select c0 from r2) select typeof(c0) from m
~with m as not materialized (select 1 as c0 union all select c0 from r2) select typeof(c0) from m
~with m as (select 1 as c0 union all select c0 from r2) select typeof(m.c0), typeof(n.c0) from m, m n
~select typeof(x) from (select cast(1 as real) x union all select 5)
~select typeof(x) from (select +c0 x from r2 union all select 5)
~select typeof(x) from (select c0 x from (select c0 from r2) union all select 5)
~select typeof(x) from (select c0 x from (select c0 from r2 limit 5) union all select 5)
~select typeof(x) from (select c0 x from i1 union all select c0 from r2)
~select typeof(x) from (select c0 x from r2 union all select c0 from i1)
~select typeof(x) from (select c0 x from r2 union all select '5')
~select typeof(x) from (select c0 x from r2 intersect select 3)
~select typeof(x) from (select c0 x from r2 except select 3)
~select typeof(x) from (select 3 x intersect select c0 from r2)
~select typeof(x) from (select 3 x except select c0 from r2)
~select typeof(x) from (select (select c0 from r2 limit 1) x union all select 5)
~select typeof(x) from (select max(c0) x from r2 union all select 5)
~select typeof(x) from (select x from (select c0 x from r2 union all select 5))
~select typeof(x) from (select x from (select c0 x from r2 union all select 5) union all select 7)
~select typeof(x)||'' from (select c0 x from r2 union all select 5) order by x
~select x from (select c0 x from r2 union all select 5) order by x
~select x from (select c0 x from r2 union select 5)
~select * from (select c0 x from r2 union all select 5)
~select x+0 from (select c0 x from r2 union all select 5)
~select typeof(x) from (select 5 x union all select c0 collate nocase from r2)
~select (select typeof(x) from (select c0 x from r2 union all select 5+d) where x>4.5) from t1
~select typeof(x) from (select 5 x union all values(6) union all select c0 from r2)
~select typeof(x) from (select c0 x, row_number() over () from r2 union all select 5,6)
~select typeof(x) from (select c0 x from r2 group by c0 union all select 5)
~select typeof(x) from (select distinct c0 x from r2 union all select 5)
~with recursive m(x) as (select c0 from r2 where c0=3 union all select 5 from m where typeof(x)='real' limit 4) select typeof(x) from m
~create table ctas as select c0 x from r2 union all select 5
~select typeof(x) from ctas
~select x from (select c0 x from r2 union all select 5) where x in (select c0 x from r2 union all select 5)
~select typeof(x) from (select c0 x from r2 union all select 5) left join t1
~select typeof(x) from t1 left join (select c0 x from r2 union all select 5)
~select count(*), typeof(min(x)) from (select c0 x from r2 where c0=3 union all select 1)
~select a.c1 from (select c1 from t1 union all select c2 from t2) a where a.c1>1
~select a.c1 from (select c1 from t1 union select c2 from t2) a where a.c1>1
~select a.c1 from (select c1 from t1 union all select c2 from t2 limit 100) a where a.c1>1
~select a.c1 from (select c1 from t1 intersect select c1 from t1) a where a.c1>1
~select a.c1 from (select c1 from t1 except select c2 from t2) a where a.c1>1
~select a.c1 from (select c1 from t1 intersect select c2 from t2 union select c1 from t1) a where a.c1>1
~select a.c1 from (select c1 from t1 intersect select c2 from t2 union all select c1 from t1) a where a.c1>1
~select a.c1 from (select c1,sum(d) from t1 group by c1 union all select c2,e from t2) a where a.c1>1
~select a.c1 from (select distinct c1 from t1 union all select c2 from t2) a where a.c1>1
~select a.c1 from (select c1, row_number() over () from t1 union all select c2,e from t2) a where a.c1>1
~select a.c1 from (select c1 from t1 union all select c2 from t2) a, r2 where a.c1>1
~select a.c1 from r2,(select c1 from t1 union all select c2 from t2) a where a.c1>1
~select a.c1 from r2 left join (select c1 from t1 union all select c2 from t2) a on a.c1>1
~select a.c1 from r2 left join (select c1 from t1 union all select c2 from t2) a where a.c1>1
~select a.c1 from (select c1 from t1 union all select c2 from t2) a left join r2 where a.c1>1
~select a.c1 from (select c1 from t1 union all select c2 from t2) a right join r2 where a.c1>1
~select a.c1 from r2 join (select c1 from t1 union all select c2 from t2) a on a.c1>r2.c0
~select a.c1 from (select c1 from t1 union select c2 from t2) a, r2 where a.c1>r2.c0
~select a.c1 from (select c1 from t1 union all select c2 from t2) a group by 1 having a.c1>1
~select count(*) from (select c1 from t1 union all select c2 from t2) a where a.c1>1
~select distinct a.c1 from (select c1 from t1 union all select c2 from t2) a where a.c1>1
~select a.c1 from (select c1 from t1 union all select c2 from t2) a where a.c1>1 order by 1
~select a.c1>1 from (select c1 from t1 union all select c2 from t2) a
~select a.c1>1 from (select c1 from t1 union select c2 from t2) a
~select count(a.c1>1), sum(a.c1>1) from (select c1 from t1 union all select c2 from t2) a
~with a as (select c1 from t1 union all select c2 from t2) select a.c1 from a where a.c1>1
~with a as materialized (select c1 from t1 union all select c2 from t2) select a.c1 from a where a.c1>1
~with a as (select c1 from t1 union all select c2 from t2) select a.c1 from a,a b where a.c1>1
~with a as (select c1 from t1 union select c2 from t2) select a.c1,b.c1 from a,a b where a.c1>1
~select c1 from w where c1>1
~select c1 from w where c1>1 limit 3
~select c1 from (select * from w) where c1>1
~select c1 from (select * from w order by 1) where c1>1
~select exists(select 1 from w where c1>t1.d) from t1
~select (select group_concat(c1) from w where c1>t1.d) from t1
~select (select c1 from w where c1>t1.d) from t1
~select a.c1 from (select c1 from t1 union select c2 from t2) a where a.c1 in (2,7)
~select a.c1 from (select c1 from t1 union select c2 from t2) a where a.c1 between 1 and 6
~select a.c1 from (select c1 from t1 union all select c2 from t2) a where a.c1 = (select 7)
~select a.c1 from (select c1 from t1 union select c2 from t2) a where a.c1 = (select 7)
~select a.c1 from (select c2 c1 from t2 union all select c1 from t1) a where a.c1>1
~select a.c1 from (select c2 c1 from t2 union select c1 from t1) a where a.c1>1
~select a.c1 from (select c1 from t1 union all select 5) a where a.c1>1
~select a.c1 from (select c1 from t1 union select 5) a where a.c1>1
~select a.c1 from (values('-2') union all select c1 from t1) a where a.c1>1
~select a.c1 from (select c1 from t1 union all values(5)) a where a.c1>1
~select a.c1 from (select k.c1 from t1 k, t2 union all select c2 from t2) a where a.c1>1
~select a.c1 from (select k.c1 from t1 k left join t2 union all select c2 from t2) a where a.c1>1
~select a.c1 from (select c1 from t1 where d=1 union all select c2 from t2 where e=2) a where a.c1>1
~select a.c1 from (select c1 from t1 union all select c2 from t2 order by 1) a where a.c1>1
~select a.c1 from (select c1 from t1 union all select c2 from t2) a join (select 1 z union all select 2) b where a.c1>1
~select * from (select c1 from t1 union all values(5),('-3'),('-4')) a where c1>1
~select * from (values('-3') union all select c1 from t1) a where column1>1
~select * from (values('-3'),('-4') union all select c1 from t1) a where column1>1
~select * from (values('-3'),('-4') union all select e from t2) a where column1>'1'
~select * from (values('-3'),('9') union all select e from t2 union all values(20)) a where column1>1
~select * from (select e from t2 union all values('-3'),('9') union all values('a'),(20)) a where e>1
~select * from (select e from t2 union all select '9') a where e>1
~select * from (select e from t2 union all select '0' union all select x from (select '-1' x union all select '8')) a where e>1
~select typeof(column1) from (values(cast(1 as real),2),(3,4) union all select 4,1 from r2) t
~select x='A' from (select 'a' x union all select 'b' collate nocase)
~select x='A' from (select 'a' x where 1 union select 'B' collate nocase)
~select x='A' from (select 'a' collate nocase x where 1 union select 'B')
~select x from (select 5 x union select 5.0) where typeof(x)='real'
~select x from (select 5 x union all select c0 from r2) where x/2>2
-- Collations seen from outside: the first arm's; what IN compares under: the last arm's.
create table c(a text collate nocase, b)
insert into c values('x','X'),('A','a')
~select 'A' in (select 'b' union select 'a' collate nocase)
~select 'A' in (select 'a' collate nocase union select 'b')
~select 'A' in (select 'a' union all select a from c where 0)
~select 'A' in (select a from c where 0 union all select 'a')
~select x from (select 'b' x union select 'B' collate nocase)
~select 'b' x union select 'B' collate nocase
~select 'b' x union all select 'B' collate nocase union all select 'a' order by 1
~select 'b' x union all select 'B' collate nocase union all select 'a' order by x
~select * from (select 'b' x union all select 'B' collate nocase union all select 'a') order by x
~select distinct x from (select 'b' x union all select 'B' collate nocase)
~select x from (select 'b' x union all select 'B' collate nocase) group by x
~select x from (select 'b' collate nocase x union all select 'B') group by x
~select x=y from (select 'a'||'' x, 'A' collate nocase y)
~select x=y from (select 'a'||'' x, 'A' collate nocase y limit 3)
~select y=x from (select 'a'||'' x, 'A' collate nocase y)
~select x=y from (select 'a' x, a y from c)
~select y=x from (select 'a' x, a y from c)
~select * from (select 'a' x, a y from c) where x=y
~select * from (select 'a' x, a y from c limit 3) where x=y
~select * from (select 'a' x) s, c where s.x=c.a
~select * from (select 'a' x limit 1) s, c where s.x=c.a
~select * from (select 'a' x) s join (select a x from c) u using (x)
~with s(x) as (values('a')) select * from s, c where s.x=c.a
~select * from (select max(b) x from c) s, c where s.x=c.a
~select a from c union select 'a' order by a
~select (select 'a' union select a from c)='A'
~select 1 from (select b x from c union all select a from c) where x='A'
~select 1 from (select a x from c union all select b from c) where x='X'
~select x from (select a x from c union select b from c) where x='X'
~select x from (select b x from c union select a from c) where x='X'
~select x from (select b x from c except select a from c) where x='X'
~select x from (select b x from c except select a from c) where x>'A'
-- UNION of which one row is wanted is UNION ALL.
create table u(a int, b)
insert into u values(3,1),(1,2),(2,1),(2,1)
select (select 5 union select 3)
select (select a from u union select 3)
select (select a from u union select 3 limit 1)
select (select a from u union select 3 limit 1 offset 1)
select a from u union select 3 limit 1
select a from u union select 3 limit 1 offset 1
select a from u union select 3 limit 2
select a from u intersect select 3 limit 1
select a from u intersect select a from u limit 1
select a from u except select 3 limit 1
select a from u except select 7 limit 1
select a from u union all select 7 union select 0 limit 1
select a from u union select 7 union all select 0 limit 1
select a from u union select 7 union select 0 limit 1
select * from (select a from u union select 0) limit 1
select (select a from u except select 7)
select (select a from u intersect select a from u)
select (select distinct a from u)
select (select a from u union select 7 order by 1)
select (select a from u union select 7 order by 1 desc)
select (select a from u union select 7 limit 2)
select (select a from u union select 7 limit 1+0)
select exists(select a from u union select 7)
select (select a from u group by a)
select a from u group by a limit 1
select (2,1) = (select a,b from u union select 0,0)
select a from u union select 7 limit (1)
select a from u union select 7 limit +1
select a from u union select 7 limit 1 offset 0
select a from u union select 7 limit '1'
select a from u union select 7 limit 1.0
select a from u union select 7 limit 0x1
select a from u union select 7 limit 0
select (select a from u union select 7 limit 0x1)
select (select a from u union select 7 limit (1))
select (select a from u union select 7 limit '1')
select (select a from u union select 7 limit 5)
select (select a from u union select 7 limit -1)
select (select a from u except select 3 union select 0)
select (select a from u union select 0 except select 3)
select (select 9 union select a from u union all select a from u)
select * from (select 5 union select 4 limit 1)
with x as (select 5 union select 4 limit 1) select * from x
select 4 in (select 5 union select 4 limit 1)
select (values(5),(4))
select (select 8 union values(5),(4))
select (select 5 union select 4 limit 1 offset 0)
select exists(select 5 union select 4 limit 1)
select (with z as (select 5) select * from z union select 4)
select (select count(*) from (select 5 union select 5 limit 1))
with recursive r(x) as (select 5 union select x-1 from r where x>2 limit 1) select * from r
select (select 3 union select 2 order by null)
-- A table of WITH that is read twice is made once, unless it is a mere look at something else.
create table wt(c1 text, d int)
insert into wt values('-2',1),('7',2)
create table wu(c2, e int)
insert into wu values(5,1),('x',2),(2,2)
~with w as (select * from (select c1 from wt union all select c2 from wu)) select a.c1 from w a join w where a.c1>1
~with w as (select c1 from wt union all select c2 from wu) select a.c1 from w a join w where a.c1>1
~with w as materialized (select * from (select c1 from wt union all select c2 from wu)) select a.c1 from w a join w where a.c1>1
~with w as not materialized (select * from (select c1 from wt union all select c2 from wu)) select a.c1 from w a join w where a.c1>1
~with w as not materialized (select c1 from wt union all select c2 from wu) select a.c1 from w a join w where a.c1>1
~with w as (select * from (select c1 from wt union all select c2 from wu) where 1) select a.c1 from w a join w where a.c1>1
~with w as (select * from (select c1 from wt union all select c2 from wu) limit 10) select a.c1 from w a join w where a.c1>1
~with w as (select distinct * from (select c1 from wt union all select c2 from wu)) select a.c1 from w a join w where a.c1>1
~with w as (select x.* from (select c1 from wt union all select c2 from wu) x join wt) select a.c1 from w a join w where a.c1>1
~with v as (select c1 from wt union all select c2 from wu), w as (select * from v) select a.c1 from w a join w where a.c1>1
~with v as (select c1 from wt union all select c2 from wu), w as (select * from v) select a.c1 from w a where a.c1>1
~with v as (select c1 from wt union all select c2 from wu), w as (select * from v) select a.c1 from w a join v where a.c1>1
~with w as (select * from wt) select a.c1,b.d from w a join w b on a.d=b.d where a.c1 > 1
~with w as (select * from wt) select a.c1 from w a where a.c1 in (select c1 from w where d=2)
~with w as (select * from wt where d = 2) select a.c1, (select count(*) from w) from w a
-- ORDER BY with COLLATE makes a compound a query in FROM.
create table s2(c0 real)
insert into s2 values(3),(null),(1.5)
create table st(a text, B int)
insert into st values('b',1),('A',2),('a',3),('B',3)
~select c0 from s2 union select 1 order by 1 collate nocase
~select c0 from s2 union all select 1 order by 1 collate nocase
~select typeof(c0) from s2 union select 1 order by 1 collate nocase
~select a, a from st union select a, b from st order by 2 collate nocase, 1
~select a x, a from st union select a, b from st order by x collate nocase, 2
~select A, B, a from st union select 'q', 7, 'r' order by 1 collate nocase, 2 limit 3
~select A, B, a from st union all select 'q', 7, 'r' order by 1 collate nocase, 2 limit 3
~select a from st except select 'a' order by a collate nocase desc
~select a from st intersect select a from st order by a collate nocase desc limit 2 offset 1
~select a from st intersect select a from st order by 1, a collate nocase desc limit 2 offset 1
~select * from (select a from st union select 'c' order by 1 collate nocase)
~select a from st where a in (select a from st union select 'z' order by 1 collate nocase limit 3)
~select (select a from st union select 'z' order by 1 collate nocase limit 1)
~select (select x.a union select 'z' order by 1 collate nocase limit 1) from st x
~with recursive r(n) as (select 1 union select n+1 from r where n < 4 order by 1 collate nocase) select * from r
~select a from st union values('q'),('Z') order by 1 collate nocase
~values('q') union values('Z') order by 1 collate nocase
~select max(a) from st union select 'c' order by 1 collate nocase
~select a from st union select 'c' order by nosuch collate nocase
~select a from st union select 'c' order by 3 collate nocase
~select a from st union select 'c' order by a||'' collate nocase
create table oc(a, b, c)
insert into oc values(1,'b','B'),(2,'a','a'),(3,'C','c')
create table od(a, b)
insert into od values('b',1),('A',2)
select c collate nocase from oc union all select a from od order by c
select c collate nocase from oc union select a from od order by c
select a from od union all select c collate nocase from oc order by c
~select a from od union all select c||'' collate nocase from oc order by c||''
select a from od union all select (c||'') collate nocase from oc order by c||''
select a from od union all select (c||'') collate nocase from oc order by (c||'') collate rtrim
select c collate nocase collate rtrim from oc union all select a from od order by c collate nocase
~select b from oc union all select a from od order by c
-- A rowid has no collation of its own: what it is compared with, or the next arm of a compound, decides.
create table numbered(n integer primary key collate nocase, s text collate rtrim, u)
insert into numbered values (1,'b','B'),(2,'a','a'),(3,'C','b'),(4,'B ','c')
select n from numbered where n < 3 union select s collate nocase from numbered union select u from numbered
select rowid from numbered where 0 union select u collate nocase from numbered order by 1
select n from numbered where 0 union all select u collate nocase from numbered order by n
select * from numbered where 0 union all select u collate nocase, 1, u from numbered order by 1, 3
select max(n, 'a') as m from numbered where 0 union select s from numbered union select 'B' order by m
select cast(n as text) from numbered where 0 union select s collate nocase from numbered order by 1
select b.n from numbered a left join numbered b on 0 where 0 union select u collate nocase from numbered order by 1
select n from numbered where 0 group by n union select u collate nocase from numbered order by 1
select n from (select n from numbered) where 0 union select u collate nocase from numbered order by 1
select nullif('B ', s), min(n, s, 'b'), n = u, n in (select s from numbered), n between s and u from numbered order by n
-- LIKE, GLOB and arrows are calls, which may give anything, where a column of REAL stands beside them.
create table lk1(a)
insert into lk1 values(1)
select typeof(c), c from (select 'a' glob '?' c union all select cast(-7.25 as real) union all select exists(select 1))
select typeof(c), c from (select 'a' like '?' c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select 'a' not like '?' c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select not 'a' like '?' c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select like('a','?') c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select '[1]'->0 c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select '[1]'->>0 c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select 1 between 0 and 2 c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select 1 in (0) c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select 1 is null c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select exists(select 1) c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select (select 1) c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select ~1 c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select -1 c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select 1 and 2 c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select max(1) c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select count(*) over () c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select rowid c from lk1 union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select case when 1 then 2 end c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select case when 1 then 2 else 'a' like 'b' end c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select 1 collate nocase c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select 1 is true c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select (1,2)=(1,2) c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select iif(1,2,3) c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select abs(1) c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select current_date is null c union all select cast(-7.25 as real) union all select 1)
select typeof(c), c from (select 'a' like '?' c union all select cast('x' as text) union all select 1)
-- A column that USING merges is a call, which can give anything; beside others of its affinity it is not converted.
create table fr(c0 real, c1)
create table fi(c0 integer primary key, c1)
create table fe(c0 integer, c1)
insert into fi values(1,2)
insert into fe values(7,8)
select * from (select c0 from fr full join fi using (c0) union all select c0 from fr join fi using (c0))
select * from (select c0 from fr full join fi using (c0) union all select c0 from fr) where 1
select * from (select c0 from fr full join fi using (c0) union all select c0 from fi)
select * from (select c0 from fr full join fi using (c0) union all select 3) limit 5
select * from (select c0 from fr full join fi using (c0) union select c0 from fr full join fi using (c0))
select * from (select c0 from fr union all select c0 from fr full join fi using (c0))
select * from (select c0 from fr union select c0 from fe full join fr using (c0))
select distinct * from (select c0 from fr left join fi using (c0) union all select c0 from fr full join fi using (c0))
select * from (select 3 union all select c0 from fr full join fi using (c0))
-- An unknown collation of a later arm is refused where something compares by it, or SQLite takes a UNION ALL apart.
create table unk(a, b collate nocase)
select * from (select a from unk union all select a collate nosuch from unk)
select * from (select a from unk union select a collate nosuch from unk)
select * from (select a collate nosuch from unk union all select a from unk)
select * from (select b from unk union select a collate nosuch from unk)
select * from (select a + 1 from unk union select a collate nosuch from unk)
select * from (select a + 1 from unk union all select a collate nosuch from unk)
select * from (select a from unk union all select a collate nosuch from unk limit 1)
select * from (select a from unk union all select a collate nosuch from unk order by 1)
with q as materialized (select a from unk union all select a collate nosuch from unk) select * from q
with r(x) as (select a from unk union select x collate nosuch from r) select * from r
with r(x) as (select a + 1 from unk union select x collate nosuch from r) select * from r
with r(x) as (select a + 1 from unk union all select x collate nosuch from r) select * from r
-- Rows of VALUES that are constants make a table; others, and what has a CAST in front, are SELECTs of a compound.
create table vt(c3)
insert into vt values(1),('1.0'),('1'),(x'31'),(1.0)
create table vy(a text collate nocase,b int,r real)
insert into vy values('A',1,1.0)
select column2,c3 from (values(0,1,1),(1,cast(1 as),("no such column"))) join vt on column2=c3 order by 1, typeof(c3), c3
select column1,c3 from (values(1),((select b from vy))) join vt on column1=c3 order by 1, typeof(c3), c3
select column1,c3 from vt join (values(cast(1 as)),(1),(1)) on column1=c3 order by 1, typeof(c3), c3
select column1,c3 from vt join (values((select b from vy)),(1),(1)) on column1=c3 order by 1, typeof(c3), c3
select count(*) from (values((select b from vy)),('1')) where column1='1'
with q(x) as (values(1),(cast(1 as real))) select x,c3 from q join vt on x=c3 order by 1, typeof(c3), c3
select c3 from vt where c3 in (values(1),(cast(1 as int)))
select c3 from vt where c3 in (values(cast('1' as int)),('1'))
select 'a' in (values("x"),('A' collate nocase)), 'a' in (values('x'),('A' collate nocase))
select 'A' in (values((select a from vy)),('x')), 'a' in (values('x'),((select a from vy)))
-- VALUES with window functions is a compound of SELECTs.
create table windowed(a, b)
values (1, row_number() over ()), (2, 3)
values (2, 3), (1, row_number() over ())
select 1, 1 union values (1, row_number() over ()), (1, 1)
values (1, row_number() over ()), (2, 3) union all select 5, 6 order by 1 desc limit 2
values (1, row_number() over ()), (2, 3), (4)
values (1, row_number() over (order by x)), (2, 3)
select * from (values (1, row_number() over ()), (2, 3)) where column1 = 2
with w(a, b) as (values (1, row_number() over ()), (2, 3)) select * from w
with recursive c(x) as (values (1), (row_number() over ()) union all select x + 1 from c where x < 3) select * from c
select (values (row_number() over ()), (2)), 1 in (values (row_number() over ()), (2))
insert into windowed values (1, row_number() over ()), (2, 3)
insert into windowed values (3, 4), (5, sum(6) over ()) returning *
insert into windowed(b) values (1), (row_number() over ())
insert into windowed values (1), (row_number() over ())
insert into windowed values (1, lag(1) over ()), (3, max(4))
create trigger windowing after insert on windowed when new.a < 5 begin insert into windowed values (9, row_number() over ()), (new.a + 10, 3); end
insert into windowed values (1, 1)
select * from windowed
-- Several rows of VALUES behind the first arm are read as a query in FROM: under BINARY, and they may be anything.
create table armed(t text collate nocase, r real, n, i integer)
insert into armed values ('a', 1, 'a', 1), ('0.0', 2.5, 2, 2), ('2.5', -1, 'A', 3)
with w(x) as (select t from armed union values ('2.5'), ('b')) select count(*), max(typeof(x)) from w where x < 1e300
with w(x) as (select r from armed union values (9), (2) union select i from armed) select count(*), max(typeof(x)) from w where x = '1'
with w(x) as (select r from armed union values (9)) select count(*) from w where x = '1'
with w(x) as (select i from armed union all values (9), ('2')) select x, x = '2', x = 2 from w
with w(x) as (select i from armed union all values (9), (n)) select x from w
select x = '1', x from (select i as x from armed union all values (9), (8))
select x = '1', x from (select i as x from armed union all values (9), (random() is null))
select x = '1', x from (select i as x from armed union all values (cast(9 as int)), (cast(8 as int)))
select x = 1, x from (select 1 as x union all values (cast('1' as text)), (cast('1' as text)))
values ('A'), ('A') intersect select t from armed
values ('A') intersect select t from armed
values ('A'), ('A' || n) intersect select t from armed
values ('A'), ('B') except select t from armed
select 'A' intersect values ('a'), ('b') intersect select t from armed
values ('A' collate nocase), ('B') intersect select n from armed
select n from armed intersect values ('a' collate nocase), ('b')
select t from armed where t in (values ('A'), ('B')) and t in (select 'A' union all values ('q'), ('r'))
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1, 2 collate rtrim
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1 desc, 2 collate rtrim
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1 nulls last, 2 collate rtrim
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1,3,2 collate rtrim
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1,2,3 collate rtrim
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1 collate nocase,2
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1 collate binary,2
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1 collate rtrim,2,3
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 3 collate rtrim,1,2
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 2,1,3 collate rtrim
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1,2 desc,3 collate rtrim
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1,2,3,1 collate rtrim
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1, 3 collate rtrim
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 3, 2 collate nocase, 1
select 'b' as x, 1, 1 where 0 union select column1 collate nocase, column2 collate nocase, 3 from (values ('a', 'x'), ('B', 'X'), ('c', 'y'), ('Za', 'Y')) order by 1, 2
select t, 1 from armed where 0 except select n, 1 from armed union select column1 collate nocase, 1 from (values ('a'), ('B')) order by 1, 2 collate binary
