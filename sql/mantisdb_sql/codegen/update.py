"""The generated code of UPDATE.

The rows to change, with the values of their SET expressions, come from a query that has ended before the
first write (an UPDATE must not meet rows that it has changed itself). Each row is then written like this:

    for k0, r0, w0 in rows:
        v1 = w0                       # after affinities
        o0, r0 = r0, (r0[0], v1)      # old row, new row
        if v1 is None: raise …        # NOT NULL, CHECK, profile
        if (v1,) != (o0[1],):         # each index whose columns are set
            if not txn.insert(6, (v1,), k0): raise …
            txn.delete(6, (o0[1],))
        txn.put(5, k0, r0)

Where the whole table has to be looked at, and rows can be changed without a look at each other, that is one pass
(:mod:`mantisdb_sql.codegen.sweep`). Many rows that were found otherwise are changed column by column where no row can
fail (:mod:`mantisdb_sql.changes.bulk_update`). In all other cases rows
are checked against each other as they are at that moment, in the order of the scan, as SQLite does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mantisdb_engine.keys import sorted_keys
from mantisdb_engine.operations import UPDATE
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import references
from mantisdb_sql.catalog.definitions import IndexDef, TableDef
from mantisdb_sql.changes.bulk_update import MANY_ROWS, BulkUpdate
from mantisdb_sql.codegen.dml import (
    Point,
    RowWriter,
    Stored,
    UniqueCheck,
    emit_point,
    emit_stored,
    found_rows,
    may_be_negative_zero,
    unique_message,
)
from mantisdb_sql.codegen.dml_keys import key_function, probe_code, removal
from mantisdb_sql.codegen.late import LateQuery, Returning
from mantisdb_sql.codegen.rowids import required_rowid
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.codegen.sweep import Sweep, emit_sweep_update
from mantisdb_sql.codegen.triggers import Fires, emit_after, emit_before, emit_now, emit_settle
from mantisdb_sql.errors import ConstraintError
from mantisdb_sql.values.storage import ANY, INTEGER

if TYPE_CHECKING:
    from mantisdb_sql.changes.generated_columns import Generated

__all__ = [
    "Assignment", "UpdateCode", "could_replace", "emit_row_update", "emit_update", "may_replace", "touched_indexes",
]


@dataclass(slots=True)
class Assignment:
    """``position`` (-1: the rowid) gets ``expr``, or a value whose code is known already."""

    position: int
    expr: Expr | None
    code: str = ""
    classes: int = ANY


class _RowUpdate:
    """One row's update; see the module's text."""

    def __init__(self, writer: RowWriter, assignments: Sequence[Assignment], emitter: Any) -> None:
        self.writer = writer
        self.source = writer.source
        self.table: TableDef = writer.table
        self.emit = emitter
        self.old = f"o{writer.number}"
        self.new: dict[int, Stored] = {}
        self.new_rowid: str | None = None
        self.old_rowid = writer.rowid
        for assignment in assignments:
            self._assign(assignment)

    def emit_generated(self, generated: Generated) -> dict[int, Stored]:
        """Compute the generated columns that read what is set."""
        if generated:
            self.writer.emit_given_types(sorted(self.new.items()))
        named, n, alias = self.emit.context.named, self.writer.number, self.table.rowid_alias
        codes = {p: stored.code for p, stored in self.new.items()}
        if self.new_rowid and alias is not None:
            codes[alias] = self.new_rowid
        for position, expr in generated:
            if codes.keys().isdisjoint(p for _, p in references(expr)):
                continue
            named.update({(n, p): codes.get(p, f"{self.writer.row}[{p}]") for p in range(len(self.table.columns))})
            affinity = self.table.columns[position].affinity
            stored = emit_stored(self.emit.value(expr), expr.classes, affinity, self.source)
            self.source.line(f"v{position} = {stored.code}")
            self.new[position] = Stored(f"v{position}", stored.classes)
            if not self.table.columns[position].is_stored:
                self.writer.emit_types([(position, self.new[position])])
            codes[position] = f"v{position}"
        named.clear()
        return self.new

    def _assign(self, assignment: Assignment) -> None:
        position, table = assignment.position, self.table
        if assignment.expr is not None:
            code, classes = self.emit.value(assignment.expr), assignment.expr.classes
        else:
            code, classes = assignment.code, assignment.classes
        if position in (-1, table.rowid_alias):
            if classes & ~INTEGER:
                code = f"{self.source.constant(required_rowid, 'required_rowid')}({code})"
            self.new_rowid = f"nk{self.writer.number}"
            self.source.line(f"{self.new_rowid} = {code}")
            return
        zero = assignment.expr is None or may_be_negative_zero(assignment.expr, table, self.writer.stored)
        affinity = table.columns[position].affinity
        stored = emit_stored(code, classes, affinity, self.source, negative_zero=zero)
        self.source.line(f"v{position} = {stored.code}")
        self.new[position] = Stored(f"v{position}", stored.classes)

    def _new_values(self, old: str) -> list[str]:
        """Code of the new row's values; ``old`` is the name of the old row."""
        parts = []
        for position in range(len(self.table.columns)):
            if position == self.table.rowid_alias and self.new_rowid:
                parts.append(self.new_rowid)
            elif position in self.new:
                parts.append(self.new[position].code)
            else:
                parts.append(f"{old}[{position}]")
        return parts

    def emit_before(self, generated: Generated) -> None:
        """Keep the row as it was, and fire the triggers in front of the change, which may change it."""
        writer, source, fires = self.writer, self.source, self.writer.fires
        if fires is None:
            return
        was, was_key = f"was{writer.number}", f"wask{writer.number}"
        source.line(f"{was}, {was_key} = {writer.row}, {writer.rowid}")
        if fires.before is None:
            return
        writer.emit_types(sorted(self.new.items()))
        new = "".join(f"{part}, " for part in self._new_values(writer.row))
        values = f"(*{was}, {was_key}, {new}{self.new_rowid or was_key})"
        emit_before(fires, source, values, writer.changed, writer.skip)
        emit_now(self.table, source, writer.rowid, was, writer.skip)
        source.line(f"{writer.row} = now")
        self.emit_generated(generated)

    def emit_new_row(self) -> None:
        """Name the old row, build the new one."""
        writer, parts = self.writer, self._new_values(self.old)
        self.source.line(f"{self.old} = {writer.row}")
        self.source.line(f"{writer.row} = ({', '.join(parts)},)")
        if self.new_rowid:
            self.old_rowid = f"ok{writer.number}"
            self.source.line(f"{self.old_rowid} = {writer.rowid}")
            self.source.line(f"{writer.rowid} = {self.new_rowid}")

    def emit_profile(self) -> None:
        """Widen the profile for the columns that were set."""
        columns = dict(self.new)
        if self.new_rowid and self.table.rowid_alias is not None:
            columns[self.table.rowid_alias] = Stored(self.new_rowid, INTEGER)
        self.writer.emit_profile(sorted(columns.items()))

    def _touches(self, index: IndexDef) -> bool:
        return self.new_rowid is not None or not index.reads.isdisjoint(self.new)

    def _index_keys(self, index: IndexDef) -> tuple[str, str]:
        width = len(self.table.columns)
        old = [f"{self.old}[{i}]" for i in range(width)]
        new = [self.new[i].code if i in self.new else old[i] for i in range(width)]
        if self.table.rowid_alias is not None and self.new_rowid:
            new[self.table.rowid_alias] = self.writer.rowid
        kinds = [self.new[i].classes if i in self.new else ANY for i in range(width)]
        if self.table.rowid_alias is not None:
            kinds[self.table.rowid_alias] = INTEGER
        return (self.writer.key(index, self.old, old, [ANY] * width, self.old_rowid),
                self.writer.key(index, self.writer.row, new, kinds, self.writer.rowid))

    def _probe(self, index: IndexDef) -> str:
        codes = [f"{self.writer.row}[{i}]" for i in range(len(self.table.columns))]
        kinds = [self.new[i].classes if i in self.new else ANY for i in range(len(codes))]
        return probe_code(index, self.writer.row, codes, kinds, self.writer.rowid, self.source)

    def emit_writes(self) -> None:
        """Uniqueness and the writes themselves."""
        touched = [i for i in self.table.indexes if self._touches(i)]
        source = self.source
        for index in touched:
            old, new = self._index_keys(index)
            source.line(f"old{index.tree_id} = {old}")
            source.line(f"new{index.tree_id} = {new}")
        seen = all(index.meets_at_keys for index in touched if index.unique)
        if seen and self._actions(touched) <= {"ABORT", "ROLLBACK"}:
            self._emit_by_writing(touched)
        else:
            self._emit_after_looking(touched)

    def _actions(self, touched: list[IndexDef]) -> set[str]:
        actions = {self.writer.index_action(i) for i in touched if i.unique}
        return actions | {self.writer.rowid_action()} if self.new_rowid else actions

    def _emit_by_writing(self, touched: list[IndexDef]) -> None:
        source, writer, tree_id = self.source, self.writer, self.table.tree_id
        k, old_k = writer.rowid, self.old_rowid
        if self.new_rowid:
            with source.block(f"if {k} == {old_k}:"):
                source.line(f"txn.put({tree_id}, {k}, {writer.row})")
            with source.block("else:"):
                fail = writer.fail(*writer.rowid_message(), writer.rowid_action())
                source.line(f"if not txn.insert({tree_id}, {k}, {writer.row}): {fail}")
                source.line(f"txn.delete({tree_id}, {old_k})")
            writer.emit_types(sorted(self.new.items()))
        for index in touched:
            i = index.tree_id
            is_new = f"new{i} is not None and " if index.where is not None else ""
            with source.block(f"if old{i} != new{i}:"):
                insert = f"txn.insert{'_later' if index.is_plain else ''}({i}, new{i}, {k})"
                if index.unique:
                    fail = writer.fail(*writer.unique_message(index), writer.index_action(index))
                    source.line(f"if {is_new}not {insert}: {fail}")
                else:
                    source.line(f"{_if_in(index, 'new')}{insert}")
                source.line(f"{_if_in(index, 'old')}{removal(index, f'old{i}', old_k)}")
            if self.new_rowid and index.unique:
                source.line(f"elif {is_new}{k} != {old_k}: txn.put({i}, new{i}, {k})")
        if writer.has_slot:
            source.line(f"leaf.values[i] = {writer.row}")
            source.line(f"txn.operations.append(({UPDATE}, {tree_id}, {k}, {writer.row}, {self.old}))")
        elif not self.new_rowid:
            source.line(f"txn.put({tree_id}, {k}, {writer.row})")

    def _emit_after_looking(self, touched: list[IndexDef]) -> None:
        source, writer, tree_id = self.source, self.writer, self.table.tree_id
        k, old_k = writer.rowid, self.old_rowid
        checks: list[UniqueCheck] = []
        if self.new_rowid:
            found = f"{k} if {k} != {old_k} and txn.unmerged[{tree_id}].get({k}) is not None else None"
            checks.append(UniqueCheck(writer.rowid_action(), found, writer.rowid_message()))
        for index in touched:
            if index.unique:
                found = self._probe(index)
                test = f"other is not None and other != {old_k}"
                checks.append(UniqueCheck(writer.index_action(index), found, writer.unique_message(index), test))
        checks = writer.in_order(checks)
        for check in checks:
            if check.failed != writer.rowid_message():
                writer.emit_types(sorted(self.new.items()))
            writer.emit_check(check, writer.deletes is not None and check.failed != writer.rowid_message())
        may_replace = any(check.action == "REPLACE" for check in checks)
        follows = may_replace and (writer.deletes is not None or writer.settle is not None)
        if follows:
            self._emit_second_look(checks)
        writer.emit_types(sorted(self.new.items()))
        if not follows:
            self._emit_exchange(touched)
            return
        with source.block(f"if now != {self.old}:"):
            rewrite = source.constant(_rewriter(self.table), "REWRITE")
            source.line(f"{rewrite}(txn, {old_k}, now, {k}, {writer.row})")
        with source.block("else:"):
            self._emit_exchange(touched)

    def _emit_exchange(self, touched: Sequence[IndexDef]) -> None:
        """Write the new row in place of the old one, and what is others in the indexes."""
        source, writer, tree_id = self.source, self.writer, self.table.tree_id
        k, old_k = writer.rowid, self.old_rowid
        if self.new_rowid:
            source.line(f"if {k} != {old_k}: txn.delete({tree_id}, {old_k})")
        source.line(f"txn.put({tree_id}, {k}, {writer.row})")
        for index in touched:
            i = index.tree_id
            if index.is_plain:
                with source.block(f"if old{i} != new{i}:"):
                    source.line(removal(index, f"old{i}", old_k))
                    source.line(f"txn.insert_later({i}, new{i}, {k})")
                continue
            had = f"old{i} is not None and " if index.where is not None else ""
            source.line(f"if {had}old{i} != new{i}: txn.delete({i}, old{i})")
            source.line(f"{_if_in(index, 'new')}txn.put({i}, new{i}, {k})")


    def _emit_second_look(self, checks: Sequence[UniqueCheck]) -> None:
        """Triggers of the rows that were in the way, and actions of foreign keys, may have put others there, or have
        changed this one, ``now``; the new row is what was computed beforehand."""
        source, writer = self.source, self.writer
        source.line(f"now = txn.unmerged[{self.table.tree_id}].get({self.old_rowid})")
        source.line(f"if now is None: {writer.skip}")
        for check in checks:
            source.line(f"other = {check.found}")
            source.line(f"if {check.test}: {writer.fail(*check.failed, 'ABORT')}")


