"""Generated columns (https://www.sqlite.org/gencol.html): computed when a row is written, VIRTUAL ones as well.

Rows hold the values of all columns, so that nothing that reads a row need know which of them were computed. The
expressions depend on their row alone, and are computed in an order in which each finds what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import Source, references
from mantisdb_sql.binding.query import SelectBinder
from mantisdb_sql.binding.scope import GENERATED_COLUMNS
from mantisdb_sql.catalog.definitions import ColumnDef, TableDef
from mantisdb_sql.changes.computed_indexes import row_expression, row_source
from mantisdb_sql.codegen.dml import ChangeContext, emit_stored
from mantisdb_sql.codegen.expressions import Emitter
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.errors import SqlError

if TYPE_CHECKING:
    from mantisdb_sql.context import CompileContext

__all__ = ["Generated", "bind_generated", "generated_expression", "row_completer", "with_computed"]

Generated = list[tuple[int, Expr]]
"""Positions of generated columns with their expressions, each behind those that it reads."""

_THING = "a generated column"


def generated_expression(binder: SelectBinder, column: ColumnDef, source: Source) -> Expr:
    """What a generated column is, over a row of its table."""
    return row_expression(binder, column.generated, source, GENERATED_COLUMNS, _THING)


def bind_generated(binder: SelectBinder, table: TableDef, source: Source, *, lenient: bool = False) -> Generated:
    """The generated columns of ``table``, over ``source``, a row of it. Those that depend on themselves are refused;
    ``lenient``: left out, with what reads them."""
    pending = {
        position: generated_expression(binder, column, source)
        for position, column in enumerate(table.columns) if column.generated is not None
    }
    result: Generated = []
    while pending:
        ready = [p for p, e in pending.items() if pending.keys().isdisjoint(read for _, read in references(e))]
        if not ready and lenient:
            break
        if not ready:
            raise SqlError(f'generated column loop on "{table.columns[max(pending)].name}"')
        result += [(p, pending.pop(p)) for p in ready]
    return result


def with_computed(binder: SelectBinder, table: TableDef, positions: Sequence[int]) -> list[int]:
    """Columns that an UPDATE writes, and the generated ones that are others for it."""
    result = list(positions)
    if table.has_generated:
        for position, expr in bind_generated(binder, table, row_source(0, table, table.name, [])):
            if any(read in result for _, read in references(expr)):
                result.append(position)
    return result


def row_completer(table: TableDef, context: CompileContext) -> Callable[[int, tuple[Any, ...]], tuple[Any, ...]]:
    """``f(rowid, row)``: the row with its generated columns computed, but those that depend on themselves."""
    code = Code()
    change = ChangeContext(context, code, lambda *_: None)
    emitter = Emitter(code, change)
    items = [f"r0[{i}]" for i in range(len(table.columns))]
    with code.block("def complete(k0, r0):"):
        source = row_source(0, table, table.name, [])
        for position, expr in bind_generated(SelectBinder(context), table, source, lenient=True):
            stored = emit_stored(emitter.value(expr), expr.classes, table.columns[position].affinity, code)
            items[position] = change.named[0, position] = f"v{position}"
            code.line(f"v{position} = {stored.code}")
        code.line(f"return ({', '.join(items)},)")
    return code.compile("complete", f"generated columns of {table.name}")
