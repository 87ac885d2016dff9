"""Functions that become source text of their own instead of a call.

Some must (coalesce and iif do not evaluate what they do not need), others may where the arguments'
classes allow it. Each is ``f(emitter, args) -> source text or None``; the emitter is a
codegen.expressions.Emitter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mantisdb_sql.binding.bound import Literal
from mantisdb_sql.functions.definition import ClassRule
from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii
from mantisdb_sql.values.storage import BLOB, NULL, NUMBER, REAL, SMALL, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.binding.bound import Expr
    from mantisdb_sql.codegen.expressions import Emitter

__all__ = [
    "ClassRule",
    "absolute",
    "choose",
    "coalesce",
    "first",
    "greatest",
    "json_extract",
    "least",
    "length",
    "lower",
    "rounded",
    "substring",
    "upper",
]

_FAR = 1_000_000


def coalesce(emitter: Emitter, args: list[Expr]) -> str | None:
    """coalesce(x, …) and ifnull(x, y)."""
    return emitter.first_not_null(args)


def choose(emitter: Emitter, args: list[Expr]) -> str | None:
    """iif(condition, value, …, default)."""
    pairs = [(args[i], args[i + 1]) for i in range(0, len(args) - 1, 2)]
    return emitter.conditional(pairs, args[-1] if len(args) % 2 else None)


def first(emitter: Emitter, args: list[Expr]) -> str | None:
    """likely(x) and its kin."""
    return emitter.value(args[0])


def absolute(emitter: Emitter, args: list[Expr]) -> str | None:
    """abs(x) of integers that have no overflow, and of REAL, where -0.0 stays what it is."""
    classes = emitter.classes(args[0])
    if classes == SMALL:
        return f"abs({emitter.value(args[0])})"
    if classes & ~(NULL | SMALL | REAL) or not classes & REAL:
        return None

    def body(text: str) -> str:
        first, later = emitter.named(text)
        return f"(-{later} if {first} < 0 else {later})"

    return _guarded(emitter, args, body)


def rounded(emitter: Emitter, args: list[Expr]) -> str | None:
    """round(x, places) of REAL to places that are known."""
    from mantisdb_sql.functions import scalar

    places = [arg.value for arg in args[1:] if isinstance(arg, Literal) and arg.value.__class__ is int]
    classes = emitter.classes(args[0])
    if len(places) < len(args) - 1 or classes & ~(NULL | REAL) or classes == NULL:
        return None
    function = emitter.source.constant(scalar.rounder(places[0] if places else 0))
    return _guarded(emitter, args[:1], lambda x: f"{function}({x})")


def substring(emitter: Emitter, args: list[Expr]) -> str | None:
    """substr(x, start, count) of texts, which mostly are ASCII and have no NUL, from a known place on."""
    from mantisdb_sql.functions import scalar

    places = [arg.value for arg in args[1:] if isinstance(arg, Literal) and arg.value.__class__ is int]
    if len(places) < len(args) - 1 or not 0 < places[0] <= _FAR or not 0 <= places[-1] <= _FAR:
        return None
    start, stop = places[0] - 1, places[0] - 1 + places[1] if len(places) > 1 else ""
    other = f"{emitter.library(scalar.substring)}({{0}}, {', '.join(map(str, places))})"
    return _of_text(emitter, args[0], f"{{0}}[{start}:{stop}] if {{1}}.isascii() and '\\0' not in {{0}} else {other}")


def greatest(emitter: Emitter, args: list[Expr]) -> str | None:
    """max(x, y) of numbers: of equal ones the first."""
    return _of_numbers(emitter, args, lambda x, y, first_x, first_y: f"({y} if {first_y} > {first_x} else {x})")


def least(emitter: Emitter, args: list[Expr]) -> str | None:
    """min(x, y) of numbers: of equal ones the last."""
    return _of_numbers(emitter, args, lambda x, y, first_x, first_y: f"({x} if {first_x} < {first_y} else {y})")


def _of_numbers(emitter: Emitter, args: list[Expr], form: Callable[[str, str, str, str], str]) -> str | None:
    """Two arguments in a form that takes how they are looked at later, and first; None where they may be no numbers."""
    classes = [emitter.classes(arg) for arg in args]
    if len(args) != 2 or any(found & ~(NULL | NUMBER) or found == NULL for found in classes):
        return None

    def body(x: str, y: str) -> str:
        (first_x, later_x), (first_y, later_y) = emitter.named(x), emitter.named(y)
        return form(later_x, later_y, first_x, first_y)

    return _guarded(emitter, args, body)


def length(emitter: Emitter, args: list[Expr]) -> str | None:
    """length(x) of BLOBs, and of texts, which mostly are ASCII and have no NUL."""
    from mantisdb_sql.functions import scalar

    if emitter.classes(args[0]) == BLOB:
        return f"len({emitter.value(args[0])})"
    other = emitter.library(scalar.length)
    return _of_text(emitter, args[0], f"len({{0}}) if {{1}}.isascii() and '\\0' not in {{0}} else {other}({{0}})")


def lower(emitter: Emitter, args: list[Expr]) -> str | None:
    """lower(x) of texts."""
    other = emitter.library(lower_ascii)
    return _of_text(emitter, args[0], f"{{0}}.lower() if {{1}}.isascii() else {other}({{0}})")


def upper(emitter: Emitter, args: list[Expr]) -> str | None:
    """upper(x) of texts."""
    other = emitter.library(upper_ascii)
    return _of_text(emitter, args[0], f"{{0}}.upper() if {{1}}.isascii() else {other}({{0}})")


def _of_text(emitter: Emitter, arg: Expr, form: str) -> str | None:
    """An argument in a form that looks at it at {1} first, later at {0}; None where it may be anything but TEXT."""
    classes = emitter.classes(arg)
    if classes & ~NULL != TEXT:
        return None

    def body(text: str) -> str:
        first, later = emitter.named(text)
        return f"({form.format(later, first)})"

    return _guarded(emitter, [arg], body)


def _guarded(emitter: Emitter, args: list[Expr], body: Callable[..., str]) -> str | None:
    """``body`` of arguments, NULL where one is; None where one is known to be NULL, of which Python may say that
    ``body`` makes no sense."""
    parts = [(emitter.value(arg), bool(emitter.classes(arg) & NULL)) for arg in args]
    return None if any(text == "None" for text, _ in parts) else emitter.guarded(parts, body)


def json_extract(emitter: Emitter, args: list[Expr]) -> str | None:
    """json_extract(x, path) with a path that is known."""
    from mantisdb_sql.functions.json_scalars import extractor

    if len(args) != 2 or not isinstance(args[1], Literal) or not isinstance(args[1].value, str):
        return None
    return f"{emitter.source.constant(extractor(args[1].value))}({emitter.value(args[0])})"
