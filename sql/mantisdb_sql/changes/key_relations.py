"""Foreign keys as the catalog has them: which tables they tie together, and by which of their columns.

    Relations.of(catalog).links(table)      the keys of a table, and those that name it
    foreign.resolve(catalog)                the parent's key; SQLite's error where it leads nowhere

As in SQLite, values of a child are compared as the parent's column would store them, under that column's collation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from sqlglot import exp

from mantisdb_sql.catalog.definitions import BUILT_IN_COLLATIONS, Catalog, IndexDef, TableDef
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.values.collation import nocase_key, rtrim_key
from mantisdb_sql.values.rules import to_numeric, to_real, to_text
from mantisdb_sql.values.storage import Affinity

__all__ = ["Affinities", "ForeignKey", "Key", "Links", "Manner", "ParentKey", "Relations", "Row", "named"]

Row = tuple[Any, ...]
Key = tuple[Any, ...]

Affinities = tuple[Affinity | None, ...]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a statement's operations are to be read.

    replaces  an UPDATE of a key is a row removed and another one put in its place (INSERT OR REPLACE)
    moves     an INSERT beside a DELETE is a row that has got another rowid
    lenient   keys that lead nowhere do not matter: the table is being dropped
    adds_one  one row is new, and nothing else changed
    alone     of that row, nothing but this statement knows: no trigger, no RETURNING
    written   the columns that an UPDATE names, with the tree of their table
    updates   beside a new row, another one may be updated instead: the columns that are written, of each way
    removes   rows go, and nothing else changes
    may_remove  beside an UPDATE, rows may go that are in its way
    could_remove  likewise, if all keys were written again, as SQLite writes them for foreign keys' sake
    defers    PRAGMA defer_foreign_keys is on when it is compiled
    """

    replaces: bool = False
    moves: bool = False
    adds_one: bool = False
    alone: bool = False
    removes: bool = False
    may_remove: bool = False
    could_remove: bool = False
    lenient: bool = False
    defers: bool = False
    updates: tuple[Sequence[int], ...] = ()
    written: tuple[int, Sequence[int]] | None = None

    def naming(self, table: TableDef, columns: Sequence[int] | None) -> Manner:
        """The same of an UPDATE of ``table`` that names some columns; None: it is no UPDATE."""
        return self if columns is None else replace(self, written=(table.tree_id, tuple(columns)))

    def written_in(self, table: TableDef) -> Sequence[int] | None:
        """The columns that were named, where they are of ``table``."""
        return self.written[1] if self.written is not None and self.written[0] == table.tree_id else None


