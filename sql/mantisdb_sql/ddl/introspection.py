"""What PRAGMAs tell about the schema: its tables, columns, indexes, foreign keys, databases, functions.

Column names and rows are SQLite's (https://www.sqlite.org/pragma.html). The order of
``table_list``, which in SQLite is that of a hash table, is here the newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.catalog.definitions import SCHEMA_TREE, Catalog, IndexColumn, IndexDef, TableDef, ViewDef
from mantisdb_sql.catalog.schema_tree import tree_in
from mantisdb_sql.changes.foreign_keys import violations
from mantisdb_sql.ddl.view_columns import view_rows
from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.listing import listed
from mantisdb_sql.functions.scalar import COMPILE_OPTIONS
from mantisdb_sql.functions.table_functions import table_function
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["REPORTS", "named_table"]

Rows = list[tuple[Any, ...]]


def named_table(session: Session, name: str) -> TableDef | None:
    """The table that an argument names, None for a view; SqlError where it names nothing."""
    catalog = session.catalog()
    table = catalog.table(name)
    if table is None and catalog.view(name) is None:
        place = getattr(session, "name", None)
        raise SqlError(f"no such table: {'' if place is None else place + '.'}{name}")
    return table


def _foreign_key_check(session: Session, value: str | None) -> Rows:
    trees, catalog = session.trees, session.catalog()
    if value is None:  # without a name of a database, main's tables
        own = catalog.of(getattr(session, "name", "main")) or catalog
        tables: list[TableDef | None] = list(own.tables.values())
    else:
        tables = [named_table(session, value)]
    return [row for table in tables if table is not None for row in violations(session, trees, catalog, table)]


def _table(session: Session, value: str | None) -> TableDef | None:
    return None if value is None else session.catalog().table(value)


def _table_info(session: Session, value: str | None) -> Rows:
    seen = [row for row in _columns(session, value) if not row[6]]
    return [(i, *row[1:6]) for i, row in enumerate(seen)]


def _table_xinfo(session: Session, value: str | None) -> Rows:
    return list(_columns(session, value))


def _whole(session: Session) -> Catalog:
    """The catalog of all databases, also where a PRAGMA names one."""
    whole: Catalog = getattr(session, "whole", session.catalog)()
    return whole


def _columns(session: Session, value: str | None) -> Iterable[tuple[Any, ...]]:
    """The columns of a table, a view or a table-valued function."""
    catalog = session.catalog()
    table = _table(session, value)
    view = None if value is None else catalog.view(value)
    if table is not None:
        return _column_rows(table)
    if view is not None:
        return view_rows(session, _whole(session), view)
    function = None if value is None else table_function(value, session.functions.hooks)
    if function is None:
        return []
    shown = len(function.columns) - function.hidden
    return [(i, name, "", 0, None, 0, int(i >= shown)) for i, (name, _) in enumerate(function.columns)]


def _column_rows(table: TableDef) -> Iterable[tuple[Any, ...]]:
    for i, column in enumerate(table.columns):
        yield (i, column.name, column.declared_type or "", int(column.not_null), column.default_sql,
               column.primary_key, 0 if column.generated is None else 3 if column.is_stored else 2)


def _table_list(session: Session, value: str | None) -> Rows:
    catalogs = sorted(session.catalog().in_order(), key=lambda catalog: catalog.slot)
    rows = [row for catalog in catalogs for row in _objects(session, catalog)]
    if len(catalogs) == 1 and catalogs[0].name == "main" and not hasattr(session, "name"):
        rows.append(("temp", "sqlite_temp_schema", "table", 5, 0, 0))
    if value is not None:
        rows = [row for row in rows if lower_ascii(row[1]) == lower_ascii(value)]
    return rows


def _objects(session: Session, catalog: Catalog) -> Iterable[tuple[Any, ...]]:
    """The tables and views of a database, the newest first, and last the table of its schema."""
    rows = [row for batch in session.trees[tree_in(catalog.slot, SCHEMA_TREE)].values() for row in batch]
    for kind, name, *_ in reversed(rows):
        if kind == "view":
            yield catalog.name, name, "view", _width(session, catalog.views[lower_ascii(name)]), 0, 0
        elif kind == "table":
            table = catalog.tables[lower_ascii(name)]
            yield catalog.name, name, "table", len(table.columns), int(table.without_rowid), int(table.strict)
    yield catalog.name, "sqlite_temp_schema" if catalog.name == "temp" else "sqlite_schema", "table", 5, 0, 0


def _width(session: Session, view: ViewDef) -> int:
    """How many columns a view has; 0 if it is broken."""
    try:
        return len(list(view_rows(session, _whole(session), view)))
    except SqlError:
        return 0


def _index_list(session: Session, value: str | None) -> Rows:
    table = _table(session, value)
    indexes = [] if table is None else table.indexes
    return [(i, x.name, int(x.unique), x.origin, int(x.where is not None)) for i, x in enumerate(indexes)]


def _index(session: Session, value: str | None) -> tuple[IndexDef, TableDef] | None:
    catalog = session.catalog()
    if value is None:
        return None
    table = catalog.table(value)
    index = catalog.indexes.get(lower_ascii(value)) or (None if table is None else table.key_index)
    own = None if index is None else catalog.of(index.database)
    return None if index is None or own is None else (index, own.tables[lower_ascii(index.table)])


def _index_info(session: Session, value: str | None) -> Rows:
    found = _index(session, value)
    return [] if found is None else [row[:3] for row in _index_rows(*found) if row[5]]


def _index_xinfo(session: Session, value: str | None) -> Rows:
    found = _index(session, value)
    return [] if found is None else _index_rows(*found)


def _index_rows(index: IndexDef, table: TableDef) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for i, column in enumerate(index.columns):
        name = table.columns[column.position].name if column.position >= 0 else None
        rows.append((i, column.position, name, int(column.descending), column.collation_as_written, 1))
    key = table.key_index
    if key is not None:
        return rows + _after_key(rows, index, key, table)
    rows.append((len(rows), -1, None, 0, "BINARY", 0))
    return rows


def _after_key(
    rows: list[tuple[Any, ...]], index: IndexDef, key: IndexDef, table: TableDef
) -> list[tuple[Any, ...]]:
    """What an entry of a WITHOUT ROWID table's index holds besides its columns: the rest of the key; of the key itself,
    the rest of the row."""
    held = {(column.position, column.collation) for column in index.columns}
    rest = [c for c in key.columns if (c.position, c.collation) not in held]
    if index is key:
        named = {column.position for column in key.columns}
        rest = [IndexColumn(i, collation_as_written=c.collation_as_written) for i, c in enumerate(table.columns)
                if i not in named and (c.generated is None or c.is_stored)]
    return [
        (len(rows) + i, c.position, table.columns[c.position].name, int(c.descending), c.collation_as_written, 0)
        for i, c in enumerate(rest)
    ]


def _foreign_key_list(session: Session, value: str | None) -> Rows:
    table = _table(session, value)
    rows = []
    for number, (positions, reference) in enumerate(
        reversed(table.foreign_keys) if table is not None else ()
    ):
        target = reference.this
        parents = [i.name for i in target.expressions] if isinstance(target, exp.Schema) else None
        name = target.this.name if isinstance(target, exp.Schema) else target.name
        for i, position in enumerate(positions):
            rows.append(
                (
                    number,
                    i,
                    name,
                    table.columns[position].name if table else "",
                    parents[i] if parents else None,
                    reference.meta.get("on_update") or "NO ACTION",
                    reference.meta.get("on_delete") or "NO ACTION",
                    "NONE",
                )
            )
    return rows


def _database_list(session: Session, value: str | None) -> Rows:
    parts = getattr(session.database, "parts", {0: session.database})
    names = sorted(session.slots, key=session.slots.__getitem__)
    numbers = {name: i + (i > 0 and "temp" not in names) for i, name in enumerate(names)}
    return [(numbers[name], session.labels[name], parts[session.slots[name]].path or "") for name in names]


def _collation_list(session: Session, value: str | None) -> Rows:
    names = [
        *reversed(list(getattr(session.functions, "collation_names", list)())),
        "RTRIM",
        "NOCASE",
        "BINARY",
    ]
    names = list(dict.fromkeys(names))
    return list(enumerate(names))


def _function_list(session: Session, value: str | None) -> Rows:
    return [row for definition in session.functions.definitions() for row in listed(definition)]


def _module_list(session: Session, value: str | None) -> Rows:
    """There are no modules to make virtual tables of."""
    return []


def _compile_options(session: Session, value: str | None) -> Rows:
    return [(option,) for option in COMPILE_OPTIONS]


REPORTS: dict[str, tuple[tuple[str, ...], Callable[[Session, str | None], Rows]]] = {
    "table_info": (("cid", "name", "type", "notnull", "dflt_value", "pk"), _table_info),
    "table_xinfo": (("cid", "name", "type", "notnull", "dflt_value", "pk", "hidden"), _table_xinfo),
    "table_list": (("schema", "name", "type", "ncol", "wr", "strict"), _table_list),
    "index_list": (("seq", "name", "unique", "origin", "partial"), _index_list),
    "index_info": (("seqno", "cid", "name"), _index_info),
    "index_xinfo": (("seqno", "cid", "name", "desc", "coll", "key"), _index_xinfo),
    "foreign_key_list": (
        ("id", "seq", "table", "from", "to", "on_update", "on_delete", "match"), _foreign_key_list,
    ),
    "foreign_key_check": (("table", "rowid", "parent", "fkid"), _foreign_key_check),
    "database_list": (("seq", "name", "file"), _database_list),
    "collation_list": (("seq", "name"), _collation_list),
    "function_list": (("name", "builtin", "type", "enc", "narg", "flags"), _function_list),
    "module_list": (("name",), _module_list),
    "compile_options": (("compile_options",), _compile_options),
}
"""Columns and rows of each, given the argument (None: there is none)."""
