"""What the generated code of INSERT, UPDATE and DELETE has in common: storing values, checking rows, writing
indexes.

A change compiles to ``run(session, txn, params)``, which returns the number of changed rows, or with
RETURNING the list of result rows. In it, the row being written is ``r{n}`` with rowid ``k{n}``, n being the
number of the target table's source, so that CHECK, RETURNING and ON CONFLICT expressions read it like any
row; the values that are about to become a row are ``v0``, ``v1`` …

Constraints are checked in SQLite's order: the rowid's type, NOT NULL, CHECK, then the rowid's uniqueness,
then that of the indexes, newest first. What happens when one fails is the statement's OR clause, else the
constraint's own ON CONFLICT clause, else ABORT. Where nothing but ABORT and ROLLBACK can happen, uniqueness
is checked by writing: the insertion into the tree says whether the key was there, and the statement is undone
as a whole anyway. Otherwise the row's keys are all looked up before its first write.

The column profile (see :mod:`mantisdb_sql.values.storage`) is kept by one test per row: whether the tree's flags
cover the class sets that the compiler knows for the values. Only where they do not, the row's values are
looked at.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NoReturn

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.catalog.definitions import IndexDef, TableDef
from mantisdb_sql.codegen.dml_keys import key_function, stored_key_code
from mantisdb_sql.codegen.expressions import Emitter, ExpressionContext
from mantisdb_sql.codegen.membership import conversion_of_members, emit_membership, kind_of_members
from mantisdb_sql.codegen.null_tests import is_null
from mantisdb_sql.codegen.rows import RowSet
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.codegen.triggers import Fires
from mantisdb_sql.collector import collector_paused
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import ConstraintError, NotSupported, ParameterTypeError, SqlError, StalePlan
from mantisdb_sql.values.rules import to_numeric, to_real, to_text
from mantisdb_sql.values.storage import (
    ANY,
    BIG,
    BLOB,
    CLASS_BITS,
    INT_MAX,
    INTEGER,
    NULL,
    NUMBER,
    REAL,
    SMALL,
    TEXT,
    Affinity,
    class_of,
    profile_classes,
)

_NONZERO_LITERAL = re.compile(r"-?(\d+\.\d*[1-9]|[1-9]\d*\.\d)[\de+-]*\Z|None\Z")

__all__ = [
    "ChangeContext",
    "Point",
    "RowWriter",
    "Stored",
    "UniqueCheck",
    "action_of",
    "emit_own",
    "emit_parameters",
    "emit_point",
    "emit_slot",
    "emit_stored",
    "found_rows",
    "may_be_negative_zero",
    "stored_classes",
    "unique_message",
    "widen_for_row",
]


@dataclass(slots=True)
class Stored:
    """A value on its way into a column: code (a name, a literal or a subscript) and class set."""

    code: str
    classes: int


# ------------------------------------------------------------------------------------------- run-time helpers


def widen_for_row(txn: Any, tree_id: int, row: Sequence[Any]) -> None:
    """Add the classes of a row's values to the tree's profile where they are new."""
    bits = shift = 0
    for value in row:
        bits |= class_of(value) << shift
        shift += CLASS_BITS
    flags = txn.unmerged[tree_id].flags
    if flags & bits != bits:
        txn.widen(tree_id, bits)


def constraint_failed(message: str, code: str, action: str, changed: int) -> ConstraintError:
    """The error to raise; ``changed`` rows were changed before it, which count when they stay (FAIL)."""
    error = ConstraintError(message, code, action)
    if action == "FAIL":
        error.changed = changed  # type: ignore[attr-defined]
    return error


def found_rows(query: Any, txn: Any, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows to change, all of them before the first write."""
    with collector_paused():
        rows: list[tuple[Any, ...]] = query.rows(txn.trees, params)
        return rows


def _row_now(table: TableDef) -> Callable[[Any, Any, int], int | None]:
    """``f(txn, row, rowid)``: the rowid of what is by now the row that had this key, the PRIMARY KEY of a WITHOUT ROWID
    table, or this rowid; None if there is none."""
    tree_id, index = table.tree_id, table.key_index
    if index is None:
        return lambda txn, row, rowid: None if txn.unmerged[tree_id].get(rowid) is None else rowid
    key, key_id = key_function(index), index.tree_id
    return lambda txn, row, rowid: txn.unmerged[key_id].get(key(row, rowid))


