"""From a query's AST to a compiled function: bind, plan, write, compile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from mantisdb_sql import bound
from mantisdb_sql.bind_select import bind_query
from mantisdb_sql.bound import Expr
from mantisdb_sql.codegen.expressions import Emitter, ExpressionContext
from mantisdb_sql.codegen.query import QueryWriter
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.context import CompileContext, Compiled
from mantisdb_sql.errors import SqlError
from mantisdb_sql.explain import explain_queries
from mantisdb_sql.plan import Query, expressions_of, queries_of

__all__ = ["compile_query", "compile_select", "make_emitter", "parameters_of"]


def compile_select(node: exp.Expression, context: CompileContext) -> Compiled:
    """Compile a SELECT, VALUES or compound statement."""
    try:
        return compile_query(bind_query(node, context), context, guarded=True)
    except RecursionError:
        raise SqlError("Expression tree is too large (maximum depth 1000)") from None


def compile_query(query: Query, context: CompileContext, guarded: bool = False) -> Compiled:
    """Compile a bound query; ``guarded`` where it is a statement of its own, called with parameters as they come."""
    writer = QueryWriter(context)
    writer.statement(query, guarded)
    run = writer.source.compile("run", context.sql)
    text = writer.source.text
    queries = writer.queries
    return Compiled(
        run=run,
        columns=tuple(info.name for info in query.columns),
        decltypes=tuple(info.declared_type for info in query.columns),
        streams=writer.streams,
        source_text=text,
        explain=lambda: explain_queries(queries),
        tables=frozenset(writer.trees),
    )


def make_emitter(code: Code, context: CompileContext) -> Emitter:
    """An emitter for expressions of INSERT, UPDATE and DELETE, in a function of the session's own making."""
    return Emitter(code, _StatementContext(context, code))


class _StatementContext(ExpressionContext):
    """Expressions evaluated where they stand: what could be hoisted is computed in place."""

    def __init__(self, context: CompileContext, code: Code) -> None:
        super().__init__()
        self.functions = context.functions
        self._context = context
        self._code = code

    def prepared(self, text: str, source: Code) -> str:
        return text

    def subquery_value(self, node: bound.ScalarQuery) -> str:
        nothing = f"({'None,' * len(node.query.columns)})"
        return f"({self._rows(node.query)} or ({nothing},))[0][{node.column}]"

    def exists(self, node: bound.Exists) -> str:
        return f"({self._rows(node.query)} != [])"

    def in_query(self, node: bound.InQuery) -> str:
        from mantisdb_sql.errors import NotSupported

        raise NotSupported("IN (SELECT …) here")

    def _rows(self, query: Query) -> str:
        from mantisdb_sql.errors import NotSupported

        if query.outer:
            raise NotSupported("correlated subquery here")
        compiled = compile_query(query, self._context)
        return f"{self._code.constant(compiled)}.rows(txn.trees, params)"


def parameters_of(query: Query) -> Iterator[int]:
    """The slots of all parameters in a query, its subqueries included."""
    stack: list[Any] = [query]
    while stack:
        item = stack.pop()
        if isinstance(item, Query):
            stack.extend(expressions_of(item))
            stack.extend(queries_of(item))
            continue
        assert isinstance(item, Expr)
        if isinstance(item, bound.Parameter):
            yield item.index
        stack.extend(bound.children(item))
