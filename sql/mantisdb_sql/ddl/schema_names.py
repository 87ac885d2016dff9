"""What the names in the texts of the schema mean, and whether they mean anything.

The names of tables and indexes are told by their tables' definitions. A view's query and a trigger's statements are
bound as when they are used, only that nothing is compiled: that is how far ALTER TABLE looks in SQLite (alter.c:
sqlite_rename_test). So a trigger may give values to columns that there are not, or another number of values than there
are columns; that shows when it fires.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding.from_clause import FromBinder
from mantisdb_sql.binding.mentions import Mentions
from mantisdb_sql.binding.plan import Source
from mantisdb_sql.binding.query import SelectBinder
from mantisdb_sql.binding.scope import ROWID_NAMES, Scope
from mantisdb_sql.binding.source import SourceBinder
from mantisdb_sql.catalog.definitions import SCHEMA_TREE, Catalog, TableDef, TriggerDef
from mantisdb_sql.catalog.schema_tree import tree_in
from mantisdb_sql.changes.computed_indexes import row_source
from mantisdb_sql.changes.triggers import RowShape, Step, Substitution, table_shape, visible_to
from mantisdb_sql.changes.view_changes import view_shape
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.syntax.ast import upserts
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["ErrorsOf", "SchemaNames", "SchemaRow", "check_names", "schema_rows"]

SchemaRow = tuple[Any, ...]


def schema_rows(txn: Any, slot: int) -> list[tuple[int, SchemaRow]]:
    """The rows of a database's sqlite_schema, each with its key."""
    tree = txn.trees[tree_in(slot, SCHEMA_TREE)]
    return [(k, row) for keys, rows in tree.scan() for k, row in zip(keys, rows, strict=True)]


def check_names(session: Session, txn: Any, database: str, when: str) -> None:
    """Refuse an ALTER TABLE in ``database`` if a name in a view or a trigger means nothing: ``when`` is "" beforehand,
    "after rename" and the like afterwards. Texts of TEMP are looked at, too."""
    if session.settings.get("legacy_alter_table"):
        return
    names = SchemaNames(session, txn, session.catalog(txn.trees), when)
    for catalog in names.catalogs(database):
        for _, row in schema_rows(txn, catalog.slot):
            if row[0] in ("view", "trigger"):
                names.of(catalog, row)


class ErrorsOf:
    """Words what is wrong with an object of the schema."""

    def __init__(self, kind: str, name: str, when: str) -> None:
        self._where = f"error in {kind} {name}{when and ' '}{when}"

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, SqlError) and not isinstance(error, NotSupported):
            raise SqlError(f"{self._where}: {error}", error.code_name) from None


@dataclass(slots=True)
class SchemaNames:
    """What the names in the schema's texts mean, in the schema ``whole``; errors are worded for ``when``."""

    session: Session
    txn: Any
    whole: Catalog
    when: str = ""

    def catalogs(self, database: str) -> list[Catalog]:
        """Those whose texts may name what is in ``database``."""
        found = [self.whole.of(name) for name in dict.fromkeys((database, "temp"))]
        return [catalog for catalog in found if catalog is not None]

    def of(self, catalog: Catalog, row: SchemaRow) -> Mentions:
        """What the names in a text mean; ``row`` is that of the schema of ``catalog``."""
        mentions, created = Mentions(), parse_statement(row[4]).node
        assert isinstance(created, exp.Create)
        context = CompileContext(
            self.whole, self.txn.trees, self.session.functions, sql=row[4], in_trigger=True, whole=self.whole,
            mentions=mentions,
        )
        if row[0] in ("table", "index"):
            table = catalog.table(row[2])
            assert table is not None
            _TableNames(mentions, table, catalog).note(created)
        elif row[0] == "view":
            context.catalog = self.whole if catalog.name == "temp" else catalog
            binder = SelectBinder(context)
            binder.open_views.append((catalog.name, row[1]))
            with ErrorsOf("view", row[1], self.when):
                binder.bind_query(created.expression, None)
        else:
            trigger = catalog.triggers[lower_ascii(row[1])]
            context.catalog = visible_to(trigger, self.whole)
            with ErrorsOf("trigger", row[1], self.when):
                _TriggerNames(context, trigger, self.whole, created).bind()
        return mentions


