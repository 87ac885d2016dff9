"""SQLite's rules for values, as small functions (https://www.sqlite.org/datatype3.html, lang_expr.html).

Values are None, int, float, str and bytes. Generated code calls these where a column's classes leave open
which rule applies; where they do not, it uses Python's own operator. Every function takes and gives plain
values: no bool, no NaN, no integer outside 64 bits. NULL in is NULL out unless said otherwise.

Order. NULL < numbers < TEXT < BLOB; integers and reals compare by exact value (as Python does), TEXT by
code point, which is the order of its UTF-8 bytes, BLOB byte by byte.

Text in blobs. Where a BLOB is read as TEXT its bytes are decoded as UTF-8; bytes that are none become
lone surrogates (``surrogateescape``), so that the way back gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mantisdb_sql.values.numbers_text import prefix_integer, prefix_number, prefix_real, real_to_text, text_to_number
from mantisdb_sql.values.storage import INT_MAX, INT_MIN, Affinity, SqlValue

__all__ = [
    "add",
    "affinity_function",
    "as_number",
    "bit_and",
    "bit_not",
    "bit_or",
    "cast_blob",
    "cast_function",
    "cast_integer",
    "cast_numeric",
    "cast_real",
    "cast_text",
    "compare",
    "compare_affinity_function",
    "concatenate",
    "divide",
    "int_add",
    "int_divide",
    "int_multiply",
    "int_remainder",
    "int_subtract",
    "less",
    "less_or_equal",
    "multiply",
    "negate",
    "number_or_same",
    "real_divide",
    "real_to_int",
    "remainder",
    "shift_left",
    "shift_right",
    "sort_key",
    "subtract",
    "text_of",
    "text_or_same",
    "to_numeric",
    "to_real",
    "to_text",
    "truth",
]

Value = SqlValue
RANKS: dict[type, int] = {type(None): 0, int: 1, float: 1, str: 2, bytes: 3}
"""The order of the classes; a collation adds that of what it puts in the place of TEXT."""
_TWO_63 = 2.0**63
_TWO_51 = 2.0**51


# --------------------------------------------------------------------------------------------------- order


def sort_key(value: Value) -> tuple[int, Any]:
    """A key whose Python order is SQLite's order of values of any class (TEXT under BINARY)."""
    return RANKS[value.__class__], value if value is not None else 0


def compare(a: Any, b: Any) -> int:
    """-1, 0 or 1; NULLs equal each other and come first."""
    rank, other = RANKS[a.__class__], RANKS[b.__class__]
    if rank != other:
        return -1 if rank < other else 1
    if rank == 0 or a == b:
        return 0
    return -1 if a < b else 1


def less(a: Any, b: Any) -> bool:
    """a < b of values that are not NULL."""
    rank, other = RANKS[a.__class__], RANKS[b.__class__]
    return bool(a < b) if rank == other else rank < other


def less_or_equal(a: Any, b: Any) -> bool:
    """a <= b of values that are not NULL."""
    rank, other = RANKS[a.__class__], RANKS[b.__class__]
    return bool(a <= b) if rank == other else rank < other


# --------------------------------------------------------------------------------------------- conversions


def text_of(value: Any) -> str:
    """A value that is not NULL as TEXT."""
    kind = value.__class__
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return str(value)
    if kind is float:
        return real_to_text(value)
    return value.decode("utf-8", "surrogateescape")  # type: ignore[no-any-return]


def as_number(value: Any) -> int | float | None:
    """The number that arithmetic takes a value for: TEXT and BLOB count as the number they begin with."""
    kind = value.__class__
    if kind is int or kind is float or value is None:
        return value  # type: ignore[no-any-return]
    return prefix_number(value if kind is str else value.decode("latin-1"))


def as_real(value: Any) -> float:
    """A value that is not NULL, as a REAL."""
    kind = value.__class__
    if kind is float:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return float(value)
    return prefix_real(value if kind is str else value.decode("latin-1"))


def as_integer(value: Any) -> int:
    """A value that is not NULL, as an INTEGER: reals are cut off and saturate."""
    kind = value.__class__
    if kind is int:
        return value  # type: ignore[no-any-return]
    if kind is float:
        return real_to_int(value)
    return prefix_integer(value if kind is str else value.decode("latin-1"))


