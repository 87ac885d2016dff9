"""ALTER TABLE: ADD COLUMN and DROP COLUMN; to RENAME (:mod:`mantisdb_sql.ddl.renames`) and to constraints
(:mod:`mantisdb_sql.ddl.alter_constraints`) it shows the way.

The schema is its texts (:mod:`mantisdb_sql.catalog.schema_tree`), so all of these edit texts, at the spans that the
parser noted, in the way SQLite edits them; a new column goes behind the last one. Views and triggers that name a
column keep it from being dropped. Rows are tuples of the table's full width, so adding a column rewrites them;
dropping one also makes a new tree, as positions in the column profile move.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding.scope import ROWID_NAMES
from mantisdb_sql.catalog.definitions import STATISTICS_TABLE, Catalog, IndexDef, TableDef, stored_name
from mantisdb_sql.catalog.schema_tree import SYSTEM_TABLES, define_table, refuse_column, root_of, trees_of_root
from mantisdb_sql.changes.foreign_keys import violations
from mantisdb_sql.changes.generated_columns import row_completer
from mantisdb_sql.changes.table_expressions import check_definition, constant_value, count_violations
from mantisdb_sql.codegen.dml import widen_for_row
from mantisdb_sql.context import CompileContext
from mantisdb_sql.ddl.alter_constraints import TableText, edited_text, failed
from mantisdb_sql.ddl.column_types import change_type
from mantisdb_sql.ddl.create_drop import (
    build_index,
    bump_schema_version,
    check_name,
    start_schema_change,
    typed_name,
    write_schema_row,
)
from mantisdb_sql.ddl.renames import check_schema, quote_strings, refuse_name, rename_column, rename_table, rewrite
from mantisdb_sql.ddl.schema_names import SchemaNames, SchemaRow, check_names, schema_rows
from mantisdb_sql.errors import ConstraintError, NotSupported, SqlError
from mantisdb_sql.functions.table_functions import is_table_function
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import CLASS_BITS, class_of

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["run_alter"]

_CONSTRAINTS = (
    exp.Constraint, exp.CheckColumnConstraint, exp.UniqueColumnConstraint, exp.ForeignKey, exp.AlterColumn
)

_OF_VIEW = {
    exp.AlterRename: "view {} may not be altered",
    exp.RenameColumn: 'cannot rename columns of view "{}"',
    exp.ColumnDef: "Cannot add a column to a view",
}


def run_alter(session: Session, node: exp.Alter) -> None:
    """Carry out an ALTER TABLE statement."""
    session.write(lambda txn: _alter(session, txn, node))


def _alter(session: Session, txn: Any, node: exp.Alter) -> None:
    action = node.args["actions"][0]
    whole = session.catalog(txn.trees)
    table = _target(whole, node.this, action)
    catalog = whole.of(table.database)
    assert catalog is not None
    if isinstance(action, exp.AlterRename):
        rename_table(session, txn, whole, table, action.this.name)
    elif isinstance(action, exp.RenameColumn):
        _position(table, action.this.this)
        for way, name in (("from", action.this.name), ("to", action.args["to"].this.name)):
            if lower_ascii(name) in ROWID_NAMES and not table.without_rowid:
                raise SqlError(f"cannot rename {way} rowid alias: {name}")
        rename_column(session, txn, whole, table, action)
    elif isinstance(action, exp.ColumnDef):
        start_schema_change(txn)
        _add_column(session, txn, catalog, table, action)
    elif isinstance(action, _CONSTRAINTS) or (isinstance(action, exp.Drop) and action.args["kind"] == "CONSTRAINT"):
        start_schema_change(txn)
        _edit_constraints(session, txn, catalog, table, action)
    elif isinstance(action, exp.Drop):
        _drop_column(session, txn, whole, table, action.args["tables"][0].this)
    else:
        raise NotSupported("this ALTER TABLE")
    bump_schema_version(txn, catalog.slot)


def _target(whole: Catalog, target: Any, action: Any) -> TableDef:
    """The table that is to be altered."""
    database = target.args.get("db")
    seen = whole.of(None if database is None else database.name)
    table = None if seen is None else seen.table(target.name)
    view = None if seen is None else seen.view(target.name)
    named = table if view is None else view
    if isinstance(action, exp.AlterRename) and named is not None:
        refuse_name(whole, named.database, action.this.name)
        if view is not None:
            check_name(action.this.name)
    if table is None:
        if view is not None:
            raise SqlError(_refusal_of_view(action).format(view.name))
        if is_table_function(target.name):
            raise SqlError("virtual tables may not be altered")
        raise SqlError(f"no such table: {'' if database is None else database.name + '.'}{target.name}")
    if lower_ascii(table.name) in (*SYSTEM_TABLES, "sqlite_sequence", STATISTICS_TABLE):
        raise SqlError(f"table {stored_name(table)} may not be altered")
    return table


def _refusal_of_view(action: Any) -> str:
    if isinstance(action, _CONSTRAINTS) or action.args.get("kind") == "CONSTRAINT":
        return 'cannot edit constraints of view "{}"'
    return _OF_VIEW.get(type(action), 'cannot drop column from view "{}"')


def _position(table: TableDef, identifier: Any) -> int:
    """The position of a column that the statement names."""
    position = table.position(identifier.name)
    if position is None:
        raise SqlError(f'no such column: "{typed_name(identifier)}"')
    return position


# --------------------------------------------------------------------------------------------- texts and rows


def _parsed(text: str) -> exp.Create:
    node = parse_statement(text).node
    assert isinstance(node, exp.Create)
    return node


def _row_of(txn: Any, table: TableDef, slot: int) -> tuple[int, SchemaRow]:
    """A table's row in its schema, with its key."""
    return next((k, r) for k, r in schema_rows(txn, slot) if r[0] == "table" and r[1] == table.name)


