"""Conditions put into a form that serves the planner, without a change of meaning.

The conjuncts of WHERE are, in turn:

- ORs of equalities with one expression become IN lists: ``a = 1 OR a = 2`` -> ``a IN (1, 2)``;
- what all branches of an OR have in common comes in front: ``(a AND b) OR (a AND c)`` -> ``a AND (b OR c)``;
- what the branches of an OR say of a single source is added as a conjunct of its own, to be checked early:
  ``(n = 'x' AND m = 'y') OR (n = 'y' AND m = 'x')`` -> ``… AND (n = 'x' OR n = 'y') AND (m = 'y' OR m = 'x')``;
- a lower and an upper bound of one column become one condition: ``a >= 1 AND a < 5``, a kind of BETWEEN;
- equalities are transitive: ``a = b AND b = 5`` gives ``a = 5`` (a conjunct), ``a = b AND b = c`` gives
  ``a = c`` (implied: it serves as a search key, and need not be checked).

Only BINARY equality without conversions is transitive. Conditions with subqueries, or with functions that are
not deterministic, are left as they are.
"""

from __future__ import annotations

from collections import Counter

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import sources_of

_MAX_CLASS = 8
_MAX_BRANCHES = 50
_Place = tuple[int, int]  # source, position; -1 is the rowid


