"""Calls that are made for a whole batch of rows at once.

Some functions take many values much quicker than one by one (``FunctionDef.batch``). Where a SELECT scans a table,
calls of them over its columns move to the beginning of the scan:

    for b0 in t5.values()
    for r0, v0, v1 in zip(b0, *c0([r0[1] for r0 in b0]))
    if v0 > 5

Each such call becomes a column of the source, with a position behind those of the table and a variable of its own
(``QueryWriter.scalars``). Only calls move that are evaluated for each row anyway: not those in branches of CASE, in
the later terms of AND and OR, or behind a join, unless they cannot fail. What a condition needs comes first; the
others are made for the rows that are left:

    for b0 in t5.values()
    for y0 in ([(r0, v0) for r0, v0 in zip(b0, *c0([r0[1] for r0 in b0])) if v0 > 5],)
    for (r0, v0), v1 in zip(y0, *c1([r0[2] for r0, v0 in y0]))
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import OrderTerm, Select, Step
from mantisdb_sql.codegen.clauses import Clause, For, If, Let
from mantisdb_sql.functions.dates import current_moment
from mantisdb_sql.functions.definition import Batched
from mantisdb_sql.functions.json_scalars import arrow_batch

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import QueryWriter

__all__ = ["BatchedCalls", "is_computed", "move_calls"]

_FIRST_POSITION = 1 << 20
_FEWEST_ROWS = 16
_WITH_OPERAND = (
    bound.Unary, bound.Not, bound.IsNull, bound.Cast, bound.Collate, bound.InList, bound.Like,
)  # fmt: skip
_BRANCHING = frozenset(("coalesce", "ifnull", "iif", "if"))


def is_computed(expr: Expr) -> bool:
    """Whether it stands for a call that has moved, which no row has."""
    return isinstance(expr, bound.Column) and expr.position >= _FIRST_POSITION


@dataclass(frozen=True)
class _Call:
    """A call that has moved: ``column`` holds its results."""

    expr: Expr
    batch: Batched
    argument: bound.Column
    takes_now: bool
    column: bound.Column


class BatchedCalls:
    """The calls that have moved to the scan of one source."""

    def __init__(self, writer: QueryWriter, step: Step) -> None:
        self.writer = writer
        self.step = step
        self.source = step.source
        self.calls: list[_Call] = []
        self._whole: tuple[list[str], list[str]] | None = None  # texts of the columns, and their variables

    # ---------------------------------------------------------------------------------------------- moving

    def moved(self, node: Expr, total_only: bool = False) -> Expr:
        """The expression with its calls replaced by columns; ``total_only``: only those that cannot fail. What is
        replaced is left as it was: others may hold it."""
        call = self._call(node, total_only)
        if call is not None:
            return call.column
        if isinstance(node, bound.Function):
            if not node.definition.built_in or node.definition.name in _BRANCHING:
                return node
            args = [self.moved(arg, total_only) for arg in node.args]
            return node if all(map(operator.is_, args, node.args)) else replace(node, args=args)
        if isinstance(node, bound.And | bound.Or):
            first = self.moved(node.terms[0], total_only)
            return node if first is node.terms[0] else replace(node, terms=[first, *node.terms[1:]])
        if isinstance(node, bound.Between):
            low = self._with(node.low, ("left",), total_only)
            return node if low is node.low else replace(node, low=low, high=replace(node.high, left=low.left))
        if isinstance(node, bound.Binary | bound.Compare):
            both: Expr = self._with(node, ("left", "right"), total_only)
            return both
        if isinstance(node, _WITH_OPERAND):
            only: Expr = self._with(node, ("operand",), total_only)
            return only
        return node

    def _with(self, node: Any, fields: tuple[str, ...], total_only: bool) -> Any:
        old = {field: getattr(node, field) for field in fields}
        new = {field: self.moved(part, total_only) for field, part in old.items()}
        return node if all(new[field] is old[field] for field in fields) else replace(node, **new)

    def _call(self, expr: Expr, total_only: bool) -> _Call | None:
        takes_now = False
        if isinstance(expr, bound.Function) and expr.definition.batch is not None:
            args, takes_now = expr.args, expr.definition.takes_now
            if total_only and not expr.definition.is_total:
                return None
            batch = expr.definition.batch([arg.value if isinstance(arg, bound.Literal) else ... for arg in args])
        elif isinstance(expr, bound.Binary) and expr.op in ("->", "->>") and not total_only:
            args = [expr.left, expr.right]
            batch = arrow_batch(expr.op, expr.right.value) if isinstance(expr.right, bound.Literal) else None
        else:
            return None
        argument = args[batch.argument] if batch is not None else None
        if batch is None or not isinstance(argument, bound.Column) or argument.source != self.source.number:
            return None
        for known in self.calls:
            if same(known.expr, expr):
                return known
        column = bound.Column(
            source=self.source.number, position=_FIRST_POSITION + len(self.calls), classes=expr.classes
        )
        self.writer.scalars[column.source, column.position] = self.writer.source.name("v")
        self.calls.append(_Call(expr, batch, argument, takes_now, column))
        return self.calls[-1]

    # --------------------------------------------------------------------------------------------- writing

    def clauses(self, access: list[Clause]) -> list[Clause]:
        """The clauses of the scan; ``access`` ends in a loop over the rows of a batch."""
        rows = access[-1]
        assert isinstance(rows, For)
        target, iterable, tests = rows.target, rows.iterable, list[str]()
        waiting, result = self.calls, access[:-1]
        for condition in [*self.step.filters, None]:
            wanted = [call for call in waiting if condition is None or _reads(condition, call.column)]
            if wanted:
                waiting = [call for call in waiting if call not in wanted]
                item = target if "," not in target else f"({target})"
                if tests or "(" in iterable:
                    name = self.writer.source.name("y")
                    result.append(Let(name, f"[{item} for {target} in {iterable}{''.join(map(_test, tests))}]"))
                    target, iterable, tests = item, name, []
                lists, variables = self._lists(wanted, f"for {target} in {iterable}")
                self._whole = lists, variables
                target, iterable = f"{item}, {', '.join(variables)}", f"zip({iterable}, {', '.join(lists)})"
            if condition is not None:
                tests.append(self.writer.flat.true(condition))
        if len(result) > len(access) - 1 or tests:
            self._whole = None
        return [*result, For(target, iterable), *map(If, tests)]

    def whole_columns(self, arguments: list[Expr]) -> tuple[str, list[str]] | None:
        """Whole columns at once, where all rows count and each of ``arguments`` is a call that has moved: the line
        that computes them, to stand in the place of the last clause, and their texts."""
        if self._whole is None or not all(any(arg is call.column for call in self.calls) for arg in arguments):
            return None
        lists, variables = self._whole
        line = f"{', '.join(variables)}, = {', '.join(lists)},"
        return line, [self.variable(arg) for arg in arguments if isinstance(arg, bound.Column)]

    def variable(self, column: bound.Column) -> str:
        """The variable that holds a call's results."""
        return self.writer.scalars[column.source, column.position]

    def _lists(self, calls: list[_Call], loop: str) -> tuple[list[str], list[str]]:
        """Texts of the lists of results, to be unpacked, and their variables: one for calls over one column."""
        groups: dict[tuple[int, Any, bool], list[_Call]] = {}
        for call in calls:
            groups.setdefault((call.argument.position, call.batch.join, call.takes_now), []).append(call)
        texts, variables = [], []
        for (_, join, takes_now), group in groups.items():
            function = self.writer.source.constant(join([call.batch.part for call in group]))
            values = f"[{self.writer.emit.value(group[0].argument)} {loop}]"
            now = f"{self._now()}, " if takes_now else ""
            texts.append(f"*{function}({now}{values})")
            variables += [self.variable(call.column) for call in group]
        return texts, variables

    def _now(self) -> str:
        emit = self.writer.emit
        return emit.context.prepared(f"{emit.library(current_moment)}()", emit.source)


def _test(text: str) -> str:
    return f" if {text}"


def _reads(condition: Expr, column: bound.Column) -> bool:
    return any(node is column for node in bound.walk(condition))


def move_calls(writer: QueryWriter, select: Select, order: Iterable[OrderTerm]) -> None:
    """Let the calls of a SELECT whose first step scans a table be made in batches."""
    step = select.steps[0]
    if step.source.number in writer.batched or step.rows_estimate < _FEWEST_ROWS or step.source.table is None:
        return
    calls = BatchedCalls(writer, step)
    step.filters = list(map(calls.moved, step.filters))
    total_only = len(select.steps) > 1
    if select.grouping is None:
        for output in select.outputs:
            output.expr = calls.moved(output.expr, total_only)
        for term in order:
            if term.output is None:
                term.expr = calls.moved(term.expr, total_only)
    else:
        grouping = select.grouping
        if all((key.collation or "BINARY") == "BINARY" for key in grouping.keys):
            grouping.keys = [calls.moved(key, total_only) for key in grouping.keys]
        for node in grouping.aggregates:
            if node.filter is None:
                node.args = [calls.moved(arg, total_only) for arg in node.args]
    if calls.calls:
        writer.batched[step.source.number] = calls
