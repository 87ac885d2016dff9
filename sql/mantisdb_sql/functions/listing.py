"""What PRAGMA function_list says of a function (https://www.sqlite.org/pragma.html#pragma_function_list).

One row for each number of arguments. A function of any number has one, of -1 arguments, or of -2 - n where they are
at least n. Its type is "s" (scalar), "a" (aggregate) or "w" (aggregate that may be used with OVER). The flags are those
of sqlite3_create_function() that SQLite shows.
"""

from __future__ import annotations

from collections.abc import Iterator

from mantisdb_sql.functions.definition import FunctionDef

__all__ = ["listed"]

_DETERMINISTIC = 0x800
_DIRECT_ONLY = 0x80000
_SUBTYPE = 0x100000
_INNOCUOUS = 0x200000

_EXTENSIONS = ("median", "percentile", "percentile_cont", "percentile_disc")
"""SQLite adds these as an application would, without flags."""
_NEVER_IN_SCHEMA = ("load_extension", "sqlite_log")
_VARYING = ("current_date", "current_time", "current_timestamp")
"""Others that may ask for the time are deterministic to SQLite, which refuses 'now' in an index when it meets it."""


def listed(definition: FunctionDef) -> Iterator[tuple[str, int, str, str, int, int]]:
    """Its rows: name, whether it is built in, type, encoding, number of arguments, flags."""
    kind = "s" if definition.kind == "scalar" else "w" if definition.slides else "a"
    for count in _argument_counts(definition):
        yield definition.name, int(definition.built_in), kind, "utf8", count, _flags(definition)


def _argument_counts(definition: FunctionDef) -> Iterator[int]:
    fewest, most = definition.min_args, definition.max_args
    if most >= 0:
        yield from range(fewest, most + 1)
    elif definition.name in ("min", "max"):  # which of one argument are aggregates
        yield -3
    else:
        yield -2 - fewest if fewest else -1


def _flags(definition: FunctionDef) -> int:
    if definition.name in _EXTENSIONS:
        return 0
    if definition.name in _NEVER_IN_SCHEMA:
        return _DIRECT_ONLY
    flags = _INNOCUOUS if definition.built_in else 0
    if _is_deterministic(definition):
        flags |= _DETERMINISTIC
    return flags | (_SUBTYPE if definition.nests_json else 0)


def _is_deterministic(definition: FunctionDef) -> bool:
    if definition.kind != "scalar" and not definition.nests_json:
        return False
    if definition.built_in and (definition.name in _VARYING or definition.name.startswith("sqlite_")):
        return False
    return definition.deterministic or definition.takes_now
