"""A session: one connection's state, between the statements' text and the engine.

It holds the open transaction and the savepoints, prepares statements and keeps them
(:mod:`mantisdb_sql.cache`), and counts changes as SQLite does. Several sessions work on one engine database
at a time; each belongs to one thread at a time. What they can share (the parsed schema) they share through
:class:`mantisdb_sql.cache.SharedSchema`.

Where a statement reads: the open transaction's trees, or, outside a transaction, the trees published last. A
write outside a transaction begins one for itself and is run again when another transaction was faster
(:meth:`Session.write`).

Savepoints are marks in the engine's transaction. The first savepoint outside BEGIN opens the transaction, and
its RELEASE commits it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from mantisdb_engine import open_database
from mantisdb_engine.composite import SLOT_SHIFT, Composite
from mantisdb_engine.errors import ConflictError, UsageError
from mantisdb_sql.authorizer import Authorizer
from mantisdb_sql.cache import SharedSchema, StatementCache
from mantisdb_sql.catalog.definitions import SCHEMA_TREE, TEMP_SLOT, Catalog, merged
from mantisdb_sql.catalog.schema_tree import ensure_system_trees, tree_in
from mantisdb_sql.changes.foreign_keys import KeyState, commit_error
from mantisdb_sql.changes.key_counts import Counts
from mantisdb_sql.changes.triggers import TriggerState
from mantisdb_sql.ddl.attach import Files, detach_database
from mantisdb_sql.ddl.pragma import table_columns, table_rows
from mantisdb_sql.errors import ConstraintError, SqlError
from mantisdb_sql.functions import FunctionRegistry
from mantisdb_sql.interrupts import Aim, Batch, Interrupted, Progress
from mantisdb_sql.room import RUNNING_FRAMES, NoRoom, Room
from mantisdb_sql.statements.statement import Statement
from mantisdb_sql.values.ascii_case import lower_ascii

__all__ = ["Savepoint", "Session"]

T = TypeVar("T")

_ON_AT_FIRST = frozenset({"dqs_ddl", "dqs_dml", "enable_trigger", "enable_view", "trusted_schema"})

MAX_RERUNS = 1000
"""How often a write outside a transaction is tried against concurrent commits before it is reported as
busy."""


@dataclass(slots=True)
class Savepoint:
    """A named mark; ``opened`` says that it began the transaction."""

    name: str
    mark: Any
    opened: bool
    counts: Counts = field(default_factory=Counts)  # violations of foreign keys that wait


class Session:
    """See the module's text."""

    def __init__(self, database: Any, *, read_only: bool = False) -> None:
        ensure_system_trees(database)
        self.database = Composite(database, read_only=True) if read_only else database
        self.transaction: Any = None
        self.changes = 0
        self.total_changes = 0
        self.last_insert_rowid = 0
        self.interrupts = 1  # what began at another count than this is to stop
        self.computing = 0  # the count at which the compiled function began that runs: see mantisdb_sql.interrupts
        self.aim = Aim()
        self.progress: Progress | None = None
        self.functions = FunctionRegistry()
        self.settings: dict[str, Any] = {}  # PRAGMAs that belong to the connection
        self.must_freeze = False  # a result that reads the transaction's trees may still be open
        self.savepoints: list[Savepoint] = []
        self.keys = KeyState()
        self.triggers = TriggerState()
        self.slots = {"main": 0}  # the databases, by name in lower case
        self.next_slot = TEMP_SLOT  # slots are not used again
        self.labels = {"main": "main"}  # the databases' names as they were given
        self.files: Files | None = None
        self.authorizer: Authorizer | None = None
        self._schemas: dict[str, SharedSchema] = {}  # of those that are not main
        self._merged = Catalog()
        self._own_commits: dict[int, int] = {}  # by slot; these and the next two are for data_version
        self._first_seen: dict[int, int] = {}
        self.is_writing = False  # whether a statement in the open transaction is changing something just now
        self._begun: dict[int, int] | None = None  # the states that the open transaction began with
        self._shared = SharedSchema.of(database)
        self._cache = StatementCache(self)
        self._functions_version = self.functions.version
        hooks = self.functions.hooks
        hooks.changes = lambda: self.changes
        hooks.total_changes = lambda: self.total_changes
        hooks.last_insert_rowid = lambda: self.last_insert_rowid
        hooks.pragma_columns = lambda name: table_columns(self, name)
        hooks.pragma = lambda name, value, schema: table_rows(self, name, value, schema)

    # --------------------------------------------------------------------------------------------- statements

    def prepare(self, sql: str, start: int = 0) -> Statement:
        """The first statement of ``sql`` at or after offset ``start``."""
        if self._functions_version != self.functions.version:
            self._cache.clear()
            self._functions_version = self.functions.version
        known = self._cache.by_text.get(sql)
        if known is not None and not start:
            return known
        return self._cache.prepare(sql, start)

    def move_to(self, database: Any) -> None:
        """Go on with another database, outside of a transaction."""
        ensure_system_trees(database)
        for name in self.slots.keys() - {"main", "temp"}:
            detach_database(self, name)
        self.database = database
        self.slots, self.labels = {"main": 0}, {"main": "main"}
        self._schemas.clear()
        self._shared = SharedSchema.of(database)
        self.forget_plans()

    def is_on(self, name: str) -> bool:
        """Whether a setting of the connection is on that is either on or off."""
        return bool(self.settings.get(name, name in _ON_AT_FIRST))

    def forget_plans(self) -> None:
        """Compile all statements anew: something that plans depend on besides the schema has changed."""
        self._cache.clear()

    @property
    def trees(self) -> Any:
        """The trees that a statement would read now."""
        txn = self.transaction
        return self.database.published.trees if txn is None else txn.trees

    def catalog(self, trees: Any = None) -> Catalog:
        """The schema as ``trees`` (or the trees of now) have it."""
        trees = self.trees if trees is None else trees
        main = self._shared.catalog(trees[SCHEMA_TREE])
        if not self._schemas:
            return main
        slots = self.slots
        found = [
            main if name == "main" else self._schemas[name].catalog(trees[tree_in(slots[name], SCHEMA_TREE)])
            for name in sorted(slots, key=lambda name: (name != "temp", slots[name]))
        ]
        if self._merged.in_order() != found:
            self._merged = merged(found)
        return self._merged

    # ---------------------------------------------------------------------------------------- other databases

    def use_temp(self) -> None:
        """Have a TEMP database: one in memory that is the session's own."""
        if "temp" not in self.slots:
            self.add_database("temp", TEMP_SLOT, open_database())

    def add_database(self, name: str, slot: int, database: Any, *, read_only: bool = False) -> None:
        """Add a database; an open transaction takes it in."""
        ensure_system_trees(database)
        if not isinstance(self.database, Composite):
            self.database = Composite(self.database)
        self.database.attach(slot, database, read_only=read_only)
        if self.transaction is not None:
            self.transaction = self.database.adopt(self.transaction)
        self.slots[lower_ascii(name)], self.labels[lower_ascii(name)] = slot, name
        self._schemas[lower_ascii(name)] = SharedSchema(slot, lower_ascii(name))
        self.forget_plans()

    def remove_database(self, name: str) -> Any:
        """Take a database out again; what it was."""
        slot = self.slots.pop(name)
        del self._schemas[name], self.labels[name]
        database = self.database.parts[slot]
        self.database.detach(slot)
        self.forget_plans()
        return database

    # ------------------------------------------------------------------------------------------- transactions

    @property
    def in_transaction(self) -> bool:
        """Whether BEGIN or SAVEPOINT opened a transaction that has not ended."""
        return self.transaction is not None

    def begin(self, mode: str = "DEFERRED") -> None:
        """BEGIN; the modes differ in locking only, which optimistic transactions do not do. A database under two names
        is refused all the same, as two locks of it would be."""
        if mode != "DEFERRED":
            self.refuse_if_query_only()
        if self.transaction is not None:
            raise SqlError("cannot start a transaction within a transaction")
        if mode != "DEFERRED" and isinstance(self.database, Composite) and self.database.has_twins:
            raise SqlError("database is locked", "SQLITE_BUSY")
        self._begun = self._sequences()
        self.transaction = self.database.begin()

    def commit(self) -> None:
        """COMMIT: where another transaction was faster, everything is rolled back and "database is locked" is
        raised."""
        txn = self.transaction
        if txn is None:
            raise SqlError("cannot commit - no transaction is active")
        self._refuse_while_writing("commit transaction")
        if self.keys.counts.total:
            raise commit_error()
        self._forget_transaction()
        try:
            self._commit(txn)
        except ConflictError as error:
            raise SqlError("database is locked", "SQLITE_BUSY_SNAPSHOT") from error

    def rollback(self) -> None:
        """ROLLBACK."""
        txn = self.transaction
        if txn is None:
            raise SqlError("cannot rollback - no transaction is active")
        self._forget_transaction()
        txn.abort()

    def _refuse_while_writing(self, what: str) -> None:
        """A function of the user's may not commit half of the statement that calls it."""
        if self.is_writing:
            raise SqlError(f"cannot {what} - SQL statements in progress", "SQLITE_BUSY")

    def _forget_transaction(self) -> None:
        self.transaction = self._begun = None
        self.savepoints.clear()
        self.keys.end_transaction()
        self.must_freeze = False

    def savepoint(self, name: str) -> None:
        """SAVEPOINT."""
        self._refuse_while_writing("open savepoint")
        opened = self.transaction is None
        if opened:
            self.begin()
        self.savepoints.append(Savepoint(name, self.transaction.mark(), opened, replace(self.keys.counts)))

    def release(self, name: str) -> None:
        """RELEASE: forget the savepoint and those inside it; commit where it began the transaction."""
        at = self._find_savepoint(name)
        self._refuse_while_writing("release savepoint")
        if self.savepoints[at].opened:
            self.commit()
        else:
            del self.savepoints[at:]

    def rollback_to(self, name: str) -> None:
        """ROLLBACK TO: undo what came after the savepoint, which stays."""
        at = self._find_savepoint(name)
        savepoint = self.savepoints[at]
        del self.savepoints[at + 1 :]
        self._freeze_for_readers(self.transaction)
        self.transaction.undo_to(savepoint.mark)
        savepoint.mark = self.transaction.mark()
        self.keys.counts = replace(savepoint.counts)

    def _find_savepoint(self, name: str) -> int:
        wanted = lower_ascii(name)
        for at in range(len(self.savepoints) - 1, -1, -1):
            if lower_ascii(self.savepoints[at].name) == wanted:
                return at
        raise SqlError(f"no such savepoint: {name}")

    # ------------------------------------------------------------------------------------------------- writes

    def _freeze_for_readers(self, txn: Any) -> None:
        """Leave the trees to results that are still read, and to a statement whose function of the user's writes."""
        if self.must_freeze or self.computing:
            txn.freeze()
            self.must_freeze = False

    def write(self, body: Callable[[Any], T]) -> T:
        """Run ``body(txn)`` as one statement: all of it happens, or nothing.

        In a transaction it is undone to its start when it raises. Outside, it gets a transaction of its own,
        again and again while others commit what it also wrote. A ConstraintError's ``action`` may ask for
        more (ROLLBACK: the whole transaction ends) or for less (FAIL: what was done so far stays).
        """
        if self.is_on("query_only"):
            return self._write_nothing(body)
        txn = self.transaction
        if txn is None:
            return self._write_alone(body)
        self._freeze_for_readers(txn)
        mark, outer = txn.mark(), self.is_writing
        try:
            self.is_writing = True
            return self.compute(self.interrupts, body, txn)
        except BaseException as error:
            self.undo_statement(txn, mark, error)
            raise
        finally:
            self.is_writing = outer

    def _write_nothing(self, body: Callable[[Any], T]) -> T:
        """What refuses a statement before it writes is told first under PRAGMA query_only, and one that would not write
        is done."""
        txn = self.transaction or self.database.begin()
        mark, before = txn.mark(), len(txn.operations)
        try:
            return self.compute(self.interrupts, body, txn)
        finally:
            wrote = len(txn.operations) > before
            if txn is self.transaction:
                txn.undo_to(mark)
            else:
                txn.abort()
            if wrote:
                self.refuse_if_query_only()

    def refuse_if_query_only(self) -> None:
        """PRAGMA query_only."""
        if self.is_on("query_only"):
            raise SqlError("attempt to write a readonly database", "SQLITE_READONLY")

    def undo_statement(self, txn: Any, mark: Any, error: BaseException) -> None:
        """Put an open transaction back to where the failed statement began, as the broken constraint asks. A statement
        whose transaction was rolled back meanwhile, by a function of the user's, has failed for that."""
        if isinstance(error, UsageError) and not txn.is_open:
            raise SqlError("abort due to ROLLBACK", "SQLITE_ABORT_ROLLBACK") from None
        if isinstance(error, RecursionError):  # it may have struck anywhere, so nothing can be trusted: see NoRoom
            with Room(RUNNING_FRAMES):
                self.undo_statement(txn, mark, NoRoom())
            raise NoRoom from None
        action = getattr(error, "action", "ABORT")
        if action == "ROLLBACK" and self.transaction is txn:
            self.rollback()
        elif action != "FAIL" and txn.is_open:
            txn.undo_to(mark)

    def _write_alone(self, body: Callable[[Any], T]) -> T:
        for _ in range(MAX_RERUNS):
            txn = self.database.begin()
            try:
                result = self.compute(self.interrupts, body, txn)
                self._commit(txn)
                return result
            except ConflictError:
                continue
            except ConstraintError as error:
                if getattr(error, "action", "ABORT") == "FAIL":
                    self._commit(txn)
                raise
            finally:
                if txn.is_open:
                    txn.abort()
                self.keys.end_transaction()
        raise SqlError("database is locked", "SQLITE_BUSY")

    def write_once(self, change: Callable[[Session, Any, Sequence[Any]], T], params: Sequence[Any]) -> T:
        """``write`` of a compiled change outside a transaction, with as few calls as can be.

        StalePlan and ConflictError say that nothing has happened, and that it is to be tried again by ``write``."""
        txn = self.database.begin()
        interrupts = self.interrupts
        try:
            self.computing = interrupts
            try:
                result = change(self, txn, params)
            finally:
                self.computing = 0
                if self.interrupts != interrupts:
                    self.calm()
            self._commit(txn)
            return result
        except ConstraintError as error:
            if getattr(error, "action", "ABORT") == "FAIL":
                self._commit(txn)
            raise
        finally:
            if txn.is_open:
                txn.abort()
            if self.keys.defers or self.keys.counts.total:
                self.keys.end_transaction()

    def count_changes(self, count: int) -> None:
        """Report what a statement changed."""
        self.changes = count
        self.total_changes += count

    def close(self) -> None:
        """End the open transaction, and forget all statements; the database stays open."""
        if self.transaction is not None:
            self.rollback()
        for name in self.slots.keys() - {"main", "temp"}:
            detach_database(self, name)
        self._cache.clear()

    # --------------------------------------------------------------------------------------------- interrupts

    def interrupt(self) -> None:
        """Stop what the session computes, from any thread; who drives it looks at ``interrupts`` between batches
        of work."""
        self.aim.strike(self)

    def compute(self, since: int, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function that an interrupt may end anywhere, as may one that came after the count of ``since``."""
        outer = self.computing
        self.computing = outer or since
        try:
            if self.interrupts != since:
                raise Interrupted
            return function(*arguments)
        finally:
            self.computing = outer
            if self.interrupts != since:
                self.calm()

    def calm(self) -> None:
        """After ``computing`` was taken back: an interrupt that is on its way strikes here, on entry, or nowhere."""

    def _commit(self, txn: Any) -> None:
        """Commit; that must not be broken off, even where a query's callback asks for it."""
        own: Iterable[int] = (0,) if txn.operations else ()
        if self._schemas:
            own = {op[1] >> SLOT_SHIFT for op in txn.operations}
        if self.computing:
            self.shielded(txn.commit)
        else:
            txn.commit()
        for slot in own:
            self._own_commits[slot] = self._own_commits.get(slot, 0) + 1

    def data_version(self, slot: int) -> int:
        """A number that changes with every commit of others to the database at ``slot`` that the session can see."""
        seen = (self._begun or self._sequences()).get(slot, 0) - self._own_commits.get(slot, 0)
        return 1 + seen - self._first_seen.setdefault(slot, seen)

    def _sequences(self) -> dict[int, int]:
        """The numbers of the states that are published, by slot."""
        parts = getattr(self.database, "parts", None) or {0: self.database}
        return {slot: part.published.sequence for slot, part in parts.items()}

    def shielded(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function that no interrupt may end, even inside of something that one may."""
        outer = self.computing
        try:
            if outer > 0:
                self.computing = -outer
                self.calm()
            return function(*arguments)
        finally:
            self.computing = outer

    def set_authorizer(self, authorizer: Authorizer | None) -> None:
        """Have statements ask ``authorizer`` from now on."""
        self.authorizer = authorizer
        self.forget_plans()

    def watched(self, batches: Iterable[Batch]) -> Iterable[Batch]:
        """Batches of keys and rows; the progress handler, if there is one, is told of each row."""
        return batches if self.progress is None else self.progress.batches(batches)

    def set_progress(self, progress: Progress | None) -> None:
        """Have statements report to ``progress`` from now on."""
        self.progress = progress
        self.forget_plans()
