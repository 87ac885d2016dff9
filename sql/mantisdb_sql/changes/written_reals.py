"""Integers that RETURNING gives for REAL columns.

SQLite keeps a whole number in a REAL column as an integer. RETURNING makes REALs of its results that have REAL
affinity, as columns do; what hands such a value on without affinity, as ``+c`` and ``coalesce(c, 0)`` do, gives the
integer, unless the row's values have become REALs because an index or a CHECK has had a look at them, or VIRTUAL ones
have been computed (not in a STRICT table). Expressions that compute with the value see a REAL in any case. While the
VIRTUAL columns of a STRICT table are computed, only those of them that are REAL are integers: an ANY column that hands
one of these on holds the integer, one that hands on a stored column does not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.plan import Select
from mantisdb_sql.catalog.definitions import TableDef
from mantisdb_sql.changes.generated_columns import Generated
from mantisdb_sql.functions.definition import FunctionDef
from mantisdb_sql.values.storage import INTEGER, REAL, Affinity

__all__ = ["as_written", "real_columns", "result_affinity"]

_LIMIT: Final = 1 << 47
"""SQLite keeps integers of six bytes so."""

# The arguments that a function may give as its value: from the first of these on, up to before the second, in steps.
_HANDED_ON: Final = {
    "coalesce": (0, None, 1), "ifnull": (0, None, 1), "iif": (1, None, 2), "if": (1, None, 2), "nullif": (0, 1, 1),
    "min": (0, None, 1), "max": (0, None, 1), "likely": (0, 1, 1), "unlikely": (0, 1, 1), "likelihood": (0, 1, 1),
}  # fmt: skip


def _integer(value: Any) -> Any:
    if value.__class__ is float and -_LIMIT <= value < _LIMIT and value.is_integer():
        return int(value)
    return value


_INTEGER: Final = FunctionDef("integer", 1, 1, _integer)


def real_columns(table: TableDef, changed: Collection[int] | None, is_checked: bool) -> set[int]:
    """The REAL columns whose values may be integers still; ``changed``: the columns that an UPDATE sets (None: it is an
    INSERT); ``is_checked``: a CHECK looks at the row."""
    if not table.strict:
        moves = changed is None or -1 in changed or table.rowid_alias in changed
        touched = table.indexes if moves else [i for i in table.indexes if not i.reads.isdisjoint(changed or ())]
        if table.without_rowid or is_checked or touched:
            return set()
    reals = [(i, column) for i, column in enumerate(table.columns) if column.affinity is Affinity.REAL]
    return {i for i, column in reals if table.strict or column.generated is None or column.is_stored}


def as_written(
    exprs: Sequence[Expr], table: TableDef, number: int, positions: Collection[int], bind: Callable[[], Generated]
) -> list[Expr]:
    """Results of RETURNING over the row of the source ``number``. ``positions``: see :func:`real_columns`;
    ``bind``: gives the generated columns of the table, bound over that source, where they matter."""
    if not positions:
        return list(exprs)
    reals = _written_reals(table, number, positions, bind() if table.strict else [])
    return [_as_written(expr, reals) for expr in exprs]


def _as_written(expr: Expr, reals: _WrittenReals) -> Expr:
    return expr if result_affinity(expr) is Affinity.REAL else _handed_on(expr, reals)


@dataclass(frozen=True, slots=True)
class _WrittenReals:
    """What of the row of a source may be integers: ``positions``, and columns that hand on such a value, by their
    expressions."""

    number: int
    positions: Collection[int]
    handing: Mapping[int, Expr] = field(default_factory=dict)


def _written_reals(table: TableDef, number: int, positions: Collection[int], generated: Generated) -> _WrittenReals:
    if not table.strict:
        return _WrittenReals(number, positions)
    virtual = {i for i, column in enumerate(table.columns) if column.generated is not None and not column.is_stored}
    handing: dict[int, Expr] = {}
    inner = _WrittenReals(number, virtual.intersection(positions), handing)
    for position, expr in generated:
        if position in virtual and table.columns[position].affinity is Affinity.BLOB:
            handing[position] = _handed_on(expr, inner)
    return _WrittenReals(number, positions, handing)


def result_affinity(expr: Expr) -> Affinity | None:
    """The affinity of a result, by which REALs are made of integers."""
    return expr.query.columns[expr.column].affinity if isinstance(expr, bound.ScalarQuery) else expr.affinity


def _handed_on(expr: Expr, reals: _WrittenReals) -> Expr:
    def of(part: Expr) -> Expr:
        return _handed_on(part, reals)

    if isinstance(expr, bound.Column):
        if expr.source != reals.number or expr.position not in reals.positions:
            return reals.handing.get(expr.position, expr) if expr.source == reals.number else expr
        return bound.Function(_INTEGER, [expr], classes=expr.classes | (INTEGER if expr.classes & REAL else 0))
    if (isinstance(expr, bound.Unary) and expr.op == "+") or isinstance(expr, bound.Collate):
        operand = of(expr.operand)
        return replace(expr, operand=operand, classes=operand.classes)
    if isinstance(expr, bound.Cast) and expr.to is Affinity.NUMERIC:
        return replace(expr, operand=of(expr.operand))
    if isinstance(expr, bound.Case):
        whens = [(condition, of(value)) for condition, value in expr.whens]
        default = None if expr.default is None else of(expr.default)
        return _widened(replace(expr, whens=whens, default=default))
    if isinstance(expr, bound.Function) and expr.definition.name in _HANDED_ON and len(expr.args) > 0:
        return _function(expr, of)
    if isinstance(expr, bound.ScalarQuery) and isinstance(expr.query.body, Select):
        outputs = expr.query.body.outputs
        for output in outputs:
            output.expr = _as_written(output.expr, reals)
        return replace(expr, classes=expr.classes | outputs[expr.column].expr.classes)
    return expr


def _function(expr: bound.Function, of: Any) -> Expr:
    start, stop, step = _HANDED_ON[expr.definition.name]
    places = set(range(len(expr.args))[start:stop:step])
    if expr.definition.name in ("iif", "if") and len(expr.args) % 2:
        places.add(len(expr.args) - 1)
    return _widened(replace(expr, args=[of(arg) if i in places else arg for i, arg in enumerate(expr.args)]))


def _widened(expr: Expr) -> Expr:
    """REAL may be INTEGER now."""
    return replace(expr, classes=expr.classes | (INTEGER if expr.classes & REAL else 0))
