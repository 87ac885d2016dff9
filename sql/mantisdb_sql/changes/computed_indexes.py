"""Partial indexes, indexes on expressions and indexes under a connection's own collations.

What they say of a row has to be computed: whether it is in the index, and what its key is. Expressions are kept as AST
in the catalog; here they are bound to a row of the table, checked as SQLite checks them
(https://www.sqlite.org/expridx.html, https://www.sqlite.org/partialindex.html), and compiled into an
:class:`IndexProgram`. ``bind_indexes`` gives a table whose indexes have theirs; every statement that changes rows works
on such a table. Programs call the functions of the connection that compiled them.

For conflict targets, and for planners, ``index_terms`` binds an index's expressions to any source of the table:
compare them with ``bind_expression.same``.

Time is no argument of an index: date functions in one refuse 'now', 'localtime' and 'utc' when they meet them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.late_mistakes import LateMistakes, no_such_collation
from mantisdb_sql.binding.mistakes import last_error, with_last_mistake
from mantisdb_sql.binding.plan import ColumnInfo, Source, references
from mantisdb_sql.binding.query import SelectBinder
from mantisdb_sql.binding.scope import INDEX_COLUMNS, PARTIAL_INDEX, Scope
from mantisdb_sql.catalog.definitions import IndexDef, TableDef
from mantisdb_sql.codegen.dml import ChangeContext
from mantisdb_sql.codegen.dml_keys import KeyFunction, assembled_key
from mantisdb_sql.codegen.expressions import Emitter
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import ANY, INTEGER, NULL

__all__ = ["IndexProgram", "IndexTerms", "asks", "bind_indexes", "index_terms", "row_expression", "row_source"]

Column = Sequence[Any]
Row = tuple[Any, ...]
SortKey = Callable[[Row], list[Any]]

_NOW = ("now", "subsec", "subsecond")
_ZONES = ("localtime", "utc")
_RANKS = {int: 1, float: 1, str: 2, bytes: 3}


@dataclass(slots=True, eq=False)
class IndexTerms:
    """An index's expressions, bound: per column its expression (None: a column of the table), and its condition."""

    columns: list[Expr | None]
    where: Expr | None


@dataclass(slots=True, eq=False)
class IndexProgram:
    """What is computed of a row for one index.

    reads    positions of the columns that it depends on, -1 for the rowid
    key      ``key(row, rowid)``: its key, None where it is not in the index
    entries  ``entries(rows, rowids)``: those rows and rowids that are in the index, and a list per column of it
    other    ``other(txn, row, rowid)``: the rowid that has the row's key in a UNIQUE index, or None
    order    what keys are ordered by where the tree does not know the index's order, NULLs aside
    """

    reads: frozenset[int]
    key: KeyFunction
    entries: Callable[[Sequence[Row], Sequence[int]], tuple[list[Row], list[int], list[Column]]]
    other: Callable[[Any, Row, int], int | None]
    order: SortKey | None = None


# ---------------------------------------------------------------------------------------------------- binding


def bind_indexes(table: TableDef, context: CompileContext) -> TableDef:
    """``table``, or a copy in which every index that needs one has its program."""
    if not any(index.is_computed for index in table.indexes):
        return table
    indexes = [bind_index(table, i, context) if i.is_computed else i for i in table.indexes]
    return replace(table, indexes=indexes)


def bind_index(table: TableDef, index: IndexDef, context: CompileContext) -> IndexDef:
    """A copy of ``index`` with its program."""
    return with_last_mistake(partial(_bind_index, table, index), context)


def _bind_index(table: TableDef, index: IndexDef, context: CompileContext) -> IndexDef:
    binder = SelectBinder(context)
    source = row_source(0, table, table.name, [])
    binder.expressions.later = LateMistakes()
    terms = index_terms(binder, index, source, require_collations=True)
    binder.expressions.end_late()
    for expr in (*terms.columns, terms.where):
        if expr is not None:
            _stop_clocks(expr, "an index")
    return replace(index, program=_program(index, table, terms, context))


