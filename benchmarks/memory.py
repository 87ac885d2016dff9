"""``memory.py ENGINE ROWS``: prints, as JSON, how much resident memory a table of ROWS items takes.

Rows are made one by one while they are loaded, and not kept: what remains is the engine's. Small loads come
first, so that code, plans and the allocator's arenas are in place before the first reading.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import data
from engines import available


def _resident_bytes() -> int:
    """Resident set size of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def _items(first: int, count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(first, first + count):
        yield n, f"category {n % data.CATEGORIES:02d}", n // 10, (n % 9973) / 7, f"title number {n:08d}"


def main() -> None:
    """Measure one engine."""
    (engine,) = available([sys.argv[1]])
    rows = int(sys.argv[2])
    connection = engine.connect(None)
    connection.execute(data.SCHEMA[0])
    connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?)", list(_items(1, 2000)))
    connection.commit()
    gc.collect()
    before = _resident_bytes()
    connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?)", _items(2001, rows))
    connection.commit()
    gc.collect()
    print(json.dumps({"engine": engine.name, "bytes_per_row": (_resident_bytes() - before) / rows}))


main()
