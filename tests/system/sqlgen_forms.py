"""Random queries in the corners of the grammar, each form aimed at one: terms of indexes, joins in parentheses, chains
of windows, windows over groups, WITH at any place, names of results and aliases, rowids, aggregates with ORDER BY,
limits that are expressions, table functions of rows, subqueries at depth, damaged text.

The texts are in ``data/query_forms.txt``; a method makes what stands in their braces. The promise is that of
``sqlgen_queries``: nothing depends on what SQLite leaves open, except as the statement says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from sqlgen_base import Scope, Statement
from sqlgen_queries import DIRECTIONS, Queries, Source, beside

_COLUMN = re.compile(r"\b[cg]\d+\b")
_WORD = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|/\*.*?\*/|[?:@$]\w+|\d[\w.]*|\w+|\|\||->>?|<>|<<|>>|[<>=!]=|[^\w\s]|\s+", re.DOTALL
)
_SPACES = (" ", "  ", "\n", "\t", " /* c0 */ ", " -- '\n", "/**/")
_PREFIXES = ("'a%'", "'A%'", "'a*'", "'1%'", "'-%'", "'é%'", "'10*'", "'%'", "'ab'", "'x_%'", "'A*'", "'😀%'", "'9*'")
_DAMAGE = (
    ",", "(", ")", "SELECT", "FROM", "WHERE", "AS", "AND", "NOT", "IN", "IS", "NULL", "BY", "ORDER", "*", ".", "x",
    "c0", "t0", "'", "1", "||", "->", "OVER", "DISTINCT", "count", "max", "JOIN", "ON", "USING", "LIMIT", "UNION",
    "CASE", "END", "ROWID", "abs", "VALUES", "COLLATE", "ESCAPE", "LEFT", "?", "-", "~", "==", "BETWEEN", "EXISTS",
    "CAST", "WINDOW", "GROUP", "HAVING", "NATURAL", "FILTER", "RAISE", "0x", "1e", "\"", "`", "x'1'", "::", "INDEXED",
    "WITH",
)  # fmt: skip


def _sections(text: str) -> dict[str, list[str]]:
    """The lines of each section of a file of forms."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("--"):
            found.setdefault(name, []).append(line)
    return found


_TEXTS = _sections((Path(__file__).parent / "data" / "query_forms.txt").read_text())


