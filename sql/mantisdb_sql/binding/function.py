"""Binding calls: scalar functions, and aggregates with DISTINCT, FILTER and ORDER BY.

An aggregate belongs to the innermost query that its arguments read from; one that reads nothing, or reads
from where it stands, belongs to the query it stands in. It becomes a column of that query's group row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.json_arguments import json_kind, marked, marked_extreme
from mantisdb_sql.binding.late_mistakes import Misuse
from mantisdb_sql.binding.operator_types import inherit_explicit_collation
from mantisdb_sql.binding.plan import Grouping, references
from mantisdb_sql.binding.scope import PARTIAL_INDEX, ROW_PLACES, Scope, Stage, note_outer
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import NULL, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.binding.expression import ExpressionBinder
    from mantisdb_sql.functions import FunctionDef

# Functions that compare their arguments, under the collation of the first argument that has one.
_COMPARING = ("min", "max", "nullif")


def find_function(binder: ExpressionBinder, name: str, count: int) -> FunctionDef:
    """The function called ``name`` that takes ``count`` arguments."""
    functions = binder.context.functions
    return functions.lookup(name, count)


def bind_call(binder: ExpressionBinder, name: str, args: list[Expr], scope: Scope) -> Expr:
    """A call of a scalar function with bound arguments."""
    return scalar_call(find_function(binder, name, len(args)), args)


def scalar_call(definition: FunctionDef, args: list[Expr]) -> bound.Function:
    """A scalar function's node."""
    for arg in args:
        if isinstance(arg, bound.RowValue):
            raise Misuse(arg.misuse)
    read = [marked(arg) for arg in args] if definition.nests_json else args
    call = bound.Function(
        definition=definition,
        args=read,
        using=argument_collation(args),
        classes=definition.result_classes([arg.classes for arg in read]),
    )
    inherit_explicit_collation(call, args)
    return call


def argument_collation(args: list[Expr]) -> str:
    for arg in args:
        if arg.collation is not None:
            return arg.collation
    return "BINARY"


def with_arguments_first(
    bind: Callable[[ExpressionBinder, exp.Expression, Scope], Expr],
    binder: ExpressionBinder,
    node: exp.Expression,
    scope: Scope,
) -> Expr:
    """A call bound by ``bind``. What is wrong with it is told only where its arguments know all their columns: SQLite
    goes on to them, and tells what it found last."""
    try:
        return bind(binder, node, scope)
    except Misuse:
        raise
    except SqlError as error:
        if binder.told is not error or binder.late is error:
            call, condition = node, None
            while not isinstance(call, exp.Anonymous):
                if isinstance(call, exp.Filter):
                    condition = call.args["expression"].args["this"]
                call = call.args["this"]
            plain, _, order = unwrap_arguments(list(call.args.get("expressions") or []))
            called = binder.context.functions.find(call.args["this"], len(plain))
            if called is None or not called.is_aggregate:
                condition = None
            terms = [term.args["this"] for term in order or ()]
            parts = [plain, terms, [condition] if condition is not None else []]
            if called is not None and called.is_aggregate and _is_refused(scope):
                del parts[1:]
            before = scope.aggregate_name
            if called is not None and called.is_aggregate:
                scope.aggregate_name = called.name
            try:
                binder.told = last_mistake(binder, parts, scope, error) or error
            finally:
                scope.aggregate_name = before
            raise binder.told from None
        raise


_CALLS = (
    exp.Anonymous, exp.Filter, exp.Window, exp.Like, exp.Glob, exp.RegexpLike, exp.Match, exp.Escape,
    exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp,
)  # fmt: skip


def is_passed_over(node: Any) -> bool:
    """Whether SQLite goes on to what stands beside a node after a mistake in it: a call, or a test for NULL."""
    return (isinstance(node, _CALLS) and node.args.get("this") != "+") or _is_null_test(node)


def _is_null_test(node: Any) -> bool:
    """Whether a node is ``x IS NULL`` or ``x IS NOT NULL``, as they are written in any way."""
    while isinstance(node, exp.Not) and node.meta.get("infix"):
        node = node.args["this"]
    return isinstance(node, exp.Is) and isinstance(node.expression, exp.Null)


