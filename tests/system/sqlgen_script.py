"""A whole random script: a schema, changes with transaction control between them, queries, and checks by rewriting.

script = Script(seed, without)
for statement in script:
    ...                          run it
    script.failed()              it had an error: what it would have made is not there
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import rewriting
import sqlgen
from sqlgen import Statement, Table

CHANGES, QUERIES, CHECKS = 30, 120, 12
Memory = tuple[list[Table], list[Table]]


class Script:
    """The statements of a seed."""

    def __init__(self, seed: object, without: frozenset[str] = frozenset()) -> None:
        self._generator = sqlgen.Generator(seed, without)
        self._before = self._generator.remember()
        self._marks: list[Memory] = []  # the schema at BEGIN, and at each savepoint within

    def failed(self) -> None:
        """The statement given last had an error."""
        self._generator.restore(self._before)

    def __iter__(self) -> Iterator[Statement]:
        for statement in self._generator.schema():
            statement.change = True
            yield statement
            self._before = self._generator.remember()
        yield from self._changes()
        self._before = self._generator.remember()
        yield from self._contents()
        yield Statement("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_stat*'")
        yield Statement("PRAGMA integrity_check")
        for number in range(QUERIES):
            if number % 20 == 10 and self._generator.maybe(0.5):
                yield self._step(self._generator.replan)
            yield self._generator.query()
        for _ in range(CHECKS):
            yield rewriting.check(self._generator)

    def _changes(self) -> Iterator[Statement]:
        for number in range(CHANGES):
            if number % 5 == 4:
                yield self._step(self._transaction_step)
            yield self._step(self._generator.define if self._generator.maybe(0.2) else self._generator.change)
            contents = self._contents()
            if contents:
                yield contents[number % len(contents)]
        if self._marks:
            yield self._step(self._end)

    def _step(self, make: Callable[[], Statement]) -> Statement:
        self._before = self._generator.remember()
        return make()

    def _contents(self) -> list[Statement]:
        """Queries of each table's rows, where something numbers them."""
        return [
            Statement(f"SELECT {', '.join(table.keys)}, * FROM {table.name} ORDER BY {', '.join(table.keys)}", [], True)
            for table in self._generator.tables
            if table.keys
        ]

    def _transaction_step(self) -> Statement:
        """BEGIN, or within a transaction a step from one savepoint to another, or to its end."""
        generator, marks = self._generator, self._marks
        steps = ["SAVEPOINT", "end"] if marks else ["BEGIN"]
        step = generator.chance.choice(steps if len(marks) < 2 else [*steps, "ROLLBACK TO", "RELEASE"])
        if step == "end" or len(marks) > 4:
            return self._end()
        if step in ("BEGIN", "SAVEPOINT"):
            marks.append(generator.remember())
            return _changing(step if step == "BEGIN" else f"SAVEPOINT s{len(marks)}")
        if step == "ROLLBACK TO":
            generator.restore(marks[-1])
            return _changing(f"ROLLBACK TO s{len(marks)}")
        marks.pop()
        return _changing(f"RELEASE s{len(marks) + 1}")

    def _end(self) -> Statement:
        """COMMIT or ROLLBACK."""
        word = self._generator.chance.choice(("COMMIT", "COMMIT", "ROLLBACK"))
        if word == "ROLLBACK":
            self._generator.restore(self._marks[0])
        self._marks.clear()
        return _changing(word)


def _changing(sql: str) -> Statement:
    return Statement(sql, change=True)
