"""Random schemas, rows, changes and queries in the whole of SQLite's query language, as text with bound parameters.

    Generator(seed, without)    ``schema()``, then ``change()``, ``define()`` and ``query()`` in any order
    FEATURES                    what may be left out, each with a statement that tells whether an engine has it

Everything that SQLite leaves open is avoided, so that a difference is an error: no bare columns beside
aggregates, LIMIT only under a total order, no functions of time or chance. What may still differ is said with the
statement (see :class:`Statement`). Queries are made in ``sqlgen_queries``, expressions in ``sqlgen_expressions``,
the schema in ``sqlgen_schema``; ``sqlgen_script`` puts it all together.
"""

from __future__ import annotations

from sqlgen_base import Scope, Statement, Table
from sqlgen_schema import Schema

__all__ = ["FEATURES", "Generator", "Statement", "Table"]

FEATURES = {
    "functions": "SELECT concat(1, 2), concat_ws(1, 2, 3), octet_length(1), unhex('aa'), char(65, 66), iif(1, 2), "
    "if(1, 2, 3), iif(0, 1, 0, 3, 4), like('a', 'b'), glob('a', 'b'), unistr_quote('a'), zeroblob(1), printf('%d', 1)",
    "mathematics": "SELECT pi(), sin(1), pow(2, 3), log(2, 3), mod(3, 2), atan2(1, 2), trunc(1.5)",
    "dates": "SELECT date(0, '+1 day'), strftime('%s', 0), timediff('2024-01-01', '2023-01-01'), unixepoch(0)",
    "json": "SELECT json('[]'), json_array(1), '{}' -> '$.a', '{}' ->> 'a', json_extract('{}', '$'), "
    "json_patch('{}', '{}'), json_pretty('1'), json_group_array(1), json_group_object('a', 1)",
    "jsonb": "SELECT json(jsonb('[1]')), json(jsonb_set('[1]', '$[0]', 2)), json(jsonb_extract('[1]', '$')), "
    "json(jsonb_array(1))",
    "row values": "SELECT (1, 2) = (3, 4), (1, 2) BETWEEN (1, 2) AND (3, 4)",
    "row values in CASE": "SELECT CASE (1, 2) WHEN (1, 2) THEN 1 END",
    "row values in subqueries": "SELECT (1, 2) IN (SELECT 1, 2), (1, 2) IN (VALUES (1, 2)), (1, 2) = (SELECT 1, 2)",
    "IN table": "SELECT 1 IN t, (1, 2) IN w, 1 IN generate_series(1, 2) FROM (SELECT 1)".replace(
        "SELECT", "WITH w AS (SELECT 1, 2) SELECT", 1
    ),
    "INDEXED BY": "SELECT c FROM t INDEXED BY sqlite_autoindex_t_1",
    "pragma tables": "SELECT * FROM pragma_table_info('t'), pragma_table_xinfo('t'), pragma_index_list('t'), "
    "pragma_index_info('t'), pragma_index_xinfo('t')",
    "json_array_insert": "SELECT json_array_insert('[1]', '$[0]', 2)",
    "quoted words": 'SELECT "no such column"',
    "user functions": "SELECT 'a' REGEXP 'b', 'a' MATCH 'b', 'a' COLLATE reversed = 'b'",
    "escape": "SELECT 'a' LIKE '%' ESCAPE '!'",
    "nested joins": "SELECT a.c, b.c FROM t AS a LEFT JOIN (t AS b JOIN t AS c ON 1) ON 1",
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
    "views": "CREATE VIEW v AS SELECT c, count(*) FROM t GROUP BY c",
    "triggers": "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM pair WHERE c = new.c; END",
    "ANALYZE": "ANALYZE t",
    "REINDEX": "REINDEX t",
    "ADD COLUMN": "ALTER TABLE t ADD COLUMN e TEXT DEFAULT 'x'",
    "DROP COLUMN": "ALTER TABLE pair DROP COLUMN d",
    "RENAME COLUMN": "ALTER TABLE t RENAME COLUMN c TO e",
    "CREATE TABLE AS": "CREATE TABLE copied AS SELECT * FROM t",
    "STRICT": "CREATE TABLE strictly (c INTEGER, d ANY) STRICT",
    "WITHOUT ROWID": "CREATE TABLE keyed (c, d, PRIMARY KEY (d, c)) WITHOUT ROWID",
    "generated columns": "CREATE TABLE made (c, d ANY AS (c + 1), e GENERATED ALWAYS AS (c) STORED)",
    "RETURNING": "INSERT INTO t VALUES (1) RETURNING *, c + 1",
    "DEFAULT VALUES": "INSERT INTO t DEFAULT VALUES",
    "several ON CONFLICT": "INSERT INTO t VALUES (1) ON CONFLICT (rowid) DO UPDATE SET c = 1 ON CONFLICT DO NOTHING",
    "UPDATE OR": "UPDATE OR IGNORE t SET c = 1",
    "UPDATE FROM": "UPDATE t SET c = other.c FROM t AS other WHERE t.rowid = other.rowid",
    "row values in SET": "UPDATE t SET (c, rowid) = (SELECT 1, 2) WHERE 0",
    "WITH in changes": "WITH w AS (SELECT 1 AS x) DELETE FROM t WHERE c IN (SELECT x FROM w)",
}
"""Each may be left out. The statement, after :data:`FEATURES_SCHEMA`, tells whether an engine has it."""

FEATURES_SCHEMA = ("CREATE TABLE t (c UNIQUE)", "CREATE TABLE pair (c, d)")


