"""Foreign keys that lead nowhere: a statement that touches one is refused when it is compiled.

SQLite compiles on after the first mistake, and the last one is what it reports: what actions need, else the first of
the table's own keys, else the first of those that name it, else what is wrong in a trigger, or in a change that an
action asks for. Of an UPDATE or INSERT that removes rows which are in its way, that removal comes first, and so is told
of last. Keys are resolved in that order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mantisdb_sql.catalog.column_loops import with_generated
from mantisdb_sql.catalog.definitions import Catalog, TableDef
from mantisdb_sql.changes.key_relations import ForeignKey, Links, Manner, Relations
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.context import CompileContext

__all__ = [
    "Attempt", "accepts_new_row", "is_looked_at", "is_written", "possible_touches", "refuse_where_deferred",
    "refuse_wrong_keys", "touches_keys",
]

Seen = set[tuple[ForeignKey, bool]]
"""Keys whose actions have been looked at, with whether it was those of rows that go."""

Attempt = Callable[[str, TableDef], None]
"""Compiles a statement that changes a table, and raises what is wrong with it."""


def refuse_wrong_keys(
    context: CompileContext, table: TableDef, manner: Manner, changed: Sequence[int] | None, *, acts: bool
) -> None:
    """Refuse a statement that fires triggers and touches keys that lead nowhere, if it heeds keys; or that sets off
    actions which do (``acts``)."""
    relations = Relations.of(context.schema)
    links = relations.by_tree.get(table.tree_id)
    if links is not None and context.foreign_keys:
        seen = set() if acts else {(foreign, goes) for foreign in links.naming for goes in (False, True)}
        touches_keys(relations, links, replace(manner, defers=context.defers_keys), changed, seen=seen)


def touches_keys(
    relations: Relations, links: Links, manner: Manner, changed: Sequence[int] | None, attempt: Attempt | None = None,
    seen: Seen | None = None,
) -> bool:
    """Whether what a statement does has to be looked at. ``seen``: actions that need not be looked at."""
    seen = set() if seen is None else seen
    if manner.lenient:
        for foreign in (*links.own, *links.naming):
            with suppress(SqlError):
                foreign.resolve(relations.catalog)
        if attempt is not None:
            acting = [f for f in links.naming if f.is_known and f.on_delete != "NO ACTION"]
            _look_at_actions(relations, acting, None, seen, manner.defers, attempt)
        return True
    if manner.updates:
        looks_at_all = not manner.alone or any(_is_touched(links, written) for written in manner.updates)
        for foreign in (*links.own, *(links.naming if looks_at_all else ())):
            foreign.resolve(relations.catalog)
    touched = possible_touches(relations, links, manner, attempt, seen)
    if manner.alone and not any(touched):
        return accepts_new_row(links, relations.catalog)
    may_remove = manner.may_remove or (manner.could_remove and _is_written_again(links, changed))
    follows = _touching(relations, links, changed, manner.removes, manner.defers, looks_at_all=not may_remove)
    gone = None
    if may_remove:
        gone = _touching(relations, links, None, True, manner.defers)
        _look_at_actions(relations, gone or [], None, seen, manner.defers, attempt)
    _look_at_actions(relations, follows or [], changed, seen, manner.defers, attempt)
    return follows is not None or (manner.may_remove and gone is not None)


def _is_written_again(links: Links, changed: Sequence[int] | None) -> bool:
    """Whether SQLite takes an UPDATE for the removal of a row and a new one: it writes the primary key of a WITHOUT
    ROWID table, a foreign key that names its own table, or one that actions follow from (``sqlite3FkRequired``)."""
    table = links.table
    if changed is None:
        return False
    if table.key_index is not None and not table.key_index.reads.isdisjoint(changed):
        return True
    itself = lower_ascii(table.name)
    return any(
        lower_ascii(f.parent_name) == itself and is_written(table, f.positions, changed) for f in links.own
    ) or any(f.on_update != "NO ACTION" and _names_written(table, f, changed) for f in links.naming)


def _is_touched(links: Links, changed: Sequence[int]) -> bool:
    """Whether an UPDATE writes columns of a key, or that one names."""
    return any(is_written(links.table, f.positions, changed) for f in links.own) or any(
        _names_written(links.table, f, changed) for f in links.naming
    )


def possible_touches(
    relations: Relations, links: Links, manner: Manner, attempt: Attempt | None = None, seen: Seen | None = None
) -> list[bool]:
    """Of each way in which another row may be updated instead, whether it may touch a key."""
    seen = set() if seen is None else seen
    return [_concerned(relations, links, written, seen, False, manner.defers, attempt) for written in manner.updates]


def accepts_new_row(links: Links, catalog: Catalog) -> bool:
    """As :func:`_concerned`, of one new row. That it may be a parent matters to nobody but deferred keys."""
    for foreign in links.own:
        foreign.resolve(catalog)
    for foreign in links.naming:
        try:
            foreign.resolve(catalog)
        except SqlError:
            if foreign.is_deferred:
                raise
    return True


def refuse_where_deferred(links: Links | None, catalog: Catalog) -> None:
    """Refuse keys that lead nowhere and that :func:`accepts_new_row` let be: a new parent matters where all are
    deferred."""
    try:
        for foreign in [] if links is None else links.naming:
            foreign.resolve(catalog)
    except SqlError as error:
        error.before_run = True
        raise


def _concerned(
    relations: Relations, links: Links, changed: Sequence[int] | None, seen: Seen, removes: bool,
    defers: bool, attempt: Attempt | None = None,
) -> bool:
    """Whether a change may touch a key, once it is seen that neither it nor its actions meet one that leads nowhere."""
    acting = _touching(relations, links, changed, removes, defers)
    _look_at_actions(relations, acting or [], changed, seen, defers, attempt)
    return acting is not None


def _touching(
    relations: Relations, links: Links, changed: Sequence[int] | None, removes: bool, defers: bool,
    looks_at_all: bool = True
) -> list[ForeignKey] | None:
    """The keys whose actions may follow from a change; None where it touches no key. Keys that lead nowhere are an
    error; of a change that touches no key, none is looked for; with one, all that name the table are, but for an
    INSERT.

    removes   without ``changed``: rows go, and none are new
    defers    RESTRICT does nothing, as all violations wait for the COMMIT
    looks_at_all  also at keys that it does not touch; else others do that
    """
    own = [f for f in links.own if changed is None or is_written(links.table, f.positions, changed)]
    naming = [f for f in links.naming if changed is None or _names_written(links.table, f, changed)]
    if not own and not naming:
        return None
    adds = changed is None and not removes
    acting = [f for f in naming if not adds and (f.on_delete if changed is None else f.on_update) != "NO ACTION"]
    asking = [f for f in acting if not defers or (f.on_delete if changed is None else f.on_update) != "RESTRICT"]
    mine = [f for f in links.own if f in own or f in links.naming]
    for foreign in (*reversed(asking), *mine, *naming, *(() if adds or not looks_at_all else reversed(links.naming))):
        foreign.resolve(relations.catalog)
    return acting


def _look_at_actions(
    relations: Relations, acting: Sequence[ForeignKey], changed: Sequence[int] | None, seen: Seen,
    defers: bool, attempt: Attempt | None,
) -> None:
    """Look at the changes of children that keys ask for, of which the first mistake is told, and only if there is none
    in what asks for them."""
    for foreign in acting:
        action, which = foreign.on_delete if changed is None else foreign.on_update, (foreign, changed is None)
        if which not in seen and action != "RESTRICT":
            seen.add(which)
            deletes = changed is None and action == "CASCADE"
            child = relations.links(foreign.child)
            for column in [] if deletes else [foreign.child.columns[p] for p in foreign.positions]:
                if column.generated is not None:
                    raise SqlError(f'cannot UPDATE generated column "{column.name}"')
            written = None if deletes else with_generated(foreign.child, foreign.positions)
            _concerned(relations, child, written, seen, deletes, defers, attempt)
            if attempt is not None:
                attempt(foreign.action_sql(action, changed is None), foreign.child)


def is_looked_at(links: Links, foreign: ForeignKey, written: Sequence[int]) -> bool:
    """Whether SQLite looks for the parent that a row of ``links`` asks for when an UPDATE has written some columns:
    those of the key, or, where it names its own table, those of any key."""
    table = links.table
    if is_written(table, foreign.positions, written):
        return True
    return foreign in links.naming and (
        any(is_written(table, f.positions, written) for f in links.own)
        or any(_names_written(table, f, written) for f in links.naming)
    )


def is_written(table: TableDef, positions: Collection[int], changed: Sequence[int]) -> bool:
    """Whether an UPDATE writes one of some columns; -1 among ``changed`` is the rowid, by whatever name."""
    return any(p in changed or (p == table.rowid_alias and -1 in changed) for p in positions)


def _names_written(table: TableDef, foreign: ForeignKey, changed: Sequence[int]) -> bool:
    """Whether an UPDATE writes a column that a foreign key names in its parent, or means by naming none."""
    if foreign.parent_columns is None:
        return is_written(table, [i for i, column in enumerate(table.columns) if column.primary_key], changed)
    named = [table.position(name) for name in foreign.parent_columns]
    return is_written(table, [position for position in named if position is not None], changed)
