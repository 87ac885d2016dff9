-- Table-valued functions: arguments from beside them, hidden columns, rowids, pragmas as tables.
CREATE TABLE t (id INTEGER PRIMARY KEY, doc, b);
INSERT INTO t VALUES (1, '[1,2]', 1), (2, '{"a":3}', 0), (3, NULL, 5);
CREATE INDEX ti ON t (b);
select rowid,* from json_each('[1,{"a":2}]');
select rowid,* from json_tree('[1,{"a":2}]');
select * from json_each;
select * from json_each where json='[1]';
select * from json_each where '[1]'=json and root='$';
select value from t, json_each where json=t.doc;
select value from json_each(t.doc), t;
select value from t, json_each(t.doc) where t.id<3;
select t.id, value from t left join json_each(t.doc) where t.id>0;
select t.id, value from t left join json_each on json=t.doc;
select * from json_each('[1]',2,3);
select * from json_each('[1]','$',3);
select * from t(1);
select * from nosuch(1);
select json_each.value, e.value from json_each('[1]'), json_each('[2]') e;
select e.* from json_each('[1]') e;
select json, root from json_each('[1]') e;
select key from json_each('[3,4]') natural join (select 1 as key);
select 1 in json_each('[1]');
select 3 in (select value from json_each('[1,3]'));
select * from pragma_table_info('t');
select name,arg,schema from pragma_table_info('t');
select name from pragma_table_info('t','main');
select name from pragma_table_info where arg='t';
select name from pragma_table_info;
select rowid,name from pragma_table_info('t');
select m.name,p.name from sqlite_master m, pragma_table_info(m.name) p where m.type='table';
select * from pragma_user_version;
select * from pragma_user_version(5);
select * from pragma_foreign_keys;
select * from pragma_nosuch;
select * from pragma_index_list('t');
select * from pragma_database_list;
select * from pragma_encoding;
select count(*)>0 from pragma_function_list;
select count(*)>0 from pragma_pragma_list;
select * from pragma_foreign_key_list('t');
select * from pragma_integrity_check;
select * from pragma_busy_timeout;
select * from pragma_table_list('t');
select * from pragma_application_id;
select * from pragma_temp_store;
select * from pragma_freelist_count;
select * from pragma_data_version;
select json from json_each('[1]') where json='x';
select value from json_each('[1,2]') where root='$.a';
select value from json_each('{"a":[5]}') where root='$.a';
select value from t join json_each(t.doc) on 1;
select value from json_each((select doc from t where id=1));
select (select group_concat(value) from json_each(t.doc)) from t;
select t.id from t where exists(select 1 from json_each(t.doc) where value=3);
select t.id from t where 3 in (select value from json_each(t.doc));
select a.value,b.value from json_each('[[1,2],[3]]') a, json_each(a.value) b;
select value from json_each('[3,1,2]') order by rowid desc;
select value, typeof(value) from json_each('[1.0,"x",null,true,9223372036854775807,1e3]');
update t set b=(select sum(value) from json_each(t.doc)) returning b;
select * from json_each('[1');
select * from json_each('[1]','x');
select * from json_each(null);
select * from json_each(5);
select * from json_each('{"a":{"b":[1]}}','$.a.b');
select * from json_tree('{"a":{"b":[1]}}','$.a.b');
select * from json_tree('{"x":0,"a":{"c":1,"b":[1]}}','$.a.b');
with j as (select * from json_each('[1,2]')) select key,value from j;
select * from jsonb_each('[[1]]');
select value+1 from json_each('["1"]');
select value='1', value=1 from json_each('["1",1]');
select max(value) from json_each('[1,5,3]');
select key from json_each('[1,2]') group by key having count(*)=1;
select distinct type from json_tree('[1,[2,3]]');
select * from json_each('[1,2]') union all select * from json_each('[3]');
select * from sqlite_master limit 0;
-- In changes, joins of all kinds, recursion, subqueries.
create table k(id integer primary key, doc text, n int);
insert into k(id,doc,n) select key, value, 0 from json_each('["[1,2]","[3]","{\"a\":[4,5]}"]');
select * from k;
update k set n=(select count(*) from json_each(k.doc));
select * from k;
update k set n=n+j.value from json_each('[10,20,30]') j where j.key=k.id;
select * from k;
delete from k where id in (select value from json_each('[0,7]'));
select * from k;
insert into k select value, 'x', 1 from json_each('[100,101]') where 1 on conflict do nothing returning *;
create table cj(d text check(json_valid(d)));
insert into cj values('{"a":1}');
select d ->> 'a' from cj;
select d from cj where json_extract(d,'$.a')=1;
select k.id, j.value from k right join json_each('[1,2,200]') j on j.value=k.id;
select k.id, j.value from json_each('[1,2,200]') j left join k on j.value=k.id order by 2;
select k.id, j.value from k full join json_each('[1,2,200]') j on j.value=k.id order by 1,2;
select k.id, j.value from k left join json_each(k.doc) j on j.value>1 where json_valid(k.doc) order by 1,2;
select j.value from k, json_each(k.doc) as j where json_valid(k.doc) order by 1;
select (select max(value) from json_each(k.doc) where json_valid(k.doc)) from k where json_valid(doc);
select * from k join json_each('[1,2]') using (id);
select e.key, t.key from json_each('{"a":[1,2]}') e, json_tree(e.value) t;
select e.key, t.fullkey from json_each('{"a":[1,2]}') e join json_tree(e.value) t on t.atom is not null;
with recursive r(x) as (select '[[1,[2]],3]' union all select value from r, json_each(r.x) where json_type(r.x)='array' and json_valid(r.x) and type='array') select * from r;
select count(*) from json_each('[1,2,3]') a, json_each('[1,2,3]') b where a.value=b.value;
select count(*) from json_each('[1,2,3]') a join json_each('[1,2,3]') b on a.value>b.value;
select sum(value) over (order by key) from json_each('[1,2,3]');
select group_concat(value) from json_each('[3,1,2]') order by 1;
select value from json_each('[3,1,2]') order by value desc limit 2;
select distinct value from json_each('[3,1,3]');
select value from json_each('[3,1,3]') intersect select value from json_each('[1]');
select exists(select 1 from json_each('[1]') where value=1);
select json_each.key from json_each('[1]');
select rowid from json_each('[5,6]') where rowid=1;
select value from json_each('[5,6]') where rowid>0;
select value from json_each('[5,6]') where key in (1,2);
select 'x' in (select key from json_each('{"x":1}'));
select name from pragma_table_info('k') where pk;
select * from json_each('[1]') as j(a,b);
select json_group_array(json_object('k',key,'v',value)) from json_each('{"a":[1],"b":"x"}');
select json_group_object(key,value) from json_each('{"a":[1],"b":"x"}');
select json(json_group_array(value)) from json_each('[1,"a",null]') where value is not null;
select json_set(doc,'$[#]',9) from k where json_type(doc)='array';
select id, json_each.value from k, json_each(doc,'$.a') where json_valid(doc);
select * from (select value from json_each('[1,2]')) a left join (select value from json_each('[2,3]')) b on a.value=b.value;
select json_extract(doc,'$[0]') x, count(*) from k where json_valid(doc) group by x order by x;
select json_extract(doc,'$[0]') from k where json_valid(doc) and doc->>0 > 1;
select typeof(doc->>'$[0]'), typeof(doc->'$[0]') from k where json_valid(doc);
select '{"a":1}'->'a' = '1', '{"a":1}'->>'a' = 1, '{"a":1}'->>'a' = '1';
select '{"a":"x"}'->>'a' collate nocase = 'X';
select max('{"a":5}'->>'a', 3);
select '[1,2]'->>0 + 1, '[1,2]'->0||'x';
select json_array(1,2)->1, json_object('a',json_array(1))->'a'->0;
select date('2024-01-31','+1 month'), strftime('%Y', 'now')=strftime('%Y','now');
create table docs(doc)
create table numbers(n, m)
insert into docs values('[1,2]')
insert into numbers values(1,2)
~select e.value from docs join json_each e right join numbers
~select 1 from (select e.value from docs join json_each e right join numbers)
~select 1 from (select id, value from json_tree() full join numbers)
~select value, n from docs, json_each(docs.doc) right join numbers on value = n
insert into json_each values (1);
insert into json_each (key) values (1);
update json_tree set key = 1;
delete from JSON_EACH;
drop table json_each;
drop table if exists json_each;
create index i on json_each (key);
alter table json_each add column z;
insert into pragma_table_info values (1);
select key from main.json_each('[1]');
select key from main.json_each;
select key, id, parent, fullkey, path from json_tree('{"a":[1,2.50,{"b c":null,"é":true}],"d":"x","e":{}}');
select json_array(value), atom, type from json_tree('{"a":[1,2.50,{"b c":null,"é":true}],"d":"x","e":{}}');
select count(*), sum(id), max(parent) from json_tree('[' || (select group_concat(printf('"%0*d"', b * 40, 7), ',' order by id) from t) || ']');
select key, value from json_each('{"a":1,"b":2,"a":3}');
select key, id, value from json_tree('{"a":1,"b":{"a":2,"a":5}}');
select json_set('{"a": 1 2}', '$.b', 1);
select json_remove('{"a": 1	2, "b": 3}', '$.b');
CREATE TABLE arguments(c0)
INSERT INTO arguments VALUES('[1,2]'),('[3]')
SELECT 1 FROM json_each(c0) LEFT JOIN arguments
SELECT value FROM json_each(c0) JOIN arguments
SELECT value FROM json_each(c0) RIGHT JOIN arguments
SELECT value FROM arguments x JOIN json_each(arguments.c0) LEFT JOIN arguments ON 1
SELECT a.value FROM json_each('[1]') a LEFT JOIN json_each(c0) JOIN arguments
~SELECT a.value FROM json_each('[1]') a LEFT JOIN json_each(c0) JOIN arguments
~SELECT a.value,b.value FROM json_each('[1]') a LEFT JOIN json_each(c0) b JOIN arguments
~SELECT a.value,b.value FROM json_each('[1]') a LEFT JOIN json_each(c0) b LEFT JOIN arguments
~SELECT a.value,b.value FROM json_each('[1]') a LEFT JOIN json_each(c0) b, arguments c LEFT JOIN arguments d
~SELECT a.value,b.value FROM json_each('[1]') a LEFT JOIN json_each(d.c0) b, arguments c LEFT JOIN arguments d
~SELECT a.value,b.value FROM json_each('[1]') a LEFT JOIN json_each(c.c0) b, arguments c LEFT JOIN arguments d
~SELECT a.value,b.value FROM json_each('[1]') a RIGHT JOIN json_each(c.c0) b, arguments c LEFT JOIN arguments d
-- On the right of RIGHT and FULL JOIN a function of the tables before it has no row without them.
create table tf(a,j);
insert into tf values(1,'[1,2]'),(2,'[]'),(3,'[2,9]'),(4,null);
create table tu(x);
insert into tu values(1),(5);
select a,value from tf full join json_each(tf.j);
select a,value from tf right join json_each(tf.j);
select a,value from tf right join json_each(tf.j) e on e.value=tf.a;
select a,value from tf full join json_each(tf.j) e on e.value=tf.a where a<>2;
select a,x,value from tf full join tu on a=x right join json_each(tf.j) e on e.value=tu.x;
select a,x,value from tf join tu right join json_each(j) on value=x;
select a,x,value from tu left join (tf right join json_each(j) on value=a) on x=a;
select a,x,fullkey from tf full join json_tree(j,'$[0]') on true left join tu on x=value;
-- What CROSS JOIN joins is behind what is before it, in any order.
select a,x,value from tf cross join json_each(tu.x) join tu;
select a,x,value from tf cross join tu, json_each(j) where value=x;
-- None of them can come first.
select * from json_each(b.value) a, json_each(a.value) b;
select * from tf, json_each(b.value) a, json_each(c.value) b, json_each(a.value) c;
select * from json_each a, json_each b where a.json=b.value and b.json=a.value;
-- Arguments in conditions: what cannot come before the function gives none, and other conditions find what was given.
select value from json_each where json is '[1]';
select value from json_each where json>'[1]';
select value from json_each('[1]') where root<>'$';
select value,json,root from json_each('[1]') where json>1;
select count(*),max(schema) from pragma_table_info('t') where schema is null;
select count(*) from pragma_table_info where arg<>'t';
select s0.value from json_each s0 left join tf s1 on true where s0.json=s1.j;
select s0.value from json_each s0 cross join tf s1 where s0.json=s1.j;
select s0.value from json_each s0 join tf s1 where s0.json=s1.j;
select s0.value,x from json_each s0 left join tu on x=value join tf s1 on s0.json=s1.j;
select s0.value,x from json_each(s2.j) s0 left join tu on x=value join tf s2;
select s1.y, s0.atom from json_each(s1.y) s0, (select '[1]' y) s1 full join tu s2 on x=1;
