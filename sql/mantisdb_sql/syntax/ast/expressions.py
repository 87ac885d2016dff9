"""Builders of scalar expressions; named in the grammar, called by the parser. See the package for the nodes."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.ast.context import Context, unquoted
from mantisdb_sql.syntax.ast.nodes import new
from mantisdb_sql.syntax.lexer import separators_are_right

Expr = exp.Expr
MAX_ARGUMENTS = 1000
_LIKE_NODES = {"LIKE": exp.Like, "GLOB": exp.Glob, "REGEXP": exp.RegexpLike, "MATCH": exp.Match}
_TIME_NODES = {
    "CURRENT_DATE": exp.CurrentDate,
    "CURRENT_TIME": exp.CurrentTime,
    "CURRENT_TIMESTAMP": exp.CurrentTimestamp,
}
_USER_TYPE = exp.DType.USERDEFINED

# ------------------------------------------------------------------------------------------------------ lists


def no_items(c: Context) -> list[Any]:
    return []


def first(c: Context, item: Any, *_: Any) -> list[Any]:
    return [item]


def more(c: Context, items: list[Any], _comma: int, item: Any) -> list[Any]:
    items.append(item)
    return items


def another(c: Context, items: list[Any], item: Any, *_: Any) -> list[Any]:
    items.append(item)
    return items


def words(c: Context, *tokens: int) -> str:
    """Keywords as one text: ``NO ACTION``."""
    return " ".join([c.texts[token].upper() for token in tokens])


def words_after_first(c: Context, _first: int, *tokens: int) -> str:
    return words(c, *tokens)


# --------------------------------------------------------------------------------------------------- literals


def null(c: Context, _token: int) -> Expr:
    return exp.Null()


def number(c: Context, token: int) -> Expr:
    node = new(exp.Literal, this=c.texts[token], is_string=False)
    node._meta = {"token": token}
    return node


def separated_number(c: Context, token: int) -> Expr:
    """``1_000``: every separator must stand between digits."""
    text = c.texts[token]
    if not separators_are_right(text):
        raise SqlError(f'unrecognized token: "{text}"')
    return number(c, token)


def string(c: Context, token: int) -> Expr:
    text = c.texts[token][1:-1]
    if "'" in text:
        text = text.replace("''", "'")
    node = new(exp.Literal, this=text, is_string=True)
    node._meta = {"token": token}
    return node


def blob(c: Context, token: int) -> Expr:
    return new(exp.HexString, this=c.texts[token][2:-1])


def time_word(c: Context, token: int) -> Expr:
    return _TIME_NODES[c.word(token)]()


def parameter(c: Context, token: int) -> Expr:
    text = c.texts[token]
    if text[0] == "#" and text[1].isdecimal():
        raise SqlError(f'near "{text}": syntax error')
    node = new(exp.Placeholder, this=text[1:] or None)
    node._meta = {"name": text, "index": c.slot(text)}
    return node


# ------------------------------------------------------------------------------------------------------ names


def column(c: Context, name: int) -> Expr:
    return new(exp.Column, this=c.identifier(name))


def table_column(c: Context, table: int, _dot: int, name: int) -> Expr:
    return new(exp.Column, this=c.identifier(name), table=c.identifier(table))


def schema_table_column(c: Context, db: int, _dot: int, table: int, _dot2: int, name: int) -> Expr:
    return new(exp.Column, this=c.identifier(name), table=c.identifier(table), db=c.identifier(db))


# ------------------------------------------------------------------------------------------- unary and binary


def paren(c: Context, _open: int, operand: Expr, _close: int) -> Expr:
    return new(exp.Paren, this=operand)


def row_value(c: Context, _open: int, items: list[Expr], _comma: int, last: Expr, _close: int) -> Expr:
    return new(exp.Tuple, expressions=[*items, last])


def plus(c: Context, _op: int, operand: Expr) -> Expr:
    return new(exp.Anonymous, this="+", expressions=[operand])


def minus(c: Context, _op: int, operand: Expr) -> Expr:
    return new(exp.Neg, this=operand)


def bit_not(c: Context, _op: int, operand: Expr) -> Expr:
    return new(exp.BitwiseNot, this=operand)


def not_(c: Context, _op: int, operand: Expr) -> Expr:
    return new(exp.Not, this=operand)


def and_(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.And, this=left, expression=right)


def or_(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.Or, this=left, expression=right)


def equal(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.EQ, this=left, expression=right)


def not_equal(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.NEQ, this=left, expression=right)


def less(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.LT, this=left, expression=right)


def less_equal(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.LTE, this=left, expression=right)


def greater(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.GT, this=left, expression=right)


def greater_equal(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.GTE, this=left, expression=right)


def bit_and(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.BitwiseAnd, this=left, expression=right)


def bit_or(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.BitwiseOr, this=left, expression=right)


def shift_left(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.BitwiseLeftShift, this=left, expression=right)


def shift_right(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.BitwiseRightShift, this=left, expression=right)


def add(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.Add, this=left, expression=right)


def subtract(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.Sub, this=left, expression=right)


def multiply(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.Mul, this=left, expression=right)


def divide(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.Div, this=left, expression=right)


def modulo(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.Mod, this=left, expression=right)


def concat(c: Context, left: Expr, _op: int, right: Expr) -> Expr:
    return new(exp.DPipe, this=left, expression=right)


def extract(c: Context, left: Expr, op: int, right: Expr) -> Expr:
    cls = exp.JSONExtractScalar if c.texts[op] == "->>" else exp.JSONExtract
    return new(cls, this=left, expression=right)


def collate(c: Context, operand: Expr, _word: int, name: int) -> Expr:
    return new(exp.Collate, this=operand, expression=c.identifier(name))


# ------------------------------------------------------------------------------------------------- predicates


def is_null(c: Context, operand: Expr, _word: int) -> Expr:
    return new(exp.Is, this=operand, expression=exp.Null())


def not_null(c: Context, operand: Expr, *_: int) -> Expr:
    return _negated(c, is_null(c, operand, 0))


def is_(c: Context, left: Expr, _is: int, right: Expr) -> Expr:
    if type(right) is exp.Null:
        return new(exp.Is, this=left, expression=right)
    return new(exp.NullSafeEQ, this=left, expression=right)


def is_not(c: Context, left: Expr, _is: int, _not: int, right: Expr) -> Expr:
    if type(right) is exp.Null:
        return _negated(c, new(exp.Is, this=left, expression=right))
    return new(exp.NullSafeNEQ, this=left, expression=right)


def is_distinct(c: Context, left: Expr, _is: int, _distinct: int, _from: int, right: Expr) -> Expr:
    return is_not(c, left, 0, 0, right)


def is_not_distinct(
    c: Context, left: Expr, _is: int, _not: int, _distinct: int, _from: int, right: Expr
) -> Expr:
    return is_(c, left, 0, right)


def positive(c: Context, op: int) -> tuple[int, bool]:
    return op, False


def negative(c: Context, _not: int, op: int) -> tuple[int, bool]:
    return op, True


def _negated(c: Context, node: Expr) -> Expr:
    """``x NOT LIKE y``: NOT around the positive node, which gets the same span."""
    node.meta["span"] = c.span(c.first, c.next)
    outer = new(exp.Not, this=node)
    outer._meta = {"infix": True}
    return outer


def like(c: Context, left: Expr, op: tuple[int, bool], right: Expr) -> Expr:
    node = _pattern(c, left, op, right)
    return _negated(c, node) if op[1] else node


def _pattern(c: Context, left: Expr, op: tuple[int, bool], right: Expr) -> Expr:
    node: Expr = new(_LIKE_NODES[c.word(op[0])], this=left, expression=right)
    node.meta["word"] = c.texts[op[0]]
    return node


def like_escape(c: Context, left: Expr, op: tuple[int, bool], right: Expr, _escape: int, by: Expr) -> Expr:
    inner = _pattern(c, left, op, right)
    inner.meta["span"] = c.span(c.first, c.next)
    node: Expr = new(exp.Escape, this=inner, expression=by)
    return _negated(c, node) if op[1] else node


def between(c: Context, operand: Expr, op: tuple[int, bool], low: Expr, _and: int, high: Expr) -> Expr:
    node: Expr = new(exp.Between, this=operand, low=low, high=high)
    return _negated(c, node) if op[1] else node


def in_list(
    c: Context, operand: Expr, op: tuple[int, bool], _open: int, items: list[Expr], _close: int
) -> Expr:
    row = _unwrapped(operand)
    if isinstance(row, exp.Tuple) and not (len(items) == 1 and isinstance(_unwrapped(items[0]), exp.Subquery)):
        _check_widths(len(row.expressions), items)
    node: Expr = new(exp.In, this=operand, expressions=items)
    return _negated(c, node) if op[1] else node


def _unwrapped(node: Expr) -> Expr:
    """What stands in parentheses."""
    while isinstance(node, exp.Paren):
        node = node.args["this"]
    return node


def _check_widths(width: int, items: list[Expr]) -> None:
    """Refuse elements of an IN list of other widths than its row value: SQLite does so while it parses."""
    for item in map(_unwrapped, items):
        found = len(item.expressions) if isinstance(item, exp.Tuple) else 1
        if found != width:
            raise SqlError(f"IN(...) element has {found} {'term' if found == 1 else 'terms'} - expected {width}")


def in_query(c: Context, operand: Expr, op: tuple[int, bool], open_: int, query: Expr, _close: int) -> Expr:
    subquery = new(exp.Subquery, this=query)
    subquery._meta = {"span": c.span(open_, c.next)}
    node: Expr = new(exp.In, this=operand, query=subquery)
    return _negated(c, node) if op[1] else node


def in_table(c: Context, operand: Expr, op: tuple[int, bool], table: Expr) -> Expr:
    node: Expr = new(exp.In, this=operand, field=table)
    return _negated(c, node) if op[1] else node


def in_function(
    c: Context, operand: Expr, op: tuple[int, bool], table: Expr, _open: int, args: list[Expr], _close: int
) -> Expr:
    return in_table(c, operand, op, table_function(c, table, args))


def table_function(c: Context, table: Expr, args: list[Expr]) -> Expr:
    """Turns the Table of a plain name into that of a call."""
    name = table.args["this"]
    call = new(exp.Anonymous, this=name.this, expressions=args)
    call._meta = dict(name._meta or {})
    table.args["this"] = call
    return table


def exists(c: Context, _exists: int, _open: int, query: Expr, _close: int) -> Expr:
    return new(exp.Exists, this=query)


def scalar_query(c: Context, _open: int, query: Expr, _close: int) -> Expr:
    return new(exp.Subquery, this=query)


# ------------------------------------------------------------------------------------------------- CASE, CAST


def first_when(c: Context, _when: int, condition: Expr, _then: int, value: Expr) -> list[Expr]:
    return [new(exp.If, this=condition, true=value)]


def more_whens(
    c: Context, whens: list[Expr], _when: int, condition: Expr, _then: int, value: Expr
) -> list[Expr]:
    whens.append(new(exp.If, this=condition, true=value))
    return whens


def case(c: Context, _case: int, base: Expr | None, whens: list[Expr], _end: int) -> Expr:
    return new(exp.Case, this=base, ifs=whens) if base is not None else new(exp.Case, ifs=whens)


def case_else(
    c: Context, _case: int, base: Expr | None, whens: list[Expr], _else: int, default: Expr, _end: int
) -> Expr:
    node = case(c, 0, base, whens, 0)
    node.args["default"] = default
    return node


def type_text(c: Context, *_: Any) -> str:
    """A type's name as typed."""
    return c.source(c.first, c.next)


