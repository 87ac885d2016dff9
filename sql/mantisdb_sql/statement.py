"""Prepared statements: what runs when the DB-API executes.

A :class:`Statement` is a text with its offsets, bound to a session; what it compiles to hangs on its
:class:`Prepared`, which all statements of the same shape share (texts that differ in literals only, see
:mod:`mantisdb_sql.syntax.literals`). Compiled functions are specialised to the types of the parameters: ``variants``
maps ``tuple(map(type, params))`` to a function. An INTEGER parameter is taken to be below 2**31 until one
proves otherwise; its slot is then ``wide`` for good. Past MAX_VARIANTS combinations of types one function
serves all that follow.

Most statements meet the same types every time, so ``Prepared.hot``, the function used last, is called without
a look at the types: it looks itself, and hands what is not for it to ``Prepared.elsewhere``, which finds
the right one or raises NewTypes: compile for these.

Functions check their assumptions first and raise StalePlan when one fails (another schema, another column
profile, a wide parameter): the variants are dropped, and the statement is compiled and run again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_engine.errors import ConflictError
from mantisdb_sql.authorizer import Authorizer, authorize_command
from mantisdb_sql.changes.bulk import is_batch
from mantisdb_sql.changes.returning_clause import UncountedRows
from mantisdb_sql.collector import collector_paused
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import NewTypes, NotSupported, ParameterTypeError, SqlError, StalePlan
from mantisdb_sql.interrupts import Interrupted
from mantisdb_sql.planning.explain import plan_rows
from mantisdb_sql.room import with_room
from mantisdb_sql.syntax.parsed_text import Syntax
from mantisdb_sql.syntax.parser import parse_statement
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
    Affinity,
)

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = [
    "ChangeStatement", "CommandStatement", "Prepared", "QueryStatement", "RowsStatement", "Statement",
    "inner_statement", "make_statement",
]

MAX_VARIANTS = 12
MAX_SIGNATURES = 512
MAX_RECOMPILES = 50
CHUNK_ROWS = 4096
MIN_BATCH_ROWS = 4
"""Outside a transaction, where a batch is also one commit."""

_DML = frozenset(("INSERT", "UPDATE", "DELETE", "REPLACE"))
_READ_ONLY = frozenset(("SELECT", "EXPLAIN", ""))
_CHANGES = (exp.Insert, exp.Update, exp.Delete)
_QUERIES = (exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Values)
_PLAIN = {type(None): NULL, int: SMALL, float: REAL, str: TEXT, bytes: BLOB}


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
        self.form: type[Statement] | None = _form(syntax.node_type)  # what its statements are; None: commands
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
            result_names=result_names(session),
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
        if self.form is ChangeStatement:
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


class Statement:
    """One prepared statement; see the module's text.

    sql         the text given to prepare
    tail        offset in it where the next statement starts; len(sql) when there is none
    kind        "SELECT", "INSERT", …, "" for a text without a statement
    is_dml      INSERT, UPDATE, DELETE or REPLACE as the first word (the stdlib opens a transaction before
    these) readonly    changes nothing in the database
    parameters  one entry per bind slot: ":a", "?5", or None for "?"
    """

    __slots__ = (
        "_literals",
        "is_dml",
        "kind",
        "parameters",
        "prepared",
        "readonly",
        "session",
        "sql",
        "tail",
    )

    def __init__(
        self,
        session: Session,
        prepared: Prepared,
        sql: str,
        tail: int,
        parameters: tuple[str | None, ...] = (),
        literals: tuple[Any, ...] = (),
    ) -> None:
        self.session = session
        self.prepared = prepared
        self.sql = sql
        self.tail = tail
        self.kind = prepared.kind
        self.parameters = parameters
        self.is_dml = prepared.is_dml
        self.readonly = prepared.readonly
        self._literals = literals

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Names of the result columns; None where no rows come back."""
        names: tuple[str, ...] | None = self._described().columns
        return names

    @property
    def returns_rows(self) -> bool:
        """Whether there are result columns."""
        return self.columns is not None

    @property
    def decltypes(self) -> tuple[str | None, ...]:
        """Declared types of the result columns that are plain table columns."""
        types: tuple[str | None, ...] = self._described().decltypes
        return types

    @property
    def streams(self) -> bool:
        """Whether ``run`` gives an iterator of batches."""
        return bool(getattr(self._described(), "streams", False))

    def _described(self) -> Any:
        return self.prepared.described(self.session, len(self.parameters) + len(self._literals))

    def run(self, params: Sequence[Any] = ()) -> Any:
        """Execute: a list of row tuples, or an iterator of such lists where the statement streams."""
        raise NotImplementedError

    def run_inside(self, txn: Any, params: Sequence[Any]) -> Any:
        """Execute as a part of a statement that changes ``txn``: rows, or how many were changed. Errors leave what was
        done to the statement around it."""
        raise NotImplementedError

    def run_many(self, rows: Iterable[Sequence[Any]]) -> int:
        """Execute once per parameter row; the number of changed rows."""
        raise SqlError("executemany() can only execute DML statements.")

    def run_rows(self, rows: Sequence[Sequence[Any]], bound: Callable[[int], Sequence[Any]]) -> int:
        """Run once per parameter row: how many rows were changed. ``bound(i)`` has the plain values of the row number
        ``i``, which it is asked for where the row itself has others."""
        for at in range(len(rows)):
            self._run_row(rows, at, bound)
        return 0

    def _run_row(
        self, rows: Sequence[Sequence[Any]], at: int, bound: Callable[[int], Sequence[Any]]
    ) -> None:
        try:
            self.run(rows[at])
        except ParameterTypeError:
            self.run(bound(at))

    def run_batch(self, chunk: list[tuple[Any, ...]]) -> int | None:
        """Run for many parameter rows at once, a statement for each: the number of changed rows; None, and nothing
        changed, where it has to go row by row (as where they are not as wide as they should be)."""
        return None

    def explain(self) -> str:
        """The generated Python source."""
        return str(getattr(self._described(), "source_text", ""))


