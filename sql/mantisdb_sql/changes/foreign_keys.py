"""Foreign keys: what a change of rows breaks, and what it brings about in other tables.

A change statement runs as if there were no foreign keys; then :func:`guarded` looks at the operations that it left in
the transaction (see :mod:`mantisdb_engine.operations`), which have the old and the new row of everything that was
changed, in whatever form the statement was compiled. From them follow, for the tables that have foreign keys or are
named by some:

*actions*     CASCADE, SET NULL and SET DEFAULT are statements on the child's table (``DELETE FROM child WHERE fk =
              ?``), compiled like any other. What they change is looked at in the same way, until nothing is left.
*violations*  A child row violates where none of its columns is NULL and no parent has its key. As in SQLite, what was
              wrong before is not looked for: a statement fails that leaves more violations of a key than there were.
              For each key that was touched, the parents and children before are those after, less what was added, plus
              what went. Children are looked for only where the key's parent came or went.

Violations of deferred keys (and of all, under PRAGMA defer_foreign_keys) are added to the session's count, which must
not be above zero at COMMIT; savepoints remember it. Outside a transaction a statement is one.

A transaction from which a parent key goes conflicts with every concurrent one that writes (``Transaction.barrier``):
another may be adding a child to that parent, and operations on different keys do not meet.

As in SQLite, values of a child are compared as the parent's column would store them, under that column's collation.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_engine.operations import DELETE, DELETE_MANY, INSERT, INSERT_MANY, UPDATE, UPDATE_MANY
from mantisdb_sql.catalog.definitions import BUILT_IN_COLLATIONS, Catalog, IndexDef, TableDef
from mantisdb_sql.codegen.parents import ParentLook
from mantisdb_sql.errors import ConstraintError, LateViolation, NotSupported, SqlError
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.collation import nocase_key, rtrim_key
from mantisdb_sql.values.rules import to_numeric, to_real, to_text
from mantisdb_sql.values.storage import Affinity

if TYPE_CHECKING:
    from mantisdb_sql.context import CompileContext
    from mantisdb_sql.session import Session

__all__ = [
    "ForeignKey", "KeyState", "Manner", "Relations", "WatchedBulk", "are_tied", "commit_error", "guarded",
    "parent_look", "refuse_wrong_keys", "violations",
]

Row = tuple[Any, ...]
Key = tuple[Any, ...]
Attempt = Callable[[str, TableDef], None]
"""Compiles a statement that changes a table, and raises what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a statement's operations are to be read.

    replaces  an UPDATE of a key is a row removed and another one put in its place (INSERT OR REPLACE)
    moves     an INSERT beside a DELETE is a row that has got another rowid
    lenient   keys that lead nowhere do not matter: the table is being dropped
    adds_one  one row is new, and nothing else changed
    alone     of that row, nothing but this statement knows: no trigger, no RETURNING
    updates   beside a new row, another one may be updated instead: the columns that are written, of each way
    removes   rows go, and nothing else changes
    may_remove  beside an UPDATE, rows may go that are in its way
    could_remove  likewise, if all keys were written again, as SQLite writes them for foreign keys' sake
    """

    replaces: bool = False
    moves: bool = False
    adds_one: bool = False
    alone: bool = False
    removes: bool = False
    may_remove: bool = False
    could_remove: bool = False
    lenient: bool = False
    updates: tuple[Sequence[int], ...] = ()


ACTION = Manner(moves=True)
_TYPE_NAMES = {
    Affinity.INTEGER: "INTEGER", Affinity.REAL: "REAL", Affinity.TEXT: "TEXT", Affinity.NUMERIC: "NUMERIC",
}  # fmt: skip


@dataclass(slots=True)
class Event:
    """One row that was changed: ``old`` is None for one that is new, ``new`` for one that is gone."""

    links: Links
    old: Row | None
    new: Row | None


# ------------------------------------------------------------------------------------------------ relations


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
        assert self.parent is not None
        return self.parent.key(values)

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
        return key is None or self.parent.exists(trees, key)

    def names(self) -> list[str]:
        """The child's columns, quoted."""
        return [_quoted(self.child.columns[position].name) for position in self.positions]

    def condition(self) -> str:
        """Which children have the key that is bound."""
        assert self.parent is not None
        terms = []
        for name, position, parent in zip(self.names(), self.positions, self.parent.columns, strict=True):
            theirs, ours = self.parent.table.columns[parent], self.child.columns[position]
            type_name = _TYPE_NAMES.get(theirs.affinity) if theirs.affinity is not ours.affinity else None
            value = f"CAST(? AS {type_name})" if type_name else "?"
            same = theirs.collation == ours.collation
            terms.append(f"{value} = {name}" + ("" if same else f" COLLATE {_quoted(theirs.collation_as_written)}"))
        return " AND ".join(terms)

    def action_sql(self, action: str, removes: bool) -> str:
        """What CASCADE, SET NULL or SET DEFAULT does to the children of a parent that goes, or gets another key."""
        child, condition = _named(self.child), self.condition()
        if action == "CASCADE" and removes:
            return f"DELETE FROM {child} WHERE {condition}"
        texts = [_assigned(self, action, position) for position in self.positions]
        sets = ", ".join(f"{name} = {text}" for name, text in zip(self.names(), texts, strict=True))
        return f"UPDATE {child} SET {sets} WHERE {condition}"


