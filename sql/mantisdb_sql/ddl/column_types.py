"""ALTER TABLE … ALTER COLUMN … [SET DATA] TYPE, in PostgreSQL's spelling; SQLite has nothing like it.

The new type stands in the table's text where the old one stood. Every value that is there becomes what it would be had
it been stored under the new type: its affinity is applied, and in a STRICT table a value that the type does not allow
makes the statement fail. Generated columns are computed anew, CHECKs are asked again, indexes are built again (and may
find two values to be one), foreign keys, where they are enforced, are looked up again. What an INTEGER PRIMARY KEY is
depends on its type, as rows lie under it: it keeps its type, and no other column gets to be one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.catalog.definitions import Catalog, TableDef
from mantisdb_sql.catalog.schema_tree import define_table, root_of, trees_of_root
from mantisdb_sql.changes.computed_indexes import bind_index
from mantisdb_sql.changes.foreign_keys import violations
from mantisdb_sql.changes.generated_columns import row_completer
from mantisdb_sql.changes.table_expressions import check_definition, count_violations
from mantisdb_sql.codegen.dml import refuse_type
from mantisdb_sql.context import CompileContext
from mantisdb_sql.ddl.alter_constraints import edited_text
from mantisdb_sql.ddl.create_drop import build_index
from mantisdb_sql.ddl.renames import rewrite
from mantisdb_sql.ddl.schema_names import ErrorsOf, SchemaRow
from mantisdb_sql.errors import ConstraintError, SqlError
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.rules import affinity_function
from mantisdb_sql.values.storage import CLASS_BITS, class_of

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["change_type"]

_CLASSES = (1 << CLASS_BITS) - 1


def change_type(
    session: Session, txn: Any, catalog: Catalog, table: TableDef, action: exp.AlterColumn, key: int, row: SchemaRow
) -> None:
    """Change a column's type; ``key`` and ``row`` are the table's in the schema."""
    position = table.position(action.this.name)
    assert position is not None
    sql = edited_text(row[4], action)
    created = parse_statement(sql).node
    assert isinstance(created, exp.Create)
    with ErrorsOf("table", table.name, "after alter column"):
        changed = define_table(created, table.name, 0)
        changed.database = table.database
        check_definition(session, txn.trees, catalog, changed)
    if changed.rowid_alias != table.rowid_alias:
        raise SqlError(f'cannot change the type of PRIMARY KEY column: "{table.columns[position].name}"')
    broken = _broken_keys(session, txn)
    context = CompileContext(catalog, txn.trees, session.functions)
    changed.tree_id = _convert(session, txn, catalog.slot, table, changed, position, context)
    if count_violations(session, txn.trees, catalog, changed):
        raise ConstraintError("CHECK constraint failed", "SQLITE_CONSTRAINT_CHECK")
    for index in table.indexes:
        txn.clear_tree(index.tree_id)
        build_index(session, txn, changed, bind_index(changed, index, context) if index.is_computed else index)
    root = root_of(changed.tree_id, trees_of_root(row[3])[1])
    rewrite(txn, catalog.slot, key, (*row[:3], root, sql))
    if _broken_keys(session, txn) > broken:
        raise ConstraintError("FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT_FOREIGNKEY")


def _broken_keys(session: Session, txn: Any) -> int:
    """How many rows lack a parent, where that matters."""
    if not session.keys.enabled:
        return 0
    catalog = session.catalog(txn.trees)
    found = sum(sum(1 for _ in violations(session, txn.trees, catalog, table)) for table in catalog.all_tables())
    txn.freeze()  # the schema was looked at
    return found


def _convert(
    session: Session, txn: Any, slot: int, table: TableDef, changed: TableDef, position: int, context: CompileContext
) -> int:
    """A tree of the table's rows as they are under the new type, in place of the old one."""
    old, column = txn.trees[table.tree_id], changed.columns[position]
    tree_id: int = txn.create_tree(slot)
    stored = affinity_function(column.affinity)
    complete = row_completer(changed, context) if changed.has_generated else None
    computed = [i for i, other in enumerate(changed.columns) if i == position or other.generated is not None]
    kept = old.flags
    for i in computed:
        kept &= ~(_CLASSES << i * CLASS_BITS)
    txn.widen(tree_id, kept)
    for keys, rows in session.watched(old.scan()):
        new = [(*row[:position], stored(row[position]), *row[position + 1 :]) for row in rows]
        if complete is not None:
            new = list(map(complete, keys, new))
        bits = 0
        for row in new:
            for i in computed:
                bits |= class_of(row[i]) << i * CLASS_BITS
        _refuse_types(changed, computed, new)
        txn.widen(tree_id, bits)
        txn.insert_many(tree_id, list(keys), new)
    txn.drop_tree(table.tree_id)
    return tree_id


def _refuse_types(table: TableDef, positions: list[int], rows: list[tuple[Any, ...]]) -> None:
    """Refuse values that a STRICT table's columns do not allow, and NULLs where there must be none."""
    for i in positions:
        column, allowed = table.columns[i], table.allowed_classes(i)
        for row in rows:
            value = row[i]
            if value is None and column.not_null:
                name = f"{table.name}.{column.name}"
                raise ConstraintError(f"NOT NULL constraint failed: {name}", "SQLITE_CONSTRAINT_NOTNULL")
            if value is not None and not class_of(value) & allowed:
                refuse_type(value, column.declared_type or "", f"{table.name}.{column.name}")
