"""The integrity check: do a database's trees say what its schema says they should?

The engine proves the trees' own order, counts and ownership. On top of that: every row has the table's width
and holds the INTEGER PRIMARY KEY's rowid; the column profile covers what is stored; every index has exactly
the entries that the rows demand; NOT NULL, CHECK and the types of STRICT tables hold; generated columns are what their
expressions give; and the schema names exactly the trees that exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mantisdb_engine.composite import SLOT_SHIFT
from mantisdb_engine.decisions import DECISIONS
from mantisdb_sql.catalog.definitions import SCHEMA_TREE, Catalog, IndexDef, TableDef
from mantisdb_sql.catalog.schema_tree import SETTINGS_TREE, tree_in
from mantisdb_sql.changes.computed_indexes import bind_indexes
from mantisdb_sql.changes.generated_columns import row_completer
from mantisdb_sql.changes.table_expressions import count_violations
from mantisdb_sql.codegen.dml_keys import key_function
from mantisdb_sql.context import CompileContext
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import CLASS_BITS, INT_MAX, INT_MIN, class_of

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["check"]

_SYSTEM_TABLES = ("sqlite_schema", "sqlite_temp_schema", "sqlite_temp_master")


def check(session: Session, database: str | None = None, only: TableDef | None = None) -> list[str]:
    """All problems of the databases as the session sees them, of one database or of one table, as sentences; an empty
    list is good news."""
    slots = session.slots if database is None else {database: session.slots[database]}
    trees = {i: tree for i, tree in session.trees.items() if i >> SLOT_SHIFT in slots.values()}
    catalog = session.catalog()
    tables = [table for table in catalog.all_tables() if table.database in slots and table.name not in _SYSTEM_TABLES]
    problems: list[str] = []
    if only is None:
        for tree_id, tree in trees.items():
            problems += [f"tree {tree_id}: {problem}" for problem in tree.check()]
    for table in tables:
        if only in (None, table):
            problems += _check_table(session, trees, catalog, table)
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


def _check_table(session: Session, trees: Any, catalog: Catalog, table: TableDef) -> list[str]:
    if table.tree_id not in trees:
        return []
    problems: list[str] = []
    rows: list[tuple[int, Any]] = []  # those that expressions can be asked about
    for keys, batch in trees[table.tree_id].scan():
        for k, row in zip(keys, batch, strict=True):
            found = _check_shape(table, k, row)
            problems += found
            if not found:
                rows.append((k, row))
    bits = 0
    for k, row in rows:
        problems += _check_row(table, k, row)
        for position, value in enumerate(row):
            bits |= class_of(value) << position * CLASS_BITS
    if bits & ~trees[table.tree_id].flags:
        problems.append(f"the column profile of {table.name} does not cover its rows")
    context = CompileContext(catalog, trees, session.functions)
    for index in bind_indexes(table, context).indexes:
        if index.tree_id in trees:
            problems += _check_index(trees, index, rows)
    if table.checks and not session.settings.get("ignore_check_constraints"):
        broken = count_violations(session, trees, catalog, table, rows)
        problems += [f"CHECK constraint failed in {table.name}"] * broken
    if table.has_generated:
        complete = row_completer(table, context)
        problems += [
            f"row {k} of {table.name} holds other generated values than its own"
            for k, row in rows if complete(k, row) != row
        ]
    return problems


def _check_shape(table: TableDef, k: Any, row: Any) -> list[str]:
    """What is wrong with a row as such, so that nothing more can be asked about it."""
    if row.__class__ is not tuple or len(row) != len(table.columns):
        return [f"row {k} of {table.name} has the wrong width"]
    wrong = [value for value in row if value is not None and value.__class__ not in (int, float, str, bytes)]
    return [f"row {k} of {table.name} holds a {type(value).__name__}" for value in wrong]


def _check_row(table: TableDef, k: Any, row: Any) -> list[str]:
    problems = []
    if k.__class__ is not int or not INT_MIN <= k <= INT_MAX:
        problems.append(f"rowid of {table.name} is no 64-bit integer")
    if table.rowid_alias is not None and (
        row[table.rowid_alias] != k or row[table.rowid_alias].__class__ is not int
    ):
        problems.append(f"row {k} of {table.name} holds another rowid")
    for value, column in zip(row, table.columns, strict=True):
        if value is None and column.not_null:
            problems.append(f"NULL value in {table.name}.{column.name}")
        if value is not None and not class_of(value) & table.allowed_classes(table.positions[lower_ascii(column.name)]):
            problems.append(f"non-{column.declared_type} value in {table.name}.{column.name}")
    return problems


def _check_index(trees: Any, index: IndexDef, rows: list[tuple[int, Any]]) -> list[str]:
    key = key_function(index)
    keys = [(key(row, k), k) for k, row in rows]
    held = [(entry, k) for entry, k in keys if entry is not None]
    expected = dict(held)
    problems = []
    if len(expected) != len(held):
        problems.append(f"non-unique entry in index {index.name}")
    entries = {key: k for keys, ids in trees[index.tree_id].scan() for key, k in zip(keys, ids, strict=True)}
    if len(entries) != len(held):
        problems.append(f"wrong # of entries in index {index.name}")
    missing, extra = expected.items() - entries.items(), entries.items() - expected.items()
    problems += [f"row {k} missing from index {index.name}" for _, k in missing]
    problems += [f"row {k} not in the table but in index {index.name}" for _, k in extra]
    return problems
