"""The catalog: what the schema tree says, as objects.

The schema is data: tree 1 of every database is the table ``sqlite_schema`` (rowid -> (type, name, tbl_name, rootpage,
sql)), with ``rootpage`` the engine's tree id. A catalog is parsed from that tree and never changed: DDL writes rows
into the tree, and whoever next looks finds the tree is not the one its catalog was made from, and reads it again.
A plan is valid for as long as ``trees[SCHEMA_TREE] is`` the tree object that it was compiled against.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import ANY, BLOB, INTEGER, REAL, TEXT, Affinity

if TYPE_CHECKING:
    from mantisdb_sql.changes.computed_indexes import IndexProgram

SCHEMA_TREE = 1
TEMP_SLOT = 1
SYSTEM_NAMES = ("sqlite_master", "sqlite_schema")
_STRICT_CLASSES = {"INT": INTEGER, "INTEGER": INTEGER, "REAL": REAL, "TEXT": TEXT, "BLOB": BLOB, "ANY": ANY}
EXPRESSION = -2  # the position of an index column that is none of the table's
STATISTICS_TABLE = "sqlite_stat1"  # what ANALYZE found
_STORED_NAMES = {"sqlite_schema": "sqlite_master", "sqlite_temp_schema": "sqlite_temp_master"}
BUILT_IN_COLLATIONS = ("BINARY", "NOCASE", "RTRIM")


@dataclass(slots=True, eq=False)
class ColumnDef:
    """A column of a table. ``default`` and checks keep their AST: they are bound where they are used."""

    name: str
    declared_type: str | None
    affinity: Affinity
    collation: str = "BINARY"  # upper case
    collation_as_written: str = "BINARY"
    not_null: bool = False
    not_null_conflict: str | None = None  # ON CONFLICT action: ABORT, ROLLBACK, FAIL, IGNORE, REPLACE
    default: Any = None  # sqlglot expression or None
    default_sql: str | None = None  # its source text, as PRAGMA table_info reports it
    primary_key: int = 0  # 1-based position within the primary key, 0 outside
    generated: Any = None  # sqlglot expression of a generated column or None
    is_stored: bool = False  # STORED, and not VIRTUAL: where the difference shows


@dataclass(slots=True, eq=False)
class IndexColumn:
    """One column of an index: a table column's position, or (position -2) an expression's AST."""

    position: int
    collation: str = "BINARY"
    descending: bool = False
    expression: Any = None  # sqlglot expression or None
    collation_as_written: str = "BINARY"


@dataclass(slots=True, eq=False)
class IndexDef:
    """An index. Its tree maps keys to rowids.

    A key is the tuple of the indexed values, each passed through its collation's key function (BINARY: as it is;
    NOCASE: ASCII lower case; RTRIM: trailing spaces removed), and then the rowid. In a UNIQUE index the rowid is left
    out when no value is NULL, so that two rows with equal values meet at one key.

    A partial index (``where``) has entries of the rows for which its condition is true. What such an index, and one
    on expressions, computes of a row is its ``program``: there is one where a statement has bound it
    (:mod:`mantisdb_sql.changes.computed_indexes`), for the connection's functions, and none in a catalog.

    Collations that connections define order no tree: under these, keys hold the values as they are and end in the
    rowid even if the index is UNIQUE; only the program can tell whether a value is there already.
    """

    name: str
    table: str
    tree_id: int
    columns: list[IndexColumn]
    unique: bool = False
    origin: str = "c"  # c: CREATE INDEX, u: UNIQUE constraint, pk: PRIMARY KEY
    conflict: str | None = None
    where: Any = None  # partial index: sqlglot expression or None
    sql: str | None = None
    database: str = "main"
    program: IndexProgram | None = None

    @property
    def is_computed(self) -> bool:
        """Whether it needs a program."""
        return self.where is not None or self.has_expressions or self.has_own_order

    @property
    def has_expressions(self) -> bool:
        """Whether a column of it is an expression."""
        return any(column.expression is not None for column in self.columns)

    @property
    def has_own_order(self) -> bool:
        """Whether a collation of it is none that the trees know, so that their order is of no use."""
        return any(column.collation not in BUILT_IN_COLLATIONS for column in self.columns)

    @property
    def is_plain(self) -> bool:
        """Whether its entries can be told from a row's values, and nothing can be in their way: they may come and go
        later (``Transaction.insert_later``, ``delete_later``)."""
        return not self.unique and not self.is_computed

    @property
    def meets_at_keys(self) -> bool:
        """Whether it is UNIQUE and equal values have equal keys."""
        return self.unique and not self.has_own_order

    @property
    def reads(self) -> frozenset[int]:
        """Positions of the columns that decide on a row's key."""
        if self.program is not None:
            return self.program.reads
        return frozenset(column.position for column in self.columns)


