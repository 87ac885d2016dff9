-- What SQLite finds at its first look at a query (tables, USING, stars) comes before what is wrong with names.
create table a(x,y)
create table b(x,z)
create temp table c(x,w)
insert into a values(1,2),(3,4),(5,6)
insert into b values(1,20),(3,40),(7,60)
insert into c values(1,200),(4,40),(7,600)
~select * from (select 1 x), (select 2 x)
~select * from c join (a join b) join a
~select * from c join (a q join b) join a q
~select q.* from c join (a q join b) join a q
~select q.y from c join (a q join b) join a q
~select * from a q join b using (x) left join a q using (x)
select q.* from a q left join b q using (x) order by 1
select q.* from a q right join b q using (x) order by 1,2
select q.* from a q full join b q using (x) order by 1,2
select a.* from a right join b using (x) order by 1,2
select b.*, a.* from a right join b using (x) order by 1,2
select b.*, a.* from a full join b using (x) order by 1,2
select b.*, a.*, c.* from a full join b using (x) full join c using (x) order by 1,2,3,4,5
select b.*, a.*, c.* from a left join b using (x) right join c using (x) order by 1,2,3,4,5
select b.*, a.*, c.* from a left join b using (x) right join c on 1 order by 1,2,3,4,5,6
~select * from (select 1 x) q join (a q join b)
~select * from (select 1 x) q join c q
~select * from json_each('[]') q join a q
~select x.* from (select 1 x) q join (a q join b) as x
~select * from a join (a join b using (x)) as p join (a join b using (x)) as p
~select p.x from a join (a join b using (x)) as p join (a join b using (x)) as p
~select 1 from b join (a join a on nosuch) join nosuchtable
~select * from c join (a natural join b join b q on x)
~select * from c join (a join a on (select 1 from nosuchtable)) where (select 1 from nosuchtable2)
~select 1 from a where (select nosuch.* from b) and (select 1 from c where nosuch2 in nosuchtable)
~select 1 from a where nosuch in nosuchtable
~select 1 from a where (select * from b join c using (nosuch))
select sum(x) over (order by (select 1 from nosuchtable)) from a where nosuch
select sum(x) over w from a where nosuch window w as (order by (select 1 from nosuchtable))
~select sum(x) filter (where (select 1 from nosuchtable)) from a where nosuch
~select 1 from json_each((select 1 from nosuchtable)) where nosuch
~select 1 from json_each(nosuch) where nosuch2
~select 1 from a, json_each(nosuch) where nosuch2
select 1 from a, json_each(nosuch) order by nosuch2
~select nosuch1, 1 union select nosuch2, 1 union select 1
~select nosuch1, 1 union select 2, 1 union select 1
~select 1, 1 union select nosuch2 union select 1,1
~select 1, 1 union select 2 union select nosuch
~select 1, 1 union select 2 union select nosuch, 1
select 1 union select nosuch() union select nosuch2 order by 5
select 1 union select 2,3 order by 5
select 1 union select 2 order by nosuch limit nosuch2
select nosuch union select 2 order by nosuch limit nosuch2
values(nosuch1),(nosuch2)
~select 1 union values(nosuch1),(nosuch2)
values(nosuch1),(nosuch2) union select nosuch3
with recursive w(a,b) as (select nosuch union all select nosuch2 from w) select nosuch3 from w
with recursive w(a) as (select 1 union all select nosuch2 from w, nosuchtable) select nosuch3 from w
with recursive w(a) as (select (select 1 from w) union all select nosuch2 from w, nosuchtable) select nosuch3 from w
with recursive w(a) as (select 1 union all select (select 1 from w) from a) select nosuch3 from w
with recursive w(a) as (select 1 union all select a from w, w) select nosuch3 from w
with recursive w(a) as (select 1 union all select a from w where a in (select a from w)) select nosuch3 from w
with recursive w(a) as (select 1 union all select a,1 from w where a in (select a from w)) select nosuch3 from w
with w as (select 1 from v), v as (select 1 from w) select nosuch from w
with w as (select 1 from v), v as (select nosuch2) select nosuch from w
with w as (select 1 from nosuchtable) select nosuch
create view va as select nosuch from a
create view vb as select nosuch from nosuchtable
create view vc(p,q) as select x from a
~select * from va, nosuchtable
~select nosuch2 from vb
~select nosuch from a limit (select nosuch2 from va)
~select 1 from (select nosuch1 from a) limit nosuch2
select nosuch from (select x from a order by 5), (select nosuch3)
~select nosuch from a as q(x)
~select * from a,b,b,a
~select * from c,c
~select nosuch, * from a,a
~select *, nosuch from a,a
~select * from (select 1 x) q, (select 2 x) q
~select * from (select 1 x) q, a q
~select q.* from (select 1 x) q, (select 2 x) q
~select q.* from (select 1 x) q, a q
~select 1 from b join (a join a on nosuch)
~select 1 from b join (a join a using(x))
~select 1 from b join (a q join b q using(x))
~select * from b join (a q join b q)
~select * from a q join b q
~select * from a q join b q using (x)
~select * from a q join b q using (x) join c q using (x)
~select q.* from a q join b q using (x) join c q using (x)
~select * from a q right join b q using (x)
~select * from a q full join b q using (x)
~select * from a q natural join a q
~select q.* from a q natural join a q
~select * from b join (a q natural join a q)
~select q.rowid from a q natural join a q
~select * from (select nosuch from a), nosuchtable
~select nosuch from a, nosuchtable
~select (select nosuchcol), (select 1 from nosuchtable)
~select (select nosuchcol) union select (select 1 from nosuchtable)
~select (select 1 from nosuchtable) union select nosuchcol
~select (select 1 from nosuchtable1) union select (select 1 from nosuchtable2)
~select nosuch from a where (select 1 from nosuchtable)
~select 1 from a limit (select 1 from nosuchtable) offset nosuch
~select 1 from a join b using (nosuch) join (select nosuch2 from a)
~select 1 from a join b using (nosuch) where (select 1 from nosuchtable)
~select nosuch.* from a where (select 1 from nosuchtable)
~select nosuch.*, nosuch2 from a join b on (select 1 from nosuchtable)
~select * where nosuch
~select nosuch, *
~select 1 from a join b using(x) join (select nosuch from a)
with w as (select nosuch) select nosuch2 from w
with w as (select nosuch) select nosuch2 from w, nosuchtable
with w as (select * from nosuchtable1) select nosuch2 from nosuchtable, w
with w(p,q) as (select nosuch) select nosuch2 from w
with w(p,q) as (select * from nosuchtable) select nosuch2 from w
with w(p,q) as (select 1) select nosuch2 from w
insert into a select nosuch from nosuchtable
insert into a select nosuch from a where (select 1 from nosuchtable)
insert into a select 1 from a
insert into nosuchtable select nosuch
delete from a where nosuch or (select 1 from nosuchtable)
update a set x=1 from nosuchtable where nosuch
update a set x=nosuch from nosuchtable where nosuch
update a set x=nosuch from b join b using (nosuch)
insert into a values(nosuch, (select 1 from nosuchtable))
values(nosuch, 1),(1, (select 1 from nosuchtable))
create table ua(x,y)
create table ub(x,y,z,w)
create table uc(p,q)
insert into ua values(1,2)
insert into ub values(1,2,3,4)
insert into uc values(8,9)
~select * from uc join (uc c1 join ub b1 left join ub b2 using(x,y) left join ub b3 using (y,x))
~select x, y, b3.x from uc join (uc c1 join ub b1 left join ub b2 using(x,y) left join ub b3 using (y,x))
~select * from uc join (uc c1 join ub b1 left join ub b2 using(x,y) left join ub b3 using (x,y))
~select * from uc join (ua join ub b2 using(x,y) left join ub b3 using (y,x))
~select * from uc join (ua join ub b2 using(x) left join ub b3 using (x,z))
~select * from uc join (ua join ub b2 using(x,y) left join ub b3 using (x,y,z)) as n
~select n.* from uc join (ua join ub b2 using(x,y) left join ub b3 using (x,y,z)) as n
~select n.x, n."x:1" from uc join (ua join ub b2 using(x,y) left join ub b3 using (x,y,z)) as n
~select n.x, b3.x, ua.y from uc join (ua join ub b2 using(x,y) left join ub b3 using (x,y,z)) as n
~select * from uc join (ua right join ub b2 using(x,y) right join ub b3 using (x,y,z)) as n
~select * from uc join (ua full join ub b2 using(x,y) full join ub b3 using (x,y,z)) as n
~select * from uc join (ua natural join ub b2 natural left join ub b3) as n
~select * from uc join (ua natural join ub b2 natural full join ub b3 natural full join ub b4) as n
~select * from uc join (ua join (ub b2 join ub b3 using (x, y)) using (x)) as n
~select * from uc join (ua join (ub b2 join ub b3 using (x, y)) using (x,y) join ub b4 using (x,y)) as n
~select * from uc join (ua join (ub b2 join ub b3 using (x, y)) using (x,y) join ub b4 using (x,y)) as n
create table ud(x,g,h)
insert into ud values(1,2,3)
~select * from uc join (ud d1 join uc join ud d2 using (g))
~select * from uc join (ud d1 join ub join ud d2 using (x))
~select * from uc join (ud d1 join uc using(p))
~select * from uc join (ud d1 join uc c1 join ua join uc c2 using (p) join ud d2 using (g,h))
~select * from uc join (ud d1 join uc c1 join ua join uc c2 using (p) join ud d2 using (g,h) join ud d3 using (g))
~select * from uc join (ud d1 join (uc c1 join ud d2) using (g) join ub) n
~select * from uc join (ud d1 join (uc c1 join ud d2 using(p)) using (g) join ub) n
~select * from uc join (ud d1 join (uc c1 join ud d2) using (g) join ud d3 using (h)) n
~select n.* from uc join (ud d1 join (uc c1 join ud d2) using (g) join ud d3 using (g,h)) n
~select * from uc join (ua full join ub b1 using (x) join uc c1 full join ud using (x)) n
~select * from uc join (ua join uc c1 full join ud using (x)) n
~select * from uc join (ua join ub b1 using (y) join uc c1 left join ud using (x)) n
~select * from uc join (ua natural join ub b1 join uc c1 natural join ud) n
-- Errors after which SQLite goes on, without tables of WITH.
create table us3(c0)
create table us4(c0, c1)
WITH w01 AS(SELECT-2),w1(c0)AS(SELECT 1 FROM(SELECT c0)JOIN(us3)NATURAL FULL JOIN us3)SELECT 1 FROM w1 JOIN w1
select 1 from us3 join us3 b full join us3 c using(c0)
select 1 from us3 join us3 b full join us3 c using(c0) where exists(select 1 from nosuch)
with x as (select 1) select 1 from us3 join us3 b full join us3 c using(c0) where exists(select 1 from x)
with x as (select 1) select * from (us3 join us3 b full join us3 c using(c0)), x
with x as (select 1) select * from (us3 join us3 b full join us3 c using(c0)), us4 where 1 in x
select * from (us3 join us3 b full join us3 c using(c0)), nosuch
select nosuch.* from (us3 join us3 b full join us3 c using(c0))
select nosuch.* from us3 join us3 b full join us3 c using(c0)
with x as (select *) select 1 from x
with x as (select *) select 1 from x, x y
with x as (select *) select * from x, us4
select (select *), (select 1 from nosuch)
with x as (select 1) select (select *), (select 1 from x)
-- Such errors in queries in FROM end it.
create table ut3(c0)
create table ut4(c0, c1)
with x as (select 1) select 1 from x join (select 1 from ut3 join ut3 b full join ut3 c using(c0)) y join x z
with x as (select 1) select 1 from x join (ut3 join ut3 b full join ut3 c using(c0)) y join x z
with x as (select 1) select 1 from x join (ut3 join ut3 b full join ut3 c using(c0)) y join nosuch
with x as (select 1) select 1 from (select nosuch.* from ut3) join x
with x as (select *) select 1 from x join nosuch
with x as (select *) select 1 from x join (select 1) y join x z
with x as (select *) select 1 from x join (select nosuch3) join nosuch
select 1 from (select *) join nosuch
with v as (select 1 from a right join b join a using (x) where (1, 2) in ((1, 2), (3, 4))) select 1 from v, v
with v as (select 1 from a right join b join a using (x) where 1 in (1, 2)) select 1 from v, v
with v as (select 1 from a right join b join a using (x) where exists (values (1))) select 1 from v, v
with v as (select 1 from a right join b join a using (x) where (1, (select 1 from nosuch)) in ((1, 2))) select 1 from v, v
with v as (select 1 from a right join b join a using (x) order by (1, 2) in ((1, 2))) select 1 from v, v
with v as (select 1 from a right join b join a using (x) union values (1)) select 1 from v, v
-- After a mistake in a recursive term SQLite looks at what is behind the table, though no table of WITH is known then.
create table xpb(z)
create table xpt(a)
with r(x) as (select 1 union select 1 from r, nosuch) select * from r join r
with r(x) as (select 1 union select 1 from r, nosuch) select * from r join xpb
with r(x) as (select 1 union select 1 from r, nosuch) select * from r join c
with r(x) as (select 1 union select 1 from r, nosuch) select x, (select 1 from nosuch2) from r
with r(x) as (select 1 union select 1 from r, nosuch), q as (select * from nosuch2) select * from r, q
with r(x) as (select 1 union select *, 2, a.* from r, nosuch) select * from r
with r(x) as (select a, 1, *) select * from r
with r(x) as (select 1 union select x from r join r) select * from r
with r(x) as (select 1 union select x from r join (select * from nosuch)) select * from r, xpb, xpt, r
with r(x) as (select 1 union select x from r where x in (select 1 from nosuch)) select * from r, q
with r(x) as (select 1 union select x from r, nosuch) select * from r union select * from nosuch3
with r(x) as (select 1 union select x from r, nosuch) select * from (select * from r), nosuch3
with r(x) as (select 1 union select x from r, nosuch) select * from xpt where a in (select x from r) and a in (select 1 from nosuch5)
with recursive r(x) as (select nosuch from xpt union select x from r, nosuch) select * from r, q
with r(x) as (select 1 union select x, 2 from r) select * from r, q
with r(x) as (select 1, 3 union select x, 2 from r) select * from r, q
-- A view is no function, and an empty name is one.
create view xpv as select a from xpt
select * from xpv()
select * from xpb join xpv(1)
select * from xpt()
select xpt.'' from xpt
select xpt.a from xpt where ''.a
