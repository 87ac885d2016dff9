"""The nodes of the tree: leaves and branches, how they are loaded, split and joined.

See tree.py for what they promise together. ``page`` is a node's address in the database file, None while it
was not written there.

A node that is on file and not in memory is of a class of its own, ``_LeafOnFile`` or ``_BranchOnFile``, and has
no ``keys`` (nor ``values``/``children``) at all: the first access finds the slot empty, asks
``loader.read(page)`` for both lists, and turns the node into a plain one. Only those classes have
``__getattr__``, because a class that has it pays for it at every attribute, found or not; and they claim the
``__class__`` of what they stand for, so that no path that looks at it need know of them. Hot paths so pay
nothing for paging. Loading twice at once is harmless, as both results are equal and nobody changes a node
that has a page. ``unload()`` drops the lists again.

In the same manner a leaf may do without one of its lists, which is made when somebody reads it: the values of a leaf
of the past that hardly anybody will read (``_LeafWithoutValues``), or the keys of a leaf whose values hold them
(``_LeafWithoutKeys``).

A *part* is a node with the key that separates it from what is left of it: splitting, joining and editing
nodes gives lists of parts, from which the level above is made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import lt
from typing import Any, Final, Protocol, TypeVar

from .keys import Key, sort_key

LEAF_MAX = 128
LEAF_MIN = LEAF_MAX // 4
BRANCH_MAX = 64
BRANCH_MIN = BRANCH_MAX // 4


class _Missing:
    """The type of MISSING."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
"""No value, no bound: distinct from None, which is both a value and a key."""

class Owner:
    """The token of one transaction between two freezes: nodes that carry it are changed in place as long as it
    ``writes``. What carries another token, or none, is what it is for good."""

    __slots__ = ("writes",)

    def __init__(self) -> None:
        self.writes = True


_new = object.__new__

Value = Any
Batch = tuple[list[Key], list[Value]]


class Loader(Protocol):
    """Where nodes that are not in memory come from."""

    def read(self, page: int) -> tuple[list[Key], list[Any]]:
        """The keys, and the values (leaf) or child nodes (branch), of the page at this address."""
        ...


class BackwardDelta(Protocol):
    """In what values that were replaced differ from those in their place."""

    def taken(self, old: list[Value]) -> Any:
        """What is to be kept of the old values."""
        ...

    def restored(self, new: list[Value], taken: Any) -> list[Value]:
        """The old values, given the new ones and what was kept."""
        ...


Past = tuple[BackwardDelta, Any, list["Value"], "list[int] | None", list["Value"]]
"""What makes the values of a leaf that does without them: ``delta``, what it kept, the values that replaced others, at
which positions (None: all), and all values of the leaf in its place."""

KeyOf = Callable[["Value"], Key]
"""The key that a value holds."""


class Leaf:
    """Keys and their values; ``kept`` is what leaf_orders.py (from 0 on) and leaf_columns.py (below 0) made of them.

    ``shares_keys``: the list of keys is another leaf's too, and is copied before it is changed. Most changes are of
    values, and a list of keys that is never copied is never looked at by the garbage collector either.
    ``rest``: what makes the list that the leaf does without (a ``Past`` or a ``KeyOf``); else without meaning.
    """

    __slots__ = ("kept", "keys", "loader", "owner", "page", "rest", "shares_keys", "values")

    keys: list[Key]
    values: list[Value]
    rest: Any
    owner: object | None
    page: int | None
    loader: Loader | None
    kept: dict[int, Any] | None
    shares_keys: bool

    def __init__(self, keys: list[Key], values: list[Value], owner: object | None = None) -> None:
        self.keys = keys
        self.values = values
        self.owner = owner
        self.page = None
        self.loader = None
        self.kept = None
        self.shares_keys = False

    @classmethod
    def on_page(cls, page: int, loader: Loader) -> Leaf:
        """A leaf on file that is read when first touched."""
        leaf = _on_file(_LeafOnFile.__new__(_LeafOnFile), page, loader)
        leaf.kept = None
        leaf.shares_keys = False
        return leaf

    def copy(self, owner: object) -> Leaf:
        """The same content, changeable by ``owner``; the original is changed no more."""
        leaf = _new(Leaf)  # not by way of __init__, which takes longer than all the rest
        leaf.keys = self.keys
        leaf.values = self.values.copy()
        leaf.owner = owner
        leaf.page = leaf.loader = leaf.kept = None
        leaf.shares_keys = True
        return leaf

    def own_keys(self) -> list[Key]:
        """The keys, to be changed."""
        if self.shares_keys:
            self.keys = self.keys.copy()
            self.shares_keys = False
        return self.keys

    def let_values_go(self, past: Past) -> None:
        """Do without the values, which ``past`` makes if somebody reads them; they may not change any more."""
        with _changing_class:
            if type(self) is Leaf:  # another thread may have done it, where two write to one tree
                self.rest = past
                _set_class(self, _LeafWithoutValues)
                del self.values

    def unload(self) -> None:
        """Forget the content, which is on the page."""
        assert self.loader is not None and self.page is not None, "a leaf without page cannot be unloaded"
        with _changing_class:
            _set_class(self, _LeafOnFile)
            del self.keys, self.values
            self.kept = None

    @property
    def is_loaded(self) -> bool:
        """Whether the content is in memory."""
        return type(self) is not _LeafOnFile

    def __len__(self) -> int:
        return len(self.keys)


