"""What a pass over a whole tree replaced (``Transaction.put_where``), found when somebody asks for it.

What a pass replaces must be at hand for whoever reads the tree as it was, undoes the pass or aborts it. In memory and
alone, hardly anybody does. But to keep the old values until the transaction has ended takes memory for all of them, and
when they go, each is looked at once more, long after it has left the processor's caches. So of a leaf's old values only
that is kept in which the new ones differ, a *backward delta*: of rows, the column that was set. The old values go at
once, while they are in the caches, and their memory serves for the new values of the next leaf. The old leaf makes its
values anew if it is read after all (nodes.py), which takes about as long as the change did.

That is not worth while where the old values are needed anyhow, as a log needs them, nor where somebody knows the leaf's
list, so that its values would live on (outgoing.py says how that is known; to be wrong about it only costs time).

The operation refers to the old leaves, and gathers keys and values where they are looked at.
"""

from __future__ import annotations

from typing import Any, Final

from .late_elements import LateElements
from .nodes import Leaf, Value

__all__ = ["KEYS", "NEW", "OLD", "ReplacedPart", "ReplacedRun"]

ReplacedRun = tuple[Leaf, list[int] | None, list[Value]]
"""A leaf as it was, the positions of those of its values that were replaced (None: all), and their new values."""

KEYS: Final = 0
NEW: Final = 1
OLD: Final = 2


class ReplacedPart(LateElements):
    """The keys of the values that a pass replaced, the new values, or the old ones (``which``). The lists of the pass
    may not change."""

    __slots__ = ("_runs", "_which")

    def __init__(self, runs: list[ReplacedRun], which: int, count: int) -> None:
        super().__init__(count)
        self._runs, self._which = runs, which

    def _gather(self) -> list[Any]:
        found: list[Any] = []
        for leaf, positions, new in self._runs:
            if self._which == NEW:
                found += new
                continue
            whole = leaf.keys if self._which == KEYS else leaf.values
            found += whole if positions is None else [whole[i] for i in positions]
        return found
