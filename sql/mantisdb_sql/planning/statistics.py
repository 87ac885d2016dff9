"""What the planner knows of a table's content: how many rows it has, and guesses from a sample of them.

The row count is the tree's own and exact. The sample is a few leaves spread evenly over the tree, read anew
for each plan; nothing is kept while rows are written. From it come

- how many different values some columns have. A value that occurs in one leaf only, for all values, means
  that equal values are neighbours (or that there are no equal ones): what a leaf holds is multiplied by the
  leaves. Otherwise Chao's estimator: from the values seen once and twice follows how many were not seen;
- which share of the rows a condition accepts. The condition is evaluated over the sample, column by column,
  with the values that the parameters have in the first execution; a few kinds of nodes are understood, the
  rest is guessed.

ANALYZE's table ``sqlite_stat1`` goes before the sample where it says how many rows share a prefix of an index.
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import Source, sources_of
from mantisdb_sql.catalog.definitions import STATISTICS_TABLE, Catalog
from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.dates import current_moment
from mantisdb_sql.planning.search_terms import IndexView
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.collation import BUILT_IN
from mantisdb_sql.values.like import glob, like
from mantisdb_sql.values.rules import cast_function, compare, compare_affinity_function, truth

EQUAL_SHARE, RANGE_SHARE, OTHER_SHARE = 0.1, 0.33, 0.5
DERIVED_ROWS = 1000.0

_NUMBERS = re.compile(r"[0-9]+( |$)", re.ASCII)
_SAMPLED_LEAVES = 5
_SAMPLED_ROWS = 400
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_Vector = list[Any]
_COLUMNS = (bound.Column, bound.Rowid)
_FIXED = (bound.Literal, bound.Parameter)


class _NotUnderstood(Exception):
    """A node that is not evaluated over samples."""


def rows_of_statistics(tree: Any) -> Iterator[tuple[str, str, str]]:
    """(table, index or "", numbers) of each row of ANALYZE's table that makes sense, names in lower case."""
    for rows in tree.values():
        for table, index, stat in rows:
            if table.__class__ is stat.__class__ is str and _NUMBERS.match(stat):
                yield lower_ascii(table), lower_ascii(str(index or "")), stat


def analyzed_rows(catalog: Catalog, trees: Mapping[int, Any]) -> Iterable[tuple[str, str, str]]:
    """What ANALYZE has found, if it has been asked: see :func:`rows_of_statistics`."""
    table = catalog.table(STATISTICS_TABLE)
    return () if table is None or len(table.columns) != 3 else rows_of_statistics(trees[table.tree_id])


def analyzed(catalog: Catalog, trees: Mapping[int, Any]) -> dict[tuple[str, str], list[float]]:
    """(table, index) in lower case -> ANALYZE's numbers."""
    return {
        (name, index): [float(number) for number in stat.split() if number.isdecimal()]
        for name, index, stat in analyzed_rows(catalog, trees)
    }


