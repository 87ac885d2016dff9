"""Scopes: which names mean what, where (https://www.sqlite.org/lang_select.html, and SQLite's own practice).

A scope is the FROM clause of one SELECT, inside the scope of the query around it. An unqualified name is
looked for among the columns of the sources; then, if one source is a table, as its rowid; then among the
aliases of the result columns; then outside. Names compare without regard to ASCII case.

A SELECT that groups has two *phases*: while its rows are read (WHERE, GROUP BY, arguments of aggregates) a
column is the current row's; once there are groups (results, HAVING, ORDER BY) a grouping key is read from the
group.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlglot import exp

from mantisdb_sql.bound import Column, Expr, Rowid
from mantisdb_sql.errors import SqlError
from mantisdb_sql.plan import Grouping, Query, Source
from mantisdb_sql.storage import INTEGER, NULL, Affinity

ROWID_NAMES = ("rowid", "_rowid_", "oid")


@dataclass(slots=True, eq=False)
class Scope:
    """Names visible in one SELECT.

    merged    (source, position) of columns that USING or NATURAL joined to one further left
    aliases   result aliases in lower case -> AST of the result expression
    grouped   the phase: whether columns are those of a group
    single_group  an aggregate query without GROUP BY: its bare columns are NULL where there are no rows
    """

    query: Query
    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    merged: set[tuple[int, int]] = field(default_factory=set)
    qualified: set[int] = field(default_factory=set)  # sources that only qualified names mean
    aliases: dict[str, exp.Expression] = field(default_factory=dict)
    sees_aliases: bool = True  # result columns do not see each other's aliases
    resolving: set[str] = field(default_factory=set)
    grouping: Grouping | None = None
    grouped: bool = False
    single_group: bool = False
    bare: bool = False
    allow_aggregates: bool = False
    aggregate_name: str = ""  # set while the arguments of an aggregate are bound

    @contextmanager
    def phase(self, grouped: bool, allow_aggregates: bool = False) -> Iterator[None]:
        """Bind what is inside the ``with`` in the given phase."""
        before = self.grouped, self.allow_aggregates
        self.grouped, self.allow_aggregates = grouped, allow_aggregates
        yield
        self.grouped, self.allow_aggregates = before

    def column(self, source: Source, position: int) -> Expr:
        """The current value of a column of ``source`` in this scope's phase."""
        if self.grouped and self.grouping is not None:
            for i, key in enumerate(self.grouping.keys):
                if isinstance(key, Column) and key.source == source.number and key.position == position:
                    return Column(
                        source=self.grouping.source,
                        position=i,
                        name=key.name,
                        classes=key.classes,
                        affinity=key.affinity,
                        collation=key.collation,
                    )
        info = source.columns[position]
        empty = self._may_be_empty()
        classes = info.classes | NULL if empty or source.nullable else info.classes
        return Column(
            source=source.number,
            position=position,
            name=info.name,
            classes=classes,
            affinity=info.affinity,
            collation=info.collation,
        )

    def rowid(self, source: Source) -> Expr:
        """The current rowid of ``source``; the column that holds it, where there is one."""
        assert source.table is not None
        if source.table.rowid_alias is not None:
            return self.column(source, source.table.rowid_alias)
        source.uses_rowid = True
        empty = self._may_be_empty()
        classes = INTEGER | NULL if empty or source.nullable else INTEGER
        return Rowid(source=source.number, classes=classes, affinity=Affinity.INTEGER, collation="BINARY")

    def _may_be_empty(self) -> bool:
        if self.grouped:
            self.bare = True
            return self.single_group
        return False

    def find(self, name: str, table: str | None, database: str | None) -> Expr | None:
        """The column called ``name`` among this scope's own sources."""
        wanted = name.lower()
        found: list[tuple[Source, int]] = []
        candidates = [
            s for s in self.sources if _matches(s, table, database) and (table or s.number not in self.qualified)
        ]
        for source in candidates:
            for position, info in enumerate(source.columns):
                if info.name.lower() == wanted and (table or (source.number, position) not in self.merged):
                    found.append((source, position))
                    break
        if len(found) > 1:
            raise SqlError("ambiguous column name: " + spell(name, table, database))
        if found:
            return self.column(*found[0])
        if wanted in ROWID_NAMES:
            tables = [s for s in candidates if s.table is not None]
            if len(tables) == 1 and (table or len(candidates) == 1):
                return self.rowid(tables[0])
        return None


def _matches(source: Source, table: str | None, database: str | None) -> bool:
    if table is None:
        return True
    if source.alias.lower() != table.lower():
        return False
    return database is None or (database.lower() == "main" and source.table is not None)


def spell(name: str, table: str | None, database: str | None) -> str:
    """A qualified name as error messages show it."""
    return ".".join(part for part in (database, table, name) if part)


def note_outer(scope: Scope, owner: Scope, expr: Expr) -> None:
    """Record, in every query between ``scope`` and ``owner``, that it reads ``expr`` from outside."""
    assert isinstance(expr, Column | Rowid)
    key = (expr.source, expr.position if isinstance(expr, Column) else -1)
    inner: Scope | None = scope
    while inner is not None and inner is not owner:
        if inner.query is not owner.query:
            inner.query.outer[key] = None
        inner = inner.parent
