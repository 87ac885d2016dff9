"""Scopes: which names mean what, where (https://www.sqlite.org/lang_select.html, and SQLite's own practice).

A scope is the FROM clause of one SELECT, inside the scope of the query around it. An unqualified name is
looked for among the columns of the sources; then, if one source is a table, as its rowid; then among the
aliases of the result columns; then outside. Names compare without regard to ASCII case.

Joins (https://www.sqlite.org/lang_select.html#strange_join_names and select.c's practice). A name that USING or
NATURAL joins means the leftmost of the joined columns; of a RIGHT JOIN the right one, and of a FULL JOIN the first
of them that is not NULL. What a join in parentheses offers is listed by its :class:`Export` records: first, in
front of each table, the columns that USING merges with the next one, then the table's own.

A SELECT that groups has two *phases*: while its rows are read (WHERE, GROUP BY, arguments of aggregates) a
column is the current row's; once there are groups (results, HAVING, ORDER BY) a grouping key is read from the
group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum

from sqlglot import exp

from mantisdb_sql.binding.bound import Case, Column, Expr, IsNull, Literal, Rowid
from mantisdb_sql.binding.operator_types import BOOLEAN
from mantisdb_sql.binding.plan import Grouping, Query, Source, Windowing, references
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.storage import INTEGER, NULL, Affinity

ROWID_NAMES = ("rowid", "_rowid_", "oid")

# What SQLite calls the places in the schema where an expression depends on a row of its table alone.
CHECKS = "CHECK constraints"
GENERATED_COLUMNS = "generated columns"
INDEX_COLUMNS = "index expressions"
PARTIAL_INDEX = "partial index WHERE clauses"
ROW_PLACES = (INDEX_COLUMNS, GENERATED_COLUMNS)
"""Where, moreover, columns are named without their table."""


class Stage(IntEnum):
    """The parts of a SELECT, in the order in which SQLite looks for mistakes in them."""

    FROM = 0
    LIMIT = 1
    RESULTS = 2
    HAVING = 3
    WHERE = 4
    ON = 5
    ARGUMENTS = 6
    ORDER = 7
    GROUP = 8


Place = tuple[tuple[Source, int], ...]
"""What a name means: a column, or the first of several that is not NULL."""


@dataclass(slots=True, eq=False)
class Export:
    """A column that a join in parentheses offers outside: as ``database.table.column`` (table None: merged by USING),
    under the alias of the parentheses as ``unique``. ``starred``: whether ``*`` has it; ``merged``: USING merges it in
    these very parentheses, so that it stands for those behind it (further out it is one of them)."""

    table: str | None
    column: str
    unique: str
    place: Place
    starred: bool
    merged: bool = False
    database: str = ""

    def is_called(self, wanted: str, table: str | None, database: str | None) -> bool:
        """Whether a name, in lower case, means it."""
        if lower_ascii(self.column) != wanted:
            return False
        if database is not None and lower_ascii(database) != lower_ascii(self.database):
            return False
        return table is None or (self.table is not None and lower_ascii(self.table) == lower_ascii(table))


@dataclass(slots=True, eq=False)
class FromItem:
    """What stands between two joins: a source, or a join in parentheses. ``side`` and ``using`` are those of the
    join in front of it; ``names`` are those of ``using`` as they are written."""

    alias: str
    source: Source | None
    exports: list[Export] = field(default_factory=list)
    tables: list[tuple[str, Source, str]] = field(default_factory=list)  # those that have rowids, and their names
    side: str = ""
    using: tuple[str, ...] = ()
    names: list[str] = field(default_factory=list)

    def find(self, wanted: str, table: str | None, database: str | None) -> Sequence[tuple[Place, str, bool]]:
        """The columns called ``wanted``, each with its name, and whether it is the last to look at."""
        source = self.source
        if source is not None:
            position = source.position(wanted)
            if position is None or (table is not None and not _matches(source, table, database)):
                return ()
            return ((((source, position),), source.columns[position].name, True),)
        found = []
        for export in self.exports:
            if export.is_called(wanted, table, database):
                found.append((export.place, export.unique, export.merged))
        if table is not None and database is None and not found and lower_ascii(self.alias) == lower_ascii(table):
            found += [
                (export.place, export.unique, True)
                for export in self.exports
                if lower_ascii(export.unique) == wanted
            ]
        return found

    def rowids(self, table: str | None, database: str | None) -> Iterator[tuple[Source, str]]:
        """The sources whose rowid is visible, each with the name of a result that it is, if that is not the usual."""
        source = self.source
        if source is not None:
            if (source.has_rowid or source.function is not None) and _matches(source, table, database):
                yield source, ""
            return
        for alias, member, name in self.tables:
            if table is None or lower_ascii(alias) == lower_ascii(table):
                yield member, name


@dataclass(slots=True, eq=False)
class Scope:
    """Names visible in one SELECT.

    sources   all of FROM, those within parentheses included
    items     what FROM consists of where it has joins; else each source is one
    aliases   result aliases in lower case -> AST of the result expression
    grouped   the phase: whether columns are those of a group
    stage     the part that is being bound
    is_trigger  RETURNING, which is a trigger to SQLite: no aggregate in a subquery is over its row, and no database
                is named in front of its columns
    is_stored  an expression of the schema, where "x" may be a string whatever the connection says
    within    the place in the schema where the expression stands, if it may depend on a row of its table alone
    single_group  an aggregate query without GROUP BY: its bare columns are NULL where there are no rows
    is_lenient  no name is ambiguous: it means the first of what it may mean
    has_rowids  whether rowids have names: not so in columns of indexes and generated columns
    """

    query: Query
    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    items: list[FromItem] = field(default_factory=list)
    qualified: set[int] = field(default_factory=set)  # sources that only qualified names mean
    aliases: dict[str, exp.Expression] = field(default_factory=dict)
    sees_aliases: bool = True  # result columns do not see each other's aliases
    resolving: set[str] = field(default_factory=set)
    grouping: Grouping | None = None
    grouped: bool = False
    stage: Stage = Stage.FROM
    is_trigger: bool = False
    is_stored: bool = False
    within: str = ""
    single_group: bool = False
    is_lenient: bool = False
    has_rowids: bool = True
    bare: bool = False
    allow_aggregates: bool = False
    allow_windows: bool = False
    windowing: Windowing | None = None
    windows: list[exp.Expression] = field(default_factory=list)  # of the WINDOW clause
    aggregate_name: str = ""  # set while the arguments of an aggregate are bound
    in_outer_on: bool = False  # in the ON clause of an outer join
    borrowed: str = ""  # an aggregate of a query outside, in WHERE, where only a query that aggregates may have it
    _each: list[FromItem] = field(default_factory=list, init=False)  # the sources, where ``items`` is empty

    def refuse(self, what: str) -> None:
        """Refuse what must not stand in an expression that depends on a row alone."""
        if self.within:
            raise SqlError(f"{what} prohibited in {self.within}")

    @property
    def is_in_no_query(self) -> bool:
        """Whether it is that of an expression in another statement: of an assignment, a row of INSERT, an index …"""
        return self.stage is Stage.FROM and not self.is_trigger

    @property
    def is_sorted(self) -> bool:
        """Whether an ORDER BY has more than one row to sort, and somebody wants these."""
        if self.windowing is not None and self.windowing.calls:
            return True
        grouping = self.grouping
        is_one_group = grouping is not None and bool(grouping.aggregates) and not grouping.explicit
        return bool(self.sources) and not is_one_group and not self.query.is_tested

    @contextmanager
    def phase(
        self, grouped: bool, allow_aggregates: bool = False, allow_windows: bool = False
    ) -> Iterator[None]:
        """Bind what is inside the ``with`` in the given phase."""
        before = self.grouped, self.allow_aggregates, self.allow_windows
        self.grouped, self.allow_aggregates, self.allow_windows = grouped, allow_aggregates, allow_windows
        try:
            yield
        finally:
            self.grouped, self.allow_aggregates, self.allow_windows = before

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
        if source.guard is not None and not source.guard.allows(position):
            return Literal(None, classes=NULL)
        if position in source.looped:
            raise SqlError(f'generated column loop on "{source.looped[position]}"')
        if source.function is not None:
            source.function.wanted.add(position)
        if info.mistake is not None:
            info.mistake.tell()
        empty = self._may_be_empty()
        classes = info.classes | NULL if empty or source.nullable else info.classes
        return Column(
            source=source.number,
            position=position,
            name=info.name,
            classes=classes,
            affinity=info.affinity,
            collation=info.collation,
            json=0 if info.json and self._sorts_groups() else info.json,
            twin=info.twin,
        )

    def _sorts_groups(self) -> bool:
        """Whether SQLite brings rows into the order of their groups by sorting, which forgets what is JSON: it need not
        where the first table's rowid is the only key."""
        if self.grouping is None or not self.grouping.explicit:
            return False
        first, keys = self.sources[0], self.grouping.keys
        if len(keys) != 1 or first.table is None:
            return True
        key = keys[0]
        if isinstance(key, Rowid):
            return key.source != first.number
        return not (
            isinstance(key, Column) and key.source == first.number and key.position == first.table.rowid_alias
        )

    def rowid(self, source: Source, name: str = "") -> Expr:
        """The current rowid of ``source``; the column that holds it, where there is one."""
        if source.table is not None and source.table.rowid_alias is not None:
            column = self.column(source, source.table.rowid_alias)
            if isinstance(column, Column):  # NULL where an authorizer ignores it
                column.name = name or column.name
            return column
        if source.guard is not None and not source.guard.allows(-1):
            return Literal(None, classes=NULL)
        source.uses_rowid = True
        empty = self._may_be_empty()
        classes = INTEGER | NULL if empty or source.nullable else INTEGER
        return Rowid(
            source=source.number,
            name=name or "rowid",
            classes=classes,
            affinity=Affinity.INTEGER,
        )

    def _may_be_empty(self) -> bool:
        if self.grouped:
            self.bare = True
            return self.single_group
        return False

    def find(self, name: str, table: str | None, database: str | None) -> Expr | None:
        """The column called ``name`` among this scope's own sources."""
        if self.is_trigger and database is not None:
            return None
        wanted = lower_ascii(name)
        items = self._visible(table)
        place, found_name = self._place(items, wanted, table, database)
        if place is None:
            raise SqlError("ambiguous column name: " + spell(name, table, database))
        if place:
            return self.value(place, found_name)
        if wanted in ROWID_NAMES and self.has_rowids:
            tables = [found for item in items for found in item.rowids(table, database)]
            if len(tables) > 1:
                raise SqlError("ambiguous column name: " + spell(name, table, database))
            if tables:
                return self.rowid(*tables[0])
        return None

    def origin(self, name: str, table: str | None, database: str | None) -> tuple[Source, int] | None:
        """Where :meth:`find` finds it: a source and a position, that of a rowid -1 where no column holds it."""
        items = self._visible(table)
        place, _ = self._place(items, lower_ascii(name), table, database)
        if place or lower_ascii(name) not in ROWID_NAMES or not self.has_rowids:
            return place[0] if place else None
        for item in items:
            for source, _ in item.rowids(table, database):
                alias = None if source.table is None else source.table.rowid_alias
                return source, -1 if alias is None else alias
        return None

    def _visible(self, table: str | None) -> list[FromItem]:
        """What a name can be of: without a ``table`` in front of it, not of all sources."""
        items = self.items
        if not items:
            items = self._each
            if len(items) != len(self.sources):
                items = self._each = [FromItem(source.alias, source) for source in self.sources]
        if self.qualified and table is None:
            items = [i for i in items if i.source is None or i.source.number not in self.qualified]
        return items

    def _place(
        self, items: list[FromItem], wanted: str, table: str | None, database: str | None
    ) -> tuple[Place | None, str]:
        """The columns that are meant (none: there is no such name; None: it is ambiguous), and their name."""
        found: list[Place] = []
        merged = 0  # how many of them a FULL JOIN joins to the next one
        shown = ""
        for item in items:
            hits = 0
            for place, own_name, is_last in item.find(wanted, table, database):
                hits += 1
                if found:
                    if wanted not in item.using or (hits > 1 and item.side in ("RIGHT", "FULL")):
                        merged = 0
                    elif item.side == "RIGHT":
                        found.clear()
                        merged = 0
                    elif item.side == "FULL":
                        merged += 1
                    else:
                        continue
                found.append(place)
                shown = own_name
                if is_last:
                    break
        if len(found) == 1:
            return found[0], shown
        if found and merged != len(found) - 1:
            return (found[0] if self.is_lenient else None), shown
        return tuple([column for place in found for column in place]), shown

    def place(self, name: str) -> Place:
        """What a name of USING means here; SqlError where a table without USING has it as well."""
        place, _ = self._place(self.items, lower_ascii(name), None, None)
        if place is None:
            raise SqlError(f"ambiguous column name: {name}")
        assert place, "USING names a column of both sides"
        return place

    def own_place(self, source: Source, position: int) -> Place:
        """What ``database.table.column`` means, as part of ``*``; SqlError where another table is called so too."""
        if not source.alias:
            return ((source, position),)
        name = source.columns[position].name
        place, _ = self._place(self.items, lower_ascii(name), source.alias, source.database)
        if place is None:
            raise SqlError("ambiguous column name: " + spell(name, source.alias, source.database))
        return place or ((source, position),)

    def refuse_twin(self, name: str, table: str | None) -> None:
        """SqlError where ``*`` writes, of a join in parentheses, a name that several columns have."""
        place, _ = self._place(self.items, lower_ascii(name), table, None)
        if place is None:
            raise SqlError("ambiguous column name: " + spell(name, table, None))

    def refuse_twin_rowid(self, source: Source) -> None:
        """SqlError where another table of the same name has a rowid too."""
        found = [each for item in self.items for each in item.rowids(source.alias, source.database)]
        if len(found) > 1 and not self.is_lenient:
            raise SqlError("ambiguous column name: " + spell("_ROWID_", source.alias, source.database))

    def value(self, place: Place, name: str = "") -> Expr:
        """The current value of what a name means."""
        if len(place) == 1:
            ((source, position),) = place
            column = self.column(source, position)
            if name and isinstance(column, Column):
                column.name = name
            return column
        columns = [self.column(source, position) for source, position in place]
        classes = columns[-1].classes
        for column in columns[:-1]:
            classes |= column.classes & ~NULL
        return Case(
            whens=[(IsNull(column, negated=True, classes=BOOLEAN), column) for column in columns[:-1]],
            default=columns[-1],
            classes=classes,
            affinity=columns[0].affinity,
            collation=columns[0].collation,
            is_merged=True,
        )


def _matches(source: Source, table: str | None, database: str | None) -> bool:
    if table is None:
        return True
    if lower_ascii(source.alias) != lower_ascii(table):
        return False
    return database is None or lower_ascii(database) == lower_ascii(source.database)


def spell(name: str, table: str | None, database: str | None) -> str:
    """A qualified name as error messages show it."""
    return ".".join(([database] if database else []) + ([] if table is None else [table]) + [name])


def note_outer(scope: Scope, owner: Scope, expr: Expr) -> None:
    """Record, in every query between ``scope`` and ``owner``, that it reads ``expr`` from outside."""
    inner: Scope | None = scope
    while inner is not None and inner is not owner:
        if inner.query is not owner.query:
            inner.query.outer.update(dict.fromkeys(references(expr)))
        inner = inner.parent
