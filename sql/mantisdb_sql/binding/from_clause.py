"""Binding FROM: the joins and what each of them makes visible.

A FROM clause, or a join in parentheses, is one *level*: a list of items, each a source or a join in parentheses
in its turn. First all sources of the level are bound, then the ON and USING clauses from left to right, which see
all of them, as in SQLite; an ON of an outer join (of any join, where there is a RIGHT or FULL JOIN) must not read
what is to its right.

What is bound is left-deep. A join in parentheses on the right side of an outer join is a *group* that is joined
before the rest; elsewhere its joins stand among the others. A RIGHT or FULL JOIN makes a group of everything up to
it. NATURAL and USING become equalities.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.comparisons import compare
from mantisdb_sql.binding.mistakes import raise_earlier_condition
from mantisdb_sql.binding.plan import Join, JoinGroup, Select, Source, sources_of
from mantisdb_sql.binding.scope import Export, FromItem, Place, Scope, Stage
from mantisdb_sql.binding.source import SourceBinder, unique_name
from mantisdb_sql.binding.table_function import bind_arguments, check_arguments, side_of_function
from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.ast.nodes import new
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.binding.query import SelectBinder

_QUERIES = (exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Values)


@dataclass(slots=True, eq=False)
class _Item:
    """One item of a level: how it is joined, what it shows, and the joins that it consists of."""

    shown: FromItem
    joins: list[Join]
    where: list[Expr] = field(default_factory=list)
    kind: str = "INNER"  # or CROSS: the order stays
    on: Any = None
    conditions: list[Expr] = field(default_factory=list)
    is_wrong: bool = False  # NATURAL with ON or USING

    @property
    def side(self) -> str:
        """LEFT, RIGHT, FULL or nothing."""
        return self.shown.side

    @property
    def sources(self) -> list[Source]:
        """All sources of the item."""
        return [source for join in self.joins for source in join.source.members]


class FromBinder:
    """Binds the FROM clause of one SELECT into ``scope``; ``joins`` and ``where`` are the result.

    ambiguous  at a first look (see expansion.py), the first name of USING that was ambiguous: SQLite goes on after it
    """

    def __init__(self, binder: SelectBinder, scope: Scope) -> None:
        self.binder = binder
        self.scope = scope
        self.sources = SourceBinder(binder, scope)
        self.joins: list[Join] = []
        self.where: list[Expr] = []
        self.ambiguous: SqlError | None = None

    def bind(self, select: exp.Expression) -> None:
        """Bind ``select``'s FROM and joins."""
        clause = select.args.get("from_")
        if clause is None:
            return
        first = clause.args["this"]
        rest = [*(first.args.get("joins") or ()), *(select.args.get("joins") or ())]
        if self.scope.sources and rest:
            # The target of an UPDATE stands beside its FROM, which is as if in parentheses.
            self._level([(first, rest, None)])
        else:
            self._level([(first, None, None), *((join.args["this"], None, join) for join in rest)])

    # ------------------------------------------------------------------------------------------------- levels

    def _level(self, parts: list[tuple[Any, Any, Any]]) -> None:
        """Bind items, given as (source, joins in the same parentheses, join in front)."""
        parts = _without_first_parentheses(parts)
        items = [self._item(node, inner, join) for node, inner, join in parts]
        scope = self.scope
        for source in scope.sources:
            if not scope.items:
                scope.items.append(FromItem(source.alias, source))
        for item in items:
            scope.items.append(item.shown)
            scope.sources += item.sources
        if len(scope.items) == 1 and scope.items[0].source is not None:
            scope.items.clear()
        is_turned = any(item.side in ("RIGHT", "FULL") for item in items)
        merged = [self._merged(items[:i], item, is_turned) for i, item in enumerate(items)]
        scope.stage = Stage.ARGUMENTS
        bind_arguments([item.joins[0].source for item in items if item.shown.source], scope, self.binder.expressions)
        scope.stage = Stage.ON
        for i, item in enumerate(items):
            item.conditions += [compare("=", scope.value(left), scope.value(right)) for left, right in merged[i]]
            self._conditions(items, i, is_turned)
            if item.side in ("LEFT", "FULL"):
                _make_nullable(item.sources)
            if item.side in ("RIGHT", "FULL"):
                _make_nullable([source for earlier in items[:i] for source in earlier.sources])
        if not is_turned:
            for item in items:
                if item.on is not None and not item.side:
                    item.conditions += self.binder.expressions.conjuncts(item.on, scope)
        for item in items:
            self._join(item)

    def _item(self, node: Any, inner: Any, join: Any, outer_alias: str | None = None) -> _Item:
        alias_node = node.args.get("alias") if inner is None else None
        alias = alias_node.args["this"].args["this"] if alias_node is not None else None
        content = node.args["this"] if isinstance(node, exp.Subquery) and inner is None else None
        if content is not None and not isinstance(content, _QUERIES):
            inner = content.args.get("joins") or []
            if not inner:
                return self._item(_bare(content), None, join, outer_alias or alias)
            node = content
        if inner is None:
            source = self.sources.bind(node, outer_alias or alias)
            item = _Item(FromItem(source.alias, source), [Join(source, "INNER")])
        else:
            item = self._parenthesized(node, inner, outer_alias or alias or "")
        if join is not None:
            self._join_words(item, join)
        return item

    def _parenthesized(self, first: Any, joins: list[Any], alias: str) -> _Item:
        scope = Scope(query=self.scope.query, parent=self.scope.parent, is_lenient=self.scope.is_lenient)
        level = FromBinder(self.binder, scope)
        try:
            level._level([(first, None, None), *((join.args["this"], None, join) for join in joins)])
        except SqlError:
            if scope.stage in (Stage.ON, Stage.ARGUMENTS):
                _exported(alias, scope)  # SQLite looks at ON after these
            if scope.stage is Stage.ON:
                raise_earlier_condition(self.binder, joins, scope)
            raise
        if level.ambiguous is not None:
            raise level.ambiguous
        for source in scope.sources:
            source.is_nested = True
        return _Item(_exported(alias, scope), level.joins, level.where)

    def _merged(self, before: list[_Item], item: _Item, is_turned: bool) -> list[tuple[Place, Place]]:
        """The columns on the left and on the right that NATURAL or USING joins."""
        shown, found = item.shown, []
        if item.is_wrong:
            raise SqlError("a NATURAL join may not have an ON or USING clause")
        if shown.using == ("*",):
            left = [earlier.shown for earlier in before]
            shown.names = [name for name in _columns(shown) if _leftmost(left, name) is not None]
        shown.using = tuple(lower_ascii(name) for name in shown.names)
        for name in shown.names:
            try:
                found.append(_merged(before, shown, name, is_turned))
            except _Ambiguous as error:
                if self.binder.expansion is None:
                    raise
                self.ambiguous = self.ambiguous or error
                found.append(_merged(before, shown, name, False))
        return found

    def _join_words(self, item: _Item, join: Any) -> None:
        """What the join operator, ON and USING say."""
        item.shown.side = (join.args.get("side") or "").upper()
        if (join.args.get("kind") or "").upper() == "CROSS" and join.meta.get("op") != ",":
            item.kind = "CROSS"
        item.on = join.args.get("on")
        if (join.args.get("method") or "").upper() == "NATURAL":
            item.shown.using = ("*",)
            item.is_wrong = item.on is not None or bool(join.args.get("using"))
        else:
            item.shown.names = [
                identifier.args["this"] if isinstance(identifier, exp.Identifier) else identifier.name
                for identifier in join.args.get("using") or ()
            ]

    # --------------------------------------------------------------------------------------------- conditions

    def _conditions(self, items: list[_Item], i: int, is_turned: bool) -> None:
        """Bind what joins item ``i`` to those before it; a plain ON waits where it may read to its right."""
        item = items[i]
        if item.joins[0].source.function is not None:
            later_items = range(i + 1, len(items))
            is_left_of_right = any(items[k].side in ("RIGHT", "FULL") for k in later_items)
            is_fixed = is_left_of_right or item.side in ("RIGHT", "FULL")
            outer = next((k for k in later_items if items[k].side or is_fixed), len(items))
            cross = next((k for k in later_items if items[k].kind == "CROSS"), len(items))
            check_arguments(item.joins[0].source, _numbers(items[outer:]), _numbers(items[cross:]))
        if item.on is None or not (item.side or is_turned):
            return
        self.scope.in_outer_on = bool(item.side)
        item.conditions += self.binder.expressions.conjuncts(item.on, self.scope)
        self.scope.in_outer_on = False
        right = _numbers(items[i + 1 :])
        sources = _always_there(items)
        if any(_read_by(condition, sources) & right for condition in item.conditions):
            raise SqlError("ON clause references tables to its right")

    # -------------------------------------------------------------------------------------------------- joins

    def _join(self, item: _Item) -> None:
        """Put an item behind the joins so far."""
        side = item.side
        if item.joins[0].source.function is not None and len(item.joins) == 1:
            before = {source.number for join in self.joins for source in join.source.members}
            side = side_of_function(item.joins[0].source, before, side)
            for join in self.joins if side != item.side else ():
                if join.source.function is not None:
                    join.source.function.is_outer = True
        if side == "LEFT":
            join = item.joins[0]
            if len(item.joins) > 1 or item.where:
                join = Join(self._group(Select(joins=item.joins, where=item.where)), "LEFT")
            join.kind, join.on = "LEFT", item.conditions
            self.joins.append(join)
        elif side:
            right = item.joins[0]
            if len(item.joins) > 1 or item.where:
                right = Join(self._group(Select(joins=item.joins, where=item.where)), "INNER")
            right.on = item.conditions
            source = self._group(Select(joins=self.joins, where=self.where))
            assert source.group is not None
            source.group.right, source.group.full = right, side == "FULL"
            self.joins, self.where = [Join(source, "INNER")], []
        else:
            if len(item.joins) == 1:
                item.joins[0].kind = "CROSS" if item.kind == "CROSS" else "INNER"
            self.joins += item.joins
            self.where += item.where + item.conditions

    def _group(self, select: Select) -> Source:
        return Source(number=self.binder.next_source(), alias="", columns=[], group=JoinGroup(select))


