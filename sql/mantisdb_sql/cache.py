"""The statement cache of a session, and what the sessions of one database share.

A statement is found by its text, or else by its *shape*: the text with its literals taken out
(:func:`mantisdb_sql.syntax.lexer.shape`). Statements of one shape share one
:class:`mantisdb_sql.statements.prepared.Prepared`, with the literals of their text as further parameters, except for
literals that must stay constants (:mod:`mantisdb_sql.syntax.literals`): statements that differ in those are told
apart by their values. An INSERT of many rows of literals (:mod:`mantisdb_sql.changes.literal_rows`) is data for its
one-row form, and so is one of many rows of parameters (:mod:`mantisdb_sql.changes.parameter_rows`).

Both maps are bounded and drop what was put in first. What depends on the text alone (its AST, which literals
can be lifted) is kept for the whole process, for programs that open a connection for each piece of work.
"""

from __future__ import annotations

import re
import threading
import weakref
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot import exp

from mantisdb_sql.catalog.definitions import Catalog, TableDef
from mantisdb_sql.catalog.schema_tree import build_catalog, extended_catalog
from mantisdb_sql.changes.literal_rows import literal_rows
from mantisdb_sql.changes.parameter_rows import ParameterRows, parameter_rows
from mantisdb_sql.errors import SqlError
from mantisdb_sql.statements.maker import make_statement
from mantisdb_sql.statements.prepared import Prepared
from mantisdb_sql.statements.rows import RowsStatement
from mantisdb_sql.statements.statement import Statement
from mantisdb_sql.syntax.lexer import Tokens, shape
from mantisdb_sql.syntax.literals import MAX_LIFTED, liftable
from mantisdb_sql.syntax.parsed_text import ParsedText
from mantisdb_sql.syntax.parser import ParsedStatement, parse_statement

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["SharedSchema", "StatementCache"]

MAX_TEXTS = 512
MAX_SHAPES = 512
MAX_TEXT_LENGTH = 20_000
MAX_CATALOGS = 4
MAX_PARSED = 256
MAX_OBJECTS = 50_000
"""How many tables and indexes all catalogs have together that are kept: one for each step of making a schema, for
databases that are made again."""
MIN_ROWS_LENGTH = 100
"""A shorter INSERT is not worth a look at whether it is mere rows of literals or parameters."""

# The end of a statement: a semicolon outside of strings, quoted names and comments.
_STATEMENT_END = re.compile(
    r"""(?:[^;'"`\[/-]++|'[^']*+'|"[^"]*+"|`[^`]*+`|\[[^\]]*+\]|--[^\n]*+"""
    r"""|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|[/-])*+;"""
)
# The first word decides whether a statement can share a plan, and whether to expect semicolons inside.
_FIRST_WORD = re.compile(r"(?:[\s;]++|--[^\n]*+(?:\n|\Z)|/\*(?:[^*]|\*(?!/))*+\*/)*+([A-Za-z]*+)")
# What only a connection with a TEMP database can find.
_NAMES_TEMP = re.compile(r"\bsqlite_temp_(master|schema)\b|\btemp[\"\]`]?\s*\.", re.IGNORECASE)
_SHAPED_START = frozenset("SsIiUuDdRrWwVv")  # their first letters
_ROWS_START = frozenset("IiRr")
_SHAPED = frozenset(("SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VALUES"))
# Numbers whose spelling their value does not tell: a constant among them may be a column's name.
_ODD_NUMBER = re.compile(r"(?<![\w.])0[0-9xX]|[0-9]_[0-9]")


@dataclass(slots=True)
class _Shape:
    """``lifted`` and ``constants`` are positions among the text's literals.

    ``known`` is by the constants' values.
    """

    lifted: tuple[int, ...]
    constants: tuple[int, ...]
    known: dict[tuple[Any, ...], tuple[Prepared, tuple[str | None, ...]]] = field(default_factory=dict)


