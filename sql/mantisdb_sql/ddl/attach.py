"""ATTACH and DETACH (https://www.sqlite.org/lang_attach.html): databases that a session has beside its own.

Who opens and closes files is the session's ``files``, since what a name means (URIs, files that this process has open
already) is the DB-API's matter. Both statements also work in a transaction, which takes the new database in; one that
it has written to stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sqlglot import exp

from mantisdb_engine.composite import SLOT_SHIFT, CompositeTransaction
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.syntax.parsed_text import Syntax
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.rules import to_text
from mantisdb_sql.values.storage import ANY

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["Files", "constant_argument", "detach_database", "exchange_database", "run_attach", "run_detach"]

_FIRST_SLOT = 2


class Files(Protocol):
    """Databases by name."""

    def open(self, name: str) -> tuple[Any, bool]:
        """The engine's database that a name means, opened or made, and whether it is for reading only; SqlError where
        that cannot be."""

    def create(self, name: str) -> Any:
        """A new database in a file that is not there yet, or empty; SqlError where that cannot be."""

    def release(self, database: Any) -> None:
        """It is not used any more."""


def constant_argument(session: Session, node: Any, params: Sequence[Any], *, names: bool = True) -> Any:
    """The value of an expression that reads no row; a name stands for itself (``names``)."""
    from mantisdb_sql.query_compiler import compile_select
    from mantisdb_sql.statements.prepared import Prepared

    if names and isinstance(node, exp.Column) and not node.args.get("table"):
        return node.name
    text = "SELECT 1"
    select: Any = parse_statement(text).node
    select.args["expressions"] = [node]
    trees = session.trees
    context = Prepared(Syntax(select), "SELECT", text).context(session, trees, [ANY] * len(params))
    context.elsewhere = context.authorizer = None
    return compile_select(select, context).rows(trees, params)[0][0]


def _text(session: Session, node: Any, params: Sequence[Any]) -> str:
    value = constant_argument(session, node, params)
    return "" if value is None else str(to_text(value))


def run_attach(session: Session, node: Any, params: Sequence[Any]) -> None:
    """ATTACH file AS name [KEY key]; as in SQLite, which has no encryption either, the key is evaluated and means
    nothing."""
    from mantisdb_sql.ddl.create_drop import refuse_foreign_texts

    path, name = _text(session, node.this.this, params), _text(session, node.this.args["alias"], params)
    if node.args.get("key") is not None:
        constant_argument(session, node.args["key"], params)
    most = session.functions.limits["attached"]
    if len(session.slots.keys() - {"main", "temp"}) >= most:
        raise SqlError(f"too many attached databases - max {most}")
    if lower_ascii(name) in session.slots or lower_ascii(name) in ("main", "temp"):
        raise SqlError(f"database {name} is already in use")
    if session.files is None:
        raise NotSupported("ATTACH in a session without files")
    database, read_only = session.files.open(path)
    slot = session.next_slot = max(session.next_slot + 1, _FIRST_SLOT)
    session.add_database(name, slot, database, read_only=read_only)
    catalog = session.catalog().of(name)
    assert catalog is not None
    try:
        refuse_foreign_texts(session, catalog)
    except SqlError:
        if isinstance(session.transaction, CompositeTransaction):
            session.transaction.leave(slot)
        detach_database(session, lower_ascii(name))
        raise


def run_detach(session: Session, node: Any, params: Sequence[Any]) -> None:
    """DETACH name."""
    name = _text(session, node.this, params)
    if lower_ascii(name) not in session.slots:
        raise SqlError(f"no such database: {name}")
    if lower_ascii(name) in ("main", "temp"):
        raise SqlError(f"cannot detach database {name}")
    txn = session.transaction
    slot = session.slots[lower_ascii(name)]
    if isinstance(txn, CompositeTransaction):
        if any(op[1] >> SLOT_SHIFT == slot for op in txn.operations):
            raise SqlError(f"database {name} is locked")
        txn.leave(slot)
    detach_database(session, lower_ascii(name))


def exchange_database(session: Session, name: str, database: Any) -> None:
    """Leave an attached database, by its name in lower case, for another one under the same name."""
    slot, label = session.slots[name], session.labels[name]
    detach_database(session, name)
    session.add_database(label, slot, database)


def detach_database(session: Session, name: str) -> None:
    """Let go of an attached database, by its name in lower case."""
    database = session.remove_database(name)
    if session.files is not None:
        session.files.release(database)
