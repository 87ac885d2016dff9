"""Lists of values by functions that take many values in one call.

A function may have, as its attribute ``many``, a form that takes a list and gives a list. Where generated code
would call it for each item of a list, it calls that form once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from mantisdb_sql.codegen.clauses import Clause, For, comprehension
from mantisdb_sql.codegen.source import Source

__all__ = ["list_of", "rows_of"]

_CALL = re.compile(r"(c\d+)\((r\d+\[\d+\])\)")
_COLUMN = re.compile(r"r\d+\[\d+\]")
_MOST_COLUMNS = 12


def list_of(
    source: Source, head: str, clauses: Iterable[Clause], named: Callable[[str], str] = lambda text: text
) -> str:
    """``[head for …]``; ``named`` may give the list that a function takes a name, to be used again."""
    return _in_one_call(source, head, clauses, named) or f"[{comprehension(head, clauses)}]"


def rows_of(source: Source, head: str, clauses: Sequence[Clause]) -> str:
    """``[(x, y,) for …]``: column by column where a column can be had by one call and the scan is a plain loop."""
    parts = head[1:-2].split(", ") if head.startswith("(") and head.endswith(",)") else []
    plain = len(clauses) == 1 and isinstance(clauses[0], For) and 0 < len(parts) <= _MOST_COLUMNS
    if plain and all(_COLUMN.fullmatch(part) or _CALL.fullmatch(part) for part in parts):
        calls = [_in_one_call(source, part, clauses) for part in parts]
        if any(calls):
            columns = [call or f"[{comprehension(part, clauses)}]" for call, part in zip(calls, parts, strict=True)]
            return f"list(zip({', '.join(columns)}))"
    return f"[{comprehension(head, clauses)}]"


def _in_one_call(
    source: Source, head: str, clauses: Iterable[Clause], named: Callable[[str], str] = lambda text: text
) -> str | None:
    match = _CALL.fullmatch(head)
    function = getattr(source.namespace.get(match[1]), "many", None) if match is not None else None
    if match is None or function is None:
        return None
    return f"{source.constant(function)}({named(f'[{comprehension(match[2], clauses)}]')})"
