"""Bound queries and their plans.

The binder makes a :class:`Query` whose names are all resolved; the planner fills in, for every
:class:`Select` in it, the ``steps``: in which order its sources are visited, how the rows of each are found,
and which conditions are checked at which step. The code generator reads nothing else.

Row variables. Source n contributes its current row ``r{n}`` and, where something refers to it, its rowid
``k{n}``. After grouping, ``r{grouping.source}`` is the tuple (keys…, aggregates…), and the rows of the
sources in FROM are those of one row of the group, so that a column that is neither grouped nor aggregated
just keeps its meaning (SQLite: the row that holds the minimum or maximum where there is exactly one such
aggregate, else any row; here the first).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import Alike
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.catalog.definitions import IndexDef, TableDef
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import ANY, Affinity, SqlValue

if TYPE_CHECKING:
    from sqlglot import exp

    from mantisdb_sql.authorizer import ReadGuard
    from mantisdb_sql.binding.late_mistakes import Mistake
    from mantisdb_sql.functions.table_functions import TableFunctionDef


@dataclass(slots=True, eq=False)
class ColumnInfo:
    """An output column of a query, or a column that a source offers; ``*`` does not mean a hidden one. ``json`` and
    ``twin`` are those of bound.Column. To a query that has it in FROM, its name is ``written`` (none: ``name``), to a
    view or a table that is made of the query it is ``behind`` (none: ``name``), and, with ``reads_real``, integers in
    it are REAL. ``mistake`` is what is wrong with it if it is read."""

    name: str
    classes: int = ANY
    affinity: Affinity | None = None
    collation: str | None = None
    declared_type: str | None = None
    hidden: bool = False
    json: int = 0
    twin: int = 0
    reads_real: bool = False
    written: str = ""
    behind: str = ""
    mistake: Mistake | None = None

    @property
    def kept_name(self) -> str:
        """Its name in a view, or in a table that is made of the query."""
        return self.behind or self.name


@dataclass(slots=True, eq=False)
class Source:
    """A row producer in FROM: a table, a derived table when ``query`` is set, the rows of a recursive table that
    are at hand when ``recursive`` is, or, when ``group`` is set, several sources that are joined first.

    A group has no row of its own: its members keep their numbers and their row variables. The rows of a
    table-valued function are made by ``function``.
    """

    number: int
    alias: str
    columns: list[ColumnInfo]
    table: TableDef | None = None
    query: Query | None = None
    group: JoinGroup | None = None
    recursive: bool = False
    function: TableFunction | None = None
    tree_id: int = 0
    uses_rowid: bool = False  # something refers to k{number}
    nullable: bool = False  # the null row of an outer join may stand for it
    indexed: str | bool | None = None  # INDEXED BY this index; False: NOT INDEXED
    guard: ReadGuard | None = None  # to be asked before a column is read
    view_database: str | None = None  # of a view
    is_common: bool = False  # a table of WITH
    is_nested: bool = False  # in a join in parentheses
    reads: set[int] | None = None  # columns of a query that SQLite holds to be read, whether or not they are
    looped: Mapping[int, str] = field(default_factory=dict)  # columns that cannot be read: TableDef.looped

    @property
    def database(self) -> str:
        """The database that it is in; ``*`` for a query, which is in none."""
        if self.table is not None:
            return self.table.database
        if self.view_database is not None:
            return self.view_database
        return "*" if self.function is None else "main"

    @property
    def has_rowid(self) -> bool:
        """Whether it is a table whose rows have rowids that can be named."""
        return self.table is not None and not self.table.without_rowid

    @property
    def width(self) -> int:
        """The number of values in a row; a function's rows end with the twins of columns that may be JSON."""
        twins = (self.function.definition.twins or {}).values() if self.function is not None else ()
        return max(len(self.columns), *(place + 1 for place in twins), 0)

    @property
    def shown_columns(self) -> Iterator[tuple[int, str]]:
        """Position and name of the columns that ``*`` stands for."""
        return ((i, info.name) for i, info in enumerate(self.columns) if not info.hidden)

    @property
    def real_columns(self) -> tuple[int, ...]:
        """The columns in which integers become REAL as they are read."""
        return tuple(i for i, info in enumerate(self.columns) if info.reads_real)

    @property
    def members(self) -> Iterator[Source]:
        """The sources with row variables: the source itself, or those of its group."""
        if self.group is None:
            yield self
            return
        yield from self.group.select.sources
        if self.group.right is not None:
            yield from self.group.right.source.members

    def position(self, name: str) -> int | None:
        """The position of the first column with this name, in lower case."""
        if self.table is not None:
            return self.table.positions.get(name)
        return next((i for i, info in enumerate(self.columns) if lower_ascii(info.name) == name), None)


