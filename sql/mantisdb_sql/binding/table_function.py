"""Binding table-valued functions in FROM.

Their arguments see all of FROM: a function is visited after the sources that its arguments read. What is not given
in parentheses can come from an equality with a hidden column, in WHERE or in the ON clause of the LEFT JOIN that
the function stands in, where the function may come after what that reads. Other conditions on hidden columns find there
what the function was given.
"""

from __future__ import annotations

from typing import Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.expression import ExpressionBinder
from mantisdb_sql.binding.json_arguments import TWIN
from mantisdb_sql.binding.plan import ColumnInfo, Join, JoinGroup, Select, Source, TableFunction, references, sources_of
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.functions.table_functions import TableFunctionDef
from mantisdb_sql.values.storage import Affinity

__all__ = ["bind_arguments", "call_of", "check_arguments", "claim_arguments", "function_source", "side_of_function"]


def call_of(node: Any) -> tuple[str, list[Any]]:
    """Name and arguments of a call in FROM."""
    call = node.args["this"]
    return str(call.args["this"]), list(call.args.get("expressions") or ())


def function_source(number: int, definition: TableFunctionDef, alias: str | None, nodes: list[Any]) -> Source:
    """A source over a function; the arguments ``nodes`` are bound once all of FROM is known."""
    if len(nodes) > definition.hidden:
        raise SqlError(f"too many arguments on {definition.name}() - max {definition.hidden}")
    shown = len(definition.columns) - definition.hidden
    twins = definition.twins or {}
    columns = []
    for i, (name, classes) in enumerate(definition.columns):
        info = ColumnInfo(name, classes, Affinity.BLOB, "BINARY", "", hidden=i >= shown)
        if i in twins:
            info.json, info.twin = TWIN, twins[i]
        columns.append(info)
    call = TableFunction(definition, nodes, [None] * definition.hidden)
    return Source(number=number, alias=alias or definition.name, columns=columns, function=call)


def bind_arguments(sources: list[Source], scope: Scope, binder: ExpressionBinder) -> None:
    """Bind the arguments of the functions among the sources of a FROM clause, which is ``scope``."""
    for source in sources:
        call = source.function
        if call is None:
            continue
        for place, node in enumerate(call.nodes):
            argument = binder.bind(node, scope)
            if isinstance(argument, bound.RowValue):
                raise SqlError("row value misused")
            if source.number in sources_of(argument):
                raise NotSupported("a table-valued function of its own columns")
            call.arguments[place] = argument


def check_arguments(source: Source, later: set[int], crossed: set[int]) -> None:
    """A function, which ``source`` is, may not read what outer joins bring in to its right (``later``), nor what CROSS
    JOIN keeps there."""
    assert source.function is not None
    read = {number for argument in source.function.given for number in sources_of(argument)}
    if read & later:
        raise SqlError("table-function argument references tables to its right")
    if read & crossed:
        raise NotSupported("a table-valued function of what is behind CROSS JOIN")


def side_of_function(source: Source, before: set[int], side: str) -> str:
    """The side of a RIGHT or FULL JOIN with a function on its right. One that has no rows where a column of a table
    ``before`` it is NULL never has a row without one of the left: it is joined as by JOIN, or LEFT JOIN."""
    assert source.function is not None
    given = source.function.given
    if side not in ("RIGHT", "FULL") or not any(before & sources_of(argument) for argument in given):
        return side
    is_column = any(isinstance(argument, bound.Column) and argument.source in before for argument in given)
    if is_column and source.function.definition.is_strict:
        return "LEFT" if side == "FULL" else ""
    raise NotSupported(f"a table-valued function of other tables on the right of {side} JOIN")


def claim_arguments(select: Select) -> None:
    """Take the arguments that conditions give to hidden columns."""
    for i, join in enumerate(select.joins):
        if join.source.function is not None and join.source.function.is_outer:
            _refuse_outer(join.source, select.where)
        elif join.source.function is not None:
            _claim(join.source, join.on if join.kind == "LEFT" else select.where, _numbers(_behind(select.joins, i)))
        elif join.source.group is not None:
            _refuse_in_group(join.source.group, select.where)


def _behind(joins: list[Join], i: int) -> list[Join]:
    """The joins that come behind another, as a CROSS JOIN, or a LEFT JOIN of themselves, has it."""
    first = next((k for k in range(i + 1, len(joins)) if joins[k].kind == "CROSS"), len(joins))
    return [join for k, join in enumerate(joins) if k >= first or (k > i and join.kind == "LEFT")]


def _refuse_in_group(group: JoinGroup, where: list[Expr]) -> None:
    """Functions beside a RIGHT or FULL JOIN have no arguments from WHERE."""
    for join in [*group.select.joins, *([] if group.right is None else [group.right])]:
        if join.source.group is not None:
            _refuse_in_group(join.source.group, where)
        elif join.source.function is not None:
            _refuse_outer(join.source, where)


def _refuse_outer(source: Source, where: list[Expr]) -> None:
    if any(_hidden_in(condition, source) for condition in where):
        raise NotSupported("an argument in WHERE of a table-valued function beside RIGHT or FULL JOIN")


def _numbers(joins: list[Join]) -> set[int]:
    return {member.number for join in joins for member in join.source.members}


def _claim(source: Source, conditions: list[Expr], behind: set[int]) -> None:
    """Take arguments from conditions, of which they are then no longer, as far as they read nothing that is ``behind``
    the function."""
    call = source.function
    assert call is not None
    first = len(source.columns) - len(call.arguments)
    for place, given in enumerate(call.arguments):
        if given is not None:
            continue
        for condition in conditions:
            value = _equal_to(condition, source, first + place)
            if value is not None and not sources_of(value) & behind:
                call.arguments[place] = value
                conditions.remove(condition)
                break
    for condition in conditions:
        missing = _hidden_in(condition, source)
        if missing and (call.definition.is_unbounded or not isinstance(condition, bound.Compare | bound.IsNull)):
            raise NotSupported(f"such a condition on the hidden column {source.columns[missing[0]].name}")


def _hidden_in(condition: Expr, source: Source) -> list[int]:
    """The hidden columns of arguments that are not given to a function, which a condition reads."""
    assert source.function is not None
    first = len(source.columns) - len(source.function.arguments)
    missing = [first + place for place, given in enumerate(source.function.arguments) if given is None]
    read = references(condition)
    return [position for position in missing if (source.number, position) in read]


def _equal_to(condition: Expr, source: Source, position: int) -> Expr | None:
    """What a condition says that a column is equal to."""
    if not isinstance(condition, bound.Compare) or condition.op != "=":
        return None
    for column, value in ((condition.left, condition.right), (condition.right, condition.left)):
        if (
            isinstance(column, bound.Column)
            and column.source == source.number
            and column.position == position
            and source.number not in sources_of(value)
        ):
            return value
    return None
