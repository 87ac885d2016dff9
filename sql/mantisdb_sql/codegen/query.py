"""Queries as Python: one function ``run(trees, params)`` per statement.

    def run(trees, params):
        if trees[1] is not SCHEMA: raise StalePlan
        t5 = trees[5]
        if t5.flags != 2: raise StalePlan
        p0, = params
        …                       # prologue: what is computed once: constants, subqueries, hash tables
        return [(r0[1], r0[2]) for b0 in t5.values() for r0 in b0 if r0[1] > p0]

A subquery that reads nothing from outside is evaluated in the prologue, or, where that could be noticed (see
:mod:`mantisdb_sql.binding.effects`), when it is first needed; a correlated one is a function
``s3(r0, …)`` of the rows that it reads, defined there, which remembers its results by the values that it
depends on.
"""

from __future__ import annotations

import gc
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from mantisdb_engine.composite import LOCAL_IDS
from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import is_quiet, is_quiet_condition, is_repeatable, places_of_reals
from mantisdb_sql.binding.plan import (
    Compound,
    FullScan,
    HashLookup,
    IndexRange,
    Key,
    OrderTerm,
    Query,
    Recursion,
    RowidGet,
    RowidRange,
    Select,
    Source,
    Step,
    Values,
    references,
    sources_of,
)
from mantisdb_sql.catalog.definitions import SCHEMA_TREE
from mantisdb_sql.codegen.aggregate import GroupWriter
from mantisdb_sql.codegen.batched_calls import BatchedCalls, move_calls
from mantisdb_sql.codegen.chunks import chunks, is_large, may_be_endless
from mantisdb_sql.codegen.clauses import Clause, For, If, Let, comprehension
from mantisdb_sql.codegen.column_scan import read_column
from mantisdb_sql.codegen.compounds import CompoundWriter, is_in_turn
from mantisdb_sql.codegen.covering import read_entries, read_nothing, read_rowids
from mantisdb_sql.codegen.distinct import emit_distinct_column
from mantisdb_sql.codegen.expressions import Emitter, ExpressionContext
from mantisdb_sql.codegen.gathering import MANY_ROWS, gathered
from mantisdb_sql.codegen.index_groups import emit_distinct_in_index
from mantisdb_sql.codegen.late_outputs import outputs_sorted_by, rows_for_outputs
from mantisdb_sql.codegen.look_ups import row_by_key
from mantisdb_sql.codegen.membership import conversion_of_members, emit_membership, kind_of_members
from mantisdb_sql.codegen.merged_searches import emit_merged
from mantisdb_sql.codegen.null_tests import is_null
from mantisdb_sql.codegen.order import (
    can_cut,
    emit_cutting,
    emit_leading,
    emit_order,
    emit_top,
    emit_top_of_many,
    is_short,
    name_first_term,
)
from mantisdb_sql.codegen.prelude import emit_prelude
from mantisdb_sql.codegen.recursion import RecursionWriter
from mantisdb_sql.codegen.rows import RowSet, behind, distinct_by, entries_behind, first_met, from_iterable, limits
from mantisdb_sql.codegen.scan import ScanWriter, is_streamed
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.codegen.unpacking import unpack
from mantisdb_sql.codegen.windows import WindowWriter
from mantisdb_sql.collector import collector_paces, set_usual_pace
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import StalePlan
from mantisdb_sql.planning.planner import plan_query
from mantisdb_sql.values.storage import INTEGER, TEXT

STREAM_ROWS = 2000
"""From so many rows on, a plain scan hands out batches instead of one list."""

_MEMBER_COST = 0.05
"""µs to put a value into a set."""


