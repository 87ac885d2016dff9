"""Trees some of whose keys wait for whoever reads them first.

Entries that a transaction adds to an index, or takes from it, wait in it (transaction.py). Where somebody reads other
trees, many go on to wait until their own is read, and where there is no log even after the commit: the tree is then
the one from before, and what is to be merged into it. Several statements, or commits, make a chain of such trees; the
first reader merges all that waits in one sorted run, where merging for each goes through all leaves each time. What is
written to a log is merged by the commit, since it has to be known to fit.

Such a tree is of a class of its own that has no ``root``, in the way of the nodes on file (nodes.py): the first access
finds the slot empty, merges, and turns the tree into a plain one, so that reading plain trees costs nothing more. All
else that a tree says of itself (``count``, ``flags``) it knows without that. Merging twice at once is harmless: the
first result stays.
"""

from __future__ import annotations

import threading
from typing import Any

from .errors import CorruptionError
from .nodes import Owner
from .tree import Tree
from .waiting import Waiting

__all__ = ["merge", "tree_in_waiting"]


def tree_in_waiting(tree: Tree, waiting: Waiting) -> Tree:
    """A tree that nobody may write to, of the content of ``tree``, which changes no more, and of what waits: keys that
    it does not have, and keys of its that are to go. CorruptionError, once it is read: they do not fit it."""
    return _made(tree, waiting, waiting.growth, None)


class _TreeInWaiting(Tree):
    """A tree that was not read yet; ``later`` holds another tree, and what is to be merged into it."""

    __slots__ = ()
    __class__ = Tree  # type: ignore[assignment]

    def for_owner(self, owner: object) -> Tree:
        """See :class:`Tree`. It is this tree that merges, should it be needed, for all who read it."""
        return _made(self, None, 0, owner)

    def __getattr__(self, name: str) -> Any:
        if name != "root":
            raise AttributeError(name)
        root = _root_of(self)
        with _changing_class:
            if type(self) is _TreeInWaiting:
                self.root = root
                self.later = None
                _set_class(self, Tree)
        return self.root


_changing_class = threading.RLock()  # a finalizer may look at trees in between
_set_class = object.__dict__["__class__"].__set__


def _made(tree: Tree, waiting: Waiting | None, added: int, owner: object | None) -> Tree:
    made = _TreeInWaiting.__new__(_TreeInWaiting)
    made.count = tree.count + added
    made.flags = tree.flags
    made.owner = owner
    made.tail = made.directory = None
    made.found = frozenset()
    made.scans = 0
    made.later = tree, waiting
    return made


def _root_of(tree: Tree) -> Any:
    """The root of all that is in the chain."""
    chain: list[Waiting] = []
    while (later := tree.later) is not None:  # None: plain, perhaps since a moment ago
        tree, waiting = later
        if waiting is not None:
            chain.append(waiting)
        elif not chain:
            return tree.root
    owner = Owner()
    whole = Tree(tree.root, tree.count, tree.flags, owner)
    problem = merge(whole, Waiting.together(chain[::-1]))
    if problem is not None:
        raise CorruptionError(f"a tree {problem}")
    owner.writes = False
    return whole.root


def merge(tree: Tree, waiting: Waiting) -> str | None:
    """Put what waits into a tree; or what is wrong with that."""
    gone, keys, values = waiting.settled(tree)
    try:
        if gone:
            tree.delete_many(gone)
    except AssertionError:
        return "lacks a key that was to go"
    return None if not keys or tree.insert_sorted(keys, values) is None else "holds a key that was to be new"
