"""The mathematical functions (https://www.sqlite.org/lang_mathfunc.html).

An argument that is no number (NULL, BLOB, TEXT that does not spell one) gives NULL, and so does a result
that is no number. Results are what the C library computes; Python's exceptions for poles and ranges
become its infinities.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mantisdb_sql.functions.definition import FunctionDef
from mantisdb_sql.values.numbers_text import text_to_number
from mantisdb_sql.values.rules import as_real
from mantisdb_sql.values.storage import NULL, NUMBER, REAL

__all__ = ["MATHEMATICS"]

_INF = float("inf")


def numeric(value: Any) -> int | float | None:
    """The number that a value is or, as TEXT, spells."""
    kind = value.__class__
    if kind is int or kind is float:
        return value  # type: ignore[no-any-return]
    return text_to_number(value) if kind is str else None


def _unary(function: Callable[[float], float]) -> Callable[[Any], float | None]:
    def call(value: Any) -> float | None:
        number = numeric(value)
        if number is None:
            return None
        try:
            result = function(float(number))
        except ValueError:
            return None
        except OverflowError:
            return _INF
        return result if result == result else None

    return call


def _log(x: float) -> float:
    return math.log(x)


def _sinh(x: float) -> float:
    return math.sinh(x) if abs(x) < 700 else math.copysign(_overflowing(math.sinh, abs(x)), x)


def _overflowing(function: Callable[[float], float], x: float) -> float:
    try:
        return function(x)
    except OverflowError:
        return _INF


def _atanh(x: float) -> float:
    return math.copysign(_INF, x) if abs(x) == 1.0 else math.atanh(x)


def _whole(function: Callable[[float], int]) -> Callable[[Any], Any]:
    """ceil, floor and trunc: INTEGER stays INTEGER."""

    def call(value: Any) -> Any:
        number = numeric(value)
        if number is None or number.__class__ is int:
            return number
        return math.copysign(float(function(number)), number) if math.isfinite(number) else number

    return call


def log_base(base: Any, value: Any) -> float | None:
    """log(base, value)."""
    b = numeric(base)
    if b is None or b <= 0 or value is None:
        return None
    divisor, x = math.log(float(b)), as_real(value)  # only the base must spell a number
    result = math.log(x) / divisor if divisor > 0 and x > 0 else None
    return result if result == result else None


def power(base: Any, exponent: Any) -> float | None:
    """pow(base, exponent) as C has it."""
    b, e = numeric(base), numeric(exponent)
    if b is None or e is None:
        return None
    b, e = float(b), float(e)
    try:
        return math.pow(b, e)
    except ValueError:
        if b == 0.0:
            return math.copysign(_INF, b) if e == int(e) and int(e) % 2 else _INF
        return None
    except OverflowError:
        return -_INF if b < 0 and int(e) % 2 else _INF


def modulo(a: Any, b: Any) -> float | None:
    """mod(a, b) of reals."""
    x, y = numeric(a), numeric(b)
    if x is None or y is None:
        return None
    try:
        return math.fmod(float(x), float(y))
    except ValueError:
        return None


def arc_tangent(y: Any, x: Any) -> float | None:
    """atan2(y, x)."""
    a, b = numeric(y), numeric(x)
    return None if a is None or b is None else math.atan2(float(a), float(b))


def sign(value: Any) -> int | None:
    """sign(value): -1, 0 or 1."""
    number = numeric(value)
    return None if number is None else (number > 0) - (number < 0)


def pi() -> float:
    """pi()."""
    return math.pi


_SIMPLE: dict[str, Callable[[float], float]] = {
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "cos": math.cos,
    "sin": math.sin,
    "tan": math.tan,
    "acosh": math.acosh,
    "asinh": math.asinh,
    "atanh": _atanh,
    "cosh": math.cosh,
    "sinh": _sinh,
    "tanh": math.tanh,
    "exp": math.exp,
    "ln": _log,
    "log": math.log10,
    "log10": math.log10,
    "log2": math.log2,
    "sqrt": math.sqrt,
    "degrees": lambda x: x * (180.0 / math.pi),
    "radians": lambda x: x * (math.pi / 180.0),
}

MATHEMATICS: list[FunctionDef] = [
    *(FunctionDef(name, 1, 1, _unary(function), classes=REAL | NULL) for name, function in _SIMPLE.items()),
    FunctionDef("ceil", 1, 1, _whole(math.ceil), classes=NUMBER | NULL),
    FunctionDef("ceiling", 1, 1, _whole(math.ceil), classes=NUMBER | NULL),
    FunctionDef("floor", 1, 1, _whole(math.floor), classes=NUMBER | NULL),
    FunctionDef("trunc", 1, 1, _whole(math.trunc), classes=NUMBER | NULL),
    FunctionDef("log", 2, 2, log_base, classes=REAL | NULL),
    FunctionDef("pow", 2, 2, power, classes=REAL | NULL),
    FunctionDef("power", 2, 2, power, classes=REAL | NULL),
    FunctionDef("mod", 2, 2, modulo, classes=REAL | NULL),
    FunctionDef("atan2", 2, 2, arc_tangent, classes=REAL | NULL),
    FunctionDef("pi", 0, 0, pi, classes=REAL),
    FunctionDef("sign", 1, 1, sign, classes=NUMBER | NULL),
]
