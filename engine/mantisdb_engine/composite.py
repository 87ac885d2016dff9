"""Several databases as one: a client's own (TEMP), the one that it opened, and those that it attached.

Each database has a *slot*; the main one is slot 0. A tree's id here is its id there, with the slot in the bits from
``SLOT_SHIFT`` on, so that whoever reads and writes trees by id need not know that there are several databases. A
transaction of the whole is one transaction whose trees are those of all, and which has a *part*, a transaction of its
own, in every database: the parts stay as they began until the commit, when the operations are dealt out to them.

A database may have several slots. It is then several databases to look at, each as the transaction found it and with
what was written to it under its own slot; a transaction writes to one of them only (DatabaseLocked), as a second writer
would have to wait for the first, which never ends.

A commit that wrote to several databases happens in all of them or in none: see two_phase.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .collector import finalizers_wait
from .database import Database
from .errors import DatabaseLocked, ReadOnlyError
from .nodes import Owner
from .operations import Operation, State
from .transaction import Transaction
from .tree import Tree
from .two_phase import PUBLICATION, commit_together

__all__ = ["LOCAL_IDS", "SLOT_SHIFT", "Composite", "CompositeTransaction"]

SLOT_SHIFT: Final = 32
LOCAL_IDS: Final = (1 << SLOT_SHIFT) - 1
"""The bits of a tree's id within its database."""


class CompositeTransaction(Transaction):
    """A transaction of all databases: ``parts`` by slot."""

    __slots__ = ("_composite", "parts")

    def __init__(self, database: Any, trees: dict[int, Tree], parts: dict[int, Transaction]) -> None:
        super().__init__(database, trees, parts[0]._base)
        self._composite: Composite = database
        self.parts = parts

    def own(self, tree_id: int) -> Tree:
        """See :class:`Transaction`."""
        self._composite.admit(self, tree_id >> SLOT_SHIFT)
        return super().own(tree_id)

    def create_tree(self, slot: int = 0) -> int:
        """See :class:`Transaction`."""
        self._composite.admit(self, slot)
        return super().create_tree(slot)

    def drop_tree(self, tree_id: int) -> None:
        """See :class:`Transaction`."""
        self._composite.admit(self, tree_id >> SLOT_SHIFT)
        super().drop_tree(tree_id)

    def clear_tree(self, tree_id: int) -> None:
        """See :class:`Transaction`."""
        self._composite.admit(self, tree_id >> SLOT_SHIFT)
        super().clear_tree(tree_id)

    def leave(self, slot: int) -> None:
        """Go on without a database to which nothing was written."""
        self._own_trees()
        for tree_id in [i for i in self.unmerged if i >> SLOT_SHIFT == slot]:
            del self.unmerged[tree_id]
        self.parts.pop(slot).abort()

    def _end(self) -> None:
        for part in self.parts.values():
            part.abort()
        super()._end()


