"""Foreign keys: what a change of rows breaks, and what it brings about in other tables.

A change statement runs as if there were no foreign keys; then :func:`guarded` looks at the operations that it left in
the transaction (see :mod:`mantisdb_engine.operations`), which have the old and the new row of everything that was
changed, in whatever form the statement was compiled. From them follow, for the tables that have foreign keys or are
named by some:

*actions*     CASCADE, SET NULL and SET DEFAULT are statements on the child's table (``DELETE FROM child WHERE fk =
              ?``), compiled like any other. What they change is looked at in the same way, until nothing is left.
*violations*  A child row violates where none of its columns is NULL and no parent has its key. They are counted row by
              row: see :mod:`mantisdb_sql.changes.key_counts`.

Violations of deferred keys (and of all, under PRAGMA defer_foreign_keys) are added to the session's counts, which must
not be above zero at COMMIT; savepoints remember them. Outside a transaction a statement is one.

A transaction from which a parent key goes conflicts with every concurrent one that writes (``Transaction.barrier``):
another may be adding a child to that parent, and operations on different keys do not meet.

SQLite carries out the actions of a row before it goes on to the next one. That is done here where it makes a
difference (:func:`acts_row_by_row`): a statement then calls its :func:`row_settler` after each row, and so do the
statements that actions are.

What the keys are is in :mod:`mantisdb_sql.changes.key_relations`; those that lead nowhere are refused by
:mod:`mantisdb_sql.changes.key_mistakes`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from mantisdb_engine.operations import DELETE, DELETE_MANY, INSERT, INSERT_MANY, UPDATE, UPDATE_MANY
from mantisdb_sql.catalog.definitions import Catalog, TableDef
from mantisdb_sql.changes.key_counts import Counts, Event, Halted, Violations
from mantisdb_sql.changes.key_mistakes import (
    Attempt,
    accepts_new_row,
    possible_touches,
    refuse_where_deferred,
    touches_keys,
)
from mantisdb_sql.changes.key_relations import Affinities, ForeignKey, Links, Manner, Relations, Row, named
from mantisdb_sql.codegen.parents import ParentLook
from mantisdb_sql.errors import ConstraintError, LateViolation, SqlError
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = [
    "KeyState", "WatchedBulk", "acts_row_by_row", "are_tied", "commit_error", "guarded", "has_actions", "parent_look",
    "row_settler", "violations", "watched_whole",
]

ACTION = Manner(moves=True)
Run = Callable[[Any, Any, Sequence[Any]], Any]


# -------------------------------------------------------------------------------------------------- a session


class KeyState:
    """What a connection has to do with foreign keys.

    enabled   PRAGMA foreign_keys
    defers    PRAGMA defer_foreign_keys, until the transaction ends
    counts    violations that a COMMIT must not find
    watching  a statement runs whose operations will be looked at
    is_unsettled  something may follow from them
    done      up to which of the transaction's operations the actions of this statement have been carried out
    seen      the rows that it has changed so far
    """

    __slots__ = ("_statements", "counts", "defers", "done", "enabled", "is_unsettled", "seen", "watching")

    def __init__(self) -> None:
        self.enabled = self.defers = self.watching = self.is_unsettled = False
        self.counts = Counts()
        self.done = 0
        self.seen: list[Event] = []
        self._statements: dict[tuple[str, Affinities, bool], Any] = {}

    def begin(self, mark: int) -> None:
        """Watch a statement that begins now."""
        self.watching, self.is_unsettled, self.done, self.seen = True, False, mark, []

    def forget_statements(self) -> None:
        """Compile what actions and counts run anew: they may read databases that are gone."""
        self._statements.clear()

    def end_transaction(self) -> None:
        """Forget what belonged to it."""
        self.defers = False
        if self.counts.deferred or self.counts.others:
            self.counts = Counts()

    def change(
        self, session: Session, txn: Any, foreign: ForeignKey, sql: str, params: Sequence[Any], *, row_by_row: bool
    ) -> int:
        """Run a change that a key asks for, whose last parameters are the parent's key; how many rows were changed.
        ``row_by_row``: what follows from each row is to follow at once."""
        statement = self._statement(session, sql, foreign.affinities(acts=True), heeds_keys=row_by_row)
        count: int = statement.run_inside(txn, tuple(params))
        return count

    def count(self, session: Session, txn: Any, foreign: ForeignKey, key: Sequence[Any], *, acts: bool = False) -> int:
        """How many children have a key; those that an action would find, where it is one that counts (``acts``)."""
        sql = f"SELECT count(*) FROM {named(foreign.child)} WHERE {foreign.condition()}"
        rows = self._statement(session, sql, foreign.affinities(acts=acts)).run_inside(txn, tuple(key))
        count: int = rows[0][0]
        return count

    def empty(self, session: Session, txn: Any, table: TableDef) -> int | None:
        """Remove all rows of a table that is to be dropped, with what follows from that; how many changes() tells of
        (None: it stays as it is). A table that no key names has to be emptied only where its rows may be the violations
        that a COMMIT would find."""
        relations = Relations.of(session.catalog(txn.trees))
        links = relations.by_tree.get(table.tree_id)
        if links is None:
            return None
        if not links.naming:
            if not any(foreign.is_deferred or self.defers for foreign in links.own):
                return None
            if not self.counts.total:
                return 0
        sql = f"DELETE FROM {named(table)}"
        if session.authorizer is None:
            statement = self._statement(session, sql, (), heeds_keys=True, fires_triggers=False)
        else:
            from mantisdb_sql.statements.maker import inner_statement

            statement = inner_statement(session, sql, heeds_keys=True, fires_triggers=False, is_asked=True)
        count: int = statement.run_inside(txn, ())
        return count

    def _statement(
        self, session: Session, sql: str, affinities: Affinities, *, heeds_keys: bool = False,
        fires_triggers: bool = True,
    ) -> Any:
        from mantisdb_sql.statements.maker import inner_statement

        key = sql, affinities, heeds_keys
        statement = self._statements.get(key)
        if statement is None:
            how = {"heeds_keys": heeds_keys, "fires_triggers": fires_triggers}
            statement = self._statements[key] = inner_statement(session, sql, affinities, **how)
        return statement


def commit_error(kind: type[ConstraintError] = ConstraintError) -> ConstraintError:
    """What a violation of a foreign key is reported as."""
    return kind("FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT_FOREIGNKEY")


# ------------------------------------------------------------------------------------------------- statements


def guarded(
    run: Run, table: TableDef, catalog: Catalog, manner: Manner,
    changed: Sequence[int] | None = None, fires: bool = False, looks: bool = False, in_trigger: bool = False,
    attempt: Attempt | None = None,
) -> Run:
    """``run(session, txn, params)`` with its effects on foreign keys; itself where it can have none.

    fires    whether it fires triggers: what these do to keys is judged when the statement has ended
    looks    whether it looks for the parents of its new row itself: see :func:`parent_look`
    in_trigger  whether it is a trigger's: other statements then may read what it did in their own manner
    changed  positions of the columns that an UPDATE writes, -1 for the rowid; None: whole rows come and go
    attempt  compiles what actions do, which triggers may make impossible
    """
    relations = Relations.of(catalog)
    links = relations.by_tree.get(table.tree_id)
    heeded = links is not None and touches_keys(relations, links, manner, changed, attempt)
    if not fires and (looks or not heeded):
        return run if looks or links is None or not in_trigger else _set_apart(run, relations, manner)
    follows = heeded and not looks
    only_mends = False
    if links is not None and manner.removes and not fires:
        only_mends = not links.naming and not any(foreign.is_deferred for foreign in links.own)
    looks_first = links is not None and manner.alone and not any(possible_touches(relations, links, manner))
    manner = manner.naming(table, changed)

    def part(session: Any, txn: Any, params: Sequence[Any]) -> Any:
        state = session.keys
        state.is_unsettled = state.is_unsettled or heeded
        in_frame = state.watching and session.triggers.frames
        if in_frame and state.done < len(txn.operations):  # of the statement around it, to be read in no manner
            _Effects(session, txn, relations).act(Manner())
        result = run(session, txn, params)
        if in_frame:
            _Effects(session, txn, relations).act(manner)
        return result

    whole = _watched(run, part, relations, manner, follows, halts=looks_first)
    if not only_mends and not looks_first:
        return whole

    def by_case(session: Any, txn: Any, params: Sequence[Any]) -> Any:
        state, rowid = session.keys, session.last_insert_rowid
        if looks_first and state.defers:
            refuse_where_deferred(links, catalog)
        if state.watching or (only_mends and not state.defers):
            return part(session, txn, params)
        try:
            return whole(session, txn, params)
        except ConstraintError as error:
            if looks_first and not isinstance(error, LateViolation):  # such a row is refused before it is written
                session.last_insert_rowid = rowid
            raise

    return by_case


def watched_whole(run: Run, catalog: Catalog) -> Run:
    """``run`` of a statement that changes nothing itself, but fires triggers, whose effects on foreign keys are judged
    when it has ended."""
    return _watched(run, run, Relations.of(catalog), ACTION, follows=False)


def _watched(
    run: Run, part: Run, relations: Relations, manner: Manner, follows: bool, *, halts: bool = False
) -> Run:
    """``run`` as a whole statement, with a judgement of what it did; ``part`` where it is part of another statement.

    follows  there is something to judge in any case
    halts    see :meth:`_Effects.settle`
    """

    def watched(session: Any, txn: Any, params: Sequence[Any]) -> Any:
        state = session.keys
        if state.watching:
            return part(session, txn, params)
        state.watching = True  # ``KeyState.begin``, by hand: a call costs as much as all else that is done here
        state.is_unsettled = False
        state.done = len(txn.operations)
        if state.seen:
            state.seen = []
        try:
            result = run(session, txn, params)
            if follows or state.is_unsettled:
                _Effects(session, txn, relations).settle(manner, halts=halts)
        except ConstraintError as error:
            if error.action == "FAIL":
                _Effects(session, txn, relations).settle(manner)
            raise
        finally:
            state.watching = False
        return result

    return watched


def _set_apart(run: Run, relations: Relations, manner: Manner) -> Run:
    """``run`` of a trigger, from which nothing follows, so that what it did is not taken for what others do: a row that
    it has updated is not one that the statement around it has replaced."""

    def apart(session: Any, txn: Any, params: Sequence[Any]) -> Any:
        result = run(session, txn, params)
        if session.keys.watching:
            _Effects(session, txn, relations).act(manner)
        return result

    return apart


def row_settler(
    table: TableDef, catalog: Catalog, manner: Manner, changed: Sequence[int] | None = None
) -> Callable[[Any, Any], None] | None:
    """``f(session, txn)`` carries out the actions that follow from a row that was just written, in front of its AFTER
    triggers; None where nothing follows. What is violated is found when the statement ends."""
    relations = Relations.of(catalog)
    links = relations.by_tree.get(table.tree_id)
    if links is None or not touches_keys(relations, links, manner, changed):
        return None
    manner = manner.naming(table, changed)

    def act(session: Any, txn: Any) -> None:
        if session.keys.watching:
            _Effects(session, txn, relations).act(manner)

    return act


def acts_row_by_row(table: TableDef, catalog: Catalog, *, removes: bool, asks: bool = False) -> bool:
    """Whether it makes a difference that actions follow each row at once, and not all of them the last row: they come
    back to the table itself, or to tables whose triggers may look, or the statement itself ``asks``, or they may refuse
    a row's new key before another row is refused.

    removes  whether rows go; else they get other keys
    """
    relations = Relations.of(catalog)
    links, reached = relations.by_tree.get(table.tree_id), relations.reached(table, removes)
    if links is not None and not removes and any(foreign.on_update != "NO ACTION" for foreign in links.naming):
        return True
    if not reached:
        return False
    names = {lower_ascii(other.name) for other in reached}
    watched = any(trigger.table in names for trigger in catalog.triggers.values())
    return asks or watched or any(other.tree_id == table.tree_id for other in reached)


def has_actions(table: TableDef, catalog: Catalog) -> bool:
    """Whether something is done, or refused, when a row goes or gets another key."""
    links = Relations.of(catalog).by_tree.get(table.tree_id)
    return links is not None and any({f.on_delete, f.on_update} != {"NO ACTION"} for f in links.naming)


def are_tied(table: TableDef, catalog: Catalog) -> bool:
    """Whether a table has foreign keys, or some name it."""
    return table.tree_id in Relations.of(catalog).by_tree


def parent_look(table: TableDef, catalog: Catalog, fires: bool) -> ParentLook | None:
    """How an INSERT of one row looks for the row's parents itself, which :func:`guarded` then need not; None where it
    does not matter, or where new rows may be what others wait for.

    fires  whether it fires triggers
    """
    relations = Relations.of(catalog)
    links = relations.by_tree.get(table.tree_id)
    if links is None or not accepts_new_row(links, catalog):
        return None
    if any(foreign.is_deferred or not foreign.is_known for foreign in links.naming):
        return None

    def settle(session: Session, txn: Any, mark: int) -> None:
        state = session.keys
        if state.watching:
            state.is_unsettled = True
            if session.triggers.frames:
                _Effects(session, txn, relations).act(Manner(adds_one=True))
            return
        state.begin(mark)
        try:
            _Effects(session, txn, relations).settle(Manner(adds_one=True), halts=True)
        except LateViolation:
            if not table.without_rowid:
                written = [op for op in txn.operations[mark:] if op[0] == INSERT and op[1] == table.tree_id]
                session.last_insert_rowid = written[-1][2]
            raise
        finally:
            state.watching = False

    return ParentLook(links.own, None if fires else settle)


def _finds_parents(links: Links, txn: Any, mark: int) -> bool:
    """Whether all that new rows ask for is there, so that nothing follows from them."""
    trees, tree_id = txn.unmerged, links.table.tree_id
    for op in txn.operations[mark:]:
        if op[1] != tree_id or op[0] not in (INSERT, INSERT_MANY):
            continue
        rows = [op[3]] if op[0] == INSERT else op[3]
        for foreign in links.own:
            parent = foreign.parent
            assert parent is not None
            if parent.index is None:
                at, get = foreign.positions[0], trees[parent.table.tree_id].row
                for value in {row[at] for row in rows}:
                    if value is not None and (value.__class__ is not int or get(value) is None):
                        return False
            else:
                for key in {foreign.child_key(row) for row in rows}:
                    if key is not None and not parent.exists(trees, key):
                        return False
    return True


def is_named_wrongly(table: TableDef, catalog: Catalog) -> bool:
    """Whether a foreign key names the table as its parent, but no key of it: SQLite refuses then to add several rows,
    not to add one."""
    for foreign in Relations.of(catalog).links(table).naming:
        try:
            foreign.resolve(catalog)
        except SqlError:
            return True
    return False


class WatchedBulk:
    """A batched INSERT into a table that has foreign keys: it declines where a parent is missing, or may be among the
    rows themselves. Then the rows go one by one. ``written`` are the columns that DO UPDATE writes, of each clause."""

    def __init__(self, bulk: Any, table: TableDef, catalog: Catalog, written: tuple[Sequence[int], ...]) -> None:
        self.bulk = bulk
        links = Relations.of(catalog).links(table)
        touches_keys(Relations.of(catalog), links, Manner(alone=True, updates=written), None)
        self._links = links
        self._may_wait = any(foreign.is_deferred or foreign in links.own for foreign in links.naming)

    def insert_rows(self, session: Session, txn: Any, rows: Sequence[Row]) -> int | list[Row] | None:
        """See :meth:`mantisdb_sql.changes.bulk.BulkInsert.insert_rows`."""
        if self._may_wait or session.keys.defers:
            return None
        mark, rowid = txn.mark(), session.last_insert_rowid
        result: int | list[Row] | None = self.bulk.insert_rows(session, txn, rows)
        if result is not None and not _finds_parents(self._links, txn, mark):
            txn.undo_to(mark)
            session.last_insert_rowid = rowid
            return None
        return result


Task = tuple[Event, ForeignKey | None]
"""A row that was changed, and a key that names its table and may have an action; None: the row is to be counted."""


class _Effects:
    """What follows from a statement's operations."""

    def __init__(self, session: Session, txn: Any, relations: Relations) -> None:
        self._session, self._txn, self._relations = session, txn, relations
        self._state = session.keys

    def settle(self, manner: Manner, *, halts: bool = False) -> None:
        """Carry out the actions, then count violations. ``halts``: SQLite ends the statement, which adds one row, at
        the first key that refuses it, and keeps no journal by which to take back what it has counted before."""
        self.act(manner)
        self._judge(self._state.seen, halts)

    def act(self, manner: Manner) -> None:
        """Carry out the actions that follow from the operations since the last time; what an action brings about goes
        before what else there is to do."""
        state, operations = self._state, self._txn.operations
        tasks = deque(self._tasks(self._events(state.done, manner)))
        state.done = len(operations)
        while tasks:
            event, foreign = tasks.popleft()
            if foreign is None:
                state.seen.append(event)
            else:
                start = len(operations)
                self._act(foreign, event, tasks)
                cascade = ACTION.naming(foreign.child, foreign.positions)
                tasks.extendleft(reversed([*self._tasks(self._events(max(start, state.done), cascade))]))
                state.done = len(operations)

    def _tasks(self, events: Iterator[Event]) -> Iterator[Task]:
        """What has to be done about rows that were changed: each is to be counted, before what it brings about."""
        for event in events:
            yield event, None
            acting = [] if event.old is None else [f for f in event.links.naming if f.is_known]
            yield from ((event, foreign) for foreign in acting)

    def _events(self, mark: int, manner: Manner) -> Iterator[Event]:
        """The rows that operations changed, of tables that matter."""
        by_tree = self._relations.by_tree
        operations = [op for op in self._txn.operations[mark:] if op[1] in by_tree]
        at = 0
        while at < len(operations):
            op, links = operations[at], by_tree[operations[at][1]]
            after = operations[at + 1] if at + 1 < len(operations) and manner.moves else None
            if after is not None and after[1] == op[1] and {op[0], after[0]} == {INSERT, DELETE}:
                new, old = (op[3], after[3]) if op[0] == INSERT else (after[3], op[3])
                yield Event(links, old, new, manner.written_in(links.table))
                at += 1
            else:
                yield from _rows_of(op, links, manner)
            at += 1

    def _act(self, foreign: ForeignKey, event: Event, later: Iterable[Task]) -> None:
        """The action that a parent's change brings about; ``later`` holds rows whose turn has not come, to which those
        of a child that are gone are still there."""
        parent = foreign.parent
        assert event.old is not None and parent is not None
        old, new = parent.row_key(event.old), parent.row_key(event.new)
        if old is None or old == new:
            return
        self._txn.barrier = True
        action = foreign.on_delete if event.new is None else foreign.on_update
        values = parent.values(event.old)
        if action == "RESTRICT" and not self._state.defers:
            others = {id(e): e for e, _ in later if e is not event and e.links.table is foreign.child}
            gone = any(foreign.child_key(e.old) == old for e in others.values())
            if gone or self._state.count(self._session, self._txn, foreign, values, acts=True):
                raise ConstraintError("FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT_TRIGGER")
        elif action not in ("RESTRICT", "NO ACTION"):
            given = parent.values(event.new) if action == "CASCADE" and event.new is not None else []
            self._change(foreign, action, event.new is None, [*given, *values])

    def _change(self, foreign: ForeignKey, action: str, removes: bool, params: Sequence[Any]) -> None:
        sql, deletes = foreign.action_sql(action, removes), removes and action == "CASCADE"
        known, which = self._relations.row_by_row, (foreign.child.tree_id, deletes)
        row_by_row = known.get(which)
        if row_by_row is None:
            row_by_row = known[which] = acts_row_by_row(foreign.child, self._relations.catalog, removes=deletes)
        count = self._state.change(self._session, self._txn, foreign, sql, params, row_by_row=row_by_row)
        self._session.total_changes += count  # the call may have counted what triggers did

    # -- violations

    def _judge(self, events: Sequence[Event], halts: bool) -> None:
        state, session = self._state, self._session
        begun = replace(state.counts) if session.in_transaction else Counts()

        def child_count(foreign: ForeignKey, values: Sequence[Any]) -> int:
            return state.count(session, self._txn, foreign, values)

        found = Violations(self._txn.unmerged, events, begun, child_count, defers=state.defers, halts=halts)
        try:
            for event in events:
                found.count(event)
        except Halted:
            if session.in_transaction:
                state.counts = found.counts
            raise commit_error() from None
        if found.immediate:
            raise commit_error()
        if session.in_transaction:
            state.counts = found.counts
        elif found.counts.total:
            raise commit_error(LateViolation)


