"""The schema as data: from CREATE texts to catalog records, and from the schema tree to a catalog.

Two system trees exist in every database. Tree 1 is the table ``sqlite_schema``; its rows are what SQLite's
would be, with ``rootpage`` the tree id. A WITHOUT ROWID table has two trees, its rows and its PRIMARY KEY, and one
row, as in SQLite: ``rootpage`` holds both numbers (:func:`root_of`). Tree 2 maps names of settings to integers:
``user_version``, ``application_id``, and ``schema_version``, which every DDL statement increments.

The CREATE texts are the only description of a table that is kept, so that what reading them once did (names,
affinities, automatic indexes) reading them again does too. Automatic indexes have rows without text; they are
matched by name, ``sqlite_autoindex_T_N``, which numbering makes the same every time.

Order matters twice, as in SQLite: ``TableDef.indexes`` holds the newest index first, those with ON CONFLICT
REPLACE last. Uniqueness is checked in this order, and PRAGMA index_list reports it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import replace
from typing import Any

from sqlglot import exp

from mantisdb_engine.composite import LOCAL_IDS, SLOT_SHIFT
from mantisdb_sql.catalog.column_loops import virtual_loops
from mantisdb_sql.catalog.definitions import (
    EXPRESSION,
    SCHEMA_TREE,
    SYSTEM_NAMES,
    TEMP_SLOT,
    Catalog,
    CheckDef,
    ColumnDef,
    IndexColumn,
    IndexDef,
    TableDef,
    ViewDef,
)
from mantisdb_sql.changes.triggers import define_trigger
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii
from mantisdb_sql.values.storage import Affinity, affinity_of_type

__all__ = [
    "SCHEMA_COLUMNS", "SETTINGS_TREE", "SYSTEM_TABLES", "add_index", "build_catalog", "define_index",
    "define_table", "ensure_system_trees", "extended_catalog", "refuse_column", "root_of", "system_table", "tree_in",
    "trees_of_root",
]

SETTINGS_TREE = 2
SYSTEM_TABLES = ("sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema")
SCHEMA_COLUMNS = ("type", "name", "tbl_name", "rootpage", "sql")
_SCHEMA_SQL = (
    "CREATE TABLE sqlite_master(\n  type text,\n  name text,\n  tbl_name text,\n  rootpage int,\n"
    "  sql text\n)"
)
_STANDARD_TYPES = ("ANY", "BLOB", "INT", "INTEGER", "REAL", "TEXT")  # SQLite reports these in upper case

Parse = Callable[[str], exp.Expr]
Row = tuple[Any, ...]
Known = MutableMapping[Any, TableDef]
RequireCollation = Callable[[str], object]
_KEY_SHIFT = 32
_creation = threading.RLock()  # a finalizer may open a database while one is made


def root_of(tree_id: int, key_tree_id: int = 0) -> int:
    """What ``rootpage`` holds: the tree, and in the upper 32 bits that of a WITHOUT ROWID table's key; both as their
    own database knows them."""
    return tree_id & LOCAL_IDS | (key_tree_id & LOCAL_IDS) << _KEY_SHIFT


def tree_in(slot: int, tree_id: int) -> int:
    """The id, in a session that has several databases, of the tree that the one at ``slot`` knows by ``tree_id``."""
    return tree_id | slot << SLOT_SHIFT


def trees_of_root(root: int) -> tuple[int, int]:
    """The tree and the key's tree (0: none) that ``rootpage`` stands for."""
    return root & (1 << _KEY_SHIFT) - 1, root >> _KEY_SHIFT


def ensure_system_trees(database: Any) -> None:
    """Create the two system trees in a database that has none."""
    with _creation:
        if SCHEMA_TREE not in database.published.trees:
            txn = database.begin()
            created = txn.create_tree(), txn.create_tree()
            assert created == (SCHEMA_TREE, SETTINGS_TREE), "the database has trees, but no schema"
            txn.commit()


