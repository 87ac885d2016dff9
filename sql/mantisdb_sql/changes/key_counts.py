"""Violations of foreign keys, counted as SQLite counts them (fkey.c).

There are three counts, of a statement's violations of immediate keys, of those of deferred keys, and of whatever
immediate keys would count under PRAGMA defer_foreign_keys. The first refuses the statement if it is above zero in the
end, the others refuse a COMMIT. What was wrong before a statement is not looked for, so the counts say only what became
worse or better. For each row, in the order in which rows are written:

* a row that goes is looked at as a child, which takes 1 from the count where it has no parent; then as a parent, which
  adds 1 for each child but itself;
* a row that comes is looked at as a child, which adds 1 where it has no parent and is not its own; then as a parent,
  which takes 1 for each child.

Nothing is taken from a count that is zero at that moment: the look is left out. So a violation is mended only where
there is one to mend, whichever that is, and the order of rows matters. An UPDATE looks at keys by the columns that it
names, at all of a table's own that name the table itself.

A look sees the tables as they are at that moment. Here all has been done when the counting begins; what was there is
what is there now, less what came later, and more what went.

A child's values are compared with a parent's in two ways, which differ where columns have other affinities: the parent
is looked for with the child's values as the parent's columns would store them; children are looked for by comparing
columns, as ``=`` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mantisdb_sql.changes.key_mistakes import is_looked_at, is_written
from mantisdb_sql.changes.key_relations import ForeignKey, Key, Links, Row

__all__ = ["Counts", "Event", "Halted", "Violations"]

ChildCount = Callable[[ForeignKey, Sequence[Any]], int]
"""How many children have a parent's values now."""


@dataclass(slots=True)
class Event:
    """One row that was changed: ``old`` is None for one that is new, ``new`` for one that is gone; ``written`` are the
    columns that an UPDATE names, where they are known."""

    links: Links
    old: Row | None
    new: Row | None
    written: Sequence[int] | None = None


@dataclass(slots=True)
class Counts:
    """Violations that wait for a COMMIT: of ``deferred`` keys, and of ``others`` that PRAGMA defer_foreign_keys made
    wait."""

    deferred: int = 0
    others: int = 0

    @property
    def total(self) -> int:
        """What a COMMIT must find to be zero."""
        return self.deferred + self.others


class Halted(Exception):
    """A statement that adds one row ends at the first immediate key that refuses the row."""


@dataclass(slots=True)
class _Look:
    """What of a row's keys is looked at.

    own     as a child
    naming  as a parent
    stays   a row that is updated is still in its table, as it was, when its new form is looked at
    """

    own: list[ForeignKey]
    naming: list[ForeignKey]
    stays: bool = False


