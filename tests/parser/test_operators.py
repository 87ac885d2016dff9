"""Every pair of operators gets SQLite's tree: with all parentheses written it has the same values."""

from __future__ import annotations

import itertools
import random
from typing import Any

import apsw
from sqlglot import exp

from mantisdb_sql.syntax.parser import parse_statement

INFIX = [
    *("OR", "AND", "=", "==", "<>", "!=", "<", "<=", ">", ">="),
    *("&", "|", "<<", ">>", "+", "-", "*", "/", "%", "||"),
    *("->", "->>", "IS", "LIKE", "GLOB", "MATCH", "REGEXP"),
    *("IS NOT", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"),
    *("NOT LIKE", "NOT GLOB"),
]  # fmt: skip
POSTFIX = ["ISNULL", "NOTNULL", "NOT NULL", "COLLATE nocase", "IN (1, 'a')", "NOT IN (2)"]
TERNARY = [("BETWEEN", "AND"), ("NOT BETWEEN", "AND"), ("LIKE", "ESCAPE")]
PREFIX = ["NOT", "-", "+", "~"]
OPERANDS: list[Any] = [None, 0, 1, 2, -3, 5, 2.5, "a", "A", "1", "", "b", b"a", 10]

_WORDS: dict[type[exp.Expr], str] = {
    exp.And: "AND",
    exp.Or: "OR",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.DPipe: "||",
    exp.JSONExtract: "->",
    exp.JSONExtractScalar: "->>",
    exp.Is: "IS",
    exp.NullSafeEQ: "IS",
    exp.NullSafeNEQ: "IS NOT",
    exp.Like: "LIKE",
    exp.Glob: "GLOB",
    exp.Match: "MATCH",
    exp.RegexpLike: "REGEXP",
}


def full(node: exp.Expr) -> str:
    """An expression with all its parentheses."""
    match node:
        case exp.Placeholder():
            return str(node.meta["name"])
        case exp.Literal():
            return f"'{node.this}'" if node.is_string else str(node.this)
        case exp.Null():
            return "NULL"
        case exp.Not():
            return f"(NOT {full(node.this)})"
        case exp.Neg():
            return f"(- {full(node.this)})"
        case exp.BitwiseNot():
            return f"(~ {full(node.this)})"
        case exp.Anonymous(this="+"):
            return f"(+ {full(node.expressions[0])})"
        case exp.Collate():
            return f"({full(node.this)} COLLATE {node.expression.name})"
        case exp.Between():
            return f"({full(node.this)} BETWEEN {full(node.args['low'])} AND {full(node.args['high'])})"
        case exp.In():
            return f"({full(node.this)} IN ({', '.join(map(full, node.expressions))}))"
        case exp.Escape():
            inner = node.this
            return f"({full(inner.this)} LIKE {full(inner.expression)} ESCAPE {full(node.expression)})"
    return f"({full(node.this)} {_WORDS[type(node)]} {full(node.expression)})"


def pairs() -> list[str]:
    """Two operators around the operands ?1 … ?5, in every order that can be written."""
    middle = [f"{op} {{}}" for op in INFIX] + POSTFIX + [f"{a} {{}} {b} {{}}" for a, b in TERNARY]
    texts = [f"{{}} {first} {second}" for first, second in itertools.product(middle, middle)]
    texts += [f"{op} {{}} {rest}" for op in PREFIX for rest in middle]
    texts += [f"{{}} {op} {prefix} {{}}" for op in INFIX for prefix in PREFIX]
    texts += [f"{first} {second} {{}}" for first in PREFIX for second in PREFIX]
    return [text.format(*(f"?{i}" for i in range(1, 6))) for text in texts]


def connect() -> apsw.Connection:
    """SQLite with the two functions that it leaves to its users."""
    connection = apsw.Connection(":memory:")
    for name in ("match", "regexp"):
        connection.create_scalar_function(
            name, lambda a, b: None if a is None or b is None else f"{a}/{b}", 2
        )
    return connection


def value(connection: apsw.Connection, sql: str, operands: list[Any]) -> Any:
    """The value of an expression, or the error's text."""
    try:
        return next(connection.execute(f"SELECT {sql}, typeof({sql})", operands[: _count(sql)]))
    except apsw.Error as error:
        return str(error)


def _count(sql: str) -> int:
    return max(i for i in range(1, 6) if f"?{i}" in sql)


def test_operator_pairs_have_sqlites_tree(seed: int) -> None:
    rng = random.Random(seed)
    connection = connect()
    texts = pairs()
    assert len(texts) >= 1_333
    refused = 0
    for text in texts:
        try:
            connection.execute(f"SELECT {text}", [None] * _count(text))
        except apsw.SQLError as error:
            if str(error).startswith("near"):
                refused += 1
                continue
        node = parse_statement(f"SELECT {text}").node
        assert isinstance(node, exp.Select)
        written = full(node.expressions[0])
        for _ in range(12):
            operands = [rng.choice(OPERANDS) for _ in range(5)]
            assert value(connection, written, operands) == value(connection, text, operands), (
                text,
                written,
                operands,
            )
    print(f"\n{len(texts)} operator pairs, {refused} of them no SQL")
