"""What SQLite finds wrong with a query before it resolves any name in an expression.

SQLite looks at a query twice (``sqlite3SelectPrep`` of select.c). At first it *expands* the whole of it, the queries in
its expressions included: it finds the tables, views and tables of WITH that FROM names, and the indexes of INDEXED BY;
joins what USING and NATURAL name; counts what ``*`` stands for. Only then come the names in expressions. Here both are
done at once. Where that fails, :func:`raise_expansion_error` takes the first look by itself, so that the error told
is SQLite's: an error of expansion comes before any other, and among several of them the order is that of the walk
(FROM from left to right, each item with all that is in it; then ``*``; then the queries within results, WHERE, ON,
GROUP BY, HAVING, ORDER BY, LIMIT and windows; of a compound the last arm first). A statement without mistakes pays
nothing.

The same binders do it (``FromBinder``, ``SourceBinder``), over a ``SelectBinder`` whose ``expansion`` is this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding.bound import Expr, Literal
from mantisdb_sql.binding.expression import ExpressionBinder
from mantisdb_sql.binding.from_clause import FromBinder
from mantisdb_sql.binding.plan import ColumnInfo, Query
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.binding.source import named_as_read
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.storage import NULL

if TYPE_CHECKING:
    from mantisdb_sql.binding.query import SelectBinder
    from mantisdb_sql.binding.source import CommonTable

_COMPOUNDS = (exp.Union, exp.Intersect, exp.Except)
_QUERIES = (*_COMPOUNDS, exp.Select, exp.Values)
_STOP = object()


def raise_expansion_error(binder: SelectBinder, nodes: list[exp.Expression]) -> None:
    """Raise what SQLite finds at its first look at the queries that ``nodes`` are, or have in them, in the place of
    which ``binder`` stands, if it finds anything."""
    if binder.context.authorizer is not None:
        return  # it must not be asked twice
    Expansion(binder).look(nodes)


class _Unresolved(ExpressionBinder):
    """Finds nothing wrong with an expression, and keeps ON clauses with the scopes that they are in."""

    def __init__(self, context: CompileContext, bind_query: Callable[[exp.Expression, Scope | None], Query]) -> None:
        super().__init__(context, bind_query, lambda: None)
        self.ons: list[tuple[Scope, exp.Expression]] = []

    def bind(self, node: exp.Expression, scope: Scope) -> Expr:
        """Something that nobody asks what it is."""
        return Literal(None, classes=NULL)

    def conjuncts(self, node: exp.Expression, scope: Scope) -> list[Expr]:
        """The terms of ON; none."""
        self.ons.append((scope, node))
        return []


class Expansion:
    """One first look; ``binder`` binds queries as far as it goes."""

    def __init__(self, binder: SelectBinder) -> None:
        self.binder = binder.renewed(replace(binder.context, mentions=None))
        self.binder.expansion = self
        self.binder.expressions = _Unresolved(self.binder.context, self.binder.bind_query)
        self._ons = self.binder.expressions.ons
        self._told: SqlError | None = None  # unless something else is found

    def look(self, nodes: list[exp.Expression]) -> None:
        """Expand whole queries."""
        self._look_into(nodes)
        self.stop()

    def tell(self, error: SqlError) -> None:
        """Note an error after which SQLite goes on, though without tables of WITH; what it finds then is told
        instead."""
        self._told = error

    @property
    def has_failed(self) -> bool:
        """Whether there was such an error."""
        return self._told is not None

    def stop(self) -> None:
        """Raise such an error, where SQLite goes no further."""
        if self._told is not None:
            raise self._told

    def query(self, node: exp.Expression) -> Query:
        """A query with the names of its columns."""
        while isinstance(node, exp.Subquery | exp.Paren):
            node = node.args["this"]
        binder = self.binder
        query, outside = binder.new_query(), binder.common_tables
        try:
            binder.bind_with(node)
            rest = [node.args.get(name) for name in ("order", "limit", "offset")]
            arm = node
            while isinstance(arm, _COMPOUNDS):
                self._arm(query, arm.args["expression"], rest)
                arm, rest = arm.args["this"], []
            query.columns = self._arm(query, arm, rest)
        finally:
            binder.common_tables = outside
        return query

    def recursion(self, common: CommonTable, terms: list[tuple[Any, list[Any]]]) -> Query:
        """The query of a recursive table: the anchor, and then the terms. After a mistake in these SQLite goes on to
        what is behind the table."""
        binder = self.binder
        binder.bind_with(common.node)
        query = binder.bind_query(terms[0][0].args["this"], None)
        common.check_width(len(query.columns))
        columns = named_as_read(query.columns, common.columns)
        common.error = "multiple recursive references"
        common.direct = {id(table): columns for _, tables in terms for table in tables}
        rest = [common.node.args.get(name) for name in ("order", "limit", "offset")]
        try:
            for link, _ in reversed(terms):
                self._arm(query, link.args["expression"], rest)
                rest = []
        except SqlError as error:
            self.tell(error)
        return query

    def _arm(self, query: Query, node: exp.Expression, rest: list[Any]) -> list[ColumnInfo]:
        """The columns of a SELECT or of VALUES; ``rest`` is what follows it, to be looked at with it."""
        if isinstance(node, exp.Values):
            self.stop()
            self._look_into([node.expressions, *rest])
            return self.binder.named_values(node)
        scope = Scope(query=query, is_lenient=True)
        before = len(self._ons)
        from_binder = FromBinder(self.binder, scope)
        from_binder.bind(node)
        ons = self._ons[before:]
        del self._ons[before:]
        self._look_into([on for level, on in ons if level is not scope])  # of joins in parentheses
        self.stop()
        if from_binder.ambiguous is not None:
            self.tell(from_binder.ambiguous)
        columns = self._results(node, scope)
        parts = [node.args.get(name) for name in ("expressions", "where", "group", "having")]
        windows = node.args.get("windows")
        self._look_into([*parts[:2], [on for level, on in ons if level is scope], *parts[2:], *rest, windows])
        self._look_into([source.function.nodes for source in scope.sources if source.function is not None])
        return columns

    def _results(self, node: exp.Expression, scope: Scope) -> list[ColumnInfo]:
        """The result columns; a star of nothing is told only if nothing else is wrong."""
        items: list[Any] = []
        try:
            items.extend(self.binder.expand_stars(node, scope))
        except SqlError as error:
            self.tell(error)
        if len(items) > self.binder.context.functions.limits["columns"]:
            raise SqlError("too many columns in result set")
        return [self.binder.named_column(item, scope) for item in items]

    def _look_into(self, parts: list[Any]) -> None:
        """Expand the queries in parts of a query, from left to right."""
        waiting = parts[::-1]
        while waiting:
            part = waiting.pop()
            if part is _STOP:
                self.stop()
            elif isinstance(part, list):
                waiting += part[::-1]
            elif isinstance(part, _QUERIES):
                self.binder.bind_query(part, None)
            elif isinstance(part, exp.In) and part.args.get("field") is not None:
                waiting += [exp.Select(expressions=[exp.Star()], from_=exp.From(this=part.args["field"])), part.this]
            elif isinstance(part, exp.In) and isinstance(part.this, exp.Tuple) and part.expressions:
                waiting += [part.expressions, _STOP, part.this]  # rows are VALUES
            elif isinstance(part, exp.Expression):
                waiting += list(part.args.values())[::-1]
