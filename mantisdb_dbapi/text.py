"""SQL text seen from outside: where statements end, whether one is complete, and parameters written into it.

None of this parses SQL. It needs the lexical layer only: strings, quoted names and comments, as
https://www.sqlite.org/lang.html and ``sqlite3_complete()`` define them. A script is cut at its semicolons before any
statement of it is prepared, because DDL decides what the statements after it mean. The semicolons inside
``CREATE TRIGGER … BEGIN … END`` are found by the automaton of ``sqlite3_complete()``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

__all__ = ["complete_statement", "expand", "skip_blanks"]

_BLANKS = re.compile(r"(?:[ \t\r\n\f]++|--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z))*+")

# One statement with its semicolon: runs of ordinary text, quoted text, comments.
_STATEMENT = re.compile(
    r"""(?: [^;'"`\[/\-]++ | '[^']*+' | "[^"]*+" | `[^`]*+` | \[[^\]]*+\]
          | --[^\n]*+ | /\*(?:[^*]++|\*(?!/))*+\*/ | -(?!-) | /(?!\*) )*+ ;""",
    re.VERBOSE,
)
_MAY_BE_TRIGGER = re.compile(r"(?:create|explain)\b", re.IGNORECASE)

_WORDS = {"EXPLAIN": 3, "CREATE": 4, "TEMP": 5, "TEMPORARY": 5, "TRIGGER": 6, "END": 7}
_COMPLETE_TOKEN = re.compile(
    r"""(?P<semicolon>;) | (?P<blank>[ \t\r\n\f]++ | --[^\n]*+ | /\*(?:[^*]++|\*(?!/))*+\*/)
      | (?P<word>[\w$\x80-\U0010ffff]++) | (?P<other>'[^']*+' | "[^"]*+" | `[^`]*+` | \[[^\]]*+\] | [^'"`\[] )""",
    re.VERBOSE,
)
# sqlite3_complete()'s automaton: the next state by state and token. State 1 is "between statements".
# Tokens: 0 semicolon, 1 blank, 2 other, 3 EXPLAIN, 4 CREATE, 5 TEMP, 6 TRIGGER, 7 END.
_BETWEEN = 1
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
    return _run_automaton(statement, 0, stop_between=False)[0] == _BETWEEN


def _run_automaton(sql: str, start: int, *, stop_between: bool) -> tuple[int, int]:
    """The state and the position where the text, or at ``stop_between`` the first statement, ends."""
    state, position, size = 0, start, len(sql)
    while position < size:
        match = _COMPLETE_TOKEN.match(sql, position)
        if match is None or (match["other"] == "/" and sql.startswith("/*", position)):
            return 0, size  # a quote or a comment that does not end
        position = match.end()
        kind = match.lastgroup
        if kind == "semicolon":
            state = _NEXT_STATE[state][0]
            if stop_between and state == _BETWEEN:
                break
        else:
            token = 1 if kind == "blank" else _WORDS.get(match[0].upper(), 2) if kind == "word" else 2
            state = _NEXT_STATE[state][token]
    return state, position


def split_script(script: str) -> Iterator[str]:
    """The statements of a script, each with its semicolon; what follows the last one comes as it is."""
    position, size = 0, len(script)
    while position < size:
        match = _STATEMENT.match(script, position)
        end = match.end() if match is not None else size
        if _MAY_BE_TRIGGER.match(script, skip_blanks(script, position)):
            end = _run_automaton(script, position, stop_between=True)[1]
        yield script[position:end]
        position = end


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
        slot = last + 1 if name == "?" else int(name[1:]) if name[0] == "?" else slots.setdefault(name, last + 1)
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
