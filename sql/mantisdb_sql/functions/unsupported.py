"""Functions of SQLite that MantisDB does not have yet: a call is "not supported", not "no such function".

Only functions that the reference build of SQLite has without loading anything, and without a virtual table
behind them (https://www.sqlite.org/lang_corefunc.html, json1.html, lang_aggfunc.html).
"""

from __future__ import annotations

__all__ = ["is_known_to_sqlite"]

_JSON = [
    "array", "array_insert", "extract", "insert", "object", "patch", "remove", "replace", "set",
    "group_array", "group_object",
]  # fmt: skip
_NAMES = frozenset(
    [
        "json", "jsonb", "json_array_length", "json_error_position", "json_pretty", "json_quote",
        "json_type", "json_valid", "median", "percentile", "percentile_cont", "percentile_disc", "subtype",
        "load_extension",
        "sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_source_id", "sqlite_log",
        *(f"{prefix}_{name}" for prefix in ("json", "jsonb") for name in _JSON),
    ]
)  # fmt: skip


def is_known_to_sqlite(name: str) -> bool:
    """Whether SQLite has a function of this (lower-case) name that is missing here."""
    return name in _NAMES
