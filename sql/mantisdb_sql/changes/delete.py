"""DELETE from a table: from AST to compiled function."""

from __future__ import annotations

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.changes.change import CompiledChange
from mantisdb_sql.changes.computed_indexes import row_source
from mantisdb_sql.changes.foreign_keys import are_tied
from mantisdb_sql.changes.key_relations import Manner
from mantisdb_sql.changes.row_change import RowChange, Rows
from mantisdb_sql.codegen.delete import DeleteCode, emit_delete
from mantisdb_sql.codegen.triggers import Fires

__all__ = ["DeleteChange"]


class DeleteChange(RowChange):
    """DELETE."""

    node: exp.Delete

    def compile(self) -> CompiledChange:
        """See :func:`mantisdb_sql.changes.dml.compile_change`."""
        self.is_allowed("DELETE")
        self.manner = Manner(removes=True, lenient=not self.context.fires_triggers)
        rows = self.rows()
        self.bind_where(rows)
        fires = self.settles(self.fires("DELETE", None), "DELETE")
        if fires is not None:
            return self._compile_rows(rows, fires)
        outputs = self.returning(rows.source)
        if self.may_raise or any(bound.has_query(output.expr) for output in outputs or ()):
            return self._compile_rows(rows, Fires("DELETE"))
        self.inline.clear()
        watched = self.context.foreign_keys and are_tied(self.table, self.context.schema)
        if outputs is None and self.node.args.get("where") is None and not watched:
            code = DeleteCode(self.table, None)
            return self.assemble(lambda source, emitter: emit_delete(code, source, emitter), None, lambda: "")
        step = self.step(rows, []) if outputs is None else None
        point, sweep = self.point(step, rows, []), self.sweep(step, rows, []) if rows.where else None
        if point is not None or sweep is not None:
            code = DeleteCode(self.table, None, point=point, sweep=sweep)
            explain = self.explain_sweep if point is None else self.explain_point
            return self.assemble(lambda source, emitter: emit_delete(code, source, emitter), None, explain)
        compiled = self.query(rows, [o.expr for o in outputs or ()], with_row=bool(self.table.indexes))
        code = DeleteCode(self.table, compiled, 0 if outputs is None else len(outputs))
        return self.assemble(
            lambda source, emitter: emit_delete(code, source, emitter), outputs, compiled.explain
        )

    def _compile_rows(self, rows: Rows, fires: Fires) -> CompiledChange:
        """The form that goes row by row."""
        gone = row_source(self.binder.next_source(), self.table, self.alias, [])
        outputs = self.returning(gone)
        compiled = self.query(rows, [])
        returning = self.returned(outputs, gone)
        code = DeleteCode(self.table, compiled, fires=fires, returning=returning, number=gone.number)
        return self.assemble(
            lambda source, emitter: emit_delete(code, source, emitter), outputs, compiled.explain
        )
