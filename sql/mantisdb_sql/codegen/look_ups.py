"""Look-ups: the text of the function that finds a row by its rowid, or the few entries of an index between two keys.

    for r1 in map(t5.row, t7.between((p0,), (p0, INFINITY)))        once
    for r1 in map(q2, q1((r0[1],), (r0[1], INFINITY)))              for many rows r0

What is visited many times has functions that remember where they found something last (``fingers`` of the engine):
here ``q1 = run_finder(t7)`` and ``q2 = row_finder(t5)``; for a batch of entries, ``rows_finder(t5)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mantisdb_engine.fingers import row_finder, rows_finder, run_finder
from mantisdb_sql.values.storage import INTEGER

if TYPE_CHECKING:
    from mantisdb_sql.binding.plan import Step
    from mantisdb_sql.codegen.query import QueryWriter

__all__ = ["row_by_key", "rows_by_keys", "rows_of_batches", "run_of_entries"]

_MANY = 50


def row_by_key(writer: QueryWriter, step: Step, key: str, classes: int, missing: str = "") -> str:
    """Text of the row with one rowid of these classes, looked for at each visit; else ``missing``, or None."""
    tree = writer.tree(step.source.tree_id)
    default = f", {missing}" if missing else ""
    if classes & ~INTEGER:  # ``row`` takes integers only
        return f"{tree}.get({key}{default})"
    if step.visits < _MANY:
        return f"{tree}.row({key}{default})"
    return f"{writer.hoist(f'{_finder(writer, row_finder)}({tree}{default})')}({key})"


def rows_by_keys(writer: QueryWriter, step: Step) -> str:
    """Text of the function that finds each of the rows of a visit."""
    tree = writer.tree(step.source.tree_id)
    if step.visits * max(step.rows_estimate, 1.0) < _MANY:
        return f"{tree}.row"
    return writer.hoist(f"{_finder(writer, row_finder)}({tree})")


def rows_of_batches(writer: QueryWriter, step: Step) -> str:
    """Text of the function that finds the rows of a batch of entries."""
    tree = writer.tree(step.source.tree_id)
    if step.visits * max(step.rows_estimate, 1.0) < _MANY:
        return f"{tree}.get_many"
    return writer.hoist(f"{_finder(writer, rows_finder)}({tree})")


def run_of_entries(writer: QueryWriter, step: Step, index: str) -> str:
    """Text of the function that finds the entries of a visit."""
    if step.visits < _MANY:
        return f"{index}.between"
    return writer.hoist(f"{_finder(writer, run_finder)}({index})")


def _finder(writer: QueryWriter, function: Callable[..., Any]) -> str:
    return writer.source.constant(function, function.__name__)
