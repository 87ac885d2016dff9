"""Functions that are not deterministic are called as often as SQLite calls them: in WHERE for each row of the first
table, as the key of a search once."""

from __future__ import annotations

from typing import Any

import pytest
from side_by_side import Pair

QUERIES = (
    "SELECT count(*) FROM n WHERE f()",
    "SELECT count(*) FROM n WHERE NOT f()",
    "SELECT count(*) FROM n AS a, n AS b WHERE f()",
    "SELECT count(*) FROM n WHERE f(1) = 1 AND x < 100",
    "SELECT count(*) FROM n AS a JOIN n AS b ON a.x = b.x WHERE f()",
    "SELECT count(*) FROM n AS a LEFT JOIN n AS b ON a.x = b.x AND f()",
    "SELECT count(*) FROM n AS a LEFT JOIN n AS b ON a.x = b.x WHERE f()",
    "SELECT count(*) FROM n WHERE y = f()",
    "SELECT count(*) FROM n WHERE y > f()",
    "SELECT count(*) FROM n WHERE x = f()",
    "SELECT count(*) FROM n WHERE (SELECT f())",
    "SELECT count(*) FROM n WHERE EXISTS (SELECT 1 WHERE f())",
    "SELECT count(*) FROM (SELECT * FROM n WHERE f()) AS a JOIN n AS b ON a.x = b.x",
    "SELECT count(*) FROM n WHERE f() OR y = 3",
    "SELECT x FROM n WHERE f() ORDER BY x LIMIT 3",
    "SELECT y, count(*) FROM n WHERE f() GROUP BY y",
    "SELECT count(*) FROM (SELECT x FROM n UNION ALL SELECT y FROM n) WHERE f()",
    "WITH w AS (SELECT * FROM n) SELECT count(*) FROM w WHERE f()",
    "SELECT count(*) OVER () FROM n WHERE f() LIMIT 1",
    "UPDATE n SET y = y WHERE f()",
    "DELETE FROM n WHERE f() AND x > 150",
)


@pytest.fixture()
def pair_and_calls() -> tuple[Pair, list[int]]:
    pair, calls = Pair(), [0]

    def alternating(*arguments: Any) -> int:
        calls[0] += 1
        return calls[0] % 2

    pair.session.functions.create_function("f", -1, alternating)
    pair.sqlite.create_scalar_function("f", alternating, -1)
    for sql in (
        "CREATE TABLE n (x INTEGER PRIMARY KEY, y)",
        "INSERT INTO n SELECT value, value % 7 FROM json_each(json_array(" + ", ".join(map(str, range(1, 201))) + "))",
        "CREATE INDEX ny ON n (y)",
    ):
        assert pair.ours(sql) == pair.theirs(sql)
    return pair, calls


@pytest.mark.parametrize("sql", QUERIES)
def test_a_varying_function_is_called_as_often_as_by_sqlite(pair_and_calls: tuple[Pair, list[int]], sql: str) -> None:
    pair, calls = pair_and_calls
    answers = []
    for run in (pair.ours, pair.theirs):
        calls[0] = 0
        answers.append((run(sql), calls[0]))
    assert answers[0] == answers[1]
    assert pair.ours("SELECT count(*) FROM n") == pair.theirs("SELECT count(*) FROM n")


def test_random_conditions_keep_some_rows(pair_and_calls: tuple[Pair, list[int]]) -> None:
    pair, _ = pair_and_calls
    for condition in ("random() % 2", "abs(random()) % 4 = 0", "randomblob(1) > x'80'", "random() > 0"):
        _, rows = pair.ours(f"SELECT count(*) FROM n WHERE {condition}")
        assert 10 < int(rows[0][0][1]) < 190, condition
