"""Random CREATE, ALTER and DROP of tables, indexes, views and triggers, from what is there at the moment.

Most of it can be carried out; what cannot is refused by SQLite, and then the words matter.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from sqlgen_pieces import COLLATIONS, COLUMN_NAMES, STRICT_TYPES, TABLE_NAMES, TYPES, Pieces
from sqlgen_world import Relation

CONFLICTS = ("ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE")
ACTIONS = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION")


class Definitions(Pieces):
    """Statements that change the schema.

    making  the table that is being made, or gets another column: its keys may name it itself
    """

    making: str = ""

    def definition(self) -> str:
        """One of any kind."""
        makes: list[tuple[int, Callable[[], str | None]]] = [
            (6, self.create_table), (2, self.create_table_as), (8, self.create_index), (3, self.create_view),
            (8, self.create_trigger), (4, self.drop), (0 if "ALTER" in self.without else 9, self.alter),
        ]  # fmt: skip
        text = None
        while text is None:
            text = self.chance.choices([make for _, make in makes], [weight for weight, _ in makes])[0]()
        return self.whole(text)

    # -- tables ----------------------------------------------------------------------------------------------

    def create_table(self) -> str:
        """CREATE TABLE, with constraints of all kinds."""
        chance = self.chance
        strict, without_rowid = self.maybe(0.12, "STRICT"), self.maybe(0.18, "WITHOUT ROWID")
        self.making = self.fresh(self._free_names())
        name = self.spelled(self.making)
        columns = chance.sample(COLUMN_NAMES, chance.choice((1, 2, 3, 3, 4, 5)))
        if chance.random() < 0.01:
            columns.append(columns[0].upper())
        keyed = chance.random()
        parts = [self._column(column, columns, strict, keyed < 0.4 and column == columns[0]) for column in columns]
        wants_key = without_rowid and keyed >= 0.4 and chance.random() < 0.97
        if wants_key or (0.4 <= keyed < 0.6):
            parts.append(self._named() + self._key("PRIMARY KEY", columns, one_way=without_rowid))
        for _ in range(chance.choice((0, 0, 0, 1, 1, 2))):
            parts.append(self._named() + self._table_constraint(columns))
        options = ["STRICT"] * strict + ["WITHOUT ROWID"] * without_rowid
        head = f"CREATE {self._temp()}TABLE {self._exists('NOT ')}"
        return f"{head}{self._new_path(name)} ({', '.join(parts)}) {', '.join(options)}".rstrip()

    def _temp(self) -> str:
        return self.chance.choice(("TEMP ", "TEMPORARY ")) if self.chance.random() < 0.07 else ""

    def _exists(self, negation: str = "") -> str:
        return f"IF {negation}EXISTS " if self.chance.random() < 0.15 else ""

    def _new_path(self, name: str) -> str:
        """A name, now and then with the database that the object is to be in."""
        others = [database for database in self.world.databases if database != "main"]
        if self.chance.random() < 0.12:
            return f"{self.spelled(self.chance.choice([*others, 'main', 'temp']))}.{name}"
        return name

    def _named(self) -> str:
        if self.chance.random() < 0.7:
            return ""
        return f"CONSTRAINT {self.spelled(self.chance.choice(('n1', 'n2', 'The name')))} "

    def on_conflict(self) -> str:
        """A conflict clause, or none."""
        return f" ON CONFLICT {self.chance.choice(CONFLICTS)}" if self.chance.random() < 0.25 else ""

    def _column(self, column: str, columns: Sequence[str], strict: bool, key: bool) -> str:
        chance = self.chance
        text = self.spelled(column)
        if key and chance.random() < 0.7:
            order = chance.choice(("", "", "", " ASC", " DESC"))
            more = " AUTOINCREMENT" if chance.random() < 0.25 else ""
            return f"{text} INTEGER {self._named()}PRIMARY KEY{order}{self.on_conflict()}{more}"
        kind = chance.choice(STRICT_TYPES if strict else TYPES)
        text += f" {kind}".rstrip()
        if key:
            text += f" PRIMARY KEY{chance.choice(('', ' DESC'))}{self.on_conflict()}"
        rolls = [chance.random() for _ in range(7)]
        if rolls[0] < 0.2:
            text += f" {self._named()}NOT NULL{self.on_conflict()}"
        if rolls[1] < 0.12 and not key:
            text += f" {self._named()}UNIQUE{self.on_conflict()}"
        if rolls[2] < 0.2:
            text += f" COLLATE {chance.choice(COLLATIONS)}"
        if rolls[3] < 0.25:
            text += f" DEFAULT {self._default(kind)}"
        if rolls[4] < 0.1:
            text += f" {self._named()}CHECK ({self._check([self.spelled(column)])})"
        if rolls[5] < 0.08:
            text += f" {self._named()}{self._references(1)}"
        # they read what comes before: what SQLite says of loops depends on what is STORED
        before = list(itertools.takewhile(lambda other: other != column, columns))
        if rolls[6] < 0.15 and before and rolls[3] >= 0.25 and not key:
            others = [self.spelled(other) for other in before]
            ending = chance.choice(("", " STORED", " VIRTUAL"))
            text += f" {chance.choice(('GENERATED ALWAYS ', ''))}AS ({self._made_of(others)}){ending}"
        return text

    def _default(self, kind: str) -> str:
        chance = self.chance
        value = self.literal(self.value_of(kind))
        forms = (value, value, value, "NULL", "(1 + 2)", "('a' || 'b')", "CURRENT_DATE", "-5", "+1.5", "true",
                 "(coalesce(NULL, 'd'))", "x'61'", "word")  # fmt: skip
        return chance.choice(forms)

    def _made_of(self, columns: Sequence[str]) -> str:
        a, b = self.chance.choice(columns), self.chance.choice(columns)
        return self.chance.choice(
            (f"{a} || '-' || {b}", f"length({a})", f"coalesce({a}, {b})", f"{a} + 1", f"{a} = {b}")
        )

    def _check(self, columns: Sequence[str]) -> str:
        a, b = self.chance.choice(columns), self.chance.choice(columns)
        forms = (f"{a} <> 3", f"length({a}) < 3", f"{a} IS NOT 'b'", f"typeof({a}) != 'blob'", f"{a} > -1",
                 f"{a} <= {b} OR {b} IS NULL", f"{a} NOT IN ('A', 5)", f"coalesce({a}, 0) <> 4")  # fmt: skip
        return self.chance.choice(forms)

    def _key(self, word: str, columns: Sequence[str], *, one_way: bool = False) -> str:
        """A key; ``one_way``: all ascending, as in WITHOUT ROWID tables the scan has another order here otherwise."""
        chance = self.chance
        chosen = chance.sample(columns, min(len(columns), chance.choice((1, 1, 2, 2, 3))))
        parts = [
            self.spelled(column)
            + (f" COLLATE {chance.choice(COLLATIONS)}" if chance.random() < 0.15 else "")
            + chance.choice(("", "", "", " ASC", "" if one_way else " DESC"))
            for column in chosen
        ]
        return f"{word} ({', '.join(parts)}){self.on_conflict()}"

    def _table_constraint(self, columns: Sequence[str]) -> str:
        kind = self.chance.random()
        if kind < 0.4:
            return self._key("UNIQUE", columns)
        if kind < 0.6:
            return f"CHECK ({self._check([self.spelled(c) for c in columns])}){self.on_conflict()}"
        chosen = self.chance.sample(columns, min(len(columns), self.chance.choice((1, 1, 2))))
        return f"FOREIGN KEY ({', '.join(map(self.spelled, chosen))}) {self._references(len(chosen))}"

    def _references(self, width: int) -> str:
        """REFERENCES to a key of that width where there is one, else to whatever."""
        chance = self.chance
        keys = [
            (table, index.columns)
            for table in self.world.tables
            for index in table.indexes
            if index.unique and not index.partial and len(index.columns) == width and None not in index.columns
        ]
        if width == 1:
            keys += [(table, (table.rowid_alias,)) for table in self.world.tables if table.rowid_alias]
        if chance.random() < 0.15:
            parent, names = self.making, chance.choice(("", f" ({', '.join(COLUMN_NAMES[:width])})"))
        elif keys and chance.random() < 0.97:
            table, columns = chance.choice(keys)
            parent, names = table.name, f" ({', '.join(self.spelled(str(c)) for c in columns)})"
            primary = [column.name for column in table.columns if column.key]
            names = "" if sorted(primary) == sorted(map(str, columns)) and chance.random() < 0.5 else names
        else:
            names = chance.choice(("", f" ({', '.join(COLUMN_NAMES[:width])})"))
            parent = self.fresh(TABLE_NAMES)
        text = f"REFERENCES {self.spelled(parent)}{names}"
        # SQLite does not check a row that REPLACE puts into a table whose key names itself with SET NULL
        itself = parent.lower() == self.making.lower()
        for event in ("DELETE", "UPDATE"):
            if chance.random() < 0.5:
                text += f" ON {event} {chance.choice([a for a in ACTIONS if a != 'SET NULL' or not itself])}"
        if chance.random() < 0.3:
            text += chance.choice((" DEFERRABLE INITIALLY DEFERRED", " DEFERRABLE", " DEFERRABLE INITIALLY IMMEDIATE"))
        return text

    def create_table_as(self) -> str | None:
        """CREATE TABLE AS, of a query whose order is known."""
        source = self._any_table()
        if source is None:
            return None
        references = self.columns_of(source)
        items = [self.chance.choice(("*", self.expression(references, 1), self.chance.choice(references)))]
        if self.chance.random() < 0.5:
            items.append(f"{self.expression(references, 1)} AS {self.spelled(self.chance.choice(COLUMN_NAMES))}")
        path = self._new_path(self.spelled(self.fresh(self._free_names())))
        head = f"CREATE {self._temp()}TABLE {self._exists('NOT ')}{path}"
        return f"{head} AS SELECT {', '.join(items)} FROM {self.ordered_rows(source)}"

    def _free_names(self) -> list[str]:
        """Names for tables, without those of tables that have TEMP triggers: these stay with the table that they were
        made for when another one of its name hides it, until SQLite reads the schema again."""
        held = {trigger.table.lower() for trigger in self.world.triggers if trigger.database == "temp"}
        return [name for name in TABLE_NAMES if name.lower() not in held]

    def _any_table(self) -> Relation | None:
        return self.chance.choice(self.world.tables) if self.world.tables else None

    def ordered_rows(self, source: Relation) -> str:
        """FROM's text on a table, with a condition and an order that is total."""
        path = self.path(source)
        where = f" WHERE {self.condition(self.columns_of(source), 2)}" if self.chance.random() < 0.6 else ""
        keys = [source.rowid] if source.rowid else [self.spelled(c.name) for c in source.columns if c.key]
        return f"{path}{where} ORDER BY {', '.join(map(str, keys))}"

    # -- indexes and views -----------------------------------------------------------------------------------

    def create_index(self) -> str | None:
        """CREATE INDEX on columns and expressions."""
        chance, table = self.chance, self._any_table()
        if table is None:
            return None
        columns = [self.spelled(column.name) for column in table.columns]
        if chance.random() < 0.02:
            columns = [*columns, "nowhere"]
        parts = []
        for column in chance.sample(columns, min(len(columns), chance.choice((1, 1, 2, 3)))):
            form = (
                chance.choice(("lower({})", "length({})", "{} + 1", "coalesce({}, 0)"))
                if chance.random() < 0.15
                else "{}"
            )
            collation = f" COLLATE {chance.choice(COLLATIONS)}" if chance.random() < 0.15 else ""
            parts.append(form.format(column) + collation + chance.choice(("", "", "", " DESC", " ASC")))
        unique = "UNIQUE " if chance.random() < 0.3 else ""
        where = f" WHERE {self._index_condition(columns)}" if chance.random() < 0.2 else ""
        name = self.spelled(self.fresh(("i1", "i2", "i3", "I four", "индекс", "i'6", *TABLE_NAMES[:2])))
        if table.database != "main" or chance.random() < 0.1:
            name = f"{table.database}.{name}"
        head = f"CREATE {unique}INDEX {self._exists('NOT ')}{name} ON {self.spelled(table.name)}"
        return f"{head} ({', '.join(parts)}){where}"

    def _index_condition(self, columns: Sequence[str]) -> str:
        column = self.chance.choice(columns)
        return self.chance.choice(
            (f"{column} IS NOT NULL", f"{column} > 1", f"{column} = 'a'", f"typeof({column}) = 'text'")
        )

    def create_view(self) -> str | None:
        """CREATE VIEW of one table or two."""
        chance, table = self.chance, self._any_table()
        if table is None:
            return None
        references = self.columns_of(table, "p.")
        others = [r for r in (*self.world.tables, *self.world.views) if r.columns]
        items = [self.expression(references, 1) for _ in range(chance.choice((1, 2, 3)))]
        source = f"{self.path(table)} AS p NOT INDEXED"  # its order is told by what INSTEAD OF triggers do
        if chance.random() < 0.25 and others:
            other = chance.choice(others)
            items.append(chance.choice(self.columns_of(other, "q.")))
            condition = self.condition([*references, *self.columns_of(other, "q.")], 1)
            source += f" CROSS JOIN {self.path(other)} AS q{self._unindexed(other)} ON {condition}"
        names = chance.sample(COLUMN_NAMES, len(items))
        if chance.random() < 0.5:
            listed, items = f" ({', '.join(map(self.spelled, names))})", items
        else:
            listed, items = "", [f"{item} AS {self.spelled(name)}" for item, name in zip(items, names, strict=True)]
        where = f" WHERE {self.condition(references, 1)}" if chance.random() < 0.4 else ""
        name = self.spelled(self.fresh(("v1", "v2", "V three", "t3", "ansicht")))
        head = f"CREATE {self._temp()}VIEW {self._exists('NOT ')}{name}{listed}"
        return f"{head} AS SELECT {', '.join(items)} FROM {source}{where}"

    @staticmethod
    def _unindexed(relation: Relation) -> str:
        return " NOT INDEXED" if relation.kind == "table" else ""

    # -- triggers --------------------------------------------------------------------------------------------

    def create_trigger(self) -> str | None:
        """CREATE TRIGGER on a table, or INSTEAD OF on a view."""
        chance = self.chance
        targets = [*self.world.tables, *self.world.views]
        if not targets:
            return None
        target = chance.choice(targets)
        event = chance.choice(("INSERT", "INSERT", "DELETE", "UPDATE", "UPDATE"))
        time = chance.choice(("BEFORE ", "AFTER ", "AFTER ", "")) if target.kind == "table" else "INSTEAD OF "
        rows = {"I": ("new.",), "D": ("old.",), "U": ("new.", "OLD.")}[event[0]]
        references = [reference for row in rows for reference in self.columns_of(target, row)]
        if time in ("BEFORE ", "") and event == "INSERT":
            references = [r for r in references if not r.endswith("rowid")]  # of a row that has none yet
        if time in ("BEFORE ", "") and event == "UPDATE" and any(column.hidden for column in target.columns):
            rows = ("OLD.",)  # SQLite does not compute generated columns of NEW from columns that nobody reads
            references = [reference for row in rows for reference in self.columns_of(target, row)]
        if event == "UPDATE" and chance.random() < 0.3 and target.columns:
            event = f"UPDATE OF {self.spelled(chance.choice(target.columns).name)}"
        if not references:
            return None
        others = [t for t in self.world.tables if t.name != target.name or time == "AFTER "]
        if (time in ("BEFORE ", "") or event.startswith("UPDATE")) and "SET NULL" in target.sql.upper():
            # SQLite does not look for a row's parent once it has compiled the key's SET NULL for what comes before,
            # as BEFORE triggers do, and an upsert's UPDATE with all of its triggers
            others = [t for t in others if t.name.lower() not in target.sql.lower()]
        self.grows = False
        steps = [self._step(chance.choice(others), references, time) for _ in range(chance.choice((1, 1, 2))) if others]
        self.grows = True
        if not steps:
            return None
        when = f" WHEN {self.condition(references, 1)}" if chance.random() < 0.4 else ""
        temp = "TEMP " if target.database == "temp" or chance.random() < 0.05 else ""
        name = self.spelled(self.fresh(("r1", "r2", "r3", "R four", "auslöser")))
        name = f"{target.database}.{name}" if target.database not in ("main", "temp") and not temp else name
        each = chance.choice(("", " FOR EACH ROW"))
        path = self.spelled(target.name) if not (temp and target.shadowed) else self.path(target)
        head = f"CREATE {temp}TRIGGER {self._exists('NOT ')}{name} {time}{event} ON {path}{each}{when}"
        return f"{head} BEGIN {'; '.join(steps)}; END"

    def _step(self, other: Relation, references: Sequence[str], time: str) -> str:
        """A statement of a trigger: no index may choose the order in which it meets its rows."""
        chance = self.chance
        kind = chance.random()
        name = self.spelled(other.name)
        columns = self.columns_of(other)
        if kind < 0.12:
            action = chance.choice(("RAISE(IGNORE)", "RAISE(ABORT, 'no more')", "RAISE(FAIL, 'it''s enough')",
                                    "RAISE(ROLLBACK, 'all over')", "RAISE(ABORT, 'a' || new.a)"))  # fmt: skip
            return f"SELECT {action} WHERE {self.condition(references, 1)} AND {chance.choice(references)} > 3"
        if kind < 0.16:
            return f"SELECT count(*) FROM {name} WHERE {self.condition(references, 1)}"
        writable = [column.name for column in other.writable] or ["a"]
        verb = chance.choice(("", "", " OR IGNORE", " OR REPLACE", " OR ABORT", " OR FAIL", " OR ROLLBACK"))
        if kind < 0.6:
            chosen = [c for c in writable if chance.random() < 0.8] or writable
            cells = ", ".join(self.expression(references, 1) for _ in chosen)
            source, upsert, form = f"VALUES ({cells})", "", chance.random()
            if form < 0.12:
                source = f"SELECT {cells} WHERE {self.condition(references, 1)}"
            elif form < 0.2:
                source = f"SELECT {cells} FROM {self.ordered_rows(chance.choice(self.world.tables))} LIMIT 2"
            elif not verb and form < 0.6:
                upsert = " ON CONFLICT DO NOTHING"
            elif not verb and form < 0.75:
                column, value = self.spelled(chance.choice(writable)), self.expression([*references, *columns], 1)
                upsert = f" ON CONFLICT DO UPDATE SET {column} = {value}"
            return f"INSERT{verb} INTO {name} ({', '.join(map(self.spelled, chosen))}) {source}{upsert}"
        where = f"+{self.chance.choice(columns)} = {chance.choice(references)}"
        if kind < 0.82:
            value = self.expression([*references, *columns], 1)
            start = f"UPDATE{verb} {name} SET {self.spelled(chance.choice(writable))} = {value}"
            if chance.random() < 0.15:
                source = f"(SELECT {chance.choice(references)} AS y) AS o"
                return f"{start} FROM {source} WHERE +{chance.choice(columns)} = o.y"
            return f"{start} WHERE {where}"
        return f"DELETE FROM {name} WHERE {where}"

    # -- DROP and ALTER --------------------------------------------------------------------------------------

    def drop(self) -> str | None:
        """DROP of something that is there, or not, or is of another kind."""
        chance, world = self.chance, self.world
        indexes = [(t.database, index.name) for t in world.tables for index in t.indexes]
        things = {
            "TABLE": [(t.database, t.name) for t in world.tables],
            "INDEX": indexes,
            "VIEW": [(v.database, v.name) for v in world.views],
            "TRIGGER": [(r.database, r.name) for r in world.triggers],
        }
        kind = chance.choice(("TABLE", "INDEX", "INDEX", "VIEW", "TRIGGER", "TRIGGER"))
        if kind == "TABLE" and any(view.database == "temp" for view in world.views):
            return None  # SQLite goes on knowing the columns of a TEMP view whose table was another database's
        found = things[kind if chance.random() < 0.94 else chance.choice(list(things))]
        database, name = chance.choice(found) if found and chance.random() < 0.94 else ("main", "nothing")
        prefix = f"{self.spelled(database)}." if database not in ("main", "temp") or chance.random() < 0.15 else ""
        return f"DROP {kind} {self._exists()}{prefix}{self.spelled(name)}"

    def alter(self) -> str | None:
        """ALTER TABLE in any of SQLite's forms."""
        chance, table = self.chance, self._any_table()
        if table is None:
            return None
        self.making = table.name
        column = self.spelled(chance.choice(table.columns).name if chance.random() < 0.97 else "nothing")
        makes: dict[str, Callable[[], str]] = {
            "RENAME TO": lambda: f"RENAME TO {self.spelled(self.fresh(self._names_for(table)))}",
            "RENAME COLUMN": lambda: (
                f"RENAME {chance.choice(('COLUMN ', ''))}{column} TO {self.spelled(self.fresh(COLUMN_NAMES))}"
            ),
            "DROP COLUMN": lambda: f"DROP {chance.choice(('COLUMN ', ''))}{column}",
            "ADD COLUMN": lambda: (
                f"ADD {chance.choice(('COLUMN ', ''))}"
                + self._column(self.fresh(COLUMN_NAMES), [c.name for c in table.columns], table.strict, False)
            ),
            "ADD CHECK": lambda: f"ADD {self._named()}CHECK ({self._check(self.columns_of(table))})",
            "DROP CONSTRAINT": lambda: f"DROP CONSTRAINT {self.spelled(chance.choice(('n1', 'n2', 'The name')))}",
            "SET NOT NULL": lambda: f"ALTER {chance.choice(('COLUMN ', ''))}{column} SET NOT NULL{self.on_conflict()}",
            "DROP NOT NULL": lambda: f"ALTER COLUMN {column} DROP NOT NULL",
        }
        if self._is_named_in_temp(table):
            makes.pop("RENAME COLUMN")
        if "SET DEFAULT" in table.sql:
            makes.pop("DROP CONSTRAINT")  # SQLite takes it for the end of the constraint
        if any(thing.shadowed for thing in (*self.world.tables, *self.world.views)):
            # SQLite takes what texts say of one table for the other
            makes = {"ADD COLUMN": makes["ADD COLUMN"]}
        usable = [make for feature, make in makes.items() if feature not in self.without]
        usable += [makes[name] for name in ("ADD COLUMN", "RENAME TO") if name in makes]
        return f"ALTER TABLE {self.path(table)} {chance.choice(usable)()}"

    def _names_for(self, table: Relation) -> list[str]:
        """New names for a table, of which none hides one in another database."""
        others = {r.name.lower() for r in (*self.world.tables, *self.world.views) if r.database != table.database}
        return [name for name in TABLE_NAMES if name.lower() not in others]

    def _is_named_in_temp(self, table: Relation) -> bool:
        """Whether TEMP views or triggers may name a column: SQLite does not see there that it has a new name."""
        named = (*self.world.triggers, *self.world.views)
        return table.database == "temp" and any(thing.database == "temp" for thing in named)
