"""The integrity check: do a database's trees say what its schema says they should?

The engine proves the trees' own order, counts and ownership. On top of that: every row has the table's width
and holds the INTEGER PRIMARY KEY's rowid; the column profile covers what is stored; every index has exactly
the entries that the rows demand; NOT NULL, CHECK and the types of STRICT tables hold; generated columns are what their
expressions give; and the schema names exactly the trees that exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from operator import eq
from typing import TYPE_CHECKING, Any

from mantisdb_engine.composite import SLOT_SHIFT
from mantisdb_engine.decisions import DECISIONS
from mantisdb_sql.catalog.definitions import SCHEMA_TREE, Catalog, IndexDef, TableDef
from mantisdb_sql.catalog.schema_tree import SETTINGS_TREE, tree_in
from mantisdb_sql.changes.bulk import Declined, column_bits
from mantisdb_sql.changes.computed_indexes import bind_indexes
from mantisdb_sql.changes.generated_columns import row_completer
from mantisdb_sql.changes.table_expressions import count_violations
from mantisdb_sql.codegen.dml_keys import key_function
from mantisdb_sql.context import CompileContext
from mantisdb_sql.values.storage import ANY, CLASS_BITS, INT_MAX, INT_MIN, INTEGER, NULL, class_of

if TYPE_CHECKING:
    from mantisdb_engine.tree import Tree
    from mantisdb_sql.session import Session

__all__ = ["check", "has_entries_of"]

Row = tuple[Any, ...]
Batch = tuple[Sequence[Any], Sequence[Any]]
Stored = tuple[list[int], list[Row]]
"""Rowids, and their rows."""

_SYSTEM_TABLES = ("sqlite_schema", "sqlite_temp_schema", "sqlite_temp_master")


def check(
    session: Session, database: str | None = None, only: TableDef | None = None, indexes: bool = True
) -> list[str]:
    """All problems of the databases as the session sees them, of one database or of one table, as sentences; an empty
    list is good news. Without ``indexes``, what they hold is not compared with their tables."""
    slots = session.slots if database is None else {database: session.slots[database]}
    trees = {i: tree for i, tree in session.trees.items() if i >> SLOT_SHIFT in slots.values()}
    catalog = session.catalog()
    tables = [table for table in catalog.all_tables() if table.database in slots and table.name not in _SYSTEM_TABLES]
    problems: list[str] = []
    own = set(trees) if only is None else {only.tree_id, *(index.tree_id for index in only.indexes)}
    for tree_id in sorted(own & trees.keys()):
        problems += [f"tree {tree_id}: {problem}" for problem in trees[tree_id].check()]
    for table in tables:
        if only in (None, table):
            problems += _check_table(session, trees, catalog, table, indexes)
    if only is None:
        problems += _check_names(trees, tables, slots.values())
    return problems


def _check_names(trees: Any, tables: Sequence[TableDef], slots: Collection[int]) -> Iterator[str]:
    """Trees that the schema does not name, or that it names and that are not there."""
    named = {tree_in(slot, tree_id) for slot in slots for tree_id in (SCHEMA_TREE, SETTINGS_TREE)}
    for table in tables:
        named |= {table.tree_id, *(index.tree_id for index in table.indexes)}
    for tree_id in sorted((trees.keys() - {tree_in(slot, DECISIONS) for slot in slots}) ^ named):
        yield f"tree {tree_id}: " + ("never used" if tree_id in trees else "missing")


def _check_table(session: Session, trees: Any, catalog: Catalog, table: TableDef, indexes: bool) -> list[str]:
    if table.tree_id not in trees:
        return []
    tree = trees[table.tree_id]
    problems, (rowids, rows), is_covered = _check_rows(table, session.watched(tree.scan()), tree.flags)
    if not is_covered:
        problems.append(f"the column profile of {table.name} does not cover its rows")
    context = CompileContext(catalog, trees, session.functions)
    for index in bind_indexes(table, context).indexes if indexes else ():
        if index.tree_id in trees:
            problems += _check_index(trees[index.tree_id], index, rowids, rows)
    if table.checks:
        broken = count_violations(session, trees, catalog, table, zip(rowids, rows, strict=True))
        problems += [f"CHECK constraint failed in {table.name}"] * broken
    if table.has_generated:
        complete = row_completer(table, context)
        problems += [
            f"row {k} of {table.name} holds other generated values than its own"
            for k, row in zip(rowids, rows, strict=True) if complete(k, row) != row
        ]
    return problems


def _check_rows(table: TableDef, batches: Iterable[Batch], profile: int) -> tuple[list[str], Stored, bool]:
    """Problems of the rows as such; those that expressions can be asked about; whether the column profile covers them.

    A leaf is looked at by columns, which proves most of them sound in a few C loops; only one that does not pass is
    looked at by rows, to say what is wrong and where."""
    problems: list[str] = []
    rowids: list[int] = []
    rows: list[Row] = []
    is_covered = True
    permitted = [
        table.allowed_classes(i) & (~NULL if column.not_null else ANY) for i, column in enumerate(table.columns)
    ]
    for keys, batch in batches:
        found = _sound_bits(keys, batch, permitted, table.rowid_alias)
        if found is None:
            pairs = [(k, row, _check_shape(table, k, row)) for k, row in zip(keys, batch, strict=True)]
            problems += chain.from_iterable(wrong or _check_row(table, k, row) for k, row, wrong in pairs)
            keys, batch = [k for k, _, wrong in pairs if not wrong], [row for _, row, wrong in pairs if not wrong]
        if found is None or found & ~profile:
            is_covered = is_covered and not _bits_of(batch) & ~profile
        rowids += keys
        rows += batch
    return problems, (rowids, rows), is_covered


def _sound_bits(keys: Sequence[Any], rows: Sequence[Any], permitted: Sequence[int], alias: int | None) -> int | None:
    """A profile that covers a leaf's rows, or None if anything might be wrong with one. ``permitted``: the class sets
    that the columns may have."""
    if {*map(type, rows)} != {tuple} or {*map(len, rows)} != {len(permitted)} or {*map(type, keys)} != {int}:
        return None
    columns = list(zip(*rows, strict=True))
    if alias is not None and not all(map(eq, columns[alias], keys)):
        return None
    try:
        found = [column_bits(column) for column in columns]
        column_bits(keys)
    except Declined:
        return None
    if any(bits & ~may for bits, may in zip(found, permitted, strict=True)) or (
        alias is not None and found[alias] & ~INTEGER
    ):
        return None
    return sum(bits << position * CLASS_BITS for position, bits in enumerate(found))


def _bits_of(rows: Iterable[Row]) -> int:
    bits = 0
    for row in rows:
        for position, value in enumerate(row):
            bits |= class_of(value) << position * CLASS_BITS
    return bits


def _check_shape(table: TableDef, k: Any, row: Any) -> list[str]:
    """What is wrong with a row as such, so that nothing more can be asked about it."""
    if row.__class__ is not tuple or len(row) != len(table.columns):
        return [f"row {k} of {table.name} has the wrong width"]
    wrong = [value for value in row if value is not None and value.__class__ not in (int, float, str, bytes)]
    return [f"row {k} of {table.name} holds a {type(value).__name__}" for value in wrong]


def _check_row(table: TableDef, k: Any, row: Any) -> list[str]:
    problems = []
    if not _is_stored_integer(k):
        problems.append(f"rowid of {table.name} is no 64-bit integer")
    if table.rowid_alias is not None and (
        row[table.rowid_alias] != k or row[table.rowid_alias].__class__ is not int
    ):
        problems.append(f"row {k} of {table.name} holds another rowid")
    for position, (value, column) in enumerate(zip(row, table.columns, strict=True)):
        if value is None:
            if column.not_null:
                problems.append(f"NULL value in {table.name}.{column.name}")
        elif value != value or (value.__class__ is int and not _is_stored_integer(value)):
            problems.append(f"value out of range in {table.name}.{column.name}")
        elif not class_of(value) & table.allowed_classes(position):
            problems.append(f"non-{column.declared_type} value in {table.name}.{column.name}")
    return problems


def _is_stored_integer(value: Any) -> bool:
    return value.__class__ is int and INT_MIN <= value <= INT_MAX


def has_entries_of(trees: Any, table: TableDef, index: IndexDef) -> bool:
    """Whether an index that needs no program has the entries of the table's rows, and no others."""
    rowids: list[int] = []
    rows: list[Row] = []
    for keys, values in trees[table.tree_id].scan():
        rowids += keys
        rows += values
    return _has_exactly(trees[index.tree_id], list(map(key_function(index), rows, rowids)), rowids)


