"""The only place that touches the operating system: files, directories, syncs and locks.

`Filesystem` and `File` are the narrow interface that the rest of the engine uses. `OsFilesystem` is the real
one; `faults.FaultyFilesystem` is its twin in memory, which can lose power, run out of space and fail at any
call.

What the engine relies on:
  - `File.write` writes all of the bytes or raises; short writes are repeated here.
  - `File.sync` returns only when all earlier writes to that file are on stable media.
  - a file's name is on stable media only after `sync_directory` of its directory.
  - after a failed `sync` nothing is known about the writes since the last good one (the page cache may have
    dropped them); callers must not call it again as if nothing had happened.
  - `File.try_lock` belongs to the open file: it ends when the file is closed or the process dies.

Files are created with mode 0600. Operating-system errors leave this module as errors.EnvironmentFailure, with
the action and the path in the message.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from typing import Literal, Protocol

from mantisdb_engine import filelock
from mantisdb_engine.errors import (
    AccessDenied,
    CannotOpen,
    DiskFull,
    EnvironmentFailure,
    IOFailure,
    ReadOnlyError,
)

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
# Linux moves at most 0x7ffff000 bytes per call; smaller pieces also keep memory use of a large write bounded.
WRITE_PIECE_BYTES = 1 << 26

Kind = Literal["file", "directory", "other"]


class File(Protocol):
    """An open file. Offsets are explicit: there is no current position."""

    path: str

    def read(self, size: int, offset: int) -> bytes:
        """Up to `size` bytes; fewer only at the end of the file."""

    def write(self, data: bytes, offset: int) -> None:
        """Write all of `data` at `offset`, extending the file where needed."""

    def size(self) -> int:
        """The file's length in bytes."""

    def truncate(self, size: int) -> None:
        """Cut the file, or extend it with zeros."""

    def allocate(self, size: int) -> None:
        """Reserve space up to `size` bytes and extend the file to it with zeros, or DiskFull."""

    def sync(self, *, metadata: bool = False) -> None:
        """Wait until all writes are on stable media; `metadata`: with times and the device's own cache."""

    def try_lock(self, *, shared: bool = False) -> bool:
        """Take the file's lock without waiting; False: another open file has it."""

    def close(self) -> None:
        """Close; a lock on the file ends. Closing twice is harmless."""


class Filesystem(Protocol):
    """Directories and the way to files."""

    def open(self, path: str, *, writable: bool = True, create: bool = False) -> File:
        """Open a file; `create`: make an empty one if there is none."""

    def kind(self, path: str) -> Kind | None:
        """What is at `path`; None: nothing."""

    def list_directory(self, path: str) -> list[str]:
        """The names in a directory, sorted."""

    def make_directory(self, path: str) -> None:
        """Make a directory, mode 0700."""

    def remove_directory(self, path: str) -> None:
        """Remove an empty directory."""

    def remove(self, path: str) -> None:
        """Remove a file's name."""

    def rename(self, old: str, new: str) -> None:
        """Rename a file, replacing `new`, or a directory, atomically."""

    def sync_directory(self, path: str) -> None:
        """Wait until the names in a directory are on stable media."""

    def resolve(self, path: str) -> str:
        """The absolute path with symbolic links followed."""


_BY_ERRNO: dict[int, type[EnvironmentFailure]] = {
    errno.ENOSPC: DiskFull,
    errno.EACCES: AccessDenied,
    errno.EPERM: AccessDenied,
    errno.EROFS: ReadOnlyError,
    errno.ENOENT: CannotOpen,
    errno.ENOTDIR: CannotOpen,
    errno.EISDIR: CannotOpen,
    errno.ELOOP: CannotOpen,
    errno.ENAMETOOLONG: CannotOpen,
    errno.EMFILE: CannotOpen,
    errno.ENFILE: CannotOpen,
}
if hasattr(errno, "EDQUOT"):
    _BY_ERRNO[errno.EDQUOT] = DiskFull


def failure(error: OSError, action: str, path: str) -> EnvironmentFailure:
    """The engine's error for an operating-system error."""
    kind = _BY_ERRNO.get(error.errno or 0, IOFailure)
    return kind(f"cannot {action} {path}: {error.strerror or error}")