class Generator(Schema):
    """A stream of statements from a seed."""

    def __init__(self, seed: object, without: frozenset[str] = frozenset()) -> None:
        super().__init__(seed, without)
        self._keys = 0

    # -- changes ---------------------------------------------------------------------------------------------

    def change(self) -> Statement:
        """An INSERT, UPDATE, DELETE, or a step of transaction control is left to the caller."""
        table = self.changing = self.chance.choice(self.tables)
        try:
            text = self._change(table)
            if self.maybe(0.12, "RETURNING"):
                items = [self.chance.choice((*table.columns, "*")), self.expression(self._scope(table, False), 1)]
                text += f" RETURNING {', '.join(items[: self.chance.randint(1, 2)])}"
            return self.finish(text, change=True)
        finally:
            self.changing = None

    def _change(self, table: Table) -> str:
        kind = self.chance.random()
        if kind < 0.55:
            return self._insert(table)
        prefix = self.with_clause(0.1) if "WITH in changes" not in self.without else ""
        if kind < 0.8:
            return prefix + self._update(table)
        if kind < 0.93:
            return f"{prefix}DELETE FROM {table.name} WHERE {self.expression(self._scope(table), 3)}"
        return self._insert_select(table)

    def _scope(self, table: Table, qualified: bool = True) -> Scope:
        prefix = f"{table.name}." if qualified else ""
        references = [f"{prefix}{column}" for column in [*table.columns, *(table.keys or [])]]
        return Scope(references, [prefix + column for column in table.exact], None)

    def _insert(self, table: Table) -> str:
        chance = self.chance
        if self.maybe(0.03, "DEFAULT VALUES"):
            return f"INSERT INTO {table.name} DEFAULT VALUES"
        usable = [c for c in table.columns if c not in table.generated]
        columns = [c for c in usable if chance.random() < 0.85] or usable
        rows = []
        for _ in range(chance.choice((1, 1, 2, 4))):
            cells = [self._cell(table, column) for column in columns]
            rows.append(f"({', '.join(cells)})")
        verb = chance.choice(("INSERT", "INSERT", "INSERT OR IGNORE", "INSERT OR REPLACE", "REPLACE", "INSERT OR FAIL"))
        conflict = ""
        if verb == "INSERT" and table.rowid_column in columns and chance.random() < 0.3:
            conflict = self._upsert(table, usable)
        return f"{verb} INTO {table.name} ({', '.join(columns)}) VALUES {', '.join(rows)}{conflict}"

    def _upsert(self, table: Table, usable: list[str]) -> str:
        target = self.chance.choice([c for c in usable if c != table.rowid_column])
        value = self.chance.choice((f"excluded.{target}", f"{table.name}.{target} || 'x'", self.constant()))
        where = f" WHERE {self.leaf(self._scope(table))} IS NOT excluded.{target}" if self.chance.random() < 0.3 else ""
        action = self.chance.choice((f"UPDATE SET {target} = {value}{where}", "NOTHING"))
        more = " ON CONFLICT DO NOTHING" if self.maybe(0.2, "several ON CONFLICT") else ""
        return f" ON CONFLICT ({table.rowid_column}) DO {action}{more}"

    def _cell(self, table: Table, column: str) -> str:
        if column == table.rowid_column:
            self._keys += self.chance.choice((0, 1, 1, 1, 1))
            return str(self._keys) if self.chance.random() < 0.9 else "NULL"
        return self.constant()

    def _insert_select(self, table: Table) -> str:
        sources = self.readable()
        if not sources:
            return self._insert(table)
        source = self.chance.choice(sources)
        columns = [c for c in table.columns if c != table.rowid_column and c not in table.generated]
        items = ", ".join(self.expression(self._scope(source), 1) for _ in columns)
        where = self.expression(self._scope(source), 2)
        order = ", ".join(source.keys or ["1"])
        return (
            f"INSERT OR IGNORE INTO {table.name} ({', '.join(columns)}) "
            f"SELECT {items} FROM {source.name} WHERE {where} ORDER BY {order} LIMIT 5"
        )

    def _update(self, table: Table) -> str:
        scope = self._scope(table)
        free = [c for c in table.columns if c not in table.unique and c != table.rowid_column]
        if not free:
            return self._insert(table)
        verb = (
            f"UPDATE {self.chance.choice(('', '', 'OR IGNORE ', 'OR ABORT ')) if self.maybe(0.2, 'UPDATE OR') else ''}"
        )
        chosen = self.chance.sample(free, min(len(free), self.chance.randint(1, 2)))
        source = ""
        if table.keys == ["rowid"] and self.maybe(0.1, "UPDATE FROM"):
            other = self.chance.choice(self.readable() or [table])
            if other is not table and other.keys == ["rowid"]:
                source = f" FROM {other.name} AS other"
                scope.references += [f"other.{column}" for column in other.columns]
        sets = ", ".join(f"{column} = {self.expression(scope, 2)}" for column in chosen)
        if len(chosen) == 2 and self.maybe(0.15, "row values in SET"):
            value = self.chance.choice((f"({self.leaf(scope)}, {self.leaf(scope)})", "query"))
            value = f"({self.inner_select(scope, 2, 1, one_row=True)})" if value == "query" else value
            sets = f"({', '.join(chosen)}) = {value}"
        joined = f"{table.name}.rowid = other.rowid AND " if source else ""
        return f"{verb}{table.name} SET {sets}{source} WHERE {joined}({self.expression(scope, 3)})"
