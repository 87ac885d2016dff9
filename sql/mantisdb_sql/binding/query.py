"""Binding queries: a SELECT, VALUES or compound AST -> :class:`mantisdb_sql.binding.plan.Query`.

The order of a simple SELECT's binding follows the visibility rules: FROM, WHERE, GROUP BY, result columns,
HAVING, ORDER BY, LIMIT. A derived table sees the scopes outside its SELECT, not its neighbours in FROM.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from sqlglot import exp

from mantisdb_sql.authorizer import ReadGuard
from mantisdb_sql.binding import bound
from mantisdb_sql.binding.alike import same
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.compound_types import (
    arm_columns,
    compared_under,
    merge_columns,
    read_compared,
    take_any_row,
    wrong_width,
)
from mantisdb_sql.binding.expansion import Expansion, raise_expansion_error
from mantisdb_sql.binding.expression import AggregateMisuse, ExpressionBinder
from mantisdb_sql.binding.from_clause import FromBinder
from mantisdb_sql.binding.function import note_picking_aggregate
from mantisdb_sql.binding.late_mistakes import LateMistakes, Mistake
from mantisdb_sql.binding.mistakes import persistent_binder, raise_earlier_error
from mantisdb_sql.binding.order_by import (
    MAX_ORDINAL,
    aggregates,
    named_output,
    nth,
    order_term,
    order_terms,
    out_of_range,
)
from mantisdb_sql.binding.ordinals import ordinal, outer_collate
from mantisdb_sql.binding.plan import (
    ColumnInfo,
    Compound,
    Grouping,
    Join,
    Output,
    Query,
    Select,
    Source,
    Values,
    Windowing,
)
from mantisdb_sql.binding.scope import FromItem, Place, Scope, Stage
from mantisdb_sql.binding.source import CommonTable, SourceBinder, derived_source, schema_table, table_source
from mantisdb_sql.binding.table_function import claim_arguments
from mantisdb_sql.binding.window import check_windows
from mantisdb_sql.catalog.definitions import TableDef, stored_name
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.functions.table_functions import is_table_function
from mantisdb_sql.values.ascii_case import lower_ascii

_COMPOUND: dict[type, str] = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}
_LIKELY = ("likely", "unlikely", "likelihood")


def bind_query(node: exp.Expression, context: CompileContext) -> Query:
    """Bind a whole statement that is a query."""
    binder = SelectBinder(context)
    binder.names_results = context.result_names
    binder.expressions.later = later = LateMistakes()
    query = binder.bind_query(node, None)
    query.read_columns()
    later.finish()
    return query


class SelectBinder:
    """Binds all queries of one statement; numbers sources and queries through the whole of it."""

    def __init__(self, context: CompileContext) -> None:
        self.context = context
        binder = weakref.proxy(self)  # which holds the other: what a compilation needed is freed at once
        self.expressions = persistent_binder(binder) if context.looks_on else ExpressionBinder(
            context, lambda node, scope: binder.bind_query(node, scope), lambda: binder.origin
        )
        self.common_tables: dict[str, CommonTable] = {}
        self.open_views: list[tuple[str, str]] = []  # (database, name) of those whose queries are being bound
        self.open_tables: list[str] = []  # those, and the tables of WITH
        self.scopes: dict[int, list[Scope]] = {}  # of the arms, by the query's number
        self.names_results = ""  # how columns of the query's results are named that is bound next: see CompileContext
        self.expansion: Expansion | None = None  # where only a first look is taken
        self._sources = 0
        self._queries = 0
        self._depth = 0

    def renewed(self, context: CompileContext) -> SelectBinder:
        """A binder for what stands in the same place."""
        binder = SelectBinder(context)
        binder.common_tables = self.common_tables
        binder.open_views, binder.open_tables = list(self.open_views), list(self.open_tables)
        binder.expressions.later = self.expressions.later
        return binder

    def compare_by(self, collations: Iterable[str | None]) -> None:
        """Note that rows are sorted, grouped or made distinct under these."""
        if self.expressions.later is not None:
            self.expressions.later.use(*collations)

    def resolver(self) -> SelectBinder:
        """A binder that does not stop at a first look."""
        return self if self.expansion is None else self.renewed(self.context)

    def next_source(self) -> int:
        """A source number that nothing else in the statement has."""
        self._sources += 1
        return self._sources - 1

    def find_table(self, name: str, database: str | None) -> TableDef:
        """A stored table by name."""
        catalog = self.context.catalog.of(database)
        if catalog is not None:
            table = catalog.table(name)
            if table is not None:
                return table
            if lower_ascii(name) in ("sqlite_master", "sqlite_schema"):
                return schema_table()
            if catalog.view(name) is not None:
                raise SqlError(f"cannot modify {name} because it is a view")
            if is_table_function(name):
                raise SqlError(f"table {lower_ascii(name)} may not be modified")
            if lower_ascii(name) == "dbstat":
                raise NotSupported("the table dbstat")
        if self.open_views or self.context.in_trigger:
            seen = self.context.catalog
            database = database if seen.databases else seen.name
        raise SqlError("no such table: " + (f"{database}.{name}" if database else name))

    def table_scope(self, table: TableDef, alias: str | None = None) -> tuple[Scope, Source]:
        """A scope whose only source is ``table``, for expressions of UPDATE, DELETE and the like."""
        flags = self.context.trees[table.tree_id].flags
        source = table_source(self.next_source(), table, alias or table.name, flags)
        query = self.new_query()
        source.guard = self.guard(table)
        return Scope(query=query, sources=[source]), source

    def _authorized(self, node: exp.Expression) -> exp.Expression:
        """A SELECT that the authorizer agrees to; one without rows where it is to be ignored."""
        authorizer = self.context.authorizer
        if authorizer is None or authorizer.allows("SELECT", origin=self.origin):
            return node
        empty = node.copy()
        empty.args["where"] = exp.Where(this=exp.Boolean(this=False))
        return empty

    def guard(self, table: TableDef, heeds: bool = True) -> ReadGuard | None:
        """Whom to ask before a column of a table is read; ``heeds`` whether it can be ignored."""
        authorizer = self.context.authorizer
        return None if authorizer is None else ReadGuard.of(authorizer, table, self.origin, heeds)

    @property
    def origin(self) -> str | None:
        """Where an access comes from, as an authorizer is told: the innermost view, table of WITH or trigger."""
        return self.open_tables[-1] if self.open_tables else self.context.origin

    def new_query(self) -> Query:
        """An empty query with a number of its own."""
        self._queries += 1
        return Query(number=self._queries - 1, body=Values(rows=[]))

    def bind_query(self, node: exp.Expression, parent: Scope | None) -> Query:
        """Bind a query inside ``parent`` (None: the statement itself, or a common table expression)."""
        if self.expansion is not None:
            return self.expansion.query(node)
        self._depth += 1
        try:
            return self._bind_query(node, parent)
        except NotSupported:
            raise
        except SqlError:
            if self._depth == 1:
                raise_expansion_error(self, [node])
            raise
        finally:
            self._depth -= 1

    def expand(self, node: exp.Expression) -> None:
        """Raise what SQLite finds at its first look at a query, if it finds anything."""
        raise_expansion_error(self, [node])

    def _bind_query(self, node: exp.Expression, parent: Scope | None) -> Query:
        while isinstance(node, exp.Subquery | exp.Paren):
            node = node.args["this"]
        node = _with_calls(windows_apart(node))
        query = self.new_query()
        outside = self.common_tables
        query.result_names, self.names_results = self.names_results, ""
        query.is_tested = bool(node.meta.get("is_tested"))
        later = self.expressions.later
        kept = None if later is None else later.enter()
        try:
            own_tables = self.bind_with(node)
            if type(node) in _COMPOUND:
                try:
                    self._bind_compound(query, node, parent)
                except SqlError:
                    self.limit(query, node)  # SQLite looks at LIMIT first
                    raise
            elif isinstance(node, exp.Values):
                if self.context.authorizer is not None:
                    self.context.authorizer.allows("SELECT", origin=self.origin)
                query.body = values = self._bind_values(query, node, parent)
                query.columns = arm_columns(values)
            elif isinstance(node, exp.Select):
                self._bind_select(query, node, parent)
            else:
                raise NotSupported(type(node).__name__)
            if not isinstance(node, exp.Select):
                query.limit, query.offset = self.limit(query, node)
            if query.offset is None and _is_one(query.limit):
                take_any_row(query)
            if self.context.mentions is not None:
                self._note_unused(own_tables, Scope(query=query))
        finally:
            self.common_tables = outside
        if later is not None:
            later.leave(kept)
        self._forget_own_sources(query)
        return query

    def _note_unused(self, tables: list[CommonTable], scope: Scope) -> None:
        """Note what the names in tables of a WITH clause mean that nobody reads; they need not mean anything."""
        for table in tables:
            if not table.is_read:
                with suppress(SqlError):
                    SourceBinder(self, scope).bind_common(table)

    def bind_with(self, node: exp.Expression) -> list[CommonTable]:
        """Make the tables of a WITH clause visible; these tables."""
        clause = node.args.get("with_") or node.args.get("with")
        if clause is None:
            return []
        visible = dict(self.common_tables)
        own: set[str] = set()
        tables = []
        for item in clause.args["expressions"]:
            alias = item.args["alias"]
            name = alias.args["this"].args["this"]
            if lower_ascii(name) in own:
                raise SqlError(f"duplicate WITH table name: {name}")
            own.add(lower_ascii(name))
            columns = [
                c.args["this"] if isinstance(c, exp.Identifier) else c.name
                for c in alias.args.get("columns") or ()
            ]
            tables.append(CommonTable(name, item.args["this"], columns or None, item.args.get("materialized")))
        for table in tables:
            visible[lower_ascii(table.name)] = table
        for table in tables:
            table.visible = visible
        self.common_tables = visible
        return tables

    def _forget_own_sources(self, query: Query) -> None:
        """A reference that found its source within the query is no outer one."""
        if not query.outer:
            return
        own = {source.number for arm in query.arms if isinstance(arm, Select) for source in arm.sources}
        own |= {
            arm.windowing.source for arm in query.arms if isinstance(arm, Select) and arm.windowing is not None
        }
        own |= {
            arm.grouping.source for arm in query.arms if isinstance(arm, Select) and arm.grouping is not None
        }
        for key in [key for key in query.outer if key[0] in own]:
            del query.outer[key]

    # ------------------------------------------------------------------------------------------------- SELECT

    def _bind_select(self, query: Query, node: exp.Expression, parent: Scope | None) -> None:
        select, scope = Select(), Scope(query=query, parent=parent)
        self.scopes[query.number] = [scope]
        try:
            self._bind_parts(query, select, node, scope)
        except NotSupported:
            raise
        except SqlError:
            raise_earlier_error(self, query, node, scope)
            raise
        query.body = select
        query.columns = [output.info for output in select.outputs]
        for source in scope.sources:
            if source.guard is not None:
                source.guard.finish()

    def _bind_parts(self, query: Query, select: Select, node: exp.Expression, scope: Scope) -> None:
        self._bind_rows(select, node, scope)
        self._bind_results(select, node, scope)
        order = node.args.get("order")
        if order is not None:
            scope.stage = Stage.ORDER
            query.order = order_terms(self, order, select, scope)
        self._finish_grouping(select, scope)
        scope.stage = Stage.LIMIT
        query.limit, query.offset = self.limit(query, node)

    def _bind_rows(self, select: Select, node: exp.Expression, scope: Scope) -> None:
        """FROM, the aliases, and WHERE."""
        node = self._authorized(node)
        from_binder = FromBinder(self, scope)
        for item in node.args["expressions"]:
            if isinstance(item, exp.Alias):
                scope.aliases.setdefault(lower_ascii(item.args["alias"].args["this"]), item.args["this"])
        from_binder.bind(node)
        select.joins, select.where = from_binder.joins, from_binder.where
        where = node.args.get("where")
        if where is not None:
            scope.stage = Stage.WHERE
            select.where.extend(self.expressions.conjuncts(where.args["this"], scope))
        claim_arguments(select)

    def _bind_results(self, select: Select, node: exp.Expression, scope: Scope) -> None:
        """GROUP BY, the result columns and HAVING; twice if only the first round shows that it is one
        group."""
        scope.stage = Stage.RESULTS
        items = list(self.expand_stars(node, scope))
        if len(items) > self.context.functions.limits["columns"]:
            raise SqlError("too many columns in result set")
        select.distinct = node.args.get("distinct") is not None
        grouping = Grouping(source=self.next_source(), keys=[])
        group = node.args.get("group")
        if group is not None:
            scope.stage = Stage.GROUP
            grouping.keys = self.group_keys(group.args["expressions"], items, scope)
            grouping.explicit = True
        scope.grouping = grouping
        scope.windows = list(node.args.get("windows") or ())
        scope.stage = Stage.RESULTS
        check_windows(scope.windows)
        if any(window.find(exp.Query, exp.In) for window in scope.windows):
            raise_expansion_error(self, scope.windows)  # whether or not a window is used
        scope.windowing = Windowing(source=self.next_source())
        self._bind_groups(select, items, node, scope)
        if grouping.aggregates and not grouping.explicit and scope.bare:
            scope.single_group = True
            self._bind_groups(select, items, node, scope)
        if select.distinct:
            self.compare_by([output.expr.collation for output in select.outputs])
        if self.context.mentions is not None:
            self._note_windows(scope)

    def _note_windows(self, scope: Scope) -> None:
        """Note what the names in a WINDOW clause mean, whether or not a window is used."""
        with scope.phase(grouped=True, allow_aggregates=True, allow_windows=True):
            for window in scope.windows:
                order = window.args.get("order")
                terms = [ordered.this for ordered in order.expressions] if order is not None else []
                for term in [*(window.args.get("partition_by") or ()), *terms]:
                    self.expressions.bind(term, scope)

    def _bind_groups(self, select: Select, items: list[Any], node: exp.Expression, scope: Scope) -> None:
        assert scope.windowing is not None
        scope.windowing.clear()
        scope.stage = Stage.RESULTS
        with scope.phase(grouped=True, allow_aggregates=True, allow_windows=True):
            scope.sees_aliases = False
            select.outputs = [self.output(item, scope) for item in items]
            scope.sees_aliases = True
        scope.stage = Stage.HAVING
        self.having(select, node, scope)

    def having(self, select: Select, node: exp.Expression, scope: Scope) -> None:
        """Bind HAVING, which only a query with groups may have."""
        having = node.args.get("having")
        if having is None:
            return
        if not aggregates(scope):
            raise SqlError("HAVING clause on a non-aggregate query")
        with scope.phase(grouped=True, allow_aggregates=True):
            select.having = self.expressions.conjuncts(having.args["this"], scope)

    def _finish_grouping(self, select: Select, scope: Scope) -> None:
        grouping = scope.grouping
        assert grouping is not None
        if scope.borrowed and not aggregates(scope):
            scope.stage = Stage.WHERE
            raise AggregateMisuse(scope.borrowed, scope)
        if grouping.explicit or grouping.aggregates:
            select.grouping = grouping
            grouping.bare = scope.bare
            note_picking_aggregate(grouping)
        if scope.windowing is not None and scope.windowing.calls:
            select.windowing = scope.windowing
        is_computed = select.grouping is not None or select.windowing is not None or select.distinct
        if is_computed and not scope.query.is_tested:
            for output in select.outputs:  # which are all computed then
                if output.info.mistake is not None:
                    output.info.mistake.tell()

    def group_keys(self, nodes: list[exp.Expression], items: list[Any], scope: Scope) -> list[Expr]:
        """The terms of GROUP BY; ``items`` are the result columns, which they may number."""
        keys = []
        wrong_number: SqlError | None = None
        misuse: SqlError | None = None
        for i, node in enumerate(nodes):
            position = ordinal(node)
            if position is not None and not 1 <= position <= MAX_ORDINAL:
                raise out_of_range(i, "GROUP", len(items))
            if position is not None and position > len(items):
                wrong_number = wrong_number or out_of_range(i, "GROUP", len(items))
                continue
            try:
                keys.append(self._group_key(node, None if position is None else items[position - 1], scope))
            except AggregateMisuse as error:
                if error.scope is not scope or error.is_nested:
                    raise
                misuse = SqlError("aggregate functions are not allowed in the GROUP BY clause")
        for error_found in filter(None, (wrong_number, misuse)):
            raise error_found
        self.compare_by([key.collation for key in keys])
        return keys

    def _group_key(self, node: exp.Expression, item: Any, scope: Scope) -> Expr:
        """A key; ``item`` is the result column that it numbers, if it does."""
        if item is None:
            return self.expressions.bind(node, scope)
        if isinstance(item, _StarColumn):
            key = scope.value(item.place)
        else:
            key = self.expressions.bind(item.args["this"] if isinstance(item, exp.Alias) else item, scope)
        return self.expressions.collated(key, outer_collate(node))

    def expand_stars(self, node: exp.Expression, scope: Scope) -> Iterator[Any]:
        """The result columns of ``node``, each star replaced by the columns that it stands for; of several stars of
        nothing the last is told."""
        spans = node.meta.get("columns") or []
        mistake: SqlError | None = None
        for i, item in enumerate(node.args["expressions"]):
            if isinstance(item, exp.Star):
                yield from _star(scope)
                if not scope.sources:
                    mistake = SqlError("no tables specified")
            elif isinstance(item, exp.Column) and isinstance(item.args["this"], exp.Star):
                columns = list(self._table_star(item, scope))
                yield from columns
                if not columns:
                    mistake = SqlError(f"no such table: {item.args['table'].args['this']}")
            else:
                if i < len(spans):
                    item.meta["name_span"] = spans[i]
                yield item
        if mistake is not None:
            raise mistake

    def _table_star(self, item: exp.Expression, scope: Scope) -> Iterator[_StarColumn]:
        name = item.args["table"].args["this"]
        for i, entry in enumerate(scope.items or [FromItem(source.alias, source) for source in scope.sources]):
            if entry.source is None:
                wanted = lower_ascii(name)
                exports = [e for e in entry.exports if e.table is not None and lower_ascii(e.table) == wanted]
                yield from (_StarColumn(scope, i, e.unique, e.place, is_qualified=True) for e in exports)
            elif lower_ascii(entry.alias) == lower_ascii(name):
                if self.context.mentions is not None:
                    self.context.mentions.note_star(item, entry.source)
                own = entry.source.shown_columns
                yield from (_StarColumn(scope, i, n, ((entry.source, at),), is_qualified=True) for at, n in own)

    def named_column(self, item: Any, scope: Scope) -> ColumnInfo:
        """A result column of which nothing is known but its name."""
        if isinstance(item, _StarColumn):
            return ColumnInfo(item.name)
        if isinstance(item, exp.Alias):
            return ColumnInfo(item.args["alias"].args["this"], written=item.meta.get("written", ""))
        return ColumnInfo(self._column_name(item, Expr(), scope), written=_written(item))

    def named_values(self, node: exp.Expression) -> list[ColumnInfo]:
        """The columns of VALUES, of which nothing is known but their names."""
        first = _items_of(node.args["expressions"][0])
        return [ColumnInfo(f"column{n}", written=_written(item)) for n, item in enumerate(first, 1)]

    def output(self, item: Any, scope: Scope) -> Output:
        """Bind one result column."""
        if isinstance(item, _StarColumn):
            place = item.place
            expr = scope.value(place)
            prefix = place[0][0].alias if scope.query.result_names == "long" else ""
            name = f"{prefix}.{item.name}" if prefix else item.name
            return Output(expr, _info(name, expr, self._declared(expr, scope)), is_named=True)
        node = item
        if isinstance(item, exp.Alias):
            node = item.args["this"]
        expr, mistake = self._column(node, scope)
        declared = self._declared(expr, scope)
        if isinstance(item, exp.Alias):
            info = _info(item.args["alias"].args["this"], expr, declared)
            info.written, info.mistake = item.meta.get("written", ""), mistake
            return Output(expr, info, is_named=True)
        info = _info(self._column_name(item, expr, scope), expr, declared)
        info.written, info.behind, info.mistake = _written(item), _behind(expr), mistake
        return Output(expr, info)

    def _column(self, node: exp.Expression, scope: Scope) -> tuple[Expr, Mistake | None]:
        """What a result column is, and what is wrong with it if somebody reads it."""
        later = self.expressions.later
        if later is None:
            return self.expressions.one_value(self.expressions.bind(node, scope)), None
        before = later.begin()
        expr = self.expressions.one_value(self.expressions.bind(node, scope))
        return expr, later.end(before)

    def _column_name(self, node: exp.Expression, expr: Expr, scope: Scope) -> str:
        inner = node
        while isinstance(inner, exp.Paren):
            inner = inner.args["this"]
        names = scope.query.result_names
        if isinstance(inner, exp.Column) and isinstance(expr, bound.Column | bound.Rowid) and expr.name:
            if not names:
                return expr.name
            source = _source_of(inner, scope)
            if names != "written" and source is not None:
                return f"{_own_name(source)}.{expr.name}".removeprefix(".")
        is_merged = isinstance(inner, exp.Column) and isinstance(expr, bound.Case)
        if is_merged and not names and inner.args.get("table") is not None:
            return str(inner.name)
        span = node.meta.get("name_span") or node.meta.get("span")
        if span is not None:
            return self.context.sql[span[0] : span[1]].strip()
        return node.sql(dialect="sqlite")

    def _declared(self, expr: Expr, scope: Scope) -> str | None:
        """The declared type of what is plainly a column."""
        if isinstance(expr, bound.Rowid):
            return "INTEGER"
        if isinstance(expr, bound.ScalarQuery):
            declared: str | None = expr.query.columns[expr.column].declared_type
            return declared
        if isinstance(expr, bound.Column):
            grouping = scope.grouping
            if grouping is not None and expr.source == grouping.source:
                return (
                    self._declared(grouping.keys[expr.position], scope)
                    if expr.position < len(grouping.keys)
                    else None
                )
            owner: Scope | None = scope
            while owner is not None:
                for source in owner.sources:
                    if source.number == expr.source:
                        return source.columns[expr.position].declared_type
                owner = owner.parent
        return None

    # ------------------------------------------------------------------------------------- ORDER BY and LIMIT

    def limit(self, query: Query, node: exp.Expression) -> tuple[Expr | None, Expr | None]:
        """LIMIT and OFFSET, which read no column."""
        limit, offset = node.args.get("limit"), node.args.get("offset")
        if limit is None and offset is None:
            return None, None
        scope = Scope(query=query, stage=Stage.LIMIT)
        return (
            self.expressions.bind(limit.args["expression"], scope) if limit is not None else None,
            self.expressions.bind(offset.args["expression"], scope) if offset is not None else None,
        )

    # ----------------------------------------------------------------------------------- VALUES and compounds

    def _bind_values(self, query: Query, node: exp.Expression, parent: Scope | None) -> Values:
        scope = Scope(query=query, parent=parent, stage=Stage.RESULTS)
        rows: list[list[Expr]] = []
        mistakes: list[Mistake | None] = []
        for row in reversed(node.args["expressions"]):  # SQLite looks at the last one first
            items = _items_of(row)
            with scope.phase(grouped=False, allow_aggregates=True):
                columns = [self._column(item, scope) for item in items]
            rows.append([expr for expr, _ in columns])
            mistakes = [mistake for _, mistake in columns]
            if len(node.args["expressions"]) > 1:  # a single row is a SELECT, of which nobody may read a column
                for mistake in filter(None, mistakes):
                    mistake.tell()
                mistakes = [None] * len(items)
            if len(rows[-1]) != len(rows[0]):
                raise SqlError("all VALUES must have the same number of terms")
        written = [_written(item) for item in _items_of(node.args["expressions"][0])]
        return Values(rows[::-1], written, mistakes=mistakes, is_table="behind_with" not in node.meta)

    def _bind_compound(self, query: Query, node: exp.Expression, parent: Scope | None) -> None:
        links: list[tuple[str, exp.Expression]] = []
        order_node = node
        while type(node) in _COMPOUND:
            name = _COMPOUND[type(node)]
            if name == "UNION" and node.args.get("distinct") is False:
                name = "UNION ALL"
            links.append((name, node.args["expression"]))
            node = node.args["this"]
        node, *rows = _rows_apart(node)
        links = [("UNION ALL", row) for row in rows] + links[::-1]
        arms: list[Select | Values] = []
        scopes: list[Scope] = []
        arm_nodes = [node, *(arm for _, arm in links)]
        for i, arm_node in enumerate(arm_nodes):
            try:
                arms.append(self.bind_arm(query, arm_node, parent, scopes))
            except SqlError:
                # SQLite looks at the last arm first.
                later = [self.bind_arm(query, other, parent, []) for other in reversed(arm_nodes[i + 1 :])]
                _check_widths(later[::-1], links[i + 1 :])
                raise
        _check_widths(arms, links)
        for arm in arms[1:]:
            if isinstance(arm, Values):
                arm.is_later = True
        query.columns = merge_columns(arms, [operator for operator, _ in links])
        collations = compared_under(arms)
        if any(name != "UNION ALL" for name, _ in links):
            self.compare_by(collations)
            if not query.is_tested or order_node.args.get("limit") is not None:
                query.read_columns()
            else:
                read_compared(arms, [name for name, _ in links])
        query.body = Compound(
            arms[0], [(name, arm) for (name, _), arm in zip(links, arms[1:], strict=True)], collations
        )
        self.scopes[query.number] = scopes
        self.order_compound(query, order_node, arms, scopes)
        if any(term.expr.explicit for term in query.order) and any(name != "UNION ALL" for name, _ in links):
            self._sort_outside(query)

    def _sort_outside(self, query: Query) -> None:
        """Make a compound a query in FROM, whose rows are sorted: so SQLite does it where ORDER BY has a COLLATE, and
        names of columns and REAL values come from that. A column of such a query has the collation of the first arm;
        but the rows come in the order of the compound's own columns, and terms that begin like these change nothing."""
        inner = self.new_query()
        inner.body, inner.columns, inner.outer = query.body, query.columns, dict(query.outer)
        source = derived_source(self.next_source(), inner, "", None)
        exprs = [Scope(query=query).column(source, position) for position in range(len(source.columns))]
        outputs = [Output(expr, info) for expr, info in zip(exprs, source.columns, strict=True)]
        query.body = Select(joins=[Join(source, "INNER")], outputs=outputs)
        query.columns = source.columns
        is_sorted = True
        for i, term in enumerate(query.order):
            assert term.output is not None
            column = exprs[term.output]
            is_sorted &= term.output == i and not (term.expr.explicit or term.descending) and term.nulls_first
            if term.expr.explicit:
                term.expr = bound.Collate(
                    operand=column,
                    classes=column.classes,
                    affinity=column.affinity,
                    collation=term.expr.collation,
                    explicit=True,
                )
                term.output = None
            else:
                term.expr = column
                term.collation = term.collation if is_sorted else column.collation or "BINARY"

    def bind_arm(
        self, query: Query, node: exp.Expression, parent: Scope | None, scopes: list[Scope]
    ) -> Select | Values:
        """Bind one arm of a compound; its scope is added to ``scopes``."""
        if len(_rows_apart(node)) > 1:
            rows = exp.Subquery(this=windows_apart(node))
            node = exp.Select(expressions=[exp.Star()], from_=exp.From(this=rows))
        node = _with_calls(node)
        if isinstance(node, exp.Values):
            scopes.append(Scope(query=query, parent=parent))
            return self._bind_values(query, node, parent)
        select, scope = Select(), Scope(query=query, parent=parent)
        try:
            self._bind_rows(select, node, scope)
            self._bind_results(select, node, scope)
        except NotSupported:
            raise
        except SqlError:
            raise_earlier_error(self, query, node, scope)
            raise
        self._finish_grouping(select, scope)
        scopes.append(scope)
        return select

    def order_compound(
        self, query: Query, node: exp.Expression, arms: list[Select | Values], scopes: list[Scope]
    ) -> None:
        """ORDER BY of a compound: its terms are result columns of any arm."""
        clause = node.args.get("order")
        collations = compared_under(arms)
        for i, ordered in enumerate(clause.args["expressions"] if clause is not None else ()):
            term = ordered.args["this"]
            collation = None
            while isinstance(term, exp.Collate | exp.Paren):
                if isinstance(term, exp.Collate) and collation is None:
                    collation = self.expressions.named_collation(term)
                term = term.args["this"]
            position = self._compound_position(term, i, arms, scopes)
            info = query.columns[position]
            expr = Expr(
                classes=info.classes, collation=collation or collations[position], explicit=collation is not None
            )
            query.order.append(order_term(ordered, expr, position))
        self.compare_by([term.collation for term in query.order])

    def _compound_position(
        self, node: exp.Expression, i: int, arms: list[Select | Values], scopes: list[Scope]
    ) -> int:
        width = len(arm_columns(arms[0]))
        position = ordinal(node)
        if position is not None:
            if not 1 <= position <= width:
                raise out_of_range(i, "ORDER", width)
            return position - 1
        for arm, scope in zip(arms, scopes, strict=True):
            if isinstance(node, exp.Column) and node.args.get("table") is None and isinstance(arm, Select):
                named = named_output(arm, lower_ascii(node.args["this"].args["this"]))
                if named is not None:
                    return named
            found = self._matching_output(node, arm, scope)
            if found is not None:
                return found
        raise SqlError(f"{nth(i + 1)} ORDER BY term does not match any column in the result set")

    def _matching_output(self, node: exp.Expression, arm: Select | Values, scope: Scope) -> int | None:
        """The result column of an arm that is written like ``node``, its COLLATE aside."""
        if isinstance(arm, Values):
            return None
        try:
            with scope.phase(grouped=True, allow_aggregates=True):
                expr = self.expressions.bind(node, scope)
        except SqlError:
            return None
        return next((n for n, output in enumerate(arm.outputs) if same(_plain(output.expr), expr)), None)


