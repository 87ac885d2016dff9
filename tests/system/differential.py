"""Runs generated SQL on MantisDB and on apsw, compares, and shrinks what differs to a minimal script.

    python tests/system/differential.py --seconds 3600         # fresh seeds until time is up; failures are printed
    python tests/system/differential.py --seconds 3600 --seed 7   # the same seeds again
    python tests/system/differential.py --seed 7-12            # one of them again
    ... --without missing                                      # leave out what MantisDB does not support at all
    ... --changes                                              # scripts of definitions and changes (sqlgen_changes)
    ... --no-sqlite                                            # only the oracles that need no second engine

SIGTERM ends a run early, with its summary.

Compared: whether there is an error, its text and extended code (see ``Statement.worded``), rows (in order where the
order is total, else as a multiset), types, column names, the number of changed rows, whether a transaction is open, and
after each statement that may have changed something all that is in ``database_state``. Among the queries are
checks by the rewriting oracles, TLP and NoREC (see ``rewriting``); SQLite contradicts itself in places, and its answers
are right by definition, so a check fails where MantisDB does in another way. NotSupportedError is no difference: it
is counted, and what was not supported is listed. An exception that is not the DB-API's always is one. Whoever takes
longer than the limit is interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import math
import random
import re
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import comparison
import database_state
import rewriting
import shrink
import sqlgen
from sqlgen import Statement
from sqlgen_changes import FILES, ChangeScript
from sqlgen_script import Script

TOLERANCE = 1e-12
LIMIT_S = 20.0
SHRINK_S = 30.0
ORDER_DEPENDENT = (
    "integer overflow", "string or blob too big", "malformed JSON", "bad JSON path", "JSON cannot hold BLOB values",
    "JSON path error", "ESCAPE expression must be", "LIKE or GLOB pattern too complex", "argument of ntile",
    "second argument to nth_value", "argument to percentile", "argument to median", "must be TEXT",
    "frame starting offset", "frame ending offset", "needs an odd number", "datatype mismatch", "FLAGS parameter",
    "not an array element",
)  # fmt: skip
"""Errors of values, which depend on which rows and terms are reached, a matter of the plan: one side may have them
alone, except where everything is evaluated (``Statement.eager``)."""
NO_PLAN = "no query solution"
"""An INDEXED BY that a planner cannot follow, and another may."""


@dataclass
class Outcome:
    """What one engine answered."""

    columns: list[str] | None = None
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    changes: int = 0
    error: str | None = None
    code: int | None = None
    not_supported: bool = False
    in_transaction: bool = False


@dataclass(frozen=True)
class Difference:
    """How the two answers differ: ``kind`` is what a shrunken script must keep."""

    kind: str
    text: str


class Undecided(Exception):
    """One side refused a change for what SQLite leaves open: from here on the databases differ."""


@dataclass
class Counts:
    """What was run, and what of it could not be compared."""

    statements: int = 0
    queries: int = 0
    errors: int = 0
    depends_on_order: int = 0
    depends_on_plan: int = 0
    unsupported: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        lines = [
            f"{self.errors:,} errors on both sides, {self.depends_on_order:,} that one plan avoids, "
            f"{self.depends_on_plan:,} answers that SQLite itself gives with another plan only; not supported:"
        ]
        lines += [f"    {count:7,} {name}" for name, count in self.unsupported.most_common(40)]
        return "\n".join(lines)


class Engine:
    """A connection whose statements are interrupted after a while."""

    def __init__(self, connection: Any, limit_s: float) -> None:
        self._connection, self._limit_s = connection, limit_s
        self._files: tempfile.TemporaryDirectory[str] | None = None
        self._reader = database_state.StateReader(lambda sql: connection.execute(sql).fetchall())

    def state(self) -> database_state.State:
        """All that can be seen of the databases."""
        return self._reader.read()

    def guarded(self, run: Callable[[], Any]) -> Any:
        """The result of a call that interrupt() may end."""
        _WATCHDOG.watch(self, time.process_time() + self._limit_s)
        try:
            return run()
        finally:
            _WATCHDOG.watch(self, math.inf)

    def interrupt(self) -> None:
        """End what it computes."""
        self._connection.interrupt()

    def located(self, sql: str) -> str:
        """A statement with its files where they are this engine's own."""
        if FILES not in sql:
            return sql
        if self._files is None:
            self._files = tempfile.TemporaryDirectory()
        return sql.replace(FILES, self._files.name + "/")

    def close(self) -> None:
        """Let go of the database."""
        _WATCHDOG.forget(self)
        self._connection.close()
        if self._files is not None:
            self._files.cleanup()


