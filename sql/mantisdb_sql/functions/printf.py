"""printf() and format() (https://www.sqlite.org/printf.html).

A format is read once into pieces: literal text and conversions. Numbers are rendered from their decimal
digits as :mod:`mantisdb_sql.values.numbers_text` decodes them, never by Python's own formatting, whose digits
differ. Widths and precisions of text count bytes, characters with the ``!`` flag. A missing argument
counts as 0 or as empty text; an unknown conversion ends the output.

Where a format has nothing but usual conversions, and values are of their kinds, Python's ``%`` writes the same:
integers, below %x and %o none that is negative; texts without NUL, ASCII where bytes are counted; and reals far from
the middle between two decimals, whose neighbour is then the same by any digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.broken_text import first_characters, width_of
from mantisdb_sql.values.numbers_text import Decimal, decode
from mantisdb_sql.values.rules import as_integer, as_real, text_of

__all__ = ["escaped_controls", "format_text"]

_CONVERSION = re.compile(r"%([-+ #!0,]*)(\*|\d+)?(?:\.(\*|\d*))?(l{0,2})(.?)", re.DOTALL)
_MAX_WIDTH = 0x7FFFFFFF
_MAX_PRECISION = 100_000_000
_LARGE_PRECISION = 30
_MAX_LENGTH_BYTES = 1_000_000_000


@dataclass(slots=True)
class _Spec:
    """One conversion as written; width and precision may be "*"."""

    flags: str
    width: int | None
    precision: int | None
    kind: str
    star_width: bool = False
    star_precision: bool = False


@lru_cache(maxsize=512)
def _parse(text: str) -> tuple[str | _Spec, ...]:
    pieces: list[str | _Spec] = []
    at = 0
    for match in _CONVERSION.finditer(text):
        if match.start() > at:
            pieces.append(text[at : match.start()])
        at = match.end()
        flags, width, precision, _, kind = match.groups()
        if not kind and match[0] == "%":
            pieces.append("%")
            break
        pieces.append(_Spec(flags, _number(width), _number(precision), kind, width == "*", precision == "*"))
    pieces.append(text[at:])
    return tuple(pieces)


def _number(text: str | None) -> int | None:
    if text is None or text == "*":
        return None
    return int(text) & _MAX_WIDTH if text else 0


@dataclass(slots=True, frozen=True)
class _Plain:
    """A format that Python's ``%`` may write: ``text`` in its words, and a test for each value."""

    text: str
    tests: tuple[Callable[[Any], bool], ...]

    def written(self, values: tuple[Any, ...]) -> str | None:
        """The text, if each value passes its test."""
        if len(values) != len(self.tests):
            return None
        for test, value in zip(self.tests, values, strict=True):
            if not test(value):
                return None
        return self.text % values


@lru_cache(maxsize=512)
def _plain(text: str) -> _Plain | None:
    words, tests = [], []
    for piece in _parse(text):
        if isinstance(piece, str):
            words.append(piece.replace("%", "%%"))
            continue
        test = _plain_test(piece)
        if test is None:
            return None
        width = "" if piece.width is None else str(piece.width)
        precision = "" if piece.precision is None else f".{piece.precision}"
        words.append(f"%{piece.flags}{width}{precision}{'d' if piece.kind in 'iu' else piece.kind}")
        tests.append(test)
    return _Plain("".join(words), tuple(tests))


def _plain_test(spec: _Spec) -> Callable[[Any], bool] | None:
    """When Python writes a conversion as SQLite does; None: who knows."""
    if spec.flags not in ("", "0", "-") or spec.star_width or spec.star_precision or (spec.width or 0) > 1000:
        return None
    if spec.kind == "f" and (spec.precision or 0) <= 9:
        return partial(_is_far_from_middle, 10 ** (6 if spec.precision is None else spec.precision))
    if spec.kind == "s" and spec.flags != "0":
        is_whole = spec.width is None and spec.precision is None
        return _is_plain_text if is_whole else _is_plain_ascii
    if spec.precision is not None or not spec.kind:
        return None
    return _is_integer if spec.kind in "di" else _is_natural if spec.kind in "uxXo" else None


