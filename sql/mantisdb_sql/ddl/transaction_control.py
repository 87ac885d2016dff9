"""BEGIN, COMMIT, ROLLBACK, SAVEPOINT and RELEASE as statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["run_transaction_statement", "transaction_kind"]


def transaction_kind(node: exp.Expr) -> str | None:
    """The statement's kind, or None when it is no transaction control."""
    if isinstance(node, exp.Transaction):
        return "BEGIN"
    if isinstance(node, exp.Commit):
        return "COMMIT"
    if isinstance(node, exp.Rollback):
        return "ROLLBACK"
    if isinstance(node, exp.Command) and node.this in ("SAVEPOINT", "RELEASE"):
        return str(node.this)
    return None


def run_transaction_statement(session: Session, node: Any) -> None:
    """Do what the statement says."""
    if isinstance(node, exp.Transaction):
        session.begin(node.this or "DEFERRED")
    elif isinstance(node, exp.Commit):
        session.commit()
    elif isinstance(node, exp.Rollback):
        savepoint = node.args.get("savepoint")
        if savepoint is None:
            session.rollback()
        else:
            session.rollback_to(savepoint.name)
    elif node.this == "SAVEPOINT":
        session.savepoint(node.expression.name)
    else:
        session.release(node.expression.name)
