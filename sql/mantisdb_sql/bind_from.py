"""Binding FROM: tables, derived tables, common table expressions and the joins between them.

Every join is left-deep here, as in SQLite's syntax. NATURAL and USING become equalities, and the right-hand
column is hidden from unqualified names and from ``*``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.bind_expression import compare
from mantisdb_sql.bound import Expr
from mantisdb_sql.catalog import SCHEMA_TREE, ColumnDef, TableDef
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.plan import ColumnInfo, Join, Query, Source
from mantisdb_sql.scope import Scope
from mantisdb_sql.storage import ANY, INTEGER, NULL, Affinity, profile_classes

if TYPE_CHECKING:
    from mantisdb_sql.bind_select import SelectBinder

_SCHEMA_NAMES = ("sqlite_master", "sqlite_schema")
_SCHEMA_COLUMNS = (
    ("type", "TEXT"),
    ("name", "TEXT"),
    ("tbl_name", "TEXT"),
    ("rootpage", "INT"),
    ("sql", "TEXT"),
)


@dataclass(slots=True, eq=False)
class CommonTable:
    """A WITH table: bound anew at each use."""

    name: str
    node: exp.Expression
    columns: list[str] | None
    visible: dict[str, CommonTable] = field(default_factory=dict)
    busy: bool = False


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
        if position == table.rowid_alias:
            classes = classes & INTEGER or INTEGER
        columns.append(
            ColumnInfo(column.name, classes, column.affinity, column.collation, column.declared_type)
        )
    return Source(number=number, alias=alias, columns=columns, table=table, tree_id=table.tree_id)


class FromBinder:
    """Binds the FROM clause of one SELECT into ``scope``; ``joins`` and ``where`` are the result."""

    def __init__(self, binder: SelectBinder, scope: Scope) -> None:
        self.binder = binder
        self.scope = scope
        self.joins: list[Join] = []
        self.where: list[Expr] = []
        self._pending: list[Any] = []

    def bind(self, select: exp.Expression) -> None:
        """Bind ``select``'s FROM and joins."""
        clause = select.args.get("from_") or select.args.get("from")
        if clause is None:
            return
        parts = self._flatten(clause.args["this"]) + self._joined(select.args.get("joins"))
        outer = any(join is not None and join.args.get("side") for _, join in parts)
        for node, join in parts:
            self._add(node, join, on_now=outer)
        for node in self._pending:
            self.where.extend(self.binder.expressions.conjuncts(node, self.scope))

    def _joined(self, joins: Any) -> list[tuple[Any, Any]]:
        parts: list[tuple[Any, Any]] = []
        for join in joins or ():
            inner = self._flatten(join.args["this"])
            if len(inner) > 1 and (
                join.args.get("side") or any(j is not None and j.args.get("side") for _, j in inner)
            ):
                raise NotSupported("parenthesized join under an outer join")
            parts.append((inner[0][0], None if len(inner) > 1 else join))
            parts.extend(inner[1:])
            if len(inner) > 1:
                if join.args.get("using") or join.args.get("method"):
                    raise NotSupported("USING with a parenthesized join")
                if join.args.get("on") is not None:
                    self._pending.append(join.args["on"])
        return parts

    def _flatten(self, node: Any) -> list[tuple[Any, Any]]:
        """(source, join) pairs of a source that may be a parenthesised join."""
        joins = node.args.get("joins")
        while (
            isinstance(node, exp.Subquery | exp.Paren)
            and isinstance(node.args["this"], exp.Table | exp.Subquery)
            and node.args.get("alias") is None
        ):
            inner = node.args["this"]
            joins = (inner.args.get("joins") or []) + [
                j for j in joins or [] if j not in (inner.args.get("joins") or [])
            ]
            node = inner
        if isinstance(node, exp.Subquery) and isinstance(node.args["this"], exp.Table):
            raise NotSupported("alias of a parenthesized table")
        return [(node, None), *self._joined(joins)]

    # ----------------------------------------------------------------------------------------------- one join

    def _add(self, node: Any, join: Any, on_now: bool) -> None:
        side = (join.args.get("side") or "").upper() if join is not None else ""
        if side in ("RIGHT", "FULL"):
            raise NotSupported(f"{side} JOIN")
        kind = (
            "CROSS"
            if join is not None
            and (join.args.get("kind") or "").upper() == "CROSS"
            and join.meta.get("op") != ","
            else "INNER"
        )
        source = self._source(node)
        conditions: list[Expr] = []
        names = self._merged_names(source, join)
        before = list(self.scope.sources)
        if names:
            conditions.extend(self._equalities(source, names, before))
        self.scope.sources.append(source)
        for name in names:
            self.scope.merged.add((source.number, _position(source, name)))
        on = join.args.get("on") if join is not None else None
        if side == "LEFT":
            if on is not None:
                conditions.extend(self.binder.expressions.conjuncts(on, self.scope))
            source.nullable = True
            self.joins.append(Join(source, "LEFT", conditions))
            return
        self.joins.append(Join(source, kind))  # type: ignore[arg-type]
        self.where.extend(conditions)
        if on is not None:
            if on_now:
                self.where.extend(self.binder.expressions.conjuncts(on, self.scope))
            else:
                self._pending.append(on)

    def _merged_names(self, source: Source, join: Any) -> list[str]:
        if join is None:
            return []
        if (join.args.get("method") or "").upper() == "NATURAL":
            left = {info.name.lower() for s in self.scope.sources for info in s.columns}
            return [info.name for info in source.columns if info.name.lower() in left]
        return [
            identifier.args["this"] if isinstance(identifier, exp.Identifier) else identifier.name
            for identifier in join.args.get("using") or ()
        ]

    def _equalities(self, source: Source, names: list[str], before: list[Source]) -> list[Expr]:
        conditions: list[Expr] = []
        right_scope = Scope(query=self.scope.query, sources=[source])
        for name in names:
            right = right_scope.find(name, None, None)
            left = self._leftmost(name, before) if right is not None else None
            if left is None or right is None:
                raise SqlError(f"cannot join using column {name} - column not present in both tables")
            conditions.append(compare("=", left, right))
        return conditions

    def _leftmost(self, name: str, before: list[Source]) -> Expr | None:
        found = [
            s
            for s in before
            if any(
                c.name.lower() == name.lower() and (s.number, i) not in self.scope.merged
                for i, c in enumerate(s.columns)
            )
        ]
        if len(found) > 1:
            raise SqlError(f"ambiguous reference to {name} in USING()")
        return (
            self.scope.find(name, found[0].alias, None)
            if found and len([s for s in before if s.alias.lower() == found[0].alias.lower()]) == 1
            else (Scope(query=self.scope.query, sources=found).find(name, None, None) if found else None)
        )

    # ------------------------------------------------------------------------------------------------ sources

    def _source(self, node: Any) -> Source:
        alias_node = node.args.get("alias")
        alias = alias_node.args["this"].args["this"] if alias_node is not None else None
        if isinstance(node, exp.Table):
            return self._table(node, alias)
        if isinstance(node, exp.Subquery):
            # It sees what is outside this SELECT, not its neighbours in FROM.
            outside = Scope(query=self.scope.query, parent=self.scope.parent)
            query = self.binder.bind_query(node.args["this"], outside)
            return self._derived(query, alias or "", None)
        if isinstance(node, exp.Values):
            return self._derived(self.binder.bind_query(node, None), alias or "", None)
        raise NotSupported(type(node).__name__)

    def _table(self, node: Any, alias: str | None) -> Source:
        name_node = node.args["this"]
        if not isinstance(name_node, exp.Identifier):
            raise NotSupported("table-valued function")
        name: str = name_node.args["this"]
        database_node = node.args.get("db")
        database = database_node.args["this"] if database_node is not None else None
        if database is None:
            common = self.binder.common_tables.get(name.lower())
            if common is not None:
                return self._common(common, alias or name)
        table = self.binder.find_table(name, database)
        self._check_index_hint(node, table)
        tree = self.binder.context.trees[table.tree_id]
        flags = None if table.tree_id == SCHEMA_TREE else tree.flags
        return table_source(self.binder.next_source(), table, alias or name, flags)

    def _check_index_hint(self, node: Any, table: TableDef) -> None:
        hint = node.args.get("indexed")
        if isinstance(hint, exp.Table):
            name = hint.args["this"].args["this"]
            if not any(index.name.lower() == name.lower() for index in table.indexes):
                raise SqlError(f"no such index: {name}")

    def _common(self, common: CommonTable, alias: str) -> Source:
        if common.busy:
            raise NotSupported("recursive common table expression")
        outside = self.binder.common_tables
        self.binder.common_tables = common.visible
        common.busy = True
        try:
            query = self.binder.bind_query(common.node, None)
        finally:
            common.busy = False
            self.binder.common_tables = outside
        return self._derived(query, alias, common)

    def _derived(self, query: Query, alias: str, common: CommonTable | None) -> Source:
        columns = query.columns
        if common is not None and common.columns is not None:
            if len(common.columns) != len(columns):
                raise SqlError(
                    f"table {common.name} has {len(columns)} values for {len(common.columns)} columns"
                )
            names = common.columns
        else:
            names = [info.name for info in columns]
        infos = [
            ColumnInfo(name, info.classes, info.affinity, info.collation, info.declared_type)
            for name, info in zip(_distinct_names(names), columns, strict=True)
        ]
        return Source(number=self.binder.next_source(), alias=alias, columns=infos, query=query)


def _position(source: Source, name: str) -> int:
    return next(i for i, info in enumerate(source.columns) if info.name.lower() == name.lower())


def _distinct_names(names: list[str]) -> list[str]:
    """Column names of a derived table: a repeated one gets ``:1``, ``:2`` … as SQLite names them."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, n = name, 0
        while candidate.lower() in taken:
            n += 1
            candidate = f"{name}:{n}"
        taken.add(candidate.lower())
        result.append(candidate)
    return result