class _Watchdog:
    """One thread that interrupts every engine whose time is up: a timer for each call costs more than most calls. It is
    the processor's time, so that a busy machine makes nobody slow."""

    LOOKS_EVERY_S = 0.5

    def __init__(self) -> None:
        self._deadlines: dict[Engine, float] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, engine: Engine, deadline: float) -> None:
        """Interrupt an engine at a moment; never, at infinity."""
        with self._lock:
            self._deadlines[engine] = deadline
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def forget(self, engine: Engine) -> None:
        """It is gone."""
        with self._lock:
            self._deadlines.pop(engine, None)

    def _run(self) -> None:
        while True:
            time.sleep(self.LOOKS_EVERY_S)
            with self._lock:
                for engine, deadline in self._deadlines.items():
                    if deadline < time.process_time():
                        engine.interrupt()


_WATCHDOG = _Watchdog()


def _matches(pattern: Any, value: Any) -> int | None:
    """What REGEXP and MATCH call."""
    return None if pattern is None or value is None else int(str(pattern)[:1] in str(value))


def _reversed_order(left: str, right: str) -> int:
    """The collation ``reversed``."""
    return (left < right) - (left > right)


class Ours(Engine):
    """The engine under test, through its DB-API."""

    def __init__(self, driver_name: str, limit_s: float = LIMIT_S, *, in_file: bool = False) -> None:
        self._driver = importlib.import_module(driver_name)
        files = tempfile.TemporaryDirectory() if in_file else None
        place = ":memory:" if files is None else f"{files.name}/main.db"
        super().__init__(self._driver.connect(place, isolation_level=None), limit_s)
        self._files = files
        if in_file:
            self._connection.execute("PRAGMA synchronous = OFF")  # the power does not fail here
        for name in ("regexp", "match"):
            self._connection.create_function(name, 2, _matches, deterministic=True)
        self._connection.create_collation("reversed", _reversed_order)

    def run(self, statement: Statement) -> Outcome:
        """Execute; errors that are not the DB-API's pass through, as they are never right."""
        before = self._connection.total_changes
        outcome = Outcome()
        cursor = self._connection.cursor()
        try:
            mine = replace(statement, sql=self.located(statement.sql))
            outcome.rows = self.guarded(lambda: self._rows(cursor, mine))
            outcome.changes = self._connection.total_changes - before
            outcome.columns = None if cursor.description is None else [column[0] for column in cursor.description]
        except self._driver.NotSupportedError as error:
            outcome.error, outcome.not_supported = str(error), True
        except self._driver.Error as error:
            outcome.error, outcome.code = str(error), getattr(error, "sqlite_errorcode", None)
        outcome.in_transaction = self._connection.in_transaction
        return outcome

    @staticmethod
    def _rows(cursor: Any, statement: Statement) -> list[tuple[Any, ...]]:
        if statement.many is not None:
            cursor.executemany(statement.sql, statement.many)
            return []
        return list(cursor.execute(statement.sql, statement.params).fetchall())

    def check(self, statement: Statement) -> Outcome | str | None:
        """What contradicts itself in a rewriting check; an outcome where an error kept it from being made."""
        try:
            return rewriting.violation(statement, lambda sql: self.guarded(self._connection.execute(sql).fetchall))
        except self._driver.NotSupportedError as error:
            return Outcome(error=str(error), not_supported=True)
        except self._driver.Error as error:
            return Outcome(error=str(error))


def _series(start: Any, stop: Any = 2**32 - 1, step: Any = 1) -> Any:
    """generate_series as the sqlite3 shell has it."""
    import apsw.ext

    return apsw.ext.generate_series_sqlite(start, stop, step)


