-- Operands that fail: which of them SQLite evaluates beside NULL, beside what decides, and in which order
create table t(n, z, one, txt, big)
insert into t values(null,0,1,'a',-9223372036854775808)
create table e(n, big)
select NULL || abs(big) from t
select abs(big) || NULL from t
select n || abs(big) from t
select abs(big) || n from t
select 0 || abs(big) from t
select abs(big) || 0 from t
select z || abs(big) from t
select abs(big) || z from t
select one || abs(big) from t
select abs(big) || one from t
select txt || abs(big) from t
select abs(big) || txt from t
select NULL + abs(big) from t
select abs(big) + NULL from t
select n + abs(big) from t
select abs(big) + n from t
select 0 + abs(big) from t
select abs(big) + 0 from t
select z + abs(big) from t
select abs(big) + z from t
select one + abs(big) from t
select abs(big) + one from t
select txt + abs(big) from t
select abs(big) + txt from t
select NULL - abs(big) from t
select abs(big) - NULL from t
select n - abs(big) from t
select abs(big) - n from t
select 0 - abs(big) from t
select abs(big) - 0 from t
select z - abs(big) from t
select abs(big) - z from t
select one - abs(big) from t
select abs(big) - one from t
select txt - abs(big) from t
select abs(big) - txt from t
select NULL * abs(big) from t
select abs(big) * NULL from t
select n * abs(big) from t
select abs(big) * n from t
select 0 * abs(big) from t
select abs(big) * 0 from t
select z * abs(big) from t
select abs(big) * z from t
select one * abs(big) from t
select abs(big) * one from t
select txt * abs(big) from t
select abs(big) * txt from t
select NULL / abs(big) from t
select abs(big) / NULL from t
select n / abs(big) from t
select abs(big) / n from t
select 0 / abs(big) from t
select abs(big) / 0 from t
select z / abs(big) from t
select abs(big) / z from t
select one / abs(big) from t
select abs(big) / one from t
select txt / abs(big) from t
select abs(big) / txt from t
select NULL % abs(big) from t
select abs(big) % NULL from t
select n % abs(big) from t
select abs(big) % n from t
select 0 % abs(big) from t
select abs(big) % 0 from t
select z % abs(big) from t
select abs(big) % z from t
select one % abs(big) from t
select abs(big) % one from t
select txt % abs(big) from t
select abs(big) % txt from t
select NULL & abs(big) from t
select abs(big) & NULL from t
select n & abs(big) from t
select abs(big) & n from t
select 0 & abs(big) from t
select abs(big) & 0 from t
select z & abs(big) from t
select abs(big) & z from t
select one & abs(big) from t
select abs(big) & one from t
select txt & abs(big) from t
select abs(big) & txt from t
select NULL | abs(big) from t
select abs(big) | NULL from t
select n | abs(big) from t
select abs(big) | n from t
select 0 | abs(big) from t
select abs(big) | 0 from t
select z | abs(big) from t
select abs(big) | z from t
select one | abs(big) from t
select abs(big) | one from t
select txt | abs(big) from t
select abs(big) | txt from t
select NULL << abs(big) from t
select abs(big) << NULL from t
select n << abs(big) from t
select abs(big) << n from t
select 0 << abs(big) from t
select abs(big) << 0 from t
select z << abs(big) from t
select abs(big) << z from t
select one << abs(big) from t
select abs(big) << one from t
select txt << abs(big) from t
select abs(big) << txt from t
select NULL >> abs(big) from t
select abs(big) >> NULL from t
select n >> abs(big) from t
select abs(big) >> n from t
select 0 >> abs(big) from t
select abs(big) >> 0 from t
select z >> abs(big) from t
select abs(big) >> z from t
select one >> abs(big) from t
select abs(big) >> one from t
select txt >> abs(big) from t
select abs(big) >> txt from t
select NULL = abs(big) from t
select abs(big) = NULL from t
select n = abs(big) from t
select abs(big) = n from t
select 0 = abs(big) from t
select abs(big) = 0 from t
select z = abs(big) from t
select abs(big) = z from t
select one = abs(big) from t
select abs(big) = one from t
select txt = abs(big) from t
select abs(big) = txt from t
select NULL < abs(big) from t
select abs(big) < NULL from t
select n < abs(big) from t
select abs(big) < n from t
select 0 < abs(big) from t
select abs(big) < 0 from t
select z < abs(big) from t
select abs(big) < z from t
select one < abs(big) from t
select abs(big) < one from t
select txt < abs(big) from t
select abs(big) < txt from t
select NULL >= abs(big) from t
select abs(big) >= NULL from t
select n >= abs(big) from t
select abs(big) >= n from t
select 0 >= abs(big) from t
select abs(big) >= 0 from t
select z >= abs(big) from t
select abs(big) >= z from t
select one >= abs(big) from t
select abs(big) >= one from t
select txt >= abs(big) from t
select abs(big) >= txt from t
select NULL <> abs(big) from t
select abs(big) <> NULL from t
select n <> abs(big) from t
select abs(big) <> n from t
select 0 <> abs(big) from t
select abs(big) <> 0 from t
select z <> abs(big) from t
select abs(big) <> z from t
select one <> abs(big) from t
select abs(big) <> one from t
select txt <> abs(big) from t
select abs(big) <> txt from t
select NULL IS abs(big) from t
select abs(big) IS NULL from t
select n IS abs(big) from t
select abs(big) IS n from t
select 0 IS abs(big) from t
select abs(big) IS 0 from t
select z IS abs(big) from t
select abs(big) IS z from t
select one IS abs(big) from t
select abs(big) IS one from t
select txt IS abs(big) from t
select abs(big) IS txt from t
select NULL IS NOT abs(big) from t
select abs(big) IS NOT NULL from t
select n IS NOT abs(big) from t
select abs(big) IS NOT n from t
select 0 IS NOT abs(big) from t
select abs(big) IS NOT 0 from t
select z IS NOT abs(big) from t
select abs(big) IS NOT z from t
select one IS NOT abs(big) from t
select abs(big) IS NOT one from t
select txt IS NOT abs(big) from t
select abs(big) IS NOT txt from t
select NULL IS DISTINCT FROM abs(big) from t
select abs(big) IS DISTINCT FROM NULL from t
select n IS DISTINCT FROM abs(big) from t
select abs(big) IS DISTINCT FROM n from t
select 0 IS DISTINCT FROM abs(big) from t
select abs(big) IS DISTINCT FROM 0 from t
select z IS DISTINCT FROM abs(big) from t
select abs(big) IS DISTINCT FROM z from t
select one IS DISTINCT FROM abs(big) from t
select abs(big) IS DISTINCT FROM one from t
select txt IS DISTINCT FROM abs(big) from t
select abs(big) IS DISTINCT FROM txt from t
select NULL LIKE abs(big) from t
select abs(big) LIKE NULL from t
select n LIKE abs(big) from t
select abs(big) LIKE n from t
select 0 LIKE abs(big) from t
select abs(big) LIKE 0 from t
select z LIKE abs(big) from t
select abs(big) LIKE z from t
select one LIKE abs(big) from t
select abs(big) LIKE one from t
select txt LIKE abs(big) from t
select abs(big) LIKE txt from t
select NULL GLOB abs(big) from t
select abs(big) GLOB NULL from t
select n GLOB abs(big) from t
select abs(big) GLOB n from t
select 0 GLOB abs(big) from t
select abs(big) GLOB 0 from t
select z GLOB abs(big) from t
select abs(big) GLOB z from t
select one GLOB abs(big) from t
select abs(big) GLOB one from t
select txt GLOB abs(big) from t
select abs(big) GLOB txt from t
select NULL AND abs(big) from t
select abs(big) AND NULL from t
select n AND abs(big) from t
select abs(big) AND n from t
select 0 AND abs(big) from t
select abs(big) AND 0 from t
select z AND abs(big) from t
select abs(big) AND z from t
select one AND abs(big) from t
select abs(big) AND one from t
select txt AND abs(big) from t
select abs(big) AND txt from t
select NULL OR abs(big) from t
select abs(big) OR NULL from t
select n OR abs(big) from t
select abs(big) OR n from t
select 0 OR abs(big) from t
select abs(big) OR 0 from t
select z OR abs(big) from t
select abs(big) OR z from t
select one OR abs(big) from t
select abs(big) OR one from t
select txt OR abs(big) from t
select abs(big) OR txt from t
select NULL -> abs(big) from t
select abs(big) -> NULL from t
select n -> abs(big) from t
select abs(big) -> n from t
select 0 -> abs(big) from t
select abs(big) -> 0 from t
select z -> abs(big) from t
select abs(big) -> z from t
select one -> abs(big) from t
select abs(big) -> one from t
select txt -> abs(big) from t
select abs(big) -> txt from t
select NULL ->> abs(big) from t
select abs(big) ->> NULL from t
select n ->> abs(big) from t
select abs(big) ->> n from t
select 0 ->> abs(big) from t
select abs(big) ->> 0 from t
select z ->> abs(big) from t
select abs(big) ->> z from t
select one ->> abs(big) from t
select abs(big) ->> one from t
select txt ->> abs(big) from t
select abs(big) ->> txt from t
select n between abs(big) and 2 from t
select n between 1 and abs(big) from t
select n not between 2 and abs(big) from t
select 0 between 2 and abs(big) from t
select z between 1 and abs(big) from t
select one between one and abs(big) from t
select abs(big) between n and n from t
select n in (abs(big)) from t
select n in (1,abs(big)) from t
select n not in (1,abs(big)) from t
select one in (1,abs(big)) from t
select one in (2,abs(big)) from t
select null in (abs(big),1) from t
select z in (one,abs(big),3) from t
select abs(big) in (n) from t
select case n when abs(big) then 1 else 2 end from t
select case one when 1 then 2 when abs(big) then 3 end from t
select case when z then abs(big) else 4 end from t
select case when n and abs(big) then 1 end from t
select case when z and abs(big) then 1 else 2 end from t
select abs(big) is null from t
select abs(big) isnull from t
select abs(big) notnull from t
select abs(big) is true from t
select not (z and abs(big)) from t
select not (one or abs(big)) from t
select not abs(big) from t
select -abs(big) from t
select ~abs(big) from t
select z and (z or abs(big)) from t
select one or (one and abs(big)) from t
select 0 and abs(big) from t
select abs(big) and 0 from t
select 1 or abs(big) from t
select abs(big) or 1 from t
select 0 or (0 and abs(big)) from t
select 1 and (1 or abs(big)) from t
select z and n and abs(big) from t
select n or one or abs(big) from t
select z and abs(big) and (select 1) from t
select z and (select abs(big)) from t
select one or exists (select abs(big) from t) from t
select coalesce(one,abs(big)) from t
select ifnull(one,abs(big)) from t
select coalesce(n,abs(big)) from t
select iif(z,abs(big),1) from t
select iif(one,1,abs(big)) from t
select iif(n,abs(big),one,2,abs(big)) from t
select nullif(n,abs(big)) from t
select nullif(abs(big),n) from t
select max(n,abs(big)) from t
select min(abs(big),n) from t
select substr(n,abs(big)) from t
select instr(n,abs(big)) from t
select replace(n,'a',abs(big)) from t
select round(n,abs(big)) from t
select json_extract(n,abs(big)) from t
select date(n,abs(big)) from t
select printf(n,abs(big)) from t
select like(n,abs(big)) from t
select unhex(n,abs(big)) from t
select concat_ws(n,abs(big)) from t
select typeof(n || abs(big)) from t
select likely(n and abs(big)) from t
select n || 'a' || abs(big) from t
select n || abs(big) || 'a' from t
select (n + 1) * abs(big) from t
select abs(big) * (n + 1) from t
select json('{') || abs(big) from t
select abs(big) || json('{') from t
select n || json('{') || abs(big) from t
select (n || abs(big)) is null from t
select n = abs(big) collate nocase from t
select (1,abs(big)) = (2,1) from t
select (2,abs(big)) = (2,1) from t
select (one,2) = (1,abs(big)) from t
select n like abs(big) escape 'ab' from t
select n like 'a' escape abs(big) from t
select n like 'a' escape 'ab' from t
select x'00' like 'a' escape 'ab' from t
select sum(n + abs(big)) from t
select count(n || abs(big)) from t
select max(n) || max(abs(big)) from t
select 1 from t where z and abs(big)
select 1 from t where one and z and abs(big)
select count(*) filter (where z and abs(big)) from t
select 1 from t group by z and abs(big)
select 1 from t order by z and abs(big)
select z and abs(big) from e
select 1 from t where one or abs(big)
select 1 from t where one and one or abs(big)
select count(*) filter (where one or abs(big)) from t
select 1 from t group by one or abs(big)
select 1 from t order by one or abs(big)
select one or abs(big) from e
select 1 from t where n and abs(big)
select 1 from t where one and n and abs(big)
select count(*) filter (where n and abs(big)) from t
select 1 from t group by n and abs(big)
select 1 from t order by n and abs(big)
select n and abs(big) from e
select count(*) filter (where abs(big) and z) from t
select 1 from t group by abs(big) and z
select 1 from t order by abs(big) and z
select abs(big) and z from e
select 1 from t where n = abs(big)
select 1 from t where one and n = abs(big)
select count(*) filter (where n = abs(big)) from t
select 1 from t group by n = abs(big)
select 1 from t order by n = abs(big)
select n = abs(big) from e
select 1 from t where abs(big) = n
select 1 from t where one and abs(big) = n
select count(*) filter (where abs(big) = n) from t
select 1 from t group by abs(big) = n
select 1 from t order by abs(big) = n
select abs(big) = n from e
select 1 from t where n between abs(big) and 1
select 1 from t where one and n between abs(big) and 1
select count(*) filter (where n between abs(big) and 1) from t
select 1 from t group by n between abs(big) and 1
select 1 from t order by n between abs(big) and 1
select n between abs(big) and 1 from e
select 1 from t where n between 1 and abs(big)
select 1 from t where one and n between 1 and abs(big)
select count(*) filter (where n between 1 and abs(big)) from t
select 1 from t group by n between 1 and abs(big)
select 1 from t order by n between 1 and abs(big)
select n between 1 and abs(big) from e
select 1 from t where n in (1,abs(big))
select 1 from t where one and n in (1,abs(big))
select count(*) filter (where n in (1,abs(big))) from t
select 1 from t group by n in (1,abs(big))
select 1 from t order by n in (1,abs(big))
select n in (1,abs(big)) from e
select 1 from t where not (z and abs(big))
select 1 from t where one and not (z and abs(big))
select count(*) filter (where not (z and abs(big))) from t
select 1 from t group by not (z and abs(big))
select 1 from t order by not (z and abs(big))
select not (z and abs(big)) from e
select 1 from t where not (n = abs(big))
select 1 from t where one and not (n = abs(big))
select count(*) filter (where not (n = abs(big))) from t
select 1 from t group by not (n = abs(big))
select 1 from t order by not (n = abs(big))
select not (n = abs(big)) from e
select 1 from t where n || abs(big)
select 1 from t where one and n || abs(big)
select count(*) filter (where n || abs(big)) from t
select 1 from t group by n || abs(big)
select 1 from t order by n || abs(big)
select n || abs(big) from e
select 1 from t where n is abs(big)
select 1 from t where one and n is abs(big)
select count(*) filter (where n is abs(big)) from t
select 1 from t group by n is abs(big)
select 1 from t order by n is abs(big)
select n is abs(big) from e
select 1 from t where abs(big) is null
select 1 from t where one and abs(big) is null
select count(*) filter (where abs(big) is null) from t
select 1 from t group by abs(big) is null
select 1 from t order by abs(big) is null
select abs(big) is null from e
select 1 from t where n like abs(big)
select 1 from t where one and n like abs(big)
select count(*) filter (where n like abs(big)) from t
select 1 from t group by n like abs(big)
select 1 from t order by n like abs(big)
select n like abs(big) from e
select 1 from t where case n when abs(big) then 1 end
select 1 from t where one and case n when abs(big) then 1 end
select count(*) filter (where case n when abs(big) then 1 end) from t
select 1 from t group by case n when abs(big) then 1 end
select 1 from t order by case n when abs(big) then 1 end
select case n when abs(big) then 1 end from e
select 1 from t where 0 and abs(big)
select 1 from t where one and 0 and abs(big)
select count(*) filter (where 0 and abs(big)) from t
select 1 from t group by 0 and abs(big)
select 1 from t order by 0 and abs(big)
select 0 and abs(big) from e
select 1 from t where abs(big) and 0
select 1 from t where one and abs(big) and 0
select count(*) filter (where abs(big) and 0) from t
select 1 from t group by abs(big) and 0
select 1 from t order by abs(big) and 0
select abs(big) and 0 from e
