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
