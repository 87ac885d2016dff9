"""Binding what stands in FROM: tables, derived tables, common table expressions.

A common table expression is bound at its first use, and its one query serves all uses, unless it reads something
outside, or is no more than a look at something else: then each use has a query of its own. It is recursive if the
rightmost arms of its compound name it in their FROM; anything else that refers to what is being defined is an error,
with SQLite's texts (https://www.sqlite.org/lang_with.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_engine.composite import LOCAL_IDS
from mantisdb_sql.authorizer import ReadGuard
from mantisdb_sql.binding.bound import Literal
from mantisdb_sql.binding.compound_types import arm_columns, as_read, compared_under, merge_columns, wrong_width
from mantisdb_sql.binding.flattening import is_plain
from mantisdb_sql.binding.json_arguments import carry_marks
from mantisdb_sql.binding.late_mistakes import Misuse
from mantisdb_sql.binding.plan import ColumnInfo, Compound, Query, Recursion, Select, Source, Values, is_union_all
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.binding.table_function import call_of, function_source
from mantisdb_sql.catalog.definitions import SCHEMA_TREE, ColumnDef, TableDef, ViewDef
from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.table_functions import TableFunctionDef, table_function, without_rows
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import ANY, INTEGER, NULL, NUMBER, SMALL, Affinity, profile_classes

if TYPE_CHECKING:
    from mantisdb_sql.binding.query import SelectBinder

_SCHEMA_COLUMNS = (
    ("type", "TEXT"),
    ("name", "TEXT"),
    ("tbl_name", "TEXT"),
    ("rootpage", "INT"),
    ("sql", "TEXT"),
)
_MAX_ROUNDS = 6
_NUMBERED = re.compile(r"(?<=.):[0-9]*$", re.DOTALL)


@dataclass(slots=True, eq=False)
class CommonTable:
    """A WITH table. ``error`` says what a reference to it is while it is being bound; ``direct`` are the tables in
    the recursive terms that stand for its own rows."""

    name: str
    node: exp.Expression
    columns: list[str] | None
    materialized: bool | None = None
    visible: dict[str, CommonTable] = field(default_factory=dict)
    error: str | None = None
    direct: dict[int, list[ColumnInfo]] = field(default_factory=dict)
    query: Query | None = None
    is_read: bool = False

    def check_width(self, width: int) -> None:
        """Refuse a query of another number of columns than there are names."""
        if self.columns is not None and len(self.columns) != width:
            raise SqlError(f"table {self.name} has {width} values for {len(self.columns)} columns")


def schema_table() -> TableDef:
    """The table that describes the schema, under the name that is asked for."""
    columns = [
        ColumnDef(name, kind, Affinity.TEXT if kind == "TEXT" else Affinity.INTEGER)
        for name, kind in _SCHEMA_COLUMNS
    ]
    positions = {name: i for i, (name, _) in enumerate(_SCHEMA_COLUMNS)}
    return TableDef(name="sqlite_master", tree_id=SCHEMA_TREE, columns=columns, positions=positions)


def table_source(number: int, table: TableDef, alias: str, flags: int | None) -> Source:
    """A source over a stored table; ``flags`` is its tree's profile, None where no profile is kept."""
    columns = []
    for position, column in enumerate(table.columns):
        classes = ANY if flags is None else profile_classes(flags, position) or NULL
        collation: str | None = column.collation
        if position == table.rowid_alias:
            classes, collation = classes & INTEGER or INTEGER, None  # whatever it is compared with decides
        columns.append(ColumnInfo(column.name, classes, column.affinity, collation, column.declared_type))
    return Source(
        number=number, alias=alias, columns=columns, table=table, tree_id=table.tree_id, looped=table.looped)


def derived_source(number: int, query: Query, alias: str, names: list[str] | None) -> Source:
    """A source over the rows of a query; ``names`` of its columns, where something else names them."""
    infos = [as_read(info) for info in named_as_read(query.columns, names)]
    carry_marks(query, infos)
    query.uses += 1
    return Source(number=number, alias=alias, columns=infos, query=query)


