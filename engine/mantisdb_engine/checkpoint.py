"""Checkpoints: a published state written into the database file, without stopping anybody.

A state never changes, so the checkpointer walks it while writers go on. A node that has a page is on file
already, and so is everything below it; only nodes without one are written, children before parents. Then:

    1. the new extents, the catalog and the list of free extents go to places that neither of the last two
    checkpoints
       uses, and the file is synced;
    2. the superblock goes into the slot of the checkpoint before the last one, and the file is synced;
    3. only now the nodes learn their pages, and the log may be cut.

A crash before 2 leaves the last checkpoint as it was, with the log that follows it; one during 2 leaves a
torn superblock, and again the last checkpoint.

What became free is found by comparing, not by keeping books while writing: an extent of the last checkpoint's
trees is free unless the walk of the new ones met it as a node with a page. The old trees are read from the
file down to where they meet the new ones, branches only. Nodes in memory of older versions may still have to
load from freed extents (snapshots of readers), so an extent is reused only once no node refers to it and none
refers to a branch above it.

A life of an extent: free -> used by checkpoints n … m -> held by m + 1, while m is the fallback -> free by m
+ 2, so that m + 3 may write there.

A write that fails leaves the last checkpoint valid, and the next attempt starts over. A sync that fails, or a
superblock whose writing fails, leaves in doubt what the disk holds; it is latched, and the log takes over
until the database is opened again.
"""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple

from .errors import CorruptionError, EngineError, IOFailure
from .operations import State, bits_of, bytes_of
from .pages import (
    BRANCH,
    CATALOG,
    DATA_GRAIN,
    FREE,
    GRAIN_BYTES,
    LEAF,
    LEAVES_BELOW,
    PageStore,
    Space,
    Superblock,
    decode_branch,
    encode_branch,
    encode_extent,
    encode_leaf,
    encode_values,
    extent_of,
    grains_for,
    make_address,
    merged,
    offset_of,
    size_of,
)  # fmt: skip
from .tree import Branch, Leaf, Node, Tree

# Neighbouring extents are written together up to this size.
WRITE_BYTES: Final = 1 << 20


class CatalogEntry(NamedTuple):
    """A tree of a checkpoint; height 0: the root is a leaf."""

    tree_id: int
    root: int
    key_count: int
    flags: bytes
    height: int


class Freed(NamedTuple):
    """An extent that a checkpoint no longer uses; `parent`: index of the branch above it in the same list."""

    address: int
    parent: int


