"""Expressions of a change that are computed by a query of their own, when their row's turn comes.

A subquery in RETURNING, DO UPDATE or SET sees the tables as the rows before have left them, and may depend on the row.
The expressions around it become the result columns of a query that has no FROM of its own: the rows that it is about
are its last parameters, a row and a rowid each, under the names that generated code has for them.

A subquery in it that depends on no row is computed once per statement, when it is first needed (``memo`` keeps it); not
so in RETURNING where its FROM names the table that is changed (:func:`renew_readers`).

The query is compiled for the trees as they are, and again where rows before have made it stale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding.plan import Select, queries_in, queries_of
from mantisdb_sql.errors import SqlError, StalePlan
from mantisdb_sql.room import with_room

if TYPE_CHECKING:
    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.codegen.source import Source

__all__ = ["LateQuery", "Returning", "renew_readers"]

_MAX_RECOMPILES = 50


def renew_readers(exprs: Sequence[Expr], tree_id: int) -> None:
    """Have subqueries whose FROM names the table computed for each row, as SQLite has it in RETURNING. One that names
    it only in a subquery in FROM is not meant, and of a compound the last SELECT decides."""
    stack = [query for expr in exprs for query in queries_in(expr)]
    while stack:
        query = stack.pop()
        *_, last = query.arms
        sources = last.sources if isinstance(last, Select) else []
        if any(source.tree_id == tree_id and source.query is None for source in sources):
            query.is_kept = False
        stack.extend(queries_of(query))


class LateQuery:
    """See the module's text; ``compile_late`` makes the query for given trees."""

    def __init__(self, compile_late: Callable[[Any], Any]) -> None:
        self._compile = compile_late
        self._query: Any = None

    def values(self, txn: Any, params: Sequence[Any]) -> tuple[Any, ...]:
        """The expressions' values; ``params`` are the statement's, and what the query is about."""
        for _ in range(_MAX_RECOMPILES):
            if self._query is None:
                self._query = with_room(self._compile, txn.trees)
            try:
                values: tuple[Any, ...] = self._query.rows(txn.trees, params)[0]
                return values
            except StalePlan:
                self._query = None
        raise SqlError("database schema is changing too fast", "SQLITE_SCHEMA")

    def text(self, source: Source, name: str, numbers: Sequence[int], memo: str = "memo") -> str:
        """Code of the values for the current rows of the sources with these numbers; ``memo`` is that of a dict."""
        rows = "".join(f"r{n}, k{n}, " for n in numbers)
        return f"{source.constant(self, source.name(name))}.values(txn, (*params, {rows}{memo}))"


@dataclass(slots=True)
class Returning:
    """What RETURNING gives for a row: ``exprs`` over the source ``number``. ``memo`` names the dict that keeps what
    depends on no row. ``guard(make, changed)`` calls ``make`` for a row that may call RAISE, the last of so many that
    were changed."""

    exprs: list[Expr]
    number: int
    late: LateQuery | None = None
    memo: str = "kept"
    guard: Callable[[Callable[[], Any], int], Any] | None = None

    def row(self, source: Source, emitter: Any, before: str = "len(out)") -> str:
        """Code of the result row; ``before`` is that of how many rows were changed before it."""
        if self.late is not None:
            text = self.late.text(source, "RETURNING", [self.number], self.memo)
        else:
            text = f"({''.join(f'{emitter.value(e)}, ' for e in self.exprs)})"
        return text if self.guard is None else f"{source.constant(self.guard, 'guard')}(lambda: {text}, {before} + 1)"
