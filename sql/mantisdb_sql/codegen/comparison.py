"""Source text of comparisons: ``= <> < <= > >= IS IS NOT``, BETWEEN, IN (list).

After affinities are applied, the class sets of the sides decide: one kind against the same kind is
Python's operator, kinds that cannot meet are a constant, and a mixture calls
:func:`mantisdb_sql.values.rules.less`. Equality needs no such call: Python's ``==`` between different kinds is
false, and 1 == 1.0 is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.codegen.arithmetic import constant_divisor
from mantisdb_sql.codegen.null_tests import is_constant, is_null
from mantisdb_sql.values import rules as values
from mantisdb_sql.values.storage import BLOB, INTEGER, NULL, NUMBER, REAL, SMALL, TEXT, Affinity, class_of

if TYPE_CHECKING:
    from mantisdb_sql.codegen.expressions import Emitter

__all__ = ["compare_keyed", "emit_between", "emit_compare", "emit_in_list"]

_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "IS": "IS NOT", "IS NOT": "IS"}
_SWAPPED = {"<": ">", ">=": "<=", ">": "<", "<=": ">="}
_PYTHON = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "IS": "==", "IS NOT": "!="}


class Side(NamedTuple):
    """An operand after its affinity."""

    text: str
    classes: int

    @property
    def nullable(self) -> bool:
        return bool(self.classes & NULL)

    @property
    def kinds(self) -> tuple[int, ...]:
        """The ranks that the value can have: 1 number, 2 TEXT, 3 BLOB."""
        known = self.classes
        return tuple(rank for rank, bits in ((1, NUMBER), (2, TEXT), (3, BLOB)) if known & bits)


def compare_keyed(key: Callable[[Any], Any], a: Any, b: Any) -> int:
    """-1, 0 or 1 of values that are not NULL, TEXT by the key function."""
    if a.__class__ is str and b.__class__ is str:
        x, y = key(a), key(b)
        return -1 if x < y else int(y < x)
    return values.compare(a, b)


def compare_mixed(key: Callable[[Any], Any], a: Any, b: Any) -> int:
    """The same under TEXT affinity: beside TEXT a number is TEXT."""
    if a.__class__ is str:
        b = values.to_text(b)
    elif b.__class__ is str:
        a = values.to_text(a)
    return compare_keyed(key, a, b)


def side(emitter: Emitter, e: Expr, affinity: Affinity | None) -> Side:
    """The operand ``e`` with the affinity that the comparison applies."""
    classes = emitter.classes(e)
    text = emitter.fitting(emitter.part(e))
    if classes & NULL and text != "None" and emitter.is_literal(e):
        classes &= ~NULL  # a constant, computed by now
    if affinity is None or affinity is Affinity.BLOB:
        return Side(text, classes)
    if affinity is Affinity.TEXT:
        if not classes & NUMBER:
            return Side(text, classes)
        function = "str" if not classes & ~INTEGER else emitter.library(values.to_text)
        return Side(emitter.hoisted(f"{function}({text})", e), classes & ~NUMBER | TEXT)
    if affinity is Affinity.REAL:
        return Side(emitter.hoisted(f"{emitter.library(values.to_real)}({text})", e), classes & ~INTEGER | REAL)
    if not classes & TEXT:
        return Side(text, classes)
    if isinstance(e, bound.Literal):
        value = values.number_or_same(e.value)
        return Side(emitter.literal(value), class_of(value))
    return Side(
        emitter.hoisted(f"{emitter.library(values.number_or_same)}({text})", e), classes | INTEGER | REAL
    )


# --------------------------------------------------------------------------------------------- comparisons


def emit_compare(emitter: Emitter, e: bound.Compare, wanted: bool | None) -> str:
    """The comparison as a test for ``wanted``, or its value when that is None."""
    if wanted is not None and (test := _divisibility(emitter, e, wanted)) is not None:
        return test
    if e.is_mixed:
        return _compare_mixed(emitter, e, wanted)
    left, right = side(emitter, e.left, e.left_affinity), side(emitter, e.right, e.right_affinity)
    op = _OPPOSITE[e.op] if wanted is False else e.op
    left, right = _as_real(emitter, left, e.left, right), _as_real(emitter, right, e.right, left)
    operands = _Operands(left, right, e.left, e.right)
    return compare_sides(emitter, op, operands, e.using, value=wanted is None)


def _compare_mixed(emitter: Emitter, e: bound.Compare, wanted: bool | None) -> str:
    """A comparison whose sides are converted as the other one's value asks for."""
    left, right = side(emitter, e.left, None), side(emitter, e.right, None)
    op = _OPPOSITE[e.op] if wanted is False else e.op
    key = emitter.source.constant(emitter.collation(e.using).key)
    if op in ("IS", "IS NOT"):
        negation = "" if op == "IS" else "not "
        test = f"({negation}{emitter.library(identical_mixed)}({key}, {left.text}, {right.text}))"
        return f"(1 if {test} else 0)" if wanted is None else test
    call, python = emitter.library(compare_mixed), _PYTHON[op]
    parts = [(left.text, left.nullable), (right.text, right.nullable)]
    if wanted is None:
        return emitter.guarded(parts, lambda a, b: f"(1 if {call}({key}, {a}, {b}) {python} 0 else 0)")
    return emitter.guarded_test(parts, lambda a, b: f"({call}({key}, {a}, {b}) {python} 0)")


