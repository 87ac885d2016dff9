"""The entries of an index for many rows at once: sorted keys, and the rowids that they lead to.

Rows come as columns, keys are made and sorted by C loops, with as few comparisons of tuples as can be:

* one column that is sorted already is taken as it is;
* one column with few different values: rowids are collected by value, and only the values are sorted;
* else the columns are sorted by one after the other, the last one first, with a sort that is stable: that gives
  the order of the whole keys, as rowids ascend;
* NULLs, which Python does not compare, come first: of a single column they are taken apart beforehand; other
  mixtures of classes are sorted by the engine's rank of each key.

The layout of keys is that of :class:`mantisdb_sql.catalog.definitions.IndexDef`.

:class:`IndexRun` holds the entries of new rows that can wait until somebody reads the index: those of all batches are
then made at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, compress, islice, pairwise, repeat
from operator import itemgetter, le, lt
from typing import Any

from mantisdb_engine.keys import sort_key
from mantisdb_sql.catalog.definitions import IndexDef
from mantisdb_sql.codegen.dml_keys import key_function
from mantisdb_sql.codegen.sorting import sort_by
from mantisdb_sql.collector import collector_paused
from mantisdb_sql.values.collation import nocase_key, rtrim_key

__all__ = ["Entries", "IndexRun", "index_entries"]

Column = Sequence[Any]
Entries = tuple[list[tuple[Any, ...]], list[int]]

_COLLATION_KEYS = {"NOCASE": nocase_key, "RTRIM": rtrim_key}
_GROUPABLE = ({int}, {str}, {bytes})
_FEW = 4  # values are few where every one comes this often


class IndexRun:
    """Entries of new rows, whose rowids ascend, in an index that is neither unique nor computed. ``columns``: those of
    the index, by position."""

    __slots__ = ("_columns", "_entries", "_index", "_rowids")

    def __init__(self, index: IndexDef, columns: dict[int, Column], rowids: Sequence[int]) -> None:
        self._index, self._columns, self._rowids = index, columns, rowids
        self._entries: Entries | None = None

    def __len__(self) -> int:
        return len(self._rowids)

    def entries(self) -> Entries:
        """Sorted keys and their rowids."""
        if self._entries is None:
            self._entries = self._made(self._columns, self._rowids)
        return self._entries

    def joined(self, others: Sequence[Any]) -> Entries | None:
        """The same of this run and others together, where their rows came with ascending rowids."""
        runs = [self, *others]
        if any(type(run) is not IndexRun or run._index is not self._index for run in others):
            return None
        if any(one._rowids[-1] >= other._rowids[0] for one, other in pairwise(runs)):
            return None
        columns = {at: list(chain.from_iterable([run._columns[at] for run in runs])) for at in self._columns}
        return self._made(columns, list(chain.from_iterable([run._rowids for run in runs])))

    def _made(self, columns: Mapping[int, Column], rowids: Sequence[int]) -> Entries:
        with collector_paused():
            entries = index_entries(self._index, columns.__getitem__, rowids, ())
        assert entries is not None, "two rows with one key in an index that is not unique"
        return entries


def index_entries(
    index: IndexDef, column: Callable[[int], Column], rowids: Sequence[int], rows: Sequence[tuple[Any, ...]]
) -> Entries | None:
    """Sorted keys and their rowids, which must ascend in the order of the rows; None where two rows have the same key
    of a UNIQUE index. ``column(position)`` is a column of the rows. A partial index has entries for some of them; where
    the trees do not know the order of a UNIQUE index, its uniqueness is for the caller to prove."""
    if index.program is not None:
        rows, rowids, found = index.program.entries(rows, rowids)
    else:
        found = [column(c.position) for c in index.columns]
    columns = [_collated(values, c.collation) for values, c in zip(found, index.columns, strict=True)]
    unique = index.meets_at_keys
    if len(columns) == 1:
        return _of_one(columns[0], rowids, unique)
    if unique and any(None in each for each in columns):
        made = list(map(key_function(index), rows, rowids))
        return _ranked([key for key in made if key is not None], rowids)
    if unique:
        return _of_distinct(columns, rowids)
    order = _ordered(columns)
    if order is None:
        return _ranked(list(zip(*columns, rowids, strict=True)), rowids)
    columns = [list(map(each.__getitem__, order)) for each in columns]
    values = list(map(rowids.__getitem__, order))
    return list(zip(*columns, values, strict=True)), values


def _of_distinct(columns: Sequence[Column], rowids: Sequence[int]) -> Entries | None:
    """Entries of several columns without NULLs; None where two rows have the same key."""
    keys = list(zip(*columns, strict=True))
    found = dict(zip(keys, rowids, strict=True))
    if len(found) < len(keys):
        return None
    try:
        for at in reversed(range(len(columns))):
            sort_by(keys, itemgetter(at))
    except TypeError:
        return _ranked(list(found), rowids)
    return keys, list(map(found.__getitem__, keys))


def _collated(column: Column, collation: str) -> Column:
    key = _COLLATION_KEYS.get(collation)
    return column if key is None else list(map(key, column))


def _of_one(column: Column, rowids: Sequence[int], unique: bool) -> Entries | None:
    if None not in column:
        return _of_values(column, rowids, unique)
    present = [value is not None for value in column]
    nulls = [rowid for rowid, is_value in zip(rowids, present, strict=True) if not is_value]
    found = _of_values(list(compress(column, present)), list(compress(rowids, present)), unique)
    if found is None:
        return None
    return [*zip(repeat(None), nulls), *found[0]], nulls + found[1]


def _of_values(column: Column, rowids: Sequence[int], unique: bool) -> Entries | None:
    """Entries of one column without NULLs."""
    if unique:
        if not _ascends(column):
            order = _ordered([column])
            if order is None:
                return _ranked(list(zip(column)), rowids)
            column, rowids = list(map(column.__getitem__, order)), list(map(rowids.__getitem__, order))
            if not _ascends(column):
                return None
        return list(zip(column)), list(rowids)
    if _is_in_order(column):
        return list(zip(column, rowids, strict=True)), list(rowids)
    distinct = set(column)
    if len(distinct) * _FEW <= len(column) and set(map(type, distinct)) in _GROUPABLE:
        return _grouped(column, rowids)
    keys = list(zip(column, rowids, strict=True))
    try:
        sort_by(keys, itemgetter(0))
    except TypeError:
        sort_by(keys, sort_key)
    return keys, list(map(itemgetter(1), keys))


def _grouped(column: Column, rowids: Sequence[int]) -> Entries:
    groups: dict[Any, list[int]] = defaultdict(list)
    for value, rowid in zip(column, rowids, strict=True):
        groups[value].append(rowid)
    keys: list[tuple[Any, ...]] = []
    values: list[int] = []
    for value in sorted(groups):
        group = groups[value]
        keys += zip(repeat(value), group)
        values += group
    return keys, values


def _is_in_order(values: Column) -> bool:
    """Whether the values come sorted, as those of a column that refers to rows in their order do."""
    try:
        return all(map(le, values, islice(values, 1, None)))
    except TypeError:
        return False


def _ascends(values: Column) -> bool:
    try:
        return all(map(lt, values, values[1:]))
    except TypeError:
        return False


def _ordered(columns: Sequence[Column]) -> list[int] | None:
    """The positions of the rows in the order of the keys; None where Python cannot compare the values."""
    order = list(range(len(columns[0])))
    try:
        for column in reversed(columns):
            sort_by(order, column.__getitem__)
    except TypeError:
        return None
    return order


def _ranked(keys: list[tuple[Any, ...]], rowids: Sequence[int]) -> Entries | None:
    order = list(range(len(keys)))
    sort_by(order, list(map(sort_key, keys)).__getitem__)
    keys = list(map(keys.__getitem__, order))
    if any(one == two for one, two in pairwise(keys)):
        return None
    return keys, list(map(rowids.__getitem__, order))