@dataclass(slots=True, eq=False)
class ParentKey:
    """The columns of a parent that a foreign key names. ``index`` holds them, None where they are the rowid."""

    table: TableDef
    columns: tuple[int, ...]
    index: IndexDef | None
    order: tuple[int, ...] = ()  # for each column of the index, which of ``columns`` it is
    collations: tuple[str, ...] = ("BINARY",)  # the index's, of ``columns``; a PRIMARY KEY may have others than these

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
        return None if values is None or None in values else self.key(values)

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
        for table in catalog.all_tables():
            for number, (positions, reference) in enumerate(reversed(table.foreign_keys)):
                foreign = _foreign_key(table, number, positions, reference)
                self.links(table).own.append(foreign)
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


def _named(table: TableDef) -> str:
    return f"{_quoted(table.database)}.{_quoted(table.name)}"


# -------------------------------------------------------------------------------------------------- a session


class KeyState:
    """What a connection has to do with foreign keys.

    enabled   PRAGMA foreign_keys
    defers    PRAGMA defer_foreign_keys, until the transaction ends
    pending   violations that a COMMIT must not find
    watching  a statement runs whose operations will be looked at
    is_unsettled  something may follow from them
    done      up to which of the transaction's operations the actions of this statement have been carried out
    seen      the rows that it has changed so far
    """

    __slots__ = ("_statements", "defers", "done", "enabled", "is_unsettled", "pending", "seen", "watching")

    def __init__(self) -> None:
        self.enabled = self.defers = self.watching = self.is_unsettled = False
        self.pending = self.done = 0
        self.seen: list[Event] = []
        self._statements: dict[str, Any] = {}

    def begin(self, mark: int) -> None:
        """Watch a statement that begins now."""
        self.watching, self.is_unsettled, self.done, self.seen = True, False, mark, []

    def end_transaction(self) -> None:
        """Forget what belonged to it."""
        self.pending, self.defers = 0, False

    def change(self, session: Session, txn: Any, sql: str, params: Sequence[Any]) -> int:
        """Run a change that is part of a statement; how many rows were changed."""
        count: int = self._statement(session, sql).run_inside(txn, tuple(params))
        return count

    def count(self, session: Session, txn: Any, foreign: ForeignKey, key: Sequence[Any]) -> int:
        """How many children have a key."""
        sql = f"SELECT count(*) FROM {_named(foreign.child)} WHERE {foreign.condition()}"
        rows = self._statement(session, sql).run_inside(txn, tuple(key))
        count: int = rows[0][0]
        return count

    def empty(self, session: Session, txn: Any, table: TableDef) -> int | None:
        """Remove all rows of a table that is to be dropped, with what follows from that; how many changes() tells of
        (None: it stays as it is). A table that no key names has to be emptied only where its rows may be the violations
        that a COMMIT would find."""
        relations = Relations.of(session.catalog(txn.trees))
        links = relations.by_tree.get(table.tree_id)
        if links is None:
            return None
        if not links.naming:
            if not any(foreign.is_deferred or self.defers for foreign in links.own):
                return None
            if not self.pending:
                return 0
        sql = f"DELETE FROM {_named(table)}"
        statement = self._statement(session, sql, heeds_keys=True, fires_triggers=False)
        count: int = statement.run_inside(txn, ())
        return count

    def _statement(
        self, session: Session, sql: str, *, heeds_keys: bool = False, fires_triggers: bool = True
    ) -> Any:
        from mantisdb_sql.statement import inner_statement

        statement = self._statements.get(sql)
        if statement is None:
            statement = inner_statement(session, sql, heeds_keys=heeds_keys, fires_triggers=fires_triggers)
            self._statements[sql] = statement
        return statement


