"""The terms of ORDER BY as columns of rows: which column each is, and how its values compare.

Terms that are no result columns stand behind these, in their order, while rows are sorted.
"""

from __future__ import annotations

from mantisdb_sql.binding.plan import OrderTerm, Query
from mantisdb_sql.values.storage import BLOB, NULL, NUMBER, TEXT

__all__ = ["is_plain", "placed_terms"]


def placed_terms(query: Query, width: int) -> list[tuple[OrderTerm, int]]:
    """Each term with its column, in rows of which the first ``width`` are the result's."""
    placed = []
    for term in query.order:
        if term.output is None:
            placed.append((term, width))
            width += 1
        else:
            placed.append((term, term.output))
    return placed


def is_plain(term: OrderTerm) -> bool:
    """Whether Python's order of the values is SQLite's, NULL aside."""
    classes = term.expr.classes & ~NULL
    if not classes & ~NUMBER or classes == BLOB:
        return True
    return classes == TEXT and term.collation == "BINARY"