def unique_message(table: TableDef, index: IndexDef) -> str:
    """What is said of a broken UNIQUE index."""
    if index.has_expressions:
        name = index.name.replace("'", "''")
        return f"UNIQUE constraint failed: index '{name}'"
    names = (table.columns[column.position].name for column in index.columns)
    return "UNIQUE constraint failed: " + ", ".join(f"{table.name}.{name}" for name in names)


def refuse_type(value: Any, declared: str, column: str) -> NoReturn:
    """Refuse a value that a STRICT table's column cannot hold."""
    kind = {int: "INT", float: "REAL", str: "TEXT", bytes: "BLOB"}[value.__class__]
    raise ConstraintError(
        f"cannot store {kind} value in {declared} column {column}", "SQLITE_CONSTRAINT_DATATYPE"
    )


def mismatch() -> SqlError:
    """A rowid that is no integer."""
    return SqlError("datatype mismatch", "SQLITE_MISMATCH")


def disk_full() -> SqlError:
    """No rowid is left."""
    return SqlError("database or disk is full", "SQLITE_FULL")


# ------------------------------------------------------------------------------------------------ expressions


def scalar_of(query: Any, trees: Any, params: Sequence[Any], column: int = 0) -> Any:
    """The value of a scalar subquery."""
    rows = query.rows(trees, params)
    return rows[0][column] if rows else None


def has_rows(query: Any, trees: Any, params: Sequence[Any]) -> bool:
    """The value of EXISTS."""
    return bool(query.rows(trees, params))


def members_of(query: Any, trees: Any, params: Sequence[Any], kind: type[set[Any]] | type[list[Any]] | None) -> Any:
    """What IN (SELECT …) looks among: values, or rows where there is no ``kind`` of collection for these."""
    rows = query.rows(trees, params)
    return RowSet(rows) if kind is None else kind([row[0] for row in rows])


class ChangeContext(ExpressionContext):
    """Expressions inside ``run(session, txn, params)``; a subquery runs as a function of its own, if it reads
    no row.

    named          texts in place of those of columns, by source and position
    nothing_writes  whether no row is written while expressions are evaluated: what reads parameters only is then
                    evaluated once, by a line that is written where the source is at
    """

    def __init__(self, context: CompileContext, source: Source, compile_query: Callable[..., Any]) -> None:
        super().__init__()
        self.functions = context.functions
        self._context = context
        self._source = source
        self._compile = compile_query
        self.named: dict[tuple[int, int], str] = {}
        self.nothing_writes = False
        self._queries: dict[int, str] = {}  # names of the compiled ones, by number

    def column(self, node: bound.Column) -> str:
        """See :class:`ExpressionContext`."""
        return self.named.get((node.source, node.position)) or super().column(node)

    def prepared(self, text: str, source: Source) -> str:
        """Evaluated in place where rows may be written between two uses."""
        if not self.nothing_writes:
            return text
        name = self._prepared.get(text)
        if name is None:
            name = self._prepared[text] = source.name("q")
            source.line(f"{name} = {text}")
        return name

    def _query(self, node: Any) -> str:
        if node.query.outer:
            raise NotSupported("a correlated subquery here")
        name = self._queries.get(node.query.number)
        if name is None:
            name = self._source.constant(self._compile(node.query, self._context))
            self._queries[node.query.number] = name
        return f"({name}, txn.trees, params)"

    def subquery_value(self, node: bound.ScalarQuery) -> str:
        """See :class:`ExpressionContext`."""
        column = f", {node.column}" if node.column else ""
        return f"{self._source.constant(scalar_of, 'scalar_of')}{self._query(node)[:-1]}{column})"

    def in_query(self, node: bound.InQuery, is_test: bool = False) -> str:
        """See :class:`ExpressionContext`."""
        emitter = Emitter(self._source, self, walrus=False)
        function = self._source.constant(members_of, "members_of")
        members = f"{function}{self._query(node)[:-1]}, {kind_of_members(node) if len(node.operands) == 1 else None})"
        conversion = conversion_of_members(emitter, node)
        return emit_membership(emitter, node, members if conversion is None else conversion.format(members), is_test)

    def exists(self, node: bound.Exists) -> str:
        """See :class:`ExpressionContext`."""
        return self._source.constant(has_rows, "has_rows") + self._query(node)