def system_table(name: str = "sqlite_master", slot: int = 0, database: str = "main") -> TableDef:
    """The table that tree 1 is."""
    types = ("TEXT", "TEXT", "TEXT", "INT", "TEXT")
    columns = [ColumnDef(n, t, affinity_of_type(t)) for n, t in zip(SCHEMA_COLUMNS, types, strict=True)]
    positions = {n: i for i, n in enumerate(SCHEMA_COLUMNS)}
    tree_id = tree_in(slot, SCHEMA_TREE)
    return TableDef(name, tree_id, columns, sql=_SCHEMA_SQL, positions=positions, database=database)


def build_catalog(
    schema: Iterable[Row], parse: Parse, known: Known | None = None, slot: int = 0, database: str = "main"
) -> Catalog:
    """Read all rows of the schema tree of the database at a session's ``slot``; ``parse`` makes an AST of one CREATE
    text.

    ``known`` are tables of other catalogs by their place and their rows in the schema tree: they are taken over where
    the rows are the same, and those of this catalog are added.
    """
    catalog = Catalog(name=database, slot=slot)
    for name in SYSTEM_TABLES if slot == TEMP_SLOT else SYSTEM_NAMES:
        catalog.tables[name] = system_table(name, slot, database)
    _describe(catalog, schema, parse, {} if known is None else known)
    return catalog


def extended_catalog(
    before: Catalog, added: Iterable[Row], parse: Parse, known: Known | None = None
) -> Catalog:
    """The catalog that follows from more rows at the end of the schema tree: see :func:`build_catalog`."""
    catalog = Catalog(
        name=before.name, slot=before.slot, tables=before.tables.copy(), indexes=before.indexes.copy(),
        views=before.views.copy(), triggers=before.triggers.copy(),
    )  # fmt: skip
    _describe(catalog, added, parse, {} if known is None else known)
    return catalog


def _describe(catalog: Catalog, schema: Iterable[Row], parse: Parse, known: Known) -> None:
    """Add what rows of the schema tree describe."""
    slot, database = catalog.slot, catalog.name
    rows_of: dict[str, list[Row]] = {}
    for row in schema:
        if row[0] == "view":
            view = catalog.views[lower_ascii(row[1])] = _view_of(row, parse)
            view.database = database
        elif row[0] == "trigger":
            trigger = define_trigger(_created(parse(row[4])), row[1], row[2], row[4])
            trigger.database = database
            if slot == TEMP_SLOT and trigger.on is None and (
                trigger.table in rows_of or trigger.table in catalog.tables or trigger.table in catalog.views
            ):
                trigger.on = database  # it was there when the trigger was made
            catalog.triggers[lower_ascii(row[1])] = trigger
        else:
            name = lower_ascii(row[2])
            if name not in rows_of:
                before = catalog.tables.get(name)
                rows_of[name] = [] if before is None else list(before.described)
            rows_of[name].append(row)
    for rows in map(tuple, rows_of.values()):
        table = _known_table(rows, parse, known, slot, database)
        catalog.tables[lower_ascii(table.name)] = table
        for index in table.indexes:
            catalog.indexes[lower_ascii(index.name)] = index


def _known_table(
    rows: tuple[Row, ...], parse: Parse, known: Known, slot: int, database: str
) -> TableDef:
    """The table that rows of the schema tree describe, from now on among those that are known."""
    place = slot, database, rows
    table = known.get(place)
    if table is None:
        table = _with_new_index(known.get((slot, database, rows[:-1])), rows[-1], parse, slot, database)
        table = table or _placed(_table_of(rows, parse), slot, database)
        table.described = rows
        known[place] = table
    return table


def _with_new_index(
    table: TableDef | None, row: tuple[Any, ...], parse: Parse, slot: int, database: str
) -> TableDef | None:
    """A known table with the index that a row of the schema tree describes; None where it describes none."""
    _, name, _, tree_id, sql = row
    if table is None or sql is None:
        return None
    table = replace(table, indexes=list(table.indexes))
    index = define_index(_created(parse(sql)), table, name, tree_in(slot, tree_id))
    index.sql, index.database = sql, database
    add_index(table, index)
    return table


