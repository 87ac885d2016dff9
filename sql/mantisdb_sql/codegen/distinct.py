"""SELECT DISTINCT of one column.

    return distinct_column(lambda: column(t5, 1))          a set of the column, where the first rows show few values
    return distinct_in_index(t6)                           from value to value of an index that begins with the column
    return [(x,) for x in dict.fromkeys([r0[1] + 1 for …])]

The values come in the order in which they are first met, or in that of the index, as SQLite has them in either case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from mantisdb_engine.keys import TOP
from mantisdb_sql.binding import bound
from mantisdb_sql.binding.plan import FullScan, Select
from mantisdb_sql.codegen.clauses import Clause, For, comprehension
from mantisdb_sql.codegen.column_scan import column_of
from mantisdb_sql.values.storage import INTEGER, REAL

if TYPE_CHECKING:
    from mantisdb_sql.catalog.definitions import IndexDef
    from mantisdb_sql.codegen.query import Lines, QueryWriter
    from mantisdb_sql.codegen.rows import Rows

__all__ = ["distinct_column", "distinct_in_index", "emit_distinct_column"]

_FIRST_BATCHES = 16
_FEW = 4  # rows to each value among the first: the others are likely to bring no new ones
_ROWS_PER_SEARCH = 50  # that are gone through while an index is searched once
_from_iterable = chain.from_iterable


def emit_distinct_column(writer: QueryWriter, select: Select, clauses: list[Clause], out: Lines) -> str:
    """Text of the list of rows; ``clauses`` are those of the scan, whose first gives batches where it is a table's."""
    expr = select.outputs[0].expr
    value = writer.emit.value(expr)
    if isinstance(expr, bound.Column) and len(clauses) == 2 and not select.constant_filters:
        batches, rows = clauses
        if isinstance(batches, For) and rows == For(value.partition("[")[0], batches.target):
            index = _index(writer, select, expr)
            if index is not None:
                select.distinct_by_index = True
                select.steps[0].detail = f"SCAN {select.steps[0].source.alias} USING COVERING INDEX {index.name}"
                text = f"{writer.source.constant(distinct_in_index, 'distinct_in_index')}({writer.tree(index.tree_id)})"
                return f"{text}[::-1]" if index.columns[0].descending else text
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


def _index(writer: QueryWriter, select: Select, column: bound.Column) -> IndexDef | None:
    """An index by which the few values of a column are found quickly. 1 and 1.0 are one key, which may stand for
    either, so the column must not have both."""
    step, statistics = select.steps[0], writer.context.statistics
    table = step.source.table
    if table is None or statistics is None or step.source.indexed is False or not isinstance(step.access, FullScan):
        return None
    if column.position == table.rowid_alias or (column.classes & INTEGER and column.classes & REAL):
        return None
    if statistics.distinct(step.source, (column.position,)) * _ROWS_PER_SEARCH > statistics.rows(step.source):
        return None
    for index in table.indexes:
        first = index.columns[0]
        if first.position == column.position and first.collation == "BINARY" and not index.is_computed:
            return index
    return None


def distinct_in_index(tree: Any) -> Rows:
    """The different first values of an index's keys, as rows, ascending."""
    found: Rows = []
    first = tree.first()
    key = None if first is None else first[0]
    while key is not None:
        found.append((key[0],))
        batch = next(iter(tree.range(low=(key[0], TOP))), None)
        key = batch[0][0] if batch is not None else None
    return found


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