class Oracle(Engine):
    """The newest SQLite."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        import apsw
        import apsw.ext

        # TypeError: generate_series without its start; SystemError: of a UnicodeDecodeError that apsw noticed too late
        self._errors = (apsw.Error, UnicodeDecodeError, TypeError, SystemError)
        super().__init__(apsw.Connection(":memory:", statementcachesize=0), limit_s)
        vars(_series).update(columns=("value",), column_access=apsw.ext.VTColumnAccess.By_Index, primary_key=0)
        apsw.ext.make_virtual_module(self._connection, "generate_series", _series)
        for name in ("regexp", "match"):
            self._connection.create_scalar_function(name, _matches, 2, deterministic=True)
        self._connection.create_collation("reversed", _reversed_order)

    def run(self, statement: Statement) -> Outcome:
        """Execute on SQLite."""
        columns: list[str] = []
        seen: list[str] = []

        def trace(cursor: Any, sql: str, bindings: Any) -> bool:
            if not seen:  # not of the statements that ALTER TABLE runs inside
                columns[:] = [column[0] for column in cursor.get_description()]
            seen.append(sql)
            return True

        cursor = self._connection.cursor()
        cursor.exec_trace = trace
        before = self._connection.total_changes()
        outcome = Outcome()
        try:
            mine = replace(statement, sql=self.located(statement.theirs or statement.sql))
            outcome.rows = self.guarded(lambda: self._rows(cursor, mine))
            outcome.changes = self._connection.total_changes() - before
            outcome.columns = None if statement.many is not None else columns or None
        except self._errors as error:
            told = error.__cause__ if isinstance(error, SystemError) else error
            outcome.error, outcome.code = str(told), getattr(error, "extendedresult", None)
        except KeyError as error:  # a named parameter whose name is damaged
            outcome.error = f"You did not supply a value for binding parameter :{error.args[0]}."
        cursor.close(True)  # a statement whose rows Python could not read would go on locking its table
        outcome.in_transaction = self._connection.in_transaction
        return outcome

    @staticmethod
    def _rows(cursor: Any, statement: Statement) -> list[tuple[Any, ...]]:
        if statement.many is None:
            return list(cursor.execute(statement.sql, statement.params).fetchall())
        for params in statement.many:
            cursor.execute(statement.sql, params)
        return []

    def violation(self, statement: Statement) -> str | None:
        """What contradicts itself in a rewriting check in SQLite's answers."""
        try:
            return rewriting.violation(statement, lambda sql: self.guarded(self._connection.execute(sql).fetchall))
        except self._errors:
            return None

    @property
    def connection(self) -> Any:
        """SQLite's connection, for generators that ask it what is there."""
        return self._connection


# -- comparison ----------------------------------------------------------------------------------------------


def depends_on_order(ours: Outcome, theirs: Outcome, statement: Statement) -> bool:
    """Whether an answer depends on what SQLite leaves open, or one engine cannot give it."""
    errors = [outcome.error for outcome in (ours, theirs) if outcome.error]
    if any("codec can't decode" in error or "not supported between instances" in error for error in errors):
        return True  # the oracle's rows, or the arguments of its generate_series, are no values of Python
    if theirs.error and theirs.error.startswith("InterruptError"):
        return True
    if any(NO_PLAN in error for error in errors):
        return True
    return not statement.eager and any(mark in error for error in errors for mark in ORDER_DEPENDENT)


def _stops_half_way(ours: Outcome, theirs: Outcome) -> bool:
    """Whether a STRICT table refused a value, or triggers were nested too deep: within a transaction SQLite keeps what
    the statement did before."""
    reasons = ("cannot store", "triggers nested too deep")
    return theirs.error is not None and any(reason in (ours.error or "") for reason in reasons)


def _is_of_old_schema(ours: str, theirs: str) -> bool:
    """Whether SQLite's answer depends on what it remembers of a schema: a COMMIT tells of an ATTACH that was refused; a
    view has the columns that it had when it was last looked at; a TEMP trigger whose database was detached is there
    until the schema is read again."""
    return (
        (ours == theirs and "malformed database schema" in ours)
        or ("because it is a view" in theirs and ours.startswith("no such "))
        or (not ours and theirs.startswith("no such trigger: temp."))
    )


