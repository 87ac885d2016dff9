"""The expressions of a table's definition, as DDL needs them: whether they can be, what a default is, and whether rows
break a CHECK."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.comparisons import without_parentheses
from mantisdb_sql.binding.expression import decided_membership
from mantisdb_sql.binding.late_mistakes import LateMistakes
from mantisdb_sql.binding.mentions import Mentions
from mantisdb_sql.binding.mistakes import last_error
from mantisdb_sql.binding.plan import Source
from mantisdb_sql.binding.query import SelectBinder
from mantisdb_sql.binding.scope import CHECKS, ROWID_NAMES, Scope
from mantisdb_sql.catalog.definitions import Catalog, ColumnDef, TableDef
from mantisdb_sql.changes.computed_indexes import asks, row_source
from mantisdb_sql.changes.generated_columns import generated_expression
from mantisdb_sql.codegen.dml import ChangeContext, emit_stored
from mantisdb_sql.codegen.expressions import Emitter
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import SqlError
from mantisdb_sql.query_compiler import compile_query
from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["check_definition", "constant_value", "count_violations", "default_functions", "refuse_strings"]


def check_definition(
    session: Session, trees: Any, catalog: Catalog, table: TableDef, has_strings: bool = True
) -> None:
    """Refuse a table whose CHECK, DEFAULT or generated expressions cannot be bound; ``has_strings``: what is no column
    may be a string in double quotes.

    A DEFAULT that is not constant is told first, as SQLite finds it while it reads. It goes on from a mistake in a
    CHECK to the generated columns, and tells the last one that it finds there. A row value out of place in a CHECK or
    a STORED column is told where rows are written."""
    for column in table.columns:
        if column.default is not None and not _is_constant(column.default):
            raise SqlError(f"default value of column [{column.name}] is not constant")
    mentions = None if has_strings else Mentions()  # with which strings of the schema are no exception
    context = CompileContext(
        catalog, trees, session.functions, (), "", double_quoted_strings=has_strings, mentions=mentions
    )
    binder = SelectBinder(context)
    later = binder.expressions.later = LateMistakes()
    found: SqlError | None = None
    source = row_source(binder.next_source(), table, table.name, [])
    for check in table.checks:
        if found is None:
            found = last_error(binder, None, partial(_bind_check, binder, check.expression, source))
    later.begin()
    misused: SqlError | None = None
    for column in table.columns:
        if column.generated is not None and not (found is not None and _is_name(column.generated)):
            found = last_error(binder, found, partial(generated_expression, binder, column, source))
            mistake = later.end(None)
            if mistake is not None and not column.is_stored:
                misused = misused or mistake.error
    error = found or misused
    if error is not None:
        raise error
    later.refuse_missing()


def _bind_check(binder: SelectBinder, node: Any, source: Source) -> Expr:
    scope = Scope(query=binder.new_query(), sources=[source], within=CHECKS)
    return binder.expressions.bind(node, scope)


def _is_name(node: Any) -> bool:
    """Whether a generated column is a name, to which SQLite adds a plus sign."""
    node = without_parentheses(node)
    return isinstance(node, exp.Column) and node.args.get("table") is None


def refuse_strings(table: TableDef, nodes: Iterable[Any]) -> None:
    """Refuse strings in double quotes in expressions over a row of ``table``."""
    for node in nodes:
        for inner in () if node is None else node.walk():
            if not isinstance(inner, exp.Column) or inner.args.get("table") is not None:
                continue
            quoted = inner.this.meta.get("quote", '"' if inner.this.args.get("quoted") else "") == '"'
            if quoted and table.position(inner.name) is None and lower_ascii(inner.name) not in ROWID_NAMES:
                raise SqlError(f'no such column: "{inner.name}" - should this be a string literal in single-quotes?')


def _is_constant(node: Any) -> bool:
    """Whether a DEFAULT reads nothing. All other mistakes are told when it is used."""
    for inner in node.walk(prune=_is_decided):
        if _is_decided(inner):
            continue
        if asks(inner) or isinstance(inner, exp.Placeholder | exp.Window | exp.Filter):
            return False
        if isinstance(inner, exp.Anonymous) and upper_ascii(inner.name) == "RAISE":
            return False
        if isinstance(inner, exp.Column) and (inner.args.get("table") is not None or not _is_truth(inner.this)):
            return False
    return True


def _is_decided(node: Any) -> bool:
    """Whether it is ``x IN ()``, at whose operand nobody looks."""
    return decided_membership(node) is not None


def _is_truth(name: Any) -> bool:
    """Whether an identifier is the word TRUE or FALSE."""
    return not name.args.get("quoted") and upper_ascii(name.name) in ("TRUE", "FALSE")


@contextmanager
def default_functions(binder: SelectBinder, default: Any) -> Iterator[None]:
    """Words that a function of a DEFAULT is none."""
    try:
        yield
    except SqlError as error:
        name = _unknown_function(binder, default)
        if name is None:
            *_, name = str(error).partition("no such function: ")  # of an operator, as REGEXP
        if not name:
            raise
        raise SqlError(f"unknown function: {name}()") from None


def _unknown_function(binder: SelectBinder, default: Any) -> str | None:
    """The last function of a DEFAULT that there is not, not with so many arguments, or that is an aggregate."""
    found = None
    for node in default.find_all(exp.Anonymous, bfs=False):
        call = exp.Anonymous(this=node.this, expressions=[exp.Null() for _ in node.expressions])
        try:
            binder.expressions.bind(call, Scope(query=binder.new_query()))
        except SqlError:
            found = node.name
    return found


def constant_value(session: Session, trees: Any, catalog: Catalog, column: ColumnDef) -> Any:
    """A column's default as it is stored, where it reads nothing."""
    context = CompileContext(catalog, trees, session.functions, (), "")
    binder = SelectBinder(context)
    expr = binder.expressions.bind(column.default, Scope(query=binder.new_query()))
    code = Code()
    with code.block("def value():"):
        emitter = Emitter(code, ChangeContext(context, code, compile_query))
        code.line(f"return {emit_stored(emitter.value(expr), expr.classes, column.affinity, code).code}")
    return code.compile("value", f"DEFAULT of {column.name}")()


def count_violations(
    session: Session, trees: Any, catalog: Catalog, table: TableDef, rows: Iterable[tuple[int, Any]] | None = None,
    *, always: bool = False,
) -> int:
    """How many of the rows that are stored, or of some of them with their rowids, break a CHECK constraint; none under
    PRAGMA ignore_check_constraints, unless they are ``always`` counted."""
    if session.is_on("ignore_check_constraints") and not always:
        return 0
    context = CompileContext(catalog, trees, session.functions, (), "")
    binder = SelectBinder(context)
    source = row_source(0, table, table.name, [])
    code = Code()
    with code.block("def broken(rows):"):
        emitter = Emitter(code, ChangeContext(context, code, compile_query))
        code.line("n = 0")
        with code.block("for k0, r0 in rows:"):
            code.line("pass")
            for check in table.checks:
                expr = binder.expressions.bind(
                    check.expression, Scope(query=binder.new_query(), sources=[source])
                )
                with code.block(f"if {emitter.false(expr)}:"):
                    code.line("n += 1")
                    code.line("continue")
        code.line("return n")
    if rows is None:
        batches = session.watched(trees[table.tree_id].scan())
        rows = ((k, r) for ks, rs in batches for k, r in zip(ks, rs, strict=True))
    count: int = code.compile("broken", f"CHECK of {table.name}")(rows)
    return count
