"""What a program hangs into a connection: functions, aggregates, collations, and the trace callback.

The SQL layer calls with plain values and expects plain values back; the guards made here hold it to that, and
turn what a callback raises into SQLite's error. The original exception is chained, and with
``enable_callback_tracebacks(True)`` also goes to ``sys.unraisablehook``, as in the standard library.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mantisdb_dbapi.errors import NotSupportedError, OperationalError, ProgrammingError, raise_translated
from mantisdb_dbapi.text import expand
from mantisdb_sql.authorizer import Authorizer
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.interrupts import Progress
from mantisdb_sql.values.storage import INT_MAX, INT_MIN, SqlValue

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["CallbackMixin", "enable_callback_tracebacks"]

MAX_ARGUMENTS = 127
_DENY = 1
_show_tracebacks = False


def _guard_authorizer(callback: Callable[..., Any]) -> Callable[..., int]:
    """The callback's answer as SQLite's library takes it: what is no integer, or no answer, denies."""

    def ask(*arguments: Any) -> int:
        try:
            answer = callback(*arguments)
            return answer if isinstance(answer, int) and -(2**31) <= answer < 2**31 else _DENY
        except Exception as error:
            report(error, callback)
            return _DENY

    return ask


def enable_callback_tracebacks(enable: bool, /) -> None:
    """Report exceptions of callbacks to ``sys.unraisablehook``, or not."""
    global _show_tracebacks
    _show_tracebacks = bool(enable)


class CallbackMixin:
    """The part of Connection that registers callbacks."""

    __slots__ = ()
    if TYPE_CHECKING:
        _session: Session
        _length_limit: int

        @property
        def _trace_callback(self) -> Callable[[str], object] | None: ...
        @_trace_callback.setter
        def _trace_callback(self, callback: Callable[[str], object] | None) -> None: ...
        def _check(self) -> None: ...
        def _choose_path(self) -> None: ...
        def _forget_plans(self) -> None: ...

    def create_function(
        self, name: str, narg: int, func: Callable[..., SqlValue] | None, *, deterministic: bool = False
    ) -> None:
        """Make ``func`` an SQL function of ``narg`` arguments (-1: any number); None removes it."""
        self._check()
        if not -1 <= narg <= MAX_ARGUMENTS:
            raise OperationalError("Error creating function")
        guarded = None if func is None else _guard(func, "user-defined function raised exception")
        self._register("create_function", name, narg, guarded, deterministic=deterministic)

    def create_aggregate(self, name: str, n_arg: int, aggregate_class: Callable[[], Any] | None) -> None:
        """Make a class with ``step(*args)`` and ``finalize()`` an SQL aggregate; None removes it."""
        self._check()
        if not -1 <= n_arg <= MAX_ARGUMENTS:
            raise OperationalError("Error creating aggregate")
        guarded = None if aggregate_class is None else partial(_GuardedAggregate, aggregate_class)
        self._register("create_aggregate", name, n_arg, guarded)

    def create_window_function(self, name: str, num_params: int, aggregate_class: Any, /) -> None:
        """Make a class an aggregate that can slide over a window."""
        self._check()
        count = operator.index(num_params)
        if not -1 <= count <= MAX_ARGUMENTS:
            raise ProgrammingError("bad parameter or other API misuse")
        guarded = None if aggregate_class is None else partial(_GuardedWindow, aggregate_class)
        self._register("create_window_function", name, count, guarded)

    def create_collation(self, name: str, callback: Callable[[str, str], int] | None, /) -> None:
        """Make ``callback(a, b)``, which tells the order by a number's sign, a collation; None removes it."""
        self._check()
        if not isinstance(name, str):
            raise TypeError(f"create_collation() argument 1 must be str, not {type(name).__name__}")
        name.encode()  # a lone surrogate is no name
        if callback is not None and not callable(callback):
            raise TypeError("parameter must be callable")
        self._register("create_collation", str.__str__(name), callback)

    def _register(self, how: str, *args: Any, **options: Any) -> None:
        try:
            getattr(self._session.functions, how)(*args, **options)
        except NotSupported as error:
            raise_translated(error)
        except SqlError as error:
            raise OperationalError(str(error)) from None
        finally:
            self._forget_plans()

    def set_trace_callback(self, trace_callback: Callable[[str], object] | None) -> None:
        """Call back with the text of each statement that is run, parameters filled in."""
        self._check()
        self._trace_callback = trace_callback
        self._choose_path()

    def set_authorizer(self, authorizer_callback: Callable[..., int] | None) -> None:
        """Ask ``authorizer_callback(action, first, second, database, origin)`` what statements may do, while they are
        compiled: SQLITE_OK, SQLITE_DENY or SQLITE_IGNORE. An exception denies."""
        self._check()
        authorizer = None
        if authorizer_callback is not None:
            authorizer = Authorizer(_guard_authorizer(authorizer_callback))
        self._session.set_authorizer(authorizer)
        self._forget_plans()
        self._choose_path()

    def set_progress_handler(self, progress_handler: Callable[[], object] | None, n: int) -> None:
        """Call back about every ``n`` steps of a statement; it is interrupted where the answer is true."""
        self._check()
        every = operator.index(n)
        progress = None
        if progress_handler is not None and every > 0:
            progress = Progress(_guard_progress(progress_handler), every)
        self._session.set_progress(progress)
        self._forget_plans()
        self._choose_path()

    def enable_load_extension(self, enable: bool, /) -> None:
        """Allow C extensions of SQLite, of which there are none here."""
        self._check()
        if enable:
            raise NotSupportedError(
                "enable_load_extension() is not supported: SQLite extensions are C libraries"
            )

    def load_extension(self, name: str, /, *, entrypoint: str | None = None) -> None:
        """Load a C extension of SQLite."""
        self._check()
        raise NotSupportedError("load_extension() is not supported: SQLite extensions are C libraries")

    def _trace(self, sql: str) -> None:
        callback = self._trace_callback
        if callback is not None:
            try:
                callback(sql)
            except Exception as error:
                report(error, callback)

    def _trace_statement(self, sql: str, values: Sequence[SqlValue]) -> None:
        if self._trace_callback is not None:
            expanded = expand(sql, values)
            self._trace(expanded if len(expanded) <= self._length_limit else sql)


