"""Batched INSERT: many rows at a time, checked column by column.

    rows = [(1, 'a'), (2, 'b'), …]     parameter rows, or rows of a query
    columns = zip(*rows)               per column: classes by set(map(type, column)), range by min and max
    rowids                             explicit ones ascending, or a reserved run of new ones
    txn.insert_many(table, …)          then one sorted run per index

It does what can be done without asking about single rows, and declines the rest: a batch with a value that is
no SQL value, with NULL in a NOT NULL column, with a rowid or a unique key that exists, with a row that breaks a
CHECK. Whoever called it then goes row by row, so that the first failing row gets its error and the rows before it
stay or go as the statement wants. A batch that is declined has changed nothing.

OR clauses, conflict clauses and upserts have no say in a batch in which nothing conflicts. Where a statement's rows
do conflict, the next ones are likely to, so that more and more batches are declined unseen.

Expressions among the values, and generated columns, are computed a column at a time (bulk_expressions.py), unless they
have subqueries or call functions whose calls can be told from each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from operator import countOf, itemgetter, lt, ne
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import references
from mantisdb_sql.catalog.definitions import IndexDef, TableDef
from mantisdb_sql.changes.bulk_expressions import (
    GeneratedColumns,
    RowValues,
    compile_checks,
    compile_defaults,
    generated_columns,
)
from mantisdb_sql.codegen.index_entries import IndexRun, index_entries
from mantisdb_sql.codegen.rowids import last_autoincrement, note_autoincrement
from mantisdb_sql.collector import collector_paused
from mantisdb_sql.errors import SqlError
from mantisdb_sql.planning.conditions import is_pure
from mantisdb_sql.values.rules import to_numeric, to_real, to_text
from mantisdb_sql.values.storage import (
    BIG,
    BLOB,
    CLASS_BITS,
    INT_MAX,
    INT_MIN,
    NULL,
    REAL,
    SMALL,
    SMALL_LIMIT,
    TEXT,
    Affinity,
    profile_classes,
)

if TYPE_CHECKING:
    from mantisdb_sql.codegen.insert import InsertCode
    from mantisdb_sql.context import CompileContext

__all__ = ["BulkInsert", "Declined", "column_bits", "computed_bits", "is_batch", "stored_column"]

_CLASSES = {type(None): NULL, float: REAL, str: TEXT, bytes: BLOB, int: SMALL | BIG}
_MAX_UNSEEN = 32
_CONVERT = {
    Affinity.TEXT: to_text,
    Affinity.REAL: to_real,
    Affinity.INTEGER: to_numeric,
    Affinity.NUMERIC: to_numeric,
}

Column = Sequence[Any]
Row = tuple[Any, ...]


FEWEST_ROWS = 32
"""Fewer are quicker one by one, in an open transaction: what is done once for all takes as long as so many rows."""


def is_batch(rows: Sequence[Row]) -> bool:
    """Whether rows are worth a batch; none at all are, as they take nothing."""
    return len(rows) >= FEWEST_ROWS or not rows


class Declined(Exception):
    """The batch needs to be looked at row by row."""


class Conflict(Declined):
    """A key of the batch is taken."""


def column_bits(column: Column) -> int:
    """The class set of a column's values; declines what is no SQL value, and text that is not UTF-8."""
    bits = computed_bits(column)
    if bits & TEXT:
        _check_text(column, bits)
    return bits


def computed_bits(column: Column) -> int:
    """As :func:`column_bits`, of what expressions made, which may be text of stray bytes."""
    bits = 0
    for kind in _kinds(column):
        found = _CLASSES.get(kind)
        if found is None:
            raise Declined
        bits |= found
    if bits & SMALL:
        bits = bits & ~(SMALL | BIG) | _integer_bits(column, bits)
    if bits & REAL and _holds_nan(column, bits):
        raise Declined
    return bits


def _kinds(column: Column) -> set[type]:
    """The types of the values. Mostly there is one, and counting it is quicker than collecting all."""
    if column:
        kind = type(column[0])
        if type(column[-1]) is kind and countOf(map(type, column), kind) == len(column):
            return {kind}
    return set(map(type, column))


