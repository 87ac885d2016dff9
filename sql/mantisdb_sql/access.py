"""Access paths: how the rows of one source can be found, given what is known when it is visited.

A conjunct serves a path if it compares a column (or the rowid) of the source with something that does not
depend on the source, and if the order of the index is the order of the comparison: the same collation, and no
conversion of the column's values (https://www.sqlite.org/optoverview.html). Costs are microseconds, roughly;
rows are guesses of statistics.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mantisdb_sql import bound
from mantisdb_sql.bound import Expr
from mantisdb_sql.catalog import IndexDef
from mantisdb_sql.plan import (
    Access,
    Bound,
    DerivedScan,
    FullScan,
    FunctionScan,
    HashLookup,
    IndexRange,
    Key,
    RowidGet,
    RowidIn,
    RowidRange,
    Source,
    sources_of,
)
from mantisdb_sql.statistics import RANGE_SHARE, Statistics
from mantisdb_sql.storage import NUMBER, Affinity

SCAN_COST, GET_COST, FETCH_COST, RANGE_COST = 0.03, 0.7, 0.6, 2.0
BUILD_COST, PROBE_COST = 0.2, 0.06
ROW_COST, FILTER_COST = 0.03, 0.04
CALL_COST = 1.0  # a row of a table-valued function

_SWAPPED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(slots=True, eq=False)
class Term:
    """``column op other``, as a conjunct (or one half of a BETWEEN) gives it. Position -1 is the rowid."""

    conjunct: Expr
    position: int
    op: str
    other: Expr
    column_affinity: Affinity | None
    other_affinity: Affinity | None
    using: str
    column: Expr


@dataclass(slots=True, eq=False)
class Candidate:
    """A path with its price: ``setup`` once, ``cost`` per visit, ``rows`` per visit; ``used`` need no check
    any more."""

    access: Access
    setup: float
    cost: float
    rows: float
    used: list[Expr] = field(default_factory=list)


class AccessFinder:
    """Finds the paths of a source."""

    def __init__(self, statistics: Statistics, hashable: Callable[[str], bool]) -> None:
        self.statistics = statistics
        self.hashable = hashable

    def candidates(
        self,
        source: Source,
        available: set[int],
        local: set[int],
        conjuncts: list[Expr],
        kept: float = 1.0,
        filter_cost: float = 0.0,
    ) -> Iterable[Candidate]:
        """Every path; ``available`` are the sources visited before, ``local`` all of this SELECT; ``kept`` is the
        share of rows that conditions on this source alone leave, ``filter_cost`` what they cost per row."""
        total = self.statistics.rows(source)
        unknown = local - available
        if source.function is not None:
            yield Candidate(FunctionScan(), 0.0, 1.0 + total * (CALL_COST + filter_cost), total)
        elif source.table is None:
            yield Candidate(DerivedScan(), total * 0.1, total * (SCAN_COST + filter_cost), total)
        else:
            yield Candidate(FullScan(), 0.0, total * (SCAN_COST + filter_cost) + 0.5, total)
        if source.recursive:
            return
        terms = [term for conjunct in conjuncts for term in terms_of(conjunct, source, unknown)]
        if source.table is not None:
            yield from self._rowid_paths(source, terms, conjuncts, unknown, total)
            for index in source.table.indexes:
                if index.where is None:
                    yield from self._index_paths(source, index, terms, conjuncts, unknown, total)
        yield from self._hash_path(source, terms, total, kept, filter_cost)

    # -------------------------------------------------------------------------------------------------- rowid

    def _rowid_paths(
        self, source: Source, terms: list[Term], conjuncts: list[Expr], unknown: set[int], total: float
    ) -> Iterable[Candidate]:
        assert source.table is not None
        own = [
            t for t in terms if t.position in (-1, source.table.rowid_alias) and _fits(t, Affinity.INTEGER)
        ]
        for term in own:
            if term.op == "=":
                yield Candidate(
                    RowidGet(Key(term.other, term.other_affinity)),
                    0.0,
                    GET_COST,
                    min(1.0, total),
                    [term.conjunct],
                )
                return
        for conjunct in conjuncts:
            node = membership(conjunct, source, unknown)
            if node is not None and _position_of(_operand(node)) in (-1, source.table.rowid_alias):
                count = float(len(node.items)) if isinstance(node, bound.InList) else 20.0
                yield Candidate(RowidIn(node), 0.0, 1.0 + count * GET_COST, min(count, total), [conjunct])
        low, high, used = _range_of(own)
        if used:
            share = 0.02 if low is not None and high is not None else RANGE_SHARE
            rows = total * share
            yield Candidate(RowidRange(low, high), 0.0, RANGE_COST + rows * SCAN_COST, rows, used)

    # ------------------------------------------------------------------------------------------------ indexes

    def _index_paths(
        self,
        source: Source,
        index: IndexDef,
        terms: list[Term],
        conjuncts: list[Expr],
        unknown: set[int],
        total: float,
    ) -> Iterable[Candidate]:
        assert source.table is not None
        prefix: list[Key] = []
        used: list[Expr] = []
        for column in index.columns:
            usable = (
                [
                    t
                    for t in terms
                    if column.expression is None
                    and t.position == column.position
                    and t.using == column.collation
                    and _fits(t, source.columns[t.position].affinity)
                ]
                if column.position >= 0 and column.collation in ("BINARY", "NOCASE", "RTRIM")
                else []
            )
            equal = next((t for t in usable if t.op == "="), None)
            if equal is not None:
                prefix.append(Key(equal.other, equal.other_affinity, column.collation))
                used.append(equal.conjunct)
                continue
            yield from self._index_tail(source, index, prefix, used, usable, conjuncts, unknown, total)
            break
        else:
            rows = self.statistics.rows_per_prefix(source, index, len(prefix))
            if index.unique:
                yield Candidate(
                    IndexRange(index, prefix, covers_unique=True), 0.0, 2 * GET_COST, min(1.0, total), used
                )
            else:
                yield Candidate(IndexRange(index, prefix), 0.0, RANGE_COST + rows * FETCH_COST, rows, used)

    def _index_tail(
        self,
        source: Source,
        index: IndexDef,
        prefix: list[Key],
        used: list[Expr],
        usable: list[Term],
        conjuncts: list[Expr],
        unknown: set[int],
        total: float,
    ) -> Iterable[Candidate]:
        """Paths that end in a range, an IN list or just the prefix."""
        position = len(prefix)
        rows = self.statistics.rows_per_prefix(source, index, position)
        low, high, in_range = _range_of(usable, index.columns[position].collation)
        if in_range:
            rows *= 0.01 if low is not None and high is not None else 0.1
            yield Candidate(
                IndexRange(index, list(prefix), low, high),
                0.0,
                RANGE_COST + rows * FETCH_COST,
                rows,
                used + in_range,
            )
        elif prefix:
            yield Candidate(
                IndexRange(index, list(prefix)), 0.0, RANGE_COST + rows * FETCH_COST, rows, list(used)
            )
        column = index.columns[position]
        for conjunct in conjuncts:
            node = membership(conjunct, source, unknown)
            if node is None or column.position < 0 or _position_of(_operand(node)) != column.position:
                continue
            using = node.using if isinstance(node, bound.InList) else node.using[0]
            if using != column.collation or column.collation not in ("BINARY", "NOCASE", "RTRIM"):
                continue
            count = float(len(node.items)) if isinstance(node, bound.InList) else 20.0
            found = count * self.statistics.rows_per_prefix(source, index, position + 1)
            yield Candidate(
                IndexRange(index, list(prefix), in_list=node),
                0.0,
                count * RANGE_COST + found * FETCH_COST,
                min(found, total),
                [*used, conjunct],
            )

    # -------------------------------------------------------------------------------------------- hash tables

    def _hash_path(
        self, source: Source, terms: list[Term], total: float, kept: float, filter_cost: float
    ) -> Iterable[Candidate]:
        # What it is compared with is a source visited before, or one of an enclosing query.
        linked = {t.position: t for t in terms if t.op == "=" and self.hashable(t.using) and sources_of(t.other)}
        equalities = list(linked.values())
        if not equalities:
            return
        build = [Key(t.column, t.column_affinity, t.using) for t in equalities]
        probe = [Key(t.other, t.other_affinity, t.using) for t in equalities]
        inner: Access = FullScan() if source.table is not None else DerivedScan()
        if source.function is not None:
            if any(sources_of(argument) for argument in source.function.given):
                return
            inner = FunctionScan()
        unique = source.table is not None and any(
            t.column_affinity is None
            and (t.position in (-1, source.table.rowid_alias) or _is_unique(source, t.position, t.using))
            for t in equalities
        )
        positions = tuple(sorted({t.position for t in equalities}))
        rows = 1.0 if unique else total / self.statistics.distinct(source, positions)
        yield Candidate(
            HashLookup(build, probe, inner, unique=unique),
            total * (SCAN_COST + filter_cost + kept * (BUILD_COST / 2 if unique else BUILD_COST)) + 1.0,
            PROBE_COST,
            rows,
            [t.conjunct for t in equalities],
        )


def _is_unique(source: Source, position: int, using: str) -> bool:
    assert source.table is not None
    return any(
        index.unique
        and index.where is None
        and len(index.columns) == 1
        and index.columns[0].position == position
        and index.columns[0].collation == using
        for index in source.table.indexes
    )


def terms_of(conjunct: Expr, source: Source, unknown: set[int]) -> Iterable[Term]:
    """The searchable comparisons of ``conjunct``; what they compare with must not read ``unknown``
    sources."""
    if isinstance(conjunct, bound.Between) and not conjunct.negated:
        halves: list[bound.Compare] = [conjunct.low, conjunct.high]
    elif isinstance(conjunct, bound.Compare) and conjunct.op in _SWAPPED:
        halves = [conjunct]
    else:
        return
    for half in halves:
        position = _position_in(half.left, source)
        if position is not None and not sources_of(half.right) & unknown:
            yield Term(
                conjunct,
                position,
                half.op,
                half.right,
                half.left_affinity,
                half.right_affinity,
                half.using,
                half.left,
            )
        position = _position_in(half.right, source)
        if position is not None and not sources_of(half.left) & unknown:
            yield Term(
                conjunct,
                position,
                _SWAPPED[half.op],
                half.left,
                half.right_affinity,
                half.left_affinity,
                half.using,
                half.right,
            )


def membership(conjunct: Expr, source: Source, unknown: set[int]) -> bound.InList | bound.InQuery | None:
    """``conjunct`` if it is ``column IN (…)`` of the source, over values that can be known before it is
    visited."""
    if isinstance(conjunct, bound.InList) and not conjunct.negated:
        if _position_in(conjunct.operand, source) is None or (
            conjunct.operand_affinity is not None and not _keeps(conjunct.operand, conjunct.operand_affinity)
        ):
            return None
        if any(sources_of(item) & unknown for item in conjunct.items):
            return None
        return conjunct
    if isinstance(conjunct, bound.InQuery) and not conjunct.negated and len(conjunct.operands) == 1:
        operand, affinity = conjunct.operands[0], conjunct.operand_affinities[0]
        if _position_in(operand, source) is None or conjunct.query.outer:
            return None
        if affinity is not None and not _keeps(operand, affinity):
            return None
        return conjunct
    return None


def _operand(node: bound.InList | bound.InQuery) -> Expr:
    return node.operand if isinstance(node, bound.InList) else node.operands[0]


def _position_of(expr: Expr) -> int:
    return expr.position if isinstance(expr, bound.Column) else -1


def _position_in(expr: Expr, source: Source) -> int | None:
    while isinstance(expr, bound.Collate):
        expr = expr.operand
    if isinstance(expr, bound.Column) and expr.source == source.number:
        return expr.position
    if isinstance(expr, bound.Rowid) and expr.source == source.number:
        return -1
    return None


def _keeps(column: Expr, applied: Affinity) -> bool:
    """Whether ``applied`` changes no value that the column can hold."""
    if applied is Affinity.TEXT:
        return column.affinity is Affinity.TEXT or not column.classes & NUMBER
    return column.affinity is not None and column.affinity.is_numeric


def _fits(term: Term, affinity: Affinity | None) -> bool:
    """Whether stored values are in the order of the comparison."""
    return term.column_affinity is None or _keeps(term.column, term.column_affinity)


def _range_of(terms: list[Term], collation: str = "BINARY") -> tuple[Bound | None, Bound | None, list[Expr]]:
    """A lower and an upper end among the terms, and the conjuncts that they make superfluous."""
    low = next((t for t in terms if t.op in (">", ">=")), None)
    high = next((t for t in terms if t.op in ("<", "<=")), None)
    used: list[Expr] = []
    for term in (low, high):
        if term is None:
            continue
        if isinstance(term.conjunct, bound.Between):
            # Both halves must be served, or the conjunct is checked again.
            if low is not None and high is not None and low.conjunct is high.conjunct and not used:
                used.append(term.conjunct)
        else:
            used.append(term.conjunct)
    return (
        Bound(low.other, low.op == ">", low.other_affinity) if low is not None else None,
        Bound(high.other, high.op == "<", high.other_affinity) if high is not None else None,
        used,
    )
