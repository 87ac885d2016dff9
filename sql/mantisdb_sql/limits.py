"""A connection's limits (https://www.sqlite.org/limits.html), which it may lower and raise again up to these values.

The parser holds every statement to the highest values of those that bound a text's form (expressions, compounds,
arguments, parameters). :meth:`Limits.check` looks for what a connection wants lower, and for lists of terms that may
be too long. Generated code checks lengths only where a connection has lowered them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.ast import depth
from mantisdb_sql.syntax.ast.context import MAX_PARAMETERS
from mantisdb_sql.syntax.ast.expressions import MAX_ARGUMENTS, argument_count
from mantisdb_sql.syntax.ast.queries import MAX_TERMS

if TYPE_CHECKING:
    from mantisdb_sql.syntax.parsed_text import ParsedText

__all__ = ["HIGHEST", "MAX_JOINED", "Limits", "within_length"]

MAX_JOINED = 64
"""How many tables a join has at most; no connection changes that."""

HIGHEST = {
    "length": 1_000_000_000,
    "sql_length": 1_000_000_000,
    "columns": 2000,
    "expression_depth": 1000,
    "terms": MAX_TERMS,
    "operations": 250_000_000,
    "arguments": MAX_ARGUMENTS,
    "attached": 10,
    "pattern_length": 50_000,
    "parameters": MAX_PARAMETERS,
    "trigger_depth": 1000,
    "workers": 0,
}
"""Lengths are in bytes of UTF-8."""

_OF_FORM = ("length", "columns", "expression_depth", "terms", "arguments", "parameters")
_BOUNDED_LISTS: dict[type[exp.Expr], str] = {
    exp.Order: "too many terms in ORDER BY clause",
    exp.Group: "too many terms in GROUP BY clause",
    exp.Update: "too many columns in set list",
    exp.IndexParameters: "too many columns in index",
    exp.PrimaryKey: "too many columns in index",
    exp.Returning: "too many columns in result set",
    exp.Select: "too many columns in result set",
}


class Limits:
    """What a connection allows, by the names of ``HIGHEST``."""

    def __init__(self) -> None:
        self._values = dict(HIGHEST)
        self.bound_form = False  # whether a limit on the form of statements is lower than the parser's own
        self.is_any_lowered = False

    def __getitem__(self, name: str) -> int:
        return self._values[name]

    def __setitem__(self, name: str, value: int) -> None:
        self._values[name] = min(value, HIGHEST[name])
        self.bound_form = any(self.is_lowered(name) for name in _OF_FORM)
        self.is_any_lowered = self._values != HIGHEST

    def is_lowered(self, name: str) -> bool:
        """Whether a limit is lower than it could be."""
        return self._values[name] < HIGHEST[name]

    def check(self, parsed: ParsedText) -> ParsedText:
        """Raise SQLite's error where a statement is beyond a limit; else give it back."""
        if parsed.is_empty or not (self.bound_form or parsed.size > HIGHEST["columns"]):
            return parsed
        node = parsed.syntax.node
        if len(parsed.parameters) > self["parameters"]:
            raise SqlError("too many SQL variables")
        if self.is_lowered("expression_depth"):
            depth.check(node, self["expression_depth"])
        for part in node.walk():
            self._check_node(part)
        return parsed

    def _check_node(self, node: exp.Expr) -> None:
        if isinstance(node, exp.Literal | exp.Identifier):
            within_length(node.args["this"], self["length"])
        elif isinstance(node, exp.SetOperation):
            if sum(1 for _ in _arms(node)) > self["terms"]:
                raise SqlError("too many terms in compound SELECT")
        elif isinstance(node, exp.Anonymous):
            if argument_count(node) > self["arguments"]:
                raise SqlError(f"too many arguments on function {node.args['this']}")
        else:
            self._check_list(node)

    def _check_list(self, node: exp.Expr) -> None:
        items = node.args.get("columns" if isinstance(node, exp.IndexParameters) else "expressions") or ()
        message = _BOUNDED_LISTS.get(type(node))
        if message is not None and len(items) > self["columns"]:
            raise SqlError(message)
        if isinstance(node, exp.Values) and items and len(items[0].expressions) > self["columns"]:
            raise SqlError("too many columns in result set")
        if isinstance(node, exp.Schema) and sum(isinstance(item, exp.ColumnDef) for item in items) > self["columns"]:
            raise SqlError(f"too many columns on {node.this.name}")


def _arms(node: exp.SetOperation) -> Iterator[Any]:
    """The queries of a compound, whose tree leans to the left."""
    inner: Any = node
    while isinstance(inner, exp.SetOperation):
        yield inner.args["expression"]
        inner = inner.args["this"]
    yield inner


def within_length(value: Any, limit: int) -> Any:
    """The value, unless it is a text or BLOB of more bytes than the limit."""
    kind = value.__class__
    if kind is str:
        size = len(value) if value.isascii() else len(value.encode("utf-8", "surrogateescape"))
    else:
        size = len(value) if kind is bytes else 0
    if size > limit:
        raise SqlError("string or blob too big", "SQLITE_TOOBIG")
    return value


def bounded(emit: Callable[..., str]) -> Callable[..., str]:
    """An emitter of expressions whose values may be long, with a look at their length where that was lowered."""

    def checked(emitter: Any, *arguments: Any) -> str:
        text = emit(emitter, *arguments)
        functions = emitter.context.functions
        if functions is None or not functions.limits.is_lowered("length"):
            return text
        return f"{emitter.library(within_length)}({text}, {functions.limits['length']})"

    return checked
