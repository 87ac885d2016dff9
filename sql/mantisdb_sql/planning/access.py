"""Access paths: how the rows of one source can be found, given what is known when it is visited.

search_terms.py says what conditions mean for trees; a term serves an index if the order of the index is the order of
the comparison: the same collation, and no conversion of the subject's values
(https://www.sqlite.org/optoverview.html). The paths of an index are its longest prefix of equalities, among which may
be NULL (``IS``) and lists of values (``IN``), and what may come after each prefix: a range, or what LIKE and GLOB say
of the beginning of a text. An OR whose branches can all be searched for is one path: the union of what they find.

LIKE serves an index where the column holds no numbers and the pattern is known before the source is visited. The
index must be NOCASE for LIKE, and BINARY for GLOB and for LIKE under ``PRAGMA case_sensitive_like``.

Costs are microseconds, roughly; rows are guesses of statistics.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import (
    Access,
    DerivedScan,
    FullScan,
    FunctionScan,
    HashLookup,
    IndexRange,
    Key,
    MultiIndexOr,
    OrderTerm,
    RowidGet,
    RowidIn,
    RowidRange,
    Select,
    Source,
    expressions_of_select,
    references,
    sources_of,
)
from mantisdb_sql.catalog.definitions import IndexDef
from mantisdb_sql.errors import SqlError
from mantisdb_sql.planning.index_views import IndexViews, entry_columns
from mantisdb_sql.planning.search_terms import (
    COMPUTED,
    Assumed,
    IndexView,
    Term,
    TermFinder,
    end_of,
    fits,
    place_in,
    range_of,
)
from mantisdb_sql.planning.statistics import RANGE_SHARE, Statistics, is_key
from mantisdb_sql.values.like import literal_prefix
from mantisdb_sql.values.storage import NUMBER

if TYPE_CHECKING:
    from mantisdb_sql.context import CompileContext

SCAN_COST, GET_COST, FETCH_COST, RANGE_COST = 0.03, 0.7, 0.6, 2.0
ENTRY_COST = 0.15  # to look at an entry: those of an index made in memory are scattered over it
BUILD_COST, PROBE_COST = 0.2, 0.06
ROW_COST, FILTER_COST = 0.03, 0.04
CALL_COST = 1.0  # a row of a table-valued function, a call of a function of the user's
_UNION_COST = 0.1  # a row that one of several searches finds
_MAX_BRANCHES = 30
_FEW_FOUND = 100.0
_LIST_SIZE = 20.0  # rows of a subquery, before it is planned


@dataclass(slots=True, eq=False)
class Candidate:
    """A path with its price: ``setup`` once, ``cost`` per visit, ``rows`` per visit; ``used`` need no check
    any more."""

    access: Access
    setup: float
    cost: float
    rows: float
    used: list[Expr] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Search:
    """What there is to search with: the source, its terms by place, and all conditions on it."""

    source: Source
    terms: dict[int, list[Term]]
    conjuncts: list[Expr]
    total: float


def whole_key(key: IndexDef) -> IndexRange:
    """All rows of a WITHOUT ROWID table, in the order of its key."""
    return IndexRange(key, [], descending=all(column.descending for column in key.columns))


class AccessFinder:
    """Finds the paths of a source."""

    def __init__(self, context: CompileContext) -> None:
        assert context.statistics is not None
        self.context = context
        self.statistics: Statistics = context.statistics
        self.views = IndexViews(context)
        # By source: the SELECT, with its order, that has no other.
        self.alone: dict[int, tuple[Select, list[OrderTerm]]] = {}
        self._reads: dict[int, set[int] | None] = {}  # by source, of those
        self._finders: dict[int, TermFinder] = {}  # by source
        self._known_terms: dict[tuple[int, int], tuple[Expr, list[Term]]] = {}  # held: ids stay their own

    def candidates(
        self,
        source: Source,
        conjuncts: list[Expr],
        kept: float = 1.0,
        filter_cost: float = 0.0,
    ) -> list[Candidate]:
        """Every path; ``conjuncts`` read the source and what is known when it is visited. ``kept`` is the share of
        rows that conditions on this source alone leave, ``filter_cost`` what they cost per row."""
        total = self.statistics.rows(source)
        scan = self._scan(source, total, filter_cost)
        if source.recursive:
            return [scan]
        search = self._search(source, conjuncts, total)
        if source.table is not None and source.indexed:
            return self._by_hint(search)
        found = [scan]
        if source.table is not None:
            by_rowid = list(self._rowid_paths(search))
            found += by_rowid
            if not (by_rowid and isinstance(by_rowid[0].access, RowidGet)):  # nothing that an index offers is as cheap
                found += self._index_searches(search)
                found += self._unions(search)
        terms = [term for terms in search.terms.values() for term in terms]
        return found + list(self._hash_path(source, terms, total, kept, filter_cost))

    def _scan(self, source: Source, total: float, filter_cost: float) -> Candidate:
        if source.function is not None:
            return Candidate(FunctionScan(), 0.0, 1.0 + total * (CALL_COST + filter_cost), total)
        if source.table is None:
            return Candidate(DerivedScan(), total * 0.1, total * (SCAN_COST + filter_cost), total)
        key = source.table.key_index
        if key is not None and not key.has_own_order:
            return Candidate(whole_key(key), 0.0, 0.5 + RANGE_COST + total * (FETCH_COST + filter_cost), total)
        return Candidate(FullScan(), 0.0, total * (SCAN_COST + filter_cost) + 0.5, total)

    def _search(self, source: Source, conjuncts: list[Expr], total: float) -> _Search:
        terms: dict[int, list[Term]] = {}
        for conjunct in conjuncts:
            for term in self._terms(source, conjunct):
                terms.setdefault(term.place, []).append(term)
        return _Search(source, terms, conjuncts, total)

    def _terms(self, source: Source, conjunct: Expr) -> list[Term]:
        """What a condition says of a source: the same whichever sources are visited before."""
        key = source.number, id(conjunct)
        known = self._known_terms.get(key)
        if known is None:
            finder = self._finders.get(source.number)
            if finder is None:
                views = self.views.of(source) if source.table is not None else []
                expressions = [item for view in views for item in view.expressions]
                own = {member.number for member in source.members}
                finder = self._finders[source.number] = TermFinder(source, own, expressions, self.context.parameters)
            known = self._known_terms[key] = conjunct, list(finder.terms(conjunct))
        return known[1]

    def _by_hint(self, search: _Search) -> list[Candidate]:
        """The paths of INDEXED BY, or else the whole index."""
        found: list[Candidate] = []
        for view in self.views.of(search.source):
            found += self._index_paths(search, view)
            if not view.where:
                cost = RANGE_COST + search.total * FETCH_COST
                found.append(Candidate(IndexRange(view.index, []), 0.0, cost, search.total))
        if not found:
            raise SqlError("no query solution")
        return found

    def _searches(self, search: _Search) -> Iterator[Candidate]:
        """Every path that looks for something in the table's tree or in an index."""
        yield from self._rowid_paths(search)
        yield from self._index_searches(search)

    def _index_searches(self, search: _Search) -> Iterator[Candidate]:
        searches = search.terms or any(isinstance(conjunct, bound.Like) for conjunct in search.conjuncts)
        for view in self.views.of(search.source):
            if searches or view.where:
                yield from self._index_paths(search, view)

    # -------------------------------------------------------------------------------------------------- rowid

    def _rowid_paths(self, search: _Search) -> Iterator[Candidate]:
        table = search.source.table
        assert table is not None
        if not search.terms:
            return
        own = list(search.terms.get(-1, ()))
        if table.rowid_alias is not None:
            own += search.terms.get(table.rowid_alias, ())
        own = [term for term in own if fits(term, term.using)]
        for term in own:
            if term.op == "=":
                access = RowidGet(Key(term.other, term.other_affinity))
                yield Candidate(access, 0.0, GET_COST, min(1.0, search.total), [term.conjunct])
                return
        for term in own:
            if term.members is not None:
                count = count_of_members(term.members)
                cost = 1.0 + count * GET_COST
                yield Candidate(RowidIn(term.members), 0.0, cost, min(count, search.total), [term.conjunct])
        low, high, used = range_of([term for term in own if not term.rest])
        if low is not None or high is not None:
            rows = search.total * (0.02 if low is not None and high is not None else RANGE_SHARE)
            access_range = RowidRange(end_of(low, [], search.source), end_of(high, [], search.source))
            yield Candidate(access_range, 0.0, RANGE_COST + rows * SCAN_COST, rows, used)

    # ------------------------------------------------------------------------------------------------ indexes

    def _index_paths(self, search: _Search, view: IndexView) -> Iterator[Candidate]:
        assumed: Assumed = []
        used = self.views.covered(view, search.conjuncts, assumed)
        if used is None:
            return
        index = view.index
        prefix: list[Key] = []
        searches = 1.0
        columns = list(view.columns)
        for at, (place, collation) in enumerate(columns):
            usable = [term for term in search.terms.get(place, ()) if fits(term, collation)]
            equal = next((term for term in usable if term.op == "="), None) or next(
                (term for term in usable if term.op == "IS"), None
            )
            if equal is None:
                if usable or place >= 0:
                    yield from self._tails(search, view, prefix, used, assumed, searches, usable)
                if prefix or view.where:
                    yield self._by_prefix(search, view, prefix, used, assumed, searches)
                equal = next((term for term in usable if term.members is not None), None)
                if equal is None:
                    return
                assert equal.members is not None
                searches *= count_of_members(equal.members)
            prefix = [*prefix, equal.key()]
            used = [*used, equal.conjunct]
            assumed = [*assumed, *equal.assumed]
            if at + 1 == len(columns) == len(index.columns) and index.unique:
                yield self._by_unique(search, view, prefix, used, assumed, searches)
                return
        if prefix or view.where:
            yield self._by_prefix(search, view, prefix, used, assumed, searches)

    def _row_cost(self, source: Source, index: IndexDef) -> float:
        """What a row costs that an index finds: less where its entry is all that is read of it."""
        if source.number not in self.alone:
            return FETCH_COST
        if source.number not in self._reads:
            self._reads[source.number] = _columns_read(source, *self.alone[source.number])
        read = self._reads[source.number]
        if read is None or not read <= entry_columns(self.context.trees, source, index):
            return FETCH_COST
        return ENTRY_COST

    def _by_prefix(
        self, search: _Search, view: IndexView, prefix: list[Key], used: list[Expr], assumed: Assumed, searches: float
    ) -> Candidate:
        rows = searches * self.statistics.rows_per_prefix(search.source, view, len(prefix))
        cost = searches * RANGE_COST + rows * self._row_cost(search.source, view.index)
        return Candidate(
            IndexRange(view.index, list(prefix), assumed=assumed), 0.0, cost, min(rows, search.total), list(used)
        )

    def _by_unique(
        self, search: _Search, view: IndexView, prefix: list[Key], used: list[Expr], assumed: Assumed, searches: float
    ) -> Candidate:
        if searches != 1.0 or any(key.nulls or key.members is not None for key in prefix):
            found = self._by_prefix(search, view, prefix, used, assumed, searches)
            found.rows = min(found.rows, searches)
            return found
        access = IndexRange(view.index, prefix, covers_unique=True, assumed=assumed)
        return Candidate(access, 0.0, 2 * GET_COST, min(1.0, search.total), used)

    def _tails(
        self, search: _Search, view: IndexView, prefix: list[Key], used: list[Expr], assumed: Assumed,
        searches: float, usable: list[Term],
    ) -> Iterator[Candidate]:
        """Paths that end in a range, or in the beginning of a text."""
        entries = searches * self.statistics.rows_per_prefix(search.source, view, len(prefix))
        low, high, superfluous = range_of(usable)
        if low is not None or high is not None:
            following = list(view.columns)[len(prefix) + 1 :]
            rows = entries * (0.01 if low is not None and high is not None else 0.1)
            access = IndexRange(
                view.index,
                list(prefix),
                end_of(low, following, search.source),
                end_of(high, following, search.source),
                assumed=[*assumed, *(low.assumed if low else ()), *(high.assumed if high else ())],
            )
            cost = searches * RANGE_COST + rows * self._row_cost(search.source, view.index)
            yield Candidate(access, 0.0, cost, rows, [*used, *superfluous])
        place, collation = list(view.columns)[len(prefix)]
        for conjunct in search.conjuncts:
            if isinstance(conjunct, bound.Like) and self._serves(conjunct, search, place, collation):
                rows = entries * 0.02
                access = IndexRange(view.index, list(prefix), like=conjunct, assumed=assumed)
                cost = searches * RANGE_COST + rows * self._row_cost(search.source, view.index)
                yield Candidate(access, 0.0, cost, rows, list(used))

    def _serves(self, like: bound.Like, search: _Search, place: int, collation: str) -> bool:
        """Whether a LIKE or GLOB says how the texts of an index's column begin."""
        if like.negated or place_in(like.operand, search.source) != place or like.operand.classes & NUMBER:
            return False
        if collation != ("BINARY" if like.op == "GLOB" or like.case_sensitive else "NOCASE"):
            return False
        values = []
        for part in (like.pattern, like.escape):
            if isinstance(part, bound.Literal):
                values.append(part.value)
            elif isinstance(part, bound.Parameter) and part.index < len(self.context.parameters):
                values.append(self.context.parameters[part.index])
            elif part is not None:
                return False
            else:
                values.append(None)
        return bool(literal_prefix(values[0], like.op, values[1]))

    # ----------------------------------------------------------------------------------------------------- OR

    def _unions(self, search: _Search) -> Iterator[Candidate]:
        """ORs of which every branch can be searched for."""
        for conjunct in search.conjuncts:
            if isinstance(conjunct, bound.Or) and len(conjunct.terms) <= _MAX_BRANCHES:
                found = self._union(search, conjunct)
                if found is not None:
                    yield found

    def _union(self, search: _Search, node: bound.Or) -> Candidate | None:
        branches: list[Candidate] = []
        exact = True
        others = [conjunct for conjunct in search.conjuncts if conjunct is not node]
        for term in node.terms:
            parts = list(term.terms) if isinstance(term, bound.And) else [term]
            inner = self._search(search.source, [*parts, *others], search.total)
            found = [c for c in self._searches(inner) if any(part in c.used or _is_like(c, part) for part in parts)]
            if not found:
                return None
            best = min(found, key=lambda candidate: candidate.cost)
            exact = exact and all(part in best.used for part in parts)
            branches.append(best)
        rows = sum(branch.rows for branch in branches)
        accesses = [branch.access for branch in branches]
        cost = sum(branch.cost for branch in branches) + rows * _UNION_COST
        return Candidate(
            MultiIndexOr(accesses),  # type: ignore[arg-type]
            0.0,
            cost,
            min(rows, search.total),
            [node] if exact else [],
        )

    # -------------------------------------------------------------------------------------------- hash tables

    def _hash_path(
        self, source: Source, terms: list[Term], total: float, kept: float, filter_cost: float
    ) -> Iterable[Candidate]:
        linked = [t for t in terms if t.is_linked and t.op == "="]
        equalities = list({t.place: t for t in linked if t.place >= -1}.values())
        equalities += [t for t in linked if t.place == COMPUTED]
        if not equalities:
            return
        build = [Key(t.subject, t.affinity, t.using) for t in equalities]
        probe = [Key(t.other, t.other_affinity, t.using) for t in equalities]
        inner: Access = FullScan() if source.table is not None else DerivedScan()
        if source.function is not None:
            if any(sources_of(argument) for argument in source.function.given):
                return
            inner = FunctionScan()
        unique = source.table is not None and any(
            t.affinity is None and is_key(source, t.place, t.using) for t in equalities
        )
        positions = tuple(sorted({place for t in equalities for place in _places_read(t)}))
        rows = 1.0 if unique else total / self.statistics.distinct(source, positions)
        yield Candidate(
            HashLookup(build, probe, inner, unique=unique),
            total * (SCAN_COST + filter_cost + kept * (BUILD_COST / 2 if unique else BUILD_COST)) + 1.0,
            PROBE_COST,
            rows,
            [t.conjunct for t in equalities],
        )

    def search_of(self, source: Source, hashed: Candidate) -> RowidGet | IndexRange | None:
        """What finds the rows of one key of a hash table in the order of the table, without it."""
        found: Candidate | None = None
        for candidate in self.candidates(source, hashed.used):
            if set(map(id, candidate.used)) == set(map(id, hashed.used)) and _is_in_table_order(candidate):
                found = candidate if found is None or candidate.cost < found.cost else found
        access = found.access if found is not None else None
        assert access is None or isinstance(access, RowidGet | IndexRange)
        if isinstance(access, IndexRange):
            access.few = not access.covers_unique
        return access


