"""UPDATE of a table: from AST to compiled function.

What is assigned is computed by the query that finds the rows, or when a row's turn comes, where a row before may have
changed it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import varies
from mantisdb_sql.binding.plan import Source, queries_in, reads_table
from mantisdb_sql.binding.scope import ROWID_NAMES, Scope
from mantisdb_sql.catalog.definitions import TableDef
from mantisdb_sql.changes.change import CompiledChange
from mantisdb_sql.changes.computed_indexes import row_source
from mantisdb_sql.changes.generated_columns import with_computed
from mantisdb_sql.changes.key_mistakes import refuse_wrong_keys
from mantisdb_sql.changes.key_relations import Manner
from mantisdb_sql.changes.returning_clause import returning_select
from mantisdb_sql.changes.row_change import RowChange, Rows
from mantisdb_sql.changes.set_clauses import bound_assignments, set_names, written_columns
from mantisdb_sql.changes.written_reals import real_columns
from mantisdb_sql.codegen.dml import emit_stored
from mantisdb_sql.codegen.late import LateQuery
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.codegen.sweep import may_sweep
from mantisdb_sql.codegen.update import Assignment, UpdateCode, could_replace, emit_update, may_replace, touched_indexes
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import ANY, NULL, profile_classes

__all__ = ["UpdateChange"]


class UpdateChange(RowChange):
    """UPDATE, also with FROM."""

    node: exp.Update

    def compile(self) -> CompiledChange:
        """See :func:`mantisdb_sql.changes.dml.compile_change`."""
        rows, assignments = self._bound()
        exprs = [a.expr for a in assignments if a.expr is not None]
        action = self.node.meta.get("conflict")
        self.changed = with_computed(self.binder, self.table, [a.position for a in assignments])
        replaces = may_replace(self.table, action, self.changed)
        self.manner = Manner(moves=True, may_remove=replaces, could_remove=could_replace(self.table, action))
        fires = self.fires("UPDATE", action, set_names(self.node.expressions))
        fires = self.settles(fires, "UPDATE")
        late = self._late(rows, assignments, fires is not None or replaces)
        for i in late:
            exprs[i] = bound.Literal(None, classes=NULL)
            assignments[i].classes = ANY
        step = self.step(rows, exprs) if fires is None and not late else None
        point = self.point(step, rows, exprs) if rows.where else None
        sweep = self.sweep(step, rows, exprs) if self._is_simple(assignments, action) else None
        compiled = None
        values = assignments
        if point is None and sweep is None:
            compiled = self.query(rows, exprs)
            values = [Assignment(a.position, None, f"x{i}", a.classes) for i, a in enumerate(assignments)]
        follows = fires is not None or replaces
        fresh = self._fresh() if follows and len(rows.joins) == 1 and not late else None
        for value, expr in zip(values, fresh[0] if fresh else (), strict=False):
            value.classes |= expr.classes
        classes = self._classes(values, follows)
        written = row_source(self.binder.next_source(), self.table, self.alias, classes)
        outputs = self.returning(written)
        not_null = [a.position for a in values if a.position >= 0 and self.table.columns[a.position].not_null]
        code = UpdateCode(
            table=self.table, number=written.number, action=action, query=compiled, assignments=values,
            checks=self.checks(written, self.changed), generated=self.generated(written), distinct=len(rows.joins) > 1,
            defaults=self.defaults(not_null) if action == "REPLACE" or not_null else {},
            point=point, sweep=sweep,
            flags=self.context.trees[self.table.tree_id].flags, is_closed=self.is_closed(), fires=fires,
            follows=follows,
        )
        reals = real_columns(self.table, self.changed, bool(code.checks))
        code.returning = self.returned(outputs, written, reals)
        if replaces:
            code.deletes, code.settle = self.replacing(), self.settler()
        if late:
            code.late, code.late_names = self._late_values(late), [f"x{i}" for i in late]
        if fresh:
            code.fresh, code.fresh_number = fresh
        explain: Callable[[], str] | None = self.explain_point if point is not None else self.explain_sweep
        if compiled is not None:
            explain = compiled.explain
        return self.assemble(lambda source, emitter: emit_update(code, source, emitter), outputs, explain)

    def _bound(self) -> tuple[Rows, list[Assignment]]:
        """The rows and what is assigned. With FROM, the columns that are set come before all else in it, and "TABLE.*"
        in RETURNING and keys that lead nowhere before what is wrong in it."""
        if self.node.args.get("from_") is None:
            return self._rows_and_assignments()
        named = written_columns(self, self.node.expressions)
        try:
            return self._rows_and_assignments()
        except SqlError:
            clause = self.node.args.get("returning")
            if clause is not None:
                returning_select(clause)
            changed = with_computed(self.binder, self.table, named)
            refuse_wrong_keys(self.context, self.table, Manner(moves=True), changed, acts=False)
            raise

    def _rows_and_assignments(self) -> tuple[Rows, list[Assignment]]:
        rows = self.rows()
        before = len(self.inline)
        assignments = self.assignments(rows)
        del self.inline[before:]  # the query evaluates them
        self.bind_where(rows)
        return rows, assignments

    def _late(self, rows: Rows, assignments: list[Assignment], follows: bool) -> list[int]:
        """Which assignments have to be computed when their row's turn comes, since a subquery in them that depends on
        the row reads the table as the rows before have left it; or all, where triggers may have changed the row itself
        (``follows``) and there are subqueries, or functions that triggers make give something else, as total_changes().
        What FROM has a part in is computed beforehand."""
        if len(rows.joins) > 1:
            return []
        exprs = [a.expr for a in assignments if a.expr is not None]
        if follows and any(bound.has_query(expr) or varies(expr) for expr in exprs):
            return list(range(len(assignments)))
        late = []
        for i, assignment in enumerate(assignments):
            queries = [] if assignment.expr is None else list(queries_in(assignment.expr))
            readers = [query for query in queries if reads_table(query, self.table.tree_id)]
            if any(query.outer for query in readers):
                late.append(i)
        return late

    def _late_values(self, late: list[int]) -> LateQuery:
        """What those assignments give for a row."""

        def bind(change: UpdateChange, source: Source) -> list[Expr]:
            scope = Scope(query=change.binder.new_query(), sources=[source])
            assignments = bound_assignments(change, change.node.expressions, scope)
            return [expr for i in late if (expr := assignments[i].expr) is not None]

        return self.late([self.alias], bind)

    def _fresh(self) -> tuple[list[Expr], int]:
        """What is assigned, over a row of any types as it is when its turn comes."""
        source = row_source(self.binder.next_source(), self.table, self.alias, [])
        source.guard = self.binder.guard(self.table)
        scope = Scope(query=self.binder.new_query(), sources=[source])
        fresh = bound_assignments(self, self.node.expressions, scope)
        return [a.expr for a in fresh if a.expr is not None], source.number

    def _is_simple(self, assignments: list[Assignment], action: str | None) -> bool:
        """Whether rows can be changed without a look at others, and nothing but their number is asked for."""
        positions = [a.position for a in assignments]
        touched = touched_indexes(self.table, positions)
        if self.node.args.get("returning") is not None or not may_sweep(self.table, positions, touched, action):
            return False
        return not any(_names_rowid(check.expression, self.table) for check in self.table.checks)

    def _classes(self, values: list[Assignment], follows: bool) -> list[int]:
        """Those of a written row's values; anything that is not assigned where other statements may write the row
        meanwhile (``follows``)."""
        flags = self.context.trees[self.table.tree_id].flags
        classes = [ANY if follows else profile_classes(flags, i) for i in range(len(self.table.columns))]
        scratch = Code()
        for value in values:
            if value.position >= 0:
                column = self.table.columns[value.position]
                kinds = emit_stored("x", value.classes, column.affinity, scratch).classes
                classes[value.position] = ANY if column.not_null and column.default is not None else kinds
        return [ANY if c.generated is not None else k for c, k in zip(self.table.columns, classes, strict=True)]


def _names_rowid(node: Any, table: TableDef) -> bool:
    names = {lower_ascii(column.name) for column in node.find_all(exp.Column)}
    return any(name in ROWID_NAMES and table.position(name) is None for name in names)