@dataclass(slots=True, eq=False)
class Join:
    """A source and how it is joined to what is left of it; ``on`` are conjuncts (of INNER joins they move to
    WHERE)."""

    source: Source
    kind: OneOf["INNER", "LEFT", "CROSS"]
    on: list[Expr] = field(default_factory=list)

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of all row variables that the join brings."""
        return frozenset([source.number for source in self.source.members])


@dataclass(slots=True, eq=False)
class TableFunction:
    """A call in FROM: ``arguments``, one for each hidden column, are the bound ``nodes``, or None where nothing is
    given. ``wanted`` collects the columns that are read. ``is_outer``: it is on the left of a RIGHT or FULL JOIN that
    was made a JOIN or LEFT JOIN."""

    definition: TableFunctionDef
    nodes: list[exp.Expression]
    arguments: list[Expr | None]
    wanted: set[int] = field(default_factory=set)
    is_outer: bool = False

    @property
    def given(self) -> list[Expr]:
        """The arguments that are there."""
        return [argument for argument in self.arguments if argument is not None]


@dataclass(slots=True, eq=False)
class JoinGroup:
    """What is joined before the rest: the joins of ``select`` under its conditions, and then, if ``right`` is set,
    a RIGHT JOIN with it (or FULL, where the rows of ``select`` that match nothing stay as well)."""

    select: Select
    right: Join | None = None
    full: bool = False
    right_step: Step | None = None  # filled by the planner

    def expressions(self) -> Iterator[Expr]:
        """Every condition of the group."""
        yield from expressions_of_select(self.select)
        if self.right is not None:
            yield from expressions_of_select(Select(joins=[self.right]))


@dataclass(slots=True, eq=False)
class Output:
    """A result column; ORDER BY knows it by its name where that is an alias or comes from ``*`` (``is_named``)."""

    expr: Expr
    info: ColumnInfo
    is_named: bool = False


@dataclass(slots=True, eq=False)
class OrderTerm:
    """``output`` is the position of the result column that is meant, or None when ``expr`` is something
    else."""

    expr: Expr
    descending: bool = False
    nulls_first: bool = True
    output: int | None = None
    collation: str = "BINARY"


@dataclass(slots=True, eq=False)
class Grouping:
    """GROUP BY ``keys`` (none: all rows are one group, present even when there are no rows)."""

    source: int
    keys: list[Expr]
    aggregates: list[bound.Aggregate] = field(default_factory=list)
    explicit: bool = False  # there is a GROUP BY clause
    picks: int | None = None  # the one min() or max() whose row gives the bare columns
    bare: bool = False  # something after grouping refers to sources in FROM
    in_any_order: bool = False  # nobody can tell in which order the groups come
    in_runs: bool = False  # the scan gives the rows of each group side by side
    in_rows: bool = False  # each row of the first step makes one group
    sorts_rows: bool = False  # and these must be put in the order of their rowids
    descends: bool = False  # backwards
    alike: Alike = field(default_factory=Alike)
    alike_keys: Alike = field(default_factory=Alike)


@dataclass(frozen=True, slots=True)
class WindowStart:
    """The rows are wanted in the order of ``terms``, ``ahead`` more of them than are given, and, ``with_peers``, those
    that are equal to the last."""

    terms: list[OrderTerm]
    ahead: int
    with_peers: bool


@dataclass(slots=True, eq=False)
class Windowing:
    """Window functions over the rows that are left after grouping: ``r{source}`` holds their values beside each."""

    source: int
    calls: list[bound.Window] = field(default_factory=list)
    alike: Alike = field(default_factory=Alike)
    start: WindowStart | None = None  # under a LIMIT: which rows the first ones depend on

    def clear(self) -> None:
        """Forget all calls."""
        self.calls.clear()
        self.alike = Alike()


@dataclass(slots=True, eq=False)
class Select:
    joins: list[Join] = field(default_factory=list)
    where: list[Expr] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    distinct: bool = False
    grouping: Grouping | None = None
    having: list[Expr] = field(default_factory=list)
    windowing: Windowing | None = None
    steps: list[Step] = field(default_factory=list)  # filled by the planner
    constant_filters: list[Expr] = field(default_factory=list)  # conditions that need no source: checked once
    sorted_by_scan: bool = False  # the steps already yield the query's order
    distinct_by_index: bool = False  # the scan gives equal results of DISTINCT side by side
    by_ends: bool = False  # of each group that an index has side by side, the first and the last entry tell all
    sorted_terms: int = 0  # of ORDER BY: in their order the rows come, if a LIMIT ends the scan
    meets_soon: bool = False  # of DISTINCT, a LIMIT wants fewer rows than there are different ones
    reads_few: bool = False  # a LIMIT ends the scan after a few rows
    late_outputs: bool = False  # results are evaluated when ORDER BY and LIMIT are done
    merges_searches: bool = False  # each search of the first step is in the query's order: they are merged

    @property
    def follows_index(self) -> bool:
        """Whether the scan gives what GROUP BY or DISTINCT asks for."""
        return self.distinct_by_index or (self.grouping is not None and self.grouping.in_runs)

    @property
    def groups_one_by_one(self) -> bool:
        """Whether groups are taken one after the other, without telling them apart."""
        return self.grouping is not None and (self.grouping.in_runs or self.grouping.in_rows)

    @property
    def sources(self) -> Iterator[Source]:
        """All sources with row variables, those of groups included."""
        for join in self.joins:
            yield from join.source.members


@dataclass(slots=True, eq=False)
class Values:
    """``tests``: the conditions under which a row is there, by its number; ``written`` and ``mistakes`` as of the
    columns' ColumnInfo; ``is_table``: whether SQLite makes a table of several rows, and not SELECTs; ``is_later``: they
    are an arm of a compound, not its first."""

    rows: list[list[Expr]]
    written: list[str] = field(default_factory=list)
    mistakes: list[Mistake | None] = field(default_factory=list)
    tests: dict[int, list[Expr]] = field(default_factory=dict)
    is_table: bool = True
    is_later: bool = False


@dataclass(slots=True, eq=False)
class Compound:
    """``first`` and then, left to right, (operator, arm): UNION, UNION ALL, INTERSECT, EXCEPT."""

    first: Select | Values
    rest: list[tuple[str, Select | Values]]
    collations: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Recursion:
    """WITH RECURSIVE: the rows of ``anchor`` come into a queue; each row taken from it is a result, and runs through
    every one of ``terms``, whose results come into the queue in turn. In each term ``sources`` has the source that
    stands for the row taken. ``distinct`` (UNION): what was ever in the queue does not come in again.
    """

    anchor: Query
    terms: list[Select]
    sources: list[Source]
    distinct: bool
    collations: list[str]


@dataclass(slots=True, eq=False)
class Query:
    """A whole SELECT. ``outer`` holds what it takes from enclosing queries, as (source, position); -1 is the
    rowid. ``uses`` counts the sources that read its rows: a common table expression has one Query for all its
    uses, unless it reads something outside. The ORDER BY of a recursion is that of its queue.
    """

    number: int
    body: Select | Values | Compound | Recursion
    columns: list[ColumnInfo] = field(default_factory=list)
    order: list[OrderTerm] = field(default_factory=list)
    limit: Expr | None = None
    offset: Expr | None = None
    outer: dict[tuple[int, int], None] = field(default_factory=dict)
    uses: int = 0
    runs: float = 1.0  # about how often it is run: more than once if it is correlated
    repeats: bool = True  # whether it is likely asked again about the same outer values
    rows_estimate: float = 1000.0  # set by the planner, as are the next
    cost_estimate: float = 0.0  # µs, of all runs
    planned: object = None  # the body that was planned
    materialized: bool | None = None  # the hint in WITH
    result_names: str = ""  # how its columns are named: see CompileContext
    is_kept: bool = True  # whether a memo may keep its rows: see codegen/late.py
    is_tested: bool = False  # nobody wants to know more than whether there is a row
    is_single: bool = False  # nobody wants more than one row: as if under LIMIT 1
    is_awaited: bool = False  # whether it is evaluated although no row may ask for it

    def read_columns(self) -> None:
        """Tell what is wrong with any of its columns."""
        for info in self.columns:
            if info.mistake is not None:
                info.mistake.tell()

    @property
    def arms(self) -> Iterator[Select | Values]:
        """The simple parts of a compound (of a recursion: its terms), or the body itself."""
        if isinstance(self.body, Compound):
            yield self.body.first
            for _, arm in self.body.rest:
                yield arm
        elif isinstance(self.body, Recursion):
            yield from self.body.terms
        else:
            yield self.body


def is_union_all(query: Query) -> bool:
    """Whether a query has all rows of several arms, before ORDER BY and LIMIT."""
    return isinstance(query.body, Compound) and all(op == "UNION ALL" for op, _ in query.body.rest)


def order_of_arm(query: Query, arm: Select) -> list[OrderTerm]:
    """In which order an arm of UNION ALL is asked for its rows, as no more of them than LIMIT lets through can be among
    the first of all; none where there is no LIMIT."""
    terms = query.order if query.limit is not None and is_union_all(query) else []
    if any(term.output is None for term in terms):
        return []
    return [replace(term, expr=arm.outputs[term.output].expr) for term in terms if term.output is not None]


# ----------------------------------------------------------------------------------------------- access paths


@dataclass(slots=True, eq=False)
class Bound:
    """One end of a range: ``expr`` after ``affinity``; ``open`` leaves the value itself out. ``more`` are the values
    of the columns after it, where row values are compared."""

    expr: Expr
    open: bool
    affinity: Affinity | None = None
    more: list[Key] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Key:
    """An expression that is searched for: after ``affinity``, through the key function of ``collation``; NULL finds
    nothing, unless ``nulls``. With ``members`` each of these values is searched for in turn."""

    expr: Expr
    affinity: Affinity | None = None
    collation: str = "BINARY"
    nulls: bool = False
    members: bound.InList | bound.InQuery | None = None


@dataclass(slots=True, eq=False)
class FullScan:
    """Every row in rowid order, or backwards."""

    descending: bool = False


@dataclass(slots=True, eq=False)
class RowidGet:
    """The row with one rowid."""

    key: Key


@dataclass(slots=True, eq=False)
class RowidIn:
    """The rows whose rowid is in a list or a subquery's result, in rowid order."""

    node: bound.InList | bound.InQuery