def _places_read(term: Term) -> set[int]:
    """The columns that an equality's subject depends on: it has at most as many values as they have together."""
    if term.place != COMPUTED:
        return {term.place}
    return {position for _, position in references(term.subject)}


def count_of_members(node: bound.InList | bound.InQuery) -> float:
    """How many values an IN looks for."""
    if isinstance(node, bound.InList):
        return float(len(node.items))
    return _LIST_SIZE if node.query.planned is None else max(1.0, node.query.rows_estimate)


def _is_in_table_order(candidate: Candidate) -> bool:
    """Whether a path looks for one key, and what it finds comes in the order of rowids."""
    access = candidate.access
    if not isinstance(access, IndexRange):
        return isinstance(access, RowidGet)
    is_plain = not (access.bounded or access.has_members or access.assumed or access.index.where)
    return is_plain and len(access.prefix) == len(access.index.columns) and candidate.rows <= _FEW_FOUND


def _columns_read(source: Source, select: Select, order: list[OrderTerm]) -> set[int] | None:
    """The columns that a SELECT reads of its one table; None where a subquery may read any."""
    exprs = [*expressions_of_select(select), *(term.expr for term in order)]
    if any(bound.has_query(e) for e in exprs):
        return None
    return {position for e in exprs for number, position in references(e) if number == source.number}


def _is_like(candidate: Candidate, part: Expr) -> bool:
    """Whether a path searches for what ``part`` says, though it must be checked again."""
    access = candidate.access
    return isinstance(access, IndexRange) and access.like is part