class QueryStatement(Statement):
    """SELECT and VALUES."""

    __slots__ = ()

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`."""
        if self._literals:
            params = (*params, *self._literals)
        session = self.session
        txn = session.transaction
        trees = (session.database.published if txn is None else txn).trees
        interrupts, outer = session.interrupts, session.computing
        try:
            session.computing = outer or interrupts
            try:
                rows = self.prepared.hot(trees, params)
            finally:
                session.computing = outer
                if session.interrupts != interrupts:
                    session.calm()
        except StalePlan as stale:
            rows = self._run_slowly(params, stale, interrupts)
        if txn is not None and (rows.__class__ is not list or len(rows) > 1):
            session.must_freeze = True
        return rows

    def run_inside(self, txn: Any, params: Sequence[Any]) -> Any:
        """See :meth:`Statement.run_inside`."""
        prepared = self.prepared
        for tries in range(MAX_RECOMPILES):
            try:
                rows = prepared.hot(txn.trees, params)
                return [row for batch in rows for row in batch] if self.streams else rows
            except StalePlan as stale:
                if not isinstance(stale, NewTypes):
                    prepared.outdate(tries)
                self.session.shielded(prepared.variant, self.session, txn.trees, params)
        raise SqlError("database schema is changing too fast", "SQLITE_SCHEMA")

    def _run_slowly(self, params: Sequence[Any], stale: StalePlan, interrupts: int) -> Any:
        """Compile as often as it takes."""
        prepared = self.prepared
        for tries in range(MAX_RECOMPILES):
            if not isinstance(stale, NewTypes):
                prepared.outdate(tries)
            trees = self.session.trees
            try:
                run = prepared.variant(self.session, trees, params)
                return self.session.compute(interrupts, run, trees, params)
            except StalePlan as again:
                stale = again
        raise SqlError("database schema is changing too fast", "SQLITE_SCHEMA")


def _changed(returned: list[Any]) -> int:
    """How many changed rows these rows of RETURNING stand for."""
    return returned.changed if isinstance(returned, UncountedRows) else len(returned)


class ChangeStatement(Statement):
    """INSERT, REPLACE, UPDATE and DELETE."""

    __slots__ = ()

    @property
    def returns_rows(self) -> bool:
        """See :class:`Statement`; nothing need be compiled for it."""
        return self.prepared.syntax.has_returning

    def run_inside(self, txn: Any, params: Sequence[Any]) -> Any:
        """See :meth:`Statement.run_inside`."""
        return self._run_in(txn, params)

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`; without RETURNING the list is empty."""
        if self._literals:
            params = (*params, *self._literals)
        session = self.session
        txn = session.transaction
        if session.must_freeze or session.computing:
            return self._run_slowly(params)
        if txn is None:
            return self._run_alone(params)
        mark = len(txn.operations)
        interrupts, outer = session.interrupts, session.computing
        try:
            session.computing = outer or interrupts
            session.is_writing = True
            try:
                result = self.prepared.hot(session, txn, params)
            finally:
                session.is_writing = False
                session.computing = outer
                if session.interrupts != interrupts:
                    session.calm()
        except StalePlan:
            txn.undo_to(mark)
            return self._run_slowly(params)
        except BaseException as error:
            self._fail(txn, mark, error)
            raise
        if result.__class__ is int:
            session.changes = result
            session.total_changes += result
            return ()
        return self._returned(result)

    def _returned(self, result: Any) -> Any:
        """What a statement gives, and count what it changed."""
        session = self.session
        if result.__class__ is int:
            session.changes = result
            session.total_changes += result
            return ()
        session.count_changes(_changed(result))
        return result if result.__class__ is list else list(result)

    def _run_alone(self, params: Sequence[Any]) -> Any:
        """Run outside a transaction, with the function used last."""
        session = self.session
        if session.is_on("query_only"):
            return self._run_slowly(params)
        try:
            result = session.write_once(self.prepared.hot, params)
        except (StalePlan, ConflictError):
            return self._run_slowly(params)
        except BaseException as error:
            self._count_failed(error)
            raise
        return self._returned(result)

    def _run_slowly(self, params: Sequence[Any]) -> Any:
        """Compile as often as it takes; in autocommit, in a transaction of its own."""
        session = self.session
        try:
            if session.is_on("query_only"):
                self._compile(session.trees, params)
                self.prepared.forget()
                session.refuse_if_query_only()
            result = session.write(lambda txn: self._run_in(txn, params))
        except BaseException as error:
            self._count_failed(error)
            raise
        return self._returned(result)

    def _run_in(self, txn: Any, params: Sequence[Any]) -> Any:
        prepared, session = self.prepared, self.session
        interrupts = session.interrupts
        for tries in range(MAX_RECOMPILES):
            mark = txn.mark()
            try:
                return prepared.hot(session, txn, params)
            except StalePlan as stale:
                txn.undo_to(mark)
                if not isinstance(stale, NewTypes):
                    prepared.outdate(tries)
                session.shielded(self._compile, txn.trees, params)
                if session.interrupts != interrupts:
                    raise Interrupted from None
        raise SqlError("database schema is changing too fast", "SQLITE_SCHEMA")

    def _compile(self, trees: Any, params: Sequence[Any]) -> None:
        """Have the hot function be one for these parameters' types."""
        try:
            self.prepared.variant(self.session, trees, params)
        except SqlError as error:
            error.before_run = True
            raise

    def _fail(self, txn: Any, mark: Any, error: BaseException) -> None:
        self._count_failed(error)
        self.session.undo_statement(txn, mark, error)

    def _count_failed(self, error: BaseException) -> None:
        if not getattr(error, "before_run", False):
            self.session.count_changes(getattr(error, "changed", 0))

    def run_many(self, rows: Iterable[Sequence[Any]]) -> int:
        """See :meth:`Statement.run_many`: in batches where the statement allows it."""
        session = self.session
        before = session.total_changes
        rows = iter(rows)
        while chunk := list(map(tuple, islice(rows, CHUNK_ROWS))):
            if self.run_batch(chunk) is None:
                self.run_rows(chunk, chunk.__getitem__)
        return session.total_changes - before

    def run_rows(self, rows: Sequence[Sequence[Any]], bound: Callable[[int], Sequence[Any]]) -> int:
        """See :meth:`Statement.run_rows`."""
        total, at = 0, 0
        while at < len(rows):
            at, changed = self._run_while_hot(rows, at)
            total += changed
            if at < len(rows):
                self._run_row(rows, at, bound)
                total += self.session.changes
                at += 1
        return total

    def _run_while_hot(self, rows: Sequence[Sequence[Any]], start: int) -> tuple[int, int]:
        """Run for the rows from ``start`` on, while that can go on in the open transaction with the function used last:
        the number of the first row that was not run, and how many rows were changed."""
        session, prepared, literals, total = self.session, self.prepared, self._literals, 0
        txn = session.transaction
        if txn is None or session.must_freeze or session.computing:
            return start, 0
        mark, at = len(txn.operations), start
        interrupts, outer = session.interrupts, session.computing
        try:
            session.computing = outer or interrupts
            session.is_writing = True
            try:
                for at in range(start, len(rows)):
                    mark = len(txn.operations)
                    result = prepared.hot(session, txn, (*rows[at], *literals) if literals else rows[at])
                    changed = result if result.__class__ is int else _changed(result)
                    session.changes = changed
                    session.total_changes += changed
                    total += changed
                    if session.must_freeze or session.transaction is not txn:  # as functions of the user's may have it
                        return at + 1, total
            finally:
                session.is_writing = False
                session.computing = outer
                if session.interrupts != interrupts:
                    session.calm()
        except StalePlan:
            txn.undo_to(mark)
            return at, total
        except BaseException as error:
            self._fail(txn, mark, error)
            raise
        return len(rows), total

    def run_batch(self, chunk: list[tuple[Any, ...]]) -> int | None:
        """See :meth:`Statement.run_batch`: for INSERT."""
        prepared, session = self.prepared, self.session
        width = len(self.parameters)
        many = is_batch(chunk) if session.transaction is not None else len(chunk) >= MIN_BATCH_ROWS
        if not many or prepared.kind not in ("INSERT", "REPLACE") or session.is_on("query_only"):
            return None

        def body(txn: Any) -> int | None:
            bulk = prepared.bulk(session, txn.unmerged, width + len(self._literals))
            result = None if bulk is None else bulk.insert_rows(session, txn, rows)
            return len(result) if result.__class__ is list else result

        rows = chunk
        if self._literals:
            rows = [(*row, *self._literals) for row in chunk]
        count = session.write(body)
        if count is not None:
            session.total_changes += count
            session.changes = 1  # the last statement's
        return count


