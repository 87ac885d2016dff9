"""Copying a whole database into another one, as one transaction there.

Trees get new numbers in the target, since numbers are never used twice, and the schema's rows say the new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mantisdb_engine.composite import LOCAL_IDS, SLOT_SHIFT
from mantisdb_engine.decisions import DECISIONS
from mantisdb_sql.catalog.definitions import SCHEMA_TREE
from mantisdb_sql.catalog.schema_tree import SETTINGS_TREE, root_of, trees_of_root
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["copy_trees"]

_ROOT = 3  # the place of the tree's number in a row of the schema


def own_trees(session: Session, name: str) -> dict[int, Any] | None:
    """The trees of one of a session's databases as they are now, by the numbers that they have there; TEMP may have
    none, and None is what has no such name."""
    known = lower_ascii(name)
    if known == "temp":
        session.use_temp()
    slot = session.slots.get(known)
    if slot is None:
        return None
    return {i & LOCAL_IDS: tree for i, tree in session.trees.items() if i >> SLOT_SHIFT == slot}


def copy_trees(trees: Mapping[int, Any], target: Session) -> None:
    """Make the database of ``target`` what ``trees`` hold; what it held is gone."""
    target.write(lambda txn: _replace_all(txn, trees))
    target.forget_plans()


def _replace_all(txn: Any, trees: Mapping[int, Any]) -> None:
    for tree_id in list(txn.trees):
        if tree_id > LOCAL_IDS or tree_id == DECISIONS:
            continue  # of another database, or the engine's own
        if tree_id in (SCHEMA_TREE, SETTINGS_TREE):
            txn.clear_tree(tree_id)
        else:
            txn.drop_tree(tree_id)
    numbers = {DECISIONS: 0, SCHEMA_TREE: SCHEMA_TREE, SETTINGS_TREE: SETTINGS_TREE}  # 0: what has no tree
    for tree_id, tree in trees.items():
        if tree_id <= LOCAL_IDS and tree_id not in numbers:
            numbers[tree_id] = txn.create_tree()
            _fill(txn, numbers[tree_id], tree)
    _fill(txn, SETTINGS_TREE, trees[SETTINGS_TREE])
    txn.widen(SCHEMA_TREE, trees[SCHEMA_TREE].flags)
    for keys, rows in trees[SCHEMA_TREE].scan():
        moved = [(*row[:_ROOT], _renumbered(row[_ROOT], numbers), *row[_ROOT + 1 :]) for row in rows]
        txn.insert_many(SCHEMA_TREE, list(keys), moved)


def _renumbered(root: int, numbers: Mapping[int, int]) -> int:
    return root_of(*[numbers.get(tree_id, tree_id) for tree_id in trees_of_root(root)])


def _fill(txn: Any, tree_id: int, tree: Any) -> None:
    if tree.flags:
        txn.widen(tree_id, tree.flags)
    for keys, values in tree.scan():
        txn.insert_many(tree_id, list(keys), list(values))