# ------------------------------------------------------------------------------------------------- constraints


def _edit_constraints(session: Session, txn: Any, catalog: Catalog, table: TableDef, action: exp.Expr) -> None:
    """Add or drop a constraint, or a column's NOT NULL; existing rows have to comply."""
    if isinstance(action, exp.AlterColumn) and table.position(action.this.name) is None:
        raise SqlError(f"no such column: {action.this.name}")
    key, row = _row_of(txn, table, catalog.slot)
    if isinstance(action, exp.AlterColumn) and action.args.get("dtype") is not None:
        change_type(session, txn, catalog, table, action, key, row)
        return
    try:
        sql = edited_text(row[4], action)
    except SqlError:
        session.refuse_if_query_only()
        raise
    changed = define_table(_parsed(sql), table.name, table.tree_id)
    changed.database = table.database
    check_definition(session, txn.trees, catalog, changed)
    session.refuse_if_query_only()
    if isinstance(action, exp.Constraint) and TableText(row[4]).has_constraint(action.this.name):
        raise SqlError(f"constraint {action.this.name} already exists")
    if isinstance(action, exp.AlterColumn) and action.args.get("allow_null") is False:
        position = table.position(action.this.name)
        if any(values[position] is None for rows in txn.trees[table.tree_id].values() for values in rows):
            raise failed()
    if len(changed.checks) > len(table.checks):
        changed.checks = changed.checks[-1:]
        if count_violations(session, txn.trees, catalog, changed, always=True):
            raise failed()
    rewrite(txn, catalog.slot, key, (*row[:4], sql))
    _add_indexes(session, txn, table, changed, catalog.slot)
    if len(changed.foreign_keys) > len(table.foreign_keys):
        _check_foreign_key(session, txn, table)


def _add_indexes(session: Session, txn: Any, table: TableDef, changed: TableDef, slot: int) -> None:
    """Make the indexes of new UNIQUE constraints."""
    known = [_shape(index) for index in table.indexes if index.sql is None]
    for index in changed.indexes:
        if _shape(index) not in known:
            index.tree_id = txn.create_tree(slot)
            build_index(session, txn, changed, index)
            write_schema_row(txn, ("index", index.name, table.name, root_of(index.tree_id), None), slot)


def _shape(index: IndexDef) -> list[tuple[int, str]]:
    """What tells automatic indexes of one table apart."""
    return [(column.position, column.collation) for column in index.columns]


def _check_foreign_key(session: Session, txn: Any, known: TableDef) -> None:
    """Refuse a table whose newest foreign key, number 0, rows violate."""
    catalog = session.catalog(txn.trees)
    own = catalog.of(known.database)
    table = None if own is None else own.table(known.name)
    assert table is not None
    if any(number == 0 for *_, number in violations(session, txn.trees, catalog, table)):
        raise ConstraintError("FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT_FOREIGNKEY")


# ----------------------------------------------------------------------------------------------- ADD and DROP


