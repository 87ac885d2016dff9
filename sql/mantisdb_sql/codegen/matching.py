"""Source text of LIKE and GLOB.

Where the pattern reads no row, its matcher is made once per execution and hoisted. The matcher of a LIKE is
asked only about subjects whose lower case contains the longest piece of text in the pattern, which ``in``
finds out quicker; for patterns of the form ``%text%`` and an ASCII subject, that is the whole answer. Where a known
pattern begins or ends with text, the subject's first or last few characters are looked up among all spellings of it.

Where a scan reads nothing but the column, and few texts match, the piece of text is looked for in all texts of a leaf
at once: ``for b0 in batches_with(q1, column(t5, 3)) for r0_3 in b0 if q1 in r0_3.lower() and …``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.values import rules as values
from mantisdb_sql.values.like import (
    contains_needle,
    glob_matcher,
    like_matcher,
    like_matcher_escaped,
    matches,
    prefix_in_lower_case,
    required_text,
    short_pattern,
)
from mantisdb_sql.values.storage import BLOB, NULL, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.codegen.expressions import Emitter

__all__ = ["batches_with", "emit_like", "sought_text"]


def emit_like(emitter: Emitter, e: bound.Like, wanted: bool | None) -> str:
    """The match as a test for ``wanted``, or its value when that is None."""
    classes = emitter.classes(e.operand)
    fixed = all(isinstance(part, bound.Literal | bound.Parameter) for part in (e.pattern, e.escape) if part is not None)
    if (classes | emitter.classes(e.pattern)) & BLOB or not _is_sound_escape(e.escape):
        return _general(emitter, e, wanted)
    if any(emitter.classes(part) == NULL for part in (e.operand, e.pattern, e.escape) if part is not None):
        return "None" if wanted is None else "False"
    matcher = _matcher(emitter, e)
    if fixed:
        matcher = emitter.context.prepared(matcher, emitter.source)
    subject = (emitter.part(e.operand), bool(classes & NULL))
    if subject[0] == "None":
        return "None" if wanted is None else "False"
    nullable_matcher = not fixed and bool(
        emitter.classes(e.pattern) & NULL or (e.escape is not None and emitter.classes(e.escape) & NULL)
    )
    parts = [(matcher, nullable_matcher), subject]

    def found(m: str, x: str) -> str:
        if classes & ~(NULL | TEXT):
            x = f"{emitter.library(values.text_of)}({x})"
        ends = _by_ends(emitter, e, m, x)
        if ends is not None:
            return ends
        return _search(emitter, e, m, x) if fixed and _may_search(e) else f"{m}({x})"

    if wanted is None:
        hit, miss = ("0", "1") if e.negated else ("1", "0")
        return emitter.guarded(parts, lambda m, x: f"({hit} if {found(m, x)} else {miss})")
    if wanted is not e.negated:
        return emitter.guarded_test(parts, found)
    return emitter.guarded_test(parts, lambda m, x: f"(not {found(m, x)})")


def _general(emitter: Emitter, e: bound.Like, wanted: bool | None) -> str:
    """Where a BLOB may be about, or ESCAPE may be wrong, which is told before NULL is asked for: all through the
    run-time function."""
    first, later = emitter.named(emitter.part(e.pattern))
    subject, blob = emitter.part(e.operand), emitter.classes(e.operand) & BLOB
    again = subject
    if blob:
        subject, again = emitter.named(subject)
    text = f"{emitter.library(matches)}({_matcher(emitter, e, first)}, {later}, {again})"
    if blob:  # goes before a pattern that is wrong
        text = f"(0 if ({subject}).__class__ is bytes else {text})"
    if wanted is None:
        return emitter.guarded([(text, True)], lambda found: f"(1 - {found})") if e.negated else text
    return text if wanted is not e.negated else f"({text} == 0)"


def _is_sound_escape(escape: bound.Expr | None) -> bool:
    value = escape.value if isinstance(escape, bound.Literal) else None
    return escape is None or (isinstance(value, str) and len(value) == 1)


def _matcher(emitter: Emitter, e: bound.Like, pattern: str = "") -> str:
    pattern = pattern or emitter.part(e.pattern)
    functions = emitter.context.functions
    if functions is not None and functions.limits.is_lowered("pattern_length"):
        pattern = f"{emitter.library(short_pattern)}({pattern}, {functions.limits['pattern_length']})"
    if e.op == "GLOB":
        return f"{emitter.library(glob_matcher)}({pattern})"
    sensitive = ", True" if e.case_sensitive else ""
    if e.escape is None:
        return f"{emitter.library(like_matcher)}({pattern}{sensitive})"
    return f"{emitter.library(like_matcher_escaped)}({pattern}, {emitter.part(e.escape)}{sensitive})"


_MOST_LETTERS = 4


def _by_ends(emitter: Emitter, e: bound.Like, matcher: str, subject: str) -> str | None:
    """A look at the subject's first characters, or else its last ones, before the matcher is asked; None where the
    pattern is not known, or begins and ends with a wildcard."""
    pattern = e.pattern.value if isinstance(e.pattern, bound.Literal) else None
    if not isinstance(pattern, str) or "\0" in pattern or e.escape is not None or (e.case_sensitive and e.op == "LIKE"):
        return None
    wildcards = "*?[" if e.op == "GLOB" else "%_"
    head = re.split(f"[{re.escape(wildcards)}]", pattern, maxsplit=1)[0]
    first, later = emitter.named(subject)
    if head == pattern and e.op == "GLOB":
        return f"({first} == {emitter.literal(head)} or '\\0' in {later} and {matcher}({later}))"
    if head == pattern and len(head) <= _MOST_LETTERS:
        return f"({first} in {_spellings(emitter, e, head)} or '\\0' in {later} and {matcher}({later}))"
    if head:
        test, is_exact = _begins(emitter, e, head, first, later)
        enough = is_exact and pattern in (head + "%", head + "*")
        return f"({test})" if enough else f"({test} and {matcher}({later}))"
    tail = re.split("[%_]", pattern)[-1][-_MOST_LETTERS:]
    if not tail or e.op == "GLOB":
        return None
    # What ends at a NUL has its last characters elsewhere.
    test = f"({first}[-{len(tail)}:] in {_spellings(emitter, e, tail)} or '\\0' in {later})"
    return f"({test} and {matcher}({later}))"


def _begins(emitter: Emitter, e: bound.Like, head: str, first: str, later: str) -> tuple[str, bool]:
    """A test that holds where a subject begins with ``head``, and whether it holds nowhere else."""
    if e.op == "GLOB":
        return f"{first}[:{len(head)}] == {emitter.literal(head)}", True
    if len(head) <= _MOST_LETTERS:
        return f"{first}[:{len(head)}] in {_spellings(emitter, e, head)}", True
    text = prefix_in_lower_case(head)
    if len(text) <= _MOST_LETTERS:
        return f"{first}[:{_MOST_LETTERS}] in {_spellings(emitter, e, head[:_MOST_LETTERS])}", False
    test = f"{first}[:{len(text)}].lower() == {emitter.literal(text)}"
    if "k" in text:  # the Kelvin sign is the only other character whose lower case is an ASCII letter
        test += f" and {later}[:{len(text)}].isascii()"
    return test, len(text) == len(head)


def _spellings(emitter: Emitter, e: bound.Like, text: str) -> str:
    """The set of texts that are ``text`` to LIKE, which ignores the case of ASCII letters."""
    cases = [{c.lower(), c.upper()} if c.isascii() else {c} for c in text]
    return emitter.source.constant(frozenset(map("".join, product(*cases))))


def _may_search(e: bound.Like) -> bool:
    """Whether the subject's lower case may be searched before the matcher is asked."""
    if e.op != "LIKE" or e.escape is not None or e.case_sensitive:
        return False
    return isinstance(e.pattern, bound.Parameter) or (
        isinstance(e.pattern, bound.Literal) and required_text(e.pattern.value) != ""
    )