class Statistics:
    """Guesses about the sources of one statement.

    trees       tree id -> Tree
    parameters  the first execution's values, empty where they are not known
    averages    (table, index) in lower case -> ANALYZE's row count and rows per prefix
    """

    def __init__(
        self,
        trees: Mapping[int, Any],
        parameters: Sequence[Any] = (),
        averages: Mapping[tuple[str, str], list[float]] | None = None,
    ) -> None:
        self.trees = trees
        self.parameters = parameters
        self.averages = averages or {}
        self._samples: dict[int, list[list[Any]]] = {}
        self._rows: dict[int, list[Any]] = {}
        self._shares: dict[tuple[int, int], tuple[Expr, float]] = {}  # conditions are held: ids stay their own
        self._distinct: dict[tuple[int, tuple[int, ...]], float] = {}
        self._per_prefix: dict[tuple[int, int], float] = {}

    def rows(self, source: Source) -> float:
        """How many rows a source has."""
        if source.table is not None:
            return float(self.trees[source.tree_id].count)
        if source.function is not None:
            return source.function.definition.estimate
        return max(source.query.rows_estimate, 1.0) if source.query is not None else DERIVED_ROWS

    # ------------------------------------------------------------------------------------------------ samples

    def _leaves(self, tree_id: int) -> list[list[Any]]:
        """The rows of a few leaves, a list for each."""
        found = self._samples.get(tree_id)
        if found is None:
            tree = self.trees[tree_id]
            count = min(_SAMPLED_LEAVES, max(1, tree.count // 100))
            leaves = {id(leaf): leaf for i in range(count) if (leaf := _leaf_at(tree.root, (i + 0.5) / count))}
            found = self._samples[tree_id] = [leaf.values for leaf in leaves.values()]
        return found

    def sample(self, source: Source) -> list[Any]:
        """Some rows of a stored table."""
        found = self._rows.get(source.tree_id)
        if found is None:
            rows = [row for leaf in self._leaves(source.tree_id) for row in leaf]
            found = self._rows[source.tree_id] = rows[:_SAMPLED_ROWS]
        return found

    # --------------------------------------------------------------------------------------- different values

    def distinct(self, source: Source, positions: tuple[int, ...]) -> float:
        """How many different combinations of values these columns have; position -1 is the rowid."""
        total = self.rows(source)
        if source.table is None:
            return max(1.0, total if len(positions) > 1 else total * 0.5)
        if -1 in positions or source.table.rowid_alias in positions:
            return max(1.0, total)
        key = source.tree_id, positions
        known = self._distinct.get(key)
        if known is None:
            known = self._distinct[key] = max(1.0, min(total, self._count_distinct(source, positions, total)))
        return known

    def _count_distinct(self, source: Source, positions: tuple[int, ...], total: float) -> float:
        assert source.table is not None
        for index in source.table.indexes:
            own = [column.position for column in index.columns]
            if index.where is None and index.unique and -1 not in own and set(own) <= set(positions):
                return total
        sampled: list[Any] = []
        apart = 0
        for leaf in self._leaves(source.tree_id):
            values = _combinations(leaf, positions)
            apart += len(set(values))
            sampled += values
        if not sampled:
            return 1.0
        counts = Counter(sampled)
        if len(sampled) >= total:
            return len(counts)
        if apart == len(counts) > 1:
            return total * len(counts) / len(sampled)
        return _chao(counts, total)

    def run_rows(self, source: Source, positions: tuple[int, ...]) -> float:
        """How many rows with the same values in these columns follow each other in the table, on the average."""
        runs = rows = 0
        for leaf in self._leaves(source.tree_id):
            values = _combinations(leaf, positions)
            runs += sum(map(operator.ne, values, values[1:])) + 1
            rows += len(values)
        return rows / runs if runs else 1.0

    def rows_per_prefix(self, source: Source, view: IndexView, columns: int) -> float:
        """About how many entries of an index share their first ``columns`` values."""
        key = view.index.tree_id, columns
        known = self._per_prefix.get(key)
        if known is None:
            known = self._per_prefix[key] = self._count_per_prefix(source, view, columns)
        return known

    def _count_per_prefix(self, source: Source, view: IndexView, columns: int) -> float:
        index, total = view.index, self.rows(source)
        if index.unique and index.where is None and columns == len(index.columns):
            return min(1.0, total)
        entries = float(self.trees[index.tree_id].count)
        if not columns or not entries:
            return entries
        averages = self.averages.get((lower_ascii(index.table), lower_ascii(index.name)))
        if averages is not None and columns < len(averages):
            return max(1.0, averages[columns])
        tree = self.trees[index.tree_id]
        leaves = {id(leaf): leaf for at in (0.2, 0.5, 0.8) if (leaf := _leaf_at(tree.root, at))}
        prefixes: set[Any] = set()
        for leaf in leaves.values():
            prefixes.update([key[:columns] for key in leaf.keys])
        if len(prefixes) <= len(leaves):  # a leaf shows less than one value's entries
            places = tuple(view.places[:columns])
            return max(1.0, entries / (self.distinct(source, places) if min(places) >= 0 else 1.0))
        return max(1.0, sum([len(leaf.keys) for leaf in leaves.values()]) / len(prefixes))

    # -------------------------------------------------------------------------------------------------- shares

    def share(self, condition: Expr, source: Source) -> float:
        """Which share of a source's rows a condition on it alone accepts."""
        key = id(condition), source.number
        known = self._shares.get(key)
        if known is None:
            known = self._shares[key] = condition, self._new_share(condition, source)
        return known[1]

    def _new_share(self, condition: Expr, source: Source) -> float:
        if isinstance(condition, bound.InQuery):
            return self._share_of_list(condition, source)
        if source.table is None:
            return default_share(condition)
        if finds_one(condition, source):
            return 1.0 / max(self.rows(source), 1.0)
        rows = self.sample(source)
        if not rows:
            return default_share(condition)
        try:
            hits = sum(1 for value in _Sampled(rows, source.number, self.parameters).truths(condition) if value)
        except (_NotUnderstood, SqlError, TypeError, ValueError, OverflowError, IndexError):
            return self._share_of_unknown(condition, source)
        return (hits + 0.3) / (len(rows) + 0.6)

    def _share_of_unknown(self, condition: Expr, source: Source) -> float:
        """The share of a comparison with what is not known, such as a column of a query outside."""
        if isinstance(condition, bound.Compare) and condition.op == "=":
            for mine, other in ((condition.left, condition.right), (condition.right, condition.left)):
                if isinstance(mine, bound.Column) and {mine.source} == {source.number} - sources_of(other):
                    return 1.0 / max(self.distinct(source, (mine.position,)), 1.0)
        return default_share(condition)

    def _share_of_list(self, condition: bound.InQuery, source: Source) -> float:
        """The share of IN (SELECT …), whose query is planned before what it is a condition of."""
        operand = condition.operands[0]
        if condition.query.planned is None or len(condition.operands) > 1 or not isinstance(operand, bound.Column):
            return default_share(condition)
        found: float = condition.query.rows_estimate / self.distinct(source, (operand.position,))
        return max(0.05, 1.0 - found) if condition.negated else min(1.0, found)


def default_share(condition: Expr) -> float:
    """A guess where nothing is known."""
    if isinstance(condition, bound.Compare):
        return EQUAL_SHARE if condition.op in ("=", "IS") else RANGE_SHARE if condition.op != "<>" else 0.9
    if isinstance(condition, bound.Between):
        return RANGE_SHARE
    if isinstance(condition, bound.InList):
        return 1.0 - EQUAL_SHARE if condition.negated else min(0.5, EQUAL_SHARE * len(condition.items))
    if isinstance(condition, bound.Like | bound.IsNull):
        return 1.0 - EQUAL_SHARE if condition.negated else EQUAL_SHARE
    return OTHER_SHARE


def is_key(source: Source, position: int, using: str) -> bool:
    """Whether no two rows of a table have the same value in a column, compared under a collation."""
    assert source.table is not None
    if position in (-1, source.table.rowid_alias):
        return True
    for index in source.table.indexes:
        if index.unique and index.where is None and len(index.columns) == 1:
            column = index.columns[0]
            if column.position == position and column.collation == using:
                return True
    return False


def finds_one(condition: Expr, source: Source) -> bool:
    """Whether a condition compares a key of a table with what is the same for all of its rows."""
    if not isinstance(condition, bound.Compare) or condition.op != "=" or source.table is None:
        return False
    for mine, other in ((condition.left, condition.right), (condition.right, condition.left)):
        if isinstance(mine, _COLUMNS) and mine.source == source.number and source.number not in sources_of(other):
            position = mine.position if isinstance(mine, bound.Column) else -1
            return is_key(source, position, condition.using)
    return False


def _combinations(rows: list[Any], positions: tuple[int, ...]) -> list[Any]:
    """What rows have in these columns, as something to be compared and hashed."""
    return list(map(operator.itemgetter(*positions), rows))


def _leaf_at(node: Any, place: float) -> Any:
    """The leaf at a place between 0 and 1 of the tree below ``node``."""
    while hasattr(node, "children"):
        children = node.children
        at = place * len(children)
        i = min(int(at), len(children) - 1)
        place = at - i
        node = children[i]
    return node


def _chao(counts: Counter[Any], total: float) -> float:
    """Chao's estimator of the number of different values; where nothing was seen twice, all are different."""
    times = list(counts.values())
    once, twice = times.count(1), times.count(2)
    if once == len(counts):
        return total
    return min(total, len(counts) + once * once / (2 * max(twice, 1)))


class _Sampled:
    """Expressions evaluated over sampled rows, a list of values at a time."""

    def __init__(self, rows: list[Any], source: int, parameters: Sequence[Any]) -> None:
        self.rows = rows
        self.source = source
        self.parameters = parameters

    def values(self, e: Expr) -> _Vector:
        """The expression's value for each row."""
        while isinstance(e, bound.Collate):
            e = e.operand
        if isinstance(e, bound.Column) and e.source == self.source:
            i = e.position
            return [row[i] for row in self.rows]
        if isinstance(e, bound.Literal):
            return [e.value] * len(self.rows)
        if isinstance(e, bound.Parameter) and e.index < len(self.parameters):
            return [self.parameters[e.index]] * len(self.rows)
        if isinstance(e, bound.Cast):
            return list(map(cast_function(e.to), self.values(e.operand)))
        if isinstance(e, bound.Function):
            return self._function(e)
        if isinstance(e, bound.Compare | bound.Between | bound.InList | bound.Like | bound.IsNull | bound.Not):
            return [None if value is None else int(value) for value in self.truths(e)]
        raise _NotUnderstood

    def _function(self, e: bound.Function) -> _Vector:
        definition = e.definition
        if not definition.is_total or definition.call is None or definition.takes_key:
            raise _NotUnderstood
        call = definition.call
        first = [current_moment()] if definition.takes_now else []
        if all(isinstance(arg, bound.Literal | bound.Parameter) for arg in e.args):
            return [call(*first, *[self.values(arg)[0] for arg in e.args])] * len(self.rows)
        columns = [self.values(arg) for arg in e.args]
        return [call(*first, *values) for values in zip(*columns, strict=True)]

    def truths(self, e: Expr) -> _Vector:
        """True, False or None for each row."""
        if isinstance(e, bound.Compare):
            return self._compare(e)
        if isinstance(e, bound.Between):
            found = _all_of([self._compare(e.low), self._compare(e.high)])
            return _negated(found) if e.negated else found
        if isinstance(e, bound.InList):
            return self._in_list(e)
        if isinstance(e, bound.Like):
            return self._like(e)
        if isinstance(e, bound.IsNull):
            return [(value is None) is not e.negated for value in self.values(e.operand)]
        if isinstance(e, bound.And):
            return _all_of([self.truths(term) for term in e.terms])
        if isinstance(e, bound.Or):
            return _negated(_all_of([_negated(self.truths(term)) for term in e.terms]))
        if isinstance(e, bound.Not):
            return _negated(self.truths(e.operand))
        return [truth(value) for value in self.values(e)]

    def _side(self, e: Expr, affinity: Any, using: str) -> _Vector:
        values = self.values(e)
        if affinity is not None:
            values = list(map(compare_affinity_function(affinity), values))
        return _keyed(values, using)

    def _compare(self, e: bound.Compare) -> _Vector:
        if isinstance(e.right, _FIXED):
            return self._compare_with_one(e)
        left = self._side(e.left, e.left_affinity, e.using)
        right = self._side(e.right, e.right_affinity, e.using)
        if e.op in ("IS", "IS NOT"):
            return [(a == b) is (e.op == "IS") for a, b in zip(left, right, strict=True)]
        test = _OPERATORS[e.op]
        try:
            return [None if a is None or b is None else test(a, b) for a, b in zip(left, right, strict=True)]
        except TypeError:
            pairs = zip(left, right, strict=True)
            return [None if a is None or b is None else test(compare(a, b), 0) for a, b in pairs]

    def _compare_with_one(self, e: bound.Compare) -> _Vector:
        """A comparison whose right side is the same for all rows."""
        left = self._side(e.left, e.left_affinity, e.using)
        b = _Sampled(self.rows[:1], self.source, self.parameters)._side(e.right, e.right_affinity, e.using)[0]
        if e.op in ("IS", "IS NOT"):
            return [(a == b) is (e.op == "IS") for a in left]
        if b is None:
            return [None] * len(left)
        test = _OPERATORS[e.op]
        try:
            return [None if a is None else test(a, b) for a in left]
        except TypeError:
            return [None if a is None else test(compare(a, b), 0) for a in left]

    def _in_list(self, e: bound.InList) -> _Vector:
        subject = self._side(e.operand, e.operand_affinity, e.using)
        if not all(isinstance(item, bound.Literal | bound.Parameter) for item in e.items):
            raise _NotUnderstood
        items = {self._side(item, e.item_affinity, e.using)[0] for item in e.items}
        return [None if value is None else (value in items) is not e.negated for value in subject]

    def _like(self, e: bound.Like) -> _Vector:
        if e.escape is not None or e.case_sensitive:
            raise _NotUnderstood
        function = like if e.op == "LIKE" else glob
        pairs = zip(self.values(e.pattern), self.values(e.operand), strict=True)
        found = [function(pattern, subject) for pattern, subject in pairs]
        return _negated(found) if e.negated else found


def _keyed(values: _Vector, using: str) -> _Vector:
    if using == "BINARY":
        return values
    collation = BUILT_IN.get(using)
    if collation is None:
        raise _NotUnderstood
    key = collation.key
    return [key(value) if value.__class__ is str else value for value in values]


def _all_of(vectors: list[_Vector]) -> _Vector:
    return [
        False if any(v is not None and not v for v in row) else None if None in row else True
        for row in zip(*vectors, strict=True)
    ]


def _negated(vector: _Vector) -> _Vector:
    return [None if value is None else not value for value in vector]