def _rows_of(op: Sequence[Any], links: Links, manner: Manner) -> Iterator[Event]:
    kind = op[0]
    if kind == INSERT:
        yield Event(links, None, op[3])
    elif kind == DELETE:
        yield Event(links, op[3], None)
    elif kind == INSERT_MANY:
        yield from (Event(links, None, row) for row in op[3])
    elif kind == DELETE_MANY:
        yield from (Event(links, row, None) for row in op[3])
    elif kind in (UPDATE, UPDATE_MANY):
        pairs = [(op[3], op[4])] if kind == UPDATE else zip(op[3], op[4], strict=True)
        for new, old in pairs:
            if manner.replaces:
                yield Event(links, old, None)
                yield Event(links, None, new)
            else:
                yield Event(links, old, new, manner.written_in(links.table))


# ------------------------------------------------------------------------------------------- looking at all


def violations(session: Session, trees: Any, catalog: Catalog, table: TableDef) -> Iterator[tuple[Any, ...]]:
    """The rows that violate a foreign key of ``table``: (table, rowid, parent, number of the key)."""
    own = Relations.of(catalog).links(table).own
    seen = catalog.of(table.database) or catalog
    for foreign in own:
        if seen.table(foreign.parent_name) is not None or seen.view(foreign.parent_name) is not None:
            foreign.resolve(catalog)
    for keys, rows in session.watched(_in_order(trees, table)) if own else ():
        if all(_have_parents(foreign, trees, rows) for foreign in own):
            continue
        for rowid, row in zip(keys, rows, strict=True):
            for foreign in own:
                if _is_orphan(foreign, trees, row):
                    yield table.name, None if table.without_rowid else rowid, foreign.parent_name, foreign.number


