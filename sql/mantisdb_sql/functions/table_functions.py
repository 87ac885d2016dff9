"""Table-valued functions: what stands in FROM with arguments and makes rows.

Arguments are the values of *hidden* columns, which ``*`` does not show: ``json_each('[1]')`` is
``json_each WHERE json = '[1]'``. A definition's ``rows(wanted)``, given the positions of the columns that a query
reads, is the function from arguments to rows; an argument that is not given comes as ``...``.

PRAGMA statements that only answer are tables as well, called pragma_NAME; their rows come from the connection.
generate_series is SQLite's extension (https://sqlite.org/series.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.connection import ConnectionHooks
from mantisdb_sql.functions.json_each import COLUMNS, MARKED_VALUE, json_rows
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.rules import as_integer, text_of
from mantisdb_sql.values.storage import ANY, BLOB, INTEGER, NULL, SMALL, TEXT

__all__ = ["TableFunctionDef", "called_once", "is_table_function", "table_function", "without_rows"]

Rows = Callable[..., Iterable[tuple[Any, ...]]]


@dataclass(slots=True, eq=False)
class TableFunctionDef:
    """A table-valued function.

    columns      (name, class set), the hidden ones last
    hidden       how many are hidden: so many arguments it takes
    rows         see the module
    first_rowid  the first row's rowid, from which the others count on; None: the first column is the rowid
    twins        column -> the position behind all columns where the same value is marked as JSON
    estimate     about how many rows a call makes
    is_unbounded whether it may make more than there is memory for, one by one
    is_strict    whether it has no rows where an argument is NULL
    """

    name: str
    columns: list[tuple[str, int]]
    hidden: int
    rows: Callable[[frozenset[int]], Rows]
    first_rowid: int | None = 1
    twins: dict[int, int] | None = None
    estimate: float = 10.0
    is_unbounded: bool = False
    is_strict: bool = False


def called_once(rows: Rows) -> Rows:
    """A function that is always called with the same arguments, for one execution: the rows are made at the first
    call."""
    made: list[list[tuple[Any, ...]]] = []

    def call(*arguments: Any) -> list[tuple[Any, ...]]:
        if not made:
            made.append(list(rows(*arguments)))
        return made[0]

    return call


def without_rows(function: TableFunctionDef) -> TableFunctionDef:
    """The function as one that never has rows."""
    return replace(function, rows=lambda wanted: lambda *arguments: ())


def table_function(name: str, hooks: ConnectionHooks) -> TableFunctionDef | None:
    """The function called ``name``, in any case."""
    name = lower_ascii(name)
    if name.startswith("pragma_"):
        return _pragma(name, hooks)
    return _BUILT_IN.get(name)


def is_table_function(name: str) -> bool:
    """Whether one of SQLite's table-valued functions is called ``name``, in any case: a table that nobody made."""
    name = lower_ascii(name)
    return name in _BUILT_IN or name in _ANSWERING


# -------------------------------------------------------------------------------------------------------- JSON

_JSON_CLASSES = (
    NULL | INTEGER | TEXT, ANY, TEXT, ANY & ~BLOB, INTEGER, NULL | SMALL, TEXT, TEXT, TEXT | BLOB, TEXT,
)  # fmt: skip


def _json(name: str) -> TableFunctionDef:
    recursive, binary = name.endswith("tree"), name.startswith("jsonb")

    def prepare(wanted: frozenset[int]) -> Rows:
        def rows(json: Any, root: Any = ...) -> Iterable[tuple[Any, ...]]:
            if json is ...:
                return ()
            return json_rows(json, "$" if root is ... else root, recursive, binary, wanted)

        return rows

    columns = list(zip(COLUMNS, _JSON_CLASSES, strict=True))
    return TableFunctionDef(name, columns, 2, prepare, first_rowid=0, twins={1: MARKED_VALUE}, is_strict=True)


# ------------------------------------------------------------------------------------------------------ series

_DEFAULT_STOP = 4294967295


def _series(wanted: frozenset[int]) -> Rows:
    only_value = not wanted - {0}

    def rows(start: Any, stop: Any = ..., step: Any = ...) -> Iterable[tuple[Any, ...]]:
        if start is ...:
            raise SqlError('first argument to "generate_series()" missing or unusable')
        if start is None or stop is None or step is None:
            return ()
        first = as_integer(start)
        last = _DEFAULT_STOP if stop is ... else as_integer(stop)
        stride = (1 if step is ... else as_integer(step)) or 1
        values = range(first, last + (1 if stride > 0 else -1), stride)
        return zip(values) if only_value else _series_rows(values, first, last, stride)

    return rows


def _series_rows(values: range, start: int, stop: int, step: int) -> Iterator[tuple[int, int, int, int]]:
    return ((value, start, stop, step) for value in values)


_BUILT_IN = {name: _json(name) for name in ("json_each", "json_tree", "jsonb_each", "jsonb_tree")}
_BUILT_IN["generate_series"] = TableFunctionDef(
    "generate_series",
    [("value", INTEGER), ("start", INTEGER), ("stop", INTEGER), ("step", INTEGER)],
    3,
    _series,
    first_rowid=None,
    estimate=1000.0,
    is_unbounded=True,
    is_strict=True,
)


# ----------------------------------------------------------------------------------------------------- pragmas

_WITH_ARGUMENT = frozenset(
    {
        "foreign_key_check", "foreign_key_list", "index_info", "index_list", "index_xinfo", "integrity_check",
        "quick_check", "table_info", "table_xinfo", "table_list",
    }
)  # fmt: skip
_OF_A_DATABASE = _WITH_ARGUMENT - {"table_list"} | {
    "auto_vacuum", "cache_size", "cache_spill", "journal_mode", "journal_size_limit", "locking_mode",
    "max_page_count", "page_count", "page_size", "synchronous",
}  # fmt: skip


_ANSWERING = frozenset(f"pragma_{name}" for name in _OF_A_DATABASE | _WITH_ARGUMENT)


def _pragma(name: str, hooks: ConnectionHooks) -> TableFunctionDef | None:
    pragma = name.removeprefix("pragma_")
    shown = hooks.pragma_columns(pragma)
    if shown is None:
        return None
    hidden = (["arg"] if pragma in _WITH_ARGUMENT else []) + (["schema"] if pragma in _OF_A_DATABASE else [])

    def rows(*arguments: Any) -> Iterable[tuple[Any, ...]]:
        given = [None if a is ... or a is None else text_of(a) for a in arguments]
        given += [None] * (len(hidden) - len(given))
        value = given[0] if pragma in _WITH_ARGUMENT else None
        schema = given[-1] if pragma in _OF_A_DATABASE else None
        return [(*row, *given) for row in hooks.pragma(pragma, value, schema)]

    columns = [(column, ANY) for column in [*shown, *hidden]]
    return TableFunctionDef(name, columns, len(hidden), lambda wanted: rows)
