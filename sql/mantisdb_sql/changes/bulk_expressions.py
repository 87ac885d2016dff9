"""What a batched INSERT has to compute: DEFAULTs that are no literals, and CHECK constraints.

    def defaults():                     # once per batch: a moment in time is one for all of its rows
        return (current_timestamp(…), )

    def holds(rows, rowids):            # rows as they are stored
        for r1, k1 in zip(rows, rowids):
            if …: return False
        return True

Only expressions are taken of which nobody can tell that they were evaluated once, or once more
(:func:`mantisdb_sql.planning.conditions.is_pure`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.codegen.dml import ChangeContext
from mantisdb_sql.codegen.expressions import Emitter
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.context import CompileContext

if TYPE_CHECKING:
    from mantisdb_sql.codegen.insert import InsertCode

__all__ = ["compile_checks", "compile_defaults"]

Row = tuple[Any, ...]


def compile_defaults(exprs: Sequence[Expr], context: CompileContext) -> Callable[[], Row]:
    """A function that gives the values of expressions that read nothing, before their columns' affinities."""
    code = Code()
    with code.block("def defaults():"):
        emitter = _emitter(code, context)
        code.line(f"return ({''.join(f'{emitter.value(expr)}, ' for expr in exprs)})")
    return code.compile("defaults", context.sql)


def compile_checks(code: InsertCode, context: CompileContext) -> Callable[[Sequence[Row], Sequence[int]], bool]:
    """A function that tells whether all rows meet the CHECK constraints."""
    source = Code()
    with source.block("def holds(rows, rowids):"):
        emitter = _emitter(source, context)
        with source.block(f"for r{code.number}, k{code.number} in zip(rows, rowids):"):
            for expr, _ in code.checks:
                source.line(f"if {emitter.false(expr)}: return False")
        source.line("return True")
    return source.compile("holds", context.sql)


def _emitter(code: Code, context: CompileContext) -> Emitter:
    from mantisdb_sql.query_compiler import compile_query

    return Emitter(code, ChangeContext(context, code, compile_query))
