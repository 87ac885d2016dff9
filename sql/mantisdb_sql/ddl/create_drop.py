"""CREATE and DROP of tables and indexes.

A DDL statement edits the schema tree and creates, fills or drops trees, inside the session's transaction like
any other write: it is undone with its statement, its savepoint or its transaction. It freezes the transaction
first, so that the schema tree gets a new identity and every plan notices, and it raises the commit's barrier:
a schema change conflicts with every transaction that wrote meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import eq, itemgetter
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.catalog.definitions import SCHEMA_TREE, STATISTICS_TABLE, Catalog, IndexDef, TableDef, stored_name
from mantisdb_sql.catalog.schema_tree import (
    SETTINGS_TREE,
    SYSTEM_TABLES,
    define_index,
    define_table,
    root_of,
    tree_in,
)
from mantisdb_sql.codegen.dml import unique_message
from mantisdb_sql.codegen.index_entries import Entries, index_entries
from mantisdb_sql.collector import collector_paused
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import ConstraintError, NotSupported, SqlError
from mantisdb_sql.functions.table_functions import is_table_function
from mantisdb_sql.syntax.ast import written_name
from mantisdb_sql.syntax.grammar import tables
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii
from mantisdb_sql.values.rules import affinity_function
from mantisdb_sql.values.storage import CLASS_BITS, Affinity, class_of

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = [
    "bump_schema_version",
    "check_name",
    "delete_schema_rows",
    "quote_name",
    "refuse_foreign_texts",
    "run_create",
    "run_drop",
    "start_schema_change",
    "typed_name",
    "write_schema_row",
]

MAX_COLUMNS = 2000
_SEQUENCE_SQL = "CREATE TABLE sqlite_sequence(name,seq)"
_OWN_WORDS = frozenset(("DATA", "TYPE"))  # keywords that SQLite does not have
_TYPE_OF_AFFINITY = {
    Affinity.TEXT: " TEXT", Affinity.NUMERIC: " NUM", Affinity.INTEGER: " INT", Affinity.REAL: " REAL",
    Affinity.BLOB: "", None: "",
}


# ------------------------------------------------------------------------------------------ common to all DDL


def start_schema_change(txn: Any) -> None:
    """To be called before the first write of a DDL statement, and after its last look at the session's
    catalog: from then on the schema tree changes in place."""
    txn.freeze()
    txn.barrier = True


def bump_schema_version(txn: Any, slot: int = 0) -> None:
    """Count a schema change of the database at ``slot``."""
    settings = tree_in(slot, SETTINGS_TREE)
    version = txn.trees[settings].get("schema_version", 0)
    txn.put(settings, "schema_version", (version + 1) & 0x7FFFFFFF)


def write_schema_row(txn: Any, row: tuple[str, str, str, int, str | None], slot: int = 0) -> None:
    """Append a row to sqlite_schema."""
    from mantisdb_sql.codegen.dml import widen_for_row

    schema = tree_in(slot, SCHEMA_TREE)
    widen_for_row(txn, schema, row)
    last = txn.trees[schema].last()
    txn.insert(schema, last[0] + 1 if last else 1, row)


def delete_schema_rows(
    txn: Any, kind: str | None, name: str, slot: int = 0, kept_triggers: Collection[str] = ()
) -> None:
    """Remove the rows of an object: an index or a trigger by its name, or (kind None) a table or a view and all that
    belongs to it but ``kept_triggers``; a trigger's row has the table's name as CREATE TRIGGER spells it."""
    doomed, schema = [], tree_in(slot, SCHEMA_TREE)
    for keys, rows in txn.trees[schema].scan():
        for key, row in zip(keys, rows, strict=True):
            if kind is None:
                goes = lower_ascii(row[2]) == lower_ascii(name) and (row[0] != "trigger" or row[1] not in kept_triggers)
            else:
                goes = row[0] == kind and row[1] == name
            if goes:
                doomed.append(key)
    txn.delete_many(schema, doomed)


def typed_name(identifier: exp.Expr) -> str:
    """A name as the statement spells it."""
    quote = identifier.meta.get("quote", "")
    closing = "]" if quote == "[" else quote
    name = identifier.name if quote in ("", "[") else identifier.name.replace(quote, quote * 2)
    return f"{quote}{name}{closing}"


def check_name(name: str) -> None:
    if lower_ascii(name).startswith("sqlite_"):
        raise SqlError(f"object name reserved for internal use: {name}")


def quote_name(name: str) -> str:
    """A name as CREATE TABLE AS writes it: in double quotes where it needs them."""
    plain = name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit()
    if plain and (upper_ascii(name) not in tables.KEYWORDS or upper_ascii(name) in _OWN_WORDS):
        return name
    return '"' + name.replace('"', '""') + '"'


# ----------------------------------------------------------------------------------------------------- CREATE


def run_create(session: Session, node: exp.Create, sql: str, params: Sequence[Any] = ()) -> None:
    """CREATE TABLE, INDEX, VIEW or TRIGGER; ``sql`` is the text that was parsed, ``params`` are those of the query that
    a table is made of."""
    kind = node.args["kind"]
    place = _place(session, node)
    if kind == "TABLE":
        session.write(lambda txn: _create_table(session, txn, node, sql, place, params))
    elif kind == "INDEX":
        session.write(lambda txn: _create_index(session, txn, node))
    elif kind == "VIEW":
        session.write(lambda txn: _create_view(session, txn, node, place))
    elif kind == "TRIGGER":
        session.write(lambda txn: _create_trigger(session, txn, node, place))
    else:
        raise NotSupported(f"CREATE {kind}")


def _place(session: Session, node: exp.Create) -> str:
    """The database that a CREATE names for its object, by its name in lower case; main where it names none."""
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    database = target.args.get("db")
    is_named, is_temporary = database is not None and bool(database.name), bool(node.meta.get("temporary"))
    named = database.name if is_named else "main"
    if is_temporary and is_named and lower_ascii(named) in session.slots.keys() | {"temp"}:
        if node.args["kind"] == "TRIGGER":
            raise SqlError("temporary trigger may not have qualified name")
        if lower_ascii(named) != "temp":
            raise SqlError("temporary table name must be unqualified")
    name = "temp" if is_temporary else lower_ascii(named)
    if name == "temp":
        session.use_temp()
    if name not in session.slots:
        raise SqlError(f"unknown database {named}")
    return name


def _catalog_of(session: Session, txn: Any, place: str) -> Catalog:
    """The catalog of one database of the session."""
    catalog = session.catalog(txn.trees).of(place)
    assert catalog is not None, "the session has the database"
    return catalog


def _create_table(
    session: Session, txn: Any, node: exp.Create, sql: str, place: str, params: Sequence[Any]
) -> None:
    schema = node.this
    target = schema.this if isinstance(schema, exp.Schema) else schema
    name: str = target.name
    check_name(name)
    catalog = _catalog_of(session, txn, place)
    if catalog.table(name) is not None:
        if node.args.get("exists"):
            return
        raise SqlError(f"table {typed_name(target.this)} already exists")
    if catalog.view(name) is not None:
        if node.args.get("exists"):
            return
        raise SqlError(f"view {typed_name(target.this)} already exists")
    if lower_ascii(name) in catalog.indexes:
        raise SqlError(f"there is already an index named {name}")
    start_schema_change(txn)
    if isinstance(schema, exp.Schema):
        _create_from_columns(session, txn, catalog, node, name)
    else:
        _create_from_query(session, txn, catalog, node, name, sql, params)
    bump_schema_version(txn, catalog.slot)


def _create_view(session: Session, txn: Any, node: exp.Create, place: str) -> None:
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    check_name(target.name)
    catalog = _catalog_of(session, txn, place)
    known = "table" if catalog.table(target.name) is not None else "view" if catalog.view(target.name) else None
    if known is not None:
        if node.args.get("exists"):
            return
        raise SqlError(f"{known} {typed_name(target.this)} already exists")
    if lower_ascii(target.name) in catalog.indexes:
        raise SqlError(f"there is already an index named {target.name}")
    refuse_other_databases(node.expression, place, f"view {typed_name(target.this)}")
    start_schema_change(txn)
    write_schema_row(txn, ("view", target.name, target.name, 0, node.meta["sql"]), catalog.slot)
    bump_schema_version(txn, catalog.slot)


def refuse_other_databases(node: exp.Expr, place: str, what: str) -> None:
    """Only what is in TEMP may name objects of other databases."""
    for table in node.find_all(exp.Table):
        database = table.args.get("db")
        if place != "temp" and database is not None and lower_ascii(database.name) != place:
            raise SqlError(f"{what} cannot reference objects in database {database.name}")


def refuse_foreign_texts(session: Session, catalog: Catalog) -> None:
    """Refuse a database whose views or triggers name what is not in it, by the name that it has here."""
    schema = session.trees[tree_in(catalog.slot, SCHEMA_TREE)]
    for kind, name, _, _, sql in (row for rows in schema.values() for row in rows):
        if kind not in ("view", "trigger"):
            continue
        created = parse_statement(sql).node
        assert isinstance(created, exp.Create)
        target = created.this.this if isinstance(created.this, exp.Schema) else created.this
        inner = created.expression if kind == "view" else created.args["properties"]
        try:
            refuse_other_databases(inner, catalog.name, f"{kind} {typed_name(target.this)}")
        except SqlError as error:
            raise SqlError(f"malformed database schema ({name}) - {error}", "SQLITE_CORRUPT") from None


def _refuse_qualified_changes(properties: exp.Expr, place: str) -> None:
    """Only TEMP triggers may say in which database the tables are that they change."""
    for statement in properties.args["execute"].expressions if place != "temp" else ():
        target = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
        if isinstance(statement, exp.Insert | exp.Update | exp.Delete) and target.args.get("db") is not None:
            raise SqlError(
                "qualified table names are not allowed on INSERT, UPDATE, and DELETE statements within triggers"
            )


def _create_trigger(session: Session, txn: Any, node: exp.Create, place: str) -> None:
    properties, name = node.args["properties"].expressions[0], node.this.name
    catalog = _home_of_trigger(session, txn, node, place)
    if catalog is None:
        return
    _refuse_qualified_changes(properties, catalog.name)
    refuse_other_databases(properties, catalog.name, f"trigger {name}")
    start_schema_change(txn)
    row = ("trigger", name, properties.args["table"].name, 0, node.meta["sql"])
    write_schema_row(txn, row, catalog.slot)
    bump_schema_version(txn, catalog.slot)


def refuse_trigger_head(session: Session, node: exp.Create) -> None:
    """Refuse a trigger for what is wrong with it before its body, which SQLite looks at first."""
    _home_of_trigger(session, session, node, _place(session, node))


def _home_of_trigger(session: Session, txn: Any, node: exp.Create, place: str) -> Catalog | None:
    """The catalog that a trigger is to be in; None where it is there already, and may be."""
    properties = node.args["properties"].expressions[0]
    target, timing = properties.args["table"], properties.args.get("timing") or "BEFORE"
    database, name = target.args.get("db"), node.this.name
    whole = session.catalog(txn.trees)
    if place == "main" and node.this.args.get("db") is None:
        seen = whole.of(None if database is None else database.name)
        found = None if seen is None else seen.table(target.name) or seen.view(target.name)
        place = "temp" if found is not None and found.database == "temp" else place
    refuse_other_databases(target, place, f"trigger {name}")
    visible = whole if place == "temp" else _catalog_of(session, txn, place)
    seen = visible.of(None if database is None else database.name)
    table, view = (None, None) if seen is None else (seen.table(target.name), seen.view(target.name))
    catalog = _catalog_of(session, txn, place)
    if table is None and view is None:
        if is_table_function(target.name):
            raise SqlError("cannot create triggers on virtual tables")
        home = database.name if database is not None else "" if place == "temp" else place
        raise SqlError(f"no such table: {home and home + '.'}{target.name}")
    check_name(name)
    if lower_ascii(name) in catalog.triggers:
        if node.args.get("exists"):
            return None
        raise SqlError(f"trigger {typed_name(node.this.this)} already exists")
    if lower_ascii(target.name).startswith("sqlite_"):
        raise SqlError("cannot create trigger on system table")
    if view is not None and timing != "INSTEAD OF":
        raise SqlError(f"cannot create {timing} trigger on view: {target.name}")
    if table is not None and timing == "INSTEAD OF":
        raise SqlError(f"cannot create INSTEAD OF trigger on table: {target.name}")
    return catalog


def _create_from_columns(session: Session, txn: Any, catalog: Catalog, node: exp.Create, name: str) -> None:
    table = define_table(node, name, 0, session.functions.collation)
    _check_definition(session, txn, catalog, table)
    table.tree_id = txn.create_tree(catalog.slot)
    for index in reversed(_in_order(table.indexes)):
        index.tree_id = txn.create_tree(catalog.slot)
    key = table.key_index
    root = root_of(table.tree_id, 0 if key is None else key.tree_id)
    write_schema_row(txn, ("table", name, name, root, node.meta["sql"]), catalog.slot)
    for index in _in_order([index for index in table.indexes if index is not key]):
        write_schema_row(txn, ("index", index.name, name, root_of(index.tree_id), None), catalog.slot)
    if table.autoincrement and catalog.table("sqlite_sequence") is None:
        root = root_of(txn.create_tree(catalog.slot))
        write_schema_row(txn, ("table", "sqlite_sequence", "sqlite_sequence", root, _SEQUENCE_SQL), catalog.slot)


def _in_order(indexes: list[IndexDef]) -> list[IndexDef]:
    """Automatic indexes in the order of their numbers."""
    return sorted(indexes, key=lambda index: int(index.name.rpartition("_")[2]))


def _check_definition(session: Session, txn: Any, catalog: Catalog, table: TableDef) -> None:
    from mantisdb_sql.changes.table_expressions import check_definition, refuse_strings

    if not session.is_on("dqs_ddl"):
        refuse_strings(table, [*(c.expression for c in table.checks), *(c.generated for c in table.columns)])
    if len(table.columns) > MAX_COLUMNS:
        raise SqlError(f"too many columns on {table.name}")
    check_definition(session, txn.trees, catalog, table)
    if table.looped:
        raise SqlError(f'generated column loop on "{table.looped[max(table.looped)]}"')


def _create_from_query(
    session: Session, txn: Any, catalog: Catalog, node: exp.Create, name: str, text: str, params: Sequence[Any],
) -> None:
    from mantisdb_sql.query_compiler import collect_query

    infos, rows = collect_query(session, txn.trees, session.catalog(txn.trees), node.expression, text, params)
    names = _distinct_names([info.kept_name for info in infos])
    parts = [quote_name(n) + _TYPE_OF_AFFINITY[i.affinity] for n, i in zip(names, infos, strict=True)]
    length = sum(_length_bytes(n) + 7 for n in names) + _length_bytes(name) + 2
    start, comma, end = ("(", ",", ")") if length < 50 else ("(\n  ", ",\n  ", "\n)")
    sql = f"CREATE TABLE {quote_name(name)}{start}{comma.join(parts)}{end}"
    tree_id = txn.create_tree(catalog.slot)
    write_schema_row(txn, ("table", name, name, root_of(tree_id), sql), catalog.slot)
    if any(info.affinity is Affinity.REAL for info in infos):
        stored = [affinity_function(info.affinity or Affinity.BLOB) for info in infos]
        rows = [tuple([store(value) for store, value in zip(stored, row, strict=True)]) for row in rows]
    for i in range(0, len(rows), 4096):
        batch = rows[i : i + 4096]
        txn.insert_many(tree_id, range(i + 1, i + 1 + len(batch)), [tuple(row) for row in batch])
    bits = 0
    for row in rows:
        for position, value in enumerate(row):
            bits |= class_of(value) << position * CLASS_BITS
    txn.widen(tree_id, bits)


def _length_bytes(name: str) -> int:
    return len(name.encode("utf-8", "surrogatepass")) + name.count('"')


def _distinct_names(names: list[str]) -> list[str]:
    """Names made different as SQLite does it: a, a:1, a:2."""
    result: list[str] = []
    seen: set[str] = set()
    for name in names:
        candidate, n = name, 0
        while lower_ascii(candidate) in seen:
            n += 1
            candidate = f"{name}:{n}"
        seen.add(lower_ascii(candidate))
        result.append(candidate)
    return result


def _create_index(session: Session, txn: Any, node: exp.Create) -> None:
    index_node = node.this
    name: str = index_node.this.name
    database = index_node.args.get("db")
    seen = _catalog_of(session, txn, "main" if database is None or not database.name else lower_ascii(database.name))
    temp = session.catalog(txn.trees).of("temp")
    of_table: str = index_node.args["table"].name
    if database is None and temp is not None and (temp.table(of_table) or temp.view(of_table)) is not None:
        seen = temp
    table = seen.table(of_table)
    catalog = seen if table is None else _catalog_of(session, txn, table.database)
    if table is None and seen.view(of_table) is not None:
        raise SqlError("views may not be indexed")
    if table is None and seen.name == "temp" and session.catalog(txn.trees).table(of_table):
        raise SqlError(f'cannot create a TEMP index on non-TEMP table "{of_table}"')
    if table is None:
        if is_table_function(of_table):
            raise SqlError("virtual tables may not be indexed")
        raise SqlError(f"no such table: {seen.name}.{of_table}")
    if lower_ascii(table.name) in (*SYSTEM_TABLES, "sqlite_sequence", STATISTICS_TABLE):
        raise SqlError(f"table {stored_name(table)} may not be indexed")
    check_name(name)
    if catalog.table(name) is not None or catalog.view(name) is not None:
        raise SqlError(f"there is already a table named {name}")
    if lower_ascii(name) in catalog.indexes:
        if node.args.get("exists"):
            return
        raise SqlError(f"index {name} already exists")
    from mantisdb_sql.changes.computed_indexes import bind_index
    from mantisdb_sql.changes.table_expressions import refuse_strings

    index = define_index(node, table, name, 0)
    context = CompileContext(catalog, txn.trees, session.functions)
    if not session.is_on("dqs_ddl"):
        refuse_strings(table, [*(column.expression for column in index.columns), index.where])
    if index.is_computed:
        bind_index(table, index, context)  # refuses what is no index
    looped = sorted(table.looped.keys() & index.reads)
    if looped:
        raise SqlError(f'generated column loop on "{table.looped[looped[-1]]}"')
    start_schema_change(txn)
    index.tree_id = txn.create_tree(catalog.slot)
    build_index(session, txn, table, bind_index(table, index, context) if index.is_computed else index)
    root = root_of(index.tree_id)
    write_schema_row(txn, ("index", name, table.name, root, node.meta["sql"]), catalog.slot)
    bump_schema_version(txn, catalog.slot)


def build_index(session: Session, txn: Any, table: TableDef, index: IndexDef) -> None:
    """Fill the empty tree of an index from its table, in one sorted run."""
    with collector_paused():
        entries = _entries_of(session, txn, table, index)
        if entries is None or not _is_unique(index, entries[0]):
            raise ConstraintError(unique_message(table, index), "SQLITE_CONSTRAINT_UNIQUE")
        txn.insert_sorted(index.tree_id, *entries)


def _is_unique(index: IndexDef, keys: list[tuple[Any, ...]]) -> bool:
    """Whether all is well with an index whose order its tree does not know."""
    if index.program is None or index.program.order is None or not index.unique:
        return True
    ordered = sorted([index.program.order(key) for key in keys if None not in key])
    return not any(map(eq, ordered, ordered[1:]))


def _entries_of(session: Session, txn: Any, table: TableDef, index: IndexDef) -> Entries | None:
    rowids: list[int] = []
    rows: list[tuple[Any, ...]] = []
    for batch, batch_rows in session.watched(txn.trees[table.tree_id].scan()):
        rowids += batch
        rows += batch_rows
    return index_entries(index, lambda position: list(map(itemgetter(position), rows)), rowids, rows)


# ------------------------------------------------------------------------------------------------------- DROP


def run_drop(session: Session, node: exp.Drop) -> None:
    """DROP TABLE or DROP INDEX."""
    kind = node.args["kind"]
    if kind == "TABLE":
        session.write(lambda txn: _drop_table(session, txn, node))
    elif kind == "INDEX":
        session.write(lambda txn: _drop_index(session, txn, node))
    elif kind == "VIEW":
        session.write(lambda txn: _drop_view(session, txn, node))
    else:
        session.write(lambda txn: _drop_trigger(session, txn, node))


def _drop_trigger(session: Session, txn: Any, node: exp.Drop) -> None:
    target = node.args["tables"][0]
    catalog = _home(session, txn, target, "triggers")
    trigger = None if catalog is None else catalog.triggers.get(lower_ascii(target.name))
    if catalog is None or trigger is None:
        _drop_missing("TRIGGER", node)
        return
    start_schema_change(txn)
    delete_schema_rows(txn, "trigger", trigger.name, catalog.slot)
    bump_schema_version(txn, catalog.slot)


def _drop_missing(kind: str, node: exp.Drop) -> None:
    if not node.args.get("exists"):
        raise SqlError(f"no such {lower_ascii(kind)}: {written_name(node.args['tables'][0])}")


def _home(session: Session, txn: Any, target: exp.Expr, *kinds: str) -> Catalog | None:
    """The catalog of the database that has an object, or where it is missing; ``kinds`` are attributes of catalogs."""
    catalog, database = session.catalog(txn.trees), target.args.get("db")
    if database is not None:
        return catalog.of(database.name)
    for part in catalog.in_order():
        if any(lower_ascii(target.name) in getattr(part, kind) for kind in kinds):
            return part
    return catalog.of("main")


def _drop_dependants(txn: Any, catalog: Catalog, whole: Catalog, name: str) -> None:
    """Remove a table or a view from the schema, with what belongs to it, TEMP triggers included."""
    temp = whole.of("temp")
    if temp is not None and temp is not catalog:
        for trigger in list(temp.triggers.values()):
            if trigger.table == lower_ascii(name) and whole.database_of(trigger) == catalog.name:
                delete_schema_rows(txn, "trigger", trigger.name, temp.slot)
    others = {t.name for t in catalog.triggers.values() if whole.database_of(t) != catalog.name}  # of tables so called
    delete_schema_rows(txn, None, name, catalog.slot, others)
    bump_schema_version(txn, catalog.slot)


def _drop_view(session: Session, txn: Any, node: exp.Drop) -> None:
    target = node.args["tables"][0]
    catalog, whole = _home(session, txn, target, "tables", "views"), session.catalog(txn.trees)
    table = None if catalog is None else catalog.table(target.name)
    if table is not None and lower_ascii(table.name) in SYSTEM_TABLES:
        raise SqlError(f"table {stored_name(table)} may not be dropped")
    if table is not None:
        raise SqlError(f"use DROP TABLE to delete table {table.name}")
    view = None if catalog is None else catalog.view(target.name)
    if catalog is None or view is None:
        _drop_missing("VIEW", node)
        return
    start_schema_change(txn)
    _drop_dependants(txn, catalog, whole, view.name)


def _drop_table(session: Session, txn: Any, node: exp.Drop) -> None:
    target = node.args["tables"][0]
    catalog, whole = _home(session, txn, target, "tables", "views"), session.catalog(txn.trees)
    view = None if catalog is None else catalog.view(target.name)
    if view is not None:
        raise SqlError(f"use DROP VIEW to delete view {view.name}")
    table = None if catalog is None else catalog.table(target.name)
    if catalog is None or table is None:
        if is_table_function(target.name):
            raise SqlError(f"table {lower_ascii(target.name)} may not be dropped")
        if node.args.get("exists"):
            return
        raise SqlError(f"no such table: {written_name(target)}")
    if lower_ascii(table.name) in (*SYSTEM_TABLES, "sqlite_sequence"):
        raise SqlError(f"table {stored_name(table)} may not be dropped")
    if session.keys.enabled:
        _empty_table(session, txn, table)
    start_schema_change(txn)
    sequence = catalog.table("sqlite_sequence")
    if sequence is not None:
        tree = txn.trees[sequence.tree_id]
        doomed = [k for ks, rows in tree.scan() for k, r in zip(ks, rows, strict=True) if r[0] == table.name]
        txn.delete_many(sequence.tree_id, doomed)
    for index in table.indexes:
        txn.drop_tree(index.tree_id)
    txn.drop_tree(table.tree_id)
    _forget_statistics(txn, catalog, 0, table.name)
    _drop_dependants(txn, catalog, whole, table.name)


def _empty_table(session: Session, txn: Any, table: TableDef) -> None:
    try:
        count = session.keys.empty(session, txn, table)
    except ConstraintError:
        session.changes = 0
        raise
    if count is not None:
        session.count_changes(count)


def _forget_statistics(txn: Any, catalog: Catalog, position: int, name: str) -> None:
    """Remove what ANALYZE wrote of a table (position 0) or an index (position 1)."""
    table = catalog.table(STATISTICS_TABLE)
    if table is not None and lower_ascii(name) != STATISTICS_TABLE:
        tree = txn.trees[table.tree_id]
        doomed = [k for ks, rows in tree.scan() for k, r in zip(ks, rows, strict=True) if r[position] == name]
        txn.delete_many(table.tree_id, doomed)


def _drop_index(session: Session, txn: Any, node: exp.Drop) -> None:
    target = node.args["tables"][0]
    catalog = _home(session, txn, target, "indexes")
    index = None if catalog is None else catalog.indexes.get(lower_ascii(target.name))
    if catalog is None or index is None:
        if node.args.get("exists"):
            return
        raise SqlError(f"no such index: {written_name(target)}")
    if index.origin != "c":
        raise SqlError("index associated with UNIQUE or PRIMARY KEY constraint cannot be dropped")
    start_schema_change(txn)
    txn.drop_tree(index.tree_id)
    _forget_statistics(txn, catalog, 1, index.name)
    delete_schema_rows(txn, "index", index.name, catalog.slot)
    bump_schema_version(txn, catalog.slot)
