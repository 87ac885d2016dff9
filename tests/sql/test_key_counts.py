"""Violations of foreign keys are counted as SQLite counts them, also where rows had no parent before.

Random scripts over a table that names itself, by its rowid and by a UNIQUE column, and over a child of it: rows without
parents from a time without foreign keys, immediate and deferred keys, actions, transactions and savepoints. A script
ends at the first error that has another cause. REPLACE is left out where keys have actions.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from side_by_side import Pair

SCRIPTS, STATEMENTS = 60, 14
COLUMNS = {"t": ("id", "a", "k", "j"), "c": ("id", "x", "y")}
ACTIONS = (
    "", "", "", " ON DELETE CASCADE", " ON UPDATE CASCADE", " ON DELETE SET NULL ON UPDATE SET NULL",
    " ON DELETE RESTRICT",
)


class Script:
    """One script's statements."""

    def __init__(self, rng: random.Random, acts: bool) -> None:
        self._rng, self._acts = rng, acts

    def _value(self) -> str:
        return self._rng.choice(("NULL", "1", "2", "3", "4", "5", "6"))

    def _key(self, parent: str) -> str:
        rng = self._rng
        action = rng.choice(ACTIONS) if self._acts else ""
        return f" REFERENCES t({parent}){action}{rng.choice(('', '', '', ' DEFERRABLE INITIALLY DEFERRED'))}"

    def _insert(self, table: str) -> str:
        verbs = ("INSERT", "INSERT", "INSERT OR IGNORE", *(() if self._acts else ("REPLACE",)))
        width = len(COLUMNS[table])
        rows = (f"({', '.join(self._value() for _ in range(width))})" for _ in range(self._rng.choice((1, 1, 2, 3))))
        return f"{self._rng.choice(verbs)} INTO {table} VALUES {', '.join(rows)}"

    def _update(self, table: str) -> str:
        rng, columns = self._rng, COLUMNS[table]
        sets = [
            f"{column} = {rng.choice((self._value(), self._value(), column, f'{column} + 1', rng.choice(columns)))}"
            for column in rng.sample(columns, rng.choice((1, 1, 2)))
        ]
        condition = rng.choice(("id = {}", f"{rng.choice(columns)} = {{}}", "id > {}", "1")).format(self._value())
        return f"UPDATE {table} SET {', '.join(sets)} WHERE {condition}"

    def statements(self) -> Iterator[str]:
        """The schema, rows without parents, then whatever comes."""
        rng = self._rng
        key = rng.choice(("INTEGER", "INTEGER", "INT"))
        yield f"CREATE TABLE t (id {key} PRIMARY KEY, a UNIQUE, k{self._key('a')}, j{self._key('id')})"
        yield f"CREATE TABLE c (id INTEGER PRIMARY KEY, x{self._key('id')}, y{self._key('a')})"
        yield "PRAGMA foreign_keys = OFF"
        for _ in range(rng.randrange(1, 5)):
            yield self._insert(rng.choice("ttc"))
        yield "PRAGMA foreign_keys = ON"
        for _ in range(STATEMENTS):
            table, kind = rng.choice("tttc"), rng.random()
            if kind < 0.25:
                yield self._insert(table)
            elif kind < 0.6:
                yield self._update(table)
            elif kind < 0.75:
                yield f"DELETE FROM {table} WHERE {rng.choice(COLUMNS[table])} {rng.choice('=>')} {self._value()}"
            elif kind < 0.85:
                yield rng.choice(("BEGIN", "BEGIN", "SAVEPOINT s"))
            else:
                yield rng.choice(("COMMIT", "COMMIT", "ROLLBACK", "ROLLBACK TO s", "RELEASE s"))


@pytest.mark.parametrize("acts", [False, True])
def test_orphans_count_as_in_sqlite(acts: bool, seed: int) -> None:
    for number in range(SCRIPTS):
        pair, done = Pair(), []
        for sql in Script(random.Random(f"orphans {seed} {acts} {number}"), acts).statements():
            done.append(sql)
            ours, theirs = pair.ours(sql), pair.theirs(sql)
            assert ours == theirs, f"{number}: {';'.join(done)}\n{ours} {theirs}"
            if ours[0] == "error" and "FOREIGN KEY" not in ours[1] and "UNIQUE" not in ours[1]:
                continue
            for table in COLUMNS:
                query = f"SELECT * FROM {table} ORDER BY 1, 2, 3"
                assert pair.ours(query) == pair.theirs(query), f"{number}: {';'.join(done)}"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE t SET a = 'ab' WHERE a < 1",
        "UPDATE t SET c = NULL, A = 'ab' WHERE a < 1",
        "UPDATE OR FAIL t SET a = 'ab' WHERE a < 1",
        "UPDATE t SET c = NULL WHERE a < 1",
        "UPDATE t SET a = 'x' WHERE a < 1",
        "UPDATE t SET k = 'A' WHERE a = '2'",
        "INSERT INTO t VALUES ('ab', 'none', 1, 1)",
        "INSERT INTO t VALUES ('ab', 'none', 1, 1), ('A', NULL, 1, 1)",
        "INSERT INTO t VALUES ('x', 'none', 1, 1), ('ab', NULL, 1, 1)",
        "INSERT INTO t VALUES ('ab', NULL, 1, 1), ('x', 'none', 1, 1)",
        "DELETE FROM t WHERE a = '2'",
    ],
)
@pytest.mark.parametrize("key", ["", " DEFERRABLE INITIALLY DEFERRED"])
def test_what_a_row_mends_may_make_up_for_what_it_breaks(statement: str, key: str) -> None:
    pair = Pair()
    for sql in (
        f"CREATE TABLE t (a TEXT UNIQUE, k, new, c, FOREIGN KEY (k) REFERENCES t (a){key})",
        "INSERT INTO t VALUES (2, 'ab', 'ab ', '1'), ('', 'A', 5, 'zz')",
        "PRAGMA foreign_keys = ON",
        statement,
        "SELECT * FROM t ORDER BY a",
        "PRAGMA foreign_key_check",
    ):
        difference = pair.difference(sql)
        assert difference is None, difference
