"""json_object() and json_array() that are written out give SQLite's texts (apsw), and its errors."""

from __future__ import annotations

import pytest
from side_by_side import Pair

CALLS = (
    "json_object('n', n, 't', t)", "json_object('100%', x, '%s', r, '\"\\', c)",
    "json_array(n, t, x, r, c, NULL, 1.5, 'é\"')",
    "json_object('a', json_array(n, t), 'b', json_object('x', json_array(x)))", "json_array(json(j), j, j -> 'a')",
    "json_object('o', j ->> 'a', 'n', n + 1, 't', t || x)", "json_object(t, n)", "json_object('a', 1, 2, 3)",
    "json_array()", "json_object()", "json_object('a')", "json_array(x, json_extract(t, '$'))", "json_array(b)",
    "json_object('b', b, 'n', n)", "json_array(json_array(b), json('{'))",
    "json_array(CAST(n AS TEXT), coalesce(t, n), max(n, 1))", "json_array(id, -n)",
    "json_type(json_object('a', n), '$.a')", "json_object('a', n, 'a', t) ->> '$.a'",
    "json_array(9e999, -9e999, 1e300 * n)", "json_array(q.k)", "json_object('k', q.k, 'm', q.m)",
    "json_array(iif(n > 1, json_array(n), t))", "json_array((SELECT count(*) FROM d))", "length(json_object('x', t))",
    "json_array(n IS NULL, n = 1, t LIKE 'a%')",
)  # fmt: skip


@pytest.fixture(scope="module")
def pair() -> Pair:
    pair = Pair()
    for sql in (
        "CREATE TABLE d(id INTEGER PRIMARY KEY, n INT NOT NULL, t TEXT NOT NULL, x, r REAL, c TEXT, j TEXT, b BLOB)",
        "INSERT INTO d VALUES (1, 1, 'plain', 1, 1.0, NULL, '{\"a\":[1,\"x\"]}', NULL), "
        "(2, -9223372036854775808, 'with \"quotes\" \\ and % signs', 'text', 1e100, 'é€𝄞', '{\"a\":null}', NULL), "
        "(3, 0, '', NULL, NULL, char(10, 9, 1, 127), '[]', NULL), "
        "(4, 7, '{\"not\": \"json\"}', 2.5, -0.0, '[1]', '{\"a\":\"%s\"}', NULL)",
    ):
        assert pair.difference(sql) is None
    return pair


@pytest.mark.parametrize("call", CALLS)
def test_texts_of_values_are_those_of_sqlite(pair: Pair, call: str) -> None:
    inner = "(SELECT id AS k, json_array(n, t) AS m FROM d)"
    for sql in (
        f"SELECT {call} FROM d JOIN {inner} AS q ON q.k = d.id ORDER BY d.id",
        f"SELECT d.id FROM d JOIN {inner} AS q ON q.k = d.id WHERE {call} LIKE '%1%' ORDER BY d.id",
    ):
        assert pair.difference(sql) is None


def test_a_blob_is_refused_when_all_values_are_known(pair: Pair) -> None:
    assert pair.difference("INSERT INTO d VALUES (5, 1, 'b', x'00', NULL, NULL, '{', x'07')") is None
    for call in ("json_array(x, b)", "json_object('b', b, 'n', n)", "json_array(b, json(j))", "json_array(json(j), b)"):
        assert pair.difference(f"SELECT {call} FROM d WHERE id = 5") is None
