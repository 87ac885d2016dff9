"""Random expressions, as bound nodes and as SQL text side by side: Python gives what SQLite gives.

Each expression runs over a table of awkward rows three times: with every class set ANY, with the sets
that the columns' values really have, and with those of each single row alone; as a value, as a test for
true and as a test for false.
"""

from __future__ import annotations

import math
import os
import random
from typing import Any

import apsw
import pytest

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.operator_types import comparison_affinities, comparison_collation
from mantisdb_sql.codegen.expressions import Emitter, ExpressionContext
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.functions import FunctionRegistry
from mantisdb_sql.values.storage import ANY, BIG, NULL, SMALL, Affinity, affinity_of_type, class_of

SEED = int(os.environ.get("MANTISDB_TEST_SEED", "20261123"))
EXPRESSIONS = int(os.environ.get("MANTISDB_TEST_EXPRESSIONS", "250"))

VALUES: list[Any] = [
    None,
    0,
    1,
    -1,
    2,
    3,
    10,
    2**31 - 1,
    2**31,
    2**53 + 1,
    2**62,
    2**63 - 1,
    -(2**63),
    0.0,
    -0.0,
    1.0,
    1.5,
    -2.5,
    0.1,
    1e18,
    9.3e18,
    1e300,
    -1e300,
    float("inf"),
    float("-inf"),
    "",
    "a",
    "A",
    "a ",
    "abc",
    "ABD",
    "äb",
    "1",
    "1.0",
    " 1 ",
    "1x",
    "1e3",
    "0x1",
    "9223372036854775808",
    "-",
    b"",
    b"a",
    b"1",
    b"\x00",
    "%b%",
]
COLUMNS = [
    ("i", "INTEGER", None),
    ("t", "TEXT", None),
    ("r", "REAL", None),
    ("n", "NUMERIC", None),
    ("b", "BLOB", None),
    ("x", "", None),
    ("c", "TEXT", "NOCASE"),
    ("s", "", "RTRIM"),
    ("j", "INTEGER", None),
    ("u", "TEXT", None),
]
_FUNCTIONS = {
    "abs": 1,
    "coalesce": 2,
    "ifnull": 2,
    "length": 1,
    "lower": 1,
    "max": 2,
    "min": 2,
    "nullif": 2,
    "typeof": 1,
    "round": 1,
    "substr": 3,
    "instr": 2,
    "iif": 3,
    "hex": 1,
    "likely": 1,
    "quote": 1,
    "sign": 1,
}
REGISTRY = FunctionRegistry()
SMALL_LIMIT_CLASSES = SMALL | BIG


def literal_sql(value: Any) -> str:
    """A literal; infinities and the smallest integer have no plain spelling."""
    if isinstance(value, float) and math.isinf(value):
        return "9e999" if value > 0 else "(-9e999)"
    if value == -(2**63) and isinstance(value, int):
        return "(-9223372036854775807 - 1)"
    if isinstance(value, float) and math.copysign(1, value) < 0 and value == 0:
        return "(0.0 * -1)"
    text: str = apsw.format_sql_value(value)
    return f"({text})" if text.startswith("-") else text