def commit_error(kind: type[ConstraintError] = ConstraintError) -> ConstraintError:
    """What a violation of a foreign key is reported as."""
    return kind("FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT_FOREIGNKEY")


# ------------------------------------------------------------------------------------------------- statements


def guarded(
    run: Callable[[Any, Any, Sequence[Any]], Any], table: TableDef, catalog: Catalog, manner: Manner,
    changed: Sequence[int] | None = None, fires: bool = False, looks: bool = False, in_trigger: bool = False,
    attempt: Attempt | None = None,
) -> Callable[[Any, Any, Sequence[Any]], Any]:
    """``run(session, txn, params)`` with its effects on foreign keys; itself where it can have none.

    fires    whether it fires triggers: what these do to keys is judged when the statement has ended
    looks    whether it looks for the parents of its new row itself: see :func:`parent_look`
    in_trigger  whether it is a trigger's: other statements then may read what it did in their own manner
    changed  positions of the columns that an UPDATE writes, -1 for the rowid; None: whole rows come and go
    attempt  compiles what actions do, which triggers may make impossible
    """
    relations = Relations.of(catalog)
    links = relations.by_tree.get(table.tree_id)
    heeded = links is not None and _heeded(relations, links, manner, changed, attempt)
    if not fires and (looks or not heeded):
        return run if looks or links is None or not in_trigger else _set_apart(run, relations, manner)
    follows = heeded and not looks
    only_mends = False
    if links is not None and manner.removes and not fires:
        only_mends = not links.naming and not any(foreign.is_deferred for foreign in links.own)
    looks_first = links is not None and manner.alone and not any(_touched(relations, links, manner))

    def watched(session: Any, txn: Any, params: Sequence[Any]) -> Any:
        state = session.keys
        if looks_first and state.defers:
            _refuse_where_deferred(links, catalog)
        if state.watching or (only_mends and not state.defers):
            state.is_unsettled = state.is_unsettled or heeded
            result = run(session, txn, params)
            if state.watching and session.triggers.frames:
                _Effects(session, txn, relations).act(manner)
            return result
        rowid = session.last_insert_rowid
        state.begin(len(txn.operations))
        try:
            result = run(session, txn, params)
            if follows or state.is_unsettled:
                _Effects(session, txn, relations).settle(manner)
            return result
        except ConstraintError as error:
            if looks_first and not isinstance(error, LateViolation):  # such a row is refused before it is written
                session.last_insert_rowid = rowid
            if error.action == "FAIL":
                _Effects(session, txn, relations).settle(manner)
            raise
        finally:
            state.watching = False

    return watched


def _set_apart(
    run: Callable[[Any, Any, Sequence[Any]], Any], relations: Relations, manner: Manner,
) -> Callable[[Any, Any, Sequence[Any]], Any]:
    """``run`` of a trigger, from which nothing follows, so that what it did is not taken for what others do: a row that
    it has updated is not one that the statement around it has replaced."""

    def apart(session: Any, txn: Any, params: Sequence[Any]) -> Any:
        result = run(session, txn, params)
        if session.keys.watching:
            _Effects(session, txn, relations).act(manner)
        return result

    return apart


def row_settler(
    table: TableDef, catalog: Catalog, manner: Manner, changed: Sequence[int] | None = None
) -> Callable[[Any, Any], None] | None:
    """``f(session, txn)`` carries out the actions that follow from a row that was just written, in front of its AFTER
    triggers; None where nothing follows. What is violated is found when the statement ends."""
    relations = Relations.of(catalog)
    links = relations.by_tree.get(table.tree_id)
    if links is None or not _heeded(relations, links, manner, changed):
        return None

    def act(session: Any, txn: Any) -> None:
        if session.keys.watching:
            _Effects(session, txn, relations).act(manner)

    return act