def _without_first_parentheses(parts: list[tuple[Any, Any, Any]]) -> list[tuple[Any, Any, Any]]:
    """Items where a join in parentheses that stands first, and has no alias, is taken apart: it means the same."""
    node, inner, _ = parts[0]
    while inner is None and isinstance(node, exp.Subquery) and node.args.get("alias") is None:
        content = node.args["this"]
        if isinstance(content, _QUERIES):
            break
        joins = content.args.get("joins") or ()
        parts = [(content, None, None), *((join.args["this"], None, join) for join in joins), *parts[1:]]
        node = content
    return parts


def _bare(node: Any) -> Any:
    """A source without its alias: SQLite forgets it where the source stands alone in parentheses that are not the first
    of FROM, or have an alias themselves."""
    bare = new(type(node), **{name: part for name, part in node.args.items() if name != "alias"})
    bare._meta = node._meta
    return bare


def _numbers(items: list[_Item]) -> set[int]:
    return {source.number for item in items for source in item.sources}


def _read_by(condition: Expr, sources: list[Source]) -> set[int]:
    """The sources that a condition reads, as SQLite sees it: whether a column is NULL that cannot be is no question."""
    found: set[int] = set()
    stack = [condition]
    while stack:
        node = stack.pop()
        if isinstance(node, bound.IsNull) and _is_never_null(node.operand, sources):
            continue
        parts = [] if bound.is_query(node) else bound.children(node)
        stack += parts
        if not parts:
            found |= sources_of(node)
    return found


