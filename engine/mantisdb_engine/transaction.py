"""Transactions: private versions of trees, and the ordered list of what was done to them.

A transaction begins with the published trees, and reads them as they are. Its first write to a tree makes it
a handle of its own (and a dict of its own); from then on writes go straight into that version, so that it
reads its own writes at full speed, and each is noted as an operation (operations.py). The list of operations
is what is logged, what is checked for conflicts, and what is applied again if others committed first.

A *mark* is a position in that list. ``undo_to(mark)`` takes back, last first, what came after it: the one
mechanism behind statement rollback and savepoints. Marks nest, and a mark stays good until something before
it is undone.

Entries of an index need not be in its tree until somebody reads it, and those that go may stay as long.
``insert_later``, ``insert_many_later``, ``insert_run_later``, ``delete_later`` and ``delete_many_later`` note the
operation and keep the entries aside; ``trees``, and whatever else has to see them, first merges a few into their trees,
in one sorted run per tree, and many once their tree is read (deferred.py). What is written to a log is merged by the
commit. Other databases call that change buffering: most statements read one index of many, and an entry that is merged
with others costs a fraction of one that is looked for alone. ``unmerged`` are the trees without those entries, for
those who know that what they read there is not affected.

``freeze()`` gives the transaction a new owner token, so that later writes leave every tree and node that was
seen before as it is: for those who read on while the transaction writes.

One thread at a time uses a transaction; different transactions need no care. A transaction that is dropped
without being ended is aborted: nothing in the database refers to it strongly.

Sequences given to the ``*_many`` methods are copied: into tuples, which the garbage collector soon leaves alone,
where a list of plain values costs it a look at every element, each time. A tree id that does not exist is a
KeyError; using a transaction that has ended is a UsageError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sys import getrefcount
from typing import TYPE_CHECKING, Any, Final

from .batches import Rewritten
from .deferred import merge, tree_in_waiting
from .errors import CorruptionError, UsageError
from .keys import Key
from .nodes import BackwardDelta, KeyOf, Node, Owner, patched
from .operations import (
    CLEAR_TREE,
    CREATE_TREE,
    DELETE,
    DELETE_MANY,
    DROP_TREE,
    INSERT,
    INSERT_MANY,
    UPDATE,
    UPDATE_MANY,
    WIDEN,
    Operation,
    WriteSet,
    apply,
    bits_of,
    bytes_of,
    inverse,
)
from .outgoing import OWN_REFERENCES, let_go
from .replaced import KEYS, NEW, OLD, ReplacedPart, ReplacedRun
from .selection import Removal, Staying, ValuesLeft
from .tree import MISSING, Leaf, Tree
from .waiting import Run, RunPart, Waiting

if TYPE_CHECKING:
    from .database import Database

__all__ = ["Mark", "Moment", "Reservation", "Transaction"]

Change = Callable[[list[Key], list[Any]], "tuple[list[int] | None, list[Any]] | None"]

Mark = int
"""A position in a transaction's list of operations."""

_MANY_KEYS: Final = 1 << 14  # of trees with more, what was found is not kept
_FEW_ENTRIES: Final = 8  # so many are not worth keeping aside, as somebody may read before there are more
_MANY_ENTRIES: Final = 256  # fewer are merged by the commit: whoever reads is not to wait for many small merges

_ENDED: Final = Owner()
"""The owner token of ended transactions; no node ever carries it."""


class Moment:
    """A moment in the recent history, and the commit that ended it: a chain from the oldest moment at which an open
    transaction began to the present one.

    operations, barrier  the commit's, once there is one
    next                 the moment after it; None: this is the present

    Every transaction refers to the moment when it began. So the operations of a commit, and the old rows in them, are
    freed by their reference counts as soon as no open transaction is older than it; at once if none is.
    """

    __slots__ = ("_write_set", "barrier", "next", "operations")

    def __init__(self) -> None:
        self.operations: Sequence[Operation] = ()
        self.barrier = False
        self.next: Moment | None = None
        self._write_set: WriteSet | None = None

    def end(self, operations: Sequence[Operation], barrier: bool) -> Moment:
        """End the present moment by a commit; the one that begins."""
        self.operations, self.barrier = operations, barrier
        self.next = Moment()
        return self.next

    def ended_since(self) -> list[Moment]:
        """This moment and those after it, but for the present: one for each commit."""
        ended: list[Moment] = []
        moment = self
        while moment.next is not None:
            ended.append(moment)
            moment = moment.next
        return ended

    @property
    def write_set(self) -> WriteSet:
        """What the commit wrote; made when first asked for."""
        if self._write_set is None:
            self._write_set = WriteSet(self.operations)
        return self._write_set