def acts_on_itself(table: TableDef, catalog: Catalog) -> bool:
    """Whether removing a row may change others of the same table, so that rows have to be removed one by one."""
    relations = Relations.of(catalog)
    seen, stack = {table.tree_id}, [table.tree_id]
    while stack:
        links = relations.by_tree.get(stack.pop())
        for foreign in [] if links is None else links.naming:
            child = foreign.child.tree_id
            if foreign.on_delete in ("NO ACTION", "RESTRICT"):
                continue
            if child == table.tree_id:
                return True
            if foreign.on_delete == "CASCADE" and child not in seen:
                seen.add(child)
                stack.append(child)
    return False


def are_tied(table: TableDef, catalog: Catalog) -> bool:
    """Whether a table has foreign keys, or some name it."""
    return table.tree_id in Relations.of(catalog).by_tree


def parent_look(table: TableDef, catalog: Catalog, fires: bool) -> ParentLook | None:
    """How an INSERT of one row looks for the row's parents itself, which :func:`guarded` then need not; None where it
    does not matter, or where new rows may be what others wait for.

    fires  whether it fires triggers
    """
    relations = Relations.of(catalog)
    links = relations.by_tree.get(table.tree_id)
    if links is None or not _adds(links, catalog) or any(foreign.is_deferred for foreign in links.naming):
        return None

    def settle(session: Session, txn: Any, mark: int) -> None:
        state = session.keys
        if state.defers:
            _refuse_where_deferred(links, catalog)
        if state.watching:
            state.is_unsettled = True
            if session.triggers.frames:
                _Effects(session, txn, relations).act(Manner(adds_one=True))
            return
        state.begin(mark)
        try:
            _Effects(session, txn, relations).settle(Manner(adds_one=True))
        except LateViolation:
            if not table.without_rowid:
                written = [op for op in txn.operations[mark:] if op[0] == INSERT and op[1] == table.tree_id]
                session.last_insert_rowid = written[-1][2]
            raise
        finally:
            state.watching = False

    return ParentLook(links.own, None if fires else settle)


def _finds_parents(links: Links, txn: Any, mark: int) -> bool:
    """Whether all that new rows ask for is there, so that nothing follows from them."""
    trees, tree_id = txn.unmerged, links.table.tree_id
    for op in txn.operations[mark:]:
        if op[1] != tree_id or op[0] not in (INSERT, INSERT_MANY):
            continue
        rows = [op[3]] if op[0] == INSERT else op[3]
        for foreign in links.own:
            parent = foreign.parent
            assert parent is not None
            if parent.index is None:
                at, get = foreign.positions[0], trees[parent.table.tree_id].row
                for value in {row[at] for row in rows}:
                    if value is not None and (value.__class__ is not int or get(value) is None):
                        return False
            else:
                for key in {foreign.child_key(row) for row in rows}:
                    if key is not None and not parent.exists(trees, key):
                        return False
    return True


class WatchedBulk:
    """A batched INSERT into a table that has foreign keys: it declines where a parent is missing, or may be among the
    rows themselves. Then the rows go one by one."""

    def __init__(self, bulk: Any, table: TableDef, catalog: Catalog) -> None:
        self._bulk = bulk
        links = Relations.of(catalog).links(table)
        _adds(links, catalog)
        self._links = links
        self._may_wait = any(foreign.is_deferred or foreign in links.own for foreign in links.naming)

    def insert_rows(self, session: Session, txn: Any, rows: Sequence[Row]) -> int | None:
        """See :meth:`mantisdb_sql.changes.bulk.BulkInsert.insert_rows`."""
        if self._may_wait or session.keys.defers:
            return None
        mark, rowid = txn.mark(), session.last_insert_rowid
        count: int | None = self._bulk.insert_rows(session, txn, rows)
        if count is not None and not _finds_parents(self._links, txn, mark):
            txn.undo_to(mark)
            session.last_insert_rowid = rowid
            return None
        return count


# ------------------------------------------------------------------------------------------- keys that lead nowhere
#
# A statement that touches such a key is refused. SQLite compiles on after the first mistake, and the last one is what
# it reports: what actions need, else the first of the table's own keys, else the first of those that name it, else
# what is wrong in a trigger. Keys are resolved in that order.