@dataclass(slots=True, eq=False)
class CheckDef:
    name: str | None
    expression: Any  # sqlglot expression
    text: str  # the source between the parentheses

    @property
    def label(self) -> str:
        """What SQLite's message calls it: its name, else its text, of which only a quoted word is left that it begins
        with."""
        if self.name is not None:
            return self.name
        found = _LEADING_QUOTED.match(self.text)
        if found is None:
            return self.text
        quote, word = found[0][-1], found[0][1:-1]
        return word.replace(quote * 2, quote)


_LEADING_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[(?:[^]]|]])*]""")


@dataclass(slots=True, eq=False, weakref_slot=True)
class TableDef:
    """A table. Its tree maps rowid -> row tuple, one value per column in declaration order; where the table has
    an INTEGER PRIMARY KEY, that position holds the rowid itself, so rows are ready to be handed out.

    A WITHOUT ROWID table is kept as any other, under rowids that no statement can name or see; its PRIMARY KEY is a
    unique index always, of an INTEGER too, and what looks at the whole table reads that index, so that rows come in
    the order of the key. In this way everything that changes rows, undoes, merges and checks them is the same for both
    kinds of tables; a look-up by key is two steps, as with SQLite's other indexes.
    """

    name: str
    tree_id: int
    columns: list[ColumnDef]
    rowid_alias: int | None = None  # position of the INTEGER PRIMARY KEY column
    autoincrement: bool = False
    indexes: list[IndexDef] = field(default_factory=list)
    checks: list[CheckDef] = field(default_factory=list)
    foreign_keys: list[Any] = field(default_factory=list)
    primary_key_conflict: str | None = None
    sql: str = ""
    positions: dict[str, int] = field(default_factory=dict)  # column name in lower case -> position
    strict: bool = False
    without_rowid: bool = False
    database: str = "main"
    looped: dict[int, str] = field(default_factory=dict)  # see mantisdb_sql.catalog.column_loops
    described: tuple[Any, ...] = ()  # the rows of the schema tree that it was made from, its own first

    @property
    def key_index(self) -> IndexDef | None:
        """The PRIMARY KEY of a WITHOUT ROWID table, None of another table."""
        return next((index for index in self.indexes if index.origin == "pk"), None) if self.without_rowid else None

    @property
    def has_generated(self) -> bool:
        """Whether a column is computed from others."""
        return any(column.generated is not None for column in self.columns)

    def allowed_classes(self, position: int) -> int:
        """The classes that the table's kind lets a column hold, NULL aside."""
        return _STRICT_CLASSES[self.columns[position].declared_type or ""] if self.strict else ANY

    def position(self, name: str) -> int | None:
        """The position of a column by name (ASCII case does not matter), or None."""
        return self.positions.get(lower_ascii(name))


def stored_name(table: TableDef) -> str:
    """What SQLite calls a table where it says so itself: the schema table has two names."""
    return _STORED_NAMES.get(table.name, table.name)


@dataclass(slots=True, eq=False)
class ViewDef:
    """A view: ``query`` is the AST of its SELECT, whose positions are in ``sql``; ``columns`` are the names that
    CREATE VIEW lists, if it does."""

    name: str
    sql: str
    query: Any
    columns: list[str] | None = None
    database: str = "main"


