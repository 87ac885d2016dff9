-- subqueries are evaluated when they are needed, or nobody can notice
create table e(a)
create table t(a,b)
insert into t values(1,2),(3,4),(null,5)
select case when 0 then (select abs(-9223372036854775808)) end
select case when 1 then (select abs(-9223372036854775808)) end
select (select abs(-9223372036854775807-1)) from e
select (select abs(-9223372036854775807-1)) from t
select * from t where 0 and a in (select abs(-9223372036854775808))
select * from t where a=7 and b in (select abs(-9223372036854775808))
select * from t where a=7 and exists (select abs(-9223372036854775808))
select * from t where a=1 and b in (select abs(-9223372036854775808))
select coalesce(1,(select abs(-9223372036854775808)))
select a in (select abs(-9223372036854775808) from e) from t
select a from t where a>(select max(abs(a)) from t)-2
select * from e left join (select abs(-9223372036854775808) as q) on q=a
select (select sum(9223372036854775807) from t) from e
select (select sum(9223372036854775807) from t)
select case when a=1 then 1 else (select sum(9223372036854775807+0*b) from t) end from t limit 1
select * from t where a in (select abs(-9223372036854775808)) and 0
select exists(select 1 from t where a=1 and abs(-9223372036854775808)) 
with c as (select abs(-9223372036854775808) as x) select 1
