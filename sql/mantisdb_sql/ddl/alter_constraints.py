"""ALTER TABLE … ADD [CONSTRAINT n] CHECK, UNIQUE or FOREIGN KEY, DROP CONSTRAINT; ALTER COLUMN … SET or DROP of
NOT NULL and DEFAULT.

Newer SQLite has those of CHECK and NOT NULL (3.53), and edits the text of the table as is done here: a new constraint
stands behind the last definition, NOT NULL behind its column's, as it was typed; what is dropped goes with the white
space, or the comma, in front of it. Rows that break a new constraint make the statement fail. UNIQUE and PRIMARY KEY
cannot be dropped. UNIQUE, FOREIGN KEY and DEFAULT are PostgreSQL's, with SQLite's messages: a new DEFAULT stands where
the old one did and concerns rows to come; a FOREIGN KEY is checked whether or not PRAGMA foreign_keys is on.

A text is cut at its tokens: definitions at the commas between the outermost parentheses, a column's constraints where
one of the words that begin a constraint stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from mantisdb_sql.errors import ConstraintError, SqlError
from mantisdb_sql.syntax.lexer import Tokens
from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii

__all__ = ["TableText", "edited_text", "failed"]

_COLUMN_WORDS = frozenset(
    ("CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS")
)
_TABLE_WORDS = frozenset(("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"))
_LASTING = frozenset(("PRIMARY", "UNIQUE", "NULL"))
_DROPPABLE = frozenset(("CHECK", "NOT", "FOREIGN", "REFERENCES"))


def failed() -> ConstraintError:
    """What rows that break a new constraint are reported as."""
    return ConstraintError("constraint failed", "SQLITE_CONSTRAINT")


@dataclass(slots=True)
class _Constraint:
    """Tokens ``first`` to ``after`` of a text; ``word`` says what it is. Its column's name, or None."""

    first: int
    after: int
    word: str
    name: str | None
    column: str | None