def cast(c: Context, _cast: int, _open: int, operand: Expr, _as: int, to: str | None, _close: int) -> Expr:
    return new(exp.Cast, this=operand, to=data_type(c, to or ""))


def data_type(c: Context, text: str) -> Expr:
    """The node of a type's text; a quoted word stands without its quotes when it is the whole text."""
    return new(exp.DataType, this=_USER_TYPE, kind=text)


# ------------------------------------------------------------------------------------------------------ calls


def call(c: Context, name: int, _open: int, args: list[Expr], _close: int) -> Expr:
    text = c.texts[name]
    node = new(exp.Anonymous, this=unquoted(text), expressions=args)
    if len(args) > MAX_ARGUMENTS or (args and argument_count(node) > MAX_ARGUMENTS):
        raise SqlError(f"too many arguments on function {text}")
    node._meta = {"quote": text[0] if text[0] in '"[`' else ""}
    return node


def argument_count(node: Expr) -> int:
    """How many arguments a call has, whatever DISTINCT and ORDER BY are around them."""
    args = node.args["expressions"]
    while args and isinstance(args[-1], exp.Order) and args[-1].args.get("this") is not None:
        args = [*args[:-1], args[-1].args["this"]]
    return len(args[0].expressions) if len(args) == 1 and isinstance(args[0], exp.Distinct) else len(args)


