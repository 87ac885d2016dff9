"""Blob objects do what the standard library's do: data, offsets, errors' classes and texts."""

from __future__ import annotations

import os
import random
import sqlite3 as stdlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

SCRIPT = """
CREATE TABLE p (k PRIMARY KEY);
CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB, c TEXT, d UNIQUE, f REFERENCES p);
INSERT INTO p VALUES (x'01');
INSERT INTO t VALUES (1, x'000102030405060708090a0b0c0d0e0f', 'text äöü', x'aabb', x'01'), (2, NULL, 7, 1.5, NULL);
CREATE VIEW v AS SELECT * FROM t;
"""


def _connect(driver: Any) -> Any:
    connection = driver.connect(":memory:", isolation_level=None)
    connection.executescript(SCRIPT)
    return connection


def _outcome(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except Exception as error:
        return type(error).__name__, str(error)


OPENED = [
    ("t", "b", 1), ("T", "B", 1), ("t", "c", 1), ("t", "d", 1), ("t", "f", 1), ("t", "b", 2), ("t", "c", 2),
    ("t", "d", 2), ("t", "b", 3), ("t", "nosuch", 1), ("nosuch", "b", 1), ("v", "b", 1), ("t", "a", 1),
    ("t", "b", 2**64),
]  # fmt: skip


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize("place", OPENED)
def test_opening(driver: ModuleType, place: tuple[str, str, int], readonly: bool) -> None:
    outcomes = []
    for module in (driver, stdlib):
        connection = _connect(module)
        outcome = _outcome(lambda c=connection: c.blobopen(*place, readonly=readonly).read())
        outcomes.append(outcome if isinstance(outcome, bytes) else outcome[0])
        connection.close()
    assert outcomes[0] == outcomes[1]


ACTIONS: list[Callable[[Any, random.Random], Any]] = [
    lambda b, r: b.read(r.randint(-3, 20)),
    lambda b, r: b.write(r.randbytes(r.randint(0, 18))),
    lambda b, r: b.seek(r.randint(-20, 20), r.choice((os.SEEK_SET, os.SEEK_CUR, os.SEEK_END, 3))),
    lambda b, r: b.seek(2**31 - 1, r.randint(0, 2)),
    lambda b, r: b.tell(),
    lambda b, r: b[r.randint(-20, 20)],
    lambda b, r: b[r.randint(-20, -9) : r.randint(9, 20) : r.choice((None, 1, 2, 3))],
    lambda b, r: b.__setitem__(r.randint(-20, 20), r.choice((0, 255, 7, 256, -1, 2**70, b"x"))),
    lambda b, r: b.__setitem__(slice(3, r.randint(0, 20), r.choice((1, 2))), r.randbytes(r.randint(0, 8))),
    lambda b, r: b.__setitem__("a", b"b"),
    lambda b, r: b[1.5],
    lambda b, r: b[2**70],
    lambda b, r: b.__delitem__(0),
    lambda b, r: len(b),
    lambda b, r: b.write("text"),
]


@pytest.mark.parametrize("column", ["b", "c"])
def test_random_use(driver: ModuleType, column: str) -> None:
    seed = int(os.environ.get("MANTISDB_SEED", random.randrange(2**32)))
    print(f"MANTISDB_SEED={seed}")
    runs = []
    for module in (driver, stdlib):
        source, connection = random.Random(seed), _connect(module)
        blob = connection.blobopen("t", column, 1)
        run = []
        for _ in range(400):
            action = source.choice(ACTIONS)
            # Slices that end before they begin are SystemErrors in the standard library: not asked for.
            run.append(_outcome(lambda action=action, blob=blob, source=source: action(blob, source)))
        run.append(connection.execute(f"SELECT typeof({column}), hex({column}) FROM t WHERE a = 1").fetchall())
        run.append(connection.execute("SELECT total_changes()").fetchall())
        blob.close()
        run += [_outcome(blob.read), _outcome(lambda blob=blob: len(blob)), _outcome(blob.__enter__)]
        connection.close()
        runs.append(run)
    for n, (ours, theirs) in enumerate(zip(*runs, strict=True)):
        assert (n, ours) == (n, theirs)


@pytest.mark.parametrize(
    "sql", ["UPDATE t SET b = x'11' WHERE a = 1", "DELETE FROM t WHERE a = 1", "DROP TABLE t", "UPDATE t SET b = 5"]
)
def test_a_blob_whose_row_was_changed_has_expired(driver: ModuleType, sql: str) -> None:
    connection = _connect(driver)
    blob = connection.blobopen("t", "b", 1)
    connection.execute(sql)
    for action in (blob.read, lambda: blob.write(b"x"), lambda: blob[0]):
        with pytest.raises(driver.OperationalError):
            action()


def test_a_write_belongs_to_the_open_transaction(driver: ModuleType) -> None:
    connection = _connect(driver)
    connection.execute("BEGIN")
    with connection.blobopen("t", "b", 1) as blob:
        blob.write(b"zz")
    assert connection.execute("SELECT hex(b) FROM t WHERE a = 1").fetchone()[0].startswith("7A7A02")
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT hex(b) FROM t WHERE a = 1").fetchone()[0].startswith("000102")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