def _rewriter(table: TableDef) -> Callable[[Any, int, Any, int, Any], None]:
    """``f(txn, old rowid, old row, rowid, row)``: a row in place of another, whatever their columns. A key that the row
    gets back and that was given away meanwhile is a violation: SQLite, which writes no index of what is not set, would
    let both rows have it."""
    tree_id, keys = table.tree_id, [(index, key_function(index)) for index in table.indexes]

    def rewrite(txn: Any, old_rowid: int, old: Any, rowid: int, row: Any) -> None:
        txn.delete(tree_id, old_rowid)
        for index, key in keys:
            entry = key(old, old_rowid)
            if entry is not None:
                txn.delete(index.tree_id, entry)
        txn.put(tree_id, rowid, row)
        for index, key in keys:
            entry = key(row, rowid)
            if entry is None:
                continue
            if index.unique and txn.unmerged[index.tree_id].get(entry) is not None:
                code = "SQLITE_CONSTRAINT_PRIMARYKEY" if index.origin == "pk" else "SQLITE_CONSTRAINT_UNIQUE"
                raise ConstraintError(unique_message(table, index), code)
            txn.put(index.tree_id, entry, rowid)

    return rewrite


def _if_in(index: IndexDef, which: str) -> str:
    """The condition in front of a write, where a partial index may have no entry."""
    return f"if {which}{index.tree_id} is not None: " if index.where is not None else ""


