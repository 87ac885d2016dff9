"""Makes a failing script small: fewer statements, then smaller ones, as long as it fails in the same way.

Statements are dropped in ever smaller runs (delta debugging). A statement is then taken as a tree, of which
parentheses, commas, clause words and operators are the joints: a clause, an element of a list, an operand or an arm
of CASE is dropped, a group replaced by one of the groups inside it or by a constant. What is left is tried token by
token. Nothing here knows SQL well enough to be right: what does not fail in the same way any more is not kept.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Tokens = list[str]

TOKEN = re.compile(
    r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|/\*.*?\*/|[xX]'[0-9a-fA-F]*'|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|[?:@$]\w*|\w+|\|\||[<>=!]+|[^\w\s]|\s+"
)
CLAUSES = {
    "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "WINDOW", "FILTER", "UNION", "EXCEPT", "INTERSECT", "JOIN",
    "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL", "WITH", "PARTITION", "ROWS", "RANGE", "GROUPS", "EXCLUDE",
    "SELECT", "FROM", "ON", "USING", "WHEN", "THEN", "ELSE", "END", "ESCAPE", "COLLATE", "OVER", "NULLS", "DESC", "ASC",
    "VALUES", "DISTINCT", "AS", "DEFAULT", "UNIQUE", "NOT", "CHECK", "PRIMARY",
}  # fmt: skip
OPERATORS = {
    "AND", "OR", "+", "-", "*", "/", "%", "||", "=", "==", "<>", "!=", "<", ">", "<=", ">=", "&", "|", "IS", "IN",
    "LIKE", "GLOB", "BETWEEN", ",",
}  # fmt: skip


def drop_chunks(items: list[Item], attempt: Callable[[list[Item]], bool]) -> list[Item]:
    """Delta debugging: drop ever smaller runs of items while ``attempt`` of the rest holds."""
    size = max(len(items) // 2, 1)
    while items:
        start = 0
        while start < len(items):
            fewer = items[:start] + items[start + size :]
            if attempt(fewer):
                items = fewer
            else:
                start += size
        if size == 1:
            break
        size = max(size // 2, 1)
    return items


def shrink_text(text: str, attempt: Callable[[str], bool], deadline: float) -> str:
    """A shorter statement for which ``attempt`` holds, as it does for ``text``."""
    tokens, before = TOKEN.findall(text), 0
    while len(tokens) != before and time.monotonic() < deadline:
        before = len(tokens)
        tokens = _one_pass(tokens, attempt, deadline)
    return "".join(drop_chunks(tokens, lambda kept: attempt("".join(kept))))


def _one_pass(tokens: Tokens, attempt: Callable[[str], bool], deadline: float) -> Tokens:
    """Each part is tried once, the largest first; what could not go before is not tried again after a success."""
    tried: set[str] = set()
    most, found = len(tokens), True
    while found:
        found = False
        for removed, candidate in _smaller(tokens):
            joined = "".join(candidate)
            if removed > most or joined in tried:
                continue
            tried.add(joined)
            if attempt(joined):
                tokens, most, found = TOKEN.findall(joined), removed, True
                break
            if time.monotonic() > deadline:
                return tokens
    return tokens


def _smaller(tokens: Tokens) -> list[tuple[int, Tokens]]:
    """(number of tokens that went, variant with a part left out or replaced), the smallest variants first."""
    variants = [tokens[:start] + tokens[end:] for start, end in set(_cuts(tokens))]
    groups = _groups(tokens)
    for start, end in groups:
        variants += [
            tokens[:start] + tokens[inner_start:inner_end] + tokens[end:]
            for inner_start, inner_end in groups
            if start < inner_start and inner_end < end
        ]
        variants += [[*tokens[:start], constant, *tokens[end:]] for constant in ("1", "NULL")]
        before = start - 1
        if before >= 0 and tokens[before].isidentifier() and tokens[before].upper() not in CLAUSES | OPERATORS:
            variants += [tokens[:before] + tokens[start:end] + tokens[end:], [*tokens[:before], "1", *tokens[end:]]]
    for start, end in _cases(tokens):
        variants += [[*tokens[:start], *tokens[first:last], *tokens[end:]] for first, last in _arms(tokens, start, end)]
    smaller = [(len(tokens) - len(variant), variant) for variant in variants if len(variant) < len(tokens)]
    return sorted(smaller, key=lambda entry: -entry[0])


def _levels(tokens: Tokens) -> list[tuple[int, int]]:
    """(start, end) of the inside of each pair of parentheses, and of the whole."""
    return [(0, len(tokens)), *((start + 1, end - 1) for start, end in _groups(tokens))]


def _groups(tokens: Tokens) -> list[tuple[int, int]]:
    """(position of an opening parenthesis, position behind its closing one)."""
    found, open_positions = [], []
    for position, token in enumerate(tokens):
        if token == "(":
            open_positions.append(position)
        elif token == ")" and open_positions:
            found.append((open_positions.pop(), position + 1))
    return found


def _joints(tokens: Tokens, start: int, end: int) -> list[int]:
    """Positions of clause words and operators of one level."""
    depth, found = 0, [start]
    for position in range(start, end):
        word = tokens[position]
        depth += (word == "(") - (word == ")")
        if depth == 0 and (word.upper() in CLAUSES or word.upper() in OPERATORS):
            found.append(position)
    return [*found, end]


def _cuts(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Parts of each level between two joints, not too far apart: what may be left out."""
    for start, end in _levels(tokens):
        joints = _joints(tokens, start, end)
        for number, first in enumerate(joints):
            for last in joints[number + 1 : number + 7]:
                yield first, last
                if first < end and tokens[first].upper() in OPERATORS:
                    continue
                if last < end and tokens[last].upper() in OPERATORS:
                    yield first, last + 1
        for last in joints:
            yield start, last
            yield last, end


def _cases(tokens: Tokens) -> list[tuple[int, int]]:
    """(position of CASE, position behind its END)."""
    found, open_positions = [], []
    for position, token in enumerate(tokens):
        if token.upper() == "CASE":
            open_positions.append(position)
        elif token.upper() == "END" and open_positions:
            found.append((open_positions.pop(), position + 1))
    return found


def _arms(tokens: Tokens, start: int, end: int) -> Iterator[tuple[int, int]]:
    depth, last = 0, start + 1
    for position in range(start + 1, end):
        word = tokens[position].upper()
        depth += (word in ("(", "CASE")) - (word in (")", "END"))
        if depth <= 0 and word in ("WHEN", "THEN", "ELSE", "END"):
            if position > last:
                yield last, position
            last = position + 1
