"""Changes of many rows at once (one pass over a table, batches, index entries by columns) do what SQLite does."""

from __future__ import annotations

import random
from operator import itemgetter
from typing import Any

import pytest
from side_by_side import Pair

from mantisdb_engine.keys import sorted_keys
from mantisdb_sql.catalog.definitions import IndexColumn, IndexDef
from mantisdb_sql.codegen.dml_keys import key_function
from mantisdb_sql.codegen.index_entries import index_entries

ROWS = 500
TYPES = ("INTEGER", "REAL", "TEXT", "NUMERIC", "BLOB", "")
MIXED = (None, 0, 1, -7, 2**40, -(2**63), 2**63 - 1, 1.5, 0.0, -0.0, 1e300, "", "a", "A", "b ", "12", "1.0", b"", b"a")


def changed(pair: Pair, *statements: str) -> None:
    """Run statements on both, and compare all rows after each."""
    for sql in statements:
        difference = pair.difference(sql)
        assert difference is None, difference
        ours = pair.ours("SELECT rowid, * FROM t ORDER BY rowid")
        theirs = pair.theirs("SELECT rowid, * FROM t ORDER BY rowid")
        assert ours == theirs, f"other contents after {sql}"
    pair.check()


def filled(create: str, rows: list[tuple[Any, ...]], *more: str) -> Pair:
    pair = Pair()
    for sql in (create, *more):
        assert pair.difference(sql) is None
    insert = f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})"
    pair.ours("BEGIN")
    for row in rows:
        pair.session.prepare(insert).run(row)
        pair.sqlite.execute(insert, row)
    pair.ours("COMMIT")
    pair.session.count_changes(1)
    pair.session.total_changes = pair.sqlite.total_changes()
    return pair


def value(rng: random.Random) -> Any:
    return rng.choice(MIXED) if rng.random() < 0.6 else rng.randrange(-5, 60)


def expression(rng: random.Random) -> str:
    column = rng.choice("abc")
    forms = (
        "{0} + 1", "{0} || 'x'", "NULL", "-{0}", "id * 2", "{0} * 1.0", "lower({0})", "{0}", "{0} > 3", "'T' || id",
        "x'00'", "3000000000 + id", "CAST({0} AS TEXT)", "CASE WHEN id % 3 THEN {0} END", "coalesce({0}, 'none')",
    )
    return rng.choice(forms).format(column)


def condition(rng: random.Random) -> str:
    forms = ("", "WHERE {0} > 5", "WHERE id % 7 = 0", "WHERE {0} IS NULL", "WHERE id % 3 <> 0 AND {0} IS NOT NULL",
             "WHERE typeof({0}) = 'text'", "WHERE id BETWEEN 100 AND 300", "WHERE {0} = 12", "WHERE rowid % 2",
             "WHERE {0} < 'b'", "WHERE id > 450 OR {0} = 1", "WHERE {0} LIKE '%a%'", "WHERE 0", "WHERE id = id")
    return rng.choice(forms).format(rng.choice("abc"))


@pytest.mark.parametrize("number", range(12))
def test_random_changes_of_many_rows(number: int, seed: int) -> None:
    rng = random.Random(f"bulk {seed} {number}")
    columns = []
    for name in "abc":
        constraint = rng.choice(("", "", "NOT NULL", "NOT NULL DEFAULT 3", f"CHECK ({name} IS NOT 'Tx')"))
        collation = rng.choice(("", "", "COLLATE NOCASE", "COLLATE RTRIM"))
        columns.append(f"{name} {rng.choice(TYPES)} {constraint} {collation}")
    indexes = [
        f"CREATE INDEX i{i} ON t ({', '.join(rng.sample('abc', rng.randint(1, 2)))}){rng.choice(('', ' WHERE a > 1'))}"
        for i in range(rng.randint(0, 2))
    ]
    rows = []
    for i in range(1, ROWS + 1):
        row = [value(rng) for _ in "abc"]
        rows.append((i * 2, *[3 if "NOT NULL" in c and v is None else v for c, v in zip(columns, row, strict=True)]))
    script = [f"CREATE TABLE t (id INTEGER PRIMARY KEY, {', '.join(columns)})", *indexes]
    pair = filled(script[0], rows, *indexes)
    for _ in range(12):
        if rng.random() < 0.7:
            targets = rng.sample("abc", rng.randint(1, 2))
            sets = ", ".join(f"{c} = {expression(rng)}" for c in targets)
            sql = f"UPDATE t SET {sets} {condition(rng)}"
        else:
            sql = f"DELETE FROM t {condition(rng)}"
            if "WHERE" not in sql or "id = id" in sql:
                continue
        script.append(sql)
        try:
            changed(pair, sql)
        except AssertionError as error:
            raise AssertionError(f"{error}\n--\n" + ";\n".join(script)) from error


