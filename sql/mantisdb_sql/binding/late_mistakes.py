"""What SQLite finds wrong with a query only where it writes code for it, after all names of the statement are known.

    a row value where one value is wanted      (``sqlite3VectorErrorMsg`` of expr.c)
    IN (SELECT …) of another width             (``sqlite3ExprCheckIN``)
    a comparison by a collation that nobody made (``sqlite3ExprCollSeq``); what nothing compares by may be missing

Here names and types are decided in one go, so such a mistake is noted, what it stands in goes on with NULL in its
place, and it is raised when the whole query is bound: every mistake of names comes first. SQLite writes no code for
columns of queries in FROM that nobody reads; a mistake in a column is therefore kept with it until somebody does. It
does for the arguments of aggregates and window functions, which it computes before any column.

    later.tell(error)               a mistake
    before = later.begin(); …; later.end(before)    what was found between the two, to be told by whoever needs it
    before = later.begin(); …; later.keep(before)   the same, to be told with the query, whoever needs the column
    before = later.enter(); …; later.leave(before)  around each query
    later.name(upper, written)      a COLLATE of a collation that is not there
    later.note(expr)                what was bound, which may compare
    later.use(collation, ...)       something is sorted, grouped or made distinct by these
    later.finish()                  raise the first mistake
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.errors import SqlError

__all__ = ["LateMistakes", "Mistake", "Misuse", "no_such_collation"]

_AROUND = (bound.And, bound.Or, bound.Not, bound.Between)
"""Nodes that are bound together with comparisons inside of them."""


class Misuse(SqlError):
    """A row value, or a query of several columns, where it must not be."""


def no_such_collation(name: str) -> SqlError:
    """The error of a name that no collation has."""
    return SqlError(f"no such collation sequence: {name}", "SQLITE_ERROR_MISSING_COLLSEQ")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One in a column of a query, which is told if the column is read."""

    later: LateMistakes
    error: SqlError

    def tell(self) -> None:
        """Somebody reads the column."""
        self.later.tell(self.error)


class LateMistakes:
    """Those of one statement."""

    def __init__(self) -> None:
        self._missing: dict[str, str] = {}  # collations, in upper case -> as they are written
        self._first: SqlError | None = None
        self._kept: SqlError | None = None

    def tell(self, error: SqlError) -> None:
        """Remember a mistake."""
        self._first = self._first or error

    def finish(self) -> None:
        """Raise the first mistake, if there was any."""
        first = self._first or self._kept
        if first is not None:
            raise first

    def refuse_missing(self) -> None:
        """Raise for a collation that is named and not there, whether something compares by it or not."""
        for written in self._missing.values():
            raise no_such_collation(written)

    def begin(self) -> SqlError | None:
        """Set aside what was found so far."""
        before, self._first = self._first, None
        return before

    def end(self, before: SqlError | None) -> Mistake | None:
        """What was found since :meth:`begin`, which is no longer told by itself."""
        found, self._first = self._first, before
        return None if found is None else Mistake(self, found)

    def keep(self, before: SqlError | None) -> None:
        """What was found since :meth:`begin` is told, even if it stands in a column that nobody reads."""
        self._kept, self._first = self._kept or self._first, before

    def enter(self) -> SqlError | None:
        """A query begins; set aside what is kept for the one around it."""
        before, self._kept = self._kept, None
        return before

    def leave(self, before: SqlError | None) -> None:
        """The query ends."""
        if self._kept is not None:
            self.tell(self._kept)
        self._kept = before

    def mark(self) -> tuple[SqlError | None, SqlError | None]:
        """All that was found so far."""
        return self._first, self._kept

    def reset(self, mark: tuple[SqlError | None, SqlError | None]) -> None:
        """Forget what was found since the :meth:`mark`."""
        self._first, self._kept = mark

    def name(self, collation: str, written: str) -> None:
        """Remember that a collation is named that is not there."""
        self._missing.setdefault(collation, written)

    def note(self, expr: Expr) -> None:
        """Look at what an expression, as it was just bound, compares by."""
        if not self._missing:
            return
        if isinstance(expr, bound.Compare | bound.InList):
            self.use(expr.using)
        elif isinstance(expr, bound.InQuery):
            self.use(*expr.using)
        elif isinstance(expr, bound.Function | bound.Aggregate | bound.Window):
            self._note_call(expr)
        elif isinstance(expr, bound.Case):
            for condition, _ in expr.whens:
                self.note(condition)
        elif isinstance(expr, _AROUND) and not (isinstance(expr, bound.And | bound.Or) and expr.is_written):
            for part in bound.children(expr):
                self.note(part)

    def _note_call(self, call: bound.Function | bound.Aggregate | bound.Window) -> None:
        if call.definition.takes_key or (isinstance(call, bound.Aggregate) and call.distinct):
            self.use(call.using)
        if not isinstance(call, bound.Function):
            self._use_all(expr for expr, _, _ in call.order_by)
        if isinstance(call, bound.Window):  # whose arguments SQLite makes columns of a query in FROM
            self._use_all([*call.partition, *call.args, *([call.filter] if call.filter is not None else [])])

    def _use_all(self, exprs: Iterable[Expr]) -> None:
        self.use(*[expr.collation for expr in exprs])

    def use(self, *collations: str | None) -> None:
        """Values are compared by these."""
        for name in collations:
            if name in self._missing:
                self.tell(no_such_collation(self._missing[name]))
