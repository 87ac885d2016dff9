"""VACUUM, ANALYZE and REINDEX: statements that ask for upkeep which MantisDB hardly needs.

Trees are compact at every checkpoint, indexes are kept with their tables (REINDEX is for those that depend on functions
or collations of a connection, which may have changed), and the planner looks at counts and samples
of the trees themselves. What these statements refuse are names that mean nothing, with SQLite's
texts (https://sqlite.org/lang_reindex.html, https://sqlite.org/lang_analyze.html).

ANALYZE fills ``sqlite_stat1(tbl, idx, stat)`` as SQLite does (https://sqlite.org/fileformat2.html, section 2.6.3): for
each index how many entries it has, and for each of its columns how many entries share the values of it and the columns
before it; for a table that no index covers in full, how many rows it has. What is empty has no row, but for partial
indexes. The planner believes these rows, whoever wrote them; PRAGMA optimize renews those of tables that have grown or
shrunk tenfold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from operator import ne
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_engine import open_database
from mantisdb_engine.composite import Composite
from mantisdb_sql.catalog.definitions import SCHEMA_TREE, STATISTICS_TABLE, Catalog, IndexDef, TableDef
from mantisdb_sql.catalog.schema_tree import root_of, tree_in
from mantisdb_sql.changes.computed_indexes import bind_index
from mantisdb_sql.codegen.dml import widen_for_row
from mantisdb_sql.context import CompileContext
from mantisdb_sql.ddl.attach import constant_argument
from mantisdb_sql.ddl.create_drop import build_index, bump_schema_version, start_schema_change, write_schema_row
from mantisdb_sql.ddl.integrity import has_entries_of
from mantisdb_sql.ddl.pragma import vacuum_mode
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.planning.statistics import rows_of_statistics
from mantisdb_sql.syntax.ast import written_name
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["reindexed", "run_analyze", "run_optimize", "run_reindex", "run_vacuum"]

_STATISTICS_SQL = "CREATE TABLE sqlite_stat1(tbl,idx,stat)"


def run_vacuum(session: Session, node: Any) -> None:
    """VACUUM, of which nothing is to be seen but the order of the schema's rows: as SQLite makes everything anew,
    tables come first, then indexes, then views and triggers, and they are the last rows that are inserted; there is no
    sqlite_sequence any more where no table has AUTOINCREMENT.
    SQLITE_DBCONFIG_RESET_DATABASE asks for an empty database."""
    name = _vacuumed(session, node)
    if name == "temp":
        return
    database = session.database
    if isinstance(database, Composite) and session.slots.get(name) in database.read_only:
        raise SqlError("attempt to write a readonly database", "SQLITE_READONLY")
    if session.is_on("reset_database"):
        from mantisdb_sql.ddl.copying import copy_trees
        from mantisdb_sql.session import Session as Fresh

        copy_trees(Fresh(open_database()).trees, session)
    session.refuse_if_query_only()
    session.write(lambda txn: _sort_schema(session, txn, session.slots[name]))
    vacuum_mode(session, session, session.slots[name])


def _sort_schema(session: Session, txn: Any, slot: int) -> None:
    schema = tree_in(slot, SCHEMA_TREE)
    old = [(k, row) for keys, rows in txn.trees[schema].scan() for k, row in zip(keys, rows, strict=True)]
    own = next(catalog for catalog in session.catalog(txn.trees).in_order() if catalog.slot == slot)
    sequences = own.table("sqlite_sequence")
    counting = {table.name for table in own.tables.values() if table.autoincrement}
    is_left = sequences is not None and not counting
    rows = sorted([row for _, row in old if row[1] != "sqlite_sequence"], key=_place_in_schema)
    if sequences is not None and not is_left:  # it is made with the first table that counts
        first = next(row[1] for row in rows if row[1] in counting and row[0] == "table")
        at = max(i for i, row in enumerate(rows) if row[2] == first and (row[0] == "table" or row[4] is None))
        rows.insert(at + 1, next(row for _, row in old if row[1] == "sqlite_sequence"))
    if any(row[0] in ("view", "trigger") for row in rows):
        session.last_insert_rowid = len(rows)
    if rows == [row for _, row in old]:
        return
    start_schema_change(txn)
    if is_left and sequences is not None:
        txn.drop_tree(sequences.tree_id)
    txn.delete_many(schema, [k for k, _ in old])
    txn.insert_many(schema, range(1, len(rows) + 1), rows)
    bump_schema_version(txn, slot)


def _place_in_schema(row: Sequence[Any]) -> int:
    kind, text = row[0], row[4]
    return 0 if kind == "table" or text is None else 1 if kind == "index" else 2


def _vacuumed(session: Session, node: Any) -> str:
    """The database that VACUUM names; refuses what stands against it. With TEMP, nothing is done."""
    target = node.args.get("expression")
    name = "main" if target is None else lower_ascii(target.name)
    if name not in session.slots and name != "temp":
        raise SqlError(f"unknown database {target.name}")
    if session.in_transaction and name != "temp":
        raise SqlError("cannot VACUUM from within a transaction")
    return name


def run_vacuum_into(session: Session, node: Any, params: Sequence[Any]) -> None:
    """VACUUM INTO: the database as it is now, in a file that is not there yet (or empty)."""
    name = _vacuumed(session, node)
    if name == "temp":
        return
    path = constant_argument(session, node.args["into"], params, names=False)
    if path.__class__ is not str:
        raise SqlError("non-text filename")
    from mantisdb_sql.ddl.copying import copy_trees, own_trees
    from mantisdb_sql.session import Session

    own = own_trees(session, name)
    assert own is not None, "there is such a database"
    if session.files is None:
        raise NotSupported("VACUUM INTO in a session without files")
    session.refuse_if_query_only()  # although it is another file that is written
    copy = session.files.create(path)
    try:
        vacuumed = Session(copy)
        copy_trees(own, vacuumed)
        vacuumed.write(lambda txn: _sort_schema(vacuumed, txn, 0))
        vacuum_mode(session, vacuumed)
        session.last_insert_rowid = vacuumed.last_insert_rowid or session.last_insert_rowid
    finally:
        copy.close()


def run_reindex(session: Session, node: Any) -> None:
    """Rebuild what depends on a connection's functions or collations; refuse what is no table, view, index or
    collation."""
    names = {(index.database, index.name) for index in reindexed(session, node)}
    if names:
        session.refuse_if_query_only()
        session.write(lambda txn: _rebuild(session, txn, names))


def reindexed(session: Session, node: Any) -> list[IndexDef]:
    """The indexes that a REINDEX means: all, those under a collation, which has no database in front, those of a table,
    or one."""
    target = node.args.get("expression")
    tables, wanted = list(session.catalog().all_tables()), None
    if target is not None and target.args.get("db") is None and session.functions.has_collation(target.name):
        wanted = lower_ascii(target.name)
    elif target is not None:
        found = _named(session, target)
        if found is not None:
            _, table, index = found
            tables = [] if table is None else [table]
            wanted = None if index is None else lower_ascii(index.name)
        elif target.args.get("db") is not None or lower_ascii(target.name) != "expressions":
            raise SqlError("unable to identify the object to be reindexed")
    return [index for table in tables for index in table.indexes if wanted is None or wanted in _names_of(index)]


def _names_of(index: IndexDef) -> set[str]:
    """An index's own name and those of its collations, in lower case."""
    return {lower_ascii(index.name), *(lower_ascii(column.collation) for column in index.columns)}


