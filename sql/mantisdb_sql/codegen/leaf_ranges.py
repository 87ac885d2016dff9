"""Ranges of a column without an index, in scans: ``leaf_orders`` of the engine.

    for b0 in t5.values() for r0 in b0 if p0 <= r0[3] < p1
    for b0 in values_between(t5, 3, low=p0, high=p1, high_open=True) for r0 in b0 if p0 <= r0[3] < p1

What comes from a leaf may be all of its rows, so the condition is checked as before; nothing but time depends on which
column is chosen: the one whose conditions are expected to leave the fewest rows, if these are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mantisdb_engine.leaf_orders import batches_between, values_between
from mantisdb_sql.binding import bound
from mantisdb_sql.binding.effects import is_quiet_expression
from mantisdb_sql.binding.plan import Bound, Key, sources_of
from mantisdb_sql.planning.conditions import is_pure
from mantisdb_sql.planning.search_terms import Term, end_of, fits, range_of, terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.binding.plan import Source, Step
    from mantisdb_sql.codegen.query import QueryWriter
    from mantisdb_sql.codegen.scan import ScanWriter

__all__ = ["range_in_leaves", "terms_for_leaves"]

_FEWEST_ROWS = 1000
_LARGEST_SHARE = 0.25


def range_in_leaves(scan: ScanWriter, step: Step, conditions: Sequence[Expr]) -> str | None:
    """Text of an iterable for a full scan of the step's table: of lists of rows, or of pairs of lists (rowids, rows)
    where rowids are wanted. None: no condition is worth it."""
    terms = terms_for_leaves(scan.writer, step, conditions)
    return _text(scan, step.source, terms) if terms else None


def terms_for_leaves(writer: QueryWriter, step: Step, conditions: Sequence[Expr]) -> list[Term]:
    """What is said of the column that leaves are best ordered by; nothing, where none is worth it."""
    source, statistics = step.source, writer.context.statistics
    if source.table is None or statistics is None or statistics.rows(source) < _FEWEST_ROWS:
        return []
    best: list[Term] = []
    best_share = _LARGEST_SHARE
    for own in _terms(source, conditions).values():
        share = 1.0
        for conjunct in {id(term.conjunct): term.conjunct for term in own}.values():
            share *= statistics.share(conjunct, source)
        if share < best_share:
            best, best_share = own, share
    return best


def _terms(source: Source, conditions: Sequence[Expr]) -> dict[int, list[Term]]:
    """What is said of each column that can be searched for."""
    assert source.table is not None
    found: dict[int, list[Term]] = {}
    for condition in conditions:
        for term in terms_of(condition, source, {source.number}):
            if term.op not in ("=", "<", "<=", ">", ">=") or not 0 <= term.place < source.width:
                continue
            if term.place != source.table.rowid_alias and fits(term, "BINARY") and _is_plain(term.other):
                found.setdefault(term.place, []).append(term)
    return found


def _is_plain(other: Expr) -> bool:
    """Whether it can be evaluated once for the whole scan, before any row is looked at."""
    if isinstance(other, bound.Literal | bound.Parameter | bound.Column | bound.Rowid):
        return True
    return is_pure(other) and (is_quiet_expression(other) or not sources_of(other))


def _text(scan: ScanWriter, source: Source, terms: list[Term]) -> str:
    equal = next((term for term in terms if term.op == "="), None)
    low, high, _ = range_of(terms)
    ends: list[tuple[str, Bound | None]]
    if equal is not None:
        end = Bound(equal.other, False, equal.other_affinity)
        ends = [("low", end), ("high", end)]
    else:
        ends = [("low", end_of(low, [], source)), ("high", end_of(high, [], source))]
    arguments = [scan.writer.tree(source.tree_id), str(terms[0].place)]
    for word, end_or_none in ends:
        if end_or_none is not None:
            text, _ = scan.key(Key(end_or_none.expr, end_or_none.affinity))
            arguments.append(f"{word}={text}" + (f", {word}_open=True" if end_or_none.open else ""))
    function = batches_between if source.uses_rowid else values_between
    return f"{scan.writer.source.constant(function, function.__name__)}({', '.join(arguments)})"
