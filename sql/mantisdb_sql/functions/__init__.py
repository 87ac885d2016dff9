"""The SQL functions: what there is by nature, and what a connection adds.

:class:`FunctionRegistry` is one connection's view: its own functions and collations over the built-in
ones. ``version`` grows with every change, so that plans bound to older definitions can be told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.functions.aggregates import AGGREGATES
from mantisdb_sql.functions.connection import ConnectionHooks, connection_functions
from mantisdb_sql.functions.definition import Accumulator, FunctionDef
from mantisdb_sql.functions.json_aggregates import JSON_AGGREGATES
from mantisdb_sql.functions.json_scalars import JSON_SCALARS
from mantisdb_sql.functions.mathematics import MATHEMATICS
from mantisdb_sql.functions.percentiles import PERCENTILES
from mantisdb_sql.functions.plain_dates import DATES
from mantisdb_sql.functions.scalar import SCALARS
from mantisdb_sql.functions.unsupported import is_known_to_sqlite
from mantisdb_sql.functions.user import aggregate_maker, scalar_call, window_maker
from mantisdb_sql.limits import Limits
from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii
from mantisdb_sql.values.collation import BUILT_IN, Collation, user_collation

__all__ = ["Accumulator", "Collation", "ConnectionHooks", "FunctionDef", "FunctionRegistry"]


def _table(*lists: list[FunctionDef]) -> dict[str, list[FunctionDef]]:
    table: dict[str, list[FunctionDef]] = {}
    for functions in lists:
        for definition in functions:
            table.setdefault(definition.name, []).append(definition)
    return table


_BUILT_IN = _table(SCALARS, MATHEMATICS, DATES, JSON_SCALARS, AGGREGATES, PERCENTILES, JSON_AGGREGATES)


class FunctionRegistry:
    """The functions and collations of a connection.

    hooks    what changes(), total_changes() and last_insert_rowid() ask: the session sets its attributes
    limits   what the connection allows them, and all of its statements
    version  grows with every registration
    """

    def __init__(self) -> None:
        self.hooks = ConnectionHooks()
        self.limits = Limits()
        self.version = 0
        self._own: dict[tuple[str, int], FunctionDef | None] = {}
        self._connection = _table(connection_functions(self.hooks))
        self._collations: dict[str, Collation] = {}

    @property
    def is_built_in(self) -> bool:
        """Whether the connection has neither functions nor collations of its own, nor lower limits."""
        return not self._own and not self._collations and not self.limits.is_any_lowered

    # ------------------------------------------------------------------------------------------- functions

    def find(self, name: str, count: int) -> FunctionDef | None:
        """The function called ``name`` (in any case) for so many arguments, or None."""
        name = lower_ascii(name)
        if self._own:
            for key in ((name, count), (name, -1)):
                if key in self._own:
                    return self._own[key]
        for table in (self._connection, _BUILT_IN):
            for definition in table.get(name, ()):
                if definition.accepts(count):
                    return definition
        return None

    def has_name(self, name: str) -> bool:
        """Whether any function is called ``name``."""
        name = lower_ascii(name)
        return (
            name in _BUILT_IN
            or name in self._connection
            or any(known == name and made is not None for (known, _), made in self._own.items())
        )

    def slides(self, name: str) -> bool:
        """Whether the first function called ``name`` may be used with OVER: what SQLite asks where none takes the
        arguments."""
        name = lower_ascii(name)
        found = [made for (known, _), made in self._own.items() if known == name and made is not None]
        for table in (self._connection, _BUILT_IN):
            found += table.get(name, ())
        return bool(found) and found[0].slides

    def lookup(self, name: str, count: int) -> FunctionDef:
        """As :meth:`find`; SQLite's error where there is none."""
        definition = self.find(name, count)
        if definition is not None:
            return definition
        if self.has_name(name):
            raise SqlError(f"wrong number of arguments to function {name}()")
        if is_known_to_sqlite(lower_ascii(name)):
            raise NotSupported(f"function {lower_ascii(name)}()")
        raise SqlError(f"no such function: {name}")

    def is_overridden(self, name: str, count: int) -> bool:
        """Whether the connection has put a function of its own in the place of this one."""
        name = lower_ascii(name)
        return bool(self._own) and ((name, count) in self._own or (name, -1) in self._own)

    def create_function(
        self, name: str, count: int, function: Callable[..., Any] | None, *, deterministic: bool = False
    ) -> None:
        """Register a scalar function for ``count`` arguments (-1: any); None takes one away."""
        made = None
        if function is not None:
            made = FunctionDef(
                lower_ascii(name), max(count, 0), count, scalar_call(function), deterministic, built_in=False
            )
        self._put(name, count, made)

    def create_aggregate(self, name: str, count: int, factory: Callable[[], Any] | None) -> None:
        """Register an aggregate: ``factory()`` has step(*args) and finalize(); None takes it away."""
        made = None
        if factory is not None:
            made = FunctionDef(
                lower_ascii(name),
                max(count, 0),
                count,
                deterministic=False,
                make=aggregate_maker(factory),
                built_in=False,
            )
        self._put(name, count, made)

    def create_window_function(self, name: str, count: int, factory: Callable[[], Any] | None) -> None:
        """Register an aggregate that may slide: ``factory()`` has inverse(*args) and value() as well; None takes it
        away."""
        made = None
        if factory is not None:
            maker = window_maker(factory)
            made = FunctionDef(
                lower_ascii(name), max(count, 0), count, deterministic=False, make=maker, sliding=maker, built_in=False
            )
        self._put(name, count, made)

    def _put(self, name: str, count: int, made: FunctionDef | None) -> None:
        key = lower_ascii(name), count
        if made is None:
            self._own.pop(key, None)
        else:
            self._own[key] = made
        self.version += 1

    # ------------------------------------------------------------------------------------------ collations

    def has_collation(self, name: str) -> bool:
        """Whether there is a collation called ``name`` (in any case)."""
        return upper_ascii(name) in self._collations or upper_ascii(name) in BUILT_IN

    def collation(self, name: str) -> Collation:
        """The collation called ``name``."""
        found = self._collations.get(upper_ascii(name)) or BUILT_IN.get(upper_ascii(name))
        if found is None:
            raise SqlError(f"no such collation sequence: {name}", "SQLITE_ERROR_MISSING_COLLSEQ")
        return found

    def create_collation(self, name: str, compare: Callable[[str, str], int] | None) -> None:
        """Register a collation by its compare function; None takes it away."""
        if compare is None:
            self._collations.pop(upper_ascii(name), None)
        else:
            self._collations[upper_ascii(name)] = user_collation(name, compare)
        self.version += 1

    def definitions(self) -> list[FunctionDef]:
        """All functions, the connection's behind those that were there, sorted by name."""
        every = [d for table in (_BUILT_IN, self._connection) for found in table.values() for d in found]
        every += [d for d in self._own.values() if d is not None]
        return sorted(every, key=lambda definition: definition.name)