def _holds_nan(column: Column, bits: int) -> bool:
    if bits == REAL:
        total = sum(column)
        if total == total:  # NaN spreads; infinities of both signs make it, too
            return False
    return any(map(ne, column, column))


def _integer_bits(column: Column, bits: int) -> int:
    integers = column if bits == SMALL | BIG else [v for v in column if v.__class__ is int]
    low, high = min(integers), max(integers)
    if not INT_MIN <= low <= high <= INT_MAX:
        raise Declined
    if low > -SMALL_LIMIT and high < SMALL_LIMIT:
        return SMALL
    return SMALL | BIG


def _check_text(column: Column, bits: int) -> None:
    text = "".join(column if bits == TEXT else [v for v in column if v.__class__ is str])
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Declined from None  # a lone surrogate


def stored_column(column: Column, bits: int, affinity: Affinity) -> tuple[Column, int]:
    """A column after its affinity, with its class set."""
    if affinity is Affinity.TEXT:
        needs = bits & (SMALL | BIG | REAL)
    elif affinity is Affinity.REAL:
        needs = bits & (SMALL | BIG | TEXT)
        if not needs and 0.0 in column and "-0.0" in map(str, [v for v in column if v == 0.0]):
            return [0.0 if v == 0.0 else v for v in column], bits
    else:
        needs = bits & (REAL | TEXT) if affinity is not Affinity.BLOB else 0
        if bits == REAL and True not in map(float.is_integer, column):
            needs = 0
    if not needs:
        return column, bits
    column = list(map(_CONVERT[affinity], column))
    return column, column_bits(column)


