"""The generated code that fires triggers.

A row's triggers are two functions, one for all BEFORE (or INSTEAD OF) triggers and one for all AFTER triggers of the
event, called with the row's values: ``(*new, new rowid)`` of an INSERT, ``(*old, old rowid)`` of a DELETE, both of an
UPDATE, the old row first. They give False where RAISE(IGNORE) asked for the row to be left alone:

    if not BEFORE_INSERT(session, txn, (v0, v1, -1), n): continue
    …                                        # constraints, writes
    n += 1
    AFTER_INSERT(session, txn, r0 + (k0,), n)

What a trigger does may change any row, that of the statement included: rows are read again when their turn comes, and
after BEFORE triggers. OLD stays what it was before the BEFORE triggers, as in SQLite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mantisdb_sql.codegen.dml_keys import stored_key_code
from mantisdb_sql.values.storage import ANY

if TYPE_CHECKING:
    from mantisdb_sql.catalog.definitions import TableDef
    from mantisdb_sql.codegen.source import Source

__all__ = ["Fire", "Fires", "emit_after", "emit_before", "emit_now", "emit_settle"]

Fire = Callable[[Any, Any, tuple[Any, ...], int], bool]
"""(session, transaction, a row's values, rows changed so far) to whether to go on with the row."""


@dataclass(slots=True)
class Fires:
    """What happens around the change of a row.

    name    of the event, different from those of other events in a statement
    settle  carries out the actions of foreign keys
    """

    name: str
    before: Fire | None = None
    after: Fire | None = None
    settle: Callable[[Any, Any], None] | None = None


def emit_before(fires: Fires, source: Source, values: str, changed: str, skip: str) -> None:
    """Fire the triggers in front of a change; ``skip`` leaves the row alone."""
    assert fires.before is not None
    fire = source.constant(fires.before, f"BEFORE_{fires.name}")
    source.line(f"if not {fire}(session, txn, {values}, {changed}): {skip}")


def emit_settle(fires: Fires | None, source: Source) -> None:
    """What foreign keys do once a row is changed: before RETURNING is evaluated, and before AFTER triggers."""
    if fires is not None and fires.settle is not None:
        source.line(f"{source.constant(fires.settle, f'SETTLE_{fires.name}')}(session, txn)")


def emit_after(fires: Fires | None, source: Source, values: str, changed: str) -> None:
    """Fire the triggers behind a change."""
    if fires is not None and fires.after is not None:
        source.line(f"{source.constant(fires.after, f'AFTER_{fires.name}')}(session, txn, {values}, {changed})")


def emit_now(table: TableDef, source: Source, rowid: str, row: str, skip: str) -> None:
    """Name ``now`` what the row ``row`` has become: the one that has its rowid, or its PRIMARY KEY where the table is
    WITHOUT ROWID; ``skip`` where there is none."""
    index = table.key_index
    if index is not None:
        width = len(table.columns)
        key = stored_key_code(index, row, [f"{row}[{i}]" for i in range(width)], [ANY] * width, rowid, source)
        source.line(f"{rowid} = txn.unmerged[{index.tree_id}].get({key})")
        source.line(f"if {rowid} is None: {skip}")
    source.line(f"now = txn.unmerged[{table.tree_id}].get({rowid})")
    source.line(f"if now is None: {skip}")
