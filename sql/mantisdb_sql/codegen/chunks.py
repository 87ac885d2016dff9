"""Joins whose rows are too many to hold.

The rows of a join are usually collected in a list by a comprehension, which is the quickest way to have them. Where
the planner expects very many, they come from a generator instead, and whoever wants them takes a bounded chunk at a
time:

    for c0 in chunks(((r0[0], r1[1],) for b0 in t5.values() for r0 in b0 for r1 in h0.get(r0[1], ()))):
        o0 += c0
        …                                   sort, and cut to LIMIT

So what a query holds depends on what it gives back and not on what it reads, and an interrupt has little to free.
A single table is no such case: its rows are in memory as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.plan import FullScan, Select, Step, references

__all__ = ["chunks", "in_parts", "is_large", "may_be_endless", "multiplied"]

_LARGE_ROWS = 2_000_000
_CHUNK_ROWS = 4096


def is_large(select: Select) -> bool:
    """Whether a SELECT goes through more joined rows than are well held in memory."""
    rows = 1.0
    for step in select.steps:
        if rows * step.rows_estimate > _LARGE_ROWS and step is not select.steps[0]:
            return True
        rows = step.rows_after
    return False


def may_be_endless(select: Select) -> bool:
    """Whether a SELECT reads a function whose rows may be any number."""
    calls = (step.source.function for step in select.steps)
    return any(call is not None and call.definition.is_unbounded for call in calls)


def chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """The rows in lists of bounded length."""
    rows = iter(rows)
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        yield chunk


def in_parts(rows: Collection[Any]) -> list[Any]:
    """``list(rows)``, in steps between which an interrupt can strike: what has to be made for each takes its time."""
    if len(rows) <= _CHUNK_ROWS:
        return list(rows)
    found: list[Any] = []
    for chunk in chunks(rows):
        found += chunk
    return found


def multiplied(select: Select) -> tuple[list[Step], list[Step]]:
    """The steps of a SELECT that only counts its rows: (those to be taken, those of tables that nothing reads from).
    Each row of the former counts as many times as the latter have rows."""
    read = {source for e in _expressions(select) for source, _ in references(e)}
    unread = [
        step
        for step in select.steps
        if isinstance(step.access, FullScan)
        and step.source.table is not None
        and not step.left
        and not step.filters
        and step.source.number not in read
    ]
    taken = [step for step in select.steps if step not in unread]
    whole = any(step.source.table is None for step in taken)  # what is no table may read others in its own ways
    return (select.steps, []) if whole else (taken, unread)


def _expressions(select: Select) -> Iterator[bound.Expr]:
    yield from select.where
    for join in select.joins:
        yield from join.on
    if select.grouping is not None:
        yield from select.grouping.keys