def index_terms(
    binder: SelectBinder, index: IndexDef, source: Source, *, require_collations: bool = False
) -> IndexTerms:
    """The index's expressions over ``source``, a row of its table; ``require_collations``: those of its columns have to
    be there."""
    first = index.columns[0]
    try:
        where = None if index.where is None else _bound(binder, index.where, source, PARTIAL_INDEX)
    except SqlError as error:
        if first.expression is not None and first.collation == "BINARY":  # else the COLLATE hides it from SQLite
            bind = partial(_bound, binder, first.expression, source, INDEX_COLUMNS)
            raise last_error(binder, error, bind) or error from None
        raise
    columns: list[Expr | None] = []
    for column in index.columns:
        expression = column.expression
        columns.append(None if expression is None else _bound(binder, expression, source, INDEX_COLUMNS))
        if require_collations and not binder.context.functions.has_collation(column.collation):
            raise no_such_collation(column.collation_as_written)
    return IndexTerms(columns, where)


def row_source(number: int, table: TableDef, alias: str, classes: Sequence[int]) -> Source:
    """A source over a row that is being written: ``classes`` per column (nothing given: anything)."""
    columns = []
    for position, column in enumerate(table.columns):
        kinds = classes[position] if classes else ANY
        if position == table.rowid_alias:
            kinds = INTEGER
        columns.append(
            ColumnInfo(column.name, kinds or NULL, column.affinity, column.collation, column.declared_type)
        )
    return Source(number=number, alias=alias, columns=columns, table=table, tree_id=table.tree_id)


def _bound(binder: SelectBinder, node: Any, source: Source, where: str) -> Expr:
    scope = Scope(
        query=binder.new_query(), sources=[source], is_stored=True, within=where, has_rowids=where == PARTIAL_INDEX
    )
    return _pure(binder.expressions.one_value(binder.expressions.bind(node, scope)), where)


def row_expression(binder: SelectBinder, node: Any, source: Source, where: str, thing: str) -> Expr:
    """An expression that depends on a row alone, with no clock, bound over ``source``; ``where`` and ``thing`` are what
    errors call the place where it stands."""
    expr = _bound(binder, node, source, where)
    _stop_clocks(expr, thing)
    return expr


def asks(node: Any) -> bool:
    """Whether it is a subquery, or looks into a table."""
    if isinstance(node, exp.In):
        return bool(node.args.get("query") or node.args.get("field"))
    return isinstance(node, exp.Subquery | exp.Exists)


def _pure(expr: Expr, where: str) -> Expr:
    """The expression; refused if it may give different values at different times."""
    for node in bound.walk(expr):
        if isinstance(node, bound.Aggregate):
            raise SqlError(f"misuse of aggregate function {node.definition.name}()")
        if isinstance(node, bound.Function) and not (node.definition.deterministic or node.definition.takes_now):
            raise SqlError(f"non-deterministic functions prohibited in {where}")
    return expr


def _stop_clocks(expr: Expr, thing: str) -> None:
    """Put the date functions in an expression on their guard."""
    for node in bound.walk(expr):
        if isinstance(node, bound.Function) and node.definition.takes_now:
            call = _timeless(node.definition.name, node.definition.call, thing)
            node.definition = replace(node.definition, call=call, takes_now=False, inline=None)


def _timeless(name: str, call: Any, thing: str) -> Callable[..., Any]:
    """A date function without a clock."""

    def timeless(*args: Any) -> Any:
        texts = [lower_ascii(arg) if arg.__class__ is str else None for arg in args]
        times = texts[1:] if name == "strftime" else texts
        moments = times if name == "timediff" else times[:1]
        if not times or any(text in _NOW for text in moments):
            raise SqlError(f"non-deterministic use of {name}() in {thing}")
        zone = next((i for i, text in enumerate(texts) if text in _ZONES and i > len(texts) - len(times)), None)
        if zone is None:
            return call(0, *args)
        if call(0, *args[:zone]) is not None:
            raise SqlError(f"non-deterministic use of {name}() in {thing}")
        return None

    return timeless


# ------------------------------------------------------------------------------------------------- compiling