def emit_row_update(
    writer: RowWriter, assignments: Sequence[Assignment], checks: Sequence[tuple[Expr, str]], emitter: Any,
    defaults: dict[int, Stored] | None = None, generated: Generated | None = None,
) -> None:
    """Emit the update of the current row ``r{n}``/``k{n}``, which are the new row and rowid afterwards."""
    update = _RowUpdate(writer, assignments, emitter)
    computed = generated or []
    update.emit_generated(computed)
    update.emit_before(computed)
    writer.emit_not_null(sorted(update.new.items()), defaults or {}, lambda: update.emit_generated(computed))
    if checks or not update.new_rowid:
        writer.emit_types(sorted(update.new.items()))
    update.emit_new_row()
    writer.emit_checks([(emitter.false(e), name) for e, name in checks])
    update.emit_profile()
    update.emit_writes()


@dataclass(slots=True)
class UpdateCode:
    """Everything that the code of an UPDATE needs.

    number       of the source that CHECK and RETURNING read: the new row
    query        gives (rowid, old row, a value per assignment)
    assignments  with ``x{i}`` as the code of the i-th value
    distinct     a row may come more than once (UPDATE ... FROM): it is changed once
    flags        the table's column profile as it is now
    is_closed    no expression can run a statement: there are no subqueries and no functions of the user's
    """

    table: TableDef
    number: int
    action: str | None
    query: Any
    assignments: list[Assignment]
    checks: list[tuple[Expr, str]]
    distinct: bool = False
    defaults: dict[int, Expr] = field(default_factory=dict)
    returning: Returning | None = None
    point: Point | None = None  # then ``query`` is None, and the assignments have their expressions
    sweep: Sweep | None = None  # likewise
    generated: Generated = field(default_factory=list)  # over the source ``number``
    flags: int = 0
    is_closed: bool = False
    late: LateQuery | None = None  # computes some of what is assigned, over the row as it is
    late_names: list[str] = field(default_factory=list)
    follows: bool = False  # rows, or what is at their keys, may change before their turn comes
    fires: Fires | None = None
    deletes: Fires | None = None  # what REPLACE fires
    settle: Callable[[Any, Any], None] | None = None  # what foreign keys do once a row is replaced
    fresh: list[Expr] | None = None  # the assignments over the source ``fresh_number``, where a row can be taken anew
    fresh_number: int = 0


