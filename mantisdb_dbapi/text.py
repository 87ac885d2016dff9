"""SQL text seen from outside: where statements end, whether one is complete, and parameters written into it.

None of this parses SQL. It needs the lexical layer only: strings, quoted names and comments, as
https://www.sqlite.org/lang.html and ``sqlite3_complete()`` define them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["complete_statement", "expand", "skip_blanks"]

_BLANKS = re.compile(r"(?:[ \t\r\n\f]++|--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z))*+")

_WORDS = {"EXPLAIN": 3, "CREATE": 4, "TEMP": 5, "TEMPORARY": 5, "TRIGGER": 6, "END": 7}
_COMPLETE_TOKEN = re.compile(
    r"""(?P<semicolon>;) | (?P<blank>[ \t\r\n\f]++ | --[^\n]*+ | /\*(?:[^*]++|\*(?!/))*+\*/)
      | (?P<word>[\w$\x80-\U0010ffff]++) | (?P<other>'[^']*+' | "[^"]*+" | `[^`]*+` | \[[^\]]*+\] | [^'"`\[]
      )""",
    re.VERBOSE,
)
# sqlite3_complete()'s automaton: the next state by state and token. State 1 is "between statements".
# Tokens: 0 semicolon, 1 blank, 2 other, 3 EXPLAIN, 4 CREATE, 5 TEMP, 6 TRIGGER, 7 END.
_BETWEEN, _OTHER = 1, 2
_NEXT_STATE = (
    (1, 0, 2, 3, 4, 2, 2, 2),  # 0 nothing seen
    (1, 1, 2, 3, 4, 2, 2, 2),  # 1 between statements
    (1, 2, 2, 2, 2, 2, 2, 2),  # 2 in an ordinary statement
    (1, 3, 3, 2, 4, 2, 2, 2),  # 3 after EXPLAIN
    (1, 4, 2, 2, 2, 4, 5, 2),  # 4 after CREATE
    (6, 5, 5, 5, 5, 5, 5, 5),  # 5 in CREATE TRIGGER
    (6, 6, 5, 5, 5, 5, 5, 7),  # 6 after a semicolon in a trigger
    (1, 7, 5, 5, 5, 5, 5, 5),  # 7 after ";END"
)


def skip_blanks(sql: str, start: int = 0) -> int:
    """The position of the first character from ``start`` on that is no white space and in no comment."""
    match = _BLANKS.match(sql, start)
    assert match is not None, "the pattern matches the empty string"
    return match.end()


def complete_statement(statement: str) -> bool:
    """Whether the text ends at the end of a statement; nothing else of its syntax is checked."""
    state, position = 0, 0
    while position < len(statement):
        match = _COMPLETE_TOKEN.match(statement, position)
        if match is None or (match["other"] == "/" and statement.startswith("/*", position)):
            return False  # a quote or a comment that does not end
        position = match.end()
        state = _NEXT_STATE[state][_token(match)]
    return state == _BETWEEN


def _token(match: re.Match[str]) -> int:
    if match.lastgroup == "word":
        return _WORDS.get(match[0].upper(), _OTHER)
    return {"semicolon": 0, "blank": 1}.get(match.lastgroup or "", _OTHER)


_PARAMETER = re.compile(
    r"""'(?:[^']|'')*+' | "[^"]*+" | `[^`]*+` | \[[^\]]*+\] | --[^\n]*+ | /\*(?:[^*]++|\*(?!/))*+\*/
      | (?P<parameter>\?\d*+ | [:@\#$][\w$\x80-\U0010ffff]++) | [\w\x80-\U0010ffff][\w$\x80-\U0010ffff]*+""",
    re.VERBOSE,
)


def expand(sql: str, values: Sequence[object]) -> str:
    """The text with each parameter replaced by a literal of its value, for trace callbacks."""
    if not values:
        return sql
    slots: dict[str, int] = {}
    last = 0

    def literal_of(match: re.Match[str]) -> str:
        nonlocal last
        name = match["parameter"]
        if name is None:
            return match[0]
        slot = (
            last + 1 if name == "?" else int(name[1:]) if name[0] == "?" else slots.setdefault(name, last + 1)
        )
        last = max(last, slot)
        return quote(values[slot - 1])

    return _PARAMETER.sub(literal_of, sql)


def quote(value: object) -> str:
    """A value as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, float):
        return _quote_float(value)
    return str(value)


def _quote_float(value: float) -> str:
    """As ``sqlite3_expanded_sql()`` writes REAL: 15 digits, and always a point or an exponent."""
    if value in (float("inf"), float("-inf")):
        return "9.0e+999" if value > 0 else "-9.0e+999"
    text = f"{value:.15g}"
    if "." in text or "n" in text:
        return text
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}.0{e}{exponent}"
