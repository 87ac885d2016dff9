"""What a batched INSERT has to compute: values that are expressions over parameters, generated columns, DEFAULTs that
are no literals, and CHECK constraints.

    def values(count, p0s, p1s):        # columns of parameters: a column for each expression
        return [upper(p0) for p0 in p0s], [(p0 + p1) for p0, p1 in zip(p0s, p1s)]

    def generated(count, v0s, v2s):     # columns as they are stored
        v1s = [(v0 * 2) for v0 in v0s]
        return v1s, [str(v1) for v1 in v1s]

    def defaults():                     # once per batch: a moment in time is one for all of its rows
        return (current_timestamp(…), )

    def holds(rows, rowids):            # rows as they are stored
        for r1, k1 in zip(rows, rowids):
            if …: return False
        return True

The first two are compiled anew for each set of classes that the columns turn out to have, as statements are for the
types of their parameters. Only expressions are taken of which nobody can tell that they were evaluated once, or once
more (:func:`mantisdb_sql.planning.conditions.is_pure`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import references
from mantisdb_sql.binding.query import SelectBinder
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.catalog.definitions import TableDef
from mantisdb_sql.changes.computed_indexes import row_source
from mantisdb_sql.changes.generated_columns import Generated, bind_generated
from mantisdb_sql.codegen.dml import ChangeContext, emit_stored
from mantisdb_sql.codegen.expressions import Emitter
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.context import CompileContext
from mantisdb_sql.planning.conditions import is_pure
from mantisdb_sql.room import with_room
from mantisdb_sql.values.storage import ANY

if TYPE_CHECKING:
    from mantisdb_sql.codegen.insert import InsertCode

__all__ = ["GeneratedColumns", "RowValues", "compile_checks", "compile_defaults", "generated_columns"]

Row = tuple[Any, ...]
Column = Sequence[Any]

_MAX_VARIANTS = 12  # for more sets of classes there is one that takes anything


class ComputedColumns:
    """Columns of a batch that are computed from others, whose numbers are ``reads``. It outlives the trees that it was
    compiled for."""

    def __init__(self, reads: Iterable[int], context: CompileContext) -> None:
        self.reads = sorted(reads)
        self._context = replace(context, trees={}, parameters=())
        self._variants: dict[tuple[int, ...], Callable[..., Sequence[Column]]] = {}

    def compute(self, columns: Sequence[Column], classes: Sequence[int], count: int) -> Sequence[Column]:
        """The columns, of ``count`` rows; ``columns`` and ``classes`` are those that are read."""
        signature = tuple(classes)
        compute = self._variants.get(signature)
        if compute is None:
            if len(self._variants) >= _MAX_VARIANTS:
                signature = (ANY,) * len(classes)
            compute = self._variants[tuple(classes)] = with_room(self._compiled, signature)
        return compute(count, *columns)

    def _compiled(self, classes: tuple[int, ...]) -> Callable[..., Sequence[Column]]:
        raise NotImplementedError


class RowValues(ComputedColumns):
    """Values of an INSERT of one row that are expressions over its parameters."""

    def __init__(self, exprs: Sequence[Expr], nodes: Sequence[Any], context: CompileContext) -> None:
        """``nodes`` is what ``exprs`` were bound from."""
        super().__init__(
            {node.index for e in exprs for node in bound.walk(e) if isinstance(node, bound.Parameter)}, context
        )
        self._nodes = nodes
        self._width = len(context.parameter_classes)

    def _compiled(self, classes: tuple[int, ...]) -> Callable[..., Sequence[Column]]:
        kinds = [ANY] * self._width
        for slot, kind in zip(self.reads, classes, strict=True):
            kinds[slot] = kind
        context = replace(self._context, parameter_classes=kinds)
        binder = SelectBinder(context)
        exprs = [binder.expressions.bind(node, Scope(query=binder.new_query())) for node in self._nodes]
        code = Code()
        with code.block(f"def values({', '.join(['count', *[f'p{slot}s' for slot in self.reads]])}):"):
            emitter = _emitter(code, context)
            items = []
            for e in exprs:
                used = {node.index for node in bound.walk(e) if isinstance(node, bound.Parameter)}
                items.append(f"[{emitter.value(e)} for {_each('p', used)}], ")
            code.line(f"return ({''.join(items)})")
        return code.compile("values", context.sql)


class GeneratedColumns(ComputedColumns):
    """A table's generated columns. ``positions`` are theirs, each behind those that it reads."""

    def __init__(self, generated: Generated, table: TableDef, context: CompileContext) -> None:
        self.positions = [position for position, _ in generated]
        read = {position for _, e in generated for _, position in references(e)}
        super().__init__(read.difference(self.positions), context)
        self._table = table

    def _compiled(self, classes: tuple[int, ...]) -> Callable[..., Sequence[Column]]:
        table, code = self._table, Code()
        kinds = [ANY] * len(table.columns)
        for position, kind in zip(self.reads, classes, strict=True):
            kinds[position] = kind
        source = row_source(0, table, table.name, kinds)
        with code.block(f"def generated({', '.join(['count', *[f'v{position}s' for position in self.reads]])}):"):
            emitter = _emitter(code, self._context)
            emitter.context.named.update({(0, p): f"v{p}" for p in range(len(kinds))})
            for position, e in bind_generated(SelectBinder(self._context), table, source):
                stored = emit_stored(emitter.value(e), e.classes, table.columns[position].affinity, code)
                code.line(f"v{position}s = [{stored.code} for {_each('v', {p for _, p in references(e)})}]")
            code.line(f"return ({''.join(f'v{position}s, ' for position in self.positions)})")
        return code.compile("generated", f"generated columns of {table.name}")


def _each(letter: str, numbers: set[int]) -> str:
    """The part of a comprehension that goes through columns, named after a letter and their numbers."""
    names = [f"{letter}{number}" for number in sorted(numbers)]
    if len(names) < 2:
        return f"{names[0]} in {names[0]}s" if names else "_ in range(count)"
    return f"{', '.join(names)} in zip({', '.join(f'{name}s' for name in names)})"


def generated_columns(generated: Generated, table: TableDef, context: CompileContext) -> GeneratedColumns | None:
    """The generated columns of a batch; None where a row is to be looked at by itself."""
    if not all(is_pure(e) and all(position >= 0 for _, position in references(e)) for _, e in generated):
        return None
    return GeneratedColumns(generated, table, context)


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


def _emitter(code: Code, context: CompileContext) -> Any:
    from mantisdb_sql.query_compiler import compile_query

    return Emitter(code, ChangeContext(context, code, compile_query))
