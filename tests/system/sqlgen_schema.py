"""Random schemas, and what changes them between other statements.

What is made here is kept in :attr:`Base.tables` and :attr:`Base.views`, as if no statement ever failed: ``remember()``
before a statement and ``restore()`` after it take it back.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

from sqlgen_base import Statement, Table
from sqlgen_forms import Forms

TYPES = (
    "INTEGER", "INTEGER", "TEXT", "TEXT", "REAL", "NUMERIC", "BLOB", "", "VARCHAR(10)", "DECIMAL(10,2)", "INT", "FLOAT",
)  # fmt: skip
COLLATIONS = ("", "", "", " COLLATE NOCASE", " COLLATE RTRIM")
EXACT_TYPES = ("INTEGER", "TEXT", "REAL", "NUMERIC", "VARCHAR(10)", "DECIMAL(10,2)", "INT", "FLOAT")
"""Types whose affinity leaves no two equal values of different classes, where the collation is BINARY."""

STRICT_TYPES = ("INTEGER", "TEXT", "REAL", "BLOB", "ANY", "INT")


class Schema(Forms):
    """CREATE, ALTER and DROP of tables, indexes, views and triggers."""

    def __init__(self, seed: object, without: frozenset[str] = frozenset()) -> None:
        super().__init__(seed, without)
        self._made = 0

    def remember(self) -> tuple[list[Table], list[Table]]:
        """What there is, for :meth:`restore`."""
        return copy.deepcopy((self.tables, self.views))

    def restore(self, memory: tuple[list[Table], list[Table]]) -> None:
        """Take back what was made since."""
        self.tables, self.views = copy.deepcopy(memory)

    def schema(self) -> Iterator[Statement]:
        """CREATE statements for two to four tables with some indexes, and for views."""
        wanted, number = self.chance.randint(2, 4), 0
        while len(self.tables) < wanted:
            yield self._create_table(f"t{number}")
            if self.tables and self.tables[-1].name == f"t{number}":
                for n in range(self.chance.choice((0, 1, 1, 2))):
                    yield self._create_index(self.tables[-1], f"i{number}{n}")
            number += 1
        if self.maybe(0.2, "forms") and "generate_series" not in self.without:
            yield from self._create_long()
        if self.maybe(0.4, "views"):
            for n in range(self.chance.randint(1, 2)):
                yield self._create_view(f"v{n}")

    def _create_long(self) -> Iterator[Statement]:
        """A table of several leaves, which only queries of one table read, and two indexes of it."""
        columns = "c0 INTEGER PRIMARY KEY, c1, c2 TEXT COLLATE NOCASE, c3 REAL"
        yield Statement(f"CREATE TABLE long ({columns})")
        mixed = "CASE value % 7 WHEN 0 THEN NULL WHEN 1 THEN value / 2.0 WHEN 2 THEN 'a' || value % 13 "
        mixed += "WHEN 3 THEN x'61' ELSE value % 10 END"
        items = f"value, {mixed}, char(65 + value % 58) || value % 5, value * 0.37 % 11"
        yield Statement(f"INSERT INTO long SELECT {items} FROM generate_series(1, {self.chance.randint(150, 700)}, 1)")
        self.long = Table("long", ["c0", "c1", "c2", "c3"], rowid_column="c0", exact=["c0", "c3"], unique=["c0"])
        for n in range(2):
            yield self._create_index(self.long, f"il{n}")

    def _create_table(self, name: str) -> Statement:
        chance = self.chance
        strict = self.maybe(0.08, "STRICT")
        table = Table(name, [f"c{n}" for n in range(chance.randint(2, 5))], strict=strict)
        if chance.random() < 0.6:
            table.rowid_column = table.columns[0]
        parts = [self._column(table, column, strict) for column in table.columns]
        ending = ["STRICT"] if strict else []
        if table.rowid_column is None and chance.random() < 0.3:
            chosen = chance.sample(table.columns, chance.randint(1, 2))
            parts.append(f"PRIMARY KEY ({', '.join(chosen)})")
            table.unique += chosen
            table.fixed.update(chosen)
            if self.maybe(0.5, "WITHOUT ROWID"):
                ending.append("WITHOUT ROWID")
                table.keys = chosen
            elif len(chosen) == 1 and any(part.startswith(f"{chosen[0]} INTEGER") for part in parts):
                table.rowid_column = chosen[0]
        if chance.random() < 0.15:
            parts.append(f"CHECK ({table.columns[-1]} IS NOT 'forbidden')")
            table.fixed.add(table.columns[-1])
        if len(table.columns) > 2 and self.maybe(0.12, "generated columns"):
            parts.insert(len(table.columns), self._generated_column(table))
        self.tables.append(table)
        return Statement(f"CREATE TABLE {name} ({', '.join(parts)}) {', '.join(ending)}".rstrip())

    def _column(self, table: Table, column: str, strict: bool) -> str:
        chance = self.chance
        kind, collation = chance.choice(STRICT_TYPES if strict else TYPES), chance.choice(COLLATIONS)
        if column == table.rowid_column:
            table.exact.append(column)
            table.fixed.add(column)
            return f"{column} INTEGER PRIMARY KEY"
        if kind in EXACT_TYPES and not collation:
            table.exact.append(column)
        text = f"{column} {kind}{collation}"
        if chance.random() < 0.12:
            text += " UNIQUE"
            table.unique.append(column)
            table.fixed.add(column)
        elif chance.random() < 0.15:
            text += " NOT NULL"
        if chance.random() < 0.2 and not strict:
            text += f" DEFAULT {self.literal(self.value())}"
        return text

    def _generated_column(self, table: Table) -> str:
        form = self.chance.choice(("length({0})", "{0} || '-' || {1}", "coalesce({0}, {1})", "typeof({1})"))
        stored = self.chance.choice(("", " STORED", " VIRTUAL"))
        name, text = f"g{len(table.columns)}", form.format(*table.columns[-2:])
        kind = self.chance.choice(("", "", " TEXT", " INTEGER")) if "STRICT" in self.without else " ANY"
        table.fixed.update((*table.columns[-2:], name))
        table.generated.append(name)
        table.unique.append(name)
        table.columns.append(name)
        return f"{name}{kind} GENERATED ALWAYS AS ({text}){stored}"

    def _create_index(self, table: Table, name: str) -> Statement:
        chosen = self.chance.sample(table.columns, self.chance.randint(1, min(3, len(table.columns))))
        if self.maybe(0.15, "expression indexes"):
            form = self.chance.choice(("lower({})", "length({})", "({} + 1)", "coalesce({}, 0)"))
            table.fixed.add(chosen[0])
            chosen[0] = form.format(chosen[0])
        collations = [self.chance.choice(COLLATIONS) for _ in chosen]
        parts = [
            c + collation + self.chance.choice(("", "", " DESC"))
            for c, collation in zip(chosen, collations, strict=True)
        ]
        where = ""
        if self.maybe(0.15, "partial indexes"):
            column = self.chance.choice(table.columns)
            table.fixed.add(column)
            where = f"{column} {self.chance.choice(('IS NOT NULL', '> 1', 'IS NULL', '= 0'))}"
        unique = ""
        if "(" not in chosen[0] and self.maybe(0.12, "unique indexes"):
            unique = "UNIQUE "
            table.unique += chosen
        table.fixed.update(chosen)
        table.indexes.append(name)
        table.whole += [name] if not where else []
        terms = [c + self.chance.choice(("", collation)) for c, collation in zip(chosen, collations, strict=True)]
        table.index_terms[name] = (terms, where)
        where = f" WHERE {where}" if where else ""
        return Statement(f"CREATE {unique}INDEX {name} ON {table.name} ({', '.join(parts)}){where}")

    def _create_view(self, name: str) -> Statement:
        self.share, self.lasting = 0.0, True
        text, columns, keys = self.inner_table(1)
        self.lasting = False
        listed = f" ({', '.join(columns)})" if self.chance.random() < 0.3 else ""
        self.views.append(Table(name, columns, exact=keys or [], keys=keys))
        return self.finish(f"CREATE VIEW {name}{listed} AS {text}")

    # -- changes of the schema -------------------------------------------------------------------------------

    def define(self) -> Statement:
        """A statement that changes the schema, or what is kept beside it."""
        self.share = 0.0
        makes = [
            ("", self._new_index), ("", self._new_index), ("", self._drop_index), ("ANALYZE", self._analyze),
            ("REINDEX", self._reindex), ("ADD COLUMN", self._add_column), ("DROP COLUMN", self._drop_column),
            ("RENAME COLUMN", self._rename_column), ("CREATE TABLE AS", self._create_table_as),
            ("", self._new_table), ("", self._drop_table), ("triggers", self._new_trigger),
            ("triggers", self._new_trigger), ("triggers", self._drop_trigger),
        ]  # fmt: skip
        usable = [make for feature, make in makes if feature not in self.without]
        text = None
        while text is None:
            text = self.chance.choice(usable)()
        return self.finish(text, change=True)

    def replan(self) -> Statement:
        """A statement that changes no answer, but the ways to it: an index more or less, or fresh statistics."""
        self.share = 0.0
        makes = [self._new_index, self._new_index, self._drop_index]
        if "ANALYZE" not in self.without:
            makes.append(self._analyze)
        return self.finish(self.chance.choice(makes)() or self._new_index() or "", change=True)

    def _name(self, letter: str) -> str:
        self._made += 1
        return f"{letter}9{self._made}"

    def _new_index(self) -> str | None:
        return self._create_index(self.chance.choice(self.tables), self._name("i")).sql

    def _drop_index(self) -> str | None:
        table = self.chance.choice(self.tables)
        if not table.indexes:
            return None
        name = table.indexes.pop(self.chance.randrange(len(table.indexes)))
        table.whole = [other for other in table.whole if other != name]
        table.index_terms.pop(name)
        return f"DROP INDEX {name}"

    def _analyze(self) -> str | None:
        return f"ANALYZE {self.chance.choice(['', *(table.name for table in self.tables)])}".strip()

    def _reindex(self) -> str | None:
        return f"REINDEX {self.chance.choice(['', *(table.name for table in self.tables)])}".strip()

    def _new_table(self) -> str | None:
        return self._create_table(self._name("t")).sql if len(self.tables) < 5 else None

    def _drop_table(self) -> str | None:
        if self.views or len(self.tables) < 4 or any(self.tables[-1].name in table.touched for table in self.tables):
            return None
        if any(len(table.touched) + 2 >= len(self.tables) for table in self.tables):
            return None
        return f"DROP TABLE {self.tables.pop().name}"

    def _new_trigger(self) -> str | None:
        """A trigger that changes a table further down the list, so that none comes back to where it started. What it
        does must not depend on the order of the rows that fire it, which SQLite leaves open but for INSERT."""
        chance = self.chance
        number = chance.randrange(len(self.tables))
        table, below = self.tables[number], [t for t in self.tables[number + 1 :] if not t.strict]
        if not below:
            return None
        other, name = chance.choice(below), self._name("r")
        time = chance.choice(("BEFORE", "AFTER", "AFTER", ""))
        event = chance.choice(("INSERT", "INSERT", "DELETE", "UPDATE", f"UPDATE OF {chance.choice(table.columns)}"))
        usable = [c for c in table.columns if c != table.rowid_column and c not in table.generated]
        rows = {"I": ("new",), "D": ("old",), "U": ("new", "old")}[event[0]]
        references = [f"{row}.{column}" for row in rows for column in usable]
        if not references:
            return None
        when = f" WHEN {self._trigger_condition(references)}" if chance.random() < 0.4 else ""
        steps = [self._trigger_step(other, references, event == "INSERT") for _ in range(chance.choice((1, 1, 2)))]
        reached = {other.name} | other.touched
        above = [t for t in self.tables[: number + 1] if t is table or table.name in t.touched]
        if any(len(t.touched | reached) + 1 >= len(self.tables) for t in above):
            return None  # a change of it could read nothing
        for upper in above:
            upper.touched |= reached
        table.triggers.append(name)
        table.fixed.update(table.columns)
        other.fixed.update(other.columns)
        each = chance.choice(("", " FOR EACH ROW"))
        return f"CREATE TRIGGER {name} {time} {event} ON {table.name}{each}{when} BEGIN {'; '.join(steps)}; END"

    def _trigger_condition(self, references: list[str]) -> str:
        form = self.chance.choice(("{} = {}", "{} > {}", "{} IS NOT {}", "typeof({}) = typeof({})", "{} || '' < {}"))
        return form.format(self.chance.choice(references), self.chance.choice((*references, self.constant())))

    def _trigger_step(self, other: Table, references: list[str], in_order: bool) -> str:
        chance = self.chance
        value = chance.choice(references)
        free = [c for c in other.columns if c not in other.unique and c != other.rowid_column]
        kind = chance.random()
        if kind < 0.25:
            action = chance.choice(("RAISE(IGNORE)", "RAISE(ABORT, 'no more')"))
            return f"SELECT {action} WHERE {self._trigger_condition(references)} AND {value} > 7"
        if in_order and kind < 0.6:
            columns = [c for c in other.columns if c != other.rowid_column and c not in other.generated]
            cells = ", ".join(chance.choice((*references, self.constant())) for _ in columns)
            verb = chance.choice(("INSERT OR IGNORE", "INSERT OR REPLACE"))
            return f"{verb} INTO {other.name} ({', '.join(columns)}) VALUES ({cells})"
        where = f"{chance.choice(other.columns)} = {value}"
        if free and kind < 0.85:
            new = value if in_order else self.constant()
            return f"UPDATE OR IGNORE {other.name} SET {chance.choice(free)} = {new} WHERE {where}"
        return f"DELETE FROM {other.name} WHERE {where}"

    def _drop_trigger(self) -> str | None:
        table = self.chance.choice(self.tables)
        if not table.triggers:
            return None
        return f"DROP TRIGGER {table.triggers.pop()}"

    def _add_column(self) -> str | None:
        if self.views:
            return None  # x IN t in a view is an error once t has two columns, which not every plan notices
        table, name = self.chance.choice(self.tables), self._name("c")
        if len(table.columns) > 6:
            return None
        table.columns.append(name)
        kind = self.chance.choice(("INTEGER", "TEXT", "REAL", "BLOB"))
        value = self.literal(self.chance.choice((None, 0, 7, -3, "", "x'y", b"a")))
        default = "" if table.strict else self.chance.choice(("", f" DEFAULT {value}"))
        return f"ALTER TABLE {table.name} ADD COLUMN {name} {kind}{default}"

    def _free(self) -> tuple[Table, str] | None:
        """A column that nothing else names, of a table with others."""
        if self.views:
            return None
        table = self.chance.choice(self.tables)
        free = [column for column in table.columns if column not in table.fixed]
        return (table, self.chance.choice(free)) if free and len(table.columns) > 2 else None

    def _drop_column(self) -> str | None:
        found = self._free()
        if found is None:
            return None
        table, column = found
        table.columns.remove(column)
        table.exact = [other for other in table.exact if other != column]
        return f"ALTER TABLE {table.name} DROP COLUMN {column}"

    def _rename_column(self) -> str | None:
        found = self._free()
        if found is None:
            return None
        (table, column), name = found, self._name("c")
        table.columns[table.columns.index(column)] = name
        table.exact = [name if other == column else other for other in table.exact]
        return f"ALTER TABLE {table.name} RENAME COLUMN {column} TO {name}"

    def _create_table_as(self) -> str | None:
        if len(self.tables) > 4:
            return None
        text, columns, keys = self.inner_table(1)
        name = self._name("t")
        if keys is None or " ORDER BY " in text:
            return None
        self.tables.append(Table(name, columns))
        return f"CREATE TABLE {name} AS {text} ORDER BY {', '.join(keys)}"
