"""What operators make of storage classes, affinities and collations: the compile-time half of SQLite's type
rules.

A class set is never too small: whatever value an expression can have at run time has its class in the set.
Integer results that leave 64 bits become REAL, a REAL result that is no number (inf - inf) becomes NULL
(https://www.sqlite.org/datatype3.html sections 4 and 7, https://www.sqlite.org/lang_expr.html section 2).
"""

from __future__ import annotations

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.values.storage import BIG, BLOB, INTEGER, NULL, NUMBER, REAL, SMALL, TEXT, Affinity

BOOLEAN = SMALL


def numeric_classes(classes: int) -> int:
    """Classes after the conversion that arithmetic does: TEXT and BLOB become what number they begin with."""
    return classes & (NULL | NUMBER) | (NUMBER if classes & (TEXT | BLOB) else 0)


def integer_classes(classes: int) -> int:
    """Classes after the conversion that bit operators do."""
    if classes & ~(NULL | SMALL):
        return INTEGER | classes & NULL
    return classes


def _arithmetic(op: str, left: int, right: int) -> int:
    result = 0
    if left & INTEGER and right & INTEGER:
        both_small = not (left | right) & BIG
        result |= INTEGER if both_small else INTEGER | REAL
    if (left & REAL and right & NUMBER) or (right & REAL and left & NUMBER):
        result |= REAL | NULL
    return result


def _division(left: int, right: int) -> int:
    result = 0
    if left & INTEGER and right & INTEGER:
        result |= SMALL | NULL if not left & BIG else INTEGER | REAL | NULL
    if (left & REAL and right & NUMBER) or (right & REAL and left & NUMBER):
        result |= REAL | NULL
    return result


def _remainder(left: int, right: int) -> int:
    # Operands are cast to INTEGER; the result is REAL where one of them is not INTEGER.
    result = 0
    if left & INTEGER and right & INTEGER:
        result |= INTEGER | NULL
    if (left | right) & REAL:
        result |= REAL | NULL
    return result


def binary_classes(op: str, left: int, right: int) -> int:
    """The class set of ``left op right``."""
    null = (left | right) & NULL
    if op == "||":
        return TEXT | null
    if op == "->":
        return TEXT | NULL
    if op == "->>":
        return NULL | NUMBER | TEXT
    if op in ("&", "|", "<<", ">>"):
        return INTEGER | null
    left, right = numeric_classes(left), numeric_classes(right)
    if op in ("+", "-", "*"):
        return _arithmetic(op, left, right) | null or NULL
    return (_division(left, right) if op == "/" else _remainder(left, right)) | null or NULL


def operation_classes(op: str, left: Expr, right: Expr, left_classes: int, right_classes: int) -> int:
    """As :func:`binary_classes`, of operands some of which are known: ``price + 1`` is not NULL where price is not."""
    classes = binary_classes(op, left_classes, right_classes)
    if not classes & NULL or (left_classes | right_classes) & NULL:
        return classes
    return classes & ~NULL if _is_number(op, left, right, left_classes, right_classes) else classes


def _is_number(op: str, left: Expr, right: Expr, left_classes: int, right_classes: int) -> bool:
    if op in ("+", "-", "*"):
        return is_never_nan(op, left, right, left_classes, right_classes)
    if op == "/":
        return is_nonzero(right) and is_finite(right, right_classes)
    return op == "%" and is_nonzero(right) and not right_classes & ~INTEGER


def is_never_nan(op: str, left: Expr, right: Expr, left_classes: int, right_classes: int) -> bool:
    """Whether ``left op right`` (``+ - *``) is a number where both are: inf - inf and inf * 0 are none."""
    left_finite, right_finite = is_finite(left, left_classes), is_finite(right, right_classes)
    if op != "*":
        return left_finite or right_finite
    if left_finite and right_finite:
        return True
    return (left_finite and is_nonzero(left)) or (right_finite and is_nonzero(right))


