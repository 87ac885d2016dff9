"""Hash tables that are not built before many of their keys were asked for.

A recursion may visit three rows of a table, or all of it: how many keys it will ask for is not known before. Where an
index, or the rowid, finds a key's rows, these are searched for when the key is met first; when that has taken about as
long as building the table would have, it is built:

    def search0(x3):
        return [r3 for r3 in map(t13.row, t14.between((x3,), (x3, INFINITY)))]
    def build0():
        h1 = defaultdict(list)
        …
        return h1
    h0 = SearchedTable(search0, build0, (), t13.count)
    …
    for r3 in h0[r4[0]]

Either way a key's rows are the same, in the order of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["SearchedTable"]

_ROWS_PER_SEARCH = 32
"""In the time that one search takes, so many rows are put into a table."""


class SearchedTable(dict[Any, Any]):
    """From key to what it has in the hash table that ``build`` makes of so many ``rows``; ``missing`` for no row, and
    for NULL in a key. ``search`` finds the same for one key."""

    __slots__ = ("_build", "_left", "_missing", "_search")

    def __init__(
        self, search: Callable[[Any], Any], build: Callable[[], Mapping[Any, Any]], missing: Any, rows: int
    ) -> None:
        super().__init__()
        self._search = search
        self._build = build
        self._missing = missing
        self._left = rows // _ROWS_PER_SEARCH  # searches until the table is built; -1: it is

    def __missing__(self, key: Any) -> Any:
        if self._left < 0 or key is None or (key.__class__ is tuple and None in key):
            return self._missing
        if not self._left:
            self.update(self._build())
            self._left = -1
            return self.get(key, self._missing)
        self._left -= 1
        found = self[key] = self._search(key)
        return found
