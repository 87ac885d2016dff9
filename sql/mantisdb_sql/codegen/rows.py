"""What generated queries call at run time: sorting, limits, membership, and the NULL-aware odds and ends.

Sorting is by passes, from the last term to the first, because list.sort is stable; each pass sorts by one
column with the plainest key that the column's class set allows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nlargest, nsmallest
from itertools import chain, islice, takewhile
from operator import itemgetter
from typing import Any

from mantisdb_sql.codegen.chunks import in_parts
from mantisdb_sql.codegen.sorting import sort_by
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.rules import number_or_same, sort_key
from mantisdb_sql.values.storage import INT_MAX, INT_MIN

Rows = list[tuple[Any, ...]]
KeyFunction = Callable[[Any], Any]
_SOME = 2000
from_iterable = chain.from_iterable


def sort_nullable(rows: Rows, position: int, descending: bool, nulls_first: bool) -> None:
    """Sort by a column whose values, NULLs aside, compare with each other as Python compares them."""
    get = itemgetter(position)
    known = [row for row in rows if get(row) is not None]
    sort_by(known, get, descending)
    if len(known) < len(rows):
        nulls = [row for row in rows if get(row) is None]
        rows[:] = nulls + known if nulls_first else known + nulls
    else:
        rows[:] = known


def sort_mixed(
    rows: Rows, position: int, descending: bool, nulls_first: bool, key: KeyFunction | None
) -> None:
    """Sort by a column of any classes, TEXT through a collation's ``key``."""
    nulls = [row for row in rows if row[position] is None]
    known = [row for row in rows if row[position] is not None]
    sort_by(known, lambda row: rank_of(row[position], key), descending)
    rows[:] = nulls + known if nulls_first else known + nulls


def sort_texts(rows: Rows, position: int, descending: bool, nulls_first: bool, key: KeyFunction) -> None:
    """Sort by a column of TEXT, and NULL, through a collation's ``key``."""
    known = [row for row in rows if row[position] is not None]
    nulls = [row for row in rows if row[position] is None] if len(known) < len(rows) else []
    sort_by(known, lambda row: key(row[position]), descending)
    rows[:] = nulls + known if nulls_first else known + nulls


def sort_whole(rows: Rows, keys: Sequence[KeyFunction | None] | None = None) -> Rows:
    """Rows in ascending order of all their columns, as SQLite leaves UNION, INTERSECT and EXCEPT."""
    if keys is not None:
        sort_by(rows, lambda row: [rank_of(value, key) for value, key in zip(row, keys, strict=True)])
        return rows
    try:
        sort_by(rows)
    except TypeError:
        sort_by(rows, lambda row: [sort_key(value) for value in row])
    return rows


def rank_of(value: Any, key: KeyFunction | None) -> tuple[int, Any]:
    """The sort key of a value of any class, TEXT through a collation's ``key``."""
    return (2, key(value)) if key is not None and value.__class__ is str else sort_key(value)


def sort_groups(groups: dict[Any, Any], single: bool, descending: Sequence[bool] = ()) -> list[tuple[Any, Any]]:
    """Groups in the order of their keys, as SQLite gives them; ``descending`` if not all are ascending."""
    items = in_parts(groups.items())
    if descending and not single:
        for i in reversed(range(len(descending))):
            sort_by(items, _rank_at(i), descending[i])
        return items
    try:
        sort_by(items, itemgetter(0))
    except TypeError:
        if single:
            sort_by(items, lambda item: sort_key(item[0]))
        else:
            sort_by(items, lambda item: [sort_key(value) for value in item[0]])
    if descending and descending[0]:
        items.reverse()
    return items


def leading_counts(groups: dict[Any, int], count: int | None, descending: bool) -> dict[Any, int]:
    """The groups among which are the first ``count`` in the order of their numbers."""
    if count is None or count * 8 + 256 > len(groups):
        return groups
    if not count:
        return {}
    numbers = groups.values()
    if descending:
        bound = nlargest(count, numbers)[-1]
        return {key: number for key, number in groups.items() if number >= bound}
    bound = nsmallest(count, numbers)[-1]
    return {key: number for key, number in groups.items() if number <= bound}


def _rank_at(i: int) -> KeyFunction:
    return lambda item: sort_key(item[0][i])


def smallest(rows: Rows, position: int, count: int | None, descending: bool) -> Rows:
    """Rows among which are the first ``count`` of the order by a plain column, in their old order.

    A bound from the rows seen so far drops most of the rest at the price of one comparison each.
    """
    if count is None or count * 8 + 256 > len(rows):
        return rows
    get = itemgetter(position)
    size = max(count * 2, 256)
    kept: Rows = []
    start = 0
    while start < len(rows):
        chunk = rows[start : start + size]
        if kept:
            bound = sorted(map(get, kept), reverse=descending)[count - 1] if count else get(kept[0])
            chunk = (
                [r for r in chunk if r[position] > bound]
                if descending
                else [r for r in chunk if r[position] < bound]
            )
            kept = [r for r in kept if (r[position] >= bound if descending else r[position] <= bound)]
        kept += chunk
        start += size
        size *= 4
    return kept


