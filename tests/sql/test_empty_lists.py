"""``x IN ()`` is the word FALSE, and ``x NOT IN ()`` the word TRUE, whatever x is: also beside IS."""

from __future__ import annotations

import pytest
from side_by_side import Pair

WORDS = ("5 IN ()", "(5 IN ())", "(5 NOT IN ())", "(nosuch NOT IN ())", "(true)", "((FALSE))", "(2 IN (2))")


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("op", ["IS", "IS NOT", "=", "AND"])
def test_a_value_beside_a_decided_membership(op: str, word: str) -> None:
    pair = Pair()
    for value in ("-1.5", "0", "1", "NULL", "'a'", "x''"):
        assert pair.difference(f"SELECT {value} {op} {word}, typeof({value} {op} {word})") is None
        assert pair.difference(f"SELECT 7 WHERE {value} {op} {word}") is None


@pytest.mark.parametrize("sql", [
    "SELECT nosuch IN ()", "SELECT (1, 2) IN ()", "SELECT (1, 2) NOT IN ()", "SELECT abs(-9223372036854775808) IN ()",
    "SELECT a IN (), a NOT IN () FROM (SELECT NULL AS a)", "SELECT NOT 1 IN ()",
])  # fmt: skip
def test_the_operand_is_not_looked_at(sql: str) -> None:
    assert Pair().difference(sql) is None