def _add_column(session: Session, txn: Any, catalog: Catalog, table: TableDef, column: exp.ColumnDef) -> None:
    if table.position(column.name) is not None:
        raise SqlError(f"duplicate column name: {column.name}")
    key, row = _row_of(txn, table, catalog.slot)
    create = _parsed(row[4])
    last = [d for d in create.this.expressions if isinstance(d, exp.ColumnDef)][-1]
    at = _end_of_column(row[4], last.meta["span"][1])
    sql = f"{row[4][:at]}, {column.meta['text']}{row[4][at:]}"
    kinds = [c.args.get("kind") for c in column.args.get("constraints") or ()]
    refuse_column(table, column, session.functions.collation)
    if any(isinstance(kind, exp.PrimaryKeyColumnConstraint) for kind in kinds):
        raise SqlError("Cannot add a PRIMARY KEY column")
    if any(isinstance(kind, exp.UniqueColumnConstraint) for kind in kinds):
        raise SqlError("Cannot add a UNIQUE column")
    try:
        extended = define_table(_parsed(sql), table.name, table.tree_id)
        extended.database = table.database
        check_definition(session, txn.trees, catalog, extended)
    except SqlError as error:
        if str(error).startswith("default value"):
            raise
        session.refuse_if_query_only()
        raise SqlError(f"error in table {table.name} after add column: {error}", error.code_name) from None
    session.refuse_if_query_only()
    added, default = extended.columns[-1], None
    if txn.trees[table.tree_id].count:
        if added.is_stored:
            raise SqlError("cannot add a STORED column")
        has_default = added.default is not None and not isinstance(added.default, exp.Null)
        if has_default and len(extended.foreign_keys) > len(table.foreign_keys) and session.keys.enabled:
            raise SqlError("Cannot add a REFERENCES column with non-NULL default value")
        if added.not_null and not has_default and added.generated is None:
            raise SqlError("Cannot add a NOT NULL column with default value NULL")
        default = _constant_default(session, txn, catalog, extended)
    if default is not None and not class_of(default) & extended.allowed_classes(len(extended.columns) - 1):
        raise SqlError("type mismatch on DEFAULT")
    rewrite(txn, catalog.slot, key, (*row[:4], sql))
    _extend_rows(session, txn, table, default)
    is_checked = len(extended.checks) > len(table.checks)
    if added.generated is not None:
        complete = row_completer(extended, CompileContext(catalog, txn.trees, session.functions))
        refused = _compute_rows(session, txn, extended, complete)
        if refused is not None:
            before, refusal = refused
            breaks_check = is_checked and count_violations(session, txn.trees, catalog, extended, before)
            raise SqlError("CHECK constraint failed") if breaks_check else refusal
    if is_checked and count_violations(session, txn.trees, catalog, extended):
        raise SqlError("CHECK constraint failed")


def _end_of_column(sql: str, end: int) -> int:
    """Where the text of the last column ends: before the comma or the parenthesis, white space included."""
    while sql[end] not in ",)":
        if sql.startswith("--", end):
            end = sql.find("\n", end)
        elif sql.startswith("/*", end):
            end = sql.find("*/", end) + 1
        end += 1
    return end


def _constant_default(session: Session, txn: Any, catalog: Catalog, table: TableDef) -> Any:
    column = table.columns[-1]
    if column.default is None:
        return None
    node = _inside(column.default)
    while isinstance(node, exp.Cast):
        node = _inside(node.this)
    if not isinstance(node, exp.Literal | exp.Null | exp.HexString | exp.Column | exp.Boolean) and not _is_folded(node):
        raise SqlError("Cannot add a column with non-constant default")
    return constant_value(session, txn.trees, catalog, column)


def _inside(node: Any) -> Any:
    """What there is inside of signs and parentheses."""
    while isinstance(node, exp.Neg | exp.Paren) or (isinstance(node, exp.Anonymous) and node.this == "+"):
        node = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    return node


def _is_folded(node: Any) -> bool:
    """Whether it asks if a literal is NULL: SQLite's parser puts the answer in its place (``sqlite3PExprIsNull``)."""
    asks = node.this if isinstance(node, exp.Not) else node
    if not isinstance(asks, exp.Is) or not isinstance(asks.expression, exp.Null):
        return False
    return isinstance(_inside(asks.this), exp.Literal | exp.HexString)