@dataclass(slots=True, eq=False)
class RowidRange:
    """The rows of a rowid interval."""

    low: Bound | None
    high: Bound | None
    descending: bool = False


@dataclass(slots=True, eq=False)
class IndexRange:
    """Entries of ``index`` that begin with ``prefix``, then lie between low and high, or begin as the pattern of
    ``like`` does. ``assumed`` are (parameter's slot, value) for which the index has the rows that are asked for."""

    index: IndexDef
    prefix: list[Key]
    low: Bound | None = None
    high: Bound | None = None
    like: bound.Like | None = None
    descending: bool = False
    covers_unique: bool = False  # all columns of a UNIQUE index are given and cannot be NULL: at most one row
    covering: bool = False  # the rows of the table are not looked at
    few: bool = False  # a prefix alone, with few entries: they are taken at once
    rowids_only: bool = False  # of what it finds nothing is wanted but the rowid
    is_test: bool = False  # nothing is wanted but whether it finds anything
    tied: int = 0  # descending: entries that are equal in so many columns come forwards nevertheless
    assumed: list[tuple[int, SqlValue]] = field(default_factory=list)

    @property
    def has_members(self) -> bool:
        """Whether there are several searches, for the members of a list."""
        return any(key.members is not None for key in self.prefix)

    @property
    def bounded(self) -> bool:
        """Whether there is anything after the prefix."""
        return self.low is not None or self.high is not None or self.like is not None


