"""What is compiled once for all databases of a schema: that it is, and that it is nobody's who should not have it."""

from __future__ import annotations

import gc
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

import mantisdb_dbapi
from mantisdb_engine.tree import Tree
from mantisdb_sql import shared_plans
from mantisdb_sql.context import CompileContext
from mantisdb_sql.session import Session
from mantisdb_sql.statements.prepared import Prepared

SCHEMA = """
    CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE COLLATE NOCASE);
    CREATE TABLE child (id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER REFERENCES parent ON DELETE CASCADE, size);
    CREATE TABLE log (what);
    CREATE INDEX sizes ON child (size) WHERE size > 0;
    CREATE INDEX doubled ON child (size * 2);
    CREATE VIEW sums AS SELECT name, sum(size) FROM parent JOIN child ON child.parent = parent.id GROUP BY name;
    CREATE TRIGGER noted AFTER DELETE ON child BEGIN INSERT INTO log VALUES (old.size); END;
"""
STATEMENTS = [
    "INSERT INTO parent (name) VALUES ('a'), ('b'), ('c')",
    "INSERT INTO child (parent, size) VALUES (1, 2)",
    "INSERT INTO child (parent, size) SELECT id, id * 10 FROM parent",
    "SELECT * FROM sums ORDER BY name",
    "SELECT id FROM child WHERE size > 0 AND size < 15 ORDER BY size",
    "SELECT size FROM child WHERE size * 2 = 4",
    "SELECT name FROM parent WHERE name = 'B' AND EXISTS (SELECT 1 FROM child WHERE parent = parent.id)",
    "UPDATE child SET size = size + 1 WHERE parent = 2",
    "INSERT INTO parent (id, name) VALUES (2, 'z') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
    "DELETE FROM parent WHERE id = 1",
    "SELECT what FROM log ORDER BY 1",
    "SELECT row_number() OVER (ORDER BY size), size FROM child ORDER BY 1",
]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that were compiled, and not found."""
    texts: list[str] = []
    compile_now = Prepared._compile

    def compile_and_note(self: Any, context: Any) -> Any:
        texts.append(self.sql)
        return compile_now(self, context)

    monkeypatch.setattr(Prepared, "_compile", compile_and_note)
    monkeypatch.setattr(shared_plans, "shared_plans", shared_plans.SharedPlans())
    yield texts


def connected(module: Any = mantisdb_dbapi, schema: str = SCHEMA) -> Any:
    connection = module.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = on")
    connection.executescript(schema)
    return connection


def answers(connection: Any, statements: list[str] = STATEMENTS) -> list[Any]:
    return [connection.execute(sql).fetchall() for sql in statements]


def test_a_second_database_of_the_schema_compiles_nothing(compiled: list[str]) -> None:
    expected = answers(connected(sqlite3))
    assert answers(connected()) == expected
    assert compiled
    compiled.clear()
    assert answers(connected()) == expected
    assert compiled == []


def test_a_second_connection_and_a_batch_compile_nothing(compiled: list[str], tmp_path: Any) -> None:
    def work() -> None:
        connection = mantisdb_dbapi.connect(str(tmp_path / "x.db"))
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(i, str(i)) for i in range(100)])
        assert connection.execute("SELECT count(*) FROM t WHERE a < ?", (50,)).fetchone()[0] % 50 == 0
        connection.commit()
        connection.close()

    first = mantisdb_dbapi.connect(str(tmp_path / "x.db"))
    first.execute("CREATE TABLE t (a INTEGER, b TEXT)")
    work()
    compiled.clear()
    work()
    assert compiled == []
    first.close()


@pytest.mark.parametrize(
    ("other", "question"),
    [
        ("CREATE TABLE t (a TEXT COLLATE NOCASE, b)", "SELECT count(*) FROM t WHERE a = 'X'"),
        ("CREATE TABLE t (a INTEGER, b)", "SELECT typeof(a) FROM t"),
        ("CREATE TABLE t (b, a TEXT)", "SELECT * FROM t"),
        ("CREATE TABLE t (a TEXT CHECK (a <> 'x'), b)", "SELECT count(*) FROM t"),
        ("CREATE TABLE s (c); CREATE TABLE t (a TEXT, b)", "SELECT a FROM t"),
        ("CREATE TABLE t (a TEXT, b); CREATE UNIQUE INDEX i ON t (b)", "SELECT count(*) FROM t"),
    ],
)
def test_another_schema_has_its_own_plans(other: str, question: str) -> None:
    for schema in ("CREATE TABLE t (a TEXT, b)", other):
        found = []
        for module in (sqlite3, mantisdb_dbapi):
            connection = connected(module, schema)
            errors = []
            for row in (("x", 1), ("5", 1)):
                try:
                    connection.execute("INSERT INTO t (a, b) VALUES (?, ?)", row)
                except module.Error as error:
                    errors.append(str(error))
            found.append((errors, connection.execute(question).fetchall()))
        assert found[0] == found[1]


@pytest.mark.parametrize(
    ("pragma", "statements"),
    [
        ("case_sensitive_like = on", ["SELECT 'a' LIKE 'A'"]),
        ("foreign_keys = off", ["INSERT INTO child (parent, size) VALUES (77, 5)", "SELECT count(*) FROM child"]),
        ("recursive_triggers = on", ["INSERT OR REPLACE INTO child VALUES (1, NULL, 3)",
                                     "INSERT OR REPLACE INTO child VALUES (1, NULL, 4)", "SELECT * FROM log"]),
        ("full_column_names = on", ["SELECT id FROM parent"]),
        ("ignore_check_constraints = on", ["INSERT INTO checked VALUES (-1)", "SELECT * FROM checked"]),
        ("query_only = on", ["DELETE FROM child"]),
    ],
)  # fmt: skip
def test_settings_are_part_of_what_is_shared(pragma: str, statements: list[str]) -> None:
    schema = f"{SCHEMA}; CREATE TABLE checked (a CHECK (a > 0))"
    for setting in ("", f"PRAGMA {pragma}", ""):
        found = []
        for module in (sqlite3, mantisdb_dbapi):
            connection, seen = connected(module, schema), []
            connection.execute(setting)
            for sql in statements:
                try:
                    cursor = connection.execute(sql)
                    seen.append(([d[0] for d in cursor.description or ()], cursor.fetchall()))
                except module.Error as error:
                    seen.append(str(error))
            found.append(seen)
        assert found[0] == found[1]


def test_functions_and_collations_of_a_connection_stay_its_own() -> None:
    made: list[Callable[[Any], Any]] = [lambda x: x * 2, lambda x: x * 3]
    for function, expected in zip(made, (10, 15), strict=True):
        connection = connected()
        connection.create_function("f", 1, function)
        assert connection.execute("SELECT f(5)").fetchone() == (expected,)
    upper = connected()
    upper.create_function("upper", 1, lambda text: "mine")
    assert upper.execute("SELECT upper('a')").fetchone() == ("mine",)
    assert connected().execute("SELECT upper('a')").fetchone() == ("A",)
    for order, least in ((1, "a"), (-1, "c")):
        connection = connected(schema="CREATE TABLE t (a)")
        connection.create_collation("own", lambda x, y, order=order: order * ((x > y) - (x < y)))
        connection.executemany("INSERT INTO t VALUES (?)", [("b",), ("a",), ("c",)])
        assert connection.execute("SELECT a FROM t ORDER BY a COLLATE own").fetchone() == (least,)


def test_what_a_connection_counts_is_its_own() -> None:
    for count in (1, 3):
        connection = connected()
        connection.executemany("INSERT INTO parent (name) VALUES (?)", [(str(i),) for i in range(count)])
        assert connection.execute("SELECT total_changes(), last_insert_rowid()").fetchone() == (count, count)


def test_a_plan_that_does_not_suit_the_rows_is_made_anew() -> None:
    question = "SELECT a + 1, a < 5 FROM t ORDER BY rowid"
    for values in ([1, 2], ["x", None], [2.5, b"x"], [1, 2**40], [1, 2]):
        found = []
        for module in (sqlite3, mantisdb_dbapi):
            connection = connected(module, "CREATE TABLE t (a)")
            connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
            found.append(connection.execute(question).fetchall())
        assert found[0] == found[1]


def test_what_analyze_finds_makes_other_plans(compiled: list[str]) -> None:
    connection = connected(schema="CREATE TABLE t (a, b); CREATE INDEX i ON t (a); CREATE INDEX j ON t (b)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(i % 2, i) for i in range(200)])
    question = "SELECT count(*) FROM t WHERE a = 1 AND b = 5"
    assert connection.execute(question).fetchone() == (1,)
    connection.execute("ANALYZE")
    compiled.clear()
    assert connection.execute(question).fetchone() == (1,)
    assert compiled == [question]


def test_two_databases_that_need_different_plans_do_not_take_turns_for_ever(compiled: list[str]) -> None:
    one, two = (connected(schema="CREATE TABLE t (a)") for _ in range(2))
    one.execute("INSERT INTO t VALUES (1)")
    two.execute("INSERT INTO t VALUES ('x')")
    for _ in range(3):
        assert one.execute("SELECT a + 1 FROM t").fetchall() == [(2,)]
        assert two.execute("SELECT a + 1 FROM t").fetchall() == [(1,)]
    assert compiled.count("SELECT a + 1 FROM t") == 2


def test_the_store_holds_nothing_of_a_database_or_connection(compiled: list[str]) -> None:
    connection = connected()
    answers(connection)
    connection.executemany("INSERT INTO log VALUES (?)", [(i,) for i in range(100)])
    held, stack = set[int](), [catalog.plans for *_, catalog in connection._session._shared._catalogs]
    assert any(stack)
    while stack:
        thing = stack.pop()
        is_module = isinstance(thing, type | ModuleType) or (isinstance(thing, dict) and "__name__" in thing)
        if id(thing) in held or is_module:
            continue
        held.add(id(thing))
        assert not isinstance(thing, Tree | Session | Prepared | CompileContext), thing
        stack.extend(gc.get_referents(thing))


def test_threads_that_use_plans_of_each_other_get_their_own_answers() -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    failures: list[Any] = []

    def work(number: int) -> None:
        rng = random.Random(seed + number)
        try:
            for _ in range(15):
                connection = connected(schema="CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
                rows = [(i, rng.choice([i, str(i), float(i)])) for i in range(rng.randrange(40))]
                connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
                key = rng.randrange(40)
                assert connection.execute("SELECT b FROM t WHERE a = ?", (key,)).fetchall() == [
                    (b,) for a, b in rows if a == key
                ]
                assert connection.execute("SELECT count(*) FROM t").fetchone() == (len(rows),)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