def _is_integer(value: Any) -> bool:
    return value.__class__ is int


def _is_natural(value: Any) -> bool:
    return value.__class__ is int and value >= 0


def _is_plain_text(value: Any) -> bool:
    return value.__class__ is str and "\0" not in value


def _is_plain_ascii(value: Any) -> bool:
    return value.__class__ is str and value.isascii() and "\0" not in value


def _is_far_from_middle(scale: int, value: Any) -> bool:
    if value.__class__ is not float:
        return False
    scaled = abs(value * scale)
    return 1.0 <= scaled < 1e11 and abs(scaled % 1.0 - 0.5) > 1e-4


def format_text(*args: Any) -> str | None:
    """printf(format, …)."""
    if not args or args[0] is None:
        return None
    if args[0].__class__ is str and "\0" not in args[0]:
        plain = _plain(args[0])
        found = plain.written(args[1:]) if plain is not None else None
        if found is not None:
            return found
    rest = iter(args[1:])
    result = []
    size = 0
    for piece in _parse(text_of(args[0]).partition("\0")[0]):
        if isinstance(piece, str):
            result.append(piece)
            continue
        converted = _convert(_resolved(piece, rest), rest)
        if converted is None:
            break
        size += len(converted)
        _refuse_size(size)
        result.append(converted)
    return "".join(result)


def _resolved(spec: _Spec, args: Iterator[Any]) -> _Spec:
    """The conversion with its ``*`` replaced by arguments."""
    if not spec.star_width and not spec.star_precision:
        return spec
    flags, width, precision = spec.flags, spec.width, spec.precision
    if spec.star_width:
        width = _next_integer(args)
        if width < 0:
            flags += "-"
            width = -width if width >= -_MAX_WIDTH else 0
    if spec.star_precision:
        precision = abs(_next_integer(args))
        precision = precision if precision <= _MAX_WIDTH else None
    return _Spec(flags, width, precision, spec.kind)


def _next_integer(args: Iterator[Any]) -> int:
    value = next(args, None)
    number = 0 if value is None else as_integer(value)
    return ((number + 2**31) & 0xFFFFFFFF) - 2**31  # a C int


def _convert(spec: _Spec, args: Iterator[Any]) -> str | None:
    """The text of one conversion; None ends the output."""
    convert = _KINDS.get(spec.kind)
    if convert is None:
        return None
    if convert is not _nothing:
        _refuse_size(spec.width or 0)
    return convert(spec, args)


def _refuse_size(size_bytes: int) -> None:
    """SqlError for what is too large, before it is made."""
    if size_bytes > _MAX_LENGTH_BYTES:
        raise SqlError("string or blob too big", "SQLITE_TOOBIG")


def _padded(text: str, spec: _Spec, size: int | None = None) -> str:
    missing = (spec.width or 0) - (width_of(text) if size is None else size)
    if missing <= 0:
        return text
    return text + " " * missing if "-" in spec.flags else " " * missing + text


# ------------------------------------------------------------------------------------------------ integers


def _sign_prefix(spec: _Spec) -> str:
    return max("+ ", key=spec.flags.rfind) if set("+ ") & set(spec.flags) else ""  # the one written last


def _grouped(digits: str) -> str:
    head = len(digits) % 3 or 3
    return ",".join([digits[:head], *(digits[i : i + 3] for i in range(head, len(digits), 3))])


