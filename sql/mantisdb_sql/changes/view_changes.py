"""INSERT, UPDATE and DELETE of a view's rows: all that happens is what its INSTEAD OF triggers do.

The rows come from a query that has ended before the first trigger fires: of an INSERT its VALUES or SELECT, of UPDATE
and DELETE the view's rows that WHERE selects, for an UPDATE with the new values behind them. New values that subqueries
are asked for are computed when their row's turn comes, unless FROM has a part in them. None of the rows counts as
changed (https://www.sqlite.org/lang_createtrigger.html#instead_of_triggers).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from mantisdb_sql.authorizer import ReadGuard, UnaskedQuery
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.expression import RowPart
from mantisdb_sql.binding.late_mistakes import LateMistakes
from mantisdb_sql.binding.plan import ColumnInfo, Output, Select, Source, queries_in
from mantisdb_sql.binding.query import SelectBinder
from mantisdb_sql.binding.scope import ROWID_NAMES, Scope
from mantisdb_sql.catalog.definitions import SCHEMA_TREE, ViewDef
from mantisdb_sql.catalog.schema_tree import tree_in
from mantisdb_sql.changes.returning_clause import UncountedRows, returning_outputs
from mantisdb_sql.changes.set_clauses import refuse_target_in_from
from mantisdb_sql.changes.triggers import RowIgnored, RowShape, fires_of
from mantisdb_sql.changes.written_reals import result_affinity
from mantisdb_sql.codegen.dml import ChangeContext, emit_parameters
from mantisdb_sql.codegen.expressions import Emitter
from mantisdb_sql.codegen.late import LateQuery
from mantisdb_sql.codegen.rows import as_integer
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.context import CompileContext, Compiled
from mantisdb_sql.errors import SqlError, StalePlan
from mantisdb_sql.query_compiler import compile_query
from mantisdb_sql.syntax.ast import known_as, upserts
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.rules import affinity_function
from mantisdb_sql.values.storage import ANY, Affinity

__all__ = ["ViewChange", "changed_view", "view_shape"]

Row = tuple[Any, ...]
Reading = tuple[int, Callable[[Any], Any]]
"""What is made of the value at a place."""


def changed_view(node: Any, context: CompileContext) -> ViewDef | None:
    """The view that a statement changes, if it is one."""
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    database = target.args.get("db")
    catalog = context.catalog.of(None if database is None else database.name)
    return None if catalog is None or catalog.table(target.name) is not None else catalog.view(target.name)


def view_shape(context: CompileContext, target: Any, view: ViewDef) -> tuple[RowShape, list[ColumnInfo]]:
    """The rows of a view, which ``target`` names, and their columns."""
    opened = replace(context, opens_stored_views=True, authorizer=None)  # its columns may be named, if not read
    columns = SelectBinder(opened).bind_query(_select_from(target, 0), None).columns
    positions: dict[str, int] = {}
    for position, info in enumerate(columns):
        positions.setdefault(lower_ascii(info.name), position)
    collations = [info.collation for info in columns]
    names = [info.name for info in columns]
    return RowShape(view.name, positions, collations, False, database=view.database, names=names), columns


class ViewChange:
    """One statement; ``run(session, txn, params)`` is what compiling gives."""

    def __init__(self, node: Any, view: ViewDef, context: CompileContext) -> None:
        self._node, self._view = node, view
        schemas = [tree_in(catalog.slot, SCHEMA_TREE) for catalog in context.schema.in_order()]
        self._schemas = [(tree_id, context.trees[tree_id]) for tree_id in schemas]
        # One function serves parameters of all types.
        self._context = replace(context, parameter_classes=[ANY] * len(context.parameter_classes), elsewhere=None)
        self._target = node.this.this if isinstance(node.this, exp.Schema) else node.this
        self._shape, self._columns = view_shape(self._context, self._target, view)
        event = {exp.Insert: "INSERT", exp.Update: "UPDATE", exp.Delete: "DELETE"}[type(node)]
        written = self._set_names() if event == "UPDATE" else []
        action = node.args.get("alternative") if event == "INSERT" else node.meta.get("conflict")
        self._is_ignored = event == "INSERT" and not self._is_allowed("INSERT")
        if not self._may_change(event, written):
            raise self._refused()
        self._late: LateQuery | None = None  # what an UPDATE assigns, where that is computed row by row
        make = {"INSERT": self._insert, "UPDATE": self._update, "DELETE": self._delete}[event]
        self.query, values = make()
        fires = fires_of(context, self._shape, event, action, written)
        before = None if fires is None else fires.before
        if before is None and not self._may_return():
            raise self._refused()
        self._fire = before or _nothing_fires
        self._values = values
        self._readings: list[Reading] = [(i, _real) for i, c in enumerate(self._columns) if c.affinity is Affinity.REAL]
        if event == "UPDATE" and before is not None:  # which alone gives NEW the affinities of the view's columns
            affine = [(i, c.affinity) for i, c in enumerate(self._columns, self._shape.width) if c.affinity is not None]
            self._readings += [(i, affinity_function(affinity)) for i, affinity in affine]
        # Where the row that RETURNING reads begins among the values: NEW, or OLD of a DELETE.
        self._shown = self._shape.width if event == "UPDATE" else 0
        # RETURNING of an INSERT reads the values as they were given, integers of REAL columns too.
        self._shows_as_given = event == "INSERT"
        self.outputs: list[Output] | None = None
        self._returned = self._returning()
        shown: list[Output] = self.outputs or []
        affinities = [result_affinity(output.expr) for output in shown]
        self._results: list[Reading] = [(i, _real) for i, a in enumerate(affinities) if a is Affinity.REAL]

    def _is_allowed(self, action: str, column: str | None = None) -> bool:
        """What the authorizer says of a change."""
        authorizer, view = self._context.authorizer, self._view
        return authorizer is None or authorizer.allows(action, view.name, column, view.database, self._context.origin)

    def _may_change(self, event: str, written: Sequence[str]) -> bool:
        name, database = self._shape.name, self._shape.database
        return bool(self._context.schema.triggers_on(name, database, event, written)) or self._may_return()

    def _may_return(self) -> bool:
        """Whether nothing happens but RETURNING, though nothing fires: it is a trigger to SQLite, which refuses only
        what has no other beside it, be that of another event."""
        if self._node.args.get("returning") is None:
            return False
        found = self._context.schema.triggers_of(self._shape.name, self._shape.database)
        return any(trigger.database == "temp" or self._context.stored_triggers_fire for trigger in found)

    def _refused(self) -> SqlError:
        return SqlError(f"cannot modify {self._view.name} because it is a view")

    def run(self, session: Any, txn: Any, params: Sequence[Any]) -> Any:
        """Fire the triggers for all rows; none counts as changed. With RETURNING, its rows."""
        if any(txn.unmerged[tree_id] is not tree for tree_id, tree in self._schemas):
            raise StalePlan
        rows: Sequence[Row] = [()] if self.query is None else self.query.rows(txn.trees, params)
        rows = [] if self._is_ignored else rows
        if self._returned is None:
            kept: dict[Any, Any] = {}
            for row in rows:
                values = self._values(self._whole(txn, params, row, kept))
                self._fire(session, txn, _as_read(values, self._readings), 0)
            return 0
        out, memo, kept = UncountedRows(), dict[Any, Any](), {}
        first, after = self._shown, self._shown + self._shape.width - 1
        for row in rows:
            values = self._values(self._whole(txn, params, row, kept))
            read = _as_read(values, self._readings)
            if self._fire(session, txn, read, 0):
                shown = values if self._shows_as_given else read
                try:
                    returned = self._returned(session, txn, params, shown[first:after], memo)
                except RowIgnored:
                    return UncountedRows()
                out.append(_as_read(returned, self._results))
        return out

    def _whole(self, txn: Any, params: Sequence[Any], row: Row, kept: dict[Any, Any]) -> Row:
        """A row of the query with the values that are assigned to it."""
        return row if self._late is None else (*row, *self._late.values(txn, (*params, row, None, kept)))

    def _returning(self) -> Callable[..., Row] | None:
        """``f(session, txn, params, row, memo)`` that gives a row of RETURNING; ``memo``, a dict, keeps what depends on
        no row: where a view is changed, that is computed once per statement, as in SQLite."""
        clause = self._node.args.get("returning")
        if clause is None:
            return None
        source, self.outputs = self._bound_returning(SelectBinder(self._context), clause)
        if any(True for output in self.outputs for _ in queries_in(output.expr)):
            late = LateQuery(lambda trees: self._compiled_over_row(trees, lambda b: self._bound_returning(b, clause)))
            return lambda session, txn, params, row, memo: late.values(txn, (*params, row, None, memo))
        code = Code()
        with code.block("def returned(session, txn, params, row, memo):"):
            code.line(f"r{source.number} = row")
            count = len(self._context.parameter_classes)
            emit_parameters(code, self._context.parameter_classes, range(count))
            emitter = Emitter(code, ChangeContext(self._context, code, compile_query))
            items = "".join(f"{emitter.value(output.expr)}, " for output in self.outputs)
            code.line(f"return ({items})")
        returned: Callable[..., Row] = code.compile("returned", self._context.sql)
        return returned

    def _bound_returning(self, binder: SelectBinder, clause: Any) -> tuple[Source, list[Output]]:
        columns = [replace(info, classes=ANY) for info in self._columns]
        source = Source(number=binder.next_source(), alias=self._view.name, columns=columns)
        return source, returning_outputs(binder, source, clause)

    def _compiled_over_row(self, trees: Any, bind: Callable[[SelectBinder], tuple[Source, list[Output]]]) -> Compiled:
        """Expressions as a query about one row: see codegen/late.py."""
        classes = [*self._context.parameter_classes, ANY, ANY, ANY]
        context = replace(self._context, trees=trees, parameter_classes=classes)
        binder = SelectBinder(context)
        source, outputs = bind(binder)
        query = binder.new_query()
        query.columns = [output.info for output in outputs]
        query.body = Select(joins=[], outputs=outputs)
        return compile_query(query, context, given=[source.number])

    # ------------------------------------------------------------------------------------------------- queries

    def _compiled(self, query: exp.Expression, context: CompileContext | None = None) -> Compiled:
        context = context or self._context
        binder = SelectBinder(context)
        if not isinstance(self._node, exp.Insert):
            binder.open_tables.append(self._view.name)  # where an authorizer is told that all reads come from
        binder.bind_with(self._node)
        binder.expressions.later = LateMistakes()
        found = binder.bind_query(query, None)
        found.read_columns()
        binder.expressions.end_late()
        return compile_query(found, context, guarded=True)

    def _insert(self) -> tuple[Compiled | None, Callable[[Row], Row]]:
        node, count = self._node, self._shape.width - 1
        names = node.this.expressions if isinstance(node.this, exp.Schema) else None
        targets = list(range(count)) if names is None else [self._target_position(name.name) for name in names]
        if node.args.get("default"):
            if names is not None:
                raise SqlError(f"0 values for {len(names)} columns")
            return None, lambda row: (None,) * count + (-1,)
        context = self._context
        is_row = isinstance(node.expression, exp.Values) and len(node.expression.expressions) == 1
        if is_row:
            self._refuse_row(node.expression.expressions[0].expressions)
        if context.authorizer is not None and is_row:
            context = replace(context, authorizer=UnaskedQuery(context.authorizer))
        query = self._compiled(node.expression, context)
        if len(query.columns) != len(targets):
            if names is not None:
                raise SqlError(f"{len(query.columns)} values for {len(targets)} columns")
            supplied = f"{count} columns but {len(query.columns)} values were supplied"
            raise SqlError(f"table {known_as(self._target)} has {supplied}")
        if upserts(node):
            raise SqlError("cannot UPSERT a view")

        def values(row: Row) -> Row:
            new = [None] * count + [-1]
            for position, value in reversed(list(zip(targets, row, strict=True))):  # the first one for a column wins
                new[position] = value
            if new[count] is not None:
                as_integer(new[count])
            return tuple(new)

        return query, values

    def _refuse_row(self, items: list[Any]) -> None:
        """Refuse what one row of VALUES may not have, which is no query to SQLite, though several are."""
        binder = SelectBinder(replace(self._context, authorizer=None))
        binder.bind_with(self._node)
        binder.expressions.later = LateMistakes()  # which the query will tell
        scope = Scope(query=binder.new_query())
        for item in items:
            binder.expressions.bind(item, scope)

    def _target_position(self, name: str) -> int:
        position = self._position(name)
        if position is None:
            raise SqlError(f"table {known_as(self._target)} has no column named {name}")
        return position

    def _position(self, name: str) -> int | None:
        """Where the value of a column stands in a row. That of a rowid, which can be written, but not read, is behind
        them; it has to be an integer."""
        position = self._shape.positions.get(lower_ascii(name))
        return self._shape.width - 1 if position is None and lower_ascii(name) in ROWID_NAMES else position

    def _set_position(self, column: Any) -> int:
        position = self._position(column.name)
        if position is None:
            raise SqlError(f"no such column: {column.name}")
        return position

    def _set_names(self) -> list[str]:
        return [lower_ascii(column.name) for column, _ in self._assignments()]

    def _assignments(self) -> list[tuple[Any, Any]]:
        found = []
        for assignment in self._node.expressions:
            left, right = assignment.this, assignment.expression
            if isinstance(left, exp.Tuple):
                found += list(zip(left.expressions, _split(right, len(left.expressions)), strict=True))
            else:
                found.append((left, right))
        return found

    def _update(self) -> tuple[Compiled, Callable[[Row], Row]]:
        node, count = self._node, self._shape.width - 1
        assignments = self._assignments()
        first = SelectBinder(self._context)  # with which mistakes are told before anything is done
        first.expressions.later = LateMistakes()
        if node.args.get("from_") is None:
            self._bound_assigned(first)
        set_to = [self._set_position(column) for column, _ in assignments]
        names = [*(column.name for column in self._columns), "ROWID"]
        allowed = [self._is_allowed("UPDATE", names[position]) for position in set_to]
        assigned = [value for _, value in assignments]
        is_asked = self._context.authorizer is not None  # and told that these do not come from the view
        is_late = node.args.get("from_") is None and (is_asked or any(value.find(exp.Query) for value in assigned))
        if is_late:
            self._late = LateQuery(lambda trees: self._compiled_over_row(trees, self._bound_assigned))
            assigned = []
        select = _select_from(self._target, len(assigned))
        items = select.args["expressions"]
        items[1:] = assigned
        if node.args.get("from_") is not None:
            named = self._target.args.get("alias") or self._target
            items[0] = exp.Column(this=exp.Star(), table=exp.to_identifier(named.this.name, quoted=True))
            others = node.args["from_"].this
            select.args["joins"] = [exp.Join(this=exp.Subquery(this=others) if others.args.get("joins") else others)]
            if not self._is_hidden():
                refuse_target_in_from(node, self._view)
        query = self._compiled(self._with_clauses(select))
        first.expressions.end_late()

        def values(row: Row) -> Row:
            old = row[:count]
            new = [*old, None]
            assigned = row[len(row) - len(set_to) :]  # what FROM calls by the view's alias stands between
            for position, is_allowed, value in zip(set_to, allowed, assigned, strict=True):
                if is_allowed:
                    new[position] = value
            if count in set_to:
                as_integer(new[count])
            return (*old, None, *new)

        return query, values

    def _is_hidden(self) -> bool:
        """Whether WITH gives the view's name to another query."""
        clause = self._node.args.get("with_")
        names = [] if clause is None else [lower_ascii(each.alias) for each in clause.expressions]
        return lower_ascii(self._view.name) in names

    def _bound_assigned(self, binder: SelectBinder) -> tuple[Source, list[Output]]:
        """What is assigned, which reads the view's row as it was found and all else as the rows before have left it."""
        binder.bind_with(self._node)
        named = self._target.args.get("alias") or self._target
        columns = [replace(info, classes=ANY) for info in self._columns]
        source = Source(number=binder.next_source(), alias=named.this.name, columns=columns)
        if binder.context.authorizer is not None:
            view, names = self._view, self._shape.names
            source.guard = ReadGuard(binder.context.authorizer, view.name, view.database, names, None, binder.origin)
        scope = Scope(query=binder.new_query(), sources=[source])
        bind, one_value = binder.expressions.bind, binder.expressions.one_value
        values = []
        for column, value in self._assignments():
            values.append(one_value(bind(value, scope)))
            self._set_position(column)
        return source, [Output(value, ColumnInfo("", value.classes)) for value in values]

    def _delete(self) -> tuple[Compiled, Callable[[Row], Row]]:
        self._is_allowed("DELETE")
        return self._compiled(self._with_clauses(_select_from(self._target, 0))), lambda row: (*row, None)

    def _with_clauses(self, select: Any) -> Any:
        """``select`` with the statement's WHERE, ORDER BY and LIMIT."""
        where = self._node.args.get("where")
        if where is None:
            del select.args["where"]
        else:
            select.args["where"] = where
        for clause in ("order", "limit", "offset"):
            if self._node.args.get(clause) is not None:
                select.args[clause] = self._node.args[clause]
        return select


