"""Random schemas, rows, changes and queries in the whole of SQLite's query language, as text with bound parameters.

    Generator(seed, without)    ``schema()``, then ``change()`` and ``query()`` in any order
    FEATURES                    what may be left out, each with a statement that tells whether an engine has it

Everything that SQLite leaves open is avoided, so that a difference is an error: no bare columns beside
aggregates, LIMIT only under a total order, no functions of time or chance. What may still differ is said with the
statement (see :class:`Statement`). Queries are made in ``sqlgen_queries``, expressions in ``sqlgen_expressions``.
"""

from __future__ import annotations

from sqlgen_base import Scope, Statement, Table
from sqlgen_queries import Queries

__all__ = ["FEATURES", "Generator", "Statement", "Table"]

TYPES = (
    "INTEGER",
    "INTEGER",
    "TEXT",
    "TEXT",
    "REAL",
    "NUMERIC",
    "BLOB",
    "",
    "VARCHAR(10)",
    "DECIMAL(10,2)",
    "INT",
    "FLOAT",
)
COLLATIONS = ("", "", "", " COLLATE NOCASE", " COLLATE RTRIM")
EXACT_TYPES = ("INTEGER", "TEXT", "REAL", "NUMERIC", "VARCHAR(10)", "DECIMAL(10,2)", "INT", "FLOAT")
"""Types whose affinity leaves no two equal values of different classes, where the collation is BINARY."""

FEATURES = {
    "functions": "SELECT concat(1, 2), concat_ws(1, 2, 3), octet_length(1), unhex('aa'), char(65, 66), iif(1, 2), "
    "if(1, 2, 3), iif(0, 1, 0, 3, 4), like('a', 'b'), glob('a', 'b'), unistr_quote('a'), zeroblob(1), printf('%d', 1)",
    "mathematics": "SELECT pi(), sin(1), pow(2, 3), log(2, 3), mod(3, 2), atan2(1, 2), trunc(1.5)",
    "dates": "SELECT date(0, '+1 day'), strftime('%s', 0), timediff('2024-01-01', '2023-01-01'), unixepoch(0)",
    "json": "SELECT json('[]'), json_array(1), '{}' -> '$.a', '{}' ->> 'a', json_extract('{}', '$'), "
    "json_patch('{}', '{}'), json_pretty('1'), json_group_array(1), json_group_object('a', 1)",
    "jsonb": "SELECT json(jsonb('[1]'))",
    "row values": "SELECT (1, 2) = (3, 4), (1, 2) BETWEEN (1, 2) AND (3, 4), CASE (1, 2) WHEN (1, 2) THEN 1 END",
    "row values in subqueries": "SELECT (1, 2) IN (SELECT 1, 2)",
    "quoted words": 'SELECT "no such column"',
    "escape": "SELECT 'a' LIKE '%' ESCAPE '!'",
    "nested joins": "SELECT 1 FROM t AS a JOIN (t AS b JOIN t AS c ON 1) ON 1",
    "right joins": "SELECT 1 FROM t AS a RIGHT JOIN t AS b ON 1",
    "full joins": "SELECT 1 FROM t AS a FULL JOIN t AS b ON 1",
    "USING": "SELECT c FROM t AS a JOIN t AS b USING (c)",
    "NATURAL": "SELECT c FROM t AS a NATURAL JOIN t AS b",
    "table functions": "SELECT * FROM t, json_each(json_array(t.c)), json_tree('{}')",
    "generate_series": "SELECT value FROM generate_series(1, 3, 1)",
    "VALUES in FROM": "SELECT a.column1 FROM (VALUES (1), (2)) AS a",
    "subqueries in FROM": "SELECT * FROM (SELECT c, count(*) FROM t GROUP BY c) AS a "
    "JOIN (SELECT 1 UNION SELECT 2) ON 1",
    "WITH": "WITH w AS (SELECT 1 AS x), v(y) AS MATERIALIZED (VALUES (1)) SELECT * FROM w, v",
    "WITH RECURSIVE": "WITH RECURSIVE w(n) AS (SELECT 1 UNION SELECT n + 1 FROM w WHERE n < 3 "
    "ORDER BY 1 LIMIT 9) SELECT * FROM w",
    "several recursive terms": "WITH RECURSIVE w(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM w WHERE n < 3 UNION ALL "
    "SELECT n + 2 FROM w WHERE n < 3) SELECT * FROM w",
    "FILTER": "SELECT count(*) FILTER (WHERE c) FROM t",
    "ordered aggregates": "SELECT group_concat(c, ',' ORDER BY c), string_agg(c, '' ORDER BY c) FROM t",
    "percentile": "SELECT median(1), percentile(1, 50), percentile_cont(1, 0.5), percentile_disc(1, 0.5)",
    "windows": "SELECT row_number() OVER w, ntile(2) OVER (PARTITION BY c ORDER BY c), sum(c) FILTER (WHERE 1) OVER () "
    "FROM t WINDOW w AS (ORDER BY c)",
    "frames": "SELECT sum(1) OVER (ORDER BY c GROUPS BETWEEN 1 PRECEDING AND 2 FOLLOWING EXCLUDE TIES) FROM t",
    "partial indexes": "CREATE INDEX partial ON t (c) WHERE c IS NOT NULL",
    "expression indexes": "CREATE INDEX expression ON t (c + 1)",
    "unique indexes": "CREATE UNIQUE INDEX uniquely ON t (c)",
}
"""Each may be left out. The statement, on a table ``t (c)``, tells whether an engine has it."""


