"""Results with subqueries, under ORDER BY and LIMIT: evaluated for the rows that are left when all others are cut off.

    SELECT o.*, (SELECT count(*) FROM item AS i WHERE i.owner = o.id) FROM owner AS o ORDER BY o.name LIMIT 20

So that nobody can tell, they must give the same whenever they are asked, and must not fail (effects.py). A result that
ORDER BY is about is needed before, and is a term like any other.
"""

from __future__ import annotations

from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import is_quiet_condition, is_repeatable, varies
from mantisdb_sql.binding.plan import OrderTerm, Select, queries_in

__all__ = ["evaluates_late"]


def evaluates_late(select: Select, order: list[OrderTerm]) -> bool:
    """Whether the results of a SELECT that must be sorted for its LIMIT are better evaluated behind it."""
    if not order or select.sorted_by_scan or select.distinct:
        return False
    if select.grouping is not None or select.windowing is not None:
        return False
    outputs = [output.expr for output in select.outputs]
    sorted_by = {term.output for term in order}
    local = {source.number for source in select.sources}
    if not any(_asks(expr, local) for i, expr in enumerate(outputs) if i not in sorted_by):
        return False
    return all(is_quiet_condition(expr) and not varies(expr) and _is_repeatable(expr) for expr in outputs)


def _asks(expr: Expr, local: set[int]) -> bool:
    """Whether an expression has a subquery that depends on the row."""
    return any(number in local for query in queries_in(expr) for number, _ in query.outer)


def _is_repeatable(expr: Expr) -> bool:
    return all(is_repeatable(query) for query in queries_in(expr))
