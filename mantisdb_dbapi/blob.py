"""Blob: a BLOB or TEXT value opened for reading and writing in place (``Connection.blobopen()``).

Its size never changes. A write is a change of the row by itself: in the open transaction, or else committed at once.
A blob whose value is changed by anything but itself has expired, and says "query aborted" from then on.
"""

from __future__ import annotations

import operator
import os
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from mantisdb_dbapi.errors import ProgrammingError, from_code, raise_translated
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from types import TracebackType

    from mantisdb_dbapi.connection import Connection
    from mantisdb_sql.catalog.definitions import TableDef

__all__ = ["Blob", "open_blob"]

_Self = TypeVar("_Self", bound="Blob")
_INT_MAX = 2**31 - 1
_KINDS = {type(None): "null", int: "integer", float: "real"}


class Blob:
    """An open BLOB, made by ``Connection.blobopen()``."""

    __slots__ = ("__weakref__", "_connection", "_is_open", "_offset", "_place", "_readonly", "_seen")
    _connection: Connection
    _is_open: bool
    _offset: int
    _place: tuple[int, int, int]  # tree, rowid, position of the column
    _readonly: bool
    _seen: bytes

    def __new__(cls, *args: Any, **kwargs: Any) -> Blob:
        raise TypeError(f"cannot create '{cls.__module__}.{cls.__qualname__}' instances")

    # ------------------------------------------------------------------------------------------ the file's API

    def close(self) -> None:
        """Close the blob."""
        self._connection._check()
        self._is_open = False

    def read(self, length: int = -1, /) -> bytes:
        """So many bytes from the present offset on; all that are left if it is negative or too much."""
        self._check()
        length = operator.index(length)
        left = len(self._seen) - self._offset
        if length < 0 or length > left:
            length = left
        data = self._value()[self._offset : self._offset + length]
        self._offset += length
        return data

    def write(self, data: Any, /) -> None:
        """Write at the present offset."""
        self._check()
        written = _data(data)
        if len(written) > len(self._seen) - self._offset:
            raise ValueError("data longer than blob length")
        self._put(self._offset, written)
        self._offset += len(written)

    def seek(self, offset: int, origin: int = 0, /) -> None:
        """Set the offset, counted from the start, the present one or the end."""
        self._check()
        offset = operator.index(offset)
        if origin not in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END):
            raise ValueError("'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END")
        start = (0, self._offset, len(self._seen))[origin]
        if origin and offset > _INT_MAX - start:
            raise OverflowError("seek offset results in overflow")
        if not 0 <= start + offset <= len(self._seen):
            raise ValueError("offset out of blob range")
        self._offset = start + offset

    def tell(self) -> int:
        """The present offset."""
        self._check()
        return self._offset

    def __enter__(self: _Self) -> _Self:
        self._check()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None, /
    ) -> Literal[False]:
        self._check()
        self._is_open = False
        return False

    # --------------------------------------------------------------------------------------------- the mapping

    def __len__(self) -> int:
        self._check()
        return len(self._seen)

    def __getitem__(self, key: int | slice, /) -> Any:
        self._check()
        if isinstance(key, slice):
            start, stop, step = _indices(key, len(self._seen))
            return self._value()[start:stop:step] if len(range(start, stop, step)) else b""
        return self._value()[self._index(key)]

    def __setitem__(self, key: int | slice, value: Any, /) -> None:
        self._check()
        if isinstance(key, slice):
            self._set_slice(key, value)
            return
        if not hasattr(key, "__index__"):
            raise TypeError("Blob indices must be integers")
        number = operator.index(value)
        at = self._index(key)
        if not 0 <= number <= 255:
            raise ValueError("byte must be in range(0, 256)")
        self._put(at, bytes((number,)))

    def __delitem__(self, key: Any, /) -> None:
        self._check()
        what = "slice" if isinstance(key, slice) else "item"
        raise TypeError(f"Blob doesn't support {what} deletion")

    def __iter__(self) -> Any:
        raise TypeError("'Blob' object is not iterable")

    def __contains__(self, item: object) -> bool:
        raise TypeError("argument of type 'Blob' is not iterable")

    def _index(self, key: Any) -> int:
        if not hasattr(key, "__index__"):
            raise TypeError("Blob indices must be integers")
        at = operator.index(key)
        if not -(2**63) <= at < 2**63:
            raise IndexError("cannot fit 'int' into an index-sized integer")
        if at < 0:
            at += len(self._seen)
        if not 0 <= at < len(self._seen):
            raise IndexError("Blob index out of range")
        return at

    def _set_slice(self, key: slice, value: Any) -> None:
        start, stop, step = _indices(key, len(self._seen))
        places = range(start, stop, step)
        if not places:  # whatever is assigned
            return
        data = _data(value)
        if len(data) != len(places):
            raise IndexError("Blob slice assignment is wrong size")
        changed = bytearray(self._value())
        changed[start:stop:step] = data
        self._put(0, bytes(changed))

    # --------------------------------------------------------------------------------------------- the value

    def _check(self) -> None:
        self._connection._check()
        if not self._is_open:
            raise ProgrammingError("Cannot operate on a closed blob.")

    def _value(self) -> bytes:
        """The value, which is still the one that the blob saw last."""
        tree_id, rowid, position = self._place
        tree = self._connection._session.trees.get(tree_id)
        row = None if tree is None else tree.get(rowid)
        if row is None or _bytes_of(row[position]) != self._seen:
            self._seen_nothing()
        return self._seen

    def _seen_nothing(self) -> None:
        raise from_code("query aborted", "SQLITE_ABORT")

    def _put(self, offset: int, data: bytes) -> None:
        if self._readonly:
            raise from_code("attempt to write a readonly database", "SQLITE_READONLY")
        if not data:
            return
        before = self._value()
        after = before[:offset] + data + before[offset + len(data) :]
        connection, (tree_id, rowid, position) = self._connection, self._place

        def change(txn: Any) -> None:
            row = txn.trees[tree_id].get(rowid)
            if row is None or _bytes_of(row[position]) != before:
                self._seen_nothing()
            value = after if row[position].__class__ is bytes else after.decode("utf-8", "surrogateescape")
            txn.put(tree_id, rowid, (*row[:position], value, *row[position + 1 :]))

        try:
            with connection._lock:
                connection._session.write(change)
        except Exception as error:
            raise_translated(error)
        self._seen = after


