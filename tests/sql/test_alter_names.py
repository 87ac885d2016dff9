"""ALTER TABLE leaves every text that names what was altered as SQLite leaves it (data/alter_names.sql), and what
depends on others is dropped, refused and reported as there (data/dependants.sql)."""

from __future__ import annotations

import pytest
from side_by_side import DATA, Pair, statements_of

_SCHEMA = (
    "SELECT type, name, tbl_name, sql FROM main.sqlite_master UNION ALL SELECT type, name, tbl_name, sql"
    " FROM temp.sqlite_master"
)


def _parts() -> list[list[str]]:
    parts: list[list[str]] = []
    for name in ("alter_names", "dependants"):
        parts.append([])
        for sql in statements_of(DATA / f"{name}.sql"):
            if sql.startswith("====="):
                parts.append([])
            parts[-1].append(sql.removeprefix("=====").strip())
    return parts


PARTS = _parts()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part[0][:40])
def test_texts_are_those_of_sqlite(part):
    pair = Pair()
    for sql in part:
        assert pair.difference(sql) is None
        assert pair.ours(_SCHEMA) == pair.theirs(_SCHEMA), sql
    pair.check()


def test_the_new_row_of_an_upsert_keeps_its_name():
    """SQLite calls it by the table's new name, which makes it another row."""
    pair = Pair()
    for sql in (
        "CREATE TABLE t(a UNIQUE, b)", "CREATE TABLE u(x)",
        "CREATE TRIGGER r AFTER INSERT ON u BEGIN INSERT INTO t VALUES (new.x, 1) ON CONFLICT (a)"
        " DO UPDATE SET b = excluded.b + t.b; END",
        "ALTER TABLE t RENAME TO s", "ALTER TABLE s RENAME COLUMN b TO c", "INSERT INTO u VALUES (1), (1), (1)",
    ):
        assert pair.ours(sql)[0] == "rows"
    assert pair.ours("SELECT * FROM s") == ("rows", [(("int", "1"), ("int", "3"))])


def test_views_and_triggers_of_temp_follow_a_column_of_a_temp_table():
    """SQLite looks for the new name in the texts that have it already, and gives up."""
    pair = Pair()
    for sql in (
        "CREATE TEMP TABLE t(a, b)", "CREATE TEMP VIEW v AS SELECT b FROM t",
        "CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET b = new.b + 1; END",
        "ALTER TABLE t RENAME COLUMN b TO c", "INSERT INTO t VALUES (1, 2)",
    ):
        assert pair.ours(sql) == ("rows", [])
    assert pair.ours("SELECT c FROM v") == ("rows", [(("int", "3"),)])


def test_in_a_table_follows_its_name():
    """SQLite leaves the name in ``x IN t``, finds that there is no such table, and gives up."""
    pair = Pair()
    for sql in ("CREATE TABLE t(a)", "CREATE VIEW v AS SELECT 5 IN t AS x", "ALTER TABLE t RENAME TO u"):
        assert pair.ours(sql) == ("rows", [])
    assert pair.ours("SELECT x FROM v") == ("rows", [(("int", "0"),)])
