"""INSERT statements that are data: many rows of nothing but literals, as dumps and fixtures hold them.

    INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'), …;

Parsing such a text literal by literal into an AST costs more than inserting the rows. Here one regular
expression accepts the whole list of rows, and splitting cuts it: at apostrophes, which leaves strings apart
from what is between them, and this at parentheses and commas. The statement becomes its one-row form with
parameters, ``INSERT INTO t (a, b) VALUES (?, ?)``, and the list of rows. Only what is beyond doubt is taken:
plain strings, integers of up to 18 digits, decimals without exponent, NULL. A text with anything else
(expressions, parameters, comments, RETURNING, rows of different widths …) is left to the parser. Whether the
text in front of the rows is an INSERT at all is for the parser to say, which is given the one-row form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = ["LiteralRows", "literal_rows"]

_S = r"[ \t\n\f\r]"
_NAME = r"""(?:[A-Za-z_]\w*+|"[^"]++"|\[[^\]]++\]|`[^`]++`)"""
_HEADER = re.compile(
    rf"""{_S}*+(?:INSERT|REPLACE)(?:(?:{_S}|\.)++{_NAME})+?{_S}*+"""
    rf"""(?:\({_S}*+{_NAME}(?:{_S}*+,{_S}*+{_NAME})*+{_S}*+\){_S}*+)?\bVALUES{_S}*+(?=\()""",
    re.IGNORECASE | re.ASCII,
)
_LITERAL = (
    r"""(?:'[^']*+(?:''[^']*+)*+'"""
    r"""|(?:-(?=[0-9.]*[1-9]))?[0-9]{1,18}+(?:\.[0-9]*+)?(?![\w.$\x80-\U0010ffff])"""
    r"""|[Nn][Uu][Ll][Ll]\b)"""
)
_ROW = rf"\({_S}*+{_LITERAL}(?:{_S}*+,{_S}*+{_LITERAL})*+{_S}*+\)"
_ROWS = re.compile(rf"(?:{_ROW}{_S}*+,{_S}*+)++{_ROW}{_S}*+(?:;|\Z)", re.ASCII)
_NO_BLANKS = dict.fromkeys(map(ord, " \t\n\f\r"))


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
    outside, strings = _apart(region.group())
    texts = outside[1 : outside.rindex(")")].split("),(")
    widths = {text.count(",") for text in texts}
    if len(widths) != 1:
        return None
    width = widths.pop() + 1
    literals = ",".join(texts).split(",")
    of_text = {text: _value(text) for text in set(literals)}
    values = list(map(of_text.__getitem__, literals))
    if strings:
        places = [i for i, text in enumerate(literals) if text == "'"]
        for place, string in zip(places, strings, strict=True):
            values[place] = string
    template = f"{sql[start : header.end()]}({', '.join('?' * width)})"
    return LiteralRows(template, list(zip(*[iter(values)] * width, strict=True)), region.end())


def _apart(text: str) -> tuple[str, list[str]]:
    """A list of rows without blanks and with an apostrophe in place of each string; and the strings."""
    pieces = text.split("'")
    outside, strings = pieces[::2], pieces[1::2]
    if "" in outside:  # between the two apostrophes that stand for one
        gaps, pieces, outside, strings = outside, strings, outside[:1], []
        for gap, piece in zip(gaps, pieces, strict=False):
            if gap:
                strings.append(piece)
            else:
                strings[-1] += f"'{piece}"
        outside = [gap for gap in gaps if gap]
    return "'".join(outside).translate(_NO_BLANKS), strings


def _value(text: str) -> Any:
    if text == "'":
        return None  # a string, filled in later
    if text[0] in "Nn":
        return None
    return float(text) if "." in text else int(text)