def last_mistake(
    binder: ExpressionBinder, parts: list[list[Any]], scope: Scope, found: SqlError | None
) -> SqlError | None:
    """The error that SQLite tells of a call after ``found``: it goes on to each of these lists of expressions, each
    as far as the first mistake that it does not pass over, and tells the last one that it finds."""
    before = binder.late
    for nodes in parts:
        for node in nodes:
            binder.late = found
            try:
                if not isinstance(node, exp.Star):
                    binder.bind(node, scope)
            except NotSupported:
                continue
            except SqlError as error:
                found = error
                while isinstance(node, exp.Paren):
                    node = node.args["this"]
                if not is_passed_over(node):
                    break
            else:
                found = binder.late or found
    binder.late = before
    return found


def is_allowed(binder: ExpressionBinder, name: str) -> bool:
    """What the authorizer says of a function; False: its value is NULL."""
    authorizer = binder.context.authorizer
    return authorizer is None or authorizer.allows_function(name, binder.origin())


def bind_special_call(binder: ExpressionBinder, node: exp.Expression, scope: Scope) -> Expr:
    """A call as the parser built it: a scalar function's or an aggregate's."""
    name: str = node.args["this"]
    arg_nodes = list(node.args.get("expressions") or [])
    if name.upper() == "RAISE":
        return _bind_raise(binder, arg_nodes, scope)
    star = len(arg_nodes) == 1 and isinstance(arg_nodes[0], exp.Star)
    plain, distinct, order = ([], False, None) if star else unwrap_arguments(arg_nodes)
    definition = find_function(binder, name, len(plain))
    if not is_allowed(binder, name):
        return bound.Literal(None, classes=NULL)
    if scope.within in (*ROW_PLACES, PARTIAL_INDEX) and not (definition.deterministic or definition.takes_now):
        scope.refuse("non-deterministic functions")
    if not definition.is_aggregate:
        if order is not None and plain:
            raise SqlError(f"ORDER BY may not be used with non-aggregate {name}()")
        if lower_ascii(name) == "likelihood":
            _check_probability(plain[1])
        return scalar_call(definition, [binder.bind(arg, scope) for arg in plain])
    if definition.window_only:
        raise SqlError(f"misuse of window function {name}()")
    return _aggregate(binder, definition, name, plain, _Modifiers(star, distinct, order, None), scope)


def _bind_raise(binder: ExpressionBinder, nodes: list[Any], scope: Scope) -> Expr:
    """RAISE(IGNORE) and RAISE(action, message)."""
    from mantisdb_sql.changes.triggers import RAISE

    if not (binder.context.in_trigger or any(outer.is_trigger for outer in _outwards(scope))):
        raise Misuse("RAISE() may only be used within a trigger-program")
    action = bound.Literal(nodes[0].args["this"].upper(), classes=TEXT)
    message = binder.bind(nodes[1], scope) if len(nodes) > 1 else bound.Literal(None, classes=NULL)
    return scalar_call(RAISE, [action, message])


def bind_filter(binder: ExpressionBinder, node: exp.Expression, scope: Scope) -> Expr:
    """``aggregate(…) FILTER (WHERE …)``."""
    call = node.args["this"]
    arg_nodes = list(call.args.get("expressions") or [])
    star = len(arg_nodes) == 1 and isinstance(arg_nodes[0], exp.Star)
    plain, distinct, order = ([], False, None) if star else unwrap_arguments(arg_nodes)
    name: str = call.args["this"]
    definition = find_function(binder, name, len(plain))
    if not definition.is_aggregate:
        raise SqlError(f"FILTER may not be used with non-aggregate {name}()")
    if not is_allowed(binder, name):
        return bound.Literal(None, classes=NULL)
    if definition.window_only:
        raise SqlError(f"misuse of window function {name}()")
    condition = node.args["expression"].args["this"]
    return _aggregate(binder, definition, name, plain, _Modifiers(star, distinct, order, condition), scope)


def _check_probability(node: exp.Expression) -> None:
    """The second argument of likelihood() is a REAL literal."""
    while isinstance(node, exp.Paren):
        node = node.args["this"]
    text = "" if not isinstance(node, exp.Literal) or node.args.get("is_string") else node.args["this"]
    if "x" in lower_ascii(text) or not set(".eE") & set(text) or float(text.replace("_", "")) > 1.0:
        raise SqlError("second argument to likelihood() must be a constant between 0.0 and 1.0")


