"""A Python function in the making: lines, constants, names, and at last the compiled function.

Generated code is meant to be read: names are stable (``r3`` is the current row of source 3, ``k3`` its rowid, ``p0``
the first parameter, ``t5`` the tree with id 5, ``c0`` the first constant), and the text is registered with
:mod:`linecache` under ``<mantisdb N: SQL…>``, so that tracebacks, debuggers and profilers show it.
"""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mantisdb_sql.interrupts import Progress, watched

_serial = itertools.count(1)
_MAX_LINECACHE_ENTRIES = 2048
_registered: list[str] = []
_NUMBERED = frozenset("bprktx")


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
        filename = f"<mantisdb {next(_serial)}: {' '.join(title.split())[:60]}>"
        text = self.text
        if self._progress is not None:
            text = watched(text)
            self.namespace["progress"] = self._progress
        exec(compile(text, filename, "exec"), self.namespace)
        linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
        _registered.append(filename)
        if len(_registered) > _MAX_LINECACHE_ENTRIES:
            linecache.cache.pop(_registered.pop(0), None)
        function: Callable[..., Any] = self.namespace[entry]
        return function