class Reservation(dict[int, int]):
    """The greatest integer key that one transaction was given by ``next_key``, by tree id; the database
    refers to it weakly.
    """

    __slots__ = ("__weakref__",)


class Transaction:
    """A unit of work on a database; made by ``Database.begin``.

    trees     tree id -> Tree, as this transaction sees them; look handles up anew after every write
    unmerged  the same without the entries that wait to be merged
    barrier   True: the commit conflicts with every concurrent transaction that writes
    is_open   neither committed nor aborted yet

    For compiled statements, which write one row with as few calls as can be, there is more: ``own(tree_id)`` is a tree
    to write into, and so is ``unmerged[tree_id]`` where its owner is ``owner``. Whoever writes there appends the
    operation to ``operations``, and lets no entries wait for that tree.
    """

    __slots__ = (
        "_at_once", "_base", "_database", "_deferred", "_is_shared", "_outgoing", "_replaced", "_reservation",
        "_waiting", "barrier", "is_open", "operations", "owner", "unmerged",
    )

    def __init__(self, database: Database, trees: dict[int, Tree], base: Moment) -> None:
        self.unmerged = trees
        self.barrier = False
        self.is_open = True
        self._database = database
        self._base = base
        self.owner = Owner()
        self.operations: list[Operation] = []
        # whether ``trees`` is somebody else's dict too, and must be copied before it is changed
        self._is_shared = True
        # what DROP_TREE and CLEAR_TREE replaced, by position in the list of operations
        self._replaced: dict[int, Tree] | None = None
        self._reservation: Reservation | None = None
        # values that passes over whole trees replaced (outgoing.py)
        self._outgoing: list[list[Any]] | None = None
        # what was inserted and is not in its tree yet, or is to go, by tree
        self._waiting: dict[int, Waiting] | None = None
        # which trees may have entries that wait until they are read
        self._deferred: set[int] | None = None
        # how many entries may still come or go at once before others wait
        self._at_once = _FEW_ENTRIES

    @property
    def trees(self) -> dict[int, Tree]:
        """See the class."""
        self._at_once = _FEW_ENTRIES
        if self._waiting:
            self._defer()
        return self.unmerged

    @property
    def has_writes(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.operations)

    def has_key(self, tree_id: int, key: Key) -> bool:
        """Whether a key exists, for keys that are asked for again and again, as the few parents of many children are.

        What was found in a handle that nobody writes to any more is true as long as there is the handle, and kept with
        it: a look into a set costs a fifth of a search. Trees of many keys would ask for many to be kept."""
        tree = self.unmerged[tree_id]
        if key in tree.found:
            return True
        if tree.get(key, MISSING) is MISSING:
            return False
        if tree.owner is not self.owner and tree.count <= _MANY_KEYS:
            if not tree.found:
                tree.found = set()
            tree.found.add(key)  # type: ignore[attr-defined]
        return True

    # -- writing keys

    def insert(self, tree_id: int, key: Key, value: Any) -> bool:
        """Add a key; False, and nothing changed, if it exists."""
        if self._waiting:
            self._merge_into(tree_id)
        tree = self.unmerged[tree_id]
        if tree.owner is not self.owner:
            tree = self.own(tree_id)
        if tree.insert(key, value):
            self.operations.append((INSERT, tree_id, key, value))
            return True
        return False

    def insert_later(self, tree_id: int, key: Key, value: Any) -> None:
        """Add a key that is known not to exist, by the time that somebody reads the tree."""
        if self._at_once:
            self._at_once -= 1
            if not self._waiting and self.unmerged[tree_id].later is None and self.insert(tree_id, key, value):
                return
        waiting = self._waiting.get(tree_id) if self._waiting is not None else None
        if waiting is None:
            waiting = self._wait(tree_id)
        waiting.add(key, value)
        self.operations.append((INSERT, tree_id, key, value))

    def insert_many_later(self, tree_id: int, keys: list[Key], values: list[Any]) -> None:
        """As ``insert_later``, for keys that are known to ascend."""
        if not keys:
            return
        self._wait(tree_id).add_run(keys, values)
        self.operations.append((INSERT_MANY, tree_id, tuple(keys), tuple(values)))

    def insert_run_later(self, tree_id: int, run: Run) -> None:
        """As ``insert_many_later``, for entries that are put in order when they are needed."""
        self._wait(tree_id).runs.append(run)
        self.operations.append((INSERT_MANY, tree_id, RunPart(run, 0), RunPart(run, 1)))

    def delete_later(self, tree_id: int, key: Key, value: Any) -> None:
        """Remove a key that is known to exist with this value, by the time that somebody reads the tree."""
        if self._at_once:
            self._at_once -= 1
            if not self._waiting and self.unmerged[tree_id].later is None and self.delete(tree_id, key) is not MISSING:
                return
        waiting = self._waiting.get(tree_id) if self._waiting is not None else None
        if waiting is None:
            waiting = self._wait(tree_id)
        waiting.remove((key,))
        self.operations.append((DELETE, tree_id, key, value))

    def delete_many_later(self, tree_id: int, keys: list[Key], values: list[Any]) -> None:
        """As ``delete_later``, for keys that are known to ascend."""
        if len(keys) <= self._at_once and not self._waiting and self.unmerged[tree_id].later is None:
            self._at_once -= len(keys)
            self.delete_many(tree_id, keys)
            return
        self._wait(tree_id).remove(keys)
        self.operations.append((DELETE_MANY, tree_id, tuple(keys), tuple(values)))

    def _wait(self, tree_id: int) -> Waiting:
        if self._waiting is None:
            self.own(tree_id)  # refuses where no write is possible
            self._waiting = {}
        return self._waiting.setdefault(tree_id, Waiting())

    def _merge(self) -> None:
        """Put what waits into the trees."""
        while self._waiting:
            self._merge_into(next(iter(self._waiting)))

    def _defer(self) -> None:
        """Put what waits into the trees, where many wait by way of a tree that has them once it is read."""
        assert self._waiting is not None
        for tree_id, waiting in list(self._waiting.items()):
            if len(waiting) < _MANY_ENTRIES:
                self._merge_into(tree_id)
                continue
            self._own_trees()
            self.unmerged[tree_id] = tree_in_waiting(self.unmerged[tree_id], waiting)
            self._deferred = {tree_id, *(self._deferred or ())}
            del self._waiting[tree_id]

    def merged_trees(self) -> dict[int, Tree]:
        """``trees``, known to fit what waited: to be published where there is a log."""
        trees = self.trees
        if self._deferred is not None:
            for tree_id in self._deferred & trees.keys():
                _ = trees[tree_id].root
        return trees

    def _merge_into(self, tree_id: int) -> None:
        if self._waiting is None or tree_id not in self._waiting:
            return
        problem = merge(self.own(tree_id), self._waiting[tree_id])
        if problem is not None:
            raise CorruptionError(f"tree {tree_id} {problem}")
        del self._waiting[tree_id]

    def put(self, tree_id: int, key: Key, value: Any) -> Any:
        """Set the value of a key, added if need be; the old value or MISSING."""
        if self._waiting:
            self._merge_into(tree_id)
        tree = self.unmerged[tree_id]
        if tree.owner is not self.owner:
            tree = self.own(tree_id)
        old = tree.put(key, value)
        if old is MISSING:
            self.operations.append((INSERT, tree_id, key, value))
        else:
            self.operations.append((UPDATE, tree_id, key, value, old))
        return old

    def delete(self, tree_id: int, key: Key) -> Any:
        """Remove a key; its old value, or MISSING if there is none."""
        if self._waiting:
            self._merge_into(tree_id)
        tree = self.unmerged[tree_id]
        if tree.owner is not self.owner:
            tree = self.own(tree_id)
        old = tree.delete(key)
        if old is not MISSING:
            self.operations.append((DELETE, tree_id, key, old))
        return old

    def insert_many(self, tree_id: int, keys: Sequence[Key], values: Sequence[Any]) -> int | None:
        """Add strictly ascending keys; if one exists, nothing changed, and the index of the first that does.
        """
        self._merge_into(tree_id)
        keys, values = tuple(keys), tuple(values)
        index = self.own(tree_id).insert_many(keys, values)
        if index is None and keys:
            self.operations.append((INSERT_MANY, tree_id, keys, values))
        return index

    def insert_sorted(self, tree_id: int, keys: list[Key], values: list[Any]) -> int | None:
        """As ``insert_many``, for keys that are known to ascend."""
        self._merge_into(tree_id)
        index = self.own(tree_id).insert_sorted(keys, values)
        if index is None and keys:
            self.operations.append((INSERT_MANY, tree_id, tuple(keys), tuple(values)))
        return index

    def put_many(self, tree_id: int, keys: Sequence[Key], values: Sequence[Any]) -> list[Any]:
        """Set the values of strictly ascending keys that all exist; the old values."""
        self._merge_into(tree_id)
        keys, values = tuple(keys), tuple(values)
        old = self.own(tree_id).put_many(keys, values)
        if keys:
            self.operations.append((UPDATE_MANY, tree_id, keys, values, tuple(old)))
        return old

    def delete_many(self, tree_id: int, keys: Sequence[Key]) -> list[Any]:
        """Remove strictly ascending keys that all exist; their old values."""
        self._merge_into(tree_id)
        keys = tuple(keys)
        old = self.own(tree_id).delete_many(keys)
        if keys:
            self.operations.append((DELETE_MANY, tree_id, keys, tuple(old)))
        return old

    # -- writing whatever a look at everything finds

    def put_where(self, tree_id: int, change: Change, delta: BackwardDelta | None = None) -> int:
        """Go through all keys, a run at a time: ``change(keys, values)`` gives the positions of those to change
        (None: all) and their new values, or None for no change. The number of keys changed.

        If ``change`` raises, nothing has changed. It must not write to the tree. ``delta`` says in what old and new
        values differ, so that the old ones need not be kept (replaced.py): for those who do not look at them after."""
        # The new leaves have no owner, since they share lists: with the operation, which must stay as it is, and with
        # the old leaves. Whoever writes to one next makes a copy of it first.
        runs: list[ReplacedRun] = []
        outgoing: list[list[Any]] = []
        count = 0
        kept = None if self._database.logs(tree_id) else delta

        def changed(leaf: Leaf) -> Leaf:
            nonlocal count
            keys, values = leaf.keys, leaf.values
            may_go = getrefcount(values) <= OWN_REFERENCES
            found = change(keys, values)
            if found is None or not found[1]:
                return leaf
            positions, new = found
            count += len(new)
            present = new if positions is None else patched(values, positions, new)
            if kept is not None and may_go:
                old = values if positions is None else [values[i] for i in positions]
                leaf.let_values_go((kept, kept.taken(old), new, positions, present))
            else:
                outgoing.append(values)
            runs.append((leaf, positions, new))
            return Leaf(keys, present)

        def rewrite(leaves: list[Leaf]) -> Rewritten:
            before = len(runs)
            made: list[Node] = list(map(changed, leaves))
            return (made, True) if len(runs) > before else None

        self._merge_into(tree_id)
        self.own(tree_id).rewrite(rewrite)
        if count:
            columns = [ReplacedPart(runs, which, count) for which in (KEYS, NEW, OLD)]
            self.operations.append((UPDATE_MANY, tree_id, *columns))
        if self._outgoing is None:
            self._outgoing = []
        self._outgoing += outgoing
        return count

    def keep_where(
        self, tree_id: int, staying: Staying, values_left: ValuesLeft | None = None, key_of: KeyOf | None = None
    ) -> int:
        """Go through all keys, and keep those that stay, as ``staying`` says; or, where there is no log, as
        ``values_left`` does, if there is that: of values that hold their keys, and ``key_of`` gives them. The number of
        keys removed. If a function raises, nothing has changed."""
        removal = Removal()
        if values_left is None or key_of is None or self._database.logs(tree_id):
            rewrite = removal.keep_marked(staying)
        else:
            rewrite = removal.keep_values(values_left, key_of)
        self._merge_into(tree_id)
        tree = self.own(tree_id)
        tree.rewrite(rewrite)
        tree.count -= removal.count
        if removal.count:
            self.operations.append((DELETE_MANY, tree_id, removal.keys(), removal.values()))
        return removal.count

    # -- trees

    def create_tree(self, slot: int = 0) -> int:
        """Make an empty tree; its id. ``slot``: in which of several databases (composite.py)."""
        self._own_trees()
        tree_id = self._database.new_tree_id(slot)
        self.unmerged[tree_id] = Tree.empty(self.owner)
        self.operations.append((CREATE_TREE, tree_id))
        return tree_id

    def drop_tree(self, tree_id: int) -> None:
        """Remove a tree."""
        self._merge_into(tree_id)
        self._own_trees()
        self._note_replaced(self.unmerged.pop(tree_id))
        self.operations.append((DROP_TREE, tree_id))

    def clear_tree(self, tree_id: int) -> None:
        """Remove all keys of a tree, which keeps its flags."""
        self._merge_into(tree_id)
        self._own_trees()
        old = self.unmerged[tree_id]
        self._note_replaced(old)
        self.unmerged[tree_id] = Tree.empty(self.owner, old.flags)
        self.operations.append((CLEAR_TREE, tree_id))

    def _note_replaced(self, tree: Tree) -> None:
        if self._replaced is None:
            self._replaced = {}
        self._replaced[len(self.operations)] = tree

    def widen(self, tree_id: int, bits: int) -> None:
        """Add bits to a tree's flags. This never conflicts, except with dropping the tree."""
        new_bits = bits & ~self.unmerged[tree_id].flags
        if new_bits:
            self.own(tree_id).flags |= new_bits
            self.operations.append((WIDEN, tree_id, bytes_of(new_bits)))

    def next_key(self, tree_id: int, count: int = 1) -> int:
        """The first of ``count`` new integer keys.

        It is the greatest key + 1 (1 in an empty tree), and beyond what transactions still open were given
        and what transactions committed meanwhile hold.
        """
        if not self.is_open:
            raise UsageError("the transaction has ended")
        reservation, tail = self._reservation, self.unmerged[tree_id].tail
        if reservation is not None and tail is not None:
            # The short way, without a mutex: first say what is taken, then look whether anybody else is there. Whoever
            # comes meanwhile puts itself on the list first, then looks at what is taken.
            first: int = tail.keys[-1] + 1
            reservation[tree_id] = first + count - 1
            if self._database.is_alone(self):
                return first
        return self._database.reserve_keys(self, tree_id, count)

    # -- marks and versions

    def mark(self) -> Mark:
        """The present position, for ``undo_to``."""
        return len(self.operations)

    def undo_to(self, mark: Mark) -> None:
        """Take back everything after the mark. Trees that this touches get new handles."""
        operations = self.operations
        if len(operations) == mark:
            return
        self._merge()
        self._own_trees()
        for tree_id in {op[1] for op in operations[mark:]} & self.unmerged.keys():
            self.unmerged[tree_id] = self.unmerged[tree_id].for_owner(self.owner)
        while len(operations) > mark:
            self._undo(operations[-1])
            operations.pop()

    def _undo(self, op: Operation) -> None:
        kind, tree_id = op[0], op[1]
        if kind <= DELETE_MANY:
            apply(self.unmerged, (inverse(op),), self.owner)
        elif kind == WIDEN:
            self.unmerged[tree_id].flags &= ~bits_of(op[2])
        elif kind == CREATE_TREE:
            del self.unmerged[tree_id]
        else:
            assert self._replaced is not None
            old = self._replaced.pop(len(self.operations) - 1)
            self.unmerged[tree_id] = old.for_owner(self.owner)

    def freeze(self) -> None:
        """Leave all trees and nodes seen so far as they are: later writes copy what they change."""
        if self.is_open:
            self.owner.writes = False
            self.owner = Owner()
            self._is_shared = True

    def _own_trees(self) -> None:
        if not self.is_open:
            raise UsageError("the transaction has ended")
        if self._is_shared:
            self.unmerged = self.unmerged.copy()
            self._is_shared = False

    def own(self, tree_id: int) -> Tree:
        """The tree's handle of this transaction, made if need be."""
        if self._is_shared or not self.is_open:
            self._own_trees()
        tree = self.unmerged[tree_id]
        if tree.owner is not self.owner:
            tree = self.unmerged[tree_id] = tree.for_owner(self.owner)
        return tree

    # -- the end

    def commit(self) -> None:
        """Make the writes durable and visible. ConflictError: others were first; nothing happened, and it is
        aborted.
        """
        if not self.is_open:
            raise UsageError("the transaction has ended")
        try:
            if self.operations:
                self._database.commit(self)
        finally:
            self._end()

    def abort(self) -> None:
        """Drop the writes; harmless if the transaction has ended."""
        if self.is_open:
            self._end()

    def _end(self) -> None:
        self.is_open = False
        self.owner.writes = False
        self.owner = _ENDED
        self._base = _NO_MOMENT
        self._reservation = None
        self.operations = []
        self._replaced = None
        self._waiting = None
        if self._outgoing is not None:
            outgoing, self._outgoing = self._outgoing, None
            let_go(outgoing)


_NO_MOMENT: Final = Moment()