class Checkpointer:
    """Writes checkpoints; one thread at a time.

    last     the newest superblock on file
    failure  why no more checkpoints are written until the database is opened again; None: they are
    damage   what could not be read of the last checkpoint although all trees are known; None: nothing
    """

    def __init__(self, pages: PageStore, last: Superblock, previous_end: int) -> None:
        self.last = last
        self.failure: EngineError | None = None
        self.pages_written = 0
        self._pages = pages
        self._previous_end = previous_end
        self._catalog = read_catalog(pages, last)
        self.damage: str | None = None
        try:
            free, held = read_free(pages, last)
        except CorruptionError as error:  # the trees are all there; new extents go behind the last one
            self.damage = f"the list of free space cannot be read ({error})"
            free, held = [], []
        self._free = free
        self._held_plain = held  # those on file when it was opened; no node in memory can refer to them
        self._held: list[Freed] = []
        self._pinned: list[tuple[Freed, ...]] = []

    def trees(self) -> dict[int, Tree]:
        """The trees of the checkpoint, none of them loaded."""
        return {each.tree_id: tree_of(self._pages, each) for each in self._catalog}

    def write(self, state: State, *, sync: bool = True) -> Superblock:
        """Write a checkpoint of `state`; the new superblock. `sync` False: power cuts do not matter."""
        if self.failure is not None:
            raise IOFailure(
                f"a checkpoint failed earlier, and none is written until the database is opened again:"
                f" {self.failure}"
            ) from self.failure
        now_free, still_pinned = self._released()
        writer = _Writer(self._pages, Space(self._free, self.last.end))
        catalog = [writer.write_tree(tree_id, tree) for tree_id, tree in sorted(state.trees.items())]
        catalog_address = writer.write_payload(CATALOG, 0, encode_values(catalog)) if catalog else 0
        held = self._freed(writer.kept)
        free_address = writer.write_free(now_free, still_pinned, held)
        writer.flush()
        superblock = self.last._replace(
            checkpoint_id=self.last.checkpoint_id + 1, lsn=state.lsn, sequence=state.sequence,
            written_us=time.time_ns() // 1000, catalog=catalog_address, free=free_address,
            end=writer.space.end,
        )  # fmt: skip
        self._flip(superblock, sync)
        writer.settle()
        self.pages_written += len(writer.nodes)
        self._previous_end, self.last = self.last.end, superblock
        self._catalog, self._free = catalog, merged([*writer.space.free(), *now_free])
        self._pinned, self._held, self._held_plain = still_pinned, held, []
        return superblock

    def _flip(self, superblock: Superblock, sync: bool) -> None:
        """Make the checkpoint count."""
        file = self._pages.file
        try:
            if sync:
                file.sync()
            file.write(superblock.encode(), superblock.slot_offset)
            if sync:
                file.sync()
        except EngineError as error:
            self.failure = error
            raise

    def shrink(self) -> None:
        """Cut off what neither of the two checkpoints uses at the end of the file."""
        needed = max(self._previous_end, self.last.end) * GRAIN_BYTES
        if self._pages.file.size() > needed:
            self._pages.file.truncate(needed)

    # -- what is free

    def _released(self) -> tuple[list[tuple[int, int]], list[tuple[Freed, ...]]]:
        """The held extents that will be free, and the groups of which nodes in memory still need some."""
        free = list(self._held_plain)
        pinned: list[tuple[Freed, ...]] = []
        for group in [*self._pinned, tuple(self._held)]:
            in_use = self._in_use(group)
            free += [extent_of(each.address) for each, used in zip(group, in_use, strict=True) if not used]
            if any(in_use):
                pinned.append(_compacted(group, in_use))
        return free, pinned

    def _in_use(self, group: tuple[Freed, ...]) -> list[bool]:
        result: list[bool] = []
        for each in group:  # parents come before their children
            result.append(self._pages.is_leased(each.address) or (each.parent >= 0 and result[each.parent]))
        return result

    def _freed(self, kept: set[int]) -> list[Freed]:
        """The extents of the last checkpoint that the new one, which kept these, does not use."""
        freed = [Freed(address, -1) for address in (self.last.catalog, self.last.free) if address]
        for each in self._catalog:
            if each.root and each.root not in kept:
                self._free_below(each.root, each.height > 0, -1, kept, freed)
        return freed

    def _free_below(
        self, address: int, is_branch: bool, parent: int, kept: set[int], freed: list[Freed]
    ) -> None:
        freed.append(Freed(address, parent))
        if not is_branch:
            return
        here = len(freed) - 1
        _, flags, payload = self._pages.read_extent(address, (BRANCH,))
        for child in decode_branch(payload)[1]:
            if child not in kept:
                self._free_below(child, not flags & LEAVES_BELOW, here, kept, freed)

    # -- checking

    def check(self) -> list[str]:
        """Problems of the file: every extent is used once or free, and every page sound."""
        problems: list[str] = []
        used: list[tuple[int, int]] = []
        for address, kind in ((self.last.catalog, CATALOG), (self.last.free, FREE)):
            if address:
                self._check_extent(address, (kind,), used, problems)
        for each in self._catalog:
            if each.root:
                self._check_below(each.root, each.height, used, problems)
        free = [*self._free, *self._held_plain, *[extent_of(each.address) for each in self._held]]
        free += [extent_of(each.address) for group in self._pinned for each in group]
        return problems + _check_cover(used, free, self.last.end)

    def _check_extent(
        self, address: int, kinds: tuple[int, ...], used: list[tuple[int, int]], problems: list[str]
    ) -> tuple[int, bytes]:
        used.append(extent_of(address))
        try:
            _, flags, payload = self._pages.read_extent(address, kinds)
        except CorruptionError as error:
            problems.append(str(error))
            return 0, b""
        return flags, payload

    def _check_below(
        self, address: int, height: int, used: list[tuple[int, int]], problems: list[str]
    ) -> None:
        flags, payload = self._check_extent(address, (BRANCH,) if height else (LEAF,), used, problems)
        if not height or not payload:
            return
        if bool(flags & LEAVES_BELOW) != (height == 1):
            problems.append(f"the branch at byte {offset_of(address)} is at the wrong height")
            return
        for child in decode_branch(payload)[1]:
            self._check_below(child, height - 1, used, problems)


def _compacted(group: tuple[Freed, ...], keep: list[bool]) -> tuple[Freed, ...]:
    """The members to keep, with the parents' indexes corrected; a parent not kept guards nothing any more."""
    position = {-1: -1}
    result: list[Freed] = []
    for i, each in enumerate(group):
        if keep[i]:
            position[i] = len(result)
            result.append(Freed(each.address, position.get(each.parent, -1)))
    return tuple(result)


