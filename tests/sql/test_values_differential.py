"""Every pair of awkward values under every operator and affinity, as SQLite answers."""

from __future__ import annotations

import math
import random
import struct
from typing import Any

import apsw
import pytest

from mantisdb_sql.values import rules as values
from mantisdb_sql.values.like import glob, like, like_escaped
from mantisdb_sql.values.numbers_text import prefix_integer, prefix_real, real_to_text
from mantisdb_sql.values.storage import Affinity

SEED = 20261123
_ORACLE = apsw.Connection(":memory:")
VALUES: list[Any] = [
    None,
    0,
    1,
    -1,
    2,
    3,
    5,
    -7,
    63,
    64,
    -64,
    10**9,
    2**31,
    -(2**31),
    2**53,
    2**53 + 1,
    2**62,
    2**63 - 1,
    -(2**63),
    0.0,
    -0.0,
    0.5,
    1.0,
    -1.5,
    2.5,
    1e15,
    2.0**53,
    2.0**63,
    -(2.0**63),
    1e19,
    1e300,
    -1e300,
    5e-324,
    float("inf"),
    float("-inf"),
    "",
    " ",
    "0",
    "1",
    "-1",
    "+1",
    " 1",
    "1 ",
    "\t1\n",
    "01",
    "1.",
    ".5",
    ".",
    "1.0",
    "1e3",
    "1e",
    "1e+",
    "1E-2",
    "0x10",
    "1x",
    "x1",
    "1 2",
    "--1",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "1e400",
    "-1e400",
    "1" * 30,
    "0." + "1" * 30,
    "inf",
    "nan",
    "abc",
    "ABC",
    "abc ",
    "äb",
    "€",
    "𝄞",
    "1\u0000",
    b"",
    b"1",
    b"abc",
    b"\x00",
    b"1.5",
    b" 2x",
    "äb".encode(),
]
_OPERATORS = {
    "+": values.add,
    "-": values.subtract,
    "*": values.multiply,
    "/": values.divide,
    "%": values.remainder,
    "&": values.bit_and,
    "|": values.bit_or,
    "<<": values.shift_left,
    ">>": values.shift_right,
    "||": values.concatenate,
}


def same(a: Any, b: Any) -> bool:
    if a.__class__ is not b.__class__:
        return False
    return bool(a == b) and (a.__class__ is not float or math.copysign(1, a) == math.copysign(1, b))


@pytest.mark.parametrize("operator", _OPERATORS)
def test_an_operator_of_any_two_values_gives_what_sqlite_gives(operator: str) -> None:
    function = _OPERATORS[operator]
    for a in VALUES:
        for b in VALUES:
            ((theirs,),) = _ORACLE.execute(f"SELECT ? {operator} ?", (a, b))
            assert same(function(a, b), theirs), (a, operator, b, theirs, function(a, b))


def test_unary_operators_truth_and_casts_give_what_sqlite_gives() -> None:
    for value in VALUES:
        ((negated, inverted, true),) = _ORACLE.execute("SELECT -?1, ~?1, ?1 IS TRUE", (value,))
        assert same(values.negate(value), negated) and same(values.bit_not(value), inverted), value
        assert bool(values.truth(value)) == bool(true), value
        for affinity in Affinity:
            ((theirs,),) = _ORACLE.execute(f"SELECT CAST(? AS {affinity.value})", (value,))
            assert same(values.cast_function(affinity)(value), theirs), (value, affinity)


def test_values_have_sqlites_total_order() -> None:
    _ORACLE.execute("DROP TABLE IF EXISTS o; CREATE TABLE o(x)")
    for a in VALUES:
        for b in VALUES:
            ((equal, less, less_or_equal),) = _ORACLE.execute("SELECT ?1 IS ?2, ?1 < ?2, ?1 <= ?2", (a, b))
            assert (values.compare(a, b) == 0) == bool(equal)
            assert (values.sort_key(a) == values.sort_key(b)) == bool(equal)
            if a is not None and b is not None:
                assert values.less(a, b) == bool(less) and values.less_or_equal(a, b) == bool(less_or_equal)
                assert (values.sort_key(a) < values.sort_key(b)) == bool(less)


