"""LALR(1) tables: LR(0) states, lookaheads after DeRemer and Pennello (TOPLAS 4(4), 1982), then compression.

Compression shows in the language, because of fallback tokens. A state's most frequent reduction becomes its
*default*, taken for every token that the state does not name; and only a token that the state does not name
may fall back (a keyword taken for a name). So ``CREATE TABLE t(a int generated …)`` reads ``generated`` into
the type's name: all that the state after ``int`` could do with the keyword is its default reduction, but it
can shift a name. SQLite's parser generator works so too; the choice of the default (most frequent, then
first) is the same.

Reducing a rule ``x: y`` that builds nothing is skipped where possible: a transition into a state that does
only that leads straight to where ``x`` leads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from mantisdb_sql.syntax.grammar.notation import Grammar, Rule

Item = tuple[int, int]  # rule, position of the dot
Transition = tuple[int, int]  # state, nonterminal


@dataclass(slots=True)
class Tables:
    """For each state: ``actions`` of tokens (state > 0 to shift, ~rule < 0 to reduce, 0 error), ``gotos`` of
    nonterminals, ``defaults``: ~rule, or 0 where a token that the state does not name is an error."""

    actions: list[dict[int, int]] = field(default_factory=list)
    gotos: list[dict[int, int]] = field(default_factory=list)
    defaults: list[int] = field(default_factory=list)


class Automaton:
    """The LR(0) automaton of a grammar, with symbols as numbers."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        number = grammar.tokens | grammar.nonterminals
        self.token_count = len(grammar.tokens)
        self.rules = [(number[rule.lhs], tuple(number[s] for s in rule.rhs)) for rule in grammar.rules]
        self.start = next(i for i, rule in enumerate(grammar.rules) if rule.lhs == grammar.start)
        self.by_lhs: dict[int, list[int]] = {}
        for i, (lhs, _) in enumerate(self.rules):
            self.by_lhs.setdefault(lhs, []).append(i)
        self.nullable = self._nullable()
        self.kernels: list[tuple[Item, ...]] = []
        self.closures: list[list[Item]] = []
        self.moves: list[dict[int, int]] = []
        self._build()

    def _nullable(self) -> set[int]:
        nullable: set[int] = set()
        while True:
            more = {lhs for lhs, rhs in self.rules if lhs not in nullable and all(s in nullable for s in rhs)}
            if not more:
                return nullable
            nullable |= more

    def _closure(self, kernel: tuple[Item, ...]) -> list[Item]:
        items = list(kernel)
        seen: set[int] = set()
        for rule, dot in items:
            rhs = self.rules[rule][1]
            if dot < len(rhs) and rhs[dot] >= self.token_count and rhs[dot] not in seen:
                seen.add(rhs[dot])
                items += [(r, 0) for r in self.by_lhs[rhs[dot]]]
        return list(dict.fromkeys(items))

    def _build(self) -> None:
        numbers: dict[tuple[Item, ...], int] = {}

        def state_of(kernel: tuple[Item, ...]) -> int:
            if kernel not in numbers:
                numbers[kernel] = len(self.kernels)
                self.kernels.append(kernel)
            return numbers[kernel]

        state_of(((self.start, 0),))
        state = 0
        while state < len(self.kernels):
            closure = self._closure(self.kernels[state])
            targets: dict[int, list[Item]] = {}
            for rule, dot in closure:
                rhs = self.rules[rule][1]
                if dot < len(rhs):
                    targets.setdefault(rhs[dot], []).append((rule, dot + 1))
            self.closures.append(closure)
            self.moves.append({s: state_of(tuple(sorted(items))) for s, items in targets.items()})
            state += 1

    def walk(self, state: int, symbols: tuple[int, ...]) -> int:
        """The state that ``symbols`` lead to."""
        for symbol in symbols:
            state = self.moves[state][symbol]
        return state


def lookaheads(a: Automaton) -> dict[tuple[int, int], int]:
    """For each (state, rule) that can be reduced there: the tokens that may follow, as a bit mask."""
    transitions = [(p, s) for p, moves in enumerate(a.moves) for s in moves if s >= a.token_count]
    directly = dict.fromkeys(transitions, 0)
    reads: dict[Transition, list[Transition]] = {t: [] for t in transitions}
    includes: dict[Transition, list[Transition]] = {t: [] for t in transitions}
    lookback: dict[tuple[int, int], list[Transition]] = {}
    for p, symbol in transitions:
        after = a.moves[p][symbol]
        for s in a.moves[after]:
            if s < a.token_count:
                directly[p, symbol] |= 1 << s
            elif s in a.nullable:
                reads[p, symbol].append((after, s))
        for rule in a.by_lhs[symbol]:
            rhs = a.rules[rule][1]
            state = p
            for i, s in enumerate(rhs):
                if s >= a.token_count and all(x in a.nullable for x in rhs[i + 1 :]):
                    includes[state, s].append((p, symbol))
                state = a.moves[state][s]
            lookback.setdefault((state, rule), []).append((p, symbol))
    follow = _digraph(includes, _digraph(reads, directly))
    result: dict[tuple[int, int], int] = {}
    for key, sources in lookback.items():
        mask = 0
        for source in sources:
            mask |= follow[source]
        result[key] = mask
    return result