def test_null_in_a_not_null_column_is_the_row_s_error():
    pair = filled(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a NOT NULL, b NOT NULL, c CHECK (c <> 77))",
        [(i, i, -i, i % 70) for i in range(1, ROWS)],
        "CREATE INDEX i ON t (a)",
    )
    changed(
        pair,
        "UPDATE t SET a = CASE WHEN id < 400 THEN id END",
        "UPDATE t SET a = CASE WHEN id < 400 THEN id END, b = CASE WHEN id < 399 THEN 1 END",
        "UPDATE t SET c = c + 30",
        "UPDATE t SET c = c + 30, b = CASE WHEN id < 40 THEN 1 END WHERE id > 3",
        "UPDATE t SET c = NULL, a = a * 2 WHERE c <> 5",
        "UPDATE t SET a = NULL WHERE a > 5 AND b < 0",
        "UPDATE OR IGNORE t SET a = NULL WHERE a > 900",
    )


def test_values_that_no_plan_has_seen_yet():
    """The column profile is widened, and plans of before do not serve any more."""
    pair = filled("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, r REAL)", [(i, i, i / 2) for i in range(1, ROWS)])
    changed(
        pair,
        "UPDATE t SET n = n + 1",
        "UPDATE t SET n = n * 4294967296 WHERE id = 7",
        "UPDATE t SET n = n + 1",
        "UPDATE t SET r = -r * 0.0 WHERE r > 100",
        "UPDATE t SET r = 1e308 * r * 10",
        "UPDATE t SET r = r - r",
        "UPDATE t SET n = 'text' WHERE n > 400",
        "UPDATE t SET n = n || '', r = NULL",
        "UPDATE t SET n = n + 1",
        "DELETE FROM t WHERE n > 300",
        "DELETE FROM t WHERE n < 'a'",
    )


def test_a_nocase_index_follows_changes_of_case():
    pair = filled(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b)",
        [(i, f"Name{i % 50}", i % 3) for i in range(1, ROWS)],
        "CREATE INDEX i ON t (a)",
        "CREATE INDEX j ON t (b, a COLLATE BINARY)",
    )
    changed(
        pair,
        "UPDATE t SET a = upper(a)",
        "UPDATE t SET a = lower(a) WHERE a > 'name3'",
        "UPDATE t SET a = a || ' ', b = a WHERE b = 1",
        "DELETE FROM t WHERE b = 2",
        "UPDATE t SET b = id WHERE a < 'name2'",
    )
    for name in ("name7", "NAME7", "name7 "):
        sql = f"SELECT id FROM t WHERE a = '{name}' ORDER BY id"
        assert pair.ours(sql) == pair.theirs(sql)


def test_savepoints_take_a_pass_back():
    rows = [(i, i % 5, f"x{i}") for i in range(1, ROWS)]
    pair = filled("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)", rows, "CREATE INDEX i ON t (b)")
    changed(
        pair,
        "SAVEPOINT one",
        "UPDATE t SET a = a + 1, b = b || a",
        "SAVEPOINT two",
        "DELETE FROM t WHERE a = 3",
        "UPDATE t SET b = NULL WHERE id % 2 = 0",
        "ROLLBACK TO two",
        "UPDATE t SET b = 'y' WHERE a > 2",
        "INSERT INTO t VALUES (-5, 1, 'new')",
        "ROLLBACK TO one",
        "RELEASE one",
        "DELETE FROM t WHERE id % 10 <> 0",
    )


