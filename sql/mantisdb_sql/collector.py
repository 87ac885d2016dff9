"""Python's cyclic garbage collector, and when it is better left alone.

Rows and keys are tuples of plain values: there are no cycles in them. But many thousands of new tuples make the
collector look through everything that was built so far, several times, which took up to a third of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """No collection while the block runs, unless another thread asks for it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
