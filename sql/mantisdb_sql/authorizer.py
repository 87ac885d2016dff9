"""Asking an authorizer what a statement may do (https://www.sqlite.org/c3ref/set_authorizer.html).

It is asked while a statement is compiled, and again when it is compiled anew: for the schema, other types of
parameters, or another authorizer. What commands do is asked when they run. The action codes are SQLite's, and so are
the arguments: two names that depend on the action, the database, and the innermost view or trigger
(or table of WITH) that the access comes from. What SQLite asks about its own queries of the schema table is asked in
part: once for each write that a change of the schema is. Expressions of the schema are not asked about when rows are
written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlglot import exp

from mantisdb_sql.catalog.definitions import TableDef, stored_name
from mantisdb_sql.errors import SqlError
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["AnsweredBefore", "Authorizer", "ReadGuard", "TriggerAuthorizer", "UnaskedQuery", "authorize_command"]

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


Question = tuple[str, "str | None", "str | None", "str | None", "str | None"]


class Authorizer:
    """A callback that answers with 0 (go on), 1 (deny) or 2 (ignore).

    ignored  what it has said of triggers that is to be left out. It is asked of them when a statement is compiled that
             fires them; their own statements are compiled later, and ask :class:`AnsweredBefore`.
    """

    def __init__(self, callback: Callback) -> None:
        self._callback = callback
        self.ignored: set[Question] = set()

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

    def allows_function(self, name: str, origin: str | None) -> bool:
        """The same for a call; a denied one is an error of its own."""
        answer = self.answer("FUNCTION", None, lower_ascii(name), None, origin)
        if answer == DENY:
            raise SqlError(f"not authorized to use function: {name}")
        return answer == OK


class TriggerAuthorizer(Authorizer):
    """Asks about a trigger's statements, which are compiled again when they run, and remembers what to leave out."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._callback, self.ignored = authorizer._callback, authorizer.ignored

    def answer(
        self, action: str, first: str | None = None, second: str | None = None, database: str | None = None,
        origin: str | None = None,
    ) -> int:
        """See :class:`Authorizer`."""
        question = (action, first, second, database, origin)
        answer = super().answer(*question)
        self.ignored.discard(question)
        if answer == IGNORE:
            self.ignored.add(question)
        return answer


class AnsweredBefore(Authorizer):
    """Answers for a trigger's statements as the callback has answered already."""

    def __init__(self, authorizer: Authorizer) -> None:
        self.ignored = authorizer.ignored

    def answer(
        self, action: str, first: str | None = None, second: str | None = None, database: str | None = None,
        origin: str | None = None,
    ) -> int:
        """See :class:`Authorizer`."""
        return IGNORE if (action, first, second, database, origin) in self.ignored else OK


