"""INSERT statements that are data: many rows of nothing but literals, as dumps and fixtures hold them.

    INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'), …;

Parsing such a text literal by literal into an AST costs more than inserting the rows. Here two regular
expressions do it, one that accepts the whole list of rows and one that cuts it into literals. The statement
becomes its one-row form with parameters, ``INSERT INTO t (a, b) VALUES (?, ?)``, and the list of rows. Only
what is beyond doubt is taken: plain strings, integers of up to 18 digits, decimals without exponent, NULL. A
text with anything else (expressions, parameters, comments, RETURNING, rows of different widths …) is left to
the parser. Whether the text in front of the rows is an INSERT at all is for the parser to say, which is given
the one-row form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["LiteralRows", "literal_rows"]

_NAME = r"""(?:[A-Za-z_]\w*+|"[^"]++"|\[[^\]]++\]|`[^`]++`)"""
_HEADER = re.compile(
    rf"""\s*+(?:INSERT|REPLACE)(?:[\s.]++{_NAME})+?\s*+(?:\(\s*+{_NAME}(?:\s*+,\s*+{_NAME})*+\s*+\)\s*+)?"""
    r"""\bVALUES\s*+(?=\()""",
    re.IGNORECASE | re.ASCII,
)
_LITERAL = (
    r"""'[^']*+(?:''[^']*+)*+'"""
    r"""|(?:-(?=[0-9.]*[1-9]))?[0-9]{1,18}+(?:\.[0-9]*+)?(?![\w.$\x80-\U0010ffff])"""
    r"""|[Nn][Uu][Ll][Ll]\b"""
)
_ROW = rf"\(\s*+(?:{_LITERAL})(?:\s*+,\s*+(?:{_LITERAL}))*+\s*+\)"
_ROWS = re.compile(rf"(?:{_ROW}\s*+,\s*+)++{_ROW}\s*+(?:;|\Z)", re.ASCII)
# A literal, with the parenthesis that closes its row if it is the last one.
_PIECE = re.compile(rf"(?:{_LITERAL})(?:\s*+\))?", re.ASCII)


@dataclass(slots=True)
class LiteralRows:
    """``template`` is the one-row statement with ``?`` for every literal; ``tail`` the offset behind the
    statement."""

    template: str
    rows: list[tuple[Any, ...]]
    tail: int


def literal_rows(sql: str, start: int = 0) -> LiteralRows | None:
    """The statement at ``start`` as data, or None where it is not two or more rows of plain literals."""
    header = _HEADER.match(sql, start)
    region = _ROWS.match(sql, header.end()) if header else None
    if header is None or region is None:
        return None
    pieces = _PIECE.findall(sql, region.start(), region.end())
    ends = [piece[-1] == ")" for piece in pieces]
    width = ends.index(True) + 1
    row_count = ends.count(True)
    if row_count * width != len(pieces) or not all(ends[width - 1 :: width]):
        return None  # rows of different widths
    columns = [pieces[i::width] for i in range(width)]
    columns[-1] = [piece[:-1].rstrip() for piece in columns[-1]]
    unquote = _unquote_doubled if sql.find("''", region.start(), region.end()) >= 0 else _unquote
    values = [_values(column, unquote) for column in columns]
    template = f"{sql[start : header.end()]}({', '.join('?' * width)})"
    return LiteralRows(template, list(zip(*values, strict=True)), region.end())


def _unquote(text: str) -> str:
    return text[1:-1]


def _unquote_doubled(text: str) -> str:
    return text[1:-1].replace("''", "'")


def _values(column: list[str], unquote: Callable[[str], str]) -> list[Any]:
    """A column of literal texts as values; most columns hold one kind of literal."""
    heads = {text[0] for text in column}
    if heads == {"'"}:
        return list(map(unquote, column))
    if not heads & {"'", "N", "n"}:
        try:
            return list(map(int, column))
        except ValueError:
            pass
    return [_value(text, unquote) for text in column]


def _value(text: str, unquote: Callable[[str], str]) -> Any:
    head = text[0]
    if head == "'":
        return unquote(text)
    if head in "Nn":
        return None
    return float(text) if "." in text else int(text)