def leaf_without_keys(values: list[Value], key_of: KeyOf) -> Leaf:
    """A leaf that nobody owns. Its keys are made when they are read first: a scan has no use for them."""
    leaf = _new(_LeafWithoutKeys)
    leaf.values = values
    leaf.rest = key_of
    leaf.owner = leaf.page = leaf.loader = leaf.kept = None
    leaf.shares_keys = False
    return leaf


def patched(values: list[Value], positions: list[int], others: list[Value]) -> list[Value]:
    """A copy of values with others at these positions."""
    values = values.copy()
    for i, value in zip(positions, others, strict=True):
        values[i] = value
    return values


def may_keep(thing: Any) -> bool:
    """Whether nobody can change a leaf or tree, so that what is made of its values may be kept."""
    owner = thing.owner
    return owner is None or (owner.__class__ is Owner and not owner.writes)


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
        return _on_file(_BranchOnFile.__new__(_BranchOnFile), page, loader)

    def copy(self, owner: object) -> Branch:
        """The same content, changeable by ``owner``."""
        branch = _new(Branch)
        branch.keys = self.keys.copy()
        branch.children = self.children.copy()
        branch.owner = owner
        branch.page = branch.loader = None
        return branch

    def unload(self) -> None:
        """Forget the content, which is on the page."""
        assert self.loader is not None and self.page is not None, "a branch without page cannot be unloaded"
        with _changing_class:
            _set_class(self, _BranchOnFile)
            del self.keys, self.children

    @property
    def is_loaded(self) -> bool:
        """Whether the content is in memory."""
        return type(self) is Branch

    def __len__(self) -> int:
        return len(self.children)


class _LeafOnFile(Leaf):
    """A leaf that was not read yet."""

    __slots__ = ()
    __class__ = Leaf  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name not in ("keys", "values"):
            raise AttributeError(name)
        keys, values = _read(self)
        with _changing_class:
            self.keys, self.values = keys, values
            _set_class(self, Leaf)
        return keys if name == "keys" else values


class _LeafWithoutValues(Leaf):
    """A leaf that does without its values. Threads may read them at once."""

    __slots__ = ()
    __class__ = Leaf  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name != "values":
            raise AttributeError(name)
        past: Past | None = self.rest
        if past is None:  # another thread was quicker
            return self.values
        delta, taken, new, positions, present = past
        values = delta.restored(new, taken)
        if positions is not None:
            values = patched(present, positions, values)
        with _changing_class:
            if self.rest is past:
                self.values, self.rest = values, None
                _set_class(self, Leaf)
        return values


class _LeafWithoutKeys(Leaf):
    """A leaf that does without its keys. Threads may read them at once."""

    __slots__ = ()
    __class__ = Leaf  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name != "keys":
            raise AttributeError(name)
        with _changing_class:
            key_of: KeyOf | None = self.rest if type(self) is _LeafWithoutKeys else None
        if key_of is None:  # another thread was quicker
            return self.keys
        keys = list(map(key_of, self.values))
        with _changing_class:
            if self.rest is key_of:
                self.keys, self.rest = keys, None
                _set_class(self, Leaf)
        return keys

    def __len__(self) -> int:
        return len(self.values)


class _BranchOnFile(Branch):
    """A branch that was not read yet."""

    __slots__ = ()
    __class__ = Branch  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name not in ("keys", "children"):
            raise AttributeError(name)
        keys, children = _read(self)
        with _changing_class:
            self.keys, self.children = keys, children
            _set_class(self, Branch)
        return keys if name == "keys" else children


