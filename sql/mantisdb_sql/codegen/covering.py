"""Index searches that need no row of the table: all that is read is in the entries.

    for _, i0 in t7.range(low=(p0,), high=(p0, TOP)) for r0 in q1(i0)
    for j0, i0 in t7.range(low=(p0,), high=(p0, TOP)) for _, r0_2, k0 in j0

An entry is (the indexed values, the rowid); in a UNIQUE index the rowid is left out where no value is NULL. It has the
values as they are, except under a collation of texts, and except that what equals another is one key with it: an entry
is not written again when an UPDATE makes 1.0 of 1, or -0.0 of 0.0.

A join may search an index for every row and want nothing of what it finds but that it is there, or its rowid:

    … for k1 in q0((r0[0],), (r0[0], INFINITY)) …          q0 = run_finder(t7)
    … if t7.has_between((r0[0],), (r0[0], INFINITY)) …
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mantisdb_sql.binding.bound import has_query
from mantisdb_sql.binding.plan import IndexRange, references, sources_of
from mantisdb_sql.codegen.unpacking import keeps_rows
from mantisdb_sql.planning.index_views import entry_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.binding.plan import Select, Source
    from mantisdb_sql.codegen.query import QueryWriter

__all__ = ["entry_target", "read_entries", "read_nothing", "read_rowids"]


def read_entries(writer: QueryWriter, select: Select, exprs: Sequence[Expr]) -> bool:
    """Have the index search that a SELECT begins with read its entries alone, if they have all that it needs. ``exprs``
    are all that is evaluated for a row beside the conditions; the row itself must not be needed."""
    if not select.steps or select.steps[0].left:
        return False
    step = select.steps[0]
    source, access = step.source, step.access
    if source.table is None or not isinstance(access, IndexRange) or access.covers_unique or access.rowids_only:
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


def read_rowids(writer: QueryWriter, select: Select, exprs: Sequence[Expr]) -> None:
    """Have index searches of a SELECT's later steps, or of the first if a LIMIT is soon reached, give rowids alone,
    where nothing else is read. ``exprs`` are all that is evaluated for a row beside the conditions."""
    conditions = [*select.where, *(e for join in select.joins for e in join.on)]
    if any(has_query(e) for e in (*exprs, *conditions)) or any(join.source.table is None for join in select.joins):
        return
    checked = [e for step in select.steps for e in (*step.filters, *step.on)]
    before: set[int] = set()
    for step in select.steps:
        source, access = step.source, step.access
        is_short = bool(before) or select.reads_few
        if is_short and isinstance(access, IndexRange) and _gives_entries_at_once(access) and not step.on:
            served = [e for e in conditions if e not in checked and sources_of(e) <= before | {source.number}]
            evaluated = [*exprs, *checked, *(e for e in conditions if e not in served)]
            read = {position for e in evaluated for number, position in references(e) if number == source.number}
            alias = source.table.rowid_alias if source.table is not None else None
            if read <= {-1, alias}:
                access.rowids_only = True
                if alias is not None:
                    writer.scalars[source.number, alias] = f"k{source.number}"
        before.add(source.number)


def read_nothing(select: Select) -> None:
    """Have the index search that a SELECT ends with tell whether it finds anything, where nobody wants to know more."""
    step = select.steps[-1]
    access = step.access
    if isinstance(access, IndexRange) and _gives_entries_at_once(access) and not (step.left or step.filters):
        access.is_test = not step.source.uses_rowid


def _gives_entries_at_once(access: IndexRange) -> bool:
    return access.few and not access.covers_unique and not access.has_members


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
