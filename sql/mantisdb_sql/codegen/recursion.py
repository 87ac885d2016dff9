"""WITH RECURSIVE as a function that makes an iterator of batches of rows.

In general a step function gives the rows that follow from some rows, and run-time functions of
:mod:`mantisdb_sql.codegen.generations` keep the queue:

    def z4(work3):
        return [(r5[0],) for r3 in work3 for b5 in … for r5 in b5]
    def g4():
        return generations([(1,)], z4, None)

Whole generations go through the step at once where that gives the queue's order: one term, no ORDER BY, the
recursive table visited first. From a single row, by a term that reads nothing else, follows at most one row. That
is a plain loop over the columns as variables:

    def g4():
        room = 16
        for x3_0, in [(1,)]:
            while True:
                work3 = []
                for _ in repeat(None, room):
                    work3.append((x3_0,))
                    if not x3_0 < p0: break
                    x3_0 = x3_0 + 1
                else:
                    yield work3
                    room = min(room * 4, 4096)
                    continue
                yield work3
                break

A column that grows by a constant up to a limit, while all others stay, is a progression: where its first value and
the limit are INTEGER, the loop is left aside.

            if is_progression(x3_0, p0, 1):
                for work3 in progression((x3_0,), 0, 1, p0): yield work3
                continue
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import is_quiet_expression
from mantisdb_sql.binding.plan import Query, Recursion, Select, Source, Values, queries_in
from mantisdb_sql.codegen.arithmetic import constant_divisor
from mantisdb_sql.codegen.generations import (
    FIRST_ROOM,
    ROOM,
    Unseen,
    generations,
    in_order,
    is_progression,
    one_by_one,
    progression,
    window,
)
from mantisdb_sql.values.storage import Affinity

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import Lines, QueryWriter

class RecursionWriter:
    """Writes one recursive query; ``out`` gets the functions."""

    def __init__(self, writer: QueryWriter, query: Query, out: Lines) -> None:
        assert isinstance(query.body, Recursion)
        self.writer = writer
        self.query = query
        self.body = query.body
        self.out = out

    def batches(self) -> str:
        """Text of an iterator of lists of rows."""
        writer, out = self.writer, self.out
        name = writer.source.name("g")
        start_stop = writer.window(self.query, out)
        if self._is_chain():
            self._chain(name)
            text = f"{name}()"
        else:
            text = self._queue(name)
        if start_stop is None:
            return text
        return f"{writer.source.constant(window, 'window')}({text}, {start_stop[0]}, {start_stop[1]})"

    # ------------------------------------------------------------------------------------------------- queues

    def _queue(self, name: str) -> str:
        """Write the step and the function that starts the queue."""
        writer, out = self.writer, self.out
        step = writer.source.name("z")
        with out.block(f"def {step}({self._parameter()}):"):
            for source in self.body.sources[1:]:
                out.line(f"work{source.number} = {self._parameter()}")
            texts = [writer.select(term, out) for term in self.body.terms]
            out.line(f"return {texts[0] if len(texts) == 1 else '[' + ', '.join('*' + t for t in texts) + ']'}")
        with out.block(f"def {name}():"):
            first = writer.rows(self.body.anchor, out)
            function: Callable[..., Any] = generations if self._by_generations() else one_by_one
            arguments = [first, step, self._unseen()]
            if self.query.order:
                function = in_order
                arguments.append(self._order())
            called = writer.source.constant(function, function.__name__)
            out.line(f"return {called}({', '.join(arguments)})")
        return f"{name}()"

    def _parameter(self) -> str:
        return f"work{self.body.sources[0].number}"

    def _by_generations(self) -> bool:
        if len(self.body.terms) > 1 or self.query.order or self.body.terms[0].distinct:
            return False
        first = self.body.terms[0].steps[0]
        return first.source is self.body.sources[0] and not first.left

    def _unseen(self) -> str:
        if not self.body.distinct:
            return "None"
        keys = "None"
        if not set(self.body.collations) <= {"BINARY"}:
            keys = self.writer.collation_keys(self.body.collations)
        return f"{self.writer.source.constant(Unseen, 'Unseen')}({keys})"

    def _order(self) -> str:
        terms = []
        for term in self.query.order:
            collation = self.writer.context.functions.collation(term.collation)
            key = None if collation.name == "BINARY" else collation.key
            terms.append((term.output, term.descending, term.nulls_first, key))
        return self.writer.source.constant(tuple(terms))

    # ------------------------------------------------------------------------------------------------- chains

    def _is_chain(self) -> bool:
        """Whether each row is followed by one at most, which follows from its columns alone."""
        if len(self.body.terms) > 1 or self.query.order or not _is_single(self.body.anchor):
            return False
        term = self.body.terms[0]
        return (
            [step.source for step in term.steps] == self.body.sources
            and not term.distinct
            and not any(True for e in _expressions(term) for _ in queries_in(e))
            and set(self.body.collations) <= {"BINARY"}
            and not self.body.sources[0].real_columns
        )

    def _chain(self, name: str) -> None:
        writer, out, term, source = self.writer, self.out, self.body.terms[0], self.body.sources[0]
        variables = [f"x{source.number}_{i}" for i in range(source.width)]
        rows = f"work{source.number}"
        row = f"({', '.join(variables)},)"
        quiet = all(map(is_quiet_expression, _expressions(term)))
        repeated = writer.source.constant(repeat, "repeat")
        with out.block(f"def {name}():"):
            seen = writer.source.name("m")
            if self.body.distinct:
                out.line(f"{seen} = set()")
            out.line(f"room = {FIRST_ROOM if quiet else 1}")
            start = f"for {', '.join(variables)}, in {writer.rows(self.body.anchor, out)}:"
            with out.block(start):
                self._progression(term, source, variables)
                with out.block("while True:"):
                    out.line(f"{rows} = []")
                    with out.block(f"for _ in {repeated}(None, room):"):
                        if self.body.distinct:
                            out.line(f"if {row} in {seen}: break")
                            out.line(f"{seen}.add({row})")
                        out.line(f"{rows}.append({row})")
                        self._advance(term, source, variables)
                    with out.block("else:"):
                        out.line(f"yield {rows}")
                        if quiet:
                            out.line(f"room = min(room * 4, {ROOM})")
                        out.line("continue")
                    out.line(f"yield {rows}")
                    out.line("break")

    def _progression(self, term: Select, source: Source, variables: list[str]) -> None:
        """The way round the loop where one column counts up to a limit. A progress handler wants every row's turn."""
        found = _counting(term, source)
        if found is None or self.writer.context.progress is not None:
            return
        position, step, limit, closed = found
        writer, out = self.writer, self.out
        variable, rows = variables[position], f"work{source.number}"
        stop = writer.emit.value(limit)
        called = writer.source.constant(is_progression, "is_progression")
        with out.block(f"if {called}({variable}, {stop}, {step + closed}):"):
            made = writer.source.constant(progression, "progression")
            end = f"{stop} + 1" if closed else stop
            out.line(f"for {rows} in {made}(({', '.join(variables)},), {position}, {step}, {end}): yield {rows}")
            out.line("continue")

    def _advance(self, term: Select, source: Source, variables: list[str]) -> None:
        """From one row's columns to the next's."""
        writer, out = self.writer, self.out
        for i, variable in enumerate(variables):
            writer.scalars[source.number, i] = variable
        conditions = [*term.constant_filters, *term.steps[0].filters]
        if conditions:
            out.line(f"if not ({' and '.join(writer.emit.true(c) for c in conditions)}): break")
        changed = [
            (variable, writer.emit.value(output.expr))
            for i, (variable, output) in enumerate(zip(variables, term.outputs, strict=True))
            if not _is_column(output.expr, source.number, i)
        ]
        if changed:
            out.line(f"{', '.join(v for v, _ in changed)} = {', '.join(text for _, text in changed)}")


