"""Row: a result row whose values are reached by position, by name in any case, or by slice.

A Row is no tuple, as in the standard library: it equals another Row with the same description and values
only. Rows of one result share one :class:`Columns`, so a name costs one dict lookup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_dbapi.cursor import Cursor

__all__ = ["Columns", "Row"]

Description = tuple[tuple[str, None, None, None, None, None, None], ...]


class Columns:
    """The columns of a result: PEP 249's description, and the position of each name."""

    __slots__ = ("_positions", "description", "names")

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.description: Description = tuple((name, None, None, None, None, None, None) for name in names)
        self._positions: dict[str, int] | None = None

    def position(self, name: str) -> int | None:
        """The first column of that name; ASCII case does not matter."""
        positions = self._positions
        if positions is None:
            positions = self._positions = {}
            for i, column in enumerate(self.names):
                positions.setdefault(lower_ascii(column), i)
        return positions.get(lower_ascii(name))


_NO_COLUMNS = Columns(())


class Row:
    """One row of a result; set ``connection.row_factory = Row`` to get them."""

    __slots__ = ("_columns", "_values")
    _columns: Columns
    _values: tuple[Any, ...]

    def __new__(cls, cursor: Cursor, data: tuple[Any, ...], /) -> Row:
        if not isinstance(data, tuple):
            raise TypeError(f"Row() argument 2 must be tuple, not {type(data).__name__}")
        try:
            columns = cursor._columns
        except AttributeError:
            raise TypeError(f"Row() argument 1 must be sqlite3.Cursor, not {type(cursor).__name__}") from None
        self = super().__new__(cls)
        self._columns = columns or _NO_COLUMNS
        self._values = data
        return self

    def keys(self) -> list[str]:
        """The names of the columns."""
        return list(self._columns.names)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    @overload
    def __getitem__(self, key: SupportsIndex | str) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, key: SupportsIndex | str | slice) -> Any:
        if isinstance(key, str):
            position = self._columns.position(key)
            if position is None:
                raise IndexError("No item with that key")
            return self._values[position]
        if isinstance(key, int | slice):
            return self._values[key]
        raise IndexError("Index must be int or string")

    def __hash__(self) -> int:
        return hash(self._columns.description) ^ hash(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return NotImplemented
        return self._columns.description == other._columns.description and self._values == other._values

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__qualname__} object at {id(self):#x}>"


Sequence.register(Row)


def make_rows(columns: Columns, rows: Sequence[tuple[Any, ...]]) -> list[Row]:
    """Many rows of one result at once."""
    made = []
    new = object.__new__
    for values in rows:
        row = new(Row)
        row._columns = columns
        row._values = values
        made.append(row)
    return made
