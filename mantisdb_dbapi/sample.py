"""A small data set: a bookshop with customers, books, orders and order lines, made from a seed.

It is what ``mantisdb tour`` loads, and what tests use that must not need anything outside the package. The
same seed gives the same rows on every machine and Python version: only ``Random.random`` is used, whose
sequence is promised to be stable.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

SCHEMA = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, email TEXT UNIQUE);
CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, genre TEXT NOT NULL, price NUMERIC(10, 2) NOT
                   NULL, stock INTEGER NOT NULL DEFAULT 100);
CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id),
                       day TEXT NOT NULL);
CREATE TABLE line (purchase_id INTEGER NOT NULL REFERENCES purchase (id), book_id INTEGER NOT NULL REFERENCES
                   book (id), quantity INTEGER NOT NULL, PRIMARY KEY (purchase_id, book_id));
CREATE INDEX purchase_customer ON purchase (customer_id);
CREATE INDEX line_book ON line (book_id);
"""

_FIRST = (
    "Ana",
    "Bruno",
    "Chloé",
    "Dag",
    "Elif",
    "François",
    "Gül",
    "Hana",
    "Íris",
    "Jürgen",
    "Kōji",
    "Łucja",
    "Mei",
    "Noah",
    "Óscar",
    "Priya",
)
_LAST = (
    "Almeida",
    "Björk",
    "Castro",
    "Dvořák",
    "Eriksson",
    "Fischer",
    "García",
    "Horváth",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lindqvist",
)
_CITIES = ("Lisboa", "Göteborg", "São Paulo", "Praha", "Kyōto", "Łódź", "İzmir", "Paris")
_GENRES = ("novel", "poetry", "history", "science", "cooking", "travel")
_NOUNS = (
    "River",
    "Garden",
    "Winter",
    "Machine",
    "Harbour",
    "Letter",
    "Mountain",
    "Kitchen",
    "Island",
    "Mirror",
)
_FRAMES = ("The {}", "A {} of One's Own", "Notes from the {}", "{} and {}", "Beyond the {}")


@dataclass(frozen=True)
class Bookshop:
    """Rows for each table, in the order in which the tables must be filled."""

    customers: list[tuple[int, str, str, str | None]]
    books: list[tuple[int, str, str, float]]
    purchases: list[tuple[int, int, str]]
    lines: list[tuple[int, int, int]]


def make_bookshop(purchases: int = 3000, seed: int = 1) -> Bookshop:
    """A bookshop with as many purchases as asked for."""
    chance = random.Random(seed)
    customers = [_customer(chance, number) for number in range(1, max(purchases // 10, 5) + 1)]
    books = [_book(chance, number) for number in range(1, 121)]
    orders: list[tuple[int, int, str]] = []
    lines: list[tuple[int, int, int]] = []
    for number in range(1, purchases + 1):
        orders.append((number, 1 + _below(chance, len(customers)), _day(chance)))
        chosen = {1 + _below(chance, len(books)) for _ in range(1 + _below(chance, 4))}
        lines += [(number, book, 1 + _below(chance, 3)) for book in sorted(chosen)]
    return Bookshop(customers, books, orders, lines)


INSERTS = {
    "customers": "INSERT INTO customer (id, name, city, email) VALUES (?, ?, ?, ?)",
    "books": "INSERT INTO book (id, title, genre, price) VALUES (?, ?, ?, ?)",
    "purchases": "INSERT INTO purchase (id, customer_id, day) VALUES (?, ?, ?)",
    "lines": "INSERT INTO line (purchase_id, book_id, quantity) VALUES (?, ?, ?)",
}
"""Field of :class:`Bookshop` -> the statement that loads it."""


def _below(chance: random.Random, limit: int) -> int:
    return int(chance.random() * limit)


def _pick(chance: random.Random, items: tuple[str, ...]) -> str:
    return items[_below(chance, len(items))]


def _customer(chance: random.Random, number: int) -> tuple[int, str, str, str | None]:
    name = f"{_pick(chance, _FIRST)} {_pick(chance, _LAST)}"
    email = f"reader{number}@example.org" if chance.random() < 0.9 else None
    return number, name, _pick(chance, _CITIES), email


def _book(chance: random.Random, number: int) -> tuple[int, str, str, float]:
    title = _pick(chance, _FRAMES).format(_pick(chance, _NOUNS), _pick(chance, _NOUNS))
    return number, title, _pick(chance, _GENRES), round(4 + chance.random() * 40, 2)


def _day(chance: random.Random) -> str:
    return f"{2021 + _below(chance, 4)}-{1 + _below(chance, 12):02d}-{1 + _below(chance, 28):02d}"
