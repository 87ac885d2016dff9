"""Random INSERT, REPLACE, UPDATE and DELETE, with all clauses, from what is there at the moment.

Where the order in which rows are met can be told from the result (which of them an OR FAIL reaches, what is logged by
triggers) a statement says NOT INDEXED, so that both engines go by the rowid or the primary key.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlgen_base import Statement
from sqlgen_definitions import Definitions
from sqlgen_world import Column, Index, Relation

_WHERE_BEGINS, _ORDER_BEGINS = "\1", "\2"  # marks in a text
VERBS = ("OR ABORT", "OR FAIL", "OR IGNORE", "OR REPLACE", "OR ROLLBACK")


class Rows(Definitions):
    """Statements that change rows.

    returns_view  the last of them returns rows of a view, in the order of a plan
    """

    returns_view = False
    _chosen = ""  # how a query chooses the keys of the rows that ORDER BY and LIMIT are for

    def rows(self) -> Statement | None:
        """A change of one table's or view's rows."""
        target = self._target()
        if target is None:
            return None
        kind = self.chance.random()
        if kind < 0.06 and target.kind == "table":
            return self._many(target)
        if kind < 0.56:
            text = self._insert(target)
        elif kind < 0.82:
            text = self._update(target)
        else:
            text = self._delete(target)
        if self.chance.random() < 0.12 and self._returns(target, text.split()[0]):
            if _ORDER_BEGINS in text:
                text = text.replace(_ORDER_BEGINS, " RETURNING *" + _ORDER_BEGINS)
            else:
                text += self._returning(target)
            self.returns_view = target.kind == "view"
        return self._said_twice(self.finish(self._with() + text))

    def _said_twice(self, statement: Statement) -> Statement:
        """ORDER BY and LIMIT of an UPDATE or DELETE as SQLite says it without its SQLITE_ENABLE_UPDATE_DELETE_LIMIT."""
        head, mark, rest = statement.sql.partition(_WHERE_BEGINS)
        if not mark:
            return statement
        where, _, order = rest.partition(_ORDER_BEGINS)
        where, returns, _ = where.partition(" RETURNING *")
        theirs = f"{head}{self._chosen}{where}{order}){returns}"
        return replace(statement, sql=head + where + returns + order, theirs=theirs)

    def _chosen_rows(self, target: Relation) -> str | None:
        """WHERE, ORDER BY and LIMIT, with marks, of some of a table's rows."""
        chance = self.chance
        keys = [target.rowid] if target.rowid else [self.spelled(c.name) for c in target.columns if c.key]
        if not keys or target.kind == "view":
            return None
        key = str(keys[0]) if len(keys) == 1 else f"({', '.join(map(str, keys))})"
        listed, path = ", ".join(map(str, keys)), self.path(target)
        self._chosen = f" WHERE {key} IN (SELECT {listed} FROM {path} NOT INDEXED"
        own = self._own(target)
        where = f" WHERE {self.condition(own, 2)}" if chance.random() < 0.7 else ""
        way = chance.choice(("", " DESC", " COLLATE NOCASE"))
        first = f"{chance.choice(own)}{way}, " if chance.random() < 0.7 else ""
        limit = chance.choice(("1", "2", "3", "0", "-1", "2 OFFSET 1", "1, 2", "3 OFFSET 0", "(1 + 1)"))
        return f"{_WHERE_BEGINS}{where}{_ORDER_BEGINS} ORDER BY {first}{listed} LIMIT {limit}"

    def _target(self) -> Relation | None:
        world = self.world
        instead = {(trigger.table.lower()) for trigger in world.triggers}
        views = [view for view in world.views if view.columns and view.name.lower() in instead]
        targets = [*world.tables, *views]
        if world.views and self.chance.random() < 0.02:
            targets = world.views
        return self.chance.choice(targets) if targets else None

    def _with(self) -> str:
        return "WITH w(y) AS (VALUES (1), (2)) " if self.chance.random() < 0.06 else ""

    def _returning(self, target: Relation) -> str:
        references = self._own(target)
        items = [
            self.chance.choice(("*", self.expression(references, 1))) for _ in range(self.chance.choice((1, 1, 2)))
        ]
        return f" RETURNING {', '.join(items)}"

    def _returns(self, target: Relation, verb: str) -> bool:
        """Whether RETURNING may stand behind it: SQLite takes it for a trigger of a view, which then may be changed
        though nothing is done INSTEAD."""
        event = verb.replace("REPLACE", "INSERT")
        return target.kind == "table" or any(
            trigger.table.lower() == target.name.lower() and f"INSTEAD OF {event} ON" in trigger.sql
            for trigger in self.world.triggers
        )

    def _own(self, target: Relation) -> list[str]:
        return [self.spelled(column.name) for column in target.columns] or ["1"]

    def _others(self, target: Relation) -> list[Relation]:
        """What a subquery may read: nothing that the statement may change."""
        if self.world.triggers or self.world.setting("foreign_keys"):
            return []
        return [table for table in self.world.tables if table is not target]

    # -- INSERT ----------------------------------------------------------------------------------------------

    def _insert(self, target: Relation) -> str:
        chance = self.chance
        head = f"{self._insert_verb()} INTO {self.path(target)}"
        kind = chance.random()
        if kind < 0.04:
            return f"{head} DEFAULT VALUES"
        names, listed = self._listed(target)
        if kind < 0.2:
            source = self._query(target, names)
        else:
            rows = [self._row(target, names) for _ in range(chance.choice((1, 1, 1, 2, 3, 5)))]
            source = f"VALUES {', '.join(rows)}"
        alias = " AS me" if chance.random() < 0.05 else ""
        upsert = ""
        # a query goes on, in SQLite, while DO UPDATE's triggers change what it reads
        is_apart = not (source.startswith("SELECT") and self._fires_on_update(target))
        if head.startswith("INSERT INTO") and target.kind == "table" and chance.random() < 0.3 and is_apart:
            upsert = self._upserts(target, "me." if alias else "")
            if source.startswith("SELECT") and "WHERE" not in source:
                source = source.replace(" ORDER BY", " WHERE 1 ORDER BY")
        return f"{head}{alias}{listed} {source}{upsert}"

    def _fires_on_update(self, target: Relation) -> bool:
        return any(t.table.lower() == target.name.lower() and " UPDATE " in t.sql for t in self.world.triggers)

    def _insert_verb(self) -> str:
        if self.chance.random() < 0.5:
            return "INSERT"
        return self.chance.choice(("REPLACE", *(f"INSERT {verb}" for verb in VERBS)))

    def _listed(self, target: Relation) -> tuple[list[str], str]:
        """(the columns that get values, what the statement says of them)."""
        chance = self.chance
        writable = [column.name for column in target.writable]
        if chance.random() < 0.35:
            return writable, ""
        chosen = [name for name in writable if chance.random() < 0.85] or writable
        if chance.random() < 0.3:
            chance.shuffle(chosen)
        if target.rowid and not target.rowid_alias and chance.random() < 0.1:
            chosen.append(target.rowid)
        if chance.random() < 0.01:
            chosen.append("nowhere")
        return chosen, f" ({', '.join(map(self.spelled, chosen))})"

    def _cell(self, target: Relation, name: str) -> str:
        column = next((column for column in target.columns if column.name == name), None)
        if column is None:
            return str(self.chance.randint(1, 12))
        return self.bound(self._value(target, column))

    def _value(self, target: Relation, column: Column) -> Any:
        chance = self.chance
        if column.name == target.rowid_alias:
            return chance.choice((None, chance.randint(-2, 14), chance.randint(1, 8)))
        if target.strict and chance.random() < 0.95:
            return self.value_of(column.type)
        return self.value_of(column.type) if chance.random() < 0.75 else self.value()

    def _row(self, target: Relation, names: Sequence[str]) -> str:
        cells = [self._cell(target, name) for name in names]
        if self.chance.random() < 0.08 and cells and not target.strict:
            cells[0] = self.expression((), 2, queries=self._others(target))
        if self.chance.random() < 0.004:
            cells.append("1")
        return f"({', '.join(cells)})"

    def _query(self, target: Relation, names: Sequence[str]) -> str:
        source = self.chance.choice(self.world.tables or [target])  # a view, where there is nothing else
        columns = self.columns_of(source)
        items = [
            self._cell(target, name)
            if self.chance.random() < 0.4 or (target.strict and source is not target)
            else self.spelled(name)
            if source is target and name.lower() in {c.name.lower() for c in source.columns}
            else self.expression(columns, 1)
            for name in names
        ]
        return f"SELECT {', '.join(items)} FROM {self.ordered_rows(source)} LIMIT 4"

    def _upserts(self, target: Relation, alias: str = "") -> str:
        clauses = [self._upsert(target, alias) for _ in range(self.chance.choice((1, 1, 1, 2, 3)))]
        return "".join(clauses)

    def _upsert(self, target: Relation, alias: str) -> str:
        chance = self.chance
        keys = [index for index in target.indexes if index.unique and None not in index.columns]
        where = conflict = ""
        if chance.random() < 0.12:
            conflict = ""
        elif target.rowid_alias and (not keys or chance.random() < 0.4):
            conflict = f" ({self.spelled(target.rowid_alias)})"
        elif keys and chance.random() < 0.95:
            key = chance.choice(keys)
            conflict = f" ({', '.join(self.spelled(str(name)) for name in key.columns)})"
            if key.partial and key.sql and chance.random() < 0.9:
                conflict += f" WHERE {key.sql.split(' WHERE ', 1)[-1]}"
        else:
            conflict = f" ({self.spelled(chance.choice(target.columns).name)})"
        if chance.random() < 0.35:
            return f" ON CONFLICT{conflict} DO NOTHING"
        own = self._own(target)
        references = [*(alias + name for name in own), *(f"excluded.{name}" for name in own)]
        sets = self._sets(target, references, [])
        if chance.random() < 0.3:
            where = f" WHERE {self.condition(references, 1)}"
        return f" ON CONFLICT{conflict} DO UPDATE SET {sets}{where}"

    # -- UPDATE and DELETE -----------------------------------------------------------------------------------

    def _update(self, target: Relation) -> str:
        chance = self.chance
        verb = f"{chance.choice(VERBS)} " if chance.random() < 0.35 else ""
        path = self.path(target)
        head = f"UPDATE {verb}{path}"
        own, others = self._own(target), self._others(target)
        source = where = ""
        if target.kind == "table" and chance.random() < 0.1 and target.rowid:
            joined = self._joined(target)
            if joined:
                source, where, more = joined
                head += " AS me"
                own = [f"me.{name}" for name in own]
                own += more
        sets = self._sets(target, own, others)
        if where:
            return f"{head} SET {sets}{source} WHERE {where} AND {self.condition(own, 1)}"
        chosen = self._chosen_rows(target) if chance.random() < 0.08 else None
        if chosen is not None:
            return f"UPDATE {verb}{path} NOT INDEXED SET {sets}{chosen}"
        hint, where = self._filter(target, own, others)
        return f"{head}{hint} SET {sets}{where}"

    def _joined(self, target: Relation) -> tuple[str, str, list[str]] | None:
        """(FROM, a condition by which each row meets one other at most, references to it)."""
        others = [t for t in self.world.tables if t is not target and t.rowid]
        if not others:
            return None
        other = self.chance.choice(others)
        link = self.chance.choice((f"me.{target.rowid}", *(f"me.{name}" for name in self._own(target))))
        return f" FROM {self.path(other)} AS o", f"o.{other.rowid} = {link}", self.columns_of(other, "o.")

    def _sets(self, target: Relation, references: Sequence[str], queries: Sequence[Relation]) -> str:
        chance = self.chance
        writable = target.writable or target.columns
        if not writable:
            return "a = 1"
        if chance.random() < 0.01:
            writable = target.columns
        chosen = chance.sample(writable, min(len(writable), chance.choice((1, 1, 2, 3))))
        sets = [(self.spelled(column.name), self._new_value(target, column, references, queries)) for column in chosen]
        if target.rowid and not target.rowid_alias and chance.random() < 0.03:
            sets.append((target.rowid, self.bound(chance.randint(1, 9))))
        if len(sets) > 1 and chance.random() < 0.2:
            names, values = ", ".join(name for name, _ in sets), ", ".join(value for _, value in sets)
            return f"({names}) = ({'SELECT ' * (chance.random() < 0.4)}{values})"
        return ", ".join(f"{name} = {value}" for name, value in sets)

    def _new_value(
        self, target: Relation, column: Column, references: Sequence[str], queries: Sequence[Relation]
    ) -> str:
        chance = self.chance
        if column.name == target.rowid_alias:
            own = self.spelled(column.name) if references and "." not in references[0] else references[0]
            return chance.choice((f"{own} + 1", str(chance.randint(1, 9)), f"{own} + 10", "NULL", f"-{own}"))
        if target.strict or chance.random() < 0.4:
            return self.bound(self._value(target, column))
        return self.expression(references, 2, queries=queries)

    def _filter(self, target: Relation, references: Sequence[str], queries: Sequence[Relation]) -> tuple[str, str]:
        """(NOT INDEXED or INDEXED BY or nothing, WHERE)."""
        chance = self.chance
        kind = chance.random()
        if target.kind == "view":
            return "", f" WHERE {self.condition(references, 2)}" if kind < 0.7 else ""
        if kind < 0.2:
            return " NOT INDEXED", ""
        if kind < 0.4 and target.rowid_alias:
            return "", f" WHERE {self.spelled(target.rowid_alias)} = {self.bound(chance.randint(-1, 9))}"
        index = self._single(target)
        if kind < 0.55 and index is not None:
            hint = f" INDEXED BY {self.spelled(index.name)}" if chance.random() < 0.4 else ""
            return hint, f" WHERE {self.spelled(str(index.columns[0]))} = {self.constant()}"
        return " NOT INDEXED", f" WHERE {self.condition(references, 2, queries=queries)}"

    def _single(self, target: Relation) -> Index | None:
        """A unique index of one column, which finds no more than one row, and is compared as the column is."""
        found = [
            index
            for index in target.indexes
            if index.unique and len(index.columns) == 1 and index.columns[0] is not None
            and not index.partial and "COLLATE" not in (index.sql or "").upper() and "PRIMARY" not in target.sql
        ]  # fmt: skip
        return self.chance.choice(found) if found else None

    def _delete(self, target: Relation) -> str:
        own = self._own(target)
        chosen = self._chosen_rows(target) if self.chance.random() < 0.12 else None
        if chosen is not None:
            return f"DELETE FROM {self.path(target)} NOT INDEXED{chosen}"
        hint, where = self._filter(target, own, self._others(target))
        if self.chance.random() < 0.05 and target.kind == "table":
            hint = where = ""  # the whole table at once
        return f"DELETE FROM {self.path(target)}{hint}{where}"

    # -- executemany -----------------------------------------------------------------------------------------

    def _many(self, target: Relation) -> Statement:
        """The same statement with several rows of parameters, of which some may be refused."""
        chance = self.chance
        style, count = chance.random(), chance.choice((2, 5, 12, 30))
        names, listed = self._listed(target)
        columns = {column.name: column for column in target.columns}
        spread = random.Random(chance.random())

        def values(names: Sequence[str]) -> list[Any]:
            return [
                self._value(target, columns[n])
                if n in columns and (n != target.rowid_alias or spread.random() < 0.3)
                else spread.randint(1, 40)
                for n in names
            ]

        if style < 0.75:
            marks = ", ".join("?" for _ in names)
            text = f"{self._insert_verb()} INTO {self.path(target)}{listed} VALUES ({marks})"
            if text.startswith("INSERT INTO") and chance.random() < 0.2:
                text += self.whole(self._upserts(target))
            return Statement(text, many=[values(names) for _ in range(count)])
        chosen = chance.choice([column.name for column in target.writable] or ["a"])
        key = chance.choice([column.name for column in target.columns])
        verb = f"{chance.choice(VERBS)} " if chance.random() < 0.3 else ""
        if style < 0.9:
            text = f"UPDATE {verb}{self.path(target)} NOT INDEXED SET {self.spelled(chosen)} = ?"
            text += f" WHERE {self.spelled(key)} = ?"
            return Statement(text, many=[values([chosen, key]) for _ in range(count)])
        text = f"DELETE FROM {self.path(target)} NOT INDEXED WHERE {self.spelled(key)} = ?"
        return Statement(text, many=[values([key]) for _ in range(count)])
