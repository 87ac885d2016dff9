"""What all statements of one shape share: the AST, and the functions that it is compiled to.

Texts that differ in literals only have the same shape (see :mod:`mantisdb_sql.syntax.literals`). Compiled functions are
specialised to the types of the parameters: ``variants`` maps ``tuple(map(type, params))`` to a function. An INTEGER
parameter is taken to be below 2**31 until one proves otherwise; its slot is then ``wide`` for good. Past MAX_VARIANTS
combinations of types one function serves all that follow.

Most statements meet the same types every time, so ``Prepared.hot``, the function used last, is called without
a look at the types: it looks itself, and hands what is not for it to ``Prepared.elsewhere``, which finds
the right one or raises NewTypes: compile for these.

Functions check their assumptions first and raise StalePlan when one fails (another schema, another column
profile, a wide parameter): the variants are dropped, and the statement is compiled and run again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.authorizer import Authorizer
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import NewTypes, ParameterTypeError
from mantisdb_sql.room import with_room
from mantisdb_sql.syntax.parsed_text import Syntax
from mantisdb_sql.values.storage import (
    ANY,
    BLOB,
    INT_MAX,
    INT_MIN,
    INTEGER,
    NULL,
    REAL,
    SMALL,
    SMALL_LIMIT,
    TEXT,
)

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["Form", "Prepared"]

MAX_VARIANTS = 12
MAX_SIGNATURES = 512

_DML = frozenset(("INSERT", "UPDATE", "DELETE", "REPLACE"))
_READ_ONLY = frozenset(("SELECT", "EXPLAIN", ""))
_CHANGES = (exp.Insert, exp.Update, exp.Delete)
_QUERIES = (exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Values)
_PLAIN = {type(None): NULL, int: SMALL, float: REAL, str: TEXT, bytes: BLOB}


class Form(Enum):
    """What a statement is. Queries and changes of rows are compiled, commands are carried out."""

    QUERY = 1
    CHANGE = 2
    COMMAND = 3


class Prepared:
    """What all statements of one shape share: the AST and its compiled variants."""

    def __init__(self, syntax: Syntax, kind: str, sql: str, identity: Hashable = None) -> None:
        self.syntax = syntax
        self.kind = kind
        self.sql = sql
        self.identity = identity  # what it is, to all databases; None: it is compiled for one only
        self.refused = 0  # how much of what others have compiled does not suit the rows as they are
        self.is_dml = kind in _DML and not syntax.has_with
        self.readonly = kind in _READ_ONLY
        self.form = _form(syntax.node_type)
        self.variants: dict[tuple[type, ...], Callable[..., Any]] = {}
        self.hot: Callable[..., Any] = self.elsewhere
        self.compiled: Any = None  # the variant made last
        self.generic: Any = None
        self.wide: set[int] = set()
        self.made = 0
        self.bulk_schema: Any = None
        self.bulk_form: Any = None
        self.heeds_keys = True  # False: what it does to foreign keys is another statement's concern
        self.fires_triggers = True
        self.is_asked = True  # whether the authorizer has a say in it
        self.database: str | None = None  # what it can name, where that is not everything
        self.in_trigger = False  # it is a trigger's: what it fires was looked at when that was
        self.origin: str | None = None  # the trigger's name
        self.answers: Authorizer | None = None  # to what was asked then
        self.is_explained = False  # its plan is going to be told
        self.is_divisible = False  # with bulk_form: whether rows may be inserted by a statement each

    @property
    def node(self) -> Any:
        """The AST."""
        return self.syntax.node

    def forget(self) -> None:
        """Drop all compiled variants, as something that they depend on has changed."""
        self.variants.clear()
        self.hot = self.elsewhere
        self.generic = None
        self.made = 0

    def outdate(self, tries: int) -> None:
        """Drop all compiled variants, one of which has found that it does not suit; so have ``tries`` before it."""
        self.forget()
        self.refused = tries

    def elsewhere(self, *arguments: Any) -> Any:
        """Run the variant for the parameters' types, the last of the arguments; from now on it is the hot one."""
        run = self.variants.get(tuple(map(type, arguments[-1])))
        if run is None:
            raise NewTypes
        self.hot = run
        return run(*arguments)

    def classes_of(self, params: Sequence[Any]) -> list[int]:
        """The class sets to compile for; refuses values that are no SQL values."""
        classes = []
        for i, value in enumerate(params):
            bit = _PLAIN.get(type(value))
            if bit is None or (bit == REAL and value != value):
                raise ParameterTypeError(i)
            if bit == SMALL:
                if not -SMALL_LIMIT < value < SMALL_LIMIT:
                    if not INT_MIN <= value <= INT_MAX:
                        raise ParameterTypeError(i)
                    self.wide.add(i)
                if i in self.wide:
                    bit = INTEGER
            classes.append(bit)
        return classes

    def context(
        self, session: Session, trees: Any, classes: Sequence[int], params: Sequence[Any] = ()
    ) -> CompileContext:
        """What a compilation against ``trees`` reads."""
        schema = session.catalog(trees)
        return CompileContext(
            catalog=schema.of(self.database) or schema,
            whole=schema,
            trees=trees,
            functions=session.functions,
            parameter_classes=classes,
            sql=self.sql,
            double_quoted_strings=session.is_on("dqs_dml"),
            case_sensitive_like=session.is_on("case_sensitive_like"),
            elsewhere=self.elsewhere,
            progress=session.progress,
            parameters=params,
            foreign_keys=session.keys.enabled and self.heeds_keys,
            defers_keys=session.keys.defers,
            fires_triggers=self.fires_triggers,
            stored_triggers_fire=session.is_on("enable_trigger"),
            opens_stored_views=session.is_on("enable_view"),
            ignores_checks=session.is_on("ignore_check_constraints"),
            recursive_triggers=session.is_on("recursive_triggers"),
            checked_triggers=None if self.in_trigger else [],
            in_trigger=self.in_trigger,
            authorizer=self.answers if self.in_trigger else session.authorizer if self.is_asked else None,
            origin=self.origin,
            result_names=_result_names(session),
        )

    def variant(self, session: Session, trees: Any, params: Sequence[Any]) -> Callable[..., Any]:
        """The function for these parameters' types, compiled now."""
        classes = self.classes_of(params)
        signature = tuple(map(type, params))
        if self.made < MAX_VARIANTS or not params:
            self.made += 1
            compiled = self.compiled = self._compiled(self.context(session, trees, classes, params))
        else:
            if self.generic is None:
                self.generic = self._compiled(self.context(session, trees, [ANY] * len(params)))
            compiled = self.compiled = self.generic
            if len(self.variants) > MAX_SIGNATURES:
                self.variants.clear()
        run: Callable[..., Any] = compiled.run
        self.variants[signature] = self.hot = run
        return run

    def _compiled(self, context: CompileContext) -> Any:
        return self._compile(context) if self.is_explained else self._kept(context, self._compile, "rows")

    def _kept(self, context: CompileContext, compile_now: Callable[[CompileContext], Any], what: str) -> Any:
        """What others have compiled, if it suits, or else what is compiled now, which then is for others as well."""
        from mantisdb_sql.shared_plans import plan_key, shared_plans

        key = plan_key((self.identity, what), context) if self.identity is not None else None
        compiled = None if key is None else shared_plans.find(key, self.refused, context)
        if compiled is None:
            compiled = compile_now(context)
            if key is not None:
                shared_plans.keep(key, compiled, context)
                self.refused = 0
        self.syntax.release()
        return compiled

    def _compile(self, context: CompileContext) -> Any:
        compiled: Any
        if self.form is Form.CHANGE:
            from mantisdb_sql.changes.dml import compile_change

            compiled = with_room(compile_change, self.node, context)
        else:
            from mantisdb_sql.query_compiler import compile_select

            compiled = with_room(compile_select, self.node, context)
        if not self.is_explained:
            compiled.explain = None  # it holds the plan, and the trees that it was made for
        return compiled

    def bulk(self, session: Session, trees: Any, slots: int) -> Any:
        """The batched form of an INSERT, or None; as the schema of ``trees`` has it."""
        schema = session.catalog(trees)
        if self.bulk_schema is not schema:
            context = self.context(session, trees, [ANY] * slots)
            self.bulk_form, self.is_divisible = self._kept(context, self._compile_bulk, "bulk")
            self.bulk_schema = schema
        return self.bulk_form

    def _compile_bulk(self, context: CompileContext) -> Any:
        from mantisdb_sql.changes.dml import compile_bulk

        return with_room(compile_bulk, self.node, context)

    def described(self, session: Session, slots: int) -> Any:
        """A compiled form, for what does not depend on the parameters' types: column names and declared
        types."""
        if self.compiled is None:
            self.compiled = self._compiled(self.context(session, session.trees, [ANY] * slots))
        return self.compiled


def _form(node_type: type) -> Form:
    if issubclass(node_type, _CHANGES):
        return Form.CHANGE
    return Form.QUERY if issubclass(node_type, _QUERIES) else Form.COMMAND


def _result_names(session: Session) -> str:
    """How results' columns are named: see :class:`CompileContext`."""
    full, short = session.settings.get("full_column_names", 0), session.settings.get("short_column_names", 1)
    return ("full" if short else "long") if full else ("" if short else "written")
