"""Triggers (https://www.sqlite.org/lang_createtrigger.html): from CREATE TRIGGER to functions that fire.

The body's statements, and WHEN as a query of its own, are statements like any other: they are parsed from the text in
the schema, with each ``NEW.x`` and ``OLD.x`` made a parameter, and compiled for the types that these turn out to have
(:class:`mantisdb_sql.statements.prepared.Prepared`). A *program* is a trigger's statements, prepared for one session
and for the OR clause of the statement that fires it, which takes the place of their own (a DELETE has none to hand on).
It is made when it is first needed; that all of it compiles is looked at beforehand, when the statement is compiled that
may fire it, as SQLite does.

The newest trigger fires first. A trigger that is at work is not fired again, unless ``PRAGMA recursive_triggers`` is
on. Within a program ``changes()`` tells of its statements and ``last_insert_rowid()`` of its rows; both are what they
were when it has ended, while ``total_changes()`` counts on.

NEW and OLD bring their column's collation into a comparison, but no affinity unless they are a rowid, as in SQLite. A
BEFORE INSERT trigger sees -1 as the rowid that is not known yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_engine.operations import WIDEN
from mantisdb_sql.authorizer import AnsweredBefore, Authorizer, ReadGuard, TriggerAuthorizer, UnaskedQuery
from mantisdb_sql.binding.scope import ROWID_NAMES
from mantisdb_sql.catalog.definitions import Catalog, TableDef, TriggerDef
from mantisdb_sql.codegen.rowids import last_autoincrement, note_autoincrement
from mantisdb_sql.codegen.triggers import Fire, Fires
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import ConstraintError, SqlError, StalePlan
from mantisdb_sql.functions.definition import FunctionDef
from mantisdb_sql.room import Room, with_room
from mantisdb_sql.syntax.parsed_text import Syntax
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.ascii_case import lower_ascii
from mantisdb_sql.values.rules import to_text
from mantisdb_sql.values.storage import ANY, Affinity

if TYPE_CHECKING:
    from mantisdb_sql.binding.mentions import Mentions
    from mantisdb_sql.session import Session

__all__ = [
    "RAISE", "RowShape", "Step", "Substitution", "TriggerState", "define_trigger", "fires_of",
    "noting_sequences", "table_shape", "try_change", "visible_to",
]

_NESTED_FRAMES = 16
"""Python's frames for one trigger that fires another."""
_KINDS = {exp.Insert: "INSERT", exp.Update: "UPDATE", exp.Delete: "DELETE"}
_MAX_PROGRAMS = 512


class RowIgnored(Exception):
    """RAISE(IGNORE): nothing more is done to the row whose trigger this was."""


def _raise(action: str, message: Any) -> None:
    if action == "IGNORE":
        raise RowIgnored
    text = "" if message is None else to_text(message)
    raise ConstraintError(text, "SQLITE_CONSTRAINT_TRIGGER", action)


RAISE = FunctionDef("raise", 2, 2, _raise, deterministic=False)
"""RAISE(action, message), within a trigger."""


# ------------------------------------------------------------------------------------------------- definition


def define_trigger(create: exp.Create, name: str, table: str, sql: str) -> TriggerDef:
    """The trigger that a CREATE TRIGGER statement describes; without a timing it is a BEFORE trigger."""
    properties = create.args["properties"].expressions[0]
    event = properties.args["events"][0]
    columns = event.args.get("columns")
    names = None if columns is None else frozenset(lower_ascii(identifier.name) for identifier in columns)
    timing = properties.args.get("timing") or "BEFORE"
    database = properties.args["table"].args.get("db")
    on = None if database is None else lower_ascii(database.name)
    return TriggerDef(name, lower_ascii(table), timing, event.args["this"].upper(), names, sql, on=on)


@dataclass(slots=True)
class RowShape:
    """The rows that NEW and OLD stand for: of a table or a view."""

    name: str
    positions: dict[str, int]
    collations: list[str | None]
    has_rowid: bool
    rowid_alias: int | None = None
    database: str = "main"
    table: TableDef | None = None  # None: a view
    names: Sequence[str] = ()  # of the columns, as they are written

    @property
    def identity(self) -> Hashable:
        """What is another where the columns are others."""
        return self.table or (self.name, tuple(self.positions), tuple(self.collations))

    @property
    def width(self) -> int:
        """How many values a row has, its rowid included."""
        return len(self.collations) + 1


