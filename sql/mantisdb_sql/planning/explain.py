"""Plans as text, for EXPLAIN QUERY PLAN and for tests that pin plans: one line per node, children indented by two more
spaces, in SQLite's wording (https://www.sqlite.org/eqp.html).

What SQLite does not have is told in its style:

    SEARCH t USING HASH TABLE (a=?)          a hash join: the table is built once, as SQLite's automatic indexes are
    EXISTS SUBQUERY n USING HASH TABLE       a semi join: what EXISTS looks for is in a set
    CO-ROUTINE (join-n), RIGHT-JOIN t        sources that are joined before the others
    USE TEMP B-TREE FOR WINDOW FUNCTIONS     rows are collected for window functions
    MERGE SEARCHES FOR ORDER BY              what is found for each member of an IN is in order

A temporary b-tree stands for any way to sort, or to tell groups or values apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import (
    Access,
    Bound,
    Compound,
    DerivedScan,
    FullScan,
    FunctionScan,
    HashLookup,
    IndexRange,
    JoinGroup,
    Key,
    MultiIndexOr,
    Query,
    Recursion,
    RowidGet,
    RowidIn,
    RowidRange,
    Select,
    Source,
    Step,
    Values,
    expressions_of,
)

__all__ = ["explain_queries", "plan_rows"]

_ROWID = "INTEGER PRIMARY KEY"


def explain_queries(queries: list[Query]) -> str:
    """The plan of a statement: its own query first, then all others that were planned for it."""
    explainer = _Explainer(queries)
    explainer.query(queries[0], 0)
    return "\n".join(explainer.lines)


def plan_rows(text: str) -> list[tuple[int, int, int, str]]:
    """(id, parent, 0, detail) of each line of a plan."""
    rows = []
    above: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        detail = line.lstrip(" ")
        depth = (len(line) - len(detail)) // 2
        del above[depth:]
        rows.append((number, above[-1] if above else 0, 0, detail))
        above.append(number)
    return rows


class _Explainer:
    def __init__(self, queries: list[Query]) -> None:
        self.lines: list[str] = []
        self._shown: set[int] = set()
        # An EXISTS that became a semi join was planned a second time, without what links it to the query around it.
        self._planned: dict[int, list[Query]] = {}
        for query in queries:
            self._planned.setdefault(query.number, []).append(query)

    def _line(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + text)

    def query(self, query: Query, depth: int) -> None:
        """A whole query."""
        body = query.body
        if isinstance(body, Compound):
            self._compound(body, depth)
        elif isinstance(body, Recursion):
            self._line(depth, "SETUP")
            self.query(body.anchor, depth + 1)
            for term in body.terms:
                self._line(depth, "RECURSIVE STEP")
                self._select(term, depth + 1)
        else:
            self._arm(body, depth)
        for expr in expressions_of(query):
            self._subqueries(expr, depth)
        if isinstance(body, Select) and body.merges_searches:
            self._line(depth, "MERGE SEARCHES FOR ORDER BY")
        if query.order and not (isinstance(body, Select) and body.sorted_by_scan):
            self._line(depth, f"USE TEMP B-TREE FOR {_unsorted(query)}ORDER BY")

    def _compound(self, body: Compound, depth: int) -> None:
        self._line(depth, "COMPOUND QUERY")
        self._line(depth + 1, "LEFT-MOST SUBQUERY")
        self._arm(body.first, depth + 2)
        for operator, arm in body.rest:
            self._line(depth + 1, operator if operator == "UNION ALL" else f"{operator} USING TEMP B-TREE")
            self._arm(arm, depth + 2)

    def _arm(self, arm: Select | Values, depth: int) -> None:
        if isinstance(arm, Select):
            self._select(arm, depth)
        else:
            rows = len(arm.rows)
            self._line(depth, "SCAN CONSTANT ROW" if rows == 1 else f"SCAN {rows}-ROW VALUES CLAUSE")

    def _select(self, select: Select, depth: int) -> None:
        for step in select.steps:
            self._source(step.source, step.access, depth)
        for call in select.grouping.aggregates if select.grouping is not None else ():
            if call.distinct and not select.by_ends:
                self._line(depth, f"USE TEMP B-TREE FOR {call.definition.name}(DISTINCT)")
        for step in select.steps:
            self._step(step, depth)
        if not select.steps:
            self._line(depth, "SCAN CONSTANT ROW")
        if select.grouping is not None and select.grouping.keys and not select.groups_one_by_one:
            self._line(depth, "USE TEMP B-TREE FOR GROUP BY")
        if select.windowing is not None:
            self._line(depth, "USE TEMP B-TREE FOR WINDOW FUNCTIONS")
        if select.distinct and not select.distinct_by_index:
            self._line(depth, "USE TEMP B-TREE FOR DISTINCT")

    # ------------------------------------------------------------------------------------------------- sources

    def _source(self, source: Source, access: Access, depth: int) -> None:
        """What is made before a source can be visited."""
        if source.group is not None:
            self._line(depth, f"CO-ROUTINE {_name(source)}")
            self._group(source.group, depth + 1)
            return
        query = source.query
        if query is None or query.number in self._shown:
            return
        self._shown.add(query.number)
        is_streamed = isinstance(access, DerivedScan) and query.uses == 1
        self._line(depth, f"{'CO-ROUTINE' if is_streamed else 'MATERIALIZE'} {_name(source)}")
        self.query(query, depth + 1)

    def _group(self, group: JoinGroup, depth: int) -> None:
        self._select(group.select, depth)
        if group.right is not None and group.right_step is not None:
            step = group.right_step
            self._source(step.source, step.access, depth)
            self._line(depth, describe(step.source, step.access))
            self._line(depth, f"{'FULL' if group.full else 'RIGHT'}-JOIN {_name(step.source)}")

    def _step(self, step: Step, depth: int) -> None:
        access = step.access
        if isinstance(access, MultiIndexOr):
            self._line(depth, "MULTI-INDEX OR")
            for i, branch in enumerate(access.branches, 1):
                self._line(depth + 1, f"INDEX {i}")
                self._line(depth + 2, describe(step.source, branch))
            return
        text = step.detail or describe(step.source, access)
        self._line(depth, text + (" LEFT-JOIN" if step.left else ""))

    # ---------------------------------------------------------------------------------------------- subqueries

    def _subqueries(self, expr: Expr, depth: int) -> None:
        for node in _asking(expr):
            query: Query = node.query  # type: ignore[attr-defined]
            if query.number in self._shown or query.number not in self._planned:
                continue
            self._shown.add(query.number)
            kind = "LIST" if isinstance(node, bound.InQuery) else "SCALAR"
            planned = self._planned[query.number]
            if len(planned) > 1 and planned[-1] is not query:
                self._line(depth, f"EXISTS SUBQUERY {query.number} USING HASH TABLE")
                self.query(planned[-1], depth + 1)
                continue
            self._line(depth, f"{'CORRELATED ' if query.outer else ''}{kind} SUBQUERY {query.number}")
            self.query(query, depth + 1)


def _unsorted(query: Query) -> str:
    """Which terms of ORDER BY the scan does not settle, if it settles any."""
    body = query.body
    if not isinstance(body, Select) or not body.sorted_terms:
        return ""
    rest = len(query.order) - body.sorted_terms
    return "LAST TERM OF " if rest == 1 else f"LAST {rest} TERMS OF "


def _asking(expr: Expr) -> Iterator[Expr]:
    """The nodes with subqueries in an expression, not those inside them."""
    for node in bound.walk(expr):
        if isinstance(node, bound.InQuery | bound.Exists | bound.ScalarQuery):
            yield node


# ---------------------------------------------------------------------------------------------------- one source


def _name(source: Source) -> str:
    if source.group is not None:
        return f"(join-{source.number})"
    return source.alias or f"(subquery-{source.query.number if source.query is not None else source.number})"


def describe(source: Source, access: Access) -> str:
    """One line on how a source is read."""
    name = _name(source)
    if isinstance(access, FunctionScan):
        return f"SCAN {name} VIRTUAL TABLE INDEX 0:"
    if isinstance(access, FullScan | DerivedScan):
        return f"SCAN {name}"
    if isinstance(access, HashLookup):
        columns = " AND ".join(f"{_key_name(key, source)}=?" for key in access.build)
        return f"SEARCH {name} USING HASH TABLE ({columns})"
    if isinstance(access, RowidGet | RowidIn):
        return f"SEARCH {name} USING {_ROWID} (rowid=?)"
    if isinstance(access, RowidRange):
        parts = ["rowid>?"] * (access.low is not None) + ["rowid<?"] * (access.high is not None)
        return f"SEARCH {name} USING {_ROWID} ({' AND '.join(parts)})"
    assert isinstance(access, IndexRange)
    parts = _parts(source, access)
    if source.table is not None and access.index is source.table.key_index:
        return f"SEARCH {name} USING PRIMARY KEY ({' AND '.join(parts)})" if parts else f"SCAN {name}"
    kind = "COVERING INDEX" if access.covering or access.rowids_only or access.is_test else "INDEX"
    using = f"{name} USING {kind} {access.index.name}"
    return f"SEARCH {using} ({' AND '.join(parts)})" if parts else f"SCAN {using}"


def _parts(source: Source, access: IndexRange) -> list[str]:
    columns = [
        "<expr>" if c.expression is not None else "rowid" if c.position < 0 else source.columns[c.position].name
        for c in access.index.columns
    ]
    at = len(access.prefix)
    parts = [f"{column}=?" for column in columns[:at]]
    if access.like is not None:
        parts += [f"{columns[at]}>?", f"{columns[at]}<?"]
    for end, operator in ((access.low, ">"), (access.high, "<")):
        if end is not None:
            parts.append(_end(columns[at:], end, operator))
    return parts


def _end(columns: list[str], end: Bound, operator: str) -> str:
    if not end.more:
        return f"{columns[0]}{operator}?"
    width = 1 + len(end.more)
    return f"({','.join(columns[:width])}){operator}({','.join(['?'] * width)})"


def _key_name(key: Key, source: Source) -> str:
    expr = key.expr
    while isinstance(expr, bound.Collate):
        expr = expr.operand
    if isinstance(expr, bound.Column):
        member = next((m for m in source.members if m.number == expr.source), source)
        return member.columns[expr.position].name
    return "rowid" if isinstance(expr, bound.Rowid) else "<expr>"
