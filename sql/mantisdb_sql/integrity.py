"""The integrity check: do a database's trees say what its schema says they should?

The engine proves the trees' own order, counts and ownership. On top of that: every row has the table's width
and holds the INTEGER PRIMARY KEY's rowid; the column profile covers what is stored; every index has exactly
the entries that the rows demand; NOT NULL and the types of STRICT tables hold; generated columns are what their
expressions give; and the schema names exactly the trees that exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mantisdb_engine.composite import SLOT_SHIFT
from mantisdb_engine.decisions import DECISIONS
from mantisdb_sql.catalog import SCHEMA_TREE, IndexDef, TableDef
from mantisdb_sql.codegen.dml_keys import key_function
from mantisdb_sql.computed_indexes import bind_indexes
from mantisdb_sql.context import CompileContext
from mantisdb_sql.generated_columns import row_completer
from mantisdb_sql.schema import SETTINGS_TREE, tree_in
from mantisdb_sql.storage import CLASS_BITS, INT_MAX, INT_MIN, class_of

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["check"]

MAX_PROBLEMS = 100


def check(session: Session, database: str | None = None) -> list[str]:
    """All problems of the databases as the session sees them, or of one, as sentences; an empty list is good news."""
    slots = session.slots if database is None else {database: session.slots[database]}
    trees = {i: tree for i, tree in session.trees.items() if i >> SLOT_SHIFT in slots.values()}
    catalog = session.catalog()
    problems: list[str] = []
    systems = (SCHEMA_TREE, SETTINGS_TREE)
    engines = {tree_in(slot, DECISIONS) for slot in slots.values()}
    named = {tree_in(slot, tree_id) for slot in slots.values() for tree_id in systems}
    for tree_id, tree in trees.items():
        problems += [f"tree {tree_id}: {problem}" for problem in tree.check()]
    for table in catalog.all_tables():
        if table.name in ("sqlite_schema", "sqlite_temp_schema", "sqlite_temp_master"):
            continue
        named.add(table.tree_id)
        named.update(index.tree_id for index in table.indexes)
        context = CompileContext(catalog, trees, session.functions)
        problems += _check_table(trees, bind_indexes(table, context))
        if table.has_generated and table.tree_id in trees:
            complete = row_completer(table, context)
            problems += [
                f"row {k} of {table.name} holds other generated values than its own"
                for keys, rows in trees[table.tree_id].scan() for k, row in zip(keys, rows, strict=True)
                if complete(k, row) != row
            ]
    for tree_id in sorted((trees.keys() - engines) ^ named):
        problems.append(f"tree {tree_id}: " + ("never used" if tree_id in trees else "missing"))
    return problems[:MAX_PROBLEMS]


def _check_table(trees: Any, table: TableDef) -> list[str]:
    problems: list[str] = []
    if table.tree_id not in trees:
        return problems
    rows = [
        (k, row) for keys, batch in trees[table.tree_id].scan() for k, row in zip(keys, batch, strict=True)
    ]
    bits = 0
    for k, row in rows:
        problems += _check_row(table, k, row)
        for position, value in enumerate(row):
            bits |= class_of(value) << position * CLASS_BITS
    if bits & ~trees[table.tree_id].flags:
        problems.append(f"the column profile of {table.name} does not cover its rows")
    for index in table.indexes:
        if index.tree_id in trees:
            problems += _check_index(trees, index, rows)
    return problems


def _check_row(table: TableDef, k: Any, row: Any) -> list[str]:
    problems = []
    if k.__class__ is not int or not INT_MIN <= k <= INT_MAX:
        problems.append(f"rowid of {table.name} is no 64-bit integer")
    if row.__class__ is not tuple or len(row) != len(table.columns):
        return [*problems, f"row {k} of {table.name} has the wrong width"]
    if table.rowid_alias is not None and (
        row[table.rowid_alias] != k or row[table.rowid_alias].__class__ is not int
    ):
        problems.append(f"row {k} of {table.name} holds another rowid")
    for value, column in zip(row, table.columns, strict=True):
        if value is None and column.not_null:
            problems.append(f"NULL value in {table.name}.{column.name}")
        if value is not None and not class_of(value) & table.allowed_classes(table.positions[column.name.lower()]):
            problems.append(f"non-{column.declared_type} value in {table.name}.{column.name}")
        if value is not None and value.__class__ not in (int, float, str, bytes):
            problems.append(f"row {k} of {table.name} holds a {type(value).__name__}")
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
