"""The columns of compound queries as they are seen from outside.

A column is named by the first arm, which also gives it its collation; what UNION holds equal goes by the first arm
that has a collation. Its affinity is that of the first arm that has one, unless the other arms can give values that it
would convert: then it converts nothing (SQLite's sqlite3SubqueryColumnTypes). Who reads a column of affinity REAL from
FROM gets its integers as REAL, as from a table's; not where the first arm is a CAST, which makes the affinity one that
spares them (FLEXNUM), nor where UNION ALL puts columns merged by FULL JOIN … USING beside others of that affinity:
SQLite mostly reads these where they are (where it happens to store them first, it converts them).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import is_constant
from mantisdb_sql.binding.plan import ColumnInfo, Compound, Query, Select, Values
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.storage import BLOB, INTEGER, NULL, REAL, TEXT, Affinity

_NUMBERS, _TEXTS, _BLOBS = 1, 2, 4


def arm_columns(arm: Select | Values) -> list[ColumnInfo]:
    """The result columns of one arm."""
    if isinstance(arm, Select):
        return [output.info for output in arm.outputs]
    columns = []
    for position, first in enumerate(arm.rows[0]):
        classes = first.classes
        for row in arm.rows[1:]:
            classes |= row[position].classes
        exprs = expressions(arm, position)
        affinity = _affinity(exprs, _Known(()))
        info = ColumnInfo(f"column{position + 1}", classes, affinity, exprs[0].collation)
        info.reads_real = affinity is Affinity.REAL and not isinstance(first, bound.Cast)
        info.written, info.mistake = arm.written[position], arm.mistakes[position]
        columns.append(info)
    return columns


def merge_columns(
    arms: Sequence[Select | Values], operators: Sequence[str], recursive: Collection[int] = ()
) -> list[ColumnInfo]:
    """The columns of a compound, with ``operators`` between its arms: of any class that any arm can give.
    ``recursive``: the sources that are the compound itself, as far as it is there."""
    known = _Known(recursive)
    in_turn = set(operators) == {"UNION ALL"}
    of_arms = [arm_columns(arm) for arm in arms]
    merged = []
    for position, first in enumerate(of_arms[0]):
        info = replace(first)
        for columns in of_arms[1:]:
            info.classes |= columns[position].classes
            info.mistake = info.mistake or columns[position].mistake
        exprs = [expr for arm in arms for expr in expressions(arm, position)]
        info.affinity = _affinity(exprs, known)
        is_alike = all(expr.affinity is Affinity.REAL for expr in exprs)
        spares = isinstance(exprs[0], bound.Cast) or (in_turn and is_alike and any(map(_is_merged, exprs)))
        info.reads_real = info.affinity is Affinity.REAL and not spares
        merged.append(info)
    return merged


def compared_under(arms: Sequence[Select | Values]) -> list[str]:
    """The collations of the columns within a compound."""
    return [next(filter(None, names), "BINARY") for names in zip(*map(_collations, arms), strict=True)]


def _collations(arm: Select | Values) -> list[str | None]:
    return [info.collation for info in arm_columns(arm)]


def wrong_width(operator: str, arm: Select | Values) -> SqlError:
    """The error where an arm has another number of columns than the one before it."""
    if isinstance(arm, Values):
        return SqlError("all VALUES must have the same number of terms")
    return SqlError(f"SELECTs to the left and right of {operator} do not have the same number of result columns")


def take_any_row(query: Query) -> None:
    """Where one row is wanted, no matter which, UNION is UNION ALL."""
    body = query.body
    if not isinstance(body, Compound) or query.order:
        return
    for i in reversed(range(len(body.rest))):
        operator, arm = body.rest[i]
        if operator not in ("UNION", "UNION ALL"):
            break
        body.rest[i] = "UNION ALL", arm


def keep_equal_rows(query: Query) -> None:
    """Where nobody wants to know more than whether there is a row, SQLite ignores DISTINCT, though OFFSET counts rows
    (IgnorableDistinct in its source)."""
    for arm in query.arms:
        if isinstance(arm, Select):
            arm.distinct = False


def as_read(info: ColumnInfo) -> ColumnInfo:
    """A column of a query as a query around it reads it: it has a collation, in any case."""
    read = replace(info, collation=info.collation or "BINARY", reads_real=False)
    if info.reads_real and info.classes & INTEGER:
        read.classes, read.reads_real = info.classes & ~INTEGER | REAL, True
    return read


def expressions(arm: Select | Values, position: int) -> list[Expr]:
    """What an arm has in a column: one expression, but of VALUES those of the SELECTs that SQLite makes of its rows. A
    table of several rows, and all rows behind the first arm, are read as a query in FROM, whose column may hold
    anything."""
    if isinstance(arm, Select):
        return [arm.outputs[position].expr]
    found: list[Expr] = []
    for rows in selects_of_rows(arm):
        value = rows[0][position]
        found.append(value if len(rows) == 1 else _read(position, value.affinity, value))
    if arm.is_later and len(found) > 1:
        return [_read(position, _affinity(found, _Known(())), found[0])]
    return found


def _read(position: int, affinity: Affinity | None, first: Expr) -> bound.Column:
    """A column of a query in FROM whose values begin with ``first``."""
    return bound.Column(-1, position, affinity=affinity, collation=first.collation or "BINARY")


def selects_of_rows(values: Values) -> list[list[list[Expr]]]:
    """The rows of each of the SELECTs. Rows of constants make a table, whose first row has no CAST
    (``sqlite3MultiValues`` of insert.c)."""
    selects = [[values.rows[0]]]
    for row in values.rows[1:]:
        last = selects[-1]
        begins = len(last) > 1 or not any(_is_cast(value) or not _is_constant(value) for value in last[0])
        if values.is_table and begins and all(map(_is_constant, row)):
            last.append(row)
        else:
            selects.append([row])
    return selects


def _is_constant(expr: Expr) -> bool:
    """Whether that is known before names are looked up."""
    is_named = any(isinstance(node, bound.Literal) and node.is_name for node in bound.walk(expr))
    return not is_named and is_constant(expr)


def _is_cast(expr: Expr) -> bool:
    while isinstance(expr, bound.Collate):
        expr = expr.operand
    return isinstance(expr, bound.Cast)


class _Known:
    """The affinities of the columns of a compound, found from the first column to the last: a recursive term that reads
    a later column reads one that has none yet."""

    def __init__(self, recursive: Collection[int]) -> None:
        self._recursive = recursive
        self.affinities: list[Affinity | None] = []

    def of(self, expr: Expr) -> Affinity | None:
        """The affinity of an expression."""
        inner = expr
        while isinstance(inner, bound.Collate | bound.ScalarQuery):
            inner = inner.operand if isinstance(inner, bound.Collate) else _result(inner)
        if not isinstance(inner, bound.Column) or inner.source not in self._recursive:
            return expr.affinity
        return self.affinities[inner.position] if inner.position < len(self.affinities) else None


def _result(subquery: bound.ScalarQuery) -> Expr:
    """What a subquery gives, as SQLite finds its affinity: in the last SELECT."""
    *_, last = subquery.query.arms
    return expressions(last, subquery.column)[-1]


def _affinity(exprs: list[Expr], known: _Known) -> Affinity | None:
    """The affinity of the next column, which is known from here on."""
    known.affinities.append(None)
    found, kinds = None, 0
    for expr in exprs:
        if found is None and known.of(expr) not in (None, Affinity.BLOB):
            known.affinities[-1] = found = known.of(expr)
        else:
            kinds |= _kinds(expr, known)
    if found is None:
        found = next(filter(None, map(known.of, exprs)), None)
    elif kinds & (_NUMBERS if found is Affinity.TEXT else _TEXTS):
        found = Affinity.BLOB
    known.affinities[-1] = found
    return found


def _kinds(expr: Expr, known: _Known) -> int:
    """What an arm's value may be, as far as SQLite looks at its form."""
    while isinstance(expr, bound.Collate) or (isinstance(expr, bound.Unary) and expr.op == "+"):
        expr = expr.operand
    if isinstance(expr, bound.Literal):
        if expr.classes == NULL:
            return 0
        return _TEXTS if expr.classes == TEXT else _BLOBS if expr.classes == BLOB else _NUMBERS
    if isinstance(expr, bound.Binary) and expr.op == "||":
        return _TEXTS | _BLOBS
    if isinstance(expr, bound.Parameter | bound.Function | bound.Aggregate) or _is_call(expr) or _is_merged(expr):
        return _NUMBERS | _TEXTS | _BLOBS
    if isinstance(expr, bound.Column | bound.Rowid | bound.Cast | bound.ScalarQuery):
        affinity = known.of(expr)
        if affinity is not None and affinity.is_numeric:
            return _NUMBERS | _BLOBS
        return _TEXTS | _BLOBS if affinity is Affinity.TEXT else _NUMBERS | _TEXTS | _BLOBS
    if isinstance(expr, bound.Case):
        kinds = _kinds(expr.default, known) if expr.default is not None else 0
        for _, value in expr.whens:
            kinds |= _kinds(value, known)
        return kinds
    return _NUMBERS


def _is_merged(expr: Expr) -> bool:
    return isinstance(expr, bound.Case) and expr.is_merged


def _is_call(expr: Expr) -> bool:
    """Whether an operator is a call to SQLite."""
    if isinstance(expr, bound.Like):
        return not expr.negated
    return isinstance(expr, bound.Binary) and expr.op in ("->", "->>")


def read_compared(arms: Sequence[Select | Values], operators: Sequence[str]) -> None:
    """Tell what is wrong with columns of a compound of which somebody asks whether it has a row: those are compared
    that stand before, or directly behind, the last INTERSECT or EXCEPT."""
    compared = max((i for i, name in enumerate(operators, 1) if not name.startswith("UNION")), default=-1)
    for arm in arms[: compared + 1]:
        for output in arm.outputs if isinstance(arm, Select) else ():
            if output.info.mistake is not None:
                output.info.mistake.tell()