def _divisibility(emitter: Emitter, e: bound.Compare, wanted: bool) -> str | None:
    """``x % 7 = 0`` of an integer: the sign, which SQLite's remainder has of the dividend, does not matter."""
    division, zero = e.left, e.right
    if e.op not in ("=", "<>") or not isinstance(zero, bound.Literal) or zero.value.__class__ is not int or zero.value:
        return None
    if not isinstance(division, bound.Binary) or division.op != "%" or emitter.classes(division.left) & ~INTEGER:
        return None
    divisor = constant_divisor(division.right)
    if divisor is None:
        return None
    negation = "not " if (e.op == "=") is wanted else ""
    rest = f"% {divisor}" if divisor & (divisor - 1) else f"& {divisor - 1}"  # quicker, and of negative numbers as well
    return f"({negation}{emitter.part(division.left)} {rest})"


def _as_real(emitter: Emitter, own: Side, e: Expr, other: Side) -> Side:
    """A small integer that is compared with REALs as one of them: Python compares floats with each other much
    quicker than with integers."""
    if (
        own.classes == SMALL
        and other.classes & ~NULL == REAL
        and isinstance(e, bound.Literal | bound.Parameter)
    ):
        return Side(emitter.hoisted(f"float({own.text})", e), REAL)
    return own


class _Operands(NamedTuple):
    left: Side
    right: Side
    left_expr: Expr | None = None
    right_expr: Expr | None = None


def compare_sides(emitter: Emitter, op: str, operands: _Operands, using: str, *, value: bool) -> str:
    """``left op right`` as a value, or as a test that is false for NULL."""
    if op in ("IS", "IS NOT"):
        test = _identity(emitter, op, operands, using)
        return f"(1 if {test} else 0)" if value else test
    left, right = operands.left, operands.right
    if left.classes == NULL or right.classes == NULL:
        return "None" if value else "False"
    body = _body(emitter, op, operands, using)
    alike = op in ("=", "<>") or (len(left.kinds) == 1 and left.kinds == right.kinds)
    if alike and not value and using == "BINARY":
        left, right = _never_null(emitter, left, operands.left_expr), _never_null(emitter, right, operands.right_expr)
    parts = [(left.text, left.nullable), (right.text, right.nullable)]
    if value:
        return emitter.guarded(parts, lambda a, b: f"(1 if {body(a, b)} else 0)")
    if op == "=" and body is _plain_equal and not (left.nullable and right.nullable):
        return f"({left.text} == {right.text})"  # None equals nothing else
    return emitter.guarded_test(parts, body)


