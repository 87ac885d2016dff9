-- joins in all nestings: one statement a line; ~ where the order of rows is free
create table a(k1,x,y)
create table b(k2,x,z)
create table c(x,k3,y)
insert into a values(1,1,1),(2,2,2)
insert into b values(10,1,5),(30,3,6)
insert into c values(1,100,1),(4,400,9)
~select * from a join b using(x)
~select * from a full join b using(x)
~select * from a right join b using(x)
~select * from (a join b using(x)) left join c using(x)
~select * from a left join (b join c using(x)) using(x)
~select x from a full join b using(x) left join c using(x)
~select * from a full join b using(x) left join c using(x)
~select * from (a full join b using(x)) as q
~select q.x, * from (a full join b using(x)) as q
~select a.x from (a join b using(x)) as q
~select * from a left join (b join c on b.x=c.x) on a.x=b.x
~select a.*, c.* from a left join (b join c on b.x=c.x) on a.x=b.x
~select b.* from a left join (b join c using(x)) on a.x=b.x
~select x from a, (b join c using(x))
~select * from a, (b join c using(x)) where a.x=b.x
~select * from a natural join c
~select * from a natural full join c
~select * from a natural left join (b natural join c)
~select * from (a left join b on a.x=b.x) as q join c on q.x=c.x
~select * from a join b on a.x=c.x left join c on 1
~select * from a left join b on a.x=c.x left join c on 1
~select * from a join b on a.x=c.x right join c on 1
~select x from a join b on a.x=b.x join c using(x)
~select * from a join b on a.x=b.x join c using(x)
~select * from a join b on a.x=b.x full join c using(x)
~select rowid from (a join b using(x))
~select b.rowid, x, b.x from a full join b using(x)
~select * from a join (b) using(x)
~select * from a join (b as d) using(x)
~select * from a join ((b)) as d using(x)
~select d.k2 from a join ((b join c using(x))) as d on a.x=d.x
~select main.b.k2 from a left join (b join c using(x)) on a.x=b.x
~select * from a left join (b left join c on b.x=c.x) as d on a.x=d.x
~select x from a left join (b left join c on b.x=c.x) as d on a.x=d.x
~select * from a, b full join c on c.x=b.x
~select * from a as t, b as t
~select t.x from a as t, b as t
~select t.* from a as t, b as t
~select (select a.x from b limit 1), (select count(*) from b right join c on b.x=a.x) from a
~select * from a cross join b on a.x=b.x full outer join c on a.x=c.x
~select rowid from a,b
~select * from (a join b using(x) join c using(x))
~select * from a left join (b join c using(x)) as d on a.x=d.x
~select d.* from a left join (b join c using(x)) as d on a.x=d.x
~select x from a left join (b join c on b.x=c.x) on 1
~select k2 from a left join (b join c on b.x=c.x) on k3=100
~select d.x, d."x:1" from (b join c on b.x=c.x) as d
~select * from a join (b join c on b.x=a.x) on 1
~select * from a left join (b as q left join (c as r join a as s using(x)) using(x)) on a.k1=q.k2 or r.k3=100
~select x from (a join b using(x)) join c using(x)
~select a.x, b.x, c.x from (a full join b using(x)) full join c using(x)
~select x from (a full join b using(x)) full join c using(x)
~select x from a full join (b full join c using(x)) using(x)
~select * from a full join (b full join c using(x)) using(x)
~select *,rowid from a full join (select 7 as x) using (x)
~select * from a join b using(q)
~select * from a join b using(x,x)
~select count(*) from a natural join b natural join c
~select x, typeof(x) from a natural full join b order by x
~select * from a left join b
~select * from a full join b
~select * from a right join b on 0
~select * from a full join b on 1 where b.x is null
~select oid from a
~select a.rowid, b.oid from a join b
~select * from (a), (b)
~select * from (a as p) as q
~select p.x from (a as p) as q
~select q.x from (a as p) as q
~select q.x from ((a as p join b)) as q
~select * from (select 1 as x, 2 as x)
~select x from (select 1 as x, 2 as x)
-- Names that several tables of a join in parentheses have, on the right of RIGHT and FULL JOIN.
create table wide_a(c0,c1)
create table wide_b(c0,c2)
create table wide_c(c0,c3)
create table wide_d(c0,c1)
select * from wide_a a natural right join (wide_b b join wide_c c)
select * from wide_a a natural right join (wide_b b join (wide_c c join wide_d d))
select * from wide_a a natural join (wide_b b join (wide_c c join wide_d d))
select * from wide_a a natural left join (wide_b b join (wide_c c join wide_d d))
select * from wide_a a natural full join (wide_b b join (wide_c c join wide_d d))
select * from wide_a a natural right join (wide_b b join (wide_c c join (wide_b x join wide_a y)))
select * from wide_a a right join (wide_b b join (wide_c c join wide_d d)) using(c0)
select * from wide_a a right join (wide_b b join (wide_c c join wide_d d)) using(c1)
select * from wide_a a right join (wide_b b join (wide_c c join wide_d d)) using(c0,c1)
select a.c0 from wide_a a right join (wide_b b join (wide_c c join wide_d d)) using(c0,c1)
select c0 from wide_a a right join (wide_b b join (wide_c c join wide_d d)) using(c0,c1)
select c1 from wide_a a right join (wide_b b join (wide_c c join wide_d d)) using(c0,c1)
select * from (wide_b b join (wide_c c join wide_d d))
select * from (wide_c c join wide_d d) natural right join wide_a a
select * from (wide_c c join wide_d d) natural right join (wide_a x join wide_b y)
select * from wide_a a natural right join wide_b b natural right join wide_c c
select a.* from wide_a a natural right join (wide_b b join wide_c c)
select * from wide_a a natural right join (wide_b b join wide_c c) natural join wide_d d
select count(*) from wide_a a natural right join (wide_b b join wide_c c)
select * from wide_a a natural right join (wide_b b join wide_c c on 1) where a.c0
select * from wide_a a natural right join (wide_b b join wide_c c on 1) where c0
select * from wide_a a natural right join (wide_b b join wide_c c on 1) where c2
select 1 from wide_a a natural right join (wide_b b join wide_c c on 1) where c0
select c2 from wide_a a natural right join (wide_b b join wide_c c on 1)
select c0 from wide_a a natural right join (wide_b b join wide_c c on 1)
-- Columns that USING merges in parentheses within others; aliases under COLLATE in ORDER BY.
create table j0(z)
create table j1(c0, c92)
create table j2(y)
insert into j0 values(1)
insert into j1 values(1,2),(null,3)
insert into j2 values(5)
~select (c92) from j0 join (j2 join (j1 natural join j1 b))
~select (c92) from j0 join (j1 natural join j1 b)
~select c92 from (j1 natural join j1 b)
~select c92 from (j2 join (j1 natural join j1 b))
~select c92 from j0 join (j2 join (j1 join j1 b using(c92)))
~select b.c92 from j0 join (j2 join (j1 join j1 b using(c92)))
~select c92 from j0 join (j2 join (j1 left join j1 b using(c92))) using (c92)
~select * from j1 x join (j2 join (j1 natural join j1 b)) using (c92)
~select c92 from j1 x join (j2 join (j1 natural join j1 b)) using (c92)
~select c92 from j1 x natural join (j2 join (j1 natural join j1 b))
~select c92 from j1 x natural right join (j2 join (j1 natural join j1 b))
~select c92 from (j2 join (j1 natural full join j1 b)) natural full join j1 x
~select * from j0 join (j2 join (j1 natural join j1 b))
~select * from j0 left join (j2 join (j1 natural join j1 b)) on c92
select c0 c92 from j1 order by c92 collate nocase
select (c0) "c92" from j1 order by "c92" collate nocase
select c0 c92 from j1 order by c92
select c0 c92 from j1 order by (c92) collate nocase desc
select c0 c92 from j1 order by (c92 collate nocase) desc
select c0 c92 from j1 order by +c92
select c0 c92 from j1 order by c92 || ''
select c0 c92 from j1 order by c92 collate nocase collate rtrim
select c0 c92 from j1 union select 7 order by c92 collate nocase
select -c0 c92 from j1 group by c92 collate nocase order by 1
~select count(*), -c0 c92 from j1 group by c92
select distinct -c0 c92 from j1 order by c92 collate nocase
select -c0 c92, row_number() over (order by c92 collate nocase) from j1 order by 2
-- What * writes of joins in parentheses, under aliases that others have too.
create table tw1(c0, c1)
create table tw2(c2, c3)
insert into tw1 values(1,2),(4,5)
insert into tw2 values(1,2),(4,5)
select * from (tw1 join tw2) x, (tw1 join tw2) x
select * from (tw1 join tw2) x, tw2 x
select * from tw2 x, (tw1 join tw2) x
select * from (tw1 join tw1 using(c0,c1)) x, (tw1 join tw2) x
select * from (tw1 a join tw2 b) x, (tw1 a join tw2 b) y
select * from (tw1 join tw2) x join (tw1 join tw2) x using (c0)
select * from (tw1 join tw2) x natural join (tw1 join tw2) x
select * from (tw1 join tw2) x right join (tw1 join tw2) x using (c0)
select * from (tw1 join tw2) x full join (tw1 join tw2) x using (c0,c1,c2,c3)
select * from (tw1 join tw2 on c0) x, (tw1 join tw2 on c0) x
select * from (tw1 x join tw2) x, (tw1 join tw2) x
select * from (tw1 x join tw2) x
select * from (tw1 x join tw2 x) x
select * from (tw1 a join tw1 b) x
select * from ((tw1 a join tw1 b) y join tw2) x, tw2 y
select * from (tw1 a join tw1 b) x, tw2 b
select * from (tw1 a join tw1 b) x, tw2 x
select main.x.c0 from (tw1 join tw2) x
select main.tw1.c0 from (tw1 join tw2) x
select main.x.c0 from (tw1 join tw2) x, tw1
select * from (tw1 a left join tw1 b) x
select * from (tw1 a join tw1 b)
select * from (tw1 a join tw1 b on 1) x where 1
select * from (tw1 a join tw1 b using(c0)) x
select * from (tw1 a join tw1 b using(c0,c1)) x
select * from (tw1 a natural join tw1 b) x
select * from (tw1 a join tw2 b) x
select * from ((tw1 a join tw1 b) y) x
select * from (((tw1 a join tw1 b) y) x)
select * from (tw1 a join (select * from tw1) b) x
select count(*) from (tw1 a join tw1 b) x
select x.c0 from (tw1 a join tw1 b) x
select a.* from (tw1 a join tw1 b) x
select *, 1 from (select 1 q) left join (tw1 a join tw1 b) x on 1