class Generator(Queries):
    """A stream of statements from a seed: ``schema()``, then ``change()`` and ``query()`` in any order."""

    def __init__(self, seed: object, without: frozenset[str] = frozenset()) -> None:
        super().__init__(seed, without)
        self._keys = 0

    # -- schema and rows -------------------------------------------------------------------------------------

    def schema(self) -> list[Statement]:
        """CREATE statements for two to four tables with some indexes."""
        statements = []
        for number in range(self.chance.randint(2, 4)):
            statements.append(self._create_table(f"t{number}"))
            indexes = self.chance.choice((0, 1, 1, 2))
            statements += [self._create_index(self.tables[-1], f"i{number}{n}") for n in range(indexes)]
        return statements

    def _create_table(self, name: str) -> Statement:
        chance = self.chance
        columns = [f"c{n}" for n in range(chance.randint(2, 5))]
        unique: list[str] = []
        rowid_column = columns[0] if chance.random() < 0.6 else None
        parts: list[str] = []
        exact: list[str] = []
        for column in columns:
            kind, collation = chance.choice(TYPES), chance.choice(COLLATIONS)
            text = f"{column} {kind}{collation}"
            if column == rowid_column or (kind in EXACT_TYPES and not collation):
                exact.append(column)
            if column == rowid_column:
                text = f"{column} INTEGER PRIMARY KEY"
            elif chance.random() < 0.12:
                text += " UNIQUE"
                unique.append(column)
            elif chance.random() < 0.15:
                text += " NOT NULL"
            if column != rowid_column and chance.random() < 0.2:
                text += f" DEFAULT {self.literal(self.value())}"
            parts.append(text)
        if len(columns) > 3 and rowid_column is None and chance.random() < 0.4:
            parts.append(f"PRIMARY KEY ({columns[1]}, {columns[2]})")
            unique += columns[1:3]
        if chance.random() < 0.15:
            parts.append(f"CHECK ({columns[-1]} IS NOT 'forbidden')")
        self.tables.append(Table(name, columns, unique, rowid_column, exact))
        return Statement(f"CREATE TABLE {name} ({', '.join(parts)})")

    def _create_index(self, table: Table, name: str) -> Statement:
        chosen = self.chance.sample(table.columns, self.chance.randint(1, min(3, len(table.columns))))
        if self.maybe(0.15, "expression indexes"):
            form = self.chance.choice(("lower({})", "length({})", "({} + 1)", "coalesce({}, 0)"))
            chosen[0] = form.format(chosen[0])
        parts = [c + self.chance.choice(COLLATIONS) + self.chance.choice(("", "", " DESC")) for c in chosen]
        where = ""
        if self.maybe(0.15, "partial indexes"):
            column = self.chance.choice(table.columns)
            where = f" WHERE {column} {self.chance.choice(('IS NOT NULL', '> 1', 'IS NULL', '= 0'))}"
        unique = ""
        if "(" not in chosen[0] and self.maybe(0.12, "unique indexes"):
            unique = "UNIQUE "
            table.unique += chosen
        return Statement(f"CREATE {unique}INDEX {name} ON {table.name} ({', '.join(parts)}){where}")

    # -- changes ---------------------------------------------------------------------------------------------

    def change(self) -> Statement:
        """An INSERT, UPDATE, DELETE, or a step of transaction control is left to the caller."""
        table = self.changing = self.chance.choice(self.tables)
        try:
            return self._change(table)
        finally:
            self.changing = None

    def _change(self, table: Table) -> Statement:
        kind = self.chance.random()
        if kind < 0.55:
            return self._insert(table)
        if kind < 0.8:
            return self._update(table)
        if kind < 0.95:
            return self.finish(f"DELETE FROM {table.name} WHERE {self.expression(self._scope(table), 3)}")
        return self._insert_select(table)

    def _scope(self, table: Table) -> Scope:
        return Scope([*table.columns, "rowid"], table.exact, ["rowid"])

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
            value = chance.choice((f"excluded.{target}", f"{target} || 'x'", self.constant()))
            action = chance.choice((f"UPDATE SET {target} = {value}", "NOTHING"))
            conflict = f" ON CONFLICT ({table.rowid_column}) DO {action}"
        return self.finish(f"{verb} INTO {table.name} ({', '.join(columns)}) VALUES {', '.join(rows)}{conflict}")

    def _cell(self, table: Table, column: str) -> str:
        if column == table.rowid_column:
            self._keys += self.chance.choice((0, 1, 1, 1, 1))
            return str(self._keys) if self.chance.random() < 0.9 else "NULL"
        return self.constant()

    def _insert_select(self, table: Table) -> Statement:
        source = self.chance.choice([t for t in self.tables if t is not table])
        columns = [c for c in table.columns if c != table.rowid_column]
        items = ", ".join(self.expression(self._scope(source), 1) for _ in columns)
        where = self.expression(self._scope(source), 2)
        return self.finish(
            f"INSERT OR IGNORE INTO {table.name} ({', '.join(columns)}) "
            f"SELECT {items} FROM {source.name} WHERE {where} ORDER BY rowid LIMIT 5"
        )

    def _update(self, table: Table) -> Statement:
        scope = self._scope(table)
        free = [c for c in table.columns if c not in table.unique and c != table.rowid_column]
        if not free:
            return self._insert(table)
        chosen = self.chance.sample(free, min(len(free), self.chance.randint(1, 2)))
        sets = ", ".join(f"{column} = {self.expression(scope, 2)}" for column in chosen)
        return self.finish(f"UPDATE {table.name} SET {sets} WHERE {self.expression(scope, 3)}")
