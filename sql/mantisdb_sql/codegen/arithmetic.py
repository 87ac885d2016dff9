"""Source text of ``+ - * / % & | << >> || -> ->>``, unary minus and ``~``, and CAST.

Three ways, by the operands' classes: integers (checked for 64 bits only where magnitudes leave it open),
reals (with care for what is no number), and anything else through :mod:`mantisdb_sql.values.rules`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.operator_types import is_finite, is_never_nan, is_nonzero
from mantisdb_sql.functions.json_scalars import abbreviated_extractor, extract_json, extract_sql
from mantisdb_sql.values import rules as values
from mantisdb_sql.values.storage import BLOB, INT_MAX, INTEGER, NULL, NUMBER, REAL, SMALL_LIMIT, TEXT, Affinity

if TYPE_CHECKING:
    from mantisdb_sql.codegen.expressions import Emitter

__all__ = ["constant_divisor", "emit_binary", "emit_cast", "emit_unary"]

_GENERAL: dict[str, Callable[..., Any]] = {
    "+": values.add,
    "-": values.subtract,
    "*": values.multiply,
    "/": values.divide,
    "%": values.remainder,
    "&": values.bit_and,
    "|": values.bit_or,
    "<<": values.shift_left,
    ">>": values.shift_right,
    "||": values.concatenate,
    "->": extract_json,
    "->>": extract_sql,
}
_CHECKED: dict[str, Callable[..., Any]] = {
    "+": values.int_add,
    "-": values.int_subtract,
    "*": values.int_multiply,
}


def emit_binary(emitter: Emitter, e: bound.Binary) -> str:
    """The value of a binary operator."""
    if e.op in ("->", "->>"):
        return _extraction(emitter, e)
    left, right = emitter.classes(e.left), emitter.classes(e.right)
    if left == NULL or right == NULL:
        return "None"
    a, b = emitter.part(e.left), emitter.part(e.right)
    body = _body(emitter, e, left & ~NULL, right & ~NULL)
    if body is None:
        return f"{emitter.library(_GENERAL[e.op])}({a}, {b})"
    return emitter.guarded([(a, bool(left & NULL)), (b, bool(right & NULL))], body)


def _body(emitter: Emitter, e: bound.Binary, left: int, right: int) -> Callable[[str, str], str] | None:
    """What to write for operands that are not NULL; None: call the general function."""
    if e.op == "||":
        return _concatenation(emitter, left, right)
    if not (left | right) & ~INTEGER:
        return _INTEGERS[e.op](emitter, e)
    if (left | right) & ~NUMBER or REAL not in (left, right) or e.op not in ("+", "-", "*", "/"):
        return None
    return _reals(emitter, e, left, right)


def _extraction(emitter: Emitter, e: bound.Binary) -> str:
    """``x -> path`` and ``x ->> path``: JSON that is none is an error even where the path is NULL."""
    if e.op == "->>" and isinstance(e.right, bound.Literal) and isinstance(e.right.value, str | int):
        extractor = emitter.source.constant(abbreviated_extractor(e.right.value))
        return f"{extractor}({emitter.part(e.left)})"
    return f"{emitter.library(_GENERAL[e.op])}({emitter.part(e.left)}, {emitter.part(e.right)})"


def _concatenation(emitter: Emitter, left: int, right: int) -> Callable[[str, str], str]:
    def side(text: str, classes: int) -> str:
        if classes == TEXT:
            return text
        return f"str({text})" if not classes & ~INTEGER else f"{emitter.library(values.text_of)}({text})"

    return lambda a, b: f"({side(a, left)} + {side(b, right)})"


# ------------------------------------------------------------------------------------------------ integers


def _integer_sum(emitter: Emitter, e: bound.Binary) -> Callable[[str, str], str]:
    left, right = emitter.magnitude(e.left), emitter.magnitude(e.right)
    bound_ = left * right if e.op == "*" else left + right
    if bound_ <= INT_MAX:
        return lambda a, b: f"({a} {e.op} {b})"
    return lambda a, b: f"{emitter.library(_CHECKED[e.op])}({a}, {b})"


def constant_divisor(e: Expr) -> int | None:
    """A positive integer that is written as such, or None."""
    if isinstance(e, bound.Literal) and isinstance(e.value, int) and e.value > 0:
        return e.value
    return None


def _integer_division(emitter: Emitter, e: bound.Binary) -> Callable[[str, str], str]:
    divisor = constant_divisor(e.right)
    op = "//" if e.op == "/" else "%"
    if divisor is None:
        return _quotient(emitter, op, emitter.library(values.int_divide if e.op == "/" else values.int_remainder))

    def body(a: str, b: str) -> str:
        first, later = emitter.named(a)
        return f"({later} {op} {b} if {first} >= 0 else -(-{later} {op} {b}))"

    return body


def _quotient(emitter: Emitter, op: str, function: str) -> Callable[[str, str], str]:
    """Python's operator where neither operand is negative and the divisor is not 0."""

    def body(a: str, b: str) -> str:
        first, later = emitter.named(a)
        if emitter.named(b)[0] != b:
            return f"{function}({a}, {b})"
        return f"({later} {op} {b} if {first} >= 0 < {b} else {function}({later}, {b}))"

    return body


