"""INSERT statements that are data: many rows of nothing but literals, as dumps and fixtures hold them.

    INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'), …;

Parsing such a text literal by literal into an AST costs more than inserting the rows. But for its brackets and
apostrophes a list of such rows is JSON, which the standard library reads at the speed of C: the text is split
at apostrophes, which leaves strings apart from what is between them, this is translated, and the whole is put
together again as JSON. The statement becomes its one-row form with parameters,
``INSERT INTO t (a, b) VALUES (?, ?)``, and the list of rows. Only what is beyond doubt is taken: plain strings,
numbers of up to 18 digits a run and spelt as JSON spells them, NULL. A text with anything else (expressions,
parameters, comments, RETURNING, rows of different widths …) is left to the parser. Whether the text in front of
the rows is an INSERT at all is for the parser to say, which is given the one-row form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.collector import collector_paused

__all__ = ["BLANK", "HEADER", "ConstantRows", "LiteralRows", "literal_rows"]

BLANK = r"[ \t\n\f\r]"
_NAME = r"""(?:[A-Za-z_]\w*+|"[^"]++"|\[[^\]]++\]|`[^`]++`)"""
HEADER = re.compile(
    rf"""{BLANK}*+(?:INSERT|REPLACE)(?:(?:{BLANK}|\.)++{_NAME})+?{BLANK}*+"""
    rf"""(?:\({BLANK}*+{_NAME}(?:{BLANK}*+,{BLANK}*+{_NAME})*+{BLANK}*+\){BLANK}*+)?\bVALUES{BLANK}*+(?=\()""",
    re.IGNORECASE | re.ASCII,
)
_PLAIN = re.compile(r"[0-9.,()\-eENULnul \t\n\r']*+")
_AS_JSON = str.maketrans("()NUL", "[]nul")
_AS_ZEROS = str.maketrans("123456789", "0" * 9)
_MINUS_ZERO = re.compile(r"-0(?!\.[0-9]*[1-9])")  # as an INTEGER it is 0, as a REAL it has a sign
_decode = msgspec.json.Decoder(list[tuple[Any, ...]]).decode
_TOO_LONG = "0" * 19  # such an integer may be beyond 64 bits


@dataclass(slots=True)
class LiteralRows:
    """``template`` is the one-row statement with ``?`` for every literal; ``tail`` the offset behind the
    statement."""

    template: str
    rows: list[tuple[Any, ...]]
    tail: int


def literal_rows(sql: str, start: int = 0) -> LiteralRows | None:
    """The statement at ``start`` as data, or None where it is not two or more rows of plain literals."""
    header = HEADER.match(sql, start)
    end = _end(sql, header.end()) if header else None
    if header is None or end is None:
        return None
    rows = _rows(sql[header.end() : end])
    if rows is None:
        return None
    template = f"{sql[start : header.end()]}({', '.join('?' * len(rows[0]))})"
    return LiteralRows(template, rows, min(end + 1, len(sql)))


def _end(sql: str, start: int) -> int | None:
    """The offset of the semicolon, outside of strings, that ends the statement, or the end of the text."""
    apostrophes = 0
    while True:
        stop = sql.find(";", start)
        at_end = stop < 0
        if at_end:
            stop = len(sql)
        apostrophes += sql.count("'", start, stop)
        if apostrophes % 2 == 0:
            return stop
        if at_end:
            return None
        start = stop + 1


def _rows(text: str) -> list[tuple[Any, ...]] | None:
    gaps, strings = _apart(text)
    if len(gaps) != len(strings) + 1:
        return None
    outside = "'".join(gaps)
    if not _PLAIN.fullmatch(outside) or _MINUS_ZERO.search(outside) or _TOO_LONG in outside.translate(_AS_ZEROS):
        return None
    pieces = [""] * (len(gaps) + len(strings))
    pieces[::2] = outside.translate(_AS_JSON).split("'")
    pieces[1::2] = strings
    rows = _read_json('"'.join(pieces))
    if rows is None or len(rows) < 2 or outside.count("(") != len(rows):
        return None
    return rows if len(set(map(len, rows))) == 1 and rows[0] else None


def _read_json(lists: str) -> list[tuple[Any, ...]] | None:
    with collector_paused():
        try:
            return _decode(f"[{lists}]")
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return _read_loosely(lists)


def _read_loosely(lists: str) -> list[tuple[Any, ...]] | None:
    """As the JSON of the standard library allows it: with control characters in strings."""
    import json  # not before the first such statement

    try:
        read: list[Any] = json.loads(f"[{lists}]", strict=False)
    except (ValueError, RecursionError):
        return None
    return list(map(tuple, read)) if all(row.__class__ is list for row in read) else None


def _apart(text: str) -> tuple[list[str], list[str]]:
    """What is between the strings (one more than these), and the strings, as JSON escapes them."""
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    pieces = text.split("'")
    gaps, strings = pieces[::2], pieces[1::2]
    doubled = [i for i, gap in enumerate(gaps) if not gap]  # between the two apostrophes that stand for one
    if doubled:
        pieces, strings = strings, []
        done = 0
        for i in doubled:
            if 0 < i < len(pieces):
                strings += pieces[done:i]
                strings[-1] += f"'{pieces[i]}"
                done = i + 1
        strings += pieces[done:]
        gaps = [gap for gap in gaps if gap]
    return gaps, strings


def _slot_or_value(expr: Expr) -> tuple[int | None, Any]:
    if isinstance(expr, bound.Parameter):
        return expr.index, None
    assert isinstance(expr, bound.Literal)
    return None, expr.value


class ConstantRows:
    """Rows of VALUES that are literals and parameters only: data, evaluated without generated code."""

    def __init__(self, rows: list[list[Expr]]) -> None:
        self._rows = [
            [_slot_or_value(e) for e in row]
            for row in rows
        ]

    def rows(self, trees: Any, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows, with these parameters."""
        return [tuple([value if slot is None else params[slot] for slot, value in row]) for row in self._rows]
