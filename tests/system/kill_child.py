"""The process that test_kill.py kills: it commits numbered transactions and says so over a pipe.

Transaction n is a pure function of (seed, n): the parent can do it again on the oracle and know what must be
in the file. Each leaves n in the table ``progress``, so that the file itself says how far it got.
Transactions 1 to 40 load the bookshop (number 1 with its schema); later ones update, delete, insert, upsert
and change the schema.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from mantisdb_dbapi import sample

LOADS = 40
TABLES = ("customer", "book", "purchase", "line", "note", "progress")
Step = tuple[str, list[tuple[Any, ...]]]


def run(driver_name: str, path: str, seed: int, pipe: Connection) -> None:
    """Commit transactions, from where the file is, until killed."""
    connection = import_module(driver_name).connect(path, isolation_level=None, timeout=60)
    number = progress(connection)
    pipe.send(("open", number))
    while True:
        number += 1
        commit(connection, seed, number)
        pipe.send(("committed", number))


def progress(connection: Any) -> int:
    """The number of the last transaction in the file; 0 for an empty one."""
    known = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'progress'").fetchone()[0]
    return int(connection.execute("SELECT n FROM progress").fetchone()[0]) if known else 0


def commit(connection: Any, seed: int, number: int) -> None:
    """Do transaction ``number``."""
    connection.execute("BEGIN")
    for sql, rows in steps(seed, number):
        if len(rows) > 1:
            connection.executemany(sql, rows)
        else:
            connection.execute(sql, *rows)
    connection.execute("UPDATE progress SET n = ?", (number,))
    connection.execute("COMMIT")


def steps(seed: int, number: int) -> Iterator[Step]:
    """The statements of transaction ``number``, each with its rows of parameters."""
    if number <= LOADS:
        yield from _load(seed, number)
        return
    chance = random.Random(f"{seed} {number}")
    for _ in range(chance.randint(1, 4)):
        yield chance.choice(_CHANGES)(chance, number)
    if number % 25 == 0:
        yield "CREATE INDEX IF NOT EXISTS book_genre ON book (genre, price)", []
    if number % 25 == 12:
        yield "DROP INDEX IF EXISTS book_genre", []


def _load(seed: int, number: int) -> Iterator[Step]:
    if number == 1:
        yield from ((sql, []) for sql in sample.SCHEMA.split(";") if sql.strip())
        yield "CREATE TABLE note (id INTEGER PRIMARY KEY, about INTEGER, text TEXT, picture BLOB)", []
        yield "CREATE TABLE progress (n INTEGER)", []
        yield "INSERT INTO progress VALUES (0)", []
    shop = sample.make_bookshop(800, seed)
    for name, sql in sample.INSERTS.items():
        rows = getattr(shop, name)[number - 1 :: LOADS]
        if rows:
            yield sql, rows


def _price_change(chance: random.Random, number: int) -> Step:
    genre = chance.choice(("novel", "poetry", "history", "science"))
    return "UPDATE book SET price = price + ?, stock = stock - 1 WHERE genre = ?", [(number % 7 - 3, genre)]


def _one_book(chance: random.Random, number: int) -> Step:
    return "UPDATE book SET stock = ? WHERE id = ?", [(number, chance.randint(1, 120))]


def _move_customers(chance: random.Random, number: int) -> Step:
    low = chance.randint(1, 70)
    return "UPDATE customer SET city = ? WHERE id BETWEEN ? AND ?", [(f"City {number}", low, low + 9)]


def _delete_lines(chance: random.Random, number: int) -> Step:
    return "DELETE FROM line WHERE purchase_id = ?", [(chance.randint(1, 800),)]


def _notes(chance: random.Random, number: int) -> Step:
    rows = [
        (number, "note " * chance.randint(0, 30), chance.randbytes(chance.randint(0, 40)))
        for _ in range(chance.randint(2, 60))
    ]
    return "INSERT INTO note (about, text, picture) VALUES (?, ?, ?)", rows


def _forget_notes(chance: random.Random, number: int) -> Step:
    return "DELETE FROM note WHERE about < ?", [(number - chance.randint(5, 50),)]


def _replace_line(chance: random.Random, number: int) -> Step:
    row = (chance.randint(1, 800), chance.randint(1, 120), number)
    return "INSERT OR REPLACE INTO line (purchase_id, book_id, quantity) VALUES (?, ?, ?)", [row]


_CHANGES = (
    _price_change,
    _one_book,
    _move_customers,
    _delete_lines,
    _notes,
    _notes,
    _forget_notes,
    _replace_line,
)
