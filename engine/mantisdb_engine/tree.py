"""The persistent B+tree: ordered keys to values, with versions that share what did not change.

Shape. ``Leaf`` holds two parallel lists, ``keys`` (ascending, see keys.py) and ``values``. ``Branch`` holds ``children``
and ``keys``, one fewer: ``keys[i]`` is above every key in ``children[i]`` and not above any in ``children[i + 1]``. All leaves
lie at one depth. A leaf has at most LEAF_MAX keys and a branch BRANCH_MAX children, and at least a quarter of that,
except the root and the nodes on the right edge: appends split at the very end, so ascending keys leave full leaves.
A branch never has fewer than two children.

Versions. A ``Tree`` is a handle: a root, a count, the client's flags and an *owner*, a token that stands for one
transaction between two freezes. Writes change a node in place where it carries the handle's owner, and copy it (and so
the path to it) otherwise. Handles of ended transactions are never written again, which makes them, and all nodes that
they reach, immutable: an identical handle means an unchanged tree. Batch writes (``*_many``) build new nodes only, and set
the root last, so that a batch that is refused has changed nothing.

Paging. ``page`` is a node's address in the database file, None while it was not written there. A node that is on file
and not in memory has no ``keys`` (nor ``values``/``children``) at all: the first access finds the slot empty and calls
``load()``, which asks ``loader.read(page)`` for both lists. Hot paths so pay nothing for paging. Loading twice at once is
harmless, as both results are equal and nobody changes a node that has a page. ``unload()`` drops the lists again.

Batches handed out by scans are the leaves' own lists: read them, never change them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from operator import lt
from typing import Any, Final, Protocol

from .keys import Key, position_after, position_of, sort_key, sorted_keys

__all__ = ["BRANCH_MAX", "LEAF_MAX", "MISSING", "Branch", "Leaf", "Loader", "Node", "Tree"]

LEAF_MAX = 128
LEAF_MIN = LEAF_MAX // 4
BRANCH_MAX = 64
BRANCH_MIN = BRANCH_MAX // 4


# A batch of fewer than 1 key in so many of the tree's is done key by key.
_SPARSE = 16


class _Missing:
    """The type of MISSING."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
"""No value, no bound: distinct from None, which is both a value and a key."""

Value = Any
Batch = tuple[list[Key], list[Value]]


class Loader(Protocol):
    """Where nodes that are not in memory come from."""

    def read(self, page: int) -> tuple[list[Key], list[Any]]:
        """The keys, and the values (leaf) or child nodes (branch), of the page at this address."""
        ...


class Leaf:
    """Keys and their values."""

    __slots__ = ("keys", "loader", "owner", "page", "values")

    keys: list[Key]
    values: list[Value]
    owner: object | None
    page: int | None
    loader: Loader | None

    def __init__(self, keys: list[Key], values: list[Value], owner: object | None = None) -> None:
        self.keys = keys
        self.values = values
        self.owner = owner
        self.page = None
        self.loader = None

    @classmethod
    def on_page(cls, page: int, loader: Loader) -> Leaf:
        """A leaf on file that is read when first touched."""
        leaf = cls.__new__(cls)
        leaf.owner = None
        leaf.page = page
        leaf.loader = loader
        return leaf

    def copy(self, owner: object) -> Leaf:
        """The same content, changeable by ``owner``."""
        return Leaf(self.keys.copy(), self.values.copy(), owner)

    def load(self) -> None:
        """Read the content from the page."""
        assert self.loader is not None and self.page is not None, "a leaf without content or page"
        keys, self.values = self.loader.read(self.page)
        self.keys = keys

    def unload(self) -> None:
        """Forget the content, which is on the page."""
        assert self.loader is not None and self.page is not None, "a leaf without page cannot be unloaded"
        del self.keys, self.values

    def __getattr__(self, name: str) -> Any:
        if name not in ("keys", "values"):
            raise AttributeError(name)
        self.load()
        return object.__getattribute__(self, name)

    @property
    def is_loaded(self) -> bool:
        """Whether the content is in memory."""
        return _is_set(self, "keys")

    def __len__(self) -> int:
        return len(self.keys)