def call_all(c: Context, name: int, _open: int, _all: int, args: list[Expr], _close: int) -> Expr:
    return call(c, name, 0, args, 0)


def call_distinct(c: Context, name: int, _open: int, _distinct: int, args: list[Expr], _close: int) -> Expr:
    return call(c, name, 0, [new(exp.Distinct, expressions=args)], 0)


def call_star(c: Context, name: int, _open: int, star: int, _close: int) -> Expr:
    return call(c, name, 0, [exp.Star()], 0)


def call_ordered(
    c: Context, name: int, _open: int, args: list[Expr], _order: int, _by: int, terms: list[Expr], _close: int
) -> Expr:
    ordered = new(exp.Order, this=args[-1], expressions=terms) if args else new(exp.Order, expressions=terms)
    return call(c, name, 0, [*args[:-1], ordered], 0)


def call_all_ordered(
    c: Context,
    name: int,
    _open: int,
    _all: int,
    args: list[Expr],
    _order: int,
    _by: int,
    terms: list[Expr],
    _c: int,
) -> Expr:
    return call_ordered(c, name, 0, args, 0, 0, terms, 0)


def call_distinct_ordered(
    c: Context,
    name: int,
    _open: int,
    _dis: int,
    args: list[Expr],
    _order: int,
    _by: int,
    terms: list[Expr],
    _c: int,
) -> Expr:
    return call_ordered(c, name, 0, [new(exp.Distinct, expressions=args)], 0, 0, terms, 0)


