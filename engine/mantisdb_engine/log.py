"""The write-ahead log: a directory of segments, written by one Log and read by `walk`.

    app.db-wal/0000000001.log     64 bytes of header, then entries (entry.py) without gaps
    app.db-wal/0000000002.log     goes on with the next LSN, and so on

    header:  0   16  magic "MantisDB log\\0\\0\\0\\0"
             16  4   format version, 1
             20  16  database id (the same as in app.db)
             36  8   segment number
             44  8   LSN of the first entry
             52  8   when it was made, µs since 1970
             60  4   CRC-32C of bytes 0 to 60

A segment may be longer than its entries: space is reserved ahead, and reads as zeros, which no entry begins
with.

Writing. `append` encodes a commit, gives it LSNs and a place (reserving disk space there and then, so that a
full disk refuses one commit and harms no other), and queues it. `sync` writes all that is queued with one
write per segment and syncs once: the group commit, led by whoever comes first. A commit larger than
STREAM_BYTES is written piece by piece while it is encoded, so the log's memory is bounded; if it fails half-
way, an ABORT entry says that it did not happen.

Levels of synchronous, when `sync` returns:
    OFF     written to the operating system: a killed process loses nothing, a power cut may lose anything
    NORMAL  as OFF; segments are synced when they are full, and everything at a checkpoint, so a power cut
            loses the latest commits and nothing else
    FULL    on stable media, before anyone sees the commit
    EXTRA   as FULL, with file times and the drive's own cache (F_FULLFSYNC on macOS)

A write or sync that fails leaves in doubt what the disk holds. It is latched: the Log refuses everything from
then on, since a second fsync would report success for pages that the system dropped at the first.

Invariants:
  1. A segment's header and name are durable before entries are written to it (not with OFF).
  2. Segment n is durable before anything in segment n + 1 counts as durable.
  3. `synced_lsn`, which every commit records, never runs ahead of a sync that has returned.
  4. While a commit is in doubt (`prepare`), nothing but its end is appended.
"""

from __future__ import annotations

import os
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from . import entry
from .checksum import crc32c
from .errors import EngineError, EnvironmentFailure, IOFailure
from .filesystem import File, Filesystem
from .operations import Operation

MAGIC: Final = b"MantisDB log\0\0\0\0"
VERSION: Final = 1
HEADER: Final = struct.Struct(">16sI16sQQQ")
HEADER_CRC: Final = struct.Struct(">I")
HEADER_BYTES: Final = 64
assert HEADER.size + HEADER_CRC.size == HEADER_BYTES

STREAM_BYTES: Final = 4 << 20
# Space is reserved in steps that grow with the segment, between these bounds.
RESERVE_MIN_BYTES: Final = 256 << 10
RESERVE_MAX_BYTES: Final = 4 << 20
SUFFIX: Final = ".log"
DIRECTORY_SUFFIX: Final = "-wal"
"""What the log's directory is called: the database's path and this."""


def segment_name(number: int) -> str:
    """The file name of a segment.

    >>> segment_name(7)
    '0000000007.log'
    """
    return f"{number:010d}{SUFFIX}"


def segment_number(name: str) -> int | None:
    """The number in a segment's file name; None if it is not one."""
    stem = name.removesuffix(SUFFIX)
    return int(stem) if name.endswith(SUFFIX) and len(stem) >= 10 and stem.isdecimal() else None


class SegmentHeader(NamedTuple):
    """What a segment says of itself."""

    version: int
    database_id: bytes
    number: int
    first_lsn: int
    made_us: int

    def encode(self) -> bytes:
        """The header's bytes."""
        body = HEADER.pack(MAGIC, *self)
        return body + HEADER_CRC.pack(crc32c(body))

    @staticmethod
    def decode(data: bytes) -> SegmentHeader | None:
        """The header in these bytes; None if there is no sound one."""
        if len(data) < HEADER_BYTES:
            return None
        magic, *rest = HEADER.unpack_from(data)
        (crc,) = HEADER_CRC.unpack_from(data, HEADER.size)
        if magic != MAGIC or crc != crc32c(bytes(data[: HEADER.size])):
            return None
        return SegmentHeader(*rest)