def _placed(table: TableDef, slot: int, database: str) -> TableDef:
    """The table with its trees under their ids in the session."""
    if slot:
        table.database, table.tree_id = database, tree_in(slot, table.tree_id)
        for index in table.indexes:
            index.database, index.tree_id = database, tree_in(slot, index.tree_id)
    return table


def _view_of(row: tuple[Any, ...], parse: Parse) -> ViewDef:
    """The view that a row of the schema tree describes."""
    node = _created(parse(row[4]))
    columns = [c.name for c in node.this.expressions] if isinstance(node.this, exp.Schema) else None
    return ViewDef(row[1], row[4], node.expression, columns)


def _table_of(rows: tuple[Any, ...], parse: Parse) -> TableDef:
    """The table with its indexes, from all its rows in the schema tree; its own row is the first."""
    kind, name, _, root, sql = rows[0]
    tree_id, key_tree_id = trees_of_root(root)
    assert kind == "table", "the schema tree has an index in front of its table"
    table = define_table(_created(parse(sql)), name, tree_id)
    table.sql = sql
    automatic = {row[1]: row[3] for row in rows if row[4] is None}
    for index in table.indexes:
        index.tree_id = key_tree_id if index is table.key_index else automatic[index.name]
    for _, name, _, tree_id, sql in rows[1:]:
        if sql is not None:
            index = define_index(_created(parse(sql)), table, name, tree_id)
            index.sql = sql
            add_index(table, index)
    return table


def _created(node: exp.Expr) -> exp.Create:
    assert isinstance(node, exp.Create)
    return node


def add_index(table: TableDef, index: IndexDef) -> None:
    """Link an index to its table, newest first but those with REPLACE last."""
    at = 0
    if index.conflict == "REPLACE":
        at = len(table.indexes) - sum(1 for i in table.indexes if i.conflict == "REPLACE")
    table.indexes.insert(at, index)


# ----------------------------------------------------------------------------------------------------- tables


def define_table(
    create: exp.Create, name: str, tree_id: int, require: RequireCollation = lambda written: None
) -> TableDef:
    """The table that a CREATE TABLE statement with a column list describes, with its automatic indexes (tree
    id 0). ``require`` is called for each collation when it is read, to refuse it."""
    table = TableDef(name, tree_id, [], without_rowid=bool(create.meta.get("without_rowid")))
    primary_keys = 0
    last_name: Any = None
    for node in create.this.expressions:
        if isinstance(node, exp.ColumnDef):
            _add_column(table, node)
            primary_keys += _column_constraints(table, node, primary_keys, require)
            last_name = _last_name(node)
        else:  # to the first of which the last column's name still applies, in SQLite
            primary_keys += _table_constraint(table, node, primary_keys, require, last_name)
            last_name = None
    if create.meta.get("strict"):
        _be_strict(table)
    if table.without_rowid:
        _be_without_rowid(table, create.find(exp.PrimaryKey))
    if all(column.generated is not None for column in table.columns):
        raise SqlError("must have at least one non-generated column")
    if table.has_generated:
        table.looped = virtual_loops(table)
    return table


def refuse_column(table: TableDef, node: exp.ColumnDef, require: RequireCollation) -> None:
    """Refuse a column that is to be added to a table for what is wrong with its own definition."""
    copy = TableDef(f"sqlite_altertab_{table.name}", 0, list(table.columns), positions=dict(table.positions))
    _add_column(copy, node)
    _column_constraints(copy, node, 0, require)


