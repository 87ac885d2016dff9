"""The ``mantisdb`` command.

    mantisdb tour [--directory DIR]    a demonstration of two minutes: load, query, two writers, a killed
    process mantisdb check FILE                verify a database file; exit status 1 if anything is wrong
    with it mantisdb sql FILE [STATEMENT]      run statements (from standard input where none is given) and
    print rows

Messages about what went wrong go to standard error, with exit status 1 (2 for a wrong command line).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import mantisdb_dbapi

NULL_MARK = "NULL"
_MAX_COLUMN_WIDTH = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the process's exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except mantisdb_dbapi.Error as error:
        print(f"mantisdb: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone: nothing is left to say, nor at exit
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mantisdb", description="An embedded SQL database in Python.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    tour = commands.add_parser("tour", help="a demonstration in the terminal")
    tour.add_argument("--directory", type=Path, help="keep the files there (default: a temporary directory)")
    tour.set_defaults(run=_tour)
    check = commands.add_parser("check", help="verify a database file")
    check.add_argument("file", type=Path)
    check.set_defaults(run=_check)
    sql = commands.add_parser("sql", help="run SQL statements on a file")
    sql.add_argument("file", type=Path)
    sql.add_argument("statement", nargs="?", help="one or more statements; standard input where left out")
    sql.set_defaults(run=_sql)
    return parser


def _tour(options: argparse.Namespace) -> int:
    from mantisdb_dbapi import tour

    return tour.run(options.directory)


def _check(options: argparse.Namespace) -> int:
    _require_file(options.file)
    connection = mantisdb_dbapi.connect(options.file)
    try:
        problems = [row[0] for row in connection.execute("PRAGMA integrity_check").fetchall()]
    finally:
        connection.close()
    print("\n".join(problems))
    return 0 if problems == ["ok"] else 1


def _require_file(path: Path) -> None:
    """To check a file that is not there would create it, and find it in order."""
    if not path.is_file():
        raise mantisdb_dbapi.OperationalError(f"unable to open database file: {path} is not a file")


def _sql(options: argparse.Namespace) -> int:
    script = options.statement if options.statement is not None else sys.stdin.read()
    connection = mantisdb_dbapi.connect(options.file, isolation_level=None)
    try:
        for statement in split_statements(script):
            cursor = connection.execute(statement)
            if cursor.description is not None:
                names = [column[0] for column in cursor.description]
                print_rows(names, cursor.fetchall())
    finally:
        connection.close()
    return 0


def split_statements(script: str) -> list[str]:
    """The statements of a script. A piece ends where SQLite's rule says that a statement is complete."""
    statements, piece = [], ""
    for part in script.split(";"):
        piece += part
        if mantisdb_dbapi.complete_statement(piece + ";"):
            statements.append(piece)
            piece = ""
        else:
            piece += ";"
    if piece:
        statements.append(piece[:-1])
    return [statement for statement in statements if statement.strip()]


def print_rows(names: Sequence[str], rows: Sequence[Sequence[Any]], file: TextIO | None = None) -> None:
    """A table for people: columns as wide as they need, up to a limit."""
    shown = [[_shorten(_text(value)) for value in row] for row in rows]
    widths = [max(len(line[n]) for line in [list(names), *shown]) for n in range(len(names))]
    numeric = [
        all(isinstance(row[n], int | float | None) for row in rows) and bool(rows) for n in range(len(names))
    ]
    for line in [list(names), ["-" * width for width in widths], *shown]:
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        print("  ".join(cells).rstrip(), file=file)


def _text(value: Any) -> str:
    if value is None:
        return NULL_MARK
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value).replace("\n", "\\n")


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_COLUMN_WIDTH else text[: _MAX_COLUMN_WIDTH - 1] + "…"


if __name__ == "__main__":
    sys.exit(main())
