"""Bound expressions: what the binder makes of sqlglot's AST, and what the planner and the code generator read.

Every name is resolved, every affinity and collation that a comparison applies is decided, and every node says which
storage classes its value can have (``classes``, a set of bits of :mod:`mantisdb_sql.values.storage`). A *source* is
one row producer of the statement (a table in FROM, a derived table, the groups of an aggregation …), numbered uniquely
in the whole statement, subqueries included: source 3's current row is the tuple ``r3`` in generated code, its rowid
``k3``. A subquery that refers to a source of an enclosing query is correlated; nothing else marks it.

Nodes are plain records; walk them with :func:`children`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from mantisdb_sql.values.storage import ANY, Affinity, SqlValue

if TYPE_CHECKING:
    from mantisdb_sql.functions import FunctionDef


@dataclass(slots=True, kw_only=True, eq=False)
class Expr:
    """Any scalar expression.

    classes    the storage classes that the value can have
    affinity   the affinity it brings into a comparison: a column's (also through CAST), else None
    collation  the collation it brings: a column's or COLLATE's name in upper case, else None
    explicit   whether the collation comes from a COLLATE operator, which wins over a column's
    aliased    whether that COLLATE stands in the result that an alias names: operators around the alias know nothing
               of it, except those that pass on a column's collation
    """

    classes: int = ANY
    affinity: Affinity | None = None
    collation: str | None = None
    explicit: bool = False
    aliased: bool = False


@dataclass(slots=True, eq=False)
class Literal(Expr):
    """``is_name``: it is written as a name, in double quotes, that nothing has."""

    value: SqlValue
    is_name: bool = False


@dataclass(slots=True, eq=False)
class Parameter(Expr):
    """``params[index]``, 0-based: the user's parameters first, then literals lifted out of the text."""

    index: int


@dataclass(slots=True, eq=False)
class Column(Expr):
    """A column of the current row of a source: ``r{source}[position]``.

    json       whether its TEXT is JSON to a function that nests it, as json_arguments says; ``twin`` is then the column
               to read
    as_marked  what to read in its place where that is to be known; None: what ``json`` says
    """

    source: int
    position: int
    name: str = ""
    json: int = 0
    twin: int = 0
    as_marked: Callable[[], Expr | None] | None = None


@dataclass(slots=True, eq=False)
class Rowid(Expr):
    """The key of the current row of a source: ``k{source}`` (None in the null row of an outer join)."""

    source: int
    name: str = "rowid"


@dataclass(slots=True, eq=False)
class WholeRow(Expr):
    """The row tuple itself, ``r{source}``: only in plans that feed UPDATE and DELETE, never in SQL's values."""

    source: int


@dataclass(slots=True, eq=False)
class Unary(Expr):
    """``-x``, ``~x`` or ``+x`` (which strips affinity and collation, and does nothing else)."""

    op: str
    operand: Expr


@dataclass(slots=True, eq=False)
class Not(Expr):
    operand: Expr


@dataclass(slots=True, eq=False)
class And(Expr):
    """``is_written``: in the statement's text, where SQLite evaluates all terms if the value is asked for."""

    terms: list[Expr]
    is_written: bool = False


@dataclass(slots=True, eq=False)
class Or(Expr):
    """``is_written`` as of :class:`And`."""

    terms: list[Expr]
    is_written: bool = False


@dataclass(slots=True, eq=False)
class Binary(Expr):
    """``+ - * / % & | << >> || -> ->>``."""

    op: str
    left: Expr
    right: Expr


@dataclass(slots=True, eq=False)
class Compare(Expr):
    """``= <> < <= > >= IS "IS NOT"``, after ``left_affinity``/``right_affinity`` (None: as it is) were applied to the
    sides, under ``using`` as the collation (it matters only where both sides are TEXT)."""

    op: str
    left: Expr
    right: Expr
    left_affinity: Affinity | None = None
    right_affinity: Affinity | None = None
    using: str = "BINARY"

    @property
    def is_mixed(self) -> bool:
        """Whether there may be numbers on both sides under TEXT affinity, which turns a number into TEXT only beside
        TEXT: the sides cannot be converted one by one."""
        return self.left_affinity is self.right_affinity is Affinity.TEXT


@dataclass(slots=True, eq=False)
class Between(Expr):
    """``low`` is ``x >= a``, ``high`` is ``x <= b``, and both have the same object x on the left: evaluate it once.
    Where the planner joins two conditions, ``low`` may be ``x > a`` and ``high`` ``x < b``."""

    low: Compare
    high: Compare
    negated: bool = False


@dataclass(slots=True, eq=False)
class IsNull(Expr):
    operand: Expr
    negated: bool = False


@dataclass(slots=True, eq=False)
class InList(Expr):
    """``x IN (items)``: x and the items are compared under ``using`` after the affinities were applied to them."""

    operand: Expr
    items: list[Expr]
    negated: bool = False
    operand_affinity: Affinity | None = None
    item_affinity: Affinity | None = None
    using: str = "BINARY"

    @property
    def is_mixed(self) -> bool:
        """Whether its comparisons are ``Compare.is_mixed``."""
        return self.operand_affinity is self.item_affinity is Affinity.TEXT


@dataclass(slots=True, eq=False)
class InQuery(Expr):
    """``(operands) IN (query)``; one affinity pair and one collation per column."""

    operands: list[Expr]
    query: Any  # mantisdb_sql.binding.plan.Query
    negated: bool = False
    operand_affinities: list[Affinity | None] = field(default_factory=list)
    item_affinities: list[Affinity | None] = field(default_factory=list)
    using: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Exists(Expr):
    query: Any  # mantisdb_sql.binding.plan.Query


