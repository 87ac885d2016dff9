"""What the engine refuses, by whose fault it is.

    EngineError
    ├── UsageError            the caller's mistake: an ended transaction, a closed database, an unknown tree
    ├── ConflictError         another transaction was first; run the transaction again
    ├── EnvironmentFailure    the machine: files, rights, space
    │   ├── CannotOpen        no such directory, a directory instead of a file, …
    │   ├── AccessDenied
    │   ├── ReadOnlyError     a write to a database that was opened read-only
    │   ├── DatabaseLocked    another process has it
    │   ├── DiskFull
    │   └── IOFailure         a read, write or fsync failed
    └── CorruptionError       bytes are not what was written
        ├── PartlyDamaged     … in a part only: what is sound can be read
        ├── NotADatabase      the file is something else
        └── IsSqliteFile      it is a SQLite database

Broken invariants of the engine itself are AssertionErrors. Messages name objects and places, never row data.
"""

from __future__ import annotations


class EngineError(Exception):
    """Any error that the engine raises on purpose."""


class UsageError(EngineError):
    """The engine was called in a way that its interface does not allow."""


class ConflictError(EngineError):
    """A concurrent transaction committed first what this one also wrote; it was aborted and may be run again.
    """


class EnvironmentFailure(EngineError):
    """The operating system refused or failed.

    in_doubt  whether the log may now differ from what was acknowledged: True makes the database refuse
              further writes until it is opened again. The log sets it False where it put itself back.
    """

    in_doubt: bool = True


class CannotOpen(EnvironmentFailure):
    """The path cannot be opened as a file."""


class AccessDenied(EnvironmentFailure):
    """The operating system denies access."""


class ReadOnlyError(EnvironmentFailure):
    """The database is open for reading only."""

    in_doubt = False


class DatabaseLocked(EnvironmentFailure):
    """Another process holds the database's lock."""

    in_doubt = False


class DiskFull(EnvironmentFailure):
    """No space left on the device."""


class IOFailure(EnvironmentFailure):
    """A read, a write or an fsync failed."""


class CorruptionError(EngineError):
    """Stored bytes are not what was written."""


class PartlyDamaged(CorruptionError):
    """A part of the database is lost to damage; the rest can be opened for reading only."""


class NotADatabase(CorruptionError):
    """The file is not a MantisDB database."""


class IsSqliteFile(CorruptionError):
    """The file is a SQLite database."""
