"""Collations of create_collation give SQLite's answers wherever texts are compared, sorted, grouped or looked up."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator

import pytest
from side_by_side import Pair, typed

from mantisdb_sql.values.collation import user_collation


def backwards_without_case(left: str, right: str) -> int:
    """Letters in either case are equal, and what comes last comes first."""
    a, b = left.lower(), right.lower()
    return (a < b) - (a > b)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    pair = Pair()
    pair.session.functions.create_collation("odd", backwards_without_case)
    pair.sqlite.create_collation("odd", backwards_without_case)
    for sql in (
        "CREATE TABLE t (a, b COLLATE odd)",
        "INSERT INTO t VALUES ('a', 'A'), ('b', 'B'), ('a', 'x'), ('C', 'd'), (NULL, 1), (2, 3), ('A', NULL)",
        "INSERT INTO t VALUES (x'61', '')",
    ):
        assert pair.ours(sql) == pair.theirs(sql)
    yield pair


UNORDERED = (
    "SELECT count(*) FROM t GROUP BY a COLLATE odd",
    "SELECT count(*), b IS NULL FROM t GROUP BY b",
    "SELECT max(b), min(b), count(DISTINCT b), count(DISTINCT a COLLATE odd) FROM t",
    "SELECT count(*) FROM (SELECT DISTINCT b FROM t)",
    "SELECT count(*) FROM (SELECT a COLLATE odd FROM t UNION SELECT b FROM t)",
    "SELECT count(*) FROM (SELECT a COLLATE odd FROM t EXCEPT SELECT b FROM t)",
    "SELECT count(*) FROM (SELECT a COLLATE odd FROM t INTERSECT SELECT b FROM t)",
    "SELECT a FROM t WHERE b IN (SELECT a FROM t)",
    "SELECT a FROM t WHERE (b, 1) IN (SELECT a, 1 FROM t)",
    "SELECT a FROM t WHERE b IN ('a', 'D', 3)",
    "SELECT a, b FROM t WHERE b NOT IN ('a', 'D', 3)",
    "SELECT x.a, y.b FROM t AS x JOIN t AS y ON y.b = x.a",
    "SELECT x.a, y.b FROM t AS x LEFT JOIN t AS y ON y.b = x.a",
    "SELECT x.a FROM t AS x WHERE EXISTS (SELECT 1 FROM t AS y WHERE y.b = x.a)",
    "SELECT a, sum(1) OVER (PARTITION BY a COLLATE odd) FROM t",
    "SELECT nullif(b, 'X'), max(b, 'c'), min(b, 'c') FROM t",
    "SELECT a FROM t WHERE b BETWEEN 'z' AND 'B'",
    "WITH RECURSIVE r (x) AS (SELECT 'a' COLLATE odd UNION SELECT upper(x) || 'a' FROM r WHERE length(x) < 3) "
    "SELECT x FROM r",
)
ORDERED = (
    "SELECT a FROM t ORDER BY a COLLATE odd, typeof(a), hex(a)",
    "SELECT b FROM t ORDER BY b DESC, hex(b) LIMIT 3",
    "SELECT a, rank() OVER (ORDER BY a COLLATE odd) FROM t ORDER BY 2, hex(a)",
    "SELECT group_concat(a, ',' ORDER BY a COLLATE odd, hex(a)) FROM t",
    "SELECT upper(b), count(*) FROM t GROUP BY b ORDER BY b",
)


@pytest.mark.parametrize("sql", UNORDERED + ORDERED)
def test_a_registered_collation_gives_sqlites_answer(pair: Pair, sql: str) -> None:
    kind, rows = pair.ours(sql)
    wanted, expected = pair.theirs(sql)
    if sql in UNORDERED:
        rows, expected = sorted(rows, key=repr), sorted(expected, key=repr)
    assert (kind, rows) == (wanted, expected)


def test_many_groups_are_told_apart_quickly_and_forgotten() -> None:
    """Hashing a key looks among those that are alive; equal texts meet in a set whatever order they come in."""
    calls = 0

    def compare(left: str, right: str) -> int:
        nonlocal calls
        calls += 1
        return backwards_without_case(left, right)

    key = user_collation("odd", compare).key
    texts = [f"{'aA'[n % 2]}{n // 2}" for n in range(6000)]
    random.Random(1).shuffle(texts)
    assert len({key(text) for text in texts}) == 3000
    assert calls < 6000 * 40
    gc.collect()
    again = {key(f"b{n}") for n in range(5000)}
    assert len(again) == 5000 and key("B7") in again and key("a7") not in again
    assert typed((key(None), key(1), key(b"x"))) == typed((None, 1, b"x"))
