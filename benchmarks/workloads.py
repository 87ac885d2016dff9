"""What is measured. Every workload is the same calls, in the same order, for each engine.

A workload has three parts: ``prepare`` (once per engine, not timed), ``run`` (timed; returns what the engine
answered, so that answers can be compared) and ``reset`` (after each round, not timed: it puts the state
back, so that every round does the same work). ``per`` says what one unit is: a row, or a call.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import data

Answer = Sequence[Any]
ITEM_COLUMNS = "(id INTEGER PRIMARY KEY, category TEXT, owner_id INTEGER, price DOUBLE, title TEXT)"


@dataclass
class Bench:
    """One engine's side of one workload: the open connection and the rows it holds."""

    connection: Any
    rows: int
    data: data.Data
    round: int = 0

    @property
    def calls(self) -> int:
        """How often a workload of single calls makes its call."""
        return max(self.rows // 5, 50)

    def begin(self) -> None:
        """Start a transaction where the engine does not do so by itself."""
        if hasattr(self.connection, "begin"):
            self.connection.begin()


@dataclass(frozen=True)
class Workload:
    """See the module's text.

    target    the least ratio to sqlite3 that the project wants; None where it says nothing
    filled    starts with the data set loaded
    compares  whether the answers must be equal between engines
    limit_us  the most that a unit may take MantisDB, whatever sqlite3 takes
    """

    name: str
    run: Callable[[Bench], Answer]
    per: str = "row"
    target: float | None = None
    prepare: Callable[[Bench], None] = lambda bench: None
    reset: Callable[[Bench], None] = lambda bench: None
    filled: bool = True
    autocommit: bool = False
    compares: bool = True
    units: Callable[[Bench], int] = field(default=lambda bench: bench.rows)
    limit_us: float | None = None


def query(name: str, sql: str, target: float | None = None, params: tuple[Any, ...] = ()) -> Workload:
    """A workload that is one SELECT, fetched to the end."""

    def run(bench: Bench) -> Answer:
        rows: Answer = bench.connection.execute(sql, params).fetchall()
        return rows

    return Workload(name, run, target=target)


# -- single rows by key --------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _random_keys(row_count: int, call_count: int) -> list[int]:
    chance = random.Random(7)
    return [chance.randint(1, row_count) for _ in range(call_count)]


def _keys(bench: Bench) -> list[int]:
    """Random ids; drawn once, so that drawing them is not measured."""
    return _random_keys(bench.rows, bench.calls)


def _point_select(bench: Bench) -> Answer:
    """execute + fetchone on one cursor, as PEP 249 has it."""
    execute = bench.connection.cursor().execute
    sql = "SELECT title, price FROM items WHERE id = ?"
    return [execute(sql, (key,)).fetchone() for key in _keys(bench)]


def _connection_execute(bench: Bench) -> Answer:
    """The short form, which makes a cursor per call."""
    execute = bench.connection.execute
    sql = "SELECT title, price FROM items WHERE id = ?"
    return [execute(sql, (key,)).fetchone() for key in _keys(bench)]


def _range_select(bench: Bench) -> Answer:
    execute = bench.connection.cursor().execute
    sql = "SELECT id, title FROM items WHERE id BETWEEN ? AND ?"
    return [len(execute(sql, (key, key + 99)).fetchall()) for key in _keys(bench)[: bench.calls // 10]]


def _same_shape(bench: Bench) -> Answer:
    execute = bench.connection.cursor().execute
    return [execute(f"SELECT title, price FROM items WHERE id = {key}").fetchone() for key in _keys(bench)]


def _never_seen(bench: Bench) -> Answer:
    """New statements in each round: names and shapes differ, not only literals."""
    execute = bench.connection.cursor().execute
    answers = []
    for n in range(max(bench.calls // 40, 10)):
        name = f"r{bench.round}n{n}"
        extra = " + price" * (n % 5)
        order = ("id", "price", "title", "category")[n % 4]
        sql = (
            f"SELECT id AS {name}, price * 2{extra} AS x, title FROM items AS t{name} "
            f"WHERE t{name}.id = ? AND price >= 0 ORDER BY {order}"
        )
        answers.append(execute(sql, (n + 1,)).fetchone())
    return answers


# -- writing -------------------------------------------------------------------------------------------------


def _create_target(bench: Bench) -> None:
    bench.connection.execute("CREATE TABLE target " + ITEM_COLUMNS)


def _recreate_target(bench: Bench) -> None:
    bench.connection.execute("DROP TABLE target")
    _create_target(bench)
    bench.connection.commit()


def _create_indexed_target(bench: Bench) -> None:
    _create_target(bench)
    bench.connection.execute("CREATE INDEX target_category ON target (category)")
    bench.connection.execute("CREATE INDEX target_owner ON target (owner_id)")


def _recreate_indexed_target(bench: Bench) -> None:
    bench.connection.execute("DROP TABLE target")
    _create_indexed_target(bench)
    bench.connection.commit()


def _count_target(bench: Bench) -> Answer:
    rows: Answer = bench.connection.execute("SELECT count(*), sum(owner_id) FROM target").fetchall()
    return rows


def _insert_each(bench: Bench) -> Answer:
    bench.begin()
    execute = bench.connection.cursor().execute
    for row in bench.data.items[: bench.calls]:
        execute("INSERT INTO target VALUES (?, ?, ?, ?, ?)", row)
    bench.connection.commit()
    return _count_target(bench)


def _then_by_indexes(run: Callable[[Bench], Answer]) -> Callable[[Bench], Answer]:
    """The run, and a look into both indexes: an engine that puts work on them off does it within the time taken."""

    def both(bench: Bench) -> Answer:
        answer, execute = run(bench), bench.connection.execute
        for column, value in (("category", "category 07"), ("owner_id", 7)):
            answer += execute(f"SELECT count(*) FROM target WHERE {column} = ?", (value,)).fetchall()
        return answer

    return both


def _insert_autocommit(bench: Bench) -> Answer:
    execute = bench.connection.cursor().execute
    for row in bench.data.items[: bench.calls]:
        execute("INSERT INTO target VALUES (?, ?, ?, ?, ?)", row)
    return _count_target(bench)


def _executemany(bench: Bench) -> Answer:
    bench.begin()
    bench.connection.executemany("INSERT INTO target VALUES (?, ?, ?, ?, ?)", bench.data.items)
    bench.connection.commit()
    return _count_target(bench)


def _update_by_key(bench: Bench) -> Answer:
    bench.begin()
    execute = bench.connection.cursor().execute
    for key in _keys(bench):
        execute("UPDATE items SET price = price + ?, title = ? WHERE id = ?", (1.5, "renewed", key))
    bench.connection.commit()
    rows: Answer = bench.connection.execute("SELECT count(*) FROM items WHERE title = 'renewed'").fetchall()
    return rows


def _delete_by_key(bench: Bench) -> Answer:
    bench.begin()
    execute = bench.connection.cursor().execute
    for key in _keys(bench):
        execute("DELETE FROM items WHERE id = ?", (key,))
    bench.connection.commit()
    rows: Answer = bench.connection.execute("SELECT count(*) FROM items").fetchall()
    return rows


def _put_deleted_back(bench: Bench) -> None:
    held = {row[0] for row in bench.connection.execute("SELECT id FROM items").fetchall()}
    bench.begin()
    missing = [row for row in bench.data.items if row[0] not in held]
    bench.connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?)", missing)
    bench.connection.commit()


def _upsert(bench: Bench) -> Answer:
    sql = (
        "INSERT INTO items VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET price = excluded.price, title = excluded.title"
    )
    bench.begin()
    execute = bench.connection.cursor().execute
    for key in _keys(bench):
        new = key * 2  # every second key exists
        execute(sql, (new, "category 00", 1, 5.0, "upserted"))
    bench.connection.commit()
    rows: Answer = bench.connection.execute("SELECT count(*) FROM items WHERE title = 'upserted'").fetchall()
    return rows


def _remove_upserted(bench: Bench) -> None:
    bench.begin()
    bench.connection.execute("DELETE FROM items WHERE id > ?", (bench.rows,))
    bench.connection.commit()


def _create_index(bench: Bench) -> Answer:
    bench.connection.execute("CREATE INDEX items_category ON items (category)")
    rows: Answer = bench.connection.execute(
        "SELECT count(*) FROM items WHERE category = 'category 07'"
    ).fetchall()
    return rows


def _drop_index(bench: Bench) -> None:
    bench.connection.execute("DROP INDEX items_category")


def _calls(bench: Bench) -> int:
    return bench.calls


POINT = [
    Workload("point select", _point_select, "call", 1.0, units=_calls),
    Workload("point select, connection.execute", _connection_execute, "call", units=_calls),
    Workload("range select, 100 rows", _range_select, "call", units=lambda bench: bench.calls // 10),
    Workload("literals differ", _same_shape, "call", units=_calls),
    Workload("never seen before", _never_seen, "call", units=lambda bench: max(bench.calls // 40, 10)),
]

WRITE = [
    Workload(
        "insert in a transaction", _insert_each, "call", 0.6, _create_target, _recreate_target, units=_calls
    ),
    Workload(
        "insert autocommit",
        _insert_autocommit,
        "call",
        None,
        _create_target,
        _recreate_target,
        autocommit=True,
        units=_calls,
    ),
    Workload("executemany insert", _executemany, "row", 3.0, _create_target, _recreate_target),
    Workload(
        "insert, 2 indexes",
        _then_by_indexes(_insert_each),
        "call",
        0.8,
        _create_indexed_target,
        _recreate_indexed_target,
        units=_calls,
    ),
    Workload(
        "executemany, 2 indexes",
        _then_by_indexes(_executemany),
        "row",
        1.2,
        _create_indexed_target,
        _recreate_indexed_target,
    ),
    Workload("update by key", _update_by_key, "call", 0.6, units=_calls),
    Workload("delete by key", _delete_by_key, "call", reset=_put_deleted_back, units=_calls),
    Workload("upsert", _upsert, "call", 0.8, reset=_remove_upserted, units=_calls),
    Workload("index build", _create_index, target=1.0, reset=_drop_index),
]

QUERY = [
    query("SELECT * fetchall", "SELECT * FROM items", 20.0),
    query("filtered count", "SELECT count(*) FROM items WHERE price > ?", 1.3, (50,)),
    query(
        "filter + projection",
        "SELECT id, title, price * 2 FROM items WHERE price > ? AND owner_id % 2 = 0",
        1.8,
        (50.0,),
    ),
    query("aggregates", "SELECT sum(price), avg(price), min(price), max(price) FROM items", 1.5),
    query("GROUP BY, 50 groups", "SELECT category, count(*), sum(price) FROM items GROUP BY category", 2.5),
    query("GROUP BY, many groups", "SELECT owner_id, count(*), max(price) FROM items GROUP BY owner_id", 2.5),
    query("ORDER BY", "SELECT * FROM items ORDER BY price, id", 4.0),
    query("ORDER BY LIMIT", "SELECT id, price FROM items ORDER BY price DESC, id LIMIT 10"),
    query(
        "join, 2 tables, text key",
        "SELECT i.id, i.title, c.department FROM items i JOIN categories c ON c.name = i.category",
        3.0,
    ),
    query(
        "join, 3 tables",
        "SELECT i.id, c.department, o.city FROM items i JOIN categories c ON c.name = i.category "
        "JOIN owners o ON o.id = i.owner_id WHERE i.price < ?",
        3.0,
        (80,),
    ),
    query("DISTINCT", "SELECT DISTINCT category FROM items", 4.0),
    query("LIKE", "SELECT count(*) FROM items WHERE title LIKE ?", None, ("%babo%",)),
]

MEASURED = POINT + WRITE + QUERY
