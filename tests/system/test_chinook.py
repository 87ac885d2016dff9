"""Chinook, a music shop's database of 15,600 rows, loads into a file and answers what its users ask as
SQLite does."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import comparison
import pytest

QUERY_FILE = Path(__file__).parent / "data" / "chinook_queries.sql"
TABLES = (
    "Album",
    "Artist",
    "Customer",
    "Employee",
    "Genre",
    "Invoice",
    "InvoiceLine",
    "MediaType",
    "Playlist",
    "PlaylistTrack",
    "Track",
)


def _queries() -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)\n", QUERY_FILE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


QUERIES = _queries()


@pytest.fixture(scope="module")
def oracle(chinook_script: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(chinook_script)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def chinook_file(driver: ModuleType, chinook_script: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chinook") / "chinook.db"
    connection = driver.connect(path)
    connection.executescript(chinook_script)
    connection.close()
    return path


@pytest.fixture(scope="module")
def chinook(driver: ModuleType, chinook_file: Path) -> Iterator[Any]:
    """A connection to the file, opened again after the load."""
    connection = driver.connect(chinook_file)
    yield connection
    connection.close()


def _result(connection: Any, sql: str) -> tuple[list[str], list[tuple[object, ...]]]:
    cursor = connection.execute(sql)
    return [column[0] for column in cursor.description], cursor.fetchall()


def test_there_are_enough_questions() -> None:
    assert len(QUERIES) >= 45


@pytest.mark.parametrize("table", TABLES)
def test_every_table_holds_what_the_script_says(chinook: Any, oracle: sqlite3.Connection, table: str) -> None:
    sql = f"SELECT rowid, * FROM {table} ORDER BY rowid"
    assert comparison.first_difference(_result(chinook, sql)[1], _result(oracle, sql)[1]) is None


@pytest.mark.parametrize("name", QUERIES)
def test_a_question_gets_sqlites_answer(chinook: Any, oracle: sqlite3.Connection, name: str) -> None:
    sql = QUERIES[name]
    our_columns, ours = _result(chinook, sql)
    their_columns, theirs = _result(oracle, sql)
    assert our_columns == their_columns
    if "ORDER BY" not in sql:
        ours, theirs = comparison.as_multiset(ours), comparison.as_multiset(theirs)
    assert comparison.first_difference(ours, theirs) is None


def test_questions_are_not_empty(oracle: sqlite3.Connection) -> None:
    """A question without an answer proves little; one asks for errors in the data, and there are none."""
    empty = [name for name, sql in QUERIES.items() if not oracle.execute(sql).fetchall()]
    assert empty == ["invoices_whose_lines_do_not_add_up"]


def test_a_question_asked_twice_and_with_parameters_gets_the_same_answer(
    chinook: Any, oracle: sqlite3.Connection
) -> None:
    sql = (
        "SELECT t.Name, t.UnitPrice FROM Track t JOIN Album a USING (AlbumId) "
        "WHERE a.Title LIKE ? AND t.Milliseconds > ? ORDER BY t.TrackId LIMIT ?"
    )
    for params in (
        ("%a%", 300_000, 10),
        ("B%", 2**40, 10),
        ("%a%", 1.5, 5),
        ("%a%", None, 10),
        ("%", "300000", 3),
    ):
        assert chinook.execute(sql, params).fetchall() == oracle.execute(sql, params).fetchall()


UNROUNDED = (
    "SELECT SUM(Total), AVG(Total), TOTAL(Total) FROM Invoice",
    "SELECT BillingCountry, SUM(Total), AVG(Total) FROM Invoice GROUP BY BillingCountry ORDER BY 1",
    "SELECT SUM(UnitPrice * Quantity) FROM InvoiceLine",
    "SELECT AlbumId, SUM(Milliseconds / 1000.0), AVG(Bytes / 1024.0) FROM Track GROUP BY AlbumId ORDER BY 1",
)


@pytest.mark.parametrize("sql", UNROUNDED)
def test_float_sums_are_the_newest_sqlites_to_the_last_bit(chinook: Any, chinook_script: str, sql: str) -> None:
    """SQLite adds floats with compensation since 3.43; the reference is the newest one, which apsw
    bundles."""
    apsw = pytest.importorskip("apsw")
    newest = apsw.Connection(":memory:")
    newest.execute(f"BEGIN; {chinook_script}; COMMIT")
    ours = chinook.execute(sql).fetchall()
    assert comparison.first_difference(ours, newest.execute(sql).fetchall()) is None
