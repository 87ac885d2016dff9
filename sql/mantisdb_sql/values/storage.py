"""Storage classes and affinities: the two notions of type that SQLite has.

A value has a *storage class* (NULL, INTEGER, REAL, TEXT, BLOB); a column has an *affinity*, the class that it
prefers (https://www.sqlite.org/datatype3.html, sections 2 and 3). Values are Python's own: None, int, float, str,
bytes, and nothing else: no bool, no NaN (SQLite stores NaN as NULL), no integer outside 64 bits.

What is known about a value before it exists is a *class set*: a bit mask of the classes that it may have. INTEGER is
split in two so that the compiler can prove that arithmetic stays within 64 bits: SMALL is an integer of magnitude
below 2**31, BIG any other. A table's tree carries the class sets of all its columns in one grow-only integer
(``Tree.flags``), ``CLASS_BITS`` bits per column, column 0 lowest: the *column profile*.
"""

from __future__ import annotations

from enum import Enum

from mantisdb_sql.values.ascii_case import upper_ascii

__all__ = [
    "ANY", "BIG", "BLOB", "CLASS_BITS", "INTEGER", "INT_MAX", "INT_MIN", "NULL", "NUMBER", "REAL", "SMALL",
    "SMALL_LIMIT", "TEXT", "Affinity", "SqlValue", "affinity_of_type", "class_of", "profile_classes",
]

SqlValue = None | int | float | str | bytes
"""A value as rows, parameters and expressions hold it."""

NULL, SMALL, BIG, REAL, TEXT, BLOB = 1, 2, 4, 8, 16, 32
INTEGER = SMALL | BIG
NUMBER = INTEGER | REAL
ANY = NULL | NUMBER | TEXT | BLOB
CLASS_BITS = 6

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
SMALL_LIMIT = 2**31


class Affinity(Enum):
    """What a column does to a value stored in it, and to its partner in a comparison (datatype3.html, section 3)."""

    BLOB = "BLOB"  # "NONE" in older documentation: no conversion
    TEXT = "TEXT"
    NUMERIC = "NUMERIC"
    INTEGER = "INTEGER"
    REAL = "REAL"

    @property
    def is_numeric(self) -> bool:
        """NUMERIC, INTEGER or REAL."""
        return self in (Affinity.NUMERIC, Affinity.INTEGER, Affinity.REAL)


def affinity_of_type(declared: str | None) -> Affinity:
    """The affinity that a declared type text gives a column (datatype3.html, section 3.1); None is no type at all."""
    if not declared:
        return Affinity.BLOB
    text = upper_ascii(declared)
    if "INT" in text:
        return Affinity.INTEGER
    if "CHAR" in text or "CLOB" in text or "TEXT" in text:
        return Affinity.TEXT
    if "BLOB" in text:
        return Affinity.BLOB
    if "REAL" in text or "FLOA" in text or "DOUB" in text:
        return Affinity.REAL
    return Affinity.NUMERIC


_CLASS_OF_TYPE = {type(None): NULL, float: REAL, str: TEXT, bytes: BLOB}


def class_of(value: SqlValue) -> int:
    """The class bit of a value."""
    if value.__class__ is int:
        return SMALL if -SMALL_LIMIT < value < SMALL_LIMIT else BIG
    return _CLASS_OF_TYPE[value.__class__]


def profile_classes(flags: int, position: int) -> int:
    """The class set of the column at ``position`` in a tree's profile ``flags`` (0: nothing was ever stored)."""
    return flags >> (position * CLASS_BITS) & ANY
