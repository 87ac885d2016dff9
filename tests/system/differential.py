"""Runs generated SQL on MantisDB and on apsw, compares, and shrinks what differs to a minimal script.

    python tests/system/differential.py --minutes 60          # fresh seeds until time is up; failures are
    printed python tests/system/differential.py --seed 1234           # that one again

Compared: whether there is an error, rows (in order where the order is total, else as a multiset), types,
column names, the number of changed rows, and the whole contents of a table after each change.
NotSupportedError is no difference: it is counted, and what was not supported is listed.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import math
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import apsw
import comparison
import sqlgen
from sqlgen import Statement

CHANGES, QUERIES = 40, 60
TOLERANCE = 1e-12
ORDER_DEPENDENT = ("integer overflow", "string or blob too big")
"""Errors that depend on which row is reached first, and so on the plan: either side may have them."""


@dataclass
class Outcome:
    """What one engine answered."""

    columns: list[str] | None = None
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    changes: int = 0
    error: str | None = None
    not_supported: bool = False


@dataclass(frozen=True)
class Difference:
    """How the two answers differ: ``kind`` is what a shrunken script must keep."""

    kind: str
    text: str


class Ours:
    """The engine under test, through its DB-API."""

    def __init__(self, driver_name: str) -> None:
        self._driver = importlib.import_module(driver_name)
        self._connection = self._driver.connect(":memory:", isolation_level=None)

    def run(self, statement: Statement) -> Outcome:
        """Execute; errors that are not the DB-API's pass through, as they are never right."""
        before = self._connection.total_changes
        try:
            cursor = self._connection.execute(statement.sql, statement.params)
            rows = cursor.fetchall()
        except self._driver.NotSupportedError as error:
            return Outcome(error=str(error), not_supported=True)
        except self._driver.Error as error:
            return Outcome(error=str(error))
        columns = None if cursor.description is None else [column[0] for column in cursor.description]
        return Outcome(columns, rows, self._connection.total_changes - before)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()


class Oracle:
    """The newest SQLite."""

    def __init__(self) -> None:
        self._connection = apsw.Connection(":memory:")

    def run(self, statement: Statement) -> Outcome:
        """Execute on SQLite."""
        columns: list[str] = []

        def trace(cursor: Any, sql: str, bindings: Any) -> bool:
            columns[:] = [column[0] for column in cursor.get_description()]
            return True

        cursor = self._connection.cursor()
        cursor.exec_trace = trace
        before = self._connection.total_changes()
        try:
            rows = cursor.execute(statement.sql, statement.params).fetchall()
        except (apsw.Error, UnicodeDecodeError) as error:
            return Outcome(error=str(error))
        return Outcome(columns or None, rows, self._connection.total_changes() - before)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()


# -- comparison ----------------------------------------------------------------------------------------------


def compare(ours: Outcome, theirs: Outcome, statement: Statement) -> Difference | None:
    """The first difference between two outcomes, or None."""
    if any(outcome.error and outcome.error.endswith(ORDER_DEPENDENT) for outcome in (ours, theirs)):
        return None
    if theirs.error and "codec can't decode" in theirs.error:
        return None
    if (ours.error is None) != (theirs.error is None):
        kind = "ours has an error" if ours.error else "only SQLite has an error"
        return Difference(
            f"{kind}: {_kind(ours.error or theirs.error or '')}", f"{ours.error or theirs.error}"
        )
    if ours.error is not None and _kind(ours.error) != _kind(theirs.error or ""):
        return Difference("other error", f"ours {ours.error!r}, theirs {theirs.error!r}")
    if ours.error is not None:
        return None
    if ours.columns != theirs.columns:
        return Difference("column names", f"ours {ours.columns}, theirs {theirs.columns}")
    if ours.changes != theirs.changes:
        return Difference("changes", f"ours {ours.changes}, theirs {theirs.changes}")
    text = _compare_rows(ours.rows, theirs.rows, statement)
    return Difference("rows", text) if text else None


def _kind(error: str) -> str:
    """The part of a message that does not name what was hit first."""
    return error.split(":")[0]


