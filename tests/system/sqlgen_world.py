"""What a connection's databases hold, as a generator of changes needs to know it: read from SQLite itself.

A generator that keeps its own books has to foresee which statements fail, what a ROLLBACK takes back and what an
ALTER TABLE rewrites. This one asks the oracle before each statement instead, so scripts may do anything.

    world = World(connection)        an ``apsw.Connection``
    world.look()                     before each statement
    world.tables, world.views …      what there is now
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    """A column; ``hidden`` is 2 or 3 where it is generated."""

    name: str
    type: str
    not_null: bool
    key: int
    hidden: int


@dataclass(frozen=True)
class Index:
    """An index: its columns by name (None for an expression), and the text of CREATE INDEX where there is one."""

    name: str
    unique: bool
    partial: bool
    columns: tuple[str | None, ...]
    sql: str | None


@dataclass
class Relation:
    """A table or a view."""

    database: str
    name: str
    kind: str
    sql: str
    columns: list[Column] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    without_rowid: bool = False
    strict: bool = False
    shadowed: bool = False

    @property
    def writable(self) -> list[Column]:
        """The columns that an INSERT may name."""
        return [column for column in self.columns if not column.hidden]

    @property
    def rowid_alias(self) -> str | None:
        """The INTEGER PRIMARY KEY."""
        keys = [column for column in self.columns if column.key]
        if self.kind == "table" and not self.without_rowid and len(keys) == 1 and keys[0].type.upper() == "INTEGER":
            return keys[0].name
        return None

    @property
    def rowid(self) -> str | None:
        """A name of the rowid that no column hides."""
        if self.kind != "table" or self.without_rowid:
            return None
        names = {column.name.lower() for column in self.columns}
        return next((name for name in ("rowid", "_rowid_", "oid") if name not in names), None)


@dataclass(frozen=True)
class Trigger:
    """A trigger: the database it is in, its table, and its text."""

    database: str
    name: str
    table: str
    sql: str


class World:
    """All databases of one connection of SQLite's."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seen: dict[str, Any] = {}
        self.databases: list[str] = []
        self.tables: list[Relation] = []
        self.views: list[Relation] = []
        self.triggers: list[Trigger] = []
        self.analyzed = False

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return bool(self._connection.in_transaction)

    def setting(self, name: str) -> int:
        """What a PRAGMA of a number answers."""
        return int(self._connection.execute(f"PRAGMA {name}").fetchall()[0][0])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query answers."""
        return list(self._connection.execute(sql).fetchall())

    def answers(self, sql: str) -> bool:
        """Whether a query is answered, and not refused."""
        try:
            self.rows(sql)
        except Exception:
            return False
        return True

    def look(self) -> None:
        """Read the schema again where it is another."""
        self.databases = [row[1] for row in self.rows("PRAGMA database_list")]
        texts = {
            database: self.rows(f"SELECT type, name, tbl_name, sql FROM {quoted(database)}.sqlite_schema")
            for database in self.databases
        }
        if texts == self._seen:
            return
        self._seen = texts
        self.tables, self.views, self.triggers = [], [], []
        self.analyzed = any(name == "sqlite_stat1" for rows in texts.values() for _, name, _, _ in rows)
        for database, rows in texts.items():
            sqls = {name: sql for kind, name, _, sql in rows if kind == "index"}
            for kind, name, table, sql in rows:
                if kind == "trigger":
                    self.triggers.append(Trigger(database, name, table, sql))
                elif kind == "table" and not name.startswith("sqlite_"):
                    self.tables.append(self._table(database, name, sql, sqls))
                elif kind == "view":
                    self.views.append(self._view(database, name, sql))
        self._note_shadows()

    def find(self, name: str) -> Relation | None:
        """What an unqualified name means."""
        order = ["temp", *(database for database in self.databases if database != "temp")]
        found = [r for r in (*self.tables, *self.views) if r.name.lower() == name.lower()]
        return min(found, key=lambda relation: order.index(relation.database), default=None)

    def _note_shadows(self) -> None:
        for relation in (*self.tables, *self.views):
            relation.shadowed = self.find(relation.name) is not relation

    def _columns(self, database: str, name: str) -> list[Column]:
        rows = self.rows(f"PRAGMA {quoted(database)}.table_xinfo({quoted(name)})")
        return [Column(row[1], row[2], bool(row[3]), row[5], row[6]) for row in rows]

    def _table(self, database: str, name: str, sql: str, sqls: dict[str, str | None]) -> Relation:
        table = Relation(database, name, "table", sql, self._columns(database, name))
        listed = self.rows(f"PRAGMA {quoted(database)}.table_list({quoted(name)})")
        table.without_rowid, table.strict = bool(listed[0][4]), bool(listed[0][5])
        for _, index, unique, _, partial in self.rows(f"PRAGMA {quoted(database)}.index_list({quoted(name)})"):
            parts = self.rows(f"PRAGMA {quoted(database)}.index_info({quoted(index)})")
            table.indexes.append(
                Index(index, bool(unique), bool(partial), tuple(row[2] for row in parts), sqls.get(index))
            )
        return table

    def _view(self, database: str, name: str, sql: str) -> Relation:
        try:
            columns = self._columns(database, name)
        except Exception:  # a view of what is no more
            columns = []
        return Relation(database, name, "view", sql, columns)


def quoted(name: str) -> str:
    """A name in double quotes."""
    return '"' + name.replace('"', '""') + '"'
