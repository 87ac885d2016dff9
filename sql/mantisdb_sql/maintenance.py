"""VACUUM, ANALYZE and REINDEX: statements that ask for upkeep which MantisDB hardly needs.

Trees are compact at every checkpoint, indexes are kept with their tables (REINDEX is for those that depend on functions
or collations of a connection, which may have changed), and the planner looks at counts and samples
of the trees themselves. What these statements refuse are names that mean nothing, with SQLite's
texts (https://sqlite.org/lang_reindex.html, https://sqlite.org/lang_analyze.html).

ANALYZE fills ``sqlite_stat1(tbl, idx, stat)`` as SQLite does (https://sqlite.org/fileformat2.html, section 2.6.3): for
each index how many entries it has, and for each of its columns how many entries share the values of it and the columns
before it; for a table that no index covers in full, how many rows it has. What is empty has no row. The planner
believes these rows, whoever wrote them; PRAGMA optimize renews those of tables that have grown or shrunk tenfold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import ne
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_engine.composite import LOCAL_IDS, SLOT_SHIFT, Composite
from mantisdb_sql.attach import constant_argument
from mantisdb_sql.catalog import STATISTICS_TABLE, TableDef
from mantisdb_sql.codegen.dml import widen_for_row
from mantisdb_sql.computed_indexes import bind_index
from mantisdb_sql.context import CompileContext
from mantisdb_sql.ddl import build_index, bump_schema_version, require_main, start_schema_change, write_schema_row
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.statistics import rows_of_statistics

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["run_analyze", "run_optimize", "run_reindex", "run_vacuum"]

_STATISTICS_SQL = "CREATE TABLE sqlite_stat1(tbl,idx,stat)"


def run_vacuum(session: Session, node: Any) -> None:
    """VACUUM, which has nothing to do."""
    name = _vacuumed(session, node)
    database = session.database
    if isinstance(database, Composite) and session.slots.get(name) in database.read_only:
        raise SqlError("attempt to write a readonly database", "SQLITE_READONLY")


def _vacuumed(session: Session, node: Any) -> str:
    """The database that VACUUM names; refuses what stands against it."""
    if session.in_transaction:
        raise SqlError("cannot VACUUM from within a transaction")
    target = node.args.get("expression")
    name = "main" if target is None else target.name.lower()
    if name not in session.slots and name != "temp":
        raise SqlError(f"unknown database {target.name}")
    return name


def run_vacuum_into(session: Session, node: Any, params: Sequence[Any]) -> None:
    """VACUUM INTO: the database as it is now, in a file that is not there yet (or empty)."""
    name = _vacuumed(session, node)
    path = constant_argument(session, node.args["into"], params)
    if path.__class__ is not str:
        raise SqlError("non-text filename")
    from mantisdb_sql.copying import copy_trees
    from mantisdb_sql.session import Session

    slot, trees = session.slots.get(name, 0), session.trees
    if name == "temp" and not slot:
        return
    if session.files is None:
        raise NotSupported("VACUUM INTO in a session without files")
    copy = session.files.create(path)
    try:
        own = {i & LOCAL_IDS: tree for i, tree in trees.items() if i >> SLOT_SHIFT == slot}
        copy_trees(own, Session(copy))
    finally:
        copy.close()


def run_reindex(session: Session, node: Any) -> None:
    """Rebuild what depends on a connection's functions or collations; refuse what is no table, view, index or
    collation. A collation has no database in front."""
    target = node.args.get("expression")
    wanted = None
    if target is not None:
        require_main(target.args.get("db"))
        wanted = target.name.lower()
        is_collation = target.args.get("db") is None and session.functions.has_collation(target.name)
        if not is_collation and not _is_known(session, target.name):
            raise SqlError("unable to identify the object to be reindexed")
    session.write(lambda txn: _rebuild(session, txn, wanted))


def _rebuild(session: Session, txn: Any, wanted: str | None) -> None:
    """Build anew the computed indexes that ``wanted``, in lower case, names: themselves, their tables or their
    collations (None: all)."""
    catalog = session.catalog(txn.trees)
    for table in set(catalog.tables.values()):
        for index in table.indexes:
            names = {index.name.lower(), table.name.lower(), *(c.collation.lower() for c in index.columns)}
            if index.is_computed and (wanted is None or wanted in names):
                txn.clear_tree(index.tree_id)
                build_index(txn, table, bind_index(table, index, CompileContext(catalog, txn.trees, session.functions)))


def run_analyze(session: Session, node: Any) -> None:
    """Count what there is of a table or an index, or of all; refuse what is no database, table, view or index."""
    wanted: str | None = None
    for target in node.args.get("tables") or ():
        database = target.args.get("db")
        require_main(database)
        if database is None and target.name.lower() in ("main", "temp"):
            continue
        if not _is_known(session, target.name):
            raise SqlError(f"no such table: {_written(target)}")
        wanted = target.name.lower()
    _analyze(session, None if wanted is None else {wanted})


def run_optimize(session: Session) -> None:
    """Analyze again the tables whose numbers of rows are not what the statistics say."""
    catalog = session.catalog()
    known = catalog.table(STATISTICS_TABLE)
    if known is None:
        return
    trees = session.trees
    counted = {table: float(stat.split()[0]) for table, _, stat in rows_of_statistics(trees[known.tree_id])}
    stale = {
        name
        for name, table in catalog.tables.items()
        if name in counted and not counted[name] / 10 <= trees[table.tree_id].count <= counted[name] * 10
    }
    if stale:
        _analyze(session, stale)


def _analyze(session: Session, wanted: set[str] | None) -> None:
    session.write(lambda txn: _count(session, txn, wanted))
    session.forget_plans()


def _count(session: Session, txn: Any, wanted: set[str] | None) -> None:
    """Write the rows of the tables and indexes that ``wanted``, in lower case, names (None: all)."""
    catalog = session.catalog(txn.trees)
    table = catalog.table(STATISTICS_TABLE)
    if table is None:
        start_schema_change(txn)
        tree_id = txn.create_tree()
        write_schema_row(txn, ("table", STATISTICS_TABLE, STATISTICS_TABLE, tree_id, _STATISTICS_SQL))
        bump_schema_version(txn)
    else:
        tree_id = table.tree_id
        old = [
            rowid
            for rowids, rows in txn.trees[tree_id].scan()
            for rowid, row in zip(rowids, rows, strict=True)
            if wanted is None or any(str(name).lower() in wanted for name in row[:2])
        ]
        txn.delete_many(tree_id, old)
    for name, analyzed in catalog.tables.items():
        if name.startswith("sqlite_"):
            continue
        for row in _statistics_of(txn.trees, analyzed, wanted):
            widen_for_row(txn, tree_id, row)
            txn.insert(tree_id, txn.next_key(tree_id), row)


def _statistics_of(trees: Any, table: TableDef, wanted: set[str] | None) -> Iterator[tuple[str, str | None, str]]:
    """The rows about one table, its newest index first."""
    whole = wanted is None or table.name.lower() in wanted
    for index in reversed(table.indexes):
        if (whole or index.name.lower() in (wanted or ())) and trees[index.tree_id].count:
            yield table.name, index.name, _index_statistics(trees[index.tree_id], len(index.columns))
    count = trees[table.tree_id].count
    if whole and count and all(index.where is not None for index in table.indexes):
        yield table.name, None, str(count)


def _index_statistics(tree: Any, width: int) -> str:
    """``entries  entries per value of the first column  … of the first two  …``"""
    entries = tree.count
    values = [0] * width
    before: Any = None
    for keys, _ in tree.scan():
        for i in range(width):
            prefixes = [key[: i + 1] for key in keys]
            values[i] += sum(map(ne, prefixes, prefixes[1:])) + (before is None or before[: i + 1] != prefixes[0])
        before = keys[-1]
    return " ".join(map(str, [entries, *(_average(entries, distinct) for distinct in values)]))


def _average(entries: int, values: int) -> int:
    """How many entries a value has, rounded up; 1 where nearly all are different."""
    average = -(-entries // values)
    return 1 if average == 2 and entries * 10 <= values * 11 else average


def _is_known(session: Session, name: str) -> bool:
    catalog = session.catalog()
    wanted = name.lower()
    return any(wanted in names for names in (catalog.tables, catalog.views, catalog.indexes))


def _written(target: exp.Table) -> str:
    database = target.args.get("db")
    return target.name if database is None else f"{database.name}.{target.name}"
