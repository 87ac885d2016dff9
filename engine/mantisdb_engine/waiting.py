"""Entries that wait to be merged into their tree: new ones, in the order in which they came, and keys that are to go.

An index's key is a tuple that ends in the row's key, and rows mostly come with ascending keys. As long as they do
(``top`` is the last row key, and TOP once they did not), sorting by the other elements alone, with a sort that is
stable, gives the order of the whole tuples; and single elements compare several times faster than tuples.

Many new entries come as a *run*, which its maker need not have put in order yet: of several runs that wait, it may put
all entries in order at once, which is cheaper than to merge them. The operation that adds a run refers to it, and has
its entries made where they are looked at: in memory and alone, nobody does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from collections.abc import Set as AbstractSet
from operator import itemgetter
from typing import Any, Protocol

from .keys import TOP, Key, sort_key, sorted_keys

__all__ = ["Run", "RunPart", "Waiting"]

_LAST = itemgetter(-1)


Entries = tuple[list[Key], list[Any]]


class Run(Protocol):
    """Many new entries; what they are may not change any more."""

    def __len__(self) -> int: ...

    def entries(self) -> Entries:
        """The keys, ascending, and their values; made once, and not to be changed."""
        ...

    def joined(self, others: Sequence[Run]) -> Entries | None:
        """The same of this run and others that came after it together; None where their entries are to be merged."""
        ...


class RunPart(Sequence[Any]):
    """The keys (``which`` is 0) or values (1) of a run."""

    __slots__ = ("_run", "_which")

    def __init__(self, run: Run, which: int) -> None:
        self._run, self._which = run, which

    def __len__(self) -> int:
        return len(self._run)

    def __getitem__(self, index: Any) -> Any:
        return self._run.entries()[self._which][index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._run.entries()[self._which])


class Waiting:
    """Keys with their values, and keys that are to go; see the module's text."""

    __slots__ = ("gone", "keys", "runs", "top", "values")

    def __init__(self) -> None:
        self.runs: list[Run] = []  # what is not in the lists yet
        self.keys: list[Key] = []
        self.values: list[Any] = []
        self.gone: list[Key] = []
        self.top: Any = float("-inf")

    @classmethod
    def together(cls, parts: Sequence[Waiting]) -> Waiting:
        """What waits in any of several, which came in this order and stay as they are."""
        whole = cls()
        for part in parts:
            if part.gone:
                whole._unroll()
            if not whole.keys:
                whole.keys, whole.values, whole.top = part.keys.copy(), part.values.copy(), part.top
            elif part.keys:
                whole.add_run(part.keys, part.values)
                whole.top = TOP if part.top is TOP else whole.top
            whole.runs += part.runs
            whole.gone += part.gone
        return whole

    def _unroll(self) -> None:
        """Put runs into the lists: what is added later comes after them."""
        for run in self.runs:
            self.add_run(*run.entries())
        self.runs.clear()

    def __len__(self) -> int:
        return len(self.keys) + len(self.gone) + sum(map(len, self.runs))

    @property
    def growth(self) -> int:
        """How many keys more the tree will have."""
        return len(self) - 2 * len(self.gone)

    def add(self, key: Key, value: Any) -> None:
        """One more."""
        self.keys.append(key)
        self.values.append(value)
        try:
            last = key[-1]
            self.top = last if last > self.top else TOP
        except (TypeError, IndexError):
            self.top = TOP

    def add_run(self, keys: list[Key], values: list[Any]) -> None:
        """Many more, in order."""
        self.keys += keys
        self.values += values
        try:
            lasts = list(map(_LAST, keys))
            self.top = max(lasts) if min(lasts) > self.top else TOP
        except (TypeError, IndexError):
            self.top = TOP

    def remove(self, keys: Sequence[Key]) -> None:
        """Have keys go that are in the tree, or wait."""
        if self.runs:
            self._unroll()
        self.gone += keys

    def settled(self, tree: Container[Key]) -> tuple[list[Key], list[Key], list[Any]]:
        """The keys that are to go from ``tree``, then those that are to be added, and their values: both in order."""
        if not self.gone:
            return [], *self.sorted()
        self._unroll()
        both = set(self.keys).intersection(self.gone)
        if both:
            self._settle(both, tree)
        return sorted_keys(self.gone), *self.sorted()

    def _settle(self, both: AbstractSet[Key], tree: Container[Key]) -> None:
        """Have each of the keys that came and went, in turns, once at most in either list. Where a key is there in the
        end as it was in the beginning, it goes and comes all the same: the new one is equal, and may look different (1
        and 1.0)."""
        last = {key: i for i, key in enumerate(self.keys) if key in both}
        more = Counter([key for key in self.keys if key in both])
        more.subtract([key for key in self.gone if key in both])
        stay = {i for key, i in last.items() if more[key] > 0 or (more[key] == 0 and key in tree)}
        chosen = [i for i, key in enumerate(self.keys) if key not in both or i in stay]
        self.keys, self.values = [self.keys[i] for i in chosen], [self.values[i] for i in chosen]
        self.gone = [key for key in self.gone if key not in both]
        self.gone += [key for key in both if more[key] < 0 or (more[key] == 0 and key in tree)]

    def sorted(self) -> Entries:
        """All new keys in order, with their values."""
        if self.runs and not self.keys:
            found = self.runs[0].entries() if len(self.runs) == 1 else self.runs[0].joined(self.runs[1:])
            if found is not None:
                return found
        self._unroll()
        keys, values = self.keys, self.values
        if len(keys) < 2:
            return keys, values
        try:
            if values == list(map(_LAST, keys)):
                return self._sorted_keys(), list(map(_LAST, self.keys))
        except (TypeError, IndexError):
            pass
        order = list(range(len(keys)))
        try:
            order.sort(key=keys.__getitem__)
        except TypeError:
            order.sort(key=list(map(sort_key, keys)).__getitem__)
        return list(map(keys.__getitem__, order)), list(map(values.__getitem__, order))

    def _sorted_keys(self) -> list[Key]:
        keys = self.keys
        try:
            if self.top is TOP or set(map(type, keys)) != {tuple} or len(widths := set(map(len, keys))) > 1:
                keys.sort()
                return keys
            for element in range(widths.pop() - 2, -1, -1):
                keys.sort(key=itemgetter(element))
        except TypeError:
            keys.sort(key=sort_key)
        return keys