def _items_of(row: exp.Expression) -> list[Any]:
    """The expressions of a row of VALUES."""
    return list(row.args["expressions"]) if isinstance(row, exp.Tuple) else [row]


def _with_calls(node: exp.Expression) -> exp.Expression:
    """The SELECT that VALUES with one row is, where functions are called, which may be aggregates; else the node."""
    if not isinstance(node, exp.Values) or len(node.expressions) != 1 or not node.find(exp.Anonymous):
        return node
    items = _items_of(node.expressions[0])
    names = [exp.Identifier(this=f"column{i}") for i in range(1, len(items) + 1)]
    named = [exp.Alias(this=item, alias=name) for item, name in zip(items, names, strict=True)]
    for alias in named:
        alias.meta["written"] = _written(alias.this)
    rest = {part: node.args[part] for part in ("with_", "with", "order", "limit", "offset") if node.args.get(part)}
    return exp.Select(expressions=named, **rest)


def windows_apart(node: exp.Expression) -> exp.Expression:
    """The compound of SELECTs that VALUES with several rows is, where these have window functions; else the node."""
    first, *rows = _rows_apart(node)
    if not rows:
        return node
    for row in rows:
        first = exp.Union(this=first, expression=row, distinct=False)
    for part in ("with_", "with", "order", "limit", "offset"):
        if node.args.get(part):
            first.set(part, node.args[part])
    return first


