"""ORDER BY, on a list of rows whose last columns are the sort terms that are no result columns.

One stable pass per term, from the last to the first: sorting by single values is several times quicker than
sorting by tuples of them. Terms behind a rowid that no two rows share are left out, and last ones that are a rowid in
whose order the rows come.

With LIMIT, rows are sorted and cut whenever a few times more than the limit have come together; from then on
only rows that are not behind the last one kept are taken up:

    o0, low0, room0 = [], None, room(stop0)
    for b0 in t5.values():
        o0 += [r0 for r0 in b0] if low0 is None else [r0 for r0 in b0 if r0[3] < low0]
        if len(o0) > room0:
            sort_by(o0, itemgetter(3))
            del o0[stop0:]
            if o0: low0 = o0[-1][3]

A first term that is computed has a name then, as rows that come too late are not made:

        o0 += [(r0, term0,) … for term0 in (r0[3] * 2,)] if low0 is None else [… if term0 < low0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.plan import FullScan, OrderTerm, Query, RowidRange, Select
from mantisdb_sql.codegen.chunks import chunks
from mantisdb_sql.codegen.clauses import Clause, Let, comprehension
from mantisdb_sql.codegen.rows import (
    leading,
    smallest,
    smallest_known,
    sort_mixed,
    sort_nullable,
    sort_room,
    sort_texts,
)
from mantisdb_sql.codegen.sort_terms import is_plain, placed_terms
from mantisdb_sql.codegen.sorting import sort_by
from mantisdb_sql.values.storage import NULL, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import Lines, QueryWriter


_FEW_ROWS = 64
_TERM_POSITION = 1 << 22  # the column that stands for a term that has a name


def _is_collated(term: OrderTerm) -> bool:
    """Whether values are texts, NULL aside, in the order of a collation that SQLite has."""
    return term.expr.classes & ~NULL == TEXT and term.collation in ("NOCASE", "RTRIM")


def emit_order(
    writer: QueryWriter, out: Lines, text: str, query: Query, width: int, window: tuple[str, str] | None = None
) -> str:
    """Sort; the text of the sorted list, or of a part of it, without the extra columns."""
    rows = writer.source.name("o")
    out.line(f"{rows} = {text}")
    _sort(writer, out, rows, query, width)
    return _trimmed(f"{rows}[{window[0]}:{window[1]}]" if window else rows, query, width)


def _sort(writer: QueryWriter, out: Lines, rows: str, query: Query, width: int) -> None:
    """Sort what is in the order of the scan, or begins with rows of it that were sorted before."""
    placed = placed_terms(query, width)
    select = query.body
    if isinstance(select, Select) and select.grouping is None and select.windowing is None and not select.distinct:
        placed = placed[: needed_terms(select, [(term.expr, term.descending) for term, _ in placed])]
    for term, position in reversed(placed):
        emit_pass(writer, out, rows, term, position)


def needed_terms(select: Select, terms: Sequence[tuple[bound.Expr, bool]]) -> int:
    """How many terms of (expression, descending) are needed to sort the rows of a scan that come in its order."""
    step = select.steps[0] if select.steps else None
    if step is None or step.source.table is None:
        return len(terms)
    alias, number = step.source.table.rowid_alias, step.source.number

    def is_rowid(e: bound.Expr) -> bool:
        if isinstance(e, bound.Column):
            return e.source == number and e.position == alias
        return isinstance(e, bound.Rowid) and e.source == number

    count = len(terms)
    if len(select.steps) == 1:
        count = next((i for i, (expr, _) in enumerate(terms, 1) if is_rowid(expr)), count)
    if isinstance(step.access, FullScan | RowidRange) and not step.access.descending:
        while count and is_rowid(terms[count - 1][0]) and not terms[count - 1][1]:
            count -= 1
    return count


def _trimmed(rows: str, query: Query, width: int) -> str:
    extras = any(term.output is None for term in query.order)
    return f"[r[:{width}] for r in {rows}]" if extras else rows


def emit_pass(writer: QueryWriter, out: Lines, rows: str, term: OrderTerm, position: int) -> None:
    """Sort a list by one term."""
    constant = writer.source.constant
    if is_plain(term):
        if term.expr.classes & NULL:
            out.line(
                f"{constant(sort_nullable, 'sort_nullable')}"
                f"({rows}, {position}, {term.descending}, {term.nulls_first})"
            )
        else:
            reverse = ", True" if term.descending else ""
            key = f"{constant(itemgetter, 'itemgetter')}({position})"
            out.line(f"{constant(sort_by, 'sort_by')}({rows}, {key}{reverse})")
        return
    key = "None" if term.collation == "BINARY" else _key(writer, term)
    function = constant(sort_texts, "sort_texts") if _is_collated(term) else constant(sort_mixed, "sort_mixed")
    out.line(f"{function}({rows}, {position}, {term.descending}, {term.nulls_first}, {key})")


def _key(writer: QueryWriter, term: OrderTerm) -> str:
    return writer.source.constant(writer.context.functions.collation(term.collation).key)


def emit_top(writer: QueryWriter, out: Lines, text: str, query: Query, window: tuple[str, str], width: int) -> str:
    """ORDER BY with LIMIT: what cannot be among the first rows is dropped before sorting."""
    first, position = placed_terms(query, width)[0]
    if len(query.order) == 1 and is_plain(first):
        arguments = f"{text}, {position}, {window[1]}, {first.descending}"
        if first.expr.classes & NULL:
            function = writer.source.constant(smallest_known, "smallest_known")
            text = f"{function}({arguments}, {first.nulls_first})"
        else:
            text = f"{writer.source.constant(smallest, 'smallest')}({arguments})"
    return emit_order(writer, out, text, query, width, window)


def emit_leading(
    writer: QueryWriter, out: Lines, query: Query, scan: str, window: tuple[str, str], width: int
) -> str:
    """ORDER BY with LIMIT over a scan that is in the order of the first terms: once there are enough rows, it ends with
    those that are equal in these terms."""
    select = query.body
    assert isinstance(select, Select)
    constant = writer.source.constant
    positions = [position for _, position in placed_terms(query, width)][: select.sorted_terms]
    key = f"{constant(itemgetter, 'itemgetter')}({', '.join(map(str, positions))})"
    text = writer.guarded(select, f"{constant(leading, 'leading')}(({scan}), {key}, {window[1]})")
    return emit_order(writer, out, text, query, width, window)


def name_first_term(writer: QueryWriter, query: Query, clauses: list[Clause]) -> Query:
    """The query with a variable in the place of the first term of ORDER BY, if that is computed; a clause sets it."""
    first, select = query.order[0], query.body
    assert isinstance(select, Select)
    if isinstance(first.expr, bound.Column | bound.Rowid) or not is_plain(first) or bound.has_query(first.expr):
        return query
    name = writer.source.name("term")
    variable = bound.Column(select.steps[0].source.number, _TERM_POSITION, classes=first.expr.classes)
    writer.scalars[variable.source, variable.position] = name
    clauses.append(Let(name, writer.flat.value(first.expr)))
    outputs = list(select.outputs)
    if first.output is not None:
        outputs[first.output] = replace(outputs[first.output], expr=variable)
    order = [replace(first, expr=variable), *query.order[1:]]
    return replace(query, body=replace(select, outputs=outputs), order=order)


def can_cut(query: Query) -> bool:
    """Whether rows can be told to come too late by the first term alone, in the midst of the scan."""
    first = query.order[0]
    expr = first.expr
    while isinstance(expr, bound.Collate):
        expr = expr.operand
    return isinstance(expr, bound.Column | bound.Rowid) and (is_plain(first) or _is_collated(first))


def is_short(writer: QueryWriter, select: Select) -> bool:
    """Whether so few rows are read, for as long as the plan holds, that they are sorted as they are: that is as quick,
    and half the code."""
    if not select.steps or select.steps[-1].rows_after > _FEW_ROWS:
        return False
    trees = writer.context.trees
    ids = [step.source.tree_id if step.source.table is not None else -1 for step in select.steps]
    return all(tree_id in writer.sized and trees[tree_id].count <= _FEW_ROWS for tree_id in ids)


def emit_cutting(
    writer: QueryWriter,
    out: Lines,
    query: Query,
    clauses: list[Clause],
    window: tuple[str, str],
    width: int,
) -> str:
    """ORDER BY with LIMIT over a scan whose first clause gives batches; see the module's text."""
    first, position = placed_terms(query, width)[0]
    assert isinstance(query.body, Select)
    head = writer.head(query.body, [term.expr for term in query.order if term.output is None])
    rows, low, room = (writer.source.name(prefix) for prefix in ("o", "low", "room"))
    stop = window[1]
    operator = (">" if first.descending else "<") + ("=" if len(query.order) > 1 else "")
    scan = comprehension(head, clauses[1:])
    out.line(f"{rows}, {low}, {room} = [], None, {writer.source.constant(sort_room, 'sort_room')}({stop})")
    with out.block(f"{clauses[0]}:"):
        near = _is_near(writer, first, operator, low)
        out.line(f"{rows} += [{scan}] if {low} is None else [{scan} if {near}]")
        with out.block(f"if len({rows}) > {room}:"):
            _sort(writer, out, rows, query, width)
            out.line(f"del {rows}[{stop}:]")
            out.line(f"if {rows}: {low} = {rows}[-1][{position}]")
            if _is_collated(first):
                out.line(f"if {low} is not None: {low} = {_key(writer, first)}({low})")
    _sort(writer, out, rows, query, width)
    return _trimmed(f"{rows}[{window[0]}:{stop}]", query, width)


