"""Timing, interleaved: round 1 of engine A, round 1 of engine B, round 2 of A, … so that whatever else the
machine does falls on all alike. The figure of an engine is the median of its rounds. Answers are compared
between engines after the clock has stopped; a difference is an error of the run, whatever the speed.
"""

from __future__ import annotations

import gc
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import data
import files
from engines import Engine
from workloads import Bench, Workload


@dataclass
class Figure:
    """One workload's result: seconds per unit by engine, or why there is none."""

    name: str
    per: str
    target: float | None
    units: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    mismatch: str | None = None
    unit: str = "us"
    limit_us: float | None = None

    def median(self, engine: str) -> float | None:
        """Microseconds (or bytes) per unit, or None where there was no result."""
        taken = self.seconds.get(engine)
        if not taken or engine in self.notes:
            return None
        scale = 1e6 if self.unit == "us" else 1.0
        return statistics.median(taken) / self.units * scale

    def ratio(self, engine: str) -> float | None:
        """How many times better than sqlite3: above 1 is faster (or smaller)."""
        own, reference = self.median(engine), self.median("sqlite3")
        return reference / own if own and reference else None


def measure(workload: Workload, engines: list[Engine], rows: int, rounds: int) -> Figure:
    """Run one workload on all engines."""
    benches: dict[str, Bench] = {}
    figure = Figure(workload.name, workload.per, workload.target, 1, limit_us=workload.limit_us)
    for engine in engines:
        bench = Bench(engine.connect(None, autocommit=workload.autocommit), rows, data.make(rows))
        benches[engine.name] = bench
        figure.units = workload.units(bench)
        _guard(engine, figure, _prepare, workload, bench)
    for number in range(rounds):
        answers: dict[str, Any] = {}
        for engine in engines:
            bench = benches[engine.name]
            bench.round = number
            _guard(engine, figure, _round, workload, bench, engine, figure, answers)
        if workload.compares:
            figure.mismatch = figure.mismatch or _compare(answers)
    for bench in benches.values():
        bench.connection.close()
    return figure


def _prepare(workload: Workload, bench: Bench) -> None:
    if workload.filled:
        data.fill(bench.connection, bench.data)
    workload.prepare(bench)
    bench.connection.commit()


def _round(workload: Workload, bench: Bench, engine: Engine, figure: Figure, answers: dict[str, Any]) -> None:
    gc.collect()
    started = perf_counter()
    answer = workload.run(bench)
    figure.seconds.setdefault(engine.name, []).append(perf_counter() - started)
    answers[engine.name] = answer
    workload.reset(bench)


def _guard(engine: Engine, figure: Figure, action: Callable[..., None], *arguments: Any) -> None:
    """Run a step of one engine; what it cannot do becomes a note in its place in the table."""
    if engine.name in figure.notes:
        return
    try:
        action(*arguments)
    except engine.not_supported as error:
        figure.notes[engine.name] = f"not supported: {str(error).splitlines()[0][:90]}"
    except Exception as error:
        if engine.name == "sqlite3":
            raise
        figure.notes[engine.name] = (
            f"failed: {type(error).__name__}: {(str(error).splitlines() or [''])[0][:90]}"
        )


def _compare(answers: dict[str, Any]) -> str | None:
    if "sqlite3" not in answers:
        return None
    reference = answers["sqlite3"]
    for name, answer in answers.items():
        problem = difference(answer, reference)
        if problem:
            return f"{name} differs from sqlite3: {problem}"
    return None


def difference(ours: Any, theirs: Any) -> str | None:
    """How two answers differ; rows may come in any order, floats may differ in their last digits
    (compensation)."""
    if len(ours) != len(theirs):
        return f"{len(ours)} rows instead of {len(theirs)}"
    if ours == theirs:
        return None
    for a, b in zip(sorted(ours, key=_order), sorted(theirs, key=_order), strict=True):
        if not _same(a, b):
            return f"{a!r} instead of {b!r}"
    return None


def _order(row: Any) -> Any:
    if isinstance(row, tuple):
        return tuple((type(v).__name__, round(v, 6) if isinstance(v, float) else v or 0) for v in row)
    return ((type(row).__name__, row or 0),)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9)
    return type(a) is type(b) and bool(a == b)


