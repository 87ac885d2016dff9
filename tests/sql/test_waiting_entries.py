"""Index entries that wait to come and to go are what SQLite's are, whenever somebody looks.

Random changes by key and by condition, within transactions and savepoints; looks into single indexes come between them,
so that some have much waiting while others have nothing.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from side_by_side import Pair

ROWS = 900
SCHEMA = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b INT, c TEXT COLLATE NOCASE, u TEXT)",
    "CREATE INDEX t_a ON t (a)",
    "CREATE INDEX t_ba ON t (b, a)",
    "CREATE INDEX t_c ON t (c DESC, b)",
    "CREATE UNIQUE INDEX t_u ON t (u)",
    "CREATE INDEX t_part ON t (b) WHERE a > 3",
    "CREATE INDEX t_expr ON t (b + 1)",
)
LOOKS = (
    "SELECT id, a FROM t INDEXED BY t_a WHERE a > {n} ORDER BY a, id",
    "SELECT id, a, b FROM t INDEXED BY t_ba WHERE b = {n} ORDER BY a, id",
    "SELECT count(*), max(c) FROM t INDEXED BY t_c WHERE c >= 'K{n}'",
    "SELECT typeof(a), count(*) FROM t INDEXED BY t_a WHERE a >= 0 GROUP BY typeof(a) ORDER BY 1",
    "SELECT id FROM t WHERE b + 1 = {n} ORDER BY id",
    "SELECT * FROM t WHERE id = {n}",
)
CHANGES = (
    "UPDATE t SET a = a + 1 WHERE b = {n}",
    "UPDATE t SET a = a + 0.0 WHERE b = {n}",
    "UPDATE t SET a = CAST(a AS INT) WHERE b = {n}",
    "UPDATE t SET b = (b + 1) % 7, c = upper(c) WHERE a > {m}",
    "UPDATE t SET u = u || 'x' WHERE b = {n}",
    "UPDATE t SET id = id + 100000 WHERE b = {n} AND id < 100000",
    "DELETE FROM t WHERE b = {n} AND a % 3 = 0",
    "DELETE FROM t WHERE id = {k}",
    "UPDATE t SET a = {m}, b = {n} WHERE id = {k}",
    "REPLACE INTO t SELECT id, a + 1, b, c, u FROM t WHERE b = {n} ORDER BY id",
    "INSERT INTO t SELECT NULL, a, b, c, u || id || {k} FROM t WHERE b = {n} AND id < 400 ORDER BY id",
    "INSERT INTO t VALUES ({k}, 5, {n}, 'new', NULL) ON CONFLICT (id) DO UPDATE SET a = excluded.a, c = excluded.c",
    "UPDATE OR IGNORE t SET u = 'u' || ({k} - id % 2) WHERE id BETWEEN {k} AND {k} + 5",
    "UPDATE OR REPLACE t SET u = 'u' || {k} WHERE id BETWEEN {k} AND {k} + 2",
)
BY_KEY = (
    ("UPDATE t SET a = ?2 WHERE id = ?1", "DELETE FROM t WHERE id = ?1 AND ?2"),
    ("DELETE FROM t WHERE id = ?", "INSERT INTO t VALUES (?, 1, 2, 'again', NULL)"),
)


def changed_by_key(pair: Pair, rng: random.Random) -> None:
    """Many statements of one row each, first one and then the other for the same rows."""
    for sql in rng.choice(BY_KEY):
        width = 2 if "?2" in sql else 1
        for key in sorted({rng.randrange(ROWS) for _ in range(rng.choice((3, 250)))}):
            difference = pair.difference(sql, (key, rng.randrange(9))[:width])
            assert difference is None, difference


@pytest.mark.parametrize("kind", ["memory", "file"])
@pytest.mark.parametrize("number", range(6))
def test_changes_of_many_rows_and_looks_between_them(number: int, kind: str, seed: int, tmp_path: Path) -> None:
    rng = random.Random(f"waiting {seed} {number} {kind}")
    pair = Pair(str(tmp_path / "a.db") if kind == "file" else None)
    for sql in SCHEMA:
        assert pair.difference(sql) is None
    fill = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) "
        "INSERT INTO t SELECT i, i * 7919 % 50, i % 7, 'k' || i % 90, 'u' || i FROM n"
    )
    assert pair.difference(fill) is None
    for _ in range(60):
        choice = rng.random()
        if choice < 0.12:
            sql = rng.choice(("BEGIN", "COMMIT", "SAVEPOINT s", "ROLLBACK TO s", "RELEASE s", "ROLLBACK"))
        elif choice < 0.25:
            sql = rng.choice(LOOKS)
        elif choice < 0.4:
            changed_by_key(pair, rng)
            continue
        else:
            sql = rng.choice(CHANGES)
        sql = sql.format(n=rng.randrange(7), m=rng.randrange(60), k=rng.randrange(ROWS))
        difference = pair.difference(sql)
        assert difference is None, difference
    for sql in ("SELECT id, typeof(a), a, b, c, u FROM t ORDER BY id", *LOOKS[:5]):
        difference = pair.difference(sql.format(n=3))
        assert difference is None, difference
    pair.check()