class StatementCache:
    """See the module's text."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.by_text: dict[str, Statement] = {}
        self._shapes: dict[str, _Shape] = {}
        self._prepared: weakref.WeakSet[Prepared] = weakref.WeakSet()

    def clear(self) -> None:
        """Forget everything; statements that somebody still holds are compiled anew when they run."""
        for prepared in list(self._prepared):
            prepared.forget()
            prepared.bulk_schema = prepared.compiled = None
        self.by_text.clear()
        self._shapes.clear()
        self._session.triggers.programs.clear()
        self._session.keys.forget_statements()

    def prepare(self, sql: str, start: int) -> Statement:
        """The statement at ``start``, made new unless its shape is known."""
        if start or len(sql) > MAX_TEXT_LENGTH or sql[:1] not in _SHAPED_START or ";" in sql:
            return self._new(sql, start)
        if len(sql) >= MIN_ROWS_LENGTH and sql[0] in _ROWS_START:
            return self._new(sql, start)
        shaped = shape(sql)
        known = None if shaped is None else self._from_shape(*shaped, sql, sql, len(sql))
        # What is known by its shape is not kept by its text as well: texts of one shape come by the thousand.
        return self._new(sql, start, shaped) if known is None else known

    def _new(self, sql: str, start: int, shaped: tuple[str, list[Any]] | None = None) -> Statement:
        """The statement at ``start``; ``shaped`` is its shape, where that is the whole text's and was looked at."""
        match = _FIRST_WORD.match(sql, start)
        assert match is not None  # it matches an empty text too
        word = match.group(1).upper()
        limits = self._session.functions.limits
        if word not in _SHAPED or limits.bound_form:
            try:
                parsed = _parse(sql, start) if len(sql) <= MAX_TEXT_LENGTH else ParsedText.of(sql, start)
            except SqlError:
                self._refuse_trigger(sql, start)
                raise
            return self._keep(sql, start, self._from_parsed(limits.check(parsed), sql, 0))
        if word in ("INSERT", "REPLACE") and len(sql) - start >= MIN_ROWS_LENGTH:
            statement = self._from_rows(sql, start, match.start(1))
            if statement is not None:
                return self._keep(sql, start, statement)
        end = _STATEMENT_END.match(sql, start) if sql.find(";", start) >= 0 else None
        stop = end.end() if end else len(sql)
        piece = sql if not start and stop == len(sql) else sql[start:stop]
        if "temp" in piece.lower() and _NAMES_TEMP.search(piece):
            self._session.use_temp()
        if len(piece) > MAX_TEXT_LENGTH:
            return self._from_parsed(limits.check(ParsedText.of(piece)), sql, start)
        if shaped is None:
            shaped = shape(piece)
            statement = None if shaped is None else self._from_shape(*shaped, piece, sql, stop)
            if statement is not None:
                return statement
        if shaped is None or len(shaped[1]) > MAX_LIFTED:
            return self._keep(sql, start, self._from_parsed(limits.check(ParsedText.of(piece)), sql, start))
        key, values = shaped
        return self._keep(sql, start, self._new_shape(key, values, piece, sql, start))

    def _refuse_trigger(self, sql: str, start: int) -> None:
        """Refuse a CREATE TRIGGER whose body cannot be parsed for what is wrong before that."""
        from mantisdb_sql.ddl.create_drop import refuse_trigger_head

        tokens = Tokens(sql, start)
        words = [text.upper() for text in tokens.texts]
        if words[0] == "CREATE" and "TRIGGER" in words[1:3] and "BEGIN" in words:
            end = tokens.offsets[2 * words.index("BEGIN") + 1]
            try:
                head = parse_statement(sql[start:end] + "BEGIN SELECT 1; END").node
            except SqlError:
                return
            assert isinstance(head, exp.Create)
            refuse_trigger_head(self._session, head)

    def _keep(self, sql: str, start: int, statement: Statement) -> Statement:
        if not start and len(sql) <= MAX_TEXT_LENGTH:
            if len(self.by_text) >= MAX_TEXTS:
                del self.by_text[next(iter(self.by_text))]
            self.by_text[sql] = statement
        return statement

    def _from_rows(self, sql: str, start: int, first: int) -> Statement | None:
        """The statement as its one-row form and rows, or None where it is not one of mere literals or parameters."""
        data = parameter_rows(sql, first) or literal_rows(sql, first)
        if data is None:
            return None
        try:
            one_row = self.prepare(data.template, 0)
        except SqlError:
            return None  # the parser shall see, and report, the text as it is
        values = one_row.prepared.node.args.get("expression")
        if not isinstance(one_row.prepared.node, exp.Insert) or not isinstance(values, exp.Values):
            return None
        left = len(data.template) - one_row.tail  # of the text, behind the statement
        if isinstance(data, ParameterRows):
            if len(one_row.parameters) != data.width:
                return None
            whole = partial(self._whole, sql, start, len(sql) - left)
            return RowsStatement(one_row, sql, len(sql) - left, whole, parameter_count=data.width * data.count)
        if left or len(one_row.parameters) != len(data.rows[0]):
            return None
        return RowsStatement(one_row, sql, data.tail, partial(self._whole, sql, start, data.tail), data.rows)

    def _whole(self, sql: str, start: int, stop: int) -> Statement:
        """A statement parsed in its full length."""
        return self._from_parsed(ParsedText.of(sql[start:stop]), sql, start)

    def _from_shape(
        self, key: str, values: list[Any], piece: str, sql: str, stop: int,
    ) -> Statement | None:
        known = self._shapes.get(key)
        if known is None or self._session.functions.limits.bound_form:
            return None
        if not known.constants:
            found, literals = known.known.get(()), tuple(values)
        elif _ODD_NUMBER.search(piece):
            return None
        else:
            found = known.known.get(tuple([values[i] for i in known.constants]))
            literals = tuple([values[i] for i in known.lifted])
        if found is None:
            return None
        prepared, parameters = found
        return make_statement(self._session, prepared, sql, stop, parameters, literals)

    def _new_shape(self, key: str, values: list[Any], piece: str, sql: str, start: int) -> Statement:
        parsed = _parse_lifting(piece)
        lifted = parsed.lifted
        self._session.functions.limits.check(parsed)
        constants = () if len(lifted) == len(values) else tuple([i for i in range(len(values)) if i not in lifted])
        fixed = tuple([values[i] for i in constants])
        if constants and (float in map(type, fixed) or _ODD_NUMBER.search(piece)):
            return self._from_parsed(ParsedText.of(piece), sql, start)
        if parsed.is_empty:
            return self._from_parsed(parsed, sql, start)
        prepared = Prepared(parsed.syntax, parsed.kind, piece, (key, fixed))
        self._prepared.add(prepared)
        if key not in self._shapes and len(self._shapes) >= MAX_SHAPES:
            del self._shapes[next(iter(self._shapes))]
        entry = self._shapes.setdefault(key, _Shape(lifted, constants))
        if len(entry.known) >= MAX_SHAPES:
            entry.known.clear()
        entry.known[fixed] = prepared, parsed.parameters
        literals = tuple([values[i] for i in lifted])
        return make_statement(self._session, prepared, sql, start + parsed.tail, parsed.parameters, literals)

    def _from_parsed(self, parsed: ParsedText, sql: str, start: int) -> Statement:
        identity = (parsed.sql, parsed.start) if len(parsed.sql) <= MAX_TEXT_LENGTH else None
        prepared = Prepared(parsed.syntax, parsed.kind, parsed.sql, identity)
        self._prepared.add(prepared)
        return make_statement(self._session, prepared, sql, start + parsed.tail, parsed.parameters)


