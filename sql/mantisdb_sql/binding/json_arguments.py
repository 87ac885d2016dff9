"""Which arguments are JSON: SQLite's subtype, decided where the call is bound.

SQLite marks a text that a JSON function made, and the mark goes where the value goes as long as it is not stored:
through CASE, coalesce(), COLLATE, unary plus, CAST AS TEXT, min() and max(), but not out of a subquery, unless that is
a compound. A key of a group is evaluated anew on the row from which bare columns are taken. So a function that nests
JSON (json_array() and the like) is called with its arguments in their *marked* form:
expressions that give :class:`mantisdb_sql.functions.json_arguments.Json` for what is JSON. Nothing else ever meets
such a value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import ColumnInfo, Compound, Grouping, Output, Query, Select
from mantisdb_sql.errors import NotSupported
from mantisdb_sql.functions.definition import FunctionDef
from mantisdb_sql.functions.json_aggregates import MARKED_EXTREMES
from mantisdb_sql.functions.json_arguments import Json, mark, unmarked
from mantisdb_sql.values.rules import cast_text
from mantisdb_sql.values.storage import NULL, TEXT, Affinity

__all__ = ["ALWAYS", "TWIN", "carry_marks", "json_kind", "marked", "marked_extreme"]

ALWAYS, TWIN, VARYING = 1, 2, 3
"""What a column says of itself in ``bound.Column.json``: its TEXT is JSON; it is where column ``twin`` is marked; it
is on some rows, which can no longer be told from the others."""

_BRANCHES = ("coalesce", "ifnull", "iif", "if", "likely", "unlikely", "likelihood")
_PICKING = ("max", "min", "nullif")

_MARK = FunctionDef("json", 1, 1, mark, classes=lambda args: args[0])


def marked(expr: Expr) -> Expr:
    """``expr``, giving marked values where they are JSON."""
    if isinstance(expr, bound.Function):
        return _marked_call(expr)
    if isinstance(expr, bound.Binary):
        return _wrapped(expr) if expr.op == "->" else expr
    if isinstance(expr, bound.Column):
        return _marked_column(expr)
    if isinstance(expr, bound.Case):
        whens = [(condition, marked(value)) for condition, value in expr.whens]
        default = None if expr.default is None else marked(expr.default)
        return replace(expr, whens=whens, default=default)
    if isinstance(expr, bound.Collate) or (isinstance(expr, bound.Unary) and expr.op == "+"):
        return marked(expr.operand)
    if isinstance(expr, bound.Cast) and expr.to is Affinity.TEXT:
        operand = marked(expr.operand)
        return expr if operand is expr.operand else _called(_CAST, [operand], TEXT | expr.classes & NULL)
    if isinstance(expr, bound.ScalarQuery) and _may_be_marked(expr):
        raise NotSupported("nesting what may be JSON or not")
    return expr


def _may_be_marked(subquery: bound.ScalarQuery) -> bool:
    """Whether SQLite does not lose the marks of the query's values."""
    query = subquery.query
    results = [arm.outputs[subquery.column].expr for arm in query.arms if isinstance(arm, Select)]
    return any(map(_is_twin, results)) or _keeps_marks(query, results)


def _keeps_marks(query: Query, results: list[Expr]) -> bool:
    """Whether the first row of a compound may be marked. SQLite takes the mark away where the last SELECT's result may
    have one, whichever SELECT the row comes from."""
    *_, last = query.arms
    if isinstance(query.body, Compound) and isinstance(last, Select):
        *results, end = results
        if _may_mark(end, last.grouping):
            return False
    return isinstance(query.body, Compound) and any(marked(result) is not result for result in results)


def _may_mark(expr: Expr, grouping: Grouping | None) -> bool:
    """Whether an expression is a call of a function that may mark its result, or one with such a call in what it is
    made of, as far as that is no operator (``sqlite3ExprCanReturnSubtype``)."""
    if isinstance(expr, bound.Column):
        if grouping is None or expr.source != grouping.source:
            return expr.json != 0  # of a query in FROM, which it reads through
        position = expr.position - len(grouping.keys)
        return position >= 0 and _may_mark(grouping.aggregates[position], grouping)
    if isinstance(expr, bound.Function | bound.Aggregate):
        if expr.definition.gives_json or expr.definition.marked is not None:
            return True
    elif isinstance(expr, bound.Binary):
        if expr.op == "->":
            return True
        if expr.op != "->>":
            return False
    elif isinstance(expr, bound.Unary):
        if expr.op != "+":
            return False
    elif not isinstance(expr, bound.Case | bound.Collate | bound.Cast | bound.Like):
        return False
    return any(_may_mark(part, grouping) for part in bound.children(expr))


