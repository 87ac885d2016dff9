"""Columns of leaves that keep them are the rows' items, whatever is written between two looks."""

from __future__ import annotations

import random
from typing import Any

import pytest
from random_writes import RandomWrites

from mantisdb_engine import open_database
from mantisdb_engine.leaf_columns import column
from mantisdb_engine.leaf_orders import values_between


def items(tree: Any, at: int) -> list[Any]:
    return [item for batch in column(tree, at) for item in batch]


@pytest.mark.parametrize("seed", range(8))
def test_columns_are_those_of_the_rows(seed: int) -> None:
    rng = random.Random(seed)
    database = open_database(None)
    txn = database.begin()
    rows = [(f"row {i}", rng.choice((None, i, 0.5))) for i in range(2000)]
    txn.insert_many(txn.create_tree(), range(2000), rows)
    txn.commit()
    writes = RandomWrites(database, rng)
    for _ in range(80):
        tree = writes.step()
        for at in (0, 1):
            assert items(tree, at) == [row[at] for rows in tree.values() for row in rows]
        found = [row for rows in values_between(tree, 0, "row 5", "row 6") for row in rows]
        assert [row for row in found if "row 5" <= row[0] <= "row 6"] == [
            row for rows in tree.values() for row in rows if "row 5" <= row[0] <= "row 6"
        ]


def test_an_empty_tree_has_no_items() -> None:
    database = open_database(None)
    txn = database.begin()
    tree = txn.create_tree()
    for _ in range(3):
        assert items(txn.trees[tree], 0) == []