class _Never:
    """What a constant that is NULL becomes in a test: no comparison with it is true."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def _false(self, other: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _false


_NEVER = _Never()


def or_never(value: Any) -> Any:
    """The value, if it is not NULL."""
    return _NEVER if value is None else value


def _never_null(emitter: Emitter, own: Side, e: Expr | None) -> Side:
    """A constant that is only known when the query runs, so that no row need ask whether it is NULL."""
    if e is None or not own.nullable:
        return own
    if is_constant(own.text):
        return Side(own.text, own.classes & ~NULL)
    if not emitter.is_known_at_start(e):
        return own
    return Side(emitter.hoisted(f"{emitter.library(or_never)}({own.text})", e), own.classes & ~NULL)


def _plain_equal(a: str, b: str) -> str:
    return f"({a} == {b})"


def _body(emitter: Emitter, op: str, operands: _Operands, using: str) -> Callable[[str, str], str]:
    """The comparison of values that are not NULL."""
    left, right = operands.left.kinds, operands.right.kinds
    python = _PYTHON[op]
    if using != "BINARY" and 2 in left and 2 in right:
        return _collated(emitter, python, operands, using)
    if op == "=":
        return _plain_equal
    if op == "<>" or (len(left) == len(right) == 1 and left == right):
        return lambda a, b: f"({a} {python} {b})"
    keep = any(e is not None and _may_fail(e) for e in (operands.left_expr, operands.right_expr))
    if max(left, default=0) < min(right, default=9):
        return _constant(op in ("<", "<="), keep)
    if min(left, default=9) > max(right, default=0):
        return _constant(op in (">", ">="), keep)
    function = emitter.library(values.less if op in ("<", ">") else values.less_or_equal)
    if op in ("<", "<="):
        return lambda a, b: f"{function}({a}, {b})"
    return lambda a, b: f"{function}({b}, {a})"


def _constant(result: bool, keep: bool) -> Callable[[str, str], str]:
    """What the storage classes decide alone; ``keep``: the operands are evaluated nevertheless."""
    return lambda a, b: f"(({a}, {b}) and {result})" if keep else str(result)


def _may_fail(root: Expr) -> bool:
    """Whether an expression calls what some arguments make fail."""
    return any(isinstance(node, bound.Function) and not node.definition.is_total for node in bound.walk(root))


def _collated(emitter: Emitter, python: str, operands: _Operands, using: str) -> Callable[[str, str], str]:
    collation = emitter.collation(using)
    key = emitter.source.constant(collation.key)
    if operands.left.kinds == operands.right.kinds == (2,):
        return lambda a, b: (
            f"({_key(emitter, key, a, operands.left_expr)} {python} "
            f"{_key(emitter, key, b, operands.right_expr)})"
        )
    function = emitter.library(compare_keyed)
    return lambda a, b: f"({function}({key}, {a}, {b}) {python} 0)"


def _key(emitter: Emitter, key: str, text: str, e: Expr | None) -> str:
    call = f"{key}({text})"
    return emitter.hoisted(call, e) if e is not None else call


def _identity(emitter: Emitter, op: str, operands: _Operands, using: str) -> str:
    """IS and IS NOT: NULL is a value like any other."""
    left, right = operands.left, operands.right
    for one, other in ((left, right), (right, left)):
        if one.classes == NULL:
            if not other.nullable or other.classes == NULL:
                return str((other.classes == NULL) is (op == "IS"))
            return f"({is_null(other.text, op == 'IS')})"
    if using != "BINARY" and left.classes & TEXT and right.classes & TEXT:
        collation = emitter.collation(using)
        key = emitter.source.constant(collation.key)
        function = emitter.library(identical)
        negation = "" if op == "IS" else "not "
        return f"({negation}{function}({key}, {left.text}, {right.text}))"
    return f"({left.text} {_PYTHON[op]} {right.text})"


def identical(key: Callable[[Any], Any], a: Any, b: Any) -> bool:
    """a IS b, TEXT by the key function."""
    if a is None or b is None:
        return a is b
    return compare_keyed(key, a, b) == 0


def identical_mixed(key: Callable[[Any], Any], a: Any, b: Any) -> bool:
    """The same under TEXT affinity."""
    if a is None or b is None:
        return a is b
    return compare_mixed(key, a, b) == 0


# ------------------------------------------------------------------------------------------------- BETWEEN


def emit_between(emitter: Emitter, e: bound.Between, wanted: bool | None) -> str:
    """BETWEEN as a test for ``wanted``, or its value when that is None. x is evaluated once. As a test it does not
    evaluate the upper bound where the lower one decides."""
    operands = [e.low.left, e.low.right] + ([e.high.right] if wanted is None else [])
    if any(map(emitter.is_noticed, operands[1:])):
        return emitter.ahead(operands, lambda new: _between(emitter, _of_operands(e, *new), wanted))
    return _between(emitter, e, wanted)


def _of_operands(e: bound.Between, x: Expr, low: Expr, high: Expr | None = None) -> bound.Between:
    above = replace(e.high, left=x, right=e.high.right if high is None else high)
    return replace(e, low=replace(e.low, left=x, right=low), high=above)


def _between(emitter: Emitter, e: bound.Between, wanted: bool | None) -> str:
    x = e.low.left
    classes = emitter.classes(x)
    if classes == NULL:
        return "None" if wanted is None else "False"
    if wanted is not None:
        chained = _chained(emitter, e) if wanted is not e.negated else None
        if chained is not None:
            return chained
    first, later = emitter.named(emitter.part(x))
    from mantisdb_sql.codegen.expressions import stand_in

    known = stand_in(later, classes & ~NULL)
    low, high = _over(e.low, known), _over(e.high, known)
    junction = (
        bound.Or(terms=[_inverse(low), _inverse(high)], classes=e.classes)
        if e.negated
        else bound.And(terms=[low, high], classes=e.classes)
    )
    if wanted is None:
        inner = emitter.value(junction)
        if first == later and not classes & NULL:
            return inner
        return f"(None if {is_null(first)} else {inner})"
    inner = emitter.true(junction) if wanted else emitter.false(junction)
    return (
        inner if first == later and not classes & NULL else f"({is_null(first, False)} and {inner})"
    )


def _over(e: bound.Compare, left: Expr) -> bound.Compare:
    return bound.Compare(
        op=e.op,
        left=left,
        right=e.right,
        left_affinity=e.left_affinity,
        right_affinity=e.right_affinity,
        using=e.using,
        classes=e.classes,
    )


def _inverse(e: bound.Compare) -> bound.Compare:
    return bound.Compare(
        op=_OPPOSITE[e.op],
        left=e.left,
        right=e.right,
        left_affinity=e.left_affinity,
        right_affinity=e.right_affinity,
        using=e.using,
        classes=e.classes,
    )


def _chained(emitter: Emitter, e: bound.Between) -> str | None:
    """``a <= x <= b`` where Python's chain is right: one kind, no NULL but x and constants."""
    if e.low.using != "BINARY" or e.high.using != "BINARY" or e.low.left_affinity is not e.high.left_affinity:
        return None
    if e.low.is_mixed or e.high.is_mixed:
        return None
    x = side(emitter, e.low.left, e.low.left_affinity)
    low, high = (
        side(emitter, e.low.right, e.low.right_affinity),
        side(emitter, e.high.right, e.high.right_affinity),
    )
    low, high = _as_real(emitter, low, e.low.right, x), _as_real(emitter, high, e.high.right, x)
    low, high = _never_null(emitter, low, e.low.right), _never_null(emitter, high, e.high.right)
    if low.nullable or high.nullable or len(x.kinds) != 1 or not x.kinds == low.kinds == high.kinds:
        return None
    first, second = _PYTHON[_SWAPPED[e.low.op]], _PYTHON[e.high.op]
    return emitter.guarded_test([(x.text, x.nullable)], lambda a: f"({low.text} {first} {a} {second} {high.text})")


