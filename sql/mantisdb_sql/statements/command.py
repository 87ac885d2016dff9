"""What is carried out by functions of ours: DDL, transaction control, PRAGMA, EXPLAIN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.authorizer import authorize_command
from mantisdb_sql.errors import NotSupported
from mantisdb_sql.planning.explain import plan_rows
from mantisdb_sql.room import with_room
from mantisdb_sql.statements.prepared import Form, Prepared
from mantisdb_sql.statements.statement import Statement
from mantisdb_sql.syntax.parsed_text import Syntax

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["ArgumentStatement", "CommandStatement", "ExplainStatement", "command_of"]


class CommandStatement(Statement):
    """Whatever is carried out by a function of ours: DDL, transaction control, PRAGMA, EXPLAIN."""

    __slots__ = ("_columns", "_decltypes", "_perform")

    def __init__(
        self, session: Session, prepared: Prepared, sql: str, tail: int, parameters: tuple[str | None, ...],
        perform: Callable[[], list[tuple[Any, ...]] | None], columns: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(session, prepared, sql, tail, parameters)
        self._perform = perform
        self._columns = columns

    @property
    def columns(self) -> tuple[str, ...] | None:
        """See :class:`Statement`."""
        return self._columns

    @property
    def decltypes(self) -> tuple[str | None, ...]:
        """See :class:`Statement`."""
        return (None,) * len(self._columns or ())

    @property
    def streams(self) -> bool:
        """See :class:`Statement`."""
        return False

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`."""
        authorizer = self.session.authorizer
        if authorizer is not None and not authorize_command(authorizer, self.session, self.prepared.node):
            return []
        return with_room(self._perform) or []

    def explain(self) -> str:
        """Commands compile to nothing."""
        return ""


class ArgumentStatement(CommandStatement):
    """A command whose arguments may be parameters: ATTACH, DETACH, VACUUM INTO, and CREATE TABLE AS."""

    __slots__ = ()

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`."""
        from mantisdb_sql.ddl import attach, create_drop, maintenance

        node, authorizer = self.prepared.node, self.session.authorizer
        if authorizer is not None and not authorize_command(authorizer, self.session, node):
            return []
        if isinstance(node, exp.Attach):
            with_room(attach.run_attach, self.session, node, params)
        elif isinstance(node, exp.Detach):
            with_room(attach.run_detach, self.session, node, params)
        elif isinstance(node, exp.Create):
            with_room(create_drop.run_create, self.session, node, self.prepared.sql, params)
        else:
            with_room(maintenance.run_vacuum_into, self.session, node, params)
        return []


class ExplainStatement(CommandStatement):
    """EXPLAIN and EXPLAIN QUERY PLAN, of what would run with the parameters that are given."""

    __slots__ = ()

    def run(self, params: Sequence[Any] = ()) -> Any:
        """See :meth:`Statement.run`."""
        return _explain(self.session, self.prepared, len(self.parameters), params)


def command_of(
    session: Session, prepared: Prepared, parameters: tuple[str | None, ...],
) -> Callable[[], list[tuple[Any, ...]] | None]:
    """What carries out a statement that is neither a query nor a change of rows."""
    from mantisdb_sql.ddl.transaction_control import run_transaction_statement, transaction_kind

    node, kind = prepared.node, prepared.kind
    if not kind:
        return lambda: None
    if transaction_kind(node):
        return lambda: run_transaction_statement(session, node)
    from mantisdb_sql.ddl import alter, maintenance, pragma
    from mantisdb_sql.ddl import create_drop as ddl

    if isinstance(node, exp.Create):
        return lambda: ddl.run_create(session, node, prepared.sql)
    if isinstance(node, exp.Drop):
        return lambda: ddl.run_drop(session, node)
    if isinstance(node, exp.Alter):
        return lambda: alter.run_alter(session, node)
    if isinstance(node, exp.Pragma):
        return lambda: pragma.pragma(session, node)[1]
    if kind == "VACUUM":
        return lambda: maintenance.run_vacuum(session, node)
    if kind == "ANALYZE":
        return lambda: maintenance.run_analyze(session, node)
    if kind == "REINDEX":
        return lambda: maintenance.run_reindex(session, node)
    raise NotSupported(kind)


def _explain(session: Session, prepared: Prepared, slots: int, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The plan, or the code, that runs with these parameters; of any parameters where there are none."""
    inner = Prepared(Syntax(prepared.node.args["expression"]), "", prepared.sql)
    if inner.form is Form.COMMAND:
        return []
    inner.is_explained = True
    if len(params) == slots:
        inner.variant(session, session.trees, params)
    compiled = inner.described(session, slots)
    if "PLAN" in prepared.node.this:
        return list(plan_rows(compiled.explain()))
    return list(enumerate(compiled.source_text.splitlines(), 1))
