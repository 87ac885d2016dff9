"""The database file: superblocks, extents, and the nodes of trees inside extents.

    0        superblock A (512 bytes used), checkpoints with even ids
    4096     superblock B, checkpoints with odd ids
    8192     note of the process that has the file open (filelock.py); no part of the data
    12288    extents, in grains of 256 bytes, up to the superblock's `end`

A superblock is a checkpoint record: everything in the database is found from it. The newest sound one counts.

    0    24  magic "MantisDB format 1" and zeros       56   8  LSN of the last entry that is in the checkpoint
    24   4   format version, 1                         64   8  number of the last commit in it
    28   4   flags, 0                                  72   8  when it was written, µs since 1970
    32   16  database id                               80   8  address of the catalog, 0 if there are no trees
    48   8   checkpoint id                             88   8  address of the list of free extents, or 0
    96   8   end of the extents, in grains             508  4  CRC-32C of bytes 0 to 508

An extent is written once and never changed while a superblock refers to it.

    0    4   CRC-32C of bytes 4 to 20 + payload length
    4    8   its own address (a page that was written to, or read from, a wrong place is found out)
    12   1   kind: 1 leaf, 2 branch, 3 catalog, 4 free extents
    13   1   flags, see below
    14   2   zero
    16   4   payload length
    20   n   payload, msgpack

An address is one integer: (offset in grains << 24) | size in grains. So whoever refers to an extent knows how
much to read and, once it is not needed, how much is free.

    leaf      [keys, values]
    branch    [separator keys, addresses of the children]; flag 1: the children are leaves
    catalog   [[tree id, address of the root or 0, keys, client's flags (little-endian bytes), height], …]
    free      [[grain, grains, … of what is free now], [… of what only the checkpoint before this one uses]]

Of keys and of values the flags say whether all are arrays (4: keys, 16: values), or some (8: keys, 32:
values), since msgpack does not tell tuples from lists.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from weakref import ref

import msgspec
from sortedcontainers import SortedList

from .checksum import crc32c
from .collector import finalizers_wait
from .errors import CorruptionError, NotADatabase, UsageError
from .filesystem import File
from .keys import Key
from .packing import decoder, encode
from .tree import Branch, Leaf

MAGIC: Final = b"MantisDB format 1\0\0\0\0\0\0\0"
VERSION: Final = 1
SUPERBLOCK: Final = struct.Struct(">24sII16sQQQQQQQ")
SUPERBLOCK_BYTES: Final = 512
SLOT_OFFSETS: Final = (0, 4096)
NOTE_OFFSET: Final = 8192
DATA_OFFSET: Final = 12288
GRAIN_BYTES: Final = 256
DATA_GRAIN: Final = DATA_OFFSET // GRAIN_BYTES
EXTENT: Final = struct.Struct(">IQBBHI")
EXTENT_BYTES: Final = 20
SIZE_BITS: Final = 24
EXTENT_MAX_GRAINS: Final = (1 << SIZE_BITS) - 1
assert len(MAGIC) == 24 and SUPERBLOCK.size == 104 <= SUPERBLOCK_BYTES - 4
assert EXTENT.size == EXTENT_BYTES and DATA_OFFSET % GRAIN_BYTES == 0

LEAF: Final = 1
BRANCH: Final = 2
CATALOG: Final = 3
FREE: Final = 4

LEAVES_BELOW: Final = 1
KEYS_ARE_ARRAYS: Final = 4
SOME_KEYS_ARE_ARRAYS: Final = 8
VALUES_ARE_ARRAYS: Final = 16
SOME_VALUES_ARE_ARRAYS: Final = 32

_decode_any = decoder().decode
_Arrays = list[tuple[Any, ...]]
_LEAF_DECODERS: Final = {
    0: decoder(tuple[list[Any], list[Any]]).decode,
    KEYS_ARE_ARRAYS: decoder(tuple[_Arrays, list[Any]]).decode,
    VALUES_ARE_ARRAYS: decoder(tuple[list[Any], _Arrays]).decode,
    KEYS_ARE_ARRAYS | VALUES_ARE_ARRAYS: decoder(tuple[_Arrays, _Arrays]).decode,
}


class Superblock(NamedTuple):
    """A checkpoint record; the fields are in the order of the file, after magic, version and flags."""

    database_id: bytes
    checkpoint_id: int
    lsn: int
    sequence: int
    written_us: int
    catalog: int
    free: int
    end: int

    def encode(self) -> bytes:
        """The 512 bytes."""
        body = SUPERBLOCK.pack(MAGIC, VERSION, 0, *self)
        body += bytes(SUPERBLOCK_BYTES - 4 - len(body))
        return body + crc32c(body).to_bytes(4, "big")

    @staticmethod
    def decode(data: bytes) -> Superblock | None:
        """The superblock in these bytes, None if there is no sound one; a later format is refused."""
        if len(data) < SUPERBLOCK_BYTES:
            return None
        body = data[: SUPERBLOCK_BYTES - 4]
        if crc32c(body) != int.from_bytes(data[SUPERBLOCK_BYTES - 4 : SUPERBLOCK_BYTES], "big"):
            return None
        magic, version, _flags, *rest = SUPERBLOCK.unpack_from(body)
        if magic != MAGIC:
            return None
        if version != VERSION:
            raise NotADatabase(f"the database has format version {version}, this release reads {VERSION}")
        return Superblock(*rest)

    @property
    def slot_offset(self) -> int:
        """Where in the file it belongs."""
        return SLOT_OFFSETS[self.checkpoint_id % 2]


def superblocks_in(head: bytes) -> list[Superblock]:
    """The sound superblocks at the beginning of a file, newest first."""
    parts = [head[offset : offset + SUPERBLOCK_BYTES] for offset in SLOT_OFFSETS]
    found = [block for part in parts if (block := Superblock.decode(part)) is not None]
    return sorted(found, key=lambda block: -block.checkpoint_id)


def offset_of(address: int) -> int:
    """The first byte of the extent."""
    return (address >> SIZE_BITS) * GRAIN_BYTES


def size_of(address: int) -> int:
    """The bytes of the extent."""
    return (address & EXTENT_MAX_GRAINS) * GRAIN_BYTES


def make_address(grain: int, grain_count: int) -> int:
    """The address of an extent."""
    assert DATA_GRAIN <= grain < 1 << 39 and 0 < grain_count <= EXTENT_MAX_GRAINS
    return grain << SIZE_BITS | grain_count


def grains_for(payload_bytes: int) -> int:
    """The size of an extent for a payload, in grains."""
    grain_count = -(-(EXTENT_BYTES + payload_bytes) // GRAIN_BYTES)
    if grain_count > EXTENT_MAX_GRAINS:
        raise UsageError(f"the rows of one leaf take {payload_bytes} bytes, more than the 4 GiB of an extent")
    return grain_count


def encode_extent(address: int, kind: int, flags: int, payload: bytes) -> bytes:
    """The bytes of an extent, padded to its size."""
    body = EXTENT.pack(0, address, kind, flags, 0, len(payload))[4:] + payload
    data = crc32c(body).to_bytes(4, "big") + body
    return data + bytes(size_of(address) - len(data))


def decode_extent(address: int, data: bytes, kinds: Iterable[int]) -> tuple[int, int, bytes]:
    """(kind, flags, payload) of an extent read from `address`; CorruptionError if it is not sound."""
    where = f"the extent at byte {offset_of(address)}"
    if len(data) < size_of(address):
        raise CorruptionError(f"{where} lies beyond the end of the file: the file was truncated")
    crc, own_address, kind, flags, _, size = EXTENT.unpack_from(data)
    if size > len(data) - EXTENT_BYTES or crc != crc32c(data[4 : EXTENT_BYTES + size]):
        raise CorruptionError(f"{where} is damaged: its checksum does not match")
    if own_address != address:
        raise CorruptionError(f"{where} is misplaced: it was written for byte {offset_of(own_address)}")
    if kind not in kinds:
        raise CorruptionError(f"{where} is of kind {kind}, which does not belong there")
    return kind, flags, data[EXTENT_BYTES : EXTENT_BYTES + size]


# -- nodes


def encode_leaf(keys: list[Key], values: list[Any]) -> tuple[int, bytes]:
    """(flags, payload) of a leaf."""
    flags = 0
    types = set(map(type, keys))
    if tuple in types:
        flags |= KEYS_ARE_ARRAYS if len(types) == 1 else SOME_KEYS_ARE_ARRAYS
    types = set(map(type, values))
    if tuple in types:
        flags |= VALUES_ARE_ARRAYS if len(types) == 1 else SOME_VALUES_ARE_ARRAYS
    return flags, encode((keys, values))


def decode_leaf(flags: int, payload: bytes) -> tuple[list[Key], list[Any]]:
    """The keys and values of a leaf."""
    keys, values = _LEAF_DECODERS[flags & (KEYS_ARE_ARRAYS | VALUES_ARE_ARRAYS)](payload)
    if flags & SOME_KEYS_ARE_ARRAYS:
        keys = tuples_of(keys)
    if flags & SOME_VALUES_ARE_ARRAYS:
        values = tuples_of(values)
    return keys, values


def tuples_of(column: Iterable[Any]) -> list[Any]:
    """A list with its arrays as tuples."""
    return [tuple(field) if field.__class__ is list else field for field in column]


def encode_branch(keys: list[Key], addresses: list[int], *, leaves_below: bool) -> tuple[int, bytes]:
    """(flags, payload) of a branch."""
    return LEAVES_BELOW if leaves_below else 0, encode((keys, addresses))


def decode_branch(payload: bytes) -> tuple[list[Key], list[int]]:
    """The separator keys and the children's addresses of a branch."""
    keys, addresses = _decode_any(payload)
    return tuples_of(keys), addresses