class Branch:
    """Child nodes and the keys that separate them."""

    __slots__ = ("children", "keys", "loader", "owner", "page")

    keys: list[Key]
    children: list[Any]
    owner: object | None
    page: int | None
    loader: Loader | None

    def __init__(self, keys: list[Key], children: list[Node], owner: object | None = None) -> None:
        self.keys = keys
        self.children = children
        self.owner = owner
        self.page = None
        self.loader = None

    @classmethod
    def on_page(cls, page: int, loader: Loader) -> Branch:
        """A branch on file that is read when first touched."""
        branch = cls.__new__(cls)
        branch.owner = None
        branch.page = page
        branch.loader = loader
        return branch

    def copy(self, owner: object) -> Branch:
        """The same content, changeable by ``owner``."""
        return Branch(self.keys.copy(), self.children.copy(), owner)

    def load(self) -> None:
        """Read the content from the page."""
        assert self.loader is not None and self.page is not None, "a branch without content or page"
        keys, self.children = self.loader.read(self.page)
        self.keys = keys

    def unload(self) -> None:
        """Forget the content, which is on the page."""
        assert self.loader is not None and self.page is not None, "a branch without page cannot be unloaded"
        del self.keys, self.children

    def __getattr__(self, name: str) -> Any:
        if name not in ("keys", "children"):
            raise AttributeError(name)
        self.load()
        return object.__getattribute__(self, name)

    @property
    def is_loaded(self) -> bool:
        """Whether the content is in memory."""
        return _is_set(self, "keys")

    def __len__(self) -> int:
        return len(self.children)


Node = Leaf | Branch


def _is_set(node: Node, slot: str) -> bool:
    try:
        object.__getattribute__(node, slot)
    except AttributeError:
        return False
    return True