# ------------------------------------------------------------------------------------------------- parameters


_CLASS_GUARDS = {
    NULL: "{} is not None",
    INTEGER: "{}.__class__ is not int",
    SMALL: "{}.__class__ is not int",
    REAL: "{}.__class__ is not float",
    TEXT: "{}.__class__ is not str",
    BLOB: "{}.__class__ is not bytes",
}


def emit_parameters(source: Source, classes: Sequence[int], used: Sequence[int], elsewhere: str = "") -> None:
    """Give the parameters in ``used`` their names, and check that they are what the plan assumes.

    ``elsewhere`` is the call that serves parameters of other types.
    """
    guarded = [i for i, kinds in enumerate(classes) if elsewhere and kinds in _CLASS_GUARDS]
    if used or guarded:
        named = {*used, *guarded}
        names = [f"p{i}" if i in named else "_" for i in range(len(classes))]
        source.line(f"{', '.join(names)}{',' if len(names) == 1 else ''} = params")
    if guarded:
        checks = [_CLASS_GUARDS[classes[i]].format(f"p{i}") for i in guarded]
        source.line(f"if {' or '.join(checks)}: return {elsewhere}")
    stale = source.constant(StalePlan, "StalePlan")
    small = [f"-2147483648 < p{i} < 2147483648" for i in used if classes[i] == SMALL]
    if small:  # in one line: each statement costs Python's compiler more than each term
        checked = small[0] if len(small) == 1 else f"({' and '.join(small)})"
        source.line(f"if not {checked}: raise {stale}")
    for i in used:
        name, kinds = f"p{i}", classes[i]
        if kinds == INTEGER:
            source.line(f"if not -9223372036854775808 <= {name} <= 9223372036854775807: raise {stale}")
        elif kinds == REAL:
            source.line(f"if {name} != {name}: raise {stale}")
        elif kinds == TEXT:
            source.line(f"{name}.isascii() or {name}.encode()")
        elif kinds == ANY:
            source.line(f"{source.constant(check_value, 'check_value')}({name}, {i})")


def check_value(value: Any, index: int) -> None:
    """Refuse a parameter that is no SQL value (for plans that know nothing about its class)."""
    kind = value.__class__
    if kind is str:
        value.isascii() or value.encode()
    elif kind is int:
        if not -INT_MAX - 1 <= value <= INT_MAX:
            raise _not_plain(index)
    elif kind is float:
        if value != value:
            raise _not_plain(index)
    elif value is not None and kind is not bytes:
        raise _not_plain(index)


def _not_plain(index: int) -> Exception:
    return ParameterTypeError(index)


# ------------------------------------------------------------------------------------------------- conversion


def stored_classes(classes: int, affinity: Affinity) -> int:
    """The classes that values of ``classes`` can have once a column of ``affinity`` holds them."""
    if affinity is Affinity.TEXT and classes & NUMBER:
        return classes & ~NUMBER | TEXT
    if affinity is Affinity.REAL:
        if classes & INTEGER:
            classes = classes & ~INTEGER | REAL
        return classes | REAL if classes & TEXT else classes
    if affinity in (Affinity.INTEGER, Affinity.NUMERIC):
        if classes & TEXT:
            classes |= NUMBER
        if classes & REAL:
            classes |= INTEGER
    return classes


