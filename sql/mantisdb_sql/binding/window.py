"""Binding window functions (https://www.sqlite.org/windowfunctions.html).

``f(…) FILTER (…) OVER (…)`` becomes a column of the query's *windowing*: a row of values beside each row that is left
after WHERE, GROUP BY and HAVING. It may stand in result columns and in ORDER BY. Its arguments, partition and order
terms are read like result columns, aggregates included, but hold no window function themselves.

A window takes over from the one that it names, or that ``OVER name`` means. The built-in functions that have nothing to
do with a frame have one of their own, whatever was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same_parts
from mantisdb_sql.binding.bound import Expr, Frame
from mantisdb_sql.binding.function import (
    argument_collation,
    find_function,
    is_allowed,
    last_mistake,
    sort_terms,
    unwrap_arguments,
)
from mantisdb_sql.binding.json_arguments import ALWAYS, marked
from mantisdb_sql.binding.late_mistakes import Misuse
from mantisdb_sql.binding.operator_types import inherit_explicit_collation
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import NULL

if TYPE_CHECKING:
    from mantisdb_sql.binding.expression import ExpressionBinder

_DEFAULT = Frame("RANGE", "UNBOUNDED", "CURRENT ROW")
_TO_CURRENT_ROW = Frame("ROWS", "UNBOUNDED", "CURRENT ROW")
_TO_CURRENT_PEERS = _DEFAULT
_OWN_FRAMES = {
    "row_number": _TO_CURRENT_ROW,
    "rank": _TO_CURRENT_PEERS,
    "dense_rank": _TO_CURRENT_PEERS,
    "percent_rank": Frame("GROUPS", "CURRENT ROW", "UNBOUNDED"),
    "cume_dist": Frame("GROUPS", "FOLLOWING", "UNBOUNDED"),
    "ntile": Frame("ROWS", "CURRENT ROW", "UNBOUNDED"),
    "lead": Frame("ROWS", "UNBOUNDED", "UNBOUNDED"),
    "lag": _TO_CURRENT_ROW,
}
_CONSTANT_NODES = (
    exp.Literal,
    exp.Null,
    exp.Boolean,
    exp.Placeholder,
    exp.Parameter,
    exp.Paren,
    exp.Neg,
    exp.BitwiseNot,
    exp.Not,
    exp.Binary,
    exp.Cast,
    exp.DataType,
    exp.DataTypeParam,
    exp.Case,
    exp.If,
    exp.Between,
    exp.Identifier,
    exp.Var,
)


class WindowMisuse(SqlError):
    """A window function where there are none."""

    def __init__(self, name: str) -> None:
        super().__init__(f"misuse of window function {name}()")


@dataclass(slots=True)
class _Definition:
    """A window with what it takes over."""

    partition: list[exp.Expression]
    order: list[exp.Expression]
    spec: exp.Expression | None
    base: str | None = None


def check_windows(nodes: list[exp.Expression]) -> None:
    """Refuse WINDOW clauses whose windows do not fit those before them."""
    for i in range(len(nodes)):
        _named(nodes, i)


def bind_window(binder: ExpressionBinder, node: exp.Expression, scope: Scope) -> Expr:
    """A call with OVER."""
    call = node.args["this"]
    condition = None
    if isinstance(call, exp.Filter):
        condition = call.args["expression"].args["this"]
        call = call.args["this"]
    name: str = call.args["this"]
    arg_nodes = list(call.args.get("expressions") or [])
    star = len(arg_nodes) == 1 and isinstance(arg_nodes[0], exp.Star)
    plain, _, order = ([], False, None) if star else unwrap_arguments(arg_nodes)
    functions = binder.context.functions
    definition = functions.find(name, len(plain))
    slides = definition.slides if definition is not None else not functions.has_name(name) or functions.slides(name)
    if not slides:
        raise SqlError(f"{name}() may not be used as a window function")
    if not scope.allow_windows and definition is not None:
        raise WindowMisuse(name)
    definition = find_function(binder, name, len(plain))
    if not is_allowed(binder, name):
        return bound.Literal(None, classes=NULL)
    if order is not None:
        raise SqlError(f"ORDER BY may not be used with non-aggregate {name}()")
    with scope.phase(scope.grouped, scope.allow_aggregates):
        before = None if binder.later is None else binder.later.begin()
        args = [binder.one_value(binder.bind(arg, scope)) for arg in plain]
        if definition.nests_json:
            args = [marked(_with_aggregates_stored(arg, scope)) for arg in args]
        result = bound.Window(
            definition=definition,
            args=args,
            star=star,
            using=argument_collation(args),
            classes=definition.result_classes([arg.classes for arg in args]),
        )
        try:
            window = _definition(node, scope)
            _bind_over(binder, result, window, condition, scope)
        except Misuse:
            raise
        except SqlError as error:
            raise _last_mistake(binder, node, condition, scope) or error from None
        if binder.later is not None:
            binder.later.keep(before)
            binder.later.note(result)
    if definition.window_only:
        if condition is not None:
            raise SqlError("FILTER clause may only be used with aggregate window functions")
        if lower_ascii(name) in _OWN_FRAMES and definition.built_in:
            result.frame, result.offsets = _OWN_FRAMES[lower_ascii(name)], [None, None]
    if definition.name not in _NEVER_NULL:
        result.classes |= NULL
    return _column(result, scope)


def _with_aggregates_stored(argument: Expr, scope: Scope) -> Expr:
    """An argument whose aggregates no longer tell what is JSON: SQLite has stored their values by the time that it
    evaluates the argument."""
    grouping = scope.grouping
    for node in bound.walk(argument):
        if grouping is None or not isinstance(node, bound.Column) or node.source != grouping.source:
            continue
        if node.position >= len(grouping.keys):
            node.json, node.as_marked = 0, None
    return argument


def _bind_over(
    binder: ExpressionBinder, call: bound.Window, window: _Definition, condition: Any, scope: Scope
) -> None:
    """Bind what OVER and FILTER say."""
    call.partition = [binder.bind(term, scope) for term in window.partition]
    call.order_by = sort_terms(binder, window.order, scope)
    call.filter = binder.bind(condition, scope) if condition is not None else None
    call.frame, call.offsets = _frame(binder, window, scope)


def _last_mistake(
    binder: ExpressionBinder, node: exp.Expression, condition: Any, scope: Scope
) -> SqlError | None:
    """The error that is told of OVER and FILTER: SQLite looks at the window, PARTITION BY, ORDER BY and FILTER whether
    or not there is a mistake in those before, and tells the last one."""
    found: SqlError | None = None
    order = node.args.get("order")
    window = _Definition(list(node.args.get("partition_by") or ()), list(order.expressions) if order else [], None)
    try:
        window = _definition(node, scope)
        _frame(binder, window, scope)
    except SqlError as error:
        found = error
    terms = [ordered.this for ordered in window.order]
    return last_mistake(binder, [window.partition, terms, [condition] if condition is not None else []], scope, found)


_NEVER_NULL = ("count", "total", "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile")


def _column(call: bound.Window, scope: Scope) -> Expr:
    """The column that holds the call's value; equal calls share one."""
    windowing = scope.windowing
    assert windowing is not None, "window functions are allowed only where the scope has a windowing at hand"
    inherit_explicit_collation(call, call.args)
    i = windowing.alike.position(windowing.calls, call)
    if i is None:
        i = len(windowing.calls)
        windowing.calls.append(call)
    return bound.Column(
        source=windowing.source,
        position=i,
        classes=call.classes,
        collation=call.collation,
        explicit=call.explicit,
        json=ALWAYS if call.definition.gives_json and _is_computed_last(call, windowing.calls[0]) else 0,
    )


