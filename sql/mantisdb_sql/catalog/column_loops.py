"""What generated columns depend on: other columns, and some on themselves.

SQLite computes VIRTUAL columns when they are read, and STORED ones when a row is written. So a VIRTUAL column in a loop
of VIRTUAL columns cannot be read, and rows with any loop cannot be written. CREATE TABLE reads all columns once; ALTER
TABLE ADD COLUMN does not, and makes such columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from mantisdb_sql.catalog.definitions import TableDef

__all__ = ["columns_named", "virtual_loops", "with_generated"]


def virtual_loops(table: TableDef) -> dict[int, str]:
    """The columns that cannot be read, by position, each with the name of the column that is met again."""
    walk = _Walk(table)
    found = {position: walk.met_again(position) for position in walk.virtual}
    return {position: table.columns[again].name for position, again in found.items() if again is not None}


def columns_named(table: TableDef, node: exp.Expression) -> list[int]:
    """The columns of a table that an expression names, in its order."""
    named = [table.position(column.name) for column in node.find_all(exp.Column, bfs=False)]
    return [position for position in dict.fromkeys(named) if position is not None]


def with_generated(table: TableDef, positions: Iterable[int]) -> list[int]:
    """Some columns, and the generated ones that depend on any of them."""
    found = list(positions)
    for position in found:  # which grows
        for other, column in enumerate(table.columns):
            if column.generated is not None and position in columns_named(table, column.generated):
                found += [other] * (other not in found)
    return found


class _Walk:
    """Goes from VIRTUAL columns to those that they read."""

    def __init__(self, table: TableDef) -> None:
        self.virtual: dict[int, list[int]] = {}
        for position, column in enumerate(table.columns):
            if column.generated is not None and not column.is_stored:
                self.virtual[position] = columns_named(table, column.generated)
        self._open: set[int] = set()
        self._sound: set[int] = set()

    def met_again(self, position: int) -> int | None:
        """The column that is met again last on the ways from one; None: there is none."""
        if position in self._sound or position not in self.virtual:
            return None
        if position in self._open:
            return position
        self._open.add(position)
        found = [again for again in map(self.met_again, self.virtual[position]) if again is not None]
        self._open.remove(position)
        if found:
            return found[-1]
        self._sound.add(position)
        return None
