"""PRAGMA: settings and introspection, with SQLite's columns and values (https://www.sqlite.org/pragma.html).

Three kinds: settings of the connection, which are remembered and answered, whether or not they mean anything
here; settings stored in the database (user_version …); and tables about the schema. A PRAGMA that nobody
knows returns nothing, without an error. A PRAGMA that sets a value returns no rows, with the exceptions that
SQLite makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_engine.composite import SLOT_SHIFT
from mantisdb_sql.catalog import IndexColumn, IndexDef, TableDef
from mantisdb_sql.errors import SqlError
from mantisdb_sql.foreign_keys import violations
from mantisdb_sql.functions.scalar import COMPILE_OPTIONS
from mantisdb_sql.integrity import check
from mantisdb_sql.schema import SETTINGS_TREE, SYSTEM_TABLES, tree_in
from mantisdb_sql.view_columns import view_rows

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["pragma", "pragma_columns", "table_columns", "table_rows"]

Answer = tuple[tuple[str, ...] | None, list[tuple[Any, ...]]]
"""Column names (None: the statement returns no rows at all) and rows."""

NOTHING: Answer = (None, [])

_BOOLEANS = {"on": 1, "yes": 1, "true": 1, "off": 0, "no": 0, "false": 0}
_FLAGS = {
    "recursive_triggers": 0,
    "query_only": 0,
    "read_uncommitted": 0,
    "legacy_alter_table": 0,
    "automatic_index": 1,
    "ignore_check_constraints": 0,
    "cell_size_check": 0,
    "trusted_schema": 1,
    "writable_schema": 0,
    "count_changes": 0,
    "short_column_names": 1,
    "full_column_names": 0,
    "empty_result_callbacks": 0,
    "checkpoint_fullfsync": 0,
    "fullfsync": 0,
    "reverse_unordered_selects": 0,
}
_NUMBERS = {"cache_size": -2000, "temp_store": 0, "auto_vacuum": 0, "cache_spill": 483}
_ECHOED = {
    "journal_size_limit": -1, "wal_autocheckpoint": 1000, "max_page_count": 4294967294, "secure_delete": 0,
    "threads": 0, "soft_heap_limit": 0, "hard_heap_limit": 0, "analysis_limit": 0, "mmap_size": 0,
}
_SYNCHRONOUS = {
    "off": "OFF",
    "0": "OFF",
    "normal": "NORMAL",
    "1": "NORMAL",
    "full": "FULL",
    "2": "FULL",
    "extra": "EXTRA",
    "3": "EXTRA",
    "on": "NORMAL",
    "yes": "NORMAL",
    "true": "NORMAL",
    "no": "OFF",
    "false": "OFF",
}
_SYNCHRONOUS_NUMBER = {"OFF": 0, "NORMAL": 1, "FULL": 2, "EXTRA": 3}
PAGE_SIZE_BYTES = 4096


def pragma(session: Session, node: exp.Expr) -> Answer:
    """Carry out one PRAGMA statement."""
    name = str(node.meta["name"]).lower()
    schema, value = node.meta.get("schema"), node.meta.get("value")
    return _answer(_in_schema(session, schema), name, value)


class _OneDatabase:
    """A session as a PRAGMA sees it that names a database: with the catalog and the settings of that one."""

    def __init__(self, session: Session, name: str) -> None:
        self._session, self.name = session, name
        self.slot = session.slots[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def catalog(self, trees: Any = None) -> Any:
        """The database's own."""
        return self._session.catalog(trees).of(self.name)


def _in_schema(session: Session, schema: str | None) -> Any:
    if schema is None:
        return session
    name = schema.lower()
    if name == "temp":
        session.use_temp()
    if name not in session.slots:
        raise SqlError(f"unknown database {schema}")
    return session if len(session.slots) == 1 else _OneDatabase(session, name)


def _answer(session: Session, name: str, value: str | None) -> Answer:
    if name in _TABLES:
        return _TABLES[name](session, value)
    if name in _FLAGS:
        return _flag(session, name, value)
    if name in _NUMBERS or name in _ECHOED:
        return _number(session, name, value)
    if name in ("user_version", "application_id", "schema_version"):
        return _stored(session, name, value)
    handler = _OTHERS.get(name)
    return handler(session, value) if handler is not None else NOTHING


