"""Search terms: what a condition says of the place of a row in a tree.

A term is ``subject op other``: the subject is a column of the source, its rowid, or an expression that one of its
indexes is on, and the other side is known when the source is visited. The operators are ``= IS < <= > >= IN``. Places
of subjects are numbers: a column's position, -1 for the rowid, and below that the indexed expressions
(:class:`IndexView`). What else is computed from a row of the source, ``lower(name) = lower(other.name)``, has no place
in a tree, but a hash table can be made of it (``COMPUTED``): where nobody can tell how often it is computed.

What row values say, ``(a, b) > (1, 2)``, is bound as ``a > 1 OR a = 1 AND b > 2``; here it is ``a >= 1`` with
``b > 2`` after it. Such a term, as others that say less than their condition, does not make the condition superfluous.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import is_quiet_condition, varies
from mantisdb_sql.binding.plan import Bound, Key, Source, sources_of
from mantisdb_sql.catalog.definitions import BUILT_IN_COLLATIONS, IndexDef
from mantisdb_sql.values.storage import NULL, NUMBER, Affinity, SqlValue

__all__ = [
    "COMPUTED", "Assumed", "IndexView", "Term", "TermFinder", "alike", "end_of", "fits", "implied", "keeps", "place_in",
    "range_of", "rowid_places", "terms_of",
]

Assumed = list[tuple[int, SqlValue]]
"""(a parameter's slot, the value that it is taken to have)."""

COMPUTED = -1_000_000
"""The place of what is no column, rowid or indexed expression."""

_SWAPPED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=", "IS": "IS"}


@dataclass(slots=True, eq=False)
class Term:
    """``subject op other``. ``members`` are the values of an IN; ``rest`` are the comparisons of the columns after the
    subject, for row values; ``whole``: the term says all that ``conjunct`` says."""

    conjunct: Expr
    place: int
    op: str
    other: Expr
    affinity: Affinity | None
    other_affinity: Affinity | None
    using: str
    subject: Expr
    whole: bool = True
    members: bound.InList | bound.InQuery | None = None
    rest: list[bound.Compare] = field(default_factory=list)
    assumed: Assumed = field(default_factory=list)
    is_linked: bool = False  # ``other`` reads a source: one visited before, or one of an enclosing query

    def key(self) -> Key:
        """What is searched for."""
        return Key(self.other, self.other_affinity, self.using or "BINARY", nulls=self.op == "IS", members=self.members)


@dataclass(slots=True, eq=False)
class IndexView:
    """An index as a source offers it: the places of its columns, and its condition, over the source.

    ``expressions`` are (place, expression) for the columns that are none of the table's.
    """

    index: IndexDef
    places: list[int]
    where: list[Expr]
    expressions: list[tuple[int, Expr]]

    @property
    def columns(self) -> Iterator[tuple[int, str]]:
        """Place and collation of each column that can be searched."""
        for place, column in zip(self.places, self.index.columns, strict=True):
            if column.collation not in BUILT_IN_COLLATIONS:
                return
            yield place, column.collation


class TermFinder:
    """Finds the terms on one source, where ``unknown`` sources have not been visited yet."""

    def __init__(
        self,
        source: Source,
        unknown: set[int],
        expressions: list[tuple[int, Expr]],
        parameters: Iterable[SqlValue] = (),
    ) -> None:
        self.source = source
        self.unknown = unknown
        self.expressions = expressions
        self.parameters = list(parameters)

    def terms(self, conjunct: Expr) -> Iterator[Term]:
        """The terms of a condition."""
        if isinstance(conjunct, bound.Compare):
            if conjunct.op in _SWAPPED:
                yield from self._comparison(conjunct, conjunct)
        elif isinstance(conjunct, bound.Between):
            if not conjunct.negated:
                yield from self._comparison(conjunct, conjunct.low)
                yield from self._comparison(conjunct, conjunct.high)
        elif isinstance(conjunct, bound.IsNull):
            if not conjunct.negated:
                null = bound.Literal(None, classes=NULL)
                yield from self._found(conjunct, conjunct.operand, "IS", null, None, None, None)
        elif isinstance(conjunct, bound.InList | bound.InQuery):
            yield from self._membership(conjunct)
        elif isinstance(conjunct, bound.Or):
            yield from self._row_value(conjunct)

    def _comparison(self, conjunct: Expr, half: bound.Compare) -> Iterator[Term]:
        if half.is_mixed:
            return
        left, right = half.left_affinity, half.right_affinity
        yield from self._found(conjunct, half.left, half.op, half.right, left, right, half.using)
        yield from self._found(conjunct, half.right, _SWAPPED[half.op], half.left, right, left, half.using)
        if half.op == "=" and half is conjunct:
            yield from self._computed(half, half.left, half.right, left, right)
            yield from self._computed(half, half.right, half.left, right, left)

    def _computed(
        self, conjunct: bound.Compare, subject: Expr, other: Expr, affinity: Affinity | None,
        other_affinity: Affinity | None,
    ) -> Iterator[Term]:
        read = sources_of(other)
        if not read or read & self.unknown or place_in(subject, self.source) is not None:
            return
        if sources_of(subject) != {self.source.number} or bound.has_query(conjunct):
            return
        if is_quiet_condition(conjunct) and not varies(conjunct):
            yield Term(
                conjunct, COMPUTED, "=", other, affinity, other_affinity, conjunct.using, subject, is_linked=True
            )

    def _found(
        self, conjunct: Expr, subject: Expr, op: str, other: Expr, affinity: Affinity | None,
        other_affinity: Affinity | None, using: str | None,
    ) -> Iterator[Term]:
        for place, assumed in self._places(subject):
            read = sources_of(other)
            if not read & self.unknown:
                collation = using if using is not None else _ANY
                yield Term(
                    conjunct, place, op, other, affinity, other_affinity, collation, subject, assumed=assumed,
                    is_linked=bool(read),
                )

    def _places(self, subject: Expr) -> Iterator[tuple[int, Assumed]]:
        place = place_in(subject, self.source)
        if place is not None:
            yield place, []
            return
        for place, expression in self.expressions:
            assumed: Assumed = []
            if alike(subject, expression, self.parameters, assumed):
                yield place, assumed

    def _membership(self, node: bound.InList | bound.InQuery) -> Iterator[Term]:
        """``subject IN (…)`` over values that can be known before the source is visited."""
        if node.negated:
            return
        if isinstance(node, bound.InList):
            operand, affinity, using = node.operand, node.operand_affinity, node.using
            if any(sources_of(item) & self.unknown for item in node.items):
                return
        else:
            if len(node.operands) != 1 or node.query.outer:
                return
            operand, affinity, using = node.operands[0], node.operand_affinities[0], node.using[0]
        for place, assumed in self._places(operand):
            yield Term(node, place, "IN", operand, affinity, None, using, operand, members=node, assumed=assumed)

    def _row_value(self, node: bound.Or) -> Iterator[Term]:
        """``a > 1 OR a = 1 AND (b > 2 OR b = 2 AND c > 3)``."""
        comparisons: list[bound.Compare] = []
        inner: Expr = node
        while isinstance(inner, bound.Or):
            step = _row_step(inner)
            if step is None:
                return
            first, inner = step
            if comparisons and first.op != comparisons[0].op:
                return
            comparisons.append(first)
        if not isinstance(inner, bound.Compare) or inner.op.rstrip("=") != comparisons[0].op:
            return
        first, rest = comparisons[0], [*comparisons[1:], inner]
        if any(sources_of(c.right) & self.unknown for c in rest):
            return
        for term in self._comparison(node, first):
            if term.subject is first.left:
                term.op, term.whole, term.rest = f"{term.op}=", False, rest
                yield term


_ANY = ""
"""The collation of a term that holds under any: IS NULL."""


def _row_step(node: bound.Or) -> tuple[bound.Compare, Expr] | None:
    """(``a > 1``, what is said of the columns after it)."""
    if len(node.terms) != 2:
        return None
    first, second = node.terms
    if not isinstance(first, bound.Compare) or first.op not in ("<", ">"):
        return None
    if not isinstance(second, bound.And) or len(second.terms) != 2:
        return None
    equal, rest = second.terms
    if not isinstance(equal, bound.Compare) or equal.op != "=":
        return None
    return (first, rest) if same(equal.left, first.left) and same(equal.right, first.right) else None


def terms_of(conjunct: Expr, source: Source, unknown: set[int]) -> Iterator[Term]:
    """The terms of a condition on columns; what they compare with must not read ``unknown`` sources."""
    return TermFinder(source, unknown, []).terms(conjunct)


def place_in(expr: Expr, source: Source) -> int | None:
    """The place of a column or rowid of the source."""
    while isinstance(expr, bound.Collate):
        expr = expr.operand
    if isinstance(expr, bound.Column) and expr.source == source.number:
        return expr.position
    if isinstance(expr, bound.Rowid) and expr.source == source.number:
        return -1
    return None


def rowid_places(source: Source) -> set[int]:
    """The places at which a table's rowid is."""
    alias = source.table.rowid_alias if source.table is not None else None
    return {-1} if alias is None else {-1, alias}


def keeps(subject: Expr, applied: Affinity) -> bool:
    """Whether ``applied`` changes no value that the subject can have."""
    if applied is Affinity.TEXT:
        return subject.affinity is Affinity.TEXT or not subject.classes & NUMBER
    return subject.affinity is not None and subject.affinity.is_numeric


def fits(term: Term, collation: str) -> bool:
    """Whether stored values, in the order of ``collation``, are in the order of the comparison."""
    if term.using not in (collation, _ANY):
        return False
    return term.affinity is None or keeps(term.subject, term.affinity)


def range_of(terms: list[Term]) -> tuple[Term | None, Term | None, list[Expr]]:
    """A lower and an upper end among the terms, and the conditions that they make superfluous."""
    low = next((t for t in terms if t.op in (">", ">=")), None)
    high = next((t for t in terms if t.op in ("<", "<=")), None)
    used: list[Expr] = []
    for term in (low, high):
        if term is None or not term.whole:
            continue
        if isinstance(term.conjunct, bound.Between):
            # Both halves must be served, or the conjunct is checked again.
            if low is not None and high is not None and low.conjunct is high.conjunct and not used:
                used.append(term.conjunct)
        else:
            used.append(term.conjunct)
    return low, high, used


def end_of(term: Term | None, following: list[tuple[int, str]], source: Source) -> Bound | None:
    """The end of a range; of row values as much as the columns ``following`` in the index have."""
    if term is None:
        return None
    more: list[Key] = []
    for comparison, (place, collation) in zip(term.rest, following, strict=False):
        affinity = comparison.left_affinity
        if place_in(comparison.left, source) != place or comparison.using != collation:
            break
        if affinity is not None and not keeps(comparison.left, affinity):
            break
        more.append(Key(comparison.right, comparison.right_affinity, collation))
    is_open = term.op in ("<", ">")
    if term.rest and len(more) == len(term.rest):
        is_open = term.rest[-1].op in ("<", ">")
    return Bound(term.other, is_open, term.other_affinity, more)


# ------------------------------------------------------------------------------------------------- likeness


def alike(query: Expr, index: Expr, parameters: list[SqlValue], assumed: Assumed) -> bool:
    """Whether an expression of a query is one of an index, which has literals where the query may have parameters:
    what these are taken to be is added to ``assumed``."""
    if isinstance(query, bound.Parameter) and isinstance(index, bound.Literal):
        if query.index >= len(parameters):
            return False
        value = parameters[query.index]
        if value.__class__ is not index.value.__class__ or value != index.value:
            return False
        assumed.append((query.index, value))
        return True
    if type(query) is not type(index) or query.collation != index.collation or query.affinity != index.affinity:
        return False
    if isinstance(query, bound.InQuery | bound.Exists | bound.ScalarQuery):
        return False
    names = [name for name in type(query).__dataclass_fields__ if name not in ("classes", "name", "json", "twin")]
    return all(_alike_field(getattr(query, name), getattr(index, name), parameters, assumed) for name in names)


def _alike_field(query: object, index: object, parameters: list[SqlValue], assumed: Assumed) -> bool:
    if isinstance(query, Expr):
        return isinstance(index, Expr) and alike(query, index, parameters, assumed)
    if isinstance(query, list | tuple):
        if not isinstance(index, list | tuple) or len(query) != len(index):
            return False
        return all(_alike_field(a, b, parameters, assumed) for a, b in zip(query, index, strict=True))
    return query.__class__ is index.__class__ and query == index


def implied(wanted: Expr, given: list[Expr], parameters: list[SqlValue], assumed: Assumed) -> list[Expr] | None:
    """What need not be checked of ``given`` where ``wanted``, a condition of a partial index, is known; None: it does
    not follow from what is given (https://www.sqlite.org/partialindex.html, section 3)."""
    for condition in given:
        for part in _parts(condition):
            own: Assumed = []
            if alike(part, wanted, parameters, own):
                assumed += own
                return [condition] if part is condition else []
            own = []
            is_filled = isinstance(wanted, bound.IsNull) and wanted.negated
            if is_filled and _needs_value(part, wanted.operand, parameters, own):  # type: ignore[attr-defined]
                assumed += own
                return []
    if isinstance(wanted, bound.Or):
        return [] if any(implied(term, given, parameters, assumed) is not None for term in wanted.terms) else None
    return None


def _parts(condition: Expr) -> list[Expr]:
    if isinstance(condition, bound.Between) and not condition.negated:
        return [condition, condition.low, condition.high]
    return [condition]


def _needs_value(condition: Expr, operand: Expr, parameters: list[SqlValue], assumed: Assumed) -> bool:
    """Whether a condition is true only where ``operand`` is not NULL."""
    if isinstance(condition, bound.Compare):
        sides = [condition.left, condition.right] if condition.op not in ("IS", "IS NOT") else []
    elif isinstance(condition, bound.InList):
        sides = [condition.operand] if condition.items and not condition.negated else []
    elif isinstance(condition, bound.Like):
        sides = [condition.operand] if not condition.negated else []
    else:
        return False
    return any(alike(side, operand, parameters, assumed) for side in sides)
