"""ORDER BY, on a list of rows whose last columns are the sort terms that are no result columns.

Where every term sorts in the same direction and cannot be NULL, one sort by the tuple of them does; otherwise
one stable pass per term, from the last to the first.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from mantisdb_sql.codegen.rows import smallest, sort_mixed, sort_nullable
from mantisdb_sql.plan import OrderTerm, Query
from mantisdb_sql.storage import BLOB, NULL, NUMBER, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import Lines, QueryWriter


def _positions(query: Query, width: int) -> list[tuple[OrderTerm, int]]:
    placed = []
    for term in query.order:
        if term.output is None:
            placed.append((term, width))
            width += 1
        else:
            placed.append((term, term.output))
    return placed


def _is_plain(term: OrderTerm) -> bool:
    """Whether Python's order of the values is SQLite's, NULL aside."""
    classes = term.expr.classes & ~NULL
    if not classes & ~NUMBER or classes == BLOB:
        return True
    return classes == TEXT and term.collation == "BINARY"


def emit_order(writer: QueryWriter, out: Lines, text: str, query: Query, width: int) -> str:
    """Sort; the text of the sorted list, without the extra columns."""
    rows = writer.source.name("o")
    out.line(f"{rows} = {text}")
    terms = _positions(query, width)
    direction = terms[0][0].descending
    if all(_is_plain(t) and not t.expr.classes & NULL and t.descending == direction for t, _ in terms):
        positions = ", ".join(str(position) for _, position in terms)
        reverse = ", reverse=True" if direction else ""
        out.line(f"{rows}.sort(key={writer.source.constant(itemgetter, 'itemgetter')}({positions}){reverse})")
    else:
        for term, position in reversed(terms):
            _pass(writer, out, rows, term, position)
    extras = sum(term.output is None for term, _ in terms)
    return f"[r[:{width}] for r in {rows}]" if extras else rows


def _pass(writer: QueryWriter, out: Lines, rows: str, term: OrderTerm, position: int) -> None:
    constant = writer.source.constant
    if _is_plain(term):
        if term.expr.classes & NULL:
            out.line(
                f"{constant(sort_nullable, 'sort_nullable')}"
                f"({rows}, {position}, {term.descending}, {term.nulls_first})"
            )
        else:
            reverse = ", reverse=True" if term.descending else ""
            out.line(f"{rows}.sort(key={constant(itemgetter, 'itemgetter')}({position}){reverse})")
        return
    key = "None"
    if term.collation != "BINARY":
        key = constant(writer.context.functions.collation(term.collation).key)
    out.line(
        f"{constant(sort_mixed, 'sort_mixed')}"
        f"({rows}, {position}, {term.descending}, {term.nulls_first}, {key})"
    )


def emit_top(writer: QueryWriter, out: Lines, text: str, query: Query, window: tuple[str, str]) -> str:
    """ORDER BY with LIMIT over result columns: what cannot be among the first rows is dropped before
    sorting."""
    first = query.order[0]
    if (
        len(query.order) == 1
        and _is_plain(first)
        and not first.expr.classes & NULL
        and first.output is not None
    ):
        function = writer.source.constant(smallest, "smallest")
        text = f"{function}({text}, {first.output}, {window[1]}, {first.descending})"
    ordered = emit_order(writer, out, text, query, len(query.columns))
    return f"{ordered}[{window[0]}:{window[1]}]"