class _TableNames:
    """Notes the names in the text of a table, or of an index of it: all columns are the table's own, but for those of
    the tables that it refers to."""

    def __init__(self, mentions: Mentions, table: TableDef, catalog: Catalog) -> None:
        self._mentions, self._table, self._catalog = mentions, table, catalog
        self._unseen: set[int] = set()  # ids of nodes

    def note(self, created: exp.Create) -> None:
        """Note all names."""
        if self._table.without_rowid and isinstance(created.this, exp.Schema):
            self._leave_out(created.this.expressions)
        stack: list[Any] = [created]
        while stack:
            node = stack.pop()
            if isinstance(node, list | tuple):
                stack.extend(node)
            elif isinstance(node, exp.Reference):
                self._reference(node.this)
            elif isinstance(node, exp.Expr) and not isinstance(node, exp.DefaultColumnConstraint):
                self._node(node)
                stack.extend(node.args.values())

    def _leave_out(self, parts: Sequence[Any]) -> None:
        """Leave out what UNIQUE says of the key of a WITHOUT ROWID table, where that is one INTEGER column and stands
        before it: SQLite takes it for the rowid there, and does not find it when the column is renamed."""
        key = self._table.key_index
        assert key is not None
        column, is_alias = self._table.columns[key.columns[0].position], False
        if len(key.columns) > 1 or upper_ascii(column.declared_type or "") != "INTEGER":
            return
        for part in parts:
            constraints = [c.args.get("kind") for c in part.args.get("constraints") or ()]
            constraints += part.expressions if isinstance(part, exp.Constraint) else [part]
            for constraint in constraints:
                if isinstance(constraint, exp.PrimaryKeyColumnConstraint):
                    is_alias = is_alias or not constraint.args.get("desc")
                elif isinstance(constraint, exp.PrimaryKey):
                    is_alias = True
                elif isinstance(constraint, exp.UniqueColumnConstraint) and is_alias and constraint.this is not None:
                    names = constraint.this.find_all(exp.Identifier, exp.Literal)
                    self._unseen |= {id(n) for n in names if lower_ascii(n.name) == lower_ascii(column.name)}

    def _node(self, node: Any) -> None:
        if isinstance(node, exp.Table):
            self._mentions.tables[node.this.meta["span"]] = self._table
        elif isinstance(node, exp.Column):
            self._column(node)
        elif isinstance(node, exp.ColumnDef):
            self._own(node.this)
        elif isinstance(node, exp.ForeignKey):
            for identifier in node.expressions:
                self._own(identifier)
        elif isinstance(node, exp.Ordered):
            term = node.this
            while isinstance(term, exp.Collate | exp.Paren):
                term = term.this
            if isinstance(term, exp.Literal) and term.is_string:
                self._own(term)

    def _own(self, identifier: Any) -> bool:
        """Note a column of the table; whether it is one."""
        position = self._table.position(identifier.name)
        if position is None and lower_ascii(identifier.name) in ROWID_NAMES:
            position = self._table.rowid_alias
        if position is not None and id(identifier) not in self._unseen:
            self._mentions.note(identifier, self._table, position)
        return position is not None

    def _column(self, column: exp.Column) -> None:
        qualifier = column.args.get("table")
        if qualifier is not None:
            self._mentions.tables[qualifier.meta["span"]] = self._table
        if not self._own(column.this) and qualifier is None and column.this.meta.get("quote") == '"':
            self._mentions.note_string(column.this)

    def _reference(self, target: Any) -> None:
        name = target.this if isinstance(target, exp.Schema) else target
        parent = self._catalog.table(name.name)
        if parent is None:
            return
        self._mentions.tables[name.this.meta["span"]] = parent
        for identifier in target.expressions if isinstance(target, exp.Schema) else ():
            position = parent.position(identifier.name)
            if position is not None:
                self._mentions.note(identifier, parent, position)