class Generator:
    """Makes (node, SQL) pairs over the columns of source 1 and given parameters."""

    def __init__(self, rng: random.Random, classes: list[int], params: list[Any]) -> None:
        self.rng, self.classes, self.params = rng, classes, params

    def leaf(self) -> tuple[Expr, str]:
        kind = self.rng.random()
        if kind < 0.55:
            i = self.rng.randrange(len(COLUMNS))
            name, declared, collation = COLUMNS[i]
            return bound.Column(
                source=1,
                position=i,
                name=name,
                classes=self.classes[i],
                collation=collation or "BINARY",
                affinity=affinity_of_type(declared),
            ), name
        if kind < 0.75:
            i = self.rng.randrange(len(self.params))
            return bound.Parameter(index=i, classes=class_of(self.params[i])), f"?{i + 1}"
        value = self.rng.choice(
            [v for v in VALUES if not (isinstance(v, float) and v == 0 and math.copysign(1, v) < 0)]
        )
        if value == -(2**63):
            value = -5
        return bound.Literal(value=value, classes=class_of(value)), literal_sql(value)

    def make(self, depth: int) -> tuple[Expr, str]:
        if depth <= 0 or self.rng.random() < 0.1:
            return self.leaf()
        return getattr(self, "make_" + self.rng.choice(_KINDS))(depth - 1)  # type: ignore[no-any-return]

    def make_binary(self, depth: int) -> tuple[Expr, str]:
        op = self.rng.choice(["+", "-", "*", "/", "%", "&", "|", "<<", ">>", "||"])
        (a, x), (b, y) = self.make(depth), self.make(depth)
        return explicit(bound.Binary(op=op, left=a, right=b), a, b), f"({x} {op} {y})"

    def make_unary(self, depth: int) -> tuple[Expr, str]:
        op = self.rng.choice("-~+")
        a, x = self.make(depth)
        return explicit(bound.Unary(op=op, operand=a), a), f"({op} {x})"

    def make_compare(self, depth: int) -> tuple[Expr, str]:
        op = self.rng.choice(["=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"])
        (a, x), (b, y) = self.make(depth), self.make(depth)
        return explicit(compare(op, a, b), a, b), f"({x} {op} {y})"

    def make_logic(self, depth: int) -> tuple[Expr, str]:
        word = self.rng.choice(["AND", "OR"])
        parts = [self.make(depth) for _ in range(self.rng.randint(2, 3))]
        terms = [e for e, _ in parts]
        node: Expr = bound.And(terms=terms) if word == "AND" else bound.Or(terms=terms)
        return explicit(node, *terms), "(" + f" {word} ".join(s for _, s in parts) + ")"

    def make_not(self, depth: int) -> tuple[Expr, str]:
        a, x = self.make(depth)
        return explicit(bound.Not(operand=a), a), f"(NOT {x})"

    def make_null(self, depth: int) -> tuple[Expr, str]:
        negated = self.rng.random() < 0.5
        a, x = self.make(depth)
        return bound.IsNull(operand=a, negated=negated), f"({x} {'NOTNULL' if negated else 'ISNULL'})"

    def make_between(self, depth: int) -> tuple[Expr, str]:
        negated = self.rng.random() < 0.3
        (a, x), (b, y), (c, z) = self.make(depth), self.make(depth), self.make(depth)
        node = bound.Between(low=compare(">=", a, b), high=compare("<=", a, c), negated=negated)
        return explicit(node, a, b, c), f"({x} {'NOT ' if negated else ''}BETWEEN {y} AND {z})"

    def make_in(self, depth: int) -> tuple[Expr, str]:
        negated = self.rng.random() < 0.3
        a, x = self.make(depth)
        items = [
            self.leaf() if self.rng.random() < 0.8 else self.make(depth)
            for _ in range(self.rng.choice([1, 2, 3, 4]))
        ]
        # SQLite gives IN's left side alone the say: its affinity goes onto the items, its collation compares.
        affinity = a.affinity
        numeric = affinity is not None and affinity.is_numeric
        applied = Affinity.NUMERIC if numeric else affinity if affinity is Affinity.TEXT else None
        node = bound.InList(
            operand=a,
            items=[e for e, _ in items],
            negated=negated,
            operand_affinity=applied,
            item_affinity=applied,
            using=a.collation or "BINARY",
        )
        return node, f"({x} {'NOT ' if negated else ''}IN ({', '.join(s for _, s in items)}))"

    def make_like(self, depth: int) -> tuple[Expr, str]:
        op = self.rng.choice(["LIKE", "GLOB"])
        negated = self.rng.random() < 0.3
        a, x = self.make(depth)
        if self.rng.random() < 0.5:
            pattern = self.rng.choice(
                ["a%", "%b%", "%B", "_", "a_c", "A*", "[a-c]*", "%1%", "", "%", "äb", "%ä%"]
            )
            b, y = bound.Literal(value=pattern, classes=class_of(pattern)), literal_sql(pattern)
        else:
            b, y = self.make(depth)  # type: ignore[assignment]
        node = bound.Like(op=op, operand=a, pattern=b, negated=negated)
        return node, f"({x} {'NOT ' if negated else ''}{op} {y})"

    def make_case(self, depth: int) -> tuple[Expr, str]:
        (a, x), (b, y), (c, z), (d, w) = (
            self.make(depth),
            self.make(depth),
            self.make(depth),
            self.make(depth),
        )
        if self.rng.random() < 0.5:
            base, base_sql = self.make(depth)
            whens = [(compare("=", base, a), b), (compare("=", base, c), d)]
            node = bound.Case(whens=whens, default=None, base=base)
            return explicit(
                node, base, a, b, c, d
            ), f"(CASE {base_sql} WHEN {x} THEN {y} WHEN {z} THEN {w} END)"
        node = bound.Case(whens=[(a, b)], default=c)
        return explicit(node, a, b, c), f"(CASE WHEN {x} THEN {y} ELSE {z} END)"

    def make_cast(self, depth: int) -> tuple[Expr, str]:
        to = self.rng.choice(list(Affinity))
        a, x = self.make(depth)
        node = bound.Cast(operand=a, to=to, affinity=to, collation=a.collation, explicit=a.explicit)
        return node, f"CAST({x} AS {to.value})"

    def make_collate(self, depth: int) -> tuple[Expr, str]:
        name = self.rng.choice(["NOCASE", "RTRIM", "BINARY"])
        a, x = self.make(depth)
        return bound.Collate(
            operand=a, collation=name, explicit=True, affinity=a.affinity
        ), f"({x} COLLATE {name})"

    def make_function(self, depth: int) -> tuple[Expr, str]:
        name = self.rng.choice(list(_FUNCTIONS))
        parts = [self.make(depth) for _ in range(_FUNCTIONS[name])]
        args = [e for e, _ in parts]
        using = next((e.collation for e in args if e.collation), "BINARY")
        node = bound.Function(definition=REGISTRY.lookup(name, len(args)), args=args, using=using)
        return explicit(node, *args), f"{name}({', '.join(s for _, s in parts)})"