# ----------------------------------------------------------------------------------------------- IN (list)


def emit_in_list(emitter: Emitter, e: bound.InList, wanted: bool | None) -> str:
    """IN (list) as a test for ``wanted``, or its value when that is None."""
    if not e.items:
        result = e.negated
        return ("1" if result else "0") if wanted is None else str(result is wanted)
    x = side(emitter, e.operand, None if e.is_mixed else e.operand_affinity)
    noticed = [emitter.part(item) for item in e.items if emitter.is_noticed(item)] if x.nullable else []
    if x.classes == NULL:
        missing = "None" if wanted is None else "False"
        return f"([{', '.join(noticed)}] and {missing})" if noticed else missing
    key = ""
    if e.using != "BINARY" and x.classes & TEXT:
        key = emitter.source.constant(emitter.collation(e.using).key)
    if not e.is_mixed and (len(e.items) > 1 or emitter.is_literal(e.items[0])):
        constants = _constants(emitter, e, key)
        if constants is not None:
            return _in_set(emitter, e, x, key, constants, wanted)
    return _in_sides(emitter, e, x, wanted, noticed)


def _constants(emitter: Emitter, e: bound.InList, key: str) -> tuple[str, bool] | None:
    """(text of a frozenset of the non-NULL items, whether one is NULL); None where an item rows."""
    texts, null, literal = [], False, True
    for item in e.items:
        if not isinstance(item, bound.Literal | bound.Parameter):
            return None
        member = side(emitter, item, e.item_affinity)
        if member.classes == NULL:
            null = True
            continue
        if member.nullable:
            return None
        literal = literal and isinstance(item, bound.Literal)
        texts.append(f"{key}({member.text})" if key else member.text)
    members = f"frozenset(({', '.join(texts)},))" if texts else "frozenset()"
    if literal:
        return emitter.source.constant(eval(members, emitter.source.namespace)), null
    return emitter.context.prepared(members, emitter.source), null