@dataclass(slots=True, eq=False)
class TriggerDef:
    """A trigger: its text, and when it fires. ``table`` is in lower case; ``columns`` are those of UPDATE OF, in lower
    case. ``on`` is the table's database where CREATE TEMP TRIGGER names one."""

    name: str
    table: str
    timing: str  # BEFORE, AFTER, INSTEAD OF
    event: str  # INSERT, UPDATE, DELETE
    columns: frozenset[str] | None
    sql: str
    database: str = "main"
    on: str | None = None


@dataclass(slots=True, eq=False, weakref_slot=True)
class Catalog:
    """All objects of one database, by lower-case name; or those of all of a session's ``databases``, where an object
    hides others of its name: first those of TEMP, then main's, then those of attached ones in their order."""

    tables: dict[str, TableDef] = field(default_factory=dict)
    indexes: dict[str, IndexDef] = field(default_factory=dict)
    views: dict[str, ViewDef] = field(default_factory=dict)
    name: str = "main"
    slot: int = 0
    databases: dict[str, Catalog] = field(default_factory=dict)
    relations: Any = None  # the foreign keys, once somebody has asked: see mantisdb_sql.changes.foreign_keys

    triggers: dict[str, TriggerDef] = field(default_factory=dict)  # the oldest first
    plans: dict[Any, Any] = field(default_factory=dict)  # what was compiled for it: see mantisdb_sql.shared_plans

    def triggers_on(
        self, table: str, database: str, event: str, written: Sequence[str] = ()
    ) -> list[TriggerDef]:
        """The triggers that an event on a table or a view fires, in their order: TEMP ones before others, and the
        newest first. ``written`` are the columns that an UPDATE names, in lower case."""
        return [
            trigger
            for trigger in self.triggers_of(table, database)
            if trigger.event == event and (trigger.columns is None or not trigger.columns.isdisjoint(written))
        ]

    def triggers_of(self, table: str, database: str) -> list[TriggerDef]:
        """All triggers on a table or a view, in their order."""
        wanted = lower_ascii(table)
        return [
            trigger
            for trigger in reversed(self.triggers.values())
            if trigger.table == wanted and self.database_of(trigger) == database
        ]

    def database_of(self, trigger: TriggerDef) -> str:
        """The database of a trigger's table."""
        if trigger.on is not None or trigger.database != "temp":
            return trigger.on or trigger.database
        for catalog in self.in_order():
            if catalog.name != "temp" and (trigger.table in catalog.tables or trigger.table in catalog.views):
                return catalog.name
        return "temp"

    def of(self, database: str | None) -> Catalog | None:
        """The catalog of one database (None: this one), or None."""
        if database is None:
            return self
        name = lower_ascii(database)
        if self.databases:
            return self.databases.get(name)
        return self if name == self.name else None

    def in_order(self) -> list[Catalog]:
        """The catalogs of single databases, in the order in which names are looked up."""
        return list(self.databases.values()) or [self]

    def all_tables(self) -> list[TableDef]:
        """The tables of all databases, those included that others hide."""
        return [table for catalog in self.in_order() for table in catalog.tables.values()]

    def view(self, name: str) -> ViewDef | None:
        """The view called ``name`` in any case, or None."""
        return self.views.get(lower_ascii(name))

    def table(self, name: str) -> TableDef | None:
        """The table called ``name`` in any case, or None."""
        return self.tables.get(lower_ascii(name))




def merged(catalogs: Sequence[Catalog]) -> Catalog:
    """One catalog of several databases' objects, given in the order in which names are looked up."""
    result = Catalog(databases={catalog.name: catalog for catalog in catalogs})
    for catalog in reversed(catalogs):
        hidden = SYSTEM_NAMES if catalog.name != "main" else ()
        names = {*catalog.tables, *catalog.views} - set(hidden)
        for name in names:
            result.tables.pop(name, None)
            result.views.pop(name, None)
        result.tables.update({name: table for name, table in catalog.tables.items() if name in names})
        result.views.update(catalog.views)
        result.indexes.update(catalog.indexes)
        result.triggers.update({f"{catalog.name}.{name}": trigger for name, trigger in catalog.triggers.items()})
    return result
