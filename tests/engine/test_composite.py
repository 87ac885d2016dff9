"""Several databases as one behave like one: random operations against dictionaries, and conflicts between clients."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mantisdb_engine import open_database
from mantisdb_engine.composite import LOCAL_IDS, SLOT_SHIFT, Composite
from mantisdb_engine.errors import ConflictError

SLOTS = (0, 1, 5)


def _made() -> Composite:
    composite = Composite(open_database())
    for slot in SLOTS[1:]:
        composite.attach(slot, open_database())
    return composite


def _content(trees: Any) -> dict[int, dict[Any, Any]]:
    return {
        i: {key: value for keys, values in tree.scan() for key, value in zip(keys, values, strict=True)}
        for i, tree in trees.items()
    }


def _change(rng: random.Random, txn: Any, model: dict[int, dict[Any, Any]]) -> None:
    kind = rng.random()
    if kind < 0.1 or not model:
        slot = rng.choice(SLOTS)
        tree_id = txn.create_tree(slot)
        assert tree_id >> SLOT_SHIFT == slot
        model[tree_id] = {}
        return
    tree_id = rng.choice(sorted(model))
    key = rng.randrange(40)
    if kind < 0.5:
        txn.put(tree_id, key, key * 2)
        model[tree_id][key] = key * 2
    elif kind < 0.75:
        txn.delete(tree_id, key)
        model[tree_id].pop(key, None)
    elif kind < 0.95:
        new = txn.next_key(tree_id)
        assert new == max(model[tree_id], default=0) + 1
        txn.insert(tree_id, new, "new")
        model[tree_id][new] = "new"
        if new + 100 not in model[tree_id]:
            txn.insert_later(tree_id, new + 100, "later")
            assert txn.trees[tree_id].get(new + 100) == "later"
            model[tree_id][new + 100] = "later"
    else:
        txn.clear_tree(tree_id)
        model[tree_id] = {}


def _copied(model: dict[int, dict[Any, Any]]) -> dict[int, dict[Any, Any]]:
    return {i: dict(content) for i, content in model.items()}


def test_random_operations_do_what_dictionaries_do(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(30):
        composite, published = _made(), {}
        for _ in range(12):
            txn, model = composite.begin(), _copied(published)
            marks = []
            for _ in range(rng.randrange(12)):
                if rng.random() < 0.2:
                    marks.append((txn.mark(), _copied(model)))
                elif marks and rng.random() < 0.2:
                    mark, model = marks.pop(rng.randrange(len(marks)))
                    txn.undo_to(mark)
                    marks.clear()
                else:
                    _change(rng, txn, model)
            assert _content(txn.trees) == model
            assert _content(composite.published.trees) == published
            if rng.random() < 0.7:
                txn.commit()
                published = model
            else:
                txn.abort()
        for slot, database in composite.parts.items():
            own = {i & LOCAL_IDS: content for i, content in published.items() if i >> SLOT_SHIFT == slot}
            assert _content(database.published.trees) == own
            assert database.check() == []


def test_an_open_transaction_takes_a_new_database_in() -> None:
    main = open_database()
    txn = main.begin()
    tree_id = txn.create_tree()
    txn.insert(tree_id, 1, "a")
    composite = Composite(main)
    composite.attach(3, open_database())
    adopted = composite.adopt(txn)
    other = adopted.create_tree(3)
    adopted.insert(other, 1, "b")
    mark = adopted.mark()
    adopted.insert(tree_id, 2, "c")
    adopted.undo_to(mark)
    adopted.commit()
    assert _content(composite.published.trees) == {tree_id: {1: "a"}, other: {1: "b"}}


def test_a_conflict_in_one_database_leaves_all_as_they_were() -> None:
    first, second = open_database(), open_database()
    clients = []
    for _ in range(2):
        composite = Composite(first)
        composite.attach(1, second)
        clients.append(composite)
    txn = clients[0].begin()
    trees = txn.create_tree(0), txn.create_tree(1)
    txn.commit()
    one, other = clients[0].begin(), clients[1].begin()
    for txn in (one, other):
        txn.put(trees[1], 1, "same")
    one.put(trees[0], 1, "one")
    other.put(trees[0], 2, "other")
    one.commit()
    with pytest.raises(ConflictError):
        other.commit()
    assert _content(clients[1].published.trees) == {trees[0]: {1: "one"}, trees[1]: {1: "same"}}
    again = clients[1].begin()
    again.put(trees[0], 2, "other")
    again.put(trees[1], 2, "other")
    again.commit()
    assert _content(clients[0].published.trees)[trees[1]] == {1: "same", 2: "other"}