def _always_there(items: list[_Item]) -> list[Source]:
    """The sources of which no outer join makes a row of NULLs."""
    found: list[Source] = []
    for item in items:
        if item.side in ("RIGHT", "FULL"):
            found.clear()
        if item.side not in ("LEFT", "FULL"):
            found += item.sources
    return found


def _is_never_null(operand: Expr, sources: list[Source]) -> bool:
    """Whether it is a rowid or a NOT NULL column, with a sign or not, of one of some sources."""
    while isinstance(operand, bound.Unary) and operand.op in "+-":
        operand = operand.operand
    if not isinstance(operand, bound.Column | bound.Rowid):
        return False
    source = next((source for source in sources if source.number == operand.source), None)
    if source is None or source.table is None:
        return False
    return isinstance(operand, bound.Rowid) or source.table.columns[operand.position].not_null


def _make_nullable(sources: list[Source]) -> None:
    for source in sources:
        source.nullable = True


def _columns(item: FromItem) -> list[str]:
    """The names that a NATURAL JOIN of the item is about."""
    if item.source is not None:
        return [name for _, name in item.source.shown_columns]
    return [export.unique for export in item.exports if export.starred]


def _leftmost(items: list[FromItem], name: str) -> Place | None:
    """The first column called ``name``."""
    wanted = lower_ascii(name)
    for item in items:
        if item.source is not None:
            position = item.source.position(wanted)
            if position is not None:
                return ((item.source, position),)
            continue
        for export in item.exports:
            if lower_ascii(export.unique) == wanted:
                return export.place
    return None


