"""Functions that become source text of their own instead of a call.

Some must (coalesce and iif do not evaluate what they do not need), others may where the arguments'
classes allow it. Each is ``f(emitter, args) -> source text or None``; the emitter is a
codegen.expressions.Emitter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mantisdb_sql.binding.bound import Column, Function, Literal
from mantisdb_sql.binding.effects import is_quiet_expression
from mantisdb_sql.functions.definition import ClassRule
from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii
from mantisdb_sql.values.storage import BLOB, INTEGER, NULL, NUMBER, REAL, SMALL, TEXT

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
    "json_array",
    "json_extract",
    "json_object",
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


def json_object(emitter: Emitter, args: list[Expr]) -> str | None:
    """json_object(label, x, …) with labels that are known."""
    labels = [arg.value for arg in args[::2] if isinstance(arg, Literal) and isinstance(arg.value, str)]
    if len(args) % 2 or not args or len(labels) < len(args) // 2:
        return None
    return _json_of(emitter, args[1::2], labels)


def json_array(emitter: Emitter, args: list[Expr]) -> str | None:
    """json_array(x, …)."""
    return _json_of(emitter, args, None) if args else None


def _json_of(emitter: Emitter, values: list[Expr], labels: list[str] | None) -> str | None:
    """An object, or without ``labels`` an array. Values that may fail are left to the call, which has them all computed
    before it looks at the first."""
    from mantisdb_sql.functions.json_arguments import json_string

    found = [_nested(emitter, value) or _json_value(emitter, value) for value in values]
    if not all(found):
        return None
    members = ["%s"] * len(values)
    if labels is not None:
        members = [f"{json_string(label)}:".replace("%", "%%") + "%s" for label in labels]
    text = ",".join(members)
    form = f"[{text}]" if labels is None else f"{{{text}}}"
    return f"({form!r} % ({', '.join(filter(None, found))},))"


def _nested(emitter: Emitter, value: Expr) -> str | None:
    """Text of an object or an array within."""
    from mantisdb_sql.functions.json_arguments import mark

    inner = value.args[0] if isinstance(value, Function) and value.definition.call is mark else None
    if not isinstance(inner, Function) or inner.definition.inline not in (json_object, json_array):
        return None
    return inner.definition.inline(emitter, inner.args)


def _json_value(emitter: Emitter, value: Expr) -> str | None:
    """Text of what ``%s`` makes JSON of a value; None if that may fail."""
    from mantisdb_sql.functions.json_arguments import as_json, json_string

    if not is_quiet_expression(value):
        return None
    classes = emitter.classes(value)
    if classes and not classes & ~INTEGER:
        return emitter.value(value)
    is_never_marked = isinstance(value, Column) and not value.json and not value.twin
    function = json_string if classes == TEXT and is_never_marked else as_json
    return f"{emitter.library(function)}({emitter.value(value)})"
