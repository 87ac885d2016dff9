"""Runs files of sqllogictest, SQLite's collection of statements with known answers.

    python tests/system/sqllogictest.py                        # every file of the shared corpus
    python tests/system/sqllogictest.py select1 evidence/in    # the files whose path contains one of these words
    python tests/system/sqllogictest.py --sample 100 --seed 7  # all statements, 100 queries of each file
    python tests/system/sqllogictest.py --driver sqlite3       # the same on the oracle: proves the runner

The corpus is ``$MANTISDB_SHARED/corpus/sqllogictest`` (default: ``../shared`` beside the repository), or ``--corpus``.

A file is a list of records, parted by empty lines; ``#`` begins a comment::

    statement ok|error                query <types> [nosort|rowsort|valuesort] [label]
    <SQL>                             <SQL>
                                      ----
                                      one value per line, or "<n> values hashing to <md5>"

``skipif <engine>`` and ``onlyif <engine>`` before a record say for whom it is (here: sqlite); ``halt`` ends the
file; ``hash-threshold`` says from how many values on an answer is hashed, and the answer's own form repeats it.
Of ``types`` each letter is a column: T is shown as text ("(empty)", "@" for what is not printable), I as an integer,
R with three decimals; NULL as "NULL". rowsort sorts the rows by their values as text, valuesort all values.
Queries of one label must have the same answer. The hash is MD5 over the values, each with a line feed. An answer that
ends in "integer overflow" is written as an empty one.

Printed are the number of records, the time, and the failures by kind: a wrong answer, an error that should not
be (or one that is missing), a Python exception that is not the DB-API's ("crash"), a construct that MantisDB names
as not supported, and what fails only because a refused CREATE left something out ("follows").
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import math
import os
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
ENGINE = "sqlite"
_HASHED = re.compile(r"(\d+) values hashing to ([0-9a-f]{32})")
_CREATED = re.compile(r"\s*CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?(?:VIEW|TRIGGER)\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.I)
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_UNPRINTABLE = re.compile(r"[^ -~]")


@dataclass(frozen=True)
class Record:
    """One statement (``types`` is None) or query, with what it must give."""

    line: int
    sql: str
    types: str | None = None
    fails: bool = False
    sort: str = "nosort"
    label: str = ""
    expected: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A record that did not give its answer. ``kind`` is what failures are counted by."""

    path: str
    record: Record
    kind: str
    text: str

    @property
    def is_unsupported(self) -> bool:
        """Whether a construct was refused by name, or something is missing that was refused before."""
        return self.kind.startswith(("not supported", "follows"))

    def __str__(self) -> str:
        return f"{self.path}:{self.record.line}: {self.kind}: {self.text}\n    {self.record.sql}"


@dataclass
class Result:
    """What a file, or several, came to."""

    records: int = 0
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    slow: list[tuple[float, str, Record]] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Count another file's results in."""
        self.records += other.records
        self.seconds += other.seconds
        self.failures += other.failures
        self.slow = sorted(self.slow + other.slow, key=lambda entry: -entry[0])[:100]

    def kinds(self) -> Counter[str]:
        """How many records failed in which way."""
        return Counter(failure.kind for failure in self.failures)

    def summary(self) -> str:
        """One paragraph."""
        failed = len(self.failures)
        lines = [f"{self.records:,} records in {self.seconds:.1f} s, {self.records - failed:,} pass, {failed:,} fail"]
        lines += [f"    {count:7,} {kind}" for kind, count in self.kinds().most_common()]
        return "\n".join(lines)


# -- reading -------------------------------------------------------------------------------------------------


def corpus() -> Path:
    """Where the files are."""
    return Path(os.environ.get("MANTISDB_SHARED", REPOSITORY.parent / "shared")) / "corpus" / "sqllogictest"


def files(root: Path, words: Iterable[str] = ()) -> list[Path]:
    """The test files under ``root`` whose path contains one of the words, all of them where there is no word."""
    wanted = list(words)
    found = sorted(root.rglob("*.test"))
    return [path for path in found if not wanted or any(word in str(path.relative_to(root)) for word in wanted)]