def table_shape(table: TableDef) -> RowShape:
    """A table's rows."""
    collations: list[str | None] = [column.collation for column in table.columns]
    has_rowid, alias = not table.without_rowid, table.rowid_alias
    names = [column.name for column in table.columns]
    return RowShape(table.name, table.positions, collations, has_rowid, alias, table.database, table, names)


# --------------------------------------------------------------------------------------------- NEW and OLD


@dataclass(slots=True)
class Step:
    """A statement of a trigger, and which values of the row are its parameters."""

    node: Any
    sql: str
    picks: list[int] = field(default_factory=list)

    def values(self, hidden: Collection[int] = ()) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
        """The parameters, from all values of a row; those ``hidden`` are NULL."""
        if hidden:
            seen = [None if pick in hidden else pick for pick in self.picks]
            return lambda values: tuple([None if pick is None else values[pick] for pick in seen])
        if not self.picks:
            return lambda values: ()
        if len(self.picks) == 1:
            return itemgetter(slice(self.picks[0], self.picks[0] + 1))
        return itemgetter(*self.picks)


class Substitution:
    """NEW and OLD as parameters of one statement.

    A query may have tables of these names as well. Their columns come first; which these are the binder knows, so that
    such a parameter carries the column that it may be (``meta["column"]``), and what to note if it is not.
    """

    def __init__(self, step: Step, shape: RowShape, event: str, mentions: Mentions | None = None) -> None:
        self._step, self._shape, self._mentions = step, shape, mentions
        offset = shape.width if event == "UPDATE" else 0
        self._offsets = {"INSERT": {"new": 0}, "DELETE": {"old": 0}}.get(event, {"old": 0, "new": offset})

    def apply(self, item: Any, tables: Collection[str] = ()) -> Any:
        """``item`` with its columns of NEW and OLD replaced, everywhere within; ``tables`` of these names are in FROM
        of the query around it."""
        if isinstance(item, exp.Column):
            table = item.args.get("table")
            if table is not None and lower_ascii(table.name) in ("new", "old"):
                return self._parameter(item, table.name, lower_ascii(table.name) in tables)
        if isinstance(item, exp.Expr):
            if isinstance(item, _QUERIES):
                tables = _called_new_or_old(item)
            for key, value in item.args.items():
                item.args[key] = self.apply(value, tables)
        elif isinstance(item, list):
            item[:] = [self.apply(value, tables) for value in item]
        elif isinstance(item, tuple):
            return tuple([self.apply(value, tables) for value in item])
        return item

    def _parameter(self, column: exp.Column, which: str, is_doubtful: bool) -> exp.Expr:
        shape, name = self._shape, column.name
        offset = self._offsets.get(lower_ascii(which))
        position = shape.positions.get(lower_ascii(name))
        if position is None and lower_ascii(name) in ROWID_NAMES and shape.has_rowid:
            position = len(shape.collations)
        if position is None or offset is None:
            return column  # which is an error as soon as somebody looks for it
        pick, picks = offset + position, self._step.picks
        if pick not in picks:
            picks.append(pick)
        note: Callable[[], None] | None = None
        if self._mentions is not None and shape.table is not None:
            is_rowid = position == len(shape.collations)
            alias = -1 if shape.rowid_alias is None else shape.rowid_alias
            note = partial(self._mentions.note, column.this, shape.table, alias if is_rowid else position)
        node = exp.Placeholder()
        node.meta["index"] = picks.index(pick) + 1
        if is_doubtful:
            node.meta["column"], node.meta["note"] = column, note
        elif note is not None:
            note()
        if position == len(shape.collations) or position == shape.rowid_alias:
            node.meta["affinity"] = Affinity.INTEGER
        else:
            node.meta["collation"] = shape.collations[position]
        return node


_QUERIES = (exp.Select, exp.Update, exp.Delete, exp.Insert, exp.Union, exp.Except, exp.Intersect, exp.Values)


def _called_new_or_old(query: Any) -> set[str]:
    """Those of these names that tables in FROM of a query, or the table that a statement changes, have."""
    found = set()
    stack = [query.args.get("from_"), *(query.args.get("joins") or ())]
    if isinstance(query, exp.Update | exp.Delete | exp.Insert):
        stack.append(query.this)
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Table | exp.Subquery):
            found.add(lower_ascii(node.alias or node.name))
        if isinstance(node, exp.From | exp.Join | exp.Table | exp.Subquery | exp.Schema):
            stack += [node.this, *(node.args.get("joins") or ())]
    return found & {"new", "old"}


