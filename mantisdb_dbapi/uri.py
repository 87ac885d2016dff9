"""What ``database`` in ``connect()`` names: a file, a private database in memory, or a named shared one.

URIs follow https://www.sqlite.org/uri.html: ``file:PATH?mode=ro|rw|rwc|memory&cache=shared|private``, the
path and the parameters percent-encoded, an authority empty or ``localhost``. ``immutable``, ``nolock``,
``psow`` and ``modeof`` are accepted and need nothing done; unknown parameters are ignored, as SQLite ignores
them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mantisdb_dbapi.errors import from_code

__all__ = ["Location", "locate"]

_ACCESS_MODES = ("ro", "rw", "rwc", "memory")
_CACHE_MODES = ("shared", "private")


@dataclass(slots=True, frozen=True)
class Location:
    """Where a database is.

    path      the file; None for a database in memory
    shared    the name under which this process shares a database in memory; None for a private one
    readonly  the connection may not write
    create    a missing file is made
    """

    path: str | None = None
    shared: str | None = None
    readonly: bool = False
    create: bool = True


def locate(database: str | bytes | os.PathLike[str] | os.PathLike[bytes], uri: bool) -> Location:
    """The location that ``connect(database, uri=uri)`` means."""
    name = os.fsdecode(database)
    if "\0" in name:
        raise ValueError("embedded null byte")
    if uri and name.startswith("file:"):
        return _locate_uri(name)
    if name in (":memory:", ""):  # SQLite's "" is a temporary file of one connection
        return Location()
    return Location(path=name)


def _locate_uri(uri: str) -> Location:
    rest = uri.removeprefix("file:").partition("#")[0]
    if rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        if authority not in ("", "localhost"):
            raise from_code(f"invalid uri authority: {authority}", "SQLITE_ERROR")
        rest = slash + path
    path, _, query = rest.partition("?")
    name = _decode(path)
    options = dict(_parameters(query))
    mode, cache = options.get("mode", "rwc"), options.get("cache", "private")
    if mode not in _ACCESS_MODES:
        raise from_code(f"no such access mode: {mode}", "SQLITE_ERROR")
    if cache not in _CACHE_MODES:
        raise from_code(f"no such cache mode: {cache}", "SQLITE_ERROR")
    if mode == "memory" or name in (":memory:", ""):
        return Location(shared=name if cache == "shared" and name else None)
    return Location(path=name, readonly=mode == "ro", create=mode == "rwc")


def _parameters(query: str) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [(_decode(key), _decode(value)) for key, _, value in pairs]


def _decode(text: str) -> str:
    """Percent escapes decoded; the text ends at an escaped NUL, as in SQLite."""
    return os.fsdecode(unquote_to_bytes(text).partition(b"\0")[0])
