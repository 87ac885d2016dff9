"""The parser: tokens to sqlglot's AST, driven by the tables of :mod:`mantisdb_sql.syntax.grammar`.

A table-driven LALR(1) parser with an explicit stack, so no depth of nesting meets a recursion limit. It
accepts what SQLite accepts and stops at the token where SQLite stops, with SQLite's message: an LR parser never shifts
a token that cannot continue the text read so far, whatever the order of its reductions.

Each state is a :class:`_Row`: token or nonterminal -> next row (shift, goto) or rule tuple (reduce). A token
that a row does not name may be a keyword that falls back to a name there, or a wildcard, or take the row's
default; the row remembers what was found. When a rule is reduced, its builder (a function of
:mod:`mantisdb_sql.syntax.ast`, named in the grammar) gets the context and the values of the rule's symbols, and the
value it returns takes their place. The value of a token is its index. ``context.first`` is the index of the
first token of the rule, ``context.next`` that of the first token after it (the lookahead).

    parse_statement("SELECT 1; SELECT 2") -> ParsedStatement(node=Select(…), kind="SELECT", tail=9, …)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.ast import depth, expressions, queries, schema, statements
from mantisdb_sql.syntax.ast.context import Context
from mantisdb_sql.syntax.grammar import tables
from mantisdb_sql.syntax.lexer import END, ILLEGAL, LITERALS, SEMICOLON, Tokens

MAX_EXPRESSION_DEPTH = 1000
MAX_STACK = 2498  # SQLite's limit is 2,500 symbols, of which it uses a few more before the first expression
_SLICE = 64  # how many tokens are parsed between two looks at the stack


@dataclass(slots=True, eq=False)
class ParsedStatement:
    """One statement of a text.

    node            sqlglot's AST, see :mod:`mantisdb_sql.syntax.ast`; None for an empty text
    kind            "SELECT", "INSERT", "REPLACE", "CREATE TABLE", "BEGIN", …; "" for an empty text
    start, tail     the statement is ``sql[start:tail]``, with its semicolon; the next one starts at ``tail``
    parameters      the full name of each bind slot, None for ``?`` and for slots that ``?NNN`` jumps over
    literal_tokens  the indices of number and string tokens, in the order of the text
    tokens          the tokens
    """

    sql: str
    node: exp.Expr | None
    kind: str
    start: int
    tail: int
    parameters: tuple[str | None, ...]
    tokens: Tokens

    @property
    def literal_tokens(self) -> list[int]:
        """The indices of the number and string tokens, in the order of :func:`mantisdb_sql.syntax.lexer.shape`'s
        values."""
        return [i for i, kind in enumerate(self.tokens.kinds) if kind in LITERALS]

    @property
    def explained(self) -> exp.Expr | None:
        """The statement inside EXPLAIN, or else the statement."""
        if self.kind == "EXPLAIN" and self.node is not None:
            inner: exp.Expr = self.node.args["expression"]
            return inner
        return self.node


# ------------------------------------------------------------------------------------------------- the tables


class _Row(dict[int, Any]):
    """What a state does, by token and nonterminal; ``default`` is a rule or None."""

    __slots__ = ("default",)

    def __init__(self) -> None:
        self.default: _Rule | None = None

    def __missing__(self, token: int) -> _Row | _Rule | None:
        """What happens on a token that the state does not name: fall back, wildcard, default."""
        if token < 0:
            return self.default if token == END and self.default is not None else None
        action: _Row | _Rule | None
        fallback = _FALLBACK.get(token)
        if fallback is not None:
            action = self[fallback]
        elif _WILDCARD in self:
            action = self[_WILDCARD]
        else:
            action = self.default
        self[token] = action
        return action


# left side, number of symbols, builder or None, position of the passed-on value, whether to set a span
_Rule = tuple[int, int, Callable[..., Any] | None, int, bool]

_FALLBACK = {tables.TOKENS[a]: tables.TOKENS[b] for a, b in tables.FALLBACK.items()}
_WILDCARD = tables.TOKENS[tables.WILDCARD] if tables.WILDCARD else END


def _load_rules() -> list[_Rule]:
    builders: dict[str, Callable[..., Any]] = {}
    for module in (expressions, queries, schema, statements):
        builders.update(vars(module))
    return [
        (
            lhs,
            count,
            builders[action] if isinstance(action, str) else None,
            action - count if isinstance(action, int) else 0,
            spanned,
        )
        for lhs, count, action, spanned in tables.RULES
    ]


def _load_rows(rules: list[_Rule]) -> list[_Row]:
    rows = [_Row() for _ in tables.STATES]
    targets: list[_Row | _Rule | None] = [None, *rows[1:]]
    for row, (default, *pairs) in zip(rows, tables.STATES, strict=True):
        if default < 0:
            row.default = rules[~default]
        for symbol, target in zip(pairs[::2], pairs[1::2], strict=True):
            row[symbol] = rules[~target] if target < 0 else targets[target]
    return rows


_RULES = _load_rules()
_ROWS = _load_rows(_RULES)
_START = _ROWS[0]
_ACCEPTING = {id(row) for row in _ROWS if row.default is not None and row.default[0] == tables.STATEMENT}


def _load_short() -> dict[tuple[int, ...], Callable[..., exp.Expr]]:
    """The builders of savepoint statements by the kinds of their tokens, without the semicolon."""
    savepoint, release, rollback, to, name = (tables.TOKENS[word] for word in _SHORT_WORDS)
    return {
        (savepoint, name): statements.savepoint,
        (release, name): lambda c, word, name: statements.release(c, word, None, name),
        (release, savepoint, name): statements.release,
        (rollback, to, name): lambda c, word, to, name: statements.rollback_to(c, word, None, to, None, name),
        (rollback, to, savepoint, name): lambda c, word, to, savepoint, name: statements.rollback_to(
            c, word, None, to, savepoint, name
        ),
    }


_SHORT_WORDS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "TO", "ID")
_SHORT = _load_short()
"""What programs make up new names for all the time, around each piece of work: it needs no automaton."""
_SHORT_SIZE = 5


# ------------------------------------------------------------------------------------------------- the driver


def parse_statement(sql: str, offset: int = 0) -> ParsedStatement:
    """The first statement of ``sql`` from ``offset`` on; SqlError with SQLite's message where it is broken."""
    tokens = Tokens(sql, offset)
    while tokens.kinds[0] == SEMICOLON:
        tokens = Tokens(sql, tokens.offsets[-1])
    if tokens.kinds[0] == END:
        return ParsedStatement(sql, None, "", tokens.offsets[1], len(sql), (), tokens)
    context = Context(tokens)
    size = len(tokens.kinds) - 1
    short = _SHORT.get(tuple(tokens.kinds[:size])) if size < _SHORT_SIZE else None
    node = _run(context, tokens) if short is None else _with_span(short(context, *range(size)), context)
    if len(tokens.kinds) > MAX_EXPRESSION_DEPTH:
        depth.check(node, MAX_EXPRESSION_DEPTH)
    tail = tokens.offsets[-1]
    return ParsedStatement(
        sql, node, statements.kind(node), tokens.offsets[1], tail, context.parameters(), tokens
    )


