"""Workloads of the query language beyond single tables: windows, recursion, subqueries, JSON, dates, compiling.

``limit_us`` is an absolute bound on MantisDB's time per unit, where a ratio to sqlite3 says nothing: compiling
Python is not what sqlite3 does.
"""

from __future__ import annotations

import json
from dataclasses import replace

from workloads import Answer, Bench, Workload, query

RECURSIONS_PER_ROW = 10
"""1,000,000 rows of a counter beside 100,000 in the large table."""


def _index_owners(bench: Bench) -> None:
    bench.connection.execute("CREATE INDEX items_owner ON items (owner_id)")


def _recursion(bench: Bench) -> Answer:
    sql = (
        "WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ?) "
        "SELECT count(*), sum(n) FROM counter"
    )
    rows: Answer = bench.connection.execute(sql, (RECURSIONS_PER_ROW * bench.rows,)).fetchall()
    return rows


def _create_documents(bench: Bench) -> None:
    bench.connection.execute("CREATE TABLE documents (id INTEGER PRIMARY KEY, body TEXT)")
    documents = (
        (
            number,
            json.dumps({"name": title, "price": price, "owner": {"id": owner}, "tags": [category, "new", number]}),
        )
        for number, category, owner, price, title in bench.data.items
    )
    bench.begin()
    bench.connection.executemany("INSERT INTO documents VALUES (?, ?)", documents)
    bench.connection.commit()


def _create_events(bench: Bench) -> None:
    bench.connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT, seconds INTEGER)")
    events = (
        (n, f"20{n % 30:02d}-{n % 12 + 1:02d}-{n % 28 + 1:02d} {n % 24:02d}:{n % 60:02d}:{n % 59:02d}", n * 7919)
        for n in range(bench.rows)
    )
    bench.begin()
    bench.connection.executemany("INSERT INTO events VALUES (?, ?, ?)", events)
    bench.connection.commit()


# -- by indexes ----------------------------------------------------------------------------------------------


def _index_prices(bench: Bench) -> None:
    bench.connection.execute("CREATE INDEX items_price ON items (price, category)")