class Composite:
    """See the module's text. What it has of a :class:`Database` is what its clients ask for.

    parts      the databases by slot
    read_only  the slots that this client does not write to, whatever others do (ReadOnlyError)
    """

    def __init__(self, main: Database, *, read_only: bool = False) -> None:
        self.parts: dict[int, Database] = {0: main}
        self.read_only = {0} if read_only else set()
        self._guarded = self.read_only.copy()  # those that ``admit`` has to look at
        self._seen: tuple[dict[int, Tree], ...] = ()
        self._state = State({})  # the trees of ``_seen`` together
        self._published: list[tuple[Database, State]] = [(main, self._state)]  # what ``_state`` was made of

    # -- what a database is asked for

    @property
    def path(self) -> str | None:
        """The main database's."""
        return self.parts[0].path

    @property
    def synchronous(self) -> str:
        """The main database's; setting it sets that of all files."""
        return self.parts[0].synchronous

    @synchronous.setter
    def synchronous(self, level: str) -> None:
        for database in self.parts.values():
            database.synchronous = level

    @property
    def published(self) -> State:
        """The published states of all, as one."""
        for database, state in self._published:
            if database.published is not state:
                break
        else:
            return self._state
        with finalizers_wait, PUBLICATION:
            states = [database.published for database in self.parts.values()]
        self._merge([state.trees for state in states])
        self._published = list(zip(self.parts.values(), states, strict=True))
        return self._state

    def checkpoint(self) -> None:
        """A checkpoint of each."""
        for database in self.parts.values():
            database.checkpoint()

    def begin(self) -> Transaction:
        """Begin a transaction on what is published in each."""
        with finalizers_wait, PUBLICATION:
            parts = {slot: database.begin() for slot, database in self.parts.items()}
        trees = self._merge([part.unmerged for part in parts.values()])
        return CompositeTransaction(self, trees, parts)

    def _merge(self, trees: Sequence[dict[int, Tree]]) -> dict[int, Tree]:
        """The trees of all under their ids here, made anew where one has changed; not to be written into."""
        seen = self._seen
        if len(seen) != len(trees) or any(one is not other for one, other in zip(seen, trees, strict=True)):
            merged: dict[int, Tree] = {}
            for slot, part in zip(self.parts, trees, strict=True):
                merged.update(part if not slot else {i | slot << SLOT_SHIFT: tree for i, tree in part.items()})
            self._seen, self._state = tuple(trees), State(merged)
            self._published = [(self.parts[0], State({}))]  # to be looked at anew
        return self._state.trees

    # -- databases come and go

    def attach(self, slot: int, database: Database, *, read_only: bool = False) -> None:
        """Add a database; transactions that are open go on by :meth:`adopt`."""
        assert slot not in self.parts, "a slot has one database"
        self.parts[slot] = database
        if read_only:
            self.read_only.add(slot)
        self._forget()

    def detach(self, slot: int) -> None:
        """Remove a database, outside of transactions."""
        del self.parts[slot]
        self.read_only.discard(slot)
        self._forget()

    @property
    def has_twins(self) -> bool:
        """Whether a database has several slots."""
        return len(set(self.parts.values())) < len(self.parts)

    def _forget(self) -> None:
        databases = list(self.parts.values())
        twins = {slot for slot, database in self.parts.items() if databases.count(database) > 1}
        self._guarded = self.read_only | twins
        self._seen, self._published = (), [(self.parts[0], State({}))]

    def adopt(self, transaction: Transaction) -> Transaction:
        """An open transaction, as one of all databases that are here now; the old one is not to be used any more."""
        if isinstance(transaction, CompositeTransaction):
            parts = transaction.parts
        else:
            parts = {0: transaction}
        adopted = CompositeTransaction(self, transaction.unmerged.copy(), parts)
        adopted._is_shared = False
        adopted.owner, adopted.operations = transaction.owner, transaction.operations
        adopted.barrier, adopted._replaced = transaction.barrier, transaction._replaced
        adopted._waiting, adopted._outgoing = transaction._waiting, transaction._outgoing
        adopted._deferred = transaction._deferred
        transaction.owner, transaction.operations, transaction._waiting = Owner(), [], None
        transaction._outgoing, transaction._deferred = None, None
        for slot in self.parts.keys() - parts.keys():
            part = parts[slot] = self.parts[slot].begin()
            adopted.unmerged.update({i | slot << SLOT_SHIFT: tree for i, tree in part.unmerged.items()})
        return adopted

    # -- for transactions

    def admit(self, transaction: CompositeTransaction, slot: int) -> None:
        """Refuse what may not be written to."""
        if slot not in self._guarded:
            return
        if slot in self.read_only:
            raise ReadOnlyError("attempt to write a readonly database")
        written = {op[1] >> SLOT_SHIFT for op in transaction.operations} - {slot}
        if any(self.parts[other] is self.parts[slot] for other in written):
            raise DatabaseLocked("the transaction has written to this database under another name")

    def new_tree_id(self, slot: int = 0) -> int:
        """A tree id that was never given before in that database."""
        return self.parts[slot].new_tree_id() | slot << SLOT_SHIFT

    def logs(self, tree_id: int) -> bool:
        """See :class:`Database`."""
        return self.parts[tree_id >> SLOT_SHIFT].has_log

    def reserve_keys(self, transaction: CompositeTransaction, tree_id: int, key_count: int) -> int:
        """See ``Transaction.next_key``."""
        slot, local = tree_id >> SLOT_SHIFT, tree_id & LOCAL_IDS
        part = transaction.parts[slot]
        return self.parts[slot].reserve_tree_keys(part, transaction.unmerged[tree_id], local, key_count)

    def commit(self, transaction: CompositeTransaction) -> None:
        """Commit the parts that have something to commit: all of them, or none."""
        dealt: dict[int, list[Operation]] = {}
        for op in transaction.operations:
            slot = op[1] >> SLOT_SHIFT
            dealt.setdefault(slot, []).append(op if not slot else (op[0], op[1] & LOCAL_IDS, *op[2:]))
        trees, writers = transaction.merged_trees(), []
        for slot, operations in sorted(dealt.items()):
            part = transaction.parts[slot]
            part.unmerged = {i & LOCAL_IDS: tree for i, tree in trees.items() if i >> SLOT_SHIFT == slot}
            part._is_shared = False
            part.owner, part.operations, part.barrier = transaction.owner, operations, transaction.barrier
            writers.append((self.parts[slot], part))
        if len(writers) == 1:
            writers[0][0].commit(writers[0][1])
        else:
            commit_together(writers)
