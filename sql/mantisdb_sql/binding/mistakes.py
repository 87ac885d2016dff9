"""Which of several mistakes in a SELECT is told: the one that SQLite meets first.

SQLite binds a SELECT in an order of its own (``resolveSelectStep`` of resolve.c): LIMIT, the results, HAVING, WHERE,
the ON clauses, ORDER BY, GROUP BY. Here it is bound in the order in which its parts say what others mean. Where that
fails, what SQLite would have looked at before is bound once more, for its errors, and so is what failed, as after a
mistake in a call or a test for NULL SQLite looks at the rest of the expression; a statement without mistakes pays
nothing. One that changes rows, or makes an index, is compiled once more for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from sqlglot import exp

from mantisdb_sql.binding.bound import Expr, Literal
from mantisdb_sql.binding.comparisons import in_query
from mantisdb_sql.binding.expression import (
    AggregateMisuse,
    ExpressionBinder,
    refuse_unequal_operands,
    word_of_test,
)
from mantisdb_sql.binding.function import is_passed_over
from mantisdb_sql.binding.order_by import order_terms
from mantisdb_sql.binding.plan import Grouping, Query, Select, Windowing
from mantisdb_sql.binding.scope import Scope, Stage
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import NULL

if TYPE_CHECKING:
    from mantisdb_sql.binding.query import SelectBinder

__all__ = ["last_error", "persistent_binder", "raise_earlier_condition", "raise_earlier_error", "with_last_mistake"]

_Result = TypeVar("_Result")

_LOOKED_AT = (
    exp.Column, exp.Placeholder, exp.Paren, exp.Subquery, exp.Exists, exp.JSONExtract, exp.JSONExtractScalar,
)  # fmt: skip


def raise_earlier_error(binder: SelectBinder, query: Query, node: Any, scope: Scope) -> None:
    """Raise what SQLite tells in the place of an error at ``scope.stage`` of the SELECT that ``node`` is, if there
    is such a thing."""
    with _persistence(binder):
        _find_earlier_error(binder, query, node, scope)


def raise_earlier_condition(binder: SelectBinder, joins: list[Any], scope: Scope) -> None:
    """The same for an error in the ON clauses of a join in parentheses, whose joins these are."""
    with _persistence(binder):
        _bind_conditions(binder, joins, scope)


def with_last_mistake(compile_in: Callable[[CompileContext], _Result], context: CompileContext) -> _Result:
    """What ``compile_in(context)`` makes of a statement that is no query; the last mistake of the first expression that
    has one is told."""
    checked = None if context.checked_triggers is None else list(context.checked_triggers)
    try:
        return compile_in(context)
    except NotSupported:
        raise
    except SqlError:
        if context.authorizer is None:  # it must not be asked twice
            compile_in(replace(context, looks_on=True, checked_triggers=checked))
        raise


def persistent_binder(binder: SelectBinder) -> ExpressionBinder:
    """For a binder that looks for the mistake that is told, from the start."""
    return _Persistent(binder, lambda: binder.origin)


def last_error(binder: SelectBinder, found: SqlError | None, bind: Callable[[], object]) -> SqlError | None:
    """The mistake that SQLite tells once it has looked at an expression, which ``bind`` binds, after it ``found``
    another one, or none."""
    try:
        with _persistence(binder):
            binder.expressions.late = found
            bind()
    except NotSupported:
        raise
    except SqlError as error:
        return error
    return found


@contextmanager
def _persistence(binder: SelectBinder) -> Iterator[None]:
    before = binder.expressions
    if isinstance(before, _Persistent):
        before.start_again()
    else:
        binder.expressions = _Persistent(binder, before.origin)
        binder.expressions.later = before.later
    try:
        yield
    finally:
        binder.expressions = before


def _joins(select: Any) -> list[Any]:
    """The joins of a SELECT, those in parentheses that stand first included, as these mean nothing."""
    clause, joins = select.args.get("from_"), list(select.args.get("joins") or ())
    node = clause.args["this"] if clause is not None else None
    while isinstance(node, exp.Table | exp.Subquery):
        joins = [*(node.args.get("joins") or ()), *joins]
        node = node.args["this"] if isinstance(node, exp.Subquery) and node.args.get("alias") is None else None
    return joins


def _bind_conditions(binder: SelectBinder, joins: list[Any], scope: Scope) -> None:
    for join in joins:
        if join.args.get("on") is not None:
            binder.expressions.conjuncts(join.args["on"], scope)


class _Persistent(ExpressionBinder):
    """Goes on after a mistake in a call, or in what is tested for NULL, to what stands beside it in the same
    expression, as SQLite does, as long as these are names, calls and queries, and raises the last mistake that it
    finds."""

    def __init__(self, binder: SelectBinder, origin: Callable[[], str | None]) -> None:
        super().__init__(binder.context, self._bind_whole, origin)
        self._binder = binder
        self._depth = 0
        self._found: list[SqlError | None] = []  # what was found before each query that is being bound

    def bind(self, node: exp.Expression, scope: Scope) -> Expr:
        """What ``node`` is; NULL for a call with a mistake in it, as long as the expression goes on."""
        if self.late is not None and not _is_looked_at(node):
            refuse_unequal_operands(node)
            query, word = node.args.get("query") if isinstance(node, exp.In) else None, word_of_test(node)
            if query is not None:
                scope.refuse("subqueries")
                self.bind_query(query, scope)
            if word is not None:
                self.bind(node.args["this"] if lower_ascii(word.name) in ("true", "false") else word, scope)
            raise self.late
        with self.one_expression():
            try:
                return super().bind(node, scope)
            except NotSupported:
                raise
            except SqlError as error:
                if self._depth == 1 or not is_passed_over(node):
                    raise
                self.late = error
                return Literal(None, classes=NULL)

    @contextmanager
    def one_expression(self) -> Iterator[None]:
        """What is bound within is one expression."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            late = self.late
            if self._depth == 0 and not self._found:
                self.late = None
        if self._depth == 0 and late is not None:
            raise late

    def bind_apart(self, node: exp.Expression, scope: Scope) -> Expr:
        """See :class:`ExpressionBinder`."""
        before, self._depth = self._depth, 0
        try:
            return self.bind(node, scope)
        finally:
            self._depth = before

    def _in_query(self, operand_node: exp.Expression, subquery: exp.Expression, scope: Scope) -> Expr:
        scope.refuse("subqueries")
        query = self.bind_query(subquery, scope)
        return in_query(self.bind(operand_node, scope), query)

    def _bind_whole(self, node: exp.Expression, parent: Scope | None) -> Query:
        """Bind a query, whose expressions are no parts of the one that it stands in. One that stands in no query was
        not expanded yet, and after a mistake it comes to no more than that."""
        if self.late is not None and parent is not None and parent.is_in_no_query:
            self._binder.expand(node)
            raise self.late
        before, self._depth = self._depth, 0
        self._found.append(self.late)
        try:
            return self._binder.bind_query(node, parent)
        finally:
            self._depth = before
            self._found.pop()

    def start_again(self) -> None:
        """Forget what was found in the innermost query."""
        self.late = self._found[-1] if self._found else None