def emit_stored(
    code: str, classes: int, affinity: Affinity, source: Source, *, negative_zero: bool = True
) -> Stored:
    """The value as a column of ``affinity`` stores it; ``negative_zero``: whether it may be -0.0."""
    classes = _of_constant(code, classes)
    if affinity is Affinity.BLOB or (affinity is Affinity.TEXT and not classes & NUMBER):
        return Stored(code, classes)
    if affinity.is_numeric and not classes & (TEXT | REAL | (INTEGER if affinity is Affinity.REAL else 0)):
        return Stored(code, classes)
    if affinity is Affinity.REAL and not classes & (TEXT | INTEGER):
        if not negative_zero:
            return Stored(code, classes)
        return Stored(_without_negative_zero(code, classes, source), classes)
    if affinity is Affinity.TEXT:
        call = f"str({code})" if not classes & ~INTEGER else f"{source.constant(to_text, 'to_text')}({code})"
    elif affinity is Affinity.REAL:
        call = (
            f"float({code})" if not classes & ~INTEGER else f"{source.constant(to_real, 'to_real')}({code})"
        )
    else:
        call = f"{source.constant(to_numeric, 'to_numeric')}({code})"
    return Stored(call, stored_classes(classes, affinity))


def _of_constant(code: str, classes: int) -> int:
    """The class of a value whose code is a literal, as that of ``'b' * 2`` is; else ``classes``."""
    if code[0] not in "-.0123456789'\"" and code[:2] not in ("b'", 'b"'):
        return classes
    try:
        return class_of(literal_eval(code))
    except (ValueError, SyntaxError):
        return classes


def may_be_negative_zero(e: Expr, table: TableDef, rows: Collection[int]) -> bool:
    """Whether a value, of rows that ``table`` holds (``rows``: as which sources), may be -0.0.

    What a column of numeric affinity holds never is. A sum is -0.0 where both summands are, and a difference is where
    it is -0.0 - 0.0 (IEEE 754, section 6.3); no sum of two numbers is rounded to zero.
    """
    while isinstance(e, bound.Binary):
        if e.op == "+" and not _may_be_negative_zero(e.right, table, rows):
            return False
        if e.op not in ("+", "-"):
            return True
        e = e.left
    return _may_be_negative_zero(e, table, rows)


def _may_be_negative_zero(e: Expr, table: TableDef, rows: Collection[int]) -> bool:
    if isinstance(e, bound.Literal):
        return bool(e.classes & ~INTEGER) and str(e.value) == "-0.0"
    if not isinstance(e, bound.Column) or e.source not in rows or e.classes & (TEXT | BLOB):
        return True
    return not table.columns[e.position].affinity.is_numeric


def _without_negative_zero(code: str, classes: int, source: Source) -> str:
    """REALs and NULLs as a REAL column stores them, which has no -0.0."""
    if not classes & REAL or _NONZERO_LITERAL.match(code):
        return code
    if classes == REAL:
        return f"({code} or 0.0)"
    name = source.name("z")
    return f"(0.0 if ({name} := {code}) == 0.0 else {name})"


# --------------------------------------------------------------------------------------------- the point form


@dataclass(slots=True)
class Point:
    """A change of the one row with a rowid that is a parameter: no query is needed to find it.

    flags  the column profile that the expressions were bound for, None where they read no column
    """

    number: int
    tree_id: int
    key: bound.Parameter
    filters: list[Expr]
    flags: int | None


def emit_own(source: Source, tree_id: int) -> None:
    """Name ``tree``, to be written into; what is done there has to be noted in ``txn.operations``."""
    source.line(f"tree = txn.unmerged[{tree_id}]")
    source.line(f"if tree.owner is not txn.owner: tree = txn.own({tree_id})")


def emit_slot(source: Source, tree_id: int, key: str) -> None:
    """Name ``tree`` and the place of a key in it, ``leaf, i``: i < 0 where there is none."""
    emit_own(source, tree_id)
    source.line(f"leaf, i = tree.slot({key})")


def emit_point(point: Point, source: Source, emitter: Any, nothing: str, as_slot: bool = False) -> None:
    """Find the row: ``r{n}`` and ``k{n}``; ``nothing`` is the statement for when there is none.

    ``as_slot``: with its slot ``leaf, i``, to write it there.
    """
    row, key = f"r{point.number}", f"p{point.key.index}"
    if point.flags is not None:
        stale = source.constant(StalePlan, "StalePlan")
        source.line(f"if txn.unmerged[{point.tree_id}].flags != {point.flags}: raise {stale}")
    if as_slot:
        emit_slot(source, point.tree_id, key)
        source.line(f"if i < 0: {nothing}")
        source.line(f"{row} = leaf.values[i]")
    else:
        source.line(f"{row} = txn.unmerged[{point.tree_id}].row({key})")
        source.line(f"if {row} is None: {nothing}")
    source.line(f"k{point.number} = {key}")
    for condition in point.filters:
        source.line(f"if not {emitter.true(condition)}: {nothing}")