def _rows_apart(node: exp.Expression) -> list[exp.Expression]:
    """The rows of VALUES, each by itself, where they have window functions; else the node alone."""
    if not isinstance(node, exp.Values) or len(node.expressions) < 2 or not node.find(exp.Window):
        return [node]
    return [exp.Values(expressions=[row]) for row in node.expressions]


def _check_widths(arms: list[Select | Values], links: list[tuple[str, exp.Expression]]) -> None:
    """Refuse arms of a compound of other widths than those before them; ``links`` are the operators after the first."""
    for i in reversed(range(len(arms) - 1)):
        if len(arm_columns(arms[i + 1])) != len(arm_columns(arms[i])):
            raise wrong_width(links[i][0], arms[i + 1])


def _plain(expr: Expr) -> Expr:
    """An expression without the COLLATE around it."""
    while isinstance(expr, bound.Collate):
        expr = expr.operand
    return expr


def _own_name(source: Source) -> str:
    """The name of a source's table or function; its alias, if it is a query."""
    if source.table is not None:
        return stored_name(source.table)
    return source.alias if source.function is None else source.function.definition.name


def _source_of(column: Any, scope: Scope) -> Source | None:
    """The source that an expression's column is of."""
    table, database = column.args.get("table"), column.args.get("db")
    owner: Scope | None = scope
    while owner is not None:
        found = owner.origin(column.name, table and table.name, database and database.name)
        if found is not None:
            return found[0]
        owner = owner.parent
    return None