def json_kind(expr: Expr) -> int:
    """What a column that holds the expression's value says of itself; 0: it is not JSON, as far as is known."""
    if isinstance(expr, bound.Function | bound.Aggregate) and expr.definition.gives_json:
        return ALWAYS
    if isinstance(expr, bound.Aggregate) and expr.definition.name in ("min", "max"):
        return json_kind(expr.args[0])
    if isinstance(expr, bound.Binary) and expr.op == "->":
        return ALWAYS
    if isinstance(expr, bound.Function) and expr.definition.marked is not None:
        return VARYING
    if isinstance(expr, bound.Column) and expr.json:
        return ALWAYS if expr.json == ALWAYS else VARYING
    return 0


def carry_marks(query: Query, columns: list[ColumnInfo]) -> None:
    """Let the columns of a derived table tell what is JSON as those of the query do: SQLite, which reads the rows of
    a plain subquery where they are made, does not lose it. ``columns`` are a copy of the query's."""
    body = query.body
    if isinstance(body, Compound):
        if all(op == "UNION ALL" for op, _ in body.rest):
            for i, info in enumerate(columns):
                if any(isinstance(arm, Select) and _is_twin(arm.outputs[i].expr) for arm in query.arms):
                    info.json = VARYING
        return
    if not isinstance(body, Select) or body.distinct or body.grouping is not None or query.order or query.materialized:
        return
    for i, info in enumerate(columns[:]):
        own = query.columns[i]
        expr = body.outputs[i].expr
        if query.limit is not None:
            info.json = VARYING if _is_twin(expr) else 0
        elif own.json != TWIN and _is_twin(expr):
            assert isinstance(expr, bound.Column)
            own.json, own.twin = TWIN, len(query.columns)
            body.outputs.append(Output(_twin(expr), ColumnInfo("", expr.classes, hidden=True)))
            query.columns.append(body.outputs[-1].info)
        if own.json == TWIN and not own.hidden:
            info.json, info.twin = TWIN, own.twin
    columns += [replace(own) for own in query.columns[len(columns) :]]


def _is_twin(expr: Expr) -> bool:
    return isinstance(expr, bound.Column) and expr.json == TWIN


def _wrapped(expr: Expr) -> Expr:
    return _called(_MARK, [expr], expr.classes)


def _marked_column(column: bound.Column) -> Expr:
    if column.json == ALWAYS:
        return _wrapped(column)
    if column.as_marked is not None:
        return column.as_marked() or column
    if not column.json:
        return column
    if column.json == VARYING:
        raise NotSupported("nesting what may be JSON or not")
    return _twin(column)


def _twin(column: bound.Column) -> bound.Column:
    return bound.Column(
        source=column.source, position=column.twin, name=column.name, classes=column.classes, affinity=column.affinity
    )


def _marked_call(call: bound.Function) -> Expr:
    definition = call.definition
    if definition.gives_json:
        return _wrapped(call)
    if definition.marked is not None:
        return _called(_variant(definition), call.args, call.classes)
    if not definition.built_in:
        return call
    if definition.name in _BRANCHES:
        return replace(call, args=[marked(arg) for arg in call.args])
    if definition.name in _PICKING:
        args = [marked(arg) for arg in call.args]
        if all(new is old for new, old in zip(args, call.args, strict=True)):
            return call
        return replace(call, definition=_variant(definition), args=args)
    return call


def marked_extreme(node: bound.Aggregate) -> bound.Aggregate | None:
    """The min() or max() that ``node`` is, giving a marked value; None where it is never JSON."""
    argument = marked(node.args[0])
    if argument is node.args[0]:
        return None
    return replace(node, definition=MARKED_EXTREMES[node.definition.name], args=[argument])


@lru_cache(maxsize=64)
def _variant(definition: FunctionDef) -> FunctionDef:
    """A function in the form that marks its result."""
    if definition.marked is not None:
        return replace(definition, call=definition.marked, inline=None, batch=None)
    assert definition.call is not None
    return replace(definition, call=_picking(definition.call), inline=None, batch=None)


def _picking(function: Callable[..., Any]) -> Callable[..., Any]:
    """max(), min() or nullif() of marked values: the result is one of them."""

    def pick(key: Any, *values: Any) -> Any:
        plain = [unmarked(value) for value in values]
        result = function(key, *plain)
        return next((value for value, text in zip(values, plain, strict=True) if text is result), result)

    return pick


def _called(definition: FunctionDef, args: list[Expr], classes: int) -> bound.Function:
    return bound.Function(definition=definition, args=args, classes=classes)


def _cast_to_text(value: Any) -> Any:
    return value if value.__class__ is Json else cast_text(value)


_CAST = FunctionDef("cast", 1, 1, _cast_to_text, classes=lambda args: TEXT | args[0] & NULL)
