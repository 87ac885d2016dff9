"""One process at a time: an exclusive lock on the database file, and who holds it.

The lock is the operating system's and belongs to the open file, so it ends with the process however that
ends; there is nothing to clean up after a crash. POSIX: flock on the whole file. Windows: msvcrt.locking on
one byte far behind the data, because locks there keep others from reading the locked bytes.

The lock itself does not tell who has it, so the holder writes a note (process id, since when) into a page of
the database file that is set apart for it, and wipes it at a clean close. The note is for messages only: it
is read when the lock is refused, and whether it is right or left over from a crash changes nothing.
"""

from __future__ import annotations

import os
import struct
import sys
import time

WINDOWS_LOCK_OFFSET = 1 << 62

# magic | process id | seconds since 1970
NOTE = struct.Struct(">8sQQ")
NOTE_MAGIC = b"held by\0"
assert NOTE.size == 24

if sys.platform == "win32":
    import msvcrt

    def try_lock(fd: int, *, shared: bool = False) -> bool:
        """Take the lock on an open file without waiting."""
        os.lseek(fd, WINDOWS_LOCK_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def try_lock(fd: int, *, shared: bool = False) -> bool:
        """Take the lock on an open file without waiting."""
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def encode_note() -> bytes:
    """The note that this process leaves in the file."""
    return NOTE.pack(NOTE_MAGIC, os.getpid(), int(time.time()))


def describe_note(data: bytes) -> str:
    """Who left the note, for a message.

    >>> describe_note(NOTE.pack(NOTE_MAGIC, 4711, 0))
    'process 4711'
    >>> describe_note(bytes(24))
    'another process'
    """
    if len(data) < NOTE.size:
        return "another process"
    magic, pid, _since = NOTE.unpack_from(data)
    if magic != NOTE_MAGIC:
        return "another process"
    return "this process, by another handle" if pid == os.getpid() else f"process {pid}"
