"""Python's cyclic garbage collector, and when it is better left alone.

Rows and keys are tuples of plain values: there are no cycles in them. But many thousands of new tuples make the
collector look through everything that was built so far, several times, which took up to a third of the time; and once
it may work again it first looks through all that is new. What many new objects were built in a pause are therefore
declared old, which takes no time (``gc.freeze`` and ``gc.unfreeze`` splice lists): they are looked at when the
collector next goes through everything.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]

_MANY_OBJECTS = 700  # from so many new ones on, a collection would be due


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
