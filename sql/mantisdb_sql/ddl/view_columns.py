"""What PRAGMA table_info says of a view's columns: the types that SQLite derives from its query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding.plan import ColumnInfo
from mantisdb_sql.binding.query import SelectBinder
from mantisdb_sql.catalog.definitions import Catalog, ViewDef
from mantisdb_sql.context import CompileContext
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.storage import Affinity, affinity_of_type

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["view_rows"]

_TYPES = {
    None: "", Affinity.BLOB: "BLOB", Affinity.TEXT: "TEXT", Affinity.INTEGER: "INT", Affinity.REAL: "REAL",
    Affinity.NUMERIC: "NUM",
}  # fmt: skip


def view_rows(session: Session, catalog: Catalog, view: ViewDef) -> Iterator[tuple[Any, ...]]:
    """The rows of table_xinfo; SqlError where what the view names is not there."""
    node: Any = parse_statement('SELECT * FROM "t"."t"').node
    table = node.args["from_"].this
    table.this.args["this"], table.args["db"].args["this"] = view.name, view.database
    binder = SelectBinder(CompileContext(catalog, session.trees, session.functions))
    for i, info in enumerate(binder.bind_query(node, None).columns):
        yield i, info.name, _type_of(info), 0, None, 0, 0


def _type_of(info: ColumnInfo) -> str:
    declared = info.declared_type
    if declared and affinity_of_type(declared) is info.affinity:
        return declared
    return _TYPES[info.affinity]