def refuse_wrong_keys(
    context: CompileContext, table: TableDef, manner: Manner, changed: Sequence[int] | None = None
) -> None:
    """Refuse a statement that fires triggers and touches keys that lead nowhere, if it heeds keys."""
    relations = Relations.of(context.schema)
    links = relations.by_tree.get(table.tree_id)
    if links is not None and context.foreign_keys:
        _heeded(relations, links, manner, changed)


def _heeded(
    relations: Relations, links: Links, manner: Manner, changed: Sequence[int] | None, attempt: Attempt | None = None
) -> bool:
    """Whether what a statement does has to be looked at."""
    if manner.lenient:
        for foreign in (*links.own, *links.naming):
            with suppress(SqlError):
                foreign.resolve(relations.catalog)
        acting = [f for f in links.naming if _is_known(f) and f.on_delete != "NO ACTION"]
        _look_at_actions(relations, acting, None, set(), attempt)
        return True
    for foreign in links.own if manner.updates else ():
        foreign.resolve(relations.catalog)
    touched = _touched(relations, links, manner, attempt)
    if manner.alone and not any(touched):
        return _adds(links, relations.catalog)
    if manner.may_remove or (manner.could_remove and _is_written_again(links, changed)):
        # That comes first, and so is told of last.
        _concerned(relations, links, changed, set(), manner.removes)
        _concerned(relations, links, None, set(), True, attempt)
    return _concerned(relations, links, changed, set(), manner.removes, attempt)


def _is_written_again(links: Links, changed: Sequence[int] | None) -> bool:
    """Whether SQLite takes an UPDATE for the removal of a row and a new one: it writes a key of the table that names
    the table itself, or one that actions follow from (``sqlite3FkRequired``)."""
    if changed is None:
        return False
    itself = lower_ascii(links.table.name)
    return any(
        lower_ascii(f.parent_name) == itself and _is_written(links.table, f.positions, changed) for f in links.own
    ) or any(f.on_update != "NO ACTION" and _names_written(links.table, f, changed) for f in links.naming)


def _touched(relations: Relations, links: Links, manner: Manner, attempt: Attempt | None = None) -> list[bool]:
    """Of each way in which another row may be updated instead, whether it may touch a key."""
    return [_concerned(relations, links, written, set(), False, attempt) for written in manner.updates]


def _adds(links: Links, catalog: Catalog) -> bool:
    """As :func:`_concerned`, of one new row. That it may be a parent matters to nobody but deferred keys."""
    for foreign in links.own:
        foreign.resolve(catalog)
    for foreign in links.naming:
        try:
            foreign.resolve(catalog)
        except SqlError:
            if foreign.is_deferred:
                raise
    return True


def _refuse_where_deferred(links: Links | None, catalog: Catalog) -> None:
    """Refuse keys that lead nowhere and that :func:`_adds` let be: where all are deferred, a new parent matters."""
    try:
        for foreign in [] if links is None else links.naming:
            foreign.resolve(catalog)
    except SqlError as error:
        error.before_run = True
        raise


def _concerned(
    relations: Relations, links: Links, changed: Sequence[int] | None, seen: set[ForeignKey], removes: bool,
    attempt: Attempt | None = None,
) -> bool:
    """Whether a change may touch a key. Keys that lead nowhere are an error, also those that only its actions meet; of
    a change that touches no key, none is looked for; with one, all that name the table are, but for an INSERT.

    removes   without ``changed``: rows go, and none are new
    """
    own = [f for f in links.own if changed is None or _is_written(links.table, f.positions, changed)]
    naming = [f for f in links.naming if changed is None or _names_written(links.table, f, changed)]
    if not own and not naming:
        return False
    adds = changed is None and not removes
    acting = [f for f in naming if not adds and (f.on_delete if changed is None else f.on_update) != "NO ACTION"]
    mine = [f for f in links.own if f in own or f in links.naming]
    for foreign in (*reversed(acting), *mine, *naming, *(() if adds else reversed(links.naming))):
        foreign.resolve(relations.catalog)
    _look_at_actions(relations, acting, changed, seen, attempt)
    return True