def _run(context: Context, tokens: Tokens) -> exp.Expr:
    """Parses until a statement is complete; the tokens are read up to one semicolon at a time."""
    rows: list[_Row] = [_START]
    values: list[Any] = []
    starts: list[int] = []
    position = 0
    while True:
        kinds = tokens.kinds
        if kinds[-1] == END:
            kinds[-1] = SEMICOLON  # the end of the text ends a statement
        try:
            while position < len(kinds):
                room = MAX_STACK - len(rows)
                if room < 0:
                    context.next = position
                    raise SqlError("Recursion limit")
                stop = min(len(kinds), position + (_SLICE if room > _SLICE else 1))
                _advance(context, rows, values, starts, kinds, position, stop)
                position = stop
        except SqlError:
            if _is_refused(rows, kinds[context.next]):
                raise _error(context, context.next) from None
            raise
        if id(rows[-1]) in _ACCEPTING:
            return _finish(context, rows, values, starts)
        if tokens.is_all:
            raise SqlError("incomplete input")
        tokens.more()


def _advance(
    context: Context,
    rows: list[_Row],
    values: list[Any],
    starts: list[int],
    kinds: list[int],
    start: int,
    stop: int,
) -> None:
    """Shifts the tokens start … stop - 1, with the reductions that come before each."""
    row = rows[-1]
    offsets = context.offsets
    for position in range(start, stop):
        kind = kinds[position]
        action = row[kind]
        if action.__class__ is tuple:
            context.next = position
            while action.__class__ is tuple:
                lhs, count, build, pick, spanned = action
                if count == 0:
                    values.append(None if build is None else build(context))
                    starts.append(position)
                    row = row[lhs]
                    rows.append(row)
                    action = row[kind]
                    continue
                if build is None:
                    value = values[pick]
                    first = starts[-count]
                else:
                    context.first = first = starts[-count]
                    value = build(context, *values[-count:])
                    if spanned:
                        meta = value._meta
                        if meta is None:
                            value._meta = {"span": (offsets[2 * first + 1], offsets[2 * position])}
                        else:
                            meta["span"] = (offsets[2 * first + 1], offsets[2 * position])
                if count == 1:
                    values[-1] = value
                    row = rows[-2][lhs]
                    rows[-1] = row
                else:
                    values[-count:] = (value,)
                    starts[-count:] = (first,)
                    row = rows[-1 - count][lhs]
                    rows[-count:] = (row,)
                action = row[kind]
        if action is None:
            context.next = position
            raise _error(context, position)
        row = action
        rows.append(row)
        values.append(position)
        starts.append(position)


def _is_refused(rows: list[_Row], kind: int) -> bool:
    """Whether the token at hand is a syntax error: that wins over an error of a builder that ran before it."""
    rows = list(rows)
    action = rows[-1][kind]
    while action.__class__ is tuple:
        lhs, count = action[:2]
        del rows[len(rows) - count :]
        rows.append(rows[-1][lhs])
        action = rows[-1][kind]
    return action is None


def _finish(context: Context, rows: list[_Row], values: list[Any], starts: list[int]) -> exp.Expr:
    """Reduces ``[EXPLAIN …] command ';'``, which is all that is on the stack."""
    rule = rows[-1].default
    assert rule is not None and rule[1] == len(values)
    context.first = 0
    return _with_span(values[0] if rule[2] is None else rule[2](context, *values), context)


def _with_span(node: exp.Expr, context: Context) -> exp.Expr:
    """A whole statement, told where it stands."""
    end = context.offsets[2 * len(context.texts) - 2]
    if node._meta is None:
        node._meta = {}
    node._meta["span"] = (context.offsets[1], end)
    return node


def _error(context: Context, position: int) -> SqlError:
    text = context.texts[position]
    if context.kinds[position] == ILLEGAL:
        return SqlError(f'unrecognized token: "{text}"')
    return SqlError(f'near "{text}": syntax error') if text else SqlError("incomplete input")
