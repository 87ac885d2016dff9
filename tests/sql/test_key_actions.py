"""Actions of foreign keys follow each row at once: what triggers, subqueries and later rows see of them."""

from __future__ import annotations

from random import Random

import pytest
from side_by_side import Pair

ROWS = (
    "INSERT INTO p VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c'), (4, 4, 'd')",
    "INSERT INTO c VALUES (1, 1), (2, 2), (3, 2), (4, NULL), (5, 3)",
    "INSERT INTO d VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 5, NULL)",
)
ALL = ("SELECT * FROM log ORDER BY n", "SELECT * FROM p ORDER BY id", "SELECT * FROM c ORDER BY cid")
SEEN = (
    "(SELECT group_concat(id || ':' || ifnull(k, '-')) FROM (SELECT * FROM p ORDER BY id)), "
    "(SELECT group_concat(cid || ':' || ifnull(r, '-')) FROM (SELECT * FROM c ORDER BY cid))"
)
RETURNING = " RETURNING *, (SELECT group_concat(r) FROM (SELECT * FROM c ORDER BY cid)), (SELECT count(*) FROM p)"


class Scripts:
    """Random schemas of three tables that refer to each other, with triggers that write down what they see."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def schema(self) -> list[str]:
        pick = self.chance.choice
        conflict, key = pick(("", "", " ON CONFLICT REPLACE")), pick(("id", "k"))
        later = pick(("", " DEFERRABLE INITIALLY DEFERRED"))
        return [
            "PRAGMA foreign_keys = ON", f"PRAGMA recursive_triggers = {pick((0, 0, 1))}",
            f"CREATE TABLE p (id INTEGER PRIMARY KEY{pick(('', conflict))}, k INT UNIQUE{conflict}, v)",
            f"CREATE TABLE c (cid INTEGER PRIMARY KEY, r INT DEFAULT 1 REFERENCES p({key}){self.actions()}{later})",
            f"CREATE TABLE d (did INTEGER PRIMARY KEY, r INT DEFAULT 1 REFERENCES c{self.actions()},"
            f" s REFERENCES p(id){self.actions()})",
            "CREATE TABLE log (n INTEGER PRIMARY KEY, what, row, parents, children)",
            *self.triggers(), *ROWS,
        ]  # fmt: skip

    def actions(self) -> str:
        actions = ("CASCADE", "CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION", "RESTRICT")
        return f" ON DELETE {self.chance.choice(actions)} ON UPDATE {self.chance.choice(actions)}"

    def triggers(self) -> list[str]:
        found = []
        for table, key in (("p", "id"), ("c", "cid"), ("d", "did")):
            for event in ("INSERT", "UPDATE", "DELETE"):
                for timing in ("BEFORE", "AFTER"):
                    if self.chance.random() < (0.15 if table == "p" else 0.3):
                        row = f"{'new' if event == 'INSERT' else 'old'}.{key}"
                        name = f"{table} {timing} {event}"
                        found.append(
                            f"CREATE TRIGGER \"{name}\" {timing} {event} ON {table} BEGIN"
                            f" INSERT INTO log (what, row, parents, children) VALUES ('{name}', {row}, {SEEN}); END"
                        )
        return found

    def change(self) -> str:
        pick = self.chance.choice
        conflict, kind = pick(("", " OR REPLACE", " OR REPLACE", " OR IGNORE", " OR FAIL")), self.chance.random()
        returning = pick(("", "", RETURNING))
        if kind < 0.45:
            rows = ", ".join(f"({self.key()}, {self.value()}, 'n')" for _ in range(pick((1, 2, 3))))
            updates = ("k = excluded.k", "v = (SELECT count(r) FROM c)", "id = id + 1", "k = k + 1")
            upsert = f" ON CONFLICT ({pick(('id', 'k'))}) DO UPDATE SET {pick(updates)}"
            return f"INSERT{conflict} INTO p VALUES {rows}{pick(('', '', upsert))}{returning}"
        where = pick(("1", "id > 2", "k < 3", f"id = {self.key()}", f"k = {self.value()}"))
        if kind < 0.8:
            changes = ("k = k + 1", "id = id + 1", f"k = {self.value()}", f"id = {self.key()}", "id = k, k = id")
            return f"UPDATE{conflict} p SET {pick((*changes, 'v = (SELECT count(r) FROM c)'))} WHERE {where}{returning}"
        return f"DELETE FROM p WHERE {pick((where, 'id IN (SELECT r FROM c)'))}{returning}"

    def key(self) -> str:
        return self.chance.choice("12345678")

    def value(self) -> str:
        return self.chance.choice(("1", "2", "3", "4", "5", "6", "NULL"))


@pytest.mark.parametrize("number", range(8))
def test_what_is_seen_of_actions_is_what_sqlite_shows(number: int, seed: int, long_mode: bool) -> None:
    for run in range(200 if long_mode else 6):
        scripts, pair = Scripts(seed * 100_000 + number * 1000 + run), Pair()
        script = scripts.schema()
        for _ in range(6):
            script += [scripts.change(), *ALL]
        for at, sql in enumerate(script):
            difference = pair.difference(sql)
            if difference and not _is_count_of_a_failure(pair):
                raise AssertionError(";\n".join([*script[: at + 1], difference]))
        pair.check()


def _is_count_of_a_failure(pair: Pair) -> bool:
    """Whether the two differ only in how many rows triggers had changed when a statement failed; from then on not."""
    ours, theirs = pair.session, pair.sqlite
    if (ours.changes, ours.last_insert_rowid) != (theirs.changes(), theirs.last_insert_rowid()) or ours.changes:
        return False
    if ours.total_changes == theirs.total_changes():
        return False
    ours.total_changes = theirs.total_changes()
    return True


def _compare(*script: str) -> None:
    pair = Pair()
    for sql in ("PRAGMA foreign_keys = ON", *script):
        assert not pair.difference(sql), sql
    pair.check()


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"])
def test_rows_that_an_update_replaces_are_gone_for_their_children(action: str) -> None:
    _compare(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, k INT UNIQUE)", "INSERT INTO p VALUES (1, 1), (2, 2), (3, 3), (4, 4)",
        f"CREATE TABLE c (cid INTEGER PRIMARY KEY, r INT DEFAULT 4 REFERENCES p ON DELETE {action})",
        "INSERT INTO c VALUES (1, 1), (2, 2), (3, 2), (4, NULL)",
        "UPDATE OR REPLACE p SET k = 6 WHERE id IN (3, 4)", "SELECT * FROM p ORDER BY id",
        "UPDATE OR REPLACE p SET k = 6", "SELECT * FROM p ORDER BY id", "SELECT * FROM c ORDER BY cid",
    )  # fmt: skip


def test_a_rowid_that_only_its_own_clause_replaces_is_looked_at_last() -> None:
    for statement in ("INSERT INTO p VALUES (4, 2)", "INSERT OR REPLACE INTO p VALUES (4, 2)",
                      "UPDATE p SET id = 4, k = 2 WHERE id = 1", "UPDATE OR REPLACE p SET id = 4, k = 2 WHERE id = 1"):
        _compare(
            "CREATE TABLE p (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, k INT UNIQUE ON CONFLICT REPLACE)",
            "CREATE TABLE c (r REFERENCES p ON DELETE CASCADE)", "CREATE TABLE log (row, parents)",
            "CREATE TRIGGER t AFTER DELETE ON c BEGIN"
            " INSERT INTO log SELECT old.r, group_concat(id) FROM (SELECT id FROM p ORDER BY id); END",
            "INSERT INTO p VALUES (1, 1), (2, 2), (3, 3), (4, 4)", "INSERT INTO c VALUES (1), (2), (3), (4)",
            statement, "SELECT * FROM log ORDER BY rowid",
        )  # fmt: skip


@pytest.mark.parametrize("change", ["UPDATE p SET k = k + 10", "DELETE FROM p", "INSERT INTO p (k) VALUES (7), (8)"])
@pytest.mark.parametrize("trigger", [
    "", "CREATE TRIGGER t AFTER UPDATE ON p BEGIN INSERT INTO c VALUES (new.k); END",
    "CREATE TRIGGER t BEFORE DELETE ON p BEGIN INSERT INTO c VALUES (old.k); END",
])  # fmt: skip
def test_subqueries_of_returning_are_evaluated_once_unless_they_name_the_table(change: str, trigger: str) -> None:
    reads = (
        "(SELECT group_concat(r) FROM c)", "(SELECT group_concat(k) FROM p)", "k IN (SELECT r FROM c)",
        "(SELECT group_concat(k) FROM (SELECT k FROM p))", "(SELECT (SELECT count(*) FROM p))",
        "(SELECT count(*) FROM c WHERE r <> p.k)", "EXISTS (SELECT 1 FROM p q WHERE q.k = 13)",
        "(SELECT k FROM p ORDER BY 1) || (SELECT r FROM c UNION ALL SELECT k FROM p ORDER BY 1)",
    )  # fmt: skip
    for read in reads:
        _compare(
            "CREATE TABLE p (id INTEGER PRIMARY KEY, k INT UNIQUE)", "INSERT INTO p VALUES (1, 1), (2, 2), (3, 3)",
            "CREATE TABLE c (r REFERENCES p(k) ON UPDATE CASCADE ON DELETE SET NULL)",
            "INSERT INTO c VALUES (1), (2), (3)", *([trigger] if trigger else []), f"{change} RETURNING id, {read}",
        )  # fmt: skip


@pytest.mark.parametrize("clause", ["IGNORE", "REPLACE", "FAIL"])
def test_an_action_that_updates_aborts_whatever_constraints_and_its_triggers_say(clause: str) -> None:
    for change in ("UPDATE p SET id = 7 WHERE id = 1", "DELETE FROM p WHERE id = 2", "UPDATE OR REPLACE p SET id = 3"):
        _compare(
            "CREATE TABLE p (id INTEGER PRIMARY KEY)", "INSERT INTO p VALUES (1), (2)", "CREATE TABLE log (x UNIQUE)",
            "CREATE TABLE c (r REFERENCES p ON UPDATE CASCADE ON DELETE SET NULL "
            f"NOT NULL ON CONFLICT {clause} UNIQUE ON CONFLICT {clause}, s)",
            "INSERT INTO c VALUES (1, 1), (2, 2)", "INSERT INTO log VALUES (1)",
            f"CREATE TRIGGER g AFTER UPDATE ON c BEGIN INSERT OR {clause} INTO log VALUES (old.r); END",
            change, "SELECT * FROM c ORDER BY s", "SELECT * FROM log ORDER BY x",
        )  # fmt: skip


def test_what_a_statement_has_changed_is_not_read_in_the_manner_of_what_it_fires() -> None:
    _compare(
        "CREATE TABLE t (a INT UNIQUE, b INT UNIQUE, c INT REFERENCES t (a) ON DELETE CASCADE "
        "DEFERRABLE INITIALLY DEFERRED, d INT)",
        "INSERT INTO t VALUES (3, NULL, NULL, 4), (5, NULL, 3, 3), (7, NULL, 3, 1)",
        "CREATE TRIGGER g BEFORE UPDATE ON t BEGIN INSERT OR REPLACE INTO t VALUES (8, old.b, old.c, 1); END",
        "UPDATE OR IGNORE t SET d = 6 RETURNING *", "SELECT * FROM t ORDER BY a",
        "UPDATE t SET d = 7 RETURNING *", "SELECT * FROM t ORDER BY a",
    )