def normalised(conjuncts: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """The conjuncts to check, and what they imply."""
    if not conjuncts:
        return [], []
    found: list[Expr] = []
    for conjunct in conjuncts:
        if isinstance(conjunct, bound.Or):
            found += _of_or(conjunct)
        else:
            found.append(conjunct)
    if len(found) == 1:
        return found, []
    constants, implied = _transitive(found)
    return _as_ranges(found) + constants, implied


# --------------------------------------------------------------------------------------------------------- OR


def _of_or(node: bound.Or) -> list[Expr]:
    """The conjuncts that an OR amounts to."""
    if len(node.terms) > _MAX_BRANCHES or not is_pure(node):
        joined = _as_list(node)
        return [node if joined is None else joined]
    branches = [list(term.terms) if isinstance(term, bound.And) else [term] for term in node.terms]
    common = [
        term for term in branches[0] if all(any(same(term, other) for other in branch) for branch in branches[1:])
    ]
    rests = [[t for t in branch if not any(same(t, c) for c in common)] for branch in branches]
    if not all(rests):
        return common
    rest: Expr = node
    if common:
        rest = bound.Or([_conjunction(terms, node) for terms in rests], classes=node.classes)
    assert isinstance(rest, bound.Or)
    joined = _as_list(rest)
    if joined is not None:
        return [*common, joined]
    return [*common, rest, *_of_single_sources(rests, rest)]


def _conjunction(terms: list[Expr], like: Expr) -> Expr:
    return terms[0] if len(terms) == 1 else bound.And(list(terms), classes=like.classes)


def _of_single_sources(branches: list[list[Expr]], node: bound.Or) -> list[Expr]:
    """What the branches say of one source each."""
    everything = sources_of(node)
    if len(everything) < 2:
        return []
    found: list[Expr] = []
    reads = [[(term, sources_of(term)) for term in branch] for branch in branches]
    for source in sorted(everything):
        own = [[term for term, read in branch if read == {source}] for branch in reads]
        if all(own):
            either = bound.Or([_conjunction(terms, node) for terms in own], classes=node.classes)
            found += _of_or(either)
    return found


def _as_list(node: bound.Or) -> bound.InList | None:
    """``a = 1 OR a = 2`` as ``a IN (1, 2)``."""
    first = node.terms[0]
    if not isinstance(first, bound.Compare) or first.is_mixed:
        return None
    if not isinstance(first.left, bound.Column | bound.Rowid):
        return None
    items: list[bound.Expr] = []
    for term in node.terms:
        if (
            not isinstance(term, bound.Compare)
            or term.op != "="
            or not same(term.left, first.left)
            or term.left_affinity != first.left_affinity
            or term.right_affinity != first.right_affinity
            or term.using != first.using
            or not isinstance(term.right, bound.Literal | bound.Parameter)
        ):
            return None
        items.append(term.right)
    return bound.InList(
        first.left,
        items,
        operand_affinity=first.left_affinity,
        item_affinity=first.right_affinity,
        using=first.using,
        classes=node.classes,
    )


# ------------------------------------------------------------------------------------------------------ ranges


def _as_ranges(conjuncts: list[Expr]) -> list[Expr]:
    """Each lower bound of a column joined with an upper one."""
    result: list[Expr] = []
    lows: list[bound.Compare] = []
    highs: list[bound.Compare] = []
    for conjunct in conjuncts:
        if _is_end(conjunct):
            assert isinstance(conjunct, bound.Compare)
            (lows if conjunct.op in (">", ">=") else highs).append(conjunct)
        else:
            result.append(conjunct)
    for low in lows:
        high = next((h for h in highs if _bound_alike(low, h)), None)
        if high is None:
            result.append(low)
            continue
        highs.remove(high)
        upper = bound.Compare(
            high.op, low.left, high.right, high.left_affinity, high.right_affinity, high.using, classes=high.classes
        )
        result.append(bound.Between(low, upper, classes=low.classes | high.classes))
    return result + highs


def _is_end(conjunct: Expr) -> bool:
    return (
        isinstance(conjunct, bound.Compare)
        and conjunct.op in ("<", "<=", ">", ">=")
        and isinstance(conjunct.left, bound.Column)
        and not sources_of(conjunct.right)
        and is_pure(conjunct.right)
    )


def _bound_alike(low: bound.Compare, high: bound.Compare) -> bool:
    return same(low.left, high.left) and low.left_affinity is high.left_affinity and low.using == high.using


# ------------------------------------------------------------------------------------------------- equalities


def _transitive(conjuncts: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """(column = constant, column = column) as they follow from the equalities among the conjuncts."""
    pairs = [pair for c in conjuncts if (pair := _column_pair(c)) is not None]
    if not pairs:
        return [], []
    columns: dict[_Place, Expr] = {}
    root: dict[_Place, _Place] = {}

    def find(place: _Place) -> _Place:
        while root[place] != place:
            place = root[place]
        return place

    for left, right in pairs:
        for expr in (left, right):
            columns.setdefault(place_of(expr), expr)
            root.setdefault(place_of(expr), place_of(expr))
        root[find(place_of(left))] = find(place_of(right))
    linked = {frozenset((place_of(a), place_of(b))) for a, b in pairs}
    constants = _constants(conjuncts, columns, find)
    sizes = Counter(find(place) for place in columns)
    implied: list[Expr] = []
    places = sorted(columns)
    for i, a in enumerate(places):
        for b in places[i + 1 :]:
            together = find(a) == find(b) and sizes[find(a)] <= _MAX_CLASS
            if together and a[0] != b[0] and frozenset((a, b)) not in linked:
                implied.append(bound.Compare("=", columns[a], columns[b]))
    return constants, implied


def implied_constants(conjuncts: list[Expr]) -> list[Expr]:
    """``a = 5`` where the conjuncts say ``a = b`` and ``b = 5``."""
    return _transitive(conjuncts)[0] if len(conjuncts) > 1 else []


def _constants(conjuncts: list[Expr], columns: dict[_Place, Expr], find: object) -> list[Expr]:
    """``a = 5`` where ``a = b AND b = 5``."""
    assert callable(find)
    known: dict[_Place, bound.Compare] = {}
    bound_already: set[_Place] = set()
    for conjunct in conjuncts:
        if (
            isinstance(conjunct, bound.Compare)
            and conjunct.op == "="
            and conjunct.left_affinity is None
            and conjunct.using == "BINARY"
            and isinstance(conjunct.left, bound.Column | bound.Rowid)
            and isinstance(conjunct.right, bound.Literal | bound.Parameter)
            and place_of(conjunct.left) in columns
        ):
            known.setdefault(find(place_of(conjunct.left)), conjunct)
            bound_already.add(place_of(conjunct.left))
    return [
        bound.Compare(
            "=", columns[place], equal.right, None, equal.right_affinity, equal.using, classes=equal.classes
        )
        for place in sorted(columns)
        if place not in bound_already and (equal := known.get(find(place))) is not None
    ]


def _column_pair(conjunct: Expr) -> tuple[Expr, Expr] | None:
    if (
        isinstance(conjunct, bound.Compare)
        and conjunct.op == "="
        and conjunct.left_affinity is None
        and conjunct.right_affinity is None
        and conjunct.using == "BINARY"
        and isinstance(conjunct.left, bound.Column | bound.Rowid)
        and isinstance(conjunct.right, bound.Column | bound.Rowid)
    ):
        return conjunct.left, conjunct.right
    return None


def place_of(expr: Expr) -> _Place:
    """Which column an expression is."""
    if isinstance(expr, bound.Column):
        return expr.source, expr.position
    assert isinstance(expr, bound.Rowid)
    return expr.source, -1


def is_pure(expr: Expr) -> bool:
    """Whether an expression has no subquery and gives equal values whenever it is evaluated."""
    for node in bound.walk(expr):
        if isinstance(node, bound.InQuery | bound.Exists | bound.ScalarQuery):
            return False
        if isinstance(node, bound.Function):
            definition = node.definition
            if not definition.is_total and not (definition.built_in and definition.deterministic):
                return False
    return True
