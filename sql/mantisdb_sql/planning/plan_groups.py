"""Planning groups: sources that are joined among themselves before anything else."""

from __future__ import annotations

from collections.abc import Callable

from mantisdb_sql.binding.plan import (
    Access,
    DerivedScan,
    FullScan,
    FunctionScan,
    HashLookup,
    IndexRange,
    JoinGroup,
    Select,
    Step,
)
from mantisdb_sql.errors import SqlError
from mantisdb_sql.planning.access import AccessFinder


def plan_group(group: JoinGroup, plan_select: Callable[[Select], None], finder: AccessFinder) -> None:
    """Fill in the steps of a group; ``plan_select`` plans its joins."""
    plan_select(group.select)
    right = group.right
    if right is None:
        return
    if right.source.group is not None:
        plan_group(right.source.group, plan_select, finder)
    inner: Access = FullScan() if right.source.table is not None else DerivedScan()
    if right.source.function is not None:
        inner = FunctionScan()
    step = Step(right.source, inner, left=True, on=list(right.on))
    candidates = finder.candidates(right.source, right.on)
    if right.source.indexed and not any(_is_followed(c.access) for c in candidates):
        raise SqlError("no query solution")
    hashed = next((c for c in candidates if isinstance(c.access, HashLookup)), None)
    if hashed is not None:
        step.access = hashed.access
        step.on = [condition for condition in right.on if condition not in hashed.used]
    group.right_step = step


def _is_followed(access: Access) -> bool:
    """Whether SQLite would follow INDEXED BY to this path on the right of a RIGHT or FULL JOIN: an index on expressions
    is searched there and not scanned, and a partial one has not all rows."""
    if not isinstance(access, IndexRange) or access.index.where is not None:
        return False
    return bool(access.prefix) or access.bounded or all(column.position >= 0 for column in access.index.columns)
