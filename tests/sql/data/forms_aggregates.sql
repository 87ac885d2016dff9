-- Where aggregates may stand: in ORDER BY and HAVING only beside GROUP BY or aggregates among the results
create table t(a,b)
insert into t values(1,2),(3,4)
select a from t order by max(a)
select a from t order by a, count(*)
select max(a) over () from t order by max(a)
select 1 from t order by (select max(t.a))
select 1 from t order by (select max(t.a) from t x)
select 1 from t having count(*)>0
select 1 from t having 1
select max(a) over () from t having 1
select 1 from t having (select max(t.a))
select (select count(t.a)) from t order by max(a)
select (select count(t.a)) from t having 1
select a from t limit count(*)
select b from t where sum(a)>1
select a from t group by sum(a)
select a from t group by (select max(a))
select 1 from t group by a order by (select max(t.a))
select count(*) from t order by (select max(t.a))
select a,count(*) from t where a>5 order by max(a)
select a, b from t group by a order by sum(b)
select a, count(*) from t having b>3 order by b
select a from t group by a having sum(b)>2 order by sum(b)