def _steps(trigger: TriggerDef, shape: RowShape, action: str | None) -> tuple[Step | None, list[Step]]:
    """WHEN and the body's statements, with NEW and OLD as their parameters and ``action`` as their OR clause."""
    create = parse_statement(trigger.sql).node
    assert create is not None
    properties = create.args["properties"].expressions[0]
    when = None
    if properties.args.get("when") is not None:
        text = "SELECT 1 WHERE 1"
        when = Step(parse_statement(text).node, text)
        when.node.args["where"].args["this"] = properties.args["when"]
        when.node = Substitution(when, shape, trigger.event).apply(when.node)
    steps = []
    for node in properties.args["execute"].expressions:
        step = Step(node, trigger.sql)
        step.node = Substitution(step, shape, trigger.event).apply(node)
        if action is not None and isinstance(node, exp.Insert):
            node.args["alternative"] = action
        elif action is not None and isinstance(node, exp.Update):
            node.meta["conflict"] = action
        steps.append(step)
    return when, steps


# ------------------------------------------------------------------------------------------------- compilation


def fires_of(
    context: CompileContext, shape: RowShape, event: str, action: str | None, written: Sequence[str] = (),
    rather: Callable[[bool], None] | None = None, between: Callable[[], None] | None = None,
) -> Fires | None:
    """What fires when rows of a table or a view are changed; None where there are no triggers.

    action   the OR clause of the statement
    written  the columns that an UPDATE names
    rather   raises what SQLite would rather report than a trigger that does not compile; with True, also what is wrong
             in actions of foreign keys, which come before the AFTER triggers of an INSERT
    between  compiles what of an INSERT comes between its BEFORE and its AFTER triggers
    """
    found = context.schema.triggers_on(shape.name, shape.database, event, written) if context.fires_triggers else []
    if not context.stored_triggers_fire:
        found = [trigger for trigger in found if trigger.database == "temp"]
    before = [trigger for trigger in found if trigger.timing != "AFTER"]
    after = [trigger for trigger in found if trigger.timing == "AFTER"]
    first = before if between is not None else (*before, *after) if event == "INSERT" else found
    _check_all(context, first, shape, action, None if rather is None else partial(rather, False))
    if between is not None:
        between()
        _check_all(context, after, shape, action, None if rather is None else partial(rather, True))
    if not found:
        return None
    return Fires(event, _firing(before, shape, action), _firing(after, shape, action))


def _check_all(
    context: CompileContext, triggers: Sequence[TriggerDef], shape: RowShape, action: str | None,
    rather: Callable[[], None] | None,
) -> None:
    try:
        for trigger in triggers:
            _check(context, trigger, shape, action)
    except SqlError:
        if rather is not None:
            rather()
        raise


def _check(context: CompileContext, trigger: TriggerDef, shape: RowShape, action: str | None) -> None:
    """Compile a trigger's statements, with what they fire, each trigger once for each OR clause."""
    from mantisdb_sql.changes.dml import compile_change
    from mantisdb_sql.query_compiler import compile_select

    checked = context.checked_triggers
    if checked is None or (trigger, action) in checked:
        return
    checked.append((trigger, action))
    when, steps = _steps(trigger, shape, action)
    for step in [*([] if when is None else [when]), *steps]:
        inner = replace(
            context, catalog=visible_to(trigger, context.schema), whole=context.schema, sql=step.sql,
            parameter_classes=[ANY] * len(step.picks), elsewhere=None, parameters=(), in_trigger=True,
            origin=trigger.name, foreign_keys=context.foreign_keys or context.keys_in_triggers,
            authorizer=_asked_by(context, trigger, shape, step, step is when),
        )
        if type(step.node) in _KINDS:
            compile_change(step.node, inner)
        else:
            compile_select(step.node, inner)


def _asked_by(
    context: CompileContext, trigger: TriggerDef, shape: RowShape, step: Step, is_condition: bool
) -> Authorizer | None:
    """Ask the authorizer about what a statement reads of NEW and OLD; whom it is to ask about the rest."""
    if context.authorizer is None:
        return None
    authorizer: Authorizer = TriggerAuthorizer(context.authorizer)
    if is_condition:
        authorizer = UnaskedQuery(authorizer)
    _hidden(step, shape, authorizer, trigger.name)
    return authorizer


def _hidden(step: Step, shape: RowShape, authorizer: Authorizer, trigger: str) -> set[int]:
    """Those values of NEW and OLD that a statement reads and that are to be NULL."""
    guard = ReadGuard(authorizer, shape.name, shape.database, shape.names, shape.rowid_alias, trigger)
    positions = {pick: pick % shape.width for pick in step.picks}
    return {pick for pick, i in positions.items() if not guard.allows(i if i < len(shape.names) else -1)}