def smallest_known(rows: Rows, position: int, count: int | None, descending: bool, nulls_first: bool) -> Rows:
    """The same where there may be NULLs, which come first or last."""
    known = [row for row in rows if row[position] is not None]
    nulls = [row for row in rows if row[position] is None] if nulls_first or count is None or len(known) < count else []
    return nulls + smallest(known, position, count, descending)


def leading(rows: Iterable[tuple[Any, ...]], key: KeyFunction, count: int | None) -> Rows:
    """The first ``count`` of rows that are in the order of ``key``, and those after it that are equal to the last."""
    found: Rows = []
    rows = iter(rows)
    if count is None:
        return list(rows)
    found += islice(rows, count)
    if found:
        last = key(found[-1])
        found += takewhile(lambda row: key(row) == last, rows)
    return found


def behind(batches: Iterable[Rows], count: int) -> Iterator[Rows]:
    """The batches without their first ``count`` rows."""
    batches = iter(batches)
    for batch in batches:
        if count < len(batch):
            yield batch[count:]
            break
        count -= len(batch)
    yield from batches


def entries_behind(batches: Iterable[tuple[list[Any], list[int]]], count: int) -> Iterator[tuple[list[Any], list[int]]]:
    """Batches of entries, and their rowids, without the first ``count``."""
    batches = iter(batches)
    for keys, rowids in batches:
        if count < len(keys):
            yield keys[count:], rowids[count:]
            break
        count -= len(keys)
    yield from batches


def sort_room(count: int | None) -> int:
    """How many rows come together before they are sorted and cut to ``count``; None is no limit."""
    return sys.maxsize if count is None else 2 * count + 256


def limits(limit: Any, offset: Any) -> tuple[int, int | None]:
    """(start, stop) of LIMIT and OFFSET; negative is no limit, or no offset. LIMIT 0 has no look at the offset, which
    may be a function that gives it."""
    count = as_integer(limit)
    if count == 0:
        return 0, 0
    start = max(as_integer(offset() if callable(offset) else offset), 0)
    return start, (None if count < 0 else min(start + count, INT_MAX))


def as_integer(value: Any) -> int:
    """A value where an integer is wanted, as in LIMIT."""
    number = number_or_same(value)
    if number.__class__ is float and number.is_integer() and INT_MIN <= number <= INT_MAX:
        number = int(number)
    if number.__class__ is not int:
        raise SqlError("datatype mismatch", "SQLITE_MISMATCH")
    return number


def with_reals(rows: Iterable[tuple[Any, ...]], positions: Sequence[int]) -> Rows:
    """The rows with the integers at ``positions`` as REAL."""
    found = []
    for row in rows:
        for i in positions:
            if row[i].__class__ is int:
                row = (*row[:i], float(row[i]), *row[i + 1 :])
        found.append(row)
    return found


def in_set(value: Any, members: set[Any], negated: bool) -> int | None:
    """``value IN members`` where NULL may be among either."""
    if not members:
        return int(negated)
    if value is None:
        return None
    if value in members:
        return int(not negated)
    return None if None in members else int(negated)


class RowSet(set[tuple[Any, ...]]):
    """A set of rows that are not equal to another where a NULL leaves that open."""

    __slots__ = ("_tests",)

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        super().__init__(rows)
        self._tests: dict[tuple[int, ...], list[tuple[list[int], set[Any]]]] = {}

    def may_have(self, row: tuple[Any, ...]) -> bool:
        """Whether a NULL in ``row`` or in a member leaves open if they are equal: what is not NULL in both is."""
        nulls = tuple([i for i, value in enumerate(row) if value is None])
        tests = self._tests.get(nulls)
        if tests is None:
            tests = self._tests[nulls] = self._projections(nulls)
        return any(tuple([row[i] for i in places]) in found for places, found in tests)

    def _projections(self, nulls: tuple[int, ...]) -> list[tuple[list[int], set[Any]]]:
        """For rows with NULL at certain places, what each kind of member has where neither has one."""
        found: dict[tuple[int, ...], tuple[list[int], set[Any]]] = {}
        for member in self:
            open_places = tuple([i for i, value in enumerate(member) if value is None or i in nulls])
            if open_places:
                if open_places not in found:
                    found[open_places] = [i for i in range(len(member)) if i not in open_places], set()
                places, values = found[open_places]
                values.add(tuple([member[i] for i in places]))
        return list(found.values())