def last_of_each(
    rows: Sequence[tuple[Any, ...]], key: Callable[[tuple[Any, ...], int], Any] | None
) -> list[tuple[Any, ...]]:
    """One result row per rowid, in the order of the table: by rowid, or by ``key`` of (row, rowid)."""
    if key is None:
        by_rowid = {row[0]: row for row in rows}
        return [by_rowid[rowid] for rowid in sorted(by_rowid)]
    by_key = {key(row[1], row[0]): row for row in rows}
    return [by_key[each] for each in sorted_keys(by_key)]


def _emit_point_update(code: UpdateCode, point: Point, source: Source, emitter: Any) -> None:
    nothing = "return 0" if code.returning is None else "return []"
    writer = RowWriter(source, code.table, code.number, code.action, nothing, "0", code.flags)
    writer.deletes, writer.settle = code.deletes, code.settle
    moves = any(a.position in (-1, code.table.rowid_alias) for a in code.assignments)
    writer.has_slot = code.is_closed and writer.only_aborts and not moves
    writer.profiled = point.flags or 0
    writer.stored = (point.number, code.number)
    emit_point(point, source, emitter, nothing, writer.has_slot)
    source.line(f"k{code.number}, r{code.number} = k{point.number}, r{point.number}")
    defaults = _default_codes(code, source, emitter)
    emit_row_update(writer, code.assignments, code.checks, emitter, defaults, code.generated)
    if code.returning is None:
        source.line("return 1")
    else:
        source.line("kept = {}")
        source.line(f"return [{code.returning.row(source, emitter, '0')}]")


