"""MantisDB beside the standard library's sqlite3: one run, interleaved rounds, medians and ratios. Each workload has a
process of its own for both, so that the heap that others leave behind does not weigh on it (``--together``: it does).

    python benchmarks/run.py                    # 100,000 rows, a few minutes
    python benchmarks/run.py --peers            # with apsw and duckdb
    python benchmarks/run.py --only "point"     # workloads whose name contains the text (may be repeated)
    python benchmarks/run.py --tiny             # seconds: checks that everything runs and that answers agree

A ratio above 1 means faster than sqlite3 (for memory: smaller). What MantisDB cannot run is shown as such.
The exit status is 1 if any engine's answers differ from sqlite3's. JSON goes to
benchmarks/results/latest.json (``--json``).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import measure
import report
import tpch
import workloads
import workloads_sql
from engines import Engine, available

HERE = Path(__file__).resolve().parent
CHINOOK = Path("corpus/chinook/chinook.sql")
WORKLOADS = {workload.name: workload for workload in [*workloads.MEASURED, *workloads_sql.MEASURED]}


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    names = (
        options.engines.split(",")
        if options.engines
        else ["sqlite3", "mantisdb", *["apsw", "duckdb"] * options.peers]
    )
    engines = available(names)
    figures = []
    options.directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        for figure in _figures(options, engines, Path(directory)):
            figures.append(figure)
            print(f"{figure.name}: {report.verdict(figure) or 'done'}", file=sys.stderr, flush=True)
    print(report.table(figures, engines))
    settings = {"rows": options.rows, "rounds": options.rounds, "tiny": options.tiny}
    report.write_json(options.json, figures, engines, settings)
    wrong = [figure for figure in figures if figure.mismatch]
    for figure in wrong:
        print(f"WRONG ANSWER in {figure.name}: {figure.mismatch}", file=sys.stderr)
    return 1 if wrong else 0


def _figures(options: argparse.Namespace, engines: list[Engine], directory: Path) -> Iterator[measure.Figure]:
    def wanted(name: str) -> bool:
        return not options.only or any(text.lower() in name.lower() for text in options.only)

    measured: dict[str, measure.Figure] = {}
    engine_names = [engine.name for engine in engines]
    for name in filter(wanted, WORKLOADS):
        settings = name, engine_names, options.rows, options.rounds
        measured[name] = _measured(*settings) if options.together else _measured_apart(*settings)
        yield measured[name]
    if "literals differ" in measured and "point select" in measured:
        pair = measured["literals differ"], measured["point select"]
        yield measure.surplus("literals differ, over point select", *pair, limit_us=10.0)
    script = _chinook()
    if wanted("Chinook load"):
        if script is None:
            print(
                "Chinook load is left out: set MANTISDB_SHARED to the folder that holds",
                CHINOOK,
                file=sys.stderr,
            )
        else:
            yield measure.measure_script("Chinook load", script, engines, options.rounds, 1.0)
    commits = 16 if options.tiny else 400
    dbapi = [engine for engine in engines if engine.name != "duckdb"]
    if wanted("durable commits, 1 thread"):
        yield measure.measure_commits(dbapi, directory, 1, commits, options.rounds, None)
    if wanted("durable commits, 8 threads"):
        yield measure.measure_commits(dbapi, directory, 8, commits, options.rounds, 3.0)
    if wanted("a database per test"):
        yield measure.measure_tests(dbapi, options.rounds)
    if wanted("open + first query"):
        yield measure.measure_open(engines, directory, options.rows, max(options.rounds, 3))
    if wanted("memory"):
        yield measure.measure_memory(engines, options.rows)
    if wanted("TPC-H"):
        scale, rounds = (0.01, 1) if options.tiny else (tpch.SCALE, min(options.rounds, 3))
        try:
            yield from tpch.figures(dbapi[:2], directory, scale, rounds)
        except FileNotFoundError as error:
            print("TPC-H is left out:", error, file=sys.stderr)


def _measured(name: str, engine_names: list[str], rows: int, rounds: int) -> measure.Figure:
    return measure.measure(WORKLOADS[name], available(engine_names), rows, rounds)


def _measured_apart(*settings: Any) -> measure.Figure:
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return process.submit(_measured, *settings).result()


def _chinook() -> str | None:
    shared = Path(os.environ.get("MANTISDB_SHARED", HERE.parent.parent / "shared"))
    path = shared / CHINOOK
    return path.read_text("utf-8-sig") if path.is_file() else None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tiny", action="store_true", help="a few hundred rows, two rounds")
    parser.add_argument("--rows", type=int, help="rows of the large table (default 100000)")
    parser.add_argument("--rounds", type=int, help="rounds per engine (default 5)")
    parser.add_argument("--only", action="append", help="only workloads whose name contains this text")
    parser.add_argument("--together", action="store_true", help="all workloads in this process")
    parser.add_argument("--peers", action="store_true", help="measure apsw and duckdb as well")
    parser.add_argument("--engines", help="comma-separated list instead: sqlite3,mantisdb,apsw,duckdb")
    parser.add_argument(
        "--json", type=Path, default=HERE / "results" / "latest.json", help="where the JSON goes"
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=HERE / "results",
        help="where database files are made: its file system decides what an fsync costs",
    )
    options = parser.parse_args()
    options.rows = options.rows or (300 if options.tiny else 100_000)
    options.rounds = options.rounds or (2 if options.tiny else 5)
    options.together |= options.tiny
    return options


if __name__ == "__main__":
    sys.exit(main())
