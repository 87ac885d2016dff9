"""Searches that read the entries of an index alone give what the rows would give."""

from __future__ import annotations

import random
from typing import Any

import apsw
import pytest

import mantisdb_dbapi

TABLES = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT, c REAL, d TEXT COLLATE NOCASE, e INTEGER)",
    "CREATE TABLE t (id, a INTEGER, b TEXT, c NUMERIC, d TEXT COLLATE NOCASE, e)",
    "CREATE TABLE t (id INT, a, b TEXT, c REAL, d TEXT, e INTEGER, PRIMARY KEY (a, b, id)) WITHOUT ROWID",
)
INDEXES = {  # and the columns that they have
    "CREATE INDEX i ON t (a, b)": "ab",
    "CREATE INDEX i ON t (e DESC, c)": "ec",
    "CREATE UNIQUE INDEX i ON t (e, a, id)": "ea",
    "CREATE INDEX i ON t (d, e)": "de",
    "CREATE INDEX i ON t (c, d COLLATE BINARY, a) WHERE c > 0": "ca",
    "CREATE INDEX i ON t (e, e, b)": "eb",
    "CREATE INDEX i ON t (e, a + 1)": "e",
}
VALUES = (None, 0, 1, 1.0, 2, 2.5, -0.0, 0.0, "a", "A", "b", "B", "1", b"a", 2**40, -1)


def conditions(rng: random.Random) -> str:
    value = rng.choice(("0", "1", "1.0", "2", "'a'", "'B'", "NULL", "x'61'"))
    column = rng.choice("abcde")
    return rng.choice((
        f"{column} = {value}", f"{column} > {value}", f"{column} BETWEEN 0 AND {value}",
        f"{column} IN (1, 'a', {value})",
        f"{column} IS {value}", f"{column} < {value} AND a IS NOT NULL", "c > 0 AND c < 3", f"e = {value} AND b > 'a'",
        f"(e, {rng.choice('ac')}) > (1, {value})", "d LIKE 'a%'",
    ))  # fmt: skip


def query(rng: random.Random) -> str:
    """Nothing whose answer depends on which of two equal values, 1 and 1.0 or 'a' and 'A', is met first."""
    columns = rng.sample(["id", "a", "b", "c", "d", "e", "e + 1", "a || b"], rng.randrange(1, 4))
    exact, where, shape = rng.choice(("b", "typeof(e)", "typeof(a)", "b, typeof(c)")), conditions(rng), rng.randrange(7)
    if shape == 0:
        return f"SELECT count(*), sum(e), max(b), sum(typeof({columns[0]}) = 'real') FROM t WHERE {where}"
    if shape == 1:
        return f"SELECT {exact}, count(*) FROM t WHERE {where} GROUP BY {exact}"
    if shape == 2:
        return f"SELECT DISTINCT {exact} FROM t WHERE {where}"
    if shape == 3:
        where = where.replace("(e, ", "(x.e, ") if where.startswith("(") else f"x.{where}"
        return f"SELECT x.{rng.choice('abe')}, u.b FROM t x JOIN t u ON u.id = x.e WHERE {where}"
    if shape == 4:
        return f"SELECT e FROM t WHERE {where} AND EXISTS (SELECT 1 FROM t u WHERE u.a = t.a AND u.e > 0)"
    if shape == 5:
        return f"SELECT {', '.join(columns)} FROM t WHERE {where} ORDER BY {rng.choice('ace')}, id LIMIT 5"
    return f"SELECT {', '.join(columns)} FROM t WHERE {where}"


def covered(rng: random.Random, columns: str, index: str) -> str:
    """A query that an index with these columns could answer."""
    value = rng.choice(("0", "1", "1.0", "2", "'a'", "'B'", "x'61'"))
    where = f"{columns[0]} {rng.choice(('=', '<', '>', '>=', 'BETWEEN 0 AND', 'IS'))} {value}"
    if rng.random() < 0.4:
        where += f" AND {columns[-1]} IS NOT {rng.choice(('NULL', '1', 'id'))}"
    if " WHERE " in index:
        where += f" AND {index.split(' WHERE ')[1]}"
    read = ", ".join(rng.sample([*columns, "id", f"typeof({columns[-1]})"], 2))
    hint = rng.choice(("", " INDEXED BY i"))
    return rng.choice((
        f"SELECT {read} FROM t{hint} WHERE {where}",
        f"SELECT count(*), sum(typeof({columns[0]}) = 'real') FROM t{hint} WHERE {where}",
        f"SELECT typeof({columns[-1]}), count(*) FROM t{hint} WHERE {where} GROUP BY 1",
        f"SELECT (SELECT max(id) FROM t{hint} WHERE {where}), {read} FROM t WHERE id < 5",
    ))  # fmt: skip


def answer(connection: Any, sql: str, error: type[Exception]) -> Any:
    try:
        return sorted(map(repr, connection.execute(sql)))
    except error:
        return "error"


@pytest.mark.parametrize("sql", ["SELECT * FROM t WHERE a IN ('x', 'y')", "SELECT id, a, b FROM t WHERE a > 'y'"])
def test_an_index_may_have_the_whole_row(sql: str) -> None:
    found = []
    for connection in (mantisdb_dbapi.connect(":memory:"), apsw.Connection(":memory:")):
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, UNIQUE (a, b))")
        connection.executemany("INSERT INTO t (a, b) VALUES (?, ?)", [(a, b) for a in "xyz" for b in "pqr"])
        found.append(sorted(connection.execute(sql)))
    assert found[0] == found[1]


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("table", TABLES)
def test_entries_give_what_rows_give(seed: int, long_mode: bool, table: str, index: str) -> None:
    rng = random.Random(f"{seed} {table} {index}")
    ours, theirs = mantisdb_dbapi.connect(":memory:"), apsw.Connection(":memory:")
    covering = 0
    for _ in range(20 if long_mode else 1):
        for run in (ours.execute, theirs.execute):
            run("DROP TABLE IF EXISTS t")
            run(table)
            run(index)
        pool = rng.sample(VALUES, rng.randrange(3, len(VALUES)))
        for number in range(rng.randrange(20, 300)):
            row = (number, *(rng.choice(pool) for _ in range(4)), number % 30)
            for run in (ours.execute, theirs.execute):
                run("INSERT OR IGNORE INTO t VALUES (?, ?, ?, ?, ?, ?)", row)
        for _ in range(40):
            if rng.random() < 0.2:  # what equals the old value may be another one
                column, change = rng.choice("abce"), rng.choice(("{0} * 1.0", "CAST({0} AS INTEGER)", "-{0}", "0"))
                update = f"UPDATE OR IGNORE t SET {column} = {change.format(column)} WHERE id % 3 = {rng.randrange(3)}"
                for run in (ours.execute, theirs.execute):
                    run(update)
            sql = query(rng) if rng.random() < 0.4 else covered(rng, INDEXES[index], index)
            assert answer(ours, sql, mantisdb_dbapi.Error) == answer(theirs, sql, apsw.Error), sql
            covering += "COVERING" in str(answer(ours, f"EXPLAIN QUERY PLAN {sql}", mantisdb_dbapi.Error))
    print("searches of entries alone:", covering)
    ours.close()