class _Ambiguous(SqlError):
    """A name of USING that several tables on the left have."""


def _merged(items: list[_Item], right: FromItem, name: str, is_turned: bool) -> tuple[Place, Place]:
    """The columns on the left and on the right that USING joins by a name."""
    wanted = lower_ascii(name)
    before = [item.shown for item in items]
    left_place, right_place = _leftmost(before, name), _leftmost([right], name)
    if left_place is None or right_place is None:
        raise SqlError(f"cannot join using column {name} - column not present in both tables")
    if not is_turned:
        return left_place, right_place
    columns: list[tuple[Source, int]] = []
    for item in before:
        place = _leftmost([item], name)
        if place is None:
            continue
        if columns and wanted not in item.using:
            raise _Ambiguous(f"ambiguous reference to {name} in USING()")
        columns += place
    return tuple(columns), right_place


def _exported(alias: str, scope: Scope) -> FromItem:
    """What a level in parentheses offers; SqlError where it is ambiguous. Hidden from ``*`` is what USING joins to the
    left, and what has to be numbered because what USING merges is called so."""
    shown, names = FromItem(alias, None), _Names()
    items = scope.items or [FromItem(source.alias, source) for source in scope.sources]
    for i, item in enumerate(items):
        for name in items[i + 1].names if i + 1 < len(items) else ():
            place = scope.place(name)
            unique, starred = names.give(name, is_merged=True)
            shown.exports.append(Export(None, name, unique, place, starred, merged=True))
        if item.source is None:
            shown.tables += [(alias, source, names.give(name)[0]) for alias, source, name in item.tables]
            for export in item.exports:
                is_joined = lower_ascii(export.unique) in item.using
                unique, starred = names.give(export.unique)
                starred = starred and export.starred and not is_joined
                shown.exports.append(replace(export, unique=unique, starred=starred, merged=False))
            continue
        for position, name in item.source.shown_columns:
            place = scope.own_place(item.source, position)
            unique, starred = names.give(name)
            starred = starred and lower_ascii(name) not in item.using
            shown.exports.append(Export(item.alias, name, unique, place, starred, database=item.source.database))
        if item.source.has_rowid:
            scope.refuse_twin_rowid(item.source)
            shown.tables.append((item.alias, item.source, names.give("_ROWID_")[0]))
    return shown


class _Names:
    """The names that a level in parentheses has given to its columns."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._merged: set[str] = set()

    def give(self, name: str, is_merged: bool = False) -> tuple[str, bool]:
        """(a name for another column, whether ``*`` shows it); ``is_merged``: USING merges it."""
        tried: list[str] = []
        unique = unique_name(name, self._taken, tried)
        is_shown = self._merged.isdisjoint(tried)
        if is_merged:
            self._merged.add(lower_ascii(unique))
        return unique, is_shown