def _is_single(anchor: Query) -> bool:
    """Whether a query certainly has one row at most."""
    body = anchor.body
    if isinstance(body, Values):
        return len(body.rows) == 1
    return isinstance(body, Select) and not body.joins


def _counting(term: Select, source: Source) -> tuple[int, int, Expr, bool] | None:
    """(position, step, limit, whether the limit counts) where one column grows by a constant as long as it is below a
    limit, which is the only condition, and all others stay."""
    number = source.number
    changed = [i for i, output in enumerate(term.outputs) if not _is_column(output.expr, number, i)]
    conditions = [*term.constant_filters, *term.steps[0].filters]
    if len(changed) != 1 or len(conditions) != 1:
        return None
    position = changed[0]
    grown, condition = term.outputs[position].expr, conditions[0]
    if not (isinstance(grown, bound.Binary) and grown.op == "+" and _is_column(grown.left, number, position)):
        return None
    step = constant_divisor(grown.right)
    if step is None or not isinstance(condition, bound.Compare) or condition.op not in ("<", "<=", ">", ">="):
        return None
    if not {condition.left_affinity, condition.right_affinity} <= {None, Affinity.INTEGER, Affinity.NUMERIC}:
        return None
    sides = condition.left, condition.right
    column, limit = sides if condition.op[0] == "<" else sides[::-1]
    if _is_column(column, number, position) and isinstance(limit, bound.Literal | bound.Parameter):
        return position, step, limit, condition.op.endswith("=")
    return None


def _is_column(expr: Expr, source: int, position: int) -> bool:
    return isinstance(expr, bound.Column) and expr.source == source and expr.position == position


def _expressions(term: Select) -> Iterator[Expr]:
    yield from term.where
    for output in term.outputs:
        yield output.expr
