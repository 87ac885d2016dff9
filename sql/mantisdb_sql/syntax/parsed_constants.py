"""What SQLite's parser makes an integer, before any name is looked up.

Literals; ``'a' IS NULL``, which is 0, and ``1 IS NOT NULL``, which is 1; and 0 from every AND with a 0 in it, whatever
else it says, but for calls of functions. A literal that became a parameter is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import INT_MAX, SqlValue

_CALLS = (
    exp.Anonymous, exp.Like, exp.Glob, exp.RegexpLike, exp.Match, exp.JSONExtract, exp.JSONExtractScalar,
    exp.CurrentTime, exp.CurrentDate, exp.CurrentTimestamp,
)  # fmt: skip

def number_value(text: str) -> SqlValue:
    """The value of a numeric literal; an integer beyond 64 bits is REAL."""
    text = text.replace("_", "")
    if lower_ascii(text[:2]) == "0x":
        if len(text[2:].lstrip("0")) > 16:
            raise SqlError(f"hex literal too big: {text}")
        value = int(text, 16)
        return value - 2**64 if value > INT_MAX else value
    if text.isdigit() or (text[1:].isdigit() and text[0] == "-"):
        number = int(text)
        return number if -INT_MAX - 1 <= number <= INT_MAX else float(text)
    return float(text)


def parsed_integer(node: Any) -> int | None:
    """The integer that an expression is; None where it is anything else."""
    while isinstance(node, exp.Paren):
        node = node.args["this"]
    if isinstance(node, exp.Literal):
        value = None if node.args.get("is_string") or "slot" in node.meta else number_value(node.args["this"])
        return value if isinstance(value, int) else None
    if isinstance(node, exp.And):
        return 0 if is_false(list(chained(node, exp.And))) else None
    if isinstance(node, exp.Not) and node.meta.get("infix"):
        return 1 if _is_null_test(node.args["this"]) else None
    return 0 if _is_null_test(node) else None


def is_false(terms: list[Any]) -> bool:
    """Whether terms joined by AND are nothing but 0."""
    return any(parsed_integer(term) == 0 for term in terms) and not any(map(_calls, terms))


def decided(node: Any) -> bool | None:
    """What an AND, an OR or a term of these is that SQLite knows to be true or false before it writes code for it
    (``sqlite3ExprSimplifiedAndOr``); None for any other."""
    while isinstance(node, exp.Paren):
        node = node.args["this"]
    for kind, decisive in ((exp.And, False), (exp.Or, True)):
        if type(node) is kind:
            terms = [decided(term) for term in chained(node, kind)]
            return decisive if decisive in terms else None if None in terms else not decisive
    word = lower_ascii(node.name) if isinstance(node, exp.Column) and not node.args.get("table") else ""
    if word in ("true", "false") and not node.args["this"].args.get("quoted"):
        return word == "true"
    number = parsed_integer(node)
    return None if number is None or not 0 <= number < 1 << 31 else number != 0


def _calls(node: Any) -> bool:
    """Whether there is a call in an expression, its subqueries left aside."""
    stack = [node]
    while stack:
        node = stack.pop()
        if isinstance(node, _CALLS) and not is_plus(node):
            return True
        if isinstance(node, exp.Expr) and not isinstance(node, exp.Query):
            for value in node.args.values():
                stack += value if isinstance(value, list) else [value]
    return False


def chained(node: Any, kind: type[exp.Expression]) -> Iterator[Any]:
    """The terms of a chain of ANDs or ORs, first to last, without parentheses."""
    stack = [node]
    while stack:
        node = stack.pop()
        while isinstance(node, exp.Paren):
            node = node.args["this"]
        if type(node) is kind:
            stack += [node.args["expression"], node.args["this"]]
        else:
            yield node


def is_plus(node: Any) -> bool:
    """Whether a node is ``+x``."""
    return isinstance(node, exp.Anonymous) and node.args["this"] == "+" and len(node.args["expressions"]) == 1


def _is_null_test(node: Any) -> bool:
    """Whether it is asked of a literal whether it is NULL."""
    if not isinstance(node, exp.Is) or not isinstance(node.args["expression"], exp.Null):
        return False
    inner = node.args["this"]
    while isinstance(inner, exp.Paren | exp.Neg) or is_plus(inner):
        inner = inner.args["expressions"][0] if is_plus(inner) else inner.args["this"]
    if isinstance(inner, exp.Literal):
        return "slot" not in inner.meta
    return isinstance(inner, exp.HexString) or parsed_integer(inner) is not None