def _is_looked_at(node: exp.Expression) -> bool:
    """Whether SQLite, after a mistake, looks for another one in what ``node`` is."""
    return is_passed_over(node) or isinstance(node, _LOOKED_AT)


def _find_earlier_error(binder: SelectBinder, query: Query, node: Any, scope: Scope) -> None:
    failed = scope.stage
    if failed is Stage.FROM:
        binder.limit(query, node)
        return
    scope.grouping = Grouping(source=binder.next_source(), keys=[], explicit=node.args.get("group") is not None)
    scope.windowing = Windowing(source=binder.next_source())
    scope.windows = list(node.args.get("windows") or ())
    select = Select()
    if failed >= Stage.LIMIT:
        binder.limit(query, node)
    with scope.phase(grouped=True, allow_aggregates=True, allow_windows=True):
        if failed >= Stage.RESULTS:
            scope.sees_aliases = False
            select.outputs = [binder.output(item, scope) for item in binder.expand_stars(node, scope)]
        scope.sees_aliases = True
    if failed >= Stage.HAVING:
        binder.having(select, node, scope)
    try:
        _bind_rows(binder, node, scope, failed)
    except AggregateMisuse as misuse:
        if misuse.scope is scope and (scope.grouping.explicit or scope.grouping.aggregates):
            scope.stage = failed
            _bind_terms(binder, select, node, scope)  # SQLite looks for aggregates once all names are known
            raise SqlError(f"misuse of aggregate: {misuse.name}()") from None
        raise
    scope.stage = failed
    order = node.args.get("order")
    if failed >= Stage.ORDER and order is not None:
        order_terms(binder, order, select, scope)


def _bind_rows(binder: SelectBinder, node: Any, scope: Scope, failed: Stage) -> None:
    """WHERE and ON, as far as they come before what failed: to SQLite they are terms of one condition."""
    where = node.args.get("where")
    persistent = binder.expressions
    assert isinstance(persistent, _Persistent)
    with persistent.one_expression():
        if failed >= Stage.WHERE and where is not None:
            scope.stage = Stage.WHERE
            persistent.conjuncts(where.args["this"], scope)
        if failed >= Stage.ON:
            scope.stage = Stage.ON
            _bind_conditions(binder, _joins(node), scope)


def _bind_terms(binder: SelectBinder, select: Select, node: Any, scope: Scope) -> None:
    """ORDER BY and GROUP BY."""
    order, group = node.args.get("order"), node.args.get("group")
    if order is not None:
        order_terms(binder, order, select, scope)
    if group is not None:
        binder.group_keys(group.args["expressions"], list(binder.expand_stars(node, scope)), scope)
