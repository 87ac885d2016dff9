"""MantisDB's engine: a transactional, ordered key-value store, usable by itself.

Keys are None, numbers, str, bytes or flat tuples of these; values are whatever msgpack can hold. A database
holds trees by number:

>>> from mantisdb_engine import ConflictError, open_database
>>> database = open_database()                      # in memory; give a path for a durable one
>>> txn = database.begin()
>>> fruit = txn.create_tree()
>>> txn.insert_many(fruit, ["apple", "cherry"], [(3, "red"), (40, "dark red")])
>>> txn.insert(fruit, "apple", (9, "green"))        # exists already: nothing changes
False
>>> mark = txn.mark()
>>> txn.delete(fruit, "apple")
(3, 'red')
>>> txn.undo_to(mark)                               # a savepoint
>>> txn.commit()

Whoever reads holds a version that never changes, with no lock; several transactions write at once, and only
those that wrote the same key conflict:

>>> before = database.published.trees[fruit]
>>> one, two, three = database.begin(), database.begin(), database.begin()
>>> one.put(fruit, "banana", (7, "yellow"))
MISSING
>>> two.put(fruit, "apple", (2, "red"))
(3, 'red')
>>> three.put(fruit, "apple", (1, "red"))
(3, 'red')
>>> one.commit(); two.commit()
>>> try:
...     three.commit()
... except ConflictError as error:
...     print(error)
a concurrent transaction committed first: both wrote the same key of tree 1
>>> [key for keys, values in before.scan() for key in keys]
['apple', 'cherry']
>>> [key for keys, values in database.published.trees[fruit].range("b", "d") for key in keys]
['banana', 'cherry']
>>> database.check()
[]
>>> database.close()
"""

from .database import Database, open_database
from .errors import (
    AccessDenied,
    CannotOpen,
    ConflictError,
    CorruptionError,
    DatabaseLocked,
    DiskFull,
    EngineError,
    EnvironmentFailure,
    IOFailure,
    IsSqliteFile,
    NotADatabase,
    PartlyDamaged,
    ReadOnlyError,
    UsageError,
)
from .keys import TOP, Key, sort_key
from .operations import State
from .transaction import Mark, Transaction
from .tree import MISSING, Tree

__all__ = [
    "MISSING", "TOP", "AccessDenied", "CannotOpen", "ConflictError", "CorruptionError", "Database",
    "DatabaseLocked", "DiskFull", "EngineError", "EnvironmentFailure", "IOFailure", "IsSqliteFile",
    "Key", "Mark", "NotADatabase", "PartlyDamaged", "ReadOnlyError", "State", "Transaction", "Tree",
    "UsageError", "open_database", "sort_key",
]
