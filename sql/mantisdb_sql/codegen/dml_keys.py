"""Index keys, as source text for generated code and as functions for bulk work.

The layout is that of :class:`mantisdb_sql.catalog.definitions.IndexDef`: the indexed values, each through its
collation's key function, then the rowid; a UNIQUE index leaves the rowid out of keys in which nothing is NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from mantisdb_sql.catalog.definitions import IndexDef
from mantisdb_sql.codegen.null_tests import is_null
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.values.collation import nocase_key, rtrim_key
from mantisdb_sql.values.storage import ANY, NULL, TEXT

__all__ = [
    "KeyFunction", "assembled_key", "key_code", "key_function", "probe_code", "removal", "stored_key_code",
    "value_code",
]

KeyFunction = Callable[[tuple[Any, ...], int], "tuple[Any, ...] | None"]
"""A row and its rowid to its key; None where a partial index does not hold the row."""


def value_code(collation: str, code: str, classes: int, source: Source) -> str:
    """Code of one key value: ``code`` through the collation's key function."""
    if collation == "NOCASE" and classes & TEXT:
        return f"{source.constant(nocase_key, 'nocase_key')}({code})"
    if collation == "RTRIM" and classes & TEXT:
        return f"{source.constant(rtrim_key, 'rtrim_key')}({code})"
    return code


def key_code(
    index: IndexDef, values: Sequence[str], classes: Sequence[int], rowid: str, source: Source
) -> str:
    """Code of a row's key, given code and class set of every column of the table; values must be names or subscripts.

    Not for indexes that are computed: ``stored_key_code`` is.
    """
    assert not index.is_computed, "the key of a computed index has a program"
    parts = [(values[column.position], classes[column.position]) for column in index.columns]
    return assembled_key(index, parts, rowid, source)


def stored_key_code(
    index: IndexDef, row: str, values: Sequence[str], classes: Sequence[int], rowid: str, source: Source
) -> str:
    """As ``key_code``, of any index, where ``row`` is a name of the row; None where the row is not in the index."""
    if index.program is None:
        return key_code(index, values, classes, rowid, source)
    return f"{source.constant(index.program.key, f'key{index.tree_id}')}({row}, {rowid})"


def assembled_key(index: IndexDef, values: Sequence[tuple[str, int]], rowid: str, source: Source) -> str:
    """Code of a key, given code and class set of every column of the index."""
    parts, nullable = [], []
    for column, (code, kinds) in zip(index.columns, values, strict=True):
        parts.append(value_code(column.collation, code, kinds, source))
        if kinds & NULL:
            nullable.append(is_null(code, False))
    with_rowid = f"({', '.join([*parts, rowid])})"
    if not index.meets_at_keys:
        return with_rowid
    without = f"({', '.join(parts)},)"
    if not nullable:
        return without
    return f"{without} if {' and '.join(nullable)} else {with_rowid}"


def probe_code(
    index: IndexDef, row: str, values: Sequence[str], classes: Sequence[int], rowid: str, source: Source
) -> str:
    """Code of the rowid that has a row's key in a UNIQUE index, or None; a key with a NULL in it is
    nobody's."""
    if index.program is not None:
        return f"{source.constant(index.program.other, f'other{index.tree_id}')}(txn, {row}, {rowid})"
    parts, nullable = [], []
    for column in index.columns:
        parts.append(value_code(column.collation, values[column.position], classes[column.position], source))
        if classes[column.position] & NULL:
            nullable.append(is_null(values[column.position], False))
    probe = f"txn.unmerged[{index.tree_id}].get(({', '.join(parts)},))"
    return f"{probe} if {' and '.join(nullable)} else None" if nullable else probe


def removal(index: IndexDef, key: str, rowid: str) -> str:
    """Code that removes an entry, which is there."""
    if index.is_plain:
        return f"txn.delete_later({index.tree_id}, {key}, {rowid})"
    return f"txn.delete({index.tree_id}, {key})"


def key_function(index: IndexDef) -> KeyFunction:
    """``f(row, rowid)`` that makes a row's key."""
    if index.program is not None:
        return index.program.key
    assert not index.is_computed, "the key of a computed index has a program"
    columns = tuple((c.position, c.collation) for c in index.columns)
    return _key_function(columns, index.unique)


@lru_cache(maxsize=1024)
def _key_function(columns: tuple[tuple[int, str], ...], unique: bool) -> KeyFunction:
    from mantisdb_sql.catalog.definitions import IndexColumn

    source = Source()
    index = IndexDef("", "", 0, [IndexColumn(p, c) for p, c in columns], unique=unique)
    width = max((p for p, _ in columns), default=0) + 1
    values = [f"r[{i}]" for i in range(width)]
    with source.block("def key(r, k):"):
        source.line(f"return {key_code(index, values, [ANY] * width, 'k', source)}")
    return source.compile("key", "index key")
