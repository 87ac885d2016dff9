"""Grids of function calls from data files, asked of MantisDB and of the newest SQLite (apsw).

A file ``data/functions_*.txt`` holds, line by line (``--`` begins a note, an indented line continues the one before):

    name = 1, 'x', NULL           a set of values, SQL expressions that both engines evaluate
    call substr(name, name)       an expression, for all combinations of values of the sets named in it
    aggregate sum(name)           of all rows, of groups, filtered, and over frames; the rows are those combinations
    window lag(name)              over several windows
    absent f, g                   functions of SQLite that raise NotSupportedError

``~`` in front of an expression: its REALs may differ in the last bits. Sets in ``functions_sets.txt`` are every file's.
Where there are more than :data:`MOST` combinations, some of them are taken, evenly, unless all are asked for.

Each call is evaluated in the ways that compile to different code: row by row over columns, over all rows in one
statement, and with literals.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

import mantisdb_dbapi

MOST = 1500
_MOST_LITERAL = 8
_MOST_SETS = 4
_TOKEN = re.compile(r"'(?:[^']|'')*'|[A-Za-z_]\w*|\s+|.", re.DOTALL)
_WINDOWS = [
    "()", "(ORDER BY n)", "(PARTITION BY n % 3 ORDER BY n DESC)", "(ORDER BY n / 3)",
    "(ORDER BY n ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)",
    "(ORDER BY n / 2 GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES)",
]  # fmt: skip
_GROUPS = [
    "SELECT {} FROM grid", "SELECT {} FROM grid WHERE n < 0", "SELECT n % 3, {} FROM grid GROUP BY 1 ORDER BY 1",
    "SELECT {} FILTER (WHERE n % 2) FROM grid", "SELECT n / 5, {} FILTER (WHERE n > 7) FROM grid GROUP BY n / 5",
]  # fmt: skip

Answer = tuple[str, Any]
"""``rows``, and rows of (class, text) pairs; ``error``, and its text; ``crash``, for what never should be raised."""


@dataclass
class Grids:
    """The contents of a file."""

    sets: dict[str, list[str]] = field(default_factory=dict)
    lines: list[tuple[str, str]] = field(default_factory=list)
    """(call, aggregate or window; expression)"""

    absent: list[str] = field(default_factory=list)


def read(path: Path, sets: dict[str, list[str]] | None = None) -> Grids:
    """Read a file; ``sets`` are known beforehand."""
    grids = Grids(dict(sets or {}))
    text = re.sub(r"\n[ \t]+", " ", path.read_text())
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind in ("", "--"):
            continue
        if kind == "absent":
            grids.absent += rest.split(", ")
        elif kind in ("call", "aggregate", "window"):
            grids.lines.append((kind, rest))
        else:
            equals, _, values = rest.partition(" ")
            assert equals == "=", line
            grids.sets[kind] = split(values)
    return grids


def split(text: str) -> list[str]:
    """The parts of a list between commas that stand in no quotes and no parentheses."""
    parts, depth = [""], 0
    for token in _TOKEN.findall(text):
        depth += (token == "(") - (token == ")")
        if token == "," and not depth:
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip() for part in parts]


def calls(expression: str) -> Iterator[tuple[str, int]]:
    """The functions called in an expression, and with how many arguments."""
    tokens = [token for token in _TOKEN.findall(expression) if not token.isspace()]
    for at, token in enumerate(tokens):
        if token in ("->", ">"):
            yield ("->>" if tokens[at - 2 : at] == ["-", ">"] else "->"), 2
        if token.startswith("current_"):
            yield token, 0
        if not token.isidentifier() or tokens[at + 1 : at + 2] != ["("]:
            continue
        depth, inside = 0, ""
        for other in tokens[at + 1 :]:
            depth += (other == "(") - (other == ")")
            if not depth:
                break
            inside += other
        yield token.lower(), len(split(inside[1:])) if inside[1:] not in ("", "*") else 0


class Comparison:
    """Evaluates the grids of a file on both engines."""

    def __init__(self, grids: Grids, most: int) -> None:
        self.grids = grids
        self.most = most
        self.ours = mantisdb_dbapi.connect(":memory:", isolation_level=None)
        self.theirs = apsw.Connection(":memory:")
        self.differences: list[str] = []
        self.count = 0
        columns = ", ".join(f"a{i}" for i in range(_MOST_SETS))
        self._both(f"CREATE TABLE grid(n INTEGER PRIMARY KEY, ok, {columns})")
        for name, values in grids.sets.items():
            self._both(f"CREATE TABLE of_{name}(n INTEGER PRIMARY KEY, v)")
            for value in values:
                self._both(f"INSERT INTO of_{name}(v) VALUES ({value})")

    def close(self) -> None:
        """End both."""
        self.ours.close()
        self.theirs.close()

    def line(self, kind: str, text: str) -> None:
        """Compare what a line of the file asks."""
        loose = text.startswith("~ ")
        text = text.removeprefix("~ ")
        expression, names = self._over_columns(text)
        total = self._fill(names if names or kind == "call" else ["few"])
        before = len(self.differences)
        if kind == "call":
            self._each(expression, total, loose)
            self._with_literals(text, names, total, loose)
        else:
            forms = [f"SELECT n, {{}} OVER {window} FROM grid ORDER BY n" for window in _WINDOWS]
            for form in forms if kind == "window" else [*_GROUPS, *forms]:
                self._compare(form.format(expression), loose, form, expression)
        del self.differences[before + 10 :]

    # ------------------------------------------------------------------------------------------- the grid

    def _over_columns(self, text: str) -> tuple[str, list[str]]:
        """The expression over the grid's columns, and which set each column has its values from."""
        names: list[str] = []
        tokens = _TOKEN.findall(text)
        for at, token in enumerate(tokens):
            if token in self.grids.sets and "".join(tokens[at + 1 : at + 2]) != "(":
                tokens[at] = f"a{len(names)}"
                names.append(token)
        return "".join(tokens), names

    def _fill(self, names: list[str]) -> int:
        """Put the combinations into the grid."""
        self._both("DELETE FROM grid")
        if not names:
            self._both("INSERT INTO grid(n, ok) VALUES (1, 1)")
            return 1
        tables = " CROSS JOIN ".join(f"of_{name} AS s{i}" for i, name in enumerate(names))
        columns = ", ".join(f"a{i}" for i in range(len(names)))
        values = ", ".join(f"s{i}.v" for i in range(len(names)))
        place = " + ".join(f"s{i}.n * {prime}" for i, prime in zip(range(len(names)), (1, 17, 257, 4099), strict=False))
        product = math.prod(len(self.grids.sets[name]) for name in names)
        every = -(-product // self.most)
        order = ", ".join(f"s{i}.n" for i in range(len(names)))
        self._both(
            f"INSERT INTO grid(ok, {columns}) SELECT 1, {values} FROM {tables} "
            f"WHERE ({place}) % {every} = 0 ORDER BY {order}"
        )
        ((total,),) = self.theirs.execute("SELECT count(*) FROM grid").fetchall()
        assert self.ours.execute("SELECT count(*) FROM grid").fetchall() == [(total,)]
        return int(total)

    def _both(self, sql: str) -> None:
        self.ours.execute(sql)
        self.theirs.execute(sql)

    # ----------------------------------------------------------------------------------------- evaluation

    def _each(self, expression: str, total: int, loose: bool) -> None:
        failed = 0
        for n in range(1, total + 1):
            answer = self._compare(f"SELECT {expression} FROM grid WHERE n = {n}", loose, "{}", expression, n)
            if answer != "rows":
                failed += 1
                self._both(f"UPDATE grid SET ok = 0 WHERE n = {n}")
        self._compare(f"SELECT n, {expression} FROM grid WHERE ok ORDER BY n", loose, "{}", expression)
        if failed:
            self._compare(f"SELECT {expression} FROM grid", loose, "{}", expression)

    def _with_literals(self, text: str, names: list[str], total: int, loose: bool) -> None:
        if not names:
            return
        for number in range(0, total, -(-total // _MOST_LITERAL)):
            rest, chosen = number * 7919, []
            for name in names:
                values = self.grids.sets[name]
                chosen.append(values[rest % len(values)])
                rest = rest // len(values) + number
            replaced = iter(f"({value})" if "|" in value else value for value in chosen)
            tokens = _TOKEN.findall(text)
            for at, token in enumerate(tokens):
                if token in self.grids.sets and "".join(tokens[at + 1 : at + 2]) != "(":
                    tokens[at] = next(replaced)
            expression = "".join(tokens)
            self._compare(f"SELECT {expression}", loose, "SELECT {}", expression)

    def _compare(self, sql: str, loose: bool, form: str, expression: str, n: int | None = None) -> str:
        """Compare one statement's answers, and say what kind of answer it was. ``form`` is the statement, or ``{}``,
        with the place of the expression."""
        self.count += 1
        try:
            theirs = answer(self.theirs, sql, apsw.Error)
        except UnicodeDecodeError:  # text that is not UTF-8, which apsw cannot hand out
            if form == "{}":
                sql = sql.replace(expression, f"typeof({expression}), hex({expression})", 1)
            else:
                sql = f"SELECT hex(x) FROM ({form.format(expression + ' AS x')})"
            theirs = answer(self.theirs, sql, apsw.Error)
            self._difference(sql, theirs, answer(self.ours, sql, mantisdb_dbapi.Error), loose, n)
            return "text"
        self._difference(sql, theirs, answer(self.ours, sql, mantisdb_dbapi.Error), loose, n)
        return theirs[0]

    def _difference(self, sql: str, theirs: Answer, ours: Answer, loose: bool, n: int | None) -> None:
        if ours == theirs or (loose and _are_close(ours, theirs)):
            return
        where = ""
        if n is not None:
            row = self.theirs.execute("SELECT quote(a0), quote(a1), quote(a2), quote(a3) FROM grid WHERE n = ?", (n,))
            try:
                where = f"  arguments {row.fetchall()}\n"
            except UnicodeDecodeError:
                where = "  arguments that are not UTF-8\n"
        if ours[0] == theirs[0] == "rows" and len(ours[1]) == len(theirs[1]) > 1:
            pairs = [pair for pair in zip(ours[1], theirs[1], strict=True) if pair[0] != pair[1]]
            ours, theirs = ("rows", [pair[0] for pair in pairs[:3]]), ("rows", [pair[1] for pair in pairs[:3]])
        self.differences.append(f"{sql}\n{where}  MantisDB {str(ours)[:600]}\n  SQLite   {str(theirs)[:600]}")


def answer(connection: Any, sql: str, errors: type[Exception]) -> Answer:
    """What an engine makes of a statement."""
    try:
        rows = connection.execute(sql).fetchall()
    except errors as error:
        return "error", str(error)
    except UnicodeDecodeError:
        raise
    except Exception as error:
        return "crash", repr(error)
    return "rows", [[(type(value).__name__, repr(value)) for value in row] for row in rows]


def _are_close(ours: Answer, theirs: Answer) -> bool:
    if ours[0] != "rows" or theirs[0] != "rows" or len(ours[1]) != len(theirs[1]):
        return False
    for pair in zip(ours[1], theirs[1], strict=True):
        for (kind, found), (other, wanted) in zip(*pair, strict=True):
            near = kind == "float" and math.isclose(float(found), float(wanted), rel_tol=1e-14)
            if kind != other or (found != wanted and not near):
                return False
    return True
