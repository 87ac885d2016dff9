"""Room on the interpreter's stack, for recursion over what users nest.

Binding, planning and writing recurse as deep as a statement nests, a handful of frames a level, and a caller may
itself stand hundreds of frames deep. Python refuses calls beyond ``sys.getrecursionlimit()``; that limit is there
against endless recursion, not for lack of memory, and nesting is bounded by SQLite's own limits. So it is raised
while a statement is compiled, and put back afterwards.

The limit is one for all threads. Who asks for room is counted: the limit is the user's plus the largest wish at the
time, and it is the user's again when nobody is left. What asks inside of what asked gets no more than that.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from mantisdb_sql.errors import SqlError

__all__ = ["COMPILING_FRAMES", "RUNNING_FRAMES", "NoRoom", "Room", "with_room"]

COMPILING_FRAMES = 15_000
"""For 1,000 levels of expressions, or 500 of subqueries."""
RUNNING_FRAMES = 300
"""A statement's call: helper functions of deep expressions, queries inside queries, node splits, commit."""

T = TypeVar("T")

_lock = threading.RLock()  # a finalizer may execute statements, too
_wishes: list[int] = []
_users_limit = 0


class NoRoom(SqlError):
    """A change of rows met the recursion limit: as after an interrupt, its whole transaction is rolled back."""

    action = "ROLLBACK"

    def __init__(self) -> None:
        super().__init__("the caller stands too deep for this statement; its transaction is rolled back")


class Room:
    """A context in which so many frames more may stand."""

    __slots__ = ("_frames",)

    def __init__(self, frames: int) -> None:
        self._frames = frames

    def __enter__(self) -> None:
        global _users_limit
        with _lock:
            if not _wishes:
                _users_limit = sys.getrecursionlimit()
            _wishes.append(self._frames)
            sys.setrecursionlimit(_users_limit + max(_wishes))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with _lock:
            _wishes.remove(self._frames)
            sys.setrecursionlimit(_users_limit + max(_wishes, default=0))


def with_room(function: Callable[..., T], *arguments: object) -> T:
    """Call a function that compiles."""
    with Room(COMPILING_FRAMES):
        return function(*arguments)
