"""Which bound expressions are written alike: aggregates that share a column, results that are keys of the group.

Two expressions are alike if they are the same tree: they have equal values on the same rows. Statements with thousands
of terms compare each with all others; a list of many is therefore kept by *shape*, a hash that is equal for expressions
that are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr

__all__ = ["Alike", "same", "same_parts", "shape"]

_FEW = 16
_FIELDS: dict[type[Expr], tuple[str, ...]] = {}
_UNSEEN = ("classes", "name", "aliased", "as_marked", "is_name")
_QUERIES = (bound.InQuery, bound.Exists, bound.ScalarQuery)


def same(a: Expr, b: Expr) -> bool:
    """Whether two bound expressions are written alike: they have equal values on the same rows."""
    if type(a) is not type(b):
        return False
    if isinstance(a, _QUERIES):
        return a is b
    if a.collation != b.collation or a.affinity != b.affinity:
        return False
    return all(same_parts(getattr(a, name), getattr(b, name)) for name in _own_fields(type(a)))


def _own_fields(kind: type[Expr]) -> tuple[str, ...]:
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = tuple(n for n in kind.__dataclass_fields__ if n not in _UNSEEN)
    return fields


def same_parts(a: object, b: object) -> bool:
    """The same of two fields of nodes: expressions, lists of them, or anything else."""
    if isinstance(a, Expr):
        return isinstance(b, Expr) and same(a, b)
    if isinstance(a, list | tuple):
        return (
            isinstance(b, list | tuple)
            and len(a) == len(b)
            and all(same_parts(x, y) for x, y in zip(a, b, strict=True))
        )
    return a.__class__ is b.__class__ and a == b


def shape(value: Any) -> int:
    """A hash of an expression, or of a list of them, equal for those that are alike."""
    if isinstance(value, _QUERIES):
        return id(value)
    if isinstance(value, Expr):
        return hash((type(value), *[shape(getattr(value, name)) for name in _own_fields(type(value))]))
    if isinstance(value, list | tuple):
        return hash(tuple(map(shape, value)))
    try:
        return hash(value)
    except TypeError:
        return 0


class Alike:
    """Finds expressions of a list, which only grows at its end, by others that are like them."""

    __slots__ = ("_by_shape", "_known")

    def __init__(self) -> None:
        self._by_shape: dict[int, list[int]] = {}
        self._known = 0

    def position(self, exprs: Sequence[Expr], expr: Expr) -> int | None:
        """Where in ``exprs`` the first one is that is like ``expr``."""
        if len(exprs) <= _FEW:
            return next((i for i, other in enumerate(exprs) if same(other, expr)), None)
        if self._known > len(exprs):
            self._by_shape.clear()
            self._known = 0
        for i in range(self._known, len(exprs)):
            self._by_shape.setdefault(shape(exprs[i]), []).append(i)
        self._known = len(exprs)
        return next((i for i in self._by_shape.get(shape(expr), ()) if same(exprs[i], expr)), None)
