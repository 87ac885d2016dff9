"""The tree does what a dict and a sorted list do, keeps its invariants, and leaves old versions alone."""

from __future__ import annotations

import doctest
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import mantisdb_engine
from mantisdb_engine import MISSING, Tree
from mantisdb_engine.keys import position_after, position_of, sorted_keys
from mantisdb_engine.nodes import LEAF_MAX, Branch, Leaf

KINDS: dict[str, Callable[[int], Any]] = {
    "integers": lambda n: n,
    "mixed": lambda n: (None if n < 4 else n, n, str(n), b"%d" % n)[n % 4],
    "tuples": lambda n: ((None, n // 7, str(n // 7), b"%d" % (n // 7))[n % 4], n),
}


def keys_of(batches: Any) -> list[Any]:
    return [key for keys, _ in batches for key in keys]


def expected_range(ordered: list[Any], low: Any, high: Any, low_open: bool, high_open: bool) -> list[Any]:
    start = 0 if low is MISSING else (position_after if low_open else position_of)(ordered, low)
    stop = len(ordered) if high is MISSING else (position_of if high_open else position_after)(ordered, high)
    return ordered[start:stop]


class Twin:
    """A tree and the dict that it must equal."""

    def __init__(self) -> None:
        self.tree = Tree.empty(object())
        self.model: dict[Any, Any] = {}

    def single(self, kind: int, key: Any, value: Any) -> None:
        if kind == 0:
            assert self.tree.insert(key, value) == (key not in self.model)
            self.model.setdefault(key, value)
        elif kind == 1:
            assert self.tree.put(key, value) == self.model.get(key, MISSING)
            self.model[key] = value
        elif kind == 2:
            assert self.tree.delete(key) == self.model.pop(key, MISSING)
        else:
            assert self.tree.get(key) == self.model.get(key)

    def insert_many(self, keys: list[Any], value: Any) -> None:
        existing = next((i for i, key in enumerate(keys) if key in self.model), None)
        assert self.tree.insert_many(keys, [value] * len(keys)) == existing
        if existing is None:
            self.model.update((key, value) for key in keys)

    def put_many(self, keys: list[Any], value: Any) -> None:
        assert self.tree.put_many(keys, [value] * len(keys)) == [self.model[key] for key in keys]
        self.model.update((key, value) for key in keys)

    def delete_many(self, keys: list[Any]) -> None:
        assert self.tree.delete_many(keys) == [self.model.pop(key) for key in keys]

    def verify(self, low: Any, high: Any, low_open: bool, high_open: bool) -> None:
        assert self.tree.check() == []
        ordered = sorted_keys(self.model)
        values = [self.model[key] for key in ordered]
        assert keys_of(self.tree.scan()) == ordered
        assert [value for batch in self.tree.values() for value in batch] == values
        assert keys_of(self.tree.scan_back()) == ordered[::-1]
        assert self.tree.first() == ((ordered[0], values[0]) if ordered else None)
        assert self.tree.last() == ((ordered[-1], values[-1]) if ordered else None)
        expected = expected_range(ordered, low, high, low_open, high_open)
        assert keys_of(self.tree.range(low, high, low_open, high_open)) == expected
        assert keys_of(self.tree.range_back(low, high, low_open, high_open)) == expected[::-1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_random_operations_agree_with_a_dict(kind: str, seed: int) -> None:
    print(f"seed {seed}, {kind}")
    rng = random.Random(seed)
    size = rng.choice([50, 500, 5000, 20000])
    make = KINDS[kind]
    twin = Twin()
    for step in range(50):
        action = rng.randrange(8)
        if action < 4:
            for _ in range(rng.choice([1, 100, 1000])):
                twin.single(action, make(rng.randrange(size)), step)
        elif action == 4:
            keys = sorted_keys({make(rng.randrange(size)) for _ in range(rng.choice([1, 10, 300, 3000]))})
            twin.insert_many(keys if rng.random() < 0.3 else [k for k in keys if k not in twin.model], step)
        elif action == 5:
            twin.put_many(sorted_keys([key for key in twin.model if rng.random() < 0.3]), step)
        elif action == 6:
            part, start = rng.random(), rng.randrange(len(twin.model) + 1)
            keys = sorted_keys(twin.model)
            keys = keys[start : start + 3000] if part < 0.5 else [k for k in keys if rng.random() < part]
            twin.delete_many(keys)
        else:
            wanted = [make(rng.randrange(size)) for _ in range(rng.choice([3, 100, 1000]))]
            assert twin.tree.get_many(wanted) == [twin.model.get(key) for key in wanted]
        bounds = [MISSING if rng.random() < 0.2 else make(rng.randrange(size)) for _ in range(2)]
        twin.verify(bounds[0], bounds[1], rng.random() < 0.5, rng.random() < 0.5)
        if rng.random() < 0.3:
            twin.tree = twin.tree.for_owner(object())


class TreeMachine(RuleBasedStateMachine):
    """Single and batch writes and frozen versions; hypothesis shrinks what goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.twin = Twin()
        self.frozen: list[tuple[Tree, dict[Any, Any]]] = []

    numbers = st.integers(0, 2000)
    value = st.integers()

    @rule(action=st.integers(0, 3), number=numbers, value=value, kind=st.sampled_from(["integers", "mixed"]))
    def single(self, action: int, number: int, value: int, kind: str) -> None:
        self.twin.single(action, KINDS[kind](number), value)

    @rule(start=numbers, count=st.integers(0, 700), step=st.integers(1, 9), value=value)
    def insert_many(self, start: int, count: int, step: int, value: int) -> None:
        self.twin.insert_many([start + i * step for i in range(count)], value)

    @rule(start=numbers, count=st.integers(0, 700), step=st.integers(1, 9))
    def delete_many(self, start: int, count: int, step: int) -> None:
        self.twin.delete_many([k for i in range(count) if (k := start + i * step) in self.twin.model])

    @rule(start=numbers, count=st.integers(0, 700), step=st.integers(1, 9), value=value)
    def put_many(self, start: int, count: int, step: int, value: int) -> None:
        self.twin.put_many([k for i in range(count) if (k := start + i * step) in self.twin.model], value)

    @rule()
    def freeze(self) -> None:
        self.frozen.append((self.twin.tree, dict(self.twin.model)))
        self.twin.tree = self.twin.tree.for_owner(object())

    @invariant()
    def sound(self) -> None:
        assert self.twin.tree.check() == []
        assert keys_of(self.twin.tree.scan()) == sorted_keys(self.twin.model)

    def teardown(self) -> None:
        for tree, model in self.frozen:
            assert tree.check() == []
            assert {k: v for keys, values in tree.scan() for k, v in zip(keys, values, strict=True)} == model


TestTreeMachine = TreeMachine.TestCase
TestTreeMachine.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, print_blob=True,
    suppress_health_check=list(HealthCheck),
)


def test_rows_are_found_by_integer_key_with_and_without_gaps() -> None:
    for step, start in ((1, 1), (1, -300), (3, -10), (7, 5)):
        keys = list(range(start, start + 1000 * step, step))
        tree = Tree.from_sorted(keys, [-key for key in keys])
        present = set(keys)
        for key in range(start - 200, start + 1001 * step):
            assert tree.row(key) == (-key if key in present else None), (step, start, key)
    assert Tree.empty().row(1) is None


@pytest.mark.parametrize("seed", range(4))
def test_places_of_integer_keys_are_theirs_while_gaps_come_and_go(seed: int) -> None:
    rng = random.Random(seed)
    model = {key: -key for key in range(-500, 9000)}
    tree = Tree.from_sorted(list(model), list(model.values()), object())
    versions: list[tuple[Tree, dict[int, int]]] = []
    for step in range(12):
        versions.append((tree, dict(model)))
        tree = tree.for_owner(object())
        for key in rng.sample(range(-600, 9200), 400):
            leaf, i = tree.slot(key)
            if i < 0:
                assert key not in model
                tree.add_at(leaf, -1 - i, key, step)
                model[key] = step
            elif rng.random() < 0.5:
                assert leaf.keys[i] == key and leaf.values[i] == model[key]
                leaf.values[i] = model[key] = step
            else:
                assert tree.delete(key) == model.pop(key)
        for key in rng.sample(range(-600, 9200), 1500):
            assert tree.row(key) == tree.get(key) == model.get(key)
    for version, expected in [*versions, (tree, model)]:
        assert version.check() == []
        assert {k: v for keys, values in version.scan() for k, v in zip(keys, values, strict=True)} == expected


def test_ascending_inserts_leave_full_leaves() -> None:
    tree = Tree.empty(object())
    for number in range(20_000):
        assert tree.insert(number, number)
    sizes = [len(leaf) for leaf in tree.leaves()]
    assert set(sizes[:-1]) == {LEAF_MAX}
    assert tree.check() == []


def test_bulk_load_gives_what_it_was_given() -> None:
    for count in (0, 1, LEAF_MAX, LEAF_MAX + 1, 8193, 30_000):
        tree = Tree.from_sorted(range(count), range(count))
        assert tree.check() == [] and tree.count == count
        assert keys_of(tree.scan()) == list(range(count))


def test_equal_numbers_of_different_classes_are_one_key() -> None:
    tree = Tree.empty(object())
    assert tree.insert(1, "int")
    assert not tree.insert(1.0, "float")
    assert tree.get(1.0) == "int"


class Shelf:
    """A loader that keeps nodes' lists and counts the reads."""

    def __init__(self) -> None:
        self.pages: list[tuple[list[Any], list[Any]]] = []
        self.reads = 0

    def read(self, page: int) -> tuple[list[Any], list[Any]]:
        self.reads += 1
        keys, content = self.pages[page]
        return keys.copy(), content.copy()

    def store(self, node: Any) -> Any:
        if isinstance(node, Leaf):
            self.pages.append((node.keys, node.values))
        else:
            self.pages.append((node.keys, [self.store(child) for child in node.children]))
        return type(node).on_page(len(self.pages) - 1, self)


def test_a_tree_on_file_loads_only_the_nodes_it_touches() -> None:
    shelf = Shelf()
    source = Tree.from_sorted(range(30_000), range(30_000))
    tree = Tree(shelf.store(source.root), source.count)
    assert shelf.reads == 0
    assert tree.get(12_345) == 12_345
    assert shelf.reads == 3
    mine = tree.for_owner(object())
    mine.put(5, "new")
    assert tree.get(5) == 5 and mine.get(5) == "new"
    assert keys_of(tree.scan()) == list(range(30_000))
    tree.root.unload()
    assert not tree.root.is_loaded and isinstance(tree.root, Branch)
    assert tree.get(29_999) == 29_999 and tree.check() == [] and mine.check() == []


def test_check_reports_damage() -> None:
    def damaged(change: Callable[[Tree], Any]) -> list[str]:
        tree = Tree.from_sorted(list(range(1000)), list(range(1000)))
        change(tree)
        return tree.check()

    assert damaged(lambda tree: None) == []
    assert damaged(lambda tree: setattr(tree, "count", 999))
    assert damaged(lambda tree: tree.root.children[1].keys.reverse())
    assert damaged(lambda tree: tree.root.children[1].values.pop())
    assert damaged(lambda tree: tree.root.keys.__setitem__(0, 5))
    assert damaged(lambda tree: tree.root.children.__setitem__(0, Leaf([0], [0])))
    deeper = Branch([1], [Leaf([0], [0]), Leaf([1], [1])])
    assert damaged(lambda tree: tree.root.children.__setitem__(0, deeper))


def test_the_package_docstring_shows_the_engine_without_sql() -> None:
    result = doctest.testmod(mantisdb_engine)
    assert result.attempted > 10 and result.failed == 0


@pytest.mark.parametrize("share", [1.0, 0.99, 0.8, 0.3, 0.01])
def test_the_place_of_an_integer_is_found_however_many_are_missing(share: float) -> None:
    rng = random.Random(9)
    present = sorted(rng.sample(range(-3000, 9000), round(12_000 * share)))
    tree = Tree.from_sorted(present, [str(key) for key in present], object())
    model = {key: str(key) for key in present}
    for key in rng.choices(range(-3100, 9100), k=4000):
        leaf, i = tree.slot(key)
        assert leaf is tree._leaf_of(key)
        if key in model:
            assert leaf.keys[i] == key
            if rng.random() < 0.6:
                assert tree.delete_at(leaf, i, key) == model.pop(key)
        else:
            assert i < 0 and -1 - i == position_of(leaf.keys, key)
            if rng.random() < 0.2:
                tree.add_at(leaf, -1 - i, key, str(key))
                model[key] = str(key)
    assert dict(zip(keys_of(tree.scan()), [v for vs in tree.values() for v in vs], strict=True)) == model
    assert tree.check() == []
