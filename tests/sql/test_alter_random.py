"""Random ALTER TABLE statements over random views, triggers and indexes leave the texts that SQLite leaves, or fail
with its words."""

from __future__ import annotations

import random

import pytest
from side_by_side import Pair

from mantisdb_sql.errors import NotSupported

_COLUMNS = ("a", "b", "c", "id", '"d d"')
_SCHEMA = (
    "SELECT type, name, tbl_name, sql FROM main.sqlite_master UNION ALL SELECT type, name, tbl_name, sql"
    " FROM temp.sqlite_master"
)


class _Scripts:
    """Makes statements about the tables t, u and w and about what reads them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.number = 0

    def _one(self, *items: str) -> str:
        return self._random.choice(items)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def column(self) -> str:
        return self._random.choice(_COLUMNS)

    def table(self) -> str:
        return "w" if self._chance(0.03) else self._one("t", "t", "u", "main.u", "T")

    def expression(self, qualifiers: list[str], depth: int = 2) -> str:
        """An expression over columns of tables that have these names."""
        kind = self._random.randrange(12 if depth else 4)
        if kind < 4:
            column = self.column()
            return f"{self._random.choice(qualifiers)}.{column}" if qualifiers and self._chance(0.5) else column
        inner = self.expression(qualifiers, depth - 1)
        if kind == 4:
            return self._one('"text"', "'a'", "5", "rowid", '"a"')
        if kind == 5:
            return f"({inner} + {self.expression(qualifiers, depth - 1)})"
        if kind == 6:
            return f"CASE WHEN {inner} THEN {self.expression(qualifiers, depth - 1)} ELSE 1 END"
        if kind == 7:
            return f"EXISTS (SELECT 1 FROM {self.table()} AS x WHERE x.{self.column()} = {inner})"
        if kind == 8:
            return f"{inner} IN ({self.select(depth - 1, 1)})"
        if kind == 9:
            return f"coalesce({inner}, {self.expression(qualifiers, depth - 1)})"
        if kind == 10:
            return f"({self.select(depth - 1, 1)})"
        return f"({inner} COLLATE NOCASE)"

    def sources(self, depth: int) -> tuple[str, list[str]]:
        """A FROM clause, and the names that its tables have."""
        parts, names = [], []
        for n in range(self._random.choice((1, 1, 1, 1, 2))):
            table = self.table()
            if depth and self._chance(0.15):
                parts.append(f"({self.select(depth - 1, 2)}) AS q{n}")
                names.append(f"q{n}")
            elif self._chance(0.4):
                parts.append(f"{table} AS x{n}")
                names.append(f"x{n}")
            else:
                parts.append(table)
                names.append(table.rpartition(".")[2])
        return self._one(", ", " JOIN ", " LEFT JOIN ").join(parts), names

    def select(self, depth: int, width: int) -> str:
        """A query with that many columns."""
        sources, names = self.sources(depth)
        items = [self.expression(names, depth) for _ in range(width)]
        items = [f"{item} AS {self._one('a', 'b', 'z')}" if self._chance(0.2) else item for item in items]
        sql = f"SELECT {', '.join(items)} FROM {sources}"
        if self._chance(0.5):
            sql += f" WHERE {self.expression(names, depth)}"
        if self._chance(0.15):
            sql += f" GROUP BY {self.expression(names, 0)}"
        if depth and self._chance(0.1):
            sql += f" UNION ALL {self.select(0, width)}"
        elif self._chance(0.15):
            sql += f" ORDER BY {self.expression(names, 0)}"
        if depth and self._chance(0.1):
            sql = f"WITH k AS (SELECT {self._one('a', 'id')} FROM t WHERE t.a > 1) {sql}"
        return sql

    def step(self) -> str:
        """A statement of a trigger."""
        kind, own = self._random.randrange(5), ["new", "old"]
        table = self._one("t", "u", "t", "u", "w")
        if kind == 0:
            return self.select(1, 1)
        if kind == 1:
            names = f"({self.column()}, {self.column()})" if self._chance(0.6) else ""
            return f"INSERT INTO {table}{names} {self.select(1, 2)}"
        if kind == 2:
            sources = f" FROM {self._one('t', 'u')} AS y" if self._chance(0.2) else ""
            where = f" WHERE {self.expression([table, *own], 1)}"
            return f"UPDATE {table} SET {self.column()} = {self.expression([table, *own], 1)}{sources}{where}"
        if kind == 3:
            return f"DELETE FROM {table} WHERE {self.expression([table, *own], 1)}"
        return f"INSERT INTO {table}({self.column()}) VALUES (new.{self.column()}) ON CONFLICT DO NOTHING"

    def create(self) -> str:
        """A view, a trigger or an index."""
        self.number += 1
        name, temp = f"o{self.number}", self._one("", "", " TEMP")
        kind = self._random.randrange(5)
        if kind < 2:
            columns = "(m, n)" if self._chance(0.3) else ""
            return f"CREATE{temp} VIEW {name}{columns} AS {self.select(2, 2)}"
        if kind < 4:
            events = "INSERT", "DELETE", "UPDATE", f"UPDATE OF {self.column()}, {self.column()}"
            when = f" WHEN {self.expression(['new', 'old'], 1)}" if self._chance(0.3) else ""
            event, table = self._one(*events), self._one("t", "u")
            return f"CREATE{temp} TRIGGER {name} AFTER {event} ON {table}{when} BEGIN {self.step()}; {self.step()}; END"
        where = f" WHERE {self.column()} > \"text\"" if self._chance(0.4) else ""
        return f"CREATE INDEX {name} ON {self._one('t', 'u')}({self.column()}, {self.column()} + 1){where}"

    def alter(self) -> str:
        """An ALTER TABLE statement, or now and then another."""
        table, kind = self._one("t", "u", "w"), self._random.randrange(10)
        if kind < 5:
            return f"ALTER TABLE {table} RENAME COLUMN {self.column()} TO {self._one('a', 'b', 'z', '[e e]', 'id')}"
        if kind < 7:
            return f"ALTER TABLE {table} RENAME TO {self._one('t', 'u', 'w')}"
        if kind < 9:
            return f"ALTER TABLE {table} DROP COLUMN {self.column()}"
        return f"ALTER TABLE {table} ADD COLUMN {self._one('a', 'z')}"


def _is_whole(pair: Pair, sql: str) -> bool:
    """Whether SQLite finds nothing wrong with what a CREATE statement made; what is broken keeps all from changing."""
    words = sql.split()
    pair.theirs("SAVEPOINT probe")
    outcome = pair.theirs("ALTER TABLE probe RENAME COLUMN x TO y")
    pair.theirs("ROLLBACK TO probe")
    pair.theirs("RELEASE probe")
    name = words[words.index("AFTER") - 1] if "AFTER" in words else words[words.index("AS") - 1]
    return outcome[0] == "rows" or f" {name.partition('(')[0]}:" not in outcome[1]


def _compare(seed: int, creations: int = 12, changes: int = 8) -> None:
    scripts, pair = _Scripts(seed), Pair()
    log = [
        "CREATE TABLE probe(x)", "CREATE TABLE t(a, b CHECK (b <> \"no\"), id INTEGER PRIMARY KEY, c, \"d d\")",
        "CREATE TABLE u(a, id, c, b, \"d d\")",
    ]
    for sql in log:
        assert pair.difference(sql) is None
    for make in [scripts.create] * creations + [scripts.alter] * changes:
        sql = make()
        log.append(sql)
        try:
            found = _difference(pair, sql) or _different_schemas(pair)
        except NotSupported:
            return
        assert found is None, f"seed {seed}:\n" + ";\n".join(log) + f"\n{found}"
        if sql.startswith("CREATE") and " INDEX " not in sql and not _is_whole(pair, sql):
            kind = "VIEW" if " VIEW " in sql else "TRIGGER"
            log.append(f"DROP {kind} IF EXISTS o{scripts.number}")
            assert pair.difference(log[-1]) is None
    pair.check()


def _difference(pair: Pair, sql: str) -> str | None:
    """What differs; of several things that are wrong, either may be told."""
    ours, theirs = pair.ours(sql), pair.theirs(sql)
    if ours[0] == "unsupported":
        raise NotSupported(sql)
    if ours[0] == theirs[0] == "error" and ours[1].startswith("error in"):
        ours, theirs = ("error", _where(ours[1])), ("error", _where(theirs[1]))
    return None if ours == theirs else f"MantisDB: {ours}\nSQLite:   {theirs}"


def _where(message: str) -> str:
    """An error, without the object and the name."""
    words = message.partition(":")[0].split()
    return " ".join(words[:2] + words[4:])


def _different_schemas(pair: Pair) -> str | None:
    ours, theirs = pair.ours(_SCHEMA), pair.theirs(_SCHEMA)
    return None if ours == theirs else f"MantisDB: {ours}\nSQLite:   {theirs}"


@pytest.mark.parametrize("seed", range(40))
def test_texts_after_random_changes_are_those_of_sqlite(seed):
    for i in range(5):
        _compare(seed * 1000 + i)
