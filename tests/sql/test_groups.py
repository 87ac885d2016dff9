"""Quick ways of grouping and of adding up, where what they guessed does not hold, against SQLite (apsw) and against
exact arithmetic. MANTISDB_SEED=n replays a failure.
"""

from __future__ import annotations

import os
import random

import apsw
import pytest
from side_by_side import Pair, typed

from mantisdb_sql.codegen.distinct import distinct_column
from mantisdb_sql.functions import aggregates

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
ROWS = 3000
KEYS = {
    "dense": lambda n, chance: chance.randrange(400),
    "clustered": lambda n, chance: n // 7,
    "one negative": lambda n, chance: -3 if n == 2900 else chance.randrange(50),
    "all negative": lambda n, chance: -n,
    "one beyond the guess": lambda n, chance: 200 if n == 2999 else chance.randrange(50),
    "one far away": lambda n, chance: 10**8 if n == 1501 else chance.randrange(50),
    "sparse": lambda n, chance: n * 1000,
}
QUERIES = (
    "SELECT k, count(*), max(x), min(x), min(i), max(i) FROM t GROUP BY k",
    "SELECT k, sum(i), avg(i), total(i), count(i) FROM t GROUP BY k HAVING count(*) > 1",
    "SELECT sum(i), k FROM t GROUP BY k ORDER BY 1 DESC, 2 LIMIT 7",
    "SELECT k % 10, count(*), sum(i) FROM t GROUP BY k % 10",
    "SELECT k, sum(x), min(x), avg(x) FROM t GROUP BY k",
    "SELECT DISTINCT k FROM t",
    "SELECT DISTINCT x FROM t",
    "SELECT sum(x), min(x), max(x), min(i), max(i), sum(i) FROM t",
    "SELECT count(*) FILTER (WHERE i < 10), count(*) FILTER (WHERE 0), sum(i), count(*), count(x) FROM t",
)


def filled(rows: list[tuple[object, ...]]) -> Pair:
    pair = Pair()
    create, insert = "CREATE TABLE t(k INTEGER, x REAL, i INTEGER)", "INSERT INTO t VALUES (?, ?, ?)"
    for sql in (create,):
        pair.session.prepare(sql).run(())
        pair.sqlite.execute(sql)
    pair.session.prepare(insert).run_batch(rows)
    pair.sqlite.executemany(insert, rows)
    return pair


@pytest.mark.parametrize("kind", KEYS)
def test_groups_are_those_of_sqlite_whatever_the_range_of_the_keys(kind: str) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    rows = [(KEYS[kind](n, chance), chance.uniform(-5, 5), chance.randrange(1000)) for n in range(ROWS)]
    pair = filled(rows)
    for sql in QUERIES:
        ours, theirs = pair.ours(sql), pair.theirs(sql)
        assert ours == theirs, sql


def test_distinct_values_keep_the_order_in_which_they_are_met() -> None:
    batches = [[1, 3], [3, 1], [2, None], [3]]
    assert distinct_column(lambda: batches) == [(1,), (3,), (2,), (None,)]
    many = [[n * 7919 % 5000] * 2 for n in range(9000)]
    expected = [(value,) for value in dict.fromkeys(value for batch in many for value in batch)]
    assert distinct_column(lambda: many) == expected
    late = [[n % 7] * 100 for n in range(40)] + [[9, 8], [1, 8, 10]]
    assert distinct_column(lambda: late) == [(n,) for n in (0, 1, 2, 3, 4, 5, 6, 9, 8, 10)]


@pytest.mark.parametrize(
    "values", [[0.0, -0.0], [-0.0, 0.0] * 40, [5.0, *[1.0] * 40, -0.0, 0.0], [-1.0, 0.0, *[-2.0] * 33]]
)
def test_extremes_are_the_first_of_equal_ones(values: list[float]) -> None:
    assert repr(aggregates.extremes(values)) == repr((min(values), max(values)))