# ------------------------------------------------------------------------------------------------ constraints

_CLASS_TESTS = {
    NULL: "{0} is None",
    BIG: "{0}.__class__ is int and not -2147483648 < {0} < 2147483648",
    SMALL: "{0}.__class__ is int and -2147483648 < {0} < 2147483648",
    REAL: "{0}.__class__ is float",
    TEXT: "{0}.__class__ is str",
    BLOB: "{0}.__class__ is bytes",
}


def class_tests(code: str, classes: int, common: int) -> list[str]:
    """Tests, one of which is true where a value of ``classes`` is of none in ``common``."""
    rare = classes & ~common
    if rare == BIG and not classes & ~INTEGER:
        return [f"not -2147483648 < {code} < 2147483648"]
    return [test.format(code) for kind, test in _CLASS_TESTS.items() if rare & kind]


_TYPE_NAMES = {NULL: "None", SMALL: "int", BIG: "int", REAL: "float", TEXT: "str", BLOB: "bytes"}


def type_test(code: str, wrong: int, right: int) -> str:
    """A test that is true for values of the classes ``wrong`` and false for those of ``right``."""
    if not right:
        return "True"
    kinds = sorted({name for kind, name in _TYPE_NAMES.items() if wrong & kind})
    return " or ".join(f"{code}.__class__ is {kind}" for kind in kinds)


@dataclass(slots=True)
class UniqueCheck:
    """A look for a row that has one of a row's keys: ``other = {found}``, and one is in the way if ``test`` holds."""

    action: str
    found: str
    failed: tuple[str, str]  # message and code
    test: str = "other is not None"


def action_of(statement: str | None, constraint: str | None) -> str:
    """What happens when a constraint fails."""
    return statement or constraint or "ABORT"