def _nothing_fires(session: Any, txn: Any, values: Row, changed: int) -> bool:
    return True


def _split(node: Any, width: int) -> list[Any]:
    """The values of a row value, a node each; those of a subquery are one query to the binder."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Subquery):
        parts, shared = [exp.Subquery(this=node.this) for _ in range(width)], list[Expr]()
        for position, part in enumerate(parts):
            part.meta["part"] = RowPart(shared, width, position)
        return parts
    values = node.expressions if isinstance(node, exp.Tuple) else [node]
    if len(values) != width:
        raise SqlError(f"{width} columns assigned {len(values)} values")
    return list(values)


def _real(value: Any) -> Any:
    """A value of a REAL column as it is read."""
    return float(value) if value.__class__ is int else value


def _as_read(values: Row, readings: Sequence[Reading]) -> Row:
    """NEW and OLD as triggers read them, or results as they are given."""
    if not readings:
        return values
    result = list(values)
    for i, read in readings:
        result[i] = read(result[i])
    return tuple(result)


def _select_from(target: Any, more: int) -> Any:
    """``SELECT * FROM target WHERE 1``, with ``more`` result columns to be put in place."""
    select: Any = parse_statement(f"SELECT *{', 1' * more} FROM t WHERE 1").node
    select.args["from_"].args["this"] = target
    return select