def test_sums_of_reals_are_sqlites_to_the_last_bit() -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    makers = (
        lambda: round(chance.uniform(0, 100), 2),
        lambda: chance.uniform(-1, 1) * 10 ** chance.randrange(-10, 11),
        lambda: float(chance.randrange(-(10**15), 10**15)),
        lambda: chance.choice([1e16, -1e16, 1.0, 2.0**-53, 1e300, -1e300]),
        lambda: chance.random() * 2.0 ** -chance.randrange(200),
    )
    oracle = apsw.Connection(":memory:")
    for _ in range(120):
        make, count = chance.choice(makers), chance.choice((1, 2, 9, 10, 11, 40, 300, 5000))
        values = [make() for _ in range(count)]
        if chance.random() < 0.3:
            values += [-value for value in values]
            chance.shuffle(values)
        oracle.execute("CREATE TABLE t(x REAL)")
        oracle.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
        expected = oracle.execute("SELECT sum(x) FROM t").fetchone()
        oracle.execute("DROP TABLE t")
        assert typed((aggregates.real_sum(values),)) == typed(expected), values[:10]


@pytest.mark.parametrize("column", ["a", "b", "c", "d", "e"])
def test_distinct_values_of_indexed_columns_are_sqlites(column: str) -> None:
    chance = random.Random(SEED)
    pair = Pair()
    rows = [
        (chance.randrange(5), chance.choice(("x", "y", None)), chance.choice((1, 1.0, "1", None)),
         chance.choice(("a", "A")), n % 700)
        for n in range(ROWS)
    ]  # fmt: skip
    for sql in (
        "CREATE TABLE i(a INT, b TEXT, c, d TEXT COLLATE NOCASE, e INT)",
        "CREATE INDEX i_a ON i(a, b)",
        "CREATE INDEX i_b ON i(b DESC)",
        "CREATE INDEX i_c ON i(c)",
        "CREATE INDEX i_d ON i(d)",
        "CREATE INDEX i_e ON i(e)",
    ):
        assert pair.difference(sql) is None
    pair.session.prepare("INSERT INTO i VALUES (?, ?, ?, ?, ?)").run_batch(rows)
    pair.sqlite.executemany("INSERT INTO i VALUES (?, ?, ?, ?, ?)", rows)
    for sql in (
        f"SELECT DISTINCT {column} FROM i ORDER BY 1",
        f"SELECT DISTINCT {column} FROM i ORDER BY 1 DESC LIMIT 2 OFFSET 1",
        f"SELECT count(*) FROM (SELECT DISTINCT {column} FROM i)",
        f"SELECT count(*) FROM i WHERE {column} IN (SELECT DISTINCT {column} FROM i WHERE 1)",
        f"SELECT DISTINCT {column} FROM i WHERE a = 3 ORDER BY 1",
        f"SELECT DISTINCT {column} FROM i UNION ALL SELECT DISTINCT {column} FROM i WHERE 0 ORDER BY 1",
    ):
        ours, theirs = pair.ours(sql), pair.theirs(sql)
        if column == "c":  # which of 1 and 1.0 stands for both is the plan's choice
            ours, theirs = (str([len(r) for r in rows[1]]) for rows in (ours, theirs))
        assert ours == theirs, sql
    if column in "ab":
        assert pair.ours(f"SELECT DISTINCT {column} FROM i") == pair.theirs(f"SELECT DISTINCT {column} FROM i")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a, b, sum(x), count(*) FROM g GROUP BY a, b",
        "SELECT a, b, sum(x), count(*) FROM g GROUP BY b, a HAVING count(*) > 3 ORDER BY b DESC, a",
        "SELECT b, a, max(x), id FROM g GROUP BY a, b",
        "SELECT a, n, total(x), group_concat(id) FROM g GROUP BY n, a",
        "SELECT a, r, count(*), min(id) FROM g GROUP BY a, r ORDER BY 1, 2",
        "SELECT a, m, count(x), min(id) FROM g GROUP BY a, m ORDER BY 1, 2",
        "SELECT a, k, sum(x) FROM g WHERE x > 1 GROUP BY k, a",
        "SELECT a, b, sum(DISTINCT i), avg(x) FROM g WHERE ?1 GROUP BY a, b",
        "SELECT h.a, g.b, sum(g.i), max(g.x) FROM g JOIN g h ON h.id = g.i GROUP BY 1, 2",
        "SELECT a, b, count(*) FILTER (WHERE i > 500) FROM g GROUP BY a, b",
    ],
)
def test_groups_by_two_columns_are_sqlites(sql: str) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    pair = Pair()
    rows = [
        (n, chance.choice((None, "p", "q")), chance.randrange(9), chance.uniform(-9, 9), chance.randrange(ROWS),
         chance.choice(("ab", "AB", "Ab")), chance.choice((0.0, -0.0, 1.5)), chance.choice((1, 1.0, "1", None)),
         chance.randrange(800))
        for n in range(ROWS)
    ]  # fmt: skip
    columns = "id INTEGER PRIMARY KEY, a TEXT, b INT, x REAL, i INT, n TEXT COLLATE NOCASE, r REAL, m, k INT"
    assert pair.difference(f"CREATE TABLE g({columns})") is None
    pair.session.prepare("INSERT INTO g VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)").run_batch(rows)
    pair.sqlite.executemany("INSERT INTO g VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    params = (1,) if "?1" in sql else ()
    assert pair.ours(sql, params) == pair.theirs(sql, params)


EXTREMES = (0.0, -0.0, 1e308, -1e308, 1.7976931348623157e308, -4.4900907e291, 5e-324, 1e16, 1.0, 0.1, 2.0**-1022)


def test_the_sum_of_a_few_is_the_sum_with_the_summands_compared() -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    corner = [-(2.0**972) + 2.0**970, 1.7976931348623157e308]
    samples = [corner, [1.7976931348623157e308] * 2, [float("inf"), 1.0], [float("inf"), float("-inf")], []]
    samples += [
        [chance.choice(EXTREMES) if chance.random() < 0.4 else chance.uniform(-1, 1) * 10 ** chance.randrange(-3, 20)
         for _ in range(chance.randrange(10))]
        for _ in range(5000)
    ]  # fmt: skip
    for values in samples:
        assert repr(aggregates._sum_of_few(values)) == repr(aggregates._compensated(values)), values


CLUSTERED = (
    "SELECT k, sum(x), count(*), total(x), avg(x) FROM c GROUP BY k",
    "SELECT k, sum(n), count(n), total(n), avg(n), min(n), max(n) FROM c GROUP BY k",
    "SELECT k, sum(i), avg(i), total(i), min(x), max(x), count(x) FROM c GROUP BY k HAVING sum(x) > 0",
    "SELECT k, typeof(m) = 'text', sum(x), min(i), count(*) FROM c GROUP BY m, k ORDER BY m, k",
    "SELECT k / 2, sum(x), max(i), count(m) FROM c GROUP BY k / 2",
    "SELECT m, sum(x + 1), count(*), max(m) FROM c GROUP BY m",
    "SELECT m, total(i), count(*) FROM c WHERE 1 = ?1 GROUP BY m",
    "SELECT m, sum(x * ?1), count(*) FROM c WHERE i % 7 < 5 AND x > -2 GROUP BY m",
    "SELECT count(*) FROM c WHERE k IN (SELECT k FROM c GROUP BY k HAVING sum(x) > 1 AND min(i) < 900)",
    "SELECT k FROM c WHERE m NOT IN (SELECT m FROM c GROUP BY m, k HAVING avg(x) < 1 LIMIT 3) GROUP BY k",
    "SELECT c.k, sum(c.i), count(*), sum(d.i), max(c.x) FROM c JOIN c d ON d.i = c.i AND d.rowid < 300 GROUP BY c.k",
    "SELECT v.k, v.s FROM (SELECT k, sum(x) AS s, min(i) FROM c GROUP BY k) v ORDER BY v.s, v.k LIMIT 20",
    "SELECT u, sum(x), count(*) FROM c WHERE u > 'a1' GROUP BY u",
    "SELECT u, k, sum(x), count(*) FROM c INDEXED BY c_u WHERE u > 'a1' GROUP BY k, u ORDER BY k, u",
    "SELECT t, sum(x), min(t), count(*) FROM c GROUP BY t",
    "SELECT row_number() OVER (ORDER BY sum(x), k), k FROM c GROUP BY k",
    "SELECT (SELECT sum(y.x) FROM c y WHERE y.k < c.k % 3 GROUP BY y.m ORDER BY 1 LIMIT 1) FROM c WHERE rowid < 20",
)


@pytest.mark.parametrize("run", [1, 4, 30, 2000])
def test_groups_of_neighbours_are_those_of_sqlite(run: int) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED + run)
    pair = Pair()
    rows = []
    for n in range(ROWS):
        key = n // run if chance.random() < 0.97 else chance.randrange(ROWS // run + 1)
        mixed = chance.choice((key, float(key))) if key % 3 else chance.choice((None, f"t{key}", b"x"))
        real = chance.choice((0.1, -0.0, 1e16, -1e16)) if chance.random() < 0.2 else chance.uniform(-5, 5)
        text = chance.choice(("Ab", "aB", "ab")) + str(n // run)
        rows.append((key, mixed, real, chance.choice((None, real)), chance.randrange(1000), f"a{n // run}", text))
    columns = "k INTEGER, m, x REAL, n REAL, i INTEGER, u TEXT, t TEXT COLLATE NOCASE"
    for sql in (f"CREATE TABLE c({columns})", "CREATE INDEX c_u ON c(u, k)"):
        pair.session.prepare(sql).run(())
        pair.sqlite.execute(sql)
    insert = "INSERT INTO c VALUES (?, ?, ?, ?, ?, ?, ?)"
    pair.session.prepare(insert).run_batch(rows)
    pair.sqlite.executemany(insert, rows)
    for sql in CLUSTERED:
        params = (1,) if "?1" in sql else ()
        assert pair.ours(sql, params) == pair.theirs(sql, params), sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT b, max(NULL) FROM t",
        "SELECT b, max(NULL) FROM t GROUP BY g",
        "SELECT b, max(a) FROM t GROUP BY g",
        "SELECT b, max(a) FILTER (WHERE a < 3) FROM t GROUP BY g",
        "SELECT b, max(a) FILTER (WHERE a > 100) FROM t GROUP BY g",
        "SELECT b, min(a) FILTER (WHERE b IN (3, 5, 6)) FROM t GROUP BY g",
        "SELECT b, min(a) FILTER (WHERE b IN (2, 3)) FROM t",
        "SELECT b, total(a), max(a) FROM t WHERE 0",
    ],
)
def test_bare_columns_beside_an_extreme_are_from_sqlites_row(sql: str) -> None:
    pair = Pair()
    for setup in (
        "CREATE TABLE t(a, b, g)",
        "INSERT INTO t VALUES (NULL, 1, 1), (3, 2, 1), (NULL, 3, 1), (1, 4, 1), (NULL, 5, 2), (NULL, 6, 2)",
    ):
        assert pair.difference(setup) is None
    assert pair.ours(sql) == pair.theirs(sql)