def _is_computed_last(call: bound.Window, first: bound.Window) -> bool:
    """Whether SQLite has not stored the value by the time that others read it: it computes all calls over the window of
    the first one together, and before them, in a subquery, those over others."""
    return all(same_parts(getattr(call, part), getattr(first, part)) for part in _WINDOW_PARTS)


_WINDOW_PARTS = ("partition", "order_by", "frame", "offsets")


# ------------------------------------------------------------------------------------------------ definitions


def _definition(node: exp.Expression, scope: Scope) -> _Definition:
    """The window that a call is over."""
    if (node.meta or {}).get("bare"):
        name = node.args["alias"].args["this"]
        for i, known in reversed(list(enumerate(scope.windows))):
            if lower_ascii(known.args["this"].args["this"]) == lower_ascii(name):
                return _named(scope.windows, i)
        raise SqlError(f"no such window: {name}")
    return _chained(node, scope.windows)


def _named(windows: list[exp.Expression], position: int) -> _Definition:
    """A window of a WINDOW clause. For a base of the first one SQLite does not look."""
    node = windows[position]
    return _chained(node, windows[:position]) if position else _own(node)


def _own(node: exp.Expression) -> _Definition:
    order = node.args.get("order")
    return _Definition(
        list(node.args.get("partition_by") or ()),
        list(order.args["expressions"]) if order is not None else [],
        node.args.get("spec"),
    )


def _chained(node: exp.Expression, known: list[exp.Expression]) -> _Definition:
    """A definition with what its base window gives."""
    own = _own(node)
    alias = node.args.get("alias")
    if alias is None:
        return own
    name = alias.args["this"]
    for i, candidate in reversed(list(enumerate(known))):
        if lower_ascii(candidate.args["this"].args["this"]) == lower_ascii(name):
            base = _named(known, i)
            if own.partition:
                _refuse("PARTITION clause", name)
            if base.order and own.order:
                _refuse("ORDER BY clause", name)
            if base.spec is not None:
                _refuse("frame specification", name)
            return _Definition(base.partition, base.order or own.order, own.spec)
    raise SqlError(f"no such window: {name}")


def _refuse(what: str, name: str) -> NoReturn:
    raise SqlError(f"cannot override {what} of window: {name}")


# ----------------------------------------------------------------------------------------------------- frames


def _frame(binder: ExpressionBinder, window: _Definition, scope: Scope) -> tuple[Frame, list[Expr | None]]:
    spec = window.spec
    if spec is None:
        return _DEFAULT, [None, None]
    units = spec.args["kind"].upper()
    start, first = _bound(binder, spec.args["start"], spec.args.get("start_side"), scope)
    end, last = "CURRENT ROW", None
    if spec.args.get("end") is not None:
        end, last = _bound(binder, spec.args["end"], spec.args.get("end_side"), scope)
    if units == "RANGE" and (first is not None or last is not None) and len(window.order) != 1:
        raise SqlError("RANGE with offset PRECEDING/FOLLOWING requires one ORDER BY expression")
    exclude = spec.args.get("exclude")
    return Frame(units, start, end, exclude.args["this"].upper() if exclude is not None else ""), [first, last]


def _bound(binder: ExpressionBinder, what: Any, side: str | None, scope: Scope) -> tuple[str, Expr | None]:
    if isinstance(what, str):
        return what, None
    assert side is not None
    # What is not constant counts as NULL, which the check of the value refuses.
    constant = all(isinstance(part, _CONSTANT_NODES) for part in what.walk())
    return side.upper(), binder.bind(what, scope) if constant else bound.Literal(value=None, classes=NULL)