@lru_cache(maxsize=MAX_PARSED)
def _parse_lifting(piece: str) -> ParsedText:
    """A statement whose literals have parameters' slots where they can."""
    parsed, lifted = _lifting(piece)
    return ParsedText(parsed, _lifted_tree, lifted)


def _lifted_tree(piece: str, _start: int) -> exp.Expr:
    return _lifting(piece)[0].node or exp.Null()


def _lifting(piece: str) -> tuple[ParsedStatement, tuple[int, ...]]:
    parsed = parse_statement(piece)
    if parsed.node is None:
        return parsed, ()
    nodes = liftable(parsed.node)
    if not nodes:
        return parsed, ()
    numbers = {token: i for i, token in enumerate(parsed.literal_tokens)}
    lifted = sorted({numbers[node.meta["token"]] for node in nodes})
    slots = {number: len(parsed.parameters) + i for i, number in enumerate(lifted)}
    for node in nodes:
        node.meta["slot"] = slots[numbers[node.meta["token"]]]
    return parsed, tuple(lifted)


@lru_cache(maxsize=MAX_PARSED)
def _parse(sql: str, start: int) -> ParsedText:
    """The statement of a text at an offset."""
    return ParsedText.of(sql, start)


@lru_cache(maxsize=MAX_PARSED)
def _parse_create(sql: str) -> exp.Expr:
    node = parse_statement(sql).node
    assert node is not None
    return node


