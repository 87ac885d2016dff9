"""A database: the published state, and the way of a commit.

Readers use ``database.published``, a State that never changes, with no lock at all. Writers work on private
versions (transaction.py). A commit goes through four steps:

1. Under the commit mutex: catch up with the *head*, the newest state in the log, if it moved since the
   transaction began; check for conflicts; append the operations to the log; make the result the new head.
2. Without the mutex, wait until the log is durable up to there. The first to wait becomes the leader and
   syncs for all who appended meanwhile, so many commits share one fsync.
3. Publish, in the order of the log, every state that is durable now. Nobody sees a commit that a crash could
   take back.
4. If the log has grown enough, write a checkpoint.

Catching up applies the shorter side to the longer: their operations to my trees, or mine to theirs. Both give
the same content, because commits that wrote the same key are refused before (ConflictError).

A failure of the log that leaves in doubt what it holds is latched: reads go on, every later commit is refused
with the reason. What a crashed process leaves is settled by opening the database again, and so is this.

``Storage`` is all that the engine wants of a log and its checkpoints; there is none for a database in memory,
whose commits are published at once.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from gc import disable, enable, isenabled
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from .collector import HOLDERS, finalizers_wait
from .decisions import Participant, decision
from .errors import ConflictError, EngineError, IOFailure, ReadOnlyError, UsageError
from .nodes import Owner
from .operations import Operation, State, WriteSet, apply, size_of
from .transaction import Moment, Reservation, Transaction
from .tree import Tree

if TYPE_CHECKING:
    from .entry import Ticket
    from .filesystem import Filesystem
    from .recovery import Report

__all__ = ["Database", "Storage", "open_database"]

SYNCHRONOUS_LEVELS = ("OFF", "NORMAL", "FULL", "EXTRA")


class Storage(Protocol):
    """A log and its checkpoints.

    synchronous        "OFF", "NORMAL", "FULL" or "EXTRA"; may be set at any time
    read_only_reason   why commits are refused, None if they are not
    is_checkpoint_due  whether the log has grown so much that a checkpoint is worth while
    report             what recovery found and did when the files were opened
    """

    synchronous: str

    @property
    def report(self) -> Report: ...

    @property
    def read_only_reason(self) -> str | None: ...

    @property
    def is_checkpoint_due(self) -> bool: ...

    def append(self, operations: Sequence[Operation], txn_id: int) -> int:
        """Append one commit; the LSN of its last entry. Called under the commit mutex, one at a time.

        An error with ``in_doubt`` False, or a UsageError, promises that the log is as it was before.
        """
        ...

    def sync(self, lsn: int) -> int:
        """Make the log durable, as ``synchronous`` has it, at least up to ``lsn``; the LSN up to which it is.

        Called by one thread at a time, while others append.
        """
        ...

    def checkpoint(self, state: State) -> None:
        """Write this state as a checkpoint. Called by one thread at a time, while others append and sync."""
        ...

    # For commits to several databases (two_phase.py): a log that takes part in one has these as well.

    @property
    def path(self) -> str: ...

    @property
    def database_id(self) -> bytes: ...

    def prepare(self, operations: Sequence[Operation], txn_id: int, ticket: Ticket) -> int:
        """Append a commit that a coordinator decides about; called and promising as ``append``."""
        ...

    def resolve(self, *, committed: bool) -> int:
        """Append what became of it, before anything else is appended; the LSN of its end."""
        ...

    def harden(self) -> int:
        """Make the log durable, except with OFF; the LSN up to which it is. Called as ``sync``."""
        ...

    def forsake(self, state: State | None, reason: str) -> None:
        """Refuse commits from now on, and give up the log. Called as ``close``, which still comes."""
        ...

    def close(self, state: State | None) -> None:
        """Write a last checkpoint of ``state`` (None: write nothing) and let go of all files."""
        ...

    def check(self, state: State) -> list[str]:
        """Problems of the files; an empty list proves them sound."""
        ...


def open_database(
    path: str | os.PathLike[str] | None = None,
    *,
    synchronous: str = "FULL",
    filesystem: Filesystem | None = None,
    **options: Any,
) -> Database:
    """Open the database at ``path``, created if there is none; None: in memory. ``options`` are the
    storage's.
    """
    if synchronous not in SYNCHRONOUS_LEVELS:
        raise UsageError(f"synchronous is one of {', '.join(SYNCHRONOUS_LEVELS)}")
    if path is None:
        return Database(State({}), None, None, synchronous)
    from .store import open_store

    storage, state = open_store(os.fspath(path), synchronous=synchronous, filesystem=filesystem, **options)
    return Database(state, storage, storage.path, synchronous)


class Database:
    """An open database; made by ``open_database``. All methods may be called from any thread.

    published  the newest durable state
    path       absolute, symbolic links followed; None in memory
    is_closed
    checkpoint_failure  why the last checkpoint that a commit started did not succeed; None if it did
    """

    def __init__(self, state: State, storage: Storage | None, path: str | None, synchronous: str) -> None:
        self.published = state
        self.path = path
        self.is_closed = False
        self._storage = storage
        self._synchronous = synchronous
        # A state with the moment that it began: the published one, and the newest in the log.
        self._current = self._head = (state, Moment())
        self.commit_mutex = threading.Lock()
        # Not yet published, in order: appended to under the commit mutex, emptied under the sync mutex.
        self._pending: deque[tuple[State, Moment]] = deque()
        self.sync_mutex = threading.Lock()
        self._durable_lsn = state.lsn
        self._checkpoint_mutex = threading.Lock()
        self._failure: BaseException | None = None
        self.checkpoint_failure: EngineError | None = None
        self._tree_ids = count(max(state.trees, default=0) + 1)
        self._reservations: list[weakref.ref[Reservation]] = []
        self._reservation_mutex = threading.RLock()
        self._reserved = 0  # how often keys were reserved

    # -- for clients

    def begin(self) -> Transaction:
        """Begin a transaction on what is published now."""
        if self.is_closed:
            raise UsageError("the database is closed")
        state, moment = self._current
        return Transaction(self, state.trees, moment)

    @property
    def synchronous(self) -> str:
        """How durable commits are when they return: OFF, NORMAL, FULL or EXTRA."""
        return self._synchronous

    @synchronous.setter
    def synchronous(self, level: str) -> None:
        if level not in SYNCHRONOUS_LEVELS:
            raise UsageError(f"synchronous is one of {', '.join(SYNCHRONOUS_LEVELS)}")
        self._synchronous = level
        if self._storage is not None:
            self._storage.synchronous = level

    @property
    def recovery_report(self) -> Report | None:
        """What recovery found and did when the database was opened; None in memory.

        Its ``damage`` says what was lost; the database is then open for reading only, unless it was opened to
        go on without that.
        """
        return None if self._storage is None else self._storage.report

    @property
    def failure(self) -> BaseException | None:
        """What made the log refuse further commits; None if nothing did."""
        return self._failure

    def checkpoint(self) -> None:
        """Write the published state into the database file; commits go on meanwhile."""
        if self.is_closed:
            raise UsageError("the database is closed")
        self._refuse_if_failed()
        if self._storage is not None:
            with self._checkpoint_mutex:
                self._storage.checkpoint(self.published)

    def close(self) -> None:
        """Write a checkpoint and let go of the files; open transactions can no longer commit."""
        with self.commit_mutex, self.sync_mutex, self._checkpoint_mutex:
            if self.is_closed:
                return
            self.is_closed = True
            if self._storage is None:
                return
            # Who has appended and waits to sync would find the log closed: settle their commits here.
            if self._failure is None and self._pending:
                self._sync_pending(self._head[0].lsn)
            self._storage.close(None if self._failure is not None else self.published)

    def forsake(self, reason: str) -> None:
        """Refuse commits from now on, as another file is at the path, or none; what was committed can be read."""
        with finalizers_wait, self.commit_mutex, self.sync_mutex, self._checkpoint_mutex:
            if self.is_closed or self._storage is None:
                return
            if self._failure is None and self._pending:
                self._sync_pending(self._head[0].lsn)
            self._storage.forsake(None if self._failure is not None else self.published, reason)

    def check(self) -> list[str]:
        """Problems of trees and files; an empty list proves the published state sound."""
        state = self.published
        problems = [
            f"tree {tree_id}: {problem}"
            for tree_id, tree in sorted(state.trees.items())
            for problem in tree.check()
        ]
        if self._storage is not None:
            problems += self._storage.check(state)
        return problems

    # -- for transactions

    def new_tree_id(self, slot: int = 0) -> int:
        """A tree id that was never given before."""
        return next(self._tree_ids)

    def logs(self, tree_id: int) -> bool:
        """Whether what is written to a tree is written to a log as well."""
        return self._storage is not None

    def is_alone(self, transaction: Transaction) -> bool:
        """Whether no other transaction has reserved keys, and none was committed since this one, which has, began."""
        return len(self._reservations) == 1 and self._head[1] is transaction._base

    def reserve_keys(self, transaction: Transaction, tree_id: int, key_count: int) -> int:
        """See ``Transaction.next_key``."""
        return self.reserve_tree_keys(transaction, transaction.unmerged[tree_id], tree_id, key_count)

    def reserve_tree_keys(self, transaction: Transaction, tree: Tree, tree_id: int, key_count: int) -> int:
        """The same for a tree that may be ahead of the one that the transaction has."""
        with self._reservation_mutex:
            own = transaction._reservation
            if own is None:
                own = transaction._reservation = Reservation()
                added, known = weakref.ref(own), None
                while known is not self._reservations:  # which a finalizer, let in by the mutex, may have replaced
                    known = self._reservations
                    alive = [ref for ref in known if ref() is not None]
                alive.append(added)
                self._reservations = alive
            while True:
                seen, highest = self._reserved, _last_key(tree)
                if len(self._reservations) > 1:
                    highest = self._highest_of_others(own, tree_id, highest)
                # Read after the reservations: a transaction gives its own up only once its keys are in the head.
                state, moment = self._head
                if moment is not transaction._base and tree_id in state.trees:
                    highest = _greater(highest, _last_key(state.trees[tree_id]))
                first = 1 if highest is None else highest + 1
                if self._reserved == seen:  # else a finalizer has reserved keys meanwhile
                    break
            self._reserved = seen + 1
            own[tree_id] = first + key_count - 1
        return first

    def _highest_of_others(self, own: Reservation, tree_id: int, highest: int | None) -> int | None:
        for ref in self._reservations:
            other = ref()
            if other is not None and other is not own:
                highest = _greater(highest, other.get(tree_id))
        return highest

    def commit(self, transaction: Transaction) -> None:
        """Append, make durable and publish what a transaction wrote; see the steps above."""
        storage = self._storage
        if storage is None:
            if isenabled():  # see collector.py
                disable()
                try:
                    with self.commit_mutex:
                        self._commit_in_memory(transaction)
                finally:
                    if HOLDERS:
                        finalizers_wait.end()
                    else:
                        enable()
            else:
                with finalizers_wait, self.commit_mutex:
                    self._commit_in_memory(transaction)
            return
        with finalizers_wait:
            try:
                with self.commit_mutex:
                    lsn = self._append(storage, transaction)
            except ConflictError:
                self.publish_head()
                raise
            self._make_durable(lsn)
        if storage.is_checkpoint_due:
            self._checkpoint_quietly(storage)

    def _commit_in_memory(self, transaction: Transaction) -> None:
        if self.is_closed:
            raise UsageError("the database is closed")
        state, newest = self._head
        base = transaction._base
        trees = transaction.trees if base is newest else self._caught_up(transaction, state)
        self.published = state = State(trees, state.sequence + 1)
        self._current = self._head = (state, newest.end(transaction.operations, transaction.barrier))

    # -- the steps of a commit to several databases (two_phase.py), under the commit mutex

    @property
    def has_log(self) -> bool:
        """Whether commits are written anywhere."""
        return self._storage is not None

    @property
    def identity(self) -> Participant:
        """The id of a database with files, and where it is."""
        assert self._storage is not None
        return self._storage.database_id, self._storage.path

    def refuse(self, transaction: Transaction) -> None:
        """Raise what stands against a commit; nothing has happened then."""
        self._refuse_writes()
        missed = transaction._base.ended_since()
        if missed:
            _refuse_conflicts(transaction, missed)

    def append(self, transaction: Transaction) -> int:
        """Step 1: the LSN to wait for; 0 in memory, where all is done then."""
        if self._storage is None:
            self._commit_in_memory(transaction)
            return 0
        return self._append(self._storage, transaction)

    def prepare(self, transaction: Transaction, ticket: Ticket) -> dict[int, Tree]:
        """Append what a transaction wrote as in doubt; the trees to ``conclude`` with."""
        storage, trees = self._writable_storage(), self._trees_to_commit(transaction)
        with self._latching():
            storage.prepare(transaction.operations, self._head[0].sequence + 1, ticket)
        return trees

    def decide(
        self, transaction: Transaction, participants: Iterable[Participant], transaction_id: bytes
    ) -> tuple[dict[int, Tree], int]:
        """Append what a transaction wrote, and that all are to commit; the trees, and the LSN of the decision."""
        storage, trees = self._writable_storage(), self._trees_to_commit(transaction).copy()
        note = decision(trees, participants, transaction_id)
        apply(trees, note, object())
        transaction.operations = [*transaction.operations, *note]
        with self._latching():
            return trees, storage.append(transaction.operations, self._head[0].sequence + 1)

    def resolve(self, *, committed: bool) -> int:
        """Append what became of what was prepared; the LSN of its end."""
        with self._latching():
            return self._writable_storage().resolve(committed=committed)

    def harden(self) -> None:
        """Make the log durable, even with NORMAL."""
        with self.sync_mutex:
            self._refuse_if_failed()
            try:
                self._durable_lsn = self._writable_storage().harden()
            except BaseException as error:
                self._failure = error
                self._pending.clear()
                raise
            self._publish()

    def conclude(self, transaction: Transaction, trees: dict[int, Tree], lsn: int) -> None:
        """Make the state that is durable up to ``lsn`` the head, and publish it. Under the sync mutex, too."""
        self._pending.append(self._advance(transaction, trees, lsn))
        self._publish()

    def fail(self, error: BaseException) -> None:
        """Refuse commits from now on: what the log holds is in doubt."""
        with self.sync_mutex:
            if self._failure is None:
                self._failure = error
            self._pending.clear()

    def settle(self, lsn: int) -> None:
        """Steps 2 to 4, without the commit mutex: when it returns, the commit is durable and published."""
        storage = self._storage
        if storage is None:
            return
        self._make_durable(lsn)
        if storage.is_checkpoint_due:
            self._checkpoint_quietly(storage)

    def _make_durable(self, lsn: int) -> None:
        """Steps 2 and 3."""
        with self.sync_mutex:
            if self._durable_lsn < lsn:
                self._refuse_if_failed()
                self._sync_pending(lsn)
            else:
                self._publish()

    def _append(self, storage: Storage, transaction: Transaction) -> int:
        """Step 1, under the commit mutex: the LSN to wait for."""
        self._refuse_writes()
        trees = self._trees_to_commit(transaction)
        try:
            lsn = storage.append(transaction.operations, self._head[0].sequence + 1)
            self._pending.append(self._advance(transaction, trees, lsn))
        except BaseException as error:
            self._latch(error)
            raise
        return lsn

    def _refuse_writes(self) -> None:
        if self.is_closed:
            raise UsageError("the database is closed")
        self._refuse_if_failed()
        if self._storage is not None and self._storage.read_only_reason is not None:
            raise ReadOnlyError(self._storage.read_only_reason)

    def _latch(self, error: BaseException) -> None:
        """Note a failure that leaves in doubt what the log holds."""
        if not isinstance(error, UsageError) and getattr(error, "in_doubt", True):
            self._failure = error

    @contextmanager
    def _latching(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._latch(error)
            raise

    def _writable_storage(self) -> Storage:
        assert self._storage is not None, "a database in memory has no log"
        return self._storage

    def _trees_to_commit(self, transaction: Transaction) -> dict[int, Tree]:
        """The trees of the next state: the transaction's, caught up with the head."""
        state, newest = self._head
        if transaction._base is newest:
            return transaction.merged_trees()
        return self._caught_up(transaction, state)

    @staticmethod
    def _caught_up(transaction: Transaction, state: State) -> dict[int, Tree]:
        missed = transaction._base.ended_since()
        operations = transaction.operations
        _refuse_conflicts(transaction, missed)
        if sum([size_of(moment.operations) for moment in missed]) < size_of(operations):
            transaction.freeze()
            trees, owner = transaction.merged_trees().copy(), transaction.owner
            for moment in missed:
                apply(trees, moment.operations, owner)
        else:
            trees = state.trees.copy()
            owner = Owner()
            apply(trees, operations, owner)
            owner.writes = False
        return trees

    def _advance(self, transaction: Transaction, trees: dict[int, Tree], lsn: int) -> tuple[State, Moment]:
        """Make ``trees`` the head."""
        state, newest = self._head
        moment = newest.end(transaction.operations, transaction.barrier)
        self._head = head = (State(trees, state.sequence + 1, lsn), moment)
        return head

    def _sync_pending(self, lsn: int) -> None:
        """Steps 2 and 3, under the sync mutex, as the leader."""
        assert self._storage is not None
        try:
            durable = self._storage.sync(lsn)
            assert durable >= lsn, "the log synced less than it was asked for"
        except BaseException as error:
            self._failure = error
            self._pending.clear()
            raise
        self._durable_lsn = durable
        self._publish()

    def publish_head(self) -> None:
        """Publish what a refused transaction ran into: it is not to meet that again when it is run again."""
        with self.sync_mutex:
            if self._failure is None and not self.is_closed and self._pending:
                self._sync_pending(self._pending[-1][0].lsn)

    def _publish(self) -> None:
        """Publish what is durable, in order. A leader may have synced a commit not yet in line here."""
        while self._pending and self._pending[0][0].lsn <= self._durable_lsn:
            self._current = self._pending.popleft()
            self.published = self._current[0]

    def _refuse_if_failed(self) -> None:
        if self._failure is not None:
            raise IOFailure(
                f"the log failed ({self._failure}); what was committed since then is in doubt, and nothing"
                " more is accepted: close the database and open it again"
            ) from self._failure

    def _checkpoint_quietly(self, storage: Storage) -> None:
        """Step 4: the commit stands whether or not the checkpoint succeeds; the next commit tries again."""
        if not self._checkpoint_mutex.acquire(blocking=False):
            return
        try:
            if not self.is_closed and self._failure is None:
                storage.checkpoint(self.published)
                self.checkpoint_failure = None
        except EngineError as error:
            self.checkpoint_failure = error
        finally:
            self._checkpoint_mutex.release()


def _refuse_conflicts(transaction: Transaction, missed: list[Moment]) -> None:
    if transaction.barrier or any(moment.barrier for moment in missed):
        raise ConflictError("the schema and other data changed at the same time")
    mine = WriteSet(transaction.operations)
    for moment in missed:
        if problem := mine.conflict(moment.write_set):
            raise ConflictError(f"a concurrent transaction committed first: {problem}")


def _last_key(tree: Tree) -> int | None:
    tail = tree.tail
    if tail is not None:
        return tail.keys[-1]  # type: ignore[no-any-return]
    last = tree.last()
    return None if last is None else last[0]


def _greater(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)
