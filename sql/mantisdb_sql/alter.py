"""ALTER TABLE: RENAME TO, RENAME COLUMN, ADD COLUMN, DROP COLUMN; constraints (:mod:`mantisdb_sql.alter_constraints`).

The schema is its texts (:mod:`mantisdb_sql.schema`), so all of these edit texts, at the spans that the parser
noted, in the way SQLite edits them: a new table name stands in double quotes, a new column name as it was
typed, a new column goes behind the last one. Rows are tuples of the table's full width, so adding a column
rewrites them; dropping one also makes a new tree, as positions in the column profile move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.alter_constraints import edited_text, failed
from mantisdb_sql.catalog import SCHEMA_TREE, STATISTICS_TABLE, Catalog, IndexDef, TableDef
from mantisdb_sql.codegen.dml import widen_for_row
from mantisdb_sql.computed_indexes import bind_index
from mantisdb_sql.context import CompileContext
from mantisdb_sql.ddl import (
    build_index,
    bump_schema_version,
    check_name,
    require_main,
    start_schema_change,
    write_schema_row,
)
from mantisdb_sql.errors import ConstraintError, NotSupported, SqlError
from mantisdb_sql.foreign_keys import violations
from mantisdb_sql.functions.table_functions import is_table_function
from mantisdb_sql.generated_columns import row_completer
from mantisdb_sql.parser import parse_statement
from mantisdb_sql.schema import SYSTEM_TABLES, define_index, define_table, root_of, trees_of_root
from mantisdb_sql.storage import CLASS_BITS, class_of
from mantisdb_sql.table_expressions import check_definition, constant_value, find_violation

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["run_alter"]

_CONSTRAINTS = (
    exp.Constraint, exp.CheckColumnConstraint, exp.UniqueColumnConstraint, exp.ForeignKey, exp.AlterColumn
)

Edit = tuple[int, int, str]
"""Replace text[start:end] by a new text."""


def run_alter(session: Session, node: exp.Alter) -> None:
    """Carry out an ALTER TABLE statement."""
    session.write(lambda txn: _alter(session, txn, node))


def _alter(session: Session, txn: Any, node: exp.Alter) -> None:
    target = node.this
    require_main(target.args.get("db"))
    catalog = session.catalog(txn.trees)
    table = catalog.table(target.name)
    if table is None:
        if is_table_function(target.name):
            raise SqlError("virtual tables may not be altered")
        action = node.args["actions"][0]
        if catalog.view(target.name) is not None and (
            isinstance(action, _CONSTRAINTS) or action.args.get("kind") == "CONSTRAINT"
        ):
            raise SqlError(f'cannot edit constraints of view "{target.name}"')
        raise SqlError(f"no such table: {target.name}")
    if table.database != "main":
        raise NotSupported("ALTER TABLE of a table that is not in main")
    if table.name.lower() in (*SYSTEM_TABLES, "sqlite_sequence", STATISTICS_TABLE):
        raise SqlError(f"table {table.name} may not be altered")
    start_schema_change(txn)
    action = node.args["actions"][0]
    if isinstance(action, exp.AlterRename):
        _rename_table(txn, catalog, table, action.this.name)
    elif isinstance(action, exp.RenameColumn):
        _rename_column(txn, table, action)
    elif isinstance(action, exp.ColumnDef):
        _add_column(session, txn, catalog, table, action)
    elif isinstance(action, _CONSTRAINTS) or (isinstance(action, exp.Drop) and action.args["kind"] == "CONSTRAINT"):
        _edit_constraints(session, txn, catalog, table, action)
    elif isinstance(action, exp.Drop):
        _drop_column(session, txn, catalog, table, action.args["tables"][0].name)
    else:
        raise NotSupported("this ALTER TABLE")
    bump_schema_version(txn)


# --------------------------------------------------------------------------------------------- texts and rows


def _schema_rows(txn: Any) -> list[tuple[int, tuple[Any, ...]]]:
    return [(k, row) for ks, rows in txn.trees[SCHEMA_TREE].scan() for k, row in zip(ks, rows, strict=True)]


def _edited(text: str, edits: list[Edit]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _walk(node: exp.Expr) -> Iterator[exp.Expr]:
    """Every node of a CREATE statement, those in ``meta`` and in plain lists included."""
    stack: list[Any] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, exp.Expr):
            yield item
            stack.extend(item.args.values())
        elif isinstance(item, list | tuple):
            stack.extend(item)


def _rewrite(txn: Any, key: int, row: tuple[Any, ...]) -> None:
    widen_for_row(txn, SCHEMA_TREE, row)
    txn.put(SCHEMA_TREE, key, row)


def _parsed(text: str) -> exp.Create:
    node = parse_statement(text).node
    assert isinstance(node, exp.Create)
    return node


# ------------------------------------------------------------------------------------------------- constraints


def _edit_constraints(session: Session, txn: Any, catalog: Catalog, table: TableDef, action: exp.Expr) -> None:
    """Add or drop a constraint, or a column's NOT NULL; existing rows have to comply."""
    if isinstance(action, exp.AlterColumn) and table.position(action.this.name) is None:
        raise SqlError(f"no such column: {action.this.name}")
    key, row = next((k, r) for k, r in _schema_rows(txn) if r[0] == "table" and r[1] == table.name)
    sql = edited_text(row[4], action)
    changed = define_table(_parsed(sql), table.name, table.tree_id)
    check_definition(session, txn.trees, catalog, changed)
    if isinstance(action, exp.AlterColumn) and action.args.get("allow_null") is False:
        position = table.position(action.this.name)
        if any(values[position] is None for rows in txn.trees[table.tree_id].values() for values in rows):
            raise failed()
    if len(changed.checks) > len(table.checks):
        changed.checks = changed.checks[-1:]
        if find_violation(session, txn.trees, catalog, changed):
            raise failed()
    _rewrite(txn, key, (*row[:4], sql))
    _add_indexes(txn, table, changed)
    if len(changed.foreign_keys) > len(table.foreign_keys):
        _check_foreign_key(session, txn, table.name)


