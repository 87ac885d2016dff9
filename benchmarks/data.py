"""The rows that the workloads use: made from a seed, the same for every engine and every run.

``items``       the large table: id, category (50 texts), owner_id (rows / 10 owners), price, title
``categories``  name (text key), department; ``owners``: id, city
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

SCHEMA = (
    "CREATE TABLE items (id INTEGER PRIMARY KEY, category TEXT, owner_id INTEGER, price DOUBLE, title TEXT)",
    "CREATE TABLE categories (name TEXT, department TEXT)",
    "CREATE TABLE owners (id INTEGER PRIMARY KEY, city TEXT)",
)
CATEGORIES = 50
SYLLABLES = (
    "ba",
    "co",
    "di",
    "fu",
    "ge",
    "ha",
    "jo",
    "ki",
    "lu",
    "me",
    "na",
    "po",
    "qui",
    "ru",
    "se",
    "ta",
    "vo",
    "zy",
)

Item = tuple[int, str, int, float, str]


@dataclass(frozen=True)
class Data:
    """All rows, as lists of tuples."""

    items: list[Item]
    categories: list[tuple[str, str]]
    owners: list[tuple[int, str]]


@lru_cache(maxsize=4)
def make(rows: int, seed: int = 1) -> Data:
    """The data set with ``rows`` items."""
    chance = random.Random(seed)
    owners = max(rows // 10, 1)
    items = [
        (
            number,
            f"category {chance.randrange(CATEGORIES):02d}",
            chance.randrange(owners) + 1,
            round(chance.uniform(0, 100), 2),
            "".join(chance.choices(SYLLABLES, k=6)),
        )
        for number in range(1, rows + 1)
    ]
    categories = [(f"category {n:02d}", f"department {n % 7}") for n in range(CATEGORIES)]
    return Data(items, categories, [(n, f"city {n % 100}") for n in range(1, owners + 1)])


def fill(connection: Any, data: Data) -> None:
    """Create the tables and load them, in one transaction where the engine allows it."""
    for statement in SCHEMA:
        connection.execute(statement)
    if hasattr(connection, "begin"):
        connection.begin()
    connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?)", data.items)
    connection.executemany("INSERT INTO categories VALUES (?, ?)", data.categories)
    connection.executemany("INSERT INTO owners VALUES (?, ?)", data.owners)
    connection.commit()