def _integer(spec: _Spec, args: Iterator[Any]) -> str:
    value = next(args, None)
    number = 0 if value is None else as_integer(value)
    prefix = ""
    if spec.kind in "dir":
        prefix = "-" if number < 0 else _sign_prefix(spec)
        number = abs(number)
    else:
        number &= 0xFFFFFFFFFFFFFFFF
    digits = _digits(number, spec.kind)
    if spec.kind == "r":
        digits += _ordinal(number)
    precision = spec.precision if spec.precision is not None else -1
    if "0" in spec.flags:
        precision = max(precision, (spec.width or 0) - len(prefix))
    has_commas = "," in spec.flags and spec.kind in "diu"
    if precision > _LARGE_PRECISION:
        _refuse_size(precision + 10 + (precision // 3 if has_commas else 0))  # the buffer that SQLite asks for
    digits = digits.rjust(precision, "0") if precision > 0 else digits
    if has_commas:
        digits = _grouped(digits)
    if "#" in spec.flags and number:
        prefix += {"x": "0x", "X": "0X", "p": "0x", "o": "0"}.get(spec.kind, "")
    return _padded(prefix + digits, spec)


def _digits(number: int, kind: str) -> str:
    if kind in "diur":
        return str(number)
    return f"{number:o}" if kind == "o" else f"{number:x}" if kind == "x" else f"{number:X}"


def _ordinal(number: int) -> str:
    last = number % 10
    return ("th", "st", "nd", "rd")[last if last < 4 and number // 10 % 10 != 1 else 0]


# --------------------------------------------------------------------------------------------------- reals


def _real(spec: _Spec, args: Iterator[Any]) -> str:
    value = next(args, None)
    x = 0.0 if value is None else as_real(value)
    kind = spec.kind.lower()
    precision = min(6 if spec.precision is None else spec.precision, _MAX_PRECISION)
    _refuse_size(precision + (spec.width or 0) + 10)
    if kind == "g":
        precision = max(precision, 1)
    significant = -precision if kind == "f" else precision if kind == "g" else precision + 1
    decimal = decode(x, significant, 20 if "!" in spec.flags else 16)
    if decimal.special:
        if "0" not in spec.flags:
            sign = "-" if decimal.negative else _sign_prefix(spec)
            return _padded(sign + "Inf", spec)
        decimal = Decimal(decimal.negative, "9", 1000)
    prefix = "-" if decimal.negative else _sign_prefix(spec)
    if (
        decimal.negative
        and "#" in spec.flags
        and not _sign_prefix(spec)
        and kind == "f"
        and decimal.point <= significant
    ):
        prefix = ""
    body = _real_body(spec, kind, precision, decimal)
    width = spec.width or 0
    if "0" in spec.flags and "-" not in spec.flags and len(prefix) + len(body) < width:
        body = body.rjust(width - len(prefix), "0")
    return _padded(prefix + body, spec)


def _real_body(spec: _Spec, kind: str, precision: int, decimal: Decimal) -> str:
    exponent = decimal.point - 1
    alternate = "!" in spec.flags
    drop_zeros = alternate
    if kind == "g":
        precision -= 1
        drop_zeros = "#" not in spec.flags
        if exponent < -4 or exponent > precision:
            kind = "e"
        else:
            kind, precision = "f", precision - exponent
    with_point = precision > 0 or "#" in spec.flags or alternate
    whole, fraction = _places(decimal, 0 if kind == "e" else exponent, precision, drop_zeros)
    if "," in spec.flags and kind == "f":
        whole = _grouped(whole)
    text = whole + ("." + fraction if with_point else "")
    if drop_zeros and with_point:
        text = text.rstrip("0")
        if text.endswith("."):
            text = text + "0" if alternate else text[:-1]
    if kind == "e":
        letter = "E" if spec.kind in "EG" else "e"
        text += f"{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return text


def _places(decimal: Decimal, place: int, precision: int, drop_zeros: bool) -> tuple[str, str]:
    """Digits before and after the point; ``place`` is that of the first digit, 0 for the ones."""
    digits = decimal.digits
    if place < 0:
        whole, rest = "0", "0" * min(-1 - place, max(precision, 0)) + digits
    else:
        whole, rest = digits[: place + 1].ljust(place + 1, "0"), digits[place + 1 :]
    fraction = rest[: max(precision, 0)]
    return whole, fraction if drop_zeros else fraction.ljust(precision, "0")


# ---------------------------------------------------------------------------------------------------- text


def _text(spec: _Spec, args: Iterator[Any]) -> str:
    value = next(args, None)
    return _fitted("" if value is None else _c_text(value), spec)


def _c_text(value: Any) -> str:
    return text_of(value).partition("\0")[0]


def _fitted(text: str, spec: _Spec) -> str:
    """Text cut to the precision and padded to the width."""
    if "!" in spec.flags or text.isascii():
        return _padded(text if spec.precision is None else first_characters(text, spec.precision), spec)
    data = text.encode("utf-8", "surrogateescape")
    if spec.precision is not None and spec.precision < len(data):
        data = data[: spec.precision]
        text = data.decode("utf-8", "surrogateescape")
    return _padded(text, spec, len(data))


def escaped_controls(text: str) -> str | None:
    """The text with control characters as unistr() reads them; None where it has none."""
    return text.translate(_UNISTR_ESCAPES) if any("\x01" <= c < " " for c in text) else None


_OF_NULL = {"q": "(NULL)", "w": "(NULL)", "Q": "NULL", "j": "", "J": "null"}
_UNISTR_ESCAPES = {ord("\\"): "\\\\", **{code: f"\\u{code:04x}" for code in range(1, 32)}}
_JSON_ESCAPES = {
    **{code: f"\\u{code:04x}" for code in range(1, 32)},
    **{ord(c): "\\" + letter for c, letter in zip('"\\\b\f\n\r\t', '"\\bfnrt', strict=True)},
}


def _cut_text(value: Any, spec: _Spec) -> str:
    """The text before it is quoted: that is what a precision counts."""
    text = _OF_NULL[spec.kind] if value is None else _c_text(value)
    if (value is None and spec.kind == "J") or spec.precision is None:
        return text
    if "!" in spec.flags:
        return first_characters(text, spec.precision)
    return text.encode("utf-8", "surrogateescape")[: spec.precision].decode("utf-8", "surrogateescape")


def _json_quoted(spec: _Spec, args: Iterator[Any]) -> str:
    """%j and %J: escaped as in JSON."""
    value = next(args, None)
    text = _cut_text(value, spec).translate(_JSON_ESCAPES)
    if spec.kind == "J" and value is not None:
        text = f'"{text}"'
    return _padded(text, spec, None if "!" in spec.flags else len(text.encode("utf-8", "surrogateescape")))


def _quoted(spec: _Spec, args: Iterator[Any]) -> str:
    """%q, %Q and %w: quote characters doubled."""
    value = next(args, None)
    quote = '"' if spec.kind == "w" else "'"
    text = _cut_text(value, spec)
    escaped = None
    if "#" in spec.flags and spec.kind != "w":  # %#q escapes backslashes in any case
        escaped = text.translate(_UNISTR_ESCAPES) if spec.kind == "q" else escaped_controls(text)
    text = (text if escaped is None else escaped).replace(quote, quote * 2)
    if spec.kind == "Q" and value is not None:
        text = f"'{text}'" if escaped is None else f"unistr('{text}')"
    return _padded(text, spec, None if "!" in spec.flags else len(text.encode("utf-8", "surrogateescape")))


def _character(spec: _Spec, args: Iterator[Any]) -> str:
    value = next(args, None)
    character = ("" if value is None else first_characters(_c_text(value), 1)) or "\0"
    count = spec.precision if spec.precision is not None and spec.precision > 1 else 1
    _refuse_size(count * len(character.encode("utf-8", "surrogateescape")))
    width = spec.width or 0
    # What repeats it puts the spaces in front of all; the last one alone has a width that stray bytes make larger.
    before = max(width - count, 0) if count > 1 and "-" not in spec.flags else 0
    used = width if before else count - 1
    return " " * before + character * (count - 1) + _padded(character, spec, width_of(character) + used)


def _percent(spec: _Spec, args: Iterator[Any]) -> str:
    return _padded("%", spec)


def _nothing(spec: _Spec, args: Iterator[Any]) -> str:
    return ""


_KINDS: dict[str, Callable[[_Spec, Iterator[Any]], str]] = {
    **dict.fromkeys("diuxXopr", _integer),
    **dict.fromkeys("fFeEgG", _real),
    **dict.fromkeys("sz", _text),
    **dict.fromkeys("qQw", _quoted),
    **dict.fromkeys("jJ", _json_quoted),
    "c": _character,
    "%": _percent,
    "n": _nothing,
}