def _is_near(writer: QueryWriter, first: OrderTerm, operator: str, low: str) -> str:
    """Whether a row is not behind the last one kept, whose value is no NULL."""
    value = writer.emit.value(first.expr)
    near = f"{_key(writer, first)}({value}) {operator} {low}" if _is_collated(first) else f"{value} {operator} {low}"
    if not first.expr.classes & NULL:
        return near
    return f"({value} is None or {near})" if first.nulls_first else f"({value} is not None and {near})"


def emit_top_of_many(
    writer: QueryWriter,
    out: Lines,
    query: Query,
    head: str,
    clauses: list[Clause],
    window: tuple[str, str],
    width: int,
) -> str:
    """ORDER BY with LIMIT over a join too large to collect: rows are sorted and cut a chunk at a time."""
    assert isinstance(query.body, Select)
    rows, chunk, room = (writer.source.name(prefix) for prefix in ("o", "d", "room"))
    text = writer.guarded(query.body, f"({comprehension(head, clauses)})")
    out.line(f"{rows}, {room} = [], {writer.source.constant(sort_room, 'sort_room')}({window[1]})")
    with out.block(f"for {chunk} in {writer.source.constant(chunks, 'chunks')}({text}):"):
        out.line(f"{rows} += {chunk}")
        with out.block(f"if len({rows}) > {room}:"):
            _sort(writer, out, rows, query, width)
            out.line(f"del {rows}[{window[1]}:]")
    _sort(writer, out, rows, query, width)
    return _trimmed(f"{rows}[{window[0]}:{window[1]}]", query, width)
