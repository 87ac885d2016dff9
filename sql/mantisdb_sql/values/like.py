"""LIKE and GLOB: patterns as compiled matchers (https://www.sqlite.org/lang_expr.html, section 5).

A pattern becomes a regular expression, and the matcher is that expression's own bound ``match`` method,
so that a call from generated code stays in C. What SQLite does and regular expressions do not by
themselves:

- LIKE folds the 26 ASCII letters only: re.IGNORECASE with re.ASCII does exactly this.
- A BLOB, as pattern or as subject, matches nothing, not even NULL.
- A text ends at its first NUL character, the pattern's and the subject's.
- A wildcard for any run never needs to be tried again once the literal after it has been found at the
  earliest place: atomic groups keep matching linear in the number of runs.
- ``[`` in GLOB that is never closed matches nothing; so does an escape character at the end of a LIKE
pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.broken_text import is_broken, split_characters
from mantisdb_sql.values.rules import text_of

__all__ = [
    "contains_needle",
    "glob",
    "glob_matcher",
    "like",
    "like_escaped",
    "like_matcher",
    "like_matcher_escaped",
    "literal_prefix",
    "matches",
    "prefix_ends",
    "prefix_in_lower_case",
    "required_text",
    "short_pattern",
]

Matcher = Callable[[str], Any]
_MAX_PATTERN_BYTES = 50000
_ANY_RUN, _ANY_ONE = object(), object()
_ASCII_RUN = re.compile(r"[\x01-$&-^`-\x7f]+")  # neither % nor _
_LAST_CHARACTER = 0x10FFFF
_NOTHING = re.compile(r"(?!)")


@lru_cache(maxsize=512)
def _like_matcher(pattern: str, escape: str | None, case_sensitive: bool) -> Matcher:
    flags = re.DOTALL if case_sensitive else re.DOTALL | re.IGNORECASE | re.ASCII
    return _compile(_like_tokens(_checked(pattern), escape), flags)


@lru_cache(maxsize=512)
def _glob_matcher(pattern: str) -> Matcher:
    return _compile(_glob_tokens(_checked(pattern)), re.DOTALL)


def like_matcher(pattern: Any, case_sensitive: bool = False) -> Matcher | None:
    """A function of a TEXT subject, truthy where it is LIKE the pattern; None where the pattern is NULL."""
    if pattern is None:
        return None
    return _NOTHING.match if pattern.__class__ is bytes else _like_matcher(text_of(pattern), None, case_sensitive)


def like_matcher_escaped(pattern: Any, escape: Any, case_sensitive: bool = False) -> Matcher | None:
    """As :func:`like_matcher` where ESCAPE is written: a NULL there makes the result NULL."""
    if pattern.__class__ is bytes:
        return _NOTHING.match
    if escape is None:
        return None
    character = _escape_character(escape)
    return None if pattern is None else _like_matcher(text_of(pattern), character, case_sensitive)


def glob_matcher(pattern: Any) -> Matcher | None:
    """A function of a TEXT subject, truthy where it matches the GLOB pattern; None where that is NULL."""
    if pattern is None:
        return None
    return _NOTHING.match if pattern.__class__ is bytes else _glob_matcher(text_of(pattern))


def matches(matcher: Matcher | None, pattern: Any, subject: Any) -> int | None:
    """The match of any two values: BLOBs match nothing, and that goes before NULL."""
    if subject.__class__ is bytes or pattern.__class__ is bytes:
        return 0
    if matcher is None or subject is None:
        return None
    return 1 if matcher(text_of(subject)) else 0


def like(pattern: Any, subject: Any) -> int | None:
    """The function like(pattern, subject)."""
    return matches(like_matcher(pattern), pattern, subject)


def like_escaped(pattern: Any, subject: Any, escape: Any) -> int | None:
    """The function like(pattern, subject, escape)."""
    if subject.__class__ is bytes:
        return 0
    return matches(like_matcher_escaped(pattern, escape), pattern, subject)


def glob(pattern: Any, subject: Any) -> int | None:
    """The function glob(pattern, subject)."""
    return matches(glob_matcher(pattern), pattern, subject)


def contains_needle(pattern: Any) -> str | None:
    """The text in lower case that a LIKE pattern ``%text%`` looks for; None for patterns of any other shape.

    An ASCII subject without NUL is LIKE the pattern where its lower case contains the needle.
    """
    if pattern.__class__ is not str or len(pattern) < 3 or pattern[0] != "%" or pattern[-1] != "%":
        return None
    inner: str = pattern[1:-1]
    if "%" in inner or "_" in inner or "\0" in inner or not inner.isascii():
        return None
    return inner.lower()


def required_text(pattern: Any) -> str:
    """A text that the lower case of every subject that is LIKE the pattern contains; it may be empty.

    ASCII characters in a row are lowered one by one, whatever stands around them. Patterns that do not begin
    with % have none: their matchers soon see where they fail.
    """
    if pattern.__class__ is not str or not pattern.startswith("%"):
        return ""
    return max(_ASCII_RUN.findall(pattern.partition("\0")[0]), key=len, default="").lower()


def prefix_in_lower_case(pattern: Any) -> str:
    """A text with which the lower case of every subject begins that is LIKE the pattern; it may be empty. ASCII, as the
    lower case of other characters may be longer, or another than LIKE knows."""
    found = _ASCII_RUN.match(pattern.partition("\0")[0]) if pattern.__class__ is str else None
    return found[0].lower() if found else ""


def literal_prefix(pattern: Any, op: str, escape: Any = None) -> str:
    """The text with which every text begins that is LIKE or GLOB the pattern, letters of LIKE in any case."""
    if pattern.__class__ is not str or (escape is not None and (escape.__class__ is not str or len(escape) != 1)):
        return ""
    wildcards = "%_" if op == "LIKE" else "*?["
    found: list[str] = []
    characters = iter(pattern.partition("\0")[0])
    for character in characters:
        if character == escape:
            character = next(characters, "")
        elif character in wildcards:
            break
        found.append(character)
    return "".join(found)


def prefix_ends(pattern: Any, op: str, escape: Any, key: Callable[[Any], Any] | None) -> tuple[Any, Any]:
    """Between which keys all texts are that can match: the first included, the second not."""
    prefix = literal_prefix(pattern, op, escape)
    if key is not None:
        prefix = key(prefix)
    if not prefix or ord(prefix[-1]) >= _LAST_CHARACTER:
        return prefix, b""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)


def short_pattern(pattern: Any, limit_bytes: int) -> Any:
    """A pattern, unless it is longer than the connection allows."""
    if pattern is not None and len(text_of(pattern).encode("utf-8", "surrogateescape")) > limit_bytes:
        raise SqlError("LIKE or GLOB pattern too complex")
    return pattern


def _checked(pattern: str) -> str:
    if len(pattern) * 4 > _MAX_PATTERN_BYTES and len(pattern.encode("utf-8", "surrogateescape")) > _MAX_PATTERN_BYTES:
        raise SqlError("LIKE or GLOB pattern too complex")
    return pattern.partition("\0")[0]


def _escape_character(escape: Any) -> str:
    text = text_of(escape).partition("\0")[0]
    if len(text) != 1 and not (is_broken(text) and len(split_characters(text)) == 1):
        raise SqlError("ESCAPE expression must be a single character")
    return text[0]


# --------------------------------------------------------------------------------- patterns to expressions


def _like_tokens(pattern: str, escape: str | None) -> list[object] | None:
    """Literal pieces as regular expressions, and wildcards; None where nothing can match."""
    tokens: list[object] = []
    characters = iter(pattern)
    for character in characters:
        if character == escape:
            escaped = next(characters, None)
            if escaped is None:
                return None
            tokens.append(re.escape(escaped))
        elif character == "%":
            tokens.append(_ANY_RUN)
        elif character == "_":
            tokens.append(_ANY_ONE)
        else:
            tokens.append(re.escape(character))
    return tokens


def _glob_tokens(pattern: str) -> list[object] | None:
    tokens: list[object] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            tokens.append(_ANY_RUN)
        elif character == "?":
            tokens.append(_ANY_ONE)
        elif character == "[":
            found = _glob_set(pattern, at)
            if found is None:
                return None
            expression, at = found
            tokens.append(expression)
        else:
            tokens.append(re.escape(character))
    return tokens


def _glob_set(pattern: str, at: int) -> tuple[str, int] | None:
    """The set that starts after ``[``: its regular expression and where the pattern goes on."""
    inverted = pattern[at : at + 1] == "^"
    at += inverted
    members: list[tuple[str, str]] = []
    if pattern[at : at + 1] == "]":
        members.append(("]", "]"))
        at += 1
    previous = ""
    while at < len(pattern) and pattern[at] != "]":
        if pattern[at] == "-" and previous and pattern[at + 1 : at + 2] not in ("]", ""):
            members.append((previous, pattern[at + 1]))
            previous = ""
            at += 2
        else:
            previous = pattern[at]
            members.append((previous, previous))
            at += 1
    if at >= len(pattern):
        return None
    body = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in members if low <= high)
    if inverted:
        return f"[^{body}\\0]", at + 1
    return f"[{body}]" if body else "(?!)", at + 1


def _compile(tokens: list[object] | None, flags: int) -> Matcher:
    if tokens is None:
        return _NOTHING.match
    runs: list[list[str]] = [[]]
    for token in tokens:
        if token is _ANY_RUN:
            runs.append([])
        else:
            runs[-1].append("[^\\0]" if token is _ANY_ONE else str(token))
    pieces = ["".join(run) for run in runs]
    end = r"(?=\0|\Z)"
    if len(pieces) == 1:
        return re.compile(pieces[0] + end, flags).match
    middle = "".join(f"(?>[^\\0]*?{piece})" for piece in pieces[1:-1] if piece)
    last = f"[^\\0]*{pieces[-1]}{end}" if pieces[-1] else ""
    return re.compile(pieces[0] + middle + last, flags).match