def named_as_read(columns: list[ColumnInfo], names: list[str] | None) -> list[ColumnInfo]:
    """The columns of a query under the names that they have in FROM; ``names``, where something else names them."""
    taken: set[str] = set()
    return [
        replace(info, name=unique_name(names[i] if names else _name(info, i), taken), written="", behind="")
        for i, info in enumerate(columns)
    ]


def index_hint(node: Any) -> str | bool | None:
    """What INDEXED BY names, in lower case; False for NOT INDEXED."""
    hint = node.args.get("indexed")
    return lower_ascii(str(hint.name)) if isinstance(hint, exp.Table) else hint


class SourceBinder:
    """Binds the sources of one FROM clause, whose scope is ``scope``."""

    def __init__(self, binder: SelectBinder, scope: Scope) -> None:
        self.binder = binder
        self.scope = scope

    def bind(self, node: Any, alias: str | None) -> Source:
        """The source that ``node`` describes."""
        if isinstance(node, exp.Table):
            return self._table(node, alias)
        query = self.binder.bind_query(node.args["this"] if isinstance(node, exp.Subquery) else node, self._outside())
        if self.binder.expansion is not None:
            self.binder.expansion.stop()
        return self._derived(query, alias or "", None)

    def _outside(self) -> Scope:
        """A derived table sees what is outside this SELECT, not its neighbours in FROM."""
        return Scope(query=self.scope.query, parent=self.scope.parent)

    def _table(self, node: Any, alias: str | None) -> Source:
        name_node = node.args["this"]
        if not isinstance(name_node, exp.Identifier):
            return self._function(node, alias)
        name: str = name_node.args["this"]
        database_node = node.args.get("db")
        database = database_node.args["this"] if database_node is not None else None
        if database is None:
            common = self.binder.common_tables.get(lower_ascii(name))
            if common is not None and (self.binder.expansion is None or not self.binder.expansion.has_failed):
                if index_hint(node):
                    raise SqlError(f'no such index: "{node.args["indexed"].name}"')
                return self._common(common, node, alias or name)
        function = table_function(name, self.binder.context.functions.hooks)
        catalog = self.binder.context.catalog.of(database)
        if function is not None and (catalog is None or catalog.table(name) is None):  # it is in every database
            return self._called(function, alias, [])
        view = None if catalog is None else catalog.view(name)
        if view is not None:
            self._check_index_hint(node, None)
            return self._view(view, alias or name)
        table = self.binder.find_table(name, database)
        self._check_index_hint(node, table)
        tree = self.binder.context.trees[table.tree_id]
        flags = None if table.tree_id & LOCAL_IDS == SCHEMA_TREE else tree.flags
        source = table_source(self.binder.next_source(), table, alias or name, flags)
        source.indexed = index_hint(node)
        source.guard = self.binder.guard(table)
        if source.guard is not None:
            source.guard.written = name, database
        if self.binder.context.mentions is not None:
            self.binder.context.mentions.note_table(name_node, source, alias is not None)
        return source

    def _called(self, function: TableFunctionDef, alias: str | None, arguments: list[Any]) -> Source:
        """A function in FROM. The authorizer is asked before its columns are read, and about a PRAGMA that is read like
        a table, whose argument is told where it is a literal; one that is to be ignored has no rows."""
        authorizer, pragma = self.binder.context.authorizer, function.name.removeprefix("pragma_")
        if authorizer is not None and pragma != function.name:
            value = arguments[0].name if arguments and isinstance(arguments[0], exp.Literal) else None
            if not authorizer.allows("PRAGMA", pragma, value):
                function = without_rows(function)
        source = function_source(self.binder.next_source(), function, alias, arguments)
        if authorizer is not None:
            names = [info.name for info in source.columns]
            source.guard = ReadGuard(authorizer, function.name, "main", names, None, self.binder.origin)
        return source

    def _function(self, node: Any, alias: str | None) -> Source:
        name, arguments = call_of(node)
        function = table_function(name, self.binder.context.functions.hooks)
        if function is not None and self.binder.context.catalog.table(name) is None:
            return self._called(function, alias, arguments)
        is_query = lower_ascii(name) in self.binder.common_tables or self.binder.context.catalog.view(name) is not None
        if not is_query:
            self.binder.find_table(name, None)
        raise SqlError(f"'{name}' is not a function")

    def _view(self, view: ViewDef, alias: str) -> Source:
        """A view is bound at each use; it sees the schema, and nothing of the statement."""
        binder, context = self.binder.resolver(), self.binder.context
        if (view.database, view.name) in binder.open_views:
            raise SqlError(f"view {view.name} is circularly defined")
        before = binder.common_tables, context.sql, context.catalog, context.mentions
        binder.common_tables, context.sql, context.mentions = {}, view.sql, None
        if view.database != "temp":
            context.catalog = context.catalog.of(view.database) or context.catalog
        binder.open_views.append((view.database, view.name))
        binder.open_tables.append(view.name)
        try:
            query = binder.bind_query(view.query, None)
        finally:
            binder.open_views.pop()
            binder.open_tables.pop()
            binder.common_tables, context.sql, context.catalog, context.mentions = before
        if view.columns is not None and len(view.columns) != len(query.columns):
            raise SqlError(f"expected {len(view.columns)} columns for '{view.name}' but got {len(query.columns)}")
        if not context.opens_stored_views and view.database != "temp":
            raise SqlError(f'access to view "{view.name}" prohibited')
        source = self._derived(query, alias, view.columns or [info.kept_name for info in query.columns])
        source.view_database = view.database
        if context.authorizer is not None:
            names = [info.name for info in source.columns]
            source.guard = ReadGuard(context.authorizer, view.name, view.database, names, None, binder.origin)
        return source

    def _check_index_hint(self, node: Any, table: TableDef | None) -> None:
        """Refuse INDEXED BY of what is no index of the table; a view has none."""
        hint = node.args.get("indexed")
        if isinstance(hint, exp.Table):
            name = hint.args["this"].args["this"]
            if table is None or not any(lower_ascii(index.name) == lower_ascii(name) for index in table.indexes):
                raise SqlError(f"no such index: {name}")

    def _derived(self, query: Query, alias: str, names: list[str] | None) -> Source:
        if self.binder.expansion is None:
            columns = list(query.columns)
            is_stored = query.materialized or query.order or _is_mixed(query)
            if is_union_all(query) and not is_stored:  # SQLite mostly takes it apart
                columns += [info for arm in query.arms for info in arm_columns(arm)]
            self.binder.compare_by([info.collation for info in columns])
        return derived_source(self.binder.next_source(), query, alias, names)

    # --------------------------------------------------------------------------------------------------- WITH

    def _common(self, common: CommonTable, node: Any, alias: str) -> Source:
        own = common.direct.get(id(node))
        if own is not None:
            return Source(number=self.binder.next_source(), alias=alias, columns=own, recursive=True)
        if common.error is not None:
            raise SqlError(f"{common.error}: {common.name}")
        query = common.query
        if query is None:
            query = self.bind_common(common)
            query.materialized = common.materialized
            if common.materialized or not _is_flat(query):
                query.read_columns()
            if not query.outer and (common.materialized or not _is_view(query)):
                common.query = query
        source = self._derived(query, alias, common.columns)
        source.is_common = True
        return source

    def bind_common(self, common: CommonTable) -> Query:
        """The query of a WITH table."""
        common.is_read = True
        binder, before = self.binder, self.binder.common_tables
        binder.common_tables = common.visible
        common.error = "circular reference"
        binder.open_tables.append(common.name)
        try:
            terms = _recursive_terms(common)
            if terms and binder.expansion is not None:
                return binder.expansion.recursion(common, terms)
            if terms:
                return self._recursion(common, terms)
            query = binder.bind_query(common.node, self._outside())
            common.check_width(len(query.columns))
            return query
        finally:
            common.error = None
            common.direct.clear()
            binder.common_tables = before
            binder.open_tables.pop()

    def _recursion(self, common: CommonTable, terms: list[tuple[Any, list[Any]]]) -> Query:
        """The query of a recursive table: the anchor, and then, until the classes of its columns are those that the
        terms were bound for, the terms."""
        binder, node = self.binder, common.node
        query = binder.new_query()
        outside = Scope(query=query, parent=self._outside())
        binder.bind_with(node)
        anchor_node = terms[0][0].args["this"]
        try:
            anchor = binder.bind_query(anchor_node, outside)
        except SqlError:
            unknown = [ColumnInfo(name, ANY) for name in common.columns or ()]
            self._look_at_terms(query, terms if unknown else [], common, unknown)
            raise
        common.check_width(len(anchor.columns))
        columns = named_as_read(anchor.columns, common.columns)
        common.error = "multiple recursive references"
        authorizer = binder.context.authorizer
        is_ignored = authorizer is not None and not authorizer.allows("RECURSIVE", origin=binder.origin)
        is_distinct = bool(terms[0][0].args.get("distinct"))
        for _ in range(_MAX_ROUNDS):
            scopes = list(binder.scopes.get(anchor.number, [outside]))
            selects = self._terms(query, terms, common, columns, scopes)
            arms: list[Select | Values] = [*anchor.arms, *selects]
            own = [next(s for s in select.sources if s.recursive) for select in selects]
            merged = merge_columns(arms, (), {s.number for s in own})  # stored, whatever is between them
            if all(_covers(old, new) for old, new in zip(columns, merged, strict=True)):
                break
            columns = [_wider(old, new) for old, new in zip(columns, merged, strict=True)]
        else:
            raise AssertionError("the classes of a recursive table did not settle")
        query.columns = merged
        query.read_columns()
        if is_distinct:
            binder.compare_by(compared_under(arms))
        query.body = Recursion(anchor, selects, own, is_distinct, compared_under(arms))
        query.columns = columns
        binder.order_compound(query, node, arms, scopes)
        query.limit, query.offset = binder.limit(query, node)
        if is_ignored:
            query.limit = Literal(0, classes=SMALL)
        if selects[-1].windowing is not None:
            raise SqlError("cannot use window functions in recursive queries")
        return query

    def _terms(
        self, query: Query, terms: list[Any], common: CommonTable, columns: list[ColumnInfo], scopes: list[Scope]
    ) -> list[Select]:
        selects: list[Select] = []
        for link, tables in terms:
            try:
                selects.append(self._term(query, link, tables, common, columns, scopes))
            except SqlError:
                self._look_at_terms(query, terms[len(selects) + 1 :], common, columns)
                raise
        return selects

    def _look_at_terms(self, query: Query, terms: list[Any], common: CommonTable, columns: list[ColumnInfo]) -> None:
        """Raise what is wrong with LIMIT or these terms: SQLite looks at the last one first, and at the anchor last."""
        self.binder.limit(query, common.node)
        common.error = "multiple recursive references"
        for link, tables in reversed(terms):
            self._term(query, link, tables, common, columns, [])

    def _term(
        self,
        query: Query,
        link: Any,
        tables: list[Any],
        common: CommonTable,
        columns: list[ColumnInfo],
        scopes: list[Scope],
    ) -> Select:
        common.direct = {id(table): [as_read(info) for info in columns] for table in tables}
        select = self.binder.bind_arm(query, link.args["expression"], self._outside(), scopes)
        assert isinstance(select, Select), "a recursive term has a FROM clause"
        if len(select.outputs) != len(columns):
            operator = "UNION" if link.args.get("distinct") else "UNION ALL"
            raise wrong_width(operator, select)
        if select.grouping is not None:
            self.binder.expressions.tell_late(Misuse("recursive aggregate queries not supported"))
        return select