class RowsStatement(ChangeStatement):
    """An INSERT of many rows of literals, or of parameters, to be inserted as its one-row form says.

    ``rows`` are the literals; where there are none, ``one_row`` says how many of the parameters make a row.
    ``whole`` gives the statement in its full length, for what cannot be done with one row at a time.
    """

    __slots__ = ("_rows", "_whole", "_width")

    def __init__(
        self, one_row: Statement, sql: str, tail: int, whole: Callable[[], Statement],
        rows: list[tuple[Any, ...]] | None = None, parameter_count: int = 0,
    ) -> None:
        literals = one_row._literals
        super().__init__(one_row.session, one_row.prepared, sql, tail, (None,) * parameter_count, literals)
        self._rows = rows
        self._width = len(one_row.parameters)
        self._whole: Callable[[], Statement] | Statement = whole

    def _described(self) -> Any:
        return self.prepared.described(self.session, self._width + len(self._literals))

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`."""
        return self._run_slowly(params)

    def run_batch(self, chunk: list[tuple[Any, ...]]) -> int | None:
        """There is nothing to gain."""
        return None

    def _run_in(self, txn: Any, params: Sequence[Any]) -> Any:
        prepared, session = self.prepared, self.session
        rows = self._all_rows(params)
        try:
            bulk = prepared.bulk(session, txn.unmerged, len(rows[0]))
        except SqlError as error:
            error.before_run = True
            raise
        if bulk is not None and (is_batch(rows) or not prepared.is_divisible):
            result = bulk.insert_rows(session, txn, rows)
            if result is not None:
                return result
        return self._run_each(txn, rows) if prepared.is_divisible else self._run_whole(txn, params)

    def _all_rows(self, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        with collector_paused():
            rows = self._rows or list(zip(*[iter(params)] * self._width, strict=True))
            return [(*row, *self._literals) for row in rows] if self._literals else rows

    def _run_each(self, txn: Any, rows: list[tuple[Any, ...]]) -> Any:
        """How many rows were changed, or the rows of RETURNING."""
        run_row = super()._run_in
        done, returned = 0, None
        try:
            for row in rows:
                result = run_row(txn, row)
                if result.__class__ is int:
                    done += result
                elif returned is None:
                    returned = result
                else:
                    returned += result
        except SqlError as error:
            if getattr(error, "action", None) == "FAIL":
                error.changed = len(returned or ()) + done  # type: ignore[attr-defined]
            raise
        return done if returned is None else returned

    def _run_whole(self, txn: Any, params: Sequence[Any]) -> Any:
        whole = self._whole
        if not isinstance(whole, Statement):
            whole = self._whole = whole()
        return whole.run_inside(txn, params)


class CommandStatement(Statement):
    """Whatever is carried out by a function of ours: DDL, transaction control, PRAGMA, EXPLAIN."""

    __slots__ = ("_columns", "_decltypes", "_perform")

    def __init__(
        self, session: Session, prepared: Prepared, sql: str, tail: int, parameters: tuple[str | None, ...],
        perform: Callable[[], list[tuple[Any, ...]] | None], columns: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(session, prepared, sql, tail, parameters)
        self._perform = perform
        self._columns = columns

    @property
    def columns(self) -> tuple[str, ...] | None:
        """See :class:`Statement`."""
        return self._columns

    @property
    def decltypes(self) -> tuple[str | None, ...]:
        """See :class:`Statement`."""
        return (None,) * len(self._columns or ())

    @property
    def streams(self) -> bool:
        """See :class:`Statement`."""
        return False

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`."""
        authorizer = self.session.authorizer
        if authorizer is not None and not authorize_command(authorizer, self.session, self.prepared.node):
            return []
        return with_room(self._perform) or []

    def explain(self) -> str:
        """Commands compile to nothing."""
        return ""


class ArgumentStatement(CommandStatement):
    """A command whose arguments may be parameters: ATTACH, DETACH, VACUUM INTO, and CREATE TABLE AS."""

    __slots__ = ()

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`."""
        from mantisdb_sql.ddl import attach, create_drop, maintenance

        node, authorizer = self.prepared.node, self.session.authorizer
        if authorizer is not None and not authorize_command(authorizer, self.session, node):
            return []
        if isinstance(node, exp.Attach):
            with_room(attach.run_attach, self.session, node, params)
        elif isinstance(node, exp.Detach):
            with_room(attach.run_detach, self.session, node, params)
        elif isinstance(node, exp.Create):
            with_room(create_drop.run_create, self.session, node, self.prepared.sql, params)
        else:
            with_room(maintenance.run_vacuum_into, self.session, node, params)
        return []


