"""ORDER BY with LIMIT where an index is searched for each member of a list, and what each search finds is in order.

    def find0(x0): return ((r0[1], r0[3],) for _, i0 in t7.range(low=(x0,), high=(x0, TOP)) for r0 in map(t5.row, i0))
    return list(islice(merge(*[find0(x0) for x0 in q0], key=itemgetter(1)), start0, stop0))

Nothing is read behind the rows that LIMIT wants but one of each search (planning/scan_order.py decides by that). Rows
that are equal in all terms come as they would after a stable sort of all: by members, then in the order of the index,
which is why entries that are read backwards are turned round where they are equal (:func:`ties_forwards`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding.plan import IndexRange, Query, Select
from mantisdb_sql.codegen.clauses import Clause, For, comprehension
from mantisdb_sql.codegen.rows import rank_of
from mantisdb_sql.codegen.sort_terms import is_plain, placed_terms
from mantisdb_sql.values.storage import NULL

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import Lines, QueryWriter

__all__ = ["emit_merged", "ties_forwards"]

_Batch = tuple[Sequence[Any], Sequence[int]]


def emit_merged(
    writer: QueryWriter, out: Lines, query: Query, head: str, clauses: list[Clause], window: tuple[str, str], width: int
) -> str:
    """Text of the list of the rows in the window; the last columns of ``head`` are the terms that are no result
    columns."""
    select = query.body
    assert isinstance(select, Select)
    access = select.steps[0].access
    assert isinstance(access, IndexRange), "the first step searches an index"
    constant = writer.source.constant
    count = sum(1 for key in access.prefix if key.members is not None)
    members = [clause for clause in clauses[:count] if isinstance(clause, For)]
    function, arguments = writer.source.name("find"), ", ".join(clause.target for clause in members)
    out.line(f"def {function}({arguments}): return ({comprehension(head, clauses[count:])})")
    searches = comprehension(f"{function}({arguments})", members)
    reverse = ", reverse=True" if query.order[0].descending else ""
    merged = f"{constant(merge, 'merge')}(*[{searches}], key={_key(writer, query, width)}{reverse})"
    found = f"{constant(islice, 'islice')}({merged}, {window[0]}, {window[1]})"
    has_extras = any(term.output is None for term in query.order)
    return writer.guarded(select, f"[r[:{width}] for r in {found}]" if has_extras else f"list({found})")


def _key(writer: QueryWriter, query: Query, width: int) -> str:
    """Text of the function by which rows compare."""
    placed, constant = placed_terms(query, width), writer.source.constant
    if all(is_plain(term) and not term.expr.classes & NULL for term, _ in placed):
        return f"{constant(itemgetter, 'itemgetter')}({', '.join(str(position) for _, position in placed)})"
    collation = writer.context.functions.collation
    terms = [(at, None if term.collation == "BINARY" else collation(term.collation).key) for term, at in placed]
    return constant(_ranks(terms))


def _ranks(terms: list[tuple[int, Callable[[Any], Any] | None]]) -> Callable[[Sequence[Any]], list[Any]]:
    return lambda row: [rank_of(row[position], key) for position, key in terms]


def ties_forwards(batches: Iterable[_Batch], width: int) -> Iterator[_Batch]:
    """Batches of entries that are read backwards, with those that are equal in ``width`` columns forwards."""
    entries = chain.from_iterable(zip(keys, rowids, strict=True) for keys, rowids in batches)
    for _, found in groupby(entries, lambda entry: entry[0][:width]):
        keys, rowids = zip(*found, strict=True)
        yield keys[::-1], rowids[::-1]
