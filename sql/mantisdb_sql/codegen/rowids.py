"""Rowids of new rows: given ones, new ones, and those of AUTOINCREMENT (https://www.sqlite.org/autoinc.html).

The usual new rowid is ``Transaction.next_key``'s; here is what is asked where that does not do.
"""

from __future__ import annotations

import random
from typing import Any

from mantisdb_sql.codegen.dml import disk_full, mismatch, widen_for_row
from mantisdb_sql.values.rules import as_integer, to_numeric
from mantisdb_sql.values.storage import INT_MAX

__all__ = [
    "last_autoincrement", "next_autoincrement", "note_autoincrement", "random_rowid", "required_rowid", "rowid_of",
]

_ROWID_TRIES = 100


def rowid_of(value: Any) -> int | None:
    """An explicit rowid as an integer: None stays, what is no integer is refused."""
    if value is None or value.__class__ is int:
        return value
    if value.__class__ is not bytes:
        number = to_numeric(value)
        if number.__class__ is int:
            return number
    raise mismatch()


def required_rowid(value: Any) -> int:
    """A new rowid as an integer; NULL is refused too."""
    number = rowid_of(value)
    if number is None:
        raise mismatch()
    return number


def random_rowid(txn: Any, tree_id: int) -> int:
    """A free rowid once the greatest possible one is taken (https://www.sqlite.org/autoinc.html)."""
    tree = txn.unmerged[tree_id]
    for _ in range(_ROWID_TRIES):
        candidate = random.randrange(1, 2**62)
        if tree.get(candidate) is None:
            return candidate
    raise disk_full()


def _sequence_row(txn: Any, sequence_id: int, table: str) -> tuple[int | None, int]:
    """The key of a table's row of sqlite_sequence, if there is one, and what it says, which may be any value."""
    for keys, values in txn.unmerged[sequence_id].scan():
        for key, row in zip(keys, values, strict=True):
            if row[0] == table:
                return key, 0 if row[1] is None else as_integer(row[1])
    return None, 0


def last_autoincrement(txn: Any, sequence_id: int, table: str) -> int:
    """The greatest rowid that the table ever had, as sqlite_sequence says (which everybody may write to)."""
    return _sequence_row(txn, sequence_id, table)[1]


def next_autoincrement(txn: Any, tree_id: int, high: int) -> int:
    """The rowid after ``high``, the greatest that the table ever had."""
    k: int = max(txn.next_key(tree_id), high + 1)
    if k > INT_MAX or high >= INT_MAX:
        raise disk_full()
    return k


def note_autoincrement(txn: Any, sequence_id: int, table: str, rowid: int) -> None:
    """Remember the greatest rowid that was used, in sqlite_sequence. As in SQLite, each INSERT that comes to its end
    does, also one of no row; one that FAIL stops in the middle does not."""
    key, last = _sequence_row(txn, sequence_id, table)
    if key is not None and last >= rowid:
        return
    row = (table, max(rowid, 0) if key is None else rowid)
    widen_for_row(txn, sequence_id, row)
    txn.put(sequence_id, txn.next_key(sequence_id) if key is None else key, row)
