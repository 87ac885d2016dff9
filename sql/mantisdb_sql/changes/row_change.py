"""What UPDATE and DELETE of a table share: finding the rows that they change.

A query collects them before the first one is written; or, where the plan says that this is the same, one row is looked
up (``point``) or all leaves are gone through (``sweep``) without one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.expression import AggregateMisuse
from mantisdb_sql.binding.from_clause import FromBinder
from mantisdb_sql.binding.function import note_picking_aggregate
from mantisdb_sql.binding.late_mistakes import LateMistakes
from mantisdb_sql.binding.plan import (
    ColumnInfo,
    FullScan,
    Grouping,
    Join,
    Output,
    RowidGet,
    Select,
    Source,
    Step,
    Windowing,
    references,
)
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.binding.source import index_hint
from mantisdb_sql.changes.change import Change, compile_query
from mantisdb_sql.changes.change_limits import among_chosen
from mantisdb_sql.changes.set_clauses import bound_assignments, refuse_target_in_from
from mantisdb_sql.codegen.dml import Point
from mantisdb_sql.codegen.prelude import most_rows
from mantisdb_sql.codegen.sweep import Sweep
from mantisdb_sql.codegen.update import Assignment
from mantisdb_sql.context import CompileContext, Compiled
from mantisdb_sql.errors import SqlError
from mantisdb_sql.planning.planner import plan_query
from mantisdb_sql.values.storage import INTEGER

__all__ = ["RowChange", "Rows"]


@dataclass(slots=True)
class Rows:
    """The query that collects the rows to change, and what its result columns are."""

    source: Source
    scope: Scope
    joins: list[Join] = field(default_factory=list)
    where: list[Expr] = field(default_factory=list)
    grouping: Grouping | None = None  # all that is found is one group, of which one row is changed
    windowing: Windowing | None = None


class RowChange(Change):
    """An UPDATE or a DELETE; see the module."""

    def __init__(self, node: Any, context: CompileContext) -> None:
        super().__init__(node, context)
        self.written_where = node.args.get("where")
        self.binder.expressions.later = LateMistakes()
        self.node = among_chosen(node, self.table)

    def rows(self) -> Rows:
        """Bind the target and FROM."""
        scope, source = self.binder.table_scope(self.table, self.alias)
        source.indexed = index_hint(self.node.this)
        rows = Rows(source, scope, [Join(source, "INNER")])
        if self.node.args.get("from_") is not None:
            if self.context.authorizer is not None:
                self.context.authorizer.allows("SELECT", origin=self.context.origin)
            from_binder = FromBinder(self.binder, scope)
            from_binder.bind(self.node)
            rows.joins += from_binder.joins
            rows.where += from_binder.where
        return rows

    def assignments(self, rows: Rows) -> list[Assignment]:
        """Bind SET. With FROM, which makes a SELECT of it to SQLite, it may call windows of what is found, and
        aggregate it: one row is changed then."""
        scope, nodes = rows.scope, self.node.expressions
        if len(rows.joins) == 1:
            return bound_assignments(self, nodes, scope)
        scope.grouping = grouping = Grouping(source=self.binder.next_source(), keys=[])
        scope.windowing = Windowing(source=self.binder.next_source())
        with scope.phase(grouped=True, allow_aggregates=True, allow_windows=True):
            found = bound_assignments(self, nodes, scope)
            if grouping.aggregates:
                scope.single_group = True
                grouping.aggregates.clear()
                scope.windowing.clear()
                found = bound_assignments(self, nodes, scope)
        if scope.windowing.calls:
            rows.windowing = scope.windowing
        if grouping.aggregates:
            grouping.bare = True
            note_picking_aggregate(grouping)
            rows.grouping = grouping
        return found

    def bind_where(self, rows: Rows) -> None:
        """Bind WHERE, whose mistakes are told after those of what is assigned."""
        where = self.node.args.get("where")
        if where is not None:
            try:
                conditions = self.binder.expressions.conjuncts(where.this, rows.scope)
            except AggregateMisuse as misuse:
                if rows.grouping is None or misuse.scope is not rows.scope:
                    raise
                raise SqlError(f"misuse of aggregate: {misuse.name}()") from None
            if where is not self.written_where:
                chosen = conditions[0]
                assert isinstance(chosen, bound.InQuery)
                chosen.query.is_awaited = True  # a LIMIT that is no number is told though there are no rows
            rows.where += conditions
        if self.node.args.get("from_") is not None:
            for guard in (source.guard for source in rows.scope.sources if source.guard is not None):
                guard.finish()
            tree_id = self.table.tree_id
            if any(source.tree_id == tree_id and source.query is None for source in rows.scope.sources[1:]):
                refuse_target_in_from(self.node, self.table)
        self.binder.expressions.end_late()

    def step(self, rows: Rows, exprs: Sequence[Expr]) -> Step | None:
        """How the plan is to find the rows, where that is one step, and no subquery is about."""
        if len(rows.joins) != 1 or any(bound.has_query(e) for e in (*exprs, *rows.where)):
            return None
        query = rows.scope.query
        query.body = select = Select(joins=list(rows.joins), where=list(rows.where))
        plan_query(query, self.context)
        return select.steps[0] if len(select.steps) == 1 and not select.constant_filters else None

    def sweep(self, step: Step | None, rows: Rows, exprs: Sequence[Expr]) -> Sweep | None:
        """The form for a look at the whole table, where nothing that is evaluated can run a statement."""
        if step is None or not isinstance(step.access, FullScan):
            return None
        evaluated = [*step.filters, *exprs]
        self.inline += evaluated
        if not self.is_closed():
            del self.inline[len(self.inline) - len(evaluated) :]
            return None
        tree = self.context.trees[self.table.tree_id]
        return Sweep(rows.source.number, self.table.tree_id, list(step.filters), tree.flags, most_rows(tree.count))

    def point(self, step: Step | None, rows: Rows, exprs: Sequence[Expr]) -> Point | None:
        """The point form, where the plan is to look up one rowid that is an INTEGER parameter."""
        if step is None or not isinstance(step.access, RowidGet):
            return None
        key = step.access.key.expr
        if not isinstance(key, bound.Parameter) or key.classes & ~INTEGER:
            return None
        filters = list(step.filters)
        reads = any(source == rows.source.number for e in (*exprs, *filters) for source, _ in references(e))
        flags = self.context.trees[self.table.tree_id].flags if reads else None
        self.inline += [key, *filters, *exprs]
        return Point(rows.source.number, self.table.tree_id, key, filters, flags)

    def query(self, rows: Rows, exprs: Sequence[Expr], with_row: bool = True) -> Compiled:
        """The compiled query over rowid, row and ``exprs``."""
        source = rows.source
        source.uses_rowid = True
        outputs: list[Expr] = [
            bound.Rowid(source.number, classes=INTEGER),
            *([bound.WholeRow(source.number)] if with_row else []),
            *exprs,
        ]
        query = rows.scope.query
        query.body = Select(
            joins=rows.joins,
            where=rows.where,
            outputs=[Output(e, ColumnInfo("", e.classes)) for e in outputs],
        )
        query.columns = [ColumnInfo("", e.classes) for e in outputs]
        if rows.grouping is None and rows.windowing is None:
            return compile_query(query, self.context)
        query.body.grouping, query.body.windowing = rows.grouping, rows.windowing
        del query.body.outputs[1], query.columns[1]
        compiled, tree_id = compile_query(query, self.context), self.table.tree_id
        return replace(compiled, run=_with_rows(compiled, tree_id), streams=False)

    def explain_point(self) -> str:
        """EXPLAIN QUERY PLAN of the point form."""
        return f"SEARCH {self.alias} USING INTEGER PRIMARY KEY (rowid=?)"

    def explain_sweep(self) -> str:
        """EXPLAIN QUERY PLAN of a look at the whole table."""
        return f"SCAN {self.alias}"


def _with_rows(compiled: Compiled, tree_id: int) -> Callable[[Mapping[int, Any], Sequence[Any]], list[Any]]:
    """What was found as one group, or through windows: the rows behind their rowids; none stands for an empty group."""

    def run(trees: Mapping[int, Any], params: Sequence[Any]) -> list[Any]:
        return [(k, trees[tree_id].row(k), *values) for k, *values in compiled.rows(trees, params) if k is not None]

    return run
