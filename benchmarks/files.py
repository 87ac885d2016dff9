"""Workloads that need a file, threads or a process of their own: durable commits, opening, Chinook, memory.

Durable commits: every commit is on the disk when it returns (MantisDB: synchronous=FULL; sqlite3: WAL with
synchronous=FULL and a busy timeout of 60 s), each thread with a connection of its own, all files in one
directory. A writer that is refused tries again, and the retries are counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from time import perf_counter
from typing import Any

import data
from engines import Engine

MEMORY_SCRIPT = Path(__file__).with_name("memory.py")


def durable_commits(engine: Engine, directory: Path, threads: int, commits: int) -> tuple[float, int]:
    """(seconds, retries) for ``commits`` one-row transactions spread over ``threads`` connections."""
    path = directory / f"{engine.name}-{threads}.db"
    first = engine.connect(path, autocommit=True, durable=True)
    first.execute("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, thread INTEGER, text TEXT)")
    before = first.execute("SELECT count(*) FROM log").fetchone()[0]
    share = commits // threads
    barrier = threading.Barrier(threads + 1)
    retries: list[int] = []
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            connection = engine.connect(path, autocommit=True, durable=True)
            connection.execute("SELECT count(*) FROM log").fetchall()
            barrier.wait()
            retries.append(_commit_rows(engine, connection, number, share))
            connection.close()
        except BaseException as error:
            errors.append(error)
            barrier.abort()

    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    try:
        barrier.wait()
    except threading.BrokenBarrierError:
        pass
    started = perf_counter()
    for worker in workers:
        worker.join()
    seconds = perf_counter() - started
    if errors:
        raise errors[0]
    after = first.execute("SELECT count(*) FROM log").fetchone()[0]
    first.close()
    assert after - before == share * threads, (
        f"{engine.name} lost commits: {after - before} of {share * threads}"
    )
    return seconds, sum(retries)


def _commit_rows(engine: Engine, connection: Any, number: int, count: int) -> int:
    retries = 0
    for n in range(count):
        while True:
            try:
                connection.execute(
                    "INSERT INTO log (thread, text) VALUES (?, ?)", (number, f"entry {n} of {number}")
                )
                break
            except engine.retryable:
                retries += 1
                if retries > 100 * count:
                    raise
    return retries


def write_file(engine: Engine, directory: Path, rows: int) -> Path:
    """A closed database file with the data set in it."""
    path = directory / f"{engine.name}-open.db"
    connection = engine.connect(path)
    data.fill(connection, data.make(rows))
    connection.close()
    return path


def open_and_query(engine: Engine, path: Path, key: int) -> tuple[float, list[Any]]:
    """(seconds, answer) of opening the file, one SELECT by key, and closing it again."""
    started = perf_counter()
    connection = engine.connect(path)
    answer = connection.execute("SELECT * FROM items WHERE id = ?", (key,)).fetchall()
    connection.close()
    return perf_counter() - started, answer


def load_script(engine: Engine, script: str) -> tuple[float, list[Any]]:
    """(seconds, row counts) of running a script of statements into a new database in memory."""
    connection = engine.connect(None)
    started = perf_counter()
    connection.executescript(script)
    seconds = perf_counter() - started
    counts = [
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("Track", "InvoiceLine", "PlaylistTrack")
    ]
    connection.close()
    return seconds, counts


TEST_SCHEMA = """
    CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, born DATE);
    CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, price REAL DEFAULT 9.99, isbn TEXT UNIQUE,
                       author_id INTEGER NOT NULL REFERENCES author (id) ON DELETE CASCADE);
    CREATE INDEX book_author ON book (author_id);
    CREATE TABLE review (id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL REFERENCES book (id),
                         stars INTEGER CHECK (stars BETWEEN 1 AND 5), body TEXT);
    CREATE INDEX review_book ON review (book_id);
    CREATE VIEW top AS SELECT title, avg(stars) AS average FROM book JOIN review ON book_id = book.id GROUP BY book.id;
"""


def database_of_a_test(engine: Engine) -> tuple[float, list[Any]]:
    """(seconds, answers) of what a test does with a database of its own: tables, a few rows, a few questions."""
    started = perf_counter()
    connection = engine.connect(None)
    connection.executescript(TEST_SCHEMA)
    execute = connection.execute
    for number in range(5):
        execute("INSERT INTO author (name, born) VALUES (?, ?)", (f"author {number}", "1970-01-01"))
    for number in range(10):
        row = f"title {number}", number % 5 + 1, str(number)
        execute("INSERT INTO book (title, author_id, isbn) VALUES (?, ?, ?)", row)
    execute("INSERT INTO review (book_id, stars, body) VALUES (1, 5, 'good'), (1, 3, 'so'), (2, 1, 'bad')")
    connection.commit()
    answers = [
        execute("SELECT count(*) FROM book WHERE author_id = ?", (1,)).fetchall(),
        execute("SELECT title, name FROM book JOIN author ON author.id = author_id ORDER BY title").fetchall(),
        execute("SELECT * FROM top ORDER BY average DESC").fetchall(),
    ]
    execute("UPDATE book SET price = ? WHERE id = ?", (1.5, 1))
    execute("DELETE FROM review WHERE book_id = ?", (2,))
    answers.append(execute("SELECT price, isbn FROM book WHERE id = ?", (1,)).fetchall())
    connection.close()
    return perf_counter() - started, answers


def bytes_per_row(engine: Engine, rows: int) -> float:
    """Resident memory that the items table takes, per row, measured in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, str(MEMORY_SCRIPT), engine.name, str(rows)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return float(json.loads(done.stdout)["bytes_per_row"])
