"""Recovery: from the files, as a crash or a clean close left them, to the newest committed state.

Four steps. *Analyse*: read the superblocks and walk the log, checking every checksum and that LSNs have no
gaps. *Plan*: decide from a closed list of cases what is replayed and what is cut; a commit in doubt is asked
about (decisions.py). *Replay*: apply the commits after the checkpoint with the engine's one `apply`. *Validate*:
what came out must be what the plan promised.
Nothing is written before the plan is made, and nothing at all when the database is opened for reading only.

What is found                                                  | what is done
---------------------------------------------------------------|----------------------------------------------
 1 no file, or an empty one, no log                            | a new database (if writing is allowed)
 2 a file whose creation was interrupted, no log               | a new database
 3 sound superblocks, no log                                   | the checkpoint, as a clean close left it
 4 sound superblocks, log continues the checkpoint             | replay
 5 log wholly before the checkpoint (crash while it was        | ignored, and removed
   being removed)                                              |
 6 log ends in an unfinished commit, or in bytes that no later | cut there silently: nobody was told that it
 was
   commit proves to have been synced                           | committed
 7 last segment without a sound header, and no commit in it    | removed: its making was interrupted
 8 one superblock damaged, log continues the other one         | the other one: its writing was interrupted
 9 one superblock damaged, log missing or later                | damage: the older checkpoint alone
10 both superblocks damaged                                    | CorruptionError
11 bytes damaged, or a segment missing, that a later commit    | damage: what precedes it
   proves to have been synced                                  |
12 log of another database                                     | CorruptionError, until it is moved away
13 log without a database file                                 | the log is set aside, a new database
14 file shorter than the superblock says                       | CorruptionError: it was truncated
15 not ours (a SQLite file, anything else)                     | IsSqliteFile, NotADatabase
16 the newest checkpoint's catalog damaged                     | as 8 and 9: the other checkpoint
17 its list of free space damaged                              | damage: no row is lost, but no space is known
18 log ends in a commit in doubt (PREPARE), and the            | replayed, and COMMIT appended before anything
   coordinator has decided it                                  | else happens
19 … and the coordinator has not                               | as 6: nobody was told that it was committed
20 … and the coordinator is not where it was, nor beside this  | as 19, and the report says so
   file, nor among `peers`, or is no database of ours any more |
21 … and the coordinator cannot be read (rights, a failing     | the environment's error: it may have decided
   disk)                                                       |

Damage opens what precedes it for reading only and says so in the report (`on_damage="read-only"`), is refused
as PartlyDamaged ("refuse"), or what follows it is dropped ("accept").
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from . import entry
from .checksum import crc32c
from .entry import Ticket
from .errors import CorruptionError, EngineError
from .filesystem import Filesystem
from .log import HEADER_BYTES, SegmentHeader, segment_number
from .nodes import Owner
from .operations import State, apply
from .tree import Tree

# What every COMMIT entry has from its byte 16 on: type, flags, payload length, status.
_COMMIT_MARK: Final = entry.HEAD.pack(0, 0, entry.COMMIT, 0, entry.COMMIT_PAYLOAD.size)[16:] + b"\0\0\0\1"
_MARK_OFFSET: Final = 16


@dataclass
class Segment:
    """A segment of the log on file; header None: not sound."""

    number: int
    path: str
    header: SegmentHeader | None
    size: int


@dataclass
class Analysis:
    """What the log holds.

    segments     those that matter, ascending; `removable` are those that do not
    last_lsn     LSN of the last entry of the last complete transaction
    cut          (index in segments, offset) behind that entry; None: there is no log
    is_torn      something follows that is not reserved space
    aborted      LSNs of transactions that say they did not happen: (first, last)
    damage       what was lost, in words; None: nothing
    in_doubt     the last run, if it was prepared only; damage leaves none
    """

    last_lsn: int
    segments: list[Segment] = field(default_factory=list)
    removable: list[Segment] = field(default_factory=list)
    cut: tuple[int, int] | None = None
    is_torn: bool = False
    aborted: list[tuple[int, int]] = field(default_factory=list)
    damage: str | None = None
    in_doubt: InDoubt | None = None


class InDoubt(NamedTuple):
    """A run at the end of the log that PREPARE ends.

    ticket         what it is of
    txn_id, first_lsn, lsn  of the run, its first entry and its PREPARE
    cut            (index in segments, offset) behind the PREPARE
    is_committed   what the coordinator says; None: not asked yet
    """

    ticket: Ticket
    txn_id: int
    first_lsn: int
    lsn: int
    cut: tuple[int, int]
    is_committed: bool | None = None


class Entry(NamedTuple):
    """An entry of the log and where it ends."""

    lsn: int
    txn_id: int
    entry_type: int
    payload: bytes
    end: int


@dataclass
class Report:
    """What recovery did: for the owner of the database, and for tests."""

    checkpoint_id: int = 0
    checkpoint_lsn: int = 0
    last_lsn: int = 0
    commits_replayed: int = 0
    operations_replayed: int = 0
    bytes_cut: int = 0
    superblock_torn: bool = False
    damage: str | None = None
    in_doubt: str | None = None  # what became of a commit in doubt, in words
    log_set_aside: str | None = None  # where a log lies now whose database file was gone
    seconds: float = 0.0


# -- analyse


def find_segments(fs: Filesystem, directory: str) -> list[Segment]:
    """The segments in the log's directory, by number."""
    if fs.kind(directory) != "directory":
        return []
    found: list[Segment] = []
    for name in fs.list_directory(directory):
        number = segment_number(name)
        if number is None:
            continue
        path = os.path.join(directory, name)
        file = fs.open(path, writable=False)
        try:
            found.append(Segment(number, path, SegmentHeader.decode(file.read(HEADER_BYTES, 0)), file.size()))
        finally:
            file.close()
    return sorted(found, key=lambda each: each.number)


