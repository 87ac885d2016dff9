"""CREATE TABLE AS with parameters makes what the standard library makes."""

# ruff: noqa: E501
from __future__ import annotations

import sqlite3
from typing import Any

import pytest

import mantisdb_dbapi

VALUES = (None, 5, 2**40, 2.5, "x", "é\U0001f600", b"\x00\xff", True, bytearray(b"q"))


def _made(module: Any, statements: list[tuple[str, Any]]) -> list[Any]:
    connection, found = module.connect(":memory:", isolation_level=None), []
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c REAL)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [(i, f"b{i % 7}", i / 2) for i in range(50)])
    for sql, params in statements:
        try:
            found.append([tuple((type(v), v) for v in row) for row in connection.execute(sql, params)])
        except sqlite3.Error as error:
            found.append((type(error).__name__, str(error)))
    connection.close()
    return found


@pytest.mark.parametrize("value", VALUES)
def test_a_table_holds_what_was_bound(value: Any) -> None:
    statements = [
        ("CREATE TABLE n AS SELECT ? AS x, b, ? IS NULL AS y FROM t WHERE a > ? ORDER BY a LIMIT ?", (value, value, 40, 3)),
        ("SELECT *, typeof(x) FROM n", ()), ("SELECT sql FROM sqlite_master WHERE name = 'n'", ()),
        ("CREATE TEMP TABLE IF NOT EXISTS m AS SELECT :v AS v UNION ALL SELECT b FROM t WHERE b = :w", {"v": value, "w": "b3"}),
        ("SELECT * FROM m", ()), ("CREATE TABLE IF NOT EXISTS n AS SELECT ?", (value,)), ("CREATE TABLE n AS SELECT ?", (value,)),
    ]  # fmt: skip
    assert _made(mantisdb_dbapi, statements) == _made(sqlite3, statements)


def test_what_cannot_be_bound_makes_no_table() -> None:
    statements: list[tuple[str, Any]] = [
        ("CREATE TABLE n AS SELECT ?", ()), ("CREATE TABLE n AS SELECT ?, ?", (1,)), ("CREATE TABLE n AS SELECT :a", {}),
        ("CREATE TABLE n (a CHECK (a > ?))", (1,)), ("CREATE TABLE n (a DEFAULT (?))", (1,)),
        ("CREATE VIEW n AS SELECT ?", (1,)), ("CREATE INDEX n ON t (a) WHERE a = ?", (1,)), ("SELECT name FROM sqlite_master", ()),
    ]  # fmt: skip
    assert _made(mantisdb_dbapi, statements) == _made(sqlite3, statements)


def test_a_text_that_is_bound_twice_makes_two_tables() -> None:
    statements: list[tuple[str, Any]] = []
    for value in (1, "one", 2.0):
        statements += [
            ("CREATE TABLE n AS SELECT ? AS x FROM t WHERE a < ?", (value, 3)), ("SELECT * FROM n", ()), ("DROP TABLE n", ()),
        ]  # fmt: skip
    assert _made(mantisdb_dbapi, statements) == _made(sqlite3, statements)
