"""Batched UPDATE: all rows at once, checked column by column.

The rows and their new values were collected by a query; no row can fail where no constraint looks at the columns
that are set: the new rows are then built by one comprehension, and put into the tree in one sorted run, and so are
the entries of indexes. What has to be looked at row by row is declined, with nothing changed: a NULL for a NOT NULL
column. Whatever may fail in the middle (CHECK, unique indexes, a new rowid), OR clauses, RETURNING and UPDATE ...
FROM are not batched at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter, lt, ne, not_, or_
from typing import Any

from mantisdb_sql.catalog.definitions import IndexDef, TableDef
from mantisdb_sql.changes.bulk import Declined, column_bits, stored_column
from mantisdb_sql.codegen.index_entries import index_entries
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.collector import collector_paused
from mantisdb_sql.values.storage import CLASS_BITS, NULL

__all__ = ["MANY_ROWS", "BulkUpdate", "move_entries", "remove_entries"]

MANY_ROWS = 16
"""From how many rows on it is worth while."""

_FEW_ENTRIES = 8
"""Where one entry in so many goes, they are found by a look at all of an index, else by their keys."""

_ROWID, _ROW = itemgetter(0), itemgetter(1)
Row = tuple[Any, ...]


@dataclass(slots=True)
class BulkUpdate:
    """``positions`` are the columns that are set; ``touched`` the indexes, none of them unique, that hold one."""

    table: TableDef
    positions: list[int]
    touched: list[IndexDef]
    make: Callable[..., list[Row]]

    @classmethod
    def of(cls, table: TableDef, positions: Sequence[int], touched: list[IndexDef]) -> BulkUpdate:
        """For a table without CHECK constraints."""
        return cls(table, list(positions), touched, _row_maker(len(table.columns), positions))

    def update_rows(self, txn: Any, found: Sequence[Row]) -> int | None:
        """Change the rows in ``found``, of (rowid, row, a value per position); None, and nothing changed, where that
        cannot be done in one go."""
        with collector_paused():
            rowids = list(map(_ROWID, found))
            if not all(map(lt, rowids, rowids[1:])):
                found = sorted(found, key=_ROWID)
                rowids = list(map(_ROWID, found))
            rows = list(map(_ROW, found))
            try:
                columns, flags = self._columns(found)
            except Declined:
                return None
            tree_id = self.table.tree_id
            if txn.unmerged[tree_id].flags & flags != flags:
                txn.widen(tree_id, flags)
            new_rows = self.make(rows, *columns)
            for index in self.touched:
                move_entries(txn, index, rowids, rows, new_rows)
            txn.put_many(tree_id, rowids, new_rows)
            return len(rows)

    def _columns(self, found: Sequence[Row]) -> tuple[list[Sequence[Any]], int]:
        """The new columns as stored, and their profile."""
        columns, flags = [], 0
        for i, position in enumerate(self.positions, 2):
            column = self.table.columns[position]
            values = list(map(itemgetter(i), found))
            stored, bits = stored_column(values, column_bits(values), column.affinity)
            if (bits & NULL and column.not_null) or bits & ~NULL & ~self.table.allowed_classes(position):
                raise Declined
            columns.append(stored)
            flags |= bits << position * CLASS_BITS
        return columns, flags


def _row_maker(width: int, positions: Sequence[int]) -> Callable[..., list[Row]]:
    """``make(rows, a column per position)``: the rows with these columns in place of theirs."""
    source = Source()
    names = ", ".join(f"v{p}" for p in positions)
    columns = ", ".join(f"c{p}" for p in positions)
    items = "".join(f"v{i}, " if i in positions else f"r[{i}], " for i in range(width))
    with source.block(f"def make(rows, {columns}):"):
        source.line(f"return [({items}) for r, {names} in zip(rows, {columns})]")
    return source.compile("make", "rows of an UPDATE")


def move_entries(txn: Any, index: IndexDef, rowids: list[int], rows: list[Row], new_rows: list[Row]) -> None:
    """Replace the entries of rows whose key changes; rowids ascend."""
    positions = [position for position in index.reads if position >= 0]
    differ = [map(ne, map(itemgetter(p), rows), map(itemgetter(p), new_rows)) for p in positions]
    if index.is_computed:  # 4 and 4.0 are equal, and typeof() and length() of them are not
        differ += [map(ne, *[map(type, map(itemgetter(p), each)) for each in (rows, new_rows)]) for p in positions]
    changed = list(differ[0])
    for more in differ[1:]:
        changed = list(map(or_, changed, more))
    ids = list(compress(rowids, changed))
    if not ids:
        return
    remove_entries(txn, index, ids, list(compress(rows, changed)))
    new = list(compress(new_rows, changed))
    after = index_entries(index, lambda position: list(map(itemgetter(position), new)), ids, new)
    assert after is not None, "a unique index among those that need no look"
    txn.insert_many_later(index.tree_id, *after)


def remove_entries(txn: Any, index: IndexDef, rowids: list[int], rows: list[Row]) -> None:
    """Remove the entries of rows; rowids ascend."""
    if not rowids:
        return
    if len(rowids) * _FEW_ENTRIES < txn.unmerged[index.tree_id].count:
        entries = index_entries(index, lambda position: list(map(itemgetter(position), rows)), rowids, rows)
        assert entries is not None, "two rows with one key in a unique index"
        if index.is_plain:
            txn.delete_many_later(index.tree_id, *entries)
        else:
            txn.delete_many(index.tree_id, entries[0])
        return
    goes = set(rowids).__contains__

    def staying(keys: list[Any], entries: list[int]) -> tuple[list[Any], list[int], list[bool]]:
        stays = list(map(not_, map(goes, entries)))
        if all(stays):
            return keys, entries, stays
        return list(compress(keys, stays)), list(compress(entries, stays)), stays

    txn.keep_where(index.tree_id, staying)