def pragma_columns(session: Session, node: exp.Expr) -> tuple[str, ...] | None:
    """The column names that a PRAGMA will answer with, without carrying it out."""
    return _columns_of(session, str(node.meta["name"]).lower(), node.meta.get("value"))


def _columns_of(session: Session, name: str, value: str | None) -> tuple[str, ...] | None:
    if name in _TABLES:
        if name in ("integrity_check", "quick_check"):
            return (name,)
        return _TABLES[name](session, value)[0]
    if name in _ECHOED:
        return (name,)
    if name in ("journal_mode", "locking_mode", "freelist_count", "data_version"):
        return (name,)
    if name == "busy_timeout":
        return ("timeout",)
    if name == "wal_checkpoint":
        return "busy", "log", "checkpointed"
    answered = (
        name in _FLAGS
        or name in _NUMBERS
        or name
        in (
            "user_version",
            "application_id",
            "schema_version",
            "synchronous",
            "foreign_keys",
            "defer_foreign_keys",
            "encoding",
            "page_size",
            "page_count",
        )
    )
    return (name,) if answered and value is None else None


_NO_TABLES = frozenset(("case_sensitive_like", "wal_checkpoint", "mmap_size", "wal_autocheckpoint"))


def table_columns(session: Session, name: str) -> tuple[str, ...] | None:
    """The columns of the table pragma_NAME; None where there is no such table."""
    return None if name in _NO_TABLES else _columns_of(session, name, None)


def table_rows(session: Session, name: str, value: str | None, schema: str | None) -> list[tuple[Any, ...]]:
    """The rows of the table pragma_NAME: what the PRAGMA answers."""
    return _answer(_in_schema(session, schema), name, value)[1]


# --------------------------------------------------------------------------------------------------- settings


def _boolean(value: str) -> int:
    known = _BOOLEANS.get(value.lower())
    return known if known is not None else int(_integer(value) != 0)


def _integer(value: str) -> int:
    """The integer that a text begins with, 0 if none, in 32 bits."""
    digits = value.strip()
    end = 1 if digits[:1] in ("-", "+") else 0
    while end < len(digits) and digits[end].isdigit() and digits[end].isascii():
        end += 1
    try:
        number = int(digits[:end])
    except ValueError:
        return 0
    return (number + 2**31) % 2**32 - 2**31


def _flag(session: Session, name: str, value: str | None) -> Answer:
    if value is None:
        return (name,), [(int(session.is_on(name) if name in session.settings else _FLAGS[name]),)]
    session.settings[name] = _boolean(value)
    if name in ("recursive_triggers", "query_only", "ignore_check_constraints"):
        session.forget_plans()
    return NOTHING


def _number(session: Session, name: str, value: str | None) -> Answer:
    default = _NUMBERS.get(name, _ECHOED.get(name))
    if value is not None:
        session.settings[name] = _integer(value)
        if name in _NUMBERS:
            return NOTHING
    return (name,), [(session.settings.get(name, default),)]


def _stored(session: Session, name: str, value: str | None) -> Answer:
    settings = tree_in(getattr(session, "slot", 0), SETTINGS_TREE)
    if value is None:
        return (name,), [(session.trees[settings].get(name, 0),)]
    number = _integer(value)
    session.write(lambda txn: txn.put(settings, name, number))
    return NOTHING


def _synchronous(session: Session, value: str | None) -> Answer:
    database = session.database
    if value is None:
        return ("synchronous",), [(_SYNCHRONOUS_NUMBER[database.synchronous],)]
    if session.in_transaction:
        raise SqlError("Safety level may not be changed inside a transaction")
    database.synchronous = _SYNCHRONOUS.get(value.lower(), "NORMAL")
    return NOTHING


def _foreign_keys(session: Session, value: str | None) -> Answer:
    if value is None:
        return ("foreign_keys",), [(int(session.keys.enabled),)]
    if not session.in_transaction and session.keys.enabled != bool(_boolean(value)):
        session.keys.enabled = not session.keys.enabled
        session.forget_plans()
    return NOTHING


def _defer_foreign_keys(session: Session, value: str | None) -> Answer:
    if value is None:
        return ("defer_foreign_keys",), [(int(session.keys.defers),)]
    session.keys.defers = bool(_boolean(value))
    return NOTHING


