"""Window functions under a LIMIT look at the first rows alone, and their values are those of SQLite (apsw).
MANTISDB_SEED=n replays a failure, MANTISDB_LONG=1 asks more.
"""

from __future__ import annotations

import os
import random

import pytest
from side_by_side import Pair

from mantisdb_sql.planning import scan_order

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
QUERIES = 3000 if os.environ.get("MANTISDB_LONG") else 200
ROWS = 800

SCHEMA = (
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c TEXT COLLATE NOCASE, d, r REAL)",
    "CREATE INDEX t_ab ON t(a, b)",
    "CREATE INDEX t_b ON t(b DESC)",
    "CREATE INDEX t_c ON t(c, a)",
    "CREATE INDEX t_d ON t(d)",
    "CREATE INDEX t_r ON t(r, id)",
    "CREATE TABLE o(b INTEGER PRIMARY KEY, name TEXT)",
)
CALLS = (
    "row_number()", "rank()", "dense_rank()", "lag({})", "lag({}, 2, -1)", "lag({}, 0)", "lead({})",
    "lead({}, 3, 'none')", "lag({}, id % 3)", "first_value({})",
    "last_value({})", "nth_value({}, 2)", "sum({})", "count({})", "count(*)",
    "avg({})", "max({})", "min({}) FILTER (WHERE a > 1)", "ntile(4)", "cume_dist()", "percent_rank()", "total({})",
)  # fmt: skip
FRAMES = (
    "", "", "", " ROWS UNBOUNDED PRECEDING", " ROWS 2 PRECEDING", " ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING",
    " ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING", " ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING", " RANGE 3 PRECEDING",
    " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", " GROUPS 1 PRECEDING",
    " GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING", " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE TIES",
    " RANGE UNBOUNDED PRECEDING EXCLUDE GROUP", " ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW",
)  # fmt: skip
CHANGES = "BEGIN", "DELETE FROM t WHERE id % 5 = 1", "UPDATE t SET b = id % 4, c = 'B' WHERE id % 7 = 0"


def filled(chance: random.Random) -> Pair:
    """Both engines with the same rows: ties, NULLs, classes that do not compare in Python."""
    few = chance.choice((3, 40, ROWS))
    rows = [
        (
            n, chance.choice((None, 0, 1, 2, 3)), chance.choice((None, chance.randrange(few))), chance.choice("aAbB"),
            chance.choice((None, 1, 1.0, "1", b"1", chance.randrange(few))),
            chance.choice((None, chance.randrange(9) / 2)),
        )
        for n in range(ROWS)
    ]  # fmt: skip
    return Pair.filled(SCHEMA, {"t": rows, "o": [(n, f"n{n}") for n in range(min(few, 60))]})


def query(chance: random.Random) -> str:
    """A SELECT with calls over one window, mostly, whose order is total."""
    order = f"t.{chance.choice('abbcdrr')}{chance.choice(('', '', ' DESC', ' DESC', ' NULLS LAST'))}"
    way = " DESC" if "DESC" in order else ""
    order = chance.choice((order, f"t.id{way}", order)) + f", t.id{way}"
    frame = chance.choice(FRAMES)
    if "RANGE 3" in frame:
        order = f"t.id{way}"
    partition = chance.choice(("", "", "t.a", "t.c", "t.a, t.b"))
    window = f"{f'PARTITION BY {partition} ' if partition else ''}ORDER BY {order}"
    calls = [chance.choice(CALLS).format(chance.choice(("t.a", "t.r", "t.d", "t.b + 1"))) for _ in range(2)]
    shown = [f"{calls[0]} OVER ({window}{frame})", f"{calls[1]} OVER ({window})"][: chance.choice((1, 2))]
    if chance.random() < 0.1:
        shown.append(f"sum(t.b) OVER (ORDER BY t.{chance.choice('ab')})")
    source = "t" if chance.random() < 0.7 else f"t {chance.choice(('', 'LEFT '))}JOIN o ON o.b = t.b"
    where = chance.choice(("", "", " WHERE t.b > 1", " WHERE t.a = 2", " WHERE t.a IN (1, 3)", " WHERE t.id % 3"))
    limit = chance.choice((" LIMIT 3", " LIMIT 40", " LIMIT 7 OFFSET 5", " LIMIT 0", " LIMIT -1", ""))
    by = f"{partition}, {order}" if partition else order
    by = by if chance.random() < 0.8 else f"t.r, t.id{way}"
    return f"SELECT t.id, {', '.join(shown)} FROM {source}{where} ORDER BY {by}{limit}"


@pytest.mark.parametrize("preferred", ["by cost", "by index"])
def test_values_of_the_first_rows_are_those_of_sqlite(preferred: str, monkeypatch: pytest.MonkeyPatch) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(f"{SEED} {preferred}")
    if preferred == "by index":
        monkeypatch.setattr(scan_order, "FETCH_COST", 1e-6)
        monkeypatch.setattr(scan_order, "RANGE_COST", 1e-6)
    pair = filled(chance)
    ended = 0
    for n in range(QUERIES):
        for sql in CHANGES if n == QUERIES // 2 else ():
            assert pair.difference(sql) is None
        sql = query(chance)
        ended += any(word in str(pair.ours(f"EXPLAIN {sql}")) for word in ("leading(", "islice("))
        assert pair.difference(sql) is None, sql
    assert ended > QUERIES // 20