def _look_at_actions(
    relations: Relations, acting: Sequence[ForeignKey], changed: Sequence[int] | None, seen: set[ForeignKey],
    attempt: Attempt | None,
) -> None:
    """As :func:`_concerned`, of the changes of children that keys ask for."""
    for foreign in acting:
        action = foreign.on_delete if changed is None else foreign.on_update
        if foreign not in seen and action != "RESTRICT":
            deletes = changed is None and action == "CASCADE"
            child, more = relations.links(foreign.child), {*seen, foreign}
            _concerned(relations, child, None if deletes else foreign.positions, more, deletes, attempt)
            if attempt is not None:
                attempt(foreign.action_sql(action, changed is None), foreign.child)


def _is_written(table: TableDef, positions: Collection[int], changed: Sequence[int]) -> bool:
    """Whether an UPDATE writes one of some columns; -1 among ``changed`` is the rowid, by whatever name."""
    return any(p in changed or (p == table.rowid_alias and -1 in changed) for p in positions)


def _names_written(table: TableDef, foreign: ForeignKey, changed: Sequence[int]) -> bool:
    """Whether an UPDATE writes a column that a foreign key names in its parent, or means by naming none."""
    if foreign.parent_columns is None:
        return _is_written(table, [i for i, column in enumerate(table.columns) if column.primary_key], changed)
    named = [table.position(name) for name in foreign.parent_columns]
    return _is_written(table, [position for position in named if position is not None], changed)


class _Effects:
    """What follows from a statement's operations."""

    def __init__(self, session: Session, txn: Any, relations: Relations) -> None:
        self._session, self._txn, self._relations = session, txn, relations
        self._state = session.keys
        self._pending = self._state.pending

    def settle(self, manner: Manner) -> None:
        """Carry out the actions, then count violations."""
        self.act(manner)
        self._judge(self._state.seen)

    def act(self, manner: Manner) -> None:
        """Carry out the actions that follow from the operations since the last time."""
        state = self._state
        queue = deque(self._events(state.done, manner))
        state.done = len(self._txn.operations)
        while queue:
            event = queue.popleft()
            state.seen.append(event)
            if event.old is not None:
                for foreign in filter(_is_known, event.links.naming):
                    if manner.replaces and foreign.child is event.links.table and foreign.on_delete != "NO ACTION":
                        raise NotSupported("REPLACE of a row that a foreign key of its own table may act upon")
                    start = self._txn.mark()
                    self._act(foreign, event, queue)
                    queue.extend(self._events(max(start, state.done), ACTION))
                    state.done = len(self._txn.operations)

    def _events(self, mark: int, manner: Manner) -> Iterator[Event]:
        """The rows that operations changed, of tables that matter."""
        by_tree = self._relations.by_tree
        operations = [op for op in self._txn.operations[mark:] if op[1] in by_tree]
        at = 0
        while at < len(operations):
            op, links = operations[at], by_tree[operations[at][1]]
            after = operations[at + 1] if at + 1 < len(operations) and manner.moves else None
            if after is not None and after[1] == op[1] and {op[0], after[0]} == {INSERT, DELETE}:
                new, old = (op[3], after[3]) if op[0] == INSERT else (after[3], op[3])
                yield Event(links, old, new)
                at += 1
            else:
                yield from _rows_of(op, links, manner)
            at += 1

    def _act(self, foreign: ForeignKey, event: Event, later: Sequence[Event]) -> None:
        """The action that a parent's change brings about."""
        parent = foreign.parent
        assert event.old is not None and parent is not None
        old, new = parent.row_key(event.old), parent.row_key(event.new)
        if old is None or old == new:
            return
        self._txn.barrier = True
        action = foreign.on_delete if event.new is None else foreign.on_update
        values = parent.values(event.old)
        if action == "RESTRICT" and not self._state.defers:
            gone = sum(
                e.links.table is foreign.child and e.old is not None and foreign.child_key(e.old) == old for e in later
            )
            if gone or self._state.count(self._session, self._txn, foreign, values):
                raise ConstraintError("FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT_TRIGGER")
        elif action not in ("RESTRICT", "NO ACTION"):
            given = parent.values(event.new) if action == "CASCADE" and event.new is not None else []
            self._change(foreign.action_sql(action, event.new is None), [*given, *values])

    def _change(self, sql: str, params: Sequence[Any]) -> None:
        count = self._state.change(self._session, self._txn, sql, params)
        self._session.total_changes += count  # the call may have counted what triggers did

    # -- violations

    def _judge(self, events: Sequence[Event]) -> None:
        parents: dict[ForeignKey, Counter[Key]] = {}
        children: dict[ForeignKey, Counter[Key]] = {}
        for event in events:
            for foreign in filter(_is_known, event.links.own):
                _count(children, foreign, foreign.child_key(event.old), foreign.child_key(event.new))
            for foreign in filter(_is_known, event.links.naming):
                parent = foreign.parent
                assert parent is not None
                _count(parents, foreign, parent.row_key(event.old), parent.row_key(event.new))
        has_late = False
        for foreign in parents.keys() | children.keys():
            came, added = parents.get(foreign, Counter()), children.get(foreign, Counter())
            waits = foreign.is_deferred or self._state.defers
            is_deferred = waits and self._session.in_transaction
            for key in came.keys() | added.keys():
                if is_deferred:
                    more = self._more(foreign, key, came[key], added[key])
                    self._pending = max(self._pending + more, 0)
                elif came[key] <= 0 and self._more(foreign, key, came[key], added[key]) > 0:
                    if not waits:
                        raise commit_error()
                    has_late = True
        if has_late:
            raise commit_error(LateViolation)
        self._state.pending = self._pending

    def _more(self, foreign: ForeignKey, key: Key, came: int, added: int) -> int:
        """How many more rows violate a foreign key for a key, of which ``came`` parents and ``added`` children came
        to be."""
        assert foreign.parent is not None
        after = foreign.parent.exists(self._txn.unmerged, key)
        before = after - came > 0
        if after == before:
            return 0 if after else added
        found = self._state.count(self._session, self._txn, foreign, key)
        return added - found if after else found


