"""From a query's AST to a compiled function: bind, plan, write, compile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding.plan import ColumnInfo, Query
from mantisdb_sql.binding.query import bind_query
from mantisdb_sql.catalog.definitions import Catalog
from mantisdb_sql.codegen.query import QueryWriter
from mantisdb_sql.context import CompileContext, Compiled
from mantisdb_sql.errors import SqlError
from mantisdb_sql.planning.explain import explain_queries
from mantisdb_sql.values.storage import ANY

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["collect_query", "compile_query", "compile_select"]


def compile_select(node: exp.Expression, context: CompileContext) -> Compiled:
    """Compile a SELECT, VALUES or compound statement."""
    try:
        return compile_query(bind_query(node, context), context, guarded=True)
    except RecursionError:
        raise SqlError("Expression tree is too large (maximum depth 1000)") from None


def compile_query(
    query: Query, context: CompileContext, guarded: bool = False, given: Sequence[int] = ()
) -> Compiled:
    """Compile a bound query; ``guarded`` where it is a statement of its own, called with parameters as they come.

    ``given`` are the numbers of sources around it: the last parameters are their rows and rowids, and a dict that
    keeps what depends on no row between calls.
    """
    writer = QueryWriter(context)
    writer.statement(query, guarded, given)
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


def collect_query(
    session: Session, trees: Any, catalog: Catalog, node: Any, sql: str, params: Sequence[Any] = (),
) -> tuple[list[ColumnInfo], list[Any]]:
    """Columns and rows of a query, as CREATE TABLE AS needs them."""
    strings, classes = session.is_on("dqs_dml"), [ANY] * len(params)
    context = CompileContext(
        catalog, trees, session.functions, classes, sql, double_quoted_strings=strings, authorizer=session.authorizer
    )
    query = bind_query(node, context)
    return query.columns, compile_query(query, context, guarded=bool(params)).rows(trees, params)