class _Modifiers:
    """What may stand around an aggregate's arguments."""

    def __init__(self, star: bool, distinct: bool, order: Any, condition: Any) -> None:
        self.star, self.distinct, self.order, self.condition = star, distinct, order, condition


def unwrap_arguments(nodes: list[Any]) -> tuple[list[Any], bool, Any]:
    """(arguments, DISTINCT, ORDER BY terms) of an argument list."""
    order = None
    distinct = False
    if nodes and isinstance(nodes[-1], exp.Order):
        order = nodes[-1].args["expressions"]
        inner = nodes[-1].args.get("this")
        nodes = nodes[:-1] + ([inner] if inner is not None else [])
    if len(nodes) == 1 and isinstance(nodes[0], exp.Distinct):
        distinct = True
        nodes = list(nodes[0].args["expressions"])
        if nodes and isinstance(nodes[-1], exp.Order):
            order = nodes[-1].args["expressions"]
            nodes[-1] = nodes[-1].args["this"]
    return nodes, distinct, order


def _aggregate(
    binder: ExpressionBinder,
    definition: FunctionDef,
    name: str,
    arg_nodes: list[Any],
    modifiers: _Modifiers,
    scope: Scope,
) -> Expr:
    from mantisdb_sql.binding.expression import AggregateMisuse

    if _is_refused(scope):
        raise AggregateMisuse(name, scope, bool(scope.aggregate_name))
    if modifiers.distinct and len(arg_nodes) != 1:
        raise SqlError("DISTINCT aggregates must have exactly one argument")
    allowed, before = scope.allow_aggregates, scope.aggregate_name
    scope.aggregate_name = name
    try:
        with scope.phase(grouped=False, allow_aggregates=False):
            node, owner = _bind_for_owner(binder, definition, arg_nodes, modifiers, scope)
    except SqlError as error:
        # One that was told before: nothing more is wrong with the arguments, and SQLite comes to the aggregate's place.
        if error is binder.late and not allowed and scope.stage in (Stage.FROM, Stage.ON, Stage.WHERE):
            _check_place(name, scope, scope, allowed, in_arguments=bool(before))
        raise
    finally:
        scope.aggregate_name = before
    if allowed and owner.grouping is None and owner.stage in (Stage.FROM, Stage.RESULTS) and not (
        owner.is_stored or owner.is_trigger
    ):
        raise Misuse(f"misuse of aggregate: {name}()")  # of a row of VALUES
    if not allowed or not owner.allow_aggregates:
        _check_place(name, scope, owner, allowed, in_arguments=bool(before))
    result = _group_column(node, owner)
    if owner is not scope:
        note_outer(scope, owner, result)
    return result


def _is_refused(scope: Scope) -> bool:
    """Whether SQLite refuses an aggregate before it looks at what is in it; it then leaves FILTER and ORDER BY out."""
    grouping = scope.grouping
    is_refused = bool(scope.aggregate_name) or scope.is_in_no_query or scope.stage is Stage.LIMIT
    is_plain = grouping is not None and not grouping.explicit and not grouping.aggregates
    return not scope.allow_aggregates and (is_refused or (is_plain and scope.stage in (Stage.ON, Stage.WHERE)))


def _check_place(name: str, scope: Scope, owner: Scope, allowed: bool, in_arguments: bool) -> None:
    """Refuse an aggregate where ``scope`` has none, or ``owner``, which it is of, cannot make it."""
    from mantisdb_sql.binding.expression import AggregateMisuse

    in_rows = scope.stage in (Stage.ON, Stage.WHERE, Stage.ARGUMENTS)
    if not allowed and (owner is scope or in_arguments or not (in_rows or scope.stage in (Stage.ORDER, Stage.GROUP))):
        raise AggregateMisuse(name, scope, in_arguments)
    if owner is not scope and not owner.allow_aggregates:
        if allowed and owner.stage not in (Stage.ORDER, Stage.GROUP):
            raise Misuse(f"misuse of aggregate: {name}()")
        raise AggregateMisuse(name, owner if allowed else scope)
    if not allowed and in_rows:
        scope.borrowed = scope.borrowed or name