class SharedSchema:
    """The parsed schemas of one database: by identity of the schema tree, a few of them at a time.

    What a schema tree says is read once for all databases that have it at the same slot under the same name, and of
    another one only the tables that are new: plans for one of these databases then suit the others
    (:mod:`mantisdb_sql.shared_plans`). A catalog tells of no rows.
    """

    _of: ClassVar[weakref.WeakKeyDictionary[Any, SharedSchema]] = weakref.WeakKeyDictionary()
    _lock = threading.RLock()  # a finalizer may look at a schema while one is read
    _by_text: ClassVar[dict[tuple[int, str, tuple[Any, ...]], Catalog]] = {}
    _objects: ClassVar[int] = 0  # all that these describe
    _tables: ClassVar[weakref.WeakValueDictionary[Any, TableDef]] = weakref.WeakValueDictionary()

    def __init__(self, slot: int = 0, name: str = "main") -> None:
        self._slot, self._name = slot, name
        self._catalogs: list[tuple[Any, tuple[Any, ...], Catalog]] = []  # by tree, with its rows

    @classmethod
    def of(cls, database: Any) -> SharedSchema:
        """The one that belongs to ``database``."""
        with cls._lock:
            shared = cls._of.get(database)
            if shared is None:
                shared = cls._of[database] = cls()
            return shared

    def catalog(self, tree: Any) -> Catalog:
        """The catalog that a schema tree describes."""
        for known, _, catalog in self._catalogs:
            if known is tree:
                return catalog
        with self._lock:
            rows = tuple([row for batch in tree.values() for row in batch])
            catalog = self._read(rows)
        self._catalogs = [(tree, rows, catalog), *self._catalogs[: MAX_CATALOGS - 1]]
        return catalog

    def _read(self, rows: tuple[Any, ...]) -> Catalog:
        kept, key = SharedSchema._by_text, (self._slot, self._name, rows)
        catalog = kept.pop(key, None)
        if catalog is None:
            catalog = self._new(rows)
            SharedSchema._objects += len(rows)
        kept[key] = catalog  # the last one that was asked for is the last one to go
        while SharedSchema._objects > MAX_OBJECTS and len(kept) > MAX_CATALOGS:
            _, _, described = oldest = next(iter(kept))
            del kept[oldest]
            SharedSchema._objects -= len(described)
        return catalog

    def _new(self, rows: tuple[Any, ...]) -> Catalog:
        for _, before, catalog in self._catalogs:
            if len(before) < len(rows) and rows[: len(before)] == before:
                return extended_catalog(catalog, rows[len(before) :], self.parse, self._tables)
        return build_catalog(rows, self.parse, self._tables, self._slot, self._name)

    def parse(self, sql: str) -> exp.Expr:
        """The AST of a CREATE text."""
        return _parse_create(sql)