def _in_order(trees: Any, table: TableDef) -> Iterator[tuple[Sequence[int], Sequence[Row]]]:
    """Batches of rowids and rows; those of a WITHOUT ROWID table in the order of its key."""
    key = table.key_index
    if key is None or key.has_own_order:
        yield from trees[table.tree_id].scan()
        return
    entries = trees[key.tree_id]
    backwards = all(column.descending for column in key.columns)
    for _, rowids in entries.scan_back() if backwards else entries.scan():
        yield rowids, trees[table.tree_id].get_many(rowids)


def _have_parents(foreign: ForeignKey, trees: Any, rows: Sequence[Row]) -> bool:
    """Whether no row of a batch can violate a foreign key, as far as a look at all of them together tells."""
    parent = foreign.parent
    if parent is None or len(foreign.positions) > 1:
        return False
    asked = set(map(itemgetter(foreign.positions[0]), rows))
    asked.discard(None)
    if parent.index is None:
        return set(map(type, asked)) <= {int} and None not in trees[parent.table.tree_id].get_many(list(asked))
    return foreign.is_plain and None not in trees[parent.index.tree_id].get_many([(value,) for value in asked])


def _is_orphan(foreign: ForeignKey, trees: Any, row: Row) -> bool:
    if foreign.parent is None:  # there is no such table
        return None not in [row[position] for position in foreign.positions]
    key = foreign.child_key(row)
    return key is not None and not foreign.parent.exists(trees, key)
