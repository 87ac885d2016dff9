"""Builders of data changes, transaction control and the other statements. See the package for the nodes."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.ast.context import Context
from mantisdb_sql.syntax.ast.expressions import Expr
from mantisdb_sql.syntax.ast.nodes import new
from mantisdb_sql.syntax.ast.queries import Results, with_joins
from mantisdb_sql.syntax.ast.schema import refuse_explicit_nulls

_KINDS: dict[type[Expr], str] = {
    exp.Select: "SELECT",
    exp.Values: "SELECT",
    exp.Union: "SELECT",
    exp.Except: "SELECT",
    exp.Intersect: "SELECT",
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Alter: "ALTER TABLE",
    exp.Transaction: "BEGIN",
    exp.Commit: "COMMIT",
    exp.Rollback: "ROLLBACK",
    exp.Pragma: "PRAGMA",
    exp.Attach: "ATTACH",
    exp.Detach: "DETACH",
    exp.Analyze: "ANALYZE",
}


def kind(node: Expr) -> str:
    """What a statement is: "SELECT", "INSERT", "REPLACE", "CREATE TABLE", "SAVEPOINT", …; EXPLAIN of anything
    is "EXPLAIN"."""
    cls = type(node)
    if cls is exp.Insert:
        return "REPLACE" if node.meta.get("replace") else "INSERT"
    if cls is exp.Create:
        return f"CREATE {node.args['kind']}"
    if cls is exp.Drop:
        return f"DROP {node.args['kind']}"
    if cls is exp.Command:
        word: str = node.args["this"]
        return "EXPLAIN" if word.startswith("EXPLAIN") else word
    return _KINDS[cls]


def explain(c: Context, _explain: int, statement: Expr, _end: int) -> Expr:
    return new(exp.Command, this="EXPLAIN", expression=statement)


def explain_query_plan(
    c: Context, _explain: int, _query: int, _plan: int, statement: Expr, _end: int
) -> Expr:
    return new(exp.Command, this="EXPLAIN QUERY PLAN", expression=statement)


def select_statement(c: Context, query: Expr) -> Expr:
    return query


# ------------------------------------------------------------------------------------------------------
# transactions


def begin(c: Context, _begin: int, mode: int | None, _word: int | None) -> Expr:
    return exp.Transaction() if mode is None else new(exp.Transaction, this=c.word(mode))


def commit(c: Context, *_: Any) -> Expr:
    return exp.Commit()


def rollback(c: Context, *_: Any) -> Expr:
    return exp.Rollback()


def rollback_to(
    c: Context, _rollback: int, _word: int | None, _to: int, _savepoint: int | None, name: int
) -> Expr:
    return new(exp.Rollback, savepoint=c.identifier(name))


def savepoint(c: Context, _savepoint: int, name: int) -> Expr:
    return new(exp.Command, this="SAVEPOINT", expression=c.identifier(name))


def release(c: Context, _release: int, _savepoint: int | None, name: int) -> Expr:
    return new(exp.Command, this="RELEASE", expression=c.identifier(name))


# ----------------------------------------------------------------------------------------------------------
# INSERT


def _target(c: Context, table: Expr, columns: list[int] | None) -> Expr:
    if columns is None:
        return table
    return new(exp.Schema, this=table, expressions=c.identifiers(columns))


Upserts = tuple[list[Expr], Expr | None]  # ON CONFLICT clauses, last first, and RETURNING


def insert(
    c: Context,
    with_: Expr | None,
    verb: int | None,
    _into: int,
    table: Expr,
    columns: list[int] | None,
    query: Expr,
    upserts: Upserts,
) -> Expr:
    args: dict[str, Any] = {"this": _target(c, table, columns), "expression": query}
    conflicts, returning = upserts
    if conflicts:
        conflicts.reverse()
        for clause in conflicts:
            refuse_explicit_nulls(clause.args.get("conflict_keys") or [])
        args["conflict"] = conflicts[0] if len(conflicts) == 1 else conflicts
    return _insert(c, with_, verb, returning, args)


def insert_default(
    c: Context,
    with_: Expr | None,
    verb: int | None,
    _into: int,
    table: Expr,
    columns: list[int] | None,
    _default: int,
    _values: int,
    returning: Expr | None,
) -> Expr:
    return _insert(c, with_, verb, returning, {"this": _target(c, table, columns), "default": True})


def _insert(
    c: Context, with_: Expr | None, verb: int | None, returning: Expr | None, args: dict[str, Any]
) -> Expr:
    """``verb`` is the conflict action, or the word REPLACE of REPLACE INTO."""
    if with_ is not None:
        args["with_"] = with_
    if returning is not None:
        args["returning"] = returning
    if verb is not None:
        args["alternative"] = c.word(verb)
    node = new(exp.Insert, **args)
    if verb is not None and (verb == 0 or c.word(verb - 1) != "OR"):
        node._meta = {"replace": True}
    return node


def no_upserts(c: Context, returning: Expr | None) -> Upserts:
    return [], returning


def conflict_target(
    c: Context, _open: int, keys: list[Expr], _close: int, where: Expr | None
) -> dict[str, Any]:
    args: dict[str, Any] = {"conflict_keys": keys}
    if where is not None:
        args["index_predicate"] = where
    return args


def _on_conflict(
    action: str, target: dict[str, Any] | None, assignments: list[Expr] | None, where: Expr | None
) -> Expr:
    args: dict[str, Any] = {"action": new(exp.Var, this=action), **(target or {})}
    if assignments is not None:
        args["expressions"] = assignments
    if where is not None:
        args["where"] = where
    return new(exp.OnConflict, **args)


def upsert_nothing(
    c: Context, _on: int, _conflict: int, target: dict[str, Any], _do: int, _nothing: int, rest: Upserts
) -> Upserts:
    rest[0].append(_on_conflict("DO NOTHING", target, None, None))
    return rest


def upsert_update(
    c: Context,
    _on: int,
    _conflict: int,
    target: dict[str, Any],
    _do: int,
    _update: int,
    _set: int,
    assignments: list[Expr],
    where: Expr | None,
    rest: Upserts,
) -> Upserts:
    rest[0].append(_on_conflict("DO UPDATE", target, assignments, where))
    return rest


def last_upsert_nothing(
    c: Context, _on: int, _conflict: int, _do: int, _nothing: int, returning: Expr | None
) -> Upserts:
    return [_on_conflict("DO NOTHING", None, None, None)], returning


def last_upsert_update(
    c: Context,
    _on: int,
    _conflict: int,
    _do: int,
    _update: int,
    _set: int,
    assignments: list[Expr],
    where: Expr | None,
    returning: Expr | None,
) -> Upserts:
    return [_on_conflict("DO UPDATE", None, assignments, where)], returning


# --------------------------------------------------------------------------------------------------- UPDATE,
# DELETE


def pair(c: Context, *both: Any) -> tuple[Any, ...]:
    return both


def returning(c: Context, _returning: int, results: Results) -> Expr:
    node = new(exp.Returning, expressions=results[0])
    node._meta = {"columns": results[1]}
    return node


def assign(c: Context, name: int, _equals: int, value: Expr) -> Expr:
    return new(exp.EQ, this=_assigned(c, name), expression=value)


def assign_row(c: Context, _open: int, names: list[int], _close: int, _equals: int, value: Expr) -> Expr:
    inner = value
    while type(inner) is exp.Paren:
        inner = inner.args["this"]
    width = len(inner.args["expressions"]) if type(inner) is exp.Tuple else 1
    if width != len(names) and type(inner) is not exp.Subquery:
        raise SqlError(f"{len(names)} columns assigned {width} values")
    if len(names) == 1 and type(inner) is not exp.Subquery:
        return new(exp.EQ, this=_assigned(c, names[0]), expression=value)
    return new(exp.EQ, this=new(exp.Tuple, expressions=[_assigned(c, name) for name in names]), expression=value)


def _assigned(c: Context, name: int) -> Expr:
    node = new(exp.Column, this=c.identifier(name))
    node._meta = {"span": c.span(name, name + 1)}
    return node


def delete(
    c: Context,
    with_: Expr | None,
    _delete: int,
    _from: int,
    table: Expr,
    indexed: Expr | bool | None,
    where_returning: tuple[Expr | None, Expr | None],
    order: list[Expr] | None = None,
    limit: dict[str, Expr] | None = None,
) -> Expr:
    args = _change(with_, table, indexed, where_returning) | _chosen(order, limit)
    return new(exp.Delete, **args)


def update(
    c: Context,
    with_: Expr | None,
    _update: int,
    action: int | None,
    table: Expr,
    indexed: Expr | bool | None,
    _set: int,
    assignments: list[Expr],
    sources: list[Expr] | None,
    where_returning: tuple[Expr | None, Expr | None],
    order: list[Expr] | None = None,
    limit: dict[str, Expr] | None = None,
) -> Expr:
    args = _change(with_, table, indexed, where_returning) | _chosen(order, limit)
    args["expressions"] = assignments
    if sources is not None:
        args["from_"] = new(exp.From, this=with_joins(sources))
    node = new(exp.Update, **args)
    if action is not None:
        node._meta = {"conflict": c.word(action)}
    return node


def _chosen(order: list[Expr] | None, limit: dict[str, Expr] | None) -> dict[str, Any]:
    """ORDER BY and LIMIT of a change."""
    chosen: dict[str, Any] = dict(limit or {})
    if order is not None:
        chosen["order"] = new(exp.Order, expressions=order)
    return chosen


def _change(
    with_: Expr | None,
    table: Expr,
    indexed: Expr | bool | None,
    where_returning: tuple[Expr | None, Expr | None],
) -> dict[str, Any]:
    args: dict[str, Any] = {"this": table}
    if indexed is not None:
        table.args["indexed"] = indexed
    clauses = {"with_": with_, "where": where_returning[0], "returning": where_returning[1]}
    return args | {key: value for key, value in clauses.items() if value is not None}


# ------------------------------------------------------------------------------------------------- inside
# triggers


def trigger_update(c: Context, *values: Any) -> Expr:
    _refuse_in_trigger(values[3])
    return update(c, None, *values[:-1], (values[-1], None))  # type: ignore[call-arg]


def trigger_delete(
    c: Context, _delete: int, _from: int, table: Expr, indexed: Any, where: Expr | None
) -> Expr:
    _refuse_in_trigger(indexed)
    return delete(c, None, 0, 0, table, indexed, (where, None))


def trigger_insert(
    c: Context,
    verb: int | None,
    _into: int,
    table: Expr,
    columns: list[int] | None,
    query: Expr,
    upserts: Upserts,
) -> Expr:
    if upserts[1] is not None:
        raise SqlError("cannot use RETURNING in a trigger")
    return insert(c, None, verb, 0, table, columns, query, upserts)


def _refuse_in_trigger(indexed: Any) -> None:
    if indexed is not None:
        clause = "NOT INDEXED" if indexed is False else "INDEXED BY"
        raise SqlError(f"the {clause} clause is not allowed on UPDATE or DELETE statements within triggers")


# ------------------------------------------------------------------------------------------------------------
# PRAGMA


def pragma_number(c: Context, *_: Any) -> str:
    texts = c.texts[c.first : c.next]
    return "".join(texts).lstrip("+")


def pragma_word(c: Context, word: int) -> str:
    return c.name(word)


def pragma(c: Context, _pragma: int, name: list[int]) -> Expr:
    return _pragma_node(c, name, None, "")


def pragma_equals(c: Context, _pragma: int, name: list[int], _equals: int, value: str) -> Expr:
    return _pragma_node(c, name, value, "=")


def pragma_call(c: Context, _pragma: int, name: list[int], _open: int, value: str, _close: int) -> Expr:
    return _pragma_node(c, name, value, "(")


def _pragma_node(c: Context, name: list[int], value: str | None, form: str) -> Expr:
    node = new(exp.Pragma, this=new(exp.Var, this=c.name(name[-1])))
    node._meta = {"name": c.name(name[-1]), "form": form}
    if value is not None:
        node._meta["value"] = value
    if len(name) == 2:
        node._meta["schema"] = c.name(name[0])
    return node


# ------------------------------------------------------------------------------------------------------------
# others


def attach(c: Context, _attach: int, _word: int | None, file: Expr, _as: int, name: Expr) -> Expr:
    return new(exp.Attach, this=new(exp.Alias, this=file, alias=name))


def attach_key(
    c: Context, _attach: int, _word: int | None, file: Expr, _as: int, name: Expr, _key: int, key: Expr
) -> Expr:
    node = attach(c, 0, None, file, 0, name)
    node.args["key"] = key
    return node


def detach(c: Context, _detach: int, _word: int | None, name: Expr) -> Expr:
    return new(exp.Detach, this=name)


def vacuum(c: Context, _vacuum: int) -> Expr:
    return new(exp.Command, this="VACUUM")


def vacuum_schema(c: Context, _vacuum: int, name: int) -> Expr:
    return new(exp.Command, this="VACUUM", expression=c.identifier(name))


def vacuum_into(c: Context, _vacuum: int, _into: int, file: Expr) -> Expr:
    return new(exp.Command, this="VACUUM", into=file)


def vacuum_schema_into(c: Context, _vacuum: int, name: int, _into: int, file: Expr) -> Expr:
    return new(exp.Command, this="VACUUM", expression=c.identifier(name), into=file)


def reindex(c: Context, _reindex: int, table: Expr | None = None) -> Expr:
    return new(exp.Command, this="REINDEX") if table is None else new(exp.Command, this="REINDEX", expression=table)


def analyze(c: Context, _analyze: int, table: Expr | None = None) -> Expr:
    return new(exp.Analyze, tables=[] if table is None else [table])