def compare(ours: Outcome, theirs: Outcome, statement: Statement) -> Difference | None:
    """The first difference between two outcomes, or None."""
    if ours.error == "interrupted":
        return Difference("too slow", "interrupted")
    if (ours.error is None) != (theirs.error is None):
        kind = "ours has an error" if ours.error else "only SQLite has an error"
        return Difference(f"{kind}: {_kind(ours.error or theirs.error or '')}", f"{ours.error or theirs.error}")
    if ours.error is not None:
        words = (ours.error, theirs.error or "")
        name = "other words" if _kind(words[0]) == _kind(words[1]) and not statement.worded else "other error"
        is_worded_otherwise = statement.theirs is not None and _kind(words[0]) == _kind(words[1])
        if _told(words[0]) != _told(words[1]) and not is_worded_otherwise:
            kind = f"{name}: {_kind(words[0])} / {_kind(words[1])}"
            return Difference(kind, f"ours {words[0]!r}, theirs {words[1]!r}")
        if statement.worded and ours.code != theirs.code:
            return Difference(f"other code: {_kind(words[0])}", f"{words[0]}: ours {ours.code}, theirs {theirs.code}")
        return _compare_transactions(ours, theirs)
    if statement.fate:
        return None
    # The checks of an ALTER TABLE are a query in SQLite.
    if not statement.sql.startswith("ALTER") and _known_names(ours.columns) != _known_names(theirs.columns):
        return Difference("column names", f"ours {ours.columns}, theirs {theirs.columns}")
    if ours.changes != theirs.changes:
        return Difference("changes", f"ours {ours.changes}, theirs {theirs.changes}")
    text = _compare_rows(ours.rows, theirs.rows, statement)
    return Difference("rows", text) if text else _compare_transactions(ours, theirs)


def _compare_transactions(ours: Outcome, theirs: Outcome) -> Difference | None:
    if ours.in_transaction == theirs.in_transaction:
        return None
    return Difference("in a transaction", f"ours {ours.in_transaction}, theirs {theirs.in_transaction}")


_FIFTH = re.compile(r":(?:[5-9]|\d{2,10})$")
_NAMES = re.compile(r"\b[a-z]\d+\b|\d+|'(?:[^']|'')*'")


def _kind(error: str) -> str:
    """The part of a message that does not name what was hit first."""
    return _NAMES.sub("#", error.split(":")[0])


def _told(error: str) -> str:
    """A message; those of the Python APIs about missing parameters are not SQLite's."""
    of_python = ("Incorrect number of bindings", "Binding ")
    return next((start for start in of_python if error.startswith(start)), error)


def _known_names(columns: list[str] | None) -> list[str] | None:
    """Names of columns without the numbers that SQLite draws for them where too many are the same."""
    return None if columns is None else [_FIFTH.sub(":#", name) for name in columns]


def _compare_rows(ours: list[Any], theirs: list[Any], statement: Statement) -> str | None:
    if statement.loose:
        ours, theirs = [_loosened(row) for row in ours], [_loosened(row) for row in theirs]
    if not statement.ordered:
        ours, theirs = comparison.as_multiset(ours), comparison.as_multiset(theirs)
    return comparison.first_difference(ours, theirs, tolerance=TOLERANCE)


