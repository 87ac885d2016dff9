"""Random changes, transactions and savepoints do on MantisDB what they do on SQLite.

After every statement: the same rows or error, the same changes() and so on; at intervals the same tables, and
no problem in the integrity check. A run is replayed by its seed (MANTISDB_SEED).
"""

from __future__ import annotations

import random

import pytest
from side_by_side import Pair, typed

from mantisdb_sql.changes import bulk
from mantisdb_sql.errors import NotSupported

SCRIPTS, STATEMENTS = 40, 120
ACTIONS = ("ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK")
VALUES = (
    "NULL",
    "0",
    "1",
    "2",
    "3",
    "-1",
    "1.5",
    "2.0",
    "'a'",
    "'A'",
    "'b '",
    "'b'",
    "'3'",
    "'2.0'",
    "x'61'",
    "''",
    "3000000000",
    "'x' || 1",
    "1 + 1",
    "abs(-2)",
)
EXPRESSIONS = ("lower({0})", "{0} + 1", "abs({0})", "length({0})", "coalesce({0}, 'none')", "{0} || '.'", "{0} IS NULL")
CONDITIONS = ("{0} > 1", "{0} IS NOT NULL", "typeof({0}) = 'text'", "rowid < 6", "t.{0} = 'a'", "{0} IN (1, 2)", "1")
TYPES = ("", "INT", "INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB", "VARCHAR(10)")

STRICT_TYPES = ("INT", "INTEGER", "TEXT", "REAL", "BLOB", "ANY")


class Generator:
    """Makes one script's schema and statements."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.columns: list[str] = []
        self.targets: list[str] = []
        self.generated: list[str] = []
        self.strict = False

    def schema(self) -> list[str]:
        rng = self.rng
        self.columns = ["a", "b", "c", "d"][: rng.randint(2, 4)]
        definitions = []
        strict = self.strict = rng.random() < 0.15
        for name in self.columns:
            parts = [name, rng.choice(STRICT_TYPES if strict else TYPES)]
            if rng.random() < 0.2:
                parts.append("COLLATE " + rng.choice(("NOCASE", "RTRIM", "BINARY")))
            if rng.random() < 0.2:
                parts.append("NOT NULL" + self.conflict())
            if rng.random() < 0.25:
                parts.append("UNIQUE" + self.conflict())
            if rng.random() < 0.3:
                parts.append("DEFAULT " + rng.choice(("7", "'d'", "NULL", "2.5", "(1 + 2)")))
            if rng.random() < 0.15:
                parts.append(f"CHECK ({name} <> 3)")
            definitions.append(" ".join(parts))
        if rng.random() < 0.6:
            options = ("", "", " AUTOINCREMENT") if rng.random() < 0.5 else (self.conflict(),)
            definitions.insert(0, "id INTEGER PRIMARY KEY" + rng.choice(options))
            self.columns.insert(0, "id")
        elif rng.random() < 0.4:
            definitions.append(f"PRIMARY KEY ({', '.join(rng.sample(self.columns, 2))})")
        if rng.random() < 0.25:
            self.generated = ["g"]
            expression = rng.choice(EXPRESSIONS).format(rng.choice(self.columns))
            kind = rng.choice(("", "STORED", "NOT NULL", "UNIQUE", "CHECK (g <> 3)", "COLLATE NOCASE"))
            generated = f"g {rng.choice(STRICT_TYPES if strict else TYPES)} AS ({expression}) {kind}"
            at = max(i for i, d in enumerate(definitions) if not d.startswith("PRIMARY")) + 1
            definitions.insert(at, generated)
        script = [f"CREATE TABLE t ({', '.join(definitions)}){' STRICT' if strict else ''}"]
        script += [self.index(i) for i in range(rng.randint(0, 2))]
        return script

    def index(self, number: int) -> str:
        """CREATE INDEX; what conflict targets may name of it is kept."""
        rng = self.rng
        unique = rng.choice(("", "", "UNIQUE "))
        columns = rng.sample([*self.columns, *self.generated], rng.randint(1, 2))
        if columns[0] == "id":  # which SQLite might scan instead of the table, in its order
            columns = ["a"]
        if rng.random() < 0.3:
            columns = [rng.choice(EXPRESSIONS).format(c) for c in columns]
        terms = [c + rng.choice(("", " DESC", " COLLATE NOCASE", " COLLATE reversed")) for c in columns]
        where = ""
        if rng.random() < 0.3:
            where = " WHERE " + rng.choice(CONDITIONS).format(rng.choice(self.columns))
        if unique:
            self.targets.append(f"({', '.join(columns)}){where}")
        return f"CREATE {unique}INDEX i{number} ON t ({', '.join(terms)}){where}"

    def conflict(self) -> str:
        return self.rng.choice(("", "", "", f" ON CONFLICT {self.rng.choice(ACTIONS)}"))

    def value(self) -> str:
        return self.rng.choice(VALUES) if self.rng.random() < 0.7 else str(self.rng.randint(-3, 30))

    def where(self, ranges: bool = True) -> str:
        """``ranges``: also conditions for which the order of the scan is the planner's choice."""
        rng = self.rng
        column = rng.choice([*self.columns, *self.generated, "rowid"])
        if not ranges:
            return rng.choice(
                (
                    "",
                    f" WHERE {column} = {self.value()}",
                    f" WHERE rowid > {rng.randint(0, 12)}",
                    f" WHERE {column} IS NULL",
                )
            )
        return rng.choice(
            (
                "",
                f" WHERE {column} = {self.value()}",
                f" WHERE {column} > {self.value()}",
                f" WHERE rowid = {rng.randint(0, 12)}",
                f" WHERE {column} IS NULL",
                f" WHERE {column} BETWEEN 1 AND 5",
                f" WHERE {column} IN (1, 2, 'a')",
            )
        )

    def alternative(self) -> str:
        return self.rng.choice(("", "", "", f" OR {self.rng.choice(ACTIONS)}"))

    def insert(self) -> str:
        rng = self.rng
        names = rng.sample(self.columns, rng.randint(1, len(self.columns)))
        row = lambda: "(" + ", ".join(self.value() for _ in names) + ")"  # noqa: E731
        rows = ", ".join(row() for _ in range(rng.choice((1, 1, 1, 2, 3, 6))))
        source = f"VALUES {rows}"
        if rng.random() < 0.15:
            items = ", ".join(rng.choice([*self.columns, self.value()]) for _ in names)
            source = f"SELECT {items} FROM t{self.where()}"
            source += ("" if "WHERE" in source else " WHERE 1") + " ORDER BY rowid"
        if rng.random() < 0.05:
            return "INSERT INTO t DEFAULT VALUES"
        upsert = ""
        alternative = self.alternative()
        if not alternative and rng.random() < 0.3:
            target = rng.choice([*self.targets, f"({rng.choice(self.columns)})"])
            upsert = rng.choice(
                (
                    " ON CONFLICT DO NOTHING",
                    f" ON CONFLICT {target} DO NOTHING",
                    f" ON CONFLICT {target} DO UPDATE SET {self.assignment('excluded.')}",
                    f" ON CONFLICT DO UPDATE SET {self.assignment('excluded.')} WHERE "
                    f"{rng.choice(self.columns)} > 1",
                )
            )
        return f"INSERT{alternative} INTO t ({', '.join(names)}) {source}{upsert}{self.returning()}"

    def assignment(self, prefix: str = "") -> str:
        rng = self.rng
        columns = rng.sample(self.columns, rng.randint(1, min(2, len(self.columns))))
        parts = []
        for c in columns:
            new = rng.choice((self.value(), prefix + rng.choice(self.columns), f"{c} + 1", f"{c} || 1"))
            parts.append(f"{c} = {new}")
        return ", ".join(parts)

    def returning(self) -> str:
        computed = f" RETURNING {self.rng.choice(self.columns)} + 1"
        return self.rng.choice(("", "", "", " RETURNING *", " RETURNING rowid, *", computed))

    def statement(self) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.45:
            return self.insert()
        if kind < 0.65:
            target = f"UPDATE{self.alternative()} t SET {self.assignment()}"
            return target + self.where(False) + self.returning()
        if kind < 0.75:
            return f"DELETE FROM t{self.where()}{self.returning()}"
        if kind < 0.9 and not self.strict:  # in a transaction SQLite keeps what a refused type should undo
            name = rng.choice("xyz")
            nested = (f"SAVEPOINT {name}", f"RELEASE {name}", f"ROLLBACK TO {name}")
            return rng.choice(("BEGIN", "COMMIT", "ROLLBACK", *nested))
        return rng.choice((
            f"SELECT * FROM t{self.where()}", "SELECT count(*), min(a), max(b) FROM t",
            "PRAGMA index_list(t)",
            f"DROP INDEX IF EXISTS i{rng.randint(0, 1)}",
            f"CREATE INDEX IF NOT EXISTS i1 ON t ({rng.choice(self.columns)})",
            rng.choice(("REINDEX", "REINDEX t", "REINDEX reversed")),
        ))


