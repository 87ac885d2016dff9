"""Asking an authorizer what a statement may do (https://www.sqlite.org/c3ref/set_authorizer.html).

It is asked while a statement is compiled, and again when it is compiled anew: for the schema, other types of
parameters, or another authorizer. What commands do is asked when they run. The action codes are SQLite's, and so are
the arguments: two names that depend on the action, the database, and the innermost view or trigger that the access
comes from. What SQLite asks about its own queries of the schema table is asked in part: once for each write that a
change of the schema is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from mantisdb_sql.catalog import TableDef
from mantisdb_sql.errors import SqlError

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["Authorizer", "ReadGuard", "authorize_command"]

Callback = Callable[[int, "str | None", "str | None", "str | None", "str | None"], int]

OK: Final = 0
DENY: Final = 1
IGNORE: Final = 2

ACTIONS: Final = {
    "CREATE_INDEX": 1, "CREATE_TABLE": 2, "CREATE_TEMP_INDEX": 3, "CREATE_TEMP_TABLE": 4, "CREATE_TEMP_TRIGGER": 5,
    "CREATE_TEMP_VIEW": 6, "CREATE_TRIGGER": 7, "CREATE_VIEW": 8, "DELETE": 9, "DROP_INDEX": 10, "DROP_TABLE": 11,
    "DROP_TEMP_INDEX": 12, "DROP_TEMP_TABLE": 13, "DROP_TEMP_TRIGGER": 14, "DROP_TEMP_VIEW": 15, "DROP_TRIGGER": 16,
    "DROP_VIEW": 17, "INSERT": 18, "PRAGMA": 19, "READ": 20, "SELECT": 21, "TRANSACTION": 22, "UPDATE": 23,
    "ATTACH": 24, "DETACH": 25, "ALTER_TABLE": 26, "REINDEX": 27, "ANALYZE": 28, "CREATE_VTABLE": 29, "DROP_VTABLE": 30,
    "FUNCTION": 31, "SAVEPOINT": 32, "RECURSIVE": 33,
}  # fmt: skip


class Authorizer:
    """A callback that answers with 0 (go on), 1 (deny) or 2 (ignore)."""

    def __init__(self, callback: Callback) -> None:
        self._callback = callback

    def answer(
        self, action: str, first: str | None = None, second: str | None = None, database: str | None = None,
        origin: str | None = None,
    ) -> int:
        """What the callback says; SqlError where that is nothing known."""
        answer = self._callback(ACTIONS[action], first, second, database, origin)
        if answer not in (OK, DENY, IGNORE):
            raise SqlError("authorizer malfunction")
        return answer

    def allows(
        self, action: str, first: str | None = None, second: str | None = None, database: str | None = None,
        origin: str | None = None,
    ) -> bool:
        """Whether to go on; False: leave the thing out. SqlError (SQLITE_AUTH) where it is denied."""
        answer = self.answer(action, first, second, database, origin)
        if answer == DENY:
            raise SqlError("not authorized", "SQLITE_AUTH")
        return answer == OK

    def allows_function(self, name: str) -> bool:
        """The same for a call; a denied one is an error of its own."""
        answer = self.answer("FUNCTION", None, name.lower())
        if answer == DENY:
            raise SqlError(f"not authorized to use function: {name}")
        return answer == OK


class ReadGuard:
    """Asks before columns of one table in FROM are read."""

    def __init__(self, authorizer: Authorizer, table: TableDef, origin: str | None) -> None:
        self._authorizer, self._table, self._origin = authorizer, table, origin
        self.was_asked = False

    def allows(self, position: int) -> bool:
        """Whether a column (-1: the rowid) is read; False: it is NULL."""
        table = self._table
        position = position if position >= 0 or table.rowid_alias is None else table.rowid_alias
        name = "ROWID" if position < 0 else table.columns[position].name
        self.was_asked = True
        answer = self._authorizer.answer("READ", table.name, name, table.database, self._origin)
        if answer == DENY:
            place = "" if table.database == "main" else f"{table.database}."
            raise SqlError(f"access to {place}{table.name}.{name} is prohibited", "SQLITE_AUTH")
        return answer == OK

    def finish(self) -> None:
        """Tell of a table of which nothing is read."""
        if not self.was_asked:
            self._authorizer.allows("READ", self._table.name, "", None, self._origin)


# ---------------------------------------------------------------------------------------------------- commands


def authorize_command(authorizer: Authorizer, session: Session, node: Any) -> bool:
    """Ask about a statement that is neither a query nor a change of rows; False: it is to do nothing."""
    return all(authorizer.allows(*question) for question in _questions(session, node))


_Question = tuple["str | None", ...]


def _questions(session: Session, node: Any) -> list[Any]:
    if isinstance(node, exp.Create):
        return _of_create(session, node)
    if isinstance(node, exp.Drop):
        return _of_drop(session, node)
    if isinstance(node, exp.Transaction | exp.Commit):
        return [("TRANSACTION", "BEGIN" if isinstance(node, exp.Transaction) else "COMMIT")]
    if isinstance(node, exp.Rollback):
        savepoint = node.args.get("savepoint")
        return [("TRANSACTION", "ROLLBACK") if savepoint is None else ("SAVEPOINT", "ROLLBACK", savepoint.name)]
    if isinstance(node, exp.Pragma):
        return [("PRAGMA", node.meta["name"], node.meta.get("value"), node.meta.get("schema"))]
    if isinstance(node, exp.Alter):
        database = node.this.args.get("db")
        seen = session.catalog().of(None if database is None else database.name)
        table = None if seen is None else seen.table(node.this.name)
        return [] if table is None else [("ALTER_TABLE", table.database, table.name)]
    if isinstance(node, exp.Attach):
        return [("ATTACH", node.this.this.name or None)]
    if isinstance(node, exp.Detach):
        return [("DETACH", node.this.name)]
    if isinstance(node, exp.Analyze):
        catalog = session.catalog()
        return [("ANALYZE", t.name, None, t.database) for t in catalog.all_tables() if not t.name.startswith("sqlite_")]
    if isinstance(node, exp.Command) and node.this in ("SAVEPOINT", "RELEASE"):
        return [("SAVEPOINT", "BEGIN" if node.this == "SAVEPOINT" else "RELEASE", node.expression.name)]
    if isinstance(node, exp.Command) and node.this == "REINDEX":
        return [("REINDEX", index.name, None, index.database) for index in session.catalog().indexes.values()]
    return []


def _of_create(session: Session, node: exp.Create) -> list[Any]:
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    kind = str(node.args["kind"])
    database = target.args.get("db")
    table = None
    if kind == "INDEX":
        table = node.this.args["table"].name
    elif kind == "TRIGGER":
        table = node.args["properties"].expressions[0].args["table"].name
    place = "temp" if node.meta.get("temporary") else "main" if database is None else database.name.lower()
    temp = "TEMP_" if place == "temp" else ""
    schema = "sqlite_temp_master" if temp else "sqlite_master"
    name = target.this.name if kind == "INDEX" else target.name
    return [("INSERT", schema, None, place), (f"CREATE_{temp}{kind.replace(' ', '_')}", name, table, place)]


def _of_drop(session: Session, node: exp.Drop) -> list[Any]:
    target, kind = node.args["tables"][0], str(node.args["kind"])
    database = target.args.get("db")
    catalog = session.catalog().of(None if database is None else database.name)
    if catalog is None:
        return []
    name = target.name.lower()
    kinds: dict[str, dict[str, Any]] = {
        "TABLE": catalog.tables, "VIEW": catalog.views, "INDEX": catalog.indexes,
        "TRIGGER": {trigger.name.lower(): trigger for trigger in catalog.triggers.values()},
    }
    found = kinds[kind].get(name)
    if found is None:
        return []
    place, owner = found.database, getattr(found, "table", None)
    temp = "TEMP_" if place == "temp" else ""
    schema = "sqlite_temp_master" if temp else "sqlite_master"
    questions = [("DELETE", schema, None, place), (f"DROP_{temp}{kind}", found.name, owner, place)]
    return [*questions, ("DELETE", found.name, None, place)] if kind in ("TABLE", "VIEW") else questions