def _is_flat(query: Query) -> bool:
    """Whether SQLite computes only what is read of a table of WITH."""
    body = query.body
    if not isinstance(body, Select) or not body.joins or body.distinct:
        return False
    return body.grouping is None and body.windowing is None


def _is_view(query: Query) -> bool:
    """Whether a query only filters one table, or joins and filters compounds whose arms differ in their affinities, and
    what else there may be: SQLite reads that in place, each time, and conditions go into the compound."""
    body = query.body
    if not isinstance(body, Select) or not is_plain(query, body):
        return False
    if len(body.joins) == 1 and body.joins[0].source.table is not None:
        return True
    return any(_is_mixed(source.query) or _is_view(source.query) for source in body.sources if source.query)


def _is_mixed(query: Query) -> bool:
    if not isinstance(query.body, Compound):
        return False
    return any(len(set(affinities)) > 1 for affinities in zip(*map(_affinities, query.arms), strict=True))


def _affinities(arm: Select | Values) -> list[Affinity | None]:
    return [info.affinity for info in arm_columns(arm)]


def _recursive_terms(common: CommonTable) -> list[tuple[Any, list[Any]]]:
    """The compounds whose right arms are recursive terms, first to last, each with the tables that make it so."""
    node: Any = common.node
    terms: list[tuple[Any, list[Any]]] = []
    if not isinstance(node, exp.Union):
        return terms
    distinct = node.args.get("distinct")
    while isinstance(node, exp.Union) and node.args.get("distinct") == distinct:
        tables = [table for table in _tables_of(node.args["expression"]) if _is_named(table, common.name)]
        if not tables:
            break
        if len(tables) > 1:
            raise SqlError(f"multiple references to recursive table: {common.name}")
        terms.append((node, tables))
        node = node.args["this"]
    return terms[::-1]