def _foreign_key_check(session: Session, value: str | None) -> Answer:
    trees, catalog = session.trees, session.catalog()
    if value is None:  # without a name of a database, main's tables
        tables = list((catalog.of(getattr(session, "name", "main")) or catalog).tables.values())
    else:
        tables = list(filter(None, [_table(session, value)]))
    rows = [row for table in tables for row in violations(session, trees, catalog, table)]
    return ("table", "rowid", "parent", "fkid"), rows


def _journal_mode(session: Session, value: str | None) -> Answer:
    return ("journal_mode",), [("memory" if session.database.path is None else "wal",)]


def _busy_timeout(session: Session, value: str | None) -> Answer:
    if value is not None:
        session.settings["busy_timeout"] = max(_integer(value), 0)
    return ("timeout",), [(session.settings.get("busy_timeout", 0),)]


def _case_sensitive_like(session: Session, value: str | None) -> Answer:
    if value is not None:
        session.settings["case_sensitive_like"] = _boolean(value)
        session.forget_plans()
    return NOTHING


def _encoding(session: Session, value: str | None) -> Answer:
    return (("encoding",), [("UTF-8",)]) if value is None else NOTHING


def _page_size(session: Session, value: str | None) -> Answer:
    return (("page_size",), [(PAGE_SIZE_BYTES,)]) if value is None else NOTHING