def _check_index(tree: Tree, index: IndexDef, rowids: Sequence[int], rows: Sequence[Row]) -> list[str]:
    made = list(map(key_function(index), rows, rowids))
    if _has_exactly(tree, made, rowids):
        return []
    held = [(key, k) for key, k in zip(made, rowids, strict=True) if key is not None]
    expected = dict(held)
    problems = []
    if len(expected) != len(held):
        problems.append(f"non-unique entry in index {index.name}")
    entries = {key: k for keys, ids in tree.scan() for key, k in zip(keys, ids, strict=True)}
    if len(entries) != len(held):
        problems.append(f"wrong # of entries in index {index.name}")
    missing, extra = expected.items() - entries.items(), entries.items() - expected.items()
    problems += [f"row {k} missing from index {index.name}" for _, k in missing]
    told = {k for _, k in missing}  # such a row may have an entry under another key
    problems += [f"row {k} not in the table but in index {index.name}" for _, k in extra if k not in told]
    return problems


def _has_exactly(tree: Tree, made: Sequence[Any], rowids: Sequence[int]) -> bool:
    """Whether a tree holds the keys that were made of the rows (None: no entry), each with its rowid.

    No two keys of a tree are equal (the tree's own check proves that), so no row has two entries that are both its
    key: where every entry is the key of its row, as many entries as there are rows with a key are all of them."""
    key_of = dict(zip(rowids, made, strict=True)).get
    count = 0
    for keys, ids in tree.scan():
        if list(map(key_of, ids)) != keys:
            return False
        count += len(keys)
    return count == len(made) - made.count(None)
