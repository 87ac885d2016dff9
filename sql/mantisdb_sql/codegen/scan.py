"""FROM and WHERE as comprehension clauses.

Whatever joins and conditions a SELECT has, its rows come from one chain of clauses that can stand in a
comprehension or, each on a line of its own, as nested statements:

    for b0 in t5.values()            a leaf's list of rows
    for r0 in b0                     its rows
    if r0[1] > p0
    for r1 in h0.get(r0[2], ())      a hash join
    for r2 in (t7.get(r1[0], n0),)   a left join by rowid, n0 the null row

Hash tables, key lists and derived tables are built by lines before it. A hash table maps a key to the list
of its rows, or to the one row where a UNIQUE constraint says that there is no other, or where a small table
has none at present: the code then raises StalePlan as soon as it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import group_is_quiet, is_quiet, is_quiet_condition, varies
from mantisdb_sql.binding.plan import (
    Access,
    Compound,
    DerivedScan,
    FullScan,
    FunctionScan,
    HashLookup,
    IndexRange,
    Key,
    MultiIndexOr,
    Recursion,
    RowidGet,
    RowidIn,
    RowidRange,
    Source,
    Step,
    references,
)
from mantisdb_sql.codegen.clauses import Clause, For, If, Let, comprehension
from mantisdb_sql.codegen.column_scan import column_of, column_of_matches, is_of_column
from mantisdb_sql.codegen.comparison import side
from mantisdb_sql.codegen.compounds import CompoundWriter, is_in_turn
from mantisdb_sql.codegen.group_join import GroupJoinWriter
from mantisdb_sql.codegen.index_scan import IndexWriter
from mantisdb_sql.codegen.leaf_ranges import range_in_leaves
from mantisdb_sql.codegen.look_ups import row_by_key
from mantisdb_sql.codegen.null_tests import is_null
from mantisdb_sql.codegen.recursion import RecursionWriter
from mantisdb_sql.codegen.rows import from_iterable, with_reals
from mantisdb_sql.codegen.searched_tables import SearchedTable
from mantisdb_sql.codegen.unpacking import row_target
from mantisdb_sql.errors import StalePlan
from mantisdb_sql.functions.table_functions import called_once
from mantisdb_sql.values.storage import INTEGER, NULL

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import Lines, QueryWriter


_KEY_POSITION = 1 << 21  # and those that follow: columns that stand for the parts of a hash table's key
_UNIQUE_ROWS = 2000
"""Up to so many rows are looked at to see whether a hash table needs lists of rows."""


class ScanWriter:
    """Writes the clauses of one SELECT; ``out`` gets what must be built before them. Rows of a scan that
    ``ends_at_first``, or after a few, are looked up one by one."""

    def __init__(self, writer: QueryWriter, out: Lines, *, ends_at_first: bool = False) -> None:
        self.writer = writer
        self.out = out
        self.ends_at_first = ends_at_first
        self.emit = writer.emit  # of conditions
        self.clauses: list[Clause] = []

    def steps(self, steps: list[Step]) -> list[Clause]:
        """The clauses of all steps in order."""
        for step in steps:
            if step.left:
                self._left(step)
            else:
                batched = self.writer.batched.get(step.source.number)
                if batched is not None and batched.step is step:
                    self.clauses += batched.clauses(self._access(step))
                    continue
                self.clauses += self._access(step)
                self.clauses += [If(self.emit.true(c)) for c in step.filters]
        return self.clauses

    # --------------------------------------------------------------------------------------------- left joins

    def _left(self, step: Step) -> None:
        source, emit = step.source, self.writer.flat
        n = source.number
        target = ", ".join(variables(source))
        missing = self.writer.source.constant((null_item(source),))
        access = step.access
        if not step.on and not source.uses_rowid and isinstance(access, RowidGet):
            key, classes = self.key(access.key)
            row = self.writer.source.constant(null_item(source))
            self.clauses.append(Let(f"r{n}", row_by_key(self.writer, step, key, classes, row)))
        elif not step.on and isinstance(access, HashLookup):
            table, key = self._hash_table(step, access), self._probe(access)
            if access.unique:
                self.clauses.append(Let(target, f"{table}.get({key}, {missing}[0])"))
            else:
                self.clauses.append(For(target, f"{table}.get({key}, {missing})"))
        elif isinstance(access, IndexRange) and access.rowids_only:
            (search,) = self._access(step)
            assert isinstance(search, For)
            self.clauses.append(For(f"k{n}", f"({search.iterable} or {self.writer.source.constant((None,))})"))
        else:
            inner = self._access(step) + [If(emit.true(c)) for c in step.on]
            item = row_item(source)
            self.clauses.append(For(target, f"([{comprehension(item, inner)}] or {missing})"))
        self.clauses += [If(self.emit.true(c)) for c in step.filters]

    # ------------------------------------------------------------------------------------------- access paths

    def _access(self, step: Step) -> list[Clause]:
        access, source = step.access, step.source
        n = source.number
        if isinstance(access, FunctionScan):
            return self._function(source)
        if isinstance(access, DerivedScan):
            if is_streamed(step) and not self.clauses:
                return [For(f"b{n}", self._in_batches(source)), For(f"r{n}", f"b{n}")]
            return [For(", ".join(variables(source)), self.derived(step))]
        if isinstance(access, HashLookup):
            return self._hash_lookup(step, access)
        tree = self.writer.tree(source.tree_id)
        if isinstance(access, FullScan):
            return self._full_scan(step, tree, access.descending)
        if isinstance(access, RowidGet):
            key, classes = self.key(access.key)
            clauses: list[Clause] = [Let(f"r{n}", row_by_key(self.writer, step, key, classes)), If(f"r{n} is not None")]
            if source.uses_rowid:
                clauses.append(Let(f"k{n}", f"int({key})" if classes & ~INTEGER else key))
            return clauses
        if isinstance(access, RowidIn):
            keys = IndexWriter(self).rowid_list(access)
            if source.uses_rowid:
                return [For(f"k{n}", keys), Let(f"r{n}", f"{tree}.get(k{n})"), If(f"r{n} is not None")]
            return [For(f"r{n}", f"{tree}.get_many({keys})"), If(f"r{n} is not None")]
        if isinstance(access, RowidRange):
            return self._batches(step, self.rowid_range(source, access), pairs=True)
        if isinstance(access, MultiIndexOr):
            return IndexWriter(self).union(step, access)
        return IndexWriter(self).clauses(step, access)

    def _full_scan(self, step: Step, tree: str, descending: bool) -> list[Clause]:
        n = step.source.number
        position = self.writer.columns.get(n)
        if position is not None:
            return [For(f"b{n}", column_of_matches(self.writer, step, position)), For(f"r{n}_{position}", f"b{n}")]
        pairs = descending or step.source.uses_rowid
        if descending:
            return self._batches(step, f"{tree}.scan_back()", pairs)
        within = range_in_leaves(self, step, step.on if step.left else step.filters)
        return self._batches(step, within or (f"{tree}.scan()" if pairs else f"{tree}.values()"), pairs)

    def _function(self, source: Source) -> list[Clause]:
        """Clauses over a table-valued function; where its arguments read no row, it is called once, unless its rows may
        be too many to keep."""
        call, n = source.function, source.number
        assert call is not None
        function = self.writer.source.constant(call.definition.rows(frozenset(call.wanted)))
        arguments = ["..." if a is None else self.writer.flat.value(a) for a in call.arguments]
        while len(arguments) > 1 and arguments[-1] == "...":
            arguments.pop()
        is_kept = self.clauses and not call.definition.is_unbounded
        if is_kept and not any(True for a in call.given for _ in references(a)):
            function = self.writer.hoist(f"{self.writer.source.constant(called_once, 'called_once')}({function})")
        text = f"{function}({', '.join(arguments)})"
        if not source.uses_rowid:
            return [For(f"r{n}", text)]
        if call.definition.first_rowid is None:
            return [For(f"r{n}", text), Let(f"k{n}", f"r{n}[0]")]
        return [For(f"k{n}, r{n}", f"enumerate({text}, {call.definition.first_rowid})")]

    def _batches(self, step: Step, iterable: str, pairs: bool) -> list[Clause]:
        n = step.source.number
        if step.source.uses_rowid:
            return [For(f"i{n}, b{n}", iterable), For(f"k{n}, r{n}", f"zip(i{n}, b{n})")]
        rows = row_target(self.writer, step.source)
        return [For(f"_, b{n}" if pairs else f"b{n}", iterable), For(rows, f"b{n}")]

    def key(self, key: Key) -> tuple[str, int]:
        """Text of a search key and its classes."""
        found = side(self.writer.flat, key.expr, key.affinity)
        text = found.text
        if key.collation != "BINARY":
            function = self.writer.source.constant(self.writer.flat.collation(key.collation).key)
            text = self.writer.flat.hoisted(f"{function}({text})", key.expr)
        if varies(key.expr) and not any(True for _ in references(key.expr)):
            text = self.writer.hoist(text)  # a search that names its key several times must mean one value
        return text, found.classes

    def rowid_range(self, source: Source, access: RowidRange) -> str:
        """Text of the batches of a rowid interval."""
        tree = self.writer.tree(source.tree_id)
        arguments, guards = [], []
        for word, end in (("low", access.low), ("high", access.high)):
            if end is not None:
                text, classes = self.key(Key(end.expr, end.affinity))
                arguments.append(f"{word}={text}" + (f", {word}_open=True" if end.open else ""))
                if classes & NULL:
                    guards.append(is_null(text, False))
        call = f"{tree}.range{'_back' if access.descending else ''}({', '.join(arguments)})"
        return f"({call} if {' and '.join(guards)} else ())" if guards else call

    # -------------------------------------------------------------------------------- derived and hash tables

    def derived(self, step: Step) -> str:
        """Text of the rows of a source that is no table."""
        source, writer = step.source, self.writer
        if source.recursive:
            return self._as_read(f"work{source.number}", source)
        number = source.number if source.query is None else -1 - source.query.number
        known = writer.row_lists.get(number)
        if known is not None:
            return known
        if source.group is not None:
            group = source.group
            write: Callable[[Lines], str] = lambda out: GroupJoinWriter(writer, out).rows(group)  # noqa: E731
            quiet, outside = group_is_quiet(group), _reads_outside(source, [])
        else:
            query = source.query
            assert query is not None
            write = lambda out: self._as_read(writer.rows(query, out), source)  # noqa: E731
            quiet, outside = is_quiet(query), bool(query.outer)
        if outside:
            name = writer.source.name("d")
            self.out.line(f"{name} = {write(self.out)}")
            return name
        writer.row_lists[number] = text = writer.once(quiet, write)
        return text

    def _in_batches(self, source: Source) -> str:
        """Text of the batches of a query that nothing else reads."""
        query, writer = source.query, self.writer
        assert query is not None
        writer.plan(query)
        lines = type(self.out)(self.out.indent if query.outer else writer.prologue.indent)
        if isinstance(query.body, Compound):
            batches = CompoundWriter(writer, query, lines).batches()
        else:
            batches = RecursionWriter(writer, query, lines).batches()
        text = self._batches_as_read(batches, source)
        (self.out if query.outer else writer.prologue).lines += lines.lines
        return text

    def _as_read(self, rows: str, source: Source) -> str:
        """Text of rows that have become those of a source."""
        if not source.real_columns:
            return rows
        return f"{self.writer.source.constant(with_reals, 'with_reals')}({rows}, {source.real_columns})"

    def _batches_as_read(self, batches: str, source: Source) -> str:
        rows = self._as_read("b", source)
        return batches if rows == "b" else f"({rows} for b in {batches})"

    def _hash_lookup(self, step: Step, access: HashLookup) -> list[Clause]:
        target = ", ".join(variables(step.source))
        is_searched = self._is_searched(step, access)
        table = self._searched_table(step, access) if is_searched else self._hash_table(step, access)
        found = f"{table}[{self._probe(access)}]" if is_searched else f"{table}.get({self._probe(access)}, ())"
        if access.unique:
            found = found if is_searched else f"{table}.get({self._probe(access)})"
            name = f"x{step.source.number}" if step.source.uses_rowid else target
            clauses: list[Clause] = [Let(name, found), If(f"{name} is not None")]
            return [*clauses, Let(target, name)] if step.source.uses_rowid else clauses
        return [For(target, found)]

    def _is_searched(self, step: Step, access: HashLookup) -> bool:
        """Whether a hash table may wait until many keys were asked for."""
        if access.search is None or access.counts or _reads_outside(step.source, access.filters):
            return False
        return all(is_quiet_condition(e) for e in (*access.filters, *(key.expr for key in access.build)))

    def _searched_table(self, step: Step, access: HashLookup) -> str:
        """Text of a hash table whose keys are searched for at first (searched_tables.py)."""
        writer, out, source = self.writer, self.writer.prologue, step.source
        search, build, table = (writer.source.name(prefix) for prefix in ("search", "build", "h"))
        lines = type(out)(out.indent)
        with lines.block(f"def {search}(x{source.number}):"):
            inner = ScanWriter(writer, lines)
            clauses = inner._access(Step(source, self._search_for_key(source, access)))
            clauses += [If(writer.flat.true(c)) for c in access.filters]
            if access.unique:
                writer.nest(lines, clauses, f"return {row_item(source)}")
            else:
                lines.line(f"return [{comprehension(row_item(source), clauses)}]")
        with lines.block(f"def {build}():"):
            lines.line(f"return {self._build(source, access, lines)}")
        missing, tree = "None" if access.unique else "()", writer.tree(source.tree_id)
        lines.line(
            f"{table} = {writer.source.constant(SearchedTable, 'SearchedTable')}({search}, {build}, {missing}, "
            f"{tree}.count)"
        )
        out.lines += lines.lines
        return table

    def _search_for_key(self, source: Source, access: HashLookup) -> Access:
        """The search with the key of the hash table, ``x``, in the place of what it is made of."""
        places: dict[int, Key] = {}
        for i, key in enumerate(access.probe):
            part = bound.Column(source.number, _KEY_POSITION + i, classes=self.key(key)[1] & ~NULL)
            whole = f"x{source.number}"
            self.writer.scalars[source.number, part.position] = whole if len(access.probe) == 1 else f"{whole}[{i}]"
            places[id(key.expr)] = Key(part)
        if isinstance(access.search, RowidGet):
            return RowidGet(places[id(access.search.key.expr)])
        assert isinstance(access.search, IndexRange)
        return replace(access.search, prefix=[places[id(key.expr)] for key in access.search.prefix])

    def number_of_matches(self, step: Step, access: HashLookup) -> str:
        """Text of the number of rows that a hash table has under the key, nothing else being asked of it."""
        access.counts = True
        return f"{self._hash_table(step, access)}.get({self._probe(access)}, 0)"

    def _probe(self, access: HashLookup) -> str:
        keys = [self.key(key)[0] for key in access.probe]
        return keys[0] if len(keys) == 1 else _tuple(keys)

    def _hash_table(self, step: Step, access: HashLookup) -> str:
        """Text of the dict; rows whose key is NULL are left out."""
        if _reads_outside(step.source, access.filters):
            return self._build(step.source, access, self.out)
        quiet = all(is_quiet_condition(e) for e in (*access.filters, *(key.expr for key in access.build)))
        if quiet:
            return self._build(step.source, access, self.writer.prologue)
        return self.writer.once(False, lambda out: self._build(step.source, access, out))

    def _build(self, source: Source, access: HashLookup, out: Lines) -> str:
        """Write the lines that build the dict into ``out``; its name."""
        writer = self.writer
        name = writer.source.name("h")
        item = row_item(source)
        inner = ScanWriter(writer, out)
        clauses = inner._access(Step(source, access.inner, filters=access.filters))
        clauses += [If(writer.flat.true(c)) for c in access.filters]
        keys: list[str] = []
        guards: list[Clause] = []
        for key in access.build:
            text, classes = self.key(key)
            keys.append(text)
            if classes & NULL:
                guards.append(If(is_null(text, False)))
        clauses += guards
        text = keys[0] if len(keys) == 1 else _tuple(keys)
        if access.counts:
            values = self._key_column(source, access) or f"[{comprehension(text, clauses)}]"
            out.line(f"{name} = {writer.source.constant(Counter, 'Counter')}({values})")
            if guards:
                out.line(f"{name}.pop(None, None)")
        elif not access.unique and out is writer.prologue and not guards and self._is_unique_now(source, access):
            access.unique = True
            out.line(f"{name} = {{{comprehension(f'{text}: {item}', clauses)}}}")
            stale = writer.source.constant(StalePlan, "StalePlan")
            out.line(f"if len({name}) != {writer.tree(source.tree_id)}.count: raise {stale}")
        elif access.unique:
            out.line(f"{name} = {{{comprehension(f'{text}: {item}', clauses)}}}")
        else:
            out.line(f"{name} = {writer.defaultdict()}(list)")
            writer.nest(out, clauses, f"{name}[{text}].append({item})")
        return name

    def _key_column(self, source: Source, access: HashLookup) -> str | None:
        """Text of all keys of a hash table, where they are a column of the whole table."""
        key, *others = access.build
        is_plain = not others and key.affinity is None and key.collation == "BINARY" and not access.filters
        if not is_plain or not isinstance(access.inner, FullScan) or not is_of_column(self.writer, source, key.expr):
            return None
        assert isinstance(key.expr, bound.Column)
        flatten = self.writer.source.constant(from_iterable, "from_iterable")
        return f"{flatten}({column_of(self.writer, source, key.expr.position)})"

    def _is_unique_now(self, source: Source, access: HashLookup) -> bool:
        """Whether no two rows of a small table have the same key at present; the code checks that it stays
        so."""
        if source.table is None or access.filters or not isinstance(access.inner, FullScan):
            return False
        positions = [
            key.expr.position if isinstance(key.expr, bound.Column) and key.collation == "BINARY" else -1
            for key in access.build
        ]
        tree = self.writer.context.trees[source.tree_id]
        count: int = tree.count
        if count > _UNIQUE_ROWS or min(positions) < 0 or any(key.affinity for key in access.build):
            return False
        return len({tuple([row[i] for i in positions]) for rows in tree.values() for row in rows}) == count


def _tuple(parts: list[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def variables(source: Source) -> list[str]:
    """The row variables of a source or of a group's members."""
    names = []
    for member in source.members:
        if member.uses_rowid:
            names.append(f"k{member.number}")
        names.append(f"r{member.number}")
    return names