def _be_without_rowid(table: TableDef, key: exp.PrimaryKey | None) -> None:
    """Make it a WITHOUT ROWID table (https://www.sqlite.org/withoutrowid.html). What would be the rowid's alias gets
    its index here, after all others, without a COLLATE of the key's; ``key`` is the PRIMARY KEY where that is a
    constraint of the table."""
    if table.autoincrement:
        raise SqlError("AUTOINCREMENT not allowed on WITHOUT ROWID tables")
    if not any(column.primary_key for column in table.columns):
        raise SqlError(f"PRIMARY KEY missing on table {table.name}")
    if table.rowid_alias is not None:
        alias, table.rowid_alias = table.rowid_alias, None
        descending = key is not None and bool(key.expressions[0].args.get("desc"))
        _add_automatic(table, [_whole_column(table, alias, descending)], "pk", table.primary_key_conflict)
        table.primary_key_conflict = None
    assert table.key_index is not None
    for order, indexed in reversed(list(enumerate(table.key_index.columns, 1))):
        column = table.columns[indexed.position]
        column.primary_key, column.not_null = order, True


def _be_strict(table: TableDef) -> None:
    """Make it a STRICT table (https://www.sqlite.org/stricttables.html)."""
    table.strict = True
    for position, column in enumerate(table.columns):
        if column.declared_type is None:
            raise SqlError(f"missing datatype for {table.name}.{column.name}")
        if column.declared_type not in _STANDARD_TYPES:
            raise SqlError(f'unknown datatype for {table.name}.{column.name}: "{column.declared_type}"')
        if column.declared_type == "ANY":
            column.affinity = Affinity.BLOB
        if column.primary_key and position != table.rowid_alias:
            column.not_null = True


def _add_column(table: TableDef, node: exp.ColumnDef) -> None:
    name = node.name
    if lower_ascii(name) in table.positions:
        raise SqlError(f"duplicate column name: {name}")
    kind = node.args.get("kind")
    declared = kind.args.get("kind") if kind is not None else None
    if declared and upper_ascii(declared) in _STANDARD_TYPES:
        declared = upper_ascii(declared)
    table.positions[lower_ascii(name)] = len(table.columns)
    table.columns.append(ColumnDef(name, declared or None, affinity_of_type(declared)))


def _column_constraints(
    table: TableDef, node: exp.ColumnDef, primary_keys: int, require: RequireCollation
) -> int:
    """Apply a column's constraints; the number of PRIMARY KEYs among them."""
    position = table.positions[lower_ascii(node.name)]
    column = table.columns[position]
    found, name = 0, None
    for constraint in node.args.get("constraints") or ():
        kind, name = constraint.args.get("kind"), constraint.args.get("this") or name  # which holds until the next one
        if isinstance(kind, exp.CollateColumnConstraint):
            require(kind.this.name)
            column.collation_as_written = kind.this.name
            column.collation = upper_ascii(column.collation_as_written)
        elif isinstance(kind, exp.NotNullColumnConstraint):
            if not kind.args.get("allow_null"):
                column.not_null, column.not_null_conflict = True, kind.meta.get("conflict")
        elif isinstance(kind, exp.DefaultColumnConstraint):
            if column.generated is not None:
                raise SqlError("cannot use DEFAULT on a generated column")
            column.default, column.default_sql = kind.this, kind.meta["text"]
        elif isinstance(kind, exp.CheckColumnConstraint):
            table.checks.append(_check(name, kind))
        elif isinstance(kind, exp.Reference):
            if isinstance(kind.this, exp.Schema) and len(kind.this.expressions) != 1:
                parent = kind.this.this.name
                raise SqlError(f"foreign key on {column.name} should reference only one column of table {parent}")
            table.foreign_keys.append(([position], kind))
        elif isinstance(kind, exp.ComputedColumnConstraint):
            if column.generated is not None or column.default is not None:
                raise SqlError(f'error in generated column "{column.name}"')
            column.generated, column.is_stored = kind.this, bool(kind.args.get("persisted"))
    for constraint in node.args.get("constraints") or ():
        kind = constraint.args.get("kind")
        if isinstance(kind, exp.PrimaryKeyColumnConstraint):
            _one_primary_key(table, primary_keys + found)
            found += 1
            _column_primary_key(table, position, kind, require)
        elif isinstance(kind, exp.UniqueColumnConstraint):
            _add_automatic(table, [_whole_column(table, position)], "u", kind.meta.get("conflict"))
    return found