def _extend_rows(session: Session, txn: Any, table: TableDef, default: Any) -> None:
    tree_id = table.tree_id
    for keys, rows in session.watched(list(txn.trees[tree_id].scan())):
        if not keys:
            continue
        new = [(*row, default) for row in rows]
        widen_for_row(txn, tree_id, new[0])
        txn.put_many(tree_id, list(keys), new)


def _compute_rows(
    session: Session, txn: Any, table: TableDef, complete: Callable[[int, tuple[Any, ...]], tuple[Any, ...]]
) -> tuple[list[tuple[int, Any]], SqlError] | None:
    """Fill in the last column, a generated one: the rows before the first that cannot have it, and why it cannot."""
    column, allowed = table.columns[-1], table.allowed_classes(len(table.columns) - 1)
    done: list[tuple[int, Any]] = []
    for keys, rows in session.watched(list(txn.trees[table.tree_id].scan())):
        for key, row in zip(keys, map(complete, keys, rows), strict=True):
            if row[-1] is not None and not class_of(row[-1]) & allowed:
                return done, SqlError("constraint failed", "SQLITE_CONSTRAINT_DATATYPE")
            if row[-1] is None and column.not_null:
                return done, SqlError("NOT NULL constraint failed")
            widen_for_row(txn, table.tree_id, row)
            done.append((key, row))
        txn.put_many(table.tree_id, list(keys), [row for _, row in done[len(done) - len(keys) :]])
    return None


def _drop_column(session: Session, txn: Any, whole: Catalog, table: TableDef, identifier: Any) -> None:
    position, catalog = _position(table, identifier), whole.of(table.database)
    assert catalog is not None
    if lower_ascii(identifier.name) in ROWID_NAMES and not table.without_rowid:
        raise SqlError(f"cannot drop rowid alias: {identifier.name}")
    _refuse_keys(txn, table, position, catalog.slot, identifier.name)
    check_names(session, txn, table.database, "")
    quote_strings(session, txn, whole, table.database)
    key, row = _row_of(txn, table, catalog.slot)
    sql = _without_column(row[4], position)
    rewrite(txn, catalog.slot, key, (*row[:4], sql))
    check_schema(session, txn, SchemaNames(session, txn, whole).catalogs(table.database), "after drop column")
    txn.freeze()  # the schema was looked at
    tree_id = _shrink_rows(session, txn, table, position, catalog.slot)
    rewrite(txn, catalog.slot, key, (*row[:3], root_of(tree_id, trees_of_root(row[3])[1]), sql))


def _refuse_keys(txn: Any, table: TableDef, position: int, slot: int, name: str) -> None:
    """Refuse to drop a column of the primary key, one that is itself declared UNIQUE, or the only one."""
    if table.columns[position].primary_key:
        raise SqlError(f'cannot drop PRIMARY KEY column: "{name}"')
    columns = [d for d in _parsed(_row_of(txn, table, slot)[1][4]).this.expressions if isinstance(d, exp.ColumnDef)]
    kinds = [constraint.args.get("kind") for constraint in columns[position].args.get("constraints") or ()]
    if any(isinstance(kind, exp.UniqueColumnConstraint) for kind in kinds):
        raise SqlError(f'cannot drop UNIQUE column: "{name}"')
    if len(table.columns) == 1:
        raise SqlError(f'cannot drop column "{name}": no other columns exist')


def _without_column(sql: str, position: int) -> str:
    """The text without one column: up to the next column, or, for the last one, from the comma before it."""
    definitions = _parsed(sql).this.expressions
    columns = [d for d in definitions if isinstance(d, exp.ColumnDef)]
    start = columns[position].meta["span"][0]
    if position + 1 < len(columns):
        return sql[:start] + sql[columns[position + 1].meta["span"][0] :]
    end = _end_of_column(sql, columns[position].meta["span"][1])
    comma = _end_of_column(sql, columns[position - 1].meta["span"][1])
    return sql[:comma] + sql[end:]


def _shrink_rows(session: Session, txn: Any, table: TableDef, position: int, slot: int) -> int:
    old = txn.trees[table.tree_id]
    tree_id: int = txn.create_tree(slot)
    low = old.flags & (1 << position * CLASS_BITS) - 1
    high = old.flags >> (position + 1) * CLASS_BITS << position * CLASS_BITS
    txn.widen(tree_id, low | high)
    for keys, rows in session.watched(old.scan()):
        txn.insert_many(tree_id, keys, [row[:position] + row[position + 1 :] for row in rows])
    txn.drop_tree(table.tree_id)
    return tree_id