def is_streamed(step: Step) -> bool:
    """Whether a step reads a query batch by batch, as long as it wants: a recursion, or UNION ALL that is asked for
    once."""
    query = step.source.query
    if query is None or query.uses != 1 or step.left or not isinstance(step.access, DerivedScan):
        return False
    return isinstance(query.body, Recursion) or (is_in_turn(query) and query.limit is None and step.visits <= 1.0)


def row_item(source: Source) -> str:
    """What a list of a source's rows holds: what can be assigned to its row variables."""
    names = variables(source)
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def null_item(source: Source) -> Any:
    """The item whose rows are NULL throughout."""
    items: list[Any] = []
    for member in source.members:
        if member.uses_rowid:
            items.append(None)
        items.append((None,) * member.width)
    return items[0] if len(items) == 1 else tuple(items)


def _reads_outside(source: Source, conditions: list[Expr]) -> bool:
    """Whether a source's rows that pass ``conditions`` depend on rows of other sources."""
    own = {member.number for member in source.members}
    if any(member.recursive for member in source.members):
        return True
    if any(s not in own for c in conditions for s, _ in references(c)):
        return True
    if source.group is not None:
        inside = source.group.expressions()
        if any(s not in own for c in inside for s, _ in references(c)):
            return True
    return any(
        s not in own for member in source.members if member.query is not None for s, _ in member.query.outer
    )
