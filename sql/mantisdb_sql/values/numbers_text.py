"""Numbers to text and back, digit for digit as SQLite does it.

SQLite does not round correctly in every case: it multiplies the 64-bit significand by a power of ten that
is kept to 96 bits and looks at the upper half of the product, so the seventeenth digit may be off by one,
and it drops zeros or nines at the end only where the shorter number reads back as the same double.
Programs see these digits (``CAST(0.1+0.2 AS TEXT)``), so the same integer arithmetic is done here. The
public names:

real_to_text(x)         '1.0', '0.30000000000000004', '1.0e+20', 'Inf' decode(x, ...)          sign,
digits and decimal point of a double, rounded to so many digits: for printf and round()
text_to_number(t)       the number that a whole text spells, surrounded by spaces at most; None where it
spells none
prefix_number(t)        the number that a text begins with, as arithmetic reads it: '12abc' is 12, 'abc'
is 0
prefix_integer(t)       the same for CAST AS INTEGER: digits only, saturating at 64 bits

Powers of ten. 10**p is held as (high 64 bits, next 32 bits) of its binary expansion, normalised so that
bit 63 is set. The table has every 27th power, rounded down; the ones between are one multiplication away,
and inherit its error: that error is part of the result.
"""

from __future__ import annotations

import re
import struct
from functools import cache, lru_cache

from mantisdb_sql.values.storage import INT_MAX, INT_MIN

__all__ = [
    "Decimal",
    "decode",
    "prefix_integer",
    "prefix_number",
    "prefix_real",
    "real_to_text",
    "text_to_number",
    "text_to_real",
]

SPACES = " \t\n\v\f\r"
_MASK64 = (1 << 64) - 1
_FIRST_POWER, _LAST_POWER = -348, 347
_MOST_DIGITS = 18
_STEP = 27
_MAX_SIGNIFICAND = ((1 << 64) - 1 - 9) // 10  # another digit still fits below this

_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?)(?:(\d+)(?:(\.)(\d*))?|(\.)(\d+))(?:[eE]([+-]?\d+))?", re.ASCII)
_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?\d+)", re.ASCII)


# ------------------------------------------------------------------------------------------- powers of ten


def _top_bits(p: int, bits: int) -> int:
    """The leading ``bits`` bits of 10**p, rounded down."""
    if p >= 0:
        power: int = 10**p
        shift = power.bit_length() - bits
        return power >> shift if shift >= 0 else power << -shift
    power = int(10**-p)
    scale = power.bit_length() + bits
    quotient = (1 << scale) // power
    return quotient >> (quotient.bit_length() - bits)


@cache
def _power_of_ten(p: int) -> tuple[int, int]:
    """(high 64 bits, low 32 bits) of 10**p as SQLite's tables and one multiplication give them."""
    if 0 <= p < _STEP:
        return _top_bits(p, 64), 0
    group, offset = divmod(p, _STEP)
    if p == -1:
        top = _top_bits(-1, 96)
        return top >> 32, top & 0xFFFFFFFF
    top = _top_bits(group * _STEP, 96)
    if offset == 0:
        return top >> 32, top & 0xFFFFFFFF
    product = (top * _top_bits(offset, 64)) >> 32
    high, low = product >> 64 & _MASK64, product >> 32 & 0xFFFFFFFF
    if not high >> 63:
        high, low = high << 1 | low >> 31, (low << 1 | 1) & 0xFFFFFFFF
    return high, low


def _floor_log2_of_power(p: int) -> int:
    return p * 108853 >> 15


def _floor_log10_of_power(e: int) -> int:
    return e * 78913 >> 18


def _to_decimal(significand: int, exponent: int, digits: int) -> tuple[int, int]:
    """(d, p): d * 10**p is about significand * 2**exponent (bit 63 set); d has ``digits`` digits, or one more. The
    last of eighteen is rounded, that of fewer is cut off."""
    p = digits - 1 - _floor_log10_of_power(exponent + 63)
    high = significand * _power_of_ten(p)[0] >> 64
    high >>= -(exponent + _floor_log2_of_power(p) + 2)
    return (high + 1 if digits == _MOST_DIGITS else high) >> 1, -p