@pytest.mark.parametrize(
    "index", ["(length(a))", "(b, typeof(a))", "(b) WHERE typeof(a) = 'real'", "(a) WHERE a || '' = '4'"]
)
def test_a_value_of_another_class_moves_what_is_computed_of_it(index: str) -> None:
    """4 and 4.0 are equal, and not alike."""
    pair = filled("CREATE TABLE t (a, b)", [(4, i) for i in range(1, ROWS)], f"CREATE INDEX i ON t {index}")
    for sql in (
        "UPDATE t SET a = '2.0' * 2 WHERE rowid = 3",
        "UPDATE t SET a = '2.0' * 2",
        "UPDATE t SET a = 4 WHERE rowid IN (SELECT b FROM t WHERE b % 3 = 0)",
        "UPDATE t SET a = '2.0' * 2 WHERE rowid = 3",
    ):
        changed(pair, sql)
        assert pair.difference("PRAGMA integrity_check") is None


@pytest.mark.parametrize("width", [1, 3, 30])
def test_a_pass_that_sets_one_column_is_taken_back(width: int) -> None:
    """Of the rows of before nothing but that column is kept."""
    more = "".join(f", c{n}" for n in range(1, width))
    rows = [(i, *[f"{n} {i}" for n in range(1, width)]) for i in range(1, ROWS)]
    pair = filled(f"CREATE TABLE t (a NOT NULL CHECK (a IS NOT 777){more})", rows)
    passes = (
        "UPDATE t SET a = a + 1",
        "UPDATE t SET a = a || 'x' WHERE rowid % 3 = 0",
        "UPDATE t SET a = rowid WHERE rowid < 200",
        "UPDATE t SET a = CASE WHEN rowid < 400 THEN 1 END",
        "UPDATE t SET a = CASE WHEN rowid = 450 THEN 777 ELSE 1 END WHERE rowid > 7",
        "UPDATE t SET a = a * 0.5",
    )
    for end in ("ROLLBACK", "COMMIT", "ROLLBACK"):
        changed(pair, "BEGIN", *passes, "SAVEPOINT s", *passes, "DELETE FROM t WHERE rowid % 10 = 0", *passes)
        changed(pair, "UPDATE t SET a = 0", "ROLLBACK TO s", *passes, end)
        changed(pair, *passes, "INSERT INTO t (a) VALUES (5)", *passes)


def test_foreign_keys_see_the_rows_that_a_pass_replaced() -> None:
    pair = filled("CREATE TABLE t (id INTEGER PRIMARY KEY, p REFERENCES q)", [(i, i % 9) for i in range(1, ROWS)])
    for sql in (
        "CREATE TABLE q (id INTEGER PRIMARY KEY, a)",
        "WITH n(x) AS (VALUES (0) UNION ALL SELECT x + 1 FROM n WHERE x < 10) INSERT INTO q SELECT x, x FROM n",
        "PRAGMA foreign_keys = 1",
    ):
        assert pair.difference(sql) is None
    changed(
        pair,
        "UPDATE t SET p = p + 1",
        "UPDATE t SET p = p + 1 WHERE p < 5",
        "UPDATE t SET p = p + 3",
        "UPDATE q SET a = a + 1",
        "BEGIN",
        "PRAGMA defer_foreign_keys = 1",
        "UPDATE t SET p = p + 3",
        "UPDATE t SET p = p - 4 WHERE p > 4",
        "COMMIT",
        "ROLLBACK",
    )


