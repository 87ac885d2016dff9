-- Of several mistakes in a query, the one that SQLite meets first is told.
create table t(a,b)
select a from t group by a, 5
select a from t group by a, 0
select a from t group by a, b, 70000
select a from t order by a, 5
select a from t group by 3 order by 4
select a from t group by 0 order by 0
select a from t group by nosuch order by 4
select a from t group by 4 order by nosuch
select a from t group by nosuch order by nosuch2
select a from t group by nosuch having nosuch2
select a from t where nosuch group by 1 having nosuch2
select a from t where nosuch having nosuch2
select a from t where nosuch having 1
select nosuch from t having nosuch2
select a from t where nosuch order by nosuch2
select a from t where nosuch group by nosuch2
select a from t x join t y on nosuch where nosuch2
select x.a from t x join t y on nosuch where nosuch2
select x.a from t x join t y on nosuch having nosuch2
select x.a from t x join t y on nosuch group by 1 having nosuch2
select x.a from t x left join t y on nosuch join t z on nosuch2
select x.a from t x left join t y on nosuch join nosuch2
select x.a from t x left join t y on nosuch join t z using(nosuch2)
select nosuch1 from t x left join t y on nosuch limit nosuch2
select 1 from t x left join t y on nosuch limit nosuch2
select nosuch1 from (select nosuch2 from t)
select nosuch1 from (select nosuch2 from t) where nosuch3
select x.a from t x, t y on y.a limit (select nosuch)
select * from t x join (t y join t z on nosuch) on nosuch2 where nosuch3
select a from t group by count(*), nosuch
select a from t group by nosuch, count(*)
select a from t where max(a) order by nosuch
select a from t order by max(a), nosuch
select a from t order by max(a), 4
select a from t group by max(a) order by max(b)
select a from t group by a having b order by 7
select a as x from t group by x having y order by z
select sum(a) over (order by nosuch) from t where nosuch2
select 1 from t window w as (order by nosuch)
select 1 from t where nosuch1 window w as (order by nosuch)
select 1 from t group by nosuch1 window w as (order by nosuch)
select 1 from t order by nosuch1 window w as (order by nosuch)
select * from t join t on b
select a from t group by nosuch, 5
select a from t group by 5, nosuch
select a from t group by count(*), 5
select count(*) as n from t where (select n)
-- Row values of different lengths; windows and INDEXED BY in queries with other mistakes.
select 1 from t where nosuch is (1,1)
select 1 from t where (nosuch,2) = (1,2,3)
select 1 from t where ((nosuch,2)) = (1)
select nth_value(1,2) over w from t x join t y on a window w as ()
select nth_value(1,2) over v from t x join t y on a window w as ()
create view seen as select * from t
select * from seen indexed by foo
select * from t indexed by foo
with t as (select 1) select * from t indexed by foo
with t as (select 1) select * from t not indexed
select x.a from t x join t y on x.nosuch1 left join t z on z.nosuch2
select x.a from t x left join t y on x.nosuch1 join t z on z.nosuch2 where nosuch3
select x.a from t x join t y on b left join t z on a
-- ORDER BY in an aggregate, and a subquery behind IN, are looked at first.
select string_agg(nosuch1, ',' order by nosuch2) from t
select count(nosuch1 order by nosuch2) filter (where nosuch3) from t
select count(nosuch1) filter (where nosuch3) from t
select nosuch1 in (select nosuch2) from t
select (nosuch1, 2) in (select nosuch2, 3) from t
select nosuch1 in (nosuch2, nosuch3) from t
select 1 from t where (nosuch1 in (select nosuch2 from t)) in (select nosuch3)
select -0x8000000000000000
select 1 - -(0x8000000000000000) from t where 0
select -(9223372036854775808), -(0x7fffffffffffffff), - -9223372036854775808, 0 - 0x8000000000000000
select 'a' RegExp 'b'
select 'a' not Match 'b' escape 'c'
-- A number below 1 or above 65535 is told where it stands, another that is no column after the other terms.
create table ord(a,b)
select a from ord group by 5, 0
select a from ord group by 0, 5
select a from ord group by 5, nosuch, 0
select a from ord group by nosuch, 0
select a from ord group by 0, nosuch
select a from ord group by 5, 70000
select a from ord group by 65535
select a from ord group by 65536, nosuch
select a from ord group by max(a), 0
select a from ord group by 5, max(a)
select a from ord order by 5, 0
select a from ord order by 0, 5
select a from ord order by 5, nosuch, 0
select a from ord order by 5, 65536
select a from ord order by max(a), 0
select a from ord order by -1, nosuch
select (select 10 group by 10,0)
select a from ord union select b from ord order by 5, 0
select a from ord union select b from ord order by 0, 5
select a from ord union select b from ord order by 5, nosuch