def try_change(context: CompileContext, sql: str, table: TableDef) -> None:
    """Compile what a foreign key does to a table, where a trigger may be in its way."""
    from mantisdb_sql.changes.dml import compile_change

    schema = context.schema
    if any(trigger.table == lower_ascii(table.name) for trigger in schema.triggers.values()):
        statement = parse_statement(sql)
        inner = replace(
            context, catalog=schema, sql=sql, parameter_classes=[ANY] * len(statement.parameters), elsewhere=None,
            parameters=(), foreign_keys=False, keys_in_triggers=context.foreign_keys, in_trigger=True,
            fires_triggers=True,
            authorizer=None if context.authorizer is None else TriggerAuthorizer(context.authorizer),
        )
        compile_change(statement.node, inner)


def visible_to(trigger: TriggerDef, schema: Catalog) -> Catalog:
    """What a trigger's statements can name: all there is for a TEMP trigger, else its own database."""
    own = None if trigger.database == "temp" else schema.of(trigger.database)
    return schema if own is None else own


def _firing(triggers: list[TriggerDef], shape: RowShape, action: str | None) -> Fire | None:
    """The function that fires triggers one after the other."""
    if not triggers:
        return None
    each = tuple([_firing_one(trigger, shape, action) for trigger in triggers])
    if len(each) == 1:
        return each[0]

    def fire_all(session: Any, txn: Any, values: tuple[Any, ...], changed: int) -> bool:
        for fire in each:  # noqa: SIM110  - a call through C, and Python 3.12 bounds these where triggers nest
            if not fire(session, txn, values, changed):
                return False
        return True

    return fire_all


def _firing_one(trigger: TriggerDef, shape: RowShape, action: str | None) -> Fire:
    key = trigger, action, shape.identity

    def fire(session: Any, txn: Any, values: tuple[Any, ...], changed: int) -> bool:
        state = session.triggers
        frames = state.frames
        if frames:
            if trigger in frames and not session.settings.get("recursive_triggers"):
                return True
            state.enter(session.functions.limits["trigger_depth"])
            if state.pins:
                state.refuse_pinned(txn)
        program = state.programs.get(key) or state.prepare(session, key, shape)
        changes, rowid = session.changes, session.last_insert_rowid
        frames.append(trigger)
        try:
            program(session, txn, values)
        except RowIgnored:
            return False
        except ConstraintError as error:
            error.changed = changed if error.action == "FAIL" else 0  # type: ignore[attr-defined]
            raise
        finally:
            frames.pop()
            if len(frames) == 1:
                state.leave()
            session.changes, session.last_insert_rowid = changes, rowid
        return True

    return fire


def noting_sequences(run: Callable[..., Any], sequences: list[tuple[int, str]]) -> Callable[..., Any]:
    """``run`` of a statement that fires triggers, and may insert into AUTOINCREMENT tables, it itself or they: all of
    them go on from the greatest rowid that any has used, and it is noted in sqlite_sequence when the statement has come
    to its end, though nothing may have fired."""
    tables = tuple(dict.fromkeys(sequences))

    def noting(session: Any, txn: Any, params: Sequence[Any]) -> Any:
        high = session.triggers.high
        own = [table for table in tables if table not in high]  # others are the concern of the statement around it
        for tree_id, table in own:
            high[tree_id, table] = last_autoincrement(txn, tree_id, table)
        try:
            result = run(session, txn, params)
            for tree_id, table in own:
                note_autoincrement(txn, tree_id, table, high[tree_id, table])
        finally:
            for each in own:
                del high[each]
        return result

    return noting


# ----------------------------------------------------------------------------------------------------- running

Program = Callable[[Any, Any, tuple[Any, ...]], None]
ProgramKey = tuple[TriggerDef, str | None, Hashable]