_KINDS = (
    ["binary"] * 4
    + ["compare"] * 4
    + ["logic"] * 2
    + ["unary", "not", "null", "between", "in", "like", "case", "cast", "collate", "function", "function"]
)


def compare(op: str, a: Expr, b: Expr) -> bound.Compare:
    """A comparison as the binder makes it."""
    left, right = comparison_affinities(a, b)
    return bound.Compare(
        op=op, left=a, right=b, left_affinity=left, right_affinity=right, using=comparison_collation(a, b)
    )


def explicit(node: Expr, *operands: Expr) -> Expr:
    """A COLLATE inside an operand reaches outwards."""
    for operand in operands:
        if operand.explicit:
            node.collation, node.explicit = operand.collation, True
            break
    return node


def emitted(node: Expr, params: int) -> Any:
    """A function of (row, params) that gives value, truth and falsehood."""
    source = Source()
    context = ExpressionContext()
    context.functions = REGISTRY
    emitter = Emitter(source, context)
    texts = [emitter.value(node), emitter.true(node), emitter.false(node)]
    with source.block(f"def run(r1, {', '.join(f'p{i}' for i in range(params))}):"):
        for line in context.prelude:
            source.line(line)
        source.line(f"return {', '.join(texts)}")
    return source.compile("run", "test")


def table(rng: random.Random) -> tuple[apsw.Connection, list[tuple[Any, ...]]]:
    """A table of random values, and its rows as SQLite stores them."""
    oracle = apsw.Connection(":memory:")
    columns = ", ".join(f"{n} {d} {f'COLLATE {c}' if c else ''}" for n, d, c in COLUMNS)
    oracle.execute(f"CREATE TABLE t({columns})")
    for _ in range(25):
        oracle.execute(
            f"INSERT INTO t VALUES ({','.join('?' * len(COLUMNS))})", [rng.choice(VALUES) for _ in COLUMNS]
        )
    return oracle, list(oracle.execute("SELECT * FROM t"))