def _program(index: IndexDef, table: TableDef, terms: IndexTerms, context: CompileContext) -> IndexProgram:
    exprs = [e for e in (*terms.columns, terms.where) if e is not None]
    reads = {c.position for c in index.columns if c.expression is None}
    reads |= {-1 if position == table.rowid_alias else position for e in exprs for _, position in references(e)}
    if table.rowid_alias is not None and -1 in reads:
        reads.add(table.rowid_alias)
    code = Code()
    emitter = Emitter(code, ChangeContext(context, code, _no_query))
    _emit_key(index, table, terms, code, emitter)
    _emit_entries(index, terms, code, emitter)
    key: KeyFunction = code.compile("key", f"key of {index.name}")
    entries = code.namespace["entries"]
    if not index.has_own_order:
        return IndexProgram(frozenset(reads), key, entries, _found_by_key(index, key))
    order = _own_order(index, context)
    return IndexProgram(frozenset(reads), key, entries, _found_by_comparing(index, key, order), order)


def _no_query(*_: Any) -> Any:
    raise AssertionError("a subquery in an index")


def _emit_key(index: IndexDef, table: TableDef, terms: IndexTerms, code: Code, emitter: Emitter) -> None:
    """Write ``key(r0, k0)``."""
    with code.block("def key(r0, k0):"):
        if terms.where is not None:
            code.line(f"if not {emitter.true(terms.where)}: return None")
        parts: list[tuple[str, int]] = []
        for i, (column, expr) in enumerate(zip(index.columns, terms.columns, strict=True)):
            if expr is None:
                kinds = INTEGER if column.position == table.rowid_alias else ANY
                parts.append((f"r0[{column.position}]", kinds))
            else:
                code.line(f"v{i} = {emitter.value(expr)}")
                parts.append((f"v{i}", expr.classes))
        code.line(f"return {assembled_key(index, parts, 'k0', code)}")


def _emit_entries(index: IndexDef, terms: IndexTerms, code: Code, emitter: Emitter) -> None:
    """Write ``entries(rows, rowids)``."""
    with code.block("def entries(rows, rowids):"):
        if terms.where is not None:
            condition = emitter.true(terms.where)
            code.line(f"kept = [(r0, k0) for r0, k0 in zip(rows, rowids) if {condition}]")
            code.line("rows, rowids = [r0 for r0, _ in kept], [k0 for _, k0 in kept]")
        columns = []
        for column, expr in zip(index.columns, terms.columns, strict=True):
            value = f"r0[{column.position}]" if expr is None else emitter.value(expr)
            columns.append(f"[{value} for r0, k0 in zip(rows, rowids)]")
        code.line(f"return rows, rowids, [{', '.join(columns)}]")


def _found_by_key(index: IndexDef, key: KeyFunction) -> Callable[[Any, Row, int], int | None]:
    width, tree_id = len(index.columns), index.tree_id

    def other(txn: Any, row: Row, rowid: int) -> int | None:
        wanted = key(row, rowid)
        if wanted is None or len(wanted) > width:  # a key with a NULL in it is nobody's
            return None
        found: int | None = txn.unmerged[tree_id].get(wanted)
        return found

    return other


def _found_by_comparing(index: IndexDef, key: KeyFunction, sort_key: SortKey) -> Callable[[Any, Row, int], int | None]:
    """Of an index whose order its tree does not know: every entry is looked at."""
    tree_id = index.tree_id

    def other(txn: Any, row: Row, rowid: int) -> int | None:
        wanted = key(row, rowid)
        if wanted is None or None in wanted:
            return None
        wanted_key = sort_key(wanted)
        for entries, rowids in txn.trees[tree_id].scan():
            for entry, found in zip(entries, rowids, strict=True):
                if None not in entry and sort_key(entry) == wanted_key:
                    return int(found)
        return None

    return other


def _own_order(index: IndexDef, context: CompileContext) -> SortKey:
    """What keys of the index, NULLs aside, are ordered by under its collations."""
    converts = [context.functions.collation(column.collation).key for column in index.columns]

    def order(key: Row) -> list[Any]:
        return [(_RANKS[v.__class__], convert(v)) for convert, v in zip(converts, key, strict=False)]

    return order
