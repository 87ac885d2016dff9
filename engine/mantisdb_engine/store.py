"""The storage of a database on files: log, checkpoints and recovery behind database.Storage.

    app.db        checkpoints (pages.py)
    app.db-wal/   the log (log.py), while the database is open or after a crash

`open_store` finds out what is at a path, takes the lock, recovers, and returns a Store with the state to go
on from. A clean close writes a last checkpoint and removes the log's directory, so that app.db alone is the
database.

Nothing is written to a path before it is known to hold a database of ours, an empty file or nothing at all.

After fork, the child holds the parent's files: whatever it does with the store is refused (UsageError), and
closing it there closes the child's copies only.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from . import decisions, filelock, recovery
from .checkpoint import Checkpointer
from .collector import finalizers_wait
from .config import Settings, settings_from
from .entry import Ticket
from .errors import (
    AccessDenied,
    CannotOpen,
    CorruptionError,
    DatabaseLocked,
    IsSqliteFile,
    NotADatabase,
    PartlyDamaged,
    ReadOnlyError,
    UsageError,
)  # fmt: skip
from .filesystem import File, Filesystem, OsFilesystem
from .log import DIRECTORY_SUFFIX, Log
from .operations import Operation, State
from .pages import (
    DATA_GRAIN,
    GRAIN_BYTES,
    MAGIC,
    NOTE_OFFSET,
    SLOT_OFFSETS,
    SUPERBLOCK_BYTES,
    PageStore,
    Superblock,
    superblocks_in,
)  # fmt: skip

_SQLITE_MAGIC: Final = b"SQLite format 3\0"
_FAMILY: Final = b"MantisDB format "


def open_store(
    path: str, *, synchronous: str = "FULL", filesystem: Filesystem | None = None, **options: Any
) -> tuple[Store, State]:
    """Open or create the database at `path`; the options are those of config.Settings."""
    settings = settings_from(options)
    fs = filesystem if filesystem is not None else OsFilesystem()
    path = fs.resolve(path)
    orphan = _set_orphan_aside(fs, path, settings)
    file = _open_file(fs, path, settings)
    try:
        _lock(file, settings)
        store, state = _recover(fs, path, file, synchronous, settings)
    except BaseException:
        file.close()
        raise
    store.report.log_set_aside = orphan
    return store, state


# -- finding out what is there


def _open_file(fs: Filesystem, path: str, settings: Settings) -> File:
    kind = fs.kind(path)
    if kind == "directory":
        raise CannotOpen(f"cannot open {path}: it is a directory")
    if kind == "other":
        raise CannotOpen(f"cannot open {path}: it is not a regular file")
    if kind == "file":
        return _open_existing(fs, path, settings)
    directory = os.path.dirname(path)
    if fs.kind(directory) != "directory":
        raise CannotOpen(f"cannot create {path}: the directory {directory} does not exist")
    if settings.read_only or settings.must_exist:
        raise CannotOpen(f"cannot open {path}: there is no such file")
    return fs.open(path, create=True)


def _set_orphan_aside(fs: Filesystem, path: str, settings: Settings) -> str | None:
    """Rename a log whose database file is gone: where it lies now. It would be taken for the log of the new file, and
    may hold the only copy of what was committed last."""
    directory = path + DIRECTORY_SUFFIX
    if fs.kind(path) is not None or not recovery.find_segments(fs, directory):
        return None
    if settings.read_only or settings.must_exist:
        raise CannotOpen(f"cannot open {path}: there is no such file, only its log {directory}")
    aside = next(name for n in itertools.count(1) if fs.kind(name := f"{directory}.orphan-{n}") is None)
    fs.rename(directory, aside)
    fs.sync_directory(os.path.dirname(path))
    return aside


def _open_existing(fs: Filesystem, path: str, settings: Settings) -> File:
    """Open a file for what the settings want, after a look at whether it is ours."""
    if not settings.read_only:
        try:
            return fs.open(path)
        except (AccessDenied, ReadOnlyError) as error:
            refused = error
        file = fs.open(path, writable=False)  # a file that is not ours is to be named as such first
        try:
            if file.size():
                _superblocks(file, path, has_log=True)
        finally:
            file.close()
        raise AccessDenied(f"{refused} (it can be opened for reading only)") from refused
    return fs.open(path, writable=False)


def _lock(file: File, settings: Settings) -> None:
    if not file.try_lock(shared=settings.read_only):
        holder = filelock.describe_note(file.read(filelock.NOTE.size, NOTE_OFFSET))
        raise DatabaseLocked(f"{file.path} is in use by {holder}")


def _superblocks(file: File, path: str, *, has_log: bool) -> list[Superblock]:
    """The sound superblocks, newest first; none: the file is to be initialised."""
    head = file.read(SLOT_OFFSETS[1] + SUPERBLOCK_BYTES, 0)
    if head.startswith(_SQLITE_MAGIC):
        raise IsSqliteFile(f"{path} is a SQLite database, not a MantisDB one")
    parts = [head[offset : offset + SUPERBLOCK_BYTES] for offset in SLOT_OFFSETS]
    found = superblocks_in(head)
    if len(found) < 2 and not has_log and _is_unfinished(parts, found, file.size()):
        return []
    if not found:
        if not any(part.startswith(_FAMILY) for part in parts):
            raise NotADatabase(f"{path} is not a MantisDB database")
        if not any(part.startswith(MAGIC) for part in parts):
            family = head[:24].rstrip(bytes(1))
            raise NotADatabase(f"{path} was written by another release of MantisDB: {family!r}")
        raise CorruptionError(f"{path} is damaged: neither of its superblocks can be read")
    return found


def _is_unfinished(parts: list[bytes], found: list[Superblock], size: int) -> bool:
    """Whether this is what a crash leaves of `_initialise`, which writes slot B, syncs, then slot A."""
    if size > NOTE_OFFSET:
        return False
    if found:
        return found[0].checkpoint_id == 1 and found[0].catalog == 0
    first, second = parts
    # Its first write is behind the place of slot A: a shorter file is none of it.
    is_begun = size >= SLOT_OFFSETS[1] and MAGIC.startswith(second[: len(MAGIC)].rstrip(b"\0"))
    return is_begun and not first.strip(b"\0")


def _initialise(fs: Filesystem, path: str, file: File, *, sync: bool) -> list[Superblock]:
    """Make a file that is empty, or whose making was interrupted, a database."""
    begun = superblocks_in(file.read(SLOT_OFFSETS[1] + SUPERBLOCK_BYTES, 0))
    if begun:  # written again, it could be torn beside a slot A that is torn already
        block = begun[0]
    else:
        block = Superblock(os.urandom(16), 1, 0, 0, time.time_ns() // 1000, 0, 0, DATA_GRAIN)
        file.write(block.encode(), block.slot_offset)
    first = block._replace(checkpoint_id=0)
    if sync:
        file.sync()
    file.write(first.encode(), first.slot_offset)
    if sync:
        file.sync()
        fs.sync_directory(os.path.dirname(path))
    return [block, first]


# -- recovery


def _recover(
    fs: Filesystem, path: str, file: File, synchronous: str, settings: Settings
) -> tuple[Store, State]:
    directory = path + DIRECTORY_SUFFIX
    has_log = bool(recovery.find_segments(fs, directory))
    if file.size() == 0 and has_log:
        raise CorruptionError(f"{path} is empty, but its log {directory} is not: the file was truncated")
    blocks = _superblocks(file, path, has_log=has_log) if file.size() else []
    if not blocks:
        if settings.read_only:
            raise CannotOpen(f"cannot open {path} for reading only: it is empty")
        blocks = _initialise(fs, path, file, sync=synchronous != "OFF")
    pages = PageStore(file)
    last = blocks[0]
    if last.end > DATA_GRAIN and file.size() < last.end * GRAIN_BYTES:
        raise CorruptionError(
            f"{path} is truncated: it has {file.size()} bytes, its superblock says {last.end * GRAIN_BYTES}"
        )
    checkpointer, unreadable = _readable_checkpoint(pages, path, blocks)
    last = checkpointer.last
    is_alone = len(blocks) == 1 or unreadable is not None
    analysis = recovery.analyse(fs, directory, last.database_id, last.lsn)
    report = recovery.Report(checkpoint_id=last.checkpoint_id, checkpoint_lsn=last.lsn)
    if analysis.in_doubt is not None:
        _settle(fs, path, last, analysis, report, settings, sync=synchronous != "OFF")
    if is_alone and not analysis.damage and not analysis.segments:
        analysis.damage = (
            f"{unreadable or f'a superblock of {path} is damaged'} and no log continues the other checkpoint;"
            f" the database holds what was committed up to entry {last.lsn}"
        )
    analysis.damage = analysis.damage or checkpointer.damage
    reason = _read_only_reason(analysis, settings)
    report.superblock_torn = is_alone
    state = recovery.replay(fs, analysis, checkpointer.trees(), last.lsn, last.sequence, report)
    log = None
    if reason is None:
        is_durable = synchronous != "OFF"
        report.bytes_cut = recovery.cut(fs, directory, analysis, sync=is_durable)
        if has_log and is_durable:  # the process that left the log may not have synced anything
            file.sync()
            fs.sync_directory(os.path.dirname(path))
        log = Log(
            fs, directory, last.database_id, next_lsn=state.lsn + 1, synchronous=synchronous,
            segment_bytes=settings.segment_bytes,
            segments=[(each.number, each.path, each.header.first_lsn) for each in analysis.segments if
            each.header],
        )  # fmt: skip
        file.write(filelock.encode_note(), NOTE_OFFSET)
    log_bytes = sum(each.size for each in analysis.segments)
    return Store(file, path, checkpointer, log, settings, report, reason, log_bytes), state


def _settle(
    fs: Filesystem, path: str, last: Superblock, analysis: recovery.Analysis, report: recovery.Report,
    settings: Settings, *, sync: bool,
) -> None:  # fmt: skip
    """Find out what became of the commit in doubt."""
    assert analysis.in_doubt is not None
    ticket = analysis.in_doubt.ticket
    answer = decisions.ask(fs, ticket, path, settings.peers, sync=sync and not settings.read_only)
    if answer is None:
        report.in_doubt = f"rolled back: {ticket.path}, which would know whether it was committed, was not found"
    else:
        report.in_doubt = f"{'committed' if answer else 'rolled back'}, as {ticket.path} says"
    recovery.settle(analysis, last.lsn, is_committed=answer is True)


def _readable_checkpoint(
    pages: PageStore, path: str, blocks: list[Superblock]
) -> tuple[Checkpointer, str | None]:
    """The newest checkpoint; if its catalog cannot be read, the one before it, and why."""
    try:
        return Checkpointer(pages, blocks[0], blocks[-1].end), None
    except CorruptionError as error:
        if len(blocks) == 1:
            raise
        older = Checkpointer(pages, blocks[1], blocks[1].end)
        return older, f"the newest checkpoint of {path} is damaged ({error})"


def _read_only_reason(analysis: recovery.Analysis, settings: Settings) -> str | None:
    if analysis.damage and settings.on_damage == "refuse":
        raise PartlyDamaged(analysis.damage)
    if settings.read_only:
        return "the database was opened for reading only"
    if analysis.damage and settings.on_damage == "read-only":
        return f"the database is open for reading only, because {analysis.damage}"
    return None


class Store:
    """An open database's files; see database.Storage for the protocol.

    report       what recovery found and did when it was opened
    path         absolute, symbolic links followed
    database_id  16 random bytes, the database's for life
    """

    def __init__(
        self, file: File, path: str, checkpointer: Checkpointer, log: Log | None, settings: Settings, report:
        recovery.Report, read_only_reason: str | None, log_bytes: int,
    ) -> None:  # fmt: skip
        self.report = report
        self.path = path
        self.database_id = checkpointer.last.database_id
        self._file = file
        self._checkpointer = checkpointer
        self._log = log
        self._settings = settings
        self._read_only_reason = read_only_reason
        self._due_at_bytes = settings.checkpoint_log_bytes - log_bytes
        self._checkpoint_mutex = threading.Lock()
        self._pid = os.getpid()
        self._synchronous = log.synchronous if log is not None else "FULL"

    @property
    def synchronous(self) -> str:
        """OFF, NORMAL, FULL or EXTRA; see log.py."""
        return self._synchronous

    @synchronous.setter
    def synchronous(self, level: str) -> None:
        self._synchronous = level
        if self._log is not None:
            self._log.synchronous = level

    @property
    def read_only_reason(self) -> str | None:
        """Why commits are refused; None if they are not."""
        return self._read_only_reason

    @property
    def is_checkpoint_due(self) -> bool:
        """Whether the log has grown enough since the last checkpoint."""
        return self._log is not None and self._log.size_bytes >= self._due_at_bytes

    def append(self, operations: Sequence[Operation], txn_id: int) -> int:
        """Append a commit to the log; the LSN of its COMMIT entry."""
        return self._writable_log().append(operations, txn_id)

    def sync(self, lsn: int) -> int:
        """Make the log durable up to `lsn` at least, as `synchronous` has it; the LSN up to which it is."""
        return self._writable_log().sync()

    def prepare(self, operations: Sequence[Operation], txn_id: int, ticket: Ticket) -> int:
        """Append a commit that a coordinator decides about; the LSN of its PREPARE entry."""
        return self._writable_log().prepare(operations, txn_id, ticket)

    def resolve(self, *, committed: bool) -> int:
        """Append what became of what was prepared; the LSN of its COMMIT or ABORT entry."""
        return self._writable_log().resolve(committed=committed)

    def harden(self) -> int:
        """Make the log durable (with OFF: only write it); the LSN up to which it is."""
        return self._writable_log().sync_fully()

    def checkpoint(self, state: State) -> None:
        """Write a checkpoint of `state`, unless the last one is as new, and cut the log."""
        log = self._writable_log()
        with self._checkpoint_mutex:
            if state.lsn <= self._checkpointer.last.lsn:
                return
            limit = self._settings.checkpoint_log_bytes
            start_bytes = log.size_bytes
            self._due_at_bytes = start_bytes + limit // 4  # should this attempt fail
            with finalizers_wait:
                log.sync_fully()
            self._checkpointer.write(state, sync=self._synchronous != "OFF")
            self._due_at_bytes = start_bytes + limit
            with finalizers_wait:
                log.remove_before(state.lsn)
            self._checkpointer.shrink()

    def forsake(self, state: State | None, reason: str) -> None:
        """Refuse commits from now on, and give up the log, as the file is no longer where a log would find it. It may
        have been renamed, and is to hold all of `state`; with None (the log failed) the log stays behind."""
        if self._log is not None and os.getpid() == self._pid and state is not None:
            self.checkpoint(state)
            self._log.remove_all()
        with self._checkpoint_mutex:
            log, self._log, self._read_only_reason = self._log, None, reason
            if log is not None:
                log.close()

    def close(self, state: State | None) -> None:
        """Checkpoint `state`, remove the log and close the files; with None only close them."""
        try:
            if self._log is not None and os.getpid() == self._pid and state is not None:
                self.checkpoint(state)
                self._log.remove_all()
                self._file.write(bytes(filelock.NOTE.size), NOTE_OFFSET)
        finally:
            if self._log is not None:
                self._log.close()
            self._file.close()

    def check(self, state: State) -> list[str]:
        """Problems of the database file; an empty list proves it sound."""
        with self._checkpoint_mutex:
            problems = self._checkpointer.check()
            last = self._checkpointer.last
            for offset in SLOT_OFFSETS:
                # One that a crash tore stays so until the next checkpoint, which goes there.
                is_expected = self.report.superblock_torn and last.checkpoint_id == self.report.checkpoint_id
                if offset != last.slot_offset and is_expected:
                    continue
                if Superblock.decode(self._file.read(SUPERBLOCK_BYTES, offset)) is None:
                    problems.append(f"the superblock at byte {offset} is damaged")
        return problems

    def _writable_log(self) -> Log:
        if os.getpid() != self._pid:
            raise UsageError("the database was opened by the parent of this process: open it again here")
        if self._log is None:
            raise ReadOnlyError(self._read_only_reason or "the database is open for reading only")
        return self._log