class TriggerState:
    """The triggers of a session.

    frames    those at work, the innermost last
    high      the greatest rowids of AUTOINCREMENT tables, while a statement is at work whose triggers may insert there,
              by the tree of sqlite_sequence and the table's name
    pins      (tree, number of operations) of tables that must not be written to since then, see :meth:`pinning`
    programs  by trigger, OR clause and rows, which ALTER TABLE gives other columns while a TEMP trigger stays what it
              is; to be cleared when plans are to be made anew
    """

    __slots__ = ("_room", "frames", "high", "pins", "programs")

    def __init__(self) -> None:
        self.frames: list[TriggerDef] = []
        self.high: dict[tuple[int, str], int] = {}
        self.pins: list[tuple[int, int]] = []
        self.programs: dict[ProgramKey, Program] = {}
        self._room: Room | None = None

    def enter(self, most: int) -> None:
        """A trigger fires another. The first one that does gets room on the stack for all that may follow."""
        if len(self.frames) >= most:
            raise SqlError("triggers nested too deep")
        if len(self.frames) == 1 and self._room is None:
            self._room = Room(most * _NESTED_FRAMES)
            self._room.__enter__()

    def leave(self) -> None:
        """All that the outermost trigger has fired has ended."""
        if self._room is not None:
            self._room.__exit__(None, None, None)
            self._room = None

    @contextmanager
    def pinning(self, txn: Any, tree_id: int) -> Iterator[None]:
        """Whoever writes to the table within is refused: SQLite holds the row of an UPDATE fast while triggers fire for
        a row that was in its way (SQLITE_CONSTRAINT_PINNED)."""
        self.pins.append((tree_id, len(txn.operations)))
        try:
            yield
            self.refuse_pinned(txn)
        finally:
            self.pins.pop()

    def refuse_pinned(self, txn: Any) -> None:
        """Refuse what was written to pinned tables. It is asked behind every statement of a trigger, and before a row
        that it has written fires others."""
        for tree_id, mark in self.pins:
            if any(op[1] == tree_id and op[0] != WIDEN for op in txn.operations[mark:]):
                raise ConstraintError("constraint failed", "SQLITE_CONSTRAINT_PINNED")

    def prepare(self, session: Session, key: ProgramKey, shape: RowShape) -> Program:
        """The program of a trigger; kept."""
        if len(self.programs) >= _MAX_PROGRAMS:
            self.programs.clear()
        program = self.programs[key] = with_room(_program, session, key, shape)
        return program


def _program(session: Session, key: ProgramKey, shape: RowShape) -> Program:
    trigger, action, _ = key
    when, steps = _steps(trigger, shape, action)
    body = []
    for number, step in enumerate(steps, 1):
        statement, values = _prepared(session, step, trigger, shape, (key, number))
        body.append(_step_runner(statement, values, type(step.node) in _KINDS))
    if when is None and len(body) == 1:
        return body[0]
    condition = None
    if when is not None:
        condition = _prepared(session, when, trigger, shape, (key, 0), is_condition=True)

    def program(session: Any, txn: Any, values: tuple[Any, ...]) -> None:
        if condition is not None and not condition[0].run_inside(txn, condition[1](values)):
            return
        for run in body:
            run(session, txn, values)

    return program


def _step_runner(
    statement: Any, parameters: Callable[[tuple[Any, ...]], tuple[Any, ...]], is_change: bool
) -> Program:
    """What runs one statement of a program."""
    prepared = statement.prepared

    def change(session: Any, txn: Any, values: tuple[Any, ...]) -> None:
        mark = len(txn.operations)
        try:
            count = prepared.hot(session, txn, parameters(values))
        except StalePlan:
            txn.undo_to(mark)
            count = statement.run_inside(txn, parameters(values))
        if session.triggers.pins:
            session.triggers.refuse_pinned(txn)
        session.changes = count
        session.total_changes += count

    def ask(session: Any, txn: Any, values: tuple[Any, ...]) -> None:
        statement.run_inside(txn, parameters(values))

    return change if is_change else ask


def _prepared(
    session: Session, step: Step, trigger: TriggerDef, shape: RowShape, identity: Hashable, *,
    is_condition: bool = False,
) -> tuple[Any, Callable[[tuple[Any, ...]], tuple[Any, ...]]]:
    """A statement of a trigger, and its parameters."""
    from mantisdb_sql.statements.maker import make_statement
    from mantisdb_sql.statements.prepared import Prepared

    hidden: set[int] = set()
    authorizer: Authorizer | None = None
    if session.authorizer is not None:
        authorizer = AnsweredBefore(session.authorizer)
        hidden = _hidden(step, shape, authorizer, trigger.name)
        authorizer = UnaskedQuery(authorizer) if is_condition else authorizer

    prepared = Prepared(Syntax(step.node), _KINDS.get(type(step.node), "SELECT"), step.sql, identity)
    prepared.in_trigger = True
    prepared.origin, prepared.answers = trigger.name, authorizer
    prepared.database = None if trigger.database == "temp" else trigger.database
    statement = make_statement(session, prepared, step.sql, len(step.sql), (None,) * len(step.picks))
    return statement, step.values(hidden)
