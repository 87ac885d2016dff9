"""Compound SELECTs: UNION, UNION ALL, INTERSECT and EXCEPT.

Rows are collected arm by arm, and each operator makes one list of two:

    u0 = [… the rows of the first arm …]
    … union(u0, [… the rows of the second …], None) …

A compound of nothing but UNION ALL needs no list. Where somebody may want only its first rows (LIMIT, EXISTS, a cursor
that is closed early), or it has too many to hold, its arms are functions that are called in turn, and each gives lists:
those that a scan of leaves makes one by one, or all of its rows at once.

    def u0(): return ([(r0[0], r0[1],) for r0 in b0] for b0 in t5.values())
    def u1(): return ([… the rows of an arm that groups …],)
    … from_iterable(arm() for arm in (u0, u1)) …

Under ORDER BY and LIMIT each arm gives as many of its first rows as all arms together shall: it may find them by an
index, and what is sorted is short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mantisdb_sql.binding.plan import Compound, Query, Select, Values, is_union_all, order_of_arm
from mantisdb_sql.codegen.rows import except_, from_iterable, intersect, union

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import Lines, QueryWriter

__all__ = ["CompoundWriter", "is_in_turn"]

_FUNCTIONS = {"UNION": union, "EXCEPT": except_, "INTERSECT": intersect}


def is_in_turn(query: Query) -> bool:
    """Whether a query has the rows of its arms, one arm after the other, up to its LIMIT."""
    return is_union_all(query) and not query.order


class CompoundWriter:
    """Writes one compound; ``out`` gets the lines that it needs before."""

    def __init__(self, writer: QueryWriter, query: Query, out: Lines) -> None:
        assert isinstance(query.body, Compound)
        self.writer = writer
        self.query = query
        self.body = query.body
        self.out = out
        self._stop = ""  # the variable that says how many rows of an arm are wanted

    def rows(self, stop: str = "") -> str:
        """Text of the list of rows before ORDER BY: all of them, or those among which the first ``stop`` are."""
        self._stop = stop
        body, writer = self.body, self.writer
        compares = any(op != "UNION ALL" for op, _ in body.rest) and not set(body.collations) <= {"BINARY"}
        keys = writer.collation_keys(body.collations) if compares else "None"
        text = self._arm(body.first, self.out)
        for op, arm in body.rest:
            left = writer.source.name("u")
            self.out.line(f"{left} = {text}")
            right = self._arm(arm, self.out)
            if op == "UNION ALL":
                text = f"[*{left}, *{right}]"
            else:
                function = _FUNCTIONS[op]
                text = f"{writer.source.constant(function, function.__name__)}({left}, {right}, {keys})"
        return text

    def batches(self) -> str:
        """Text of an iterator of lists of rows, for UNION ALL only."""
        flatten = self.writer.source.constant(from_iterable, "from_iterable")
        names = [self._in_turn(arm) for arm in (self.body.first, *(arm for _, arm in self.body.rest))]
        return f"{flatten}(arm() for arm in ({', '.join(names)}))"

    def _in_turn(self, arm: Select | Values) -> str:
        """The name of the function that gives the batches of an arm."""
        name, out = self.writer.source.name("u"), self.out
        with out.block(f"def {name}():"):
            batches = self.writer.batches(arm, out) if isinstance(arm, Select) else None
            out.line(f"return {batches or f'({self._arm(arm, out)},)'}")
        return name

    def _arm(self, arm: Select | Values, out: Lines) -> str:
        if isinstance(arm, Values):
            return self.writer.values(arm)
        order = order_of_arm(self.query, arm) if self._stop else []
        if order:
            return self.writer.leading(arm, order, self._stop, out)
        return self.writer.select(arm, out)