_changing_class = threading.RLock()  # a finalizer may load nodes in between
_set_class = object.__dict__["__class__"].__set__

_NodeOnFile = TypeVar("_NodeOnFile", _LeafOnFile, _BranchOnFile)


def _on_file(node: _NodeOnFile, page: int, loader: Loader) -> _NodeOnFile:
    node.owner = None
    node.page = page
    node.loader = loader
    return node


def _read(node: Node) -> tuple[list[Key], list[Any]]:
    assert node.loader is not None and node.page is not None, "a node with neither content nor page"
    return node.loader.read(node.page)


Node = Leaf | Branch

Part = tuple[Key, Any]
"""A node and a key that separates it from what is left of it."""


def is_ascending(keys: Sequence[Key]) -> bool:
    try:
        return all(map(lt, keys, keys[1:]))
    except TypeError:
        ranked = list(map(sort_key, keys))
        return all(map(lt, ranked, ranked[1:]))


def split_leaf(leaf: Leaf, at_end: bool) -> list[Part]:
    keys, values = leaf.keys, leaf.values
    middle = len(keys) - 1 if at_end else len(keys) // 2
    right = Leaf(keys[middle:], values[middle:], leaf.owner)
    del keys[middle:], values[middle:]
    return [(MISSING, leaf), (right.keys[0], right)]


def split_branch(branch: Branch, at_end: bool) -> list[Part]:
    keys, children = branch.keys, branch.children
    middle = len(children) - 2 if at_end else len(children) // 2
    right = Branch(keys[middle:], children[middle:], branch.owner)
    separator = keys[middle - 1]
    del keys[middle - 1 :], children[middle:]
    return [(MISSING, branch), (separator, right)]


def leaf_parts(
    keys: list[Key], values: list[Value], low: Key, on_edge: bool, owner: object | None
) -> list[Part]:
    """Leaves of these keys: full ones with a rest on the right edge, evenly filled ones elsewhere."""
    count = len(keys)
    if not count:
        return []
    if count <= LEAF_MAX:
        return [(low, Leaf(keys, values, owner))]
    size = LEAF_MAX if on_edge else -(-count // -(-count // LEAF_MAX))
    parts: list[Part] = [
        (keys[i], Leaf(keys[i : i + size], values[i : i + size], owner)) for i in range(0, count, size)
    ]
    parts[0] = (low, parts[0][1])
    return parts


def branch_parts(parts: list[Part], on_edge: bool, owner: object | None) -> list[Part]:
    """Branches over these children, filled as ``leaf_parts`` does, none with a single child."""
    count = len(parts)
    size = BRANCH_MAX if on_edge else -(-count // -(-count // BRANCH_MAX))
    bounds = [*range(0, count, size), count]
    if len(bounds) > 2 and bounds[-1] - bounds[-2] == 1:
        bounds[-2] -= 1
    return [
        (parts[i][0], Branch([part[0] for part in parts[i + 1 : j]], [part[1] for part in parts[i:j]], owner))
        for i, j in pairwise(bounds)
    ]


def join_children(separators: list[Key], children: list[Any], i: int, owner: object | None) -> None:
    """Make children ``i`` and ``i + 1`` one node, or two evenly filled ones if they hold too much for one."""
    left, right = children[i], children[i + 1]
    parts: list[Part]
    if left.__class__ is Leaf:
        keys, values = left.keys + right.keys, left.values + right.values
        parts = leaf_parts(keys, values, MISSING, False, owner)
    else:
        keys, grandchildren = [*left.keys, separators[i], *right.keys], left.children + right.children
        refill(keys, grandchildren, False, owner)
        parts = branch_parts(list(zip([MISSING, *keys], grandchildren, strict=True)), False, owner)
    children[i : i + 2] = [part[1] for part in parts]
    separators[i : i + 1] = [part[0] for part in parts[1:]]


def refill(separators: list[Key], children: list[Any], on_edge: bool, owner: object | None) -> None:
    """Join children that hold too little with a sibling; the last one may stay so on the right edge."""
    minimum = LEAF_MIN if children[0].__class__ is Leaf else BRANCH_MIN
    if min(map(len, children)) >= minimum:
        return
    i = 0
    while i < len(children) and len(children) > 1:
        size = len(children[i])
        is_last = i == len(children) - 1
        if size >= minimum or (is_last and on_edge and size > 1):
            i += 1
        else:
            i = i - 1 if is_last else i
            join_children(separators, children, i, owner)
