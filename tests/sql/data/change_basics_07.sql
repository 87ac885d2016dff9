-- Tables, constraints and their messages.
create table t(id integer primary key autoincrement, b);
select type, name, tbl_name, sql from sqlite_master;
insert into t(b) values(1);
select * from sqlite_sequence;
create table u(a integer primary key autoincrement);
drop table t;
select * from sqlite_sequence;
drop table sqlite_sequence;
insert into u values(9223372036854775807);
insert into u values(null);