def is_finite(e: Expr, classes: int) -> bool:
    """Whether an operand of arithmetic cannot be infinite."""
    if not numeric_classes(classes) & REAL:
        return True
    return isinstance(e, bound.Literal) and isinstance(e.value, float) and e.value - e.value == 0


def is_nonzero(e: Expr) -> bool:
    """Whether an operand is a number that is not 0, written as such."""
    return isinstance(e, bound.Literal) and isinstance(e.value, int | float) and e.value != 0


def unary_classes(op: str, operand: int) -> int:
    """The class set of ``op operand``."""
    if op == "+":
        return operand
    if op == "~":
        return integer_classes(operand) & ~SMALL | INTEGER if operand & ~NULL else NULL
    classes = numeric_classes(operand)
    if classes & BIG:
        classes |= INTEGER | REAL
    return classes


def cast_classes(operand: int, to: Affinity) -> int:
    """The class set of CAST(operand AS …)."""
    null = operand & NULL
    if not operand & ~NULL:
        return NULL
    if to is Affinity.TEXT:
        return TEXT | null
    if to is Affinity.BLOB:
        return BLOB | null
    if to is Affinity.INTEGER:
        return (SMALL if operand & ~NULL == SMALL else INTEGER) | null
    if to is Affinity.REAL:
        return REAL | null
    return operand & (NULL | NUMBER) | (NUMBER if operand & (TEXT | BLOB | REAL) else 0)


def comparison_affinities(left: Expr, right: Expr) -> tuple[Affinity | None, Affinity | None]:
    """The affinities that a comparison applies to its two sides; None where that would change nothing."""
    a, b = left.affinity, right.affinity
    if a is not None and b is not None:
        applied = Affinity.NUMERIC if a.is_numeric or b.is_numeric else None
    else:
        applied = a or b
    return needed_affinity(left, applied), needed_affinity(right, applied)


def membership_affinities(left: Expr, right: Expr, *, alone: bool) -> tuple[Affinity | None, Affinity | None]:
    """The affinities that ``left IN (query giving right)`` applies. Where REAL meets an operand without affinity, big
    integers become REAL as well, which a comparison would not make them. SQLite takes it that what is alone on the left
    has its own affinity already, see ``comparisons.in_list``."""
    applied = left.affinity or right.affinity
    if applied is not Affinity.REAL or (left.affinity is not None and right.affinity is not None):
        own, other = comparison_affinities(left, right)
        has_it = right.affinity is None or left.affinity is Affinity.NUMERIC
        return None if alone and has_it else own, other
    own, other = (Affinity.REAL if e.classes & (TEXT | BIG) else None for e in (left, right))
    return None if alone and left.affinity is Affinity.REAL else own, other


def needed_affinity(expr: Expr, applied: Affinity | None) -> Affinity | None:
    """``applied`` as a comparison needs it on ``expr``: NUMERIC, TEXT, or None where it cannot change the
    value."""
    if applied is None or applied is Affinity.BLOB:
        return None
    if applied is Affinity.TEXT:
        return Affinity.TEXT if expr.classes & NUMBER else None
    return Affinity.NUMERIC if expr.classes & TEXT else None


def comparison_collation(left: Expr, right: Expr) -> str:
    """The collation of a comparison: an explicit one, left first; else a column's, left first; else
    BINARY."""
    if left.explicit and left.collation:
        return left.collation
    if right.explicit and right.collation:
        return right.collation
    return left.collation or right.collation or "BINARY"


def inherit_explicit_collation(node: Expr, operands: list[Expr]) -> None:
    """COLLATE inside an operand of any operator reaches the comparison around it (the leftmost one does), unless none
    is written there (``EP_Collate``, which SQLite's parser sets)."""
    explicit = [operand for operand in operands if operand.explicit]
    if not all(operand.aliased for operand in explicit):
        node.collation, node.explicit = explicit[0].collation, True