def _add_indexes(txn: Any, table: TableDef, changed: TableDef) -> None:
    """Make the indexes of new UNIQUE constraints."""
    known = [_shape(index) for index in table.indexes if index.sql is None]
    for index in changed.indexes:
        if _shape(index) not in known:
            index.tree_id = txn.create_tree()
            build_index(txn, changed, index)
            write_schema_row(txn, ("index", index.name, table.name, root_of(index.tree_id), None))


def _shape(index: IndexDef) -> list[tuple[int, str]]:
    """What tells automatic indexes of one table apart."""
    return [(column.position, column.collation) for column in index.columns]


def _check_foreign_key(session: Session, txn: Any, name: str) -> None:
    """Refuse a table whose newest foreign key, number 0, rows violate."""
    catalog = session.catalog(txn.trees)
    table = catalog.table(name)
    assert table is not None
    if any(number == 0 for *_, number in violations(session, txn.trees, catalog, table)):
        raise ConstraintError("FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT_FOREIGNKEY")


# ----------------------------------------------------------------------------------------------------- RENAME


def _rename_table(txn: Any, catalog: Catalog, table: TableDef, name: str) -> None:
    check_name(name)
    if catalog.table(name) is not None or catalog.view(name) is not None or name.lower() in catalog.indexes:
        raise SqlError(f"there is already another table or index with this name: {name}")
    for key, (kind, own_name, table_name, tree_id, sql) in _schema_rows(txn):
        changed = sql
        if sql is not None:
            spans = _table_names(_parsed(sql), table.name)
            changed = _edited(sql, [(*span, _quoted(name)) for span in spans])
        if table_name.lower() == table.name.lower():
            table_name = name
            if kind == "table":
                own_name = name
            elif sql is None:
                own_name = f"sqlite_autoindex_{name}_{own_name.rpartition('_')[2]}"
        _rewrite(txn, key, (kind, own_name, table_name, tree_id, changed))
    sequence = catalog.table("sqlite_sequence")
    if sequence is not None:
        for keys, rows in list(txn.trees[sequence.tree_id].scan()):
            for key, row in list(zip(keys, rows, strict=True)):
                if row[0] == table.name:
                    txn.put(sequence.tree_id, key, (name, *row[1:]))


def _table_names(create: exp.Create, name: str) -> set[tuple[int, int]]:
    """Spans of all mentions of a table in a CREATE text: its own name, REFERENCES, ON, and qualified
    columns."""
    spans = set()
    for node in _walk(create):
        identifier = None
        if isinstance(node, exp.Table):
            identifier = node.this
        elif isinstance(node, exp.Column):
            identifier = node.args.get("table")
        if isinstance(identifier, exp.Identifier) and identifier.name.lower() == name.lower():
            spans.add(identifier.meta["span"])
    return spans