@dataclass(slots=True, eq=False)
class ForeignKey:
    """A FOREIGN KEY. ``number`` is its id in PRAGMA foreign_key_list, which counts from the last one."""

    child: TableDef
    number: int
    positions: tuple[int, ...]
    parent_name: str
    parent_columns: tuple[str, ...] | None
    on_delete: str
    on_update: str
    is_deferred: bool
    parent: ParentKey | None = None
    asks_as_is: bool | None = None  # whether a child's values are the parent's key as they are
    forms: tuple[tuple[Affinity, str], ...] | None = None  # see :meth:`compared_child`; (): values are compared as is

    def resolve(self, catalog: Catalog) -> ParentKey:
        """The parent's key, or SQLite's error where there is none."""
        if self.parent is None:
            own = catalog.of(self.child.database) or catalog
            table = own.table(self.parent_name)
            if table is None and own.view(self.parent_name) is not None:
                raise _mismatch(self)
            if table is None:
                raise SqlError(f"no such table: {self.child.database}.{self.parent_name}")
            self.parent = _parent_key(self, table)
        return self.parent

    def child_key(self, row: Row | None) -> Key | None:
        """The key of the parent that a child's row asks for; None where it asks for none."""
        values = None if row is None else [row[position] for position in self.positions]
        if values is None or None in values:
            return None
        parent, as_is = self.parent, self.asks_as_is
        assert parent is not None
        if as_is is None:
            theirs, ours = parent.table.columns, self.child.columns
            pairs = zip(parent.columns, self.positions, strict=True)
            same = all(theirs[i].affinity in (ours[j].affinity, Affinity.BLOB) for i, j in pairs)
            as_is = self.asks_as_is = same and parent.is_binary
        return tuple(values) if as_is else parent.key(values)

    def is_its_own(self, row: Row) -> bool:
        """Whether a new row is its own parent. Where that is known by an index, SQLite compares values as they are: one
        that asks for itself in other words ('1.0' for 1, 'A' for 'a' under NOCASE) is not."""
        parent = self.parent
        if parent is None or parent.table is not self.child:
            return False
        if parent.index is None:
            return self.child_key(row) == parent.row_key(row)
        return [row[position] for position in self.positions] == parent.values(row)

    def compared_child(self, row: Row) -> Key | None:
        """A child's values in a form that is equal to the parent's (:meth:`compared_parent`) where ``=`` of the two
        columns is true."""
        return self._compared(row, self.positions)

    def compared_parent(self, row: Row) -> Key | None:
        """See :meth:`compared_child`."""
        assert self.parent is not None
        return self._compared(row, self.parent.columns)

    def _compared(self, row: Row, positions: Sequence[int]) -> Key | None:
        assert self.parent is not None
        values = [row[position] for position in positions]
        if None in values:
            return None
        forms = self.forms
        if forms is None:
            theirs, ours = self.parent.table.columns, self.child.columns
            columns = [(theirs[i], ours[j]) for i, j in zip(self.parent.columns, self.positions, strict=True)]
            common = [(_common(one.affinity, other.affinity), one.collation) for one, other in columns]
            are_stored_so = all(
                {_common(c.affinity, c.affinity) for c in pair} == {affinity} and collation == "BINARY"
                for pair, (affinity, collation) in zip(columns, common, strict=True)
            )
            forms = self.forms = () if are_stored_so else tuple(common)
        if not forms:
            return tuple(values)
        return tuple([_collated(_converted(value, a), c) for value, (a, c) in zip(values, forms, strict=True)])

    @property
    def is_known(self) -> bool:
        """Whether it has been resolved: what a statement touches, has been."""
        return self.parent is not None

    @property
    def is_plain(self) -> bool:
        """Whether a child's value is the parent's key as it is."""
        assert self.parent is not None
        theirs, ours = self.parent.table.columns[self.parent.columns[0]], self.child.columns[self.positions[0]]
        if len(self.positions) > 1 or self.parent.collations != ("BINARY",):
            return False
        return theirs.affinity in (ours.affinity, Affinity.BLOB)

    def finds(self, trees: Any, row: Row) -> bool:
        """Whether a child's row has the parent that it asks for, if it asks for one."""
        assert self.parent is not None
        key = self.child_key(row)
        return key is None or (self.parent.exists(trees, key) and not self._misses_itself(row))

    def _misses_itself(self, row: Row) -> bool:
        """Whether a row has no other parent than itself, and is not its own to SQLite."""
        parent = self.parent
        if parent is None or parent.index is None or parent.table is not self.child:
            return False
        return self.child_key(row) == parent.row_key(row) and not self.is_its_own(row)

    def names(self) -> list[str]:
        """The child's columns, quoted."""
        return [_quoted(self.child.columns[position].name) for position in self.positions]

    def condition(self) -> str:
        """Which children have the key that is bound."""
        assert self.parent is not None
        terms = []
        for name, position, parent in zip(self.names(), self.positions, self.parent.columns, strict=True):
            theirs, ours = self.parent.table.columns[parent], self.child.columns[position]
            same = theirs.collation == ours.collation
            terms.append(f"? = {name}" + ("" if same else f" COLLATE {_quoted(theirs.collation_as_written)}"))
        return " AND ".join(terms)

    def affinities(self, *, acts: bool) -> Affinities:
        """Those that the values which :meth:`condition` binds bring into its comparisons, None where the child's do. As
        in SQLite, values are the parent's columns where children are counted; to actions (``acts``) they are OLD's,
        which bring none, unless they are rowids."""
        assert self.parent is not None
        table, brings = self.parent.table, not acts or self.parent.index is None
        return tuple(
            table.columns[parent].affinity
            if brings and table.columns[parent].affinity is not self.child.columns[position].affinity else None
            for position, parent in zip(self.positions, self.parent.columns, strict=True)
        )

    def action_sql(self, action: str, removes: bool) -> str:
        """What CASCADE, SET NULL or SET DEFAULT does to the children of a parent that goes, or gets another key. The
        child's ON CONFLICT clauses, and those of the triggers that fire, do not count there."""
        child, condition = named(self.child), self.condition()
        if action == "CASCADE" and removes:
            return f"DELETE FROM {child} WHERE {condition}"
        texts = [_assigned(self, action, position) for position in self.positions]
        sets = ", ".join(f"{name} = {text}" for name, text in zip(self.names(), texts, strict=True))
        return f"UPDATE OR ABORT {child} SET {sets} WHERE {condition}"