class Tree:
    """One version of a tree, or a transaction's own version in the making.

    root   the top node
    count  number of keys
    flags  a set of bits that only grows, for the client's use
    owner  the token whose nodes this handle may change in place
    tail   the rightmost leaf while it is known, not empty and ours: where ascending keys are appended
    """

    __slots__ = ("count", "flags", "owner", "root", "tail")

    def __init__(self, root: Node, count: int = 0, flags: int = 0, owner: object | None = None) -> None:
        self.root: Any = root
        self.count = count
        self.flags = flags
        self.owner = owner
        self.tail: Leaf | None = None

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
        if keys:
            tree._set_root(_leaf_parts(list(keys), list(values), MISSING, True, owner))
            tree.count = len(keys)
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
            return [self.get(key) for key in keys]
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
        """The lowest branch (or only leaf) where ``key`` belongs, and the first key beyond it (MISSING: none)."""
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
        self._add(leaf, i, key, value)
        return True

    def put(self, key: Key, value: Value) -> Any:
        """Set the value of a key, added if need be; the old value or MISSING."""
        try:
            leaf = self._own_leaf(key)
            keys = leaf.keys
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
        self._add(leaf, i, key, value)
        return MISSING

    def _add(self, leaf: Leaf, i: int, key: Key, value: Value) -> None:
        """Add a new key at its place in a leaf of ours."""
        keys = leaf.keys
        if i < len(keys):
            keys.insert(i, key)
            leaf.values.insert(i, value)
        else:
            keys.append(key)
            leaf.values.append(value)
            if leaf is self._last_leaf():
                self.tail = leaf
        self.count += 1
        if len(keys) > LEAF_MAX:
            self._split(key)

    def delete(self, key: Key) -> Any:
        """Remove a key; its value, or MISSING if there is none."""
        try:
            leaf = self._own_leaf(key)
            keys = leaf.keys
            i = bisect_left(keys, key)
        except TypeError:
            leaf = self._own_path(key)[1]
            keys = leaf.keys
            i = position_of(keys, key)
        if i == len(keys) or keys[i] != key:
            return MISSING
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
        assert _is_ascending(keys), "keys must ascend strictly"

        if self._extend_tail(keys, values):
            return None
        if self._is_sparse(keys):
            return self._insert_each(keys, values)

        def edit(leaf: Leaf, low: int, high: int) -> Batch:
            return _merged(leaf, keys[low:high], values[low:high], low)

        try:
            self._edit_many(keys, edit)
        except _Exists as exists:
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
        last = self._last_leaf()
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
        assert _is_ascending(keys), "keys must ascend strictly"
        if self._is_sparse(keys):
            return [self._replace(key, value) for key, value in zip(keys, values, strict=True)]
        old: list[Value] = []

        def edit(leaf: Leaf, low: int, high: int) -> Batch:
            new = leaf.values.copy()
            for i, at in enumerate(_positions(leaf.keys, keys, low, high), low):
                old.append(new[at])
                new[at] = values[i]
            return leaf.keys.copy(), new

        self._edit_many(keys, edit)
        return old

    def _replace(self, key: Key, value: Value) -> Value:
        old = self.put(key, value)
        assert old is not MISSING, "a key to change does not exist"
        return old

    def delete_many(self, keys: Sequence[Key]) -> list[Value]:
        """Remove strictly ascending keys that all exist; their values."""
        assert _is_ascending(keys), "keys must ascend strictly"
        if self._is_sparse(keys):
            old = [self.delete(key) for key in keys]
            assert MISSING not in old, "a key to change does not exist"
            return old
        old = []

        def edit(leaf: Leaf, low: int, high: int) -> Batch:
            new_keys, new_values = leaf.keys.copy(), leaf.values.copy()
            positions = _positions(new_keys, keys, low, high)
            old.extend([new_values[at] for at in positions])
            for at in reversed(positions):
                del new_keys[at], new_values[at]
            return new_keys, new_values

        self._edit_many(keys, edit)
        self.count -= len(keys)
        return old

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
        """As ``_own_leaf`` for any classes of keys; also the branches above the leaf, with the child's position."""
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

    def _last_leaf(self) -> Any:
        node = self.root
        while node.__class__ is Branch:
            node = node.children[-1]
        return node

    def _split(self, key: Key) -> None:
        """Split the leaf that ``key`` overfilled, and whatever branches that overfills."""
        path, node = self._own_path(key)
        at_end = node.keys[-1] == key and all(i == len(branch.keys) for branch, i in path)
        parts = _split_leaf(node, at_end)
        for branch, i in reversed(path):
            branch.keys.insert(i, parts[1][0])
            branch.children.insert(i + 1, parts[1][1])
            if len(branch.children) <= BRANCH_MAX:
                break
            parts = _split_branch(branch, at_end)
        else:
            self.root = Branch([parts[1][0]], [parts[0][1], parts[1][1]], self.owner)
        self.tail = self._last_leaf() if at_end else None

    def _rebalance(self, key: Key) -> None:
        """Refill the leaf where ``key`` was from a sibling, or merge them, and so on upwards."""
        self.tail = None
        path, node = self._own_path(key)
        for branch, i in reversed(path):
            minimum = LEAF_MIN if node.__class__ is Leaf else BRANCH_MIN
            if len(node) >= minimum:
                return
            left = i - 1 if i else 0
            _join_children(branch.keys, branch.children, left, self.owner)
            node = branch
        while self.root.__class__ is Branch and len(self.root.children) == 1:
            self.root = self.root.children[0]

    # -- batch writes

    def _edit_many(self, keys: Sequence[Key], edit: _Edit) -> None:
        """Replace the leaves where ``keys`` belong by what ``edit`` makes of them."""
        if keys:
            self._set_root(_edited(self.root, keys, 0, len(keys), edit, MISSING, True, self.owner))

    def _set_root(self, parts: list[_Part]) -> None:
        """Make nodes of one level, which may be none or many, the whole tree."""
        self.tail = None
        if not parts:
            self.root = Leaf([], [], self.owner)
            return
        while len(parts) > 1:
            parts = _branch_parts(parts, True, self.owner)
        self.root = parts[0][1]
        while self.root.__class__ is Branch and len(self.root.children) == 1:
            self.root = self.root.children[0]

    def check(self) -> list[str]:
        """Problems with order, count, ownership, fill and depth; an empty list proves the tree sound."""
        return _Checker(self).problems