@dataclass(slots=True)
class BulkInsert:
    """The batched form of one INSERT. Per column of the table, ``positions`` say where its value is in a given row, or
    ``constants`` (where that is None) what it is; the rowid alias's value is the rowid. Behind the given values of a
    row come those that ``values`` computes from them."""

    table: TableDef
    positions: list[int | None]
    constants: list[Any]
    rowid_position: int | None
    straight: bool  # the given rows are the table's rows
    as_given: int  # how many values a given row has
    sequence_id: int  # sqlite_sequence's tree, for AUTOINCREMENT
    computed: list[int]  # the constants that are computed for each batch,
    defaults: Callable[[], Row] | None  # and what computes them
    holds: Callable[[Sequence[Row], Sequence[int]], bool] | None  # the CHECK constraints
    values: RowValues | None = None
    generated: GeneratedColumns | None = None
    returns: tuple[int, ...] | None = None  # the columns of RETURNING, -1 for the rowid
    conflicts: int = 0  # batches in a row that had some
    unseen: int = 0  # batches to decline before the next is tried

    @classmethod
    def of(
        cls, code: InsertCode, context: CompileContext, nodes: Sequence[Any] = (),
        returns: tuple[int, ...] | None = None,
    ) -> BulkInsert | None:
        """The batched form of an INSERT, or None where it has none. ``nodes``: what the values of its only row were
        bound from. ``returns``: the columns of RETURNING, -1 for the rowid."""
        table = code.table
        if not all(map(is_pure, [expr for expr, _ in code.checks])):
            return None
        if not all(index.meets_at_keys for index in table.indexes if index.unique):
            return None
        if code.rows is not None and len(code.rows) != 1:
            return None
        given = _given(code)
        if given is None:
            return None
        positions, constants, rowid, computed, evaluated = given
        width = code.parameter_count if code.rows is not None else len(code.targets)
        generated = generated_columns(code.generated, table, context) if code.generated else None
        if code.generated and generated is None:
            return None
        exprs = code.rows[0] if code.rows is not None else []
        values = RowValues([exprs[i] for i in evaluated], [nodes[i] for i in evaluated], context) if evaluated else None
        return cls(
            table, positions, constants, rowid,
            straight=positions == list(range(len(table.columns))) and width == len(table.columns),
            as_given=width,
            sequence_id=code.sequence_id if table.autoincrement else 0,
            computed=list(computed),
            defaults=compile_defaults(list(computed.values()), context) if computed else None,
            holds=compile_checks(code, context) if code.checks else None,
            values=values,
            generated=generated,
            returns=returns,
        )

    # ------------------------------------------------------------------------------------------------ running

    def insert_rows(self, session: Any, txn: Any, rows: Sequence[Row]) -> int | list[Row] | None:
        """Insert all rows, which are tuples: how many, or what RETURNING gives; None, and nothing changed, where that
        cannot be done in one go."""
        if not rows:
            if self.sequence_id:
                note_autoincrement(txn, self.sequence_id, self.table.name, 0)
            return 0
        if self.unseen:
            self.unseen -= 1
            return None
        mark = txn.mark()
        try:
            with collector_paused():
                last, returned = self._insert(txn, rows)
        except Conflict:
            txn.undo_to(mark)
            self.unseen = min(self.conflicts, _MAX_UNSEEN)
            self.conflicts += 1
            return None
        except (Declined, SqlError):  # the expressions of an index, a CHECK or a DEFAULT may fail
            txn.undo_to(mark)
            return None
        self.conflicts = 0
        if not self.table.without_rowid:
            session.last_insert_rowid = last
        return len(rows) if returned is None else returned

    def _insert(self, txn: Any, rows: Sequence[Row]) -> tuple[int, list[Row] | None]:
        try:
            given: list[Column] = list(zip(*rows, strict=True))
        except ValueError:
            raise Declined from None  # rows of different widths
        if len(given) != self.as_given:
            raise Declined
        if self.values is not None:
            read = [given[slot] for slot in self.values.reads]
            given += self.values.compute(read, list(map(column_bits, read)), len(rows))
        rowids, explicit, ascend = self._rowids(txn, given, len(rows))
        columns, changed, flags = self._columns(given, rowids, explicit, ascend, len(rows))
        stored = list(zip(*columns, strict=True)) if changed or not self.straight else rows
        tree_id = self.table.tree_id
        last: int = rowids[-1]
        returned = None
        if self.returns is not None:
            returned = list(zip(*[rowids if i < 0 else columns[i] for i in self.returns], strict=True))
        if not ascend:
            pairs = sorted(zip(rowids, stored, strict=True), key=_first)
            rowids, stored = [k for k, _ in pairs], [row for _, row in pairs]
            if not all(map(lt, rowids, rowids[1:])):
                raise Declined
            columns = [list(map(itemgetter(i), stored)) for i in range(len(columns))]
        if txn.unmerged[tree_id].flags & flags != flags:
            txn.widen(tree_id, flags)
        if self.holds is not None and not self.holds(stored, rowids):
            raise Declined
        if txn.insert_sorted(tree_id, list(rowids), stored) is not None:
            raise Conflict
        for index in sorted(self.table.indexes, key=_is_common):
            if not index.unique and not index.is_computed:
                run = IndexRun(index, {c.position: columns[c.position] for c in index.columns}, rowids)
                txn.insert_run_later(index.tree_id, run)
                continue
            entries = index_entries(index, columns.__getitem__, rowids, stored)
            if entries is None:
                raise Declined
            if not index.unique:
                txn.insert_many_later(index.tree_id, *entries)
            elif txn.insert_sorted(index.tree_id, *entries) is not None:
                raise Conflict
        if self.sequence_id:
            note_autoincrement(txn, self.sequence_id, self.table.name, max(rowids))
        return last, returned

    def _rowids(self, txn: Any, given: list[Column], count: int) -> tuple[Sequence[int], bool, bool]:
        """The rowids, whether they were given, and whether they ascend."""
        if self.rowid_position is not None:
            explicit = given[self.rowid_position]
            kinds = _kinds(explicit)
            if kinds == {int}:
                ascend = all(map(lt, explicit, islice(explicit, 1, None)))
                low, high = _ends(explicit, ascend)
                if low < INT_MIN or high > INT_MAX:
                    raise Declined
                return explicit, True, ascend
            if kinds != {type(None)}:
                raise Declined
        first = txn.next_key(self.table.tree_id, count)
        if self.sequence_id:
            first = max(first, last_autoincrement(txn, self.sequence_id, self.table.name) + 1)
        if first + count - 1 > INT_MAX:
            raise Declined
        return range(first, first + count), False, True

    def _columns(
        self, given: list[Column], rowids: Sequence[int], explicit: bool, ascend: bool, count: int,
    ) -> tuple[list[Column], bool, int]:
        """The table's columns as stored; whether they differ from the given ones; their profile."""
        table, changed, flags = self.table, False, 0
        constants = self.constants
        if self.defaults is not None:
            constants = [*constants]
            for i, value in zip(self.computed, self.defaults(), strict=True):
                constants[i] = value
        columns: list[Column] = []
        for i, (position, constant) in enumerate(zip(self.positions, constants, strict=True)):
            if i == table.rowid_alias:
                column: Column = rowids
                changed = changed or not explicit
                low, high = _ends(rowids, ascend)
                bits = SMALL if low > -SMALL_LIMIT and high < SMALL_LIMIT else SMALL | BIG
            elif table.columns[i].generated is not None:
                columns.append(())  # see below
                continue
            else:
                column = given[position] if position is not None else list(repeat(constant, count))
                bits = column_bits(column)
                stored, bits = stored_column(column, bits, table.columns[i].affinity)
                changed = changed or stored is not column
                column = stored
            flags |= self._profile(i, bits)
            columns.append(column)
        if self.generated is not None:
            reads, changed = self.generated.reads, True
            classes = [profile_classes(flags, i) for i in reads]
            found = self.generated.compute([columns[i] for i in reads], classes, count)
            for i, column in zip(self.generated.positions, found, strict=True):
                columns[i] = column
                flags |= self._profile(i, column_bits(column))
        return columns, changed, flags

    def _profile(self, position: int, bits: int) -> int:
        """The part of the column profile for a column of values of these classes, which it may have to hold."""
        column = self.table.columns[position]
        if (bits & NULL and column.not_null) or bits & ~NULL & ~self.table.allowed_classes(position):
            raise Declined
        return bits << position * CLASS_BITS


