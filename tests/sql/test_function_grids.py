"""Every function of SQLite, over grids of arguments from data files (:mod:`function_grids`), answers as SQLite does.

MANTISDB_LONG=1 asks all combinations.
"""

from __future__ import annotations

from typing import Any

import apsw
import pytest
from function_grids import MOST, Comparison, answer, calls, read
from side_by_side import DATA

import mantisdb_dbapi

SETS = read(DATA / "functions_sets.txt").sets
FILES = sorted(path for path in DATA.glob("functions_*.txt") if path.stem != "functions_sets")
PARTS = 4
OPEN_ENDED = {-1: 0, -2: 1, -3: 1, -4: 2}
"""What SQLite lists as the number of arguments where that is open: the least number."""


def oracle_functions() -> list[tuple[str, int]]:
    """(name, number of arguments or what stands for an open one)."""
    rows = apsw.Connection(":memory:").execute("SELECT DISTINCT name, narg FROM pragma_function_list")
    return sorted((name, narg) for name, narg in rows)


def absent() -> set[str]:
    """The functions that are not supported."""
    return {name for path in FILES for name in read(path).absent}


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_functions_answer_as_sqlite_over_the_whole_grid(path: Any, part: int, long_mode: bool) -> None:
    grids = read(path, SETS)
    comparison = Comparison(grids, 1_000_000 if long_mode else MOST)
    for kind, text in grids.lines[part::PARTS]:
        comparison.line(kind, text)
    comparison.close()
    assert not comparison.differences, f"{comparison.count} asked; these differ:\n" + "\n".join(comparison.differences)


def test_every_function_of_sqlite_is_in_a_grid_or_listed_as_absent() -> None:
    asked = {call for path in FILES for _, text in read(path, SETS).lines for call in calls(text)}
    missing = []
    for name, narg in oracle_functions():
        counts = {count for known, count in asked if known == name}
        enough = narg in counts if narg >= 0 else len(counts) > 1 and min(counts) >= OPEN_ENDED[narg]
        if not enough and name not in absent():
            missing.append((name, narg, counts))
    assert len(oracle_functions()) > 190 and not missing


def test_absent_functions_are_sqlites_and_not_supported() -> None:
    assert absent() <= {name for name, _ in oracle_functions()}
    connection = mantisdb_dbapi.connect(":memory:")
    for name in sorted(absent()):
        with pytest.raises(mantisdb_dbapi.NotSupportedError, match=name):
            connection.execute(f"SELECT {name}(1)")


MISUSES = [
    "{}({})", "{}(*)", "{}(DISTINCT {})", "{}({} ORDER BY 1)", "{}({}) FILTER (WHERE 1)", "{}({}) OVER ()",
    "{}(DISTINCT {}) OVER ()", "{}({}) FILTER (WHERE 0) OVER (ORDER BY 1)", "({}({}))", "max({}({}))",
]  # fmt: skip
NO_VALUES = {"random", "randomblob", "sqlite_source_id", "sqlite_compileoption_get", "timediff", "load_extension"}


def test_functions_are_misused_with_sqlites_words() -> None:
    """Too few and too many arguments, and what only some functions may have around them."""
    ours, theirs = mantisdb_dbapi.connect(":memory:"), apsw.Connection(":memory:")
    names = {name for name, _ in oracle_functions()} - absent() - {"->", "->>"} | {"nothing_like_it", "raise"}
    differences = []
    for name in sorted(names):
        varies = name in NO_VALUES or name.startswith(("current", "date", "julian", "strf", "time", "unixepoch"))
        for count in range(6):
            args = ", ".join("12345"[:count])
            for form in MISUSES if count < 3 else MISUSES[:1]:
                sql = "SELECT " + form.replace("{}", name, 1).replace("{}", args, 1)
                if form.startswith("max("):
                    sql = f"SELECT max({name}({args}))"
                wanted, found = answer(theirs, sql, apsw.Error), answer(ours, sql, mantisdb_dbapi.Error)
                if found != wanted and not (varies and found[0] == wanted[0] == "rows"):
                    differences.append(f"{sql}\n  MantisDB {found}\n  SQLite   {wanted}")
    assert not differences, f"{len(differences)} differ:\n" + "\n".join(differences)