class _TriggerNames:
    """Binds the names of one trigger."""

    def __init__(self, context: CompileContext, trigger: TriggerDef, whole: Catalog, created: exp.Create) -> None:
        assert context.mentions is not None
        self._mentions, self._binder, self._trigger = context.mentions, SelectBinder(context), trigger
        self._properties = created.args["properties"].expressions[0]
        self._shape = self._row_shape(context, whole)

    def _row_shape(self, context: CompileContext, whole: Catalog) -> RowShape:
        """The rows of the trigger's table or view."""
        target = self._properties.args["table"]
        catalog = whole.of(whole.database_of(self._trigger))
        table = None if catalog is None else catalog.table(target.name)
        view = None if catalog is None or table is not None else catalog.view(target.name)
        if table is not None:
            self._mentions.tables[target.this.meta["span"]] = table
            return table_shape(table)
        if view is None:
            raise SqlError(f"no such table: {self._trigger.database}.{target.name}")
        context.mentions = None
        try:
            return view_shape(context, target, view)[0]
        finally:
            context.mentions = self._mentions

    def bind(self) -> None:
        """Bind UPDATE OF, WHEN and the statements."""
        table = self._shape.table
        for identifier in self._properties.args["events"][0].args.get("columns") or ():
            self._note_target(identifier, table)
        when = self._properties.args.get("when")
        if when is not None:
            self._bind(self._substituted(when), Scope(query=self._binder.new_query()))
        for node in self._properties.args["execute"].expressions:
            node = self._substituted(node)
            if isinstance(node, exp.Insert):
                self._bind_insert(node)
            elif isinstance(node, exp.Update):
                self._bind_update(node)
            elif isinstance(node, exp.Delete):
                self._bind_where(node, self._target_scope(node.this)[0])
            else:
                self._binder.bind_query(node, None)

    def _substituted(self, node: Any) -> Any:
        """``node`` with parameters in place of NEW and OLD, whose columns are noted."""
        step = Step(node, self._binder.context.sql)
        return Substitution(step, self._shape, self._trigger.event, self._mentions).apply(node)

    def _bind(self, node: Any, scope: Scope) -> None:
        self._binder.expressions.bind(node, scope)

    def _target_scope(self, target: Any) -> tuple[Scope, Source]:
        """What is changed, as the source of a scope."""
        scope = Scope(query=self._binder.new_query())
        source = SourceBinder(self._binder, scope).bind(target, None)
        scope.sources.append(source)
        return scope, source

    def _note_target(self, identifier: Any, table: Any) -> None:
        """A column that is to be written; one that there is not is let be."""
        position = None if table is None else table.position(identifier.name)
        if position is not None:
            self._mentions.note(identifier, table, position)

    def _bind_where(self, node: Any, scope: Scope) -> None:
        where = node.args.get("where")
        if where is not None:
            self._bind(where.this, scope)

    def _bind_insert(self, node: exp.Insert) -> None:
        self._binder.bind_query(node.expression, None)
        names = node.this.expressions if isinstance(node.this, exp.Schema) else []
        scope, source = self._target_scope(node.this.this if isinstance(node.this, exp.Schema) else node.this)
        for identifier in names:
            self._note_target(identifier, source.table)
        for clause in upserts(node):
            for key in clause.args.get("conflict_keys") or ():
                self._bind(key.this, scope)
            if source.table is None:
                continue
            excluded = row_source(self._binder.next_source(), source.table, "excluded", [])
            both = Scope(query=scope.query, sources=[source, excluded], qualified={excluded.number})
            self._bind_assignments(clause.expressions or (), both, source)
            self._bind_where(clause, both)
            if clause.args.get("index_predicate") is not None:
                self._bind(clause.args["index_predicate"].this, scope)

    def _bind_update(self, node: exp.Update) -> None:
        scope, source = self._target_scope(node.this)
        if node.args.get("from_") is not None:
            FromBinder(self._binder, scope).bind(node)
        self._bind_assignments(node.expressions, scope, source)
        self._bind_where(node, scope)

    def _bind_assignments(self, nodes: Any, scope: Scope, target: Source) -> None:
        for node in nodes:
            self._bind(node.expression, scope)
            for column in _written(node.this):
                self._note_target(column.this if isinstance(column, exp.Column) else column, target.table)


def _written(left: Any) -> Iterator[Any]:
    """The columns on the left side of an assignment."""
    yield from left.expressions if isinstance(left, exp.Tuple) else [left]