def _to_binary(d: int, p: int) -> float:
    """The double nearest to d * 10**p, as SQLite reads it; 0 < d < 2**63."""
    if p < _FIRST_POWER:
        return 0.0
    if p > _LAST_POWER:
        return float("inf")
    bits = d.bit_length()
    log = _floor_log2_of_power(p)
    exponent = 53 - bits - log
    if exponent > 1074:
        if exponent >= 1130:
            return 0.0
        exponent = 1074
    shift = -(exponent - (64 - bits) + log + 3)
    high, sticky = _scaled(d << (64 - bits), p, shift)
    out = high >> shift | sticky
    if out >= (1 << 55) - 2:
        out = out >> 1 | out & 1
        exponent -= 1
    mantissa = (out + 1 + (out >> 2 & 1)) >> 2
    if exponent <= -972:
        return float("inf")
    if mantissa >> 52 & 1:
        mantissa = mantissa & ~(1 << 52) | (1075 - exponent) << 52
    result: float = struct.unpack("<d", struct.pack("<Q", mantissa & _MASK64))[0]
    return result


def _scaled(x: int, p: int, shift: int) -> tuple[int, int]:
    """The upper half of x * 10**p and whether anything lies below what ``shift`` cuts off."""
    high, low = _power_of_ten(p)
    if low:
        high, low = high + 1, ~low & 0xFFFFFFFF
    product = x * high
    upper = product >> 64
    if upper & (1 << shift) - 1:
        return upper, 1
    middle = product >> 32 & 0xFFFFFFFF
    correction = x * low >> 64
    sticky = int((middle - correction & 0xFFFFFFFF) > 1)
    return (upper - 1 if middle < correction else upper), sticky


# --------------------------------------------------------------------------------------- doubles to digits


class Decimal:
    """A double as decimal digits: ``negative``, ``digits`` (no zeros at the end), ``point``: the value is
    0.DIGITS * 10**point. ``special`` is "inf", "nan" or ""."""

    __slots__ = ("digits", "negative", "point", "special")

    def __init__(self, negative: bool, digits: str, point: int, special: str = "") -> None:
        self.negative, self.digits, self.point, self.special = negative, digits, point, special


def decode(x: float, significant: int, limit: int) -> Decimal:
    """Digits of ``x``, never more than ``limit``.

    They are rounded to ``significant`` digits where that is positive, else to ``-significant`` places
    after the point.
    """
    negative = x < 0.0
    if x != x:
        return Decimal(False, "", 0, "nan")
    if x == 0.0:
        return Decimal(False, "0", 1)
    if x in (float("inf"), float("-inf")):
        return Decimal(negative, "", 0, "inf")
    x = abs(x)
    (bits,) = struct.unpack("<Q", struct.pack("<d", x))
    exponent = bits >> 52
    significand = bits & (1 << 52) - 1
    if exponent == 0:
        shift = 64 - significand.bit_length()
        significand, exponent = significand << shift, -1074 - shift
    else:
        significand, exponent = significand << 11 | 1 << 63, exponent - 1086
    # Rounding twice must not turn 0.49 into 1: the digit after those that are wanted is cut off, not rounded.
    d, scale = _to_decimal(significand, exponent, significant + 1 if 0 < significant < 17 else _MOST_DIGITS)
    return _rounded(x, str(d), scale, significant, limit, negative)


def _rounded(x: float, digits: str, scale: int, significant: int, limit: int, negative: bool) -> Decimal:
    point = len(digits) + scale
    if significant <= 0:
        significant = point - significant
        if significant == 0 and digits[0] >= "5":
            significant, digits, point = 1, "0" + digits, point + 1
    if significant > 0 and (significant < len(digits) or len(digits) > limit):
        significant = min(significant, limit)
        if significant == 17:
            significant = _shortest(x, digits, scale, point)
        kept = digits[:significant]
        if significant < len(digits) and digits[significant] >= "5":
            raised = str(int(kept) + 1).zfill(len(kept))
            point += len(raised) - len(kept)
            kept = raised
        digits = kept
    return Decimal(negative, digits.rstrip("0") or "0", point)


def _shortest(x: float, digits: str, scale: int, point: int) -> int:
    """How many of 17 digits are needed: fewer where a run of nines or zeros at the end means nothing."""
    if len(digits) < 17:
        return 17
    if digits[14:16] == "99":
        j = len(digits[:14].rstrip("9"))
        shorter = int(digits[:j]) + 1 if j else 1
    elif point >= len(digits) or digits[13:16] == "000":
        j = len(digits[:13].rstrip("0"))
        shorter = int(digits[:j])
    else:
        return 17
    return j + 1 if _to_binary(shorter, scale + len(digits) - j) == x else 17


_SHORT_BELOW, _SHORT_LENGTH = float(2**33), 14


