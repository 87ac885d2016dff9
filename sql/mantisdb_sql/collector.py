"""Python's cyclic garbage collector, and when it is better left alone.

Rows and keys are tuples of plain values: there are no cycles in them. But many thousands of new tuples make the
collector look through everything that was built so far, several times, which took up to a third of the time; and once
it may work again it first looks through all that is new. What many new objects were built in a pause are therefore
declared old, which takes no time (``gc.freeze`` and ``gc.unfreeze`` splice lists): they are looked at when the
collector next goes through everything.

A query makes lists and tuples by the hundred thousand as well (groups, hash tables, rows), and drops most of them. How
long it takes is not known, and what else the program does meanwhile may leave cycles: the collector works on, but
seldom, and among what is new. Its thresholds are the whole process's. Whoever ends first sets them back to what they
were before anybody changed them, so that no query, whatever ends it, can leave them changed for longer than until the
next one.

With the usual thresholds a collection of all that the query has made is due at once, half a second for a few million
objects. A query that was interrupted keeps the others until its caller is about to hear of it
(:func:`settle_after_interrupt`), when what was built is declared old.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mantisdb_sql.interrupts import Interrupted

__all__ = ["collector_paces", "collector_paused", "set_usual_pace", "settle_after_interrupt"]

_MANY_OBJECTS = 700  # from so many new ones on, a collection would be due
_SELDOM = 200_003  # new objects from one collection to the next; no number that a program would choose
_COLLECTIONS = 64  # of new objects until those that outlived one are looked through again: half a second for 2 million

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
            if gc.get_count()[0] > _MANY_OBJECTS:
                _declare_old()
            gc.enable()


def _declare_old() -> None:
    if not gc.get_freeze_count():  # what the user froze stays frozen
        gc.freeze()
        gc.unfreeze()


def collector_paces() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The collector's thresholds (``gc.set_threshold``): the usual ones, and those while a query goes through many
    rows."""
    global _usual
    now = gc.get_threshold()
    if now[0] != _SELDOM:
        _usual = now
    seldom = (_SELDOM, max(_COLLECTIONS, _usual[1]), *_usual[2:])
    return _usual, seldom if 0 < _usual[0] < _SELDOM else _usual


def set_usual_pace(usual: tuple[int, ...]) -> None:
    """At the end of such a query: the usual thresholds again, unless an interrupt ends it."""
    if sys.exc_info()[0] is not Interrupted:
        gc.set_threshold(*usual)


def settle_after_interrupt() -> None:
    """The usual thresholds again, without a collection of all that an interrupted query has made. To be called where
    no further interrupt can strike."""
    if gc.get_threshold()[0] == _SELDOM:
        _declare_old()
        gc.set_threshold(*_usual)
