"""What random SQL is made of: values, their literals and parameters, tables and what is visible of them.

Two values that SQLite's comparison holds equal may differ ('a' and 'A' under NOCASE, 1 and 1.0), and which of them
stands for a group is left open. An expression is *exact* where equal values are the same value; only exact ones are
grouped or deduplicated below the top of a statement.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

WORDS = ("", "a", "A", "ab", "Ab ", "abc", "b", "B", "10", "1e2", " 7", "7x", "-3", "0", "é", "É", "ß",
         "漢字", "😀", "😀a𝒳", "%", "a_c", "null", "x'y", "9223372036854775807", "9223372036854775808", "0x10", ".5",
         "1.0", "-0.0", "a\tb", "a\nb", "true", "2024-02-29", "[1,2]", '{"a":1}', "x" * 300, "long é " * 50,
         )  # fmt: skip
INTEGERS = (0, 1, -1, 2, 3, 7, 10, 100, 127, 128, 255, 32767, 65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**32,
            2**53, 2**53 + 1, -(2**53) - 1, 2**62, 2**63 - 1, -(2**63), -(2**63) + 1)  # fmt: skip
REALS = (0.0, -0.5, 0.5, 1.0, 2.0, 1.5, 3.14159, 1e10, -1e-7, 1e15, 1e16, 1e300, 9.2233720368547758e18, 123456.789,
         0.1, -7.25, 9007199254740993.0, -9.2233720368547758e18)  # fmt: skip
EDGE_REALS = (-0.0, float("inf"), float("-inf"), float("nan"), 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308)
BLOBS = (b"", b"a", b"ab", b"1", b"\x01\x7f", b"\xff\x00", "é".encode())
_MARK = re.compile("\0([0-9]+)\0")


@dataclass
class Statement:
    """One statement and how its results may be compared.

    ordered  rows must come in the same order (the ORDER BY is total)
    loose    1 and 1.0, 'a' and 'A' may stand for each other: SQLite may show any member of a group of equals
    eager    everything is evaluated, in one order: an error of one side only is a difference
    fate     only whether there is an error is compared, and which
    worded   an error must have the same text
    change   the contents, the schema or the transaction may be others afterwards
    many     the rows of parameters of an executemany(), which is the same as execute() of one after the other
    theirs   what says the same to SQLite, whose library is built without what ``sql`` uses
    """

    sql: str
    params: list[Any] | dict[str, Any] = field(default_factory=list)
    ordered: bool = False
    loose: bool = False
    eager: bool = False
    fate: bool = False
    worded: bool = False
    change: bool = False
    many: list[list[Any]] | None = None
    theirs: str | None = None


@dataclass
class Table:
    """A table or view as the generator knows it.

    unique        columns of UNIQUE constraints and indexes, and generated ones: an UPDATE leaves them alone
    rowid_column  the INTEGER PRIMARY KEY
    exact         columns in which equal values are the same value
    generated     columns that no INSERT names
    keys          what numbers the rows: the rowid, a primary key, or nothing
    indexes       the indexes that CREATE INDEX made
    whole         those of them that hold every row
    index_terms   what each index is made of, with the condition of a partial one
    fixed         columns that something else names: an index, a constraint, a generated column
    strict        whether columns take only values of their type
    triggers      those that a change of it fires
    touched       the tables that these may change, they and what is fired in turn
    """

    name: str
    columns: list[str]
    unique: list[str] = field(default_factory=list)
    rowid_column: str | None = None
    exact: list[str] = field(default_factory=list)
    generated: list[str] = field(default_factory=list)
    keys: list[str] | None = field(default_factory=lambda: ["rowid"])
    indexes: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    index_terms: dict[str, tuple[list[str], str]] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    strict: bool = False
    triggers: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)


@dataclass
class Scope:
    """Column references that an expression may use; ``keys`` number the rows where something does."""

    references: list[str]
    exact: list[str] = field(default_factory=list)
    keys: list[str] | None = None

    def inside(self, outer: Scope | None) -> Scope:
        """This scope with the references of a query around it."""
        return Scope(self.references + outer.references, self.exact, self.keys) if outer else self


class Base:
    """A source of chance, of constants, and of numbered names.

    without   names of features to leave out
    long      a table too long to be joined, or None
    share     how many of the constants are bound parameters, until the statement is finished
    lasting   the text outlives its statement (a view), and so names no index
    """

    def __init__(self, seed: object, without: frozenset[str] = frozenset()) -> None:
        self.chance = random.Random(str(seed))
        self.without = without
        self.tables: list[Table] = []
        self.views: list[Table] = []
        self.changing: Table | None = None
        self.long: Table | None = None
        self.share = 0.5
        self.lasting = False
        self._pool: list[Any] = []
        self._aliases = 0

    def maybe(self, probability: float, feature: str = "") -> bool:
        """True with that probability where the feature is in use."""
        return self.chance.random() < probability and feature not in self.without

    def alias(self) -> str:
        """A name that no other table of the statement has."""
        self._aliases = (self._aliases + 1) % 1000
        return f"a{self._aliases}"

    def readable(self) -> list[Table]:
        """The tables that a query may read. A change that reads its own table sees, in SQLite, what it has changed
        so far, in an order left open; so with tables that its triggers change."""
        changing = self.changing
        if changing is None:
            return list(self.tables)
        return [table for table in self.tables if table is not changing and table.name not in changing.touched]

    # -- constants -------------------------------------------------------------------------------------------

    def value(self) -> Any:
        """A value of any storage class."""
        chance = self.chance
        kind = chance.random()
        if kind < 0.12:
            return None
        if kind < 0.45:
            return chance.choice(INTEGERS) if chance.random() < 0.3 else chance.randint(-5, 12)
        if kind < 0.60:
            return chance.choice(EDGE_REALS if chance.random() < 0.1 else REALS)
        if kind < 0.93:
            return chance.choice(WORDS)
        return chance.choice(BLOBS)

    def literal(self, value: Any) -> str:
        """The value as SQL text."""
        if value is None or value != value:
            return "NULL"
        if isinstance(value, str):
            return "'" + value.replace("'", "''") + "'"
        if isinstance(value, bytes):
            return f"x'{value.hex()}'"
        if value == -(2**63) and isinstance(value, int):
            return "(-9223372036854775807 - 1)"
        text = repr(value).replace("inf", "9e999")
        return f"({text})" if text.startswith("-") else self._respelled(text)

    def _respelled(self, text: str) -> str:
        """A number without a sign, now and then in another of the ways to write it."""
        if not text.isdigit() or self.chance.random() < 0.85:
            return text
        number = int(text)
        grouped = f"{number:_}" if number > 999 else text
        return self.chance.choice((hex(number), hex(number).upper().replace("X", "x"), grouped, f"0{text}", f"+{text}"))

    def constant(self) -> str:
        """A literal, or a bound parameter."""
        return self.bound(self.value())

    def bound(self, value: Any) -> str:
        """The value as a literal, or as a bound parameter."""
        if self.chance.random() < self.share:
            self._pool.append(value)
            return f"\0{len(self._pool) - 1}\0"
        return self.literal(value)

    def finish(self, sql: str, **how: bool) -> Statement:
        """The statement; its marked parameters become ``?`` in the order of the text, or one of the other kinds."""
        binder = Binder(self.chance, self._pool)
        text = _MARK.sub(lambda mark: binder.place(int(mark[1])), sql)
        self._pool = []
        self.share = 0.5
        return Statement(text, binder.bindings(), **how)


class Binder:
    """The parameters of a statement: all of one kind, or a mixture of ``?`` and ``?7`` with gaps between numbers."""

    def __init__(self, chance: random.Random, pool: list[Any]) -> None:
        self._chance, self._pool = chance, pool
        self._kind = chance.choice(("?", "?", "?", "?1", "mixed", ":", "@", "$"))
        self._values: list[Any] = []

    def place(self, position: int) -> str:
        """The parameter for a value of the pool."""
        value = self._pool[position]
        number = self._again(value) if self._kind != "?" else None
        if number is None:
            before = len(self._values)
            number = self._next(value)
            if self._kind == "mixed" and number == before + 1 and self._chance.random() < 0.5:
                return "?"
        if self._kind in ("?", "?1", "mixed"):
            return "?" if self._kind == "?" else f"?{number}"
        return f"{self._kind}p{number}"

    def _next(self, value: Any) -> int:
        if self._kind == "mixed" and self._chance.random() < 0.2:
            self._values.append(None)
        self._values.append(value)
        return len(self._values)

    def _again(self, value: Any) -> int | None:
        """The number of a value that was bound before."""
        for number, other in enumerate(self._values, 1):
            if other is value and self._chance.random() < 0.7:
                return number
        return None

    def bindings(self) -> list[Any] | dict[str, Any]:
        """What execute() takes."""
        if self._kind in (":", "@", "$"):
            return {f"p{number}": value for number, value in enumerate(self._values, 1)}
        return self._values