def rows_in_set(row: tuple[Any, ...], members: RowSet, negated: bool) -> int | None:
    """A row value's membership in a set of rows."""
    if row in members and None not in row:
        return int(not negated)
    return None if members.may_have(row) else int(negated)


def rowid_keys(values: Iterable[Any]) -> list[int]:
    """The rowids among the values of an IN list, ascending, each once."""
    found = set()
    for value in values:
        number = number_or_same(value)
        if number.__class__ is float and number.is_integer():
            number = int(number)
        if number.__class__ is int:
            found.add(number)
    return sorted(found)


def union_of(lists: Iterable[Iterable[int]]) -> list[int]:
    """What is in any of the lists, ascending, each once."""
    return sorted(set().union(*lists))


def search_keys(values: Iterable[Any], convert: KeyFunction | None, key: KeyFunction | None) -> list[Any]:
    """The values of an IN list as index keys, ascending, each once."""
    found = set()
    for value in values:
        item = value if convert is None else convert(value)
        if item is not None:
            found.add(item if key is None else key(item))
    try:
        return sorted(found)
    except TypeError:
        return sorted(found, key=sort_key)


def first_met(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows without those that are equal to one before."""
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        if row not in seen:
            seen.add(row)
            yield row


def distinct_by(rows: Rows, keys: Sequence[KeyFunction | None]) -> Rows:
    """The first of the rows that are equal under the columns' collations."""
    width = len(keys)
    seen: dict[Any, tuple[Any, ...]] = {}
    for row in rows:
        seen.setdefault(tuple([row[i] if keys[i] is None else keys[i](row[i]) for i in range(width)]), row)  # type: ignore[misc]
    return list(seen.values())


def union(left: Rows, right: Rows, keys: Sequence[KeyFunction | None] | None) -> Rows:
    """Rows of either side; of equal ones the right side's, and there the first."""
    if keys is None:
        merged = {row: row for row in dict.fromkeys(left)}
        merged.update((row, row) for row in dict.fromkeys(right))
    else:
        merged = {_keyed(row, keys): row for row in distinct_by(left, keys)}
        merged.update((_keyed(row, keys), row) for row in distinct_by(right, keys))
    return sort_whole(list(merged.values()), keys)


def except_(left: Rows, right: Rows, keys: Sequence[KeyFunction | None] | None) -> Rows:
    """Rows of the left side that the right side does not have, each once."""
    if keys is None:
        taken = set(right)
        return sort_whole([row for row in dict.fromkeys(left) if row not in taken])
    gone = {_keyed(row, keys) for row in right}
    return sort_whole([row for row in distinct_by(left, keys) if _keyed(row, keys) not in gone], keys)


def intersect(left: Rows, right: Rows, keys: Sequence[KeyFunction | None] | None) -> Rows:
    """Rows that both sides have, each once."""
    if keys is None:
        kept = set(right)
        return sort_whole([row for row in dict.fromkeys(left) if row in kept])
    both = {_keyed(row, keys) for row in right}
    return sort_whole([row for row in distinct_by(left, keys) if _keyed(row, keys) in both], keys)


def _keyed(row: tuple[Any, ...], keys: Sequence[KeyFunction | None]) -> tuple[Any, ...]:
    return tuple([value if key is None else key(value) for value, key in zip(row, keys, strict=True)])


def stepwise(accumulator: Any, rows: Iterable[tuple[Any, ...]]) -> Any:
    """An aggregate's value, one step per row."""
    step = accumulator.step
    for row in rows:
        step(*row)
    return accumulator.final()


FILTERED = object()
"""Stands for the value of a row that an aggregate's FILTER leaves out."""


class ExtremeRow:
    """The row that bare columns beside min() or max() are read from: ``rows`` holds it, or nothing.

    It is the row of the first of the best values. As long as there is none, each row is taken whose value is
    NULL, and the very first one in any case.
    """

    __slots__ = ("_greatest", "_key", "_rank", "rows")

    def __init__(self, key: KeyFunction | None, greatest: bool) -> None:
        self.rows: tuple[Any, ...] = ()
        self._key = key
        self._greatest = greatest
        self._rank: Any = None

    def step(self, row: Any, value: Any) -> None:
        """Take one row and the value of min()'s or max()'s argument in it, or FILTERED."""
        best = self._rank
        if value is None:
            if best is None:
                self.rows = (row,)
        elif value is not FILTERED:
            rank = rank_of(value, self._key)
            if best is None or (rank > best if self._greatest else rank < best):
                self.rows, self._rank = (row,), rank
        if not self.rows:
            self.rows = (row,)


def extreme_row(rows: Sequence[Any], values: Sequence[Any], key: KeyFunction | None, greatest: bool) -> Any:
    """That row, of some at once."""
    best = ExtremeRow(key, greatest)
    for row, value in zip(rows, values, strict=True):
        best.step(row, value)
    return best.rows[0]