class UnaskedQuery(Authorizer):
    """Does not ask about the first query: WHEN and the VALUES of one row are queries here, and none to SQLite."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer, self.ignored = authorizer, authorizer.ignored
        self._is_first = True

    def answer(
        self, action: str, first: str | None = None, second: str | None = None, database: str | None = None,
        origin: str | None = None,
    ) -> int:
        """See :class:`Authorizer`."""
        if self._is_first and action == "SELECT":
            self._is_first = False
            return OK
        return self._authorizer.answer(action, first, second, database, origin)


class ReadGuard:
    """Asks before columns of one table or view in FROM are read."""

    def __init__(
        self, authorizer: Authorizer, name: str, database: str, columns: Sequence[str], rowid_alias: int | None,
        origin: str | None, heeds: bool = True,
    ) -> None:  # fmt: skip
        self._heeds = heeds  # False: what is to be ignored is read all the same
        self._authorizer, self._origin = authorizer, origin
        self._name, self._database, self._columns, self._rowid_alias = name, database, columns, rowid_alias
        self._reads_column = False
        self.written: tuple[str, str | None] = name, None  # how the statement calls it, and its database

    @staticmethod
    def of(authorizer: Authorizer, table: TableDef, origin: str | None, heeds: bool = True) -> ReadGuard:
        """The guard of a table."""
        names = [column.name for column in table.columns]
        return ReadGuard(authorizer, stored_name(table), table.database, names, table.rowid_alias, origin, heeds)

    def allows(self, position: int) -> bool:
        """Whether a column (-1: the rowid) is read; False: it is NULL."""
        position = position if position >= 0 or self._rowid_alias is None else self._rowid_alias
        name = "ROWID" if position < 0 else self._columns[position]
        self._reads_column = self._reads_column or (position >= 0 and position != self._rowid_alias)
        answer = self._authorizer.answer("READ", self._name, name, self._database, self._origin)
        if answer == DENY:
            place = "" if self._database == "main" else f"{self._database}."
            raise SqlError(f"access to {place}{self._name}.{name} is prohibited", "SQLITE_AUTH")
        return answer == OK or not self._heeds

    def finish(self) -> None:
        """Tell of a table of which no column is read, or only the rowid."""
        if not self._reads_column:
            self._authorizer.allows("READ", self.written[0], "", self.written[1], self._origin)


# ---------------------------------------------------------------------------------------------------- commands


def authorize_command(authorizer: Authorizer, session: Session, node: Any) -> bool:
    """Ask about a statement that is neither a query nor a change of rows; False: it is to do nothing."""
    return all(_allows(authorizer, *question) for question in _questions(session, node))


def _allows(authorizer: Authorizer, action: str, first: Any, second: Any = None, *rest: str | None) -> bool:
    if action == "FUNCTION":
        return authorizer.allows_function(second, None)
    if action != "READ":
        return authorizer.allows(action, first, second, *rest)
    return ReadGuard(authorizer, first, rest[0] or "main", [second], None, None).allows(0)


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
        drops = [each for each in node.args["actions"] if isinstance(each, exp.Drop) and each.args.get("tables")]
        dropped = drops[0].args["tables"][0].name if drops else None
        return [] if table is None else [("ALTER_TABLE", table.database, table.name, dropped)]
    if isinstance(node, exp.Attach):
        return [("ATTACH", _plain_name(node.this.this))]
    if isinstance(node, exp.Detach):
        return [("DETACH", _plain_name(node.this))]
    if isinstance(node, exp.Analyze):
        return [("ANALYZE", table.name, None, table.database) for table in _analyzed(session, node)]
    if isinstance(node, exp.Command) and node.this in ("SAVEPOINT", "RELEASE"):
        return [("SAVEPOINT", "BEGIN" if node.this == "SAVEPOINT" else "RELEASE", node.expression.name)]
    if isinstance(node, exp.Command) and node.this == "REINDEX":
        from mantisdb_sql.ddl.maintenance import reindexed

        return [("REINDEX", index.name, None, index.database) for index in reindexed(session, node)]
    return []


def _plain_name(node: Any) -> str | None:
    """What a name or a string says; None: it has to be computed."""
    return node.name or None if isinstance(node, exp.Column | exp.Identifier | exp.Literal) else None


def _of_create(session: Session, node: exp.Create) -> list[Any]:
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    kind = str(node.args["kind"])
    database = target.args.get("db")
    table = None
    if kind == "INDEX":
        if lower_ascii(target.this.name) in session.catalog().indexes:
            return []
        table = node.this.args["table"].name
    elif kind == "TRIGGER":
        table = node.args["properties"].expressions[0].args["table"].name
    place = "temp" if node.meta.get("temporary") else "main" if database is None else lower_ascii(database.name)
    if kind == "INDEX" and database is None:
        owner = session.catalog().table(table or "")
        place = place if owner is None else owner.database
    if kind == "TRIGGER" and node.args.get("exists"):
        catalog = session.catalog().of(place)
        if catalog is not None and lower_ascii(target.name) in catalog.triggers:
            return []
    temp = "TEMP_" if place == "temp" else ""
    schema = "sqlite_temp_master" if temp else "sqlite_master"
    name = target.this.name if kind == "INDEX" else target.name
    questions: list[Any] = [("INSERT", schema, None, place)]
    questions.append((f"CREATE_{temp}{kind.replace(' ', '_')}", name, table, place))
    if kind == "INDEX":
        parameters = node.this.args["params"]
        names = [term.this.name for term in parameters.args["columns"] if isinstance(term.this, exp.Identifier)]
        names += [column.name for column in parameters.find_all(exp.Column)]
        questions += [("READ", table, column, place) for column in names]
        questions += [("FUNCTION", None, lower_ascii(call.name)) for call in parameters.find_all(exp.Anonymous)]
        questions += [("INSERT", schema, None, place), ("REINDEX", name, None, place)]
    elif kind == "TABLE" and isinstance(node.this, exp.Schema):
        for index in _automatic(node, name):
            if not index.is_key:
                questions.append(("INSERT", schema, None, place))
            questions.append((f"CREATE_{temp}INDEX", index.name, name, place))
            questions += [("READ", name, column, place) for column in index.names]
        for checked in node.this.find_all(exp.CheckColumnConstraint, exp.ComputedColumnConstraint):
            questions += [("READ", name, column.name, place) for column in checked.find_all(exp.Column)]
            questions += [("FUNCTION", None, lower_ascii(call.name)) for call in checked.find_all(exp.Anonymous)]
    return questions


class _Automatic(NamedTuple):
    name: str
    names: list[str]
    is_key: bool  # of a WITHOUT ROWID table


def _automatic(node: exp.Create, name: str) -> list[_Automatic]:
    """The indexes that a table's constraints make; none if the table cannot be."""
    from mantisdb_sql.catalog.schema_tree import define_table

    try:
        table = define_table(node, name, 0)
    except SqlError:
        return []
    return [
        _Automatic(i.name, [table.columns[c.position].name for c in i.columns], i is table.key_index)
        for i in reversed(table.indexes)
    ]