def _rename_column(txn: Any, table: TableDef, action: exp.RenameColumn) -> None:
    old, target = action.this.name, action.args["to"].this
    position = table.position(old)
    if position is None:
        raise SqlError(f'no such column: "{old}"')
    quoted = bool(target.args.get("quoted"))
    clash = table.position(target.name)
    if clash is not None and clash != position:
        raise SqlError(f"error in table {table.name} after rename: duplicate column name: {target.name}")
    for key, row in _schema_rows(txn):
        if row[4] is None:
            continue
        create = _parsed(row[4])
        if row[0] == "trigger":
            _refuse_mention(create, row[1], old, "RENAME COLUMN")
            continue
        own = row[2] == table.name
        edits = []
        for identifier in _column_names(create, old, table.name, own):
            plain = not quoted and not identifier.meta.get("quote")
            edits.append((*identifier.meta["span"], target.name if plain else _quoted(target.name)))
        if edits:
            _rewrite(txn, key, (*row[:4], _edited(row[4], sorted(set(edits)))))


def _refuse_mention(create: exp.Create, trigger: str, column: str, doing: str) -> None:
    """Refuse to change a column that a trigger may name."""
    wanted = column.lower()
    if any(isinstance(node, exp.Identifier) and node.name.lower() == wanted for node in _walk(create)):
        raise NotSupported(f"{doing} of {column}, which trigger {trigger} may name,")


def _column_names(create: exp.Create, name: str, table: str, own: bool) -> Iterator[exp.Expr]:
    """Identifiers in a CREATE text that mean a column: of the table itself, or of a foreign key's parent."""
    wanted = name.lower()
    parents: set[int] = set()
    for node in _walk(create):
        if isinstance(node, exp.Reference) and isinstance(node.this, exp.Schema):
            parents.update(id(i) for i in node.this.expressions)
            if node.this.this.name.lower() == table.lower():
                yield from (i for i in node.this.expressions if i.name.lower() == wanted)
    if not own:
        return
    for node in _walk(create):
        found: list[Any] = []
        if isinstance(node, exp.ColumnDef | exp.Column):
            found = [node.this]
        elif isinstance(node, exp.ForeignKey):
            found = list(node.expressions)
        for identifier in found:
            if isinstance(identifier, exp.Identifier) and id(identifier) not in parents \
                    and identifier.name.lower() == wanted:
                yield identifier


# ----------------------------------------------------------------------------------------------- ADD and DROP


def _add_column(session: Session, txn: Any, catalog: Catalog, table: TableDef, column: exp.ColumnDef) -> None:
    if table.position(column.name) is not None:
        raise SqlError(f"duplicate column name: {column.name}")
    key, row = next((k, r) for k, r in _schema_rows(txn) if r[0] == "table" and r[1] == table.name)
    create = _parsed(row[4])
    last = [d for d in create.this.expressions if isinstance(d, exp.ColumnDef)][-1]
    at = _end_of_column(row[4], last.meta["span"][1])
    sql = f"{row[4][:at]}, {column.meta['text']}{row[4][at:]}"
    kinds = [c.args.get("kind") for c in column.args.get("constraints") or ()]
    if any(isinstance(kind, exp.PrimaryKeyColumnConstraint) for kind in kinds):
        raise SqlError("Cannot add a PRIMARY KEY column")
    if any(isinstance(kind, exp.UniqueColumnConstraint) for kind in kinds):
        raise SqlError("Cannot add a UNIQUE column")
    try:
        extended = define_table(_parsed(sql), table.name, table.tree_id)
        check_definition(session, txn.trees, catalog, extended)
    except SqlError as error:
        if str(error).startswith("default value"):
            raise
        raise SqlError(f"error in table {table.name} after add column: {error}", error.code_name) from None
    added = extended.columns[-1]
    default = _constant_default(session, txn, catalog, extended)
    if added.is_stored:
        raise SqlError("cannot add a STORED column")
    if added.not_null and default is None and added.generated is None:
        raise SqlError("Cannot add a NOT NULL column with default value NULL")
    if default is not None and not class_of(default) & extended.allowed_classes(len(extended.columns) - 1):
        raise SqlError("type mismatch on DEFAULT")
    _rewrite(txn, key, (*row[:4], sql))
    _extend_rows(txn, table, default)
    if added.generated is not None:
        _compute_rows(txn, extended, row_completer(extended, CompileContext(catalog, txn.trees, session.functions)))
    if len(extended.checks) > len(table.checks) and find_violation(session, txn.trees, catalog, extended):
        raise SqlError("CHECK constraint failed", "SQLITE_CONSTRAINT_CHECK")


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
    node = column.default
    while isinstance(node, exp.Neg) or (isinstance(node, exp.Anonymous) and node.this == "+"):
        node = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    if not isinstance(node, exp.Literal | exp.Null | exp.HexString | exp.Column):
        raise SqlError("Cannot add a column with non-constant default")
    return constant_value(session, txn.trees, catalog, column)


