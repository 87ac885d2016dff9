"""Binding many rows at once, for ``executemany``: column by column, where the outcome is that of row by row.

:func:`as_tuples` gives rows the form that a batch wants; :func:`adapted` is for rows that the statement declined, and
makes their values plain: objects with an adapter, bool and other subclasses, NaN. Both give None where a row has
something wrong with it. The caller then binds row by row (:func:`mantisdb_dbapi.parameters.bind`), so that the rows
before the wrong one are run and it gets its error; adapters are then called a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import countOf, itemgetter
from typing import Any

from mantisdb_dbapi.adaptation import PrepareProtocol, adapt
from mantisdb_dbapi.parameters import PLAIN_TYPES, plain_value
from mantisdb_sql.values.storage import SqlValue

__all__ = ["adapted", "as_tuples"]

Row = tuple[Any, ...]


def as_tuples(names: Sequence[str | None], rows: list[Any]) -> list[Row] | None:
    """The rows as tuples in the order of the statement's slots; None where they are neither all sequences nor dicts
    with everything that the slots name. Sequences may have any width."""
    if countOf(map(type, rows), tuple) == len(rows):
        return rows
    kinds = set(map(type, rows))
    if kinds <= {tuple, list}:
        return list(map(tuple, rows))
    if kinds == {dict} and names and None not in names:
        keys = [name[1:] for name in names if name is not None]
        try:
            return list(map(itemgetter(*keys), rows)) if len(keys) > 1 else [(row[keys[0]],) for row in rows]
        except KeyError:
            return None
    return None


def adapted(rows: list[Row], length_limit: int) -> list[Row] | None:
    """The rows with plain values only; None where they were plain already, or have something wrong with them."""
    try:
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        mended = [_plain_column(column, slot, length_limit) for slot, column in enumerate(columns)]
    except Exception:  # also what adapters raise: the row by row way meets it again, in its place
        return None
    if all(new is old for new, old in zip(mended, columns, strict=True)):
        return None
    return list(zip(*mended, strict=True))


def _plain_column(column: Iterable[Any], slot: int, length_limit: int) -> Iterable[SqlValue]:
    """The column itself if it has plain values only."""
    kinds = set(map(type, column))
    if kinds <= PLAIN_TYPES and not (float in kinds and any(value != value for value in column)):
        return column
    values = [value if type(value) in PLAIN_TYPES else adapt(value, PrepareProtocol, value) for value in column]
    return [
        value if type(value) in PLAIN_TYPES and value == value else plain_value(value, slot, length_limit)
        for value in values
    ]