def open_blob(connection: Connection, table: str, column: str, rowid: int, readonly: bool, name: str) -> Blob:
    """The value of a column in a row, opened."""
    session = connection._session
    catalog = session.catalog()
    if lower_ascii(name) != "main":
        raise from_code(f"no such table: {name}.{table}", "SQLITE_ERROR")
    if catalog.view(table) is not None:
        raise from_code(f"cannot open view: {table}", "SQLITE_ERROR")
    definition = catalog.tables.get(lower_ascii(table))
    if definition is None:
        raise from_code(f"no such table: {name}.{table}", "SQLITE_ERROR")
    if definition.without_rowid:
        raise from_code(f"cannot open table without rowid: {table}", "SQLITE_ERROR")
    if definition.has_generated:
        raise from_code(f"cannot open table with generated columns: {table}", "SQLITE_ERROR")
    position = definition.position(column)
    if position is None:
        raise from_code(f'no such column: "{column}"', "SQLITE_ERROR")
    if not readonly:
        _refuse_writing(definition, position, heeds_keys=session.keys.enabled)
    row = session.trees[definition.tree_id].get(rowid)
    if row is None:
        raise from_code(f"no such rowid: {rowid}", "SQLITE_ERROR")
    value = row[position]
    if value.__class__ in _KINDS:
        raise from_code(f"cannot open value of type {_KINDS[value.__class__]}", "SQLITE_ERROR")
    blob = object.__new__(Blob)
    blob._connection = connection
    blob._place = definition.tree_id, rowid, position
    blob._seen = _bytes_of(value)
    blob._offset = 0
    blob._readonly = readonly or connection._readonly
    blob._is_open = True
    return blob


def _refuse_writing(table: TableDef, position: int, *, heeds_keys: bool) -> None:
    if heeds_keys and any(position in positions for positions, _ in table.foreign_keys):
        raise from_code("cannot open foreign key column for writing", "SQLITE_ERROR")
    if any(index.is_computed or position in index.reads for index in table.indexes):
        raise from_code("cannot open indexed column for writing", "SQLITE_ERROR")


def _data(given: Any) -> bytes:
    try:
        view = memoryview(given)
    except TypeError:
        raise TypeError(f"a bytes-like object is required, not '{type(given).__name__}'") from None
    if not view.c_contiguous:
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    return bytes(view)


def _bytes_of(value: Any) -> bytes:
    if value.__class__ is bytes:
        found: bytes = value
        return found
    return value.encode("utf-8", "surrogateescape") if value.__class__ is str else b""


def _indices(key: slice, length: int) -> tuple[int, int, int]:
    try:
        return key.indices(length)
    except TypeError:
        raise TypeError("slice indices must be integers or None or have an __index__ method") from None