class Lines:
    """Indented lines, apart from those of other functions."""

    def __init__(self, indent: int = 1) -> None:
        self.lines: list[str] = []
        self.indent = indent

    def line(self, text: str) -> None:
        """Append a line."""
        self.lines.append("    " * self.indent + text)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Append ``header`` and indent what follows within the ``with``."""
        self.line(header)
        self.indent += 1
        yield
        self.indent -= 1


class _Context(ExpressionContext):
    """Where expressions of queries stand."""

    def __init__(self, writer: QueryWriter) -> None:
        super().__init__()
        self.writer: QueryWriter = weakref.proxy(writer)  # which holds this: what a compilation needed is freed at once
        self.functions = writer.context.functions

    def parameter(self, node: bound.Parameter) -> str:
        self.writer.parameters.add(node.index)
        return f"p{node.index}"

    def prepared(self, text: str, source: Code) -> str:
        return self.writer.prepared(text)

    def subquery_value(self, node: bound.ScalarQuery) -> str:
        if len(node.query.columns) == 1:
            return self.writer.subquery(node.query, "scalar")
        return f"{self.writer.subquery(node.query, 'row')}[{node.column}]"

    def exists(self, node: bound.Exists) -> str:
        return self.writer.subquery(node.query, "exists")

    def in_query(self, node: bound.InQuery, is_test: bool = False) -> str:
        return self.writer.in_query(node, is_test)

    def column(self, node: bound.Column) -> str:
        return self.writer.scalars.get((node.source, node.position)) or super().column(node)


class QueryWriter:
    """Writes the function of one statement."""

    def __init__(self, context: CompileContext) -> None:
        self.context = context
        self.source = Code(context.progress)
        self.prologue = Lines()
        self.parameters: set[int] = set()
        self.trees: set[int] = set()
        self.profiled: set[int] = set()
        self.sized: set[int] = set()
        expression_context = _Context(self)
        self.emit = Emitter(self.source, expression_context)
        self.flat = Emitter(self.source, expression_context, walrus=False)
        self.streams = False
        self.queries: list[Query] = []
        self.assumed: dict[int, object] = {}  # values of parameters for which the plan holds
        self.scalars: dict[tuple[int, int], str] = {}  # columns that are in variables of their own
        self.columns: dict[int, int] = {}  # source -> the one column that is read of it
        self.batched: dict[int, BatchedCalls] = {}  # by source
        self.row_lists: dict[int, str] = {}  # a query's or a group's number -> text of its rows, evaluated once
        self._memo: dict[tuple[int, str], str] = {}
        self._prepared: dict[str, str] = {}
        self._has_memo = False  # whether there is a dict that outlives the call
        self._converted: dict[tuple[int, str], str] = {}

    # --------------------------------------------------------------------------------------------- the pieces

    def tree(self, tree_id: int) -> str:
        """The name of a tree; the prelude makes it."""
        self.trees.add(tree_id)
        return f"t{tree_id}"

    def hoist(self, text: str) -> str:
        """A name for ``text``, which depends on parameters and trees only: evaluated once per execution."""
        name = self.source.name("q")
        self.prologue.line(f"{name} = {text}")
        return name

    def prepared(self, text: str) -> str:
        """As :meth:`hoist`, for text that has no state of its own: the same text has one name."""
        if text not in self._prepared:
            self._prepared[text] = self.hoist(text)
        return self._prepared[text]

    def once(self, is_quiet: bool, write: Callable[[Lines], str], key: tuple[int, str] | None = None) -> str:
        """Text for what ``write`` writes, evaluated once per execution: beforehand if nobody can notice that, else
        when it is first needed. Under ``key`` it is kept between executions, where there is a place for that."""
        keeps = key is not None and self._has_memo
        if is_quiet and not keeps:
            lines = Lines()
            text = write(lines)
            self.prologue.lines += lines.lines
            return self.hoist(text)
        cell, name = self.source.name("m"), self.source.name("e")
        lines = Lines()
        lines.line(f"{cell} = memo.setdefault({key!r}, [])" if keeps else f"{cell} = []")
        with lines.block(f"def {name}():"):
            inner = Lines(lines.indent)
            text = write(inner)
            lines.lines += inner.lines
            lines.line(f"{cell}.append({text})")
            lines.line(f"return {cell}")
        self.prologue.lines += lines.lines
        return f"({cell} or {name}())[0]"

    def iterable(self, text: str, out: Lines) -> str:
        """``text`` for the iterable of a comprehension, where Python allows no walrus: by name if it has
        one."""
        if ":=" not in text:
            return text
        name = self.source.name("v")
        out.line(f"{name} = {text}")
        return name

    def defaultdict(self) -> str:
        """The name of collections.defaultdict."""
        return self.source.constant(defaultdict, "defaultdict")

    def nest(self, out: Lines, clauses: Sequence[Clause], *body: str) -> None:
        """Clauses of a comprehension as nested statements around ``body``."""
        before = out.indent
        for clause in clauses:
            if isinstance(clause, Let):
                out.line(f"{clause.target} = {clause.value}")
                continue
            out.line(f"{clause}:")
            out.indent += 1
        for line in body:
            out.line(line)
        out.indent = before

    def plan(self, query: Query) -> None:
        """Plan a query and note which tables it reads."""
        plan_query(query, self.context)
        self.queries.append(query)
        for arm in query.arms:
            if isinstance(arm, Select):
                for source in arm.sources:
                    if source.table is not None:
                        self.trees.add(source.tree_id)
                        if source.tree_id & LOCAL_IDS != SCHEMA_TREE:
                            self.profiled.add(source.tree_id)
                for step in steps_of(arm):
                    access = step.access
                    is_chosen_by_size = len(arm.steps) > 1 or isinstance(access, FullScan) or arm.follows_index
                    if step.source.table is not None and is_chosen_by_size:
                        self.sized.add(step.source.tree_id)

    # ---------------------------------------------------------------------------------------------- statement

    def statement(self, query: Query, guarded: bool = False, given: Sequence[int] = ()) -> None:
        """Write the whole function; ``guarded``: one that may be called with parameters of any types; ``given``: see
        :func:`mantisdb_sql.query_compiler.compile_query`."""
        self._has_memo = bool(given)
        body = Lines()
        self.plan(query)
        if not self._point(query, body) and not self._stream(query, body):
            body.line(f"return {self.rows(query, body, planned=True)}")
        code = self.source
        with code.block("def run(trees, params):"):
            emit_prelude(code, self.context, self.trees, self.profiled, self.sized, self.parameters, guarded)
            if given:
                names = "".join(f"r{n}, k{n}, " for n in given)
                code.line(f"{names}memo = params[-{2 * len(given) + 1}:]")
            for slot, value in self.assumed.items():
                code.line(f"if p{slot} != {code.constant(value)}: raise {code.constant(StalePlan, 'StalePlan')}")
            lines = [*self.prologue.lines, *body.lines]
            if self._reads(MANY_ROWS):
                lines = gathered(lines, code.constant(chunks, "chunks"))
            if self._reads(STREAM_ROWS):
                self._emit_slowly_collected(lines)
            else:
                code.lines += lines

    def _reads(self, rows: int) -> bool:
        """Whether queries are expected to go through so many rows, or may."""
        selects = [arm for query in self.queries for arm in query.arms if isinstance(arm, Select)]
        steps = [step for select in selects for step in steps_of(select)]
        return any(isinstance(query.body, Recursion) for query in self.queries) or any(
            step.rows_estimate >= rows or (isinstance(step.access, HashLookup) and self._has_rows(step.source, rows))
            for step in steps
        )

    def _has_rows(self, source: Source, rows: int) -> bool:
        return source.table is not None and self.context.trees[source.tree_id].count >= rows

    def _emit_slowly_collected(self, lines: list[str]) -> None:
        """The lines, which make many objects, with a collector that works seldom."""
        code = self.source
        set_threshold = code.constant(gc.set_threshold, "set_threshold")
        code.line(f"usual, seldom = {code.constant(collector_paces, 'collector_paces')}()")
        with code.block("try:"):
            code.line(f"{set_threshold}(*seldom)")
            code.lines += [f"    {line}" for line in lines]
        code.line(f"finally: {code.constant(set_usual_pace, 'set_usual_pace')}(usual)")

    def _point(self, query: Query, body: Lines) -> bool:
        """A look-up of one row, straight-line."""
        select = query.body
        if (
            not isinstance(select, Select)
            or len(select.steps) != 1
            or select.grouping is not None
            or select.windowing is not None
            or query.limit is not None
        ):
            return False
        step = select.steps[0]
        access, n = step.access, step.source.number
        unique = isinstance(access, IndexRange) and access.covers_unique
        if not (isinstance(access, RowidGet) or unique) or select.constant_filters:
            return False
        scan = ScanWriter(self, body)
        table = self.tree(step.source.tree_id)
        if isinstance(access, RowidGet):
            key, classes = scan.key(access.key)
            body.line(f"r{n} = {row_by_key(self, step, key, classes)}")
            body.line(f"if r{n} is None: return []")
            if step.source.uses_rowid:
                body.line(f"k{n} = int({key})")
        else:
            assert isinstance(access, IndexRange)
            keys = ", ".join(scan.key(key)[0] for key in access.prefix)
            body.line(f"k{n} = {self.tree(access.index.tree_id)}.get(({keys},))")
            body.line(f"if k{n} is None: return []")
            body.line(f"r{n} = {table}.row(k{n})")
        conditions = " and ".join(self.emit.true(c) for c in step.filters)
        head = self.head(select)
        body.line(f"return [{head}] if {conditions} else []" if conditions else f"return [{head}]")
        return True

    def _stream(self, query: Query, body: Lines) -> bool:
        """Rows that may be many, as an iterator of batches."""
        select = query.body
        if query.limit is not None:
            return False
        if isinstance(select, Compound):
            arms = [arm for arm in query.arms if isinstance(arm, Select)]
            if not is_in_turn(query) or not any(_is_long(arm) for arm in arms):
                return False
            batches: str | None = CompoundWriter(self, query, body).batches()
        elif not isinstance(select, Select) or not _is_long(select) or (query.order and not select.sorted_by_scan):
            return False
        else:
            batches = self.batches(select, body)
        if batches is None:
            return False
        self.streams = True
        body.line(f"return {batches}")
        return True

    def batches(self, select: Select, out: Lines) -> str | None:
        """Text of an iterator of lists, those of a scan that makes one row or none of each that it reads; None
        elsewhere."""
        if select.windowing is not None or select.grouping is not None or select.distinct:
            return None
        large = is_large(select) or may_be_endless(select)
        if not select.steps or select.constant_filters or not (large or _gives_batches(select)):
            return None
        n = select.steps[0].source.number
        self._move_calls(Query(number=-1, body=select), select)
        self._unpack(select, [])
        clauses = ScanWriter(self, out).steps(select.steps)
        head = self.head(select)
        if large:
            return f"{self.source.constant(chunks, 'chunks')}({comprehension(head, clauses)})"
        first = clauses[0]
        assert isinstance(first, For)
        if clauses[1:] == [For(f"r{n}", f"b{n}")] and head == f"r{n}":
            return first.iterable if first.target == f"b{n}" else f"(b{n} {first})"
        return f"([{comprehension(head, clauses[1:])}] {first})"

    # ---------------------------------------------------------------------------------------------- row lists

    def rows(self, query: Query, out: Lines, planned: bool = False) -> str:
        """Text of the list of a query's rows; ``out`` gets the lines that it needs before."""
        if not planned:
            self.plan(query)
        body = query.body
        if isinstance(body, Recursion):
            flatten = self.source.constant(from_iterable, "from_iterable")
            return f"list({flatten}({RecursionWriter(self, query, out).batches()}))"
        window = self.window(query, out)
        if isinstance(body, Values):
            text = self.values(body)
        elif isinstance(body, Compound):
            compound = CompoundWriter(self, query, out)
            if window and is_in_turn(query):
                flatten = self.source.constant(from_iterable, "from_iterable")
                rows = f"{flatten}({compound.batches()})"
                return f"list({self.source.constant(islice, 'islice')}({rows}, {window[0]}, {window[1]}))"
            text = compound.rows(window[1] if window else "")
            if query.order:
                return emit_order(self, out, text, query, len(query.columns), window)
        else:
            return self._select(query, body, out, window)
        return f"{text}[{window[0]}:{window[1]}]" if window else text

    def window(self, query: Query, out: Lines) -> tuple[str, str] | None:
        """Names of the start and stop that LIMIT and OFFSET make."""
        if query.limit is None:
            return None
        limit = self.flat.value(query.limit)
        start, stop = self.source.name("start"), self.source.name("stop")
        is_plain = isinstance(query.limit, bound.Literal | bound.Parameter) and not query.limit.classes & ~INTEGER
        if query.offset is None and is_plain:
            out.line(f"{start}, {stop} = 0, {limit} if {limit} >= 0 else None")
            return start, stop
        offset = self.flat.value(query.offset) if query.offset is not None else "0"
        if query.offset is not None and not is_quiet_condition(query.offset):
            offset = f"lambda: {offset}"
        out.line(f"{start}, {stop} = {self.source.constant(limits, 'limits')}({limit}, {offset})")
        return start, stop

    def values(self, body: Values) -> str:
        """Text of the list of the rows of VALUES."""
        rows = []
        for i, row in enumerate(body.rows):
            text = f"({', '.join(self.emit.value(e) for e in row)},)"
            tests = " and ".join(self.emit.true(test) for test in body.tests.get(i, ()))
            rows.append(f"*([{text}] if {tests} else [])" if tests else text)
        return f"[{', '.join(rows)}]"

    def select(self, select: Select, out: Lines) -> str:
        """Text of the list of a SELECT's rows, in no order."""
        return self._select(Query(number=-1, body=select), select, out, None)

    def leading(self, select: Select, order: list[OrderTerm], stop: str, out: Lines) -> str:
        """Text of the list of the first ``stop`` rows of a SELECT in an order."""
        return self._select(Query(number=-1, body=select, order=order), select, out, ("0", stop))

    def _select(self, query: Query, select: Select, out: Lines, window: tuple[str, str] | None) -> str:
        order = [] if select.sorted_by_scan else query.order
        if window and order and select.late_outputs:
            return self._outputs_of_first(query, select, out, window)
        if not window or order or select.distinct or select.grouping is not None:
            self._move_calls(query, select)
        extras = [term.expr for term in order if term.output is None]
        width = len(select.outputs)
        if select.windowing is not None:
            text = WindowWriter(self, select, out, query.order, window[1] if window else "").rows(extras)
        elif select.grouping is not None:
            one_by_one = select.grouping.explicit and not select.distinct
            ends_early = window if one_by_one and not order and not _is_reversed(select) else None
            descending = [term.descending for term in query.order]
            leading = (order[0], window[1]) if window and order and not select.distinct else None
            text = GroupWriter(self, select, out, descending, window=ends_early, leading=leading).rows(extras)
            if ends_early:
                return text
        elif select.distinct_by_index:
            self._unpack(select, [])
            ends_early = None if order or _is_reversed(select) else window
            text = emit_distinct_in_index(self, select, out, ends_early)
            if ends_early:
                return text
        else:
            if window and query.order and select.merges_searches:
                return self._merged(query, select, out, window)
            self._unpack(select, extras)
            clauses = ScanWriter(self, out, ends_at_first=bool(window) and select.reads_few).steps(select.steps)
            if window and not order and not select.distinct and clauses:
                start, stop = self._skip(query, select, clauses, window) or window
                text = f"({comprehension(self.head(select, extras), clauses)})"
                return self.guarded(
                    select, f"list({self.source.constant(islice, 'islice')}({text}, {start}, {stop}))"
                )
            if window and not order and clauses and select.meets_soon and not self._is_collated(select):
                text = self.guarded(select, f"({comprehension(self.head(select), clauses)})")
                text = f"{self.source.constant(first_met, 'first_met')}({text})"
                return f"list({self.source.constant(islice, 'islice')}({text}, {window[0]}, {window[1]}))"
            if window and order and select.sorted_terms and not select.distinct:
                return emit_leading(self, out, query, comprehension(self.head(select, extras), clauses), window, width)
            if window and order and not select.distinct and (is_large(select) or may_be_endless(select)):
                return emit_top_of_many(self, out, query, self.head(select, extras), clauses, window, width)
            cuts = window and order and not select.distinct and _gives_batches(select) and not is_short(self, select)
            if window and cuts and can_cut(named := name_first_term(self, query, clauses)):
                return emit_cutting(self, out, named, clauses, window, width)
            if select.distinct and clauses and is_large(select):
                text = self.guarded(select, f"({comprehension(self.head(select, extras), clauses)})")
            else:
                text = self.guarded(select, self.listed(self.head(select, extras), clauses))
            if (
                select.distinct
                and len(select.outputs) == 1
                and not extras
                and clauses
                and not is_large(select)
                and not self._is_collated(select)
            ):
                text = emit_distinct_column(self, select, clauses, out)
            elif select.distinct:
                text = self._distinct(select, text, extras)
        if select.distinct and (select.grouping is not None or select.windowing is not None):
            text = self._distinct(select, text, extras)
        if order and window and not select.distinct:
            return emit_top(self, out, text, query, window, width)
        if order:
            return emit_order(self, out, text, query, width, window)
        return f"{text}[{window[0]}:{window[1]}]" if window else text

    def _outputs_of_first(self, query: Query, select: Select, out: Lines, window: tuple[str, str]) -> str:
        """Results of the rows that ORDER BY and LIMIT leave."""
        rows_query, rows, names = rows_for_outputs(query, select)
        found = self.iterable(self._select(rows_query, rows, out, window), out)
        kept = {at: f"y{n}" for n, at in enumerate(outputs_sorted_by(query))}
        values = [kept.get(i) or self.emit.value(output.expr) for i, output in enumerate(select.outputs)]
        target = ", ".join([*names, *kept.values()])
        return f"[({', '.join(values)},) for {target}{'' if ',' in target else ','} in {found}]"

    def _merged(self, query: Query, select: Select, out: Lines, window: tuple[str, str]) -> str:
        """What several searches find, each in order."""
        extras = [term.expr for term in query.order if term.output is None]
        self._unpack(select, extras)
        clauses = ScanWriter(self, out, ends_at_first=True).steps(select.steps)
        return emit_merged(self, out, query, self.head(select, extras), clauses, window, len(select.outputs))

    def _skip(
        self, query: Query, select: Select, clauses: list[Clause], window: tuple[str, str]
    ) -> tuple[str, str] | None:
        """Let a scan that gives every row leave out leaves, or entries, that OFFSET skips; the window of the rest."""
        first, step = clauses[0], select.steps[0]
        if query.offset is None or len(clauses) != 2 or not isinstance(first, For) or step.source.table is None:
            return None
        start, stop = window
        if first.iterable == f"{self.tree(step.source.tree_id)}.values()":
            function = self.source.constant(behind, "behind")
        elif isinstance(step.access, IndexRange) and first.target.endswith(f", i{step.source.number}"):
            function = self.source.constant(entries_behind, "entries_behind")
        else:
            return None
        clauses[0] = For(first.target, f"{function}({first.iterable}, {start})")
        return "0", f"None if {stop} is None else {stop} - {start}"

    def listed(self, head: str, clauses: list[Clause]) -> str:
        """Text of the list of what a comprehension gives."""
        if len(clauses) == 2 and isinstance(clauses[0], For) and clauses[1] == For(head, clauses[0].target):
            return f"list({self.source.constant(from_iterable, 'from_iterable')}({clauses[0].iterable}))"
        return f"[{comprehension(head, clauses)}]"

    def guarded(self, select: Select, text: str) -> str:
        """Nothing where a condition that reads no source is not true."""
        if not select.constant_filters:
            return text
        tests = " and ".join(self.emit.true(c) for c in select.constant_filters)
        return f"({text} if {tests} else [])"

    def head(self, select: Select, extras: Sequence[Expr] = ()) -> str:
        """Text of a result row."""
        exprs = [output.expr for output in select.outputs] + list(extras)
        first = exprs[0]
        if isinstance(first, bound.Column) and all(
            isinstance(e, bound.Column) and e.source == first.source and e.position == i for i, e in enumerate(exprs)
        ):
            for source in select.sources:
                has_row = (first.source, first.position) not in self.scalars
                if source.number == first.source and source.width == len(exprs) and has_row:
                    return f"r{first.source}"
        return f"({', '.join(self.emit.value(e) for e in exprs)},)"

    def _move_calls(self, query: Query, select: Select) -> None:
        """Have functions called for many rows at once, where they may be."""
        takes_rows = any(isinstance(output.expr, bound.WholeRow) for output in select.outputs)
        if select.windowing is None and _gives_batches(select) and not takes_rows:
            move_calls(self, select, query.order)

    def _unpack(self, select: Select, extras: Sequence[Expr]) -> None:
        """Take rows apart where conditions, later joins or computed results read their columns."""
        if select.steps and select.steps[0].source.number in self.batched:
            return
        outputs = [output.expr for output in select.outputs]
        if any(isinstance(expr, bound.WholeRow) for expr in outputs):
            return
        read_rowids(self, select, [*outputs, *extras])
        if read_entries(self, select, [*outputs, *extras]):
            return
        plain = all(isinstance(e, bound.Column) for e in outputs)
        if plain and len(select.steps) == 1 and not select.steps[0].filters:
            return
        if not self.head(select).isidentifier() and not read_column(self, select, [*outputs, *extras]):
            unpack(self, select, [*outputs, *extras])

    def _is_collated(self, select: Select) -> bool:
        """Whether equal result rows need not be equal in Python."""
        return any(
            (output.expr.collation or "BINARY") != "BINARY" and output.expr.classes & TEXT for output in select.outputs
        )

    def _distinct(self, select: Select, text: str, extras: list[Expr]) -> str:
        collations = [output.expr.collation or "BINARY" for output in select.outputs]
        if extras or self._is_collated(select):
            function = self.source.constant(distinct_by, "distinct_by")
            return f"{function}({text}, {self.collation_keys(collations)})"
        return f"list(dict.fromkeys({text}))"

    def collation_keys(self, names: list[str]) -> str:
        """Text of a tuple of the key functions of collations, None for BINARY."""
        keys = [
            "None" if name == "BINARY" else self.source.constant(self.context.functions.collation(name).key)
            for name in names
        ]
        return f"({', '.join(keys)},)"

    # --------------------------------------------------------------------------------------------- subqueries

    def subquery(self, query: Query, kind: str) -> str:
        """Text of a subquery's result: ``scalar`` its value, ``row`` its first row, ``exists`` a truth value, ``set``
        and ``list`` its rows, or values if there is one column, as a set or a list."""
        known = self._memo.get((query.number, kind))
        if known is None:
            known = self._memo[query.number, kind] = self._outside(query, kind)
        return known

    def members(self, node: bound.InQuery) -> str:
        """Text of the members, as the query gives them."""
        return self.subquery(node.query, kind_of_members(node))

    def _outside(self, query: Query, kind: str) -> str:
        if kind == "exists" and query.outer:
            membership = self._semi_join(query)
            if membership is not None:
                return membership
        if not query.outer:
            key = (query.number, kind) if query.is_kept else None
            return self.once(query.is_awaited or is_quiet(query), lambda out: self._result(query, kind, out), key)
        arguments = sorted({f"r{s}" if position >= 0 else f"k{s}" for s, position in query.outer})
        name = f"s{query.number}_{kind}"
        lines = Lines()
        remembered = query.repeats and is_repeatable(query)
        memo = self.source.name("m")
        if remembered:
            lines.line(f"{memo} = {{}}")
        with lines.block(f"def {name}({', '.join(arguments)}):"):
            inner = Lines(lines.indent)
            if not remembered and self._first_found(query, kind, inner):
                lines.lines += inner.lines
                self.prologue.lines += lines.lines
                return f"{name}({', '.join(arguments)})"
            text = self._result(query, kind, inner)
            if remembered:
                lines.line(f"key = ({_outer_key(query)},)")
                lines.line(f"if key in {memo}: return {memo}[key]")
                lines.lines += inner.lines
                lines.line(f"{memo}[key] = result = {text}")
                lines.line("return result")
            else:
                lines.lines += inner.lines
                lines.line(f"return {text}")
        self.prologue.lines += lines.lines
        return f"{name}({', '.join(arguments)})"

    def _semi_join(self, query: Query) -> str | None:
        """EXISTS over rows that equal something outside: membership in a set that is built once; None
        elsewhere."""
        body = query.body
        if not isinstance(body, Select) or body.windowing is not None:
            return None
        if body.grouping is not None or query.limit is not None or not body.joins:
            return None
        if any(join.kind == "LEFT" or join.source.table is None for join in body.joins):
            return None
        local = {join.source.number for join in body.joins}
        links = [c for c in body.where if any(s not in local for s, _ in references(c))]
        pairs = [_equality(c, local) for c in links]
        if not pairs or not all(pairs) or not is_quiet(query):
            return None
        keys = [(inner, outer) for pair in pairs if pair is not None for inner, outer in [pair]]
        own = Query(
            number=query.number,
            body=Select(joins=body.joins, where=[c for c in body.where if c not in links]),
        )
        plan_query(query, self.context)
        plan_query(own, self.context)
        is_hashed = len(body.steps) == 1 and isinstance(body.steps[0].access, HashLookup)  # a set takes less
        cost = own.cost_estimate + own.rows_estimate * _MEMBER_COST * len(keys)
        if cost > query.cost_estimate and not is_hashed:
            return None
        self.plan(own)
        assert isinstance(own.body, Select)
        lines = Lines()
        scan = ScanWriter(self, lines)
        read_column(self, own.body, [inner.expr for inner, _ in keys])
        members = [scan.key(inner)[0] for inner, _ in keys]
        probes = [scan.key(outer)[0] for _, outer in keys]
        clauses = scan.steps(own.body.steps) + [If(is_null(text, False)) for text in members]
        found = f"{{{comprehension(_row(members), clauses)}}}"
        self.prologue.lines += lines.lines
        return f"({_row(probes)} in {self.hoist(self._tested(own.body, found, 'set()'))})"

    def _first_found(self, query: Query, kind: str, out: Lines) -> bool:
        """The rest of a function that looks for a row, as loops that end at the first: quicker than a generator that is
        asked once. False, and nothing written, elsewhere."""
        if kind not in ("exists", "scalar") or not _is_simple(query):
            return False
        self.plan(query)
        body = query.body
        if not isinstance(body, Select) or not body.joins:
            return False
        otherwise = "False" if kind == "exists" else "None"
        if body.constant_filters:
            tests = " and ".join(self.emit.true(c) for c in body.constant_filters)
            out.line(f"if not ({tests}): return {otherwise}")
        if kind == "exists":
            read_nothing(body)
        clauses = ScanWriter(self, out, ends_at_first=True).steps(body.steps)
        found = "True" if kind == "exists" else self.emit.value(body.outputs[0].expr)
        self.nest(out, clauses, f"return {found}")
        out.line(f"return {otherwise}")
        return True

    def _result(self, query: Query, kind: str, out: Lines) -> str:
        in_order = kind not in ("set", "list") or query.limit is not None
        if not in_order and isinstance(query.body, Select) and query.body.grouping is not None:
            query.body.grouping.in_any_order = query.body.windowing is None
        self.plan(query)
        found = self._first(query, kind, out) if kind in ("exists", "scalar") else None
        if found is not None:
            return found
        if kind == "set" and _is_simple(query) and len(query.columns) == 1:
            return self._set_of_values(query, out)
        text = self.rows(query, out, planned=True)
        if kind == "exists":
            return f"bool({text})"
        if kind == "row":
            name = self.source.name("v")
            out.line(f"{name} = {text}")
            return f"({name}[0] if {name} else ({'None,' * len(query.columns)}))"
        if kind in ("set", "list"):
            row = "r[0]" if len(query.columns) == 1 else "r"
            found = f"{row} for r in {self.iterable(text, out)}"
            if kind == "list":
                return f"[{found}]"
            return f"{{{found}}}" if row == "r[0]" else f"{self.source.constant(RowSet, 'RowSet')}({text})"
        name = self.source.name("v")
        out.line(f"{name} = {text}")
        return f"({name}[0][0] if {name} else None)"

    def _set_of_values(self, query: Query, out: Lines) -> str:
        """Text of the set of the values of a plain SELECT of one column."""
        select = query.body
        assert isinstance(select, Select)
        expr = select.outputs[0].expr
        self._move_calls(query, select)
        if self.batched or not read_column(self, select, [expr]):
            self._unpack(select, [])
        clauses, value = ScanWriter(self, out).steps(select.steps), self.emit.value(expr)
        if len(clauses) == 2 and isinstance(clauses[0], For) and clauses[1] == For(value, clauses[0].target):
            text = f"set({self.source.constant(from_iterable, 'from_iterable')}({clauses[0].iterable}))"
        else:
            text = f"{{{comprehension(value, clauses)}}}"
        return self._tested(select, text, "set()")

    def _first(self, query: Query, kind: str, out: Lines) -> str | None:
        """Text of the first row's value, or whether there is one, that ends the search; None where all rows must be
        known."""
        body = query.body
        if is_in_turn(query) and query.limit is None:
            batches = CompoundWriter(self, query, out).batches()
            if kind == "exists":
                return f"any({batches})"
            return f"next({self.source.constant(from_iterable, 'from_iterable')}({batches}), (None,))[0]"
        if not isinstance(body, Select) or not _is_simple(query):
            return None
        if kind == "exists" and body.steps:
            read_nothing(body)
        clauses = ScanWriter(self, out, ends_at_first=True).steps(body.steps)
        if kind == "exists":
            tests = [clause.test for clause in clauses if isinstance(clause, If)]
            found = f"any({comprehension('True', clauses)})" if len(tests) < len(clauses) else " and ".join(tests)
            return self._tested(body, found or "True", "False")
        if not clauses:
            return None
        value = self.emit.value(body.outputs[0].expr)
        return self._tested(body, f"next(({comprehension(value, clauses)}), None)", "None")

    def _tested(self, select: Select, text: str, otherwise: str) -> str:
        if not select.constant_filters:
            return text
        tests = " and ".join(self.emit.true(c) for c in select.constant_filters)
        return f"({text} if {tests} else {otherwise})"

    def in_query(self, node: bound.InQuery, is_test: bool = False) -> str:
        """Text of 1, 0 or None, or a test."""
        members = self.members(node)
        conversion = conversion_of_members(self.emit, node)
        if conversion is not None and node.query.outer:
            members = conversion.format(members)
        elif conversion is not None:
            # Two conditions may ask one query after different affinities.
            known = self._converted.get((node.query.number, conversion))
            text = conversion.format(members)
            members = known or self.once(is_quiet(node.query), lambda out: text)
            self._converted[node.query.number, conversion] = members
        return emit_membership(self.emit, node, members, is_test)


