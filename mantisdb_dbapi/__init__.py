"""MantisDB: an embedded SQL database with the API of the standard library's sqlite3.

    import mantisdb_dbapi as sqlite3

    with sqlite3.connect("music.db") as connection:
        connection.execute("CREATE TABLE artist (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("INSERT INTO artist (name) VALUES (?)", ("Nina Simone",))

The names are those of https://docs.python.org/3/library/sqlite3.html; what is not there yet raises
NotSupportedError.
"""

from __future__ import annotations

from mantisdb_dbapi import dbapi2
from mantisdb_dbapi.dbapi2 import *  # noqa: F403
from mantisdb_dbapi.dbapi2 import __all__ as _names

__all__ = ["dbapi2", *_names]

__getattr__ = dbapi2.__getattr__  # names that are deprecated, and warn
