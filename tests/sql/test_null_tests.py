"""Tests for NULL in generated code: right for all that Python folds into a constant, and nothing that it warns of."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from sql.side_by_side import Pair

from mantisdb_sql.codegen.null_tests import is_constant, is_null

_FOLDED = [
    "5", "(-7.25)", "-7.25", "1e+300", "1.5e-7", "(0 - 5)", "('a' + 'b')", "(7 / 2)", "(7 % 2)", "(2 ** 3)",
    "(5,)", "()", "(5, 'a')[1]", "'a'[0]", "b'a'", "(b'a' + b'')", "'it\\'s'", '"it\'s"', "'\\\\'", "'None'", "'r0[1]'",
    "('%s' % 5)",
]  # fmt: skip
_NOT_FOLDED = ["r0[1]", "w0", "(w0 := 5)", "c0('a')", "(5 + r0[1])", "('a' + w0)", "e1", "(1 if w0 else 0)", "q1"]


@pytest.fixture(autouse=True)
def _warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("text", _FOLDED)
def test_what_python_may_fold_is_a_constant_and_never_null(text: str) -> None:
    assert is_constant(text)
    assert (is_null(text), is_null(text, False)) == ("False", "True")


@pytest.mark.parametrize("text", _NOT_FOLDED)
def test_what_names_something_is_asked(text: str) -> None:
    assert not is_constant(text)
    assert is_null(text) == f"{text} is None"
    compile(is_null(text), "test", "eval")


def test_none_is_null() -> None:
    assert (is_null("None"), is_null("None", False), is_constant("None")) == ("True", "False", False)


def test_a_long_text_is_looked_at_once() -> None:
    assert not is_constant("(" + "1 + " * 5000 + "1234567890" * 500 + "x)")
    assert is_constant("('" + "\\'a" * 5000 + "')")


_CONSTANTS = [
    "nullif(7, 3)", "nullif(-7.25, 3)", "coalesce(NULL, 'a')", "iif(1, 7, NULL)", "CASE 1 WHEN 2 THEN 3 END", "x'61'",
]  # fmt: skip
_PLACES = [
    "SELECT * FROM k WHERE a > {0}", "SELECT * FROM k WHERE a = {0}", "SELECT * FROM k WHERE c = {0} AND b > {0}",
    "SELECT * FROM k WHERE d BETWEEN {0} AND {0}", "SELECT * FROM k x JOIN k y ON x.c = {0} AND x.b = y.b",
    "SELECT * FROM k x FULL JOIN k y ON x.d = {0}",
    "SELECT ({0}) IS NULL, nullif({0}, c) + 1, {0} || b, {0} IN (b, c) FROM k",
    "SELECT * FROM k x WHERE EXISTS (SELECT 1 FROM k y WHERE y.b = {0} AND y.c = x.c)", "SELECT count({0}) FROM k",
    "INSERT OR IGNORE INTO k VALUES (NULL, {0}, {0}, {0}) RETURNING *", "INSERT OR REPLACE INTO k (c) VALUES ({0})",
    "INSERT INTO k (b, d) VALUES ('b', {0}) ON CONFLICT DO UPDATE SET c = excluded.c RETURNING *",
    "UPDATE OR IGNORE k SET b = {0}, d = {0} WHERE c = {0} RETURNING *", "DELETE FROM k WHERE d = {0} RETURNING *",
]  # fmt: skip


@pytest.mark.parametrize("place", _PLACES)
def test_constants_stand_wherever_null_is_asked_for(place: str) -> None:
    pair = Pair()
    for statement in (
        "CREATE TABLE k (a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 'b', c REAL NOT NULL DEFAULT 5, d UNIQUE)",
        "CREATE INDEX kc ON k (c, b)",
        "INSERT INTO k VALUES (1, 'b', 2.5, 3), (7, 'a', 7, 7), (9, 'c', -7.25, NULL)",
    ):
        assert pair.difference(statement) is None
    for constant in _CONSTANTS:
        assert pair.difference(place.format(constant)) is None