@pytest.mark.parametrize("affinity", list(Affinity))
def test_a_column_stores_what_sqlite_stores_and_compares_as_it_does(affinity: Affinity) -> None:
    declared = "" if affinity is Affinity.BLOB else affinity.value
    _ORACLE.execute(f"DROP TABLE IF EXISTS s; CREATE TABLE s(x {declared})")
    store = values.affinity_function(affinity)
    convert = values.compare_affinity_function(Affinity.NUMERIC if affinity.is_numeric else affinity)
    for a in VALUES:
        _ORACLE.execute("DELETE FROM s")
        _ORACLE.execute("INSERT INTO s VALUES (?)", (a,))
        ((stored,),) = _ORACLE.execute("SELECT x FROM s")
        ours = store(a)
        assert same(ours, stored), (a, stored, ours)
        if stored is None:
            continue
        for b in VALUES:
            if b is not None:
                ((equal, less),) = _ORACLE.execute("SELECT x = ?1, x < ?1 FROM s", (b,))
                left, right = convert(stored), convert(b)
                assert (values.compare(left, right) == 0, values.less(left, right)) == (
                    bool(equal),
                    bool(less),
                ), (a, b)


def test_reals_and_text_turn_into_each_other_digit_for_digit() -> None:
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    for i in range(4000):
        (x,) = (
            struct.unpack("<d", rng.randbytes(8))
            if i % 2
            else (round(rng.uniform(-1e6, 1e6), rng.randint(0, 12)),)
        )
        if x == x:
            ((theirs,),) = _ORACLE.execute("SELECT CAST(? AS TEXT)", (x,))
            assert real_to_text(x) == theirs
        text = _number_like(rng)
        ((number, integer, real),) = _ORACLE.execute(
            "SELECT ?1 + 0, CAST(?1 AS INTEGER), CAST(?1 AS REAL)", (text,)
        )
        assert same(values.add(text, 0), number), text
        assert prefix_integer(text) == integer and prefix_real(text) == real, text


def _number_like(rng: random.Random) -> str:
    def digits(most: int) -> str:
        return "".join(rng.choices("0123456789", k=rng.randint(0, most)))

    text = rng.choice(["", "", " ", "\n\t", "x"]) + rng.choice(["", "-", "+"]) + digits(25)
    text += "." + digits(25) if rng.random() < 0.6 else ""
    text += "e" + rng.choice(["", "-", "+"]) + digits(3) if rng.random() < 0.5 else ""
    return text + rng.choice(["", "", " ", "x", "\u0000", "e", ".", " 1"])


def test_like_and_glob_match_what_sqlite_matches() -> None:
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    for _ in range(8000):
        subject = "".join(
            rng.choices(
                ["a", "A", "b", "ä", "Ä", "K", "%", "_", "-", "]", "\u0000", "k"], k=rng.randint(0, 7)
            )
        )
        pattern = "".join(
            rng.choices(["a", "A", "%", "%", "_", "b", "Ä", "\\", "k", "K"], k=rng.randint(0, 6))
        )
        sets = "".join(
            rng.choices(
                ["a", "*", "*", "?", "[", "]", "[^", "-", "b", "[a-k]", "Ä", "^"], k=rng.randint(0, 6)
            )
        )
        theirs = next(
            _ORACLE.execute(
                "SELECT ?1 LIKE ?2, ?1 LIKE ?2 ESCAPE '\\', ?1 GLOB ?3, ?1 LIKE ?2 ESCAPE '%'",
                (subject, pattern, sets),
            )
        )
        ours = (
            like(pattern, subject),
            like_escaped(pattern, subject, "\\"),
            glob(sets, subject),
            like_escaped(pattern, subject, "%"),
        )
        assert ours == theirs, (subject, pattern, sets)