def parse(text: str) -> Iterator[Record]:
    """The records of a file that are for this engine, up to its halt."""
    for line, block in _blocks(text):
        while block and block[0].split()[0] in ("skipif", "onlyif"):
            condition, engine = block.pop(0).split()[:2]
            line += 1
            if (condition == "onlyif") != (engine == ENGINE):
                block = []
        if not block:
            continue
        head, body = block[0].split(), block[1:]
        if head[0] == "halt":
            return
        if head[0] == "statement":
            yield Record(line, "\n".join(body), fails=head[1] == "error")
        elif head[0] == "query":
            yield _query(line, head, body)
        elif head[0] != "hash-threshold":
            raise ValueError(f"line {line}: unknown record {block[0]!r}")


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, lines) of each run of lines without comments between empty lines."""
    block: list[str] = []
    start = 0
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            start = start if block else number
            block.append(line)
        elif block:
            yield start, block
            block = []


def _query(line: int, head: list[str], body: list[str]) -> Record:
    border = body.index("----") if "----" in body else len(body)
    settings = [word for word in head[2:] if not word.startswith("#")] + ["nosort", ""][len(head) - 2 :]
    return Record(line, "\n".join(body[:border]), head[1], False, settings[0], settings[1], tuple(body[border + 1 :]))


# -- answers -------------------------------------------------------------------------------------------------


def shown(value: object, letter: str) -> str:
    """A value as the file writes it for a column of that type."""
    if value is None:
        return "NULL"
    if letter == "I":
        return str(int(_as_number(value)))
    if letter == "R":
        return _as_real(float(_as_number(value)))
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else _as_text(value)
    return _UNPRINTABLE.sub("@", text) or "(empty)"


def _as_number(value: object) -> int | float:
    if isinstance(value, int | float):
        return value
    found = _NUMBER.match(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
    return float(found[1]) if found else 0


def _as_real(value: float) -> str:
    """SQLite's %.3f, which shows no more than 16 significant digits."""
    return f"{Decimal(f'{value:.15e}'):.3f}" if 1e15 < abs(value) < math.inf else f"{value:.3f}"


def _as_text(value: object) -> str:
    if isinstance(value, float):
        text = f"{value:.15g}"
        return text if any(mark in text for mark in ".ein") else text + ".0"
    return str(value)


def answer(rows: list[tuple[Any, ...]], record: Record) -> list[str]:
    """The values of an answer in the order in which they are compared."""
    types = record.types or ""
    lines = [[shown(value, letter) for value, letter in zip(row, types, strict=True)] for row in rows]
    if record.sort == "rowsort":
        lines.sort()
    values = [value for line in lines for value in line]
    return sorted(values) if record.sort == "valuesort" else values


def digest(values: list[str]) -> str:
    """The hash that stands for a long answer."""
    return hashlib.md5("".join(value + "\n" for value in values).encode()).hexdigest()


def difference(values: list[str], expected: tuple[str, ...]) -> str | None:
    """What is wrong with an answer, or None."""
    hashed = _HASHED.fullmatch(expected[0]) if len(expected) == 1 else None
    if hashed:
        if (len(values), digest(values)) != (int(hashed[1]), hashed[2]):
            return f"{len(values)} values hashing to {digest(values)}, expected {expected[0]}"
    elif tuple(values) != expected:
        return f"{values[:20]}, expected {list(expected[:20])}"
    return None


# -- running -------------------------------------------------------------------------------------------------


