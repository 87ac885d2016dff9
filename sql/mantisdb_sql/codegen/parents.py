"""The generated code that looks for the parents of one new row, once it is written:

    if session.keys.watching or session.keys.defers or not txn.has_key(4, p2): settle(session, txn, mark)

Mostly all are there, and nothing follows from the row. Else, or where the statement is part of another one, whose end
its violations are judged at, it is looked at as any other change is (:mod:`mantisdb_sql.changes.foreign_keys`). Where
triggers fire, these are to come first: the code only notes that there is something to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mantisdb_sql.codegen.dml import Stored
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.values.storage import INTEGER, NULL

if TYPE_CHECKING:
    from mantisdb_sql.changes.key_relations import ForeignKey

__all__ = ["ParentLook", "emit_parent_look"]


@dataclass(slots=True)
class ParentLook:
    """The foreign keys of a table that gets a new row.

    settle  does what follows from the row, given (session, txn, mark); None where triggers fire and it is enough to
            note that something does
    """

    keys: Sequence[ForeignKey]
    settle: Callable[[Any, Any, int], None] | None


def emit_parent_look(look: ParentLook, row: str, columns: Sequence[Stored], source: Source) -> None:
    """Emit the look; ``mark`` is the transaction's before the statement."""
    tests = ["session.keys.defers", *filter(None, [_missing(key, row, columns, source) for key in look.keys])]
    action = "session.keys.is_unsettled = True"
    if look.settle is not None:
        tests.insert(0, "session.keys.watching")
        action = f"{source.constant(look.settle, 'settle')}(session, txn, mark)"
    source.line(f"if {' or '.join(tests)}: {action}")


def _missing(key: ForeignKey, row: str, columns: Sequence[Stored], source: Source) -> str:
    """A test that is true where the parent is missing (or may be), empty where none is asked for."""
    parent, at = key.parent, key.positions[0]
    assert parent is not None, "a foreign key that was not resolved"
    if parent.index is not None and not key.is_plain:
        return f"not {source.constant(key.finds, f'finds_parent{key.number}')}(txn.unmerged, {row})"
    stored = columns[at]
    code = stored.code if stored.code.isidentifier() else f"{row}[{at}]"
    classes = stored.classes
    if classes == NULL:
        return ""
    if parent.index is None:
        test = f"not txn.has_key({parent.table.tree_id}, {code})"
        if classes & ~(INTEGER | NULL):
            test = f"({code}.__class__ is not int or {test})"
    else:
        test = f"not txn.has_key({parent.index.tree_id}, ({code},))"
    return f"({code} is not None and {test})" if classes & NULL else test