def _loosened(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row in which any two values that some collation or comparison holds equal are the same."""
    return tuple(_loose_value(value) for value in row)


def _loose_value(value: Any) -> Any:
    if isinstance(value, str):
        return value.lower().rstrip(" ")
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value == int(value) and abs(value) < 2**53 else float(f"{value:.12g}")
    if isinstance(value, int) and abs(value) >= 2**53 and value == float(value):
        return float(f"{float(value):.12g}")
    return value


# -- scripts -------------------------------------------------------------------------------------------------


class Pair:
    """Both engines, running the same script; without SQLite only the checks by rewriting are compared."""

    def __init__(
        self,
        driver_name: str,
        counts: Counts | None = None,
        *,
        limit_s: float = LIMIT_S,
        with_oracle: bool = True,
        in_file: bool = False,
    ) -> None:
        self.ours = Ours(driver_name, limit_s, in_file=in_file)
        self.theirs = Oracle(limit_s) if with_oracle else None
        self.counts = counts or Counts()
        self.made = False  # whether the last statement had its effect on both

    def step(self, statement: Statement) -> Difference | None:
        """Run one statement on both; a change that ours does not support is not made on the oracle either."""
        self.counts.statements += 1
        self.counts.queries += not statement.change
        self.made = False
        try:
            if rewriting.is_check(statement):
                return self._checked(self.ours.check(statement), statement)
            ours = self.ours.run(statement)
        except Exception as error:
            return Difference(f"ours crashed: {type(error).__name__}", f"{type(error).__name__}: {error}")
        if ours.not_supported:
            self.counts.unsupported[ours.error or ""] += 1
            return None
        if self.theirs is None:
            self.made = ours.error is None
            return Difference("too slow", "interrupted") if ours.error == "interrupted" else None
        theirs = self.theirs.run(statement)
        self.made = ours.error is None and theirs.error is None
        self.counts.errors += bool(ours.error and theirs.error)
        if _stops_half_way(ours, theirs) and statement.change:
            found = compare(ours, theirs, statement)
            if found is None and (self._compare_states() or not self._can_be_shown()):
                raise Undecided
            return found
        if _is_of_old_schema(ours.error or "", theirs.error or ""):
            raise Undecided
        if depends_on_order(ours, theirs, statement):
            undecided = bool(ours.error) != bool(theirs.error)
            self.counts.depends_on_order += undecided
            # Where both failed, last_insert_rowid() tells of the rows that were inserted before, and taken back.
            if statement.change and (undecided or self._compare_states()):
                raise Undecided
            return None
        found = compare(ours, theirs, statement)
        if found is None:
            return self._compare_states() if statement.change else None
        if statement.change or found.kind != "rows":
            return found
        if compare(ours, self._replanned(statement), statement) is None:
            self.counts.depends_on_plan += 1
            return None
        return found

    def _replanned(self, statement: Statement) -> Outcome:
        """SQLite's answer without indexes that it makes for one query: those compare integers of REAL columns before
        they have become REAL, and so find other rows than the condition holds for."""
        assert self.theirs is not None
        self.theirs.connection.execute("PRAGMA automatic_index = OFF")
        try:
            return self.theirs.run(statement)
        finally:
            self.theirs.connection.execute("PRAGMA automatic_index = ON")

    def _compare_states(self) -> Difference | None:
        assert self.theirs is not None
        try:
            found = database_state.difference(self.ours.state(), self.theirs.state())
        except UnicodeDecodeError:
            return None  # a text that is no UTF-8, which the oracle's Python cannot show
        return Difference(f"state: {found[0].split()[0]}", f"{found[0]}: {found[1]}") if found else None

    def _can_be_shown(self) -> bool:
        """Whether the oracle's Python can read all that its databases hold."""
        assert self.theirs is not None
        try:
            self.theirs.state()
        except UnicodeDecodeError:
            return False
        return True

    def _checked(self, result: Outcome | str | None, statement: Statement) -> Difference | None:
        if isinstance(result, Outcome):
            self.counts.errors += 1
            if result.not_supported:
                self.counts.unsupported[result.error or ""] += 1
            return None
        if result is None or (self.theirs is not None and self.theirs.violation(statement) == result):
            return None
        return Difference("contradiction", result)

    def close(self) -> None:
        """Close both."""
        self.ours.close()
        if self.theirs is not None:
            self.theirs.close()


@dataclass
class Failure:
    """A difference, and the script that shows it."""

    seed: object
    difference: Difference
    statements: list[Statement]

    def __str__(self) -> str:
        lines = [f"-- seed {self.seed}: {self.difference.kind}: {self.difference.text}"]
        for statement in self.statements:
            values = statement.many or statement.params
            lines.append(f"{statement.sql};" + (f"   -- {values!r}" if values else ""))
        return "\n".join(lines) + "\n"


def run_seed(
    seed: object,
    driver_name: str,
    counts: Counts,
    without: frozenset[str] = frozenset(),
    *,
    with_oracle: bool = True,
    changes: bool = False,
) -> list[Failure]:
    """Run one seed's script, of definitions and changes alone or of queries too; after a change that differs the
    databases do, and it ends."""
    with _batches_of(seed):
        pair = Pair(driver_name, counts, with_oracle=with_oracle, in_file=_is_in_file(seed))
        return _run_seed(seed, pair, without, changes)


def _run_seed(seed: object, pair: Pair, without: frozenset[str], changes: bool) -> list[Failure]:
    state: list[Statement] = []
    failures: list[Failure] = []
    script = ChangeScript(seed, pair.theirs.connection, without) if changes and pair.theirs else Script(seed, without)
    try:
        for statement in script:
            difference = pair.step(statement)
            if statement.change and not pair.made and isinstance(script, Script):
                script.failed()
            if difference:
                failures.append(Failure(seed, difference, [*state, statement]))
            if statement.change:
                state.append(statement)
                if difference:
                    break
    except Undecided:
        pass
    finally:
        pair.close()
    return failures


@contextmanager
def _batches_of(seed: object) -> Iterator[None]:
    """Half the scripts insert any number of rows as a batch, which else takes more rows than scripts insert."""
    try:
        bulk: Any = importlib.import_module("mantisdb_sql.changes.bulk")
    except ImportError:  # the driver under test is another one
        yield
        return
    usual = bulk.FEWEST_ROWS
    bulk.FEWEST_ROWS = random.Random(f"batches {seed}").choice((1, usual))
    try:
        yield
    finally:
        bulk.FEWEST_ROWS = usual


def _is_in_file(seed: object) -> bool:
    """Half the scripts have their main database in a file; the oracle's is in memory always."""
    return random.Random(f"place {seed}").random() < 0.5


def missing_features(driver_name: str) -> frozenset[str]:
    """What of the generator's features the engine does not support at all."""
    missing = set()
    for name, sql in sqlgen.FEATURES.items():
        engine = Ours(driver_name)
        for table in sqlgen.FEATURES_SCHEMA:
            engine.run(Statement(table))
        try:
            if engine.run(Statement(sql)).error:
                missing.add(name)
        except Exception:
            missing.add(name)
        engine.close()
    return frozenset(missing)


# -- shrinking -----------------------------------------------------------------------------------------------


def shrunk(failure: Failure, driver_name: str, budget_s: float = SHRINK_S) -> Failure:
    """A failure of the same kind with fewer statements, and each of them smaller."""
    with _batches_of(failure.seed):
        return _shrunk(failure, driver_name, budget_s)


def _shrunk(failure: Failure, driver_name: str, budget_s: float) -> Failure:
    deadline = time.monotonic() + budget_s
    best = failure

    def attempt(statements: list[Statement]) -> bool:
        nonlocal best
        difference = _last_difference(statements, driver_name, failure.seed) if time.monotonic() < deadline else None
        if difference is None or difference.kind != failure.difference.kind:
            return False
        best = Failure(failure.seed, difference, list(statements))
        return True

    last = failure.statements[-1]
    shrink.drop_chunks(failure.statements[:-1], lambda kept: attempt([*kept, last]))
    for target in range(len(best.statements) - 1, -1, -1):
        _shrink_statement(best.statements, target, attempt, deadline)
    *others, last = best.statements
    others = [statement for statement in others if statement.sql.strip()]
    attempt([*others, last])
    shrink.drop_chunks(others, lambda kept: attempt([*kept, last]))
    return best


def _last_difference(statements: list[Statement], driver_name: str, seed: object) -> Difference | None:
    pair = Pair(driver_name, limit_s=5.0, in_file=_is_in_file(seed))
    try:
        for statement in statements[:-1]:
            if pair.step(statement):
                return None
        return pair.step(statements[-1])
    except Undecided:
        return None
    finally:
        pair.close()


def _shrink_statement(
    statements: list[Statement], target: int, attempt: Callable[[list[Statement]], bool], deadline: float
) -> None:
    old = statements[target]
    if old.theirs is not None:
        return
    if old.many is not None:
        before, after = statements[:target], statements[target + 1 :]
        shrink.drop_chunks(old.many, lambda rows: bool(rows) and attempt([*before, replace(old, many=rows), *after]))
        return

    def with_text(text: str) -> bool:
        return attempt([*statements[:target], replace(old, sql=text, params=[]), *statements[target + 1 :]])

    text = _with_literals(old)
    if old.params and not with_text(text):
        return  # it takes a bound parameter to show the difference
    shrink.shrink_text(text, with_text, deadline)


def _with_literals(statement: Statement) -> str:
    """The text with its parameters written into it."""
    literal, params = sqlgen.Generator(0).literal, statement.params
    used = 0

    def written(token: str) -> str:
        nonlocal used
        if token[0] not in "?:@$" or token == ":":
            return token
        if isinstance(params, dict):
            return literal(params[token[1:]]) if token[1:] in params else token
        if token[0] != "?" or not (token[1:] or "0").isdigit():
            return token
        number = int(token[1:] or used + 1)
        used = max(used, number)
        return literal(params[number - 1]) if number <= len(params) else token

    return "".join(written(token) for token in shrink.TOKEN.findall(statement.sql))


# -- command line --------------------------------------------------------------------------------------------


def signature(failure: Failure) -> str:
    """What two failures of the same cause are likely to share."""
    return f"{failure.difference.kind}: {_NAMES.sub('#', failure.statements[-1].sql)}"


def main() -> int:
    """Run seeds until the time is up; 1 if there was any difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", help="run this one seed, or with --seconds the seeds N-0, N-1, ...")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--failures", type=int, default=1000, help="stop after so many")
    parser.add_argument("--driver", default="mantisdb_dbapi")
    parser.add_argument(
        "--without", default="", help="features to leave out, by commas; 'missing': what is not supported"
    )
    parser.add_argument("--changes", action="store_true", help="scripts of definitions and changes")
    parser.add_argument("--shrink", type=float, default=SHRINK_S, help="seconds for each failure")
    parser.add_argument("--statements", type=int, help="stop after so many")
    parser.add_argument("--no-sqlite", action="store_true", help="only the rewriting oracles, TLP and NoREC")
    options = parser.parse_args()
    missing = sorted(missing_features(options.driver))
    words = set(filter(None, options.without.split(",")))
    without = frozenset(words - {"missing"} | set(missing if "missing" in words else ()))
    print(f"not supported: {missing}", flush=True)
    seeds: Iterable[str] = [options.seed]
    if options.seconds or not options.seed:
        first = options.seed or str(random.randrange(10**9))
        seeds = (f"{first}-{n}" for n in itertools.count())
    print(f"seeds: {options.seed or first}, without: {','.join(sorted(without))}", flush=True)
    run = Run(options.driver, without, not options.no_sqlite, options.changes, options.shrink)
    signal.signal(signal.SIGTERM, lambda *_: run.stop())
    run.seeds(seeds, time.monotonic() + (options.seconds or 60.0), options.failures, options.statements or math.inf)
    print(run.summary())
    return 1 if run.failed else 0


class Run:
    """Many seeds, their failures shrunk and printed, one of each signature."""

    def __init__(
        self, driver_name: str, without: frozenset[str], with_oracle: bool, changes: bool, shrink_s: float
    ) -> None:
        self._driver_name, self._without, self._shrink_s = driver_name, without, shrink_s
        self._how = {"with_oracle": with_oracle, "changes": changes}
        self._kinds: Counter[str] = Counter()
        self._signatures: set[str] = set()
        self._stopped = False
        self.counts = Counts()
        self.scripts = 0
        self.failed = 0

    def stop(self) -> None:
        """End with the current script."""
        self._stopped = True

    def seeds(self, seeds: Iterable[str], deadline: float, most: int, statements: float) -> None:
        """Run them until the time is up, or there are enough statements or too many failures."""
        for seed in seeds:
            failures = run_seed(seed, self._driver_name, self.counts, self._without, **self._how)
            self.scripts += 1
            self.failed += bool(failures)
            for failure in failures:
                self._report(failure, deadline)
            enough = self.failed >= most or self.counts.statements >= statements
            if self._stopped or enough or time.monotonic() > deadline:
                break

    def _report(self, failure: Failure, deadline: float) -> None:
        """Shrink and print it, unless there were many of its kind or the time is up."""
        kind = failure.difference.kind
        self._kinds[kind] += 1
        if self._kinds[kind] > (100 if kind in ("rows", "contradiction") else 5) or time.monotonic() > deadline:
            return
        small = shrunk(failure, self._driver_name, self._shrink_s)
        if signature(small) not in self._signatures:
            self._signatures.add(signature(small))
            print(small, flush=True)

    def summary(self) -> str:
        """What was run, and what came of it."""
        return (
            f"{self.scripts:,} scripts, {self.counts.statements:,} statements "
            f"({self.counts.queries:,} of them queries), {self.failed} scripts with differences "
            f"{dict(self._kinds)}\n{self.counts}"
        )


if __name__ == "__main__":
    sys.exit(main())
