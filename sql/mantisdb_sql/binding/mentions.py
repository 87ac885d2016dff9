"""What the names in a text mean: the record that ALTER TABLE rewrites texts by.

The binder fills it in while it binds a text, where :class:`mantisdb_sql.context.CompileContext` has one: a column's
name with the column that it means, a table's name with its table, and the strings that stand in double quotes. Names
are told apart by where they stand. A view's text is not looked into where a query reads the view: what it names is its
own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.binding.plan import Source
    from mantisdb_sql.binding.scope import Scope
    from mantisdb_sql.catalog.definitions import TableDef

__all__ = ["Mentions", "Span"]

Span = tuple[int, int]
"""Where a name stands in its text: from its first character to behind its last."""


@dataclass(slots=True)
class Mentions:
    """The names of one text.

    columns  names of columns, with the table and the position (-1: a rowid that no column holds)
    tables   names of tables: in FROM, as what is changed, and in front of columns
    strings  what stands in double quotes and is a string, with its value
    """

    columns: dict[Span, tuple[TableDef, int]] = field(default_factory=dict)
    tables: dict[Span, TableDef] = field(default_factory=dict)
    strings: dict[Span, str] = field(default_factory=dict)
    _by_own_name: set[int] = field(default_factory=set)  # sources that columns name by their table

    def note(self, identifier: Any, table: TableDef, position: int) -> None:
        """A name means a column."""
        self.columns[identifier.meta["span"]] = table, position

    def note_string(self, identifier: Any) -> None:
        """A name means nothing, and is a string."""
        self.strings[identifier.meta["span"]] = identifier.name

    def note_table(self, identifier: Any, source: Source, has_alias: bool) -> None:
        """A name in FROM, or of what a statement changes, means a table."""
        assert source.table is not None
        self.tables[identifier.meta["span"]] = source.table
        if not has_alias:
            self._by_own_name.add(source.number)

    def note_star(self, column: Any, source: Source) -> None:
        """``table.*`` stands for a source's columns."""
        if source.table is not None and source.number in self._by_own_name:
            self.tables[column.args["table"].meta["span"]] = source.table

    def note_column(self, column: Any, scope: Scope) -> None:
        """An expression's column, which was found in ``scope`` or outside of it, means what it means there."""
        name, qualifier, database = column.name, column.args.get("table"), column.args.get("db")
        table = None if qualifier is None else qualifier.name
        owner: Scope | None = scope
        while owner is not None:
            origin = owner.origin(name, table, None if database is None else database.name)
            if origin is not None:
                source, position = origin
                if source.table is not None and "span" in column.this.meta:
                    self.note(column.this, source.table, position)
                    if qualifier is not None and source.number in self._by_own_name:
                        self.tables[qualifier.meta["span"]] = source.table
                return
            if table is None and owner is scope and owner.sees_aliases and lower_ascii(name) in owner.aliases:
                return
            owner = owner.parent
