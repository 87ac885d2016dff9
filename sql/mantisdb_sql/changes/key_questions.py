"""What an authorizer is asked about foreign keys, when a change is compiled that heeds them (``sqlite3FkCheck``,
``sqlite3FkActions``): whether the columns may be read that a key names in its parent, and those of children that may
have lost theirs; then about the changes that actions are, with the triggers which these fire. What it ignores is done
all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mantisdb_sql.authorizer import ReadGuard, TriggerAuthorizer
from mantisdb_sql.catalog.definitions import TableDef
from mantisdb_sql.changes.key_mistakes import is_looked_at, is_written
from mantisdb_sql.changes.key_relations import ForeignKey, Manner, Relations
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.storage import ANY

if TYPE_CHECKING:
    from mantisdb_sql.context import CompileContext

__all__ = ["ask_about_keys"]


def ask_about_keys(
    context: CompileContext, table: TableDef, manner: Manner, changed: Sequence[int] | None
) -> None:
    """Ask about a change of ``table``: SqlError (SQLITE_AUTH) where something is denied.

    changed  positions of the columns that an UPDATE writes, -1 for the rowid; None: whole rows come and go
    """
    if context.authorizer is None or table.tree_id not in Relations.of(context.schema).by_tree:
        return
    questions = _Questions(context)
    questions.ask(table, changed, removes=manner.removes)
    if manner.may_remove:
        questions.ask(table, None, removes=True)


class _Questions:
    def __init__(self, context: CompileContext) -> None:
        assert context.authorizer is not None
        self._context, self._relations = context, Relations.of(context.schema)
        self._authorizer = TriggerAuthorizer(context.authorizer)
        self._seen: set[tuple[ForeignKey, bool]] = set()

    def ask(self, table: TableDef, changed: Sequence[int] | None, *, removes: bool) -> None:
        """Ask about rows of a table that go, or are new, or of which some columns are written."""
        links = self._relations.links(table)
        for foreign in links.own:
            if foreign.parent is not None and (changed is None or is_looked_at(links, foreign, changed)):
                self._read(foreign.parent.table, foreign.parent.columns)
        for foreign in links.naming:
            if foreign.parent is None or (changed is None and not removes):
                continue
            if changed is None or is_written(table, foreign.parent.columns, changed):
                self._read(foreign.child, foreign.positions)
                self._act(foreign, removes=changed is None)

    def _read(self, table: TableDef, positions: Collection[int]) -> None:
        guard = ReadGuard.of(self._authorizer, table, self._context.origin, heeds=False)
        for position in positions:
            guard.allows(position)

    def _act(self, foreign: ForeignKey, *, removes: bool) -> None:
        """Compile what a key does to its children."""
        from mantisdb_sql.changes.dml import compile_change

        action = foreign.on_delete if removes else foreign.on_update
        if action in ("NO ACTION", "RESTRICT") or (foreign, removes) in self._seen:
            return
        self._seen.add((foreign, removes))
        sql, context = foreign.action_sql(action, removes), self._context
        statement = parse_statement(sql)
        inner = replace(
            context, catalog=context.schema, sql=sql, parameter_classes=[ANY] * len(statement.parameters),
            elsewhere=None, parameters=(), foreign_keys=False, keys_in_triggers=True, in_trigger=True,
            authorizer=self._authorizer,
        )
        compile_change(statement.node, inner)
        deletes = removes and action == "CASCADE"
        self.ask(foreign.child, None if deletes else foreign.positions, removes=deletes)