class _Segment:
    """A segment of this process: open for writing until the next one takes over."""

    __slots__ = ("end", "file", "first_lsn", "number", "path", "reserved")

    def __init__(self, number: int, path: str, file: File | None, first_lsn: int) -> None:
        self.number = number
        self.path = path
        self.file = file
        self.first_lsn = first_lsn
        self.end = HEADER_BYTES
        self.reserved = HEADER_BYTES


class _Queued(NamedTuple):
    segment: _Segment
    offset: int
    data: bytes
    lsn: int


class Log:
    """The writing side of the log. One thread at a time may `append`, and meanwhile one `sync`.

    next_lsn    the LSN of the next entry
    synced_lsn  up to here the log is on stable media
    size_bytes  how much was ever appended by this Log
    failure     what made it refuse everything, None if nothing did
    """

    def __init__(
        self,
        filesystem: Filesystem,
        directory: str,
        database_id: bytes,
        *,
        next_lsn: int,
        synchronous: str,
        segment_bytes: int,
        segments: Sequence[tuple[int, str, int]] = (),
    ) -> None:
        """`segments`: (number, path, first LSN) of those that recovery found and left."""
        self.synchronous = synchronous
        self.next_lsn = next_lsn
        self.synced_lsn = next_lsn - 1
        self.size_bytes = 0
        self.failure: EngineError | None = None
        self._fs = filesystem
        self._directory = directory
        self._database_id = database_id
        self._segment_bytes = segment_bytes
        self._segments = [_Segment(number, path, None, lsn) for number, path, lsn in segments]
        self._current: _Segment | None = None
        self._in_doubt: tuple[int, int] | None = None  # what was prepared: (transaction id, first LSN)
        self._queue: deque[_Queued] = deque()
        self._write_mutex = threading.Lock()
        self._written_segment: _Segment | None = None
        self._written_lsn = next_lsn - 1
        self._next_number = max((each.number for each in self._segments), default=0) + 1
        self._has_directory = filesystem.kind(directory) == "directory"

    def append(self, operations: Sequence[Operation], txn_id: int, begun_us: int = 0) -> int:
        """Queue one commit; the LSN of its COMMIT entry. An error that is not `in_doubt` changed nothing."""
        return self._append_run(
            operations,
            txn_id,
            lambda lsn, first_lsn: entry.encode_end(lsn, txn_id, first_lsn, self.synced_lsn, begun_us),
        )

    def prepare(self, operations: Sequence[Operation], txn_id: int, ticket: entry.Ticket) -> int:
        """Queue a commit that somebody else decides about; the LSN of its PREPARE entry. `resolve` must follow before
        anything else is appended. Errors as with `append`."""
        first_lsn = self.next_lsn
        lsn = self._append_run(operations, txn_id, lambda lsn, _: entry.encode_prepare(lsn, txn_id, ticket))
        self._in_doubt = (txn_id, first_lsn)
        return lsn

    def resolve(self, *, committed: bool) -> int:
        """Queue what became of what was prepared; the LSN of its COMMIT or ABORT entry."""
        self._refuse_if_failed()
        assert self._in_doubt is not None, "nothing is prepared"
        txn_id, first_lsn = self._in_doubt
        self._in_doubt = None
        return self._place_end(txn_id, first_lsn, aborted=not committed)

    def _append_run(
        self, operations: Sequence[Operation], txn_id: int, last: Callable[[int, int], bytes]
    ) -> int:
        """Queue a run; the LSN of its last entry, whose bytes `last(LSN, first LSN)` gives."""
        self._refuse_if_failed()
        assert self._in_doubt is None, "what was prepared is still in doubt"
        first_lsn = lsn = self.next_lsn
        parts: list[bytes] = []
        size = 0
        try:
            for entry_type, payload in entry.payloads(operations):
                data = entry.encode_entry(lsn, txn_id, entry_type, payload)
                parts.append(data)
                lsn += 1
                size += len(data)
                if size >= STREAM_BYTES:
                    self._place(parts, size, lsn)
                    self._write_queued()
                    parts.clear()
                    size = 0
            parts.append(last(lsn, first_lsn))
            self._place(parts, size + len(parts[-1]), lsn + 1)
        except EngineError as error:
            if self.failure is None:
                self._take_back(txn_id, first_lsn)
                if isinstance(error, EnvironmentFailure):
                    error.in_doubt = False
            raise
        return lsn

    def sync(self) -> int:
        """Write what is queued, and sync it as `synchronous` has it; the LSN up to which that is done."""
        with self._write_mutex:
            self._refuse_if_failed()
            lsn = self._drain()
            if self.synchronous in ("FULL", "EXTRA"):
                self._sync_current()
                self.synced_lsn = lsn
            return lsn

    def sync_fully(self) -> int:
        """Bring everything appended so far to stable media (with OFF: only write it); the LSN up to which that is done.
        """
        with self._write_mutex:
            self._refuse_if_failed()
            lsn = self._drain()
            if self.synchronous != "OFF" and lsn > self.synced_lsn:
                self._sync_current()
                self.synced_lsn = lsn
            return lsn

    def remove_before(self, lsn: int) -> None:
        """Remove the segments that hold nothing after this LSN."""
        with self._write_mutex:
            while len(self._segments) > 1 and self._segments[1].first_lsn <= lsn + 1:
                self._remove(self._segments[0])
            if self._segments and self._current is None and self.next_lsn == lsn + 1:
                self._remove(self._segments[0])

    def remove_all(self) -> None:
        """Remove the log: everything in it is in the database file. Nothing may be appended afterwards."""
        self.close()
        while self._segments:
            self._remove(self._segments[0])
        if self._has_directory and self._is_there(self._directory) and not self._fs.list_directory(self._directory):
            self._fs.remove_directory(self._directory)
            self._has_directory = False
            if self.synchronous != "OFF":
                self._fs.sync_directory(os.path.dirname(self._directory))

    def close(self) -> None:
        """Close the files; nothing is written."""
        for segment in self._segments:
            if segment.file is not None:
                segment.file.close()
                segment.file = None
        self._current = None

    def _refuse_if_failed(self) -> None:
        if self.failure is not None:
            raise IOFailure(
                f"the log failed earlier and accepts nothing until the database is opened again:"
                f" {self.failure}"
            ) from self.failure

    # -- places

    def _place(self, parts: list[bytes], size: int, next_lsn: int) -> None:
        """Give entries a place in a segment and queue them."""
        segment = self._current
        if segment is None or segment.end >= self._segment_bytes:
            segment = self._open_segment()
        # The place of the entry that ends a run is always kept free.
        if segment.end + size + entry.COMMIT_BYTES > segment.reserved:
            self._reserve(segment, segment.end + size + entry.COMMIT_BYTES)
        self._queue.append(_Queued(segment, segment.end, b"".join(parts), next_lsn - 1))
        segment.end += size
        self.size_bytes += size
        self.next_lsn = next_lsn

    def _reserve(self, segment: _Segment, needed: int) -> None:
        assert segment.file is not None
        step = min(max(segment.reserved, RESERVE_MIN_BYTES), RESERVE_MAX_BYTES)
        wanted = max(needed, min(segment.reserved + step, self._segment_bytes + entry.COMMIT_BYTES))
        segment.file.allocate(wanted)
        segment.reserved = wanted

    def _open_segment(self) -> _Segment:
        """Make the next segment, durable with its name, and let entries go there."""
        if not self._has_directory:
            self._fs.make_directory(self._directory)
            self._has_directory = True
            self._sync_names(os.path.dirname(self._directory))
        number = self._next_number
        path = os.path.join(self._directory, segment_name(number))
        header = SegmentHeader(VERSION, self._database_id, number, self.next_lsn, time.time_ns() // 1000)
        self._next_number += 1  # a number is not used again, even if what follows fails
        file = self._fs.open(path, create=True)
        try:
            segment = _Segment(number, path, file, self.next_lsn)
            file.write(header.encode(), 0)
            self._reserve(segment, HEADER_BYTES + entry.COMMIT_BYTES)
        except EnvironmentFailure:
            file.close()
            self._fs.remove(path)
            raise
        self._sync_file(file)
        self._sync_names(self._directory)
        self._segments.append(segment)
        self._current = segment
        return segment

    def _take_back(self, txn_id: int, first_lsn: int) -> None:
        """Mark what was already placed of a commit as not having happened."""
        if self.next_lsn != first_lsn:
            self._place_end(txn_id, first_lsn, aborted=True)

    def _place_end(self, txn_id: int, first_lsn: int, *, aborted: bool) -> int:
        """Queue the end of a run, in the place that is kept free for it; its LSN."""
        lsn = self.next_lsn
        end = entry.encode_end(lsn, txn_id, first_lsn, self.synced_lsn, aborted=aborted)
        segment = self._current
        assert segment is not None and segment.end + entry.COMMIT_BYTES <= segment.reserved
        self._queue.append(_Queued(segment, segment.end, end, lsn))
        segment.end += len(end)
        self.size_bytes += len(end)
        self.next_lsn = lsn + 1
        return lsn

    # -- writing

    def _write_queued(self) -> None:
        with self._write_mutex:
            self._refuse_if_failed()
            self._drain()

    def _drain(self) -> int:
        """Write what is queued; the LSN of the last entry written so far. Under the write mutex."""
        queue = self._queue
        lsn = self._written_lsn
        try:
            while queue:
                first = queue.popleft()
                parts = [first.data]
                lsn = first.lsn
                while queue and queue[0].segment is first.segment:
                    following = queue.popleft()
                    parts.append(following.data)
                    lsn = following.lsn
                if first.segment is not self._written_segment:
                    self._finish(self._written_segment, first.segment.first_lsn - 1)
                    self._written_segment = first.segment
                assert first.segment.file is not None
                first.segment.file.write(b"".join(parts) if len(parts) > 1 else parts[0], first.offset)
        except EngineError as error:
            self.failure = error
            raise
        self._written_lsn = lsn
        return lsn

    def _finish(self, segment: _Segment | None, last_lsn: int) -> None:
        """Close a segment that is full."""
        if segment is None or segment.file is None:
            return
        segment.file.truncate(segment.end)
        self._sync_file(segment.file)
        if self.synchronous != "OFF":
            self.synced_lsn = last_lsn
        segment.file.close()
        segment.file = None

    def _sync_current(self) -> None:
        segment = self._written_segment
        if segment is not None and segment.file is not None:
            self._sync_file(segment.file)

    def _sync_file(self, file: File) -> None:
        if self.synchronous != "OFF":
            try:
                file.sync(metadata=self.synchronous == "EXTRA")
            except EngineError as error:
                self.failure = error
                raise

    def _sync_names(self, directory: str) -> None:
        if self.synchronous != "OFF":
            try:
                self._fs.sync_directory(directory)
            except EngineError as error:
                self.failure = error
                raise

    def _remove(self, segment: _Segment) -> None:
        assert segment is not self._current, "a segment in use is not removed"
        if segment.file is not None:  # full, and nothing was written after it yet
            segment.file.close()
            segment.file = None
        if self._is_there(segment.path):
            self._fs.remove(segment.path)
        self._segments.remove(segment)

    def _is_there(self, path: str) -> bool:
        """False: somebody removed what is ours, as programs do with the directory of a database they are done with."""
        return self._fs.kind(path) is not None
