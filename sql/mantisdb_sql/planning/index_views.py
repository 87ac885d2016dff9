"""Indexes as the planner sees them: bound over the source that is to be searched, and whether they have its rows.

Columns that are expressions, and the conditions of partial indexes, are bound anew for each source
(:func:`mantisdb_sql.changes.computed_indexes.index_terms`). An index that cannot be bound, because a function of its
expression is not there in this connection, is none to search in; nor is one under a collation of the user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import Source
from mantisdb_sql.catalog.definitions import IndexDef
from mantisdb_sql.errors import SqlError
from mantisdb_sql.planning.conditions import normalised
from mantisdb_sql.planning.search_terms import Assumed, IndexView, implied
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import INTEGER, REAL, TEXT, profile_classes

if TYPE_CHECKING:
    from mantisdb_sql.context import CompileContext

__all__ = ["IndexViews", "entry_columns"]

_FIRST_EXPRESSION = -2


class IndexViews:
    """The views of the indexes of a statement's sources, made when they are asked for."""

    def __init__(self, context: CompileContext) -> None:
        self._context = context
        self._views: dict[int, list[IndexView]] = {}

    def of(self, source: Source) -> list[IndexView]:
        """The indexes of a stored table that INDEXED BY or NOT INDEXED leave."""
        found = self._views.get(source.number)
        if found is None:
            found = self._views[source.number] = self._made(source)
        return found

    def _made(self, source: Source) -> list[IndexView]:
        assert source.table is not None
        if source.indexed is False:
            return []
        place = _FIRST_EXPRESSION
        views: list[IndexView] = []
        for index in source.table.indexes:
            if index.has_own_order or (source.indexed and lower_ascii(index.name) != source.indexed):
                continue
            view = self._view(index, source, place)
            if view is not None:
                views.append(view)
                place -= len(view.expressions)
        return views

    def _view(self, index: IndexDef, source: Source, place: int) -> IndexView | None:
        if not index.is_computed:
            return IndexView(index, [column.position for column in index.columns], [], [])
        from mantisdb_sql.binding.query import SelectBinder
        from mantisdb_sql.changes.computed_indexes import index_terms

        try:
            terms = index_terms(SelectBinder(self._context), index, source)
        except SqlError:
            return None
        expressions: list[tuple[int, Expr]] = []
        places = []
        for column, expr in zip(index.columns, terms.columns, strict=True):
            if expr is None:
                places.append(column.position)
            else:
                places.append(place - len(expressions))
                expressions.append((places[-1], expr))
        where = [] if terms.where is None else normalised([terms.where])[0]
        return IndexView(index, places, where, expressions)

    def covered(self, view: IndexView, conditions: list[Expr], assumed: Assumed) -> list[Expr] | None:
        """Which of ``conditions`` are true of all that is in a partial index; None if it may lack rows that they
        accept."""
        found: list[Expr] = []
        for wanted in view.where:
            superfluous = implied(wanted, conditions, list(self._context.parameters), assumed)
            if superfluous is None:
                return None
            found += superfluous
        return found


def entry_columns(trees: Mapping[int, Any], source: Source, index: IndexDef) -> set[int]:
    """The positions of the columns that an index's entries have as the rows have them, the rowid's alias among them."""
    table = source.table
    assert table is not None
    flags = trees[table.tree_id].flags
    found = {-1} if table.rowid_alias is None else {-1, table.rowid_alias}
    for column in index.columns:
        if column.position < 0:
            continue
        classes = profile_classes(flags, column.position)
        if column.collation != "BINARY" and classes & TEXT:
            continue
        may_differ = classes & REAL and (classes & INTEGER or not table.columns[column.position].affinity.is_numeric)
        if not may_differ:
            found.add(column.position)
    return found