class RowWriter:
    """Emits the checks and writes of one row of ``table``.

    number    of the source whose row is written: names ``r{number}`` and ``k{number}``
    action    the statement's OR clause
    skip      the statement that leaves the row out and goes on (IGNORE)
    changed   code of the number of rows changed so far, for FAIL
    flags     the table's column profile as it is now
    has_slot  the row's slot is known: ``leaf, i``
    profiled  what the profile is known to cover here
    stored    the sources whose rows are as the table holds them
    """

    def __init__(
        self, source: Source, table: TableDef, number: int, action: str | None, skip: str, changed: str = "0",
        flags: int = 0, has_slot: bool = False,
    ) -> None:
        self.flags = flags
        self.has_slot = has_slot
        self.profiled = 0
        self.stored: Collection[int] = ()
        self.source = source
        self.table = table
        self.number = number
        self.fires: Fires | None = None  # what an UPDATE of the row fires
        self.deletes: Fires | None = None  # what REPLACE fires for a row that was in the way
        self.settle: Callable[[Any, Any], None] | None = None  # what foreign keys do once that row is gone
        self.action = action
        self.skip = skip
        self.changed = changed

    @property
    def row(self) -> str:
        """Name of the row that is written."""
        return f"r{self.number}"

    @property
    def rowid(self) -> str:
        """Name of its rowid."""
        return f"k{self.number}"

    def fail(self, message: str, code: str, action: str) -> str:
        """A raise statement."""
        source = self.source
        failed = source.constant(constraint_failed, "constraint_failed")
        return f"raise {failed}({message!r}, {code!r}, {action!r}, {self.changed})"

    def emit_not_null(
        self, columns: Sequence[tuple[int, Stored]], defaults: dict[int, Stored],
        compute: Callable[[], Mapping[int, Stored]] | None = None,
    ) -> None:
        """NOT NULL of the columns given; ``defaults`` are the defaults that REPLACE puts in. Whether these are NULL
        as well is looked at last, and so are generated columns, which ``compute`` makes anew where a default was put
        in."""
        last: list[tuple[int, Stored, str]] = []
        replaced = False
        for position, stored in columns:
            column = self.table.columns[position]
            if not column.not_null or position == self.table.rowid_alias or not stored.classes & NULL:
                continue
            action = action_of(self.action, column.not_null_conflict)
            if column.generated is not None:
                last.append((position, stored, action))
            elif action == "REPLACE" and position in defaults:
                with self.source.block(f"if {is_null(stored.code)}:"):
                    self.source.line(f"{stored.code} = {defaults[position].code}")
                stored.classes |= defaults[position].classes
                last.append((position, stored, action))
                replaced = True
            else:
                self._refuse_null(position, stored, action)
        fresh = compute() if compute is not None and replaced else {}
        for position, stored, action in last:
            self._refuse_null(position, fresh.get(position, stored), action)

    def _refuse_null(self, position: int, stored: Stored, action: str) -> None:
        with self.source.block(f"if {is_null(stored.code)}:"):
            message = f"NOT NULL constraint failed: {self.table.name}.{self.table.columns[position].name}"
            self._refuse(message, "SQLITE_CONSTRAINT_NOTNULL", "ABORT" if action == "REPLACE" else action)
        stored.classes &= ~NULL

    def emit_given_types(self, columns: Iterable[tuple[int, Stored]]) -> None:
        """As :meth:`emit_types`, of the columns that are not generated: those are computed of values of their types."""
        self.emit_types([(p, stored) for p, stored in columns if self.table.columns[p].generated is None])

    def emit_types(self, columns: Iterable[tuple[int, Stored]]) -> None:
        """The types of a STRICT table's columns; what comes of a value is ABORT always."""
        for position, stored in columns:
            wrong = stored.classes & ~NULL & ~self.table.allowed_classes(position)
            if not wrong or position == self.table.rowid_alias:
                continue
            refuse = self.source.constant(refuse_type, "refuse_type")
            column = self.table.columns[position]
            code = f"({stored.code})" if stored.code.isdigit() else stored.code
            test = type_test(code, wrong, stored.classes & ~wrong)
            name = f"{self.table.name}.{column.name}"
            self.source.line(f"if {test}: {refuse}({stored.code}, {column.declared_type!r}, {name!r})")
            stored.classes &= ~wrong

    def _refuse(self, message: str, code: str, action: str) -> None:
        self.source.line(self.skip if action == "IGNORE" else self.fail(message, code, action))

    def emit_checks(self, checks: Sequence[tuple[str, str]]) -> None:
        """CHECK constraints, as (code that is true where the check is false, name)."""
        for violated, name in checks:
            with self.source.block(f"if {violated}:"):
                action = self.action or "ABORT"
                message = f"CHECK constraint failed: {name}"
                self._refuse(message, "SQLITE_CONSTRAINT_CHECK", "ABORT" if action == "REPLACE" else action)

    def emit_profile(self, columns: Iterable[tuple[int, Stored]]) -> int:
        """Widen the column profile where it does not cover the values, which have names; what it covers from here on.

        What a value only may be, and no value of its column was when the statement was compiled, is looked for in
        the value: ``price + 1`` may be NULL, and hardly ever is.
        """
        bits, certain, tests = 0, self.profiled, []
        for position, stored in columns:
            common = stored.classes & profile_classes(self.flags, position)
            common = common or stored.classes & -stored.classes
            bits |= common << position * CLASS_BITS
            if stored.classes & (stored.classes - 1) == 0:  # else another class may be added, and that alone
                certain |= common << position * CLASS_BITS
            code = f"({stored.code})" if stored.code.isdigit() else stored.code
            tests += class_tests(code, stored.classes, common)
        source, tree_id = self.source, self.table.tree_id
        widen = source.constant(widen_for_row, "widen_for_row")
        if bits & ~self.profiled:
            tests.insert(0, f"txn.unmerged[{tree_id}].flags & {bits} != {bits}")
        if tests:
            with source.block(f"if {' or '.join(tests)}:"):
                source.line(f"{widen}(txn, {tree_id}, {self.row})")
        return certain

    def unique_message(self, index: IndexDef) -> tuple[str, str]:
        """Message and code of a broken UNIQUE index."""
        code = "SQLITE_CONSTRAINT_PRIMARYKEY" if index.origin == "pk" else "SQLITE_CONSTRAINT_UNIQUE"
        return unique_message(self.table, index), code

    def rowid_message(self) -> tuple[str, str]:
        """Message and code of a rowid that exists."""
        alias = self.table.rowid_alias
        if alias is None:
            return f"UNIQUE constraint failed: {self.table.name}.rowid", "SQLITE_CONSTRAINT_ROWID"
        name = self.table.columns[alias].name
        return f"UNIQUE constraint failed: {self.table.name}.{name}", "SQLITE_CONSTRAINT_PRIMARYKEY"

    def rowid_action(self) -> str:
        """What a rowid that exists leads to."""
        return action_of(self.action, self.table.primary_key_conflict)

    def in_order(self, checks: Iterable[UniqueCheck]) -> list[UniqueCheck]:
        """Looks for what is in the way, in their order, the rowid first: REPLACE comes last, as its deletions are
        final, and of those the rowid last where that is the constraint's own action."""
        rowid = self.rowid_message()

        def place(check: UniqueCheck) -> tuple[bool, bool]:
            replaces = check.action == "REPLACE"
            return replaces, replaces and not self.action and check.failed == rowid

        return sorted(checks, key=place)

    def index_action(self, index: IndexDef) -> str:
        """What a key that exists in a UNIQUE index leads to."""
        return action_of(self.action, index.conflict)

    @property
    def only_aborts(self) -> bool:
        """Whether every uniqueness conflict undoes the statement or more, and shows in the trees."""
        unique = [i for i in self.table.indexes if i.unique]
        actions = {self.index_action(i) for i in unique} | {self.rowid_action()}
        return actions <= {"ABORT", "ROLLBACK"} and all(i.meets_at_keys for i in unique)

    def key(self, index: IndexDef, row: str, values: Sequence[str], classes: Sequence[int], rowid: str) -> str:
        """Code of an index key; None for a row that a partial index does not hold."""
        return stored_key_code(index, row, values, classes, rowid, self.source)

    def emit_check(self, check: UniqueCheck, is_pinned: bool = False) -> None:
        """Look for what is in the way, and do what its action says; ``is_pinned``: see
        :meth:`emit_delete_function`."""
        source = self.source
        source.line(f"other = {check.found}")
        with source.block(f"if {check.test}:"):
            if check.action == "REPLACE":
                delete_row = self.emit_delete_function(is_pinned)
                source.line(f"{delete_row}(session, txn, other, {self.changed})")
            else:
                source.line(self.skip if check.action == "IGNORE" else self.fail(*check.failed, check.action))

    def emit_delete_function(self, is_pinned: bool = False) -> str:
        """Define ``delete_row(session, txn, k, n)``, which removes a row with its index entries, and does what follows
        from that, with ``n`` rows changed so far; its name. ``is_pinned``: what follows must not write to the table,
        which SQLite holds fast."""
        source = self.source
        name = "delete_pinned_row" if is_pinned else "delete_row"
        if name in source.namespace:
            return name
        keys = [(index.tree_id, index.is_plain, key_function(index)) for index in self.table.indexes]
        tree_id, fires, settle = self.table.tree_id, self.deletes or Fires("DELETE"), self.settle
        row_now = _row_now(self.table)

        def pinned(session: Any, txn: Any) -> AbstractContextManager[None]:
            return session.triggers.pinning(txn, tree_id) if is_pinned else nullcontext()

        def delete_row(session: Any, txn: Any, k: int, n: int) -> None:
            was = None  # what OLD is to all triggers, whatever those before have made of the row
            if fires.before is not None:
                was = txn.unmerged[tree_id].get(k)
                with pinned(session, txn):
                    goes_on = fires.before(session, txn, (*was, k), n)
                now = row_now(txn, was, k) if goes_on else None
                if now is None:
                    return
                k = now
            row = txn.delete(tree_id, k)
            for index_id, is_plain, key in keys:
                entry = key(row, k)
                if is_plain:
                    txn.delete_later(index_id, entry, k)
                elif entry is not None:
                    txn.delete(index_id, entry)
            with pinned(session, txn):
                if settle is not None:
                    settle(session, txn)
                if fires.after is not None:
                    fires.after(session, txn, (*(row if was is None else was), k), n)

        return source.constant(delete_row, name)
