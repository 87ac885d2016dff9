"""Random queries: joins, subqueries in FROM, groups, windows, compounds, common table expressions, table functions.

A LIMIT stands only under an ORDER BY that is total: by the keys that number the rows of FROM (``Scope.keys``), or by
all columns of the result, which leaves open only which of several equals is shown (``Statement.loose``). Below the top
of a statement nothing is loose: groups and distinct rows are made of exact expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlgen_base import Scope, Statement, Table
from sqlgen_expressions import FUNCTIONS, MATHEMATICS, TEXT_FUNCTIONS, Expressions

_LIKE_OF_COLUMN = re.compile(r"\((?=a\d+\.\w+ LIKE )")
"""ON x LIKE 'a%' of an outer join loses rows in SQLite 3.54.1 where an index of x is NOCASE: + keeps the index out."""
LIMITS = ("0", "1", "3", "10", "-1", "1 + 1", "'2'")
DIRECTIONS = ("", " DESC", " ASC NULLS LAST", " DESC NULLS FIRST", " ASC", " NULLS FIRST")
INVALID = (
    "SELECT nosuch FROM {t}", "SELECT {t}.nosuch FROM {t}", "SELECT nosuch.c0 FROM {t}", "SELECT * FROM nosuch",
    "SELECT nosuch(1)", "SELECT length()", "SELECT length(1, 2)", "SELECT c0 FROM {t} a, {t} b", "SELECT substr(1)",
    "SELECT max(count(*)) FROM {t}", "SELECT 1 FROM {t} WHERE count(*) > 1", "SELECT (SELECT 1, 2)",
    "SELECT 1 WHERE (1, 2) = (1, 2, 3)", "SELECT 1 UNION SELECT 1, 2", "SELECT 1 ORDER BY 3", "SELECT (1, 2)",
    "SELECT 1 FROM {t} GROUP BY 5", "SELECT 1 LIMIT c0", "SELECT row_number()", "SELECT row_number() OVER w",
    "SELECT 1 FROM {t} JOIN {u} USING (nosuch)", "WITH c(a, b) AS (SELECT 1) SELECT * FROM c", "SELECT *",
    "SELECT 1 IN (SELECT 1, 2)", "SELECT x.* FROM {t}", "SELECT 1 COLLATE nosuch = 2", "VALUES (1), (1, 2)",
    "SELECT c0 FROM {t} UNION SELECT c1 FROM {u} ORDER BY c0 + 1", "SELECT sum(DISTINCT c0, c1) FROM {t}",
    "SELECT length(c0) FILTER (WHERE 1) FROM {t}", "SELECT length(c0) OVER () FROM {t}", "SELECT abs(*)",
    "SELECT 1 FROM {t} a JOIN {u} b ON nosuch.x = 1", "SELECT sum(1) OVER (ORDER BY 1 RANGE 1 PRECEDING) OVER ()",
    "SELECT 'a' LIKE 'b' ESCAPE 'cd'", "SELECT json('{{')", "SELECT c0 FROM {t} ORDER BY 0", "SELECT count(*, 1)",
    "SELECT 1 FROM {t} WHERE row_number() OVER () = 1", "SELECT 1 UNION SELECT 2 ORDER BY x", "SELECT sum() FROM {t}",
    "SELECT 1 FROM {t} HAVING count(*)", "SELECT c0 FROM {t} GROUP BY count(*)", "SELECT 1 FROM {t} LIMIT 'x'",
    "SELECT ntile() OVER ()", "SELECT 1 FROM (SELECT c0 FROM {t}) WHERE c1 = 1", "SELECT (c0, c1) FROM {t}",
    "SELECT * FROM {t} NATURAL JOIN {u} ON 1", "SELECT 1 FROM {t} ORDER BY max(c0), nosuch", "SELECT cast('1' AS)",
    "WITH RECURSIVE c AS (SELECT 1 UNION ALL SELECT max(a) FROM c) SELECT * FROM c",
    "WITH c AS (SELECT * FROM c) SELECT * FROM c", "SELECT 1 FROM {t}, {t}", "SELECT {t}.c0 FROM {t} AS other",
    "SELECT group_concat(DISTINCT c0, ',') FROM {t}", "SELECT (1, 2) + 1", "SELECT 1 WHERE (1, 2)", "SELECT -(1, 2)",
    "SELECT rowid FROM (SELECT 1)", "SELECT first_value(c0) FROM {t}", "SELECT 1 FROM json_each()",
    "SELECT (1,2) IN (1)",     "SELECT min(1) OVER (PARTITION BY 1 ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW)",
    "SELECT abs(1) FROM {t} w ()",
    "SELECT sum(c0) OVER (ROWS -1 PRECEDING) FROM {t}", "SELECT nth_value(c0, 0) OVER () FROM {t}",
    "SELECT 1 AS a ORDER BY 1 COLLATE nosuch", "SELECT 1 FROM {t} INDEXED BY nosuch",
    "SELECT 1 a, 2 b UNION ALL VALUES (1)",
)  # fmt: skip


PRAGMA_TABLES = {
    "table_info": (("cid", "name", "type", "notnull", "dflt_value", "pk"), "cid"),
    "table_xinfo": (("cid", "name", "type", "notnull", "dflt_value", "pk", "hidden"), "cid"),
    "index_list": (("seq", "name", "unique", "origin", "partial"), "seq"),
    "index_info": (("seqno", "cid", "name"), "seqno"),
    "index_xinfo": (("seqno", "cid", "name", "desc", "coll", "key"), "seqno"),
}
"""Name -> its columns, and the one that numbers its rows."""


@dataclass
class Source:
    """Something in FROM: its text, and what it shows."""

    text: str
    scope: Scope
    names: list[str]


class Queries(Expressions):
    """SELECT statements, and the selects inside them."""

    def __init__(self, seed: object, without: frozenset[str] = frozenset()) -> None:
        super().__init__(seed, without)
        self._ctes: list[tuple[str, list[str], list[str] | None]] = []

    def finish(self, sql: str, **how: bool) -> Statement:
        """The statement, see :meth:`Base.finish`; tables of its WITH are gone with it."""
        self._ctes = []
        return super().finish(sql, **how)

    def query(self) -> Statement:
        """One query as a statement."""
        kind = self.chance.random()
        for share, make in (
            (0.38, self._plain_select), (0.58, self._grouped_select), (0.69, self._compound_select),
            (0.75, self._select_from_compound), (0.87, self._window_select), (0.93, self._call), (0.96, self._invalid),
        ):  # fmt: skip
            if kind < share:
                return make()
        return self._bare_aggregate()

    # -- FROM ------------------------------------------------------------------------------------------------

    def source_text(self) -> tuple[str, Scope]:
        """A FROM clause for others, and what it shows; constants in it and in what is made of it are literals."""
        self.share = 0.0
        text, scope = self._from()
        return text, scope

    def _from(self, outer: Scope | None = None, most: int = 3, depth: int = 2) -> tuple[str, Scope]:
        """(FROM text, what it makes visible with its keys, without the outer references)."""
        source = self._source(outer, depth)
        text, scope, names = source.text, source.scope, source.names
        twice: set[str] = set()  # names that stand for columns of several tables: an error where they are common
        for number in range(self.chance.choice((1, 1, 1, 2, 2, 3, 4)) - 1 if most > 1 else 0):
            new = self._source(outer, depth if number < 2 else 0)
            if number == 0 and self.maybe(0.06, "nested joins"):
                new = self._nested(new, outer)
            usable = [] if twice & set(new.names) and self.chance.random() < 0.95 else names
            joined, shared = self._join(scope, usable, new, outer)
            text += joined
            scope = beside(scope, new.scope)
            scope.references = [name for name in scope.references if name not in new.names] + shared
            twice.update(name for name in new.names if name in names and name not in shared)
            names = [*names, *(name for name in new.names if name not in names)]
        return text, scope

    def _nested(self, left: Source, outer: Scope | None) -> Source:
        right = self._source(outer, 0)
        joined, _ = self._join(left.scope, left.names, right, outer)
        return Source(f"({left.text}{joined})", beside(left.scope, right.scope), [])

    def _join(self, before: Scope, names: list[str], new: Source, outer: Scope | None) -> tuple[str, list[str]]:
        """(text of a join with its condition, columns that it makes visible without a table's name)."""
        chance = self.chance
        kind = chance.choice(("JOIN", "JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "INNER JOIN", "LEFT OUTER JOIN"))
        if self.maybe(0.12, "right joins"):
            kind = "RIGHT JOIN"
        elif self.maybe(0.12, "full joins"):
            kind = "FULL JOIN"
        common = [name for name in new.names if name in names]
        if common and self.maybe(0.07, "USING"):
            chosen = chance.sample(common, min(len(common), chance.choice((1, 1, 2))))
            return f" {kind} {new.text} USING ({', '.join(chosen)})", chosen
        if common and new.names and self.maybe(0.05, "NATURAL"):
            return f" NATURAL {kind} {new.text}", common
        if chance.random() < 0.08:
            return f"{chance.choice((', ', ' CROSS JOIN '))}{new.text}", []
        both = Scope(before.references + new.scope.references).inside(outer)
        condition = self._join_condition(before, new.scope, both)
        if kind not in ("JOIN", "INNER JOIN"):
            condition = _LIKE_OF_COLUMN.sub("(+", condition)
        return f" {kind} {new.text} ON {condition}", []

    def _join_condition(self, before: Scope, new: Scope, both: Scope) -> str:
        equal = f"{self.chance.choice(before.references)} = {self.chance.choice(new.references)}"
        kind = self.chance.random()
        if kind < 0.6:
            return equal
        if kind < 0.85:
            return f"{equal} AND {self.expression(both, 2)}"
        return self.expression(both, 2)

    def _source(self, outer: Scope | None, depth: int) -> Source:
        kind = self.chance.random()
        if self.views and self.changing is None and self.chance.random() < 0.15:
            return self._table(self.chance.choice(self.views))
        if self._ctes and self.chance.random() < 0.6:
            return self._named(*self.chance.choice(self._ctes))
        if kind < 0.75 or depth <= 0:
            return self._table(self.chance.choice(self.readable()))
        if kind < 0.81 and "table functions" not in self.without:
            return self._table_function(outer, depth)
        if kind < 0.85 and "VALUES in FROM" not in self.without:
            return self._values()
        if "subqueries in FROM" in self.without:
            return self._table(self.chance.choice(self.readable()))
        return self._subselect(depth - 1)

    def _table(self, table: Table) -> Source:
        alias = self.alias()
        hint = " NOT INDEXED" if self.chance.random() < 0.05 and table not in self.views else ""
        if not hint and table.whole and not self.lasting and self.maybe(0.08, "INDEXED BY"):
            hint = f" INDEXED BY {self.chance.choice(table.whole)}"
        scope = Scope(
            [f"{alias}.{column}" for column in table.columns],
            [f"{alias}.{column}" for column in table.exact],
            None if table.keys is None else [f"{alias}.{key}" for key in table.keys],
        )
        return Source(f"{table.name} AS {alias}{hint}", scope, list(table.columns))

    def _named(self, name: str, columns: list[str], keys: list[str] | None) -> Source:
        alias = self.alias()
        own = [f"{alias}.{column}" for column in columns]
        numbered = None if keys is None else [f"{alias}.{key}" for key in keys]
        return Source(f"{name} AS {alias}", Scope(own, numbered or [], numbered), list(columns))

    def _table_function(self, outer: Scope | None, depth: int) -> Source:
        alias = self.alias()
        if self.maybe(0.3, "generate_series"):
            low, step = self.chance.randint(-3, 3), self.chance.choice((1, 1, 2, -1))
            text = f"generate_series({low}, {low + self.chance.randint(-1, 6)}, {step}) AS {alias}"
            return Source(text, Scope([f"{alias}.value"], [f"{alias}.value"], [f"{alias}.value"]), ["value"])
        if self.maybe(0.2, "pragma tables"):
            return self._pragma_table(alias)
        name = self.chance.choice(("json_each", "json_tree"))
        if "jsonb" not in self.without and self.chance.random() < 0.1:
            name = name.replace("json", "jsonb")
        path = f", {self._path()}" if self.chance.random() < 0.2 else ""
        columns = ["key", "value", "type", "atom", "id", "parent", "fullkey", "path"]
        scope = Scope([f"{alias}.{c}" for c in columns], [f"{alias}.{c}" for c in ("type", "id", "fullkey")])
        scope.keys = [f"{alias}.id"]
        document = self.document(outer or Scope([]), min(depth, 1))
        return Source(f"{name}({document}{path}) AS {alias}", scope, columns)

    def _pragma_table(self, alias: str) -> Source:
        """A pragma as a table: what the schema says of a table or an index."""
        table = self.chance.choice(self.tables)
        name = self.chance.choice([*(name for name in PRAGMA_TABLES if "index_" not in name or table.indexes)])
        named = self.chance.choice(table.indexes) if "index_" in name and "list" not in name else table.name
        columns, key = PRAGMA_TABLES[name]
        listed = [f'"{column}"' if column in ("notnull", "unique") else column for column in columns]
        scope = Scope([f"{alias}.{column}" for column in listed], [f"{alias}.{key}"], [f"{alias}.{key}"])
        return Source(f"pragma_{name}({self.bound(named)}) AS {alias}", scope, list(columns))

    def _values(self) -> Source:
        alias = self.alias()
        width = self.chance.randint(1, 3)
        make = self.constant if self.chance.random() < 0.7 else lambda: self.expression(Scope([]), 2)
        rows = [
            f"({', '.join([str(n), *(make() for _ in range(width - 1))])})" for n in range(self.chance.randint(1, 4))
        ]
        if width == 2 and self.maybe(0.1, "windows"):
            rows[-1] = f"({len(rows) - 1}, {self.chance.choice(('row_number()', 'count(*)', 'sum(2)'))} OVER ())"
        columns = [f"column{n + 1}" for n in range(width)]
        own = [f"{alias}.{column}" for column in columns]
        return Source(f"(VALUES {', '.join(rows)}) AS {alias}", Scope(own, own[:1], own[:1]), columns)

    def _subselect(self, depth: int) -> Source:
        """A query in FROM, nothing in it loose; its first columns are its keys where it has some."""
        alias = self.alias()
        text, columns, keys = self.inner_table(depth)
        own = [f"{alias}.{column}" for column in columns]
        return Source(
            f"({text}) AS {alias}",
            Scope(own, own[: len(keys)] if keys else [], own[: len(keys)] if keys else None),
            columns,
        )

    def inner_table(self, depth: int) -> tuple[str, list[str], list[str] | None]:
        """(query, names of its columns, those of them that are keys)."""
        saved, self._ctes = self._ctes, [] if self.chance.random() < 0.7 else self._ctes
        try:
            kind = self.chance.random()
            if kind < 0.5:
                return self._inner_plain(depth)
            if kind < 0.75:
                return self._inner_grouped(depth)
            return self._inner_compound(depth)
        finally:
            self._ctes = saved

    def _inner_plain(self, depth: int) -> tuple[str, list[str], list[str] | None]:
        text, scope = self._from(most=2, depth=depth)
        keys = scope.keys or []
        items = [*keys, *(self.expression(scope, 2) for _ in range(self.chance.randint(1, 3)))]
        columns = [f"c{n}" for n in range(len(items))]
        named = ", ".join(f"{item} AS {column}" for item, column in zip(items, columns, strict=True))
        sql = f"SELECT {named} FROM {text}{self.where(scope)}"
        if keys and self.chance.random() < 0.3:
            sql += f" ORDER BY {', '.join([*self._terms(scope), *keys])}"
            sql += self._limit() if self.chance.random() < 0.6 else ""
        return sql, columns, columns[: len(keys)] or None

    def _inner_grouped(self, depth: int) -> tuple[str, list[str], list[str] | None]:
        text, scope = self._from(most=2, depth=depth)
        groups = [self.exact(scope) for _ in range(self.chance.choice((0, 1, 1, 2)))]
        items = [*groups, *(self._aggregate(scope, exact=True) for _ in range(self.chance.randint(1, 2)))]
        if groups and self.chance.random() < 0.3:
            items = groups
        elif self.chance.random() < 0.3:
            items.append(self.constant())  # what is said of it is said of every group, also of the only one
        columns = [f"c{n}" for n in range(len(items))]
        named = ", ".join(f"{item} AS {column}" for item, column in zip(items, columns, strict=True))
        if items is groups:
            sql = f"SELECT DISTINCT {named} FROM {text}{self.where(scope)}"
        else:
            sql = f"SELECT {named} FROM {text}{self.where(scope)}"
            if groups:
                sql += f" GROUP BY {', '.join(f'coalesce({group}, NULL)' for group in groups)}"
            if self.chance.random() < 0.2:
                sql += f" HAVING {self._aggregate(scope, exact=True)} {self.chance.choice(('>', '<', 'IS NOT'))} 1"
        return sql, columns, columns[: len(groups)] or None

    def _inner_compound(self, depth: int) -> tuple[str, list[str], list[str] | None]:
        operator = self.chance.choice(("UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT"))
        width = self.chance.randint(1, 3)
        parts = []
        for _ in range(self.chance.choice((2, 2, 3))):
            text, scope = self._from(most=1, depth=depth)
            make = self.expression if operator == "UNION ALL" else self.exact
            items = ", ".join(f"{make(scope, 1)} AS c{n}" for n in range(width))
            parts.append(f"SELECT {items} FROM {text}{self.where(scope, 2)}")
        if self.chance.random() < 0.15 and operator == "UNION ALL":
            # SQLite reads a view with VALUES in it wrongly where the view is joined with itself.
            verb = "SELECT {}" if self.share == 0.0 else "VALUES ({})"
            parts.append(verb.format(", ".join(self.constant() for _ in range(width))))
        return f" {operator} ".join(parts), [f"c{n}" for n in range(width)], None

    # -- WITH ------------------------------------------------------------------------------------------------

    def with_clause(self, probability: float = 0.15) -> str:
        """A WITH clause whose tables FROM may use until the statement is finished, or nothing."""
        self._ctes = []
        if not self.maybe(probability, "WITH"):
            return ""
        parts, recursive = [], False
        for _ in range(self.chance.choice((1, 1, 2))):
            name = f"w{len(parts)}"
            if self.maybe(0.35, "WITH RECURSIVE"):
                recursive = True
                text, columns, keys = self._recursion(name)
            else:
                text, columns, keys = self.inner_table(1)
            listed = f"({', '.join(columns)})" if recursive or self.chance.random() < 0.5 else ""
            hint = self.chance.choice(("", "", " MATERIALIZED", " NOT MATERIALIZED"))
            parts.append(f"{name}{listed} AS{hint} ({text})")
            self._ctes.append((name, columns, keys))
        return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(parts)} "

    def _recursion(self, name: str) -> tuple[str, list[str], list[str] | None]:
        """A recursive query that ends: a counter, or a walk along the rows of a table."""
        chance = self.chance
        start, end = chance.randint(-2, 3), chance.randint(3, 9)
        kind = chance.random()
        if kind < 0.4:
            item = chance.choice(("n * 2", "s || 'x'", "n || s", "length(s) + n", "-n"))
            sql = f"SELECT {start}, {self.constant()} UNION ALL SELECT n + 1, {item} FROM {name} WHERE n < {end}"
            return sql, ["n", "s"], ["n"]
        if kind < 0.6:
            order = chance.choice(("1", "1 DESC", "2, 1", "2 DESC, 1"))
            sql = (
                f"SELECT 0, 1 UNION SELECT n + d + s, s + 1 FROM {name}, (SELECT 1 AS d UNION SELECT 2) "
                f"WHERE n < {end} ORDER BY {order}"
            )
            return f"{sql} LIMIT {chance.randint(1, 20)}", ["n", "s"], ["n", "s"]
        table = chance.choice(self.readable())
        column, key = chance.choice(table.columns), (table.keys or ["rowid"])[0]
        sql = (
            f"SELECT 1, (SELECT min({key}) FROM {table.name}) UNION ALL "
            f"SELECT n + 1, t.{key} FROM {name} JOIN {table.name} AS t ON t.{key} > s "
            f"WHERE n < 3 AND t.{column} IS NOT NULL"
        )
        if self.maybe(0.5, "several recursive terms"):
            sql += f" UNION ALL SELECT n + 2, s + 1 FROM {name} WHERE n < 3"
        return sql, ["n", "s"], None

    # -- clauses ---------------------------------------------------------------------------------------------

    def where(self, scope: Scope, depth: int = 4) -> str:
        """A WHERE clause, most of the time."""
        return f" WHERE {self.expression(scope, depth)}" if self.chance.random() < 0.7 else ""

    def _terms(self, scope: Scope, most: int = 2) -> list[str]:
        terms = []
        for _ in range(self.chance.randint(0, most)):
            term = self.chance.choice(scope.references) if self.chance.random() < 0.5 else self.expression(scope, 2)
            if term not in scope.references:
                term = f"coalesce({term}, NULL)"  # an integer, or what SQLite folds into one, numbers a column
            collation = ""
            if self.chance.random() < 0.25:
                collation = f" COLLATE {self.chance.choice(self.collation_names())}"
            terms.append(f"{term}{collation}{self.chance.choice(DIRECTIONS)}")
        return terms

    def _limit(self) -> str:
        most = self.bound(self.chance.randint(0, 5)) if self.chance.random() < 0.3 else self.chance.choice(LIMITS)
        return f" LIMIT {most}" + self.chance.choice(("", "", f" OFFSET {self.chance.randint(0, 4)}", " OFFSET -1"))

    def _item(self, scope: Scope) -> str:
        text = self.expression(scope, 3)
        return text if self.chance.random() < 0.7 else f"{text} AS x{self.chance.randint(0, 9)}"

    # -- statements ------------------------------------------------------------------------------------------

    def _plain_select(self) -> Statement:
        chance = self.chance
        prefix = self.with_clause()
        text, scope = self._from()
        distinct = chance.random() < 0.2
        items = [self._item(scope) for _ in range(chance.randint(1, 4))]
        if chance.random() < 0.12:
            items = chance.choice((["*"], [*items[:1], "*"]))
        sql = f"{prefix}SELECT {'DISTINCT ' if distinct else ''}{', '.join(items)} FROM {text}{self.where(scope)}"
        if distinct or scope.keys is None:
            return self._ordered_by_number(sql, 0 if "*" in items else len(items))
        if chance.random() < 0.35:
            return self.finish(sql)
        sql += " ORDER BY " + ", ".join([*self._terms(scope), *scope.keys])
        return self.finish(sql + (self._limit() if chance.random() < 0.5 else ""), ordered=True)

    def _ordered_by_number(self, sql: str, width: int) -> Statement:
        """The query as it is, or ordered by all of its columns."""
        if not width or self.chance.random() < 0.5:
            return self.finish(sql, loose=True)
        numbers = self.chance.sample(range(1, width + 1), width)
        sql += " ORDER BY " + ", ".join(f"{self._ordinal(n)}{self.chance.choice(DIRECTIONS)}" for n in numbers)
        return self.finish(sql + (self._limit() if self.chance.random() < 0.4 else ""), ordered=True, loose=True)

    def _ordinal(self, number: int) -> str:
        """The number of a result column, as SQLite takes it."""
        forms = ("+{}", "({})", "{} COLLATE NOCASE", "0x{}", "- -{}")
        return self.chance.choice(forms).format(number) if self.chance.random() < 0.15 else str(number)

    def _grouped_select(self) -> Statement:
        chance = self.chance
        prefix = self.with_clause()
        text, scope = self._from()
        groups = chance.sample(scope.references, min(len(scope.references), chance.choice((0, 1, 1, 2))))
        if groups and chance.random() < 0.3:
            groups[0] = f"({self.expression(scope, 2)})" if chance.random() < 0.5 else self.exact(scope)
        items = [*groups, *(self._aggregate(scope) for _ in range(chance.randint(1, 3)))]
        sql = f"{prefix}SELECT {', '.join(items)} FROM {text}{self.where(scope)}"
        if groups:
            ordinals = chance.random() < 0.2
            listed = [self._ordinal(n) if ordinals else f"coalesce({g}, NULL)" for n, g in enumerate(groups, 1)]
            plain = all(group in scope.references for group in groups)
            sql += f" GROUP BY {', '.join(groups if plain and not ordinals else listed)}"
        if groups and plain and not ordinals and chance.random() < 0.2:
            sql += f" HAVING {chance.choice(groups)} {chance.choice(('>', '<', 'IS NOT'))} {self.constant()}"
        elif chance.random() < 0.25:
            sql += f" HAVING {self._aggregate(scope)} {chance.choice(('>', '<', '=', 'IS NOT'))} {self.constant()}"
        if groups and chance.random() < 0.4:
            sql += " ORDER BY " + ", ".join(f"{n}{chance.choice(DIRECTIONS)}" for n in range(1, len(groups) + 1))
            return self.finish(sql + (self._limit() if chance.random() < 0.4 else ""), ordered=True, loose=True)
        return self.finish(sql, loose=True)

    def _aggregate(self, scope: Scope, *, exact: bool = False) -> str:
        """An aggregate whose result does not depend on the order of the rows; ``exact`` also not on which of several
        equals it takes."""
        chance = self.chance
        name = chance.choice(("count", "count", "sum", "min", "max", "avg", "total", "count(*)", "list", "percentile"))
        condition = f" FILTER (WHERE {self.expression(scope, 2)})" if self.maybe(0.15, "FILTER") else ""
        if name == "list" and scope.keys is not None and "ordered aggregates" not in self.without:
            return self._list_aggregate(scope, scope.keys) + condition
        if name == "percentile" and "percentile" not in self.without:
            argument = self.tame(scope)
            form = chance.choice(
                ("median({})", "percentile({}, 30)", "percentile_cont({}, 0.25)", "percentile_disc({}, 0.5)")
            )
            return form.format(argument) + condition
        if name in ("count(*)", "list", "percentile"):
            return "count(*)" + condition
        distinct = "DISTINCT " if chance.random() < 0.25 else ""
        if name in ("sum", "avg", "total"):
            return f"{name}({distinct}{self.tame(scope)}){condition}"
        return f"{name}({distinct}{self.exact(scope) if exact else self.expression(scope, 2)}){condition}"

    def _list_aggregate(self, scope: Scope, keys: list[str]) -> str:
        order = f" ORDER BY {', '.join([*self._terms(scope, 1), *keys])}"
        kind = self.chance.random()
        if kind < 0.5 or "json" in self.without:
            name = self.chance.choice(("group_concat", "string_agg"))
            separator = f", {self.bound(self.chance.choice((',', '', '-é-')))}"
            if name == "group_concat" and self.chance.random() < 0.4:
                separator = ""
            return f"{name}({self.expression(scope, 2)}{separator}{order})"
        if kind < 0.7:
            return f"json_group_array({self._json_value(scope, 1)}{order})"
        if kind < 0.8 and "jsonb" not in self.without:
            return f"json(jsonb_group_array({self._json_value(scope, 1)}{order}))"
        call = f"json_group_object(typeof({self.leaf(scope)}), {self._json_value(scope, 1)}{order})"
        return f"json(jsonb{call[4:]})" if kind > 0.93 and "jsonb" not in self.without else call

    def _bare_aggregate(self) -> Statement:
        """min() or max() of a key picks the row from which bare columns come."""
        source = self._table(self.chance.choice(self.readable()))
        key = source.scope.references[0] if source.scope.keys is None else source.scope.keys[0]
        if len(source.scope.keys or []) != 1:
            return self._plain_select()
        items = ", ".join(self.expression(source.scope, 2) for _ in range(self.chance.randint(1, 2)))
        extreme = self.chance.choice(("min", "max"))
        sql = f"SELECT {extreme}({key}), {items} FROM {source.text}{self.where(source.scope, 2)}"
        if self.chance.random() < 0.6:
            sql += f" GROUP BY {self.exact(source.scope)}"
        return self.finish(sql)

    def _compound_select(self) -> Statement:
        prefix = self.with_clause()
        operators = ("UNION", "UNION ALL", "UNION", "INTERSECT", "EXCEPT")
        width = self.chance.randint(1, 3)
        sql = ""
        for number in range(self.chance.choice((2, 2, 3, 3, 5))):
            text, scope = self._from(most=2 if number == 0 else 1)
            items = ", ".join(self.expression(scope, 1) for _ in range(width))
            sql += f" {self.chance.choice(operators)} " if sql else ""
            sql += f"SELECT {items} FROM {text}{self.where(scope, 2)}"
        return self._ordered_by_number(prefix + sql, width)

    def _select_from_compound(self) -> Statement:
        """What affinities, collations and conditions make of the columns of a compound in FROM."""
        chance, width = self.chance, self.chance.randint(1, 3)
        text, alias = self._column_compound(width), self.alias()
        if self.maybe(0.25, "views") and "subqueries in FROM" not in self.without:
            text = f"SELECT * FROM ({text}) AS {self.alias()}" + chance.choice(("", " WHERE 1", " LIMIT 50"))
        own = Scope([f"{alias}.c{n}" for n in range(width)])
        prefix, source = "", f"({text}) AS {alias}"
        if self.maybe(0.3, "WITH"):
            hint = chance.choice((" MATERIALIZED", " NOT MATERIALIZED", "", ""))
            prefix, source = f"WITH w AS{hint} ({text}) ", f"w AS {alias}"
            if chance.random() < 0.2:
                source += f" JOIN w AS {alias}2 ON {alias}2.c0 = {alias}.c0"
        scope, joined = own, source
        if chance.random() < 0.5:
            other = self._table(chance.choice(self.readable()))
            pairs = [(source, own, other.text, other.scope), (other.text, other.scope, source, own)]
            left, before, right, after = chance.choice(pairs)
            scope = beside(before, after)
            kind = chance.choice(("JOIN", "LEFT JOIN", "LEFT JOIN", "CROSS JOIN"))
            kind = "RIGHT JOIN" if self.maybe(0.15, "right joins") else kind
            kind = "FULL JOIN" if self.maybe(0.15, "full joins") else kind
            joined = f"{left} {kind} {right} ON {self._simple_terms(own, scope)}"
        items = [chance.choice((chance.choice(own.references), f"typeof({alias}.c0)", self.expression(scope, 2)))]
        where = f" WHERE {self._simple_terms(own, scope)}" if chance.random() < 0.8 else ""
        if chance.random() < 0.2:
            items = ["count(*)", f"count({self._simple_terms(own, scope)})"]
        return self.finish(f"{prefix}SELECT {', '.join(items)} FROM {joined}{where}", loose=" UNION ALL " not in text)

    def _column_compound(self, width: int) -> str:
        """SELECTs of plain columns, or of what else has an affinity; UNION ALL, or something else of exact ones."""
        chance = self.chance
        operator = chance.choice(("UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT"))
        parts = []
        for _ in range(chance.choice((2, 2, 3))):
            source = self._table(chance.choice(self.readable()))
            items = []
            for n in range(width):
                item = self.leaf(source.scope) if operator == "UNION ALL" else self.exact(source.scope)
                more = ("CAST({} AS TEXT)", "CAST({} AS REAL)", "+{}", "{} COLLATE NOCASE")
                form = chance.choice(("{}", "{}", "{}", *more))
                items.append(f"{form.format(item) if operator == 'UNION ALL' else item} AS c{n}")
            distinct = "DISTINCT " if operator != "UNION ALL" and chance.random() < 0.2 else ""
            parts.append(f"SELECT {distinct}{', '.join(items)} FROM {source.text}{self.where(source.scope, 1)}")
        if operator == "UNION ALL" and self.maybe(0.2, "VALUES in FROM"):
            rows = (f"({', '.join(self.constant() for _ in range(width))})" for _ in range(chance.randint(1, 3)))
            parts.append(f"VALUES {', '.join(rows)}")
        return f" {operator} ".join(parts)

    def _simple_terms(self, own: Scope, scope: Scope) -> str:
        """Conditions of which some are about ``own`` alone."""
        chance = self.chance
        terms = []
        for _ in range(chance.choice((1, 1, 2, 3))):
            column = chance.choice(own.references)
            value = chance.choice((self.constant(), self.constant(), self.leaf(own), self.leaf(scope)))
            form = chance.choice(("{0} = {1}", "{0} > {1}", "{1} <= {0}", "{0} IN ({1}, 1)", "{0} IS NOT {1}"))
            if chance.random() < 0.3:
                form = chance.choice(
                    ("{0} BETWEEN {1} AND 'b'", "{0} LIKE {1}", "{0} / 2 > {1}", "NOT ({0} < {1})", "{0} || '' = {1}",
                     "CASE {0} WHEN {1} THEN 1 END", "{0} COLLATE NOCASE = {1}", "{0} NOT NULL",
                     "typeof({0}) <> 'real'", "({0}, 1) = ({1}, 1)", "max({0}, {1}) = {1}", "{0} IN (SELECT {1})")
                )  # fmt: skip
            terms.append(form.format(column, value))
        return chance.choice((" AND ", " AND ", " OR ")).join(terms)

    def _call(self) -> Statement:
        """One function over constants, where every error must be the same."""
        empty = Scope([])
        name, arity = self.chance.choice((*FUNCTIONS, *TEXT_FUNCTIONS[:-5], *((name, 1) for name in MATHEMATICS)))
        makes = [self._format, self._date, self._json, self._cast, self._mathematics, self._text_function]
        features = ["functions", "dates", "json", "", "mathematics", "functions"]
        usable = [make for make, feature in zip(makes, features, strict=True) if feature not in self.without]
        if self.chance.random() < 0.3 or not usable:
            text = f"{name}({', '.join(self.constant() for _ in range(arity))})"
        else:
            text = self.chance.choice(usable)(empty, 1)
        return self.finish(f"SELECT {text}", eager=True)

    def _invalid(self) -> Statement:
        """A query with one mistake in it."""
        tables = [table.name for table in self.readable()]
        sql = self.chance.choice(INVALID).format(t=tables[0], u=tables[-1])
        wraps = ("{}", "{}", "SELECT * FROM ({})", "WITH c AS ({}) SELECT * FROM c")
        wrap = self.chance.choice(wraps)
        if ("FROM (" in wrap and "subqueries in FROM" in self.without) or (
            wrap.startswith("WITH") and "WITH" in self.without
        ):
            wrap = "{}"
        return self.finish(wrap.format(sql), worded=True, eager=wrap == "{}")

    # -- windows ---------------------------------------------------------------------------------------------

    def _window_select(self) -> Statement:
        if "windows" in self.without:
            return self._plain_select()
        prefix = self.with_clause()
        text, scope = self._from(most=2)
        if scope.keys is None:
            return self.finish(f"{prefix}SELECT {self._item(scope)} FROM {text}")
        # named: the rowid of a table within a join in parentheses is called _ROWID_, or _ROWID_:1, in SQLite
        items = [*(f"{key} AS k{n}" for n, key in enumerate(scope.keys)), self._item(scope)]
        named = self.chance.random() < 0.2
        for _ in range(self.chance.randint(1, 2)):
            call = self._window_call(scope, scope.keys, named)
            items.append(call if self.chance.random() < 0.8 else f"({call} || {self.leaf(scope)})")
        sql = f"{prefix}SELECT {', '.join(items)} FROM {text}{self.where(scope, 2)}"
        if named:
            sql += f" WINDOW w AS (PARTITION BY {self.leaf(scope)} ORDER BY {', '.join(scope.keys)})"
        if self.chance.random() < 0.4:
            return self.finish(f"{sql} ORDER BY {', '.join(scope.keys)}{self._limit()}", ordered=True)
        return self.finish(sql)

    def _window_call(self, scope: Scope, keys: list[str], named: bool) -> str:
        chance = self.chance
        total = chance.random() < 0.7
        function = self._window_function(scope, keys, total)
        if named and total:
            over = chance.choice(("w", f"(w {self._frame(True, False)})"))
        else:
            partition = [self.expression(scope, 1) for _ in range(chance.choice((0, 1, 1, 2)))]
            order = self._terms(scope, 1) + (keys if total else [])
            ranged = not total and chance.random() < 0.5
            if ranged:
                order = [self.tame(scope) + chance.choice(DIRECTIONS)]
            parts = [f"PARTITION BY {', '.join(partition)}"] if partition else []
            parts += [f"ORDER BY {', '.join(order)}"] if order else []
            over = f"({' '.join([*parts, self._frame(total, ranged)])})"
        return f"{function} OVER {over}"

    def _window_function(self, scope: Scope, keys: list[str], total: bool) -> str:
        chance = self.chance
        argument = self.expression(scope, 1)
        rank = ("rank()", "dense_rank()", "percent_rank()", "cume_dist()")
        if total and chance.random() < 0.5:
            return chance.choice(
                (
                    "row_number()", f"ntile({chance.randint(1, 4)})", f"first_value({argument})",
                    f"last_value({argument})", f"nth_value({argument}, {chance.randint(1, 3)})", f"lag({argument})",
                    f"lead({argument})",
                    f"lag({argument}, {chance.randint(0, 3)}, {self.leaf(scope)})", f"group_concat({argument}, '-')",
                    f"lead({argument}, {chance.randint(0, 3)})", *rank,
                )
            )  # fmt: skip
        if chance.random() < 0.3:
            return chance.choice(rank)
        number = self.tame(scope)
        aggregate = chance.choice(
            ("count(*)", f"count({argument})", *(f"{name}({number})" for name in ("sum", "total", "avg", "min", "max")))
        )
        condition = f" FILTER (WHERE {self.expression(scope, 1)})" if self.maybe(0.15, "FILTER") else ""
        return aggregate + condition

    def _frame(self, total: bool, ranged: bool) -> str:
        """A frame that leaves nothing open: ROWS only where the order is total, offsets of RANGE over one number."""
        chance = self.chance
        if chance.random() < 0.4 or "frames" in self.without:
            return ""
        mode = chance.choice((*(("ROWS", "ROWS") if total else ()), "GROUPS", "RANGE"))
        offsets = mode != "RANGE" or ranged
        starts = ["UNBOUNDED PRECEDING", "CURRENT ROW"]
        ends = ["UNBOUNDED FOLLOWING", "CURRENT ROW"]
        if offsets:
            number = chance.randint(0, 3)
            write = self.bound if chance.random() < 0.4 else str
            if chance.random() < 0.3:
                forms = ("'{}'", "{}.0", "({} + 0)", "CAST('{}' AS INTEGER)", *(("{}.25",) if mode == "RANGE" else ()))
                write = chance.choice(forms).format
            starts += [f"{write(number)} PRECEDING", f"{write(number)} FOLLOWING"]
            ends += [f"{write(chance.randint(0, 3))} PRECEDING", f"{write(number + chance.randint(0, 2))} FOLLOWING"]
        start, end = chance.choice(starts), chance.choice(ends)
        text = f"{mode} {start}" if chance.random() < 0.2 else f"{mode} BETWEEN {start} AND {end}"
        exclude = chance.choice(
            ("", "", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES", " EXCLUDE NO OTHERS")
        )
        return text + exclude

    def named_tables(self) -> list[tuple[str, int]]:
        """Name and number of columns of what ``x IN name`` may name."""
        shown = self.readable() + (self.views if self.changing is None else [])
        tables = [(table.name, len(table.columns)) for table in shown]
        return tables + [(name, len(columns)) for name, columns, _ in self._ctes]

    # -- selects inside expressions --------------------------------------------------------------------------

    def inner_select(self, outer: Scope, width: int, depth: int, *, one_row: bool = False) -> str:
        """A query of so many columns inside an expression; it may refer to the rows around it."""
        saved, self._ctes = self._ctes, [] if self.chance.random() < 0.7 else self._ctes
        try:
            simple = self.chance.random() < 0.6
            source = self._table(self.chance.choice(self.readable()))
            text, own = (source.text, source.scope) if simple else self._from(outer, most=2, depth=1)
            both = Scope(own.references * 2, own.exact, own.keys).inside(outer)
            where = f" WHERE {self.expression(both, depth)}"
            kind = self.chance.random()
            if kind < 0.3 or (one_row and own.keys is None):
                items = ", ".join(self._aggregate(own, exact=True) for _ in range(width))
                return f"SELECT {items} FROM {text}{where}"
            items = ", ".join(self.expression(both, 1) for _ in range(width))
            sql = f"SELECT {items} FROM {text}{where}"
            if one_row and own.keys:
                return f"{sql} ORDER BY {', '.join([*self._terms(own, 1), *own.keys])} LIMIT 1"
            if kind < 0.4 and not one_row:
                other = self._table(self.chance.choice(self.readable()))
                items = ", ".join(self.leaf(other.scope) for _ in range(width))
                return f"{sql} {self.chance.choice(('UNION', 'UNION ALL', 'EXCEPT'))} SELECT {items} FROM {other.text}"
            if kind < 0.45 and not one_row and self.changing is None:
                return f"{sql} UNION ALL VALUES ({', '.join(self.constant() for _ in range(width))})"
            if kind < 0.5 and own.keys:
                return f"{sql} ORDER BY {', '.join(own.keys)}{self._limit()}"
            return sql
        finally:
            self._ctes = saved


def beside(left: Scope, right: Scope) -> Scope:
    """What two joined tables show together."""
    keys = None if left.keys is None or right.keys is None else left.keys + right.keys
    return Scope(left.references + right.references, left.exact + right.exact, keys)