@pytest.mark.parametrize("collations", [("BINARY",), ("NOCASE",), ("BINARY", "RTRIM"), ("NOCASE", "BINARY", "BINARY")])
@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize("kind", ["integers", "few", "texts", "mixed", "nulls"])
def test_index_entries_by_columns_are_those_row_by_row(collations: tuple[str, ...], unique: bool, kind: str) -> None:
    rng = random.Random(f"{collations} {unique} {kind}")
    make = {
        "integers": lambda: rng.randrange(10**6),
        "few": lambda: rng.choice((1, 5, 9)),
        "texts": lambda: rng.choice("aAbB") * rng.randrange(4) + " " * rng.randrange(2),
        "mixed": lambda: value(rng),
        "nulls": lambda: rng.choice((None, 1, 2)),
    }[kind]
    rows = [tuple(make() for _ in range(3)) for _ in range(200)]
    rowids = list(range(10, 410, 2))
    index = IndexDef("i", "t", 9, [IndexColumn(i, c) for i, c in enumerate(collations)], unique=unique)
    found = index_entries(index, lambda position: list(map(itemgetter(position), rows)), rowids, rows)
    key = key_function(index)
    keys = [key(row, rowid) for row, rowid in zip(rows, rowids, strict=True)]
    if len(set(keys)) < len(rows):
        assert found is None
        return
    assert found is not None
    expected = dict(zip(keys, rowids, strict=True))
    assert found[0] == sorted_keys(keys) and found[1] == [expected[k] for k in found[0]]


@pytest.mark.parametrize("seed", range(6))
def test_batches_fill_indexes_whatever_comes_between(seed: int) -> None:
    """Entries of several batches are put in order together, unless somebody reads the index or writes to it before."""
    rng = random.Random(seed)
    pair = Pair()
    for sql in (
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE, c INTEGER)", "CREATE INDEX ia ON t(a)",
        "CREATE INDEX ib ON t(b, a DESC)", "CREATE INDEX ic ON t(c) WHERE c > 5", "CREATE UNIQUE INDEX iu ON t(c, id)",
    ):
        assert pair.difference(sql) is None
    insert = "INSERT INTO t VALUES (?, ?, ?, ?)"
    free = rng.sample(range(3000), 3000)
    high = 3000
    for _ in range(12):
        pair.ours("BEGIN")
        pair.sqlite.execute("BEGIN")
        for _ in range(rng.randrange(1, 6)):
            count = rng.choice((1, 5, 40, 150))
            if rng.random() < 0.6:
                ids = list(range(high, high + count))
                high += count
            else:
                ids = [free.pop() for _ in range(count)]
            rows = [(i, rng.choice(MIXED), rng.choice(("x", "Y", "y", None, "z")), rng.randrange(12)) for i in ids]
            assert pair.session.prepare(insert).run_many(rows) == count
            pair.sqlite.executemany(insert, rows)
            change = rng.random()
            if change < 0.2:
                for sql in ("DELETE FROM t WHERE a = 1 OR b = 'X'", "UPDATE t SET a = 5 WHERE id % 7 = 0"):
                    assert pair.ours(sql)[0] == "rows"
                    pair.sqlite.execute(sql)
            elif change < 0.4:
                sql = "SELECT id FROM t WHERE b = 'Y' AND a > 0 ORDER BY id"
                assert pair.ours(sql) == pair.theirs(sql)
            elif change < 0.5:
                rows = [(90000 + i, 1, "x", 1) for i in range(9)]
                with pytest.raises(Exception, match="UNIQUE"):
                    pair.session.prepare(insert).run_many([*rows, (ids[0], 1, "", 1)])
                pair.sqlite.executemany(insert, rows)
                assert pair.ours("DELETE FROM t WHERE id >= 90000") == pair.theirs("DELETE FROM t WHERE id >= 90000")
        end = rng.choice(("COMMIT", "COMMIT", "ROLLBACK"))
        pair.ours(end)
        pair.sqlite.execute(end)
        assert pair.ours("SELECT * FROM t ORDER BY id") == pair.theirs("SELECT * FROM t ORDER BY id")
        pair.check()
