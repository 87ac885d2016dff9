"""Random schemas, rows, changes and queries in the SQL of this slice, as text with bound parameters.

Everything that SQLite leaves open is avoided, so that a difference is an error: no bare columns beside
aggregates, LIMIT only under a total order, no functions of time or chance, no expression whose error depends
on the order of evaluation. What may still differ is said with the statement (see :class:`Statement`).
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

TYPES = ("INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB", "", "VARCHAR(10)", "DECIMAL(10,2)")
COLLATIONS = ("", "", "", " COLLATE NOCASE", " COLLATE RTRIM")
WORDS = ("", "a", "A", "ab", "Ab ", "abc", "b", "B", "10", "1e2", " 7", "7x", "-3", "0", "é", "É", "ß",
         "漢字", "😀", "%", "a_c", "null", "x'y", "9223372036854775807", "0x10", ".5", "1.0")  # fmt: skip
INTEGERS = (
    0,
    1,
    -1,
    2,
    3,
    7,
    10,
    100,
    255,
    2**31 - 1,
    2**31,
    -(2**31),
    2**53,
    2**63 - 1,
    -(2**63),
    -(2**63) + 1,
)
REALS = (
    0.0,
    -0.5,
    0.5,
    1.0,
    2.0,
    1.5,
    3.14159,
    1e10,
    -1e-7,
    1e15,
    1e16,
    1e300,
    9.2233720368547758e18,
    123456.789,
)
BLOBS = (b"", b"a", b"ab", b"1", b"\x01\x7f")


FUNCTIONS = (
    ("length", 1), ("lower", 1), ("upper", 1), ("typeof", 1), ("coalesce", 2), ("ifnull", 2), ("nullif", 2),
    ("substr", 2), ("substr", 3), ("trim", 1), ("ltrim", 2), ("instr", 2), ("hex", 1), ("quote", 1),
    ("min", 2), ("max", 3), ("iif", 3), ("unicode", 1), ("round", 1), ("sign", 1), ("replace", 3),
)  # fmt: skip
_MARK = re.compile("\0([0-9]+)\0")


@dataclass
class Statement:
    """One statement and how its results may be compared.

    ordered  rows must come in the same order (the ORDER BY is total)
    loose    1 and 1.0, 'a' and 'A' may stand for each other: SQLite may show any member of a group of equals
    """

    sql: str
    params: list[Any] = field(default_factory=list)
    ordered: bool = False
    loose: bool = False


@dataclass
class Table:
    """A table as the generator knows it."""

    name: str
    columns: list[str]
    unique: list[str]
    rowid_column: str | None


@dataclass
class Scope:
    """Column references that an expression may use."""

    references: list[str]


class Generator:
    """A stream of statements from a seed: ``schema()``, then ``change()`` and ``query()`` in any order."""

    def __init__(self, seed: object) -> None:
        self.chance = random.Random(str(seed))
        self.tables: list[Table] = []
        self._pool: list[Any] = []
        self._aliases = 0
        self._keys = 0
        self._changing: Table | None = None

    # -- schema and rows -------------------------------------------------------------------------------------

    def schema(self) -> list[Statement]:
        """CREATE statements for two to four tables with some indexes."""
        statements = []
        for number in range(self.chance.randint(2, 4)):
            statements.append(self._create_table(f"t{number}"))
            indexes = self.chance.choice((0, 0, 1, 2))
            statements += [self._create_index(self.tables[-1], f"i{number}{n}") for n in range(indexes)]
        return statements

    def _create_table(self, name: str) -> Statement:
        chance = self.chance
        columns = [f"c{n}" for n in range(chance.randint(2, 5))]
        unique: list[str] = []
        rowid_column = columns[0] if chance.random() < 0.6 else None
        parts = []
        for column in columns:
            text = f"{column} {chance.choice(TYPES)}{chance.choice(COLLATIONS)}"
            if column == rowid_column:
                text = f"{column} INTEGER PRIMARY KEY"
            elif chance.random() < 0.12:
                text += " UNIQUE"
                unique.append(column)
            elif chance.random() < 0.15:
                text += " NOT NULL"
            if column != rowid_column and chance.random() < 0.2:
                text += f" DEFAULT {self.literal(self._value())}"
            parts.append(text)
        if len(columns) > 3 and rowid_column is None and chance.random() < 0.4:
            parts.append(f"PRIMARY KEY ({columns[1]}, {columns[2]})")
            unique += columns[1:3]
        if chance.random() < 0.15:
            parts.append(f"CHECK ({columns[-1]} IS NOT 'forbidden')")
        self.tables.append(Table(name, columns, unique, rowid_column))
        return Statement(f"CREATE TABLE {name} ({', '.join(parts)})")

    def _create_index(self, table: Table, name: str) -> Statement:
        chosen = self.chance.sample(table.columns, self.chance.randint(1, 2))
        parts = [c + self.chance.choice(COLLATIONS) + self.chance.choice(("", "", " DESC")) for c in chosen]
        return Statement(f"CREATE INDEX {name} ON {table.name} ({', '.join(parts)})")

    def _value(self) -> Any:
        chance = self.chance
        kind = chance.random()
        if kind < 0.12:
            return None
        if kind < 0.45:
            return chance.choice(INTEGERS) if chance.random() < 0.3 else chance.randint(-5, 12)
        if kind < 0.60:
            return chance.choice(REALS)
        if kind < 0.93:
            return chance.choice(WORDS)
        return chance.choice(BLOBS)

    def literal(self, value: Any) -> str:
        """The value as SQL text."""
        if value is None:
            return "NULL"
        if isinstance(value, str):
            return "'" + value.replace("'", "''") + "'"
        if isinstance(value, bytes):
            return f"x'{value.hex()}'"
        if value == -(2**63):
            return "(-9223372036854775807 - 1)"
        return f"({value!r})" if value < 0 else repr(value)

    def _constant(self) -> str:
        """A literal, or a bound parameter."""
        value = self._value()
        if self.chance.random() < 0.5:
            self._pool.append(value)
            return f"\0{len(self._pool) - 1}\0"
        return self.literal(value)

    def _finish(self, sql: str, **how: bool) -> Statement:
        """The statement, its marked parameters in the order in which the text has them."""
        params: list[Any] = []

        def bind(mark: re.Match[str]) -> str:
            params.append(self._pool[int(mark[1])])
            return "?"

        text = _MARK.sub(bind, sql)
        self._pool.clear()
        return Statement(text, params, **how)

    # -- changes ---------------------------------------------------------------------------------------------

    def change(self) -> Statement:
        """An INSERT, UPDATE, DELETE, or a step of transaction control is left to the caller."""
        table = self._changing = self.chance.choice(self.tables)
        try:
            return self._change(table)
        finally:
            self._changing = None

    def _change(self, table: Table) -> Statement:
        kind = self.chance.random()
        if kind < 0.55:
            return self._insert(table)
        if kind < 0.8:
            return self._update(table)
        if kind < 0.95:
            return self._finish(f"DELETE FROM {table.name} WHERE {self._expression(self._scope(table), 3)}")
        return self._insert_select(table)

    def _scope(self, table: Table) -> Scope:
        return Scope([*table.columns, "rowid"])

    def _insert(self, table: Table) -> Statement:
        chance = self.chance
        columns = [c for c in table.columns if chance.random() < 0.85] or table.columns
        rows = []
        for _ in range(chance.choice((1, 1, 2, 4))):
            cells = [self._cell(table, column) for column in columns]
            rows.append(f"({', '.join(cells)})")
        verb = chance.choice(("INSERT", "INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "REPLACE"))
        conflict = ""
        if verb == "INSERT" and table.rowid_column in columns and chance.random() < 0.3:
            target = chance.choice([c for c in table.columns if c != table.rowid_column])
            value = chance.choice((f"excluded.{target}", f"{target} || 'x'", self._constant()))
            action = chance.choice((f"UPDATE SET {target} = {value}", "NOTHING"))
            conflict = f" ON CONFLICT ({table.rowid_column}) DO {action}"
        return self._finish(
            f"{verb} INTO {table.name} ({', '.join(columns)}) VALUES {', '.join(rows)}{conflict}"
        )

    def _cell(self, table: Table, column: str) -> str:
        if column == table.rowid_column:
            self._keys += self.chance.choice((0, 1, 1, 1, 1))
            return str(self._keys) if self.chance.random() < 0.9 else "NULL"
        return self._constant()

    def _insert_select(self, table: Table) -> Statement:
        source = self.chance.choice([t for t in self.tables if t is not table])
        columns = [c for c in table.columns if c != table.rowid_column]
        items = ", ".join(self._expression(self._scope(source), 1) for _ in columns)
        where = self._expression(self._scope(source), 2)
        return self._finish(
            f"INSERT OR IGNORE INTO {table.name} ({', '.join(columns)}) "
            f"SELECT {items} FROM {source.name} WHERE {where} ORDER BY rowid LIMIT 5"
        )

    def _update(self, table: Table) -> Statement:
        scope = self._scope(table)
        free = [c for c in table.columns if c not in table.unique and c != table.rowid_column]
        if not free:
            return self._insert(table)
        chosen = self.chance.sample(free, min(len(free), self.chance.randint(1, 2)))
        sets = ", ".join(f"{column} = {self._expression(scope, 2)}" for column in chosen)
        return self._finish(f"UPDATE {table.name} SET {sets} WHERE {self._expression(scope, 3)}")

    # -- queries ---------------------------------------------------------------------------------------------

    def query(self) -> Statement:
        """One SELECT."""
        kind = self.chance.random()
        if kind < 0.5:
            return self._plain_select()
        if kind < 0.8:
            return self._grouped_select()
        return self._compound_select()

    def _alias(self) -> str:
        self._aliases = (self._aliases + 1) % 1000
        return f"a{self._aliases}"

    def _from(self, outer: Scope | None = None, most: int = 3) -> tuple[str, Scope, list[str]]:
        """(FROM text, what it makes visible, expressions that number its rows)."""
        chance = self.chance
        text, scope, keys = "", Scope(list(outer.references) if outer else []), []
        for number in range(chance.choice((1, 1, 2, min(3, most)) if most > 1 else (1,))):
            table, alias = chance.choice(self.tables), self._alias()
            new = [f"{alias}.{column}" for column in table.columns]
            if number == 0:
                text = f"{table.name} AS {alias}"
            else:
                before = list(scope.references)
                scope_on = Scope(before + new)
                on = self._join_condition(before, new, scope_on)
                text += f" {chance.choice(('JOIN', 'JOIN', 'LEFT JOIN'))} {table.name} AS {alias} ON {on}"
            scope.references += new
            keys.append(f"{alias}.rowid")
        return text, scope, keys

    def _join_condition(self, before: list[str], new: list[str], scope: Scope) -> str:
        equal = f"{self.chance.choice(before)} = {self.chance.choice(new)}"
        kind = self.chance.random()
        if kind < 0.6:
            return equal
        if kind < 0.85:
            return f"{equal} AND {self._expression(scope, 2)}"
        return self._expression(scope, 2)

    def _where(self, scope: Scope) -> str:
        return f" WHERE {self._expression(scope, 4)}" if self.chance.random() < 0.75 else ""

    def _plain_select(self) -> Statement:
        chance = self.chance
        text, scope, keys = self._from()
        distinct = chance.random() < 0.2
        items = [self._item(scope) for _ in range(chance.randint(1, 4))]
        if chance.random() < 0.15:
            items = ["*"]
        sql = f"SELECT {'DISTINCT ' if distinct else ''}{', '.join(items)} FROM {text}{self._where(scope)}"
        if distinct or chance.random() < 0.4:
            return self._finish(sql, loose=distinct)
        terms = [self._expression(scope, 2) for _ in range(chance.randint(0, 2))]
        order = [
            f"coalesce({term}, NULL){chance.choice(('', ' DESC', ' ASC NULLS LAST', ' DESC NULLS FIRST'))}"
            for term in terms
        ]
        sql += " ORDER BY " + ", ".join(order + keys)
        if chance.random() < 0.5:
            sql += f" LIMIT {chance.choice((0, 1, 3, 10, -1))}"
            sql += chance.choice(("", f" OFFSET {chance.randint(0, 4)}"))
        return self._finish(sql, ordered=True)

    def _item(self, scope: Scope) -> str:
        text = self._expression(scope, 3)
        return text if self.chance.random() < 0.7 else f"{text} AS x{self.chance.randint(0, 9)}"

    def _grouped_select(self) -> Statement:
        chance = self.chance
        text, scope, _ = self._from()
        keys = chance.sample(scope.references, min(len(scope.references), chance.choice((0, 1, 1, 2))))
        items = [*keys, *(self._aggregate(scope) for _ in range(chance.randint(1, 3)))]
        sql = f"SELECT {', '.join(items)} FROM {text}{self._where(scope)}"
        if keys:
            sql += f" GROUP BY {', '.join(keys)}"
            if chance.random() < 0.3:
                operator = chance.choice((">", "<", "=", "IS NOT"))
                sql += f" HAVING {self._aggregate(scope)} {operator} {self._constant()}"
        return self._finish(sql, loose=True)

    def _aggregate(self, scope: Scope) -> str:
        name = self.chance.choice(("count", "count", "sum", "min", "max", "avg", "total", "count(*)"))
        if name == "count(*)":
            return name
        distinct = "DISTINCT " if name in ("count", "min", "max") and self.chance.random() < 0.3 else ""
        return f"{name}({distinct}{self._expression(scope, 2)})"

    def _compound_select(self) -> Statement:
        operator = self.chance.choice(("UNION", "UNION ALL", "UNION", "INTERSECT", "EXCEPT"))
        width = self.chance.randint(1, 3)
        parts = []
        for _ in range(self.chance.choice((2, 2, 3))):
            table = self.chance.choice(self.tables)
            scope = self._scope(table)
            items = ", ".join(self._expression(scope, 1) for _ in range(width))
            parts.append(f"SELECT {items} FROM {table.name} WHERE {self._expression(scope, 2)}")
        return self._finish(f" {operator} ".join(parts), loose=True)

    # -- expressions -----------------------------------------------------------------------------------------

    def _expression(self, scope: Scope, depth: int) -> str:
        chance = self.chance
        if depth <= 0 or chance.random() < 0.15:
            return chance.choice(scope.references) if chance.random() < 0.65 else self._constant()
        make = chance.choice(_SHAPES)
        return str(make(self, scope, depth - 1))

    def _binary(self, scope: Scope, depth: int) -> str:
        operator = self.chance.choice(("+", "-", "*", "/", "%", "||", "&", "|", "<<", ">>"))
        return f"({self._expression(scope, depth)} {operator} {self._expression(scope, depth)})"

    def _comparison(self, scope: Scope, depth: int) -> str:
        operator = self.chance.choice(("=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT", "==", "!="))
        return f"({self._expression(scope, depth)} {operator} {self._expression(scope, depth)})"

    def _logic(self, scope: Scope, depth: int) -> str:
        operator = self.chance.choice(("AND", "OR"))
        terms = [self._expression(scope, depth) for _ in range(self.chance.choice((2, 2, 3)))]
        return f"({f' {operator} '.join(terms)})"

    def _unary(self, scope: Scope, depth: int) -> str:
        return f"({self.chance.choice(('NOT ', '-', '~', '+'))}{self._expression(scope, depth)})"

    def _null_test(self, scope: Scope, depth: int) -> str:
        test = self.chance.choice(("IS NULL", "IS NOT NULL", "NOTNULL", "ISNULL"))
        return f"({self._expression(scope, depth)} {test})"

    def _between(self, scope: Scope, depth: int) -> str:
        negated = self.chance.choice(("", "NOT "))
        parts = [self._expression(scope, depth) for _ in range(3)]
        return f"({parts[0]} {negated}BETWEEN {parts[1]} AND {parts[2]})"

    def _in_list(self, scope: Scope, depth: int) -> str:
        operand = self._expression(scope, depth)
        items = ", ".join(self._constant() for _ in range(self.chance.randint(0, 4)))
        # SQLite folds x IN () into the word "false", so that "y IS false" means another thing: + parts them
        return f"({'' if items else '+'}({operand} {self.chance.choice(('IN', 'NOT IN'))} ({items})))"

    def _like(self, scope: Scope, depth: int) -> str:
        operand = self._expression(scope, depth)
        operator = self.chance.choice(("LIKE", "NOT LIKE", "GLOB"))
        pattern = self.chance.choice(
            ("'a%'", "'%b%'", "'_'", "'%'", "'a*'", "'[a-c]?'", "'1%'", self._reference(scope))
        )
        return f"({operand} {operator} {pattern})"

    def _reference(self, scope: Scope) -> str:
        return self.chance.choice(scope.references)

    def _case(self, scope: Scope, depth: int) -> str:
        base = self._expression(scope, depth) + " " if self.chance.random() < 0.4 else ""
        whens = " ".join(
            f"WHEN {self._expression(scope, depth)} THEN {self._expression(scope, depth)}"
            for _ in range(self.chance.randint(1, 2))
        )
        last = f" ELSE {self._expression(scope, depth)}" if self.chance.random() < 0.7 else ""
        return f"CASE {base}{whens}{last} END"

    def _cast(self, scope: Scope, depth: int) -> str:
        to = self.chance.choice(("INTEGER", "REAL", "TEXT", "NUMERIC"))
        return f"CAST({self._expression(scope, depth)} AS {to})"

    def _collate(self, scope: Scope, depth: int) -> str:
        return (
            f"({self._expression(scope, depth)} COLLATE {self.chance.choice(('NOCASE', 'RTRIM', 'BINARY'))})"
        )

    def _function(self, scope: Scope, depth: int) -> str:
        name, arity = self.chance.choice(FUNCTIONS)
        return f"{name}({', '.join(self._expression(scope, depth) for _ in range(arity))})"

    def _subquery(self, scope: Scope, depth: int) -> str:
        """EXISTS, IN or a scalar; the inner query may refer to the outer rows."""
        kind = self.chance.choice(("exists", "in", "scalar", "scalar"))
        # a change that reads its own table sees, in SQLite, what it has changed so far, in an order left open
        table, alias = self.chance.choice([t for t in self.tables if t is not self._changing]), self._alias()
        inner = Scope(scope.references + [f"{alias}.{column}" for column in table.columns] * 2)
        own = Scope([f"{alias}.{column}" for column in table.columns])
        operand = self._expression(scope, depth) if kind == "in" else ""
        item = self._expression(own, 1) if kind == "in" else self.chance.choice(("count(*)", "max(1)"))
        where = f"FROM {table.name} AS {alias} WHERE {self._expression(inner, min(depth, 2))}"
        if kind == "exists":
            return f"{self.chance.choice(('', 'NOT '))}EXISTS (SELECT 1 {where})"
        if kind == "in":
            return f"({operand} {self.chance.choice(('IN', 'NOT IN'))} (SELECT {item} {where}))"
        return f"(SELECT {item} {where})"


_SHAPES = (
    Generator._binary, Generator._binary, Generator._binary, Generator._comparison, Generator._comparison,
    Generator._comparison, Generator._logic, Generator._logic, Generator._unary, Generator._null_test,
    Generator._between, Generator._in_list, Generator._like, Generator._case, Generator._cast,
    Generator._collate, Generator._function, Generator._function, Generator._subquery,
)  # fmt: skip
