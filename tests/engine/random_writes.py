"""Random work on one tree: transactions that begin, write, are frozen, committed and taken back."""

from __future__ import annotations

import random
from typing import Any

from mantisdb_engine import Database, Transaction

__all__ = ["RandomWrites"]


class RandomWrites:
    """Writes into tree 1 of ``database``, whose keys are integers up to 2500 and whose values are (text, integer)."""

    def __init__(self, database: Database, rng: random.Random) -> None:
        self._database, self._rng = database, rng
        self._txn: Transaction | None = None

    def step(self) -> Any:
        """One step, which may do nothing; the tree as a reader would see it now."""
        txn, rng = self._txn, self._rng
        choice = rng.randrange(7)
        if txn is None:
            if choice == 0:
                self._txn = self._database.begin()
        elif choice == 1:
            txn.commit()
            self._txn = None
        elif choice == 2:
            txn.abort()
            self._txn = None
        elif choice == 3:
            for key in rng.sample(range(2500), 5):
                txn.put(1, key, (f"new {key}", rng.randrange(100)))
        elif choice == 4:
            txn.delete_many(1, sorted(k for k in rng.sample(range(2500), 40) if k in txn.trees[1]))
        elif choice == 5:
            txn.freeze()
        return (self._database.published if self._txn is None else self._txn).trees[1]