def read_segment(fs: Filesystem, segment: Segment) -> bytes:
    """All bytes of a segment."""
    file = fs.open(segment.path, writable=False)
    try:
        return file.read(file.size(), 0)
    finally:
        file.close()


def entries(data: bytes, lsn: int, *, verify: bool = True) -> Iterator[Entry]:
    """The entries of a segment from its header on, the first with this LSN, as long as they are sound."""
    at = HEADER_BYTES
    size = len(data)
    unpack = entry.HEAD.unpack_from
    while at + entry.ENTRY_MIN_BYTES <= size:
        own_lsn, txn_id, entry_type, _, payload_size = unpack(data, at)
        tail = at + entry.HEAD_BYTES + payload_size
        if own_lsn != lsn or tail + entry.TAIL_BYTES > size:
            return
        if verify and crc32c(data[at:tail]) != int.from_bytes(data[tail : tail + entry.TAIL_BYTES], "big"):
            return
        yield Entry(lsn, txn_id, entry_type, data[at + entry.HEAD_BYTES : tail], tail + entry.TAIL_BYTES)
        at = tail + entry.TAIL_BYTES
        lsn += 1


def analyse(fs: Filesystem, directory: str, database_id: bytes, checkpoint_lsn: int) -> Analysis:
    """Walk the log from the checkpoint on."""
    found = find_segments(fs, directory)
    for each in found:
        if each.header is not None and each.header.database_id != database_id:
            raise CorruptionError(
                f"{directory} is the log of another database; if it is not needed, move it away"
            )
    start = 0
    for i, each in enumerate(found):
        if each.header is not None and each.header.first_lsn <= checkpoint_lsn + 1:
            start = i
    result = Analysis(checkpoint_lsn, found[start:], found[:start])
    if result.segments:
        _walk(fs, result, checkpoint_lsn)
    return result


