"""Python's cyclic garbage collector, and when it is better left alone.

Rows and keys are tuples of plain values: there are no cycles in them. But many thousands of new tuples make the
collector look through everything that was built so far, several times, which took up to a third of the time; and once
it may work again it first looks through all that is new. What many new objects were built in a pause are therefore
declared old, which takes no time (``gc.freeze`` and ``gc.unfreeze`` splice lists): they are looked at when the
collector next goes through everything.

A query makes lists and tuples by the hundred thousand as well (groups, hash tables, rows), and drops most of them. How
long it takes is not known, and what else the program does meanwhile may leave cycles: the collector works on, but
seldom. Its thresholds are the whole process's. Whoever ends first sets them back to what they were before anybody
changed them, so that no query, whatever ends it, can leave them changed for longer than until the next one.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paces", "collector_paused"]

_MANY_OBJECTS = 700  # from so many new ones on, a collection would be due
_SELDOM = 200_003  # new objects from one collection to the next; no number that a program would choose

_usual = gc.get_threshold()


@contextmanager
def collector_paused() -> Iterator[None]:
    """No collection while the block runs, unless another thread asks for it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if gc.get_count()[0] > _MANY_OBJECTS and not gc.get_freeze_count():  # what the user froze stays frozen
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def collector_paces() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The collector's thresholds (``gc.set_threshold``): the usual ones, and those while a query goes through many
    rows."""
    global _usual
    now = gc.get_threshold()
    if now[0] != _SELDOM:
        _usual = now
    seldom = (_SELDOM, *_usual[1:])
    return _usual, seldom if 0 < _usual[0] < _SELDOM else _usual
