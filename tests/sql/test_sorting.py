"""Long lists are sorted in steps, and yet exactly as ``list.sort`` does it."""

from __future__ import annotations

import random
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import pytest

from mantisdb_sql.codegen import sorting
from mantisdb_sql.codegen.sorting import sort_by

VALUES: dict[str, Callable[[random.Random, int], Any]] = {
    "many": lambda chance, i: chance.randrange(10**6),
    "few": lambda chance, i: chance.randrange(3),
    "one": lambda chance, i: 7,
    "text": lambda chance, i: f"k{chance.randrange(500)}",
    "ascending": lambda chance, i: i,
    "descending": lambda chance, i: -i,
    "nearly ascending": lambda chance, i: i + chance.randrange(40),
    "integers and reals": lambda chance, i: chance.choice((chance.randrange(9), chance.randrange(9) / 2)),
}
KEYS: dict[str, Callable[[Any], Any] | None] = {"item": itemgetter(0), "function": lambda row: row[0], "none": None}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("values", VALUES)
def test_a_list_sorted_in_runs_is_in_the_order_of_one_stable_sort(
    values: str, key: str, descending: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "_LONG", 100)
    monkeypatch.setattr(sorting, "_SHORTEST_RUN", 64)
    for seed in range(8):
        chance = random.Random(f"{values} {seed}")
        rows: list[Any] = [(VALUES[values](chance, i), i) for i in range(chance.choice((99, 100, 128, 1000, 1001)))]
        expected = rows.copy()
        expected.sort(key=KEYS[key], reverse=descending)
        sort_by(rows, KEYS[key], descending)
        assert rows == expected, f"seed {seed}"


def test_values_that_do_not_compare_leave_all_items_in_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "_LONG", 100)
    monkeypatch.setattr(sorting, "_SHORTEST_RUN", 64)
    rows = [(i if i % 7 else f"text {i}", i) for i in range(500)]
    expected = set(rows)
    with pytest.raises(TypeError):
        sort_by(rows, itemgetter(0))
    assert len(rows) == 500 and set(rows) == expected
