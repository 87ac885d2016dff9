"""What every test ends with: the integrity check of all databases that its connections wrote to.

A :class:`Watch` is told of each session that is opened and each that is about to be closed. It looks at a session's
databases when they are let go of, and at those still open when the test has ended; what nobody has written to since
the last look is passed over. A test that damages its database on purpose says so with ``@pytest.mark.damages``.
"""

from __future__ import annotations

from typing import Any

from mantisdb_sql.ddl.integrity import check
from mantisdb_sql.errors import SqlError
from mantisdb_sql.room import with_room
from mantisdb_sql.session import Session

__all__ = ["Watch"]


class Watch:
    """The sessions of one test, and what was wrong in them."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._open: dict[int, Session] = {}
        self._seen: dict[int, tuple[Any, Any]] = {}  # by database (kept, so that its id stays its own): its last state

    def opened(self, session: Session) -> None:
        """A session begins."""
        self._open[id(session)] = session
        database = session.database
        self._seen.setdefault(id(database), (database, database.published))

    def closing(self, session: Session) -> None:
        """A session is about to end."""
        if self._open.pop(id(session), None) is not None:
            self._look(session)

    def ended(self) -> None:
        """The test has ended."""
        for session in list(self._open.values()):
            self.closing(session)
        self._seen.clear()

    def _look(self, session: Session) -> None:
        database = session.database
        if getattr(database, "is_closed", False):
            return
        state = database.published
        if session.transaction is None and self._seen.get(id(database), (None, None))[1] is state:
            return
        self._seen[id(database)] = database, state
        session.progress = None  # the test's handler would be asked
        attached = dict(session.slots)
        try:
            problems = with_room(check, session)
            if session.slots == attached:  # else its connection was collected meanwhile, which closed it
                self.problems += problems
        except SqlError as error:
            if not str(error).startswith(("no such function", "no such collation")):  # of an index: no more there
                raise
