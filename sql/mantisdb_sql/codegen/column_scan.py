"""Scans that read one column and nothing else: ``leaf_columns`` of the engine.

    for b0 in t5.values() for r0 in b0 if r0[3] > p0
    for b0 in column(t5, 3) for r0_3 in b0 if r0_3 > p0

Whatever else a row has stays untouched. Leaves that have an order by the column (leaf_ranges.py) serve conditions
better; and two columns are read quicker from the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mantisdb_engine.leaf_columns import column
from mantisdb_engine.nodes import LEAF_MAX
from mantisdb_sql.binding import bound
from mantisdb_sql.binding.plan import FullScan, queries_in, references
from mantisdb_sql.codegen.leaf_ranges import terms_for_leaves
from mantisdb_sql.codegen.matching import batches_with, sought_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.binding.plan import Select, Source, Step
    from mantisdb_sql.codegen.query import QueryWriter

__all__ = ["column_of", "column_of_matches", "is_of_column", "read_column"]

_FEWEST_ROWS = 1000
_SELDOM = 0.3 / LEAF_MAX
"""What fewer of the rows match is found in few of the leaves."""


def read_column(writer: QueryWriter, select: Select, exprs: Sequence[Expr]) -> bool:
    """Have the scan of a SELECT from one table read only the column that it needs, if that is one. ``exprs`` are all
    that is evaluated for a row beside the conditions; the row itself must not be needed."""
    if len(select.steps) != 1:
        return False
    step = select.steps[0]
    source = step.source
    if not isinstance(step.access, FullScan) or not _may_read_column(writer, source) or step.access.descending:
        return False
    everything = [*exprs, *step.filters]
    read = {position for e in everything for number, position in references(e) if number == source.number}
    if len(read) != 1 or any(True for e in everything for _ in queries_in(e)):
        return False
    position = read.pop()
    if position < 0 or terms_for_leaves(writer, step, step.filters):
        return False
    writer.scalars[source.number, position] = f"r{source.number}_{position}"
    writer.columns[source.number] = position
    return True


def is_of_column(writer: QueryWriter, source: Source, expr: Expr) -> bool:
    """Whether an expression is a column of a table that is read so."""
    return isinstance(expr, bound.Column) and expr.source == source.number and _may_read_column(writer, source)


def column_of(writer: QueryWriter, source: Source, position: int) -> str:
    """Text of the lists of a column's values."""
    return f"{writer.source.constant(column, 'column')}({writer.tree(source.tree_id)}, {position})"


def column_of_matches(writer: QueryWriter, step: Step, position: int) -> str:
    """Text of the lists of a column's values, of which those without a match of a LIKE that few match may be left
    out."""
    text, statistics = column_of(writer, step.source, position), writer.context.statistics
    for condition in step.filters:
        if not isinstance(condition, bound.Like) or not isinstance(condition.operand, bound.Column):
            continue
        sought = sought_text(writer.flat, condition)
        if sought is None or statistics is None or statistics.share(condition, step.source) > _SELDOM:
            continue
        text = f"{writer.source.constant(batches_with, 'batches_with')}({sought}, {text})"
    return text


def _may_read_column(writer: QueryWriter, source: Source) -> bool:
    statistics = writer.context.statistics
    if source.table is None or source.uses_rowid or statistics is None:
        return False
    return source.width > 1 and statistics.rows(source) >= _FEWEST_ROWS
