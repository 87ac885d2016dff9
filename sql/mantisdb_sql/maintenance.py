"""VACUUM, ANALYZE and REINDEX: statements that ask for upkeep which MantisDB hardly needs.

Trees are compact at every checkpoint, indexes are kept with their tables (REINDEX is for those that depend on functions
or collations of a connection, which may have changed), and the planner looks at counts and samples
of the trees themselves. What is left of these statements is what they refuse: names that mean nothing, with SQLite's
texts (https://sqlite.org/lang_reindex.html, https://sqlite.org/lang_analyze.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.computed_indexes import bind_index
from mantisdb_sql.context import CompileContext
from mantisdb_sql.ddl import build_index, require_main
from mantisdb_sql.errors import NotSupported, SqlError

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["run_analyze", "run_reindex", "run_vacuum"]


def run_vacuum(node: Any) -> None:
    """VACUUM, but not into another file."""
    if node.args.get("into") is not None:
        raise NotSupported("VACUUM INTO")


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
    """Refuse what is no database, table, view or index."""
    for target in node.args.get("tables") or ():
        database = target.args.get("db")
        require_main(database)
        is_database = database is None and target.name.lower() in ("main", "temp")
        if not is_database and not _is_known(session, target.name):
            raise SqlError(f"no such table: {_written(target)}")


def _is_known(session: Session, name: str) -> bool:
    catalog = session.catalog()
    wanted = name.lower()
    return any(wanted in names for names in (catalog.tables, catalog.views, catalog.indexes))


def _written(target: exp.Table) -> str:
    database = target.args.get("db")
    return target.name if database is None else f"{database.name}.{target.name}"
