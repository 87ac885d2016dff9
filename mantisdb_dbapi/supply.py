"""The rows of ``executemany``, read ahead so that they can be run many at a time.

    supply = RowSupply(connection, rows, run)     # run(chunk) runs rows and tells how many were changed
    supply.run_all(check_interrupts)

The iterator that gives the rows may be a generator that uses the connection. While it is asked for rows, the connection
has the supply in ``_waiting`` and no plans for the fast path: whatever is asked of the connection runs the rows first
that were read until then, and so meets what it would have met had each row been run before the next was read. Fetching
from cursors whose statement has begun is left aside, as it reads what was there when that began.

What remains of reading ahead: where a row fails, the iterator has given up to ``CHUNK_ROWS`` rows more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from threading import get_ident
from typing import TYPE_CHECKING, Any

from mantisdb_dbapi.errors import raise_translated

if TYPE_CHECKING:
    from mantisdb_dbapi.connection import Connection

__all__ = ["RowSupply"]

CHUNK_ROWS = 4096


class RowSupply:
    """Runs the rows of an iterator.

    total     how many rows were changed; None before any row was run
    _pending  rows that were read and wait to be run
    _end      what the iterator has raised
    _failure  what rows have raised that a use of the connection has run
    """

    __slots__ = ("_connection", "_end", "_failure", "_is_watched", "_pending", "_rows", "_run", "_thread", "total")

    def __init__(self, connection: Connection, rows: Iterable[Any], run: Callable[[list[Any]], int]) -> None:
        self._connection = connection
        self._rows = iter(rows)
        self._is_watched = rows.__class__ not in (list, tuple)  # which call nobody
        self._run = run
        self._thread = get_ident()
        self._pending: list[Any] = []
        self._end: BaseException | None = None
        self._failure: BaseException | None = None
        self.total: int | None = None

    def run_all(self, check_interrupts: Callable[[], None]) -> None:
        """Run all rows. What came before a failure of the iterator is run; rows that fail raise what ``run`` raises."""
        while self._end is None:
            check_interrupts()
            self._read()
            if self._failure is not None:
                raise self._failure
            self._connection._check_usable()
            if not self._pending:
                break
            chunk, self._pending = self._pending, []
            self.total = (self.total or 0) + self._run(chunk)
        if self._end is not None:
            raise self._end

    def _read(self) -> None:
        if not self._is_watched:
            self._pending += islice(self._rows, CHUNK_ROWS)
            return
        connection = self._connection
        around = connection._waiting  # of the executemany whose iterator has called this one
        connection._waiting = self._run_pending
        connection._choose_path()
        try:
            # One by one into the list, so that what came before a failure of the iterator is run.
            self._pending.extend(islice(self._rows, CHUNK_ROWS))
        except BaseException as error:
            self._end = error
        finally:
            connection._waiting = around
            connection._choose_path()

    def _run_pending(self) -> None:
        """Somebody is about to use the connection; if it is not the iterator, this is none of its business."""
        if self._thread != get_ident() or not self._pending:
            return
        chunk = self._pending[:]
        self._pending.clear()  # it is the list that is being extended
        if self._failure is not None:
            return
        try:
            self.total = (self.total or 0) + self._run(chunk)
        except BaseException as error:
            self._failure = error
            raise_translated(error)