def _ends(rowids: Sequence[int], ascend: bool) -> tuple[int, int]:
    return (rowids[0], rowids[-1]) if ascend else (min(rowids), max(rowids))


def _is_common(index: IndexDef) -> bool:
    """Indexes that may decline the batch are first."""
    return not index.unique


def _first(pair: tuple[Any, ...]) -> Any:
    return pair[0]


def _given(
    code: InsertCode,
) -> tuple[list[int | None], list[Any], int | None, dict[int, Expr], list[int]] | None:
    """Where every column's value comes from, the rowid's, the DEFAULTs to compute, and which of the row's expressions
    are evaluated for each row; None where that may not be done ahead of the rows."""
    computed: dict[int, Expr] = {}
    sources: dict[int, tuple[int | None, Any]] = {}
    evaluated: list[int] = []
    exprs: Sequence[Any] = code.rows[0] if code.rows is not None else range(len(code.targets))
    for i, (target, expr) in enumerate(zip(code.targets, exprs, strict=True)):
        source = _source_of(expr)
        if source is None:
            if not is_pure(expr) or any(references(expr)):
                return None
            source = code.parameter_count + len(evaluated), None
            evaluated.append(i)
        if target in (-1, code.table.rowid_alias):
            sources[-1] = source
        else:
            sources.setdefault(target, source)
    for position, default in code.defaults.items():
        if position not in sources and position != code.table.rowid_alias:
            if isinstance(default, bound.Literal):
                sources[position] = None, default.value
            elif is_pure(default):
                computed[position] = default
            else:
                return None
    if -1 in sources and sources[-1][0] is None and sources[-1][1] is not None:
        return None  # the same explicit rowid for every row
    positions: list[int | None] = []
    constants: list[Any] = []
    for i in range(len(code.table.columns)):
        slot, constant = sources.get(-1 if i == code.table.rowid_alias else i, (None, None))
        positions.append(slot)
        constants.append(constant)
    rowid = sources.get(-1)
    return positions, constants, rowid[0] if rowid is not None else None, computed, evaluated


def _source_of(expr: Any) -> tuple[int | None, Any] | None:
    if isinstance(expr, int):
        return expr, None
    if isinstance(expr, bound.Parameter):
        return expr.index, None
    if isinstance(expr, bound.Literal):
        return None, expr.value
    return None