def _one_primary_key(table: TableDef, found: int) -> None:
    if found:
        raise SqlError(f'table "{table.name}" has more than one primary key')


def _check(name: exp.Expr | None, node: exp.Expr) -> CheckDef:
    return CheckDef(name.name if name is not None else None, node.this, node.meta["text"])


def _column_primary_key(table: TableDef, position: int, kind: exp.Expr, require: RequireCollation) -> None:
    descending = bool(kind.args.get("desc"))
    columns = [_whole_column(table, position, descending)]
    _primary_key(table, columns, kind, not descending, require)


def _primary_key(
    table: TableDef, columns: list[IndexColumn], kind: exp.Expr, alias_allowed: bool, require: RequireCollation
) -> None:
    for order, indexed in enumerate(columns, 1):
        column = table.columns[indexed.position]
        if column.generated is not None:
            raise SqlError("generated columns cannot be part of the PRIMARY KEY")
        column.primary_key = column.primary_key or order
    if table.without_rowid:
        columns = list({(c.position, c.collation): c for c in reversed(columns)}.values())[::-1]
    first = table.columns[columns[0].position]
    if len(columns) == 1 and alias_allowed and upper_ascii(first.declared_type or "") == "INTEGER":
        table.rowid_alias = columns[0].position
        table.primary_key_conflict = kind.meta.get("conflict")
        table.autoincrement = bool(kind.meta.get("autoincrement"))
    elif kind.meta.get("autoincrement"):
        raise SqlError("AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY")
    else:
        _require_all(columns, require)
        _add_automatic(table, columns, "pk", kind.meta.get("conflict"))


def _require_all(columns: list[IndexColumn], require: RequireCollation) -> None:
    for column in columns:
        require(column.collation_as_written)


def _last_name(column: exp.ColumnDef) -> Any:
    names = [constraint.args.get("this") for constraint in column.args.get("constraints") or ()]
    return next(filter(None, reversed(names)), None)


def _table_constraint(
    table: TableDef, node: exp.Expr, primary_keys: int, require: RequireCollation, name: Any = None
) -> int:
    if isinstance(node, exp.Constraint):
        name = node.this
        if not node.expressions:
            return 0
        node = node.expressions[0]
    if isinstance(node, exp.CheckColumnConstraint):
        table.checks.append(_check(name, node))
    elif isinstance(node, exp.UniqueColumnConstraint):
        columns = _constraint_columns(table, node.this.expressions)
        _require_all(columns, require)
        _add_automatic(table, columns, "u", node.meta.get("conflict"))
    elif isinstance(node, exp.ForeignKey):
        _foreign_key(table, node)
    elif isinstance(node, exp.PrimaryKey):
        _one_primary_key(table, primary_keys)
        _primary_key(table, _constraint_columns(table, node.expressions), node, True, require)
        return 1
    return 0


def _foreign_key(table: TableDef, node: exp.ForeignKey) -> None:
    positions = []
    reference = node.args["reference"]
    if isinstance(reference.this, exp.Schema) and len(reference.this.expressions) != len(node.expressions):
        raise SqlError(
            "number of columns in foreign key does not match the number of columns in the referenced table"
        )
    for identifier in node.expressions:
        position = table.position(identifier.name)
        if position is None:
            raise SqlError(f'unknown column "{identifier.name}" in foreign key definition')
        positions.append(position)
    table.foreign_keys.append((positions, reference))


def _constraint_columns(table: TableDef, terms: list[exp.Expr]) -> list[IndexColumn]:
    columns = []
    for term in terms:
        indexed = indexed_column(table, term, "expressions prohibited in PRIMARY KEY and UNIQUE constraints")
        columns.append(indexed)
    return columns


