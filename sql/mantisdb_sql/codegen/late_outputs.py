"""Results that are evaluated when ORDER BY and LIMIT are done (planning/late_outputs.py).

    o0 = smallest([(r0, r0[1],) for b0 in t5.values() for r0 in b0], 1, stop0, False)
    sort_by(o0, itemgetter(1))
    return [(r0[0], y0, s1_scalar(r0),) for r0, y0 in o0[start0:stop0]]

What is sorted is the SELECT with rows for results, and those results that are terms of ORDER BY.
"""

from __future__ import annotations

from dataclasses import replace

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import ColumnInfo, Output, Query, Select, references

__all__ = ["outputs_sorted_by", "rows_for_outputs"]


def outputs_sorted_by(query: Query) -> list[int]:
    """The places of the results that ORDER BY is about."""
    return list(dict.fromkeys(term.output for term in query.order if term.output is not None))


def rows_for_outputs(query: Query, select: Select) -> tuple[Query, Select, list[str]]:
    """The query and its SELECT with the rows that the results are made of in place of these, before those results that
    ORDER BY is about; and the rows' names."""
    local = {source.number for source in select.sources}
    read = {place for output in select.outputs for place in references(output.expr) if place[0] in local}
    rows: dict[str, Expr] = {}
    for number, position in sorted(read):
        if position == -1:
            rows[f"k{number}"] = bound.Rowid(number)
        else:
            rows[f"r{number}"] = bound.WholeRow(number)
    kept = outputs_sorted_by(query)
    outputs = [Output(expr, ColumnInfo(name)) for name, expr in rows.items()] + [select.outputs[i] for i in kept]
    inner = replace(select, outputs=outputs, late_outputs=False)
    order = [
        term if term.output is None else replace(term, output=len(rows) + kept.index(term.output))
        for term in query.order
    ]
    return Query(number=-1, body=inner, order=order), inner, list(rows)
