"""What is kept of a statement's text after it was parsed.

A tree is many small objects. Whatever is kept for long the garbage collector goes through again and again, and that is
more work than parsing is; most statements, though, are compiled once and then need their tree no more. So a tree goes
when its statement was compiled (:meth:`Syntax.release`). Who asks for it after all has the text parsed again, and from
then on it stays: no text is parsed more than twice, but for threads that ask at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from mantisdb_sql.syntax.parser import ParsedStatement, parse_statement

__all__ = ["ParsedText", "Syntax"]


class Syntax:
    """A statement's tree, which can be had again where ``parse`` is given: called with the text and an offset.

    What is asked of every statement that runs is at hand without the tree: the class of its root, and whether it has a
    WITH and a RETURNING clause.
    """

    __slots__ = ("_node", "_parse", "_sql", "_start", "_stays", "has_returning", "has_with", "node_type")

    def __init__(
        self, node: exp.Expr, parse: Callable[[str, int], exp.Expr] | None = None, sql: str = "", start: int = 0
    ) -> None:
        self._node: exp.Expr | None = node
        self._parse, self._sql, self._start = parse, sql, start
        self._stays = parse is None
        self.node_type = type(node)
        self.has_with = node.args.get("with_") is not None
        self.has_returning = node.args.get("returning") is not None

    @property
    def node(self) -> Any:
        """The tree. Another thread may let it go at any moment, so that it is read once."""
        node = self._node
        if node is None:
            assert self._parse is not None, "a tree that cannot be had again was let go"
            self._stays = True
            node = self._node = self._parse(self._sql, self._start)
        return node

    def release(self) -> None:
        """Let the tree go, unless it was asked for twice."""
        if not self._stays:
            self._node = None


class ParsedText:
    """A parsed statement without its tokens: see :class:`mantisdb_sql.syntax.parser.ParsedStatement`.

    size    how many tokens it has
    lifted  which of its literals have parameters' slots, by their numbers
    """

    __slots__ = ("is_empty", "kind", "lifted", "parameters", "size", "sql", "start", "syntax", "tail")

    def __init__(
        self, parsed: ParsedStatement, parse: Callable[[str, int], exp.Expr], lifted: tuple[int, ...] = ()
    ) -> None:
        self.sql, self.start, self.tail = parsed.sql, parsed.start, parsed.tail
        self.kind, self.parameters = parsed.kind, parsed.parameters
        self.size = len(parsed.tokens.kinds)
        self.is_empty = parsed.node is None
        self.syntax = Syntax(parsed.node or exp.Null(), parse, parsed.sql, parsed.start)
        self.lifted = lifted

    @classmethod
    def of(cls, sql: str, start: int = 0) -> ParsedText:
        """The statement of a text at an offset."""
        return cls(parse_statement(sql, start), _tree)


def _tree(sql: str, start: int) -> exp.Expr:
    node = parse_statement(sql, start).node
    assert node is not None
    return node