def real_to_int(value: float) -> int:
    """A REAL cut off to an INTEGER, saturating at 64 bits."""
    if value >= _TWO_63:
        return INT_MAX
    if value <= -_TWO_63:
        return INT_MIN
    return int(value)


def truth(value: Any) -> bool | None:
    """Whether a value is true as a condition; None for NULL."""
    kind = value.__class__
    if kind is int or kind is float:
        return bool(value != 0)
    if value is None:
        return None
    return prefix_real(value if kind is str else value.decode("latin-1")) != 0.0


# -------------------------------------------------------------------------- affinity, of columns and casts


def _integral(value: float) -> int | float:
    """A REAL as INTEGER where that loses nothing."""
    if -_TWO_63 < value < _TWO_63 and value == (integer := int(value)):
        return integer
    return value


def to_numeric(value: Any) -> Any:
    """A value as a column of NUMERIC or INTEGER affinity stores it."""
    kind = value.__class__
    if kind is str:
        number = text_to_number(value)
        if number is None:
            return value
        return _integral(number) if number.__class__ is float else number
    return _integral(value) if kind is float else value


def to_real(value: Any) -> Any:
    """A value as a column of REAL affinity stores it; there -0.0 is 0.0."""
    kind = value.__class__
    if kind is float:
        return value or 0.0
    if kind is int:
        return float(value)
    if kind is str:
        number = text_to_number(value)
        return value if number is None else float(number) or 0.0
    return value


def to_text(value: Any) -> Any:
    """A value as a column of TEXT affinity stores it."""
    kind = value.__class__
    if kind is int:
        return str(value)
    return real_to_text(value) if kind is float else value


def _same(value: Any) -> Any:
    return value


_STORED: dict[Affinity, Callable[[Any], Any]] = {
    Affinity.BLOB: _same,
    Affinity.TEXT: to_text,
    Affinity.NUMERIC: to_numeric,
    Affinity.INTEGER: to_numeric,
    Affinity.REAL: to_real,
}


def affinity_function(affinity: Affinity) -> Callable[[Any], Any]:
    """What a column of this affinity does to a value stored in it."""
    return _STORED[affinity]


def number_or_same(value: Any) -> Any:
    """An operand of a comparison under numeric affinity: TEXT that spells a number becomes it."""
    if value.__class__ is str:
        number = text_to_number(value)
        return value if number is None else number
    return value


text_or_same = to_text


def compare_affinity_function(affinity: Affinity | None) -> Callable[[Any], Any]:
    """What a comparison does to an operand under this affinity; REAL is that of IN (query) only."""
    if affinity is None or affinity is Affinity.BLOB:
        return _same
    if affinity is Affinity.REAL:
        return to_real
    return to_text if affinity is Affinity.TEXT else number_or_same


def cast_text(value: Any) -> Any:
    """CAST(value AS TEXT)."""
    return None if value is None else text_of(value)


def cast_blob(value: Any) -> Any:
    """CAST(value AS BLOB): the bytes of its text."""
    if value is None or value.__class__ is bytes:
        return value
    return text_of(value).encode("utf-8", "surrogateescape")


def cast_integer(value: Any) -> Any:
    """CAST(value AS INTEGER)."""
    return None if value is None else as_integer(value)


def cast_real(value: Any) -> Any:
    """CAST(value AS REAL)."""
    return None if value is None else as_real(value)


def cast_numeric(value: Any) -> Any:
    """CAST(value AS NUMERIC): TEXT becomes an INTEGER where it is one, of magnitude below 2**51."""
    kind = value.__class__
    if kind is int or kind is float or value is None:
        return value
    number = prefix_number(value if kind is str else value.decode("latin-1"))
    return _integral(number) if number.__class__ is float and -_TWO_51 <= number < _TWO_51 else number


_CASTS: dict[Affinity, Callable[[Any], Any]] = {
    Affinity.BLOB: cast_blob,
    Affinity.TEXT: cast_text,
    Affinity.NUMERIC: cast_numeric,
    Affinity.INTEGER: cast_integer,
    Affinity.REAL: cast_real,
}


def cast_function(affinity: Affinity) -> Callable[[Any], Any]:
    """CAST to a type of this affinity."""
    return _CASTS[affinity]


# ---------------------------------------------------------------------------------------------- arithmetic


def _real(value: float) -> float | None:
    return value if value == value else None