@dataclass(slots=True, eq=False)
class ParentKey:
    """The columns of a parent that a foreign key names. ``index`` holds them, None where they are the rowid."""

    table: TableDef
    columns: tuple[int, ...]
    index: IndexDef | None
    order: tuple[int, ...] = ()  # for each column of the index, which of ``columns`` it is
    collations: tuple[str, ...] = ("BINARY",)  # the index's, of ``columns``; a PRIMARY KEY may have others than these
    is_binary: bool = False  # whether values as they are stored are keys

    def __post_init__(self) -> None:
        self.is_binary = all(self.table.columns[position].collation == "BINARY" for position in self.columns)

    def key(self, values: Sequence[Any]) -> Key:
        """Values, none of them NULL, as keys that are equal where SQLite holds them equal."""
        columns = self.table.columns
        return tuple(
            [
                _collated(_converted(value, columns[position].affinity), columns[position].collation)
                for value, position in zip(values, self.columns, strict=True)
            ]
        )

    def values(self, row: Row) -> list[Any]:
        """The values of a parent's row."""
        return [row[position] for position in self.columns]

    def row_key(self, row: Row | None) -> Key | None:
        """The key of a parent's row; None where a child cannot ask for it."""
        values = None if row is None else self.values(row)
        if values is None or None in values:
            return None
        return tuple(values) if self.is_binary else self.key(values)

    def exists(self, trees: Any, key: Key) -> bool:
        """Whether a parent has the key."""
        if self.index is None:
            value = key[0]
            return value.__class__ is int and trees[self.table.tree_id].row(value) is not None
        entry = tuple([_collated(key[i], self.collations[i]) for i in self.order])
        return trees[self.index.tree_id].get(entry) is not None


def _parent_key(foreign: ForeignKey, table: TableDef) -> ParentKey:
    """The PRIMARY KEY or the UNIQUE index that a foreign key names."""
    columns = _named_columns(foreign, table)
    if columns is not None and len(columns) == len(foreign.positions):
        if len(columns) == 1 and columns[0] == table.rowid_alias:
            return ParentKey(table, columns, None)
        for index in table.indexes:
            if _is_over(index, table, columns) or (foreign.parent_columns is None and index.origin == "pk"):
                order = tuple(columns.index(column.position) for column in index.columns)
                collations = tuple(index.columns[order.index(i)].collation for i in range(len(columns)))
                for position, collation in zip(columns, collations, strict=True):
                    # Children would be counted under the one, and parents looked for under the other.
                    if table.columns[position].collation not in ("BINARY", collation):
                        raise NotSupported("a foreign key to a PRIMARY KEY under another collation than its column's")
                return ParentKey(table, columns, index, order, collations)
    raise _mismatch(foreign)


def _mismatch(foreign: ForeignKey) -> SqlError:
    names = _quoted(foreign.child.name), _quoted(foreign.parent_name)
    return SqlError(f"foreign key mismatch - {names[0]} referencing {names[1]}")


def _named_columns(foreign: ForeignKey, table: TableDef) -> tuple[int, ...] | None:
    if foreign.parent_columns is not None:
        found = [table.position(name) for name in foreign.parent_columns]
        return None if None in found else tuple(position for position in found if position is not None)
    if table.rowid_alias is not None:
        return (table.rowid_alias,)
    primary = next((index for index in table.indexes if index.origin == "pk"), None)
    return None if primary is None else tuple(column.position for column in primary.columns)


def _is_over(index: IndexDef, table: TableDef, columns: Sequence[int]) -> bool:
    """Whether an index makes the columns unique, under their own collations."""
    if not index.unique or index.is_computed or len(index.columns) != len(columns):
        return False
    positions = [column.position for column in index.columns]
    return sorted(positions) == sorted(columns) and all(
        column.collation == table.columns[column.position].collation for column in index.columns
    )