def _rebuild(session: Session, txn: Any, names: Collection[tuple[str, str]]) -> None:
    """Build anew those indexes of some databases and names that are computed, and others whose entries are not those of
    the rows: what was a string in CREATE INDEX may have become the name of a column."""
    catalog = session.catalog(txn.trees)
    for table in catalog.all_tables():
        for index in table.indexes:
            if (index.database, index.name) not in names:
                continue
            if index.is_computed or not has_entries_of(txn.trees, table, index):
                txn.clear_tree(index.tree_id)
                context = CompileContext(catalog, txn.trees, session.functions)
                build_index(session, txn, table, bind_index(table, index, context))


def _named(session: Session, target: exp.Table) -> tuple[Catalog, TableDef | None, IndexDef | None] | None:
    """What a name means, an index before a table: its database, its table (None: it is a view) and the index."""
    whole, database, name = session.catalog(), target.args.get("db"), lower_ascii(target.name)
    catalogs = whole.in_order()
    if database is not None and database.name:
        named = whole.of(database.name)
        if named is None and lower_ascii(database.name) != "temp":
            raise SqlError(f"unknown database {database.name}")
        catalogs = [] if named is None else [named]
    for catalog in catalogs:
        if name in catalog.indexes:
            index = catalog.indexes[name]
            return catalog, next(table for table in catalog.tables.values() if index in table.indexes), index
    for catalog in catalogs:
        if name in catalog.tables or name in catalog.views:
            return catalog, catalog.tables.get(name), None
    return None


