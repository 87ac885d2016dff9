"""The clauses of a scan, as records.

A chain of clauses can stand in a comprehension, where ``str(clause)`` is its text, or as nested statements
(:meth:`QueryWriter.nest`). Whoever writes code around a scan looks at the records, never at the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class For:
    """``target`` takes each item of ``iterable``."""

    target: str
    iterable: str

    def __str__(self) -> str:
        return f"for {self.target} in {self.iterable}"


@dataclass(frozen=True, slots=True)
class Let:
    """``target`` takes one value. In a comprehension that is a loop over a tuple of one, which CPython compiles
    into an assignment."""

    target: str
    value: str

    def __str__(self) -> str:
        return f"for {self.target} in ({self.value},)"


@dataclass(frozen=True, slots=True)
class If:
    """Only where ``test`` is true."""

    test: str

    def __str__(self) -> str:
        return f"if {self.test}"


Clause = For | Let | If


def comprehension(head: str, clauses: Iterable[Clause]) -> str:
    """``head for … if …``, without the brackets; just ``head`` where there are no clauses."""
    return " ".join([head, *map(str, clauses)])