@pytest.mark.parametrize("text", ["12\0", "12\0 5", " 12 \0", "12 ", "12a", "1e1", "", "\0", "9223372036854775808"])
def test_texts_are_added_up_as_the_numbers_they_spell(text: str) -> None:
    pair = Pair()
    sql = "SELECT sum(?1), typeof(sum(?1)), total(?1), avg(?1)"
    assert pair.ours(sql, (text,)) == pair.theirs(sql, (text,))


LEADING = (
    "SELECT k, count(*) FROM t GROUP BY k ORDER BY 2 {0}, k LIMIT {1}",
    "SELECT count(*) AS n FROM t GROUP BY k, i % 3 ORDER BY n {0} LIMIT {1}",
    "SELECT count(*), k, count(*) + 1 FROM t WHERE i > 300 GROUP BY k ORDER BY count(*) {0}, k DESC LIMIT {1}",
    "SELECT k, count(*) FROM t GROUP BY k HAVING k % 2 ORDER BY 2 {0}, k LIMIT {1}",
    "SELECT DISTINCT count(*) FROM t GROUP BY k ORDER BY 1 {0} LIMIT {1}",
    "SELECT k, count(*) FROM t GROUP BY k ORDER BY k % 7, count(*) {0}, k LIMIT {1}",
    "SELECT a.i, count(*), a.k FROM t AS a JOIN t AS b ON b.i = a.k GROUP BY a.i ORDER BY 2 {0}, 1 LIMIT {1}",
    "SELECT b.rowid, b.x, count(*) FROM t AS a JOIN t AS b ON b.rowid = a.i GROUP BY 1 ORDER BY 3 {0}, 1 LIMIT {1}",
    "SELECT b.k, count(*), max(a.x) FROM t AS a JOIN t AS b ON b.rowid = a.i GROUP BY a.i ORDER BY 2 {0}, 1 LIMIT {1}",
)


@pytest.mark.parametrize("limit", ["3", "5 OFFSET 4", "0", "-1", "5000"])
@pytest.mark.parametrize("kind", ["sparse", "clustered"])
def test_groups_with_the_greatest_counts_are_those_of_sqlite(kind: str, limit: str) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    rows = [(KEYS[kind](n % 900, chance), n / 8, chance.choice((n % 700, 5, 5))) for n in range(ROWS)]
    pair = filled(rows)
    for text in LEADING:
        for direction in ("", "DESC"):
            sql = text.format(direction, limit)
            assert pair.ours(sql) == pair.theirs(sql), sql