def steps_of(select: Select) -> Iterator[Step]:
    """The steps of a SELECT and of the groups in it."""
    for step in select.steps:
        yield step
        group = step.source.group
        if group is not None:
            yield from steps_of(group.select)
            if group.right_step is not None:
                yield from steps_of(Select(steps=[group.right_step]))


def _is_simple(query: Query) -> bool:
    """Whether a query's rows are those of its scan, one for one and in its order."""
    body = query.body
    is_plain = isinstance(body, Select) and body.grouping is None and body.windowing is None and not body.distinct
    return is_plain and query.limit is None and not query.order


def _is_reversed(select: Select) -> bool:
    """Whether groups are found in the order that is not asked for."""
    if not select.by_ends:
        return False
    access = select.steps[0].access
    return isinstance(access, IndexRange) and access.descending


def _is_long(select: Select) -> bool:
    """Whether a SELECT is expected to go through so many rows that they are better handed out in batches."""
    if not select.steps:
        return False
    step = select.steps[0]
    return step.rows_estimate >= STREAM_ROWS or is_streamed(step) or is_large(select) or may_be_endless(select)


def _gives_batches(select: Select) -> bool:
    """Whether the first clause of the scan gives lists of rows."""
    if not select.steps or select.constant_filters:
        return False
    step = select.steps[0]
    access = step.access
    if is_streamed(step):
        return True
    if step.left or step.source.table is None or not isinstance(access, FullScan | RowidRange | IndexRange):
        return False
    return not isinstance(access, IndexRange) or not (access.has_members or access.covers_unique or access.few)


def _outer_key(query: Query) -> str:
    """The values outside that a query depends on, as a key that is equal where they are the same."""
    reals = places_of_reals(query)
    codes = [
        f"k{s}" if position < 0 else f"repr(r{s}[{position}])" if (s, position) in reals else f"r{s}[{position}]"
        for s, position in query.outer
    ]
    return f"({', '.join(codes)},)"


def _row(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)},)"


def _equality(conjunct: Expr, local: set[int]) -> tuple[Key, Key] | None:
    """(inner side, outer side) of an equality between this query and one around it."""
    if not isinstance(conjunct, bound.Compare) or conjunct.op != "=" or conjunct.is_mixed:
        return None
    left = Key(conjunct.left, conjunct.left_affinity, conjunct.using)
    right = Key(conjunct.right, conjunct.right_affinity, conjunct.using)
    for inner, outer in ((left, right), (right, left)):
        reads, outside = sources_of(inner.expr), sources_of(outer.expr)
        if reads and reads <= local and not outside & local:
            return inner, outer
    return None


__all__ = ["Lines", "QueryWriter", "Step", "references"]
