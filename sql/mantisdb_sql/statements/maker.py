"""Which statement a text is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.errors import SqlError
from mantisdb_sql.statements.change import ChangeStatement
from mantisdb_sql.statements.command import ArgumentStatement, CommandStatement, ExplainStatement, command_of
from mantisdb_sql.statements.prepared import Form, Prepared
from mantisdb_sql.statements.query import QueryStatement
from mantisdb_sql.statements.statement import Statement
from mantisdb_sql.syntax.parsed_text import Syntax
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.storage import Affinity

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["inner_statement", "make_statement"]


def make_statement(
    session: Session, prepared: Prepared, sql: str, tail: int, parameters: tuple[str | None, ...] = (),
    literals: tuple[Any, ...] = (),
) -> Statement:
    """The statement that suits its AST."""
    if prepared.form is Form.QUERY:
        return QueryStatement(session, prepared, sql, tail, parameters, literals)
    if prepared.form is Form.CHANGE:
        return ChangeStatement(session, prepared, sql, tail, parameters, literals)
    node, kind = prepared.node, prepared.kind
    if parameters and isinstance(node, exp.Create):
        _refuse_parameters(session, node)
    columns = _pragma_columns(session, node) if kind == "PRAGMA" else None
    if kind == "EXPLAIN":
        columns = ("id", "parent", "notused", "detail") if "PLAN" in node.this else ("line", "text")
        return ExplainStatement(session, prepared, sql, tail, parameters, list, columns)
    if isinstance(node, (exp.Attach, exp.Detach)) or (kind == "VACUUM" and node.args.get("into") is not None):
        return ArgumentStatement(session, prepared, sql, tail, parameters, list, None)
    if parameters and isinstance(node, exp.Create) and node.args["kind"] == "TABLE":
        return ArgumentStatement(session, prepared, sql, tail, parameters, list, None)
    command = command_of(session, prepared, parameters)
    return CommandStatement(session, prepared, sql, tail, parameters, command, columns)


def inner_statement(
    session: Session, sql: str, affinities: Sequence[Affinity | None] = (), *, heeds_keys: bool = False,
    fires_triggers: bool = True, is_asked: bool = False,
) -> Statement:
    """A statement that is run as a part of others; ``affinities`` are those of the last of its parameters, as if they
    were columns; ``is_asked``: the authorizer has a say in it."""
    parsed = parse_statement(sql)
    assert parsed.node is not None, "statements of our own are never empty"
    before = len(parsed.parameters) - len(affinities)
    for node in parsed.node.find_all(exp.Placeholder):
        if node.meta["index"] > before:
            node.meta["affinity"] = affinities[node.meta["index"] - before - 1]
    prepared = Prepared(Syntax(parsed.node), parsed.kind, sql, ("inner", sql, tuple(affinities)))
    prepared.heeds_keys, prepared.fires_triggers, prepared.is_asked = heeds_keys, fires_triggers, is_asked
    return make_statement(session, prepared, sql, len(sql), parsed.parameters)


def _refuse_parameters(session: Session, node: exp.Create) -> None:
    """Refuse a schema object that would have to remember parameters."""
    if node.args["kind"] == "VIEW":
        raise SqlError("parameters are not allowed in views")
    if node.args["kind"] == "TRIGGER":
        from mantisdb_sql.ddl.create_drop import refuse_trigger_head

        refuse_trigger_head(session, node)
        raise SqlError("trigger cannot use variables")


def _pragma_columns(session: Session, node: Any) -> tuple[str, ...] | None:
    """Column names of a PRAGMA, which depend on its name and on whether it sets a value."""
    from mantisdb_sql.ddl.pragma import pragma_columns

    return pragma_columns(session, node)