class FileRun:
    """One file on a new database in memory. ``limit_s`` bounds each record by interrupt()."""

    def __init__(self, path: Path, name: str, driver_name: str, limit_s: float = 60.0, slow_s: float = 1.0) -> None:
        self._path, self._name, self._limit_s, self._slow_s = path, name, limit_s, slow_s
        self._driver = importlib.import_module(driver_name)
        self._connection = self._driver.connect(":memory:", isolation_level=None)
        self._labels: dict[str, str] = {}
        self._missing: set[str] = set()
        self.result = Result()

    def run(self, chosen: Callable[[Record], bool] = lambda record: True) -> Result:
        """Run all statements, and the queries that ``chosen`` picks."""
        started = time.perf_counter()
        for record in parse(self._path.read_text("utf-8")):
            if record.types is None or chosen(record):
                self._record(record)
        self._connection.close()
        self.result.seconds = time.perf_counter() - started
        return self.result

    def _record(self, record: Record) -> None:
        self.result.records += 1
        watchdog = threading.Timer(self._limit_s, self._connection.interrupt)
        watchdog.start()
        started = time.perf_counter()
        problem = self._problem(record)
        seconds = time.perf_counter() - started
        watchdog.cancel()
        if seconds > self._slow_s:
            self.result.slow.append((seconds, self._name, record))
        if problem:
            kind, text = problem
            if kind in ("error", "wrong answer", "no error") and any(name in record.sql for name in self._missing):
                kind = "follows a refused CREATE"
            self.result.failures.append(Failure(self._name, record, kind, text))

    def _problem(self, record: Record) -> tuple[str, str] | None:
        """(kind, text) of what went wrong."""
        several = record.types is None and ";" in record.sql.rstrip(";\n ")
        try:
            run = self._connection.executescript if several else self._connection.execute
            rows = run(record.sql).fetchall()
        except self._driver.NotSupportedError as error:
            if created := _CREATED.match(record.sql):
                self._missing.add(created[1])
            return f"not supported: {error}", str(error)
        except self._driver.Error as error:
            right = record.fails or (record.types and not record.expected and str(error) == "integer overflow")
            return None if right else ("error", f"{type(error).__name__}: {error}")
        except Exception as error:
            return f"crash: {type(error).__name__}", f"{type(error).__name__}: {error}"
        if record.fails:
            return "no error", "an error was expected"
        return self._wrong(rows, record) if record.types is not None else None

    def _wrong(self, rows: list[tuple[Any, ...]], record: Record) -> tuple[str, str] | None:
        if rows and len(rows[0]) != len(record.types or ""):
            return "wrong answer", f"{len(rows[0])} columns, expected {len(record.types or '')}"
        values = answer(rows, record)
        if text := difference(values, record.expected):
            return "wrong answer", text
        if record.label and self._labels.setdefault(record.label, digest(values)) != digest(values):
            return "wrong answer", f"another answer than an earlier query of label {record.label}"
        return None


def run_file(path: Path, root: Path, driver_name: str, sample: int | None = None, seed: object = 0) -> Result:
    """Run a file; with ``sample``, all its statements and about so many of its queries, picked by ``seed``."""
    name = path.relative_to(root).as_posix()
    run = FileRun(path, name, driver_name)
    if sample is None:
        return run.run()
    queries = sum(record.types is not None for record in parse(path.read_text("utf-8")))
    chance, share = random.Random(f"{seed} {name}"), sample / max(queries, 1)
    return run.run(lambda record: chance.random() < share)


def main() -> int:
    """Run files and print the result; 1 where a record failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="run only files whose path contains one of these")
    parser.add_argument("--corpus", type=Path, default=corpus())
    parser.add_argument("--driver", default="mantisdb_dbapi")
    parser.add_argument("--sample", type=int, help="about so many queries of each file instead of all")
    parser.add_argument("--seed", default=str(random.randrange(10**9)), help="picks the sample")
    parser.add_argument("--show", type=int, default=5, help="print so many failures of each kind")
    parser.add_argument("--slowest", type=int, default=0, help="print so many of the slowest records over 1 s")
    options = parser.parse_args()
    if not options.corpus.is_dir():
        parser.error(f"the corpus is not at {options.corpus}: set MANTISDB_SHARED or --corpus")
    total, printed = Result(), Counter[str]()
    if options.sample is not None:
        print(f"seed {options.seed}")
    for path in files(options.corpus, options.words):
        result = run_file(path, options.corpus, options.driver, options.sample, options.seed)
        total.add(result)
        name = path.relative_to(options.corpus)
        print(f"{name}: {result.records:,} records, {len(result.failures):,} fail, {result.seconds:.1f} s", flush=True)
        for failure in result.failures:
            printed[failure.kind] += 1
            if printed[failure.kind] <= options.show:
                print(failure, flush=True)
    for seconds, name, record in total.slow[: options.slowest]:
        print(f"{seconds:.1f} s  {name}:{record.line}: {record.sql}")
    print(total.summary())
    return 1 if total.failures else 0


if __name__ == "__main__":
    sys.exit(main())
