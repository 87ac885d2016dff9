"""What a transaction does to trees, as data, and the one function that does it again.

A commit is a list of operations, each a tuple that begins with its kind and its tree:

    (INSERT, tree_id, key, value)                  the key is new
    (UPDATE, tree_id, key, value, old_value)       the key exists
    (DELETE, tree_id, key, old_value)
    (INSERT_MANY, tree_id, keys, values)           sequences, keys strictly ascending
    (UPDATE_MANY, tree_id, keys, values, old_values)
    (DELETE_MANY, tree_id, keys, old_values)
    (CREATE_TREE, tree_id)                         an empty tree under a number never used before
    (DROP_TREE, tree_id)
    (CLEAR_TREE, tree_id)                          removes all keys, keeps the flags
    (WIDEN, tree_id, bits)                         flags |= bits, an int of any size as little-endian bytes

Operations hold nothing but what can be written to the log. Recovery, a transaction that catches up with
others' commits and whatever else turns a log into trees calls ``apply``. It is strict: an operation that does
not fit the trees (a new key that exists, a tree that does not) is a CorruptionError, since commits are
checked for conflicts before they are logged.

``inverse`` gives what undoes a key operation, which is how statements and savepoints are rolled back.
``WriteSet`` is what a list of operations wrote, for conflict checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from .errors import CorruptionError
from .keys import Key
from .tree import MISSING, Tree

__all__ = [
    "CLEAR_TREE", "CREATE_TREE", "DELETE", "DELETE_MANY", "DROP_TREE", "INSERT", "INSERT_MANY", "UPDATE",
    "UPDATE_MANY", "WIDEN", "Operation", "State", "WriteSet", "apply", "bits_of", "bytes_of", "inverse",
    "size_of",
]

INSERT: Final = 1
UPDATE: Final = 2
DELETE: Final = 3
INSERT_MANY: Final = 4
UPDATE_MANY: Final = 5
DELETE_MANY: Final = 6
CREATE_TREE: Final = 7
DROP_TREE: Final = 8
CLEAR_TREE: Final = 9
WIDEN: Final = 10

Operation = tuple[Any, ...]


class State:
    """A version of the whole database; neither it nor its dict nor its trees ever change.

    trees     tree id -> Tree
    sequence  number of the commit that made it (and that commit's transaction id), 0 for a new database
    lsn       the log's last entry that is in it, 0 where there is no log
    """

    __slots__ = ("lsn", "sequence", "trees")

    def __init__(self, trees: dict[int, Tree], sequence: int = 0, lsn: int = 0) -> None:
        self.trees = trees
        self.sequence = sequence
        self.lsn = lsn


def bytes_of(bits: int) -> bytes:
    """A non-negative int as little-endian bytes."""
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def bits_of(data: bytes) -> int:
    """The int of ``bytes_of``."""
    return int.from_bytes(data, "little")


def size_of(operations: Iterable[Operation]) -> int:
    """How many keys a list of operations touches: what applying it costs."""
    return sum([len(op[2]) if INSERT_MANY <= op[0] <= DELETE_MANY else 1 for op in operations])


def apply(trees: dict[int, Tree], operations: Iterable[Operation], owner: object) -> None:
    """Do the operations to ``trees``, a dict of the caller's own, through handles and nodes of ``owner``."""
    for op in operations:
        tree_id = op[1]
        if op[0] == CREATE_TREE:
            _require(tree_id not in trees, tree_id, "creates a tree that exists")
            trees[tree_id] = Tree.empty(owner)
            continue
        tree = trees.get(tree_id)
        if tree is None:
            raise CorruptionError(f"an operation on tree {tree_id}, which does not exist")
        if tree.owner is not owner:
            tree = trees[tree_id] = tree.for_owner(owner)
        _apply_one(trees, tree, op)


def _apply_one(trees: dict[int, Tree], tree: Tree, op: Operation) -> None:
    match op:
        case (1, tree_id, key, value):
            _require(tree.insert(key, value), tree_id, "inserts a key that exists")
        case (2, tree_id, key, value, _):
            _require(tree.put(key, value) is not MISSING, tree_id, "updates a key that does not exist")
        case (3, tree_id, key, _):
            _require(tree.delete(key) is not MISSING, tree_id, "deletes a key that does not exist")
        case (4, tree_id, keys, values):
            _require(tree.insert_many(keys, values) is None, tree_id, "inserts a key that exists")
        case (5, tree_id, keys, values, _):
            _change_many(tree, tree_id, keys, values)
        case (6, tree_id, keys, _):
            _change_many(tree, tree_id, keys, None)
        case (8, tree_id):
            del trees[tree_id]
        case (9, tree_id):
            trees[tree_id] = Tree.empty(tree.owner, tree.flags)
        case (10, _, bits):
            tree.flags |= bits_of(bits)
        case _:
            raise CorruptionError(f"an operation of unknown kind {op[0]}")


def _change_many(tree: Tree, tree_id: int, keys: Sequence[Key], values: Sequence[Any] | None) -> None:
    try:
        if values is None:
            tree.delete_many(keys)
        else:
            tree.put_many(keys, values)
    except AssertionError as error:
        raise CorruptionError(f"an operation on tree {tree_id} does not fit it: {error}") from error


def _require(condition: bool, tree_id: int, problem: str) -> None:
    if not condition:
        raise CorruptionError(f"an operation on tree {tree_id} {problem}")


def inverse(op: Operation) -> Operation:
    """The operation that takes back a key operation."""
    match op:
        case (1, tree_id, key, value):
            return (DELETE, tree_id, key, value)
        case (2, tree_id, key, value, old):
            return (UPDATE, tree_id, key, old, value)
        case (3, tree_id, key, old):
            return (INSERT, tree_id, key, old)
        case (4, tree_id, keys, values):
            return (DELETE_MANY, tree_id, keys, values)
        case (5, tree_id, keys, values, old):
            return (UPDATE_MANY, tree_id, keys, old, values)
        case (6, tree_id, keys, old):
            return (INSERT_MANY, tree_id, keys, old)
        case _:
            raise AssertionError(f"operation of kind {op[0]} has no inverse")


class WriteSet:
    """What a list of operations wrote: keys by tree, trees dropped or cleared as a whole, trees touched at
    all.
    """

    __slots__ = ("dropped", "keys", "touched", "whole")

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.keys: dict[int, set[Key]] = {}
        self.whole: set[int] = set()
        self.dropped: set[int] = set()
        self.touched: set[int] = set()
        for op in operations:
            kind, tree_id = op[0], op[1]
            self.touched.add(tree_id)
            if kind <= DELETE:
                self.keys.setdefault(tree_id, set()).add(op[2])
            elif kind <= DELETE_MANY:
                self.keys.setdefault(tree_id, set()).update(op[2])
            elif kind == DROP_TREE:
                self.dropped.add(tree_id)
            elif kind == CLEAR_TREE:
                self.whole.add(tree_id)

    def conflict(self, other: WriteSet) -> str | None:
        """What both wrote, in words; None: nothing, and either may be applied after the other."""
        if tree_ids := (self.dropped & other.touched) | (other.dropped & self.touched):
            return f"tree {min(tree_ids)} was dropped"
        for one, two in ((self, other), (other, self)):
            if tree_ids := one.whole & (two.keys.keys() | two.whole):
                return f"tree {min(tree_ids)} was cleared"
        for tree_id in self.keys.keys() & other.keys.keys():
            if not self.keys[tree_id].isdisjoint(other.keys[tree_id]):
                return f"both wrote the same key of tree {tree_id}"
        return None