def _default_codes(code: UpdateCode, source: Source, emitter: Any) -> dict[int, Stored]:
    return {
        i: emit_stored(emitter.value(e), e.classes, code.table.columns[i].affinity, source)
        for i, e in code.defaults.items()}


def _bulk_form(code: UpdateCode) -> BulkUpdate | None:
    """The batched form of an UPDATE, or None where a row may fail among others."""
    table, positions = code.table, [a.position for a in code.assignments]
    if code.fires is not None or code.late is not None or code.action not in (None, "ABORT"):
        return None
    if code.checks or code.distinct or code.returning is not None:
        return None
    if table.has_generated or any(p in (-1, table.rowid_alias) for p in positions):
        return None
    touched = touched_indexes(table, positions)
    return None if any(i.unique for i in touched) else BulkUpdate.of(table, positions, touched)


def _emit_sweep_update(code: UpdateCode, sweep: Sweep, source: Source, emitter: Any) -> None:
    writer = RowWriter(source, code.table, code.number, code.action, "", "0", code.flags)
    values = [(a.position, a.expr) for a in code.assignments if a.expr is not None]
    touched = touched_indexes(code.table, [a.position for a in code.assignments])
    emit_sweep_update(sweep, writer, values, code.checks, touched, emitter)


def touched_indexes(table: TableDef, positions: Sequence[int]) -> list[IndexDef]:
    """The indexes that read one of the columns."""
    return [index for index in table.indexes if not index.reads.isdisjoint(positions)]