def run_analyze(session: Session, node: Any) -> None:
    """Count what there is of a table or an index, or of all of a database (or of all but TEMP); refuse what is no
    database, table, view or index."""
    targets = node.args.get("tables") or ()
    if not targets:
        for catalog in session.catalog().in_order():
            if catalog.name != "temp":
                _analyze(session, catalog.name, None)
    for target in targets:
        name = lower_ascii(target.name)
        if target.args.get("db") is None and name in session.slots.keys() | {"temp"}:
            if name == "temp":
                session.use_temp()
            _analyze(session, name, None)
            continue
        found = _named(session, target)
        if found is None:
            raise SqlError(f"no such table: {written_name(target)}")
        catalog, table, index = found
        wanted = index.name if index is not None else table.name if table is not None else target.name
        _analyze(session, catalog.name, {lower_ascii(wanted)})


def run_optimize(session: Session) -> None:
    """Analyze again the tables whose numbers of rows are not what the statistics say."""
    trees = session.trees
    for catalog in session.catalog().in_order():
        known = catalog.table(STATISTICS_TABLE)
        if known is None:
            continue
        counted = {table: float(stat.split()[0]) for table, _, stat in rows_of_statistics(trees[known.tree_id])}
        stale = {
            name
            for name, table in catalog.tables.items()
            if name in counted and not counted[name] / 10 <= trees[table.tree_id].count <= counted[name] * 10
        }
        if stale:
            _analyze(session, catalog.name, stale)


def _analyze(session: Session, database: str, wanted: set[str] | None) -> None:
    session.write(lambda txn: _count(session, txn, database, wanted))
    session.forget_plans()


def _count(session: Session, txn: Any, database: str, wanted: set[str] | None) -> None:
    """Write the rows of the tables and indexes of a database that ``wanted``, in lower case, names (None: all)."""
    catalog = session.catalog(txn.trees).of(database)
    assert catalog is not None, "the session has the database"
    table = catalog.table(STATISTICS_TABLE)
    if table is None:
        start_schema_change(txn)
        tree_id = txn.create_tree(catalog.slot)
        root = root_of(tree_id)
        write_schema_row(txn, ("table", STATISTICS_TABLE, STATISTICS_TABLE, root, _STATISTICS_SQL), catalog.slot)
        bump_schema_version(txn, catalog.slot)
    else:
        tree_id = table.tree_id
        old = [
            rowid
            for rowids, rows in txn.trees[tree_id].scan()
            for rowid, row in zip(rowids, rows, strict=True)
            if wanted is None or any(lower_ascii(str(name)) in wanted for name in row[:2])
        ]
        txn.delete_many(tree_id, old)
    for name, analyzed in reversed(catalog.tables.items()):  # the newest first, as SQLite has them while there are few
        if name.startswith("sqlite_"):
            continue
        for row in _statistics_of(session, txn.trees, analyzed, wanted):
            widen_for_row(txn, tree_id, row)
            txn.insert(tree_id, txn.next_key(tree_id), row)


def _statistics_of(
    session: Session, trees: Any, table: TableDef, wanted: set[str] | None
) -> Iterator[tuple[str, str | None, str]]:
    """The rows about one table, its newest index first."""
    whole = wanted is None or lower_ascii(table.name) in wanted
    for index in table.indexes:
        counted = trees[index.tree_id].count or index.where is not None
        if counted and (whole or lower_ascii(index.name) in (wanted or ())):
            name = table.name if index is table.key_index else index.name
            yield table.name, name, _index_statistics(session, trees[index.tree_id], index)
    count = trees[table.tree_id].count
    if whole and count and all(index.where is not None for index in table.indexes):
        yield table.name, None, str(count)


def _index_statistics(session: Session, tree: Any, index: IndexDef) -> str:
    """``entries  entries per value of the first column  … of the first two  …``"""
    entries, width = tree.count, len(index.columns)
    if not entries:
        return " ".join(["0"] * (width + 1))
    values = [0] * width
    before: Any = None
    for keys, _ in session.watched(tree.scan()):
        for i in range(width):
            prefixes = [key[: i + 1] for key in keys]
            values[i] += sum(map(ne, prefixes, prefixes[1:])) + (before is None or before[: i + 1] != prefixes[0])
        before = keys[-1]
    first = index.columns[0]
    if index.unique and width == 1 and first.descending and values[0] > 1:
        values[0] = entries  # in SQLite, which looks for equal values no more once it has met one that is not NULL
    return " ".join(map(str, [entries, *(_average(entries, distinct) for distinct in values)]))


def _average(entries: int, values: int) -> int:
    """How many entries a value has, rounded up; 1 where nearly all are different."""
    average = -(-entries // values)
    return 1 if average == 2 and entries * 10 <= values * 11 else average