# -- files, threads, processes -------------------------------------------------------------------------------


def measure_commits(
    engines: list[Engine], directory: Path, threads: int, commits: int, rounds: int, target: float | None
) -> Figure:
    """Durable commits by ``threads`` threads."""
    figure = Figure(
        f"durable commits, {threads} thread{'s' * (threads > 1)}",
        "commit",
        target,
        commits // threads * threads,
    )
    retries = dict.fromkeys((engine.name for engine in engines), 0)

    def step(engine: Engine) -> None:
        seconds, again = files.durable_commits(engine, directory, threads, commits)
        figure.seconds.setdefault(engine.name, []).append(seconds)
        retries[engine.name] += again

    for _ in range(rounds):
        for engine in engines:
            _guard(engine, figure, step, engine)
    again = ", ".join(f"{name} {count}" for name, count in retries.items() if count)
    if again:
        figure.name += f" (retries: {again})"
    return figure


def measure_open(engines: list[Engine], directory: Path, rows: int, rounds: int) -> Figure:
    """Open a file of ``rows`` rows, and ask the first question."""
    figure = Figure("open + first query", "open", None, 1)
    paths: dict[str, Path] = {}

    def write(engine: Engine) -> None:
        paths[engine.name] = files.write_file(engine, directory, rows)

    def step(engine: Engine, number: int, answers: dict[str, Any]) -> None:
        seconds, answers[engine.name] = files.open_and_query(
            engine, paths[engine.name], number * 37 % rows + 1
        )
        figure.seconds.setdefault(engine.name, []).append(seconds)

    for engine in engines:
        _guard(engine, figure, write, engine)
    for number in range(rounds):
        answers: dict[str, Any] = {}
        for engine in engines:
            _guard(engine, figure, step, engine, number, answers)
        figure.mismatch = figure.mismatch or _compare(answers)
    return figure


def measure_tests(engines: list[Engine], rounds: int) -> Figure:
    """A database per test."""
    figure = Figure("a database per test", "test", None, 1)
    return _interleaved(figure, engines, max(rounds, 5), files.database_of_a_test)


def measure_script(
    name: str, script: str, engines: list[Engine], rounds: int, target: float | None
) -> Figure:
    """Load a script of statements."""
    figure = Figure(name, "row", target, script.count("\n    ("))

    return _interleaved(figure, engines, rounds, lambda engine: files.load_script(engine, script))


def surplus(name: str, figure: Figure, base: Figure, limit_us: float) -> Figure:
    """How much longer a call of one workload takes than one of another."""
    both = Figure(name, figure.per, None, 1, limit_us=limit_us)
    for engine in figure.seconds:
        slow, fast = figure.median(engine), base.median(engine)
        if slow is not None and fast is not None:
            both.seconds[engine] = [max(slow - fast, 0.0) / 1e6]
    return both


def measure_each(
    name: str,
    engines: list[Engine],
    rounds: int,
    run: Callable[[Engine], tuple[float, Any]],
    target: float | None = None,
) -> Figure:
    """Interleaved rounds of a call that gives (seconds, answer or None); None is not compared."""
    return _interleaved(Figure(name, "call", target, 1), engines, rounds, run)


def _interleaved(
    figure: Figure, engines: list[Engine], rounds: int, run: Callable[[Engine], tuple[float, Any]]
) -> Figure:
    def step(engine: Engine, answers: dict[str, Any]) -> None:
        seconds, answer = run(engine)
        figure.seconds.setdefault(engine.name, []).append(seconds)
        if answer is not None:
            answers[engine.name] = answer

    for _ in range(rounds):
        answers: dict[str, Any] = {}
        for engine in engines:
            _guard(engine, figure, step, engine, answers)
        figure.mismatch = figure.mismatch or _compare(answers)
    return figure


def measure_memory(engines: list[Engine], rows: int) -> Figure:
    """Bytes of resident memory per row of the items table."""
    figure = Figure("memory, bytes per row", "row", None, 1, unit="bytes")

    def step(engine: Engine) -> None:
        figure.seconds[engine.name] = [files.bytes_per_row(engine, rows)]

    for engine in engines:
        _guard(engine, figure, step, engine)
    return figure
