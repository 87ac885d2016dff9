"""The entries of the write-ahead log: their bytes, and the operations inside them.

    offset  size  field                                             (integers big-endian)
    0       8     LSN            1, 2, 3, … over the life of the database, without gaps
    8       8     TxnID          number of the commit (State.sequence)
    16      4     type (2 bytes) and flags (2 bytes, zero for now)
    20      4     payload length
    24      n     payload
    24+n    4     CRC-32C of bytes 0 to 24+n

A commit is a run of entries with one TxnID: operations, then COMMIT. Nothing else stands between them, since
commits are appended one after the other. A run that ends in ABORT did not happen, and neither did one that
ends nowhere. Of a commit to several databases (two_phase.py), all logs but the coordinator's have a PREPARE in
front of the COMMIT or ABORT; a run that ends in PREPARE is *in doubt*, and the coordinator knows. Since nothing
is appended to a log while a commit in it is in doubt, only the last run can be.

Types 1 to 10 hold one operation (the kinds of operations.py), type BATCH a run of them: msgpack of the
operation's tuple, or of an array of such tuples. Large commits are cut into several entries of bounded size,
and so are the operations on many keys; applying the pieces one after the other gives the same trees.

PREPARE's payload is msgpack of a `Ticket`. COMMIT and ABORT have a payload of 36 bytes:

    0   4   status: 1 committed, 2 aborted
    4   8   when the transaction was begun, µs since 1970 (0: not known)
    12  8   when it was appended, µs since 1970
    20  8   LSN of the transaction's first entry
    28  8   LSN up to which the log was durable when this was written

The last field is what tells damage from a torn tail: a valid commit proves that everything up to that LSN had
once been synced, so if some of that cannot be read now, it was damaged later.

Arrays inside operations come back as tuples (keys, rows) where an operation has a key or a value, and as
lists of such where it has many; msgpack knows only one kind of array. A row may not nest further arrays.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from .checksum import crc32c
from .errors import CorruptionError, UsageError
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
)  # fmt: skip
from .packing import decoder, encode

HEAD: Final = struct.Struct(">QQHHI")
TAIL: Final = struct.Struct(">I")
COMMIT_PAYLOAD: Final = struct.Struct(">IQQQQ")
_COMMIT_ENTRY: Final = struct.Struct(">QQHHIIQQQQ")
HEAD_BYTES: Final = 24
TAIL_BYTES: Final = 4
ENTRY_MIN_BYTES: Final = HEAD_BYTES + TAIL_BYTES
COMMIT_BYTES: Final = HEAD_BYTES + 36 + TAIL_BYTES
PAYLOAD_MAX_BYTES: Final = (1 << 31) - 1
assert HEAD.size == HEAD_BYTES and TAIL.size == TAIL_BYTES
assert COMMIT_PAYLOAD.size == 36 and _COMMIT_ENTRY.size + TAIL_BYTES == COMMIT_BYTES

BATCH: Final = 16
COMMIT: Final = 32
ABORT: Final = 33
PREPARE: Final = 34
STATUS_COMMITTED: Final = 1
STATUS_ABORTED: Final = 2

# A piece of a large commit holds about this many bytes, and never more keys than that.
PIECE_BYTES: Final = 256 << 10
PIECE_KEYS_FIRST: Final = 64
PIECE_KEYS_MAX: Final = 4096



class Ticket(NamedTuple):
    """What a PREPARE says: which commit to several databases it is of, and who decides.

    transaction  16 random bytes
    coordinator  the coordinator's database id
    path         where the coordinator was then, absolute
    """

    transaction: bytes
    coordinator: bytes
    path: str


_decode_ticket = decoder(tuple[bytes, bytes, str]).decode
_decode_one = decoder(tuple[Any, ...]).decode
_decode_batch = decoder(list[tuple[Any, ...]]).decode
_pack = HEAD.pack
_pack_commit = _COMMIT_ENTRY.pack
_pack_crc = TAIL.pack


def encode_entry(lsn: int, txn_id: int, entry_type: int, payload: bytes) -> bytes:
    """The bytes of one entry."""
    size = len(payload)
    if size > PAYLOAD_MAX_BYTES:
        raise UsageError(f"a value of {size} bytes is more than a log entry can hold")
    body = _pack(lsn, txn_id, entry_type, 0, size) + payload
    return body + _pack_crc(crc32c(body))


def encode_end(
    lsn: int, txn_id: int, first_lsn: int, durable_lsn: int, begun_us: int = 0, *, aborted: bool = False
) -> bytes:
    """The bytes of the COMMIT (or ABORT) entry of a transaction."""
    body = _pack_commit(
        lsn, txn_id, ABORT if aborted else COMMIT, 0, 36, STATUS_ABORTED if aborted else STATUS_COMMITTED,
        begun_us, time.time_ns() // 1000, first_lsn, durable_lsn,
    )  # fmt: skip
    return body + _pack_crc(crc32c(body))


def encode_prepare(lsn: int, txn_id: int, ticket: Ticket) -> bytes:
    """The bytes of a PREPARE entry."""
    return encode_entry(lsn, txn_id, PREPARE, encode(tuple(ticket)))


def decode_ticket(payload: bytes) -> Ticket:
    """What a PREPARE entry says."""
    try:
        return Ticket(*_decode_ticket(payload))
    except msgspec.DecodeError as error:
        raise CorruptionError(f"a log entry's payload is not what its type says: {error}") from error


def payloads(operations: Sequence[Operation]) -> Iterator[tuple[int, bytes]]:
    """The (type, payload) of the entries that hold these operations, in pieces of bounded size."""
    try:
        if len(operations) == 1 and operations[0][0] <= DELETE:
            yield operations[0][0], encode(operations[0])
        elif len(operations) <= PIECE_KEYS_FIRST and not _has_batches(operations):
            yield BATCH, encode(operations)
        else:
            yield from _pieces(operations)
    except (OverflowError, TypeError, UnicodeEncodeError, RecursionError) as error:
        raise UsageError(f"a key or value that cannot be stored: {error}") from error


def _has_batches(operations: Iterable[Operation]) -> bool:
    return any(INSERT_MANY <= op[0] <= DELETE_MANY for op in operations)


def _pieces(operations: Iterable[Operation]) -> Iterator[tuple[int, bytes]]:
    limit = PIECE_KEYS_FIRST
    piece: list[Operation] = []
    weight = 0

    def flush() -> tuple[int, bytes]:
        nonlocal limit, weight
        payload = encode(piece)
        limit = max(1, min(PIECE_KEYS_MAX, limit * 4, weight * PIECE_BYTES // len(payload)))
        piece.clear()
        weight = 0
        return BATCH, payload

    for op in operations:
        if not INSERT_MANY <= op[0] <= DELETE_MANY:
            piece.append(op)
            weight += 1
            if weight >= limit:
                yield flush()
            continue
        start, end = 0, len(op[2])
        while start < end:
            stop = min(end, start + limit - weight)
            piece.append((op[0], op[1], *[column[start:stop] for column in op[2:]]))
            weight += stop - start
            start = stop
            if weight >= limit:
                yield flush()
    if piece:
        yield flush()


def decode_operations(entry_type: int, payload: bytes) -> list[Operation]:
    """The operations of an entry; the inverse of `payloads`."""
    try:
        operations = _decode_batch(payload) if entry_type == BATCH else [_decode_one(payload)]
        return [_OPERATION[op[0]](*op) for op in operations]
    except (msgspec.DecodeError, TypeError, LookupError) as error:
        raise CorruptionError(f"a log entry's payload is not what its type says: {error}") from error


def _key_value(kind: int, tree_id: int, key: Any, value: Any) -> Operation:
    if value.__class__ is list:
        value = tuple(value)
    if key.__class__ is list:
        key = tuple(key)
    return (kind, tree_id, key, value)


def _key_value_old(kind: int, tree_id: int, key: Any, value: Any, old: Any) -> Operation:
    return (*_key_value(kind, tree_id, key, value), tuple(old) if old.__class__ is list else old)


def _many(kind: int, tree_id: int, *columns: list[Any]) -> Operation:
    return (kind, tree_id, *[_tuples(column) for column in columns])


def _as_is(*fields: Any) -> Operation:
    return fields


_OPERATION: Final[dict[int, Callable[..., Operation]]] = {
    INSERT: _key_value,
    UPDATE: _key_value_old,
    DELETE: _key_value,
    INSERT_MANY: _many,
    UPDATE_MANY: _many,
    DELETE_MANY: _many,
    CREATE_TREE: _as_is,
    DROP_TREE: _as_is,
    CLEAR_TREE: _as_is,
    WIDEN: _as_is,
}


def _tuples(column: list[Any]) -> list[Any]:
    """A batch of keys or values with its arrays as tuples."""
    return [tuple(field) if field.__class__ is list else field for field in column]