def _walk(fs: Filesystem, result: Analysis, checkpoint_lsn: int) -> None:
    """Find the last complete transaction, and whether what follows it is a torn tail or damage."""
    expected: int | None = None
    transaction_start = 0
    for i, segment in enumerate(result.segments):
        header = segment.header
        if header is None and i == len(result.segments) - 1 and not _commits_in(read_segment(fs, segment), 0):
            result.is_torn = True
            break
        if expected is None and header is not None and header.first_lsn > checkpoint_lsn + 1:
            result.damage = (
                f"the log begins with entry {header.first_lsn}, the checkpoint ends with entry"
                f" {checkpoint_lsn}: what was committed between them is missing; the database holds what"
                " precedes it"
            )
            return
        if header is None or (expected is not None and header.first_lsn != expected):
            _stop(fs, result, i, 0, checkpoint_lsn + 1 if expected is None else expected, checkpoint_lsn)
            return
        data = read_segment(fs, segment)
        expected = header.first_lsn
        end = HEADER_BYTES
        if result.cut is None:
            result.cut = (i, end)
        for each in entries(data, expected):
            expected = each.lsn + 1
            end = each.end
            if not transaction_start:
                transaction_start = each.lsn
            result.in_doubt = None
            if each.entry_type == entry.PREPARE and each.lsn > checkpoint_lsn:
                ticket = entry.decode_ticket(each.payload)
                result.in_doubt = InDoubt(ticket, each.txn_id, transaction_start, each.lsn, (i, end))
            elif each.entry_type in (entry.COMMIT, entry.ABORT):
                if each.entry_type == entry.ABORT:
                    result.aborted.append((transaction_start, each.lsn))
                transaction_start = 0
                result.last_lsn = each.lsn
                result.cut = (i, end)
        if not _is_blank(data, end):
            _stop(fs, result, i, end, expected, checkpoint_lsn)
            return
    if transaction_start:
        result.is_torn = True
    _ignore_if_before(result, checkpoint_lsn)


def settle(analysis: Analysis, checkpoint_lsn: int, *, is_committed: bool) -> None:
    """Put the answer about the commit in doubt into the plan."""
    doubt = analysis.in_doubt
    assert doubt is not None
    if is_committed:
        analysis.in_doubt = doubt._replace(is_committed=True)
        analysis.cut, analysis.last_lsn, analysis.is_torn = doubt.cut, doubt.lsn + 1, False
    else:
        analysis.in_doubt, analysis.is_torn = None, True
        _ignore_if_before(analysis, checkpoint_lsn)


def _ignore_if_before(result: Analysis, checkpoint_lsn: int) -> None:
    if result.last_lsn <= checkpoint_lsn and result.in_doubt is None:
        result.removable += result.segments
        result.segments = []
        result.last_lsn = checkpoint_lsn
        result.cut = None


def _stop(
    fs: Filesystem, result: Analysis, index: int, offset: int, expected: int, checkpoint_lsn: int
) -> None:
    """The log cannot be read from (index, offset) on, where `expected` should be: torn, or damaged?"""
    result.is_torn = True
    proof = 0
    for i in range(index, len(result.segments)):
        segment = result.segments[i]
        for lsn, durable_lsn in _commits_in(read_segment(fs, segment), offset if i == index else 0):
            # A header is durable before anything is written behind it, so commits without one prove damage.
            if lsn >= expected and (durable_lsn >= expected or segment.header is None):
                proof = max(proof, lsn)
    if proof > checkpoint_lsn:
        result.in_doubt = None
        result.last_lsn = max(result.last_lsn, checkpoint_lsn)
        place = f"{result.segments[index].path} at byte {offset}"
        result.damage = (
            f"the log is damaged: the entry {expected} in {place} cannot be read, yet the later commit"
            f" {proof} shows that it had been written; the database holds what was committed up to entry"
            f" {result.last_lsn}"
        )
    else:
        _ignore_if_before(result, checkpoint_lsn)


def _commits_in(data: bytes, start: int) -> list[tuple[int, int]]:
    """(LSN, LSN that was durable then) of every sound COMMIT entry in these bytes, wherever it begins."""
    found: list[tuple[int, int]] = []
    at = data.find(_COMMIT_MARK, start)
    while at >= 0:
        begin = at - _MARK_OFFSET
        stored = data[begin : begin + entry.COMMIT_BYTES]
        if begin >= 0 and len(stored) == entry.COMMIT_BYTES:
            body = stored[: -entry.TAIL_BYTES]
            if crc32c(body) == int.from_bytes(stored[-entry.TAIL_BYTES :], "big"):
                durable_lsn = entry.COMMIT_PAYLOAD.unpack_from(body, entry.HEAD_BYTES)[4]
                found.append((int.from_bytes(body[:8], "big"), durable_lsn))
        at = data.find(_COMMIT_MARK, at + 1)
    return found


