"""What `excluded` reads: values as they were given, or as their columns store them, by what was in the way."""

from __future__ import annotations

import pytest
from side_by_side import Pair

VALUES = ("NULL", "5", "'5'", "'x'", "5.0", "x'35'", "'1e3'", "-0.0")
AFFINITIES = ("INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB")
TABLES = {
    "a rowid": ("id INTEGER PRIMARY KEY, a {}, b", "(id)"),
    "any conflict": ("id INTEGER PRIMARY KEY, a {}, b, c UNIQUE", ""),
    "a key after a rowid": ("id INTEGER PRIMARY KEY, a {}, b, c UNIQUE", "(id) DO NOTHING ON CONFLICT (c)"),
    "a rowid after a key": ("id INTEGER PRIMARY KEY, a {}, b, c UNIQUE", "(c) DO NOTHING ON CONFLICT (id)"),
    "a rowid behind a CHECK": ("id INTEGER PRIMARY KEY, a {}, b CHECK (b IS NOT 99), c", "(id)"),
    "a rowid beside a generated column": ("id INTEGER PRIMARY KEY, a {}, b, c, g AS (a)", "(id)"),
    "a rowid and a default that REPLACE puts in": (
        "id INTEGER PRIMARY KEY, a {} NOT NULL ON CONFLICT REPLACE DEFAULT '7', b, c", "(id)"),
    "a key": ("id UNIQUE, a {}, b", "(id)"),
    "the key of a table WITHOUT ROWID": ("id INTEGER PRIMARY KEY, a {}, b", "(id)"),
}  # fmt: skip
READS = (
    "typeof(excluded.a) || quote(excluded.a)", "(SELECT excluded.a < '6')",
    "CASE WHEN excluded.a THEN excluded.rowid END",
)  # fmt: skip


@pytest.mark.parametrize("affinity", AFFINITIES)
@pytest.mark.parametrize("name", TABLES)
def test_excluded_reads_what_sqlite_reads(name: str, affinity: str) -> None:
    columns, target = TABLES[name]
    without = " WITHOUT ROWID" if "WITHOUT" in name else ""
    pair = Pair()
    assert not pair.difference(f"CREATE TABLE t ({columns.format(affinity)}){without}")
    for value in VALUES:
        for read in READS[:-1] if without else READS:
            update = f"ON CONFLICT {target} DO UPDATE SET b = {read}"
            for source in (f"VALUES (1, {value})", f"SELECT column1, {value} FROM (VALUES (2), (1)) WHERE 1"):
                assert not pair.difference("DELETE FROM t")
                assert not pair.difference("INSERT INTO t (id, a, b) VALUES (1, 6, 0)")
                assert not pair.difference(f"INSERT INTO t (id, a) {source} {update} RETURNING *")
                assert not pair.difference("SELECT * FROM t ORDER BY id")
    pair.check()


@pytest.mark.parametrize("condition", ["typeof(excluded.a) = 'text'", "excluded.a = '5'", "excluded.a = 5"])
def test_conditions_read_excluded_as_assignments_do(condition: str) -> None:
    pair = Pair()
    for sql in (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER DEFAULT '5', b, c UNIQUE)",
        "INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, 2, 2)",
        f"INSERT INTO t VALUES (1, '5', 0, 9) ON CONFLICT DO UPDATE SET b = excluded.b WHERE {condition}",
        f"INSERT INTO t VALUES (9, '5', 0, 2) ON CONFLICT DO UPDATE SET b = excluded.b WHERE {condition}",
        f"INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET b = excluded.a WHERE {condition}",
        f"INSERT INTO t VALUES (1, '5', 3, 2) ON CONFLICT (id) DO UPDATE SET b = excluded.b WHERE {condition}"
        f" ON CONFLICT (c) DO UPDATE SET b = excluded.b + 1 WHERE {condition}",
        "CREATE TRIGGER r BEFORE INSERT ON t BEGIN SELECT new.a; END",
        f"INSERT INTO t VALUES (1, '5', 4, 2) ON CONFLICT (id) DO UPDATE SET b = quote(excluded.a) WHERE {condition}",
        "SELECT * FROM t ORDER BY id",
    ):  # fmt: skip
        assert not pair.difference(sql), sql
    pair.check()
