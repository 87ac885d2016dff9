"""INSERT and REPLACE into a table: from AST to compiled function.

What a row gives to columns, and its ON CONFLICT clauses, becomes :class:`~mantisdb_sql.codegen.insert.InsertCode`; many
rows also have a batched form (:mod:`mantisdb_sql.changes.bulk`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.late_mistakes import LateMistakes
from mantisdb_sql.binding.plan import Output
from mantisdb_sql.binding.query import windows_apart
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.changes.bulk import BulkInsert, is_batch
from mantisdb_sql.changes.change import Change, CompiledChange, compile_query
from mantisdb_sql.changes.computed_indexes import row_source
from mantisdb_sql.changes.conflict_targets import conflict_targets
from mantisdb_sql.changes.foreign_keys import WatchedBulk, are_tied, is_named_wrongly, parent_look
from mantisdb_sql.changes.key_relations import Manner
from mantisdb_sql.changes.literal_rows import ConstantRows
from mantisdb_sql.changes.returning_clause import plain_columns
from mantisdb_sql.changes.upsert_clauses import bound_upserts
from mantisdb_sql.changes.written_reals import real_columns
from mantisdb_sql.codegen.dml import emit_stored
from mantisdb_sql.codegen.insert import InsertCode, InsertEmitter, UpsertCode, insert_may_replace
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.codegen.triggers import Fires
from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.ast import known_as, upserts
from mantisdb_sql.values.storage import ANY, NULL

__all__ = ["InsertChange"]

MANY_ROWS = 4
"""From this many rows of constants on, VALUES is data and not code."""


def _nothing() -> CompiledChange:
    """A change that an authorizer has left out."""
    return CompiledChange(lambda session, txn, params: 0, None, (), "", lambda: "")


def _written_instead(upserts: Sequence[UpsertCode]) -> tuple[Sequence[int], ...]:
    """The columns that DO UPDATE writes, of each clause."""
    return tuple(upsert.changed for upsert in upserts if upsert.assignments is not None)


class InsertChange(Change):
    """INSERT or REPLACE; ``compile`` and ``bulk`` are its two forms."""

    node: exp.Insert

    def compile(self) -> CompiledChange:
        """See :func:`mantisdb_sql.changes.dml.compile_change`."""
        if not self.is_allowed("INSERT"):
            return _nothing()
        code, outputs = self._code()
        if code.may_replace:
            code.settle = self.settler()
        query, many = code.query, code.rows is None
        is_plain = outputs is None and code.fires is None and code.settle is None and not code.shares_high
        bulk = BulkInsert.of(code, self.context) if many and is_plain else None
        updates = any(u.assignments is not None for u in code.upserts)
        single = code.rows is not None and len(code.rows) == 1 and not code.may_replace
        does_fire = code.fires is not None or any(upsert.fires is not None for upsert in code.upserts)
        self.manner = Manner(
            replaces=not updates, moves=updates and code.action != "REPLACE", may_remove=code.may_replace,
            adds_one=single and not code.upserts,
            alone=single and not does_fire and outputs is None and not self.context.in_trigger,
            updates=_written_instead(code.upserts),
        )
        if self.manner.adds_one and self.context.foreign_keys and outputs is None:
            code.look = parent_look(self.table, self.context.schema, code.fires is not None)
            self.looks = code.look is not None
        if updates or code.may_replace:  # a new row is nobody's parent yet
            if code.fires is not None or updates:
                code.fires = self.settles(code.fires, "INSERT")
            for number, upsert in enumerate(code.upserts, 1):
                if upsert.assignments is not None:
                    manner = replace(self.manner, replaces=False, moves=True)
                    upsert.fires = self.settles(upsert.fires, f"UPDATE_{number}", manner)

        def body(source: Code, emitter: Any) -> None:
            if bulk is not None:
                name = source.constant(bulk, "BULK")
                source.line(f"rows = {source.constant(query)}.rows(txn.trees, params)")
                is_many = f"{source.constant(is_batch, 'is_batch')}(rows)"
                source.line(f"if {is_many} and (n := {name}.insert_rows(session, txn, rows)) is not None: return n")
                code.rows_name = "rows"
            InsertEmitter(code, source, emitter).emit_all()

        return self.assemble(body, outputs, self._explain(query))

    def bulk(self) -> tuple[BulkInsert | WatchedBulk | None, bool]:
        """The batched form, if there is one; and whether a statement of many rows does what as many
        statements of one row each do."""
        code, outputs = self._code()
        if code.fires is not None or code.rows is None or len(code.rows) != 1:
            return None, False
        is_tied = self.context.foreign_keys and are_tied(self.table, self.context.schema)
        if is_tied and (code.may_replace or is_named_wrongly(self.table, self.context.schema)):
            return None, False
        asks = outputs is not None and any(bound.has_query(output.expr) for output in outputs)
        is_divisible = not (is_tied or asks or code.table.autoincrement)
        nodes = [] if self.node.args.get("default") else self.node.expression.expressions[0].expressions
        returns = None if outputs is None else plain_columns([output.expr for output in outputs], code.table)
        bulk = BulkInsert.of(code, self.context, nodes, returns) if outputs is None or returns is not None else None
        if bulk is not None and is_tied:
            return WatchedBulk(bulk, self.table, self.context.schema, _written_instead(code.upserts)), False
        return bulk, is_divisible

    def _code(self) -> tuple[InsertCode, list[Output] | None]:
        node, table = self.node, self.table
        targets = self._targets()
        rows, query, classes = self._source(targets)
        self._check_width(targets, len(classes))
        given = self._given_classes(targets, classes)
        stored = self._stored_classes(given)
        clauses = upserts(node)
        updates = any(c.args["action"].name == "DO UPDATE" for c in clauses)
        target = row_source(self.binder.next_source(), table, self.alias, [] if clauses else stored)
        inserted = target
        if clauses:
            inserted = row_source(self.binder.next_source(), table, "excluded", stored)
        constraints = conflict_targets(self, clauses, target)
        self.binder.expressions.end_late()  # of one row, for which SQLite writes code once it knows these
        gives_rowid = any(position in (-1, table.rowid_alias) for position in targets)
        made, action = list[UpsertCode](), node.args.get("alternative")

        deletes: Fires | None = None  # what REPLACE fires

        def bind_upserts() -> None:
            nonlocal deletes
            with self.keys_first(Manner(alone=True)):
                made.extend(bound_upserts(self, clauses, constraints, target, inserted, given, gives_rowid))
            removes = insert_may_replace(table, targets, constraints, action)
            self.manner = Manner(updates=_written_instead(made), may_remove=removes)
            deletes = self.replacing() if removes else None

        fires = self.fires("INSERT", action, between=bind_upserts)
        own = self.context.schema.of(table.database)
        sequence = own.table("sqlite_sequence") if own is not None and table.autoincrement else None
        code = InsertCode(
            table=table,
            number=inserted.number,
            action=action,
            targets=targets,
            rows=rows,
            query=query,
            query_classes=classes,
            defaults=self._defaults(targets),
            checks=self.checks(inserted),
            upserts=made,
            generated=self.generated(inserted),
            target_generated=self.generated(target) if updates else [],
            target_number=target.number,
            sequence_id=sequence.tree_id if sequence is not None else 0,
            parameter_count=len(self.context.parameter_classes),
            flags=self.context.trees[table.tree_id].flags,
            fires=fires,
            deletes=deletes,
        )
        if sequence is not None and (self.context.in_trigger or self.does_fire):
            self.context.sequences.append((sequence.tree_id, table.name))
            code.shares_high = True
        is_tied = self.context.foreign_keys and are_tied(table, self.context.schema)
        code.is_alone = not (table.indexes or is_tied or code.fires or code.deletes)
        code.is_closed = self.is_closed()
        outputs = self.returning(target)
        is_checked = bool(self.table.checks) and not self.context.ignores_checks
        code.returning = self.returned(outputs, target, real_columns(self.table, None, is_checked))
        for upsert in code.upserts:
            if upsert.assignments is not None:
                changed = [a.position for a in upsert.assignments]
                reals = real_columns(self.table, changed, bool(upsert.checks))
                upsert.returning = self.returned(outputs, target, reals)
        return code, outputs

    def _explain(self, query: Any) -> Callable[[], str]:
        explain = getattr(query, "explain", None)
        return explain if explain is not None else lambda: ""

    def _targets(self) -> list[int]:
        if not isinstance(self.node.this, exp.Schema):
            if self.node.args.get("default"):
                return []
            return [i for i, column in enumerate(self.table.columns) if column.generated is None]
        targets = []
        for identifier in self.node.this.expressions:
            position = self.position(identifier.name)
            if position is None:
                raise SqlError(f"table {known_as(self.node.this.this)} has no column named {identifier.name}")
            if position >= 0 and self.table.columns[position].generated is not None:
                raise SqlError(f'cannot INSERT into generated column "{self.table.columns[position].name}"')
            targets.append(position)
        if self.node.args.get("default"):
            raise SqlError(f"0 values for {len(targets)} columns")
        return targets

    def _check_width(self, targets: list[int], width: int) -> None:
        if width == len(targets):
            return
        if isinstance(self.node.this, exp.Schema):
            raise SqlError(f"{width} values for {len(targets)} columns")
        count = len(targets)
        raise SqlError(f"table {known_as(self.node.this)} has {count} columns but {width} values were supplied")

    def _source(self, targets: list[int]) -> tuple[list[list[Expr]] | None, Any, list[int]]:
        """Rows of expressions, or a query; and the classes of each value."""
        node = self.node
        if node.args.get("default"):
            return [[]], None, []
        self.binder.expressions.later = LateMistakes()
        source = windows_apart(node.expression)
        if not isinstance(source, exp.Values):
            query = self.binder.bind_query(source, None)
            query.read_columns()
            self.binder.expressions.end_late()
            return None, compile_query(query, self.context), [c.classes for c in query.columns]
        scope = Scope(query=self.binder.new_query())
        if len(node.expression.expressions) > 1 and self.context.authorizer is not None:
            self.context.authorizer.allows("SELECT", origin=self.context.origin)
        rows: list[list[Expr]] = []

        def bind(item: Any) -> Expr:
            return self.binder.expressions.one_value(self.binder.expressions.bind(item, scope))

        for row in reversed(node.expression.expressions):  # as in _bind_values of binding/query.py
            with scope.phase(grouped=False, allow_aggregates=len(node.expression.expressions) > 1):
                rows.append([bind(e) for e in row.expressions])
            if len(rows[-1]) != len(rows[0]):
                raise SqlError("all VALUES must have the same number of terms")
        rows.reverse()
        if len(rows) > 1:  # a query to SQLite, which it is done with before it counts the columns
            self.binder.expressions.end_late()
        width = len(rows[0])
        classes = [0] * width
        for row in rows:
            for i, e in enumerate(row):
                classes[i] |= e.classes
        plain = all(isinstance(e, bound.Literal | bound.Parameter) for row in rows for e in row)
        if len(rows) >= MANY_ROWS and plain:
            self._check_all_parameters()
            return None, ConstantRows(rows), classes
        self.inline.extend(e for row in rows for e in row)
        return rows, None, classes

    def _check_all_parameters(self) -> None:
        """Rows that are data still need their parameters checked."""
        self.inline.extend(
            bound.Parameter(i, classes=c) for i, c in enumerate(self.context.parameter_classes)
        )

    def _given_classes(self, targets: list[int], classes: list[int]) -> list[int]:
        """The classes of every column's value before its affinity."""
        given: dict[int, int] = {}
        for position, kinds in zip(targets, classes, strict=True):
            given.setdefault(position, kinds)
        defaults = self._defaults(targets)
        result = []
        for position, column in enumerate(self.table.columns):
            default = defaults.get(position)
            kinds = given.get(position, default.classes if default is not None else NULL)
            if column.not_null and default is not None and kinds & NULL:
                kinds |= default.classes  # which REPLACE puts in
            result.append(kinds)
        return result

    def _stored_classes(self, given: list[int]) -> list[int]:
        scratch = Code()
        stored = []
        for column, kinds in zip(self.table.columns, given, strict=True):
            stored.append(emit_stored("x", kinds, column.affinity, scratch).classes)
            if column.generated is not None or (column.not_null and column.default is not None and kinds & NULL):
                stored[-1] = ANY
        return stored

    def _defaults(self, targets: list[int]) -> dict[int, Expr]:
        wanted = [i for i, c in enumerate(self.table.columns) if i not in targets or c.not_null]
        return self.defaults(wanted)
