"""SQLite's own collection of statements with known answers, sqllogictest, gets those answers.

Short mode runs all statements and a sample of the queries of each file, picked by the seed; MANTISDB_LONG=1 all
records. ``python tests/system/sqllogictest.py`` is the same from the command line. What MantisDB refuses by name is
no failure here; the tool counts and lists it.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
import sqllogictest

SAMPLE = 60
CORPUS = sqllogictest.corpus()
FILES = [path.relative_to(CORPUS).as_posix() for path in sqllogictest.files(CORPUS)]


@pytest.mark.parametrize("name", FILES or ["nothing"])
def test_the_records_of_a_file_get_their_answers(driver: ModuleType, seed: int, long_mode: bool, name: str) -> None:
    if not FILES:
        pytest.skip(f"sqllogictest is not at {CORPUS}: set MANTISDB_SHARED")
    sample = None if long_mode else SAMPLE
    result = sqllogictest.run_file(CORPUS / name, CORPUS, driver.__name__, sample, seed)
    print(f"{name}: {result.summary()}")
    failures = [failure for failure in result.failures if not failure.is_unsupported]
    assert not failures, f"seed {seed}: {len(failures)} of {result.records} records fail, first:\n{failures[0]}"


EXAMPLE = """\
hash-threshold 8

# a comment
statement ok
CREATE TABLE t(a INTEGER, b REAL, c TEXT)

statement ok
INSERT INTO t VALUES (2, 0.5, ''), (1, NULL, 'x'), (10, 1.0, 'y')

onlyif mysql
statement ok
nonsense

skipif sqlite
query I nosort
SELECT 0
----
1

statement error
SELECT nothing

query IRT rowsort same
SELECT * FROM t
----
1
NULL
x
10
1.000
y
2
0.500
(empty)

query I valuesort
SELECT a FROM t
----
1
10
2

query IRT rowsort same
SELECT a, b, c FROM t WHERE a > 0
----
9 values hashing to 82e2d25bbe0d3e5ff5cd6bcb0da6cd9a

onlyif sqlite
halt

statement error
SELECT 1
"""


def test_the_runner_reads_the_format(driver: ModuleType, tmp_path: Path) -> None:
    digest = sqllogictest.digest(["1", "NULL", "x", "10", "1.000", "y", "2", "0.500", "(empty)"])
    text = EXAMPLE.replace("82e2d25bbe0d3e5ff5cd6bcb0da6cd9a", digest)
    (tmp_path / "example.test").write_text(text)
    result = sqllogictest.run_file(tmp_path / "example.test", tmp_path, driver.__name__)
    assert (result.records, result.failures) == (6, [])


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("0.500", "0.501", "wrong answer"),
        ("SELECT a FROM t", "SELECT -a FROM t", "wrong answer"),
        ("SELECT a FROM t", "SELECT a, b FROM t", "wrong answer"),
        ("WHERE a > 0", "WHERE a > 1", "wrong answer"),
        ("SELECT nothing", "SELECT 1", "no error"),
        ("INSERT INTO t", "INSERT INTO missing", "error"),
    ],
)
def test_the_runner_sees_what_is_wrong(driver: ModuleType, tmp_path: Path, old: str, new: str, kind: str) -> None:
    (tmp_path / "example.test").write_text(EXAMPLE.replace(old, new, 1))
    result = sqllogictest.run_file(tmp_path / "example.test", tmp_path, driver.__name__)
    assert result.failures[0].kind == kind