def _tables_of(arm: Any) -> list[Any]:
    """What stands directly in FROM."""
    clause = arm.args.get("from_") if isinstance(arm, exp.Select) else None
    if clause is None:
        return []
    nodes = [clause.args["this"], *(join.args["this"] for join in arm.args.get("joins") or ())]
    found = []
    for node in nodes:
        while isinstance(node, exp.Subquery) and not node.args["this"].args.get("joins"):
            node = node.args["this"]
        found.append(node)
    return found


def _is_named(node: Any, name: str) -> bool:
    if not isinstance(node, exp.Table) or node.args.get("db") is not None:
        return False
    identifier = node.args["this"]
    return isinstance(identifier, exp.Identifier) and lower_ascii(identifier.args["this"]) == lower_ascii(name)


def _covers(old: ColumnInfo, new: ColumnInfo) -> bool:
    same_type = new.affinity == old.affinity and new.reads_real == old.reads_real
    return same_type and not new.classes & ~old.classes


def _wider(old: ColumnInfo, new: ColumnInfo) -> ColumnInfo:
    """What to try next for a column: where it grows beyond integers of one size, any number, so that it settles."""
    classes = old.classes | new.classes
    if new.classes & ~old.classes:
        classes |= NUMBER if classes & NUMBER & ~INTEGER else classes & INTEGER and INTEGER
    return replace(old, classes=classes, affinity=new.affinity, reads_real=new.reads_real)


def _name(info: ColumnInfo, i: int) -> str:
    name = info.written or info.name
    return f"column{i + 1}" if lower_ascii(name) in ("true", "false") else name


def unique_name(name: str, taken: set[str], tried: list[str] | None = None) -> str:
    """A repeated name of a derived table's column gets ``:1``, ``:2`` … in the place of such a number, as in SQLite
    (which draws lots from the fifth try on). The names that were taken, in lower case, are added to ``tried``."""
    candidate, n = name, 0
    while lower_ascii(candidate) in taken:
        if tried is not None:
            tried.append(lower_ascii(candidate))
        n += 1
        candidate = f"{_NUMBERED.sub('', candidate)}:{n}"
    taken.add(lower_ascii(candidate))
    return candidate