@lru_cache(maxsize=4096)
def real_to_text(x: float) -> str:
    """A REAL as SQLite writes it when it becomes TEXT.

    Seventeen digits of a double, less a tail of nines or zeros if what is left reads as the same double. Where
    Python's shortest has 13 digits at most, three of the others are such a tail: half the distance to the next double
    is less than 9.5 units of the seventeenth digit for all between 0.001 and 2**33.
    """
    if 0.001 <= x < _SHORT_BELOW or -_SHORT_BELOW < x <= -0.001:
        text = repr(x)
        if len(text) <= _SHORT_LENGTH:
            return text
    decimal = decode(x, 17, 17)
    if decimal.special:
        return "-Inf" if decimal.negative else "Inf"
    digits, point = decimal.digits, decimal.point
    sign = "-" if decimal.negative else ""
    exponent = point - 1
    if not -4 <= exponent < 17:
        return f"{sign}{digits[0]}.{digits[1:] or '0'}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return f"{sign}{digits}{'0' * (point - len(digits))}.0"
    return f"{sign}{digits[:point]}.{digits[point:]}"


# ----------------------------------------------------------------------------------------- text to numbers


def _real(sign: str, whole: str, fraction: str, exponent: str | None) -> float:
    """The double spelt by these parts; digits beyond the nineteenth or so do not count, as in SQLite."""
    power = max(-20000, min(20000, prefix_integer(exponent))) if exponent else 0
    if len(whole) + len(fraction) <= 15 and -22 <= power <= 22:
        return float(
            f"{sign}{whole or '0'}.{fraction or '0'}e{power}"
        )  # exact operands: both round correctly
    significand = 0
    for i, digit in enumerate(whole):
        if significand >= _MAX_SIGNIFICAND:
            power += len(whole) - i
            break
        significand = significand * 10 + int(digit)
    for digit in fraction:
        if significand >= _MAX_SIGNIFICAND:
            break
        significand = significand * 10 + int(digit)
        power -= 1
    result = _to_binary(significand, power) if significand else 0.0
    return -result if sign == "-" else result


def text_to_number(text: str) -> int | float | None:
    """The number that the whole text spells, spaces around it allowed; None where it spells none.

    As SQLite has it, the text ends at a NUL character, and a number so ended is a REAL.
    """
    match = _NUMBER.match(text)
    if match is None:
        return None
    if match.end() < len(text):
        rest = text[match.end() :].lstrip(SPACES)
        if rest:
            return float(_matched_number(match)) if rest[0] == "\0" else None
    return _matched_number(match)


def text_to_real(text: str) -> float | None:
    """As :func:`text_to_number`, always as a REAL."""
    number = text_to_number(text)
    return None if number is None else float(number)


def _matched_number(match: re.Match[str]) -> int | float:
    sign, whole, point, fraction, _, bare_fraction, exponent = match.groups()
    if point is None and bare_fraction is None and exponent is None:
        if len(whole) > 18:
            whole = whole.lstrip("0") or "0"
        integer = int(sign + whole) if len(whole) <= 19 else INT_MAX + 1
        return integer if INT_MIN <= integer <= INT_MAX else _real(sign, whole, "", None)
    return _real(sign, whole or "", fraction or bare_fraction or "", exponent)


def prefix_number(text: str) -> int | float:
    """The number that the text begins with, 0 where it begins with none."""
    match = _NUMBER.match(text)
    if match is None:
        return 0
    number = _matched_number(match)
    if match.end() < len(text) and text[match.end() :].lstrip(SPACES)[:1] == "\0":
        return float(number)
    return number


def prefix_real(text: str) -> float:
    """As :func:`prefix_number`, read as a REAL."""
    match = _NUMBER.match(text)
    if match is None:
        return 0.0
    sign, whole, _, fraction, _, bare_fraction, exponent = match.groups()
    return _real(sign, whole or "", fraction or bare_fraction or "", exponent)


def prefix_integer(text: str) -> int:
    """The integer that the text begins with, as CAST AS INTEGER reads it: saturating."""
    match = _INTEGER.match(text)
    if match is None:
        return 0
    return max(INT_MIN, min(INT_MAX, int(match[1]))) if len(match[1]) < 40 else _long_integer(match[1])


def _long_integer(text: str) -> int:
    stripped = text.lstrip("+-").lstrip("0")
    if len(stripped) < 40:
        return max(INT_MIN, min(INT_MAX, int(f"{'-' if text[0] == '-' else ''}{stripped or '0'}")))
    return INT_MIN if text[0] == "-" else INT_MAX
