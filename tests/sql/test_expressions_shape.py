"""The generated text: Python's own operators where classes allow them, and SQLite's own limits."""

from __future__ import annotations

from typing import Any

import pytest

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.codegen.expressions import Emitter, ExpressionContext, check_depth
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.storage import ANY, NULL, REAL, SMALL, TEXT, class_of


def column(position: int, classes: int) -> bound.Column:
    return bound.Column(source=1, position=position, classes=classes)


def literal(value: Any) -> bound.Literal:
    return bound.Literal(value=value, classes=class_of(value))


def run(e: Expr, row: tuple[Any, ...], *params: Any) -> Any:
    source, context = Source(), ExpressionContext()
    text = Emitter(source, context).value(e)
    with source.block(f"def run(r1{''.join(f', p{i}' for i in range(len(params)))}):"):
        for line in context.prelude:
            source.line(line)
        source.line(f"return {text}")
    return source.compile("run", "test")(row, *params)


def test_integers_compare_and_add_as_python_does_it() -> None:
    a, p = column(0, SMALL), bound.Parameter(index=0, classes=SMALL)
    emitter = Emitter(Source())
    assert emitter.true(bound.Compare(op=">", left=a, right=p)) == "(r1[0] > p0)"
    assert emitter.false(bound.Compare(op=">", left=a, right=p)) == "(r1[0] <= p0)"
    twice = bound.Binary(op="*", left=a, right=literal(2))
    assert emitter.value(bound.Binary(op="+", left=twice, right=column(1, SMALL))) == "((r1[0] * 2) + r1[1])"


def test_null_checks_vanish_where_there_is_no_null() -> None:
    emitter = Emitter(Source())
    assert emitter.true(bound.IsNull(operand=column(0, SMALL))) == "False"
    nullable = bound.Compare(op="=", left=column(0, SMALL | NULL), right=literal(1))
    assert emitter.true(nullable) == "(r1[0] == 1)"


def test_values_of_different_kinds_compare_to_a_constant() -> None:
    emitter = Emitter(Source())
    assert emitter.true(bound.Compare(op="<", left=column(0, SMALL), right=column(1, TEXT))) == "True"
    assert emitter.true(bound.Compare(op=">", left=column(0, SMALL), right=column(1, TEXT))) == "False"


@pytest.mark.parametrize("classes", [SMALL, REAL, SMALL | NULL, ANY])
def test_chains_and_nests_up_to_the_depth_limit_compile(classes: int) -> None:
    chain: Expr = column(0, classes)
    nest: Expr = column(0, classes)
    for _ in range(900):
        chain = bound.Binary(op="+", left=chain, right=literal(1))
        nest = bound.Unary(op="-", operand=nest)
    value = 1.0 if classes == REAL else 1
    assert run(chain, (value,)) == 901 and run(nest, (value,)) == 1


def test_wide_conditions_and_cases_compile() -> None:
    a = column(0, SMALL | NULL)
    terms: list[Expr] = [bound.Compare(op="=", left=a, right=literal(i)) for i in range(900)]
    assert run(bound.Or(terms=terms), (899,)) == 1 and run(bound.Or(terms=terms), (None,)) is None
    whens: list[tuple[Expr, Expr]] = [(term, literal(f"v{i}")) for i, term in enumerate(terms)]
    assert run(bound.Case(whens=whens, default=literal("else")), (899,)) == "v899"
    assert run(bound.Case(whens=whens, default=literal("else")), (None,)) == "else"


def test_a_tree_of_more_than_a_thousand_levels_is_refused() -> None:
    deep: Expr = column(0, ANY)
    for _ in range(1000):
        deep = bound.Binary(op="+", left=deep, right=literal(1))
    with pytest.raises(SqlError, match=r"Expression tree is too large \(maximum depth 1000\)"):
        check_depth(deep)
    check_depth(deep.left)  # type: ignore[attr-defined]


def test_without_walrus_temporaries_go_into_helper_functions() -> None:
    source = Source()
    emitter = Emitter(source, walrus=False)
    half = bound.Binary(op="*", left=column(0, REAL), right=column(1, REAL))
    text = emitter.value(half)
    assert ":=" not in text
    assert eval(text, {**source.namespace, "r1": (1.5, 2.0)}) == 3.0
    assert eval(text, {**source.namespace, "r1": (float("inf"), 0.0)}) is None