def _page_count(session: Session, value: str | None) -> Answer:
    """Roughly what SQLite would need: a tree is at least a page, 50 rows a page more."""
    slot = getattr(session, "slot", 0)
    pages = sum(1 + tree.count // 50 for i, tree in session.trees.items() if i >> SLOT_SHIFT == slot)
    return ("page_count",), [(pages,)]


def _constant(name: str, *values: Any) -> Callable[[Session, str | None], Answer]:
    return lambda session, value: ((name,), [values])


def _wal_checkpoint(session: Session, value: str | None) -> Answer:
    columns = ("busy", "log", "checkpointed")
    if session.database.path is None:
        return columns, [(0, -1, -1)]
    if session.in_transaction:
        raise SqlError("database table is locked", "SQLITE_LOCKED")
    session.database.checkpoint()
    return columns, [(0, 0, 0)]


# ------------------------------------------------------------------------------------ tables about the schema


def _optimize(session: Session, value: str | None) -> Answer:
    from mantisdb_sql.maintenance import run_optimize

    run_optimize(session)
    return NOTHING


def _table(session: Session, value: str | None) -> TableDef | None:
    return None if value is None else session.catalog().table(value)


def _table_info(session: Session, value: str | None) -> Answer:
    seen = [row for row in _column_rows(session, value) if not row[6]]
    rows = [(i, *row[1:6]) for i, row in enumerate(seen)]
    return ("cid", "name", "type", "notnull", "dflt_value", "pk"), rows


def _table_xinfo(session: Session, value: str | None) -> Answer:
    rows = list(_column_rows(session, value))
    return ("cid", "name", "type", "notnull", "dflt_value", "pk", "hidden"), rows


def _column_rows(session: Session, name: str | None) -> Iterable[tuple[Any, ...]]:
    table, catalog = _table(session, name), session.catalog()
    view = None if name is None else catalog.view(name)
    if table is None:
        if view is not None:
            yield from view_rows(session, session._session.catalog() if hasattr(session, "_session") else catalog, view)
        return
    for i, column in enumerate(table.columns):
        yield (i, column.name, column.declared_type or "", int(column.not_null), column.default_sql,
               column.primary_key, 0 if column.generated is None else 3 if column.is_stored else 2)


def _table_list(session: Session, value: str | None) -> Answer:
    columns = ("schema", "name", "type", "ncol", "wr", "strict")
    catalogs = sorted(session.catalog().in_order(), key=lambda catalog: catalog.slot)
    tables = [t for c in reversed(catalogs) for name, t in c.tables.items() if name not in SYSTEM_TABLES]
    rows = [
        (t.database, t.name, "table", len(t.columns), int(t.without_rowid), int(t.strict)) for t in reversed(tables)
    ]
    rows += [
        (v.database, v.name, "view", len(list(view_rows(session, session.catalog(), v))), 0, 0)
        for c in catalogs for v in c.views.values()
    ]
    rows += [("main", "sqlite_schema", "table", 5, 0, 0), ("temp", "sqlite_temp_schema", "table", 5, 0, 0)]
    if value is not None:
        rows = [row for row in rows if row[1].lower() == value.lower()]
    return columns, rows


def _index_list(session: Session, value: str | None) -> Answer:
    table = _table(session, value)
    indexes = [] if table is None else table.indexes
    rows = [(i, x.name, int(x.unique), x.origin, int(x.where is not None)) for i, x in enumerate(indexes)]
    return ("seq", "name", "unique", "origin", "partial"), rows


def _index(session: Session, value: str | None) -> tuple[IndexDef, TableDef] | None:
    catalog = session.catalog()
    if value is None:
        return None
    table = catalog.table(value)
    index = catalog.indexes.get(value.lower()) or (None if table is None else table.key_index)
    own = None if index is None else catalog.of(index.database)
    return None if index is None or own is None else (index, own.tables[index.table.lower()])


def _index_info(session: Session, value: str | None) -> Answer:
    found = _index(session, value)
    rows = [] if found is None else [row[:3] for row in _index_rows(*found) if row[5]]
    return ("seqno", "cid", "name"), rows


def _index_xinfo(session: Session, value: str | None) -> Answer:
    found = _index(session, value)
    rows = [] if found is None else _index_rows(*found)
    return ("seqno", "cid", "name", "desc", "coll", "key"), rows


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


def _foreign_key_list(session: Session, value: str | None) -> Answer:
    columns = ("id", "seq", "table", "from", "to", "on_update", "on_delete", "match")
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
    return columns, rows


def _database_list(session: Session, value: str | None) -> Answer:
    parts = getattr(session.database, "parts", {0: session.database})
    names = sorted(session.slots, key=session.slots.__getitem__)
    numbers = {name: i + (i > 0 and "temp" not in names) for i, name in enumerate(names)}
    rows = [(numbers[name], session.labels[name], parts[session.slots[name]].path or "") for name in names]
    return ("seq", "name", "file"), rows


def _collation_list(session: Session, value: str | None) -> Answer:
    names = [
        *reversed(list(getattr(session.functions, "collation_names", list)())),
        "RTRIM",
        "NOCASE",
        "BINARY",
    ]
    names = list(dict.fromkeys(names))
    return ("seq", "name"), list(enumerate(names))


def _function_list(session: Session, value: str | None) -> Answer:
    columns = ("name", "builtin", "type", "enc", "narg", "flags")
    return columns, [
        (name, int(built_in), "s" if kind == "scalar" else "a", "utf8", most if least == most else -1, 0)
        for name, least, most, kind, built_in in session.functions.names()]


def _pragma_list(session: Session, value: str | None) -> Answer:
    names = {
        *_TABLES,
        *_FLAGS,
        *_NUMBERS,
        *_ECHOED,
        *_OTHERS,
        "user_version",
        "application_id",
        "schema_version",
    }
    return ("name",), [(name,) for name in sorted(names)]


def _compile_options(session: Session, value: str | None) -> Answer:
    return ("compile_options",), [(option,) for option in COMPILE_OPTIONS]


def _integrity(name: str) -> Callable[[Session, str | None], Answer]:
    def answer(session: Session, value: str | None) -> Answer:
        problems = check(session)
        return (name,), [(problem,) for problem in problems] or [("ok",)]

    return answer


_TABLES: dict[str, Callable[[Session, str | None], Answer]] = {
    "table_info": _table_info,
    "table_xinfo": _table_xinfo,
    "table_list": _table_list,
    "index_list": _index_list,
    "index_info": _index_info,
    "index_xinfo": _index_xinfo,
    "foreign_key_list": _foreign_key_list,
    "foreign_key_check": _foreign_key_check,
    "database_list": _database_list,
    "collation_list": _collation_list,
    "function_list": _function_list,
    "pragma_list": _pragma_list,
    "compile_options": _compile_options,
    "integrity_check": _integrity("integrity_check"),
    "quick_check": _integrity("quick_check"),
}
_OTHERS: dict[str, Callable[[Session, str | None], Answer]] = {
    "synchronous": _synchronous, "foreign_keys": _foreign_keys,
    "defer_foreign_keys": _defer_foreign_keys, "journal_mode": _journal_mode,
    "busy_timeout": _busy_timeout, "case_sensitive_like": _case_sensitive_like, "encoding": _encoding,
    "page_size": _page_size, "page_count": _page_count, "freelist_count": _constant("freelist_count", 0),
    "data_version": _constant("data_version", 1), "locking_mode": _constant("locking_mode", "normal"),
    "wal_checkpoint": _wal_checkpoint, "optimize": _optimize,
}
