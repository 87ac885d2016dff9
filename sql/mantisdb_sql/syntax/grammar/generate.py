"""Writes ``tables.py`` from ``sqlite.grammar``. Run: ``python -m mantisdb_sql.syntax.grammar.generate``."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mantisdb_sql.syntax.grammar.lalr import Tables, build_tables
from mantisdb_sql.syntax.grammar.notation import Grammar, read_grammar

HERE = Path(__file__).parent


def grammar_digest(text: str) -> str:
    """Identifies a grammar's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def render(text: str) -> str:
    """The source of ``tables.py`` for a grammar."""
    grammar = read_grammar(text)
    tables = build_tables(grammar)
    number = grammar.tokens | grammar.nonterminals
    spans = set(grammar.spans)
    rules = [
        (number[rule.lhs], len(rule.rhs), rule.action, rule.lhs in spans and isinstance(rule.action, str))
        for rule in grammar.rules
    ]
    return "\n".join(
        [
            '"""Parse tables. Generated from sqlite.grammar by generate.py: do not edit.',
            "",
            "STATES: for each state (its default, then pairs of a symbol and what it does); see parser.py.",
            '"""',
            "# ruff: noqa",
            f'GRAMMAR_SHA256 = "{grammar_digest(text)}"',
            f"TOKENS: dict[str, int] = {grammar.tokens!r}",
            f"KEYWORDS: dict[str, str] = {_keywords(grammar)!r}",
            f"FALLBACK: dict[str, str] = {grammar.fallback!r}",
            f"WILDCARD: str | None = {grammar.wildcard!r}",
            f"STATEMENT = {number[grammar.rules[0].rhs[0]]}  # what a whole text is reduced to",
            "# (left side, number of symbols, builder or position of the value, whether the node gets a span)",
            "RULES: tuple[tuple[int, int, str | int, bool], ...] = (",
            *(f"    {rule!r}," for rule in rules),
            ")",
            "STATES: tuple[tuple[int, ...], ...] = (",
            *(f"    {row!r}," for row in _rows(tables)),
            ")",
            "",
        ]
    )


def _keywords(grammar: Grammar) -> dict[str, str]:
    words = {name: name for name in grammar.tokens if name.isalpha() and name.isupper()}
    for name in [*grammar.classes, *grammar.words.values()]:
        words.pop(name, None)
    return words | grammar.words


def _rows(tables: Tables) -> list[tuple[int, ...]]:
    rows = []
    for actions, gotos, default in zip(tables.actions, tables.gotos, tables.defaults, strict=True):
        pairs = sorted(actions.items()) + sorted(gotos.items())
        rows.append((default, *(number for pair in pairs for number in pair)))
    return rows


def main() -> None:
    text = (HERE / "sqlite.grammar").read_text(encoding="utf-8")
    (HERE / "tables.py").write_text(render(text), encoding="utf-8")


if __name__ == "__main__":
    main()
