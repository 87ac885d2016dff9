"""Python's cyclic garbage collector, held off where a lock is held that a finalizer might want.

The collector works wherever something is allocated, in the thread that allocates, and runs the finalizers of others'
objects there. One that commits, or reads, would wait for a lock that its own thread holds, for ever. So no collection
begins in the blocks below; it is made up for as soon as the last of them ends. They are short: none of them waits for
a client, and what takes long in them is the system's work, not Python's.

Rejected: locks that let their holder in again, as what they guard is half changed then; and to refuse the finalizer's
commit, which SQLite carries out.
"""

from __future__ import annotations

import gc

__all__ = ["HOLDERS", "finalizers_wait"]


HOLDERS: list[None] = []
"""One for each block that is being run."""


class _Hold:
    """``with finalizers_wait:`` in any thread, also within another one; a collection that somebody asks for by name
    (``gc.collect``) comes at once all the same.

    What is done for every statement has a shorter way, where no such block is about:

        if gc.isenabled():
            gc.disable()
            try: …
            finally: finalizers_wait.end()  # gc.enable(), if there are no HOLDERS
        else:
            with finalizers_wait: …
    """

    def __init__(self) -> None:
        self._was_enabled = False

    def __enter__(self) -> None:
        was_enabled = gc.isenabled()
        gc.disable()
        HOLDERS.append(None)
        if gc.isenabled():  # another block ended meanwhile
            gc.disable()
            was_enabled = True
        if was_enabled:
            self._was_enabled = True

    def end(self) -> None:
        """Let the collector go on, as soon as no block is about."""
        if HOLDERS:
            self._was_enabled = True
        else:
            gc.enable()

    def __exit__(self, *_: object) -> None:
        HOLDERS.pop()
        if self._was_enabled and not HOLDERS:
            self._was_enabled = False
            gc.enable()


finalizers_wait = _Hold()