_Edit = Callable[[Leaf, int, int], Batch]
_Search = Callable[..., int]
_Part = tuple[Key, Any]
"""A node and a key that separates it from what is left of it."""


class _Exists(Exception):
    """A key of a batch exists already."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


def _is_ascending(keys: Sequence[Key]) -> bool:
    try:
        return all(map(lt, keys, keys[1:]))
    except TypeError:
        ranked = list(map(sort_key, keys))
        return all(map(lt, ranked, ranked[1:]))


# -- reading helpers


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


def _look_up(node: Any, run: list[Key], found: list[Any], left: _Search, right: _Search) -> None:
    """Append the values of a sorted run of keys that belong under a lowest branch; None for a key not there."""
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


def _look_up_leaf(leaf: Leaf, run: list[Key], found: list[Any], left: _Search) -> None:
    keys, values = leaf.keys, leaf.values
    if len(run) * 6 > len(keys):  # measured: from here on a dict costs less than searches
        found += map(dict(zip(keys, values, strict=True)).get, run)
        return
    size = len(keys)
    i = 0
    for key in run:
        i = left(keys, key, i)
        found.append(values[i] if i < size and keys[i] == key else None)


# -- splitting and joining nodes


def _split_leaf(leaf: Leaf, at_end: bool) -> list[_Part]:
    keys, values = leaf.keys, leaf.values
    middle = len(keys) - 1 if at_end else len(keys) // 2
    right = Leaf(keys[middle:], values[middle:], leaf.owner)
    del keys[middle:], values[middle:]
    return [(MISSING, leaf), (right.keys[0], right)]


def _split_branch(branch: Branch, at_end: bool) -> list[_Part]:
    keys, children = branch.keys, branch.children
    middle = len(children) - 2 if at_end else len(children) // 2
    right = Branch(keys[middle:], children[middle:], branch.owner)
    separator = keys[middle - 1]
    del keys[middle - 1 :], children[middle:]
    return [(MISSING, branch), (separator, right)]


def _leaf_parts(
    keys: list[Key], values: list[Value], low: Key, on_edge: bool, owner: object | None
) -> list[_Part]:
    """Leaves of these keys: full ones with a rest on the right edge, evenly filled ones elsewhere."""
    count = len(keys)
    if not count:
        return []
    if count <= LEAF_MAX:
        return [(low, Leaf(keys, values, owner))]
    size = LEAF_MAX if on_edge else -(-count // -(-count // LEAF_MAX))
    parts: list[_Part] = [
        (keys[i], Leaf(keys[i : i + size], values[i : i + size], owner)) for i in range(0, count, size)
    ]
    parts[0] = (low, parts[0][1])
    return parts


def _branch_parts(parts: list[_Part], on_edge: bool, owner: object | None) -> list[_Part]:
    """Branches over these children, filled as ``_leaf_parts`` does, none with a single child."""
    count = len(parts)
    size = BRANCH_MAX if on_edge else -(-count // -(-count // BRANCH_MAX))
    bounds = [*range(0, count, size), count]
    if len(bounds) > 2 and bounds[-1] - bounds[-2] == 1:
        bounds[-2] -= 1
    return [
        (parts[i][0], Branch([part[0] for part in parts[i + 1 : j]], [part[1] for part in parts[i:j]], owner))
        for i, j in zip(bounds, bounds[1:], strict=False)
    ]


def _join_children(separators: list[Key], children: list[Any], i: int, owner: object | None) -> None:
    """Make children ``i`` and ``i + 1`` one node, or two evenly filled ones if they hold too much for one."""
    left, right = children[i], children[i + 1]
    parts: list[_Part]
    if left.__class__ is Leaf:
        keys, values = left.keys + right.keys, left.values + right.values
        parts = _leaf_parts(keys, values, MISSING, False, owner)
    else:
        keys, grandchildren = [*left.keys, separators[i], *right.keys], left.children + right.children
        _refill(keys, grandchildren, False, owner)
        parts = _branch_parts(list(zip([MISSING, *keys], grandchildren, strict=True)), False, owner)
    children[i : i + 2] = [part[1] for part in parts]
    separators[i : i + 1] = [part[0] for part in parts[1:]]


def _refill(separators: list[Key], children: list[Any], on_edge: bool, owner: object | None) -> None:
    """Join children that hold too little with a sibling; the last one may stay so on the right edge."""
    minimum = LEAF_MIN if children[0].__class__ is Leaf else BRANCH_MIN
    i = 0
    while i < len(children) and len(children) > 1:
        size = len(children[i])
        is_last = i == len(children) - 1
        if size >= minimum or (is_last and on_edge and size > 1):
            i += 1
        else:
            i = i - 1 if is_last else i
            _join_children(separators, children, i, owner)


def _edited(
    node: Any, keys: Sequence[Key], low: int, high: int, edit: _Edit, separator: Key, on_edge: bool,
    owner: object | None,
) -> list[_Part]:
    """The nodes that replace ``node`` once ``keys[low:high]``, which belong there, are edited in."""
    if node.__class__ is Leaf:
        return _leaf_parts(*edit(node, low, high), separator, on_edge, owner)
    separators, children = node.keys, node.children
    parts: list[_Part] = []
    done = 0
    while low < high:
        i = position_after(separators, keys[low])
        is_last = i == len(separators)
        stop = high if is_last else position_of(keys, separators[i], low)
        stop = min(stop, high)
        parts += zip([separator, *separators][done:i], children[done:i], strict=True)
        bound = separators[i - 1] if i else separator
        parts += _edited(children[i], keys, low, stop, edit, bound, on_edge and is_last, owner)
        done = i + 1
        low = stop
    parts += zip([separator, *separators][done:], children[done:], strict=True)
    if not parts:
        return []
    new_separators, new_children = [part[0] for part in parts[1:]], [part[1] for part in parts]
    _refill(new_separators, new_children, on_edge, owner)
    return _branch_parts(list(zip([separator, *new_separators], new_children, strict=True)), on_edge, owner)


def _merged(leaf: Leaf, run: Sequence[Key], run_values: Sequence[Value], index: int) -> Batch:
    """The leaf's content with a run of new keys; ``index`` is the run's position in its batch, for ``_Exists``."""
    keys, values = leaf.keys, leaf.values
    if not keys or (position_after(keys, run[0]) == len(keys) and keys[-1] != run[0]):
        return [*keys, *run], [*values, *run_values]
    if len(run) * 3 > len(keys):  # measured: from here on a dict and a sort cost less than searches
        return _merged_by_sorting(leaf, run, run_values, index)
    try:
        return _merged_by_searching(leaf, run, run_values, index, bisect_left)
    except TypeError:
        return _merged_by_searching(leaf, run, run_values, index, position_of)


def _merged_by_sorting(leaf: Leaf, run: Sequence[Key], run_values: Sequence[Value], index: int) -> Batch:
    merged = dict(zip(leaf.keys, leaf.values, strict=True))
    merged.update(zip(run, run_values, strict=True))
    if len(merged) < len(leaf.keys) + len(run):
        existing = set(leaf.keys)
        raise _Exists(index + next(j for j, key in enumerate(run) if key in existing))
    keys = sorted_keys(merged)
    return keys, list(map(merged.__getitem__, keys))


def _merged_by_searching(
    leaf: Leaf, run: Sequence[Key], run_values: Sequence[Value], index: int, search: _Search
) -> Batch:
    keys, values = leaf.keys.copy(), leaf.values.copy()
    i = 0
    for j, key in enumerate(run):
        i = search(keys, key, i)
        if i < len(keys) and keys[i] == key:
            raise _Exists(index + j)
        keys.insert(i, key)
        values.insert(i, run_values[j])
    return keys, values


def _positions(keys: list[Key], wanted: Sequence[Key], low: int, high: int) -> list[int]:
    """Where ``wanted[low:high]`` are in a leaf's keys, all of which must be there."""
    positions = []
    at = 0
    for i in range(low, high):
        at = position_of(keys, wanted[i], at)
        assert at < len(keys) and keys[at] == wanted[i], "a key to change does not exist"
        positions.append(at)
    return positions


