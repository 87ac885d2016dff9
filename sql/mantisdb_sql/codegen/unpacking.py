"""Rows taken apart at once.

    for r0 in b0 if r0[3] > p0 if r0[2] % 2 == 0              →  (r0[0], r0[4], r0[3] * 2.0)
    for r0_0, _, r0_2, r0_3, r0_4 in b0 if r0_3 > p0 if …     →  (r0_0, r0_4, r0_3 * 2.0)

Taking a row apart costs something for each of its columns, wanted or not, but a variable is read for next to nothing,
and the processor fetches all values at the same time instead of one after the other, each behind a condition. Measured
on Python 3.11 it is quicker where about two fifths of the columns are read of the average row, and rows are not wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mantisdb_sql.binding.plan import FullScan, RowidRange, queries_in, references

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.binding.plan import Select, Source
    from mantisdb_sql.codegen.query import QueryWriter

__all__ = ["keeps_rows", "row_target", "unpack"]

_WIDEST, _FEWEST, _SHARE = 8, 3, 0.4


def unpack(writer: QueryWriter, select: Select, exprs: Sequence[Expr]) -> None:
    """Have the scan that a SELECT begins with take its rows apart, if that is worth it. ``exprs`` are all that is
    evaluated for a row beside the conditions; the row itself must not be needed."""
    if not select.steps:
        return
    step = select.steps[0]
    source = step.source
    if source.table is None or source.uses_rowid or not isinstance(step.access, FullScan | RowidRange):
        return
    everything = [*exprs, *select.where, *(e for join in select.joins for e in join.on)]
    if source.width > _WIDEST or keeps_rows(select, everything):
        return
    tested = _positions(source.number, step.filters)
    read = tested | _positions(source.number, everything)
    share = min(1.0, step.rows_after / step.rows_estimate) if step.rows_estimate else 1.0
    if len(read) >= _FEWEST and len(tested) + share * len(read - tested) >= _SHARE * source.width:
        for position in read:
            writer.scalars[source.number, position] = f"r{source.number}_{position}"


def row_target(writer: QueryWriter, source: Source) -> str:
    """What a loop over rows of a source assigns them to."""
    names = [writer.scalars.get((source.number, position), "_") for position in range(source.width)]
    return ", ".join(names) if set(names) - {"_"} else f"r{source.number}"


def keeps_rows(select: Select, exprs: Sequence[Expr]) -> bool:
    """Whether something takes rows as they are: a subquery, or a source that reads others."""
    return any(True for e in exprs for _ in queries_in(e)) or any(
        join.source.table is None or join.kind == "LEFT" for join in select.joins
    )


def _positions(number: int, exprs: Sequence[Expr]) -> set[int]:
    return {position for e in exprs for source, position in references(e) if source == number}