class _StarColumn:
    """A column that ``*`` stands for: one of the ``item``-th item of FROM."""

    __slots__ = ("_is_qualified", "_item", "_own", "_scope", "name")

    def __init__(self, scope: Scope, item: int, name: str, own: Place, is_qualified: bool = False) -> None:
        self._scope, self._item, self.name, self._own, self._is_qualified = scope, item, name, own, is_qualified

    @property
    def place(self) -> Place:
        """What it means; to ``*``, that is what a RIGHT or FULL JOIN behind it merges by USING. SqlError where it is
        ambiguous."""
        scope = self._scope
        if not scope.items:
            return self._own
        name, later = lower_ascii(self.name), [] if self._is_qualified else scope.items[self._item + 1 :]
        if any(item.side in ("RIGHT", "FULL") for item in later) and any(name in item.using for item in later):
            return scope.place(self.name)
        item = scope.items[self._item]
        if item.source is not None:
            return scope.own_place(*self._own[0])
        is_alone = len(scope.items) == 1
        if is_alone or item.alias:
            scope.refuse_twin(self.name, None if is_alone else item.alias)
        return self._own


def _star(scope: Scope) -> Iterator[_StarColumn]:
    """All columns of FROM; what USING joins appears once, where it stands first."""
    for i, item in enumerate(scope.items or [FromItem(source.alias, source) for source in scope.sources]):
        columns: list[tuple[str, Place]]
        if item.source is not None:
            columns = [(name, ((item.source, n),)) for n, name in item.source.shown_columns]
        else:
            columns = [(export.unique, export.place) for export in item.exports if export.starred]
        yield from (_StarColumn(scope, i, name, own) for name, own in columns if lower_ascii(name) not in item.using)


def _info(name: str, expr: Expr, declared: str | None) -> ColumnInfo:
    return ColumnInfo(name, expr.classes, expr.affinity, expr.collation, declared)


def _written(node: exp.Expression) -> str:
    """The name that the query around it uses for what is plainly a column: as it is written."""
    while isinstance(node, exp.Paren | exp.Collate):
        node = node.args["this"]
    return str(node.name) if isinstance(node, exp.Column) else ""


def _behind(expr: Expr) -> str:
    """The name of a column around which there are COLLATE and likely() only, if any."""
    inner = expr
    while True:
        if isinstance(inner, bound.Collate):
            inner = inner.operand
        elif isinstance(inner, bound.Function) and inner.definition.built_in and inner.definition.name in _LIKELY:
            inner = inner.args[0]
        else:
            is_column = inner is not expr and isinstance(inner, bound.Column | bound.Rowid)
            return inner.name if is_column and isinstance(inner, bound.Column | bound.Rowid) else ""


def _is_one(expr: Expr | None) -> bool:
    while isinstance(expr, bound.Unary) and expr.op == "+":
        expr = expr.operand
    return isinstance(expr, bound.Literal) and expr.value.__class__ is int and expr.value == 1