def _compare_rows(ours: list[Any], theirs: list[Any], statement: Statement) -> str | None:
    if statement.loose:
        ours, theirs = [_loosened(row) for row in ours], [_loosened(row) for row in theirs]
    if not statement.ordered:
        ours, theirs = comparison.as_multiset(ours), comparison.as_multiset(theirs)
    return comparison.first_difference(ours, theirs, tolerance=TOLERANCE)


def _loosened(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row in which any two values that some collation or comparison holds equal are the same."""
    return tuple(_loose_value(value) for value in row)


def _loose_value(value: Any) -> Any:
    if isinstance(value, str):
        return value.lower().rstrip(" ")
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value == int(value) and abs(value) < 2**53 else float(f"{value:.12g}")
    return value


# -- scripts -------------------------------------------------------------------------------------------------


class Pair:
    """Both engines, running the same script."""

    def __init__(self, driver_name: str, unsupported: Counter[str] | None = None) -> None:
        self.ours, self.theirs = Ours(driver_name), Oracle()
        self.unsupported = Counter() if unsupported is None else unsupported

    def step(self, statement: Statement) -> Difference | None:
        """Run one statement on both; a change that ours does not support is not made on the oracle either."""
        try:
            ours = self.ours.run(statement)
        except Exception as error:
            return Difference(f"ours crashed: {type(error).__name__}", f"{type(error).__name__}: {error}")
        if ours.not_supported:
            self.unsupported[ours.error or ""] += 1
            return None
        return compare(ours, self.theirs.run(statement), statement)

    def close(self) -> None:
        """Close both."""
        self.ours.close()
        self.theirs.close()


def script(seed: object) -> Iterator[Statement]:
    """A whole script: schema, changes with transaction control between them, queries."""
    generator = sqlgen.Generator(seed)
    yield from generator.schema()
    contents = [
        Statement(f"SELECT rowid, * FROM {table.name} ORDER BY rowid", ordered=True)
        for table in generator.tables
    ]
    depth = 0
    for number in range(CHANGES):
        if number % 5 == 4:
            depth, control = _transaction_step(generator.chance, depth)
            yield Statement(control)
        yield generator.change()
        yield contents[number % len(contents)]
    if depth:
        yield Statement(generator.chance.choice(("COMMIT", "ROLLBACK")))
    yield from contents
    for _ in range(QUERIES):
        yield generator.query()


def _transaction_step(chance: random.Random, depth: int) -> tuple[int, str]:
    """(new depth, statement); depth 0 is outside, 1 inside BEGIN, 2 and more inside savepoints."""
    if depth == 0:
        return 1, "BEGIN"
    if depth > 1 and chance.random() < 0.5:
        action = chance.choice(("RELEASE", "ROLLBACK TO"))
        return depth - (action == "RELEASE"), f"{action} s{depth}"
    if depth < 4 and chance.random() < 0.5:
        return depth + 1, f"SAVEPOINT s{depth + 1}"
    return 0, chance.choice(("COMMIT", "COMMIT", "ROLLBACK"))


@dataclass
class Failure:
    """A difference, and the script that shows it."""

    seed: object
    difference: Difference
    statements: list[Statement]

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.difference.kind}: {self.difference.text}"]
        lines += [f"    {s.sql};" + (f"   -- {s.params!r}" if s.params else "") for s in self.statements]
        return "\n".join(lines)


def run_seed(
    seed: object, driver_name: str, unsupported: Counter[str], *, shrink: bool = True
) -> Failure | None:
    """Run one seed's script up to its first difference."""
    pair, done = Pair(driver_name, unsupported), []
    try:
        for statement in script(seed):
            done.append(statement)
            difference = pair.step(statement)
            if difference:
                failure = Failure(seed, difference, done)
                return shrunk(failure, driver_name) if shrink else failure
    finally:
        pair.close()
    return None


# -- shrinking -----------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"'(?:[^']|'')*'|\w+|[^\w\s]|\s+")


def shrunk(failure: Failure, driver_name: str, budget_s: float = 20.0) -> Failure:
    """A failure of the same kind with fewer statements, and the last one with fewer tokens."""
    deadline = time.monotonic() + budget_s
    best = failure

    def attempt(statements: list[Statement]) -> bool:
        nonlocal best
        difference = _last_difference(statements, driver_name) if time.monotonic() < deadline else None
        if difference is None or difference.kind != failure.difference.kind:
            return False
        best = Failure(failure.seed, difference, list(statements))
        return True

    _drop_chunks(failure.statements[:-1], lambda kept: attempt([*kept, failure.statements[-1]]))
    for target in range(len(best.statements) - 1, -1, -1):
        _shrink_statement(best.statements, target, attempt)
    last = best.statements[-1]
    _drop_chunks([s for s in best.statements[:-1] if s.sql.strip()], lambda kept: attempt([*kept, last]))
    return best


def _last_difference(statements: list[Statement], driver_name: str) -> Difference | None:
    pair = Pair(driver_name)
    try:
        for statement in statements[:-1]:
            if pair.step(statement):
                return None
        return pair.step(statements[-1])
    finally:
        pair.close()


def _drop_chunks(items: list[Any], attempt: Callable[[list[Any]], bool]) -> list[Any]:
    """Delta debugging: drop ever smaller runs of items while ``attempt`` of the rest holds."""
    size = max(len(items) // 2, 1)
    while items:
        start = 0
        while start < len(items):
            fewer = items[:start] + items[start + size :]
            if attempt(fewer):
                items = fewer
            else:
                start += size
        if size == 1:
            break
        size = max(size // 2, 1)
    return items


def _shrink_statement(
    statements: list[Statement], target: int, attempt: Callable[[list[Statement]], bool]
) -> None:
    old = statements[target]

    def with_text(text: str) -> bool:
        new = Statement(text, [], old.ordered, old.loose)
        return attempt([*statements[:target], new, *statements[target + 1 :]])

    generator = sqlgen.Generator(0)
    values = iter(old.params)
    text = "".join(generator.literal(next(values)) if t == "?" else t for t in _TOKEN.findall(old.sql))
    if old.params and not with_text(text):
        return  # it takes a bound parameter to show the difference
    for _ in range(3):
        tokens = _replace_groups(_TOKEN.findall(text), with_text)
        smaller = "".join(_drop_chunks(tokens, lambda kept: with_text("".join(kept))))
        if smaller == text:
            return
        text = smaller


def _replace_groups(tokens: list[str], attempt: Callable[[str], bool]) -> list[str]:
    """Replace a parenthesised group by a smaller group inside it, or by a constant, while that works."""
    position = 0
    while position < len(tokens):
        if tokens[position] == "(":
            end = _closing(tokens, position)
            inner = [
                tokens[i : _closing(tokens, i) + 1] for i in range(position + 1, end) if tokens[i] == "("
            ]
            for candidate in itertools.chain((["1"], ["NULL"]), inner):
                replaced = tokens[:position] + candidate + tokens[end + 1 :]
                if attempt("".join(replaced)):
                    tokens = replaced
                    break
        position += 1
    return tokens


def _closing(tokens: list[str], start: int) -> int:
    depth = 0
    for position in range(start, len(tokens)):
        depth += (tokens[position] == "(") - (tokens[position] == ")")
        if depth == 0:
            return position
    return len(tokens) - 1


# -- command line --------------------------------------------------------------------------------------------


def main() -> int:
    """Run seeds until the time is up; 1 if there was any difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", help="run this one seed only")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--failures", type=int, default=1000, help="stop after so many")
    parser.add_argument("--driver", default="mantisdb_dbapi")
    options = parser.parse_args()
    unsupported: Counter[str] = Counter()
    seeds = [options.seed] if options.seed else (str(random.randrange(10**9)) for _ in itertools.count())
    deadline = time.monotonic() + 60 * options.minutes
    failures, ran = 0, 0
    seen: Counter[str] = Counter()
    for seed in seeds:
        failure = run_seed(seed, options.driver, unsupported, shrink=False)
        ran += 1
        if failure:
            failures += 1
            seen[failure.difference.kind] += 1
            if seen[failure.difference.kind] <= (1 if failure.difference.kind != "rows" else 10):
                print(shrunk(failure, options.driver), flush=True)
        if time.monotonic() > deadline or failures >= options.failures:
            break
    print(f"{ran} scripts, {failures} with differences {dict(seen)}")
    print(f"not supported: {dict(unsupported.most_common(10))}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
