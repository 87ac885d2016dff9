"""SELECT DISTINCT of one column.

    return distinct_column(lambda: column(t5, 1))          a set of the column, where the first rows show few values
    return [(x,) for x in dict.fromkeys([r0[1] + 1 for …])]

The values come in the order in which they are first met, as SQLite has them. Where an index gives them in its order,
index_groups.py has the code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.plan import Select
from mantisdb_sql.codegen.clauses import Clause, For, comprehension
from mantisdb_sql.codegen.column_scan import column_of

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import Lines, QueryWriter
    from mantisdb_sql.codegen.rows import Rows

__all__ = ["distinct_column", "emit_distinct_column"]

_FIRST_BATCHES = 16
_FEW = 4  # rows to each value among the first: the others are likely to bring no new ones
_from_iterable = chain.from_iterable


def emit_distinct_column(writer: QueryWriter, select: Select, clauses: list[Clause], out: Lines) -> str:
    """Text of the list of rows; ``clauses`` are those of the scan, whose first gives batches where it is a table's."""
    expr = select.outputs[0].expr
    value = writer.emit.value(expr)
    if isinstance(expr, bound.Column) and len(clauses) == 2 and not select.constant_filters:
        batches, rows = clauses
        if isinstance(batches, For) and rows == For(value.partition("[")[0], batches.target):
            function = writer.source.constant(distinct_column, "distinct_column")
            return f"{function}(lambda: {_column(writer, select, expr, batches)})"
    values = writer.guarded(select, f"[{comprehension(value, clauses)}]")
    return f"[(x,) for x in dict.fromkeys({writer.iterable(values, out)})]"


def _column(writer: QueryWriter, select: Select, expr: bound.Column, batches: For) -> str:
    """Text of the lists of a column's values."""
    source = select.steps[0].source
    if source.table is not None:
        return column_of(writer, source, expr.position)
    return f"([r[{expr.position}] for r in {batches.target}] {batches})"


def distinct_column(scan: Callable[[], Iterable[Iterable[Any]]]) -> Rows:
    """The distinct values of a column, as rows, in the order in which they are first met; ``scan`` gives them in lists,
    each time anew."""
    batches = iter(scan())
    first = list(_from_iterable(islice(batches, _FIRST_BATCHES)))
    found = dict.fromkeys(first)
    if len(found) * _FEW <= len(first):
        others: set[Any] = set()
        for batch in batches:
            others.update(batch)
        if others <= found.keys():
            return [(value,) for value in found]
        batches = islice(scan(), _FIRST_BATCHES, None)
    found.update(dict.fromkeys(_from_iterable(batches)))
    return [(value,) for value in found]
