"""A file system in memory that can lose power, fail and lie: the twin of `filesystem.OsFilesystem` for tests.

The crash model:
  1. Every write, truncation and reservation is volatile until the file it belongs to is synced.
  2. Every change of a directory (a name made, removed, renamed) is volatile until that directory is synced;
     syncing a file does not make its name durable.
  3. At a crash each volatile change, independently of the others, is lost, kept, or (a write) torn: some of
     its 512-byte sectors arrive and others do not, and one that arrives may end anywhere. A seed decides.
  4. A sync that fails has written any part of what was volatile, says so once, and forgets the rest, as Linux
     does: the cache goes on showing data that will never reach the disk.
  5. Locks end with the process.

Every changing call has a number, counted from 0 in `calls`, so a test runs its workload once to count, and
then again with a fault at each number:

    fs = FaultyFilesystem(seed=7)
    fs.cut_at = 12            # power fails during call 12: PowerCut is raised there and by every later call
    ...
    fs = fs.reboot()          # what the disks hold: a new file system

    fs.fail_at[12] = errno.ENOSPC    # call 12 fails; `fail_from` fails that call and all later ones
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from typing import NamedTuple

from mantisdb_engine.filesystem import Kind, failure

SECTOR_BYTES = 512


class PowerCut(BaseException):
    """The machine is off. Not an Exception, so that no handler takes it for an error to deal with."""


class _Change(NamedTuple):
    """A volatile change of a file: bytes at an offset, or (data None) a new size."""

    offset: int
    data: bytes | None


class _NameChange(NamedTuple):
    """A volatile change of directories, any of whose syncs makes all of it durable: a rename is atomic."""

    directories: set[str]
    made: dict[str, _Inode | None]  # None: a directory
    removed: list[str]

    def apply(self, names: dict[str, _Inode | None]) -> None:
        for path in self.removed:
            names.pop(path, None)
        names.update(self.made)


class _Inode:
    __slots__ = ("cache", "durable", "holders", "pending")

    def __init__(self, content: bytes = b"") -> None:
        self.cache = bytearray(content)
        self.durable = bytearray(content)
        self.pending: list[_Change] = []
        self.holders: dict[int, bool] = {}  # id of open file -> shared


def _apply(content: bytearray, change: _Change) -> None:
    if change.data is None:
        if change.offset < len(content):
            del content[change.offset :]
        else:
            content.extend(bytes(change.offset - len(content)))
        return
    end = change.offset + len(change.data)
    if change.offset > len(content):
        content.extend(bytes(change.offset - len(content)))
    content[change.offset : end] = change.data


class FaultyFile:
    """An open file of a FaultyFilesystem."""

    def __init__(self, fs: FaultyFilesystem, inode: _Inode, path: str, writable: bool) -> None:
        self._fs = fs
        self._inode = inode
        self._writable = writable
        self._closed = False
        self.path = path

    def read(self, size: int, offset: int) -> bytes:
        self._fs._alive()
        assert not self._closed
        self._fs.reads += 1
        return bytes(self._inode.cache[offset : offset + size])

    def write(self, data: bytes, offset: int) -> None:
        self._must_be_writable("write to")
        change = _Change(offset, bytes(data))

        def part() -> None:
            if change.data:
                cut = self._fs.random.randrange(len(change.data) + 1)
                self._record(_Change(offset, change.data[:cut]))

        self._fs._call("write", self.path, part)
        self._record(change)

    def size(self) -> int:
        self._fs._alive()
        return len(self._inode.cache)

    def truncate(self, size: int) -> None:
        self._must_be_writable("truncate")
        self._fs._call("truncate", self.path, lambda: self._record(_Change(size, None)))
        self._record(_Change(size, None))

    def allocate(self, size: int) -> None:
        self._must_be_writable("reserve space in")
        if size > len(self._inode.cache):
            self._fs._call("allocate", self.path, lambda: None)
            self._record(_Change(size, None))

    def sync(self, *, metadata: bool = False) -> None:
        self._fs._call("sync", self.path, self._sync_in_part)
        for change in self._inode.pending:
            _apply(self._inode.durable, change)
        self._inode.pending.clear()

    def try_lock(self, *, shared: bool = False) -> bool:
        self._fs._alive()
        others = {key: mode for key, mode in self._inode.holders.items() if key != id(self)}
        if others and not (shared and all(others.values())):
            return False
        self._inode.holders[id(self)] = shared
        return True

    def close(self) -> None:
        self._closed = True
        self._inode.holders.pop(id(self), None)

    def _record(self, change: _Change) -> None:
        self._inode.pending.append(change)
        _apply(self._inode.cache, change)

    def _sync_in_part(self) -> None:
        if self._fs.is_off:
            return  # the crash itself decides what of the volatile changes arrives
        for change in self._inode.pending:
            _crash_change(self._inode.durable, change, self._fs.random)
        self._inode.pending.clear()

    def _must_be_writable(self, action: str) -> None:
        assert not self._closed
        if not self._writable:
            raise failure(OSError(errno.EBADF, "not open for writing"), action, self.path)


class FaultyFilesystem:
    """Directories and files in memory, with faults on order; see the module's docstring."""

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)
        self.is_off = False
        self.cut_at: int | None = None
        self.fail_at: dict[int, int] = {}
        self.fail_from: tuple[int, int] | None = None
        self.calls = 0
        self.log: list[tuple[str, str]] = []
        self.reads = 0
        self._names: dict[str, _Inode | None] = {"/": None}  # path -> inode; None: a directory
        self._durable_names: dict[str, _Inode | None] = {"/": None}
        self._pending_names: list[_NameChange] = []

    def open(self, path: str, *, writable: bool = True, create: bool = False) -> FaultyFile:
        self._alive()
        if path not in self._names:
            if not create or os.path.dirname(path) not in self._names:
                raise failure(OSError(errno.ENOENT, os.strerror(errno.ENOENT)), "open", path)
            self._change_name("create", path, _Inode())
        inode = self._names[path]
        if inode is None:
            raise failure(OSError(errno.EISDIR, os.strerror(errno.EISDIR)), "open", path)
        return FaultyFile(self, inode, path, writable)

    def kind(self, path: str) -> Kind | None:
        self._alive()
        if path not in self._names:
            return None
        return "directory" if self._names[path] is None else "file"

    def list_directory(self, path: str) -> list[str]:
        self._alive()
        self._must_exist(path, "list")
        names = [name for name in self._names if name != "/" and os.path.dirname(name) == path]
        return sorted(map(os.path.basename, names))

    def make_directory(self, path: str) -> None:
        self._must_exist(os.path.dirname(path), "make the directory")
        self._change_name("make_directory", path, None)

    def remove_directory(self, path: str) -> None:
        self._must_exist(path, "remove the directory")
        if self.list_directory(path):
            error = OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
            raise failure(error, "remove the directory", path)
        self._change_name("remove_directory", path, None, removal=True)

    def remove(self, path: str) -> None:
        self._must_exist(path, "remove")
        self._change_name("remove", path, self._names[path], removal=True)

    def rename(self, old: str, new: str) -> None:
        self._must_exist(old, "rename")
        self._call("rename", new, lambda: None)
        moved = {path: inode for path, inode in self._names.items() if path == old or path.startswith(old + "/")}
        made = {new + path[len(old) :]: inode for path, inode in moved.items()}
        self._note_names(_NameChange({os.path.dirname(old), os.path.dirname(new)}, made, list(moved)))

    def sync_directory(self, path: str) -> None:
        self._must_exist(path, "sync the directory")
        self._call("sync_directory", path, lambda: None)
        for change in [each for each in self._pending_names if path in each.directories]:
            change.apply(self._durable_names)
            self._pending_names.remove(change)

    def resolve(self, path: str) -> str:
        return os.path.normpath(os.path.join("/", path))

    def reboot(self, seed: int | None = None) -> FaultyFilesystem:
        """What is on the disks after a crash now: a new file system, with nothing volatile."""
        rng = self.random if seed is None else random.Random(seed)
        after = FaultyFilesystem()
        after.random = rng
        for change in self._pending_names:
            if rng.random() < 0.5:
                change.apply(self._durable_names)
        twins: dict[int, _Inode] = {}
        for path, inode in self._durable_names.items():
            if path != "/" and not _has_parents(path, self._durable_names):
                continue
            if inode is not None and id(inode) not in twins:
                twins[id(inode)] = _Inode(_crashed_content(inode, rng))
            after._names[path] = None if inode is None else twins[id(inode)]
        after._durable_names = dict(after._names)
        return after

    def content(self, path: str) -> bytes:
        """What programs see in a file."""
        inode = self._names[path]
        assert inode is not None
        return bytes(inode.cache)

    def set_content(self, path: str, content: bytes) -> None:
        """Replace a file's content, durably."""
        self._names[path] = self._durable_names[path] = _Inode(content)

    def flip_bit(self, path: str, bit: int) -> None:
        """Damage one bit, in the cache and on the disk."""
        inode = self._names[path]
        assert inode is not None
        for content in (inode.cache, inode.durable):
            content[bit >> 3] ^= 1 << (bit & 7)

    def files(self) -> dict[str, bytes]:
        """All files and what is in them."""
        return {path: bytes(inode.cache) for path, inode in self._names.items() if inode is not None}

    def _alive(self) -> None:
        if self.is_off:
            raise PowerCut("the machine is off")

    def _call(self, action: str, path: str, in_part: Callable[[], None]) -> None:
        """Count a changing call, and let it fail (done in part) if that is its fate."""
        self._alive()
        number = self.calls
        self.calls += 1
        self.log.append((action, path))
        if self.cut_at == number:
            self.is_off = True
            in_part()
            raise PowerCut(f"power failed at call {number}: {action} {path}")
        code = self.fail_at.get(number)
        if code is None and self.fail_from is not None and number >= self.fail_from[0]:
            code = self.fail_from[1]
        if code is not None:
            in_part()
            raise failure(OSError(code, os.strerror(code)), action, path)

    def _change_name(self, action: str, path: str, inode: _Inode | None, *, removal: bool = False) -> None:
        self._call(action, path, lambda: None)
        made, removed = ({}, [path]) if removal else ({path: inode}, [])
        self._note_names(_NameChange({os.path.dirname(path)}, made, removed))

    def _note_names(self, change: _NameChange) -> None:
        self._pending_names.append(change)
        change.apply(self._names)

    def _must_exist(self, path: str, action: str) -> None:
        self._alive()
        if path not in self._names:
            raise failure(OSError(errno.ENOENT, os.strerror(errno.ENOENT)), action, path)


def _has_parents(path: str, names: dict[str, _Inode | None]) -> bool:
    parent = os.path.dirname(path)
    return parent in names and (parent == "/" or _has_parents(parent, names))


def _crashed_content(inode: _Inode, rng: random.Random) -> bytes:
    content = bytearray(inode.durable)
    for change in inode.pending:
        _crash_change(content, change, rng)
    return bytes(content)


def _crash_change(content: bytearray, change: _Change, rng: random.Random) -> None:
    """Let one volatile change be lost, kept or torn."""
    fate = rng.randrange(3)
    if fate == 0:
        return
    if fate == 1 or change.data is None:
        _apply(content, change)
        return
    data = change.data
    start = 0
    last = len(content)
    while start < len(data):  # sectors of the disk, not of the write
        end = min(len(data), start + SECTOR_BYTES - (change.offset + start) % SECTOR_BYTES)
        if rng.random() < 0.5:
            kept = end if rng.random() < 0.9 else rng.randrange(start, end + 1)
            _apply(content, _Change(change.offset + start, data[start:kept]))
        start = end
    assert len(content) >= last