def _index_searches(columns: str) -> Workload:
    """Searches of a hundredth of the rows each, which lie all over the table; ``columns`` are read."""

    def run(bench: Bench) -> Answer:
        execute = bench.connection.cursor().execute
        sql = f"SELECT {columns} FROM items WHERE price >= ? AND price < ?"
        return [sorted(execute(sql, (low / 10, low / 10 + 1)).fetchall()) for low in range(0, 990, 99)]

    name = "index search, entries alone" if columns == "category" else "index search, rows"
    return Workload(name, run, prepare=_index_prices, units=lambda bench: bench.rows // 10)


# -- compiling -----------------------------------------------------------------------------------------------


def _compilations(bench: Bench) -> int:
    return max(bench.calls // 200, 10)


def _new_simple(bench: Bench) -> Answer:
    """Statements of which no other has the shape: names differ, and what is computed."""
    execute = bench.connection.cursor().execute
    answers = []
    for n in range(_compilations(bench)):
        name = f"s{bench.round}n{n}"
        sql = f"SELECT price * 2{' + price' * (n % 5)} AS {name}, title FROM items AS t{name} WHERE t{name}.id = ?"
        answers.append(execute(sql, (n + 1,)).fetchone())
    return answers


def _new_join(bench: Bench) -> Answer:
    execute = bench.connection.cursor().execute
    answers = []
    for n in range(_compilations(bench)):
        name = f"j{bench.round}n{n}"
        sql = (
            f"SELECT i.title AS {name}, c.department, o.city, p.price{' + i.price' * (n % 5)} AS other, q.city AS last "
            "FROM items AS i JOIN categories AS c ON c.name = i.category JOIN owners AS o ON o.id = i.owner_id "
            "JOIN items AS p ON p.id = o.id JOIN owners AS q ON q.id = p.owner_id WHERE i.id = ? AND i.price >= 0"
        )
        answers.append(execute(sql, (n + 1,)).fetchone())
    return answers


# -- changing many rows --------------------------------------------------------------------------------------


def _update_all(bench: Bench) -> Answer:
    bench.begin()
    bench.connection.execute("UPDATE items SET price = price + 1")
    bench.connection.commit()
    return []


def _delete_half(bench: Bench) -> Answer:
    bench.begin()
    bench.connection.execute("DELETE FROM items WHERE id % 2 = 0")
    bench.connection.commit()
    rows: Answer = bench.connection.execute("SELECT count(*) FROM items").fetchall()
    return rows


def _put_half_back(bench: Bench) -> None:
    bench.begin()
    deleted = [row for row in bench.data.items if row[0] % 2 == 0]
    bench.connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?)", deleted)
    bench.connection.commit()


def _create_watched(bench: Bench) -> None:
    execute = bench.connection.execute
    execute("PRAGMA foreign_keys = ON").fetchall()
    execute("CREATE UNIQUE INDEX category_names ON categories (name)")
    execute("CREATE TABLE journal (id INTEGER PRIMARY KEY, item INTEGER)")
    _recreate_watched(bench, drop=False)


def _recreate_watched(bench: Bench, *, drop: bool = True) -> None:
    execute = bench.connection.execute
    if drop:
        execute("DROP TABLE watched")
        execute("DELETE FROM journal")
    execute(
        "CREATE TABLE watched (id INTEGER PRIMARY KEY, category TEXT REFERENCES categories (name), "
        "owner_id INTEGER REFERENCES owners (id), price DOUBLE, title TEXT)"
    )
    execute("CREATE TRIGGER watch AFTER INSERT ON watched BEGIN INSERT INTO journal (item) VALUES (NEW.id); END")
    bench.connection.commit()


def _insert_watched(bench: Bench) -> Answer:
    bench.begin()
    execute = bench.connection.cursor().execute
    for row in bench.data.items[: bench.calls]:
        execute("INSERT INTO watched VALUES (?, ?, ?, ?, ?)", row)
    bench.connection.commit()
    rows: Answer = bench.connection.execute("SELECT count(*), sum(item) FROM journal").fetchall()
    return rows


WINDOWS = [
    query(
        "window, row_number in partitions",
        "SELECT id, row_number() OVER (PARTITION BY category ORDER BY price, id) FROM items",
        3.0,
    ),
    query(
        "window, running sum",
        "SELECT id, sum(owner_id) OVER (PARTITION BY category ORDER BY id) FROM items",
        3.0,
    ),
    query(
        "window, moving average and lag",
        "SELECT id, avg(price) OVER w, lag(price) OVER (ORDER BY id) FROM items "
        "WINDOW w AS (ORDER BY id ROWS BETWEEN 5 PRECEDING AND CURRENT ROW)",
        3.0,
    ),
]

QUERIES = [
    Workload("recursive CTE", _recursion, target=1.5, units=lambda bench: RECURSIONS_PER_ROW * bench.rows),
    replace(
        query(
            "correlated subquery",
            "SELECT count(*) FROM items AS i "
            "WHERE price > (SELECT avg(price) FROM items AS j WHERE j.owner_id = i.owner_id)",
            3.0,
        ),
        prepare=_index_owners,
    ),
    _index_searches("title"),
    _index_searches("category"),
    query(
        "join, 3 tables, aggregation",
        "SELECT c.department, o.city, count(*), sum(i.price) FROM items AS i "
        "JOIN categories AS c ON c.name = i.category JOIN owners AS o ON o.id = i.owner_id GROUP BY 1, 2",
        3.0,
    ),
    replace(
        query(
            "JSON extraction",
            "SELECT sum(json_extract(body, '$.price')), max(body ->> '$.owner.id'), "
            "count(DISTINCT json_extract(body, '$.tags[0]')) FROM documents",
            1.0,
        ),
        prepare=_create_documents,
    ),
    replace(
        query(
            "date functions",
            "SELECT strftime('%Y-%m', at), count(*), min(date(at, '+1 month', 'start of month')), "
            "max(julianday(at)), max(datetime(seconds, 'unixepoch')) FROM events GROUP BY 1",
            0.7,
        ),
        prepare=_create_events,
    ),
]

COMPILE = [
    Workload("compile, simple statement", _new_simple, "call", units=_compilations, limit_us=1000.0),
    Workload("compile, join of 5 tables", _new_join, "call", units=_compilations, limit_us=5000.0),
]

CHANGES = [
    Workload("update of all rows", _update_all, "row", 1.5),
    Workload("delete of half the rows", _delete_half, "row", 1.5, reset=_put_half_back, units=lambda b: b.rows // 2),
    Workload(
        "insert, trigger and 2 foreign keys",
        _insert_watched,
        "call",
        0.7,
        _create_watched,
        _recreate_watched,
        units=lambda bench: bench.calls,
    ),
]

MEASURED = WINDOWS + QUERIES + COMPILE + CHANGES
