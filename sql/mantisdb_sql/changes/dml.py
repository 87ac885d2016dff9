"""INSERT, REPLACE, UPDATE and DELETE, of tables and of views: from AST to compiled function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlglot import exp

from mantisdb_sql.binding.mistakes import with_last_mistake
from mantisdb_sql.changes.bulk import BulkInsert
from mantisdb_sql.changes.change import CompiledChange
from mantisdb_sql.changes.delete import DeleteChange
from mantisdb_sql.changes.foreign_keys import WatchedBulk, watched_whole
from mantisdb_sql.changes.insert import InsertChange
from mantisdb_sql.changes.triggers import noting_sequences
from mantisdb_sql.changes.update import UpdateChange
from mantisdb_sql.changes.view_changes import ViewChange, changed_view
from mantisdb_sql.context import CompileContext

__all__ = ["compile_bulk", "compile_change"]


def compile_change(node: Any, context: CompileContext) -> CompiledChange:
    """Compile INSERT, REPLACE, UPDATE or DELETE."""
    return with_last_mistake(partial(_compile, node), context)


def _compile(node: Any, context: CompileContext) -> CompiledChange:
    view = changed_view(node, context)
    if view is not None:
        change = ViewChange(node, view, context)
        query = change.query
        text, explain = ("", lambda: "") if query is None else (query.source_text, query.explain)
        infos = None if change.outputs is None else [output.info for output in change.outputs]
        columns = None if infos is None else tuple(info.name for info in infos)
        decltypes = tuple(info.declared_type for info in infos or ())
        run: Callable[[Any, Any, Sequence[Any]], Any] = change.run
        if context.foreign_keys and not context.in_trigger:
            run = watched_whole(run, context.schema)
        if context.sequences and not context.in_trigger:
            run = noting_sequences(run, context.sequences)
        return CompiledChange(run, columns, decltypes, text, explain)
    if isinstance(node, exp.Insert):
        return InsertChange(node, context).compile()
    if isinstance(node, exp.Update):
        return UpdateChange(node, context).compile()
    assert isinstance(node, exp.Delete)
    return DeleteChange(node, context).compile()


def compile_bulk(
    node: exp.Insert, context: CompileContext
) -> tuple[BulkInsert | WatchedBulk | None, bool]:
    """The batched form of an INSERT: see ``InsertChange.bulk``."""
    if changed_view(node, context) is not None or context.authorizer is not None:
        return None, False
    return with_last_mistake(lambda within: InsertChange(node, within).bulk(), context)