@dataclass(slots=True, eq=False)
class MultiIndexOr:
    """The rows that any of several searches finds, in rowid order, each once."""

    branches: list[RowidGet | RowidIn | RowidRange | IndexRange]


@dataclass(slots=True, eq=False)
class HashLookup:
    """A dict over the source's rows, built once per execution, probed with values of earlier sources.

    ``build``/``probe`` are the two sides of each equality; ``filters`` are checked while building. ``search`` finds the
    rows of one key without the dict, in the same order; it is set where a few keys may be all that is asked for.
    """

    build: list[Key]
    probe: list[Key]
    inner: Access
    search: RowidGet | IndexRange | None = None
    filters: list[Expr] = field(default_factory=list)
    unique: bool = False  # a key has at most one row: the dict maps to the row itself
    counts: bool = False  # nothing but their number is wanted of the rows: the dict maps to it


@dataclass(slots=True, eq=False)
class FunctionScan:
    """The rows of a table-valued function, called anew for every row of the sources before."""


@dataclass(slots=True, eq=False)
class DerivedScan:
    """The rows of the source's own query."""


Access = (
    FullScan | RowidGet | RowidIn | RowidRange | IndexRange | MultiIndexOr | HashLookup | DerivedScan | FunctionScan
)


@dataclass(slots=True, eq=False)
class Step:
    """Visit ``source`` by ``access`` and keep rows that pass ``filters``.

    In a left join, ``on`` conditions decide what matches; if nothing does, the null row stands in, and only
    then come the ``filters`` (conditions of WHERE).
    """

    source: Source
    access: Access
    filters: list[Expr] = field(default_factory=list)
    left: bool = False
    on: list[Expr] = field(default_factory=list)
    rows_estimate: float = 0.0  # read at each visit
    rows_after: float = 1.0  # that are left after all visits
    visits: float = 1.0  # how many there are, in all runs
    detail: str = ""  # how it is told in a plan, where the code has a shorter way