@dataclass(slots=True, eq=False)
class ScalarQuery(Expr):
    """A column of the first row, or NULL where there is none. Those of one query, if it has several, are a RowValue."""

    query: Any  # mantisdb_sql.binding.plan.Query
    column: int = 0


@dataclass(slots=True, eq=False)
class Like(Expr):
    """``x LIKE pattern [ESCAPE escape]`` or GLOB, built in (an overridden ``like()`` is a Function node)."""

    op: str  # "LIKE" or "GLOB"
    operand: Expr
    pattern: Expr
    escape: Expr | None = None
    negated: bool = False
    case_sensitive: bool = False  # PRAGMA case_sensitive_like


@dataclass(slots=True, eq=False)
class Case(Expr):
    """``whens`` are (condition, value); CASE x WHEN y is bound as conditions ``x = y``, all sharing the object x.
    ``is_merged``: it is the column that USING makes of those of a FULL JOIN, to SQLite a call of coalesce()."""

    whens: list[tuple[Expr, Expr]]
    default: Expr | None
    base: Expr | None = None
    is_merged: bool = False


@dataclass(slots=True, eq=False)
class Cast(Expr):
    operand: Expr
    to: Affinity


@dataclass(slots=True, eq=False)
class Collate(Expr):
    """Gives its operand a collation; the value is unchanged."""

    operand: Expr


@dataclass(slots=True, eq=False)
class Function(Expr):
    """A scalar function call. ``using``: the collation that min(a,b), max(a,b) and nullif compare under."""

    definition: FunctionDef
    args: list[Expr]
    using: str = "BINARY"


@dataclass(slots=True, eq=False)
class Aggregate(Expr):
    """An aggregate call; ``order_by`` are (expression, descending, nulls_first), ``star`` is count(*)."""

    definition: FunctionDef
    args: list[Expr]
    star: bool = False
    distinct: bool = False
    filter: Expr | None = None
    order_by: list[tuple[Expr, bool, bool]] = field(default_factory=list)
    using: str = "BINARY"


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a window: ``units`` ROWS, RANGE or GROUPS; ``start`` and ``end`` UNBOUNDED, PRECEDING, CURRENT ROW
    or FOLLOWING; ``exclude`` NO OTHERS, CURRENT ROW, GROUP or TIES, empty without an EXCLUDE clause: NO OTHERS leaves
    nothing out, but as under every EXCLUDE each frame is then gone through anew, which rounding makes visible."""

    units: str = "RANGE"
    start: str = "UNBOUNDED"
    end: str = "CURRENT ROW"
    exclude: str = ""

    @property
    def leaves_out(self) -> bool:
        """Whether rows between start and end are no part of the frame."""
        return self.exclude not in ("", "NO OTHERS")


@dataclass(slots=True, eq=False)
class Window(Expr):
    """A call with OVER. ``order_by`` as in Aggregate; ``offsets`` are those of the frame's start and end, None where
    it has none."""

    definition: FunctionDef
    args: list[Expr]
    star: bool = False
    filter: Expr | None = None
    using: str = "BINARY"
    partition: list[Expr] = field(default_factory=list)
    order_by: list[tuple[Expr, bool, bool]] = field(default_factory=list)
    frame: Frame = Frame()
    offsets: list[Expr | None] = field(default_factory=lambda: [None, None])


@dataclass(slots=True, eq=False)
class RowValue(Expr):
    """``(a, b, …)``, or a query of several columns; comparisons of row values are bound column by column, so this
    survives only inside IN."""

    items: list[Expr]
    is_query: bool = False

    @property
    def misuse(self) -> str:
        """What is said of it where one value is wanted."""
        return f"sub-select returns {len(self.items)} columns - expected 1" if self.is_query else "row value misused"


def walk(*roots: Expr) -> Iterator[Expr]:
    """Expressions and all that is in them; queries inside subquery nodes are not entered."""
    stack = list(roots)
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def is_query(node: Expr) -> bool:
    """Whether it is a subquery."""
    return isinstance(node, QUERIES)


def has_query(expr: Expr) -> bool:
    """Whether there is a subquery in an expression."""
    return any(is_query(node) for node in walk(expr))


def children(node: Any) -> list[Expr]:
    """The expressions directly inside a node; queries inside subquery nodes are not entered.

    What BETWEEN and CASE hold several times is given once: walks of nested ones would double with every level.
    """
    kind = node.__class__
    if kind in _LEAVES:
        return []
    if kind is Compare or kind is Binary:
        return [node.left, node.right]
    found: list[Expr] = []
    if kind is Between:
        return [node.low, node.high.right]
    if kind is Case and node.base is not None:
        found.append(node.base)
        for condition, value in node.whens:
            if isinstance(condition, Compare) and condition.left is node.base:
                found += (condition.right, value)
            else:
                found += (condition, value)
        if node.default is not None:
            found.append(node.default)
        return found
    names = _PARTS.get(kind)
    if names is None:
        names = _PARTS[kind] = [f.name for f in fields(node) if f.type not in _PLAIN]
    for name in names:
        value = getattr(node, name)
        if isinstance(value, Expr):
            found.append(value)
        elif value.__class__ is list or value.__class__ is tuple:
            _collect(value, found)
    return found


QUERIES = (InQuery, Exists, ScalarQuery)
_LEAVES = frozenset((Literal, Parameter, Column, Rowid, WholeRow))
_PARTS: dict[type[Expr], list[str]] = {}
"""By class: the names of the fields that may hold expressions."""
_PLAIN = {"str", "bool", "int", "str | None", "SqlValue", "FunctionDef", "Affinity | None", "Affinity", "Frame"}


def _collect(values: Iterable[object], found: list[Expr]) -> None:
    for value in values:
        if isinstance(value, Expr):
            found.append(value)
        elif isinstance(value, list | tuple):
            _collect(value, found)
