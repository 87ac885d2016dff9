"""The generated code of DELETE: collect the rows, then remove them from the table and from its indexes.

    rows = QUERY.rows(txn.trees, params)           # (rowid, row), all before the first write
    for k, r, *_ in rows:
        txn.delete(5, k)
        txn.delete(6, (r[1], k))

Many rows are removed in sorted runs. DELETE without WHERE clears the trees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mantisdb_engine.keys import sorted_keys
from mantisdb_engine.tree import MISSING
from mantisdb_sql.catalog import TableDef
from mantisdb_sql.codegen.dml import Point, emit_point
from mantisdb_sql.codegen.dml_keys import KeyFunction, key_code, key_function
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.storage import ANY

__all__ = ["DeleteCode", "emit_delete"]

MANY_ROWS = 16


@dataclass(slots=True)
class DeleteCode:
    """``query`` gives (rowid, row, RETURNING's values …); None: all rows go, and nothing is returned."""

    table: TableDef
    query: Any
    returned: int | None = None
    point: Point | None = None  # then ``query`` is None


def delete_many(
    txn: Any, rows: Sequence[tuple[Any, ...]], tree_id: int, indexes: Sequence[tuple[int, KeyFunction]],
) -> None:
    """Remove many rows, in sorted runs."""
    txn.delete_many(tree_id, sorted([row[0] for row in rows]))
    for index_id, key in indexes:
        txn.delete_many(index_id, sorted_keys([key(row[1], row[0]) for row in rows]))


def _emit_point_delete(code: DeleteCode, point: Point, source: Source, emitter: Any) -> None:
    row, rowid = f"r{point.number}", f"k{point.number}"
    if point.filters:
        emit_point(point, source, emitter, "return 0")
        source.line(f"txn.delete({point.tree_id}, {rowid})")
    else:
        source.line(f"{rowid} = p{point.key.index}")
        source.line(f"{row} = txn.delete({point.tree_id}, {rowid})")
        source.line(f"if {row} is {source.constant(MISSING, 'MISSING')}: return 0")
    _emit_index_deletes(code.table, row, rowid, source)
    source.line("return 1")


def _emit_index_deletes(table: TableDef, row: str, rowid: str, source: Source) -> None:
    width = len(table.columns)
    for index in table.indexes:
        key = key_code(index, [f"{row}[{i}]" for i in range(width)], [ANY] * width, rowid, source)
        source.line(f"txn.delete({index.tree_id}, {key})")


def emit_delete(code: DeleteCode, source: Source, emitter: Any) -> None:
    """Emit the body of ``run``."""
    table = code.table
    if code.point is not None:
        _emit_point_delete(code, code.point, source, emitter)
        return
    if code.query is None:
        source.line(f"n = txn.unmerged[{table.tree_id}].count")
        for tree_id in (table.tree_id, *(index.tree_id for index in table.indexes)):
            source.line(f"txn.clear_tree({tree_id})")
        source.line("return n")
        return
    source.line(f"rows = {source.constant(code.query)}.rows(txn.trees, params)")
    many: Callable[..., None] = delete_many
    indexes = [(index.tree_id, key_function(index)) for index in table.indexes]
    with source.block(f"if len(rows) > {MANY_ROWS}:"):
        name = source.constant(many, "delete_many")
        source.line(f"{name}(txn, rows, {table.tree_id}, {source.constant(indexes, 'INDEXES')})")
    with source.block("else:"), source.block("for k, r, *_ in rows:"):
        source.line(f"txn.delete({table.tree_id}, k)")
        _emit_index_deletes(table, "r", "k", source)
    source.line("return len(rows)" if not code.returned else "return [row[2:] for row in rows]")
