"""The layers hold: imports go mantisdb_dbapi -> mantisdb_sql -> mantisdb_engine and never back.

Read from the source with :mod:`ast`, so imports inside functions and under TYPE_CHECKING count too.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ROOTS = {
    "mantisdb_engine": REPOSITORY / "engine" / "mantisdb_engine",
    "mantisdb_sql": REPOSITORY / "sql" / "mantisdb_sql",
    "mantisdb_dbapi": REPOSITORY / "mantisdb_dbapi",
}
LAYERS = list(ROOTS)  # bottom first

OPERATING_SYSTEM = {
    "fcntl",
    "io",
    "mmap",
    "msvcrt",
    "os",
    "pathlib",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
}
THREADS = {"_thread", "asyncio", "concurrent", "multiprocessing", "queue", "threading"}
HARMLESS = {
    "os.fspath",
    "os.getpid",
    "os.path.basename",
    "os.path.dirname",
    "os.path.join",
    "os.PathLike",
    "os.register_at_fork",
    "os.urandom",
}
"""What of ``os`` reads or changes nothing that a test's file system would have to stand in for."""

LOCKED_MODULES = {"cache.py", "catalog/schema_tree.py", "interrupts.py", "room.py"}
"""Parsed schemas are shared by the connections of a database, and so by threads; interrupts come from other
threads. Their locks are an exception."""

SQL_PACKAGES = ["values", "syntax", "catalog", "functions", "binding", "planning", "codegen", "changes", "ddl"]
"""In the order in which a statement meets them."""

BACKWARDS = {
    ("binding/function.py", "changes"),
    ("catalog/schema_tree.py", "changes"),
    ("codegen/delete.py", "changes"),
    ("codegen/sweep.py", "changes"),
    ("codegen/update.py", "changes"),
    ("functions/inline.py", "binding"),
    ("functions/plain_dates.py", "binding"),
    ("planning/index_views.py", "changes"),
}
"""Modules that import from a later package all the same: RAISE and CREATE TRIGGER, what generated code calls for many
rows, literals, the terms of indexes. There may be fewer of them."""

FILESYSTEM_MODULES = {"filesystem.py", "filelock.py", "faults.py"}
OTHER_DATABASES = {"apsw", "duckdb", "pysqlite3", "sqlite3", "_sqlite3"}


def _modules(package: str) -> Iterator[Path]:
    yield from sorted(ROOTS[package].rglob("*.py"))


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted module name) of every absolute import in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or ""


def _offences(package: str, forbidden: set[str], exempt: Collection[str] = ()) -> list[str]:
    return [
        f"{path.relative_to(REPOSITORY)}:{line} imports {name}"
        for path in _modules(package)
        if not _is_exempt(path.relative_to(ROOTS[package]).as_posix(), exempt)
        for line, name in _imports(path)
        if name.split(".")[0] in forbidden and not (name == "os" and _uses_of_os(path) <= HARMLESS)
    ]


def _is_exempt(module: str, exempt: Collection[str]) -> bool:
    """Whether a module, or a package that it is in, is among those exempt."""
    return any(module == each or module.startswith(each + "/") for each in exempt)


def _uses_of_os(path: Path) -> set[str]:
    """Everything that a module takes from ``os``: ``os.getpid``, ``os.path.join`` …"""
    tree = ast.parse(path.read_text("utf-8"), str(path))
    longest = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {name for name in longest if name.startswith("os.")} - {"os.path"}


@pytest.mark.parametrize("package", LAYERS)
def test_a_layer_imports_nothing_from_above_it(package: str) -> None:
    above = set(LAYERS[LAYERS.index(package) + 1 :])
    assert not _offences(package, above)


def test_the_engine_knows_no_sql() -> None:
    assert not _offences("mantisdb_engine", {"sqlglot", "sqlparse"})


def test_only_the_filesystem_modules_of_the_engine_touch_the_operating_system() -> None:
    assert not _offences("mantisdb_engine", OPERATING_SYSTEM, exempt=FILESYSTEM_MODULES)


def test_the_sql_layer_knows_no_files_and_no_threads() -> None:
    generator = {"syntax/grammar"}  # the table generator is a development tool that reads and writes files
    assert not _offences("mantisdb_sql", OPERATING_SYSTEM, exempt=generator)
    assert not _offences("mantisdb_sql", THREADS, exempt=LOCKED_MODULES)


def test_the_packages_of_the_sql_layer_import_from_those_before_them() -> None:
    """What is imported for types only does not count, and what all packages know stands beside them."""
    found = set()
    for at, package in enumerate(SQL_PACKAGES, 1):
        later = SQL_PACKAGES[at:]
        for path in sorted((ROOTS["mantisdb_sql"] / package).rglob("*.py")):
            for name in _imports_at_run_time(path):
                root, _, inner = name.partition(".")
                target = inner.split(".")[0]
                if root == "mantisdb_sql" and target in later:
                    found.add((path.relative_to(ROOTS["mantisdb_sql"]).as_posix(), target))
    assert found == BACKWARDS


def _imports_at_run_time(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"), str(path))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in for_types:
            yield node.module


def test_syntax_trees_end_at_the_binder() -> None:
    """Code generation works on bound plans; it never sees sqlglot's nodes."""
    found = [
        f"{path.name}:{line}"
        for path in sorted((ROOTS["mantisdb_sql"] / "codegen").glob("*.py"))
        for line, name in _imports(path)
        if name.split(".")[0] == "sqlglot"
    ]
    assert not found


def test_no_other_database_is_inside() -> None:
    """The exception classes derive from the standard library's; the tour compares with it; nothing else
    may."""
    for package in LAYERS:
        exempt = {"exceptions.py", "errors.py", "tour.py"} if package == "mantisdb_dbapi" else set()
        assert not _offences(package, OTHER_DATABASES, exempt=exempt)