class TableText:
    """The text of a CREATE TABLE statement, to be edited."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = Tokens(sql)
        self._words = [upper_ascii(text) for text in self._tokens.texts]
        self._depths = self._nesting()
        self._open = self._words.index("(")
        self._close = self._depths.index(0, self._open + 1)

    def _nesting(self) -> list[int]:
        """How many parentheses are open in front of each token, a closing one counted as closed."""
        depths, depth = [], 0
        for word in self._words:
            depth -= word == ")"
            depths.append(depth)
            depth += word == "("
        return depths

    # ------------------------------------------------------------------------------------------------ reading

    def _definitions(self) -> Iterator[tuple[int, int]]:
        """First token of each definition, and the comma or the parenthesis behind it."""
        first = self._open + 1
        for i in range(first, self._close + 1):
            if i == self._close or (self._words[i] == "," and self._depths[i] == 1):
                yield first, i
                first = i + 1

    def _constraints(self) -> Iterator[_Constraint]:
        for first, after in self._definitions():
            if self._words[first] in _TABLE_WORDS:
                yield self._constraint(first, after, None)
                continue
            starts = [i for i in range(first + 1, after) if self._begins(i)]
            named = [i for i in starts if i - 2 not in starts or self._words[i - 2] != "CONSTRAINT"]
            for start, end in zip(named, [*named, after][1:], strict=True):
                yield self._constraint(start, end, _plain(self._tokens.texts[first]))

    def _begins(self, i: int) -> bool:
        """Whether a constraint of a column begins at a token."""
        word, before = self._words[i], self._words[i - 1]
        if before == "DEFAULT" and self._words[i - 2] == "SET":  # the end of a foreign key's action
            before = ""
        if word not in _COLUMN_WORDS or self._depths[i] != 1 or before in ("SET", "DEFAULT", "GENERATED", "ALWAYS"):
            return False
        if word == "NULL":
            return before != "NOT"
        return word != "NOT" or self._words[i + 1] == "NULL"

    def _constraint(self, first: int, after: int, column: str | None) -> _Constraint:
        name = None
        word = self._words[first]
        if word == "CONSTRAINT":
            name = _plain(self._tokens.texts[first + 1])
            word = self._words[first + 2] if first + 2 < after else ""
        return _Constraint(first, after, word, name, column)

    def has_constraint(self, name: str) -> bool:
        """Whether a constraint has that name."""
        return any(c.name is not None and lower_ascii(c.name) == lower_ascii(name) for c in self._constraints())

    def _of_column(self, column: str, word: str) -> _Constraint | None:
        wanted = lower_ascii(column)
        return next(
            (c for c in self._constraints() if c.word == word and lower_ascii(c.column or "") == wanted), None
        )

    # ------------------------------------------------------------------------------------------------ editing

    def with_definition(self, text: str) -> str:
        """The text with one more definition."""
        at = self._start(self._close)
        return f"{self.sql[:at]}, {text}{self.sql[at:]}"

    def with_not_null(self, column: str, text: str) -> str:
        """The text with NOT NULL, spelled ``text``, at a column that may have it already."""
        old = self._of_column(column, "NOT")
        if old is not None:
            return TableText(self._without(old))._with_constraint(column, text)
        return self._with_constraint(column, text)

    def with_default(self, column: str, text: str) -> str:
        """The text with another DEFAULT, spelled ``text``, of a column."""
        old = self._of_column(column, "DEFAULT")
        if old is None:
            return self._with_constraint(column, text)
        return self.sql[: self._start(old.first)] + text + self.sql[self._end(old.after - 1) :]

    def with_type(self, column: str, text: str) -> str:
        """The text with another type, spelled ``text``, of a column."""
        for first, after in self._definitions():
            if lower_ascii(_plain(self._tokens.texts[first])) == lower_ascii(column):
                end = next((i for i in range(first + 1, after) if self._begins(i)), after)
                return f"{self.sql[: self._end(first)]} {text}{self.sql[self._end(end - 1) :]}"
        raise AssertionError("the table has the column")

    def _with_constraint(self, column: str, text: str) -> str:
        for first, after in self._definitions():
            if lower_ascii(_plain(self._tokens.texts[first])) == lower_ascii(column):
                at = self._start(after)
                return f"{self.sql[:at]} {text}{self.sql[at:]}"
        raise AssertionError("the table has the column")

    def without(self, column: str, word: str) -> str:
        """The text without a column's NOT NULL or DEFAULT, if it has one; ``word`` is the first of these words."""
        constraint = self._of_column(column, word)
        return self.sql if constraint is None else self._without(constraint)

    def without_constraint(self, name: str) -> str:
        """The text without the constraint of that name."""
        for constraint in self._constraints():
            if constraint.name is not None and lower_ascii(constraint.name) == lower_ascii(name):
                if constraint.word in _LASTING:
                    raise SqlError(f"constraint may not be dropped: {name}")
                if constraint.word not in _DROPPABLE:  # a DEFAULT, a COLLATE, an expression: these lose their name
                    constraint.after = constraint.first + 2
                return self._without(constraint)
        raise SqlError(f"no such constraint: {name}")

    def _without(self, constraint: _Constraint) -> str:
        if constraint.column is None:
            return self.sql[: self._start(constraint.first - 1)] + self.sql[self._end(constraint.after - 1) :]
        between = "" if self._words[constraint.after] in (",", ")") else " "
        return self.sql[: self._end(constraint.first - 1)] + between + self.sql[self._start(constraint.after) :]

    def _start(self, token: int) -> int:
        return self._tokens.offsets[2 * token + 1]

    def _end(self, token: int) -> int:
        return self._tokens.offsets[2 * token + 2]


def _plain(text: str) -> str:
    """A name without its quotes."""
    quote = text[:1]
    if quote == "[":
        return text[1:-1]
    return text[1:-1].replace(quote * 2, quote) if quote in "\"'`" else text


def edited_text(sql: str, action: Any) -> str:
    """The text of a table once ``action`` was carried out."""
    text = TableText(sql)
    if isinstance(action, exp.Drop):
        return text.without_constraint(action.args["tables"][0].name)
    if isinstance(action, exp.AlterColumn):
        column = action.this.name
        if action.args.get("dtype") is not None:
            return text.with_type(column, action.args["dtype"].args["kind"])
        if action.args.get("drop"):
            return text.without(column, "NOT" if action.args.get("allow_null") else "DEFAULT")
        if action.args.get("default") is not None:
            return text.with_default(column, action.meta["text"])
        return text.with_not_null(column, action.meta["text"])
    return text.with_definition(action.meta["text"])