def _digraph(
    edges: dict[Transition, list[Transition]], initial: dict[Transition, int]
) -> dict[Transition, int]:
    """The least sets with ``set(x) ⊇ initial(x)`` and ``set(x) ⊇ set(y)`` for each edge x → y."""
    sets = dict(initial)
    users: dict[Transition, list[Transition]] = {}
    for x, targets in edges.items():
        for y in targets:
            users.setdefault(y, []).append(x)
    pending = [x for x in sets if sets[x]]
    while pending:
        y = pending.pop()
        mask = sets[y]
        for x in users.get(y, ()):
            if mask & ~sets[x]:
                sets[x] |= mask
                pending.append(x)
    return sets


def build_tables(grammar: Grammar) -> Tables:
    """The parse tables of a grammar; ValueError names every conflict that no precedence resolves."""
    automaton = Automaton(grammar)
    ahead = lookaheads(automaton)
    conflicts: list[str] = []
    tables = Tables()
    for state, closure in enumerate(automaton.closures):
        moves = automaton.moves[state]
        actions = {s: t for s, t in moves.items() if s < automaton.token_count}
        reductions = [rule for rule, dot in closure if dot == len(automaton.rules[rule][1])]
        for rule in reductions:
            for token in _bits(ahead.get((state, rule), 0)):
                _add_reduction(grammar, actions, token, rule, partial(_note_conflict, conflicts, state))
        tables.gotos.append({s: t for s, t in moves.items() if s >= automaton.token_count})
        ends = [rule for rule in reductions if not ahead.get((state, rule))]  # the whole text is read
        tables.defaults.append(~ends[0] if ends else _compress(grammar, actions))
        tables.actions.append(actions)
    if conflicts:
        raise ValueError("\n".join(conflicts))
    _skip_unit_rules(automaton, tables)
    return _without_unreachable(tables)


def _bits(mask: int) -> list[int]:
    return [i for i in range(mask.bit_length()) if mask >> i & 1]


def _rule_precedence(grammar: Grammar, rule: Rule) -> tuple[int, str] | None:
    if rule.precedence:
        return grammar.precedence[rule.precedence]
    return next((grammar.precedence[s] for s in rule.rhs if s in grammar.precedence), None)


def _note_conflict(conflicts: list[str], state: int, message: str) -> None:
    conflicts.append(f"{state}: {message}")


def _add_reduction(
    grammar: Grammar, actions: dict[int, int], token: int, rule: int, report: Callable[[str], None]
) -> None:
    """Enters a reduction; against a shift of the same token, precedence decides, then associativity."""
    names = list(grammar.tokens)
    name = names[token]
    mine = _rule_precedence(grammar, grammar.rules[rule])
    if token not in actions:
        actions[token] = ~rule
    elif actions[token] < 0:
        theirs = _rule_precedence(grammar, grammar.rules[~actions[token]])
        if mine is None or theirs is None or mine[0] == theirs[0]:
            report(f"on {name}: reduce {grammar.rules[rule]} or {grammar.rules[~actions[token]]}")
        elif mine[0] > theirs[0]:
            actions[token] = ~rule
    else:
        shift = grammar.precedence.get(name)
        if mine is None or shift is None:
            report(f"on {name}: shift or reduce {grammar.rules[rule]}")
        elif mine[0] > shift[0] or (mine[0] == shift[0] and shift[1] == "left"):
            actions[token] = ~rule
        elif mine[0] == shift[0] and shift[1] == "none":
            actions[token] = 0


def _compress(grammar: Grammar, actions: dict[int, int]) -> int:
    """Takes the most frequent reduction out of ``actions`` and returns it as the default."""
    if grammar.wildcard is not None and actions.get(grammar.tokens[grammar.wildcard], 0) > 0:
        return 0
    counts = Counter(action for _, action in sorted(actions.items()) if action < 0)
    if not counts:
        return 0
    default = counts.most_common(1)[0][0]
    for token in [token for token, action in actions.items() if action == default]:
        del actions[token]
    return default


def _skip_unit_rules(a: Automaton, tables: Tables) -> None:
    def unit(state: int) -> int | None:
        """The left side of the rule that is all this state does, if it builds nothing."""
        rule = ~tables.defaults[state]
        if tables.actions[state] or tables.gotos[state] or tables.defaults[state] == 0:
            return None
        single = len(a.rules[rule][1]) == 1 and a.grammar.rules[rule].action == 0 and rule != a.start
        return a.rules[rule][0] if single else None

    units = {state: lhs for state in range(len(a.kernels)) if (lhs := unit(state)) is not None}
    for state in range(len(a.kernels)):
        for table in (tables.gotos[state], tables.actions[state]):
            for symbol, target in list(table.items()):
                while target > 0 and target in units:
                    target = tables.gotos[state][units[target]]
                table[symbol] = target


def _without_unreachable(tables: Tables) -> Tables:
    """Renumbers the states that are left; state 0 stays the first."""
    order = [0]
    for state in order:
        for table in (tables.actions[state], tables.gotos[state]):
            order += [t for t in dict.fromkeys(table.values()) if t > 0 and t not in order]
    new = {state: i for i, state in enumerate(order)}

    def renumber(table: dict[int, int]) -> dict[int, int]:
        return {s: new[t] if t > 0 else t for s, t in table.items()}

    return Tables(
        [renumber(tables.actions[s]) for s in order],
        [renumber(tables.gotos[s]) for s in order],
        [tables.defaults[s] for s in order],
    )
