"""Bound expressions as Python source text.

:class:`Emitter` gives, for an expression of :mod:`mantisdb_sql.binding.bound`,

- ``value(e)``: the SQL value; conditions give 1, 0 or None;
- ``true(e)``: Python-truthy exactly where the condition is true;
- ``false(e)``: Python-truthy exactly where it is false. NOT is pushed inwards by De Morgan's laws, so
  filters need no three-valued logic at run time.

Every text is closed: a name, a literal, a call, a subscript, or in parentheses.

Class sets decide. Where the classes of both operands are of one kind, Python's operator is SQLite's; NULL
checks vanish where there is no NULL; integers are bounded by magnitude, so that sums that cannot leave 64
bits are not checked. Everything else calls a function of :mod:`mantisdb_sql.values.rules`.

Constants. An expression of literals only is computed here; one of literals and parameters is computed
once per execution, by a line that the context hoists (``prepared``), unless it might fail.

Operands. An operator with NULL gives NULL, and SQLite has evaluated its other operand by then, as well as both sides of
an AND whose value is asked for. What may fail, or calls a user's function, is evaluated ahead.

Size. Temporaries are walrus names ``w0, w1 …`` (a text with one may stand in a comprehension's condition
or element, not in its iterable: an emitter made with ``walrus=False`` wraps such texts in helper
functions). Expressions higher than 24 levels are cut into helper functions ``h0(…)``, so neither our
recursion nor Python's parser meets deep nesting.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.effects import is_noticed
from mantisdb_sql.binding.plan import queries_in
from mantisdb_sql.codegen.arithmetic import emit_binary, emit_cast, emit_unary
from mantisdb_sql.codegen.classes import children_of, infer_node, magnitude_of, refine
from mantisdb_sql.codegen.comparison import emit_between, emit_compare, emit_in_list
from mantisdb_sql.codegen.matching import emit_like
from mantisdb_sql.codegen.null_tests import is_constant, is_null
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.functions.dates import current_moment
from mantisdb_sql.limits import bounded
from mantisdb_sql.values import rules as values
from mantisdb_sql.values.collation import BUILT_IN, Collation
from mantisdb_sql.values.storage import ANY, BLOB, NULL, SMALL, TEXT

if TYPE_CHECKING:
    from mantisdb_sql.functions import FunctionRegistry

__all__ = ["Emitter", "ExpressionContext", "check_depth"]

MAX_DEPTH = 1000
_CUT_HEIGHT = 24
_MAX_BRANCHES = 20
_CHEAP = re.compile(r"-?[\w.]+(\[\d+\])?\Z")
_BUILTIN_NAMES = frozenset(dir(builtins))


class ExpressionContext:
    """Where an expression stands; a query generator overrides what it has.

    functions  the connection's functions and collations (None: only the built-in collations)
    """

    functions: FunctionRegistry | None = None

    def __init__(self) -> None:
        self.prelude: list[str] = []
        self._prepared: dict[str, str] = {}

    def column(self, node: bound.Column) -> str:
        """Text of a column of the current row; must be cheap to evaluate twice."""
        return f"r{node.source}[{node.position}]"

    def rowid(self, node: bound.Rowid) -> str:
        """Text of the current row's key; must be cheap to evaluate twice."""
        return f"k{node.source}"

    def parameter(self, node: bound.Parameter) -> str:
        """Text of a parameter; must be cheap to evaluate twice."""
        return f"p{node.index}"

    def prepared(self, text: str, source: Source) -> str:
        """A name for ``text``, which reads only parameters and globals: evaluated once per execution.

        Here it appends an assignment to ``prelude``; whoever builds the function puts these lines in front.
        """
        name = self._prepared.get(text)
        if name is None:
            name = self._prepared[text] = source.name("q")
            self.prelude.append(f"{name} = {text}")
        return name

    def subquery_value(self, node: bound.ScalarQuery) -> str:
        """Text of a scalar subquery's value."""
        raise NotSupported("a subquery here")

    def exists(self, node: bound.Exists) -> str:
        """Text that is truthy where the query has a row."""
        raise NotSupported("EXISTS here")

    def in_query(self, node: bound.InQuery, is_test: bool = False) -> str:
        """Text of the value 1, 0 or None of IN (query), ``negated`` taken into account; where it is to be a test, text
        that is truthy exactly where that is 1."""
        raise NotSupported("IN (SELECT …) here")