def _in_set(
    emitter: Emitter, e: bound.InList, x: Side, key: str, constants: tuple[str, bool], wanted: bool | None
) -> str:
    members, null = constants
    if wanted is None:
        found, missing = ("0", "1") if e.negated else ("1", "0")
        missing = "None" if null else missing
        return emitter.guarded(
            [(x.text, x.nullable)], lambda a: f"({found} if {_keyed(key, a)} in {members} else {missing})"
        )
    if wanted is not e.negated:  # x is in the list
        return f"({_keyed(key, x.text)} in {members})"
    if null:
        return "False"
    return emitter.guarded_test([(x.text, x.nullable)], lambda a: f"({_keyed(key, a)} not in {members})")


def _keyed(key: str, text: str) -> str:
    return f"{key}({text})" if key else text


def _in_sides(emitter: Emitter, e: bound.InList, x: Side, wanted: bool | None, noticed: list[str]) -> str:
    """Item by item, where items read rows; for a NULL those that are noticed."""
    from mantisdb_sql.codegen.expressions import stand_in

    first, later = emitter.named(x.text)
    known = stand_in(later, x.classes & ~NULL)
    terms: list[Expr] = [
        bound.Compare(
            op="<>" if e.negated else "=",
            left=known,
            right=item,
            left_affinity=e.operand_affinity if e.is_mixed else None,
            right_affinity=e.item_affinity,
            using=e.using,
        )
        for item in e.items
    ]
    junction: Expr = bound.And(terms=terms) if e.negated else bound.Or(terms=terms)
    simple = first == later and not x.nullable
    if wanted is None:
        inner = emitter.value(junction)
    else:
        inner = emitter.true(junction) if wanted else emitter.false(junction)
    if simple:
        return inner
    if noticed:
        return f"({inner} if {is_null(first, False)} else [{', '.join(noticed)}] and None)"
    if wanted is None:
        return f"(None if {is_null(first)} else {inner})"
    return f"({is_null(first, False)} and {inner})"