def _integer_bits(emitter: Emitter, e: bound.Binary) -> Callable[[str, str], str]:
    return lambda a, b: f"({a} {e.op} {b})"


def _integer_shift(emitter: Emitter, e: bound.Binary) -> Callable[[str, str], str]:
    places = constant_divisor(e.right)
    if e.op == ">>" and places is not None and places < 64:
        return lambda a, b: f"({a} >> {b})"
    return lambda a, b: f"{emitter.library(_GENERAL[e.op])}({a}, {b})"


_INTEGERS: dict[str, Callable[[Emitter, bound.Binary], Callable[[str, str], str]]] = {
    "+": _integer_sum,
    "-": _integer_sum,
    "*": _integer_sum,
    "/": _integer_division,
    "%": _integer_division,
    "&": _integer_bits,
    "|": _integer_bits,
    "<<": _integer_shift,
    ">>": _integer_shift,
}


# --------------------------------------------------------------------------------------------------- reals


def _reals(emitter: Emitter, e: bound.Binary, left: int, right: int) -> Callable[[str, str], str]:
    body = _real_body(emitter, e, left, right)
    return lambda a, b: body(_as_real(emitter, e.left, a), _as_real(emitter, e.right, b))


def _as_real(emitter: Emitter, e: Expr, text: str) -> str:
    """Integers that are known when the statement begins, as the REALs they become: Python is quicker with floats
    alone, and rounds a large integer in a sum as ``float`` does."""
    if isinstance(e, bound.Literal) and isinstance(e.value, int) and abs(e.value) < SMALL_LIMIT:
        return emitter.literal(float(e.value))
    if isinstance(e, bound.Parameter) and not emitter.classes(e) & ~INTEGER:
        hoisted = emitter.hoisted(f"float({text})", e)
        return hoisted if hoisted.isidentifier() else text
    return text


def _real_body(emitter: Emitter, e: bound.Binary, left: int, right: int) -> Callable[[str, str], str]:
    if e.op == "/":
        if is_nonzero(e.right) and is_finite(e.right, right):
            return lambda a, b: f"({a} / {b})"
        return lambda a, b: f"{emitter.library(values.real_divide)}({a}, {b})"
    if is_never_nan(e.op, e.left, e.right, left, right):
        return lambda a, b: f"({a} {e.op} {b})"

    def body(a: str, b: str) -> str:
        name = emitter.source.name("w")
        return f"({name} if ({name} := {a} {e.op} {b}) == {name} else None)"

    return body


# --------------------------------------------------------------------------------------------- unary, CAST


def emit_unary(emitter: Emitter, e: bound.Unary) -> str:
    """The value of ``-x``, ``~x`` or ``+x``."""
    classes = emitter.classes(e.operand)
    text = emitter.part(e.operand)
    if e.op == "+":
        return text
    if classes == NULL:
        return "None"
    nullable = bool(classes & NULL)
    known = classes & ~NULL
    if e.op == "~":
        if known & ~INTEGER:
            return f"{emitter.library(values.bit_not)}({text})"
        return emitter.guarded([(text, nullable)], lambda a: f"(~{a})")
    if known & ~NUMBER or (known & INTEGER and emitter.magnitude(e.operand) > INT_MAX):
        return f"{emitter.library(values.negate)}({text})"
    if isinstance(e.operand, bound.Literal):
        return emitter.literal(-e.operand.value)  # type: ignore[operator]
    zero = "0 " if known & REAL else ""  # SQLite subtracts from 0: there is no -0.0
    return emitter.guarded([(text, nullable)], lambda a: f"({zero}- {a})")


def emit_cast(emitter: Emitter, e: bound.Cast) -> str:
    """The value of CAST(x AS …)."""
    classes = emitter.classes(e.operand)
    text = emitter.part(e.operand)
    known = classes & ~NULL
    nothing = {
        Affinity.TEXT: TEXT,
        Affinity.BLOB: BLOB,
        Affinity.INTEGER: INTEGER,
        Affinity.REAL: REAL,
        Affinity.NUMERIC: INTEGER | REAL,
    }[e.to]
    if not known & ~nothing:
        return text
    nullable = bool(classes & NULL)
    if not known & ~INTEGER and e.to in (Affinity.TEXT, Affinity.REAL):
        function = "str" if e.to is Affinity.TEXT else "float"
        return emitter.guarded([(text, nullable)], lambda a: f"{function}({a})")
    return f"{emitter.library(values.cast_function(e.to))}({text})"
