"""Blob: a BLOB opened for reading and writing in place (``blobopen()``), which is not supported yet."""

from __future__ import annotations

from mantisdb_dbapi.errors import NotSupportedError

__all__ = ["Blob"]


class Blob:
    """An open BLOB."""

    __slots__ = ()

    def __init__(self) -> None:
        raise NotSupportedError("Blob is not supported yet")