_FEW_LEASES: Final = 4096  # of so many no dead ones are looked for


class Lease:
    """The loader (tree.Loader) of the node in one extent: while it lives, somebody may read that."""

    __slots__ = ("__weakref__", "_pages")

    def __init__(self, pages: PageStore) -> None:
        self._pages = pages

    def read(self, page: int) -> tuple[list[Key], list[Any]]:
        """The keys, and the values or child nodes, of the node at this address."""
        return self._pages.read(page)


class PageStore:
    """Reads extents and nodes, and knows which of them nodes in memory still need.

    A branch that is read leases the extents of all its children, so a lease is to cost little. The weak references are
    therefore in a plain dict, and those that are dead stay there until they are half of it.
    """

    def __init__(self, file: File) -> None:
        self.file = file
        self._pid = os.getpid()
        self.pages_read = 0
        self._leases: dict[int, ref[Lease]] = {}
        self._most_leases = _FEW_LEASES
        self._lease_mutex = threading.Lock()

    def read(self, page: int) -> tuple[list[Key], list[Any]]:
        """The keys, and the values or child nodes, of the node at this address."""
        kind, flags, payload = self.read_extent(page, (LEAF, BRANCH))
        try:
            if kind == LEAF:
                return decode_leaf(flags, payload)
            keys, addresses = decode_branch(payload)
        except (msgspec.DecodeError, ValueError, TypeError) as error:
            raise CorruptionError(f"the extent at byte {offset_of(page)} is not a node: {error}") from error
        node = Leaf if flags & LEAVES_BELOW else Branch
        return keys, list(map(node.on_page, addresses, self._lease_all(addresses)))

    def read_extent(self, address: int, kinds: Iterable[int]) -> tuple[int, int, bytes]:
        """(kind, flags, payload) of an extent."""
        self.pages_read += 1
        if os.getpid() != self._pid:
            raise UsageError("the database was opened by the parent of this process: open it again here")
        return decode_extent(address, self.file.read(size_of(address), offset_of(address)), kinds)

    def read_values(self, address: int, kind: int) -> Any:
        """The decoded payload of a catalog or a list of free extents."""
        _, _, payload = self.read_extent(address, (kind,))
        try:
            return _decode_any(payload)
        except msgspec.DecodeError as error:
            place = f"the extent at byte {offset_of(address)}"
            raise CorruptionError(f"{place} cannot be read: {error}") from error

    def lease(self, address: int) -> Lease:
        """What keeps the extent from being reused as long as a node holds it."""
        return self._lease_all((address,))[0]

    def _lease_all(self, addresses: Iterable[int]) -> list[Lease]:
        """The leases of some extents."""
        result = []
        with finalizers_wait, self._lease_mutex:
            known = self._leases
            if len(known) > self._most_leases:
                known = {address: each for address, each in list(known.items()) if each() is not None}
                self._leases, self._most_leases = known, max(2 * len(known), _FEW_LEASES)
            for address in addresses:
                reference = known.get(address)
                lease = None if reference is None else reference()
                if lease is None:
                    lease = Lease(self)
                    known[address] = ref(lease)
                result.append(lease)
        return result

    def is_leased(self, address: int) -> bool:
        """Whether a node in memory refers to this extent."""
        reference = self._leases.get(address)
        return reference is not None and reference() is not None