def may_replace(table: TableDef, action: str | None, positions: Sequence[int]) -> bool:
    """Whether rows may have to go that are in the way of what an UPDATE writes at ``positions``."""
    moves = -1 in positions or table.rowid_alias in positions
    unique = [index for index in (table.indexes if moves else touched_indexes(table, positions)) if index.unique]
    return _replaces(action, [i.conflict for i in unique] + ([table.primary_key_conflict] if moves else []))


def could_replace(table: TableDef, action: str | None) -> bool:
    """Whether they might, if an UPDATE wrote all that is unique, but for the key of a WITHOUT ROWID table."""
    unique = [index for index in table.indexes if index.unique and index is not table.key_index]
    return _replaces(action, [index.conflict for index in unique])


def _replaces(action: str | None, conflicts: Sequence[str | None]) -> bool:
    return bool(conflicts) and (action == "REPLACE" or (action is None and "REPLACE" in conflicts))


def _emit_row_of_now(code: UpdateCode, source: Source, emitter: Any) -> None:
    """Take a row as those before it, and their triggers, have left it: another may be at its key, which REPLACE has put
    there. What FROM has a part in was computed beforehand; all else is computed from the row as it is."""
    k, r, n = f"k{code.number}", f"r{code.number}", code.fresh_number
    emit_now(code.table, source, k, r, "continue")
    with source.block(f"if now is not {r}:"):
        source.line(f"{r} = now")
        if code.fresh is None:
            return
        source.line(f"k{n}, r{n} = {k}, now")
        for assignment, expr in zip(code.assignments, code.fresh, strict=True):
            source.line(f"{assignment.code} = {emitter.value(expr)}")


def emit_update(code: UpdateCode, source: Source, emitter: Any) -> None:
    """Emit the body of ``run``."""
    k, r = f"k{code.number}", f"r{code.number}"
    counted = code.returning is None
    if code.point is not None:
        _emit_point_update(code, code.point, source, emitter)
        return
    if code.sweep is not None:
        _emit_sweep_update(code, code.sweep, source, emitter)
        return
    found = source.constant(found_rows, "found_rows")
    source.line(f"rows = {found}({source.constant(code.query)}, txn, params)")
    if code.distinct:
        key = "None" if code.table.key_index is None else source.constant(key_function(code.table.key_index), "KEY")
        source.line(f"rows = {source.constant(last_of_each, 'last_of_each')}(rows, {key})")
    bulk = _bulk_form(code)
    if bulk is not None:
        with source.block(f"if len(rows) >= {MANY_ROWS}:"):
            source.line(f"n = {source.constant(bulk, 'BULK')}.update_rows(txn, rows)")
            source.line("if n is not None: return n")
    source.line("n = 0" if counted else "out, kept = [], {}")
    writer = RowWriter(
        source, code.table, code.number, code.action, "continue", "n" if counted else "len(out)", code.flags
    )
    writer.deletes, writer.settle = code.deletes, code.settle
    if code.late is not None:
        source.line("memo = {}")
    names = ", ".join(a.code for a in code.assignments)
    with source.block(f"for {k}, {r}, {names} in rows:"):
        writer.fires = code.fires
        if code.follows:
            _emit_row_of_now(code, source, emitter)
        if code.late is not None:
            names = "".join(f"{name}, " for name in code.late_names)
            source.line(f"{names}= {code.late.text(source, 'LATE', [code.number])}")
        defaults = _default_codes(code, source, emitter)
        emit_row_update(writer, code.assignments, code.checks, emitter, defaults, code.generated)
        emit_settle(code.fires, source)
        if code.returning is None:
            source.line("n += 1")
        else:
            source.line(f"out.append({code.returning.row(source, emitter)})")
        n = code.number
        emit_after(code.fires, source, f"(*was{n}, wask{n}, *{r}, {k})", writer.changed)
    source.line("return n" if counted else "return out")
