"""What the builders share while one statement is parsed."""

from __future__ import annotations

import re

from sqlglot import exp

from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.ast.nodes import new
from mantisdb_sql.syntax.lexer import Tokens

MAX_PARAMETERS = 32766
_QUOTES = frozenset("\"'`[")


class Context:
    """The statement's tokens, where the parser stands, and the parameters met so far.

    first, next  the rule that is being reduced covers the tokens first … next - 1
    """

    __slots__ = (
        "_slot_names",
        "column",
        "first",
        "kinds",
        "next",
        "offsets",
        "slots",
        "sql",
        "texts",
        "tokens",
    )

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.sql = tokens.sql
        self.texts = tokens.texts
        self.kinds = tokens.kinds
        self.offsets = tokens.offsets
        self.first = 0
        self.next = 0
        self.column = 0  # the name of the column definition at hand
        self.slots: dict[str, int] = {}
        self._slot_names: list[str | None] = []

    def span(self, first: int, after: int) -> tuple[int, int]:
        """Where the tokens first … after - 1 stand in the text."""
        return self.offsets[2 * first + 1], self.offsets[2 * after]

    def source(self, first: int, after: int) -> str:
        """The text of the tokens first … after - 1, with what stands between them."""
        return self.sql[self.offsets[2 * first + 1] : self.offsets[2 * after]]

    def identifier(self, token: int) -> exp.Identifier:
        """A name, without its quotes."""
        text = self.texts[token]
        offsets = self.offsets
        quote = text[0]
        if quote in _QUOTES:
            node = new(exp.Identifier, this=unquoted(text), quoted=True)
        else:
            quote = ""
            node = new(exp.Identifier, this=text, quoted=False)
        node._meta = {"span": (offsets[2 * token + 1], offsets[2 * token + 2]), "quote": quote}
        return node

    def identifiers(self, names: list[int]) -> list[exp.Identifier]:
        """Several names."""
        return [self.identifier(token) for token in names]

    def name(self, token: int) -> str:
        """A name's text, without its quotes."""
        return unquoted(self.texts[token])

    def word(self, token: int) -> str:
        """A keyword, in upper case."""
        return self.texts[token].upper()

    def slot(self, text: str) -> int:
        """The bind slot of a parameter, numbered as SQLite does (https://www.sqlite.org/lang_expr.html#varparam)."""
        names = self._slot_names
        if text == "?":
            names.append(None)
            number = len(names)
        elif text in self.slots:
            return self.slots[text]
        elif text[0] == "?":
            number = int(text[1:])
            if not 1 <= number <= MAX_PARAMETERS:
                raise SqlError(f"variable number must be between ?1 and ?{MAX_PARAMETERS}")
            names.extend([None] * (number - len(names)))
            if names[number - 1] is None:
                names[number - 1] = text
            self.slots[text] = number
        else:
            names.append(text)
            self.slots[text] = number = len(names)
        if number > MAX_PARAMETERS:
            raise SqlError("too many SQL variables")
        return number

    def parameters(self) -> tuple[str | None, ...]:
        """The names of the bind slots, in order."""
        return tuple(self._slot_names)


def unquoted(text: str) -> str:
    """A name or string without its quotes; a text that has none is returned as it is."""
    quote = text[0]
    if quote == "[":
        return text[1:-1]
    if quote in _QUOTES:
        text = text[1:-1]
        return text.replace(quote + quote, quote) if quote in text else text
    return text


def without_space(text: str) -> str:
    """A source text without the white space around it."""
    return re.sub(r"^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$", "", text)