def encode_values(values: Any) -> bytes:
    """The payload of a catalog or a list of free extents."""
    return encode(values)


# -- space


class Space:
    """Free extents, in grains, and the end of the file.

    Of the best fit and the largest extent the one nearer to the front is taken: extents so move away from the
    end of the file, which can be cut off once it is free.
    """

    def __init__(self, free: list[tuple[int, int]], end: int) -> None:
        """`free`: (grain, count), ascending; what lies free at the very end is given up."""
        extents = list(free)
        self.end = end
        while extents and sum(extents[-1]) == self.end:
            self.end = extents.pop()[0]
        self._by_size = SortedList((count, grain) for grain, count in extents)

    def take(self, count: int) -> int:
        """The first grain of `count` grains, from the best fitting free extent or the end of the file."""
        by_size = self._by_size
        best = by_size.bisect_left((count, 0))
        if best == len(by_size):
            self.end += count
            return self.end - count
        grain: int
        found: int
        grain, found = min((grain, found) for found, grain in (by_size[best], by_size[-1]))
        by_size.remove((found, grain))
        if found > count:
            self._by_size.add((found - count, grain + count))
        return grain

    def free(self) -> list[tuple[int, int]]:
        """The free extents, (grain, count), ascending."""
        return sorted((grain, count) for count, grain in self._by_size)


def merged(extents: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Extents (grain, count), ascending, with neighbours joined.

    >>> merged([(70, 2), (50, 10), (60, 10)])
    [(50, 22)]
    """
    result: list[tuple[int, int]] = []
    for grain, count in sorted(extents):
        if result and result[-1][0] + result[-1][1] == grain:
            result[-1] = (result[-1][0], result[-1][1] + count)
        else:
            result.append((grain, count))
    return result


def extent_of(address: int) -> tuple[int, int]:
    """(grain, count) of an address."""
    return address >> SIZE_BITS, address & EXTENT_MAX_GRAINS
