create table c(a text collate nocase, b text collate rtrim, d collate binary);
create index ci on c(a, b collate NoCase, d collate "nocase");
pragma index_xinfo(ci);
create index cj on c(a collate Nocase);
pragma index_xinfo(cj);
create table c2(a text collate NoCase unique);
pragma index_xinfo(sqlite_autoindex_c2_1);