def indexed_column(table: TableDef, term: exp.Expr, not_a_column: str) -> IndexColumn:
    """One term of an index's or a constraint's column list."""
    if term.meta.get("explicit_nulls"):
        raise SqlError(f"unsupported use of NULLS {term.meta['explicit_nulls']}")
    node, collation = term.this, None
    while isinstance(node, exp.Collate | exp.Paren):
        if isinstance(node, exp.Collate):
            collation = collation or node.expression.name
        node = node.this
    is_string = isinstance(node, exp.Literal) and node.is_string
    if not is_string and not (isinstance(node, exp.Column) and not node.args.get("table")):
        for column in node.find_all(exp.Column):
            if not column.this.meta.get("quote") and table.position(column.name) is None:
                raise SqlError(f"no such column: {column.name}")
        raise SqlError(not_a_column)
    name = node.name
    position = table.position(name)
    if position is None:  # a name in double quotes is a string then
        is_quoted = not is_string and node.this.meta.get("quote") == '"'
        raise SqlError(not_a_column if is_quoted else f"no such column: {name}")
    descending = bool(term.args.get("desc"))
    return _whole_column(table, position, descending, collation)


def _whole_column(
    table: TableDef, position: int, descending: bool = False, collation: str | None = None
) -> IndexColumn:
    """A table's column in an index, under its own collation where none is written."""
    written = collation or table.columns[position].collation_as_written
    return IndexColumn(position, upper_ascii(written), descending, collation_as_written=written)


def _add_automatic(table: TableDef, columns: list[IndexColumn], origin: str, conflict: str | None) -> None:
    """The index of a UNIQUE or PRIMARY KEY constraint, unless one over the same columns is there already."""
    shape = [(c.position, c.collation) for c in columns]
    for index in table.indexes:
        if [(c.position, c.collation) for c in index.columns] == shape:
            if index.conflict and conflict and index.conflict != conflict:
                raise SqlError("conflicting ON CONFLICT clauses specified")
            if origin == "pk":
                index.origin = "pk"
            if conflict and not index.conflict:
                index.conflict = conflict
                if conflict == "REPLACE":
                    table.indexes.remove(index)
                    add_index(table, index)
            return
    name = f"sqlite_autoindex_{table.name}_{len(table.indexes) + 1}"
    add_index(table, IndexDef(name, table.name, 0, columns, unique=True, origin=origin, conflict=conflict))


# ---------------------------------------------------------------------------------------------------- indexes


def define_index(create: exp.Create, table: TableDef, name: str, tree_id: int) -> IndexDef:
    """The index that a CREATE INDEX statement describes; it is not linked to the table."""
    params = create.this.args["params"]
    columns = [_indexed_term(table, term) for term in params.args["columns"]]
    where = params.args.get("where")
    if isinstance(where, exp.Where):
        where = where.this
    return IndexDef(name, table.name, tree_id, columns, unique=bool(create.args.get("unique")), where=where)


def _indexed_term(table: TableDef, term: exp.Expr) -> IndexColumn:
    """One term of CREATE INDEX: a column, by its name in any quotes, or an expression."""
    node, collation = term.this, None
    while isinstance(node, exp.Collate | exp.Paren):
        if isinstance(node, exp.Collate):
            collation = collation or node.expression.name
        node = node.this
    if isinstance(node, exp.Literal) and node.is_string:  # a name as well
        node = exp.Column(this=exp.Identifier(this=node.name, quoted=True))
        node.this.meta["quote"] = "`"
    if isinstance(node, exp.Column) and not node.args.get("table") and table.position(node.name) is not None:
        return indexed_column(table, term, "")
    if term.meta.get("explicit_nulls"):
        raise SqlError(f"unsupported use of NULLS {term.meta['explicit_nulls']}")
    written = collation or "BINARY"
    return IndexColumn(EXPRESSION, upper_ascii(written), bool(term.args.get("desc")), node, written)

