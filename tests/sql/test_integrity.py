"""PRAGMA integrity_check: nothing to say of a sound database, and each kind of planted damage named. The damage is done
through the engine, past everything that guards a table; SQLite is asked where it can be brought into the same state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import apsw
import pytest
from side_by_side import Pair

import mantisdb_dbapi
from mantisdb_engine import open_database
from mantisdb_sql.ddl.integrity import check
from mantisdb_sql.session import Session

pytestmark = pytest.mark.damages

SCHEMA = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a NOT NULL, b UNIQUE, c CHECK (c <> 9), g AS (a || 'g'))",
    "CREATE INDEX i ON t (a)",
    "CREATE INDEX p ON t (c) WHERE c > 1",
    "CREATE TABLE s (a INTEGER, b TEXT) STRICT",
    "CREATE TABLE w (a, b, PRIMARY KEY (b, a)) WITHOUT ROWID",
    "INSERT INTO t VALUES (1, 'x', 1, 1), (2, 'y', 2, 2), (3, 'z', 3, NULL)",
    "INSERT INTO s VALUES (1, 'x')",
    "INSERT INTO w VALUES (1, 2), (2, 1)",
)


class Damaged:
    """A session whose trees can be written to by the names of what they hold."""

    def __init__(self) -> None:
        self.session = Session(open_database())
        for sql in SCHEMA:
            self.session.prepare(sql).run(())
        catalog = self.session.catalog()
        self.ids = {name: table.tree_id for name, table in catalog.tables.items()}
        self.ids |= {index.name: index.tree_id for table in catalog.tables.values() for index in table.indexes}

    def write(self, change: Callable[[Any, dict[str, int]], Any]) -> list[str]:
        """Change the trees in a transaction; what the check says then."""
        self.session.write(lambda txn: change(txn, self.ids))
        return check(self.session)


def _row(id_: int, a: Any = "x", b: Any = 7, c: Any = 1, g: Any = None) -> tuple[Any, ...]:
    return (id_, a, b, c, f"{a}g" if g is None else g)


def test_a_sound_database_has_no_problems() -> None:
    assert check(Damaged().session) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda txn, ids: txn.delete(ids["i"], ("x", 1)), ["wrong # of entries in index i", "row 1 missing from"]),
        (lambda txn, ids: txn.insert(ids["i"], ("q", 9), 9), ["row 9 not in the table but in index i"]),
        (lambda txn, ids: txn.delete(ids["p"], (2, 2)), ["row 2 missing from index p"]),
        (lambda txn, ids: txn.insert(ids["p"], (1, 1), 1), ["row 1 not in the table but in index p"]),
        (lambda txn, ids: txn.put(ids["sqlite_autoindex_t_1"], (1,), 2), ["row 1 missing from index sqlite_auto"]),
        (lambda txn, ids: txn.delete(ids["t"], 2), ["row 2 not in the table but in index i"]),
        (lambda txn, ids: txn.insert(ids["t"], 4, _row(4, b=1)), ["non-unique entry in index sqlite_autoindex_t_1"]),
        (lambda txn, ids: txn.put(ids["t"], 1, _row(1, a=None, g=None)), ["NULL value in t.a"]),
        (lambda txn, ids: txn.put(ids["t"], 1, _row(1, b=1, c=9)), ["CHECK constraint failed in t"]),
        (lambda txn, ids: txn.put(ids["t"], 1, _row(1, b=1, g="other")), ["row 1 of t holds other generated values"]),
        (lambda txn, ids: txn.put(ids["t"], 1, _row(5, b=1)), ["row 1 of t holds another rowid"]),
        (lambda txn, ids: txn.put(ids["t"], 1, _row(1)[:3]), ["row 1 of t has the wrong width"]),
        (lambda txn, ids: txn.put(ids["s"], 1, ("no", "x")), ["non-INTEGER value in s.a"]),
        (lambda txn, ids: txn.put(ids["s"], 1, (1, True)), ["row 1 of s holds a bool"]),
        (lambda txn, ids: txn.put(ids["s"], 1, (2**63, "x")), ["value out of range in s.a"]),
        (lambda txn, ids: txn.put(ids["t"], 1, _row(1, c=float("nan"))), ["value out of range in t.c"]),
        (lambda txn, ids: txn.put(ids["s"], 1, (2**40, b"x")), ["the column profile of s does not cover its rows"]),
        (lambda txn, ids: txn.delete(ids["sqlite_autoindex_w_1"], (2, 1)), ["missing from index sqlite_autoindex_w_1"]),
        (lambda txn, ids: txn.create_tree(), ["never used"]),
        (lambda txn, ids: txn.drop_tree(ids["i"]), ["missing"]),
    ],
)  # fmt: skip
def test_planted_damage_is_named(change: Callable[[Any, dict[str, int]], Any], words: list[str]) -> None:
    problems = Damaged().write(change)
    for word in words:
        assert any(word in problem for problem in problems), problems


def test_entries_in_the_wrong_order_are_found() -> None:
    damaged = Damaged()
    leaf = damaged.session.database.published.trees[damaged.ids["i"]].root
    leaf.keys.reverse()
    assert any("order" in problem or "ascend" in problem for problem in check(damaged.session)), check(damaged.session)


def test_the_quick_check_looks_at_rows_and_not_at_what_indexes_hold() -> None:
    damaged = Damaged()
    assert damaged.write(lambda txn, ids: txn.delete(ids["i"], ("x", 1)))
    assert damaged.session.prepare("PRAGMA quick_check").run(()) == [("ok",)]
    damaged.write(lambda txn, ids: txn.put(ids["t"], 1, _row(1, a=None, g=None)))
    assert ("NULL value in t.a",) in damaged.session.prepare("PRAGMA quick_check").run(())


def test_one_bad_row_among_many_good_ones_is_found() -> None:
    damaged = Damaged()
    many = "INSERT INTO t SELECT value, 'a' || value, value, value FROM generate_series(10, 3000)"
    damaged.session.prepare(many).run(())
    assert check(damaged.session) == []
    problems = damaged.write(lambda txn, ids: txn.put(ids["t"], 1500, _row(1501, a="a1500", b=1500, c=1500)))
    assert problems == ["row 1500 of t holds another rowid"]


def test_the_pragma_says_what_sqlites_says() -> None:
    answers, session = [], Session(open_database())
    for run in (lambda sql: session.prepare(sql).run(()), apsw.Connection(":memory:").execute):
        run("CREATE TABLE t (a CHECK (a <> 1), b CONSTRAINT n CHECK (b <> 2))")
        run("CREATE TABLE u (a CHECK (a <> 1))")
        run("PRAGMA ignore_check_constraints = ON")
        run("INSERT INTO t VALUES (1, 2), (1, 0), (0, 2), (0, 0)")
        ignored = list(run("PRAGMA integrity_check"))
        run("PRAGMA ignore_check_constraints = OFF")
        names = ("integrity_check", "quick_check", "integrity_check(2)", "integrity_check(t)", "integrity_check(u)")
        answers.append([ignored, *(list(run(f"PRAGMA {name}")) for name in names)])
    assert answers[0] == answers[1]


def test_the_pragma_looks_at_the_database_or_the_table_that_it_names() -> None:
    connection = mantisdb_dbapi.connect(":memory:")
    connection.executescript(
        "ATTACH ':memory:' AS a; CREATE TABLE a.t (x CHECK (x <> 1)); CREATE TABLE u (x UNIQUE); "
        "CREATE TEMP TABLE v (x);"
        "PRAGMA ignore_check_constraints = 1; INSERT INTO a.t VALUES (1); PRAGMA ignore_check_constraints = 0;"
    )
    broken = [("CHECK constraint failed in t",)]
    for pragma, answer in (
        ("integrity_check", broken), ("a.integrity_check", broken), ("main.integrity_check", [("ok",)]),
        ("temp.integrity_check", [("ok",)]), ("integrity_check(u)", [("ok",)]), ("a.integrity_check(t)", broken),
    ):  # fmt: skip
        assert connection.execute(f"PRAGMA {pragma}").fetchall() == answer, pragma
    with pytest.raises(mantisdb_dbapi.OperationalError, match="no such table: nosuch"):
        connection.execute("PRAGMA integrity_check(nosuch)")


def test_a_string_that_becomes_a_columns_name_is_told_as_sqlite_tells_it() -> None:
    """"name" in an index was a string until there is such a column: the entries are not those of the rows any more."""
    pair = Pair()
    for sql in (
        "CREATE TABLE t (a)",
        'CREATE INDEX i ON t ("name")',
        "INSERT INTO t VALUES (1), (2)",
        "ALTER TABLE t ADD COLUMN name DEFAULT 5",
        "PRAGMA integrity_check",
        "REINDEX i",
        "PRAGMA integrity_check",
        "SELECT count(*) FROM t INDEXED BY i WHERE name = 5",
    ):
        difference = pair.difference(sql)
        assert difference is None, difference