def _bind_for_owner(
    binder: ExpressionBinder,
    definition: FunctionDef,
    arg_nodes: list[Any],
    modifiers: _Modifiers,
    scope: Scope,
) -> tuple[bound.Aggregate, Scope]:
    """The aggregate, and the scope whose groups it summarises: its arguments are read from the rows of that one."""
    before = [(outer, outer.bare, dict(outer.query.outer)) for outer in _outwards(scope)]
    node = _bind_parts(binder, definition, arg_nodes, modifiers, scope)
    owner = _owner(node, scope)
    if owner is scope:
        return node, owner
    for outer, bare, _ in before:
        outer.bare = bare
    with owner.phase(grouped=False, allow_aggregates=False):
        node = _bind_parts(binder, definition, arg_nodes, modifiers, scope)
    for inner, _, read in before:  # what is inside of the owner reads the group, not what the group is made of
        if inner is owner:
            break
        inner.query.outer.clear()
        inner.query.outer.update(read)
    return node, owner


def _outwards(scope: Scope) -> Iterator[Scope]:
    outer: Scope | None = scope
    while outer is not None:
        yield outer
        outer = outer.parent


def _bind_parts(
    binder: ExpressionBinder,
    definition: FunctionDef,
    arg_nodes: list[Any],
    modifiers: _Modifiers,
    scope: Scope,
) -> bound.Aggregate:
    before = None if binder.later is None else binder.later.begin()
    args = [binder.one_value(binder.bind(arg, scope)) for arg in arg_nodes]
    order_by = sort_terms(binder, modifiers.order or (), scope)
    condition = binder.bind(modifiers.condition, scope) if modifiers.condition is not None else None
    if binder.later is not None:
        binder.later.keep(before)
    if definition.nests_json:
        args = [marked(arg) for arg in args]
    classes = definition.result_classes([arg.classes for arg in args])
    node = bound.Aggregate(
        definition=definition,
        args=args,
        star=modifiers.star,
        distinct=modifiers.distinct,
        filter=condition,
        order_by=order_by,
        using=argument_collation(args),
        classes=classes,
    )
    inherit_explicit_collation(node, args)
    if binder.later is not None:
        binder.later.note(node)
    return node


def sort_terms(binder: ExpressionBinder, terms: Any, scope: Scope) -> list[tuple[Expr, bool, bool]]:
    """ORDER BY terms as (expression, descending, nulls first)."""
    bound_terms = []
    for term in terms:
        descending = bool(term.args.get("desc"))
        nulls_first = {"FIRST": True, "LAST": False}.get(term.meta.get("explicit_nulls", ""), not descending)
        bound_terms.append((binder.bind(term.args["this"], scope), descending, nulls_first))
    return bound_terms


def _owner(node: bound.Aggregate, scope: Scope) -> Scope:
    """The scope whose groups an aggregate summarises."""
    read = {source for source, _ in references(node)}
    for candidate in _outwards(scope):
        if candidate.is_trigger:
            continue
        if not read or any(source.number in read for source in candidate.sources):
            return candidate
        if candidate.grouping is not None and candidate.grouping.source in read:
            return candidate
    return scope


def _group_column(node: bound.Aggregate, owner: Scope) -> bound.Column:
    """The column of the owner's group row that holds the aggregate; equal aggregates share one."""
    grouping = owner.grouping
    assert grouping is not None, "an aggregate is allowed only where the scope has a grouping at hand"
    if (not grouping.explicit or node.filter is not None) and node.definition.name not in ("count", "total"):
        node.classes |= NULL
    i = grouping.alike.position(grouping.aggregates, node)
    if i is None:
        i = len(grouping.aggregates)
        grouping.aggregates.append(node)

    def as_marked() -> Expr | None:
        extreme = marked_extreme(node)
        return None if extreme is None else _group_column(extreme, owner)

    return bound.Column(
        source=grouping.source,
        position=len(grouping.keys) + i,
        classes=node.classes,
        collation=node.collation,
        explicit=node.explicit,
        json=json_kind(node),
        as_marked=as_marked if node.definition.built_in and node.definition.name in ("min", "max") else None,
    )


def note_picking_aggregate(grouping: Grouping) -> None:
    """Find the one min() or max() whose row the bare columns are taken from."""
    extremes = [
        i
        for i, node in enumerate(grouping.aggregates)
        if node.definition.name in ("min", "max") and len(node.args) == 1
    ]
    grouping.picks = extremes[-1] if extremes else None