class OsFile:
    """A file of the operating system."""

    __slots__ = ("_closed", "_fd", "_seek_lock", "path")

    def __init__(self, fd: int, path: str) -> None:
        self._fd = fd
        self._closed = False
        self._seek_lock = threading.Lock()  # used only where there is no pread (Windows)
        self.path = path

    def read(self, size: int, offset: int) -> bytes:
        try:
            data = self._pread(size, offset)
            if len(data) == size or not data:
                return data
            pieces = [data]
            got = len(data)
            while got < size:
                piece = self._pread(size - got, offset + got)
                if not piece:
                    break
                pieces.append(piece)
                got += len(piece)
            return b"".join(pieces)
        except OSError as error:
            raise failure(error, "read", self.path) from error

    def write(self, data: bytes, offset: int) -> None:
        try:
            first = data if len(data) <= WRITE_PIECE_BYTES else data[:WRITE_PIECE_BYTES]
            written = self._pwrite(first, offset)
            while written < len(data):
                piece = memoryview(data)[written : written + WRITE_PIECE_BYTES]
                written += self._pwrite(piece, offset + written)
        except OSError as error:
            raise failure(error, "write to", self.path) from error

    def size(self) -> int:
        try:
            return os.fstat(self._fd).st_size
        except OSError as error:
            raise failure(error, "stat", self.path) from error

    def truncate(self, size: int) -> None:
        try:
            os.ftruncate(self._fd, size)
        except OSError as error:
            raise failure(error, "truncate", self.path) from error

    def allocate(self, size: int) -> None:
        try:
            if hasattr(os, "posix_fallocate"):
                start = os.fstat(self._fd).st_size
                if start < size:
                    os.posix_fallocate(self._fd, start, size - start)
            elif os.fstat(self._fd).st_size < size:
                os.ftruncate(self._fd, size)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
                self.truncate(max(size, self.size()))
                return
            raise failure(error, "reserve space in", self.path) from error

    def sync(self, *, metadata: bool = False) -> None:
        try:
            if metadata:
                _full_sync(self._fd)
            else:
                _data_sync(self._fd)
        except OSError as error:
            raise failure(error, "sync", self.path) from error

    def try_lock(self, *, shared: bool = False) -> bool:
        try:
            return filelock.try_lock(self._fd, shared=shared)
        except OSError as error:
            raise failure(error, "lock", self.path) from error

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            try:
                os.close(self._fd)
            except OSError as error:
                raise failure(error, "close", self.path) from error

    def _pread(self, size: int, offset: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._fd, size, offset)
        with self._seek_lock:
            os.lseek(self._fd, offset, os.SEEK_SET)
            return os.read(self._fd, size)

    def _pwrite(self, data: bytes | memoryview, offset: int) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._fd, data, offset)
        with self._seek_lock:
            os.lseek(self._fd, offset, os.SEEK_SET)
            return os.write(self._fd, data)


def _full_sync(fd: int) -> None:
    try:
        import fcntl
    except ImportError:
        os.fsync(fd)
        return
    full = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: fsync alone leaves data in the drive's cache
    if full is None:
        os.fsync(fd)
    else:
        fcntl.fcntl(fd, full)


_data_sync = getattr(os, "fdatasync", os.fsync)


class OsFilesystem:
    """The file system of the operating system."""

    def open(self, path: str, *, writable: bool = True, create: bool = False) -> OsFile:
        flags = os.O_RDWR if writable else os.O_RDONLY
        flags |= (os.O_CREAT if create else 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        try:
            return OsFile(os.open(path, flags, FILE_MODE), path)
        except OSError as error:
            raise failure(error, "open", path) from error
        except ValueError as error:  # a NUL in the path
            raise CannotOpen(f"cannot open {path!r}: {error}") from error

    def kind(self, path: str) -> Kind | None:
        try:
            mode = os.stat(path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise failure(error, "stat", path) from error
        except ValueError as error:
            raise CannotOpen(f"cannot open {path!r}: {error}") from error
        return "file" if stat.S_ISREG(mode) else "directory" if stat.S_ISDIR(mode) else "other"

    def list_directory(self, path: str) -> list[str]:
        try:
            return sorted(os.listdir(path))
        except OSError as error:
            raise failure(error, "list", path) from error

    def make_directory(self, path: str) -> None:
        try:
            os.mkdir(path, DIRECTORY_MODE)
        except OSError as error:
            raise failure(error, "make the directory", path) from error

    def remove_directory(self, path: str) -> None:
        try:
            os.rmdir(path)
        except OSError as error:
            raise failure(error, "remove the directory", path) from error

    def remove(self, path: str) -> None:
        try:
            os.unlink(path)
        except OSError as error:
            raise failure(error, "remove", path) from error

    def rename(self, old: str, new: str) -> None:
        try:
            os.replace(old, new)
        except OSError as error:
            raise failure(error, "rename", old) from error

    def sync_directory(self, path: str) -> None:
        if os.name == "nt":  # Windows has no way to sync a directory; NTFS journals names itself
            return
        try:
            fd = os.open(path or ".", os.O_RDONLY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            raise failure(error, "sync the directory", path) from error

    def resolve(self, path: str) -> str:
        try:
            return os.path.realpath(path)
        except (OSError, ValueError) as error:
            raise CannotOpen(f"cannot open {path!r}: {error}") from error
