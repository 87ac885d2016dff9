"""Reading a table by its indexes, as clauses.

    for _, i1 in t7.range(low=(q0,), high=(q0, TOP)) for r1 in q1(i1)              a prefix; q1 = rows_finder(t5)
    for k1 in (t7.get((p0,)),) if k1 is not None for r1 in (t5.get(k1),)           a key of a UNIQUE index
    for x1 in q2 for _, i1 in t7.range(low=(x1,), high=(x1, TOP)) …                IN
    for r1 in t5.get_many(q3) if r1 is not None                                    several searches, joined by OR

What a path takes the parameters to be (for partial indexes, whose conditions must follow from the query's) goes to
``QueryWriter.assumed``: the function raises StalePlan for others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mantisdb_engine.keys import TOP
from mantisdb_sql.binding import bound
from mantisdb_sql.binding.effects import is_quiet
from mantisdb_sql.binding.plan import (
    Bound,
    IndexRange,
    Key,
    MultiIndexOr,
    RowidGet,
    RowidIn,
    RowidRange,
    Source,
    Step,
    references,
)
from mantisdb_sql.codegen.clauses import Clause, For, If, Let, comprehension
from mantisdb_sql.codegen.covering import entry_target
from mantisdb_sql.codegen.look_ups import rows_by_keys, rows_of_batches, run_of_entries
from mantisdb_sql.codegen.merged_searches import ties_forwards
from mantisdb_sql.codegen.null_tests import is_null
from mantisdb_sql.codegen.rows import rowid_keys, search_keys, union_of
from mantisdb_sql.values.like import prefix_ends
from mantisdb_sql.values.rules import compare_affinity_function
from mantisdb_sql.values.storage import ANY, NULL, NUMBER, REAL, Affinity, profile_classes

if TYPE_CHECKING:
    from mantisdb_sql.codegen.scan import ScanWriter

__all__ = ["IndexWriter"]


_BATCH_ROWS = 16
"""From how many rows on a batch is quicker than each of them."""


class IndexWriter:
    """Writes the clauses of one access path."""

    def __init__(self, scan: ScanWriter) -> None:
        self.scan = scan
        self.writer = scan.writer

    def clauses(self, step: Step, access: IndexRange) -> list[Clause]:
        """The rows that an index finds."""
        source, n = step.source, step.source.number
        index, table = self._tree(access), self.writer.tree(source.tree_id)
        clauses, parts, guards = self._prefix(access, n)
        if access.covering:
            target, with_rowid = entry_target(self.writer, source, access)
            clauses.append(For(f"j{n}, i{n}", self._range(index, access, parts, guards)))
            return [*clauses, For(f"({target}), k{n}", f"zip(j{n}, i{n})") if with_rowid else For(target, f"j{n}")]
        if access.covers_unique:
            return [
                Let(f"k{n}", f"{index}.get({_tuple(parts)})"),
                If(f"k{n} is not None"),
                Let(f"r{n}", f"{table}.get(k{n})"),
            ]
        if access.is_test:
            ends = f"{_tuple(parts)}, {_tuple([*parts, *self.tops(access, len(parts))])}"
            return [If(" and ".join([*guards, f"{index}.has_between({ends})"]))]
        if access.few:
            run = run_of_entries(self.writer, step, index)
            entries = f"{run}({_tuple(parts)}, {_tuple([*parts, *self.tops(access, len(parts))])})"
            entries = f"({entries} if {' and '.join(guards)} else ())" if guards else entries
            if access.rowids_only:
                return [*clauses, For(f"k{n}", entries)]
            if source.uses_rowid:
                return [*clauses, For(f"k{n}", entries), Let(f"r{n}", f"{rows_by_keys(self.writer, step)}(k{n})")]
            if step.rows_estimate >= _BATCH_ROWS and not self.scan.ends_at_first:
                return [*clauses, For(f"r{n}", f"{rows_of_batches(self.writer, step)}({entries})")]
            return [*clauses, For(f"r{n}", f"map({rows_by_keys(self.writer, step)}, {entries})")]
        clauses.append(For(f"_, i{n}", self._range(index, access, parts, guards)))
        if source.uses_rowid:
            clauses.append(For(f"k{n}, r{n}", f"zip(i{n}, {rows_of_batches(self.writer, step)}(i{n}))"))
        elif self.scan.ends_at_first:
            clauses.append(For(f"r{n}", f"map({rows_by_keys(self.writer, step)}, i{n})"))
        else:
            clauses.append(For(f"r{n}", f"{rows_of_batches(self.writer, step)}(i{n})"))
        return clauses

    def union(self, step: Step, access: MultiIndexOr) -> list[Clause]:
        """The rows that any of several searches finds."""
        source, n = step.source, step.source.number
        table = self.writer.tree(source.tree_id)
        found = [self._rowids(source, branch) for branch in access.branches]
        keys = f"{self.writer.source.constant(union_of, 'union_of')}(({', '.join(found)},))"
        if source.uses_rowid:
            return [For(f"k{n}", keys), Let(f"r{n}", f"{table}.get(k{n})"), If(f"r{n} is not None")]
        return [For(f"r{n}", f"{table}.get_many({keys})"), If(f"r{n} is not None")]

    def batches(self, access: IndexRange, descending: bool | None = None) -> str:
        """Text of the batches (keys, rowids) of one search; ``descending`` if not as the path has it."""
        _, parts, guards = self._prefix(access, 0)
        return self._range(self._tree(access), access, parts, guards, descending=descending)

    def count(self, access: IndexRange) -> str:
        """Text of the number of entries of one search."""
        _, parts, guards = self._prefix(access, 0)
        return f"sum([len(found) for _, found in {self._range(self._tree(access), access, parts, guards)}])"

    def end(self, access: IndexRange, greatest: bool, nullable: bool) -> str:
        """Text of the least (not NULL) or greatest value of the column after the prefix, or None."""
        _, parts, guards = self._prefix(access, 0)
        call = self._range(self._tree(access), access, parts, guards, skip_nulls=nullable, descending=greatest)
        return f"next((keys[0][{len(parts)}] for keys, _ in {call} if keys), None)"

    def end_rowid(self, access: IndexRange, greatest: bool) -> str:
        """Text of the least or greatest rowid that one search of all columns finds, or None."""
        _, parts, guards = self._prefix(access, 0)
        call = self._range(self._tree(access), access, parts, guards, descending=greatest)
        return f"next((rowids[0] for _, rowids in {call} if rowids), None)"

    # ------------------------------------------------------------------------------------------------ searches

    def _tree(self, access: IndexRange) -> str:
        for slot, value in access.assumed:
            self.writer.assumed[slot] = value
            self.writer.parameters.add(slot)
        return self.writer.tree(access.index.tree_id)

    def _prefix(self, access: IndexRange, n: int) -> tuple[list[Clause], list[str], list[str]]:
        """Loops over lists of values, the texts of the prefix, and what must be true of them."""
        clauses: list[Clause] = []
        parts: list[str] = []
        guards: list[str] = []
        for key in access.prefix:
            if key.members is not None:
                name = f"x{n}" if not clauses else f"x{n}_{len(parts)}"
                clauses.append(For(name, self._search_list(key.members, key.collation)))
                parts.append(name)
                continue
            text, classes = self.scan.key(key)
            parts.append(text)
            if classes & NULL and not key.nulls:
                guards.append(is_null(text, False))
        return clauses, parts, guards

    def _range(
        self, index: str, access: IndexRange, parts: list[str], guards: list[str], skip_nulls: bool = False,
        descending: bool | None = None,
    ) -> str:
        """Text of the batches of entries."""
        top = self.writer.source.constant(TOP, "TOP")
        low = high = None
        is_open = False
        if access.like is not None:
            first, second = self._prefix_ends(access)
            low, high, is_open = _tuple([*parts, first]), _tuple([*parts, second]), True
        if access.low is not None:
            texts = self._end(access, access.low, guards)
            low = _tuple([*parts, *texts, *([top] if access.low.open else ())])
        elif low is None and (access.high is not None or skip_nulls):
            low = _tuple([*parts, "None", top])
        elif low is None and parts:
            low = _tuple(parts)
        if access.high is not None:
            texts = self._end(access, access.high, guards)
            is_open = access.high.open
            high = _tuple([*parts, *texts, *(() if is_open else [top])])
        elif high is None and parts:
            high = _tuple([*parts, top])
        arguments = [f"low={low}"] if low is not None else []
        arguments += [f"high={high}"] if high is not None else []
        arguments += ["high_open=True"] if is_open else []
        backwards = access.descending if descending is None else descending
        call = f"{index}.range{'_back' if backwards else ''}({', '.join(arguments)})"
        if backwards and access.tied:
            call = f"{self.writer.source.constant(ties_forwards, 'ties_forwards')}({call}, {access.tied})"
        return f"({call} if {' and '.join(guards)} else ())" if guards else call

    def _prefix_ends(self, access: IndexRange) -> tuple[str, str]:
        """Texts of the ends between which texts begin as a pattern does."""
        like = access.like
        assert like is not None
        writer, constant = self.writer, self.writer.source.constant
        collation = access.index.columns[len(access.prefix)].collation
        key = "None" if collation == "BINARY" else constant(writer.flat.collation(collation).key)
        escape = "None" if like.escape is None else writer.flat.value(like.escape)
        arguments = f"{writer.flat.value(like.pattern)}, {like.op!r}, {escape}, {key}"
        name = writer.hoist(f"{constant(prefix_ends, 'prefix_ends')}({arguments})")
        return f"{name}[0]", f"{name}[1]"

    def tops(self, access: IndexRange, width: int) -> list[str]:
        """Texts of what is greater, together, than all that follows so many columns in a key: infinities, as far as
        there are numbers, up to the first that is an integer, or the rowid. A REAL may be infinite itself."""
        infinity, found = self.writer.source.constant(math.inf, "INFINITY"), []
        for column in access.index.columns[width:]:
            classes = self._classes(access, column.position)
            found.append(self.writer.source.constant(TOP, "TOP") if classes & ~NUMBER else infinity)
            if classes & ~REAL:
                return found
        return [*found, infinity]

    def _classes(self, access: IndexRange, position: int) -> int:
        """The classes of what a column of an index holds, for as long as the code is good."""
        own = self.writer.context.schema.of(access.index.database)
        table = None if own is None else own.table(access.index.table)
        if table is None or position < 0:
            return ANY
        return profile_classes(self.writer.context.trees[table.tree_id].flags, position)

    def _end(self, access: IndexRange, end: Bound, guards: list[str]) -> list[str]:
        column = access.index.columns[len(access.prefix)]
        text, classes = self.scan.key(Key(end.expr, end.affinity, column.collation))
        if classes & NULL:
            guards.append(is_null(text, False))
        return [text, *(self.scan.key(key)[0] for key in end.more)]

    def _search_list(self, node: bound.InList | bound.InQuery, collation: str) -> str:
        """Text of the keys that a list or a subquery gives."""
        constant = self.writer.source.constant
        affinity = node.item_affinity if isinstance(node, bound.InList) else node.item_affinities[0]
        convert = "None" if affinity in (None, Affinity.BLOB) else constant(compare_affinity_function(affinity))
        key = "None" if collation == "BINARY" else constant(self.writer.flat.collation(collation).key)
        function = constant(search_keys, "search_keys")
        if isinstance(node, bound.InQuery):
            values = f"{function}({self.writer.members(node)}, {convert}, {key})"
            return self.writer.once(is_quiet(node.query), lambda out: values)
        items = ", ".join(self.writer.flat.value(item) for item in node.items)
        text = f"{function}(({items}{',' if items else ''}), {convert}, {key})"
        reads = any(True for item in node.items for _ in references(item))
        return text if reads else self.writer.hoist(text)

    # --------------------------------------------------------------------------------------------------- rowids

    def rowid_list(self, access: RowidIn) -> str:
        """Text of the rowids that a list or a subquery gives, ascending."""
        node = access.node
        function = self.writer.source.constant(rowid_keys, "rowid_keys")
        if isinstance(node, bound.InQuery):
            text = f"{function}({self.writer.members(node)})"
            return self.writer.once(is_quiet(node.query), lambda out: text)
        items = ", ".join(self.writer.flat.value(item) for item in node.items)
        text = f"{function}(({items},))" if items else "()"
        reads = any(True for item in node.items for _ in references(item))
        return text if reads else self.writer.hoist(text)

    def _rowids(self, source: Source, access: RowidGet | RowidIn | RowidRange | IndexRange) -> str:
        """Text of the rowids of one search; not all of them need be there."""
        n = source.number
        if isinstance(access, RowidGet):
            return f"{self.writer.source.constant(rowid_keys, 'rowid_keys')}(({self.scan.key(access.key)[0]},))"
        if isinstance(access, RowidIn):
            return self.rowid_list(access)
        if not isinstance(access, IndexRange):
            batches = self.scan.rowid_range(source, access)
            return f"[{comprehension(f'k{n}', [For(f'i{n}, _', batches), For(f'k{n}', f'i{n}')])}]"
        clauses, parts, guards = self._prefix(access, n)
        entries = For(f"_, i{n}", self._range(self._tree(access), access, parts, guards))
        return f"[{comprehension(f'k{n}', [*clauses, entries, For(f'k{n}', f'i{n}')])}]"


def _tuple(parts: list[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
