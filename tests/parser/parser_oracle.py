"""Asks SQLite (apsw) what it thinks of a text's syntax, and compares MantisDB's parser with it.

SQLite reports names it does not find, too, and on an almost empty database that is most of them. So its
answers fall into

- ``ok``        the first statement could be prepared
- ``syntax``    the message starts with ``near``, ``incomplete input`` or ``unrecognized token``
- ``semantic``  any other message: the syntax was accepted, at least up to the point where the message arose

A semantic error can arise before a syntax error further right in the same text, and mask it. Where SQLite
reports a semantic error and MantisDB a syntax error, a second opinion is asked for: the statement as the body
of a trigger, where SQLite looks nothing up. Where even that is masked, the pair counts as ``masked``, and the
summary says how many there are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import apsw

from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.parser import parse_statement

SYNTAX = ("near ", "incomplete input", "unrecognized token")


class Oracle:
    """An almost empty database that prepares statements and runs none."""

    def __init__(self) -> None:
        self.connection = apsw.Connection(":memory:")
        self.connection.execute("CREATE TABLE mantis_trigger_target(a)")
        self.connection.execute("CREATE TABLE a(x); CREATE TABLE b(x); CREATE TABLE t(a, b, c)")
        self.connection.exec_trace = lambda *_: False

    def ask(self, sql: str) -> tuple[str, str]:
        """The class of SQLite's answer, and its message."""
        try:
            self.connection.execute(sql, can_cache=False)
        except (apsw.ExecTraceAbort, apsw.BindingsError):
            return "ok", ""
        except apsw.Error as error:
            message = str(error)
            return ("syntax" if message.startswith(SYNTAX) else "semantic"), message
        return "ok", ""

    def ask_in_trigger(self, sql: str) -> tuple[str, str]:
        """The answer for a SELECT, INSERT, UPDATE or DELETE inside of a trigger."""
        return self.ask(f"CREATE TRIGGER x AFTER INSERT ON mantis_trigger_target BEGIN {sql}\n; END")


def mantis(sql: str) -> tuple[str, str]:
    """The same classes for MantisDB's parser."""
    try:
        parse_statement(sql)
    except SqlError as error:
        message = str(error)
        return ("syntax" if message.startswith(SYNTAX) else "semantic"), message
    return "ok", ""


def _is_beyond(sql: str, theirs: tuple[str, str]) -> bool:
    """Whether SQLite stops at the ORDER BY or LIMIT of an UPDATE or DELETE, which the oracle was not compiled for, or
    where ALTER TABLE goes beyond it."""
    words = sql.upper()
    stop = theirs[1].upper()
    beyond = ("UNIQUE", "FOREIGN", "DEFAULT", "TYPE", "DATA")
    if "ALTER" in words and stop in [f'NEAR "{word}": SYNTAX ERROR' for word in beyond]:
        return True
    return stop in ('NEAR "LIMIT": SYNTAX ERROR', 'NEAR "ORDER": SYNTAX ERROR') and (
        "UPDATE" in words or "DELETE" in words
    )


@dataclass
class Comparison:
    """What became of many texts: counts by outcome, and every difference."""

    oracle: Oracle = field(default_factory=Oracle)
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def compare(self, sql: str) -> None:
        """Compares one text."""
        theirs, ours = self.oracle.ask(sql), mantis(sql)
        outcome = self._outcome(sql, theirs, ours)
        self.counts[outcome] += 1
        if outcome == "different":
            self.differences.append(f"{sql!r}\n    SQLite: {theirs}\n    MantisDB: {ours}")

    def _outcome(self, sql: str, theirs: tuple[str, str], ours: tuple[str, str]) -> str:
        if theirs[0] == ours[0] == "syntax":
            if theirs != ours and _is_beyond(sql, theirs):
                return "beyond SQLite"
            return "same syntax error" if theirs == ours else "different"
        if theirs[0] == "syntax" and _is_beyond(sql, theirs):
            return "beyond SQLite"
        if ours[0] == "semantic" and "IF NOT EXISTS" in sql.upper():
            return "not looked at by SQLite, as the table is there"
        if theirs[0] == "syntax" or (theirs[0] == "ok" and ours[0] != "ok"):
            return "different"
        if ours[0] == "ok":
            return "accepted" if theirs[0] == "ok" else "accepted, names unknown"
        if ours[0] == "semantic":
            return "same refusal" if ours == theirs else "another refusal"
        return self._masked(sql, ours)

    def _masked(self, sql: str, ours: tuple[str, str]) -> str:
        kind, message = self.oracle.ask_in_trigger(sql)
        if kind != "syntax":
            return "masked"
        at_end = ours[1] == "incomplete input" and message.startswith(('near ";"', 'near "END"'))
        before_end = ours[1] == 'near ";": syntax error' and message.startswith('near "END"')
        return "same syntax error in a trigger" if message == ours[1] or at_end or before_end else "masked"

    def summary(self) -> str:
        """The counts, on one line."""
        return ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(self.counts.items()))
