"""The generated code of UPDATE and DELETE where the whole table has to be looked at: one pass over its leaves.

A function that is given the rowids and rows of a leaf says what becomes of them, and the engine builds the leaf anew
(``Transaction.put_where`` and ``keep_where``). For ``UPDATE t SET b = b + 1 WHERE c > 5``:

    if txn.unmerged[5].flags != 8322: raise StalePlan     # the expressions are compiled for this column profile
    bits = 0
    def change(keys, rows):
        nonlocal bits
        at = [i for i, r0 in enumerate(rows) if (r0[2] > 5)]
        if not at: return None
        rows = [rows[i] for i in at]
        new = [(r0_0, (r0_1 + 1), r0_2, ) for (r0_0, r0_1, r0_2) in rows]
        column = [r1[1] for r1 in new]                    # where the profile may not cover the new values
        if max(column) >= 2147483648 or min(column) <= -2147483648: bits |= 256
        return at, new
    n = swept(txn.put_where, 5, change, None if session.keys.watching else SET_COLUMN)
    txn.widen(5, bits)

Where one column is set, and foreign keys do not ask for the old rows, only that column is kept of these
(``SET_COLUMN``; the engine's replaced.py says why).

Rows are looked at while the tree is what it was: the engine puts the new leaves in place last. So there must be nothing
that reads the table besides the row itself, and nothing that can run a statement; what reads parameters only is then
computed once, before the pass (``q0 = float(p0)``). A row that breaks NOT NULL or CHECK raises, and nothing has
changed; unique indexes, new rowids and OR clauses need a look at one row after the other, and are not for this module.

Indexes follow when the pass has ended: ``ids``, ``before`` and ``after`` collect the rows that changed.

``DELETE FROM t WHERE c > 5`` gives the engine what stays. Rows mostly hold their rowids: where nobody asks for the rows
that go (no log, no index), one loop then finds those that stay, and no list says of each whether it does:

    def staying(keys, rows):
        stays = [(not r0[2] > 5) for r0 in rows]
        if all(stays): return keys, rows, stays
        return list(compress(keys, stays)), list(compress(rows, stays)), stays
    def rows_left(leaves): return [[r0 for r0 in leaf.values if (not r0[2] > 5)] for leaf in leaves]
    return swept(txn.keep_where, 5, staying, rows_left, rowid_of)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import references
from mantisdb_sql.catalog.definitions import IndexDef, TableDef
from mantisdb_sql.changes.bulk import computed_bits
from mantisdb_sql.changes.bulk_update import move_entries, remove_entries
from mantisdb_sql.codegen.dml import RowWriter, Stored, emit_stored, may_be_negative_zero, type_test
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.collector import collector_paused
from mantisdb_sql.errors import StalePlan
from mantisdb_sql.values.storage import BIG, CLASS_BITS, INTEGER, NULL, SMALL_LIMIT, profile_classes

__all__ = ["Sweep", "emit_sweep_delete", "emit_sweep_update", "may_sweep"]


@dataclass(slots=True)
class Sweep:
    """The rows of a table that pass ``filters``; ``number`` is the table's source there, ``flags`` the column profile
    that the expressions were bound for, ``most_rows`` how many rows the table may have for the plan to be good."""

    number: int
    tree_id: int
    filters: list[Expr]
    flags: int
    most_rows: int


Row = tuple[Any, ...]

_WIDEST = 24
"""Rows of more columns are not taken apart: measured on Python 3.11, naming all columns is quicker than looking up
most of them one by one up to here."""


def may_sweep(table: TableDef, positions: Sequence[int], touched: Sequence[IndexDef], action: str | None) -> bool:
    """Whether rows can get new values in these columns without a look at other rows."""
    if action not in (None, "ABORT") or table.has_generated or any(p in (-1, table.rowid_alias) for p in positions):
        return False
    conflicts = {table.columns[p].not_null_conflict for p in positions if table.columns[p].not_null}
    return conflicts <= {None, "ABORT"} and not any(index.unique for index in touched)


def swept(sweep: Callable[..., int], *arguments: Any) -> int:
    """One pass."""
    with collector_paused():
        return sweep(*arguments)


class SetColumn:
    """In what rows differ of which one column was set (the engine's ``BackwardDelta``): that column as it was."""

    __slots__ = ("_item", "_position")

    def __init__(self, position: int) -> None:
        self._position, self._item = position, itemgetter(position)

    def taken(self, old: list[Row]) -> list[Any]:
        """The column of rows as they were."""
        return list(map(self._item, old))

    def restored(self, new: list[Row], taken: list[Any]) -> list[Row]:
        """Rows as they were."""
        columns: list[Sequence[Any]] = list(zip(*new, strict=True))
        columns[self._position] = taken
        return list(zip(*columns, strict=True))


def _emit_start(sweep: Sweep, source: Source) -> None:
    tree = f"txn.unmerged[{sweep.tree_id}]"
    stale = source.constant(StalePlan, "StalePlan")
    source.line(f"if {tree}.flags != {sweep.flags} or {tree}.count > {sweep.most_rows}: raise {stale}")


def _filter(sweep: Sweep, table: TableDef, emitter: Any, *, negated: bool = False) -> tuple[str, str, str]:
    """The condition (``negated``: that it does not hold), and what its loop goes over: names and lists."""
    k, r = f"k{sweep.number}", f"r{sweep.number}"
    reads = {position for e in sweep.filters for _, position in references(e)}
    if reads <= {-1, table.rowid_alias}:
        emitter.context.named[sweep.number, table.rowid_alias] = k
        names, lists = k, "keys"
    elif -1 in reads:
        names, lists = f"{k}, {r}", "zip(keys, rows)"
    else:
        names, lists = r, "rows"
    condition = _condition(sweep, emitter, negated=negated)
    emitter.context.named.clear()
    return condition, names, lists


def _condition(sweep: Sweep, emitter: Any, *, negated: bool) -> str:
    if negated and len(sweep.filters) == 1 and not emitter.classes(sweep.filters[0]) & NULL:
        return emitter.false(sweep.filters[0])  # type: ignore[no-any-return]
    condition = " and ".join(emitter.true(e) for e in sweep.filters)
    return f"not ({condition})" if negated else condition


# ----------------------------------------------------------------------------------------------------- UPDATE


class SweepUpdate:
    """Writes the body of ``run`` for one UPDATE.

    writer   of the new rows: their source is the one that CHECK constraints read
    values   (position, expression) per column that is set
    checks   the CHECK constraints, as (expression, name)
    touched  the indexes that hold a column that is set
    """

    def __init__(
        self, sweep: Sweep, writer: RowWriter, values: Sequence[tuple[int, Expr]],
        checks: Sequence[tuple[Expr, str]], touched: Sequence[IndexDef], emitter: Any,
    ) -> None:
        self.sweep, self.writer, self.touched, self.emit = sweep, writer, touched, emitter
        self.source = writer.source
        emitter.context.nothing_writes = True
        self.names = self._name_columns()
        self.new = {p: self._stored(p, e) for p, e in values}
        emitter.context.named.clear()
        self.filter = _filter(sweep, writer.table, emitter) if sweep.filters else None
        self.violated = [(emitter.false(e), name) for e, name in checks]
        self.reads_rowid = any(position == -1 for _, e in values for _, position in references(e))
        self.rare = {p: v.classes & ~profile_classes(sweep.flags, p) for p, v in self.new.items()}

    def _name_columns(self) -> list[str]:
        """What a row is taken apart into; as it is where it is wide."""
        width, n = len(self.writer.table.columns), self.sweep.number
        if width > _WIDEST:
            return []
        names = [f"r{n}_{p}" for p in range(width)]
        self.emit.context.named.update({(n, p): name for p, name in enumerate(names)})
        return names

    def _stored(self, position: int, e: Expr) -> Stored:
        table = self.writer.table
        zero = may_be_negative_zero(e, table, (self.sweep.number,))
        affinity = table.columns[position].affinity
        return emit_stored(self.emit.value(e), self.emit.classes(e), affinity, self.source, negative_zero=zero)

    def emit_all(self) -> None:
        """The statement after its prelude."""
        source, sweep = self.source, self.sweep
        _emit_start(sweep, source)
        if self.touched:
            source.line("ids, before, after = [], [], []")
        if any(self.rare.values()):
            source.line("bits = 0")
        with source.block("def change(keys, rows):"):
            self._emit_change()
        source.line(f"n = {source.constant(swept, 'swept')}(txn.put_where, {sweep.tree_id}, change{self._delta()})")
        if any(self.rare.values()):
            source.line(f"txn.widen({sweep.tree_id}, bits)")
        for index in self.touched:
            move = source.constant(move_entries, "move_entries")
            source.line(f"{move}(txn, {source.constant(index)}, ids, before, after)")
        source.line("return n")

    def _delta(self) -> str:
        """Where old rows need not be kept, the argument that says so. Of rows in which two columns are set, to keep
        these costs what keeping the rows does (measured); move_entries and foreign keys look at the old rows."""
        if len(self.new) != 1 or self.touched:
            return ""
        return f", None if session.keys.watching else {self.source.constant(SetColumn(*self.new), 'SET_COLUMN')}"

    def _emit_change(self) -> None:
        source, n = self.source, self.sweep.number
        if any(self.rare.values()):
            source.line("nonlocal bits")
        at = "None"
        if self.filter is not None:
            at = "at"
            condition, names, lists = self.filter
            names = f"({names})" if "," in names else names
            source.line(f"at = [i for i, {names} in enumerate({lists}) if {condition}]")
            source.line("if not at: return None")
            source.line("rows = [rows[i] for i in at]")
            if self.reads_rowid or self.touched:
                source.line("keys = [keys[i] for i in at]")
        else:
            source.line("if not rows: return None")
        olds = self.names or [f"r{n}[{p}]" for p in range(len(self.writer.table.columns))]
        items = "".join(f"{self.new[p].code if p in self.new else old}, " for p, old in enumerate(olds))
        row = f"({', '.join(self.names)}{',' * (len(self.names) == 1)})" if self.names else f"r{n}"
        loop = f"k{n}, {row} in zip(keys, rows)" if self.reads_rowid else f"{row} in rows"
        source.line(f"new = [({items}) for {loop}]")
        self._emit_proof()
        if self.touched:
            source.line("ids.extend(keys)")
            source.line("before.extend(rows)")
            source.line("after.extend(new)")
        source.line(f"return {at}, new")

    def _emit_proof(self) -> None:
        """NOT NULL, CHECK, and what the column profile does not cover."""
        source, row = self.source, self.writer.row
        tests = []
        for position, rare in self.rare.items():
            column = f"[{row}[{position}] for {row} in new]"
            if rare == NULL:
                source.line(f"if None in {column}: bits |= {NULL << position * CLASS_BITS}")
            elif rare == BIG and not self.new[position].classes & ~INTEGER:
                source.line(f"column = {column}")
                test = f"max(column) >= {SMALL_LIMIT} or min(column) <= -{SMALL_LIMIT}"
                source.line(f"if {test}: bits |= {BIG << position * CLASS_BITS}")
            elif rare:
                bits = source.constant(computed_bits, "computed_bits")
                source.line(f"bits |= {bits}({column}) << {position * CLASS_BITS}")
            wrong = self.new[position].classes & ~NULL & ~self.writer.table.allowed_classes(position)
            if wrong:
                value = f"{row}[{position}]"
                tests.append(f"any([{type_test(value, wrong, self.new[position].classes & ~wrong)} for {row} in new])")
            if self.writer.table.columns[position].not_null and self.new[position].classes & NULL:
                tests.append(f"None in {column}")
        tests += [f"any([{code} for {row} in new])" for code, _ in self.violated]
        if not tests:
            return
        with source.block(f"if {' or '.join(tests)}:"), source.block(f"for {row} in new:"):
            columns = []
            for position, stored in self.new.items():
                source.line(f"v{position} = {row}[{position}]")
                columns.append((position, Stored(f"v{position}", stored.classes)))
            columns.sort(key=lambda pair: pair[0])
            if self.writer.table.has_generated:
                self.writer.emit_types(columns)
            self.writer.emit_not_null(columns, {})
            self.writer.emit_types(columns)
            self.writer.emit_checks(self.violated)


def emit_sweep_update(
    sweep: Sweep, writer: RowWriter, values: Sequence[tuple[int, Expr]], checks: Sequence[tuple[Expr, str]],
    touched: Sequence[IndexDef], emitter: Any,
) -> None:
    """Emit the body of ``run``: see :class:`SweepUpdate`."""
    SweepUpdate(sweep, writer, values, checks, touched, emitter).emit_all()


# ----------------------------------------------------------------------------------------------------- DELETE


def emit_sweep_delete(sweep: Sweep, table: TableDef, source: Source, emitter: Any) -> None:
    """Emit the body of ``run``."""
    _emit_start(sweep, source)
    if table.indexes:
        source.line("ids, before = [], []")
    emitter.context.nothing_writes = True
    loop = _filter(sweep, table, emitter, negated=True)
    with source.block("def staying(keys, rows):"):
        _emit_marks(loop, table, source)
    arguments = f"txn.keep_where, {sweep.tree_id}, staying"
    alias = None if table.indexes else table.rowid_alias
    if alias is not None:
        _emit_rows_left(sweep, alias, source, emitter)
        arguments += f", rows_left, {source.constant(itemgetter(alias), 'rowid_of')}"
    n = f"{source.constant(swept, 'swept')}({arguments})"
    source.line(f"n = {n}" if table.indexes else f"return {n}")
    for index in table.indexes:
        remove = source.constant(remove_entries, "remove_entries")
        source.line(f"{remove}(txn, {source.constant(index)}, ids, before)")
    if table.indexes:
        source.line("return n")


def _emit_rows_left(sweep: Sweep, alias: int, source: Source, emitter: Any) -> None:
    """The function that gives what stays, of rows that hold their rowids at ``alias``."""
    r = f"r{sweep.number}"
    emitter.context.named[sweep.number, alias] = f"{r}[{alias}]"
    condition = _condition(sweep, emitter, negated=True)
    source.line(f"def rows_left(leaves): return [[{r} for {r} in leaf.values if {condition}] for leaf in leaves]")
    emitter.context.named.clear()


def _emit_marks(loop: tuple[str, str, str], table: TableDef, source: Source) -> None:
    """Return what stays, and which of the rows that is; ``loop``: see :func:`_filter`."""
    condition, names, lists = loop
    compress = source.constant(itertools.compress, "compress")
    source.line(f"stays = [{condition} for {names} in {lists}]")
    source.line("if all(stays): return keys, rows, stays")
    if table.indexes:
        source.line("ids.extend([k for k, stay in zip(keys, stays) if not stay])")
        source.line("before.extend([r for r, stay in zip(rows, stays) if not stay])")
    source.line(f"return list({compress}(keys, stays)), list({compress}(rows, stays)), stays")