def raise_ignore(c: Context, *_: int) -> Expr:
    return new(exp.Anonymous, this="RAISE", expressions=[new(exp.Var, this="IGNORE")])


def raise_message(
    c: Context, _raise: int, _open: int, action: int, _comma: int, message: Expr, _close: int
) -> Expr:
    return new(exp.Anonymous, this="RAISE", expressions=[new(exp.Var, this=c.word(action)), message])


# ----------------------------------------------------------------------------------- FILTER, OVER and windows


def where_filter(c: Context, _filter: int, _open: int, _where: int, condition: Expr, _close: int) -> Expr:
    return new(exp.Where, this=condition)


def call_filter(c: Context, function: Expr, where: Expr) -> Expr:
    return new(exp.Filter, this=function, expression=where)


def call_over(c: Context, function: Expr, window: Expr) -> Expr:
    args = (function.args["this"] if type(function) is exp.Filter else function).args["expressions"]
    if args and (type(args[-1]) is exp.Distinct or type(args[-1].args.get("this")) is exp.Distinct):
        raise SqlError("DISTINCT is not supported for window functions")
    window.args["this"] = function
    window.args["over"] = "OVER"
    return window


def call_filter_over(c: Context, function: Expr, where: Expr, window: Expr) -> Expr:
    return call_over(c, call_filter(c, function, where), window)