class Facts(NamedTuple):
    """What is known of a node: see Emitter._study."""

    node: Expr  # held, so that its id stays its own
    classes: int
    magnitude: int
    height: int
    constancy: int  # 2: literals only, 1: parameters too, 0: reads rows
    is_noticed: bool  # whether evaluating it may fail, or calls a user's function; not for what is in a subquery


class Emitter:
    """Turns expressions into source text for one function in the making."""

    def __init__(
        self, source: Source, context: ExpressionContext | None = None, *, walrus: bool = True
    ) -> None:
        self.source = source
        self.context = context if context is not None else ExpressionContext()
        self._walrus = walrus
        self._facts: dict[int, Facts] = {}
        self._cuts: dict[int, str] = {}
        self._in_constant = False

    # ---------------------------------------------------------------------------------------- public texts

    def value(self, e: Expr) -> str:
        """Text of the expression's value."""
        return self._entry(e, self._value)

    def true(self, e: Expr) -> str:
        """Text that is truthy exactly where the expression is true."""
        return self._entry(e, self._true)

    def false(self, e: Expr) -> str:
        """Text that is truthy exactly where the expression is false."""
        return self._entry(e, self._false)

    def classes(self, e: Expr) -> int:
        """The class set of an expression, never wider than ``e.classes``."""
        return self._known(e).classes

    def magnitude(self, e: Expr) -> int:
        """A bound on the absolute value where the expression is an INTEGER."""
        return self._known(e).magnitude

    def library(self, function: Callable[..., Any]) -> str:
        """The global name of a run-time function."""
        return self.source.constant(function, function.__name__)

    def _entry(self, e: Expr, emit: Callable[[Expr], str]) -> str:
        self._study(e)
        return self.fitting(emit(e))

    def fitting(self, text: str) -> str:
        """``text`` as this emitter's texts must be: in a helper function if it has a walrus that may not
        stand."""
        return text if self._walrus or ":=" not in text else self._cut(text)

    # -------------------------------------------------------------------------------------- facts, cutting

    def _known(self, e: Expr) -> Facts:
        facts = self._facts.get(id(e))
        if facts is None:
            self._study(e)
            facts = self._facts[id(e)]
        return facts

    def _study(self, root: Expr) -> None:
        """Find out the facts of all nodes, leaves first, and cut at every 24th level."""
        facts = self._facts
        stack = [root]
        while stack:
            node = stack[-1]
            if id(node) in facts:
                stack.pop()
                continue
            children = children_of(node)
            if not children:
                facts[id(node)] = _facts_of_leaf(node)
                stack.pop()
                continue
            unknown = [child for child in children if id(child) not in facts]
            if unknown:
                stack += unknown
                continue
            stack.pop()
            found = facts[id(node)] = _facts_of(node, [facts[id(child)] for child in children])
            if found.height >= _CUT_HEIGHT:
                self._cuts[id(node)] = self._cut(self._value(node))
                facts[id(node)] = found._replace(height=1)

    def _cut(self, text: str) -> str:
        """Move ``text`` into a helper function and give its call."""
        tree = ast.parse(text, mode="eval")
        read, made = [], set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Store):
                    made.add(node.id)
                elif node.id not in read:
                    read.append(node.id)
        namespace = self.source.namespace
        free = [n for n in read if n not in made and n not in namespace and n not in _BUILTIN_NAMES]
        name = self.source.name("h")
        arguments = ", ".join(free)
        exec(
            compile(f"def {name}({arguments}): return {text}", f"<mantisdb helper {name}>", "exec"), namespace
        )
        return f"{name}({arguments})"

    # ------------------------------------------------------------------------------------------- the three

    def _value(self, e: Expr) -> str:
        cut = self._cuts.get(id(e))
        if cut is not None:
            return cut
        return self._constant(e, _VALUES[e.__class__]) or _VALUES[e.__class__](self, e)

    def _true(self, e: Expr) -> str:
        emit = _TRUTHS.get(e.__class__)
        cut = self._cuts.get(id(e))
        if emit is None or cut is not None:
            return self._truth_of(cut or self._value(e), self.classes(e), True)
        return self._constant(e, emit, True) or emit(self, e, True)

    def _false(self, e: Expr) -> str:
        emit = _TRUTHS.get(e.__class__)
        cut = self._cuts.get(id(e))
        if emit is None or cut is not None:
            return self._truth_of(cut or self._value(e), self.classes(e), False)
        return self._constant(e, emit, False) or emit(self, e, False)

    def test(self, e: Expr, wanted: bool) -> str:
        """``true(e)`` or ``false(e)``, for emitters of parts."""
        return self._true(e) if wanted else self._false(e)

    def part(self, e: Expr) -> str:
        """``value(e)``, for emitters of parts."""
        return self._value(e)

    def _truth_of(self, text: str, classes: int, wanted: bool) -> str:
        if classes == NULL:
            return "False"
        if classes & (TEXT | BLOB):
            check = f"{self.library(values.truth)}({text})"
            return check if wanted else f"({check} is False)"
        if wanted:
            return text
        return f"({text} == 0)" if classes & NULL else f"(not {text})"

    def truth_value(self, e: Expr) -> str:
        """1, 0 or None: the expression as a condition."""
        if e.__class__ in _TRUTHS and e.__class__ is not bound.Case:
            return self._value(e)
        classes = self.classes(e)
        text = self._value(e)
        if classes & (TEXT | BLOB):
            return f"{self.library(truth_number)}({text})"
        return self.guarded([(text, bool(classes & NULL))], lambda a: f"(1 if {a} else 0)")

    # ------------------------------------------------------------------------------------------- constants

    def _constant(self, e: Expr, emit: Callable[..., str], *mode: bool) -> str | None:
        """Text of an expression that reads no row, computed here or hoisted; None for any other."""
        facts = self._facts.get(id(e))
        if facts is None or not facts.constancy or e.__class__ in _SIMPLE:
            return None
        if facts.constancy == 1 and self._in_constant:
            return None
        outer, self._in_constant = self._in_constant, True
        try:
            text = emit(self, e, *mode)
        finally:
            self._in_constant = outer
        if facts.constancy == 1:
            return text if _CHEAP.match(text) else self.context.prepared(text, self.source)
        try:
            result = eval(text, self.source.namespace, {})
        except SqlError:
            return None
        return str(bool(result)) if mode else self.literal(result)

    def hoisted(self, text: str, e: Expr) -> str:
        """``text``, a pure function of ``e``, computed as early as can be."""
        constancy = self._facts[id(e)].constancy
        if not constancy or (constancy == 1 and self._in_constant):
            return text
        if constancy == 2:
            return self.literal(eval(text, self.source.namespace, {}))
        return self.context.prepared(text, self.source)

    def is_known_at_start(self, e: Expr) -> bool:
        """Whether a value depends on parameters or the statement's time, and on nothing else."""
        facts = self._facts.get(id(e))
        return facts is not None and facts.constancy == 1 and not self._in_constant

    def literal(self, value: Any) -> str:
        """Text of a constant value."""
        kind = value.__class__
        if value is None or kind is int:
            return repr(value)
        if kind is float:
            return repr(value) if value - value == 0 else self.source.constant(value)
        if kind in (str, bytes) and len(value) <= 200:
            return repr(value)
        return self.source.constant(value)

    def is_literal(self, e: Expr) -> bool:
        """Whether the expression is a constant of the text."""
        return self._known(e).constancy == 2

    # ----------------------------------------------------------------------------------------- NULL guards

    def named(self, text: str) -> tuple[str, str]:
        """(text to evaluate first, text for later): the same where it is cheap, else through a temporary."""
        if _CHEAP.match(text) or is_constant(text):
            return text, text
        name = self.source.name("w")
        return f"({name} := {text})", name

    def guarded(self, parts: Iterable[tuple[str, bool]], body: Callable[..., str]) -> str:
        """``body`` of operands, or None where one marked True is NULL (those may be used repeatedly)."""
        checks, names = self._checks(parts, True)
        inner = body(*names)
        return f"(None if {' or '.join(checks)} else {inner})" if checks else inner

    def guarded_test(self, parts: Iterable[tuple[str, bool]], body: Callable[..., str]) -> str:
        """``body`` of operands, false where one of those marked True is NULL."""
        checks, names = self._checks(parts, False)
        inner = body(*names)
        return f"({' and '.join(checks)} and {inner})" if checks else inner

    def _checks(self, parts: Iterable[tuple[str, bool]], null: bool) -> tuple[list[str], list[str]]:
        checks, names = [], []
        for text, nullable in parts:
            if not nullable or is_constant(text):
                names.append(text)
                continue
            first, later = self.named(text)
            checks.append(is_null(first, null))
            names.append(later)
        return checks, names

    def is_noticed(self, e: Expr) -> bool:
        """Whether evaluating the expression may fail, or calls a function of the user's."""
        return self._known(e).is_noticed

    def ahead(
        self, operands: list[Expr], emit: Callable[[list[Expr]], str], read: Callable[[Expr], str] | None = None
    ) -> str:
        """``emit`` of the operands, those that are noticed evaluated before it, by ``read``."""
        firsts = []
        for i, operand in enumerate(operands):
            if self.is_noticed(operand):
                first, later = self.named((read or self._value)(operand))
                operands[i] = Text(later, self.classes(operand) if read is None else SMALL | NULL)
                if first != later:
                    firsts.append(first)
        inner = emit(operands)
        return f"({inner} if ({', '.join(firsts)},) else None)" if firsts else inner

    def all_evaluated(self, e: Any, fields: tuple[str, ...], emit: Callable[[Any], str]) -> str:
        """``emit`` of the node, where a NULL operand keeps no other that is noticed from being evaluated."""
        if not self.is_noticed(e):
            return emit(e)
        operands: list[Expr] = [getattr(e, field) for field in fields if getattr(e, field) is not None]
        nullable = [operand for operand in operands if self.classes(operand) & NULL]
        if not any(self.is_noticed(o) and any(n is not o for n in nullable) for o in operands) or any(
            isinstance(operand, bound.RowValue) for operand in operands
        ):
            return emit(e)
        return self.ahead(operands, lambda new: emit(replace(e, **dict(zip(fields, new, strict=False)))))

    def bound_once(self, text: str, body: Callable[[str], str]) -> str:
        """``body`` of a name for ``text``, evaluated first and once."""
        first, later = self.named(text)
        inner = body(later)
        return inner if first == later else f"({inner} if {first} is None or True else None)"

    # ----------------------------------------------------------------------------------- leaves and simple

    def _literal_node(self, e: bound.Literal) -> str:
        return self.literal(e.value)

    def _parameter(self, e: bound.Parameter) -> str:
        return self.context.parameter(e)

    def _column(self, e: bound.Column) -> str:
        return self.context.column(e)

    def _rowid(self, e: bound.Rowid) -> str:
        return self.context.rowid(e)

    def _whole_row(self, e: bound.WholeRow) -> str:
        return f"r{e.source}"

    def _text(self, e: Text) -> str:
        return e.text

    def _collate(self, e: bound.Collate) -> str:
        return self._value(e.operand)

    def _scalar_query(self, e: bound.ScalarQuery) -> str:
        return self.context.subquery_value(e)

    def _row_value(self, e: bound.RowValue) -> str:
        raise SqlError(e.misuse)

    def _boolean(self, e: Expr) -> str:
        """The value of a condition without NULL."""
        return f"(1 if {self._true(e)} else 0)"

    # ------------------------------------------------------------------------------------------ conditions

    def _exists(self, e: bound.Exists, wanted: bool) -> str:
        text = self.context.exists(e)
        return text if wanted else f"(not {text})"

    def _in_query_test(self, e: bound.InQuery, wanted: bool) -> str:
        if wanted:
            return self.context.in_query(e, is_test=True)
        return self._truth_of(self.context.in_query(e), NULL | 2, wanted)

    def _in_query(self, e: bound.InQuery) -> str:
        return self.context.in_query(e)

    def _is_null(self, e: bound.IsNull, wanted: bool) -> str:
        classes = self.classes(e.operand)
        if (not classes & NULL or classes == NULL) and not self.is_noticed(e.operand):
            return str((classes == NULL) is (wanted is not e.negated))
        return f"({is_null(self._value(e.operand), wanted is not e.negated)})"

    def _not(self, e: bound.Not, wanted: bool) -> str:
        return self._false(e.operand) if wanted else self._true(e.operand)

    def _not_value(self, e: bound.Not) -> str:
        is_junction = isinstance(e.operand, bound.And | bound.Or) and self.is_noticed(e.operand)
        if not self.classes(e.operand) & NULL and not is_junction:
            return f"(1 if {self._false(e.operand)} else 0)"
        return self.guarded([(self.truth_value(e.operand), True)], lambda a: f"(0 if {a} else 1)")

    def _and(self, e: bound.And, wanted: bool) -> str:
        if _is_decided(e):
            return str(not wanted)
        return f"({(' and ' if wanted else ' or ').join([self.test(term, wanted) for term in e.terms])})"

    def _or(self, e: bound.Or, wanted: bool) -> str:
        if _is_decided(e):
            return str(wanted)
        return f"({(' or ' if wanted else ' and ').join([self.test(term, wanted) for term in e.terms])})"

    def _junction_value(self, e: bound.And | bound.Or) -> str:
        decisive, other = (" == 0", (0, 1)) if isinstance(e, bound.And) else ("", (1, 0))
        if _is_decided(e):
            return str(other[0])
        if e.is_written and self.is_noticed(e):
            # SQLite skips a later term only if it has a subquery.
            waiting = [i for i, term in enumerate(e.terms) if i and next(queries_in(term), None) is not None]
            now = e.terms[: waiting[0]] if waiting else e.terms
            if any(map(self.is_noticed, now[1:])):
                return self.ahead(
                    list(now),
                    lambda terms: self._junction_value(replace(e, terms=[*terms, *e.terms[len(now) :]])),
                    self.truth_value,
                )
        if not any(self.classes(term) & NULL for term in e.terms):
            return self._boolean(e)
        firsts, unknown = [], []
        for term in e.terms:
            first, later = self.named(self.truth_value(term))
            firsts.append(first + decisive)
            if self.classes(term) & NULL:
                unknown.append(is_null(later))
        return f"({other[0]} if {' or '.join(firsts)} else None if {' or '.join(unknown)} else {other[1]})"

    def _case(self, e: bound.Case) -> str:
        return self._case_in(e, self._value, "None")

    def _case_test(self, e: bound.Case, wanted: bool) -> str:
        return self._case_in(e, lambda part: self.test(part, wanted), "False")

    def _case_in(self, e: bound.Case, emit: Callable[[Expr], str], missing: str) -> str:
        if e.base is None or not e.whens:
            return self._branches(e.whens, e.default, emit, missing)
        base = e.base
        classes = self.classes(base)

        def inner(name: str) -> str:
            stand_in = Text(text=name, classes=classes)
            whens = [(_replaced(condition, base, stand_in), value) for condition, value in e.whens]
            for condition, _ in whens:
                self._study(condition)
            return self._branches(whens, e.default, emit, missing)

        return self.bound_once(self._value(base), inner)

    def _branches(
        self, whens: list[tuple[Expr, Expr]], default: Expr | None, emit: Callable[[Expr], str], missing: str
    ) -> str:
        text = missing if default is None else emit(default)
        for i, (condition, value) in enumerate(reversed(whens)):
            if i and i % _MAX_BRANCHES == 0:
                text = self._cut(f"({text})")
            text = f"{emit(value)} if {self._true(condition)} else {text}"
        return f"({text})"

    def conditional(self, pairs: list[tuple[Expr, Expr]], default: Expr | None) -> str:
        """The value of the first pair whose condition is true, else the default's."""
        return self._branches(pairs, default, self._value, "None")

    def first_not_null(self, args: list[Expr]) -> str | None:
        """The first value that is not NULL."""
        if len(args) > _MAX_BRANCHES:
            return None
        text = ""
        for arg in reversed(args):
            mine = self._value(arg)
            if not text or not self.classes(arg) & NULL:
                text = mine
                continue
            first, later = self.named(mine)
            text = f"({later} if {is_null(first, False)} else {text})"
        return text

    # ------------------------------------------------------------------------------------------- functions

    def collation(self, name: str) -> Collation:
        """The collation called ``name``."""
        functions = self.context.functions
        return functions.collation(name) if functions is not None else BUILT_IN[name]

    def _function(self, e: bound.Function) -> str:
        definition = e.definition
        if definition.inline is not None:
            text = definition.inline(self, e.args)
            if text is not None:
                return text
        assert definition.call is not None, f"{definition.name}() is no scalar function"
        args = [self._value(arg) for arg in e.args]
        if definition.takes_key:
            collation = self.collation(e.using)
            args.insert(0, "None" if collation.name == "BINARY" else self.source.constant(collation.key))
        if definition.takes_now:
            args.insert(0, self.context.prepared(f"{self.library(current_moment)}()", self.source))
        return f"{self.source.constant(definition.call)}({', '.join(args)})"

    def _aggregate(self, e: bound.Aggregate) -> str:
        raise SqlError(f"misuse of aggregate function {e.definition.name.upper()}()")

    # ------------------------------------------------------------------------------------- parts elsewhere

    def _unary(self, e: bound.Unary) -> str:
        return emit_unary(self, e)

    def _binary(self, e: bound.Binary) -> str:
        return self.all_evaluated(e, ("left", "right"), lambda e: emit_binary(self, e))

    def _cast(self, e: bound.Cast) -> str:
        return emit_cast(self, e)

    def _compare(self, e: bound.Compare, wanted: bool) -> str:
        return self.all_evaluated(e, ("left", "right"), lambda e: emit_compare(self, e, wanted))

    def _compare_value(self, e: bound.Compare) -> str:
        return self.all_evaluated(e, ("left", "right"), lambda e: emit_compare(self, e, None))

    def _between(self, e: bound.Between, wanted: bool) -> str:
        return emit_between(self, e, wanted)

    def _between_value(self, e: bound.Between) -> str:
        return emit_between(self, e, None)

    def _in_list(self, e: bound.InList, wanted: bool) -> str:
        return emit_in_list(self, e, wanted)

    def _in_list_value(self, e: bound.InList) -> str:
        return emit_in_list(self, e, None)

    def _like(self, e: bound.Like, wanted: bool) -> str:
        return self.all_evaluated(e, _OF_LIKE, lambda e: emit_like(self, e, wanted))

    def _like_value(self, e: bound.Like) -> str:
        return self.all_evaluated(e, _OF_LIKE, lambda e: emit_like(self, e, None))


