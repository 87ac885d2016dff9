"""A Python function in the making: lines, constants, names, and at last the compiled function.

Generated code is meant to be read: names are stable (``r3`` is the current row of source 3, ``k3`` its rowid, ``p0``
the first parameter, ``t5`` the tree with id 5, ``c0`` the first constant), and the text is registered with
:mod:`linecache` under ``<mantisdb N: SQL…>``, so that tracebacks, debuggers and profilers show it.

What Python makes of a text is kept for the whole process: a database per test, and the connections of a pool, generate
the same texts again and again, and compiling one takes as long as all that went before. Everything that differs between
two databases is in the namespace.
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import CodeType
from typing import Any

from mantisdb_sql.interrupts import Progress, watched

_serial = itertools.count(1)
_MAX_CODES = 2048
_codes: dict[tuple[str, str], CodeType] = {}
"""By text and title, oldest first."""
_NUMBERED = frozenset("bprktx")
_TITLED = 400
"""So much of a statement is looked at for a title, white space included."""


class Source:
    """Collects the body of one generated function; its loops report to ``progress`` where there is one."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self.lines: list[str] = []
        self.namespace: dict[str, Any] = {}
        self._indent = 0
        self._counters: dict[str, int] = {}
        self._constants: dict[int, tuple[str, object]] = {}

    def line(self, text: str) -> None:
        """Append one line at the current indentation."""
        self.lines.append("    " * self._indent + text)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Append ``header`` (ending in a colon) and indent what follows within the ``with``."""
        self.line(header)
        self._indent += 1
        yield
        self._indent -= 1

    def name(self, prefix: str) -> str:
        """A fresh local name: prefix0, prefix1, …; not of the prefixes whose numbers mean something."""
        assert prefix not in _NUMBERED, f"{prefix} names batches, parameters, rows, rowids, trees or values to write"
        n = self._counters.get(prefix, 0)
        self._counters[prefix] = n + 1
        return f"{prefix}{n}"

    def constant(self, value: object, name: str | None = None) -> str:
        """A global name bound to ``value``: ``name`` itself for library functions, c0, c1 … for anything else."""
        if name is not None:
            held = self.namespace.setdefault(name, value)
            assert held is value, f"two meanings of {name} in one generated function"
            return name
        known = self._constants.get(id(value))
        if known is None:
            known = self.name("c"), value
            self._constants[id(value)] = known  # keeps the object alive, so its id stays its own
            self.namespace[known[0]] = value
        return known[0]

    @property
    def text(self) -> str:
        """The source so far."""
        return "\n".join(self.lines) + "\n"

    def compile(self, entry: str, title: str) -> Callable[..., Any]:
        """Execute the source and return its function ``entry``; ``title`` (the SQL) names the file."""
        text = self.text
        if self._progress is not None:
            text = watched(text)
            self.namespace["progress"] = self._progress
        exec(_code(text, " ".join(title[:_TITLED].split())[:60]), self.namespace)
        function: Callable[..., Any] = self.namespace[entry]
        return function


def _code(text: str, title: str) -> CodeType:
    code = _codes.get((text, title))
    if code is None:
        filename = f"<mantisdb {next(_serial)}: {title}>"
        code = _codes[text, title] = compile(text, filename, "exec")
        linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
        if len(_codes) > _MAX_CODES:
            with suppress(KeyError, RuntimeError):  # another thread was here
                linecache.cache.pop(_codes.pop(next(iter(_codes))).co_filename, None)
    return code
