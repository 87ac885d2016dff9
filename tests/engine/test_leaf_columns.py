"""Columns of leaves that keep them are the rows' items, whatever is written between two looks."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mantisdb_engine import Transaction, open_database
from mantisdb_engine.leaf_columns import column
from mantisdb_engine.leaf_orders import values_between


def items(tree: Any, at: int) -> list[Any]:
    return [item for batch in column(tree, at) for item in batch]


@pytest.mark.parametrize("seed", range(8))
def test_columns_are_those_of_the_rows(seed: int) -> None:
    rng = random.Random(seed)
    database = open_database(None)
    txn: Transaction | None = database.begin()
    assert txn is not None
    txn.insert_many(txn.create_tree(), range(2000), [(f"row {i}", rng.choice((None, i, 0.5))) for i in range(2000)])
    for _ in range(80):
        match rng.randrange(7):
            case 0 if txn is None:
                txn = database.begin()
            case 1 if txn is not None:
                txn.commit()
                txn = None
            case 2 if txn is not None and database.published.trees.keys() >= {1}:
                txn.abort()
                txn = None
            case 3 if txn is not None:
                for key in rng.sample(range(2500), 5):
                    txn.put(1, key, (f"new {key}", rng.randrange(100)))
            case 4 if txn is not None:
                txn.delete_many(1, sorted(k for k in rng.sample(range(2500), 40) if k in txn.trees[1]))
            case 5 if txn is not None:
                txn.freeze()
            case _:
                pass
        trees = (database.published if txn is None else txn).trees
        for at in (0, 1):
            assert items(trees[1], at) == [row[at] for rows in trees[1].values() for row in rows]
        found = [row for rows in values_between(trees[1], 0, "row 5", "row 6") for row in rows]
        assert [row for row in found if "row 5" <= row[0] <= "row 6"] == [
            row for rows in trees[1].values() for row in rows if "row 5" <= row[0] <= "row 6"
        ]


def test_an_empty_tree_has_no_items() -> None:
    database = open_database(None)
    txn = database.begin()
    tree = txn.create_tree()
    for _ in range(3):
        assert items(txn.trees[tree], 0) == []