class _Checker:
    """Walks a whole tree and lists what is wrong with it."""

    def __init__(self, tree: Tree) -> None:
        self.problems: list[str] = []
        self._tree = tree
        self._depths: set[int] = set()
        self._previous: Key = MISSING
        count = self._visit(tree.root, MISSING, MISSING, 0, True)
        if count != tree.count:
            self.problems.append(f"count is {tree.count}, but there are {count} keys")
        if len(self._depths) > 1:
            self.problems.append(f"leaves at depths {sorted(self._depths)}")
        if tree.tail is not None and (tree.tail is not tree._last_leaf() or not tree.tail.keys):
            self.problems.append("the tail is not the last leaf")

    def _visit(self, node: Any, low: Key, high: Key, depth: int, on_edge: bool) -> int:
        where = f"{type(node).__name__.lower()} at depth {depth}, page {node.page}"
        self._check_fill(node, where, depth == 0, on_edge)
        if not _is_ascending(node.keys):
            self.problems.append(f"{where}: keys do not ascend")
        if node.keys and low is not MISSING and sort_key(node.keys[0]) < sort_key(low):
            self.problems.append(f"{where}: a key below the separator")
        if node.keys and high is not MISSING and not sort_key(node.keys[-1]) < sort_key(high):
            self.problems.append(f"{where}: a key not below the next separator")
        if isinstance(node, Leaf):
            self._depths.add(depth)
            return len(node.keys)
        bounds = [low, *node.keys, high]
        last = len(node.children) - 1
        count = 0
        for i, child in enumerate(node.children):
            self._check_owner(node, child, where)
            count += self._visit(child, bounds[i], bounds[i + 1], depth + 1, on_edge and i == last)
        return count

    def _check_fill(self, node: Any, where: str, is_root: bool, on_edge: bool) -> None:
        if isinstance(node, Leaf):
            parallel, least, most = len(node.values), 1 if on_edge else LEAF_MIN, LEAF_MAX
            least = 0 if is_root else least
        else:
            parallel, most = len(node.children) - 1, BRANCH_MAX
            least = 2 if is_root or on_edge else BRANCH_MIN
        if parallel != len(node.keys):
            self.problems.append(f"{where}: {len(node.keys)} keys for {parallel} values or gaps")
        if not least <= len(node) <= most:
            self.problems.append(f"{where}: {len(node)} entries, not {least} to {most}")

    def _check_owner(self, parent: Branch, child: Node, where: str) -> None:
        owner = self._tree.owner
        if owner is not None and child.owner is owner and parent.owner is not owner:
            self.problems.append(f"{where}: not owned, with an owned child")
        if parent.page is not None and child.page is None:
            self.problems.append(f"{where}: on file, with a child that is not")
