"""Which of several mistakes in a SELECT is told: the one that SQLite meets first.

SQLite binds a SELECT in an order of its own (``resolveSelectStep`` of resolve.c): LIMIT, the results, HAVING, WHERE,
the ON clauses, ORDER BY, GROUP BY. Here it is bound in the order in which its parts say what others mean. Where that
fails, what SQLite would have looked at before is bound once more, for its errors; a statement without mistakes pays
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding.expression import AggregateMisuse
from mantisdb_sql.binding.plan import Grouping, Query, Select, Windowing
from mantisdb_sql.binding.scope import Scope, Stage
from mantisdb_sql.errors import SqlError

if TYPE_CHECKING:
    from mantisdb_sql.binding.query import SelectBinder

__all__ = ["raise_earlier_error"]


def raise_earlier_error(binder: SelectBinder, query: Query, node: Any, scope: Scope, error: SqlError) -> None:
    """Raise what SQLite tells in the place of an ``error`` at ``scope.stage`` of the SELECT that ``node`` is, if there
    is such a thing."""
    failed = scope.stage
    if failed is Stage.FROM:
        binder.limit(query, node)
        return
    scope.grouping = Grouping(source=binder.next_source(), keys=[], explicit=node.args.get("group") is not None)
    scope.windowing = Windowing(source=binder.next_source())
    scope.windows = list(node.args.get("windows") or ())
    select = Select()
    if failed > Stage.LIMIT:
        binder.limit(query, node)
    with scope.phase(grouped=True, allow_aggregates=True, allow_windows=True):
        if failed > Stage.RESULTS:
            scope.sees_aliases = False
            select.outputs = [binder.output(item, scope) for item in binder.expand_stars(node, scope)]
        scope.sees_aliases = True
    if failed > Stage.HAVING:
        binder.having(select, node, scope)
    has_groups = scope.grouping.explicit or bool(scope.grouping.aggregates)
    if has_groups and failed in (Stage.WHERE, Stage.ON) and isinstance(error, AggregateMisuse) and error.scope is scope:
        raise SqlError(f"misuse of aggregate: {error.name}()")
    where = node.args.get("where")
    if failed > Stage.WHERE and where is not None:
        binder.expressions.conjuncts(where.args["this"], scope)
    if failed >= Stage.ON:
        for join in node.args.get("joins") or ():
            if join.args.get("on") is not None:
                binder.expressions.conjuncts(join.args["on"], scope)
    order = node.args.get("order")
    if failed > Stage.ORDER and order is not None:
        binder.order(order, select, scope)