def same(a: Any, b: Any) -> bool:
    if a.__class__ is not b.__class__:
        return False
    return a == b and (not isinstance(a, float) or a != 0 or math.copysign(1, a) == math.copysign(1, b))


def classes_of(rows: list[tuple[Any, ...]]) -> list[int]:
    result = [0] * len(COLUMNS)
    for row in rows:
        for i, value in enumerate(row):
            result[i] |= class_of(value)
    return result


def check(
    oracle: apsw.Connection, rows: list[tuple[Any, ...]], node: Expr, sql: str, params: list[Any]
) -> str | None:
    """What is wrong with our answers over all rows; None when nothing is."""
    text = f"SELECT e, e IS TRUE, e IS FALSE FROM (SELECT {sql} AS e FROM t LIMIT -1 OFFSET 0)"
    try:
        theirs = list(oracle.execute(text, params[: sql_params(sql)]))
    except (apsw.Error, UnicodeDecodeError):
        return None
    run = emitted(node, len(params))
    for row, (value, true, false) in zip(rows, theirs, strict=True):
        try:
            ours = run(row, *params)
        except Exception as error:
            return f"{sql} of {row} {params}: {error!r}"
        if not same(ours[0], value) or bool(ours[1]) != bool(true) or bool(ours[2]) != bool(false):
            named = dict(zip("itrnbxcsju", row, strict=True))
            return f"{sql} of {named} {params} is {(value, true, false)}, not {ours}"
    return None


def sql_params(sql: str) -> int:
    """How many parameters the text names."""
    return max((i for i in range(1, 10) if f"?{i}" in sql), default=0)


@pytest.mark.parametrize("assumption", ["any", "table", "row"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_random_expressions_give_what_sqlite_gives(assumption: str, depth: int) -> None:
    rng = random.Random(f"{SEED} {assumption} {depth}")
    print(f"MANTISDB_TEST_SEED={SEED}")
    problems = []
    for round_ in range(8):
        oracle, rows = table(rng)
        if assumption == "row":
            oracle.execute("DELETE FROM t WHERE rowid <> ?", [rng.randint(1, 25)])
            rows = list(oracle.execute("SELECT * FROM t"))
        classes = [ANY] * len(COLUMNS) if assumption == "any" else classes_of(rows)
        for _ in range(EXPRESSIONS // 8 * (4 if assumption == "row" else 1)):
            params = [rng.choice(VALUES) for _ in range(3)]
            node, sql = Generator(rng, classes, params).make(depth)
            problem = check(oracle, rows, node, sql, params)
            if problem:
                problems.append(problem)
        assert round_ >= 0
    problems.sort(key=len)
    assert problems[:5] == []


def test_integers_without_null_keep_pythons_operators_and_answers() -> None:
    rng = random.Random(SEED)
    oracle = apsw.Connection(":memory:")
    oracle.execute("CREATE TABLE t(i INTEGER, t, r, n, b, x, c, s, j INTEGER, u)")
    for _ in range(40):
        i, j = (
            rng.choice([0, 1, -1, 7, -7, 2**31 - 1, -(2**31) + 1, rng.randint(-(2**31), 2**31 - 1)])
            for _ in "ij"
        )
        oracle.execute("INSERT INTO t(i, j) VALUES (?, ?)", (i, j))
    rows = list(oracle.execute("SELECT * FROM t"))
    i = bound.Column(source=1, position=0, classes=SMALL, affinity=Affinity.INTEGER)
    j = bound.Column(source=1, position=8, classes=SMALL | NULL, affinity=Affinity.INTEGER)
    for op in ["+", "-", "*", "/", "%", "&", "|", "<<", ">>"]:
        for other, text in (
            (j, "j"),
            (bound.Literal(value=3, classes=SMALL), "3"),
            (bound.Literal(value=64, classes=SMALL), "64"),
        ):
            once: Expr = bound.Binary(op=op, left=i, right=other)
            twice = bound.Binary(op="*", left=bound.Binary(op="*", left=once, right=i), right=i)
            assert check(oracle, rows, once, f"(i {op} {text})", []) is None
            assert check(oracle, rows, twice, f"((i {op} {text}) * i * i)", []) is None
