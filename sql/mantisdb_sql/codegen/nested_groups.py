"""GROUP BY two columns, one of which has few values: a dict of dicts, which is quicker than a tuple made for each row.

    g0 = defaultdict(dict_of_lists)
    …
        g0[r1[1]][r2[1]].append(r0[3])
    g0 = {(x, y): g for x, d in g0.items() for y, g in d.items()}

A key's value is the one that is met first, here of all groups that share it: columns that hold values which are equal
and not the same (1 and 1.0, 0.0 and -0.0) are not grouped so.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.values.storage import BLOB, INTEGER, NULL, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.binding.plan import Select
    from mantisdb_sql.planning.statistics import Statistics

__all__ = ["dict_of_lists", "flattened", "outer_key"]

_ROWS_PER_VALUE = 100.0

dict_of_lists: partial[defaultdict[Any, list[Any]]] = partial(defaultdict, list)


def outer_key(select: Select, keys: list[Expr], statistics: Statistics | None) -> int | None:
    """Which of two keys is that of the outer dict; None where one dict is better."""
    if len(keys) != 2 or statistics is None or not select.steps:
        return None
    if any(key.classes & ~NULL & ~INTEGER and key.classes & ~NULL not in (TEXT, BLOB) for key in keys):
        return None
    sources = {source.number: source for source in select.sources if source.table is not None}
    counts = [
        statistics.distinct(sources[key.source], (key.position,))
        for key in keys
        if isinstance(key, bound.Column) and key.source in sources
    ]
    if len(counts) < 2 or min(counts) * _ROWS_PER_VALUE > select.steps[-1].rows_after:
        return None
    return counts.index(min(counts))


def flattened(groups: str, outer: int) -> str:
    """Text of the dict from pairs of keys to groups."""
    pair = "(x, y)" if not outer else "(y, x)"
    return f"{{{pair}: g for x, d in {groups}.items() for y, g in d.items()}}"