def sought_text(emitter: Emitter, e: bound.Like) -> str | None:
    """Text of what the lower case of every subject that matches contains, "" if that is not known; None elsewhere."""
    if e.negated or emitter.classes(e.operand) & ~(NULL | TEXT) or not _may_search(e):
        return None
    if isinstance(e.pattern, bound.Literal):
        return emitter.literal(required_text(e.pattern.value))
    if emitter.classes(e.pattern) != TEXT:
        return None
    return emitter.context.prepared(f"{emitter.library(required_text)}({emitter.part(e.pattern)})", emitter.source)


def batches_with(sought: str, batches: Iterable[Iterable[Any]]) -> Iterator[Iterable[Any]]:
    """Of lists of texts at least those in which a text's lower case contains ``sought``."""
    if not sought:
        yield from batches
        return
    for batch in batches:
        texts = batch if batch.__class__ is list else list(batch)
        try:
            found = sought in "\n".join(texts).lower()
        except TypeError:  # not all are texts
            found = True
        if found:
            yield texts


def _search(emitter: Emitter, e: bound.Like, matcher: str, subject: str) -> str:
    first, later = emitter.named(subject)
    enough = f"{later}.isascii() and '\\0' not in {later}"
    if isinstance(e.pattern, bound.Literal):
        needle = emitter.literal(required_text(e.pattern.value))
        if contains_needle(e.pattern.value) is None:
            return f"({needle} in {first}.lower() and {matcher}({later}))"
        return f"({needle} in {first}.lower() and ({enough} or {matcher}({later})))"
    pattern, prepared = emitter.part(e.pattern), emitter.context.prepared
    needle = prepared(f"{emitter.library(required_text)}({pattern})", emitter.source)
    contains = prepared(f"{emitter.library(contains_needle)}({pattern}) is not None", emitter.source)
    found = f"{needle} in {first}.lower() and ({contains} and {enough} or {matcher}({later}))"
    head = prepared(f"{emitter.library(prefix_in_lower_case)}({pattern})", emitter.source)
    begins = f"{first}[:{prepared(f'len({head})', emitter.source)}].lower() == {head}"
    return f"({found} if {needle} else {begins} and {matcher}({later}))"
