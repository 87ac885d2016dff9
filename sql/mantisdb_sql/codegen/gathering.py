"""Generated queries that gather millions of rows, rewritten so that an interrupt need not wait until they are let go.

What a query has gathered is in lists and dictionaries. An exception that ends it keeps the variables of its frames as
long as its traceback lives; but what only the interpreter's stack refers to, a list that a comprehension is at, an
argument, what a loop goes through, is freed on the way out, before the caller hears of the interrupt: a tenth of a
second for a million groups. So these get variables:

    o0 = [(x, len(g)) for x, g in sort_groups(g0)]

becomes

    held0 = sort_groups(g0)
    held1 = []
    for part2 in chunks(held0):
        held1 += [(x, len(g)) for x, g in part2]
    o0 = held1
    del held0, held1

and a comprehension over the batches of a table goes on batch by batch. It costs a few per cent of such a query, and
compiling it half as long again, so it is done only where many rows are expected (``MANY_ROWS``). Statements inside of
loops and functions stay: what they gather is for one row, or one batch.

Only what is evaluated once and in any case is moved, in the order in which it would be: a value that a condition, a
lambda or an inner loop guards stays where it is. What is iterated lazily (``map``, a generator) holds nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import count

__all__ = ["MANY_ROWS", "gathered"]

MANY_ROWS = 200_000
"""From so many on, letting go of them takes more than a moment (some 50 ns for each object)."""

_LAZY = frozenset(
    ("chain", "chunks", "column", "enumerate", "from_iterable", "itemgetter", "iter", "len", "limits", "map", "range",
     "repeat", "zip")
)  # fmt: skip
_BATCH = re.compile(r"b\d+")  # see mantisdb_sql.codegen.source
_EMPTY = {ast.ListComp: "[]", ast.SetComp: "set()"}


def gathered(lines: list[str], chunks: str) -> list[str]:
    """The indented body of a generated function, with variables for all that it gathers; ``chunks``: what the function
    :func:`mantisdb_sql.codegen.chunks.chunks` is called in it."""
    body = ast.parse("\n".join(["def run():", *lines])).body[0]
    assert isinstance(body, ast.FunctionDef)
    statements: list[ast.stmt] = []
    rewriter = _Rewriter(chunks)
    for statement in body.body:
        statements += rewriter.rewritten(statement)
    body.body = statements
    return ast.unparse(ast.fix_missing_locations(body)).splitlines()[1:]


class _Rewriter:
    def __init__(self, chunks: str) -> None:
        self._chunks = chunks
        self._serial = count()
        self._before: list[ast.stmt] = []  # what is to run before the statement at hand
        self._names: list[str] = []  # variables for what that statement is the last to need

    def rewritten(self, statement: ast.stmt) -> Iterator[ast.stmt]:
        """The statements that do the same."""
        self._before, self._names = [], []
        if isinstance(statement, ast.For):
            statement.iter = self._outside(statement.iter)
        elif isinstance(statement, (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)) and statement.value is not None:
            statement.value = self._gathered(statement.value)
        yield from self._before
        yield statement
        if self._names and not isinstance(statement, ast.Return):
            yield ast.Delete([ast.Name(name, ast.Del()) for name in self._names])

    def _gathered(self, value: ast.expr) -> ast.expr:
        """The same value, of which nothing but variables is on the stack while it is computed."""
        if isinstance(value, (ast.ListComp, ast.SetComp)):
            return self._comprehension(value)
        if isinstance(value, ast.Call):
            value.args = [self._outside(argument) for argument in value.args]
        elif isinstance(value, ast.GeneratorExp):
            value.generators[0].iter = self._outside(value.generators[0].iter)
        return value

    def _outside(self, value: ast.expr) -> ast.expr:
        """The value as a variable, unless it gathers nothing."""
        value = self._gathered(value)
        if isinstance(value, ast.Subscript) or (isinstance(value, ast.Call) and value.args and not _is_lazy(value)):
            return self._held(value)
        return value

    def _held(self, value: ast.expr) -> ast.Name:
        name = f"held{next(self._serial)}"
        self._names.append(name)
        self._before.append(ast.Assign([ast.Name(name, ast.Store())], value))
        return ast.Name(name, ast.Load())

    def _comprehension(self, value: ast.ListComp | ast.SetComp) -> ast.expr:
        """A variable to which a loop adds part by part."""
        first = value.generators[0]
        if isinstance(first.iter, (ast.Tuple, ast.List)):
            return value
        rows = self._outside(first.iter)
        found = self._held(ast.parse(_EMPTY[type(value)], mode="eval").body)
        if isinstance(first.target, ast.Name) and _BATCH.fullmatch(first.target.id) and len(value.generators) > 1:
            target: ast.expr = first.target
            del value.generators[0]
            conditions = first.ifs
        else:
            part = f"part{next(self._serial)}"
            target = ast.Name(part, ast.Store())
            first.iter = ast.Name(part, ast.Load())
            rows = ast.Call(ast.Name(self._chunks, ast.Load()), [rows], [])
            conditions = []
        step: ast.stmt = _added(found.id, value)
        if conditions:
            step = ast.If(conditions[0] if len(conditions) == 1 else ast.BoolOp(ast.And(), conditions), [step], [])
        self._before.append(ast.For(target, rows, [step], []))
        return found


def _added(name: str, value: ast.ListComp | ast.SetComp) -> ast.stmt:
    if isinstance(value, ast.ListComp):
        return ast.AugAssign(ast.Name(name, ast.Store()), ast.Add(), value)
    update = ast.Attribute(ast.Name(name, ast.Load()), "update", ast.Load())
    return ast.Expr(ast.Call(update, [ast.ListComp(value.elt, value.generators)], []))


def _is_lazy(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in _LAZY
