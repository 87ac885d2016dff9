"""Plans as text, for EXPLAIN QUERY PLAN and for tests that pin plans."""

from __future__ import annotations

from mantisdb_sql.plan import Compound, HashLookup, Query, Select, Values
from mantisdb_sql.planner import describe_access


def explain_queries(queries: list[Query]) -> str:
    """One line per step; the statement's own query first, each subquery under a heading."""
    lines: list[str] = []
    for i, query in enumerate(queries):
        indent = "" if i == 0 else "  "
        if i:
            lines.append(f"SUBQUERY {query.number}" + (" CORRELATED" if query.outer else ""))
        lines += [indent + line for line in _query_lines(query)]
    return "\n".join(lines)


def _query_lines(query: Query) -> list[str]:
    lines: list[str] = []
    if isinstance(query.body, Compound):
        lines.append("COMPOUND " + ", ".join(op for op, _ in query.body.rest))
    for arm in query.arms:
        if isinstance(arm, Values):
            lines.append(f"VALUES {len(arm.rows)} ROWS")
            continue
        lines += _select_lines(arm)
    if query.order and not (isinstance(query.body, Select) and query.body.sorted_by_scan):
        lines.append("ORDER BY")
    if query.limit is not None:
        lines.append("LIMIT")
    return lines


def _select_lines(select: Select) -> list[str]:
    lines = []
    for step in select.steps:
        text = describe_access(step.source, step.access)
        filters = len(step.filters) + len(step.on)
        if isinstance(step.access, HashLookup):
            filters += len(step.access.filters)
        lines.append(text + (" LEFT" if step.left else "") + (f" FILTER {filters}" if filters else ""))
    if not select.steps:
        lines.append("CONSTANT ROW")
    if select.grouping is not None:
        lines.append("GROUP BY" if select.grouping.explicit else "AGGREGATE")
    if select.distinct:
        lines.append("DISTINCT")
    return lines