class ExplainStatement(CommandStatement):
    """EXPLAIN and EXPLAIN QUERY PLAN, of what would run with the parameters that are given."""

    __slots__ = ()

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`."""
        return _explain(self.session, self.prepared, len(self.parameters), params)


# ---------------------------------------------------------------------------------------------------- factory


def _form(node_type: type) -> type[Statement] | None:
    if issubclass(node_type, _CHANGES):
        return ChangeStatement
    return QueryStatement if issubclass(node_type, _QUERIES) else None


def make_statement(
    session: Session, prepared: Prepared, sql: str, tail: int, parameters: tuple[str | None, ...] = (),
    literals: tuple[Any, ...] = (),
) -> Statement:
    """The statement that suits its AST."""
    form, kind = prepared.form, prepared.kind
    if form is not None:
        return form(session, prepared, sql, tail, parameters, literals)
    node = prepared.node
    if parameters and isinstance(node, exp.Create):
        refuse_parameters(session, node)
    columns = _pragma_columns(session, node) if kind == "PRAGMA" else None
    if kind == "EXPLAIN":
        columns = ("id", "parent", "notused", "detail") if "PLAN" in node.this else ("line", "text")
        return ExplainStatement(session, prepared, sql, tail, parameters, list, columns)
    if isinstance(node, (exp.Attach, exp.Detach)) or (kind == "VACUUM" and node.args.get("into") is not None):
        return ArgumentStatement(session, prepared, sql, tail, parameters, list, None)
    if parameters and isinstance(node, exp.Create) and node.args["kind"] == "TABLE":
        return ArgumentStatement(session, prepared, sql, tail, parameters, list, None)
    command = _command(session, prepared, parameters)
    return CommandStatement(session, prepared, sql, tail, parameters, command, columns)


def inner_statement(
    session: Session, sql: str, affinities: Sequence[Affinity | None] = (), *, heeds_keys: bool = False,
    fires_triggers: bool = True, is_asked: bool = False,
) -> Statement:
    """A statement that is run as a part of others; ``affinities`` are those of the last of its parameters, as if they
    were columns; ``is_asked``: the authorizer has a say in it."""
    parsed = parse_statement(sql)
    assert parsed.node is not None, "statements of our own are never empty"
    before = len(parsed.parameters) - len(affinities)
    for node in parsed.node.find_all(exp.Placeholder):
        if node.meta["index"] > before:
            node.meta["affinity"] = affinities[node.meta["index"] - before - 1]
    prepared = Prepared(Syntax(parsed.node), parsed.kind, sql, ("inner", sql, tuple(affinities)))
    prepared.heeds_keys, prepared.fires_triggers, prepared.is_asked = heeds_keys, fires_triggers, is_asked
    return make_statement(session, prepared, sql, len(sql), parsed.parameters)


def _command(
    session: Session, prepared: Prepared, parameters: tuple[str | None, ...],
) -> Callable[[], list[tuple[Any, ...]] | None]:
    """What carries out a statement that is neither a query nor a change of rows."""
    from mantisdb_sql.ddl.transaction_control import run_transaction_statement, transaction_kind

    node, kind = prepared.node, prepared.kind
    if not kind:
        return lambda: None
    if transaction_kind(node):
        return lambda: run_transaction_statement(session, node)
    from mantisdb_sql.ddl import alter, maintenance, pragma
    from mantisdb_sql.ddl import create_drop as ddl

    if isinstance(node, exp.Create):
        return lambda: ddl.run_create(session, node, prepared.sql)
    if isinstance(node, exp.Drop):
        return lambda: ddl.run_drop(session, node)
    if isinstance(node, exp.Alter):
        return lambda: alter.run_alter(session, node)
    if isinstance(node, exp.Pragma):
        return lambda: pragma.pragma(session, node)[1]
    if kind == "VACUUM":
        return lambda: maintenance.run_vacuum(session, node)
    if kind == "ANALYZE":
        return lambda: maintenance.run_analyze(session, node)
    if kind == "REINDEX":
        return lambda: maintenance.run_reindex(session, node)
    raise NotSupported(kind)


def result_names(session: Session) -> str:
    """How results' columns are named: see :class:`CompileContext`."""
    full, short = session.settings.get("full_column_names", 0), session.settings.get("short_column_names", 1)
    return ("full" if short else "long") if full else ("" if short else "written")


def refuse_parameters(session: Session, node: exp.Create) -> None:
    """Refuse a schema object that would have to remember parameters."""
    if node.args["kind"] == "VIEW":
        raise SqlError("parameters are not allowed in views")
    if node.args["kind"] == "TRIGGER":
        from mantisdb_sql.ddl.create_drop import refuse_trigger_head

        refuse_trigger_head(session, node)
        raise SqlError("trigger cannot use variables")


def _pragma_columns(session: Session, node: Any) -> tuple[str, ...] | None:
    """Column names of a PRAGMA, which depend on its name and on whether it sets a value."""
    from mantisdb_sql.ddl.pragma import pragma_columns

    return pragma_columns(session, node)


def _explain(session: Session, prepared: Prepared, slots: int, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The plan, or the code, that runs with these parameters; of any parameters where there are none."""
    inner = Prepared(Syntax(prepared.node.args["expression"]), "", prepared.sql)
    if inner.form is None:
        return []
    inner.is_explained = True
    if len(params) == slots:
        inner.variant(session, session.trees, params)
    compiled = inner.described(session, slots)
    if "PLAN" in prepared.node.this:
        return list(plan_rows(compiled.explain()))
    return list(enumerate(compiled.source_text.splitlines(), 1))
