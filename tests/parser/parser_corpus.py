"""Statements of the shared corpora, and mutants of them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

_TOKEN = re.compile(
    r"""\s+|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|[\w$]+(?:\.\d+)?|[<>=!|-][<>=|]*|.""",
    re.DOTALL,
)


def sqllogictest_statements(text: str) -> Iterator[str]:
    """The statements and queries of a sqllogictest file."""
    for record in re.split(r"\n\s*\n", text):
        lines = record.split("\n")
        start = next((i for i, line in enumerate(lines) if line.startswith(("statement", "query"))), None)
        if start is None:
            continue
        body = lines[start + 1 :]
        if "----" in body:
            body = body[: body.index("----")]
        sql = "\n".join(body).strip()
        if sql:
            yield sql


def corpus_statements(shared: Path) -> list[str]:
    """Every distinct statement of the corpora, in a fixed order."""
    found: dict[str, None] = {}
    for path in sorted((shared / "corpus").rglob("*")):
        if path.is_file() and path.suffix != ".sql":
            found.update(dict.fromkeys(sqllogictest_statements(path.read_text("utf-8"))))
        elif path.is_file():
            pieces = re.split(r";[ \t]*\r?\n", path.read_text("utf-8-sig"))
            found.update(dict.fromkeys(piece.strip() for piece in pieces if piece.strip()))
    return list(found)


def statement_shape(sql: str) -> str:
    """A statement with its numbers and strings taken out: statements of one shape have alike mutants."""
    return re.sub(r"'[^']*'|\b\d+(?:\.\d+)?", "0", sql)


def mutants(sql: str, rng: random.Random, count: int) -> list[str]:
    """``count`` variants of a statement, each with one token deleted, doubled or swapped with the next."""
    tokens = _TOKEN.findall(sql)
    places = [i for i, token in enumerate(tokens) if not token.isspace()]
    return [_mutant(tokens, places, rng) for _ in range(count)]


def _mutant(tokens: list[str], places: list[int], rng: random.Random) -> str:
    changed = list(tokens)
    at = rng.randrange(len(places))
    place = places[at]
    kind = rng.choice(("delete", "double", "swap"))
    if kind == "delete":
        changed[place] = ""
    elif kind == "double":
        changed[place] = f"{tokens[place]} {tokens[place]}"
    else:
        other = places[(at + 1) % len(places)]
        changed[place], changed[other] = tokens[other], tokens[place]
    return "".join(changed)
