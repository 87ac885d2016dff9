-- Everyday statements, one a line, for survey.py: what programs ask of a shop's items, their owners and tags.
-- They were written to find shapes that are slow, not to be won.
select * from items order by created desc limit 20
select * from items where category='category 07' order by price desc limit 10
select * from items where category='category 07' order by price limit 10 offset 500
select * from items where created between '2024-03-01' and '2024-03-10' order by created
select i.*, o.name from items i join owners o on o.id=i.owner_id order by i.created desc limit 20
select i.*, o.name from items i left join owners o on o.id=i.owner_id where o.city='Oslo' order by i.id limit 20
select o.name, count(*) from owners o join items i on i.owner_id=o.id group by o.id order by 2 desc limit 5
select o.name, (select count(*) from items i where i.owner_id=o.id) n from owners o order by n desc limit 5
select o.name, (select max(price) from items i where i.owner_id=o.id) n from owners o
select * from owners o where exists(select 1 from items i where i.owner_id=o.id and i.price>999)
select * from owners o where not exists(select 1 from items i where i.owner_id=o.id and i.price>900)
select * from items where owner_id in (select id from owners where city='Rome' and age>80)
select * from items where id in (select item from tags where tag='tag7')
select i.id, group_concat(t.tag) from items i join tags t on t.item=i.id where i.owner_id=77 group by i.id
select t.tag, count(distinct i.owner_id) from tags t join items i on i.id=t.item group by t.tag
select * from items where title like 'title 123%'
select * from items where title like '%999%' limit 5
select count(*) from items where flag is null
select count(*) from items where flag='x' or category='category 03'
select * from items where owner_id=5 or owner_id=7 or id=9
select * from items where category='category 07' and owner_id=77
select distinct category from items
select distinct owner_id, flag from items
select category, avg(price), min(price), max(price) from items group by category having count(*)>900
select substr(created,1,7) m, sum(price) from items group by m order by m
select date(created) d, count(*) from items where category='category 01' group by d
select flag, count(*) from items group by flag
select count(distinct owner_id) from items
select max(created) from items
select min(price), max(price) from items where category='category 07'
select * from items where price=(select max(price) from items)
with top as (select owner_id, sum(price) s from items group by owner_id) select o.name, s from top join owners o on o.id=top.owner_id order by s desc limit 10
with r as (select *, row_number() over (partition by category order by price desc) rn from items) select * from r where rn<=3
select id, price, lag(price) over (order by created) from items limit 20
select id, sum(price) over (partition by owner_id) from items where category='category 07'
select * from items a join items b on a.title=b.title and a.id<b.id limit 50
select a.category, b.category, count(*) from (select distinct category from items) a, (select distinct category from items) b group by 1,2
select case when price<100 then 'low' when price<500 then 'mid' else 'high' end k, count(*) from items group by k
select coalesce(flag,'none') f, total(price) from items group by 1
select * from items where id>25000 order by id limit 100
select * from items order by id limit 100 offset 40000
select * from items where (category, price) > ('category 20', 500.0) order by category, price limit 10
select count(*) from items i, owners o where i.owner_id=o.id and o.age between 30 and 40 and i.price>500
select o.city, i.category, sum(i.price) from items i join owners o on o.id=i.owner_id group by 1,2 order by 3 desc
select upper(title)||'-'||category from items where owner_id<50
select json_group_array(title) from items where owner_id=9
select * from items where price>990 and flag='zed'
select * from items where abs(price-500)<1
select id from items where created>='2024-06-01' and created<'2024-07-01' and category='category 11'
select owner_id from items union select id from owners
select owner_id from items intersect select id from owners where city='Bonn'
select id from owners except select owner_id from items where price>500
select * from (select * from items order by price desc limit 100) order by id limit 10
select i.category, o.city, t.tag, count(*) from tags t join items i on i.id=t.item join owners o on o.id=i.owner_id where t.tag in ('tag1','tag2','tag3') group by 1,2,3
select sum(price*2+1), avg(length(title)) from items where category like 'category 1%'
select id, price from items where owner_id = 3 order by price desc
select count(*) from items where title > 'title 5' and title < 'title 6'
select count(*) from items where id % 7 = 3 and price < 300
select exists(select 1 from items where price > 999.9)
select (select name from owners where id=items.owner_id) from items where category='category 09'
select * from items where created like '2024-05%' and flag='y' order by price limit 5
select o.* from owners o left join items i on i.owner_id=o.id and i.price>999 where i.id is null
select category, price from items order by category, price limit 1000
select category, count(*) c from items group by category order by c desc, category limit 3
select printf('%05d %s', id, title) from items limit 1000
select strftime('%Y-%W', created) w, count(*) from items group by w
select * from items where id in (1,5,9,1000,20000,49999)
select t1.tag, t2.tag, count(*) from tags t1 join tags t2 on t1.item=t2.item and t1.tag<t2.tag where t1.tag='tag5' group by 1,2
select owner_id, price from items where price > (select avg(price) from items) and owner_id < 20
select i.id from items i where i.price > (select avg(price) from items j where j.category=i.category) and i.owner_id=5
select ntile(4) over (order by price), id from items where owner_id=8
select rank() over (order by age desc), name from owners
select total_price from (select owner_id, sum(price) total_price from items group by owner_id) where total_price > 30000
select category, group_concat(id) from items where owner_id=3 group by category
select first_value(title) over (partition by owner_id order by price), id from items where owner_id between 5 and 15
select count(*) filter (where flag='x'), count(*) filter (where flag='y') from items
update items set price=price*1.01 where category='category 07'
update items set flag='q' where id in (select item from tags where tag='tag9')
update items set price=price+1 where id=500
update owners set age=(select count(*) from items where owner_id=owners.id) where id<100
update items set title=upper(title) where owner_id=12
delete from tags where item in (select id from items where owner_id=13)
delete from items where created<'2024-01-03'
insert into tags select id,'new' from items where category='category 30'
insert into items(category,owner_id,price,title) select category,owner_id,price,title from items where owner_id=14
insert or replace into items select * from items where owner_id=15
insert into owners values(5,'x','y',1) on conflict(id) do update set age=age+1
update items set price=o.age from owners o where o.id=items.owner_id and o.city='Rome' and items.category='category 05'
select o.id, o.name, count(i.id), coalesce(sum(i.price),0) from owners o left join items i on i.owner_id=o.id group by o.id
select o.id, count(i.id) from owners o left join items i on i.owner_id=o.id where o.city='Rome' group by o.id having count(i.id)>60
select i.id, i.title, group_concat(t.tag, ',') from items i left join tags t on t.item=i.id where i.category='category 01' group by i.id limit 20
select * from items where id in (select item from tags group by item having count(*)>6)
select t.tag, count(*) from tags t group by t.tag order by count(*) desc limit 10
select item, count(*) from tags group by item order by 2 desc limit 5
select * from items where category in ('category 01','category 02') and price between 100 and 110
select * from items where category in ('category 01','category 02') order by price limit 10
select * from items where flag is not null and price > 995 order by id desc
select trim(title), lower(category), length(title), replace(title,'title','x'), instr(title,'9') from items where owner_id<100
select title || ' (' || category || ')' from items limit 5000
select cast(price as integer) p, count(*) from items group by p
select round(price,1) from items limit 20000
select round(avg(price),2), category from items group by category
select ifnull(flag,'-'), nullif(category,'category 01') from items limit 20000
select max(price, owner_id), min(price, 5) from items limit 20000
select id from items where price*1.2 > 1190
select count(*) from items where created < date('2024-06-15')
select julianday(created) from items limit 5000
select strftime('%s', created) from items limit 5000
select date(created,'+1 month') from items limit 5000
select datetime(created,'start of month','+1 month','-1 day') from items limit 5000
select time(created) from items limit 5000
select json_object('id',id,'title',title) from items limit 5000
select json_extract('{"a":{"b":[1,2,3]}}','$.a.b[1]')
select json_group_object(id,price) from items where owner_id<20
select value, count(*) from items, json_each('["x","y"]') where flag=value group by 1
select hex(title), quote(title), typeof(price), unicode(title) from items limit 5000
select rowid, * from items where rowid between 100 and 200
select avg(price) from items where owner_id=7
select min(created) from items where owner_id=7
select a.id, b.id from owners a, owners b where a.age=b.age and a.id<b.id limit 1000
select count(*) from owners a join owners b on a.age=b.age
select * from owners where name='owner 77'
select count(*) from items where title='title 77'
select * from items where title='title 77' and flag='x'
select distinct i.category from items i join tags t on t.item=i.id where t.tag='tag5'
select category, price, rank() over (partition by category order by price desc) from items where owner_id<100
select id, avg(price) over (order by id rows between 10 preceding and current row) from items where category='category 03'
select id, price - lag(price) over (order by id) from items where category='category 04'
select category, sum(price), sum(sum(price)) over (order by category) from items group by category
select id, percent_rank() over (order by price), cume_dist() over (order by price) from items where owner_id<10
select id, count(*) over () from items where owner_id<10
select id, sum(price) over (partition by owner_id order by created, id) from items
select id, price - lag(price) over (partition by owner_id order by id) from items
select id, avg(price) over (order by id rows between 3 preceding and 3 following) from items
select id, max(price) over (partition by id / 4 order by id rows between 1 preceding and 1 following) from items
select id, sum(owner_id) over (order by price rows between 10 preceding and 10 following exclude current row) from items
select id, round(price / sum(price) over (partition by category), 9) from items
with recursive c(n) as (select 1 union all select n+1 from c where n<10000) select sum(n) from c
with recursive tree(id,depth) as (select id,0 from owners where id=1 union all select o.id, depth+1 from owners o join tree t on o.id=t.id*2 where depth<9) select count(*) from tree
with m as (select category, max(price) p from items group by category) select i.id, i.category from items i join m on m.category=i.category and m.p=i.price
with a as (select owner_id, count(*) n from items group by 1), b as (select owner_id, sum(price) s from items group by 1) select a.owner_id, n, s from a join b using(owner_id) where n>65
select * from items i where (select count(*) from tags t where t.item=i.id) > 7
select i.id, (select count(*) from tags t where t.item=i.id), (select max(tag) from tags t where t.item=i.id) from items i where owner_id=9
select category from items group by category having sum(price)>520000
select count(*) from (select 1 from items group by owner_id, category)
select sum(n) from (select count(*) n from items group by owner_id)
select owner_id, category, count(*) from items group by owner_id, category order by 3 desc limit 5
select substr(title, 7) n from items where owner_id=3 order by cast(n as integer)
select * from items order by category, price desc, id limit 20
select * from items order by price limit 20
select * from items order by random() limit 5
select * from items order by title collate nocase limit 20
select * from items where title like '%5' and owner_id=5
select * from items limit 10 offset 45000
select * from items where id>45000 limit 10
select count(*), count(flag), count(distinct flag) from items
select total(price), avg(owner_id), sum(owner_id) from items
select category, flag, count(*) from items group by category, flag
select case flag when 'x' then 1 when 'y' then 2 else 0 end, id from items limit 20000
select id from items where not (price<990)
select id from items where flag in ('x','y') and price>997
select id from items where owner_id%100=5 order by id limit 50
select i.id, j.id from items i join items j on i.owner_id=j.owner_id and i.id<j.id where i.category='category 01' and j.category='category 02' and i.price>900
select o.city, avg(o.age), count(*) from owners o group by o.city
select city, group_concat(name) from owners group by city
select i.* from items i cross join owners o where o.id=i.owner_id and o.id=5
select i.id from items i natural join (select 5 as owner_id)
select * from items where (owner_id, flag) in (values (5,'x'),(6,'y'))
select exists(select 1 from items where owner_id=5 and flag='x'), exists(select 1 from tags where tag='none')
insert into tags values(1,'a')
insert into items(category,owner_id,price,title) values('c',1,2.5,'t') returning id
insert or ignore into owners values(5,'x','y',1)
insert into owners select id+5000,name,city,age from owners
insert into tags select item, tag||'x' from tags limit 5000
update owners set age=age+1
update owners set age=age+1 where city='Rome'
update items set category=category where owner_id=7
update items set owner_id=owner_id+1 where id between 100 and 200
update tags set tag='t' where item=55
update items set price=(select avg(price) from items i2 where i2.owner_id=items.owner_id) where owner_id<5
update items set flag=case when price>500 then 'hi' else 'lo' end
delete from owners where id=5
delete from tags where tag='tag3'
delete from items where owner_id in (1,2,3)
delete from items where id not in (select item from tags)
delete from tags where rowid in (select rowid from tags limit 1000)
delete from items
select * from pragma_table_info('items')
select name from sqlite_master where type='index'
pragma table_info(items)
