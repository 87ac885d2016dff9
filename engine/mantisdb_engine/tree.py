"""The persistent B+tree: ordered keys to values, with versions that share what did not change.

Shape. ``Leaf`` holds two parallel lists, ``keys`` (ascending, see keys.py) and ``values``. ``Branch`` holds
``children`` and ``keys``, one fewer: ``keys[i]`` is above every key in ``children[i]`` and not above any in
``children[i + 1]``. All leaves lie at one depth. A leaf has at most LEAF_MAX keys and a branch BRANCH_MAX
children, and at least a quarter of that, except the root and the nodes on the right edge: appends split at
the very end, so ascending keys leave full leaves. A branch never has fewer than two children.

Versions. A ``Tree`` is a handle: a root, a count, the client's flags and an *owner*, a token that stands for
one transaction between two freezes. Writes change a node in place where it carries the handle's owner, and
copy it (and so the path to it) otherwise. Handles of ended transactions are never written again, which makes
them, and all nodes that they reach, immutable: an identical handle means an unchanged tree. Dense batch
writes (``*_many``) build new nodes only and set the root last; sparse ones go key by key, and take back what
they did when a key is refused. Either way a refused batch leaves the content as it was.

Nodes (nodes.py) load themselves from the database file when first touched. Batch writes are in batches.py,
the proof ``check()`` in treecheck.py.

Batches handed out by scans are the leaves' own lists: read them, never change them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from .batches import Edit, Exists, Rewrite, Search, edited, merged, remaining, replaced, rewritten
from .keys import Key, position_after, position_of, sorted_keys
from .nodes import (
    BRANCH_MAX,
    BRANCH_MIN,
    LEAF_MAX,
    LEAF_MIN,
    MISSING,
    Batch,
    Branch,
    Leaf,
    Loader,
    Node,
    Part,
    Value,
    branch_parts,
    is_ascending,
    join_children,
    leaf_parts,
    split_branch,
    split_leaf,
)
from .treecheck import Checker

__all__ = ["BRANCH_MAX", "LEAF_MAX", "MISSING", "Branch", "Leaf", "Loader", "Node", "Tree"]

_NO_KEYS_FOUND: AbstractSet[Key] = frozenset()

# From so many missing integers on, a search is not worth narrowing.
_MANY_MISSING = 24

# A batch of fewer than 1 key in so many of the tree's is done key by key.
_SPARSE = 16


class Tree:
    """One version of a tree, or a transaction's own version in the making.

    root   the top node
    count  number of keys
    flags  a set of bits that only grows, for the client's use
    owner  the token whose nodes this handle may change in place
    tail   the rightmost leaf while it is known, not empty and ours with its keys: where ascending keys are appended
    directory  all leaves side by side, once somebody wanted them (directory.py)
    found  keys that ``Transaction.has_key`` found here; none while a transaction may write to this handle
    scans  how often this handle went through everything
    later  another tree and what waits to be merged into it, while there is no root (deferred.py); None: there is one
    """

    __slots__ = ("count", "directory", "flags", "found", "later", "owner", "root", "scans", "tail")

    def __init__(self, root: Node, count: int = 0, flags: int = 0, owner: object | None = None) -> None:
        self.root: Any = root
        self.count = count
        self.flags = flags
        self.owner = owner
        self.tail: Leaf | None = None
        self.found: AbstractSet[Key] = _NO_KEYS_FOUND
        self.scans = 0
        self.directory: Any = None
        self.later: tuple[Tree, Any] | None = None

    @classmethod
    def empty(cls, owner: object | None = None, flags: int = 0) -> Tree:
        """A tree without keys."""
        return cls(Leaf([], [], owner), 0, flags, owner)

    @classmethod
    def from_sorted(
        cls, keys: Sequence[Key], values: Sequence[Value], owner: object | None = None, flags: int = 0
    ) -> Tree:
        """A tree of strictly ascending keys and their values: full leaves, built bottom up."""
        tree = cls.empty(owner, flags)
        tree.insert_sorted(keys, values)
        return tree

    def for_owner(self, owner: object) -> Tree:
        """A handle on the same content through which ``owner`` may write."""
        return Tree(self.root, self.count, self.flags, owner)

    # -- reading

    def get(self, key: Key, default: Any = None) -> Any:
        """The value of ``key``."""
        node = self.root
        try:
            while node.__class__ is Branch:
                node = node.children[bisect_right(node.keys, key)]
            keys = node.keys
            i = bisect_left(keys, key)
        except TypeError:
            node = self._leaf_of(key)
            keys = node.keys
            i = position_of(keys, key)
        if i < len(keys) and keys[i] == key:
            return node.values[i]
        return default

    def row(self, key: int, default: Any = None) -> Any:
        """As ``get``, of a tree whose keys are all integers.

        Rowids mostly follow each other without gaps. A leaf that has as many keys as there are integers between the
        separators on its two sides has all of them: where the key is, is known without a look at any, while a search
        touches seven key objects, scattered in memory.
        """
        node = self.root
        i, separators = 0, _NO_KEYS
        while node.__class__ is Branch:
            separators = node.keys
            i = bisect_right(separators, key)
            node = node.children[i]
        keys = node.keys
        if 0 < i < len(separators):
            low = separators[i - 1]
            if separators[i] - low == len(keys):
                return node.values[key - low]
        i = bisect_left(keys, key)
        if i < len(keys) and keys[i] == key:
            return node.values[i]
        return default

    def __contains__(self, key: Key) -> bool:
        return self.get(key, MISSING) is not MISSING

    def _leaf_of(self, key: Key) -> Leaf:
        node = self.root
        while node.__class__ is Branch:
            node = node.children[position_after(node.keys, key)]
        return node  # type: ignore[no-any-return]

    def get_many(self, keys: Sequence[Key]) -> list[Any]:
        """The values of ``keys``, in their order; None where there is no such key."""
        if len(keys) < 8:
            try:
                return [self.get(key) for key in keys]
            except TypeError:
                return list(map(self.get, keys))
        ordered = sorted_keys(keys)
        found: list[Any] = []
        start, end = 0, len(ordered)
        while start < end:
            node, high = self._low_branch_and_bound(ordered[start])
            stop = end if high is MISSING else position_of(ordered, high, start)
            run = ordered[start:stop]
            try:
                _look_up(node, run, found, bisect_left, bisect_right)
            except TypeError:
                del found[start:]
                _look_up(node, run, found, position_of, position_after)
            start = stop
        if ordered == keys:
            return found
        return list(map(dict(zip(ordered, found, strict=True)).__getitem__, keys))

    def _low_branch_and_bound(self, key: Key) -> tuple[Any, Key]:
        """The lowest branch (or only leaf) where ``key`` belongs, and the first key beyond it (MISSING:
        none).
        """
        node = self.root
        bound: Key = MISSING
        while node.__class__ is Branch and node.children[0].__class__ is Branch:
            separators = node.keys
            i = position_after(separators, key)
            if i < len(separators):
                bound = separators[i]
            node = node.children[i]
        return node, bound

    def first(self) -> tuple[Key, Value] | None:
        """The least key and its value."""
        node = self.root
        while node.__class__ is Branch:
            node = node.children[0]
        return (node.keys[0], node.values[0]) if node.keys else None

    def last(self) -> tuple[Key, Value] | None:
        """The greatest key and its value."""
        node = self.root
        while node.__class__ is Branch:
            node = node.children[-1]
        return (node.keys[-1], node.values[-1]) if node.keys else None

    def leaves(self) -> Iterator[Leaf]:
        """All leaves, ascending."""
        return _leaves(self.root)

    def values(self) -> Iterator[list[Value]]:
        """All values, ascending by key, a list per leaf."""
        if not self.count:
            return iter(())
        self.scans += 1
        return (leaf.values for leaf in _leaves(self.root))

    def scan(self) -> Iterator[Batch]:
        """All keys and values, ascending, a pair of lists per leaf."""
        if not self.count:
            return iter(())
        return ((leaf.keys, leaf.values) for leaf in _leaves(self.root))

    def scan_back(self) -> Iterator[Batch]:
        """All keys and values, descending, a pair of lists per leaf."""
        return self.range_back()

    def range(
        self, low: Key = MISSING, high: Key = MISSING, low_open: bool = False, high_open: bool = False
    ) -> Iterator[Batch]:
        """Keys and values between the bounds (MISSING: none; open: the bound itself excluded), ascending."""
        if low is MISSING and high is MISSING:
            return self.scan()
        node = self.root
        path: list[tuple[list[Any], int]] = []
        while node.__class__ is Branch:
            i = 0 if low is MISSING else position_after(node.keys, low)
            children = node.children
            path.append((children, i))
            node = children[i]
        keys = node.keys
        start = 0 if low is MISSING else position_after(keys, low) if low_open else position_of(keys, low)
        stop = _stop(keys, high, high_open)
        if stop < len(keys) or not path:
            return iter(((keys[start:stop], node.values[start:stop]),)) if start < stop else iter(())
        return _range_on(path, node, start, high, high_open)

    def between(self, low: Key, high: Key) -> list[Value]:
        """The values of the keys from ``low`` to ``high``, both included: quicker than ``range`` for a few."""
        node = self.root
        try:
            while node.__class__ is Branch:
                node = node.children[bisect_right(node.keys, low)]
            keys = node.keys
            start = bisect_left(keys, low)
            stop = bisect_right(keys, high, start)
            if stop < len(keys):
                return node.values[start:stop]  # type: ignore[no-any-return]
        except TypeError:
            pass
        return [value for _, values in self.range(low, high) for value in values]

    def has_between(self, low: Key, high: Key) -> bool:
        """Whether there is a key from ``low`` to ``high``, both included."""
        node = self.root
        try:
            while node.__class__ is Branch:
                node = node.children[bisect_right(node.keys, low)]
            keys = node.keys
            start = bisect_left(keys, low)
            if start < len(keys):
                return keys[start] <= high  # type: ignore[no-any-return]
        except TypeError:
            pass
        return next(self.range(low, high), None) is not None

    def range_back(
        self, low: Key = MISSING, high: Key = MISSING, low_open: bool = False, high_open: bool = False
    ) -> Iterator[Batch]:
        """As ``range``, descending: batches from the greatest on, each already reversed."""
        node = self.root
        path: list[tuple[list[Any], int]] = []
        while node.__class__ is Branch:
            children = node.children
            i = len(children) - 1 if high is MISSING else position_after(node.keys, high)
            path.append((children, i))
            node = children[i]
        keys = node.keys
        stop = _stop(keys, high, high_open)
        start = _start(keys, low, low_open)
        if start > 0 or not path:
            return iter((_reversed(node, start, stop),)) if start < stop else iter(())
        return _range_back_on(path, node, stop, low, low_open)

    # -- writing, by the owner only

    def insert(self, key: Key, value: Value) -> bool:
        """Add a key; False, and no change, if it exists."""
        try:
            tail = self.tail
            if tail is not None:
                keys = tail.keys
                if key > keys[-1]:
                    keys.append(key)
                    tail.values.append(value)
                    self.count += 1
                    if len(keys) > LEAF_MAX:
                        self._split(key)
                    return True
            leaf = self._own_leaf(key)
            keys = leaf.keys
            i = bisect_left(keys, key)
        except TypeError:
            leaf = self._own_path(key)[1]
            keys = leaf.keys
            i = position_of(keys, key)
        if i < len(keys) and keys[i] == key:
            return False
        self.add_at(leaf, i, key, value)
        return True

    def put(self, key: Key, value: Value) -> Any:
        """Set the value of a key, added if need be; the old value or MISSING."""
        try:
            leaf = self._own_leaf(key)
            keys = leaf.keys
            # The guess of ``row``, which a key that is no integer must not pay for.
            i = key - keys[0] if key.__class__ is int and keys else -1
            if not (0 <= i < len(keys) and keys[i] == key):
                i = bisect_left(keys, key)
        except TypeError:
            leaf = self._own_path(key)[1]
            keys = leaf.keys
            i = position_of(keys, key)
        if i < len(keys) and keys[i] == key:
            values = leaf.values
            old = values[i]
            values[i] = value
            return old
        self.add_at(leaf, i, key, value)
        return MISSING

    def slot(self, key: int) -> tuple[Leaf, int]:
        """Where ``key`` is, in a tree whose keys are all integers: its leaf, made ours, and its position there.

        A key that does not exist has the slot -1 - the position where it would be inserted. A slot is good until
        the tree is written to in another way.
        """
        owner = self.owner
        node = self.root
        if node.owner is not owner:
            node = self.root = node.copy(owner)
            self.tail = None
        i, separators = 0, _NO_KEYS
        while node.__class__ is Branch:
            separators = node.keys
            i = bisect_right(separators, key)
            children = node.children
            node = children[i]
            if node.owner is not owner:
                node = children[i] = node.copy(owner)
        keys = node.keys
        missing, low = _MANY_MISSING, 0
        if 0 < i < len(separators):  # see ``row``; where a few integers are missing, it is so much further to the left
            low = separators[i - 1]
            missing = separators[i] - low - len(keys)
            if not missing:
                return node, key - low
        if missing < _MANY_MISSING:
            at = key - low
            i = bisect_left(keys, key, at - missing if at > missing else 0, at + 1 if at < len(keys) else len(keys))
        else:
            i = bisect_left(keys, key)
        return node, i if i < len(keys) and keys[i] == key else -1 - i

    def add_at(self, leaf: Leaf, i: int, key: Key, value: Value) -> None:
        """Add a new key at its place in a leaf of ours."""
        keys = leaf.own_keys() if leaf.shares_keys else leaf.keys
        if i < len(keys):
            keys.insert(i, key)
            leaf.values.insert(i, value)
        else:
            keys.append(key)
            leaf.values.append(value)
            if leaf is self.last_leaf():
                self.tail = leaf
        self.count += 1
        if len(keys) > LEAF_MAX:
            self._split(key)

    def delete(self, key: Key) -> Any:
        """Remove a key; its value, or MISSING if there is none."""
        try:
            leaf = self._own_leaf(key)
            keys = leaf.keys
            i = key - keys[0] if key.__class__ is int and keys else -1
            if not (0 <= i < len(keys) and keys[i] == key):
                i = bisect_left(keys, key)
        except TypeError:
            leaf = self._own_path(key)[1]
            keys = leaf.keys
            i = position_of(keys, key)
        if i == len(keys) or keys[i] != key:
            return MISSING
        return self.delete_at(leaf, i, key)

    def delete_at(self, leaf: Leaf, i: int, key: Key) -> Any:
        """Remove the key that is at this place in a leaf of ours; its value."""
        keys = leaf.own_keys() if leaf.shares_keys else leaf.keys
        del keys[i]
        old = leaf.values.pop(i)
        self.count -= 1
        if len(keys) < LEAF_MIN and leaf is not self.root:
            self._rebalance(key)
        elif not keys:
            self.tail = None
        return old

    def insert_many(self, keys: Sequence[Key], values: Sequence[Value]) -> int | None:
        """Add strictly ascending keys; if one exists, no change, and its index."""
        assert len(keys) == len(values), "as many values as keys"
        assert is_ascending(keys), "keys must ascend strictly"
        return self.insert_sorted(keys, values)

    def insert_sorted(self, keys: Sequence[Key], values: Sequence[Value]) -> int | None:
        """As ``insert_many``, for keys that are known to ascend."""
        if not self.count:
            self._set_root(leaf_parts(list(keys), list(values), MISSING, True, self.owner))
            self.count = len(keys)
            return None
        if self._extend_tail(keys, values):
            return None
        if self._is_sparse(keys):
            return self._insert_each(keys, values)

        def edit(leaf: Leaf, low: int, high: int) -> Batch:
            return merged(leaf, keys[low:high], values[low:high], low)

        try:
            self._edit_many(keys, edit)
        except Exists as exists:
            return exists.index
        self.count += len(keys)
        return None

    def _extend_tail(self, keys: Sequence[Key], values: Sequence[Value]) -> bool:
        """Append a batch to the last leaf, if it belongs and fits there."""
        tail = self.tail
        if not keys or tail is None or len(tail.keys) + len(keys) > LEAF_MAX:
            return False
        if position_after(tail.keys, keys[0]) < len(tail.keys) or tail.keys[-1] == keys[0]:
            return False
        tail.keys += keys
        tail.values += values
        self.count += len(keys)
        return True

    def _is_sparse(self, keys: Sequence[Key]) -> bool:
        """Whether a batch is better done key by key, because it touches few keys per leaf."""
        if not keys or len(keys) * _SPARSE > self.count:
            return len(keys) == 1
        last = self.last_leaf()
        return not last.keys or position_after(last.keys, keys[0]) < len(last.keys)

    def _insert_each(self, keys: Sequence[Key], values: Sequence[Value]) -> int | None:
        insert = self.insert
        for i, key in enumerate(keys):
            if not insert(key, values[i]):
                for inserted in keys[:i]:
                    self.delete(inserted)
                return i
        return None

    def put_many(self, keys: Sequence[Key], values: Sequence[Value]) -> list[Value]:
        """Set the values of strictly ascending keys that all exist; the old values."""
        assert len(keys) == len(values), "as many values as keys"
        assert is_ascending(keys), "keys must ascend strictly"
        if self._is_sparse(keys):
            return [self._replace(key, value) for key, value in zip(keys, values, strict=True)]
        old: list[Value] = []

        def edit(leaf: Leaf, low: int, high: int) -> Batch:
            return leaf.keys.copy(), replaced(leaf, keys[low:high], values[low:high], old)

        self._edit_many(keys, edit)
        return old

    def _replace(self, key: Key, value: Value) -> Value:
        old = self.put(key, value)
        assert old is not MISSING, "a key to change does not exist"
        return old

    def delete_many(self, keys: Sequence[Key]) -> list[Value]:
        """Remove strictly ascending keys that all exist; their values."""
        assert is_ascending(keys), "keys must ascend strictly"
        if self._is_sparse(keys):
            old = [self.delete(key) for key in keys]
            assert MISSING not in old, "a key to change does not exist"
            return old
        old = []

        def edit(leaf: Leaf, low: int, high: int) -> Batch:
            return remaining(leaf, keys[low:high], old)

        self._edit_many(keys, edit)
        self.count -= len(keys)
        return old

    def rewrite(self, rewrite: Rewrite) -> None:
        """Replace all leaves by what ``rewrite`` makes of them, in one pass, in order. If it raises, no change. Whoever
        removes keys so adjusts ``count``."""
        self._set_root(rewritten(self.root, rewrite, MISSING, True, self.owner))

    # -- single writes: paths, splits, rebalancing

    def _own_leaf(self, key: Key) -> Any:
        """The leaf where ``key`` belongs, it and the path to it made ours. TypeError: use ``_own_path``."""
        owner = self.owner
        node = self.root
        if node.owner is not owner:
            node = self.root = node.copy(owner)
            self.tail = None
        while node.__class__ is Branch:
            i = bisect_right(node.keys, key)
            children = node.children
            node = children[i]
            if node.owner is not owner:
                node = children[i] = node.copy(owner)
        return node

    def _own_path(self, key: Key) -> tuple[list[tuple[Branch, int]], Any]:
        """As ``_own_leaf`` for any classes of keys; also the branches above the leaf, with the child's
        position.
        """
        owner = self.owner
        node = self.root
        if node.owner is not owner:
            node = self.root = node.copy(owner)
            self.tail = None
        path: list[tuple[Branch, int]] = []
        while node.__class__ is Branch:
            i = position_after(node.keys, key)
            path.append((node, i))
            children = node.children
            node = children[i]
            if node.owner is not owner:
                node = children[i] = node.copy(owner)
        return path, node

    def last_leaf(self) -> Any:
        """The rightmost leaf."""
        node = self.root
        while node.__class__ is Branch:
            node = node.children[-1]
        return node

    def _split(self, key: Key) -> None:
        """Split the leaf that ``key`` overfilled, and whatever branches that overfills."""
        path, node = self._own_path(key)
        at_end = node.keys[-1] == key and all(i == len(branch.keys) for branch, i in path)
        parts = split_leaf(node, at_end)
        for branch, i in reversed(path):
            branch.keys.insert(i, parts[1][0])
            branch.children.insert(i + 1, parts[1][1])
            if len(branch.children) <= BRANCH_MAX:
                break
            parts = split_branch(branch, at_end)
        else:
            self.root = Branch([parts[1][0]], [parts[0][1], parts[1][1]], self.owner)
        self.tail = self.last_leaf() if at_end else None

    def _rebalance(self, key: Key) -> None:
        """Refill the leaf where ``key`` was from a sibling, or merge them, and so on upwards."""
        self.tail = None
        path, node = self._own_path(key)
        for branch, i in reversed(path):
            minimum = LEAF_MIN if node.__class__ is Leaf else BRANCH_MIN
            if len(node) >= minimum:
                return
            left = i - 1 if i else 0
            join_children(branch.keys, branch.children, left, self.owner)
            node = branch
        while self.root.__class__ is Branch and len(self.root.children) == 1:
            self.root = self.root.children[0]

    # -- batch writes

    def _edit_many(self, keys: Sequence[Key], edit: Edit) -> None:
        """Replace the leaves where ``keys`` belong by what ``edit`` makes of them."""
        if keys:
            self._set_root(edited(self.root, keys, 0, len(keys), edit, MISSING, True, self.owner))

    def _set_root(self, parts: list[Part]) -> None:
        """Make nodes of one level, which may be none or many, the whole tree."""
        self.tail = None
        if not parts:
            self.root = Leaf([], [], self.owner)
            return
        while len(parts) > 1:
            parts = branch_parts(parts, True, self.owner)
        self.root = parts[0][1]
        while self.root.__class__ is Branch and len(self.root.children) == 1:
            self.root = self.root.children[0]

    def check(self) -> list[str]:
        """Problems with order, count, ownership, fill and depth; an empty list proves the tree sound."""
        return Checker(self).problems


# -- reading helpers


_NO_KEYS: Sequence[Any] = ()


def _leaves(node: Any) -> Iterator[Leaf]:
    if node.__class__ is Leaf:
        yield node
        return
    stack = [iter(node.children)]
    while stack:
        for child in stack[-1]:
            if child.__class__ is Leaf:
                yield child
            else:
                stack.append(iter(child.children))
                break
        else:
            stack.pop()


def _start(keys: list[Key], low: Key, low_open: bool) -> int:
    if low is MISSING:
        return 0
    return position_after(keys, low) if low_open else position_of(keys, low)


def _stop(keys: list[Key], high: Key, high_open: bool) -> int:
    if high is MISSING:
        return len(keys)
    return position_of(keys, high) if high_open else position_after(keys, high)


def _range_on(
    path: list[tuple[list[Any], int]], node: Any, start: int, high: Key, high_open: bool
) -> Iterator[Batch]:
    """Batches from ``start`` in the leaf at the end of ``path`` up to ``high``."""
    while True:
        keys = node.keys
        stop = _stop(keys, high, high_open)
        if stop < len(keys):
            if start < stop:
                yield keys[start:stop], node.values[start:stop]
            return
        if start == 0:
            yield keys, node.values
        elif start < stop:
            yield keys[start:], node.values[start:]
        start = 0
        while path and path[-1][1] + 1 == len(path[-1][0]):
            path.pop()
        if not path:
            return
        children, i = path.pop()
        path.append((children, i + 1))
        node = children[i + 1]
        while node.__class__ is Branch:
            path.append((node.children, 0))
            node = node.children[0]


def _reversed(node: Any, start: int, stop: int) -> Batch:
    keys, values = node.keys[start:stop], node.values[start:stop]
    keys.reverse()
    values.reverse()
    return keys, values


def _range_back_on(
    path: list[tuple[list[Any], int]], node: Any, stop: int, low: Key, low_open: bool
) -> Iterator[Batch]:
    """Batches from before ``stop`` in the leaf at the end of ``path`` down to ``low``."""
    while True:
        start = _start(node.keys, low, low_open)
        if start < stop:
            yield _reversed(node, start, stop)
        if start > 0:
            return
        while path and path[-1][1] == 0:
            path.pop()
        if not path:
            return
        children, i = path.pop()
        path.append((children, i - 1))
        node = children[i - 1]
        while node.__class__ is Branch:
            children = node.children
            path.append((children, len(children) - 1))
            node = children[-1]
        stop = len(node.keys)


def _look_up(node: Any, run: list[Key], found: list[Any], left: Search, right: Search) -> None:
    """Append the values of a sorted run of keys that belong under a lowest branch; None for a key not there.
    """
    if node.__class__ is Leaf:
        _look_up_leaf(node, run, found, left)
        return
    separators, children = node.keys, node.children
    if len(run) > 4 * len(children):
        start = 0
        for i, separator in enumerate(separators):
            stop = left(run, separator, start)
            if start < stop:
                _look_up_leaf(children[i], run[start:stop], found, left)
            start = stop
        _look_up_leaf(children[-1], run[start:], found, left)
        return
    for key in run:
        leaf = children[right(separators, key)]
        keys = leaf.keys
        i = left(keys, key)
        found.append(leaf.values[i] if i < len(keys) and keys[i] == key else None)


def _look_up_leaf(leaf: Leaf, run: list[Key], found: list[Any], left: Search) -> None:
    keys, values = leaf.keys, leaf.values
    if len(run) * 6 > len(keys):  # measured: from here on a dict costs less than searches
        found += map(dict(zip(keys, values, strict=True)).get, run)
        return
    size = len(keys)
    i = 0
    for key in run:
        i = left(keys, key, i)
        found.append(values[i] if i < size and keys[i] == key else None)


