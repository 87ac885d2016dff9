"""The 22 queries of TPC-H, over data of tpchgen-cli at scale 0.01, get the newest SQLite's answers, floats to the bit.

``benchmarks/tpch.py`` makes the data and holds the queries.
"""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

apsw = pytest.importorskip("apsw")

SCALE = 0.01


def _benchmark() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "tpch.py"
    spec = importlib.util.spec_from_file_location("tpch", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tpch = _benchmark()
QUERIES = tpch.queries()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        made: Path = tpch.generate(tmp_path_factory.mktemp("tpch"), SCALE)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    return made


@pytest.fixture(scope="module")
def ours(driver: ModuleType, folder: Path) -> Iterator[Any]:
    connection = driver.connect(":memory:")
    tpch.load(connection, folder)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Iterator[Any]:
    class WithCommit(apsw.Connection):  # type: ignore[misc]
        def begin(self) -> None:
            self.execute("BEGIN")

        def commit(self) -> None:
            self.execute("COMMIT")

    connection = WithCommit(":memory:")
    tpch.load(connection, folder)
    yield connection
    connection.close()


def test_there_are_22_queries() -> None:
    assert sorted(QUERIES) == list(range(1, 23))


@pytest.mark.parametrize("table", tpch.TABLES)
def test_a_table_holds_the_generated_rows(ours: Any, oracle: Any, table: str) -> None:
    sql = f"SELECT rowid, * FROM {table} ORDER BY rowid"
    assert ours.execute(sql).fetchall() == oracle.execute(sql).fetchall()


@pytest.mark.parametrize("number", QUERIES)
def test_a_query_gets_sqlites_answer(ours: Any, oracle: Any, number: int) -> None:
    cursor, reference = ours.execute(QUERIES[number]), oracle.execute(QUERIES[number])
    names = [column[0] for column in reference.get_description()]
    theirs = reference.fetchall()
    assert [column[0] for column in cursor.description] == names
    assert [_bits(row) for row in cursor.fetchall()] == [_bits(row) for row in theirs]


def _bits(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row with its floats as bytes."""
    return tuple(struct.pack("<d", value) if isinstance(value, float) else value for value in row)
