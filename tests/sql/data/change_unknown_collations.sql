-- A COLLATE of a collation that is not there matters where something compares by it.
create table u(x, y);
insert into u(x) values (1 collate nix);
insert into u(x) values (1 collate nix), (2);
insert into u(x) select 'a' collate nix;
insert into u(x) values (1 collate nix = 2);
update u set y = 'a' collate nix;
update u set y = 'a' collate nix = 1;
delete from u where x collate nix;
delete from u where x collate nix > 5;
insert into u(x) values (5) returning x collate nix;
insert into u(x) values (5) returning x collate nix = 4;
update u set y = 1 returning x collate nix;
create index i on u(x) where y collate nix;
create index i2 on u(x || 'a' collate nix);
create index i3 on u(x collate nix);
create index i4 on u(x) where y = 1 collate nix;
select * from u;