def over_name(c: Context, _over: int, name: int) -> Expr:
    node = new(exp.Window, alias=c.identifier(name))
    node._meta = {"bare": True}
    return node


def named_window(c: Context, name: int, _as: int, _open: int, window: Expr, _close: int) -> Expr:
    window.args["this"] = c.identifier(name)
    return window


def _window(
    base: Expr | None, partition: list[Expr] | None, order: list[Expr] | None, frame: Expr | None
) -> Expr:
    args: dict[str, Any] = {}
    if partition:
        args["partition_by"] = partition
    if order:
        args["order"] = new(exp.Order, expressions=order)
    if frame is not None:
        args["spec"] = frame
    if base is not None:
        args["alias"] = base
    return new(exp.Window, **args)


def window_frame(c: Context, frame: Expr | None) -> Expr:
    return _window(None, None, None, frame)


def window_base(c: Context, base: int, frame: Expr | None) -> Expr:
    return _window(c.identifier(base), None, None, frame)


def window_partition(
    c: Context, _partition: int, _by: int, terms: list[Expr], order: list[Expr] | None, frame: Expr | None
) -> Expr:
    return _window(None, terms, order, frame)


def window_base_partition(
    c: Context,
    base: int,
    _part: int,
    _by: int,
    terms: list[Expr],
    order: list[Expr] | None,
    frame: Expr | None,
) -> Expr:
    return _window(c.identifier(base), terms, order, frame)


def window_order(c: Context, _order: int, _by: int, terms: list[Expr], frame: Expr | None) -> Expr:
    return _window(None, None, terms, frame)


def window_base_order(
    c: Context, base: int, _order: int, _by: int, terms: list[Expr], frame: Expr | None
) -> Expr:
    return _window(c.identifier(base), None, terms, frame)


Bound = tuple[Any, str | None]


def bound_current(c: Context, _current: int, _row: int) -> Bound:
    return "CURRENT ROW", None


def bound_unbounded(c: Context, _unbounded: int, side: int) -> Bound:
    return "UNBOUNDED", c.word(side)


def bound_offset(c: Context, offset: Expr, side: int) -> Bound:
    return offset, c.word(side)


def frame_from(c: Context, unit: int, start: Bound, exclude: str | None) -> Expr:
    return _frame(c, unit, start, None, exclude)


def frame_between(
    c: Context, unit: int, _between: int, start: Bound, _and: int, end: Bound, exclude: str | None
) -> Expr:
    return _frame(c, unit, start, end, exclude)


_BOUND_ORDER = {("UNBOUNDED", "PRECEDING"): 0, (None, "PRECEDING"): 1, ("CURRENT ROW", None): 2}


def _frame(c: Context, unit: int, start: Bound, end: Bound | None, exclude: str | None) -> Expr:
    """A frame specification; one that would end before it starts is refused."""
    if _frame_rank(start) > (2 if end is None else _frame_rank(end)):
        raise SqlError("unsupported frame specification")
    args: dict[str, Any] = {"kind": c.word(unit), "start": start[0], "start_side": start[1]}
    if end is not None:
        args["end"], args["end_side"] = end
    if exclude is not None:
        args["exclude"] = new(exp.Var, this=exclude)
    return new(exp.WindowSpec, **args)


def _frame_rank(bound: Bound) -> int:
    what = bound[0] if isinstance(bound[0], str) else None
    return _BOUND_ORDER.get((what, bound[1]), 3)