def _is_blank(data: bytes, start: int) -> bool:
    return not data[start:].strip(b"\0")


# -- replay


def replay(
    fs: Filesystem, analysis: Analysis, trees: dict[int, Tree], checkpoint_lsn: int, sequence: int, report:
    Report
) -> State:
    """Apply the commits after the checkpoint to its trees, which become the state's."""
    started = time.perf_counter()
    owner = Owner()
    trees = dict(trees)
    try:
        for each in committed(fs, analysis, checkpoint_lsn):
            if each.entry_type == entry.COMMIT:
                report.commits_replayed += 1
                sequence = each.txn_id
                continue
            if each.entry_type == entry.PREPARE:
                continue
            operations = entry.decode_operations(each.entry_type, each.payload)
            report.operations_replayed += len(operations)
            apply(trees, operations, owner)
    except EngineError as error:
        raise CorruptionError(f"the log does not fit the database: {error}") from error
    owner.writes = False
    if analysis.in_doubt is not None:
        assert analysis.in_doubt.is_committed, "a commit in doubt is settled before anything is replayed"
        report.commits_replayed += 1
        sequence = analysis.in_doubt.txn_id
    report.last_lsn = analysis.last_lsn
    report.damage = analysis.damage
    report.seconds = time.perf_counter() - started
    return State(trees, sequence, analysis.last_lsn)


def committed(fs: Filesystem, analysis: Analysis, checkpoint_lsn: int) -> Iterator[Entry]:
    """The entries after the checkpoint that belong to complete, committed transactions."""
    if analysis.cut is None:
        return
    aborted = iter(analysis.aborted)
    first, last = next(aborted, (0, 0))
    for i, segment in enumerate(analysis.segments[: analysis.cut[0] + 1]):
        if segment.header is None:
            continue
        data = read_segment(fs, segment)
        limit = analysis.cut[1] if i == analysis.cut[0] else len(data)
        for each in entries(data, segment.header.first_lsn, verify=False):
            if each.end > limit:
                break
            while first and each.lsn > last:
                first, last = next(aborted, (0, 0))
            if each.lsn > checkpoint_lsn and not first <= each.lsn <= last:
                yield each


# -- carry out


def cut(fs: Filesystem, directory: str, analysis: Analysis, *, sync: bool) -> int:
    """Remove from the files what the plan leaves out, durably; the number of bytes cut.

    What stays is synced too: it may so far only be in the system's cache, and later commits will state that
    it is durable. A commit that was in doubt and has happened gets its COMMIT; a crash before that is durable leaves
    it in doubt again.
    """
    bytes_cut = 0
    keep = 0 if analysis.cut is None else analysis.cut[0] + 1
    for i, segment in enumerate(analysis.segments[:keep]):
        file = fs.open(segment.path)
        try:
            if analysis.cut is not None and i == analysis.cut[0] and segment.size > analysis.cut[1]:
                bytes_cut += segment.size - analysis.cut[1] if analysis.is_torn else 0
                file.truncate(analysis.cut[1])
            if analysis.cut is not None and i == analysis.cut[0] and analysis.in_doubt is not None:
                doubt = analysis.in_doubt
                end = entry.encode_end(doubt.lsn + 1, doubt.txn_id, doubt.first_lsn, 0)
                file.write(end, analysis.cut[1])
            if sync:
                file.sync()
        finally:
            file.close()
    for segment in [*analysis.segments[keep:], *analysis.removable]:
        fs.remove(segment.path)
    if sync and (analysis.segments or analysis.removable):
        fs.sync_directory(directory)
    del analysis.segments[keep:]
    analysis.removable.clear()
    return bytes_cut
