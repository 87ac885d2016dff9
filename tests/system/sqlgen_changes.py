"""A random script of definitions and changes, with transactions, PRAGMAs and several databases.

    script = ChangeScript(seed, connection, without)      ``connection`` is the oracle's
    for statement in script:
        ...                                               run it, on the oracle as well

Unlike ``sqlgen_script`` it compares everything after each statement, and asks few queries. Its FEATURES are
named as those of ``sqlgen``; ALTER and ATTACH may be left out too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sqlgen_base import Statement
from sqlgen_rows import Rows
from sqlgen_world import World

STATEMENTS = 70
FILES = "FILES/"
"""Stands for a directory of each engine's own."""
SWITCHES = ("foreign_keys", "recursive_triggers", "defer_foreign_keys", "ignore_check_constraints")
INTROSPECTION = (
    "table_info", "table_xinfo", "index_list", "foreign_key_list", "foreign_key_check", "index_info", "index_xinfo",
)  # fmt: skip


class ChangeScript(Rows):
    """The statements of a seed."""

    def __init__(self, seed: object, connection: Any, without: frozenset[str] = frozenset()) -> None:
        super().__init__(f"changes {seed}", World(connection), without)
        self._copies: list[str] = []  # the files that VACUUM INTO has made

    def __iter__(self) -> Iterator[Statement]:
        if self.chance.random() < 0.65:
            yield self._told("PRAGMA foreign_keys = ON")
        if self.chance.random() < 0.3:
            yield self._told("PRAGMA recursive_triggers = ON")
        if self.chance.random() < 0.25 and "ATTACH" not in self.without:
            yield self._told("ATTACH ':memory:' AS aux")
        for _ in range(self.chance.choice((1, 2, 3, 4))):
            self.world.look()
            yield self._told(self.whole(self.create_table()))
        for _ in range(STATEMENTS):
            self.world.look()
            yield self._next()
        yield self._told("PRAGMA integrity_check")
        if self._names_one_mismatch():
            yield self._told("PRAGMA foreign_key_check")

    def _told(self, sql: str) -> Statement:
        return self._strict(Statement(sql))

    def _strict(self, statement: Statement) -> Statement:
        """A statement whose every effect is compared."""
        in_any_order = statement.sql.startswith("SELECT") or statement.sql.endswith("foreign_key_check")
        ordered = not (in_any_order or self.returns_view)
        return replace(statement, ordered=ordered, eager=True, worded=True, change=True)

    def _next(self) -> Statement:
        makes: list[tuple[float, Callable[[], Statement | str | None]]] = [
            (62, self.rows), (17, self.definition), (9, self._transaction), (4, self._look), (3, self._switch),
            (2, self._keep), (1, self._attach), (2, self._view), (0.4, self._copy), (1, self._sequence),
        ]  # fmt: skip
        if self.world.setting("query_only") and self.chance.random() < 0.4:
            return self._told("PRAGMA query_only = OFF")
        made, self.returns_view = None, False
        while made is None:
            made = self.chance.choices([make for _, make in makes], [weight for weight, _ in makes])[0]()
        return self._strict(made if isinstance(made, Statement) else self.finish(made))

    def _transaction(self) -> str:
        """A step of a transaction; some of them are out of place."""
        chance = self.chance
        if not self.world.in_transaction and chance.random() < 0.9:
            return chance.choice(
                ("BEGIN", "BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "BEGIN DEFERRED", "SAVEPOINT s1")
            )
        name = chance.choice(("s1", "s1", "S2", "'s 3'"))
        savepoint = f"SAVEPOINT {name}"
        steps = (savepoint, savepoint, f"RELEASE {name}", f"ROLLBACK TO {name}", f"ROLLBACK TO {name}",
                 f"ROLLBACK TO {savepoint}", "COMMIT", "COMMIT", "END", "ROLLBACK", "BEGIN")  # fmt: skip
        return chance.choice(steps)

    def _look(self) -> str | None:
        """A PRAGMA that tells of a table or an index."""
        chance, tables = self.chance, self.world.tables
        if not tables:
            return None
        table, name = chance.choice(tables), chance.choice(INTROSPECTION)
        if name.startswith("index_in"):
            if not table.indexes:
                return None
            return f"PRAGMA {table.database}.{name}({self.spelled(chance.choice(table.indexes).name)})"
        if chance.random() < 0.15:
            return chance.choice(("PRAGMA quick_check", "PRAGMA integrity_check"))
        if name not in ("foreign_key_check", "index_list") and chance.random() < 0.2:
            return f"SELECT * FROM pragma_{name}({self.literal(table.name)}, {self.literal(table.database)})"
        if name == "foreign_key_check" and chance.random() < 0.5:
            return "PRAGMA foreign_key_check" if self._names_one_mismatch() else None
        return f"PRAGMA {table.database}.{name}({self.spelled(table.name)})"

    def _names_one_mismatch(self) -> bool:
        """Whether keys lead somewhere; of several that do not, SQLite names the one whose table its hash has first."""
        return self.world.answers("PRAGMA foreign_key_check")

    def _switch(self) -> str:
        chance = self.chance
        # outside a transaction whatever is read next ends it, in SQLite
        names = [s for s in SWITCHES if self.world.in_transaction or s != "defer_foreign_keys"]
        name = chance.choice([*names, *names, "query_only", "legacy_alter_table"])
        if chance.random() < 0.3:
            return f"PRAGMA {name}"
        if chance.random() < 0.2:
            number = chance.choice(("user_version", "temp.user_version", "application_id"))
            return f"PRAGMA {number} = {chance.randint(0, 9)}"
        return f"PRAGMA {name} = {chance.choice(('ON', 'OFF', '1', '0', 'true'))}"

    def _keep(self) -> str | None:
        """REINDEX, ANALYZE, VACUUM."""
        chance, tables = self.chance, self.world.tables
        kind = chance.choice(("REINDEX", "REINDEX", "ANALYZE", "VACUUM"))
        if kind == "VACUUM" or kind in self.without:
            return kind if kind == "VACUUM" and self._keeps_rowids() else None
        if chance.random() < 0.3 or not tables:
            return kind
        if chance.random() < 0.2 and kind == "REINDEX":
            return chance.choice(("REINDEX nocase", "REINDEX nothing", "REINDEX BINARY"))
        table = chance.choice(tables)
        name = chance.choice([table.name, *(index.name for index in table.indexes)])
        return f"{kind} {self.spelled(table.database)}.{self.spelled(name)}"

    def _keeps_rowids(self) -> bool:
        """Whether VACUUM, which may number rows anew, finds them numbered from 1; and whether there are no statistics,
        which SQLite's VACUUM counts as rows; and no TEMP table for which it would take another one."""
        relations = (*self.world.tables, *self.world.views)
        if self.world.analyzed or any(relation.shadowed for relation in relations):
            return False
        for table in self.world.tables:
            if table.rowid and not table.rowid_alias:
                name = f"{table.database}.{self.quoted(table.name)}"
                row = self.world.rows(
                    f"SELECT count(*), coalesce(max({table.rowid}), 0), min({table.rowid}) FROM {name}"
                )[0]
                if row[0] != row[1] or row[2] not in (1, None):
                    return False
        return True

    @staticmethod
    def quoted(name: str) -> str:
        """A name in double quotes."""
        return '"' + name.replace('"', '""') + '"'

    def _attach(self) -> str | None:
        if "ATTACH" in self.without:
            return None
        if "aux" in self.world.databases and self.world.in_transaction:
            return None  # whether DETACH is refused depends on what the comparison has read
        if "aux" in self.world.databases:
            return self.chance.choice(("DETACH aux", "ATTACH ':memory:' AS aux", "DETACH main", "DETACH nothing"))
        if self._copies and self.chance.random() < 0.6:
            return f"ATTACH '{FILES}{self.chance.choice(self._copies)}' AS aux"
        return "ATTACH ':memory:' AS aux"

    def _copy(self) -> str | None:
        """VACUUM INTO a file, which may be attached later."""
        if "ATTACH" in self.without or not self._keeps_rowids():
            return None
        name = self.chance.choice(("one.db", "two.db"))
        if not self.world.in_transaction and name not in self._copies:
            self._copies.append(name)
        database = self.chance.choice(("", "", " main", " aux", " temp"))
        return f"VACUUM{database} INTO '{FILES}{name}'"

    def _sequence(self) -> str | None:
        """A change of what AUTOINCREMENT goes on from."""
        chance, tables = self.chance, [t for t in self.world.tables if "AUTOINCREMENT" in t.sql.upper()]
        if not tables:
            return None
        table = chance.choice(tables)
        sequence, name = f"{self.spelled(table.database)}.sqlite_sequence", self.literal(table.name)
        return chance.choice((
            f"UPDATE {sequence} SET seq = {chance.randint(0, 30)} WHERE name = {name}",
            f"DELETE FROM {sequence} WHERE name = {name}", f"DELETE FROM {sequence}",
            f"INSERT INTO {sequence} VALUES ({name}, {chance.randint(0, 30)})", f"DROP TABLE {sequence}",
            f"SELECT * FROM {sequence}", f"UPDATE {sequence} SET seq = 'a' WHERE name = {name}",
        ))

    def _view(self) -> str | None:
        """All rows of a view, in no order."""
        if not self.world.views:
            return None
        return f"SELECT * FROM {self.path(self.chance.choice(self.world.views))}"
