"""The generated code of INSERT: values become rows, rows get rowids, pass the constraints and are written.

    def run(session, txn, params):
        if txn.unmerged[1] is not SCHEMA: raise StalePlan
        p0, p1 = params
        r0 = (p0, p1)                          # after affinities
        k0 = p0                                # or txn.next_key(5)
        if p1 is None: raise …                 # NOT NULL, CHECK
        if txn.unmerged[5].flags & 66 != 66: …    # the column profile
        if not txn.insert(5, k0, r0): raise …  # the rowid is unique
        if not txn.insert(6, (p1,), k0): raise …
        txn.insert_later(7, (p0, k0), k0)      # an index that is not unique
        session.last_insert_rowid = k0
        return 1

Several rows (VALUES lists, INSERT ... SELECT) are evaluated completely before the first is written, and the
part from ``r0`` on is the body of a loop. With ON CONFLICT DO UPDATE the row that was to be inserted is
``excluded``'s, a source of its own; ``r0`` is then the row that was in its way. Where ``excluded`` is to read the
values before their affinities (see :mod:`mantisdb_sql.changes.upsert_clauses`), these are kept as ``g0``, ``g1`` …
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mantisdb_engine.operations import INSERT
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import is_repeatable, varies
from mantisdb_sql.binding.plan import queries_in, reads_table, references
from mantisdb_sql.catalog.definitions import IndexDef, TableDef
from mantisdb_sql.codegen.dml import (
    RowWriter,
    Stored,
    UniqueCheck,
    action_of,
    emit_own,
    emit_slot,
    emit_stored,
)
from mantisdb_sql.codegen.dml_keys import probe_code
from mantisdb_sql.codegen.late import LateQuery, Returning
from mantisdb_sql.codegen.null_tests import is_null
from mantisdb_sql.codegen.parents import ParentLook, emit_parent_look
from mantisdb_sql.codegen.rowids import (
    last_autoincrement,
    next_autoincrement,
    note_autoincrement,
    random_rowid,
    rowid_of,
)
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.codegen.triggers import Fires, emit_after, emit_before, emit_settle
from mantisdb_sql.codegen.update import Assignment, emit_row_update
from mantisdb_sql.values.storage import INTEGER, NULL, Affinity

if TYPE_CHECKING:
    from mantisdb_sql.changes.generated_columns import Generated

__all__ = ["InsertCode", "InsertEmitter", "UpsertCode", "insert_may_replace"]

_OR_ZERO = re.compile(r"\((p[0-9]+) or 0\.0\)")


@dataclass(slots=True)
class UpsertCode:
    """One ON CONFLICT clause: ``target`` is an index, "rowid", or None for any conflict."""

    target: IndexDef | str | None
    assignments: list[Assignment] | None  # None: DO NOTHING
    where: Expr | None = None
    fires: Fires | None = None  # what DO UPDATE fires
    late: LateQuery | None = None  # computes what is assigned, as ``x0``, ``x1`` …
    late_where: LateQuery | None = None  # computes ``where``
    returning: Returning | None = None  # what RETURNING gives for the row that was updated
    checks: list[tuple[Expr, str]] = field(default_factory=list)  # CHECK constraints over the updated row
    changed: list[int] = field(default_factory=list)  # the columns that are others afterwards
    excluded_number: int = 0  # of the source that ``excluded`` reads


@dataclass(slots=True)
class InsertCode:
    """Everything that the code of an INSERT needs.

    number     of the source that is inserted (``excluded`` where there is an upsert)
    targets    positions that the values go to, -1 for the rowid
    rows       expressions of each row of VALUES, or None: then ``query`` gives the rows
    defaults   position -> bound default of each column that is not targeted, or NOT NULL with REPLACE
    flags      the table's column profile as it is now
    is_closed  no expression can run a statement: there are no subqueries and no functions of the user's
    """

    table: TableDef
    number: int
    action: str | None
    targets: list[int]
    rows: list[list[Expr]] | None
    query: Any
    query_classes: list[int]
    defaults: dict[int, Expr]
    checks: list[tuple[Expr, str]]
    upserts: list[UpsertCode] = field(default_factory=list)
    returning: Returning | None = None
    target_number: int = 0
    sequence_id: int = 0
    shares_high: bool = False  # with other statements of triggers: the greatest rowid is the session's to know
    parameter_count: int = 0
    rows_name: str = ""  # a name that holds the query's rows already
    flags: int = 0
    is_closed: bool = False
    generated: Generated = field(default_factory=list)  # over the source ``number``
    target_generated: Generated = field(default_factory=list)  # over the source ``target_number``, for DO UPDATE
    fires: Fires | None = None
    deletes: Fires | None = None  # what REPLACE fires
    settle: Callable[[Any, Any], None] | None = None  # what foreign keys do once a row is replaced
    is_alone: bool = False  # nothing but its tree knows a row of the table: no index, trigger or foreign key
    look: ParentLook | None = None  # how one new row's parents are looked for; None: not here

    @property
    def may_replace(self) -> bool:
        """See :func:`insert_may_replace`."""
        return insert_may_replace(self.table, self.targets, [upsert.target for upsert in self.upserts], self.action)


def insert_may_replace(
    table: TableDef, targets: Collection[int], settled: Collection[IndexDef | str | None], action: str | None
) -> bool:
    """Whether rows may have to go that are in the way of constraints for which there is no ON CONFLICT clause, as there
    is for what is ``settled``."""
    if None in settled:
        return False
    conflicts = [index.conflict for index in table.indexes if index.unique and index not in settled]
    gives_rowid = any(p in (-1, table.rowid_alias) for p in targets)
    conflicts += [table.primary_key_conflict] if gives_rowid and "rowid" not in settled else []
    return bool(conflicts) and (action == "REPLACE" or (action is None and "REPLACE" in conflicts))


class InsertEmitter:
    """Writes the body of ``run`` for one InsertCode."""

    def __init__(self, code: InsertCode, source: Source, emitter: Any) -> None:
        self.code = code
        self.source = source
        self.emit = emitter
        self.single = code.rows is not None and len(code.rows) == 1
        counted = code.returning is None
        self._counts_up = code.table.autoincrement and bool(code.sequence_id)
        self._high = f"high[{code.sequence_id}, {code.table.name!r}]" if code.shares_high else "high"
        note = f"{self._note()}; " if self._counts_up and not code.shares_high else ""
        skip = note + ("return 0" if counted else "return out") if self.single else "continue"
        changed = "0" if self.single else ("n" if counted else "len(out)")
        self.writer = RowWriter(source, code.table, code.number, code.action, skip, changed, code.flags)
        self.writer.deletes, self.writer.settle = code.deletes, code.settle

    def emit_all(self) -> None:
        """The statement after its prelude."""
        source, code = self.source, self.code
        if code.returning is not None:
            source.line("out, kept = [], {}")
            for number, upsert in enumerate(code.upserts, 1):
                if upsert.returning is not None:
                    upsert.returning.memo = f"kept{number}"
                    source.line(f"kept{number} = {{}}")
        if any(upsert.late or upsert.late_where for upsert in code.upserts):
            source.line("memo = {}")
        if self._counts_up and code.shares_high:
            source.line("high = session.triggers.high")
        elif self._counts_up:
            last = source.constant(last_autoincrement, "last_autoincrement")
            source.line(f"high = {last}(txn, {code.sequence_id}, {code.table.name!r})")
        if self.single:
            assert code.rows is not None
            if code.look is not None and code.look.settle is not None:
                source.line("mark = len(txn.operations)")
            values = [Stored(self.emit.value(e), e.classes) for e in code.rows[0]]
            self._emit_row(values)
            self._emit_after("1")
            self._emit_note()
            source.line("return 1" if code.returning is None else "return out")
            return
        if code.returning is None:
            source.line("n = 0")
        names = [f"x{i}" for i in range(len(code.targets))]
        with source.block(f"for {', '.join(names)}{',' if len(names) == 1 else ''} in {self._rows()}:"):
            self._emit_row([Stored(n, c) for n, c in zip(names, self._row_classes(), strict=True)])
            if code.returning is None:
                source.line("n += 1")
            self._emit_after(self.writer.changed)
        self._emit_note()
        source.line("return n" if code.returning is None else "return out")

    def _rows(self) -> str:
        if self.code.rows_name:
            return self.code.rows_name
        if self.code.rows is None:
            return f"{self.source.constant(self.code.query)}.rows(txn.trees, params)"
        if self._come_in_turn(self.code.rows):
            with self.source.block("def rows():"):
                for row in self.code.rows:
                    self.source.line("yield (" + "".join(f"{self.emit.value(e)}, " for e in row) + ")")
            return "rows()"
        with self.source.block("rows = ["):
            for row in self.code.rows:
                self.source.line("(" + "".join(f"{self.emit.value(e)}, " for e in row) + "),")
        self.source.line("]")
        return "rows"

    def _come_in_turn(self, rows: Sequence[Sequence[Expr]]) -> bool:
        """Whether a row of VALUES is to be computed when those before it have been inserted, since it could tell: by
        last_insert_rowid(), or RAISE. As in SQLite, all are computed beforehand where triggers fire, of which RETURNING
        is one, or a subquery reads the table (insert.c: readsTable)."""
        fires, later = self.code.fires, [e for row in rows[1:] for e in row]
        if self.code.returning is not None or (fires is not None and (fires.before or fires.after)):
            return False
        if not any(varies(e) or not all(map(is_repeatable, queries_in(e))) for e in later):
            return False
        queries = (query for row in rows for e in row for query in queries_in(e))
        return not any(reads_table(query, self.code.table.tree_id) for query in queries)

    def _row_classes(self) -> list[int]:
        if self.code.rows is None:
            return self.code.query_classes
        result = [0] * len(self.code.targets)
        for row in self.code.rows:
            for i, e in enumerate(row):
                result[i] |= e.classes
        return result

    # ------------------------------------------------------------------------------------------------ one row

    def _emit_row(self, values: list[Stored]) -> None:
        source, table, writer = self.source, self.code.table, self.writer
        self._zeros: dict[str, str] = {}  # name of a value -> the REAL parameter that it is, unless that is a zero
        self._given: dict[int, str] = {}  # position -> code of the value before its affinity, where that may differ
        if self.code.fires is not None and self.code.fires.before is not None:
            self._emit_before(values, self.code.fires)
        columns = self._columns(values)
        self._emit_rowid(self._explicit_rowid(values))
        alias = table.rowid_alias
        if alias is not None:
            columns[alias] = Stored(writer.rowid, INTEGER)
        defaults = {i: self._constant(i) for i in self.code.defaults if table.columns[i].not_null}
        for position, stored in enumerate(columns):
            column = table.columns[position]
            if column.not_null and stored.classes & NULL and position in defaults:
                self._settle(columns, position, force=True)
        self._emit_generated(columns)
        writer.emit_not_null(list(enumerate(columns)), defaults, lambda: self._emit_generated(columns))
        if self.code.checks:
            writer.emit_types(enumerate(columns))
        source.line(f"{writer.row} = {self._tuple(columns)}")
        writer.emit_checks([(self.emit.false(e), name) for e, name in self.code.checks])
        if alias is not None:
            columns[alias] = Stored(writer.rowid, self._alias_classes)
        writer.profiled = writer.emit_profile(enumerate(columns))
        if self.code.upserts:
            self._emit_upserts(columns)
        else:
            self._emit_write(columns)
            if self.code.look is not None:
                emit_parent_look(self.code.look, writer.row, columns, source)
            self._emit_last(writer.rowid)
        if not self.code.upserts:
            emit_settle(self.code.fires, source)
        if self.code.returning is not None:
            source.line(f"out.append({self._result(self.code.returning)})")

    def _result(self, returning: Returning) -> str:
        """Code of the result row, whether the row was inserted or updated."""
        text = returning.row(self.source, self.emit)
        others = ""
        for number, upsert in reversed(list(enumerate(self.code.upserts, 1))):
            if upsert.returning is not None:
                other = upsert.returning.row(self.source, self.emit)
                others = other if not others else f"{other} if clause == {number} else {others}"
        return text if others in ("", text) else f"{text} if found is None else {others}"

    def _emit_before(self, values: list[Stored], fires: Fires) -> None:
        """Fire the triggers in front of the row, which has no rowid yet unless one is given."""
        source, table = self.source, self.code.table
        for i, stored in enumerate(values):
            if not _is_atom(stored.code):
                source.line(f"given{i} = {stored.code}")
                values[i] = Stored(f"given{i}", stored.classes)
        columns, explicit = self._columns(values), self._explicit_rowid(values)
        if explicit is None:
            source.line("b = -1")
        else:
            source.line(f"b = {source.constant(rowid_of, 'rowid_of')}({explicit.code})")
            source.line("if b is None: b = -1")
        if table.rowid_alias is not None:
            columns[table.rowid_alias] = Stored("b", INTEGER)
        self._emit_generated(columns)
        self.writer.emit_types(enumerate(columns))
        codes = "".join(f"{column.code}, " for column in columns)
        emit_before(fires, source, f"({codes}b)", self.writer.changed, self.writer.skip)

    def _emit_after(self, changed: str) -> None:
        """What follows once the row is there, or was updated instead."""
        source, code, n = self.source, self.code, self.code.target_number
        inserted = f"{self.writer.row} + ({self.writer.rowid},)"
        if not any(upsert.fires is not None for upsert in code.upserts):
            if code.upserts and code.fires is not None:
                with source.block("if found is None:"):
                    source.line("pass")
                    emit_after(code.fires, source, inserted, changed)
            else:
                emit_after(code.fires, source, inserted, changed)
            return
        with source.block("if found is None:"):
            source.line("pass")
            emit_after(code.fires, source, inserted, changed)
        for number, upsert in enumerate(code.upserts, 1):
            if upsert.fires is not None:
                with source.block(f"elif clause == {number}:"):
                    source.line("pass")
                    emit_after(upsert.fires, source, f"(*was{n}, wask{n}, *r{n}, k{n})", changed)

    def _emit_last(self, rowid: str) -> None:
        if not self.code.table.without_rowid:
            self.source.line(f"session.last_insert_rowid = {rowid}")

    def _emit_generated(self, columns: list[Stored]) -> dict[int, Stored]:
        """Compute the generated columns, which read the others by their names."""
        if not self.code.generated:
            return {}
        self.writer.emit_given_types(enumerate(columns))
        named, n = self.emit.context.named, self.code.number
        for position, stored in enumerate(columns):
            if not stored.code.isidentifier() or stored.code == "None":
                self.source.line(f"v{position} = {stored.code}")
                columns[position] = Stored(f"v{position}", stored.classes)
            named[n, position] = columns[position].code
        for position, expr in self.code.generated:
            affinity = self.code.table.columns[position].affinity
            stored = emit_stored(self.emit.value(expr), expr.classes, affinity, self.source)
            self.source.line(f"v{position} = {stored.code}")
            columns[position] = Stored(f"v{position}", stored.classes)
            if not self.code.table.columns[position].is_stored:
                self.writer.emit_types([(position, columns[position])])
        named.clear()
        return {position: columns[position] for position, _ in self.code.generated}

    def _explicit_rowid(self, values: list[Stored]) -> Stored | None:
        found = None
        for position, stored in zip(self.code.targets, values, strict=True):
            if position in (-1, self.code.table.rowid_alias):
                found = stored
        return found

    def _columns(self, values: list[Stored]) -> list[Stored]:
        """Code of every column's value, after its affinity; the alias's is filled in later."""
        table = self.code.table
        first: dict[int, Stored] = {}
        for position, stored in zip(self.code.targets, values, strict=True):
            first.setdefault(position, stored)
        columns: list[Stored] = []
        for position, column in enumerate(table.columns):
            if position == table.rowid_alias:
                columns.append(Stored("None", NULL))
                continue
            given = first.get(position)
            if given is None:
                default = self.code.defaults.get(position)
                given = Stored("None", NULL) if default is None else Stored(
                    self.emit.value(default), default.classes)
            if self._keeps_given:
                given = self._keep_given(position, given)
            columns.append(emit_stored(given.code, given.classes, column.affinity, self.source))
            self._settle(columns, position)
        return columns

    @property
    def _keeps_given(self) -> bool:
        code = self.code
        return any(u.assignments is not None and u.excluded_number != code.number for u in code.upserts)

    def _keep_given(self, position: int, given: Stored) -> Stored:
        """Note what ``excluded`` reads before the column's affinity: the default that REPLACE puts in, and integers of
        REAL columns as REAL."""
        column, default = self.code.table.columns[position], self.code.defaults.get(position)
        if not _is_atom(given.code):
            self.source.line(f"g{position} = {given.code}")
            given = Stored(f"g{position}", given.classes)
        shown = given.code
        replaces = action_of(self.code.action, column.not_null_conflict) == "REPLACE"
        if column.not_null and default is not None and replaces and given.classes & NULL:
            shown = f"({self.emit.value(default)} if {is_null(shown)} else {shown})"
        if column.affinity is Affinity.REAL and given.classes & INTEGER:
            shown = f"{self.source.constant(hard_real, 'hard_real')}({shown})"
        self._given[position] = shown
        return given

    def _emit_excluded(self, upsert: UpsertCode, target: object, columns: list[Stored]) -> None:
        """Name the row that ``excluded`` reads, where that may be another than the one to be inserted."""
        n, row = upsert.excluded_number, self.writer.row
        if upsert.assignments is None or n == self.code.number:
            return
        if target == "rowid":
            row = "(" + "".join(f"{self._given.get(i, stored.code)}, " for i, stored in enumerate(columns)) + ")"
        self.source.line(f"r{n}, k{n} = {row}, {self.writer.rowid}")

    def _name_excluded(self, upsert: UpsertCode) -> bool:
        """Have the clause read the values that were given by their names, where it needs no row of them."""
        n = upsert.excluded_number
        exprs = [a.expr for a in upsert.assignments or () if a.expr is not None]
        exprs += [upsert.where] if upsert.where is not None else []
        read = {position for e in exprs for source, position in references(e) if source == n}
        named = self._given.keys() | {self.code.table.rowid_alias}
        if n == self.code.number or upsert.late or upsert.late_where or not read <= named:
            return False
        for position in read:
            shown = self._given.get(position, self.writer.rowid)
            if not _is_atom(shown):
                self.source.line(f"g{position} = {shown}")
                shown = f"g{position}"
            self.emit.context.named[n, position] = shown
        return True

    def _settle(self, columns: list[Stored], position: int, force: bool = False) -> None:
        """Give a value a name unless its code is one already (or a constant)."""
        stored = columns[position]
        if force or not _is_atom(stored.code):
            name = f"v{position}"
            given = _OR_ZERO.fullmatch(stored.code)
            if given:
                self._zeros[name] = given[1]
            if stored.code != name:
                self.source.line(f"{name} = {stored.code}")
            columns[position] = Stored(name, stored.classes)

    def _constant(self, position: int) -> Stored:
        expr = self.code.defaults[position]
        return emit_stored(
            self.emit.value(expr), expr.classes, self.code.table.columns[position].affinity, self.source)

    def _tuple(self, columns: list[Stored]) -> str:
        """The row: ``params`` itself where that is what it would be, zeros in REAL columns aside."""
        names = [f"p{i}" for i in range(self.code.parameter_count)]
        codes = [self._zeros.get(c.code, c.code) for c in columns]
        alias = self.code.table.rowid_alias
        if alias is not None and self._alias_code is not None:
            codes[alias] = self._alias_code
        row = "(" + "".join(f"{c.code}, " for c in columns) + ")"
        if not self.single or len(codes) < 2 or codes != names:
            return row
        tests = ["params.__class__ is tuple", *(f"{stored} is {given}" for stored, given in self._zeros.items())]
        return f"params if {' and '.join(tests)} else {row}"

    # ------------------------------------------------------------------------------------------------- rowids

    def _emit_rowid(self, explicit: Stored | None) -> None:
        source, k = self.source, self.writer.rowid
        self._alias_code: str | None = None
        self._alias_classes = INTEGER
        self._is_new = explicit is None or explicit.classes == NULL  # then no row has the rowid
        if explicit is None or explicit.classes == NULL:
            self._emit_new_rowid()
        elif not explicit.classes & ~INTEGER:
            source.line(f"{k} = {explicit.code}")
            self._alias_code = explicit.code
            self._alias_classes = explicit.classes
        else:
            source.line(f"{k} = {source.constant(rowid_of, 'rowid_of')}({explicit.code})")
            if explicit.classes & NULL:
                with source.block(f"if {k} is None:"):
                    self._emit_new_rowid()
        if self._counts_up:
            source.line(f"if {k} > {self._high}: {self._high} = {k}")

    def _note(self) -> str:
        note = self.source.constant(note_autoincrement, "note_autoincrement")
        return f"{note}(txn, {self.code.sequence_id}, {self.code.table.name!r}, high)"

    def _emit_note(self) -> None:
        if self._counts_up and not self.code.shares_high:
            self.source.line(self._note())

    def _emit_new_rowid(self) -> None:
        source, k, tree_id = self.source, self.writer.rowid, self.code.table.tree_id
        if self._counts_up:
            following = source.constant(next_autoincrement, "next_autoincrement")
            source.line(f"{k} = {following}(txn, {tree_id}, {self._high})")
            return
        source.line(f"{k} = txn.next_key({tree_id})")
        chosen = source.constant(random_rowid, "random_rowid")
        source.line(f"if {k} > 9223372036854775807: {k} = {chosen}(txn, {tree_id})")

    # ------------------------------------------------------------------------------------------------- writes

    def _keys(self, columns: list[Stored]) -> Iterator[tuple[IndexDef, str, str]]:
        """Every index with the code of the row's key, and a condition in front of it, under which it has one."""
        codes = [c.code for c in columns]
        classes = [c.classes for c in columns]
        for index in self.code.table.indexes:
            key, guard = self.writer.key(index, self.writer.row, codes, classes, self.writer.rowid), ""
            if index.where is not None:
                self.source.line(f"new{index.tree_id} = {key}")
                key = f"new{index.tree_id}"
                guard = f"{key} is not None and "
            yield index, key, guard

    def _emit_write(self, columns: list[Stored]) -> None:
        source, writer, tree_id = self.source, self.writer, self.writer.table.tree_id
        if self.code.is_alone and self.writer.rowid_action() == "REPLACE":
            writer.emit_types(enumerate(columns))
            row = f"({tree_id}, {writer.rowid}, {writer.row})"
            source.line(f"txn.insert{row}" if self._is_new else f"txn.insert{row} or txn.put{row}")
            return
        if not self.writer.only_aborts:
            self._emit_conflicts(columns, [])
            self._emit_plain_insert(columns)
            return
        fail = writer.fail(*writer.rowid_message(), writer.rowid_action())
        emit_own(source, tree_id)
        source.line(f"if not tree.insert({writer.rowid}, {writer.row}): {fail}")
        source.line(f"txn.operations.append(({INSERT}, {tree_id}, {writer.rowid}, {writer.row}))")
        writer.emit_types(enumerate(columns))
        self._emit_index_inserts(columns)

    def _emit_index_inserts(self, columns: list[Stored], action: str = "") -> None:
        source, writer = self.source, self.writer
        for index, key, guard in self._keys(columns):
            entry = f"({index.tree_id}, {key}, {writer.rowid})"
            if index.unique:
                fail = writer.fail(*writer.unique_message(index), action or writer.index_action(index))
                source.line(f"if {guard}not txn.insert{entry}: {fail}")
            else:
                source.line(f"{_if(guard)}txn.insert_later{entry}")

    def _emit_plain_insert(self, columns: list[Stored]) -> None:
        source, writer = self.source, self.writer
        if (self.code.deletes is not None or self.code.settle is not None) and self.code.may_replace:
            # Triggers of the rows that were in the way may have put others there, or under a rowid that nobody sees.
            if writer.table.without_rowid:
                source.line(f"{writer.rowid} = txn.next_key({writer.table.tree_id})")
            fail = writer.fail(*writer.rowid_message(), "ABORT")
            source.line(f"if not txn.insert({writer.table.tree_id}, {writer.rowid}, {writer.row}): {fail}")
            self._emit_index_inserts(columns, "ABORT")
            return
        source.line(f"txn.insert({writer.table.tree_id}, {writer.rowid}, {writer.row})")
        for index, key, guard in self._keys(columns):
            insert = "insert" if index.unique else "insert_later"
            source.line(f"{_if(guard)}txn.{insert}({index.tree_id}, {key}, {writer.rowid})")

    def _emit_conflicts(self, columns: list[Stored], done: Sequence[object]) -> None:
        """Look up every unique key, and do what its action says."""
        writer = self.writer
        checks: list[UniqueCheck] = []
        if "rowid" not in done and not self._is_new:
            found = f"{writer.rowid} if {self._get(writer.table.tree_id, writer.rowid)} is not None else None"
            checks.append(UniqueCheck(writer.rowid_action(), found, writer.rowid_message()))
        for index in self.code.table.indexes:
            if index.unique and index not in done:
                found = self._probe(index, columns)
                checks.append(UniqueCheck(writer.index_action(index), found, writer.unique_message(index)))
        for check in writer.in_order(checks):
            if check.failed != writer.rowid_message():
                writer.emit_types(enumerate(columns))
            writer.emit_check(check)
        writer.emit_types(enumerate(columns))

    def _probe(self, index: IndexDef, columns: list[Stored]) -> str:
        codes, classes = [c.code for c in columns], [c.classes for c in columns]
        return probe_code(index, self.writer.row, codes, classes, self.writer.rowid, self.source)

    def _get(self, tree_id: int, key: str) -> str:
        return f"txn.unmerged[{tree_id}].get({key})"

    # ------------------------------------------------------------------------------------------------ upserts

    def _emit_upserts(self, columns: list[Stored]) -> None:
        """Clauses in their order, then the other constraints; the row that was in the way is updated or
        stays."""
        source, writer, code = self.source, self.writer, self.code
        if self._upserts_by_slot():
            self._emit_slot_upsert(columns)
            return
        n = code.target_number
        source.line("found = None")
        done: list[object] = []
        for number, upsert in enumerate(code.upserts, 1):
            for target in self._targets(upsert, done):
                done.append(target)
                if target == "rowid":
                    tree_id, key = writer.table.tree_id, writer.rowid
                    found = f"{key} if {self._get(tree_id, key)} is not None else None"
                else:
                    assert isinstance(target, IndexDef)
                    found = self._probe(target, columns)
                with source.block("if found is None:"):
                    if target != "rowid":
                        writer.emit_types(enumerate(columns))
                    source.line(f"found = {found}")
                    source.line(f"clause = {number}")
                    self._emit_excluded(upsert, target, columns)
        with source.block("if found is None:"):
            self._emit_conflicts(columns, done)
            self._emit_plain_insert(columns)
            source.line(f"k{n}, r{n} = {writer.rowid}, {writer.row}")
            self._emit_last(f"k{n}")
            emit_settle(code.fires, source)
        for number, upsert in enumerate(code.upserts, 1):
            with source.block(f"elif clause == {number}:"):
                if upsert.assignments is None:
                    source.line(writer.skip)
                else:
                    self._emit_do_update(upsert)

    def _upserts_by_slot(self) -> bool:
        """Whether the rowid is all that can be in the way, and nothing comes between finding and writing."""
        code, table = self.code, self.code.table
        if len(code.upserts) != 1 or not code.is_closed or not self.writer.only_aborts:
            return False
        upsert = code.upserts[0]
        if code.fires is not None or upsert.fires is not None:
            return False
        if upsert.assignments is None or any(a.position in (-1, table.rowid_alias) for a in upsert.assignments):
            return False
        return upsert.target == "rowid" or (upsert.target is None and not any(i.unique for i in table.indexes))

    def _emit_slot_upsert(self, columns: list[Stored]) -> None:
        source, writer, upsert = self.source, self.writer, self.code.upserts[0]
        n, tree_id = self.code.target_number, writer.table.tree_id
        emit_slot(source, tree_id, writer.rowid)
        if self.code.returning is not None:
            source.line("found = None")
        with source.block("if i < 0:"):
            writer.emit_types(enumerate(columns))
            source.line(f"tree.add_at(leaf, -1 - i, {writer.rowid}, {writer.row})")
            source.line(f"txn.operations.append(({INSERT}, {tree_id}, {writer.rowid}, {writer.row}))")
            self._emit_index_inserts(columns)
            source.line(f"k{n}, r{n} = {writer.rowid}, {writer.row}")
            self._emit_last(f"k{n}")
        with source.block("else:"):
            source.line(f"k{n}, r{n} = {writer.rowid}, leaf.values[i]")
            if not self._name_excluded(upsert):
                self._emit_excluded(upsert, "rowid", columns)
            self._emit_assignments(upsert, has_slot=True)
            self.emit.context.named.clear()
            if self.code.returning is not None:
                source.line(f"found = k{n}")

    def _targets(self, upsert: UpsertCode, done: list[object]) -> list[object]:
        if upsert.target is not None:
            return [upsert.target]
        every: list[object] = ["rowid", *(i for i in self.code.table.indexes if i.unique)]
        return [t for t in every if t not in done]

    def _emit_do_update(self, upsert: UpsertCode) -> None:
        source, n = self.source, self.code.target_number
        source.line(f"k{n} = found")
        source.line(f"r{n} = txn.unmerged[{self.code.table.tree_id}].get(found)")
        self._emit_assignments(upsert)

    def _emit_assignments(self, upsert: UpsertCode, has_slot: bool = False) -> None:
        source, n = self.source, self.code.target_number
        around = [n, upsert.excluded_number]
        if upsert.late_where is not None:
            source.line(f"if not {upsert.late_where.text(source, 'WHERE', around)}[0]: {self.writer.skip}")
        elif upsert.where is not None:
            source.line(f"if not ({self.emit.true(upsert.where)}): {self.writer.skip}")
        if upsert.late is not None:
            names = "".join(f"{a.code}, " for a in upsert.assignments or ())
            source.line(f"{names}= {upsert.late.text(source, 'LATE', around)}")
        writer = RowWriter(
            source, self.code.table, n, "ABORT", self.writer.skip, self.writer.changed, self.code.flags, has_slot)
        writer.fires, writer.profiled = upsert.fires, self.writer.profiled
        writer.stored = (n, self.code.number)  # not ``excluded`` as it was given
        assert upsert.assignments is not None
        emit_row_update(
            writer, upsert.assignments, upsert.checks, self.emit, generated=self.code.target_generated)
        emit_settle(upsert.fires, source)


def _if(guard: str) -> str:
    return f"if {guard.removesuffix(' and ')}: " if guard else ""


def hard_real(value: Any) -> Any:
    """An integer as REAL, anything else as it is."""
    return float(value) if value.__class__ is int else value


def _is_atom(code: str) -> bool:
    return code.isidentifier() or code in ("None", "True", "False") or code.isdigit()
