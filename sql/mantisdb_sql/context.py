"""What compiling a query needs from its surroundings, and what it gives back.

The session makes one :class:`CompileContext` per compilation and hands it to
:func:`mantisdb_sql.query_compiler.compile_select`. A Placeholder's slot, the 0-based index
into ``params``, is ``node.meta["index"] - 1``; a literal that was lifted out of the text carries its slot as
``node.meta["slot"]``.

Parameter classes are class sets of :mod:`mantisdb_sql.values.storage`: ``SMALL`` lets the compiler assume an integer
below 2**31 (the prelude raises StalePlan for a larger one: compile again with ``INTEGER``, which takes every
integer of 64 bits and raises ParameterTypeError for the rest); REAL, TEXT, BLOB and NULL are what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mantisdb_sql.catalog.definitions import Catalog, TriggerDef

if TYPE_CHECKING:
    from mantisdb_sql.authorizer import Authorizer
    from mantisdb_sql.binding.mentions import Mentions
    from mantisdb_sql.functions import FunctionRegistry
    from mantisdb_sql.interrupts import Progress
    from mantisdb_sql.planning.statistics import Statistics

__all__ = ["CompileContext", "Compiled"]


@dataclass(slots=True)
class CompileContext:
    """Everything that a compilation reads.

    catalog                the schema, parsed: what the statement can name
    whole                  the schema of all databases, where that is more
    trees                  tree id -> Tree, as the statement will see them (for profiles, counts and the
                           schema's identity)
    functions              the connection's functions and collations
    parameter_classes      one class set per parameter slot
    sql                    the statement's text, for result column names and for titles of generated code
    double_quoted_strings  whether "x" that names no column is the string 'x', as by default; in expressions of
                           the schema, it always is
    case_sensitive_like    PRAGMA case_sensitive_like
    elsewhere              what a function calls, with its own arguments, when the parameters are not of the
                           types that it was compiled for; None: they always are
    parameters             the values of the first execution, from which the planner guesses what is selective
    progress               to what the loops of the compiled functions report, if to anything
    statistics             what the planner found out about the tables, once it has asked
    foreign_keys           whether changes heed foreign keys
    keys_in_triggers       likewise those of triggers that they fire, though they themselves may not
    defers_keys            PRAGMA defer_foreign_keys
    fires_triggers         whether changes fire triggers
    recursive_triggers     PRAGMA recursive_triggers
    stored_triggers_fire   whether triggers that are not TEMP do
    opens_stored_views     whether views that are not TEMP may be read
    ignores_checks         PRAGMA ignore_check_constraints
    checked_triggers       the triggers that are known to compile, each with an OR clause, where that matters; else None
    sequences              the AUTOINCREMENT tables that triggers insert into: (tree of sqlite_sequence, name)
    in_trigger             the statement is a trigger's
    authorizer             whom to ask what the statement may do, if anybody
    origin                 the name of the trigger that it is of, as the authorizer is told
    result_names           how a query's columns are named that are columns of tables: "" by these; with PRAGMA
                           full_column_names "full", behind their tables' names, or "long", where that goes for ``*``
                           as well; with neither that nor short_column_names "written", as the statement has them
    mentions               where to note what the names of the text mean, if anywhere
    looks_on               the statement is known to be mistaken, and the mistake is looked for that SQLite tells:
                           see :mod:`mantisdb_sql.binding.mistakes`
    """

    catalog: Catalog
    trees: Mapping[int, Any]
    functions: FunctionRegistry
    parameter_classes: Sequence[int] = ()
    sql: str = ""
    double_quoted_strings: bool = True
    case_sensitive_like: bool = False
    elsewhere: Callable[..., Any] | None = None
    parameters: Sequence[Any] = ()
    progress: Progress | None = None
    statistics: Statistics | None = None
    foreign_keys: bool = False
    keys_in_triggers: bool = False
    defers_keys: bool = False
    fires_triggers: bool = True
    recursive_triggers: bool = False
    stored_triggers_fire: bool = True
    opens_stored_views: bool = True
    ignores_checks: bool = False
    checked_triggers: list[tuple[TriggerDef, str | None]] | None = None
    sequences: list[tuple[int, str]] = field(default_factory=list)
    in_trigger: bool = False
    whole: Catalog | None = None
    authorizer: Authorizer | None = None
    origin: str | None = None
    result_names: str = ""
    mentions: Mentions | None = None
    looks_on: bool = False

    @property
    def schema(self) -> Catalog:
        """The schema of all databases."""
        return self.whole or self.catalog


@dataclass(slots=True)
class Compiled:
    """A query as a function: ``run(trees, params)``.

    It returns a list of row tuples, or, when ``streams``, an iterator of such lists (some may be empty). The
    lists may be leaves of a tree: the caller must not change them. It raises StalePlan when the schema, a
    column profile or the size of a table is no longer what the plan was made for, before it has returned
    anything.
    """

    run: Callable[[Mapping[int, Any], Sequence[Any]], Any]
    columns: tuple[str, ...]
    decltypes: tuple[str | None, ...]
    streams: bool
    source_text: str
    explain: Callable[[], str] | None  # what EXPLAIN QUERY PLAN says; None: nobody is going to ask
    tables: frozenset[int] = field(default_factory=frozenset)  # ids of the trees that it reads

    def rows(self, trees: Mapping[int, Any], params: Sequence[Any] = ()) -> list[Any]:
        """All rows at once, streaming or not."""
        result: Iterable[Any] = self.run(trees, params)
        return [row for batch in result for row in batch] if self.streams else list(result)
