"""ORDER BY of a SELECT: its terms, and which of them SQLite writes code for.

A row value, or an aggregate where nothing is aggregated, is a mistake only in a term that sorts. None does where no
more than one row can come, by the rowid or a unique column, and none behind such a column: no two rows have the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.expression import AggregateMisuse
from mantisdb_sql.binding.late_mistakes import Mistake, Misuse
from mantisdb_sql.binding.ordinals import ordinal, outer_collate
from mantisdb_sql.binding.plan import OrderTerm, Select, Source, sources_of
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.binding.query import SelectBinder

__all__ = ["MAX_ORDINAL", "aggregates", "named_output", "nth", "order_term", "order_terms", "out_of_range"]

MAX_ORDINAL = 65535
"""Others are no numbers of columns even before these are counted."""


def order_terms(binder: SelectBinder, clause: exp.Expression, select: Select, scope: Scope) -> list[OrderTerm]:
    """The terms of ORDER BY."""
    terms: list[OrderTerm] = []
    wrong_number: SqlError | None = None
    later = binder.expressions.later
    mistakes: list[tuple[int, Mistake]] = []
    for i, ordered in enumerate(clause.args["expressions"]):
        output = _output_of(ordered.args["this"], select)
        if output is not None and not 0 <= output < MAX_ORDINAL:
            raise out_of_range(i, "ORDER", len(select.outputs))
        if output is not None and output >= len(select.outputs):
            wrong_number = wrong_number or out_of_range(i, "ORDER", len(select.outputs))
            continue
        before = None if later is None else later.begin()
        term = _term(binder, ordered, output, select, scope)
        mistake = None if later is None else later.end(before)
        if mistake is not None:
            mistakes.append((i, mistake))
        if term is not None:
            terms.append(term)
    if wrong_number is not None:
        raise wrong_number
    needed = _needed_terms(terms, select, scope) if mistakes else 0
    for i, mistake in mistakes:
        is_needed = i < needed or (needed and _is_computed_once(clause.args["expressions"][i].args["this"]))
        if is_needed or not isinstance(mistake.error, Misuse):
            mistake.tell()
    binder.compare_by([term.collation for term in terms])
    return terms


def _term(
    binder: SelectBinder, ordered: Any, output: int | None, select: Select, scope: Scope
) -> OrderTerm | None:
    """One term; None where it is an aggregate, and nothing is aggregated."""
    node, expressions = ordered.args["this"], binder.expressions
    if output is not None:
        own, mistake = select.outputs[output].expr, select.outputs[output].info.mistake
        if mistake is not None:
            mistake.tell()
        expr = expressions.collated(own, outer_collate(node))
        return order_term(ordered, expr, output if expr is own else None)
    mark = None if expressions.later is None else expressions.later.mark()
    with scope.phase(grouped=True, allow_aggregates=aggregates(scope), allow_windows=True):
        try:
            expr = expressions.one_value(expressions.bind(node, scope))
        except AggregateMisuse as error:
            if error.scope is not scope or error.is_nested:
                raise
            if expressions.later is not None and mark is not None:
                expressions.later.reset(mark)
            expressions.tell_late(Misuse(f"misuse of aggregate: {error.name}()"))
            return None
    matching = next((n for n, out in enumerate(select.outputs) if same(out.expr, expr)), None)
    return order_term(ordered, expr, matching)


def _output_of(node: exp.Expression, select: Select) -> int | None:
    """The result column that an ordinal or an alias means; it need not be there."""
    collated = node
    while isinstance(collated, exp.Paren | exp.Collate):
        collated = collated.args["this"]
    if isinstance(collated, exp.Column) and collated.args.get("table") is None:
        return named_output(select, lower_ascii(collated.args["this"].args["this"]))
    position = ordinal(node)
    return None if position is None else position - 1


# ------------------------------------------------------------------------------------------------- single rows


def _only_table(select: Select, scope: Scope) -> Source | None:
    """The table that the rows are those of, if there is just one."""
    if len(select.joins) != 1 or aggregates(scope) or (scope.windowing is not None and scope.windowing.calls):
        return None
    source = select.joins[0].source
    return source if source.table is not None else None


def _needed_terms(terms: list[OrderTerm], select: Select, scope: Scope) -> int:
    """How many terms sort, those that are mistakes included."""
    if not scope.is_sorted:
        return 0
    source = _only_table(select, scope)
    if source is None:
        return _ALL
    if any(isinstance(condition, bound.Compare) and _is_look_up(condition, source) for condition in select.where):
        return 0
    first = terms[0].expr if terms else None
    while isinstance(first, bound.Collate):
        first = first.operand
    return 1 if first is not None and _is_unique_column(first, terms[0].collation, source, False) else _ALL


_ALL = 1 << 16


def _is_computed_once(term: exp.Expression) -> bool:
    """Whether a term is neither constant nor reads a column: SQLite does not see that it sorts nothing."""
    computes = False
    for node in term.walk(prune=lambda node: isinstance(node, exp.Query)):
        if isinstance(node, exp.Column):
            return False
        computes = computes or isinstance(node, exp.Query | exp.Anonymous)
    return computes


def _is_look_up(condition: bound.Compare, source: Source) -> bool:
    if condition.op not in ("=", "IS"):
        return False
    return any(
        _is_unique_column(own, condition.using, source, allows_null=condition.op == "=")
        and source.number not in sources_of(other)
        for own, other in ((condition.left, condition.right), (condition.right, condition.left))
    )




def _is_unique_column(expr: Expr, collation: str, source: Source, allows_null: bool) -> bool:
    """Whether no two rows of a table have the same value of a column, NULL aside if it allows that."""
    table = source.table
    if table is None or not isinstance(expr, bound.Column | bound.Rowid) or expr.source != source.number:
        return False
    if isinstance(expr, bound.Rowid) or expr.position == table.rowid_alias:
        return True
    return (allows_null or table.columns[expr.position].not_null) and any(
        index.unique and index.where is None
        and [(column.position, column.collation) for column in index.columns] == [(expr.position, collation)]
        for index in table.indexes
    )


# ------------------------------------------------------------------------------------------------------ terms


def named_output(select: Select, name: str) -> int | None:
    """The first result column that ORDER BY knows by a name, given in lower case."""
    outputs = enumerate(select.outputs)
    return next((n for n, output in outputs if output.is_named and lower_ascii(output.info.name) == name), None)


def out_of_range(term: int, clause: str, width: int) -> SqlError:
    """The error of a term that is the number of no column."""
    return SqlError(f"{nth(term + 1)} {clause} BY term out of range - should be between 1 and {width}")


def nth(n: int) -> str:
    """1st, 2nd, 3rd, 4th, …"""
    suffix = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def aggregates(scope: Scope) -> bool:
    """Whether HAVING and ORDER BY may aggregate: only beside GROUP BY, or aggregates among the results."""
    grouping = scope.grouping
    return grouping is not None and (grouping.explicit or bool(grouping.aggregates))


def order_term(ordered: exp.Expression, expr: Expr, output: int | None) -> OrderTerm:
    """A term that sorts by ``expr``."""
    descending = bool(ordered.args.get("desc"))
    nulls_first = {"FIRST": True, "LAST": False}.get(ordered.meta.get("explicit_nulls", ""), not descending)
    return OrderTerm(
        expr=expr,
        descending=descending,
        nulls_first=nulls_first,
        output=output,
        collation=expr.collation or "BINARY",
    )
