"""What generated code of recursive queries calls at run time: queues of rows.

All of these give batches, lazily: SQLite takes a row from the queue, gives it out, and only then looks for the
rows that follow from it, so that a reader who stops early ends an endless recursion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import repeat
from typing import Any

from mantisdb_sql.codegen.rows import KeyFunction, Rows, rank_of
from mantisdb_sql.values.storage import INT_MAX

FIRST_ROOM, ROOM = 16, 4096
"""Rows in the first batch and in the largest one: who stops early should not have caused much."""

Step = Callable[[Sequence[tuple[Any, ...]]], Iterable[tuple[Any, ...]]]
Keys = Sequence[KeyFunction | None] | None
OrderTerms = Sequence[tuple[int, bool, bool, KeyFunction | None]]


class Unseen:
    """Lets each row pass once; ``keys`` are the key functions of the columns' collations, if any."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.seen: set[Any] = set()

    def __call__(self, rows: Iterable[tuple[Any, ...]]) -> Rows:
        seen, keys = self.seen, self.keys
        fresh = []
        for row in rows:
            key = row if keys is None else tuple([v if k is None else k(v) for v, k in zip(row, keys, strict=True)])
            if key not in seen:
                seen.add(key)
                fresh.append(row)
        return fresh


def generations(first: Iterable[tuple[Any, ...]], step: Step, unseen: Unseen | None) -> Iterator[Rows]:
    """A first-in first-out queue, one generation at a time: where ``step`` takes the rows in order, that is the
    order of a queue."""
    rows = list(first) if unseen is None else unseen(first)
    while rows:
        yield rows
        rows = list(step(rows)) if unseen is None else unseen(step(rows))


def one_by_one(first: Iterable[tuple[Any, ...]], step: Step, unseen: Unseen | None) -> Iterator[Rows]:
    """A first-in first-out queue, one row at a time."""
    queue = deque(first if unseen is None else unseen(first))
    while queue:
        row = queue.popleft()
        yield [row]
        rows = step((row,))
        queue.extend(rows if unseen is None else unseen(rows))


def in_order(
    first: Iterable[tuple[Any, ...]], step: Step, unseen: Unseen | None, terms: OrderTerms
) -> Iterator[Rows]:
    """A queue that gives the row first that comes first by ORDER BY; of equal ones, the older."""
    queue: list[Any] = []
    count = 0
    for row in first if unseen is None else unseen(first):
        queue.append((_key(row, terms), count, row))
        count += 1
    heapify(queue)
    while queue:
        row = heappop(queue)[2]
        yield [row]
        rows = step((row,))
        for new in rows if unseen is None else unseen(rows):
            heappush(queue, (_key(new, terms), count, new))
            count += 1


def progression(row: tuple[Any, ...], position: int, step: int, stop: int) -> Iterator[Rows]:
    """The row, and those that follow while the integer at ``position`` is less than ``stop``: it grows by ``step``, all
    else stays. None leaves 64 bits where ``stop + step`` does not."""
    first = row[position]
    numbers = range(first, max(stop + step, first + 1), step)
    before, behind = list(map(repeat, row[:position])), list(map(repeat, row[position + 1 :]))
    begin, room = 0, FIRST_ROOM
    while batch := numbers[begin : begin + room]:
        yield list(zip(*before, batch, *behind, strict=False))
        begin += room
        room = min(room * 4, ROOM)


def is_progression(first: Any, stop: Any, step: int) -> bool:
    """Whether numbers up to ``stop`` can be counted in integers."""
    return first.__class__ is int and stop.__class__ is int and stop + step <= INT_MAX


def window(batches: Iterator[Rows], start: int, stop: int | None) -> Iterator[Rows]:
    """The rows from ``start`` to ``stop``; what comes after them is not asked for."""
    done = 0
    while stop is None or done < stop:
        rows = next(batches, None)
        if rows is None:
            return
        yield rows[max(start - done, 0) : None if stop is None else stop - done]
        done += len(rows)


class _Backwards:
    """Compares the other way round."""

    __slots__ = ("rank",)

    def __init__(self, rank: Any) -> None:
        self.rank = rank

    def __lt__(self, other: _Backwards) -> bool:
        return bool(other.rank < self.rank)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Backwards) and bool(self.rank == other.rank)

    __hash__ = None  # type: ignore[assignment]


def _key(row: tuple[Any, ...], terms: OrderTerms) -> list[tuple[bool, Any]]:
    ranks: list[tuple[bool, Any]] = []
    for position, descending, nulls_first, key in terms:
        value = row[position]
        if value is None:
            ranks.append((not nulls_first, 0))
        else:
            rank = rank_of(value, key)
            ranks.append((nulls_first, _Backwards(rank) if descending else rank))
    return ranks
