"""Reads the notation of ``sqlite.grammar`` (explained at the top of that file) into a :class:`Grammar`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r"'[^']+'|=>|\[|\]|[:|]|%\w+|\w+\??")


@dataclass(slots=True)
class Rule:
    """``lhs: rhs``; ``action`` is a builder's name, or the 0-based position of the symbol whose value is
    passed on."""

    lhs: str
    rhs: tuple[str, ...]
    action: str | int
    precedence: str | None = None


@dataclass(slots=True)
class Grammar:
    """A grammar as written. ``tokens`` are numbered in the order in which the file first names them."""

    start: str = "start"
    rules: list[Rule] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=dict)
    nonterminals: dict[str, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # keyword -> its token, where they differ
    classes: list[str] = field(default_factory=list)  # tokens that are not keywords
    fallback: dict[str, str] = field(default_factory=dict)
    wildcard: str | None = None
    precedence: dict[str, tuple[int, str]] = field(default_factory=dict)  # token -> level, left|right|none
    spans: list[str] = field(default_factory=list)


def read_grammar(text: str) -> Grammar:
    """The grammar that ``text`` describes; ValueError where the notation is broken."""
    grammar = Grammar()
    body: list[str] = []
    for words in _logical_lines(text):
        if words[0].startswith("%"):
            _declare(grammar, words)
        else:
            body += words
    _read_rules(grammar, body)
    _number_symbols(grammar)
    return grammar


def _logical_lines(text: str) -> list[list[str]]:
    """The words of each line; an indented line continues a declaration, and rules run on anyway."""
    lines: list[list[str]] = []
    for line in text.split("\n"):
        words = _TOKEN.findall(re.sub(r"(^|\s)#.*", "", line))
        if not words:
            continue
        if line[0] == " " and lines:
            lines[-1] += words
        else:
            lines.append(words)
    return lines


def _declare(grammar: Grammar, words: list[str]) -> None:
    kind, names = words[0], [word.strip("'") for word in words[1:]]
    if kind in ("%left", "%right", "%none"):
        level = 1 + max((level for level, _ in grammar.precedence.values()), default=0)
        grammar.precedence.update((name, (level, kind[1:])) for name in names)
    elif kind == "%words":
        grammar.words.update((word, names[0]) for word in names[1:])
    elif kind == "%class":
        grammar.classes = names
    elif kind == "%fallback":
        grammar.fallback.update((name, names[0]) for name in names[1:])
    elif kind == "%wildcard":
        grammar.wildcard = names[0]
    elif kind == "%span":
        grammar.spans = names
    else:
        raise ValueError(f"unknown declaration {kind}")


def _read_rules(grammar: Grammar, words: list[str]) -> None:
    """Rules are ``name : symbols => action | …``: a name is a left side exactly if ':' follows it."""
    lhs = ""
    alternative: list[str] = []
    position = 0
    while position < len(words):
        if position + 1 < len(words) and words[position + 1] == ":":
            if lhs:
                _add_rule(grammar, lhs, alternative)
            lhs, alternative = words[position], []
            position += 2
        elif words[position] == "|":
            _add_rule(grammar, lhs, alternative)
            alternative = []
            position += 1
        else:
            alternative.append(words[position])
            position += 1
    _add_rule(grammar, lhs, alternative)


def _add_rule(grammar: Grammar, lhs: str, words: list[str]) -> None:
    action: str | int = 0
    precedence = None
    if "=>" in words:
        at = words.index("=>")
        name = words[at + 1]
        action = int(name) - 1 if name.isdigit() else name
        words = words[:at]
    if "[" in words:
        at = words.index("[")
        precedence = words[at + 2].strip("'")
        words = words[:at]
    rhs = [word for word in words if word != "nothing"]
    grammar.rules.append(Rule(lhs, tuple([_plain(grammar, word) for word in rhs]), action, precedence))


def _plain(grammar: Grammar, word: str) -> str:
    """The symbol; ``x?`` becomes the nonterminal ``x?`` with two rules of its own."""
    if not word.endswith("?"):
        return word.strip("'")
    if not any(rule.lhs == word for rule in grammar.rules):
        grammar.rules.append(Rule(word, (), 0))
        grammar.rules.append(Rule(word, (word[:-1],), 0))
    return word


def _number_symbols(grammar: Grammar) -> None:
    left_sides = dict.fromkeys(rule.lhs for rule in grammar.rules)
    names = dict.fromkeys([";", *grammar.precedence, *grammar.classes, *grammar.fallback])
    names.update(dict.fromkeys(s for rule in grammar.rules for s in rule.rhs if s not in left_sides))
    grammar.tokens = {name: number for number, name in enumerate(names)}
    grammar.nonterminals = {name: len(names) + number for number, name in enumerate(left_sides)}
    lost = [name for name in grammar.tokens if name.islower() and name.isalpha()]
    if lost:
        raise ValueError(f"no rules for {lost}")
