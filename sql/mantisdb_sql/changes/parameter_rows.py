"""INSERT statements of many rows of parameters, as bulk inserts of libraries write them.

    INSERT INTO t (a, b) VALUES (?, ?), (?, ?), … RETURNING a

Libraries make the text for as many rows as they happen to have, so that a program sends hundreds of texts that differ
in this number only. Each would be parsed and compiled anew; here the statement becomes its one-row form,
``INSERT INTO t (a, b) VALUES (?, ?) RETURNING a``, which all of them share, and the parameters become rows. What is
behind the rows may be anything without parameters of its own. Whether the whole is an INSERT is for the parser to say,
which is given the one-row form. :mod:`mantisdb_sql.changes.literal_rows` is the same for rows of literals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mantisdb_sql.changes.literal_rows import BLANK, HEADER
from mantisdb_sql.syntax.ast.context import MAX_PARAMETERS

__all__ = ["ParameterRows", "parameter_rows"]

_TWO_ROWS = re.compile(rf"(\({BLANK}*+\?(?:{BLANK}*+,{BLANK}*+\?)*+{BLANK}*+\))({BLANK}*+,{BLANK}*+\1)")
_OTHER_PARAMETER = re.compile(r"[:@$#]")  # or what may be one: in a string, say, or a comment


@dataclass(slots=True)
class ParameterRows:
    """``template`` is the one-row statement, and all that follows it in the text; ``width`` the parameters of a row,
    ``count`` the rows."""

    template: str
    width: int
    count: int


def parameter_rows(sql: str, start: int = 0) -> ParameterRows | None:
    """The statement at ``start``, or None where it is not two or more rows of ``?`` written alike."""
    header = HEADER.match(sql, start)
    two = _TWO_ROWS.match(sql, header.end()) if header else None
    if two is None:
        return None
    row, another = two.groups()
    end = sql.find(")", sql.rfind("?")) + 1
    more, rest = divmod(end - two.end(1), len(another))
    if rest or sql[two.end(1) : end] != another * more or _OTHER_PARAMETER.search(sql, end):
        return None
    width = row.count("?")
    if width * (more + 1) > MAX_PARAMETERS:
        return None
    return ParameterRows(sql[start : two.end(1)] + sql[end:], width, more + 1)
