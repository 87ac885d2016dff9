"""User-defined functions: their values are made plain, their exceptions become SQLite's errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.storage import INT_MAX, INT_MIN

__all__ = ["aggregate_maker", "plain", "scalar_call", "window_maker"]


def plain(value: Any) -> Any:
    """A Python value as SQL has it; TypeError or OverflowError where SQL has none."""
    kind = value.__class__
    if value is None or kind is str or kind is bytes:
        return value
    if kind is int or isinstance(value, int):
        value = int(value)
        if not INT_MIN <= value <= INT_MAX:
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        return value
    if isinstance(value, float):
        return float(value) if value == value else None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise TypeError(f"a function cannot give {kind.__name__} to SQL")


def scalar_call(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, checked."""

    def call(*args: Any) -> Any:
        try:
            return plain(function(*args))
        except SqlError:
            raise
        except MemoryError:
            raise
        except OverflowError as error:
            raise SqlError("string or blob too big", "SQLITE_TOOBIG") from error
        except Exception as error:
            raise SqlError("user-defined function raised exception") from error

    return call


class _Aggregate:
    """A user's aggregate object, checked: an error names the method that raised it."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        try:
            self._object = factory()
        except Exception as error:
            raise SqlError("user-defined aggregate's '__init__' method raised error") from error

    def step(self, *args: Any) -> None:
        try:
            self._object.step(*args)
        except SqlError:
            raise
        except AttributeError as error:
            if hasattr(self._object, "step"):
                raise SqlError("user-defined aggregate's 'step' method raised error") from error
            raise SqlError("user-defined aggregate's 'step' method not defined") from error
        except Exception as error:
            raise SqlError("user-defined aggregate's 'step' method raised error") from error

    def final(self) -> Any:
        try:
            return plain(self._object.finalize())
        except SqlError:
            raise
        except AttributeError as error:
            if hasattr(self._object, "finalize"):
                raise SqlError("user-defined aggregate's 'finalize' method raised error") from error
            raise SqlError("user-defined aggregate's 'finalize' method not defined") from error
        except Exception as error:
            raise SqlError("user-defined aggregate's 'finalize' method raised error") from error


def aggregate_maker(factory: Callable[[], Any]) -> Callable[[], _Aggregate]:
    """Makes an accumulator for each group."""
    return lambda: _Aggregate(factory)


class _WindowFunction(_Aggregate):
    """A user's object that takes rows back and tells its value at any time."""

    def inverse(self, *args: Any) -> None:
        self._call("inverse", *args)

    def value(self) -> Any:
        return self._call("value")

    def finish(self) -> None:
        """The partition has ended. As in SQLite, nobody asks what comes of that."""
        try:
            self.final()
        except SqlError:
            pass

    def _call(self, name: str, *args: Any) -> Any:
        method = getattr(self._object, name, None)
        if method is None:
            raise SqlError(f"user-defined aggregate's '{name}' method not defined")
        try:
            return plain(method(*args))
        except SqlError:
            raise
        except Exception as error:
            raise SqlError(f"user-defined aggregate's '{name}' method raised error") from error


def window_maker(factory: Callable[[], Any]) -> Callable[[], _WindowFunction]:
    """Makes an accumulator for each partition."""
    return lambda: _WindowFunction(factory)