def _analyzed(session: Session, node: exp.Analyze) -> Iterator[TableDef]:
    """The tables that ANALYZE looks at."""
    names = {lower_ascii(target.name) for target in node.args.get("tables") or ()}
    for table in reversed(list(session.catalog().all_tables())):
        known = {lower_ascii(table.name), table.database, *(lower_ascii(index.name) for index in table.indexes)}
        if not table.name.startswith("sqlite_") and (known & names if names else table.database != "temp"):
            yield table


def _of_drop(session: Session, node: exp.Drop) -> list[Any]:
    target, kind = node.args["tables"][0], str(node.args["kind"])
    database = target.args.get("db")
    catalog = session.catalog().of(None if database is None else database.name)
    if catalog is None:
        return []
    name = lower_ascii(target.name)
    kinds: dict[str, dict[str, Any]] = {
        "TABLE": catalog.tables, "VIEW": catalog.views, "INDEX": catalog.indexes,
        "TRIGGER": {lower_ascii(trigger.name): trigger for trigger in catalog.triggers.values()},
    }
    found = kinds[kind].get(name)
    if found is None:
        return []
    place, owner = found.database, getattr(found, "table", None)
    temp = "TEMP_" if place == "temp" else ""
    schema = "sqlite_temp_master" if temp else "sqlite_master"
    questions = [("DELETE", schema, None, place), (f"DROP_{temp}{kind}", found.name, owner, place)]
    if kind not in ("TABLE", "VIEW"):
        return questions
    questions.append(("DELETE", found.name, None, place))
    for trigger in reversed(list(session.catalog().triggers.values())):
        if trigger.table == name and trigger.database in (place, "temp"):
            temp = "TEMP_" if trigger.database == "temp" else ""
            questions.append((f"DROP_{temp}TRIGGER", trigger.name, found.name, trigger.database))
            questions.append(("DELETE", f"sqlite_{lower_ascii(temp)}master", None, trigger.database))
    return questions
