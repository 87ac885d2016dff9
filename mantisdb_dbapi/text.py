"""SQL text seen from outside: blanks skipped, and parameters written into it.

None of this parses SQL. It needs the lexical layer only: strings, quoted names and comments, as
https://www.sqlite.org/lang.html and ``sqlite3_complete()`` define them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

__all__ = ["expand", "skip_blanks"]

_BLANKS = re.compile(r"(?:[ \t\r\n\f]++|--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z))*+")


def skip_blanks(sql: str, start: int = 0) -> int:
    """The position of the first character from ``start`` on that is no white space and in no comment."""
    match = _BLANKS.match(sql, start)
    assert match is not None, "the pattern matches the empty string"
    return match.end()


@cache
def _parameter() -> re.Pattern[str]:
    name = r"[^\x00-#%-/:-@\[-\^`{-\x7f]"
    return re.compile(
        rf"""'(?:[^']|'')*+' | "[^"]*+" | `[^`]*+` | \[[^\]]*+\] | --[^\n]*+ | /\*(?:[^*]++|\*(?!/))*+\*/
          | (?P<parameter>\?[0-9]*+ | [:@\#$]{name}++) | {name}++""",
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

    return _parameter().sub(literal_of, sql)


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