def reversed_order(one: str, two: str) -> int:
    """A collation of the user's: texts from their ends, in any case."""
    one, two = one[::-1].lower(), two[::-1].lower()
    return (one > two) - (one < two)


def contents(pair: Pair) -> tuple[list[object], list[object]]:
    sql = "SELECT rowid, * FROM t ORDER BY rowid"
    rows = pair.session.prepare(sql).run(())
    ours = [row for batch in rows for row in batch] if not isinstance(rows, list | tuple) else rows
    return [typed(row) for row in ours], [typed(row) for row in pair.sqlite.execute(sql)]


def replay(script: list[str], problem: str) -> str:
    """The problem, and a script that leads to it."""
    return f"{problem}\n--\n" + ";\n".join(script)


@pytest.mark.parametrize("number", range(SCRIPTS))
def test_random_changes_do_what_sqlite_does(number: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if number % 2:
        monkeypatch.setattr(bulk, "FEWEST_ROWS", 1)
    generator = Generator(random.Random(f"dml {seed} {number}"))
    pair = Pair()
    pair.session.functions.create_collation("reversed", reversed_order)
    pair.sqlite.create_collation("reversed", reversed_order)
    script: list[str] = []
    for sql in generator.schema():
        script.append(sql)
        assert pair.difference(sql) is None, "\n".join(script)
    for i in range(STATEMENTS):
        script.append(generator.statement())
        try:
            difference = pair.difference(script[-1])
        except NotSupported:
            return
        except Exception as error:
            raise AssertionError(replay(script, f"{error!r}")) from error
        assert difference is None, replay(script, difference)
        if i % 10 == 9:
            ours, theirs = contents(pair)
            assert ours == theirs, replay(script, "other contents")
            pair.check()