def _check_cover(used: list[tuple[int, int]], free: list[tuple[int, int]], end: int) -> list[str]:
    """Problems unless the extents cover all grains, each once."""
    problems: list[str] = []
    at = DATA_GRAIN
    for grain, count in sorted([*used, *free]):
        if grain > at:
            problems.append(f"bytes {at * GRAIN_BYTES} to {grain * GRAIN_BYTES} are neither used nor free")
        elif grain < at:
            problems.append(f"bytes from {grain * GRAIN_BYTES} are used twice, or used and free")
        at = max(at, grain + count)
    if at != end:
        problems.append(f"the extents end at byte {at * GRAIN_BYTES}, not at {end * GRAIN_BYTES}")
    return problems


def read_catalog(pages: PageStore, superblock: Superblock) -> list[CatalogEntry]:
    """The trees of a checkpoint."""
    if not superblock.catalog:
        return []
    return [CatalogEntry(*each) for each in pages.read_values(superblock.catalog, CATALOG)]


def tree_of(pages: PageStore, each: CatalogEntry) -> Tree:
    """A tree of a checkpoint, not loaded yet."""
    if not each.root:
        return Tree.empty(None, bits_of(each.flags))
    node = Branch if each.height else Leaf
    root = node.on_page(each.root, pages.lease(each.root))
    return Tree(root, each.key_count, bits_of(each.flags))


def read_free(pages: PageStore, superblock: Superblock) -> tuple[list[tuple[int, int]], list[tuple[int,
int]]]:
    """The extents free now, and those that are once another checkpoint is written."""
    if not superblock.free:
        return [], []
    free, held = pages.read_values(superblock.free, FREE)
    return _pairs(free), _pairs(held)


def _pairs(flat: list[int]) -> list[tuple[int, int]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _flat(pairs: list[tuple[int, int]]) -> list[int]:
    return [number for pair in pairs for number in pair]


class _Writer:
    """Writes the extents of one checkpoint, gathering neighbours."""

    def __init__(self, pages: PageStore, space: Space) -> None:
        self.space = space
        self.kept: set[int] = set()
        self.nodes: list[tuple[Node, int]] = []
        self._pages = pages
        self._gathered: list[bytes] = []
        self._gathered_offset = 0
        self._gathered_bytes = 0

    def write_tree(self, tree_id: int, tree: Tree) -> CatalogEntry:
        """Write what is new of a tree."""
        root = tree.root
        height = 0
        node = root
        while node.__class__ is Branch:
            height += 1
            node = node.children[0]
        address = self._write_node(root) if tree.count else 0
        return CatalogEntry(tree_id, address, tree.count, bytes_of(tree.flags), height if address else 0)

    def _write_node(self, node: Any) -> int:
        if node.page is not None:
            address: int = node.page
            self.kept.add(address)
            return address
        if node.__class__ is Leaf:
            address = self.write_payload(LEAF, *encode_leaf(node.keys, node.values))
        else:
            children = node.children
            addresses = [self._write_node(child) for child in children]
            leaves_below = children[0].__class__ is Leaf
            address = self.write_payload(BRANCH, *encode_branch(node.keys, addresses,
            leaves_below=leaves_below))
        self.nodes.append((node, address))
        return address

    def write_payload(self, kind: int, flags: int, payload: bytes) -> int:
        """Write an extent; its address."""
        count = grains_for(len(payload))
        address = make_address(self.space.take(count), count)
        self._put(address, encode_extent(address, kind, flags, payload))
        return address

    def write_free(
        self, now_free: list[tuple[int, int]], pinned: list[tuple[Freed, ...]], held: list[Freed]
    ) -> int:
        """Write the list of free extents, which includes the effect of its own place."""
        others = [*now_free, *[extent_of(each.address) for group in pinned for each in group]]
        held_flat = _flat(merged([extent_of(each.address) for each in held]))

        def payload() -> bytes:
            return encode_values((_flat(merged([*self.space.free(), *others])), held_flat))

        # Taking the place shortens the list or changes two numbers in it, by at most 8 bytes each.
        count = grains_for(len(payload()) + 16)
        address = make_address(self.space.take(count), count)
        self._put(address, encode_extent(address, FREE, 0, payload()))
        return address

    def _put(self, address: int, data: bytes) -> None:
        offset = offset_of(address)
        assert len(data) == size_of(address)
        if offset != self._gathered_offset + self._gathered_bytes or self._gathered_bytes >= WRITE_BYTES:
            self.flush()
            self._gathered_offset = offset
        self._gathered.append(data)
        self._gathered_bytes += len(data)

    def flush(self) -> None:
        """Hand everything gathered to the file."""
        if self._gathered:
            self._pages.file.write(b"".join(self._gathered), self._gathered_offset)
            self._gathered.clear()
            self._gathered_bytes = 0

    def settle(self) -> None:
        """Tell the nodes where they are."""
        for node, address in self.nodes:
            node.loader = self._pages.lease(address)
            node.page = address


