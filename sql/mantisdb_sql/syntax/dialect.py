"""The sqlglot dialect ``mantisdb``: ``sqlglot.parse_one(sql, dialect="mantisdb")`` runs MantisDB's own
parser.

Import this module to register the dialect. Only Dialect is subclassed: sqlglot's compiled build lets nobody
subclass its Parser or its nodes. Generation (``node.sql("mantisdb")``) is sqlglot's for SQLite: it suits a
plain query; to run or keep a statement use its source text.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.dialects.sqlite import SQLite
from sqlglot.errors import ParseError

from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.parser import parse_statement


class MantisDB(SQLite):
    """SQLite's SQL, parsed exactly as SQLite parses it."""

    def parse(self, sql: str, **opts: Any) -> list[exp.Expr | None]:
        """All statements of a text; sqlglot's ParseError where one is broken."""
        return list(_statements(sql))

    def parse_into(self, expression_type: Any, sql: str, **opts: Any) -> list[exp.Expr | None]:
        """As :meth:`parse` for whole statements; conditions and names are parsed inside a SELECT."""
        if isinstance(expression_type, type) and issubclass(expression_type, exp.Query | exp.DDL | exp.DML):
            return self.parse(sql, **opts)
        nodes = list(_statements(f"SELECT {sql}"))
        if len(nodes) != 1 or not isinstance(nodes[0], exp.Select):
            raise ParseError(f"not a single expression: {sql}")
        return list(nodes[0].expressions)


def _statements(sql: str) -> list[exp.Expr | None]:
    nodes: list[exp.Expr | None] = []
    offset = 0
    while offset < len(sql):
        try:
            statement = parse_statement(sql, offset)
        except SqlError as error:
            raise ParseError(str(error)) from error
        if statement.node is not None:
            nodes.append(statement.node)
        offset = statement.tail
    return nodes