def report(error: BaseException, callback: object) -> None:
    """Show an exception that cannot go on to the caller, if tracebacks are wanted."""
    if _show_tracebacks:
        sys.unraisablehook(
            SimpleNamespace(
                exc_type=type(error),
                exc_value=error,
                exc_traceback=error.__traceback__,
                err_msg=None,
                object=callback,
            )
        )


def _guard(func: Callable[..., Any], message: str) -> Callable[..., SqlValue]:
    """``func``, with a plain value as its result and SqlError as its only exception."""

    def call(*args: Any) -> SqlValue:
        try:
            return plain_result(func(*args))
        except Exception as error:
            report(error, func)
            raise _callback_error(error, message) from error

    return call


def _guard_progress(handler: Callable[[], object]) -> Callable[[], bool]:
    """``handler``, whose exceptions interrupt, too."""

    def call() -> bool:
        try:
            return bool(handler())
        except Exception as error:
            report(error, handler)
            return True

    return call


def _callback_error(error: Exception, message: str) -> SqlError:
    if isinstance(error, MemoryError):
        return SqlError("out of memory", "SQLITE_NOMEM")
    if isinstance(error, OverflowError):
        return SqlError("string or blob too big", "SQLITE_TOOBIG")
    return SqlError(message)


def plain_result(value: Any) -> SqlValue:
    """A callback's result as an SQL value."""
    if value is None:
        return None
    if isinstance(value, int):
        value = int.__index__(value)
        if not INT_MIN <= value <= INT_MAX:
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        return int(value)
    if isinstance(value, float):
        value = float.__float__(value)
        return value if value == value else None
    if isinstance(value, str):
        if not value.isascii():
            value.encode()  # a lone surrogate is no text
        return str.__str__(value)
    view = memoryview(value)
    if not view.c_contiguous:
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    return bytes(view)


class _GuardedAggregate:
    """An object of a user's class, whose methods raise SqlError only; made at the first row: without one the result is
    NULL."""

    def __init__(self, aggregate_class: Callable[[], Any]) -> None:
        self._class = aggregate_class
        self._instance: Any = None

    def step(self, *args: Any) -> None:
        """One more row."""
        self._made()
        self._call("step", self._method("step"), *args)

    def finalize(self) -> SqlValue:
        """The result."""
        if self._instance is None:
            return None
        return self._result_of("finalize")

    def _made(self) -> None:
        if self._instance is None:
            self._instance = self._call("__init__", self._class)

    def _method(self, name: str) -> Callable[..., Any]:
        try:
            method: Callable[..., Any] = getattr(self._instance, name)
        except AttributeError as error:
            report(error, self._class)
            raise SqlError(f"user-defined aggregate's '{name}' method not defined") from error
        return method

    def _result_of(self, name: str) -> SqlValue:
        method = self._method(name)
        result: SqlValue = self._call(name, lambda: plain_result(method()))
        return result

    def _call(self, name: str, action: Callable[..., Any], *args: Any) -> Any:
        try:
            return action(*args)
        except Exception as error:
            report(error, self._class)
            raise _callback_error(error, f"user-defined aggregate's '{name}' method raised error") from error


class _GuardedWindow(_GuardedAggregate):
    """The same for a class that can slide over a window."""

    def inverse(self, *args: Any) -> None:
        """One row less."""
        self._made()
        self._call("inverse", self._method("inverse"), *args)

    def value(self) -> SqlValue:
        """The result for the rows that it has now."""
        self._made()
        return self._result_of("value")