class Forms(Queries):
    """SELECT statements of many forms."""

    def query(self) -> Statement:
        """One query as a statement: of one of these forms, or a general one; now and then spelt in another way."""
        statement = self.chance.choice(_FORMS)(self) if self.maybe(0.5, "forms") else super().query()
        if self.chance.random() < 0.01:
            return Statement(f"EXPLAIN QUERY PLAN {statement.sql}", statement.params, fate=True)
        if not statement.worded and self.chance.random() < 0.08:
            statement.sql = self._spelt(statement.sql)
        return statement

    def _form(self, section: str, **parts: str) -> str:
        return self.chance.choice(_TEXTS[section]).format(**parts)

    def _spelt(self, sql: str) -> str:
        """The same tokens with other letters and spaces; names of results are then as in the text."""
        chance = self.chance
        parts = []
        for word in _WORD.findall(sql):
            if word.isspace():
                word = chance.choice(_SPACES) if chance.random() < 0.3 else word
            elif re.fullmatch(r"[ct]\d+", word) and chance.random() < 0.2:
                word = chance.choice((f'"{word}"', f"[{word}]", f"`{word}`", word.upper(), f'"{word.upper()}"'))
            elif word[0].isalpha() and word.isascii() and "'" not in word and chance.random() < 0.2:
                word = word.lower() if word.isupper() else word.upper()
            parts.append(word)
        return "".join(parts)

    def _damaged(self) -> Statement:
        """A query with a word too many, too few, or another than it should be: what matters is which error it is."""
        statement = super().query()
        if "RECURSIVE" in statement.sql:
            return statement
        words = _WORD.findall(statement.sql)
        for _ in range(self.chance.choice((1, 1, 2))):
            place = self.chance.randrange(len(words))
            kind = self.chance.random()
            if kind < 0.35:
                words[place] = ""
            elif kind < 0.7:
                words[place] = self.chance.choice((*_DAMAGE, self.chance.choice(words)))
            else:
                words.insert(place, f" {self.chance.choice((*_DAMAGE, self.chance.choice(words)))} ")
        return Statement("".join(words), statement.params, fate=True, worded=True)

    # -- terms of indexes ------------------------------------------------------------------------------------

    def _indexed(self, *, alone: bool = False) -> tuple[Source, list[str], str] | None:
        """(a table in FROM, terms of an index of it, the condition of a partial one); ``alone``: it may be long."""
        tables = [table for table in self.readable() if table.index_terms]
        if alone and self.long is not None and self.chance.random() < 0.6:
            tables = [self.long]
        if not tables:
            return None
        table = self.chance.choice(tables)
        terms, condition = table.index_terms[self.chance.choice(sorted(table.index_terms))]
        source = self._table(table)
        alias = source.scope.references[0].split(".")[0]
        return source, [_qualified(term, alias) for term in terms], _qualified(condition, alias)

    def _searched(self, term: str, outer: Scope | None = None) -> str:
        """A condition of a term that an index may serve. (ON x LIKE 'a%' of a LEFT JOIN loses rows in SQLite 3.54.1
        where an index of x is NOCASE.)"""
        chance = self.chance
        section = "search" if outer is None else "search by rows"
        table = chance.choice(self.readable())
        value = self.constant() if outer is None or chance.random() < 0.4 else chance.choice(outer.references)
        return self._form(
            section, term=term, value=value, other=self.constant(), prefix=chance.choice(_PREFIXES),
            column=chance.choice(table.columns), table=table.name,
        )  # fmt: skip

    def _index_conditions(self, terms: list[str], condition: str, outer: Scope | None = None) -> str:
        """What an index may be searched with: its first terms, as row values, with others, or several with OR."""
        chance = self.chance
        if len(terms) > 1 and self.maybe(0.2, "row values"):
            width = chance.randint(2, len(terms))
            rows = [f"({', '.join(self.constant() for _ in range(width))})" for _ in range(2)]
            row = f"({', '.join(terms[:width])})"
            operator = chance.choice(("<", "<=", ">", ">=", "=", "IS"))
            text = chance.choice((f"{row} {operator} {rows[0]}", f"{row} IN (VALUES {rows[0]}, {rows[1]})"))
        else:
            text = " AND ".join(self._searched(term, outer) for term in terms[: chance.randint(1, len(terms))])
        if condition and chance.random() < 0.8:
            text = f"{text} AND {condition}" if chance.random() < 0.5 else f"{condition} AND {text}"
        if chance.random() < 0.25:
            other = " AND ".join(self._searched(term, outer) for term in terms[: chance.randint(1, 2)])
            text = f"({text} OR {other})" if chance.random() < 0.7 else f"NOT ({text} AND {other})"
        return text

    def _index_select(self) -> Statement:
        """One table by an index: rows in its order or another, or an aggregate of them."""
        found, chance = self._indexed(alone=True), self.chance
        if found is None:
            return self._plain_select()
        source, terms, condition = found
        where = f" WHERE {self._index_conditions(terms, condition)}" if chance.random() < 0.85 else ""
        if chance.random() < 0.3:
            where += f"{' AND' if where else ' WHERE'} {self.expression(source.scope, 2)}"
        tail, term = f"{source.text}{where}", chance.choice(terms)
        kind = chance.random()
        if kind < 0.2:
            calls = (f"min({term})", f"max({terms[0]})", "count(*)", f"count({term})")
            items = chance.sample(calls, chance.randint(1, 2))
            return self.finish(f"SELECT {', '.join(items)} FROM {tail}", loose=True)
        if kind < 0.45:
            return self._index_groups(tail, terms)
        items = list(terms) if chance.random() < 0.4 else [self._item(source.scope) for _ in range(2)]
        return self._in_index_order(f"SELECT {', '.join(items)} FROM {tail}", terms, source.scope.keys)

    def _index_groups(self, tail: str, terms: list[str]) -> Statement:
        """Groups or distinct values of some terms of an index, in their order or another, the first of them or all."""
        chance = self.chance
        keys = terms[: chance.randint(1, len(terms))] if chance.random() < 0.8 else chance.sample(terms, 1)
        listed, last = ", ".join(keys), chance.choice(terms)
        sql = self._form("index groups", keys=listed, tail=tail, term=last, other=terms[-1], value=self.constant())
        if chance.random() < 0.4:
            return self.finish(sql, loose=True)
        chance.shuffle(keys)
        direction = chance.choice(("", " DESC", " DESC"))
        order = [f"{key}{direction if chance.random() < 0.8 else chance.choice(DIRECTIONS)}" for key in keys]
        sql += f" ORDER BY {', '.join(order)}{self._limit() if chance.random() < 0.6 else ''}"
        return self.finish(sql, loose=True, ordered=True)

    def _in_index_order(self, sql: str, terms: list[str], keys: list[str] | None) -> Statement:
        chance = self.chance
        if not keys or chance.random() < 0.3:
            return self.finish(sql)
        direction = chance.choice(("", " DESC"))
        order = [f"{term}{direction if chance.random() < 0.8 else chance.choice(DIRECTIONS)}" for term in terms]
        order = order[: chance.randint(0, len(order))] + [f"{key}{direction}" for key in keys]
        sql += f" ORDER BY {', '.join(order)}{self._limit() if chance.random() < 0.5 else ''}"
        return self.finish(sql, ordered=True)

    def _index_join(self) -> Statement:
        """A join, semi-join or anti-join whose inner table is searched by an index."""
        found, chance = self._indexed(), self.chance
        if found is None:
            return self._plain_select()
        source, terms, condition = found
        outer = self._source(None, 0)
        match = self._index_conditions(terms, condition, outer.scope)
        if chance.random() < 0.3:
            parts = {"inner": source.text, "match": match, "outer": self.leaf(outer.scope)}
            test = self._form("semi", first=terms[0], last=terms[-1], **parts)
            return self.finish(f"SELECT {', '.join(outer.scope.references[:2])} FROM {outer.text} WHERE {test}")
        joins = ["JOIN", "LEFT JOIN", "CROSS JOIN", "LEFT JOIN"]
        joins += [name for name in ("RIGHT JOIN", "FULL JOIN") if f"{name.lower()}s" not in self.without]
        items = [chance.choice(outer.scope.references), *terms]
        sql = f"SELECT {', '.join(items)} FROM {outer.text} {chance.choice(joins)} {source.text} ON {match}"
        if chance.random() < 0.3:
            sql += f" WHERE {self._searched(chance.choice(terms))}"
        return self.finish(sql)

    # -- joins -----------------------------------------------------------------------------------------------

    def _tree(self, size: int) -> Source:
        """A join of so many tables, parts of it in parentheses."""
        if size == 1:
            return self._source(None, 1 if self.chance.random() < 0.2 else 0)
        left_size = self.chance.randint(1, size - 1)
        left, right = self._tree(left_size), self._tree(size - left_size)
        both = left.names + right.names
        usable = [name for name in left.names if both.count(name) == 2 or self.chance.random() < 0.05]
        text = right.text if left_size == size - 1 else f"({right.text})"
        joined, shared = self._join(left.scope, usable, Source(text, right.scope, right.names), None)
        scope = beside(left.scope, right.scope)
        scope.references += shared * 2
        return Source(left.text + joined, scope, left.names + [name for name in right.names if name not in shared])

    def _join_select(self) -> Statement:
        """Joins nested at any depth, with what ``*`` makes of them."""
        if {"nested joins", "right joins", "full joins", "USING", "NATURAL"} & self.without:
            return self._plain_select()
        chance = self.chance
        source = self._tree(chance.choice((2, 3, 3, 4, 5)))
        tables = sorted({reference.split(".")[0] for reference in source.scope.references if "." in reference})
        choices = [self._item(source.scope), "*", f"{chance.choice(tables)}.*"]
        items = [chance.choice(choices) for _ in range(chance.randint(1, 2))]
        return self.finish(f"SELECT {', '.join(items)} FROM {source.text}{self.where(source.scope, 3)}")

    def _merged_select(self) -> Statement:
        """Columns that USING merges, of tables whose columns have other affinities and collations, in comparisons."""
        if {"right joins", "full joins", "USING"} & self.without:
            return self._plain_select()
        chance = self.chance
        left, right = (chance.choice(self.readable()) for _ in range(2))
        common = [name for name in left.columns if name in right.columns]
        if not common:
            return self._plain_select()
        column = chance.choice(common)
        kind = chance.choice(("FULL", "FULL", "FULL", "RIGHT", "LEFT"))
        joined = f"{left.name} AS a {kind} JOIN {right.name} AS b USING ({column})"
        sql = self._form("merged", c=column, joined=joined, value=self.constant(), other=self.constant())
        return self.finish(sql, loose=True)

    # -- windows ---------------------------------------------------------------------------------------------

    def _chained_windows(self) -> Statement:
        """Named windows, one made from another, in results and ORDER BY."""
        chance = self.chance
        text, scope = self._from(most=2)
        if "windows" in self.without or "frames" in self.without or scope.keys is None:
            return self._plain_select()
        keys = ", ".join(scope.keys)
        partition = f"PARTITION BY {self.expression(scope, 1)}" if chance.random() < 0.7 else ""
        ordered = f"ORDER BY {', '.join([*self._terms(scope, 1), keys])}"
        windows = f"w0 AS ({partition}), w1 AS (w0 {ordered}), W2 AS ({partition} {ordered}), w3 AS (w1), w4 AS (w0), "
        windows += f"w5 AS ({partition} {ordered} {self._frame(True, False)})"
        overs = [self._form("window overs", ordered=ordered, frame=self._frame(True, False)) for _ in range(3)]
        items = [f"{key} AS k{n}" for n, key in enumerate(scope.keys)]
        items += [f"{self._ordered_call(scope)} OVER {over}" for over in overs[: chance.randint(1, 3)]]
        sql = f"SELECT {', '.join(items)} FROM {text}{self.where(scope, 2)} WINDOW {windows}"
        if chance.random() < 0.6:
            return self.finish(sql)
        call = chance.choice(("row_number()", "rank()", "count(*)"))
        sql += f" ORDER BY {call} OVER {chance.choice(overs)}{chance.choice(DIRECTIONS)}, {keys}"
        return self.finish(sql + (self._limit() if chance.random() < 0.5 else ""), ordered=True)

    def _ordered_call(self, scope: Scope) -> str:
        """A function over rows that are in a total order."""
        chance, argument = self.chance, self.expression(scope, 1)
        if chance.random() < 0.3:
            lists = [f"group_concat({argument}, {self.bound('-')})", f"string_agg({argument}, '')"]
            if "json" not in self.without:
                value = self._json_value(scope, 0)
                lists += [f"json_group_array({value})", f"json_group_object('a', {value})"]
            text = chance.choice(lists)
        elif chance.random() < 0.2 and "percentile" not in self.without:
            form = chance.choice(("median({})", "percentile({}, 40)", "percentile_disc({}, 0.5)"))
            text = form.format(self.tame(scope))
        else:
            return self._window_function(scope, scope.keys or [], True)
        return text + (f" FILTER (WHERE {self.expression(scope, 1)})" if self.maybe(0.2, "FILTER") else "")

    def _windows_over_groups(self) -> Statement:
        """Window functions of aggregates; the groups are in a total order by what they are of."""
        chance = self.chance
        text, scope = self._from(most=2)
        if "windows" in self.without:
            return self._plain_select()
        group, aggregate = f"coalesce({self.exact(scope)}, NULL)", self._aggregate(scope, exact=True)
        calls = [self._form("group calls", group=group, aggregate=aggregate) for _ in range(chance.randint(1, 2))]
        sql = f"SELECT {', '.join([group, *calls])} FROM {text}{self.where(scope, 2)} GROUP BY {group}"
        if chance.random() < 0.2:
            sql += f" HAVING {aggregate} IS NOT {self.constant()}"
        sql += f" WINDOW w AS (ORDER BY {group}{chance.choice(DIRECTIONS)})"
        if chance.random() < 0.5:
            return self.finish(sql)
        first = chance.choice(("2 DESC, ", "", f"sum(count(*)) OVER (ORDER BY {group} DESC), "))
        return self.finish(f"{sql} ORDER BY {first}{group}{self._limit()}", ordered=True)

    def _around_windows(self) -> Statement:
        """Conditions and limits around a query with window functions."""
        chance = self.chance
        text, scope = self._from(most=2)
        if "windows" in self.without or scope.keys is None or "subqueries in FROM" in self.without:
            return self._plain_select()
        keys, value, other = ", ".join(scope.keys), self.leaf(scope), self.constant()
        window = f"(PARTITION BY coalesce({value}, NULL) ORDER BY {keys})"
        items = [f"{key} AS k{n}" for n, key in enumerate(scope.keys)]
        items += [f"{value} AS p", f"row_number() OVER {window} AS n"]
        items.append(f"{self._ordered_call(scope)} OVER {window} AS f")
        inner = f"SELECT {', '.join(items)} FROM {text}{self.where(scope, 2)}"
        test = self._form("around windows", value=self.constant(), other=other)
        where = f" WHERE {test}" if chance.random() < 0.8 else ""
        outer = chance.choice(("p, n, f, k0", "*", "count(*)", "k0, f", "n", "max(n), count(p)"))
        return self.finish(f"SELECT {outer} FROM ({inner}) AS z{where}")

    # -- WITH ------------------------------------------------------------------------------------------------

    def _with_select(self) -> Statement:
        """WITH inside of WITH, under the name of a table, several times in FROM, about the rows around."""
        if {"WITH", "subqueries in FROM", "WITH RECURSIVE"} & self.without:
            return self._plain_select()
        table = self.chance.choice(self.readable())
        source = self._table(table)
        text, columns, _ = self.inner_table(1)
        one, two = self.chance.sample((" MATERIALIZED", " NOT MATERIALIZED", "", ""), 2)
        sql = self._form(
            "with", one=one, two=two, text=text, first=columns[0], last=columns[-1], table=table.name,
            source=source.text, outer=self.leaf(source.scope), inner=self.inner_select(source.scope, 1, 2),
        )  # fmt: skip
        return self.finish(sql)

    def _recursive_select(self) -> Statement:
        """Recursive queries: several first and recursive terms, queues, joins, sets, what may not be in them."""
        if {"WITH RECURSIVE", "several recursive terms", "subqueries in FROM"} & self.without:
            return self._plain_select()
        chance, table = self.chance, self.chance.choice(self.readable())
        column, value = chance.choice(table.columns), self.constant()
        order = chance.choice(("", "", "1", "1 DESC", "2, 1", "2 DESC, 1 DESC"))
        if order:
            offset = chance.choice(("", f" OFFSET {chance.randint(0, 4)}"))
            order = f" ORDER BY {order} LIMIT {chance.randint(0, 25)}{offset}"
        numbers = [str(chance.randint(low, high)) for low, high in ((-2, 2), (3, 7), (1, 3))]
        wrong = chance.random() < 0.15
        section = "wrong recursion" if wrong else "recursion"
        body = self._form(
            section, a=numbers[0], b=numbers[1], c=numbers[2], value=value, order=order, table=table.name,
            column=column, union=chance.choice(("UNION", "UNION ALL")),
        )  # fmt: skip
        rest = self._form("of recursion", value=value, table=table.name, column=column)
        rest = "SELECT 1 FROM r" if wrong else rest
        return self.finish(f"WITH RECURSIVE r(n, s) AS ({body}) {rest}", loose=True)

    # -- names -----------------------------------------------------------------------------------------------

    def _alias_select(self) -> Statement:
        """Aliases of results, in every clause, also where a column has the same name."""
        chance = self.chance
        source = self._table(chance.choice(self.readable()))
        scope = source.scope
        name = chance.choice(("x", "c0", "c1", "X", '"x y"', "[x]", "'x'", '"c1"'))
        used = name if name != "'x'" else "x"
        # GROUP BY means the column where there is one of that name, and another one beside it would be bare
        exact = used if used.strip('"').lower() in source.names else self.exact(scope)
        parts = {
            "item": self.expression(scope, 2), "exact": exact, "source": source.text, "name": name,
            "word": chance.choice((" AS ", " ")), "used": used, "test": chance.choice(_TEXTS["alias tests"]),
        }  # fmt: skip
        if scope.keys is None or chance.random() < 0.6:
            return self.finish(self._form("aliases", **parts), loose=True)
        order = f"{self._form('alias orders', used=used)}{chance.choice(DIRECTIONS)}, {', '.join(scope.keys)}"
        sql = f"{_TEXTS['aliases'][0].format(**parts)} ORDER BY {order}{self._limit()}"
        return self.finish(sql, ordered=True)

    def _star_select(self) -> Statement:
        """Names that results without AS have, in tables made of them and in what ``*`` makes of those."""
        if {"subqueries in FROM", "WITH"} & self.without:
            return self._plain_select()
        text, scope = self._from(most=2)
        items = []
        for _ in range(self.chance.randint(1, 4)):
            named = f"{self.leaf(scope)} AS {self.chance.choice(('a', 'A', 'c0'))}"
            items.append(self.chance.choice((self.expression(scope, 1), self.leaf(scope), named, "*")))
        return self.finish(self._form("stars", inner=f"SELECT {', '.join(items)} FROM {text}"))

    def _rowid_select(self) -> Statement:
        """The names of the rowid, and what hides them."""
        table, value = self.chance.choice(self.readable()), self.constant()
        names = ("rowid", "_rowid_", "oid", "ROWID", '"rowid"', f"{table.name}.oid", f"{table.name}._rowid_")
        one, two, three = (self.chance.choice(names) for _ in range(3))
        parts = {"one": one, "two": two, "three": three, "last": one.split(".")[-1], "table": table.name}
        return self.finish(self._form("rowids", value=value, other=self.constant(), **parts))

    # -- aggregates ------------------------------------------------------------------------------------------

    def _aggregate_select(self) -> Statement:
        """Aggregates with ORDER BY and DISTINCT, in ORDER BY and HAVING, of outer rows, beside columns of the key."""
        chance = self.chance
        source = self._table(chance.choice(self.readable()))
        scope = source.scope
        if scope.keys is None or {"ordered aggregates", "FILTER"} & self.without:
            return self._plain_select()
        condition = f"{self._aggregate(scope)} {chance.choice(('>', 'IS NOT', '<='))} {self.constant()}"
        sql = self._form(
            "aggregates", exact=self.exact(scope), item=self.expression(scope, 2), tame=self.tame(scope),
            every=", ".join(scope.keys), key=scope.keys[0], total=self._aggregate(scope), source=source.text,
            strict=self._aggregate(scope, exact=True), where=self.where(scope, 2), condition=condition,
            direction=chance.choice(DIRECTIONS), filter=self.expression(scope, 1),
            other=self._table(chance.choice(self.readable())).text,
        )  # fmt: skip
        return self.finish(sql, loose=True)

    # -- compounds, VALUES, limits ---------------------------------------------------------------------------

    def _compound_form(self) -> Statement:
        """Compounds ordered by names and expressions, of VALUES, in one another, with limits that are expressions."""
        chance = self.chance
        u, v = (chance.choice(("UNION", "UNION ALL", "INTERSECT", "EXCEPT")) for _ in range(2))
        source = self._table(chance.choice(self.readable()))
        x, y = self.exact(source.scope), self.exact(source.scope)
        rows = [f"({self.constant()}, {self.constant()})" for _ in range(chance.randint(1, 3))]
        first, other = f"SELECT {x} AS x, {y} AS y FROM {source.text}", f"SELECT {self.constant()}, {self.constant()}"
        values = f"VALUES {', '.join(rows)}"
        sql = self._form("compounds", first=first, values=values, other=other, u=u, v=v, value=self.constant())
        if not sql.startswith(first) or chance.random() < 0.4:
            return self.finish(sql, loose=True)
        sql += f" ORDER BY {self._form('compound orders', x=x)}{self._any_limit()}"
        return self.finish(sql, loose=True, ordered=True)

    def _any_limit(self) -> str:
        """LIMIT with expressions that have one value, some of them no integer."""
        parts = {"table": self.chance.choice(self.readable()).name, "value": self.constant(), "bound": self.bound(2)}
        first, second = self._form("limits", **parts), self._form("limits", **parts)
        forms = ("", f" LIMIT {first}", f" LIMIT {first} OFFSET {second}", f" LIMIT {first}, {second}")
        return self.chance.choice(forms)

    # -- table functions, subqueries -------------------------------------------------------------------------

    def _function_select(self) -> Statement:
        """Table-valued functions whose arguments are rows before them, or conditions."""
        if {"table functions", "generate_series"} & self.without:
            return self._plain_select()
        chance = self.chance
        source = self._table(chance.choice(self.readable()))
        column, low, high = chance.choice(source.scope.references), chance.randint(-2, 3), chance.randint(0, 6)
        rows = f"json_array(iif(typeof({column}) = 'blob', 1, {column}), {chance.randint(-3, 9)})"
        sql = self._form(
            "functions", source=source.text, column=column, low=str(low), high=str(high), path=self._path(),
            function=chance.choice(("json_each", "json_tree")), value=self.constant(),
            document=rows if chance.random() < 0.5 else self.document(Scope([]), 1),
        )  # fmt: skip
        return self.finish(sql, loose=True)

    def _correlated_select(self) -> Statement:
        """Subqueries that look through others at the rows around them, in every clause."""
        if {"subqueries in FROM", "WITH"} & self.without:
            return self._plain_select()
        source, middle, inner = (self._table(self.chance.choice(self.readable())) for _ in range(3))
        scopes = [one.scope for one in (source, middle, inner)]
        a, b, c = (self.leaf(Scope(scope.references * 3)) for scope in scopes)
        test = self.expression(Scope([name for scope in scopes for name in scope.references]), 2)
        sql = self._form(
            "correlated", source=source.text, middle=middle.text, inner=inner.text, a=a, b=b, c=c,
            counted=f"(SELECT count(*) FROM {inner.text} WHERE {test})",
        )  # fmt: skip
        return self.finish(sql, loose=True)


_FORMS: tuple[Callable[[Forms], Statement], ...] = (
    *((Forms._index_select,) * 4), *((Forms._index_join,) * 2), *((Forms._join_select,) * 3), Forms._merged_select,
    *((Forms._chained_windows,) * 2), Forms._windows_over_groups, Forms._around_windows, *((Forms._with_select,) * 2),
    Forms._recursive_select, Forms._alias_select, Forms._star_select, Forms._rowid_select,
    *((Forms._aggregate_select,) * 2), Forms._compound_form, Forms._function_select,
    *((Forms._correlated_select,) * 2), *((Forms._damaged,) * 2),
)  # fmt: skip


def _qualified(text: str, alias: str) -> str:
    """An expression over bare columns, as one over a table with an alias."""
    return _COLUMN.sub(lambda name: f"{alias}.{name[0]}", text)
