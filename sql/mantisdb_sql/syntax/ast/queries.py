"""Builders of queries: SELECT, VALUES, compounds, FROM, WITH. See the package for the nodes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from sqlglot import exp

from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.ast.context import Context
from mantisdb_sql.syntax.ast.expressions import table_function
from mantisdb_sql.syntax.ast.nodes import new
from mantisdb_sql.values.ascii_case import lower_ascii

Expr = exp.Expr
Results = tuple[list[Expr], list[tuple[int, int]]]

# -----------------------------------------------------------------------------------------------------------
# results


def star(c: Context, _star: int) -> Expr:
    return exp.Star()


def table_star(c: Context, table: int, _dot: int, star: int) -> Expr:
    return new(exp.Column, this=exp.Star(), table=c.identifier(table))


def alias(c: Context, node: Expr, _as: int, name: int) -> Expr:
    return new(exp.Alias, this=node, alias=c.identifier(name))


def bare_alias(c: Context, node: Expr, name: int) -> Expr:
    return new(exp.Alias, this=node, alias=c.identifier(name))


def first_result(c: Context, node: Expr) -> Results:
    return [node], [_name_span(c, node)]


def more_results(c: Context, results: Results, _comma: int, node: Expr) -> Results:
    results[0].append(node)
    results[1].append(_name_span(c, node))
    return results


def _name_span(c: Context, node: Expr) -> tuple[int, int]:
    """From the first token of the result to the next token after it, white space at the end left out."""
    start: int = node._meta["span"][0]  # type: ignore[index]
    offsets = c.offsets
    after = 2 * c.next
    if offsets[after] == offsets[after + 1]:
        return start, offsets[after]
    return start, start + len(c.sql[start : offsets[after + 1]].rstrip(" \t\n\v\f\r"))


# ------------------------------------------------------------------------------------------------------------
# SELECT


def select(
    c: Context,
    _select: int,
    distinct: int | None,
    results: Results,
    sources: list[Expr] | None,
    where: Expr | None,
    group: list[Expr] | None,
    having: Expr | None,
    order: list[Expr] | None,
    limit: dict[str, Expr] | None,
) -> Expr:
    args: dict[str, Any] = {"expressions": results[0]}
    if sources is not None:
        args["from_"] = new(exp.From, this=sources[0])
        if len(sources) > 1:
            args["joins"] = sources[1:]
    if where is not None:
        args["where"] = where
    if group is not None:
        args["group"] = new(exp.Group, expressions=group)
    if having is not None:
        args["having"] = new(exp.Having, this=having)
    if order is not None:
        args["order"] = new(exp.Order, expressions=order)
    if limit is not None:
        args.update(limit)
    meta: dict[str, Any] = {"columns": results[1]}
    if distinct is not None:
        if c.word(distinct) == "ALL":
            meta["all"] = True
        else:
            args["distinct"] = exp.Distinct()
    node = new(exp.Select, **args)
    node._meta = meta
    return node


def select_window(c: Context, *values: Any) -> Expr:
    """SELECT with a WINDOW clause, which stands before ORDER BY."""
    node = select(c, *values[:7], *values[9:])
    node.args["windows"] = values[8]
    return node


def where(c: Context, _where: int, condition: Expr) -> Expr:
    return new(exp.Where, this=condition)


def limit(c: Context, _limit: int, count: Expr) -> dict[str, Expr]:
    return {"limit": new(exp.Limit, expression=count)}


def limit_offset(c: Context, _limit: int, count: Expr, _offset: int, skip: Expr) -> dict[str, Expr]:
    return {"limit": new(exp.Limit, expression=count), "offset": new(exp.Offset, expression=skip)}


def offset_limit(c: Context, _limit: int, skip: Expr, _comma: int, count: Expr) -> dict[str, Expr]:
    return limit_offset(c, 0, count, 0, skip)


def ordered(c: Context, term: Expr, direction: int | None, nulls: int | None) -> Expr:
    desc = direction is not None and c.word(direction) == "DESC"
    first = not desc if nulls is None else c.word(nulls) == "FIRST"
    node = new(exp.Ordered, this=term, desc=desc, nulls_first=first)
    if nulls is not None:
        node._meta = {"explicit_nulls": c.word(nulls)}
    if direction is not None and not desc:
        node._meta = {**(node._meta or {}), "explicit_asc": True}
    return node


# ------------------------------------------------------------------------------------------------- compounds,
# VALUES


def row(c: Context, _open: int, items: list[Expr], _close: int) -> Expr:
    node = new(exp.Tuple, expressions=items)
    node._meta = {"span": c.span(c.first, c.next)}
    return node


def values(c: Context, _values: int, row: Expr) -> Expr:
    return new(exp.Values, expressions=[row])


def values_two(c: Context, _values: int, row: Expr, _comma: int, second: Expr) -> Expr:
    node = new(exp.Values, expressions=[row])
    if _is_behind_with(c):
        node._meta = {"behind_with": True}
    return values_more(c, node, 0, second)


def values_more(c: Context, node: Expr, _comma: int, row: Expr) -> Expr:
    rows = node.args["expressions"]
    row.parent, row.arg_key, row.index = node, "expressions", len(rows)
    rows.append(row)
    if len(rows[0].args["expressions"]) != len(row.args["expressions"]) and _is_counted_at_once(c, rows):
        node._meta = {**(node._meta or {}), "misplaced": "all VALUES must have the same number of terms"}
    return node


def _is_behind_with(c: Context) -> bool:
    """Whether there was a WITH before, or it is in the text of a view or a trigger: there SQLite makes SELECTs of the
    rows of VALUES, and elsewhere a table (``sqlite3MultiValues``)."""
    is_stored = c.word(0) == "CREATE" and not {c.word(1), c.word(2)}.isdisjoint(("VIEW", "TRIGGER"))
    return is_stored or _has_with(c)


def _has_with(c: Context) -> bool:
    return any(c.word(i) == "WITH" for i in range(c.first))


def _is_counted_at_once(c: Context, rows: list[Expr]) -> bool:
    """Whether it is the parser that finds the last row of another width: SQLite's computes rows of constants as they
    come, the first of them without CAST, unless there was a WITH (``sqlite3MultiValues``). All other rows are counted
    when the names in them have been looked up."""
    if _has_with(c):
        return False
    width: int | None = None  # that of the rows that are computed as they come
    for before, row in pairwise(rows):
        items = before.args["expressions"]
        if not all(map(_is_constant, row.args["expressions"])):
            width = None
        elif width is None and all(_is_constant(i) and not isinstance(i.unnest(), exp.Cast) for i in items):
            width = len(items)
    return width is not None and width != len(rows[-1].args["expressions"])


_VARYING = frozenset(
    ("random", "randomblob", "changes", "total_changes", "last_insert_rowid", "raise", "count", "sum", "total", "avg",
     "group_concat", "string_agg", "median", "percentile", "percentile_cont", "percentile_disc", "json_group_array",
     "json_group_object", "jsonb_group_array", "jsonb_group_object")
)  # fmt: skip


def _is_constant(item: Expr) -> bool:
    """Whether it is one by the looks of it."""
    for node in item.walk():
        if isinstance(node, exp.Query | exp.Exists | exp.Window):
            return False
        if isinstance(node, exp.Column):
            is_word = node.args.get("table") is None and not node.this.quoted
            if not (is_word and lower_ascii(node.name) in ("true", "false")):
                return False
        if isinstance(node, exp.Anonymous) and lower_ascii(node.name) in _VARYING:
            return False
    return True


MAX_TERMS = 500


def _compound(cls: type[Expr], left: Expr, right: Expr, operator: str, distinct: bool) -> Expr:
    """A compound; ORDER BY and LIMIT of its last operand are its own, in an earlier operand they are errors,
    which :func:`compound_query` reports."""
    node = new(cls, this=left, expression=right, distinct=distinct)
    meta = left._meta or {}
    misplaced: str | None = meta.get("misplaced") or (right._meta or {}).get("misplaced")
    for clause, name in (("limit", "LIMIT"), ("order", "ORDER BY")):
        if left.args.get(clause) is not None:
            misplaced = f"{name} clause should come after {operator} not before"
    for clause in ("order", "limit", "offset"):
        moved = right.args.pop(clause, None)
        if moved is not None:
            node.args[clause] = moved
    node._meta = {"terms": meta.get("terms", 1) + 1, "misplaced": misplaced}
    return node


def compound_query(c: Context, node: Expr) -> Expr:
    """A query that is complete."""
    meta = node._meta or {}
    terms = meta.pop("terms", 1)
    misplaced = meta.pop("misplaced", None)
    if misplaced is not None:
        raise SqlError(misplaced)
    if terms > MAX_TERMS:
        raise SqlError("too many terms in compound SELECT")
    return node


def union(c: Context, left: Expr, _union: int, right: Expr) -> Expr:
    return _compound(exp.Union, left, right, "UNION", True)


def union_all(c: Context, left: Expr, _union: int, _all: int, right: Expr) -> Expr:
    return _compound(exp.Union, left, right, "UNION ALL", False)


def except_(c: Context, left: Expr, _except: int, right: Expr) -> Expr:
    return _compound(exp.Except, left, right, "EXCEPT", True)


def intersect(c: Context, left: Expr, _intersect: int, right: Expr) -> Expr:
    return _compound(exp.Intersect, left, right, "INTERSECT", True)


#
# ------------------------------------------------------------------------------------------------------------
# -- WITH


def yes(c: Context, *_: int) -> bool:
    return True


def no(c: Context, *_: int) -> bool:
    return False


def cte(
    c: Context,
    name: int,
    columns: list[int] | None,
    _as: int,
    materialized: bool | None,
    _o: int,
    query: Expr,
    _c: int,
) -> Expr:
    alias = new(exp.TableAlias, this=c.identifier(name))
    if columns is not None:
        alias.args["columns"] = c.identifiers(columns)
    node = new(exp.CTE, this=query, alias=alias)
    if materialized is not None:
        node.args["materialized"] = materialized
    node._meta = {"span": c.span(c.first, c.next)}
    return node


def with_(c: Context, _with: int, ctes: list[Expr]) -> Expr:
    seen: set[str] = set()
    for item in ctes:
        name = item.args["alias"].args["this"].this
        if lower_ascii(name) in seen:
            raise SqlError(f"duplicate WITH table name: {name}")
        seen.add(lower_ascii(name))
    return new(exp.With, expressions=ctes)


def with_recursive(c: Context, _with: int, _recursive: int, ctes: list[Expr]) -> Expr:
    node = with_(c, 0, ctes)
    node.args["recursive"] = True
    return node


def query_with(c: Context, clause: Expr, query: Expr) -> Expr:
    compound_query(c, query)
    query.args["with_"] = clause
    return query


#
# ------------------------------------------------------------------------------------------------------------
# -- FROM


def table(c: Context, name: int) -> Expr:
    return new(exp.Table, this=c.identifier(name))


def schema_table(c: Context, db: int, _dot: int, name: int) -> Expr:
    return new(exp.Table, this=c.identifier(name), db=c.identifier(db))


def table_alias(c: Context, name: int, _as: int, alias: int) -> Expr:
    return new(exp.Table, this=c.identifier(name), alias=new(exp.TableAlias, this=c.identifier(alias)))


def schema_table_alias(c: Context, db: int, _dot: int, name: int, _as: int, alias: int) -> Expr:
    node = table_alias(c, name, 0, alias)
    node.args["db"] = c.identifier(db)
    return node


def indexed_by(c: Context, _indexed: int, _by: int, name: int) -> Expr:
    return new(exp.Table, this=c.identifier(name))


def not_indexed(c: Context, _not: int, _indexed: int) -> bool:
    return False


def source_table(c: Context, node: Expr, alias: int | None, on_using: dict[str, Any] | None) -> Expr:
    if alias is not None:
        node.args["alias"] = new(exp.TableAlias, this=c.identifier(alias))
    if on_using is not None:
        node._meta = {**(node._meta or {}), "on_using": on_using}
    return node


def source_indexed(
    c: Context, node: Expr, alias: int | None, indexed: Expr | bool, on_using: dict[str, Any] | None
) -> Expr:
    node.args["indexed"] = indexed
    return source_table(c, node, alias, on_using)


def source_function(
    c: Context,
    node: Expr,
    _o: int,
    args: list[Expr],
    _c: int,
    alias: int | None,
    on_using: dict[str, Any] | None,
) -> Expr:
    return source_table(c, table_function(c, node, args), alias, on_using)


def source_query(
    c: Context, _open: int, query: Expr, _close: int, alias: int | None, on_using: dict[str, Any] | None
) -> Expr:
    return source_table(c, new(exp.Subquery, this=query), alias, on_using)


def source_group(
    c: Context,
    _open: int,
    sources: list[Expr],
    _close: int,
    alias: int | None,
    on_using: dict[str, Any] | None,
) -> Expr:
    return source_table(c, new(exp.Subquery, this=with_joins(sources)), alias, on_using)


def join_on(c: Context, _on: int, condition: Expr) -> dict[str, Any]:
    return {"on": condition}


def join_using(c: Context, _using: int, _open: int, names: list[int], _close: int) -> dict[str, Any]:
    return {"using": c.identifiers(names)}


_JOIN_WORDS = frozenset(("CROSS", "FULL", "INNER", "LEFT", "NATURAL", "OUTER", "RIGHT"))


def join_words(c: Context, *tokens: int) -> dict[str, Any]:
    """What a join operator says; SQLite takes any sensible combination of its words, in any order."""
    if len(tokens) == 1:
        return {"op": ","} if c.texts[tokens[0]] == "," else {"op": "JOIN", "kind": "INNER"}
    texts = [c.texts[token] for token in tokens[:-1]]
    said = {text.upper() for text in texts}
    sides = said & {"LEFT", "RIGHT", "FULL"}
    wrong = not said <= _JOIN_WORDS or (("INNER" in said or "CROSS" in said) and (sides or "OUTER" in said))
    if wrong or said == {"OUTER"} or said == {"NATURAL", "OUTER"}:
        raise SqlError(f"unknown join type: {' '.join(texts)}")
    join: dict[str, Any] = {"op": " ".join([*texts, "JOIN"]).upper()}
    if "NATURAL" in said:
        join["method"] = "NATURAL"
    if sides:
        join["side"] = "FULL" if len(sides) > 1 or "FULL" in sides else sides.pop()
    else:
        join["kind"] = "CROSS" if "CROSS" in said else "INNER"
    return join


def first_source(c: Context, source: Expr) -> list[Expr]:
    on_using = _take_on_using(source)
    if on_using:
        raise SqlError(f"a JOIN clause is required before {next(iter(on_using)).upper()}")
    return [source]


def joined(c: Context, sources: list[Expr], join: dict[str, Any], source: Expr) -> list[Expr]:
    on_using = _take_on_using(source)
    op = join.pop("op")
    node = new(exp.Join, this=source, **join, **on_using)
    node._meta = {"op": op, "span": c.span(c.first, c.next)}
    sources.append(node)
    return sources


def _take_on_using(source: Expr) -> dict[str, Any]:
    meta = source._meta
    return meta.pop("on_using", {}) if meta else {}


def with_joins(sources: list[Expr]) -> Expr:
    """The first source, with the others as its joins."""
    if len(sources) > 1:
        sources[0].args["joins"] = sources[1:]
    return sources[0]