def int_add(a: int, b: int) -> int | float:
    """a + b of integers; REAL beyond 64 bits."""
    result = a + b
    return result if INT_MIN <= result <= INT_MAX else float(a) + float(b)


def int_subtract(a: int, b: int) -> int | float:
    """a - b of integers; REAL beyond 64 bits."""
    result = a - b
    return result if INT_MIN <= result <= INT_MAX else float(a) - float(b)


def int_multiply(a: int, b: int) -> int | float:
    """a * b of integers; REAL beyond 64 bits."""
    result = a * b
    return result if INT_MIN <= result <= INT_MAX else float(a) * float(b)


def int_divide(a: int, b: int) -> int | float | None:
    """a / b of integers, cut off towards zero; by zero: NULL."""
    if b == 0:
        return None
    quotient = a // b if (a >= 0) == (b > 0) else -(-a // b)
    return quotient if quotient <= INT_MAX else float(a) / float(b)


def int_remainder(a: int, b: int) -> int | None:
    """a % b of integers, with the sign of a; by zero: NULL."""
    if b == 0:
        return None
    b = abs(b)
    return a % b if a >= 0 else -(-a % b)


def real_divide(a: float, b: float) -> float | None:
    """a / b of numbers of which one is REAL; by zero: NULL."""
    if b == 0:
        return None
    result = a / b
    return result if result == result else None


def add(a: Any, b: Any) -> Any:
    """a + b."""
    a, b = as_number(a), as_number(b)
    if a is None or b is None:
        return None
    return int_add(a, b) if a.__class__ is int and b.__class__ is int else _real(a + b)


def subtract(a: Any, b: Any) -> Any:
    """a - b."""
    a, b = as_number(a), as_number(b)
    if a is None or b is None:
        return None
    return int_subtract(a, b) if a.__class__ is int and b.__class__ is int else _real(a - b)


def multiply(a: Any, b: Any) -> Any:
    """a * b."""
    a, b = as_number(a), as_number(b)
    if a is None or b is None:
        return None
    return int_multiply(a, b) if a.__class__ is int and b.__class__ is int else _real(a * b)


def divide(a: Any, b: Any) -> Any:
    """a / b."""
    a, b = as_number(a), as_number(b)
    if a is None or b is None:
        return None
    return int_divide(a, b) if a.__class__ is int and b.__class__ is int else real_divide(a, b)


def remainder(a: Any, b: Any) -> Any:
    """a % b: of the operands cast to INTEGER; REAL where one of them is."""
    x, y = as_number(a), as_number(b)
    if x is None or y is None:
        return None
    result = int_remainder(as_integer(a), as_integer(b))
    if result is None or (x.__class__ is int and y.__class__ is int):
        return result
    return float(result)


def negate(a: Any) -> Any:
    """-a."""
    a = as_number(a)
    if a is None:
        return None
    if a.__class__ is int:
        return -a if a != INT_MIN else float(-INT_MIN)
    return 0.0 - a  # there is no -0.0


def bit_and(a: Any, b: Any) -> Any:
    """a & b of the operands cast to INTEGER."""
    return None if a is None or b is None else as_integer(a) & as_integer(b)


def bit_or(a: Any, b: Any) -> Any:
    """a | b of the operands cast to INTEGER."""
    return None if a is None or b is None else as_integer(a) | as_integer(b)


def bit_not(a: Any) -> Any:
    """~a of the operand cast to INTEGER."""
    return None if a is None else ~as_integer(a)


def _shift(a: int, places: int) -> int:
    """a shifted left by places, right when negative, within 64 bits."""
    if places <= 0:
        return a >> min(-places, 64)
    if places >= 64:
        return 0
    result = a << places & 0xFFFFFFFFFFFFFFFF
    return result if result <= INT_MAX else result - (1 << 64)


def shift_left(a: Any, b: Any) -> Any:
    """a << b; a negative b shifts right."""
    return None if a is None or b is None else _shift(as_integer(a), as_integer(b))


def shift_right(a: Any, b: Any) -> Any:
    """a >> b, keeping the sign; a negative b shifts left."""
    return None if a is None or b is None else _shift(as_integer(a), -as_integer(b))


def concatenate(a: Any, b: Any) -> Any:
    """a || b."""
    return None if a is None or b is None else text_of(a) + text_of(b)