class Text(Expr):
    """Source text in the place of an expression that has been evaluated already."""

    __slots__ = ("text",)

    def __init__(self, text: str, classes: int = ANY) -> None:
        super().__init__(classes=classes)
        self.text = text


def stand_in(text: str, classes: int) -> Text:
    """An expression whose text is known."""
    return Text(text, classes)


def truth_number(value: Any) -> int | None:
    """A value as a condition: 1, 0 or NULL."""
    known = values.truth(value)
    return None if known is None else 1 if known else 0


def _is_decided(e: bound.And | bound.Or) -> bool:
    """Whether a term is a number that decides: then SQLite does not evaluate the others."""
    decisive = isinstance(e, bound.Or)
    return any(
        isinstance(term, bound.Literal) and term.value.__class__ is int and bool(term.value) is decisive
        for term in e.terms
    )


def check_depth(root: Expr) -> None:
    """SQLite's error for more than 1000 levels; chains of AND and OR count a level per term."""
    heights: dict[int, int] = {}
    stack: list[tuple[Expr, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        below = list(children_of(node))
        if not ready:
            stack.append((node, True))
            stack.extend((child, False) for child in below)
            continue
        height = heights[id(below[0])] if below else 0
        if isinstance(node, bound.And | bound.Or):
            for child in below[1:]:
                height = max(height, heights[id(child)]) + 1
        else:
            height = max((heights[id(child)] for child in below), default=0) + 1
        heights[id(node)] = height
        if height > MAX_DEPTH:
            raise SqlError(f"Expression tree is too large (maximum depth {MAX_DEPTH})")


def _replaced(condition: Expr, old: Expr, new: Expr) -> Expr:
    """A CASE's comparison with its base replaced by a name."""
    if isinstance(condition, bound.Compare) and condition.left is old:
        return bound.Compare(
            op=condition.op,
            left=new,
            right=condition.right,
            left_affinity=condition.left_affinity,
            right_affinity=condition.right_affinity,
            using=condition.using,
            classes=condition.classes,
        )
    return condition


_SIMPLE = frozenset({bound.Literal, bound.Parameter, bound.Collate, Text})
_PURE = frozenset(
    {
        bound.Literal,
        bound.Parameter,
        bound.Unary,
        bound.Binary,
        bound.Compare,
        bound.Not,
        bound.And,
        bound.Or,
        bound.IsNull,
        bound.Between,
        bound.Cast,
        bound.Collate,
        bound.Case,
    }
)


_FALLIBLE = ("->", "->>")


def _facts_of_leaf(node: Expr) -> Facts:
    """What is known of a node without children."""
    if node.__class__ in _OF_ROWS:
        return Facts(node, node.classes, magnitude_of(node, node.classes, ()), 1, 0, False)
    classes = node.classes & infer_node(node, ())
    noticed = node.__class__ not in _QUERIES and is_noticed(node)
    return Facts(node, classes, magnitude_of(node, classes, ()), 1, _constancy(node, []), noticed)


def _facts_of(node: Expr, below: list[Facts]) -> Facts:
    """What is known of a node, given what is known of its children."""
    kinds = [facts.classes for facts in below]
    magnitudes = [facts.magnitude for facts in below]
    classes = refine(node, node.classes & infer_node(node, kinds), kinds, magnitudes)
    height = 1 + max([facts.height for facts in below])
    noticed = node.__class__ not in _QUERIES and (is_noticed(node) or any(facts.is_noticed for facts in below))
    return Facts(
        node, classes, magnitude_of(node, classes, magnitudes), height, _constancy(node, below), noticed
    )


def _constancy(node: Expr, below: list[Facts]) -> int:
    kind = node.__class__
    if kind is bound.Parameter:
        return 1
    if kind is bound.Literal:
        return 2
    if isinstance(node, bound.Function):
        definition = node.definition
        if not definition.is_total:
            return 0
        return min([1 if definition.takes_now else 2, *[facts.constancy for facts in below]])
    if kind not in _PURE or not below:
        return 0
    constancy = min([facts.constancy for facts in below])
    if constancy == 1 and isinstance(node, bound.Binary) and node.op in _FALLIBLE:
        return 0
    return constancy


_OF_LIKE = ("operand", "pattern", "escape")
_OF_ROWS = frozenset((bound.Column, bound.Rowid, bound.WholeRow))
_QUERIES = frozenset((bound.ScalarQuery, bound.Exists, bound.InQuery))
_VALUES: dict[type, Callable[..., str]] = {
    bound.Literal: Emitter._literal_node,
    bound.Parameter: Emitter._parameter,
    bound.Column: Emitter._column,
    bound.Rowid: Emitter._rowid,
    bound.WholeRow: Emitter._whole_row,
    Text: Emitter._text,
    bound.Collate: Emitter._collate,
    bound.ScalarQuery: Emitter._scalar_query,
    bound.RowValue: Emitter._row_value,
    bound.Exists: Emitter._boolean,
    bound.IsNull: Emitter._boolean,
    bound.Not: Emitter._not_value,
    bound.And: Emitter._junction_value,
    bound.Or: Emitter._junction_value,
    bound.Case: Emitter._case,
    bound.Function: bounded(Emitter._function),
    bound.Aggregate: Emitter._aggregate,
    bound.Unary: Emitter._unary,
    bound.Binary: bounded(Emitter._binary),
    bound.Cast: Emitter._cast,
    bound.Compare: Emitter._compare_value,
    bound.Between: Emitter._between_value,
    bound.InList: Emitter._in_list_value,
    bound.Like: Emitter._like_value,
    bound.InQuery: Emitter._in_query,
}
_TRUTHS: dict[type, Callable[..., str]] = {
    bound.Exists: Emitter._exists,
    bound.InQuery: Emitter._in_query_test,
    bound.IsNull: Emitter._is_null,
    bound.Not: Emitter._not,
    bound.And: Emitter._and,
    bound.Or: Emitter._or,
    bound.Case: Emitter._case_test,
    bound.Compare: Emitter._compare,
    bound.Between: Emitter._between,
    bound.InList: Emitter._in_list,
    bound.Like: Emitter._like,
}
