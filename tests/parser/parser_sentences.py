"""Random sentences of the grammar: derivations that stay short, with each rule taken at least once."""

from __future__ import annotations

import random
from pathlib import Path

from mantisdb_sql.syntax.grammar import generate
from mantisdb_sql.syntax.grammar.notation import Grammar, Rule, read_grammar

_TEXTS = {
    "ID": ("a", "b", '"c d"', "[e]", "`f`", "temp1", "x_1"),
    "STRING": ("'s'", "'it''s'", "''"),
    "INTEGER": ("1", "0", "42", "0x1F"),
    "FLOAT": ("1.5", ".5", "1e3", "2."),
    "QNUMBER": ("1_000", "0x1_F", "1_0.5"),
    "BLOB": ("x'00ff'", "X''"),
    "VARIABLE": ("?", "?3", ":v", "@v", "$v", "$v::w(q)"),
    "ANY": ("foo", "12", "'s'", "SELECT", "="),
}
_MARKS = {"=": ("=", "=="), "<>": ("<>", "!="), "->": ("->", "->>")}


def load_grammar() -> Grammar:
    """The grammar in the package."""
    path = Path(generate.__file__).parent / "sqlite.grammar"
    return read_grammar(path.read_text("utf-8"))


class Sentences:
    """Makes sentences of a grammar at random."""

    def __init__(self, grammar: Grammar, rng: random.Random) -> None:
        self.grammar = grammar
        self.rng = rng
        self.rules: dict[str, list[Rule]] = {}
        for rule in grammar.rules:
            self.rules.setdefault(rule.lhs, []).append(rule)
        self.words: dict[str, list[str]] = {}
        for word, token in grammar.words.items():
            self.words.setdefault(token, []).append(word)
        self.heights = self._heights()
        self.paths = self._paths()

    def _heights(self) -> dict[str, int]:
        """For each symbol the height of its lowest derivation."""
        heights = dict.fromkeys(self.grammar.tokens, 0)
        changed = True
        while changed:
            changed = False
            for rule in self.grammar.rules:
                if all(s in heights for s in rule.rhs):
                    height = 1 + max((heights[s] for s in rule.rhs), default=0)
                    if height < heights.get(rule.lhs, height + 1):
                        heights[rule.lhs] = height
                        changed = True
        return heights

    def _paths(self) -> dict[str, tuple[Rule, int]]:
        """For each nonterminal a rule and a position in it through which the start reaches it."""
        paths: dict[str, tuple[Rule, int]] = {}
        pending = [self.grammar.start]
        seen = set(pending)
        for symbol in pending:
            for rule in self.rules[symbol]:
                for i, s in enumerate(rule.rhs):
                    if s in self.rules and s not in seen:
                        seen.add(s)
                        paths[s] = (rule, i)
                        pending.append(s)
        return paths

    def using(self, rule: Rule, budget: int) -> str:
        """A sentence in which ``rule`` is taken."""
        text = self._expand(rule, budget)
        symbol = rule.lhs
        while symbol != self.grammar.start:
            outer, at = self.paths[symbol]
            parts = [text if i == at else self.derive(s, budget) for i, s in enumerate(outer.rhs)]
            text = " ".join(part for part in parts if part)
            symbol = outer.lhs
        return text

    def derive(self, symbol: str, budget: int) -> str:
        """A random derivation of a symbol that is at most about ``budget`` high."""
        if symbol in self.grammar.tokens:
            choices = _TEXTS.get(symbol) or _MARKS.get(symbol) or self.words.get(symbol) or (symbol,)
            return self.rng.choice(choices)
        rules = self.rules[symbol]
        fitting = [r for r in rules if all(self.heights[s] < budget for s in r.rhs)]
        if not fitting:
            fitting = [min(rules, key=lambda r: max((self.heights[s] for s in r.rhs), default=0))]
        return self._expand(self.rng.choice(fitting), budget)

    def _expand(self, rule: Rule, budget: int) -> str:
        parts = [self.derive(symbol, budget - 1) for symbol in rule.rhs]
        return " ".join(part for part in parts if part)