def expressions_of(query: Query) -> Iterator[Expr]:
    """Every expression of a query; not those of the queries in it, which :func:`queries_of` gives."""
    if query.limit is not None:
        yield query.limit
    if query.offset is not None:
        yield query.offset
    for term in query.order:
        yield term.expr
    for arm in query.arms:
        if isinstance(arm, Values):
            for row in (*arm.rows, *arm.tests.values()):
                yield from row
        else:
            yield from expressions_of_select(arm)


def expressions_of_select(select: Select) -> Iterator[Expr]:
    """Every expression of a SELECT but those of ORDER BY and LIMIT."""
    yield from select.where
    yield from select.having
    for output in select.outputs:
        yield output.expr
    for join in select.joins:
        yield from join.on
        if join.source.group is not None:
            yield from join.source.group.expressions()
        if join.source.function is not None:
            yield from join.source.function.given
    if select.grouping is not None:
        yield from select.grouping.keys
        yield from select.grouping.aggregates
    if select.windowing is not None:
        yield from select.windowing.calls


def queries_of(query: Query) -> Iterator[Query]:
    """The queries directly inside a query: in its expressions and in its FROM."""
    for expr in expressions_of(query):
        yield from queries_in(expr)
    if isinstance(query.body, Recursion):
        yield query.body.anchor
    for arm in query.arms:
        if isinstance(arm, Select):
            for source in arm.sources:
                if source.query is not None:
                    yield source.query


def reads_table(root: Query, tree_id: int) -> bool:
    """Whether a query reads a table, in whatever query within."""
    stack = [root]
    while stack:
        query = stack.pop()
        sources = [source for arm in query.arms if isinstance(arm, Select) for source in arm.sources]
        if any(source.tree_id == tree_id and source.query is None for source in sources):
            return True
        stack.extend(queries_of(query))
    return False


def queries_in(expr: Expr) -> Iterator[Query]:
    """The subqueries directly inside an expression (not those inside them)."""
    stack: list[Expr] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, bound.QUERIES):
            yield node.query
        stack += bound.children(node)


def references(expr: Expr) -> Iterator[tuple[int, int]]:
    """(source, position) of everything that an expression reads, its subqueries' outer references included;
    position -1 is the rowid, -2 the whole row."""
    stack: list[Expr] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, bound.Column):
            yield node.source, node.position
        elif isinstance(node, bound.Rowid):
            yield node.source, -1
        elif isinstance(node, bound.WholeRow):
            yield node.source, -2
        else:
            if isinstance(node, bound.QUERIES):
                yield from node.query.outer
            stack += bound.children(node)


def sources_of(expr: Expr) -> set[int]:
    """The numbers of the sources that an expression reads."""
    found: set[int] = set()
    stack: list[Expr] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, _READING):
            found.add(node.source)
        else:
            if isinstance(node, bound.QUERIES):
                found.update([source for source, _ in node.query.outer])
            stack += bound.children(node)
    return found


_READING = (bound.Column, bound.Rowid, bound.WholeRow)
