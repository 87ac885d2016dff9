"""A commit to several databases: in all of them, or in none, whatever crashes when.

Two-phase commit. One of the databases that have files is the *coordinator* (the one in the lowest slot), the others
are *participants*. While the commit mutexes of all are held, so that nothing else is appended to any of their logs:

    1. each participant's log gets the operations and a PREPARE, and is synced;
    2. the coordinator's log gets its operations, a note of the transaction's id (decisions.py) and its COMMIT, and is
       synced: this is the moment at which the commit has happened, in all;
    3. each participant's log gets its COMMIT, and is synced;
    4. all publish their new states, together.

A participant that a crash leaves between 1 and 3 is in doubt, and asks the coordinator's files when it is opened
(recovery.py). After 3 no file needs another one any more, so a client that was told of a commit may move its files
about, crash or not; that is worth the syncs of step 3. (Left to a later sync, they would make a file depend on
another one for as long, and a coordinator that cannot be found might then mean that a commit is lost.) If the
coordinator is not found, the client has not been told, and the participant rolls back.

With synchronous NORMAL these commits are synced as with FULL: NORMAL may lose the last commits, not halves of them.
With OFF nothing is; a killed process leaves all or nothing even so, as logs are written in the order above.

Databases in memory take part without a log: their commits cannot fail any more once conflicts were looked for, and
are made when the files' are durable. Where only one database has a file, nothing is prepared.

When a step fails:
    1  the others get an ABORT; nothing has happened. Who could not write its log refuses commits from then on.
    2  if nothing was written, as 1; otherwise the disk may or may not hold the decision, and all refuse commits until
       they are opened again.
    3  it has happened, but its client cannot be told that all files have it: all refuse commits until they are
       opened again, which settles it.

Locks are taken in one order: the commit mutexes of databases in memory, then of files, each by identity; then
the sync mutexes of files; then `PUBLICATION`. Whoever reads the states of several databases takes the last, and so
sees such a commit in all or in none.
"""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from typing import Final

from .collector import finalizers_wait
from .database import Database
from .entry import Ticket
from .errors import ConflictError, EngineError
from .transaction import Transaction
from .tree import Tree

__all__ = ["PUBLICATION", "commit_together"]

PUBLICATION: Final = threading.Lock()
"""Held while states of several databases are published that belong together."""

Writer = tuple[Database, Transaction]


def commit_together(writers: list[Writer]) -> None:
    """Commit to all of these databases. ConflictError: to none."""
    memory = sorted((each for each in writers if not each[0].has_log), key=_identity)
    files = [each for each in writers if each[0].has_log]
    try:
        with finalizers_wait, ExitStack() as memory_mutexes:
            for database, _ in memory:
                memory_mutexes.enter_context(database.commit_mutex)
            lsns = _append_to_files(memory, files)
            for (database, _), lsn in zip(files, lsns, strict=True):
                database.settle(lsn)
            for database, transaction in memory:
                database.append(transaction)
    except ConflictError:
        for database, _ in writers:
            database.publish_head()
        raise


def _identity(writer: Writer) -> int:
    return id(writer[0])


def _append_to_files(memory: list[Writer], files: list[Writer]) -> list[int]:
    """Look for conflicts in all, and write the files' logs; what to wait for in each file."""
    with ExitStack() as mutexes:
        for database, _ in sorted(files, key=_identity):
            mutexes.enter_context(database.commit_mutex)
        for database, transaction in (*memory, *files):
            database.refuse(transaction)
        if len(files) < 2:
            return [database.append(transaction) for database, transaction in files]
        return _Commit(files).run()


class _Commit:
    """One commit to several files, under their commit mutexes."""

    def __init__(self, files: list[Writer]) -> None:
        self.files = files
        self.transaction_id = os.urandom(16)
        self.trees: list[dict[int, Tree]] = []  # the participants' new ones, as far as they are prepared

    def run(self) -> list[int]:
        """Steps 1 to 4; the LSNs of the ends, all durable."""
        (coordinator, deciding), participants = self.files[0], self.files[1:]
        identities = [database.identity for database, _ in participants]
        try:
            self._prepare(Ticket(self.transaction_id, *coordinator.identity), participants)
            trees, decided_lsn = coordinator.decide(deciding, identities, self.transaction_id)
        except BaseException as error:
            self._give_up(participants, error)
            raise
        try:
            coordinator.harden()
            lsns = [database.resolve(committed=True) for database, _ in participants]
            for database, _ in participants:
                database.harden()
        except BaseException as error:
            self._fail(error)
            raise
        lsns.insert(0, decided_lsn)
        self._publish([trees, *self.trees], lsns)
        return lsns

    def _prepare(self, ticket: Ticket, participants: list[Writer]) -> None:
        for database, transaction in participants:
            self.trees.append(database.prepare(transaction, ticket))
        for database, _ in participants:
            database.harden()

    def _give_up(self, participants: list[Writer], error: BaseException) -> None:
        """Nothing was decided, unless the coordinator's log is in doubt."""
        if self.files[0][0].failure is not None:
            self._fail(error)
            return
        for database, _ in participants[: len(self.trees)]:
            if database.failure is None:
                try:
                    database.resolve(committed=False)
                except EngineError:
                    continue  # refuses commits from now on; what it has is in doubt, and rolled back when it is opened

    def _fail(self, error: BaseException) -> None:
        for database, _ in self.files:
            database.fail(error)

    def _publish(self, trees: list[dict[int, Tree]], lsns: list[int]) -> None:
        with ExitStack() as locks:
            for database, _ in sorted(self.files, key=_identity):
                locks.enter_context(database.sync_mutex)
            locks.enter_context(PUBLICATION)
            for (database, transaction), new, lsn in zip(self.files, trees, lsns, strict=True):
                database.conclude(transaction, new, lsn)
