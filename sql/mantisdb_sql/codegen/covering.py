"""Index searches that need no row of the table: all that is read is in the entries.

    for _, i0 in t7.range(low=(p0,), high=(p0, TOP)) for r0 in q1(i0)
    for j0, i0 in t7.range(low=(p0,), high=(p0, TOP)) for _, r0_2, k0 in j0

An entry is (the indexed values, the rowid); in a UNIQUE index the rowid is left out where no value is NULL. It has the
values as they are, except under a collation of texts, and except that what equals another is one key with it: an entry
is not written again when an UPDATE makes 1.0 of 1, or -0.0 of 0.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mantisdb_sql.binding.plan import IndexRange, references
from mantisdb_sql.codegen.unpacking import keeps_rows
from mantisdb_sql.planning.index_views import entry_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.binding.plan import Select, Source
    from mantisdb_sql.codegen.query import QueryWriter

__all__ = ["entry_target", "read_entries"]


def read_entries(writer: QueryWriter, select: Select, exprs: Sequence[Expr]) -> bool:
    """Have the index search that a SELECT begins with read its entries alone, if they have all that it needs. ``exprs``
    are all that is evaluated for a row beside the conditions; the row itself must not be needed."""
    if not select.steps or select.steps[0].left:
        return False
    step = select.steps[0]
    source, access = step.source, step.access
    if source.table is None or not isinstance(access, IndexRange) or access.covers_unique:
        return False
    everything = [*exprs, *step.filters, *select.where, *(e for join in select.joins for e in join.on)]
    if keeps_rows(select, everything):
        return False
    found = entry_columns(writer.context.trees, source, access.index)
    read = {position for e in everything for number, position in references(e) if number == source.number}
    if not read <= found:
        return False
    writer.profiled.add(source.tree_id)
    for position in read - {-1}:
        name = f"k{source.number}" if position == source.table.rowid_alias else f"r{source.number}_{position}"
        writer.scalars[source.number, position] = name
    access.covering = True
    return True


def entry_target(writer: QueryWriter, source: Source, access: IndexRange) -> tuple[str, bool]:
    """What a loop over entries assigns them to; whether the rowid is not among it, but needed."""
    n = source.number
    names = []
    wanted = {position: name for (number, position), name in writer.scalars.items() if number == n}
    needs_rowid = source.uses_rowid or f"k{n}" in wanted.values()
    for column in access.index.columns:
        names.append(wanted.pop(column.position, "_"))
    if access.index.meets_at_keys:
        return ", ".join([*names, "*_"]), needs_rowid
    return ", ".join([*names, f"k{n}" if needs_rowid else "_"]), False
