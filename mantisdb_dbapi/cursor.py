"""Cursor: runs statements and hands out their rows.

The fast path. ``execute`` finds the statement by its text in ``connection._plans``, a dict that holds only
statements that may be run with no further question as the connection is set now, and is empty while the
connection is closed, traced, or has any other reason to look twice. It compares the thread, checks that the
parameters are a tuple or a list of the right length, and runs. Whatever does not fit falls through to
``_execute``, which does it step by step and words the errors.

Rows. A result is a list, or an iterator of lists (batches) where it streams. ``_source`` holds what has not
been touched yet, ``_rows`` is the iterator that single rows are taken from; a list is in both until the first
row was taken, which its iterator's length hint tells. ``fetchall`` of an untouched result copies no row.

States of a cursor: idle, busy (a statement of it runs: using it then is refused as recursive), closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from threading import get_ident
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from mantisdb_dbapi.batch_binding import adapted, as_tuples
from mantisdb_dbapi.errors import ProgrammingError, from_code, raise_translated
from mantisdb_dbapi.parameters import bind
from mantisdb_dbapi.prepared import Prepared
from mantisdb_dbapi.row import Columns, Description, Row, make_rows
from mantisdb_dbapi.supply import RowSupply
from mantisdb_sql.errors import ParameterTypeError, SqlError
from mantisdb_sql.interrupts import Interrupted
from mantisdb_sql.room import RUNNING_FRAMES, Room

if TYPE_CHECKING:
    from mantisdb_dbapi.connection import Connection
    from mantisdb_sql.session import Session

__all__ = ["Cursor", "check_interrupts", "interruptible"]

_Self = TypeVar("_Self", bound="Cursor")
Parameters = Any  # a sequence or a mapping

_IDLE, _BUSY, _CLOSED = 0, 1, 2
_NO_ROWS: Iterator[Any] = iter(())
_NOT_PLAIN = object()
_FEW_ROWS = 8  # so many are bound one by one as quickly as column by column


class Cursor:
    """A PEP 249 cursor; made by ``Connection.cursor()``."""

    __slots__ = (
        "__weakref__",
        "_columns_seen",
        "_connection",
        "_lastrowid",
        "_plan",
        "_rowcount",
        "_rows",
        "_source",
        "_state",
        "arraysize",
        "row_factory",
    )
    _connection: Connection
    _plan: Prepared | None  # the statement whose result this is
    _columns_seen: Columns | None  # its columns, once somebody asked
    _rows: Iterator[Any]
    _source: Any
    _rowcount: int
    _lastrowid: int | None
    _state: int
    arraysize: int
    row_factory: Callable[[Any, tuple[Any, ...]], Any] | None

    def __init__(self, connection: Connection, /) -> None:
        if getattr(self, "_state", _IDLE) == _BUSY:
            raise ProgrammingError("Recursive use of cursors not allowed.")
        try:
            owner = connection._owner
        except AttributeError:
            raise TypeError(
                f"Cursor() argument 1 must be sqlite3.Connection, not {type(connection).__name__}"
            ) from None
        if owner != get_ident():
            connection._check_thread()
        self._connection = connection
        self.row_factory = None
        self._plan = None
        self._columns_seen = None
        self._rows = _NO_ROWS
        self._source = None
        self._rowcount = -1
        self._lastrowid = None
        self.arraysize = 1
        self._state = _IDLE

    # ---------------------------------------------------------------------------------------------------
    # execution

    def execute(self: _Self, sql: str, parameters: Parameters = (), /) -> _Self:
        """Run one statement."""
        try:
            connection = self._connection
            plan = connection._plans[sql]
        except (AttributeError, KeyError, TypeError):
            new = self._new_plan(sql)
            if new is None:
                return self._execute(sql, parameters)
            connection, plan = self._connection, new
        if (
            self._state
            or connection._owner != get_ident()
            or (parameters.__class__ is not tuple and parameters.__class__ is not list)
            or len(parameters) != plan.parameter_count
        ):
            return self._execute(sql, parameters)
        session = connection._session
        self._state = _BUSY
        try:
            if plan.is_dml and session.transaction is None and connection._begin_mode is not None:
                connection._begin()
            rows = plan.run(parameters)
        except ParameterTypeError:
            rows = _NOT_PLAIN
        except RecursionError as error:
            if not plan.statement.readonly:
                self._fail(error)
            rows = _NOT_PLAIN
        except BaseException as error:
            self._fail(error)
        self._state = _IDLE
        if rows is _NOT_PLAIN:
            return self._execute(sql, parameters)
        self._plan = plan
        self._columns_seen = None
        self._lastrowid = session.last_insert_rowid
        if plan.is_dml:
            if rows:
                self._set_returned(rows, session.changes)
            else:
                self._rows = _NO_ROWS
                self._source = None
                self._rowcount = session.changes
        else:
            self._rowcount = -1
            if rows.__class__ is list:
                self._source = rows
                self._rows = iter(rows)
            else:
                self._source = interruptible(session, rows)
                self._rows = _NO_ROWS
        return self

    def _new_plan(self, sql: str) -> Prepared | None:
        """The plan of a text that was not met before; None where it takes more than to run it, or cannot be had."""
        connection = self._check()
        cache = connection._cache
        if connection._plans is not cache or not isinstance(sql, str):
            return None
        try:
            plan = connection._prepare(sql)
        except Exception as error:
            self._fail(error)
        if (plan.is_dml and connection._session.transaction is None) or sql not in cache:
            return None
        return plan

    def _execute(self: _Self, sql: str, parameters: Parameters) -> _Self:
        """``execute`` step by step."""
        connection = self._check()
        if not isinstance(sql, str):
            raise TypeError(f"execute() argument 1 must be str, not {_type_name(sql)}")
        with Room(RUNNING_FRAMES), connection._lock:
            connection._session.aim.here()
            self._reset()
            self._state = _BUSY
            try:
                plan = connection._prepare(sql)
                self._rowcount = 0 if plan.is_dml else -1
                began = connection._before(plan)
                try:
                    rows = self._run(connection, plan, parameters)
                except SqlError as error:
                    connection._take_back(began, error)
                    raise
                connection._after(plan)
            except BaseException as error:
                self._fail(error)
            session = connection._session
            self._plan = plan
            self._lastrowid = session.last_insert_rowid
            if plan.is_dml:
                self._set_returned(self._converted(rows), session.changes)
            else:
                self._set_rows(rows)
            self._state = _IDLE
        return self

    def _run(self, connection: Connection, plan: Prepared, parameters: Parameters) -> Any:
        progress = connection._session.progress
        if progress is not None:
            progress.start()
        names = plan.statement.parameters
        if connection._trace_callback is None and plan.parameter_count >= 0 and not connection._binds_slowly:
            cls = type(parameters)
            if (cls is tuple or cls is list) and len(parameters) == len(names):
                try:
                    return plan.run(parameters)
                except ParameterTypeError:
                    pass
        try:
            values = bind(names, parameters, connection._length_limit)
        except Exception:
            _ = plan.statement.columns  # errors of the statement itself come first
            raise
        connection._trace_statement(plan.statement.sql, values)
        return plan.run(values)

    def executemany(self: _Self, sql: str, seq_of_parameters: Iterable[Parameters], /) -> _Self:
        """Run a statement that changes rows once for each set of parameters."""
        connection = self._check()
        if not isinstance(sql, str):
            raise TypeError(f"executemany() argument 1 must be str, not {_type_name(sql)}")
        rows = seq_of_parameters if isinstance(seq_of_parameters, list | tuple) else iter(seq_of_parameters)
        with Room(RUNNING_FRAMES), connection._lock:
            self._reset()
            self._state = _BUSY
            try:
                connection._session.aim.here()
                plan = connection._prepare(sql)
                if plan.statement.readonly:
                    raise ProgrammingError("executemany() can only execute DML statements.")
                began = connection._before(plan)
                supply = RowSupply(connection, rows, partial(self._run_chunk, connection, plan))
                try:
                    self._run_many(connection, plan, supply)
                except SqlError as error:
                    connection._take_back(began and supply.total is None, error)
                    raise
            except BaseException as error:
                self._fail(error)
            self._state = _IDLE
            self._rowcount = supply.total or 0 if plan.is_dml else -1
            if plan.is_dml and plan.statement.returns_rows:
                # As in the standard library: the rows of RETURNING are left lying, and nothing is counted.
                self._plan = plan
                self._rowcount = 0
        return self

    def _run_many(self, connection: Connection, plan: Prepared, supply: RowSupply) -> None:
        session = connection._session
        supply.run_all(partial(check_interrupts, session, session.interrupts))
        if supply.total is None:
            _ = plan.statement.columns  # the statement may be wrong, whatever it is to be run with

    def _run_chunk(self, connection: Connection, plan: Prepared, chunk: list[Parameters]) -> int:
        names, statement = plan.statement.parameters, plan.statement
        if connection._trace_callback is None and not connection._binds_slowly:
            rows = as_tuples(names, chunk)
            if rows is not None and (plan.parameter_count >= 0 or type(chunk[0]) is dict):
                count = statement.run_batch(rows)
                many = count is None and len(rows) > _FEW_ROWS
                plain = adapted(rows, connection._length_limit) if many else None
                if plain is not None:
                    count = statement.run_batch(plain)
                if count is not None:
                    return count
                if set(map(len, rows)) == {len(names)}:
                    bound = partial(_bind_row, names, chunk, connection._length_limit)
                    return statement.run_rows(plain or rows, bound)
        total = 0
        for parameters in chunk:
            values = bind(names, parameters, connection._length_limit)
            connection._trace_statement(statement.sql, values)
            statement.run(values)
            if plan.is_dml:
                total += connection._session.changes
        return total

    def executescript(self: _Self, sql_script: str, /) -> _Self:
        """Run all statements of a script; legacy transaction control commits first."""
        connection = self._check()
        if not isinstance(sql_script, str):
            raise TypeError(f"executescript() argument must be str, not {_type_name(sql_script)}")
        with Room(RUNNING_FRAMES), connection._lock:
            self._state = _BUSY
            try:
                connection._session.aim.here()
                connection._run_script(sql_script)
            except BaseException as error:
                raise_translated(error)
            finally:
                self._state = _IDLE
        return self

    # -- rows
    def fetchone(self) -> Any:
        """The next row, or None."""
        try:
            if self._connection._owner == get_ident() and not self._state:
                for row in self._rows:
                    factory = self.row_factory
                    return row if factory is None else factory(self, row)
        except BaseException as error:
            self._fail(error)
        return next(self._take(), None)

    def __next__(self) -> Any:
        try:
            if self._connection._owner == get_ident() and not self._state:
                for row in self._rows:
                    factory = self.row_factory
                    return row if factory is None else factory(self, row)
        except BaseException as error:
            self._fail(error)
        return next(self._take())

    def __iter__(self: _Self) -> _Self:
        return self

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next ``size`` rows (``arraysize`` unless given), fewer at the end; 0 or less means all."""
        if size is None:
            size = self.arraysize
        if size <= 0:
            return self.fetchall()
        return list(islice(self._take(), size))

    def fetchall(self) -> list[Any]:
        """All remaining rows."""
        connection = self._check()
        with connection._lock:
            connection._session.aim.here()
            source, factory = self._source, self.row_factory
            if source is None:
                rows = list(self._rows)
            elif source.__class__ is list:
                left = self._rows.__length_hint__()  # type: ignore[attr-defined]
                rows = source if left == len(source) else source[len(source) - left :]
            else:
                rows = self._drain(source)
            self._rows = _NO_ROWS
            self._source = None
            if factory is None or not rows:
                return rows
            if factory is Row:
                return make_rows(self._columns or Columns(()), rows)
            return [factory(self, row) for row in rows]

    def _drain(self, batches: Iterable[list[Any]]) -> list[Any]:
        rows: list[Any] = []
        try:
            for batch in batches:
                rows += batch
        except BaseException as error:
            self._fail(error)
        return rows

    def _take(self) -> Iterator[Any]:
        """What single rows are taken from, with the row factory applied."""
        connection = self._check()
        if self._source is not None:
            if self._source.__class__ is not list:
                self._rows = chain.from_iterable(self._source)
            self._source = None
        rows = self._rows
        if connection._owner is None or self.row_factory is not None or type(rows) is chain:
            return self._take_carefully(connection)
        return rows

    def _take_carefully(self, connection: Connection) -> Iterator[Any]:
        while True:
            with connection._lock:
                connection._session.aim.here()
                try:
                    row = next(self._rows)
                except StopIteration:
                    return
                except BaseException as error:
                    self._fail(error)
            factory = self.row_factory
            yield row if factory is None else factory(self, row)

    def _set_rows(self, rows: Any) -> None:
        """Take a result of a statement that is no DML."""
        if rows.__class__ is not list:
            rows = interruptible(self._connection._session, rows)
        rows = self._converted(rows)
        self._source = rows if rows.__class__ is not map else None
        self._rows = iter(rows) if rows.__class__ is list else rows if rows.__class__ is map else _NO_ROWS

    def _set_returned(self, rows: Any, changes: int) -> None:
        """Take the rows of RETURNING: ``rowcount`` is known once the last one was fetched."""
        self._source = None
        if not rows:
            self._rows = _NO_ROWS
            self._rowcount = changes
        else:
            self._rowcount = 0
            self._rows = self._count_at_end(iter(rows), changes)

    def _count_at_end(self, rows: Iterator[Any], changes: int) -> Iterator[Any]:
        held = next(rows)
        for row in rows:
            yield held
            held = row
        self._rowcount = changes
        yield held

    def _converted(self, rows: Any) -> Any:
        """The rows, with converters and text_factory put in between where the connection has them."""
        connection = self._connection
        if not connection._converts or not rows:
            return rows
        assert self._plan is not None
        convert = connection._row_converter(self, self._plan)
        if convert is None:
            return rows
        return map(convert, rows if rows.__class__ is list else chain.from_iterable(rows))

    def _busy_while(self, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """``convert``, during which the cursor refuses to be used."""

        def guarded(row: Any) -> Any:
            self._state = _BUSY
            try:
                return convert(row)
            finally:
                self._state = _IDLE

        return guarded

    # -------------------------------------------------------------------------------------------------- the
    # rest

    @property
    def connection(self) -> Connection:
        """The connection that the cursor belongs to."""
        return self._connection

    @property
    def description(self) -> Description | None:
        """A 7-tuple per result column, of which only the name is filled; None for no rows."""
        columns = self._columns
        return None if columns is None else columns.description

    @property
    def _columns(self) -> Columns | None:
        columns = self._columns_seen
        if columns is None and self._plan is not None:
            columns = self._columns_seen = self._plan.columns(self._connection._detect_types)
        return columns

    @property
    def rowcount(self) -> int:
        """Rows that INSERT, UPDATE, DELETE or REPLACE changed; -1 for all else."""
        return self._rowcount

    @property
    def lastrowid(self) -> int | None:
        """The rowid of the connection's last INSERT, as it was after this cursor's last ``execute``."""
        return self._lastrowid

    def close(self) -> None:
        """Close the cursor; it cannot be used any more."""
        if self._check_initialized() == _BUSY:
            raise ProgrammingError("Recursive use of cursors not allowed.")
        self._connection._check()
        self._reset()
        self._state = _CLOSED

    def setinputsizes(self, sizes: Sequence[Any], /) -> None:
        """Required by PEP 249. Does nothing."""

    def setoutputsize(self, size: int, column: int | None = None, /) -> None:
        """Required by PEP 249. Does nothing."""

    def _check(self) -> Connection:
        """The connection, if cursor and connection may be used here and now."""
        state = self._check_initialized()
        if state == _CLOSED:
            raise ProgrammingError("Cannot operate on a closed cursor.")
        if state == _BUSY:
            raise ProgrammingError("Recursive use of cursors not allowed.")
        connection = self._connection
        if connection._owner != get_ident():
            connection._check_usable()
        return connection

    def _check_initialized(self) -> int:
        """The cursor's state, if it has one: a subclass may not have called ``__init__``."""
        try:
            return self._state
        except AttributeError:
            raise ProgrammingError("Base Cursor.__init__ not called.") from None

    def _reset(self) -> None:
        """Forget the last result."""
        self._plan = None
        self._columns_seen = None
        self._rows = _NO_ROWS
        self._source = None

    def _fail(self, error: BaseException) -> NoReturn:
        """Clean up after a statement that failed, and raise what the user is to see."""
        if isinstance(error, AttributeError):
            self._check_initialized()
        self._state = _IDLE
        self._reset()
        self._rowcount = -1
        raise_translated(error)


def check_interrupts(session: Session, interrupts: int) -> None:
    """Raise if the session was interrupted since it had this count."""
    if session.interrupts != interrupts:
        raise from_code("interrupted", "SQLITE_INTERRUPT")


def interruptible(session: Session, batches: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """The batches, up to an interrupt of the session from now on."""
    return _until_interrupted(session, batches, session.interrupts)


def _until_interrupted(
    session: Session, batches: Iterable[list[Any]], interrupts: int
) -> Iterator[list[Any]]:
    iterator = iter(batches)
    while True:
        try:
            batch = session.compute(interrupts, next, iterator, None)
        except Interrupted as error:
            raise_translated(error)
        if batch is None:
            return
        yield batch


def _bind_row(names: Sequence[str | None], rows: list[Parameters], length_limit: int, at: int) -> list[Any]:
    return bind(names, rows[at], length_limit)


def _type_name(value: object) -> str:
    """A type as the interpreter's argument errors name it."""
    return "None" if value is None else type(value).__name__