def _extend_rows(txn: Any, table: TableDef, default: Any) -> None:
    tree_id = table.tree_id
    for keys, rows in list(txn.trees[tree_id].scan()):
        if not keys:
            continue
        new = [(*row, default) for row in rows]
        widen_for_row(txn, tree_id, new[0])
        txn.put_many(tree_id, list(keys), new)


def _compute_rows(txn: Any, table: TableDef, complete: Callable[[int, tuple[Any, ...]], tuple[Any, ...]]) -> None:
    """Fill in the last column, a generated one."""
    for keys, rows in list(txn.trees[table.tree_id].scan()):
        new = list(map(complete, keys, rows))
        if table.columns[-1].not_null and any(row[-1] is None for row in new):
            raise SqlError("NOT NULL constraint failed", "SQLITE_CONSTRAINT_NOTNULL")
        for row in new:
            widen_for_row(txn, table.tree_id, row)
        txn.put_many(table.tree_id, list(keys), new)


def _drop_column(session: Session, txn: Any, catalog: Catalog, table: TableDef, name: str) -> None:
    position = table.position(name)
    if position is None:
        raise SqlError(f'no such column: "{name}"')
    column = table.columns[position]
    if column.primary_key:
        raise SqlError(f'cannot drop PRIMARY KEY column: "{name}"')
    unique = [i for i in table.indexes if i.origin == "u"]
    if any(len(i.columns) == 1 and i.columns[0].position == position for i in unique):
        raise SqlError(f'cannot drop UNIQUE column: "{name}"')
    if len(table.columns) == 1:
        raise SqlError(f'cannot drop column "{name}": no other columns exist')
    for _, row in _schema_rows(txn):
        if row[0] == "trigger":
            _refuse_mention(_parsed(row[4]), row[1], name, "DROP COLUMN")
    key, row = next((k, r) for k, r in _schema_rows(txn) if r[0] == "table" and r[1] == table.name)
    sql = _without_column(row[4], position)
    try:
        shrunk = define_table(_parsed(sql), table.name, table.tree_id)
        check_definition(session, txn.trees, catalog, shrunk)
    except SqlError as error:
        raise SqlError(f"error in table {table.name} after drop column: {error}", error.code_name) from None
    _check_indexes(session, txn, catalog, table, shrunk)
    tree_id = _shrink_rows(txn, table, position)
    _rewrite(txn, key, (*row[:3], root_of(tree_id, trees_of_root(row[3])[1]), sql))


def _check_indexes(session: Session, txn: Any, catalog: Catalog, table: TableDef, shrunk: TableDef) -> None:
    """Refuse to drop a column that an index reads."""
    context = CompileContext(catalog, txn.trees, session.functions, double_quoted_strings=False)
    for index in reversed(table.indexes):
        if index.sql is None:
            continue
        try:
            changed = define_index(_parsed(index.sql), shrunk, index.name, index.tree_id)
            if changed.is_computed:
                bind_index(shrunk, changed, context)
        except SqlError as error:
            message = f"error in index {index.name} after drop column: {error}"
            raise SqlError(message, error.code_name) from None


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


def _shrink_rows(txn: Any, table: TableDef, position: int) -> int:
    old = txn.trees[table.tree_id]
    tree_id: int = txn.create_tree()
    low = old.flags & (1 << position * CLASS_BITS) - 1
    high = old.flags >> (position + 1) * CLASS_BITS << position * CLASS_BITS
    txn.widen(tree_id, low | high)
    for keys, rows in old.scan():
        txn.insert_many(tree_id, keys, [row[:position] + row[position + 1 :] for row in rows])
    txn.drop_tree(table.tree_id)
    return tree_id