def _common(one: Affinity, other: Affinity) -> Affinity:
    """What a comparison of two columns makes of both."""
    both = {one, other}
    if both <= {Affinity.TEXT, Affinity.BLOB}:
        return Affinity.TEXT if Affinity.TEXT in both else Affinity.BLOB
    return Affinity.NUMERIC


def _converted(value: Any, affinity: Affinity) -> Any:
    if affinity is Affinity.BLOB or value.__class__ is bytes:
        return value
    if affinity is Affinity.TEXT:
        return value if value.__class__ is str else to_text(value)
    return to_real(value) if affinity is Affinity.REAL else to_numeric(value)


def _collated(value: Any, collation: str) -> Any:
    if value.__class__ is not str or collation == "BINARY" or collation not in BUILT_IN_COLLATIONS:
        return value
    return nocase_key(value) if collation == "NOCASE" else rtrim_key(value)


@dataclass(slots=True, eq=False)
class Links:
    """A table's foreign keys, and those of others (or its own) that name it; the newest first, as in SQLite."""

    table: TableDef
    own: list[ForeignKey] = field(default_factory=list)
    naming: list[ForeignKey] = field(default_factory=list)


class Relations:
    """The foreign keys of a whole schema, by the tables that they tie together."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.by_tree: dict[int, Links] = {}
        self.row_by_row: dict[tuple[int, bool], bool] = {}  # by table and whether rows go: see foreign_keys.py
        for table in catalog.all_tables():
            for number, (positions, reference) in zip(count(len(table.foreign_keys) - 1, -1), table.foreign_keys):
                foreign = _foreign_key(table, number, positions, reference)
                self.links(table).own.insert(0, foreign)
                parent = (catalog.of(table.database) or catalog).table(foreign.parent_name)
                if parent is not None:
                    self.links(parent).naming.insert(0, foreign)

    @classmethod
    def of(cls, catalog: Catalog) -> Relations:
        """The relations of a catalog, read once."""
        if catalog.relations is None:
            catalog.relations = cls(catalog)
        relations: Relations = catalog.relations
        return relations

    def reached(self, table: TableDef, removes: bool) -> list[TableDef]:
        """The tables whose rows actions may change when rows of ``table`` go (``removes``) or get other keys; the table
        itself too where they come back to it. RESTRICT counts there: it looks at rows that may be about to go."""
        found: dict[tuple[int, bool], TableDef] = {}
        stack = [(table, removes)]
        while stack:
            parent, goes = stack.pop()
            links = self.by_tree.get(parent.tree_id)
            for foreign in [] if links is None else links.naming:
                action, child = foreign.on_delete if goes else foreign.on_update, foreign.child
                if action == "NO ACTION" or (action == "RESTRICT" and child.tree_id != table.tree_id):
                    continue
                step = child.tree_id, goes and action == "CASCADE"
                if step not in found:
                    found[step] = child
                    stack.append((child, step[1]))
        return list(found.values())

    def links(self, table: TableDef) -> Links:
        """What ties a table to others."""
        return self.by_tree.setdefault(table.tree_id, Links(table))


def _foreign_key(table: TableDef, number: int, positions: Sequence[int], reference: exp.Expr) -> ForeignKey:
    target, meta = reference.this, reference.meta
    named = isinstance(target, exp.Schema)
    return ForeignKey(
        child=table,
        number=number,
        positions=tuple(positions),
        parent_name=target.this.name if named else target.name,
        parent_columns=tuple(i.name for i in target.expressions) if named else None,
        on_delete=meta.get("on_delete") or "NO ACTION",
        on_update=meta.get("on_update") or "NO ACTION",
        is_deferred=bool(meta.get("deferrable")) and meta.get("initially") == "DEFERRED",
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def named(table: TableDef) -> str:
    """A table's name with its database, quoted."""
    return f"{_quoted(table.database)}.{_quoted(table.name)}"


def _assigned(foreign: ForeignKey, action: str, position: int) -> str:
    if action == "CASCADE":
        return "?"
    column = foreign.child.columns[position]
    if action != "SET DEFAULT" or column.default is None:
        return "NULL"
    if isinstance(column.default, exp.Literal) and column.default.is_string:  # which may be written as a name
        return "'" + column.default.name.replace("'", "''") + "'"
    return f"({column.default_sql})"
