"""What UPDATE and DELETE of a table share: finding the rows that they change.

A query collects them before the first one is written; or, where the plan says that this is the same, one row is looked
up (``point``) or all leaves are gone through (``sweep``) without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.from_clause import FromBinder
from mantisdb_sql.binding.late_mistakes import LateMistakes
from mantisdb_sql.binding.plan import ColumnInfo, FullScan, Join, Output, RowidGet, Select, Source, Step, references
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.binding.source import index_hint
from mantisdb_sql.changes.change import Change, compile_query
from mantisdb_sql.changes.change_limits import among_chosen
from mantisdb_sql.codegen.dml import Point
from mantisdb_sql.codegen.prelude import most_rows
from mantisdb_sql.codegen.sweep import Sweep
from mantisdb_sql.context import CompileContext, Compiled
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

    def bind_where(self, rows: Rows) -> None:
        """Bind WHERE, whose mistakes are told after those of what is assigned."""
        where = self.node.args.get("where")
        if where is not None:
            conditions = self.binder.expressions.conjuncts(where.this, rows.scope)
            if where is not self.written_where:
                chosen = conditions[0]
                assert isinstance(chosen, bound.InQuery)
                chosen.query.is_awaited = True  # a LIMIT that is no number is told though there are no rows
            rows.where += conditions
        if self.node.args.get("from_") is not None:
            for guard in (source.guard for source in rows.scope.sources if source.guard is not None):
                guard.finish()
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
        return compile_query(query, self.context)

    def explain_point(self) -> str:
        """EXPLAIN QUERY PLAN of the point form."""
        return f"SEARCH {self.alias} USING INTEGER PRIMARY KEY (rowid=?)"

    def explain_sweep(self) -> str:
        """EXPLAIN QUERY PLAN of a look at the whole table."""
        return f"SCAN {self.alias}"