def _is_known(foreign: ForeignKey) -> bool:
    """Whether a key has been looked for: what a statement touches, it has resolved."""
    return foreign.parent is not None


def _count(counts: dict[ForeignKey, Counter[Key]], foreign: ForeignKey, old: Key | None, new: Key | None) -> None:
    if old == new:
        return
    counter = counts.setdefault(foreign, Counter())
    if old is not None:
        counter[old] -= 1
    if new is not None:
        counter[new] += 1


def _rows_of(op: Sequence[Any], links: Links, manner: Manner) -> Iterator[Event]:
    kind = op[0]
    if kind == INSERT:
        yield Event(links, None, op[3])
    elif kind == DELETE:
        yield Event(links, op[3], None)
    elif kind == INSERT_MANY:
        yield from (Event(links, None, row) for row in op[3])
    elif kind == DELETE_MANY:
        yield from (Event(links, row, None) for row in op[3])
    elif kind in (UPDATE, UPDATE_MANY):
        pairs = [(op[3], op[4])] if kind == UPDATE else zip(op[3], op[4], strict=True)
        for new, old in pairs:
            if manner.replaces:
                yield Event(links, old, None)
                yield Event(links, None, new)
            else:
                yield Event(links, old, new)


def _assigned(foreign: ForeignKey, action: str, position: int) -> str:
    if action == "CASCADE":
        return "?"
    default = foreign.child.columns[position].default_sql if action == "SET DEFAULT" else None
    return f"({default})" if default is not None else "NULL"


# ------------------------------------------------------------------------------------------- looking at all


def violations(session: Session, trees: Any, catalog: Catalog, table: TableDef) -> Iterator[tuple[Any, ...]]:
    """The rows that violate a foreign key of ``table``: (table, rowid, parent, number of the key)."""
    own = Relations.of(catalog).links(table).own
    seen = catalog.of(table.database) or catalog
    for foreign in own:
        if lower_ascii(foreign.parent_name) in seen.tables.keys() | seen.views.keys():
            foreign.resolve(catalog)
    for keys, rows in session.watched(trees[table.tree_id].scan()):
        for rowid, row in zip(keys, rows, strict=True):
            for foreign in own:
                if _is_orphan(foreign, trees, row):
                    yield table.name, None if table.without_rowid else rowid, foreign.parent_name, foreign.number


def _is_orphan(foreign: ForeignKey, trees: Any, row: Row) -> bool:
    if foreign.parent is None:  # there is no such table
        return None not in [row[position] for position in foreign.positions]
    key = foreign.child_key(row)
    return key is not None and not foreign.parent.exists(trees, key)
