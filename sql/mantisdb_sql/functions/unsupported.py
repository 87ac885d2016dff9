"""Functions of SQLite that MantisDB does not have yet: a call is "not supported", not "no such function".

Only functions that the reference build of SQLite has without loading anything, and without a virtual table
behind them (https://www.sqlite.org/lang_corefunc.html, lang_aggfunc.html).
"""

from __future__ import annotations

__all__ = ["is_known_to_sqlite"]

_NAMES = frozenset(
    [
        "median", "percentile", "percentile_cont", "percentile_disc",
        "load_extension",
        "sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_source_id", "sqlite_log",
    ]
)  # fmt: skip


def is_known_to_sqlite(name: str) -> bool:
    """Whether SQLite has a function of this (lower-case) name that is missing here."""
    return name in _NAMES
