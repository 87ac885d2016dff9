"""The generated code of DELETE: collect the rows, then remove them from the table and from its indexes.

    rows = found_rows(QUERY, txn, params)          # (rowid, row if there are indexes), all before the first write
    for k, r, *_ in rows:
        txn.delete(5, k)
        txn.delete_later(6, (r[1], k), k)

Many rows are removed in sorted runs, and in one pass where the whole table is looked at
(:mod:`mantisdb_sql.codegen.sweep`). DELETE without WHERE clears the trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter, lt
from typing import Any

from mantisdb_engine.operations import DELETE
from mantisdb_sql.catalog.definitions import TableDef
from mantisdb_sql.changes.bulk_update import remove_entries
from mantisdb_sql.codegen.dml import Point, emit_point, emit_slot, found_rows
from mantisdb_sql.codegen.dml_keys import removal, stored_key_code
from mantisdb_sql.codegen.late import Returning
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.codegen.sweep import Sweep, emit_sweep_delete
from mantisdb_sql.codegen.triggers import Fires, emit_after, emit_before, emit_now, emit_settle
from mantisdb_sql.collector import collector_paused
from mantisdb_sql.values.storage import ANY

__all__ = ["DeleteCode", "emit_delete"]

MANY_ROWS = 16
_ROWID, _ROW = itemgetter(0), itemgetter(1)


@dataclass(slots=True)
class DeleteCode:
    """``query`` gives (rowid, row if there are indexes, RETURNING's values …); None: all rows go, and nothing is
    returned."""

    table: TableDef
    query: Any
    returned: int | None = None
    point: Point | None = None  # then ``query`` is None
    sweep: Sweep | None = None  # then ``query`` is None
    fires: Fires | None = None  # then ``returning`` is evaluated over the source ``number``
    returning: Returning | None = None
    number: int = 0


def delete_many(txn: Any, found: Sequence[tuple[Any, ...]], table: TableDef) -> None:
    """Remove many rows, in sorted runs."""
    with collector_paused():
        rowids = list(map(_ROWID, found))
        if not all(map(lt, rowids, rowids[1:])):
            found = sorted(found, key=_ROWID)
            rowids = list(map(_ROWID, found))
        txn.delete_many(table.tree_id, rowids)
        if table.indexes:
            rows = list(map(_ROW, found))
            for index in table.indexes:
                remove_entries(txn, index, rowids, rows)


def _emit_point_delete(code: DeleteCode, point: Point, source: Source, emitter: Any) -> None:
    row, rowid = f"r{point.number}", f"k{point.number}"
    if point.filters:
        emit_point(point, source, emitter, "return 0")
        source.line(f"txn.delete({point.tree_id}, {rowid})")
    else:
        source.line(f"{rowid} = p{point.key.index}")
        emit_slot(source, point.tree_id, rowid)
        source.line("if i < 0: return 0")
        source.line(f"{row} = tree.delete_at(leaf, i, {rowid})")
        source.line(f"txn.operations.append(({DELETE}, {point.tree_id}, {rowid}, {row}))")
    _emit_index_deletes(code.table, row, rowid, source)
    source.line("return 1")


def _emit_index_deletes(table: TableDef, row: str, rowid: str, source: Source) -> None:
    width = len(table.columns)
    for index in table.indexes:
        key = stored_key_code(index, row, [f"{row}[{i}]" for i in range(width)], [ANY] * width, rowid, source)
        if index.where is None:
            source.line(removal(index, key, rowid))
        else:
            old = f"old{index.tree_id}"
            source.line(f"{old} = {key}")
            source.line(f"if {old} is not None: {removal(index, old, rowid)}")


def _emit_rows_that_fire(code: DeleteCode, fires: Fires, source: Source, emitter: Any) -> None:
    """One row after the other, as the triggers of those before it have left it."""
    table, k, r = code.table, f"k{code.number}", f"r{code.number}"
    counted = code.returning is None
    changed = "n" if counted else "len(out)"
    source.line(f"rows = {source.constant(found_rows, 'found_rows')}({source.constant(code.query)}, txn, params)")
    source.line("n = 0" if counted else "out, kept = [], {}")
    with source.block(f"for {k}, {r}, *_ in rows:"):
        emit_now(table, source, k, r, "continue")
        source.line(f"{r} = was = now")
        if fires.before is not None:
            emit_before(fires, source, f"(*was, {k})", changed, "continue")
            emit_now(table, source, k, "was", "continue")
            source.line(f"{r} = now")
        source.line(f"txn.delete({table.tree_id}, {k})")
        _emit_index_deletes(table, r, k, source)
        emit_settle(fires, source)
        if code.returning is None:
            source.line("n += 1")
        else:
            source.line(f"{r} = was")
            source.line(f"out.append({code.returning.row(source, emitter)})")
        emit_after(fires, source, f"(*was, {k})", changed)
    source.line("return n" if counted else "return out")


def emit_delete(code: DeleteCode, source: Source, emitter: Any) -> None:
    """Emit the body of ``run``."""
    table = code.table
    if code.point is not None:
        _emit_point_delete(code, code.point, source, emitter)
        return
    if code.sweep is not None:
        emit_sweep_delete(code.sweep, table, source, emitter)
        return
    if code.fires is not None:
        _emit_rows_that_fire(code, code.fires, source, emitter)
        return
    if code.query is None:
        source.line(f"n = txn.unmerged[{table.tree_id}].count")
        for tree_id in (table.tree_id, *(index.tree_id for index in table.indexes)):
            source.line(f"txn.clear_tree({tree_id})")
        source.line("return n")
        return
    found = source.constant(found_rows, "found_rows")
    source.line(f"rows = {found}({source.constant(code.query)}, txn, params)")
    with source.block(f"if len(rows) > {MANY_ROWS}:"):
        source.line(f"{source.constant(delete_many, 'delete_many')}(txn, rows, {source.constant(table, 'TABLE')})")
    names = "k, r, *_" if table.indexes else "k, *_"
    with source.block("else:"), source.block(f"for {names} in rows:"):
        source.line(f"txn.delete({table.tree_id}, k)")
        _emit_index_deletes(table, "r", "k", source)
    first = 2 if table.indexes else 1
    source.line("return len(rows)" if not code.returned else f"return [row[{first}:] for row in rows]")