class Violations:
    """The counts of one statement, which begin with ``counts``.

    defers     PRAGMA defer_foreign_keys
    halts      the statement adds one row, and does nothing else
    immediate  violations that refuse the statement
    counts     those that wait
    """

    def __init__(
        self, trees: Any, events: Sequence[Event], counts: Counts, child_count: ChildCount, *, defers: bool, halts: bool
    ) -> None:
        self._trees, self._child_count, self._defers, self._halts = trees, child_count, defers, halts
        self.immediate, self.counts = 0, counts
        self._looks: dict[tuple[int, Sequence[int] | None], _Look] = {}
        self._exist: dict[ForeignKey, dict[Key, bool]] = {}
        self._found: dict[tuple[ForeignKey, Key], int] = {}
        # Of keys whose parents change: what has still to come, less what has still to go.
        self._moving = {f for links in {id(e.links): e.links for e in events}.values() for f in links.naming}
        self._parents: dict[ForeignKey, Counter[Key]] = {f: Counter() for f in self._moving}
        self._children: dict[ForeignKey, Counter[Key]] = {f: Counter() for f in self._moving}
        if self._moving:
            for event in events:
                self._pass(event.links, event.old, 1)
                self._pass(event.links, event.new, -1)

    def count(self, event: Event) -> None:
        """Count what follows from a row; rows are counted in their order."""
        links, old, new, look = event.links, event.old, event.new, self._look(event)
        if old is not None:
            self._count_child(look.own, old, -1)
            self._count_parent(look.naming, old, 1)
        if self._moving and not look.stays:
            self._pass(links, old, -1)
        elif self._moving and old is not None:
            self._pass_parent(look.naming, old, -1)
        if new is not None:
            self._count_child(look.own, new, 1)
            self._count_parent(look.naming, new, -1)
        if self._moving and look.stays and old is not None:
            self._pass_child(links.own, old, -1)
            self._pass_parent([f for f in links.naming if f not in look.naming], old, -1)
        if self._moving:
            self._pass(links, new, 1)

    # -- looks

    def _count_child(self, own: Sequence[ForeignKey], row: Row, change: int) -> None:
        for foreign in own:
            if change < 0 and self._is_zero(foreign):
                continue
            key = foreign.child_key(row)
            if key is not None and not (change > 0 and foreign.is_its_own(row)) and not self._exists(foreign, key):
                self._add(foreign, change)

    def _count_parent(self, naming: Sequence[ForeignKey], row: Row, change: int) -> None:
        for foreign in naming:
            if change < 0 and self._is_zero(foreign):
                continue
            key = foreign.compared_parent(row)
            if key is not None:
                assert foreign.parent is not None
                itself = change > 0 and foreign.parent.table is foreign.child and foreign.compared_child(row) == key
                self._add(foreign, change * (self._children_of(foreign, key, row) - itself))

    def _look(self, event: Event) -> _Look:
        """Which keys are looked at."""
        is_update = event.old is not None and event.new is not None
        which = id(event.links), event.written if is_update else ()
        look = self._looks.get(which)
        if look is None:
            own = [f for f in event.links.own if f.is_known]
            naming = [f for f in event.links.naming if f.is_known]
            if is_update and event.written is None:
                return _look_by_values(own, naming, event)
            look = _Look(own, naming)
            if event.written is not None and is_update:
                look = _look_of_update(event.links, own, naming, event.written)
            self._looks[which] = look
        return look

    # -- the tables at that moment

    def _exists(self, foreign: ForeignKey, key: Key) -> bool:
        known = self._exist.setdefault(foreign, {})
        now = known.get(key)
        if now is None:
            assert foreign.parent is not None
            now = known[key] = foreign.parent.exists(self._trees, key)
        return now - self._parents[foreign][key] > 0 if foreign in self._moving else now

    def _children_of(self, foreign: ForeignKey, key: Key, row: Row) -> int:
        now = self._found.get((foreign, key))
        if now is None:
            assert foreign.parent is not None
            now = self._found[foreign, key] = self._child_count(foreign, foreign.parent.values(row))
        return now - self._children[foreign][key]

    def _pass(self, links: Links, row: Row | None, change: int) -> None:
        """A row has come (1) or gone (-1): it is not to come, or go, any more."""
        if row is not None:
            self._pass_parent(links.naming, row, change)
            self._pass_child(links.own, row, change)

    def _pass_parent(self, naming: Sequence[ForeignKey], row: Row, change: int) -> None:
        for foreign in naming:
            key = None if foreign.parent is None else foreign.parent.row_key(row)
            if key is not None:
                self._parents[foreign][key] -= change

    def _pass_child(self, own: Sequence[ForeignKey], row: Row, change: int) -> None:
        for foreign in own:
            key = foreign.compared_child(row) if foreign in self._moving and foreign.is_known else None
            if key is not None:
                self._children[foreign][key] -= change

    # -- counts

    def _is_zero(self, foreign: ForeignKey) -> bool:
        return not (self.counts.deferred if foreign.is_deferred else self.immediate) and not self.counts.others

    def _add(self, foreign: ForeignKey, change: int) -> None:
        if self._defers:
            self.counts.others += change
        elif foreign.is_deferred:
            self.counts.deferred += change
        elif change > 0 and self._halts:
            raise Halted
        else:
            self.immediate += change


def _look_by_values(own: Sequence[ForeignKey], naming: Sequence[ForeignKey], event: Event) -> _Look:
    """What an UPDATE looks at of which it is not known what columns it names."""
    parents = [(f, f.parent) for f in naming]
    return _Look(
        [f for f in own if f.child_key(event.old) != f.child_key(event.new)],
        [f for f, parent in parents if parent is not None and parent.row_key(event.old) != parent.row_key(event.new)],
    )


def _look_of_update(
    links: Links, own: Sequence[ForeignKey], naming: Sequence[ForeignKey], written: Sequence[int]
) -> _Look:
    """What an UPDATE that names these columns looks at. SQLite removes the old row before it looks at the new one only
    where a key of the table to itself, or one with an action, is concerned, or it gets another rowid."""
    table = links.table
    concerned = [f for f in naming if f.parent is not None and is_written(table, f.parent.columns, written)]
    look = _Look([f for f in own if is_looked_at(links, f, written)], concerned)
    key = [i for i, column in enumerate(table.columns) if column.primary_key] if table.without_rowid else []
    moves = -1 in written or table.rowid_alias in written or is_written(table, key, written)
    itself = any(f in links.naming and is_written(table, f.positions, written) for f in links.own)
    look.stays = not moves and not itself and all(f.on_update == "NO ACTION" for f in concerned)
    return look
